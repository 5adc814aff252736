#include "../../store/merge.h"

#include "versions.h"

static void
check_text(const struct buf *got, struct json_span want)
{
	if (!json_same(span_of(got), want))
		FAIL("\"%.*s\", not \"%.*s\"", (int)got->len, got->at,
		    (int)want.len, want.at);
}

#define F(members) \
	"{\"fields\":{" members "},\"history\":[],\"type\":\"T\"}"
#define GONE "{\"deleted\":true,\"history\":[],\"type\":\"T\"}"
#define SAW(dots) "{\"except\":[],\"vector\":[" dots "]}"

static struct set set;

static void
check_kinds(enum conflict_kind kind, enum conflict_kind strict)
{
	struct err err = ERR_INIT;
	enum conflict_kind got;

	CHECK_OK(merge_kind(set.s, &got, &err), &err);
	CHECK_STR(merge_kind_name(got), merge_kind_name(kind));
	CHECK_OK(merge_kind_strict(set.s, &got, &err), &err);
	CHECK_STR(merge_kind_name(got), merge_kind_name(strict));
}

static void
check_settled(const char *want)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_OK(merge_settled(set.s, &out, &err), &err);
	check_text(&out, span(want));
}

static void
check_shown(const char *want)
{
	char got[SET_MAX + 1] = "";
	size_t i;

	merge_shown(set.s, got);
	for (i = 0; i < set.s.count; i++)
		got[i] = (char)(got[i] + '0');
	CHECK_STR(got, want);
}

/* Two versions over a1, each with the stamps and members given. */
static void
two(const char *stamps_b, const char *b, const char *stamps_c, const char *c)
{
	set_clear(&set);
	set_add(&set, "b1", "a1", SAW("@a1@"), stamps_b, b);
	set_add(&set, "c1", "a1", SAW("@a1@"), stamps_c, c);
}

TEST(modified_never_clashes)
{
	two("{\"modified\":@b1@}", F("\"modified\":\"2\",\"x\":1"),
	    "{\"modified\":@c1@}", F("\"modified\":\"3\",\"x\":1"));
	check_kinds(CONFLICT_NONE, CONFLICT_DISJOINT);
	check_settled("{\"modified\":\"3\",\"x\":1}");
	check_shown("11");

	two("{\"modified\":@b1@,\"y\":@b1@}", F("\"modified\":\"3\",\"y\":1"),
	    "{\"modified\":@c1@}", F("\"modified\":\"2\""));
	check_kinds(CONFLICT_DISJOINT, CONFLICT_DISJOINT);
	check_settled("{\"modified\":\"3\",\"y\":1}");
	check_shown("01");

	/* One has it, the other has not: still one look. */
	two("", F("\"x\":1"), "{\"modified\":@c1@}",
	    F("\"modified\":\"2\",\"x\":1"));
	check_kinds(CONFLICT_NONE, CONFLICT_DISJOINT);
	check_shown("11");

	/* A field of that name among the lab's own is like any other. */
	two("{\"fields.modified\":@b1@}", F("\"fields\":{\"modified\":1}"),
	    "{\"fields.modified\":@c1@}", F("\"fields\":{\"modified\":2}"));
	check_kinds(CONFLICT_CLASH, CONFLICT_CLASH);
	check_shown("01");
}

TEST(modified_that_is_no_text)
{
	two("{\"modified\":@b1@}", F("\"modified\":\"2\""),
	    "{\"modified\":@c1@}", F("\"modified\":3"));
	check_settled("{\"modified\":\"2\"}");
	two("{\"modified\":@b1@}", F("\"modified\":1"),
	    "{\"modified\":@c1@}", F("\"modified\":\"2\""));
	check_settled("{\"modified\":1}");
	two("{\"modified\":@b1@}", F("\"modified\":\"1\""),
	    "{\"modified\":@c1@}", F("\"modified\":\"2\""));
	set_add(&set, "d1", "a1", SAW("@a1@"), "{\"modified\":@d1@}",
	    F("\"modified\":3"));
	check_settled("{\"modified\":\"1\"}");
	two("{\"modified\":@b1@}", F(""),
	    "{\"modified\":@c1@}", F("\"modified\":\"2\""));
	check_settled("{}");
}

