/* satchel import, satchel verify: files from peers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/text.h"
#include "../importer/import.h"
#include "cmd.h"
#include "home.h"
#include "progress.h"
#include "request.h"

static const struct opt import_opts[] = {
	{ "dry-run", OPT_FLAG, NULL, "say what would be applied, and apply "
	    "nothing" },
	{ "requests", OPT_TEXT, "DIR", "where the request for a gap is written "
	    "(default: the folder of the bundle)" },
	OPT_END
};

static const char *const rungs[] = {
	"open", "container", "signature", "manifest", "bytes", "encryption",
	"compression", "records", "plan", "apply", "after"
};
#define RUNGS ((int)(sizeof rungs / sizeof *rungs))

struct run {
	struct cmd *c;
	struct store *s;
	struct import_request r;
	struct import_result result;
	struct requests requests;
	struct progress shown;
};

static void
run_clear(struct run *x)
{
	requests_clear(&x->requests);
	import_result_clear(&x->result);
	store_closep(&x->s);
}

static int
identity(void *ctx, const struct age_identity **ret, struct err *err)
{
	struct run *x = ctx;
	int rc = keys_age(&x->c->keys, &x->c->opts, x->s->home, err);

	*ret = x->c->keys.age;
	return rc;
}

static int
climb(struct run *x, enum import_mode mode, struct err *err)
{
	struct cmd *c = x->c;
	struct card own;
	int rc;

	x->r.mode = mode;
	if ((rc = home_open(c, HOME_WRITE, &x->s, err)) < 0 ||
	    (rc = keys_public(x->s->home, &own, err)) < 0)
		return rc;
	x->r.own = &own.sign;
	progress_begin(&x->shown, mode == IMPORT_APPLY ? "importing" :
	    "checking", opt_flag(&c->opts, "progress"));
	x->r.identity = identity;
	x->r.ctx = x;
	x->r.progress.at = progress_bytes;
	x->r.progress.ctx = &x->shown;
	rc = import_run(x->s, c->opts.args, c->opts.arg_count, &x->r,
	    &x->result, err);
	progress_end(&x->shown, rc >= 0);
	return rc;
}

/* --- saying it --------------------------------------------------------- */

static const char *
sender(const struct import_report *r)
{
	return r->from[0] != '\0' ? r->from : r->from_site[0] != '\0' ?
	    r->from_site : NULL;
}

/* The error of a file, with its name if the text has it not. */
static void
say_error(struct run *x, const struct import_report *r)
{
	struct err e = r->err;

	out_flush(&x->c->out);
	if (strstr(e.text, r->path) == NULL)
		(void)err_prefix(&e, "\"%s\"", r->path);
	if (e.rung >= 0 && e.rung < RUNGS)
		(void)err_prefix(&e, "%s (L%d)", rungs[e.rung], e.rung);
	out_error(&e);
}

/* The exit status is that of the first file that failed. */
static int
finish(struct run *x, int rc, struct err *err)
{
	const struct import_result *r = &x->result;
	size_t i;

	x->c->exit = import_exit(r, x->r.mode);
	for (i = 0; i < r->count; i++)
		if (r->at[i].err.code != E_OK) {
			x->c->told = 1;
			*err = r->at[i].err;
			return -(int)err->code;
		}
	return rc;
}

static void
say_rung(struct out *o, const struct err *err)
{
	if (err->code != E_OK && err->rung >= 0 && err->rung < RUNGS)
		out_str(o, "rung", rungs[err->rung]);
	else
		out_null(o, "rung");
}

/* --- import ------------------------------------------------------------ */

static void
say_applied(struct out *o, const struct import_report *r, int dry_run)
{
	static const char *const words[] = {
		[IMPORT_APPLIED] = "applied",
		[IMPORT_ALREADY] = "already applied, nothing changed",
		[IMPORT_GAP] = "refused: bundles before it are missing",
		[IMPORT_REFUSED] = "refused",
		[IMPORT_RECEIPT] = "receipt taken",
		[IMPORT_OTHER] = "for another site, skipped"
	};

	out_safe(o, r->path);
	out_text(o, ": ");
	if (sender(r) != NULL) {
		out_safe(o, sender(r));
		out_text(o, " %" PRIu64 ": ", r->sequence);
	}
	out_text(o, "%s%s", words[r->outcome], dry_run &&
	    r->outcome == IMPORT_APPLIED ? " (dry run: undone again)" : "");
	if (r->outcome == IMPORT_APPLIED)
		out_text(o, "; %" PRIu64 " objects: %" PRIu64 " changed, %"
		    PRIu64 " as before", r->received, r->applied, r->same);
	if (r->conflicts > 0)
		out_text(o, ", %" PRIu64 " in conflict", r->conflicts);
	out_text(o, "\n");
}

/* What is missing, and the request that asks for it. */
static void
say_gap(const struct import_report *r, const struct request *request)
{
	if (r->outcome != IMPORT_GAP)
		return;
	if (r->since > r->have)
		out_note("  missing: what %s wrote after its sequence %" PRIu64
		    " up to %" PRIu64, sender(r), r->have, r->since);
	if (r->wanted_count > 0)
		out_note("  missing: %zu attachments", r->wanted_count);
	if (request == NULL)
		return;
	if (request->path == NULL) {
		out_note("  no request was written: %s", request->err.text);
		return;
	}
	out_note("  request: %s", request->path);
	out_note("  carry it to %s, which answers it with 'satchel export "
	    "--for'", sender(r));
}

