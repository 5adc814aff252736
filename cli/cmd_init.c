/* satchel init: a new site.
 *
 * All of it is made in <home>/.init and then moved up, store.db last: the
 * site is there when its database is.  Before that the disk is synced as a
 * whole: the home, or a folder above it, may have been made for this.  What a
 * killed run left is recognised by .init/store.db and cleared away by the
 * next.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../store/guard.h"
#include "../store/log.h"
#include "birth.h"
#include "cmd.h"
#include "home.h"

#define BUILD ".init"

/* --- folders ----------------------------------------------------------- */

static int
path_of(struct buf *out, const char *home, const char *name, struct err *err)
{
	buf_reset(out);
	buf_addf(out, "%s/%s", home, name);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

/* Hold the folder, so that two inits do not build in it at once. */
static int
hold(const char *home, int *ret_fd, struct err *err)
{
	*ret_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_io(err, errno, "folder \"%s\"", home);
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, E_LOCKED, "another satchel is making a "
		    "site in \"%s\"", home);
	return 0;
}

static int
exists(const char *home, const char *name, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct stat st;

	if (path_of(&path, home, name, err) < 0)
		return -(int)err->code;
	if (lstat(path.at, &st) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 :
	    err_io(err, errno, "\"%s\"", path.at);
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

/* Nothing in it but what we are building? */
static int
check_empty(const char *home, struct err *err)
{
	CLEANUP(dir_closep) DIR *d = opendir(home);
	const struct dirent *e;

	if (d == NULL)
		return err_io(err, errno, "folder \"%s\"", home);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, BUILD) == 0)
			continue;
		(void)err_set(err, E_USAGE, "folder \"%s\" is not empty",
		    home);
		return err_next(err, "choose another folder with --home");
	}
	return 0;
}

/* --- what a killed run left -------------------------------------------- */

static const char *const left[] = {	/* files first */
	"keys/sign.key", "keys/sign.pub", "keys/age.key", "keys/age.pub",
	CONFIG_FILE, "lock", "store.db-journal", "store.db", "keys", "spool"
};
#define LEFT (sizeof left / sizeof *left)

static void
sweep(const char *home, const char *name)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct err ignored = ERR_INIT;

	if (path_of(&path, home, name, &ignored) == 0)
		file_sweep(path.at, "");
}

static int
remove_left(const char *home, const char *below, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	size_t i;

	for (i = 0; i < LEFT; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s%s", home, below, left[i]);
		if (buf_str(&path) == NULL)
			return err_oom(err);
		if (remove(path.at) != 0 && errno != ENOENT &&
		    errno != ENOTDIR)
			return err_io(err, errno, "remove \"%s\"", path.at);
	}
	return 0;
}

/* Beside the guard of the site that was being made, whose name is nowhere but
 * in its store. */
static void
sweep_guard(const char *home)
{
	CLEANUP(buf_clear) struct buf build = BUF_INIT, state = BUF_INIT;
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	struct err ignored = ERR_INIT;

	if (path_of(&build, home, BUILD, &ignored) < 0 ||
	    home_state(&state, &ignored) < 0 ||
	    store_open(&s, build.at, STORE_WRITE, 0, &ignored) < 0)
		return;
	buf_addf(&name, "%s.guard", s->self.site);
	if (buf_str(&name) != NULL)
		file_sweep(state.at, name.at);
}

/* The database is moved last: while it is in .init, all that is here is ours
 * to throw away. */
static int
clear_left(const char *home, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc, built;

	if ((rc = exists(home, BUILD, err)) <= 0)
		return rc;
	if ((built = exists(home, BUILD "/store.db", err)) < 0)
		return built;
	sweep(home, BUILD "/keys");
	if (built)
		sweep_guard(home);
	if ((built && (rc = remove_left(home, "", err)) < 0) ||
	    (rc = remove_left(home, BUILD "/", err)) < 0 ||
	    (rc = path_of(&path, home, BUILD, err)) < 0)
		return rc;
	if (rmdir(path.at) != 0)
		return err_io(err, errno, "remove \"%s\"", path.at);
	return 0;
}

/* --- building ---------------------------------------------------------- */

struct site {
	const char *home, *name;
	char id[17], nonce[17];
	struct birth birth;
};

static void
site_clear(struct site *site)
{
	birth_clear(&site->birth);
}

/* The guard, before the site is there: a guard alone is no alarm; and what
 * it mirrors. */
static int
fill(const char *build, const struct birth *birth, struct err *err)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = home_state(&state, err)) < 0 ||
	    (rc = store_open(&s, build, STORE_WRITE, 0, err)) < 0 ||
	    (rc = guard_check(s, state.at, err)) < 0 ||
	    (rc = guard_write(s, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = birth_put(birth, build, s, err)) < 0 ||
	    (rc = log_add(s, "init", NULL, NULL, birth->recover ?
	    "{\"recover\":true}" : "{}", err)) < 0)
		return rc;
	return store_commit(s, err);
}

/* The last step, which a run may have been killed before. */
static void
tidy(const char *home)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct err ignored = ERR_INIT;

	if (path_of(&path, home, BUILD, &ignored) == 0)
		(void)rmdir(path.at);
}

static int
move_up(const char *home, const char *name, struct err *err)
{
	CLEANUP(buf_clear) struct buf from = BUF_INIT, to = BUF_INIT;

	buf_addf(&from, "%s/%s/%s", home, BUILD, name);
	if (buf_str(&from) == NULL || path_of(&to, home, name, err) < 0)
		return err_oom(err);
	if (rename(from.at, to.at) != 0)
		return err_io(err, errno, "move \"%s\"", from.at);
	return file_sync_parent(to.at, err);
}

