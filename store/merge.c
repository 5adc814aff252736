#include "merge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "context.h"
#include "history.h"
#include "json_hash.h"
#include "setting.h"

#define CONTENT_FRAME 64u		/* bytes of content beside its values */

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

/* --- a new version ----------------------------------------------------- */

int
merge_context(struct siblings s, struct version *const *shown, size_t count,
    struct buf *out, struct err *err)
{
	return context_write(s.v, s.count, shown, count, out, err);
}

/* Would the edit leave all that was shown as it is, history apart? */
static int
is_same(const struct merge_edit *edit, const struct siblings *shown)
{
	size_t i;

	for (i = 0; i < shown->count; i++)
		if (!json_same(shown->v[i]->type, edit->type) ||
		    !json_same(shown->v[i]->fields, edit->fields))
			return 0;
	return shown->count > 0;
}

static int64_t
new_label(const struct siblings *shown, int64_t clock)
{
	int64_t label = clock > 0 ? clock : 0;
	size_t i;

	for (i = 0; i < shown->count && !MUTANT(label_is_clock); i++)
		if (shown->v[i]->label >= label)
			label = shown->v[i]->label + 1;
	return label < VERSION_LABEL_MAX ? label : VERSION_LABEL_MAX;
}

/* Append a name and a value, for which there is room; the value there. */
static struct json_span
put(struct buf *out, const char *name, struct json_span value)
{
	struct json_span at = { NULL, value.len };

	buf_adds(out, name);
	at.at = out->at + out->len;
	buf_add(out, value.at, value.len);
	return at;
}

/* Content, and where in it everything is. */
static int
new_content(const struct merge_edit *edit, const struct buf *history,
    struct buf *out, struct version *v, struct err *err)
{
	const struct json_span h = { history->at, history->len };

	if (buf_room(out, CONTENT_FRAME + h.len + edit->fields.len +
	    edit->time.len + edit->type.len) == NULL)
		return err_oom(err);
	if (edit->fields.len > 0) {
		v->fields = put(out, "{\"fields\":", edit->fields);
		v->history = put(out, ",\"history\":", h);
	} else {
		v->history = put(out, "{\"deleted\":true,\"history\":", h);
		if (edit->time.len > 0)
			v->time = put(out, ",\"time\":", edit->time);
	}
	v->type = put(out, ",\"type\":\"", edit->type);
	buf_adds(out, "\"}");
	v->content = (struct json_span){ out->at, out->len };
	return 0;
}

/* Has one of these seen it?  What none has, though one names it, the context
 * excepts: so it can be no birth or stamp of a new version. */
static int
is_seen(const struct siblings *shown, const struct dot *d)
{
	size_t i;

	for (i = 0; i < shown->count; i++)
		if (version_saw(shown->v[i], d))
			return 1;
	return 0;
}

/* One common birth, seen, and no deletion: else the edit is a creation. */
static int
is_change(const struct merge_edit *edit, const struct siblings *shown)
{
	size_t i;

	for (i = 0; i < shown->count; i++)
		if (!is_live(shown->v[i]) ||
		    dot_cmp(&shown->v[i]->born, &shown->v[0]->born) != 0)
			return 0;
	return edit->fields.len > 0 && shown->count > 0 &&
	    is_seen(shown, &shown->v[0]->born);
}

/* Who has set a field to `value` in the new version: the one who had set what
 * was shown, if that was one open setting, seen, and this is it, or `self`. */
static const struct dot *
new_stamp(const struct siblings *shown, const struct setting_list *l,
    struct json_span value, const struct dot *born, const struct dot *self)
{
	const struct setting *first = setting_first(l);

	if (first == NULL)
		return value.len > 0 ? self : born;
	return l->open == 1 && json_same(first->value, value) &&
	    is_seen(shown, first->dot) ? first->dot : self;
}

static void
add_stamp(struct buf *out, const struct field *f, const struct dot *d,
    const struct dot *born)
{
	if (dot_cmp(d, born) == 0 || (MUTANT(no_birth) && d->n == 0))
		return;
	buf_adds(out, out->len > 0 ? ",\"" : "{\"");
	field_name(out, f->nested, f->name);
	buf_adds(out, "\":");
	dot_add(out, d);
}

/* The stamps of a change, fields of what was shown and of F side by side. */
static int
new_stamps(const struct siblings *shown, struct json_span fields,
    const struct dot *self, struct buf *out, struct err *err)
{
	CLEANUP(setting_clear) struct setting_walk w = SETTING_INIT;
	struct field_walk walk = version_fields(fields);
	const struct dot *born = &shown->v[0]->born;
	struct setting_list l;
	struct field f;
	int rc, c, old, new;

	if ((rc = setting_init(&w, shown->v, shown->count, err)) < 0)
		return rc;
	old = setting_next(&w, &l);
	new = version_next_field(&walk, &f);
	while (old || new) {
		c = !old ? 1 : !new ? -1 : field_cmp(l.field.nested,
		    l.field.name, f.nested, f.name);
		if (c > 0)
			add_stamp(out, &f, self, born);
		else
			add_stamp(out, &l.field, new_stamp(shown, &l,
			    c == 0 ? f.value : (struct json_span){ "", 0 },
			    born, self), born);
		if (c <= 0)
			old = setting_next(&w, &l);
		if (c >= 0)
			new = version_next_field(&walk, &f);
	}
	if (out->len > 0)
		buf_addc(out, '}');
	return buf_check(out, err);
}

