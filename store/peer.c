#include "peer.h"

#include <sqlite3.h>
#include <string.h>

#define COLUMNS "id,site,name,trusted,revoked,key_id,minisign,age,encrypt," \
	"forward,added,last_import,last_export,life,acked_generation," \
	"acked_sequence,owed,heard_actor,heard_sequence,heard_id," \
	"last_heard,cadence,silent_after,stated,reads,asked"

static const char *const encrypt_names[] = { "no", "yes", "required" };

const char *
peer_encrypt_name(enum peer_encrypt value)
{
	return encrypt_names[value];
}

static void
copy_text(char *to, size_t size, sqlite3_stmt *st, int column)
{
	struct json_span x = store_column(st, column);
	size_t n = x.len < size - 1 ? x.len : size - 1;

	if (n > 0)
		memcpy(to, x.at, n);
	to[n] = '\0';
}

static int
copy_actor(struct store *s, struct actor *to, sqlite3_stmt *st, int column,
    struct err *err)
{
	const struct actor *a;

	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return 0;
	a = store_actor(s, sqlite3_column_int64(st, column), err);
	if (a == NULL)
		return -(int)err->code;
	*to = *a;
	return 0;
}

static int
of_row(struct store *s, sqlite3_stmt *st, struct peer *p, struct err *err)
{
	char encrypt[16];
	int i, rc;

	memset(p, 0, sizeof *p);
	p->id = sqlite3_column_int64(st, 0);
	copy_text(p->site, sizeof p->site, st, 1);
	copy_text(p->name, sizeof p->name, st, 2);
	p->trusted = sqlite3_column_int(st, 3);
	p->revoked = sqlite3_column_int(st, 4);
	copy_text(p->key_id, sizeof p->key_id, st, 5);
	copy_text(p->minisign, sizeof p->minisign, st, 6);
	copy_text(p->age, sizeof p->age, st, 7);
	copy_text(encrypt, sizeof encrypt, st, 8);
	for (i = 0; i < 3; i++)
		if (strcmp(encrypt, encrypt_names[i]) == 0)
			p->encrypt = (enum peer_encrypt)i;
	p->forward = sqlite3_column_int(st, 9);
	p->added = sqlite3_column_int64(st, 10);
	p->last_import = sqlite3_column_int64(st, 11);
	p->last_export = sqlite3_column_int64(st, 12);
	p->acked_generation = (uint64_t)sqlite3_column_int64(st, 14);
	p->acked_sequence = (uint64_t)sqlite3_column_int64(st, 15);
	p->owed = sqlite3_column_int(st, 16);
	p->heard_sequence = (uint64_t)sqlite3_column_int64(st, 18);
	(void)store_column_hash(st, 19, p->heard_id);
	p->last_heard = sqlite3_column_int64(st, 20);
	p->cadence = sqlite3_column_int64(st, 21);
	p->silent_after = sqlite3_column_type(st, 22) == SQLITE_NULL ? -1 :
	    sqlite3_column_int64(st, 22);
	p->stated = sqlite3_column_type(st, 23) == SQLITE_NULL ? -1 :
	    sqlite3_column_int64(st, 23);
	p->reads = (uint64_t)sqlite3_column_int64(st, 24);
	p->asked = (uint64_t)sqlite3_column_int64(st, 25);
	if ((rc = copy_actor(s, &p->life, st, 13, err)) < 0 ||
	    (rc = copy_actor(s, &p->heard_actor, st, 17, err)) < 0)
		return rc;
	return 1;
}

static int
one(struct store *s, sqlite3_stmt *st, struct peer *ret, struct err *err)
{
	int rc = store_step(s, st, err);

	if (rc <= 0)
		return rc;
	rc = of_row(s, st, ret, err);
	(void)sqlite3_reset(st);
	return rc;
}

int
peer_find(struct store *s, const char *name, struct peer *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM peer WHERE "
	    "trusted=1 AND (name=?1 OR site=?1) ORDER BY name=?1 DESC LIMIT 1",
	    err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", name);
	return one(s, st, ret, err);
}

int
peer_by_site(struct store *s, const char *site, struct peer *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM peer WHERE "
	    "site=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", site);
	return one(s, st, ret, err);
}

