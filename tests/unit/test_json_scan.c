#include "../../base/json_scan.h"

#include <sodium.h>

#include "../../base/text.h"
#include "unit.h"

#define DEPTH 128

/* A copy that ends where its memory ends, so that a sanitizer sees a byte
 * read too many. */
static char *
exact(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		FAIL("out of memory");
	memcpy(copy, text, len);
	return copy;
}

static int
scan(const char *text, size_t len, struct err *err)
{
	CLEANUP(buf_freep) char *copy = exact(text, len);

	return json_scan(copy, len, DEPTH, err);
}

static int
canon(struct buf *out, const char *text, size_t len, struct err *err)
{
	CLEANUP(buf_freep) char *copy = exact(text, len);

	return json_canon(out, copy, len, DEPTH, err);
}

/* `text` is canonical, and json_canon leaves it as it is. */
static void
check_canonical(const char *text, size_t len)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_OK(scan(text, len, &err), &err);
	CHECK_OK(canon(&out, text, len, &err), &err);
	CHECK_INT(out.len, len);
	CHECK(memcmp(out.at, text, len) == 0);
}

/* `text` is JSON, not canonical, and becomes `want`. */
static void
check_canon(const char *text, const char *want)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_ERR(scan(text, strlen(text), &err), &err, E_JSON);
	CHECK_OK(canon(&out, text, strlen(text), &err), &err);
	CHECK_STR(buf_str(&out), want);
	check_canonical(want, strlen(want));
}

/* Neither takes it; json_canon says why, and leaves what it would append to
 * as it was. */
static void
check_refused(const char *text, size_t len, const char *why)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_ERR(scan(text, len, &err), &err, E_JSON);
	buf_adds(&out, "before");
	CHECK_INT(canon(&out, text, len, &err), -(int)E_JSON);
	CHECK_STR(err.text, why);
	CHECK_STR(buf_str(&out), "before");
	CHECK_INT(out.len, 6);
}

static void
check_scan_says(const char *text, const char *why)
{
	struct err err = ERR_INIT;

	CHECK_INT(scan(text, strlen(text), &err), -(int)E_JSON);
	CHECK_STR(err.text, why);
}

/* The vectors of the model, with their BLAKE2b-256. */
static const struct {
	const char *text, *hash;
	size_t len;
} vectors[] = {
#define VECTOR(text_, hash_) { text_, hash_, sizeof(text_) - 1 }
	VECTOR("{}", "c09da522dac261c3d2566230bed10d2f"
	    "3ef13f8e7654576c12e857e07f786098"),
	VECTOR("{\"B\":4,\"a\":2,\"b\":1,\"\xc3\xa9\":3,\"\xef\xbf\xae\":6,"
	    "\"\xf0\x9f\x98\x80\":5}", "dc735a15ef8e21aa2fee1d1fa10a5410"
	    "cabf09b1a32056f16d12839d573e63cf"),
	VECTOR("{\"s\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"
	    "\xe2\x80\xa8\xc3\xa9\"}", "f477bcf9567b6697f966451b6c240817"
	    "66b6b238295ad9c0ceea919eeb26f713"),
	VECTOR("[0.10,1E2,-0]", "e16a98c7fa296b61407da47b7b8e864f"
	    "760ef0bd00435dedfb78cbab7e56dcaa"),
	VECTOR("[null,true,false,[],{}]", "755ec6bd7ebb863c63d164bb4def6b1a"
	    "970b7a3394b19d9aae60331f080b160c"),
	VECTOR("{\"\":{\"a\":[{}],\"z\":[]}}",
	    "0ab6223e440de5c64b2461710e884e93"
	    "5280fb67cfdf85f7a8883704c6884dca"),
};

TEST(vectors)
{
	unsigned char hash[32];
	char hex[65];
	size_t i;

	for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		check_canonical(vectors[i].text, vectors[i].len);
		CHECK(crypto_generichash(hash, sizeof hash,
		    (const unsigned char *)vectors[i].text, vectors[i].len,
		    NULL, 0) == 0);
		text_hex(hex, hash, sizeof hash);
		CHECK_STR(hex, vectors[i].hash);
	}
}

