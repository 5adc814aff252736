/* json_canon beside jansson: texts that are made up and texts that are
 * damaged, from a fixed seed.  They take the same texts, but for what
 * `accounted_for` lists, and read the same values out of them. */
#include "../../base/json_scan.h"

#include <jansson.h>

#include "../../base/text.h"
#include "unit.h"

#define DEPTH 128

static uint64_t seed = 0x5a7c4e1;

/* xorshift64; 0 to below - 1. */
static unsigned
pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/*
 * The same values, as jansson read them from the text and as the walk reads
 * them from its canonical form.
 */
static int same_value(json_t *want, struct json_span got);

static int
same_string(const char *want, size_t len, struct json_span got)
{
	CLEANUP(buf_clear) struct buf says = BUF_INIT;

	if (json_kind(got) != '"')
		return 0;
	json_unescape(&says, got);
	return says.len == len &&
	    (len == 0 || memcmp(says.at, want, len) == 0);
}

/* Every key of the one is in the other, in the order of its bytes. */
static int
same_object(json_t *want, struct json_span got)
{
	CLEANUP(buf_clear) struct buf before = BUF_INIT;
	CLEANUP(buf_clear) struct buf says = BUF_INIT;
	struct json_walk w = json_walk(got);
	struct json_span key, value;
	size_t n;

	for (n = 0; json_next(&w, &key, &value); n++) {
		buf_reset(&says);
		json_unescape(&says, (struct json_span){ key.at - 1,
		    key.len + 2 });
		if (buf_str(&says) == NULL ||
		    !same_value(json_object_get(want, says.at), value) ||
		    (n > 0 && strcmp(before.at, says.at) >= 0))
			return 0;
		buf_reset(&before);
		buf_adds(&before, says.at);
		if (buf_str(&before) == NULL)
			return 0;
	}
	return n == json_object_size(want);
}

static int
same_array(json_t *want, struct json_span got)
{
	struct json_walk w = json_walk(got);
	struct json_span key, value;
	size_t n;

	for (n = 0; json_next(&w, &key, &value); n++)
		if (key.len != 0 ||
		    !same_value(json_array_get(want, n), value))
			return 0;
	return n == json_array_size(want);
}

static int
same_number(json_t *want, struct json_span got)
{
	char digits[400];

	if (json_kind(got) != 0 || got.len >= sizeof digits)
		return got.len >= sizeof digits;
	memcpy(digits, got.at, got.len);
	digits[got.len] = '\0';
	if (json_is_integer(want))
		return strpbrk(digits, ".eE") == NULL &&
		    strtoll(digits, NULL, 10) == json_integer_value(want);
	return strtod(digits, NULL) <= json_real_value(want) &&
	    strtod(digits, NULL) >= json_real_value(want);
}

static int
same_value(json_t *want, struct json_span got)
{
	if (want == NULL)
		return 0;
	switch (json_typeof(want)) {
	case JSON_OBJECT:
		return json_kind(got) == '{' && same_object(want, got);
	case JSON_ARRAY:
		return json_kind(got) == '[' && same_array(want, got);
	case JSON_STRING:
		return same_string(json_string_value(want),
		    json_string_length(want), got);
	case JSON_INTEGER:
	case JSON_REAL:
		return same_number(want, got);
	case JSON_TRUE:
		return json_kind(got) == 't';
	case JSON_FALSE:
		return json_kind(got) == 'f';
	case JSON_NULL:
	default:
		return json_kind(got) == 'n';
	}
}

/*
 * One text through both.
 */
static int taken, left;			/* so that neither is rare */

/* What we take and jansson does not: numbers beyond a long long or a double,
 * which stay text with us, and a NUL in a key. */
static int
accounted_for(const json_error_t *e)
{
	return json_error_code(e) == json_error_numeric_overflow ||
	    json_error_code(e) == json_error_null_byte_in_key;
}

