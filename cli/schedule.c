#include "schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "spawn.h"

#define TEXT_MAX 1048576u		/* bytes of a unit, a crontab */
#define WANTS "timers.target.wants"
#define PARTS 3u

/* Of a service; a file for cron is one part without a suffix. */
static const char *const suffixes[PARTS] = {
	".service", ".timer", "-mail.service"
};

struct texts {				/* by part; empty: not wanted */
	struct buf at[PARTS];
	size_t count;
};

static void
texts_clear(struct texts *t)
{
	size_t i;

	for (i = 0; i < PARTS; i++)
		buf_clear(&t->at[i]);
}

static int
is_crontab(const struct schedule_at *at)
{
	return at->cron && !at->system && at->dir == NULL;
}

/* --- where ------------------------------------------------------------- */

int
schedule_systemd(void)
{
	/* sd_booted(3) looks at nothing else. */
	return access("/run/systemd/system", F_OK) == 0;
}

int
schedule_reaches(const struct schedule_at *at)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	if (at->cron || at->dir != NULL || !schedule_systemd())
		return 0;
	if (at->system)
		return 1;
	buf_addf(&path, "%s/systemd/private", folder != NULL ? folder : "");
	return buf_str(&path) != NULL && access(path.at, F_OK) == 0;
}

static int
folder_of(const struct schedule_at *at, struct buf *ret, struct err *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (at->dir != NULL)
		buf_adds(ret, at->dir);
	else if (at->system)
		buf_adds(ret, at->cron ? "/etc/cron.d" :
		    "/etc/systemd/system");
	else if (config != NULL && config[0] == '/')
		buf_addf(ret, "%s/systemd/user", config);
	else if (home != NULL && home[0] == '/')
		buf_addf(ret, "%s/.config/systemd/user", home);
	else
		return err_set(err, E_CONFIG, "HOME does not name a folder");
	return buf_str(ret) == NULL ? buf_check(ret, err) : 0;
}

static int
path_of(const struct schedule_at *at, size_t part, struct buf *ret,
    struct err *err)
{
	int rc;

	if ((rc = folder_of(at, ret, err)) < 0)
		return rc;
	buf_addc(ret, '/');
	units_name(at->site, at->cron, ret);
	if (!at->cron)
		buf_adds(ret, suffixes[part]);
	return buf_str(ret) == NULL ? buf_check(ret, err) : 0;
}

static int
link_of(const struct schedule_at *at, struct buf *ret, struct err *err)
{
	int rc;

	if ((rc = folder_of(at, ret, err)) < 0)
		return rc;
	buf_adds(ret, "/" WANTS "/");
	units_name(at->site, 0, ret);
	buf_adds(ret, ".timer");
	return buf_str(ret) == NULL ? buf_check(ret, err) : 0;
}

/* --- whose ------------------------------------------------------------- */

/* The line that says so. */
static int
mark_of(const struct schedule_at *at, struct buf *ret, struct err *err)
{
	buf_addf(ret, UNITS_MARK "%s\n", at->home);
	return buf_str(ret) == NULL ? buf_check(ret, err) : 0;
}

static int
foreign(const char *path, const struct buf *text, struct err *err)
{
	size_t len = strlen(UNITS_MARK), end;

	if (text->len > len && memcmp(text->at, UNITS_MARK, len) == 0) {
		end = strcspn(text->at + len, "\n");
		(void)err_set(err, E_USAGE, "\"%s\" is of the site in "
		    "\"%.*s\"", path, (int)(end < 300 ? end : 300),
		    text->at + len);
		return err_next(err, "of two sites of one name, one can be "
		    "of the system and one of a user (--user)");
	}
	(void)err_set(err, E_USAGE, "\"%s\" was not written by satchel "
	    "schedule install", path);
	return err_next(err, "look at it, and move it away");
}

