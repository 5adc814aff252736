#include "age_header.h"

#include <stdint.h>
#include <string.h>

#include "../base/text.h"

#define VERSION_LINE "age-encryption.org/v1\n"
#define COLUMNS 64u			/* of a full line of a stanza's body */
#define ARGS_MAX 4			/* arguments of a stanza kept */
#define WORK_DIGITS_MAX 4		/* more of them say 9999 */

struct span {
	const char *at;
	size_t len;
};

struct stanza {
	struct span args[ARGS_MAX];
	size_t count;			/* may be more than ARGS_MAX */
	struct buf body;
};

struct reader {
	const char *data;
	size_t len, at;
	size_t line;			/* where the line read last begins */
	int cut;			/* there is more than `len` */
	struct err *err;
};

static void
stanza_clear(struct stanza *s)
{
	buf_clear(&s->body);
}

static int
refuse(const struct reader *r, const char *expected)
{
	struct buf found CLEANUP(buf_clear) = BUF_INIT;
	const char *text;
	size_t n = r->len - r->line;

	if (n > 0)
		text_safe(&found, r->data + r->line, n < 24 ? n : 24);
	text = buf_str(&found);
	return err_set(r->err, E_DECRYPT, "age header, byte %zu: expected %s, "
	    "found \"%s\"", r->line, expected, text == NULL ? "" : text);
}

static int
next_line(struct reader *r, struct span *ret)
{
	const char *from = r->data + r->at, *end;

	r->line = r->at;
	end = memchr(from, '\n', r->len - r->at);
	if (end == NULL && r->cut)
		return err_set(r->err, E_LIMIT, "age header: more than %u "
		    "bytes", AGE_HEADER_MAX);
	if (end == NULL)
		return refuse(r, "a whole line");
	ret->at = from;
	ret->len = (size_t)(end - from);
	r->at += ret->len + 1;
	return 0;
}

static int
is_text(struct span s, const char *want)
{
	return s.len == strlen(want) && memcmp(s.at, want, s.len) == 0;
}

/* Exactly `want` bytes of canonical base64. */
static int
unbase64(unsigned char *out, size_t want, struct span text, struct err *err)
{
	struct buf raw CLEANUP(buf_clear) = BUF_INIT;
	int bad;

	bad = text_unbase64(&raw, text.at, text.len, 0) < 0;
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	if (bad || raw.len != want)
		return 0;
	memcpy(out, raw.at, want);
	return 1;
}

/* arg-line = "-> " argument *(SP argument) LF */
static int
read_args(struct reader *r, struct span line, struct stanza *s)
{
	const char *p = line.at + 3, *end = line.at + line.len, *from;

	for (s->count = 0;; p++) {
		for (from = p; p < end && *p > 0x20 && *p < 0x7f; p++)
			;
		if (p == from || (p < end && *p != ' '))
			return refuse(r, "arguments of printable characters, "
			    "one space between them");
		if (s->count < ARGS_MAX)
			s->args[s->count] = (struct span){ from,
			    (size_t)(p - from) };
		s->count++;
		if (p == end)
			return 0;
	}
}

/* *full-line final-line */
static int
read_body(struct reader *r, struct stanza *s)
{
	struct span line = { "", 0 };
	int rc;

	do {
		if ((rc = next_line(r, &line)) < 0)
			return rc;
		if (line.len > COLUMNS ||
		    text_unbase64(&s->body, line.at, line.len, 0) < 0) {
			if ((rc = buf_check(&s->body, r->err)) < 0)
				return rc;
			return refuse(r, "canonical base64 in lines of 64 and "
			    "a shorter last one");
		}
	} while (line.len == COLUMNS);
	return 0;
}

