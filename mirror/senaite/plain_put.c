#include "plain_put.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "restapi.h"
#include "span.h"

#define SINGLES_MAX 32u			/* fields sent one by one */

static void
put_clear(struct plain_put *p)
{
	buf_clear(&p->item);
	buf_clear(&p->now);
	buf_clear(&p->path);
	buf_clear(&p->known);
	buf_clear(&p->dropped);
	buf_clear(&p->said);
}

/* --- requests ----------------------------------------------------------- */

int
plain_put_refuse(struct plain_put *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_reset(&p->put->reason);
	buf_adds(&p->put->reason, text);
	(void)buf_str(&p->put->reason);
	p->put->result = MIRROR_REFUSED;
	return 0;
}

static void
say(struct plain_put *p, const char *text)
{
	buf_reset(&p->said);
	buf_adds(&p->said, text);
	(void)buf_str(&p->said);
}

int
plain_put_post(struct plain_put *p, const char *route,
    const struct buf *body, struct buf *answer, struct err *err)
{
	CLEANUP(buf_clear) struct buf ignored = BUF_INIT;
	struct err e = ERR_INIT;
	int status = 0;

	if (buf_check(body, err) < 0)
		return -(int)err->code;
	if (senaite_post(p->s, route, HTTP_ONCE, json_of(body),
	    answer != NULL ? answer : &ignored, &status, NULL, &e) >= 0) {
		p->changed = 1;
		return 1;
	}
	/* An answer, whatever it says, is looked behind; 401 means "not this
	 * field" or "not you", which the next reading tells apart. */
	if (status > 0 && e.code != E_DEST_UNAVAILABLE) {
		say(p, e.text);
		return 0;
	}
	p->unclear = 1;
	*err = e;
	return -(int)err->code;
}

int
plain_put_rest(struct plain_put *p, const char *method, const char *path,
    const char *tail, const struct buf *body, struct buf *answer,
    struct err *err)
{
	CLEANUP(restapi_answer_clear) struct restapi_answer a =
	    RESTAPI_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf why = BUF_INIT;

	if (buf_check(body, err) < 0)
		return -(int)err->code;
	if (restapi_run(p->s, method, path, tail, json_of(body), &a,
	    err) < 0) {
		p->unclear = 1;
		return -(int)err->code;
	}
	if (answer != NULL) {
		buf_add(answer, a.json.at, a.json.len);
		if (buf_check(answer, err) < 0)
			return -(int)err->code;
	}
	if (a.status < 300) {
		p->changed = 1;
		return 1;
	}
	restapi_reason(&why, &a);
	if (buf_str(&why) == NULL)
		return err_oom(err);
	say(p, why.at);
	return 0;
}

int
plain_put_read(struct plain_put *p, struct err *err)
{
	int rc;

	buf_reset(&p->item);
	buf_reset(&p->now);
	buf_reset(&p->path);
	rc = p->uid[0] == '\0' ?
	    plain_item_at(p->s, p->put->uid, &p->item, err) :
	    plain_item(p->s, p->uid, &p->item, err);
	if (rc <= 0)
		return rc;
	if (plain_document(p->s, json_of(&p->item), &p->now, err) < 0)
		return -(int)err->code;
	json_unescape(&p->path, span_member(json_of(&p->now), "path"));
	if (buf_str(&p->path) == NULL)
		return err_oom(err);
	return 1;
}

/* --- fields ------------------------------------------------------------- */

static size_t
count_left(const struct plain_put *p)
{
	struct json_walk w = json_walk(p->fields);
	struct json_span name, value;
	size_t n = 0;

	while (plain_body_next(p, &w, &name, &value))
		n++;
	return n;
}

/* A title of its own, which is to be another. */
static int
title_differs(const struct plain_put *p)
{
	struct json_span title = span_member(p->doc, "title");

	return json_kind(title) == '"' && title.len > 2 && !p->put->second &&
	    p->put->last.len > 0 &&
	    !json_same(title, span_member(p->put->last, "title")) &&
	    !json_same(title, span_member(json_of(&p->now), "title"));
}

