#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#include "../../store/history.h"
#include "blobs.h"

#define EACH(i, set)							\
	for (i = bits_next(set, -1); i >= 0; i = bits_next(set, i))

void
oracle_begin(struct oracle *o)
{
	memset(o, 0, sizeof *o);
	if ((o->known = calloc(VERSIONS_MAX, sizeof *o->known)) == NULL)
		abort();
}

void
oracle_clear(struct oracle *o)
{
	int i;

	for (i = 0; i < o->count; i++)
		version_clear(&o->known[i].v);
	for (i = 0; i < o->entry_count; i++)
		free(o->entry[i]);
	free(o->known);
	o->known = NULL;
}

int
oracle_find(const struct oracle *o, const struct version *v)
{
	unsigned char identity[32];
	int i;

	version_identity(v, identity);
	for (i = o->count - 1; i >= 0; i--)
		if (memcmp(o->known[i].identity, identity, 32) == 0)
			return i;
	return -1;
}

void
oracle_closure(const struct oracle *o, const struct bits *of,
    struct bits *ret)
{
	int i;

	*ret = *of;
	EACH(i, of)
		bits_unite(ret, &o->known[i].seen);
}

void
oracle_maximal(const struct oracle *o, const struct bits *of,
    struct bits *ret)
{
	struct bits seen = { { 0 } };
	int i;

	EACH(i, of)
		bits_unite(&seen, &o->known[i].seen);
	for (i = 0; i < BITS_WORDS; i++)
		ret->w[i] = of->w[i] & ~seen.w[i];
}

/* --- who wrote what ---------------------------------------------------- */

struct open {				/* settings of a field that no other
					 * live version has seen and replaced */
	int count;
	int who[32], value[32];
};

static int
author(const struct known *k, int f)
{
	return k->wrote[f] == NOBODY ? k->born : k->wrote[f];
}

/* Has no live version with another setting seen this one? */
static int
is_open(const struct oracle *o, const struct bits *live, int f, int who)
{
	int i;

	EACH(i, live)
		if (author(&o->known[i], f) != who &&
		    (i == who || bits_has(&o->known[i].seen, who)))
			return 0;
	return 1;
}

static void
open_settings(const struct oracle *o, const struct bits *live, int f,
    struct open *ret)
{
	int i, k, who;

	ret->count = 0;
	EACH(i, live) {
		who = author(&o->known[i], f);
		for (k = 0; k < ret->count && ret->who[k] != who; k++)
			continue;
		if (k < ret->count || k == 32 || !is_open(o, live, f, who))
			continue;
		ret->who[k] = who;
		ret->value[k] = o->known[i].state.value[f];
		ret->count++;
	}
}

static int
agree(const struct open *x)
{
	int k;

	for (k = 1; k < x->count; k++)
		if (x->value[k] != x->value[0])
			return 0;
	return 1;
}

static void
live_of(const struct oracle *o, const struct bits *of, struct bits *ret)
{
	int i;

	*ret = (struct bits){ { 0 } };
	EACH(i, of)
		if (o->known[i].state.live)
			bits_put(ret, i);
}

/* One common birth and no deletion among what was shown: a change of it. */
static int
common_birth(const struct oracle *o, const struct bits *shown)
{
	int i, born = NOBODY;

	EACH(i, shown) {
		if (!o->known[i].state.live ||
		    (born != NOBODY && born != o->known[i].born))
			return NOBODY;
		born = o->known[i].born;
	}
	return born;
}

static void
note_authors(struct oracle *o, int self, const struct bits *shown)
{
	struct known *k = &o->known[self];
	struct open x;
	int f, born = k->state.live ? common_birth(o, shown) : NOBODY;

	k->born = born == NOBODY ? self : born;
	for (f = 0; f < FIELDS; f++) {
		k->wrote[f] = NOBODY;
		if (born == NOBODY)
			continue;
		open_settings(o, shown, f, &x);
		if (x.count == 0 && k->state.value[f] == ABSENT)
			continue;
		k->wrote[f] = x.count == 1 && x.value[0] == k->state.value[f] ?
		    x.who[0] : self;
	}
}

/* --- a new version ----------------------------------------------------- */

static int
entry_number(struct oracle *o, const struct history_entry *e)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int i;

	buf_add(&text, e->time.at, e->time.len);
	buf_add(&text, e->entry.at, e->entry.len);
	if (buf_str(&text) == NULL)
		abort();
	for (i = 0; i < o->entry_count; i++)
		if (strcmp(o->entry[i], text.at) == 0)
			return i;
	if (i == ENTRIES_MAX)
		abort();
	o->entry[o->entry_count++] = text.at;
	text.at = NULL;
	return i;
}

