#include "attachment.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "blob.h"
#include "patch.h"

#define HELD_MAX 2097152u		/* bytes held ahead of the store */

/* --- in, beside the store ---------------------------------------------- */

void
attachment_in_reset(struct attachment_in *in)
{
	buf_reset(&in->bytes);
	in->count = in->next = 0;
}

void
attachment_in_clear(struct attachment_in *in)
{
	buf_clear(&in->bytes);
	free(in->files);
	*in = (struct attachment_in)ATTACHMENT_IN_INIT;
}

/* Read the next part of a file behind what `bytes` holds; its length. */
static int64_t
read_part(int fd, const char *path, uint64_t at, struct buf *bytes,
    struct err *err)
{
	char *to;

	if ((to = buf_room(bytes, BLOB_PART)) == NULL)
		return err_oom(err);
	return file_pread(fd, to, BLOB_PART, at, path, err);
}

/* Hash a file; what fits into one part is then behind what `bytes` holds. */
static int
hash_file(int fd, const char *path, struct attachment_file *ret,
    struct buf *bytes, struct err *err)
{
	crypto_generichash_state state;
	int64_t n;

	ret->size = 0;
	(void)crypto_generichash_init(&state, NULL, 0, 32);
	do {
		if ((n = read_part(fd, path, ret->size, bytes, err)) < 0)
			return (int)n;
		(void)crypto_generichash_update(&state,
		    (const unsigned char *)bytes->at + bytes->len, (size_t)n);
		ret->size += (uint64_t)n;
	} while (n == BLOB_PART);
	(void)crypto_generichash_final(&state, ret->hash, 32);
	return 0;
}

static int
path_of(const char *folder, struct json_span name, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	json_unescape(&text, name);
	if (buf_check(&text, err) < 0)
		return -(int)err->code;
	if (memchr(text.at, '\0', text.len) != NULL)
		return err_set(err, E_RECORD, "an attachment's \"file\" has a "
		    "NUL in it");
	if (text.at[0] != '/' && strcmp(folder, ".") != 0) {
		buf_adds(out, folder);
		buf_addc(out, '/');
	}
	buf_add(out, text.at, text.len);
	(void)buf_str(out);
	return buf_check(out, err);
}

static int
read_file(struct attachment_in *in, struct json_span name, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(file_closep) int fd = -1;
	struct attachment_file *f = &in->files[in->count];
	uint64_t size;
	int rc;

	if ((rc = path_of(in->folder, name, &path, err)) < 0)
		return rc;
	if (path.at == NULL || (access(path.at, F_OK) != 0 &&
	    (errno == ENOENT || errno == ENOTDIR)))
		return err_set(err, E_REF, "attachment \"%s\" does not exist",
		    path.at);
	if ((fd = file_open(path.at, &size, err)) < 0)
		return fd;
	if ((rc = hash_file(fd, path.at, f, &in->bytes, err)) < 0)
		return rc;
	f->at = in->bytes.len;
	f->held = f->size < BLOB_PART && in->bytes.len < HELD_MAX;
	if (f->held)
		in->bytes.len += (size_t)f->size;
	in->count++;
	return 0;
}

int
attachment_read(struct attachment_in *in, struct json_span array,
    struct err *err)
{
	struct json_walk w = json_walk(array);
	struct json_span none, item, name;
	struct attachment_file *more;
	size_t cap;
	int rc;

	while (json_next(&w, &none, &item)) {
		if (!json_member(item, "file", &name))
			continue;
		if (in->count == in->cap) {
			cap = in->cap == 0 ? 16 : in->cap * 2;
			more = realloc(in->files, cap * sizeof *more);
			if (more == NULL)
				return err_oom(err);
			in->files = more;
			in->cap = cap;
		}
		if ((rc = read_file(in, name, err)) < 0)
			return rc;
	}
	return 0;
}

/* --- in, into the store ------------------------------------------------ */

/* Store a file of several parts, or one that was not held; it may have
 * changed since it was read. */
static int
store_parts(struct store *s, struct attachment_in *in, const char *path,
    struct attachment_file *f, struct err *err)
{
	CLEANUP(blob_in_clear) struct blob_in blob = { .id = 0 };
	CLEANUP(file_closep) int fd = -1;
	uint64_t size;
	int64_t n, id;
	int rc;

	if ((fd = file_open(path, &size, err)) < 0)
		return fd;
	if ((rc = blob_begin(s, &blob, err)) < 0)
		return rc;
	while ((n = read_part(fd, path, blob.size, &in->bytes, err)) > 0)
		if ((rc = blob_add(s, &blob, in->bytes.at + in->bytes.len,
		    (size_t)n, err)) < 0)
			return rc;
	if (n < 0)
		return (int)n;
	f->size = blob.size;
	return blob_finish(s, &blob, f->hash, &id, err);
}

