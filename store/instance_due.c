#include "instance.h"

#include <sqlite3.h>
#include <string.h>

#include "refs.h"

#define PASS_FIRST 1

struct filling {
	struct store *s;
	const struct instance_choice *c;
	uint64_t left_out;		/* objects that are not wanted */
	struct buf uid, type, content, parent;	/* of the present row */
	struct instance_row row;
};

static void
filling_clear(struct filling *f)
{
	buf_clear(&f->uid);
	buf_clear(&f->type);
	buf_clear(&f->content);
	buf_clear(&f->parent);
	instance_row_clear(&f->row);
}

/* --- into the list ----------------------------------------------------- */

/* ?1: all.  Of a deletion the instance must have the object. */
#define DUE_COLUMNS "o.uid,o.type,o.deleted,v.content"
#define DUE_FROM " FROM object o LEFT JOIN instance_object i ON " \
	"i.uid=o.uid CROSS JOIN version v ON v.object=o.id AND v.winner=1 "
#define DUE_WHERE " (?1<>0 OR i.id IS NULL OR o.seq>i.seq OR " \
	"i.state IN (2,3,4)) AND (o.deleted=0 OR i.remote IS NOT NULL) "
_Static_assert(INSTANCE_REFUSED == 2 && INSTANCE_WAITING == 3 &&
    INSTANCE_LEFT == 4, "states in DUE_WHERE");

static int
copy_column(sqlite3_stmt *st, int column, struct buf *out, struct err *err)
{
	struct json_span x = store_column(st, column);

	buf_reset(out);
	buf_add(out, x.at, x.len);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

/* The parent of an object, as the winner says; of a deletion as it was in the
 * instance. */
static int
find_parent(struct filling *f, int deleted, struct json_span content,
    struct err *err)
{
	struct json_span x, parent = { "", 0 };
	int rc;

	if (!deleted) {
		if (json_member(content, "fields", &x) &&
		    json_member(x, "parent", &x))
			(void)json_plain(x, &parent);
	} else {
		rc = instance_get(f->s, f->uid.at, f->uid.len, &f->row, err);
		if (rc < 0)
			return rc;
		x = (struct json_span){ f->row.doc.at, f->row.doc.len };
		if (x.len > 0 && json_member(x, "parent", &x))
			(void)json_plain(x, &parent);
	}
	buf_reset(&f->parent);
	buf_add(&f->parent, parent.at, parent.len);
	return buf_str(&f->parent) == NULL ? err_oom(err) : 0;
}

/* Put the object of a row (DUE_COLUMNS) on the list; f->uid is its uid. */
static int
add_row(struct filling *f, sqlite3_stmt *st, struct err *err)
{
	int deleted = sqlite3_column_int(st, 2), rc;
	unsigned rank = 0;

	if ((rc = copy_column(st, 1, &f->type, err)) < 0 ||
	    (rc = find_parent(f, deleted, store_column(st, 3), err)) < 0)
		return rc;
	if (f->c->rank != NULL)
		rank = f->c->rank(f->c->ctx, f->type.at, f->type.len);
	return store_run(f->s, err, "INSERT OR IGNORE INTO instance_due(uid,"
	    "parent,deleted,pass,rank) VALUES(?,nullif(?,''),?,?,?)", "ttiii",
	    f->uid.at, f->uid.len, f->parent.at, f->parent.len,
	    (int64_t)deleted, (int64_t)PASS_FIRST, (int64_t)rank);
}

static int
is_wanted(struct filling *f, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	int rc;

	if (f->c->wants == NULL)
		return 1;
	if ((rc = object_get(f->s, f->uid.at, f->uid.len, &o, err)) < 0)
		return rc;
	return f->c->wants(f->c->ctx, &o, f->uid.at, err);
}

static int
add_wanted(struct filling *f, struct err *err)
{
	sqlite3_stmt *st = store_sql(f->s, "SELECT " DUE_COLUMNS DUE_FROM
	    "WHERE" DUE_WHERE, err);
	int rc, wanted;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)f->c->all);
	while ((rc = store_step(f->s, st, err)) > 0) {
		if ((rc = copy_column(st, 0, &f->uid, err)) < 0 ||
		    (rc = wanted = is_wanted(f, err)) < 0 ||
		    (wanted && (rc = add_row(f, st, err)) < 0))
			break;
		f->left_out += !wanted;
	}
	(void)sqlite3_reset(st);
	return rc;
}

/* --- what these depend on ---------------------------------------------- */

/* An object that one on the list refers to comes along, if it is due. */
static int
take_in(struct filling *f, struct json_span uid, struct err *err)
{
	sqlite3_stmt *st = store_sql(f->s, "SELECT " DUE_COLUMNS DUE_FROM
	    "WHERE o.uid=?2 AND o.deleted=0 AND NOT EXISTS(SELECT 1 FROM "
	    "instance_due WHERE uid=?2) AND" DUE_WHERE, err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "it", (int64_t)f->c->all, uid.at, uid.len);
	if ((rc = store_step(f->s, st, err)) <= 0)
		return rc;
	if ((rc = copy_column(st, 0, &f->uid, err)) >= 0)
		rc = add_row(f, st, err);
	(void)sqlite3_reset(st);
	return rc;
}

