#include "opt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define HELP_COLUMN 24u
#define DAY 86400

void
opts_clear(struct opts *o)
{
	free(o->given);
	free(o->args);
	o->given = NULL;
	o->args = NULL;
	o->given_count = o->arg_count = 0;
}

/* --- values ------------------------------------------------------------ */

static int
read_size(uint64_t *ret, const char *text)
{
	static const char units[] = "KMGT";
	size_t len = strlen(text);
	const char *unit;
	unsigned shift = 0;
	uint64_t n;

	if (len > 1 && (unit = strchr(units, text[len - 1])) != NULL) {
		shift = 10 * (unsigned)(unit - units + 1);
		len--;
	}
	if (text_number(&n, text, len, OPT_SIZE_MAX >> shift) < 0)
		return -1;
	*ret = n << shift;
	return 0;
}

static int
read_time(int64_t *ret, const char *text, int at_end)
{
	char full[21] = "YYYY-MM-DDT00:00:00Z";

	if (strlen(text) != 10)
		return text_undate(ret, text, strlen(text));
	memcpy(full, text, 10);
	if (text_undate(ret, full, 20) < 0)
		return -1;
	if (at_end)
		*ret += DAY - 1;
	return 0;
}

static int
check_value(const struct opt *o, const char *value, struct err *err)
{
	uint64_t number;
	int64_t time;

	if (value[0] == '\0')
		return err_set(err, E_USAGE, "--%s: %s expected, nothing "
		    "found", o->name, o->arg);
	if (o->kind == OPT_NUMBER && text_number(&number, value,
	    strlen(value), OPT_NUMBER_MAX) < 0)
		return err_set(err, E_USAGE, "--%s: a number up to %u "
		    "expected, \"%s\" found", o->name, OPT_NUMBER_MAX, value);
	if (o->kind == OPT_SIZE && read_size(&number, value) < 0)
		return err_set(err, E_USAGE, "--%s: bytes, or such as 512M or "
		    "4G, expected, \"%s\" found", o->name, value);
	if (o->kind == OPT_TIME && read_time(&time, value, 0) < 0)
		return err_set(err, E_USAGE, "--%s: YYYY-MM-DD or "
		    "YYYY-MM-DDThh:mm:ssZ expected, \"%s\" found", o->name,
		    value);
	return 0;
}

/* --- parsing ----------------------------------------------------------- */

