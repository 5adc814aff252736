#include "companion.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "../../base/text.h"

#define BLOB_STEP 4194304u		/* bytes of one satchel.blob */

/* Documents. */

struct member {				/* to be set in an object */
	const char *key;
	struct json_span value;		/* len 0: taken out */
};

static void
put_member(struct buf *out, size_t begin, struct json_span key,
    struct json_span value)
{
	if (value.len == 0)
		return;
	if (out->len > begin)
		buf_addc(out, ',');
	buf_addc(out, '"');
	buf_add(out, key.at, key.len);
	buf_adds(out, "\":");
	buf_add(out, value.at, value.len);
}

/* Copy an object with `count` members set; their keys ascend. */
static void
copy_object(struct buf *out, struct json_span object,
    const struct member *set, size_t count)
{
	struct json_walk w = json_walk(object);
	struct json_span key, value, own;
	size_t begin, i = 0;
	int cmp, more;

	buf_addc(out, '{');
	begin = out->len;
	do {
		more = json_next(&w, &key, &value);
		for (cmp = 1; i < count; i++) {
			own = (struct json_span){ set[i].key,
			    strlen(set[i].key) };
			cmp = more ? json_key_cmp(own, key) : -1;
			if (cmp > 0)
				break;
			put_member(out, begin, own, set[i].value);
			if (cmp == 0)
				break;
		}
		if (more && cmp != 0)
			put_member(out, begin, key, value);
		if (more && cmp == 0)
			i++;
	} while (more);
	buf_addc(out, '}');
}

static int
copy_attachment(struct buf *out, struct json_span item)
{
	char token[sizeof(COMPANION_TOKEN) + COMPANION_SHA_LEN + 2];
	unsigned char hash[crypto_hash_sha256_BYTES];
	struct member set[] = { { "sha256", { NULL, 0 } },
	    { "token", { token, 0 } } };
	struct json_span value, hex;

	if (json_kind(item) != '{' || !json_member(item, "sha256", &value) ||
	    !json_plain(value, &hex) ||
	    text_unhex(hash, sizeof(hash), hex.at, hex.len) < 0)
		return -1;
	(void)snprintf(token, sizeof(token), "\"" COMPANION_TOKEN "%.*s\"",
	    (int)hex.len, hex.at);
	set[1].value.len = strlen(token);
	copy_object(out, item, set, 2);
	return 0;
}

static int
copy_attachments(struct buf *out, struct json_span array)
{
	struct json_walk w = json_walk(array);
	struct json_span key, item;

	if (json_kind(array) != '[')
		return -1;
	buf_addc(out, '[');
	while (json_next(&w, &key, &item)) {
		if (out->len > 1)
			buf_addc(out, ',');
		if (copy_attachment(out, item) < 0)
			return -1;
	}
	buf_addc(out, ']');
	return 0;
}

/* Site objects that are nothing but settings. */
static int
is_settings(struct json_span item)
{
	static const char *const types[] = { "BikaSetup", "Laboratory",
	    "SenaiteSetup", "Setup" };
	struct json_span site;
	char type[32];
	size_t i;

	if (!json_member(item, "site", &site) || json_kind(site) != 't')
		return 0;
	senaite_text(type, sizeof(type), item, "type");
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return 1;
	return 0;
}

/* The text of a member that every document has. */
static int
name_of(struct json_span item, const char *key, struct json_span *ret)
{
	struct json_span value;

	return json_kind(item) == '{' && json_member(item, key, &value) &&
	    json_plain(value, ret) && ret->len > 0 &&
	    ret->len <= MIRROR_UID_MAX;
}

int
companion_document(struct buf *out, struct json_span item)
{
	CLEANUP(buf_clear) struct buf files = BUF_INIT;
	struct member set[] = { { "attachments", { NULL, 0 } },
	    { "settings", { "true", 0 } } };
	struct json_span name, value;

	if (!name_of(item, "uid", &name) || !name_of(item, "type", &name))
		return -1;
	if (json_member(item, "attachments", &value) &&
	    copy_attachments(&files, value) < 0)
		return -1;
	if (files.failed) {
		out->failed = files.failed;
		return 0;
	}
	set[0].value = (struct json_span){ files.at, files.len };
	set[1].value.len = is_settings(item) ? 4 : 0;
	copy_object(out, item, set, 2);
	return 0;
}

