/* satchel drop: folders on shared storage. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/text.h"
#include "../carry/mark.h"
#include "../carry/retain.h"
#include "../store/check.h"
#include "../store/drop.h"
#include "../store/log.h"
#include "cmd.h"
#include "home.h"
#include "night.h"
#include "night_say.h"

static const struct opt add_opts[] = {
	{ "peers", OPT_MANY, "PEERS", "whom it serves: names with commas "
	    "between; may be repeated" },
	{ "keep", OPT_NUMBER, "DAYS", "keep files for so long after all have "
	    "them (default 0)" },
	{ "together", OPT_FLAG, NULL, "write one file for all its peers, not "
	    "one for each" },
	{ "removable", OPT_FLAG, NULL, "it may be absent, such as a stick: no "
	    "alarm then" },
	OPT_END
};

/* --- peers by name ----------------------------------------------------- */

struct ids {
	int64_t *at;			/* owned */
	size_t count;
};

static void
ids_clear(struct ids *x)
{
	free(x->at);
}

static int
add_id(struct ids *to, struct store *s, const char *name, size_t len,
    struct err *err)
{
	char text[sizeof ((struct peer *)0)->site + NAME_LEN];
	int64_t *more;
	struct peer p;
	int rc;

	if (len == 0 || len >= sizeof text)
		return err_set(err, E_USAGE, "--peers: \"%.*s\" is no name",
		    len < 64 ? (int)len : 64, name);
	memcpy(text, name, len);
	text[len] = '\0';
	if ((rc = peer_find(s, text, &p, err)) < 0)
		return rc;
	if (rc == 0) {
		(void)err_set(err, E_USAGE, "there is no peer \"%s\"", text);
		return err_next(err, "'satchel peer list' names them");
	}
	if ((more = realloc(to->at, (to->count + 1) * sizeof *more)) == NULL)
		return err_oom(err);
	to->at = more;
	more[to->count++] = p.id;
	return 0;
}

/* "a,b,c" */
static int
add_ids(struct ids *to, struct store *s, const char *names, struct err *err)
{
	size_t len;
	int rc;

	for (;; names += len + 1) {
		len = strcspn(names, ",");
		if ((rc = add_id(to, s, names, len, err)) < 0 ||
		    names[len] == '\0')
			return rc;
	}
}

/* --- one drop ---------------------------------------------------------- */

static int
need_drop(struct store *s, const char *name, struct drop *ret,
    struct err *err)
{
	int rc = drop_find(s, name, ret, err);

	if (rc != 0)
		return rc;
	(void)err_set(err, E_USAGE, "there is no drop \"%.64s\"", name);
	return err_next(err, "'satchel drop list' names them");
}

/* Does `path` lie below `folder`, or is it that?  Real names, both. */
static int
is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' ||
	    path[len] == '\0' || (len > 0 && folder[len - 1] == '/'));
}

/* What is in a drop is read, and written for others to read. */
static int
check_folder(const struct store *s, const char *path, struct err *err)
{
	CLEANUP(buf_freep) char *home = realpath(s->home, NULL);

	if (home == NULL)
		return err_io(err, errno, "\"%s\"", s->home);
	if (is_within(home, path))
		(void)err_set(err, E_USAGE, "\"%s\" cannot be a drop: the "
		    "home of this site is in it", path);
	else if (is_within(path, home))
		(void)err_set(err, E_USAGE, "\"%s\" cannot be a drop: it is "
		    "in the home of this site", path);
	else
		return 0;
	return err_next(err, "make a folder for it on the share");
}

/* The folder, by its real name. */
static int
set_path(struct drop *d, const struct store *s, const char *path,
    struct err *err)
{
	struct stat st;
	char *real = realpath(path, NULL);