/* Each has seen the setting of the other and has another. */
static void
none_open(const char *stamp, const char *members, const char *other)
{
	char stamps[64];

	set_clear(&set);
	(void)snprintf(stamps, sizeof stamps, "{\"%s\":@b1@}", stamp);
	set_add(&set, "b9", "a1", SAW("@a1@,@b1@,@c1@"), stamps, members);
	(void)snprintf(stamps, sizeof stamps, "{\"%s\":@c1@}", stamp);
	set_add(&set, "c9", "a1", SAW("@a1@,@b1@,@c1@"), stamps, other);
}

TEST(no_open_setting)
{
	struct err err = ERR_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	none_open("x", F("\"x\":1"), F("\"x\":1,\"y\":2"));
	check_kinds(CONFLICT_CLASH, CONFLICT_CLASH);
	CHECK_ERR(merge_settled(set.s, &out, &err), &err, E_INTERNAL);
	none_open("x", F("\"y\":1"), F("\"y\":1"));
	check_kinds(CONFLICT_NONE, CONFLICT_DISJOINT);
	none_open("modified", F("\"modified\":\"1\""),
	    F("\"modified\":\"2\""));
	check_kinds(CONFLICT_NONE, CONFLICT_DISJOINT);
	check_settled("{\"modified\":\"2\"}");

	/* Where one is open, it is the one. */
	set_clear(&set);
	set_add(&set, "b2", "a1", SAW("@a1@,@b1@"), "{\"modified\":@b1@}",
	    F("\"modified\":\"9\""));
	set_add(&set, "c1", "a1", SAW("@a1@,@b1@"), "{\"modified\":@c1@}",
	    F("\"modified\":\"3\""));
	check_settled("{\"modified\":\"3\"}");
}

/* Label and actor equal: the hash decides before the counter. */
TEST(winner_by_hash)
{
	set_clear(&set);
	set_add(&set, "b2", "a1", SAW("@a1@"), "", F("\"x\":1"));
	set_add(&set, "b3", "a1", SAW("@a1@"), "", F("\"x\":2"));
	memset(set.own[0].hash, 2, 32);
	memset(set.own[1].hash, 1, 32);
	CHECK_INT(merge_winner(set.s), 0);
	memset(set.own[1].hash, 3, 32);
	CHECK_INT(merge_winner(set.s), 1);
	memset(set.own[1].hash, 2, 32);
	CHECK_INT(merge_winner(set.s), 1);
}

TEST(type_counts_for_the_look)
{
	two("", F("\"x\":1"), "",
	    "{\"fields\":{\"x\":1},\"history\":[],\"type\":\"U\"}");
	check_kinds(CONFLICT_DISJOINT, CONFLICT_DISJOINT);
	check_shown("01");
}

TEST(deletions)
{
	set_clear(&set);
	set_add(&set, "b1", "b1", SAW("@a1@"), "", GONE);
	check_kinds(CONFLICT_NONE, CONFLICT_NONE);
	set_add(&set, "c1", "c1", SAW("@a1@"), "", "{\"deleted\":true,"
	    "\"history\":[],\"time\":\"t\",\"type\":\"T\"}");
	check_kinds(CONFLICT_NONE, CONFLICT_DISJOINT);
	check_shown("11");
	check_settled("");
	set_add(&set, "d1", "a1", SAW("@a1@"), "", F(""));
	check_kinds(CONFLICT_EDIT_DELETE, CONFLICT_EDIT_DELETE);
	check_shown("001");
}

