/* People who edit, and the hub that settles. */
#include <stdlib.h>
#include <string.h>

#include "../../store/conflict.h"
#include "blobs.h"
#include "world.h"

struct editing {
	int uid;
	struct state state;		/* what is to be saved */
	struct bits shown;
	int by_rule;			/* shown what the lab shows */
	int entry;			/* with a line of review history */
};

/* --- saving ------------------------------------------------------------ */

static int
by_dot(const void *a, const void *b)
{
	const struct version *const *x = a, *const *y = b;

	return dot_cmp(&(*x)->dot, &(*y)->dot);
}

/* The siblings, and what was shown though it is none any more. */
static int
edit_seen(struct world *w, int i, const struct object *x,
    const struct editing *e, const struct merge_edit *edit)
{
	struct version *all[VERSIONS_MAX];
	struct object_seen seen = { { all, 0 }, NULL };
	char flags[VERSIONS_MAX];
	struct bits held = { { 0 } };
	size_t k;
	int n;

	for (k = 0; k < x->set.count; k++) {
		all[seen.all.count++] = x->set.v[k];
		if ((n = oracle_find(&w->o, x->set.v[k])) >= 0)
			bits_put(&held, n);
	}
	for (n = bits_next(&e->shown, -1); n >= 0;
	    n = bits_next(&e->shown, n))
		if (!bits_has(&held, n))
			all[seen.all.count++] = &w->o.known[n].v;
	qsort(all, seen.all.count, sizeof *all, by_dot);
	for (k = 0; k < seen.all.count; k++) {
		n = oracle_find(&w->o, all[k]);
		flags[k] = n >= 0 && bits_has(&e->shown, n);
	}
	seen.shown = flags;
	return object_edit_seen(w->y->at[i].s, uid_name(e->uid), 2, x, &seen,
	    edit, &w->err);
}

static int
edit_object(struct world *w, int i, const struct editing *e,
    const struct merge_edit *edit)
{
	CLEANUP(object_clear) struct object x = OBJECT_INIT;
	struct store *s = w->y->at[i].s;
	int rc, b;

	for (b = 0; b < BLOBS; b++)
		if (e->state.live && e->state.value[F_ATT] != ABSENT &&
		    (e->state.value[F_ATT] >> b & 1) &&
		    (rc = blobs_put(s, b, &w->err)) < 0)
			return rc;
	if ((rc = object_get(s, uid_name(e->uid), 2, &x, &w->err)) < 0)
		return rc;
	return e->by_rule ? object_edit(s, uid_name(e->uid), 2, &x, NULL,
	    edit, &w->err) : edit_seen(w, i, &x, e, edit);
}

/* One transaction.  1 with a new version, 0 if nothing changed. */
static int
save(struct world *w, int i, const struct editing *e,
    const struct buf *entry)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;
	struct store *s = site(w, i)->s;
	const char *type = type_name(e->uid);
	struct merge_edit edit = { .clock = clock_of(w, i) };
	int rc, made;

	state_write(&e->state, &fields);
	edit.fields = json_of(&fields);
	edit.type = (struct json_span){ type, strlen(type) };
	edit.entries = json_of(entry);
	if ((rc = store_begin(s, &w->err)) < 0)
		return rc;
	made = edit_object(w, i, e, &edit);
	if (made >= 0 && (rc = store_commit(s, &w->err)) < 0)
		made = rc;
	if (made < 0)
		store_rollback(s);
	return made;
}

/* The version that the site has just made must be there, be what was meant,
 * and be shown. */
static void
edited(struct world *w, int i, const struct editing *e, int see)
{
	CLEANUP(object_clear) struct object x = OBJECT_INIT;
	struct store *s = w->y->at[i].s;
	struct bits in = { { 0 } };
	const char *why;
	size_t k;
	int n = -1;

	MUST(w, object_get(s, uid_name(e->uid), 2, &x, &w->err));
	for (k = 0; k < x.set.count && n < 0; k++)
		if (actor_cmp(&x.all[k].dot.actor, &s->self) == 0 &&
		    x.all[k].dot.n == s->n)
			n = oracle_enter(&w->o, e->uid, &x.all[k], &e->shown);
	if (n < 0 || !state_same(&w->o.known[n].state, &e->state)) {
		object_clear(&x);
		violate(w, "what was saved is not there");
	}
	w->counts[COUNT_EDITS]++;
	bits_put(&in, n);
	object_clear(&x);
	if ((why = oracle_check(&w->o, i, s, e->uid, &in, &w->err)) != NULL)
		violate(w, why);
	if (see && e->state.live &&
	    oracle_winner(&w->o, &w->o.at[i].live[e->uid]) != n)
		violate(w, "what was saved is not what is shown");
}

