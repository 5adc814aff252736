#include "labs.h"
#include "ticks.h"

#define SPEC "{\"uid\":\"c1\",\"type\":\"Client\",\"id\":\"client-1\"," \
	"\"parent\":null,\"title\":\"Happy \\u0048ills\", \"created\":1.50," \
	"\"fields\":{\"b\":[{\"uid\":\"s7\"}],\"Result\":\"0.10\",\"a\":[]}," \
	"\"history\":[{\"time\":\"t2\",\"action\":\"b\"}," \
	"{\"action\":\"a\",\"time\":\"t1\"}]}\n"
#define SPEC_OUT "{\"created\":1.50,\"fields\":{\"Result\":\"0.10\",\"a\":[]," \
	"\"b\":[{\"uid\":\"s7\"}]},\"history\":[{\"action\":\"a\"," \
	"\"time\":\"t1\"},{\"action\":\"b\",\"time\":\"t2\"}]," \
	"\"id\":\"client-1\",\"parent\":null,\"title\":\"Happy Hills\"," \
	"\"type\":\"Client\",\"uid\":\"c1\"}\n"

TEST(canonical)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, SPEC "{\"uid\":\"b\",\"type\":\"T\"}\n", "2 0 0 0");
	CHECK_INT(l.n.lines, 2);
	CHECK_STR(lab_all(&l), "{\"type\":\"T\",\"uid\":\"b\"}\n" SPEC_OUT);
	load_again(&l);
	load(&l, SPEC, "0 0 0 1");
	lab_end(&l);
}

TEST(members_kept)
{
	static const char text[] =
	    "{\"!\":0,\"attachments\":[],\"created\":null,\"fields\":{},"
	    "\"fieldsx\":1,\"parent\":{\"uid\":\"p\"},\"time\":5,\"type\":"
	    "\"T\",\"uid\":\"a\",\"zz\":[[1e5,-0]],\"\xc3\xa9\":\"\\u0001\"}\n";
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, text, "1 0 0 0");
	CHECK_STR(lab_all(&l), text);
	load_again(&l);

	/* A line is the whole state. */
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"x\":1}", "0 1 0 0");
	CHECK_STR(lab_all(&l), "{\"type\":\"T\",\"uid\":\"a\",\"x\":1}\n");
	load(&l, "{\"uid\":\"a\",\"type\":\"U\",\"x\":1}", "0 1 0 0");
	CHECK_STR(lab_all(&l), "{\"type\":\"U\",\"uid\":\"a\",\"x\":1}\n");
	load(&l, "{\"uid\":\"a\",\"type\":\"U\",\"x\":1}\n"
	    "{\"uid\":\"a\",\"type\":\"U\",\"x\":2}\n", "0 1 0 1");
	lab_end(&l);
}

TEST(forms_of_lines)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "\n \t\r\n{ \"uid\" : \"a\",\"type\":\"T\" }\r\n\r\n"
	    "{\"uid\":\"b\",\"type\":\"T\"}", "2 0 0 0");
	CHECK_INT(l.n.lines, 2);
	load(&l, "", "0 0 0 0");
	load(&l, "\n", "0 0 0 0");
	lab_end(&l);
}

/* --- history ----------------------------------------------------------- */

#define H(entries) "{\"history\":[" entries "],\"type\":\"T\",\"uid\":\"a\"}\n"

TEST(history_grows)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, H("{\"time\":\"2\"},{\"time\":\"1\"}"), "1 0 0 0");
	CHECK_STR(lab_all(&l), H("{\"time\":\"1\"},{\"time\":\"2\"}"));
	load(&l, H("{\"time\":\"1\"},{\"time\":\"15\"}"), "0 1 0 0");
	CHECK_STR(lab_all(&l),
	    H("{\"time\":\"1\"},{\"time\":\"15\"},{\"time\":\"2\"}"));
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}", "0 0 0 1");
	load(&l, H("{\"time\":\"2\"}"), "0 0 0 1");
	load_again(&l);
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"x\":1}", "0 1 0 0");
	CHECK_STR(lab_all(&l), "{\"history\":[{\"time\":\"1\"},"
	    "{\"time\":\"15\"},{\"time\":\"2\"}],\"type\":\"T\","
	    "\"uid\":\"a\",\"x\":1}\n");
	lab_end(&l);
}

