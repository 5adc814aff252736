#include "record.h"

#include <sodium.h>
#include <string.h>

#include "../base/text.h"
#include "limits.h"

#define LABEL_MAX 253402300799u		/* 9999-12-31T23:59:59Z */

void
record_first(struct buf *out, const struct manifest *m, uint64_t member)
{
	size_t i;

	buf_addf(out, "{\"from\":\"%s\",\"key\":\"%s\",\"member\":%llu,"
	    "\"satchel\":\"records/1\",\"sequence\":%llu,\"to\":[",
	    m->from.site, m->key, (unsigned long long)member,
	    (unsigned long long)m->sequence);
	for (i = 0; i < m->to_count; i++)
		buf_addf(out, "%s\"%s\"", i > 0 ? "," : "", m->to[i].site);
	buf_adds(out, "]}\n");
}

void
record_head(struct buf *out, const char *uid, size_t uid_len,
    uint64_t versions)
{
	buf_adds(out, "{\"uid\":");
	text_json(out, uid, uid_len);
	buf_addf(out, ",\"versions\":%llu}\n", (unsigned long long)versions);
}

/* A member that is left out where it is empty. */
static void
add_span(struct buf *out, const char *key, struct json_span value)
{
	if (value.len == 0)
		return;
	buf_adds(out, key);
	buf_add(out, value.at, value.len);
}

void
record_version(struct buf *out, const struct record_version *v)
{
	buf_addc(out, '{');
	if (dot_cmp(&v->born, &v->dot) != 0) {
		buf_adds(out, "\"born\":");
		dot_add(out, &v->born);
		buf_addc(out, ',');
	}
	add_span(out, "\"content\":", v->content);
	add_span(out, ",\"context\":", v->context);
	buf_adds(out, ",\"dot\":");
	dot_add(out, &v->dot);
	buf_addf(out, ",\"label\":%lld", (long long)v->label);
	add_span(out, ",\"stamps\":", v->stamps);
	buf_adds(out, "}\n");
}

int
record_check_first(struct json_span line, const struct manifest *m,
    uint64_t member, struct err *err)
{
	CLEANUP(buf_clear) struct buf want = BUF_INIT;
	CLEANUP(buf_clear) struct buf found = BUF_INIT;

	record_first(&want, m, member);
	if (buf_check(&want, err) < 0)
		return -(int)err->code;
	want.at[--want.len] = '\0';	/* the newline */
	if (line.len == want.len && memcmp(line.at, want.at, line.len) == 0)
		return 0;
	text_safe(&found, line.at, line.len < 300 ? line.len : 300);
	return err_set(err, E_RECORD, "first line: expected %.300s, found "
	    "%.300s", want.at, buf_str(&found) != NULL ? found.at : "");
}

static int
wrong(struct err *err, const char *key, const char *expected)
{
	return err_set(err, E_RECORD, "\"%s\" is not %s", key, expected);
}

/* The members of a line, which come in the order of this list. */
enum { AT_BORN, AT_CONTENT, AT_CONTEXT, AT_DOT, AT_LABEL, AT_STAMPS,
    AT_UID, AT_VERSIONS, AT_COUNT };
static const char *const keys[AT_COUNT] = {
	"born", "content", "context", "dot", "label", "stamps", "uid",
	"versions"
};

/* Find all members in one walk; those that are missing have no length. */
static int
split(struct json_span line, struct json_span at[AT_COUNT], struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct json_walk w = json_walk(line);
	struct json_span key, value;
	size_t i = 0;

	while (json_next(&w, &key, &value)) {
		while (i < AT_COUNT && (strlen(keys[i]) != key.len ||
		    memcmp(keys[i], key.at, key.len) != 0))
			i++;
		if (i == AT_COUNT) {
			text_safe(&name, key.at, key.len < 64 ? key.len : 64);
			return err_set(err, E_RECORD, "unknown field \"%s\"",
			    buf_str(&name) != NULL ? name.at : "");
		}
		at[i++] = value;
	}
	return 0;
}

