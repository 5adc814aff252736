/* Files that arrive, and sites that go back to a backup. */
#include <stdio.h>
#include <string.h>

#include "../../importer/import.h"
#include "../../store/guard.h"
#include "../../store/stream.h"
#include "blobs.h"
#include "steps.h"
#include "world.h"

/* --- importing --------------------------------------------------------- */

static int
identity(void *ctx, const struct age_identity **ret, struct err *err)
{
	(void)err;
	*ret = ctx;
	return 0;
}

/* The report is cleared by the caller. */
static int
import(struct world *w, int i, const struct parcel *x,
    struct import_result *ret)
{
	struct place *p = site(w, i);
	const char *path = x->path;
	struct minisign_pub own;
	struct import_request r = { .mode = IMPORT_APPLY,
	    .identity = identity, .ctx = p->age, .own = &own };

	minisign_public(p->key, &own);
	return import_run(p->s, &path, 1, &r, ret, &w->err);
}

static int
was_read(struct world *w, int i, const struct parcel *x)
{
	unsigned char id[32];
	int rc = stream_was_read(w->y->at[i].s, &x->sender, x->sequence, id,
	    &w->err);

	MUST(w, rc);
	return rc == 1 && memcmp(id, x->id, 32) == 0;
}

static uint64_t
applied(struct world *w, int i, const struct parcel *x)
{
	struct store *s = w->y->at[i].s;
	struct peer peer;
	uint64_t n = 0;

	MUST(w, peer_by_site(s, x->sender.site, &peer, &w->err));
	MUST(w, stream_applied(s, peer.id, &x->sender, FILTER_ALL, &n,
	    &w->err));
	return n;
}

/* --- what it must have done -------------------------------------------- */

static void
check_admitted(struct world *w, int i, const struct parcel *x)
{
	const char *why;
	int uid;

	for (uid = 0; uid < UIDS; uid++) {
		if (!(x->carried >> uid & 1))
			continue;
		why = oracle_check(&w->o, i, w->y->at[i].s, uid,
		    &x->set[uid], &w->err);
		if (why != NULL)
			violate(w, why);
	}
	w->counts[COUNT_APPLIED]++;
}

/* A request is answered. */
static void
answer(struct world *w, int i, const struct parcel *x,
    const struct import_report *r)
{
	struct sending back = { .to = { x->from }, .to_count = 1,
	    .heartbeat = 1 };
	int first, count, b;
	size_t k;

	for (k = 0; k < r->wanted_count; k++) {
		b = blobs_number(r->wanted[k]);
		back.wanted |= 1u << (b < 0 ? BLOBS : b);
	}
	first = export_files(w, i, &back, &count);
	send_all(w, first, count);
}

/* Is what it misses truly neither in the file nor there? */
static void
check_missed(struct world *w, int i, int parcel,
    const struct import_report *r)
{
	const struct parcel *x = w->parcels[parcel];
	unsigned wanted = 0;
	size_t k;
	int b;

	for (k = 0; k < r->wanted_count; k++) {
		if ((b = blobs_number(r->wanted[k])) < 0)
			violate(w, "an attachment that nobody made is missed");
		wanted |= 1u << b;
		if ((x->blobs >> b & 1) ||
		    blobs_is_there(w->y->at[i].s, b, 0, &w->err) == 1)
			violate(w, "an attachment is missed that is there");
	}
	w->counts[COUNT_MISSED]++;
	w->missed.site = i;
	w->missed.parcel = parcel;
	w->missed.wanted = wanted;
}

/* Refused: only for a gap. */
static void
check_refused(struct world *w, int i, int parcel,
    const struct import_report *r)
{
	const struct parcel *x = w->parcels[parcel];

	if (r->err.code != E_GAP) {
		err_recall(&w->err, &r->err);
		violate(w, r->err.code == E_FORK ? "false alarm E_FORK" :
		    r->err.code == E_ROLLED_BACK ?
		    "false alarm E_ROLLED_BACK" : "a file is refused");
	}
	w->counts[COUNT_GAPS]++;
	if (r->wanted_count > 0)
		check_missed(w, i, parcel, r);
	else if (x->parts == 0 && (x->kind != MANIFEST_BUNDLE ||
	    x->since <= applied(w, i, x)))
		violate(w, "refused though it is its turn");
}

/* A killed import has done nothing or all. */
static void
check_killed(struct world *w, int i, const struct parcel *x,
    const unsigned char before[32], int known)
{
	unsigned char after[32];

	if (!known && was_read(w, i, x)) {
		w->counts[COUNT_KEPT]++;
		check_admitted(w, i, x);
		return;
	}
	fingerprint(w, i, after);
	if (memcmp(before, after, 32) != 0)
		violate(w, "a killed import left something");
}

struct arrival {
	struct item item;
	unsigned char before[32];
	uint64_t applied;
	int known, again, watched;
};

