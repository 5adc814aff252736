#include "../../store/conflict.h"
#include "../../store/log.h"
#include "../../store/peer.h"
#include "labs.h"

struct pair {
	struct lab a, b;		/* sites lab-a and lab-b */
};

static void
pair_load(struct lab *l, const char *text)
{
	CHECK_OK(lab_load(l, text), &l->err);
}

#define OBJECT(uid, x, y) "{\"uid\":\"" uid "\",\"type\":\"T\",\"x\":" x \
	",\"y\":" y "}\n"
#define GONE(uid) "{\"uid\":\"" uid "\",\"type\":\"T\",\"deleted\":true}\n"

/* An object k that clashes, d with disjoint edits, e edited and deleted. */
static void
pair_begin(struct pair *p)
{
	static const char *const all[] = { "k", "d", "e" };
	struct peer peer;
	size_t i;

	lab_begin(&p->a, "lab-a");
	lab_begin(&p->b, "site-b");
	memset(&peer, 0, sizeof peer);
	(void)strcpy(peer.site, "site-b");
	(void)strcpy(peer.name, "Lab-B");
	(void)strcpy(peer.key_id, "0123456789ABCDEF");
	CHECK_INT(peer_add(p->a.s, &peer, &p->a.err), 1);
	pair_load(&p->a, OBJECT("k", "0", "0") OBJECT("d", "0", "0")
	    OBJECT("e", "0", "0"));
	for (i = 0; i < 3; i++)
		lab_send(&p->a, &p->b, all[i]);
	pair_load(&p->a, OBJECT("k", "1", "0") OBJECT("d", "1", "0")
	    OBJECT("e", "1", "0"));
	p->b.s->clock += 5;
	pair_load(&p->b, OBJECT("k", "2", "0") OBJECT("d", "0", "2")
	    GONE("e"));
	for (i = 0; i < 3; i++)
		lab_send(&p->b, &p->a, all[i]);
}

static void
pair_end(struct pair *p)
{
	lab_end(&p->a);
	lab_end(&p->b);
}

static int
add_conflict(void *ctx, const struct conflict_item *c, struct err *err)
{
	buf_addf(ctx, "%s %s %s %zu\n", c->uid, c->type, c->kind,
	    c->object->set.count);
	return buf_check(ctx, err);
}

static int
stop(void *ctx, const struct conflict_item *c, struct err *err)
{
	(void)ctx;
	return err_set(err, E_IO, "stop at %s", c->uid);
}

static const char *
list(struct lab *l)
{
	buf_reset(&l->out);
	CHECK_OK(conflict_each(l->s, add_conflict, &l->out, &l->err),
	    &l->err);
	return buf_str(&l->out);
}

/* The newest line of the log. */
static int
log_is(const struct lab *l, const char *detail)
{
	char sql[512];

	(void)snprintf(sql, sizeof sql, "SELECT event='resolve' AND detail="
	    "'%s' FROM log ORDER BY id DESC LIMIT 1", detail);
	return lab_number(l, sql) == 1;
}

TEST(lists)
{
	struct pair p;

	pair_begin(&p);
	CHECK_STR(list(&p.a), "d T disjoint 2\ne T edit-delete 2\n"
	    "k T clash 2\n");
	CHECK_STR(list(&p.b), "");
	CHECK_ERR(conflict_each(p.a.s, stop, NULL, &p.a.err), &p.a.err, E_IO);
	pair_end(&p);
}

