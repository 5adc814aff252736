#include "blobs.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../store/blob.h"
#include "../store/instance.h"

#define SPOOL_MAX 67108864u		/* bytes read before they are stored */
#define PIECE 262144u
#define SPOOL_NAME "the spool"

struct blobs_one {
	uint64_t at, size;		/* in the file */
	unsigned char hash[32];
	size_t uid, field, token;	/* in `names`, and their lengths */
	size_t uid_len, field_len, token_len;
};

/* --- in ---------------------------------------------------------------- */

static void
forget(struct blobs_in *b)
{
	b->count = 0;
	b->size = 0;
	buf_reset(&b->names);
}

void
blobs_in_clear(struct blobs_in *b)
{
	file_closep(&b->fd);
	free(b->all);
	buf_clear(&b->names);
	*b = (struct blobs_in)BLOBS_IN_INIT;
}

struct fetch {
	struct blobs_in *b;
	struct blobs_one *one;
	crypto_generichash_state state;
};

static int
take_piece(void *ctx, const char *at, size_t len, struct err *err)
{
	struct fetch *f = ctx;
	int rc;

	if ((rc = file_write(f->b->fd, at, len, SPOOL_NAME, err)) < 0)
		return rc;
	(void)crypto_generichash_update(&f->state, (const unsigned char *)at,
	    len);
	f->one->size += len;
	return 0;
}

static int
restart(void *ctx, struct err *err)
{
	struct fetch *f = ctx;

	if (lseek(f->b->fd, (off_t)f->one->at, SEEK_SET) < 0 ||
	    ftruncate(f->b->fd, (off_t)f->one->at) != 0)
		return err_io(err, errno, "spool");
	f->one->size = 0;
	(void)crypto_generichash_init(&f->state, NULL, 0, 32);
	return 0;
}

static size_t
add_name(struct blobs_in *b, struct json_span x)
{
	size_t at = b->names.len;

	buf_add(&b->names, x.at, x.len);
	return at;
}

/* Room for one more, with its names. */
static int
new_one(struct blobs_in *b, struct json_span uid,
    struct json_span attachment, struct err *err)
{
	struct json_span field = { "", 0 }, token = { "", 0 };
	struct blobs_one *more, *one;
	size_t cap = b->cap == 0 ? 16 : b->cap * 2;

	if (b->count == b->cap) {
		if ((more = realloc(b->all, cap * sizeof *more)) == NULL)
			return err_oom(err);
		b->all = more;
		b->cap = cap;
	}
	(void)json_member(attachment, "field", &field);
	(void)json_member(attachment, "token", &token);
	one = &b->all[b->count];
	*one = (struct blobs_one){ .at = b->size, .uid_len = uid.len,
	    .field_len = field.len, .token_len = token.len };
	one->uid = add_name(b, uid);
	one->field = add_name(b, field);
	one->token = add_name(b, token);
	return buf_check(&b->names, err);
}

static int
check_size(const struct blobs_one *one, struct json_span attachment,
    struct err *err)
{
	struct json_span x;
	uint64_t size;

	if (!json_member(attachment, "size", &x) ||
	    json_uint(&size, x, COUNTER_MAX) < 0 || size == one->size)
		return 0;
	return err_set(err, E_DEST_MISMATCH, "an attachment has %llu bytes, "
	    "its object says %llu", (unsigned long long)one->size,
	    (unsigned long long)size);
}

static int
put_now(struct run *r, struct blobs_in *b, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = run_open(r, STORE_WRITE, &s, err)) < 0 ||
	    (rc = blobs_put(s, b, err)) < 0)
		return rc;
	return store_commit(s, err);
}

int
blobs_fetch(struct run *r, struct blobs_in *b, const char *remote,
    struct json_span uid, struct json_span attachment, struct err *err)
{
	struct fetch f = { .b = b };
	int rc;

