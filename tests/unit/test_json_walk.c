#include "../../base/json_scan.h"

#include "../../base/text.h"
#include "unit.h"

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

static int
is(struct json_span s, const char *want)
{
	return json_same(s, span(want));
}

/*
 * Depth, counts and sizes.
 */

/* `open` n times, `middle`, `close` n times. */
static void
nest(struct buf *out, const char *open, size_t n, const char *middle,
    const char *close)
{
	size_t i;

	buf_reset(out);
	for (i = 0; i < n; i++)
		buf_adds(out, open);
	buf_adds(out, middle);
	for (i = 0; i < n; i++)
		buf_adds(out, close);
}

static void
check_depth(const char *open, const char *middle, const char *close,
    size_t per, unsigned depth, size_t n)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t limit = depth < 128 ? depth : 128;
	int want = n * per <= limit ? 0 : -(int)E_JSON;
	char why[80];

	(void)snprintf(why, sizeof why, "expected at most %zu levels", limit);
	nest(&text, open, n, middle, close);
	CHECK_INT(json_scan(text.at, text.len, depth, &err), want);
	CHECK(want == 0 || strstr(err.text, why) != NULL);
	err_clear(&err);
	CHECK_INT(json_canon(&out, text.at, text.len, depth, &err), want);
	CHECK(want == 0 || strstr(err.text, why) != NULL);
	CHECK(want != 0 || json_same((struct json_span){ out.at, out.len },
	    (struct json_span){ text.at, text.len }));
}

/* J2, and one more and one less than each bound. */
TEST(depth)
{
	static const size_t counts[] = { 1, 31, 32, 33, 63, 64, 65, 127, 128,
	    129, 2048 };
	static const unsigned bounds[] = { 0, 1, 32, 64, 128, 129, 4096 };
	size_t i, k;

	for (i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		check_depth("", "1", "", 1, bounds[i], 0);
		for (k = 0; k < sizeof counts / sizeof counts[0]; k++) {
			check_depth("[", "", "]", 1, bounds[i], counts[k]);
			check_depth("{\"\":", "1", "}", 1, bounds[i],
			    counts[k]);
			check_depth("[{\"k\":", "0", "}]", 2, bounds[i],
			    counts[k]);
		}
	}
	check_depth("[", "", "]", 1, 128, 1000000);
}

/* Only what is open counts: any number beside each other. */
TEST(siblings_are_not_levels)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	int i;

	buf_addc(&text, '[');
	for (i = 0; i < 100000; i++)
		buf_adds(&text, "[],");
	buf_adds(&text, "{}]");
	CHECK_OK(json_scan(text.at, text.len, 2, &err), &err);
	CHECK_OK(json_canon(&out, text.at, text.len, 2, &err), &err);
	CHECK_INT(out.len, text.len);
}

/* J12: keys in the worst order, and keys that begin alike. */
static void
check_many_keys(const char *start, int n, const char *value)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct json_span key, item, before = { "", 0 };
	struct json_walk w;
	int i;

	for (i = 0; i < n; i++)
		buf_addf(&text, "%c\"%s%06d\":%s", i == 0 ? '{' : ',', start,
		    (int)((i * 7919LL + 13) % n), value);
	buf_addc(&text, '}');
	CHECK_OK(json_canon(&out, text.at, text.len, 2, &err), &err);
	CHECK_OK(json_scan(out.at, out.len, 2, &err), &err);
	CHECK_INT(out.len, text.len);
	w = json_walk((struct json_span){ out.at, out.len });
	for (i = 0; json_next(&w, &key, &item); i++) {
		CHECK(i == 0 || json_key_cmp(before, key) < 0);
		before = key;
	}
	CHECK_INT(i, n);

	/* One of them twice. */
	text.len--;
	buf_addf(&text, ",\"%s%06d\":%s}", start, n / 2, value);
	CHECK_ERR(json_canon(&out, text.at, text.len, 2, &err), &err, E_JSON);
}

TEST(many_keys)
{
	check_many_keys("", 300000, "0");
	check_many_keys("a long beginning that all have ", 100000, "[]");
	check_many_keys("\\n", 1000, "null");
	check_many_keys("\\\\\\\\\\\"", 1000, "{}");
}

