#include "write.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../format/record.h"
#include "../store/version.h"
#include "packs.h"

struct line {				/* of the present object */
	struct dot dot;
	size_t at, len;			/* in `lines` */
};

struct writing {
	struct chain *c;
	struct packs packs;
	struct buf chunk;		/* room, then whole records */
	struct buf needs;		/* blob hashes of the chunk */
	uint64_t records, versions, deleted;	/* of the chunk */
	uint64_t last;			/* sequence of its last object */

	/* the object being read */
	int64_t id;			/* 0: none */
	uint64_t seq;
	struct buf uid, lines, blobs;
	struct line *line;
	size_t line_count, line_cap;
	uint64_t live;
	int picked;			/* an excerpt wants it */
	int split;			/* it goes over several chunks */
};

static void
writing_clear(struct writing *w)
{
	packs_clear(&w->packs);
	buf_clear(&w->chunk);
	buf_clear(&w->needs);
	buf_clear(&w->uid);
	buf_clear(&w->lines);
	buf_clear(&w->blobs);
	free(w->line);
}

/* --- chunks ------------------------------------------------------------ */

static int
start_chunk(struct writing *w, struct err *err)
{
	buf_reset(&w->chunk);
	buf_reset(&w->needs);
	w->records = w->versions = w->deleted = 0;
	if (buf_room(&w->chunk, CHAIN_FIRST_ROOM) == NULL)
		return err_oom(err);
	memset(w->chunk.at, 0, CHAIN_FIRST_ROOM);
	w->chunk.len = CHAIN_FIRST_ROOM;
	return 0;
}

/* The packs that the chunk needs, then the chunk. */
static int
flush_chunk(struct writing *w, int mid_record, struct err *err)
{
	struct chain_member *m;
	struct buf swap;
	size_t i;
	int rc;

	if (w->chunk.len == CHAIN_FIRST_ROOM)
		return 0;
	if (buf_check(&w->chunk, err) < 0 || buf_check(&w->needs, err) < 0)
		return -(int)err->code;
	for (i = 0; i < w->needs.len; i += 32)
		if ((rc = packs_need(&w->packs,
		    (unsigned char *)w->needs.at + i, err)) < 0)
			return rc;
	if ((rc = packs_flush(&w->packs, err)) < 0 ||
	    (rc = chain_slot(w->c, &m, err)) < 0)
		return rc;
	swap = m->raw;
	m->raw = w->chunk;
	w->chunk = swap;
	m->is_records = 1;
	m->start = CHAIN_FIRST_ROOM;
	m->records = w->records;
	m->versions = w->versions;
	m->deleted = w->deleted;
	if ((rc = chain_submit(w->c, m, err)) < 0)
		return rc;
	w->c->mid_record = mid_record;
	if (!mid_record)
		w->c->covered = w->last;
	return start_chunk(w, err);
}

static int
by_dot(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return dot_cmp(&x->dot, &y->dot);
}

/* Append a line to the chunk; a record too long for one chunk goes on in the
 * next. */
static int
add_line(struct writing *w, const char *at, size_t len, struct err *err)
{
	int rc;

	if (w->chunk.len + len > w->c->chunk + CHAIN_FIRST_ROOM &&
	    w->chunk.len + len > FORMAT_CHUNK &&
	    (w->split = 1, rc = flush_chunk(w, 1, err)) < 0)
		return rc;
	buf_add(&w->chunk, at, len);
	return 0;
}

/* Is the bundle full of records?  Then the next one begins. */
static int
limit_records(struct writing *w, struct err *err)
{
	uint64_t max = w->c->p->r->max_records;
	int rc;

	if (max == 0 || w->c->m.totals.records + w->records < max)
		return 0;
	if ((rc = flush_chunk(w, 0, err)) < 0)
		return rc;
	return chain_cut(w->c, err);
}

