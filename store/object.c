#include "object.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "blob.h"
#include "object_row.h"
#include "object_set.h"

void
object_clear(struct object *o)
{
	size_t i;

	for (i = 0; i < o->set.count; i++)
		version_clear(&o->all[i]);
	free(o->all);
	free(o->set.v);
	*o = (struct object)OBJECT_INIT;
}

/* --- reading ----------------------------------------------------------- */

static int
read_versions(struct store *s, struct object *o, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " OBJECT_ROW_READ
	    " FROM version WHERE object=?", err);
	struct siblings set = { NULL, 0 };
	size_t i;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", o->id);
	if ((rc = object_row_all(s, st, &o->all, &o->set.count, err)) < 0)
		return rc;
	if (o->set.count == 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": an object "
		    "without a version", s->home);
	if ((set.v = calloc(o->set.count, sizeof *set.v)) == NULL)
		return err_oom(err);
	for (i = 0; i < o->set.count; i++)
		merge_insert(&set, &o->all[i]);
	o->set = set;
	return 1;
}

/* The row alone: 1 or 0. */
static int
find_row(struct store *s, const char *uid, size_t len, struct object *o,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id,seq,via FROM object WHERE "
	    "uid=?", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "t", uid, len);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	o->id = sqlite3_column_int64(st, 0);
	o->seq = (uint64_t)sqlite3_column_int64(st, 1);
	o->via = sqlite3_column_int64(st, 2);
	(void)sqlite3_reset(st);
	return 1;
}

int
object_get(struct store *s, const char *uid, size_t len, struct object *ret,
    struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	int rc;

	if ((rc = find_row(s, uid, len, &o, err)) <= 0)
		return rc;
	if ((rc = read_versions(s, &o, err)) < 0)
		return rc;
	*ret = o;
	o = (struct object)OBJECT_INIT;
	return 1;
}

/* --- edits ------------------------------------------------------------- */

/* Every attachment that the version names must be here. */
static int
check_blobs(struct store *s, const struct version *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf missing = BUF_INIT;
	int rc = blob_missing(s, v->fields, &missing, err);

	if (rc < 0 || missing.len == 0)
		return rc;
	(void)err_set(err, E_REF, "the store has no attachment with this "
	    "blake2b");
	return err_next(err, "give the attachment's \"file\"");
}

/* What is left of the old set, and the new version, ascending by dot. */
static int
set_after_edit(const struct object *o, struct version *new,
    struct siblings *ret, char *keep, struct err *err)
{
	size_t i;

	if ((ret->v = calloc(o->set.count + 1, sizeof *ret->v)) == NULL)
		return err_oom(err);
	for (i = 0; i < o->set.count; i++) {
		keep[i] = !version_saw(new, &o->set.v[i]->dot);
		if (keep[i])
			ret->v[ret->count++] = o->set.v[i];
	}
	merge_insert(ret, new);
	return 0;
}

/* The dot is used up: counter, chain, and the head that we stand by. */
static int
use_dot(struct store *s, const char *uid, size_t len,
    const struct version *new, struct err *err)
{
	int64_t actor;
	int rc;

	s->n++;
	s->state_dirty = 1;
	version_head(s->head, &new->dot, uid, len, new->hash);
	if ((rc = store_actor_id(s, &s->self, &actor, err)) < 0)
		return rc;
	return store_run(s, err, "INSERT INTO head(actor,n,head) "
	    "VALUES(?,?,?)", "iih", actor, (int64_t)s->n, s->head);
}

static struct dot
next_dot(const struct store *s)
{
	return (struct dot){ s->self, s->n + 1 };
}

/* The list alone: its versions belong to others. */
static void
set_clear(struct siblings *set)
{
	free(set->v);
}

static int
put_new(struct store *s, const char *uid, size_t len, const struct object *o,
    struct version *new, struct err *err)
{
	CLEANUP(buf_freep) char *keep = NULL;
	CLEANUP(set_clear) struct siblings set = { NULL, 0 };
	struct object_change c;
	struct object row = *o;
	int rc, listed;

	if ((keep = calloc(o->set.count + 1, 1)) == NULL)
		return err_oom(err);
	if ((rc = check_blobs(s, new, err)) < 0 ||
	    (rc = use_dot(s, uid, len, new, err)) < 0 ||
	    (rc = set_after_edit(o, new, &set, keep, err)) < 0)
		return rc;
	c = (struct object_change){ uid, len, &row, keep, set, 0 };
	rc = object_set_put(s, &c, &listed, err);
	return rc < 0 ? rc : 1;
}