int
peer_by_key(struct store *s, const char *key_id, struct peer *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM peer WHERE "
	    "trusted=1 AND key_id=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", key_id);
	return one(s, st, ret, err);
}

int
peer_by_id(struct store *s, int64_t id, struct peer *ret, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM peer WHERE "
	    "id=?", err);

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "i", id);
	return one(s, st, ret, err);
}

int
peer_each(struct store *s,
    int (*each)(void *ctx, const struct peer *p, struct err *err), void *ctx,
    struct err *err)
{
	char name[33] = "";
	struct peer p;
	int rc;

	/* One at a time, so that `each` may use any statement. */
	for (;;) {
		sqlite3_stmt *st = store_sql(s, "SELECT " COLUMNS " FROM peer "
		    "WHERE trusted=1 AND name>? ORDER BY name LIMIT 1", err);

		if (st == NULL)
			return -(int)err->code;
		store_bind(st, "s", name);
		if ((rc = one(s, st, &p, err)) <= 0)
			return rc;
		memcpy(name, p.name, sizeof name);
		if ((rc = each(ctx, &p, err)) < 0)
			return rc;
	}
}

/* The same site, pinned before. */
static int
add_known(struct store *s, const struct peer *old, const struct peer *p,
    struct err *err)
{
	if (old->trusted) {
		if (strcmp(old->minisign, p->minisign) == 0 &&
		    strcmp(old->age, p->age) == 0)
			return 0;
		(void)err_set(err, E_TRUSTSTORE, "site %s is pinned as \"%s\" "
		    "with another key", p->site, old->name);
		return err_next(err, "ask that site by phone; if its key did "
		    "change, 'satchel peer remove %s' first", old->name);
	}
	if (store_run(s, err, "UPDATE peer SET name=?,trusted=1,revoked=0,"
	    "key_id=?,minisign=?,age=?,added=? WHERE id=?", "ssssii", p->name,
	    p->key_id, p->minisign, p->age, s->clock, old->id) < 0)
		return -(int)err->code;
	return 1;
}

int
peer_add(struct store *s, const struct peer *p, struct err *err)
{
	struct peer old = { .name = "" };
	int rc;

	if (strcmp(p->site, s->self.site) == 0)
		return err_set(err, E_TRUSTSTORE, "this is the card of this "
		    "site itself");
	if ((rc = peer_by_key(s, p->key_id, &old, err)) < 0)
		return rc;
	if (rc > 0 && strcmp(old.site, p->site) != 0)
		return err_set(err, E_TRUSTSTORE, "key %s is pinned already "
		    "for another site, \"%s\"", p->key_id, old.name);
	if ((rc = peer_find(s, p->name, &old, err)) < 0)
		return rc;
	if ((rc > 0 && strcmp(old.site, p->site) != 0) ||
	    strcmp(p->name, s->name) == 0) {
		(void)err_set(err, E_USAGE, "there is a site named \"%s\" "
		    "already", p->name);
		return err_next(err, "give it another name here with --as "
		    "NAME");
	}
	if ((rc = peer_by_site(s, p->site, &old, err)) < 0)
		return rc;
	if (rc > 0)
		return add_known(s, &old, p, err);
	rc = store_run(s, err, "INSERT INTO peer(site,name,trusted,key_id,"
	    "minisign,age,added) VALUES(?,?,1,?,?,?,?)", "sssssi", p->site,
	    p->name, p->key_id, p->minisign, p->age, s->clock);
	return rc < 0 ? rc : 1;
}

int
peer_set_encrypt(struct store *s, int64_t id, enum peer_encrypt value,
    struct err *err)
{
	return store_run(s, err, "UPDATE peer SET encrypt=? WHERE id=?", "si",
	    encrypt_names[value], id);
}

int
peer_set_forward(struct store *s, int64_t id, int value, struct err *err)
{
	return store_run(s, err, "UPDATE peer SET forward=? WHERE id=?", "ii",
	    (int64_t)value, id);
}

int
peer_revoke(struct store *s, int64_t id, struct err *err)
{
	return store_run(s, err, "UPDATE peer SET revoked=1 WHERE id=?", "i",
	    id);
}

int
peer_remove(struct store *s, int64_t id, struct err *err)
{
	return store_run(s, err, "UPDATE peer SET trusted=0,name=NULL,"
	    "key_id=NULL WHERE id=?", "i", id);
}
