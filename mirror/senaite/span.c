#include "span.h"

#include <string.h>

#include "../../base/text.h"

void
span_put(struct buf *out, struct json_span s)
{
	buf_add(out, s.at, s.len);
}

struct json_span
span_member(struct json_span object, const char *key)
{
	struct json_span v;

	if (json_member(object, key, &v))
		return v;
	return (struct json_span){ .at = "null", .len = 4 };
}

struct json_span
span_inner(struct json_span v)
{
	if (json_kind(v) == '"')
		return (struct json_span){ v.at + 1, v.len - 2 };
	return (struct json_span){ "", 0 };
}

struct json_span
span_text(struct json_span object, const char *key)
{
	return span_inner(span_member(object, key));
}

struct json_span
span_first(struct json_span array)
{
	struct json_walk w = json_walk(array);
	struct json_span key, v;

	if (json_kind(array) == '[' && json_next(&w, &key, &v))
		return v;
	return (struct json_span){ .at = "null", .len = 4 };
}

int
span_find(struct json_span object, struct json_span key,
    struct json_span *ret)
{
	struct json_walk w = json_walk(object);
	struct json_span name;

	if (json_kind(object) != '{')
		return 0;
	while (json_next(&w, &name, ret))
		if (json_same(name, key))
			return 1;
	return 0;
}

int
span_is_uid(struct json_span v)
{
	unsigned char bytes[16];
	struct json_span text;

	return json_plain(v, &text) &&
	    text_unhex(bytes, sizeof(bytes), text.at, text.len) == 0;
}
