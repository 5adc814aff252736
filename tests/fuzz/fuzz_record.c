/* fuzz_record.c: lines as the lines of a record chunk.  A line that is taken
 * is written again as the very bytes; versions that are sound make a sibling
 * set on which the rules of merging hold, and a new version over it is sound.
 */
#include "../../base/text.h"
#include "../../format/record.h"
#include "../../store/merge.h"
#include "mutate.h"

#define SET_MAX 16u

struct set {
	struct version own[SET_MAX];
	struct version *at[SET_MAX];
	size_t count;
};

static void
set_clear(struct set *s)
{
	while (s->count > 0)
		version_clear(s->at[--s->count]);
}

static void
check_head(const struct record_line *x, struct json_span line)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;

	ALWAYS(text_is_uid(x->uid.at, x->uid.len));
	ALWAYS(x->versions >= 1 && x->versions <= FORMAT_VERSIONS_MAX);
	record_head(&again, x->uid.at, x->uid.len, x->versions);
	again.len--;
	ALWAYS(fuzz_same(&again, line.at, line.len));
}

static void
check_version(const struct record_version *x, struct json_span line)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;

	ALWAYS(x->label >= 0 && x->label <= VERSION_LABEL_MAX);
	ALWAYS(!json_is(x->context, "{}") && !json_is(x->stamps, "{}"));
	record_version(&again, x);
	again.len--;
	ALWAYS(fuzz_same(&again, line.at, line.len));
}

/* May the version have this stamp?  Of its own actor any earlier one. */
static int
is_known(const struct version *v, const struct dot *d)
{
	return version_saw(v, d) || (actor_cmp(&d->actor, &v->dot.actor) ==
	    0 && d->n < v->dot.n);
}

/* Fields come in the order of their names, each found again, its stamp one
 * that the version may have. */
static void
check_fields(const struct version *v)
{
	struct field_walk w = version_fields(v->fields);
	struct field f, before = { .nested = 0 };
	struct json_span value;
	struct dot stamp;
	size_t n;

	for (n = 0; version_next_field(&w, &f); n++) {
		ALWAYS(n == 0 || field_cmp(before.nested, before.name,
		    f.nested, f.name) < 0);
		ALWAYS(version_field(v->fields, &f, &value));
		ALWAYS(json_same(value, f.value));
		stamp = version_stamp(v, &f);
		ALWAYS(is_known(v, &stamp));
		before = f;
	}
}

/* Put it where its dot belongs, unless the set has that dot. */
static void
insert(struct set *s, struct version *v)
{
	size_t i = s->count, k;

	while (i > 0 && dot_cmp(&s->at[i - 1]->dot, &v->dot) > 0)
		i--;
	if (i > 0 && dot_cmp(&s->at[i - 1]->dot, &v->dot) == 0) {
		version_clear(v);
		return;
	}
	for (k = s->count++; k > i; k--)
		s->at[k] = s->at[k - 1];
	s->at[i] = v;
}

/* Each version has a place of its own in `own`; a cleared one is used again. */
static struct version *
place(struct set *s)
{
	size_t i;

	for (i = 0; i < SET_MAX && s->own[i].content.len > 0; i++)
		;
	return i < SET_MAX ? &s->own[i] : NULL;
}

static void
read_line(struct set *s, struct json_span line)
{
	struct record_line x;
	struct err err = ERR_INIT;
	struct version *v;

	if (!fuzz_took(record_parse(&x, line, &err), &err, "E_JSON E_RECORD"))
		return;
	if (x.kind == RECORD_HEAD) {
		check_head(&x, line);
		return;
	}
	check_version(&x.version, line);
	if ((v = place(s)) == NULL)
		return;
	*v = (struct version){ .dot = x.version.dot, .born = x.version.born,
	    .label = x.version.label, .context = x.version.context,
	    .stamps = x.version.stamps, .content = x.version.content };
	memcpy(v->hash, x.version.hash, sizeof v->hash);
	if (!fuzz_took(version_read(v, &err), &err, "E_RECORD E_LIMIT")) {
		version_clear(v);
		return;
	}
	check_fields(v);
	insert(s, v);
}

