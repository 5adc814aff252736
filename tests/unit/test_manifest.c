/* Marks such as M3 number the hostile inputs of docs/threat-model.md. */
#include "base/buf.h"
#include "base/json_scan.h"
#include "format/manifest.h"
#include "manifests.h"
#include "unit.h"

static struct err e = ERR_INIT;
static const char *const all[] = { BUNDLE, EXCERPT, RECEIPT, REQUEST, CARD };
#define KINDS 5

static int
parse(const char *text, size_t len)
{
	CLEANUP(manifest_clear) struct manifest m = { .sequence = 0 };

	return manifest_parse(&m, text, len, &e);
}

/* `text` with its first `from` made `to` is refused with `code`. */
static void
refuse(const char *text, const char *from, const char *to,
    enum err_code code)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	const char *at = strstr(text, from);

	if (at == NULL)
		FAIL("no %s in the sample", from);
	buf_add(&out, text, (size_t)(at - text));
	buf_adds(&out, to);
	buf_adds(&out, at + strlen(from));
	if (parse(buf_str(&out), out.len) >= 0)
		FAIL("accepted: %s for %s", to, from);
	if (e.code != code)
		FAIL("%s for %s is %s: %s", to, from, err_name(e.code),
		    e.text);
	CHECK(strncmp(e.text, "manifest.json: ", 15) == 0);
	CHECK_INT(e.rung, 3);
	err_clear(&e);
}

TEST(round_trip)
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT;
		CLEANUP(manifest_clear) struct manifest m = { .sequence = 0 };

		CHECK_OK(manifest_parse(&m, all[i], strlen(all[i]), &e), &e);
		CHECK_INT(m.kind, i);
		CHECK_OK(manifest_write(&m, &out, &e), &e);
		CHECK_STR(buf_str(&out), all[i]);
	}
}

TEST(what_is_read)
{
	CLEANUP(manifest_clear) struct manifest m = { .sequence = 0 };

	CHECK_OK(manifest_parse(&m, BUNDLE, strlen(BUNDLE), &e), &e);
	CHECK_STR(m.from.site, "lab-a");
	CHECK_STR(m.from.nonce, A);
	CHECK_INT(m.from.generation, 1);
	CHECK_STR(m.from_name, "Accra");
	CHECK_STR(m.key, "0123456789ABCDEF");
	CHECK_STR(m.created, "2026-01-02T03:04:05Z");
	CHECK_INT(m.cadence, 0);
	CHECK_INT(m.to_count, 2);
	CHECK_STR(m.to[1].site, "lab-c");
	CHECK_STR(m.to[1].name, "Cairo");
	CHECK_INT(m.sequence, 7);
	CHECK_INT(m.since, 6);
	CHECK_INT(m.until, 9);
	CHECK_STR(m.filter, "[\"Client\",\"Sample\"]");
	CHECK_INT(m.codec, CODEC_ZSTD);
	CHECK_INT(m.encrypted, 1);
	CHECK_INT(m.head_count, 2);
	CHECK_INT(m.heads[1].n, 3);
	CHECK_INT(m.heads[1].head[0], 0xff);
	CHECK_STR(m.heads[1].actor.nonce, B);
	CHECK_INT(m.heard_count, 2);
	CHECK_STR(m.heard[1].addressee, "lab-c");
	CHECK_INT(m.heard[1].sequence, 5);
	CHECK_INT(m.heard[1].id[31], 0x1f);
	CHECK_INT(m.receipt_count, 2);
	CHECK_STR(m.receipts[0].filter, FILTER_ALL);
	CHECK_INT(m.receipts[0].until, 40);
	CHECK_INT(m.receipts[1].until, 0);
	CHECK_INT(m.totals.blob_bytes, 100);
	CHECK_INT(m.totals.blobs, 1);
	CHECK_INT(m.totals.deleted, 2);
	CHECK_INT(m.totals.members, 3);
	CHECK_INT(m.totals.records, 4);
	CHECK_INT(m.totals.unpacked, 4096);
	CHECK_INT(m.totals.versions, 5);
}

