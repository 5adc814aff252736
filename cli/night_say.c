#include "night_say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "home.h"

#define REPORT_MAX (UINT32_C(64) << 20)

/* --- JSON -------------------------------------------------------------- */

static void
json_file(struct out *o, const struct night_file *f)
{
	out_open(o, NULL, '{');
	out_str(o, "file", f->path);
	out_str(o, "to", f->to);
	out_str(o, "kind", f->is_receipt ? "receipt" : "bundle");
	out_number(o, "sequence", f->sequence);
	out_number(o, "since", f->since);
	out_number(o, "until", f->until);
	out_number(o, "records", f->records);
	out_number(o, "size", f->size);
	out_close(o);
}

static void
json_block(struct out *o, const struct night_block *b)
{
	out_open(o, NULL, '{');
	out_str(o, "peer", b->name);
	out_number(o, "files", b->files);
	out_number(o, "bytes", b->bytes);
	out_date(o, "since", b->since);
	out_close(o);
}

static void
count_json(struct out *o, const struct survey *x, enum drop_what what,
    const char *key)
{
	uint64_t bytes;

	out_number(o, key, survey_count(x, what, &bytes));
}

static void
json_drop(struct out *o, const struct night_drop *d)
{
	uint64_t bytes;
	size_t i;

	out_open(o, NULL, '{');
	out_str(o, "name", d->drop->name);
	out_str(o, "path", d->drop->path);
	out_bool(o, "there", d->there);
	out_bool(o, "safe_to_remove", d->safe);
	out_number(o, "own", survey_count(&d->survey, DROP_OWN, &bytes));
	out_number(o, "own_bytes", bytes);
	count_json(o, &d->survey, DROP_READ, "read");
	count_json(o, &d->survey, DROP_DUE, "unread");
	count_json(o, &d->survey, DROP_OTHER, "others");
	count_json(o, &d->survey, DROP_FOREIGN, "foreign");
	count_json(o, &d->survey, DROP_BROKEN, "broken");
	out_number(o, "removed", d->pruned.removed);
	out_number(o, "removed_bytes", d->pruned.bytes);
	out_number(o, "kept", d->pruned.kept);
	out_open(o, "published", '[');
	for (i = 0; i < d->file_count; i++)
		json_file(o, &d->files[i]);
	out_close(o);
	out_open(o, "waiting_for", '[');
	for (i = 0; i < d->block_count; i++)
		json_block(o, &d->blocks[i]);
	out_close(o);
	out_close(o);
}

static void
json_alarm(struct out *o, const struct night_alarm *a)
{
	struct err err;

	err_recall(&err, &a->err);
	out_open(o, NULL, '{');
	out_str(o, "about", a->about);
	out_str(o, "name", err_name(err.code));
	out_number(o, "exit", (uint64_t)err_exit(err.code));
	out_str(o, "message", err.text);
	out_str(o, "next", err_advice(&err));
	out_close(o);
}

void
night_json(struct out *o, const struct night *n)
{
	size_t i;

	out_str(o, "site", n->name);
	out_date(o, "started", n->started);
	out_date(o, "ended", n->ended);
	out_bool(o, "well", n->ended != 0 && n->alarm_count == 0);
	out_number(o, "exit", (uint64_t)night_exit(n));
	out_number(o, "conflicts", n->conflicts);
	out_open(o, "bundles", '[');
	for (i = 0; i < n->imported.count; i++) {
		const struct request *request = requests_of(&n->requests,
		    &n->imported.at[i]);

		report_json(o, &n->imported.at[i], request != NULL ?
		    request->path : NULL);
	}
	out_close(o);
	out_open(o, "drops", '[');
	for (i = 0; i < n->count; i++)
		json_drop(o, &n->at[i]);
	out_close(o);
	out_open(o, "alarms", '[');
	for (i = 0; i < n->alarm_count; i++)
		json_alarm(o, &n->alarms[i]);
	out_close(o);
}

/* --- words ------------------------------------------------------------- */

static void
words_of_drop(struct out *o, const struct night_drop *d)
{
	uint64_t bytes, own = survey_count(&d->survey, DROP_OWN, &bytes);
	char size[24], date[21];
	size_t i;

	out_text(o, "drop %s: ", d->drop->name);
	if (!d->there) {
		out_text(o, "not there\n");
		return;
	}
	if (d->safe)
		out_text(o, "safe to remove; ");
	out_size(bytes, size);
	out_text(o, "%zu written, %" PRIu64 " removed; %" PRIu64 " of ours "
	    "lie there (%s)\n", d->file_count, d->pruned.removed, own, size);
	for (i = 0; i < d->file_count; i++) {
		out_text(o, "  for %s: ", d->files[i].to);
		out_safe(o, d->files[i].path);
		out_text(o, "\n");
	}
	for (i = 0; i < d->block_count; i++) {
		text_date(date, d->blocks[i].since);
		out_text(o, "  %" PRIu64 " wait for the receipt of %s, the "
		    "oldest since %s\n", d->blocks[i].files,
		    d->blocks[i].name, date);
	}
}