TEST(history_order)
{
	struct lab l;

	/* Of one time, as they came; each once; no time comes first. */
	lab_begin(&l, "lab-a");
	load(&l, H("{\"b\":1,\"time\":\"1\"},{\"a\":1,\"time\":\"1\"},"
	    "{\"time\":\"1\",\"b\":1},{\"time\":null},{\"z\":0},{\"z\":0}"),
	    "1 0 0 0");
	CHECK_STR(lab_all(&l), H("{\"time\":null},{\"z\":0},"
	    "{\"b\":1,\"time\":\"1\"},{\"a\":1,\"time\":\"1\"}"));
	load_again(&l);
	load(&l, H("{\"0\":1,\"time\":\"1\"},{\"a\":1,\"time\":\"1\"}"),
	    "0 1 0 0");
	CHECK_STR(lab_all(&l), H("{\"time\":null},{\"z\":0},"
	    "{\"b\":1,\"time\":\"1\"},{\"a\":1,\"time\":\"1\"},"
	    "{\"0\":1,\"time\":\"1\"}"));
	lab_end(&l);
}

/* "history":[] is a key like any other while there is no history. */
TEST(history_empty)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, H(""), "1 0 0 0");
	CHECK_STR(lab_all(&l), H(""));
	load_again(&l);
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}", "0 1 0 0");
	CHECK_STR(lab_all(&l), "{\"type\":\"T\",\"uid\":\"a\"}\n");
	load(&l, H(""), "0 1 0 0");

	/* Then it does not matter any more. */
	load(&l, H("{\"time\":\"1\"}"), "0 1 0 0");
	CHECK_STR(lab_all(&l), H("{\"time\":\"1\"}"));
	load_again(&l);
	load(&l, H(""), "0 0 0 1");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}", "0 0 0 1");
	CHECK_STR(lab_all(&l), H("{\"time\":\"1\"}"));
	CHECK_INT(lab_number(&l, "SELECT content LIKE '{\"fields\":"
	    "{\"history\":[]},%' FROM version"), 1);

	/* Without it at first: it does not come with the history. */
	load(&l, "{\"uid\":\"b\",\"type\":\"T\",\"history\":[{}]}",
	    "1 0 0 0");
	load(&l, "{\"uid\":\"b\",\"type\":\"T\",\"history\":[]}",
	    "0 0 0 1");
	CHECK_STR(lab_show(&l, "b"),
	    "{\"history\":[{}],\"type\":\"T\",\"uid\":\"b\"}");

	/* Nor does a deletion have it. */
	load(&l, "{\"uid\":\"c\",\"type\":\"T\",\"deleted\":true,"
	    "\"history\":[]}", "0 0 1 0");
	CHECK_STR(lab_show(&l, "c"),
	    "{\"deleted\":true,\"type\":\"T\",\"uid\":\"c\"}");
	lab_end(&l);
}

/* --- deletions --------------------------------------------------------- */

TEST(deletions)
{
	static const char gone[] = "{\"deleted\":true,\"history\":["
	    "{\"time\":\"1\"}],\"time\":\"t\",\"type\":\"T\",\"uid\":\"a\"}";
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, H("{\"time\":\"1\"}"), "1 0 0 0");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"deleted\":true,"
	    "\"time\":\"t\"}", "0 0 1 0");
	CHECK_STR(lab_dump(&l, (struct dump_what){ .deleted = 0 }), "");
	CHECK_STR(lab_show(&l, "a"), gone);
	load_again(&l);
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"deleted\":true}",
	    "0 0 0 1");
	CHECK_STR(lab_show(&l, "a"), gone);

	/* It may hear of more history, and live again. */
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"deleted\":true,"
	    "\"history\":[{\"time\":\"2\"}]}", "0 0 1 0");
	CHECK_STR(lab_show(&l, "a"), "{\"deleted\":true,\"history\":["
	    "{\"time\":\"1\"},{\"time\":\"2\"}],\"time\":\"t\","
	    "\"type\":\"T\",\"uid\":\"a\"}");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}", "1 0 0 0");
	CHECK_STR(lab_all(&l), H("{\"time\":\"1\"},{\"time\":\"2\"}"));

	/* Of what was never here. */
	load(&l, "{\"uid\":\"b\",\"type\":\"T\",\"deleted\":true}",
	    "0 0 1 0");
	CHECK_STR(lab_show(&l, "b"),
	    "{\"deleted\":true,\"type\":\"T\",\"uid\":\"b\"}");
	load_again(&l);
	lab_end(&l);
}

