#include "plain.h"

#include <string.h>

#include "shape.h"
#include "span.h"

/* Where a file is: the path of its object is asked for, since the addresses
 * that the API gives may name a host that is not ours. */
static int
path_of(struct senaite *s, const char *uid, struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf query = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span item;

	buf_adds(&query, "search?catalog=uid_catalog&limit=1&UID=");
	http_escape(&query, uid, strlen(uid), 0);
	if (buf_str(&query) == NULL)
		return err_oom(err);
	if (senaite_get(s, query.at, &answer, NULL, err) < 0)
		return -(int)err->code;
	item = span_first(span_member(json_of(&answer), "items"));
	if (!json_is(span_text(item, "uid"), uid))
		return err_set(err, E_DEST_REJECTED,
		    "object %s is not there any more", uid);
	return shape_path(out, item, s->site, err);
}

/* Archetypes' fields begin with a capital, Dexterity's do not. */
static int
add_field(struct buf *url, struct json_span attachment, struct err *err)
{
	CLEANUP(buf_clear) struct buf field = BUF_INIT;
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct json_span f = span_member(attachment, "field");
	struct json_span n = span_member(attachment, "name");

	if (span_inner(f).len == 0 || json_kind(n) != '"')
		return err_set(err, E_DEST_PROTOCOL,
		    "an attachment without field or name");
	json_unescape(&field, f);
	json_unescape(&name, n);
	if (buf_check(&field, err) < 0 || buf_check(&name, err) < 0)
		return -(int)err->code;
	if (field.at[0] >= 'A' && field.at[0] <= 'Z') {
		buf_adds(url, "/at_download/");
		http_escape(url, field.at, field.len, 0);
		return 0;
	}
	buf_adds(url, "/@@download/");
	http_escape(url, field.at, field.len, 0);
	buf_addc(url, '/');
	http_escape(url, name.at == NULL ? "" : name.at, name.len, 0);
	return 0;
}

/* A page in place of the file: a form to log in, or an error's text. */
static int
check_type(const char *type, struct json_span attachment, const char *path,
    struct err *err)
{
	struct json_span media = span_text(attachment, "media_type");

	if (json_is(media, type) || (strcmp(type, "text/html") != 0 &&
	    strcmp(type, "application/json") != 0))
		return 0;
	return err_set(err, E_DEST_PROTOCOL,
	    "%s: the server gave %s, not the file", path, type);
}

int
plain_blob(struct senaite *s, const char *uid, struct json_span attachment,
    int (*sink)(void *ctx, const char *at, size_t len, struct err *err),
    int (*restart)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf url = { .max = HTTP_URL_MAX };
	/* With application/json plone.rest would take the request. */
	struct http_request r = { .method = "GET", .kind = HTTP_SAFE,
	    .accept = "*/*", .sink = sink, .restart = restart, .ctx = ctx,
	    .max = UINT64_MAX };

	if (path_of(s, uid, &path, err) < 0)
		return -(int)err->code;
	http_escape(&url, path.at, path.len, 1);
	if (add_field(&url, attachment, err) < 0 || buf_check(&url, err) < 0)
		return -(int)err->code;
	if ((r.path = buf_str(&url)) == NULL)
		return err_oom(err);
	if (http_run(s->http, &r, &a, err) < 0)
		return -(int)err->code;
	if (a.status == 401 || a.status == 403)
		return err_set(err, E_DEST_AUTH,
		    "%s: the server refuses us (status %d)", url.at,
		    a.status);
	if (a.status != 200)
		return err_set(err, E_DEST_REJECTED, "%s: status %d", url.at,
		    a.status);
	return check_type(a.type, attachment, url.at, err);
}
