#include "object_row.h"

#include <sqlite3.h>
#include <stdlib.h>

static int
set_dot(struct store *s, struct dot *d, int64_t actor, int64_t n,
    struct err *err)
{
	const struct actor *a = store_actor(s, actor, err);

	if (a == NULL)
		return -(int)err->code;
	d->actor = *a;
	d->n = (uint64_t)n;
	return 0;
}

static int
read_row(struct store *s, sqlite3_stmt *st, struct version *v,
    struct err *err)
{
	int rc;

	if ((rc = set_dot(s, &v->dot, sqlite3_column_int64(st, 0),
	    sqlite3_column_int64(st, 1), err)) < 0)
		return rc;
	v->label = sqlite3_column_int64(st, 2);
	v->born = v->dot;
	if (sqlite3_column_type(st, 3) != SQLITE_NULL &&
	    (rc = set_dot(s, &v->born, sqlite3_column_int64(st, 3),
	    sqlite3_column_int64(st, 4), err)) < 0)
		return rc;
	if (store_column_hash(st, 5, v->hash) < 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad hash",
		    s->home);
	v->context = store_column(st, 6);
	v->stamps = store_column(st, 7);
	v->content = store_column(st, 8);
	if (version_own(v, err) < 0)
		return err_prefix(err, "\"%s/store.db\"", s->home);
	return 0;
}

int
object_row_all(struct store *s, sqlite3_stmt *st, struct version **all,
    size_t *count, struct err *err)
{
	struct version *more;
	int rc;

	while ((rc = store_step(s, st, err)) > 0) {
		more = realloc(*all, (*count + 1) * sizeof *more);
		if (more == NULL) {
			rc = err_oom(err);
			break;
		}
		*all = more;
		more[*count] = (struct version)VERSION_INIT;
		if ((rc = read_row(s, st, &more[(*count)++], err)) < 0)
			break;
	}
	(void)sqlite3_reset(st);
	return rc;
}

int
object_row_put(struct store *s, const char *insert, int64_t object,
    const struct version *v, int winner, struct err *err)
{
	CLEANUP(buf_clear) struct buf blobs = BUF_INIT;
	int64_t actor, born = 0;
	sqlite3_stmt *st;
	int rc;

	if ((rc = store_actor_id(s, &v->dot.actor, &actor, err)) < 0)
		return rc;
	if ((rc = version_blobs(v->fields, &blobs, err)) < 0)
		return rc;
	if ((st = store_sql(s, insert, err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iiiiiht", object, actor, (int64_t)v->dot.n, v->label,
	    (int64_t)winner, v->hash, v->content.at, v->content.len);
	(void)sqlite3_bind_null(st, 8);
	(void)sqlite3_bind_null(st, 9);
	if (dot_cmp(&v->born, &v->dot) != 0) {
		if ((rc = store_actor_id(s, &v->born.actor, &born, err)) < 0)
			return rc;
		(void)sqlite3_bind_int64(st, 8, born);
		(void)sqlite3_bind_int64(st, 9, (int64_t)v->born.n);
	}
	(void)sqlite3_bind_null(st, 10);
	if (v->context.len > 0)
		(void)sqlite3_bind_text64(st, 10, v->context.at,
		    v->context.len, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_null(st, 11);
	if (v->stamps.len > 0)
		(void)sqlite3_bind_text64(st, 11, v->stamps.at,
		    v->stamps.len, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_null(st, 12);
	if (blobs.len > 0)
		(void)sqlite3_bind_blob64(st, 12, blobs.at, blobs.len,
		    SQLITE_STATIC);
	return store_step(s, st, err);
}
