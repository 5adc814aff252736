#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "history.h"
#include "patch.h"

#define SHOWN_MAX 64u			/* bytes of a value in a message */

static const struct json_span no_time = { "\"\"", 2 };

struct reading {
	struct buf *out;
	size_t start;			/* of F in `out` */
	struct line_span attachments;
	struct json_span uid, type, deleted, time, history;
	struct json_span other;		/* a member that no deletion has */
};

struct json_span
line_text(const struct buf *text, struct line_span span)
{
	if (span.len == 0)
		return (struct json_span){ "", 0 };
	return (struct json_span){ text->at + span.at, span.len };
}

static int
is_key(struct json_span key, const char *word)
{
	return key.len == strlen(word) && memcmp(key.at, word, key.len) == 0;
}

static int
shown(struct json_span x)
{
	return (int)(x.len < SHOWN_MAX ? x.len : SHOWN_MAX);
}

/* --- attachments ------------------------------------------------------- */

static int
check_attachment(struct json_span item, struct err *err)
{
	struct json_span x, hex;
	unsigned char hash[32];
	uint64_t size;
	int named;

	if (json_kind(item) != '{')
		return err_set(err, E_RECORD, "an attachment must be an "
		    "object, found %.*s", shown(item), item.at);
	named = json_member(item, "file", &x);
	if (named && (json_kind(x) != '"' || x.len == 2))
		return err_set(err, E_RECORD, "an attachment's \"file\" must "
		    "be a name, found %.*s", shown(x), x.at);
	if (json_member(item, "blake2b", &x)) {
		if (!json_plain(x, &hex) ||
		    text_unhex(hash, 32, hex.at, hex.len) < 0)
			return err_set(err, E_RECORD, "an attachment's "
			    "\"blake2b\" must be 64 hex digits, found %.*s",
			    shown(x), x.at);
		named = 1;
	}
	if (json_member(item, "size", &x) &&
	    json_uint(&size, x, COUNTER_MAX) < 0)
		return err_set(err, E_RECORD, "an attachment's \"size\" must "
		    "be a number of bytes, found %.*s", shown(x), x.at);
	if (!named)
		return err_set(err, E_RECORD, "an attachment has neither "
		    "\"file\" nor \"blake2b\"");
	return 0;
}

static int
check_attachments(struct json_span value, struct err *err)
{
	struct json_span none, item;
	struct json_walk w;
	int rc;

	if (json_kind(value) != '[')
		return err_set(err, E_RECORD, "\"attachments\" must be an "
		    "array, found %.*s", shown(value), value.at);
	for (w = json_walk(value); json_next(&w, &none, &item);)
		if ((rc = check_attachment(item, err)) < 0)
			return rc;
	return 0;
}

/* --- history ----------------------------------------------------------- */

struct entry {
	struct json_span text;
	size_t order;
};

