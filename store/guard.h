/* guard.h: the file outside the home that notices a restored backup (design
 * rule 8): "<state folder>/<site id>.guard", canonical JSON
 *
 *	{"generation":1,"nonce":"...","sequence":7,"site":"..."}
 *
 * It holds the incarnation and the last file sequence, written and synced
 * after the database commit and before a file gets its name.
 */
#ifndef SATCHEL_GUARD_H
#define SATCHEL_GUARD_H

#include "store.h"

/* Is the guard ahead of the store?  E_ROLLED_BACK.  A guard that is not there
 * is no alarm.  `state` (copied) is $XDG_STATE_HOME/satchel or its default;
 * it is made if missing. */
int guard_check(struct store *s, const char *state, struct err *err);

/* The same test without the refusal: 1 ahead, 0 not. */
int guard_is_ahead(struct store *s, const char *state, struct err *err);

/* Write the present incarnation and sequence. */
int guard_write(struct store *s, struct err *err);

/* A new life: a generation above every one of ours that any file named;
 * counter, chain and files start again, and every peer is owed a file that
 * tells it.  `nonce`: 16 hex digits; `reason` goes into the log.  In a
 * writing transaction of its own; the guard follows.  Returns 1, or 0 if the
 * guard was not ahead and nothing was done (`force` does it all the same,
 * for a clone or a lost guard). */
int guard_restored(struct store *s, const char *state, const char *nonce,
    int force, const char *reason, struct err *err);

/* A file named a generation of ours: remember the latest. */
void guard_heard(struct store *s, uint64_t generation);

#endif
