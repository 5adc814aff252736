#include <sodium.h>

#include "base/buf.h"
#include "format/limits.h"
#include "format/record.h"
#include "unit.h"

#define DOT "[\"lab-a\",1,\"0123456789abcdef\",4]"
#define BORN "[\"lab-a\",1,\"0123456789abcdef\",3]"
#define SHORT "{\"content\":{\"a\":1},\"dot\":" DOT ",\"label\":0}"
#define LONG "{\"born\":" BORN ",\"content\":{\"a\":1}," \
	"\"context\":{\"v\":[" BORN "]},\"dot\":" DOT \
	",\"label\":253402300799,\"stamps\":{\"a\":" BORN "}}"
#define FIRST "{\"from\":\"lab-a\",\"key\":\"0123456789ABCDEF\"," \
	"\"member\":2,\"satchel\":\"records/1\",\"sequence\":7," \
	"\"to\":[\"lab-b\",\"lab-c\"]}"

static struct err e = ERR_INIT;

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

static void
refuse(const char *line, enum err_code code)
{
	struct record_line l;

	if (record_parse(&l, span(line), &e) >= 0)
		FAIL("accepted: %s", line);
	if (e.code != code)
		FAIL("%s is %s: %s", line, err_name(e.code), e.text);
	err_clear(&e);
}

static int
same(struct json_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static struct manifest_site to[] = { { "lab-b", "B" }, { "lab-c", "C" } };
static const struct manifest manifest = {
	.from = { "lab-a", "0123456789abcdef", 1 },
	.key = "0123456789ABCDEF", .sequence = 7, .to = to, .to_count = 2,
};

TEST(first_line)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	record_first(&out, &manifest, 2);
	CHECK_STR(buf_str(&out), FIRST "\n");
	CHECK_OK(json_scan(out.at, out.len - 1, 8, &e), &e);
	CHECK_OK(record_check_first(span(FIRST), &manifest, 2, &e), &e);
}

/* A chunk of another file, or from another place in this one. */
TEST(first_line_refused)
{
	struct manifest other = manifest;

	CHECK(record_check_first(span(FIRST), &manifest, 3, &e) < 0);
	CHECK(strstr(e.text, "\"member\":3") != NULL);
	CHECK(strstr(e.text, "\"member\":2") != NULL);
	CHECK_ERR(-(int)e.code, &e, E_RECORD);
	other.sequence = 8;
	CHECK_ERR(record_check_first(span(FIRST), &other, 2, &e), &e,
	    E_RECORD);
	other = manifest;
	other.to_count = 1;
	CHECK_ERR(record_check_first(span(FIRST), &other, 2, &e), &e,
	    E_RECORD);
	other = manifest;
	other.key[0] = 'F';
	CHECK_ERR(record_check_first(span(FIRST), &other, 2, &e), &e,
	    E_RECORD);
	other = manifest;
	other.from.site[0] = 'x';
	CHECK_ERR(record_check_first(span(FIRST), &other, 2, &e), &e,
	    E_RECORD);
	CHECK_ERR(record_check_first(span(""), &manifest, 2, &e), &e,
	    E_RECORD);
	CHECK_ERR(record_check_first(span(FIRST "\n"), &manifest, 2, &e), &e,
	    E_RECORD);
	CHECK(record_check_first(span("\033[2J"), &manifest, 2, &e) < 0);
	CHECK(strchr(e.text, '\033') == NULL);
	err_clear(&e);
}

TEST(head)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct record_line l;

	record_head(&out, "c1", 2, 1024);
	CHECK_STR(buf_str(&out), "{\"uid\":\"c1\",\"versions\":1024}\n");
	out.len--;
	CHECK_OK(record_parse(&l, (struct json_span){ out.at, out.len }, &e),
	    &e);
	CHECK_INT(l.kind, RECORD_HEAD);
	CHECK(same(l.uid, "c1"));
	CHECK_INT(l.versions, 1024);
}

