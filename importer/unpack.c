#include "unpack.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../format/record.h"
#include "../format/tar.h"

/* A member is taken apart while the one before it is applied.  What the
 * smallest lines become is some four times their size, so more slots would
 * break the bound on memory. */
#define SLOTS 2u
#define LINES_STEP 2048u

struct worker {
	struct codec_ctx *codec;
	struct buf stored, opened;
};

static struct unpack_line *
new_line(struct unpacked *u, struct err *err)
{
	struct unpack_line *line;

	if (u->line_count == u->line_cap) {
		size_t cap = u->line_cap + LINES_STEP;
		struct unpack_line *more = realloc(u->lines,
		    cap * sizeof *more);

		if (more == NULL) {
			(void)err_oom(err);
			return NULL;
		}
		u->lines = more;
		u->line_cap = cap;
	}
	line = &u->lines[u->line_count++];
	*line = (struct unpack_line){ .has_version = 0 };
	return line;
}

static int
read_head(struct unpacked *u, const struct record_line *x, struct err *err)
{
	struct unpack_line *line;

	if (u->due > 0)
		return err_set(err, E_RECORD, "the object before this one has "
		    "fewer versions than it states");
	if ((line = new_line(u, err)) == NULL)
		return -(int)err->code;
	line->uid = x->uid;
	line->versions = u->due = x->versions;
	return 0;
}

static int
read_version(struct unpacked *u, const struct record_version *x,
    struct err *err)
{
	struct unpack_line *line = u->line_count > 0 ?
	    &u->lines[u->line_count - 1] : NULL;

	if ((line == NULL || line->has_version) &&
	    (line = new_line(u, err)) == NULL)
		return -(int)err->code;
	line->has_version = 1;
	line->version.dot = x->dot;
	line->version.born = x->born;
	line->version.label = x->label;
	line->version.context = x->context;
	line->version.stamps = x->stamps;
	line->version.content = x->content;
	memcpy(line->version.hash, x->hash, 32);
	u->due -= u->due > 0;
	return version_read(&line->version, err);
}

static int
read_line(struct unpacked *u, struct json_span text, struct err *err)
{
	struct record_line x;
	int rc;

	if ((rc = record_parse(&x, text, err)) < 0)
		return rc;
	return x.kind == RECORD_HEAD ? read_head(u, &x, err) :
	    read_version(u, &x.version, err);
}

static int
read_lines(struct unpacked *u, struct err *err)
{
	const char *p = u->plain.at, *end = p + u->plain.len, *q;
	size_t number = 1;
	int rc;

	for (; p < end; p = q + 1, number++) {
		struct json_span line;

		q = memchr(p, '\n', (size_t)(end - p));
		if (q == NULL)
			return err_set(err, E_RECORD, "line %zu has no end",
			    number);
		line = (struct json_span){ p, (size_t)(q - p) };
		rc = number == 1 ?
		    record_check_first(line, u->job->m, u->number, err) :
		    read_line(u, line, err);
		if (rc < 0)
			return err_prefix(err, "line %zu", number);
	}
	return number > 1 ? 0 : err_set(err, E_RECORD, "no line at all");
}

/* "<64 hex>" or "<64 hex>.<6 or more digits>" */
static int
read_name(const char *name, struct unpack_entry *e)
{
	size_t len = strlen(name);
	uint64_t index;
	char again[32];

	if (len < 64 || text_unhex(e->hash, 32, name, 64) < 0)
		return -1;
	e->index = -1;
	if (len == 64)
		return 0;
	if (name[64] != '.' || len < 71 || len > 73)
		return -1;
	index = strtoull(name + 65, NULL, 10);
	(void)snprintf(again, sizeof again, "%06llu",
	    (unsigned long long)index);
	if (strcmp(again, name + 65) != 0)
		return -1;
	e->index = (int64_t)index;
	return 0;
}

static int
read_entry(void *ctx, const char *name, const void *content, size_t size,
    struct err *err)
{
	struct unpacked *u = ctx;
	struct unpack_entry *e;
	unsigned char got[32];

	if (u->entry_count == u->entry_cap) {
		size_t cap = u->entry_cap == 0 ? 64 : u->entry_cap * 2;

		e = realloc(u->entries, cap * sizeof *e);
		if (e == NULL)
			return err_oom(err);
		u->entries = e;
		u->entry_cap = cap;
	}
	e = &u->entries[u->entry_count++];
	e->data = content;
	e->size = size;
	if (read_name(name, e) < 0)
		return err_set(err, E_HEADER, "an entry of a blob pack is not "
		    "named by its hash");
	if (e->index >= 0)
		return 0;
	(void)crypto_generichash(got, 32, content, size, NULL, 0);
	if (memcmp(got, e->hash, 32) != 0)
		return err_set(err, E_HASH, "attachment %.64s does not have "
		    "the hash that it is named by", name);
	return 0;
}