/* Send what is left, or one field of it.  1, 0 refused or nothing to send. */
static int
send_fields(struct plain_put *p, int rest, struct json_span one,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	size_t n;

	buf_addf(&body, "{\"uid\":\"%s\"", p->uid);
	if (rest)
		body.len = 0;
	n = plain_body(&body, p, rest, one);
	if (one.len == 0 && title_differs(p)) {
		buf_adds(&body, ",\"title\":");
		span_put(&body, span_member(p->doc, "title"));
		n++;
	}
	buf_addc(&body, '}');
	if (n == 0 || buf_check(&body, err) < 0)
		return n == 0 ? 0 : -(int)err->code;
	body.at[0] = '{';		/* over the first comma */
	return rest ? plain_put_rest(p, "PATCH", p->path.at, "", &body, NULL,
	    err) : plain_put_post(p, "update", &body, NULL, err);
}

/* After a refusal: each field by itself, so that one harms no other. */
static int
send_singles(struct plain_put *p, int rest, struct err *err)
{
	struct json_walk w = json_walk(p->fields);
	struct json_span name, value;
	unsigned n = 0;

	while (n++ < SINGLES_MAX && plain_body_next(p, &w, &name, &value))
		if (send_fields(p, rest, name, err) < 0)
			return -(int)err->code;
	return n > 1 ? plain_put_read(p, err) : 1;
}

/* Neither route takes everything: the first what it can, the other the rest,
 * and then one by one what was refused together. */
static int
put_fields(struct plain_put *p, struct err *err)
{
	struct json_span all = { "", 0 };
	int rest = !p->archetype, rc, tries, refused = 0;

	if (count_left(p) == 0 && !title_differs(p))
		return 1;
	if (plain_find_known(p, p->fields, err) < 0)
		return -(int)err->code;
	for (tries = 0; tries < 1 + p->archetype; tries++, rest = !rest) {
		rc = send_fields(p, rest, all, err);
		if (rc < 0)
			return rc;
		refused |= rc == 0;
		if ((rc = plain_put_read(p, err)) <= 0)
			return rc;
		if (count_left(p) == 0)
			return 1;
	}
	if (!refused || count_left(p) < 2)
		return 1;
	return send_singles(p, !p->archetype, err);
}

/* --- deletion ----------------------------------------------------------- */

/* Nothing is deactivated or cancelled in place of a deletion: the next notice
 * would take that for an edit made here, and so bring the object back to life
 * at every site. */

/* The older API of senaite.core, for attachments alone: nothing else may be
 * deleted, by anybody. */
static int
remove_attachment(struct plain_put *p, struct err *err)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	struct http_request r = { .method = "POST", .kind = HTTP_ONCE,
	    .type = "application/x-www-form-urlencoded",
	    .path = "/@@API/remove" };
	char body[64];
	int rc;

	(void)snprintf(body, sizeof(body), "UID=%s", p->uid);
	r.body = body;
	r.body_len = strlen(body);
	if (http_run(p->s->http, &r, &a, err) < 0)
		return -(int)err->code;
	rc = plain_put_read(p, err);
	if (rc == 0)
		p->put->result = MIRROR_GONE;
	else if (rc > 0)
		(void)plain_put_refuse(p, "SENAITE does not delete it");
	return rc < 0 ? rc : 0;
}

static int
put_deleted(struct plain_put *p, struct err *err)
{
	int rc = plain_put_read(p, err);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		p->put->result = MIRROR_GONE;
		return 0;
	}
	if (json_is(span_member(json_of(&p->now), "site"), "true"))
		return plain_put_refuse(p, "a part of every SENAITE is never "
		    "deleted");
	if (json_is(span_text(json_of(&p->now), "type"), "Attachment"))
		return remove_attachment(p, err);
	return plain_put_refuse(p, "SENAITE deletes no objects of this type; "
	    "a person may deactivate or cancel it there");
}

/* --- one object --------------------------------------------------------- */

