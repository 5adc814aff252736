#include "companion.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "../../base/text.h"

#define INLINE_MAX 1048576u		/* bytes of files in one import */
#define UPLOAD_STEP 2097152u		/* bytes of one satchel.upload */
#define UPLOAD_TURNS 8u			/* another offset was wanted */
#define MISSING_SHOWN 10u
#define MESSAGE_MAX 1000u

struct batch {
	struct senaite *s;
	struct mirror_put *puts;
	const struct mirror_blobs *blobs;
	struct buf objects;		/* "{...},{...}" */
	size_t put[MIRROR_WRITE_MAX];	/* which one each is */
	size_t from[MIRROR_WRITE_MAX];	/* where it begins */
	size_t count;
	uint64_t files;			/* bytes of files in them */
	uint64_t own;			/* in the one that is being made */
	struct buf piece;		/* of a blob */
};

static void
batch_clear(struct batch *b)
{
	buf_clear(&b->objects);
	buf_clear(&b->piece);
}

/* Refused before it was sent.  Returns 0, for "not to be sent". */
static int
refuse(struct mirror_put *p, const char *why, struct err *err)
{
	p->result = MIRROR_REFUSED;
	buf_reset(&p->reason);
	buf_adds(&p->reason, why);
	return buf_str(&p->reason) == NULL ? err_oom(err) : 0;
}

/* Files.  Functions return 1, 0 when the object is refused, or an error. */

struct file {
	unsigned char name[32];		/* BLAKE2b */
	char upload[65];		/* its name while it is on the way */
	char sha256[COMPANION_SHA_LEN + 1];
	uint64_t size;
};

/* Up to `len` bytes at `at` into b->piece, all that there should be. */
static int
read_piece(struct batch *b, struct mirror_put *p, const struct file *f,
    uint64_t at, size_t len, struct err *err)
{
	char *to;
	int64_t n;

	buf_reset(&b->piece);
	if ((to = buf_room(&b->piece, len)) == NULL)
		return err_oom(err);
	n = b->blobs->read(b->blobs->ctx, f->name, at, to, len, err);
	if (n < 0 && (err->code == E_GAP || err->code == E_REF)) {
		refuse(p, err->text, err);
		err_clear(err);		/* it has not come yet */
		return 0;
	}
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != len)
		return refuse(p, "a file is shorter than its record says",
		    err);
	b->piece.len = len;
	return 1;
}

static int
hash_file(struct batch *b, struct mirror_put *p, struct file *f,
    struct err *err)
{
	crypto_hash_sha256_state state;
	unsigned char hash[crypto_hash_sha256_BYTES];
	uint64_t at;
	size_t len;
	int rc;

	buf_reset(&b->piece);
	(void)crypto_hash_sha256_init(&state);
	for (at = 0; at < f->size; at += len) {
		len = f->size - at < UPLOAD_STEP ? (size_t)(f->size - at) :
		    UPLOAD_STEP;
		if ((rc = read_piece(b, p, f, at, len, err)) <= 0)
			return rc;
		(void)crypto_hash_sha256_update(&state,
		    (const unsigned char *)b->piece.at, len);
	}
	(void)crypto_hash_sha256_final(&state, hash);
	text_hex(f->sha256, hash, sizeof(hash));
	return 1;
}

/* Send a part, of `len` bytes of b->piece; ret_held: what the server then
 * has.  A part at another offset than that moves us there. */
static int
send_part(struct batch *b, const struct file *f, uint64_t at, size_t len,
    uint64_t *ret_held, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span size;
	int rc;

	buf_adds(&members, "\"data\":\"");
	text_base64(&members, b->piece.at, len, 1);
	buf_addf(&members, "\",\"offset\":%llu,\"upload\":\"%s\"",
	    (unsigned long long)at, f->upload);
	rc = companion_call(b->s, "satchel.upload", &members, &answer, err);
	if (rc < 0 && !companion_said(&answer, "conflict"))
		return rc;
	err_clear(err);
	if (json_member((struct json_span){ answer.at, answer.len }, "size",
	    &size) && json_uint(ret_held, size, UINT64_MAX / 2) == 0)
		return 0;
	return err_set(err, E_DEST_PROTOCOL, "satchel.upload: no size");
}