static int
take_in_all(struct filling *f, struct err *err)
{
	struct json_span content = { f->content.at, f->content.len };
	struct json_span fields, x, uid;
	struct refs_walk w;
	int rc;

	if (!json_member(content, "fields", &fields))
		return 0;
	if (json_member(fields, "parent", &x) && json_plain(x, &uid) &&
	    (rc = take_in(f, uid, err)) < 0)
		return rc;
	for (w = refs_walk(fields); refs_next(&w, &uid);)
		if ((rc = take_in(f, uid, err)) < 0)
			return rc;
	return 0;
}

/* Along the list, which grows at its end. */
static int
add_dependencies(struct filling *f, struct err *err)
{
	sqlite3_stmt *st;
	int64_t n = 0;
	int rc;

	for (;;) {
		if ((st = store_sql(f->s, "SELECT d.n,v.content FROM "
		    "instance_due d CROSS JOIN object o ON o.uid=d.uid "
		    "CROSS JOIN version v ON v.object=o.id AND v.winner=1 "
		    "WHERE d.n>? AND d.deleted=0 ORDER BY d.n LIMIT 1",
		    err)) == NULL)
			return -(int)err->code;
		store_bind(st, "i", n);
		if ((rc = store_step(f->s, st, err)) <= 0)
			return rc;
		n = sqlite3_column_int64(st, 0);
		rc = copy_column(st, 1, &f->content, err);
		(void)sqlite3_reset(st);
		if (rc < 0 || (rc = take_in_all(f, err)) < 0)
			return rc;
	}
}

/* --- order ------------------------------------------------------------- */

/* Depth below parents on the list, level by level; each row is touched once,
 * so a chain of any length is quick.  What is left lies in itself. */
static int
set_depths(struct store *s, struct err *err)
{
	int64_t depth;
	int rc;

	if ((rc = store_run(s, err, "UPDATE instance_due SET depth=0 WHERE "
	    "NOT EXISTS(SELECT 1 FROM instance_due p WHERE "
	    "p.uid=instance_due.parent AND p.deleted=instance_due.deleted)",
	    "")) < 0)
		return rc;
	for (depth = 1; sqlite3_changes(s->db) > 0; depth++)
		if ((rc = store_run(s, err, "UPDATE instance_due SET depth=?1 "
		    "WHERE n IN (SELECT c.n FROM instance_due p CROSS JOIN "
		    "instance_due c ON c.parent=p.uid WHERE p.pass=?2 AND "
		    "p.depth=?1-1 AND c.depth IS NULL AND "
		    "c.deleted=p.deleted)", "ii", depth,
		    (int64_t)PASS_FIRST)) < 0)
			return rc;
	if ((rc = store_run(s, err, "UPDATE instance_due SET depth=? WHERE "
	    "depth IS NULL", "i", depth)) < 0)
		return rc;

	/* Deletions behind all others, the deepest first. */
	return store_run(s, err, "UPDATE instance_due SET depth=?*2-depth "
	    "WHERE deleted<>0", "i", depth + 1);
}

static int
fill(struct filling *f, struct err *err)
{
	int rc;

	if ((rc = store_run(f->s, err, "DELETE FROM instance_due", "")) < 0 ||
	    (rc = add_wanted(f, err)) < 0 ||
	    (f->left_out > 0 && (rc = add_dependencies(f, err)) < 0))
		return rc;
	return set_depths(f->s, err);
}

int
instance_due_fill(struct store *s, const struct instance_choice *c,
    uint64_t *ret, struct err *err)
{
	CLEANUP(filling_clear) struct filling f = { .s = s, .c = c };
	int rc;

	if ((rc = fill(&f, err)) < 0)
		return rc;
	return instance_due_count(s, PASS_FIRST, ret, err);
}

/* --- from the list ----------------------------------------------------- */

int
instance_due_next(struct store *s, int pass, size_t limit,
    struct buf *ret_uids, size_t *ret_count, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT uid FROM instance_due WHERE "
	    "pass=?1 AND depth=(SELECT min(depth) FROM instance_due WHERE "
	    "pass=?1) ORDER BY rank,uid LIMIT ?2", err);
	struct json_span uid;
	int rc;

	*ret_count = 0;
	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", (int64_t)pass, (int64_t)limit);
	while ((rc = store_step(s, st, err)) > 0) {
		uid = store_column(st, 0);
		buf_add(ret_uids, uid.at, uid.len);
		buf_addc(ret_uids, '\0');
		(*ret_count)++;
	}
	return rc < 0 ? rc : buf_check(ret_uids, err);
}

int
instance_due_set(struct store *s, const char *uid, size_t len, int pass,
    struct err *err)
{
	if (pass == 0)
		return store_run(s, err, "DELETE FROM instance_due WHERE "
		    "uid=?", "t", uid, len);
	return store_run(s, err, "INSERT INTO instance_due(uid,deleted,pass,"
	    "depth,rank) VALUES(?,0,?,0,0) ON CONFLICT(uid) DO UPDATE SET "
	    "pass=excluded.pass", "ti", uid, len, (int64_t)pass);
}

int
instance_due_count(struct store *s, int pass, uint64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM instance_due "
	    "WHERE pass=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)pass);
	if (store_step(s, st, err) < 0)
		return -(int)err->code;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

int
instance_behind_count(struct store *s, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM object o LEFT "
	    "JOIN instance_object i ON i.uid=o.uid WHERE (i.id IS NULL OR "
	    "(o.seq>i.seq AND i.state NOT IN (2,3,4))) AND (o.deleted=0 OR "
	    "i.remote IS NOT NULL)", err);

	if (st == NULL || store_step(s, st, err) < 0)
		return -(int)err->code;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}
