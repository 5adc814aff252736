/* pace.h: how fast something moves: over the last seconds, not since it began,
 * so that a slow medium or a big object shows at once and an estimate follows.
 * Clockless: the caller says when.
 */
#ifndef SATCHEL_PACE_H
#define SATCHEL_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/ticker.h"

#define PACE_SLOTS 16u
#define PACE_STEP_MS 500		/* between two: 8 s in all */
#define PACE_LEAST_MS 1000		/* in less nothing can be said */

struct pace {
	struct {
		int64_t ms;
		uint64_t objects, bytes, done;
	} at[PACE_SLOTS];		/* a ring */
	size_t count;			/* ever put in */
};

/* Empty; before another step. */
void pace_clear(struct pace *p);

/* It is so far at `ms`, which never goes back. */
void pace_add(struct pace *p, int64_t ms, const struct tick *t);

/* A second, lately, of each; 0: not known yet, or it stands still. */
struct pace_rate {
	double objects, bytes, done;
};
struct pace_rate pace_of(const struct pace *p, int64_t ms,
    const struct tick *t);

/* Seconds to the end at this rate; -1: not known. */
int64_t pace_left_s(const struct pace_rate *r, const struct tick *t);

#endif
