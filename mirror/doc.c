#include "doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "../store/patch.h"
#include "mirror.h"
#include "terms.h"

#define REASON_MAX 400u			/* bytes of a reason that is kept */

void
doc_clear(struct doc *d)
{
	instance_row_clear(&d->row);
	buf_clear(&d->uid);
	buf_clear(&d->line);
}

void
doc_line_clear(struct doc_line *l)
{
	buf_clear(&l->plain);
	buf_clear(&l->scratch);
	buf_clear(&l->text);
}

void
doc_set(struct buf *to, struct json_span x)
{
	buf_reset(to);
	buf_add(to, x.at, x.len);
}

/* --- documents --------------------------------------------------------- */

int
doc_find(struct store *s, struct json_span document, struct doc *ret,
    struct err *err)
{
	struct json_span x;

	if (!json_member(document, "uid", &x) || !json_plain(x, &ret->remote) ||
	    ret->remote.len == 0 || ret->remote.len > MIRROR_UID_MAX)
		return err_set(err, E_RECORD, "a document without \"uid\" of "
		    "1 to %u bytes", MIRROR_UID_MAX);
	return instance_by_remote(s, ret->remote.at, ret->remote.len,
	    &ret->row, err);
}

/* Append the document as it goes into the store.  Of what every instance has
 * from the beginning, each has its own birth, state and history: its fields
 * alone are of the lab. */
static void
add_plain(struct json_span document, struct buf *out)
{
	static const struct patch site[] = {
		{ "created", { "", 0 } }, { "creator", { "", 0 } },
		{ "history", { "", 0 } }, { "id", { "", 0 } },
		{ "modified", { "", 0 } }, { "parent", { "", 0 } },
		{ "senaite", { "", 0 } }, { "settings", { "", 0 } },
		{ "state", { "", 0 } }, { "title", { "", 0 } }
	};
	static const struct patch other[] = { { "settings", { "", 0 } } };
	struct json_span x;

	if (json_member(document, "site", &x) && json_kind(x) == 't' &&
	    json_member(document, "settings", &x))
		patch_object(out, document, site, sizeof site / sizeof *site);
	else
		patch_object(out, document, other, 1);
}

int
doc_as(struct store *s, struct json_span document,
    const struct instance_row *row, struct doc *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf plain = BUF_INIT;
	int rc;

	add_plain(document, &plain);
	buf_reset(&ret->uid);
	buf_reset(&ret->line);
	if ((rc = buf_check(&plain, err)) < 0 ||
	    (rc = terms_in(s, json_of(&plain), row, &ret->line, &ret->uid,
	    err)) < 0)
		return rc;
	return buf_str(&ret->uid) == NULL || buf_str(&ret->line) == NULL ?
	    err_oom(err) : 0;
}

int
doc_in(struct store *s, struct json_span document, struct doc *ret,
    struct err *err)
{
	int rc, found;

	if ((found = doc_find(s, document, ret, err)) < 0)
		return found;
	if ((rc = doc_as(s, document, found ? &ret->row : NULL, ret,
	    err)) < 0 || found)
		return rc;

	/* Projected, and not seen there before: its id may be changed. */
	rc = instance_get(s, ret->uid.at, ret->uid.len, &ret->row, err);
	if (rc <= 0 || ret->row.remote_id.len == 0)
		return rc;
	return doc_as(s, document, &ret->row, ret, err);
}

int
doc_is_same(const struct doc *d)
{
	return d->row.doc.len > 0 && d->row.doc.len == d->line.len &&
	    memcmp(d->row.doc.at, d->line.at, d->line.len) == 0;
}

int
doc_is_wanted(const struct config_policy *p, const char *type, size_t len,
    const char *uid)
{
	const struct json_span name = { type, len };
	const size_t skip = sizeof TERMS_SITE - 1;

	if (json_is(name, "User"))
		return p->users == 1;
	if (json_is(name, "Registry"))
		return p->registry == 1;
	if (config_has_type(&p->skip, type, len))
		return 0;
	if (strncmp(uid, TERMS_SITE, skip) == 0)
		return p->settings == 1;
	return !p->types.given || config_has_type(&p->types, type, len);
}

