#include "digest.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* sum += x, or sum -= x, as big-endian numbers mod 2^256. */
static void
sum_add(unsigned char sum[32], const unsigned char x[32], int sign)
{
	int i, carry = 0;

	for (i = 31; i >= 0; i--) {
		int d = sum[i] + (sign < 0 ? -x[i] : x[i]) + carry;

		sum[i] = (unsigned char)(d & 0xff);
		carry = (d - (d & 0xff)) / 256;
	}
}

static struct store_digest *
find(struct store *s, struct json_span type)
{
	size_t i;

	for (i = 0; i < s->digest_count; i++)
		if (strlen(s->digests[i].type) == type.len &&
		    memcmp(s->digests[i].type, type.at, type.len) == 0)
			return &s->digests[i];
	return NULL;
}

/* The sum of a type, from memory or else from the table. */
static struct store_digest *
load(struct store *s, struct json_span type, struct err *err)
{
	struct store_digest *d = find(s, type), *more;
	sqlite3_stmt *st;
	int rc;

	if (d != NULL)
		return d;
	more = realloc(s->digests, (s->digest_count + 1) * sizeof *more);
	if (more == NULL || type.len >= sizeof more->type) {
		s->digests = more == NULL ? s->digests : more;
		(void)err_oom(err);
		return NULL;
	}
	s->digests = more;
	d = &more[s->digest_count];
	memset(d, 0, sizeof *d);
	memcpy(d->type, type.at, type.len);
	if ((st = store_sql(s, "SELECT sum FROM digest WHERE type=?",
	    err)) == NULL)
		return NULL;
	store_bind(st, "t", type.at, type.len);
	if ((rc = store_step(s, st, err)) < 0)
		return NULL;
	if (rc > 0 && store_column_hash(st, 0, d->sum) < 0) {
		(void)err_set(err, E_DAMAGED, "\"%s/store.db\": bad digest",
		    s->home);
		return NULL;
	}
	(void)sqlite3_reset(st);
	s->digest_count++;
	return d;
}

int
digest_add(struct store *s, struct json_span type,
    const unsigned char hash[32], int sign, struct err *err)
{
	struct store_digest *d = load(s, type, err);

	if (d == NULL)
		return -(int)err->code;
	sum_add(d->sum, hash, sign);
	d->dirty = 1;
	return 0;
}

int
digest_of(struct store *s, struct json_span type, unsigned char out[32],
    struct err *err)
{
	struct store_digest *d = load(s, type, err);

	if (d == NULL)
		return -(int)err->code;
	memcpy(out, d->sum, 32);
	return 0;
}

int
digest_all(struct store *s, unsigned char out[32], struct err *err)
{
	unsigned char sum[32];
	sqlite3_stmt *st;
	int rc;

	memset(out, 0, 32);
	if ((rc = digest_save(s, err)) < 0)
		return rc;
	if ((st = store_sql(s, "SELECT sum FROM digest", err)) == NULL)
		return -(int)err->code;
	while ((rc = store_step(s, st, err)) > 0) {
		if (store_column_hash(st, 0, sum) < 0)
			return err_set(err, E_DAMAGED, "\"%s/store.db\": bad "
			    "digest", s->home);
		sum_add(out, sum, 1);
	}
	return rc;
}

int
digest_save(struct store *s, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < s->digest_count; i++) {
		if (!s->digests[i].dirty)
			continue;
		if ((rc = store_run(s, err, "INSERT INTO digest(type,sum) "
		    "VALUES(?,?) ON CONFLICT(type) DO UPDATE SET "
		    "sum=excluded.sum", "sh", s->digests[i].type,
		    s->digests[i].sum)) < 0)
			return rc;
		s->digests[i].dirty = 0;
	}
	return 0;
}
