#include "check.h"

#include <sqlite3.h>
#include <string.h>
#include <time.h>

#define STEPS 100000			/* of SQLite's, between looks */

struct limit {
	struct timespec end;
};

static int
is_over(void *ctx)
{
	const struct limit *l = ctx;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > l->end.tv_sec || (now.tv_sec == l->end.tv_sec &&
	    now.tv_nsec >= l->end.tv_nsec);
}

/* A step that ends in time: as store_step, or 0 with ret_late. */
static int
step(struct store *s, sqlite3_stmt *st, unsigned seconds, int *ret_late,
    struct err *err)
{
	struct limit l;
	int rc;

	(void)clock_gettime(CLOCK_MONOTONIC, &l.end);
	l.end.tv_sec += seconds;
	if (seconds > 0)
		sqlite3_progress_handler(s->db, STEPS, is_over, &l);
	rc = sqlite3_step(st);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	*ret_late = rc == SQLITE_INTERRUPT;
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE && rc != SQLITE_INTERRUPT)
		(void)store_fail(s, err, "check");
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE || rc == SQLITE_INTERRUPT ? 0 :
	    -(int)err->code;
}

int
check_database(struct store *s, int full, unsigned seconds, struct err *err)
{
	sqlite3_stmt *st = full ?
	    store_sql(s, "PRAGMA integrity_check(1)", err) :
	    store_sql(s, "PRAGMA quick_check(1)", err);
	struct json_span said;
	int rc, late = 0;

	if (st == NULL)
		return -(int)err->code;
	if ((rc = step(s, st, seconds, &late, err)) <= 0)
		return rc < 0 ? rc : !late;
	said = store_column(st, 0);
	if (said.len != 2 || memcmp(said.at, "ok", 2) != 0)
		(void)err_set(err, E_DAMAGED, "\"%s/store.db\": %.*s", s->home,
		    said.len < 200 ? (int)said.len : 200, said.at);
	(void)sqlite3_reset(st);
	return err->code == E_OK ? 1 : -(int)err->code;
}

/* The one number that a statement gives; 0 where there is none. */
static int
one_number(struct store *s, sqlite3_stmt *st, int64_t *ret, struct err *err)
{
	int rc = st == NULL ? -(int)err->code : store_step(s, st, err);

	*ret = 0;
	if (rc <= 0)
		return rc;
	*ret = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 1;
}

int
check_clock(struct store *s, int64_t *ret, struct err *err)
{
	int64_t logged, written;
	int rc;

	if ((rc = one_number(s, store_sql(s, "SELECT time FROM log ORDER BY "
	    "id DESC LIMIT 1", err), &logged, err)) < 0 ||
	    (rc = one_number(s, store_sql(s, "SELECT created FROM file_out "
	    "ORDER BY sequence DESC LIMIT 1", err), &written, err)) < 0)
		return rc;
	*ret = logged > written ? logged : written;
	return 0;
}

int
check_label(struct store *s, unsigned seconds, int64_t *ret,
    char ret_site[SITE_LEN + 1], struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT max(label),actor FROM version",
	    err);
	const struct actor *a;
	int rc, late = 0;

	*ret = 0;
	if (st == NULL)
		return -(int)err->code;
	if ((rc = step(s, st, seconds, &late, err)) <= 0)
		return rc;
	if ((rc = sqlite3_column_type(st, 0) != SQLITE_NULL) > 0) {
		*ret = sqlite3_column_int64(st, 0);
		a = store_actor(s, sqlite3_column_int64(st, 1), err);
		if (a != NULL)
			memcpy(ret_site, a->site, SITE_LEN + 1);
		else
			rc = -(int)err->code;
	}
	(void)sqlite3_reset(st);
	return rc;
}

int
check_event(struct store *s, const char *event, int64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT time FROM log WHERE event=? "
	    "ORDER BY id DESC LIMIT 1", err);

	if (st != NULL)
		store_bind(st, "s", event);
	return one_number(s, st, ret, err);
}
