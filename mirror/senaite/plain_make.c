#include "plain_put.h"

#include <string.h>

#include "span.h"

#define TRIES_MAX 8u			/* with ever fewer fields */

struct place {
	struct buf path, uid;
};

static void
place_clear(struct place *at)
{
	buf_clear(&at->path);
	buf_clear(&at->uid);
}

/* --- what cannot be made ------------------------------------------------ */

static const struct {
	const char *type, *why;
} never[] = {
	{ "ARReport", "SENAITE makes reports itself, when it publishes" },
	{ "DuplicateAnalysis", "worksheets cannot be filled from outside" },
	{ "Invoice", "SENAITE makes invoices itself" },
	{ "ReferenceAnalysis", "worksheets cannot be filled from outside" },
	{ "RejectAnalysis", "worksheets cannot be filled from outside" },
	{ "Worksheet", "worksheets cannot be filled from outside" },
};

/* 1, or 0 with the reason given. */
static int
can_make(struct plain_put *p)
{
	size_t i;

	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (json_is(p->type, never[i].type))
			return plain_put_refuse(p, "%s", never[i].why);
	if (json_is(p->type, "Analysis") &&
	    json_kind(span_member(p->fields, "RetestOf")) == '{')
		return plain_put_refuse(p, "SENAITE makes retests itself");
	return 1;
}

/* --- bodies ------------------------------------------------------------- */

static void
put_text(struct buf *out, const char *name, struct json_span value)
{
	if (json_kind(value) != '"' || value.len == 2)
		return;
	buf_addf(out, ",\"%s\":", name);
	span_put(out, value);
}

static void
put_creators(struct buf *out, const struct plain_put *p)
{
	struct json_span creator = span_member(p->doc, "creator");

	if (!p->archetype || span_inner(creator).len == 0)
		return;
	buf_adds(out, ",\"creators\":[");
	span_put(out, creator);
	buf_addc(out, ']');
}

/* The first file, with the object: an attachment without one may be refused.
 * What does not fit is left for plain_files. */
static int
put_file(struct buf *out, struct plain_put *p, int rest, struct err *err)
{
	struct json_span one = span_first(span_member(p->doc, "attachments"));
	struct json_span field = span_text(one, "field");
	uint64_t size;

	if (field.len == 0 || json_uint(&size, span_member(one, "size"),
	    PLAIN_FILE_MAX) < 0)
		return 0;
	if (!rest) {
		put_text(out, "filename", span_member(one, "name"));
		buf_addf(out, ",\"%.*s\":", (int)field.len, field.at);
		return plain_file_data(p, one, out, err);
	}
	buf_addf(out, ",\"%.*s\":{\"encoding\":\"base64\"", (int)field.len,
	    field.at);
	put_text(out, "filename", span_member(one, "name"));
	put_text(out, "content-type", span_member(one, "media_type"));
	buf_adds(out, ",\"data\":");
	if (plain_file_data(p, one, out, err) < 0)
		return -(int)err->code;
	buf_addc(out, '}');
	return 0;
}

static int
rest_body(struct buf *out, struct plain_put *p, struct err *err)
{
	struct json_span all = { "", 0 };
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;

	buf_addf(out, "{\"@type\":\"%.*s\"", (int)p->type.len, p->type.at);
	put_text(out, "id", span_member(p->doc, "id"));
	put_text(out, "title", span_member(p->doc, "title"));
	put_creators(out, p);
	if (p->archetype)
		put_text(out, "creation_date", span_member(p->doc, "created"));
	(void)plain_body(&fields, p, 1, all);
	buf_add(out, fields.at, fields.len);
	/* Dexterity wants one. */
	if (!p->archetype && span_text(p->fields, "description").len == 0)
		buf_adds(out, ",\"description\":\"\"");
	if (put_file(out, p, 1, err) < 0)
		return -(int)err->code;
	buf_addc(out, '}');
	return buf_check(out, err);
}

static int
json_body(struct buf *out, struct plain_put *p, const struct place *at,
    struct err *err)
{
	struct json_span all = { "", 0 };

	buf_addf(out, "{\"portal_type\":\"%.*s\",\"parent_uid\":\"%s\"",
	    (int)p->type.len, p->type.at, at->uid.at);
	if (!json_is(p->type, "AnalysisRequest"))
		put_text(out, "title", span_member(p->doc, "title"));
	put_creators(out, p);
	(void)plain_body(out, p, 0, all);
	if (put_file(out, p, 0, err) < 0)
		return -(int)err->code;
	buf_addc(out, '}');
	return buf_check(out, err);
}

