#include "shape.h"

#include <string.h>

#include "../../base/text.h"
#include "shape_names.h"
#include "shape_time.h"
#include "span.h"

/* --- small pieces ------------------------------------------------------- */

static int
is_empty(struct json_span v)
{
	return json_is(v, "null") || json_is(v, "{}");
}

static void
put_uid(struct buf *out, struct json_span uid)
{
	buf_adds(out, "{\"uid\":");
	span_put(out, uid);
	buf_addc(out, '}');
}

/* Is the value {"uid","url","api_url"}? */
static int
is_reference(struct json_span v)
{
	struct json_span x;

	return json_kind(v) == '{' && json_member(v, "api_url", &x) &&
	    json_member(v, "uid", &x) && span_is_uid(x);
}

static int
is_file(struct json_span v)
{
	struct json_span x;

	return json_kind(v) == '{' && json_member(v, "download", &x) &&
	    json_member(v, "filename", &x) &&
	    json_member(v, "content_type", &x);
}

/* Was the object made by Archetypes (or by Dexterity)? */
static int
is_archetype(struct json_span item)
{
	struct json_span x;

	return json_member(item, "creation_date", &x);
}

void
shape_columns(struct buf *out, struct json_span catalogs)
{
	struct json_walk w, names;
	struct json_span key, catalog, name;

	buf_addc(out, '\n');
	w = json_walk(span_member(catalogs, "items"));
	while (json_next(&w, &key, &catalog)) {
		names = json_walk(span_member(catalog, "schema"));
		while (json_next(&names, &key, &name)) {
			span_put(out, span_inner(name));
			buf_addc(out, '\n');
		}
	}
}

/* --- fields ------------------------------------------------------------- */

static void
put_list(struct buf *out, struct json_span list, int bare)
{
	struct json_walk w = json_walk(list);
	struct json_span key, v;
	const char *comma = "";

	buf_addc(out, '[');
	while (json_next(&w, &key, &v)) {
		buf_adds(out, comma);
		comma = ",";
		if (is_reference(v))
			put_uid(out, span_member(v, "uid"));
		else if (bare && span_is_uid(v))
			put_uid(out, v);
		else
			span_put(out, v);
	}
	buf_addc(out, ']');
}

/* A value of plone.restapi. */
static void
put_exact(struct buf *out, struct json_span name, struct json_span v)
{
	struct json_span data;

	if (shape_is_duration(name) && json_kind(v) == 0) {
		/* Whole seconds come as 3600.0. */
		if (v.len > 2 && memcmp(v.at + v.len - 2, ".0", 2) == 0)
			v.len -= 2;
		buf_adds(out, "{\"seconds\":");
		span_put(out, v);
		buf_addc(out, '}');
	} else if (json_kind(v) == '[')
		put_list(out, v, 1);
	else if (json_kind(v) == '{' && json_member(v, "data", &data) &&
	    json_kind(data) == '"')
		span_put(out, data);	/* text with its media type */
	else
		span_put(out, v);
}

static void
put_value(struct buf *out, const struct shape *s, struct json_span name,
    struct json_span v)
{
	struct json_span type = span_text(s->item, "portal_type"), exact;
	int archetype = is_archetype(s->item);
	const char *empty = archetype ? shape_empty(type, name) : NULL;

	if (is_empty(v) && span_find(s->exact, name, &exact) &&
	    !json_is(exact, "null"))
		put_exact(out, name, exact);
	else if (is_empty(v))
		buf_adds(out, empty != NULL ? empty : "null");
	else if (is_reference(v)) {
		/* Dexterity keeps every reference in a list. */
		buf_adds(out, archetype ? "" : "[");
		put_uid(out, span_member(v, "uid"));
		buf_adds(out, archetype ? "" : "]");
	} else if (json_kind(v) == '[')
		put_list(out, v, !archetype);
	else if (archetype && span_is_uid(v) &&
	    shape_is_bare_reference(type, name))
		put_uid(out, v);
	else
		span_put(out, v);
}

