/* terms_fields.c: what differs, field by field. */
#include "terms.h"

#include <string.h>

#include "../store/version.h"

static const struct json_span nothing = { "", 0 };
static const struct json_span empty = { "{}", 2 };

/* Those of F that are no fields to compare. */
static int
is_apart(struct json_span name)
{
	return json_is(name, "modified") || json_is(name, "history");
}

/* --- a difference put onto a base -------------------------------------- */

enum { BASE, LAST, NOW, SIDES };

/* Members of several objects side by side. */
struct side {
	struct json_walk walk;
	struct json_span key, value;
	int more;
};

static void
side_next(struct side *x)
{
	x->more = json_next(&x->walk, &x->key, &x->value);
}

/* The next key that any of them has, and its values: len 0 where it is
 * absent. */
static int
sides_next(struct side sides[SIDES], struct json_span *ret_key,
    struct json_span ret[SIDES])
{
	const struct side *first = NULL;
	int i;

	for (i = 0; i < SIDES; i++)
		if (sides[i].more && (first == NULL ||
		    json_key_cmp(sides[i].key, first->key) < 0))
			first = &sides[i];
	if (first == NULL)
		return 0;
	*ret_key = first->key;
	for (i = 0; i < SIDES; i++) {
		ret[i] = nothing;
		if (sides[i].more && json_same(sides[i].key, *ret_key)) {
			ret[i] = sides[i].value;
			side_next(&sides[i]);
		}
	}
	return 1;
}

static void
sides_begin(struct side sides[SIDES], const struct json_span of[SIDES])
{
	int i;

	for (i = 0; i < SIDES; i++) {
		sides[i].walk = json_walk(of[i].len > 0 ? of[i] : empty);
		side_next(&sides[i]);
	}
}

static void
add_member(struct buf *out, char before, struct json_span key,
    struct json_span value)
{
	buf_addc(out, before);
	buf_addc(out, '"');
	buf_add(out, key.at, key.len);
	buf_adds(out, "\":");
	buf_add(out, value.at, value.len);
}

/* Append F, or for `top` 0 its "fields": how many fields differ. */
static int
patch_members(const struct json_span of[SIDES], int top, struct buf *out)
{
	CLEANUP(buf_clear) struct buf inner = BUF_INIT;
	struct json_span key, v[SIDES], x;
	struct side sides[SIDES];
	int count = 0, nested, differ;
	char before = '{';

	for (sides_begin(sides, of); sides_next(sides, &key, v);) {
		nested = top && json_is(key, "fields");
		differ = nested ? (v[LAST].len > 0) != (v[NOW].len > 0) :
		    !(top && is_apart(key)) && !json_same(v[LAST], v[NOW]);
		x = v[differ ? NOW : BASE];
		if (nested) {
			/* It stays as long as something is in it. */
			count += patch_members(v, 0, &inner);
			if (inner.failed)
				out->failed = inner.failed;
			if (x.len > 0 || inner.len > empty.len)
				x = (struct json_span){ inner.at, inner.len };
		}
		count += differ;
		if (x.len == 0)
			continue;
		add_member(out, before, key, x);
		before = ',';
	}
	if (before == '{')
		buf_addc(out, '{');
	buf_addc(out, '}');
	return count;
}

int
terms_patch(struct json_span base_f, struct json_span last_f,
    struct json_span now_f, struct buf *out, struct err *err)
{
	const struct json_span of[SIDES] = {
		[BASE] = base_f, [LAST] = last_f, [NOW] = now_f
	};
	int count = patch_members(of, 1, out);

	return buf_check(out, err) < 0 ? -(int)err->code : count;
}

/* --- what differs ------------------------------------------------------ */

/* The next field that counts. */
static int
next_field(struct field_walk *w, struct field *f)
{
	int more;

	do
		more = version_next_field(w, f);
	while (more && !f->nested && is_apart(f->name));
	return more;
}

int
terms_differ(struct json_span wanted_f, struct json_span held_f,
    int (*each)(void *ctx, const struct field *f, struct json_span held,
    struct err *err), void *ctx, struct err *err)
{
	struct field_walk w = version_fields(wanted_f);
	struct field_walk h = version_fields(held_f);
	struct field want, have, f;
	int more_w = next_field(&w, &want), more_h = next_field(&h, &have);
	int count = 0, c, rc;
	struct json_span held;

	while (more_w || more_h) {
		c = !more_w ? 1 : !more_h ? -1 : field_cmp(want.nested,
		    want.name, have.nested, have.name);
		f = c <= 0 ? want : have;
		held = c >= 0 ? have.value : nothing;
		if (c > 0)
			f.value = nothing;
		if (!json_same(f.value, held)) {
			count++;
			if ((rc = each(ctx, &f, held, err)) < 0)
				return rc;
		}
		if (c <= 0)
			more_w = next_field(&w, &want);
		if (c >= 0)
			more_h = next_field(&h, &have);
	}
	return count;
}
