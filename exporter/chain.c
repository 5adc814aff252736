#include "chain.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "../format/codec.h"
#include "../format/record.h"
#include "../format/tar.h"
#include "../store/guard.h"
#include "../store/log.h"
#include "../store/stream.h"

#define SLOTS 4u
#define MAX_SIZE 4294967295u		/* FAT32: 4 GiB - 1 */
#define RECORDS_LEVEL 3
#define BLOBS_LEVEL 1
#define GZIP_LEVEL 6
#define README_ROOM 4096u

/* --- beside the caller ------------------------------------------------- */

struct worker {
	struct codec_ctx *codec;
	struct buf packed;
};

int
chain_level(enum codec codec, int is_records)
{
	if (codec == CODEC_GZIP)
		return GZIP_LEVEL;
	return is_records ? RECORDS_LEVEL : BLOBS_LEVEL;
}

static int
store_member(struct chain_member *m, struct worker *w)
{
	const struct plan *p = m->plan;
	struct buf *packed = p->encrypted ? &w->packed : &m->stored;
	int rc;

	if (w->codec == NULL && (rc = codec_new(&w->codec, &m->err)) < 0)
		return rc;
	buf_reset(packed);
	if ((rc = codec_pack(w->codec, p->r->codec, chain_level(
	    p->r->codec, m->is_records),
	    m->raw.at + m->start, m->raw.len - m->start, packed,
	    &m->err)) < 0)
		return rc;
	if (p->encrypted && (rc = age_encrypt(p->recipients, p->to_count,
	    packed->at, packed->len, &m->stored, &m->err)) < 0)
		return rc;
	(void)crypto_generichash(m->hash, 32, (unsigned char *)m->stored.at,
	    m->stored.len, NULL, 0);
	return 0;
}

static void
work(void *slot, void *worker)
{
	(void)store_member(slot, worker);	/* its error is in the slot */
}

static void
slot_clear(void *slot)
{
	struct chain_member *m = slot;

	buf_clear(&m->raw);
	buf_clear(&m->stored);
	buf_clear(&m->blobs);
}

static void
worker_clear(void *worker)
{
	struct worker *w = worker;

	codec_freep(&w->codec);
	buf_clear(&w->packed);
}

static const struct ring_ops ops = {
	sizeof(struct chain_member), sizeof(struct worker), work, slot_clear,
	worker_clear
};

/* --- one bundle -------------------------------------------------------- */

/* A bound of the manifest: what it is with the largest numbers. */
static int
manifest_bound(const struct manifest *m, size_t *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct manifest copy = *m;
	uint64_t top = COUNTER_MAX;
	int rc;

	copy.since = copy.until = top;
	copy.totals = (struct manifest_totals){ top, top, top, top, top, top,
	    top };
	if ((rc = manifest_write(&copy, &text, err)) < 0)
		return rc;
	*ret = text.len;
	return 0;
}

/* This chain may go without blobs that an older bundle carried. */
static int
forget_blobs(struct chain *c, struct err *err)
{
	size_t i;
	int rc;

	if (c->is_later || c->p->excerpt)
		return 0;
	for (i = 0; i < c->p->to_count; i++)
		if ((rc = stream_blobs_begin(c->s, c->p->ids[i], FILTER_ALL,
		    c->m.since, err)) < 0)
			return rc;
	c->is_later = 1;
	return 0;
}

static int
open_bundle(struct chain *c, uint64_t since, struct err *err)
{
	struct writer_out out;
	int rc;

	if ((rc = store_begin(c->s, err)) < 0)
		return rc;
	c->open = 1;
	c->members = 0;
	c->ahead = 0;
	if ((rc = plan_manifest(c->s, c->p, c->p->excerpt &&
	    !MUTANT(excerpt_claims) ? MANIFEST_EXCERPT : MANIFEST_BUNDLE,
	    &c->m, err)) < 0)
		return rc;
	c->m.since = MUTANT(link_first_since) ? c->p->since : since;
	if ((rc = forget_blobs(c, err)) < 0 ||
	    (rc = manifest_bound(&c->m, &c->tail, err)) < 0 ||
	    (rc = publish_open(c->s, c->p, c->m.sequence, "", &c->pub,
	    err)) < 0)
		return rc;
	out = publish_out(&c->pub);
	return writer_new(&c->w, &out, err);
}

/* Does one more member of this bound fit into the bundle? */
static int
fits(const struct chain *c, size_t bound)
{
	uint64_t size = writer_size(c->w) + c->ahead + bound +
	    writer_tail_bound(c->members + 1, c->tail);

	return size <= c->max_size && c->members < FORMAT_MEMBERS_MAX;
}

