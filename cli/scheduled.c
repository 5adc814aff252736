#include "scheduled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../mirror/http.h"
#include "../store/drop.h"
#include "mirror.h"
#include "spawn.h"

#define WAIT_S 600u
#define MAILER "/usr/sbin/sendmail"
#define ADDRESS_MAX 254u

void
scheduled_clear(struct scheduled *n)
{
	store_closep(&n->s);
	units_paths_clear(&n->units.writes);
	units_paths_clear(&n->units.reads);
	free(n->home);
	free(n->program);
	free(n->passphrase_file);
	free(n->mailer);
	buf_clear(&n->state);
	buf_clear(&n->again);
}

/* --- whose home -------------------------------------------------------- */

int
scheduled_be_owner(const struct scheduled *n, struct err *err)
{
	if (getuid() == 0 && seteuid(n->owner->pw_uid) != 0)
		return err_io(err, errno, "become %s", n->owner->pw_name);
	return 0;
}

void
scheduled_be_root(void)
{
	/* The real user is root: this cannot be refused. */
	if (getuid() == 0 && seteuid(0) != 0)
		abort();
}

int
scheduled_home(struct scheduled *n, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct stat st;
	int rc;

	if ((rc = home_path(&n->c->opts, &path, err)) < 0)
		return rc;
	n->home = realpath(path.at, NULL);
	if (n->home == NULL || stat(n->home, &st) != 0) {
		(void)err_io(err, errno, "\"%s\"", path.at);
		return err_next(err, "'satchel init' makes a site");
	}
	if ((n->owner = getpwuid(st.st_uid)) == NULL)
		return err_set(err, E_CONFIG, "\"%s\" is of user %u, who has "
		    "no name here", n->home, (unsigned)st.st_uid);
	return 0;
}

int
scheduled_place(struct scheduled *n, struct err *err)
{
	const struct opts *o = &n->c->opts;

	if (opt_flag(o, "user") && opt_flag(o, "system"))
		return err_set(err, E_USAGE, "--user and --system: one of "
		    "them");
	n->at.system = opt_flag(o, "system") ||
	    (geteuid() == 0 && !opt_flag(o, "user"));
	n->at.dir = opt_text(o, "dir");
	n->at.home = n->home;
	if (!n->at.system && n->owner->pw_uid != geteuid()) {
		(void)err_set(err, E_USAGE, "\"%s\" is of user %s", n->home,
		    n->owner->pw_name);
		return err_next(err, "as that user, or as root with "
		    "--system");
	}
	return 0;
}

/* The folder above that of the guard, for whoever will run the night. */
static int
find_state(struct scheduled *n, struct err *err)
{
	const char *base = getenv("XDG_STATE_HOME");
	const char *person = n->owner->pw_dir;

	if (n->owner->pw_uid == geteuid() && getenv("HOME") != NULL &&
	    getenv("HOME")[0] == '/')
		person = getenv("HOME");
	if (base != NULL && base[0] == '/')
		buf_adds(&n->state, base);
	else
		buf_addf(&n->state, "%s/.local/state", person);
	return buf_str(&n->state) == NULL ? buf_check(&n->state, err) : 0;
}

int
scheduled_make_state(const struct scheduled *n, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/satchel", n->state.at);
	if (buf_str(&path) == NULL)
		return buf_check(&path, err);
	if (n->owner->pw_uid == geteuid())
		return file_folders(path.at, 0700, err);
	if (access(path.at, F_OK) == 0)
		return 0;
	(void)err_set(err, E_CONFIG, "\"%s\", the folder of %s's guard file, "
	    "is not there", path.at, n->owner->pw_name);
	return err_next(err, "install -d -m 700 -o %s \"%s\"",
	    n->owner->pw_name, path.at);
}

int
scheduled_open(struct scheduled *n, enum home_use use, struct err *err)
{
	int rc;

	if ((rc = scheduled_be_owner(n, err)) < 0)
		return rc;
	rc = home_open(n->c, use, &n->s, err);
	scheduled_be_root();
	if (rc >= 0)
		n->at.site = n->s->name;
	return rc;
}

/* --- what a night reads and writes ------------------------------------- */

/* A link in a place that the service does not see must be bound by its own
 * name; elsewhere what it leads to is what counts. */