/* A promise may be there, in all but cards; without one nothing is
 * promised. */
TEST(cadence)
{
	static const struct {
		const char *value;
		uint64_t want;		/* 0: refused */
	} values[] = {
		{ "3600", 3600 }, { "86400", 86400 }, { "31622400", 31622400 },
		{ "0", 0 }, { "3599", 0 }, { "31622401", 0 }, { "-3600", 0 },
		{ "3600.0", 0 }, { "36e2", 0 }, { "\"3600\"", 0 },
		{ "true", 0 }, { "null", 0 }, { "[3600]", 0 },
		{ "9007199254740992", 0 }, { "18446744073709555216", 0 }
	};
	size_t kind, i;

	for (kind = 0; kind < KINDS; kind++)
		for (i = 0; i < sizeof values / sizeof *values; i++) {
			CLEANUP(buf_clear) struct buf text = BUF_INIT;
			CLEANUP(buf_clear) struct buf out = BUF_INIT;
			CLEANUP(manifest_clear) struct manifest m = {
			    .sequence = 0 };

			buf_addf(&text, "{\"cadence\":%s,%s",
			    values[i].value, all[kind] + 1);
			if (kind == MANIFEST_CARD || values[i].want == 0) {
				CHECK_ERR(manifest_parse(&m, text.at,
				    text.len, &e), &e, E_MANIFEST);
				continue;
			}
			CHECK_OK(manifest_parse(&m, text.at, text.len, &e),
			    &e);
			CHECK_INT(m.cadence, values[i].want);
			CHECK_OK(manifest_write(&m, &out, &e), &e);
			CHECK_STR(buf_str(&out), buf_str(&text));
		}
}

/* Rebuild an object with its member number `skip` left out, or with `value`
 * in its place. */
static void
rebuild(struct buf *out, struct json_span object, size_t skip,
    const char *value)
{
	struct json_walk w = json_walk(object);
	struct json_span key, old;
	size_t i;

	buf_addc(out, '{');
	for (i = 0; json_next(&w, &key, &old); i++) {
		if (i == skip && value == NULL)
			continue;
		if (out->at[out->len - 1] != '{')
			buf_addc(out, ',');
		buf_addf(out, "\"%.*s\":", (int)key.len, key.at);
		if (i == skip)
			buf_adds(out, value);
		else
			buf_add(out, old.at, old.len);
	}
	buf_addc(out, '}');
}

static size_t
count_members(struct json_span object)
{
	struct json_walk w = json_walk(object);
	struct json_span key, value;
	size_t n = 0;

	while (json_next(&w, &key, &value))
		n++;
	return n;
}

/* M6: each field missing in turn. */
TEST(missing_fields)
{
	size_t kind, i;

	for (kind = 0; kind < KINDS; kind++) {
		struct json_span top = { all[kind], strlen(all[kind]) };

		for (i = 0; i < count_members(top); i++) {
			CLEANUP(buf_clear) struct buf out = BUF_INIT;

			rebuild(&out, top, i, NULL);
			CHECK_ERR(parse(out.at, out.len), &e, E_MANIFEST);
		}
	}
}

