#include "json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "json_token.h"

#define TEXT_MAX 16777216u		/* so offsets fit 32 bits */
#define SLACK 8				/* see canon_run */
#define FEW 64u			/* members that are sorted by insertion */

/*
 * The canonical form is written as the text is read; it is never longer than
 * the text.  What an object's members are is remembered until it closes: if
 * their keys did not ascend, the members are put in order then, in what is
 * written already.
 */
struct member {
	uint64_t head;			/* the first bytes that its key says */
	uint32_t at, len;		/* "key":value in what is written */
	uint32_t key_len;		/* between the quotes there */
	uint32_t from;			/* its key in the text */
};

struct level {
	size_t first;			/* its first member */
	size_t open;			/* where its bracket is written */
	unsigned char close;		/* '}' or ']' */
	int unsorted;
};

struct canon {
	struct json_text t;
	unsigned char *out, *to;	/* start, and where to write next */
	unsigned char *scratch;		/* an object being put in order */
	size_t scratch_cap;
	struct member *member;
	size_t members, member_cap;
	unsigned depth, max;
	struct level level[JSON_TOKEN_DEPTH_MAX];
};

static void
canon_clear(struct canon *c)
{
	free(c->out);
	free(c->scratch);
	free(c->member);
}

static const unsigned char *
skip_space(const struct canon *c, const unsigned char *p)
{
	while (p < c->t.end && (*p == ' ' || *p == '\t' || *p == '\n' ||
	    *p == '\r'))
		p++;
	return p;
}