static int
drop_upload(struct batch *b, const struct file *f, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	buf_addf(&members, "\"drop\":true,\"upload\":\"%s\"", f->upload);
	return companion_call(b->s, "satchel.upload", &members, &answer, err);
}

/* What is held of it; an empty part is right at the beginning. */
static int
ask_held(struct batch *b, const struct file *f, uint64_t *ret_held,
    struct err *err)
{
	if (send_part(b, f, 0, 0, ret_held, err) < 0)
		return -(int)err->code;
	if (*ret_held <= f->size)
		return 0;
	*ret_held = 0;			/* never ours */
	return drop_upload(b, f, err);
}

static int
upload(struct batch *b, struct mirror_put *p, const struct file *f,
    struct err *err)
{
	uint64_t held = 0, next = 0;
	unsigned turns = 0;
	size_t len;
	int rc;

	if (ask_held(b, f, &held, err) < 0)
		return -(int)err->code;
	while (held < f->size) {
		len = f->size - held < UPLOAD_STEP ?
		    (size_t)(f->size - held) : UPLOAD_STEP;
		if ((rc = read_piece(b, p, f, held, len, err)) <= 0)
			return rc;
		if (send_part(b, f, held, len, &next, err) < 0)
			return -(int)err->code;
		if (next > f->size || (next != held + len &&
		    turns++ == UPLOAD_TURNS))
			return err_set(err, E_DEST_PROTOCOL, "satchel.upload: "
			    "%llu bytes held, not %llu",
			    (unsigned long long)next,
			    (unsigned long long)(held + len));
		held = next;
	}
	return 1;
}

/* The content of a hashed file with its object, or ahead of it. */
static int
add_content(struct batch *b, struct mirror_put *p, const struct file *f,
    struct buf *out, struct err *err)
{
	int rc;

	if (b->own + f->size > INLINE_MAX) {
		if ((rc = upload(b, p, f, err)) <= 0)
			return rc;
		buf_addf(out, ",\"upload\":\"%s\"", f->upload);
		return 1;
	}
	buf_adds(out, ",\"data\":\"");	/* b->piece is all of it */
	text_base64(out, b->piece.at, b->piece.len, 1);
	buf_addc(out, '"');
	b->own += f->size;
	return 1;
}

/* Is what is there this file already? */
static int
is_kept(const struct mirror_put *p, struct json_span item, struct file *f)
{
	static const size_t head = sizeof(COMPANION_TOKEN) - 1;
	struct json_span value, text;

	if (!p->exists || !json_member(item, "token", &value) ||
	    !json_plain(value, &text) ||
	    text.len != head + COMPANION_SHA_LEN ||
	    memcmp(text.at, COMPANION_TOKEN, head) != 0)
		return 0;
	memcpy(f->sha256, text.at + head, COMPANION_SHA_LEN);
	f->sha256[COMPANION_SHA_LEN] = '\0';
	return 1;
}

/* The upload has a name that the next run gives it too, so that what is held
 * of a cut one is found; and one of this object alone, for an import takes it
 * away. */
static void
name_upload(struct file *f, const char *uid, struct json_span field)
{
	crypto_generichash_state state;
	unsigned char name[32];

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(name));
	(void)crypto_generichash_update(&state, f->name, sizeof(f->name));
	(void)crypto_generichash_update(&state, (const unsigned char *)uid,
	    strlen(uid));
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)field.at, field.len);
	(void)crypto_generichash_final(&state, name, sizeof(name));
	text_hex(f->upload, name, sizeof(name));
}

