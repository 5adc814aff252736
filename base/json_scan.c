#include "json_scan.h"

#include <string.h>

#include "json_token.h"
#include "text.h"

/* An open array or object, and in an object its newest key. */
struct level {
	const unsigned char *key;	/* after its quote; NULL: none yet */
	size_t len;
	int escaped;			/* the key has a backslash */
	unsigned char close;		/* '}' or ']' */
};

struct scan {
	struct json_text t;
	unsigned depth, max;
	struct level level[JSON_TOKEN_DEPTH_MAX];
};

/* Length of the escape at `p` if it is one that RFC 8785 section 3.2.2.2
 * would write, else 0. */
static size_t
escape_len(const unsigned char *p, const unsigned char *end)
{
	size_t left = (size_t)(end - p);

	if (left < 2 || p[1] == '\0')
		return 0;
	if (strchr("\"\\bfnrt", p[1]) != NULL)
		return 2;
	if (left < 6 || memcmp(p, "\\u00", 4) != 0)
		return 0;
	if (p[4] == '0')
		return (p[5] >= '0' && p[5] <= '7') || p[5] == 'b' ||
		    p[5] == 'e' || p[5] == 'f' ? 6 : 0;
	if (p[4] == '1')
		return (p[5] >= '0' && p[5] <= '9') ||
		    (p[5] >= 'a' && p[5] <= 'f') ? 6 : 0;
	return 0;
}

/* From behind the opening quote; returns the place of the closing one. */
static const unsigned char *
scan_string(const struct json_text *t, const unsigned char *p,
    int *ret_escaped)
{
	size_t n;

	*ret_escaped = 0;
	for (;;) {
		p = json_token_run(p, t->end);
		if (p == t->end)
			return json_token_fail(t, p, "a closing '\"'");
		if (*p == '"')
			return p;
		if (*p < 0x20)
			return json_token_fail(t, p, "a character");
		if (*p == '\\') {
			if ((n = escape_len(p, t->end)) == 0)
				return json_token_fail(t, p + 1,
				    "an escape of RFC 8785");
			*ret_escaped = 1;
		} else if ((n = json_token_utf8(p, t->end)) == 0) {
			return json_token_fail(t, p, "UTF-8");
		}
		p += n;
	}
}

/* Order of the newest key on this level and the one that follows it. */
static int
key_cmp(const struct level *at, const unsigned char *key, size_t len,
    int escaped)
{
	size_t least = at->len < len ? at->len : len;
	int cmp;

	if (at->escaped || escaped)
		return json_key_cmp(
		    (struct json_span){ (const char *)at->key, at->len },
		    (struct json_span){ (const char *)key, len });
	cmp = memcmp(at->key, key, least);
	if (cmp != 0)
		return cmp;
	return (at->len > len) - (at->len < len);
}

/* A key and its colon. */
static const unsigned char *
scan_key(struct scan *s, const unsigned char *p)
{
	struct level *at = &s->level[s->depth - 1];
	const unsigned char *key, *end = s->t.end;
	int escaped, cmp;

	if (p == end || *p != '"')
		return json_token_fail(&s->t, p, "a key");
	key = p + 1;
	if ((p = scan_string(&s->t, key, &escaped)) == NULL)
		return NULL;
	if (at->key != NULL) {
		cmp = key_cmp(at, key, (size_t)(p - key), escaped);
		if (cmp >= 0)
			return json_token_bad_key(&s->t, key - 1, cmp == 0);
	}
	at->key = key;
	at->len = (size_t)(p - key);
	at->escaped = escaped;
	p++;
	if (p == end || *p != ':')
		return json_token_fail(&s->t, p, "':' after a key");
	return p + 1;
}

/* Down to a scalar, past it; or to the end of an empty container. */
static const unsigned char *
scan_value(struct scan *s, const unsigned char *p)
{
	const unsigned char *end = s->t.end;
	unsigned char close;
	int escaped;

	for (;;) {
		if (p < end && *p == '"') {
			p = scan_string(&s->t, p + 1, &escaped);
			return p == NULL ? NULL : p + 1;
		}
		if (p == end || (*p != '{' && *p != '['))
			return json_token_scalar(&s->t, p);
		if (s->depth == s->max)
			return json_token_too_deep(&s->t, p, s->max);
		close = *p == '{' ? '}' : ']';
		s->level[s->depth].key = NULL;
		s->level[s->depth++].close = close;
		p++;
		if (p < end && *p == close)
			return p;
		if (close == '}' && (p = scan_key(s, p)) == NULL)
			return NULL;
	}
}

/* Up from behind a value to where the next one starts, or to the end. */
static const unsigned char *
scan_after(struct scan *s, const unsigned char *p)
{
	const unsigned char *end = s->t.end;
	unsigned char close;

	for (; s->depth > 0; s->depth--, p++) {
		close = s->level[s->depth - 1].close;
		if (p < end && *p == close)
			continue;
		if (p == end || *p != ',')
			return json_token_fail(&s->t, p, close == '}' ?
			    "',' or '}'" : "',' or ']'");
		return close == '}' ? scan_key(s, p + 1) : p + 1;
	}
	return p;
}

