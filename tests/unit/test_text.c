#include "../../base/text.h"

#include <sodium.h>

#include "unit.h"

/*
 * Hex and base64.
 */

TEST(hex)
{
	static const unsigned char bytes[] = { 0x00, 0x0f, 0xa0, 0xff, 0x7e };
	unsigned char back[5];
	char out[11];

	text_hex(out, bytes, 5);
	CHECK_STR(out, "000fa0ff7e");
	CHECK_INT(text_unhex(back, 5, out, 10), 0);
	CHECK(memcmp(back, bytes, 5) == 0);
	text_hex(out, bytes, 0);
	CHECK_STR(out, "");
	CHECK_INT(text_unhex(back, 0, "", 0), 0);
}

TEST(unhex_refuses)
{
	unsigned char out[4];
	char one[2] = "00";
	int c;

	CHECK_INT(text_unhex(out, 2, "abc", 3), -1);
	CHECK_INT(text_unhex(out, 2, "abcde", 5), -1);
	CHECK_INT(text_unhex(out, 2, "ab cd", 5), -1);
	CHECK_INT(text_unhex(out, 1, "", 0), -1);
	for (c = 0; c < 256; c++) {
		one[1] = (char)c;
		CHECK_INT(text_unhex(out, 1, one, 2), c != 0 &&
		    strchr("0123456789abcdef", c) != NULL ? 0 : -1);
	}
}

/* RFC 4648 section 10. */
TEST(base64_vectors)
{
	static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v",
	    "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	CLEANUP(buf_clear) struct buf back = BUF_INIT;
	size_t i, bare;

	for (i = 0; i < 7; i++) {
		buf_reset(&out);
		buf_reset(&back);
		text_base64(&out, "foobar", i, 1);
		CHECK_STR(buf_str(&out), want[i]);
		CHECK_INT(text_unbase64(&back, out.at, out.len, 1), 0);
		CHECK(back.len == i && memcmp(back.at, "foobar", i) == 0);
		buf_reset(&out);
		buf_reset(&back);
		text_base64(&out, "foobar", i, 0);
		bare = strcspn(want[i], "=");
		CHECK(out.len == bare && memcmp(out.at, want[i], bare) == 0);
		CHECK_INT(text_unbase64(&back, out.at, out.len, 0), 0);
		CHECK(back.len == i && memcmp(back.at, "foobar", i) == 0);
	}
}

TEST(base64_appends_within_the_bound)
{
	CLEANUP(buf_clear) struct buf out = { .max = 6 };
	struct err err = ERR_INIT;

	buf_adds(&out, "a:");
	text_base64(&out, "foo", 3, 1);
	CHECK_STR(buf_str(&out), "a:Zm9v");
	CHECK_OK(buf_check(&out, &err), &err);
	text_base64(&out, "f", 1, 1);
	CHECK_ERR(buf_check(&out, &err), &err, E_LIMIT);
	CHECK_INT(text_unbase64(&out, "Zm9v", 4, 1), -1);
	CHECK_INT(out.len, 6);
}

/* One text for each run of bytes: what would not be written is not read. */
TEST(unbase64_refuses)
{
	static const char *const padded[] = { "Z", "Zg", "Zg=", "Zm8",
	    "Zg===", "Zh==", "Zm9=", "Zm9v=", "Zm9v====", "Z===", "====",
	    " Zm9v", "Zm9v ", "Zm9v\n", "Zm\n9v", "Zm9_", "Zm-v", "Zm.v",
	    "Zg==Zg==" };
	static const char *const bare[] = { "Z", "Zg==", "Zh", "Zm9", "Zm8=",
	    "Zm9vZ", "Zm9v " };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	char text[4] = "Zm9v";
	size_t i;
	int c;

	for (i = 0; i < sizeof padded / sizeof padded[0]; i++)
		CHECK_INT(text_unbase64(&out, padded[i], strlen(padded[i]), 1),
		    -1);
	for (i = 0; i < sizeof bare / sizeof bare[0]; i++)
		CHECK_INT(text_unbase64(&out, bare[i], strlen(bare[i]), 0),
		    -1);
	CHECK_INT(out.len, 0);
	for (c = 0; c < 256; c++) {
		text[3] = (char)c;
		CHECK_INT(text_unbase64(&out, text, 4, 0), c != 0 && strchr(
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789+/", c) != NULL ? 0 : -1);
	}
}

/*
 * Dates and numbers.
 */

TEST(dates)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} want[] = { { 0, "1970-01-01T00:00:00Z" },
	    { 951782400, "2000-02-29T00:00:00Z" },
	    { 1767323045, "2026-01-02T03:04:05Z" },
	    { 2147483648, "2038-01-19T03:14:08Z" },
	    { 4107542400, "2100-03-01T00:00:00Z" },
	    { 253402300799, "9999-12-31T23:59:59Z" } };
	int64_t seconds;
	char out[21];
	size_t i;

	for (i = 0; i < sizeof want / sizeof want[0]; i++) {
		text_date(out, want[i].seconds);
		CHECK_STR(out, want[i].text);
		CHECK_INT(text_undate(&seconds, out, 20), 0);
		CHECK_INT(seconds, want[i].seconds);
	}

	/* What no date is. */
	text_date(out, -1);
	CHECK_STR(out, "1970-01-01T00:00:00Z");
	text_date(out, 253402300800);
	CHECK_STR(out, "1970-01-01T00:00:00Z");
}

