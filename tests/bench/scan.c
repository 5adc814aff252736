#include "scan.h"

#include <string.h>

/* Bytes after the first of a UTF-8 character; -1: not a first byte. */
static int
utf8_rest(unsigned char c)
{
	if (c >= 0xc2 && c < 0xe0)
		return 1;
	if (c >= 0xe0 && c < 0xf0)
		return 2;
	return c >= 0xf0 && c < 0xf5 ? 3 : -1;
}

static const char *
scan_utf8(const char *p, const char *end)
{
	int rest = utf8_rest((unsigned char)*p++);

	if (rest < 0 || end - p < rest)
		return NULL;
	for (; rest > 0; rest--, p++)
		if (((unsigned char)*p & 0xc0) != 0x80)
			return NULL;
	return p;
}

static const char *
scan_escape(const char *p, const char *end)
{
	int i;

	if (end - p < 2)
		return NULL;
	if (p[1] != 'u')
		return memchr("\"\\/bfnrt", p[1], 8) != NULL ? p + 2 : NULL;
	if (end - p < 6)
		return NULL;
	for (i = 2; i < 6; i++)
		if (strchr("0123456789abcdefABCDEF", p[i]) == NULL ||
		    p[i] == '\0')
			return NULL;
	return p + 6;
}

static const char *
scan_string(const char *p, const char *end)
{
	if (p == end || *p++ != '"')
		return NULL;
	while (p != NULL) {
		while (p < end && *p >= ' ' && *p < 0x7f && *p != '"' &&
		    *p != '\\')
			p++;
		if (p == end)
			return NULL;
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p = scan_escape(p, end);
		else if (*p == 0x7f)
			p++;
		else
			p = scan_utf8(p, end);
	}
	return NULL;
}

static const char *
scan_key(const char *p, const char *end)
{
	if ((p = scan_string(p, end)) == NULL || p == end || *p != ':')
		return NULL;
	return p + 1;
}

static const char *
scan_scalar(const char *p, const char *end)
{
	static const char *const literals[] = { "true", "false", "null" };
	const char *start = p;
	size_t i, len;

	if (p == end || *p == '"')
		return scan_string(p, end);
	for (i = 0; i < 3; i++) {
		len = strlen(literals[i]);
		if ((size_t)(end - p) >= len && memcmp(p, literals[i],
		    len) == 0)
			return p + len;
	}
	while (p < end && ((*p >= '0' && *p <= '9') || *p == '.' ||
	    *p == '-' || *p == '+' || *p == 'e' || *p == 'E'))
		p++;
	return p > start ? p : NULL;
}

const char *
scan_value(const char *p, const char *end)
{
	char closers[SCAN_DEPTH];
	int depth = 0;

	do {
		/* A scalar, or the opening of what is not empty. */
		if (p < end && (*p == '{' || *p == '[')) {
			if (depth == SCAN_DEPTH)
				return NULL;
			closers[depth++] = *p++ == '{' ? '}' : ']';
			if (p < end && *p != closers[depth - 1]) {
				if (closers[depth - 1] == '}')
					p = scan_key(p, end);
				continue;
			}
		} else if ((p = scan_scalar(p, end)) == NULL)
			return NULL;
		while (depth > 0 && p < end && *p == closers[depth - 1]) {
			p++;
			depth--;
		}
		if (depth == 0)
			return p;
		if (p == end || *p++ != ',')
			return NULL;
		if (closers[depth - 1] == '}')
			p = scan_key(p, end);
	} while (p != NULL);
	return NULL;
}

static void
keep(struct span key, struct span value, const char *const *names,
    size_t count, struct span *ret)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(names[i]) == key.len && memcmp(names[i], key.at,
		    key.len) == 0)
			ret[i] = value;
}

const char *
scan_object(const char *p, const char *end, const char *const *names,
    size_t count, struct span *ret)
{
	struct span key, value;

	memset(ret, 0, count * sizeof *ret);
	if (p == end || *p != '{')
		return NULL;
	if (end - p > 1 && p[1] == '}')
		return p + 2;
	do {
		key.at = ++p + 1;
		if ((p = scan_key(p, end)) == NULL)
			return NULL;
		key.len = (size_t)(p - key.at) - 2;
		value.at = p;
		if ((p = scan_value(p, end)) == NULL || p == end)
			return NULL;
		value.len = (size_t)(p - value.at);
		keep(key, value, names, count, ret);
	} while (*p == ',');
	return *p == '}' ? p + 1 : NULL;
}

struct span
scan_bare(struct span string)
{
	if (string.at == NULL || string.len < 2 || *string.at != '"')
		return (struct span){ .at = NULL };
	return (struct span){ string.at + 1, string.len - 2 };
}