static int
file_of(struct json_span item, const char *uid, struct file *f)
{
	struct json_span value, text, field;

	if (json_kind(item) != '{' ||
	    !json_member(item, "blake2b", &value) ||
	    !json_plain(value, &text) ||
	    text_unhex(f->name, sizeof(f->name), text.at, text.len) < 0 ||
	    !json_member(item, "size", &value) ||
	    json_uint(&f->size, value, UINT64_MAX / 2) < 0 ||
	    !json_member(item, "field", &field))
		return -1;
	name_upload(f, uid, field);
	return 0;
}

static int
is_one_of(struct json_span key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (key.len == strlen(*names) &&
		    memcmp(key.at, *names, key.len) == 0)
			return 1;
	return 0;
}

/* ,"key":value for each member of an object but those named. */
static void
add_members(struct buf *out, struct json_span object,
    const char *const *but)
{
	struct json_walk w = json_walk(object);
	struct json_span key, value;

	while (json_next(&w, &key, &value)) {
		if (is_one_of(key, but))
			continue;
		buf_adds(out, ",\"");
		buf_add(out, key.at, key.len);
		buf_adds(out, "\":");
		buf_add(out, value.at, value.len);
	}
}

static int
add_file(struct batch *b, struct mirror_put *p, struct json_span item,
    struct buf *out, struct err *err)
{
	static const char *const ours[] = { "blake2b", "data", "file",
	    "sha256", "token", "upload", NULL };
	struct file f = { .size = 0 };
	int rc, kept = is_kept(p, item, &f);

	if (!kept && file_of(item, p->uid, &f) < 0)
		return refuse(p, "a file without field, or whose content is "
		    "not in the store", err);
	if (!kept && (rc = hash_file(b, p, &f, err)) <= 0)
		return rc;
	buf_addf(out, "{\"sha256\":\"%s\"", f.sha256);
	if (!kept && (rc = add_content(b, p, &f, out, err)) <= 0)
		return rc;
	add_members(out, item, ours);
	buf_addc(out, '}');
	return 1;
}

static int
add_files(struct batch *b, struct mirror_put *p, struct buf *out,
    struct err *err)
{
	struct json_span array, key, item;
	struct json_walk w;
	const char *comma = "";
	int rc;

	if (!json_member(p->document, "attachments", &array) ||
	    json_kind(array) != '[')
		return 1;
	buf_adds(out, ",\"attachments\":[");
	w = json_walk(array);
	while (json_next(&w, &key, &item)) {
		buf_adds(out, comma);
		if ((rc = add_file(b, p, item, out, err)) <= 0)
			return rc;
		comma = ",";
	}
	buf_addc(out, ']');
	return 1;
}

/* Objects. */

/* Does a field refer to another object?  In canonical text a reference
 * begins so, and a string cannot: its quotes are escaped. */
static int
has_reference(struct json_span value)
{
	static const char mark[] = "\"uid\":\"";
	const char *at = value.at, *end = value.at + value.len;

	while ((at = memmem(at, (size_t)(end - at), mark,
	    sizeof(mark) - 1)) != NULL) {
		if (at[-1] == '{' || at[-1] == ',')
			return 1;
		at++;
	}
	return 0;
}

/* The second time only what refers to others. */
static void
add_field_names(struct buf *out, struct json_span document)
{
	struct json_span fields, key, value;
	struct json_walk w;
	const char *comma = "";

	buf_adds(out, ",\"fields_only\":[");
	if (json_member(document, "fields", &fields) &&
	    json_kind(fields) == '{') {
		w = json_walk(fields);
		while (json_next(&w, &key, &value)) {
			if (!has_reference(value))
				continue;
			buf_addf(out, "%s\"%.*s\"", comma, (int)key.len,
			    key.at);
			comma = ",";
		}
	}
	buf_addc(out, ']');
}

/* One put as the companion takes it: the whole document, so that what was
 * changed there meanwhile does not stay half. */
