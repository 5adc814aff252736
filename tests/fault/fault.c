/* fault.c: kill and failure loops.
 *
 *	fault			a sample (make test)
 *	fault all		every call (make check-fault)
 *	fault SCENARIO [ACT [N [K]]]	one of them, all of it
 *
 * STRIDE=n: each n-th call.  ACT "twice": killed at its N-th writing call, and
 * the run after that at its K-th.  The last line is "N passed, N failed".
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "memory.h"

#define SHOWN_MAX 5u			/* failures of one loop */

static const struct act {
	const char *name;
	struct trace_fault fault;
	unsigned stride;		/* in a sample: each so many-th call */
} acts[] = {
	{ "kill", { TRACE_WRITES, TRACE_KILL, 0, 0, 0 }, 2 },
	{ "kill-after", { TRACE_WRITES, TRACE_KILL_AFTER, 0, 0, 0 }, 17 },
	{ "torn", { TRACE_WRITES, TRACE_TEAR, 0, 0, 0 }, 5 },
	{ "kill-any", { TRACE_ALL, TRACE_KILL, 0, 0, 0 }, 31 },
	{ "EIO", { TRACE_WRITES, TRACE_FAIL, EIO, 0, 0 }, 3 },
	{ "EIO-on", { TRACE_WRITES, TRACE_FAIL, EIO, 0, 1 }, 7 },
	{ "ENOSPC", { TRACE_WRITES, TRACE_FAIL, ENOSPC, 0, 0 }, 11 },
	{ "ENOSPC-on", { TRACE_WRITES, TRACE_FAIL, ENOSPC, 0, 1 }, 5 },
	{ "EROFS", { TRACE_WRITES, TRACE_FAIL, EROFS, 0, 0 }, 13 },
	{ "EROFS-on", { TRACE_WRITES, TRACE_FAIL, EROFS, 0, 1 }, 7 },
	{ "late", { TRACE_WRITES, TRACE_FAIL_LATE, EIO, 0, 0 }, 5 },
	{ "short", { TRACE_WRITES, TRACE_SHORT, 0, 0, 0 }, 9 },
	{ "short-on", { TRACE_WRITES, TRACE_SHORT, 0, 0, 1 }, 40 },
	{ "memory", { TRACE_MEMORY, TRACE_FAIL, ENOMEM, 0, 0 }, 61 },
	{ "memory-on", { TRACE_MEMORY, TRACE_FAIL, ENOMEM, 0, 1 }, 211 }
};
#define ACTS (sizeof acts / sizeof *acts)
#define KILL_TWICE "twice"
#define TWICE_STRIDE 23u		/* in a sample, of both */
#define LESS 9u				/* of what is not to be much */
#define NIGHT_LESS 40u			/* a night has many calls */

struct count {
	unsigned points, outcomes[3], ended, failed;
};

struct loop {
	struct world *w;
	const struct scenario *sc;
	struct reference ref;
	struct count n;			/* of one act */
	unsigned shown;
	unsigned stride, less;		/* less > 0: a sample */
};

static unsigned passed, failed;

static void
report(struct loop *l, const struct trial *t, const char *act,
    const char *numbers)
{
	const char *err = t->said.err.len > 0 ? t->said.err.at : "";

	l->n.points++;
	l->n.outcomes[t->outcome]++;
	l->n.ended += t->is_ended != 0;
	if (t->wrong.len == 0)
		return;
	l->n.failed++;
	if (l->shown++ >= SHOWN_MAX)
		return;
	printf("FAIL %s %s %s (%s)\n%.*s%s", l->sc->name, act, numbers,
	    t->said.end.call, (int)t->wrong.len, t->wrong.at,
	    err);
	printf("  again: fault %s %s %s\n", l->sc->name, act, numbers);
}

/* One fault.  0 if there is no such call any more. */
static int
try_one(struct loop *l, const struct act *act, unsigned at)
{
	struct trace_fault fault = act->fault;
	CLEANUP(trial_clear) struct trial t = { .w = l->w, .sc = l->sc,
		.ref = &l->ref, .fault = &fault, .said = SAID_INIT };
	char number[16];

	fault.at = at;
	world_reset(l->w, "before");
	if (world_run(l->w, l->sc->run, &fault, &t.said) != 0)
		die("cannot trace: %s", strerror(errno));
	if (t.said.end.fired == 0)
		return 0;
	check_fault(&t);
	check_next(&t);
	(void)snprintf(number, sizeof number, "%u", at);
	report(l, &t, act->name, number);
	return 1;
}

static void
finish(struct loop *l, const char *act)
{
	struct count *n = &l->n;

	if (n->points == 0) {		/* a loop that tries nothing */
		printf("FAIL %s %s: there is no such call\n", l->sc->name,
		    act);
		n->points = n->failed = 1;
	}
	printf("%-18s %-10s %6u %7u %7u %7u %7u %7u\n", l->sc->name, act,
	    n->points, n->outcomes[BEFORE], n->outcomes[BETWEEN],
	    n->outcomes[AFTER], n->ended, n->failed);
	(void)fflush(stdout);
	passed += n->points - n->failed;
	failed += n->failed;
	l->n = (struct count){ .points = 0 };
	l->shown = 0;
}

static unsigned
stride_of(const struct loop *l, const struct act *act)
{
	if (l->less == 0)
		return l->stride;
	if ((l->sc->flags & SMALL) && act->fault.set == TRACE_WRITES &&
	    act->fault.act == TRACE_KILL)
		return 1;
	return act->stride * l->less;
}