static void
edit(struct world *w, int i, const struct editing *e, int see)
{
	CLEANUP(buf_clear) struct buf entry = BUF_INIT;
	uint64_t before = site(w, i)->s->n;
	int rc;

	if (e->entry)
		buf_addf(&entry, "[[\"t%d\",\"%c%d\"]]",
		    (int)(w->now / 20000), "pqrs"[dice_below(&w->r, 4)],
		    (int)(w->now / 40000));
	maybe_kill(w);
	rc = save(w, i, e, &entry);
	if (was_killed(w, i)) {
		rc = site(w, i)->s->n != before;
		if (rc == 0)
			rc = save(w, i, e, &entry);
	}
	if (rc < 0) {
		buf_clear(&entry);
		violate(w, "an edit is refused");
	}
	if (rc > 0)
		edited(w, i, e, see);
}

/* --- what is shown, and what is made of it ----------------------------- */

/* What the lab shows, or what was shown in the first run. */
static void
look(struct world *w, int i, struct editing *e)
{
	const struct bits *live = &w->o.at[i].live[e->uid];
	struct shown *s = &w->shown;
	struct bits *more;
	int n, best;

	if (w->forced) {
		if (s->next == s->count)
			violate(w, "clocks changed who edits");
		e->shown = s->at[s->next++];
		return;
	}
	if (e->by_rule && (best = oracle_winner(&w->o, live)) >= 0)
		for (n = bits_next(live, -1); n >= 0; n = bits_next(live, n))
			if (oracle_looks_same(&w->o, n, best))
				bits_put(&e->shown, n);
	more = realloc(s->at, (s->count + 1) * sizeof *more);
	if (more == NULL)
		abort();
	s->at = more;
	more[s->count++] = e->shown;
}

static int
some_blobs(struct world *w)
{
	int last = w->p->large ? BLOBS :
	    w->p->focus == FOCUS_FILES ? BLOB_LARGE : BLOB_SPANS, mask = 0;

	do
		mask |= 1 << dice_below(&w->r, (unsigned)last);
	while (dice_chance(&w->r, 30));
	return mask;
}

/* A field or three set anew over what was shown. */
static void
change(struct world *w, const struct state *old, struct state *ret)
{
	static const int names[] = { F_A, F_B, F_C, F_D };
	int f, n, fresh = !old->live;

	*ret = *old;
	ret->live = 1;
	for (f = 0; f < FIELDS && fresh; f++)
		ret->value[f] = ABSENT;
	for (n = 0; n < (fresh ? 3 : 1); n++)
		ret->value[names[dice_below(&w->r, 4)]] = w->o.count;
	if (dice_chance(&w->r, w->p->files))
		ret->value[F_ATT] = some_blobs(w);
	if (dice_chance(&w->r, 10))
		ret->value[names[dice_below(&w->r, 4)]] = ABSENT;
	if (dice_chance(&w->r, 10))
		ret->value[F_ATT] = ABSENT;
	ret->value[F_NEST] = 0;
	ret->value[F_E] = dice_chance(&w->r, 10);
}

static void
change_shown(struct world *w, struct editing *e)
{
	static const struct state none;
	int n = bits_next(&e->shown, -1);

	change(w, n < 0 ? &none : &w->o.known[n].state, &e->state);
}

/* --- operations -------------------------------------------------------- */

static void
edit_one(struct world *w, int i, enum op_kind kind)
{
	struct editing e = { .uid = (int)dice_below(&w->r, w->p->objects),
	    .by_rule = 1 };
	int n, see = !w->forced;

	look(w, i, &e);
	n = bits_next(&e.shown, -1);
	if (kind == OP_DELETE && (n < 0 || !w->o.known[n].state.live))
		return;
	e.by_rule = !w->forced;
	if (kind == OP_EDIT) {
		change_shown(w, &e);
	} else if (kind == OP_LOAD) {
		/* The same file, loaded here and perhaps elsewhere. */
		e.state = (struct state){ 1, { ABSENT, ABSENT, ABSENT, 0,
		    ABSENT, ABSENT, ABSENT } };
		e.state.value[F_A] = 7 + dice_chance(&w->r, 50);
		e.state.value[F_B] = 7 + dice_chance(&w->r, 50);
	}
	e.entry = kind != OP_LOAD && dice_chance(&w->r, 60);
	edit(w, i, &e, see);
}

