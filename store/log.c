#include "log.h"

#include <sqlite3.h>

int
log_add(struct store *s, const char *event, const char *peer,
    const char *file, const char *detail, struct err *err)
{
	return store_run(s, err, "INSERT INTO log(time,event,peer,file,detail)"
	    " VALUES(?,?,?,?,?)", "issss", s->clock, event, peer, file,
	    detail);
}

int
log_each(struct store *s, int64_t since,
    int (*each)(void *ctx, const struct log_entry *e, struct err *err),
    void *ctx, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT id,time,event,peer,file,"
	    "detail FROM log WHERE time>=? ORDER BY id", err);
	struct log_entry e;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", since);
	while ((rc = store_step(s, st, err)) > 0) {
		e.id = sqlite3_column_int64(st, 0);
		e.time = sqlite3_column_int64(st, 1);
		e.event = (const char *)sqlite3_column_text(st, 2);
		e.peer = (const char *)sqlite3_column_text(st, 3);
		e.file = (const char *)sqlite3_column_text(st, 4);
		e.detail = (const char *)sqlite3_column_text(st, 5);
		if ((rc = each(ctx, &e, err)) < 0) {
			(void)sqlite3_reset(st);
			return rc;
		}
	}
	return rc;
}