/* --- lines ------------------------------------------------------------- */

/* Append an attachment with its hash for its token. */
static int
add_attachment(struct store *s, struct json_span uid, struct json_span item,
    struct doc_line *l, struct err *err)
{
	struct json_span field = { "", 0 }, token;
	unsigned char hash[32] = { 0 };
	char hex[67], number[24];
	struct patch p[3];
	uint64_t size = 0;
	int rc;

	if (json_kind(item) != '{' || !json_member(item, "token", &token)) {
		buf_add(&l->plain, item.at, item.len);
		return 0;
	}
	(void)json_member(item, "field", &field);
	rc = instance_blob(s, uid.at, uid.len, field, token, hash, &size, err);
	if (rc < 0)
		return rc;
	l->unknown += rc == 0;
	hex[0] = '"';
	text_hex(hex + 1, hash, 32);
	hex[65] = '"';
	(void)snprintf(number, sizeof number, "%llu",
	    (unsigned long long)size);
	p[0] = (struct patch){ "blake2b", { hex, 66 } };
	p[1] = (struct patch){ "size", { number, strlen(number) } };
	p[2] = (struct patch){ "token", { "", 0 } };
	patch_object(&l->plain, item, p, 3);
	return 0;
}

static int
add_line(struct store *s, struct json_span uid, struct json_span line,
    struct doc_line *l, struct err *err)
{
	struct json_span array, none, item;
	struct json_walk w;
	size_t before;
	char c = '[';
	int rc;

	if (!json_member(line, "attachments", &array) ||
	    json_kind(array) != '[' || array.len == 2) {
		buf_add(&l->plain, line.at, line.len);
		return 0;
	}
	before = (size_t)(array.at - line.at);
	buf_add(&l->plain, line.at, before);
	for (w = json_walk(array); json_next(&w, &none, &item); c = ',') {
		buf_addc(&l->plain, c);
		if ((rc = add_attachment(s, uid, item, l, err)) < 0)
			return rc;
	}
	buf_addc(&l->plain, ']');
	before += array.len;
	buf_add(&l->plain, line.at + before, line.len - before);
	return 0;
}

int
doc_line_read(struct store *s, struct json_span uid, struct json_span line,
    struct doc_line *ret, struct err *err)
{
	int rc;

	buf_reset(&ret->plain);
	buf_reset(&ret->text);
	ret->parts = (struct line){ .uid = { 0, 0 } };
	ret->unknown = 0;
	if (line.len == 0)
		return 0;
	if ((rc = add_line(s, uid, line, ret, err)) < 0 ||
	    (rc = buf_check(&ret->plain, err)) < 0)
		return rc;
	if (ret->plain.len > LINE_BYTES_MAX)
		return err_set(err, E_LIMIT, "a line of %zu bytes, expected "
		    "at most %u", ret->plain.len, LINE_BYTES_MAX);
	return line_read(&ret->parts, json_of(&ret->plain), &ret->scratch,
	    &ret->text, err);
}

struct json_span
doc_fields(const struct doc_line *l)
{
	return line_text(&l->text, l->parts.fields);
}

struct json_span
doc_entries(const struct doc_line *l)
{
	return line_text(&l->text, l->parts.entries);
}

/* --- history ----------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct json_span *x = a, *y = b;
	int c = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

/* The pairs of all `others`, sorted. */
static int
known_pairs(const struct json_span *others, size_t count,
    struct json_span **ret, size_t *ret_count, struct err *err)
{
	struct json_span none, item, *all;
	struct json_walk w;
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		for (w = json_walk(others[i]); others[i].len > 0 &&
		    json_next(&w, &none, &item);)
			n++;
	if ((all = calloc(n + 1, sizeof *all)) == NULL)
		return err_oom(err);
	for (i = n = 0; i < count; i++)
		for (w = json_walk(others[i]); others[i].len > 0 &&
		    json_next(&w, &none, &item);)
			all[n++] = item;
	qsort(all, n, sizeof *all, compare);
	*ret = all;
	*ret_count = n;
	return 0;
}

