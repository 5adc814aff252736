#include "plain.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/text.h"
#include "span.h"

#define NAMES_MAX 1024u			/* groups or roles of a user */

/* --- users -------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return json_key_cmp(*(const struct json_span *)a,
	    *(const struct json_span *)b);
}

/* The names of an array, sorted, without the one that everybody has. */
static void
put_names(struct buf *out, struct json_span array, const char *without)
{
	struct json_span names[NAMES_MAX], key, v;
	struct json_walk w = json_walk(array);
	size_t i, n = 0;

	while (n < NAMES_MAX && json_next(&w, &key, &v))
		if (json_kind(v) == '"' && !json_is(span_inner(v), without))
			names[n++] = span_inner(v);
	qsort(names, n, sizeof(names[0]), by_name);
	buf_addc(out, '[');
	for (i = 0; i < n; i++) {
		buf_adds(out, i == 0 ? "\"" : ",\"");
		span_put(out, names[i]);
		buf_addc(out, '"');
	}
	buf_addc(out, ']');
}

static int
put_user(struct buf *out, struct json_span user, struct err *err)
{
	struct json_span name = span_text(user, "username");
	struct json_span full = span_text(user, "fullname");
	struct json_span email = span_text(user, "email");
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;

	buf_addf(&raw, "{\"uid\":\"/users/%.*s\",\"path\":\"/users/%.*s\","
	    "\"id\":\"%.*s\",\"type\":\"User\",\"parent\":null,"
	    "\"title\":\"%.*s\",\"fields\":{\"email\":\"%.*s\",\"groups\":",
	    (int)name.len, name.at, (int)name.len, name.at, (int)name.len,
	    name.at, (int)full.len, full.at, (int)email.len, email.at);
	put_names(&raw, span_member(user, "groups"), "AuthenticatedUsers");
	buf_adds(&raw, ",\"roles\":");
	put_names(&raw, span_member(user, "roles"), "Authenticated");
	buf_adds(&raw, "},\"history\":[],\"attachments\":[]}");
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	return json_canon(out, raw.at, raw.len, JSON_DEPTH_MAX, err);
}

int
plain_user(struct senaite *s, const char *name, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	CLEANUP(buf_clear) struct buf said = BUF_INIT;
	struct json_span user;

	buf_adds(&path, "users/");
	http_escape(&path, name, strlen(name), 0);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if (senaite_get(s, path.at, &answer, NULL, err) < 0)
		return -(int)err->code;
	user = span_first(span_member(json_of(&answer), "items"));
	if (json_kind(user) != '{')
		return 0;		/* items: [null] */
	json_unescape(&said, span_member(user, "username"));
	if (said.len != strlen(name) || memcmp(said.at, name, said.len) != 0)
		return 0;
	return put_user(out, user, err) < 0 ? -(int)err->code : 1;
}

/* --- the registry ------------------------------------------------------- */

/* The route gives the records whose name has a word in it, and fails without
 * one.  A record that an earlier word has given is left out. */
static const char *const words[] = { "senaite", "bika" };

static int
was_given(struct json_span name, size_t word)
{
	size_t i;

	for (i = 0; i < word; i++)
		if (memmem(name.at, name.len, words[i],
		    strlen(words[i])) != NULL)
			return 1;
	return 0;
}

static int
add_records(struct senaite *s, size_t word, struct buf *raw,
    const char **comma, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span key, value;
	struct json_walk w;

	buf_addf(&path, "registry/%s", words[word]);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if (senaite_get(s, path.at, &answer, NULL, err) < 0)
		return -(int)err->code;
	w = json_walk(span_first(span_member(json_of(&answer), "items")));
	while (json_next(&w, &key, &value)) {
		if (was_given(key, word))
			continue;
		buf_addf(raw, "%s\"%.*s\":", *comma, (int)key.len, key.at);
		span_put(raw, value);
		*comma = ",";
	}
	return 0;
}

int
plain_registry(struct senaite *s, struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	const char *comma = "";
	size_t i;

	buf_adds(&raw, "{\"uid\":\"/registry\",\"path\":\"/registry\","
	    "\"id\":\"registry\",\"type\":\"Registry\",\"parent\":null,"
	    "\"title\":\"\",\"history\":[],\"attachments\":[],\"fields\":{");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (add_records(s, i, &raw, &comma, err) < 0)
			return -(int)err->code;
	buf_adds(&raw, "}}");
	if (buf_check(&raw, err) < 0 ||
	    json_canon(out, raw.at, raw.len, JSON_DEPTH_MAX, err) < 0)
		return -(int)err->code;
	return 1;
}