/* Write the oldest member of the ring. */
static int
write_oldest(struct chain *c, struct err *err)
{
	struct chain_member *m = ring_oldest(c->ring);
	int rc;

	if (m == NULL)
		return 0;
	if (m->err.code != E_OK) {
		*err = m->err;
		return -(int)err->code;
	}
	if ((rc = writer_data(c->w, m->name, m->stored.at, m->stored.len,
	    m->hash, err)) < 0)
		return rc;
	ring_release(c->ring);
	if (ring_busy(c->ring) == 0)
		c->ahead = 0;
	return 1;
}

static int
drain(struct chain *c, struct err *err)
{
	int rc;

	while ((rc = write_oldest(c, err)) > 0)
		;
	return rc;
}

static int
log_file(struct chain *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT, names = BUF_INIT;
	char id[65];
	size_t i;

	text_hex(id, c->pub.id, 32);
	for (i = 0; i < c->p->to_count; i++)
		buf_addf(&names, "%s%s", i > 0 ? " " : "", c->p->to[i].name);
	buf_addf(&detail, "{\"generation\":%llu,\"id\":\"%s\",",
	    (unsigned long long)c->s->self.generation, id);
	place_json(&detail, &c->p->place);
	buf_addf(&detail, ",\"records\":%llu,\"sequence\":%llu,\"since\":%llu,"
	    "\"until\":%llu}", (unsigned long long)c->m.totals.records,
	    (unsigned long long)c->m.sequence,
	    (unsigned long long)c->m.since, (unsigned long long)c->m.until);
	if (buf_str(&detail) == NULL || buf_str(&names) == NULL)
		return err_oom(err);
	return log_add(c->s, c->p->excerpt ? "excerpt" : "export", names.at,
	    c->pub.path, detail.at, err);
}

/* What the store must remember of this bundle.  No receipt can cover a bundle
 * of parts alone: its blobs count for the next one that has a range. */
static int
remember(struct chain *c, struct err *err)
{
	int covers = !c->p->excerpt && (c->m.until > c->m.since ||
	    MUTANT(blob_of_parts));
	size_t i;
	int rc;

	for (i = 0; i < (MUTANT(last_export) ? c->p->to_count : 0); i++)
		if ((rc = store_run(c->s, err, "INSERT OR REPLACE INTO acked("
		    "peer,actor,filter,until) SELECT ?,id,'[\"*\"]',? FROM "
		    "actor WHERE site=? AND nonce=?", "iiss", c->p->ids[i],
		    (int64_t)c->m.until, c->s->self.site,
		    c->s->self.nonce)) < 0)
			return rc;
	if (MUTANT(tombstones_pruned) && ((rc = store_run(c->s, err,
	    "DELETE FROM object WHERE deleted", "")) < 0 ||
	    (rc = store_run(c->s, err, "DELETE FROM version WHERE object NOT "
	    "IN (SELECT id FROM object)", "")) < 0))
		return rc;
	for (i = 0; i < c->p->to_count && covers; i++)
		if ((rc = stream_blobs_end(c->s, c->p->ids[i], FILTER_ALL,
		    c->m.until, err)) < 0)
			return rc;
	for (i = 0; i < c->p->to_count && c->is_last && !c->p->excerpt; i++)
		if ((rc = stream_want_done(c->s, c->p->ids[i], err)) < 0)
			return rc;
	c->s->sequence = c->m.sequence;
	c->s->state_dirty = 1;
	if ((rc = stream_write(c->s, c->m.sequence, c->pub.id, c->p->ids,
	    c->p->to_count, err)) < 0 ||
	    (rc = log_file(c, err)) < 0 ||
	    (rc = plan_leaves(c->s, c->p, err)) < 0 ||
	    (rc = store_commit(c->s, err)) < 0)
		return rc;
	return MUTANT(guard_late) ? 0 : guard_write(c->s, err);
}

