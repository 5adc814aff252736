/* view.h: the lab as SQL: for each type a view "lab_<Type>" with a row for
 * each live object (docs/lab.md).
 */
#ifndef SATCHEL_VIEW_H
#define SATCHEL_VIEW_H

#include "store.h"

/* Make sure that a type has its view.  Inside a writing transaction. */
int view_make(struct store *s, struct json_span type, struct err *err);

#endif