TEST(undate_refuses)
{
	static const char *const texts[] = { "", "2026-01-02",
	    "2026-01-02T03:04:05", "2026-01-02T03:04:05z",
	    "2026-01-02t03:04:05Z", "2026-01-02 03:04:05Z",
	    "2026-01-02T03:04:05+", "2026-01-02T03:04:05.0Z",
	    "2026-1-02T03:04:05Z0", "2026-+1-02T03:04:05Z",
	    " 026-01-02T03:04:05Z", "2026- 1-02T03:04:05Z",
	    "2026-13-02T03:04:05Z", "2026-00-02T03:04:05Z",
	    "2026-01-32T03:04:05Z", "2026-01-00T03:04:05Z",
	    "2026-02-29T03:04:05Z", "2100-02-29T03:04:05Z",
	    "2026-04-31T03:04:05Z", "2026-01-02T24:00:00Z",
	    "2026-01-02T03:60:00Z", "2026-01-02T03:04:60Z",
	    "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
	    "-001-01-01T00:00:00Z", "10000-01-01T00:00:0Z",
	    "2026-01-02T03:04:5ZZ", "abcdefghijklmnopqrst" };
	int64_t seconds = 5;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		CHECK_INT(text_undate(&seconds, texts[i], strlen(texts[i])),
		    -1);
	CHECK_INT(text_undate(&seconds, "2026-01-02T03:04:0\0Z", 20), -1);
	CHECK_INT(text_undate(&seconds, "2026-01-02T03:04:05ZZ", 21), -1);
	CHECK_INT(seconds, 5);
}

TEST(number)
{
	static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1",
	    "1 ", "1.0", "1e3", "0x1", "a", "18446744073709551616",
	    "99999999999999999999", "100000000000000000000" };
	uint64_t n = 3;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_INT(text_number(&n, bad[i], strlen(bad[i]), UINT64_MAX),
		    -1);
	CHECK_INT(text_number(&n, "11", 2, 10), -1);
	CHECK_INT(n, 3);
	CHECK_INT(text_number(&n, "10", 2, 10), 0);
	CHECK_INT(n, 10);
	CHECK_INT(text_number(&n, "0", 1, 0), 0);
	CHECK_INT(n, 0);
	CHECK_INT(text_number(&n, "12", 1, 10), 0);
	CHECK_INT(n, 1);
	CHECK_INT(text_number(&n, "18446744073709551615", 20, UINT64_MAX), 0);
	CHECK(n == UINT64_MAX);
}

/*
 * Text for a terminal and for JSON.
 */

static void
check_safe(const char *text, size_t len, const char *want)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	text_safe(&out, text, len);
	CHECK_STR(buf_str(&out), want);
	CHECK_INT(text_is_safe(text, len), out.len == len);
}