TEST(settles_among_nested)
{
	two("{\"fields.x\":@b1@,\"g\":@b1@}",
	    F("\"a\":0,\"fields\":{\"x\":1,\"y\":0},\"g\":1,\"z\":0"),
	    "{\"fields!\":@c1@,\"fields.y\":@c1@,\"z\":@c1@}",
	    F("\"a\":0,\"fields\":{\"x\":0,\"y\":2},\"fields!\":2"));
	check_kinds(CONFLICT_DISJOINT, CONFLICT_DISJOINT);
	check_settled("{\"a\":0,\"fields\":{\"x\":1,\"y\":2},\"fields!\":2,"
	    "\"g\":1}");

	/* "fields" removed by one, a new one in it by the other. */
	two("{\"fields\":@b1@}", F("\"z\":1"),
	    "{\"fields.y\":@c1@}", F("\"fields\":{\"y\":2},\"z\":1"));
	check_settled("{\"fields\":{\"y\":2},\"z\":1}");
	two("{\"fields\":@b1@}", F(""), "{\"g\":@c1@}",
	    F("\"fields\":{},\"g\":1"));
	check_settled("{\"g\":1}");
	two("{\"fields\":@b1@}", F("\"fields\":{}"), "", F(""));
	check_settled("{\"fields\":{}}");
}

static int
list_field(void *ctx, const struct field *f, int clash, struct err *err)
{
	field_name(ctx, f->nested, f->name);
	buf_adds(ctx, clash ? "! " : " ");
	return f->name.at[0] == 'z' ? err_set(err, E_IO, "enough") : 0;
}

TEST(lists_fields)
{
	CLEANUP(buf_clear) struct buf got = BUF_INIT;
	struct err err = ERR_INIT;

	two("{\"fields.x\":@b1@,\"m\":@b1@,\"modified\":@b1@,\"w\":@b1@}",
	    F("\"fields\":{\"x\":1},\"m\":1,\"modified\":1"),
	    "{\"fields.x\":@c1@,\"fields.y\":@c1@,\"modified\":@c1@}",
	    F("\"fields\":{\"x\":2,\"y\":2},\"modified\":2"));
	CHECK_OK(merge_fields(set.s, list_field, &got, &err), &err);
	CHECK_STR(buf_str(&got), "fields fields.x! fields.y m modified ");

	/* A deletion says nothing of fields. */
	set_clear(&set);
	set_add(&set, "b1", "a1", SAW("@a1@"), "{\"x\":@b1@}", F("\"x\":1"));
	set_add(&set, "c1", "c1", SAW("@a1@"), "", GONE);
	buf_reset(&got);
	CHECK_OK(merge_fields(set.s, list_field, &got, &err), &err);
	CHECK_STR(buf_str(&got), "x ");

	two("", F("\"z\":1,\"zz\":1"), "", F("\"z\":1,\"zz\":1"));
	CHECK_ERR(merge_fields(set.s, list_field, &got, &err), &err, E_IO);
}

/* --- new versions ------------------------------------------------------ */

static int
try_new(const char *shown, const char *type, const char *fields,
    const char *entries, struct version *ret, struct err *err)
{
	struct merge_edit edit = {
		.type = span(type), .fields = span(fields),
		.time = span(*fields == '\0' ? "\"now\"" : ""),
		.entries = span(entries), .clock = 7
	};
	char flags[SET_MAX];
	size_t i;
	int rc;

	for (i = 0; i < set.s.count; i++)
		flags[i] = shown[i] == '1';
	version_clear(ret);
	ret->dot = dot_of("d1");
	rc = merge_new(set.s, flags, &edit, ret, err);
	CHECK(rc == 1 || (ret->text.at == NULL && ret->content.len == 0));
	return rc;
}

