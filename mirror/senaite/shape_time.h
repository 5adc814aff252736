/* shape_time.h: dates and the history of an item (shape.h).
 *
 * The times of workflow steps come without zone, each in the zone that it was
 * stored with.  A step is taken to have the offset of the object's own dates
 * where these leave no doubt; else the answer of @workflow is needed.
 */
#ifndef SATCHEL_SHAPE_TIME_H
#define SATCHEL_SHAPE_TIME_H

#include "shape.h"

/* Append a date of the item in UTC; what is none stays as it is. */
void shape_put_utc(struct buf *out, struct json_span value);

/* Do the object's dates say beyond doubt what zone its steps have? */
int shape_steps_are_clear(struct json_span item);

/* Append the array of all steps of all workflows. */
void shape_put_history(struct buf *out, const struct shape *s);

#endif