/* Is this value one that the field may have? */
static int
is_allowed(const char *text, size_t field, const char *value)
{
	static const struct {
		const char *key, *value;
	} allowed[] = {
		{ "critical", "[]" }, { "heads", "[]" }, { "heard", "[]" },
		{ "receipts", "[]" }, { "wanted", "[]" }, { "format", "1" },
		{ "sequence", "1" }, { "since", "1" }, { "age", "\"x\"" },
		{ "minisign", "\"x\"" }, { "age", "\"1\"" },
		{ "minisign", "\"1\"" },
	};
	struct json_span top = { text, strlen(text) }, key, old;
	struct json_walk w = json_walk(top);
	size_t i;

	for (i = 0; i <= field; i++)
		if (!json_next(&w, &key, &old))
			return 0;
	for (i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (strlen(allowed[i].key) == key.len &&
		    memcmp(allowed[i].key, key.at, key.len) == 0 &&
		    strcmp(allowed[i].value, value) == 0)
			return 1;
	return 0;
}

static const char *const values[] = {
	"null", "true", "false", "1", "1.0", "-1", "1e0", "9007199254740992",
	"18446744073709551616", "\"\"", "\"x\"", "\"1\"", "[]", "{}", "[1]",
	"[[]]", "[null]", "[\"\"]", "{\"x\":1}",
};
#define VALUES (sizeof values / sizeof *values)

/* M6, M7: each field of each wrong type in turn. */
TEST(wrong_values)
{
	size_t kind, i, v;

	for (kind = 0; kind < KINDS; kind++) {
		struct json_span top = { all[kind], strlen(all[kind]) };

		for (i = 0; i < count_members(top); i++)
			for (v = 0; v < VALUES; v++) {
				CLEANUP(buf_clear) struct buf out = BUF_INIT;
				int r;

				rebuild(&out, top, i, values[v]);
				r = parse(buf_str(&out), out.len);
				if ((r >= 0) != is_allowed(all[kind], i, values[v]))
					FAIL("%s is %s", out.at,
					    err_name(e.code));
				if (r < 0 && e.code != E_VERSION)
					CHECK_INT(e.code, E_MANIFEST);
				err_clear(&e);
			}
	}
}

/* All totals may be 1; the generation too; name and site may be short. */
static int
is_allowed_inside(size_t object, size_t field, const char *value)
{
	if (object == 1 || field == 0)
		return strcmp(value, "1") == 0;
	return (field == 2 || field == 4) && (strcmp(value, "\"x\"") == 0 ||
	    strcmp(value, "\"1\"") == 0);
}

/* The same inside "from" and "totals". */
TEST(wrong_inner_values)
{
	static const char *const keys[] = { "from", "totals" };
	struct json_span top = { BUNDLE, strlen(BUNDLE) }, inner;
	size_t k, i, v;

	for (k = 0; k < 2; k++) {
		CHECK(json_member(top, keys[k], &inner));
		for (i = 0; i < count_members(inner); i++)
			for (v = 0; v <= VALUES; v++) {
				CLEANUP(buf_clear) struct buf in = BUF_INIT;
				CLEANUP(buf_clear) struct buf old = BUF_INIT;
				const char *value =
				    v < VALUES ? values[v] : NULL;

				if (value != NULL && is_allowed_inside(k, i,
				    value))
					continue;
				rebuild(&in, inner, i, value);
				buf_add(&old, inner.at, inner.len);
				refuse(BUNDLE, buf_str(&old), buf_str(&in),
				    E_MANIFEST);
			}
	}
}

/* M2 */
TEST(not_canonical)
{
	refuse(BUNDLE, "{", " {", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9}", "\"until\":9}\n", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9", "\"until\": 9", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9", "\"until\":9,", E_MANIFEST);
	refuse(BUNDLE, "\"since\":6," TO, TO ",\"since\":6", E_MANIFEST);
	refuse(BUNDLE, "Accra", "Accr\\u0061", E_MANIFEST);
	refuse(BUNDLE, "\"kind\"", "\"\\u006bind\"", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9}", "\"until\":9}{}", E_MANIFEST);
	refuse(BUNDLE, "\"since\":6", "\"since\":06", E_MANIFEST);
	refuse(RECEIPT, ",0]]", ",-0]]", E_MANIFEST);
	CHECK_ERR(parse("", 0), &e, E_MANIFEST);
	CHECK_ERR(parse("{}", 2), &e, E_MANIFEST);
	CHECK(parse("[]", 2) < 0);
	CHECK_STR(e.text, "manifest.json: not an object");
	CHECK_ERR(-(int)e.code, &e, E_MANIFEST);
	CHECK_ERR(parse("1", 1), &e, E_MANIFEST);
	CHECK_ERR(parse("\"x\"", 3), &e, E_MANIFEST);
}

