/* gone.h: what the instance has no more, as deletions into the store: each
 * asked for by itself, and none if they are too many at once (design section
 * 6).
 */
#ifndef SATCHEL_GONE_H
#define SATCHEL_GONE_H

#include "run.h"

#define GONE_FEW 10u			/* so many are always believed, */
#define GONE_PERCENT 1u			/* or this part of what is held */

/* remotes: UIDs there that are said to be gone, any number of times; NULL:
 * all rows that the inventory r->seen has not met.  accept: a number of
 * deletions that is believed.  E_MASS_DELETE: none is done. */
int gone_run(struct run *r, const struct mirror_list *remotes,
    uint64_t accept, struct err *err);

#endif