#ifdef SATCHEL_MUTANTS
/* The side that a decision takes; NULL: none. */
static const struct version *
side_taken(const struct siblings *shown, struct json_span fields)
{
	size_t i;

	for (i = 0; i < shown->count && shown->count > 1; i++)
		if (fields.len > 0 && json_same(shown->v[i]->fields, fields))
			return shown->v[i];
	return NULL;
}

/* The live ones, if there are any. */
static struct siblings
without_deletions(const struct siblings *shown)
{
	static struct version *live[MERGE_MAX];
	struct siblings ret = { live, 0 };
	size_t i;

	for (i = 0; i < shown->count; i++)
		if (is_live(shown->v[i]))
			live[ret.count++] = shown->v[i];
	return ret.count > 0 ? ret : *shown;
}
#else
#define side_taken(shown, fields) ((const struct version *)NULL)
#define without_deletions(shown) (*(shown))
#endif

/* Birth and stamps of what is no creation. */
static int
inherit(const struct siblings *shown, const struct merge_edit *edit,
    struct version *v, struct buf *stamps, struct err *err)
{
	const struct siblings seen = MUTANT(take_over_tombstone) ?
	    without_deletions(shown) : *shown;
	const struct version *side = MUTANT(take_keeps_stamps) ?
	    side_taken(shown, edit->fields) : NULL;

	if (side != NULL) {
		v->born = side->born;
		buf_add(stamps, side->stamps.at, side->stamps.len);
		return buf_check(stamps, err);
	}
	if (!is_change(edit, &seen))
		return 0;
	v->born = seen.v[0]->born;
	return new_stamps(&seen, edit->fields, &v->dot, stamps, err);
}

/* Make and read the version of `v->dot`. */
static int
new_version(struct siblings s, const struct siblings *shown,
    const struct merge_edit *edit, const struct buf *history,
    struct version *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf context = BUF_INIT, stamps = BUF_INIT;
	CLEANUP(buf_clear) struct buf content = BUF_INIT;
	int rc;

	v->born = v->dot;
	if (MUTANT(context_of_all))
		rc = merge_context(s, s.v, s.count, &context, err);
	else
		rc = merge_context(s, shown->v, shown->count, &context, err);
	if (rc < 0 || (rc = inherit(shown, edit, v, &stamps, err)) < 0 ||
	    (rc = new_content(edit, history, &content, v, err)) < 0)
		return rc;
	v->label = new_label(shown, edit->clock);
	v->context = (struct json_span){ context.at, context.len };
	v->stamps = (struct json_span){ stamps.at, stamps.len };
	(void)crypto_generichash(v->hash, sizeof v->hash,
	    (const unsigned char *)content.at, content.len, NULL, 0);
	if (context.len > 0 || stamps.len > 0)
		return version_own(v, err);

	/* Of content alone, all is known. */
	v->text = content;
	content = (struct buf)BUF_INIT;
	return version_check_content(v, edit->checked, err);
}

int
merge_new(struct siblings s, const char *shown, const struct merge_edit *edit,
    struct version *ret, struct err *err)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf history = BUF_INIT;
	CLEANUP(buf_freep) struct version **list = NULL;
	struct siblings seen = { NULL, 0 };
	int rc, grew = 0;
	size_t i;

	if (!text_is_type(edit->type.at, edit->type.len))
		return err_set(err, E_RECORD, "type: expected 1 to 64 letters,"
		    " digits and \"._:/@~+-\"");
	if ((list = calloc(s.count + 1, sizeof *list)) == NULL)
		return err_oom(err);
	seen.v = list;
	for (i = 0; i < s.count; i++)
		if (shown[i])
			list[seen.count++] = s.v[i];
	rc = merge_history(s, edit->entries, &history, &grew, err);
	if (rc < 0)
		return rc;
	if (!grew && is_same(edit, &seen))
		return 0;
	if (MUTANT(tombstone_without_history) && edit->fields.len == 0) {
		buf_reset(&history);
		buf_adds(&history, "[]");
	}
	v.dot = ret->dot;
	if (new_version(s, &seen, edit, &history, &v, err) < 0)
		return err_prefix(err, "new version");
	*ret = v;
	v = (struct version)VERSION_INIT;
	return 1;
}