/* M3 */
TEST(duplicate_keys)
{
	refuse(BUNDLE, "\"since\":6", "\"since\":6,\"since\":6", E_MANIFEST);
	refuse(BUNDLE, "\"since\":6", "\"since\":6,\"\\u0073ince\":6",
	    E_MANIFEST);
	refuse(BUNDLE, "\"site\":\"lab-a\"",
	    "\"site\":\"lab-a\",\"site\":\"lab-a\"", E_MANIFEST);
}

/* M4, M5: another format is told from a broken one. */
TEST(versions)
{
	refuse(BUNDLE, "\"format\":1", "\"format\":2", E_VERSION);
	refuse(CARD, "\"format\":1", "\"format\":9007199254740991", E_VERSION);
	refuse(BUNDLE, "\"format\":1", "\"format\":0", E_MANIFEST);
	refuse(BUNDLE, "[]", "[\"lunar-clock\"]", E_VERSION);
	refuse(BUNDLE, "[]", "[\"x-note\"]", E_VERSION);
	refuse(CARD, "[]", "[\"\\u001b[2J\"]", E_VERSION);
	refuse(BUNDLE, "[]", "[1]", E_MANIFEST);

	/* Before anything else is looked at, and named. */
	(void)parse("{\"critical\":[],\"format\":2,\"new\":1}", 34);
	CHECK(strstr(e.text, "format 2") != NULL);
	CHECK(e.next[0] != '\0');
	CHECK_ERR(-(int)e.code, &e, E_VERSION);
	CHECK(parse("{\"critical\":[\"\\u001b\"],\"format\":1}", 34) < 0);
	CHECK(strstr(e.text, "\\x1b") != NULL);
	err_clear(&e);
}

/* M5 */
TEST(unknown_fields)
{
	refuse(BUNDLE, ",\"until\"", ",\"unknown\":1,\"until\"", E_MANIFEST);
	refuse(BUNDLE, "{", "{\"Compression\":\"zstd\",", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9", "\"until\":9,\"x\":1", E_MANIFEST);
	refuse(BUNDLE, "\"until\":9", "\"until\":9,\"xx-1\":1", E_MANIFEST);
	refuse(BUNDLE, "\"site\":\"lab-a\"",
	    "\"site\":\"lab-a\",\"x-more\":1", E_MANIFEST);
	refuse(BUNDLE, "\"site\":\"lab-b\"",
	    "\"site\":\"lab-b\",\"x-more\":1", E_MANIFEST);
	refuse(BUNDLE, "\"versions\":5", "\"versions\":5,\"x-more\":1",
	    E_MANIFEST);
}

/* Each kind has its own fields and no other's. */
TEST(fields_of_other_kinds)
{
	refuse(BUNDLE, "\"until\":9", "\"until\":9,\"wanted\":[]", E_MANIFEST);
	refuse(EXCERPT, ",\"to\"", ",\"since\":0,\"to\"", E_MANIFEST);
	refuse(RECEIPT, "{", "{\"compression\":\"zstd\",", E_MANIFEST);
	refuse(RECEIPT, ",\"format\"", ",\"filter\":[\"*\"],\"format\"",
	    E_MANIFEST);
	refuse(REQUEST, "{", "{\"age\":\"age1xyz\",", E_MANIFEST);
	refuse(CARD, ",\"minisign\":\"RWQ/a+9=\"",
	    ",\"minisign\":\"RWQ/a+9=\",\"sequence\":1", E_MANIFEST);
	refuse(BUNDLE, "\"kind\":\"bundle\"", "\"kind\":\"excerpt\"",
	    E_MANIFEST);
	refuse(BUNDLE, "\"kind\":\"bundle\"", "\"kind\":\"card\"",
	    E_MANIFEST);
	refuse(RECEIPT, "\"kind\":\"receipt\"", "\"kind\":\"request\"",
	    E_MANIFEST);
}

