/* A store of the first schema is brought up by whoever opens it, whole or not
 * at all. */
#include "../../base/lock.h"
#include "labs.h"
#include "schema1.h"
#include "sites.h"

#define SHAPE "SELECT group_concat(sql,char(10)) FROM (SELECT sql FROM " \
	"sqlite_master WHERE sql IS NOT NULL ORDER BY name)"

/* a has heard of b, and is of schema 1. */
static void
begin(struct sites *t)
{
	static const char *const a[] = { "a" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct import_result got = { NULL, 0 };
	struct export_request r;
	struct store *s;

	sites_begin(t);
	sites_add(t, "a", "1111111111111111");
	sites_add(t, "b", "2222222222222222");
	sites_pin_all(t);
	r = sites_request(t, "b", a, 1);
	s = sites_open(t, "b");
	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(export_run(s, &r, &files, &t->err), &t->err);
	store_closep(&s);
	sites_import(t, "a", files.files[0].path, IMPORT_APPLY, &got);
	CHECK_INT(got.at[0].outcome, IMPORT_APPLIED);
	export_result_clear(&files);
	import_result_clear(&got);
	CHECK_INT(schema1_make(t->at[0].home), 0);
}

/* What a query says of the store of a, opened by SQLite alone. */
static void
check_text(struct sites *t, const char *sql, const char *want)
{
	char path[160], *text;
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%.120s/store.db", t->at[0].home);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	text = schema1_text(db, sql);
	CHECK(text != NULL);
	CHECK_STR(text, want);
	sqlite3_free(text);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
run_sql(struct sites *t, const char *sql)
{
	char path[160];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%.120s/store.db", t->at[0].home);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* By a reader and by a writer: the shape of a new store, with the old rows;
 * what was heard of a peer is taken from what was known. */
TEST(brought_up)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_WRITE };
	struct lab fresh;
	struct peer p;
	struct sites t;
	struct store *s = NULL;
	char *shape;
	size_t i;

	lab_begin(&fresh, "lab-a");
	shape = schema1_text(fresh.s->db, SHAPE);
	CHECK(shape != NULL);
	for (i = 0; i < sizeof modes / sizeof *modes; i++) {
		begin(&t);
		check_text(&t, "PRAGMA user_version", "1");
		CHECK_OK(store_open(&s, t.at[0].home, modes[i], 0, &t.err),
		    &t.err);
		CHECK_STR(s->self.site, "a");
		CHECK_INT(peer_find(s, "b", &p, &t.err), 1);
		CHECK_INT(p.heard_sequence, 1);
		CHECK(p.last_import > 0);
		CHECK_INT(p.last_heard, p.last_import);
		CHECK_INT(p.cadence, 0);
		CHECK_INT(p.silent_after, -1);
		store_closep(&s);
		check_text(&t, "PRAGMA user_version", "2");
		check_text(&t, "PRAGMA integrity_check", "ok");
		check_text(&t, SHAPE, shape);
		check_text(&t, "SELECT seen_generation||','||seen_sequence "
		    "FROM peer", "1,1");
		check_text(&t, "SELECT count(*) FROM file_in", "1");
		sites_end(&t);
	}
	sqlite3_free(shape);
	lab_end(&fresh);
}

/* A step that cannot be done, the last of them too: nothing of it is. */
TEST(all_or_nothing)
{
	static const char *const in_the_way[] = { "wanted", "drop_file" };
	char sql[80];
	struct sites t;
	struct store *s = NULL;
	size_t i;

	for (i = 0; i < sizeof in_the_way / sizeof *in_the_way; i++) {
		begin(&t);
		(void)snprintf(sql, sizeof sql, "CREATE TABLE %s(x)",
		    in_the_way[i]);
		run_sql(&t, sql);
		CHECK(store_open(&s, t.at[0].home, STORE_READ, 0, &t.err) <
		    0);
		CHECK(strstr(t.err.text, "to schema 2") != NULL);
		err_clear(&t.err);
		check_text(&t, "PRAGMA user_version", "1");
		check_text(&t, "SELECT count(*) FROM pragma_table_info("
		    "'peer') WHERE name IN ('last_heard','cadence')", "0");
		(void)snprintf(sql, sizeof sql, "DROP TABLE %s",
		    in_the_way[i]);
		run_sql(&t, sql);
		CHECK_OK(store_open(&s, t.at[0].home, STORE_READ, 0, &t.err),
		    &t.err);
		store_closep(&s);
		sites_end(&t);
	}
}

/* While others work on it, it is not brought up under them. */
TEST(waits_its_turn)
{
	struct sites t;
	struct store *s = NULL;
	char path[160];
	int fd;

	begin(&t);
	(void)snprintf(path, sizeof path, "%.120s/lock", t.at[0].home);
	CHECK((fd = lock_open(path, LOCK_SHARED, 0, "it", &t.err)) >= 0);
	CHECK_ERR(store_open(&s, t.at[0].home, STORE_READ, 0, &t.err), &t.err,
	    E_LOCKED);
	check_text(&t, "PRAGMA user_version", "1");
	(void)close(fd);
	CHECK_OK(store_open(&s, t.at[0].home, STORE_READ, 0, &t.err), &t.err);
	store_closep(&s);
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
