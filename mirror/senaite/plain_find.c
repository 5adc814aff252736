#include "plain_put.h"

#include <string.h>
#include <time.h>

#include "../../store/refs.h"
#include "restapi.h"
#include "shape.h"
#include "span.h"

#define RECENT_S 172800			/* an attempt of the last two days */
#define RECENT_MAX 200u			/* of them looked at */
#define REFS_MAX 1000u			/* references of one object */

/* --- by name ------------------------------------------------------------ */

static int
ask_brain(struct senaite *s, const char *name, struct buf *answer,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf query = BUF_INIT;

	buf_addf(&query, "search?catalog=uid_catalog&limit=%u&", PLAIN_PAGE);
	if (name[0] == '/') {
		buf_adds(&query, "path=/");
		http_escape(&query, s->site, strlen(s->site), 0);
		http_escape(&query, name, strlen(name), 1);
	} else {
		buf_adds(&query, "UID=");
		http_escape(&query, name, strlen(name), 0);
	}
	if (buf_str(&query) == NULL)
		return err_oom(err);
	return senaite_get(s, query.at, answer, NULL, err);
}

/* Does the brain have this UID, or this path? */
static int
is_named(struct json_span brain, const char *name, const struct buf *path)
{
	if (name[0] != '/')
		return json_is(span_text(brain, "uid"), name);
	return path->len == strlen(name) &&
	    memcmp(path->at, name, path->len) == 0;
}

int
plain_find(struct senaite *s, const char *name, struct buf *ret_path,
    struct buf *ret_uid, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span key, brain;
	struct err ignored = ERR_INIT;
	struct json_walk w;

	if (ask_brain(s, name, &answer, err) < 0)
		return -(int)err->code;
	w = json_walk(span_member(json_of(&answer), "items"));
	while (json_next(&w, &key, &brain)) {
		CLEANUP(buf_clear) struct buf path = BUF_INIT;

		if (!span_is_uid(span_member(brain, "uid")) ||
		    shape_path(&path, brain, s->site, &ignored) < 0 ||
		    !is_named(brain, name, &path)) {
			err_clear(&ignored);
			continue;
		}
		if (ret_uid != NULL)
			span_put(ret_uid, span_text(brain, "uid"));
		if (ret_path != NULL)
			buf_add(ret_path, path.at, path.len);
		if ((ret_uid != NULL && buf_str(ret_uid) == NULL) ||
		    (ret_path != NULL && buf_str(ret_path) == NULL))
			return err_oom(err);
		return 1;
	}
	return 0;
}

/* --- references --------------------------------------------------------- */

static int
ask_known(struct plain_put *p, const struct buf *query, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span key, brain;
	struct json_walk w;

	if (senaite_get(p->s, query->at, &answer, NULL, err) < 0)
		return -(int)err->code;
	w = json_walk(span_member(json_of(&answer), "items"));
	while (json_next(&w, &key, &brain)) {
		if (!span_is_uid(span_member(brain, "uid")))
			continue;
		span_put(&p->known, span_text(brain, "uid"));
		buf_addc(&p->known, '\n');
	}
	return buf_check(&p->known, err);
}

static int
is_plain_uid(struct json_span uid)
{
	size_t i;

	for (i = 0; i < uid.len; i++)
		if (strchr("0123456789abcdef", uid.at[i]) == NULL)
			return 0;
	return uid.len == SENAITE_UID_LEN;
}

int
plain_find_known(struct plain_put *p, struct json_span value,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf query = BUF_INIT;
	struct refs_walk w = refs_walk(value);
	struct json_span uid;
	unsigned n = 0, all = 0;

	if (p->known.len == 0)
		buf_addc(&p->known, '\n');
	while (refs_next(&w, &uid) && all++ < REFS_MAX) {
		if (!is_plain_uid(uid))
			continue;
		if (n++ == 0)
			buf_addf(&query, "search?catalog=uid_catalog&limit=%u",
			    PLAIN_PAGE);
		buf_adds(&query, "&UID=");
		span_put(&query, uid);
		if (n < PLAIN_PAGE)
			continue;
		if (buf_str(&query) == NULL)
			return err_oom(err);
		if (ask_known(p, &query, err) < 0)
			return -(int)err->code;
		buf_reset(&query);
		n = 0;
	}
	if (n == 0)
		return 0;
	if (buf_str(&query) == NULL)
		return err_oom(err);
	return ask_known(p, &query, err);
}

