#include "../../store/version.h"

#include "versions.h"

#define PLAIN "{\"fields\":{\"x\":1},\"history\":[],\"type\":\"T\"}"
#define GONE "{\"deleted\":true,\"history\":[],\"type\":\"T\"}"

static void
refuse(const char *context, const char *born, const char *stamps,
    const char *content)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	char names[32];

	(void)snprintf(names, sizeof names, "b5 %s", born);
	CHECK_ERR(try_version(&v, names, context, stamps, content, &err),
	    &err, E_RECORD);
}

static void
accept(const char *context, const char *born, const char *stamps,
    const char *content)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	char names[32];

	(void)snprintf(names, sizeof names, "b5 %s", born);
	CHECK_OK(try_version(&v, names, context, stamps, content, &err),
	    &err);
}

/* --- content ----------------------------------------------------------- */

TEST(reads_content)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;

	v.dot = v.born = dot_of("b5");
	v.content = span("{\"fields\":{\"x\":1},\"history\":[[\"t\",0,1]],"
	    "\"type\":\"Sample\"}");
	CHECK_OK(version_read(&v, &err), &err);
	CHECK(json_same(v.type, span("Sample")));
	CHECK(json_same(v.fields, span("{\"x\":1}")));
	CHECK(json_same(v.history, span("[[\"t\",0,1]]")));
	CHECK(v.time.len == 0);

	/* A fresh version takes no memory. */
	CHECK(v.vector == NULL && v.except == NULL && v.stamp == NULL);
	CHECK(v.text.at == NULL);
}

TEST(reads_a_tombstone)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;

	v.dot = v.born = dot_of("b5");
	v.content = span("{\"deleted\":true,\"history\":[],\"time\":\"t\","
	    "\"type\":\"T\"}");
	CHECK_OK(version_read(&v, &err), &err);
	CHECK(v.fields.len == 0);
	CHECK(json_same(v.time, span("\"t\"")));
	accept("", "b5", "", GONE);
}

TEST(refuses_content_of_other_forms)
{
	refuse("", "b5", "", "");
	refuse("", "b5", "", "[]");
	refuse("", "b5", "", "{}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[]}");
	refuse("", "b5", "", "{\"fields\":{},\"type\":\"T\"}");
	refuse("", "b5", "", "{\"history\":[],\"type\":\"T\"}");
	refuse("", "b5", "", "{\"deleted\":true,\"fields\":{},\"history\":[],"
	    "\"type\":\"T\"}");
	refuse("", "b5", "", "{\"deleted\":false,\"history\":[],"
	    "\"type\":\"T\"}");
	refuse("", "b5", "", "{\"fields\":[],\"history\":[],\"type\":\"T\"}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":{},\"type\":\"T\"}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[],\"type\":1}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[],\"type\":\"\"}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[],\"type\":\"a b\"}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[],\"time\":\"t\","
	    "\"type\":\"T\"}");
	refuse("", "b5", "", "{\"deleted\":true,\"history\":[],\"time\":1,"
	    "\"type\":\"T\"}");
	refuse("", "b5", "", "{\"also\":1,\"fields\":{},\"history\":[],"
	    "\"type\":\"T\"}");
	refuse("", "b5", "", "{\"fields\":{},\"history\":[1],\"type\":\"T\"}");
}

static void
refuse_member(const char *member)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT;

	buf_addf(&content, "{\"fields\":{%s},\"history\":[],\"type\":\"T\"}",
	    member);
	refuse("", "b5", "", buf_str(&content));
}

/* These are met before what follows them would refuse them too. */
TEST(says_which_form_it_wants)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;

	(void)try_version(&v, "b5 b5", "", "", "1", &err);
	CHECK_STR(err.text, "content: not an object");
	err_clear(&err);
	(void)try_version(&v, "b5 b5", "", "{\"x\":1}", PLAIN, &err);
	CHECK(strstr(err.text, "expected [\"site\"") != NULL);
}

TEST(refuses_members)
{
	refuse_member("\"uid\":\"u\"");
	refuse_member("\"type\":\"T\"");
	refuse_member("\"history\":[[\"t\",0,1]]");
	refuse_member("\"deleted\":true");
	refuse_member("\"fields\":[]");
	refuse_member("\"fields\":1");
	refuse_member("\"fields.\":1");
	refuse_member("\"fields.x\":1");
	accept("", "b5", "", "{\"fields\":{\"fields!\":1,\"fieldsx\":1},"
	    "\"history\":[],\"type\":\"T\"}");
	accept("", "b5", "", "{\"fields\":{\"attachments\":1},\"history\":[],"
	    "\"type\":\"T\"}");
}

