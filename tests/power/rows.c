/* rows.c: the rows of a store (rows.h). */
#include "rows.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static int
hash_query(sqlite3 *db, const char *sql, crypto_generichash_state *to)
{
	sqlite3_stmt *st = NULL;
	int i, n, rc;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return -1;
	n = sqlite3_column_count(st);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		for (i = 0; i < n; i++) {
			int64_t len[2] = { sqlite3_column_type(st, i),
			    sqlite3_column_bytes(st, i) };
			const unsigned char *at = sqlite3_column_blob(st, i);

			(void)crypto_generichash_update(to,
			    (unsigned char *)len, sizeof len);
			(void)crypto_generichash_update(to, at, at == NULL ?
			    0 : (size_t)len[1]);
		}
	(void)sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
rows_hash(sqlite3 *db, unsigned char out[32])
{
	crypto_generichash_state to;
	sqlite3_stmt *st = NULL;
	char sql[128];
	int rc = 0;

	(void)crypto_generichash_init(&to, NULL, 0, 32);
	if (hash_query(db, "SELECT type,name,sql FROM sqlite_master",
	    &to) < 0 ||
	    sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE "
	    "type='table'", -1, &st, NULL) != SQLITE_OK)
		return -1;
	while (rc == 0 && sqlite3_step(st) == SQLITE_ROW) {
		(void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"",
		    (const char *)sqlite3_column_text(st, 0));
		rc = hash_query(db, sql, &to);
	}
	(void)sqlite3_finalize(st);
	(void)crypto_generichash_final(&to, out, 32);
	return rc;
}

int
rows_are_sound(sqlite3 *db, char *said, size_t size)
{
	sqlite3_stmt *st = NULL;
	const char *text = NULL;
	int good = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) ==
	    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(st, 0);
	good = text != NULL && strcmp(text, "ok") == 0;
	if (!good)
		(void)snprintf(said, size, "store: %s", text != NULL ? text :
		    sqlite3_errmsg(db));
	(void)sqlite3_finalize(st);
	return good;
}

int
rows_know_file(sqlite3 *db, uint64_t sequence, const unsigned char id[32])
{
	sqlite3_stmt *st = NULL;
	int found;

	if (sqlite3_prepare_v2(db, "SELECT 1 FROM file_out WHERE sequence=? "
	    "AND id=?", -1, &st, NULL) != SQLITE_OK)
		return 0;
	(void)sqlite3_bind_int64(st, 1, (int64_t)sequence);
	(void)sqlite3_bind_blob(st, 2, id, 32, SQLITE_STATIC);
	found = sqlite3_step(st) == SQLITE_ROW;
	(void)sqlite3_finalize(st);
	return found;
}