/* --- earlier attempts --------------------------------------------------- */

static int
is_recent(const struct senaite *s, struct json_span item)
{
	struct json_span text = span_text(item, "created");
	int64_t at, now = (int64_t)time(NULL) + s->clock_offset_s;
	int offset;

	return shape_date(&at, &offset, text.at, text.len) == 0 &&
	    at > now - RECENT_S;
}

/* Made by us not long ago, and not yet given its origin's date, or with the
 * creator that we asked for: an attempt that did not come to its end. */
static int
is_unfinished(const struct plain_put *p, struct json_span item)
{
	const struct config *c = p->s->config;
	const char *user = c == NULL ? NULL : c->user;
	struct json_span author = span_text(item, "author");

	/* A sample has its creator last of all: another one may be alike. */
	return is_recent(p->s, item) && (user == NULL ||
	    json_is(author, user) || (!json_is(p->type, "AnalysisRequest") &&
	    json_same(author, span_text(p->doc, "creator"))));
}

/* Does it have its origin's date? */
static int
is_finished(const struct plain_put *p, struct json_span item)
{
	return plain_same(span_member(p->doc, "created"),
	    span_member(item, "created"));
}

/* Samples come in batches that differ in nothing but what the client calls
 * them, and share even that with their partitions and retests. */
static int
is_distinct(const struct plain_put *p)
{
	static const char *const kin[] = { "DetachedFrom", "Invalidated",
	    "ParentAnalysisRequest", "PrimaryAnalysisRequest" };
	size_t i;

	if (!json_is(p->type, "AnalysisRequest"))
		return 1;
	for (i = 0; i < sizeof(kin) / sizeof(kin[0]); i++)
		if (json_kind(span_member(p->fields, kin[i])) == '{')
			return 0;
	return span_text(p->fields, "ClientSampleID").len > 0;
}

/* Title and the fields by which people tell such objects apart. */
static int
looks_same(const struct plain_put *p, struct json_span document)
{
	static const char *const keys[] = { "ClientID", "ClientReference",
	    "ClientSampleID", "DateSampled", "Keyword", "SampleType",
	    "Surname", "Firstname", "prefix", "profile_key" };
	struct json_span have = span_member(document, "fields");
	size_t i;

	/* A sample's title is its id, which the server chose. */
	if (!json_is(p->type, "AnalysisRequest") &&
	    !plain_same(span_member(p->doc, "title"),
	    span_member(document, "title")))
		return 0;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!plain_same(span_member(p->fields, keys[i]),
		    span_member(have, keys[i])))
			return 0;
	return 1;
}

static int
take(struct plain_put *p, struct json_span item)
{
	struct json_span uid = span_text(item, "uid");

	if (uid.len != SENAITE_UID_LEN)
		return 0;
	memcpy(p->uid, uid.at, uid.len);
	p->uid[uid.len] = '\0';
	return 1;
}

/* Types that plone.restapi cannot make: SENAITE numbers them itself, so that
 * the id of one may be the number of another. */
static int
is_numbered(struct json_span type)
{
	static const char *const types[] = { "AnalysisService",
	    "AnalysisSpec", "Calculation", "Instrument" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_is(type, types[i]))
			return 1;
	return 0;
}

/* What is at the place that the object should have. */
static int
find_at(struct plain_put *p, const char *parent, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf document = BUF_INIT;
	CLEANUP(buf_clear) struct buf item = BUF_INIT;
	struct json_span at;
	int rc;

	if (json_kind(span_member(p->doc, "id")) != '"')
		return 0;
	buf_adds(&path, parent);
	buf_addc(&path, '/');
	json_unescape(&path, span_member(p->doc, "id"));
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if ((rc = plain_item_at(p->s, path.at, &item, err)) <= 0)
		return rc;
	at = json_of(&item);
	if (plain_document(p->s, at, &document, err) < 0)
		return -(int)err->code;
	if (json_same(span_text(at, "portal_type"), p->type) &&
	    looks_same(p, json_of(&document)) &&
	    (is_finished(p, at) || is_unfinished(p, at)))
		return take(p, at);
	if (is_numbered(p->type))
		return 0;
	plain_put_refuse(p, "another object has the place %s", path.at);
	return 2;
}

