#include "blob.h"

#include <sqlite3.h>
#include <string.h>

#include "version.h"

static int64_t
part_id(int64_t blob, uint64_t index)
{
	return blob * (BLOB_PARTS_MAX + 1) + (int64_t)index;
}

static int
put_part(struct store *s, int64_t blob, uint64_t index, const void *data,
    size_t len, struct err *err)
{
	if (index > BLOB_PARTS_MAX)
		return err_set(err, E_LIMIT, "an attachment of more than %u "
		    "parts", BLOB_PARTS_MAX);
	return store_run(s, err, "INSERT INTO part(id,bytes) VALUES(?,?)",
	    "ib", part_id(blob, index), data, len);
}

int
blob_find(struct store *s, const unsigned char hash[32], int64_t *ret_id,
    uint64_t *ret_size, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id,size FROM blob WHERE "
	    "hash=? AND whole=1", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "h", hash);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	*ret_id = sqlite3_column_int64(st, 0);
	*ret_size = (uint64_t)sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	return 1;
}

int
blob_missing(struct store *s, struct json_span fields, struct buf *ret,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf hashes = BUF_INIT;
	uint64_t size;
	int64_t id;
	size_t i;
	int rc;

	if ((rc = version_blobs(fields, &hashes, err)) < 0)
		return rc;
	for (i = 0; i < hashes.len; i += 32) {
		rc = blob_find(s, (unsigned char *)hashes.at + i, &id, &size,
		    err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			buf_add(ret, hashes.at + i, 32);
	}
	return buf_check(ret, err);
}

static int
new_row(struct store *s, const unsigned char *hash, int64_t *ret_id,
    struct err *err)
{
	int rc = hash == NULL ?
	    store_run(s, err, "INSERT INTO blob(hash,size,parts,whole) "
	    "VALUES(NULL,0,0,0)", "") :
	    store_run(s, err, "INSERT INTO blob(hash,size,parts,whole) "
	    "VALUES(?,0,0,0)", "h", hash);

	if (rc < 0)
		return rc;
	*ret_id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int
drop_parts(struct store *s, int64_t id, struct err *err)
{
	return store_run(s, err, "DELETE FROM part WHERE id>=? AND id<=?",
	    "ii", part_id(id, 0), part_id(id, BLOB_PARTS_MAX));
}

static int
set_row(struct store *s, int64_t id, const unsigned char hash[32],
    uint64_t size, uint64_t parts, int whole, struct err *err)
{
	return store_run(s, err, "UPDATE blob SET hash=?,size=?,parts=?,"
	    "whole=? WHERE id=?", "hiiii", hash, (int64_t)size,
	    (int64_t)parts, (int64_t)whole, id);
}

/* --- a stream whose hash is not known before --------------------------- */

int
blob_begin(struct store *s, struct blob_in *in, struct err *err)
{
	*in = (struct blob_in){ .id = 0 };
	(void)crypto_generichash_init(&in->state, NULL, 0, 32);
	return new_row(s, NULL, &in->id, err);
}

static int
flush_held(struct store *s, struct blob_in *in, struct err *err)
{
	int rc;

	if ((rc = put_part(s, in->id, in->parts, in->held.at, in->held.len,
	    err)) < 0)
		return rc;
	in->parts++;
	buf_reset(&in->held);
	return 0;
}

int
blob_add(struct store *s, struct blob_in *in, const void *data, size_t len,
    struct err *err)
{
	const char *p = data;
	int rc;

	(void)crypto_generichash_update(&in->state, data, len);
	in->size += len;
	while (len > 0) {
		size_t n = BLOB_PART - in->held.len;

		n = n < len ? n : len;
		buf_add(&in->held, p, n);
		if (buf_check(&in->held, err) < 0)
			return -(int)err->code;
		p += n;
		len -= n;
		if (in->held.len == BLOB_PART &&
		    (rc = flush_held(s, in, err)) < 0)
			return rc;
	}
	return 0;
}

/* An unfinished blob with this hash gives way to the whole one. */
static int
drop_unfinished(struct store *s, const unsigned char hash[32],
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id FROM blob WHERE hash=?",
	    err);
	int64_t id;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "h", hash);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	id = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	if ((rc = drop_parts(s, id, err)) < 0)
		return rc;
	return store_run(s, err, "DELETE FROM blob WHERE id=?", "i", id);
}

int
blob_finish(struct store *s, struct blob_in *in, unsigned char ret[32],
    int64_t *ret_id, struct err *err)
{
	uint64_t size;
	int rc;

	if (in->held.len > 0 && (rc = flush_held(s, in, err)) < 0)
		return rc;
	(void)crypto_generichash_final(&in->state, ret, 32);
	if ((rc = blob_find(s, ret, ret_id, &size, err)) < 0)
		return rc;
	if (rc > 0) {
		/* The same content is here already. */
		if ((rc = drop_parts(s, in->id, err)) < 0)
			return rc;
		return store_run(s, err, "DELETE FROM blob WHERE id=?", "i",
		    in->id);
	}
	if ((rc = drop_unfinished(s, ret, err)) < 0)
		return rc;
	*ret_id = in->id;
	return set_row(s, in->id, ret, in->size, in->parts, 1, err);
}

void
blob_in_clear(struct blob_in *in)
{
	buf_clear(&in->held);
}

/* --- as bundles carry them --------------------------------------------- */

