#include "sides.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "../store/conflict.h"

#define VALUE_SHOWN 200u		/* bytes of a value in text */
#define LABEL 96			/* "site:generation:counter" */

struct sides {
	struct out *out;
	const struct object *object;
	char (*labels)[LABEL];		/* owned; one a sibling */
	size_t width;			/* of the longest */
	uint64_t equal;
	int differ;			/* fields that differ so far */
};

static void
sides_clear(struct sides *x)
{
	free(x->labels);
}

/* --- labels ------------------------------------------------------------ */

/* Does another sibling have the same site and counter? */
static int
is_ambiguous(struct siblings set, size_t i)
{
	const struct dot *a = &set.v[i]->dot, *b;
	size_t k;

	for (k = 0; k < set.count; k++) {
		b = &set.v[k]->dot;
		if (k != i && a->n == b->n &&
		    strcmp(a->actor.site, b->actor.site) == 0)
			return 1;
	}
	return 0;
}

static int
make_label(struct sides *x, struct store *s, size_t i, struct err *err)
{
	CLEANUP(buf_clear) struct buf site = BUF_INIT;
	struct siblings set = x->object->set;
	const struct dot *d = &set.v[i]->dot;
	char *label = x->labels[i];

	if (conflict_site(s, set.v[i], &site, err) < 0)
		return -(int)err->code;
	if (buf_str(&site) == NULL)
		return err_oom(err);
	if (is_ambiguous(set, i))
		(void)snprintf(label, LABEL, "%.40s:%" PRIu64 ":%" PRIu64,
		    site.at, d->actor.generation, d->n);
	else
		(void)snprintf(label, LABEL, "%.40s:%" PRIu64, site.at, d->n);
	if (strlen(label) > x->width)
		x->width = strlen(label);
	return 0;
}

static int
make_labels(struct sides *x, struct store *s, struct err *err)
{
	size_t i;

	x->labels = calloc(x->object->set.count, sizeof *x->labels);
	if (x->labels == NULL)
		return err_oom(err);
	for (i = 0; i < x->object->set.count; i++)
		if (make_label(x, s, i, err) < 0)
			return -(int)err->code;
	return 0;
}

/* --- siblings ---------------------------------------------------------- */

static void
say_sibling(struct sides *x, size_t i, int is_winner)
{
	const struct version *v = x->object->set.v[i];
	int deleted = v->fields.len == 0;
	struct out *o = x->out;
	char date[21];

	text_date(date, v->label);
	out_text(o, "  %-*s  %s%s%s\n", (int)x->width, x->labels[i], date,
	    deleted ? "  deleted" : "", is_winner ? "  (shown by the lab)" :
	    "");
	out_open(o, NULL, '{');
	out_str(o, "take", x->labels[i]);
	out_str(o, "site", v->dot.actor.site);
	out_number(o, "generation", v->dot.actor.generation);
	out_number(o, "counter", v->dot.n);
	out_str(o, "date", date);
	out_bool(o, "deleted", deleted);
	out_bool(o, "winner", is_winner);
	out_raw(o, "content", v->content.at, v->content.len);
	out_close(o);
}

static void
say_siblings(struct sides *x)
{
	struct siblings set = x->object->set;
	size_t i, winner = merge_winner(set);

	out_open(x->out, "siblings", '[');
	for (i = 0; i < set.count; i++)
		say_sibling(x, i, i == winner);
	out_close(x->out);
}

/* --- fields ------------------------------------------------------------ */

/* Do all live siblings have the same value of it? */
static int
is_equal(struct siblings set, const struct field *f)
{
	struct json_span first = { NULL, 0 }, value;
	int seen = 0;
	size_t i;

	for (i = 0; i < set.count; i++) {
		if (set.v[i]->fields.len == 0)
			continue;
		if (!version_field(set.v[i]->fields, f, &value))
			value.len = 0;
		if (seen && !json_same(first, value))
			return 0;
		first = value;
		seen = 1;
	}
	return 1;
}

static void
say_value(struct sides *x, size_t i, const struct field *f)
{
	const struct version *v = x->object->set.v[i];
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	struct json_span value = { NULL, 0 };
	int found = version_field(v->fields, f, &value);
	size_t shown = value.len < VALUE_SHOWN ? value.len : VALUE_SHOWN;

	if (found)
		text_safe(&safe, value.at, shown);
	out_text(x->out, "      %-*s  ", (int)x->width, x->labels[i]);
	out_safe(x->out, !found ? "(absent)" : buf_str(&safe) != NULL ?
	    safe.at : "");
	out_text(x->out, shown < value.len ? "... (%zu bytes)\n" : "\n",
	    value.len);
	out_open(x->out, NULL, '{');
	out_str(x->out, "take", x->labels[i]);
	if (found)
		out_raw(x->out, "value", value.at, value.len);
	out_close(x->out);
}

static int
each_field(void *ctx, const struct field *f, int clash, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT, json = BUF_INIT;
	struct sides *x = ctx;
	struct siblings set = x->object->set;
	size_t i;

	if (is_equal(set, f)) {
		x->equal++;
		return 0;
	}
	field_name(&name, f->nested, f->name);
	buf_addc(&json, '"');
	buf_add(&json, name.at, name.len);
	buf_addc(&json, '"');
	if (buf_str(&name) == NULL || buf_check(&json, err) < 0)
		return err_oom(err);
	if (x->differ++ == 0)
		out_text(x->out, "\nfields that differ ('!': a clash)\n");
	out_text(x->out, "  %c ", clash ? '!' : ' ');
	out_safe(x->out, name.at);
	out_text(x->out, "\n");
	out_open(x->out, NULL, '{');
	out_raw(x->out, "field", json.at, json.len);
	out_bool(x->out, "clash", clash);
	out_open(x->out, "values", '[');
	for (i = 0; i < set.count; i++)
		if (set.v[i]->fields.len != 0)
			say_value(x, i, f);
	out_close(x->out);
	out_close(x->out);
	return out_check(x->out, err);
}

static int
say_fields(struct sides *x, struct err *err)
{
	int rc;

	out_open(x->out, "fields", '[');
	rc = merge_fields(x->object->set, each_field, x, err);
	out_close(x->out);
	out_number(x->out, "equal", x->equal);
	if (x->equal > 0)
		out_text(x->out, "\n%" PRIu64 " other field%s equal\n",
		    x->equal, x->equal == 1 ? " is" : "s are");
	return rc;
}

int
sides_show(struct out *o, struct store *s, const char *uid,
    const struct object *object, struct err *err)
{
	CLEANUP(sides_clear) struct sides x = { .out = o, .object = object };
	const struct version *first = object->set.v[0];
	enum conflict_kind kind = CONFLICT_NONE;
	int rc;

	if ((rc = merge_kind(object->set, &kind, err)) < 0 ||
	    (rc = make_labels(&x, s, err)) < 0)
		return rc;
	out_text(o, "%s  %.*s  %s\n\nversions\n", uid, (int)first->type.len,
	    first->type.at, kind == CONFLICT_NONE ? "no conflict" :
	    merge_kind_name(kind));
	out_str(o, "uid", uid);
	out_strn(o, "type", first->type.at, first->type.len);
	out_str(o, "kind", kind == CONFLICT_NONE ? NULL :
	    merge_kind_name(kind));
	say_siblings(&x);
	if ((rc = say_fields(&x, err)) < 0 || kind == CONFLICT_NONE)
		return rc;
	out_text(o, "\ndecide with 'satchel conflicts resolve %s --take %s "
	    "--reason ...',\nor --merge FILE\n", uid, x.labels[0]);
	return 0;
}
