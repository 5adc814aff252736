/* shrink.h: fewer operations that still violate the same. */
#ifndef SATCHEL_SIM_SHRINK_H
#define SATCHEL_SIM_SHRINK_H

#include "world.h"

/* Drop operations as long as the same violation remains (ddmin), then print
 * the history and what it violates. */
void explain(struct plan *p, struct yard *y, const char *why);

#endif