static int
add_drop(struct scheduled *n, const char *path, struct err *err)
{
	CLEANUP(buf_freep) char *real = realpath(path, NULL);

	if (real != NULL && strcmp(real, path) != 0 &&
	    units_paths_add(&n->units.writes, real, err) < 0)
		return -(int)err->code;
	return units_paths_add(&n->units.writes, path, err);
}

static int
add_drops(struct scheduled *n, struct err *err)
{
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	size_t i;
	int rc;

	if ((rc = drop_list(n->s, &drops, err)) < 0)
		return rc;
	for (i = 0; i < drops.count; i++)
		if ((rc = add_drop(n, drops.at[i].path, err)) < 0)
			return rc;
	return 0;
}

static int
add_mirror(struct scheduled *n, struct err *err)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	const char *files[5];
	size_t i;
	int rc;

	if ((rc = mirror_is(n->s, err)) <= 0 ||
	    (rc = config_read(&config, n->home, err)) < 0)
		return rc;
	n->units.network = 1;
	files[0] = config.password_file;
	files[1] = config.token_file;
	files[2] = config.ca_file;
	http_trusted(&files[3], &files[4]);
	for (i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i] != NULL && (rc = units_paths_add(
		    &n->units.reads, files[i], err)) < 0)
			return rc;
	return 0;
}

int
scheduled_paths(struct scheduled *n, struct err *err)
{
	CLEANUP(buf_clear) struct buf guard = BUF_INIT;
	int rc;

	if ((rc = find_state(n, err)) < 0)
		return rc;
	buf_addf(&guard, "%s/satchel", n->state.at);
	if (buf_str(&guard) == NULL)
		return buf_check(&guard, err);
	if ((rc = units_paths_add(&n->units.writes, n->home, err)) < 0 ||
	    (rc = add_drop(n, guard.at, err)) < 0 ||
	    (rc = scheduled_be_owner(n, err)) < 0)
		return rc;
	if ((rc = add_drops(n, err)) >= 0)
		rc = add_mirror(n, err);
	scheduled_be_root();
	return rc;
}

/* --- what is asked for ------------------------------------------------- */

static int
read_when(struct scheduled *n, struct err *err)
{
	const char *daily = opt_text(&n->c->opts, "daily"),
	    *every = opt_text(&n->c->opts, "every"),
	    *calendar = opt_text(&n->c->opts, "calendar");
	struct when *w = &n->units.when;

	if ((daily != NULL) + (every != NULL) + (calendar != NULL) > 1)
		return err_set(err, E_USAGE, "--daily, --every and "
		    "--calendar: one of them");
	if (every != NULL)
		return when_every(w, every, err);
	*w = (struct when){ .calendar = calendar };
	return calendar != NULL ? 0 :
	    when_daily(w, daily != NULL ? daily : "02:30", err);
}

/* Only systemd knows what it understands; without it nobody is asked. */
static int
check_calendar(const struct scheduled *n, struct err *err)
{
	const char *const argv[] = { "systemd-analyze", "calendar",
	    n->units.when.calendar, NULL };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	int rc;

	if (n->units.when.calendar == NULL)
		return 0;
	if (n->units.when.calendar[0] == '-')
		rc = 1;
	else
		rc = spawn_run(argv, NULL, &out, 1, err);
	if (rc == -E_CONFIG) {
		err_clear(err);
		return 0;
	}
	if (rc > 0)
		return err_set(err, E_USAGE, "--calendar: systemd does not "
		    "understand \"%.200s\"", n->units.when.calendar);
	return rc;
}

/* The mailer as PATH says, or where it is by the standard of file systems. */
static int
find_mailer(struct scheduled *n, struct err *err)
{
	const char *at = getenv("PATH");
	size_t len;

	for (; at != NULL && *at != '\0' && n->mailer == NULL; at += len) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		at += *at == ':';
		len = strcspn(at, ":");
		buf_add(&path, at, len);
		buf_adds(&path, "/sendmail");
		if (buf_str(&path) == NULL)
			return buf_check(&path, err);
		if (path.at[0] == '/' && access(path.at, X_OK) == 0)
			n->mailer = strdup(path.at);
	}
	if (n->mailer != NULL)
		return 0;
	if (access(MAILER, X_OK) != 0)
		out_note("there is no sendmail here yet; the mail will need "
		    "one");
	n->mailer = strdup(MAILER);
	return n->mailer == NULL ? err_oom(err) : 0;
}

