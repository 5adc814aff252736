/* Between sites that exchange real files: what is promised, what is a sign of
 * life, and attachments that were asked for. */
#include <sqlite3.h>

#include "../../store/cadence.h"
#include "../../store/lines.h"
#include "../../store/stream.h"
#include "sites.h"

#define LONG_AGO 1000

/* --- two sites --------------------------------------------------------- */

static const char *const to_a[] = { "a" };
static const char *const to_b[] = { "b" };

static void
begin(struct sites *t)
{
	sites_begin(t);
	sites_add(t, "a", "1111111111111111");
	sites_add(t, "b", "2222222222222222");
	sites_pin_all(t);
}

static void
sql(struct sites *t, const char *site, const char *text)
{
	struct store *s = sites_open(t, site);

	CHECK_INT(sqlite3_exec(s->db, text, NULL, NULL, NULL), SQLITE_OK);
	store_closep(&s);
}

/* a loads an object, with the attachment `file` if that is not NULL. */
static void
load(struct sites *t, const char *uid, const char *value, const char *file)
{
	struct store *s = sites_open(t, "a");
	char path[160], text[300];
	const char *list = path;
	struct lines_stats n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%.60s/lab.jsonl", t->folder);
	(void)snprintf(text, sizeof text, "{\"uid\":\"%s\",\"type\":\"T\","
	    "\"title\":\"%s\",\"attachments\":[%s%s%s]}\n", uid, value,
	    file != NULL ? "{\"file\":\"" : "", file != NULL ? file : "",
	    file != NULL ? "\"}" : "");
	CHECK((f = fopen(path, "w")) != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK_INT(fclose(f), 0);
	CHECK_OK(lines_load(s, &list, 1, NULL, &n, &t->err), &t->err);
	store_closep(&s);
}

static int
export_with(struct sites *t, const char *from,
    const struct export_request *r, int receipt, struct export_result *ret)
{
	struct store *s = sites_open(t, from);
	int rc;

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	rc = receipt ? export_receipt(s, r, ret, &t->err) :
	    export_run(s, r, ret, &t->err);
	store_closep(&s);
	return rc;
}

/* One file; ret_path is its path. */
static void
write_file(struct sites *t, const char *from, int receipt,
    char ret_path[160])
{
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r = sites_request(t, from,
	    from[0] == 'a' ? to_b : to_a, 1);

	CHECK_OK(export_with(t, from, &r, receipt, &files), &t->err);
	CHECK_INT(files.count, 1);
	(void)snprintf(ret_path, 160, "%s", files.files[0].path);
	export_result_clear(&files);
}

static enum import_outcome
take(struct sites *t, const char *site, const char *path)
{
	struct import_result got = { NULL, 0 };
	enum import_outcome outcome;

	sites_import(t, site, path, IMPORT_APPLY, &got);
	CHECK_INT(got.count, 1);
	outcome = got.at[0].outcome;
	import_result_clear(&got);
	return outcome;
}

static struct peer
peer_of(struct sites *t, const char *site)
{
	struct store *s = sites_open(t, site);
	struct peer p;

	CHECK_INT(peer_find(s, site[0] == 'a' ? "b" : "a", &p, &t->err), 1);
	store_closep(&s);
	return p;
}

static void
promise(struct sites *t, const char *site, int64_t seconds)
{
	struct store *s = sites_open(t, site);

	CHECK_OK(store_begin(s, &t->err), &t->err);
	CHECK_OK(cadence_set(s, seconds, &t->err), &t->err);
	CHECK_OK(store_commit(s, &t->err), &t->err);
	store_closep(&s);
}

/* --- what is set ------------------------------------------------------- */

TEST(settings)
{
	static const struct {
		int64_t seconds;
		int cadence, silent;	/* it can be set so */
	} all[] = {
		{ 0, 1, 1 }, { 1, 0, 0 }, { 3599, 0, 0 }, { 3600, 1, 1 },
		{ 86400, 1, 1 }, { 31622400, 1, 1 }, { 31622401, 0, 0 },
		{ -1, 0, 1 }, { -2, 0, 0 }, { INT64_MAX, 0, 0 },
		{ INT64_MIN, 0, 0 }
	};
	struct store *s;
	struct peer p;
	struct sites t;
	int64_t got;
	size_t i;

	begin(&t);
	s = sites_open(&t, "a");
	CHECK_OK(cadence_get(s, &got, &t.err), &t.err);
	CHECK_INT(got, 0);
	CHECK_INT(peer_find(s, "b", &p, &t.err), 1);
	CHECK_INT(p.silent_after, -1);
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		int64_t want = all[i].seconds;

		CHECK_OK(store_begin(s, &t.err), &t.err);
		if (all[i].cadence) {
			CHECK_OK(cadence_set(s, want, &t.err), &t.err);
			CHECK_OK(cadence_get(s, &got, &t.err), &t.err);
			CHECK_INT(got, want);
		} else {
			CHECK_ERR(cadence_set(s, want, &t.err), &t.err,
			    E_USAGE);
		}
		if (all[i].silent) {
			CHECK_OK(peer_set_silent(s, p.id, want, &t.err),
			    &t.err);
			CHECK_INT(peer_find(s, "b", &p, &t.err), 1);
			CHECK_INT(p.silent_after, want);
		} else {
			CHECK_ERR(peer_set_silent(s, p.id, want, &t.err),
			    &t.err, E_USAGE);
		}
		CHECK_OK(store_commit(s, &t.err), &t.err);
	}
	store_closep(&s);
	sql(&t, "a", "UPDATE site SET value='x' WHERE key='cadence'");
	s = sites_open(&t, "a");
	CHECK_ERR(cadence_get(s, &got, &t.err), &t.err, E_DAMAGED);
	store_closep(&s);
	sites_end(&t);
}