static void
run_act(struct loop *l, const struct act *act, unsigned only)
{
	unsigned stride = stride_of(l, act), at;

	if (act->fault.set == TRACE_MEMORY && memory_shared() == NULL)
		return;
	if (only > 0)
		(void)try_one(l, act, only);
	for (at = 1; only == 0 && try_one(l, act, at); at += stride)
		;
	finish(l, act->name);
}

/* --- a second fault, in the run after the first ------------------------- */

/* Killed at call k of the run that finds what a kill left. */
static int
try_second(struct loop *l, unsigned at, unsigned k)
{
	const struct trace_fault fault = { TRACE_WRITES, TRACE_KILL, 0, k, 0 };
	CLEANUP(trial_clear) struct trial t = { .w = l->w, .sc = l->sc,
		.ref = &l->ref, .fault = &fault, .said = SAID_INIT };
	char numbers[32];

	world_reset(l->w, "killed");
	if (world_run(l->w, l->sc->run, &fault, &t.said) != 0)
		die("cannot trace: %s", strerror(errno));
	if (t.said.end.fired == 0)
		return 0;
	check_look(&t);
	check_next(&t);
	(void)snprintf(numbers, sizeof numbers, "%u %u", at, k);
	report(l, &t, KILL_TWICE, numbers);
	return 1;
}

static int
try_first(struct loop *l, unsigned at, unsigned stride, unsigned only)
{
	const struct trace_fault fault = { TRACE_WRITES, TRACE_KILL, 0, at,
		0 };
	CLEANUP(said_clear) struct said s = SAID_INIT;
	unsigned k;

	world_reset(l->w, "before");
	if (world_run(l->w, l->sc->run, &fault, &s) != 0)
		die("cannot trace: %s", strerror(errno));
	if (s.end.fired == 0)
		return 0;
	world_keep(l->w, "killed");
	if (only > 0)
		(void)try_second(l, at, only);
	for (k = 1 + at % stride; only == 0 && try_second(l, at, k);
	    k += stride)
		;
	return 1;
}

static void
run_twice(struct loop *l, unsigned at, unsigned k)
{
	unsigned stride = l->less == 0 ? l->stride :
	    l->sc->flags & NIGHT ? 4 * TWICE_STRIDE : TWICE_STRIDE, i;

	if (at > 0)
		(void)try_first(l, at, 1, k);
	for (i = 1; at == 0 && try_first(l, i, stride, 0); i += stride)
		;
	finish(l, KILL_TWICE);
}

/* --- all --------------------------------------------------------------- */

struct wanted {				/* NULL, 0: all */
	const char *scenario, *act;
	unsigned at, k;
	unsigned stride;		/* 0: a sample */
};

static void
run_scenario(struct world *w, const struct scenario *sc,
    const struct wanted *want)
{
	struct loop l = { .w = w, .sc = sc, .ref = REFERENCE_INIT,
		.stride = want->stride, .less = want->stride > 0 ? 0 :
		sc->flags & (MUCH | SMALL) ? 1 :
		sc->flags & NIGHT ? NIGHT_LESS : LESS };
	size_t i;

	if ((sc->flags & MEDIUM) && w->medium[0] == '\0') {
		printf("%s: skipped: there is one disk alone\n", sc->name);
		return;
	}
	scenario_begin(w, sc, &l.ref);
	for (i = 0; i < ACTS; i++)
		if (want->act == NULL ||
		    strcmp(want->act, acts[i].name) == 0)
			run_act(&l, &acts[i], want->at);
	if (want->act == NULL || strcmp(want->act, KILL_TWICE) == 0)
		run_twice(&l, want->at, want->k);
	reference_clear(&l.ref);
}

static void
run_all(struct world *w, const struct wanted *want)
{
	size_t i;

	printf("%-18s %-10s %6s %7s %7s %7s %7s %7s\n", "scenario", "fault",
	    "points", "before", "between", "after", "ended", "failed");
	if (memory_shared() == NULL)
		printf("memory: skipped: a sanitizer has an allocator of its "
		    "own\n");
	for (i = 0; i < scenario_count; i++)
		if (want->scenario == NULL ||
		    strcmp(want->scenario, scenarios[i].name) == 0)
			run_scenario(w, &scenarios[i], want);
}

static struct wanted
read_args(int argc, char **argv)
{
	const char *stride = getenv("STRIDE");
	struct wanted want = { .stride = stride != NULL ?
		(unsigned)strtoul(stride, NULL, 10) : argc > 1 };

	if (argc > 1 && strcmp(argv[1], "all") != 0)
		want.scenario = argv[1];
	if (argc > 2)
		want.act = argv[2];
	if (argc > 3)
		want.at = (unsigned)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		want.k = (unsigned)strtoul(argv[4], NULL, 10);
	return want;
}

static int
nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

int
main(int argc, char **argv)
{
	const struct trace_fault count = { .set = TRACE_ALL };
	struct wanted want = read_args(argc, argv);
	static struct world w;
	struct trace_end end;

	if (sodium_init() < 0)
		die("libsodium does not start");
	if (trace_run(nothing, NULL, &count, &end) != 0 || end.calls == 0) {
		printf("processes cannot be traced here (ptrace, seccomp)\n");
		return 77;
	}
	world_begin(&w);
	scenario_base(&w);
	run_all(&w, &want);
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
