#include "field.h"

#include <string.h>

static const struct json_span prefix = { "fields.", 7 };

struct field
field_of_name(struct json_span full)
{
	struct field f = { .nested = 0, .name = full, .value = { "", 0 } };

	if (full.len >= prefix.len &&
	    memcmp(full.at, prefix.at, prefix.len) == 0) {
		f.nested = 1;
		f.name.at += prefix.len;
		f.name.len -= prefix.len;
	}
	return f;
}

/* No member of F begins with the prefix, so that alone decides. */
int
field_cmp(int nested_a, struct json_span a, int nested_b, struct json_span b)
{
	if (nested_a == nested_b)
		return json_key_cmp(a, b);
	return nested_a ? -json_key_cmp(b, prefix) : json_key_cmp(a, prefix);
}

void
field_name(struct buf *out, int nested, struct json_span name)
{
	if (nested)
		buf_add(out, prefix.at, prefix.len);
	buf_add(out, name.at, name.len);
}
