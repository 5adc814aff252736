#include "mem_inside.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../store/patch.h"
#include "../store/refs.h"

static const struct json_span none = { "{}", 2 };

/* A number or text with one decimal. */
static void
add_rounded(struct buf *out, struct json_span value)
{
	const char *dot = memchr(value.at, '.', value.len);
	size_t keep = dot == NULL ? value.len : (size_t)(dot - value.at) + 2;

	buf_add(out, value.at, keep < value.len ? keep : value.len);
	if (keep < value.len && value.at[0] == '"')
		buf_addc(out, '"');
}

static int
is_open(const struct mem *m, struct json_span value)
{
	struct refs_walk w = refs_walk(value);
	struct json_span uid;
	char name[MIRROR_UID_MAX + 1];

	while (refs_next(&w, &uid)) {
		if (uid.len >= sizeof name)
			return 1;
		memcpy(name, uid.at, uid.len);
		name[uid.len] = '\0';
		if (mem_find(m, name) == NULL)
			return 1;
	}
	return 0;
}

static int
is_key(struct json_span key, const char *name)
{
	return name != NULL && key.len == strlen(name) &&
	    memcmp(key.at, name, key.len) == 0;
}

/* "fields" as it keeps them. */
static void
add_fields(const struct mem *m, struct json_span fields, struct buf *out)
{
	struct json_walk w = json_walk(fields);
	struct json_span key, value;
	char c = '{';

	while (json_next(&w, &key, &value)) {
		if (is_key(key, m->drop))
			continue;
		buf_addf(out, "%c\"%.*s\":", c, (int)key.len, key.at);
		c = ',';
		if (m->strict_refs && is_open(m, value))
			buf_adds(out, "null");
		else if (is_key(key, m->round))
			add_rounded(out, value);
		else
			buf_add(out, value.at, value.len);
	}
	buf_adds(out, c == '{' ? "{}" : "}");
}

static int
add_content(struct mem *m, struct json_span item,
    const struct mirror_blobs *blobs, struct buf *out, struct err *err)
{
	struct patch p[2] = { { "blake2b", { "", 0 } }, { "token",
	    { "", 0 } } };
	CLEANUP(buf_clear) struct buf content = BUF_INIT;
	struct json_span hex, x;
	unsigned char hash[32];
	char token[24], *to;
	uint64_t size;
	int64_t n;
	int rc;

	if (json_member(item, "token", &x)) {
		patch_object(out, item, p, 1);
		return 0;
	}
	if (!json_member(item, "blake2b", &hex) || !json_plain(hex, &hex) ||
	    text_unhex(hash, 32, hex.at, hex.len) < 0 ||
	    !json_member(item, "size", &x) ||
	    json_uint(&size, x, 1 << 30) < 0)
		return err_set(err, E_DEST_PROTOCOL, "a bad attachment");
	while (content.len < size) {
		if ((to = buf_room(&content, 100000)) == NULL)
			return err_oom(err);
		n = blobs->read(blobs->ctx, hash, content.len, to, 100000,
		    err);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		content.len += (size_t)n;
	}
	m->blobs_written++;
	(void)snprintf(token, sizeof token, "t%.16s", hex.at);
	if ((rc = mem_blob_put(m, token, content.len > 0 ? content.at : "",
	    content.len, err)) < 0)
		return rc;
	(void)snprintf(token, sizeof token, "\"t%.16s\"", hex.at);
	p[1].value = (struct json_span){ token, strlen(token) };
	patch_object(out, item, p, 2);
	return 0;
}

static int
add_contents(struct mem *m, struct json_span array,
    const struct mirror_blobs *blobs, struct buf *out, struct err *err)
{
	struct json_walk w = json_walk(array);
	struct json_span key, item;
	char c = '[';
	int rc;

	for (; json_next(&w, &key, &item); c = ',') {
		buf_addc(out, c);
		if ((rc = add_content(m, item, blobs, out, err)) < 0)
			return rc;
	}
	buf_adds(out, c == '[' ? "[]" : "]");
	return 0;
}

/* History: what it had if it drops ours, and an entry of its own. */
static void
add_history(struct mem *m, struct json_span old, struct json_span given,
    struct buf *out)
{
	struct json_span from = m->drops_history ? old : given;
	int some = from.len > 2;

	buf_add(out, some ? from.at : "[", some ? from.len - 1 : 1);
	if (m->own_history)
		buf_addf(out, "%s{\"action\":\"written\",\"time\":"
		    "\"2030-01-01T00:00:%02uZ\",\"n\":%u}", some ? "," : "",
		    m->ticks % 60, m->ticks);
	buf_addc(out, ']');
}

static struct json_span
member(struct json_span object, const char *key)
{
	struct json_span x = { "", 0 };

	if (object.len > 0)
		(void)json_member(object, key, &x);
	return x;
}

