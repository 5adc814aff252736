#include "../../store/attachment.h"
#include "../../store/blob.h"
#include "labs.h"
#include "ticks.h"

#define A(members) "{\"uid\":\"a\",\"type\":\"T\"," members "}"
#define HEX8 "0123456789abcdef"
#define HEX HEX8 HEX8 HEX8 HEX8
#define H(entries) "{\"history\":[" entries "],\"type\":\"T\",\"uid\":\"a\"}\n"
#define ABC "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"

/* --- attachments ------------------------------------------------------- */

static void
load_error(struct lab *l, const char *text, enum err_code code)
{
	CHECK_ERR(lab_load(l, text), &l->err, code);
}

TEST(attachments)
{
	char other[512], *file;
	struct lab l;

	lab_begin(&l, "lab-a");
	lab_text(&l, "abc", "abc");
	load(&l, A("\"attachments\":[{\"name\":\"n\",\"file\":\"abc\","
	    "\"aa\":[],\"media_type\":null,\"zz\":1}]"), "1 0 0 0");
	CHECK_INT(l.n.attachments, 1);
	CHECK_STR(lab_show(&l, "a"), "{\"attachments\":[{\"aa\":[],"
	    "\"blake2b\":\"" ABC "\",\"media_type\":null,\"name\":\"n\","
	    "\"size\":3,\"zz\":1}],\"type\":\"T\",\"uid\":\"a\"}");
	load_again(&l);

	/* By hash alone; size and hash checked. */
	load(&l, "{\"uid\":\"b\",\"type\":\"T\",\"attachments\":[{\"blake2b\":"
	    "\"" ABC "\"}]}", "1 0 0 0");
	CHECK_STR(lab_show(&l, "b"), "{\"attachments\":[{\"blake2b\":\"" ABC
	    "\",\"size\":3}],\"type\":\"T\",\"uid\":\"b\"}");
	load(&l, "{\"uid\":\"b\",\"type\":\"T\",\"attachments\":[{\"blake2b\":"
	    "\"" ABC "\",\"file\":\"abc\",\"size\":3}]}", "0 0 0 1");
	load_error(&l, A("\"attachments\":[{\"blake2b\":\"" ABC "\","
	    "\"size\":4}]"), E_HASH);
	load_error(&l, A("\"attachments\":[{\"file\":\"abc\",\"size\":4}]"),
	    E_HASH);
	load_error(&l, A("\"attachments\":[{\"file\":\"abc\",\"blake2b\":\""
	    HEX "\"}]"), E_HASH);

	/* One content is stored once. */
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM blob"), 1);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 1);

	/* A folder, an absolute name, a link. */
	CHECK_INT(mkdir(lab_path(&l, "d"), 0700), 0);
	lab_text(&l, "d/e", "abc");
	load(&l, A("\"attachments\":[{\"file\":\"d/e\",\"zz\":1}]"),
	    "0 1 0 0");
	(void)snprintf(other, sizeof other, A("\"attachments\":[{\"file\":"
	    "\"%s\"}]"), file = strdup(lab_path(&l, "d/e")));
	load(&l, other, "0 1 0 0");
	CHECK_INT(symlink(file, lab_path(&l, "link")), 0);
	free(file);
	load_error(&l, A("\"attachments\":[{\"file\":\"link\"}]"), E_FORMAT);
	lab_end(&l);
}

