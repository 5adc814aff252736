/* shelf.h: the yardstick's database, attachments as files beside it: what a
 * store cannot do without, and nothing else. */
#ifndef BENCH_SHELF_H
#define BENCH_SHELF_H

#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>

#include "../../base/buf.h"
#include "scan.h"

#define HASH_LEN 32u
#define SHELF_PATH 4096

struct shelf {
	sqlite3 *db;
	sqlite3_stmt *find, *put, *forget, *review, *blob;
	char folder[SHELF_PATH - 128];	/* of the attachments */
	int64_t seq;			/* of the newest object */
	unsigned long objects, reviews, blobs;
};

/* An attachment being written under its hash. */
struct shelf_file {
	int fd;				/* -1: none */
	uint64_t left;
	unsigned char hash[HASH_LEN];
	crypto_generichash_state state;
	char temp[SHELF_PATH];
};

/* Open or create; errors end the program. */
void shelf_open(struct shelf *s, const char *path);

/* One transaction: nothing is seen before shelf_commit, which first brings
 * the attachments to the disk. */
void shelf_begin(struct shelf *s);
void shelf_commit(struct shelf *s);
void shelf_close(struct shelf *s);

sqlite3_stmt *shelf_prepare(struct shelf *s, const char *sql);

/* Put one line in.  Attachments named by "file" are read from there,
 * relative to `folder`; by "blake2b" they are there already. */
void shelf_put(struct shelf *s, struct span line, const char *folder);

/* Append the line of the row that `row` (of SHELF_ROWS) stands on, with its
 * history by `reviews`. */
#define SHELF_ROWS "SELECT id, uid, type, name, parent, title, state, " \
    "creator, created, modified, fields, files FROM object " \
    "WHERE seq > ?1 ORDER BY seq"
void shelf_get(sqlite3_stmt *row, sqlite3_stmt *reviews, struct buf *out);
#define SHELF_REVIEWS "SELECT action, actor, time, state, comments " \
    "FROM review WHERE object = ?1 ORDER BY n"

void shelf_blob_path(const struct shelf *s, const unsigned char *hash,
    char *ret);
void shelf_file_begin(struct shelf *s, struct shelf_file *f);
void shelf_file_add(struct shelf_file *f, const void *data, size_t len);
/* Keep it under its hash, which goes into f->hash. */
void shelf_file_end(struct shelf *s, struct shelf_file *f);

#endif
