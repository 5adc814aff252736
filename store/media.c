#include "media.h"

#include <sqlite3.h>

#include "../base/medium.h"

int
media_left(struct store *s, const struct media *m, const char *peer,
    struct err *err)
{
	int rc;

	if (m->serial == NULL)
		return 0;
	if ((rc = store_run(s, err, "INSERT INTO medium(serial,left_at,peers) "
	    "VALUES(?,?,?) ON CONFLICT(serial) DO UPDATE SET peers=CASE "
	    "WHEN back_at IS NOT NULL THEN excluded.peers "
	    "WHEN instr(' '||peers||' ',' '||excluded.peers||' ')>0 THEN peers "
	    "ELSE peers||' '||excluded.peers END", "sis", m->serial, s->clock,
	    peer)) < 0)
		return rc;
	return store_run(s, err, "UPDATE medium SET label=?,fs=?,left_at=?,"
	    "back_at=NULL WHERE serial=?", "ssis", m->label, m->fs, s->clock,
	    m->serial);
}

int
media_seen(struct store *s, const char *serial, struct err *err)
{
	int rc;

	if (serial == NULL)
		return 0;
	if ((rc = store_run(s, err, "UPDATE medium SET back_at=? WHERE "
	    "serial=? AND back_at IS NULL", "is", s->clock, serial)) < 0)
		return rc;
	return sqlite3_changes(s->db) > 0;
}

/* Is it out?  So that a transaction is begun only for news. */
static int
is_out(struct store *s, const char *serial, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT 1 FROM medium WHERE serial=? "
	    "AND back_at IS NULL", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", serial);
	rc = store_step(s, st, err);
	(void)sqlite3_reset(st);
	return rc;
}

int
media_here(struct store *s, const char *path, struct err *err)
{
	CLEANUP(medium_clear) struct medium m = MEDIUM_INIT;
	struct err why = ERR_INIT;
	int rc;

	if (medium_of(&m, path, &why) < 0)
		return why.code == E_INTERNAL ? err_oom(err) : 0;
	if (m.kind != MEDIUM_CARRIED || m.serial == NULL ||
	    (rc = is_out(s, m.serial, err)) == 0)
		return 0;
	if (rc < 0 || (rc = store_begin(s, err)) < 0)
		return rc;
	if ((rc = media_seen(s, m.serial, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0) {
		store_rollback(s);
		return rc;
	}
	return 0;
}

int
media_each(struct store *s,
    int (*each)(void *ctx, const struct media *m, struct err *err), void *ctx,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT serial,label,fs,left_at,"
	    "back_at,peers FROM medium ORDER BY back_at IS NOT NULL,left_at,"
	    "serial", err);
	struct media m;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	while ((rc = store_step(s, st, err)) > 0) {
		m.serial = (const char *)sqlite3_column_text(st, 0);
		m.label = (const char *)sqlite3_column_text(st, 1);
		m.fs = (const char *)sqlite3_column_text(st, 2);
		m.left = sqlite3_column_int64(st, 3);
		m.back = sqlite3_column_int64(st, 4);
		m.peers = (const char *)sqlite3_column_text(st, 5);
		if ((rc = each(ctx, &m, err)) < 0) {
			(void)sqlite3_reset(st);
			return rc;
		}
	}
	return rc;
}
