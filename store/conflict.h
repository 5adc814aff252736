/* conflict.h: what a person must decide (design rules 2 and 4). */
#ifndef SATCHEL_CONFLICT_H
#define SATCHEL_CONFLICT_H

#include "merge.h"
#include "object.h"
#include "store.h"

struct conflict_item {
	const char *uid, *type, *kind;	/* kind: clash disjoint edit-delete */
	const struct object *object;	/* all siblings */
};

/* The list, by uid. */
int conflict_each(struct store *s,
    int (*each)(void *ctx, const struct conflict_item *c, struct err *err),
    void *ctx, struct err *err);

/* How people name the author of a sibling: our own or a peer's name, else the
 * site id.  Appends. */
int conflict_site(struct store *s, const struct version *v, struct buf *out,
    struct err *err);

/* What --take names: SITE, SITE:COUNTER or SITE:GENERATION:COUNTER, SITE a
 * name or an id.  Index of the one sibling; E_USAGE if none or several. */
int conflict_pick(struct store *s, const struct object *o, const char *what,
    size_t *ret, struct err *err);

/* Decide, shown all siblings, in a transaction of its own, with a line in the
 * log.  `file` holds one line of the lab; its history is added.  E_REF: no
 * such object; E_USAGE: not on the list; E_RECORD: the line is of another
 * object. */
int conflict_take(struct store *s, const char *uid, const char *what,
    const char *reason, struct err *err);
int conflict_merge(struct store *s, const char *uid, const char *file,
    const char *reason, struct err *err);

/* Settle every disjoint conflict, in one transaction.  Each uid is told to
 * `each` before the commit.  `reason` may be NULL. */
int conflict_disjoint(struct store *s, const char *reason,
    int (*each)(void *ctx, const char *uid, struct err *err), void *ctx,
    uint64_t *ret_settled, struct err *err);

#endif
