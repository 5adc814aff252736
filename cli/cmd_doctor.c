/* satchel doctor: is all well with this site, and with what it mirrors? */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/guard.h"
#include "../store/peer.h"
#include "cmd.h"
#include "fence.h"
#include "home.h"
#include "mirror.h"

enum level { GOOD, NOTE, MEND };	/* as mirror_ops says them */

struct doctor {
	struct cmd *c;
	unsigned counts[3];
	struct err connection;		/* why the mirror cannot be spoken to */
};

static void
say(struct doctor *d, enum level level, const char *what, const char *next)
{
	static const char *const words[] = { "good", "note", "mend" };
	struct out *o = &d->c->out;

	d->counts[level]++;
	out_text(o, "%s  ", words[level]);
	out_safe(o, what);
	out_text(o, "\n");
	if (next != NULL && *next != '\0') {
		out_text(o, "      next: ");
		out_safe(o, next);
		out_text(o, "\n");
	}
	out_open(o, NULL, '{');
	out_str(o, "level", words[level]);
	out_str(o, "what", what);
	out_str(o, "next", next != NULL && *next != '\0' ? next : NULL);
	out_close(o);
}

/* What went wrong in looking is a finding; it is said, and forgotten. */
static void
say_err(struct doctor *d, enum level level, struct err *err)
{
	char what[ERR_TEXT_MAX + 40];

	(void)snprintf(what, sizeof what, "%s: %s", err_name(err->code),
	    err->text);
	say(d, level, what, err->next);
	err_clear(err);
}

/* --- every site -------------------------------------------------------- */

/* A file or folder of the home: ours, and for no one else. */
static void
look_at(struct doctor *d, const char *home, const char *name, int folder)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, next = BUF_INIT;
	char what[400];
	struct stat st;

	buf_addf(&path, "%s%s", home, name);
	buf_addf(&next, "chmod %s \"%s%s\"", folder ? "700" : "600", home,
	    name);
	if (buf_str(&path) == NULL || buf_str(&next) == NULL)
		return;
	if (lstat(path.at, &st) != 0) {
		(void)snprintf(what, sizeof what, "\"%.300s\": %s", path.at,
		    strerror(errno));
		say(d, MEND, what, "put the home back from a backup");
	} else if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode)) {
		(void)snprintf(what, sizeof what, "\"%.300s\" is no %s",
		    path.at, folder ? "folder" : "file");
		say(d, MEND, what, NULL);
	} else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)snprintf(what, sizeof what, "others may use \"%.300s\" "
		    "(mode %04o)", path.at, (unsigned)st.st_mode & 07777u);
		say(d, MEND, what, next.at);
	} else if (st.st_uid != geteuid()) {
		(void)snprintf(what, sizeof what, "\"%.300s\" belongs to "
		    "another user", path.at);
		say(d, MEND, what, NULL);
	}
}

static void
look_at_home(struct doctor *d, const char *home)
{
	unsigned before = d->counts[MEND];
	struct err err = ERR_INIT;
	struct card card;

	look_at(d, home, "", 1);
	look_at(d, home, "/keys", 1);
	look_at(d, home, "/keys/sign.key", 0);
	look_at(d, home, "/keys/age.key", 0);
	if (d->counts[MEND] == before)
		say(d, GOOD, "the home and its keys are for their owner alone",
		    NULL);
	memset(&card, 0, sizeof card);
	if (keys_public(home, &card, &err) < 0)
		say_err(d, MEND, &err);
}

static void
look_at_guard(struct doctor *d, struct store *s)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	if (home_state(&state, &err) < 0 ||
	    (rc = guard_is_ahead(s, state.at, &err)) < 0) {
		say_err(d, MEND, &err);
		return;
	}
	if (rc > 0) {
		say(d, MEND, "this home is older than its guard: it was put "
		    "back from a backup", "satchel site restored --reason "
		    "TEXT");
		return;
	}
	buf_addf(&state, "/%s.guard", s->self.site);
	if (buf_str(&state) != NULL && access(state.at, F_OK) != 0)
		say(d, NOTE, "there is no guard file: a home put back from a "
		    "backup would not be noticed", "the next export writes "
		    "one");
	else
		say(d, GOOD, "the guard file is that of this home", NULL);
}

