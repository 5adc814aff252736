#include "drop.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define COLUMNS "id,name,path,mark,keep,together,removable,reached"

void
drop_clear(struct drop *d)
{
	free(d->path);
	*d = (struct drop){ .path = NULL };
}

void
drops_clear(struct drops *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		drop_clear(&d->at[i]);
	free(d->at);
	*d = (struct drops){ NULL, 0 };
}

static void
copy_name(char *to, size_t size, sqlite3_stmt *st, int column)
{
	struct json_span x = store_column(st, column);
	size_t n = x.len < size - 1 ? x.len : size - 1;

	if (n > 0)
		memcpy(to, x.at, n);
	to[n] = '\0';
}

static int
copy_text(char **to, sqlite3_stmt *st, int column, struct err *err)
{
	struct json_span x = store_column(st, column);

	*to = strndup(x.len > 0 ? x.at : "", x.len);
	return *to == NULL ? err_oom(err) : 0;
}

static int
of_row(sqlite3_stmt *st, struct drop *d, struct err *err)
{
	*d = (struct drop){ .id = sqlite3_column_int64(st, 0) };
	copy_name(d->name, sizeof d->name, st, 1);
	copy_name(d->mark, sizeof d->mark, st, 3);
	d->keep = (unsigned)sqlite3_column_int(st, 4);
	d->together = sqlite3_column_int(st, 5);
	d->removable = sqlite3_column_int(st, 6);
	d->reached = sqlite3_column_int64(st, 7);
	return copy_text(&d->path, st, 2, err);
}

static int
add_drop(struct drops *list, sqlite3_stmt *st, struct err *err)
{
	struct drop *more = realloc(list->at, (list->count + 1) *
	    sizeof *more);

	if (more == NULL)
		return err_oom(err);
	list->at = more;
	if (of_row(st, &more[list->count], err) < 0)
		return -(int)err->code;
	list->count++;
	return 0;
}

int
drop_list(struct store *s, struct drops *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM drops "
	    "ORDER BY name", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	while ((rc = store_step(s, st, err)) > 0)
		if ((rc = add_drop(ret, st, err)) < 0) {
			(void)sqlite3_reset(st);
			return rc;
		}
	return rc;
}

int
drop_find(struct store *s, const char *name, struct drop *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM drops WHERE "
	    "name=?", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", name);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	rc = of_row(st, ret, err);
	(void)sqlite3_reset(st);
	return rc < 0 ? rc : 1;
}

/* --- settings ---------------------------------------------------------- */