TEST(delete_all_or_none)
{
	const char *wrong[] = { "a", "x" }, *right[] = { "a", "b", "a" };
	struct lines_stats n;
	char date[21];
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\"}\n{\"uid\":\"b\","
	    "\"type\":\"T\",\"deleted\":true}", "1 0 1 0");
	CHECK_ERR(lines_delete(l.s, wrong, 2, &n, &l.err), &l.err, E_REF);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM object WHERE "
	    "deleted=0"), 1);
	CHECK_OK(lines_delete(l.s, right, 3, &n, &l.err), &l.err);
	CHECK_INT(n.lines, 3);
	CHECK_INT(n.deleted, 1);
	CHECK_INT(n.same, 2);
	(void)snprintf(date, sizeof date, "%s", strstr(lab_show(&l, "a"),
	    "\"time\":\"") + 8);
	CHECK_INT(date[19], 'Z');
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM log WHERE "
	    "event='delete' AND detail='{\"uid\":\"a\"}'"), 1);
	lab_end(&l);
}

/* --- what is refused --------------------------------------------------- */

#define A(members) "{\"uid\":\"a\",\"type\":\"T\"," members "}"
#define HEX8 "0123456789abcdef"
#define HEX HEX8 HEX8 HEX8 HEX8

TEST(refused)
{
	static const struct {
		const char *text;
		enum err_code code;
	} all[] = {
		{ "x", E_JSON },
		{ "{\"uid\":\"a\",\"type\":\"T\"", E_JSON },
		{ "{\"uid\":\"a\",\"type\":\"T\"} 1", E_JSON },
		{ A("\"x\":1,\"x\":1"), E_JSON },
		{ A("\"x\":\"\xff\""), E_JSON },
		{ "[]", E_RECORD },
		{ "\"a\"", E_RECORD },
		{ "{\"type\":\"T\"}", E_RECORD },
		{ "{\"uid\":\"a\"}", E_RECORD },
		{ "{\"uid\":1,\"type\":\"T\"}", E_RECORD },
		{ "{\"uid\":\"\",\"type\":\"T\"}", E_RECORD },
		{ "{\"uid\":\"a b\",\"type\":\"T\"}", E_RECORD },
		{ "{\"uid\":\"a\",\"type\":null}", E_RECORD },
		{ "{\"uid\":\"a\",\"type\":\"'\"}", E_RECORD },
		{ A("\"fields\":[]"), E_RECORD },
		{ A("\"fields\":null"), E_RECORD },
		{ A("\"fields.x\":1"), E_RECORD },
		{ A("\"fields.\":1"), E_RECORD },
		{ A("\"history\":{}"), E_RECORD },
		{ A("\"history\":null"), E_RECORD },
		{ A("\"history\":[1]"), E_RECORD },
		{ A("\"history\":[{},[]]"), E_RECORD },
		{ A("\"deleted\":false"), E_RECORD },
		{ A("\"deleted\":1"), E_RECORD },
		{ A("\"deleted\":true,\"id\":1"), E_RECORD },
		{ A("\"deleted\":true,\"fields\":{}"), E_RECORD },
		{ A("\"deleted\":true,\"attachments\":[{\"file\":\"x\"}]"),
		    E_RECORD },
		{ A("\"deleted\":true,\"time\":1"), E_RECORD },
		{ A("\"attachments\":null"), E_RECORD },
		{ A("\"attachments\":{}"), E_RECORD },
		{ A("\"attachments\":[1]"), E_RECORD },
		{ A("\"attachments\":[{}]"), E_RECORD },
		{ A("\"attachments\":[{\"file\":1}]"), E_RECORD },
		{ A("\"attachments\":[{\"file\":\"\"}]"), E_RECORD },
		{ A("\"attachments\":[{\"file\":\"x\\u0000\"}]"), E_RECORD },
		{ A("\"attachments\":[{\"blake2b\":1}]"), E_RECORD },
		{ A("\"attachments\":[{\"blake2b\":\"00\"}]"), E_RECORD },
		{ A("\"attachments\":[{\"file\":\"x\",\"blake2b\":\"\"}]"),
		    E_RECORD },
		{ A("\"attachments\":[{\"file\":\"x\",\"size\":\"1\"}]"),
		    E_RECORD },
		{ A("\"attachments\":[{\"file\":\"x\",\"size\":-1}]"),
		    E_RECORD },
		{ A("\"attachments\":[{\"file\":\"no\"}]"), E_REF },
		{ A("\"attachments\":[{\"file\":\"lab.jsonl/x\"}]"), E_REF },
		{ A("\"attachments\":[{\"file\":\"home\"}]"), E_FORMAT },
		{ A("\"attachments\":[{\"blake2b\":\"" HEX "\"}]"), E_REF },
	};
	struct buf text = BUF_INIT;
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		buf_reset(&text);
		buf_addf(&text, "{\"uid\":\"ok\",\"type\":\"T\"}\n\n%s\n",
		    all[i].text);
		CHECK(lab_load(&l, buf_str(&text)) < 0);
		if (l.err.code != all[i].code)
			FAIL("%s: %s: %s", all[i].text, err_name(l.err.code),
			    l.err.text);
		CHECK(strstr(l.err.text, "lab.jsonl\" line 3: ") != NULL);
		err_clear(&l.err);
		CHECK_STR(lab_all(&l), "");
		CHECK_INT(l.s->seq, 0);
	}
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM log"), 0);
	buf_clear(&text);
	lab_end(&l);
}

