#include "shelf.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536u

static const char schema[] =
    "PRAGMA journal_mode=DELETE;"
    "PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS object(id INTEGER PRIMARY KEY, "
    "uid TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, type TEXT NOT NULL, "
    "name TEXT, parent TEXT, title TEXT, state TEXT, creator TEXT, "
    "created TEXT, modified TEXT, fields TEXT, files TEXT);"
    "CREATE INDEX IF NOT EXISTS object_seq ON object(seq);"
    "CREATE TABLE IF NOT EXISTS review(object INTEGER NOT NULL, "
    "n INTEGER NOT NULL, action TEXT, actor TEXT, time TEXT, state TEXT, "
    "comments TEXT, PRIMARY KEY(object, n)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS blob(hash BLOB PRIMARY KEY, "
    "seq INTEGER NOT NULL, size INTEGER NOT NULL);";

/* The columns after id, but for seq; all but uid are kept as JSON. */
enum { UID, TYPE, NAME, PARENT, TITLE, STATE, CREATOR, CREATED, MODIFIED,
	FIELDS, FILES, COLUMNS, HISTORY = COLUMNS, MEMBERS };
static const char *const members[MEMBERS] = { "uid", "type", "id", "parent",
	"title", "state", "creator", "created", "modified", "fields",
	"attachments", "history" };

#define STEPS 5u
static const char *const step[STEPS] = { "action", "actor", "time", "state",
	"comments" };

enum { FILE_NAME, FILE_TYPE, FILE_PATH, FILE_HASH, FILE_MEMBERS };
static const char *const file_members[FILE_MEMBERS] = { "name", "media_type",
	"file", "blake2b" };

static void
execute(struct shelf *s, const char *sql)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(s->db));
}

sqlite3_stmt *
shelf_prepare(struct shelf *s, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(s->db));
	return st;
}

static void
run(struct shelf *s, sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		errx(1, "%s", sqlite3_errmsg(s->db));
	(void)sqlite3_reset(st);
}

static void
bind(sqlite3_stmt *st, int column, struct span text)
{
	(void)sqlite3_bind_text(st, column, text.at, (int)text.len,
	    SQLITE_STATIC);
}

void
shelf_open(struct shelf *s, const char *path)
{
	sqlite3_stmt *st;

	*s = (struct shelf){ .seq = 0 };
	(void)snprintf(s->folder, sizeof s->folder, "%s.att", path);
	if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
		err(1, "%s", s->folder);
	if (sqlite3_open(path, &s->db) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(s->db));
	execute(s, schema);
	st = shelf_prepare(s, "SELECT max(seq) FROM object");
	(void)sqlite3_step(st);
	s->seq = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	s->find = shelf_prepare(s, "SELECT id FROM object WHERE uid = ?1");
	s->put = shelf_prepare(s, "INSERT INTO object(uid, type, name, parent, "
	    "title, state, creator, created, modified, fields, files, seq) "
	    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
	    "ON CONFLICT(uid) DO UPDATE SET seq = excluded.seq, "
	    "parent = excluded.parent, title = excluded.title, "
	    "state = excluded.state, modified = excluded.modified, "
	    "fields = excluded.fields, files = excluded.files RETURNING id");
	s->forget = shelf_prepare(s, "DELETE FROM review WHERE object = ?1");
	s->review = shelf_prepare(s, "INSERT INTO review VALUES(?1, ?2, ?3, "
	    "?4, ?5, ?6, ?7)");
	s->blob = shelf_prepare(s, "INSERT OR IGNORE INTO blob VALUES(?1, ?2, "
	    "?3)");
}

void
shelf_begin(struct shelf *s)
{
	execute(s, "BEGIN IMMEDIATE");
}

void
shelf_commit(struct shelf *s)
{
	int fd = s->blobs > 0 ? open(s->folder, O_RDONLY | O_DIRECTORY) : -1;

	if (s->blobs > 0 && (fd < 0 || syncfs(fd) != 0 || close(fd) != 0))
		err(1, "%s", s->folder);
	execute(s, "COMMIT");
}