static int
add_object(struct batch *b, struct mirror_put *p, struct buf *out,
    struct err *err)
{
	static const char *const ours[] = { "attachments", "deleted", "expect",
	    "fields_only", "read_only", "settings", "uid", "update_only",
	    NULL };
	struct json_span time;
	int rc;

	buf_adds(out, "{\"uid\":");
	text_json(out, p->uid, strlen(p->uid));
	if (p->exists && p->uid[0] != '/' &&
	    companion_modified(&time, p->last))
		buf_addf(out, ",\"expect\":%.*s", (int)time.len, time.at);
	if (p->deleted) {
		buf_adds(out, ",\"deleted\":true}");
		return 1;
	}
	buf_addf(out, ",\"read_only\":%s,\"update_only\":%s",
	    p->read_only ? "true" : "false", p->update_only ? "true" : "false");
	add_members(out, p->document, ours);
	if (p->second)
		add_field_names(out, p->document);
	else if ((rc = add_files(b, p, out, err)) <= 0)
		return rc;
	buf_addc(out, '}');
	return 1;
}

/* Answers. */

/* "this; not there: U, V and 3 more". */
static void
add_missing(struct buf *out, struct json_span result)
{
	struct json_span missing, key, value, uid;
	struct json_walk w;
	unsigned n = 0;

	if (!json_member(result, "missing", &missing) ||
	    json_kind(missing) != '[')
		return;
	w = json_walk(missing);
	while (json_next(&w, &key, &value)) {
		if (!json_plain(value, &uid) || n++ >= MISSING_SHOWN)
			continue;
		buf_adds(out, n > 1 ? ", " : out->len > 0 ?
		    "; not there: " : "not there: ");
		buf_add(out, uid.at, uid.len);
	}
	if (n > MISSING_SHOWN)
		buf_addf(out, " and %u more", n - MISSING_SHOWN);
}

static int
result_of(const struct mirror_put *p, const char *said)
{
	if (strcmp(said, "created") == 0 || strcmp(said, "updated") == 0 ||
	    strcmp(said, "same") == 0)
		return MIRROR_DONE;
	if (strcmp(said, "deleted") == 0 ||
	    (strcmp(said, "absent") == 0 && p->deleted))
		return MIRROR_GONE;
	if (strcmp(said, "refused") == 0 || strcmp(said, "absent") == 0)
		return MIRROR_REFUSED;
	return MIRROR_UNKNOWN;
}

static int
take_result(struct mirror_put *p, struct json_span result, struct err *err)
{
	char said[16], message[MESSAGE_MAX], uid[MIRROR_UID_MAX + 1];
	struct json_span item;
	int is;

	senaite_text(said, sizeof(said), result, "result");
	senaite_text(uid, sizeof(uid), result, "uid");
	if ((is = result_of(p, said)) == MIRROR_UNKNOWN)
		return err_set(err, E_DEST_PROTOCOL, "satchel.import: the "
		    "result \"%s\"", said);
	if (strcmp(uid, p->uid) != 0)
		return err_set(err, E_DEST_PROTOCOL, "satchel.import: the "
		    "result of %s where that of %s should be", uid, p->uid);
	senaite_text(message, sizeof(message), result, "message");
	if (message[0] != '\0')
		buf_adds(&p->reason, message);
	else if (strcmp(said, "absent") == 0 && is == MIRROR_REFUSED)
		buf_adds(&p->reason, p->update_only ?
		    "it is not there (update-only)" : "it is not there");
	add_missing(&p->reason, result);
	if (is == MIRROR_DONE && json_member(result, "item", &item) &&
	    companion_document(&p->read_back, item) == 0)
		senaite_text(uid, sizeof(uid), item, "uid");
	buf_adds(&p->remote, uid);
	p->result = (enum mirror_result)is;
	if (buf_str(&p->reason) == NULL || buf_str(&p->remote) == NULL)
		return err_oom(err);
	return buf_check(&p->read_back, err);
}

