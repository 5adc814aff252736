#include "store.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

int
store_fail(struct store *s, struct err *err, const char *what)
{
	int code = sqlite3_extended_errcode(s->db);
	int errnum = sqlite3_system_errno(s->db);

	switch (code & 0xff) {
	case SQLITE_FULL:
		return err_set(err, E_NOSPACE, "%s: the disk of \"%s\" is full",
		    what, s->home);
	case SQLITE_READONLY:
		return err_set(err, E_READONLY, "%s: \"%s\" cannot be written",
		    what, s->home);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		(void)err_set(err, E_DAMAGED, "%s: \"%s/store.db\" is damaged:"
		    " %s", what, s->home, sqlite3_errmsg(s->db));
		return err_next(err, "put back a backup of the home and run "
		    "'satchel site restored --reason ...'");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		(void)err_set(err, E_LOCKED, "%s: another program uses "
		    "\"%s/store.db\"", what, s->home);
		return err_next(err, "end it, then do the same again");
	case SQLITE_NOMEM:
		return err_oom(err);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:		/* a journal, say */
		if (code == SQLITE_IOERR_NOMEM)
			return err_oom(err);
		if (errnum != 0)
			return err_io(err, errnum, "%s: \"%s/store.db\"",
			    what, s->home);
		return err_set(err, E_IO, "%s: \"%s/store.db\": %s", what,
		    s->home, sqlite3_errmsg(s->db));
	default:
		return err_set(err, E_INTERNAL, "%s: %s", what,
		    sqlite3_errmsg(s->db));
	}
}

/* --- statements -------------------------------------------------------- */

struct sqlite3_stmt *
store_sql(struct store *s, const char *literal, struct err *err)
{
	sqlite3_stmt *st = NULL;
	size_t i;

	for (i = 0; i < s->cached; i++)
		if (s->cache[i].sql == literal) {
			(void)sqlite3_reset(s->cache[i].stmt);
			return s->cache[i].stmt;
		}
	if (s->cached == STORE_STATEMENTS) {
		(void)err_set(err, E_INTERNAL, "too many statements");
		return NULL;
	}
	if (sqlite3_prepare_v3(s->db, literal, -1, SQLITE_PREPARE_PERSISTENT,
	    &st, NULL) != SQLITE_OK) {
		(void)store_fail(s, err, literal);
		return NULL;
	}
	s->cache[s->cached].sql = literal;
	s->cache[s->cached++].stmt = st;
	return st;
}

static void
bind_all(sqlite3_stmt *st, const char *kinds, va_list ap)
{
	const void *p;
	size_t n;
	int i;

	for (i = 1; *kinds != '\0'; kinds++, i++) {
		switch (*kinds) {
		case 'i':
			(void)sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 't':
		case 'b':
			p = va_arg(ap, const void *);
			n = va_arg(ap, size_t);
			if (*kinds == 't')
				(void)sqlite3_bind_text64(st, i, p, n,
				    SQLITE_STATIC, SQLITE_UTF8);
			else
				(void)sqlite3_bind_blob64(st, i,
				    p == NULL ? "" : p, n, SQLITE_STATIC);
			break;
		case 'h':
			p = va_arg(ap, const void *);
			(void)sqlite3_bind_blob(st, i, p, 32, SQLITE_STATIC);
			break;
		default:
			p = va_arg(ap, const void *);
			(void)sqlite3_bind_text(st, i, p, -1, SQLITE_STATIC);
			break;
		}
	}
}

void
store_bind(struct sqlite3_stmt *st, const char *kinds, ...)
{
	va_list ap;

	va_start(ap, kinds);
	bind_all(st, kinds, ap);
	va_end(ap);
}

int
store_step(struct store *s, struct sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE) {
		(void)store_fail(s, err, "store");
		(void)sqlite3_reset(st);
		return -(int)err->code;
	}
	(void)sqlite3_reset(st);
	return 0;
}

int
store_run(struct store *s, struct err *err, const char *literal,
    const char *kinds, ...)
{
	sqlite3_stmt *st = store_sql(s, literal, err);
	va_list ap;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	va_start(ap, kinds);
	bind_all(st, kinds, ap);
	va_end(ap);
	while ((rc = store_step(s, st, err)) > 0)
		;
	return rc;
}

struct json_span
store_column(struct sqlite3_stmt *st, int column)
{
	struct json_span x;

	x.at = sqlite3_column_blob(st, column);
	x.len = (size_t)sqlite3_column_bytes(st, column);
	return x;
}

int
store_column_hash(struct sqlite3_stmt *st, int column, unsigned char out[32])
{
	struct json_span x = store_column(st, column);

	if (x.len != 32)
		return -1;
	memcpy(out, x.at, 32);
	return 0;
}