TEST(x_fields_are_ignored)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT, out = BUF_INIT;
	CLEANUP(manifest_clear) struct manifest m = { .sequence = 0 };

	buf_add(&text, RECEIPT, strlen(RECEIPT) - 1);
	buf_adds(&text, ",\"x-\":null,\"x-a\":[1.5,{\"b\":\"\\u001f\"}],"
	    "\"x-b\":\"c\"}");
	CHECK_OK(manifest_parse(&m, text.at, text.len, &e), &e);
	CHECK_OK(manifest_write(&m, &out, &e), &e);
	CHECK_STR(buf_str(&out), RECEIPT);
}

/* M13 */
TEST(dates)
{
	static const char *const dates[] = {
		"2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z",
		"2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05",
		"2026-01-02 03:04:05Z", "2026-01-02T24:00:00Z",
		"2026-13-02T03:04:05Z", "2026-01-02T03:04:60Z",
		"2026-01-02T03:04:05.5Z",
	};
	size_t i;

	for (i = 0; i < sizeof dates / sizeof *dates; i++)
		refuse(CARD, "2026-01-02T03:04:05Z", dates[i], E_MANIFEST);
}

/* M9 */
TEST(hashes)
{
	static const char upper[] =
	    "FF0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
	static const char not_hex[] =
	    "gg0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const char *const at[] = { H2, H1 };
	size_t i;

	for (i = 0; i < 2; i++) {
		refuse(REQUEST, at[i], upper, E_MANIFEST);
		refuse(REQUEST, at[i], at[i] + 1, E_MANIFEST);
		refuse(REQUEST, at[i], not_hex, E_MANIFEST);
		refuse(REQUEST, at[i], H1 "0", E_MANIFEST);
	}
	refuse(REQUEST, "\"wanted\":[\"" H1 "\"", "\"wanted\":[7", E_MANIFEST);
	refuse(REQUEST, "\"wanted\":[\"" H1, "\"wanted\":[\"0", E_MANIFEST);
	refuse(BUNDLE, "5,\"" H2, "5,\"x", E_MANIFEST);
}

/* Names, ids, nonces, key ids, counters */
TEST(rows)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "\"Accra\"", "\"\"" }, { "\"Accra\"", "\"-x\"" },
		{ "\"Accra\"", "\"a b\"" }, { "\"Accra\"", "\"../x\"" },
		{ "\"Accra\"", "\"Accr\303\240\"" },
		{ "\"Accra\"", "\"123456789012345678901234567890123\"" },
		{ "\"Accra\"", "\"a\\u0000\"" },
		{ "0123456789ABCDEF", "0123456789abcdef" },
		{ "0123456789ABCDEF", "0123456789ABCDE" },
		{ "\"nonce\":\"0", "\"nonce\":\"" },
		{ "\"nonce\":\"0", "\"nonce\":\"F" },
		{ "\"generation\":1", "\"generation\":0" },
		{ "\"site\":\"lab-a\"", "\"site\":\"Lab-a\"" },
		{ "\"site\":\"lab-a\"", "\"site\":\"\"" },
		{ "[\"lab-a\",1,", "[\"lab-a\",0," },
		{ "[\"lab-a\",1,", "[\"LAB-A\",1," },
		{ "[\"lab-a\",1,\"" A, "[\"lab-a\",1,\"x" },
		{ ",12,\"", ",0,\"" }, { ",12,\"", ",9007199254740992,\"" },
		{ ",12,\"", ",\"" }, { ",12,\"", ",12,12,\"" },
		{ "[[\"lab-a\",[", "[[\"lab a\",[" },
		{ ",4,\"", ",0,\"" }, { ",4,\"", ",4,4,\"" },
		{ "\"],4,", "\",1],4," }, { "[\"lab-b\",2,\"" B "\"],4",
		    "[\"lab-b\",2,7],4" },
		{ "],40]", "],-1]" }, { "],40]", "],40,1]" },
		{ "],40]", "],\"40\"]" }, { "],40]", "],9007199254740992]" },
		{ "[[\"lab-a\",[\"lab-b\",2,\"" B "\"],[", "[[7,[\"lab-b\","
		    "2,\"" B "\"],[" },
		{ "[\"lab-b\",2,\"" B "\"],[\"*", "[\"lab-b\",0,\"" B
		    "\"],[\"*" },
		{ "{\"name\":\"Berlin\",", "{\"name\":\"B n\"," },
		{ "{\"name\":\"Berlin\",", "{" },
		{ "\"site\":\"lab-b\"", "\"site\":\"*\"" },
		{ "\"sequence\":7", "\"sequence\":0" },
		{ "\"until\":9", "\"until\":5" },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		refuse(BUNDLE, cases[i].from, cases[i].to, E_MANIFEST);
	refuse(CARD, "age1xyz", "age1 xyz", E_MANIFEST);
	refuse(CARD, "age1xyz", "", E_MANIFEST);
	refuse(CARD, "age1xyz", "0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678", E_MANIFEST);
	refuse(CARD, "RWQ/", "RWQ/\\n", E_MANIFEST);
}

