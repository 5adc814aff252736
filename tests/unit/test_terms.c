#include "../../mirror/terms.h"
#include "../../mirror/mirror.h"
#include "instances.h"

#define HEX1 "11111111111111111111111111111111"
#define HEX2 "22222222222222222222222222222222"
#define HEX3 "33333333333333333333333333333333"

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

/* The map of these tests: c1 is r1 there, and so on. */
static void
begin(struct lab *l)
{
	mirror_begin(l, "a");
	row_put(l, "c1", "r1", INSTANCE_HELD, "");
	row_put(l, "c2", "r2", INSTANCE_HELD, "");
	row_put(l, HEX1, HEX2, INSTANCE_HELD, "");
	row_put(l, "site:/clients", "rc", INSTANCE_HELD, "");
	row_put(l, "nowhere", "", INSTANCE_REFUSED, "");
}

/* What a text becomes must be canonical. */
static const char *
canonical(struct lab *l, struct buf *out)
{
	CHECK(buf_str(out) != NULL);
	CHECK_OK(json_scan(out->at, out->len, JSON_DEPTH_MAX, &l->err),
	    &l->err);
	return out->at;
}

static void
in(struct lab *l, const char *document, const char *line, const char *uid)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT, got = BUF_INIT;

	CHECK_OK(terms_in(l->s, span(document), NULL, &out, &got, &l->err),
	    &l->err);
	CHECK_STR(canonical(l, &out), line);
	CHECK_STR(buf_str(&got), uid);
}

static void
out(struct lab *l, const char *line, const char *document, uint64_t open)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	uint64_t n = 77;

	CHECK_OK(terms_out(l->s, span(line), NULL, &b, &n, &l->err), &l->err);
	CHECK_STR(canonical(l, &b), document);
	CHECK_INT(n, open);
}

/* --- names ------------------------------------------------------------- */

static void
check_uid(struct lab *l, const char *remote, const char *uid)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;

	CHECK_OK(terms_uid(l->s, remote, strlen(remote), &b, &l->err),
	    &l->err);
	CHECK_STR(buf_str(&b), uid);
}

TEST(names)
{
	struct lab l;

	begin(&l);
	check_uid(&l, "r1", "c1");
	check_uid(&l, "rc", "site:/clients");
	check_uid(&l, "r9", "r9");
	check_uid(&l, "/registry", "site:/registry");
	check_uid(&l, "/users/a.b@c", "site:/users/a.b@c");
	check_uid(&l, "/users/a b~..\xc3\xa9", "site:/users/a~20b~7e.~2e"
	    "~c3~a9");
	lab_end(&l);
}

/* --- into the store's terms -------------------------------------------- */

TEST(in_names)
{
	struct lab l;

	begin(&l);
	in(&l, "{\"id\":\"x\",\"parent\":\"rc\",\"path\":\"/clients/x\","
	    "\"type\":\"T\",\"uid\":\"r1\"}", "{\"id\":\"x\",\"parent\":"
	    "\"site:/clients\",\"type\":\"T\",\"uid\":\"c1\"}", "c1");
	in(&l, "{\"parent\":null,\"path\":\"/x\",\"type\":\"T\",\"uid\":"
	    "\"r9\"}", "{\"parent\":null,\"type\":\"T\",\"uid\":\"r9\"}",
	    "r9");
	in(&l, "{\"parent\":\"r9\",\"uid\":\"r2\"}",
	    "{\"parent\":\"r9\",\"uid\":\"c2\"}", "c2");

	/* A site object, not yet in the map and in it. */
	in(&l, "{\"path\":\"/bika_setup/b c\",\"site\":true,\"uid\":\"r7\"}",
	    "{\"uid\":\"site:/bika_setup/b~20c\"}",
	    "site:/bika_setup/b~20c");
	in(&l, "{\"path\":\"/clients\",\"site\":true,\"uid\":\"rc\"}",
	    "{\"uid\":\"site:/clients\"}", "site:/clients");
	in(&l, "{\"path\":\"/clients\",\"site\":false,\"uid\":\"r8\"}",
	    "{\"uid\":\"r8\"}", "r8");
	in(&l, "{\"path\":\"/users/u\",\"uid\":\"/users/u\"}",
	    "{\"uid\":\"site:/users/u\"}", "site:/users/u");
	lab_end(&l);
}