/* 1: the text of a part of this site; 0: there is none. */
static int
read_part(const struct schedule_at *at, size_t part, struct buf *text,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, mark = BUF_INIT;
	struct stat st;
	int rc;

	if ((rc = path_of(at, part, &path, err)) < 0 ||
	    (rc = mark_of(at, &mark, err)) < 0)
		return rc;
	if (lstat(path.at, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		    err_io(err, errno, "\"%s\"", path.at);
	if (!S_ISREG(st.st_mode))
		return foreign(path.at, text, err);
	if ((rc = file_read_all(path.at, TEXT_MAX, text, err)) < 0)
		return rc;
	if (buf_str(text) == NULL)
		return buf_check(text, err);
	if (text->len < mark.len || memcmp(text->at, mark.at, mark.len) != 0)
		return foreign(path.at, text, err);
	return 1;
}

/* 1: the link of this site's timer is there. */
static int
read_link(const struct schedule_at *at, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, wanted = BUF_INIT;
	char to[1024];
	ssize_t n;
	int rc;

	if ((rc = link_of(at, &path, err)) < 0)
		return rc;
	buf_adds(&wanted, "../");
	units_name(at->site, 0, &wanted);
	buf_adds(&wanted, ".timer");
	if (buf_str(&wanted) == NULL)
		return buf_check(&wanted, err);
	n = readlink(path.at, to, sizeof to);
	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;

	/* systemctl writes the whole path. */
	if (n > 0) {
		char *slash = memrchr(to, '/', (size_t)n);
		size_t len = slash != NULL ?
		    (size_t)(to + n - slash) : (size_t)n;

		if (slash != NULL && len == wanted.len - 2 &&
		    memcmp(slash, wanted.at + 2, len) == 0)
			return 1;
	}
	(void)err_set(err, E_USAGE, "\"%s\" is not the link of this site's "
	    "timer", path.at);
	return err_next(err, "look at it, and move it away");
}

/* Is all that is there this site's? */
static int
check_all(const struct schedule_at *at, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < (at->cron ? 1 : PARTS); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT;

		if ((rc = read_part(at, i, &text, err)) < 0)
			return rc;
	}
	return at->cron ? 0 : read_link(at, err);
}

/* --- a user's crontab -------------------------------------------------- */

#define CRONTAB_END "# End of what \"satchel schedule install\" wrote\n"

static int
crontab_read(struct buf *ret, struct err *err)
{
	const char *const argv[] = { "crontab", "-l", NULL };
	int rc = spawn_run(argv, NULL, ret, 1, err);

	/* Exit 1: there is none yet; or it may not be read, which writing
	 * will say. */
	return rc < 0 ? rc : 0;
}

static int
crontab_write(const struct buf *text, struct err *err)
{
	const char *const argv[] = { "crontab", "-", NULL };
	int rc = spawn_run(argv, text, NULL, 0, err);

	if (rc > 0)
		return err_set(err, E_CONFIG, "crontab does not take the new "
		    "lines (exit %d)", rc);
	return rc;
}

/* Where the lines of this site are in a crontab: 1, or 0 if nowhere. */
static int
crontab_part(const struct schedule_at *at, const struct buf *text,
    size_t *ret_from, size_t *ret_len, struct err *err)
{
	CLEANUP(buf_clear) struct buf mark = BUF_INIT;
	const char *from, *end;
	int rc;

	if ((rc = mark_of(at, &mark, err)) < 0)
		return rc;
	from = text->at != NULL ? strstr(text->at, mark.at) : NULL;
	while (from != NULL && from != text->at && from[-1] != '\n')
		from = strstr(from + 1, mark.at);
	if (from == NULL)
		return 0;
	if ((end = strstr(from, CRONTAB_END)) == NULL) {
		(void)err_set(err, E_CONFIG, "the crontab has lines of this "
		    "site, but not their end");
		return err_next(err, "take them out with 'crontab -e'");
	}
	*ret_from = (size_t)(from - text->at);
	*ret_len = (size_t)(end - from) + strlen(CRONTAB_END);
	return 1;
}

/* The crontab without this site's lines, and with `lines` (NULL: none). */
static int
crontab_change(const struct schedule_at *at, const struct buf *lines,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf old = BUF_INIT, new = BUF_INIT;
	size_t from = 0, len = 0;
	int rc, found;

	if ((rc = crontab_read(&old, err)) < 0 ||
	    (found = rc = crontab_part(at, &old, &from, &len, err)) < 0)
		return rc;
	if (!found)
		from = old.len;
	if (from > 0)
		buf_add(&new, old.at, from);
	if (lines != NULL) {
		if (new.len > 0 && new.at[new.len - 1] != '\n')
			buf_addc(&new, '\n');
		buf_add(&new, lines->at, lines->len);
		buf_adds(&new, CRONTAB_END);
	}
	if (found)
		buf_adds(&new, old.at + from + len);
	if (buf_str(&new) == NULL)
		return buf_check(&new, err);
	rc = found || lines != NULL ? crontab_write(&new, err) : 0;
	return rc < 0 ? rc : found;
}

static int
crontab_find(const struct schedule_at *at, struct buf *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	size_t from = 0, len = 0;
	int rc;

	/* Without cron there are no lines of ours. */
	if ((rc = crontab_read(&text, err)) == -E_CONFIG) {
		err_clear(err);
		return 0;
	}
	if (rc < 0 || (rc = crontab_part(at, &text, &from, &len, err)) <= 0)
		return rc;
	buf_add(ret, text.at + from, len);
	return buf_str(ret) == NULL ? buf_check(ret, err) : 1;
}

/* --- putting ----------------------------------------------------------- */

static int
make_texts(const struct schedule_at *at, const struct units *u,
    struct texts *t, struct err *err)
{
	size_t i;
	int rc;

	if ((rc = units_check(u, err)) < 0)
		return rc;
	t->count = at->cron ? 1 : PARTS;
	if (at->cron) {
		if ((rc = units_cron(u, &t->at[0], err)) < 0)
			return rc;
	} else {
		units_service(u, &t->at[0]);
		units_timer(u, &t->at[1]);
		if (u->mail_to != NULL)
			units_mail(u, &t->at[2]);
	}
	for (i = 0; i < t->count; i++)
		if ((rc = buf_check(&t->at[i], err)) < 0)
			return rc;
	return 0;
}

int
schedule_print(const struct schedule_at *at, const struct units *u,
    struct buf *out, struct err *err)
{
	CLEANUP(texts_clear) struct texts t = { .count = 0 };
	size_t i;
	int rc;

	if ((rc = make_texts(at, u, &t, err)) < 0)
		return rc;
	for (i = 0; i < t.count; i++) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		if (t.at[i].len == 0)
			continue;
		if ((rc = path_of(at, i, &path, err)) < 0)
			return rc;
		if (i > 0)
			buf_addc(out, '\n');
		buf_addf(out, "# %s\n", is_crontab(at) ? "crontab" : path.at);
		buf_add(out, t.at[i].at, t.at[i].len);
	}
	return buf_check(out, err);
}

