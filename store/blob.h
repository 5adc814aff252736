/* blob.h: attachments by content (BLAKE2b-256), in parts, of any size.
 *
 * A blob arrives as a stream of pieces and leaves as one; nothing holds more
 * than a part (2 MiB) of it.  A blob that spans bundles is kept until it is
 * whole.
 */
#ifndef SATCHEL_BLOB_H
#define SATCHEL_BLOB_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "store.h"

#define BLOB_PART 2097152u		/* bytes of a stored part, at most */
#define BLOB_PARTS_MAX 16777215u

/* Find a whole blob: 1 with its id and size, or 0. */
int blob_find(struct store *s, const unsigned char hash[32], int64_t *ret_id,
    uint64_t *ret_size, struct err *err);

/* Append the hashes, 32 bytes each, of the attachments in F that are not whole
 * here; F of a deletion (len 0) has none.  E_RECORD as version_blobs. */
int blob_missing(struct store *s, struct json_span fields, struct buf *ret,
    struct err *err);

/* Store bytes whose hash is not known before (a load): add pieces, then
 * finish.  The same content is stored once. */
struct blob_in {
	crypto_generichash_state state;
	int64_t id;
	uint64_t size;
	uint64_t parts;
	struct buf held;		/* the part being filled */
};
int blob_begin(struct store *s, struct blob_in *in, struct err *err);
int blob_add(struct store *s, struct blob_in *in, const void *data,
    size_t len, struct err *err);
int blob_finish(struct store *s, struct blob_in *in, unsigned char ret[32],
    int64_t *ret_id, struct err *err);
void blob_in_clear(struct blob_in *in);

/* Store a whole blob that was verified already.  ret_id; no-op if known. */
int blob_put(struct store *s, const unsigned char hash[32], const void *data,
    size_t len, int64_t *ret_id, struct err *err);

/* Store part `index` of a blob named `hash`, as bundles carry them.  Part 0
 * begins it again if it is not whole; a whole blob ignores parts.  Returns 1
 * when the blob is whole with this part (its hash then is right), 0 when more
 * must come, E_GAP if parts before this one are missing.  `in` keeps the
 * running hash between calls; start it with BLOB_SPAN_INIT. */
struct blob_span {
	crypto_generichash_state state;
	unsigned char hash[32];
	int64_t id;			/* 0: none */
	uint64_t parts, size;
	int whole;
};
#define BLOB_SPAN_INIT { .id = 0 }
int blob_part(struct store *s, struct blob_span *span,
    const unsigned char hash[32], uint64_t index, const void *data,
    size_t len, struct err *err);

/* Read a whole blob piece by piece. */
struct blob_out {
	int64_t id;
	uint64_t parts, next;		/* next part to read */
	const char *at;			/* rest of the present part; borrowed */
	size_t left;
	struct sqlite3_stmt *st;
};
int blob_open(struct store *s, struct blob_out *out, int64_t id,
    struct err *err);
/* Up to `len` bytes into `to`; 0 at the end. */
int64_t blob_read(struct store *s, struct blob_out *out, void *to, size_t len,
    struct err *err);

#endif
