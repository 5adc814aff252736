/* text.h: bytes as text and back; dates; text that is safe to print. */
#ifndef SATCHEL_TEXT_H
#define SATCHEL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

/* Lower-case hex; `out` holds 2 * len + 1. */
void text_hex(char *out, const unsigned char *bytes, size_t len);

/* Exactly `len` bytes from 2 * len lower-case digits.  Returns 0 or -1;
 * upper case, other lengths and other characters are refused. */
int text_unhex(unsigned char *out, size_t len, const char *hex, size_t hexlen);

/* Base64 (RFC 4648 section 4, canonical only).  text_base64 appends; with
 * `padding` 0 it leaves out the '='. text_unbase64 appends the bytes to `out`
 * and returns 0, or -1 for anything that text_base64 would not write. */
void text_base64(struct buf *out, const void *bytes, size_t len, int padding);
int text_unbase64(struct buf *out, const char *text, size_t len, int padding);

/* A date: YYYY-MM-DDThh:mm:ssZ, 20 characters, years 1970 to 9999.
 * text_date writes 21 bytes.  text_undate returns 0, or -1 for any other
 * form or a day that does not exist. */
void text_date(char *out, int64_t seconds);
int text_undate(int64_t *ret_seconds, const char *text, size_t len);

/* Append `len` bytes of foreign text so that a terminal cannot be misled:
 * control characters, bidirectional overrides and bad UTF-8 become \xNN. */
void text_safe(struct buf *out, const char *text, size_t len);

/* 1 if that would change nothing. */
int text_is_safe(const char *text, size_t len);

/* Append a JSON string with RFC 8785 (section 3.2.2.2) escapes, quotes
 * included.  The text must be UTF-8; it is not checked. */
void text_json(struct buf *out, const char *text, size_t len);

/* A decimal number without sign or leading zero, 0..max.  0 or -1. */
int text_number(uint64_t *ret, const char *text, size_t len, uint64_t max);

/* A length of time, 1 to `max` seconds: a number and s, m, h, d or w, such as
 * 90s, 12h, 3d; without a letter they are seconds.  0 or -1.  And written, in
 * the largest of the letters that needs no fraction. */
int text_duration(int64_t *ret_s, const char *text, size_t len, int64_t max);
void text_add_duration(struct buf *out, int64_t seconds);

/* Names: a site's name is [A-Za-z0-9][A-Za-z0-9.-]{0,31}; a uid is 1 to 255,
 * a type 1 to 64 of [A-Za-z0-9._:/@~+-], first a letter or digit, without
 * "..".  Return 1 if it is one. */
int text_is_name(const char *text, size_t len);
int text_is_uid(const char *text, size_t len);
int text_is_type(const char *text, size_t len);

#endif
