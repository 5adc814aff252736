/* packs.h: blobs into packs, in the order in which chunks need them, each
 * distinct blob once. */
#ifndef SATCHEL_PACKS_H
#define SATCHEL_PACKS_H

#include "blobset.h"
#include "chain.h"

struct packs {
	struct chain *c;
	struct chain_member *pack;	/* being filled; NULL: none */
	struct blobset carried;
};

int packs_begin(struct packs *k, struct chain *c, struct err *err);
void packs_clear(struct packs *k);

/* Carry a blob unless it was carried, or each addressee has it already. */
int packs_need(struct packs *k, const unsigned char hash[32],
    struct err *err);

/* Carry what requests asked for. */
int packs_wanted(struct packs *k, struct err *err);

/* Submit the pack being filled. */
int packs_flush(struct packs *k, struct err *err);

#endif