/* What it became is canonical, and becomes itself. */
static int
is_fixed(const struct buf *out)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	return json_scan(out->at, out->len, DEPTH, &err) == 0 &&
	    json_canon(&again, out->at, out->len, DEPTH, &err) == 0 &&
	    again.len == out->len &&
	    memcmp(again.at, out->at, out->len) == 0;
}

static const char *
compare(const char *text, size_t len)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	json_error_t e = { .line = 0 };
	json_t *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	const char *wrong = NULL;
	int ours = json_canon(&out, text, len, DEPTH, &err), canonical;

	err_clear(&err);
	canonical = json_scan(text, len, DEPTH, &err) == 0;
	if (ours < 0)
		wrong = tree != NULL ? "only jansson takes" :
		    canonical ? "only json_scan takes" : NULL;
	else if (tree == NULL && !accounted_for(&e))
		wrong = "only json_canon takes";
	else if (!is_fixed(&out))
		wrong = "not canonical in the end";
	else if (canonical != (out.len == len &&
	    memcmp(out.at, text, len) == 0))
		wrong = "json_scan and json_canon differ";
	else if (tree != NULL && !same_value(tree,
	    (struct json_span){ out.at, out.len }))
		wrong = "another value";
	json_decref(tree);
	taken += ours >= 0;
	left += ours < 0;
	return wrong;
}

static void
check(const struct buf *text)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	CLEANUP(buf_freep) char *exact = malloc(text->len + 1);
	const char *wrong;

	/* A copy that ends with its memory, for the sanitizer. */
	CHECK(exact != NULL && text->at != NULL);
	exact = realloc(exact, text->len > 0 ? text->len : 1);
	CHECK(exact != NULL);
	memcpy(exact, text->at, text->len);
	if ((wrong = compare(exact, text->len)) == NULL)
		return;
	text_safe(&safe, text->at, text->len);
	FAIL("%s: %s", wrong, buf_str(&safe));
}

/*
 * Texts that are made up: JSON of every form, keys in any order, seldom twice.
 */
static void
make_space(struct buf *to)
{
	while (pick(4) == 0)
		buf_addc(to, " \t\n\r"[pick(4)]);
}

static void
make_string(struct buf *to)
{
	static const char *const pieces[] = { "a", "b", "z", "\\n", "\\u000a",
	    "\\\"", "\\\\", "\\/", "/", "\\u0041", "\\u00e9", "\xc3\xa9",
	    "\\ud83d\\ude00", "\xf0\x9f\x98\x80", "\\u001f", "\x7f",
	    "\xef\xbf\xbf", "\\uffff", "longer than eight", " ", "#", "[",
	    "]", ":", "\\u2028", "\xe2\x80\xa8", "\\b\\f\\r\\t", "12345678" };
	unsigned n = pick(5);

	buf_addc(to, '"');
	while (n-- > 0)
		buf_adds(to, pieces[pick(sizeof pieces / sizeof pieces[0])]);
	buf_addc(to, '"');
}

static void
make_scalar(struct buf *to)
{
	static const char *const scalars[] = { "0", "-0", "1", "-17", "0.10",
	    "1e5", "1E+2", "-1.5e-3", "9223372036854775807", "true", "false",
	    "null", "9223372036854775808", "1e400", "0e0", "123456789012" };

	if (pick(2) == 0)
		make_string(to);
	else
		buf_adds(to, scalars[pick(sizeof scalars /
		    sizeof scalars[0])]);
}

static void
make_value(struct buf *to, unsigned depth)
{
	unsigned kind = depth == 0 ? 0 : pick(3), n = pick(7), i;

	make_space(to);
	if (kind == 0) {
		make_scalar(to);
	} else {
		buf_addc(to, kind == 1 ? '{' : '[');
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_addc(to, ',');
			make_space(to);
			if (kind == 1) {
				make_string(to);
				make_space(to);
				buf_addc(to, ':');
			}
			make_value(to, depth - 1);
		}
		make_space(to);
		buf_addc(to, kind == 1 ? '}' : ']');
	}
	make_space(to);
}