void
shelf_close(struct shelf *s)
{
	sqlite3_stmt *st;

	while ((st = sqlite3_next_stmt(s->db, NULL)) != NULL)
		(void)sqlite3_finalize(st);
	if (sqlite3_close(s->db) != SQLITE_OK)
		errx(1, "%s", sqlite3_errmsg(s->db));
}

/* --- attachments ------------------------------------------------------- */

void
shelf_blob_path(const struct shelf *s, const unsigned char *hash, char *ret)
{
	char hex[HASH_LEN * 2 + 1];

	(void)sodium_bin2hex(hex, sizeof hex, hash, HASH_LEN);
	(void)snprintf(ret, SHELF_PATH, "%s/%.2s/%s", s->folder, hex, hex);
}

void
shelf_file_begin(struct shelf *s, struct shelf_file *f)
{
	(void)snprintf(f->temp, sizeof f->temp, "%s/.part", s->folder);
	f->fd = open(f->temp, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (f->fd < 0)
		err(1, "%s", f->temp);
	(void)crypto_generichash_init(&f->state, NULL, 0, HASH_LEN);
}

void
shelf_file_add(struct shelf_file *f, const void *data, size_t len)
{
	if (write(f->fd, data, len) != (ssize_t)len)
		err(1, "%s", f->temp);
	(void)crypto_generichash_update(&f->state, data, len);
}

void
shelf_file_end(struct shelf *s, struct shelf_file *f)
{
	char path[SHELF_PATH];
	off_t size = lseek(f->fd, 0, SEEK_CUR);
	char *name;

	(void)crypto_generichash_final(&f->state, f->hash, HASH_LEN);
	shelf_blob_path(s, f->hash, path);
	name = strrchr(path, '/');
	*name = '\0';
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		err(1, "%s", path);
	*name = '/';
	if (close(f->fd) != 0 || rename(f->temp, path) != 0)
		err(1, "%s", path);
	f->fd = -1;
	(void)sqlite3_bind_blob(s->blob, 1, f->hash, HASH_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s->blob, 2, s->seq);
	(void)sqlite3_bind_int64(s->blob, 3, size);
	run(s, s->blob);
	s->blobs++;
}

static void
take_file(struct shelf *s, struct shelf_file *f, struct span name,
    const char *folder)
{
	unsigned char piece[PIECE];
	char path[SHELF_PATH];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.len,
	    name.at);
	if ((fd = open(path, O_RDONLY)) < 0)
		err(1, "%s", path);
	shelf_file_begin(s, f);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		shelf_file_add(f, piece, (size_t)n);
	if (n < 0 || close(fd) != 0)
		err(1, "%s", path);
	shelf_file_end(s, f);
}

/* "file" becomes "blake2b". */
static void
take_files(struct shelf *s, struct span *list, const char *folder,
    struct buf *out)
{
	const char *p = list->at, *end = list->at + list->len;
	struct shelf_file f = { .fd = -1 };
	struct span m[FILE_MEMBERS];
	char hex[HASH_LEN * 2 + 1];

	while (p < end && *p != ']') {
		p = scan_object(p + 1, end, file_members, FILE_MEMBERS, m);
		if (p == NULL)
			errx(1, "not a list of attachments");
		if (m[FILE_HASH].at != NULL)
			return;
		take_file(s, &f, scan_bare(m[FILE_PATH]), folder);
		(void)sodium_bin2hex(hex, sizeof hex, f.hash, HASH_LEN);
		buf_addf(out, "%c{\"name\":%.*s,\"media_type\":%.*s,"
		    "\"blake2b\":\"%s\"}", out->len > 0 ? ',' : '[',
		    (int)m[FILE_NAME].len, m[FILE_NAME].at,
		    (int)m[FILE_TYPE].len, m[FILE_TYPE].at, hex);
	}
	buf_addc(out, ']');
	*list = (struct span){ out->at, out->len };
}