static int
take_results(struct batch *b, size_t from, size_t to,
    const struct buf *answer, struct err *err)
{
	struct json_span object = { answer->at, answer->len };
	struct json_span array, key, result;
	struct json_walk w;
	size_t i;

	if (!json_member(object, "results", &array) ||
	    json_kind(array) != '[')
		return err_set(err, E_DEST_PROTOCOL, "satchel.import: no "
		    "results");
	w = json_walk(array);
	for (i = from; i < to; i++) {
		if (!json_next(&w, &key, &result) || json_kind(result) != '{')
			return err_set(err, E_DEST_PROTOCOL,
			    "satchel.import: %zu results of %zu", i - from,
			    to - from);
		if (take_result(&b->puts[b->put[i]], result, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
import(struct batch *b, size_t from, size_t to, struct buf *answer,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	size_t begin = b->from[from];
	size_t end = to < b->count ? b->from[to] - 1 : b->objects.len;

	buf_adds(&members,
	    "\"atomic\":false,\"counters\":true,\"objects\":[");
	buf_add(&members, b->objects.at + begin, end - begin);
	buf_adds(&members, "],\"read\":true");
	return companion_call(b->s, "satchel.import", &members, answer, err);
}

/* Send objects from..to.  If the whole request fails, for one of them that
 * the companion cannot take apart, it is found by halves. */
static int
send_objects(struct batch *b, size_t from, size_t to, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	size_t middle = from + (to - from) / 2;
	struct err cause;

	if (import(b, from, to, &answer, err) >= 0)
		return take_results(b, from, to, &answer, err);
	if ((err->code != E_DEST_PROTOCOL && err->code != E_DEST_REJECTED &&
	    err->code != E_LIMIT) || companion_said(&answer, "conflict"))
		return -(int)err->code;
	if (to - from > 1) {
		err_clear(err);
		if (send_objects(b, from, middle, err) < 0)
			return -(int)err->code;
		return send_objects(b, middle, to, err);
	}
	if (!companion_answers(b->s))
		return -(int)err->code;
	cause = *err;
	err_clear(err);
	return refuse(&b->puts[b->put[from]], cause.text, err);
}

static int
flush(struct batch *b, struct err *err)
{
	if (b->count > 0 && send_objects(b, 0, b->count, err) < 0)
		return -(int)err->code;
	buf_reset(&b->objects);
	b->count = 0;
	b->files = 0;
	return 0;
}

static int
add_put(struct batch *b, size_t i, struct err *err)
{
	CLEANUP(buf_clear) struct buf one = { .max = HTTP_BODY_MAX };
	int rc;

	b->own = 0;
	if ((rc = add_object(b, &b->puts[i], &one, err)) <= 0)
		return rc;
	if (buf_check(&one, err) < 0)
		return -(int)err->code;
	if ((b->objects.len + one.len > COMPANION_BYTES ||
	    b->files + b->own > INLINE_MAX) && flush(b, err) < 0)
		return -(int)err->code;
	if (b->count > 0)
		buf_addc(&b->objects, ',');
	b->put[b->count] = i;
	b->from[b->count++] = b->objects.len;
	b->files += b->own;
	buf_add(&b->objects, one.at, one.len);
	return buf_check(&b->objects, err);
}

int
companion_write(struct senaite *s, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err)
{
	CLEANUP(batch_clear) struct batch b = { .s = s, .puts = puts,
	    .blobs = blobs };
	size_t i;

	if (count > MIRROR_WRITE_MAX)
		return err_set(err, E_INTERNAL, "a write of %zu objects",
		    count);
	for (i = 0; i < count; i++) {
		puts[i].result = MIRROR_UNKNOWN;
		buf_reset(&puts[i].remote);
		buf_reset(&puts[i].read_back);
		buf_reset(&puts[i].reason);
	}
	for (i = 0; i < count; i++)
		if (add_put(&b, i, err) < 0)
			return -(int)err->code;
	return flush(&b, err);
}
