/* Three sites edit two objects and merge what they have, at random but with
 * fixed seeds.  An oracle knows of every version which ones its author was
 * shown; every set must be the maximal ones of all that the site was told. */
#include "../../store/history.h"
#include "../../store/merge.h"

#include "pick.h"
#include "versions.h"

#define SITES 3
#define OBJECTS 2
#define STEPS 80
#define HISTORIES 150

struct known {				/* a version and what it goes back to */
	struct version v;
	uint64_t seen[2];		/* by index in `pool` */
	int object;
};

struct place {				/* an object at a site */
	struct version *list[STEPS];
	struct siblings s;
	uint64_t told[2];
};

static struct known pool[STEPS];
static size_t pool_count;
static struct place places[SITES][OBJECTS];
static uint64_t counters[SITES];

static void
start(uint64_t seed)
{
	size_t i;

	for (i = 0; i < pool_count; i++)
		version_clear(&pool[i].v);
	pool_count = 0;
	memset(places, 0, sizeof places);
	memset(counters, 0, sizeof counters);
	pick_state = seed * 0x9e3779b97f4a7c15u + 1;
}

static size_t
index_of(const struct version *v)
{
	size_t i;

	for (i = 0; i < pool_count; i++)
		if (&pool[i].v == v)
			return i;
	FAIL("a version that nobody made");
}

static int
has(const uint64_t *bits, size_t i)
{
	return (int)(bits[i / 64] >> i % 64 & 1);
}

