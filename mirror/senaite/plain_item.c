#include "plain.h"

#include <string.h>

#include "restapi.h"
#include "shape.h"
#include "span.h"

int
plain_is_of_object(const struct err *err)
{
	return err->code == E_DEST_REJECTED || err->code == E_DEST_PROTOCOL ||
	    err->code == E_JSON || err->code == E_LIMIT;
}

int
plain_columns(struct senaite *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	if (s->columns.len > 0)
		return 0;
	if (senaite_get(s, "catalogs", &answer, NULL, err) < 0)
		return -(int)err->code;
	shape_columns(&s->columns, json_of(&answer));
	return buf_check(&s->columns, err);
}

/* Who is taken for anonymous is told of everything that it is not there. */
static int
is_known(struct senaite *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span user;

	if (senaite_get(s, "users/current", &answer, NULL, err) < 0)
		return -(int)err->code;
	user = span_first(span_member(json_of(&answer), "items"));
	if (!json_is(span_member(user, "authenticated"), "true"))
		return err_set(err, E_DEST_AUTH,
		    "SENAITE takes us for anonymous now");
	return 0;
}

int
plain_item(struct senaite *s, const char *uid, struct buf *ret,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct err e = ERR_INIT;
	int status;

	http_escape(&path, uid, strlen(uid), 0);
	buf_adds(&path, "?complete=yes&workflow=yes");
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if (senaite_get(s, path.at, ret, &status, &e) >= 0)
		return 1;
	if (e.code == E_DEST_REJECTED && status == 404)
		return is_known(s, err);
	*err = e;
	return -(int)err->code;
}

/* The UID of the item of a search that is at exactly this path. */
static int
find_path(struct buf *uid, struct json_span answer, const char *site,
    const char *path)
{
	struct json_walk w = json_walk(span_member(answer, "items"));
	struct json_span key, item, found;
	struct err ignored = ERR_INIT;

	while (json_next(&w, &key, &item)) {
		CLEANUP(buf_clear) struct buf at = BUF_INIT;

		if (shape_path(&at, item, site, &ignored) < 0) {
			err_clear(&ignored);
			continue;
		}
		found = span_member(item, "uid");
		if (at.len == strlen(path) &&
		    memcmp(at.at, path, at.len) == 0 && span_is_uid(found)) {
			span_put(uid, span_inner(found));
			return 1;
		}
	}
	return 0;
}

int
plain_item_at(struct senaite *s, const char *path, struct buf *ret,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf query = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;

	/* Without a depth the path alone is found. */
	buf_addf(&query, "search?catalog=uid_catalog&limit=%u&path=/",
	    PLAIN_PAGE);
	http_escape(&query, s->site, strlen(s->site), 0);
	http_escape(&query, path, strlen(path), 1);
	if (buf_str(&query) == NULL)
		return err_oom(err);
	if (senaite_get(s, query.at, &answer, NULL, err) < 0)
		return -(int)err->code;
	if (!find_path(&uid, json_of(&answer), s->site, path))
		return 0;
	if (buf_str(&uid) == NULL)
		return err_oom(err);
	return plain_item(s, uid.at, ret, err);
}

/* --- what the item leaves open ------------------------------------------ */

static int
is_unreadable(const struct senaite *s, struct json_span type)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;

	buf_addc(&line, '\n');
	span_put(&line, type);
	buf_addc(&line, '\n');
	return line.failed || (s->unreadable.len > 0 &&
	    memmem(s->unreadable.at, s->unreadable.len, line.at, line.len) !=
	    NULL);
}

/* What plone.restapi has of the same object.  A type that it cannot read is
 * not asked for again. */
static int
ask_exact(struct senaite *s, struct json_span item, const char *path,
    struct restapi_answer *a, struct err *err)
{
	struct json_span type = span_text(item, "portal_type");
	struct json_span none = { "", 0 };

	if (is_unreadable(s, type))
		return 0;
	if (restapi_run(s, "GET", path, "", none, a, err) < 0)
		return -(int)err->code;
	if (a->status == 200 && json_same(span_member(json_of(&a->json), "UID"),
	    span_member(item, "uid")))
		return 0;
	buf_reset(&a->json);
	if (a->status == 404)		/* gone in between */
		return 0;
	if (s->unreadable.len == 0)
		buf_addc(&s->unreadable, '\n');
	span_put(&s->unreadable, type);
	buf_addc(&s->unreadable, '\n');
	return buf_check(&s->unreadable, err);
}

static int
ask_steps(struct senaite *s, const char *path, struct restapi_answer *a,
    struct err *err)
{
	struct json_span none = { "", 0 };

	if (restapi_run(s, "GET", path, "/@workflow", none, a, err) < 0)
		return -(int)err->code;
	if (a->status != 200)
		buf_reset(&a->json);
	return 0;
}

int
plain_document(struct senaite *s, struct json_span item, struct buf *out,
    struct err *err)
{
	CLEANUP(restapi_answer_clear) struct restapi_answer exact =
	    RESTAPI_ANSWER_INIT;
	CLEANUP(restapi_answer_clear) struct restapi_answer steps =
	    RESTAPI_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct shape shape = { .item = item, .site = s->site,
	    .columns = &s->columns };
	unsigned needs;

	if (shape_path(&path, item, s->site, err) < 0)
		return -(int)err->code;
	if (buf_str(&path) == NULL)
		return err_oom(err);
	needs = shape_needs(&shape);
	if ((needs & SHAPE_EXACT) != 0 &&
	    ask_exact(s, item, path.at, &exact, err) < 0)
		return -(int)err->code;
	if ((needs & SHAPE_STEPS) != 0 &&
	    ask_steps(s, path.at, &steps, err) < 0)
		return -(int)err->code;
	shape.exact = json_of(&exact.json);
	shape.steps = json_of(&steps.json);
	return shape_document(out, &shape, err);
}
