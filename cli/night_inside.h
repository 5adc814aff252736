/* night_inside.h: what the parts of a night share. */
#ifndef SATCHEL_NIGHT_INSIDE_H
#define SATCHEL_NIGHT_INSIDE_H

#include "night.h"

/* Open the store, unless it is: waits a minute for it. */
int night_open_store(struct night *n, struct err *err);

/* Note what is wrong at a drop; negative if nothing goes on. */
int night_about_drop(struct night *n, struct night_drop *d,
    const struct err *why, struct err *err);

/* Publish and prune.  Room is made before anything is written, and what this
 * made superfluous goes after it. */
int night_at_drop(struct night *n, struct night_drop *d, struct err *err);

#endif
