#include "conflict.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../base/text.h"
#include "lines.h"
#include "log.h"
#include "peer.h"

#define NAME_MAX_BYTES 64u		/* of a site in --take */

/* --- the list ---------------------------------------------------------- */

/* The next one behind `uid`: 1 with uid and kind, or 0.  One at a time, so
 * that the caller may use any statement. */
static int
next_listed(struct store *s, struct buf *uid, struct buf *kind,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT o.uid,c.kind FROM object o "
	    "CROSS JOIN conflict c ON c.object=o.id WHERE o.uid>? ORDER BY "
	    "o.uid LIMIT 1", err);
	struct json_span x;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", uid->at, uid->len);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	buf_reset(kind);
	x = store_column(st, 1);
	buf_add(kind, x.at, x.len);
	x = store_column(st, 0);
	buf_reset(uid);
	buf_add(uid, x.at, x.len);
	(void)sqlite3_reset(st);
	if (buf_str(uid) == NULL || buf_str(kind) == NULL)
		return err_oom(err);
	return 1;
}

int
conflict_each(struct store *s,
    int (*each)(void *ctx, const struct conflict_item *c, struct err *err),
    void *ctx, struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT, kind = BUF_INIT;
	CLEANUP(buf_clear) struct buf type = BUF_INIT;
	struct conflict_item c;
	int rc;

	if (buf_str(&uid) == NULL)
		return err_oom(err);
	while ((rc = next_listed(s, &uid, &kind, err)) > 0) {
		CLEANUP(object_clear) struct object o = OBJECT_INIT;
		struct json_span x;

		if ((rc = object_get(s, uid.at, uid.len, &o, err)) < 0)
			return rc;
		x = o.set.v[merge_winner(o.set)]->type;
		buf_reset(&type);
		buf_add(&type, x.at, x.len);
		if (buf_str(&type) == NULL)
			return err_oom(err);
		c = (struct conflict_item){ uid.at, type.at, kind.at, &o };
		if ((rc = each(ctx, &c, err)) < 0)
			return rc;
	}
	return rc;
}

/* --- naming a sibling -------------------------------------------------- */

int
conflict_site(struct store *s, const struct version *v, struct buf *out,
    struct err *err)
{
	const char *site = v->dot.actor.site;
	struct peer p;
	int rc;

	if (strcmp(site, s->self.site) == 0) {
		buf_adds(out, s->name);
		return buf_check(out, err);
	}
	if ((rc = peer_by_site(s, site, &p, err)) < 0)
		return rc;
	buf_adds(out, rc > 0 && p.name[0] != '\0' ? p.name : site);
	return buf_check(out, err);
}

/* SITE, SITE:COUNTER or SITE:GENERATION:COUNTER. */
struct pick {
	char site[NAME_MAX_BYTES];
	uint64_t generation, n;		/* 0: any */
};

static int
parse_pick(struct pick *ret, const char *what)
{
	size_t len = strcspn(what, ":"), digits;

	*ret = (struct pick){ .n = 0 };
	if (len == 0 || len >= sizeof ret->site)
		return -1;
	memcpy(ret->site, what, len);
	while (what[len] == ':') {
		if (ret->generation != 0)
			return -1;
		what += len + 1;
		digits = len = strcspn(what, ":");
		ret->generation = ret->n;
		if (text_number(&ret->n, what, digits, COUNTER_MAX) < 0 ||
		    ret->n == 0)
			return -1;
	}
	return 0;
}

/* Turn a site's name into its id; what is no name is an id. */
static int
resolve_site(struct store *s, struct pick *p, struct err *err)
{
	struct peer peer;
	int rc;

	if (strcmp(p->site, s->name) == 0) {
		(void)strcpy(p->site, s->self.site);
		return 0;
	}
	if ((rc = peer_find(s, p->site, &peer, err)) < 0)
		return rc;
	if (rc > 0)
		(void)strcpy(p->site, peer.site);
	return 0;
}