TEST(canon_bounds)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char *to = buf_room(&text, 16777217);

	CHECK(to != NULL);
	memset(to, ' ', 16777217);
	to[16777215] = '1';
	CHECK_OK(json_canon(&out, to, 16777216, 1, &err), &err);
	CHECK_STR(buf_str(&out), "1");
	CHECK_ERR(json_canon(&out, to, 16777217, 1, &err), &err, E_LIMIT);
	CHECK_INT(out.len, 1);

	/* The bound of the buffer, for what comes out, not what goes in. */
	buf_reset(&out);
	out.max = 3;
	CHECK_OK(json_canon(&out, "[ 1 ]", 5, 1, &err), &err);
	CHECK_ERR(json_canon(&out, "1", 1, 1, &err), &err, E_LIMIT);
	CHECK_INT(out.len, 3);
}

/* The first failure stays. */
TEST(error_is_set_once)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	(void)err_set(&err, E_HASH, "first");
	CHECK_INT(json_scan("x", 1, 1, &err), -(int)E_HASH);
	CHECK_INT(json_canon(&out, "x", 1, 1, &err), -(int)E_HASH);
	CHECK_STR(err.text, "first");
}

/*
 * The walk.
 */

TEST(walk_object)
{
	static const char text[] = "{\"\":0,\"a\\\"b\":\"}\\\\\","
	    "\"c\":[1,{\"x\":\"]\"},[]],\"d\":{},\"e\":-1.5e3,\"f\":null}";
	static const char *const keys[] = { "", "a\\\"b", "c", "d", "e", "f" };
	static const char *const values[] = { "0", "\"}\\\\\"",
	    "[1,{\"x\":\"]\"},[]]", "{}", "-1.5e3", "null" };
	struct json_span key, value;
	struct err err = ERR_INIT;
	struct json_walk w = json_walk(span(text));
	size_t i;

	CHECK_OK(json_scan(text, sizeof text - 1, 8, &err), &err);
	for (i = 0; json_next(&w, &key, &value); i++) {
		CHECK(i < 6 && is(key, keys[i]));
		CHECK(is(value, values[i]));
	}
	CHECK_INT(i, 6);
	CHECK(!json_next(&w, &key, &value));
}

TEST(walk_array)
{
	static const char *const items[] = { "\"a:b\"", "[[],[]]", "{\"k\":1}",
	    "true", "10", "\"\"" };
	struct json_span key, value;
	struct json_walk w = json_walk(span("[\"a:b\",[[],[]],{\"k\":1},true,"
	    "10,\"\"]"));
	size_t i;

	for (i = 0; json_next(&w, &key, &value); i++) {
		CHECK(i < 6 && is(value, items[i]));
		CHECK_INT(key.len, 0);
	}
	CHECK_INT(i, 6);
}

TEST(walk_of_nothing)
{
	static const char *const texts[] = { "{}", "[]", "1", "\"ab\"", "12",
	    "null", "" };
	struct json_span key, value;
	struct json_walk w;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		w = json_walk(span(texts[i]));
		CHECK(!json_next(&w, &key, &value));
	}
	w = json_walk((struct json_span){ NULL, 0 });
	CHECK(!json_next(&w, &key, &value));
}

/* What a member says is appended; of what is no text, nothing. */
TEST(member_text)
{
	CLEANUP(buf_clear) struct buf says = BUF_INIT;
	struct json_span o = span("{\"a\":\"x\\\"y\",\"b\":1,\"c\":\"\"}");

	CHECK(json_member_text(o, "a", &says));
	CHECK(json_member_text(o, "c", &says));
	CHECK(!json_member_text(o, "b", &says));
	CHECK(!json_member_text(o, "d", &says));
	CHECK(!json_member_text((struct json_span){ NULL, 0 }, "a", &says));
	CHECK_STR(buf_str(&says), "x\"y");
}

TEST(member)
{
	struct json_span value = { NULL, 0 };
	struct json_span o = span("{\"\":1,\"a\":{\"b\":2},\"ab\":3,"
	    "\"q\\\"\":4}");

	CHECK(json_member(o, "", &value) && is(value, "1"));
	CHECK(json_member(o, "a", &value) && is(value, "{\"b\":2}"));
	CHECK(json_member(o, "ab", &value) && is(value, "3"));
	CHECK(json_member(o, "q\\\"", &value) && is(value, "4"));
	value = span("kept");
	CHECK(!json_member(o, "b", &value));
	CHECK(!json_member(o, "abc", &value));
	CHECK(!json_member(span("[1]"), "", &value));
	CHECK(!json_member(span("\"a\""), "a", &value));
	CHECK(!json_member(span("{}"), "", &value));
	CHECK(is(value, "kept"));
}

