#include "../../store/history.h"

#include "unit.h"

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

static void
refuse(const char *history)
{
	struct err err = ERR_INIT;

	CHECK_ERR(history_check(span(history), &err), &err, E_RECORD);
}

TEST(accepts_a_history)
{
	struct err err = ERR_INIT;

	CHECK_OK(history_check(span("[]"), &err), &err);
	CHECK_OK(history_check(span("[[\"t\",0,\"b\"],[\"t\",1,{\"a\":[]}],"
	    "[\"u\",0,null]]"), &err), &err);
	CHECK_OK(history_check(span("[[\"t\",16777215,1]]"), &err), &err);
}

TEST(refuses_other_forms)
{
	refuse("[1]");
	refuse("[[]]");
	refuse("[[1,0,\"e\"]]");
	refuse("[[\"t\"]]");
	refuse("[[\"t\",\"0\",\"e\"]]");
	refuse("[[\"t\",-1,\"e\"]]");
	refuse("[[\"t\",16777216,\"e\"]]");
	refuse("[[\"t\",0]]");
	refuse("[[\"t\",0,\"e\",1]]");
}

TEST(refuses_other_orders)
{
	refuse("[[\"u\",0,\"e\"],[\"t\",0,\"e\"]]");
	refuse("[[\"t\",1,\"e\"],[\"t\",0,\"f\"]]");
	refuse("[[\"t\",0,\"f\"],[\"t\",0,\"e\"]]");
	refuse("[[\"t\",0,\"e\"],[\"t\",0,\"e\"]]");
}

/* Up to two histories and new entries; NULL: none. */
static void
check_union(const char *a, const char *b, const char *entries,
    const char *want, int want_grew)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct json_span all[2];
	struct err err = ERR_INIT;
	size_t count = 0;
	int grew = -1;

	if (a != NULL)
		all[count++] = span(a);
	if (b != NULL)
		all[count++] = span(b);
	CHECK_OK(history_union(all, count, span(entries), &out, &grew, &err),
	    &err);
	CHECK_STR(buf_str(&out), want);
	CHECK_INT(grew, want_grew);
	CHECK_OK(history_check((struct json_span){ out.at, out.len }, &err),
	    &err);
}

TEST(unites)
{
	check_union(NULL, NULL, "", "[]", 0);
	check_union("[]", "[]", "[]", "[]", 0);
	check_union("[[\"t\",0,1]]", NULL, "", "[[\"t\",0,1]]", 0);
	check_union("[[\"t\",0,1]]", "[[\"t\",0,1]]", "", "[[\"t\",0,1]]", 0);
	check_union("[[\"u\",0,1]]", "[[\"t\",0,1],[\"v\",3,2]]", "",
	    "[[\"t\",0,1],[\"u\",0,1],[\"v\",3,2]]", 0);
}

TEST(keeps_the_lower_rank)
{
	check_union("[[\"t\",0,\"b\"],[\"t\",1,\"a\"]]",
	    "[[\"t\",0,\"a\"],[\"t\",1,\"c\"]]", "",
	    "[[\"t\",0,\"a\"],[\"t\",0,\"b\"],[\"t\",1,\"c\"]]", 0);
	check_union("[[\"t\",0,\"a\"]]", "[[\"t\",7,\"a\"]]", "",
	    "[[\"t\",0,\"a\"]]", 0);
	check_union("[[\"t\",7,\"a\"]]", "[[\"t\",0,\"a\"]]", "",
	    "[[\"t\",0,\"a\"]]", 0);
}

TEST(ranks_what_is_new)
{
	check_union(NULL, NULL, "[[\"t\",\"b\"],[\"t\",\"a\"],[\"s\",1]]",
	    "[[\"s\",0,1],[\"t\",0,\"b\"],[\"t\",1,\"a\"]]", 1);
	check_union("[[\"t\",4,\"c\"]]", NULL, "[[\"t\",\"b\"],[\"t\",\"a\"]]",
	    "[[\"t\",4,\"c\"],[\"t\",5,\"b\"],[\"t\",6,\"a\"]]", 1);
	check_union("[[\"t\",4,\"c\"]]", "[[\"t\",2,\"d\"]]",
	    "[[\"t\",\"d\"],[\"t\",\"c\"]]",
	    "[[\"t\",2,\"d\"],[\"t\",4,\"c\"]]", 0);
	check_union(NULL, NULL, "[[\"t\",1],[\"t\",1]]", "[[\"t\",0,1]]", 1);
}

TEST(ranks_end)
{
	check_union("[[\"t\",16777215,2]]", NULL, "[[\"t\",3],[\"t\",1]]",
	    "[[\"t\",16777215,1],[\"t\",16777215,2],[\"t\",16777215,3]]", 1);
}

TEST(times_by_what_they_say)
{
	check_union("[[\"a\\n\",0,1],[\"a!\",0,1]]", NULL, "[[\"a\",1]]",
	    "[[\"a\",0,1],[\"a\\n\",0,1],[\"a!\",0,1]]", 1);
}

TEST(refuses_other_entries)
{
	static const char *const bad[] = {
		"{}", "[1]", "[[\"t\"]]", "[[1,2]]", "[[\"t\",0,1]]"
	};
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t i;
	int grew;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_ERR(history_union(NULL, 0, span(bad[i]), &out, &grew,
		    &err), &err, E_RECORD);
}

/* Many entries of one time, from many versions, in no more than a moment. */
TEST(large)
{
	CLEANUP(buf_clear) struct buf entries = BUF_INIT, out = BUF_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct err err = ERR_INIT;
	struct json_span all[8];
	int i, grew;

	for (i = 0; i < 50000; i++)
		buf_addf(&entries, "%s[\"t\",%d]", i == 0 ? "[" : ",", i);
	buf_addc(&entries, ']');
	CHECK_OK(history_union(NULL, 0, (struct json_span){ entries.at,
	    entries.len }, &out, &grew, &err), &err);
	CHECK_INT(grew, 1);
	for (i = 0; i < 8; i++)
		all[i] = (struct json_span){ out.at, out.len };
	CHECK_OK(history_union(all, 8, (struct json_span){ entries.at,
	    entries.len }, &again, &grew, &err), &err);
	CHECK_INT(grew, 0);
	CHECK(again.len == out.len && memcmp(again.at, out.at, out.len) == 0);
}

int
main(void)
{
	return unit_run();
}
