/* Reading a SENAITE without an add-on: the emulated one, with its faults, and
 * answers made up. */
#include "canned.h"
#include "mirror/senaite/span.h"
#include "pieces.h"
#include "senaite_server.h"

#define U1 "11111111111111111111111111111111"
#define U2 "22222222222222222222222222222222"
#define U3 "33333333333333333333333333333333"
#define DOCUMENTS_MAX 400

static struct server lab;

/* What a read gave. */
struct given {
	struct buf documents[DOCUMENTS_MAX];
	size_t count, failed, absent;
	char reason[400], uid[40];	/* of the last failure or absence */
};

static void
given_clear(struct given *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		buf_clear(&g->documents[i]);
	memset(g, 0, sizeof(*g));
}

static int
give_item(void *ctx, struct json_span document, struct err *err)
{
	struct given *g = ctx;

	if (g->count == DOCUMENTS_MAX)
		return err_set(err, E_LIMIT, "too many");
	span_put(&g->documents[g->count++], document);
	return 0;
}

static int
give_failed(void *ctx, const char *uid, const char *type, const char *reason,
    struct err *err)
{
	struct given *g = ctx;

	(void)type;
	(void)err;
	g->failed++;
	(void)snprintf(g->uid, sizeof(g->uid), "%s", uid);
	(void)snprintf(g->reason, sizeof(g->reason), "%s", reason);
	return 0;
}

static int
give_absent(void *ctx, const char *uid, struct err *err)
{
	struct given *g = ctx;

	(void)err;
	g->absent++;
	(void)snprintf(g->uid, sizeof(g->uid), "%s", uid);
	return 0;
}

static int
take(struct mirror *m, const char *const *uids, size_t n, struct given *g,
    struct err *err)
{
	struct mirror_sink sink = { give_item, give_failed, give_absent, g };

	return m->ops->read(m->self, uids, n, &sink, err);
}

static void
take_one(struct mirror *m, const char *uid, struct given *g)
{
	struct err err = ERR_INIT;

	given_clear(g);
	CHECK_OK(take(m, &uid, 1, g, &err), &err);
}

/* Every object; the list stays in `l`. */
static void
take_all(struct mirror *m, struct mirror_list *l, struct given *g)
{
	const char *uids[MIRROR_READ_MAX], *p;
	struct err err = ERR_INIT;
	size_t i, n = 0;

	CHECK_OK(m->ops->list(m->self, "", l, &err), &err);
	CHECK_INT(l->more, 0);
	p = l->uids.at;
	for (i = 0; i < l->count; i++, p += strlen(p) + 1) {
		uids[n++] = p;
		if (n < MIRROR_READ_MAX && i + 1 < l->count)
			continue;
		CHECK_OK(take(m, uids, n, g, &err), &err);
		n = 0;
	}
}

/* The first document of this type after the n-th. */
static struct json_span
of_type(const struct given *g, const char *type, size_t n)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (json_is(span_text(json_of(&g->documents[i]), "type"),
		    type) && n-- == 0)
			return json_of(&g->documents[i]);
	FAIL("no document of type %s", type);
}

static void
uid_of(char ret[40], struct json_span document)
{
	struct json_span uid = span_text(document, "uid");

	(void)snprintf(ret, 40, "%.*s", (int)uid.len, uid.at);
}

TEST(every_object_is_read)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	struct mirror m;
	struct mirror_list l = { .count = 0 };
	uint64_t totals[3];

	server_open(&lab, &m);
	take_all(&m, &l, &g);
	CHECK(l.count > 100);
	CHECK_INT(g.count + g.failed, l.count);
	CHECK_INT(((struct senaite *)m.self)->objects, l.count);
	/* The one that senaite.jsonapi cannot show. */
	CHECK_INT(g.failed, 1);
	CHECK(strstr(g.reason, "'unicode' object") != NULL);
	/* A page of 50, and few questions besides. */
	m.ops->totals(m.self, totals);
	CHECK(totals[0] * 3 < l.count * 2);
	mirror_list_clear(&l);
	m.ops->close(m.self);
}

