/* http_head.h: what the header lines of an answer say (RFC 9110, RFC 9112),
 * for http.c.  Nothing but http.c and the tests need it. */
#ifndef SATCHEL_HTTP_HEAD_H
#define SATCHEL_HTTP_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

#define HTTP_VALUE_MAX 256		/* of a header that we read */

struct http_head {
	int status;			/* 0: no status line yet */
	int whole;			/* the empty line came; status >= 200 */
	int has_length, chunked;
	uint64_t length;		/* Content-Length */
	char type[128];			/* as in http_answer */
	int64_t date;			/* -1: none */
	char retry_after[64];		/* "" if none */
	char location[HTTP_VALUE_MAX];	/* as sent, cut to fit; "" if none */
};
#define HTTP_HEAD_INIT { .date = -1 }

/* Take one line with its line end.  A status line begins a new answer; the
 * fields of interim answers (1xx), and what follows the empty line (trailers),
 * are passed over.  E_DEST_PROTOCOL (the text begins with "it "): a
 * Content-Length twice, beside Transfer-Encoding or not a number, any
 * Content-Encoding, a Transfer-Encoding but "chunked", a status line that is
 * none, status 101. */
int http_head_line(struct http_head *h, const char *line, size_t len,
    struct err *err);

/* Is the status a redirect?  With http_head.location, to a login form? */
int http_head_redirects(const struct http_head *h);
int http_head_to_login(const struct http_head *h);

#endif
