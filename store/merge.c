#include "merge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "history.h"
#include "json_hash.h"
#include "setting.h"

static int
is_live(const struct version *v)
{
	return v->fields.len > 0;
}

/* --- which versions stay, which one wins ------------------------------- */

void
merge_insert(struct siblings *s, struct version *v)
{
	size_t at;

	for (at = s->count++; at > 0 && dot_cmp(&s->v[at - 1]->dot,
	    &v->dot) > 0; at--)
		s->v[at] = s->v[at - 1];
	s->v[at] = v;
}

static int
rank_cmp(const struct version *a, const struct version *b)
{
	int c = is_live(a) - is_live(b);

	if (MUTANT(tombstone_wins))
		c = -c;
	if (c == 0)
		c = (a->label > b->label) - (a->label < b->label);
	if (c == 0)
		c = actor_cmp(&a->dot.actor, &b->dot.actor);
	if (c == 0)
		c = memcmp(a->hash, b->hash, sizeof a->hash);
	return c != 0 ? c : (a->dot.n > b->dot.n) - (a->dot.n < b->dot.n);
}

static int
is_covered(const struct version *v, struct siblings by)
{
	size_t i;

	for (i = 0; i < by.count; i++)
		if (version_saw(by.v[i], &v->dot) ||
		    (MUTANT(tombstone_swallows) && is_live(v) &&
		    !is_live(by.v[i])) ||
		    (MUTANT(last_writer_wins) && rank_cmp(by.v[i], v) > 0))
			return 1;
	return 0;
}

void
merge_sets(struct siblings a, struct siblings b, char *keep_a, char *keep_b)
{
	size_t i = 0, k = 0;
	int c;

	while (i < a.count || k < b.count) {
		if (i == a.count)
			c = 1;
		else if (k == b.count)
			c = -1;
		else
			c = dot_cmp(&a.v[i]->dot, &b.v[k]->dot);
		if (c == 0) {
			keep_a[i++] = 1;
			keep_b[k++] = 0;
		} else if (c < 0) {
			keep_a[i] = !is_covered(a.v[i], b);
			i++;
		} else {
			keep_b[k] = !is_covered(b.v[k], a);
			k++;
		}
	}
}

size_t
merge_winner(struct siblings s)
{
	size_t i, best = 0;

	for (i = 1; i < s.count; i++)
		if (rank_cmp(s.v[i], s.v[best]) > 0)
			best = i;
	return best;
}

/* The next member of F that is not `modified`. */
static int
next_but_modified(struct json_walk *w, struct json_span *key,
    struct json_span *value)
{
	while (json_next(w, key, value))
		if (!setting_is_modified(0, *key))
			return 1;
	return 0;
}

static int
looks_same(const struct version *a, const struct version *b)
{
	struct json_span key_a, key_b, value_a, value_b;
	struct json_walk x, y;
	int more;

	if (!is_live(a) || !is_live(b))
		return is_live(a) == is_live(b);
	if (!json_same(a->type, b->type))
		return 0;
	x = json_walk(a->fields);
	y = json_walk(b->fields);
	do {
		more = next_but_modified(&x, &key_a, &value_a);
		if (more != next_but_modified(&y, &key_b, &value_b))
			return 0;
		if (more && !(json_same(key_a, key_b) &&
		    json_same(value_a, value_b)))
			return 0;
	} while (more);
	return 1;
}

void
merge_shown(struct siblings s, char *shown)
{
	size_t i, w = merge_winner(s);

	for (i = 0; i < s.count; i++)
		shown[i] = i == w || (!MUTANT(twins_unseen) &&
		    looks_same(s.v[i], s.v[w]));
}

/* --- conflicts --------------------------------------------------------- */

int
merge_kind_strict(struct siblings s, enum conflict_kind *ret,
    struct err *err)
{
	CLEANUP(setting_clear) struct setting_walk w = SETTING_INIT;
	struct setting_list l;
	size_t i, live = 0;
	int rc;

	for (i = 0; i < s.count; i++)
		live += (size_t)is_live(s.v[i]);
	*ret = s.count < 2 ? CONFLICT_NONE : live == s.count || live == 0 ?
	    CONFLICT_DISJOINT : CONFLICT_EDIT_DELETE;
	if (*ret != CONFLICT_DISJOINT)
		return 0;
	if ((rc = setting_init(&w, s.v, s.count, err)) < 0)
		return rc;
	while (*ret == CONFLICT_DISJOINT && setting_next(&w, &l))
		if (setting_clash(&l))
			*ret = CONFLICT_CLASH;
	return 0;
}

int
merge_kind(struct siblings s, enum conflict_kind *ret, struct err *err)
{
	size_t i;

	for (i = 1; i < s.count; i++)
		if (!looks_same(s.v[0], s.v[i]))
			return merge_kind_strict(s, ret, err);
	*ret = CONFLICT_NONE;
	return 0;
}