int
blob_put(struct store *s, const unsigned char hash[32], const void *data,
    size_t len, int64_t *ret_id, struct err *err)
{
	uint64_t size;
	int rc;

	if ((rc = blob_find(s, hash, ret_id, &size, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = drop_unfinished(s, hash, err)) < 0 ||
	    (rc = new_row(s, hash, ret_id, err)) < 0)
		return rc;
	if (len > 0 && (rc = put_part(s, *ret_id, 0, data, len, err)) < 0)
		return rc;
	return set_row(s, *ret_id, hash, len, len > 0, 1, err);
}

/* Hash again what is stored of an unfinished blob. */
static int
rehash(struct store *s, struct blob_span *span, struct err *err)
{
	struct json_span x;
	sqlite3_stmt *st;
	uint64_t i;
	int rc;

	for (i = 0; i < span->parts; i++) {
		if ((st = store_sql(s, "SELECT bytes FROM part WHERE id=?",
		    err)) == NULL)
			return -(int)err->code;
		store_bind(st, "i", part_id(span->id, i));
		if ((rc = store_step(s, st, err)) < 0)
			return rc;
		if (rc == 0)
			return err_set(err, E_DAMAGED, "\"%s/store.db\": part "
			    "of an attachment is missing", s->home);
		x = store_column(st, 0);
		(void)crypto_generichash_update(&span->state,
		    (const unsigned char *)x.at, x.len);
		(void)sqlite3_reset(st);
	}
	return 0;
}

/* Turn the span to the blob named `hash`. */
static int
turn_to(struct store *s, struct blob_span *span,
    const unsigned char hash[32], struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	*span = (struct blob_span)BLOB_SPAN_INIT;
	memcpy(span->hash, hash, 32);
	(void)crypto_generichash_init(&span->state, NULL, 0, 32);
	if ((st = store_sql(s, "SELECT id,size,parts,whole FROM blob WHERE "
	    "hash=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "h", hash);
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	if (rc == 0)
		return new_row(s, hash, &span->id, err);
	span->id = sqlite3_column_int64(st, 0);
	span->size = (uint64_t)sqlite3_column_int64(st, 1);
	span->parts = (uint64_t)sqlite3_column_int64(st, 2);
	span->whole = sqlite3_column_int(st, 3);
	(void)sqlite3_reset(st);
	return 0;
}

/* Make the span ready for part `index`. */
static int
seek(struct store *s, struct blob_span *span, uint64_t index,
    struct err *err)
{
	if (index == 0) {
		span->parts = span->size = 0;
		(void)crypto_generichash_init(&span->state, NULL, 0, 32);
		return drop_parts(s, span->id, err);
	}
	if (index != span->parts) {
		(void)err_set(err, E_GAP, "part %llu of an attachment came, "
		    "part %llu is next", (unsigned long long)index,
		    (unsigned long long)span->parts);
		return err_next(err, "import the bundles before this one");
	}
	return rehash(s, span, err);
}

int
blob_part(struct store *s, struct blob_span *span,
    const unsigned char hash[32], uint64_t index, const void *data,
    size_t len, struct err *err)
{
	int same = span->id != 0 && memcmp(span->hash, hash, 32) == 0;
	crypto_generichash_state copy;
	unsigned char got[32];
	int rc;

	if (!same && (rc = turn_to(s, span, hash, err)) < 0)
		return rc;
	if (span->whole)
		return 1;
	if ((!same || index != span->parts) &&
	    (rc = seek(s, span, index, err)) < 0)
		return rc;
	(void)crypto_generichash_update(&span->state, data, len);
	if ((rc = put_part(s, span->id, index, data, len, err)) < 0)
		return rc;
	span->parts++;
	span->size += len;

	/* It is whole when what is here so far has the hash. */
	copy = span->state;
	(void)crypto_generichash_final(&copy, got, 32);
	span->whole = memcmp(got, hash, 32) == 0;
	rc = set_row(s, span->id, hash, span->size, span->parts, span->whole,
	    err);
	return rc < 0 ? rc : span->whole;
}

/* --- out --------------------------------------------------------------- */

int
blob_open(struct store *s, struct blob_out *out, int64_t id, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT parts FROM blob WHERE id=? "
	    "AND whole=1", err);
	int rc;

	*out = (struct blob_out){ .id = id };
	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", id);
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": no "
		    "attachment %lld", s->home, (long long)id);
	out->parts = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

static int
next_part(struct store *s, struct blob_out *out, struct err *err)
{
	struct json_span x;
	int rc;

	out->st = store_sql(s, "SELECT bytes FROM part WHERE id=? /*out*/",
	    err);
	if (out->st == NULL)
		return -(int)err->code;
	store_bind(out->st, "i", part_id(out->id, out->next));
	if ((rc = store_step(s, out->st, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": part of an "
		    "attachment is missing", s->home);
	x = store_column(out->st, 0);
	out->at = x.at;
	out->left = x.len;
	out->next++;
	return 0;
}

int64_t
blob_read(struct store *s, struct blob_out *out, void *to, size_t len,
    struct err *err)
{
	char *p = to;
	size_t got = 0, n;
	int rc;

	while (got < len) {
		if (out->left == 0 && out->next == out->parts)
			break;
		if (out->left == 0 && (rc = next_part(s, out, err)) < 0)
			return rc;
		n = out->left < len - got ? out->left : len - got;
		if (n > 0)
			memcpy(p + got, out->at, n);
		got += n;
		out->at += n;
		out->left -= n;
	}
	if (out->left == 0 && out->st != NULL && out->next == out->parts)
		(void)sqlite3_reset(out->st);
	return (int64_t)got;
}