int
oracle_enter(struct oracle *o, int uid, const struct version *v,
    const struct bits *shown)
{
	struct known *k = &o->known[o->count];
	struct err err = ERR_INIT;
	struct history_entry e;
	struct json_walk w;

	if (o->count == VERSIONS_MAX)
		abort();
	*k = (struct known){ .uid = uid };
	k->v.dot = v->dot;
	k->v.born = v->born;
	k->v.label = v->label;
	k->v.context = v->context;
	k->v.stamps = v->stamps;
	k->v.content = v->content;
	memcpy(k->v.hash, v->hash, 32);
	o->count++;
	if (version_own(&k->v, &err) < 0 ||
	    state_read(&k->state, k->v.fields) < 0)
		return -1;
	version_identity(&k->v, k->identity);
	oracle_closure(o, shown, &k->seen);
	w = json_walk(k->v.history);
	while (history_next(&w, &e))
		bits_put(&k->entries, entry_number(o, &e));
	note_authors(o, o->count - 1, shown);
	return o->count - 1;
}

/* --- the rules, from the set alone ------------------------------------- */

static int
is_better(const struct version *a, const struct version *b)
{
	int live_a = a->fields.len > 0, live_b = b->fields.len > 0, c;

	if (live_a != live_b)
		return live_a;
	if (a->label != b->label)
		return a->label > b->label;
	if ((c = actor_cmp(&a->dot.actor, &b->dot.actor)) != 0 ||
	    (c = memcmp(a->hash, b->hash, 32)) != 0)
		return c > 0;
	return a->dot.n > b->dot.n;
}

int
oracle_winner(const struct oracle *o, const struct bits *set)
{
	int i, best = -1;

	EACH(i, set)
		if (best < 0 || is_better(&o->known[i].v, &o->known[best].v))
			best = i;
	return best;
}

int
oracle_looks_same(const struct oracle *o, int a, int b)
{
	return state_same(&o->known[a].state, &o->known[b].state);
}

/* --- checks ------------------------------------------------------------ */

int
oracle_held(const struct oracle *o, struct store *s, int uid,
    struct bits *ret, struct err *err)
{
	CLEANUP(object_clear) struct object x = OBJECT_INIT;
	size_t i;
	int rc, n;

	*ret = (struct bits){ { 0 } };
	if ((rc = object_get(s, uid_name(uid), 2, &x, err)) <= 0)
		return rc;
	for (i = 0; i < x.set.count; i++)
		if ((n = oracle_find(o, x.set.v[i])) >= 0)
			bits_put(ret, n);
	return 0;
}

static enum conflict_kind
true_kind(const struct oracle *o, const struct bits *have, struct state *want)
{
	struct bits live;
	struct open x;
	int f, i, clash = 0;

	live_of(o, have, &live);
	*want = (struct state){ .live = bits_count(&live) > 0 };
	if (want->live && !bits_same(&live, have))
		return CONFLICT_EDIT_DELETE;
	for (f = 0; f < FIELDS && want->live; f++) {
		open_settings(o, &live, f, &x);
		want->value[f] = x.count > 0 ? x.value[0] : ABSENT;
		clash |= !agree(&x);
		EACH(i, &live)
			clash |= x.count == 0 &&
			    o->known[i].state.value[f] != ABSENT;
	}
	return clash ? CONFLICT_CLASH : CONFLICT_DISJOINT;
}

static int
all_look_same(const struct oracle *o, const struct bits *have)
{
	int i, first = bits_next(have, -1);

	EACH(i, have)
		if (!oracle_looks_same(o, first, i))
			return 0;
	return 1;
}

/* What the list of conflicts says of an object. */
static int
is_listed(struct store *s, int uid, enum conflict_kind kind, struct err *err)
{
	struct sqlite3_stmt *st = store_sql(s, "SELECT c.kind FROM object o "
	    "JOIN conflict c ON c.object=o.id WHERE o.uid=?", err);
	int rc, same;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", uid_name(uid));
	if ((rc = store_step(s, st, err)) <= 0)
		return rc < 0 ? rc : kind == CONFLICT_NONE;
	same = json_is(store_column(st, 0), merge_kind_name(kind));
	while (store_step(s, st, err) > 0)
		continue;
	return same;
}

static const char *
check_kind(struct oracle *o, struct store *s, int uid,
    const struct object *x, const struct bits *have, struct err *err)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;
	enum conflict_kind kind, got;
	struct state want, settled;

	kind = true_kind(o, have, &want);
	o->kinds[kind]++;
	if (merge_kind_strict(x->set, &got, err) < 0)
		return "classifying failed";
	if (got != kind)
		return "a conflict of another kind";
	if (is_listed(s, uid, all_look_same(o, have) ? CONFLICT_NONE : kind,
	    err) != 1)
		return "not on the list of conflicts as it is";
	if (kind != CONFLICT_DISJOINT || !want.live)
		return NULL;
	if (merge_settled(x->set, &fields, err) < 0 || state_read(&settled,
	    json_of(&fields)) < 0 || !state_same(&settled, &want))
		return "disjoint edits settled wrongly";
	return NULL;
}

static const char *
check_attachments(const struct oracle *o, struct store *s,
    const struct bits *have, struct err *err)
{
	int i, b, mask;

	EACH(i, have) {
		mask = o->known[i].state.value[F_ATT];
		if (!o->known[i].state.live || mask == ABSENT)
			continue;
		for (b = 0; b < BLOBS; b++)
			if ((mask >> b & 1) &&
			    blobs_is_there(s, b, b < BLOB_SPANS, err) != 1)
				return "an attachment is not there";
	}
	return NULL;
}