TEST(in_references)
{
	struct lab l;

	begin(&l);
	in(&l, "{\"fields\":{\"A\":{\"uid\":\"r1\"},\"B\":[{\"uid\":\"r2\"},"
	    "{\"hidden\":false,\"uid\":\"r9\",\"x\":[{\"uid\":\"rc\"}]}],"
	    "\"C\":\"r1\",\"D\":\"0.10\"},\"uid\":\"r1\"}",
	    "{\"fields\":{\"A\":{\"uid\":\"c1\"},\"B\":[{\"uid\":\"c2\"},"
	    "{\"hidden\":false,\"uid\":\"r9\",\"x\":[{\"uid\":"
	    "\"site:/clients\"}]}],\"C\":\"r1\",\"D\":\"0.10\"},\"uid\":"
	    "\"c1\"}", "c1");

	/* Bare UIDs in rows: known ones only. */
	in(&l, "{\"fields\":{\"L\":[{\"a_uid\":\"" HEX2 "\",\"b_uid\":\""
	    HEX3 "\",\"c\":\"" HEX2 "\",\"d_uid\":\"r1\"}]},\"s_uid\":\""
	    HEX2 "\",\"uid\":\"r1\"}", "{\"fields\":{\"L\":[{\"a_uid\":\""
	    HEX1 "\",\"b_uid\":\"" HEX3 "\",\"c\":\"" HEX2 "\",\"d_uid\":"
	    "\"r1\"}]},\"s_uid\":\"" HEX1 "\",\"uid\":\"c1\"}", "c1");

	/* History and attachments are left alone. */
	in(&l, "{\"attachments\":[{\"token\":\"t\",\"uid\":\"r1\"}],"
	    "\"history\":[{\"uid\":\"r1\"}],\"uid\":\"r1\"}",
	    "{\"attachments\":[{\"token\":\"t\",\"uid\":\"r1\"}],"
	    "\"history\":[{\"uid\":\"r1\"}],\"uid\":\"c1\"}", "c1");
	lab_end(&l);
}

static void
refused(struct lab *l, const char *document)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT, uid = BUF_INIT;

	CHECK_ERR(terms_in(l->s, span(document), NULL, &b, &uid, &l->err),
	    &l->err, E_RECORD);
	CHECK_INT(b.len, 0);
}

TEST(in_refuses)
{
	char document[MIRROR_UID_MAX + 64], uid[MIRROR_UID_MAX + 2];
	struct lab l;

	begin(&l);
	refused(&l, "{}");
	refused(&l, "{\"uid\":\"\"}");
	refused(&l, "{\"uid\":7}");
	refused(&l, "{\"uid\":\"a b\"}");
	refused(&l, "{\"uid\":\"\\\"\"}");
	refused(&l, "{\"uid\":\"a..b\"}");
	memset(uid, 'u', sizeof uid);
	uid[sizeof uid - 1] = '\0';
	(void)snprintf(document, sizeof document, "{\"uid\":\"%s\"}", uid);
	refused(&l, document);
	(void)snprintf(document, sizeof document, "{\"uid\":\"%s\"}",
	    uid + 1);
	in(&l, document, document, uid + 1);
	lab_end(&l);
}

/* An id that a prefix changed is the record's own again. */
TEST(in_id)
{
	static const struct {
		const char *remote_id, *doc, *id, *want;
	} t[] = {
		{ "B-1", "{\"id\":\"1\"}", "B-1", "1" },
		{ "B-1", "{\"id\":\"1\"}", "B-2", "B-2" },
		{ "B-1", "{\"id\":\"1\"}", "B-", "B-" },
		{ "B-1", "{\"id\":\"1\"}", "1", "1" },
		{ "", "{\"id\":\"1\"}", "B-1", "B-1" },
		{ "B-1", "", "B-1", "of the store" },
		{ "B-1", "{}", "B-1", "B-1" },
	};
	struct lab l;
	size_t i;

	begin(&l);
	load(&l, "{\"uid\":\"c1\",\"type\":\"T\",\"id\":\"of the store\"}\n",
	    "1 0 0 0");
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		CLEANUP(instance_row_clear) struct instance_row r =
		    INSTANCE_ROW_INIT;
		CLEANUP(buf_clear) struct buf b = BUF_INIT, uid = BUF_INIT;
		char document[64], want[64];

		buf_adds(&r.uid, "c1");
		buf_adds(&r.remote, "r1");
		buf_adds(&r.remote_id, t[i].remote_id);
		buf_adds(&r.doc, t[i].doc);
		(void)snprintf(document, sizeof document,
		    "{\"id\":\"%s\",\"uid\":\"r1\"}", t[i].id);
		(void)snprintf(want, sizeof want,
		    "{\"id\":\"%s\",\"uid\":\"c1\"}", t[i].want);
		CHECK_OK(terms_in(l.s, span(document), &r, &b, &uid, &l.err),
		    &l.err);
		CHECK_STR(canonical(&l, &b), want);
	}
	lab_end(&l);
}