	if (real == NULL || stat(real, &st) != 0 || !S_ISDIR(st.st_mode)) {
		free(real);
		(void)err_set(err, E_USAGE, "there is no folder \"%s\"", path);
		return err_next(err, "mount the share first, and make the "
		    "folder there");
	}
	free(d->path);
	d->path = real;
	return check_folder(s, real, err);
}

/* Last of all: what is refused leaves no mark. */
static int
mark_drop(struct store *s, struct drop *d, struct err *err)
{
	int rc = mark_make(d->path, d->mark, err);

	return rc < 0 ? rc : drop_save(s, d, err);
}

static int
log_drop(struct store *s, const char *event, const struct drop *d,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;

	buf_adds(&detail, "{\"name\":");
	text_json(&detail, d->name, strlen(d->name));
	buf_adds(&detail, "}");
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_add(s, event, NULL, d->path, detail.at, err);
}

static int
say_peers(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	size_t count = 0, i;
	int rc = drop_peers(s, d->id, &peers, &count, err);

	out_open(o, "peers", '[');
	for (i = 0; i < count; i++) {
		out_text(o, "%s%s", i > 0 ? ", " : "", peers[i].name);
		out_str(o, NULL, peers[i].name);
	}
	out_close(o);
	return rc;
}

static int
say_drop(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	char date[21];
	int rc;

	text_date(date, d->reached);
	out_text(o, "%s  ", d->name);
	out_safe(o, d->path);
	out_text(o, "\n  peers    ");
	out_open(o, NULL, '{');
	out_str(o, "name", d->name);
	out_str(o, "path", d->path);
	out_number(o, "keep", d->keep);
	out_bool(o, "together", d->together);
	out_bool(o, "removable", d->removable);
	out_date(o, "reached", d->reached);
	rc = say_peers(o, s, d, err);
	out_close(o);
	out_text(o, "\n  keep     %u days%s%s\n  reached  %s\n", d->keep,
	    d->together ? ", one file for all" : "", d->removable ?
	    ", may be absent" : "", d->reached > 0 ? date : "never");
	return rc;
}

/* Of what was done, for a person and as JSON. */
static int
say_one(struct cmd *c, struct store *s, const struct drop *d, struct err *err)
{
	int rc;

	out_open(&c->out, "drops", '[');
	rc = say_drop(&c->out, s, d, err);
	out_close(&c->out);
	return rc;
}

/* --- add, set, remove -------------------------------------------------- */

static int
add_peers(struct cmd *c, struct store *s, struct ids *to, struct err *err)
{
	CLEANUP(buf_freep) const char **names = NULL;
	size_t count = 0, i;
	int rc;

	if ((rc = opt_many(&c->opts, "peers", &names, &count, err)) < 0)
		return rc;
	for (i = 0; i < count; i++)
		if ((rc = add_ids(to, s, names[i], err)) < 0)
			return rc;
	if (to->count > 0)
		return 0;
	return err_set(err, E_USAGE, "--peers PEERS is missing");
}

/* A service reaches the places that there were when it was made. */
static int
note_schedule(struct store *s, struct err *err)
{
	int64_t on, off;
	int rc;

	if ((rc = check_event(s, "scheduled", &on, err)) < 0 ||
	    (rc = check_event(s, "unscheduled", &off, err)) < 0)
		return rc;
	if (on > 0 && off <= on)
		out_note("run 'satchel schedule install' again, so that the "
		    "nights reach this place");
	return 0;
}

