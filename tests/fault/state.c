#include "state.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What an export changes without changing what the site has: the query of a
 * table is without such columns, or empty. */
static const struct {
	const char *table, *sql;
} of_lab[] = {
	{ "site", "SELECT * FROM site WHERE key<>'sequence'" },
	{ "peer", "SELECT id,site,name,trusted,revoked,key_id,minisign,age,"
	    "added,encrypt,forward,life,acked_generation,acked_sequence,"
	    "heard_actor,heard_sequence,heard_id,last_import,last_heard,"
	    "seen_generation,seen_sequence,cadence,silent_after,"
	    "wanted_generation,wanted_sequence FROM peer" },
	{ "file_out", "" }, { "log", "" }, { "blob_sent", "" },
	{ "wanted", "" }, { "drop_file", "" },
	{ "drop_peer", "SELECT depot,peer FROM drop_peer" },
	{ "actor", "SELECT * FROM actor WHERE site<>(SELECT value FROM site "
	    "WHERE key='id')" },
	{ "drops", "SELECT id,name,path,mark,keep,together,removable FROM "
	    "drops" }
};

static sqlite3 *
open_db(const struct world *w, const char *site)
{
	char path[600], name[64];
	sqlite3 *db = NULL;

	(void)snprintf(name, sizeof name, "%.40s/store.db", site);
	(void)snprintf(path, sizeof path, "%s", world_path(w, name));
	if (access(path, F_OK) != 0)
		return NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != 0)
		die("open %s: %s", path, sqlite3_errmsg(db));
	return db;
}

static sqlite3_stmt *
query(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		die("%s: %s", sql, sqlite3_errmsg(db));
	return st;
}

/* The text or number that a query gives, as text; "" without a row. */
static void
one(sqlite3 *db, const char *sql, char *ret, size_t size)
{
	sqlite3_stmt *st = query(db, sql);
	const unsigned char *text = NULL;

	if (sqlite3_step(st) == SQLITE_ROW)
		text = sqlite3_column_text(st, 0);
	(void)snprintf(ret, size, "%s", text == NULL ? "" :
	    (const char *)text);
	(void)sqlite3_finalize(st);
}

static void
hash_row(sqlite3_stmt *st, const char *nonce, crypto_generichash_state *h)
{
	int n = sqlite3_column_count(st), i, len;
	const void *bytes;
	char head[32];

	for (i = 0; i < n; i++) {
		bytes = sqlite3_column_blob(st, i);
		len = sqlite3_column_bytes(st, i);
		if (len == (int)strlen(nonce) && len > 0 &&
		    memcmp(bytes, nonce, (size_t)len) == 0)
			len = 0;
		(void)snprintf(head, sizeof head, "%d:%d ",
		    sqlite3_column_type(st, i), len);
		(void)crypto_generichash_update(h, (unsigned char *)head,
		    strlen(head));
		(void)crypto_generichash_update(h, bytes,
		    (unsigned long long)len);
	}
}

static void
hash_query(sqlite3 *db, const char *sql, const char *nonce,
    crypto_generichash_state *h)
{
	sqlite3_stmt *st = query(db, sql);
	int rc;

	(void)crypto_generichash_update(h, (const unsigned char *)sql,
	    strlen(sql));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		hash_row(st, nonce, h);
	if (rc != SQLITE_DONE)
		die("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_finalize(st);
}

static void
hash_all(sqlite3 *db, const char *nonce, struct state *ret)
{
	sqlite3_stmt *st = query(db, "SELECT name FROM sqlite_master WHERE "
	    "type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
	crypto_generichash_state all, lab;
	const char *name, *sql;
	char every[128], version[8];
	size_t i;

	one(db, "PRAGMA user_version", version, sizeof version);

	(void)crypto_generichash_init(&all, NULL, 0, STATE_HASH);
	(void)crypto_generichash_init(&lab, NULL, 0, STATE_HASH);
	while (sqlite3_step(st) == SQLITE_ROW) {
		name = (const char *)sqlite3_column_text(st, 0);
		(void)snprintf(every, sizeof every, "SELECT * FROM %s",
		    name);
		hash_query(db, every, nonce, &all);
		sql = every;
		for (i = 0; i < sizeof of_lab / sizeof *of_lab; i++)
			if (strcmp(of_lab[i].table, name) == 0 &&
			    strcmp(version, "1") != 0)
				sql = of_lab[i].sql;
		if (sql[0] != '\0')
			hash_query(db, sql, nonce, &lab);
	}
	(void)sqlite3_finalize(st);
	(void)crypto_generichash_final(&all, ret->all, STATE_HASH);
	(void)crypto_generichash_final(&lab, ret->lab, STATE_HASH);
}

void
state_read(const struct world *w, const char *site, struct state *ret)
{
	sqlite3 *db = open_db(w, site);
	char text[256], nonce[64];

	memset(ret, 0, sizeof *ret);
	if (db == NULL)
		return;
	ret->is_there = 1;
	one(db, "PRAGMA integrity_check", text, sizeof text);
	ret->is_sound = strcmp(text, "ok") == 0;
	one(db, "SELECT value FROM site WHERE key='sequence'", text,
	    sizeof text);
	ret->sequence = strtoull(text, NULL, 10);
	one(db, "SELECT value FROM site WHERE key='generation'", text,
	    sizeof text);
	ret->generation = strtoull(text, NULL, 10);
	one(db, "SELECT count(*) FROM sqlite_master WHERE name='wanted'",
	    text, sizeof text);
	if (strcmp(text, "1") == 0)
		one(db, "SELECT count(*) FROM wanted", text, sizeof text);
	ret->waiting = strtoull(text, NULL, 10);
	one(db, "SELECT value FROM site WHERE key='nonce'", nonce,
	    sizeof nonce);
	hash_all(db, nonce, ret);
	(void)sqlite3_close(db);
}

int
state_same(const struct state *a, const struct state *b)
{
	return a->is_there == b->is_there &&
	    memcmp(a->all, b->all, STATE_HASH) == 0;
}

int
state_knows(const struct world *w, const char *site, uint64_t sequence,
    const unsigned char id[32])
{
	sqlite3 *db = open_db(w, site);
	sqlite3_stmt *st;
	int same;

	if (db == NULL)
		return 0;
	st = query(db, "SELECT id FROM file_out WHERE sequence=?");
	(void)sqlite3_bind_int64(st, 1, (sqlite3_int64)sequence);
	same = sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_bytes(st, 0) == 32 &&
	    memcmp(sqlite3_column_blob(st, 0), id, 32) == 0;
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return same;
}