/* Four hex digits of either case, or -1. */
static int32_t
hex4(const unsigned char *p, const unsigned char *end)
{
	int32_t value = 0;
	int i, c;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		c = p[i] | 0x20;
		if (p[i] >= '0' && p[i] <= '9')
			value = value * 16 + (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Write a code point as canonical JSON writes it in a string. */
static void
put_point(struct canon *c, uint32_t point)
{
	static const char names[] = "btn\0fr";	/* 08 09 0a 0b 0c 0d */
	static const char hex[] = "0123456789abcdef";
	unsigned char *to = c->to;

	if (point == '"' || point == '\\') {
		*to++ = '\\';
		*to++ = (unsigned char)point;
	} else if (point >= 8 && point <= 13 && point != 11) {
		*to++ = '\\';
		*to++ = (unsigned char)names[point - 8];
	} else if (point < 0x20) {
		memcpy(to, "\\u00", 4);
		to[4] = (unsigned char)hex[point >> 4];
		to[5] = (unsigned char)hex[point & 15];
		to += 6;
	} else if (point < 0x80) {
		*to++ = (unsigned char)point;
	} else if (point < 0x800) {
		*to++ = (unsigned char)(0xc0 | point >> 6);
		*to++ = (unsigned char)(0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		*to++ = (unsigned char)(0xe0 | point >> 12);
		*to++ = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		*to++ = (unsigned char)(0x80 | (point & 0x3f));
	} else {
		*to++ = (unsigned char)(0xf0 | point >> 18);
		*to++ = (unsigned char)(0x80 | (point >> 12 & 0x3f));
		*to++ = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		*to++ = (unsigned char)(0x80 | (point & 0x3f));
	}
	c->to = to;
}

/* \uXXXX at `p`, or two of them that are a surrogate pair. */
static const unsigned char *
canon_unicode(struct canon *c, const unsigned char *p)
{
	int32_t high = hex4(p + 2, c->t.end), low;
	const unsigned char *second = p + 6;

	if (high < 0)
		return json_token_fail(&c->t, p + 1, "four hex digits after u");
	if (high < 0xd800 || high > 0xdfff) {
		put_point(c, (uint32_t)high);
		return second;
	}
	if (high > 0xdbff)
		return json_token_fail(&c->t, p, "a high surrogate first");
	low = c->t.end - second >= 2 && memcmp(second, "\\u", 2) == 0 ?
	    hex4(second + 2, c->t.end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return json_token_fail(&c->t, second, "a low surrogate");
	put_point(c, 0x10000 + (((uint32_t)high - 0xd800) << 10) +
	    ((uint32_t)low - 0xdc00));
	return second + 6;
}

static const unsigned char *
canon_escape(struct canon *c, const unsigned char *p)
{
	static const char from[] = "\"\\/bfnrt", says[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (c->t.end - p < 2 || p[1] == '\0')
		return json_token_fail(&c->t, p + 1, "an escape");
	if (p[1] == 'u')
		return canon_unicode(c, p);
	if ((found = strchr(from, p[1])) == NULL)
		return json_token_fail(&c->t, p + 1, "an escape");
	put_point(c, (unsigned char)says[found - from]);
	return p + 2;
}

/* Copy plain bytes, eight at a time: what is copied beyond the run stays
 * within the slack of what is written, and is written over. */
static const unsigned char *
canon_run(struct canon *c, const unsigned char *p)
{
	uint64_t w, marks;
	unsigned char *to = c->to;
	int n;

	for (; c->t.end - p >= 8; p += 8, to += 8) {
		memcpy(&w, p, 8);
		memcpy(to, &w, 8);
		if ((marks = json_token_marks(le64toh(w))) != 0) {
			n = __builtin_ctzll(marks) / 8;
			c->to = to + n;
			return p + n;
		}
	}
	while (p < c->t.end && json_token_plain[*p])
		*to++ = *p++;
	c->to = to;
	return p;
}

/* From the opening quote to behind the closing one. */
static const unsigned char *
canon_string(struct canon *c, const unsigned char *p)
{
	size_t n;

	for (*c->to++ = *p++;; p += n) {
		p = canon_run(c, p);
		n = 0;
		if (p == c->t.end)
			return json_token_fail(&c->t, p, "a closing '\"'");
		if (*p == '"')
			break;
		if (*p < 0x20)
			return json_token_fail(&c->t, p, "a character");
		if (*p == '\\') {
			if ((p = canon_escape(c, p)) == NULL)
				return NULL;
			continue;
		}
		if ((n = json_token_utf8(p, c->t.end)) == 0)
			return json_token_fail(&c->t, p, "UTF-8");
		memcpy(c->to, p, n);
		c->to += n;
	}
	*c->to++ = *p++;
	return p;
}

/* The key of a member, escaped, in what is written. */
static struct json_span
member_key(const unsigned char *out, const struct member *m)
{
	return (struct json_span){ (const char *)out + m->at + 1, m->key_len };
}

/* The first eight bytes that a key says, as a number that orders like them;
 * a shorter key ends in zeros. */
static uint64_t
key_head(struct json_span key)
{
	const char *p = key.at, *end = key.at + key.len;
	uint64_t head = 0;
	int i;

	if (key.len >= 8 && memchr(p, '\\', 8) == NULL) {
		memcpy(&head, p, 8);
		return be64toh(head);
	}
	for (i = 0; i < 8; i++)
		head = head << 8 | (p < end ? json_token_said(&p, end) : 0);
	return head;
}

static int
member_cmp(const void *a, const void *b, void *out)
{
	const struct member *m = a, *n = b;

	if (m->head != n->head)
		return m->head < n->head ? -1 : 1;
	return json_key_cmp(member_key(out, m), member_key(out, n));
}

/* Another member of the innermost object, whose key is written from `at` to
 * the end.  Notices when it is not above the one before. */
static const unsigned char *
member_add(struct canon *c, const unsigned char *from, size_t at)
{
	struct level *in = &c->level[c->depth - 1];
	struct member *more;
	size_t cap;
	int cmp;

	if (c->members == c->member_cap) {
		cap = c->member_cap == 0 ? 64 : 2 * c->member_cap;
		if ((more = realloc(c->member, cap * sizeof *more)) == NULL) {
			(void)err_oom(c->t.err);
			return NULL;
		}
		c->member = more;
		c->member_cap = cap;
	}
	more = &c->member[c->members++];
	*more = (struct member){ .at = (uint32_t)at,
	    .key_len = (uint32_t)((size_t)(c->to - c->out) - at - 2),
	    .from = (uint32_t)(from - c->t.start) };
	more->head = key_head(member_key(c->out, more));
	if (in->unsorted || c->members - in->first < 2)
		return from;
	cmp = member_cmp(more - 1, more, c->out);
	if (cmp == 0)
		return json_token_bad_key(&c->t, from, 1);
	in->unsorted = cmp > 0;
	return from;
}

/* Fill in the lengths of the members of an object that ends here: each ends
 * one byte (its comma) before the next. */
static void
member_measure(struct canon *c, const struct level *in)
{
	uint32_t end = (uint32_t)(c->to - c->out);
	size_t i;

	for (i = c->members; i-- > in->first;) {
		c->member[i].len = end - c->member[i].at;
		end = c->member[i].at - 1;
	}
}

/* Few members, as most objects have, fall into place one by one. */
static void
sort_members(struct member *m, size_t n, unsigned char *out)
{
	struct member x;
	size_t i, k;

	if (n > FEW) {
		qsort_r(m, n, sizeof *m, member_cmp, out);
		return;
	}
	for (i = 1; i < n; i++) {
		x = m[i];
		for (k = i; k > 0 && member_cmp(&m[k - 1], &x, out) > 0; k--)
			m[k] = m[k - 1];
		m[k] = x;
	}
}

static int
scratch_room(struct canon *c, size_t len)
{
	if (len <= c->scratch_cap)
		return 0;
	free(c->scratch);
	c->scratch_cap = 0;
	if ((c->scratch = malloc(len)) == NULL)
		return err_oom(c->t.err);
	c->scratch_cap = len;
	return 0;
}

/* Put the members of the object `in`, all but its bracket written, in
 * order. */
static const unsigned char *
canon_sort(struct canon *c, const struct level *in, const unsigned char *p)
{
	struct member *m = c->member + in->first;
	size_t n = c->members - in->first, i, from;
	unsigned char *body = c->out + in->open + 1, *to;

	member_measure(c, in);
	sort_members(m, n, c->out);
	for (i = 1; i < n; i++) {
		if (member_cmp(&m[i - 1], &m[i], c->out) != 0)
			continue;
		from = m[i].from > m[i - 1].from ? m[i].from : m[i - 1].from;
		return json_token_bad_key(&c->t, c->t.start + from, 1);
	}
	if (scratch_room(c, (size_t)(c->to - body)) != 0)
		return NULL;
	to = c->scratch;
	for (i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ',';
		memcpy(to, c->out + m[i].at, m[i].len);
		to += m[i].len;
	}
	memcpy(body, c->scratch, (size_t)(c->to - body));
	return p;
}

/* A key and its colon. */
static const unsigned char *
canon_key(struct canon *c, const unsigned char *p)
{
	const unsigned char *from = p = skip_space(c, p);
	size_t at = (size_t)(c->to - c->out);

	if (p == c->t.end || *p != '"')
		return json_token_fail(&c->t, p, "a key");
	if ((p = canon_string(c, p)) == NULL ||
	    member_add(c, from, at) == NULL)
		return NULL;
	p = skip_space(c, p);
	if (p == c->t.end || *p != ':')
		return json_token_fail(&c->t, p, "':' after a key");
	*c->to++ = ':';
	return p + 1;
}

/* Down to a scalar, past it; or to the end of an empty container. */
static const unsigned char *
canon_value(struct canon *c, const unsigned char *p)
{
	const unsigned char *from;
	struct level *in;

	for (;;) {
		from = p = skip_space(c, p);
		if (p < c->t.end && *p == '"')
			return canon_string(c, p);
		if (p == c->t.end || (*p != '{' && *p != '[')) {
			if ((p = json_token_scalar(&c->t, p)) == NULL)
				return NULL;
			memcpy(c->to, from, (size_t)(p - from));
			c->to += p - from;
			return p;
		}
		if (c->depth == c->max)
			return json_token_too_deep(&c->t, p, c->max);
		in = &c->level[c->depth++];
		*in = (struct level){ .first = c->members,
		    .open = (size_t)(c->to - c->out),
		    .close = *p == '{' ? '}' : ']' };
		*c->to++ = *p++;
		p = skip_space(c, p);
		if (p < c->t.end && *p == in->close)
			return p;
		if (in->close == '}' && (p = canon_key(c, p)) == NULL)
			return NULL;
	}
}

/* Up from behind a value to where the next one starts, or to the end. */
static const unsigned char *
canon_after(struct canon *c, const unsigned char *p)
{
	struct level *in;

	for (p = skip_space(c, p); c->depth > 0; p = skip_space(c, p + 1)) {
		in = &c->level[c->depth - 1];
		if (p < c->t.end && *p == in->close) {
			if (in->unsorted && canon_sort(c, in, p) == NULL)
				return NULL;
			*c->to++ = in->close;
			c->members = in->first;
			c->depth--;
			continue;
		}
		if (p == c->t.end || *p != ',')
			return json_token_fail(&c->t, p, in->close == '}' ?
			    "',' or '}'" : "',' or ']'");
		*c->to++ = ',';
		return in->close == '}' ? canon_key(c, p + 1) : p + 1;
	}
	return p;
}

int
json_canon(struct buf *out, const char *text, size_t len, unsigned depth,
    struct err *err)
{
	CLEANUP(canon_clear) struct canon c = { .out = NULL };
	const unsigned char *p = (const unsigned char *)(len > 0 ? text : "");

	if (len > TEXT_MAX)
		return err_set(err, E_LIMIT,
		    "JSON text of %zu bytes, expected at most %u", len,
		    TEXT_MAX);
	if ((c.out = malloc(len + SLACK)) == NULL)
		return err_oom(err);
	c.to = c.out;
	c.t = (struct json_text){ p, p + len, err };
	c.max = depth < JSON_TOKEN_DEPTH_MAX ? depth : JSON_TOKEN_DEPTH_MAX;
	do {
		if ((p = canon_value(&c, p)) != NULL)
			p = canon_after(&c, p);
	} while (p != NULL && c.depth > 0);
	if (p != NULL && p != c.t.end)
		p = json_token_fail(&c.t, p, "white space or the end");
	if (p == NULL)
		return -(int)err->code;
	buf_add(out, c.out, (size_t)(c.to - c.out));
	return buf_check(out, err);
}
