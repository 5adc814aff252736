/* run.h: what a run of notice or projection has with it, and how it gets at
 * the store: for one short transaction, never while the instance is spoken
 * to.
 */
#ifndef SATCHEL_RUN_H
#define SATCHEL_RUN_H

#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/ticker.h"
#include "../store/store.h"
#include "config.h"
#include "doc.h"
#include "mirror.h"
#include "notice.h"

struct run {
	struct mirror *m;
	const struct mirror_home *home;
	const struct config *config;
	struct ticker progress;
	struct mirror_facts facts;
	uint64_t done, total;		/* objects */
	struct buf spool;		/* folder of the home, once known */
	uint64_t seen;			/* number of the inventory */
	uint64_t exact;			/* facts.exact when it was begun */
	int is_listing;			/* what has that number is not read
					 * again */
	struct notice_report n;
	struct mirror_list queue;	/* UIDs there, referred to, not read */
	struct mirror_list absent;	/* UIDs there that a read had not */
	struct mirror_list unread;	/* that could not be read; with
					 * `settle` alone */
	struct mirror_list lost;	/* uids: created perhaps, by a write
					 * whose end is unclear; the UID there
					 * is not known */

	/* A note that is written with the next commit that leaves nothing
	 * behind it: "" none. */
	const char *note;
	struct buf note_value;

	/* A document read of an object whose write's end is unclear (row
	 * WAITING); NULL: such a one is left to the projection. */
	int (*settle)(void *ctx, struct store *s, const struct doc *d,
	    struct err *err);
	void *settle_ctx;
};
void run_clear(struct run *r);

/* Ask who is there; learn the number of the inventory, and which creations
 * were lost.  E_DEST_MISMATCH: it is another instance.  E_CONFIG: the store
 * was filled in a more exact mode: what this one does not show would be taken
 * for edits. */
int run_begin(struct run *r, struct err *err);

/* Open the store and begin: a transaction of this mode.  Closing rolls back;
 * store_commit first, to keep what was written. */
int run_open(struct run *r, enum store_mode mode, struct store **ret,
    struct err *err);

/* The pending note into the store, in a transaction or in one of its own. */
int run_put_note(struct run *r, struct store *s, struct err *err);
int run_flush_note(struct run *r, struct err *err);

void run_tell(struct run *r, uint64_t more);	/* progress */

/* A number of a note; 0 if there is none. */
int run_number(struct store *s, const char *key, uint64_t *ret,
    struct err *err);
int run_put_number(struct store *s, const char *key, uint64_t value,
    struct err *err);

/* Is the error about one object, whose reason it then is? */
int run_is_of_object(const struct err *err);

#endif
