#include "../../store/csv.h"
#include "../../store/source.h"
#include "labs.h"

struct text {
	const char *at;
	size_t left, most;		/* bytes of one read, at most */
	int fails;			/* at the end */
};

static int64_t
read_text(void *ctx, void *to, size_t len, struct err *err)
{
	struct text *t = ctx;
	size_t n = t->left < t->most ? t->left : t->most;

	if (t->left == 0 && t->fails)
		return err_set(err, E_IO, "no more");
	CHECK(n <= len);
	memcpy(to, t->at, n);
	t->at += n;
	t->left -= n;
	return (int64_t)n;
}

/* All records as [cell|cell], read in pieces; then the error, if any. */
static const char *
records(const char *text, size_t len, size_t most, enum err_code code)
{
	static struct buf out;
	struct text t = { text, len, most, code == E_IO };
	struct csv c = CSV_INIT;
	struct err err = ERR_INIT;
	struct json_span x;
	size_t i;
	int rc;

	c.read = read_text;
	c.ctx = &t;
	buf_reset(&out);
	while ((rc = csv_next(&c, &err)) > 0) {
		buf_addf(&out, "%d[", (int)c.line);
		for (i = 0; i < c.count; i++) {
			x = csv_cell(&c, i);
			buf_adds(&out, i > 0 ? "|" : "");
			buf_add(&out, x.at, x.len);
		}
		buf_addc(&out, ']');
	}
	csv_clear(&c);
	if (rc < 0) {
		CHECK_INT(err.code, code);
		buf_adds(&out, "!");
	}
	CHECK_INT(rc < 0, code != E_OK);
	return buf_str(&out);
}

static void
check(const char *text, const char *want, enum err_code code)
{
	size_t len = strlen(text);

	CHECK_STR(records(text, len, 1, code), want);
	CHECK_STR(records(text, len, 2, code), want);
	CHECK_STR(records(text, len, 1000, code), want);
}

TEST(plain)
{
	check("", "", E_OK);
	check("a,b\nc,d\n", "1[a|b]2[c|d]", E_OK);
	check("a,b\r\nc,d", "1[a|b]2[c|d]", E_OK);
	check("a,,\n,\n", "1[a||]2[|]", E_OK);
	check(" a , b\n", "1[ a | b]", E_OK);
}

TEST(empty_lines)
{
	check("\n\r\na\n\n\nb\n\n", "3[a]6[b]", E_OK);
	check("\n", "", E_OK);
}

TEST(quotes)
{
	check("\"a\",\"b,c\"\n", "1[a|b,c]", E_OK);
	check("\"a\"\"b\",\"\"\"\"\n", "1[a\"b|\"]", E_OK);
	check("\"\"\n\"\"", "1[]2[]", E_OK);
	check("\"a\nb\r\nc\",d\ne\n", "1[a\nb\r\nc|d]4[e]", E_OK);
	check("\"a\rb\"\n", "1[a\rb]", E_OK);
}

TEST(mark)
{
	check("\xef\xbb\xbf" "a\n", "1[a]", E_OK);
	check("\xef\xbb\xbf\"a\"\n", "1[a]", E_OK);
	check("\xef\xbb", "1[\xef\xbb]", E_OK);
}

TEST(nul)
{
	CHECK_INT(memcmp(records("a\0b,\"\0\"\n", 8, 3, E_OK),
	    "1[a\0b|\0]", 9), 0);
}

TEST(refused)
{
	check("a\"b\n", "!", E_RECORD);
	check("\"a\"b\n", "!", E_RECORD);
	check("\"a\" ,b\n", "!", E_RECORD);
	check("\"a\n", "!", E_RECORD);
	check("\"a\"\"", "!", E_RECORD);
	check("a\rb\n", "!", E_RECORD);
	check("x\n\"a\"\rb\n", "1[x]!", E_RECORD);
	check("\r", "!", E_RECORD);
	check("a\nb", "1[a]!", E_IO);
	check("", "!", E_IO);
	check("a", "!", E_IO);
	check("\"a", "!", E_IO);
	check("\"a\"", "!", E_IO);
	check("a\r", "!", E_IO);
}

