#include "instance.h"

#include <sqlite3.h>
#include <string.h>
#include <zstd.h>

#include "schema.h"

#define DOC_LEVEL 1

const char *
instance_state_name(enum instance_state st)
{
	static const char *const names[] = {
		[INSTANCE_HELD] = "held", [INSTANCE_UNREAD] = "unread",
		[INSTANCE_REFUSED] = "refused",
		[INSTANCE_WAITING] = "waiting", [INSTANCE_LEFT] = "left"
	};

	return names[st];
}

void
instance_row_clear(struct instance_row *r)
{
	buf_clear(&r->uid);
	buf_clear(&r->remote);
	buf_clear(&r->remote_id);
	buf_clear(&r->doc);
	buf_clear(&r->why);
	*r = (struct instance_row)INSTANCE_ROW_INIT;
}

/* As after INSTANCE_ROW_INIT, but its room is kept. */
static void
row_reset(struct instance_row *r)
{
	buf_reset(&r->uid);
	buf_reset(&r->remote);
	buf_reset(&r->remote_id);
	buf_reset(&r->doc);
	buf_reset(&r->why);
	r->seq = r->seen = 0;
	r->state = INSTANCE_HELD;
	r->tries = 0;
}

int
instance_init(struct store *s, const char *kind, struct err *err)
{
	if (sqlite3_exec(s->db, schema_instance, NULL, NULL, NULL) !=
	    SQLITE_OK)
		return store_fail(s, err, "tables of the instance");
	return store_set_text(s, "instance", kind, err);
}

int
instance_kind(struct store *s, struct buf *ret, struct err *err)
{
	int rc = store_get_text(s, "instance", ret, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	buf_adds(ret, "lab");
	return buf_str(ret) == NULL ? err_oom(err) : 0;
}

/* --- documents --------------------------------------------------------- */

static int
pack(const struct buf *doc, struct buf *out, struct err *err)
{
	size_t bound = ZSTD_compressBound(doc->len), n;
	char *to;

	if (doc->len > INSTANCE_DOC_MAX)
		return err_set(err, E_LIMIT, "a document of %zu bytes: at "
		    "most %u can be kept", doc->len, INSTANCE_DOC_MAX);
	if ((to = buf_room(out, bound)) == NULL)
		return err_oom(err);
	n = ZSTD_compress(to, bound, doc->at, doc->len, DOC_LEVEL);
	if (ZSTD_isError(n))
		return err_oom(err);
	out->len += n;
	return 0;
}

static int
unpack(struct store *s, struct json_span frame, struct buf *out,
    struct err *err)
{
	unsigned long long size = ZSTD_getFrameContentSize(frame.at,
	    frame.len);
	char *to;

	if (size > INSTANCE_DOC_MAX)	/* unknown and bad ones are, too */
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad document",
		    s->home);
	if ((to = buf_room(out, (size_t)size)) == NULL)
		return err_oom(err);
	if (ZSTD_decompress(to, (size_t)size, frame.at, frame.len) != size)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad document",
		    s->home);
	out->len += (size_t)size;
	return 0;
}

/* --- rows -------------------------------------------------------------- */

static void
take_column(sqlite3_stmt *st, int column, struct buf *out)
{
	struct json_span x = store_column(st, column);

	buf_add(out, x.at, x.len);
	(void)buf_str(out);
}

#define ROW_COLUMNS "i.uid,i.remote,i.remote_id,i.seq,i.seen,i.state,i.why," \
	"i.tries,d.doc FROM instance_object i LEFT JOIN instance_doc d ON " \
	"d.id=i.id"

/* The row that a statement for ROW_COLUMNS gives: 1 or 0. */
static int
take_row(struct store *s, sqlite3_stmt *st, struct instance_row *ret,
    struct err *err)
{
	int rc = store_step(s, st, err);

	row_reset(ret);
	if (rc <= 0)
		return rc;
	take_column(st, 0, &ret->uid);
	take_column(st, 1, &ret->remote);
	take_column(st, 2, &ret->remote_id);
	ret->seq = (uint64_t)sqlite3_column_int64(st, 3);
	ret->seen = (uint64_t)sqlite3_column_int64(st, 4);
	ret->state = (enum instance_state)sqlite3_column_int(st, 5);
	take_column(st, 6, &ret->why);
	ret->tries = sqlite3_column_int(st, 7);
	if (ret->state > INSTANCE_LEFT)
		rc = err_set(err, E_DAMAGED, "\"%s/store.db\": bad state of "
		    "an instance's object", s->home);
	else if (sqlite3_column_type(st, 8) != SQLITE_NULL)
		rc = unpack(s, store_column(st, 8), &ret->doc, err);
	(void)sqlite3_reset(st);
	if (rc < 0)
		return rc;
	if (buf_str(&ret->doc) == NULL || buf_check(&ret->uid, err) < 0 ||
	    buf_check(&ret->remote, err) < 0 ||
	    buf_check(&ret->remote_id, err) < 0 ||
	    buf_check(&ret->why, err) < 0)
		return err_oom(err);
	return 1;
}