TEST(no_change_makes_no_version)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;

	two("", F("\"modified\":1"), "{\"modified\":@c1@}",
	    F("\"modified\":2"));
	CHECK_INT(try_new("01", "T", "{\"modified\":2}", "", &v, &err), 0);
	CHECK_INT(try_new("01", "T", "{\"modified\":1}", "", &v, &err), 1);
	CHECK_INT(try_new("11", "T", "{\"modified\":2}", "", &v, &err), 1);
	CHECK_INT(try_new("01", "U", "{\"modified\":2}", "", &v, &err), 1);
	CHECK_INT(try_new("00", "T", "{\"modified\":2}", "", &v, &err), 1);
	CHECK_INT(try_new("01", "T", "{\"modified\":2}", "[[\"t\",1]]", &v,
	    &err), 1);
	CHECK_INT(try_new("01", "T", "", "", &v, &err), 1);
	CHECK(json_same(v.content, span("{\"deleted\":true,\"history\":[],"
	    "\"time\":\"now\",\"type\":\"T\"}")));

	/* Of a deletion the time does not count. */
	set_clear(&set);
	set_add(&set, "b1", "b1", SAW("@a1@"), "", GONE);
	CHECK_INT(try_new("1", "T", "", "", &v, &err), 0);
	CHECK_INT(try_new("1", "T", "{}", "", &v, &err), 1);
	CHECK_INT(try_new("1", "T", "", "[[\"t\",1]]", &v, &err), 1);
}

/* A peer may send what names dots of its own that it has not seen: whoever
 * edits that has not seen them either, and keeps none of them. */
TEST(unseen_settings_are_not_kept)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	struct dot d1 = dot_of("d1"), b8 = dot_of("b8");

	set_clear(&set);
	set_add(&set, "b8", "b1", "", "", F("\"x\":1"));
	CHECK_OK(try_new("1", "T", "{\"x\":1,\"y\":1}", "", &v, &err), &err);
	CHECK(dot_cmp(&v.born, &d1) == 0);
	CHECK_INT(v.stamp_count, 0);

	set_clear(&set);
	set_add(&set, "b8", "b8", "", "{\"x\":@b2@}", F("\"w\":1,\"x\":1"));
	CHECK_OK(try_new("1", "T", "{\"w\":1,\"x\":1}", "[[\"t\",1]]", &v,
	    &err), &err);
	CHECK(dot_cmp(&v.born, &b8) == 0);
	CHECK_INT(v.stamp_count, 1);
	CHECK(dot_cmp(&v.stamp[0].dot, &d1) == 0);
}

TEST(a_new_version_is_read)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	unsigned char hash[32];
	struct err err = ERR_INIT;
	struct dot d1 = dot_of("d1"), a1 = dot_of("a1");

	set_clear(&set);
	CHECK_INT(try_new("", "T", "{\"x\":1}", "[[\"t\",1]]", &v, &err), 1);
	CHECK(json_same(v.content, span("{\"fields\":{\"x\":1},\"history\":["
	    "[\"t\",0,1]],\"type\":\"T\"}")));
	CHECK(v.context.len == 0 && v.stamps.len == 0 && v.vector == NULL);
	CHECK(dot_cmp(&v.born, &d1) == 0);
	CHECK_INT(v.label, 7);
	(void)crypto_generichash(hash, 32, (const unsigned char *)
	    v.content.at, v.content.len, NULL, 0);
	CHECK(memcmp(hash, v.hash, 32) == 0);

	two("", F("\"x\":1,\"y\":1"), "", F("\"x\":1,\"y\":1"));
	CHECK_INT(try_new("10", "T", "{\"fields\":{\"z\":1},\"x\":2}", "", &v,
	    &err), 1);
	CHECK(dot_cmp(&v.born, &a1) == 0);
	CHECK_INT(v.stamp_count, 4);		/* fields fields.z x y */
	CHECK(version_saw(&v, &set.own[0].dot));
	CHECK(!version_saw(&v, &set.own[1].dot));
}

/* An edit over no siblings is put together without reading it again, and says
 * what reading it says. */
