/* opt.h: options as data.  One table a command gives its parsing, its usage
 * line and its --help.
 *
 *	static const struct opt opts[] = {
 *		{ "to", OPT_MANY, "PEER", "for this peer" },
 *		OPT_END
 *	};
 *
 * An option is --name, --name VALUE or --name=VALUE, before or after other
 * arguments; "--" ends them.  A repeated option is E_USAGE unless it is
 * OPT_MANY.  What a value must look like is checked while parsing.
 */
#ifndef SATCHEL_OPT_H
#define SATCHEL_OPT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"

enum opt_kind {
	OPT_FLAG,			/* no value */
	OPT_TEXT,			/* any value but an empty one */
	OPT_FILE,			/* the same: a file to read */
	OPT_NAMING,			/* one that may name any others */
	OPT_PLACE,			/* a folder to write in, or a file */
	OPT_MANY,			/* the same, repeatable */
	OPT_NUMBER,			/* 0..OPT_NUMBER_MAX */
	OPT_SIZE,			/* bytes, or with K M G T: of 1024 */
	OPT_TIME			/* a date, or a day (see opt_time) */
};

#define OPT_NUMBER_MAX 1000000u
#define OPT_SIZE_MAX (UINT64_C(1) << 50)
#define OPT_TABLES 4u			/* tables that one command may have */
#define OPT_GIVEN_MAX 4096u		/* options on one command line */
#define OPT_WIDTH 80u			/* columns of help */

struct opt {
	const char *name;		/* without "--"; NULL ends a table */
	enum opt_kind kind;
	const char *arg;		/* placeholder of the value */
	const char *help;		/* NULL: not shown */
};
#define OPT_END { NULL, OPT_FLAG, NULL, NULL }

struct opt_given {
	const struct opt *opt;
	const char *value;		/* borrowed from argv; "" of a flag */
};

struct opts {
	const struct opt *tables[OPT_TABLES];	/* set by the caller; NULL */
	struct opt_given *given;	/* owned */
	size_t given_count;
	const char **args;		/* owned; what is not an option */
	size_t arg_count;
};
#define OPTS_INIT { .given = NULL }
void opts_clear(struct opts *o);

/* Parse argv[0..count).  E_USAGE: unknown or repeated option, value missing,
 * not wanted or not as it must be. */
int opt_parse(struct opts *o, const char *const *argv, size_t count,
    struct err *err);

/* The first `max` arguments that are no options, for finding the command
 * before its table is known: only options of `table` may stand before the
 * last of them.  Sets ret_at to their places in argv; returns how many. */
int opt_words(const struct opt *table, const char *const *argv, size_t count,
    size_t *ret_at, size_t max, struct err *err);

/* What was given.  The name must be one of the tables'. */
int opt_flag(const struct opts *o, const char *name);
const char *opt_text(const struct opts *o, const char *name);	/* or NULL */
uint64_t opt_number(const struct opts *o, const char *name, uint64_t none);
uint64_t opt_size(const struct opts *o, const char *name, uint64_t none);

/* Seconds since 1970, -1 if it was not given.  A day alone is its first
 * second, or with `at_end` its last. */
int64_t opt_time(const struct opts *o, const char *name, int at_end);

/* All values of an OPT_MANY, in order.  ret is allocated (NULL if none). */
int opt_many(const struct opts *o, const char *name, const char ***ret,
    size_t *ret_count, struct err *err);

/* Append `text` wrapped at OPT_WIDTH columns, from column `at` on (the first
 * line is there already), and a newline. */
void opt_wrap(struct buf *out, size_t at, const char *text);

/* Append a line of help for every option of a table. */
void opt_help(struct buf *out, const struct opt *table);

#endif
