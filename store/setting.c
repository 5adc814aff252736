#include "setting.h"

#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"

struct setting_cursor {
	const struct version *v;
	struct field_walk walk;
	struct field field;		/* the next one, if `more` */
	size_t stamp;			/* index of the next one */
	size_t from;
	int more;
	const struct dot *dot;		/* who set the present field */
};

int
setting_init(struct setting_walk *w, struct version *const *v, size_t count,
    struct err *err)
{
	struct setting_cursor *c;
	size_t i;

	w->v = v;
	w->count = 0;
	w->cursor = calloc(count + 1, sizeof *w->cursor);
	w->all = calloc(count + 1, sizeof *w->all);
	if (w->cursor == NULL || w->all == NULL)
		return err_oom(err);
	for (i = 0; i < count; i++) {
		if (v[i]->fields.len == 0)
			continue;
		c = &w->cursor[w->count++];
		c->v = v[i];
		c->from = i;
		c->walk = version_fields(v[i]->fields);
		c->more = version_next_field(&c->walk, &c->field);
	}
	return 0;
}

void
setting_clear(struct setting_walk *w)
{
	free(w->cursor);
	free(w->all);
	*w = (struct setting_walk)SETTING_INIT;
}

/* The least name that a cursor stands on, as value or as stamp. */
static int
least_name(const struct setting_walk *w, struct field *ret)
{
	const struct setting_cursor *c;
	const struct stamp *s;
	int found = 0;
	size_t i;

	for (i = 0; i < w->count; i++) {
		c = &w->cursor[i];
		if (c->more && (!found || field_cmp(c->field.nested,
		    c->field.name, ret->nested, ret->name) < 0)) {
			*ret = c->field;
			found = 1;
		}
		if (c->stamp == c->v->stamp_count)
			continue;
		s = &c->v->stamp[c->stamp];
		if (!found || field_cmp(s->nested, s->name, ret->nested,
		    ret->name) < 0) {
			ret->nested = s->nested;
			ret->name = s->name;
			found = 1;
		}
	}
	ret->value = (struct json_span){ NULL, 0 };
	return found;
}

/* What this version says of the field; the cursor goes on behind it. */
static struct setting
take(struct setting_cursor *c, const struct field *f)
{
	static const struct dot nobody;
	struct setting s = { .dot = MUTANT(no_birth) ? &nobody : &c->v->born,
	    .value = { "", 0 }, .from = c->from };
	const struct stamp *stamp;

	if (c->more && field_cmp(c->field.nested, c->field.name, f->nested,
	    f->name) == 0) {
		s.value = c->field.value;
		c->more = version_next_field(&c->walk, &c->field);
	}
	if (c->stamp < c->v->stamp_count) {
		stamp = &c->v->stamp[c->stamp];
		if (field_cmp(stamp->nested, stamp->name, f->nested,
		    f->name) == 0) {
			s.dot = &stamp->dot;
			c->stamp++;
		}
	}
	c->dot = s.dot;
	return s;
}

static int
by_dot(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;
	int c = dot_cmp(x->dot, y->dot);

	return c != 0 ? c : (x->from < y->from) - (x->from > y->from);
}

/* Has no version that has another setting seen this one? */
static int
is_open(const struct setting_walk *w, const struct dot *d)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (dot_cmp(w->cursor[i].dot, d) != 0 &&
		    version_saw(w->cursor[i].v, d))
			return 0;
	return 1;
}

int
setting_next(struct setting_walk *w, struct setting_list *ret)
{
	size_t i, kept = 0;

	*ret = (struct setting_list){ .all = w->all };
	if (!least_name(w, &ret->field))
		return 0;
	for (i = 0; i < w->count; i++) {
		w->all[i] = take(&w->cursor[i], &ret->field);
		ret->present |= w->all[i].value.len > 0;
	}
	if (w->count > 1)
		qsort(w->all, w->count, sizeof *w->all, by_dot);
	for (i = 0; i < w->count; i++)
		if (kept == 0 ||
		    dot_cmp(w->all[kept - 1].dot, w->all[i].dot) != 0)
			w->all[kept++] = w->all[i];
	for (i = 0; i < kept; i++) {
		w->all[i].open = kept == 1 || is_open(w, w->all[i].dot);
		ret->open += (size_t)w->all[i].open;
	}
	ret->count = kept;
	return 1;
}

const struct setting *
setting_first(const struct setting_list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->all[i].open)
			return &l->all[i];
	return NULL;
}

int
setting_agree(const struct setting_list *l)
{
	const struct setting *first = setting_first(l);
	size_t i;

	for (i = 0; first != NULL && i < l->count; i++)
		if (l->all[i].open &&
		    !json_same(l->all[i].value, first->value))
			return 0;
	return 1;
}

int
setting_is_modified(int nested, struct json_span name)
{
	return !nested && name.len == 8 && memcmp(name.at, "modified", 8) == 0;
}

int
setting_clash(const struct setting_list *l)
{
	if (setting_is_modified(l->field.nested, l->field.name))
		return 0;
	return l->open == 0 ? l->present : !setting_agree(l);
}

static int
later(struct json_span a, struct json_span b)
{
	a = (struct json_span){ a.at + 1, a.len - 2 };
	b = (struct json_span){ b.at + 1, b.len - 2 };
	return json_key_cmp(a, b) > 0;
}

/* The latest of the settings that count; the first unless all are text. */
static const struct setting *
latest(const struct setting_list *l)
{
	const struct setting *first = NULL, *best = NULL;
	int text = 1;
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct setting *s = &l->all[i];

		if (l->open > 0 && !s->open)
			continue;
		if (first == NULL)
			first = best = s;
		if (s->value.len == 0 || json_kind(s->value) != '"')
			text = 0;
		else if (text && later(s->value, best->value))
			best = s;
	}
	return text ? best : first;
}

const struct setting *
setting_settle(const struct setting_list *l)
{
	const struct setting *s = setting_first(l);

	if (setting_is_modified(l->field.nested, l->field.name))
		s = latest(l);
	return s == NULL || s->value.len == 0 ? NULL : s;
}
