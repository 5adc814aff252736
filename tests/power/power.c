/* power.c: every promise, after the power was cut.
 *
 *	power [-n STATES] [-s SEED] [-w RUN] SATCHEL RECORDER WORK.SH
 *
 * Each run of work.sh is recorded once (recorder.c).  Then states that the
 * disks can be in after a cut at any call are drawn (disk.h), until STATES
 * that are distinct were checked (story.h); where a run has fewer, longer ones
 * give more.  From some of them the
 * program itself goes on, and must end as the run that nothing disturbed; some
 * of these runs are recorded and cut, too: a cut while the last one is mended.
 *
 * Then syncs are taken out of the record: the check must see harm.
 *
 * A disk that says that it has synced and has not cannot be noticed.  If it
 * keeps at least the order of what it writes, then what is there is old, but
 * never harmed: that is checked.  If it does not, a store can be harmed like
 * any database; what still holds is that no harmed bundle is ever taken for
 * whole, and that is checked.
 *
 * The last line is "N passed, N failed".
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "story.h"

#define STATES 4000u
#define GO_ON_EVERY 30u			/* new states for one that goes on */
#define AGAIN 3u			/* cut states that are cut again */
#define IN_VAIN 150u			/* draws: there are no more */
#define WORN 8u				/* draws at a call: few more there */
#define BITE_STATES 150u		/* of each sync that is taken out */
#define LIE_STATES 200u
#define ORDER_STATES 40u
#define SHOWN_MAX 3			/* violations of a run */

struct seen {
	uint64_t *keys;			/* of states; 0: free */
	size_t size;
};

static struct {
	unsigned states;
	uint64_t seed;
	int passed, failed;
	size_t all, distinct;		/* states */
	struct seen seen;		/* those */
} test;

static const struct work works[] = {
	{ "init", 0 }, { "init-mirror", 0 }, { "set", 0 }, { "peer", 0 },
	{ "load", 0 }, { "update", 0 }, { "delete", 0 }, { "export", 0 },
	{ "export-stick", 1 }, { "export-again", 1 }, { "chain", 0 },
	{ "chain-stick", 1 }, { "import", 1 }, { "import-chain", 1 },
	{ "import-receipt", 1 }, { "import-update", 1 }, { "gap", 1 },
	{ "receipt", 1 }, { "resolve", 0 }, { "restored", 0 }, { "day", 1 },
	{ "night", 1 }
};
#define WORKS (sizeof works / sizeof *works)

/* --- recording ---------------------------------------------------------- */

/* Does the log, played to its end, give what is really there? */
static int
is_followed(const struct run *r, const char *root)
{
	struct cut end = { .at = { r->op_count, r->op_count }, .is_view = 1 };
	struct cut none = { .is_view = 1 };
	unsigned char a[32], b[32];
	struct image image;
	struct run real;

	image_make(&image, r, &end);
	image_hash(&image, a);
	image_clear(&image);
	run_begin(&real, root);
	image_make(&image, &real, &none);
	image_hash(&image, b);
	image_clear(&image);
	run_clear(&real);
	return memcmp(a, b, 32) == 0;
}

/* From what is in `live` on. */
static void
record(struct story *s, const struct work *w, struct buf *result)
{
	const char *live = program_live();

	memset(s, 0, sizeof *s);
	(void)unlink(program_path("log"));
	run_begin(&s->run, live);
	program_must("run", w, live, 1);
	run_read(&s->run, program_path("log"));
	if (s->run.trouble == NULL && !is_followed(&s->run, live))
		s->run.trouble = "what the disk has is not what was recorded";
	if (s->run.trouble != NULL) {
		fprintf(stderr, "power: %s: %s\n", w->name, s->run.trouble);
		exit(2);
	}
	program_must("result", w, live, 0);
	program_said("out", result);
	remove_tree(live);
	story_tell(s, program_state());
}

/* --- states ------------------------------------------------------------- */

struct tally {
	size_t states, distinct, acked, pulled, gone_on, bad;
	size_t in_vain;			/* draws since one was new */
	unsigned *worn;			/* the same, at each call */
	struct seen *seen;
};

/* Room for so many. */
static void
seen_begin(struct seen *s, size_t count)
{
	s->size = count * 2 + 1;
	s->keys = need(calloc(s->size, sizeof *s->keys));
}

static int
is_new(struct seen *s, uint64_t key)
{
	size_t i;

	for (i = key % s->size; s->keys[i] != 0; i = (i + 1) % s->size)
		if (s->keys[i] == key)
			return 0;
	s->keys[i] = key;
	return 1;
}

/* From the stick's last call on, the home goes on until it would notice: its
 * next call to the stick that does not end in memory. */
