/* What must be so of all sites together, and how they heal. */
#include <stdlib.h>
#include <string.h>

#include "../../store/blob.h"
#include "../../store/digest.h"
#include "../../store/dump.h"
#include "../../store/stream.h"
#include "blobs.h"
#include "world.h"

/* --- honest watermarks ------------------------------------------------- */

static void
find_peer(struct world *w, int a, int b, struct peer *ret)
{
	if (peer_by_site(w->y->at[a].s, w->y->at[b].id, ret, &w->err) != 1)
		violate(w, "a peer is not known");
}

/* Has `b` all that `a` has of an object, or has had it? */
static int
is_known_at(const struct world *w, int a, int b, int uid)
{
	struct bits all;

	oracle_closure(&w->o, &w->o.at[a].live[uid], &all);
	return bits_within(&all, &w->o.at[b].past[uid]);
}

/* Every object of the stream up to the watermark. */
static void
check_watermark(struct world *w, int a, int b)
{
	struct store *s = w->y->at[a].s, *t = w->y->at[b].s;
	struct peer there, here;
	uint64_t until;
	int uid, lost;

	find_peer(w, a, b, &there);
	find_peer(w, b, a, &here);
	MUST(w, stream_applied(t, here.id, &s->self, FILTER_ALL, &until,
	    &w->err));

	/* The peer was restored and has not said so yet. */
	lost = actor_cmp(&there.life, &t->self) != 0;
	for (uid = 0; uid < UIDS; uid++) {
		CLEANUP(object_clear) struct object o = OBJECT_INIT;

		if (object_get(s, uid_name(uid), 2, &o, &w->err) != 1 ||
		    (o.via == there.id && lost) || o.seq > until)
			continue;
		object_clear(&o);
		if (!is_known_at(w, a, b, uid))
			violate(w, "a watermark claims what is not there");
	}
}

/* What `a` would leave out for `b`, `b` has. */
static void
check_blobs(struct world *w, int a, int b)
{
	struct store *s = w->y->at[a].s, *t = w->y->at[b].s;
	struct peer there;
	uint64_t since, size;
	int64_t id;
	int k, rc;

	find_peer(w, a, b, &there);
	if (actor_cmp(&there.life, &t->self) != 0)
		return;
	MUST(w, stream_since(s, there.id, FILTER_ALL, &since, &w->err));
	for (k = 0; k < BLOBS; k++) {
		if (blob_find(s, blobs_hash(k), &id, &size, &w->err) != 1)
			continue;
		rc = stream_blob_known(s, there.id, FILTER_ALL, id, since,
		    &w->err);
		MUST(w, rc);
		if (rc == 1 && blobs_is_there(t, k, 0, &w->err) != 1)
			violate(w, "an attachment is taken for known");
	}
}