static void
check_first(struct merge_edit edit, const char *content)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(version_clear) struct version w = VERSION_INIT;
	struct siblings none = { NULL, 0 };
	struct err err = ERR_INIT;
	unsigned char a[32], b[32];

	edit.type = span("Type");
	v.dot = dot_of("d1");
	CHECK_INT(merge_new(none, NULL, &edit, &v, &err), 1);
	CHECK(json_same(v.content, span(content)));
	CHECK(v.text.at == v.content.at);
	w.dot = w.born = dot_of("d1");
	w.content = v.content;
	CHECK_OK(version_read(&w, &err), &err);
	CHECK(w.type.at == v.type.at && w.type.len == v.type.len);
	CHECK(w.history.at == v.history.at && w.history.len == v.history.len);
	CHECK(json_same(w.fields, v.fields) && json_same(w.time, v.time));
	version_identity(&v, a);

	/* The dot may be set afterwards. */
	version_clear(&v);
	CHECK_INT(merge_new(none, NULL, &edit, &v, &err), 1);
	v.dot = v.born = dot_of("d1");
	version_identity(&v, b);
	CHECK(memcmp(a, b, 32) == 0);
}

TEST(first_versions)
{
	check_first((struct merge_edit){ .fields = span("{}") },
	    "{\"fields\":{},\"history\":[],\"type\":\"Type\"}");
	check_first((struct merge_edit){ .fields = span("{\"x\":[1]}"),
	    .time = span("\"never\""), .entries = span("[[\"t\",{}]]") },
	    "{\"fields\":{\"x\":[1]},\"history\":[[\"t\",0,{}]],"
	    "\"type\":\"Type\"}");
	check_first((struct merge_edit){ .time = span("\"now\"") },
	    "{\"deleted\":true,\"history\":[],\"time\":\"now\","
	    "\"type\":\"Type\"}");
	check_first((struct merge_edit){ .entries = span("[[\"t\",1]]") },
	    "{\"deleted\":true,\"history\":[[\"t\",0,1]],"
	    "\"type\":\"Type\"}");
}

/* A field that both sides count as replaced is set anew, or stays away. */
TEST(stamps_without_an_open_setting)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	struct dot d1 = dot_of("d1");

	none_open("x", F("\"x\":1"), F("\"x\":1,\"y\":2"));
	CHECK_INT(try_new("11", "T", "{\"x\":1,\"y\":2}", "", &v, &err), 1);
	CHECK_INT(v.stamp_count, 1);
	CHECK(dot_cmp(&v.stamp[0].dot, &d1) == 0);
	CHECK_INT(try_new("11", "T", "{\"y\":2}", "", &v, &err), 1);
	CHECK_INT(v.stamp_count, 0);
}

TEST(labels)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct merge_edit edit = {
		.type = span("T"), .fields = span("{\"x\":2}"), .clock = -5
	};
	char shown[] = { 1, 0 };
	struct err err = ERR_INIT;

	v.dot = dot_of("d1");
	CHECK_INT(merge_new((struct siblings){ NULL, 0 }, shown, &edit, &v,
	    &err), 1);
	CHECK_INT(v.label, 0);
	two("", F("\"x\":1"), "", F("\"x\":3"));
	set.own[0].label = 100;
	set.own[1].label = 200;
	version_clear(&v);
	v.dot = dot_of("d1");
	CHECK_INT(merge_new(set.s, shown, &edit, &v, &err), 1);
	CHECK_INT(v.label, 101);
	set.own[0].label = VERSION_LABEL_MAX;
	version_clear(&v);
	v.dot = dot_of("d1");
	CHECK_INT(merge_new(set.s, shown, &edit, &v, &err), 1);
	CHECK(v.label == VERSION_LABEL_MAX);
}