static void
put(uint64_t *bits, size_t i)
{
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

static void
unite(uint64_t *bits, const uint64_t *more)
{
	bits[0] |= more[0];
	bits[1] |= more[1];
}

/* --- merging ----------------------------------------------------------- */

static void
merge(const struct place *a, const struct place *b, struct place *ret)
{
	char keep_a[STEPS], keep_b[STEPS];
	size_t i = 0, k = 0;

	*ret = (struct place){ .told = { 0, 0 } };
	merge_sets(a->s, b->s, keep_a, keep_b);
	while (i < a->s.count || k < b->s.count) {
		if (i < a->s.count && !keep_a[i])
			i++;
		else if (k < b->s.count && !keep_b[k])
			k++;
		else if (k == b->s.count || (i < a->s.count &&
		    dot_cmp(&a->s.v[i]->dot, &b->s.v[k]->dot) < 0))
			ret->list[ret->s.count++] = a->s.v[i++];
		else
			ret->list[ret->s.count++] = b->s.v[k++];
	}
	ret->s.v = ret->list;
	unite(ret->told, a->told);
	unite(ret->told, b->told);
}

/* A place keeps its list inside: a copy needs its own pointer. */
static void
copy(struct place *to, const struct place *from)
{
	*to = *from;
	to->s.v = to->list;
}

static void
check_equal(const struct place *a, const struct place *b)
{
	size_t i;

	CHECK_INT(a->s.count, b->s.count);
	for (i = 0; i < a->s.count; i++)
		CHECK(a->s.v[i] == b->s.v[i]);
}

/* Exactly the versions that none of those told has replaced. */
static void
check_oracle(const struct place *p, int object)
{
	size_t i, k, count = 0;
	int replaced;

	for (i = 0; i < pool_count; i++) {
		if (pool[i].object != object || !has(p->told, i))
			continue;
		for (replaced = 0, k = 0; k < pool_count; k++)
			if (has(p->told, k) && has(pool[k].seen, i))
				replaced = 1;
		if (replaced)
			continue;
		CHECK(count < p->s.count);
		for (k = 0; k < p->s.count && p->s.v[k] != &pool[i].v; k++)
			continue;
		CHECK(k < p->s.count);
		count++;
	}
	CHECK_INT(count, p->s.count);
}

/* All entries of `old` are in the histories of `p`. */
static void
check_history(const struct place *p, struct siblings old)
{
	CLEANUP(buf_clear) struct buf now = BUF_INIT, before = BUF_INIT;
	CLEANUP(buf_clear) struct buf both = BUF_INIT;
	struct json_span two[2];
	struct err err = ERR_INIT;
	int grew;

	CHECK_OK(merge_history(p->s, span(""), &now, &grew, &err), &err);
	CHECK_OK(merge_history(old, span(""), &before, &grew, &err), &err);
	two[0] = span_of(&now);
	two[1] = span_of(&before);
	CHECK_OK(history_union(two, 2, span(""), &both, &grew, &err), &err);
	CHECK(json_same(span_of(&both), span_of(&now)));
}

/* Winner, look and kind do not depend on the order of the set. */
static void
check_order(const struct place *p)
{
	char shown[STEPS], again[STEPS];
	enum conflict_kind a, b;
	struct err err = ERR_INIT;
	struct version *winner;
	struct place mixed;
	size_t i, k;

	winner = p->s.v[merge_winner(p->s)];
	merge_shown(p->s, shown);
	CHECK_OK(merge_kind_strict(p->s, &a, &err), &err);
	copy(&mixed, p);
	for (i = mixed.s.count; i-- > 1;) {
		struct version *v = mixed.list[i];

		k = pick((unsigned)i + 1);
		mixed.list[i] = mixed.list[k];
		mixed.list[k] = v;
	}
	CHECK(mixed.s.v[merge_winner(mixed.s)] == winner);
	CHECK_OK(merge_kind_strict(mixed.s, &b, &err), &err);
	CHECK_INT(b, a);
	merge_shown(mixed.s, again);
	for (i = 0; i < p->s.count; i++)
		for (k = 0; k < p->s.count; k++)
			if (p->s.v[i] == mixed.s.v[k])
				CHECK_INT(again[k], shown[i]);
}

static void
check_laws(int object)
{
	const struct place *a = &places[pick(SITES)][object];
	const struct place *b = &places[pick(SITES)][object];
	const struct place *c = &places[pick(SITES)][object];
	struct place ab, ba, bc, left, right;

	merge(a, b, &ab);
	merge(b, a, &ba);
	check_equal(&ab, &ba);
	merge(b, c, &bc);
	merge(&ab, c, &left);
	merge(a, &bc, &right);
	check_equal(&left, &right);
	merge(a, a, &ba);
	check_equal(&ba, a);
	merge(&ab, b, &ba);
	check_equal(&ba, &ab);
}

static void
step_merge(struct place *to, const struct place *from, int object)
{
	struct place merged;

	merge(to, from, &merged);
	check_oracle(&merged, object);
	check_history(&merged, to->s);
	check_history(&merged, from->s);
	if (merged.s.count > 0)
		check_order(&merged);
	copy(to, &merged);
}

/* --- editing ----------------------------------------------------------- */

/* F with some fields of few values, or a deletion. */
static void
make_fields(struct buf *out)
{
	static const char *const names[] = { "a", "fields!", "x", "y" };
	int first = 1;
	size_t i;

	if (pick(8) == 0)
		return;
	buf_addc(out, '{');
	for (i = 0; i < 4; i++) {
		if (pick(3) == 0)
			continue;
		if (i == 1) {
			buf_addf(out, "%s\"fields\":{\"b\":%u,\"c\":%u}",
			    first ? "" : ",", pick(3), pick(3));
			first = 0;
		}
		buf_addf(out, "%s\"%s\":%u", first ? "" : ",", names[i],
		    pick(3));
		first = 0;
	}
	buf_addc(out, '}');
}

static void
choose_shown(const struct place *p, char *shown)
{
	unsigned how = pick(4);
	size_t i;

	memset(shown, 0, STEPS);
	if (p->s.count > 0 && how < 2)
		merge_shown(p->s, shown);
	else
		for (i = 0; i < p->s.count; i++)
			shown[i] = how == 2 || pick(2);
}

/* The new version in the place of all that it has seen. */
static void
replace(struct place *p, struct known *new)
{
	struct place one = { .told = { 0, 0 } };
	struct place merged;

	put(one.told, index_of(&new->v));
	one.list[0] = &new->v;
	one.s = (struct siblings){ one.list, 1 };
	merge(p, &one, &merged);
	copy(p, &merged);
}

static void
check_new(const struct place *p, const char *shown, struct known *new)
{
	size_t i;

	for (i = 0; i < p->s.count; i++) {
		CHECK_INT(version_saw(&new->v, &p->s.v[i]->dot), shown[i]);
		if (!shown[i])
			continue;
		CHECK(new->v.label > p->s.v[i]->label);
		put(new->seen, index_of(p->s.v[i]));
		unite(new->seen, pool[index_of(p->s.v[i])].seen);
	}
}

static void
step_edit(int site, int object)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT, entries = BUF_INIT;
	struct place *p = &places[site][object], before;
	struct known *new = &pool[pool_count];
	struct merge_edit edit = { .type = span("T") };
	struct err err = ERR_INIT;
	char shown[STEPS], name[2] = { (char)('a' + site), '\0' };
	int rc;

	make_fields(&fields);
	if (pick(2) == 0)
		buf_addf(&entries, "[[\"t%u\",%u],[\"t%u\",%u]]", pick(3),
		    pick(4), pick(3), pick(4));
	choose_shown(p, shown);
	edit.fields = span_of(&fields);
	edit.entries = span_of(&entries);
	edit.clock = 1000 * site + (int)pick(100);
	*new = (struct known){ .object = object };
	new->v.dot = dot_of(name);
	new->v.dot.n = counters[site] + 1;
	CHECK_OK(rc = merge_new(p->s, shown, &edit, &new->v, &err), &err);
	if (rc == 0)
		return;
	counters[site]++;
	pool_count++;
	copy(&before, p);
	check_new(p, shown, new);
	replace(p, new);
	check_oracle(p, object);
	check_history(p, before.s);
}

