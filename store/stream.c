#include "stream.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "object.h"

void
stream_marks_clear(struct stream_marks *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		free(m->at[i].filter);
	free(m->at);
	*m = (struct stream_marks){ NULL, 0 };
}

/* The one number that a statement gives; 0 where there is no row. */
static int
one_number(struct store *s, sqlite3_stmt *st, uint64_t *ret, struct err *err)
{
	int rc = store_step(s, st, err);

	*ret = 0;
	if (rc <= 0)
		return rc;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

/* The one hash that a statement gives: 1, or 0 where there is no row. */
static int
one_hash(struct store *s, sqlite3_stmt *st, const char *what,
    unsigned char ret[32], struct err *err)
{
	int rc = store_step(s, st, err);

	if (rc <= 0)
		return rc;
	rc = store_column_hash(st, 0, ret);
	(void)sqlite3_reset(st);
	return rc < 0 ? err_set(err, E_DAMAGED, "\"%s/store.db\": bad %s",
	    s->home, what) : 1;
}

/* --- watermarks -------------------------------------------------------- */

int
stream_since(struct store *s, int64_t peer, const char *filter,
    uint64_t *ret, struct err *err)
{
	return stream_acked(s, peer, &s->self, filter, ret, err);
}

int
stream_acked(struct store *s, int64_t peer, const struct actor *self,
    const char *filter, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	*ret = 0;
	if ((rc = store_actor_find(s, self, &actor, err)) <= 0)
		return rc;
	if ((st = store_sql(s, "SELECT until FROM acked WHERE peer=? AND "
	    "actor=? AND filter=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iis", peer, actor, filter);
	return one_number(s, st, ret, err);
}

int
stream_applied(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	*ret = 0;
	if ((rc = store_actor_find(s, a, &actor, err)) <= 0)
		return rc;
	if ((st = store_sql(s, "SELECT until FROM applied WHERE peer=? AND "
	    "actor=? AND filter=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iis", peer, actor, filter);
	return one_number(s, st, ret, err);
}

int
stream_apply(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t until, struct err *err)
{
	int64_t actor;
	int rc;

	if ((rc = store_actor_id(s, a, &actor, err)) < 0 ||
	    (rc = store_run(s, err, "INSERT INTO applied(peer,actor,filter,"
	    "until) VALUES(?,?,?,?) ON CONFLICT(peer,actor,filter) DO UPDATE "
	    "SET until=max(until,excluded.until)", "iisi", peer, actor,
	    filter, (int64_t)until)) < 0)
		return rc;
	return store_run(s, err, "DELETE FROM gap WHERE peer=?1 AND actor=?2 "
	    "AND filter=?3 AND since<=(SELECT until FROM applied WHERE "
	    "peer=?1 AND actor=?2 AND filter=?3)", "iis", peer, actor,
	    filter);
}

static int
add_mark(struct store *s, sqlite3_stmt *st, struct stream_marks *m,
    struct err *err)
{
	const struct actor *a;
	struct stream_mark *more;
	const char *filter;

	more = realloc(m->at, (m->count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	m->at = more;
	a = store_actor(s, sqlite3_column_int64(st, 0), err);
	if (a == NULL)
		return -(int)err->code;
	filter = (const char *)sqlite3_column_text(st, 1);
	more[m->count].actor = *a;
	more[m->count].until = (uint64_t)sqlite3_column_int64(st, 2);
	more[m->count].filter = filter == NULL ? NULL : strdup(filter);
	if (more[m->count].filter == NULL)
		return err_oom(err);
	m->count++;
	return 0;
}

int
stream_statement(struct store *s, int64_t peer, struct stream_marks *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT p.actor,p.filter,p.until FROM "
	    "applied p JOIN actor a ON a.id=p.actor WHERE p.peer=? ORDER BY "
	    "a.site,a.generation,a.nonce,p.filter", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", peer);
	while ((rc = store_step(s, st, err)) > 0)
		if ((rc = add_mark(s, st, ret, err)) < 0) {
			(void)sqlite3_reset(st);
			return rc;
		}
	return rc;
}

int
stream_take(struct store *s, const struct peer *p, uint64_t generation,
    uint64_t sequence, const struct stream_marks *marks, struct err *err)
{
	int64_t actor;
	size_t i;
	int rc;

	if (MUTANT(last_export) || (!MUTANT(joined_acks) &&
	    (generation < p->acked_generation ||
	    (generation == p->acked_generation &&
	    sequence <= p->acked_sequence))))
		return 0;
	if ((rc = store_run(s, err, "UPDATE peer SET acked_generation=?,"
	    "acked_sequence=? WHERE id=?", "iii", (int64_t)generation,
	    (int64_t)sequence, p->id)) < 0 ||
	    (!MUTANT(joined_acks) && (rc = store_run(s, err,
	    "DELETE FROM acked WHERE peer=?", "i", p->id)) < 0))
		return rc;
	for (i = 0; i < marks->count; i++) {
		if ((rc = store_actor_id(s, &marks->at[i].actor, &actor,
		    err)) < 0 ||
		    (rc = store_run(s, err, "INSERT INTO acked(peer,actor,"
		    "filter,until) VALUES(?,?,?,?) ON CONFLICT(peer,actor,"
		    "filter) DO UPDATE SET until=max(until,excluded.until)",
		    "iisi", p->id, actor, marks->at[i].filter,
		    (int64_t)marks->at[i].until)) < 0)
			return rc;
	}
	return 1;
}

/* --- heads ------------------------------------------------------------- */

static int
newest_head(struct store *s, int64_t actor, struct stream_head *h,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT n,head FROM head WHERE "
	    "actor=? ORDER BY n DESC LIMIT 1", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", actor);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	h->n = (uint64_t)sqlite3_column_int64(st, 0);
	rc = store_column_hash(st, 1, h->head);
	(void)sqlite3_reset(st);
	if (rc < 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad head",
		    s->home);
	return 1;
}

int
stream_heads(struct store *s, struct stream_head **ret, size_t *ret_count,
    struct err *err)
{
	CLEANUP(buf_freep) struct stream_head *list = NULL;
	const struct actor *a;
	size_t count = 0;
	int64_t id = 0;
	int rc;

	for (;;) {
		sqlite3_stmt *st = store_sql(s, "SELECT id FROM actor WHERE "
		    "id>? ORDER BY id LIMIT 1", err);
		struct stream_head *more;

		if (st == NULL)
			return -(int)err->code;
		store_bind(st, "i", id);
		if ((rc = store_step(s, st, err)) < 0)
			return rc;
		if (rc == 0)
			break;
		id = sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
		more = realloc(list, (count + 1) * sizeof *more);
		if (more == NULL)
			return err_oom(err);
		list = more;
		if ((rc = newest_head(s, id, &list[count], err)) < 0)
			return rc;
		if (rc == 0)
			continue;
		if ((a = store_actor(s, id, err)) == NULL)
			return -(int)err->code;
		list[count++].actor = *a;
	}
	*ret = list;
	*ret_count = count;
	list = NULL;
	return 0;
}

int
stream_head_of(struct store *s, const struct actor *a, uint64_t n,
    unsigned char ret[32], struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	if ((rc = store_actor_find(s, a, &actor, err)) <= 0)
		return rc;
	if ((st = store_sql(s, "SELECT head FROM head WHERE actor=? AND n=?",
	    err)) == NULL)
		return -(int)err->code;
	store_bind(st, "ii", actor, (int64_t)n);
	return one_hash(s, st, "head", ret, err);
}

int
stream_learn(struct store *s, const struct stream_head *h, struct err *err)
{
	int64_t actor;

	if (store_actor_id(s, &h->actor, &actor, err) < 0)
		return -(int)err->code;
	return store_run(s, err, "INSERT OR IGNORE INTO head(actor,n,head) "
	    "VALUES(?,?,?)", "iih", actor, (int64_t)h->n, h->head);
}

/* --- files ------------------------------------------------------------- */

int
stream_written(struct store *s, uint64_t sequence, unsigned char ret[32],
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id FROM file_out WHERE "
	    "sequence=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", (int64_t)sequence);
	return one_hash(s, st, "file id", ret, err);
}

int
stream_write(struct store *s, uint64_t sequence, const unsigned char id[32],
    const int64_t *to, size_t to_count, struct err *err)
{
	size_t i;
	int rc;

	if ((rc = store_run(s, err, "INSERT INTO file_out(sequence,id,created)"
	    " VALUES(?,?,?)", "ihi", (int64_t)sequence, id, s->clock)) < 0)
		return rc;
	for (i = 0; i < to_count; i++)
		if ((rc = stream_set_owed(s, to[i], 0, err)) < 0 ||
		    (rc = stream_touch(s, to[i], 0, err)) < 0)
			return rc;
	return 0;
}

int
stream_was_read(struct store *s, const struct actor *a, uint64_t sequence,
    unsigned char ret[32], struct err *err)
{
	sqlite3_stmt *st;
	int64_t actor;
	int rc;

	if ((rc = store_actor_find(s, a, &actor, err)) <= 0)
		return rc;
	if ((st = store_sql(s, "SELECT id FROM file_in WHERE actor=? AND "
	    "sequence=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "ii", actor, (int64_t)sequence);
	return one_hash(s, st, "file id", ret, err);
}

int
stream_read(struct store *s, const struct peer *p, const struct actor *a,
    uint64_t sequence, const unsigned char id[32], struct err *err)
{
	int64_t actor;
	int rc;

	if ((rc = store_actor_id(s, a, &actor, err)) < 0 ||
	    (rc = store_run(s, err, "INSERT OR IGNORE INTO file_in(actor,"
	    "sequence,id) VALUES(?,?,?)", "iih", actor, (int64_t)sequence,
	    id)) < 0 ||
	    (rc = stream_touch(s, p->id, 1, err)) < 0)
		return rc;
	if (p->heard_sequence != 0 &&
	    (a->generation < p->heard_actor.generation ||
	    (a->generation == p->heard_actor.generation &&
	    sequence < p->heard_sequence)))
		return 0;
	rc = store_run(s, err, "UPDATE peer SET heard_actor=?,"
	    "heard_sequence=?,heard_id=? WHERE id=?", "iihi", actor,
	    (int64_t)sequence, id, p->id);
	return rc < 0 ? rc : 1;
}

int
stream_hear(struct store *s, int64_t peer, uint64_t generation,
    uint64_t sequence, struct err *err)
{
	return store_run(s, err, "UPDATE peer SET seen_generation=?1,"
	    "seen_sequence=?2,last_heard=?3 WHERE id=?4 AND "
	    "(seen_generation,seen_sequence)<(?1,?2)", "iiii",
	    (int64_t)generation, (int64_t)sequence, s->clock, peer);
}

/* --- lives ------------------------------------------------------------- */

int
stream_life(struct store *s, struct peer *p, const struct actor *a,
    struct err *err)
{
	int64_t actor;
	int rc;

	if (p->life.generation >= a->generation)
		return 0;
	if ((rc = store_actor_id(s, a, &actor, err)) < 0 ||
	    (rc = store_run(s, err, "UPDATE peer SET life=?,reads=0 WHERE "
	    "id=?", "ii", actor, p->id)) < 0)
		return rc;
	if (p->life.generation != 0) {
		/* It may have lost what it sent us. */
		if ((!MUTANT(stale_via) &&
		    (rc = object_forget_via(s, p->id, err)) < 0) ||
		    (!MUTANT(blob_of_old_life) && (rc = store_run(s, err,
		    "DELETE FROM blob_got WHERE peer=?", "i", p->id)) < 0))
			return rc;
	}
	p->life = *a;
	return 0;
}

int
stream_set_owed(struct store *s, int64_t peer, int owed, struct err *err)
{
	if (owed)
		return store_run(s, err, "UPDATE peer SET owed=1,stated=? "
		    "WHERE id=?", "ii", (int64_t)s->sequence, peer);
	return store_run(s, err, "UPDATE peer SET owed=0 WHERE id=?", "i",
	    peer);
}

int
stream_reads(struct store *s, int64_t peer, uint64_t sequence,
    struct err *err)
{
	return store_run(s, err, "UPDATE peer SET reads=max(reads,?) WHERE "
	    "id=?", "ii", (int64_t)sequence, peer);
}

int
stream_touch(struct store *s, int64_t peer, int is_import, struct err *err)
{
	return is_import ?
	    store_run(s, err, "UPDATE peer SET last_import=? WHERE id=?",
	    "ii", s->clock, peer) :
	    store_run(s, err, "UPDATE peer SET last_export=? WHERE id=?",
	    "ii", s->clock, peer);
}

/* --- blobs ------------------------------------------------------------- */

int
stream_blob_known(struct store *s, int64_t peer, const char *filter,
    int64_t blob, uint64_t since, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT 1 FROM blob_got WHERE peer=?1 "
	    "AND blob=?2 UNION ALL SELECT 1 FROM blob_sent WHERE peer=?1 AND "
	    "filter=?3 AND blob=?2 AND until<=?4", err);
	uint64_t known;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "iisi", peer, blob, filter,
	    MUTANT(blob_unreceipted) ? INT64_MAX : (int64_t)since);
	if ((rc = one_number(s, st, &known, err)) < 0)
		return rc;
	return known != 0;
}

int
stream_blob_got(struct store *s, int64_t peer, int64_t blob, struct err *err)
{
	return store_run(s, err, "INSERT OR IGNORE INTO blob_got(peer,blob) "
	    "VALUES(?,?)", "ii", peer, blob);
}

int
stream_blobs_begin(struct store *s, int64_t peer, const char *filter,
    uint64_t since, struct err *err)
{
	if (MUTANT(blob_unforgotten))
		return 0;
	return store_run(s, err, "DELETE FROM blob_sent WHERE peer=? AND "
	    "filter=? AND until>?", "isi", peer, filter, (int64_t)since);
}

int
stream_blob_sent(struct store *s, int64_t peer, const char *filter,
    int64_t blob, struct err *err)
{
	return store_run(s, err, "INSERT INTO blob_sent(peer,filter,blob,"
	    "until) VALUES(?,?,?,?) ON CONFLICT(peer,filter,blob) DO UPDATE "
	    "SET until=excluded.until", "isii", peer, filter, blob,
	    (int64_t)INT64_MAX);
}

int
stream_blobs_end(struct store *s, int64_t peer, const char *filter,
    uint64_t until, struct err *err)
{
	return store_run(s, err, "UPDATE blob_sent SET until=? WHERE peer=? "
	    "AND filter=? AND until=9223372036854775807", "iis",
	    (int64_t)until, peer, filter);
}

int
stream_blob_lost(struct store *s, int64_t peer, int64_t blob,
    struct err *err)
{
	int rc;

	if ((rc = store_run(s, err, "DELETE FROM blob_sent WHERE peer=? AND "
	    "blob=?", "ii", peer, blob)) < 0)
		return rc;
	return store_run(s, err, "DELETE FROM blob_got WHERE peer=? AND "
	    "blob=?", "ii", peer, blob);
}

int
stream_due(struct store *s, uint64_t since, int64_t via, uint64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM object WHERE "
	    "seq>? AND via IS NOT ?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", (int64_t)since, via);
	return one_number(s, st, ret, err);
}
