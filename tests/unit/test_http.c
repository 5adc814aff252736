#include "mirror/http.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <time.h>

#include "faults.h"
#include "mirror/http_head.h"
#include "mirror/http_wait.h"

#define PASSWORD "sesame-17"
#define SMALL 100000			/* a cap on bodies */

/* A client with short waits; tests change what they need. */
static struct http_config
config(char url[FAULTS_URL_MAX], const char *port)
{
	faults_url(url, port, "");
	return (struct http_config){ .base = url, .user = "ann",
	    .password = PASSWORD, .ca_file = faults_value("ca"),
	    .connect_s = 5, .request_s = 30, .stall_s = 1, .tries = 2,
	    .total_s = 60, .wait_ms = 1, .wait_max_ms = 5 };
}

static struct http *
client(const char *port)
{
	char url[FAULTS_URL_MAX];
	struct http_config c = config(url, port);
	struct err err = ERR_INIT;
	struct http *h = NULL;

	CHECK_OK(http_new(&h, &c, &err), &err);
	return h;
}

static struct http_request
get(const char *path)
{
	return (struct http_request){ .method = "GET", .path = path };
}

static struct http_request
post(const char *path, const char *body)
{
	return (struct http_request){ .method = "POST", .kind = HTTP_ONCE,
	    .path = path, .body = body, .body_len = strlen(body) };
}

static int
seen(const char *target)
{
	CLEANUP(buf_clear) struct buf entry = BUF_INIT;

	return faults_seen(NULL, target, &entry);
}

/*
 * What servers answer
 */

struct row {
	const char *path;		/* at faults.py */
	enum err_code code;
	int status;			/* 0: none came */
	int requests;			/* of a GET, with two tries */
	int once;			/* 1: a POST of HTTP_ONCE; it is sent
					 * `requests` times */
	int unclear;
	const char *text;		/* in the error; NULL: any */
};

