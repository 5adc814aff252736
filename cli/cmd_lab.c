/* satchel lab: the embedded lab as JSON lines. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../base/text.h"
#include "../store/dump.h"
#include "../store/lines.h"
#include "cmd.h"
#include "home.h"
#include "progress.h"

/* --- load and delete --------------------------------------------------- */

static void
say_stats(struct out *o, const struct lines_stats *n)
{
	out_number(o, "lines", n->lines);
	out_number(o, "created", n->created);
	out_number(o, "changed", n->changed);
	out_number(o, "same", n->same);
	out_number(o, "deleted", n->deleted);
	out_number(o, "attachments", n->attachments);
}

static int
load(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct lines_stats n = { 0 };
	struct progress shown;
	const struct ticker told = progress_ticker(&shown);
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0)
		return rc;
	progress_begin(&shown, "loading", opt_flag(&c->opts, "progress"));
	rc = lines_load(s, c->opts.args, c->opts.arg_count, &told, &n, err);
	progress_end(&shown, rc >= 0);
	if (rc < 0)
		return rc;
	out_text(&c->out, "%" PRIu64 " lines: %" PRIu64 " created, %" PRIu64
	    " changed, %" PRIu64 " deleted, %" PRIu64 " as before; %" PRIu64
	    " attachments\n", n.lines, n.created, n.changed, n.deleted,
	    n.same, n.attachments);
	say_stats(&c->out, &n);
	return 0;
}

const struct cmd_spec cmd_lab_load = {
	.args = "FILE...",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_NAMING,
	.more = "Each FILE is JSON lines, or CSV if its name ends in .csv; "
	    "'-' is standard input.  All of it is one transaction: at the "
	    "first mistake nothing is loaded.",
	.run = load
};

static int
delete(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct lines_stats n = { 0 };
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = lines_delete(s, c->opts.args, c->opts.arg_count, &n,
	    err)) < 0)
		return rc;
	out_text(&c->out, "%" PRIu64 " deleted, %" PRIu64 " were deleted "
	    "already\n", n.deleted, n.same);
	out_number(&c->out, "deleted", n.deleted);
	out_number(&c->out, "same", n.same);
	return 0;
}

const struct cmd_spec cmd_lab_delete = {
	.args = "UID...",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE,
	.more = "All of them or none.  A deletion is carried to the peers.",
	.run = delete
};

/* --- dump -------------------------------------------------------------- */

static const struct opt dump_opts[] = {
	{ "type", OPT_TEXT, "TYPE", "objects of this type alone" },
	{ "deleted", OPT_FLAG, NULL, "deleted ones too" },
	{ "attachments", OPT_PLACE, "DIR", "write the attachments into DIR" },
	OPT_END
};

struct dump {
	struct out *out;
	int comma;			/* one is due before the next byte */
};

/* Lines as they are, or as the items of an array: canonical JSON has no line
 * ends but those between the lines. */
static int
write_lines(void *ctx, const void *data, size_t len, struct err *err)
{
	struct dump *d = ctx;
	const char *at = data, *end = at + len, *line;

	for (; d->out->json && at < end; at = line) {
		line = memchr(at, '\n', (size_t)(end - at));
		line = line != NULL ? line : end;
		if (d->comma && line > at)
			out_write(d->out, ",", 1);
		d->comma = d->comma && line == at;
		out_write(d->out, at, (size_t)(line - at));
		if (line < end) {
			line++;
			d->comma = 1;
		}
	}
	if (!d->out->json)
		out_write(d->out, data, len);
	return out_check(d->out, err);
}

static int
dump(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct dump_what what = {
		.type = opt_text(&c->opts, "type"),
		.deleted = opt_flag(&c->opts, "deleted"),
		.attachments = opt_text(&c->opts, "attachments")
	};
	struct dump state = { &c->out, 0 };
	const struct dump_out to = { write_lines, &state };
	struct progress shown;
	int rc;

	if (what.type != NULL && !text_is_type(what.type, strlen(what.type)))
		return err_set(err, E_USAGE, "--type: \"%s\" is no type",
		    what.type);
	if ((rc = home_open(c, HOME_READ, &s, err)) < 0)
		return rc;
	what.progress = progress_ticker(&shown);
	progress_begin(&shown, "dumping", opt_flag(&c->opts, "progress"));

	/* The lines and it would stand in each other's way. */
	if (isatty(STDOUT_FILENO) == 1)
		progress_end(&shown, 0);
	out_open(&c->out, "objects", '[');
	rc = dump_all(s, &what, &to, err);
	out_close(&c->out);
	progress_end(&shown, rc >= 0);
	return rc;
}

const struct cmd_spec cmd_lab_dump = {
	.args = "[--type TYPE] [--deleted] [--attachments DIR]",
	.needs = CMD_STORE,
	.opts = dump_opts,
	.more = "Canonical JSON, one object a line, by uid.  Two labs agree "
	    "exactly when their dumps are the same bytes.",
	.run = dump
};

/* --- show -------------------------------------------------------------- */

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	const char *uid = c->opts.args[0];
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = dump_object(s, uid, &line, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_REF, "there is no object \"%.255s\"",
		    uid);
	if ((rc = buf_check(&line, err)) < 0)
		return rc;
	out_raw(&c->out, "object", line.at, line.len);
	if (!c->out.json) {
		out_write(&c->out, line.at, line.len);
		out_text(&c->out, "\n");
	}
	return 0;
}

const struct cmd_spec cmd_lab_show = {
	.args = "UID",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.run = show
};
