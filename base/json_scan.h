/* json_scan.h: canonical JSON, checked and walked without building a tree.
 *
 * Canonical JSON (docs/format.md): no white space; strings with the escapes
 * of RFC 8785 section 3.2.2.2 and no others; object keys strictly ascending
 * by the UTF-8 bytes of what they say; numbers (RFC 8259 grammar) verbatim.
 * Text is UTF-8 (RFC 3629).  Nothing here recurses on its input.
 *
 * A span that json_scan or json_canon has passed may be walked with the
 * functions below, which then cannot fail and check nothing again.
 */
#ifndef SATCHEL_JSON_SCAN_H
#define SATCHEL_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define JSON_DEPTH_MAX 64		/* arrays and objects in each other */

struct json_span {
	const char *at;			/* borrowed */
	size_t len;
};

/* Is `text` exactly one canonical JSON value, at most `depth` deep
 * (<= 128)?  0, or E_JSON naming the byte offset, expected and found. */
int json_scan(const char *text, size_t len, unsigned depth,
    struct err *err);

/* Append the canonical form of any JSON text (RFC 8259; white space, any key
 * order, any escapes) to `out`: strings re-escaped, keys sorted, numbers
 * verbatim.  Refused, as E_JSON with the offset: duplicate keys, lone
 * surrogates, bad UTF-8, more than `depth` levels, anything after the value
 * but white space.  `out` is untouched on failure. */
int json_canon(struct buf *out, const char *text, size_t len,
    unsigned depth, struct err *err);

/* Walk the members of a canonical object, or the items of a canonical array.
 *
 *	struct json_walk w = json_walk(object);
 *	while (json_next(&w, &key, &value)) ...
 *
 * `key` is the text between the quotes, still escaped: equal keys are equal
 * bytes.  For an array `ret_key` is empty. */
struct json_walk {
	const char *at, *end;
};
struct json_walk json_walk(struct json_span container);
int json_next(struct json_walk *w, struct json_span *ret_key,
    struct json_span *ret_value);

/* The value of `key` (escaped form, as a C string) in a canonical object.
 * 1 and the span, or 0. */
int json_member(struct json_span object, const char *key,
    struct json_span *ret_value);

/* What a value is: one of { [ " 0 t f n  (0: any number). */
char json_kind(struct json_span value);

/* Append what a canonical string (quotes included) says.  */
void json_unescape(struct buf *out, struct json_span string);

/* Append what a member says that is a string: 1, or 0 if there is none, or it
 * is no string.  The object may be len 0: it has no members. */
int json_member_text(struct json_span object, const char *key,
    struct buf *out);

/* The text between the quotes if the value is a string without escapes.
 * 1 and the span, or 0. */
int json_plain(struct json_span value, struct json_span *ret_text);

/* A value that is an integer 0..max.  0 or -1. */
int json_uint(uint64_t *ret, struct json_span value, uint64_t max);

/* Order of two keys (escaped forms) by the UTF-8 bytes of what they say. */
int json_key_cmp(struct json_span a, struct json_span b);

int json_same(struct json_span a, struct json_span b);	/* same bytes */
int json_is(struct json_span a, const char *text);	/* just these bytes */

/* Items or members of a container; 0 of a span of no bytes. */
size_t json_count(struct json_span container);

/* All that a buffer holds; never NULL. */
struct json_span json_of(const struct buf *b);

#endif