/* --- making ------------------------------------------------------------- */

static int
take_uid(struct plain_put *p, struct json_span uid)
{
	if (!span_is_uid(uid))
		return 0;
	memcpy(p->uid, uid.at + 1, SENAITE_UID_LEN);
	p->uid[SENAITE_UID_LEN] = '\0';
	return 1;
}

/* The UID of what is at parent/id now. */
static int
take_at(struct plain_put *p, const struct place *at, struct json_span id,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/", at->path.at);
	json_unescape(&path, id);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	rc = plain_find(p->s, path.at, NULL, &uid, err);
	if (rc <= 0)
		return rc;
	memcpy(p->uid, uid.at, SENAITE_UID_LEN + 1);
	return 1;
}

/* A refusal names the fields that are not as they must be: [{'field': 'X',
 * ...}].  Drop those that were sent; 1 if there are any. */
static int
drop_named(struct plain_put *p)
{
	static const char before[] = "'field': '";
	const char *at = p->said.at, *end;
	struct json_span name, value;
	int n = 0;

	while (at != NULL && (at = strstr(at, before)) != NULL) {
		at += sizeof(before) - 1;
		if ((end = strchr(at, '\'')) == NULL)
			break;
		name = (struct json_span){ at, (size_t)(end - at) };
		at = end;
		if (!span_find(p->fields, name, &value) ||
		    plain_is_dropped(p, name))
			continue;
		if (p->dropped.len == 0)
			buf_addc(&p->dropped, '\n');
		span_put(&p->dropped, name);
		buf_addc(&p->dropped, '\n');
		n = 1;
	}
	return n && !p->dropped.failed;
}

/* What was made just now: by its UID, or else by the id that the answer, or
 * the wanted document, gives it. */
static int
find_made(struct plain_put *p, const struct place *at,
    struct json_span answer, struct err *err)
{
	CLEANUP(buf_clear) struct buf id = BUF_INIT;
	struct json_span url = span_text(answer, "@id");
	const char *slash = memrchr(url.at, '/', url.len);
	int rc = 0;

	if (take_uid(p, span_member(answer, "UID")))
		return 1;
	buf_addc(&id, '"');
	if (slash != NULL)
		buf_add(&id, slash + 1, (size_t)(url.at + url.len - slash) - 1);
	else
		span_put(&id, span_text(p->doc, "id"));
	buf_addc(&id, '"');
	if (buf_check(&id, err) < 0)
		return -(int)err->code;
	if (id.len > 2 && (rc = take_at(p, at, json_of(&id), err)) != 0)
		return rc;
	p->unclear = 1;
	return err_set(err, E_DEST_PROTOCOL,
	    "%s: something was made there, but not found", at->path.at);
}

/* By plone.restapi: id, dates and creator as they should be. */
static int
make_rest(struct plain_put *p, const struct place *at, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	unsigned tries = 0;
	int rc;

	do {
		CLEANUP(buf_clear) struct buf body = BUF_INIT;

		buf_reset(&answer);
		if (rest_body(&body, p, err) < 0)
			return -(int)err->code;
		rc = plain_put_rest(p, "POST", at->path.at, "", &body,
		    &answer, err);
	} while (rc == 0 && ++tries < TRIES_MAX && drop_named(p));
	if (rc <= 0)
		return rc;
	return find_made(p, at, json_of(&answer), err);
}

/* By senaite.jsonapi.  Some types are made in spite of the error that they
 * answer with. */
static int
make_json(struct plain_put *p, const struct place *at, struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	int rc;

	if (json_body(&body, p, at, err) < 0)
		return -(int)err->code;
	rc = plain_put_post(p, "create", &body, &answer, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || !take_uid(p, span_member(span_first(span_member(
	    json_of(&answer), "items")), "uid")))
		rc = plain_find_recent(p, at->path.at, err);
	if (rc < 0)
		return rc;
	if (p->uid[0] == '\0')
		return plain_put_refuse(p, "it was not made: %s",
		    p->said.len > 0 ? p->said.at : "no reason given");
	p->made = 1;
	return 1;
}

/* --- analyses ----------------------------------------------------------- */

static int
takes_analyses(struct json_span sample)
{
	struct json_span state = span_text(span_first(span_member(sample,
	    "workflow_info")), "review_state");

	return json_is(state, "sample_registered") ||
	    json_is(state, "sample_due") ||
	    json_is(state, "sample_received") ||
	    json_is(state, "to_be_verified");
}