static size_t
noticed_at(const struct run *r, size_t at)
{
	for (; at < r->op_count; at++) {
		const struct op *op = &r->ops[at];
		int node = op_is_name(op) ? op->dir : op->node;

		if (node >= 0 && r->nodes[node].disk == 1 &&
		    op->kind != RECORD_WRITE)
			break;
	}
	return at;
}

/* One in six is after the first mark; one in four of a stick's is pulled. */
static struct cut
pick_cut(const struct story *s, const struct work *w, struct dice *d)
{
	size_t all = s->run.op_count, from = 0, at;
	struct cut c = { .is_each = (int)dice_below(d, 2) };

	if (dice_below(d, 6) == 0)
		from = s->first_mark;
	at = from + dice_below(d, all - from + 1);
	c.at[0] = c.at[1] = at;
	if (w->is_stick && dice_below(d, 4) == 0)
		c.at[0] = at + dice_below(d, noticed_at(&s->run, at) - at +
		    1);
	c.seed = dice_next(d);
	return c;
}

/* The program itself goes on, and ends as if nothing had been. */
static int
goes_on(const struct story *s, const struct work *w, const struct image *image,
    const struct cut *c, const struct buf *result, char said[SAID_MAX])
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT, why = BUF_INIT;
	const char *state = program_state();
	const char *step = "run";

	image_write(image, state);
	if (program_run("run", w, state, 0) != 0 ||
	    (step = "result", program_run("result", w, state, 0)) != 0) {
		program_said("err", &why);
		(void)snprintf(said, SAID_MAX, "%s again: %.300s", step,
		    why.at);
		return 1;
	}
	program_said("out", &out);
	if (out.len != result->len ||
	    memcmp(out.at, result->at, out.len) != 0) {
		(void)snprintf(said, SAID_MAX, "ends in another state");
		return 1;
	}
	return story_check_numbers(s, c, state, said);
}

static void
show(const struct work *w, const struct cut *c, const char *said)
{
	printf("VIOLATION %s, cut after calls %zu and %zu%s, seed %llu: %s\n",
	    w->name, c->at[0], c->at[1], c->is_each ? ", folders apart" : "",
	    (unsigned long long)c->seed, said);
}

/* A cut, rarely at a call after which nothing new was seen for long. */
static struct cut
pick_fresh(const struct story *s, const struct work *w, struct dice *d,
    const struct tally *t)
{
	struct cut c;

	do
		c = pick_cut(s, w, d);
	while (t->worn[c.at[1]] >= WORN && dice_below(d, WORN) != 0);
	return c;
}

/* With a result the program goes on from some; without, harm is expected. */
static void
one_state(const struct story *s, const struct work *w, struct dice *d,
    const struct buf *result, struct tally *t)
{
	struct cut c = pick_fresh(s, w, d, t);
	char said[SAID_MAX];
	struct image image;
	int bad;

	image_make(&image, &s->run, &c);
	t->states++;
	t->in_vain++;
	t->worn[c.at[1]]++;
	t->acked += c.at[0] >= s->first_mark && c.at[1] >= s->first_mark;
	t->pulled += c.at[0] != c.at[1];
	if (is_new(t->seen, story_key(s, &image, &c))) {
		bad = story_check(s, &image, &c, 1, program_state(), said);
		if (!bad && result != NULL &&
		    t->distinct % GO_ON_EVERY == 0) {
			t->gone_on++;
			bad = goes_on(s, w, &image, &c, result, said);
		}
		t->in_vain = t->worn[c.at[1]] = 0;
		t->distinct++;
		t->bad += (size_t)bad;
		if (bad && t->bad <= SHOWN_MAX && result != NULL)
			show(w, &c, said);
	}
	image_clear(&image);
}

/* So many that are distinct, or all that are found. */
static void
many_states(const struct story *s, const struct work *w, unsigned count,
    const struct buf *result, struct seen *seen, struct tally *t)
{
	struct dice d = { test.seed + test.all };

	*t = (struct tally){ .seen = seen };
	t->worn = need(calloc(s->run.op_count + 1, sizeof *t->worn));
	while (t->distinct < count && t->in_vain < IN_VAIN)
		one_state(s, w, &d, result, t);
	free(t->worn);
}

/* --- lost syncs --------------------------------------------------------- */

static const struct loss no_loss;

