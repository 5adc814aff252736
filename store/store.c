#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/lock.h"
#include "../base/text.h"
#include "digest.h"
#include "schema.h"

/* --- counters and transactions ----------------------------------------- */

static int
exec(struct store *s, const char *sql, struct err *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s, err, "store");
	return 0;
}

int
store_get_text(struct store *s, const char *key, struct buf *out,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT value FROM site WHERE key=?",
	    err);
	struct json_span x;
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", key);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	x = store_column(st, 0);
	buf_add(out, x.at, x.len);
	(void)sqlite3_reset(st);
	if (buf_str(out) == NULL)
		return err_oom(err);
	return 1;
}

int
store_set_text(struct store *s, const char *key, const char *value,
    struct err *err)
{
	return store_run(s, err, "INSERT INTO site(key,value) VALUES(?,?) "
	    "ON CONFLICT(key) DO UPDATE SET value=excluded.value", "ss", key,
	    value);
}

/* Read a text of the site table that must be there. */
static int
need_text(struct store *s, const char *key, char *out, size_t size,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	int rc = store_get_text(s, key, &b, err);

	if (rc < 0)
		return rc;
	if (rc == 0 || b.at == NULL || b.len >= size)
		return err_set(err, E_DAMAGED, "\"%s/store.db\" does not say "
		    "its %s", s->home, key);
	memcpy(out, b.at, b.len + 1);
	return 0;
}

static int
need_number(struct store *s, const char *key, uint64_t *ret, struct err *err)
{
	char text[32];
	int rc = need_text(s, key, text, sizeof text, err);

	if (rc < 0)
		return rc;
	if (text_number(ret, text, strlen(text), INT64_MAX) < 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": %s is not a "
		    "number", s->home, key);
	return 0;
}

static int
load_state(struct store *s, struct err *err)
{
	char head[65];
	int rc;

	if ((rc = need_text(s, "id", s->self.site, sizeof s->self.site,
	    err)) < 0 ||
	    (rc = need_text(s, "name", s->name, sizeof s->name, err)) < 0 ||
	    (rc = need_text(s, "nonce", s->self.nonce, sizeof s->self.nonce,
	    err)) < 0 ||
	    (rc = need_number(s, "generation", &s->self.generation,
	    err)) < 0 ||
	    (rc = need_number(s, "n", &s->n, err)) < 0 ||
	    (rc = need_number(s, "seq", &s->seq, err)) < 0 ||
	    (rc = need_number(s, "sequence", &s->sequence, err)) < 0 ||
	    (rc = need_number(s, "latest", &s->latest, err)) < 0 ||
	    (rc = need_text(s, "head", head, sizeof head, err)) < 0)
		return rc;
	if (text_unhex(s->head, 32, head, strlen(head)) < 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad head",
		    s->home);
	s->state_dirty = 0;
	return 0;
}

static int
save_number(struct store *s, const char *key, uint64_t value,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;

	buf_addf(&b, "%llu", (unsigned long long)value);
	if (buf_check(&b, err) < 0)
		return -(int)err->code;
	return store_set_text(s, key, b.at, err);
}

static int
save_state(struct store *s, struct err *err)
{
	char head[65];
	int rc;

	text_hex(head, s->head, 32);
	if ((rc = store_set_text(s, "nonce", s->self.nonce, err)) < 0 ||
	    (rc = save_number(s, "generation", s->self.generation,
	    err)) < 0 ||
	    (rc = save_number(s, "n", s->n, err)) < 0 ||
	    (rc = save_number(s, "seq", s->seq, err)) < 0 ||
	    (rc = save_number(s, "sequence", s->sequence, err)) < 0 ||
	    (rc = save_number(s, "latest", s->latest, err)) < 0 ||
	    (rc = store_set_text(s, "head", head, err)) < 0)
		return rc;
	return 0;
}

