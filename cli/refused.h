/* refused.h: what the mirror does not hold, for `satchel status`. */
#ifndef SATCHEL_REFUSED_H
#define SATCHEL_REFUSED_H

#include <stdint.h>

#include "../base/err.h"
#include "../store/store.h"
#include "out.h"

struct refused_counts {
	uint64_t unread, refused, waiting;
	uint64_t partly;		/* written, not all of it held */
	uint64_t lossy;			/* held as far as its mode can */
};

/* How many of each state there are, of the objects whose newest change here
 * has a sequence above `above` and up to `until` (0 and UINT64_MAX: all).
 * The store is in a transaction. */
int refused_count(struct store *s, uint64_t above, uint64_t until,
    struct refused_counts *ret, struct err *err);

/* All of them.  Text: by type and reason, with the first ten uids of each;
 * JSON: "refused", an item for each object.  The store is in a transaction. */
int refused_say(struct out *o, struct store *s, struct err *err);

#endif
