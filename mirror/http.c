#include "http.h"

#include <curl/curl.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "../base/text.h"
#include "http_try.h"
#include "http_wait.h"

#define SECRET_MAX 8192u		/* of user and password, of a token */

/* --- making ------------------------------------------------------------ */

static int
is_graph(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return 0;
	return 1;
}

/* libcurl's memory, wiped when it is let go: among it are copies of the
 * credentials in requests. */
static void
wipe_free(void *at)
{
	if (at != NULL)
		sodium_memzero(at, malloc_usable_size(at));
	free(at);
}

static void *
wipe_realloc(void *at, size_t size)
{
	size_t had = at != NULL ? malloc_usable_size(at) : 0;
	void *to = malloc(size);

	if (to == NULL)
		return NULL;
	if (at != NULL)
		memcpy(to, at, had < size ? had : size);
	wipe_free(at);
	return to;
}

static int
global_init(struct err *err)
{
	static int done;

	if (!done) {
		(void)unsetenv("SSLKEYLOGFILE");
		if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc,
		    wipe_free, wipe_realloc, strdup, calloc) != CURLE_OK)
			return err_oom(err);
		done = 1;
	}
	return 0;
}

void
http_trusted(const char **ret_file, const char **ret_folder)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	*ret_file = v->cainfo;
	*ret_folder = v->capath;
}

