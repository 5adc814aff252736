/* blobset.h: which attachments were met, a bit for each. */
#ifndef SATCHEL_BLOBSET_H
#define SATCHEL_BLOBSET_H

#include "../store/store.h"

struct blobset {
	unsigned char *bits;		/* by the row of the blob */
	size_t size;
};
void blobset_clear(struct blobset *x);

/* Empty, with room for every blob that the store has now. */
int blobset_begin(struct blobset *ret, struct store *s, struct err *err);

int blobset_has(const struct blobset *x, int64_t id);
void blobset_add(struct blobset *x, int64_t id);

#endif