static int
store_file(struct store *s, struct attachment_in *in, const char *path,
    struct attachment_file *f, struct err *err)
{
	int64_t id;
	int rc;

	if (f->held)
		return blob_put(s, f->hash, in->bytes.at + f->at,
		    (size_t)f->size, &id, err);

	/* What is known is not written again. */
	if ((rc = blob_find(s, f->hash, &id, &f->size, err)) != 0)
		return rc < 0 ? rc : 0;
	return store_parts(s, in, path, f, err);
}

/* The content of an attachment by its file, or by its blake2b alone. */
static int
find_content(struct store *s, struct attachment_in *in,
    struct json_span item, struct attachment_file *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct json_span file, hex = { "", 0 };
	unsigned char given[32] = { 0 };
	int64_t id;
	int rc, named = 0;

	if (json_member(item, "blake2b", &hex) && json_plain(hex, &hex))
		named = text_unhex(given, 32, hex.at, hex.len) == 0;
	if (json_member(item, "file", &file)) {
		*ret = in->files[in->next++];
		if ((rc = path_of(in->folder, file, &path, err)) < 0 ||
		    (rc = store_file(s, in, path.at, ret, err)) < 0)
			return rc;
		if (named && memcmp(given, ret->hash, 32) != 0)
			return err_set(err, E_HASH, "attachment \"%s\" has not "
			    "the blake2b that the line gives", path.at);
		return 0;
	}
	memcpy(ret->hash, given, 32);
	if ((rc = blob_find(s, given, &id, &ret->size, err)) < 0)
		return rc;
	if (rc > 0)
		return 0;
	(void)err_set(err, E_REF, "the store has no attachment with blake2b "
	    "%.*s", (int)hex.len, hex.at);
	return err_next(err, "give the attachment's \"file\"");
}

static int
take_one(struct store *s, struct attachment_in *in, struct json_span item,
    struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf size = BUF_INIT;
	struct attachment_file f = { .size = 0 };
	struct json_span x;
	struct patch p[3];
	uint64_t given;
	char hex[67];
	int rc;

	if ((rc = find_content(s, in, item, &f, err)) < 0)
		return rc;
	if (json_member(item, "size", &x) &&
	    (json_uint(&given, x, COUNTER_MAX) < 0 || given != f.size))
		return err_set(err, E_HASH, "an attachment has %llu bytes, the "
		    "line says %.*s", (unsigned long long)f.size,
		    x.len < 20 ? (int)x.len : 20, x.at);
	hex[0] = '"';
	text_hex(hex + 1, f.hash, 32);
	hex[65] = '"';
	buf_addf(&size, "%llu", (unsigned long long)f.size);
	if (buf_check(&size, err) < 0)
		return -(int)err->code;
	p[0] = (struct patch){ "blake2b", { hex, 66 } };
	p[1] = (struct patch){ "file", { "", 0 } };
	p[2] = (struct patch){ "size", { size.at, size.len } };
	patch_object(out, item, p, 3);
	return 0;
}

int
attachment_take(struct store *s, struct attachment_in *in,
    struct json_span fields, struct json_span array, struct buf *out,
    struct err *err)
{
	size_t before = (size_t)(array.at - fields.at), end;
	struct json_walk w = json_walk(array);
	struct json_span none, item;
	char c = '[';
	int rc;

	buf_add(out, fields.at, before);
	for (; json_next(&w, &none, &item); c = ',') {
		buf_addc(out, c);
		if ((rc = take_one(s, in, item, out, err)) < 0)
			return rc;
	}
	buf_addc(out, ']');
	end = before + array.len;
	buf_add(out, fields.at + end, fields.len - end);
	return buf_check(out, err);
}

/* --- out --------------------------------------------------------------- */

void
attachment_out_clear(struct attachment_out *a)
{
	buf_clear(&a->done);
	buf_clear(&a->bytes);
	a->folder = NULL;
}

int
attachment_out_open(struct attachment_out *a, const char *folder,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf quoted = BUF_INIT;
	struct err bad = ERR_INIT;

	/* Its name goes into the lines. */
	text_json(&quoted, folder, strlen(folder));
	if (buf_check(&quoted, err) < 0)
		return -(int)err->code;
	if (folder[0] == '\0' ||
	    json_scan(quoted.at, quoted.len, 1, &bad) < 0)
		return err_set(err, E_USAGE, "\"%s\" is no name for a folder "
		    "of attachments: expected UTF-8", folder);
	if (file_folder(folder, 0777, err) < 0)
		return -(int)err->code;
	a->folder = folder;
	return 0;
}

