/* sides.h: the siblings of an object side by side, for people. */
#ifndef SATCHEL_SIDES_H
#define SATCHEL_SIDES_H

#include "../store/object.h"
#include "../store/store.h"
#include "out.h"

/* Says each sibling (the name that --take wants, date, deleted or not), the
 * fields in which the live ones differ with a mark for a clash, and how many
 * are equal.  JSON: "uid", "type", "kind", "siblings", "fields", "equal". */
int sides_show(struct out *o, struct store *s, const char *uid,
    const struct object *object, struct err *err);

#endif