int
companion_modified(struct json_span *ret, struct json_span document)
{
	struct json_span site;

	if (document.len == 0 || (json_member(document, "site", &site) &&
	    json_kind(site) == 't'))
		return 0;
	return json_member(document, "modified", ret) &&
	    json_kind(*ret) == '"';
}

/* Reading. */

struct reading {
	struct senaite *s;
	const char *const *uids;
	size_t count, left;		/* left: not answered yet */
	unsigned char seen[MIRROR_READ_MAX];
	const struct mirror_sink *sink;
	struct buf document;
};

static void
reading_clear(struct reading *r)
{
	buf_clear(&r->document);
}

/* Which of the UIDs asked for is it?  Once each.  -1: none. */
static int
mark(struct reading *r, struct json_span uid)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (r->seen[i] || strlen(r->uids[i]) != uid.len ||
		    memcmp(r->uids[i], uid.at, uid.len) != 0)
			continue;
		r->seen[i] = 1;
		r->left--;
		return (int)i;
	}
	return -1;
}

static int
unasked(struct err *err)
{
	return err_set(err, E_DEST_PROTOCOL, "satchel.read: an object that "
	    "was not asked for, or one twice");
}

/* An item, or one of "failed": it was asked for by UID, or by path. */
static int
mark_object(struct reading *r, struct json_span object)
{
	struct json_span name;
	int i = -1;

	if (name_of(object, "uid", &name))
		i = mark(r, name);
	if (i < 0 && name_of(object, "path", &name))
		i = mark(r, name);
	return i;
}

static int
take_item(struct reading *r, struct json_span item, struct err *err)
{
	char type[64];
	int i = mark_object(r, item);

	if (i < 0)
		return unasked(err);
	buf_reset(&r->document);
	if (companion_document(&r->document, item) < 0) {
		senaite_text(type, sizeof(type), item, "type");
		return r->sink->failed(r->sink->ctx, r->uids[i], type,
		    "the companion gives no type, or no hash of a file", err);
	}
	if (buf_check(&r->document, err) < 0)
		return -(int)err->code;
	return r->sink->item(r->sink->ctx, (struct json_span){
	    r->document.at, r->document.len }, err);
}

static int
take_failed(struct reading *r, struct json_span object, struct err *err)
{
	char type[64], reason[512];
	int i = mark_object(r, object);

	if (i < 0)
		return unasked(err);
	senaite_text(type, sizeof(type), object, "type");
	senaite_text(reason, sizeof(reason), object, "error");
	return r->sink->failed(r->sink->ctx, r->uids[i], type,
	    reason[0] != '\0' ? reason : "no reason given", err);
}

static int
take_absent(struct reading *r, struct json_span value, struct err *err)
{
	struct json_span uid;
	int i = -1;

	if (json_plain(value, &uid))
		i = mark(r, uid);
	if (i < 0)
		return unasked(err);
	return r->sink->absent(r->sink->ctx, r->uids[i], err);
}

static int
take_array(struct reading *r, struct json_span answer, const char *key,
    int (*take)(struct reading *r, struct json_span item, struct err *err),
    struct err *err)
{
	struct json_span array, none, item;
	struct json_walk w;
	int rc;

	if (!json_member(answer, key, &array) || json_kind(array) != '[')
		return err_set(err, E_DEST_PROTOCOL, "satchel.read: no %s",
		    key);
	w = json_walk(array);
	while (json_next(&w, &none, &item))
		if ((rc = take(r, item, err)) < 0)
			return rc;
	return 0;
}