int
instance_get(struct store *s, const char *uid, size_t len,
    struct instance_row *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " ROW_COLUMNS
	    " WHERE i.uid=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", uid, len);
	return take_row(s, st, ret, err);
}

int
instance_by_remote(struct store *s, const char *remote, size_t len,
    struct instance_row *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " ROW_COLUMNS
	    " WHERE i.remote=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", remote, len);
	return take_row(s, st, ret, err);
}

/* The one text that a statement gives for a name: 1 or 0. */
static int
other_name(struct store *s, sqlite3_stmt *st, const char *name, size_t len,
    struct buf *ret, struct err *err)
{
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", name, len);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	take_column(st, 0, ret);
	(void)sqlite3_reset(st);
	return buf_check(ret, err) < 0 ? -(int)err->code : 1;
}

int
instance_uid_of(struct store *s, const char *remote, size_t len,
    struct buf *ret, struct err *err)
{
	return other_name(s, store_sql(s, "SELECT uid FROM instance_object "
	    "WHERE remote=?", err), remote, len, ret, err);
}

int
instance_remote_of(struct store *s, const char *uid, size_t len,
    struct buf *ret, struct err *err)
{
	return other_name(s, store_sql(s, "SELECT remote FROM instance_object "
	    "WHERE uid=? AND remote IS NOT NULL", err), uid, len, ret, err);
}

/* One UID there is one object. */
static int
check_remote(struct store *s, const struct instance_row *r, struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	int rc;

	if (r->remote.len == 0)
		return 0;
	rc = instance_uid_of(s, r->remote.at, r->remote.len, &uid, err);
	if (rc <= 0 || (uid.at != NULL && uid.len == r->uid.len &&
	    memcmp(uid.at, r->uid.at, uid.len) == 0))
		return rc;
	return err_set(err, E_DEST_MISMATCH, "the instance gives \"%.*s\" and "
	    "\"%.*s\" one UID, \"%.*s\"", (int)uid.len, uid.at,
	    (int)r->uid.len, r->uid.at, (int)r->remote.len, r->remote.at);
}

/* A text that is bound: never NULL, which would be no text. */
static const char *
text_of(const struct buf *b)
{
	return b->len > 0 ? b->at : "";
}

static int
put_doc(struct store *s, const struct instance_row *r, struct err *err)
{
	CLEANUP(buf_clear) struct buf frame = BUF_INIT;
	int rc;

	if (r->doc.len == 0)
		return store_run(s, err, "DELETE FROM instance_doc WHERE id="
		    "(SELECT id FROM instance_object WHERE uid=?)", "t",
		    r->uid.at, r->uid.len);
	if ((rc = pack(&r->doc, &frame, err)) < 0)
		return rc;
	return store_run(s, err, "INSERT OR REPLACE INTO instance_doc(id,doc) "
	    "SELECT id,?2 FROM instance_object WHERE uid=?1", "tb", r->uid.at,
	    r->uid.len, frame.at, frame.len);
}

int
instance_put(struct store *s, const struct instance_row *r, struct err *err)
{
	int rc;

	if ((rc = check_remote(s, r, err)) < 0 ||
	    (rc = store_run(s, err, "INSERT INTO instance_object(uid,remote,"
	    "remote_id,seq,seen,state,why,tries) VALUES(?,nullif(?,''),?,?,?,"
	    "?,?,?) ON CONFLICT(uid) DO UPDATE SET remote=excluded.remote,"
	    "remote_id=excluded.remote_id,seq=excluded.seq,seen=excluded.seen,"
	    "state=excluded.state,why=excluded.why,tries=excluded.tries",
	    "tttiiiti", r->uid.at, r->uid.len, text_of(&r->remote),
	    r->remote.len, text_of(&r->remote_id), r->remote_id.len,
	    (int64_t)r->seq, (int64_t)r->seen, (int64_t)r->state,
	    text_of(&r->why), r->why.len, (int64_t)r->tries)) < 0)
		return rc;
	return put_doc(s, r, err);
}

int
instance_forget(struct store *s, const char *uid, size_t len,
    struct err *err)
{
	int rc;

	if ((rc = instance_show(s, uid, len, NULL, 0, err)) < 0 ||
	    (rc = instance_due_set(s, uid, len, 0, err)) < 0 ||
	    (rc = store_run(s, err, "DELETE FROM instance_blob WHERE uid=?",
	    "t", uid, len)) < 0 ||
	    (rc = store_run(s, err, "DELETE FROM instance_doc WHERE id="
	    "(SELECT id FROM instance_object WHERE uid=?)", "t", uid,
	    len)) < 0)
		return rc;
	return store_run(s, err, "DELETE FROM instance_object WHERE uid=?",
	    "t", uid, len);
}

int
instance_see(struct store *s, const char *remote, size_t len, uint64_t seen,
    struct err *err)
{
	int rc = store_run(s, err, "UPDATE instance_object SET seen=? WHERE "
	    "remote=?", "it", (int64_t)seen, remote, len);

