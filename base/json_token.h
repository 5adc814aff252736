/* json_token.h: the parts of the JSON grammar that json_scan and json_canon
 * share.  For these two only; others include json_scan.h.
 *
 * The functions take the place to read at and return the place after what
 * they read, or NULL when they have set the error.
 */
#ifndef SATCHEL_JSON_TOKEN_H
#define SATCHEL_JSON_TOKEN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "err.h"

#define JSON_TOKEN_DEPTH_MAX 128	/* levels that either can follow */

struct json_text {
	const unsigned char *start, *end;	/* borrowed */
	struct err *err;
};

/* Bytes that stand for themselves in a string: ASCII without the control
 * characters, the quote and the backslash. */
extern const unsigned char json_token_plain[256];

/* Set E_JSON: "byte N: expected ..., found 0xNN" (or "the end").  NULL. */
const unsigned char *json_token_fail(const struct json_text *t,
    const unsigned char *at, const char *expected);

/* Set E_JSON for a key that is not greater than the one before.  NULL. */
const unsigned char *json_token_bad_key(const struct json_text *t,
    const unsigned char *at, int same);

/* Set E_JSON for a container below `depth` levels.  NULL. */
const unsigned char *json_token_too_deep(const struct json_text *t,
    const unsigned char *at, unsigned depth);

/* A number, true, false or null. */
const unsigned char *json_token_scalar(const struct json_text *t,
    const unsigned char *p);

/* Bytes of the UTF-8 sequence (RFC 3629) at `p`, which is >= 0x80; 0 if it is
 * none. */
size_t json_token_utf8(const unsigned char *p, const unsigned char *end);

/* The byte that the escape at `*p`, or else the byte there, says; moves `*p`
 * behind it.  In text between `*p` and `end` that json_scan has passed. */
unsigned char json_token_said(const char **p, const char *end);

/* Of eight bytes in little-endian order: the top bit of each that is not
 * plain.  Only the lowest mark is sure: above it a borrow may have marked a
 * plain byte. */
static inline uint64_t
json_token_marks(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	return (w | (w - ones * 0x20) | ((w ^ ones * '"') - ones) |
	    ((w ^ ones * '\\') - ones)) & ones * 0x80;
}

/* The first byte from `p` on that is not plain, or `end`. */
static inline const unsigned char *
json_token_run(const unsigned char *p, const unsigned char *end)
{
	uint64_t w, marks;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		if ((marks = json_token_marks(le64toh(w))) != 0)
			return p + __builtin_ctzll(marks) / 8;
	}
	while (p < end && json_token_plain[*p])
		p++;
	return p;
}

#endif
