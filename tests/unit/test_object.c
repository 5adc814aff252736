/* Objects: the order of their siblings, limits, a damaged database. */
#include "labs.h"

static const char content[] =
    "{\"fields\":{},\"history\":[],\"type\":\"T\"}";

static void
make_version(struct version *v, uint64_t n, struct err *err)
{
	*v = (struct version)VERSION_INIT;
	v->dot = v->born = (struct dot){
	    { "lab-b", "2222222222222222", 1 }, n };
	v->content = (struct json_span){ content, sizeof content - 1 };
	CHECK_OK(version_read(v, err), err);
}

/* An edit by someone who was shown nothing. */
static void
blind_edit(struct lab *l, const char *fields)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct merge_edit e = { .type = { "T", 1 },
	    .fields = { fields, strlen(fields) }, .clock = 1700000000 };
	char *none;

	CHECK_OK(object_get(l->s, "x", 1, &o, &l->err), &l->err);
	CHECK((none = calloc(o.set.count + 1, 1)) != NULL);
	CHECK_INT(object_edit(l->s, "x", 1, &o, none, &e, &l->err), 1);
	free(none);
}

/* Rows come in the order in which their authors were met. */
TEST(siblings_ascend)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct version v, *list = &v;
	struct siblings theirs = { &list, 1 };
	struct object_merge m = { .floor = 9 };
	struct lab l;

	lab_begin(&l, "lab-z");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	blind_edit(&l, "{\"title\":\"1\"}");
	blind_edit(&l, "{\"title\":\"2\"}");
	make_version(&v, 7, &l.err);
	CHECK_OK(object_merge(l.s, "x", 1, theirs, &m, &l.err), &l.err);
	CHECK_INT(object_get(l.s, "x", 1, &o, &l.err), 1);
	CHECK_INT(o.set.count, 3);
	CHECK_INT(o.set.v[0]->dot.n, 7);
	CHECK_INT(o.set.v[1]->dot.n, 1);
	CHECK_INT(o.set.v[2]->dot.n, 2);
	version_clear(&v);
	lab_end(&l);
}

/* As many as may be, and no more. */
TEST(siblings_at_most)
{
	struct object_merge m = { .floor = 9 };
	struct version *v = calloc(MERGE_MAX, sizeof *v), *list[MERGE_MAX];
	struct siblings theirs = { list, MERGE_MAX };
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");
	CHECK(v != NULL);
	for (i = 0; i < MERGE_MAX; i++) {
		list[i] = &v[i];
		make_version(&v[i], i + 1, &l.err);
	}
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(object_merge(l.s, "full", 4, theirs, &m, &l.err), &l.err);
	blind_edit(&l, "{}");
	m.floor = l.s->seq;
	CHECK_ERR(object_merge(l.s, "x", 1, theirs, &m, &l.err), &l.err,
	    E_LIMIT);
	for (i = 0; i < MERGE_MAX; i++)
		version_clear(&v[i]);
	free(v);
	lab_end(&l);
}

/* One bundle has each object once. */
TEST(comes_twice)
{
	struct object_merge m = { .floor = 0 };
	struct version v = VERSION_INIT, *list = &v;
	struct siblings theirs = { &list, 1 };
	struct lab l;

	lab_begin(&l, "lab-a");
	make_version(&v, 1, &l.err);
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(object_merge(l.s, "x", 1, theirs, &m, &l.err), &l.err);
	CHECK_ERR(object_merge(l.s, "x", 1, theirs, &m, &l.err), &l.err,
	    E_RECORD);
	version_clear(&v);
	lab_end(&l);
}

/* What a row cannot say, or is no version, is said as such, with the
 * database's name, and nothing is shown of it. */
TEST(damaged_rows)
{
	static const struct {
		const char *sql;
		enum err_code code;
	} all[] = {
		{ "DELETE FROM version", E_DAMAGED },
		{ "UPDATE version SET hash=x'00'", E_DAMAGED },
		{ "UPDATE version SET actor=77", E_DAMAGED },
		{ "UPDATE version SET born_actor=77,born_n=1", E_DAMAGED },
		{ "UPDATE actor SET site=hex(zeroblob(100))", E_DAMAGED },
		{ "UPDATE actor SET nonce=hex(zeroblob(100))", E_DAMAGED },
		{ "UPDATE version SET content='{'", E_RECORD },
		{ "UPDATE version SET content='{\"type\":1}'", E_RECORD },
		{ "UPDATE version SET context='[]'", E_RECORD },
		{ "UPDATE version SET stamps='[]'", E_RECORD },
	};
	struct lab l;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		lab_begin(&l, "lab-a");
		CHECK_OK(lab_load(&l, "{\"uid\":\"x\",\"type\":\"T\"}"),
		    &l.err);
		lab_sql(&l, all[i].sql);
		store_closep(&l.s);
		CHECK_OK(store_open(&l.s, l.home, STORE_WRITE, 0, &l.err),
		    &l.err);
		CHECK(dump_object(l.s, "x", &l.out, &l.err) < 0);
		CHECK(strstr(l.err.text, "store.db") != NULL);
		CHECK_INT(l.err.code, all[i].code);
		err_clear(&l.err);
		CHECK_ERR(lab_load(&l, "{\"uid\":\"x\",\"type\":\"U\"}"),
		    &l.err, all[i].code);
		lab_end(&l);
	}
}

/* An object that has lost its version is not left out of a dump. */
TEST(lost_version)
{
	struct dump_what what = { .deleted = 1 };
	struct dump_out out;
	struct lab l;

	lab_begin(&l, "lab-a");
	out = (struct dump_out){ lab_keep, &l.out };
	CHECK_OK(lab_load(&l, "{\"uid\":\"x\",\"type\":\"T\"}\n"
	    "{\"uid\":\"y\",\"type\":\"T\"}"), &l.err);
	lab_sql(&l, "DELETE FROM version WHERE n=2");
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_DAMAGED);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
