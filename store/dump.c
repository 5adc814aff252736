#include "dump.h"

#include <sqlite3.h>
#include <string.h>

#include "attachment.h"
#include "history.h"
#include "patch.h"

#define WRITE_SIZE 262144u

struct dump {
	struct store *s;
	struct attachment_out *attachments;	/* NULL: not wanted */
	struct buf lines;		/* not yet written */
	struct tick tick;		/* how far it is */
	struct buf history, array, plain;	/* of the present line */
};

/* What a line says. */
struct parts {
	struct json_span uid;
	struct json_span type;		/* with quotes */
	struct json_span fields;	/* len 0: a tombstone */
	struct json_span time, history;	/* as in content */
};

static void
dump_clear(struct dump *d)
{
	buf_clear(&d->lines);
	buf_clear(&d->history);
	buf_clear(&d->array);
	buf_clear(&d->plain);
}

static struct parts
parts_of(struct json_span uid, struct json_span content)
{
	static const struct json_span none = { "", 0 };
	struct parts p = { uid, none, none, none, none };
	struct json_walk w = json_walk(content);
	struct json_span key, value;

	/* deleted, fields, history, time, type differ in their first two. */
	while (json_next(&w, &key, &value)) {
		if (key.at[0] == 'f')
			p.fields = value;
		else if (key.at[0] == 'h')
			p.history = value;
		else if (key.at[0] == 't' && key.at[1] == 'y')
			p.type = value;
		else if (key.at[0] == 't')
			p.time = value;
	}
	return p;
}

/* --- a line ------------------------------------------------------------ */

/* The entries alone; nothing if there are none. */
static struct json_span
entries_of(struct json_span history, struct buf *out)
{
	struct json_walk w = json_walk(history);
	struct history_entry e;
	char c = '[';

	buf_reset(out);
	for (; history_next(&w, &e); c = ',') {
		buf_addc(out, c);
		buf_add(out, e.entry.at, e.entry.len);
	}
	if (c == ',')
		buf_addc(out, ']');
	return (struct json_span){ out->at, out->len };
}

/* Append the line of `p` whose history is `entries`. */
static int
add_line(struct dump *d, const struct parts *p, struct json_span entries,
    struct buf *out, struct err *err)
{
	static const struct json_span empty = { "{}", 2 }, yes = { "true", 4 };
	struct patch all[6];
	struct json_span array;
	size_t n = 0;
	int rc;

	if (d->attachments != NULL && p->fields.len > 0 &&
	    json_member(p->fields, "attachments", &array) &&
	    json_kind(array) == '[') {
		buf_reset(&d->array);
		if ((rc = attachment_give(d->s, d->attachments, array,
		    &d->array, err)) < 0)
			return rc;
		all[n++] = (struct patch){ "attachments",
		    { d->array.at, d->array.len } };
	}
	if (p->fields.len == 0)
		all[n++] = (struct patch){ "deleted", yes };
	if (entries.len > 0)
		all[n++] = (struct patch){ "history", entries };
	if (p->fields.len == 0)
		all[n++] = (struct patch){ "time", p->time };
	all[n++] = (struct patch){ "type", p->type };

	/* A uid needs no escapes (text_is_uid). */
	buf_reset(&d->plain);
	buf_addc(&d->plain, '"');
	buf_add(&d->plain, p->uid.at, p->uid.len);
	buf_addc(&d->plain, '"');
	if (buf_check(&d->plain, err) < 0 || buf_check(&d->history, err) < 0)
		return -(int)err->code;
	all[n++] = (struct patch){ "uid", { d->plain.at, d->plain.len } };
	patch_object(out, p->fields.len > 0 ? p->fields : empty, all, n);
	return buf_check(out, err);
}

/* The winner of several, with the history of all. */
static int
add_object(struct dump *d, struct json_span uid, struct siblings set,
    struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf joined = BUF_INIT;
	static const struct json_span none = { "", 0 };
	struct parts p;
	int rc, grew;

	if ((rc = merge_history(set, none, &joined, &grew, err)) < 0)
		return rc;
	if (buf_check(&joined, err) < 0)
		return -(int)err->code;
	p = parts_of(uid, set.v[merge_winner(set)]->content);
	return add_line(d, &p, entries_of((struct json_span){ joined.at,
	    joined.len }, &d->history), out, err);
}

