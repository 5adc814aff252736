#include "object_set.h"

#include <sqlite3.h>

#include "../base/mutant.h"
#include "digest.h"
#include "object_row.h"
#include "view.h"

/* The object's share of the digest, once for each type of its siblings. */
static int
digest_set(struct store *s, const char *uid, size_t len, struct siblings set,
    int sign, struct err *err)
{
	unsigned char hash[32];
	size_t i, k;
	int rc;

	merge_object_hash(uid, len, set, hash);
	for (i = 0; i < set.count; i++) {
		for (k = 0; k < i; k++)
			if (json_same(set.v[k]->type, set.v[i]->type))
				break;
		if (k == i && (rc = digest_add(s, set.v[i]->type, hash, sign,
		    err)) < 0)
			return rc;
	}
	return 0;
}

static int
set_conflict(struct store *s, int64_t object, struct siblings set,
    int *ret_listed, struct err *err)
{
	enum conflict_kind kind = CONFLICT_NONE;
	int rc;

	if (set.count > 1 && (rc = merge_kind(set, &kind, err)) < 0)
		return rc;
	*ret_listed = kind != CONFLICT_NONE;
	if (kind == CONFLICT_NONE)
		return store_run(s, err, "DELETE FROM conflict WHERE "
		    "object=?", "i", object);
	return store_run(s, err, "INSERT INTO conflict(object,kind) "
	    "VALUES(?,?) ON CONFLICT(object) DO UPDATE SET "
	    "kind=excluded.kind", "is", object, merge_kind_name(kind));
}

static int
put_row(struct store *s, const struct object_change *c,
    const struct version *winner, struct err *err)
{
	struct object *o = c->o;
	sqlite3_stmt *st;
	uint64_t seq;
	int rc;

	seq = MUTANT(import_without_sequence) && o->id != 0 &&
	    actor_cmp(&winner->dot.actor, &s->self) != 0 ? o->seq : ++s->seq;
	s->state_dirty = 1;
	st = o->id == 0 ?
	    store_sql(s, "INSERT INTO object(seq,deleted,changed,type,uid,via)"
	    " VALUES(?,?,?,?,?,?)", err) :
	    store_sql(s, "UPDATE object SET seq=?,deleted=?,changed=?,type=?,"
	    "uid=?,via=? WHERE id=?", err);
	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "iiitt", (int64_t)seq,
	    (int64_t)(winner->fields.len == 0), s->clock, winner->type.at,
	    winner->type.len, c->uid, c->len);
	(void)sqlite3_bind_null(st, 6);
	if (c->via != 0)
		(void)sqlite3_bind_int64(st, 6, c->via);
	if (o->id != 0)
		(void)sqlite3_bind_int64(st, 7, o->id);
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	if (o->id == 0)
		o->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

/* Make sure that each type among the siblings has its view. */
static int
make_views(struct store *s, struct siblings set, struct err *err)
{
	unsigned char sum[32];
	size_t i, before;
	int rc;

	for (i = 0; i < set.count; i++) {
		before = s->digest_count;
		if ((rc = digest_of(s, set.v[i]->type, sum, err)) < 0)
			return rc;
		if (s->digest_count != before &&
		    (rc = view_make(s, set.v[i]->type, err)) < 0)
			return rc;
	}
	return 0;
}

static int
check_size(const struct object_change *c, struct err *err)
{
	size_t i, size = 0;

	for (i = 0; i < c->set.count; i++)
		size += version_size(c->set.v[i]);
	if (size <= MERGE_SIZE_MAX)
		return 0;
	(void)err_set(err, E_LIMIT, "object \"%.*s\": its %zu versions "
	    "together have %zu bytes, at most %u", (int)c->len, c->uid,
	    c->set.count, size, MERGE_SIZE_MAX);
	return err_next(err, "decide the conflict of the object first, here "
	    "and at the other sites");
}

/* Rows that go, and rows that stay with another rank. */
static int
put_old(struct store *s, const struct object_change *c, size_t winner,
    struct err *err)
{
	const struct siblings *old = &c->o->set;
	int64_t actor, wins;
	size_t i;
	int rc;

	for (i = 0; i < old->count; i++) {
		const struct dot *d = &old->v[i]->dot;

		if ((rc = store_actor_id(s, &d->actor, &actor, err)) < 0)
			return rc;
		wins = old->v[i] == c->set.v[winner] &&
		    !MUTANT(winner_by_arrival);
		rc = c->keep != NULL && c->keep[i] ?
		    store_run(s, err, "UPDATE version SET winner=? WHERE "
		    "object=? AND actor=? AND n=?", "iiii", wins, c->o->id,
		    actor, (int64_t)d->n) :
		    store_run(s, err, "DELETE FROM version WHERE object=? AND "
		    "actor=? AND n=?", "iii", c->o->id, actor, (int64_t)d->n);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Rows that come. */
static int
put_new(struct store *s, const struct object_change *c, size_t winner,
    struct err *err)
{
	size_t i, k;
	int here, rc;

	for (i = 0; i < c->set.count; i++) {
		for (here = 0, k = 0; k < c->o->set.count && !here; k++)
			here = c->o->set.v[k] == c->set.v[i];
		if (!here && (rc = object_row_put(s, "INSERT INTO version"
		    OBJECT_ROW_COLUMNS, c->o->id, c->set.v[i], i == winner ||
		    MUTANT(winner_by_arrival), err)) < 0)
			return rc;
	}
	return 0;
}

int
object_set_put(struct store *s, const struct object_change *c,
    int *ret_listed, struct err *err)
{
	size_t w = merge_winner(c->set);
	int rc;

	*ret_listed = 0;
	if ((rc = check_size(c, err)) < 0 ||
	    (c->o->id != 0 && !MUTANT(digest_adds) && (rc = digest_set(s,
	    c->uid, c->len, c->o->set, -1, err)) < 0) ||
	    (rc = make_views(s, c->set, err)) < 0 ||
	    (rc = put_row(s, c, c->set.v[w], err)) < 0 ||
	    (rc = put_old(s, c, w, err)) < 0 ||
	    (rc = put_new(s, c, w, err)) < 0 ||
	    (rc = digest_set(s, c->uid, c->len, c->set, 1, err)) < 0)
		return rc;
	if (c->o->set.count <= 1 && c->set.count == 1)
		return 0;
	return set_conflict(s, c->o->id, c->set, ret_listed, err);
}