TEST(late)
{
	static const struct {
		int64_t added, heard, cadence, silent_after, now, want;
		int revoked;
	} all[] = {
		{ 100, 0, 0, -1, 9999999, 0, 0 },	/* no promise */
		{ 100, 0, 3600, -1, 7300, 0, 0 },
		{ 100, 0, 3600, -1, 7301, 7300, 0 },	/* since it was added */
		{ 100, 5000, 3600, -1, 12200, 0, 0 },
		{ 100, 5000, 3600, -1, 12201, 12200, 0 },
		{ 100, 5000, 3600, 0, 9999999, 0, 0 },	/* never */
		{ 100, 5000, 0, 4000, 9001, 9000, 0 },	/* without a promise */
		{ 100, 5000, 3600, 9000, 13000, 0, 0 },	/* not by it */
		{ 9000, 5000, 3600, -1, 16200, 0, 0 },	/* added again */
		{ 9000, 5000, 3600, -1, 16201, 16200, 0 },
		{ 100, 5000, 3600, -1, 12201, 0, 1 },
		{ 100, 5000, 3600, -1, 0, 0, 0 }	/* the clock is wrong */
	};
	struct peer p;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		memset(&p, 0, sizeof p);
		p.added = all[i].added;
		p.last_heard = all[i].heard;
		p.cadence = all[i].cadence;
		p.silent_after = all[i].silent_after;
		p.revoked = all[i].revoked;
		CHECK_INT(cadence_late_since(&p, all[i].now), all[i].want);
	}
}

/* --- what travels ------------------------------------------------------ */

/* In a bundle and in a receipt; the newest file counts, a late one does
 * not. */
TEST(promises_travel)
{
	char first[160], second[160], third[160];
	struct sites t;

	begin(&t);
	load(&t, "x", "1", NULL);
	promise(&t, "a", 7200);
	write_file(&t, "a", 0, first);
	CHECK_INT(take(&t, "b", first), IMPORT_APPLIED);
	CHECK_INT(peer_of(&t, "b").cadence, 7200);
	promise(&t, "a", 3600);
	write_file(&t, "a", 0, second);
	promise(&t, "a", 0);
	write_file(&t, "a", 1, third);
	CHECK_INT(take(&t, "b", third), IMPORT_RECEIPT);
	CHECK_INT(peer_of(&t, "b").cadence, 0);
	CHECK_INT(take(&t, "b", second), IMPORT_APPLIED);
	CHECK_INT(peer_of(&t, "b").cadence, 0);
	promise(&t, "a", 86400);
	write_file(&t, "a", 1, third);
	CHECK_INT(take(&t, "b", third), IMPORT_RECEIPT);
	CHECK_INT(peer_of(&t, "b").cadence, 86400);
	sites_end(&t);
}

/* b takes the file, or does not; was it a sign of life? */
static void
sign(struct sites *t, const char *path, enum import_outcome want, int alive)
{
	sql(t, "b", "UPDATE peer SET last_heard=1000");
	CHECK_INT(take(t, "b", path), want);
	CHECK_INT(peer_of(t, "b").last_heard > LONG_AGO, alive);
}

