#include "apply.h"

#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "../store/blob.h"
#include "../store/cadence.h"
#include "../store/object.h"
#include "../store/stream.h"

struct applying {
	struct store *s;
	struct admission *a;
	const struct import_request *r;
	struct import_report *report;
	struct object_merge merge;
	struct blob_span span;
	int64_t via;			/* of what is verbatim the sender's */
	struct manifest_totals seen;
	uint64_t done;			/* bytes as stored, for progress */

	/* the record being collected */
	struct buf uid;
	struct version **set;		/* pointers into lines or `own` */
	size_t count, cap, want;
	size_t size;			/* bytes of them, as version_size */
	struct version *own;		/* kept over the end of a member */
	size_t own_count;
};

static void
applying_clear(struct applying *x)
{
	size_t i;

	for (i = 0; i < x->own_count; i++)
		version_clear(&x->own[i]);
	free(x->own);
	free(x->set);
	object_merge_clear(&x->merge);
	buf_clear(&x->uid);
}

/* --- blobs ------------------------------------------------------------- */

static int
note_missing(struct applying *x, const unsigned char hash[32],
    struct err *err)
{
	struct import_report *r = x->report;
	unsigned char (*more)[32];
	size_t i;

	for (i = 0; i < r->wanted_count; i++)
		if (memcmp(r->wanted[i], hash, 32) == 0)
			return 0;
	if (r->wanted_count == FORMAT_WANTED_MAX)
		return 0;
	more = realloc(r->wanted, (r->wanted_count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	r->wanted = more;

	/* Ascending, as the request lists them. */
	for (i = r->wanted_count; i > 0 && memcmp(more[i - 1], hash, 32) > 0;
	    i--)
		memcpy(more[i], more[i - 1], 32);
	memcpy(more[i], hash, 32);
	r->wanted_count++;
	return 0;
}

/* A part whose predecessors are missing is a gap that names its blob. */
static int
keep_part(struct applying *x, const struct unpack_entry *e, int64_t *ret_id,
    struct err *err)
{
	struct err why = ERR_INIT;
	int rc = blob_part(x->s, &x->span, e->hash, (uint64_t)e->index,
	    e->data, e->size, &why);

	*ret_id = x->span.id;
	if (rc >= 0)
		return rc;
	if (why.code == E_GAP)
		return note_missing(x, e->hash, err);
	*err = why;
	return rc;
}

static int
keep_entry(struct applying *x, const struct unpack_entry *e, struct err *err)
{
	int64_t id;
	int rc;

	x->seen.blob_bytes += e->size;
	rc = e->index >= 0 ? keep_part(x, e, &id, err) :
	    blob_put(x->s, e->hash, e->data, e->size, &id, err);
	if (rc < 0 || (rc == 0 && e->index >= 0))
		return rc;
	x->seen.blobs++;

	/* What an earlier life of the peer had may be lost to it. */
	if (x->via == 0 && !MUTANT(blob_from_old_life))
		return 0;
	return stream_blob_got(x->s, x->a->peer.id, id, err);
}

static int
check_blobs(struct applying *x, const struct version *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf missing = BUF_INIT;
	size_t i;
	int rc;

	if ((rc = blob_missing(x->s, v->fields, &missing, err)) < 0)
		return rc;
	for (i = 0; i < missing.len; i += 32)
		if ((rc = note_missing(x, (unsigned char *)missing.at + i,
		    err)) < 0)
			return rc;
	return 0;
}

/* --- records ----------------------------------------------------------- */

/* What the sender may send: by whom, and of us nothing that is to come.  Else
 * an edit of ours would share its number with what is here already, or be
 * taken for one that was seen, and dropped. */
static int
check_origin(const struct applying *x, const struct version *v,
    struct err *err)
{
	const struct actor *self = &x->s->self;
	const struct peer *p = &x->a->peer;
	const char *site = v->dot.actor.site;

	if (version_newest(v, self) > x->s->n)
		return admit_rolled_back(err, p->name, "changes of ours that "
		    "we have not made");
	if (p->forward || strcmp(site, p->site) == 0 ||
	    strcmp(site, self->site) == 0)
		return 0;
	(void)err_set(err, E_SCOPE, "object \"%.*s\" was made by site %s, and "
	    "\"%s\" may not forward", (int)x->uid.len, x->uid.at, site,
	    p->name);
	return err_next(err, "allow it with 'satchel peer set %s forward=yes',"
	    " or ask that site itself", p->name);
}

/* Ascending by dot, none of them replaced by another, each within what the
 * sender may send. */
static int
check_set(struct applying *x, struct err *err)
{
	size_t i, k;
	int rc;

	for (i = 0; i < x->count; i++) {
		if (i > 0 && dot_cmp(&x->set[i - 1]->dot,
		    &x->set[i]->dot) >= 0)
			return err_set(err, E_RECORD, "object \"%.*s\": its "
			    "versions are not in order", (int)x->uid.len,
			    x->uid.at);
		for (k = 0; k < x->count && x->count > 1; k++)
			if (k != i && version_saw(x->set[k],
			    &x->set[i]->dot))
				return err_set(err, E_RECORD, "object \"%.*s\""
				    ": one version replaces another",
				    (int)x->uid.len, x->uid.at);
		if ((rc = check_origin(x, x->set[i], err)) < 0)
			return rc;
	}
	return 0;
}

static void
forget_record(struct applying *x)
{
	size_t i;

	for (i = 0; i < x->own_count; i++)
		version_clear(&x->own[i]);
	x->own_count = 0;
	x->count = x->want = x->size = 0;
	buf_reset(&x->uid);
}

#ifdef SATCHEL_MUTANTS
/* A version of our own over every conflict. */
static int
mint(struct applying *x, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct merge_edit e = { .clock = 0 };
	char shown[MERGE_MAX];
	size_t w;
	int rc;

	if ((rc = object_get(x->s, x->uid.at, x->uid.len, &o, err)) < 0 ||
	    o.set.count < 2)
		return rc;
	w = merge_winner(o.set);
	e.type = o.set.v[w]->type;
	e.fields = o.set.v[w]->fields;
	memset(shown, 1, sizeof shown);
	return object_edit(x->s, x->uid.at, x->uid.len, &o, shown, &e, err);
}
#else
#define mint(x, err) 0
#endif

/* All versions of the record are here. */
static int
merge_record(struct applying *x, struct err *err)
{
	struct siblings theirs = { x->set, x->count };
	size_t i, live = 0;
	int rc;

	if ((rc = check_set(x, err)) < 0)
		return rc;
	for (i = 0; i < x->count; i++)
		live += x->set[i]->fields.len > 0;
	x->seen.records++;
	x->seen.versions += x->count;
	x->seen.deleted += live == 0;
	x->merge.via = x->via;
	if ((rc = object_merge(x->s, x->uid.at, x->uid.len, theirs, &x->merge,
	    err)) < 0)
		return rc;
	if (MUTANT(mint) && (rc = mint(x, err)) < 0)
		return rc;
	x->report->received++;
	if (x->merge.result == OBJECT_SAME) {
		x->report->same++;
	} else {
		x->report->applied++;
		x->report->conflicts += (uint64_t)x->merge.conflict;
		for (i = 0; i < x->count; i++)
			if ((rc = check_blobs(x, x->set[i], err)) < 0)
				return rc;
	}
	forget_record(x);
	return 0;
}

static int
take_head(struct applying *x, const struct unpack_line *line,
    struct err *err)
{
	if (x->want != 0)
		return err_set(err, E_RECORD, "object \"%.*s\" has fewer "
		    "versions than it states", (int)x->uid.len, x->uid.at);
	buf_reset(&x->uid);
	buf_add(&x->uid, line->uid.at, line->uid.len);
	x->want = (size_t)line->versions;
	if (x->want > x->cap) {
		struct version **more = realloc(x->set,
		    x->want * sizeof *more);

		if (more == NULL)
			return err_oom(err);
		x->set = more;
		x->cap = x->want;
	}
	return buf_check(&x->uid, err);
}

static int
take_line(struct applying *x, struct unpack_line *line, struct err *err)
{
	int rc;

	if (line->uid.len > 0 && (rc = take_head(x, line, err)) < 0)
		return rc;
	if (!line->has_version)
		return 0;
	if (x->want == 0)
		return err_set(err, E_RECORD, "a version without an object");
	x->size += version_size(&line->version);
	if (x->size > FORMAT_RECORD_MAX)
		return err_set(err, E_LIMIT, "object \"%.*s\": its versions "
		    "have more than %u bytes", (int)x->uid.len, x->uid.at,
		    FORMAT_RECORD_MAX);
	x->set[x->count++] = &line->version;
	return x->count == x->want ? merge_record(x, err) : 0;
}

/* The member ends within a record: keep what is here of it. */
static int
keep_record(struct applying *x, struct err *err)
{
	struct version *more;
	size_t i;
	int rc;

	if (x->count == 0 || x->count == x->own_count)
		return 0;
	more = realloc(x->own, x->count * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	x->own = more;
	for (i = x->own_count; i < x->count; i++) {
		/* The line's own parse is taken over, then made its own. */
		x->own[i] = *x->set[i];
		*x->set[i] = (struct version)VERSION_INIT;
		x->own_count = i + 1;
		if ((rc = version_own(&x->own[i], err)) < 0)
			return rc;
	}
	for (i = 0; i < x->count; i++)
		x->set[i] = &x->own[i];
	return 0;
}

static int
apply_member(struct applying *x, struct unpacked *u, struct err *err)
{
	struct tick t;
	size_t i;
	int rc;

	for (i = 0; i < u->entry_count; i++)
		if ((rc = keep_entry(x, &u->entries[i], err)) < 0)
			return rc;
	for (i = 0; i < u->line_count; i++)
		if ((rc = take_line(x, &u->lines[i], err)) < 0)
			return rc;
	if ((rc = keep_record(x, err)) < 0)
		return rc;
	x->done += u->member->size;
	t = (struct tick){ .objects = x->report->received, .bytes = x->done,
	    .done = x->done, .total = u->job->spool->reader.size };
	ticker_tell(&x->r->progress, &t);
	return 0;
}

static int
check_totals(const struct applying *x, struct err *err)
{
	const struct manifest_totals *t = &x->a->m.totals;

	if (x->want != 0)
		return err_set(err, E_RECORD, "object \"%.*s\" has fewer "
		    "versions than it states", (int)x->uid.len, x->uid.at);
	if (t->records != x->seen.records ||
	    t->versions != x->seen.versions ||
	    t->deleted != x->seen.deleted ||
	    t->blob_bytes != x->seen.blob_bytes)
		return err_set(err, E_RECORD, "the manifest states %llu "
		    "records with %llu versions and %llu bytes of "
		    "attachments, there are %llu, %llu and %llu",
		    (unsigned long long)t->records,
		    (unsigned long long)t->versions,
		    (unsigned long long)t->blob_bytes,
		    (unsigned long long)x->seen.records,
		    (unsigned long long)x->seen.versions,
		    (unsigned long long)x->seen.blob_bytes);
	return 0;
}

/* --- what the store remembers of the file ------------------------------ */

static int
take_statement(struct applying *x, struct err *err)
{
	const struct manifest *m = &x->a->m;
	struct stream_marks marks = { NULL, 0 };
	size_t i;
	int rc;

	marks.at = calloc(m->receipt_count + 1, sizeof *marks.at);
	if (marks.at == NULL)
		return err_oom(err);
	for (i = 0; i < m->receipt_count; i++)
		if (strcmp(m->receipts[i].addressee, x->s->self.site) == 0)
			marks.at[marks.count++] = (struct stream_mark){
			    m->receipts[i].actor, m->receipts[i].filter,
			    m->receipts[i].until };
	rc = stream_take(x->s, &x->a->peer, m->from.generation, m->sequence,
	    &marks, err);
	free(marks.at);			/* the filters are the manifest's */
	return rc;
}

static int
learn_heads(struct applying *x, struct err *err)
{
	const struct manifest *m = &x->a->m;
	struct stream_head h;
	size_t i;
	int rc;

	for (i = 0; i < m->head_count; i++) {
		h.actor = m->heads[i].actor;
		h.n = m->heads[i].n;
		memcpy(h.head, m->heads[i].head, 32);
		if ((rc = stream_learn(x->s, &h, err)) < 0)
			return rc;
	}
	return 0;
}

/* The newest of our files that the peer has. */
static int
learn_reads(struct applying *x, struct err *err)
{
	const struct manifest *m = &x->a->m;
	size_t i;
	int rc;

	for (i = 0; i < m->heard_count; i++)
		if (strcmp(m->heard[i].addressee, x->s->self.site) == 0 &&
		    actor_cmp(&m->heard[i].actor, &x->s->self) == 0 &&
		    (rc = stream_reads(x->s, x->a->peer.id,
		    m->heard[i].sequence, err)) < 0)
			return rc;
	return 0;
}

static int
remember(struct applying *x, const unsigned char id[32], struct err *err)
{
	const struct manifest *m = &x->a->m;
	const struct peer *p = &x->a->peer;
	int rc;

	if (m->kind == MANIFEST_BUNDLE &&
	    ((rc = stream_apply(x->s, p->id, &m->from, m->filter, m->until,
	    err)) < 0 ||
	    (m->totals.records > 0 &&
	    (rc = stream_set_owed(x->s, p->id, 1, err)) < 0)))
		return rc;
	if ((rc = take_statement(x, err)) < 0 ||
	    (rc = learn_heads(x, err)) < 0 ||
	    (rc = learn_reads(x, err)) < 0 ||
	    (m->kind == MANIFEST_REQUEST &&
	    (rc = stream_want(x->s, p->id, m->from.generation, m->sequence,
	    (const unsigned char (*)[32])m->wanted, m->wanted_count,
	    err)) < 0) ||
	    (rc = stream_hear(x->s, p->id, m->from.generation, m->sequence,
	    err)) < 0 ||
	    (rc = stream_read(x->s, p, &m->from, m->sequence, id, err)) < 0)
		return rc;
	return rc == 0 ? 0 : cadence_heard(x->s, p->id, (int64_t)m->cadence,
	    err);
}

static int
missing_blobs(const struct applying *x, struct err *err)
{
	/* What a request wants is missing at its sender, not here. */
	if (x->a->m.kind == MANIFEST_REQUEST || x->report->wanted_count == 0 ||
	    MUTANT(blob_unchecked))
		return 0;
	(void)err_set(err, E_GAP, "%zu attachments that it needs are neither "
	    "in it nor here", x->report->wanted_count);
	return err_next(err, "import the files of \"%s\" before this one, or "
	    "carry back the request and run 'satchel export --for REQUEST' "
	    "there", x->a->peer.name);
}

int
apply_file(struct store *s, struct admission *a, struct unpack *u,
    const struct import_request *r, struct import_report *report,
    struct err *err)
{
	CLEANUP(applying_clear) struct applying x = {
		.s = s, .a = a, .r = r, .report = report,
		.span = BLOB_SPAN_INIT
	};
	struct unpacked *member = NULL;
	int rc;

	if ((rc = stream_life(s, &a->peer, &a->m.from, err)) < 0)
		return rc;
	x.via = actor_cmp(&a->peer.life, &a->m.from) == 0 ||
	    MUTANT(via_of_old_life) ? a->peer.id : 0;
	x.merge.floor = s->seq;
	while ((rc = unpack_next(u, &member, err)) > 0)
		if (apply_member(&x, member, err) < 0 ||
		    (MUTANT(applied_by_member) &&
		    (store_commit(s, err) < 0 || store_begin(s, err) < 0)))
			return err_rung(err, 8);
	if (rc < 0)
		return rc;
	if (check_totals(&x, err) < 0)
		return err_rung(err, 7);
	report->valid = 1;
	if (missing_blobs(&x, err) < 0)
		return err_rung(err, 8);
	rc = remember(&x, u->spool->reader.id, err);
	return rc < 0 ? err_rung(err, 9) : 0;
}

int
apply_check(struct unpack *u, struct err *err)
{
	struct unpacked *member = NULL;
	int rc;

	while ((rc = unpack_next(u, &member, err)) > 0)
		;
	return rc;
}
