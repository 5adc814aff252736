#include "confine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/medium.h"
#include "../mirror/config.h"
#include "../mirror/http.h"
#include "../store/drop.h"
#include "fence.h"
#include "home.h"

#define PORT_DNS 53u

/* What every run may read besides. */
static const char *const common[] = {
	"/dev/urandom", "/sys/devices/system/cpu/online"
};

/* What a path lies on (base/medium.h). */
static const char *const mounts[] = {
	"/proc/self/mountinfo", "/dev/disk", "/sys/dev/block", "/sys/devices"
};

/* What looking up a host and speaking TLS read: settings, the system's
 * certificates, libraries that are loaded when they are needed.  A folder is
 * what is in it, not what its links lead to: what may be a link is named. */
static const char *const network[] = {
	"/etc", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
	"/etc/gai.conf", "/etc/ssl/openssl.cnf",
	"/lib", "/lib64", "/usr/lib", "/usr/lib64",
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
	"/run/nscd", "/var/run/nscd"
};

#define COUNT(list) (sizeof (list) / sizeof *(list))

static void
read_all(struct fence *f, const char *const *paths, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		fence_read(f, paths[i]);
}

/* --- the home ---------------------------------------------------------- */

/* A folder of the home may be a link to another place. */
static void
open_below(struct fence *f, const char *home, const char *name)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/%s", home, name);
	if (buf_str(&path) != NULL)
		fence_write(f, path.at);
}

/* What SQLite sorts beside the memory is lab data: it stays in the home. */
static void
keep_sorting_here(const char *home)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/spool", home);
	if (buf_str(&path) != NULL)
		(void)setenv("SQLITE_TMPDIR", path.at, 1);
}

static void
open_home(struct fence *f, const char *home)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	struct err err = ERR_INIT;

	fence_write(f, home);
	open_below(f, home, "keys");
	open_below(f, home, "spool");
	keep_sorting_here(home);
	if (home_state(&state, &err) == 0)
		fence_write(f, state.at);
}

/* --- what the command line names --------------------------------------- */

static void
open_options(struct fence *f, const struct opts *o)
{
	const struct opt_given *g;
	size_t i;

	for (i = 0; i < o->given_count; i++) {
		g = &o->given[i];
		if (g->opt->kind == OPT_FILE)
			fence_read(f, g->value);
		else if (g->opt->kind == OPT_NAMING)
			fence_read(f, "/");
		else if (g->opt->kind == OPT_PLACE)
			fence_write(f, g->value);
	}
}

static void
open_arguments(struct fence *f, const struct opts *o, unsigned needs)
{
	int answers = needs & CMD_ANSWERS && !opt_flag(o, "dry-run") &&
	    opt_text(o, "requests") == NULL;
	size_t i;

	for (i = 0; i < o->arg_count; i++) {
		fence_read(f, needs & CMD_NAMING ? "/" : o->args[i]);
		if (answers)
			fence_write(f, o->args[i]);
	}
}

static void
open_places(struct fence *f, const struct opts *o, unsigned needs)
{
	size_t i;

	if (needs & CMD_PLACE && o->arg_count > 0)
		fence_write(f, o->args[o->arg_count - 1]);
	for (i = 0; needs & CMD_PAIRS && i < o->arg_count; i++)
		if (strncmp(o->args[i], "path=", 5) == 0)
			fence_write(f, o->args[i] + 5);
}

/* --- media, and the drops ---------------------------------------------- */

static int
open_medium(void *ctx, const struct medium *m, struct err *err)
{
	(void)err;
	fence_read(ctx, m->mount);
	return 0;
}

/* What else is wrong with the store, the command itself will say. */
static int
open_drops(struct fence *f, struct cmd *c,
    void (*leave_open)(struct fence *, const char *), struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	struct err why = ERR_INIT;
	size_t i;

	if (home_open(c, HOME_READ, &s, &why) >= 0)
		(void)drop_list(s, &drops, &why);
	if (why.code == E_LOCKED) {
		*err = why;
		return -(int)err->code;
	}
	for (i = 0; i < drops.count; i++)
		leave_open(f, drops.at[i].path);
	return 0;
}

/* What a path lies on is asked of all of these. */
static int
open_media(struct fence *f, struct cmd *c, struct err *err)
{
	struct err ignored = ERR_INIT;

	read_all(f, mounts, COUNT(mounts));
	if (c->opts.arg_count > 0)
		return 0;
	(void)medium_each(open_medium, f, &ignored);
	return open_drops(f, c, fence_read, err);
}

/* --- the instance ------------------------------------------------------ */

/* What is wrong with the settings, the command itself will say. */
static void
open_mirror(struct fence *f, const char *home)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	struct err err = ERR_INIT;
	const char *files[5];
	size_t i;

	if (config_read(&config, home, &err) <= 0 || config.url == NULL)
		return;
	read_all(f, network, COUNT(network));
	files[0] = config.password_file;
	files[1] = config.token_file;
	files[2] = config.ca_file;
	http_trusted(&files[3], &files[4]);
	for (i = 0; i < COUNT(files); i++)
		if (files[i] != NULL)
			fence_read(f, files[i]);
	fence_connect(f, PORT_DNS);
	fence_connect(f, config_port(config.url));
	if (config.proxy != NULL)
		fence_connect(f, config_proxy_port(config.proxy));
}

/* --- all --------------------------------------------------------------- */

int
confine(struct cmd *c, const struct cmd_spec *spec, struct err *err)
{
	CLEANUP(fence_clear) struct fence f = FENCE_INIT;
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	struct err ignored = ERR_INIT;
	int version, rc;

	/* A program that it starts would be held, too. */
	if (spec->needs & CMD_STARTS)
		return 0;
	version = fence_begin(&f);

	/* Version 1 cannot allow what init does: to move between folders. */
	if (spec->needs & CMD_MAKES && version < 2)
		fence_clear(&f);
	tzset();			/* reads its file now */
	read_all(&f, common, COUNT(common));
	fence_terminal(&f, "/dev/tty");
	if (spec->needs & (CMD_MOUNTS | CMD_DROPS))
		read_all(&f, mounts, COUNT(mounts));
	if (spec->needs & (CMD_STORE | CMD_MAKES) &&
	    home_path(&c->opts, &home, &ignored) == 0)
		open_home(&f, home.at);
	if (spec->needs & CMD_DROPS)
		(void)open_drops(&f, c, fence_write, &c->busy);
	if (spec->needs & CMD_MEDIA && (rc = open_media(&f, c, err)) < 0)
		return rc;
	open_places(&f, &c->opts, spec->needs);
	open_options(&f, &c->opts);
	if (spec->needs & (CMD_FILES | CMD_NAMING))
		open_arguments(&f, &c->opts, spec->needs);
	if (spec->needs & CMD_MIRROR && home.len > 0)
		open_mirror(&f, home.at);
	return fence_close(&f);
}
