/* object.h: objects with their siblings: read, edit, merge (design rules 2,
 * 3, 5, 6, 13).  Every change gets the next sequence; the digest, the list of
 * conflicts and the views move with it.  All inside a writing transaction.
 */
#ifndef SATCHEL_OBJECT_H
#define SATCHEL_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "merge.h"
#include "store.h"
#include "version.h"

struct object {
	int64_t id;			/* row; 0: not there */
	uint64_t seq;
	int64_t via;			/* peer row, 0: none */
	struct version *all;		/* owned; in no order */
	struct siblings set;		/* pointers to `all`; owned */
};
#define OBJECT_INIT { .id = 0 }
void object_clear(struct object *o);

/* All siblings, read.  1, or 0 if there is no such object. */
int object_get(struct store *s, const char *uid, size_t len,
    struct object *ret, struct err *err);

/* The winner with the history of all siblings: its line of the lab (design
 * section 11) is made by lines.h. */

/* An edit, shown `shown` (one char a sibling, as o->set; NULL: what the lab
 * shows).  `o` is what object_get gave.  Returns 1 with a new version, 0 if
 * nothing would change.  E_REF: an attachment that is not in the store. */
int object_edit(struct store *s, const char *uid, size_t len,
    const struct object *o, const char *shown, const struct merge_edit *e,
    struct err *err);

/* The same of an object that is not there (object_get gave 0), with what
 * merge_new made over no siblings; `new` gets the dot that is due.  Returns
 * 1. */
int object_create(struct store *s, const char *uid, size_t len,
    struct version *new, struct err *err);

/* An edit by someone who was shown what may be a sibling no longer: `all` are
 * the siblings of `o` and such versions, ascending by dot, and `shown` has one
 * char for each of them. */
struct object_seen {
	struct siblings all;
	const char *shown;
};
int object_edit_seen(struct store *s, const char *uid, size_t len,
    const struct object *o, const struct object_seen *seen,
    const struct merge_edit *e, struct err *err);

/* What a merge did to an object. */
enum object_result {
	OBJECT_SAME,			/* its sibling set is as before */
	OBJECT_CHANGED
};
struct object_merge {
	int64_t via;			/* of a verbatim set; 0: none */
	uint64_t floor;			/* an object with a later sequence was
					 * merged before: E_RECORD */
	unsigned char *same;		/* a bit for each row that was merged
					 * and is as before: the same; owned */
	size_t same_size;
	enum object_result result;	/* out */
	int conflict;			/* out: on the list now, new or with
					 * another sibling */
};

void object_merge_clear(struct object_merge *m);

/* Merge a peer's siblings (read, ascending by dot, distinct) into the object.
 * E_FORK: one dot, two versions; or a version of our present life of an object
 * that we never had.  E_RECORD: the object was merged with this `m` before.  A
 * blob that is not whole here is not this function's to refuse. */
int object_merge(struct store *s, const char *uid, size_t len,
    struct siblings theirs, struct object_merge *m, struct err *err);

/* Forget `via` of a peer that began a new life, and give these objects a new
 * sequence (rule 8). */
int object_forget_via(struct store *s, int64_t peer, struct err *err);

/* Live objects; conflicts on the list. */
int object_count(struct store *s, uint64_t *ret_live,
    uint64_t *ret_conflicts, struct err *err);

#endif
