#include "plain_put.h"

#include <string.h>

#include "shape.h"
#include "span.h"

/* What the server makes itself, or what no request can set. */
static const struct {
	const char *types, *names;
} untouched[] = {
	{ " AnalysisRequest ", " Analyses Client DateReceived DetachedFrom"
	    " Invalidated Invoice ParentAnalysisRequest"
	    " PrimaryAnalysisRequest Printed _ARAttachment description " },
	{ " ARReport ", " AnalysisRequest ContainedAnalysisRequests Html"
	    " Metadata " },
};

/* Names with a meaning of their own in a request; and allowDiscussion, which
 * reads null whatever it is. */
static const char reserved[] = " allowDiscussion created creation_date creators"
    " filename id items modification_date modified parent parent_path"
    " parent_uid path portal_type review_state state transition uid ";

/* All of an analysis that people enter; the rest comes with its service. */
static const char of_analyses[] = " Analyst DetectionLimitOperand Hidden"
    " Instrument InterimFields Method Remarks Result ResultCaptureDate"
    " Uncertainty ";

static int
has(const char *list, struct json_span name)
{
	const char *at = list;

	while ((at = memmem(at, strlen(at), name.at, name.len)) != NULL) {
		if (at > list && at[-1] == ' ' && at[name.len] == ' ')
			return 1;
		at++;
	}
	return 0;
}

static int
is_untouched(struct json_span type, struct json_span name)
{
	size_t i;

	if (name.len == 0 || name.at[0] == '@' || has(reserved, name))
		return 1;
	if (has(" Analysis DuplicateAnalysis ReferenceAnalysis ", type))
		return !has(of_analyses, name);
	for (i = 0; i < sizeof(untouched) / sizeof(untouched[0]); i++)
		if (has(untouched[i].types, type) &&
		    has(untouched[i].names, name))
			return 1;
	return 0;
}

/* --- comparing ---------------------------------------------------------- */

/* A value that the API may show as null. */
static int
is_falsy(struct json_span v)
{
	return json_is(v, "null") || json_is(v, "\"\"") ||
	    json_is(v, "false") || json_is(v, "[]") || json_is(v, "{}") ||
	    json_is(v, "0") || json_is(v, "0.0");
}

static int
is_reference(struct json_span v, struct json_span *ret)
{
	struct json_walk w = json_walk(v);
	struct json_span key, more;

	return json_kind(v) == '{' && json_next(&w, &key, ret) &&
	    json_is(key, "uid") && json_kind(*ret) == '"' &&
	    !json_next(&w, &key, &more);
}

/* The only item of an array: Dexterity has a list for one reference too. */
static struct json_span
only(struct json_span v)
{
	struct json_walk w = json_walk(v);
	struct json_span key, first, uid;

	if (json_kind(v) == '[' && json_next(&w, &key, &first) &&
	    !json_next(&w, &key, &v) && is_reference(first, &uid))
		return first;
	return v;
}

int
plain_same(struct json_span a, struct json_span b)
{
	struct json_span x = span_inner(a), y = span_inner(b);
	int64_t at_x, at_y;
	int offset;

	if (json_same(a, b) || (is_falsy(a) && is_falsy(b)))
		return 1;
	if (x.len > 0 && y.len > 0)
		return shape_date(&at_x, &offset, x.at, x.len) == 0 &&
		    shape_date(&at_y, &offset, y.at, y.len) == 0 &&
		    at_x == at_y;
	return json_same(only(a), only(b));
}

/* Is it a reference, or a list of them? */
static int
is_references(struct json_span v)
{
	struct json_span uid;

	return is_reference(v, &uid) || is_reference(span_first(v), &uid);
}

int
plain_is_dropped(const struct plain_put *p, struct json_span name)
{
	const char *at = p->dropped.at;
	size_t left = p->dropped.len;

	if (left < name.len + 2)
		return 0;
	at = memmem(at, left, name.at, name.len);
	return at != NULL && at > p->dropped.at && at[-1] == '\n' &&
	    at[name.len] == '\n';
}

int
plain_body_next(const struct plain_put *p, struct json_walk *w,
    struct json_span *ret_name, struct json_span *ret_value)
{
	struct json_span have = span_member(json_of(&p->now), "fields");
	struct json_span other;

	while (json_next(w, ret_name, ret_value)) {
		if (is_untouched(p->type, *ret_name) ||
		    plain_is_dropped(p, *ret_name))
			continue;
		if (p->put->second && !is_references(*ret_value))
			continue;
		/* As it was there: not ours to change. */
		if (span_find(p->last, *ret_name, &other) &&
		    plain_same(*ret_value, other))
			continue;
		if (!span_find(have, *ret_name, &other))
			other = (struct json_span){ "null", 4 };
		if (!plain_same(*ret_value, other))
			return 1;
	}
	return 0;
}

/* --- writing values ----------------------------------------------------- */

static int
is_known(const struct plain_put *p, struct json_span uid)
{
	const char *at = p->known.at;
	size_t left = p->known.len;

	uid = span_inner(uid);
	if (left == 0 || uid.len != SENAITE_UID_LEN)
		return 0;
	at = memmem(at, left, uid.at, uid.len);
	return at != NULL && at[-1] == '\n' && at[uid.len] == '\n';
}

/* A list without the references to what is not there. */
static void
put_list(struct buf *out, const struct plain_put *p, struct json_span list)
{
	struct json_walk w = json_walk(list);
	struct json_span key, v, uid;
	const char *comma = "";

	buf_addc(out, '[');
	while (json_next(&w, &key, &v)) {
		if (is_reference(v, &uid) && !is_known(p, uid))
			continue;
		buf_adds(out, comma);
		comma = ",";
		span_put(out, is_reference(v, &uid) ? uid : v);
	}
	buf_addc(out, ']');
}

/* 1, or 0: cannot be given. */
static int
put_value(struct buf *out, const struct plain_put *p, int rest,
    struct json_span v)
{
	struct json_span uid, seconds;

	if (json_kind(v) == '[')
		put_list(out, p, v);
	else if (is_reference(v, &uid)) {
		if (!is_known(p, uid))
			return 0;
		buf_adds(out, rest && !p->archetype ? "[" : "");
		span_put(out, uid);
		buf_adds(out, rest && !p->archetype ? "]" : "");
	} else if (rest && !p->archetype && json_kind(v) == '{' &&
	    json_member(v, "seconds", &seconds))
		span_put(out, seconds);
	else
		span_put(out, v);
	return 1;
}

size_t
plain_body(struct buf *out, const struct plain_put *p, int rest,
    struct json_span one)
{
	struct json_walk w = json_walk(p->fields);
	struct json_span name, value;
	size_t n = 0;

	while (plain_body_next(p, &w, &name, &value)) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT;

		if (one.len > 0 && !json_same(one, name))
			continue;
		/* What a new object has from the start is not said. */
		if (p->uid[0] == '\0' && is_falsy(value))
			continue;
		if (!put_value(&text, p, rest, value))
			continue;
		if (text.failed)
			out->failed = text.failed;
		buf_addc(out, ',');
		buf_addc(out, '"');
		span_put(out, name);
		buf_adds(out, "\":");
		buf_add(out, text.at, text.len);
		n++;
	}
	return n;
}
