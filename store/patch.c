#include "patch.h"

#include <string.h>

static void
add_patch(struct buf *out, const struct patch *p, size_t start)
{
	if (p->value.len == 0)
		return;
	if (out->len > start)
		buf_addc(out, ',');
	buf_addc(out, '"');
	buf_adds(out, p->key);
	buf_add(out, "\":", 2);
	buf_add(out, p->value.at, p->value.len);
}

void
patch_object(struct buf *out, struct json_span object, const struct patch *p,
    size_t count)
{
	struct json_walk w = json_walk(object);
	struct json_span key, value, next;
	size_t start;
	int c;

	buf_addc(out, '{');
	start = out->len;
	while (json_next(&w, &key, &value)) {
		for (c = 1; count > 0 && c > 0;) {
			next = (struct json_span){ p->key, strlen(p->key) };
			if ((c = json_key_cmp(key, next)) < 0)
				break;
			add_patch(out, p, start);
			p++;
			count--;
		}
		if (c == 0)
			continue;

		/* The key with its quotes, the colon and the value. */
		if (out->len > start)
			buf_addc(out, ',');
		buf_add(out, key.at - 1,
		    (size_t)(value.at + value.len - key.at) + 1);
	}
	for (; count > 0; p++, count--)
		add_patch(out, p, start);
	buf_addc(out, '}');
}
