/* give.h: objects of the store written into the instance: parts of project.c.
 *
 *	wanted.c	what one shall be there
 *	give.c		a batch: read what is there, intend, write
 *	outcome.c	what became of it
 *	unclear.c	writes of an earlier run whose end is not known
 *	occupied.c	deletions that would take along what lives
 */
#ifndef SATCHEL_GIVE_H
#define SATCHEL_GIVE_H

#include "../store/instance.h"
#include "doc.h"
#include "project.h"
#include "run.h"

#define GIVE_TRIES 3			/* of what is refused the same way */

struct give {
	struct run *r;
	const struct project_request *q;
	struct project_report *n;
	int pass;			/* 1; 2: references again */
	int deletes;			/* there are deletions now, */
	uint64_t looked;		/* and at this sequence of the store
					 * (0: never) these were found: */
	struct mirror_list occupied;	/* deleted, with what lives in them */
};

/* --- wanted.c ---------------------------------------------------------- */

/* One object of a batch. */
struct give_one {
	struct buf uid;			/* the store's; ends with NUL */
	struct instance_row row;	/* uid empty: none yet */
	struct instance_base base;	/* the object, and what is shown */
	struct config_policy policy;	/* of where it was born; borrows */
	int exists, deleted;
	struct buf line;		/* wanted, in the store's terms */
	struct doc_line wanted, held;	/* taken apart; held: row.doc */
	struct buf id;			/* what it shall have there, if that
					 * is not the record's */
	struct buf document, last;	/* in the instance's terms */
	struct buf remote;		/* its UID there, or to be */
	char hash[65];			/* of what is wanted, there */
	uint64_t open;			/* references to what is not there */
	struct buf unclear;		/* note of unclear.c; empty: none */
};
#define GIVE_ONE_INIT { .base = INSTANCE_BASE_INIT }
void give_one_clear(struct give_one *x);

/* Read an object, its row, and what it shall be there.  1, or 0 if there is
 * none. */
int give_read(struct give *g, struct store *s, const char *uid,
    struct give_one *ret, struct err *err);

/* Does the policy want it by itself? */
int give_wants(const struct config *c, struct store *s,
    const struct siblings *set, const char *uid, struct err *err);

const struct version *give_winner(const struct give_one *x);

/* What of `wanted` is not so in `held`, appended as items of
 * instance_row.why. */
struct give_tally {
	int count;			/* of them: returned, too */
	int natural;			/* that the instance never can hold */
	int late;			/* that may be otherwise once other
					 * objects have come */
};
int give_differences(const struct mirror *m, const struct doc_line *wanted,
    const struct doc_line *held, struct buf *why, struct give_tally *ret,
    struct err *err);

/* Is it there as it shall be? */
int give_is_same(struct give *g, struct give_one *x, struct err *err);

/* The note (note.h) of what was tried, appended: the document, how many of its
 * references are open, the instance's mode. */
#define GIVE_TRIED "tried"
int give_tried(const struct give *g, const struct give_one *x,
    struct buf *note, struct err *err);

/* Was this very thing refused often enough? */
int give_is_hopeless(struct give *g, struct store *s,
    const struct give_one *x, struct err *err);

/* --- give.c ------------------------------------------------------------ */

/* Write some objects that are on the list of what is due, and take them off
 * it or put them there for the second pass. */
int give_batch(struct give *g, const struct mirror_list *uids,
    struct err *err);

/* --- outcome.c --------------------------------------------------------- */

/* It is there as it shall be, and nothing was written. */
int give_same(struct give *g, struct store *s, struct give_one *x,
    struct err *err);

/* Refused, `reason` for a person. */
int give_refused(struct give *g, struct store *s, struct give_one *x,
    const char *reason, struct err *err);

/* What a write did. */
int give_outcome(struct give *g, struct store *s, struct give_one *x,
    const struct mirror_put *put, struct err *err);

/* --- unclear.c --------------------------------------------------------- */

/* run.settle: an object was read that an earlier run may have written.  As it
 * shall be: done.  As it was before: to be written.  Else what is neither is
 * noted; it may be what the instance made of our write, or an edit, which the
 * next write tells apart. */
int give_settle(void *give, struct store *s, const struct doc *d,
    struct err *err);

/* The note of an object, appended: 1 or 0. */
int give_unclear(struct store *s, const char *uid, struct buf *out,
    struct err *err);

/* After a write of an object with such a note: what the instance held before
 * it, and does not make of what we write, was an edit.  1: it is one now, of
 * someone who was shown what is shown; 0: there was none. */
int give_unclear_edit(struct store *s, struct give_one *x,
    const struct doc_line *held, struct err *err);

/* The end of a write is known: what was noted of it is dropped. */
int give_intended(struct store *s, const char *uid, struct err *err);

/* --- occupied.c -------------------------------------------------------- */

/* Fill g->occupied, and again once objects of the store have changed, which
 * an edit read before a deletion does too; no store is open. */
int give_find_occupied(struct give *g, struct err *err);

/* Is it one of them, to be deleted?  1 or 0. */
int give_is_occupied(struct give *g, const struct give_one *x,
    struct err *err);

int give_is_among(const struct mirror_list *l, const char *uid);

#endif
