#include "senaite.h"

#include <string.h>
#include <time.h>

#include "../../base/text.h"
#include "../http_json.h"

#define MESSAGE_SHOWN 400u		/* bytes of the server's words */

void
senaite_text(char *out, size_t cap, struct json_span object, const char *key)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct json_span value;
	size_t len;

	out[0] = '\0';
	if (!json_member(object, key, &value) || json_kind(value) != '"')
		return;
	json_unescape(&text, value);
	len = text.len < cap - 1 ? text.len : cap - 1;
	while (len > 0 && len < text.len && (text.at[len] & 0xc0) == 0x80)
		len--;			/* no character is cut in two */
	if (len > 0)
		memcpy(out, text.at, len);
	out[len] = '\0';
}

/* The end of what the server says (a traceback has its cause there). */
static void
message_of(struct buf *out, struct json_span answer)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	struct json_span value;
	size_t from;

	if (answer.len == 0 || json_kind(answer) != '{' ||
	    !json_member(answer, "message", &value)) {
		buf_adds(out, "no reason given");
		return;
	}
	if (json_kind(value) == '"')
		json_unescape(&raw, value);
	else
		buf_add(&raw, value.at, value.len);
	while (raw.len > 0 && strchr(" \r\n\t", raw.at[raw.len - 1]) != NULL)
		raw.len--;
	from = raw.len > MESSAGE_SHOWN ? raw.len - MESSAGE_SHOWN : 0;
	if (raw.len > 0)
		text_safe(out, raw.at + from, raw.len - from);
}

static int
is_failure(struct json_span answer)
{
	struct json_span value;

	return answer.len > 0 && json_kind(answer) == '{' &&
	    json_member(answer, "success", &value) && value.len == 5 &&
	    memcmp(value.at, "false", 5) == 0;
}

static int
check(const struct http_request *r, int status, struct json_span answer,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf said = BUF_INIT;
	char name[HTTP_NAME_MAX];
	const char *text;

	if (status < 400 && !is_failure(answer))
		return 0;
	http_name(name, r);
	message_of(&said, answer);
	if ((text = buf_str(&said)) == NULL)
		return err_oom(err);
	err_set(err, status == 401 ? E_DEST_AUTH : E_DEST_REJECTED,
	    "%s: status %d: %s", name, status, text);
	if (status != 401)
		return -(int)err->code;
	return err_next(err, "check user and password-file in %s; the user "
	    "must have the role Manager", CONFIG_FILE);
}

static void
note_clock(struct senaite *s, int64_t date)
{
	if (date < 0)
		return;
	s->has_clock = 1;
	s->clock_offset_s = date - (int64_t)time(NULL);
}

/* What came from there on: nothing, if a refusal was not JSON. */
static struct json_span
since(const struct buf *b, size_t from)
{
	if (b->len == from)
		return (struct json_span){ "", 0 };
	return (struct json_span){ b->at + from, b->len - from };
}

/* As senaite_post, but what came is in `ret` after a failure that the server
 * told of, too. */
static int
run(struct senaite *s, struct http_request *r, struct buf *ret,
    int *ret_status, int *ret_unclear, struct err *err)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	size_t from = ret->len;
	int rc;

	r->see_denied = 1;		/* for the server's own words */
	rc = http_json(s->http, r, &a, ret, err);
	if (ret_status != NULL)
		*ret_status = a.status;
	if (ret_unclear != NULL)
		*ret_unclear = a.unclear;
	note_clock(s, a.status > 0 ? a.date : -1);
	if (rc < 0) {
		ret->len = from;
		return rc;
	}
	return check(r, a.status, since(ret, from), err);
}

static int
run_path(struct senaite *s, struct http_request *r, const char *path,
    struct buf *ret, int *ret_status, int *ret_unclear, struct err *err)
{
	CLEANUP(buf_clear) struct buf full = { .max = HTTP_URL_MAX };
	size_t from = ret->len;
	int rc;

	buf_adds(&full, SENAITE_API);
	buf_adds(&full, path);
	if (buf_check(&full, err) < 0)
		return -(int)err->code;
	if ((r->path = buf_str(&full)) == NULL)
		return err_oom(err);
	rc = run(s, r, ret, ret_status, ret_unclear, err);
	if (rc < 0)
		ret->len = from;
	return rc;
}

