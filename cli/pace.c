#include "pace.h"

#define LEFT_MAX_S 31536000.0		/* more is no estimate */

void
pace_clear(struct pace *p)
{
	*p = (struct pace){ .count = 0 };
}

void
pace_add(struct pace *p, int64_t ms, const struct tick *t)
{
	size_t i = p->count % PACE_SLOTS;

	if (p->count > 0 &&
	    ms - p->at[(p->count - 1) % PACE_SLOTS].ms < PACE_STEP_MS)
		return;
	p->at[i].ms = ms;
	p->at[i].objects = t->objects;
	p->at[i].bytes = t->bytes;
	p->at[i].done = t->done;
	p->count++;
}

/* What was counted anew from another beginning has no rate. */
static double
per_second(uint64_t before, uint64_t now, int64_t took_ms)
{
	return now <= before ? 0 : (double)(now - before) * 1000 /
	    (double)took_ms;
}

struct pace_rate
pace_of(const struct pace *p, int64_t ms, const struct tick *t)
{
	size_t oldest = p->count < PACE_SLOTS ? 0 : p->count % PACE_SLOTS;
	struct pace_rate r = { 0, 0, 0 };
	int64_t took = ms - p->at[oldest].ms;

	if (p->count == 0 || took < PACE_LEAST_MS)
		return r;
	r.objects = per_second(p->at[oldest].objects, t->objects, took);
	r.bytes = per_second(p->at[oldest].bytes, t->bytes, took);
	r.done = per_second(p->at[oldest].done, t->done, took);
	return r;
}

int64_t
pace_left_s(const struct pace_rate *r, const struct tick *t)
{
	double left;

	if (r->done <= 0 || t->done >= t->total)
		return -1;
	left = (double)(t->total - t->done) / r->done;
	return left > LEFT_MAX_S ? -1 : (int64_t)(left + 0.5);
}
