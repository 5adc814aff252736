/* scan.h: JSON without white space, checked and cut up, nothing copied: the
 * yardstick's own, so that it does not get slower with the program's. */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stddef.h>

#define SCAN_DEPTH 72

struct span {
	const char *at;			/* NULL: absent */
	size_t len;
};

/* The end of the value that begins at `p`, or NULL if none does. */
const char *scan_value(const char *p, const char *end);

/* Cut an object into the members whose names are in `names`; others are
 * passed over.  Returns its end or NULL. */
const char *scan_object(const char *p, const char *end,
    const char *const *names, size_t count, struct span *ret);

/* A string without its quotes; escapes stay as they are. */
struct span scan_bare(struct span string);

#endif