TEST(refuses_edits)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf big = BUF_INIT, wide = BUF_INIT;
	struct err err = ERR_INIT;
	int i;

	two("", F("\"x\":1"), "", F("\"x\":2"));
	CHECK_ERR(try_new("01", "", "{}", "", &v, &err), &err, E_RECORD);
	CHECK(try_new("01", "a\"b", "{}", "", &v, &err) < 0);
	CHECK(strncmp(err.text, "type: expected", 14) == 0);
	err_clear(&err);
	CHECK_ERR(try_new("01", "T", "{\"uid\":1}", "", &v, &err), &err,
	    E_RECORD);
	CHECK_ERR(try_new("01", "T", "{}", "[1]", &v, &err), &err, E_RECORD);

	/* Too much content; too many stamps. */
	buf_adds(&big, "{\"x\":\"");
	CHECK(buf_room(&big, VERSION_CONTENT_MAX + 4) != NULL);
	memset(big.at + big.len, 'x', VERSION_CONTENT_MAX);
	big.len += VERSION_CONTENT_MAX;
	buf_adds(&big, "\"}");
	CHECK_ERR(try_new("01", "T", buf_str(&big), "", &v, &err), &err,
	    E_LIMIT);
	buf_addc(&wide, '{');
	for (i = 10000; i < 25000; i++)
		buf_addf(&wide, "%s\"%d\":1", i > 10000 ? "," : "", i);
	buf_addc(&wide, '}');
	CHECK_ERR(try_new("01", "T", buf_str(&wide), "", &v, &err), &err,
	    E_LIMIT);
	CHECK_INT(try_new("00", "T", buf_str(&wide), "", &v, &err), 1);
}

static void
refuse_first(struct json_span fields, const char *time, enum err_code code)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct merge_edit edit = { .type = span("T"), .fields = fields,
	    .time = span(time) };
	struct siblings none = { NULL, 0 };
	struct err err = ERR_INIT;

	CHECK_ERR(merge_new(none, NULL, &edit, &v, &err), &err, code);
	CHECK(v.text.at == NULL && v.content.len == 0);
}

TEST(refuses_first_versions)
{
	CLEANUP(buf_clear) struct buf big = BUF_INIT;
	unsigned i;

	refuse_first(span("{\"uid\":1}"), "", E_RECORD);
	refuse_first(span("{\"fields\":[]}"), "", E_RECORD);
	refuse_first(span("[1]"), "", E_RECORD);
	refuse_first(span("1"), "", E_RECORD);
	refuse_first(span(""), "1", E_RECORD);
	buf_adds(&big, "{\"attachments\":[0");
	for (i = 0; i < VERSION_BLOBS_MAX; i++)
		buf_adds(&big, ",0");
	buf_adds(&big, "]}");
	refuse_first(span_of(&big), "", E_LIMIT);
	buf_reset(&big);
	buf_adds(&big, "{\"x\":\"");
	CHECK(buf_room(&big, VERSION_CONTENT_MAX) != NULL);
	memset(big.at + big.len, 'x', VERSION_CONTENT_MAX);
	big.len += VERSION_CONTENT_MAX;
	buf_adds(&big, "\"}");
	refuse_first(span_of(&big), "", E_LIMIT);
}

TEST(no_context_for_a_creation)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	set_clear(&set);
	CHECK_OK(merge_context(set.s, NULL, 0, &out, &err), &err);
	CHECK_INT(out.len, 0);
}

/* What was shown and is no sibling any more has exceptions of its own. */
TEST(context_of_what_is_gone)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT, want = BUF_INIT;
	struct siblings none = { NULL, 0 };
	struct err err = ERR_INIT;

	set_clear(&set);
	set_add(&set, "b1", "a1", "{\"except\":[@a3@],\"vector\":[@a5@]}", "",
	    F(""));
	CHECK_OK(merge_context(none, set.list, 1, &out, &err), &err);
	expand(&want, "{\"except\":[@a3@],\"vector\":[@a5@,@b1@]}");
	check_text(&out, span_of(&want));
}

int
main(void)
{
	return unit_run();
}