TEST(filters)
{
	static const char *const bad[] = {
		"[]", "[\"Sample\",\"Client\"]", "[\"Client\",\"Client\"]",
		"[\"*\",\"Client\"]", "[\"*\",\"*\"]", "[\"\"]", "[\"a b\"]",
		"[1]", "\"*\"", "[[\"*\"]]", "[\"a\",\"\\u0000\"]",
	};
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		refuse(BUNDLE, "[\"Client\",\"Sample\"]", bad[i], E_MANIFEST);
		refuse(RECEIPT, "[\"*\"]", bad[i], E_MANIFEST);
	}
}

TEST(orders)
{
	/* Twice the same, then the wrong way round. */
	refuse(BUNDLE, "\"lab-a\",1,\"" A "\",12", "\"lab-b\",2,\"" B "\",3",
	    E_MANIFEST);
	refuse(BUNDLE, "\"lab-a\",1,\"" A "\",12", "\"lab-c\",1,\"" A "\",12",
	    E_MANIFEST);
	refuse(BUNDLE, "\"lab-a\",1,\"" A "\",12", "\"lab-b\",3,\"" A "\",12",
	    E_MANIFEST);
	refuse(BUNDLE, "[[\"lab-a\",[", "[[\"lab-c\",[", E_MANIFEST);
	refuse(BUNDLE, "[[\"lab-a\",[", "[[\"lab-d\",[", E_MANIFEST);
	refuse(BUNDLE, "],[\"*\"],40]", "],[\"Client\",\"Sample\"],40]",
	    E_MANIFEST);
	refuse(BUNDLE, "],[\"*\"],40]", "],[\"D\"],40]", E_MANIFEST);
	refuse(RECEIPT, "[[\"lab-a\",[\"lab-b\",2", "[[\"lab-a\",[\"lab-b\",3",
	    E_MANIFEST);
	refuse(RECEIPT, "[[\"lab-a\"", "[[\"lab-b\"", E_MANIFEST);
	refuse(BUNDLE, "Berlin\",\"site\":\"lab-b", "Berlin\",\"site\":\"lab-c",
	    E_MANIFEST);
	refuse(BUNDLE, "Berlin\",\"site\":\"lab-b", "Berlin\",\"site\":\"lab-d",
	    E_MANIFEST);
	refuse(REQUEST, "\"wanted\":[\"" H1, "\"wanted\":[\"" H2, E_MANIFEST);
	refuse(REQUEST, "\"" H1 "\",\"" H2 "\"]}", "\"" H2 "\",\"" H1 "\"]}",
	    E_MANIFEST);
}