static int
add(struct cmd *c, struct err *err)
{
	CLEANUP(drop_clear) struct drop d = { .path = NULL };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(ids_clear) struct ids peers = { NULL, 0 };
	const char *name = c->opts.args[0];
	int rc;

	if (!text_is_name(name, strlen(name)))
		return err_set(err, E_USAGE, "\"%.64s\" is no name for a drop: "
		    "1 to %u letters, digits, '.' and '-'", name,
		    DROP_NAME_MAX);
	(void)strcpy(d.name, name);
	d.keep = (unsigned)opt_number(&c->opts, "keep", 0);
	d.together = opt_flag(&c->opts, "together");
	d.removable = opt_flag(&c->opts, "removable");
	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = add_peers(c, s, &peers, err)) < 0 ||
	    (rc = set_path(&d, s, c->opts.args[1], err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = drop_add(s, &d, err)) < 0 ||
	    (rc = drop_set_peers(s, d.id, peers.at, peers.count, err)) < 0 ||
	    (rc = log_drop(s, "drop add", &d, err)) < 0 ||
	    (rc = mark_drop(s, &d, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0 ||
	    (rc = note_schedule(s, err)) < 0)
		return rc;
	return say_one(c, s, &d, err);
}

const struct cmd_spec cmd_drop_add = {
	.args = "NAME PATH --peers PEERS [options]",
	.min = 2, .max = 2,
	.needs = CMD_STORE | CMD_PLACE,
	.opts = add_opts,
	.more = "PATH is a folder on storage that the peers share (local, NFS, "
	    "SMB), or on a stick.  A hidden file, " MARK_NAME ", marks it, so "
	    "that a share that is not mounted is not taken for an empty drop. "
	    " 'satchel sync' then works with it.",
	.run = add
};

static int
set_days(struct drop *d, const char *value, struct err *err)
{
	uint64_t n;

	if (text_number(&n, value, strlen(value), DROP_KEEP_MAX) < 0)
		return err_set(err, E_USAGE, "keep: days expected, 0 to %u, "
		    "\"%.64s\" found", DROP_KEEP_MAX, value);
	d->keep = (unsigned)n;
	return 0;
}

static int
set_flag(int *to, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(err, E_USAGE, "%s: yes or no expected, "
		    "\"%.64s\" found", key, value);
	*to = value[0] == 'y';
	return 0;
}

/* One KEY=VALUE. */
static int
set_one(struct drop *d, struct ids *peers, struct store *s, const char *pair,
    struct err *err)
{
	const char *value = strchr(pair, '=');
	size_t len = value != NULL ? (size_t)(value++ - pair) : 0;

	if (len == 4 && strncmp(pair, "keep", len) == 0)
		return set_days(d, value, err);
	if (len == 4 && strncmp(pair, "path", len) == 0)
		return set_path(d, s, value, err);
	if (len == 5 && strncmp(pair, "peers", len) == 0)
		return add_ids(peers, s, value, err);
	if (len == 8 && strncmp(pair, "together", len) == 0)
		return set_flag(&d->together, "together", value, err);
	if (len == 9 && strncmp(pair, "removable", len) == 0)
		return set_flag(&d->removable, "removable", value, err);
	return err_set(err, E_USAGE, "keep=DAYS, path=PATH, peers=PEERS, "
	    "together=yes|no or removable=yes|no expected, \"%.200s\" found",
	    pair);
}

static int
set(struct cmd *c, struct err *err)
{
	CLEANUP(drop_clear) struct drop d = { .path = NULL };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(ids_clear) struct ids peers = { NULL, 0 };
	int rc, moved = 0;
	size_t i;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = need_drop(s, c->opts.args[0], &d, err)) < 0)
		return rc;
	for (i = 1; i < c->opts.arg_count; i++)
		if ((rc = set_one(&d, &peers, s, c->opts.args[i], err)) < 0)
			return rc;
		else if (strncmp(c->opts.args[i], "path=", 5) == 0)
			moved = 1;
	if ((rc = store_begin(s, err)) < 0 ||
	    (rc = drop_save(s, &d, err)) < 0 ||
	    (peers.count > 0 && (rc = drop_set_peers(s, d.id, peers.at,
	    peers.count, err)) < 0) ||
	    (rc = log_drop(s, "drop set", &d, err)) < 0 ||
	    (moved && (rc = mark_drop(s, &d, err)) < 0) ||
	    (rc = store_commit(s, err)) < 0 ||
	    (moved && (rc = note_schedule(s, err)) < 0))
		return rc;
	return say_one(c, s, &d, err);
}