/* A set merged with itself stays; with a part of itself, too. */
static void
check_merge(struct siblings s)
{
	char keep_a[SET_MAX], keep_b[SET_MAX];
	struct siblings part = { s.v, s.count - 1 };
	size_t i;

	merge_sets(s, s, keep_a, keep_b);
	for (i = 0; i < s.count; i++)
		ALWAYS(keep_a[i] == 1 && keep_b[i] == 0);
	merge_sets(part, s, keep_a, keep_b);
	for (i = 0; i < part.count; i++)
		ALWAYS(keep_a[i] == 1 && keep_b[i] == 0);
}

static int
no_field(void *ctx, const struct field *f, int clash, struct err *err)
{
	(void)ctx;
	(void)f;
	(void)clash;
	(void)err;
	return 0;
}

/* A conflict that is disjoint settles to fields that may be; any other does
 * not. */
static void
check_kinds(struct siblings s)
{
	CLEANUP(buf_clear) struct buf settled = BUF_INIT;
	enum conflict_kind kind, strict;
	struct err err = ERR_INIT;

	GOOD(merge_kind(s, &kind, &err), &err);
	GOOD(merge_kind_strict(s, &strict, &err), &err);
	ALWAYS(kind == strict || kind == CONFLICT_NONE);
	GOOD(merge_fields(s, no_field, NULL, &err), &err);
	if (strict != CONFLICT_DISJOINT)
		return;
	GOOD(merge_settled(s, &settled, &err), &err);
	ALWAYS(settled.len == 0 || json_scan(settled.at, settled.len, 68,
	    &err) == 0);
}

/* The winner's fields again, over all: a version that travels. */
static void
check_edit(struct siblings s)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	const struct version *winner = s.v[merge_winner(s)];
	struct merge_edit e = { .type = winner->type,
	    .fields = winner->fields, .time = winner->time,
	    .entries = { "[[\"2026\",{\"a\":1}]]", 18 }, .clock = 7 };
	struct record_version x = { .label = 0 };
	struct record_line again;
	struct err err = ERR_INIT;
	char shown[SET_MAX];
	size_t i;

	merge_shown(s, shown);
	ALWAYS(shown[merge_winner(s)] == 1);
	v.dot = (struct dot){ { "new", "0123456789abcdef", 1 }, 1 };
	for (i = 0; i < s.count; i++)
		if (actor_cmp(&s.v[i]->dot.actor, &v.dot.actor) == 0)
			return;
	if (!fuzz_took(merge_new(s, shown, &e, &v, &err), &err, "E_LIMIT"))
		return;
	if (v.content.len == 0)
		return;
	x = (struct record_version){ .dot = v.dot, .born = v.born,
	    .label = v.label, .context = v.context, .stamps = v.stamps,
	    .content = v.content };
	record_version(&line, &x);
	line.len--;
	GOOD(record_parse(&again, json_of(&line), &err), &err);
	for (i = 0; i < s.count; i++)
		ALWAYS(!shown[i] || version_saw(&v, &s.v[i]->dot));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(set_clear) struct set s = { .count = 0 };
	const char *p = (const char *)data, *end = p + size, *q;
	struct siblings set = { s.at, 0 };

	for (; p < end; p = q + 1) {
		q = memchr(p, '\n', (size_t)(end - p));
		if (q == NULL)
			q = end;
		read_line(&s, (struct json_span){ p, (size_t)(q - p) });
		if (q == end)
			break;
	}
	set.count = s.count;
	if (set.count == 0)
		return 0;
	check_merge(set);
	check_kinds(set);
	check_edit(set);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json_lines, data, size, max, seed);
}
