/* statements.h: a database that refuses one statement when a test says so.
 * In a program that includes this, the calls of SQLite below are ours.
 *
 *	statements_refuse(3);	the third from now fails
 *	... statements.refused	it was reached
 *
 * What cannot fail with a meaning is not counted: a roll-back, and the end of
 * a transaction that only read.
 */
#ifndef SATCHEL_TEST_STATEMENTS_H
#define SATCHEL_TEST_STATEMENTS_H

#include <dlfcn.h>
#include <sqlite3.h>
#include <string.h>

#include "unsynced.h"

static struct {
	long left;			/* until it fails; 0: never */
	int refused;			/* it has failed */
	int code, errnum;		/* so; 0: SQLITE_FULL */
	int inside;			/* of sqlite3_exec: not counted */
} statements;

static inline void
statements_refuse(long n)
{
	statements.left = n;
	statements.refused = 0;
}

/* Is this the one? */
static inline int
statements_now(void)
{
	if (statements.inside || statements.left == 0 ||
	    --statements.left > 0)
		return 0;
	statements.refused = 1;
	return 1;
}

static inline int
statements_code(void)
{
	return statements.code != 0 ? statements.code : SQLITE_FULL;
}

/* The function that ours hides, into a pointer to it. */
static inline void
statements_real(const char *name, void *ret)
{
	void *at = dlsym(RTLD_NEXT, name);

	memcpy(ret, &at, sizeof at);
}

int
sqlite3_step(sqlite3_stmt *st)
{
	static int (*real)(sqlite3_stmt *);

	if (statements_now())
		return statements_code();
	if (real == NULL)
		statements_real("sqlite3_step", &real);
	return real(st);
}

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
    sqlite3_stmt **ret, const char **tail)
{
	static int (*real)(sqlite3 *, const char *, int, unsigned,
	    sqlite3_stmt **, const char **);

	if (statements_now())
		return statements_code();
	if (real == NULL)
		statements_real("sqlite3_prepare_v3", &real);
	return real(db, sql, len, flags, ret, tail);
}

int
sqlite3_exec(sqlite3 *db, const char *sql,
    int (*each)(void *, int, char **, char **), void *ctx, char **message)
{
	static int (*real)(sqlite3 *, const char *,
	    int (*)(void *, int, char **, char **), void *, char **);
	int rc;

	if (strncmp(sql, "ROLLBACK", 8) != 0 && (strcmp(sql, "COMMIT") != 0 ||
	    sqlite3_txn_state(db, NULL) == SQLITE_TXN_WRITE) &&
	    statements_now())
		return statements_code();
	if (real == NULL)
		statements_real("sqlite3_exec", &real);
	statements.inside++;
	rc = real(db, sql, each, ctx, message);
	statements.inside--;
	return rc;
}

/* Asked right after a failure. */
int
sqlite3_extended_errcode(sqlite3 *db)
{
	static int (*real)(sqlite3 *);

	if (statements.refused)
		return statements_code();
	if (real == NULL)
		statements_real("sqlite3_extended_errcode", &real);
	return real(db);
}

int
sqlite3_system_errno(sqlite3 *db)
{
	(void)db;
	return statements.errnum;
}

#endif
