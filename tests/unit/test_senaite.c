/* The session with a SENAITE: who answers, in which mode, failures by name. */
#include "canned.h"

#include <time.h>

#define VERSION "{\"url\": \"u\", \"date\": \"2025-04-04\", " \
	"\"version\": \"2.6.0\", \"_runtime\": 0.004}"
#define USER(auth, roles) "{\"count\": 1, \"pagesize\": 25, \"items\": " \
	"[{\"username\": \"satchel\", \"authenticated\": " auth \
	", \"roles\": " roles "}], \"page\": 1, \"next\": null}"
#define MANAGER USER("true", "[\"Manager\", \"Authenticated\"]")
#define INFO "{\"ok\": true, \"protocol\": 1, \"version\": \"1.0.0\", " \
	"\"senaite\": \"2.6.0\", \"site\": \"lab\", \"zone\": \"UTC\", " \
	"\"time\": \"2026-11-21T01:36:53.473012Z\", \"objects\": 510, " \
	"\"log\": {\"enabled\": true, \"epoch\": \"e1\", \"first\": 1, " \
	"\"last\": 7}}"
#define UNKNOWN "{\"_runtime\": 0.001, \"message\": " \
	"\"No consumer registered for name=satchel.info\", " \
	"\"success\": false}"

TEST(texts_are_cut_between_characters)
{
	static const char text[] = "{\"k\":\"a\xc3\xa9\xe2\x82\xac\"}";
	static const char *const want[] = { "", "a", "a", "a\xc3\xa9",
	    "a\xc3\xa9", "a\xc3\xa9", "a\xc3\xa9\xe2\x82\xac" };
	struct json_span object = { text, sizeof text - 1 };
	char got[8];
	size_t i;

	for (i = 0; i < sizeof want / sizeof *want; i++) {
		senaite_text(got, i + 1, object, "k");
		CHECK_STR(got, want[i]);
	}
}

TEST(facts_of_a_companion)
{
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	canned_answer(200, VERSION);
	canned_answer(200, MANAGER);
	canned_push(INFO);
	CHECK_OK(m.ops->facts(m.self, &f, &err), &err);
	CHECK_STR(f.mode, "companion");
	CHECK_STR(f.product, "SENAITE 2.6.0");
	CHECK_STR(f.zone, "UTC");
	CHECK_INT(f.clock, 1795225013);
	CHECK_INT(f.objects, 510);
	CHECK(f.has_changes && f.keeps_uids);
	CHECK(f.batch >= 1 && f.batch <= MIRROR_WRITE_MAX);
	CHECK_STR(((struct senaite *)m.self)->site, "lab");
	CHECK(canned_asked(0, "GET /lims/@@API/senaite/v1/version HTTP"));
	CHECK(canned_asked(1, "GET /lims/@@API/senaite/v1/users/current "));
	CHECK_STR(canned_body(2), "{\"consumer\":\"satchel.info\"}");
	canned_end(&m);
}

/* A wrong Basic password runs as anonymous, with status 200. */
TEST(anonymous_is_no_user)
{
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	canned_answer(200, VERSION);
	canned_answer(200, USER("false", "[\"Manager\"]"));
	CHECK_ERR(m.ops->facts(m.self, &f, &err), &err, E_DEST_AUTH);
	canned_end(&m);
}

TEST(no_manager_sees_only_a_part)
{
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_PLAIN);
	canned_answer(200, VERSION);
	canned_answer(200, USER("true", "[\"LabManager\", \"Managers\"]"));
	CHECK_ERR(m.ops->facts(m.self, &f, &err), &err, E_DEST_AUTH);
	canned_end(&m);
}

TEST(required_companion_is_missing)
{
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_COMPANION);
	canned_answer(200, VERSION);
	canned_answer(200, MANAGER);
	canned_answer(500, UNKNOWN);
	CHECK(m.ops->facts(m.self, &f, &err) < 0);
	CHECK(strstr(err.next, "docs/senaite.md") != NULL);
	CHECK_INT(err.code, E_CONFIG);
	canned_end(&m);
}

/* A companion that cannot be used is no reason to fall back: what plain mode
 * reads is something else. */