/* A sample's list of analyses with one service more.  What it has must be
 * named: SENAITE deletes the rest. */
static int
analyses_body(struct buf *out, const struct place *at,
    struct json_span sample, struct json_span service)
{
	struct json_walk w = json_walk(span_member(sample, "Analyses"));
	struct json_span key, one, uid;

	buf_addf(out, "{\"uid\":\"%s\",\"Analyses\":[", at->uid.at);
	while (json_next(&w, &key, &one)) {
		uid = span_member(one, "uid");
		if (!span_is_uid(uid))
			return 0;	/* one that cannot be named */
		buf_adds(out, "{\"uid\":");
		span_put(out, uid);
		buf_adds(out, "},");
	}
	buf_adds(out, "{\"uid\":");
	span_put(out, service);
	buf_adds(out, "}]}");
	return 1;
}

static int
make_analysis(struct plain_put *p, const struct place *at, struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	CLEANUP(buf_clear) struct buf sample = BUF_INIT;
	struct json_span id = span_member(p->fields, "Keyword");
	struct json_span service = span_member(span_member(p->fields,
	    "AnalysisService"), "uid");
	int rc;

	if (json_kind(id) != '"' || !span_is_uid(service))
		return plain_put_refuse(p, "its service is not there");
	if ((rc = take_at(p, at, id, err)) != 0)
		return rc;		/* the sample came with it */
	if ((rc = plain_item(p->s, at->uid.at, &sample, err)) < 0)
		return rc;
	if (rc == 0 || !takes_analyses(json_of(&sample)) ||
	    !analyses_body(&body, at, json_of(&sample), service))
		return plain_put_refuse(p, "its sample takes no more "
		    "analyses");
	if (buf_check(&body, err) < 0 ||
	    plain_put_post(p, "update", &body, NULL, err) < 0)
		return -(int)err->code;
	if ((rc = take_at(p, at, id, err)) != 0)
		return rc;
	return plain_put_refuse(p, "it was not made: %s",
	    p->said.len > 0 ? p->said.at : "no reason given");
}

/* --- all ---------------------------------------------------------------- */

static int
find_place(struct plain_put *p, struct place *at, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct json_span parent = span_member(p->doc, "parent");
	int rc;

	if (json_kind(parent) != '"')
		return plain_put_refuse(p, "nothing can be made at the root");
	json_unescape(&name, parent);
	if (buf_str(&name) == NULL)
		return err_oom(err);
	rc = plain_find(p->s, name.at, &at->path, &at->uid, err);
	if (rc == 0)
		return plain_put_refuse(p, "its parent is not there");
	return rc;
}

int
plain_set_origin(struct plain_put *p, struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	int rc;

	put_creators(&body, p);
	if (p->archetype)
		put_text(&body, "creation_date", span_member(p->doc,
		    "created"));
	if (body.len == 0)
		return buf_check(&body, err) < 0 ? -(int)err->code : 1;
	body.at[0] = '{';
	buf_addc(&body, '}');
	/* Refused for some types: they are ours, made now. */
	rc = plain_put_rest(p, "PATCH", p->path.at, "", &body, NULL, err);
	return rc < 0 ? rc : plain_put_read(p, err);
}

int
plain_make(struct plain_put *p, struct err *err)
{
	CLEANUP(place_clear) struct place at = { .path = BUF_INIT,
	    .uid = BUF_INIT };
	int rc;

	if (!can_make(p) || (rc = find_place(p, &at, err)) == 0)
		return 0;
	if (rc < 0 || plain_find_known(p, p->fields, err) < 0)
		return -(int)err->code;
	if (json_is(p->type, "Analysis"))
		return make_analysis(p, &at, err);
	rc = plain_find_earlier(p, at.path.at, err);
	if (rc != 0)
		return rc == 2 ? 0 : rc;
	if (!json_is(p->type, "AnalysisRequest")) {
		if ((rc = make_rest(p, &at, err)) != 0)
			return rc;
		if (!p->archetype)
			return plain_put_refuse(p, "it was not made: %s",
			    p->said.len > 0 ? p->said.at : "no reason given");
	} else if (!span_is_uid(span_member(span_member(p->fields,
	    "SampleType"), "uid")) || memmem(p->known.at, p->known.len,
	    span_text(span_member(p->fields, "SampleType"), "uid").at,
	    SENAITE_UID_LEN) == NULL)
		/* SENAITE would leave half a sample behind. */
		return plain_put_refuse(p, "its sample type is not there");
	return make_json(p, &at, err);
}