/* Fields of a Dexterity object that senaite.jsonapi leaves out (a supplier's
 * addresses, say). */
static void
put_extra(struct buf *out, const struct shape *s, const char *comma)
{
	struct json_walk w = json_walk(s->exact);
	struct json_span key, value, other;

	if (is_archetype(s->item))
		return;
	while (json_next(&w, &key, &value)) {
		if (!shape_is_extra(key) || span_find(s->item, key, &other))
			continue;
		buf_addf(out, "%s\"%.*s\":", comma, (int)key.len, key.at);
		comma = ",";
		put_exact(out, key, value);
	}
}

static void
put_fields(struct buf *out, const struct shape *s)
{
	struct json_span type = span_text(s->item, "portal_type");
	struct json_walk w = json_walk(s->item);
	struct json_span key, value;
	const char *comma = "";

	buf_addc(out, '{');
	while (json_next(&w, &key, &value)) {
		if (is_file(value) ||
		    (shape_is_file(key) && is_empty(value)) ||
		    shape_is_noise(type, key, s->columns))
			continue;
		buf_addf(out, "%s\"%.*s\":", comma, (int)key.len, key.at);
		comma = ",";
		/* A sample's is made of its id and its client. */
		if (json_is(type, "AnalysisRequest") &&
		    json_is(key, "description"))
			buf_adds(out, "\"\"");
		else
			put_value(out, s, key, value);
	}
	put_extra(out, s, comma);
	buf_addc(out, '}');
}

static void
put_attachments(struct buf *out, struct json_span item)
{
	struct json_span modified = span_text(item, "modified");
	struct json_walk w = json_walk(item);
	struct json_span key, v, name, media;
	const char *comma = "", *semicolon;

	buf_addc(out, '[');
	while (json_next(&w, &key, &v)) {
		if (!is_file(v))
			continue;
		name = span_text(v, "filename");
		media = span_text(v, "content_type");
		semicolon = memchr(media.at, ';', media.len);
		if (semicolon != NULL)
			media.len = (size_t)(semicolon - media.at);
		buf_addf(out, "%s{\"field\":\"%.*s\",\"name\":\"%.*s\","
		    "\"media_type\":\"%.*s\",\"token\":\"%.*s|%.*s|%.*s\"}",
		    comma, (int)key.len, key.at, (int)name.len, name.at,
		    (int)media.len, media.at, (int)modified.len, modified.at,
		    (int)name.len, name.at, (int)media.len, media.at);
		comma = ",";
	}
	buf_addc(out, ']');
}

unsigned
shape_needs(const struct shape *s)
{
	struct json_span type = span_text(s->item, "portal_type");
	struct json_walk w = json_walk(s->item);
	int archetype = is_archetype(s->item);
	struct json_span key, value;
	unsigned needs = shape_steps_are_clear(s->item) ? 0 : SHAPE_STEPS;

	/* Set-up objects: few, and seldom whole in senaite.jsonapi. */
	if (!archetype)
		return needs | SHAPE_EXACT;
	while (json_next(&w, &key, &value)) {
		if (!is_empty(value) || shape_is_file(key) ||
		    shape_is_noise(type, key, s->columns) ||
		    shape_empty(type, key) != NULL)
			continue;
		return needs | SHAPE_EXACT;
	}
	return needs;
}

/* --- the whole ---------------------------------------------------------- */

int
shape_path(struct buf *out, struct json_span item, const char *site,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	size_t len = strlen(site);

	if (json_kind(span_member(item, "path")) == '"')
		json_unescape(&path, span_member(item, "path"));
	if (buf_check(&path, err) < 0)
		return -(int)err->code;
	if (path.len < len + 3 || path.at[0] != '/' ||
	    memcmp(path.at + 1, site, len) != 0 || path.at[len + 1] != '/')
		return err_set(err, E_DEST_PROTOCOL,
		    "object %.*s: its path is not below /%s",
		    (int)span_text(item, "uid").len,
		    span_text(item, "uid").at, site);
	buf_add(out, path.at + len + 1, path.len - len - 1);
	return buf_check(out, err);
}

