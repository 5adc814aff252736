#include "packs.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../format/tar.h"
#include "../store/blob.h"
#include "../store/stream.h"

int
packs_begin(struct packs *k, struct chain *c, struct err *err)
{
	*k = (struct packs){ .c = c };
	return blobset_begin(&k->carried, c->s, err);
}

void
packs_clear(struct packs *k)
{
	blobset_clear(&k->carried);
}

int
packs_flush(struct packs *k, struct err *err)
{
	struct chain_member *m = k->pack;
	char *to;

	if (m == NULL)
		return 0;
	k->pack = NULL;
	if ((to = buf_room(&m->raw, TAR_END)) == NULL)
		return err_oom(err);
	memset(to, 0, TAR_END);
	m->raw.len += TAR_END;
	return chain_submit(k->c, m, err);
}

/* Begin an entry: a header in this pack or, if it would get too long, in the
 * next one. */
static int
begin_entry(struct packs *k, const char *name, size_t size, struct err *err)
{
	size_t need = TAR_BLOCK + size + tar_padding(size) + TAR_END;
	char *to;
	int rc;

	if (k->pack != NULL && k->pack->raw.len + need > k->c->chunk + 2048 &&
	    (rc = packs_flush(k, err)) < 0)
		return rc;
	if (k->pack == NULL && (rc = chain_slot(k->c, &k->pack, err)) < 0)
		return rc;
	if ((to = buf_room(&k->pack->raw, need)) == NULL)
		return err_oom(err);
	tar_header((unsigned char *)to, name, size);
	k->pack->raw.len += TAR_BLOCK;
	return 0;
}

struct source {
	struct blob_out in;
	crypto_generichash_state state;
	char hex[65];
	const unsigned char *hash;
	uint64_t size;
};

/* `size` bytes of the blob as one entry. */
static int
add_entry(struct packs *k, struct source *x, const char *name, size_t size,
    struct err *err)
{
	size_t padding = tar_padding(size);
	struct buf *raw;
	int64_t n;
	int rc;

	if ((rc = begin_entry(k, name, size, err)) < 0)
		return rc;
	raw = &k->pack->raw;
	n = blob_read(k->c->s, &x->in, raw->at + raw->len, size, err);
	if (n < 0)
		return (int)n;
	if ((size_t)n != size)
		return err_set(err, E_DAMAGED, "attachment %s is shorter than "
		    "the store says", x->hex);
	(void)crypto_generichash_update(&x->state,
	    (unsigned char *)raw->at + raw->len, size);
	raw->len += size;
	memset(raw->at + raw->len, 0, padding);
	raw->len += padding;
	k->pack->blob_bytes += size;
	return 0;
}

/* Bytes that changed on our disk must not travel. */
static int
check_source(struct source *x, struct err *err)
{
	unsigned char got[32];

	(void)crypto_generichash_final(&x->state, got, 32);
	if (memcmp(got, x->hash, 32) == 0)
		return 0;
	(void)err_set(err, E_DAMAGED, "attachment %s does not have its hash "
	    "any more: the store is damaged", x->hex);
	return err_next(err, "put back a backup of the home and run 'satchel "
	    "site restored --reason ...'");
}

static int
add_parts(struct packs *k, struct source *x, struct err *err)
{
	uint64_t left = x->size, index;
	size_t part = k->c->part;
	char name[80];
	int rc;

	for (index = 0; left > 0; index++) {
		size_t n = left < part ? (size_t)left : part;

		(void)snprintf(name, sizeof name, "%s.%06llu", x->hex,
		    (unsigned long long)index);
		if ((rc = add_entry(k, x, name, n, err)) < 0)
			return rc;
		left -= n;
	}
	return 0;
}

static int
add_blob(struct packs *k, int64_t id, const unsigned char hash[32],
    uint64_t size, struct err *err)
{
	struct source x = { .hash = hash, .size = size };
	int rc;

	text_hex(x.hex, hash, 32);
	(void)crypto_generichash_init(&x.state, NULL, 0, 32);
	if ((rc = blob_open(k->c->s, &x.in, id, err)) < 0)
		return rc;
	rc = size > k->c->part ? add_parts(k, &x, err) :
	    add_entry(k, &x, x.hex, (size_t)size, err);
	if (rc < 0 || (rc = check_source(&x, err)) < 0)
		return rc;
	k->pack->blob_count++;
	return 0;
}

static int
carry(struct packs *k, const unsigned char hash[32], int anyway,
    struct err *err)
{
	uint64_t size;
	int64_t id;
	int rc;

	if ((rc = blob_find(k->c->s, hash, &id, &size, err)) < 0)
		return rc;
	if (rc == 0) {
		char hex[65];

		if (anyway)
			return 0;
		text_hex(hex, hash, 32);
		return err_set(err, E_DAMAGED, "attachment %s is not in the "
		    "store", hex);
	}
	if (blobset_has(&k->carried, id))
		return 0;
	if (!anyway &&
	    (rc = plan_blob_known(k->c->s, k->c->p, id, err)) != 0)
		return rc < 0 ? rc : 0;
	blobset_add(&k->carried, id);
	if ((rc = add_blob(k, id, hash, size, err)) < 0)
		return rc;
	if (!anyway)
		buf_add(&k->pack->blobs, &id, sizeof id);
	return 0;
}

int
packs_need(struct packs *k, const unsigned char hash[32], struct err *err)
{
	return carry(k, hash, 0, err);
}

int
packs_wanted(struct packs *k, struct err *err)
{
	const struct plan *p = k->c->p;
	const unsigned char *hash;
	uint64_t size;
	int64_t id;
	size_t i, j;
	int rc;

	/* What we thought of these was wrong. */
	for (i = 0; i < p->wanted.len; i += 32) {
		hash = (const unsigned char *)p->wanted.at + i;
		if ((rc = blob_find(k->c->s, hash, &id, &size, err)) < 0)
			return rc;
		for (j = 0; rc > 0 && j < p->to_count; j++)
			if (stream_blob_lost(k->c->s, p->ids[j], id, err) < 0)
				return -(int)err->code;
		if ((rc = carry(k, hash, 1, err)) < 0)
			return rc;
	}
	return packs_flush(k, err);
}
