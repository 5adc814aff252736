/* satchel import, satchel verify: files from peers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/text.h"
#include "../importer/import.h"
#include "../store/media.h"
#include "cmd.h"
#include "home.h"
#include "progress.h"
#include "report.h"
#include "request.h"
#include "round.h"

static const struct opt import_opts[] = {
	{ "dry-run", OPT_FLAG, NULL, "say what would be applied, and apply "
	    "nothing" },
	{ "requests", OPT_PLACE, "DIR", "where the request for a gap is "
	    "written (default: the folder of the bundle)" },
	{ "no-mirror", OPT_FLAG, NULL, "of a mirror: into the store alone, "
	    "and ask nothing of the SENAITE" },
	OPT_END
};

struct run {
	struct cmd *c;
	struct store *s;
	struct import_request r;
	struct import_result result;
	struct requests requests;
	struct progress shown;
	int whole;			/* it went through all paths */

	struct round round;		/* with the mirror */
};
#define RUN_INIT { .round = ROUND_INIT }

static void
run_clear(struct run *x)
{
	requests_clear(&x->requests);
	import_result_clear(&x->result);
	store_closep(&x->s);
	round_clear(&x->round);
}

static int
identity(void *ctx, const struct age_identity **ret, struct err *err)
{
	struct run *x = ctx;
	int rc = keys_age(&x->c->keys, &x->c->opts, x->s->home, err);

	*ret = x->c->keys.age;
	return rc;
}

/* The media that the files lie on have come back. */
static int
greet_media(struct run *x, struct err *err)
{
	const struct opts *o = &x->c->opts;
	struct stat st;
	dev_t last = 0;
	size_t i;
	int rc;

	for (i = 0; i < o->arg_count; i++) {
		if (stat(o->args[i], &st) != 0 || st.st_dev == last)
			continue;
		last = st.st_dev;
		if ((rc = media_here(x->s, o->args[i], err)) < 0)
			return rc;
	}
	return 0;
}

static int
climb(struct run *x, enum import_mode mode, struct err *err)
{
	struct cmd *c = x->c;
	struct card own;
	int rc;

	x->r.mode = mode;
	if ((rc = home_open(c, HOME_WRITE, &x->s, err)) < 0 ||
	    (rc = keys_public(x->s->home, &own, err)) < 0 ||
	    (mode == IMPORT_APPLY && (rc = greet_media(x, err)) < 0))
		return rc;
	x->r.own = &own.sign;
	progress_begin(&x->shown, mode == IMPORT_APPLY ? "importing" :
	    "checking", opt_flag(&c->opts, "progress"));
	x->r.identity = identity;
	x->r.ctx = x;
	x->r.progress = progress_ticker(&x->shown);
	rc = import_run(x->s, c->opts.args, c->opts.arg_count, &x->r,
	    &x->result, err);
	progress_end(&x->shown, rc >= 0);
	x->whole = rc >= 0;
	return rc;
}

/* --- saying it --------------------------------------------------------- */

/* The exit status is that of the first file that failed; else that of the
 * mirror. */
static int
finish(struct run *x, int rc, struct err *err)
{
	const struct import_result *r = &x->result;
	size_t i;

	x->c->exit = import_exit(r, x->r.mode);
	if (x->round.err.code != E_OK) {
		out_flush(&x->c->out);
		out_error(&x->round.err);
	}
	for (i = 0; i < r->count; i++)
		if (r->at[i].err.code != E_OK) {
			x->c->told = 1;
			err_recall(err, &r->at[i].err);
			return -(int)err->code;
		}
	if (rc < 0 || x->round.err.code == E_OK)
		return rc;
	x->c->told = 1;
	*err = x->round.err;
	return -(int)err->code;
}

/* --- import ------------------------------------------------------------ */