int
json_scan(const char *text, size_t len, unsigned depth, struct err *err)
{
	const unsigned char *p = (const unsigned char *)(len > 0 ? text : "");
	struct scan s;

	s.t = (struct json_text){ p, p + len, err };
	s.depth = 0;
	s.max = depth < JSON_TOKEN_DEPTH_MAX ? depth : JSON_TOKEN_DEPTH_MAX;
	do {
		if ((p = scan_value(&s, p)) != NULL)
			p = scan_after(&s, p);
	} while (p != NULL && s.depth > 0);
	if (p != NULL && p != s.t.end)
		p = json_token_fail(&s.t, p, "the end");
	return p == NULL ? -(int)err->code : 0;
}

/*
 * The walk: of text that has passed, so only the ends of things are looked
 * for, and never beyond the end of the span.
 */

/* Behind the closing quote of the string that opens at `p`. */
static const char *
skip_string(const char *p, const char *end)
{
	const char *start = ++p, *q, *b;

	while ((q = memchr(p, '"', (size_t)(end - p))) != NULL) {
		for (b = q; b > start && b[-1] == '\\'; b--)
			;
		if ((q - b) % 2 == 0)
			return q + 1;
		p = q + 1;
	}
	return end;
}

static const char *
skip_container(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return end;
}

static const char *
skip_value(const char *p, const char *end)
{
	if (p < end && *p == '"')
		return skip_string(p, end);
	if (p < end && (*p == '{' || *p == '['))
		return skip_container(p, end);
	while (p < end && *p != ',' && *p != '}' && *p != ']')
		p++;
	return p;
}

struct json_walk
json_walk(struct json_span container)
{
	char kind = json_kind(container);

	if (container.len < 2 || (kind != '{' && kind != '['))
		return (struct json_walk){ NULL, NULL };
	return (struct json_walk){ container.at + 1,
	    container.at + container.len - 1 };
}

int
json_next(struct json_walk *w, struct json_span *ret_key,
    struct json_span *ret_value)
{
	const char *start = w->at, *after;

	if (w->at == w->end)
		return 0;
	*ret_key = (struct json_span){ start, 0 };
	after = skip_value(start, w->end);

	/* A string before a colon was a key. */
	if (after < w->end && *after == ':') {
		*ret_key = (struct json_span){ start + 1,
		    (size_t)(after - start) - 2 };
		start = after + 1;
		after = skip_value(start, w->end);
	}
	*ret_value = (struct json_span){ start, (size_t)(after - start) };
	w->at = after < w->end ? after + 1 : w->end;
	return 1;
}

int
json_member(struct json_span object, const char *key,
    struct json_span *ret_value)
{
	struct json_span name, value, want = { key, strlen(key) };
	struct json_walk w;
	int cmp;

	if (json_kind(object) != '{')
		return 0;
	w = json_walk(object);
	while (json_next(&w, &name, &value)) {
		cmp = json_key_cmp(name, want);
		if (cmp == 0)
			*ret_value = value;
		if (cmp >= 0)
			return cmp == 0;
	}
	return 0;
}

char
json_kind(struct json_span value)
{
	if (value.len == 0 || strchr("{[\"tfn", value.at[0]) == NULL)
		return 0;
	return value.at[0];
}

void
json_unescape(struct buf *out, struct json_span string)
{
	const char *p = string.at + 1, *end = string.at + string.len - 1;
	const char *run;

	while (p < end) {
		run = memchr(p, '\\', (size_t)(end - p));
		run = run == NULL ? end : run;
		buf_add(out, p, (size_t)(run - p));
		p = run;
		if (p < end)
			buf_addc(out, (char)json_token_said(&p, end));
	}
}

int
json_member_text(struct json_span object, const char *key, struct buf *out)
{
	struct json_span x;

	if (object.len == 0 || !json_member(object, key, &x) ||
	    json_kind(x) != '"')
		return 0;
	json_unescape(out, x);
	return 1;
}

int
json_plain(struct json_span value, struct json_span *ret_text)
{
	struct json_span text;

	if (json_kind(value) != '"')
		return 0;
	text = (struct json_span){ value.at + 1, value.len - 2 };
	if (memchr(text.at, '\\', text.len) != NULL)
		return 0;
	*ret_text = text;
	return 1;
}

int
json_uint(uint64_t *ret, struct json_span value, uint64_t max)
{
	return text_number(ret, value.at, value.len, max);
}

int
json_key_cmp(struct json_span a, struct json_span b)
{
	const char *p = a.at, *p_end = a.at + a.len;
	const char *q = b.at, *q_end = b.at + b.len;
	size_t least = a.len < b.len ? a.len : b.len;
	unsigned char c, d;
	int cmp;

	if (memchr(p, '\\', a.len) == NULL && memchr(q, '\\', b.len) == NULL) {
		cmp = memcmp(p, q, least);
		return cmp != 0 ? cmp : (a.len > b.len) - (a.len < b.len);
	}
	while (p < p_end && q < q_end) {
		c = json_token_said(&p, p_end);
		d = json_token_said(&q, q_end);
		if (c != d)
			return c < d ? -1 : 1;
	}
	return (p < p_end) - (q < q_end);
}

int
json_same(struct json_span a, struct json_span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int
json_is(struct json_span a, const char *text)
{
	return a.len == strlen(text) && memcmp(a.at, text, a.len) == 0;
}

size_t
json_count(struct json_span container)
{
	struct json_walk w;
	struct json_span key, value;
	size_t count = 0;

	if (container.len == 0)
		return 0;
	for (w = json_walk(container); json_next(&w, &key, &value);)
		count++;
	return count;
}

struct json_span
json_of(const struct buf *b)
{
	return (struct json_span){ b->len > 0 ? b->at : "", b->len };
}