TEST(canonical_as_it_is)
{
	static const char *const texts[] = { "0", "-0", "10", "-12.50",
	    "1e5", "1E+5", "0e-0", "1.5e-300", "9223372036854775808",
	    "\"\"", "[[[]]]", "{\"a\":{\"a\":{\"a\":0}}}",
	    "[1,[2,[3,{\"x\":[]}]]]", "{\"\":0,\" \":0,\"!\":0,\"\\\"\":0}",
	    "[{\"a\":1,\"b\":2},{\"a\":1}]", "\"\\\\\\\"\"",
	    "{\"a\":[{\"z\":1},{\"y\":1}],\"b\":0}" };
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check_canonical(texts[i], strlen(texts[i]));
}

TEST(canon_of_what_is_not)
{
	check_canon(" 1", "1");
	check_canon("\t\r\n [ 1 ,\n2 ] \n", "[1,2]");
	check_canon(" { } ", "{}");
	check_canon("[ ]", "[]");
	check_canon("{ \"a\" : [ { } ] , \"b\" : null }",
	    "{\"a\":[{}],\"b\":null}");
	check_canon("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}");
	check_canon("{\"c\":{\"z\":1,\"y\":[{\"b\":1,\"a\":2}]},\"a\":0}",
	    "{\"a\":0,\"c\":{\"y\":[{\"a\":2,\"b\":1}],\"z\":1}}");
	check_canon("\"\\/\"", "\"/\"");
	check_canon("\"\\u0041\\u00e9\\u20AC\\ud83D\\uDe00\"",
	    "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	check_canon("\"\\u0022\\u005C\\u002f\"", "\"\\\"\\\\/\"");
	check_canon("\"\\u0008\\u0009\\u000A\\u000c\\u000d\\u000b\"",
	    "\"\\b\\t\\n\\f\\r\\u000b\"");
	check_canon("\"\\u001F\"", "\"\\u001f\"");
	check_canon("\"\\uFFFF\\uDBFF\\uDFFF\"",
	    "\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"");
	check_canon("{\"\\u0062\":1,\"a\":2}", "{\"a\":2,\"b\":1}");
	check_canon("{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}");
	check_canon("[1.0 ,1e+0, -0.0E-00]", "[1.0,1e+0,-0.0E-00]");
}

/* Keys order by what they say: a raw backslash is above '#', what it says is
 * not; eight equal bytes are no tie, a NUL at the end is no padding. */
TEST(canon_orders_by_what_keys_say)
{
	check_canon("{\"#\":1,\"\\\"\":2,\"\\n\":3,\"]\":4,\"\\\\\":5}",
	    "{\"\\n\":3,\"\\\"\":2,\"#\":1,\"\\\\\":5,\"]\":4}");
	check_canon("{\"12345678b\":1,\"12345678a\":2,\"12345678\":3}",
	    "{\"12345678\":3,\"12345678a\":2,\"12345678b\":1}");
	check_canon("{\"b2345678\":1,\"a2345679\":2}",
	    "{\"a2345679\":2,\"b2345678\":1}");
	check_canon("{\"12!45678\":1,\"12\\n45678\":2,\"1234567!\":3,"
	    "\"1234567\\n\":4}", "{\"12\\n45678\":2,\"12!45678\":1,"
	    "\"1234567\\n\":4,\"1234567!\":3}");
	check_canon("{\"a\\u0000\":1,\"a\":2}", "{\"a\":2,\"a\\u0000\":1}");
	check_canon("{\"\xef\xbf\xae\":1,\"\\ud800\\udc00\":2,\"z\":3}",
	    "{\"z\":3,\"\xef\xbf\xae\":1,\"\xf0\x90\x80\x80\":2}");
}

/* Keys of `count` members, descending, which are put in order; or the lowest
 * of them also as the highest. */
static void
check_many(int count, int again)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT, want = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	int i;

	for (i = 0; i < count; i++) {
		buf_addf(&text, "%s\"key%04d%s\":%d", i == 0 ? "{" : ",",
		    count - 1 - i, i % 3 == 0 ? "\\n" : "", count - 1 - i);
		buf_addf(&want, "%s\"key%04d%s\":%d", i == 0 ? "{" : ",", i,
		    (count - 1 - i) % 3 == 0 ? "\\n" : "", i);
	}
	if (again)
		buf_addf(&text, ",\"key%04d\\n\":0", count - 1);
	buf_addc(&text, '}');
	buf_addc(&want, '}');
	if (!again)
		check_canon(buf_str(&text), buf_str(&want));
	else
		CHECK_ERR(canon(&out, text.at, text.len, &err), &err, E_JSON);
}

