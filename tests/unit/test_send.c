/* What is put into a drop, and for whom (carry/send.h). */
#include "../../carry/send.h"
#include "../../store/blob.h"
#include "../../store/cadence.h"
#include "carries.h"

/* --- groups -------------------------------------------------------------- */

static void
serve(struct carries *c, const char *sites)
{
	int64_t ids[64];
	struct peer p;
	size_t n = 0;
	char id[2] = "";

	for (; *sites != '\0'; sites++) {
		id[0] = *sites;
		CHECK_INT(peer_by_site(c->s, id, &p, &c->t.err), 1);
		ids[n++] = p.id;
	}
	CHECK_OK(store_begin(c->s, &c->t.err), &c->t.err);
	CHECK_OK(drop_set_peers(c->s, c->drop.id, ids, n, &c->t.err),
	    &c->t.err);
	CHECK_OK(store_commit(c->s, &c->t.err), &c->t.err);
}

/* The plan in words: "b+c:bundle d:receipt e:-", with what is due. */
static const char *
plan(struct carries *c, int64_t now)
{
	static const char *const what[] = { "-", "receipt", "bundle" };
	CLEANUP(send_plan_clear) struct send_plan p = { NULL, 0 };
	static char text[512];
	size_t i, k;

	carries_survey(c);
	carries_save(c);
	CHECK_OK(send_plan(&p, &c->x, c->s, now, &c->t.err), &c->t.err);
	text[0] = '\0';
	for (i = 0; i < p.count; i++) {
		if (i > 0)
			(void)strcat(text, " ");
		for (k = 0; k < p.at[i].count; k++) {
			(void)strcat(text, k > 0 ? "+" : "");
			(void)strcat(text, p.at[i].peers[k].site);
		}
		(void)strcat(text, ":");
		(void)strcat(text, what[p.at[i].what]);
		if (p.at[i].due > 0)
			(void)snprintf(text + strlen(text), 8, "(%d)",
			    (int)p.at[i].due);
	}
	return text;
}

/* Write all of it. */
static void
put(struct carries *c, const struct export_result *files)
{
	struct minisign_pub own;
	size_t i;

	minisign_public(sites_find(&c->t, c->s->self.site)->key, &own);
	for (i = 0; i < files->count; i++)
		CHECK_OK(survey_put(&c->x, c->s, files->files[i].path, &own,
		    &c->t.err), &c->t.err);
}

static void
send_all(struct carries *c)
{
	CLEANUP(send_plan_clear) struct send_plan p = { NULL, 0 };
	struct export_request r = { .since_time = -1, .until_time = -1,
	    .created = 1700000000, .workers = 1,
	    .key = sites_find(&c->t, c->s->self.site)->key };
	size_t i;

	carries_survey(c);
	CHECK_OK(send_plan(&p, &c->x, c->s, c->s->clock, &c->t.err),
	    &c->t.err);
	for (i = 0; i < p.count; i++) {
		struct export_result files = EXPORT_RESULT_INIT;

		if (p.at[i].what == SEND_NOTHING)
			continue;
		r.heartbeat = p.at[i].what == SEND_RECEIPT;
		CHECK_OK(send_group(&p.at[i], &c->drop, c->s, &r, &files,
		    &c->t.err), &c->t.err);
		CHECK(files.count > 0);
		put(c, &files);
		export_result_clear(&files);
	}
	carries_save(c);
}

static void
check_plan(struct carries *c, const char *want)
{
	CHECK_STR(plan(c, c->s->clock), want);
}

static void
begin(struct carries *c, const char *sites, const char *served, int together)
{
	carries_begin(c, sites);
	carries_open(c, "a");
	c->drop.together = together;
	serve(c, served);
}

TEST(one_file_for_each_or_for_all)
{
	struct carries c;
	struct peer p;

	begin(&c, "abcde", "dbc", 0);
	check_plan(&c, "b:- c:- d:-");
	c.drop.together = 1;
	check_plan(&c, "b+c+d:-");
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\"}\n");
	check_plan(&c, "b+c+d:bundle(1)");

	/* One policy a file. */
	CHECK_INT(peer_by_site(c.s, "c", &p, &c.t.err), 1);
	CHECK_OK(peer_set_encrypt(c.s, p.id, PEER_ENCRYPT, &c.t.err),
	    &c.t.err);
	check_plan(&c, "b+d:bundle(1) c:bundle(1)");
	CHECK_INT(peer_by_site(c.s, "d", &p, &c.t.err), 1);
	CHECK_OK(peer_set_encrypt(c.s, p.id, PEER_REQUIRE, &c.t.err),
	    &c.t.err);
	check_plan(&c, "b:bundle(1) c+d:bundle(1)");
	send_all(&c);
	check_plan(&c, "b:- c+d:-");

	CHECK_OK(peer_revoke(c.s, p.id, &c.t.err), &c.t.err);
	check_plan(&c, "b:- c:bundle(1)");
	carries_end(&c);
}