TEST(limits)
{
	size_t len = CSV_RECORD_MAX + 2, i;
	char *text = malloc(len + 1);

	CHECK(text != NULL);
	memset(text, 'a', len);
	text[CSV_RECORD_MAX] = '\n';
	CHECK(strlen(records(text, CSV_RECORD_MAX + 1, 100000, E_OK)) ==
	    CSV_RECORD_MAX + 3);
	text[CSV_RECORD_MAX] = 'a';
	CHECK_STR(records(text, len, 100000, E_LIMIT), "!");
	text[0] = '"';
	CHECK_STR(records(text, len, 100000, E_LIMIT), "!");
	for (i = 0; i < CSV_CELLS_MAX; i++)
		text[i] = ',';
	CHECK_STR(records(text, CSV_CELLS_MAX, 1000, E_LIMIT), "!");
	CHECK(records(text, CSV_CELLS_MAX - 1, 1000, E_OK)[0] == '1');
	free(text);
}

/* --- as lines ---------------------------------------------------------- */

TEST(lines)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	lab_text(&l, "a.csv", "uid,type,title,Result,Note,deleted\r\n"
	    "s1,Sample,\"A, b\",7.20,,\r\n"
	    "s2,Sample,,7.4,\"two\nlines \xc2\xb5\",yes\r\n");
	CHECK_OK(lab_load_file(&l, "a.csv"), &l.err);
	CHECK_INT(l.n.created, 2);
	CHECK_STR(lab_all(&l),
	    "{\"fields\":{\"Note\":\"\",\"Result\":\"7.20\",\"deleted\":\"\"},"
	    "\"title\":\"A, b\",\"type\":\"Sample\",\"uid\":\"s1\"}\n"
	    "{\"fields\":{\"Note\":\"two\\nlines \xc2\xb5\","
	    "\"Result\":\"7.4\",\"deleted\":\"yes\"},\"type\":\"Sample\","
	    "\"uid\":\"s2\"}\n");
	lab_text(&l, "b.csv", "creator,created,modified,parent,state,id,type,"
	    "uid\na,b,c,d,e,f,T,s1\n");
	CHECK_OK(lab_load_file(&l, "b.csv"), &l.err);
	CHECK_INT(l.n.changed, 1);
	CHECK_STR(lab_show(&l, "s1"), "{\"created\":\"b\",\"creator\":\"a\","
	    "\"id\":\"f\",\"modified\":\"c\",\"parent\":\"d\","
	    "\"state\":\"e\",\"type\":\"T\",\"uid\":\"s1\"}");
	lab_end(&l);
}

TEST(lines_refused)
{
	static const struct {
		const char *text;
		enum err_code code;
		int line;
	} all[] = {
		{ "", E_RECORD, 1 },
		{ "uid\ns1\n", E_RECORD, 1 },
		{ "type\ns1\n", E_RECORD, 1 },
		{ "uid,type,x,x\n", E_RECORD, 1 },
		{ "uid,type,\n", E_RECORD, 1 },
		{ "uid,type,\"a\"b\n", E_RECORD, 1 },
		{ "uid,type\ns1,T\n\ns2\n", E_RECORD, 4 },
		{ "uid,type\ns1,T,3\n", E_RECORD, 2 },
		{ "uid,type\n,T\n", E_RECORD, 2 },
		{ "uid,type\na b,T\n", E_RECORD, 2 },
		{ "uid,type,x\ns1,T,\"a\nb\"\ns2,T,\"\n", E_RECORD, 4 },
		{ "uid,type,x\ns1,T,\xe4\n", E_JSON, 2 },
	};
	char want[32];
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		lab_text(&l, "a.csv", all[i].text);
		CHECK(lab_load_file(&l, "a.csv") < 0);
		CHECK_INT(l.err.code, all[i].code);
		(void)snprintf(want, sizeof want, "a.csv\" line %d: ",
		    all[i].line);
		CHECK(strstr(l.err.text, want) != NULL);
		CHECK_INT(strstr(l.err.next, "UTF-8") != NULL,
		    all[i].code == E_JSON);
		err_clear(&l.err);
	}
	CHECK_STR(lab_all(&l), "");
	lab_end(&l);
}

/* Cells that fit into a record and not into a line. */
TEST(line_limit)
{
	size_t len = 3000000, start;
	struct buf text = BUF_INIT;
	struct lab l;

	lab_begin(&l, "lab-a");
	buf_adds(&text, "uid,type,x\ns1,T,\"");
	start = text.len;
	CHECK(buf_room(&text, len) != NULL);
	memset(text.at + start, '\x01', len);
	text.len += len;
	buf_adds(&text, "\"\n");
	lab_write(&l, "a.csv", text.at, text.len);
	CHECK_ERR(lab_load_file(&l, "a.csv"), &l.err, E_LIMIT);
	buf_clear(&text);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
