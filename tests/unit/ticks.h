/* ticks.h: what long work told of how far it is (base/ticker.h), step by
 * step: of each, how often and what last.  In a step nothing goes back. */
#ifndef SATCHEL_TEST_TICKS_H
#define SATCHEL_TEST_TICKS_H

#include "base/ticker.h"
#include "unit.h"

#define TICKS_MAX 16

struct ticks {
	struct {
		const char *step;	/* "": the work itself */
		int calls;
		struct tick last;
	} at[TICKS_MAX];
	size_t count;
};

static void
ticks_take(void *ctx, const struct tick *t)
{
	const char *step = t->step != NULL ? t->step : "";
	struct ticks *x = ctx;
	struct tick *last;

	if (x->count == 0 || strcmp(x->at[x->count - 1].step, step) != 0) {
		CHECK(x->count < TICKS_MAX);
		x->at[x->count++].step = step;
	}
	x->at[x->count - 1].calls++;
	last = &x->at[x->count - 1].last;
	CHECK(t->done >= last->done && t->objects >= last->objects &&
	    t->bytes >= last->bytes);
	CHECK(t->total == 0 || t->done <= t->total);
	*last = *t;
}

/* Step `i` was this one, told at least so often, and came to its end. */
static void
ticks_check(const struct ticks *x, size_t i, const char *step, int calls)
{
	CHECK(i < x->count);
	CHECK_STR(x->at[i].step, step);
	CHECK(x->at[i].calls >= calls);
	CHECK(x->at[i].last.total > 0);
	CHECK_INT(x->at[i].last.done, x->at[i].last.total);
}

#endif