/* No more than a file may have addressees. */
TEST(more_peers_than_a_file_has_addressees)
{
	CLEANUP(send_plan_clear) struct send_plan p = { NULL, 0 };
	struct carries c;
	struct peer peer;
	int64_t ids[FORMAT_TO_MAX + 1];
	unsigned i;

	begin(&c, "a", "", 1);
	for (i = 0; i <= FORMAT_TO_MAX; i++) {
		memset(&peer, 0, sizeof peer);
		(void)snprintf(peer.site, sizeof peer.site, "p%02u", 99 - i);
		(void)snprintf(peer.name, sizeof peer.name, "n%02u", i);
		(void)snprintf(peer.key_id, sizeof peer.key_id, "%016X", i);
		(void)snprintf(peer.minisign, sizeof peer.minisign, "%u", i);
		(void)snprintf(peer.age, sizeof peer.age, "%u", i);
		CHECK_INT(peer_add(c.s, &peer, &c.t.err), 1);
		CHECK_INT(peer_by_site(c.s, peer.site, &peer, &c.t.err), 1);
		ids[i] = peer.id;
	}
	CHECK_OK(drop_set_peers(c.s, c.drop.id, ids, i, &c.t.err), &c.t.err);
	carries_survey(&c);
	CHECK_OK(send_plan(&p, &c.x, c.s, c.s->clock, &c.t.err), &c.t.err);
	CHECK_INT(p.count, 2);
	CHECK_INT(p.at[0].count, FORMAT_TO_MAX);
	CHECK_INT(p.at[1].count, 1);
	CHECK_STR(p.at[0].peers[0].site, "p68");
	CHECK_STR(p.at[0].peers[FORMAT_TO_MAX - 1].site, "p99");
	CHECK_STR(p.at[1].peers[0].name, "n32");
	carries_end(&c);
}

/* --- what is due --------------------------------------------------------- */

/* What lies there will do, as long as it lies there as it was written. */
TEST(due_beyond_what_lies_there)
{
	static const char *const done[] = {
		"rm *_to_b_*", "truncate -s -1 *_to_b_*",
		"truncate -s 0 *_to_b_*", "for f in *_to_b_*; do mv $f .$f; "
		    "done", "for f in *_to_b_*; do s=$(stat -c %s $f); "
		    "head -c $s /dev/zero > t; touch -r $f t; mv t $f; done"
	};
	struct carries c;
	size_t i;

	begin(&c, "abc", "bc", 0);
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\"}\n"
	    "{\"uid\":\"a2\",\"type\":\"T\"}\n");
	check_plan(&c, "b:bundle(2) c:bundle(2)");
	send_all(&c);
	check_plan(&c, "b:- c:-");
	for (i = 0; i < sizeof done / sizeof *done; i++) {
		carries_shell(&c, done[i]);
		check_plan(&c, "b:bundle(2) c:-");
		send_all(&c);
		check_plan(&c, "b:- c:-");
	}

	/* Only what is new calls for one more. */
	carries_load(&c, "{\"uid\":\"a3\",\"type\":\"T\"}\n");
	check_plan(&c, "b:bundle(1) c:bundle(1)");
	send_all(&c);
	carries_shell(&c, "ls | grep _to_b_ | tail -n 1 | xargs rm");
	check_plan(&c, "b:bundle(1) c:-");

	/* A file under another name is what it was. */
	send_all(&c);
	carries_shell(&c, "for f in *_to_b_*; do mv $f x$f; done");
	check_plan(&c, "b:- c:-");

	/* Two for each do not do for both. */
	c.drop.together = 1;
	check_plan(&c, "b+c:bundle(3)");
	carries_end(&c);
}

/* What came from a peer goes back to it only in a file for several. */
TEST(what_came_from_a_peer)
{
	struct carries c;

	begin(&c, "abc", "bc", 0);
	carries_open(&c, "b");
	carries_load(&c, "{\"uid\":\"b1\",\"type\":\"T\"}\n");
	carries_write(&c, "a", "from-b", 0);
	carries_open(&c, "a");
	carries_survey(&c);
	carries_import(&c);
	check_plan(&c, "b:receipt c:bundle(1)");
	c.drop.together = 1;
	check_plan(&c, "b+c:bundle(1)");
	send_all(&c);
	check_plan(&c, "b+c:-");
	carries_end(&c);
}