TEST(canon_orders_many)
{
	static const int counts[] = { 2, 3, 63, 64, 65, 66, 1000 };
	size_t i;

	for (i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		check_many(counts[i], 0);
		check_many(counts[i], 1);
	}
}

/* Duplicates (J1), in order and out of it, plain and escaped. */
TEST(duplicate_keys)
{
	static const char *const texts[] = { "{\"a\":1,\"a\":2}",
	    "{\"\":1,\"\":2}", "{\"b\":1,\"a\":0,\"b\":2}",
	    "{\"a\":1,\"\\u0061\":2}", "{\"\\n\":1,\"\\u000a\":2}",
	    "{\"c\":{\"b\":1,\"a\":1,\"b\":1}}", "[{},{\"x\":0,\"x\":0}]",
	    "{\"z\":0,\"12345678a\":1,\"12345678a\":1}" };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		CHECK_ERR(scan(texts[i], strlen(texts[i]), &err), &err, E_JSON);
		CHECK_ERR(canon(&out, texts[i], strlen(texts[i]), &err), &err,
		    E_JSON);
	}
	check_refused("{\"b\":1,\"a\":0, \"b\":2}", 21, "byte 14: expected "
	    "keys that differ, found the same key again");
	check_scan_says("{\"a\":1,\"a\":2}", "byte 7: expected keys that "
	    "differ, found the same key again");
	check_scan_says("{\"b\":1,\"a\":2}", "byte 7: expected keys in "
	    "ascending order, found a lower key");
	check_scan_says("{\"a\\n\":1,\"a\":2}", "byte 9: expected keys in "
	    "ascending order, found a lower key");
}