/* The object is read: its record goes into the chunk. */
static int
end_object(struct writing *w, struct err *err)
{
	CLEANUP(buf_clear) struct buf head = BUF_INIT;
	size_t i, whole;
	int rc;

	if (w->id == 0 || !w->picked)
		return 0;
	record_head(&head, w->uid.at, w->uid.len, w->line_count);
	if (buf_check(&head, err) < 0 || buf_check(&w->lines, err) < 0 ||
	    buf_check(&w->blobs, err) < 0)
		return -(int)err->code;
	if ((rc = limit_records(w, err)) < 0)
		return rc;
	if (w->line_count > 1)
		qsort(w->line, w->line_count, sizeof *w->line, by_dot);
	whole = head.len + w->lines.len;
	if (w->chunk.len + whole > w->c->chunk + CHAIN_FIRST_ROOM &&
	    (rc = flush_chunk(w, 0, err)) < 0)
		return rc;
	buf_add(&w->needs, w->blobs.at, w->blobs.len);
	w->records++;
	w->versions += w->line_count;
	w->deleted += w->live == 0;
	w->last = w->seq;
	w->split = 0;
	if ((rc = add_line(w, head.at, head.len, err)) < 0)
		return rc;
	for (i = 0; i < w->line_count; i++)
		if ((rc = add_line(w, w->lines.at + w->line[i].at,
		    w->line[i].len, err)) < 0)
			return rc;

	/* The rest of a record that was split stands alone, so that no packs
	 * come where the chain may not be cut. */
	if (w->split && (rc = flush_chunk(w, 0, err)) < 0)
		return rc;
	return 0;
}

/* --- rows -------------------------------------------------------------- */

#define ROWS(also) "SELECT o.id,o.seq,o.uid,v.actor,v.n,v.label,v.born_actor," \
	"v.born_n,v.hash,v.context,v.stamps,v.blobs,v.content FROM object o " \
	"LEFT JOIN version v ON v.object=o.id WHERE o.seq>? AND o.via IS NOT" \
	" ? " also "ORDER BY o.seq"

static int
dot_of(struct store *s, struct dot *d, sqlite3_stmt *st, int column,
    struct err *err)
{
	const struct actor *a = store_actor(s, sqlite3_column_int64(st,
	    column), err);

	if (a == NULL)
		return -(int)err->code;
	d->actor = *a;
	d->n = (uint64_t)sqlite3_column_int64(st, column + 1);
	return 0;
}

/* Bytes that changed on our disk must not travel. */
static int
check_hash(struct writing *w, sqlite3_stmt *st, struct json_span content,
    struct err *err)
{
	unsigned char got[32], want[32];

	(void)crypto_generichash(got, 32, (const unsigned char *)content.at,
	    content.len, NULL, 0);
	if (store_column_hash(st, 8, want) == 0 && memcmp(got, want, 32) == 0)
		return 0;
	(void)err_set(err, E_DAMAGED, "object \"%.*s\" does not have its hash "
	    "any more: the store is damaged", (int)w->uid.len, w->uid.at);
	return err_next(err, "put back a backup of the home and run 'satchel "
	    "site restored --reason ...'");
}

int
write_is_picked(const struct plan *p, struct json_span content, int64_t label)
{
	const struct export_request *r = p->r;
	struct json_span type;
	size_t i;

	if ((r->since_time >= 0 && label < r->since_time) ||
	    (r->until_time >= 0 && label > r->until_time))
		return 0;
	if (r->type_count == 0)
		return 1;
	if (!json_member(content, "type", &type) || !json_plain(type, &type))
		return 0;
	for (i = 0; i < r->type_count; i++)
		if (strlen(r->types[i]) == type.len &&
		    memcmp(r->types[i], type.at, type.len) == 0)
			return 1;
	return 0;
}

static struct line *
new_line(struct writing *w, struct err *err)
{
	if (w->line_count == w->line_cap) {
		size_t cap = w->line_cap == 0 ? 8 : w->line_cap * 2;
		struct line *more = realloc(w->line, cap * sizeof *more);

		if (more == NULL) {
			(void)err_oom(err);
			return NULL;
		}
		w->line = more;
		w->line_cap = cap;
	}
	return &w->line[w->line_count++];
}

