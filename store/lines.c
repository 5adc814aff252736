#include "lines.h"

#include <string.h>
#include <sys/stat.h>

#include "../base/ring.h"
#include "../base/text.h"
#include "attachment.h"
#include "log.h"
#include "source.h"

#define SLOTS 3u
#define SLOT_BYTES 262144u		/* of lines handed over at once, */
#define SLOT_LINES 1024u		/* or this many of them */
#define SLOT_KEEP (4 * SLOT_BYTES)	/* room that a slot keeps */

struct item {
	struct line_span text;		/* in slot.in */
	uint64_t number;
	struct line line;		/* in slot.out */
	struct version draft;		/* of a new object; content.len 0:
					 * none */
};

struct slot {
	struct buf in, out;
	struct attachment_in files;
	int64_t clock;			/* of the transaction */
	int drafts;			/* to be made */
	struct item items[SLOT_LINES];
	size_t count;
	struct err err;			/* behind the last item, */
	uint64_t err_line;		/* in this line */
	uint64_t done;			/* bytes of the file up to here */
};

struct worker {
	struct buf scratch;
};

struct load {
	struct store *s;
	const char *path;
	struct buf folder, fields, onto;
	struct lines_stats stats;	/* of this file */
	int fresh;			/* lines are mostly of new objects */
};

/* --- cutting and reading lines, beside the store ----------------------- */

static void
empty(struct buf *b)
{
	if (b->cap > SLOT_KEEP)
		buf_clear(b);
	buf_reset(b);
}

static void
edit_of(struct merge_edit *ret, const struct line *line,
    const struct buf *text, int64_t clock)
{
	ret->type = line_text(text, line->type);
	ret->fields = line_text(text, line->fields);
	ret->time = line_text(text, line->time);
	ret->entries = line_text(text, line->entries);
	ret->clock = clock;
	ret->checked = 1;
}

/* The version that the line makes if its object is new; the attachments must
 * be in the store first.  If it cannot be made, the edit says why. */
static void
make_draft(struct item *item, const struct buf *text, int64_t clock)
{
	static const struct siblings none = { NULL, 0 };
	struct err err = ERR_INIT;
	struct merge_edit e;

	if (item->line.attachments.len > 0)
		return;
	edit_of(&e, &item->line, text, clock);
	(void)merge_new(none, NULL, &e, &item->draft, &err);
}

static void
work(void *slot, void *worker)
{
	struct slot *sl = slot;
	struct worker *w = worker;
	struct err err = ERR_INIT;
	struct json_span text;
	size_t i;

	for (i = 0; i < sl->count; i++) {
		struct line *line = &sl->items[i].line;

		text = line_text(&sl->in, sl->items[i].text);
		if (line_read(line, text, &w->scratch, &sl->out, &err) < 0 ||
		    attachment_read(&sl->files, line_text(&sl->out,
		    line->attachments), &err) < 0)
			break;
		if (sl->drafts)
			make_draft(&sl->items[i], &sl->out, sl->clock);
	}
	empty(&sl->in);
	if (i == sl->count)
		return;
	sl->err = err;
	sl->err_line = sl->items[i].number;
	sl->count = i;
}

static void
drop_drafts(struct slot *sl)
{
	size_t i;

	for (i = 0; i < sl->count; i++)
		version_clear(&sl->items[i].draft);
}

static void
slot_clear(void *slot)
{
	struct slot *sl = slot;

	drop_drafts(sl);
	buf_clear(&sl->in);
	buf_clear(&sl->out);
	attachment_in_clear(&sl->files);
}

static void
worker_clear(void *worker)
{
	buf_clear(&((struct worker *)worker)->scratch);
}

/* Fill a slot with lines: 1, or 0 if the file ends with it, be it for an
 * error, which the slot keeps. */
static int
fill(struct slot *sl, struct source *src, const struct load *l)
{
	uint64_t number = 0;
	size_t at;
	int rc = 1;

	empty(&sl->out);
	attachment_in_reset(&sl->files);
	drop_drafts(sl);
	sl->files.folder = l->folder.at;
	sl->clock = l->s->clock;
	sl->drafts = l->fresh;
	err_clear(&sl->err);
	sl->count = 0;
	while (rc > 0 && sl->count < SLOT_LINES && sl->in.len < SLOT_BYTES) {
		at = sl->in.len;
		rc = source_next(src, &sl->in, &number, &sl->err);
		if (rc <= 0)
			break;
		sl->items[sl->count].text = (struct line_span){ at,
		    sl->in.len - at };
		sl->items[sl->count++].number = number;
	}
	sl->err_line = number;
	sl->done = src->done;
	return rc > 0;
}

/* --- into the store ---------------------------------------------------- */

