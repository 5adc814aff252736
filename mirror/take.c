#include "take.h"

#include <stdlib.h>
#include <string.h>

#include "../store/dump.h"
#include "../store/patch.h"
#include "../store/refs.h"
#include "terms.h"

static int
is_true(struct json_span document, const char *key)
{
	struct json_span x;

	return json_member(document, key, &x) && json_kind(x) == 't';
}

enum take_kind
take_kind(const struct run *r, struct json_span document,
    const struct doc *d, int forced)
{
	struct json_span type = { "", 0 };
	int is_path = d->remote.len > 0 && d->remote.at[0] == '/';
	int is_site = is_path || is_true(document, "site"), is_wanted;

	if (json_member(document, "type", &type))
		(void)json_plain(type, &type);
	is_wanted = doc_is_wanted(&r->config->own, type.at, type.len,
	    is_site ? TERMS_SITE : "");
	if (d->row.doc.len > 0 || d->row.state == INSTANCE_REFUSED ||
	    d->row.state == INSTANCE_WAITING || (forced && !is_site))
		return TAKE_IN;
	if (is_site && !is_path && !(is_wanted &&
	    is_true(document, "settings")))
		return TAKE_NAME;
	return is_wanted ? TAKE_IN : TAKE_OUT;
}

/* --- rows -------------------------------------------------------------- */

/* The row as it is after a look at the instance. */
static int
put_seen(struct run *r, struct store *s, struct doc *d, struct err *err)
{
	doc_set(&d->row.uid, json_of(&d->uid));
	doc_set(&d->row.remote, d->remote);
	d->row.seen = r->seen;
	return instance_put(s, &d->row, err);
}

static int
take_name(struct run *r, struct store *s, struct doc *d, struct err *err)
{
	r->n.same++;
	return put_seen(r, s, d, err);
}

/* Nothing new: quick, unless the row says that it could not be read. */
static int
take_same(struct run *r, struct store *s, struct doc *d, struct err *err)
{
	r->n.same++;
	if (d->row.state != INSTANCE_UNREAD && d->row.state != INSTANCE_LEFT)
		return instance_see(s, d->remote.at, d->remote.len, r->seen,
		    err);
	d->row.state = INSTANCE_HELD;
	buf_reset(&d->row.why);
	return put_seen(r, s, d, err);
}

/* The document is what was read last; its id there is its own affair while it
 * is the one that projection gave it. */
static int
put_read(struct run *r, struct store *s, struct doc *d,
    struct json_span document, struct err *err)
{
	CLEANUP(buf_clear) struct buf id = BUF_INIT;

	(void)json_member_text(document, "id", &id);
	if (!json_same(json_of(&id), json_of(&d->row.remote_id)))
		buf_reset(&d->row.remote_id);
	doc_set(&d->row.doc, json_of(&d->line));
	if (d->row.state != INSTANCE_REFUSED &&
	    d->row.state != INSTANCE_HELD) {
		d->row.state = INSTANCE_HELD;
		buf_reset(&d->row.why);
	}
	return put_seen(r, s, d, err);
}

/* --- changes ----------------------------------------------------------- */

/* One document, taken apart, and what it is put onto. */
struct taking {
	struct run *r;
	struct store *s;
	struct doc *d;
	struct doc_line now, last;
	struct instance_base base;
	struct buf fields, news, full;	/* of the edit */
	struct merge_edit edit;
};

static void
taking_clear(struct taking *t)
{
	doc_line_clear(&t->now);
	doc_line_clear(&t->last);
	instance_base_clear(&t->base);
	buf_clear(&t->fields);
	buf_clear(&t->news);
	buf_clear(&t->full);
}

static int
no_news(void *ctx, const struct field *f, struct json_span held,
    struct err *err)
{
	(void)ctx;
	(void)f;
	(void)held;
	(void)err;
	return 0;
}

/* Is the document what the store has?  1 with all of the history, 2 with a
 * part of it, 0. */
