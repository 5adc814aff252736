#include "http_try.h"

#include <string.h>

#include "../base/text.h"
#include "http_wait.h"

#define SLOW_BYTES 100L			/* a second; less is a stall */
/* A request that must not be sent twice goes over a connection that rested
 * no longer: servers close idle ones after 5 s (Apache) and more, and one
 * that is closed while the request is under way leaves it unclear. */
#define ONCE_IDLE_S 3L

/* --- what comes -------------------------------------------------------- */

static int
is_good(const struct http_try *t)
{
	return t->head.status >= 200 && t->head.status < 300;
}

static int
to_sink(const struct http_try *t)
{
	return t->r->sink != NULL && is_good(t);
}

static uint64_t
body_max(const struct http_try *t)
{
	uint64_t max = t->r->max != 0 ? t->r->max : HTTP_BODY_MAX;

	return t->r->sink == NULL || is_good(t) ? max : HTTP_BODY_MAX;
}

static int
too_big(struct http_try *t)
{
	return err_set(&t->err, E_DEST_PROTOCOL,
	    "%s: the answer is of more than %llu bytes", t->name,
	    (unsigned long long)body_max(t));
}

static int
redirected(struct http_try *t)
{
	CLEANUP(buf_clear) struct buf where = BUF_INIT;

	if (http_head_to_login(&t->head)) {
		(void)err_set(&t->err, E_DEST_AUTH,
		    "%s: the server sends us to its login form", t->name);
		return err_next(&t->err, "check user and password in the "
		    "mirror's settings");
	}
	text_safe(&where, t->head.location, strcspn(t->head.location, "?"));
	(void)err_set(&t->err, E_DEST_PROTOCOL, "%s: the server answers %d, "
	    "look at '%.300s'; redirects are not followed", t->name,
	    t->head.status, where.len > 0 ? buf_str(&where) : "");
	return err_next(&t->err,
	    "check the address in the mirror's settings");
}

/* The head is whole: does it promise something that we want? */
static int
judge_head(struct http_try *t)
{
	if (http_head_redirects(&t->head))
		return redirected(t);
	if (t->head.has_length && t->head.length > body_max(t) &&
	    strcmp(t->r->method, "HEAD") != 0)
		return too_big(t);
	return 0;
}

/* libcurl's callback: a line.  Another return than the size ends it. */
static size_t
on_head(char *at, size_t size, size_t count, void *ctx)
{
	struct http_try *t = ctx;
	struct err err = ERR_INIT;
	size_t len = size * count;
	int was_whole = t->head.whole;

	t->head_bytes += len;
	t->h->totals.bytes += len;
	if (t->head_bytes > HTTP_HEADERS_MAX) {
		(void)err_set(&t->err, E_DEST_PROTOCOL,
		    "%s: the answer has more than %u bytes of headers",
		    t->name, HTTP_HEADERS_MAX);
		return 0;
	}
	if (http_head_line(&t->head, at, len, &err) < 0) {
		(void)err_set(&t->err, err.code,
		    "%s: the answer is not as HTTP must be: %s", t->name,
		    err.text);
		return 0;
	}
	if (t->head.whole && !was_whole && judge_head(t) < 0)
		return 0;
	return len;
}

/* libcurl's callback: a piece of the body. */
static size_t
on_body(char *at, size_t size, size_t count, void *ctx)
{
	struct http_try *t = ctx;
	size_t len = size * count;

	t->h->totals.bytes += len;
	if (len > body_max(t) - t->a->length) {
		(void)too_big(t);
		return 0;
	}
	t->a->length += len;
	if (!to_sink(t)) {
		buf_add(&t->a->body, at, len);
		return buf_check(&t->a->body, &t->err) < 0 ? 0 : len;
	}
	if (!t->head.has_length && !t->head.chunked) {
		(void)err_set(&t->err, E_DEST_PROTOCOL,
		    "%s: the answer does not say where it ends", t->name);
		return 0;
	}
	t->passed = 1;
	return t->r->sink(t->r->ctx, at, len, &t->err) < 0 ? 0 : len;
}

/* libcurl's callback: connected, about to send.  When a kept connection
 * turns out dead, libcurl sends again by itself; what may go out once only
 * does not. */
