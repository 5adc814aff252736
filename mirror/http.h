/* http.h: one HTTP server, spoken to with bounds (libcurl below).
 *
 * Every request has a deadline, a floor of speed and a cap on the bytes of
 * headers and body, counted here.  Redirects are not followed, bodies are not
 * decoded, http and https are the only protocols; the environment (proxies,
 * .netrc, SSLKEYLOGFILE) has no say.  TLS 1.2 and up, verified, always.
 * Credentials go to the one host of the base address and into no error text.
 *
 * What failed before anything was sent is tried again with growing, random
 * waits, and so are 408, 429, 502, 503, 504 and, once, 500; Retry-After is
 * obeyed within bounds; a whole run of tries has a deadline.  A request that
 * is not safe to repeat (HTTP_ONCE) is never sent again once it may have been
 * carried out: only 408 and 429 say that it was not (RFC 9110 section 15.5.9,
 * RFC 6585 section 4).  Its end is else *unclear* (http_answer.unclear), and
 * the caller looks what became of it.
 *
 * Connections are kept and used again.  Not for several threads.
 */
#ifndef SATCHEL_HTTP_H
#define SATCHEL_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"

#define HTTP_BODY_MAX 16777216u		/* of an answer held in memory */
#define HTTP_HEADERS_MAX 65536u		/* of a try, interim answers too */
#define HTTP_URL_MAX 65536u
#define HTTP_NAME_MAX 400		/* of http_name, NUL included */

struct http_config {			/* all borrowed until http_new
					 * returns */
	const char *base;		/* http(s)://host[:port][/path], no
					 * user, query or fragment; ASCII */
	const char *user, *password;	/* Basic; NULL: none */
	const char *bearer;		/* or a token; NULL: none */
	const char *ca_file;		/* PEM; these and no others are
					 * trusted; NULL: the system's */
	const char *proxy;		/* http://host:port; NULL: none */
	unsigned connect_s;		/* 0: 15 */
	unsigned request_s;		/* deadline of one try; 0: 300 */
	unsigned stall_s;		/* under 100 bytes/s so long, silence
					 * before the answer included; 0: 60 */
	unsigned tries;			/* 0: 5 */
	unsigned total_s;		/* of all tries of a request; 0: 900 */
	unsigned wait_ms;		/* before the second try; 0: 1000 */
	unsigned wait_max_ms;		/* before any try; 0: 120000 */
};

struct http;

/* E_CONFIG: an address, credential or file that cannot be.  The first call
 * takes SSLKEYLOGFILE out of the environment: libcurl would obey it. */
int http_new(struct http **ret, const struct http_config *c, struct err *err);
void http_freep(struct http **h);	/* wipes credentials */

/* The file and the folder of certificates that libcurl was built to trust
 * (curl_version_info(3)); NULL: none.  They are never freed. */
void http_trusted(const char **ret_file, const char **ret_folder);

enum http_kind { HTTP_SAFE, HTTP_ONCE };

struct http_request {
	const char *method;		/* GET, POST, PATCH, HEAD */
	enum http_kind kind;
	const char *path;		/* after base, begins with '/', already
					 * percent-encoded, query included */
	const char *accept;		/* NULL: application/json */
	const char *type;		/* of the body; NULL: the same */
	const char *body;		/* NULL: none */
	size_t body_len;
	int see_denied;			/* http_json: 401 and 403 are answers */

	/* For a body of status 2xx that is not held: called with each piece; a
	 * negative return, with `err` set, ends the transfer and is returned
	 * by http_run.  Such a body must say where it ends (Content-Length or
	 * chunked): else a cut would look like an end.  A try after one that
	 * gave pieces begins with `restart`.  Both or neither; NULL: held in
	 * http_answer.body, as other statuses' bodies always are. */
	int (*sink)(void *ctx, const char *at, size_t len, struct err *err);
	int (*restart)(void *ctx, struct err *err);
	void *ctx;
	uint64_t max;			/* bytes of body; 0: HTTP_BODY_MAX */
};

struct http_answer {
	int status;			/* 200..599; 0: none came */
	int unclear;			/* HTTP_ONCE: may have been carried
					 * out; set with an error */
	char type[128];			/* media type, lower case, no
					 * parameters; "" if none */
	uint64_t length;		/* bytes of body received */
	int64_t date;			/* of the Date header, seconds since
					 * 1970; -1: none */
	struct buf body;
};
#define HTTP_ANSWER_INIT { .status = 0 }
void http_answer_clear(struct http_answer *a);

/* Any status that is final is good here (401, 404 and 500 too), but a
 * redirect.  `ret` is overwritten; its buffer is used again.
 * E_DEST_UNAVAILABLE: no connection, no trust in it, too slow, or still busy
 * after all tries; E_DEST_PROTOCOL: not HTTP as it should be, too big, cut
 * short, encoded though not asked for, a redirect; E_DEST_AUTH: a redirect to
 * a login form.
 * Errors name method and path (without query), never credentials. */
int http_run(struct http *h, const struct http_request *r,
    struct http_answer *ret, struct err *err);

/* "GET /path", without the query, cut to fit, for errors. */
void http_name(char ret[HTTP_NAME_MAX], const struct http_request *r);

/* Requests sent so far, bytes of headers and bodies received, and
 * microseconds spent between the beginning of a request and the end of its
 * answer. */
struct http_totals {
	uint64_t requests, bytes, wait_us;
};
struct http_totals http_totals(const struct http *h);

/* Append text percent-encoded (RFC 3986: unreserved stay; with `slash`, '/'
 * stays too). */
void http_escape(struct buf *out, const char *text, size_t len, int slash);

#endif