TEST(kind)
{
	CHECK_INT(json_kind(span("{}")), '{');
	CHECK_INT(json_kind(span("[]")), '[');
	CHECK_INT(json_kind(span("\"\"")), '"');
	CHECK_INT(json_kind(span("true")), 't');
	CHECK_INT(json_kind(span("false")), 'f');
	CHECK_INT(json_kind(span("null")), 'n');
	CHECK_INT(json_kind(span("0")), 0);
	CHECK_INT(json_kind(span("-1")), 0);
	CHECK_INT(json_kind(span("")), 0);
}

TEST(unescape)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	static const char says[] = "a\"\\/\b\f\n\r\t\0\x1f\x0b\x19\xc3\xa9z";

	json_unescape(&out, span("\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f"
	    "\\u000b\\u0019\xc3\xa9z\""));
	CHECK_INT(out.len, sizeof says - 1);
	CHECK(memcmp(out.at, says, out.len) == 0);
	json_unescape(&out, span("\"\""));
	CHECK_INT(out.len, sizeof says - 1);
}

TEST(plain)
{
	struct json_span text = { NULL, 0 };

	CHECK(json_plain(span("\"abc\""), &text) && is(text, "abc"));
	CHECK(json_plain(span("\"\""), &text) && text.len == 0);
	CHECK(json_plain(span("\"\xc3\xa9\""), &text) && is(text, "\xc3\xa9"));
	CHECK(!json_plain(span("\"a\\n\""), &text));
	CHECK(!json_plain(span("1"), &text));
	CHECK(!json_plain(span("null"), &text));
	CHECK(!json_plain(span("[\"a\"]"), &text));
}

/* Numbers stay text; only whole ones that fit are counted with (J4, J5). */
TEST(uint)
{
	uint64_t n = 7;

	CHECK(json_uint(&n, span("0"), 0) == 0 && n == 0);
	CHECK(json_uint(&n, span("9007199254740991"), 9007199254740991u) == 0);
	CHECK(n == 9007199254740991u);
	CHECK(json_uint(&n, span("18446744073709551615"), UINT64_MAX) == 0);
	CHECK(n == UINT64_MAX);
	n = 7;
	CHECK(json_uint(&n, span("18446744073709551616"), UINT64_MAX) == -1);
	CHECK(json_uint(&n, span("9223372036854775808"), INT64_MAX) == -1);
	CHECK(json_uint(&n, span("11"), 10) == -1);
	CHECK(json_uint(&n, span("-1"), 10) == -1);
	CHECK(json_uint(&n, span("-0"), 10) == -1);
	CHECK(json_uint(&n, span("1.0"), 10) == -1);
	CHECK(json_uint(&n, span("1e0"), 10) == -1);
	CHECK(json_uint(&n, span("\"1\""), 10) == -1);
	CHECK(json_uint(&n, span("null"), 10) == -1);
	CHECK(json_uint(&n, span(""), 10) == -1);
	CHECK_INT(n, 7);
}

TEST(key_cmp)
{
	/* Ascending by what they say. */
	static const char *const keys[] = { "", "\\u0000", "\\u0001", "\\b",
	    "\\t", "\\n", "\\u000b", "\\f", "\\r", "\\u000e", "\\u001f", " ",
	    "!", "\\\"", "\\\"\\\"", "\\\"a", "#", "[", "\\\\", "\\\\\\\\",
	    "\\\\a", "]", "a", "a\\n", "a!", "a\\\"", "aa", "a\x7f",
	    "a\xc3\xa9", "b", "\x7f", "\xc2\x80", "\xc3\xa9",
	    "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80" };
	size_t n = sizeof keys / sizeof keys[0], i, k;
	struct err err = ERR_INIT;
	char text[64];
	int cmp;

	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			cmp = json_key_cmp(span(keys[i]), span(keys[k]));
			CHECK_INT((cmp > 0) - (cmp < 0), (i > k) - (i < k));
			(void)snprintf(text, sizeof text,
			    "{\"%s\":0,\"%s\":0}", keys[i], keys[k]);
			CHECK_INT(json_scan(text, strlen(text), 1, &err) == 0,
			    i < k);
			err_clear(&err);
		}
	}
}

TEST(same)
{
	struct json_span none = { NULL, 0 };

	CHECK(json_same(span("ab"), span("ab")));
	CHECK(!json_same(span("ab"), span("ac")));
	CHECK(!json_same(span("ab"), span("a")));
	CHECK(json_same(none, span("")));
	CHECK(!json_same(none, span("a")));
}

int
main(void)
{
	return unit_run();
}
