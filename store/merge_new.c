#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "context.h"
#include "merge.h"
#include "setting.h"

#define CONTENT_FRAME 64u		/* bytes of content beside its values */

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
		if (shown->v[i]->fields.len == 0 ||
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
		if (shown->v[i]->fields.len > 0)
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
