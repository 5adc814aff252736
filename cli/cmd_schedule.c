/* satchel schedule: nights that come by themselves. */
#include <string.h>
#include <unistd.h>

#include "../base/text.h"
#include "../store/cadence.h"
#include "../store/log.h"
#include "cmd.h"
#include "scheduled.h"

/* --- the promise ------------------------------------------------------- */

/* seconds: 0 takes it back. */
static int
promise(struct scheduled *n, int64_t seconds, const char *event,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	int keep = opt_flag(&n->c->opts, "no-promise"), rc;

	if (seconds > 0 && seconds < CADENCE_MIN)
		seconds = CADENCE_MIN;
	buf_adds(&detail, "{");
	if (n->again.len > 0) {
		buf_adds(&detail, "\"command\":");
		text_json(&detail, n->again.at, n->again.len);
	}
	buf_adds(&detail, "}");
	if (buf_str(&detail) == NULL)
		return buf_check(&detail, err);
	if ((rc = scheduled_be_owner(n, err)) < 0)
		return rc;
	if ((rc = store_begin(n->s, err)) >= 0 && (keep ||
	    (rc = cadence_set(n->s, seconds, err)) >= 0) &&
	    (rc = log_add(n->s, event, NULL, NULL, detail.at, err)) >= 0)
		rc = store_commit(n->s, err);
	scheduled_be_root();
	if (rc >= 0 && !keep)
		out_number(&n->c->out, "cadence", (uint64_t)seconds);
	return rc;
}

/* --- install ----------------------------------------------------------- */

static void
say_paths(struct out *o, const char *key, const struct units_paths *p)
{
	size_t i;

	out_open(o, key, '[');
	for (i = 0; i < p->count; i++) {
		out_safe(o, p->at[i]);
		out_text(o, "\n");
		out_str(o, NULL, p->at[i]);
	}
	out_close(o);
}

static void
say_next(struct scheduled *n)
{
	CLEANUP(buf_clear) struct buf next = BUF_INIT;
	int known = schedule_next(&n->at, &next);

	if (known)
		out_text(&n->c->out, "next night: %s\n", next.at);
	out_str(&n->c->out, "next", known ? next.at : NULL);
}

/* A user's units run only while that user is logged in, unless: */
static void
say_linger(const struct scheduled *n)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "/var/lib/systemd/linger/%s", n->owner->pw_name);
	if (!n->at.system && buf_str(&path) != NULL &&
	    access(path.at, F_OK) != 0)
		out_note("nights come only while %s is logged in; 'loginctl "
		    "enable-linger %s' changes that", n->owner->pw_name,
		    n->owner->pw_name);
}

static int
start(struct scheduled *n, struct err *err)
{
	int reaches = schedule_reaches(&n->at), rc;

	if (reaches && (rc = schedule_start(&n->at, err)) < 0)
		return rc;
	out_bool(&n->c->out, "started", reaches || n->at.cron);
	say_next(n);
	if (n->at.cron)
		return 0;
	if (n->at.dir == NULL)
		say_linger(n);
	if (!reaches)
		out_note("it starts with the next boot, or with: systemctl "
		    "%sdaemon-reload && systemctl %sstart satchel-%s.timer",
		    n->at.system ? "" : "--user ",
		    n->at.system ? "" : "--user ", n->at.site);
	return 0;
}

/* Of the other kind, so that no night comes twice. */
static int
remove_other(struct scheduled *n, struct err *err)
{
	CLEANUP(units_paths_clear) struct units_paths paths = { NULL, 0 };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct schedule_at other = n->at;
	int rc;

	other.cron = !other.cron;
	if ((rc = schedule_find(&other, &text, &paths, err)) == -E_USAGE) {
		err_clear(err);
		return 0;
	}
	if (rc <= 0)
		return rc;
	if (schedule_reaches(&other) &&
	    (rc = schedule_stop(&other, err)) < 0)
		return rc;
	units_paths_clear(&paths);
	return schedule_remove(&other, &paths, err);
}

static int
do_install(struct scheduled *n, struct err *err)
{
	CLEANUP(units_paths_clear) struct units_paths paths = { NULL, 0 };
	int64_t seconds = when_seconds(&n->units.when);
	int rc;

	if ((rc = scheduled_make_state(n, err)) < 0 ||
	    (rc = schedule_put(&n->at, &n->units, &paths, err)) < 0 ||
	    (rc = remove_other(n, err)) < 0 ||
	    (rc = promise(n, seconds, "scheduled", err)) < 0)
		return rc;
	say_paths(&n->c->out, "files", &paths);
	if (seconds == 0 && !opt_flag(&n->c->opts, "no-promise"))
		out_note("'satchel site set cadence=1d' promises the peers "
		    "how often this site writes");
	return start(n, err);
}

