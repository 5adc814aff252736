/* codec.h: one compressed frame, with bounds on both sides.
 *
 * zstd (RFC 8878): one frame that states its size, with checksum off (every
 * byte is hashed already), no dictionary, window at most 8 MiB.
 * gzip (RFC 1952): one member, header exactly 1f 8b 08 00 00000000 00 03: no
 * flags, no time, XFL 0 at every level, OS 3 (Unix).
 */
#ifndef SATCHEL_CODEC_H
#define SATCHEL_CODEC_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/err.h"

enum codec { CODEC_ZSTD, CODEC_GZIP };

struct codec_ctx;			/* buffers used again; one a thread */

int codec_new(struct codec_ctx **ret, struct err *err);
void codec_freep(struct codec_ctx **c);

/* Append one frame with the whole of `data`.  `level`: zstd 1..19, gzip
 * 1..9.  The same input and level give the same bytes. */
int codec_pack(struct codec_ctx *c, enum codec codec, int level,
    const void *data, size_t len, struct buf *out, struct err *err);

/* Append what the one frame holds, at most `max` bytes.  E_DECOMPRESS: not
 * one frame, bytes after it, size not stated or not true, bad checksum,
 * dictionary, foreign gzip header.  E_LIMIT: states more than `max`, found
 * before anything is inflated. */
int codec_unpack(struct codec_ctx *c, enum codec codec, const void *data,
    size_t len, size_t max, struct buf *out, struct err *err);

/* The most bytes that codec_pack can add for `len` bytes. */
size_t codec_bound(enum codec codec, size_t len);

#endif