/* What it makes of a document. */
static int
make_doc(struct mem *m, const char *uid, const struct mirror_put *put,
    struct json_span old, const struct mirror_blobs *blobs, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT, fields = BUF_INIT;
	struct json_span had = member(old, "fields");
	struct json_walk w = json_walk(put->document);
	struct json_span key, value;
	char c = '{';
	int rc;

	m->ticks++;
	for (; json_next(&w, &key, &value); c = ',') {
		buf_addf(&text, "%c\"%.*s\":", c, (int)key.len, key.at);
		if (is_key(key, "uid")) {
			buf_addf(&text, "\"%s\"", uid);
		} else if (is_key(key, "id") && m->changes_ids &&
		    old.len == 0) {
			buf_adds(&text, "\"M-");
			buf_add(&text, value.at + 1, value.len - 1);
		} else if (is_key(key, "id") && m->changes_ids) {
			buf_add(&text, member(old, "id").at,
			    member(old, "id").len);
		} else if (is_key(key, "modified") && m->own_modified) {
			buf_addf(&text, "\"2031-01-01T00:00:%02uZ\"",
			    m->ticks % 60);
		} else if (is_key(key, "fields")) {
			buf_reset(&fields);
			add_fields(m, value, &fields);
			rc = mem_join(had.len > 0 ? had : none,
			    json_of(&fields), &text, err);
			if (rc < 0)
				return rc;
		} else if (is_key(key, "attachments")) {
			if ((rc = add_contents(m, value, blobs, &text,
			    err)) < 0)
				return rc;
		} else if (is_key(key, "history")) {
			add_history(m, member(old, "history"), value, &text);
		} else {
			buf_add(&text, value.at, value.len);
		}
	}
	buf_addc(&text, '}');
	if (buf_check(&text, err) < 0)
		return -(int)err->code;
	return mem_join(old.len > 0 ? old : none, json_of(&text), out, err);
}

static int
refuse(struct mirror_put *put, const char *reason, struct err *err)
{
	put->result = MIRROR_REFUSED;
	buf_adds(&put->reason, reason);
	return buf_check(&put->reason, err);
}

/* Is what it lies in there? */
static int
has_parent(const struct mem *m, struct json_span document)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	struct json_span x = member(document, "parent");

	if (x.len == 0 || json_kind(x) != '"')
		return 1;
	json_unescape(&uid, x);
	return buf_str(&uid) != NULL && mem_find(m, uid.at) != NULL;
}

static int
write_one(struct mem *m, struct mirror_put *put,
    const struct mirror_blobs *blobs, struct err *err)
{
	CLEANUP(buf_clear) struct buf doc = BUF_INIT;
	struct mem_object *o = mem_find(m, put->uid);
	char own[16];
	const char *uid = o != NULL ? o->uid : put->uid;
	int rc;

	if (put->deleted) {
		m->deleted += o != NULL;
		put->result = MIRROR_GONE;
		return mem_delete(m, put->uid, err);
	}
	if (m->refuse != NULL &&
	    mem_member_is(put->document, "type", m->refuse))
		return refuse(put, "no such type here", err);
	if (!has_parent(m, put->document))
		return refuse(put, "its folder is not there", err);
	if (o == NULL && m->own_uids) {
		(void)snprintf(own, sizeof own, "m%04u", ++m->next_uid);
		uid = own;
	}
	if ((rc = make_doc(m, uid, put, o != NULL ? json_of(&o->doc) :
	    (struct json_span){ "", 0 }, blobs, &doc, err)) < 0)
		return rc;
	buf_adds(&put->remote, uid);
	if (buf_str(&put->remote) == NULL)
		return err_oom(err);
	if (o == NULL)
		m->created++;
	else
		m->updated++;
	put->result = MIRROR_DONE;
	if (!m->mute)
		buf_add(&put->read_back, doc.at, doc.len);
	return mem_set(m, put->remote.at, json_of(&doc), err);
}

static int
cut(struct mem *m, struct err *err)
{
	m->cut = 0;
	return err_set(err, E_DEST_UNAVAILABLE, "the connection is cut");
}

int
mem_write(void *self, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err)
{
	struct mem *m = self;
	size_t i;
	int rc;

	for (i = 0; i < count; i++) {
		if (m->cut == 1 && m->cut_after == 0)
			return cut(m, err);
		if ((rc = write_one(m, &puts[i], blobs, err)) < 0)
			return rc;
		if (m->cut == 2 && m->cut_after == 0) {
			puts[i].result = MIRROR_UNKNOWN;
			return cut(m, err);
		}
		if (m->cut != 0)
			m->cut_after--;
	}
	return 0;
}