static const struct row rows[] = {
	/* Good answers. */
	{ "/ok/1", E_OK, 200, 1, 0, 0, NULL },
	{ "/ok/2", E_OK, 200, 1, 1, 0, NULL },
	{ "/chunked/1", E_OK, 200, 1, 0, 0, NULL },
	{ "/interim/1", E_OK, 200, 1, 0, 0, NULL },
	{ "/until_close/1", E_OK, 200, 1, 0, 0, NULL },
	{ "/encoded/Content-Encoding/identity", E_OK, 200, 1, 0, 0, NULL },
	{ "/status/404/1", E_OK, 404, 1, 0, 0, NULL },
	{ "/status/401/1", E_OK, 401, 1, 0, 0, NULL },
	{ "/status/403/1", E_OK, 403, 1, 0, 0, NULL },
	{ "/status/409/1", E_OK, 409, 1, 1, 0, NULL },
	{ "/status/304/1", E_OK, 304, 1, 0, 0, NULL },
	/* H1, H2: the layer above sees what it is. */
	{ "/login/200", E_OK, 200, 1, 0, 0, NULL },
	{ "/cut/1", E_OK, 200, 1, 0, 0, NULL },
	/* H3 */
	{ "/short/1", E_DEST_PROTOCOL, 200, 2, 0, 0, "(2 tries)" },
	{ "/short/2", E_DEST_PROTOCOL, 200, 1, 1, 1, "may have been" },
	{ "/short_once/1", E_OK, 200, 2, 0, 0, NULL },
	{ "/cut_chunk/1", E_DEST_PROTOCOL, 200, 2, 0, 0, NULL },
	{ "/cut_chunk/2", E_DEST_PROTOCOL, 200, 1, 1, 1, NULL },
	{ "/bad_chunk/1", E_DEST_PROTOCOL, 200, 2, 0, 0, NULL },
	{ "/reset_late/1", E_DEST_PROTOCOL, 200, 2, 0, 0, NULL },
	{ "/reset_late/2", E_DEST_PROTOCOL, 200, 1, 1, 1, NULL },
	{ "/reset_first/1", E_DEST_PROTOCOL, 0, 2, 0, 0, NULL },
	{ "/reset_first/2", E_DEST_PROTOCOL, 0, 1, 1, 1, NULL },
	{ "/empty/1", E_DEST_PROTOCOL, 0, 2, 0, 0, NULL },
	{ "/empty/2", E_DEST_PROTOCOL, 0, 1, 1, 1, NULL },
	/* H4 */
	{ "/silence/1", E_DEST_UNAVAILABLE, 0, 2, 0, 0, "too slow" },
	{ "/silence/2", E_DEST_UNAVAILABLE, 0, 1, 1, 1, "too slow" },
	{ "/stall/2", E_DEST_UNAVAILABLE, 200, 1, 1, 1, "too slow" },
	{ "/trickle/2", E_DEST_UNAVAILABLE, 200, 1, 1, 1, "too slow" },
	/* H5, H6 */
	{ "/flood/1", E_DEST_PROTOCOL, 200, 1, 0, 0, "100000 bytes" },
	{ "/flood/2", E_DEST_PROTOCOL, 200, 1, 1, 1, "100000 bytes" },
	{ "/length/100001", E_DEST_PROTOCOL, 200, 1, 0, 0, "100000 bytes" },
	{ "/length/1000000000000000000", E_DEST_PROTOCOL, 200, 1, 0, 0,
	    "100000 bytes" },
	{ "/headers/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "bytes of headers" },
	{ "/cookies/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "bytes of headers" },
	{ "/continues/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "bytes of headers" },
	{ "/continues/2", E_DEST_PROTOCOL, 0, 1, 1, 1, "bytes of headers" },
	/* H7 */
	{ "/redirect/302/other", E_DEST_PROTOCOL, 302, 1, 0, 0, "redirects" },
	{ "/redirect/307/other", E_DEST_PROTOCOL, 307, 1, 1, 1, "redirects" },
	{ "/redirect/301/file", E_DEST_PROTOCOL, 301, 1, 0, 0, "redirects" },
	{ "/redirect/308/http", E_DEST_PROTOCOL, 308, 1, 0, 0, "redirects" },
	{ "/redirect/303/self", E_DEST_PROTOCOL, 303, 1, 0, 0, "redirects" },
	{ "/redirect/300/none", E_DEST_PROTOCOL, 300, 1, 0, 0, "redirects" },
	{ "/redirect/302/login", E_DEST_AUTH, 302, 1, 0, 0, "login form" },
	/* H8 */
	{ "/lengths/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "two Content-Lengths" },
	{ "/lengths/2", E_DEST_PROTOCOL, 0, 1, 1, 1, "two Content-Lengths" },
	{ "/length_and_chunked/1", E_DEST_PROTOCOL, 200, 1, 0, 0, "Transfer" },
	{ "/length/x", E_DEST_PROTOCOL, 0, 1, 0, 0, NULL },
	{ "/length/-1", E_DEST_PROTOCOL, 0, 1, 0, 0, NULL },
	{ "/http09/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "HTTP/0.9" },
	{ "/switch/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "protocol" },
	/* H9: the cap of a wait is 5 ms here. */
	{ "/busy/429/2", E_DEST_UNAVAILABLE, 429, 2, 0, 0, "status 429" },
	{ "/busy/429/3600", E_DEST_UNAVAILABLE, 429, 2, 0, 0, NULL },
	{ "/busy/503/-1", E_DEST_UNAVAILABLE, 503, 2, 0, 0, NULL },
	{ "/busy/503/1000000000000", E_DEST_UNAVAILABLE, 503, 2, 0, 0, NULL },
	{ "/busy/503/Thu,%2001%20Jan%201970%2000:00:00%20GMT",
	    E_DEST_UNAVAILABLE, 503, 2, 0, 0, NULL },
	{ "/busy/503/soon", E_DEST_UNAVAILABLE, 503, 2, 0, 0, NULL },
	{ "/busy/408/1", E_DEST_UNAVAILABLE, 408, 2, 1, 0, NULL },
	{ "/once/429", E_OK, 200, 2, 1, 0, NULL },
	/* H10 */
	{ "/once/500", E_OK, 200, 2, 0, 0, NULL },
	{ "/once/502", E_OK, 200, 2, 0, 0, NULL },
	{ "/once/503", E_OK, 200, 2, 0, 0, NULL },
	{ "/once/504", E_OK, 200, 2, 0, 0, NULL },
	{ "/once/503/2", E_DEST_UNAVAILABLE, 503, 1, 1, 1, NULL },
	{ "/once/502/2", E_DEST_UNAVAILABLE, 502, 1, 1, 1, NULL },
	{ "/once/504/2", E_DEST_UNAVAILABLE, 504, 1, 1, 1, NULL },
	{ "/status/500/1", E_OK, 500, 2, 0, 0, NULL },
	{ "/status/500/2", E_OK, 500, 1, 1, 0, NULL },
	{ "/page/502", E_DEST_UNAVAILABLE, 502, 2, 0, 0, NULL },
	/* H16 */
	{ "/bomb/1", E_DEST_PROTOCOL, 0, 1, 0, 0, "Content-Encoding" },
	{ "/encoded/Content-Encoding/gzip", E_DEST_PROTOCOL, 0, 1, 0, 0,
	    "Content-Encoding" },
	{ "/encoded/Transfer-Encoding/gzip", E_DEST_PROTOCOL, 0, 1, 0, 0,
	    "Transfer-Encoding" },
	/* H20 */
	{ "/date/1", E_OK, 200, 1, 0, 0, NULL },
};

static void
check_row(const struct row *row)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	struct http_request r = row->once ? post(row->path, "{}") :
	    get(row->path);
	struct err err = ERR_INIT;
	int rc, n;

	r.max = SMALL;
	rc = http_run(h, &r, &a, &err);
	n = seen(row->path);
	if (err.code != row->code || rc != -(int)row->code ||
	    a.status != row->status || a.unclear != row->unclear ||
	    n != row->requests)
		FAIL("%s: %s (%s), status %d, unclear %d, %d requests",
		    row->path, err_name(err.code), err.text, a.status,
		    a.unclear, n);
	CHECK_INT(http_totals(h).requests, n);
	CHECK(a.length <= SMALL && a.body.len <= SMALL &&
	    a.body.cap <= 2 * SMALL);
	if (row->text != NULL && strstr(err.text, row->text) == NULL)
		FAIL("%s: %s", row->path, err.text);
	if (rc < 0 && strstr(err.text, row->path) == NULL)
		FAIL("%s is not named: %s", row->path, err.text);
	CHECK(strstr(err.text, "secret") == NULL);
	CHECK(strstr(err.text, PASSWORD) == NULL);
}

TEST(answers)
{
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

TEST(answer_is_whole)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	static const char *const paths[] = { "/ok/b", "/chunked/b",
	    "/interim/b", "/until_close/b", "/once/503/b" };
	struct http_request r;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		r = get(paths[i]);
		CHECK_OK(http_run(h, &r, &a, &err), &err);
		CHECK_STR(buf_str(&a.body), "{\"ok\":true}");
		CHECK_INT(a.length, 11);
		CHECK_STR(a.type, "application/json");
		CHECK_INT(a.date, -1);
	}
	r = get("/typed/Text%2FHTML%20%3B%20charset=x");
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_STR(a.type, "text/html");
	r = get("/date/b");
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK(a.date > (int64_t)time(NULL) + 1000 * 86400);

	/* Nothing of an answer stays for the next. */
	r = get("/empty/b");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	CHECK_INT(a.status, 0);
	CHECK_INT(a.body.len, 0);
	CHECK_INT(a.date, -1);
	CHECK_STR(a.type, "");
}

/* Exactly the cap is good, one more is not; a HEAD has no body. */
TEST(cap)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	struct http_request r = get("/size/1000");
	struct err err = ERR_INIT;

	r.max = 1000;
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(a.length, 1000);
	CHECK_INT(a.body.len, 1000);
	r.max = 999;
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	CHECK_INT(a.body.len, 0);
	r = get("/length/20000000");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	r.method = "HEAD";
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(a.length, 0);
	CHECK_INT(a.status, 200);
}

/*
 * What is sent
 */

TEST(request)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf entry = BUF_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	CLEANUP(buf_freep) char *big = malloc(2000000);
	struct http_request r = post("/ok/q?a=%20b&c", "{\"x\":1}");
	struct err err = ERR_INIT;

	CHECK(big != NULL);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/q?a=%20b&c", &entry), 1);
	CHECK(strstr(buf_str(&entry), "\"body\":\"{\\\"x\\\":1}\"") != NULL);
	CHECK(strstr(entry.at, "\"method\":\"POST\"") != NULL);
	CHECK_STR(faults_header(&entry, "authorization"),
	    "Basic YW5uOnNlc2FtZS0xNw==");
	CHECK_STR(faults_header(&entry, "accept"), "application/json");
	CHECK_STR(faults_header(&entry, "content-type"), "application/json");
	CHECK_STR(faults_header(&entry, "accept-encoding"), "identity");
	CHECK_STR(faults_header(&entry, "user-agent"), "satchel");
	CHECK_STR(faults_header(&entry, "content-length"), "7");

	/* Big bodies are not asked for first. */
	memset(big, ' ', 2000000);
	r = (struct http_request){ .method = "PATCH", .path = "/../ok/.",
	    .body = big, .body_len = 2000000, .accept = "text/xml",
	    .type = "text/plain; charset=utf-8" };
	r.path = "/ok/a/../big/.";
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/a/../big/.", &entry), 1);
	CHECK(strstr(buf_str(&entry), "\"method\":\"PATCH\"") != NULL);
	CHECK_STR(faults_header(&entry, "expect"), "");
	CHECK_STR(faults_header(&entry, "accept"), "text/xml");
	CHECK_STR(faults_header(&entry, "content-type"),
	    "text/plain; charset=utf-8");
	CHECK_STR(faults_header(&entry, "content-length"), "2000000");

	/* A POST without a body has none; then a GET is a GET again. */
	r = (struct http_request){ .method = "POST", .path = "/ok/none" };
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/none", &entry), 1);
	CHECK_STR(faults_header(&entry, "content-length"), "0");
	r = get("/ok/again");
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/again", &entry), 1);
	CHECK(strstr(buf_str(&entry), "\"method\":\"GET\"") != NULL);
	CHECK_STR(faults_header(&entry, "content-type"), "");
}

TEST(bearer_and_base)
{
	char url[FAULTS_URL_MAX];
	struct http_config c = config(url, "main");
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf entry = BUF_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	struct http_request r = get("/lims?x");
	struct err err = ERR_INIT;

	faults_url(url, "main", "/ok/base//");
	c.user = NULL;
	c.bearer = "abc-._~+/09==";
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/base/lims?x", &entry), 1);
	CHECK_STR(faults_header(&entry, "authorization"),
	    "Bearer abc-._~+/09==");
	http_freep(&h);
	CHECK(h == NULL);
	c.bearer = NULL;
	CHECK_OK(http_new(&h, &c, &err), &err);
	r = get("/nobody");
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/ok/base/nobody", &entry), 1);
	CHECK_STR(faults_header(&entry, "authorization"), "");
}

TEST(no_request)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	CLEANUP(buf_freep) char *path = malloc(HTTP_URL_MAX + 2);
	static const char *const bad[] = { "", "ok", "@other/ok", "/a b",
	    "/a#b", "/a\r\nX: y", "/\xc3\xa4" };
	struct http_request r;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		r = get(bad[i]);
		CHECK_ERR(http_run(h, &r, &a, &err), &err, E_INTERNAL);
	}
	CHECK(path != NULL);
	memset(path, 'a', HTTP_URL_MAX);
	path[0] = '/';
	path[HTTP_URL_MAX] = '\0';
	r = get(path);
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_INTERNAL);
	r = get("/ok/z");
	r.accept = "a\r\nX: y";
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_INTERNAL);
	r = post("/ok/z", "");
	r.type = "a\nX: y";
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_INTERNAL);
	CHECK_INT(seen("/ok/z"), 0);
	CHECK_INT(http_totals(h).requests, 0);
}

