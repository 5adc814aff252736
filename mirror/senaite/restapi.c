#include "restapi.h"

#include <string.h>

#include "../../base/text.h"
#include "span.h"

#define REASON_MAX 400u			/* bytes of the server's text */

void
restapi_answer_clear(struct restapi_answer *a)
{
	buf_clear(&a->json);
}

int
restapi_run(struct senaite *s, const char *method, const char *path,
    const char *tail, struct json_span body, struct restapi_answer *ret,
    struct err *err)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf url = { .max = HTTP_URL_MAX };
	int reads = strcmp(method, "GET") == 0;
	struct http_request r = { .method = method,
	    .kind = reads ? HTTP_SAFE : HTTP_ONCE };
	struct err ignored = ERR_INIT;
	int rc;

	http_escape(&url, path, strlen(path), 1);
	buf_adds(&url, tail);
	if (buf_check(&url, err) < 0)
		return -(int)err->code;
	if ((r.path = buf_str(&url)) == NULL)
		return err_oom(err);
	r.body = body.len > 0 ? body.at : NULL;
	r.body_len = body.len;
	buf_reset(&ret->json);
	rc = http_run(s->http, &r, &a, err);
	ret->status = a.status;
	ret->unclear = a.unclear;
	if (rc < 0)
		return rc;
	if (reads && a.status == 401)
		return err_set(err, E_DEST_AUTH,
		    "%s%s: SENAITE does not let this user read it", path,
		    tail);
	/* A refusal may come as HTML, an empty answer as nothing. */
	if (strcmp(a.type, "application/json") == 0 &&
	    json_canon(&ret->json, a.body.at == NULL ? "" : a.body.at,
	    a.body.len, JSON_DEPTH_MAX, &ignored) < 0)
		buf_reset(&ret->json);
	return 0;
}

void
restapi_reason(struct buf *out, const struct restapi_answer *a)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct json_span all = json_of(&a->json), said;

	said = span_member(all, "message");
	if (json_kind(said) != '"')
		said = span_member(span_member(all, "error"), "message");
	if (json_kind(said) == '"')
		json_unescape(&text, said);
	if (text.len > REASON_MAX)
		text.len = REASON_MAX;
	buf_addf(out, "status %d", a->status);
	if (text.len > 0) {
		buf_adds(out, ": ");
		text_safe(out, text.at, text.len);
	}
}