int
object_create(struct store *s, const char *uid, size_t len,
    struct version *new, struct err *err)
{
	const struct object none = OBJECT_INIT;

	new->dot = new->born = next_dot(s);
	return put_new(s, uid, len, &none, new, err);
}

int
object_edit_seen(struct store *s, const char *uid, size_t len,
    const struct object *o, const struct object_seen *seen,
    const struct merge_edit *e, struct err *err)
{
	CLEANUP(version_clear) struct version new = VERSION_INIT;
	int rc;

	new.dot = next_dot(s);
	if ((rc = merge_new(seen->all, seen->shown, e, &new, err)) <= 0)
		return rc;
	return put_new(s, uid, len, o, &new, err);
}

int
object_edit(struct store *s, const char *uid, size_t len,
    const struct object *o, const char *shown, const struct merge_edit *e,
    struct err *err)
{
	CLEANUP(buf_freep) char *flags = NULL;
	struct object_seen seen = { o->set, shown };

	if (shown == NULL) {
		if ((flags = calloc(o->set.count + 1, 1)) == NULL)
			return err_oom(err);
		if (o->set.count > 0)
			merge_shown(o->set, flags);
		seen.shown = flags;
	}
	return object_edit_seen(s, uid, len, o, &seen, e, err);
}

/* --- merging ----------------------------------------------------------- */

/* One dot, two versions? */
static int
check_forks(struct siblings mine, struct siblings theirs, const char *uid,
    size_t len, struct err *err)
{
	unsigned char a[32], b[32];
	size_t i, k;

	for (i = 0, k = 0; i < mine.count && k < theirs.count;) {
		int c = dot_cmp(&mine.v[i]->dot, &theirs.v[k]->dot);

		if (c == 0) {
			version_identity(mine.v[i], a);
			version_identity(theirs.v[k], b);
			if (memcmp(a, b, 32) != 0) {
				(void)err_set(err, E_FORK, "object \"%.*s\": "
				    "the bundle and this store hold different "
				    "versions under one number (%s:%llu)",
				    (int)len, uid, mine.v[i]->dot.actor.site,
				    (unsigned long long)mine.v[i]->dot.n);
				return err_next(err, "one site was restored or"
				    " copied unnoticed: run 'satchel site "
				    "restored' there and enter one of the two "
				    "again by hand");
			}
		}
		i += c <= 0;
		k += c >= 0;
	}
	return 0;
}

static int
same_dots(struct siblings a, struct siblings b)
{
	size_t i;

	if (a.count != b.count)
		return 0;
	for (i = 0; i < a.count; i++)
		if (dot_cmp(&a.v[i]->dot, &b.v[i]->dot) != 0)
			return 0;
	return 1;
}

/* The kept of both, ascending. */
static int
join(struct siblings a, const char *keep_a, struct siblings b,
    const char *keep_b, struct siblings *ret, struct err *err)
{
	size_t i = 0, k = 0;

	if ((ret->v = calloc(a.count + b.count + 1, sizeof *ret->v)) == NULL)
		return err_oom(err);
	while (i < a.count || k < b.count) {
		if (i < a.count && !keep_a[i]) {
			i++;
		} else if (k < b.count && !keep_b[k]) {
			k++;
		} else if (k == b.count || (i < a.count &&
		    dot_cmp(&a.v[i]->dot, &b.v[k]->dot) < 0)) {
			ret->v[ret->count++] = a.v[i++];
		} else {
			ret->v[ret->count++] = b.v[k++];
		}
	}
	if (ret->count > MERGE_MAX)
		return err_set(err, E_LIMIT, "an object with more than %u "
		    "siblings", MERGE_MAX);
	return 0;
}

static int
merge_into(struct store *s, const char *uid, size_t len, struct object *o,
    struct siblings theirs, struct object_merge *m, struct err *err)
{
	CLEANUP(buf_freep) char *keep = NULL, *keep_theirs = NULL;
	CLEANUP(set_clear) struct siblings set = { NULL, 0 };
	struct object_change c;
	int rc;