static const struct {
	const char *text, *why;
} refused[] = {
	{ "", "byte 0: expected a value, found the end" },
	{ " ", "byte 1: expected a value, found the end" },
	{ "[", "byte 1: expected a value, found the end" },
	{ "[1", "byte 2: expected ',' or ']', found the end" },
	{ "[1,", "byte 3: expected a value, found the end" },
	{ "[1,]", "byte 3: expected a value, found 0x5d" },
	{ "[,1]", "byte 1: expected a value, found 0x2c" },
	{ "[1 2]", "byte 3: expected ',' or ']', found 0x32" },
	{ "[1}", "byte 2: expected ',' or ']', found 0x7d" },
	{ "]", "byte 0: expected a value, found 0x5d" },
	{ "{", "byte 1: expected a key, found the end" },
	{ "{1:2}", "byte 1: expected a key, found 0x31" },
	{ "{'a':1}", "byte 1: expected a key, found 0x27" },
	{ "{\"a\"", "byte 4: expected ':' after a key, found the end" },
	{ "{\"a\",1}", "byte 4: expected ':' after a key, found 0x2c" },
	{ "{\"a\":", "byte 5: expected a value, found the end" },
	{ "{\"a\":}", "byte 5: expected a value, found 0x7d" },
	{ "{\"a\":1", "byte 6: expected ',' or '}', found the end" },
	{ "{\"a\":1]", "byte 6: expected ',' or '}', found 0x5d" },
	{ "{\"a\":1,", "byte 7: expected a key, found the end" },
	{ "{\"a\":1,}", "byte 7: expected a key, found 0x7d" },
	{ "{\"a\":1:2}", "byte 6: expected ',' or '}', found 0x3a" },
	{ "{\"a\n\":1}", "byte 3: expected a character, found 0x0a" },
	{ "{\"a", "byte 3: expected a closing '\"', found the end" },
	{ "\"", "byte 1: expected a closing '\"', found the end" },
	{ "\"\xc3\xa9", "byte 3: expected a closing '\"', found the end" },
	{ "\"\\n", "byte 3: expected a closing '\"', found the end" },
	{ "\"\\", "byte 2: expected an escape, found the end" },
	{ "\"\\x\"", "byte 2: expected an escape, found 0x78" },
	{ "\"\\'\"", "byte 2: expected an escape, found 0x27" },
	{ "\"\\u", "byte 2: expected four hex digits after u, found 0x75" },
	{ "\"\\u00e\"",
	    "byte 2: expected four hex digits after u, found 0x75" },
	{ "\"\\u00g0\"",
	    "byte 2: expected four hex digits after u, found 0x75" },
	{ "\"\\ud800\"", "byte 7: expected a low surrogate, found 0x22" },
	{ "\"\\ud800", "byte 7: expected a low surrogate, found the end" },
	{ "\"\\ud800\\n\"", "byte 7: expected a low surrogate, found 0x5c" },
	{ "\"\\ud800\\u0041\"",
	    "byte 7: expected a low surrogate, found 0x5c" },
	{ "\"\\ud800\\ud800\"",
	    "byte 7: expected a low surrogate, found 0x5c" },
	{ "\"\\ud800\\ue000\"",
	    "byte 7: expected a low surrogate, found 0x5c" },
	{ "\"\\udc00\"",
	    "byte 1: expected a high surrogate first, found 0x5c" },
	{ "\"\\udfff\\ud800\"",
	    "byte 1: expected a high surrogate first, found 0x5c" },
	{ "t", "byte 1: expected true, found the end" },
	{ "trux", "byte 3: expected true, found 0x78" },
	{ "falsE", "byte 4: expected false, found 0x45" },
	{ "nul", "byte 3: expected null, found the end" },
	{ "-", "byte 1: expected a digit, found the end" },
	{ "-a", "byte 1: expected a digit, found 0x61" },
	{ "1.", "byte 2: expected a digit, found the end" },
	{ "1.e1", "byte 2: expected a digit, found 0x65" },
	{ "1e", "byte 2: expected a digit, found the end" },
	{ "1e+", "byte 3: expected a digit, found the end" },
	{ "1e-x", "byte 3: expected a digit, found 0x78" },

	/* J8 */
	{ "\xef\xbb\xbf{}", "byte 0: expected a value, found 0xef" },
	{ "{}x", "byte 2: expected white space or the end, found 0x78" },
	{ "{}{}", "byte 2: expected white space or the end, found 0x7b" },
	{ "1 2", "byte 2: expected white space or the end, found 0x32" },
	{ "[1]]", "byte 3: expected white space or the end, found 0x5d" },
	{ "[1/**/]", "byte 2: expected ',' or ']', found 0x2f" },
	{ "//\n1", "byte 0: expected a value, found 0x2f" },
	{ "'a'", "byte 0: expected a value, found 0x27" },
	{ "01", "byte 1: expected white space or the end, found 0x31" },
	{ "-01", "byte 2: expected white space or the end, found 0x31" },
	{ "+1", "byte 0: expected a value, found 0x2b" },
	{ ".5", "byte 0: expected a value, found 0x2e" },
	{ "NaN", "byte 0: expected a value, found 0x4e" },
	{ "Infinity", "byte 0: expected a value, found 0x49" },
	{ "TRUE", "byte 0: expected a value, found 0x54" },
	{ "1\f", "byte 1: expected white space or the end, found 0x0c" },

	/* J7 */
	{ "\"\xff\"", "byte 1: expected UTF-8, found 0xff" },
	{ "\"a\xc0\xaf\"", "byte 2: expected UTF-8, found 0xc0" },
	{ "\"\xed\xa0\x80\"", "byte 1: expected UTF-8, found 0xed" },
	{ "\"\xf4\x90\x80\x80\"", "byte 1: expected UTF-8, found 0xf4" },
	{ "\"\xe2\x82\"", "byte 1: expected UTF-8, found 0xe2" },
	{ "\"\xe2\x82", "byte 1: expected UTF-8, found 0xe2" },
	{ "{\"\x80\":1}", "byte 2: expected UTF-8, found 0x80" },
};

