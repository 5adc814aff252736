/* Of `satchel doctor`: the home and the site in it. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/medium.h"
#include "../base/text.h"
#include "../store/check.h"
#include "../store/guard.h"
#include "doctor.h"
#include "home.h"

#define CHECK_SECONDS 10u		/* for the database; --full: any */
#define ROOM_LEAST (UINT64_C(50) << 20)	/* bytes: less must be mended */
#define CLOCK_LEAST 1767225600		/* 2026-01-01: this program is no
					 * older */
#define CLOCK_SLACK 300			/* seconds that a clock is put back */
#define LABEL_SLACK 86400

/* --- files ------------------------------------------------------------- */

/* A file or folder of the home: ours, and for no one else unless the folder
 * around it sees to that.  A folder may be a link to another place, such as a
 * medium with the keys. */
static void
look_at(struct doctor *d, const char *home, const char *name, mode_t kind,
    mode_t closed)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, next = BUF_INIT;
	struct stat st;

	buf_addf(&path, "%s%s", home, name);
	buf_addf(&next, "chmod %s \"%s%s\"", kind == S_IFDIR ? "700" : "600",
	    home, name);
	if (buf_str(&path) == NULL || buf_str(&next) == NULL)
		return;
	if ((kind == S_IFDIR ? stat : lstat)(path.at, &st) != 0)
		doctor_say(d, DOCTOR_MEND, "put the home back from a backup",
		    "\"%.300s\": %s", path.at, strerror(errno));
	else if ((st.st_mode & S_IFMT) != kind)
		doctor_say(d, DOCTOR_MEND, NULL, "\"%.300s\" is no %s",
		    path.at, kind == S_IFDIR ? "folder" : "file");
	else if ((st.st_mode & closed) != 0)
		doctor_say(d, DOCTOR_MEND, next.at, "others may use \"%.300s\""
		    " (mode %04o)", path.at, (unsigned)st.st_mode & 07777u);
	else if (st.st_uid != geteuid())
		doctor_say(d, DOCTOR_MEND, "run satchel as its owner, or give "
		    "it to this user with chown", "\"%.300s\" belongs to "
		    "another user", path.at);
}

static void
look_at_files(struct doctor *d, const char *home)
{
	static const struct {
		const char *name;
		mode_t kind, closed;
	} all[] = {
		{ "", S_IFDIR, S_IRWXG | S_IRWXO },
		{ "/keys", S_IFDIR, S_IRWXG | S_IRWXO },
		{ "/spool", S_IFDIR, S_IRWXG | S_IRWXO },
		{ "/keys/sign.key", S_IFREG, S_IRWXG | S_IRWXO },
		{ "/keys/age.key", S_IFREG, S_IRWXG | S_IRWXO },
		{ "/store.db", S_IFREG, S_IWGRP | S_IWOTH },
		{ "/lock", S_IFREG, S_IWGRP | S_IWOTH }
	};
	unsigned before = d->counts[DOCTOR_MEND];
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		look_at(d, home, all[i].name, all[i].kind, all[i].closed);
	if (d->counts[DOCTOR_MEND] == before)
		doctor_say(d, DOCTOR_GOOD, NULL, "the home and its keys are "
		    "for their owner alone");
}

static void
look_at_keys(struct doctor *d, const char *home)
{
	struct err err = ERR_INIT;
	int rc = keys_check(home, &err);

	if (rc < 0)
		doctor_say_err(d, DOCTOR_MEND, &err);
	else
		doctor_say(d, DOCTOR_GOOD, NULL, rc > 0 ? "the secret keys "
		    "are those of the public ones; no passphrase protects "
		    "them" : "the secret keys are protected by a passphrase");
}

/* What an export of all may need beside the home: as much as the store. */
static void
look_at_room(struct doctor *d, const char *home)
{
	CLEANUP(medium_clear) struct medium m = MEDIUM_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	struct stat st = { .st_size = 0 };
	char free_text[24];

	buf_addf(&path, "%s/store.db", home);
	if (buf_str(&path) == NULL || medium_of(&m, home, &err) < 0 ||
	    m.free == MEDIUM_UNKNOWN)
		return;
	(void)stat(path.at, &st);
	out_size(m.free, free_text);
	if (m.free < ROOM_LEAST)
		doctor_say(d, DOCTOR_MEND, "make room on it: nothing can be "
		    "imported without", "%s are free on the disk of the home",
		    free_text);
	else if (m.free < (uint64_t)st.st_size)
		doctor_say(d, DOCTOR_NOTE, "make room on it", "%s are free on "
		    "the disk of the home, less than an export of all may "
		    "need there", free_text);
	else if (m.size != MEDIUM_UNKNOWN && m.free < m.size / 10)
		doctor_say(d, DOCTOR_NOTE, "make room on it", "%s are free on "
		    "the disk of the home, less than a tenth of it",
		    free_text);
	else
		doctor_say(d, DOCTOR_GOOD, NULL, "%s are free on the disk of "
		    "the home", free_text);
}