/* Exactly these members, and perhaps those. */
static int
has_exactly(const struct json_span at[AT_COUNT], unsigned must, unsigned may,
    struct err *err)
{
	size_t i;

	for (i = 0; i < AT_COUNT; i++) {
		if (at[i].len == 0 && (must & 1u << i))
			return err_set(err, E_RECORD, "field \"%s\" is "
			    "missing", keys[i]);
		if (at[i].len > 0 && !((must | may) & 1u << i))
			return err_set(err, E_RECORD, "field \"%s\" in a line "
			    "of the other form", keys[i]);
	}
	return 0;
}

static int
parse_head(struct record_line *ret, const struct json_span at[AT_COUNT],
    struct err *err)
{
	int r = has_exactly(at, 1u << AT_UID | 1u << AT_VERSIONS, 0, err);

	if (r < 0)
		return r;
	if (!json_plain(at[AT_UID], &ret->uid) ||
	    !text_is_uid(ret->uid.at, ret->uid.len))
		return wrong(err, "uid", "an id");
	if (json_uint(&ret->versions, at[AT_VERSIONS],
	    FORMAT_VERSIONS_MAX) < 0 || ret->versions == 0)
		return wrong(err, "versions", "a number from 1 to 1024");
	ret->kind = RECORD_HEAD;
	return 0;
}

/* An object; empty ones are left out. */
static int
is_filled(struct json_span value)
{
	return value.len == 0 || (json_kind(value) == '{' && value.len > 2);
}

static int
parse_version(struct record_version *v, const struct json_span at[AT_COUNT],
    struct err *err)
{
	uint64_t label;
	int r = has_exactly(at, 1u << AT_CONTENT | 1u << AT_DOT |
	    1u << AT_LABEL, 1u << AT_BORN | 1u << AT_CONTEXT |
	    1u << AT_STAMPS, err);

	if (r < 0)
		return r;
	if (dot_parse(&v->dot, at[AT_DOT]) < 0)
		return wrong(err, "dot", "[site, generation, nonce, n]");
	v->born = v->dot;
	if (at[AT_BORN].len > 0 && (dot_parse(&v->born, at[AT_BORN]) < 0 ||
	    dot_cmp(&v->born, &v->dot) == 0))
		return wrong(err, "born", "a dot other than \"dot\"");
	if (json_uint(&label, at[AT_LABEL], LABEL_MAX) < 0)
		return wrong(err, "label", "seconds from 1970 to 9999");
	if (!is_filled(at[AT_CONTEXT]))
		return wrong(err, "context", "an object with members");
	if (!is_filled(at[AT_STAMPS]))
		return wrong(err, "stamps", "an object with members");
	if (json_kind(at[AT_CONTENT]) != '{')
		return wrong(err, "content", "an object");
	v->label = (int64_t)label;
	v->context = at[AT_CONTEXT];
	v->stamps = at[AT_STAMPS];
	v->content = at[AT_CONTENT];
	(void)crypto_generichash(v->hash, sizeof v->hash,
	    (const unsigned char *)v->content.at, v->content.len, NULL, 0);
	return 0;
}

int
record_parse(struct record_line *ret, struct json_span line, struct err *err)
{
	struct json_span at[AT_COUNT] = { { NULL, 0 } };
	int r;

	if ((r = json_scan(line.at, line.len, FORMAT_DEPTH_MAX, err)) < 0)
		return r;
	if (json_kind(line) != '{')
		return err_set(err, E_RECORD, "a line that is not an object");
	if ((r = split(line, at, err)) < 0)
		return r;
	*ret = (struct record_line){ .kind = RECORD_VERSION };
	if (at[AT_UID].len > 0 || at[AT_VERSIONS].len > 0)
		return parse_head(ret, at, err);
	return parse_version(&ret->version, at, err);
}
