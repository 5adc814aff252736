#include "json_token.h"

/* 16 bytes of a row; the rows start at 0x00, 0x10, ... */
#define NONE 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define ALL 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1

const unsigned char json_token_plain[256] = {
	NONE, NONE,
	1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,	/* '"' */
	ALL, ALL,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,	/* '\\' */
	ALL, ALL,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};

const unsigned char *
json_token_fail(const struct json_text *t, const unsigned char *at,
    const char *expected)
{
	size_t offset = (size_t)(at - t->start);

	if (at == t->end)
		(void)err_set(t->err, E_JSON,
		    "byte %zu: expected %s, found the end", offset, expected);
	else
		(void)err_set(t->err, E_JSON,
		    "byte %zu: expected %s, found 0x%02x", offset, expected,
		    (unsigned)*at);
	return NULL;
}

const unsigned char *
json_token_bad_key(const struct json_text *t, const unsigned char *at,
    int same)
{
	(void)err_set(t->err, E_JSON, "byte %zu: expected %s",
	    (size_t)(at - t->start), same ?
	    "keys that differ, found the same key again" :
	    "keys in ascending order, found a lower key");
	return NULL;
}

const unsigned char *
json_token_too_deep(const struct json_text *t, const unsigned char *at,
    unsigned depth)
{
	(void)err_set(t->err, E_JSON,
	    "byte %zu: expected at most %u levels, found one more",
	    (size_t)(at - t->start), depth);
	return NULL;
}

static int
is_digit(const unsigned char *p, const unsigned char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* One digit or more. */
static const unsigned char *
digits(const struct json_text *t, const unsigned char *p)
{
	if (!is_digit(p, t->end))
		return json_token_fail(t, p, "a digit");
	while (is_digit(p, t->end))
		p++;
	return p;
}

/* RFC 8259 section 6. */
static const unsigned char *
number(const struct json_text *t, const unsigned char *p)
{
	if (*p == '-')
		p++;
	if (p < t->end && *p == '0')
		p++;
	else if ((p = digits(t, p)) == NULL)
		return NULL;
	if (p < t->end && *p == '.' && (p = digits(t, p + 1)) == NULL)
		return NULL;
	if (p == t->end || (*p != 'e' && *p != 'E'))
		return p;
	p++;
	if (p < t->end && (*p == '+' || *p == '-'))
		p++;
	return digits(t, p);
}

static const unsigned char *
literal(const struct json_text *t, const unsigned char *p, const char *word)
{
	size_t i;

	for (i = 0; word[i] != '\0'; i++)
		if (p + i == t->end || p[i] != (unsigned char)word[i])
			return json_token_fail(t, p + i, word);
	return p + i;
}

const unsigned char *
json_token_scalar(const struct json_text *t, const unsigned char *p)
{
	if (p == t->end)
		return json_token_fail(t, p, "a value");
	if (*p == '-' || is_digit(p, t->end))
		return number(t, p);
	switch (*p) {
	case 't':
		return literal(t, p, "true");
	case 'f':
		return literal(t, p, "false");
	case 'n':
		return literal(t, p, "null");
	default:
		return json_token_fail(t, p, "a value");
	}
}

/* The table of RFC 3629 section 4: the second byte has a range of its own,
 * which keeps out long forms, surrogates and what is above U+10FFFF. */
size_t
json_token_utf8(const unsigned char *p, const unsigned char *end)
{
	size_t left = (size_t)(end - p), n;
	unsigned low = 0x80, high = 0xbf;

	n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	if (n == 0 || n > left)
		return 0;
	if (*p == 0xe0)
		low = 0xa0;
	else if (*p == 0xed)
		high = 0x9f;
	else if (*p == 0xf0)
		low = 0x90;
	else if (*p == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	if (n > 2 && (p[2] & 0xc0) != 0x80)
		return 0;
	if (n > 3 && (p[3] & 0xc0) != 0x80)
		return 0;
	return n;
}

unsigned char
json_token_said(const char **p, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	unsigned char c = (unsigned char)*(*p)++;

	if (c != '\\' || *p == end)
		return c;
	c = (unsigned char)*(*p)++;
	if (c == 'u' && end - *p >= 4) {
		*p += 4;
		c = (unsigned char)((*p)[-1] <= '9' ? (*p)[-1] - '0' :
		    (*p)[-1] - 'a' + 10);
		return (unsigned char)(c + ((*p)[-2] == '1' ? 16 : 0));
	}
	if (c != '\0' && (found = strchr(from, c)) != NULL)
		return (unsigned char)to[found - from];
	return c;
}