TEST(random_histories)
{
	int seed, step, object;
	size_t made = 0, most = 0;

	for (seed = 1; seed <= HISTORIES; seed++) {
		start((uint64_t)seed);
		for (step = 0; step < STEPS; step++) {
			struct place *to;

			object = (int)pick(OBJECTS);
			to = &places[pick(SITES)][object];
			if (pick(5) < 3)
				step_edit((int)pick(SITES), object);
			else
				step_merge(to, &places[pick(SITES)][object],
				    object);
			check_laws(object);
			if (to->s.count > most)
				most = to->s.count;
		}
		made += pool_count;
	}

	/* The dice must have thrown something. */
	CHECK(made > HISTORIES * STEPS / 3);
	CHECK(most > 3);
	start(0);
}

/* Sets of the greatest size, all concurrent, in no more than a moment. */
TEST(large_sets)
{
	static struct version *list[2 * MERGE_MAX];
	static char keep_a[MERGE_MAX], keep_b[MERGE_MAX];
	struct siblings a = { list, MERGE_MAX };
	struct siblings b = { list + MERGE_MAX, MERGE_MAX };
	enum conflict_kind kind;
	struct err err = ERR_INIT;
	char names[32], stamps[64], context[64], content[128];
	size_t i, kept = 0;

	for (i = 0; i < 2 * MERGE_MAX; i++) {
		CHECK((list[i] = calloc(1, sizeof *list[i])) != NULL);
		(void)snprintf(names, sizeof names, "b%zu a1", i + 2);
		(void)snprintf(context, sizeof context,
		    "{\"except\":[],\"vector\":[@a1@]}");
		(void)snprintf(stamps, sizeof stamps, "{\"x\":@b%zu@}",
		    i + 2);
		(void)snprintf(content, sizeof content, "{\"fields\":{\"x\":1"
		    "},\"history\":[[\"t\",%zu,1]],\"type\":\"T\"}", i);
		CHECK_OK(try_version(list[i], names, context, stamps,
		    content, &err), &err);
	}
	merge_sets(a, b, keep_a, keep_b);
	for (i = 0; i < MERGE_MAX; i++)
		kept += (size_t)(keep_a[i] + keep_b[i]);
	CHECK_INT(kept, 2 * MERGE_MAX);
	CHECK_OK(merge_kind_strict(a, &kind, &err), &err);
	CHECK_INT(kind, CONFLICT_DISJOINT);
	for (i = 0; i < 2 * MERGE_MAX; i++) {
		version_clear(list[i]);
		free(list[i]);
	}
}

int
main(void)
{
	return unit_run();
}