/* Empty, just a part, several parts, and more than is held ahead. */
TEST(sizes_of_attachments)
{
	static const size_t sizes[] = { 0, BLOB_PART - 1, BLOB_PART,
	    BLOB_PART + 1, 2 * BLOB_PART, 1500000, 1500000, 1400000 };
	size_t count = sizeof sizes / sizeof *sizes, i;
	struct buf text = BUF_INIT;
	char name[16];
	struct lab l;

	lab_begin(&l, "lab-a");
	buf_adds(&text, "{\"uid\":\"a\",\"type\":\"T\",\"attachments\":[");
	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof name, "f%zu", i);
		lab_bytes(&l, name, sizes[i], (char)('A' + i));
		buf_addf(&text, "%s{\"file\":\"f%zu\",\"size\":%zu}",
		    i > 0 ? "," : "", i, sizes[i]);
	}
	buf_adds(&text, "]}\n");
	CHECK_OK(lab_load(&l, buf_str(&text)), &l.err);
	CHECK_INT(l.n.attachments, count);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM blob WHERE whole"),
	    count);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 9);
	CHECK_OK(lab_load(&l, buf_str(&text)), &l.err);
	CHECK_INT(l.n.same, 1);
	CHECK_INT(lab_number(&l, "SELECT max(id) FROM blob"), count);

	/* Out again: the same bytes. */
	(void)lab_dump(&l, (struct dump_what){ .attachments =
	    lab_path(&l, "out") });
	buf_reset(&text);
	buf_addf(&text, "cd '%s/out' && ls | wc -l | grep -qx 8 && "
	    "b2sum -l 256 * | awk '$1 != $2 { exit 1 }'", l.folder);
	CHECK_INT(system(buf_str(&text)), 0);
	buf_clear(&text);
	lab_end(&l);
}

TEST(refused_store_nothing)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	lab_text(&l, "abc", "abc");
	load_error(&l, A("\"attachments\":[{\"file\":\"abc\"}]") "\n{}\n",
	    E_RECORD);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM blob"), 0);
	lab_end(&l);
}

TEST(dump_attachments)
{
	char dir[256], want[1024];
	struct dump_what what = { .attachments = dir };
	struct dump_out out;
	struct lab l;

	lab_begin(&l, "lab-a");
	lab_text(&l, "abc", "abc");
	load(&l, A("\"attachments\":[{\"file\":\"abc\"},{\"file\":\"abc\","
	    "\"name\":1}]") "\n{\"uid\":\"b\",\"type\":\"T\",\"attachments\":"
	    "[]}", "2 0 0 0");
	(void)snprintf(dir, sizeof dir, "%s", lab_path(&l, "out"));
	(void)snprintf(want, sizeof want, "{\"attachments\":[{\"blake2b\":\""
	    ABC "\",\"file\":\"%s/" ABC "\",\"size\":3},{\"blake2b\":\"" ABC
	    "\",\"file\":\"%s/" ABC "\",\"name\":1,\"size\":3}],"
	    "\"type\":\"T\",\"uid\":\"a\"}\n{\"attachments\":[],"
	    "\"type\":\"T\",\"uid\":\"b\"}\n", dir, dir);
	CHECK_STR(lab_dump(&l, what), want);
	CHECK_STR(lab_dump(&l, what), want);
	CHECK_OK(lab_load(&l, want), &l.err);
	CHECK_INT(l.n.same, 2);

	/* What is there must be the same. */
	out = (struct dump_out){ lab_keep, &l.out };
	lab_text(&l, "out/" ABC, "abd");
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_USAGE);
	what.attachments = "\xff";
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_USAGE);
	what.attachments = "";
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_USAGE);
	what.attachments = "/nowhere/at/all";
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_IO);

	/* What is not here (yet) has no file. */
	lab_sql(&l, "UPDATE blob SET whole=0");
	what.attachments = dir;
	CHECK(strstr(lab_dump(&l, what), "file") == NULL);
	lab_end(&l);
}

/* --- out --------------------------------------------------------------- */

TEST(dump_of_a_type)
{
	sqlite3_stmt *st = NULL;
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "{\"uid\":\"b\",\"type\":\"T\"}\n{\"uid\":\"a\","
	    "\"type\":\"U\"}\n{\"uid\":\"A\",\"type\":\"T\"}\n", "3 0 0 0");
	CHECK_STR(lab_dump(&l, (struct dump_what){ .type = "T" }),
	    "{\"type\":\"T\",\"uid\":\"A\"}\n{\"type\":\"T\",\"uid\":\"b\"}"
	    "\n");
	CHECK_STR(lab_dump(&l, (struct dump_what){ .type = "X" }), "");
	CHECK_INT(dump_object(l.s, "x", &l.out, &l.err), 0);

	/* Nothing was sorted: that would take the room of all contents. */
	while ((st = sqlite3_next_stmt(l.s->db, st)) != NULL)
		CHECK_INT(sqlite3_stmt_status(st, SQLITE_STMTSTATUS_SORT, 0),
		    0);
	lab_end(&l);
}