TEST(refused_and_why)
{
	size_t i;

	for (i = 0; i < sizeof refused / sizeof refused[0]; i++)
		check_refused(refused[i].text, strlen(refused[i].text),
		    refused[i].why);

	/* NUL bytes (J6); an escaped NUL is a character like others. */
	check_refused("\"a\0b\"", 5,
	    "byte 2: expected a character, found 0x00");
	check_refused("{}\0", 3,
	    "byte 2: expected white space or the end, found 0x00");
	check_refused("\"\\\0\"", 4, "byte 2: expected an escape, found 0x00");
	check_refused("\0", 1, "byte 0: expected a value, found 0x00");
	check_canonical("[\"\\u0000\"]", 10);
}

/* What json_scan alone refuses: JSON that is not canonical. */
TEST(scan_says_why)
{
	check_scan_says("[1, 2]", "byte 3: expected a value, found 0x20");
	check_scan_says("{\"a\" :1}",
	    "byte 4: expected ':' after a key, found 0x20");
	check_scan_says("{ }", "byte 1: expected a key, found 0x20");
	check_scan_says("[1 ]", "byte 2: expected ',' or ']', found 0x20");
	check_scan_says("{\"a\":1 }",
	    "byte 6: expected ',' or '}', found 0x20");
	check_scan_says("{}\n", "byte 2: expected the end, found 0x0a");
	check_scan_says("\"\\/\"",
	    "byte 2: expected an escape of RFC 8785, found 0x2f");
	check_scan_says("\"\\u00e9\"",
	    "byte 2: expected an escape of RFC 8785, found 0x75");
	check_scan_says("\"\\u001F\"",
	    "byte 2: expected an escape of RFC 8785, found 0x75");
	check_scan_says("\"\\u001",
	    "byte 2: expected an escape of RFC 8785, found 0x75");
	check_scan_says("\"\\u001f",
	    "byte 7: expected a closing '\"', found the end");
	check_scan_says("\"\\n",
	    "byte 3: expected a closing '\"', found the end");
	check_scan_says("\"\\",
	    "byte 2: expected an escape of RFC 8785, found the end");
}

/* Every way to cut off a text that has everything. */
TEST(every_prefix)
{
	static const char text[] = "{\"a\\n\":[-1.5e+3,true,{}],"
	    "\"b\xf0\x9f\x98\x80\":{\"c\":null,\"d\\u0001\":\"\\\\\"},"
	    "\"e\":false}";
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t len;

	check_canonical(text, sizeof text - 1);
	for (len = 0; len < sizeof text - 1; len++) {
		CHECK_ERR(scan(text, len, &err), &err, E_JSON);
		CHECK_ERR(canon(&out, text, len, &err), &err, E_JSON);
	}
	CHECK_INT(json_scan(NULL, 0, DEPTH, &err), -(int)E_JSON);
	err_clear(&err);
	CHECK_INT(json_canon(&out, NULL, 0, DEPTH, &err), -(int)E_JSON);
}

/* An odd byte at every place of a run that is read eight at a time. */
TEST(odd_bytes_in_runs)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char text[32];
	size_t at, len;
	int c, good;

	for (len = 3; len < 22; len++) {
		for (at = 1; at < len - 1; at++) {
			for (c = 0; c < 256; c++) {
				memset(text, 'a', sizeof text);
				text[0] = text[len - 1] = '"';
				text[at] = (char)c;
				good = c >= 0x20 && c < 0x80 && c != '"' &&
				    c != '\\';
				CHECK((json_scan(text, len, 1, &err) == 0) ==
				    good);
				err_clear(&err);
				CHECK((json_canon(&out, text, len, 1, &err) ==
				    0) == good);
				err_clear(&err);
				buf_reset(&out);
			}
		}
	}
}

/*
 * Escapes and UTF-8, each one of them.
 */

TEST(every_short_escape)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char text[4] = "\"\\?\"";
	int c;

	for (c = 0; c < 256; c++) {
		text[2] = (char)c;
		CHECK_INT(scan(text, 4, &err) == 0,
		    c != 0 && strchr("\"\\bfnrt", c) != NULL);
		err_clear(&err);
		buf_reset(&out);
		CHECK_INT(canon(&out, text, 4, &err) == 0,
		    c != 0 && strchr("\"\\/bfnrt", c) != NULL);
		err_clear(&err);
	}
}

