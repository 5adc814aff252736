/* sites.h: whole sites in a temporary folder, for tests that drive store,
 * exporter and importer with real bundles. */
#ifndef SATCHEL_TEST_SITES_H
#define SATCHEL_TEST_SITES_H

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../exporter/export.h"
#include "../../format/age.h"
#include "../../format/minisign.h"
#include "../../importer/import.h"
#include "../../store/guard.h"
#include "../../store/object.h"
#include "../../store/peer.h"
#include "../../store/store.h"
#include "unit.h"

#define SITES_MAX 5

struct test_site {
	char id[8];
	char home[128];
	struct minisign_secret *key;
	struct age_identity *age;
};

struct sites {
	char folder[64];
	char state[80];
	struct test_site at[SITES_MAX];
	int count;
	struct err err;
};

static inline struct test_site *
sites_find(struct sites *t, const char *id)
{
	int i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->at[i].id, id) == 0)
			return &t->at[i];
	FAIL("no site %s", id);
}

static inline struct store *
sites_open(struct sites *t, const char *id)
{
	struct test_site *x = sites_find(t, id);
	struct store *s = NULL;

	CHECK_OK(store_open(&s, x->home, STORE_WRITE, 0, &t->err), &t->err);
	return s;
}

/* A new site; `nonce` 16 hex digits. */
static inline void
sites_add(struct sites *t, const char *id, const char *nonce)
{
	struct test_site *x = &t->at[t->count++];
	char folder[sizeof t->folder];
	struct store *s;

	memcpy(folder, t->folder, sizeof folder);
	(void)snprintf(x->id, sizeof x->id, "%s", id);
	(void)snprintf(x->home, sizeof x->home, "%.60s/%.7s", folder, id);
	CHECK_OK(store_create(x->home, id, id, nonce, &t->err), &t->err);
	CHECK_OK(minisign_secret_new(&x->key, &t->err), &t->err);
	CHECK_OK(age_identity_new(&x->age, &t->err), &t->err);
	s = sites_open(t, id);
	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(guard_write(s, &t->err), &t->err);
	store_closep(&s);
}

/* `a` pins `b`. */
static inline void
sites_pin(struct sites *t, struct test_site *a, struct test_site *b)
{
	CLEANUP(buf_clear) struct buf pub = BUF_INIT, age = BUF_INIT;
	struct age_recipient r;
	struct minisign_pub k;
	struct store *s = sites_open(t, a->id);
	struct peer p;

	memset(&p, 0, sizeof p);
	minisign_public(b->key, &k);
	minisign_pub_base64(&k, &pub);
	age_recipient_of(b->age, &r);
	age_recipient_write(&r, &age);
	(void)snprintf(p.site, sizeof p.site, "%s", b->id);
	(void)snprintf(p.name, sizeof p.name, "%s", b->id);
	(void)snprintf(p.minisign, sizeof p.minisign, "%s", buf_str(&pub));
	(void)snprintf(p.age, sizeof p.age, "%s", buf_str(&age));
	minisign_id_hex(k.id, p.key_id);
	CHECK_OK(store_begin(s, &t->err), &t->err);
	CHECK_INT(peer_add(s, &p, &t->err), 1);
	CHECK_OK(store_commit(s, &t->err), &t->err);
	store_closep(&s);
}

static inline void
sites_begin(struct sites *t)
{
	const char *tmp = getenv("TMPDIR");

	memset(t, 0, sizeof *t);
	t->err = (struct err)ERR_INIT;
	(void)snprintf(t->folder, sizeof t->folder,
	    "%.40s/satchel-sites.XXXXXX", tmp != NULL ? tmp : "/tmp");
	CHECK(sodium_init() >= 0);
	CHECK(mkdtemp(t->folder) != NULL);
	(void)snprintf(t->state, sizeof t->state, "%.60s/state", t->folder);
}

/* Everybody pins everybody. */
static inline void
sites_pin_all(struct sites *t)
{
	int i, k;

	for (i = 0; i < t->count; i++)
		for (k = 0; k < t->count; k++)
			if (i != k)
				sites_pin(t, &t->at[i], &t->at[k]);
}

static inline void
sites_shell(const char *format, const char *a, const char *b)
{
	char command[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(command, sizeof command, format, a, b);
#pragma GCC diagnostic pop
	CHECK_INT(system(command), 0);
}

static inline void
sites_end(struct sites *t)
{
	int i;

	for (i = 0; i < t->count; i++) {
		minisign_secret_freep(&t->at[i].key);
		age_identity_freep(&t->at[i].age);
	}
	sites_shell("rm -rf '%s'%s", t->folder, "");
}

/* A request to `to` in the folder of the sites, nothing special. */
static inline struct export_request
sites_request(struct sites *t, const char *from, const char *const *to,
    size_t count)
{
	struct export_request r = {
		.to = to, .to_count = count, .out = t->folder,
		.since_time = -1, .until_time = -1, .heartbeat = 1,
		.created = 1700000000, .workers = 1,
		.key = sites_find(t, from)->key
	};

	return r;
}

static inline int
sites_identity(void *ctx, const struct age_identity **ret, struct err *err)
{
	(void)err;
	*ret = ctx;
	return 0;
}

/* Import one file and report of it; free with import_result_clear. */
static inline void
sites_import(struct sites *t, const char *id, const char *path,
    enum import_mode mode, struct import_result *ret)
{
	struct test_site *x = sites_find(t, id);
	struct import_request r = { .mode = mode,
		.identity = sites_identity, .ctx = x->age };
	struct store *s = sites_open(t, id);

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(import_run(s, &path, 1, &r, ret, &t->err), &t->err);
	store_closep(&s);
}

#endif
