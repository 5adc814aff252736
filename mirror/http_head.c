#include "http_head.h"

#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "../base/text.h"

#define LENGTH_MAX INT64_MAX

struct value {
	const char *at;
	size_t len;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct value
trim(const char *at, size_t len)
{
	while (len > 0 && is_blank(at[len - 1]))
		len--;
	while (len > 0 && is_blank(*at)) {
		at++;
		len--;
	}
	return (struct value){ at, len };
}

static int
says(struct value v, const char *word)
{
	return v.len == strlen(word) && strncasecmp(v.at, word, v.len) == 0;
}

/* As a string of `size` bytes; what is longer is cut. */
static void
keep(char *out, size_t size, struct value v)
{
	size_t n = v.len < size ? v.len : size - 1;

	memcpy(out, v.at, n);
	out[n] = '\0';
}

/* "HTTP/1.1 200 OK": a new answer begins. */
static int
status_line(struct http_head *h, const char *line, size_t len,
    struct err *err)
{
	const char *p = memchr(line, ' ', len);
	uint64_t status;

	*h = (struct http_head)HTTP_HEAD_INIT;
	if (p == NULL || (size_t)(line + len - p) < 4 ||
	    text_number(&status, p + 1, 3, 599) != 0 || status < 100)
		return err_set(err, E_DEST_PROTOCOL,
		    "it begins with no status of HTTP");
	if (status == 101)
		return err_set(err, E_DEST_PROTOCOL,
		    "it changes the protocol though not asked to");
	h->status = (int)status;
	return 0;
}

static int
content_length(struct http_head *h, struct value v, struct err *err)
{
	if (h->has_length)
		return err_set(err, E_DEST_PROTOCOL,
		    "it has two Content-Lengths");
	h->has_length = 1;
	/* Zeros may lead a Content-Length. */
	while (v.len > 1 && *v.at == '0') {
		v.at++;
		v.len--;
	}
	if (text_number(&h->length, v.at, v.len, LENGTH_MAX) != 0)
		return err_set(err, E_DEST_PROTOCOL,
		    "it has a Content-Length that is no number");
	return 0;
}

static int
transfer_encoding(struct http_head *h, struct value v, struct err *err)
{
	if (h->chunked || !says(v, "chunked"))
		return err_set(err, E_DEST_PROTOCOL,
		    "it has another Transfer-Encoding than chunked");
	h->chunked = 1;
	return 0;
}

/* The media type before any ';', or "" if it is none of ours to know. */
static void
content_type(struct http_head *h, struct value v)
{
	const char *end = memchr(v.at, ';', v.len);
	size_t i;

	v = trim(v.at, end != NULL ? (size_t)(end - v.at) : v.len);
	if (h->type[0] != '\0' || v.len >= sizeof h->type)
		return;
	for (i = 0; i < v.len; i++)
		if (v.at[i] <= ' ' || v.at[i] > '~')
			return;
	for (i = 0; i < v.len; i++)
		h->type[i] = (char)tolower((unsigned char)v.at[i]);
	h->type[v.len] = '\0';
}

static int64_t
date(struct value v)
{
	char text[64];
	int64_t seconds;

	keep(text, sizeof text, v);
	seconds = (int64_t)curl_getdate(text, NULL);
	return seconds < 0 ? -1 : seconds;
}

static int
field(struct http_head *h, struct value name, struct value v,
    struct err *err)
{
	if (says(name, "Content-Length"))
		return content_length(h, v, err);
	if (says(name, "Transfer-Encoding"))
		return transfer_encoding(h, v, err);
	if (says(name, "Content-Encoding") && !says(v, "identity"))
		return err_set(err, E_DEST_PROTOCOL,
		    "it is encoded (Content-Encoding) though not asked for");
	if (says(name, "Content-Type"))
		content_type(h, v);
	else if (says(name, "Date"))
		h->date = date(v);
	else if (says(name, "Retry-After"))
		keep(h->retry_after, sizeof h->retry_after, v);
	else if (says(name, "Location"))
		keep(h->location, sizeof h->location, v);
	return 0;
}

int
http_head_line(struct http_head *h, const char *line, size_t len,
    struct err *err)
{
	const char *colon;

	if (h->whole)
		return 0;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		return status_line(h, line, len, err);
	if (trim(line, len).len == 0) {
		h->whole = h->status >= 200;
		if (h->chunked && h->has_length)
			return err_set(err, E_DEST_PROTOCOL,
			    "it has Content-Length and Transfer-Encoding");
		return 0;
	}
	if (h->status < 200 || (colon = memchr(line, ':', len)) == NULL)
		return 0;
	return field(h, trim(line, (size_t)(colon - line)),
	    trim(colon + 1, (size_t)(line + len - colon - 1)), err);
}

int
http_head_redirects(const struct http_head *h)
{
	return h->status >= 300 && h->status < 400 && h->status != 304;
}

int
http_head_to_login(const struct http_head *h)
{
	size_t n = strcspn(h->location, "?#");

	return (n >= 5 && strncmp(h->location + n - 5, "login", 5) == 0) ||
	    (n >= 10 && strncmp(h->location + n - 10, "login_form", 10) == 0);
}