static int
read_attachments(unsigned count, struct err *err)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf content = BUF_INIT;
	unsigned i;

	buf_adds(&content, "{\"fields\":{\"attachments\":[");
	for (i = 0; i < count; i++)
		buf_adds(&content, i > 0 ? ",0" : "0");
	buf_adds(&content, "]},\"history\":[],\"type\":\"T\"}");
	v.dot = v.born = dot_of("b5");
	v.content = span_of(&content);
	return version_read(&v, err);
}

TEST(limits)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf big = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_OK(read_attachments(VERSION_BLOBS_MAX, &err), &err);
	CHECK_ERR(read_attachments(VERSION_BLOBS_MAX + 1, &err), &err,
	    E_LIMIT);

	CHECK(buf_room(&big, VERSION_CONTENT_MAX + 1) != NULL);
	memset(big.at, ' ', VERSION_CONTENT_MAX + 1);
	v.dot = v.born = dot_of("b5");
	v.content = (struct json_span){ big.at, VERSION_CONTENT_MAX + 1 };
	CHECK_ERR(version_read(&v, &err), &err, E_LIMIT);
	v.content = span(PLAIN);
	v.context = (struct json_span){ big.at, VERSION_META_MAX + 1 };
	CHECK_ERR(version_read(&v, &err), &err, E_LIMIT);
	v.context = span("");
	v.stamps = (struct json_span){ big.at, VERSION_META_MAX + 1 };
	CHECK_ERR(version_read(&v, &err), &err, E_LIMIT);
	v.stamps = span("");

	v.label = VERSION_LABEL_MAX;
	CHECK_OK(version_read(&v, &err), &err);
	v.label++;
	CHECK_ERR(version_read(&v, &err), &err, E_RECORD);
	v.label = -1;
	CHECK_ERR(version_read(&v, &err), &err, E_RECORD);
}

/* --- dots -------------------------------------------------------------- */

TEST(refuses_contexts)
{
	accept("{\"except\":[],\"vector\":[]}", "b5", "", PLAIN);
	accept("{\"except\":[@a2@,@a3@],\"vector\":[@a7@,@b4@]}", "b5", "",
	    PLAIN);
	refuse("[]", "b5", "", PLAIN);
	refuse("{}", "b5", "", PLAIN);
	refuse("{\"except\":[]}", "b5", "", PLAIN);
	refuse("{\"vector\":[]}", "b5", "", PLAIN);
	refuse("{\"except\":[],\"holes\":[]}", "b5", "", PLAIN);
	refuse("{\"except\":[],\"vector\":[],\"x\":[]}", "b5", "", PLAIN);
	refuse("{\"except\":{},\"vector\":[]}", "b5", "", PLAIN);
	refuse("{\"except\":[],\"vector\":{}}", "b5", "", PLAIN);
	refuse("{\"except\":[],\"vector\":[1]}", "b5", "", PLAIN);
	refuse("{\"except\":[1],\"vector\":[@a7@]}", "b5", "", PLAIN);

	/* Order, and each once. */
	refuse("{\"except\":[],\"vector\":[@c1@,@a1@]}", "b5", "", PLAIN);
	refuse("{\"except\":[],\"vector\":[@a1@,@a2@]}", "b5", "", PLAIN);
	refuse("{\"except\":[@a3@,@a2@],\"vector\":[@a7@]}", "b5", "", PLAIN);
	refuse("{\"except\":[@a2@,@a2@],\"vector\":[@a7@]}", "b5", "", PLAIN);
}

TEST(refuses_implausible_dots)
{
	const char *ctx = "{\"except\":[@a2@,@b2@],\"vector\":[@a7@,@b3@]}";

	/* Of its own actor a version knows earlier ones only. */
	refuse("{\"except\":[],\"vector\":[@b5@]}", "b5", "", PLAIN);
	refuse("{\"except\":[@b5@],\"vector\":[@b6@]}", "b5", "", PLAIN);

	/* Exceptions are in the vector. */
	refuse("{\"except\":[@a8@],\"vector\":[@a7@]}", "b5", "", PLAIN);
	refuse("{\"except\":[@c1@],\"vector\":[@a7@]}", "b5", "", PLAIN);

	accept(ctx, "a7", "{\"x\":@a1@}", PLAIN);
	accept(ctx, "b4", "{\"x\":@b5@}", PLAIN);
	refuse(ctx, "b6", "", PLAIN);
	refuse(ctx, "a8", "", PLAIN);
	refuse(ctx, "a2", "", PLAIN);
	refuse(ctx, "b2", "", PLAIN);
	refuse(ctx, "c1", "", PLAIN);
	refuse(ctx, "a1", "{\"x\":@a8@}", PLAIN);
	refuse(ctx, "a1", "{\"x\":@a2@}", PLAIN);
	refuse(ctx, "a1", "{\"x\":@c1@}", PLAIN);
	refuse(ctx, "a1", "{\"x\":1}", PLAIN);
	refuse(ctx, "a1", "[]", PLAIN);
	accept(ctx, "a1", "{}", PLAIN);

	/* A deletion is its own birth. */
	refuse(ctx, "a1", "", GONE);
	refuse(ctx, "b5", "{\"x\":@a1@}", GONE);
	accept(ctx, "b5", "", GONE);
}