int
doc_news(struct json_span entries, const struct json_span *others,
    size_t count, struct buf *out, struct err *err)
{
	CLEANUP(buf_freep) struct json_span *known = NULL;
	struct json_span none, item;
	struct json_walk w;
	size_t n = 0;
	int rc, news = 0;

	if (entries.len == 0)
		return 0;
	if ((rc = known_pairs(others, count, &known, &n, err)) < 0)
		return rc;
	for (w = json_walk(entries); json_next(&w, &none, &item);) {
		if (n > 0 && bsearch(&item, known, n, sizeof item,
		    compare) != NULL)
			continue;
		buf_addc(out, news++ == 0 ? '[' : ',');
		buf_add(out, item.at, item.len);
	}
	if (news > 0)
		buf_addc(out, ']');
	rc = buf_check(out, err);
	return rc < 0 ? rc : news;
}

/* Append the text without fractions of a second ("12:00:05.25"). */
static void
add_coarse(struct buf *out, struct json_span text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		buf_addc(out, text.at[i]);
		if (i < 8 || i + 2 >= text.len || text.at[i - 2] != ':' ||
		    text.at[i - 5] != ':' || text.at[i + 1] != '.')
			continue;
		for (i += 2; i < text.len && text.at[i] >= '0' &&
		    text.at[i] <= '9'; i++)
			continue;
		i--;
	}
}

/* Is the item, but for fractions of a second, one of `gone` that is not used
 * up?  It then is. */
static int
use_up(struct json_span item, struct json_span *gone, size_t count,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, b = BUF_INIT;
	size_t i;

	add_coarse(&a, item);
	for (i = 0; i < count; i++) {
		buf_reset(&b);
		if (gone[i].len > 0)
			add_coarse(&b, gone[i]);
		if (buf_check(&a, err) < 0 || buf_check(&b, err) < 0)
			return -(int)err->code;
		if (!json_same(json_of(&a), json_of(&b)))
			continue;
		gone[i].len = 0;
		return 1;
	}
	return 0;
}

int
doc_told_anew(struct buf *news, struct json_span last, struct json_span now,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf gone = BUF_INIT, kept = BUF_INIT;
	CLEANUP(buf_freep) struct json_span *old = NULL;
	struct json_span none, item, olds;
	struct json_walk w;
	size_t count = 0;
	int rc, stay = 0;

	if ((rc = doc_news(last, &now, 1, &gone, err)) < 0)
		return rc;
	olds = json_of(&gone);
	if (rc > 0 && (rc = known_pairs(&olds, 1, &old, &count, err)) < 0)
		return rc;
	for (w = json_walk(json_of(news)); json_next(&w, &none, &item);) {
		if ((rc = use_up(item, old, count, err)) < 0)
			return rc;
		if (rc > 0)
			continue;
		buf_addc(&kept, stay++ == 0 ? '[' : ',');
		buf_add(&kept, item.at, item.len);
	}
	if (stay > 0)
		buf_addc(&kept, ']');
	buf_reset(news);
	buf_add(news, kept.at, kept.len);
	rc = buf_check(news, err);
	return rc < 0 ? rc : stay;
}

int
doc_why(struct buf *out, const char *field, const char *reason,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	size_t len = strlen(reason);

	text_safe(&safe, reason, len < REASON_MAX ? len : REASON_MAX);
	if (buf_check(&safe, err) < 0)
		return -(int)err->code;
	buf_addc(out, '{');
	if (field != NULL)
		buf_addf(out, "\"field\":\"%s\",", field);
	buf_adds(out, "\"reason\":");
	text_json(out, safe.at != NULL ? safe.at : "", safe.len);
	buf_addc(out, '}');
	return buf_check(out, err);
}

int
doc_why_only(struct buf *out, const char *reason, struct err *err)
{
	buf_reset(out);
	buf_addc(out, '[');
	if (doc_why(out, NULL, reason, err) < 0)
		return -(int)err->code;
	buf_addc(out, ']');
	return buf_check(out, err);
}