static int
text_cmp(struct json_span a, struct json_span b)
{
	int c = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static int
by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = text_cmp(x->text, y->text);

	return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static int
by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int
check_history(struct json_span value, struct err *err)
{
	struct json_span none, item;
	struct json_walk w;

	if (json_kind(value) != '[')
		return err_set(err, E_RECORD, "\"history\" must be an array, "
		    "found %.*s", shown(value), value.at);
	for (w = json_walk(value); json_next(&w, &none, &item);)
		if (json_kind(item) != '{')
			return err_set(err, E_RECORD, "a history entry must "
			    "be an object, found %.*s", shown(item), item.at);
	return 0;
}

/* Append [[time,entry],...], each entry once. */
static int
add_entries(struct buf *out, struct json_span history, struct err *err)
{
	CLEANUP(buf_freep) struct entry *all = NULL;
	size_t count = json_count(history), i, kept;
	struct json_walk w = json_walk(history);
	struct json_span none, time;

	if ((all = calloc(count, sizeof *all)) == NULL)
		return err_oom(err);
	for (i = 0; i < count && json_next(&w, &none, &all[i].text); i++)
		all[i].order = i;
	qsort(all, count, sizeof *all, by_text);
	for (i = kept = 0; i < count; i++)
		if (i == 0 || !json_same(all[i].text, all[i - 1].text))
			all[kept++] = all[i];
	qsort(all, kept, sizeof *all, by_order);
	for (i = 0; i < kept; i++) {
		if (!json_member(all[i].text, "time", &time) ||
		    json_kind(time) != '"')
			time = no_time;
		buf_add(out, i == 0 ? "[[" : ",[", 2);
		buf_add(out, time.at, time.len);
		buf_addc(out, ',');
		buf_add(out, all[i].text.at, all[i].text.len);
		buf_addc(out, ']');
	}
	buf_addc(out, ']');
	return 0;
}

/* --- a line ------------------------------------------------------------ */

static int
need_plain(struct json_span *ret, struct json_span value, const char *name,
    int (*is)(const char *text, size_t len), struct err *err)
{
	if (!json_plain(value, ret) || !is(ret->at, ret->len))
		return err_set(err, E_RECORD, "\"%s\" must be a text of "
		    "letters, digits and ._:/@~+- that begins with a letter "
		    "or digit, found %.*s", name, shown(value), value.at);
	return 0;
}

/* Append a member to F. */
static void
keep(struct reading *r, struct json_span key, struct json_span value)
{
	if (r->out->len > r->start + 1)
		buf_addc(r->out, ',');
	buf_add(r->out, key.at - 1,
	    (size_t)(value.at + value.len - key.at) + 1);
}

static int
take_member(struct reading *r, struct json_span key, struct json_span value,
    struct err *err)
{
	int rc = 0;

	if (is_key(key, "uid"))
		return need_plain(&r->uid, value, "uid", text_is_uid, err);
	if (is_key(key, "type"))
		return need_plain(&r->type, value, "type", text_is_type, err);
	if (is_key(key, "deleted")) {
		r->deleted = value;
		return json_kind(value) == 't' ? 0 : err_set(err, E_RECORD,
		    "\"deleted\" must be true, found %.*s", shown(value),
		    value.at);
	}
	if (is_key(key, "history")) {
		r->history = value;
		if ((rc = check_history(value, err)) < 0 || value.len > 2)
			return rc;
		keep(r, key, value);
		return 0;
	}
	if (key.len >= 7 && memcmp(key.at, "fields.", 7) == 0)
		return err_set(err, E_RECORD, "a member may not be named "
		    "\"%.*s\": \"fields.\" is the prefix of the members of "
		    "\"fields\"", shown(key), key.at);
	if (is_key(key, "fields") && json_kind(value) != '{')
		return err_set(err, E_RECORD, "\"fields\" must be an object, "
		    "found %.*s", shown(value), value.at);
	if (is_key(key, "attachments") &&
	    (rc = check_attachments(value, err)) < 0)
		return rc;
	if ((rc = version_check_member(key, value, err)) < 0)
		return rc;
	if (is_key(key, "time"))
		r->time = value;
	else
		r->other = key;
	keep(r, key, value);
	if (is_key(key, "attachments") && value.len > 2)
		r->attachments = (struct line_span){ r->out->len - value.len,
		    value.len };
	return 0;
}

/* A deletion has no F and nothing that would belong there. */
static int
take_deletion(struct reading *r, struct line *ret, struct err *err)
{
	if (r->other.len > 0)
		return err_set(err, E_RECORD, "a deleted object has no "
		    "\"%.*s\": expected uid, type, deleted, time and history "
		    "alone", shown(r->other), r->other.at);
	if (r->time.len > 0 && json_kind(r->time) != '"')
		return err_set(err, E_RECORD, "\"time\" of a deletion must be "
		    "a text, found %.*s", shown(r->time), r->time.at);
	r->out->len = r->start;
	ret->time = (struct line_span){ r->start, r->time.len };
	buf_add(r->out, r->time.at, r->time.len);
	return 0;
}

static struct line_span
append(struct buf *out, struct json_span x)
{
	struct line_span at = { out->len, x.len };

	buf_add(out, x.at, x.len);
	return at;
}

int
line_read(struct line *ret, struct json_span text, struct buf *scratch,
    struct buf *out, struct err *err)
{
	static const struct json_span none = { "", 0 };
	struct reading r = { out, out->len, { 0, 0 }, none, none, none, none,
	    none, none };
	struct json_span all, key, value;
	struct json_walk w;
	int rc;

	buf_reset(scratch);
	if ((rc = json_canon(scratch, text.at, text.len, LINE_DEPTH_MAX,
	    err)) < 0)
		return rc;
	all = (struct json_span){ scratch->at, scratch->len };
	if (json_kind(all) != '{')
		return err_set(err, E_RECORD, "expected an object, found %.*s",
		    shown(all), all.at);
	*ret = (struct line){ .uid = { 0, 0 } };
	buf_addc(out, '{');
	for (w = json_walk(all); json_next(&w, &key, &value);)
		if ((rc = take_member(&r, key, value, err)) < 0)
			return rc;
	if (r.uid.len == 0 || r.type.len == 0)
		return err_set(err, E_RECORD, "no \"%s\"",
		    r.uid.len == 0 ? "uid" : "type");
	buf_addc(out, '}');
	ret->fields = (struct line_span){ r.start, out->len - r.start };
	ret->attachments = r.attachments;
	if (r.deleted.len > 0) {
		ret->fields.len = 0;
		if ((rc = take_deletion(&r, ret, err)) < 0)
			return rc;
	}
	ret->uid = append(out, r.uid);
	ret->type = append(out, r.type);
	ret->entries.at = out->len;
	if (r.history.len > 2 &&
	    (rc = add_entries(out, r.history, err)) < 0)
		return rc;
	ret->entries.len = out->len - ret->entries.at;
	return buf_check(out, err);
}

/* --- onto an object ---------------------------------------------------- */

/* All entries of all siblings, ascending by their text. */
static int
known_entries(struct siblings set, struct entry **ret, size_t *ret_count,
    struct err *err)
{
	CLEANUP(buf_freep) struct entry *all = NULL;
	struct history_entry e;
	size_t i, count = 0;
	struct json_walk w;

	for (i = 0; i < set.count; i++)
		count += json_count(set.v[i]->history);
	if ((all = calloc(count + 1, sizeof *all)) == NULL)
		return err_oom(err);
	for (i = count = 0; i < set.count; i++)
		for (w = json_walk(set.v[i]->history); history_next(&w, &e);)
			all[count++].text = e.entry;
	qsort(all, count, sizeof *all, by_text);
	*ret = all;
	*ret_count = count;
	all = NULL;
	return 0;
}

/* Append those of [[time,entry],...] that are not known; nothing if there is
 * none. */
static int
add_news(struct siblings set, struct json_span entries, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_freep) struct entry *known = NULL;
	struct json_walk w = json_walk(entries), pair;
	struct json_span none, item, time;
	struct entry want = { { "", 0 }, 0 };
	size_t count = 0, start = out->len;
	int rc;

	if ((rc = known_entries(set, &known, &count, err)) < 0)
		return rc;
	while (json_next(&w, &none, &item)) {
		pair = json_walk(item);
		(void)json_next(&pair, &none, &time);
		(void)json_next(&pair, &none, &want.text);
		if (count > 0 && bsearch(&want, known, count, sizeof *known,
		    by_text) != NULL)
			continue;
		buf_addc(out, out->len == start ? '[' : ',');
		buf_add(out, item.at, item.len);
	}
	if (out->len > start)
		buf_addc(out, ']');
	return buf_check(out, err);
}