static void
url_freep(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void
part_freep(char **text)
{
	curl_free(*text);
}

static int
has_part(CURLU *u, CURLUPart part)
{
	CLEANUP(part_freep) char *text = NULL;

	return curl_url_get(u, part, &text, 0) == CURLUE_OK;
}

/* http(s)://host[:port][/path] and nothing else? */
static int
is_address(const char *text)
{
	CLEANUP(url_freep) CURLU *u = curl_url();
	size_t head = strncasecmp(text, "http://", 7) == 0 ? 7 :
	    strncasecmp(text, "https://", 8) == 0 ? 8 : 0;

	return u != NULL && head != 0 && text[head] != '/' &&
	    strlen(text) < HTTP_URL_MAX / 2 && is_graph(text) &&
	    strpbrk(text, "?#\\") == NULL &&
	    curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    has_part(u, CURLUPART_HOST) && !has_part(u, CURLUPART_USER) &&
	    !has_part(u, CURLUPART_PASSWORD) &&
	    !has_part(u, CURLUPART_OPTIONS);
}

/* A copy without the slashes at its end. */
static int
keep_address(char **ret, const char *text, const char *what,
    struct err *err)
{
	size_t len = strlen(text);

	if (!is_address(text)) {
		(void)err_set(err, E_CONFIG, "the %s is no address", what);
		return err_next(err, "write http://host or https://host, with "
		    ":port and /path if needed; no user, '?' or '#'");
	}
	while (text[len - 1] == '/')
		len--;
	return (*ret = strndup(text, len)) == NULL ? err_oom(err) : 0;
}

static int
keep_proxy(struct http *h, const char *text, struct err *err)
{
	size_t end;
	int rc;

	if (text == NULL)
		return 0;
	if ((rc = keep_address(&h->proxy, text, "proxy", err)) < 0)
		return rc;
	end = strlen(text);
	while (end > 7 && text[end - 1] == '/')
		end--;
	if (strncasecmp(text, "http://", 7) != 0 ||
	    memchr(text + 7, '/', end - 7) != NULL)
		return err_set(err, E_CONFIG,
		    "the proxy is not of the form http://host:port");
	return 0;
}

/* RFC 7617: no ':' in the user, no control characters. */
static int
is_basic(const char *user, const char *password)
{
	const char *p;

	for (p = user; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == ':')
			return 0;
	for (p = password; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return 0;
	return *user != '\0' && strlen(user) + strlen(password) <= SECRET_MAX;
}

static int
keep_basic(struct http *h, const char *user, const char *password,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf plain = BUF_SECRET;

	if (!is_basic(user, password))
		return err_set(err, E_CONFIG, "the user or the password for "
		    "the server is empty, too long, or has a character that "
		    "cannot be sent");
	buf_adds(&plain, user);
	buf_addc(&plain, ':');
	buf_adds(&plain, password);
	if (buf_check(&plain, err) < 0)
		return -(int)err->code;
	buf_adds(&h->secret, "Authorization: Basic ");
	text_base64(&h->secret, plain.at, plain.len, 1);
	return buf_str(&h->secret) == NULL ? err_oom(err) : 0;
}

/* RFC 6750: a token68. */
static int
keep_bearer(struct http *h, const char *token, struct err *err)
{
	size_t n = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~+/");

	n += strspn(token + n, "=");
	if (n == 0 || token[n] != '\0' || n > SECRET_MAX)
		return err_set(err, E_CONFIG, "the token for the server is "
		    "empty, too long, or has a character that cannot be sent");
	buf_adds(&h->secret, "Authorization: Bearer ");
	buf_adds(&h->secret, token);
	return buf_str(&h->secret) == NULL ? err_oom(err) : 0;
}

static int
keep_secret(struct http *h, const struct http_config *c, struct err *err)
{
	if (c->user != NULL && c->bearer != NULL)
		return err_set(err, E_CONFIG,
		    "both a user and a token for the server");
	if (c->user != NULL)
		return keep_basic(h, c->user,
		    c->password != NULL ? c->password : "", err);
	return c->bearer != NULL ? keep_bearer(h, c->bearer, err) : 0;
}

static int
keep_ca_file(struct http *h, const char *path, struct err *err)
{
	if (path == NULL)
		return 0;
	if (access(path, R_OK) != 0)
		return err_set(err, E_CONFIG,
		    "cannot read the certificates in '%s'", path);
	return (h->ca_file = strdup(path)) == NULL ? err_oom(err) : 0;
}

static unsigned
or_default(unsigned value, unsigned otherwise)
{
	return value != 0 ? value : otherwise;
}

int
http_new(struct http **ret, const struct http_config *c, struct err *err)
{
	CLEANUP(http_freep) struct http *h = calloc(1, sizeof *h);
	int rc;

	if (h == NULL)
		return err_oom(err);
	h->secret.secret = 1;
	h->connect_ms = or_default(c->connect_s, 15) * (uint64_t)1000;
	h->request_ms = or_default(c->request_s, 300) * (uint64_t)1000;
	h->total_ms = or_default(c->total_s, 900) * (uint64_t)1000;
	h->stall_s = (long)or_default(c->stall_s, 60);
	h->tries = or_default(c->tries, 5);
	h->wait_ms = or_default(c->wait_ms, 1000);
	h->wait_max_ms = or_default(c->wait_max_ms, 120000);
	if ((rc = global_init(err)) < 0 ||
	    (rc = keep_address(&h->base, c->base, "address of the server",
	    err)) < 0 ||
	    (rc = keep_proxy(h, c->proxy, err)) < 0 ||
	    (rc = keep_secret(h, c, err)) < 0 ||
	    (rc = keep_ca_file(h, c->ca_file, err)) < 0)
		return rc;
	if ((h->curl = curl_easy_init()) == NULL)
		return err_oom(err);
	*ret = h;
	h = NULL;
	return 0;
}

void
http_freep(struct http **h)
{
	if (*h == NULL)
		return;
	curl_easy_cleanup((*h)->curl);
	free((*h)->base);
	free((*h)->ca_file);
	free((*h)->proxy);
	buf_clear(&(*h)->secret);
	free(*h);
	*h = NULL;
}

void
http_answer_clear(struct http_answer *a)
{
	buf_clear(&a->body);
	*a = (struct http_answer)HTTP_ANSWER_INIT;
}

struct http_totals
http_totals(const struct http *h)
{
	return h->totals;
}

void
http_name(char ret[HTTP_NAME_MAX], const struct http_request *r)
{
	(void)snprintf(ret, HTTP_NAME_MAX, "%s %.*s", r->method,
	    (int)strcspn(r->path, "?"), r->path);
}

void
http_escape(struct buf *out, const char *text, size_t len, int slash)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~' || (c == '/' && slash))
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

/* --- a run ------------------------------------------------------------- */

static int
is_one_line(const char *text)
{
	return text == NULL || strpbrk(text, "\r\n") == NULL;
}

static int
is_request(const struct http *h, const struct http_request *r)
{
	return r->path[0] == '/' && strchr(r->path, '#') == NULL &&
	    is_graph(r->path) &&
	    strlen(h->base) + strlen(r->path) <= HTTP_URL_MAX &&
	    is_one_line(r->accept) && is_one_line(r->type) &&
	    (r->sink == NULL) == (r->restart == NULL);
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
sleep_ms(uint64_t ms)
{
	struct timespec ts = { .tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) != 0)
		;
}

/* Wait before the next try.  0: there is none. */
static int
may_wait(const struct http_try *t, unsigned tries, uint64_t deadline)
{
	const struct http *h = t->h;
	int64_t now = t->head.date >= 0 ? t->head.date : (int64_t)time(NULL);
	uint64_t ms;

	if (tries >= h->tries)
		return 0;
	ms = http_wait(tries, t->head.retry_after, now, h->wait_ms,
	    h->wait_max_ms);
	if (now_ms() + ms >= deadline)
		return 0;
	sleep_ms(ms);
	return 1;
}

/* The error of the last try becomes the caller's. */
static int
give_up(const struct http_try *t, unsigned tries, struct err *err)
{
	size_t n;

	if (err->code != E_OK)
		return -(int)err->code;
	*err = t->err;
	n = strlen(err->text);
	if (t->a->unclear)
		(void)snprintf(err->text + n, sizeof err->text - n,
		    "; it may have been carried out");
	else if (tries > 1)
		(void)snprintf(err->text + n, sizeof err->text - n,
		    " (%u tries)", tries);
	return -(int)err->code;
}

int
http_run(struct http *h, const struct http_request *r,
    struct http_answer *ret, struct err *err)
{
	uint64_t now, deadline = now_ms() + h->total_ms;
	char name[HTTP_NAME_MAX];
	struct http_try t;
	unsigned tries;
	int rc;

	http_name(name, r);
	if (!is_request(h, r))
		return err_set(err, E_INTERNAL, "%s: no request of HTTP",
		    name);
	for (tries = 1;; tries++) {
		t = (struct http_try){ .h = h, .r = r, .a = ret, .name = name,
		    .head = HTTP_HEAD_INIT, .err = ERR_INIT };
		now = now_ms();
		rc = http_try(&t, now < deadline ? deadline - now : 1);
		/* 500: one transaction may fail against another. */
		if (rc >= 0 && (ret->status != 500 || tries > 1 ||
		    r->kind == HTTP_ONCE))
			return 0;
		if ((rc < 0 && !t.again) || !may_wait(&t, tries, deadline))
			return rc < 0 ? give_up(&t, tries, err) : 0;
		if (t.passed && (rc = r->restart(r->ctx, err)) < 0)
			return rc;
	}
}