/* --- rungs ------------------------------------------------------------- */

static int
read_stored(const struct unpacked *u, struct buf *stored, struct err *err)
{
	size_t size = (size_t)u->member->size;
	int64_t n;
	char *to;

	buf_reset(stored);
	if ((to = buf_room(stored, size)) == NULL)
		return err_oom(err);
	n = file_pread(u->job->spool->fd, to, size, u->member->at,
	    "the spool", err);
	if (n < 0)
		return (int)n;
	stored->len = (size_t)n;
	return 0;
}

/* The packed bytes are in w->stored, or if they were encrypted in *ret. */
static int
open_member(struct unpacked *u, struct worker *w, struct buf **ret,
    struct err *err)
{
	unsigned char got[32];
	int rc;

	if ((rc = read_stored(u, &w->stored, err)) < 0)
		return rc;
	(void)crypto_generichash(got, 32, (unsigned char *)w->stored.at,
	    w->stored.len, NULL, 0);
	if (memcmp(got, u->member->hash, 32) != 0) {
		(void)err_set(err, E_HASH, "the private copy changed between "
		    "two reads");
		return err_rung(err, 4);
	}
	if (!u->member->is_age)
		return 0;
	buf_reset(&w->opened);
	*ret = &w->opened;
	rc = age_decrypt(u->job->identity, w->stored.at, w->stored.len,
	    &w->opened, err);
	return rc < 0 ? err_rung(err, 5) : 0;
}

static int
unpack_member(struct unpacked *u, struct worker *w, struct err *err)
{
	struct buf *packed = &w->stored;
	int rc;

	if (w->codec == NULL && (rc = codec_new(&w->codec, err)) < 0)
		return rc;
	if ((rc = open_member(u, w, &packed, err)) < 0)
		return rc;
	rc = codec_unpack(w->codec, u->member->is_gzip ? CODEC_GZIP :
	    CODEC_ZSTD, packed->at, packed->len, FORMAT_PLAIN_MAX, &u->plain,
	    err);
	if (rc < 0)
		return err_rung(err, 6);
	rc = u->member->is_records ? read_lines(u, err) :
	    tar_walk(u->plain.at, u->plain.len, read_entry, u, err);
	return rc < 0 ? err_rung(err, 7) : 0;
}

static void
work(void *slot, void *worker)
{
	struct unpacked *u = slot;

	if (unpack_member(u, worker, &u->err) < 0)
		(void)err_prefix(&u->err, "member \"%s\"", u->member->name);
}

static void
empty(struct unpacked *u)
{
	size_t i;

	for (i = 0; i < u->line_count; i++)
		version_clear(&u->lines[i].version);
	u->line_count = u->entry_count = 0;
	u->due = 0;
	buf_reset(&u->plain);
	err_clear(&u->err);
}

static void
slot_clear(void *slot)
{
	struct unpacked *u = slot;

	empty(u);
	free(u->lines);
	free(u->entries);
	buf_clear(&u->plain);
}

static void
worker_clear(void *worker)
{
	struct worker *w = worker;

	codec_freep(&w->codec);
	if (w->opened.at != NULL)
		sodium_memzero(w->opened.at, w->opened.cap);
	buf_clear(&w->opened);
	buf_clear(&w->stored);
}

static const struct ring_ops ops = {
	sizeof(struct unpacked), sizeof(struct worker), work, slot_clear,
	worker_clear
};

/* --- in order ---------------------------------------------------------- */

int
unpack_begin(struct unpack *u, struct err *err)
{
	u->next = 0;
	return ring_new(&u->ring, &ops, SLOTS, 1, err);
}

void
unpack_clear(struct unpack *u)
{
	ring_free_all(&u->ring);
}

/* Hand members to the worker while there is room. */
static void
feed(struct unpack *u)
{
	const struct reader *r = &u->spool->reader;
	struct unpacked *x;

	while (u->next < r->count && (x = ring_free(u->ring)) != NULL) {
		empty(x);
		x->member = &r->members[u->next++];
		x->number = u->next;
		x->job = u;
		ring_submit(u->ring);
	}
}

int
unpack_next(struct unpack *u, struct unpacked **ret, struct err *err)
{
	struct unpacked *x;

	/* What was given out last is used up. */
	if (u->next > 0 && *ret != NULL)
		ring_release(u->ring);
	*ret = NULL;
	feed(u);
	if ((x = ring_oldest(u->ring)) == NULL)
		return 0;
	if (x->err.code != E_OK) {
		*err = x->err;
		return -(int)err->code;
	}
	*ret = x;
	return 1;
}