TEST(no_config)
{
	static const struct http_config bad[] = {
		{ .base = "" }, { .base = "lims" }, { .base = "http://" },
		{ .base = "http:///lims" }, { .base = "ftp://lims" },
		{ .base = "file:///etc" }, { .base = "http://lims:0x" },
		{ .base = "http://lims:65536" }, { .base = "http://li ms" },
		{ .base = "http://u@lims" },
		{ .base = "http://u:" PASSWORD "@lims" },
		{ .base = "http://lims?x" }, { .base = "http://lims/#x" },
		{ .base = "http://lims/\xc3\xa4" },
		{ .base = "http://lims\\@x" },
		{ .base = "http://lims", .user = "a:b", .password = PASSWORD },
		{ .base = "http://lims", .user = "", .password = PASSWORD },
		{ .base = "http://lims", .user = "a\n", .password = "x" },
		{ .base = "http://lims", .user = "a", .password = "x\r\nY:" },
		{ .base = "http://lims", .bearer = "" },
		{ .base = "http://lims", .bearer = "a b" },
		{ .base = "http://lims", .bearer = "a=b" },
		{ .base = "http://lims", .bearer = "a\r\nX: y" },
		{ .base = "http://lims", .user = "a", .bearer = "b" },
		{ .base = "http://lims", .ca_file = "/none/at/all" },
		{ .base = "http://lims", .proxy = "lims:80" },
		{ .base = "http://lims", .proxy = "https://lims:80" },
		{ .base = "http://lims", .proxy = "http://u:p@lims:80" },
		{ .base = "http://lims", .proxy = "http://lims:80/x" },
		{ .base = "http://lims", .proxy = "socks5://lims:80" },
	};
	CLEANUP(http_freep) struct http *h = NULL;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (http_new(&h, &bad[i], &err) >= 0)
			FAIL("row %zu is taken", i);
		CHECK(h == NULL);
		CHECK(strstr(err.text, PASSWORD) == NULL);
		CHECK_ERR(-1, &err, E_CONFIG);
	}
	CHECK_OK(http_new(&h, &(struct http_config){
	    .base = "HTTPS://[::1]:8443/@@x/",
	    .proxy = "http://lims:80/" }, &err), &err);
}