static int
show_texts(struct scheduled *n, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int rc;

	if ((rc = schedule_print(&n->at, &n->units, &text, err)) < 0)
		return rc;
	if (n->c->out.json)
		out_strn(&n->c->out, "text", text.at, text.len);
	else
		out_write(&n->c->out, text.at, text.len);
	return 0;
}

static int
install(struct cmd *c, struct err *err)
{
	CLEANUP(scheduled_clear) struct scheduled n = { .c = c };
	int print = opt_flag(&c->opts, "print"), rc;

	/* Whether the home was put back from a backup is no matter here, and
	 * the guard is another user's if root does this. */
	if ((rc = scheduled_home(&n, err)) < 0 ||
	    (rc = scheduled_place(&n, err)) < 0 ||
	    (rc = scheduled_open(&n, print ? HOME_READ : HOME_RESTORE,
	    err)) < 0 ||
	    (rc = scheduled_read(&n, err)) < 0)
		return rc;
	return print ? show_texts(&n, err) : do_install(&n, err);
}

static const struct opt install_opts[] = {
	{ "daily", OPT_TEXT, "HH:MM", "every day at this time (default "
	    "02:30)" },
	{ "every", OPT_TEXT, "SPAN", "every 15m, 6h, 1d, 7d: what divides an "
	    "hour, a day or a week" },
	{ "calendar", OPT_TEXT, "SPEC", "as systemd.time(7) says" },
	{ "system", OPT_FLAG, NULL, "for the system (default of root)" },
	{ "user", OPT_FLAG, NULL, "for this user (default of others)" },
	{ "cron", OPT_FLAG, NULL, "a line for cron (default where systemd "
	    "does not run)" },
	{ "mail-to", OPT_TEXT, "ADDRESS", "mail the summary of a night in "
	    "which not all was well" },
	{ "passphrase-file", OPT_FILE, "FILE", "the nights read the "
	    "passphrase from it" },
	{ "no-promise", OPT_FLAG, NULL, "leave what is promised to the peers "
	    "as it is" },
	{ "dir", OPT_PLACE, "DIR", "put the files here; start nothing" },
	{ "print", OPT_FLAG, NULL, "show the files, write nothing" },
	OPT_END
};

const struct cmd_spec cmd_schedule_install = {
	.args = "[--daily HH:MM | --every SPAN | --calendar SPEC] "
	    "[--system | --user] [--cron] [--mail-to ADDRESS]",
	.needs = CMD_STORE | CMD_STARTS,
	.opts = install_opts,
	.more = "Has 'satchel sync' run by itself: a systemd service that "
	    "can reach the home and its drops alone, and its timer, which "
	    "makes up for missed nights; or a line for cron.  Run it again "
	    "when a drop was added.  --wait says how long a night waits for "
	    "another satchel (default 600).  How often, is promised to the "
	    "peers from then on: a site that falls silent is noticed.",
	.run = install
};

/* --- show -------------------------------------------------------------- */

/* Does a service reach all that a night has to? */
static int
covers(const struct scheduled *n, const struct buf *text, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < n->units.writes.count; i++) {
		CLEANUP(buf_clear) struct buf line = BUF_INIT;

		units_write_line(n->units.writes.at[i], &line);
		if (buf_str(&line) == NULL) {
			rc = buf_check(&line, err);
			return rc;
		}
		if (strstr(text->at, line.at) == NULL)
			return 0;
	}
	return 1;
}

/* The second line says how it was made. */
static void
say_again(struct out *o, const struct buf *text)
{
	const char *at = strstr(text->at, "\n# with: "), *end = NULL;
	CLEANUP(buf_clear) struct buf line = BUF_INIT;

	if (at != NULL)
		at += strlen("\n# with: ");
	if (at != NULL && (end = strchr(at, '\n')) != NULL)
		buf_add(&line, at, (size_t)(end - at));
	if (buf_str(&line) == NULL)
		return;
	out_text(o, "made with: ");
	out_safe(o, line.at);
	out_text(o, "\n");
	out_str(o, "command", line.at);
}