TEST(head_refused)
{
	refuse("{\"uid\":\"c1\",\"versions\":0}", E_RECORD);
	refuse("{\"uid\":\"c1\",\"versions\":1025}", E_RECORD);
	refuse("{\"uid\":\"c1\",\"versions\":-1}", E_RECORD);
	refuse("{\"uid\":\"c1\",\"versions\":1.0}", E_RECORD);
	refuse("{\"uid\":\"c1\",\"versions\":\"1\"}", E_RECORD);
	refuse("{\"uid\":\"c1\"}", E_RECORD);
	refuse("{\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"\",\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"../x\",\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"a b\",\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"a\\n\",\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"\303\251\",\"versions\":1}", E_RECORD);
	refuse("{\"uid\":7,\"versions\":1}", E_RECORD);
	refuse("{\"uid\":null,\"versions\":1}", E_RECORD);
	refuse("{\"uid\":\"c1\",\"versions\":1,\"x\":1}", E_RECORD);
	refuse("{\"label\":0,\"uid\":\"c1\",\"versions\":1}", E_RECORD);
	refuse("{\"a\":0,\"uid\":\"c1\",\"versions\":1}", E_RECORD);
}

TEST(version_short)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct record_line l;
	unsigned char hash[32];

	CHECK_OK(record_parse(&l, span(SHORT), &e), &e);
	CHECK_INT(l.kind, RECORD_VERSION);
	CHECK_INT(l.version.dot.n, 4);
	CHECK(dot_cmp(&l.version.dot, &l.version.born) == 0);
	CHECK_INT(l.version.label, 0);
	CHECK_INT(l.version.context.len, 0);
	CHECK_INT(l.version.stamps.len, 0);
	CHECK(same(l.version.content, "{\"a\":1}"));
	(void)crypto_generichash(hash, 32, (const unsigned char *)"{\"a\":1}",
	    7, NULL, 0);
	CHECK(memcmp(hash, l.version.hash, 32) == 0);
	record_version(&out, &l.version);
	CHECK_STR(buf_str(&out), SHORT "\n");
}

TEST(version_long)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct record_line l;

	CHECK_OK(record_parse(&l, span(LONG), &e), &e);
	CHECK_INT(l.version.born.n, 3);
	CHECK_INT(l.version.label, 253402300799);
	CHECK(same(l.version.context, "{\"v\":[" BORN "]}"));
	CHECK(same(l.version.stamps, "{\"a\":" BORN "}"));
	record_version(&out, &l.version);
	CHECK_STR(buf_str(&out), LONG "\n");
}

/* An empty object is content; numbers come back as they were written. */
TEST(content_is_kept)
{
	static const char *const contents[] = {
		"{}", "{\"v\":0.10}", "{\"v\":9007199254740993.0}",
		"{\"v\":1e999}", "{\"v\":\"<0.5\"}", "{\"v\":[]}",
		"{\"v\":\"\342\200\256\"}",
	};
	size_t i;

	for (i = 0; i < sizeof contents / sizeof *contents; i++) {
		CLEANUP(buf_clear) struct buf line = BUF_INIT, out = BUF_INIT;
		struct record_line l;

		buf_addf(&line, "{\"content\":%s,\"dot\":" DOT
		    ",\"label\":1}", contents[i]);
		CHECK_OK(record_parse(&l, span(buf_str(&line)), &e), &e);
		CHECK(same(l.version.content, contents[i]));
		record_version(&out, &l.version);
		buf_addc(&line, '\n');
		CHECK_STR(buf_str(&out), buf_str(&line));
	}
}

/* Replace the first `from` of a good line. */
static void
refuse_with(const char *line, const char *from, const char *put)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	const char *at = strstr(line, from);

	CHECK(at != NULL);
	buf_add(&out, line, (size_t)(at - line));
	buf_adds(&out, put);
	buf_adds(&out, at + strlen(from));
	refuse(buf_str(&out), E_RECORD);
}

