#include "mirror/http_json.h"

#include <sodium.h>

#include "faults.h"

struct side {
	struct http *h;
	struct http_answer a;
	struct buf json;
	struct err err;
};

static struct side
side_new(void)
{
	char url[FAULTS_URL_MAX];
	struct http_config c = { .base = url, .user = "ann",
	    .password = "sesame-17", .tries = 2, .wait_ms = 1,
	    .wait_max_ms = 5 };
	struct side s = { .a = HTTP_ANSWER_INIT, .err = ERR_INIT };

	faults_url(url, "main", "");
	CHECK_OK(http_new(&s.h, &c, &s.err), &s.err);
	return s;
}

static void
side_clear(struct side *s)
{
	http_freep(&s->h);
	http_answer_clear(&s->a);
	buf_clear(&s->json);
}

/* The server answers with this text, as application/json. */
static int
ask(struct side *s, const char *text)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct http_request r = { .method = "GET" };

	buf_adds(&path, "/text/");
	http_escape(&path, text, strlen(text), 0);
	r.path = buf_str(&path);
	return http_json(s->h, &r, &s->a, &s->json, &s->err);
}

TEST(becomes_canonical)
{
	static const char *const pairs[][2] = {
		{ "{\"b\": 1.50,\r\n \"a\": [ ] }", "{\"a\":[],\"b\":1.50}" },
		{ "\"\\u00e4\\/\"", "\"\xc3\xa4/\"" },
		{ " null ", "null" }, { "\"__ac_name\"", "\"__ac_name\"" },
		{ "123456789012345678901234567890",
		    "123456789012345678901234567890" },
	};
	CLEANUP(side_clear) struct side s = side_new();
	size_t i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		buf_reset(&s.json);
		buf_addc(&s.json, '>');
		CHECK_OK(ask(&s, pairs[i][0]), &s.err);
		CHECK(buf_str(&s.json)[0] == '>');
		CHECK_STR(s.json.at + 1, pairs[i][1]);
	}
}

/* H19, and what is no JSON at all. */
TEST(bad_json)
{
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}",
	    "{\"a\":1,\"\\u0061\":2}", "[1]x", "nul", "\"\xff\"",
	    "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\\ud800\"",
	    "\xef\xbb\xbf{}", "NaN", "{a:1}", "callback({})" };
	static const char *const paths[] = { "/deep", "/cut/j", "/typed/x/j" };
	CLEANUP(side_clear) struct side s = side_new();
	struct http_request r = { .method = "GET" };
	size_t i;

	buf_adds(&s.json, "kept");
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (ask(&s, bad[i]) >= 0)
			FAIL("taken: %s", bad[i]);
		CHECK(strstr(s.err.text, "GET /text/") != NULL);
		CHECK_ERR(-1, &s.err, E_DEST_PROTOCOL);
	}
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		r.path = paths[i];
		CHECK(http_json(s.h, &r, &s.a, &s.json, &s.err) < 0);
		CHECK(strstr(s.err.text, paths[i]) != NULL);
		CHECK_ERR(-1, &s.err, E_DEST_PROTOCOL);
	}
	CHECK_STR(buf_str(&s.json), "kept");
}

/* Who the answer is from, and for whom. */
TEST(kinds)
{
	static const struct {
		const char *path;
		int see_denied, once;
		enum err_code code;
		int status, unclear;
		const char *json;
	} rows[] = {
		{ "/ok/j", 0, 0, E_OK, 200, 0, "{\"ok\":true}" },
		{ "/typed/Application%2FJSON;%20charset=utf-8", 0, 0, E_OK,
		    200, 0, "{\"ok\":true}" },
		/* H12: what it says is the caller's. */
		{ "/status/200/j", 0, 0, E_OK, 200, 0, "{\"success\":false}" },
		{ "/status/404/j", 0, 0, E_OK, 404, 0, "{\"success\":false}" },
		{ "/status/409/j", 0, 1, E_OK, 409, 0, "{\"success\":false}" },
		{ "/status/500/j", 0, 1, E_OK, 500, 0, "{\"success\":false}" },
		/* H1, H11 */
		{ "/login/200", 0, 0, E_DEST_AUTH, 200, 0, "" },
		{ "/login/404", 0, 0, E_DEST_AUTH, 404, 0, "" },
		{ "/sign_in/200", 0, 0, E_DEST_AUTH, 200, 0, "" },
		{ "/login/200/o", 0, 1, E_DEST_AUTH, 200, 1, "" },
		{ "/redirect/302/login", 0, 0, E_DEST_AUTH, 302, 0, "" },
		{ "/status/401/j", 0, 0, E_DEST_AUTH, 401, 0, "" },
		{ "/status/403/j", 0, 1, E_DEST_AUTH, 403, 0, "" },
		{ "/page/401", 0, 0, E_DEST_AUTH, 401, 0, "" },
		{ "/status/401/s", 1, 0, E_OK, 401, 0, "{\"success\":false}" },
		{ "/status/403/s", 1, 0, E_OK, 403, 0, "{\"success\":false}" },
		{ "/page/403", 1, 0, E_OK, 403, 0, "" },
		{ "/login/401", 1, 0, E_OK, 401, 0, "" },
		{ "/login/200/s", 1, 0, E_DEST_AUTH, 200, 0, "" },
		/* Another page, another type. */
		{ "/page/200", 0, 0, E_DEST_PROTOCOL, 200, 0, "" },
		{ "/page/404", 0, 0, E_DEST_PROTOCOL, 404, 0, "" },
		{ "/page/400", 0, 1, E_DEST_PROTOCOL, 400, 0, "" },
		{ "/page/200/o", 0, 1, E_DEST_PROTOCOL, 200, 1, "" },
		{ "/page/500/o", 0, 1, E_DEST_PROTOCOL, 500, 1, "" },
		{ "/typed/text%2Fplain", 0, 0, E_DEST_PROTOCOL, 200, 0, "" },
		{ "/typed/", 0, 0, E_DEST_PROTOCOL, 200, 0, "" },
		{ "/typed/application%2Fjsonp", 0, 0, E_DEST_PROTOCOL, 200, 0,
		    "" },
		/* As of http_run. */
		{ "/empty/o", 0, 1, E_DEST_PROTOCOL, 0, 1, "" },
		{ "/status/503/j", 0, 0, E_DEST_UNAVAILABLE, 503, 0, "" },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(side_clear) struct side s = side_new();
		struct http_request r = { .method = "POST", .body = "{}",
		    .body_len = 2, .path = rows[i].path,
		    .kind = rows[i].once ? HTTP_ONCE : HTTP_SAFE,
		    .see_denied = rows[i].see_denied };

		(void)http_json(s.h, &r, &s.a, &s.json, &s.err);
		if (s.err.code != rows[i].code ||
		    s.a.status != rows[i].status ||
		    s.a.unclear != rows[i].unclear)
			FAIL("%s: %s (%s), status %d, unclear %d",
			    rows[i].path, err_name(s.err.code), s.err.text,
			    s.a.status, s.a.unclear);
		CHECK_STR(buf_str(&s.json), rows[i].json);
		if (s.err.code == E_DEST_AUTH)
			CHECK(strstr(s.err.next, "user and password") != NULL);
		CHECK(strstr(s.err.text, "sesame") == NULL);
	}
}

int
main(void)
{
	if (sodium_init() < 0 || !faults_start())
		return 1;
	return unit_run();
}
