#include "shrink.h"

#include <stdio.h>
#include <string.h>

static int
still(const struct plan *p, struct yard *y, const char *why, struct err *err)
{
	unsigned long counts[COUNT_KINDS] = { 0 };
	const char *now = history(p, y, counts, err);

	return now != NULL && strcmp(now, why) == 0;
}

/* Without `count` operations from `at` on. */
static struct plan
without(const struct plan *p, size_t at, size_t count)
{
	struct plan q = *p;
	size_t rest;

	if (count > p->op_count - at)
		count = p->op_count - at;
	rest = p->op_count - at - count;
	memmove(&q.ops[at], &q.ops[at + count], rest * sizeof *q.ops);
	q.op_count = at + rest;
	return q;
}

void
explain(struct plan *p, struct yard *y, const char *why)
{
	struct err err = ERR_INIT, last = ERR_INIT;
	struct plan q;
	size_t size, at;

	for (size = p->op_count / 2; size > 0; size /= 2)
		for (at = 0; at < p->op_count;) {
			err_clear(&err);
			q = without(p, at, size);
			if (still(&q, y, why, &err)) {
				*p = q;
				last = err;
			} else {
				at += size;
			}
		}
	plan_print(p);
	(void)printf("  violates: %s", why);
	if (last.code != E_OK)
		(void)printf(" (%s: %s)", err_name(last.code), last.text);
	(void)printf("\n  again: tests/sim/sim --focus %s --seed %llu\n",
	    focus_names[p->focus], (unsigned long long)p->seed);
	(void)fflush(stdout);
}