	if (b->fd < 0 && (b->fd = file_private(r->spool.at, err)) < 0) {
		b->fd = -1;
		return -(int)err->code;
	}
	if ((rc = new_one(b, uid, attachment, err)) < 0)
		return rc;
	f.one = &b->all[b->count];
	if ((rc = restart(&f, err)) < 0 ||
	    (rc = r->m->ops->blob(r->m->self, remote, attachment, take_piece,
	    restart, &f, err)) < 0 ||
	    (rc = check_size(f.one, attachment, err)) < 0)
		return rc;
	(void)crypto_generichash_final(&f.state, f.one->hash, 32);
	b->size += f.one->size;
	b->count++;
	return b->size > SPOOL_MAX ? put_now(r, b, err) : 0;
}

static int
store_content(struct store *s, const struct blobs_in *b,
    const struct blobs_one *one, struct err *err)
{
	CLEANUP(blob_in_clear) struct blob_in in = { .id = 0 };
	CLEANUP(buf_freep) char *piece = malloc(PIECE);
	unsigned char hash[32];
	uint64_t left, size;
	int64_t n, id;
	int rc;

	if (piece == NULL)
		return err_oom(err);
	if ((rc = blob_find(s, one->hash, &id, &size, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = blob_begin(s, &in, err)) < 0)
		return rc;
	for (left = one->size; left > 0; left -= (uint64_t)n) {
		n = file_pread(b->fd, piece, left < PIECE ? (size_t)left :
		    PIECE, one->at + one->size - left, SPOOL_NAME, err);
		if (n <= 0)
			return n < 0 ? (int)n : err_set(err, E_TRUNCATED,
			    "the spool is shorter than what was written");
		if ((rc = blob_add(s, &in, piece, (size_t)n, err)) < 0)
			return rc;
	}
	if ((rc = blob_finish(s, &in, hash, &id, err)) < 0)
		return rc;
	return memcmp(hash, one->hash, 32) == 0 ? 0 : err_set(err, E_HASH,
	    "the spool gives other bytes than were written");
}

int
blobs_put(struct store *s, struct blobs_in *b, struct err *err)
{
	const struct blobs_one *one;
	size_t i;
	int rc;

	for (i = 0; i < b->count; i++) {
		one = &b->all[i];
		if ((rc = store_content(s, b, one, err)) < 0 ||
		    (rc = instance_blob_put(s, b->names.at + one->uid,
		    one->uid_len, (struct json_span){ b->names.at +
		    one->field, one->field_len }, (struct json_span){
		    b->names.at + one->token, one->token_len }, one->hash,
		    one->size, err)) < 0)
			return rc;
	}
	forget(b);
	return 0;
}

/* --- out --------------------------------------------------------------- */

void
blobs_out_clear(struct blobs_out *b)
{
	file_closep(&b->fd);
	b->fd = -1;
}

static int
copy_out(struct store *s, int64_t id, int fd, struct err *err)
{
	CLEANUP(buf_freep) char *piece = malloc(PIECE);
	struct blob_out in;
	int64_t n;
	int rc;

	if (piece == NULL)
		return err_oom(err);
	if ((rc = blob_open(s, &in, id, err)) < 0)
		return rc;
	while ((n = blob_read(s, &in, piece, PIECE, err)) > 0)
		if ((rc = file_write(fd, piece, (size_t)n, SPOOL_NAME,
		    err)) < 0)
			return rc;
	return (int)n;
}

static int
turn_to(struct blobs_out *b, const unsigned char hash[32], struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	uint64_t size;
	int64_t id;
	int rc;

	blobs_out_clear(b);
	if ((rc = run_open(b->run, STORE_READ, &s, err)) < 0 ||
	    (rc = blob_find(s, hash, &id, &size, err)) < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_REF, "the store has no attachment with "
		    "this blake2b");
	if ((rc = file_private(b->run->spool.at, err)) < 0)
		return rc;
	b->fd = rc;
	if ((rc = copy_out(s, id, b->fd, err)) < 0) {
		blobs_out_clear(b);
		return rc;
	}
	memcpy(b->hash, hash, 32);
	return 0;
}

int64_t
blobs_out_read(void *blobs_out, const unsigned char hash[32], uint64_t at,
    void *to, size_t len, struct err *err)
{
	struct blobs_out *b = blobs_out;
	int rc;

	if ((b->fd < 0 || memcmp(b->hash, hash, 32) != 0) &&
	    (rc = turn_to(b, hash, err)) < 0)
		return rc;
	return file_pread(b->fd, to, len, at, SPOOL_NAME, err);
}