/* Could it be it?  Of a brain's columns, or of a whole item. */
static int
may_be(const struct plain_put *p, struct json_span item, int finished)
{
	static const char *const columns[][2] = {
		{ "getClientSampleID", "ClientSampleID" },
		{ "getClientReference", "ClientReference" },
		{ "getKeyword", "Keyword" } };
	struct json_span v, wanted;
	size_t i;

	if (!json_same(span_text(item, "portal_type"), p->type) ||
	    !(finished ? is_finished(p, item) : is_unfinished(p, item)))
		return 0;
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (json_member(item, columns[i][0], &v) &&
		    json_member(p->fields, columns[i][1], &wanted) &&
		    !plain_same(v, wanted))
			return 0;
	return 1;
}

static int
compare(struct plain_put *p, struct json_span brain, int finished,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	CLEANUP(buf_clear) struct buf item = BUF_INIT;
	CLEANUP(buf_clear) struct buf document = BUF_INIT;
	int rc;

	span_put(&uid, span_text(brain, "uid"));
	if (buf_str(&uid) == NULL)
		return err_oom(err);
	if ((rc = plain_item(p->s, uid.at, &item, err)) <= 0)
		return rc;
	if (!may_be(p, json_of(&item), finished))
		return 0;
	if (plain_document(p->s, json_of(&item), &document, err) < 0)
		return -(int)err->code;
	return looks_same(p, json_of(&document)) &&
	    take(p, json_of(&item));
}

static int
find_where(struct plain_put *p, const char *parent, const char *filter,
    int finished, struct err *err)
{
	CLEANUP(buf_clear) struct buf query = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span key, brain;
	struct json_walk w;
	int rc;

	buf_adds(&query, "search?portal_type=");
	http_escape(&query, p->type.at, p->type.len, 0);
	buf_adds(&query, "&path=/");
	http_escape(&query, p->s->site, strlen(p->s->site), 0);
	http_escape(&query, parent, strlen(parent), 1);
	buf_addf(&query, "&depth=1&sort_on=created&sort_order=descending&"
	    "limit=%u&%s", RECENT_MAX, filter);
	if (buf_str(&query) == NULL)
		return err_oom(err);
	if (senaite_get(p->s, query.at, &answer, NULL, err) < 0)
		return -(int)err->code;
	w = json_walk(span_member(json_of(&answer), "items"));
	while (json_next(&w, &key, &brain))
		if (may_be(p, brain, finished) &&
		    (rc = compare(p, brain, finished, err)) != 0)
			return rc;
	return 0;
}

int
plain_find_recent(struct plain_put *p, const char *parent, struct err *err)
{
	return find_where(p, parent, "recent_created=yesterday", 0, err);
}

/* With the date that it has at its origin: an index of minutes. */
static int
find_finished(struct plain_put *p, const char *parent, struct err *err)
{
	CLEANUP(buf_clear) struct buf filter = BUF_INIT;
	struct json_span created = span_text(p->doc, "created");

	if (!p->archetype || created.len == 0 || !is_distinct(p))
		return 0;
	buf_adds(&filter, "created=");
	http_escape(&filter, created.at, created.len, 0);
	if (buf_str(&filter) == NULL)
		return err_oom(err);
	return find_where(p, parent, filter.at, 1, err);
}

int
plain_find_earlier(struct plain_put *p, const char *parent, struct err *err)
{
	int rc;

	/* Samples get the server's id, whatever is asked for. */
	if (!json_is(p->type, "AnalysisRequest") &&
	    (rc = find_at(p, parent, err)) != 0)
		return rc;
	if ((rc = find_finished(p, parent, err)) != 0)
		return rc;
	return plain_find_recent(p, parent, err);
}