TEST(limits)
{
	struct buf text = BUF_INIT;
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");

	/* A line of just the limit is read, and is too much to keep. */
	buf_adds(&text, "{\"uid\":\"a\",\"type\":\"T\",\"x\":\"");
	CHECK(buf_room(&text, LINE_BYTES_MAX) != NULL);
	memset(text.at + text.len, 'x', LINE_BYTES_MAX - text.len - 3);
	text.len = LINE_BYTES_MAX - 3;
	buf_adds(&text, "\"}\n");
	lab_write(&l, "x", text.at, text.len);
	CHECK_INT(lab_load_file(&l, "x"), -E_LIMIT);
	CHECK(strstr(l.err.text, "content") != NULL);
	err_clear(&l.err);
	text.len -= 3;
	buf_adds(&text, "x\"}\n");
	lab_write(&l, "x", text.at, text.len);
	CHECK_INT(lab_load_file(&l, "x"), -E_LIMIT);
	CHECK(strstr(l.err.text, "line 1: a line of more") != NULL);
	err_clear(&l.err);
	text.len--;
	lab_write(&l, "x", text.at, text.len);
	CHECK_INT(lab_load_file(&l, "x"), -E_LIMIT);
	CHECK(strstr(l.err.text, "content") != NULL);
	err_clear(&l.err);

	/* Attachments are counted before they are looked for. */
	buf_reset(&text);
	buf_adds(&text, "{\"uid\":\"a\",\"type\":\"T\",\"attachments\":[");
	for (i = 0; i <= VERSION_BLOBS_MAX; i++)
		buf_adds(&text, i == 0 ? "{\"file\":\"no\"}" :
		    ",{\"file\":\"no\"}");
	buf_adds(&text, "]}");
	CHECK_ERR(lab_load(&l, buf_str(&text)), &l.err, E_LIMIT);

	/* Depth: the line is one level. */
	for (i = LINE_DEPTH_MAX - 1; i <= LINE_DEPTH_MAX; i++) {
		buf_reset(&text);
		buf_adds(&text, "{\"uid\":\"a\",\"type\":\"T\",\"history\":"
		    "[{\"x\":");
		CHECK(buf_room(&text, 2 * i) != NULL);
		memset(text.at + text.len, '[', i - 2);
		text.len += i - 2;
		memset(text.at + text.len, ']', i - 2);
		text.len += i - 2;
		buf_adds(&text, "}]}");
		if (i < LINE_DEPTH_MAX)
			CHECK_OK(lab_load(&l, buf_str(&text)), &l.err);
		else
			CHECK_ERR(lab_load(&l, buf_str(&text)), &l.err,
			    E_JSON);
	}
	buf_clear(&text);
	lab_end(&l);
}