static int
saw(const struct version *v, const char *name)
{
	struct dot d = dot_of(name);

	return version_saw(v, &d);
}

TEST(sees)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	struct dot other = dot_of("a1");

	CHECK_OK(try_version(&v, "b5 a1", "{\"except\":[@a2@,@a5@,@b2@],"
	    "\"vector\":[@a7@,@b3@,@d1@]}", "", PLAIN, &err), &err);
	CHECK(saw(&v, "b5"));
	CHECK(!saw(&v, "b4") && !saw(&v, "b6") && !saw(&v, "b2"));
	CHECK(saw(&v, "b3") && saw(&v, "b1"));
	CHECK(saw(&v, "a1") && !saw(&v, "a2") && saw(&v, "a3"));
	CHECK(!saw(&v, "a5") && saw(&v, "a7") && !saw(&v, "a8"));
	CHECK(!saw(&v, "c1") && saw(&v, "d1") && !saw(&v, "e1"));

	/* Another life of a site is another actor. */
	other.actor.generation = 2;
	CHECK(!version_saw(&v, &other));
}

/* What it says of an actor's counter: its own dot, or its context. */
TEST(newest)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	struct dot own = dot_of("b5"), seen = dot_of("a1"), none = dot_of("e1");

	CHECK_OK(try_version(&v, "b5 a1", "{\"except\":[@a7@],"
	    "\"vector\":[@a7@,@b3@]}", "", PLAIN, &err), &err);
	CHECK_INT(version_newest(&v, &own.actor), 5);
	CHECK_INT(version_newest(&v, &seen.actor), 7);
	CHECK_INT(version_newest(&v, &none.actor), 0);
}

static struct dot
stamp_of(const struct version *v, const char *full)
{
	struct field f = field_of_name(span(full));

	return version_stamp(v, &f);
}

TEST(stamps)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	struct dot a1 = dot_of("a1"), a2 = dot_of("a2"), a3 = dot_of("a3");
	struct dot b5 = dot_of("b5"), got;

	CHECK_OK(try_version(&v, "b5 a1",
	    "{\"except\":[],\"vector\":[@a7@]}", "{\"fields!\":@a2@,"
	    "\"fields.x\":@a3@,\"x\":@b5@}", PLAIN, &err), &err);
	CHECK_INT(v.stamp_count, 3);
	got = stamp_of(&v, "fields!");
	CHECK(dot_cmp(&got, &a2) == 0);
	got = stamp_of(&v, "fields.x");
	CHECK(dot_cmp(&got, &a3) == 0);
	got = stamp_of(&v, "x");
	CHECK(dot_cmp(&got, &b5) == 0);
	got = stamp_of(&v, "y");
	CHECK(dot_cmp(&got, &a1) == 0);
	got = stamp_of(&v, "fields");
	CHECK(dot_cmp(&got, &a1) == 0);
}

TEST(owns_its_text)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	expand(&text, "{\"except\":[],\"vector\":[@a7@]}");
	v.context = span_of(&text);
	v.dot = v.born = dot_of("b5");
	v.content = span(PLAIN);
	CHECK_OK(version_own(&v, &err), &err);
	memset(text.at, 'x', text.len);
	CHECK(saw(&v, "a7"));

	/* Once more, from its own copy. */
	CHECK_OK(version_own(&v, &err), &err);
	CHECK(json_same(v.content, span(PLAIN)));
	CHECK(json_same(v.type, span("T")));
	CHECK_INT(v.vector_count, 1);
}

/* The empty context and no context are one identity; all else counts. */
TEST(identity)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	struct err err = ERR_INIT;
	unsigned char a[32], b[32];

	CHECK_OK(try_version(&v, "b5 b5", "", "", PLAIN, &err), &err);
	version_identity(&v, a);
	CHECK_OK(try_version(&v, "b5 b5", "{\"except\":[],\"vector\":[]}",
	    "{}", PLAIN, &err), &err);
	version_identity(&v, b);
	CHECK(memcmp(a, b, 32) == 0);
	v.label++;
	version_identity(&v, b);
	CHECK(memcmp(a, b, 32) != 0);
	v.label--;
	v.hash[31] ^= 1;
	version_identity(&v, b);
	CHECK(memcmp(a, b, 32) != 0);
}