TEST(names_sites)
{
	struct version v = VERSION_INIT;
	struct buf out = BUF_INIT;
	struct peer peer;
	struct pair p;

	pair_begin(&p);
	(void)strcpy(v.dot.actor.site, "lab-a");
	CHECK_OK(store_set_text(p.a.s, "name", "Own", &p.a.err), &p.a.err);
	(void)strcpy(p.a.s->name, "Own");
	CHECK_OK(conflict_site(p.a.s, &v, &out, &p.a.err), &p.a.err);
	buf_addc(&out, ' ');
	(void)strcpy(v.dot.actor.site, "site-b");
	CHECK_OK(conflict_site(p.a.s, &v, &out, &p.a.err), &p.a.err);
	buf_addc(&out, ' ');
	(void)strcpy(v.dot.actor.site, "other");
	CHECK_OK(conflict_site(p.a.s, &v, &out, &p.a.err), &p.a.err);
	CHECK_STR(buf_str(&out), "Own Lab-B other");

	/* Of a peer that was removed, the id. */
	CHECK_INT(peer_find(p.a.s, "Lab-B", &peer, &p.a.err), 1);
	CHECK_OK(peer_remove(p.a.s, peer.id, &p.a.err), &p.a.err);
	buf_reset(&out);
	(void)strcpy(v.dot.actor.site, "site-b");
	CHECK_OK(conflict_site(p.a.s, &v, &out, &p.a.err), &p.a.err);
	CHECK_STR(buf_str(&out), "site-b");
	buf_clear(&out);
	pair_end(&p);
}

/* What a name picks of the object k; -1: E_USAGE. */
static int
pick(struct lab *l, const char *uid, const char *what)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	size_t at = 99;

	CHECK_INT(object_get(l->s, uid, 1, &o, &l->err), 1);
	if (conflict_pick(l->s, &o, what, &at, &l->err) < 0) {
		CHECK_INT(l->err.code, E_USAGE);
		err_clear(&l->err);
		return -1;
	}
	return (int)at;
}

TEST(picks)
{
	static const char *const wrong[] = { "", ":", ":4", "lab-a:",
	    "lab-a:0", "lab-a:x", "lab-a:1:", "lab-a::4", "lab-a:1:4:1",
	    "lab-a:-4", "lab-a:04", "lab-a:9007199254740992", "lab-c",
	    "lab-a:5", "lab-a:2:4", "site-b:4",
	    ("0123456789012345678901234567890123456789012345678901234567890123"
	    "4567890123456789") };
	struct pair p;
	size_t i;

	/* k of lab-a is its fourth version; of site-b its first. */
	pair_begin(&p);
	CHECK_INT(pick(&p.a, "k", "lab-a"), 0);
	CHECK_INT(pick(&p.a, "k", "lab-a:4"), 0);
	CHECK_INT(pick(&p.a, "k", "lab-a:1:4"), 0);
	CHECK_INT(pick(&p.a, "k", "Lab-B"), 1);
	CHECK_INT(pick(&p.a, "k", "site-b"), 1);
	CHECK_INT(pick(&p.a, "k", "site-b:1"), 1);
	CHECK_INT(pick(&p.a, "k", "Lab-B:1:1"), 1);
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (pick(&p.a, "k", wrong[i]) >= 0)
			FAIL("\"%s\" is picked", wrong[i]);
	pair_end(&p);
}

/* Two versions of one site: an edit by someone who was shown nothing. */
TEST(picks_by_counter)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct merge_edit e = { .type = { "T", 1 }, .fields = { "{}", 2 } };
	struct lab l;

	lab_begin(&l, "lab-a");
	pair_load(&l, OBJECT("n", "1", "0"));
	CHECK_INT(object_get(l.s, "n", 1, &o, &l.err), 1);
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_INT(object_edit(l.s, "n", 1, &o, "", &e, &l.err), 1);
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	CHECK_INT(pick(&l, "n", "lab-a"), -1);
	CHECK_INT(pick(&l, "n", "lab-a:1"), 0);
	CHECK_INT(pick(&l, "n", "lab-a:1:2"), 1);
	lab_end(&l);
}

