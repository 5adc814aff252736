#include "text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
text_hex(char *out, const unsigned char *bytes, size_t len)
{
	(void)sodium_bin2hex(out, 2 * len + 1, bytes, len);
}

int
text_unhex(unsigned char *out, size_t len, const char *hex, size_t hexlen)
{
	size_t i, got;

	if (hexlen != 2 * len)
		return -1;
	for (i = 0; i < hexlen; i++)
		if (!((hex[i] >= '0' && hex[i] <= '9') ||
		    (hex[i] >= 'a' && hex[i] <= 'f')))
			return -1;
	if (sodium_hex2bin(out, len, hex, hexlen, NULL, &got, NULL) != 0)
		return -1;
	return got == len ? 0 : -1;
}

static int
base64_variant(int padding)
{
	return padding ? sodium_base64_VARIANT_ORIGINAL :
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
}

void
text_base64(struct buf *out, const void *bytes, size_t len, int padding)
{
	size_t need = sodium_base64_encoded_len(len, base64_variant(padding));
	char *to = buf_room(out, need - 1);

	if (to == NULL)
		return;
	(void)sodium_bin2base64(to, need, bytes, len, base64_variant(padding));
	out->len += strlen(to);
}

int
text_unbase64(struct buf *out, const char *text, size_t len, int padding)
{
	const char *end = NULL;
	size_t got = 0, i;
	char *to = buf_room(out, len / 4 * 3 + 3);

	if (to == NULL)
		return -1;

	/* libsodium 1.0.18 takes each byte from 0x80 up for a '/'. */
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return -1;
	if (sodium_base642bin((unsigned char *)to, len / 4 * 3 + 3, text, len,
	    NULL, &got, &end, base64_variant(padding)) != 0 ||
	    end != text + len)
		return -1;
	out->len += got;
	return 0;
}

void
text_date(char *out, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds < 0 || seconds > 253402300799 || !gmtime_r(&t, &tm)) {
		t = 0;
		(void)gmtime_r(&t, &tm);
	}
	(void)strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int
text_undate(int64_t *ret_seconds, const char *text, size_t len)
{
	char again[21], copy[21];
	struct tm tm = { 0 };
	time_t t;
	int y, mo, d, h, mi, s;

	if (len != 20)
		return -1;
	memcpy(copy, text, 20);
	copy[20] = '\0';
	if (sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2dZ", &y, &mo, &d, &h, &mi,
	    &s) != 6 || y < 1970)
		return -1;
	tm.tm_year = y - 1900;
	tm.tm_mon = mo - 1;
	tm.tm_mday = d;
	tm.tm_hour = h;
	tm.tm_min = mi;
	tm.tm_sec = s;
	t = timegm(&tm);

	/* Only what would be written again is a date. */
	text_date(again, (int64_t)t);
	if (strcmp(again, copy) != 0)
		return -1;
	*ret_seconds = (int64_t)t;
	return 0;
}

/* Length of the UTF-8 sequence at `p` (RFC 3629), 0 if there is none. */
static size_t
utf8_len(const unsigned char *p, size_t left, uint32_t *ret_point)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;
	size_t i;

	if (n == 0 || n > left)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*ret_point = c;
	return n;
}

/* Would it move the cursor, change the direction, or hide? */
static int
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void
text_safe(struct buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t point = 0;
	size_t n, i;

	while (len > 0) {
		n = utf8_len(p, len, &point);
		if (n != 0 && !is_unsafe(point)) {
			buf_add(out, p, n);
		} else {
			n = n == 0 ? 1 : n;
			for (i = 0; i < n; i++)
				buf_addf(out, "\\x%02x", p[i]);
		}
		p += n;
		len -= n;
	}
}

int
text_is_safe(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t point = 0;
	size_t n;

	for (; len > 0; p += n, len -= n)
		if ((n = utf8_len(p, len, &point)) == 0 || is_unsafe(point))
			return 0;
	return 1;
}

void
text_json(struct buf *out, const char *text, size_t len)
{
	static const char shorthand[] = "btn\0fr";	/* 08 09 0a 0b 0c 0d */
	size_t i, from = 0;

	buf_addc(out, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(out, text + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c >= 8 && c <= 13 && c != 11)
			buf_addf(out, "\\%c", shorthand[c - 8]);
		else
			buf_addf(out, "\\u%04x", c);
	}
	if (from < len)
		buf_add(out, text + from, len - from);
	buf_addc(out, '"');
}

int
text_number(uint64_t *ret, const char *text, size_t len, uint64_t max)
{
	uint64_t n = 0;
	size_t i;

	if (len == 0 || len > 20 || (len > 1 && text[0] == '0'))
		return -1;
	for (i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (text[i] < '0' || text[i] > '9' ||
		    n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (n > max)
		return -1;
	*ret = n;
	return 0;
}

static const struct {
	char letter;
	int64_t seconds;
} units[] = {
	{ 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 }
};
#define UNITS (sizeof units / sizeof *units)

int
text_duration(int64_t *ret_s, const char *text, size_t len, int64_t max)
{
	int64_t unit = 1;
	uint64_t n;
	size_t i;

	for (i = 0; i < UNITS && len > 0; i++)
		if (text[len - 1] == units[i].letter) {
			unit = units[i].seconds;
			len--;
			break;
		}
	if (text_number(&n, text, len, (uint64_t)(max / unit)) < 0 || n == 0)
		return -1;
	*ret_s = (int64_t)n * unit;
	return 0;
}

void
text_add_duration(struct buf *out, int64_t seconds)
{
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	buf_addf(out, "%lld%c", (long long)(seconds / units[i].seconds),
	    units[i].letter);
}

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static int
is_word(const char *text, size_t len, size_t max, const char *others)
{
	size_t i;

	if (len == 0 || len > max || !is_alnum(text[0]))
		return 0;
	for (i = 0; i < len; i++) {
		if (!is_alnum(text[i]) && (text[i] == '\0' ||
		    strchr(others, text[i]) == NULL))
			return 0;
		if (i > 0 && text[i] == '.' && text[i - 1] == '.')
			return 0;
	}
	return 1;
}

int
text_is_name(const char *text, size_t len)
{
	return is_word(text, len, 32, ".-");
}

int
text_is_uid(const char *text, size_t len)
{
	return is_word(text, len, 255, "._:/@~+-");
}

int
text_is_type(const char *text, size_t len)
{
	return is_word(text, len, 64, "._:/@~+-");
}
