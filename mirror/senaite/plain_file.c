#include "plain_put.h"

#include <string.h>

#include "../../base/text.h"
#include "span.h"

#define PIECE 49152u			/* bytes; a multiple of three */

static int
content(struct plain_put *p, struct json_span attachment, struct buf *out,
    struct err *err)
{
	struct json_span hex = span_text(attachment, "blake2b");
	unsigned char hash[32];
	char piece[PIECE];
	uint64_t at = 0;
	int64_t got;

	if (text_unhex(hash, sizeof(hash), hex.at, hex.len) < 0)
		return err_set(err, E_INTERNAL,
		    "an attachment without its hash");
	do {
		got = p->blobs->read(p->blobs->ctx, hash, at, piece, PIECE,
		    err);
		if (got < 0)
			return (int)got;
		text_base64(out, piece, (size_t)got, 1);
		at += (uint64_t)got;
	} while (got == PIECE && at <= PLAIN_FILE_MAX);
	return buf_check(out, err);
}

int
plain_file_data(struct plain_put *p, struct json_span attachment,
    struct buf *out, struct err *err)
{
	buf_addc(out, '"');
	if (content(p, attachment, out, err) < 0)
		return -(int)err->code;
	buf_addc(out, '"');
	return buf_check(out, err);
}

/* The file that the object has in this field; null: none. */
static struct json_span
held(const struct plain_put *p, struct json_span field)
{
	struct json_walk w = json_walk(span_member(json_of(&p->now),
	    "attachments"));
	struct json_span key, one;

	while (json_next(&w, &key, &one))
		if (json_same(span_member(one, "field"), field))
			return one;
	return (struct json_span){ "null", 4 };
}

static int
wants(const struct plain_put *p, struct json_span field)
{
	struct json_walk w = json_walk(span_member(p->doc, "attachments"));
	struct json_span key, one;

	while (json_next(&w, &key, &one))
		if (json_same(span_member(one, "field"), field))
			return 1;
	return 0;
}

static int
is_field_name(struct json_span field)
{
	size_t i;

	for (i = 0; i < field.len; i++)
		if (!((field.at[i] >= 'a' && field.at[i] <= 'z') ||
		    (field.at[i] >= 'A' && field.at[i] <= 'Z') ||
		    field.at[i] == '_'))
			return 0;
	return field.len > 0;
}

static int
send_file(struct plain_put *p, struct json_span one, struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	struct json_span field = span_text(one, "field");

	if (!p->archetype) {
		buf_addc(&body, '{');
		buf_addf(&body, "\"%.*s\":{\"encoding\":\"base64\","
		    "\"filename\":", (int)field.len, field.at);
		span_put(&body, span_member(one, "name"));
		buf_adds(&body, ",\"content-type\":");
		span_put(&body, span_member(one, "media_type"));
		buf_adds(&body, ",\"data\":");
		if (plain_file_data(p, one, &body, err) < 0)
			return -(int)err->code;
		buf_adds(&body, "}}");
		return plain_put_rest(p, "PATCH", p->path.at, "", &body, NULL,
		    err);
	}
	buf_addf(&body, "{\"uid\":\"%s\",\"filename\":", p->uid);
	span_put(&body, span_member(one, "name"));
	buf_addf(&body, ",\"%.*s\":", (int)field.len, field.at);
	if (plain_file_data(p, one, &body, err) < 0)
		return -(int)err->code;
	buf_addc(&body, '}');
	return plain_put_post(p, "update", &body, NULL, err);
}

static int
too_big(struct plain_put *p, struct json_span one)
{
	uint64_t size;

	if (json_uint(&size, span_member(one, "size"), UINT64_MAX) == 0 &&
	    size <= PLAIN_FILE_MAX)
		return 0;
	buf_reset(&p->said);
	buf_addf(&p->said, "a file of more than %u bytes cannot be sent",
	    PLAIN_FILE_MAX);
	return 1;
}

/* Files that it has and should not have. */
static int
clear_files(struct plain_put *p, struct err *err)
{
	struct json_walk w = json_walk(span_member(json_of(&p->now),
	    "attachments"));
	struct json_span key, one, field;

	if (!p->archetype || p->put->last.len == 0)
		return 1;
	while (json_next(&w, &key, &one)) {
		CLEANUP(buf_clear) struct buf body = BUF_INIT;

		field = span_member(one, "field");
		if (wants(p, field))
			continue;
		buf_addf(&body, "{\"uid\":\"%s\",", p->uid);
		span_put(&body, field);
		buf_adds(&body, ":\"\"}");
		if (plain_put_post(p, "update", &body, NULL, err) < 0)
			return -(int)err->code;
	}
	return 1;
}

int
plain_files(struct plain_put *p, struct err *err)
{
	struct json_walk w = json_walk(span_member(p->doc, "attachments"));
	struct json_span key, one, have, token;

	while (json_next(&w, &key, &one)) {
		have = held(p, span_member(one, "field"));
		/* The token says that what is there is that very content. */
		if (json_kind(have) == '{' &&
		    (json_member(one, "token", &token) || (p->put->last.len ==
		    0 && json_same(span_member(have, "name"),
		    span_member(one, "name")))))
			continue;
		if (!is_field_name(span_text(one, "field")) ||
		    too_big(p, one))
			continue;
		if (send_file(p, one, err) < 0)
			return -(int)err->code;
	}
	return clear_files(p, err);
}