static int
is_winner(struct taking *t, struct err *err)
{
	CLEANUP(doc_line_clear) struct doc_line here = DOC_LINE_INIT;
	CLEANUP(buf_clear) struct buf line = BUF_INIT, news = BUF_INIT;
	struct json_span mine, theirs;
	int rc;

	if ((rc = dump_object(t->s, t->d->uid.at, &line, err)) < 0 ||
	    (rc = doc_line_read(t->s, json_of(&t->d->uid), json_of(&line),
	    &here, err)) < 0)
		return rc;
	if (doc_fields(&here).len == 0 || !json_same(line_text(&here.text,
	    here.parts.type), t->edit.type))
		return 0;
	mine = doc_entries(&here);
	theirs = doc_entries(&t->now);
	if ((rc = terms_differ(doc_fields(&here), t->edit.fields, no_news,
	    NULL, err)) != 0 ||
	    (rc = doc_news(theirs, &mine, 1, &news, err)) != 0)
		return rc < 0 ? rc : 0;
	rc = doc_news(mine, &theirs, 1, &news, err);
	return rc < 0 ? rc : rc == 0 ? 1 : 2;
}

/* It is shown what the store has, and nobody has made it. */
static int
show_winner(struct taking *t, int whole, struct err *err)
{
	CLEANUP(buf_freep) char *flags = calloc(t->base.all.count + 1, 1);
	struct siblings set = t->base.object.set;
	size_t i, count = 0;
	struct version **list;
	int rc;

	list = calloc(set.count + 1, sizeof *list);
	if (flags == NULL || list == NULL) {
		free(list);
		return err_oom(err);
	}
	merge_shown(set, flags);
	for (i = 0; i < set.count; i++)
		if (flags[i])
			list[count++] = set.v[i];
	rc = instance_show(t->s, t->d->uid.at, t->d->uid.len, list, count,
	    err);
	free(list);
	if (whole)
		t->d->row.seq = t->base.object.seq;
	t->r->n.same++;
	return rc;
}

/* Is the version made last the one that wins? */
static int
is_new_winner(struct taking *t, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	const struct dot *d;
	int rc;

	if ((rc = object_get(t->s, t->d->uid.at, t->d->uid.len, &o, err)) < 0)
		return rc;
	d = &o.set.v[merge_winner(o.set)]->dot;
	return d->n == t->s->n && actor_cmp(&d->actor, &t->s->self) == 0;
}

/* Make the edit.  If nothing else was to be projected, and it wins, then
 * nothing is. */
static int
make_edit(struct taking *t, struct err *err)
{
	int is_new = t->base.object.id == 0, rc;
	int was_due = !is_new && t->d->row.seq < t->base.object.seq;

	t->edit.clock = t->s->clock;
	rc = instance_edit(t->s, t->d->uid.at, t->d->uid.len, &t->base,
	    &t->edit, err);
	if (rc <= 0) {
		t->r->n.same += rc == 0;
		return rc;
	}
	if (is_new)
		t->r->n.created++;
	else
		t->r->n.changed++;
	if (was_due || (rc = is_new_winner(t, err)) <= 0)
		return was_due ? 0 : rc;
	t->d->row.seq = t->s->seq;
	return 0;
}

/* Never read before, or not there since. */
static int
take_whole(struct taking *t, struct err *err)
{
	int rc;

	t->edit.fields = doc_fields(&t->now);
	t->edit.entries = doc_entries(&t->now);
	if (t->base.winner == NULL && t->base.object.id != 0) {
		if ((rc = is_winner(t, err)) != 0)
			return rc < 0 ? rc : show_winner(t, rc == 1, err);
	}
	return make_edit(t, err);
}

/* `modified` goes along with a real change. */
static int
add_modified(struct taking *t, struct err *err)
{
	struct patch p = { "modified", { "", 0 } };
	struct json_span now = doc_fields(&t->now);

	if (!json_member(now, p.key, &p.value) &&
	    !json_member(json_of(&t->fields), p.key, &p.value))
		return 0;
	patch_object(&t->full, json_of(&t->fields), &p, 1);
	t->edit.fields = json_of(&t->full);
	return buf_check(&t->full, err);
}