int
senaite_get(struct senaite *s, const char *path, struct buf *ret,
    int *ret_status, struct err *err)
{
	struct http_request r = { .method = "GET", .kind = HTTP_SAFE };

	return run_path(s, &r, path, ret, ret_status, NULL, err);
}

int
senaite_post(struct senaite *s, const char *path, enum http_kind kind,
    struct json_span body, struct buf *ret, int *ret_status, int *ret_unclear,
    struct err *err)
{
	struct http_request r = { .method = "POST", .kind = kind,
	    .body = body.at, .body_len = body.len };

	return run_path(s, &r, path, ret, ret_status, ret_unclear, err);
}

/* Says the server that it knows no such consumer, or no route push?  In
 * senaite.jsonapi 2.6 the first is status 500, the second 200. */
static int
is_unknown(int status, struct json_span answer)
{
	CLEANUP(buf_clear) struct buf said = BUF_INIT;
	const char *text;

	if (status == 404)
		return 1;
	message_of(&said, answer);
	text = buf_str(&said);
	return text != NULL &&
	    (strncmp(text, "No consumer registered", 22) == 0 ||
	    strncmp(text, "404 Not Found", 13) == 0);
}

static enum err_code
code_of(const char *name)
{
	static const struct {
		const char *name;
		enum err_code code;
	} codes[] = {
		{ "forbidden", E_DEST_AUTH },
		{ "limit", E_LIMIT },
		{ "conflict", E_DEST_REJECTED },
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(name, codes[i].name) == 0)
			return codes[i].code;
	return E_DEST_PROTOCOL;
}

/* {"ok":false,"error","message"} as an error. */
static int
refusal(const char *consumer, struct json_span object, struct err *err)
{
	CLEANUP(buf_clear) struct buf said = BUF_INIT;
	char name[32];
	enum err_code code;

	senaite_text(name, sizeof(name), object, "error");
	message_of(&said, object);
	if (buf_str(&said) == NULL)
		return err_oom(err);
	code = code_of(name);
	err_set(err, code, "%s: %s: %s", consumer, name, said.at);
	if (code == E_DEST_AUTH)
		err_next(err, "give the user the role Manager in SENAITE "
		    "(site setup, users), or name another in %s",
		    CONFIG_FILE);
	return -(int)err->code;
}

/* Of the whole answer in `ret`, behind `from`, keep what the consumer
 * returned. */
static int
unwrap(const char *consumer, struct buf *ret, size_t from, struct err *err)
{
	struct json_span answer = since(ret, from);
	struct json_span object, ok;

	if (answer.len == 0 || json_kind(answer) != '{' ||
	    !json_member(answer, "success", &object) ||
	    json_kind(object) != '{' || !json_member(object, "ok", &ok) ||
	    (json_kind(ok) != 't' && json_kind(ok) != 'f')) {
		ret->len = from;
		return err_set(err, E_DEST_PROTOCOL, "%s: the answer is not "
		    "one of the companion's", consumer);
	}
	memmove(ret->at + from, object.at, object.len);
	ret->len = from + object.len;
	object.at = ret->at + from;
	(void)json_member(object, "ok", &ok);
	return json_kind(ok) == 't' ? 1 : refusal(consumer, object, err);
}

int
senaite_push(struct senaite *s, const char *consumer, enum http_kind kind,
    struct json_span members, struct buf *ret, int *ret_unclear,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf body = { .max = HTTP_BODY_MAX };
	struct http_request r = { .method = "POST", .kind = kind,
	    .path = SENAITE_API "push" };
	size_t from = ret->len;
	int rc, status;

	buf_addf(&body, "{\"consumer\":\"%s\"%s", consumer,
	    members.len > 0 ? "," : "");
	if (members.len > 0)
		buf_add(&body, members.at, members.len);
	buf_addc(&body, '}');
	if (buf_check(&body, err) < 0)
		return err_prefix(err, "%s", consumer);
	r.body = body.at;
	r.body_len = body.len;
	rc = run(s, &r, ret, &status, ret_unclear, err);
	if (rc < 0 && err->code == E_DEST_REJECTED && is_unknown(status,
	    since(ret, from))) {
		err_clear(err);
		ret->len = from;
		return 0;
	}
	if (rc < 0) {
		ret->len = from;
		return err_prefix(err, "%s", consumer);
	}
	return unwrap(consumer, ret, from, err);
}