static int
add_file(struct chain *c, struct err *err)
{
	const struct manifest_totals *t = &c->m.totals;
	struct export_file *more;

	more = realloc(c->ret->files, (c->ret->count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	c->ret->files = more;
	more += c->ret->count;
	*more = (struct export_file){ strdup(c->pub.path), c->m.sequence,
	    c->m.since, c->m.until, t->records, t->versions, t->deleted,
	    t->blobs, t->blob_bytes, c->pub.size };
	if (more->path == NULL)
		return err_oom(err);
	c->ret->count++;
	c->closed += c->pub.size;
	return 0;
}

/* The last `n` have not got their names after all. */
static void
take_back(struct chain *c, size_t n)
{
	while (n-- > 0)
		free(c->ret->files[--c->ret->count].path);
}

/* Spooled bundles get their names when the home is free again. */
static int
give_name(struct chain *c, struct err *err)
{
	struct publish *more;
	size_t named;
	int rc;

	if (c->pub.spool_fd < 0) {
		if ((rc = publish_finish(&c->pub, 1, &named, err)) < 0)
			take_back(c, 1);
		publish_clear(&c->pub);
		return rc;
	}
	more = realloc(c->spooled, (c->spooled_count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	c->spooled = more;
	more[c->spooled_count++] = c->pub;
	c->pub = (struct publish)PUBLISH_INIT;
	return 0;
}

/* Spooled bundles are measured before a byte of them is on the medium, and
 * before the store remembers this one. */
static int
check_room(struct chain *c, struct err *err)
{
	if (c->pub.spool_fd < 0)
		return 0;
	c->spooled_size += c->pub.size;
	return place_fits(&c->p->place, c->spooled_size,
	    c->spooled_count + 1, err);
}

static int
close_bundle(struct chain *c, uint64_t until, struct err *err)
{
	int rc;

	if ((rc = drain(c, err)) < 0)
		return rc;
	c->m.until = MUTANT(link_whole_until) ? c->p->until : until;
	c->m.totals.members = c->members;
	if ((rc = writer_finish(c->w, &c->m, c->p->r->key, c->pub.id,
	    err)) < 0)
		return rc;
	writer_freep(&c->w);
	if ((rc = publish_settle(&c->pub, err)) < 0 ||
	    (rc = check_room(c, err)) < 0 ||
	    (rc = remember(c, err)) < 0 ||
	    (rc = add_file(c, err)) < 0 ||
	    (rc = give_name(c, err)) < 0 ||
	    (MUTANT(guard_late) && (rc = guard_write(c->s, err)) < 0))
		return rc;
	manifest_clear(&c->m);
	c->open = 0;
	return 0;
}

/* --- the chain --------------------------------------------------------- */

int
chain_begin(struct chain *c, struct store *s, const struct plan *p,
    struct export_result *ret, struct err *err)
{
	uint64_t room, fixed;
	int rc;

	memset(c, 0, sizeof *c);
	c->pub = (struct publish)PUBLISH_INIT;
	c->s = s;
	c->p = p;
	c->ret = ret;
	c->max_size = p->r->max_size == 0 ? MAX_SIZE : p->r->max_size;
	if (c->max_size > p->place.medium.largest)
		c->max_size = p->place.medium.largest;
	if (c->max_size < EXPORT_MAX_SIZE_MIN)
		return err_set(err, E_USAGE, "a file of at most %llu bytes is "
		    "too small, %u is the least",
		    (unsigned long long)c->max_size, EXPORT_MAX_SIZE_MIN);
	if ((rc = ring_new(&c->ring, &ops, SLOTS, p->r->workers, err)) < 0 ||
	    (rc = open_bundle(c, p->since, err)) < 0)
		return rc;
	fixed = README_ROOM + writer_tail_bound(4, c->tail);
	room = c->max_size > fixed ? c->max_size - fixed : 0;
	c->part = FORMAT_CHUNK;
	while (c->part > 16384 && codec_bound(p->r->codec, c->part) +
	    age_overhead(p->to_count, c->part) + 8192 > room / 2)
		c->part /= 2;
	c->chunk = c->part;
	return 0;
}

int
chain_slot(struct chain *c, struct chain_member **ret, struct err *err)
{
	struct chain_member *m;
	int rc;

	while ((m = ring_free(c->ring)) == NULL)
		if ((rc = write_oldest(c, err)) < 0)
			return rc;
	buf_reset(&m->raw);
	buf_reset(&m->stored);
	buf_reset(&m->blobs);
	err_clear(&m->err);
	m->start = 0;
	m->is_records = 0;
	m->records = m->versions = m->deleted = 0;
	m->blob_count = m->blob_bytes = 0;
	m->plan = c->p;
	*ret = m;
	return 0;
}

int
chain_cut(struct chain *c, struct err *err)
{
	uint64_t at = c->covered > c->m.since ? c->covered : c->m.since;
	int rc;

	if (strcmp(c->pub.path, c->p->r->out) == 0) {
		(void)err_set(err, E_USAGE, "\"%s\" cannot hold all that is "
		    "due, a chain of files is needed", c->pub.path);
		return err_next(err, "name a folder with --out, or a larger "
		    "--max-size");
	}
	if ((rc = close_bundle(c, at, err)) < 0)
		return rc;
	return open_bundle(c, at, err);
}

/* Names, keys and numbers of a first line, and 512 bytes around them. */
_Static_assert(FORMAT_TO_MAX * (SITE_LEN + 3) + 512 < CHAIN_FIRST_ROOM,
    "the first line fits");

/* The first line stands right before the others. */
static int
put_first_line(struct chain *c, struct chain_member *m, struct err *err)
{
	CLEANUP(buf_clear) struct buf first = BUF_INIT;

	record_first(&first, &c->m, c->members + 1);
	if (buf_check(&first, err) < 0)
		return -(int)err->code;
	m->start = CHAIN_FIRST_ROOM - first.len;
	memcpy(m->raw.at + m->start, first.at, first.len);
	return 0;
}

static size_t
stored_bound(const struct chain *c, const struct chain_member *m)
{
	size_t n = codec_bound(c->p->r->codec, m->raw.len);

	if (c->p->encrypted)
		n += age_overhead(c->p->to_count, n);
	return n + 2 * TAR_BLOCK;
}

/* Make room for the member: write out what is known better, then cut. */
static int
make_room(struct chain *c, size_t bound, struct err *err)
{
	int rc;

	if (fits(c, bound))
		return 0;
	if ((rc = drain(c, err)) < 0)
		return rc;
	if (fits(c, bound))
		return 0;
	if (!c->mid_record && c->members > 0 && (rc = chain_cut(c, err)) < 0)
		return rc;
	if (fits(c, bound))
		return 0;
	(void)err_set(err, E_LIMIT, "an object does not fit into a file of "
	    "%llu bytes", (unsigned long long)c->max_size);
	return err_next(err, "use a larger --max-size");
}

/* What the member adds to the totals, and to what the peers have. */
static int
count_member(struct chain *c, const struct chain_member *m, struct err *err)
{
	struct manifest_totals *t = &c->m.totals;
	size_t i, k;
	int64_t id;
	int rc;

	t->unpacked += m->raw.len - m->start;
	t->records += m->records;
	c->done += m->records;
	t->versions += m->versions;
	t->deleted += m->deleted;
	t->blob_bytes += m->blob_bytes;
	t->blobs += m->blob_count;
	for (i = 0; i < m->blobs.len && !c->p->excerpt; i += sizeof id) {
		memcpy(&id, m->blobs.at + i, sizeof id);
		for (k = 0; k < c->p->to_count; k++)
			if ((rc = stream_blob_sent(c->s, c->p->ids[k],
			    FILTER_ALL, id, err)) < 0)
				return rc;
	}
	return 0;
}

/* How far it is, of all bundles; some of it is still on its way. */
static void
tell(const struct chain *c)
{
	const struct tick t = { .objects = c->done,
	    .bytes = c->closed + writer_size(c->w), .done = c->done,
	    .total = c->p->due };

	ticker_tell(&c->p->r->progress, &t);
}

int
chain_submit(struct chain *c, struct chain_member *m, struct err *err)
{
	size_t bound = stored_bound(c, m);
	int rc;

	if (buf_check(&m->raw, err) < 0 || buf_check(&m->blobs, err) < 0)
		return -(int)err->code;
	if ((rc = make_room(c, bound, err)) < 0)
		return rc;
	if (m->is_records && (rc = put_first_line(c, m, err)) < 0)
		return rc;
	if ((rc = count_member(c, m, err)) < 0)
		return rc;
	writer_name(m->name, c->members + 1, m->is_records, c->p->r->codec,
	    c->p->encrypted);
	c->members++;
	c->ahead += bound;
	ring_submit(c->ring);
	tell(c);
	return 0;
}

int
chain_finish(struct chain *c, uint64_t until, struct err *err)
{
	int rc;

	c->is_last = 1;
	if ((rc = close_bundle(c, until, err)) < 0)
		return rc;
	if (c->spooled_count > 0)
		store_unlock(c->s);
	return publish_finish(c->spooled, c->spooled_count, &c->named, err);
}

void
chain_clear(struct chain *c)
{
	size_t i;

	ring_free_all(&c->ring);
	writer_freep(&c->w);
	manifest_clear(&c->m);
	publish_clear(&c->pub);
	take_back(c, c->spooled_count - c->named);
	for (i = 0; i < c->spooled_count; i++)
		publish_clear(&c->spooled[i]);
	free(c->spooled);
	c->spooled = NULL;
	c->spooled_count = c->named = 0;
	if (c->open)
		store_rollback(c->s);
	c->open = 0;
}
