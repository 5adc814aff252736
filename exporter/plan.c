#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "../store/cadence.h"
#include "../store/media.h"
#include "../store/stream.h"

_Static_assert(CADENCE_MIN == FORMAT_CADENCE_MIN &&
    CADENCE_MAX == FORMAT_CADENCE_MAX, "what is set can be written");

void
plan_clear(struct plan *p)
{
	buf_clear(&p->wanted);
	place_clear(&p->place);
}

static int
by_site(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;

	return strcmp(x->site, y->site);
}

/* One addressee, known, trusted, and not named twice. */
static int
add_peer(struct store *s, struct plan *p, const char *name, struct err *err)
{
	struct peer *to = &p->to[p->to_count];
	size_t i;
	int rc;

	if (p->to_count == FORMAT_TO_MAX)
		return err_set(err, E_LIMIT, "more than %u addressees",
		    FORMAT_TO_MAX);
	if ((rc = peer_find(s, name, to, err)) < 0)
		return rc;
	if (rc == 0) {
		(void)err_set(err, E_USAGE, "there is no peer \"%s\"", name);
		return err_next(err, "'satchel peer list' shows them; 'satchel"
		    " peer add CARD' adds one");
	}
	if (to->revoked)
		return err_set(err, E_REVOKED, "peer \"%s\" is revoked",
		    to->name);
	for (i = 0; i < p->to_count; i++)
		if (p->to[i].id == to->id)
			return err_set(err, E_USAGE, "peer \"%s\" is named "
			    "twice", to->name);
	p->to_count++;
	return 0;
}

/* One bundle for several: only if the policy is the same for all. */
static int
check_policy(struct plan *p, struct err *err)
{
	size_t i;

	for (i = 0; i < p->to_count; i++) {
		int encrypted = p->to[i].encrypt != PEER_PLAIN;

		if (i > 0 && encrypted != p->encrypted) {
			(void)err_set(err, E_POLICY, "\"%s\" and \"%s\" differ"
			    " in encryption", p->to[0].name, p->to[i].name);
			return err_next(err, "export to each alone, or set "
			    "encrypt= alike with 'satchel peer set'");
		}
		p->encrypted = encrypted;
		if (age_recipient_parse(&p->recipients[i], p->to[i].age,
		    strlen(p->to[i].age), err) < 0)
			return err_prefix(err, "peer \"%s\"", p->to[i].name);
	}
	return 0;
}

static int
set_range(struct store *s, struct plan *p, struct err *err)
{
	size_t i;
	int rc;

	p->until = s->seq;
	p->since = p->r->full || MUTANT(several_highest) ? 0 : s->seq;
	for (i = 0; i < p->to_count; i++) {
		if ((rc = stream_since(s, p->ids[i], FILTER_ALL,
		    &p->acked[i], err)) < 0)
			return rc;
		if (MUTANT(several_highest) ? p->acked[i] > p->since :
		    p->acked[i] < p->since)
			p->since = p->acked[i];
	}
	if ((p->to_count == 1 || MUTANT(several_via)) && !p->r->full)
		p->via = p->to[0].id;
	if (p->excerpt) {
		p->since = 0;
		p->via = 0;
	}
	return stream_due(s, p->since, p->via, &p->due, err);
}

int
plan_make(struct store *s, const struct export_request *r, struct plan *ret,
    struct err *err)
{
	size_t i;
	int rc;

	memset(ret, 0, sizeof *ret);
	ret->place = (struct place)PLACE_INIT;
	ret->r = r;
	ret->excerpt = r->since_time >= 0 || r->until_time >= 0 ||
	    r->type_count > 0;
	if (r->to_count == 0)
		return err_set(err, E_USAGE, "no addressee is named");
	if (r->full && ret->excerpt)
		return err_set(err, E_USAGE, "an excerpt cannot be full");
	for (i = 0; i < r->to_count; i++)
		if ((rc = add_peer(s, ret, r->to[i], err)) < 0)
			return rc;
	qsort(ret->to, ret->to_count, sizeof *ret->to, by_site);
	if ((rc = check_policy(ret, err)) < 0)
		return rc;
	for (i = 0; i < ret->to_count; i++) {
		ret->ids[i] = ret->to[i].id;
		ret->owed |= ret->to[i].owed;
	}
	return set_range(s, ret, err);
}

/* --- wanted blobs ------------------------------------------------------ */

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Ascending, each once. */
static void
sort_hashes(struct buf *b)
{
	size_t i, kept = 0;

	if (b->len == 0)
		return;
	qsort(b->at, b->len / 32, 32, by_hash);
	for (i = 32; i < b->len; i += 32)
		if (memcmp(b->at + i, b->at + kept, 32) != 0) {
			kept += 32;
			memmove(b->at + kept, b->at + i, 32);
		}
	b->len = kept + 32;
}

int
plan_wanted(struct store *s, struct plan *p, struct err *err)
{
	const struct export_request *r = p->r;
	size_t i;
	int rc;

	if (r->wanted_count > 0)
		buf_add(&p->wanted, r->wanted, r->wanted_count * 32);
	for (i = 0; i < p->to_count && !p->excerpt; i++)
		if ((rc = stream_wanted(s, p->ids[i], &p->wanted, err)) < 0)
			return rc;
	if ((rc = buf_check(&p->wanted, err)) < 0)
		return rc;
	sort_hashes(&p->wanted);
	return 0;
}

int
plan_blob_known(struct store *s, const struct plan *p, int64_t blob,
    struct err *err)
{
	size_t i;
	int rc;