TEST(version_refused)
{
	static const char *const objects[] = {
		"null", "[]", "[1]", "\"x\"", "1", "true"
	};
	size_t i;

	for (i = 0; i < sizeof objects / sizeof *objects; i++) {
		refuse_with(LONG, "{\"a\":1}", objects[i]);
		refuse_with(LONG, "{\"v\":[" BORN "]}", objects[i]);
		refuse_with(LONG, "{\"a\":" BORN "}", objects[i]);
	}
	refuse_with(LONG, "{\"v\":[" BORN "]}", "{}");
	refuse_with(LONG, "{\"a\":" BORN "}", "{}");

	/* Each field that must be there is missing. */
	refuse_with(SHORT, "\"content\":{\"a\":1},", "");
	refuse_with(SHORT, "\"dot\":" DOT ",", "");
	refuse_with(SHORT, ",\"label\":0", "");
	refuse("{}", E_RECORD);

	/* Fields more. */
	refuse_with(SHORT, "{\"content\"", "{\"a\":1,\"content\"");
	refuse_with(SHORT, ",\"label\"", ",\"hash\":1,\"label\"");
	refuse_with(SHORT, "0}", "0,\"uid\":\"c1\"}");
	refuse_with(SHORT, "0}", "0,\"z\":1}");
	refuse_with(SHORT, "{\"content\"", "{\"\\u001b\":1,\"content\"");
}

TEST(dots_and_labels_refused)
{
	refuse_with(SHORT, DOT, "[]");
	refuse_with(SHORT, DOT, "null");
	refuse_with(SHORT, DOT, "[\"lab-a\",1,\"0123456789abcdef\",0]");
	refuse_with(SHORT, DOT, "[\"lab-a\",0,\"0123456789abcdef\",1]");
	refuse_with(SHORT, DOT, "[\"LAB\",1,\"0123456789abcdef\",1]");
	refuse_with(SHORT, DOT, "[\"lab-a\",1,\"0123456789ABCDEF\",1]");
	refuse_with(SHORT, DOT, "[\"lab-a\",1,\"0123456789abcdef\",1,1]");
	refuse_with(SHORT, DOT, "[\"lab-a\",1,\"0123456789abcdef\"]");
	refuse_with(SHORT, DOT,
	    "[\"lab-a\",1,\"0123456789abcdef\",9007199254740992]");
	refuse_with(LONG, BORN, "[]");
	refuse_with(LONG, BORN, "7");

	/* Left out where it is the dot. */
	refuse_with(LONG, BORN, DOT);

	refuse_with(SHORT, "\"label\":0", "\"label\":253402300800");
	refuse_with(SHORT, "\"label\":0", "\"label\":-1");
	refuse_with(SHORT, "\"label\":0", "\"label\":1.5");
	refuse_with(SHORT, "\"label\":0", "\"label\":\"0\"");
	refuse_with(SHORT, "\"label\":0", "\"label\":null");
}

TEST(not_canonical)
{
	static const char *const lines[] = {
		"", "{", " " SHORT, SHORT " ", SHORT "\n", SHORT SHORT,
		"{\"versions\":1,\"uid\":\"c1\"}",
		"{\"uid\":\"c1\",\"uid\":\"c1\",\"versions\":1}",
		"{\"\\u0075id\":\"c1\",\"versions\":1}",
		"{\"uid\":\"c1\", \"versions\":1}",
		"{\"uid\":\"\377\",\"versions\":1}",
	};
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++)
		refuse(lines[i], E_JSON);
	refuse("[]", E_RECORD);
	refuse("7", E_RECORD);
	refuse("\"uid\"", E_RECORD);
	refuse("null", E_RECORD);
}

TEST(too_deep)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	struct record_line l;
	unsigned i, levels;

	/* The line and its content are two levels. */
	for (levels = FORMAT_DEPTH_MAX - 2; levels < FORMAT_DEPTH_MAX;
	    levels++) {
		buf_reset(&line);
		buf_adds(&line, "{\"content\":{\"a\":");
		for (i = 0; i < levels; i++)
			buf_addc(&line, '[');
		for (i = 0; i < levels; i++)
			buf_addc(&line, ']');
		buf_adds(&line, "},\"dot\":" DOT ",\"label\":0}");
		if (levels == FORMAT_DEPTH_MAX - 2)
			CHECK_OK(record_parse(&l, span(buf_str(&line)), &e),
			    &e);
		else
			refuse(buf_str(&line), E_JSON);
	}
}

int
main(void)
{
	return unit_run();
}