TEST(safe)
{
	check_safe("", 0, "");
	check_safe("plain ~", 7, "plain ~");
	check_safe("a\0b", 3, "a\\x00b");
	check_safe("\t\r\n\033[2J\x7f", 8, "\\x09\\x0d\\x0a\\x1b[2J\\x7f");
	check_safe("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

	/* A C1 control, a mark, an override, an isolate, a zero width, BOM. */
	check_safe("\xc2\x9b", 2, "\\xc2\\x9b");
	check_safe("\xd8\x9c", 2, "\\xd8\\x9c");
	check_safe("\xe2\x80\xae" "x", 4, "\\xe2\\x80\\xaex");
	check_safe("\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8");
	check_safe("\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6");
	check_safe("\xe2\x80\x8b", 3, "\\xe2\\x80\\x8b");
	check_safe("\xef\xbb\xbf", 3, "\\xef\\xbb\\xbf");

	/* Beside them. */
	check_safe("\xc2\xa0\xe2\x80\x90\xe2\x80\xaf", 8,
	    "\xc2\xa0\xe2\x80\x90\xe2\x80\xaf");
}

TEST(safe_with_bad_utf8)
{
	check_safe("\xff" "a", 2, "\\xffa");
	check_safe("\xc0\xaf", 2, "\\xc0\\xaf");
	check_safe("\x80", 1, "\\x80");
	check_safe("\xe2\x82", 2, "\\xe2\\x82");
	check_safe("\xe2\x82z", 3, "\\xe2\\x82z");
	check_safe("\xe0\x9f\xbf", 3, "\\xe0\\x9f\\xbf");
	check_safe("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	check_safe("\xf0\x8f\xbf\xbf", 4, "\\xf0\\x8f\\xbf\\xbf");
	check_safe("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
	check_safe("\xf5\x80\x80\x80", 4, "\\xf5\\x80\\x80\\x80");
	check_safe("\xf4\x8f\xbf\xbd", 4, "\xf4\x8f\xbf\xbd");
}

TEST(json)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	text_json(&out, "a\"\\/\b\f\n\r\t\0\x01\x0b\x1f\x7f\xc3\xa9", 16);
	CHECK_STR(buf_str(&out), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001"
	    "\\u000b\\u001f\x7f\xc3\xa9\"");
	buf_reset(&out);
	text_json(&out, "", 0);
	text_json(&out, NULL, 0);
	CHECK_STR(buf_str(&out), "\"\"\"\"");
}

/*
 * Names.
 */

static int
repeated(int (*is)(const char *, size_t), size_t len)
{
	char text[300];

	memset(text, 'a', sizeof text);
	return is(text, len);
}

TEST(lengths_of_names)
{
	CHECK(!repeated(text_is_name, 0));
	CHECK(repeated(text_is_name, 1) && repeated(text_is_name, 32));
	CHECK(!repeated(text_is_name, 33));
	CHECK(!repeated(text_is_uid, 0));
	CHECK(repeated(text_is_uid, 1) && repeated(text_is_uid, 255));
	CHECK(!repeated(text_is_uid, 256));
	CHECK(!repeated(text_is_type, 0));
	CHECK(repeated(text_is_type, 1) && repeated(text_is_type, 64));
	CHECK(!repeated(text_is_type, 65));
}

TEST(bytes_of_names)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	int c, in_alnum, first, in_name, in_uid;
	char text[3] = "a?b";

	for (c = 0; c < 256; c++) {
		text[1] = (char)c;
		in_alnum = c != 0 && strchr(alnum, c) != NULL;
		in_name = in_alnum || c == '.' || c == '-';
		in_uid = in_alnum || (c != 0 &&
		    strchr("._:/@~+-", c) != NULL);
		CHECK_INT(text_is_name(text, 3), in_name);
		CHECK_INT(text_is_uid(text, 3), in_uid);
		CHECK_INT(text_is_type(text, 3), in_uid);
		first = text_is_name(text + 1, 2);
		CHECK_INT(first, in_alnum);
		CHECK_INT(text_is_uid(text + 1, 2), in_alnum);
		CHECK_INT(text_is_type(text + 1, 2), in_alnum);
	}
}

TEST(durations)
{
	static const struct {
		const char *text;
		int64_t max, want;	/* 0: refused */
		const char *again;
	} all[] = {
		{ "90", 1000, 90, "90s" }, { "90s", 90, 90, "90s" },
		{ "120s", 1000, 120, "2m" }, { "1m", 60, 60, "1m" },
		{ "12h", 86400, 43200, "12h" }, { "24h", 86400, 86400, "1d" },
		{ "3d", 400000, 259200, "3d" }, { "7d", 700000, 604800, "1w" },
		{ "36h", 400000, 129600, "36h" }, { "91s", 90, 0, NULL },
		{ "2m", 119, 0, NULL }, { "0", 9, 0, NULL },
		{ "0d", 9, 0, NULL }, { "", 9, 0, NULL }, { "d", 9, 0, NULL },
		{ "1D", 99999, 0, NULL }, { "1 d", 99999, 0, NULL },
		{ "-1d", 99999, 0, NULL }, { "+1", 9, 0, NULL },
		{ "01d", 99999, 0, NULL }, { "1.5h", 99999, 0, NULL },
		{ "1dd", INT64_MAX, 0, NULL }, { "1y", INT64_MAX, 0, NULL },
		{ "99999999999999999999w", INT64_MAX, 0, NULL },
		{ "15250284452472w", INT64_MAX, 0, NULL }
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		CLEANUP(buf_clear) struct buf again = BUF_INIT;
		int64_t got = 0;
		int rc = text_duration(&got, all[i].text,
		    strlen(all[i].text), all[i].max);

		CHECK_INT(rc, all[i].want != 0 ? 0 : -1);
		if (rc < 0)
			continue;
		CHECK_INT(got, all[i].want);
		text_add_duration(&again, got);
		CHECK_STR(buf_str(&again), all[i].again);
	}
}

TEST(names_do_not_climb)
{
	CHECK(text_is_uid("a.b.c", 5) && text_is_name("a.b.c", 5));
	CHECK(!text_is_uid("a..b", 4) && !text_is_name("a..b", 4));
	CHECK(!text_is_uid("a..", 3) && !text_is_type("a/../b", 6));
	CHECK(text_is_uid("a./.b", 5));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
