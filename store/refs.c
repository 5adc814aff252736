#include "refs.h"

#include <string.h>

#define UID_MAX 255u
#define HEX_LEN 32u

struct refs_walk
refs_walk(struct json_span value)
{
	return (struct refs_walk){ value.at, value.at + value.len };
}

/* What the string that begins at `at` says; `at` is then behind it. */
static struct json_span
take_string(struct refs_walk *w)
{
	struct json_span x = { w->at + 1, 0 };
	const char *p = x.at;

	while (p < w->end && *p != '"')
		p += *p == '\\' ? 2 : 1;
	x.len = (size_t)(p - x.at);
	w->at = p + 1;
	return x;
}

static int
is_hex(struct json_span x)
{
	size_t i;

	for (i = 0; i < x.len; i++)
		if (memchr("0123456789abcdef", x.at[i], 16) == NULL)
			return 0;
	return x.len == HEX_LEN;
}

static int
is_reference(struct json_span key, struct json_span value)
{
	if (key.len < 3 || memcmp(key.at + key.len - 3, "uid", 3) != 0)
		return 0;
	if (key.len > 3)
		return is_hex(value);
	return value.len > 0 && value.len <= UID_MAX &&
	    memchr(value.at, '\\', value.len) == NULL;
}

/* In canonical JSON a string is a key if a colon follows, and nothing else
 * needs to be told apart. */
int
refs_next(struct refs_walk *w, struct json_span *ret_uid)
{
	struct json_span key;

	while (w->at < w->end) {
		w->at = memchr(w->at, '"', (size_t)(w->end - w->at));
		if (w->at == NULL) {
			w->at = w->end;
			break;
		}
		key = take_string(w);
		if (w->end - w->at < 2 || w->at[0] != ':' || w->at[1] != '"')
			continue;
		w->at++;
		*ret_uid = take_string(w);
		if (is_reference(key, *ret_uid))
			return 1;
	}
	return 0;
}