/* What is newer than any file before, whether it can be applied or not. */
TEST(signs_of_life)
{
	char first[160], late[160], gap[160], receipt[160];
	struct sites t;

	begin(&t);
	load(&t, "x", "1", NULL);
	write_file(&t, "a", 0, first);
	sign(&t, first, IMPORT_APPLIED, 1);
	sign(&t, first, IMPORT_ALREADY, 0);
	write_file(&t, "b", 1, receipt);
	CHECK_INT(take(&t, "a", receipt), IMPORT_RECEIPT);
	write_file(&t, "a", 0, late);
	load(&t, "x", "2", NULL);
	write_file(&t, "a", 0, gap);

	/* b does not know any more how far it was. */
	sql(&t, "b", "DELETE FROM applied");
	sign(&t, gap, IMPORT_GAP, 1);
	sign(&t, gap, IMPORT_GAP, 0);
	sql(&t, "b", "INSERT INTO applied SELECT 1,(SELECT id FROM actor WHERE"
	    " site='a'),'[\"*\"]',1");
	sign(&t, late, IMPORT_APPLIED, 0);
	sign(&t, gap, IMPORT_APPLIED, 0);
	write_file(&t, "a", 1, receipt);
	sign(&t, receipt, IMPORT_RECEIPT, 1);
	sites_end(&t);
}

TEST(gaps_are_listed)
{
	struct stream_gap *list = NULL;
	struct actor a;
	struct store *s;
	struct sites t;
	size_t count;

	begin(&t);
	s = sites_open(&t, "a");
	a = (struct actor){ .site = "b", .generation = 1,
	    .nonce = "2222222222222222" };
	CHECK_OK(store_begin(s, &t.err), &t.err);
	CHECK_OK(stream_apply(s, 1, &a, FILTER_ALL, 12, &t.err), &t.err);
	s->clock = 500;
	CHECK_OK(stream_gap(s, 1, &a, FILTER_ALL, 30, &t.err), &t.err);
	s->clock = 600;
	CHECK_OK(stream_gap(s, 1, &a, FILTER_ALL, 40, &t.err), &t.err);
	a.generation = 2;
	CHECK_OK(stream_gap(s, 1, &a, FILTER_ALL, 7, &t.err), &t.err);
	CHECK_OK(store_commit(s, &t.err), &t.err);
	CHECK_OK(stream_gap_list(s, 1, &list, &count, &t.err), &t.err);
	CHECK_INT(count, 2);
	CHECK_INT(list[0].have, 12);
	CHECK_INT(list[0].since, 40);
	CHECK_INT(list[0].first, 500);
	CHECK_INT(list[1].actor.generation, 2);
	CHECK_INT(list[1].have, 0);
	CHECK_INT(list[1].first, 600);
	free(list);
	store_closep(&s);
	sites_end(&t);
}

/* --- attachments that are asked for ------------------------------------ */

/* How many blobs the next export of a carries; -1: it writes nothing. */
static int
carried(struct sites *t, struct export_request *r)
{
	struct export_result files = EXPORT_RESULT_INIT;
	size_t i;
	int n = -1;

	r->heartbeat = 0;
	CHECK_OK(export_with(t, "a", r, 0, &files), &t->err);
	for (i = 0; i < files.count; i++)
		n = (n < 0 ? 0 : n) + (int)files.files[i].blobs;
	export_result_clear(&files);
	return n;
}

static void
hash_of(const char *content, unsigned char ret[32])
{
	(void)crypto_generichash(ret, 32, (const unsigned char *)content,
	    strlen(content), NULL, 0);
}

/* b asks for these; ret_path is its request. */
static void
ask(struct sites *t, const char *const *contents, size_t count,
    char ret_path[160])
{
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r = sites_request(t, "b", to_a, 1);
	unsigned char hashes[4][32], swap[32];
	size_t i, k;

	for (i = 0; i < count; i++) {
		hash_of(contents[i], hashes[i]);
		for (k = i; k > 0 && memcmp(hashes[k - 1], hashes[k],
		    32) > 0; k--) {
			memcpy(swap, hashes[k], 32);
			memcpy(hashes[k], hashes[k - 1], 32);
			memcpy(hashes[k - 1], swap, 32);
		}
	}
	r.request = 1;
	r.wanted = (const unsigned char (*)[32])hashes;
	r.wanted_count = count;
	CHECK_OK(export_with(t, "b", &r, 1, &files), &t->err);
	(void)snprintf(ret_path, 160, "%s", files.files[0].path);
	export_result_clear(&files);
}

static uint64_t
waiting(struct sites *t)
{
	struct store *s = sites_open(t, "a");
	uint64_t n;

	CHECK_OK(stream_wanted_count(s, 1, &n, &t->err), &t->err);
	store_closep(&s);
	return n;
}

/* a and b agree on two objects with an attachment each, "one" and "two". */
static void
begin_agreed(struct sites *t)
{
	char path[160];

	begin(t);
	sites_shell("cd '%s' && printf one > f1 && printf two > f2%s",
	    t->folder, "");
	load(t, "x", "1", "f1");
	load(t, "y", "1", "f2");
	write_file(t, "a", 0, path);
	CHECK_INT(take(t, "b", path), IMPORT_APPLIED);
	write_file(t, "b", 1, path);
	CHECK_INT(take(t, "a", path), IMPORT_RECEIPT);
}