/* Types of which the API shows everything. */
TEST(fields_are_exact)
{
	static const char *const types[] = { "Client", "Department",
	    "SamplePoint", "AnalysisProfile", "AnalysisCategory", "Method",
	    "Supplier", "Batch" };
	CLEANUP(given_clear) struct given g = { .count = 0 };
	CLEANUP(buf_clear) struct buf exact = BUF_INIT;
	struct json_span want, got;
	struct mirror m;
	struct mirror_list l = { .count = 0 };
	char uid[40];
	size_t i;

	server_open(&lab, &m);
	take_all(&m, &l, &g);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		got = of_type(&g, types[i], 0);
		uid_of(uid, got);
		server_exact(&lab, uid, &exact);
		want = span_member(json_of(&exact), "fields");
		got = span_member(got, "fields");
		if (!json_same(want, got))
			FAIL("%s:\n%.*s\nnot\n%.*s", types[i], (int)got.len,
			    got.at, (int)want.len, want.at);
	}
	mirror_list_clear(&l);
	m.ops->close(m.self);
}

/* The same steps at the same second, though some of them were stored while
 * the server was in another zone. */
TEST(history_is_exact)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	CLEANUP(buf_clear) struct buf exact = BUF_INIT;
	struct json_span a, b, key, x, y;
	struct mirror m;
	struct mirror_list l = { .count = 0 };
	struct json_walk v, w;
	char uid[40];
	size_t i, steps = 0;

	server_open(&lab, &m);
	take_all(&m, &l, &g);
	for (i = 0; i < g.count; i++) {
		a = json_of(&g.documents[i]);
		uid_of(uid, a);
		server_exact(&lab, uid, &exact);
		b = json_of(&exact);
		CHECK(json_same(span_member(a, "state"),
		    span_member(b, "state")));
		v = json_walk(span_member(a, "history"));
		w = json_walk(span_member(b, "history"));
		while (json_next(&w, &key, &y)) {
			CHECK(json_next(&v, &key, &x));
			steps++;
			CHECK(json_same(span_member(x, "action"),
			    span_member(y, "action")));
			CHECK(memcmp(span_text(x, "time").at,
			    span_text(y, "time").at, 19) == 0);
		}
	}
	CHECK(steps > 150);
	mirror_list_clear(&l);
	m.ops->close(m.self);
}

/* The UIDs of eleven analyses and, last, of a client. */
static void
some_uids(struct mirror *m, char names[12][40], const char *uids[12])
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	struct mirror_list l = { .count = 0 };
	size_t i;

	take_all(m, &l, &g);
	for (i = 0; i < 12; i++) {
		uid_of(names[i], i < 11 ? of_type(&g, "Analysis", i) :
		    of_type(&g, "Client", 0));
		uids[i] = names[i];
	}
	mirror_list_clear(&l);
}

TEST(one_bad_object_harms_no_other)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	char control[200], names[12][40];
	const char *uids[12];
	struct mirror m;
	struct err err = ERR_INIT;

	server_open(&lab, &m);
	some_uids(&m, names, uids);
	(void)snprintf(control, sizeof(control),
	    "{\"do\":\"broken\",\"uid\":\"%s\",\"where\":\"json\"}",
	    names[11]);
	server_do(&lab, "/_control", control);
	CHECK_OK(take(&m, uids, 12, &g, &err), &err);
	(void)snprintf(control, sizeof(control),
	    "{\"do\":\"mended\",\"uid\":\"%s\",\"where\":\"json\"}",
	    names[11]);
	server_do(&lab, "/_control", control);
	CHECK_INT(g.count, 11);
	CHECK_INT(g.failed, 1);
	CHECK_STR(g.uid, names[11]);
	m.ops->close(m.self);
}