static const struct bite {
	const char *work, *what;
	struct loss loss;
} bites[] = {
	{ "export", "the bundle", { .file = "stick/.*.part" } },
	{ "export", "the bundle's folder", { .folder = "stick" } },
	{ "export", "the database", { .file = "*/store.db" } },
	{ "export", "the guard", { .file = "*.guard.*.part" } },
	{ "export", "the guard's folder", { .folder = "*/satchel" } },
	{ "export-stick", "the bundle on a stick",
	    { .file = "stick/new/.*.part" } },
	{ "export-stick", "the stick as a whole", { .disk = "stick/*" } },
	{ "export-again", "the stick's folder", { .folder = "stick",
	    .disk = "stick*" } },
	{ "import-update", "the journal", { .file = "*/store.db-journal" } },
	{ "import-update", "the database", { .file = "*/store.db" } },
	{ "import-update", "the home", { .folder = HOME_PATH } },
	{ "init", "the keys", { .file = "*/keys/.*.part" } },
	{ "init", "the keys' folder", { .folder = "*/keys",
	    .disk = HOME_PATH } },
	{ "init", "the new home", { .folder = HOME_PATH } },
	{ "init", "the folder above the home", { .folder = "disk/labs",
	    .disk = HOME_PATH } },
	{ "init", "the folders above the guard", { .folder = "disk/var*",
	    .disk = HOME_PATH } },
	{ "init-mirror", "the home's disk as a whole", { .disk = HOME_PATH } },
	{ "set", "the settings", { .file = "*.mirror.ini.*.part" } },
	{ "set", "the folder of the settings", { .folder = HOME_PATH } }
};
#define BITES (sizeof bites / sizeof *bites)

static void
verdict(int good, const char *format, const char *a, const char *b, size_t n)
{
	if (good)
		test.passed++;
	else
		test.failed++;
	printf("%s ", good ? "ok  " : "FAIL");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	printf(format, a, b, n);
#pragma GCC diagnostic pop
	putchar('\n');
	(void)fflush(stdout);
}

/* How many states are harmed without these? */
static size_t
harm(struct story *s, const struct work *w, const struct loss *l,
    int *ret_is_lost)
{
	struct seen seen;
	struct tally t;

	seen_begin(&seen, BITE_STATES);
	*ret_is_lost = run_lose(&s->run, l);
	many_states(s, w, BITE_STATES, NULL, &seen, &t);
	free(seen.keys);
	(void)run_lose(&s->run, &no_loss);
	return t.bad;
}

/* Where a sync of the whole disk does what the folder's own does, either is
 * enough: the harm of both is not that of one. */
static void
either_is_enough(struct story *s, const struct work *w, const struct bite *b)
{
	struct loss folder = { .folder = b->loss.folder };
	struct loss disk = { .disk = b->loss.disk };
	int lost[2];
	size_t n = harm(s, w, &folder, &lost[0]) +
	    harm(s, w, &disk, &lost[1]);

	verdict(lost[0] && lost[1] && n == 0, "%s, either %s or the disk as a "
	    "whole is synced: %zu states are harmed", w->name, b->what, n);
}

/* Without this sync the check must see harm. */
static void
lose_syncs(struct story *s, const struct work *w)
{
	int is_lost;
	size_t i, n;

	for (i = 0; i < BITES; i++) {
		const struct bite *b = &bites[i];
		int is_double = b->loss.folder != NULL && b->loss.disk != NULL;

		if (strcmp(b->work, w->name) != 0)
			continue;
		n = harm(s, w, &b->loss, &is_lost);
		verdict(is_lost && n > 0, is_double ? "%s without syncs of %s "
		    "and of the disk as a whole: %zu states are harmed" :
		    "%s without syncs of %s: %zu states are harmed", w->name,
		    b->what, n);
		if (is_double)
			either_is_enough(s, w, b);
	}
}

/* --- disks that lie ----------------------------------------------------- */

/* Syncs do nothing, but what reaches the disk does so in order: old, never
 * harmed. */
static void
lie_in_order(const struct story *s, const struct work *w)
{
	struct dice d = { test.seed };
	char said[SAID_MAX] = "";
	size_t bad = 0, i;

	for (i = 0; i < ORDER_STATES; i++) {
		size_t at = dice_below(&d, s->run.op_count + 1);
		struct cut c = { .at = { at, at }, .is_view = 1 };
		struct image image;

		image_make(&image, &s->run, &c);
		bad += (size_t)story_check(s, &image, &c, 0, program_state(),
		    said);
		image_clear(&image);
	}
	verdict(bad == 0, "%s on a disk that lies, in order: old, not harmed "
	    "%s(%zu harmed)", w->name, said, bad);
}

/* Syncs do nothing and nothing is in order.  A store can then be harmed; a
 * bundle that is not the one that was written is never taken. */