static int
show_one(struct scheduled *n, struct err *err)
{
	CLEANUP(units_paths_clear) struct units_paths paths = { NULL, 0 };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct out *o = &n->c->out;
	int rc, all = 1;

	/* What is not this site's is no matter here. */
	rc = schedule_find(&n->at, &text, &paths, err);
	if (rc == -E_USAGE) {
		err_clear(err);
		return 0;
	}
	if (rc <= 0)
		return rc;
	if (buf_str(&text) == NULL)
		return buf_check(&text, err);
	if (!n->at.cron && (all = covers(n, &text, err)) < 0)
		return all;
	out_open(o, NULL, '{');
	out_str(o, "kind", n->at.cron ? "cron" : "systemd");
	out_str(o, "scope", n->at.system ? "system" : "user");
	say_paths(o, "files", &paths);
	say_again(o, &text);
	say_next(n);
	out_bool(o, "covers", all);
	out_close(o);
	if (!all)
		out_note("it does not reach all drops of this site: run "
		    "'satchel schedule install' again");
	return 1;
}

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(scheduled_clear) struct scheduled n = { .c = c };
	int64_t seconds = 0;
	int rc, i, found = 0;

	if ((rc = scheduled_home(&n, err)) < 0 ||
	    (rc = scheduled_open(&n, HOME_READ, err)) < 0 ||
	    (rc = scheduled_paths(&n, err)) < 0 ||
	    (rc = cadence_get(n.s, &seconds, err)) < 0)
		return rc;
	n.at.home = n.home;
	n.at.dir = opt_text(&c->opts, "dir");
	out_open(&c->out, "schedules", '[');
	for (i = 0; i < (n.at.dir != NULL ? 2 : 4) && rc >= 0; i++) {
		n.at.cron = i % 2;
		n.at.system = i < 2;
		if ((rc = show_one(&n, err)) > 0)
			found++;
	}
	out_close(&c->out);
	if (rc < 0)
		return rc;
	out_number(&c->out, "cadence", (uint64_t)seconds);
	if (found == 0)
		out_text(&c->out, "nothing is scheduled\n");
	return 0;
}

static const struct opt where_opts[] = {
	{ "dir", OPT_PLACE, "DIR", "look in this folder" },
	OPT_END
};

const struct cmd_spec cmd_schedule_show = {
	.args = "",
	.needs = CMD_STORE | CMD_STARTS,
	.opts = where_opts,
	.more = "What 'schedule install' has put in place for this site, and "
	    "when systemd says that it runs next.",
	.run = show
};

/* --- remove ------------------------------------------------------------ */

static int
remove_one(struct scheduled *n, struct units_paths *gone, struct err *err)
{
	CLEANUP(units_paths_clear) struct units_paths paths = { NULL, 0 };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int rc, reaches = schedule_reaches(&n->at);

	if ((rc = schedule_find(&n->at, &text, &paths, err)) <= 0)
		return rc;
	if (reaches && (rc = schedule_stop(&n->at, err)) < 0)
		return rc;
	if ((rc = schedule_remove(&n->at, gone, err)) < 0)
		return rc;
	return reaches ? schedule_reload(&n->at, err) : 0;
}

static int
take_away(struct cmd *c, struct err *err)
{
	CLEANUP(units_paths_clear) struct units_paths gone = { NULL, 0 };
	CLEANUP(scheduled_clear) struct scheduled n = { .c = c };
	int rc;

	if ((rc = scheduled_home(&n, err)) < 0 ||
	    (rc = scheduled_place(&n, err)) < 0 ||
	    (rc = scheduled_open(&n, HOME_RESTORE, err)) < 0)
		return rc;
	for (n.at.cron = 0; n.at.cron < 2; n.at.cron++)
		if ((rc = remove_one(&n, &gone, err)) < 0)
			return rc;
	if (gone.count > 0 &&
	    (rc = promise(&n, 0, "unscheduled", err)) < 0)
		return rc;
	say_paths(&c->out, "removed", &gone);
	if (gone.count == 0)
		out_note("nothing is scheduled");
	return 0;
}

static const struct opt remove_opts[] = {
	{ "system", OPT_FLAG, NULL, "that of the system (default of root)" },
	{ "user", OPT_FLAG, NULL, "that of this user (default of others)" },
	{ "no-promise", OPT_FLAG, NULL, "leave what is promised to the peers "
	    "as it is" },
	{ "dir", OPT_PLACE, "DIR", "from this folder; stop nothing" },
	OPT_END
};

const struct cmd_spec cmd_schedule_remove = {
	.args = "[--system | --user]",
	.needs = CMD_STORE | CMD_STARTS,
	.opts = remove_opts,
	.more = "Takes away what 'schedule install' has put in place for this "
	    "site, and nothing else; and the promise to the peers.",
	.run = take_away
};