	keep = calloc(o->set.count + 1, 1);
	keep_theirs = calloc(theirs.count + 1, 1);
	if (keep == NULL || keep_theirs == NULL)
		return err_oom(err);
	merge_sets(o->set, theirs, keep, keep_theirs);
	rc = join(o->set, keep, theirs, keep_theirs, &set, err);
	if (rc < 0)
		return rc;
	if (same_dots(set, o->set)) {
		m->result = OBJECT_SAME;
		return 0;
	}
	m->result = OBJECT_CHANGED;
	c = (struct object_change){ uid, len, o, keep, set,
	    same_dots(set, theirs) ? m->via : 0 };
	return object_set_put(s, &c, &m->conflict, err);
}

void
object_merge_clear(struct object_merge *m)
{
	free(m->same);
	m->same = NULL;
	m->same_size = 0;
}

static int
is_marked(const struct object_merge *m, int64_t id)
{
	size_t at = (size_t)id / 8;

	return at < m->same_size && (m->same[at] >> (id % 8) & 1);
}

static int
mark(struct object_merge *m, int64_t id, struct err *err)
{
	size_t at = (size_t)id / 8, size = at + 4096;
	unsigned char *more;

	if (at >= m->same_size) {
		if ((more = realloc(m->same, size)) == NULL)
			return err_oom(err);
		memset(more + m->same_size, 0, size - m->same_size);
		m->same = more;
		m->same_size = size;
	}
	m->same[at] |= (unsigned char)(1 << (id % 8));
	return 0;
}

/* We never forget an object, so none that is not here is of our making. */
static int
check_ours(const struct store *s, struct siblings theirs, const char *uid,
    size_t len, struct err *err)
{
	size_t i;

	for (i = 0; i < theirs.count; i++)
		if (actor_cmp(&theirs.v[i]->dot.actor, &s->self) == 0) {
			(void)err_set(err, E_FORK, "object \"%.*s\": the "
			    "bundle has it as change %llu of this site, which "
			    "never had it", (int)len, uid,
			    (unsigned long long)theirs.v[i]->dot.n);
			return err_next(err, "if a copy of this home is in "
			    "use, run 'satchel site restored' there; else ask "
			    "the sender where it is from");
		}
	return 0;
}

int
object_merge(struct store *s, const char *uid, size_t len,
    struct siblings theirs, struct object_merge *m, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct object_change c;
	int rc;

	m->result = OBJECT_CHANGED;
	m->conflict = 0;
	if ((rc = find_row(s, uid, len, &o, err)) < 0)
		return rc;
	if (rc == 0) {
		if ((rc = check_ours(s, theirs, uid, len, err)) < 0)
			return rc;
		c = (struct object_change){ uid, len, &o, NULL, theirs,
		    m->via };
		return object_set_put(s, &c, &m->conflict, err);
	}
	if (o.seq > m->floor || is_marked(m, o.id))
		return err_set(err, E_RECORD, "object \"%.*s\" comes twice",
		    (int)len, uid);
	if ((rc = read_versions(s, &o, err)) < 0 ||
	    (rc = check_forks(o.set, theirs, uid, len, err)) < 0 ||
	    (rc = merge_into(s, uid, len, &o, theirs, m, err)) < 0)
		return rc;
	return m->result == OBJECT_SAME ? mark(m, o.id, err) : 0;
}

int
object_forget_via(struct store *s, int64_t peer, struct err *err)
{
	uint64_t last = 0, end = s->seq, seq;
	sqlite3_stmt *st;
	int64_t id;
	int rc;

	/* One after the other, so that nothing is held in memory. */
	for (;;) {
		if ((st = store_sql(s, "SELECT id,seq FROM object WHERE via=? "
		    "AND seq>? AND seq<=? ORDER BY seq LIMIT 1", err)) == NULL)
			return -(int)err->code;
		store_bind(st, "iii", peer, (int64_t)last, (int64_t)end);
		if ((rc = store_step(s, st, err)) <= 0)
			return rc;
		id = sqlite3_column_int64(st, 0);
		last = (uint64_t)sqlite3_column_int64(st, 1);
		(void)sqlite3_reset(st);
		seq = MUTANT(via_cleared_only) ? last : ++s->seq;
		s->state_dirty = 1;
		if ((rc = store_run(s, err, "UPDATE object SET seq=?,via=NULL "
		    "WHERE id=?", "ii", (int64_t)seq, id)) < 0)
			return rc;
	}
}

int
object_count(struct store *s, uint64_t *ret_live, uint64_t *ret_conflicts,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT (SELECT count(*) FROM object "
	    "WHERE deleted=0),(SELECT count(*) FROM conflict)", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	*ret_live = (uint64_t)sqlite3_column_int64(st, 0);
	*ret_conflicts = (uint64_t)sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	return 0;
}
