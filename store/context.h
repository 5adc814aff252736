/* context.h: what the author of a new version has seen (design rules 1, 2;
 * model/sync.py, context_of).
 */
#ifndef SATCHEL_CONTEXT_H
#define SATCHEL_CONTEXT_H

#include <stddef.h>

#include "version.h"

/* Append the context of an edit over the versions `set` by someone who was
 * shown the versions `shown`: a vector over all that these have seen; and
 * excepted every dot that any of them names (versions, births, stamps,
 * exceptions), that the vector covers and that no shown one has seen.
 * Nothing is appended if it is empty. */
int context_write(struct version *const *set, size_t set_count,
    struct version *const *shown, size_t shown_count, struct buf *out,
    struct err *err);

#endif