static int
is_picked(const struct pick *p, const struct dot *d)
{
	return strcmp(p->site, d->actor.site) == 0 &&
	    (p->generation == 0 || p->generation == d->actor.generation) &&
	    (p->n == 0 || p->n == d->n);
}

int
conflict_pick(struct store *s, const struct object *o, const char *what,
    size_t *ret, struct err *err)
{
	size_t i, found = 0;
	struct pick p;
	int rc;

	if (parse_pick(&p, what) < 0)
		return err_set(err, E_USAGE, "\"%s\" names no version: "
		    "expected SITE, SITE:COUNTER or "
		    "SITE:GENERATION:COUNTER", what);
	if ((rc = resolve_site(s, &p, err)) < 0)
		return rc;
	for (i = 0; i < o->set.count; i++)
		if (is_picked(&p, &o->set.v[i]->dot)) {
			*ret = i;
			found++;
		}
	if (found == 1)
		return 0;
	(void)err_set(err, E_USAGE, "%zu of the %zu versions are named "
	    "\"%s\", expected one", found, o->set.count, what);
	return err_next(err, "'satchel conflicts show UID' prints the name of "
	    "each");
}

/* --- deciding ---------------------------------------------------------- */

/* An object that is on the list. */
static int
get_listed(struct store *s, const char *uid, struct object *ret,
    struct err *err)
{
	enum conflict_kind kind = CONFLICT_NONE;
	int rc;

