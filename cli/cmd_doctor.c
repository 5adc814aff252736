/* satchel doctor: is all well with this site, and with what it mirrors? */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "../store/peer.h"
#include "doctor.h"
#include "fence.h"
#include "home.h"
#include "mirror.h"

static const struct opt opts[] = {
	{ "full", OPT_FLAG, NULL, "look at all of the store, however long "
	    "that takes" },
	OPT_END
};

static void
say_text(struct doctor *d, enum doctor_level level, const char *what,
    const char *next)
{
	static const char *const words[] = { "good", "note", "alarm", "mend" };
	int has_next = next != NULL && *next != '\0';
	struct out *o = &d->c->out;

	d->counts[level]++;
	out_text(o, "%-5s ", words[level]);
	out_safe(o, what);
	out_text(o, "\n");
	if (has_next) {
		out_text(o, "      next: ");
		out_safe(o, next);
		out_text(o, "\n");
	}
	out_open(o, NULL, '{');
	out_str(o, "level", words[level]);
	out_str(o, "what", what);
	out_str(o, "next", has_next ? next : NULL);
	out_close(o);
}

void
doctor_say(struct doctor *d, enum doctor_level level, const char *next,
    const char *fmt, ...)
{
	char what[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	say_text(d, level, what, next);
}

void
doctor_say_err(struct doctor *d, enum doctor_level level, struct err *err)
{
	char what[ERR_TEXT_MAX + 40];

	(void)snprintf(what, sizeof what, "%s: %s", err_name(err->code),
	    err->text);
	say_text(d, level, what, err_advice(err));
	if (level == DOCTOR_ALARM && d->alarm.code == E_OK)
		d->alarm = *err;
	err_clear(err);
}

/* --- the kernel -------------------------------------------------------- */

static void
look_at_fence(struct doctor *d)
{
	if (d->c->fence > 0)
		doctor_say(d, DOCTOR_GOOD, NULL, "the kernel keeps each run to"
		    " the files that its command needs (Landlock %d)",
		    d->c->fence);
	else if (!fence_is_built())
		doctor_say(d, DOCTOR_NOTE, "build it with -DSATCHEL_FENCE, as "
		    "its Makefile does", "this program was built not to keep "
		    "a run to the files that its command needs");
	else
		doctor_say(d, DOCTOR_NOTE, "a Linux of 5.13 or later with "
		    "Landlock does", "this kernel does not keep a run to the "
		    "files that its command needs");
}

/* --- a mirror ---------------------------------------------------------- */

static void
look_at_peers(struct doctor *d, struct store *s, const struct config *config)
{
	struct err err = ERR_INIT;
	struct peer p;
	size_t i;
	int rc;

	for (i = 0; i < config->peer_count; i++) {
		if (config->peers[i].name == NULL)
			continue;
		rc = peer_find(s, config->peers[i].name, &p, &err);
		if (rc < 0)
			doctor_say_err(d, DOCTOR_MEND, &err);
		if (rc != 0)
			continue;
		doctor_say(d, DOCTOR_NOTE, "'satchel peer list' names them",
		    "mirror.ini has a section for \"%s\", which is no peer "
		    "here", config->peers[i].name);
	}
}

static void
look_at_config(struct doctor *d, struct store *s)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	struct err err = ERR_INIT;
	int rc = config_read(&config, s->home, &err);

	if (rc < 0)
		doctor_say_err(d, DOCTOR_MEND, &err);
	if (rc > 0)
		look_at_peers(d, s, &config);
}

static int
say_finding(void *ctx, int level, const char *what, const char *next,
    struct err *err)
{
	struct doctor *d = ctx;

	say_text(d, level <= 0 ? DOCTOR_GOOD : level == 1 ? DOCTOR_NOTE :
	    DOCTOR_MEND, what, next);
	return out_check(&d->c->out, err);
}

/* Settings, secrets and lock are looked at by opening as every run does. */
static void
look_at_mirror(struct doctor *d)
{
	CLEANUP(mirror_run_clear) struct mirror_run x = MIRROR_RUN_INIT;
	struct err err = ERR_INIT;

	if (mirror_run_open(&x, d->c, &err) < 0) {
		doctor_say_err(d, err.code == E_LOCKED ? DOCTOR_NOTE :
		    DOCTOR_MEND, &err);
		return;
	}
	if (mirror_run_greet(&x, &err) < 0) {
		d->connection = err;
		doctor_say_err(d, DOCTOR_MEND, &err);

		/* Else the mirror itself says this. */
		if (config_is_exposed(&x.config))
			doctor_say(d, DOCTOR_NOTE, "use https", "the password "
			    "would travel in clear text: url is http, and not "
			    "of this computer");
		return;
	}
	if (x.m.ops->doctor(x.m.self, say_finding, d, &err) < 0) {
		d->connection = err;
		doctor_say_err(d, DOCTOR_MEND, &err);
	}
}

/* --- the command ------------------------------------------------------- */

/* Returns whether it is a mirror; the site is closed again, for the mirror to
 * be opened. */
static int
look_at_site(struct doctor *d, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	rc = home_open(d->c, HOME_READ, &s, err);
	if (rc == -E_LOCKED) {
		doctor_say_err(d, DOCTOR_NOTE, err);
		return 0;
	}
	if (rc < 0)
		return rc;
	d->now = s->clock;
	doctor_store(d, s);
	doctor_carry(d, s);
	if ((rc = mirror_is(s, err)) > 0)
		look_at_config(d, s);
	return rc;
}

static int
look(struct doctor *d, struct err *err)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	int rc;

	if ((rc = home_path(&d->c->opts, &home, err)) < 0)
		return rc;
	if (access(home.at, F_OK) == 0)
		doctor_home(d, home.at);
	look_at_fence(d);
	if ((rc = look_at_site(d, err)) > 0)
		look_at_mirror(d);
	return rc;
}

static int
run(struct cmd *c, struct err *err)
{
	struct doctor d = { .c = c, .alarm = ERR_INIT,
	    .connection = ERR_INIT };
	int rc;

	if (c->busy.code != E_OK) {
		*err = c->busy;
		return -(int)err->code;
	}
	out_open(&c->out, "findings", '[');
	rc = look(&d, err);
	out_close(&c->out);
	if (rc < 0)
		return rc;
	if (d.connection.code != E_OK) {
		*err = d.connection;
		return -(int)err->code;
	}
	if (d.counts[DOCTOR_MEND] > 0)
		return err_set(err, E_CONFIG, "%u thing%s must be mended",
		    d.counts[DOCTOR_MEND], d.counts[DOCTOR_MEND] == 1 ? "" :
		    "s");
	if (d.alarm.code != E_OK)
		*err = d.alarm;
	return -(int)err->code;
}

const struct cmd_spec cmd_doctor = {
	.args = "[--full]",
	.needs = CMD_STORE | CMD_MIRROR | CMD_DROPS,
	.opts = opts,
	.more = "Looks at the home, its keys, its store and its guard; at the "
	    "clock, room, drops and silent peers; of a mirror also at the "
	    "settings, and asks the SENAITE for its version, what the user "
	    "may do there, its clock and its add-on.  Each finding is good, a "
	    "note, an alarm (exit 9: the clock, a silent peer), or must be "
	    "mended (exit 2, or 13 if the SENAITE cannot be spoken to).  "
	    "Nothing is changed.",
	.run = run
};