TEST(no_silent_fall_back)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
	} cases[] = {
		{ 200, "{\"success\": {\"ok\": false, \"error\": "
		    "\"forbidden\", \"message\": \"no\"}}", E_DEST_AUTH },
		{ 500, "{\"success\": false, \"message\": \"boom\"}",
		    E_DEST_REJECTED },
		{ 200, "{\"success\": {\"ok\": true, \"protocol\": 2}}",
		    E_DEST_PROTOCOL },
		{ 200, "{\"success\": {\"ok\": true}}", E_DEST_PROTOCOL },
		{ 200, "{\"success\": {\"ok\": 1}}", E_DEST_PROTOCOL },
		{ 200, "{\"success\": true}", E_DEST_PROTOCOL },
		{ 200, "[]", E_DEST_PROTOCOL },
	};
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canned_open(&m, CONFIG_AUTO);
		canned_answer(200, VERSION);
		canned_answer(200, MANAGER);
		canned_answer(cases[i].status, cases[i].body);
		CHECK_ERR(m.ops->facts(m.self, &f, &err), &err,
		    cases[i].code);
		CHECK_INT(((struct senaite *)m.self)->companion, 0);
		canned_end(&m);
	}
}

TEST(no_senaite_there)
{
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	canned_answer(200, "{\"hello\": 1}");
	CHECK(m.ops->facts(m.self, &f, &err) < 0);
	CHECK(strstr(err.next, "url") != NULL);
	CHECK_INT(err.code, E_DEST_PROTOCOL);
	canned_end(&m);
}

/* The server says most failures with status 200. */
TEST(failures_by_name)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		const char *text;
	} cases[] = {
		{ 200, "{\"success\": false, \"message\": \"list index\"}",
		    E_DEST_REJECTED, "list index" },
		{ 400, "{\"success\": false, \"message\": "
		    "\"{\\\"title\\\": 1}\"}", E_DEST_REJECTED,
		    "{\"title\": 1}" },
		{ 404, "{\"message\": {\"a\": 1}}", E_DEST_REJECTED,
		    "{\"a\":1}" },
		{ 401, "{\"success\": false, \"message\": \"Not allowed\"}",
		    E_DEST_AUTH, "Not allowed" },
		{ 403, "{\"success\": false, \"message\": \"Not this\"}",
		    E_DEST_REJECTED, "Not this" },
		{ 200, "{\"success\": false}", E_DEST_REJECTED, "no reason" },
	};
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;
	int status;

	canned_open(&m, CONFIG_AUTO);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canned_answer(cases[i].status, cases[i].body);
		buf_adds(&answer, "x");
		CHECK(senaite_get(m.self, "a?password=p", &answer, &status,
		    &err) < 0);
		CHECK_INT(err.code, cases[i].code);
		CHECK(strstr(err.text, cases[i].text) != NULL);
		CHECK(strstr(err.text, "password") == NULL);
		CHECK_INT(status, cases[i].status);
		CHECK_STR(buf_str(&answer), "x");
		buf_reset(&answer);
		err_clear(&err);
	}
	canned_end(&m);
}

TEST(good_answers_are_appended)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	int status, unclear;

	canned_open(&m, CONFIG_AUTO);
	canned_answer(200, "{\"b\": 1.50, \"a\": \"\\u00e9\"}");
	canned_answer(201, "{\"success\": true}");
	CHECK_OK(senaite_get(m.self, "x", &answer, &status, &err), &err);
	CHECK_OK(senaite_post(m.self, "y/create", HTTP_ONCE,
	    (struct json_span){ "{\"t\":1}", 7 }, &answer, &status, &unclear,
	    &err), &err);
	CHECK_STR(buf_str(&answer),
	    "{\"a\":\"\xc3\xa9\",\"b\":1.50}{\"success\":true}");
	CHECK_INT(status, 201);
	CHECK_INT(unclear, 0);
	CHECK_STR(canned_body(1), "{\"t\":1}");
	CHECK(strncmp(canned.asked[1].line,
	    "POST /lims/@@API/senaite/v1/y/create ", 37) == 0);
	canned_end(&m);
}

/* The end of a long message, a traceback, has the cause. */
TEST(long_messages_keep_their_end)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	canned_open(&m, CONFIG_AUTO);
	buf_adds(&body, "{\"success\": false, \"message\": \"Traceback");
	for (i = 0; i < 200; i++)
		buf_adds(&body, "\\n  File x, line 1");
	buf_adds(&body, "\\nValueError: bad\\u001b[2J\\n\\n\"}");
	canned_answer(200, buf_str(&body));
	CHECK(senaite_get(m.self, "x", &answer, NULL, &err) < 0);
	CHECK(strstr(err.text, "ValueError: bad") != NULL);
	CHECK(strstr(err.text, "Traceback") == NULL);
	CHECK(strchr(err.text, '\033') == NULL);
	canned_end(&m);
}

