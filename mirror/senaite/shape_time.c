#include "shape_time.h"

#include <string.h>

#include "../../base/text.h"
#include "span.h"

#define DAY 86400
/* Between two dates with one offset that are no further apart, no change of
 * summer time fits that is undone again (Morocco's lasts five weeks). */
#define SAME_ZONE_SPAN (28 * DAY)
#define AT_ONCE 60			/* seconds from creation to its entry */

static int
offset_of(int *ret, const char *p, size_t len)
{
	uint64_t h, m;

	if (len == 1 && *p == 'Z') {
		*ret = 0;
		return 0;
	}
	if ((len != 5 && len != 6) || (*p != '+' && *p != '-') ||
	    (len == 6 && p[3] != ':'))
		return -1;
	if ((p[1] != '0' && p[1] != '1') || p[2] < '0' || p[2] > '9' ||
	    p[len - 2] < '0' || p[len - 2] > '5' || p[len - 1] < '0' ||
	    p[len - 1] > '9')
		return -1;
	h = (uint64_t)(p[1] - '0') * 10 + (uint64_t)(p[2] - '0');
	m = (uint64_t)(p[len - 2] - '0') * 10 + (uint64_t)(p[len - 1] - '0');
	*ret = (int)(h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
	return 0;
}

/* "YYYY-MM-DD", one of " T", "hh:mm:ss": seconds as if it were UTC. */
static int
local_of(int64_t *ret, const char *text, size_t len)
{
	char date[21];

	if (len < 19 || (text[10] != 'T' && text[10] != ' '))
		return -1;
	memcpy(date, text, 19);
	date[10] = 'T';
	date[19] = 'Z';
	return text_undate(ret, date, 20);
}

int
shape_date(int64_t *ret, int *ret_offset, const char *text, size_t len)
{
	size_t at = 19;

	if (local_of(ret, text, len) < 0)
		return -1;
	if (at < len && text[at] == '.')
		for (at++; at < len && text[at] >= '0' && text[at] <= '9';)
			at++;
	if (offset_of(ret_offset, text + at, len - at) < 0)
		return -1;
	*ret -= *ret_offset;
	return 0;
}

void
shape_put_utc(struct buf *out, struct json_span value)
{
	struct json_span text = span_inner(value);
	int64_t at;
	int offset;
	char date[21];

	if (text.len == 0 ||
	    shape_date(&at, &offset, text.at, text.len) < 0 || at < 0) {
		span_put(out, value);
		return;
	}
	text_date(date, at);
	buf_addf(out, "\"%s\"", date);
}

/* --- the zone of the workflow's times ----------------------------------- */

struct clock {
	int64_t created, modified;	/* as shown by a clock on the wall */
	int created_offset, modified_offset;
	int known;
};

static struct clock
clock_of(struct json_span item)
{
	struct json_span c = span_text(item, "created");
	struct json_span m = span_text(item, "modified");
	struct clock k = { .known = 1 };

	if (shape_date(&k.created, &k.created_offset, c.at, c.len) < 0 ||
	    shape_date(&k.modified, &k.modified_offset, m.at, m.len) < 0) {
		k.known = 0;
		return k;
	}
	k.created += k.created_offset;
	k.modified += k.modified_offset;
	return k;
}

/* Does the clock on the wall say beyond doubt which offset this time has? */
static int
is_clear(const struct clock *k, int64_t local, int *ret_offset)
{
	*ret_offset = k->known ? k->modified_offset : 0;
	if (!k->known)
		return 0;
	if (local >= k->created - AT_ONCE && local <= k->created + AT_ONCE) {
		*ret_offset = k->created_offset;
		return 1;
	}
	return k->created_offset == k->modified_offset &&
	    k->modified - k->created <= SAME_ZONE_SPAN &&
	    local > k->created && local <= k->modified + AT_ONCE;
}

int
shape_steps_are_clear(struct json_span item)
{
	struct clock k = clock_of(item);
	struct json_span key, one, entry, text;
	struct json_walk w, entries;
	int64_t local;
	int offset;

	w = json_walk(span_member(item, "workflow_info"));
	while (json_next(&w, &key, &one)) {
		entries = json_walk(span_member(one, "review_history"));
		while (json_next(&entries, &key, &entry)) {
			text = span_text(entry, "time");
			if (local_of(&local, text.at, text.len) == 0 &&
			    !is_clear(&k, local, &offset))
				return 0;
		}
	}
	return 1;
}

/* The entry's time in @workflow's answer, if that tells the same steps. */
static int
exact_time(struct json_span *ret, struct json_span steps, size_t at,
    struct json_span entry)
{
	struct json_walk w = json_walk(span_member(steps, "history"));
	struct json_span key, other;
	size_t i = 0;

	while (json_next(&w, &key, &other))
		if (i++ == at)
			break;
	if (i != at + 1 || !json_same(span_member(other, "review_state"),
	    span_member(entry, "review_state")) ||
	    !json_same(span_member(other, "actor"),
	    span_member(entry, "actor")))
		return 0;
	*ret = span_member(other, "time");
	return json_kind(*ret) == '"';
}

static void
put_time(struct buf *out, const struct shape *s, struct json_span entry,
    size_t at, int first)
{
	struct clock k = clock_of(s->item);
	struct json_span value = span_member(entry, "time");
	struct json_span text = span_inner(value);
	int64_t local;
	int offset;
	char date[21];

	if (local_of(&local, text.at, text.len) < 0) {
		span_put(out, value);
		return;
	}
	if (first && s->steps.len > 0 &&
	    exact_time(&value, s->steps, at, entry)) {
		shape_put_utc(out, value);
		return;
	}
	is_clear(&k, local, &offset);
	if (local < offset) {
		span_put(out, value);
		return;
	}
	text_date(date, local - offset);
	buf_addf(out, "\"%s\"", date);
}

static void
put_entry(struct buf *out, const struct shape *s, struct json_span entry,
    size_t at, struct json_span workflow)
{
	struct json_walk w = json_walk(entry);
	struct json_span key, value;
	const char *comma = "{";

	while (json_next(&w, &key, &value)) {
		buf_adds(out, comma);
		comma = ",";
		if (json_is(key, "review_state")) {
			buf_adds(out, "\"state\":");
			span_put(out, value);
			continue;
		}
		buf_addf(out, "\"%.*s\":", (int)key.len, key.at);
		if (json_is(key, "time"))
			put_time(out, s, entry, at, workflow.len == 0);
		else
			span_put(out, value);
	}
	if (workflow.len > 0) {
		buf_addf(out, "%s\"workflow\":", comma);
		span_put(out, workflow);
		comma = ",";
	}
	buf_adds(out, *comma == '{' ? "{}" : "}");
}

void
shape_put_history(struct buf *out, const struct shape *s)
{
	struct json_walk w, entries;
	struct json_span key, one, entry, name = { "", 0 };
	const char *comma = "";
	int first = 1;
	size_t at;

	buf_addc(out, '[');
	w = json_walk(span_member(s->item, "workflow_info"));
	while (json_next(&w, &key, &one)) {
		entries = json_walk(span_member(one, "review_history"));
		at = 0;
		if (!first)
			name = span_member(one, "workflow");
		while (json_next(&entries, &key, &entry)) {
			buf_adds(out, comma);
			comma = ",";
			put_entry(out, s, entry, at++, name);
		}
		first = 0;
	}
	buf_addc(out, ']');
}

