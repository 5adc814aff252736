/* samples.h: files of every kind, made by three sites with the program's own
 * code: two cards, a receipt, a request and bundles for the site "reader".
 */
#ifndef SATCHEL_TEST_SAMPLES_H
#define SATCHEL_TEST_SAMPLES_H

#include "../../base/file.h"
#include "../../format/card.h"
#include "../../store/blob.h"
#include "../../store/lines.h"
#include "../unit/sites.h"
#include "mutate.h"

#define CREATED 1700000000		/* of every file */

struct made {
	struct sites sites;
	struct samples samples;
};

static inline struct sample *
add_sample(struct made *m, const char *name)
{
	struct sample *s = &m->samples.at[m->samples.count++];

	CHECK(m->samples.count <= SAMPLES_MAX);
	s->name = name;
	return s;
}

static inline void
read_sample(struct made *m, const char *name, const char *path)
{
	struct sample *s = add_sample(m, name);

	CHECK_OK(file_read_all(path, 65536, &s->bytes, &m->sites.err),
	    &m->sites.err);
	CHECK_INT(sample_split(s), 0);
}

static inline void
make_card(struct made *m, const char *name, const char *site)
{
	struct test_site *x = sites_find(&m->sites, site);
	struct card c = { .actor = { .generation = 1,
	    .nonce = "0123456789abcdef" }, .created = "2026-01-02T03:04:05Z" };
	struct sample *s = add_sample(m, name);

	(void)snprintf(c.actor.site, sizeof c.actor.site, "%s", site);
	(void)snprintf(c.name, sizeof c.name, "%s", site);
	minisign_public(x->key, &c.sign);
	age_recipient_of(x->age, &c.age);
	CHECK_OK(card_write(&c, x->key, &s->bytes, &m->sites.err),
	    &m->sites.err);
	CHECK_INT(sample_split(s), 0);
	s->is_card = 1;
}

/* Lines of the lab into a site. */
static inline void
load(struct made *m, const char *site, const char *lines)
{
	struct sites *t = &m->sites;
	struct store *s = sites_open(t, site);
	struct lines_stats stats;
	char path[128];
	const char *list = path;

	(void)snprintf(path, sizeof path, "%s/lines.jsonl", t->folder);
	CHECK_OK(file_put(path, 0600, lines, strlen(lines), &t->err), &t->err);
	s->clock = CREATED;
	CHECK_OK(lines_load(s, &list, 1, NULL, &stats, &t->err), &t->err);
	store_closep(&s);
}

typedef int export_fn(struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err);

/* An export or a receipt of a site: a sample for each file, `names` in
 * order. */
static inline void
export(struct made *m, const char *site, export_fn *how,
    const struct export_request *r, const char *const *names, size_t count)
{
	struct sites *t = &m->sites;
	struct store *s = sites_open(t, site);
	struct export_result files = EXPORT_RESULT_INIT;
	size_t i;

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	s->clock = CREATED;
	CHECK_OK(how(s, r, &files, &t->err), &t->err);
	CHECK_INT(files.count, count);
	for (i = 0; i < count; i++)
		read_sample(m, names[i], files.files[i].path);
	export_result_clear(&files);
	store_closep(&s);
}

static inline void
encrypt(struct made *m, const char *site, const char *peer,
    enum peer_encrypt value)
{
	struct sites *t = &m->sites;
	struct store *s = sites_open(t, site);
	struct peer p;

	CHECK_INT(peer_find(s, peer, &p, &t->err), 1);
	CHECK_OK(store_begin(s, &t->err), &t->err);
	CHECK_OK(peer_set_encrypt(s, p.id, value, &t->err), &t->err);
	CHECK_OK(store_commit(s, &t->err), &t->err);
	store_closep(&s);
}

static inline void
make_blob(struct made *m, const char *name, size_t len)
{
	CLEANUP(buf_clear) struct buf bytes = BUF_INIT;
	struct sites *t = &m->sites;
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
	while (bytes.len < len)
		buf_addf(&bytes, "%s of %zu bytes\n", name, len);
	CHECK_OK(file_put(path, 0600, bytes.at, len, &t->err), &t->err);
}

static const unsigned char wanted[2][32] = { { 1 }, { 2 } };

static inline void
make_receipts(struct made *m, struct export_request r)
{
	export(m, "sender", export_receipt, &r,
	    (const char *const[]){ "receipt" }, 1);
	r.request = 1;
	r.wanted = wanted;
	r.wanted_count = sizeof wanted / sizeof *wanted;
	export(m, "sender", export_receipt, &r,
	    (const char *const[]){ "request" }, 1);
}

static inline void
make_bundle(struct made *m, const struct export_request *r, const char *name)
{
	export(m, "sender", export_run, r, &name, 1);
}

static inline void
make_bundles(struct made *m, struct export_request r)
{
	load(m, "sender", "{\"uid\":\"c1\",\"type\":\"Client\",\"fields\":"
	    "{\"Result\":0.10}}\n");
	make_bundle(m, &r, "plain");
	load(m, "sender", "{\"uid\":\"c2\",\"type\":\"Client\"}\n");
	r.codec = CODEC_GZIP;
	make_bundle(m, &r, "gzip");
	load(m, "sender", "{\"uid\":\"c3\",\"type\":\"Client\"}\n");
	encrypt(m, "sender", "reader", PEER_ENCRYPT);
	r.codec = CODEC_ZSTD;
	make_bundle(m, &r, "encrypted");
	encrypt(m, "sender", "reader", PEER_PLAIN);

	make_blob(m, "small", 700);
	make_blob(m, "empty", 0);
	make_blob(m, "large", BLOB_PART + 1000);
	load(m, "sender", "{\"uid\":\"s1\",\"type\":\"Sample\","
	    "\"parent\":\"c1\",\"attachments\":["
	    "{\"file\":\"small\",\"name\":\"a\"},"
	    "{\"file\":\"empty\",\"name\":\"b\"},"
	    "{\"file\":\"large\",\"name\":\"c\"}]}\n");
	make_bundle(m, &r, "attachments");

	load(m, "sender", "{\"uid\":\"c4\",\"type\":\"Client\"}\n"
	    "{\"uid\":\"c5\",\"type\":\"Client\"}\n");
	r.max_records = 5;
	export(m, "sender", export_run, &r,
	    (const char *const[]){ "chain-1", "chain-2" }, 2);
}

/* In an order in which "reader" can take them. */
static inline void
make_samples(struct made *m)
{
	static const char *const reader = "reader";
	struct sites *t = &m->sites;
	struct export_request r;

	sites_add(t, "sender", "1111111111111111");
	sites_add(t, "reader", "2222222222222222");
	sites_add(t, "third", "3333333333333333");
	sites_pin_all(t);
	make_card(m, "card", "sender");
	make_card(m, "other-card", "third");
	r = sites_request(t, "sender", &reader, 1);
	r.workers = 0;			/* random bytes in one order */
	make_receipts(m, r);
	make_bundles(m, r);
	load(m, "third", "{\"uid\":\"t1\",\"type\":\"Method\"}\n");
	r.key = sites_find(t, "third")->key;
	export(m, "third", export_run, &r,
	    (const char *const[]){ "another" }, 1);
}

#endif