static int
put_site(struct plain_put *p, struct err *err)
{
	int rc = plain_put_read(p, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return plain_put_refuse(p, "this SENAITE has no such folder");
	if (count_left(p) > 0)
		return plain_put_refuse(p, "settings and folders cannot be "
		    "written without the add-on");
	p->put->result = MIRROR_DONE;
	return 1;
}

static int
put_live(struct plain_put *p, struct err *err)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	size_t before;
	int rc, exists = p->uid[0] != '\0';

	if (!exists && p->put->update_only)
		return plain_put_refuse(p, "new objects of this type are not "
		    "taken (update-only)");
	if (!exists && (rc = plain_make(p, err)) <= 0)
		return rc;
	if ((rc = plain_put_read(p, err)) < 0)
		return rc;
	if (rc == 0)
		return plain_put_refuse(p, "it is not there any more");
	p->archetype = json_kind(span_member(json_of(&p->item),
	    "creation_date")) == '"';
	before = count_left(p);
	span_put(&state, span_text(json_of(&p->now), "state"));
	if ((rc = put_fields(p, err)) <= 0 ||
	    (!p->put->second && (rc = plain_files(p, err)) <= 0) ||
	    (rc = plain_put_read(p, err)) <= 0 ||
	    (rc = plain_steps(p, err)) <= 0 ||
	    (p->made && (rc = plain_set_origin(p, err)) <= 0))
		return rc;
	p->put->result = MIRROR_DONE;
	if (exists && !p->changed && p->said.len > 0 &&
	    count_left(p) == before && json_same(json_of(&state),
	    span_text(json_of(&p->now), "state")))
		return plain_put_refuse(p, "%s", p->said.at);
	return 1;
}

static void
put_init(struct plain_put *p)
{
	struct json_span x;

	p->doc = p->put->document;
	p->fields = span_member(p->doc, "fields");
	p->last = span_member(p->put->last, "fields");
	p->type = span_text(p->doc, "type");
	p->archetype = json_member(p->fields, "contributors", &x);
	if ((p->put->exists || p->put->deleted) &&
	    strlen(p->put->uid) == SENAITE_UID_LEN)
		memcpy(p->uid, p->put->uid, SENAITE_UID_LEN + 1);
}

/* Give back where it is and what it holds now. */
static int
give_back(struct plain_put *p, struct err *err)
{
	buf_reset(&p->put->remote);
	buf_reset(&p->put->read_back);
	buf_adds(&p->put->remote, p->uid[0] != '\0' ? p->uid : p->put->uid);
	buf_add(&p->put->read_back, p->now.at, p->now.len);
	if (buf_str(&p->put->remote) == NULL)
		return err_oom(err);
	return buf_check(&p->put->read_back, err);
}

static int
write_one(struct plain_put *p, struct err *err)
{
	const char *uid = p->put->uid;
	int rc;

	put_init(p);
	if (strcmp(uid, "/registry") == 0 || strncmp(uid, "/users/", 7) == 0)
		return plain_put_refuse(p, "users and the registry cannot be "
		    "written without the add-on");
	if (p->put->deleted)
		rc = put_deleted(p, err);
	else if (uid[0] == '/' ||
	    json_is(span_member(p->doc, "site"), "true"))
		rc = put_site(p, err);
	else
		rc = put_live(p, err);
	if (rc > 0)
		rc = give_back(p, err);
	return rc;
}

int
plain_write(struct senaite *s, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err)
{
	size_t i;

	if (plain_columns(s, err) < 0)
		return -(int)err->code;
	for (i = 0; i < count; i++) {
		CLEANUP(put_clear) struct plain_put p = { .s = s,
		    .put = &puts[i], .blobs = blobs };
		struct err e = ERR_INIT;

		puts[i].result = MIRROR_UNKNOWN;
		if (write_one(&p, &e) >= 0)
			continue;
		puts[i].result = MIRROR_UNKNOWN;
		if (plain_is_of_object(&e)) {
			/* Written or not, it cannot be read now. */
			(void)plain_put_refuse(&p, "%s", e.text);
			if (p.changed || p.unclear || p.uid[0] != '\0')
				puts[i].result = MIRROR_UNKNOWN;
			continue;
		}
		*err = e;
		return -(int)err->code;
	}
	return 0;
}
