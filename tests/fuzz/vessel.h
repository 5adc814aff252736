/* vessel.h: a tar archive taken apart and put together again; with the
 * README, SUMS and signature of a Satchel file made anew (docs/format.md, 3 to
 * 5), so that a change inside gets past them.
 */
#ifndef SATCHEL_FUZZ_VESSEL_H
#define SATCHEL_FUZZ_VESSEL_H

#include "mutate.h"

#define VESSEL_PARTS 64u

struct vessel {
	struct vessel_part {
		char name[100];
		struct buf content;
	} part[VESSEL_PARTS];
	size_t count;
};

void vessel_freep(struct vessel **v);

/* Take a canonical archive apart.  -1: it is none, or has more parts. */
int vessel_open(struct vessel **ret, struct json_span in);

/* Append the archive. */
void vessel_close(const struct vessel *v, struct buf *out);

/* The part of this name, or NULL. */
struct vessel_part *vessel_find(struct vessel *v, const char *name);

/* Leave out, double, swap or rename a part. */
void vessel_shuffle(struct dice *d, struct vessel *v);

/* Make SUMS and SUMS.minisig, the last two parts, fit the others.  What the
 * first line of SUMS is stays.  -1: they are not the last two. */
int vessel_sign(struct vessel *v);

/* One of these, or a part's content changed; most often signed anew. */
mutate_fn vessel_reshape;

/* Put `text` in the place of a part's content. */
void vessel_fill(struct vessel_part *p, const struct buf *text);

#endif
