#include "plain.h"

#include <string.h>

#include "span.h"

struct reading {
	struct senaite *s;
	const char *const *uids;
	const struct mirror_sink *sink;
	unsigned char seen[MIRROR_READ_MAX];
};

/* Tell the sink that the object cannot be read, if the failure is its own: a
 * server that gives no JSON for an object must give it for something else. */
static int
fail(struct reading *r, const char *uid, struct json_span type,
    const struct err *why, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	if (!plain_is_of_object(why)) {
		*err = *why;
		return -(int)err->code;
	}
	if (why->code == E_DEST_PROTOCOL &&
	    senaite_get(r->s, "version", &answer, NULL, err) < 0)
		return -(int)err->code;
	span_put(&name, type);
	if (buf_str(&name) == NULL)
		return err_oom(err);
	return r->sink->failed(r->sink->ctx, uid, name.at, why->text, err);
}

static int
give(struct reading *r, size_t i, struct json_span item, struct err *err)
{
	CLEANUP(buf_clear) struct buf document = BUF_INIT;
	struct err e = ERR_INIT;

	r->seen[i] = 1;
	if (plain_document(r->s, item, &document, &e) < 0)
		return fail(r, r->uids[i], span_text(item, "portal_type"),
		    &e, err);
	return r->sink->item(r->sink->ctx, json_of(&document), err);
}

/* One object by its own address. */
static int
read_one(struct reading *r, size_t i, struct err *err)
{
	CLEANUP(buf_clear) struct buf item = BUF_INIT;
	struct json_span none = { "", 0 };
	struct err e = ERR_INIT;
	int rc;

	r->seen[i] = 1;
	rc = r->uids[i][0] == '/' ?
	    plain_item_at(r->s, r->uids[i], &item, &e) :
	    plain_item(r->s, r->uids[i], &item, &e);
	if (rc == 0)
		return r->sink->absent(r->sink->ctx, r->uids[i], err);
	if (rc < 0)
		return fail(r, r->uids[i], none, &e, err);
	return give(r, i, json_of(&item), err);
}

static int
read_special(struct reading *r, size_t i, struct err *err)
{
	CLEANUP(buf_clear) struct buf document = BUF_INIT;
	const char *uid = r->uids[i];
	struct json_span none = { "", 0 };
	struct err e = ERR_INIT;
	int rc;

	if (strcmp(uid, "/registry") == 0)
		rc = plain_registry(r->s, &document, &e);
	else if (strncmp(uid, "/users/", 7) == 0)
		rc = plain_user(r->s, uid + 7, &document, &e);
	else
		return read_one(r, i, err);
	r->seen[i] = 1;
	if (rc < 0)
		return fail(r, uid, none, &e, err);
	if (rc == 0)
		return r->sink->absent(r->sink->ctx, uid, err);
	return r->sink->item(r->sink->ctx, json_of(&document), err);
}

static int
give_page(struct reading *r, size_t from, size_t to, struct json_span answer,
    struct err *err)
{
	struct json_walk w = json_walk(span_member(answer, "items"));
	struct json_span key, item, uid;
	size_t i;

	while (json_next(&w, &key, &item)) {
		/* {} stands for what this catalog could not wake up. */
		uid = span_text(item, "uid");
		for (i = from; i < to; i++)
			if (!r->seen[i] && json_is(uid, r->uids[i]))
				break;
		if (i < to && give(r, i, item, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
query(struct buf *out, const struct reading *r, size_t from, size_t to)
{
	size_t i;

	buf_addf(out, "search?complete=yes&workflow=yes&limit=%u",
	    PLAIN_PAGE);
	for (i = from; i < to; i++) {
		buf_adds(out, "&UID=");
		http_escape(out, r->uids[i], strlen(r->uids[i]), 0);
	}
	return buf_str(out) == NULL ? -1 : 0;
}

/* The objects from..to: one page, or two halves if that fails, down to the
 * object that spoils it. */
static int
read_range(struct reading *r, size_t from, size_t to, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct err e = ERR_INIT;
	size_t mid = from + (to - from) / 2;

	if (to - from == 1)
		return read_one(r, from, err);
	if (query(&path, r, from, to) < 0)
		return err_oom(err);
	if (senaite_get(r->s, path.at, &answer, NULL, &e) >= 0)
		return give_page(r, from, to, json_of(&answer), err);
	if (!plain_is_of_object(&e)) {
		*err = e;
		return -(int)err->code;
	}
	if (read_range(r, from, mid, err) < 0)
		return -(int)err->code;
	return read_range(r, mid, to, err);
}

int
plain_read(struct senaite *s, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err)
{
	struct reading r = { .s = s, .uids = uids, .sink = sink };
	size_t i, to;
	size_t page = s->page > 0 && s->page < PLAIN_PAGE ? s->page :
	    PLAIN_PAGE;

	if (count > MIRROR_READ_MAX)
		return err_set(err, E_INTERNAL, "a read of %zu objects",
		    count);
	if (plain_columns(s, err) < 0)
		return -(int)err->code;
	for (i = 0; i < count; i = to) {
		to = i + 1;
		if (uids[i][0] == '/') {
			if (read_special(&r, i, err) < 0)
				return -(int)err->code;
			continue;
		}
		while (to < count && to - i < page && uids[to][0] != '/')
			to++;
		if (read_range(&r, i, to, err) < 0)
			return -(int)err->code;
	}
	for (i = 0; i < count; i++)
		if (!r.seen[i] && read_one(&r, i, err) < 0)
			return -(int)err->code;
	return 0;
}
