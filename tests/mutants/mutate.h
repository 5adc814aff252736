/* mutate.h: what can happen to a file: every way has a number of mutants of
 * each sample, and makes the one of an index.
 */
#ifndef SATCHEL_TEST_MUTATE_H
#define SATCHEL_TEST_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "../../base/buf.h"

#define SAMPLES_MAX 16u
#define PIECES_MAX 16u

struct sample {				/* a file that a reader accepts */
	const char *name;
	int is_card;
	struct buf bytes;
	size_t at[PIECES_MAX + 1];	/* where its members begin, and the
					 * 1,024 zero bytes of the end */
	size_t pieces;			/* members */
};

struct samples {
	struct sample at[SAMPLES_MAX];
	size_t count;
	uint64_t seed;			/* of the kind "several" */
};

/* Find the members of a sample by their headers.  0, or -1 if it is no
 * archive or has more than PIECES_MAX. */
int sample_split(struct sample *s);

struct kind {
	const char *name;
	/* How many there are of sample `i`: indices 0 to that less one. */
	uint64_t (*count)(const struct samples *all, size_t i);
	/* Append the mutant to `out`, which is empty.  It may be a sample
	 * again, where equal things were swapped. */
	void (*make)(const struct samples *all, size_t i, uint64_t index,
	    struct buf *out);
};
extern const struct kind kinds[];
#define KINDS 11u

#endif