/* What is missing, and the request that asks for it. */
static void
say_gap(const struct run *x, const struct import_report *r,
    const struct request *request)
{
	const struct err *why = request != NULL ? &request->err :
	    &x->requests.err;

	if (r->outcome != IMPORT_GAP)
		return;
	if (r->since > r->have)
		out_note("  missing: what %s wrote after its sequence %" PRIu64
		    " up to %" PRIu64, report_sender(r), r->have, r->since);
	if (r->wanted_count > 0)
		out_note("  missing: %zu attachments", r->wanted_count);
	if (request == NULL || request->path == NULL) {
		if (why->code != E_OK)
			out_note("  no request was written: %s", why->text);
		return;
	}
	out_note("  request: %s", request->path);
	out_note("  carry it to %s, which answers it with 'satchel export "
	    "--for'", report_sender(r));
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

		report_say(o, r, dry_run);
		report_json(o, r, request != NULL ? request->path :
		    NULL);
		if (r->err.code != E_OK)
			report_error(&x->c->out, r);
		say_gap(x, r, request);
		conflicts += r->conflicts;
	}
	out_close(o);
	out_bool(o, "dry_run", dry_run);
	if (conflicts > 0 && !dry_run)
		out_text(o, "'satchel conflicts list' shows what a person must "
		    "decide\n");
	else if (x->result.count == 0 && x->whole)
		out_text(o, "nothing here is a bundle\n");
	round_say(o, &x->round);
}

/* --- the command ------------------------------------------------------- */

/* Into the store, and what a mirror needs before and after. */
static int
import_all(struct run *x, enum import_mode mode, struct err *err)
{
	int rc;

	if (mode == IMPORT_APPLY && (rc = round_begin(&x->round, x->c,
	    !opt_flag(&x->c->opts, "no-mirror"), err)) < 0) {
		mirror_next(err, "'satchel import --no-mirror' applies to the "
		    "store alone");
		return rc;
	}
	rc = climb(x, mode, err);

	/* What was done counts, even if the answer to a gap cannot be
	 * written. */
	x->requests.dir = opt_text(&x->c->opts, "requests");
	if (x->s != NULL && mode == IMPORT_APPLY)
		requests_write(&x->requests, x->c, x->s, &x->result);
	store_closep(&x->s);
	return rc < 0 ? rc : round_end(&x->round, &x->result, err);
}

static int
import(struct cmd *c, struct err *err)
{
	CLEANUP(run_clear) struct run x = RUN_INIT;
	enum import_mode mode = opt_flag(&c->opts, "dry-run") ?
	    IMPORT_DRY_RUN : IMPORT_APPLY;
	int rc;

	x.c = c;
	rc = import_all(&x, mode, err);
	say_import(&x);
	return finish(&x, rc, err);
}

const struct cmd_spec cmd_import = {
	.args = "PATH... [--dry-run] [--requests DIR]",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_KEYS | CMD_FILES | CMD_ANSWERS | CMD_MIRROR |
	    CMD_MOUNTS,
	.opts = import_opts,
	.more = "A PATH is a bundle, a receipt, a request, or a folder: then "
	    "all in it that is for this site.  Each file is applied whole or "
	    "not at all.  Exit 11: applied, and a conflict was added.  The "
	    "mirror of a SENAITE is noticed before and projected after; if it "
	    "cannot be reached (exit 13) or does not take all (exit 12), the "
	    "store has it all the same.",
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
		if (report_sender(r) != NULL)
			out_text(o, ": %s %" PRIu64, report_sender(r),
			    r->sequence);
		out_text(o, "\n  complete    %s\n  valid       %s\n",
		    level(r->complete), level(r->valid));
		out_text(o, "  authentic   %s\n  applicable  %s%s\n",
		    level(r->authentic), level(r->applicable),
		    r->outcome == IMPORT_ALREADY ? " (applied already)" :
		    r->outcome == IMPORT_OTHER ? " (for another site)" : "");
		out_open(o, NULL, '{');
		out_str(o, "file", r->path);
		out_str(o, "from", report_sender(r));
		out_number(o, "sequence", r->sequence);
		out_bool(o, "complete", r->complete);
		out_bool(o, "valid", r->valid);
		out_bool(o, "authentic", r->authentic);
		out_bool(o, "applicable", r->applicable);
		report_why(o, &r->err);
		out_close(o);
		if (r->err.code != E_OK)
			report_error(&x->c->out, r);
	}
	out_close(o);
}

static int
verify(struct cmd *c, struct err *err)
{
	CLEANUP(run_clear) struct run x = RUN_INIT;
	int rc;

	x.c = c;
	rc = climb(&x, IMPORT_VERIFY, err);
	say_verify(&x);
	return finish(&x, rc, err);
}

const struct cmd_spec cmd_verify = {
	.args = "BUNDLE...",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_KEYS | CMD_FILES,
	.more = "Four levels: complete (all bytes are there), valid (they are "
	    "what they must be), authentic (a trusted peer signed them), "
	    "applicable (here and now).  Nothing is applied.",
	.run = verify
};