static void
keep_counters(const struct store *s, struct store_counters *to)
{
	to->self = s->self;
	to->n = s->n;
	to->seq = s->seq;
	to->sequence = s->sequence;
	to->latest = s->latest;
	memcpy(to->head, s->head, sizeof to->head);
}

/* Counters as they were; digests and interned actors are read again. */
static void
restore_counters(struct store *s, const struct store_counters *from)
{
	s->self = from->self;
	s->n = from->n;
	s->seq = from->seq;
	s->sequence = from->sequence;
	s->latest = from->latest;
	memcpy(s->head, from->head, sizeof s->head);
	s->state_dirty = 0;
	s->digest_count = 0;
	s->actor_count = 0;
}

int
store_begin(struct store *s, struct err *err)
{
	int rc;

	if ((rc = exec(s, "BEGIN EXCLUSIVE", err)) < 0)
		return rc;
	s->in_write = 1;
	keep_counters(s, &s->begun);
	return 0;
}

/* Counters and digests into their tables. */
static int
save(struct store *s, struct err *err)
{
	int rc;

	if ((rc = digest_save(s, err)) < 0)
		return rc;
	if (s->state_dirty && (rc = save_state(s, err)) < 0)
		return rc;
	s->state_dirty = 0;
	return 0;
}

/* To remove the journal is to commit: where that fails, or its sync, no one
 * can tell which it was. */
static int
explain_commit(struct store *s, struct err *err)
{
	int code = sqlite3_extended_errcode(s->db);

	if (code != SQLITE_IOERR_DELETE && code != SQLITE_IOERR_DIR_FSYNC)
		return -(int)err->code;
	return err_next(err, "it may be done, and may not outlast a power "
	    "cut: do the same again");
}

int
store_commit(struct store *s, struct err *err)
{
	int rc;

	if ((rc = save(s, err)) < 0)
		return rc;
	if (exec(s, "COMMIT", err) < 0)
		return explain_commit(s, err);
	s->in_write = 0;
	return 0;
}

int
store_savepoint(struct store *s, struct err *err)
{
	int rc;

	if (sqlite3_get_autocommit(s->db))
		return err_set(err, E_IO, "\"%s/store.db\": the transaction "
		    "was given up after an error", s->home);
	if ((rc = save(s, err)) < 0 ||
	    (rc = exec(s, "SAVEPOINT here", err)) < 0)
		return rc;
	keep_counters(s, &s->marked);
	return 0;
}

int
store_release(struct store *s, struct err *err)
{
	int rc = save(s, err);

	return rc < 0 ? rc : exec(s, "RELEASE here", err);
}

void
store_rollback(struct store *s)
{
	size_t i;

	if (!s->in_write)
		return;
	for (i = 0; i < s->cached; i++)
		(void)sqlite3_reset(s->cache[i].stmt);
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_write = 0;
	restore_counters(s, &s->begun);
}

void
store_undo(struct store *s)
{
	size_t i;

	for (i = 0; i < s->cached; i++)
		(void)sqlite3_reset(s->cache[i].stmt);
	(void)sqlite3_exec(s->db, "ROLLBACK TO here; RELEASE here", NULL,
	    NULL, NULL);
	restore_counters(s, &s->marked);
}

int
store_begin_read(struct store *s, struct err *err)
{
	int rc;

	if ((rc = exec(s, "BEGIN", err)) < 0)
		return rc;
	s->in_read = 1;
	return 0;
}

void
store_end_read(struct store *s)
{
	size_t i;

	if (!s->in_read)
		return;
	for (i = 0; i < s->cached; i++)
		(void)sqlite3_reset(s->cache[i].stmt);
	(void)sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	s->in_read = 0;
}

/* --- open and close ---------------------------------------------------- */

void
store_closep(struct store **sp)
{
	struct store *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	store_rollback(s);
	store_end_read(s);
	for (i = 0; i < s->cached; i++)
		(void)sqlite3_finalize(s->cache[i].stmt);
	(void)sqlite3_close(s->db);
	file_closep(&s->lock_fd);
	free(s->home);
	free(s->state);
	free(s->actors);
	free(s->digests);
	free(s);
	*sp = NULL;
}

