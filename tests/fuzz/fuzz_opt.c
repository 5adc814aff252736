/* fuzz_opt.c: lines as the words of a command line: options, numbers, sizes,
 * times.  A value that is taken is in its range, and says what its text
 * does. */
#include "../../base/text.h"
#include "../../cli/opt.h"
#include "fuzz.h"

#define WORDS_MAX 64u

static const struct opt table[] = {
	{ "flag", OPT_FLAG, NULL, "a flag" },
	{ "to", OPT_MANY, "PEER", "for this peer" },
	{ "text", OPT_TEXT, "TEXT", "a text" },
	{ "wait", OPT_NUMBER, "N", "a number" },
	{ "max-size", OPT_SIZE, "N", "a size" },
	{ "since", OPT_TIME, "T", "a time" },
	OPT_END
};

static void
check_time(const struct opts *o)
{
	const char *text = opt_text(o, "since");
	int64_t from = opt_time(o, "since", 0);
	int64_t to = opt_time(o, "since", 1);
	char date[21];

	ALWAYS((text == NULL) == (from < 0));
	if (text == NULL)
		return;
	text_date(date, from);
	ALWAYS(strncmp(date, text, strlen(text)) == 0);
	ALWAYS(to - from == (strlen(text) == 10 ? 86399 : 0));
}

/* Bytes, or as many of a unit as they are: never another text's size. */
static void
check_size(const struct opts *o)
{
	static const char units[] = "KMGT";
	const char *text = opt_text(o, "max-size"), *unit;
	uint64_t n = opt_size(o, "max-size", 7);
	char again[32];
	unsigned shift = 0;

	ALWAYS(n <= OPT_SIZE_MAX && (text != NULL || n == 7));
	if (text == NULL)
		return;
	unit = strchr(units, text[strlen(text) - 1]);
	if (unit != NULL)
		shift = 10 * (unsigned)(unit - units + 1);
	(void)snprintf(again, sizeof again, "%llu%.1s",
	    (unsigned long long)(n >> shift), unit != NULL ? unit : "");
	ALWAYS(strcmp(again, text) == 0);
}

static void
check_words(const char *const *argv, size_t count)
{
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;
	CLEANUP(buf_freep) const char **to = NULL;
	struct err err = ERR_INIT;
	size_t many = 0, at[2];
	int rc;

	o.tables[0] = table;
	rc = opt_words(table, argv, count, at, 2, &err);
	ALWAYS(fuzz_took(rc, &err, "E_USAGE") == (rc >= 0) && rc <= 2);
	err_clear(&err);
	if (!fuzz_took(opt_parse(&o, argv, count, &err), &err,
	    "E_USAGE E_LIMIT"))
		return;
	ALWAYS(o.given_count + o.arg_count <= count);
	ALWAYS(opt_number(&o, "wait", 0) <= OPT_NUMBER_MAX);
	check_size(&o);
	check_time(&o);
	GOOD(opt_many(&o, "to", &to, &many, &err), &err);
	ALWAYS(many <= o.given_count && (many > 0) == (to != NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	const char *argv[WORDS_MAX];
	size_t count = 0;
	char *p, *next;

	buf_add(&text, data, size);
	for (p = buf_str(&text); p != NULL && count < WORDS_MAX; p = next) {
		argv[count++] = p;
		if ((next = strchr(p, '\n')) != NULL)
			*next++ = '\0';
	}
	check_words(argv, count);
	return 0;
}