/* Is this one, and no other, marked as the winner of the object? */
static int
is_marked(struct store *s, int uid, const struct version *v, struct err *err)
{
	struct sqlite3_stmt *st = store_sql(s, "SELECT v.hash,o.type FROM "
	    "object o JOIN version v ON v.object=o.id WHERE o.uid=? AND "
	    "v.winner", err);
	unsigned char hash[32];
	int rc, same = 1, count = 0;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "s", uid_name(uid));
	while ((rc = store_step(s, st, err)) > 0) {
		count++;
		same &= store_column_hash(st, 0, hash) == 0 &&
		    memcmp(hash, v->hash, 32) == 0 &&
		    json_same(store_column(st, 1), v->type);
	}
	return rc < 0 ? rc : same && count == 1;
}

static const char *
check_winner(const struct oracle *o, struct store *s, int uid,
    const struct object *x, const struct bits *have, struct err *err)
{
	const struct version *v = x->set.v[merge_winner(x->set)];
	struct bits live;

	if (oracle_find(o, v) != oracle_winner(o, have) ||
	    is_marked(s, uid, v, err) != 1)
		return "the winner is another one";
	live_of(o, have, &live);
	if (v->fields.len == 0 && bits_count(&live) > 0)
		return "a deletion hides a live version";
	return NULL;
}

/* The review history shown never shrinks. */
static const char *
check_history(struct oracle *o, int site, int uid, const struct bits *have)
{
	struct memory *m = &o->at[site];
	struct bits told = { { 0 } };
	int i;

	EACH(i, have)
		bits_unite(&told, &o->known[i].entries);
	if (!bits_within(&m->told[uid], &told))
		return "history shrank";
	m->told[uid] = told;
	return NULL;
}

/* Exactly the versions that must be there are there. */
static const char *
check_set(struct oracle *o, int site, int uid, const struct bits *have,
    const struct bits *incoming, int *ret_changed)
{
	struct memory *m = &o->at[site];
	struct bits both = m->live[uid], must, past, down;

	bits_unite(&both, incoming);
	oracle_maximal(o, &both, &must);
	if (!bits_within(have, &must))
		return "false conflict or resurrection";
	if (!bits_within(&must, have))
		return "lost update";
	*ret_changed = !bits_same(&must, &m->live[uid]);
	oracle_closure(o, incoming, &down);
	past = m->past[uid];
	bits_unite(&past, &down);
	m->live[uid] = must;
	m->past[uid] = past;
	bits_unite(&m->had[uid], have);
	oracle_closure(o, have, &down);
	return bits_same(&past, &down) ? NULL :
	    "a version is neither live nor seen";
}

struct where {				/* an object at a site */
	int site, uid;
	const struct actor *self;
};

/* Was it made just now?  A site that went back may make the very version
 * again that went with it. */
static int
is_new(const struct bits *past, const struct actor *self,
    const struct version *v, int n, const struct bits *incoming)
{
	return n < 0 || (!bits_has(past, n) && !bits_has(incoming, n) &&
	    actor_cmp(&v->dot.actor, self) == 0);
}

/* What is in the store; one that is new was made by a machine here, which saw
 * all. */
static int
read_held(struct oracle *o, const struct where *at, const struct object *x,
    struct bits *incoming, struct bits *have)
{
	const struct memory *m = &o->at[at->site];
	struct bits all = m->live[at->uid];
	size_t i;
	int n;

	*have = (struct bits){ { 0 } };
	for (i = 0; i < x->set.count; i++) {
		n = oracle_find(o, x->set.v[i]);
		if (is_new(&m->past[at->uid], at->self, x->set.v[i], n,
		    incoming)) {
			bits_unite(&all, incoming);
			n = oracle_enter(o, at->uid, x->set.v[i], &all);
			if (n < 0)
				return -1;
			*incoming = (struct bits){ { 0 } };
			bits_put(incoming, n);
		}
		bits_put(have, n);
	}
	return 0;
}

const char *
oracle_check(struct oracle *o, int site, struct store *s, int uid,
    const struct bits *incoming, struct err *err)
{
	CLEANUP(object_clear) struct object x = OBJECT_INIT;
	const struct where at = { site, uid, &s->self };
	struct bits in = *incoming, have;
	const char *why;
	int changed = 0;

	if (object_get(s, uid_name(uid), 2, &x, err) != 1)
		return "an object is not there";
	if (read_held(o, &at, &x, &in, &have) < 0)
		return "an object says what nobody wrote";
	if ((why = check_set(o, site, uid, &have, &in, &changed)) != NULL ||
	    (why = check_winner(o, s, uid, &x, &have, err)) != NULL ||
	    (why = check_history(o, site, uid, &have)) != NULL ||
	    (why = check_attachments(o, s, &have, err)) != NULL)
		return why;
	if (!changed)
		return NULL;
	if (bits_count(&have) > 1)
		return check_kind(o, s, uid, &x, &have, err);
	return is_listed(s, uid, CONFLICT_NONE, err) == 1 ? NULL :
	    "no conflict, but on the list";
}