const char *
merge_kind_name(enum conflict_kind kind)
{
	static const char *const names[] = {
		[CONFLICT_NONE] = "none", [CONFLICT_CLASH] = "clash",
		[CONFLICT_DISJOINT] = "disjoint",
		[CONFLICT_EDIT_DELETE] = "edit-delete"
	};

	return names[kind];
}

int
merge_fields(struct siblings s, int (*each)(void *ctx, const struct field *f,
    int clash, struct err *err), void *ctx, struct err *err)
{
	CLEANUP(setting_clear) struct setting_walk w = SETTING_INIT;
	struct setting_list l;
	int rc;

	if ((rc = setting_init(&w, s.v, s.count, err)) < 0)
		return rc;
	while (setting_next(&w, &l))
		if (l.present &&
		    (rc = each(ctx, &l.field, setting_clash(&l), err)) < 0)
			return rc;
	return 0;
}

/* F as it grows: members before "fields", those of it, members after. */
struct settled {
	struct buf before, inner, after;
	int nested;			/* F has "fields" */
};

static void
settled_clear(struct settled *t)
{
	buf_clear(&t->before);
	buf_clear(&t->inner);
	buf_clear(&t->after);
}

static void
add_member(struct buf *b, struct json_span name, struct json_span value)
{
	buf_adds(b, b->len > 0 ? ",\"" : "\"");
	buf_add(b, name.at, name.len);
	buf_adds(b, "\":");
	buf_add(b, value.at, value.len);
}

static void
settle_field(struct settled *t, const struct field *f,
    struct json_span value)
{
	const struct json_span fields = { "fields", 6 };
	int c = f->nested ? 0 : json_key_cmp(f->name, fields);

	if (f->nested)
		add_member(&t->inner, f->name, value);
	else if (c != 0)
		add_member(c < 0 ? &t->before : &t->after, f->name, value);
	t->nested |= c == 0;
}

static int
join_settled(const struct settled *t, struct buf *out, struct err *err)
{
	int rc;

	if ((rc = buf_check(&t->before, err)) < 0 ||
	    (rc = buf_check(&t->inner, err)) < 0 ||
	    (rc = buf_check(&t->after, err)) < 0)
		return rc;
	buf_addc(out, '{');
	buf_add(out, t->before.at, t->before.len);
	if (t->nested) {
		buf_adds(out, t->before.len > 0 ? ",\"fields\":{" :
		    "\"fields\":{");
		buf_add(out, t->inner.at, t->inner.len);
		buf_addc(out, '}');
	}
	if (t->after.len > 0 && (t->nested || t->before.len > 0))
		buf_addc(out, ',');
	buf_add(out, t->after.at, t->after.len);
	buf_addc(out, '}');
	return buf_check(out, err);
}

int
merge_settled(struct siblings s, struct buf *out, struct err *err)
{
	CLEANUP(setting_clear) struct setting_walk w = SETTING_INIT;
	CLEANUP(settled_clear) struct settled t = { .nested = 0 };
	const struct setting *one;
	enum conflict_kind kind;
	struct setting_list l;
	int rc;

	if ((rc = merge_kind_strict(s, &kind, err)) < 0)
		return rc;
	if (kind != CONFLICT_DISJOINT)
		return err_set(err, E_INTERNAL, "settling a conflict of kind "
		    "\"%s\"", merge_kind_name(kind));
	if (!is_live(s.v[0]))
		return 0;
	if ((rc = setting_init(&w, s.v, s.count, err)) < 0)
		return rc;
	while (setting_next(&w, &l))
		if ((one = setting_settle(&l)) != NULL)
			settle_field(&t, &l.field, one->value);
	return join_settled(&t, out, err);
}

/* --- history and digest ------------------------------------------------ */

int
merge_history(struct siblings s, struct json_span entries, struct buf *out,
    int *ret_grew, struct err *err)
{
	CLEANUP(buf_freep) struct json_span *all = NULL;
	size_t i;

	if ((all = calloc(s.count + 1, sizeof *all)) == NULL)
		return err_oom(err);
	for (i = 0; i < s.count; i++)
		all[i] = s.v[i]->history;
	return history_union(all, s.count, entries, out, ret_grew, err);
}

void
merge_object_hash(const char *uid, size_t uid_len, struct siblings s,
    unsigned char out[32])
{
	crypto_generichash_state h;
	size_t i;

	json_hash_start(&h);
	json_hash_text(&h, "[\"");
	json_hash_bytes(&h, uid, uid_len);
	json_hash_text(&h, "\",[");
	for (i = 0; i < s.count; i++) {
		json_hash_text(&h, i > 0 ? ",[" : "[");
		json_hash_dot(&h, &s.v[i]->dot);
		json_hash_text(&h, ",");
		json_hash_hex(&h, s.v[i]->hash);
		json_hash_text(&h, "]");
	}
	json_hash_text(&h, "]]");
	json_hash_end(&h, out);
}