void
night_words(struct out *o, const struct night *n)
{
	size_t i;

	for (i = 0; i < n->imported.count; i++)
		report_say(o, &n->imported.at[i], 0);
	for (i = 0; i < n->count; i++)
		words_of_drop(o, &n->at[i]);
	if (n->conflicts > 0)
		out_text(o, "'satchel conflicts list' shows what a person must "
		    "decide\n");
	if (n->name[0] != '\0')
		out_text(o, n->ended != 0 && night_exit(n) == 0 ?
		    "%s: all is well\n" : "%s: not all is well\n", n->name);
}

void
night_errors(const struct night *n)
{
	struct err err;
	size_t i;

	for (i = 0; i < n->alarm_count; i++) {
		err_recall(&err, &n->alarms[i].err);
		out_error(&err);
	}
}

/* --- files ------------------------------------------------------------- */

/* A device, a FIFO or a link is neither replaced nor removed. */
static int
check_place(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0 || S_ISREG(st.st_mode))
		return 0;
	(void)err_set(err, E_USAGE, "\"%s\" is there, and is no file", path);
	return err_next(err, "name a file that may be replaced");
}

/* What was said so far into an unnamed file, from there into its place. */
static int
put(struct out *o, const char *path, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = { .max = REPORT_MAX };
	uint64_t at = 0;
	int64_t got;
	char *room;
	int rc;

	if ((rc = check_place(path, err)) < 0 ||
	    (rc = out_check(o, err)) < 0)
		return rc;
	do {
		if ((room = buf_room(&text, 65536)) == NULL)
			return buf_check(&text, err);
		if ((got = file_pread(o->fd, room, 65536, at, path,
		    err)) < 0)
			return (int)got;
		text.len += (size_t)got;
		at += (uint64_t)got;
	} while (got > 0);
	return file_put(path, 0644, text.at, text.len, err);
}

/* A place to speak into, unseen. */
static int
aside(struct out *o, int json, struct err *err)
{
	int fd = memfd_create("report", MFD_CLOEXEC);

	out_init(o, json);
	o->fd = fd;
	return fd < 0 ? err_io(err, errno, "a file in memory") : 0;
}

static void
aside_clear(struct out *o)
{
	file_closep(&o->fd);
	out_clear(o);
}

int
night_report(const struct night *n, const char *path,
    const struct err *what, struct err *err)
{
	CLEANUP(aside_clear) struct out o = { .fd = -1 };
	int rc;

	if ((rc = aside(&o, 1, err)) < 0)
		return rc;
	night_json(&o, n);
	if ((rc = out_finish(&o, what, err)) < 0)
		return rc;
	return put(&o, path, err);
}

static void
mail_alarm(struct out *o, const struct err *err)
{
	out_text(o, "%s: ", err_name(err->code));
	out_safe(o, err->text);
	out_text(o, "\n");
	if (err_advice(err)[0] != '\0') {
		out_text(o, "  next: ");
		out_safe(o, err_advice(err));
		out_text(o, "\n");
	}
	out_text(o, "\n");
}

/* In a header: the site, or before it knew its name the last part of its
 * home's path, cut where that is long. */
static void
mail_name(struct out *o, const struct night *n)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	CLEANUP(buf_freep) char *real = NULL;
	struct err err = ERR_INIT;
	const char *at = n->name;
	size_t i;

	if (at[0] == '\0' && home_path(&n->c->opts, &home, &err) >= 0 &&
	    buf_str(&home) != NULL) {
		real = realpath(home.at, NULL);
		at = real != NULL ? real : home.at;
		at = strrchr(at, '/') != NULL ? strrchr(at, '/') + 1 : at;
	}
	for (i = 0; at[i] != '\0' && i < NAME_LEN; i++)
		out_text(o, "%c", at[i] >= ' ' && at[i] <= '~' ? at[i] : '?');
}

static void
mail_text(struct out *o, const struct night *n, const struct err *failed)
{
	struct err err;
	size_t i;

	out_text(o, "Subject: satchel ");
	mail_name(o, n);
	if (failed->code != E_OK)
		out_text(o, ": the sync failed (%s)\n",
		    err_name(failed->code));
	else if (n->alarm_count > 0)
		out_text(o, ": %zu alarm%s\n", n->alarm_count,
		    n->alarm_count == 1 ? "" : "s");
	else
		out_text(o, ": %" PRIu64 " in conflict\n", n->conflicts);
	out_text(o, "MIME-Version: 1.0\nContent-Type: text/plain; "
	    "charset=UTF-8\nAuto-Submitted: auto-generated\n\n");
	if (failed->code != E_OK)
		mail_alarm(o, failed);
	for (i = 0; i < n->alarm_count; i++) {
		err_recall(&err, &n->alarms[i].err);
		mail_alarm(o, &err);
	}
	night_words(o, n);
}

int
night_mail(const struct night *n, const char *path,
    const struct err *failed, struct err *err)
{
	CLEANUP(aside_clear) struct out o = { .fd = -1 };
	int rc;

	if (failed->code == E_OK && night_exit(n) == 0) {
		if ((rc = check_place(path, err)) < 0)
			return rc;
		if (unlink(path) != 0 && errno != ENOENT)
			return err_io(err, errno, "\"%s\"", path);
		return 0;
	}
	if ((rc = aside(&o, 0, err)) < 0)
		return rc;
	mail_text(&o, n, failed);
	out_flush(&o);
	return put(&o, path, err);
}
