/* Options as data. */
#include "cli/opt.h"

#include "unit.h"

static struct err e = ERR_INIT;

static const struct opt table[] = {
	{ "flag", OPT_FLAG, NULL, "a flag" },
	{ "text", OPT_TEXT, "TEXT", "a text" },
	{ "many", OPT_MANY, "X", "many of them" },
	{ "number", OPT_NUMBER, "N", "a number" },
	{ "size", OPT_SIZE, "SIZE", "a size" },
	{ "time", OPT_TIME, "DATE", "a date" },
	{ "hidden", OPT_FLAG, NULL, NULL },
	OPT_END
};

static const struct opt second[] = {
	{ "help", OPT_FLAG, NULL, "help" },
	{ "a-name-that-is-longer-than-the-column", OPT_TEXT, "VALUE",
	    "a help text that is so long that it does not fit in one line of "
	    "eighty columns and is therefore wrapped at a blank" },
	OPT_END
};

/* Parse a NULL-terminated list. */
static int
parse(struct opts *o, const char *const *argv)
{
	size_t n = 0;

	*o = (struct opts){ .tables = { table, second } };
	while (argv[n] != NULL)
		n++;
	return opt_parse(o, argv, n, &e);
}

#define PARSE(o, ...) parse(o, (const char *const []){ __VA_ARGS__, NULL })

#define CHECK_USAGE(...) do {						\
	struct opts o_;							\
	CHECK_ERR(PARSE(&o_, __VA_ARGS__), &e, E_USAGE);		\
	opts_clear(&o_);						\
} while (0)

TEST(nothing_given)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;
	const char **list;
	size_t n;

	CHECK_OK(PARSE(&o, "one"), &e);
	CHECK_INT(o.arg_count, 1);
	CHECK_INT(opt_flag(&o, "flag"), 0);
	CHECK(opt_text(&o, "text") == NULL);
	CHECK_INT(opt_number(&o, "number", 7), 7);
	CHECK_INT(opt_size(&o, "size", 8), 8);
	CHECK_INT(opt_time(&o, "time", 0), -1);
	CHECK_OK(opt_many(&o, "many", &list, &n, &e), &e);
	CHECK(list == NULL && n == 0);
}

TEST(both_forms_of_a_value)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT, p = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--text", "a b", "--number=12"), &e);
	CHECK_STR(opt_text(&o, "text"), "a b");
	CHECK_INT(opt_number(&o, "number", 0), 12);
	CHECK_OK(PARSE(&p, "--text=x=y"), &e);
	CHECK_STR(opt_text(&p, "text"), "x=y");
}

TEST(a_value_may_look_like_an_option)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--text", "--flag", "--many=-1"), &e);
	CHECK_STR(opt_text(&o, "text"), "--flag");
	CHECK_INT(opt_flag(&o, "flag"), 0);
}

TEST(options_and_arguments_in_any_order)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "one", "--flag", "two", "--text", "t", "-"), &e);
	CHECK_INT(o.arg_count, 3);
	CHECK_STR(o.args[0], "one");
	CHECK_STR(o.args[1], "two");
	CHECK_STR(o.args[2], "-");
	CHECK_INT(opt_flag(&o, "flag"), 1);
}

TEST(two_dashes_end_options)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--flag", "--", "--text", "-x", "--"), &e);
	CHECK_INT(o.arg_count, 3);
	CHECK_STR(o.args[0], "--text");
	CHECK_STR(o.args[2], "--");
	CHECK(opt_text(&o, "text") == NULL);
}

TEST(many_in_order)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;
	const char **list = NULL;
	size_t n = 0;

	CHECK_OK(PARSE(&o, "--many", "b", "--flag", "--many=a", "--many",
	    "b"), &e);
	CHECK_OK(opt_many(&o, "many", &list, &n, &e), &e);
	CHECK_INT(n, 3);
	CHECK_STR(list[0], "b");
	CHECK_STR(list[1], "a");
	CHECK_STR(list[2], "b");
	free(list);
}

TEST(short_help)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "-h"), &e);
	CHECK_INT(opt_flag(&o, "help"), 1);
}

TEST(mistakes)
{
	CHECK_USAGE("--unknown");
	CHECK_USAGE("--fla");
	CHECK_USAGE("--flags");
	CHECK_USAGE("-f");
	CHECK_USAGE("-text");
	CHECK_USAGE("--=x");
	CHECK_USAGE("--flag=yes");
	CHECK_USAGE("--flag=");
	CHECK_USAGE("--text");
	CHECK_USAGE("--text=");
	CHECK_USAGE("--text", "");
	CHECK_USAGE("--many=");
	CHECK_USAGE("--flag", "--flag");
	CHECK_USAGE("--text", "a", "--text=a");
}