static int
has_history(struct siblings set)
{
	size_t i;

	for (i = 0; i < set.count; i++)
		if (set.v[i]->history.len > 2)
			return 1;
	return 0;
}

/* Make "history":[] of F as the winner has it. */
static void
add_fields(struct siblings set, struct json_span fields, struct buf *out)
{
	const struct version *v = set.v[merge_winner(set)];
	struct patch p = { "history", { "[]", 2 } };
	struct json_span x;
	int mine, theirs;

	mine = json_member(fields, "history", &x);
	theirs = v->fields.len > 0 && json_member(v->fields, "history", &x);
	if (mine == theirs)
		return;
	if (!theirs)
		p.value.len = 0;
	patch_object(out, fields, &p, 1);
}

int
line_onto(struct siblings set, struct merge_edit *edit, struct buf *text,
    struct err *err)
{
	size_t fields;
	int rc;

	buf_reset(text);
	if (set.count == 0)
		return 0;
	if (edit->fields.len == 0 && edit->time.len == 0)
		edit->time = set.v[merge_winner(set)]->time;
	if (edit->entries.len > 0 &&
	    (rc = add_news(set, edit->entries, text, err)) < 0)
		return rc;
	fields = text->len;
	if (edit->fields.len > 0 && (fields > 0 || has_history(set)))
		add_fields(set, edit->fields, text);
	if (buf_check(text, err) < 0)
		return -(int)err->code;
	if (edit->entries.len > 0)
		edit->entries = line_text(text,
		    (struct line_span){ 0, fields });
	if (text->len > fields)
		edit->fields = line_text(text,
		    (struct line_span){ fields, text->len - fields });
	return 0;
}
