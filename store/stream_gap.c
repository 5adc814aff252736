/* What is missing between two sites: gaps here, attachments there. */
#include <sqlite3.h>
#include <stdlib.h>

#include "stream.h"

/* The one number that a statement gives. */
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

/* --- gaps -------------------------------------------------------------- */

int
stream_gap(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t since, struct err *err)
{
	int64_t actor;

	if (store_actor_id(s, a, &actor, err) < 0)
		return -(int)err->code;
	return store_run(s, err, "INSERT INTO gap(peer,actor,filter,since,"
	    "first) VALUES(?,?,?,?,?) ON CONFLICT(peer,actor,filter) DO "
	    "UPDATE SET since=max(since,excluded.since)", "iisii", peer,
	    actor, filter, (int64_t)since, s->clock);
}

int
stream_gaps(struct store *s, int64_t peer, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM gap WHERE "
	    "peer=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", peer);
	return one_number(s, st, ret, err);
}

static int
add_gap(struct store *s, sqlite3_stmt *st, struct stream_gap **list,
    size_t count, struct err *err)
{
	const struct actor *a = store_actor(s, sqlite3_column_int64(st, 0),
	    err);
	struct stream_gap *more;

	if (a == NULL)
		return -(int)err->code;
	more = realloc(*list, (count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	*list = more;
	more[count] = (struct stream_gap){ *a,
	    (uint64_t)sqlite3_column_int64(st, 1),
	    (uint64_t)sqlite3_column_int64(st, 2),
	    sqlite3_column_int64(st, 3) };
	return 0;
}

int
stream_gap_list(struct store *s, int64_t peer, struct stream_gap **ret,
    size_t *ret_count, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT g.actor,coalesce(p.until,0),"
	    "g.since,g.first FROM gap g JOIN actor a ON a.id=g.actor "
	    "LEFT JOIN applied p ON p.peer=g.peer AND p.actor=g.actor AND "
	    "p.filter=g.filter WHERE g.peer=? ORDER BY a.generation,g.filter",
	    err);
	CLEANUP(buf_freep) struct stream_gap *list = NULL;
	size_t count = 0;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", peer);
	while ((rc = store_step(s, st, err)) > 0)
		if ((rc = add_gap(s, st, &list, count++, err)) < 0)
			break;
	(void)sqlite3_reset(st);
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_count = count;
	list = NULL;
	return 0;
}

/* --- wanted ------------------------------------------------------------ */

int
stream_want(struct store *s, int64_t peer, uint64_t generation,
    uint64_t sequence, const unsigned char (*hashes)[32], size_t count,
    struct err *err)
{
	size_t i;
	int rc;

	if ((rc = store_run(s, err, "UPDATE peer SET wanted_generation=?1,"
	    "wanted_sequence=?2 WHERE id=?3 AND "
	    "(wanted_generation,wanted_sequence)<(?1,?2)", "iii",
	    (int64_t)generation, (int64_t)sequence, peer)) < 0)
		return rc;
	if (sqlite3_changes(s->db) == 0)
		return 0;
	if ((rc = store_run(s, err, "DELETE FROM wanted WHERE peer=?", "i",
	    peer)) < 0)
		return rc;
	if ((rc = store_run(s, err, "UPDATE peer SET asked=? WHERE id=?", "ii",
	    (int64_t)s->sequence, peer)) < 0)
		return rc;
	for (i = 0; i < count; i++)
		if ((rc = store_run(s, err, "INSERT INTO wanted(peer,hash) "
		    "VALUES(?,?)", "ih", peer, hashes[i])) < 0)
			return rc;
	return 1;
}

int
stream_wanted(struct store *s, int64_t peer, struct buf *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT w.hash FROM wanted w JOIN "
	    "blob b ON b.hash=w.hash AND b.whole=1 WHERE w.peer=? ORDER BY "
	    "w.hash", err);
	struct json_span x;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", peer);
	while ((rc = store_step(s, st, err)) > 0) {
		x = store_column(st, 0);
		buf_add(ret, x.at, x.len - x.len % 32);
	}
	return rc < 0 ? rc : buf_check(ret, err);
}

int
stream_wanted_count(struct store *s, int64_t peer, uint64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT count(*) FROM wanted WHERE "
	    "peer=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", peer);
	return one_number(s, st, ret, err);
}

int
stream_want_done(struct store *s, int64_t peer, struct err *err)
{
	return store_run(s, err, "DELETE FROM wanted WHERE peer=? AND hash IN "
	    "(SELECT hash FROM blob WHERE whole=1)", "i", peer);
}
