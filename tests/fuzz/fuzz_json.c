/* fuzz_json.c: any bytes as JSON.  What json_scan takes, json_canon leaves as
 * it is; what json_canon makes, json_scan takes; and the walk sees all of it.
 */
#include "../../base/dot.h"
#include "../../base/text.h"
#include "mutate.h"

#define DEPTH 128
#define MEMBERS_FOUND 16		/* looked up in each object */

/* A string says what is written as that string. */
static void
check_string(struct json_span string)
{
	CLEANUP(buf_clear) struct buf says = BUF_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct json_span plain;

	json_unescape(&says, string);
	text_json(&again, says.at, says.len);
	ALWAYS(fuzz_same(&again, string.at, string.len));
	if (json_plain(string, &plain))
		ALWAYS(fuzz_same(&says, plain.at, plain.len));
}

static void
check_number(struct json_span value)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	uint64_t n;

	if (json_uint(&n, value, UINT64_MAX) != 0)
		return;
	buf_addf(&again, "%llu", (unsigned long long)n);
	ALWAYS(fuzz_same(&again, value.at, value.len));
}

/* Dots and actors that are read are written as they were. */
static void
check_dot(struct json_span value)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct actor actor;
	struct dot dot;

	if (actor_parse(&actor, value) == 0)
		actor_add(&again, &actor);
	else if (dot_parse(&dot, value) == 0)
		dot_add(&again, &dot);
	else
		return;
	ALWAYS(fuzz_same(&again, value.at, value.len));
}

/* A key is found, and with it what the walk shows. */
static void
check_member(struct json_span object, struct json_span key,
    struct json_span item)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct json_span found = { NULL, 0 };

	buf_add(&name, key.at, key.len);
	ALWAYS(json_member(object, buf_str(&name), &found));
	ALWAYS(found.at == item.at && found.len == item.len);
}

/* Walk it and write what was seen; the depth is bounded by DEPTH. */
static void
rebuild(struct buf *out, struct json_span value, unsigned depth)
{
	struct json_span key, item, found, before = { "", 0 };
	char kind = json_kind(value);
	struct json_walk w;
	size_t n;

	ALWAYS(depth <= DEPTH);
	if (kind == '"')
		check_string(value);
	if (kind == 0)
		check_number(value);
	if (kind != '{' && kind != '[') {
		buf_add(out, value.at, value.len);
		return;
	}
	check_dot(value);
	buf_addc(out, kind);
	w = json_walk(value);
	for (n = 0; json_next(&w, &key, &item); n++) {
		if (n > 0)
			buf_addc(out, ',');
		if (kind == '{') {
			ALWAYS(n == 0 || json_key_cmp(before, key) < 0);
			check_string((struct json_span){ key.at - 1,
			    key.len + 2 });
			if (n < MEMBERS_FOUND)
				check_member(value, key, item);
			buf_addf(out, "\"%.*s\":", (int)key.len, key.at);
			before = key;
		}
		rebuild(out, item, depth + 1);
	}
	buf_addc(out, kind == '{' ? '}' : ']');
	ALWAYS(!json_member(value, "\x01", &found));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf canon = BUF_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	CLEANUP(buf_clear) struct buf walked = BUF_INIT;
	const char *text = (const char *)data;
	struct err err = ERR_INIT;
	int is_json = json_canon(&canon, text, size, DEPTH, &err) == 0;
	int is_canonical;

	ALWAYS(is_json || (err.text[0] != '\0' && canon.len == 0));
	err_clear(&err);
	is_canonical = json_scan(text, size, DEPTH, &err) == 0;
	ALWAYS(is_canonical || err.code == E_JSON);
	ALWAYS(is_canonical == (is_json && fuzz_same(&canon, text, size)));
	if (!is_json)
		return 0;
	err_clear(&err);
	ALWAYS(canon.len <= size);
	ALWAYS(json_scan(canon.at, canon.len, DEPTH, &err) == 0);
	ALWAYS(json_canon(&again, canon.at, canon.len, DEPTH, &err) == 0);
	ALWAYS(fuzz_same(&again, canon.at, canon.len));
	rebuild(&walked, (struct json_span){ canon.at, canon.len }, 0);
	ALWAYS(fuzz_same(&walked, canon.at, canon.len));
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
