/* satchel sync: a night's work on the drops. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "night.h"
#include "night_say.h"

static const struct opt opts[] = {
	{ "drop", OPT_MANY, "NAME", "only this drop; may be repeated" },
	{ "report", OPT_PLACE, "FILE", "write the JSON report into FILE, too" },
	{ "mail-summary", OPT_PLACE, "FILE", "write a mail into FILE if not "
	    "all is well, and remove FILE if all is" },
	{ "verbose", OPT_FLAG, NULL, "say what was done, also if all is "
	    "well" },
	OPT_END
};

/* Quiet, so that cron sends no mail when all is well; a person at a terminal
 * wants to see something. */
static void
say(struct cmd *c, const struct night *n)
{
	if (c->out.json)
		night_json(&c->out, n);
	else if (opt_flag(&c->opts, "verbose") ||
	    isatty(STDOUT_FILENO) == 1)
		night_words(&c->out, n);
}

static int
tell(struct cmd *c, const struct night *n, const struct err *failed,
    struct err *err)
{
	const char *report = opt_text(&c->opts, "report");
	const char *mail = opt_text(&c->opts, "mail-summary");
	struct err first = *failed;
	int rc;

	if (first.code == E_OK && n->alarm_count > 0)
		err_recall(&first, &n->alarms[0].err);
	if (report != NULL && (rc = night_report(n, report, &first, err)) < 0)
		return err_prefix(err, "--report");
	if (mail != NULL && (rc = night_mail(n, mail, failed, err)) < 0)
		return err_prefix(err, "--mail-summary");
	return 0;
}

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(buf_freep) const char **only = NULL;
	CLEANUP(night_clear) struct night n = NIGHT_INIT;
	struct err told = ERR_INIT;
	mode_t mask;
	int rc;

	n.c = c;
	n.steps = NIGHT_ALL;
	if ((rc = opt_many(&c->opts, "drop", &only, &n.only_count, err)) < 0)
		return rc;
	n.only = only;

	/* What lies in a drop is for the accounts of others to read, as far as
	 * the folder lets them; the home is closed to them. */
	mask = umask(022);
	rc = night_run(&n, err);
	(void)umask(mask);
	say(c, &n);
	out_flush(&c->out);
	night_errors(&n);
	if (tell(c, &n, err, &told) < 0)
		out_error(&told);
	if (rc < 0)
		return rc;
	if (n.alarm_count > 0) {
		c->told = 1;
		err_recall(err, &n.alarms[0].err);
		return -(int)err->code;
	}
	if (told.code != E_OK) {
		c->told = 1;
		*err = told;
		return -(int)err->code;
	}
	c->exit = night_exit(&n);
	return 0;
}

const struct cmd_spec cmd_sync = {
	.args = "[--drop NAME]... [--report FILE] [--mail-summary FILE]",
	.needs = CMD_STORE | CMD_KEYS | CMD_DROPS | CMD_MOUNTS |
	    CMD_MIRROR,
	.opts = opts,
	.more = "A night's work: collects receipts, requests and bundles from "
	    "the drops, imports them in order, writes what is due for each "
	    "peer, and removes what every addressee has acknowledged.  Safe to "
	    "run twice and to be killed anywhere; quiet if all is well.  Exit: "
	    "that of the first alarm, else 11 if a conflict was added.",
	.run = run
};