/*
 * Tries
 */

/* Nothing listens there. */
TEST(no_connection)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	char url[FAULTS_URL_MAX], dead[FAULTS_URL_MAX];
	struct http_config c = config(url, "main");
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	struct http_request r = post("/ok", "{}");
	struct err err = ERR_INIT;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 &&
	    getsockname(fd, (struct sockaddr *)&in, &len) == 0);
	(void)snprintf(dead, sizeof dead, "http://127.0.0.1:%u",
	    (unsigned)ntohs(in.sin_port));
	c.base = dead;
	c.tries = 3;
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK(http_run(h, &r, &a, &err) < 0);
	CHECK(close(fd) == 0);
	CHECK(strstr(err.text, "(3 tries)") != NULL);
	CHECK(strstr(err.text, "POST /ok") != NULL);
	CHECK_INT(a.unclear, 0);
	CHECK_INT(http_totals(h).requests, 0);
	CHECK_ERR(-1, &err, E_DEST_UNAVAILABLE);
}

/* The deadlines: of a try, of all; a wait that would pass it is not begun. */
TEST(deadlines)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	char url[FAULTS_URL_MAX];
	struct http_config c = config(url, "main");
	struct http_request r = get("/late/4");
	struct err err = ERR_INIT;
	uint64_t n;

	c.tries = 1;
	c.stall_s = 60;
	c.request_s = 1;
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK(http_run(h, &r, &a, &err) < 0);
	CHECK(strstr(err.text, "timed out") != NULL);
	CHECK_ERR(-1, &err, E_DEST_UNAVAILABLE);
	http_freep(&h);

	c.request_s = 60;
	c.total_s = 1;
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK(http_run(h, &r, &a, &err) < 0);
	CHECK(strstr(err.text, "timed out") != NULL);
	CHECK_ERR(-1, &err, E_DEST_UNAVAILABLE);
	http_freep(&h);

	c.tries = 1000000;
	c.wait_ms = 20;
	c.wait_max_ms = 40;
	CHECK_OK(http_new(&h, &c, &err), &err);
	r = get("/status/503/dead");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_UNAVAILABLE);
	n = http_totals(h).requests;
	CHECK(n > 1 && n < 1000);
	CHECK_INT(seen("/status/503/dead"), n);
	http_freep(&h);

	c.wait_max_ms = 0;
	CHECK_OK(http_new(&h, &c, &err), &err);
	r = get("/busy/503/3600/dead");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_UNAVAILABLE);
	CHECK_INT(http_totals(h).requests, 1);
}