TEST(numbers)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--number=1000000"), &e);
	CHECK_INT(opt_number(&o, "number", 0), 1000000);
	CHECK_USAGE("--number=1000001");
	CHECK_USAGE("--number=-1");
	CHECK_USAGE("--number=1.5");
	CHECK_USAGE("--number=long");
	CHECK_USAGE("--number=99999999999999999999999999");
}

static uint64_t
size_of(const char *text)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--size", text), &e);
	return opt_size(&o, "size", 0);
}

TEST(sizes)
{
	CHECK_INT(size_of("0"), 0);
	CHECK_INT(size_of("1000"), 1000);
	CHECK_INT(size_of("1K"), 1024);
	CHECK_INT(size_of("512M"), 512LL << 20);
	CHECK_INT(size_of("4G"), 4LL << 30);
	CHECK_INT(size_of("1024T"), 1LL << 50);
	CHECK_USAGE("--size=1025T");
	CHECK_USAGE("--size=1125899906842625");
	CHECK_USAGE("--size=M");
	CHECK_USAGE("--size=1m");
	CHECK_USAGE("--size=1KB");
	CHECK_USAGE("--size=1 K");
	CHECK_USAGE("--size=-1K");
	CHECK_USAGE("--size=0.5G");
}

TEST(times)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT, p = OPTS_INIT;

	CHECK_OK(PARSE(&o, "--time=2026-01-02"), &e);
	CHECK_INT(opt_time(&o, "time", 0), 1767312000);
	CHECK_INT(opt_time(&o, "time", 1), 1767312000 + 86399);
	CHECK_OK(PARSE(&p, "--time=2026-01-02T03:04:05Z"), &e);
	CHECK_INT(opt_time(&p, "time", 0), 1767323045);
	CHECK_INT(opt_time(&p, "time", 1), 1767323045);
	CHECK_USAGE("--time=2026-02-29");
	CHECK_USAGE("--time=2026-13-01");
	CHECK_USAGE("--time=yesterday");
	CHECK_USAGE("--time=2026-01-02T03:04:05");
	CHECK_USAGE("--time=2026-01-02T03:04:05+01:00");
	CHECK_USAGE("--time=2026/01/02");
	CHECK_USAGE("--time=1969-12-31");
}

TEST(too_many_options)
{
	static const char *argv[OPT_GIVEN_MAX + 1];
	CLEANUP(opts_clear) struct opts o = { .tables = { table } };
	size_t i;

	for (i = 0; i <= OPT_GIVEN_MAX; i++)
		argv[i] = "--many=x";
	CHECK_ERR(opt_parse(&o, argv, OPT_GIVEN_MAX + 1, &e), &e, E_LIMIT);
}

/* The places of the first two words, as "0,2"; "" if there are none. */
static const char *
words(const char *const *argv)
{
	static char text[32];
	size_t at[2] = { 0, 0 }, n = 0;
	int found;

	while (argv[n] != NULL)
		n++;
	found = opt_words(table, argv, n, at, 2, &e);
	if (found < 0)
		return err_name(e.code);
	if (found == 0)
		return "";
	(void)snprintf(text, sizeof text, found == 1 ? "%zu" : "%zu,%zu",
	    at[0], at[1]);
	return text;
}

#define WORDS(...) words((const char *const []){ __VA_ARGS__, NULL })

TEST(the_words_of_a_command)
{
	CHECK_STR(WORDS("lab", "load", "file"), "0,1");
	CHECK_STR(WORDS("--text", "x", "lab", "--flag", "load"), "2,4");
	CHECK_STR(WORDS("--text=x", "lab"), "1");
	CHECK_STR(WORDS("-h", "lab"), "1");
	CHECK_STR(WORDS("--flag"), "");
	CHECK_STR(WORDS("--", "lab"), "");

	/* What follows an option of the command may be its value. */
	CHECK_STR(WORDS("export", "--to", "load"), "0");
	CHECK_STR(WORDS("--to", "x", "export"), "E_USAGE");
	err_clear(&e);
	CHECK_STR(WORDS("--text"), "");
}

TEST(help_fits_the_screen)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	const char *line, *end;

	opt_help(&out, table);
	opt_help(&out, second);
	opt_wrap(&out, 10, "one");
	CHECK(buf_str(&out) != NULL);
	for (line = out.at; (end = strchr(line, '\n')) != NULL; line = end + 1)
		CHECK(end - line <= (int)OPT_WIDTH && end > line);
	CHECK_INT(*line, '\0');
	CHECK(strstr(out.at, "  --flag                a flag\n") != NULL);
	CHECK(strstr(out.at, "  --many X              many of them\n") != NULL);
	CHECK(strstr(out.at, "hidden") == NULL);
}

int
main(void)
{
	return unit_run();
}