/* A page that fails once, that lacks an object, that has null for one. */
TEST(pages_with_faults)
{
	static const char *const faults[] = {
		"{\"do\":\"failure\",\"message\":\"x\",\"path\":\"complete\"}",
		"{\"do\":\"status\",\"code\":500,\"path\":\"complete\"}",
		"{\"do\":\"not-json\",\"path\":\"complete\"}",
		"{\"do\":\"deep\",\"path\":\"complete\"}",
		"{\"do\":\"duplicate\",\"path\":\"complete\"}",
		"{\"do\":\"bad-utf8\",\"path\":\"complete\"}",
		"{\"do\":\"huge\",\"bytes\":17000000,\"path\":\"complete\"}",
		"{\"do\":\"drop-item\",\"path\":\"complete\"}",
		"{\"do\":\"null-item\",\"path\":\"complete\"}",
	};
	char names[12][40];
	const char *uids[12];
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;

	server_open(&lab, &m);
	some_uids(&m, names, uids);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		CLEANUP(given_clear) struct given g = { .count = 0 };

		server_do(&lab, "/_control", faults[i]);
		CHECK_OK(take(&m, uids, 12, &g, &err), &err);
		CHECK_INT(g.count, 12);
		CHECK_INT(g.failed + g.absent, 0);
	}
	m.ops->close(m.self);
}

/* What fails for everything is no property of the objects. */
TEST(a_server_that_gives_no_json)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	char names[12][40];
	const char *uids[12];
	struct mirror m;
	struct err err = ERR_INIT;

	server_open(&lab, &m);
	some_uids(&m, names, uids);
	server_do(&lab, "/_control", "{\"do\":\"not-json\",\"times\":0,"
	    "\"path\":\"senaite/v1\"}");
	CHECK_ERR(take(&m, uids, 12, &g, &err), &err, E_DEST_PROTOCOL);
	server_do(&lab, "/_control", "{\"do\":\"clear\"}");
	CHECK_INT(g.count + g.failed, 0);
	m.ops->close(m.self);
}

TEST(what_is_gone)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	char body[200], uid[40];

	server_open(&lab, &m);
	server_ask(&lab, "POST", "/_lab", "{\"op\":\"add\",\"parent\":"
	    "\"/clients\",\"type\":\"Client\",\"title\":\"Gone\"}", &answer);
	uid_of(uid, span_first(json_of(&answer)));
	take_one(&m, uid, &g);
	CHECK_INT(g.count, 1);
	CHECK_INT(m.ops->is_gone(m.self, uid, &err), 0);
	(void)snprintf(body, sizeof(body), "{\"op\":\"delete\",\"uid\":\"%s\""
	    "}", uid);
	server_do(&lab, "/_lab", body);
	take_one(&m, uid, &g);
	CHECK_INT(g.absent, 1);
	CHECK_STR(g.uid, uid);
	CHECK_INT(m.ops->is_gone(m.self, uid, &err), 1);
	CHECK_INT(m.ops->is_gone(m.self, "/clients", &err), 0);
	m.ops->close(m.self);
}

TEST(by_path_users_registry)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	struct mirror m;

	server_open(&lab, &m);
	take_one(&m, "/clients", &g);
	CHECK_INT(g.count, 1);
	CHECK(json_is(span_member(json_of(&g.documents[0]), "site"), "true"));
	take_one(&m, "/nowhere", &g);
	CHECK_INT(g.absent, 1);
	take_one(&m, "/users/labman", &g);
	CHECK(json_is(span_member(json_of(&g.documents[0]), "fields"),
	    "{\"email\":\"labman@lab.example\",\"groups\":[\"LabManagers\"],"
	    "\"roles\":[\"LabManager\",\"Member\"]}"));
	CHECK(json_is(span_text(json_of(&g.documents[0]), "uid"),
	    "/users/labman"));
	take_one(&m, "/users/nobody", &g);
	CHECK_INT(g.absent, 1);
	take_one(&m, "/registry", &g);
	CHECK(json_is(span_member(span_member(json_of(&g.documents[0]),
	    "fields"), "senaite.impress.default_paperformat"), "\"A4\""));
	m.ops->close(m.self);
}