static void
look_at_fence(struct doctor *d)
{
	char what[120];

	(void)snprintf(what, sizeof what, "the kernel keeps each run to the "
	    "files that its command needs (Landlock %d)", d->c->fence);
	if (d->c->fence > 0)
		say(d, GOOD, what, NULL);
	else if (!fence_is_built())
		say(d, NOTE, "this program was built not to keep a run to the "
		    "files that its command needs", "build it with "
		    "-DSATCHEL_FENCE, as its Makefile does");
	else
		say(d, NOTE, "this kernel does not keep a run to the files "
		    "that its command needs", "a Linux of 5.13 or later with "
		    "Landlock does");
}

/* --- a mirror ---------------------------------------------------------- */

static void
look_at_peers(struct doctor *d, struct store *s, const struct config *config)
{
	struct err err = ERR_INIT;
	struct peer p;
	char what[160];
	size_t i;
	int rc;

	for (i = 0; i < config->peer_count; i++) {
		if (config->peers[i].name == NULL)
			continue;
		rc = peer_find(s, config->peers[i].name, &p, &err);
		if (rc < 0)
			say_err(d, MEND, &err);
		if (rc != 0)
			continue;
		(void)snprintf(what, sizeof what, "mirror.ini has a section "
		    "for \"%s\", which is no peer here",
		    config->peers[i].name);
		say(d, NOTE, what, "'satchel peer list' names them");
	}
}

static void
look_at_config(struct doctor *d, struct store *s)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	struct err err = ERR_INIT;
	int rc = config_read(&config, s->home, &err);

	if (rc < 0)
		say_err(d, MEND, &err);
	if (rc > 0)
		look_at_peers(d, s, &config);
}

static int
say_finding(void *ctx, int level, const char *what, const char *next,
    struct err *err)
{
	struct doctor *d = ctx;

	say(d, level <= 0 ? GOOD : level == 1 ? NOTE : MEND, what, next);
	return out_check(&d->c->out, err);
}

/* Settings, secrets and lock are looked at by opening as every run does. */
static void
look_at_mirror(struct doctor *d)
{
	CLEANUP(mirror_run_clear) struct mirror_run x = MIRROR_RUN_INIT;
	struct err err = ERR_INIT;

	if (mirror_run_open(&x, d->c, &err) < 0) {
		say_err(d, err.code == E_LOCKED ? NOTE : MEND, &err);
		return;
	}
	if (mirror_run_greet(&x, &err) < 0) {
		d->connection = err;
		say_err(d, MEND, &err);

		/* Else the mirror itself says this. */
		if (config_is_exposed(&x.config))
			say(d, NOTE, "the password would travel in clear text: "
			    "url is http, and not of this computer",
			    "use https");
		return;
	}
	if (x.m.ops->doctor(x.m.self, say_finding, d, &err) < 0) {
		d->connection = err;
		say_err(d, MEND, &err);
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
		say_err(d, NOTE, err);
		return 0;
	}
	if (rc < 0)
		return rc;
	say(d, GOOD, "the store can be opened", NULL);
	look_at_guard(d, s);
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
		look_at_home(d, home.at);
	look_at_fence(d);
	if ((rc = look_at_site(d, err)) > 0)
		look_at_mirror(d);
	return rc;
}

static int
run(struct cmd *c, struct err *err)
{
	struct doctor d = { .c = c, .connection = ERR_INIT };
	int rc;

	out_open(&c->out, "findings", '[');
	rc = look(&d, err);
	out_close(&c->out);
	if (rc < 0)
		return rc;
	if (d.connection.code != E_OK) {
		*err = d.connection;
		return -(int)err->code;
	}
	if (d.counts[MEND] == 0)
		return 0;
	return err_set(err, E_CONFIG, "%u thing%s must be mended",
	    d.counts[MEND], d.counts[MEND] == 1 ? "" : "s");
}

const struct cmd_spec cmd_doctor = {
	.args = "",
	.needs = CMD_STORE | CMD_MIRROR,
	.more = "Looks at the home, its keys and its guard; of a mirror also "
	    "at the settings, and asks the SENAITE for its version, what the "
	    "user may do there, its clock and its add-on.  Each finding is "
	    "good, a note, or must be mended (exit 2, or 13 if the SENAITE "
	    "cannot be spoken to).  Nothing is changed.",
	.run = run
};