/* UTF-8 as RFC 3629 section 3 builds it. */
static size_t
encode(char *to, unsigned point)
{
	static const unsigned lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ?
	    3 : 4, i;

	for (i = n; i-- > 1; point >>= 6)
		to[i] = (char)(0x80 | (point & 0x3f));
	to[0] = (char)(lead[n == 1 ? 0 : n] | point);
	return n;
}

TEST(every_u_escape)
{
	CLEANUP(buf_clear) struct buf want = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char text[9], utf8[4];
	unsigned u;
	int surrogate, same, upper;

	for (u = 0; u < 0x20000; u++) {
		upper = u > 0xffff;
		(void)snprintf(text, sizeof text, upper ? "\"\\u%04X\"" :
		    "\"\\u%04x\"", u & 0xffff);
		surrogate = (u & 0xf800) == 0xd800;
		buf_reset(&out);
		buf_reset(&want);
		text_json(&want, utf8, encode(utf8, u & 0xffff));
		CHECK_INT(canon(&out, text, 8, &err) == 0, !surrogate);
		err_clear(&err);
		if (!surrogate)
			CHECK_STR(buf_str(&out), buf_str(&want));
		same = want.len == 8 && memcmp(want.at, text, 8) == 0;
		CHECK_INT(scan(text, 8, &err) == 0, same);
		err_clear(&err);
	}
}

TEST(surrogate_pairs)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char text[15], utf8[4];
	unsigned point;

	for (point = 0x10000; point < 0x110000; point += 0x101) {
		(void)snprintf(text, sizeof text, "\"\\u%04x\\u%04X\"",
		    0xd800 + ((point - 0x10000) >> 10),
		    0xdc00 + ((point - 0x10000) & 0x3ff));
		buf_reset(&out);
		CHECK_OK(canon(&out, text, 14, &err), &err);
		CHECK_INT(out.len, 2 + encode(utf8, point));
		CHECK(memcmp(out.at + 1, utf8, 4) == 0);
	}
}

/* What is UTF-8: what encoding gives again. */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	char again[4];
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, i;
	unsigned point = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	if (p[0] > 0xf7 || (p[0] >= 0x80 && p[0] < 0xc0) || n > left)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return encode(again, point) == n && memcmp(again, p, n) == 0 ? n : 0;
}

TEST(utf8_is_strict)
{
	static const unsigned char edge[] = { 0x22, 0x41, 0x7f, 0x80, 0x8f,
	    0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	enum { EDGES = sizeof edge };
	unsigned char text[6] = { '"', 0, 0, 0, 0, '"' };
	struct err err = ERR_INIT;
	size_t i, at, n;
	int lead, good;

	for (lead = 0x80; lead < 0x100; lead++) {
		for (i = 0; i < EDGES * EDGES * EDGES; i++) {
			text[1] = (unsigned char)lead;
			text[2] = edge[i % EDGES];
			text[3] = edge[i / EDGES % EDGES];
			text[4] = edge[i / EDGES / EDGES];
			for (at = 1, good = 1; good && at < 5; at += n) {
				n = utf8_len(text + at, 5 - at);
				good = n != 0 && text[at] != '"';
			}
			CHECK_INT(json_scan((char *)text, 6, 1, &err) == 0,
			    good);
			err.code = E_OK;
		}
	}
}

/* Allowed in free text (J10): noncharacters, DEL, C1 controls. */
TEST(odd_but_allowed)
{
	check_canonical("\"\xef\xbf\xbf\x7f\xc2\x80\xc2\x9f\xef\xb7\x90\"",
	    13);
}

TEST(small_steps)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;

	CHECK(json_is(json_of(&b), "") && json_count(json_of(&b)) == 0);
	CHECK(json_of(&b).at != NULL);
	buf_adds(&b, "{\"a\":[1,2],\"b\":{}}");
	CHECK_INT(json_count(json_of(&b)), 2);
	CHECK(json_is(json_of(&b), "{\"a\":[1,2],\"b\":{}}"));
	CHECK(!json_is(json_of(&b), "{\"a\":[1,2],\"b\":{}"));
	CHECK_INT(json_count((struct json_span){ "[1,2]", 5 }), 2);
	CHECK_INT(json_count((struct json_span){ "[]", 2 }), 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