/* --- receipts ------------------------------------------------------------ */

static void
owe(struct carries *c, const char *site)
{
	struct peer p;

	CHECK_INT(peer_by_site(c->s, site, &p, &c->t.err), 1);
	CHECK_OK(stream_set_owed(c->s, p.id, 1, &c->t.err), &c->t.err);
}

TEST(a_receipt_that_is_owed)
{
	struct carries c;
	struct peer p;

	begin(&c, "abcd", "bcd", 0);
	owe(&c, "c");
	check_plan(&c, "b:- c:receipt d:-");
	c.drop.together = 1;
	check_plan(&c, "b+c+d:receipt");
	c.drop.together = 0;
	send_all(&c);
	check_plan(&c, "b:- c:- d:-");
	owe(&c, "c");
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\"}\n");
	check_plan(&c, "b:bundle(1) c:bundle(1) d:bundle(1)");
	send_all(&c);
	check_plan(&c, "b:- c:- d:-");

	/* What others took away is written again, until it was read. */
	owe(&c, "d");
	send_all(&c);
	check_plan(&c, "b:- c:- d:-");
	carries_shell(&c, "rm *receipt*");
	check_plan(&c, "b:- c:- d:receipt");
	CHECK_INT(peer_by_site(c.s, "d", &p, &c.t.err), 1);
	CHECK_OK(stream_reads(c.s, p.id, c.s->sequence, &c.t.err), &c.t.err);
	check_plan(&c, "b:- c:- d:-");
	carries_end(&c);
}

/* A site that promised to write does, half a promise after the last time. */
TEST(a_sign_of_life)
{
	static const struct {
		int64_t after;
		const char *want;
	} rows[] = {
		{ 0, "b:- c:-" }, { 43199, "b:- c:-" },
		{ 43200, "b:receipt c:receipt" },
		{ -1, "b:receipt c:receipt" }	/* it was ahead */
	};
	struct carries c;
	size_t i;

	begin(&c, "abc", "bc", 0);
	check_plan(&c, "b:- c:-");
	CHECK_OK(store_begin(c.s, &c.t.err), &c.t.err);
	CHECK_OK(cadence_set(c.s, 86400, &c.t.err), &c.t.err);
	CHECK_OK(store_commit(c.s, &c.t.err), &c.t.err);
	check_plan(&c, "b:receipt c:receipt");
	send_all(&c);
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_STR(plan(&c, c.s->clock + rows[i].after),
		    rows[i].want);

	/* A bundle is one. */
	c.s->clock += 43200;
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\"}\n");
	check_plan(&c, "b:bundle(1) c:bundle(1)");
	send_all(&c);
	check_plan(&c, "b:- c:-");
	carries_end(&c);
}

/* --- wanted attachments -------------------------------------------------- */

static void
want(struct carries *c, const char *site, uint64_t sequence,
    unsigned char (*hashes)[32], size_t count)
{
	struct peer p;

	CHECK_INT(peer_by_site(c->s, site, &p, &c->t.err), 1);
	CHECK_OK(store_begin(c->s, &c->t.err), &c->t.err);
	CHECK_INT(stream_want(c->s, p.id, 1, sequence,
	    (const unsigned char (*)[32])hashes, count,
	    &c->t.err), 1);
	CHECK_OK(store_commit(c->s, &c->t.err), &c->t.err);
}

TEST(attachments_that_are_wanted)
{
	unsigned char hashes[2][32] = { { 1 } };
	struct carries c;
	char path[128];

	begin(&c, "abc", "bc", 0);
	(void)snprintf(path, sizeof path, "%.60s/x", c.t.folder);
	CHECK_OK(file_put(path, 0600, "data", 4, &c.t.err), &c.t.err);
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\",\"attachments\":[{"
	    "\"name\":\"x\",\"file\":\"x\"}]}\n");
	send_all(&c);
	check_plan(&c, "b:- c:-");

	/* What nobody here has cannot be sent, but who asks is sent again what
	 * lies there. */
	want(&c, "b", 1, hashes, 1);
	check_plan(&c, "b:bundle(1) c:-");
	(void)crypto_generichash(hashes[1], 32, (const unsigned char *)"data",
	    4, NULL, 0);
	want(&c, "b", 2, hashes, 2);
	check_plan(&c, "b:bundle(1) c:-");
	send_all(&c);
	check_plan(&c, "b:- c:-");
	carries_end(&c);
}

int
main(void)
{
	return unit_run();
}
