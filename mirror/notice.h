/* notice.h: what changed in the instance, into the store (design section 6).
 *
 * The difference to the document last read is put onto the version that the
 * instance shows, so that what it cannot hold is never lost and history never
 * shrinks.  `modified` alone is no change.  Work is done by page: read
 * without a lock, then a short transaction; killed at any point, the next run
 * goes on.
 */
#ifndef SATCHEL_NOTICE_H
#define SATCHEL_NOTICE_H

#include <stdint.h>

#include "../base/err.h"
#include "../base/ticker.h"
#include "../store/store.h"
#include "config.h"
#include "mirror.h"

/* How to get at the store, which is open only as long as needed. */
struct mirror_home {
	int (*open)(void *ctx, enum store_mode mode, struct store **ret,
	    struct err *err);		/* closed with store_closep */
	void *ctx;
};

struct notice_request {
	int full;			/* a whole inventory, even if the log of
					 * changes would do */
	uint64_t accept_deletions;	/* 0: not accepted */
	const struct config *config;
	struct ticker progress;
};

struct notice_report {
	int full;			/* it was a whole inventory */
	uint64_t listed, read, created, changed, same, deleted, unread,
	    blobs, left;		/* left: out of the policy */
};

/* E_DEST_*: what was read is kept; E_MASS_DELETE: all but the deletions is
 * done, none of them is; E_LIMIT is never raised for one object: it is
 * listed as unread. */
int notice_run(struct mirror *m, const struct mirror_home *home,
    const struct notice_request *r, struct notice_report *ret,
    struct err *err);

#endif
