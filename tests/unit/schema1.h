/* schema1.h: a store as the first schema had it, for tests of what brings it
 * up.  Needs SQLite alone. */
#ifndef SATCHEL_TEST_SCHEMA1_H
#define SATCHEL_TEST_SCHEMA1_H

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "../../store/schema.h"

/* The one text that a query gives, allocated by SQLite; NULL: none. */
static inline char *
schema1_text(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL)
		text = sqlite3_mprintf("%s", sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return text;
}

/* Copies of all rows that the first schema has, of its columns. */
#define SCHEMA1_COPIES \
	"SELECT group_concat('INSERT INTO main.'||t.name||'('||" \
	"(SELECT group_concat(c.name) FROM pragma_table_info(t.name) c)||" \
	"') SELECT '||(SELECT group_concat(c.name) FROM " \
	"pragma_table_info(t.name) c)||' FROM now.'||t.name||';','') " \
	"FROM main.sqlite_master t WHERE t.type='table' AND " \
	"t.name NOT LIKE 'sqlite_%'"

/* Make the store of a home, which is closed, one of schema 1 with the same
 * rows.  0, or -1. */
static inline int
schema1_make(const char *home)
{
	char path[512], old[520];
	char *attach, *copies = NULL;
	sqlite3 *db = NULL;
	int rc;

	(void)snprintf(path, sizeof path, "%s/store.db", home);
	(void)snprintf(old, sizeof old, "%s.old", path);
	attach = sqlite3_mprintf("ATTACH %Q AS now", path);
	rc = sqlite3_open(old, &db) != SQLITE_OK ||
	    sqlite3_exec(db, schema_pragmas, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, schema_tables, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, attach, NULL, NULL, NULL) != SQLITE_OK ||
	    (copies = schema1_text(db, SCHEMA1_COPIES)) == NULL ||
	    sqlite3_exec(db, copies, NULL, NULL, NULL) != SQLITE_OK;
	sqlite3_free(copies);
	sqlite3_free(attach);
	rc |= sqlite3_close(db) != SQLITE_OK;
	return rc || rename(old, path) != 0 ? -1 : 0;
}

#endif