TEST(files)
{
	char one[256], two[256];
	const char *both[] = { one, two };
	struct lab l;

	lab_begin(&l, "lab-a");
	(void)snprintf(one, sizeof one, "%s", lab_path(&l, "one"));
	(void)snprintf(two, sizeof two, "%s", lab_path(&l, "two.csv"));
	lab_text(&l, "one", "{\"uid\":\"a\",\"type\":\"T\"}\n");
	lab_text(&l, "two.csv", "uid,type\nb\n");
	CHECK_ERR(lines_load(l.s, both, 2, NULL, &l.n, &l.err), &l.err,
	    E_RECORD);
	CHECK_STR(lab_all(&l), "");
	lab_text(&l, "two.csv", "uid,type\nb,T\na,U\n");
	CHECK_OK(lines_load(l.s, both, 2, NULL, &l.n, &l.err), &l.err);
	CHECK_INT(l.n.created, 2);
	CHECK_INT(l.n.changed, 1);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM log WHERE "
	    "event='load'"), 2);
	CHECK_INT(lab_number(&l, "SELECT detail='{\"attachments\":0,"
	    "\"changed\":1,\"created\":1,\"deleted\":0,\"lines\":2,"
	    "\"same\":0}' AND file LIKE '%/two.csv' FROM log WHERE id=2"), 1);
	CHECK_ERR(lab_load_file(&l, "none"), &l.err, E_IO);
	CHECK_ERR(lab_load_file(&l, "home"), &l.err, E_IO);
	lab_end(&l);
}

TEST(standard_input)
{
	static const char line[] = "{\"uid\":\"a\",\"type\":\"T\"}";
	const char *dash = "-";
	int saved = dup(STDIN_FILENO), pipes[2];
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_INT(pipe(pipes), 0);
	CHECK_INT(write(pipes[1], line, strlen(line)), strlen(line));
	CHECK_INT(close(pipes[1]), 0);
	CHECK(dup2(pipes[0], STDIN_FILENO) >= 0);
	CHECK_OK(lines_load(l.s, &dash, 1, NULL, &l.n, &l.err), &l.err);
	CHECK_INT(l.n.created, 1);
	CHECK(dup2(saved, STDIN_FILENO) >= 0);
	(void)close(pipes[0]);
	(void)close(saved);
	lab_end(&l);
}

/* --- many -------------------------------------------------------------- */

TEST(many)
{
	struct ticks told = { .count = 0 };
	struct ticker progress = { ticks_take, &told };
	struct buf text = BUF_INIT;
	const char *path;
	struct lab l;
	size_t i, bad;

	lab_begin(&l, "lab-a");
	for (i = 0; i < 5000; i++)
		buf_addf(&text, "{\"uid\":\"u%04zu\",\"type\":\"T\",\"x\":"
		    "\"%0*zu\"}\n", i, i % 7 == 0 ? 900 : 1, i);
	lab_write(&l, "lab.jsonl", text.at, text.len);
	path = lab_path(&l, "lab.jsonl");
	CHECK_OK(lines_load(l.s, &path, 1, &progress, &l.n, &l.err), &l.err);
	CHECK_INT(l.n.created, 5000);
	ticks_check(&told, 0, "", 5);
	CHECK_INT(told.at[0].last.bytes, text.len);
	CHECK_INT(told.at[0].last.total, text.len);
	CHECK_INT(told.at[0].last.objects, 5000);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM object WHERE uid="
	    "printf('u%04d', seq-1)"), 5000);
	load_again(&l);

	/* The first bad line is told, wherever it is found to be bad. */
	bad = (size_t)(strstr(text.at, "u3000\"") - text.at);
	text.at[bad] = ' ';
	text.at[text.len - 2] = 'x';
	lab_write(&l, "lab.jsonl", text.at, text.len);
	CHECK(lab_load_file(&l, "lab.jsonl") < 0);
	CHECK(strstr(l.err.text, "line 3001: ") != NULL);
	buf_clear(&text);
	lab_end(&l);
}

/* Lines first..end-1 of objects that may be new. */
static void
add_lines(struct buf *text, int first, int end)
{
	for (; first < end; first++)
		buf_addf(text, "{\"uid\":\"u%04d\",\"type\":\"T\","
		    "\"history\":[{\"time\":\"%d\"}]}\n", first, first);
}

/* What is made ready for new objects does not matter to others, and what is
 * not made ready is made: here in long runs of either kind. */
