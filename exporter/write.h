/* write.h: objects to members: lines into chunks, and before each chunk the
 * packs with the blobs that it needs. */
#ifndef SATCHEL_WRITE_H
#define SATCHEL_WRITE_H

#include "chain.h"
#include "plan.h"

/* Walk what is due and submit it.  The chain has begun. */
int write_objects(struct chain *c, struct err *err);

/* Does an excerpt want an object that has this version? */
int write_is_picked(const struct plan *p, struct json_span content,
    int64_t label);

/* How many objects an excerpt picks. */
int write_count(struct store *s, const struct plan *p, uint64_t *ret,
    struct err *err);

#endif