/* A request that is only imported is answered by the next export, once; what
 * this site does not have stays asked for. */
TEST(wanted_is_carried)
{
	static const char *const some[] = { "one", "nowhere" };
	struct export_request r;
	char path[160], other[160];
	struct sites t;

	begin_agreed(&t);
	r = sites_request(&t, "a", to_b, 1);
	CHECK_INT(carried(&t, &r), -1);
	ask(&t, some, 2, path);
	CHECK_INT(take(&t, "a", path), IMPORT_RECEIPT);
	CHECK_INT(waiting(&t), 2);

	/* Nothing that is not the answer clears it. */
	write_file(&t, "b", 1, other);
	CHECK_INT(take(&t, "a", other), IMPORT_RECEIPT);
	write_file(&t, "a", 1, other);
	r.types = (const char *const[]){ "T" };
	r.type_count = 1;
	CHECK_INT(carried(&t, &r), 0);		/* of an excerpt */
	CHECK_INT(waiting(&t), 2);
	r.type_count = 0;
	r.dry_run = 1;
	CHECK_INT(carried(&t, &r), 1);
	CHECK_INT(waiting(&t), 2);
	r.dry_run = 0;
	CHECK_INT(carried(&t, &r), 1);
	CHECK_INT(waiting(&t), 1);
	CHECK_INT(carried(&t, &r), -1);
	CHECK_INT(take(&t, "a", path), IMPORT_ALREADY);
	CHECK_INT(waiting(&t), 1);
	sites_end(&t);
}

/* The newest request replaces the older one, whichever comes first. */
TEST(newest_request)
{
	static const char *const one[] = { "one", "nowhere" };
	static const char *const two[] = { "two" };
	char first[160], second[160];
	struct export_request r;
	struct sites t;

	begin_agreed(&t);
	r = sites_request(&t, "a", to_b, 1);
	ask(&t, one, 2, first);
	ask(&t, two, 1, second);
	CHECK_INT(take(&t, "a", second), IMPORT_RECEIPT);
	CHECK_INT(take(&t, "a", first), IMPORT_RECEIPT);
	CHECK_INT(waiting(&t), 1);
	CHECK_INT(carried(&t, &r), 1);
	ask(&t, one, 2, first);
	ask(&t, NULL, 0, second);
	CHECK_INT(take(&t, "a", first), IMPORT_RECEIPT);
	CHECK_INT(waiting(&t), 2);
	CHECK_INT(take(&t, "a", second), IMPORT_RECEIPT);
	CHECK_INT(waiting(&t), 0);
	sites_end(&t);
}

/* What is wanted of one goes to all to whom the file is. */
TEST(wanted_by_several)
{
	static const char *const both[] = { "b", "c" };
	static const char *const one[] = { "one" };
	struct export_request r;
	struct sites t;
	char path[160];

	begin_agreed(&t);
	sites_add(&t, "c", "3333333333333333");
	sites_pin(&t, &t.at[0], &t.at[2]);
	sql(&t, "a", "INSERT INTO acked SELECT 2,actor,filter,until FROM "
	    "acked");
	ask(&t, one, 1, path);
	CHECK_INT(take(&t, "a", path), IMPORT_RECEIPT);
	sql(&t, "a", "INSERT INTO wanted SELECT 2,hash FROM blob");
	r = sites_request(&t, "a", both, 2);
	CHECK_INT(carried(&t, &r), 2);
	CHECK_INT(waiting(&t), 0);
	sites_end(&t);
}

/* A chain that was not ended has not answered. */
TEST(wanted_of_a_broken_chain)
{
	static const char *const one[] = { "one" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	char path[160];
	struct sites t;

	begin_agreed(&t);
	ask(&t, one, 1, path);
	CHECK_INT(take(&t, "a", path), IMPORT_RECEIPT);
	load(&t, "u", "1", NULL);
	load(&t, "v", "1", NULL);
	load(&t, "w", "1", NULL);
	sql(&t, "a", "UPDATE version SET content=content||' ' WHERE object="
	    "(SELECT id FROM object WHERE uid='w')");
	r = sites_request(&t, "a", to_b, 1);
	r.max_records = 1;
	CHECK_ERR(export_with(&t, "a", &r, 0, &files), &t.err, E_DAMAGED);
	CHECK_INT(files.count, 1);
	CHECK_INT(files.files[0].blobs, 1);
	export_result_clear(&files);
	CHECK_INT(waiting(&t), 1);
	sql(&t, "a", "UPDATE version SET content=rtrim(content)");
	CHECK_INT(carried(&t, &r), 1);
	CHECK_INT(waiting(&t), 0);
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
