/* fuzz_line.c: any text as a line of the lab, attachments and all.  A line
 * that is taken, written again from its parts, is taken as the same; the
 * version that it makes is sound and travels, or a limit is named.
 */
#include "../../base/text.h"
#include "../../format/record.h"
#include "../../store/line.h"
#include "../../store/refs.h"
#include "mutate.h"

#define NAMES "E_JSON E_RECORD E_LIMIT"

struct parts {
	struct line line;
	struct buf scratch, text;
};

static void
parts_clear(struct parts *p)
{
	buf_clear(&p->scratch);
	buf_clear(&p->text);
}

static struct json_span
part(const struct parts *p, struct line_span span)
{
	return line_text(&p->text, span);
}

static void
put(struct buf *out, struct json_span s)
{
	buf_add(out, s.at, s.len);
}

/* "history":[entry,...] of [[time,entry],...] */
static void
put_history(struct buf *out, struct json_span entries)
{
	struct json_walk w = json_walk(entries), pair;
	struct json_span none, item, time, entry;
	const char *comma = "";

	if (entries.len == 0)
		return;
	buf_adds(out, ",\"history\":[");
	for (; json_next(&w, &none, &item); comma = ",") {
		pair = json_walk(item);
		ALWAYS(json_count(item) == 2);
		(void)json_next(&pair, &none, &time);
		(void)json_next(&pair, &none, &entry);
		ALWAYS(json_kind(time) == '"' && json_kind(entry) == '{');
		buf_adds(out, comma);
		put(out, entry);
	}
	buf_addc(out, ']');
}

/* Of equal entries the first alone stays. */
static void
check_entries(struct json_span entries)
{
	struct json_walk w = json_walk(entries), rest;
	struct json_span none, item, other;

	while (json_next(&w, &none, &item))
		for (rest = w; json_next(&rest, &none, &other);)
			ALWAYS(!json_same(item, other));
}

/* The line of these parts, its members in any order. */
static void
put_line(struct buf *out, const struct parts *p)
{
	struct json_span f = part(p, p->line.fields);
	struct json_span time = part(p, p->line.time);

	buf_adds(out, "{\"uid\":\"");
	put(out, part(p, p->line.uid));
	buf_adds(out, "\",\"type\":\"");
	put(out, part(p, p->line.type));
	buf_addc(out, '"');
	put_history(out, part(p, p->line.entries));
	if (f.len == 0)
		buf_adds(out, ",\"deleted\":true");
	if (time.len > 0)
		buf_adds(out, ",\"time\":");
	put(out, time);
	if (f.len > 2) {
		buf_addc(out, ',');
		buf_add(out, f.at + 1, f.len - 2);
	}
	buf_addc(out, '}');
}

static int
same(const struct parts *a, const struct parts *b, struct line_span x,
    struct line_span y)
{
	return json_same(part(a, x), part(b, y));
}

static void
check_again(const struct parts *p)
{
	CLEANUP(parts_clear) struct parts q = { .line = { .uid = { 0, 0 } } };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	put_line(&text, p);
	GOOD(line_read(&q.line, json_of(&text), &q.scratch, &q.text, &err),
	    &err);
	ALWAYS(same(p, &q, p->line.uid, q.line.uid));
	ALWAYS(same(p, &q, p->line.type, q.line.type));
	ALWAYS(same(p, &q, p->line.fields, q.line.fields));
	ALWAYS(same(p, &q, p->line.time, q.line.time));
	ALWAYS(same(p, &q, p->line.entries, q.line.entries));
	ALWAYS(same(p, &q, p->line.attachments, q.line.attachments));
}

/* As a line of a record chunk. */
static void
check_travels(const struct version *v)
{
	CLEANUP(version_clear) struct version back = VERSION_INIT;
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	struct record_version x = { .dot = v->dot, .born = v->born,
	    .label = v->label, .context = v->context, .stamps = v->stamps,
	    .content = v->content };
	struct record_line r;
	struct err err = ERR_INIT;

	record_version(&line, &x);
	ALWAYS(line.len <= FORMAT_LINE_MAX);
	line.len--;
	GOOD(record_parse(&r, json_of(&line), &err), &err);
	back.dot = r.version.dot;
	back.born = r.version.born;
	back.label = r.version.label;
	back.content = r.version.content;
	GOOD(version_read(&back, &err), &err);
}

/* The version that it makes of a new object; then the same line makes
 * nothing. */
static void
check_version(const struct parts *p)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	CLEANUP(version_clear) struct version none = VERSION_INIT;
	CLEANUP(buf_clear) struct buf onto = BUF_INIT, blobs = BUF_INIT;
	struct merge_edit e = { .type = part(p, p->line.type),
	    .fields = part(p, p->line.fields),
	    .time = part(p, p->line.time),
	    .entries = part(p, p->line.entries), .clock = 7, .checked = 1 };
	struct version *list = &v;
	struct siblings empty = { NULL, 0 }, one = { &list, 1 };
	struct err err = ERR_INIT;

	v.dot = (struct dot){ { "lab", "0123456789abcdef", 1 }, 1 };
	none.dot = (struct dot){ { "lab", "0123456789abcdef", 1 }, 2 };
	if (!fuzz_took(merge_new(empty, "", &e, &v, &err), &err, "E_LIMIT"))
		return;
	check_travels(&v);
	GOOD(version_blobs(v.fields, &blobs, &err), &err);
	GOOD(line_onto(one, &e, &onto, &err), &err);
	ALWAYS(merge_new(one, "\x01", &e, &none, &err) == 0);
}

static void
check_refs(struct json_span f)
{
	struct refs_walk w = refs_walk(f);
	struct json_span uid;

	while (refs_next(&w, &uid))
		ALWAYS(uid.len >= 1 && uid.len <= 255 && uid.at > f.at &&
		    uid.at + uid.len < f.at + f.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(parts_clear) struct parts p = { .line = { .uid = { 0, 0 } } };
	struct json_span text = { (const char *)data, size };
	struct err err = ERR_INIT;
	struct json_span f;

	if (!fuzz_took(line_read(&p.line, text, &p.scratch, &p.text, &err),
	    &err, NAMES))
		return 0;
	f = part(&p, p.line.fields);
	ALWAYS(text_is_uid(part(&p, p.line.uid).at, p.line.uid.len));
	ALWAYS(text_is_type(part(&p, p.line.type).at, p.line.type.len));
	ALWAYS(f.len == 0 || json_scan(f.at, f.len, LINE_DEPTH_MAX,
	    &err) == 0);
	check_entries(part(&p, p.line.entries));
	check_again(&p);
	check_version(&p);
	if (f.len > 0)
		check_refs(f);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