	if ((rc = object_get(s, uid, strlen(uid), ret, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_REF, "there is no object \"%s\"", uid);
	if ((rc = merge_kind(ret->set, &kind, err)) < 0)
		return rc;
	if (kind == CONFLICT_NONE)
		return err_set(err, E_USAGE, "object \"%s\" has no conflict",
		    uid);
	return 0;
}

/* Append a member whose value is text of the user. */
static int
add_text(struct buf *out, const char *key, const char *text, struct err *err)
{
	struct err bad = ERR_INIT;
	size_t start;

	buf_addf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', key);
	start = out->len;
	text_json(out, text, strlen(text));
	if (buf_check(out, err) < 0)
		return -(int)err->code;
	if (json_scan(out->at + start, out->len - start, 1, &bad) < 0)
		return err_set(err, E_USAGE, "the %s is not UTF-8", key);
	return 0;
}

struct decision {
	const char *uid;
	const char *how, *reason;	/* reason NULL: none */
	const char *file;		/* NULL: none */
};

/* The edit of someone who was shown all, and its line in the log. */
static int
decide(struct store *s, const struct decision *d, const struct object *o,
    const struct merge_edit *e, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	CLEANUP(buf_freep) char *shown = NULL;
	int rc;

	if ((shown = malloc(o->set.count)) == NULL)
		return err_oom(err);
	memset(shown, 1, o->set.count);
	if ((rc = object_edit(s, d->uid, strlen(d->uid), o, shown, e,
	    err)) < 0)
		return rc;
	if ((rc = add_text(&detail, "how", d->how, err)) < 0 ||
	    (d->reason != NULL && (rc = add_text(&detail, "reason",
	    d->reason, err)) < 0) ||
	    (rc = add_text(&detail, "uid", d->uid, err)) < 0)
		return rc;
	buf_addc(&detail, '}');
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_add(s, "resolve", NULL, d->file, detail.at, err);
}

static int
end(struct store *s, int rc, struct err *err)
{
	if (rc >= 0 && (rc = store_commit(s, err)) >= 0)
		return 1;
	store_rollback(s);
	return rc;
}

static int
take(struct store *s, const char *what, struct decision *d, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(buf_clear) struct buf how = BUF_INIT;
	struct merge_edit e = { .clock = s->clock };
	const struct version *v;
	size_t at = 0;
	int rc;

	if ((rc = get_listed(s, d->uid, &o, err)) < 0 ||
	    (rc = conflict_pick(s, &o, what, &at, err)) < 0)
		return rc;
	v = o.set.v[at];
	e.type = v->type;
	e.fields = v->fields;
	e.time = v->time;
	buf_addf(&how, "take %s", what);
	if (buf_check(&how, err) < 0)
		return -(int)err->code;
	d->how = how.at;
	return decide(s, d, &o, &e, err);
}

int
conflict_take(struct store *s, const char *uid, const char *what,
    const char *reason, struct err *err)
{
	struct decision d = { uid, NULL, reason, NULL };
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	return end(s, take(s, what, &d, err), err);
}

static int
merge(struct store *s, const struct decision *d, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(buf_clear) struct buf all = BUF_INIT, text = BUF_INIT;
	CLEANUP(buf_clear) struct buf folder = BUF_INIT, onto = BUF_INIT;
	struct merge_edit e = { .clock = 0 };
	struct json_span uid;
	int rc;

	if ((rc = get_listed(s, d->uid, &o, err)) < 0 ||
	    (rc = file_read_all(d->file, LINE_BYTES_MAX, &all, err)) < 0 ||
	    (rc = lines_folder(d->file, &folder, err)) < 0)
		return rc;
	if (lines_edit(s, folder.at, (struct json_span){ all.at, all.len },
	    &text, &e, &uid, err) < 0)
		return err_prefix(err, "\"%s\"", d->file);
	if (uid.len != strlen(d->uid) || memcmp(uid.at, d->uid, uid.len) != 0)
		return err_set(err, E_RECORD, "\"%s\": this is a line of "
		    "\"%.*s\", expected \"%s\"", d->file, (int)uid.len,
		    uid.at, d->uid);
	if ((rc = line_onto(o.set, &e, &onto, err)) < 0)
		return rc;
	return decide(s, d, &o, &e, err);
}

int
conflict_merge(struct store *s, const char *uid, const char *file,
    const char *reason, struct err *err)
{
	struct decision d = { uid, "merge", reason, file };
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	return end(s, merge(s, &d, err), err);
}

/* --- disjoint edits ---------------------------------------------------- */

static int
settle(struct store *s, const char *uid, const char *reason, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;
	struct decision d = { uid, "disjoint", reason, NULL };
	struct merge_edit e = { .clock = s->clock };
	int rc;

	if ((rc = get_listed(s, uid, &o, err)) < 0 ||
	    (rc = merge_settled(o.set, &fields, err)) < 0)
		return rc;
	if (buf_check(&fields, err) < 0)
		return -(int)err->code;
	e.type = o.set.v[merge_winner(o.set)]->type;
	e.fields = (struct json_span){ fields.at, fields.len };
	return decide(s, &d, &o, &e, err);
}

static int
settle_all(struct store *s, const char *reason,
    int (*each)(void *ctx, const char *uid, struct err *err), void *ctx,
    uint64_t *ret_settled, struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT, kind = BUF_INIT;
	const char *disjoint = merge_kind_name(CONFLICT_DISJOINT);
	int rc;

	if (buf_str(&uid) == NULL)
		return err_oom(err);
	while ((rc = next_listed(s, &uid, &kind, err)) > 0) {
		if (kind.at == NULL || strcmp(kind.at, disjoint) != 0)
			continue;
		if ((rc = settle(s, uid.at, reason, err)) < 0 ||
		    (each != NULL && (rc = each(ctx, uid.at, err)) < 0))
			return rc;
		(*ret_settled)++;
	}
	return rc;
}

int
conflict_disjoint(struct store *s, const char *reason,
    int (*each)(void *ctx, const char *uid, struct err *err), void *ctx,
    uint64_t *ret_settled, struct err *err)
{
	uint64_t settled = 0;
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	rc = end(s, settle_all(s, reason, each, ctx, &settled, err), err);
	if (rc < 0)
		return rc;
	*ret_settled = settled;
	return 0;
}