static void
say_import_json(struct out *o, const struct import_report *r,
    const struct request *request)
{
	out_open(o, NULL, '{');
	out_str(o, "file", r->path);
	out_str(o, "from", sender(r));
	out_number(o, "sequence", r->sequence);
	out_str(o, "result", import_outcome_name(r->outcome));
	out_number(o, "received", r->received);
	out_number(o, "applied", r->applied);
	out_number(o, "same", r->same);
	out_number(o, "held", r->held);
	out_number(o, "refused", r->refused);
	out_number(o, "conflicts", r->conflicts);
	if (r->outcome == IMPORT_GAP) {
		out_number(o, "have", r->have);
		out_number(o, "since", r->since);
	}
	out_str(o, "request", request != NULL ? request->path : NULL);
	say_rung(o, &r->err);
	out_err(o, "error", &r->err);
	out_close(o);
}

static void
say_import(struct run *x)
{
	int dry_run = x->r.mode == IMPORT_DRY_RUN;
	struct out *o = &x->c->out;
	uint64_t conflicts = 0;
	size_t i;

	out_open(o, "bundles", '[');
	for (i = 0; i < x->result.count; i++) {
		const struct import_report *r = &x->result.at[i];
		const struct request *request = requests_of(&x->requests, r);

		say_applied(o, r, dry_run);
		say_import_json(o, r, request);
		if (r->err.code != E_OK)
			say_error(x, r);
		say_gap(r, request);
		conflicts += r->conflicts;
	}
	out_close(o);
	out_bool(o, "dry_run", dry_run);
	if (conflicts > 0 && !dry_run)
		out_text(o, "'satchel conflicts list' shows what a person must "
		    "decide\n");
	else if (x->result.count == 0 && x->s != NULL)
		out_text(o, "nothing here is a bundle\n");
}

static int
import(struct cmd *c, struct err *err)
{
	CLEANUP(run_clear) struct run x = { .c = c };
	enum import_mode mode = opt_flag(&c->opts, "dry-run") ?
	    IMPORT_DRY_RUN : IMPORT_APPLY;
	int rc = climb(&x, mode, err);

	/* What was done counts, even if the answer to a gap cannot be
	 * written. */
	if (x.s != NULL && mode == IMPORT_APPLY)
		requests_write(&x.requests, c, x.s, &x.result);
	say_import(&x);
	return finish(&x, rc, err);
}

const struct cmd_spec cmd_import = {
	.args = "PATH... [--dry-run] [--requests DIR]",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_KEYS,
	.opts = import_opts,
	.more = "A PATH is a bundle, a receipt, a request, or a folder: then "
	    "all in it that is for this site.  Each file is applied whole or "
	    "not at all.  Exit 11: applied, and a conflict was added.",
	.run = import
};

/* --- verify ------------------------------------------------------------ */

static const char *
level(int value)
{
	return value < 0 ? "not reached" : value ? "yes" : "no";
}

static void
say_verify(struct run *x)
{
	struct out *o = &x->c->out;
	size_t i;

	out_open(o, "bundles", '[');
	for (i = 0; i < x->result.count; i++) {
		const struct import_report *r = &x->result.at[i];

		out_safe(o, r->path);
		if (sender(r) != NULL)
			out_text(o, ": %s %" PRIu64, sender(r), r->sequence);
		out_text(o, "\n  complete    %s\n  valid       %s\n",
		    level(r->complete), level(r->valid));
		out_text(o, "  authentic   %s\n  applicable  %s%s\n",
		    level(r->authentic), level(r->applicable),
		    r->outcome == IMPORT_ALREADY ? " (applied already)" :
		    r->outcome == IMPORT_OTHER ? " (for another site)" : "");
		out_open(o, NULL, '{');
		out_str(o, "file", r->path);
		out_str(o, "from", sender(r));
		out_number(o, "sequence", r->sequence);
		out_bool(o, "complete", r->complete);
		out_bool(o, "valid", r->valid);
		out_bool(o, "authentic", r->authentic);
		out_bool(o, "applicable", r->applicable);
		say_rung(o, &r->err);
		out_err(o, "error", &r->err);
		out_close(o);
		if (r->err.code != E_OK)
			say_error(x, r);
	}
	out_close(o);
}

static int
verify(struct cmd *c, struct err *err)
{
	CLEANUP(run_clear) struct run x = { .c = c };
	int rc = climb(&x, IMPORT_VERIFY, err);

	say_verify(&x);
	return finish(&x, rc, err);
}

const struct cmd_spec cmd_verify = {
	.args = "BUNDLE...",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_KEYS,
	.more = "Four levels: complete (all bytes are there), valid (they are "
	    "what they must be), authentic (a trusted peer signed them), "
	    "applicable (here and now).  Nothing is applied.",
	.run = verify
};