static int
on_send(void *ctx, char *to_ip, char *from_ip, int to_port, int from_port)
{
	struct http_try *t = ctx;

	(void)to_ip;
	(void)from_ip;
	(void)to_port;
	(void)from_port;
	if (t->sent > 0 && t->r->kind == HTTP_ONCE) {
		(void)err_set(&t->err, E_DEST_PROTOCOL,
		    "%s: the connection was closed before an answer", t->name);
		return CURL_PREREQFUNC_ABORT;
	}
	t->sent++;
	t->h->totals.requests++;
	return CURL_PREREQFUNC_OK;
}

/* --- what goes --------------------------------------------------------- */

static void
list_freep(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static int
list_add(struct curl_slist **list, const char *line, struct err *err)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		return err_oom(err);
	*list = more;
	return 0;
}

static int
list_headers(struct curl_slist **list, const struct http *h,
    const struct http_request *r, struct err *err)
{
	CLEANUP(buf_clear) struct buf accept = BUF_INIT, type = BUF_INIT;
	int rc;

	buf_addf(&accept, "Accept: %s",
	    r->accept != NULL ? r->accept : "application/json");
	buf_addf(&type, "Content-Type: %s",
	    r->type != NULL ? r->type : "application/json");
	if (buf_str(&accept) == NULL || buf_str(&type) == NULL)
		return err_oom(err);
	if ((rc = list_add(list, accept.at, err)) < 0 ||
	    (rc = list_add(list, "Accept-Encoding: identity", err)) < 0 ||
	    (rc = list_add(list, "User-Agent: satchel", err)) < 0 ||
	    (rc = list_add(list, "Expect:", err)) < 0)
		return rc;
	if (r->body != NULL && (rc = list_add(list, type.at, err)) < 0)
		return rc;
	return h->secret.len > 0 ? list_add(list, h->secret.at, err) : 0;
}

/* These return not 0 when an option could not be set: no memory. */
static int
set_method(CURL *c, const struct http_request *r)
{
	int bad = 0;

	if (strcmp(r->method, "HEAD") == 0)
		return (int)curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (strcmp(r->method, "GET") == 0)
		return (int)curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_POST, 1L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	bad |= (int)curl_easy_setopt(c, CURLOPT_POSTFIELDS,
	    r->body != NULL ? r->body : "");
	bad |= (int)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)(r->body != NULL ? r->body_len : 0));
	return bad;
}

static int
set_limits(CURL *c, const struct http_try *t, uint64_t left_ms)
{
	const struct http *h = t->h;
	uint64_t ms = left_ms < h->request_ms ? left_ms : h->request_ms;
	int bad = 0;

	bad |= (int)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)ms);
	bad |= (int)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)h->connect_ms);
	bad |= (int)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	bad |= (int)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, h->stall_s);
	bad |= (int)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	if (t->r->kind == HTTP_ONCE)
		bad |= (int)curl_easy_setopt(c, CURLOPT_MAXAGE_CONN,
		    ONCE_IDLE_S);
	return bad;
}

/* What may be spoken, with whom.  CAPATH has a default beside CAINFO. */
static int
set_trust(CURL *c, const struct http *h)
{
	int bad = 0;

	bad |= (int)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= (int)curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	bad |= (int)curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_NETRC,
	    (long)CURL_NETRC_IGNORED);
	bad |= (int)curl_easy_setopt(c, CURLOPT_PROXY,
	    h->proxy != NULL ? h->proxy : "");
	bad |= (int)curl_easy_setopt(c, CURLOPT_NOPROXY, "");
	bad |= (int)curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	bad |= (int)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= (int)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (h->ca_file != NULL) {
		bad |= (int)curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
		bad |= (int)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	return bad;
}

static int
set_callbacks(CURL *c, struct http_try *t)
{
	int bad = 0;

	bad |= (int)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
	bad |= (int)curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	bad |= (int)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	bad |= (int)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	bad |= (int)curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_send);
	bad |= (int)curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
	bad |= (int)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->text);
	return bad;
}