TEST(refusals_of_the_companion)
{
	static const struct {
		const char *name;
		enum err_code code;
	} cases[] = {
		{ "forbidden", E_DEST_AUTH }, { "request", E_DEST_PROTOCOL },
		{ "limit", E_LIMIT }, { "conflict", E_DEST_REJECTED },
		{ "internal", E_DEST_PROTOCOL }, { "new", E_DEST_PROTOCOL }
	};
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	char object[200];
	size_t i;

	canned_open(&m, CONFIG_AUTO);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(object, sizeof(object), "{\"ok\": false, "
		    "\"error\": \"%s\", \"message\": \"why\", \"size\": 3}",
		    cases[i].name);
		canned_push(object);
		buf_reset(&answer);
		CHECK_ERR(senaite_push(m.self, "satchel.x", HTTP_SAFE,
		    (struct json_span){ "\"a\":1", 5 }, &answer, NULL, &err),
		    &err, cases[i].code);
		CHECK(strstr(buf_str(&answer), "\"size\":3") != NULL);
		CHECK_STR(canned_body((int)i),
		    "{\"consumer\":\"satchel.x\",\"a\":1}");
	}
	canned_end(&m);
}

TEST(unknown_consumers)
{
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 500, UNKNOWN },
		{ 404, "{\"success\": false, \"message\": \"no\"}" },
		{ 200, "{\"success\": false, \"message\": \"404 Not Found: "
		    "The requested URL was not found on the server.\"}" },
	};
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;

	canned_open(&m, CONFIG_AUTO);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canned_answer(cases[i].status, cases[i].body);
		CHECK_INT(senaite_push(m.self, "satchel.info", HTTP_ONCE,
		    (struct json_span){ NULL, 0 }, &answer, NULL, &err), 0);
		CHECK_INT(err.code, E_OK);
		CHECK_INT(answer.len, 0);
	}
	canned_end(&m);
}

TEST(names_of_sites)
{
	static const char *const cases[][2] = {
		{ "http://127.0.0.1:1/senaite", "senaite" },
		{ "http://127.0.0.1:1/a/lab//", "lab" },
		{ "http://127.0.0.1:1", "senaite" },
		{ "http://127.0.0.1:1/", "senaite" },
	};
	struct mirror m;
	struct err err = ERR_INIT;
	char url[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canned_open(&m, CONFIG_AUTO);
		canned_end(&m);
		(void)snprintf(url, sizeof(url), "%s", cases[i][0]);
		canned.config.url = url;
		CHECK_OK(senaite_open(&m, &canned.config, &err), &err);
		CHECK_STR(((struct senaite *)m.self)->site, cases[i][1]);
		m.ops->close(m.self);
	}
}

TEST(what_the_settings_must_say)
{
	struct mirror m;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	canned_end(&m);
	canned.config.url = NULL;
	CHECK_ERR(senaite_open(&m, &canned.config, &err), &err, E_CONFIG);
	canned.config.url = canned.url;
	canned.config.user = NULL;
	CHECK_ERR(senaite_open(&m, &canned.config, &err), &err, E_CONFIG);
	canned.config.token_file = canned.password;
	CHECK_OK(senaite_open(&m, &canned.config, &err), &err);
	m.ops->close(m.self);
	CHECK_INT(chmod(canned.password, 0644), 0);
	CHECK_ERR(senaite_open(&m, &canned.config, &err), &err, E_PERMS);
	CHECK_INT(chmod(canned.password, 0600), 0);
}

static unsigned
rank_of(const struct mirror *m, const char *type)
{
	return m->ops->rank(m->self, type, strlen(type));
}

TEST(ranks)
{
	struct mirror m;

	canned_open(&m, CONFIG_AUTO);
	CHECK(rank_of(&m, "LabContact") < rank_of(&m, "Department"));
	CHECK(rank_of(&m, "Department") < rank_of(&m, "AnalysisCategory"));
	CHECK(rank_of(&m, "AnalysisCategory") <
	    rank_of(&m, "AnalysisService"));
	CHECK(rank_of(&m, "SampleType") < rank_of(&m, "AnalysisSpec"));
	CHECK(rank_of(&m, "Calculation") < rank_of(&m, "AnalysisService"));
	CHECK(rank_of(&m, "AnalysisService") < rank_of(&m, "AddOnThing"));
	CHECK(rank_of(&m, "AddOnThing") < rank_of(&m, "Client"));
	CHECK(rank_of(&m, "Client") < rank_of(&m, "AnalysisRequest"));
	CHECK(rank_of(&m, "AnalysisRequest") < rank_of(&m, "ARReport"));
	CHECK_INT(rank_of(&m, ""), rank_of(&m, "AddOnThing"));
	canned_end(&m);
}