static void
lie(struct story *s, const struct work *w)
{
	const struct loss all = { .file = "*", .disk = "*" };
	struct dice d = { test.seed };
	size_t forged = 0, i;

	if (s->bundle_count == 0)
		return;
	(void)run_lose(&s->run, &all);
	for (i = 0; i < LIE_STATES; i++) {
		struct cut c = pick_cut(s, w, &d);
		struct image image;

		image_make(&image, &s->run, &c);
		forged += (size_t)story_is_forged(s, &image);
		image_clear(&image);
	}
	(void)run_lose(&s->run, &no_loss);
	verdict(forged == 0, "%s on a disk that lies: no harmed bundle is "
	    "taken %s(%zu are)", w->name, "", forged);
}

/* --- all of it ---------------------------------------------------------- */

static size_t
syncs_of(const struct run *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->op_count; i++)
		n += r->ops[i].kind == RECORD_SYNC;
	return n;
}

static void
check_all(const struct story *s, const struct work *w, unsigned count,
    const struct buf *result, const char *what)
{
	clock_t start = clock();
	struct tally t;

	many_states(s, w, count, result, &test.seen, &t);
	if (t.bad == 0)
		test.passed++;
	else
		test.failed++;
	test.all += t.states;
	test.distinct += t.distinct;
	printf("%s %s%s: %zu calls, %zu syncs, %zu moments of the store; "
	    "%zu states drawn, %zu distinct, %zu after the mark, %zu pulled, %zu "
	    "went on: %zu violations (%.1f s)\n", t.bad == 0 ? "ok  " :
	    "FAIL", w->name, what, s->run.op_count, syncs_of(&s->run),
	    s->moment_count, t.states, t.distinct, t.acked, t.pulled,
	    t.gone_on, t.bad, (double)(clock() - start) / CLOCKS_PER_SEC);
	(void)fflush(stdout);
}

/* The power is cut again, while the program goes on from a state that a cut
 * left, where there is something to mend. */
static void
cut_again(const struct story *s, const struct work *w, unsigned count,
    const struct buf *result)
{
	struct dice d = { test.seed + 1 };
	unsigned i;

	for (i = 0; i < AGAIN; i++) {
		CLEANUP(buf_clear) struct buf other = BUF_INIT;
		struct cut c = pick_cut(s, w, &d);
		struct image image;
		struct story again;

		c.at[0] = c.at[1] = dice_below(&d, s->first_mark);
		image_make(&image, &s->run, &c);
		image_write(&image, program_live());
		image_clear(&image);
		record(&again, w, &other);
		if (other.len != result->len ||
		    memcmp(other.at, result->at, other.len) != 0) {
			test.failed++;
			show(w, &c, "ends in another state");
		}
		check_all(&again, w, count, result, ", cut again");
		story_clear(&again);
	}
}

static void
one_work(const struct work *w, unsigned count)
{
	CLEANUP(buf_clear) struct buf result = BUF_INIT;
	unsigned again = count / 8;
	struct story s;

	program_must("base", w, program_live(), 0);
	record(&s, w, &result);
	check_all(&s, w, count - AGAIN * again, &result, "");
	cut_again(&s, w, again, &result);
	lose_syncs(&s, w);
	lie_in_order(&s, w);
	lie(&s, w);
	story_clear(&s);
}

/* What is still to be drawn, shared by so many runs. */
static unsigned
share(size_t runs)
{
	size_t left = test.states > test.distinct ? test.states -
	    test.distinct : 0;

	return (unsigned)((left + runs - 1) / runs);
}

static void
usage(void)
{
	fprintf(stderr, "usage: power [-n STATES] [-s SEED] [-w RUN] SATCHEL "
	    "RECORDER WORK.SH\n");
	exit(2);
}

static const char *
read_args(int argc, char **argv)
{
	const char *only = NULL;
	int c;

	test.states = STATES;
	test.seed = 1;
	while ((c = getopt(argc, argv, "n:s:w:")) != -1) {
		switch (c) {
		case 'n':
			test.states = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			test.seed = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			only = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 3 || test.states == 0)
		usage();
	program_begin(argv + optind);
	return only;
}

int
main(int argc, char **argv)
{
	const char *only = read_args(argc, argv);
	size_t i;

	if (sodium_init() < 0)
		die("start", "libsodium");
	seen_begin(&test.seen, test.states + WORKS * (AGAIN + 1));
	program_must("fixtures", &works[0], program_live(), 0);
	for (i = 0; i < WORKS; i++)
		if (only == NULL || strcmp(only, works[i].name) == 0)
			one_work(&works[i], share(only != NULL ? 1 :
			    WORKS - i));
	free(test.seen.keys);
	printf("%zu states drawn, %zu distinct\n", test.all, test.distinct);
	printf("%d passed, %d failed\n", test.passed, test.failed);
	return test.failed > 0;
}
