/* satchel conflicts: what a person must decide. */
#include <inttypes.h>
#include <string.h>

#include "../store/conflict.h"
#include "cmd.h"
#include "home.h"
#include "sides.h"

/* --- list -------------------------------------------------------------- */

struct list {
	struct out *out;
	struct store *s;
	uint64_t count;
};

/* The sites of all siblings, each once; in the text a NUL ends each. */
static int
sites_of(struct store *s, const struct object *o, struct buf *out,
    struct err *err)
{
	size_t i, at, from;

	for (i = 0; i < o->set.count; i++) {
		from = out->len;
		if (conflict_site(s, o->set.v[i], out, err) < 0)
			return -(int)err->code;
		buf_addc(out, '\0');
		if (buf_check(out, err) < 0)
			return -(int)err->code;
		for (at = 0; at < from; at += strlen(out->at + at) + 1)
			if (strcmp(out->at + at, out->at + from) == 0) {
				out->len = from;
				break;
			}
	}
	return 0;
}

static int
list_one(void *ctx, const struct conflict_item *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf sites = BUF_INIT;
	struct list *x = ctx;
	size_t at;

	if (sites_of(x->s, c->object, &sites, err) < 0)
		return -(int)err->code;
	x->count++;
	out_text(x->out, "%s  %s  %s ", c->uid, c->type, c->kind);
	out_open(x->out, NULL, '{');
	out_str(x->out, "uid", c->uid);
	out_str(x->out, "type", c->type);
	out_str(x->out, "kind", c->kind);
	out_open(x->out, "sites", '[');
	for (at = 0; at < sites.len; at += strlen(sites.at + at) + 1) {
		out_text(x->out, " %s", sites.at + at);
		out_str(x->out, NULL, sites.at + at);
	}
	out_close(x->out);
	out_close(x->out);
	out_text(x->out, "\n");
	return out_check(x->out, err);
}

static int
list(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct list x = { .out = &c->out };
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0)
		return rc;
	x.s = s;
	out_open(&c->out, "conflicts", '[');
	rc = conflict_each(s, list_one, &x, err);
	out_close(&c->out);
	if (rc >= 0 && x.count == 0)
		out_text(&c->out, "no conflicts\n");
	return rc;
}

const struct cmd_spec cmd_conflicts_list = {
	.args = "",
	.needs = CMD_STORE,
	.more = "Kinds: clash (one field set apart by two sites), disjoint "
	    "(different fields), edit-delete.",
	.run = list
};

/* --- show -------------------------------------------------------------- */

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	const char *uid = c->opts.args[0];
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = store_begin_read(s, err)) < 0 ||
	    (rc = object_get(s, uid, strlen(uid), &o, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_REF, "there is no object \"%.255s\"",
		    uid);
	return sides_show(&c->out, s, uid, &o, err);
}

const struct cmd_spec cmd_conflicts_show = {
	.args = "UID",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "The versions side by side, and the fields in which they "
	    "differ; '!' marks a clash.",
	.run = show
};

/* --- resolve ----------------------------------------------------------- */

static const struct opt resolve_opts[] = {
	{ "take", OPT_TEXT, "SITE", "the version of this site, or SITE:COUNTER "
	    "as 'conflicts show' prints it" },
	{ "merge", OPT_NAMING, "FILE", "the object as the one line in FILE "
	    "says it" },
	{ "disjoint", OPT_FLAG, NULL, "settle all conflicts in which different "
	    "fields were changed" },
	{ "reason", OPT_TEXT, "TEXT", "why, for the log" },
	OPT_END
};

static int
check_options(const struct opts *o, struct err *err)
{
	int disjoint = opt_flag(o, "disjoint");
	int ways = (opt_text(o, "take") != NULL) +
	    (opt_text(o, "merge") != NULL) + disjoint;
	const char *reason = opt_text(o, "reason");

	if (ways != 1)
		return err_set(err, E_USAGE, "one of --take SITE, --merge FILE "
		    "and --disjoint expected, %d found", ways);
	if (disjoint && o->arg_count > 0)
		return err_set(err, E_USAGE, "--disjoint is for all of them, "
		    "not for \"%.255s\"", o->args[0]);
	if (!disjoint && o->arg_count == 0)
		return err_set(err, E_USAGE, "a uid is missing");
	if (!disjoint && reason == NULL)
		return err_set(err, E_USAGE, "--reason TEXT is missing");
	return reason != NULL ? home_check_reason(reason, err) : 0;
}

static int
settled(void *ctx, const char *uid, struct err *err)
{
	struct out *o = ctx;

	out_text(o, "%s\n", uid);
	out_str(o, NULL, uid);
	return out_check(o, err);
}

static int
resolve_all(struct cmd *c, struct store *s, struct err *err)
{
	const char *reason = opt_text(&c->opts, "reason");
	uint64_t n = 0;
	int rc;

	rc = conflict_disjoint(s, reason != NULL ? reason : "disjoint edits",
	    settled, &c->out, &n, err);
	if (rc >= 0)
		out_text(&c->out, "%" PRIu64 " settled\n", n);
	return rc;
}

static int
resolve_one(struct cmd *c, struct store *s, struct err *err)
{
	const char *take = opt_text(&c->opts, "take"), *uid = c->opts.args[0];
	const char *reason = opt_text(&c->opts, "reason");
	int rc;

	rc = take != NULL ? conflict_take(s, uid, take, reason, err) :
	    conflict_merge(s, uid, opt_text(&c->opts, "merge"), reason, err);
	if (rc > 0) {
		out_text(&c->out, "%s is decided; the next export carries "
		    "it\n", uid);
		out_str(&c->out, NULL, uid);
	} else if (rc == 0) {
		out_text(&c->out, "%s: nothing to decide\n", uid);
	}
	return rc;
}

static int
resolve(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = check_options(&c->opts, err)) < 0 ||
	    (rc = home_open(c, HOME_WRITE, &s, err)) < 0)
		return rc;
	out_open(&c->out, "resolved", '[');
	if (opt_flag(&c->opts, "disjoint"))
		rc = resolve_all(c, s, err);
	else
		rc = resolve_one(c, s, err);
	out_close(&c->out);
	return rc;
}

const struct cmd_spec cmd_conflicts_resolve = {
	.args = "UID --take SITE|--merge FILE --reason TEXT | --disjoint",
	.max = 1,
	.needs = CMD_STORE,
	.opts = resolve_opts,
	.more = "The decision covers all versions that are here, keeps the "
	    "whole history, and travels with the next export.",
	.run = resolve
};