static int
count(struct store *s, sqlite3_stmt *st, uint64_t *ret, struct err *err)
{
	int rc = store_step(s, st, err);

	if (rc < 0)
		return rc;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

static int
check(struct store *s, const struct drop *d, struct err *err)
{
	uint64_t others = 0, all = 0;
	sqlite3_stmt *st;

	if (!text_is_name(d->name, strlen(d->name)))
		return err_set(err, E_USAGE, "a drop's name is 1 to %u "
		    "letters, digits, '.' and '-', first a letter or digit",
		    DROP_NAME_MAX);
	if (d->path[0] != '/' || d->keep > DROP_KEEP_MAX)
		return err_set(err, E_USAGE, "drop \"%s\": an absolute path "
		    "and at most %u days to keep expected", d->name,
		    DROP_KEEP_MAX);
	if ((st = store_sql(s, "SELECT count(*) FROM drops WHERE id<>?1 AND "
	    "(name=?2 OR path=?3)", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "iss", d->id, d->name, d->path);
	if (count(s, st, &others, err) < 0 ||
	    (st = store_sql(s, "SELECT count(*) FROM drops", err)) == NULL ||
	    count(s, st, &all, err) < 0)
		return -(int)err->code;
	if (others > 0) {
		(void)err_set(err, E_USAGE, "there is a drop named \"%s\", or "
		    "one in \"%s\", already", d->name, d->path);
		return err_next(err, "'satchel drop list' shows them");
	}
	if (d->id == 0 && all >= DROPS_MAX)
		return err_set(err, E_LIMIT, "more than %u drops", DROPS_MAX);
	return 0;
}

int
drop_add(struct store *s, struct drop *d, struct err *err)
{
	int rc;

	d->id = 0;
	if ((rc = check(s, d, err)) < 0 ||
	    (rc = store_run(s, err, "INSERT INTO drops(name,path,mark,keep,"
	    "together,removable) VALUES(?,?,?,?,?,?)", "sssiii", d->name,
	    d->path, d->mark, (int64_t)d->keep, (int64_t)d->together,
	    (int64_t)d->removable)) < 0)
		return rc;
	d->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
drop_save(struct store *s, const struct drop *d, struct err *err)
{
	int rc;

	if ((rc = check(s, d, err)) < 0)
		return rc;
	return store_run(s, err, "UPDATE drops SET name=?,path=?,mark=?,"
	    "keep=?,together=?,removable=? WHERE id=?", "sssiiii", d->name,
	    d->path, d->mark, (int64_t)d->keep, (int64_t)d->together,
	    (int64_t)d->removable, d->id);
}

int
drop_remove(struct store *s, int64_t id, struct err *err)
{
	int rc;

	if ((rc = store_run(s, err, "DELETE FROM drop_file WHERE depot=?",
	    "i", id)) < 0 ||
	    (rc = store_run(s, err, "DELETE FROM drop_peer WHERE depot=?",
	    "i", id)) < 0)
		return rc;
	return store_run(s, err, "DELETE FROM drops WHERE id=?", "i", id);
}

int
drop_reach(struct store *s, int64_t id, struct err *err)
{
	return store_run(s, err, "UPDATE drops SET reached=? WHERE id=?",
	    "ii", s->clock, id);
}

/* --- peers ------------------------------------------------------------- */

struct served {
	struct store *s;
	int64_t drop;
	struct peer *at;		/* owned */
	size_t count;
};

static int
add_served(void *ctx, const struct peer *p, struct err *err)
{
	struct served *x = ctx;
	sqlite3_stmt *st = store_sql(x->s, "SELECT count(*) FROM drop_peer "
	    "WHERE depot=? AND peer=?", err);
	struct peer *more;
	uint64_t n = 0;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", x->drop, p->id);
	if (count(x->s, st, &n, err) < 0)
		return -(int)err->code;
	if (n == 0 || p->revoked)
		return 0;
	if ((more = realloc(x->at, (x->count + 1) * sizeof *more)) == NULL)
		return err_oom(err);
	x->at = more;
	more[x->count++] = *p;
	return 0;
}

int
drop_peers(struct store *s, int64_t id, struct peer **ret, size_t *ret_count,
    struct err *err)
{
	struct served x = { s, id, NULL, 0 };

	if (peer_each(s, add_served, &x, err) < 0) {
		free(x.at);
		return -(int)err->code;
	}
	*ret = x.at;
	*ret_count = x.count;
	return 0;
}

int
drop_set_peers(struct store *s, int64_t id, const int64_t *peers, size_t n,
    struct err *err)
{
	size_t i;
	int rc;

	if ((rc = store_run(s, err, "DELETE FROM drop_peer WHERE depot=?",
	    "i", id)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		if ((rc = store_run(s, err, "INSERT OR IGNORE INTO drop_peer("
		    "depot,peer) VALUES(?,?)", "ii", id, peers[i])) < 0)
			return rc;
	return 0;
}

int
drop_written(struct store *s, int64_t id, int64_t peer, int64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT max(written) FROM drop_peer "
	    "WHERE depot=? AND peer=?", err);
	uint64_t when = 0;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", id, peer);
	if (count(s, st, &when, err) < 0)
		return -(int)err->code;
	*ret = (int64_t)when;
	return 0;
}

int
drop_write(struct store *s, int64_t id, int64_t peer, struct err *err)
{
	return store_run(s, err, "UPDATE drop_peer SET written=? WHERE "
	    "depot=? AND peer=?", "iii", s->clock, id, peer);
}

int
drop_waits(struct store *s, int64_t id, int64_t peer, struct drop_wait *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT waits,acked FROM drop_peer "
	    "WHERE depot=? AND peer=?", err);
	int rc;

	*ret = (struct drop_wait){ 0, 0 };
	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", id, peer);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	ret->since = sqlite3_column_int64(st, 0);
	ret->acked = (uint64_t)sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	return 0;
}

int
drop_wait(struct store *s, int64_t id, int64_t peer,
    const struct drop_wait *w, struct err *err)
{
	return store_run(s, err, "UPDATE drop_peer SET waits=?3,acked=?4 "
	    "WHERE depot=?1 AND peer=?2 AND (waits<>?3 OR acked<>?4)", "iiii",
	    id, peer, w->since, (int64_t)w->acked);
}

/* --- files ------------------------------------------------------------- */

void
drop_file_clear(struct drop_file *f)
{
	if (f->own != NULL) {
		free(f->own->filter);
		free(f->own->addressees);
	}
	free(f->own);
	free(f->name);
	*f = (struct drop_file){ .name = NULL };
}

void
drop_files_clear(struct drop_files *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		drop_file_clear(&f->at[i]);
	free(f->at);
	*f = (struct drop_files){ NULL, 0, 0 };
}

struct drop_file *
drop_files_add(struct drop_files *f, const char *name)
{
	struct drop_file *more = f->at;
	size_t cap = f->cap == 0 ? 64 : f->cap * 2;

	if (f->count == f->cap) {
		if ((more = realloc(f->at, cap * sizeof *more)) == NULL)
			return NULL;
		f->at = more;
		f->cap = cap;
	}
	more += f->count;
	*more = (struct drop_file){ .name = strdup(name) };
	if (more->name == NULL)
		return NULL;
	f->count++;
	return more;
}

static int
own_of_row(struct store *s, sqlite3_stmt *st, struct drop_own *own,
    struct err *err)
{
	const struct actor *a = store_actor(s, sqlite3_column_int64(st, 7),
	    err);

	if (a == NULL)
		return -(int)err->code;
	own->actor = *a;
	own->kind = sqlite3_column_int(st, 6);
	own->sequence = (uint64_t)sqlite3_column_int64(st, 8);
	own->since = (uint64_t)sqlite3_column_int64(st, 9);
	own->until = (uint64_t)sqlite3_column_int64(st, 10);
	own->freed = sqlite3_column_int64(st, 13);
	if (sqlite3_column_type(st, 11) != SQLITE_NULL &&
	    copy_text(&own->filter, st, 11, err) < 0)
		return -(int)err->code;
	return copy_text(&own->addressees, st, 12, err);
}

static int
file_of_row(struct store *s, sqlite3_stmt *st, struct drop_files *to,
    struct err *err)
{
	CLEANUP(buf_freep) char *name = NULL;
	struct drop_file *f;

	if (sqlite3_column_int64(st, 4) < DROP_FOREIGN ||
	    sqlite3_column_int64(st, 4) > DROP_BROKEN)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad file of "
		    "a drop", s->home);
	if (copy_text(&name, st, 0, err) < 0)
		return -(int)err->code;
	if ((f = drop_files_add(to, name)) == NULL)
		return err_oom(err);
	f->size = (uint64_t)sqlite3_column_int64(st, 1);
	f->inode = (uint64_t)sqlite3_column_int64(st, 2);
	f->mtime = sqlite3_column_int64(st, 3);
	f->what = (unsigned char)sqlite3_column_int(st, 4);
	f->first = sqlite3_column_int64(st, 5);
	if (f->what != DROP_OWN)
		return 0;
	if ((f->own = calloc(1, sizeof *f->own)) == NULL)
		return err_oom(err);
	return own_of_row(s, st, f->own, err);
}

int
drop_files_load(struct store *s, int64_t id, struct drop_files *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT name,size,inode,mtime,what,"
	    "first,kind,actor,sequence,since,until,filter,addressees,freed "
	    "FROM drop_file WHERE depot=? ORDER BY name", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", id);
	while ((rc = store_step(s, st, err)) > 0)
		if ((rc = file_of_row(s, st, ret, err)) < 0) {
			(void)sqlite3_reset(st);
			return rc;
		}
	return rc;
}

static int
save_own(struct store *s, int64_t id, const struct drop_file *f,
    struct err *err)
{
	const struct drop_own *own = f->own;
	int64_t actor;
	int rc;

	if (own == NULL)
		return 0;
	if ((rc = store_actor_id(s, &own->actor, &actor, err)) < 0)
		return rc;
	return store_run(s, err, "UPDATE drop_file SET kind=?,actor=?,"
	    "sequence=?,since=?,until=?,filter=?,addressees=?,freed=? WHERE "
	    "depot=? AND name=?", "iiiiissiib", (int64_t)own->kind, actor,
	    (int64_t)own->sequence, (int64_t)own->since, (int64_t)own->until,
	    own->filter, own->addressees, own->freed, id, f->name,
	    strlen(f->name));
}

static int
save_file(struct store *s, int64_t id, const struct drop_file *f,
    struct err *err)
{
	int rc;

	if (f->gone)
		return store_run(s, err, "DELETE FROM drop_file WHERE depot=? "
		    "AND name=?", "ib", id, f->name, strlen(f->name));
	if ((rc = store_run(s, err, "INSERT OR REPLACE INTO drop_file(depot,"
	    "name,size,inode,mtime,what,first) VALUES(?,?,?,?,?,?,?)",
	    "ibiiiii", id, f->name, strlen(f->name), (int64_t)f->size,
	    (int64_t)f->inode, f->mtime, (int64_t)f->what, f->first)) < 0)
		return rc;
	return save_own(s, id, f, err);
}

int
drop_files_save(struct store *s, int64_t id, const struct drop_files *f,
    struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < f->count; i++)
		if ((f->at[i].stale || f->at[i].gone) &&
		    (rc = save_file(s, id, &f->at[i], err)) < 0)
			return rc;
	return 0;
}