/* Store the attachments, which were read; F with them is in `fields`. */
static int
take_attachments(struct store *s, struct attachment_in *files,
    struct json_span array, struct merge_edit *edit, struct buf *fields,
    struct err *err)
{
	int rc;

	if (array.len == 0)
		return 0;
	buf_reset(fields);
	if ((rc = attachment_take(s, files, edit->fields, array, fields,
	    err)) < 0)
		return rc;
	edit->fields = (struct json_span){ fields->at, fields->len };
	return 0;
}

static int
is_deleted(const struct object *o)
{
	return o->set.count > 0 &&
	    o->set.v[merge_winner(o->set)]->fields.len == 0;
}

static int
apply_line(struct load *l, struct slot *sl, struct item *item,
    struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct json_span array = line_text(&sl->out, item->line.attachments);
	struct json_span uid = line_text(&sl->out, item->line.uid);
	struct merge_edit e;
	int rc;

	edit_of(&e, &item->line, &sl->out, sl->clock);
	if ((rc = take_attachments(l->s, &sl->files, array, &e, &l->fields,
	    err)) < 0)
		return rc;
	l->stats.lines++;
	l->stats.attachments += json_count(array);
	if ((rc = object_get(l->s, uid.at, uid.len, &o, err)) < 0)
		return rc;
	if (o.id == 0 && item->draft.content.len > 0)
		rc = object_create(l->s, uid.at, uid.len, &item->draft, err);
	else if ((rc = line_onto(o.set, &e, &l->onto, err)) >= 0)
		rc = object_edit(l->s, uid.at, uid.len, &o, NULL, &e, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		l->stats.same++;
	else if (e.fields.len == 0)
		l->stats.deleted++;
	else if (o.id == 0 || is_deleted(&o))
		l->stats.created++;
	else
		l->stats.changed++;
	return 0;
}

static int
at_line(const struct load *l, uint64_t number, struct err *err)
{
	return err_prefix(err, "\"%s\" line %llu", l->path,
	    (unsigned long long)number);
}

static int
apply_slot(struct load *l, struct slot *sl, int is_csv,
    struct err *err)
{
	uint64_t before = l->stats.created;
	size_t i;

	for (i = 0; i < sl->count; i++)
		if (apply_line(l, sl, &sl->items[i], err) < 0)
			return at_line(l, sl->items[i].number, err);
	l->fresh = 2 * (l->stats.created - before) >= sl->count;
	if (sl->err.code == E_OK)
		return 0;
	*err = sl->err;
	if (is_csv && err->code == E_JSON)
		(void)err_next(err, "save the CSV as UTF-8");
	return at_line(l, sl->err_line, err);
}

/* --- a file ------------------------------------------------------------ */

int
lines_folder(const char *path, struct buf *out, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		buf_addc(out, '.');
	else
		buf_add(out, path, slash == path ? 1 :
		    (size_t)(slash - path));
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
log_load(struct load *l, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	const struct lines_stats *n = &l->stats;

	buf_addf(&detail, "{\"attachments\":%llu,\"changed\":%llu,"
	    "\"created\":%llu,\"deleted\":%llu,\"lines\":%llu,\"same\":%llu}",
	    (unsigned long long)n->attachments,
	    (unsigned long long)n->changed, (unsigned long long)n->created,
	    (unsigned long long)n->deleted, (unsigned long long)n->lines,
	    (unsigned long long)n->same);
	if (buf_check(&detail, err) < 0)
		return -(int)err->code;
	return log_add(l->s, "load", NULL, l->path, detail.at, err);
}

static void
add_stats(struct lines_stats *to, const struct lines_stats *n)
{
	to->lines += n->lines;
	to->created += n->created;
	to->changed += n->changed;
	to->same += n->same;
	to->deleted += n->deleted;
	to->attachments += n->attachments;
}

struct total {				/* over all files */
	const struct ticker *progress;
	uint64_t done, size;		/* bytes */
	struct lines_stats stats;
};

static void
tell(const struct total *t, const struct load *l, uint64_t done)
{
	const struct tick x = {
		.objects = t->stats.lines + l->stats.lines,
		.bytes = t->done + done, .done = t->done + done,
		.total = t->size
	};

	if (t->progress != NULL)
		ticker_tell(t->progress, &x);
}

static int
load_file(struct load *l, struct ring *ring, struct total *t,
    struct err *err)
{
	CLEANUP(source_clear) struct source src = SOURCE_INIT;
	struct slot *sl;
	int rc, more = 1;

	buf_reset(&l->folder);
	l->stats = (struct lines_stats){ .lines = 0 };
	if ((rc = lines_folder(l->path, &l->folder, err)) < 0 ||
	    (rc = source_open(&src, l->path, err)) < 0)
		return rc;
	do {
		while (more && (sl = ring_free(ring)) != NULL) {
			more = fill(sl, &src, l);
			ring_submit(ring);
		}
		sl = ring_oldest(ring);
		if ((rc = apply_slot(l, sl, src.is_csv, err)) < 0)
			return rc;
		tell(t, l, sl->done);
		ring_release(ring);
	} while (more || ring_busy(ring) > 0);
	t->done += src.done;
	add_stats(&t->stats, &l->stats);
	return log_load(l, err);
}

static void
load_clear(struct load *l)
{
	buf_clear(&l->folder);
	buf_clear(&l->fields);
	buf_clear(&l->onto);
}

/* Bytes of all files; 0 if one of them is no regular file. */
static uint64_t
total_size(const char *const *paths, size_t count)
{
	uint64_t sum = 0;
	struct stat st;
	size_t i;

	for (i = 0; i < count; i++) {
		if (stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode))
			return 0;
		sum += (uint64_t)st.st_size;
	}
	return sum;
}

int
lines_load(struct store *s, const char *const *paths, size_t count,
    const struct ticker *progress, struct lines_stats *ret,
    struct err *err)
{
	static const struct ring_ops ops = { sizeof(struct slot),
	    sizeof(struct worker), work, slot_clear, worker_clear };
	struct total t = { .progress = progress,
	    .size = total_size(paths, count) };
	CLEANUP(load_clear) struct load l = { .s = s, .fresh = 1 };
	CLEANUP(ring_free_all) struct ring *ring = NULL;	/* uses `l` */
	size_t i;
	int rc;

	if ((rc = ring_new(&ring, &ops, SLOTS, 1, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0)
		return rc;
	for (i = 0; i < count && rc >= 0; i++) {
		l.path = paths[i];
		rc = load_file(&l, ring, &t, err);
	}
	if (rc >= 0)
		rc = store_commit(s, err);
	if (rc < 0) {
		store_rollback(s);
		return rc;
	}
	*ret = t.stats;
	return 0;
}

/* --- one line ---------------------------------------------------------- */

int
lines_edit(struct store *s, const char *folder, struct json_span line,
    struct buf *text, struct merge_edit *ret_edit, struct json_span *ret_uid,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf scratch = BUF_INIT, fields = BUF_INIT;
	CLEANUP(attachment_in_clear) struct attachment_in files = {
	    .folder = folder };
	struct json_span array;
	struct line l;
	int rc;

	buf_reset(text);
	if ((rc = line_read(&l, line, &scratch, text, err)) < 0)
		return rc;
	array = line_text(text, l.attachments);
	edit_of(ret_edit, &l, text, s->clock);
	if ((rc = attachment_read(&files, array, err)) < 0 ||
	    (rc = take_attachments(s, &files, array, ret_edit, &fields,
	    err)) < 0)
		return rc;

	/* Appending may move what the spans point at. */
	if (array.len > 0) {
		l.fields = (struct line_span){ text->len, fields.len };
		buf_add(text, fields.at, fields.len);
	}
	if (buf_check(text, err) < 0)
		return -(int)err->code;
	edit_of(ret_edit, &l, text, s->clock);
	*ret_uid = line_text(text, l.uid);
	return 0;
}

/* --- deleting ---------------------------------------------------------- */

static int
delete_one(struct store *s, const char *uid, struct lines_stats *n,
    struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	struct merge_edit e = { .clock = s->clock };
	size_t len = strlen(uid);
	char time[24];
	int rc;

	if ((rc = object_get(s, uid, len, &o, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_REF, "there is no object \"%s\"", uid);
	n->lines++;
	if (is_deleted(&o)) {
		n->same++;
		return 0;
	}
	time[0] = '"';
	text_date(time + 1, s->clock);
	(void)strcpy(time + 21, "\"");
	e.time = (struct json_span){ time, 22 };
	e.type = o.set.v[merge_winner(o.set)]->type;
	if ((rc = object_edit(s, uid, len, &o, NULL, &e, err)) < 0)
		return rc;
	n->deleted++;
	buf_addf(&detail, "{\"uid\":\"%s\"}", uid);
	if (buf_check(&detail, err) < 0)
		return -(int)err->code;
	return log_add(s, "delete", NULL, NULL, detail.at, err);
}

int
lines_delete(struct store *s, const char *const *uids, size_t count,
    struct lines_stats *ret, struct err *err)
{
	struct lines_stats n = { .lines = 0 };
	size_t i;
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	for (i = 0; i < count && rc >= 0; i++)
		rc = delete_one(s, uids[i], &n, err);
	if (rc >= 0)
		rc = store_commit(s, err);
	if (rc < 0) {
		store_rollback(s);
		return rc;
	}
	*ret = n;
	return 0;
}