/* How long to wait. */
TEST(waits)
{
	static const struct {
		const char *retry_after;
		uint64_t ms;		/* at 1700000000, cap 120 s */
	} asked[] = {
		{ "2", 2000 }, { "0", 1000 }, { "1", 1000 },
		{ "007", 7000 }, { "120", 120000 }, { "121", 120000 },
		{ "3600", 120000 }, { "1000000000000", 120000 },
		{ "99999999999999999999999999", 120000 },
		{ "-1", 1000 }, { "-99999999999999999999999", 1000 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 1000 },
		{ "Tue, 14 Nov 2023 22:13:30 GMT", 10000 },
		{ "Wed, 14 Nov 2029 22:13:30 GMT", 120000 },
	};
	static const char *const none[] = { "", "soon", "-", "1.5", "2x",
	    "1e12x" };
	uint64_t ms, least = UINT64_MAX, most = 0;
	size_t i;

	for (i = 0; i < sizeof asked / sizeof *asked; i++) {
		ms = http_wait(1, asked[i].retry_after, 1700000000, 1000,
		    120000);
		if (ms != asked[i].ms)
			FAIL("%s: %llu ms", asked[i].retry_after,
			    (unsigned long long)ms);
	}
	for (i = 0; i < sizeof none / sizeof *none; i++) {
		ms = http_wait(1, none[i], 1700000000, 1000, 120000);
		if (ms < 500 || ms > 1000)
			FAIL("\"%s\": %llu ms", none[i],
			    (unsigned long long)ms);
	}
	CHECK_INT(http_wait(1, "2", 0, 1, 7), 7);

	/* It doubles, up to the cap, and is never the same for all. */
	for (i = 0; i < 200; i++) {
		ms = http_wait(4, "", 0, 1000, 120000);
		CHECK(ms >= 4000 && ms <= 8000);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
		ms = http_wait(4000000000u, "", 0, 1000, 120000);
		CHECK(ms >= 60000 && ms <= 120000);
	}
	CHECK(least < 5000 && most > 7000);
	CHECK_INT(http_wait(9, "", 0, 0, 120000), 0);
}

/* Connections are used again.  A kept one that dies under a request that may
 * go out once only does not make libcurl send it again. */
TEST(connections)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf first = BUF_INIT, second = BUF_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	struct http_request r = get("/ok/keep");
	struct json_span one, two;
	struct err err = ERR_INIT;

	CHECK_OK(http_run(h, &r, &a, &err), &err);
	r = post("/empty/keep", "{}");
	CHECK(http_run(h, &r, &a, &err) < 0);
	CHECK_INT(a.unclear, 1);
	CHECK(strstr(err.text, "closed before an answer") != NULL);
	CHECK_ERR(-1, &err, E_DEST_PROTOCOL);
	CHECK_INT(faults_seen("main", "/ok/keep", &first), 1);
	CHECK_INT(faults_seen("main", "/empty/keep", &second), 1);
	CHECK(json_member((struct json_span){ first.at, first.len },
	    "connection", &one) &&
	    json_member((struct json_span){ second.at, second.len },
	    "connection", &two) && json_same(one, two));

	/* What is safe to repeat goes out again at once. */
	r = get("/ok/keep2");
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	r = get("/empty/keep2");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	CHECK_INT(seen("/empty/keep2"), 3);
	CHECK_INT(http_totals(h).requests, 6);
	CHECK(http_totals(h).bytes > 22);
	CHECK(http_totals(h).wait_us > 0);
}