TEST(made_up)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int i;

	taken = left = 0;
	for (i = 0; i < 20000; i++) {
		buf_reset(&text);
		make_value(&text, pick(5));
		check(&text);
	}
	CHECK(taken > 10000);
	CHECK(left > 500);
}

/*
 * Texts that are damaged.
 */
static void
splice(struct buf *text, size_t at, size_t gone, const char *put, size_t len)
{
	CLEANUP(buf_clear) struct buf whole = BUF_INIT;

	buf_add(&whole, text->at, at);
	buf_add(&whole, put, len);
	buf_add(&whole, text->at + at + gone, text->len - at - gone);
	buf_reset(text);
	buf_add(text, whole.at, whole.len);
}

static void
damage(struct buf *text)
{
	static const char *const tokens[] = { "{", "}", "[", "]", ",", ":",
	    "\"", "\\", "\\u", "\\u00", "\\ud800", "\\udc00", "\\u0000", "0",
	    "-", "+", ".", "e", "1", "true", "nul", " ", "\n", "{}", "[]",
	    "\"a\":", "\"\"", ",\"a\":1", "\xc3", "\xa9", "\xed\xa0\x80",
	    "\xf4\x90\x80\x80", "\xef\xbb\xbf", "\xc0\xaf", "//", "'", "\x01",
	    "\x7f", "99999999999999999999", "1e999", "-0", "00" };
	const char *token = tokens[pick(sizeof tokens / sizeof tokens[0])];
	size_t at = pick((unsigned)text->len + 1), left_over = text->len - at;
	size_t n = pick(left_over < 9 ? (unsigned)left_over + 1 : 9);
	char copy[8];
	char c;

	switch (pick(6)) {
	case 0:
		c = (char)pick(256);
		splice(text, at, left_over > 0, &c, 1);
		break;
	case 1:
		splice(text, at, n, "", 0);
		break;
	case 2:
		splice(text, at, 0, token, strlen(token));
		break;
	case 3:
		splice(text, at, n, token, strlen(token));
		break;
	case 4:
		n = n < sizeof copy ? n : sizeof copy;
		memcpy(copy, text->at + at, n);
		splice(text, pick((unsigned)text->len + 1), 0, copy, n);
		break;
	default:
		if (left_over > 0)
			text->at[at] = (char)(text->at[at] ^ (1 << pick(8)));
	}
}

TEST(damaged)
{
	CLEANUP(buf_clear) struct buf whole = BUF_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	unsigned i, k, n;

	taken = left = 0;
	for (i = 0; i < 2000; i++) {
		buf_reset(&whole);
		make_value(&whole, 1 + pick(4));
		for (k = 0; k < 20; k++) {
			buf_reset(&text);
			buf_add(&text, whole.at, whole.len);
			for (n = 1 + pick(3); n > 0; n--)
				damage(&text);
			check(&text);
		}
	}
	CHECK(taken > 4000);
	CHECK(left > 20000);
}

/* What `accounted_for` lists, and depth. */
TEST(differences)
{
	static const char *const ours[] = { "9223372036854775808",
	    "-9223372036854775809", "1e400", "{\"a\\u0000\":1}" };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	json_error_t e;
	size_t i;

	taken = left = 0;
	for (i = 0; i < 4; i++) {
		buf_reset(&text);
		buf_adds(&text, ours[i]);
		check(&text);
		CHECK(json_loads(ours[i], JSON_DECODE_ANY | JSON_ALLOW_NUL,
		    &e) == NULL);
	}
	CHECK_INT(taken, 4);
	buf_reset(&text);
	for (i = 0; i < 129; i++)
		buf_addc(&text, '[');
	for (i = 0; i < 129; i++)
		buf_addc(&text, ']');
	CHECK_STR(compare(text.at, text.len), "only jansson takes");
}

int
main(void)
{
	return unit_run();
}
