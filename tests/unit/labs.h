/* labs.h: a store in a temporary folder, filled and read as lines. */
#ifndef SATCHEL_TEST_LABS_H
#define SATCHEL_TEST_LABS_H

#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../store/dump.h"
#include "../../store/lines.h"
#include "unit.h"

struct lab {
	char folder[64], home[80];
	struct store *s;
	struct lines_stats n;		/* of the last load */
	struct buf out;			/* of the last dump */
	struct err err;
};

static inline void
lab_begin(struct lab *l, const char *site)
{
	memset(l, 0, sizeof *l);
	l->err = (struct err)ERR_INIT;
	(void)strcpy(l->folder, "/tmp/satchel-lab.XXXXXX");
	CHECK(sodium_init() >= 0);
	CHECK(mkdtemp(l->folder) != NULL);
	(void)snprintf(l->home, sizeof l->home, "%.40s/home", l->folder);
	CHECK_OK(store_create(l->home, site, site, "1111111111111111",
	    &l->err), &l->err);
	CHECK_OK(store_open(&l->s, l->home, STORE_WRITE, 0, &l->err),
	    &l->err);
}

static inline void
lab_end(struct lab *l)
{
	char command[128];

	store_closep(&l->s);
	buf_clear(&l->out);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", l->folder);
	CHECK_INT(system(command), 0);
}

/* The path of a file in the folder of the lab; one at a time. */
static inline const char *
lab_path(const struct lab *l, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", l->folder, name);
	return path;
}

static inline void
lab_write(const struct lab *l, const char *name, const void *data, size_t len)
{
	FILE *f = fopen(lab_path(l, name), "w");

	CHECK(f != NULL);
	CHECK_INT(fwrite(data, 1, len, f), len);
	CHECK_INT(fclose(f), 0);
}

static inline void
lab_text(const struct lab *l, const char *name, const char *text)
{
	lab_write(l, name, text, strlen(text));
}

/* `len` bytes that differ with `seed`. */
static inline void
lab_bytes(const struct lab *l, const char *name, size_t len, char seed)
{
	char *data = malloc(len + 1);
	size_t i;

	CHECK(data != NULL);
	for (i = 0; i < len; i++)
		data[i] = (char)(seed + (char)(i % 61) + (char)(i / 4096));
	lab_write(l, name, data, len);
	free(data);
}

static inline int
lab_load_file(struct lab *l, const char *name)
{
	char path[256];
	const char *list = path;

	(void)snprintf(path, sizeof path, "%s", lab_path(l, name));
	return lines_load(l->s, &list, 1, NULL, &l->n, &l->err);
}

static inline int
lab_load(struct lab *l, const char *text)
{
	lab_text(l, "lab.jsonl", text);
	return lab_load_file(l, "lab.jsonl");
}

static inline int
lab_keep(void *ctx, const void *data, size_t len, struct err *err)
{
	buf_add(ctx, data, len);
	return buf_check(ctx, err);
}

/* The dump, all of it. */
static inline const char *
lab_dump(struct lab *l, struct dump_what what)
{
	struct dump_out out = { lab_keep, &l->out };

	buf_reset(&l->out);
	CHECK_OK(dump_all(l->s, &what, &out, &l->err), &l->err);
	return buf_str(&l->out);
}

static inline const char *
lab_all(struct lab *l)
{
	return lab_dump(l, (struct dump_what){ .deleted = 1 });
}

static inline const char *
lab_show(struct lab *l, const char *uid)
{
	buf_reset(&l->out);
	CHECK_INT(dump_object(l->s, uid, &l->out, &l->err), 1);
	return buf_str(&l->out);
}

/* Loads; the counts are created, changed, deleted, same. */
static inline void
load(struct lab *l, const char *text, const char *counts)
{
	char got[64];

	CHECK_OK(lab_load(l, text), &l->err);
	(void)snprintf(got, sizeof got, "%d %d %d %d", (int)l->n.created,
	    (int)l->n.changed, (int)l->n.deleted, (int)l->n.same);
	CHECK_STR(got, counts);
}

/* Loading what was dumped makes no version. */
static inline void
load_again(struct lab *l)
{
	uint64_t seq = l->s->seq;
	char *text = strdup(lab_all(l));

	CHECK(text != NULL);
	CHECK_OK(lab_load(l, text), &l->err);
	CHECK_INT(l->n.same, l->n.lines);
	CHECK_INT(l->s->seq, seq);
	CHECK_STR(lab_all(l), text);
	free(text);
}

/* What `from` has of an object goes to `to`; if it is refused, nothing of
 * it. */
static inline int
lab_try_send(struct lab *from, struct lab *to, const char *uid)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct object_merge m = { .floor = to->s->seq };
	int rc;

	CHECK_INT(object_get(from->s, uid, strlen(uid), &o, &from->err), 1);
	CHECK_OK(store_begin(to->s, &to->err), &to->err);
	rc = object_merge(to->s, uid, strlen(uid), o.set, &m, &to->err);
	object_merge_clear(&m);
	if (rc < 0)
		store_rollback(to->s);
	else
		CHECK_OK(store_commit(to->s, &to->err), &to->err);
	return rc;
}

static inline void
lab_send(struct lab *from, struct lab *to, const char *uid)
{
	CHECK_OK(lab_try_send(from, to, uid), &to->err);
}

/* The same of every object. */
static inline void
lab_send_all(struct lab *from, struct lab *to)
{
	CLEANUP(buf_clear) struct buf uids = BUF_INIT;
	sqlite3_stmt *st = NULL;
	char *p;

	CHECK_INT(sqlite3_prepare_v2(from->s->db, "SELECT uid FROM object "
	    "ORDER BY seq", -1, &st, NULL), 0);
	while (sqlite3_step(st) == SQLITE_ROW) {
		buf_adds(&uids, (const char *)sqlite3_column_text(st, 0));
		buf_addc(&uids, '\0');
	}
	(void)sqlite3_finalize(st);
	for (p = uids.at; p != NULL && p < uids.at + uids.len;
	    p += strlen(p) + 1)
		lab_send(from, to, p);
}

/* The number that a query gives; for the inside of a store. */
static inline long long
lab_number(const struct lab *l, const char *sql)
{
	sqlite3_stmt *st = NULL;
	long long n;

	CHECK_INT(sqlite3_prepare_v2(l->s->db, sql, -1, &st, NULL), 0);
	CHECK_INT(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

static inline void
lab_sql(const struct lab *l, const char *sql)
{
	CHECK_INT(sqlite3_exec(l->s->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

#endif