/* --- and back ---------------------------------------------------------- */

TEST(out_names)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct lab l;
	uint64_t n;

	begin(&l);
	out(&l, "{\"id\":\"x\",\"parent\":\"site:/clients\",\"uid\":\"c1\"}",
	    "{\"id\":\"x\",\"parent\":\"rc\",\"uid\":\"r1\"}", 0);
	out(&l, "{\"parent\":\"c9\",\"uid\":\"c8\"}",
	    "{\"parent\":\"c9\",\"uid\":\"c8\"}", 1);
	out(&l, "{\"parent\":\"nowhere\",\"uid\":\"nowhere\"}",
	    "{\"parent\":\"nowhere\",\"uid\":\"nowhere\"}", 1);

	/* Site objects that are not in the map: by their path. */
	out(&l, "{\"fields\":{\"A\":{\"uid\":\"site:/users/a~20b\"}},"
	    "\"parent\":\"site:/setup\",\"uid\":\"site:/setup/x\"}",
	    "{\"fields\":{\"A\":{\"uid\":\"/users/a b\"}},\"parent\":"
	    "\"/setup\",\"uid\":\"/setup/x\"}", 0);

	/* A peer may have made up what is no path. */
	out(&l, "{\"a\":[{\"uid\":\"site:x\"},{\"uid\":\"site:\"},{\"uid\":"
	    "\"site:/~2\"},{\"uid\":\"site:/~zz\"},{\"uid\":\"site:/~ff\"},"
	    "{\"uid\":\"site:/~0a\"}],\"uid\":\"c1\"}",
	    "{\"a\":[{\"uid\":\"site:x\"},{\"uid\":\"site:\"},{\"uid\":"
	    "\"site:/~2\"},{\"uid\":\"site:/~zz\"},{\"uid\":\"site:/~ff\"},"
	    "{\"uid\":\"site:/~0a\"}],\"uid\":\"r1\"}", 6);
	out(&l, "{\"a\":{\"uid\":\"site:/~22~5c\"},\"uid\":\"c1\"}",
	    "{\"a\":{\"uid\":\"/\\\"\\\\\"},\"uid\":\"r1\"}", 0);

	CHECK_OK(terms_out(l.s, span("{\"id\":\"x\",\"uid\":\"c1\"}"),
	    "B-\"x\"", &b, &n, &l.err), &l.err);
	CHECK_STR(canonical(&l, &b),
	    "{\"id\":\"B-\\\"x\\\"\",\"uid\":\"r1\"}");
	CHECK_ERR(terms_out(l.s, span("{\"id\":\"x\"}"), NULL, &b, &n,
	    &l.err), &l.err, E_RECORD);
	lab_end(&l);
}

TEST(out_references)
{
	struct lab l;

	begin(&l);
	out(&l, "{\"fields\":{\"A\":[{\"uid\":\"c1\"},{\"uid\":\"c9\"},"
	    "{\"uid\":\"\"}],\"a_uid\":\"" HEX1 "\",\"b_uid\":\"" HEX3
	    "\"},\"history\":[{\"uid\":\"c1\"}],\"uid\":\"c2\"}",
	    "{\"fields\":{\"A\":[{\"uid\":\"r1\"},{\"uid\":\"c9\"},"
	    "{\"uid\":\"\"}],\"a_uid\":\"" HEX2 "\",\"b_uid\":\"" HEX3
	    "\"},\"history\":[{\"uid\":\"c1\"}],\"uid\":\"r2\"}", 2);
	lab_end(&l);
}

