#include "store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static int
remember_actor(struct store *s, const struct actor *a, int64_t id,
    struct err *err)
{
	struct store_actor *more;

	more = realloc(s->actors, (s->actor_count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	s->actors = more;
	more[s->actor_count].actor = *a;
	more[s->actor_count++].id = id;
	return 0;
}

int
store_actor_find(struct store *s, const struct actor *a, int64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st;
	size_t i;
	int rc;

	for (i = 0; i < s->actor_count; i++)
		if (actor_cmp(&s->actors[i].actor, a) == 0) {
			*ret = s->actors[i].id;
			return 1;
		}
	if ((st = store_sql(s, "SELECT id FROM actor WHERE site=? AND "
	    "generation=? AND nonce=?", err)) == NULL)
		return -(int)err->code;
	store_bind(st, "sis", a->site, (int64_t)a->generation, a->nonce);
	if ((rc = store_step(s, st, err)) <= 0)
		return rc;
	*ret = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	rc = remember_actor(s, a, *ret, err);
	return rc < 0 ? rc : 1;
}

int
store_actor_id(struct store *s, const struct actor *a, int64_t *ret,
    struct err *err)
{
	int rc;

	if ((rc = store_actor_find(s, a, ret, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = store_run(s, err, "INSERT INTO actor(site,generation,nonce)"
	    " VALUES(?,?,?)", "sis", a->site, (int64_t)a->generation,
	    a->nonce)) < 0)
		return rc;
	*ret = sqlite3_last_insert_rowid(s->db);
	return remember_actor(s, a, *ret, err);
}

const struct actor *
store_actor(struct store *s, int64_t id, struct err *err)
{
	struct json_span site, nonce;
	struct actor a = { .generation = 0 };
	sqlite3_stmt *st;
	size_t i;

	for (i = 0; i < s->actor_count; i++)
		if (s->actors[i].id == id)
			return &s->actors[i].actor;
	if ((st = store_sql(s, "SELECT site,generation,nonce FROM actor "
	    "WHERE id=?", err)) == NULL)
		return NULL;
	store_bind(st, "i", id);
	if (store_step(s, st, err) <= 0) {
		(void)err_set(err, E_DAMAGED, "\"%s/store.db\": no actor %lld",
		    s->home, (long long)id);
		return NULL;
	}
	site = store_column(st, 0);
	nonce = store_column(st, 2);
	if (site.len > SITE_LEN || nonce.len > NONCE_LEN) {
		(void)err_set(err, E_DAMAGED, "\"%s/store.db\": bad actor",
		    s->home);
		return NULL;
	}
	memcpy(a.site, site.at, site.len);
	memcpy(a.nonce, nonce.at, nonce.len);
	a.generation = (uint64_t)sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	if (remember_actor(s, &a, id, err) < 0)
		return NULL;
	return &s->actors[s->actor_count - 1].actor;
}