void
doctor_home(struct doctor *d, const char *home)
{
	look_at_files(d, home);
	look_at_keys(d, home);
	look_at_room(d, home);
}

/* --- the site ---------------------------------------------------------- */

static void
look_at_database(struct doctor *d, struct store *s)
{
	int full = opt_flag(&d->c->opts, "full"), rc;
	struct err err = ERR_INIT;

	rc = check_database(s, full, full ? 0 : CHECK_SECONDS, &err);
	if (rc < 0) {
		(void)err_next(&err, "put back a backup of the home and run "
		    "'satchel site restored --reason ...'");
		doctor_say_err(d, DOCTOR_MEND, &err);
	} else if (rc == 0) {
		doctor_say(d, DOCTOR_NOTE, "'satchel doctor --full' takes the "
		    "time", "the store can be opened; looking at all of it "
		    "took more than %u seconds", CHECK_SECONDS);
	} else {
		doctor_say(d, DOCTOR_GOOD, NULL, "the store can be opened, "
		    "and is sound");
	}
}

static void
look_at_guard(struct doctor *d, struct store *s)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	if (home_state(&state, &err) < 0 ||
	    (rc = guard_is_ahead(s, state.at, &err)) < 0) {
		doctor_say_err(d, DOCTOR_MEND, &err);
		return;
	}
	if (rc > 0) {
		doctor_say(d, DOCTOR_MEND, "satchel site restored --reason "
		    "TEXT", "this home is older than its guard: it was put "
		    "back from a backup");
		return;
	}
	if (access(state.at, F_OK) == 0 && access(state.at, W_OK | X_OK) != 0)
		doctor_say(d, DOCTOR_MEND, "give it to this user with chown",
		    "the folder of the guard, \"%.300s\", cannot be written",
		    state.at);
	buf_addf(&state, "/%s.guard", s->self.site);
	if (buf_str(&state) != NULL && access(state.at, F_OK) != 0)
		doctor_say(d, DOCTOR_NOTE, "the next export writes one",
		    "there is no guard file: a home put back from a backup "
		    "would not be noticed");
	else
		doctor_say(d, DOCTOR_GOOD, NULL, "the guard file is that of "
		    "this home");
}

/* Nobody else writes while we read. */
static void
look_at_spool(struct doctor *d, const char *home)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct dirent *e;
	unsigned left = 0;
	DIR *dir;

	buf_addf(&path, "%s/spool", home);
	if (buf_str(&path) == NULL || (dir = opendir(path.at)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		left += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	(void)closedir(dir);
	if (left > 0)
		doctor_say(d, DOCTOR_NOTE, "the next export or import clears "
		    "them away", "dead runs left %u file%s in the spool of "
		    "the home", left, left == 1 ? "" : "s");
}

/* --- the clock --------------------------------------------------------- */

static void
wrong_clock(struct doctor *d, const char *what, int64_t than)
{
	struct err err = ERR_INIT;
	char now[21], then[21];

	text_date(now, d->now);
	text_date(then, than);
	(void)err_set(&err, E_CLOCK, "it is %s by the clock of this computer, "
	    "and %s %s", now, what, then);
	(void)err_next(&err, "set the clock; what was made meanwhile keeps its"
	    " date, which refuses no file");
	doctor_say_err(d, DOCTOR_ALARM, &err);
}

static void
look_at_labels(struct doctor *d, struct store *s)
{
	struct err err = ERR_INIT;
	char site[SITE_LEN + 1], date[21];
	int64_t label;
	int rc = check_label(s, CHECK_SECONDS, &label, site, &err);

	if (rc < 0)
		doctor_say_err(d, DOCTOR_MEND, &err);
	if (rc <= 0 || label <= d->now + LABEL_SLACK ||
	    strcmp(site, s->self.site) == 0)
		return;
	text_date(date, label);
	doctor_say(d, DOCTOR_NOTE, "ask there whether its clock is right, and "
	    "look at the clock here", "site %s dates a change %s, which is to "
	    "come", site, date);
}

static void
look_at_clock(struct doctor *d, struct store *s)
{
	struct err err = ERR_INIT;
	int64_t newest = 0;

	if (check_clock(s, &newest, &err) < 0)
		doctor_say_err(d, DOCTOR_MEND, &err);
	else if (d->now < CLOCK_LEAST)
		wrong_clock(d, "this program is not older than",
		    CLOCK_LEAST);
	else if (newest > d->now + CLOCK_SLACK)
		wrong_clock(d, "this site last did something at", newest);
	else
		look_at_labels(d, s);
}

void
doctor_store(struct doctor *d, struct store *s)
{
	look_at_database(d, s);
	look_at_guard(d, s);
	look_at_spool(d, s->home);
	look_at_clock(d, s);
}