static int
build(struct cmd *c, const struct site *site, struct err *err)
{
	CLEANUP(buf_clear) struct buf folder = BUF_INIT, keys = BUF_INIT;
	int rc;

	if ((rc = path_of(&folder, site->home, BUILD, err)) < 0 ||
	    (rc = path_of(&keys, folder.at, "keys", err)) < 0)
		return rc;
	if (mkdir(folder.at, 0700) != 0 || mkdir(keys.at, 0700) != 0)
		return err_io(err, errno, "make folder \"%s\"", keys.at);
	if ((rc = keys_create(&c->keys, keys.at, err)) < 0 ||
	    (rc = store_create(folder.at, site->name, site->id, site->nonce,
	    err)) < 0 ||
	    (rc = fill(folder.at, &site->birth, err)) < 0 ||
	    (site->birth.kind != NULL &&
	    (rc = move_up(site->home, CONFIG_FILE, err)) < 0) ||
	    (rc = move_up(site->home, "keys", err)) < 0 ||
	    (rc = move_up(site->home, "spool", err)) < 0 ||
	    (rc = move_up(site->home, "lock", err)) < 0 ||
	    (rc = file_sync_medium(site->home, err)) < 0 ||
	    (rc = move_up(site->home, "store.db", err)) < 0)
		return rc;
	tidy(site->home);
	return 0;
}

/* --- the command ------------------------------------------------------- */

static int
check_name(const struct opts *o, struct err *err)
{
	const char *name = opt_text(o, "name");

	if (name == NULL)
		return err_set(err, E_USAGE, "--name NAME is missing");
	if (!text_is_name(name, strlen(name)))
		return err_set(err, E_USAGE, "--name: up to %u letters, "
		    "digits, '.' and '-' expected, \"%s\" found", NAME_LEN,
		    name);
	return 0;
}

/* Nothing was sent to the SENAITE yet. */
static void
say_next(struct out *o, const struct site *site)
{
	out_text(o, "settings     ");
	out_safe(o, site->home);
	out_text(o, "/%s\nnext         'satchel doctor', then 'satchel "
	    "notice'\n", CONFIG_FILE);
	if (site->birth.recover)
		out_text(o, "             then each peer removes the old site "
		    "with 'satchel peer remove'\n             and adds this "
		    "one's card, and both sides run 'satchel export --full'\n");
}

static int
say(struct cmd *c, const struct site *site, struct err *err)
{
	char digits[CARD_TEXT_MAX];
	struct card card;
	int rc;

	memset(&card, 0, sizeof card);
	if ((rc = keys_public(site->home, &card, err)) < 0)
		return rc;
	(void)memcpy(card.actor.site, site->id, sizeof site->id);
	card_fingerprint(&card, digits);
	out_text(&c->out, "site         %s\nid           %s\n"
	    "fingerprint  %s\n", site->name, site->id, digits);
	out_str(&c->out, "name", site->name);
	out_str(&c->out, "id", site->id);
	out_str(&c->out, "fingerprint", digits);
	out_str(&c->out, "home", site->home);
	out_str(&c->out, "instance", site->birth.kind != NULL ?
	    site->birth.kind : "lab");
	if (site->birth.kind != NULL)
		say_next(&c->out, site);
	return 0;
}

/* The site is there if only the last sync of its folder failed. */
static int
give_up(const char *home, struct err *err)
{
	struct err ignored = ERR_INIT;

	(void)clear_left(home, &ignored);
	if (exists(home, "store.db", &ignored) > 0)
		return err_next(err, "it is done, but may not outlast a power "
		    "cut: 'satchel doctor' tells");
	return -(int)err->code;
}

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	CLEANUP(file_closep) int lock = -1;
	CLEANUP(site_clear) struct site site = { .birth = BIRTH_INIT,
	    .name = opt_text(&c->opts, "name") };
	int rc;

	if ((rc = check_name(&c->opts, err)) < 0 ||
	    (rc = home_path(&c->opts, &home, err)) < 0 ||
	    (rc = exists(home.at, "store.db", err)) < 0)
		return rc;
	if (rc > 0) {
		tidy(home.at);
		(void)err_set(err, E_USAGE, "there is a site in \"%s\" "
		    "already", home.at);
		return err_next(err, "choose another folder with --home");
	}
	if ((rc = birth_read(&site.birth, &c->opts, err)) < 0 ||
	    (rc = keys_new_pass(&c->keys, &c->opts, err)) < 0 ||
	    (rc = file_folders(home.at, 0700, err)) < 0 ||
	    (rc = hold(home.at, &lock, err)) < 0 ||
	    (rc = clear_left(home.at, err)) < 0 ||
	    (rc = check_empty(home.at, err)) < 0)
		return rc;
	if (fchmod(lock, 0700) != 0)
		return err_io(err, errno, "chmod \"%s\"", home.at);
	site.home = home.at;
	home_random(site.id);
	home_random(site.nonce);
	if (build(c, &site, err) < 0)
		return give_up(home.at, err);
	if (say(c, &site, err) < 0)
		return err_prefix(err, "it is done, but cannot be shown");
	return 0;
}

const struct cmd_spec cmd_init = {
	.args = "--name NAME [--instance senaite --url ADDRESS --user NAME "
	    "--password-file FILE] [options]",
	.needs = CMD_KEYS | CMD_MAKES,
	.opts = birth_opts,
	.more = "Makes the site's keys and an empty lab, or the mirror of a "
	    "SENAITE with its settings in mirror.ini; nothing is sent there "
	    "yet.  The keys have no passphrase unless one is given.",
	.run = run
};