const struct cmd_spec cmd_drop_set = {
	.args = "NAME KEY=VALUE...",
	.min = 2, .max = 8,
	.needs = CMD_STORE | CMD_PAIRS,
	.more = "keep=DAYS, path=PATH (the drop has moved, or is another one "
	    "now), peers=PEERS (names with commas between, all of them), "
	    "together=yes|no, removable=yes|no.",
	.run = set
};

static int
remove_drop(struct cmd *c, struct err *err)
{
	CLEANUP(drop_clear) struct drop d = { .path = NULL };
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = need_drop(s, c->opts.args[0], &d, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = drop_remove(s, d.id, err)) < 0 ||
	    (rc = log_drop(s, "drop remove", &d, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	out_text(&c->out, "drop %s is forgotten; what lies in ", d.name);
	out_safe(&c->out, d.path);
	out_text(&c->out, " stays\n");
	out_str(&c->out, "removed", d.name);
	return 0;
}

const struct cmd_spec cmd_drop_remove = {
	.args = "NAME",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "Forgets the drop here.  Nothing in its folder is touched.",
	.run = remove_drop
};

/* --- list, show -------------------------------------------------------- */

static int
list(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	size_t i;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = drop_list(s, &drops, err)) < 0)
		return rc;
	out_open(&c->out, "drops", '[');
	for (i = 0; i < drops.count && rc >= 0; i++)
		rc = say_drop(&c->out, s, &drops.at[i], err);
	out_close(&c->out);
	if (drops.count == 0)
		out_text(&c->out, "no drops yet\n");
	return rc;
}

const struct cmd_spec cmd_drop_list = {
	.args = "",
	.needs = CMD_STORE,
	.run = list
};

static void
say_file(struct out *o, const struct drop_file *f)
{
	static const struct {
		const char *text, *key;
	} words[] = {
		[DROP_FOREIGN] = { "foreign", "foreign" },
		[DROP_OTHER] = { "between others", "other" },
		[DROP_OWN] = { "ours", "own" },
		[DROP_READ] = { "for us, read", "read" },
		[DROP_DUE] = { "for us, not read", "unread" },
		[DROP_BROKEN] = { "not whole", "broken" }
	};
	char size[24], date[21];

	out_size(f->size, size);
	text_date(date, f->first);
	out_text(o, "  %-16s %12s  since %s  ", words[f->what].text,
	    size, date);
	out_safe(o, f->name);
	if (f->own != NULL && f->own->freed != 0)
		out_text(o, " (may go)");
	out_text(o, "\n");
	out_open(o, NULL, '{');
	out_str(o, "name", f->name);
	out_str(o, "what", words[f->what].key);
	out_number(o, "size", f->size);
	out_date(o, "first", f->first);
	if (f->own != NULL)
		out_date(o, "freed", f->own->freed);
	out_close(o);
}

static int
say_files(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	CLEANUP(drop_files_clear) struct drop_files files = { NULL, 0, 0 };
	uint64_t hidden = 0;
	size_t i;
	int rc;

	if ((rc = drop_files_load(s, d->id, &files, err)) < 0)
		return rc;
	out_open(o, "files", '[');
	for (i = 0; i < files.count; i++) {
		if (files.at[i].what == DROP_FOREIGN ||
		    files.at[i].what == DROP_OTHER)
			hidden++;
		else
			say_file(o, &files.at[i]);
	}
	out_close(o);
	if (hidden > 0)
		out_text(o, "  and %" PRIu64 " that are foreign or between "
		    "other sites\n", hidden);
	out_number(o, "others", hidden);
	return 0;
}