/* What differs from the document last read, onto what is shown. */
static int
take_difference(struct taking *t, struct err *err)
{
	struct json_span last_entries, before = t->base.winner->fields;
	int fields, entries, rc;

	if ((rc = doc_line_read(t->s, json_of(&t->d->uid),
	    json_of(&t->d->row.doc), &t->last, err)) < 0)
		return rc;
	last_entries = doc_entries(&t->last);
	if ((fields = terms_patch(before, doc_fields(&t->last),
	    doc_fields(&t->now), &t->fields, err)) < 0)
		return fields;
	if ((entries = doc_news(doc_entries(&t->now), &last_entries, 1,
	    &t->news, err)) < 0)
		return entries;
	if (entries > 0 && (entries = doc_told_anew(&t->news, last_entries,
	    doc_entries(&t->now), err)) < 0)
		return entries;
	if (fields == 0 && entries == 0 && json_same(t->edit.type,
	    line_text(&t->last.text, t->last.parts.type))) {
		t->r->n.same++;
		return 0;
	}
	t->edit.fields = json_of(&t->fields);
	t->edit.entries = json_of(&t->news);
	if ((rc = add_modified(t, err)) < 0)
		return rc;
	return make_edit(t, err);
}

static int
take_change(struct taking *t, struct json_span document, struct err *err)
{
	struct doc *d = t->d;
	int rc;

	if ((rc = doc_line_read(t->s, json_of(&d->uid), json_of(&d->line),
	    &t->now, err)) < 0)
		return rc;
	if (t->now.unknown > 0)
		return err_set(err, E_REF, "%zu of its attachments could not "
		    "be read", t->now.unknown);
	if (doc_fields(&t->now).len == 0)
		return err_set(err, E_RECORD, "a document that says it is "
		    "deleted");
	t->edit.type = line_text(&t->now.text, t->now.parts.type);
	if ((rc = instance_base(t->s, d->uid.at, d->uid.len, &t->base,
	    err)) < 0)
		return rc;
	if (t->base.winner == NULL || t->base.winner->fields.len == 0)
		rc = take_whole(t, err);
	else if (d->row.doc.len > 0)
		rc = take_difference(t, err);
	else			/* written, and not read back then */
		t->r->n.same++;
	return rc < 0 ? rc : put_read(t->r, t->s, d, document, err);
}

/* --- one document ------------------------------------------------------ */

/* What the document refers to and nobody knows is to be read, too. */
static int
queue_refs(struct run *r, struct store *s, struct json_span document,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	struct json_span fields, ref;
	struct refs_walk w;
	int rc;

	if ((!r->config->own.types.given && r->config->own.skip.count == 0) ||
	    !json_member(document, "fields", &fields))
		return 0;
	for (w = refs_walk(fields); refs_next(&w, &ref);) {
		if (ref.len > MIRROR_UID_MAX)
			continue;
		if ((rc = instance_uid_of(s, ref.at, ref.len, &uid,
		    err)) < 0)
			return rc;
		if (rc == 0)
			mirror_list_add(&r->queue, ref.at, ref.len);
	}
	return buf_check(&r->queue.uids, err);
}

static int
take_one(struct run *r, struct store *s, struct json_span document,
    int forced, struct err *err)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	CLEANUP(taking_clear) struct taking t = { .r = r, .s = s, .d = &d,
	    .now = DOC_LINE_INIT, .last = DOC_LINE_INIT,
	    .base = INSTANCE_BASE_INIT };
	enum take_kind kind;
	int rc;

	if ((rc = doc_in(s, document, &d, err)) < 0)
		return rc;
	kind = take_kind(r, document, &d, forced);
	if (kind == TAKE_OUT) {
		r->n.left++;
		return 0;
	}
	if (kind == TAKE_NAME)
		return take_name(r, s, &d, err);
	if (d.row.remote.len > 0 && !is_true(document, "site") &&
	    !json_same(json_of(&d.row.remote), d.remote))
		return err_set(err, E_DEST_MISMATCH, "its UID is the name of "
		    "another object, which is there as \"%s\"",
		    d.row.remote.at);
	if (d.row.state == INSTANCE_WAITING)
		return r->settle == NULL ? take_name(r, s, &d, err) :
		    r->settle(r->settle_ctx, s, &d, err);
	if (doc_is_same(&d))
		return take_same(r, s, &d, err);
	if ((rc = take_change(&t, document, err)) < 0)
		return rc;
	return queue_refs(r, s, document, err);
}