/* Ask for the first `most` that are left; `ret_first`: the first of them. */
static int
ask(struct reading *r, size_t most, struct buf *answer, size_t *ret_first,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	size_t i, n = 0;

	buf_addf(&members, "\"bytes\":%u,\"uids\":[", COMPANION_BYTES);
	for (i = 0; i < r->count && n < most; i++) {
		if (r->seen[i])
			continue;
		if (n++ == 0)
			*ret_first = i;
		else
			buf_addc(&members, ',');
		text_json(&members, r->uids[i], strlen(r->uids[i]));
	}
	buf_addc(&members, ']');
	return companion_call(r->s, "satchel.read", &members, answer, err);
}

/* One object was asked for, and there was no answer (too big, no JSON): if
 * the companion answers otherwise, it is for that object. */
static int
blame(struct reading *r, size_t i, struct err *err)
{
	struct err cause = *err;

	if (!companion_answers(r->s))
		return -(int)err->code;
	err_clear(err);
	r->seen[i] = 1;
	r->left--;
	return r->sink->failed(r->sink->ctx, r->uids[i], "", cause.text, err);
}

static int
take_answer(struct reading *r, const struct buf *answer, struct err *err)
{
	struct json_span object = { answer->at, answer->len };
	size_t before = r->left;
	int rc;

	if ((rc = take_array(r, object, "items", take_item, err)) < 0 ||
	    (rc = take_array(r, object, "failed", take_failed, err)) < 0 ||
	    (rc = take_array(r, object, "absent", take_absent, err)) < 0)
		return rc;
	return r->left < before ? 0 : err_set(err, E_DEST_PROTOCOL,
	    "satchel.read: nothing of what was asked for");
}