static int
remove_path(const char *path, struct units_paths *ret, struct err *err)
{
	int rc;

	if (unlink(path) != 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		    err_io(err, errno, "remove \"%s\"", path);
	if ((rc = file_sync_parent(path, err)) < 0)
		return rc;
	return ret != NULL ? units_paths_add(ret, path, err) : 0;
}

static int
put_part(const struct schedule_at *at, size_t part, const struct buf *text,
    struct units_paths *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	if ((rc = path_of(at, part, &path, err)) < 0)
		return rc;
	if (text->len == 0)
		return remove_path(path.at, NULL, err);
	if ((rc = file_put(path.at, 0644, text->at, text->len, err)) < 0)
		return rc;
	return units_paths_add(ret, path.at, err);
}

static int
put_link(const struct schedule_at *at, struct units_paths *ret,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, folder = BUF_INIT,
	    to = BUF_INIT;
	int rc;

	if ((rc = link_of(at, &path, err)) < 0 ||
	    (rc = folder_of(at, &folder, err)) < 0)
		return rc;
	buf_adds(&folder, "/" WANTS);
	buf_adds(&to, "../");
	units_name(at->site, 0, &to);
	buf_adds(&to, ".timer");
	if (buf_str(&folder) == NULL || buf_str(&to) == NULL)
		return err_oom(err);
	if ((rc = file_folder(folder.at, 0755, err)) < 0)
		return rc;
	if (symlink(to.at, path.at) != 0 && errno != EEXIST)
		return err_io(err, errno, "link \"%s\"", path.at);
	if ((rc = file_sync_parent(path.at, err)) < 0)
		return rc;
	return units_paths_add(ret, path.at, err);
}

int
schedule_put(const struct schedule_at *at, const struct units *u,
    struct units_paths *ret, struct err *err)
{
	CLEANUP(texts_clear) struct texts t = { .count = 0 };
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;
	size_t i;
	int rc;

	if ((rc = make_texts(at, u, &t, err)) < 0)
		return rc;
	if (is_crontab(at)) {
		if ((rc = crontab_change(at, &t.at[0], err)) < 0)
			return rc;
		return units_paths_add(ret, "crontab", err);
	}
	if ((rc = check_all(at, err)) < 0 ||
	    (rc = folder_of(at, &folder, err)) < 0 ||
	    (rc = file_folders(folder.at, at->system ? 0755 : 0700,
	    err)) < 0)
		return rc;
	for (i = 0; i < t.count; i++)
		if ((rc = put_part(at, i, &t.at[i], ret, err)) < 0)
			return rc;
	return at->cron ? 0 : put_link(at, ret, err);
}

/* --- finding, removing ------------------------------------------------- */

int
schedule_remove(const struct schedule_at *at, struct units_paths *ret,
    struct err *err)
{
	size_t i = at->cron ? 1 : PARTS;
	int rc;

	if (is_crontab(at)) {
		if ((rc = crontab_change(at, NULL, err)) > 0)
			rc = units_paths_add(ret, "crontab", err);
		return rc;
	}
	if ((rc = check_all(at, err)) < 0)
		return rc;
	if (!at->cron) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		if ((rc = link_of(at, &path, err)) < 0 ||
		    (rc = remove_path(path.at, ret, err)) < 0)
			return rc;
	}

	/* The service goes last: as long as it is there, it is found. */
	while (i-- > 0) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		if ((rc = path_of(at, i, &path, err)) < 0 ||
		    (rc = remove_path(path.at, ret, err)) < 0)
			return rc;
	}
	return 0;
}