static const struct opt *
in_table(const struct opt *table, const char *name, size_t len)
{
	for (; table != NULL && table->name != NULL; table++)
		if (strlen(table->name) == len &&
		    memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static const struct opt *
find(const struct opts *o, const char *name, size_t len)
{
	const struct opt *found = NULL;
	size_t i;

	for (i = 0; i < OPT_TABLES && found == NULL; i++)
		found = in_table(o->tables[i], name, len);
	return found;
}

static const struct opt_given *
given(const struct opts *o, const char *name)
{
	size_t i;

	assert(find(o, name, strlen(name)) != NULL);
	for (i = 0; i < o->given_count; i++)
		if (strcmp(o->given[i].opt->name, name) == 0)
			return &o->given[i];
	return NULL;
}

static int
is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

static int
unknown(const char *arg, size_t len, struct err *err)
{
	(void)err_set(err, E_USAGE, "unknown option \"%.*s\"",
	    (int)(len < 64 ? len : 64), arg);
	return err_next(err, "add --help to see the options");
}

/* One option at argv[*at]; *at is left on the last argument used. */
static int
take_option(struct opts *o, const char *const *argv, size_t count, size_t *at,
    struct err *err)
{
	const char *arg = argv[*at], *value = strchr(arg, '=');
	size_t len = value != NULL ? (size_t)(value - arg) : strlen(arg);
	const struct opt *opt;

	if (strcmp(arg, "-h") == 0) {
		arg = "--help";
		len = strlen(arg);
	}
	if (len < 3 || arg[1] != '-' ||
	    (opt = find(o, arg + 2, len - 2)) == NULL)
		return unknown(arg, len, err);
	if (opt->kind != OPT_MANY && given(o, opt->name) != NULL)
		return err_set(err, E_USAGE, "--%s is given twice", opt->name);
	if (o->given_count == OPT_GIVEN_MAX)
		return err_set(err, E_LIMIT, "more than %u options",
		    OPT_GIVEN_MAX);
	if (opt->kind == OPT_FLAG) {
		if (value != NULL)
			return err_set(err, E_USAGE, "--%s takes no value",
			    opt->name);
		o->given[o->given_count++] = (struct opt_given){ opt, "" };
		return 0;
	}
	if (value == NULL && *at + 1 == count)
		return err_set(err, E_USAGE, "--%s: %s expected, nothing "
		    "found", opt->name, opt->arg);
	value = value != NULL ? value + 1 : argv[++*at];
	o->given[o->given_count++] = (struct opt_given){ opt, value };
	return check_value(opt, value, err);
}

int
opt_parse(struct opts *o, const char *const *argv, size_t count,
    struct err *err)
{
	size_t i;
	int rc;

	o->given = calloc(count + 1, sizeof *o->given);
	o->args = calloc(count + 1, sizeof *o->args);
	if (o->given == NULL || o->args == NULL)
		return err_oom(err);
	for (i = 0; i < count; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (!is_option(argv[i]))
			o->args[o->arg_count++] = argv[i];
		else if ((rc = take_option(o, argv, count, &i, err)) < 0)
			return rc;
	}
	for (i++; i < count; i++)
		o->args[o->arg_count++] = argv[i];
	return 0;
}

int
opt_words(const struct opt *table, const char *const *argv, size_t count,
    size_t *ret_at, size_t max, struct err *err)
{
	const struct opt *opt;
	const char *value;
	size_t i, found = 0, len;

	for (i = 0; i < count && found < max; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (!is_option(argv[i])) {
			ret_at[found++] = i;
			continue;
		}

		/* Between two words an option of the command ends the search:
		 * what follows may be its value. */
		value = strchr(argv[i], '=');
		len = value != NULL ? (size_t)(value - argv[i]) :
		    strlen(argv[i]);
		opt = len < 3 ? NULL : in_table(table, argv[i] + 2, len - 2);
		if (strcmp(argv[i], "-h") == 0)
			continue;
		if (opt == NULL && found > 0)
			break;
		if (opt == NULL)
			return unknown(argv[i], len, err);
		if (opt->kind != OPT_FLAG && value == NULL)
			i++;
	}
	return (int)found;
}

/* --- what was given ---------------------------------------------------- */

int
opt_flag(const struct opts *o, const char *name)
{
	return given(o, name) != NULL;
}

const char *
opt_text(const struct opts *o, const char *name)
{
	const struct opt_given *g = given(o, name);

	return g != NULL ? g->value : NULL;
}

uint64_t
opt_number(const struct opts *o, const char *name, uint64_t none)
{
	const char *text = opt_text(o, name);
	uint64_t n = none;

	if (text != NULL)
		(void)text_number(&n, text, strlen(text), OPT_NUMBER_MAX);
	return n;
}

uint64_t
opt_size(const struct opts *o, const char *name, uint64_t none)
{
	const char *text = opt_text(o, name);
	uint64_t n = none;

	if (text != NULL)
		(void)read_size(&n, text);
	return n;
}

int64_t
opt_time(const struct opts *o, const char *name, int at_end)
{
	const char *text = opt_text(o, name);
	int64_t t = -1;

	if (text != NULL)
		(void)read_time(&t, text, at_end);
	return t;
}

int
opt_many(const struct opts *o, const char *name, const char ***ret,
    size_t *ret_count, struct err *err)
{
	const char **list;
	size_t i, n = 0;

	*ret = NULL;
	*ret_count = 0;
	if (given(o, name) == NULL)
		return 0;
	if ((list = calloc(o->given_count, sizeof *list)) == NULL)
		return err_oom(err);
	for (i = 0; i < o->given_count; i++)
		if (strcmp(o->given[i].opt->name, name) == 0)
			list[n++] = o->given[i].value;
	*ret = list;
	*ret_count = n;
	return 0;
}

/* --- help -------------------------------------------------------------- */

static void
spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_addc(out, ' ');
}

void
opt_wrap(struct buf *out, size_t at, const char *text)
{
	size_t column = at, len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		if (column > at && column + 1 + len > OPT_WIDTH) {
			buf_addc(out, '\n');
			spaces(out, at);
			column = at;
		}
		if (column > at) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	buf_addc(out, '\n');
}

void
opt_help(struct buf *out, const struct opt *table)
{
	size_t used;

	for (; table != NULL && table->name != NULL; table++) {
		if (table->help == NULL)
			continue;
		used = 4 + strlen(table->name);
		buf_adds(out, "  --");
		buf_adds(out, table->name);
		if (table->arg != NULL) {
			buf_addc(out, ' ');
			buf_adds(out, table->arg);
			used += 1 + strlen(table->arg);
		}
		if (used + 2 > HELP_COLUMN) {
			buf_addc(out, '\n');
			used = 0;
		}
		spaces(out, HELP_COLUMN - used);
		opt_wrap(out, HELP_COLUMN, table->help);
	}
}