static int
add_version(struct writing *w, sqlite3_stmt *st, struct err *err)
{
	struct record_version v = { .label = sqlite3_column_int64(st, 5) };
	struct line *line = new_line(w, err);
	struct json_span blobs;
	int rc;

	if (line == NULL)
		return -(int)err->code;
	if ((rc = dot_of(w->c->s, &v.dot, st, 3, err)) < 0)
		return rc;
	v.born = v.dot;
	if (sqlite3_column_type(st, 6) != SQLITE_NULL &&
	    (rc = dot_of(w->c->s, &v.born, st, 6, err)) < 0)
		return rc;
	v.context = store_column(st, 9);
	v.stamps = store_column(st, 10);
	blobs = store_column(st, 11);
	v.content = store_column(st, 12);
	if ((rc = check_hash(w, st, v.content, err)) < 0)
		return rc;
	line->dot = v.dot;
	line->at = w->lines.len;
	record_version(&w->lines, &v);
	line->len = w->lines.len - line->at;
	buf_add(&w->blobs, blobs.at, blobs.len - blobs.len % 32);
	w->live += v.content.len < 11 ||
	    memcmp(v.content.at, "{\"deleted\":", 11) != 0;
	w->picked |= !w->c->p->excerpt || write_is_picked(w->c->p, v.content,
	    v.label);
	return 0;
}

static int
begin_object(struct writing *w, sqlite3_stmt *st, struct err *err)
{
	struct json_span uid = store_column(st, 2);

	buf_reset(&w->uid);
	buf_reset(&w->lines);
	buf_reset(&w->blobs);
	buf_add(&w->uid, uid.at, uid.len);
	w->line_count = 0;
	w->live = 0;
	w->picked = 0;
	w->id = sqlite3_column_int64(st, 0);
	w->seq = (uint64_t)sqlite3_column_int64(st, 1);
	return buf_check(&w->uid, err);
}

static int
walk(struct writing *w, struct err *err)
{
	const struct plan *p = w->c->p;
	sqlite3_stmt *st = store_sql(w->c->s, MUTANT(winner_only) ?
	    ROWS("AND v.winner ") : ROWS(""), err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", (int64_t)p->since, p->via);
	while ((rc = store_step(w->c->s, st, err)) > 0) {
		if (sqlite3_column_int64(st, 0) != w->id &&
		    ((rc = end_object(w, err)) < 0 ||
		    (rc = begin_object(w, st, err)) < 0))
			break;
		if ((rc = add_version(w, st, err)) < 0)
			break;
	}
	(void)sqlite3_reset(st);
	if (rc < 0 || (rc = end_object(w, err)) < 0)
		return rc;
	return flush_chunk(w, 0, err);
}

int
write_objects(struct chain *c, struct err *err)
{
	CLEANUP(writing_clear) struct writing w = { .c = c };
	int rc;

	if ((rc = packs_begin(&w.packs, c, err)) < 0 ||
	    (rc = packs_wanted(&w.packs, err)) < 0 ||
	    (rc = start_chunk(&w, err)) < 0)
		return rc;
	if (c->p->due == 0)
		return 0;
	return walk(&w, err);
}

int
write_count(struct store *s, const struct plan *p, uint64_t *ret,
    struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT o.id,v.label,v.content FROM "
	    "object o JOIN version v ON v.object=o.id ORDER BY o.seq", err);
	int64_t id = 0, counted = 0;
	int rc;

	*ret = 0;
	if (st == NULL)
		return -(int)err->code;
	while ((rc = store_step(s, st, err)) > 0) {
		id = sqlite3_column_int64(st, 0);
		if (id != counted && write_is_picked(p, store_column(st, 2),
		    sqlite3_column_int64(st, 1))) {
			counted = id;
			(*ret)++;
		}
	}
	return rc;
}