/* --- attachments -------------------------------------------------------- */

static int
fetch(struct mirror *m, struct json_span document, struct buf *out,
    struct err *err)
{
	char uid[40];

	uid_of(uid, document);
	return m->ops->blob(m->self, uid, span_first(span_member(document,
	    "attachments")), pieces_add, pieces_again, out, err);
}

TEST(attachments)
{
	static const char *const no[] = {
		"{\"do\":\"redirect\",\"path\":\"at_download\"}",
		"{\"do\":\"login-page\",\"path\":\"at_download\"}",
		"{\"do\":\"not-json\",\"path\":\"at_download\"}",
	};
	CLEANUP(given_clear) struct given g = { .count = 0 };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct mirror_list l = { .count = 0 };
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;

	server_open(&lab, &m);
	take_all(&m, &l, &g);
	CHECK_OK(fetch(&m, of_type(&g, "ARReport", 0), &out, &err), &err);
	CHECK_STR(buf_str(&out), "%PDF-1.4\n%fictitious\n");
	buf_reset(&out);
	/* The server says text/plain; charset=utf-8. */
	CHECK_OK(fetch(&m, of_type(&g, "Method", 0), &out, &err), &err);
	CHECK_STR(buf_str(&out), "weigh, rinse\n");
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		server_do(&lab, "/_control", no[i]);
		CHECK(fetch(&m, of_type(&g, "ARReport", 0), &out, &err) < 0);
		CHECK(err.code == E_DEST_PROTOCOL || err.code == E_DEST_AUTH);
		err_clear(&err);
		server_do(&lab, "/_control", "{\"do\":\"clear\"}");
	}
	mirror_list_clear(&l);
	m.ops->close(m.self);
}

/* --- answers made up ---------------------------------------------------- */

#define BRAIN(u) "{\"uid\":\"" u "\"}"

static void
check_list(const char *answer, const char *after, const char *want, int more)
{
	struct mirror_list l = { .count = 0 };
	CLEANUP(buf_clear) struct buf got = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	const char *p;
	size_t i;

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(200, answer);
	if (want == NULL) {
		CHECK_ERR(m.ops->list(m.self, after, &l, &err), &err,
		    E_DEST_PROTOCOL);
	} else {
		CHECK_OK(m.ops->list(m.self, after, &l, &err), &err);
		for (i = 0, p = l.uids.at; i < l.count; i++,
		    p += strlen(p) + 1)
			buf_addf(&got, "%s ", p);
		CHECK_STR(buf_str(&got), want);
		CHECK_INT(l.more, more);
	}
	CHECK(canned_asked(0, after[0] == '\0' ? "UID.query:record=0&" :
	    after));
	mirror_list_clear(&l);
	canned_end(&m);
}

TEST(lists)
{
	check_list("{\"items\":[" BRAIN(U1) "," BRAIN(U2) "],\"next\":\"x\"}",
	    "", U1 " " U2 " ", 1);
	check_list("{\"items\":[" BRAIN(U1) ",{}," BRAIN(U2) "],"
	    "\"next\":null}", U1, U2 " ", 0);
	check_list("{\"items\":[" BRAIN(U1) "],\"next\":null}", U1, "", 0);
	check_list("{\"items\":[],\"next\":null}", "", "", 0);
}

TEST(lists_without_end)
{
	/* the same page again, a page before it, one that turns back */
	check_list("{\"items\":[" BRAIN(U2) "],\"next\":\"x\"}", U2, NULL, 0);
	check_list("{\"items\":[" BRAIN(U1) "," BRAIN(U2) "],\"next\":null}",
	    U2, NULL, 0);
	check_list("{\"items\":[" BRAIN(U3) "," BRAIN(U2) "],\"next\":null}",
	    U1, NULL, 0);
	check_list("{\"items\":[" BRAIN(U2) "," BRAIN(U2) "],\"next\":null}",
	    U1, NULL, 0);
	check_list("{\"items\":[],\"next\":\"x\"}", "", NULL, 0);
	check_list("{\"count\":0}", "", NULL, 0);
}