TEST(takes)
{
	struct pair p;

	pair_begin(&p);
	CHECK_INT(conflict_take(p.a.s, "k", "lab-a", "it \"is\" so",
	    &p.a.err), 1);
	CHECK(log_is(&p.a, "{\"how\":\"take lab-a\",\"reason\":\"it "
	    "\\\"is\\\" so\",\"uid\":\"k\"}"));
	CHECK_STR(lab_show(&p.a, "k"),
	    "{\"type\":\"T\",\"uid\":\"k\",\"x\":1,\"y\":0}");
	CHECK_STR(list(&p.a), "d T disjoint 2\ne T edit-delete 2\n");

	/* The decision is news to the other side. */
	lab_send(&p.a, &p.b, "k");
	CHECK_STR(list(&p.b), "");
	CHECK_STR(lab_show(&p.b, "k"),
	    "{\"type\":\"T\",\"uid\":\"k\",\"x\":1,\"y\":0}");

	/* A deletion can be taken as well. */
	CHECK_INT(conflict_take(p.a.s, "e", "Lab-B", "r", &p.a.err), 1);
	CHECK_STR(lab_show(&p.a, "e"),
	    "{\"deleted\":true,\"type\":\"T\",\"uid\":\"e\"}");
	CHECK_STR(list(&p.a), "d T disjoint 2\n");
	pair_end(&p);
}

TEST(takes_refused)
{
	struct pair p;
	uint64_t seq;

	pair_begin(&p);
	seq = p.a.s->seq;
	CHECK_ERR(conflict_take(p.a.s, "k", "lab-c", "r", &p.a.err),
	    &p.a.err, E_USAGE);
	CHECK_ERR(conflict_take(p.a.s, "x", "lab-a", "r", &p.a.err),
	    &p.a.err, E_REF);
	CHECK_ERR(conflict_take(p.a.s, "k", "lab-a", "\xff", &p.a.err),
	    &p.a.err, E_USAGE);
	CHECK_ERR(conflict_take(p.b.s, "k", "lab-a", "r", &p.b.err),
	    &p.b.err, E_USAGE);
	CHECK_INT(p.a.s->seq, seq);
	CHECK_INT(lab_number(&p.a, "SELECT count(*) FROM log WHERE "
	    "event='resolve'"), 0);
	CHECK_STR(list(&p.a), "d T disjoint 2\ne T edit-delete 2\n"
	    "k T clash 2\n");
	pair_end(&p);
}

static int
merge_line(struct pair *p, const char *uid, const char *text)
{
	char path[256];

	lab_text(&p->a, "m", text);
	(void)snprintf(path, sizeof path, "%s", lab_path(&p->a, "m"));
	return conflict_merge(p->a.s, uid, path, "r", &p->a.err);
}

TEST(merges)
{
	struct pair p;

	pair_begin(&p);
	lab_text(&p.a, "abc", "abc");
	CHECK_INT(merge_line(&p, "k", "{\"uid\":\"k\",\"type\":\"U\",\n"
	    "\"x\":3,\"history\":[{\"time\":\"1\"}],\"attachments\":"
	    "[{\"file\":\"abc\"}]}\n"), 1);
	CHECK_STR(lab_show(&p.a, "k"), "{\"attachments\":[{\"blake2b\":\""
	    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
	    "\",\"size\":3}],\"history\":[{\"time\":\"1\"}],\"type\":\"U\","
	    "\"uid\":\"k\",\"x\":3}");
	CHECK(log_is(&p.a,
	    "{\"how\":\"merge\",\"reason\":\"r\",\"uid\":\"k\"}"));
	CHECK_INT(lab_number(&p.a, "SELECT count(*) FROM log WHERE file LIKE "
	    "'%/m'"), 1);
	CHECK_INT(merge_line(&p, "e", GONE("e")), 1);
	CHECK_STR(list(&p.a), "d T disjoint 2\n");
	pair_end(&p);
}

/* The history of both stays; what they have does not come twice. */
TEST(merges_history)
{
	struct pair p;

	pair_begin(&p);
	pair_load(&p.a, "{\"uid\":\"k\",\"type\":\"T\",\"x\":7,\"history\":"
	    "[{\"time\":\"1\"}]}");
	pair_load(&p.b, "{\"uid\":\"k\",\"type\":\"T\",\"x\":8,\"history\":"
	    "[{\"time\":\"2\"}]}");
	lab_send(&p.b, &p.a, "k");
	CHECK_INT(merge_line(&p, "k", "{\"uid\":\"k\",\"type\":\"T\","
	    "\"history\":[{\"time\":\"1\"},{\"time\":\"0\"}]}"), 1);
	CHECK_STR(lab_show(&p.a, "k"), "{\"history\":[{\"time\":\"0\"},"
	    "{\"time\":\"1\"},{\"time\":\"2\"}],\"type\":\"T\","
	    "\"uid\":\"k\"}");
	pair_end(&p);
}

