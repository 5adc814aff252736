/* mutants.c: every byte of a file is covered.  Files of all kinds are made,
 * changed in every way of mutate.h, and given to the reader, which must
 * refuse each one before it interprets anything of it, and leave its store
 * as it is.  Then the file itself must be taken.
 *
 *	MUTANTS_COUNT=N            about so many (100,000)
 *	MUTANTS_SEED=N             another choice, and other keys (1)
 *	MUTANTS_ONLY=FILE:KIND:N   this one alone; written to standard error
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "holes.h"
#include "samples.h"
#include "seeded.h"

#define COUNT 100000u
#define HOLE_COUNT 3000u		/* mutants that must show a hole */
#define LOOK_EVERY 10000u		/* mutants between two looks at the
					 * whole store */
#define SHOWN 10u			/* accepted ones that are printed */

struct tally {
	uint64_t made, same;		/* `same`: of them, no mutant at all */
	uint64_t by_error[ERR_CODES];
};

struct run {
	struct made made;
	struct tally tally[KINDS];
	uint64_t accepted;		/* not refused as they must be */
	uint64_t taken;			/* of them, with E_OK */
	uint64_t until_look;

	struct store *reader;
	struct import_request request;
	char path[128];			/* of the mutant */
	int fd;
	int changes;			/* rows that the reader ever changed,
					 * before this mutant */
	unsigned char state[32];	/* its folder and database */
};
static struct run run;

static uint64_t
setting(const char *name, uint64_t value)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : value;
}

/* --- the reader --------------------------------------------------------- */

/* The names in a folder of the home, in order. */
static void
hash_names(crypto_generichash_state *h, const char *folder)
{
	struct dirent **names = NULL;
	char path[160];
	int i, n;

	(void)snprintf(path, sizeof path, "%s/%s", run.reader->home, folder);
	n = scandir(path, &names, NULL, alphasort);
	CHECK(n > 0);
	for (i = 0; i < n; i++) {
		(void)crypto_generichash_update(h,
		    (const unsigned char *)names[i]->d_name,
		    strlen(names[i]->d_name) + 1);
		free(names[i]);
	}
	free(names);
}

/* All that the reader remembers. */
static void
look(unsigned char ret[32])
{
	CLEANUP(buf_clear) struct buf db = BUF_INIT;
	crypto_generichash_state h;
	char path[160];

	(void)crypto_generichash_init(&h, NULL, 0, 32);
	hash_names(&h, ".");
	hash_names(&h, "spool");
	hash_names(&h, "../state");
	(void)snprintf(path, sizeof path, "%s/store.db", run.reader->home);
	CHECK_OK(file_read_all(path, SIZE_MAX / 2, &db, &run.made.sites.err),
	    &run.made.sites.err);
	(void)crypto_generichash_update(&h, (unsigned char *)db.at, db.len);
	(void)crypto_generichash_final(&h, ret, 32);
}

static void
look_again(void)
{
	unsigned char now[32];

	look(now);
	if (memcmp(now, run.state, sizeof now) != 0)
		FAIL("the store of the reader is not as it was");
	run.until_look = LOOK_EVERY;
}