int
take_document(struct run *r, struct store *s, struct json_span document,
    int forced, struct err *err)
{
	CLEANUP(buf_clear) struct buf remote = BUF_INIT;
	struct notice_report before = r->n;
	size_t queued = r->queue.uids.len, count = r->queue.count;
	struct err why = ERR_INIT;
	int rc;

	if ((rc = store_savepoint(s, err)) < 0)
		return rc;
	if (take_one(r, s, document, forced, &why) >= 0)
		return store_release(s, err);
	store_undo(s);
	r->n = before;
	r->queue.uids.len = queued;
	r->queue.count = count;
	if (!run_is_of_object(&why)) {
		*err = why;
		return -(int)err->code;
	}
	(void)json_member_text(document, "uid", &remote);
	if (buf_str(&remote) == NULL)
		return err_oom(err);
	return take_unread(r, s, remote.at, "", why.text, err);
}

int
take_unread(struct run *r, struct store *s, const char *remote,
    const char *type, const char *reason, struct err *err)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	size_t len = strlen(remote);
	int rc;

	d.remote = (struct json_span){ remote, len };
	if ((rc = instance_by_remote(s, remote, len, &d.row, err)) < 0)
		return rc;
	if (rc == 0 && type[0] != '\0' && !doc_is_wanted(&r->config->own,
	    type, strlen(type), remote[0] == '/' ? TERMS_SITE : "")) {
		r->n.left++;
		return 0;
	}
	if (len == 0 || len > MIRROR_UID_MAX)
		return err_set(err, E_DEST_PROTOCOL, "the instance speaks of "
		    "an object with a UID of %zu bytes", len);
	r->n.unread++;
	if (r->settle != NULL)
		mirror_list_add(&r->unread, remote, len);
	doc_set(&d.uid, json_of(&d.row.uid));
	if (rc == 0 && (rc = terms_uid(s, remote, len, &d.uid, err)) < 0)
		return rc;
	if (d.row.uid.len == 0 && (rc = instance_get(s, d.uid.at, d.uid.len,
	    &d.row, err)) < 0)
		return rc;
	if (d.row.uid.len > 0 && d.row.remote.len > 0 &&
	    !json_same(json_of(&d.row.remote), d.remote))
		return 0;	/* the name of another one */
	if (d.row.state == INSTANCE_HELD || d.row.state == INSTANCE_LEFT ||
	    d.row.state == INSTANCE_UNREAD) {
		d.row.state = INSTANCE_UNREAD;
		if ((rc = doc_why_only(&d.row.why, reason, err)) < 0)
			return rc;
	}
	return put_seen(r, s, &d, err);
}

/* --- creations whose end is unclear ------------------------------------ */

/* Is a member that both have the same text? */
static int
is_equal(struct json_span a, struct json_span b, const char *key)
{
	struct json_span x = { "", 0 }, y = { "", 0 };

	return json_member(a, key, &x) && json_member(b, key, &y) &&
	    json_same(x, y);
}

static int
is_lost_one(struct run *r, struct store *s, const char *uid,
    struct json_span line, struct err *err)
{
	CLEANUP(buf_clear) struct buf wanted = BUF_INIT;
	struct json_span w;
	int rc;

	(void)r;
	if ((rc = dump_object(s, uid, &wanted, err)) <= 0)
		return rc;
	w = json_of(&wanted);
	return is_equal(w, line, "type") && is_equal(w, line, "parent") &&
	    (is_equal(w, line, "id") || is_equal(w, line, "title"));
}

int
take_lost(struct run *r, struct store *s, struct json_span document,
    struct err *err)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	const char *uid = NULL;
	int rc;

	if ((rc = doc_in(s, document, &d, err)) < 0 || d.row.uid.len > 0)
		return rc < 0 ? rc : 0;
	while ((uid = mirror_list_next(&r->lost, uid)) != NULL) {
		rc = instance_get(s, uid, strlen(uid), &row, err);
		if (rc < 0)
			return rc;
		if (rc == 0 || row.remote.len > 0)
			continue;
		rc = is_lost_one(r, s, uid, json_of(&d.line), err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		doc_set(&row.remote, d.remote);
		row.seen = r->seen;
		rc = instance_put(s, &row, err);
		return rc < 0 ? rc : 1;
	}
	return 0;
}