int
dump_version(const char *uid, size_t len, const struct version *v,
    struct buf *out, struct err *err)
{
	CLEANUP(dump_clear) struct dump d = { .s = NULL };
	struct parts p = parts_of((struct json_span){ uid, len }, v->content);

	return add_line(&d, &p, entries_of(p.history, &d.history), out, err);
}

int
dump_object(struct store *s, const char *uid, struct buf *out,
    struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(dump_clear) struct dump d = { .s = s };
	size_t len = strlen(uid);
	int rc;

	if ((rc = object_get(s, uid, len, &o, err)) <= 0)
		return rc;
	rc = add_object(&d, (struct json_span){ uid, len }, o.set, out, err);
	return rc < 0 ? rc : 1;
}

/* --- all --------------------------------------------------------------- */

static int
flush(struct dump *d, const struct dump_out *out, struct err *err)
{
	int rc = 0;

	if (d->lines.len > 0)
		rc = out->write(out->ctx, d->lines.at, d->lines.len, err);
	d->tick.bytes += d->lines.len;
	buf_reset(&d->lines);
	return rc;
}

/* A row: uid, content of the winner, are there others or none? */
static int
add_row(struct dump *d, sqlite3_stmt *st, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct json_span uid = store_column(st, 0);
	struct parts p;
	int rc;

	if (sqlite3_column_int(st, 2) == 0) {
		p = parts_of(uid, store_column(st, 1));
		return add_line(d, &p, entries_of(p.history, &d->history),
		    &d->lines, err);
	}
	if ((rc = object_get(d->s, uid.at, uid.len, &o, err)) < 0)
		return rc;
	return add_object(d, uid, o.set, &d->lines, err);
}

/* How many there will be, for who asks. */
static int
count_rows(struct dump *d, const struct dump_what *what, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (what->progress.at == NULL)
		return 0;
	if ((st = store_sql(d->s, "SELECT count(*) FROM object WHERE "
	    "deleted<=? AND (?2 IS NULL OR type=?2)", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "is", (int64_t)(what->deleted != 0), what->type);
	if ((rc = store_step(d->s, st, err)) < 0)
		return rc;
	d->tick.total = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

static int
dump_rows(struct dump *d, const struct dump_what *what,
    const struct dump_out *out, struct err *err)
{
	/* LEFT JOIN: along the uids, so that nothing is sorted, nor left out
	 * for what it has lost. */
	sqlite3_stmt *st = store_sql(d->s, "SELECT o.uid,v.content,"
	    "v.id IS NULL OR EXISTS(SELECT 1 FROM version x WHERE "
	    "x.object=o.id AND x.id<>v.id) FROM object o LEFT JOIN version v "
	    "ON v.object=o.id AND v.winner=1 WHERE o.deleted<=? AND "
	    "(?2 IS NULL OR o.type=?2) ORDER BY o.uid", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "is", (int64_t)(what->deleted != 0), what->type);
	while ((rc = store_step(d->s, st, err)) > 0) {
		if ((rc = add_row(d, st, err)) < 0)
			break;
		buf_addc(&d->lines, '\n');
		if ((rc = buf_check(&d->lines, err)) < 0 ||
		    (d->lines.len >= WRITE_SIZE &&
		    (rc = flush(d, out, err)) < 0))
			break;
		d->tick.objects = ++d->tick.done;
		ticker_tell(&what->progress, &d->tick);
	}
	(void)sqlite3_reset(st);
	return rc < 0 ? rc : flush(d, out, err);
}

int
dump_all(struct store *s, const struct dump_what *what,
    const struct dump_out *out, struct err *err)
{
	CLEANUP(attachment_out_clear) struct attachment_out a =
	    ATTACHMENT_OUT_INIT;
	CLEANUP(dump_clear) struct dump d = { .s = s };
	int rc;

	if (what->attachments != NULL) {
		if ((rc = attachment_out_open(&a, what->attachments, err)) < 0)
			return rc;
		d.attachments = &a;
	}
	if ((rc = store_begin_read(s, err)) < 0)
		return rc;
	rc = count_rows(&d, what, err);
	if (rc >= 0)
		rc = dump_rows(&d, what, out, err);
	store_end_read(s);
	return rc;
}