void
store_unlock(struct store *s)
{
	file_closep(&s->lock_fd);
	s->lock_fd = -1;
}

static int
take_lock(struct store *s, unsigned wait_s, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/lock", s->home);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	rc = lock_open(path.at, s->mode == STORE_WRITE ? LOCK_ALONE :
	    LOCK_SHARED, wait_s, s->home, err);
	s->lock_fd = rc < 0 ? -1 : rc;
	return rc < 0 ? rc : 0;
}

static int
db_path(const struct store *s, struct buf *ret, struct err *err)
{
	buf_addf(ret, "%s/store.db", s->home);
	return buf_str(ret) == NULL ? err_oom(err) : 0;
}

static int
open_db(struct store *s, int flags, struct err *err)
{
	CLEANUP(buf_freep) char *home = realpath(s->home, NULL);
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	/* NOFOLLOW is of every folder above, too: links may lead to a home,
	 * but not to another database. */
	if (home == NULL)
		return err_io(err, errno, "\"%s\"", s->home);
	buf_addf(&path, "%s/store.db", home);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	rc = sqlite3_open_v2(path.at, &s->db, flags | SQLITE_OPEN_NOFOLLOW |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		if (s->db == NULL)
			return err_oom(err);
		return store_fail(s, err, "open");
	}
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, 2000);
	return exec(s, "PRAGMA cache_size=-8000; PRAGMA temp_store=FILE; "
	    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", err);
}

static int
pragma_number(struct store *s, const char *sql, int64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, sql, err);

	if (st == NULL || store_step(s, st, err) < 0)
		return -(int)err->code;
	*ret = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

static int
read_schema(struct store *s, int64_t *ret, struct err *err)
{
	int64_t app = 0;
	int rc;

	if ((rc = pragma_number(s, "PRAGMA application_id", &app, err)) < 0 ||
	    (rc = pragma_number(s, "PRAGMA user_version", ret, err)) < 0)
		return rc;
	if (app != STORE_APPLICATION || *ret < 1)
		return err_set(err, E_DAMAGED, "\"%s/store.db\" is not a "
		    "database of satchel", s->home);
	if (*ret > STORE_SCHEMA) {
		(void)err_set(err, E_VERSION, "\"%s/store.db\" has schema %lld"
		    ", this program knows %d", s->home, (long long)*ret,
		    STORE_SCHEMA);
		return err_next(err, "use the newer satchel that wrote it");
	}
	return 0;
}

/* From the schema that a store has to ours, all or nothing. */
static int
upgrade(struct store *s, int64_t from, struct err *err)
{
	static const char *const steps[STORE_SCHEMA + 1] = { [1] = schema_2 };
	int rc;

	if ((rc = exec(s, "BEGIN EXCLUSIVE", err)) < 0)
		return rc;
	for (; from < STORE_SCHEMA && rc >= 0; from++)
		rc = exec(s, steps[from], err);
	if (rc >= 0 && (rc = exec(s, "COMMIT", err)) >= 0)
		return 0;
	(void)explain_commit(s, err);
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return err_prefix(err, "to bring \"%s/store.db\" up to schema %d",
	    s->home, STORE_SCHEMA);
}

/* A reader that finds an older store is a writer for a moment.  Who was faster
 * has done it: hence the second look. */
static int
check_schema(struct store *s, unsigned wait_s, struct err *err)
{
	int64_t version = 0;
	int rc;

	if ((rc = read_schema(s, &version, err)) < 0 ||
	    (rc = exec(s, "PRAGMA journal_mode=DELETE; "
	    "PRAGMA synchronous=EXTRA", err)) < 0 ||
	    version == STORE_SCHEMA)
		return rc;
	if ((rc = lock_take(s->lock_fd, LOCK_ALONE, wait_s, s->home,
	    err)) < 0 ||
	    (rc = read_schema(s, &version, err)) < 0 ||
	    (version < STORE_SCHEMA && (rc = upgrade(s, version, err)) < 0))
		return rc;
	return s->mode == STORE_WRITE ? 0 : lock_take(s->lock_fd, LOCK_SHARED,
	    wait_s, s->home, err);
}