/* --- lines ------------------------------------------------------------- */

static void
put_history(struct shelf *s, int64_t id, struct span list)
{
	const char *p = list.at, *end = list.at + list.len;
	struct span m[STEPS];
	int n = 0, i;

	while (p != NULL && p + 1 < end && *p != ']') {
		if ((p = scan_object(p + 1, end, step, STEPS, m)) == NULL)
			errx(1, "not a history");
		(void)sqlite3_bind_int64(s->review, 1, id);
		(void)sqlite3_bind_int(s->review, 2, n++);
		for (i = 0; i < (int)STEPS; i++)
			bind(s->review, i + 3, m[i]);
		run(s, s->review);
		s->reviews++;
	}
}

void
shelf_put(struct shelf *s, struct span line, const char *folder)
{
	CLEANUP(buf_clear) struct buf files = BUF_INIT;
	struct span m[MEMBERS];
	int64_t id;
	int known, i;

	if (scan_object(line.at, line.at + line.len, members, MEMBERS, m) !=
	    line.at + line.len || scan_bare(m[UID]).at == NULL)
		errx(1, "not a line: %.*s", (int)line.len, line.at);
	m[UID] = scan_bare(m[UID]);
	s->seq++;
	if (m[FILES].at != NULL && folder != NULL)
		take_files(s, &m[FILES], folder, &files);

	/* What was there: every importer has to look. */
	bind(s->find, 1, m[UID]);
	known = sqlite3_step(s->find) == SQLITE_ROW;
	(void)sqlite3_reset(s->find);

	for (i = 0; i < COLUMNS; i++)
		bind(s->put, i + 1, m[i]);
	(void)sqlite3_bind_int64(s->put, COLUMNS + 1, s->seq);
	if (sqlite3_step(s->put) != SQLITE_ROW)
		errx(1, "%s", sqlite3_errmsg(s->db));
	id = sqlite3_column_int64(s->put, 0);
	run(s, s->put);
	s->objects++;
	if (known) {
		(void)sqlite3_bind_int64(s->forget, 1, id);
		run(s, s->forget);
	}
	if (m[HISTORY].at != NULL)
		put_history(s, id, m[HISTORY]);
}

/* The columns that are not NULL, `before` before the first. */
static void
add_members(struct buf *out, char before, sqlite3_stmt *row, int column,
    const char *const *names, int count)
{
	const char *text;
	int i;

	for (i = 0; i < count; i++) {
		text = (const char *)sqlite3_column_text(row, column + i);
		if (text == NULL)
			continue;
		buf_addc(out, before);
		buf_addc(out, '"');
		buf_adds(out, names[i]);
		buf_adds(out, "\":");
		buf_add(out, text, (size_t)sqlite3_column_bytes(row,
		    column + i));
		before = ',';
	}
}

/* A row without fields is a deletion. */
void
shelf_get(sqlite3_stmt *row, sqlite3_stmt *reviews, struct buf *out)
{
	int n;

	buf_adds(out, "{\"uid\":\"");
	buf_add(out, sqlite3_column_text(row, 1),
	    (size_t)sqlite3_column_bytes(row, 1));
	buf_addc(out, '"');
	add_members(out, ',', row, 2, members + 1, COLUMNS - 1);
	if (sqlite3_column_type(row, 1 + FIELDS) == SQLITE_NULL) {
		buf_adds(out, ",\"deleted\":true}\n");
		return;
	}
	buf_adds(out, ",\"history\":[");
	(void)sqlite3_bind_int64(reviews, 1, sqlite3_column_int64(row, 0));
	for (n = 0; sqlite3_step(reviews) == SQLITE_ROW; n++) {
		if (n > 0)
			buf_addc(out, ',');
		add_members(out, '{', reviews, 0, step, STEPS);
		buf_addc(out, '}');
	}
	(void)sqlite3_reset(reviews);
	buf_adds(out, "]}\n");
}