static int
say_blocks(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	CLEANUP(drop_files_clear) struct drop_files files = { NULL, 0, 0 };
	CLEANUP(buf_freep) struct peer *peers = NULL;
	CLEANUP(buf_freep) struct retain_block *blocks = NULL;
	size_t count = 0, i;
	char date[21];
	int rc;

	if ((rc = drop_files_load(s, d->id, &files, err)) < 0 ||
	    (rc = drop_peers(s, d->id, &peers, &count, err)) < 0)
		return rc;
	if ((blocks = calloc(count + 1, sizeof *blocks)) == NULL)
		return err_oom(err);
	if ((rc = retain_blocks(&files, s, peers, count, blocks, err)) < 0)
		return rc;
	out_open(o, "waiting_for", '[');
	for (i = 0; i < count; i++) {
		if (blocks[i].files == 0)
			continue;
		text_date(date, blocks[i].since);
		out_text(o, "  %" PRIu64 " wait for the receipt of %s, the "
		    "oldest since %s\n", blocks[i].files,
		    blocks[i].peer->name, date);
		out_open(o, NULL, '{');
		out_str(o, "peer", blocks[i].peer->name);
		out_number(o, "files", blocks[i].files);
		out_number(o, "bytes", blocks[i].bytes);
		out_date(o, "since", blocks[i].since);
		out_close(o);
	}
	out_close(o);
	return 0;
}

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(drop_clear) struct drop d = { .path = NULL };
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = need_drop(s, c->opts.args[0], &d, err)) < 0 ||
	    (rc = store_begin_read(s, err)) < 0)
		return rc;
	if ((rc = say_one(c, s, &d, err)) < 0 ||
	    (rc = say_files(&c->out, s, &d, err)) < 0)
		return rc;
	return say_blocks(&c->out, s, &d, err);
}

const struct cmd_spec cmd_drop_show = {
	.args = "NAME",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "The files are those that the last sync saw; nothing is looked "
	    "at again.",
	.run = show
};

/* --- a part of the night ----------------------------------------------- */

static int
part(struct cmd *c, unsigned steps, struct err *err)
{
	CLEANUP(night_clear) struct night n = NIGHT_INIT;
	mode_t mask;
	int rc;

	n.c = c;
	n.steps = steps;
	n.only = c->opts.args;
	n.only_count = c->opts.arg_count;
	mask = umask(022);		/* as of sync */
	rc = night_run(&n, err);
	(void)umask(mask);
	if (c->out.json)
		night_json(&c->out, &n);
	else
		night_words(&c->out, &n);
	out_flush(&c->out);
	night_errors(&n);
	if (rc < 0)
		return rc;
	if (n.alarm_count > 0) {
		c->told = 1;
		err_recall(err, &n.alarms[0].err);
		return -(int)err->code;
	}
	c->exit = night_exit(&n);
	return 0;
}

static int
collect(struct cmd *c, struct err *err)
{
	return part(c, NIGHT_COLLECT, err);
}

static int
publish(struct cmd *c, struct err *err)
{
	return part(c, NIGHT_PUBLISH, err);
}

static int
prune(struct cmd *c, struct err *err)
{
	return part(c, NIGHT_PRUNE, err);
}

#define PART(verb, text) { \
	.args = "NAME...", \
	.min = 1, .max = DROPS_MAX, \
	.needs = CMD_STORE | CMD_KEYS | CMD_DROPS | CMD_MOUNTS | \
	    CMD_MIRROR, \
	.more = text "  'satchel sync' does all parts at once.", \
	.run = verb \
}

const struct cmd_spec cmd_drop_collect = PART(collect, "Imports what lies in "
    "the drop for this site, in order; asks for what is missing.");
const struct cmd_spec cmd_drop_publish = PART(publish, "Writes what is due "
    "for each peer of the drop.");
const struct cmd_spec cmd_drop_prune = PART(prune, "Removes those files of "
    "this site that every addressee has acknowledged, or that newer ones "
    "have made superfluous.");
