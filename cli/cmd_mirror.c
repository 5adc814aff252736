/* satchel notice, project, mirror: the instance that this site mirrors. */
#include <string.h>

#include "cmd.h"
#include "home.h"
#include "mirror.h"
#include "pairs.h"

/* --- notice ------------------------------------------------------------ */

static const struct opt notice_opts[] = {
	{ "full", OPT_FLAG, NULL, "read everything, even if the log of "
	    "changes would do" },
	{ "accept-deletions", OPT_NUMBER, "N", "believe that up to N objects "
	    "are gone" },
	OPT_END
};

static int
notice(struct cmd *c, struct err *err)
{
	CLEANUP(mirror_run_clear) struct mirror_run x = MIRROR_RUN_INIT;
	struct notice_report n;
	int rc;

	if ((rc = mirror_need(c, err)) < 0 ||
	    (rc = mirror_run_open(&x, c, err)) < 0)
		return rc;
	rc = mirror_run_notice(&x, opt_flag(&c->opts, "full"),
	    opt_number(&c->opts, "accept-deletions", 0), &n, err);
	mirror_say_facts(&c->out, &x);
	mirror_say_notice(&c->out, x.facts.product != NULL ? &n : NULL, 0);
	return rc;
}

const struct cmd_spec cmd_notice = {
	.args = "[--full] [--accept-deletions N]",
	.needs = CMD_STORE | CMD_MIRROR,
	.opts = notice_opts,
	.more = "Reads what was changed in the SENAITE of this site.  Export "
	    "and import do it by themselves.  What is read is kept: after a "
	    "failure the next run goes on.",
	.run = notice
};

/* --- project ----------------------------------------------------------- */

static const struct opt project_opts[] = {
	{ "all", OPT_FLAG, NULL, "every object again, not only what is due" },
	{ "dry-run", OPT_FLAG, NULL, "count what is due, write nothing" },
	OPT_END
};

static int
project(struct cmd *c, struct err *err)
{
	CLEANUP(mirror_run_clear) struct mirror_run x = MIRROR_RUN_INIT;
	int dry_run = opt_flag(&c->opts, "dry-run"), rc;
	struct project_report p;

	if ((rc = mirror_need(c, err)) < 0 ||
	    (rc = mirror_run_open(&x, c, err)) < 0)
		return rc;
	rc = mirror_run_project(&x, opt_flag(&c->opts, "all"), dry_run, &p,
	    err);
	mirror_say_facts(&c->out, &x);
	mirror_say_project(&c->out, x.facts.product != NULL ? &p : NULL,
	    dry_run);
	return rc < 0 || dry_run ? rc : mirror_refused(&p, err);
}

const struct cmd_spec cmd_project = {
	.args = "[--all] [--dry-run]",
	.needs = CMD_STORE | CMD_MIRROR,
	.opts = project_opts,
	.more = "Writes what the store has, and the SENAITE of this site has "
	    "not, into it.  Import does it by itself.  What was changed there "
	    "meanwhile is read first and never overwritten.  Exit 12: "
	    "something was not taken; 'satchel status --refused' says what.",
	.run = project
};

/* --- mirror show, set -------------------------------------------------- */

static int
each_setting(void *ctx, const char *key, const char *value, struct err *err)
{
	struct out *o = ctx;

	(void)err;
	if (*value != '\0') {
		out_text(o, "%s = ", key);
		out_safe(o, value);
		out_text(o, "\n");
	}
	out_str(o, key, *value != '\0' ? value : NULL);
	return 0;
}

static int
say_section(struct out *o, const struct config *config, const char *section,
    struct err *err)
{
	int rc;

	out_text(o, "[%s]\n", section);
	out_open(o, section, '{');
	rc = config_each(config, section, each_setting, o, err);
	out_close(o);
	return rc;
}

static int
say_config(struct cmd *c, const char *home, struct err *err)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	int rc;

	if ((rc = config_read(&config, home, err)) < 0 ||
	    (rc = say_section(&c->out, &config, "mirror", err)) < 0)
		return rc;
	return say_section(&c->out, &config, "peers", err);
}

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	int rc;

	if ((rc = mirror_need(c, err)) < 0 ||
	    (rc = home_path(&c->opts, &home, err)) < 0)
		return rc;
	return say_config(c, home.at, err);
}

const struct cmd_spec cmd_mirror_show = {
	.args = "",
	.needs = CMD_STORE,
	.more = "The settings of mirror.ini that hold, with defaults.  "
	    "'satchel peer show' has those of one peer.",
	.run = show
};

static int
set(struct cmd *c, struct err *err)
{
	CLEANUP(pairs_clear) struct pairs pairs = PAIRS_INIT;
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < c->opts.arg_count; i++)
		if ((rc = pairs_add(&pairs, c->opts.args[i], err)) < 0)
			return rc;
	if ((rc = mirror_need(c, err)) < 0 ||
	    (rc = home_path(&c->opts, &home, err)) < 0 ||
	    (rc = config_set(home.at, "mirror", pairs.at, pairs.count,
	    err)) < 0)
		return rc;
	return say_config(c, home.at, err);
}

const struct cmd_spec cmd_mirror_set = {
	.args = "KEY=VALUE...",
	.min = 1, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE,
	.more = "Changes [mirror] of mirror.ini: all of the keys, or none.  "
	    "The comments there say what they are.  KEY= takes one out.",
	.run = set
};
