/* Every statement fails once: each step of story.h is run with its
 * first statement refused, then its second, and so on until none is left.
 * Each time the step says that there is no space, and nothing has changed but
 * the log: no row, no counter, no file.  At last it succeeds. */
#include <dirent.h>
#include <errno.h>

#include "statements.h"
#include "story.h"

/* --- what must not change ---------------------------------------------- */

static void
hash_rows(sqlite3 *db, const char *table, crypto_generichash_state *h)
{
	sqlite3_stmt *st = NULL;
	char sql[128];
	int i;

	(void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
	CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &st, NULL), 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (i = 0; i < sqlite3_column_count(st); i++) {
			int len = sqlite3_column_bytes(st, i);

			(void)crypto_generichash_update(h,
			    (const unsigned char *)&len, sizeof len);
			(void)crypto_generichash_update(h,
			    sqlite3_column_blob(st, i), (unsigned)len);
		}
	CHECK_INT(sqlite3_finalize(st), 0);
}

static void
hash_store(const char *home, crypto_generichash_state *h)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	char path[160];

	(void)snprintf(path, sizeof path, "%s/store.db", home);
	CHECK_INT(sqlite3_open(path, &db), 0);
	CHECK_INT(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master "
	    "WHERE type='table' AND name!='log' ORDER BY name", -1, &st,
	    NULL), 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		hash_rows(db, (const char *)sqlite3_column_text(st, 0), h);
	CHECK_INT(sqlite3_finalize(st), 0);
	CHECK_INT(sqlite3_close(db), 0);
}

/* Names of files, in any order. */
static void
hash_folder(const char *path, crypto_generichash_state *h)
{
	unsigned char one[32], sum[32] = { 0 };
	const struct dirent *e;
	DIR *d = opendir(path);

	CHECK(d != NULL);
	while ((e = readdir(d)) != NULL) {
		(void)crypto_generichash(one, 32,
		    (const unsigned char *)e->d_name, strlen(e->d_name), NULL,
		    0);
		sodium_add(sum, one, 32);
	}
	(void)closedir(d);
	(void)crypto_generichash_update(h, sum, 32);
}

/* All that the sites hold. */
static void
hash_world(struct world *w, unsigned char ret[32])
{
	crypto_generichash_state h;
	char path[160];
	int i;

	(void)crypto_generichash_init(&h, NULL, 0, 32);
	hash_folder(w->t.folder, &h);
	for (i = 0; i < w->t.count; i++) {
		hash_store(w->t.at[i].home, &h);
		(void)snprintf(path, sizeof path, "%s/spool",
		    w->t.at[i].home);
		hash_folder(path, &h);
	}
	(void)crypto_generichash_final(&h, ret, 32);
}

/* --- each refused ------------------------------------------------------ */

static int
run_step(struct world *w, const struct step *x, struct err *err)
{
	int rc = x->inside == READS ? store_begin_read(w->s, err) :
	    x->inside == WRITES ? store_begin(w->s, err) : 0;

	if (rc < 0 || (rc = x->run(w, w->s, err)) < 0)
		return rc;
	return x->inside == WRITES ? store_commit(w->s, err) : rc;
}

/* Statement `n` is refused.  1 if there is no such statement. */
static int
refuse(struct world *w, const struct step *x, long n)
{
	unsigned char before[32], after[32];
	struct err err = ERR_INIT;
	int rc, refused;

	hash_world(w, before);
	w->s = sites_open(&w->t, x->site);
	statements_refuse(n);
	rc = run_step(w, x, &err);
	refused = statements.refused;
	statements_refuse(0);
	store_closep(&w->s);
	if (!refused) {
		CHECK_OK(rc, &err);
		return 1;
	}
	if (rc >= 0 || err.code != E_NOSPACE)
		FAIL("%s at %s: statement %ld is lost: %s", x->name, x->site,
		    n, rc >= 0 ? "it succeeds" : err.text);
	hash_world(w, after);
	if (!x->partly && memcmp(before, after, 32) != 0)
		FAIL("%s at %s: statement %ld leaves a change", x->name,
		    x->site, n);
	return 0;
}

TEST(every_statement)
{
	struct world w;
	size_t i;
	long n;

	story_begin(&w);
	for (i = 0; i < sizeof story / sizeof *story; i++) {
		for (n = 1; !refuse(&w, &story[i], n); n++)
			;
		if (n == 1)
			FAIL("%s at %s runs no statement", story[i].name,
			    story[i].site);
	}
	buf_clear(&w.out);
	sites_end(&w.t);
}

/* What SQLite says, and what we call it. */
TEST(names)
{
	static const struct {
		int code, errnum;
		enum err_code name;
	} all[] = {
		{ SQLITE_FULL, 0, E_NOSPACE },
		{ SQLITE_READONLY_DBMOVED, 0, E_READONLY },
		{ SQLITE_CORRUPT_INDEX, 0, E_DAMAGED },
		{ SQLITE_NOTADB, 0, E_DAMAGED },
		{ SQLITE_BUSY, 0, E_LOCKED },
		{ SQLITE_LOCKED, 0, E_LOCKED },
		{ SQLITE_NOMEM, 0, E_INTERNAL },
		{ SQLITE_IOERR_READ, 0, E_IO },
		{ SQLITE_IOERR_READ, EIO, E_IO },
		{ SQLITE_IOERR_WRITE, EROFS, E_READONLY },
		{ SQLITE_IOERR_FSYNC, ENOSPC, E_NOSPACE },
		{ SQLITE_ERROR, 0, E_INTERNAL },
	};
	struct err err = ERR_INIT;
	struct world w;
	size_t i;

	story_begin(&w);
	w.s = sites_open(&w.t, "a");
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		statements.code = all[i].code;
		statements.errnum = all[i].errnum;
		statements_refuse(1);
		CHECK_ERR(store_begin(w.s, &err), &err, all[i].name);
		statements_refuse(0);
	}
	statements.code = statements.errnum = 0;
	store_closep(&w.s);
	buf_clear(&w.out);
	sites_end(&w.t);
}

int
main(void)
{
	return unit_run();
}