/* %x31-39 *DIGIT; what no limit allows need not be told apart. */
static int
read_work(struct span text, unsigned *ret)
{
	uint64_t n;
	size_t i;

	if (text.at[0] == '0')
		return -1;
	for (i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
	if (text_number(&n, text.at, text.len < WORK_DIGITS_MAX ? text.len :
	    WORK_DIGITS_MAX, 9999) < 0)
		return -1;
	*ret = text.len > WORK_DIGITS_MAX ? 9999 : (unsigned)n;
	return 0;
}

/* Check a stanza of a known type and keep it. */
static int
keep_stanza(struct reader *r, const struct stanza *s, struct age_header *h)
{
	int scrypt = is_text(s->args[0], "scrypt");
	struct age_wrap *w;
	int rc;

	if (!scrypt && !is_text(s->args[0], "X25519"))
		return 0;
	if (h->count == AGE_WRAPS_MAX)
		return err_set(r->err, E_LIMIT, "age header: more than %u "
		    "recipients", AGE_WRAPS_MAX);
	w = &h->wraps[h->count];
	*w = (struct age_wrap){ .type = scrypt ? AGE_SCRYPT : AGE_X25519 };
	if (s->count != (scrypt ? 3 : 2))
		return refuse(r, scrypt ? "an scrypt stanza of 3 arguments" :
		    "an X25519 stanza of 2 arguments");
	rc = unbase64(w->share, scrypt ? AGE_SALT : AGE_SHARE, s->args[1],
	    r->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return refuse(r, scrypt ? "an scrypt salt of 16 bytes" :
		    "an X25519 share of 32 bytes");
	if (scrypt && read_work(s->args[2], &w->work) < 0)
		return refuse(r, "an scrypt work factor in decimal");
	if (s->body.len != AGE_BODY)
		return refuse(r, "a wrapped file key of 32 bytes");
	memcpy(w->body, s->body.at, AGE_BODY);
	h->count++;
	return 0;
}

static int
read_stanza(struct reader *r, struct span line, struct age_header *h)
{
	struct stanza s CLEANUP(stanza_clear) = { .body = BUF_INIT };
	size_t begin = r->line;
	int rc;

	if ((rc = read_args(r, line, &s)) < 0 || (rc = read_body(r, &s)) < 0)
		return rc;
	r->line = begin;
	h->stanzas++;
	return keep_stanza(r, &s, h);
}

/* end = "--- " 43base64char LF */
static int
read_end(struct reader *r, struct span line, struct age_header *h)
{
	struct span mac;
	int rc = 0;

	if (line.len >= 4 && memcmp(line.at, "--- ", 4) == 0) {
		mac = (struct span){ line.at + 4, line.len - 4 };
		rc = unbase64(h->mac, sizeof h->mac, mac, r->err);
	}
	if (rc < 0)
		return rc;
	if (rc == 0)
		return refuse(r, "a stanza, or \"--- \" and a MAC of 32 "
		    "bytes");
	h->mac_len = r->line + 3;
	h->len = r->at;
	return 0;
}

static size_t
count_scrypt(const struct age_header *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->count; i++)
		n += h->wraps[i].type == AGE_SCRYPT;
	return n;
}

/* Take lines until the header has ended. */
static int
read_lines(struct reader *r, struct age_header *h)
{
	struct span line = { "", 0 };
	int rc;

	while (h->len == 0) {
		if ((rc = next_line(r, &line)) < 0)
			return rc;
		if (line.len >= 3 && memcmp(line.at, "-> ", 3) == 0)
			rc = read_stanza(r, line, h);
		else
			rc = read_end(r, line, h);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
age_header_parse(struct age_header *ret, const char *data, size_t len,
    struct err *err)
{
	struct reader r = { .data = data, .err = err };
	int rc;

	r.cut = len > AGE_HEADER_MAX;
	r.len = r.cut ? AGE_HEADER_MAX : len;
	memset(ret, 0, sizeof *ret);
	if (r.len < strlen(VERSION_LINE) ||
	    memcmp(data, VERSION_LINE, strlen(VERSION_LINE)) != 0)
		return refuse(&r, "the line age-encryption.org/v1");
	r.at = strlen(VERSION_LINE);
	if ((rc = read_lines(&r, ret)) < 0)
		return rc;
	if (ret->stanzas == 0)
		return refuse(&r, "a stanza");
	if (count_scrypt(ret) > 0 && ret->stanzas > 1)
		return err_set(err, E_DECRYPT, "age header: an scrypt stanza "
		    "beside %zu others, expected it alone", ret->stanzas - 1);
	return 0;
}

void
age_header_write(const struct age_wrap *wraps, size_t count, struct buf *out)
{
	size_t i;

	buf_adds(out, VERSION_LINE);
	for (i = 0; i < count; i++) {
		const struct age_wrap *w = &wraps[i];

		buf_adds(out, w->type == AGE_SCRYPT ? "-> scrypt " :
		    "-> X25519 ");
		text_base64(out, w->share, w->type == AGE_SCRYPT ? AGE_SALT :
		    AGE_SHARE, 0);
		if (w->type == AGE_SCRYPT)
			buf_addf(out, " %u", w->work);
		buf_addc(out, '\n');
		text_base64(out, w->body, AGE_BODY, 0);
		buf_addc(out, '\n');
	}
	buf_adds(out, "---");
}

void
age_header_end(const unsigned char mac[32], struct buf *out)
{
	buf_addc(out, ' ');
	text_base64(out, mac, 32, 0);
	buf_addc(out, '\n');
}