TEST(new_and_known)
{
	struct buf text = BUF_INIT;
	struct lab l;

	lab_begin(&l, "lab-a");
	load(&l, "{\"uid\":\"a\",\"type\":\"T\",\"x\":1}\n"
	    "{\"uid\":\"a\",\"type\":\"T\",\"x\":1}\n"
	    "{\"uid\":\"a\",\"type\":\"T\",\"x\":2}\n"
	    "{\"uid\":\"a\",\"type\":\"T\",\"deleted\":true}\n"
	    "{\"uid\":\"a\",\"type\":\"T\"}\n", "2 1 1 1");
	add_lines(&text, 0, 6000);
	load(&l, buf_str(&text), "6000 0 0 0");
	buf_reset(&text);
	add_lines(&text, 6000, 7000);
	add_lines(&text, 0, 6000);
	add_lines(&text, 7000, 8000);
	load(&l, buf_str(&text), "2000 0 0 6000");

	/* Each with the number that was due. */
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM object,version ON "
	    "object=object.id WHERE uid=printf('u%04d', n-5)"), 8000);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM version WHERE content="
	    "printf('{\"fields\":{},\"history\":[[\"%d\",0,{\"time\":"
	    "\"%d\"}]],\"type\":\"T\"}', n-5, n-5)"), 8000);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM head"), 8004);
	load_again(&l);
	buf_clear(&text);
	lab_end(&l);
}

/* --- one line ---------------------------------------------------------- */

TEST(create)
{
	static const char a[] = "{\"attachments\":[{\"blake2b\":\"" HEX
	    "\"}]}";
	struct merge_edit e = { .type = { "T", 1 }, .clock = 7,
	    .fields = { a, sizeof a - 1 } };
	struct siblings none = { NULL, 0 };
	struct version v = VERSION_INIT;
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_INT(merge_new(none, NULL, &e, &v, &l.err), 1);
	CHECK_ERR(object_create(l.s, "a", 1, &v, &l.err), &l.err, E_REF);
	version_clear(&v);
	e.fields.len = 0;
	CHECK_INT(merge_new(none, NULL, &e, &v, &l.err), 1);
	CHECK_INT(object_create(l.s, "a", 1, &v, &l.err), 1);
	CHECK_INT(v.dot.n, 1);
	CHECK(dot_cmp(&v.dot, &v.born) == 0);
	CHECK(actor_cmp(&v.dot.actor, &l.s->self) == 0);
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	CHECK_STR(lab_show(&l, "a"),
	    "{\"deleted\":true,\"type\":\"T\",\"uid\":\"a\"}");
	version_clear(&v);
	lab_end(&l);
}

#define ABC "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"

TEST(edit)
{
	static const char line[] = A("\"attachments\":[{\"file\":\"abc\"}],"
	    "\"history\":[{\"time\":\"1\"}]");
	static const char gone[] = A("\"deleted\":true,\"time\":\"t\"");
	struct buf text = BUF_INIT;
	struct merge_edit e;
	struct json_span uid;
	struct lab l;

	lab_begin(&l, "lab-a");
	lab_text(&l, "abc", "abc");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(lines_edit(l.s, l.folder, (struct json_span){ line,
	    sizeof line - 1 }, &text, &e, &uid, &l.err), &l.err);
	CHECK(uid.len == 1 && uid.at[0] == 'a');
	CHECK(e.type.len == 1 && e.type.at[0] == 'T');
	CHECK_INT(e.clock, l.s->clock);
	buf_add(&l.out, e.fields.at, e.fields.len);
	buf_add(&l.out, e.entries.at, e.entries.len);
	CHECK_STR(buf_str(&l.out), "{\"attachments\":[{\"blake2b\":\"" ABC
	    "\",\"size\":3}]}[[\"1\",{\"time\":\"1\"}]]");
	CHECK_OK(lines_edit(l.s, l.folder, (struct json_span){ gone,
	    sizeof gone - 1 }, &text, &e, &uid, &l.err), &l.err);
	CHECK(e.fields.len == 0 && e.entries.len == 0);
	CHECK(e.time.len == 3 && memcmp(e.time.at, "\"t\"", 3) == 0);
	CHECK_ERR(lines_edit(l.s, "/", (struct json_span){ line,
	    sizeof line - 1 }, &text, &e, &uid, &l.err), &l.err, E_REF);
	CHECK_ERR(lines_edit(l.s, "/", (struct json_span){ line, 5 }, &text,
	    &e, &uid, &l.err), &l.err, E_JSON);
	store_rollback(l.s);
	buf_clear(&text);
	lab_end(&l);
}

TEST(folder)
{
	static const char *const all[][2] = { { "a", "." }, { "-", "." },
	    { "b/a", "b" }, { "/a", "/" }, { "/b/c/a", "/b/c" } };
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		buf_reset(&out);
		CHECK_OK(lines_folder(all[i][0], &out, &err), &err);
		CHECK_STR(out.at, all[i][1]);
	}
	buf_clear(&out);
}

int
main(void)
{
	return unit_run();
}