static void
open_reader(void)
{
	struct sites *t = &run.made.sites;
	struct test_site *x = sites_find(t, "reader");
	static struct minisign_pub own;

	minisign_public(x->key, &own);
	run.reader = sites_open(t, "reader");
	CHECK_OK(guard_check(run.reader, t->state, &t->err), &t->err);
	run.request = (struct import_request){ .mode = IMPORT_APPLY,
		.identity = sites_identity, .ctx = x->age, .own = &own };
	(void)snprintf(run.path, sizeof run.path, "%s/mutant", t->folder);
	run.fd = open(run.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(run.fd >= 0);
	look(run.state);
}

static void
put_file(const struct buf *file)
{
	CHECK_INT(ftruncate(run.fd, (off_t)file->len), 0);
	CHECK_INT(pwrite(run.fd, file->at, file->len, 0), file->len);
}

/* What the reader says to a file; E_OK: it was taken. */
static void
give(const struct sample *s, const struct buf *file, struct err *ret)
{
	struct import_result result = { NULL, 0 };
	const char *path = run.path;
	struct card card;

	err_clear(ret);
	if (s->is_card) {
		(void)card_read(&card, file->at, file->len, ret);
		return;
	}
	put_file(file);
	if (import_run(run.reader, &path, 1, &run.request, &result, ret) >= 0)
		err_recall(ret, &result.at[0].err);
	import_result_clear(&result);
}

/* --- mutants ------------------------------------------------------------ */

/* Refused before anything was interpreted: by the container, the signature,
 * or because SUMS is not what was hashed.  Of a card SUMS is read before the
 * key is known that signed it. */
static int
is_refusal(const struct sample *s, enum err_code code)
{
	switch (code) {
	case E_VERSION:
		return s->is_card;
	case E_TRUNCATED: case E_FORMAT: case E_HEADER: case E_TRAILER:
	case E_LIMIT: case E_SIGFORMAT: case E_UNKNOWN_KEY: case E_SIGNATURE:
	case E_HASH:
		return 1;
	default:
		return 0;
	}
}

static int
is_sample(const struct buf *file)
{
	size_t i;

	for (i = 0; i < run.made.samples.count; i++) {
		const struct buf *b = &run.made.samples.at[i].bytes;

		if (b->len == file->len &&
		    memcmp(b->at, file->at, b->len) == 0)
			return 1;
	}
	return 0;
}

static void
complain(const struct sample *s, const struct kind *kind, uint64_t index,
    const struct buf *file, const struct err *err)
{
	size_t at = 0;

	while (at < file->len && at < s->bytes.len &&
	    file->at[at] == s->bytes.at[at])
		at++;
	(void)fprintf(stderr, "%s, kind %s, from byte %zu on: %s %s\n"
	    "  again: MUTANTS_SEED=%" PRIu64 " MUTANTS_ONLY=%s:%s:%" PRIu64
	    "\n", s->name, kind->name, at, err->code == E_OK ? "taken" :
	    err_name(err->code), err->text, run.made.samples.seed, s->name,
	    kind->name, index);
}

/* 1: it was refused as it must be, or is no mutant. */
static int
try(size_t i, size_t k, uint64_t index, struct buf *file)
{
	struct tally *t = &run.tally[k];
	struct err err = ERR_INIT;

	buf_reset(file);
	kinds[k].make(&run.made.samples, i, index, file);
	CHECK_INT(file->failed, 0);
	t->made++;
	if (is_sample(file)) {
		t->same++;
		return 1;
	}
	run.changes = sqlite3_total_changes(run.reader->db);
	give(&run.made.samples.at[i], file, &err);
	t->by_error[err.code]++;
	run.taken += err.code == E_OK;
	if (is_refusal(&run.made.samples.at[i], err.code) &&
	    sqlite3_total_changes(run.reader->db) == run.changes)
		return 1;
	if (hole == HOLE_NONE && run.accepted < SHOWN)
		complain(&run.made.samples.at[i], &kinds[k], index, file, &err);
	run.accepted++;
	return 0;
}

static uint64_t
common(uint64_t a, uint64_t b)
{
	return b == 0 ? a : common(b, a % b);
}

/* `want` of the mutants of one kind, spread over all of them; none twice. */
static void
try_kind(size_t i, size_t k, uint64_t want)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	uint64_t all = kinds[k].count(&run.made.samples, i), step, at, n;

	want = want < all ? want : all;
	step = (uint64_t)((double)all * 0.618) + 1;
	while (common(step, all) != 1)
		step++;
	at = run.made.samples.seed % all;
	for (n = 0; n < want; n++, at = (at + step) % all) {
		(void)try(i, k, at, &file);
		if (hole == HOLE_NONE && --run.until_look == 0)
			look_again();
	}
}

/* How many of each kind of each sample make `total`: all that there are, or
 * this number.  Those of which there are few leave more to the others. */
static uint64_t
share(uint64_t total)
{
	uint64_t low = 0, high = total, level, sum, all;
	size_t i, k;

	while (low < high) {
		level = high - (high - low) / 2;
		sum = 0;
		for (i = 0; i < run.made.samples.count; i++)
			for (k = 0; k < KINDS; k++) {
				all = kinds[k].count(&run.made.samples, i);
				sum += all < level ? all : level;
			}
		if (sum <= total)
			low = level;
		else
			high = level - 1;
	}
	return low;
}

static void
try_only(const char *only)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	char name[32], kind[32];
	uint64_t index;
	size_t i, k;

	CHECK_INT(sscanf(only, "%31[^:]:%31[^:]:%" SCNu64, name, kind,
	    &index), 3);
	for (i = 0; i < run.made.samples.count; i++)
		for (k = 0; k < KINDS; k++)
			if (strcmp(name, run.made.samples.at[i].name) == 0 &&
			    strcmp(kind, kinds[k].name) == 0) {
				(void)try(i, k, index, &file);
				(void)fwrite(file.at, 1, file.len, stderr);
			}
}