static int
read_mail(struct scheduled *n, struct err *err)
{
	const char *to = opt_text(&n->c->opts, "mail-to");
	size_t len;

	if (to == NULL)
		return 0;
	len = strlen(to);
	if (to[0] == '-' || len > ADDRESS_MAX || !text_is_safe(to, len) ||
	    strpbrk(to, " \\\"'") != NULL)
		return err_set(err, E_USAGE, "--mail-to: an address expected, "
		    "\"%.100s\" found", to);
	n->units.mail_to = to;
	return find_mailer(n, err);
}

static int
real_file(const char *path, char **ret, struct err *err)
{
	if ((*ret = realpath(path, NULL)) == NULL)
		return err_io(err, errno, "\"%s\"", path);
	return 0;
}

/* The command that does it again, for a person. */
static int
write_again(struct scheduled *n, struct err *err)
{
	static const char *const left_out[] = { "home", "json", "progress",
	    "print" };
	const struct opts *o = &n->c->opts;
	struct buf *b = &n->again;
	size_t i, k;

	buf_adds(b, "satchel --home ");
	units_shell_word(b, n->home);
	buf_adds(b, " schedule install");
	for (i = 0; i < o->given_count; i++) {
		for (k = 0; k < 4; k++)
			if (strcmp(o->given[i].opt->name, left_out[k]) == 0)
				break;
		if (k < 4)
			continue;
		buf_addf(b, " --%s", o->given[i].opt->name);
		if (o->given[i].opt->kind == OPT_FLAG)
			continue;
		if (!text_is_safe(o->given[i].value,
		    strlen(o->given[i].value)))
			return err_set(err, E_USAGE, "--%s: plain text "
			    "expected", o->given[i].opt->name);
		buf_addc(b, ' ');
		units_shell_word(b, o->given[i].value);
	}
	return buf_str(b) == NULL ? buf_check(b, err) : 0;
}

/* No night can be asked for a passphrase. */
static int
check_keys(const struct scheduled *n, struct err *err)
{
	int rc;

	if ((rc = scheduled_be_owner(n, err)) < 0)
		return rc;
	rc = keys_check(n->home, err);
	scheduled_be_root();
	if (rc != 0)
		return rc;
	(void)err_set(err, E_PASSPHRASE, "the keys have a passphrase, which "
	    "no night can be asked for");
	return err_next(err, "--passphrase-file FILE");
}

static int
read_files(struct scheduled *n, struct err *err)
{
	const char *pass = opt_text(&n->c->opts, "passphrase-file");
	int rc;

	if (pass == NULL && (rc = check_keys(n, err)) < 0)
		return rc;
	if ((rc = real_file("/proc/self/exe", &n->program, err)) < 0 ||
	    (pass != NULL && (rc = real_file(pass, &n->passphrase_file,
	    err)) < 0))
		return rc;
	return 0;
}

int
scheduled_read(struct scheduled *n, struct err *err)
{
	const struct opts *o = &n->c->opts;
	struct units *u = &n->units;
	int rc;

	n->at.cron = opt_flag(o, "cron") || (n->at.dir == NULL &&
	    opt_text(o, "calendar") == NULL && !schedule_systemd());
	if ((rc = read_when(n, err)) < 0 ||
	    (rc = check_calendar(n, err)) < 0 ||
	    (rc = read_mail(n, err)) < 0 ||
	    (rc = read_files(n, err)) < 0 ||
	    (rc = write_again(n, err)) < 0 ||
	    (rc = scheduled_paths(n, err)) < 0)
		return rc;
	u->site = n->s->name;
	u->program = n->program;
	u->home = n->home;
	u->state = n->state.at;
	u->again = n->again.at;
	u->system = n->at.system;
	u->owner = n->owner->pw_name;
	u->root = n->at.system && n->owner->pw_uid == 0;
	u->wait_s = (unsigned)opt_number(o, "wait", WAIT_S);
	u->passphrase_file = n->passphrase_file;
	u->mailer = n->mailer;
	return 0;
}