/* --- fields ------------------------------------------------------------ */

static void
check_walk(const char *fields, const char *want)
{
	CLEANUP(buf_clear) struct buf got = BUF_INIT;
	struct field_walk w = version_fields(span(fields));
	struct json_span value;
	struct field f, last = { .nested = 0 };
	int count = 0;

	while (version_next_field(&w, &f)) {
		if (count++ > 0)
			CHECK(field_cmp(last.nested, last.name, f.nested,
			    f.name) < 0);
		last = f;
		field_name(&got, f.nested, f.name);
		buf_addc(&got, '=');
		buf_add(&got, f.value.at, f.value.len);
		buf_addc(&got, ' ');
		CHECK_INT(version_field(span(fields), &f, &value), 1);
		CHECK(json_same(value, f.value));
	}
	CHECK(!version_next_field(&w, &f));
	CHECK_STR(buf_str(&got), want);
}

TEST(walks_fields)
{
	check_walk("", "");
	check_walk("{}", "");
	check_walk("{\"fields\":{}}", "fields={} ");
	check_walk("{\"a\":1,\"fields\":{\"\":0,\"a\":[2],\"x\":{}},\"x\":3}",
	    "a=1 fields={} fields.=0 fields.a=[2] fields.x={} x=3 ");

	/* Some names sort between "fields" and "fields.". */
	check_walk("{\"field\":0,\"fields\":{\"!\":1},\"fields!\":2,"
	    "\"fields-\":3,\"fields/\":4,\"fieldsa\":5}", "field=0 fields={} "
	    "fields!=2 fields-=3 fields.!=1 fields/=4 fieldsa=5 ");
	check_walk("{\"fields\":{\"a\":1},\"fields!\":2}",
	    "fields={} fields!=2 fields.a=1 ");
}

TEST(finds_fields)
{
	const char *fields = "{\"fields\":{\"x\":1},\"y\":2}";
	struct field x = field_of_name(span("fields.x"));
	struct field y = field_of_name(span("y"));
	struct json_span value;

	CHECK_INT(version_field(span(fields), &x, &value), 1);
	CHECK(json_same(value, span("1")));
	x.nested = 0;
	CHECK_INT(version_field(span(fields), &x, &value), 0);
	CHECK_INT(value.len, 0);
	CHECK_INT(version_field(span(fields), &y, &value), 1);
	y.nested = 1;
	CHECK_INT(version_field(span(fields), &y, &value), 0);
	CHECK_INT(version_field(span("{}"), &y, &value), 0);
	CHECK_INT(version_field(span(""), &y, &value), 0);
}

TEST(orders_fields)
{
	CHECK(field_cmp(1, span("a"), 0, span("fields")) > 0);
	CHECK(field_cmp(0, span("fields"), 1, span("a")) < 0);
	CHECK(field_cmp(1, span("a"), 0, span("fields!")) > 0);
	CHECK(field_cmp(1, span("a"), 0, span("fieldsa")) < 0);
	CHECK(field_cmp(1, span("a"), 1, span("b")) < 0);
	CHECK(field_cmp(0, span("a"), 0, span("a")) == 0);
}

/* --- blobs ------------------------------------------------------------- */

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"

TEST(names_blobs)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	buf_adds(&out, "before");
	CHECK_OK(version_blobs(span("{\"attachments\":[{\"blake2b\":\"" H2
	    "\"},{\"name\":\"x\"},1,{\"blake2b\":\"" H1 "\"},{\"blake2b\":\""
	    H2 "\"}]}"), &out, &err), &err);
	CHECK_INT(out.len, 6 + 64);
	CHECK_INT(out.at[6], 0x22);
	CHECK_INT(out.at[6 + 32], 0x11);

	buf_reset(&out);
	CHECK_OK(version_blobs(span(""), &out, &err), &err);
	CHECK_OK(version_blobs(span("{}"), &out, &err), &err);
	CHECK_OK(version_blobs(span("{\"attachments\":{}}"), &out, &err),
	    &err);
	CHECK_INT(out.len, 0);
}

TEST(refuses_blobs)
{
	static const char *const bad[] = {
		"1", "\"\"", "\"1111\"", "\"" H1 "1\"", "null"
	};
	CLEANUP(buf_clear) struct buf text = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		buf_reset(&text);
		buf_addf(&text, "{\"attachments\":[{\"blake2b\":%s}]}", bad[i]);
		CHECK_ERR(version_blobs(span_of(&text), &out, &err), &err,
		    E_RECORD);
	}
}

int
main(void)
{
	return unit_run();
}