/* A server that resets while we still send does not kill the program. */
TEST(reset_while_sending)
{
	static const char *const ports[] = { "main", "good" };
	CLEANUP(buf_freep) char *big = malloc(8000001);
	void (*before)(int) = signal(SIGPIPE, SIG_DFL);
	struct http_request r;
	struct err err = ERR_INIT;
	size_t i;

	CHECK(big != NULL);
	memset(big, ' ', 8000000);
	big[8000000] = '\0';
	for (i = 0; i < 2; i++) {
		CLEANUP(http_answer_clear) struct http_answer a =
		    HTTP_ANSWER_INIT;
		CLEANUP(http_freep) struct http *h = client(ports[i]);

		r = post("/reset_early", big);
		CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
		CHECK_INT(a.unclear, 1);
		CHECK_INT(seen("/reset_early"), i + 1);
	}
	CHECK(signal(SIGPIPE, before) == SIG_DFL);
}

/*
 * A body that is not held
 */

struct taker {
	uint64_t got;
	int pieces, restarts, refuse;
};

static int
take(void *ctx, const char *at, size_t len, struct err *err)
{
	struct taker *t = ctx;

	(void)at;
	t->pieces++;
	t->got += len;
	return t->refuse ? err_set(err, E_NOSPACE, "no room") : 0;
}

static int
take_again(void *ctx, struct err *err)
{
	struct taker *t = ctx;

	t->restarts++;
	t->got = 0;
	return t->refuse ? err_set(err, E_IO, "no restart") : 0;
}

TEST(sink)
{
	static const struct {
		const char *path;
		uint64_t max;
		enum err_code code;
		uint64_t got;		/* by the sink, or held by the answer */
		int restarts, held;
	} want[] = {
		{ "/size/1000", 1000, E_OK, 1000, 0, 0 },
		{ "/size/1001", 1000, E_DEST_PROTOCOL, 0, 0, 0 },
		{ "/size/20000000", 20000000, E_OK, 20000000, 0, 0 },
		{ "/size/20000000/default", 0, E_DEST_PROTOCOL, 0, 0, 0 },
		{ "/chunked/s", 0, E_OK, 11, 0, 0 },
		{ "/short_once/s", 0, E_OK, 11, 1, 0 },
		{ "/short/s", 0, E_DEST_PROTOCOL, 10, 1, 0 },
		{ "/once/503/s", 0, E_OK, 11, 0, 0 },
		{ "/status/404/s", 5, E_OK, 17, 0, 1 },
		/* Without an end that is told, a cut looks like an end. */
		{ "/until_close/s", 0, E_DEST_PROTOCOL, 0, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof want / sizeof *want; i++) {
		CLEANUP(http_answer_clear) struct http_answer a =
		    HTTP_ANSWER_INIT;
		CLEANUP(http_freep) struct http *h = client("main");
		struct taker t = { .got = 0 };
		struct http_request r = get(want[i].path);
		struct err err = ERR_INIT;

		r.max = want[i].max;
		r.sink = take;
		r.restart = take_again;
		r.ctx = &t;
		(void)http_run(h, &r, &a, &err);
		if (err.code != want[i].code || t.restarts != want[i].restarts
		    || (want[i].held ? a.body.len : t.got) != want[i].got ||
		    (want[i].held ? t.got : a.body.len) != 0)
			FAIL("%s: %s (%s), %llu bytes, %d restarts",
			    want[i].path, err_name(err.code), err.text,
			    (unsigned long long)t.got, t.restarts);
	}
}

TEST(sink_refuses)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	struct taker t = { .refuse = 1 };
	struct http_request r = get("/short/refused");
	struct err err = ERR_INIT;

	r.sink = take;
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_INTERNAL);
	r.restart = take_again;
	r.ctx = &t;
	CHECK_INT(http_run(h, &r, &a, &err), -(int)E_NOSPACE);
	CHECK_STR(err.text, "no room");
	CHECK_ERR(-1, &err, E_NOSPACE);
	CHECK_INT(t.pieces, 1);
	CHECK_INT(t.restarts, 0);
	CHECK_INT(seen("/short/refused"), 1);

	/* Memory is for HTTP_BODY_MAX at most, the sink or not. */
	t.refuse = 0;
	r.max = 30000000;
	r.path = "/flood";
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	CHECK(t.got > 29000000 && t.got <= 30000000);
	CHECK_INT(a.body.len, 0);
}