int
schedule_find(const struct schedule_at *at, struct buf *ret_text,
    struct units_paths *ret, struct err *err)
{
	size_t i;
	int rc, found = 0;

	if (is_crontab(at)) {
		if ((rc = crontab_find(at, ret_text, err)) > 0 &&
		    units_paths_add(ret, "crontab", err) < 0)
			rc = -(int)err->code;
		return rc;
	}
	for (i = 0; i < (at->cron ? 1 : PARTS); i++) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT,
		    text = BUF_INIT;

		if ((rc = read_part(at, i, i == 0 ? ret_text : &text,
		    err)) < 0 || (rc > 0 &&
		    ((rc = path_of(at, i, &path, err)) < 0 ||
		    (rc = units_paths_add(ret, path.at, err)) < 0)))
			return rc;
	}
	found = ret->count > 0;
	return found;
}

/* --- systemd ----------------------------------------------------------- */

static int
systemctl(const struct schedule_at *at, const char *verb, int of_timer,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf unit = BUF_INIT;
	const char *argv[5] = { "systemctl" };
	size_t n = 1;
	int rc;

	units_name(at->site, 0, &unit);
	buf_adds(&unit, ".timer");
	if (buf_str(&unit) == NULL)
		return buf_check(&unit, err);
	if (!at->system)
		argv[n++] = "--user";
	argv[n++] = verb;
	if (of_timer)
		argv[n++] = unit.at;
	if ((rc = spawn_run(argv, NULL, NULL, 0, err)) <= 0)
		return rc;
	(void)err_set(err, E_CONFIG, "systemctl %s failed (exit %d)", verb,
	    rc);
	return err_next(err, "the units are there; systemctl says what is "
	    "wrong");
}

int
schedule_reload(const struct schedule_at *at, struct err *err)
{
	return systemctl(at, "daemon-reload", 0, err);
}

int
schedule_start(const struct schedule_at *at, struct err *err)
{
	int rc = schedule_reload(at, err);

	/* A timer that runs takes new times when it is started again. */
	return rc < 0 ? rc : systemctl(at, "restart", 1, err);
}

int
schedule_stop(const struct schedule_at *at, struct err *err)
{
	return systemctl(at, "stop", 1, err);
}

int
schedule_next(const struct schedule_at *at, struct buf *ret)
{
	CLEANUP(buf_clear) struct buf unit = BUF_INIT;
	struct err ignored = ERR_INIT;
	const char *argv[7] = { "systemctl" };
	size_t n = 1;

	units_name(at->site, 0, &unit);
	buf_adds(&unit, ".timer");
	if (!schedule_reaches(at) || buf_str(&unit) == NULL)
		return 0;
	if (!at->system)
		argv[n++] = "--user";
	argv[n++] = "show";
	argv[n++] = "--property=NextElapseUSecRealtime";
	argv[n++] = "--value";
	argv[n++] = unit.at;
	if (spawn_run(argv, NULL, ret, 1, &ignored) != 0)
		return 0;
	while (ret->len > 0 && ret->at[ret->len - 1] == '\n')
		ret->len--;
	return ret->len > 0 && buf_str(ret) != NULL;
}