static void
add(unsigned char sum[32], const unsigned char x[32])
{
	int i, carry = 0;

	for (i = 31; i >= 0; i--) {
		carry += sum[i] + x[i];
		sum[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

static void
check_digest(struct world *w, int i)
{
	struct store *s = w->y->at[i].s;
	unsigned char want[TYPES][32] = { { 0 } }, hash[32], got[32];
	struct json_span type;
	int k;

	for (k = 0; k < UIDS; k++) {
		CLEANUP(object_clear) struct object o = OBJECT_INIT;

		if (object_get(s, uid_name(k), 2, &o, &w->err) != 1)
			continue;
		merge_object_hash(uid_name(k), 2, o.set, hash);
		add(want[k % TYPES], hash);
	}
	for (k = 0; k < TYPES; k++) {
		type = (struct json_span){ type_name(k), 2 };
		MUST(w, digest_of(s, type, got, &w->err));
		if (memcmp(got, want[k], 32) != 0)
			violate(w, "digest drifted");
	}
}

void
check_honest(struct world *w)
{
	int k;

	for (k = 0; k < w->p->edge_count; k++) {
		check_watermark(w, w->p->edges[k].from, w->p->edges[k].to);
		check_blobs(w, w->p->edges[k].from, w->p->edges[k].to);
	}
	for (k = 0; k < w->p->sites; k++)
		check_digest(w, k);
}

/* --- merge is a join --------------------------------------------------- */

static int
by_dot(const void *a, const void *b)
{
	const struct version *const *x = a, *const *y = b;

	return dot_cmp(&(*x)->dot, &(*y)->dot);
}

static size_t
sorted(const struct world *w, const struct bits *set, struct version **list)
{
	size_t count = 0;
	int n;

	for (n = bits_next(set, -1); n >= 0; n = bits_next(set, n))
		list[count++] = &w->o.known[n].v;
	qsort(list, count, sizeof *list, by_dot);
	return count;
}

static struct bits
merged(const struct world *w, const struct bits *a, const struct bits *b)
{
	struct version *x[VERSIONS_MAX], *y[VERSIONS_MAX];
	char keep_x[VERSIONS_MAX], keep_y[VERSIONS_MAX];
	struct siblings left = { x, sorted(w, a, x) };
	struct siblings right = { y, sorted(w, b, y) };
	struct bits ret = { { 0 } };
	size_t i;

	merge_sets(left, right, keep_x, keep_y);
	for (i = 0; i < left.count; i++)
		if (keep_x[i])
			bits_put(&ret, oracle_find(&w->o, x[i]));
	for (i = 0; i < right.count; i++)
		if (keep_y[i])
			bits_put(&ret, oracle_find(&w->o, y[i]));
	return ret;
}

/* A set of this object that has travelled; 0 if none. */
static int
some_set(struct world *w, int uid, struct bits *ret)
{
	int tries, k;

	for (tries = 0; tries < 8 && w->parcel_count > 0; tries++) {
		k = (int)dice_below(&w->rng, (unsigned)w->parcel_count);
		if (w->parcels[k]->carried >> uid & 1) {
			*ret = w->parcels[k]->set[uid];
			return 1;
		}
	}
	return 0;
}

void
check_algebra(struct world *w)
{
	struct bits a, b, c, ab, ba, bc, left, right, again;
	int uid;

	for (uid = 0; uid < UIDS; uid++) {
		if (!some_set(w, uid, &a) || !some_set(w, uid, &b) ||
		    !some_set(w, uid, &c))
			continue;
		ab = merged(w, &a, &b);
		ba = merged(w, &b, &a);
		bc = merged(w, &b, &c);
		left = merged(w, &ab, &c);
		right = merged(w, &a, &bc);
		again = merged(w, &ab, &b);
		if (!bits_same(&ab, &ba) || !bits_same(&left, &right) ||
		    !bits_same(&again, &ab))
			violate(w, "merge is not a join");
	}
}

/* --- healing ----------------------------------------------------------- */

struct round {
	struct items items;
	int objects, files;
};

static void
add_exported(struct world *w, int i, const struct sending *x,
    struct round *r)
{
	int k, j, count = 0, first = export_files(w, i, x, &count);

	for (k = first; k < first + count; k++)
		for (j = 0; j < w->p->sites; j++)
			if (w->parcels[k]->to >> j & 1)
				items_add(&r->items, k, j);
}

static void
export_round(struct world *w, int i, int heartbeat, struct round *r)
{
	struct sending x = { .heartbeat = heartbeat };
	int e;

	for (e = 0; e < w->p->edge_count; e++) {
		if (w->p->edges[e].from != i)
			continue;
		x.to[x.to_count++] = w->p->edges[e].to;
		if (!w->p->several) {
			add_exported(w, i, &x, r);
			x.to_count = 0;
		}
	}
	if (x.to_count > 0)
		add_exported(w, i, &x, r);
}

/* Every edge carries a bundle each way, and they cross on the road.  Where a
 * history says so, a site writes one for all its peers. */
static struct round
play_round(struct world *w, int heartbeat)
{
	struct round r = { .files = 0 };
	struct item x;
	int i;

	for (i = 0; i < w->p->sites; i++)
		export_round(w, i, heartbeat, &r);
	while (r.items.count > 0) {
		x = items_take(&r.items, dice_below(&w->rng,
		    (unsigned)r.items.count));
		r.files++;
		r.objects += __builtin_popcount(
		    w->parcels[x.parcel]->carried);
		arrive(w, x, 0);
	}
	free(r.items.at);
	return r;
}

void
spread(struct world *w)
{
	int i;

	for (i = 0; i < 3 && play_round(w, 1).objects > 0; i++)
		continue;
}

static int
keep(void *ctx, const void *data, size_t len, struct err *err)
{
	buf_add(ctx, data, len);
	return buf_check(ctx, err);
}

static void
dump(struct world *w, int i, struct buf *out)
{
	const struct dump_what what = { .deleted = 1 };
	const struct dump_out to = { keep, out };

	MUST(w, dump_all(w->y->at[i].s, &what, &to, &w->err));
}

/* Sets, dumps and digests at both ends of an edge. */
static void
check_equal(struct world *w, int a, int b)
{
	CLEANUP(buf_clear) struct buf x = BUF_INIT, y = BUF_INIT;
	unsigned char p[32], q[32];
	struct bits here, there;
	int uid, same;

	for (uid = 0; uid < UIDS; uid++) {
		MUST(w, oracle_held(&w->o, w->y->at[a].s, uid, &here,
		    &w->err));
		MUST(w, oracle_held(&w->o, w->y->at[b].s, uid, &there,
		    &w->err));
		if (!bits_same(&here, &there) || !is_known_at(w, a, b, uid))
			violate(w, "diverged");
	}
	dump(w, a, &x);
	dump(w, b, &y);
	same = json_same(json_of(&x), json_of(&y));
	buf_clear(&x);
	buf_clear(&y);
	if (!same)
		violate(w, "equal sets, different dumps");
	MUST(w, digest_all(w->y->at[a].s, p, &w->err));
	MUST(w, digest_all(w->y->at[b].s, q, &w->err));
	if (memcmp(p, q, 32) != 0)
		violate(w, "equal sets, different digests");
}

/* Longest way, one round for what receipts correct, one for what that
 * releases; to a hub, and its decision back. */
void
heal(struct world *w)
{
	int rounds = plan_far(w->p) * (w->p->hub ? 2 : 1) + 2, k;

	w->r = w->rng;
	for (k = 0; k < rounds && play_round(w, 1).objects > 0; k++)
		continue;
	for (k = 0; k < w->p->edge_count; k++)
		check_equal(w, w->p->edges[k].from, w->p->edges[k].to);
	if (play_round(w, 1).objects > 0 && play_round(w, 1).objects > 0)
		violate(w, "equal sites go on sending");
	for (k = 0; k < 2 && play_round(w, 0).files > 0; k++)
		continue;
	if (k == 2 && play_round(w, 0).files > 0)
		violate(w, "silent sites go on writing");
	check_honest(w);
}