/*
 * TLS, and what the environment has no say in
 */

TEST(tls)
{
	static const char *const bad[] = { "self", "expired", "wrong", "old" };
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = client("good");
	char url[FAULTS_URL_MAX], path[160];
	struct http_config c;
	struct http_request r = get("/ok/tls");
	struct err err = ERR_INIT;
	size_t i;

	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(a.status, 200);
	r = get("/redirect/302/http");
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_DEST_PROTOCOL);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		http_freep(&h);
		h = client(bad[i]);
		r = get("/ok/untrusted");
		CHECK_ERR(http_run(h, &r, &a, &err), &err,
		    E_DEST_UNAVAILABLE);
		CHECK_INT(http_totals(h).requests, 0);
	}
	http_freep(&h);
	c = config(url, "good");
	c.ca_file = NULL;
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK(http_run(h, &r, &a, &err) < 0);
	CHECK(strstr(err.next, "ca-file") != NULL);
	CHECK(strstr(err.text, "tries") == NULL);
	CHECK_ERR(-1, &err, E_DEST_UNAVAILABLE);
	CHECK_INT(seen("/ok/untrusted"), 0);

	/* A file that has no certificates. */
	http_freep(&h);
	(void)snprintf(path, sizeof path, "%s/good.ext", faults.folder);
	c.ca_file = path;
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK_ERR(http_run(h, &r, &a, &err), &err, E_CONFIG);

	/* SSLKEYLOGFILE, see main. */
	(void)snprintf(path, sizeof path, "%s/keys", faults.folder);
	CHECK(access(path, F_OK) != 0);
}

/* A proxy that is asked for is used, whatever no_proxy says. */
TEST(proxy)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf entry = BUF_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	char url[FAULTS_URL_MAX], proxy[FAULTS_URL_MAX];
	struct http_config c = config(url, "other");
	struct http_request r = get("/ok/proxied");
	struct err err = ERR_INIT;

	faults_url(proxy, "main", "");
	c.proxy = proxy;
	(void)strcat(url, "/ok");
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK(setenv("no_proxy", "*", 1) == 0);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK(setenv("no_proxy", "", 1) == 0);
	(void)strcat(url, "/ok/proxied");
	CHECK_INT(faults_seen("main", url, &entry), 1);
}

/* No answer of a server makes us say anything to another: nothing ever came
 * to the port that redirects and the environment name (see main).  No cookie
 * comes back. */
TEST(zz_nobody_else)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf entry = BUF_INIT, log = BUF_INIT;
	CLEANUP(http_freep) struct http *h = client("main");
	struct http_request r = get("/cookie/1");
	struct err err = ERR_INIT;

	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(faults_seen("main", "/cookie/1", &entry), 2);
	CHECK_STR(faults_header(&entry, "cookie"), "");
	CHECK_INT(faults_seen("other", NULL, &entry), 0);
	faults_log(&log);
	CHECK(strstr(buf_str(&log), "CONNECT") == NULL);
	CHECK(strstr(log.at, "netrc") == NULL);
}

/*
 * Small parts
 */

TEST(heads)
{
	static const struct {
		const char *line;	/* after a status line */
		enum err_code code;
	} lines[] = {
		{ "Content-Length: 12", E_OK },
		{ "content-length:\t0012 ", E_OK },
		{ "Content-Length: 9223372036854775807", E_OK },
		{ "Content-Length: 9223372036854775808", E_DEST_PROTOCOL },
		{ "Content-Length: 5, 5", E_DEST_PROTOCOL },
		{ "Content-Length: +5", E_DEST_PROTOCOL },
		{ "Content-Length:", E_DEST_PROTOCOL },
		{ "Transfer-Encoding: Chunked", E_OK },
		{ "Transfer-Encoding: gzip, chunked", E_DEST_PROTOCOL },
		{ "Transfer-Encoding: identity", E_DEST_PROTOCOL },
		{ "Content-Encoding: Identity", E_OK },
		{ "Content-Encoding: br", E_DEST_PROTOCOL },
		{ "HTTP/1.1 2x0 OK", E_DEST_PROTOCOL },
		{ "HTTP/1.1 099 OK", E_DEST_PROTOCOL },
		{ "HTTP/1.1 600 OK", E_DEST_PROTOCOL },
		{ "HTTP/1.1", E_DEST_PROTOCOL },
		{ "HTTP/1.1 20", E_DEST_PROTOCOL },
		{ "no field", E_OK },
	};
	struct err err = ERR_INIT;
	struct http_head h;
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		h = (struct http_head)HTTP_HEAD_INIT;
		CHECK_OK(http_head_line(&h, "HTTP/1.1 200 OK\r\n", 17, &err),
		    &err);
		(void)http_head_line(&h, lines[i].line, strlen(lines[i].line),
		    &err);
		if (err.code != lines[i].code)
			FAIL("%s: %s", lines[i].line, err_name(err.code));
		err_clear(&err);
	}
}

