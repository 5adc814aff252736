/* object_set.h: the set of an object's siblings replaced, and all that moves
 * with it: sequence, digest, views, the list of conflicts.  For the files of
 * object.h alone.  Inside a writing transaction.
 */
#ifndef SATCHEL_OBJECT_SET_H
#define SATCHEL_OBJECT_SET_H

#include "object.h"

struct object_change {
	const char *uid;
	size_t len;
	struct object *o;		/* as it is; id 0: not there yet, and
					 * gets one */
	const char *keep;		/* which of o->set stay; NULL: none is
					 * there */
	struct siblings set;		/* all there will be, ascending */
	int64_t via;			/* as in struct object */
};

/* ret_listed: there is a conflict now.  E_LIMIT: more than MERGE_SIZE_MAX. */
int object_set_put(struct store *s, const struct object_change *c,
    int *ret_listed, struct err *err);

#endif
