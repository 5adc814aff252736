/* http_try.h: one request sent once, and its answer judged; for http.c. */
#ifndef SATCHEL_HTTP_TRY_H
#define SATCHEL_HTTP_TRY_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "http_head.h"

struct http {
	CURL *curl;
	char *base, *ca_file, *proxy;	/* owned; the last two may be NULL */
	struct buf secret;		/* "Authorization: ..."; empty: none */
	uint64_t connect_ms, request_ms, total_ms, wait_ms, wait_max_ms;
	long stall_s;
	unsigned tries;
	struct http_totals totals;
};

/* Filled by the caller down to `name`, with head and err at their INIT. */
struct http_try {
	struct http *h;
	const struct http_request *r;
	struct http_answer *a;
	const char *name;		/* http_name, for errors */

	struct http_head head;
	size_t head_bytes;
	unsigned sent;			/* times that it went out */
	int passed;			/* the sink has had something */
	int again;			/* what failed may pass */
	char text[CURL_ERROR_SIZE];	/* what libcurl says */
	struct err err;
};

/* Send the request, for left_ms (> 0) or the deadline of a try at most, and
 * fill the answer.  Fails as http_run does, into t->err; t->again says
 * whether it may be sent again. */
int http_try(struct http_try *t, uint64_t left_ms);

#endif