	return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

/* --- attachments and notes --------------------------------------------- */

int
instance_blob(struct store *s, const char *uid, size_t len,
    struct json_span field, struct json_span token, unsigned char ret[32],
    uint64_t *ret_size, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT hash,size FROM instance_blob "
	    "WHERE uid=? AND field=? AND token=?", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ttt", uid, len, field.at, field.len, token.at,
	    token.len);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	rc = store_column_hash(st, 0, ret);
	*ret_size = (uint64_t)sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	return rc < 0 ? err_set(err, E_DAMAGED, "\"%s/store.db\": bad hash",
	    s->home) : 1;
}

int
instance_blob_put(struct store *s, const char *uid, size_t len,
    struct json_span field, struct json_span token,
    const unsigned char hash[32], uint64_t size, struct err *err)
{
	return store_run(s, err, "INSERT OR REPLACE INTO instance_blob(uid,"
	    "field,token,hash,size) VALUES(?,?,?,?,?)", "ttthi", uid, len,
	    field.at, field.len, token.at, token.len, hash, (int64_t)size);
}

int
instance_note(struct store *s, const char *key, struct buf *ret,
    struct err *err)
{
	return other_name(s, store_sql(s, "SELECT value FROM instance_note "
	    "WHERE key=?", err), key, strlen(key), ret, err);
}

int
instance_note_put(struct store *s, const char *key, const char *value,
    struct err *err)
{
	if (value == NULL)
		return store_run(s, err, "DELETE FROM instance_note WHERE "
		    "key=?", "s", key);
	return store_run(s, err, "INSERT OR REPLACE INTO instance_note(key,"
	    "value) VALUES(?,?)", "ss", key, value);
}

/* --- what is missing there, what is not held --------------------------- */

int
instance_missing(struct store *s, uint64_t seen, uint64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM instance_object "
	    "WHERE remote IS NOT NULL AND seen<?", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)seen);
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

int
instance_missing_next(struct store *s, uint64_t seen, const char *after,
    size_t limit, int (*each)(void *ctx, const struct instance_row *r,
    struct err *err), void *ctx, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	CLEANUP(buf_clear) struct buf last = BUF_INIT;
	sqlite3_stmt *st;
	size_t count;
	int rc;

	buf_adds(&last, after);
	for (count = 0; count < limit; count++) {
		if (buf_check(&last, err) < 0 ||
		    (st = store_sql(s, "SELECT " ROW_COLUMNS " WHERE i.uid>? "
		    "AND i.remote IS NOT NULL AND i.seen<? ORDER BY i.uid "
		    "LIMIT 1", err)) == NULL)
			return -(int)err->code;
		store_bind(st, "ti", text_of(&last), last.len, (int64_t)seen);
		if ((rc = take_row(s, st, &r, err)) < 0)
			return rc;
		if (rc == 0)
			break;
		if ((rc = each(ctx, &r, err)) < 0)
			return rc;
		buf_reset(&last);
		buf_add(&last, r.uid.at, r.uid.len);
	}
	return (int)count;
}

/* The row of a name that was listed, if it still is. */
static int
give_refused(struct store *s, sqlite3_stmt *st, struct instance_row *r,
    int (*each)(void *ctx, const struct instance_row *r, const char *type,
    struct err *err), void *ctx, struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT, type = BUF_INIT;
	int rc;

	take_column(st, 0, &uid);
	take_column(st, 1, &type);
	if ((rc = buf_check(&uid, err)) < 0 ||
	    (rc = buf_check(&type, err)) < 0 ||
	    (rc = instance_get(s, uid.at, uid.len, r, err)) <= 0)
		return rc;
	return each(ctx, r, type.at, err);
}

int
instance_refused_each(struct store *s, int (*each)(void *ctx,
    const struct instance_row *r, const char *type, struct err *err),
    void *ctx, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	/* Sorted before the first row, so that `each` may write. */
	sqlite3_stmt *st = store_sql(s, "SELECT i.uid,coalesce(o.type,'') "
	    "FROM instance_object i LEFT JOIN object o ON o.uid=i.uid WHERE "
	    "(i.state<>0 OR i.why<>'') AND i.state<>? ORDER BY 2,1", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)INSTANCE_LEFT);
	while ((rc = store_step(s, st, err)) > 0)
		if ((rc = give_refused(s, st, &r, each, ctx, err)) < 0)
			break;
	(void)sqlite3_reset(st);
	return rc;
}

int
instance_retry(struct store *s, struct err *err)
{
	return store_run(s, err, "UPDATE instance_object SET state=? WHERE "
	    "state=0 AND why<>''", "i", (int64_t)INSTANCE_REFUSED);
}

int
instance_sites(struct store *s, size_t limit, struct buf *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT remote FROM instance_object "
	    "WHERE uid>='site:/' AND uid<'site:0' AND remote NOT LIKE '/%' "
	    "ORDER BY uid LIMIT ?", err);
	int rc, count = 0;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)limit);
	while ((rc = store_step(s, st, err)) > 0) {
		take_column(st, 0, ret);
		buf_addc(ret, '\0');
		count++;
	}
	if (rc < 0 || (rc = buf_check(ret, err)) < 0)
		return rc;
	return count;
}