#define CATALOGS "{\"items\":[{\"schema\":[\"column\"]}]}"
#define ITEM "\"uid\":\"" U1 "\",\"portal_type\":\"Unheard\",\"id\":\"x\"," \
	"\"path\":\"/lims/a/x\",\"creation_date\":\"\",\"Thing\":null"

/* Whoever is taken for anonymous is told that nothing is there. */
TEST(credentials_lost_on_the_way)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	static const char *const uid[] = { U1 };
	struct mirror m;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(404, "{\"success\":false,\"message\":\"No object\"}");
	canned_answer(200, "{\"items\":[{\"authenticated\":false}]}");
	CHECK_ERR(m.ops->is_gone(m.self, U1, &err), &err, E_DEST_AUTH);
	canned_answer(200, CATALOGS);
	canned_answer(404, "{\"success\":false,\"message\":\"No object\"}");
	canned_answer(200, "{\"items\":[{\"authenticated\":false}]}");
	CHECK_ERR(take(&m, uid, 1, &g, &err), &err, E_DEST_AUTH);
	CHECK_INT(g.absent, 0);
	canned_end(&m);
}

/* A type that plone.restapi cannot read is not asked for again. */
TEST(a_refusal_is_learnt)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	struct mirror m;

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(200, CATALOGS);
	canned_answer(200, "{" ITEM "}");
	canned_answer(500, "{\"message\":\"No converter\"}");
	canned_answer(500, "{\"message\":\"No converter\"}");	/* again */
	take_one(&m, U1, &g);
	CHECK_INT(g.count, 1);
	CHECK(canned_asked(2, "GET /lims/a/x "));
	canned_answer(200, "{" ITEM "}");
	take_one(&m, U1, &g);
	CHECK_INT(g.count, 1);
	canned_end(&m);
}

/* What another object's address gives is not believed. */
TEST(another_object_at_the_address)
{
	CLEANUP(given_clear) struct given g = { .count = 0 };
	struct mirror m;

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(200, CATALOGS);
	canned_answer(200, "{" ITEM ",\"column\":1}");
	canned_answer(200, "{\"UID\":\"" U2 "\",\"Thing\":7}");
	take_one(&m, U1, &g);
	CHECK(json_is(span_member(json_of(&g.documents[0]), "fields"),
	    "{\"Thing\":null}"));
	canned_end(&m);
}

TEST(addresses_of_the_server_are_not_followed)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct json_span one;
	struct mirror m;
	struct err err = ERR_INIT;
	static const char file[] = "{\"field\":\"Pdf\",\"media_type\":"
	    "\"application/json\",\"name\":\"n\",\"token\":\"t\"}";

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(200, "{\"items\":[{\"uid\":\"" U1 "\",\"path\":"
	    "\"/lims/a b/x\",\"url\":\"http://other.example/x\"}]}");
	canned_answer(200, "{\"a\":1}");
	one = (struct json_span){ file, strlen(file) };
	CHECK_OK(m.ops->blob(m.self, U1, one, pieces_add, pieces_again, &out,
	    &err), &err);
	CHECK_STR(buf_str(&out), "{\"a\":1}");
	CHECK(canned_asked(1, "GET /lims/a%20b/x/at_download/Pdf "));
	canned_end(&m);
}

TEST(changes_cannot_be_told)
{
	struct mirror_changes c = { .more = 1 };
	struct mirror m;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_PLAIN);
	CHECK_INT(m.ops->changes(m.self, "", &c, &err), 0);
	CHECK_STR(buf_str(&c.cursor), "");
	CHECK_INT(c.more, 0);
	mirror_changes_clear(&c);
	canned_end(&m);
}

int
main(void)
{
	return canned_start() && server_start(&lab, "--seed=1") ?
	    unit_run() : 1;
}