TEST(dump_tells_how_far)
{
	struct ticks seen = { .count = 0 };
	struct dump_what what = { .type = "T",
	    .progress = { ticks_take, &seen } };
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "{\"uid\":\"b\",\"type\":\"T\"}\n{\"uid\":\"a\","
	    "\"type\":\"U\"}\n{\"uid\":\"A\",\"type\":\"T\"}\n"
	    "{\"uid\":\"d\",\"type\":\"T\"}\n", "4 0 0 0");
	load(&l, "{\"uid\":\"d\",\"type\":\"T\",\"deleted\":true}", "0 0 1 0");
	(void)lab_dump(&l, what);
	ticks_check(&seen, 0, "", 2);
	CHECK_INT(seen.at[0].last.objects, 2);
	seen = (struct ticks){ .count = 0 };
	what.deleted = 1;
	(void)lab_dump(&l, what);
	CHECK_INT(seen.at[0].last.total, 3);
	lab_end(&l);
}

static int
refuse(void *ctx, const void *data, size_t len, struct err *err)
{
	(void)ctx;
	(void)data;
	CHECK(len > 0);
	return err_set(err, E_NOSPACE, "full");
}

TEST(dump_stops)
{
	struct dump_what what = { .deleted = 1 };
	struct dump_out out = { refuse, NULL };
	struct buf text = BUF_INIT;
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}", "1 0 0 0");
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_NOSPACE);
	buf_adds(&text, "{\"uid\":\"b\",\"type\":\"T\",\"x\":\"");
	CHECK(buf_room(&text, 600000) != NULL);
	memset(text.at + text.len, 'x', 600000);
	text.len += 600000;
	buf_adds(&text, "\"}\n");
	load(&l, buf_str(&text), "1 0 0 0");
	CHECK_ERR(dump_all(l.s, &what, &out, &l.err), &l.err, E_NOSPACE);

	/* The reading transaction has ended. */
	load(&l, "{\"uid\":\"c\",\"type\":\"T\"}", "1 0 0 0");
	buf_clear(&text);
	lab_end(&l);
}

/* The winner with the history of all; each sibling with its own. */
TEST(siblings)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct lab a, b;
	char *dump;

	lab_begin(&a, "lab-a");
	lab_begin(&b, "lab-b");
	load(&a, H("{\"time\":\"1\"}"), "1 0 0 0");
	lab_send(&a, &b, "a");
	b.s->clock += 10;
	load(&b, A("\"x\":1,\"history\":[{\"time\":\"2\"}]"), "0 1 0 0");
	load(&a, A("\"x\":2,\"history\":[{\"time\":\"3\"}]"), "0 1 0 0");
	lab_send(&b, &a, "a");
	dump = strdup(lab_all(&a));
	CHECK_STR(dump, "{\"history\":[{\"time\":\"1\"},{\"time\":\"2\"},"
	    "{\"time\":\"3\"}],\"type\":\"T\",\"uid\":\"a\",\"x\":1}\n");
	CHECK_STR(lab_show(&a, "a"), strtok(dump, "\n"));
	free(dump);
	load_again(&a);

	CHECK_INT(object_get(a.s, "a", 1, &o, &a.err), 1);
	CHECK_INT(o.set.count, 2);
	buf_reset(&a.out);
	CHECK_OK(dump_version("a", 1, o.set.v[0], &a.out, &a.err), &a.err);
	CHECK_STR(buf_str(&a.out), "{\"history\":[{\"time\":\"1\"},"
	    "{\"time\":\"3\"}],\"type\":\"T\",\"uid\":\"a\",\"x\":2}");
	lab_end(&a);
	lab_end(&b);
}

int
main(void)
{
	return unit_run();
}