int
companion_read(struct senaite *s, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err)
{
	CLEANUP(reading_clear) struct reading r = { .s = s, .uids = uids,
	    .count = count, .left = count, .sink = sink };
	size_t most = count, first = 0;
	int rc;

	if (count > MIRROR_READ_MAX)
		return err_set(err, E_INTERNAL, "a read of %zu objects",
		    count);
	while (r.left > 0) {
		CLEANUP(buf_clear) struct buf answer = BUF_INIT;

		rc = ask(&r, most, &answer, &first, err);
		if (rc >= 0) {
			rc = take_answer(&r, &answer, err);
			most = most * 2 < count ? most * 2 : count;
		} else if (err->code == E_DEST_PROTOCOL && most > 1) {
			err_clear(err);	/* one of them spoils it */
			most = (most + 1) / 2;
			rc = 0;
		} else if (err->code == E_DEST_PROTOCOL) {
			rc = blame(&r, first, err);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
companion_is_gone(struct senaite *s, const char *uid, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span absent, key, value, name;
	struct json_walk w;

	buf_adds(&members, "\"bytes\":1,\"uids\":[");
	text_json(&members, uid, strlen(uid));
	buf_addc(&members, ']');
	if (companion_call(s, "satchel.read", &members, &answer, err) < 0)
		return -(int)err->code;
	if (!json_member((struct json_span){ answer.at, answer.len },
	    "absent", &absent) || json_kind(absent) != '[')
		return err_set(err, E_DEST_PROTOCOL, "satchel.read: no "
		    "absent");
	w = json_walk(absent);
	return json_next(&w, &key, &value) && json_plain(value, &name) &&
	    name.len == strlen(uid) && memcmp(name.at, uid, name.len) == 0;
}

/* Content of attachments. */

struct fetch {
	struct json_span uid, field, hex;	/* hex: of the token */
	uint64_t at, size;		/* size: as the first part says */
	crypto_hash_sha256_state state;
	struct buf bytes;
};

static void
fetch_clear(struct fetch *f)
{
	buf_clear(&f->bytes);
}

/* What was noticed is not what is there: the next reading sees it. */
static int
moved(const struct fetch *f, const char *how, struct err *err)
{
	return err_set(err, E_DEST_MISMATCH, "%.*s, field %.*s: %s",
	    (int)f->uid.len, f->uid.at, (int)f->field.len, f->field.at, how);
}

static int
ask_part(struct senaite *s, const struct fetch *f, struct buf *answer,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;

	buf_addf(&members, "\"field\":%.*s,\"length\":%u,\"offset\":%llu,"
	    "\"uid\":", (int)f->field.len, f->field.at, BLOB_STEP,
	    (unsigned long long)f->at);
	text_json(&members, f->uid.at, f->uid.len);
	if (companion_call(s, "satchel.blob", &members, answer, err) >= 0)
		return 0;
	if (answer->len == 0 || companion_said(answer, "forbidden"))
		return -(int)err->code;
	err_clear(err);
	return moved(f, "the file is not there any more", err);
}

static int
take_part(struct fetch *f, const struct buf *answer, struct err *err)
{
	struct json_span object = { answer->at, answer->len };
	struct json_span size, hash, data, hex, text;
	uint64_t n, want;

	if (!json_member(object, "size", &size) ||
	    json_uint(&n, size, UINT64_MAX / 2) < 0 ||
	    !json_member(object, "sha256", &hash) || !json_plain(hash, &hex) ||
	    !json_member(object, "data", &data) || !json_plain(data, &text))
		return err_set(err, E_DEST_PROTOCOL, "satchel.blob: no part");
	if (!json_same(hex, f->hex) || (f->at > 0 && n != f->size))
		return moved(f, "the file is another one now", err);
	f->size = n;
	want = n - f->at < BLOB_STEP ? n - f->at : BLOB_STEP;
	buf_reset(&f->bytes);
	if (text_unbase64(&f->bytes, text.at, text.len, 1) < 0 ||
	    f->bytes.len != want)
		return err_set(err, E_DEST_PROTOCOL, "satchel.blob: a part "
		    "of %zu bytes, not %llu", f->bytes.len,
		    (unsigned long long)want);
	if (want > 0)
		(void)crypto_hash_sha256_update(&f->state,
		    (const unsigned char *)f->bytes.at, want);
	f->at += want;
	return 0;
}

static int
check_hash(struct fetch *f, struct err *err)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * crypto_hash_sha256_BYTES + 1];

	(void)crypto_hash_sha256_final(&f->state, hash);
	text_hex(hex, hash, sizeof(hash));
	return json_same(f->hex, (struct json_span){ hex, strlen(hex) }) ? 0 :
	    moved(f, "the bytes that came have another hash", err);
}

static int
fetch_begin(struct fetch *f, const char *uid, struct json_span attachment,
    struct err *err)
{
	static const size_t head = sizeof(COMPANION_TOKEN) - 1;
	struct json_span token;

	f->uid = (struct json_span){ uid, strlen(uid) };
	if (!json_member(attachment, "field", &f->field) ||
	    json_kind(f->field) != '"' ||
	    !json_member(attachment, "token", &token) ||
	    !json_plain(token, &f->hex) || f->hex.len <= head ||
	    memcmp(f->hex.at, COMPANION_TOKEN, head) != 0)
		return err_set(err, E_DEST_MISMATCH, "%s: an attachment that "
		    "was not read by the companion", uid);
	f->hex.at += head;
	f->hex.len -= head;
	(void)crypto_hash_sha256_init(&f->state);
	return 0;
}

int
companion_blob(struct senaite *s, const char *uid,
    struct json_span attachment, int (*sink)(void *ctx, const char *at,
    size_t len, struct err *err), int (*restart)(void *ctx,
    struct err *err), void *ctx, struct err *err)
{
	CLEANUP(fetch_clear) struct fetch f = { .at = 0 };
	int rc;

	(void)restart;			/* a part is given once, when whole */
	if (fetch_begin(&f, uid, attachment, err) < 0)
		return -(int)err->code;
	do {
		CLEANUP(buf_clear) struct buf answer = BUF_INIT;

		if (ask_part(s, &f, &answer, err) < 0 ||
		    take_part(&f, &answer, err) < 0)
			return -(int)err->code;
		if (f.bytes.len > 0 &&
		    (rc = sink(ctx, f.bytes.at, f.bytes.len, err)) < 0)
			return rc;
	} while (f.at < f.size);
	return check_hash(&f, err);
}