/* Doctor. */

struct found {
	struct buf text;		/* "level what | next\n" */
};

static int
note(void *ctx, int level, const char *what, const char *next,
    struct err *err)
{
	struct found *f = ctx;

	(void)err;
	buf_addf(&f->text, "%d %s | %s\n", level, what, next);
	return 0;
}

static void
prepare_doctor(const char *info)
{
	canned_answer(200, VERSION);
	canned_answer(200, MANAGER);
	canned_push(info);
	canned_answer(200, MANAGER);
	canned_push(info);
}

TEST(doctor_of_a_companion)
{
	struct found f = { BUF_INIT };
	struct mirror m;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	prepare_doctor(INFO);
	CHECK_OK(m.ops->doctor(m.self, note, &f, &err), &err);
	CHECK(buf_str(&f.text) != NULL);
	CHECK(strstr(f.text.at, "0 SENAITE 2.6.0 (senaite.jsonapi 2.6.0), as "
	    "tested") != NULL);
	CHECK(strstr(f.text.at, "0 user satchel, roles "
	    "[\"Manager\",\"Authenticated\"]") != NULL);
	CHECK(strstr(f.text.at, "0 mode companion: satchel.companion 1.0.0, "
	    "protocol 1; 510 objects") != NULL);
	CHECK(strstr(f.text.at, "0 the log of changes is on") != NULL);
	CHECK(strstr(f.text.at, "1 does not travel: passwords") != NULL);
	CHECK(strstr(f.text.at, "0 zone of the server: UTC") != NULL);
	buf_clear(&f.text);
	canned_end(&m);
}

TEST(doctor_of_a_wrong_clock)
{
	static const struct {
		int ahead;
		const char *text;
	} cases[] = {
		{ 0, "0 the clocks agree" },
		{ 200, "1 the server's clock is " },
		{ -9000, "2 the server's clock is " },
	};
	CLEANUP(buf_clear) struct buf info = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	char date[40];
	struct tm tm;
	time_t at;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct found f = { BUF_INIT };

		at = time(NULL) + cases[i].ahead;
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ",
		    gmtime_r(&at, &tm));
		buf_reset(&info);
		buf_addf(&info, "{\"ok\": true, \"protocol\": 1, \"time\": "
		    "\"%s\"}", date);
		canned_open(&m, CONFIG_AUTO);
		prepare_doctor(buf_str(&info));
		CHECK_OK(m.ops->doctor(m.self, note, &f, &err), &err);
		CHECK(strstr(buf_str(&f.text), cases[i].text) != NULL);
		CHECK(strstr(f.text.at, "1 the log of changes is off") !=
		    NULL);
		buf_clear(&f.text);
		canned_end(&m);
	}
}

/* The clock of a server that tells it in no other way. */
TEST(clock_of_the_header)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct mirror m;
	struct senaite *s;
	struct err err = ERR_INIT;
	char date[64];
	struct tm tm;
	time_t at = time(NULL) - 86400;

	canned_open(&m, CONFIG_AUTO);
	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime_r(&at, &tm));
	canned.date = date;
	canned_answer(200, "{}");
	CHECK_OK(senaite_get(m.self, "x", &answer, NULL, &err), &err);
	canned.date = NULL;
	s = m.self;
	CHECK_INT(s->has_clock, 1);
	CHECK(s->clock_offset_s < -86000 && s->clock_offset_s > -86800);
	canned_end(&m);
}

TEST(doctor_finds_what_facts_says)
{
	struct found f = { BUF_INIT };
	struct mirror m;
	struct err err = ERR_INIT;

	canned_open(&m, CONFIG_AUTO);
	canned_answer(200, VERSION);
	canned_answer(200, USER("false", "[\"Anonymous\"]"));
	CHECK_OK(m.ops->doctor(m.self, note, &f, &err), &err);
	CHECK(strncmp(buf_str(&f.text), "2 E_DEST_AUTH: ", 15) == 0);
	CHECK(strstr(f.text.at, "| check user and password-file") != NULL);
	buf_clear(&f.text);
	canned_end(&m);
}

int
main(void)
{
	return canned_start() ? unit_run() : 1;
}