	if (p->r->full)
		return 0;
	for (i = 0; i < p->to_count; i++)
		if ((rc = stream_blob_known(s, p->ids[i], FILTER_ALL, blob,
		    p->acked[i], err)) <= 0)
			return rc;
	return 1;
}

int
plan_leaves(struct store *s, const struct plan *p, struct err *err)
{
	const struct medium *on = &p->place.medium;
	const struct media m = { .serial = on->serial, .label = on->label,
	    .fs = on->fs };
	size_t i;
	int rc;

	if (on->kind != MEDIUM_CARRIED)
		return 0;
	for (i = 0; i < p->to_count; i++)
		if ((rc = media_left(s, &m, p->to[i].name, err)) < 0)
			return rc;
	return 0;
}

/* --- the manifest ------------------------------------------------------ */

static int
add_receipts(struct store *s, const struct peer *to, struct manifest *m,
    struct err *err)
{
	CLEANUP(stream_marks_clear) struct stream_marks marks = { NULL, 0 };
	struct manifest_stream *more, *x;
	size_t i;
	int rc;

	if ((rc = stream_statement(s, to->id, &marks, err)) < 0)
		return rc;
	if (marks.count == 0)
		return 0;
	more = realloc(m->receipts, (m->receipt_count + marks.count) *
	    sizeof *more);
	if (more == NULL)
		return err_oom(err);
	m->receipts = more;
	for (i = 0; i < marks.count; i++) {
		x = &more[m->receipt_count++];
		memcpy(x->addressee, to->site, sizeof x->addressee);
		x->actor = marks.at[i].actor;
		x->filter = marks.at[i].filter;
		x->until = marks.at[i].until;
		marks.at[i].filter = NULL;
	}
	return 0;
}

static int
head_order(const void *a, const void *b)
{
	const struct manifest_head *x = a, *y = b;

	return actor_cmp(&x->actor, &y->actor);
}

static int
add_heads(struct store *s, struct manifest *m, struct err *err)
{
	CLEANUP(buf_freep) struct stream_head *heads = NULL;
	size_t count = 0, i;
	int rc;

	if ((rc = stream_heads(s, &heads, &count, err)) < 0)
		return rc;
	if ((m->heads = calloc(count + 1, sizeof *m->heads)) == NULL)
		return err_oom(err);
	for (i = 0; i < count; i++) {
		m->heads[i].actor = heads[i].actor;
		m->heads[i].n = heads[i].n;
		memcpy(m->heads[i].head, heads[i].head, 32);
	}
	m->head_count = count;
	qsort(m->heads, count, sizeof *m->heads, head_order);
	return 0;
}

static void
add_heard(const struct peer *to, struct manifest *m)
{
	struct manifest_heard *x = &m->heard[m->heard_count];

	if (to->heard_sequence == 0)
		return;
	memcpy(x->addressee, to->site, sizeof x->addressee);
	x->actor = to->heard_actor;
	x->sequence = to->heard_sequence;
	memcpy(x->id, to->heard_id, 32);
	m->heard_count++;
}

/* The wanted blobs of a request: ascending, each once, not too many. */
static int
add_wanted(const struct export_request *r, struct manifest *m,
    struct err *err)
{
	size_t n = r->wanted_count;

	n = n < FORMAT_WANTED_MAX ? n : FORMAT_WANTED_MAX;
	if ((m->wanted = calloc(n + 1, sizeof *m->wanted)) == NULL)
		return err_oom(err);
	if (n > 0)
		memcpy(m->wanted, r->wanted, n * sizeof *m->wanted);
	m->wanted_count = n;
	return 0;
}

int
plan_manifest(struct store *s, const struct plan *p,
    enum manifest_kind kind, struct manifest *ret, struct err *err)
{
	struct minisign_pub pub;
	int64_t cadence = 0;
	size_t i;
	int rc;

	memset(ret, 0, sizeof *ret);
	ret->kind = kind;
	ret->from = s->self;
	memcpy(ret->from_name, s->name, sizeof ret->from_name);
	minisign_public(p->r->key, &pub);
	minisign_id_hex(pub.id, ret->key);
	text_date(ret->created, p->r->created);
	ret->sequence = s->sequence + 1;
	if ((rc = cadence_get(s, &cadence, err)) < 0)
		return rc;
	ret->cadence = (uint64_t)cadence;
	ret->to = calloc(p->to_count, sizeof *ret->to);
	ret->heard = calloc(p->to_count, sizeof *ret->heard);
	if (ret->to == NULL || ret->heard == NULL)
		return err_oom(err);
	ret->to_count = p->to_count;
	for (i = 0; i < p->to_count; i++) {
		memcpy(ret->to[i].site, p->to[i].site, SITE_LEN + 1);
		memcpy(ret->to[i].name, p->to[i].name, NAME_LEN + 1);
		if ((rc = add_receipts(s, &p->to[i], ret, err)) < 0)
			return rc;
		add_heard(&p->to[i], ret);
	}
	if ((rc = add_heads(s, ret, err)) < 0)
		return rc;
	if (kind == MANIFEST_REQUEST)
		return add_wanted(p->r, ret, err);
	if (kind == MANIFEST_RECEIPT)
		return 0;
	ret->codec = p->r->codec;
	ret->encrypted = p->encrypted;
	if ((ret->filter = strdup(FILTER_ALL)) == NULL)
		return err_oom(err);
	return 0;
}
