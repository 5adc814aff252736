/* store.h: the database of one site: home, lock, transactions, statements.
 *
 * A home is a folder of mode 0700:
 *
 *	store.db             SQLite, journal_mode=DELETE, synchronous=EXTRA
 *	lock                 flock: shared to read, exclusive to write
 *	keys/sign.key        minisign secret key     keys/sign.pub
 *	keys/age.key         age identity
 *	spool/               private; unnamed files, swept at every start
 *
 * The struct is visible to the files of this room alone; others use the
 * functions and the members marked public.
 */
#ifndef SATCHEL_STORE_H
#define SATCHEL_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/dot.h"
#include "../base/err.h"
#include "../base/json_scan.h"

struct sqlite3;
struct sqlite3_stmt;

#define STORE_SCHEMA 2			/* PRAGMA user_version */
#define STORE_APPLICATION 0x53617463	/* PRAGMA application_id, "Satc" */
#define STORE_STATEMENTS 256u

enum store_mode { STORE_READ, STORE_WRITE };

struct store_digest {			/* sum over the objects of a type */
	char type[65];
	unsigned char sum[32];		/* big-endian, mod 2^256 */
	int dirty;
};

struct store_actor {
	struct actor actor;
	int64_t id;
};

struct store_counters {			/* what a transaction may move */
	struct actor self;
	uint64_t n, seq, sequence, latest;
	unsigned char head[32];
};

struct store {
	char *home;			/* public */
	char *state;			/* public: folder of the guard, set by
					 * guard_check; NULL before */
	struct actor self;		/* public: who we are now */
	char name[33];			/* public */
	uint64_t n;			/* own counter of dots */
	unsigned char head[32];		/* chain head at n */
	uint64_t seq;			/* public: newest sequence */
	uint64_t sequence;		/* public: of files written */
	uint64_t latest;		/* newest generation of ours heard of */
	int64_t clock;			/* public: seconds since 1970, set at
					 * open, for labels and the log */

	struct sqlite3 *db;
	int lock_fd;
	enum store_mode mode;
	int in_write, in_read;		/* a transaction is open */
	struct store_counters begun, marked;	/* at its begin, at the mark */
	struct {
		const char *sql;
		struct sqlite3_stmt *stmt;
	} cache[STORE_STATEMENTS];
	size_t cached;
	struct store_actor *actors;
	size_t actor_count;
	struct store_digest *digests;
	size_t digest_count;
	int state_dirty;
};

/* Make a new home (the folder may exist if it is empty).  E_USAGE if there
 * is a site already.  Keys are the caller's to write (identity.h). */
int store_create(const char *home, const char *name, const char *site,
    const char *nonce, struct err *err);

/* Open it under the lock, waiting at most `wait_s` seconds: E_LOCKED.  A store
 * of an older schema is brought up to this one first.
 * E_CONFIG: no site here.  E_VERSION: schema of a newer program.
 * E_DAMAGED: not our database. */
int store_open(struct store **ret, const char *home, enum store_mode mode,
    unsigned wait_s, struct err *err);
void store_closep(struct store **s);	/* rolls back what is open */

/* Let others at the home; the store is only to be closed after that. */
void store_unlock(struct store *s);

/* A writing transaction is exclusive.  Commit writes counters and digests. */
int store_begin(struct store *s, struct err *err);
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* Inside a writing transaction: a mark to come back to.  store_release keeps
 * what was done since, store_undo takes it back.  E_IO for a mark after an
 * error for which SQLite itself gave up the transaction (a full disk): what
 * followed would not be part of one. */
int store_savepoint(struct store *s, struct err *err);
int store_release(struct store *s, struct err *err);
void store_undo(struct store *s);

/* A consistent view for reading. */
int store_begin_read(struct store *s, struct err *err);
void store_end_read(struct store *s);

/* --- for the files of this room ----------------------------------------- */

/* A prepared statement for a string literal, kept and reset.  NULL on
 * error. */
struct sqlite3_stmt *store_sql(struct store *s, const char *literal,
    struct err *err);

/* Bind in order: i int64_t; t, b: pointer and size_t of text, blob (borrowed
 * until the next step); h: 32-byte blob; s: C string or NULL. */
void store_bind(struct sqlite3_stmt *st, const char *kinds, ...);

/* 1: a row; 0: done, reset. Errors: E_IO, E_NOSPACE, E_READONLY, E_DAMAGED */
int store_step(struct store *s, struct sqlite3_stmt *st, struct err *err);

/* Bind, run to the end, reset. */
int store_run(struct store *s, struct err *err, const char *literal,
    const char *kinds, ...);

/* Column as bytes, valid until the next step. */
struct json_span store_column(struct sqlite3_stmt *st, int column);
int store_column_hash(struct sqlite3_stmt *st, int column,
    unsigned char out[32]);		/* 0, or -1 if not 32 bytes */

/* An actor's id here: 1, or 0 if there was none of it yet.  Intern it (in a
 * writing transaction).  And back. */
int store_actor_find(struct store *s, const struct actor *a, int64_t *ret,
    struct err *err);
int store_actor_id(struct store *s, const struct actor *a, int64_t *ret,
    struct err *err);
const struct actor *store_actor(struct store *s, int64_t id,
    struct err *err);

/* Rows of the site table. */
int store_get_text(struct store *s, const char *key, struct buf *out,
    struct err *err);			/* 1 found, 0 not */
int store_set_text(struct store *s, const char *key, const char *value,
    struct err *err);

/* Turn the last SQLite error into ours. */
int store_fail(struct store *s, struct err *err, const char *what);

#endif