/* The file itself is taken: it was not refused for another reason. */
static void
take(const struct sample *s)
{
	struct err err = ERR_INIT;

	look_again();
	give(s, &s->bytes, &err);
	if (err.code != E_OK)
		FAIL("%s is refused itself: %s: %s", s->name,
		    err_name(err.code), err.text);
	look(run.state);
}

/* --- what was done ------------------------------------------------------ */

static void
print_samples(void)
{
	size_t i, k;
	uint64_t n;

	(void)printf("seed %" PRIu64 "\n", run.made.samples.seed);
	(void)printf("%-14s%8s%9s%22s\n", "file", "bytes", "members",
	    "single changes");
	for (i = 0; i < run.made.samples.count; i++) {
		const struct sample *s = &run.made.samples.at[i];

		for (n = 0, k = 0; k + 1 < KINDS; k++)
			n += kinds[k].count(&run.made.samples, i);
		(void)printf("%-14s%8zu%9zu%22" PRIu64 "\n", s->name,
		    s->bytes.len, s->pieces, n);
	}
}

static void
add_tally(struct tally *sum, const struct tally *t)
{
	size_t e;

	sum->made += t->made;
	sum->same += t->same;
	for (e = 0; e < ERR_CODES; e++)
		sum->by_error[e] += t->by_error[e];
}

static void
print_row(const char *name, const struct tally *t, const struct tally *sum)
{
	size_t e;

	(void)printf("%-8s%9" PRIu64 "%7" PRIu64, name, t->made, t->same);
	for (e = 0; e < ERR_CODES; e++)
		if (sum->by_error[e] > 0)
			(void)printf("%9" PRIu64, t->by_error[e]);
	(void)printf("\n");
}

static void
print_tally(void)
{
	struct tally sum = { .made = 0 };
	size_t k, e;

	for (k = 0; k < KINDS; k++)
		add_tally(&sum, &run.tally[k]);
	(void)printf("%-8s%9s%7s", "kind", "made", "equal");
	for (e = 0; e < ERR_CODES; e++)
		if (sum.by_error[e] > 0)
			(void)printf("%9.8s", e == E_OK ? "taken" :
			    err_name((enum err_code)e) + 2);
	(void)printf("\n");
	for (k = 0; k < KINDS; k++)
		print_row(kinds[k].name, &run.tally[k], &sum);
	print_row("all", &sum, &sum);
}

/* --- tests -------------------------------------------------------------- */

/* Without one check of the reader mutants are taken: so the check is seen. */
TEST(a_hole_is_seen)
{
	struct tally none[KINDS] = { { .made = 0 } };
	size_t i, k, level = share(HOLE_COUNT);
	int h;

	run.request.mode = IMPORT_DRY_RUN;
	for (h = HOLE_NONE + 1; h < HOLES; h++) {
		hole = (enum hole)h;
		run.taken = 0;
		for (i = 0; i < run.made.samples.count; i++)
			for (k = 0; k < KINDS; k++)
				try_kind(i, k, level);
		if (run.taken == 0)
			FAIL("no mutant comes through hole %d", h);
	}
	hole = HOLE_NONE;
	run.accepted = 0;
	memcpy(run.tally, none, sizeof none);
	run.request.mode = IMPORT_APPLY;
	look_again();
}

TEST(no_mutant_is_taken)
{
	uint64_t level = share(setting("MUTANTS_COUNT", COUNT));
	const char *only = getenv("MUTANTS_ONLY");
	size_t i, k;

	print_samples();
	if (only != NULL)
		try_only(only);
	for (i = 0; i < run.made.samples.count; i++) {
		for (k = 0; k < KINDS && only == NULL; k++)
			try_kind(i, k, level);
		take(&run.made.samples.at[i]);
	}
	print_tally();
	CHECK_INT(run.accepted, 0);
}

/* A folder in memory, if there is one. */
static void
begin(void)
{
	if (access("/dev/shm", W_OK | X_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	run.made.samples.seed = setting("MUTANTS_SEED", 1);
	run.until_look = LOOK_EVERY;
	seeded_random(run.made.samples.seed);
	sites_begin(&run.made.sites);
	make_samples(&run.made);
	open_reader();
}

static void
end(void)
{
	size_t i;

	file_closep(&run.fd);
	store_closep(&run.reader);
	sites_end(&run.made.sites);
	for (i = 0; i < run.made.samples.count; i++)
		buf_clear(&run.made.samples.at[i].bytes);
}

int
main(void)
{
	int failed;

	if (setjmp(unit_out) != 0)
		return 1;
	begin();
	failed = unit_run();
	end();
	return failed;
}