/* Is the blob marked as written?  Mark it. */
static int
was_done(struct attachment_out *a, int64_t blob, struct err *err)
{
	size_t byte = (size_t)(blob / 8), more;
	char bit = (char)(1 << (blob % 8)), *to;
	int done;

	if (byte >= a->done.len) {
		more = byte + 1 - a->done.len;
		if ((to = buf_room(&a->done, more)) == NULL)
			return err_oom(err);
		memset(to, 0, more);
		a->done.len += more;
	}
	done = (a->done.at[byte] & bit) != 0;
	a->done.at[byte] = (char)(a->done.at[byte] | bit);
	return done;
}

static int
copy_blob(struct store *s, struct attachment_out *a, int64_t blob, int fd,
    const char *path, struct err *err)
{
	struct blob_out in;
	int64_t n;
	char *to;
	int rc;

	buf_reset(&a->bytes);
	if ((to = buf_room(&a->bytes, BLOB_PART)) == NULL)
		return err_oom(err);
	if ((rc = blob_open(s, &in, blob, err)) < 0)
		return rc;
	while ((n = blob_read(s, &in, to, BLOB_PART, err)) > 0)
		if ((rc = file_write(fd, to, (size_t)n, path, err)) < 0)
			return rc;
	return (int)n;
}

/* A file of this name is there: it must be the one. */
static int
check_file(struct attachment_out *a, const char *path,
    const struct attachment_file *want, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	struct attachment_file have;
	uint64_t size;
	int rc;

	buf_reset(&a->bytes);
	if ((fd = file_open(path, &size, err)) < 0)
		return fd;
	if ((rc = hash_file(fd, path, &have, &a->bytes, err)) < 0)
		return rc;
	if (memcmp(have.hash, want->hash, 32) != 0)
		return err_set(err, E_USAGE, "\"%s\" exists and is not the "
		    "attachment of that name", path);
	return 0;
}

static int
write_blob(struct store *s, struct attachment_out *a, int64_t blob,
    const struct attachment_file *c, struct err *err)
{
	CLEANUP(file_part_clear) struct file_part part = FILE_PART_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	char hex[65];
	int rc;

	if ((rc = was_done(a, blob, err)) != 0)
		return rc < 0 ? rc : 0;
	text_hex(hex, c->hash, 32);
	buf_addf(&path, "%s/%s", a->folder, hex);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if (access(path.at, F_OK) == 0)
		return check_file(a, path.at, c, err);
	if ((rc = file_part_open(&part, path.at, err)) < 0 ||
	    (rc = copy_blob(s, a, blob, part.fd, path.at, err)) < 0 ||
	    (rc = file_sync(part.fd, path.at, err)) < 0)
		return rc;
	return file_part_publish(&part, err);
}

static int
give_one(struct store *s, struct attachment_out *a, struct json_span item,
    struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, file = BUF_INIT;
	struct patch p = { "file", { "", 0 } };
	struct json_span hex;
	struct attachment_file c;
	int64_t blob;
	int rc;

	/* As it is, if it names nothing that is here. */
	if (json_kind(item) != '{' || !json_member(item, "blake2b", &hex) ||
	    !json_plain(hex, &hex) ||
	    text_unhex(c.hash, 32, hex.at, hex.len) < 0 ||
	    (rc = blob_find(s, c.hash, &blob, &c.size, err)) == 0) {
		buf_add(out, item.at, item.len);
		return 0;
	}
	if (rc < 0 || (rc = write_blob(s, a, blob, &c, err)) < 0)
		return rc;
	buf_addf(&path, "%s/%.*s", a->folder, (int)hex.len, hex.at);
	text_json(&file, path.at, path.len);
	if (buf_check(&path, err) < 0 || buf_check(&file, err) < 0)
		return -(int)err->code;
	p.value = (struct json_span){ file.at, file.len };
	patch_object(out, item, &p, 1);
	return 0;
}

int
attachment_give(struct store *s, struct attachment_out *a,
    struct json_span array, struct buf *out, struct err *err)
{
	struct json_walk w = json_walk(array);
	struct json_span none, item;
	char c = '[';
	int rc;

	for (; json_next(&w, &none, &item); c = ',') {
		buf_addc(out, c);
		if ((rc = give_one(s, a, item, out, err)) < 0)
			return rc;
	}
	if (c == '[')
		buf_addc(out, '[');
	buf_addc(out, ']');
	return buf_check(out, err);
}