TEST(merges_refused)
{
	struct pair p;

	pair_begin(&p);
	CHECK_ERR(merge_line(&p, "k", OBJECT("d", "1", "1")), &p.a.err,
	    E_RECORD);
	CHECK_ERR(merge_line(&p, "k", OBJECT("k", "1", "1")
	    OBJECT("k", "1", "1")), &p.a.err, E_JSON);
	CHECK_ERR(merge_line(&p, "k", ""), &p.a.err, E_JSON);
	CHECK_ERR(merge_line(&p, "k", "{\"uid\":\"k\",\"type\":\"T\","
	    "\"attachments\":[{\"file\":\"none\"}]}"), &p.a.err, E_REF);
	CHECK_ERR(merge_line(&p, "x", OBJECT("x", "1", "1")), &p.a.err,
	    E_REF);
	CHECK_ERR(conflict_merge(p.a.s, "k", "/none", "r", &p.a.err),
	    &p.a.err, E_IO);
	CHECK_STR(list(&p.a), "d T disjoint 2\ne T edit-delete 2\n"
	    "k T clash 2\n");
	pair_end(&p);
}

static int
add_uid(void *ctx, const char *uid, struct err *err)
{
	buf_adds(ctx, uid);
	return buf_check(ctx, err);
}

static int
refuse_uid(void *ctx, const char *uid, struct err *err)
{
	(void)ctx;
	return err_set(err, E_IO, "stop at %s", uid);
}

TEST(settles)
{
	struct buf uids = BUF_INIT;
	uint64_t settled = 9;
	struct pair p;

	pair_begin(&p);
	CHECK_ERR(conflict_disjoint(p.a.s, NULL, refuse_uid, NULL, &settled,
	    &p.a.err), &p.a.err, E_IO);
	CHECK_STR(list(&p.a), "d T disjoint 2\ne T edit-delete 2\n"
	    "k T clash 2\n");
	CHECK_OK(conflict_disjoint(p.a.s, NULL, add_uid, &uids, &settled,
	    &p.a.err), &p.a.err);
	CHECK_INT(settled, 1);
	CHECK_STR(buf_str(&uids), "d");
	CHECK(log_is(&p.a, "{\"how\":\"disjoint\",\"uid\":\"d\"}"));
	CHECK_STR(lab_show(&p.a, "d"),
	    "{\"type\":\"T\",\"uid\":\"d\",\"x\":1,\"y\":2}");
	CHECK_STR(list(&p.a), "e T edit-delete 2\nk T clash 2\n");
	CHECK_OK(conflict_disjoint(p.a.s, "r", NULL, NULL, &settled,
	    &p.a.err), &p.a.err);
	CHECK_INT(settled, 0);
	buf_clear(&uids);
	pair_end(&p);
}

#define LARGE 2900000

static void
begin_large(struct lab *l, const char *site, char letter)
{
	static char text[LARGE + 100];
	size_t n = (size_t)snprintf(text, sizeof text,
	    "{\"uid\":\"k\",\"type\":\"T\",\"x\":\"");

	memset(text + n, letter, LARGE);
	(void)strcpy(text + n + LARGE, "\"}\n");
	lab_begin(l, site);
	pair_load(l, text);
}

/* All siblings of an object are in memory at once, so together they have a
 * limit. */
TEST(siblings_together_have_a_limit)
{
	struct lab a, b, c;

	begin_large(&a, "lab-a", 'a');
	begin_large(&b, "lab-b", 'b');
	begin_large(&c, "lab-c", 'c');
	lab_send(&b, &a, "k");
	CHECK_ERR(lab_try_send(&c, &a, "k"), &a.err, E_LIMIT);
	CHECK_INT(lab_number(&a, "SELECT count(*) FROM version"), 2);
	lab_send(&c, &b, "k");
	lab_end(&a);
	lab_end(&b);
	lab_end(&c);
}

int
main(void)
{
	return unit_run();
}
