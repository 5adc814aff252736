#include "instance.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "object_row.h"

/* --- what the instance shows ------------------------------------------- */

/* The row of an object; 0 if there is none. */
static int
object_row(struct store *s, const char *uid, size_t len, int64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id FROM object WHERE uid=?",
	    err);
	int rc;

	*ret = 0;
	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", uid, len);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	*ret = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 1;
}

/* The version is shown; if it is no sibling (any more), it is kept. */
static int
show_one(struct store *s, int64_t object, const struct version *v,
    struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	if ((rc = store_actor_id(s, &v->dot.actor, &actor, err)) < 0 ||
	    (rc = store_run(s, err, "INSERT OR IGNORE INTO instance_show("
	    "object,actor,n) VALUES(?,?,?)", "iii", object, actor,
	    (int64_t)v->dot.n)) < 0)
		return rc;
	if ((st = store_sql(s, "SELECT 1 FROM version WHERE object=? AND "
	    "actor=? AND n=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iii", object, actor, (int64_t)v->dot.n);
	rc = store_step(s, st, err);
	(void)sqlite3_reset(st);
	return rc != 0 ? rc : object_row_put(s, "INSERT OR IGNORE INTO "
	    "instance_kept" OBJECT_ROW_COLUMNS, object, v, 0, err);
}

int
instance_show(struct store *s, const char *uid, size_t len,
    struct version *const *shown, size_t count, struct err *err)
{
	int64_t object;
	size_t i;
	int rc;

	if ((rc = object_row(s, uid, len, &object, err)) < 0)
		return rc;
	if (rc == 0 && count > 0)
		return err_set(err, E_INTERNAL, "an instance shows \"%.*s\", "
		    "which the store has not", (int)len, uid);
	if ((rc = store_run(s, err, "DELETE FROM instance_show WHERE "
	    "object=?", "i", object)) < 0)
		return rc;
	for (i = 0; i < count; i++)
		if ((rc = show_one(s, object, shown[i], err)) < 0)
			return rc;
	return store_run(s, err, "DELETE FROM instance_kept WHERE object=?1 "
	    "AND NOT EXISTS(SELECT 1 FROM instance_show w WHERE w.object=?1 "
	    "AND w.actor=instance_kept.actor AND w.n=instance_kept.n)", "i",
	    object);
}

/* --- what its users edit ----------------------------------------------- */

void
instance_base_clear(struct instance_base *b)
{
	size_t i;

	for (i = 0; i < b->kept_count; i++)
		version_clear(&b->kept[i]);
	free(b->kept);
	free(b->all.v);
	free(b->shown);
	object_clear(&b->object);
	*b = (struct instance_base)INSTANCE_BASE_INIT;
}

static int
read_kept(struct store *s, struct instance_base *b, struct err *err)
{
	/* Not one that came back as a sibling. */
	sqlite3_stmt *st = store_sql(s, "SELECT " OBJECT_ROW_READ " FROM "
	    "instance_kept k WHERE object=?1 AND NOT EXISTS(SELECT 1 FROM "
	    "version v WHERE v.object=?1 AND v.actor=k.actor AND v.n=k.n)",
	    err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", b->object.id);
	return object_row_all(s, st, &b->kept, &b->kept_count, err);
}

static int
join_all(struct instance_base *b, struct err *err)
{
	size_t count = b->object.set.count + b->kept_count, i;

	if (count > MERGE_MAX)
		return err_set(err, E_LIMIT, "an object with more than %u "
		    "versions shown or beside each other", MERGE_MAX);
	b->all.v = calloc(count + 1, sizeof *b->all.v);
	b->shown = calloc(count + 1, 1);
	if (b->all.v == NULL || b->shown == NULL)
		return err_oom(err);
	for (i = 0; i < b->object.set.count; i++)
		b->all.v[b->all.count++] = b->object.set.v[i];
	for (i = 0; i < b->kept_count; i++)
		merge_insert(&b->all, &b->kept[i]);
	return 0;
}

/* Is a version shown: 1 or 0. */
static int
is_shown(struct store *s, int64_t object, const struct dot *d,
    struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	if ((rc = store_actor_find(s, &d->actor, &actor, err)) <= 0)
		return rc;
	if ((st = store_sql(s, "SELECT 1 FROM instance_show WHERE object=? "
	    "AND actor=? AND n=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iii", object, actor, (int64_t)d->n);
	rc = store_step(s, st, err);
	(void)sqlite3_reset(st);
	return rc;
}

/* The flags, and the winner of those shown. */
static int
mark_shown(struct store *s, struct instance_base *b, struct err *err)
{
	CLEANUP(buf_freep) struct version **list = NULL;
	struct siblings seen = { NULL, 0 };
	size_t i;
	int rc;

	if ((list = calloc(b->all.count + 1, sizeof *list)) == NULL)
		return err_oom(err);
	seen.v = list;
	for (i = 0; i < b->all.count && b->all.v[i] != NULL; i++) {
		rc = is_shown(s, b->object.id, &b->all.v[i]->dot, err);
		if (rc < 0)
			return rc;
		b->shown[i] = rc > 0;
		if (rc > 0)
			list[seen.count++] = b->all.v[i];
	}
	if (seen.count > 0)
		b->winner = seen.v[merge_winner(seen)];
	return 0;
}

int
instance_base(struct store *s, const char *uid, size_t len,
    struct instance_base *ret, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base b =
	    INSTANCE_BASE_INIT;
	int found, rc;

	if ((found = object_get(s, uid, len, &b.object, err)) < 0)
		return found;
	if ((found > 0 && (rc = read_kept(s, &b, err)) < 0) ||
	    (rc = join_all(&b, err)) < 0 ||
	    (rc = mark_shown(s, &b, err)) < 0)
		return rc;
	*ret = b;
	b = (struct instance_base)INSTANCE_BASE_INIT;
	return found;
}

int
instance_edit(struct store *s, const char *uid, size_t len,
    const struct instance_base *b, const struct merge_edit *e,
    struct err *err)
{
	struct object_seen seen = { b->all, b->shown };
	struct version new = VERSION_INIT, *shown = &new;
	int rc;

	if ((rc = object_edit_seen(s, uid, len, &b->object, &seen, e,
	    err)) <= 0)
		return rc;

	/* It is a sibling now: its dot is all that is needed. */
	new.dot.actor = s->self;
	new.dot.n = s->n;
	rc = instance_show(s, uid, len, &shown, 1, err);
	return rc < 0 ? rc : 1;
}