static void
create(struct world *w, int i)
{
	struct editing e = { .state = { 1, { 0, ABSENT, 0, 0, 0, 0, 0 } },
	    .by_rule = 1 };

	for (e.uid = 0; e.uid < UIDS; e.uid++) {
		e.entry = dice_chance(&w->r, 60);
		edit(w, i, &e, 1);
	}
}

/* An edit where an older version is still shown. */
static void
stale(struct world *w, int i)
{
	struct editing e = { .uid = (int)dice_below(&w->r, w->p->objects) };
	const struct bits *had = &w->o.at[i].had[e.uid];
	int n, at, count = bits_count(had);

	if (count == 0)
		return;
	at = (int)dice_below(&w->r, (unsigned)count);
	for (n = bits_next(had, -1); at > 0; at--)
		n = bits_next(had, n);
	bits_put(&e.shown, n);
	look(w, i, &e);
	change_shown(w, &e);
	e.entry = dice_chance(&w->r, 60);
	edit(w, i, &e, 0);
}

static int
conflicts(const struct world *w, int i, int list[UIDS])
{
	int uid, count = 0;

	for (uid = 0; uid < UIDS; uid++)
		if (bits_count(&w->o.at[i].live[uid]) > 1)
			list[count++] = uid;
	return count;
}

/* Take one side, or merge by hand, or delete. */
static void
resolve(struct world *w, int i)
{
	struct editing e = { .by_rule = 0 };
	int list[UIDS], count = conflicts(w, i, list), n, at;
	unsigned how;

	if (count == 0)
		return;
	e.uid = list[dice_below(&w->r, (unsigned)count)];
	e.shown = w->o.at[i].live[e.uid];
	at = (int)dice_below(&w->r, (unsigned)bits_count(&e.shown));
	for (n = bits_next(&e.shown, -1); at > 0; at--)
		n = bits_next(&e.shown, n);
	how = dice_below(&w->r, 100);
	if (how < 60)
		e.state = w->o.known[n].state;
	else if (how >= 75)
		change(w, &w->o.known[n].state, &e.state);
	e.entry = dice_chance(&w->r, 60);
	edit(w, i, &e, 1);
}

void
edit_op(struct world *w, int i, enum op_kind kind)
{
	if (kind == OP_CREATE)
		create(w, i);
	else if (kind == OP_STALE)
		stale(w, i);
	else if (kind == OP_RESOLVE)
		resolve(w, i);
	else
		edit_one(w, i, kind);
}

/* --- disjoint edits ---------------------------------------------------- */

static int
count_uid(void *ctx, const char *uid, struct err *err)
{
	(void)uid;
	(void)err;
	(*(int *)ctx)++;
	return 0;
}

/* Every object that got a version which nobody made yet. */
static int
absorb(struct world *w, int i)
{
	struct store *s = w->y->at[i].s;
	const struct bits none = { { 0 } };
	int uid, before, made = 0;
	const char *why;

	for (uid = 0; uid < UIDS; uid++) {
		if (bits_count(&w->o.at[i].live[uid]) < 2)
			continue;
		before = w->o.count;
		why = oracle_check(&w->o, i, s, uid, &none, &w->err);
		if (why != NULL)
			violate(w, why);
		made += w->o.count > before;
	}
	return made;
}

void
settle_disjoint(struct world *w, int i)
{
	uint64_t settled = 0;
	int told = 0, rc, made;

	maybe_kill(w);
	rc = conflict_disjoint(site(w, i)->s, NULL, count_uid, &told,
	    &settled, &w->err);
	if (was_killed(w, i)) {
		made = absorb(w, i);
		told = 0;
		MUST(w, conflict_disjoint(site(w, i)->s, NULL, count_uid,
		    &told, &settled, &w->err));
		if (made > 0 && told > 0)
			violate(w, "half of the conflicts were settled");
		rc = 0;
	}
	if (rc < 0)
		violate(w, "settling is refused");
	if (absorb(w, i) != told)
		violate(w, "settled, but not there");
}