/* What the import says must be what it did. */
static void
check_report(struct world *w, const struct arrival *a,
    const struct import_report *r)
{
	const struct parcel *x = w->parcels[a->item.parcel];
	int i = a->item.to, refused = r->err.code != E_OK;
	unsigned char after[32];

	if (refused)
		check_refused(w, i, a->item.parcel, r);
	if (a->watched && (refused || a->again)) {
		fingerprint(w, i, after);
		if (memcmp(a->before, after, 32) != 0)
			violate(w, refused ? "a gap changed something" :
			    "not idempotent");
	}
	if (refused)
		return;
	if (x->kind != MANIFEST_BUNDLE && applied(w, i, x) != a->applied)
		violate(w, "an excerpt moved a watermark");
	check_admitted(w, i, x);
}

void
arrive(struct world *w, struct item item, int again)
{
	struct arrival a = { .item = item, .again = again };
	struct parcel *x = w->parcels[item.parcel];
	struct import_result ret = { NULL, 0 };
	struct import_report r;
	int i = item.to, rc;

	a.known = was_read(w, i, x);
	a.again &= a.known;
	a.watched = again || w->p->kills > 0 || dice_chance(&w->r, 30);
	if (a.watched)
		fingerprint(w, i, a.before);
	a.applied = applied(w, i, x);
	maybe_kill(w);
	rc = import(w, i, x, &ret);
	if (was_killed(w, i)) {
		import_result_clear(&ret);
		check_killed(w, i, x, a.before, a.known);
		fingerprint(w, i, a.before);
		a.applied = applied(w, i, x);
		rc = import(w, i, x, &ret);
	}
	if (rc < 0 || ret.count != 1)
		violate(w, "an import fails");
	r = ret.at[0];
	check_report(w, &a, &r);
	if (r.err.code == E_OK && x->kind == MANIFEST_REQUEST &&
	    r.wanted_count > 0)
		answer(w, i, x, &r);
	import_result_clear(&ret);
	if (r.err.code == E_OK && w->p->hub && i == 0)
		settle_disjoint(w, 0);
}

/* --- back to a backup -------------------------------------------------- */

void
backup(struct world *w, int i)
{
	struct backup *b = &w->backups[i];
	const struct store *s = w->y->at[i].s;

	b->db = place_backup(&w->y->at[i], b->db);
	b->memory = w->o.at[i];
	b->sequence = s->sequence;
	b->generation = s->self.generation;
}

/* Has the site written files that its backup does not know? */
static int
has_written(const struct world *w, int i, const struct backup *b)
{
	const struct parcel *x;
	int k;

	for (k = 0; k < w->parcel_count; k++) {
		x = w->parcels[k];
		if (x->from == i && (x->sender.generation > b->generation ||
		    (x->sender.generation == b->generation &&
		    x->sequence > b->sequence)))
			return 1;
	}
	return 0;
}

static void
begin_again(struct world *w, int i)
{
	struct store *s = site(w, i)->s;
	uint64_t old = s->self.generation;
	char nonce[17];

	if (guard_check(s, w->y->state, &w->err) >= 0 ||
	    w->err.code != E_ROLLED_BACK)
		violate(w, "a restore is not refused");
	err_clear(&w->err);
	(void)snprintf(nonce, sizeof nonce, "%016llx",
	    (unsigned long long)dice_next(&w->rng));
	maybe_kill(w);
	(void)guard_restored(s, w->y->state, nonce, 0, "sim",
	    &w->err);
	if (steps_dead()) {
		place_close(&w->y->at[i]);
		steps_disarm();
		err_clear(&w->err);
		place_open(w->y, &w->y->at[i]);
		s = site(w, i)->s;
		MUST(w, guard_restored(s, w->y->state, nonce, 0, "sim",
		    &w->err));
	}
	steps_disarm();
	MUST(w, guard_check(s, w->y->state, &w->err));
	if (s->self.generation <= old)
		violate(w, "a new life of the same generation");
	w->counts[COUNT_LIVES]++;
}

void
restore(struct world *w, int i)
{
	struct backup *b = NULL;
	int k, ahead;

	for (k = 0; k < w->p->sites && b == NULL; k++, i++)
		if (w->backups[i % w->p->sites].db != NULL)
			b = &w->backups[i % w->p->sites];
	if (b == NULL)
		return;
	i = (int)(b - w->backups);
	place_put_back(w->y, &w->y->at[i], b->db);
	w->o.at[i] = b->memory;
	w->counts[COUNT_RESTORES]++;
	ahead = guard_is_ahead(site(w, i)->s, w->y->state, &w->err);
	if (has_written(w, i, b) ? ahead != 1 : ahead != 0 &&
	    w->p->kills == 0 && b->generation ==
	    w->y->at[i].s->self.generation && w->counts[COUNT_LIVES] == 0)
		violate(w, ahead == 1 ? "a restore without cause" :
		    "a restore is not noticed");
	if (ahead == 1)
		begin_again(w, i);
}