TEST(out_and_in_again)
{
	static const char *const lines[] = {
		"{\"type\":\"T\",\"uid\":\"c1\"}",
		"{\"attachments\":[{\"blake2b\":\"00\",\"name\":\"x\"}],"
		"\"fields\":{\"A\":[{\"uid\":\"c1\"},{\"uid\":\"c9\"}],\"B\":"
		"{\"rows\":[[{\"a_uid\":\"" HEX1 "\"},{\"a_uid\":\"" HEX3
		"\"}]],\"uid\":\"site:/clients\"},\"Empty\":[],\"N\":0.10},"
		"\"history\":[{\"time\":\"\"}],\"id\":\"x\",\"parent\":"
		"\"site:/clients\",\"type\":\"T\",\"uid\":\"c2\"}",
		"{\"fields\":{\"U\":{\"uid\":\"site:/users/a.~2eb\"}},"
		"\"parent\":null,\"uid\":\"site:/users/o~7e\"}",
		"{\"fields\":{\"C\":{\"uid\":\"c1\"}},\"parent\":\"c9\","
		"\"uid\":\"c8\"}",
	};
	struct lab l;
	uint64_t n;
	size_t i;

	begin(&l);
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		CLEANUP(buf_clear) struct buf a = BUF_INIT, b = BUF_INIT;
		CLEANUP(buf_clear) struct buf uid = BUF_INIT;

		CHECK_OK(terms_out(l.s, span(lines[i]), NULL, &a, &n, &l.err),
		    &l.err);
		CHECK(strcmp(canonical(&l, &a), lines[i]) != 0 || n > 0);
		CHECK_OK(terms_in(l.s, span(a.at), NULL, &b, &uid, &l.err),
		    &l.err);
		CHECK_STR(canonical(&l, &b), lines[i]);
	}
	lab_end(&l);
}

/* --- prefixes ---------------------------------------------------------- */

TEST(ids)
{
	static char first[] = "T", second[] = "U";
	static char *types[] = { first, second };
	static const struct {
		const char *remote, *local, *type, *id, *want;
		int differs;
	} t[] = {
		{ NULL, NULL, "T", "x", "x", 0 },
		{ "B-", NULL, "T", "x", "B-x", 1 },
		{ "B-", NULL, "U", "x", "B-x", 1 },
		{ "B-", NULL, "V", "x", "x", 0 },
		{ "B-", NULL, "T", "B-x", "B-x", 0 },	/* not twice */
		{ "B-", NULL, "T", "B-", "B-B-", 1 },
		{ "B-", NULL, "T", "", "", 0 },
		{ "", NULL, "T", "x", "x", 0 },
		{ NULL, "A-", "T", "A-x", "x", 1 },
		{ NULL, "A-", "T", "x", "x", 0 },
		{ NULL, "A-", "T", "A-", "A-", 0 },	/* something stays */
		{ NULL, "A-", "V", "A-x", "A-x", 0 },
		{ NULL, "", "T", "x", "x", 0 },
		{ "B-", "A-", "T", "A-x", "x", 1 },
		{ "B-", "A-", "T", "x", "B-x", 1 },
		{ "B-", "A-", "T", "B-x", "B-x", 0 },
		{ "B-", "A-", "T", "A-A-x", "A-x", 1 },
	};
	struct err err = ERR_INIT;
	char text[2][8];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		CLEANUP(buf_clear) struct buf b = BUF_INIT;
		struct config_policy p = CONFIG_POLICY_INIT;

		p.prefix_types = (struct config_types){ types, 2, 1 };
		if (t[i].remote != NULL)
			p.remote_prefix = strcpy(text[0], t[i].remote);
		if (t[i].local != NULL)
			p.local_prefix = strcpy(text[1], t[i].local);
		CHECK_INT(terms_id(&p, t[i].type, 1, t[i].id,
		    strlen(t[i].id), &b, &err), t[i].differs);
		CHECK_STR(buf_str(&b), t[i].want);
	}
}

int
main(void)
{
	return unit_run();
}