/* M11: 32 addressees, not 33. */
TEST(addressees)
{
	CLEANUP(buf_clear) struct buf to = BUF_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	const char *at = strstr(RECEIPT, "\"to\":");
	int i;

	refuse(RECEIPT, TO, "\"to\":[]", E_MANIFEST);
	buf_adds(&to, "\"to\":[");
	for (i = 10; i < 42; i++)
		buf_addf(&to, "%s{\"name\":\"N\",\"site\":\"s%d\"}",
		    i > 10 ? "," : "", i);
	buf_add(&text, RECEIPT, (size_t)(at - RECEIPT));
	buf_add(&text, to.at, to.len);
	buf_adds(&text, "]}");
	CHECK_OK(parse(text.at, text.len), &e);
	buf_adds(&to, ",{\"name\":\"N\",\"site\":\"s42\"}]");
	refuse(RECEIPT, TO, buf_str(&to), E_LIMIT);
}

/* M1, M7, Z1: what is promised is bounded before anything is unpacked. */
TEST(limits)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct buf wanted = BUF_INIT;
	unsigned i;

	refuse(BUNDLE, "\"members\":3", "\"members\":4097", E_LIMIT);
	refuse(BUNDLE, "\"unpacked\":4096", "\"unpacked\":12582913", E_LIMIT);
	refuse(BUNDLE, "\"unpacked\":4096", "\"unpacked\":9007199254740991",
	    E_LIMIT);
	CHECK_OK(parse(BUNDLE, strlen(BUNDLE)), &e);

	/* One byte too long, though only in a field that does not count. */
	buf_add(&text, RECEIPT, strlen(RECEIPT) - 1);
	buf_adds(&text, ",\"x-pad\":\"");
	while (text.len < FORMAT_MANIFEST_MAX - 2)
		buf_addc(&text, 'x');
	buf_adds(&text, "\"}");
	CHECK_OK(parse(text.at, text.len), &e);
	text.len -= 2;
	buf_adds(&text, "x\"}");
	CHECK_ERR(parse(text.at, text.len), &e, E_LIMIT);

	buf_adds(&wanted, "\"wanted\":[");
	for (i = 0; i <= FORMAT_WANTED_MAX; i++)
		buf_addf(&wanted, "%s\"%08x%056d\"", i > 0 ? "," : "", i, 0);
	buf_addc(&wanted, ']');
	refuse(REQUEST, "\"wanted\":[\"" H1 "\",\"" H2 "\"]",
	    buf_str(&wanted), E_LIMIT);
	buf_clear(&wanted);
}

TEST(too_deep)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int i, depth;

	for (depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
		buf_reset(&text);
		buf_add(&text, RECEIPT, strlen(RECEIPT) - 1);
		buf_adds(&text, ",\"x-deep\":");
		for (i = 0; i < depth; i++)
			buf_addc(&text, '[');
		for (i = 0; i < depth; i++)
			buf_addc(&text, ']');
		buf_addc(&text, '}');
		if (depth < JSON_DEPTH_MAX)
			CHECK_OK(parse(text.at, text.len), &e);
		else
			CHECK_ERR(parse(text.at, text.len), &e, E_MANIFEST);
	}
}

/* The writer keeps to the bound, and to a bound of the output. */
TEST(write_limits)
{
	static struct manifest_head heads[4000];
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct buf small = { .max = 100 };
	struct manifest_site to = { "lab-b", "Berlin" };
	struct manifest m = {
		.kind = MANIFEST_RECEIPT, .to = &to, .to_count = 1,
		.heads = heads, .head_count = 4000,
	};

	CHECK_ERR(manifest_write(&m, &out, &e), &e, E_LIMIT);
	CHECK_ERR(manifest_write(&m, &small, &e), &e, E_LIMIT);
	buf_clear(&small);

	/* What is there before does not count. */
	m.head_count = 2000;
	buf_reset(&out);
	while (out.len < FORMAT_MANIFEST_MAX)
		buf_adds(&out, "before");
	CHECK_OK(manifest_write(&m, &out, &e), &e);
}

int
main(void)
{
	return unit_run();
}
