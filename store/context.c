#include "context.h"

#include <stdlib.h>

#include "../base/mutant.h"

struct dots {				/* a set of dots, sorted now and then */
	struct dot *at;			/* owned */
	size_t count, cap;
	int failed;			/* no memory */
};

struct author {
	struct version *const *shown;	/* borrowed */
	size_t count;
	struct dots vector, except;
};

static void
author_clear(struct author *a)
{
	free(a->vector.at);
	free(a->except.at);
}

static int
compare(const void *a, const void *b)
{
	return dot_cmp(a, b);
}

/* Sort; of equal dots one stays. */
static void
dots_tidy(struct dots *d)
{
	size_t i, kept = 0;

	if (d->count > 1)
		qsort(d->at, d->count, sizeof *d->at, compare);
	for (i = 0; i < d->count; i++)
		if (kept == 0 || dot_cmp(&d->at[kept - 1], &d->at[i]) != 0)
			d->at[kept++] = d->at[i];
	d->count = kept;
}

/* Half of the room must be free after tidying, or it is doubled. */
static void
dots_room(struct dots *d)
{
	size_t cap = d->cap == 0 ? 16 : d->cap * 2;
	struct dot *at;

	dots_tidy(d);
	if (d->count < d->cap / 2)
		return;
	if ((at = realloc(d->at, cap * sizeof *at)) == NULL) {
		d->failed = 1;
		return;
	}
	d->at = at;
	d->cap = cap;
}

static void
dots_add(struct dots *d, const struct dot *dot)
{
	if (d->count == d->cap && !d->failed)
		dots_room(d);
	if (!d->failed)
		d->at[d->count++] = *dot;
}

/* The newest dot of every actor that the shown versions know. */
static void
make_vector(struct author *a)
{
	struct dots *d = &a->vector;
	size_t i, k, kept = 0;

	for (i = 0; i < a->count; i++) {
		dots_add(d, &a->shown[i]->dot);
		for (k = 0; k < a->shown[i]->vector_count; k++)
			dots_add(d, &a->shown[i]->vector[k]);
	}
	dots_tidy(d);
	for (i = 0; i < d->count; i++) {
		if (kept > 0 && actor_cmp(&d->at[kept - 1].actor,
		    &d->at[i].actor) == 0)
			kept--;
		d->at[kept++] = d->at[i];
	}
	d->count = kept;
}

static int
in_vector(const struct dots *vector, const struct dot *d)
{
	size_t low = 0, high = vector->count, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = actor_cmp(&vector->at[mid].actor, &d->actor);
		if (c == 0)
			return d->n <= vector->at[mid].n;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

/* Except a dot that the vector covers though nobody has seen it. */
static void
name_dot(struct author *a, const struct dot *d)
{
	size_t i;

	if (!in_vector(&a->vector, d))
		return;
	for (i = 0; i < a->count; i++)
		if (version_saw(a->shown[i], d))
			return;
	dots_add(&a->except, d);
}

static void
name_all(struct author *a, struct version *const *set, size_t count)
{
	const struct version *v;
	size_t i, k;

	for (i = 0; i < count; i++) {
		v = set[i];
		if (MUTANT(plain_vector))
			continue;
		name_dot(a, &v->dot);
		if (!MUTANT(exceptions_of_siblings))
			name_dot(a, &v->born);
		for (k = 0; k < v->stamp_count &&
		    !MUTANT(exceptions_of_siblings); k++)
			if (k == 0 || dot_cmp(&v->stamp[k - 1].dot,
			    &v->stamp[k].dot) != 0)
				name_dot(a, &v->stamp[k].dot);
		for (k = 0; k < v->except_count; k++)
			name_dot(a, &v->except[k]);
	}
}

static void
write_dots(struct buf *out, const struct dots *d)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		dot_add(out, &d->at[i]);
	}
}

int
context_write(struct version *const *set, size_t set_count,
    struct version *const *shown, size_t shown_count, struct buf *out,
    struct err *err)
{
	CLEANUP(author_clear) struct author a = {
		.shown = shown, .count = shown_count
	};

	make_vector(&a);
	name_all(&a, set, set_count);
	name_all(&a, shown, shown_count);
	dots_tidy(&a.except);
	if (a.vector.failed || a.except.failed)
		return err_oom(err);
	if (a.vector.count == 0)
		return 0;
	buf_adds(out, "{\"except\":[");
	write_dots(out, &a.except);
	buf_adds(out, "],\"vector\":[");
	write_dots(out, &a.vector);
	buf_adds(out, "]}");
	return buf_check(out, err);
}
