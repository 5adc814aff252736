/* The simulator: histories of sites that exchange real bundles, checked
 * against an oracle that knows every version each edit was shown.
 *
 *	sim N              N histories, of each focus in turn
 *	sim --focus F N    general conflicts restore several files
 *	                   kills
 *	sim --first S ...  from that seed on
 *	sim --jobs J ...   by so many processes
 *	sim --focus F --seed S	one history; a failure is shrunk and printed
 *
 * The last line is "N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "blobs.h"
#include "shrink.h"

#define EXPLAINED 2u			/* failures shrunk and printed */
#define JOBS_MAX 16u

struct options {
	unsigned long count, first, seed, jobs;
	int focus;			/* -1: each in turn */
	int one;			/* that seed alone */
};

struct tally {
	unsigned long passed, failed, counts[COUNT_KINDS];
};

static struct yard yard;

static void
usage(void)
{
	(void)fprintf(stderr, "usage: sim [--focus F] [--first S] [--jobs J] N"
	    " | --focus F --seed S\n");
	exit(2);
}

static int
focus_of(const char *name)
{
	int i;

	for (i = 0; i < FOCUS_COUNT; i++)
		if (strcmp(focus_names[i], name) == 0)
			return i;
	usage();
	return -1;
}

static struct options
parse(int argc, char **argv)
{
	struct options o = { .jobs = 1, .focus = -1 };
	int i;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (argv[i][0] != '-') {
			o.count = strtoul(argv[i], NULL, 10);
			continue;
		}
		if (strcmp(argv[i], "--focus") == 0)
			o.focus = focus_of(value);
		else if (strcmp(argv[i], "--first") == 0)
			o.first = strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--jobs") == 0)
			o.jobs = strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			o.seed = strtoul(value, NULL, 10), o.one = 1;
		else
			usage();
		i++;
	}
	if ((o.count == 0 && !o.one) || o.jobs == 0 || o.jobs > JOBS_MAX ||
	    (o.one && o.focus < 0))
		usage();
	return o;
}

/* The history with this number. */
static void
plan_of(struct plan *p, const struct options *o, unsigned long number)
{
	if (o->focus >= 0)
		plan_roll(p, o->first + number, (enum focus)o->focus);
	else
		plan_roll(p, o->first + number / FOCUS_COUNT,
		    (enum focus)(number % FOCUS_COUNT));
}

static void
run_one(struct plan *p, struct tally *t, unsigned explained)
{
	struct err err = ERR_INIT;
	const char *why;

	why = history(p, &yard, t->counts, &err);
	if (why == NULL) {
		t->passed++;
		return;
	}
	(void)printf("FAILED seed %llu, focus %s: %s%s%s\n",
	    (unsigned long long)p->seed, focus_names[p->focus], why,
	    err.code != E_OK ? ": " : "", err.code != E_OK ? err.text : "");
	(void)fflush(stdout);
	if (t->failed++ < explained)
		explain(p, &yard, why);
}

static void
begin(void)
{
	yard_begin(&yard);
	blobs_begin();
}

static void
end(void)
{
	yard_end(&yard);
	blobs_end();
}

/* Every `jobs`th history, its tally into the pipe. */
static void
work(const struct options *o, unsigned long job, int to)
{
	struct tally t = { 0 };
	struct plan p;
	unsigned long i;

	begin();
	for (i = job; i < o->count; i += o->jobs) {
		plan_of(&p, o, i);
		run_one(&p, &t, EXPLAINED);
	}
	end();
	if (write(to, &t, sizeof t) != sizeof t)
		_exit(2);
	_exit(0);
}

static void
add(struct tally *to, const struct tally *t)
{
	int i;

	to->passed += t->passed;
	to->failed += t->failed;
	for (i = 0; i < COUNT_KINDS; i++)
		to->counts[i] += t->counts[i];
}

static void
report(const struct tally *t)
{
	int i;

	for (i = 0; i < COUNT_KINDS; i++)
		(void)printf("%s %lu%s", counted_names[i], t->counts[i],
		    i + 1 < COUNT_KINDS ? ", " : "\n");
	(void)printf("%lu passed, %lu failed\n", t->passed, t->failed);
}

static int
run_all(const struct options *o)
{
	struct tally all = { 0 }, t;
	pid_t pid[JOBS_MAX];
	int ends[JOBS_MAX][2];
	unsigned long j;

	(void)fflush(stdout);
	for (j = 0; j < o->jobs; j++) {
		if (pipe(ends[j]) != 0 || (pid[j] = fork()) < 0)
			return 2;
		if (pid[j] == 0)
			work(o, j, ends[j][1]);
		(void)close(ends[j][1]);
	}
	for (j = 0; j < o->jobs; j++) {
		if (read(ends[j][0], &t, sizeof t) == sizeof t) {
			add(&all, &t);
		} else {
			(void)printf("FAILED: process %lu ended early\n", j);
			all.failed++;
		}
		(void)waitpid(pid[j], NULL, 0);
	}
	report(&all);
	return all.failed > 0;
}

static int
run_seed(const struct options *o)
{
	struct tally t = { 0 };
	struct plan p;

	begin();
	plan_roll(&p, o->seed, (enum focus)o->focus);
	run_one(&p, &t, 1);
	end();
	report(&t);
	return t.failed > 0;
}

int
main(int argc, char **argv)
{
	struct options o = parse(argc, argv);

	if (o.one)
		return run_seed(&o);
	return run_all(&o);
}