static struct http_head
head_of(const char *text)
{
	struct http_head h = HTTP_HEAD_INIT;
	struct err err = ERR_INIT;
	size_t n;

	for (; *text != '\0'; text += n) {
		n = strcspn(text, "\n") + 1;
		CHECK_OK(http_head_line(&h, text, n, &err), &err);
	}
	return h;
}

TEST(head_values)
{
	struct http_head h;

	h = head_of("HTTP/1.0 103 Early\r\nDate: Sun, 06 Nov 1994 08:49:37 "
	    "GMT\r\nRetry-After: 9\r\n\r\n");
	CHECK_INT(h.whole, 0);
	h = head_of("HTTP/1.0 103 Early\r\nDate: Sun, 06 Nov 1994 08:49:37 "
	    "GMT\r\nRetry-After: 9\r\n\r\nHTTP/1.1 201 Made\r\n"
	    "CONTENT-TYPE:  Application/JSON ; charset=x\r\n"
	    "Content-Type: text/html\r\n\r\nContent-Encoding: x\r\n");
	CHECK_INT(h.status, 201);
	CHECK_INT(h.whole, 1);
	CHECK_INT(h.date, -1);
	CHECK_STR(h.retry_after, "");
	CHECK_STR(h.type, "application/json");
	h = head_of("HTTP/1.1 302 F\nDate: Sun, 06 Nov 1994 08:49:37 GMT\n"
	    "Content-Type: \x1b[2J\nRetry-After: 9\nLocation: /a?b=login\n\n");
	CHECK_INT(h.date, 784111777);
	CHECK_STR(h.type, "");
	CHECK_STR(h.retry_after, "9");
	CHECK(http_head_redirects(&h) && !http_head_to_login(&h));
	h = head_of("HTTP/1.1 200 F\nDate: Sat, 21 Nov 1652 10:15:00 GMT\n\n");
	CHECK_INT(h.date, -1);
	h = head_of("HTTP/1.1 301 F\nLocation: http://x/login?came=1\n\n");
	CHECK(http_head_redirects(&h) && http_head_to_login(&h));
	h = head_of("HTTP/1.1 302 F\nLocation: login_form\n\n");
	CHECK(http_head_to_login(&h));
	h = head_of("HTTP/1.1 304 F\n\n");
	CHECK(!http_head_redirects(&h));
}

TEST(escape_and_name)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct http_request r = get("/a/b?token=secret");
	char name[HTTP_NAME_MAX], path[1000];

	http_escape(&b, "aZ09-._~ /%\0\xff&", 14, 0);
	CHECK_STR(buf_str(&b), "aZ09-._~%20%2F%25%00%FF%26");
	buf_reset(&b);
	http_escape(&b, "a/b c", 5, 1);
	CHECK_STR(buf_str(&b), "a/b%20c");
	http_name(name, &r);
	CHECK_STR(name, "GET /a/b");
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	r.path = path;
	http_name(name, &r);
	CHECK_INT(strlen(name), HTTP_NAME_MAX - 1);
}

static int
put(const char *name, const char *variable, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", faults.folder, name);
	if (setenv(variable, path, 1) != 0 || (f = fopen(path, "w")) == NULL)
		return -1;
	fputs(text, f);
	return fclose(f);
}

/* Whatever the environment says is not heard: it points to the port that
 * nobody may speak to, to a file of passwords, to a file for TLS secrets; and
 * it lets OpenSSL speak TLS 1.0. */
static int
set_environment(void)
{
	static const char *const proxies[] = { "http_proxy", "https_proxy",
	    "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	char url[FAULTS_URL_MAX], path[160];
	int bad = 0;
	size_t i;

	faults_url(url, "other", "");
	for (i = 0; i < sizeof proxies / sizeof *proxies; i++)
		bad |= setenv(proxies[i], url, 1);
	bad |= setenv("no_proxy", "", 1);
	bad |= setenv("HOME", faults.folder, 1);
	(void)snprintf(path, sizeof path, "%s/keys", faults.folder);
	bad |= setenv("SSLKEYLOGFILE", path, 1);
	bad |= put(".netrc", "NETRC",
	    "machine 127.0.0.1 login netrc password netrc\n");
	bad |= put("openssl.cnf", "OPENSSL_CONF",
	    "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
	    "[c]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n");
	return bad == 0;
}

int
main(void)
{
	if (sodium_init() < 0 || !faults_start() || !set_environment())
		return 1;
	return unit_run();
}