static struct store *
new_store(const char *home)
{
	struct store *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->lock_fd = -1;
	s->clock = (int64_t)time(NULL);
	if ((s->home = strdup(home)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

int
store_open(struct store **ret, const char *home, enum store_mode mode,
    unsigned wait_s, struct err *err)
{
	CLEANUP(store_closep) struct store *s = new_store(home);
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	/* A commit is the removal of the journal.  A run that was killed right
	 * after it has not made that durable; what is built on it ("applied
	 * already") may not be said before it is. */
	if (s == NULL)
		return err_oom(err);
	s->mode = mode;
	if (db_path(s, &path, err) < 0)
		return -(int)err->code;
	if (access(path.at, F_OK) != 0) {
		(void)err_set(err, E_CONFIG, "there is no site in \"%s\"",
		    home);
		return err_next(err, "make one with 'satchel init --name "
		    "NAME', or name its folder with --home");
	}
	if ((rc = take_lock(s, wait_s, err)) < 0 ||
	    (mode == STORE_WRITE &&
	    (rc = file_sync_parent(path.at, err)) < 0) ||
	    (rc = open_db(s, SQLITE_OPEN_READWRITE, err)) < 0 ||
	    (rc = check_schema(s, wait_s, err)) < 0 ||
	    (rc = load_state(s, err)) < 0)
		return rc;
	*ret = s;
	s = NULL;
	return 0;
}

static int
make_home(const char *home, struct err *err)
{
	static const char *const folders[] = { "keys", "spool" };
	size_t i;

	if (file_folders(home, 0700, err) < 0)
		return -(int)err->code;
	if (chmod(home, 0700) != 0)
		return err_io(err, errno, "chmod \"%s\"", home);
	for (i = 0; i < sizeof folders / sizeof *folders; i++) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		buf_addf(&path, "%s/%s", home, folders[i]);
		if (buf_str(&path) == NULL)
			return err_oom(err);
		if (file_folder(path.at, 0700, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

/* A site that is there stays as it is.  (A run that was killed leaves no
 * table.) */
static int
check_absent(struct store *s, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT 1 FROM sqlite_master", err);
	int rc;

	if (st == NULL || (rc = store_step(s, st, err)) < 0)
		return -(int)err->code;
	(void)sqlite3_reset(st);
	if (rc == 0)
		return 0;
	(void)err_set(err, E_USAGE, "there is a site in \"%s\" already",
	    s->home);
	return err_next(err, "choose another folder with --home");
}

int
store_create(const char *home, const char *name, const char *site,
    const char *nonce, struct err *err)
{
	CLEANUP(store_closep) struct store *s = new_store(home);
	int rc;

	if (s == NULL)
		return err_oom(err);
	s->mode = STORE_WRITE;
	if ((rc = make_home(home, err)) < 0 ||
	    (rc = take_lock(s, 0, err)) < 0 ||
	    (rc = open_db(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	    err)) < 0 ||
	    (rc = check_absent(s, err)) < 0 ||
	    (rc = exec(s, schema_pragmas, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = exec(s, schema_tables, err)) < 0 ||
	    (rc = exec(s, schema_2, err)) < 0)
		return rc;
	(void)strcpy(s->self.nonce, nonce);
	s->self.generation = s->latest = 1;
	s->state_dirty = 1;
	if ((rc = store_set_text(s, "id", site, err)) < 0 ||
	    (rc = store_set_text(s, "name", name, err)) < 0)
		return rc;
	return store_commit(s, err);
}