/* Children of the portal and of the two folders of settings. */
static int
is_site_object(const struct buf *path)
{
	const char *last = path->at == NULL ? NULL : memrchr(path->at, '/',
	    path->len);
	size_t len = last == NULL ? 0 : (size_t)(last - path->at);

	return len == 0 || (len == 6 && memcmp(path->at, "/setup", 6) == 0) ||
	    (len == 11 && memcmp(path->at, "/bika_setup", 11) == 0);
}

static void
put_title(struct buf *out, struct json_span item)
{
	struct json_span title = span_member(item, "title");

	if (json_kind(title) == 0)	/* of documents numbered by hand */
		buf_addf(out, "\"%.*s\"", (int)title.len, title.at);
	else if (json_kind(title) == '"' && title.len > 2)
		span_put(out, title);
	else
		span_put(out, span_member(item, "id"));
}

static void
put_creator(struct buf *out, struct json_span item)
{
	struct json_span first = span_first(span_member(item, "creators"));

	/* Dexterity objects show one name alone. */
	if (json_kind(first) != '"')
		first = span_member(item, "author");
	span_put(out, first);
}

static void
put_state(struct buf *out, struct json_span item)
{
	struct json_span first = span_first(span_member(item,
	    "workflow_info"));

	/* The item's own is a column, and missing from some catalogs. */
	if (json_kind(first) != '{')
		first = item;
	span_put(out, span_member(first, "review_state"));
}

static void
put_place(struct buf *out, const struct shape *s, const struct buf *path)
{
	struct json_span type = span_text(s->item, "portal_type");
	struct json_span parent = span_member(s->item, "parent_uid");

	buf_adds(out, ",\"path\":");
	text_json(out, path->at, path->len);
	buf_adds(out, ",\"parent\":");
	if (path->len == 0 || path->at == NULL ||
	    memrchr(path->at, '/', path->len) == path->at ||
	    !span_is_uid(parent))
		buf_adds(out, "null");
	else
		span_put(out, parent);
	if (is_site_object(path))
		buf_adds(out, ",\"site\":true");
	if (json_is(type, "BikaSetup") || json_is(type, "Setup") ||
	    json_is(type, "Laboratory"))
		buf_adds(out, ",\"settings\":true");
}

int
shape_document(struct buf *out, const struct shape *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	struct json_span item = s->item, uid, type;

	uid = span_member(item, "uid");
	type = span_text(item, "portal_type");
	if (!span_is_uid(uid) || !text_is_type(type.at, type.len))
		return err_set(err, E_DEST_PROTOCOL,
		    "an object without UID or type");
	if (shape_path(&path, item, s->site, err) < 0)
		return -(int)err->code;
	buf_adds(&raw, "{\"uid\":");
	span_put(&raw, uid);
	buf_addf(&raw, ",\"type\":\"%.*s\",\"id\":", (int)type.len, type.at);
	span_put(&raw, span_member(item, "id"));
	buf_adds(&raw, ",\"title\":");
	put_title(&raw, item);
	put_place(&raw, s, &path);
	buf_adds(&raw, ",\"state\":");
	put_state(&raw, item);
	buf_adds(&raw, ",\"creator\":");
	put_creator(&raw, item);
	buf_adds(&raw, ",\"created\":");
	shape_put_utc(&raw, span_member(item, "created"));
	buf_adds(&raw, ",\"modified\":");
	shape_put_utc(&raw, span_member(item, "modified"));
	buf_adds(&raw, ",\"fields\":");
	put_fields(&raw, s);
	buf_adds(&raw, ",\"history\":");
	shape_put_history(&raw, s);
	buf_adds(&raw, ",\"attachments\":");
	put_attachments(&raw, item);
	buf_addc(&raw, '}');
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	return json_canon(out, raw.at, raw.len, JSON_DEPTH_MAX, err);
}