static int
set_url(CURL *c, const struct http_try *t)
{
	CLEANUP(buf_clear) struct buf url = BUF_INIT;

	buf_adds(&url, t->h->base);
	buf_adds(&url, t->r->path);
	return buf_str(&url) == NULL ||
	    curl_easy_setopt(c, CURLOPT_URL, url.at) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L) != CURLE_OK;
}

/* --- a try ------------------------------------------------------------- */

/* Name what libcurl failed with, and whether it may pass. */
static void
transport_error(struct http_try *t, CURLcode rc)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	const char *said = t->text[0] != '\0' ? t->text :
	    curl_easy_strerror(rc);
	enum err_code code = t->sent > 0 ? E_DEST_PROTOCOL :
	    E_DEST_UNAVAILABLE;

	t->again = t->sent == 0;
	switch (rc) {
	case CURLE_OUT_OF_MEMORY:
		code = E_INTERNAL;
		t->again = 0;
		break;
	case CURLE_SSL_CACERT_BADFILE:
		code = E_CONFIG;
		t->again = 0;
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		t->again = 0;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		code = E_DEST_UNAVAILABLE;
		t->again = 1;
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		t->again = 1;
		break;
	default:
		break;
	}
	text_safe(&text, said, strlen(said));
	(void)err_set(&t->err, code, "%s: %.400s", t->name,
	    text.len > 0 ? buf_str(&text) : "failed");
	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		(void)err_next(&t->err, "if the server is the right one, name "
		    "the certificate of its authority as ca-file in the "
		    "mirror's settings");
}

static void
count_wait(struct http_try *t)
{
	curl_off_t all = 0, before = 0;

	if (t->sent == 0 || curl_easy_getinfo(t->h->curl,
	    CURLINFO_TOTAL_TIME_T, &all) != CURLE_OK ||
	    curl_easy_getinfo(t->h->curl, CURLINFO_PRETRANSFER_TIME_T,
	    &before) != CURLE_OK || before > all)
		return;
	t->h->totals.wait_us += (uint64_t)(all - before);
}

/* What an end of libcurl means. */
static int
judge(struct http_try *t, CURLcode rc)
{
	t->a->status = t->head.whole ? t->head.status : 0;
	t->a->date = t->head.date;
	memcpy(t->a->type, t->head.type, sizeof t->a->type);
	if (t->err.code != E_OK)
		return -(int)t->err.code;
	if (rc != CURLE_OK) {
		transport_error(t, rc);
		return -(int)t->err.code;
	}
	if (!t->head.whole)
		return err_set(&t->err, E_DEST_PROTOCOL,
		    "%s: the answer has no head of HTTP", t->name);
	if (http_is_busy(t->head.status)) {
		t->again = 1;
		(void)err_set(&t->err, E_DEST_UNAVAILABLE,
		    "%s: the server is busy or away (status %d)", t->name,
		    t->head.status);
		return err_next(&t->err, "try again later");
	}
	return 0;
}

/* Forget the options, before what they point at is gone; connections stay. */
static void
reset(CURL **c)
{
	curl_easy_reset(*c);
}

int
http_try(struct http_try *t, uint64_t left_ms)
{
	CLEANUP(list_freep) struct curl_slist *list = NULL;
	CLEANUP(reset) CURL *c = t->h->curl;
	CURLcode code;
	int rc;

	buf_reset(&t->a->body);
	*t->a = (struct http_answer){ .body = t->a->body, .date = -1 };
	if (list_headers(&list, t->h, t->r, &t->err) < 0)
		return -(int)t->err.code;
	if (set_trust(c, t->h) || set_limits(c, t, left_ms) ||
	    set_callbacks(c, t) || set_method(c, t->r) || set_url(c, t) ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list) != CURLE_OK)
		return err_oom(&t->err);
	code = curl_easy_perform(c);
	count_wait(t);
	rc = judge(t, code);

	/* What went out once may have been carried out, unless the server
	 * says that it was not. */
	if (rc < 0 && t->r->kind == HTTP_ONCE && t->sent > 0 &&
	    !http_is_refusal(t->a->status)) {
		t->again = 0;
		t->a->unclear = 1;
	}
	return rc;
}
