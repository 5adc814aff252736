#define ZLIB_CONST
#include "codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ZSTD_LEVEL_MAX 19
#define ZSTD_WINDOW_MAX (8u << 20)

#define ZSTD_BLOCK_MAX 131072u		/* RFC 8878, 3.1.1.2.4 */

#define GZIP_HEADER 10u			/* RFC 1952, 2.3 */
#define GZIP_TRAILER 8u
#define GZIP_BOUND 64u			/* both, and zlib's slack */

static const unsigned char gzip_header[GZIP_HEADER] = {
	0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3
};

struct codec_ctx {
	ZSTD_CCtx *zc;
	ZSTD_DCtx *zd;
	z_stream deflate;
	z_stream inflate;
	int deflate_level;		/* 0: not initialised */
	int inflate_ready;
};

int
codec_new(struct codec_ctx **ret, struct err *err)
{
	CLEANUP(codec_freep) struct codec_ctx *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_oom(err);
	if ((c->zc = ZSTD_createCCtx()) == NULL ||
	    (c->zd = ZSTD_createDCtx()) == NULL)
		return err_oom(err);
	*ret = c;
	c = NULL;
	return 0;
}

void
codec_freep(struct codec_ctx **c)
{
	if (*c == NULL)
		return;
	(void)ZSTD_freeCCtx((*c)->zc);
	(void)ZSTD_freeDCtx((*c)->zd);
	if ((*c)->deflate_level != 0)
		(void)deflateEnd(&(*c)->deflate);
	if ((*c)->inflate_ready)
		(void)inflateEnd(&(*c)->inflate);
	free(*c);
	*c = NULL;
}

size_t
codec_bound(enum codec codec, size_t len)
{
	if (codec == CODEC_ZSTD)
		return ZSTD_compressBound(len);
	return (size_t)compressBound(len) + GZIP_BOUND;
}

static void
put_le32(unsigned char *to, uint32_t n)
{
	to[0] = (unsigned char)n;
	to[1] = (unsigned char)(n >> 8);
	to[2] = (unsigned char)(n >> 16);
	to[3] = (unsigned char)(n >> 24);
}

static uint32_t
get_le32(const unsigned char *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 |
	    (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Every parameter that the bytes depend on, stated each time. */
static int
pack_zstd(struct codec_ctx *c, int level, const void *data, size_t len,
    struct buf *out, struct err *err)
{
	static const struct {
		ZSTD_cParameter name;
		int value;
	} fixed[] = {
		{ ZSTD_c_contentSizeFlag, 1 },
		{ ZSTD_c_checksumFlag, 0 },
		{ ZSTD_c_dictIDFlag, 0 },
	};
	size_t bound = ZSTD_compressBound(len), i, n;
	char *to = buf_room(out, bound);

	if (to == NULL)
		return buf_check(out, err);
	n = ZSTD_CCtx_reset(c->zc, ZSTD_reset_session_and_parameters);
	if (!ZSTD_isError(n))
		n = ZSTD_CCtx_setParameter(c->zc, ZSTD_c_compressionLevel,
		    level);
	for (i = 0; i < sizeof fixed / sizeof *fixed && !ZSTD_isError(n); i++)
		n = ZSTD_CCtx_setParameter(c->zc, fixed[i].name,
		    fixed[i].value);
	if (!ZSTD_isError(n))
		n = ZSTD_compress2(c->zc, to, bound, data, len);
	if (ZSTD_isError(n))
		return err_set(err, E_INTERNAL, "zstd: %s",
		    ZSTD_getErrorName(n));
	out->len += n;
	return 0;
}

/* Have a raw deflate stream of this level, as new. */
static int
ready_deflate(struct codec_ctx *c, int level, struct err *err)
{
	if (c->deflate_level == level)
		return deflateReset(&c->deflate) == Z_OK ? 0 :
		    err_set(err, E_INTERNAL, "zlib: cannot reset");
	if (c->deflate_level != 0)
		(void)deflateEnd(&c->deflate);
	c->deflate_level = 0;
	memset(&c->deflate, 0, sizeof c->deflate);
	if (deflateInit2(&c->deflate, level, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_oom(err);
	c->deflate_level = level;
	return 0;
}

static int
pack_gzip(struct codec_ctx *c, int level, const void *data, size_t len,
    struct buf *out, struct err *err)
{
	size_t bound = codec_bound(CODEC_GZIP, len);
	unsigned char *to, *end;
	int r;

	if (len > UINT32_MAX / 2)
		return err_set(err, E_LIMIT, "gzip: %zu bytes in one member",
		    len);
	if ((to = (unsigned char *)buf_room(out, bound)) == NULL)
		return buf_check(out, err);
	if ((r = ready_deflate(c, level, err)) < 0)
		return r;

	c->deflate.next_in = data;
	c->deflate.avail_in = (uInt)len;
	c->deflate.next_out = to + GZIP_HEADER;
	c->deflate.avail_out = (uInt)(bound - GZIP_HEADER - GZIP_TRAILER);
	if (deflate(&c->deflate, Z_FINISH) != Z_STREAM_END)
		return err_set(err, E_INTERNAL, "zlib: %zu bytes do not fit "
		    "in %zu", len, bound);

	memcpy(to, gzip_header, GZIP_HEADER);
	end = c->deflate.next_out;
	put_le32(end, (uint32_t)crc32_z(0, data, len));
	put_le32(end + 4, (uint32_t)len);
	out->len += (size_t)(end - to) + GZIP_TRAILER;
	return 0;
}

int
codec_pack(struct codec_ctx *c, enum codec codec, int level,
    const void *data, size_t len, struct buf *out, struct err *err)
{
	int most = codec == CODEC_ZSTD ? ZSTD_LEVEL_MAX : Z_BEST_COMPRESSION;

	if (level < 1 || level > most)
		return err_set(err, E_USAGE, "compression level %d: expected "
		    "1 to %d", level, most);
	return codec == CODEC_ZSTD ?
	    pack_zstd(c, level, data, len, out, err) :
	    pack_gzip(c, level, data, len, out, err);
}

/* RFC 8878, 3.1.1.1: what the descriptor and the window byte may say.  The
 * one-pass decoder has no window of its own, so this is the only bound. */
static int
check_zstd_header(const unsigned char *p, size_t len, struct err *err)
{
	unsigned log;
	uint64_t window;

	if (len < 6 || get_le32(p) != ZSTD_MAGICNUMBER)
		return err_set(err, E_DECOMPRESS, "not a zstd frame");
	if (p[4] & 0x03)
		return err_set(err, E_DECOMPRESS, "zstd frame wants a "
		    "dictionary");
	if (p[4] & 0x1c)
		return err_set(err, E_DECOMPRESS, "zstd frame with a checksum "
		    "or a reserved bit (descriptor %02x)", p[4]);
	if (p[4] & 0x20)
		return 0;
	log = 10 + (p[5] >> 3);
	window = ((uint64_t)1 << log) + ((uint64_t)1 << (log - 3)) *
	    (p[5] & 7);
	if (window > ZSTD_WINDOW_MAX)
		return err_set(err, E_DECOMPRESS, "zstd frame wants a window "
		    "of %llu bytes; at most %u", (unsigned long long)window,
		    ZSTD_WINDOW_MAX);
	return 0;
}

/* The one-pass decoder takes runs longer than a block may be, which stock zstd
 * does not.  The frame is whole: all of it was walked once. */
static int
check_zstd_blocks(const unsigned char *p, size_t len, struct err *err)
{
	static const size_t size_bytes[] = { 0, 2, 4, 8 };
	int single = p[4] >> 5 & 1;
	size_t at = 6 + size_bytes[p[4] >> 6] - (size_t)(single &&
	    p[4] >> 6 != 0);
	uint32_t block = 0, n;

	for (; !(block & 1) && len - at >= 3; at += 3 + n) {
		block = (uint32_t)p[at] | (uint32_t)p[at + 1] << 8 |
		    (uint32_t)p[at + 2] << 16;
		n = block >> 3;
		if (n > ZSTD_BLOCK_MAX)
			return err_set(err, E_DECOMPRESS, "zstd block of %u "
			    "bytes; at most %u", n, ZSTD_BLOCK_MAX);
		if ((block >> 1 & 3) == 1)
			n = 1;		/* a run: one byte is stored */
	}
	return 0;
}

static int
unpack_zstd(struct codec_ctx *c, const void *data, size_t len, size_t max,
    struct buf *out, struct err *err)
{
	unsigned long long size;
	size_t n;
	char *to;
	int r;

	if ((r = check_zstd_header(data, len, err)) < 0)
		return r;
	size = ZSTD_getFrameContentSize(data, len);
	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
		return err_set(err, E_DECOMPRESS, "zstd frame does not state "
		    "its size");
	if (size > max)
		return err_set(err, E_LIMIT, "zstd frame states %llu bytes; "
		    "at most %zu", size, max);

	/* One frame and nothing after it, before any of it is inflated. */
	n = ZSTD_findFrameCompressedSize(data, len);
	if (ZSTD_isError(n))
		return err_set(err, E_DECOMPRESS, "zstd: %s",
		    ZSTD_getErrorName(n));
	if (n != len)
		return err_set(err, E_DECOMPRESS, "%zu bytes after the zstd "
		    "frame", len - n);
	if ((r = check_zstd_blocks(data, len, err)) < 0)
		return r;

	if ((to = buf_room(out, (size_t)size)) == NULL)
		return buf_check(out, err);
	n = ZSTD_decompressDCtx(c->zd, to, (size_t)size, data, len);
	if (ZSTD_isError(n))
		return err_set(err, E_DECOMPRESS, "zstd: %s",
		    ZSTD_getErrorName(n));
	if (n != size)
		return err_set(err, E_DECOMPRESS, "zstd frame states %llu "
		    "bytes, holds %zu", size, n);
	out->len += n;
	return 0;
}

/* Have a raw inflate stream, as new. */
static int
ready_inflate(struct codec_ctx *c, struct err *err)
{
	if (c->inflate_ready)
		return inflateReset(&c->inflate) == Z_OK ? 0 :
		    err_set(err, E_INTERNAL, "zlib: cannot reset");
	memset(&c->inflate, 0, sizeof c->inflate);
	if (inflateInit2(&c->inflate, -MAX_WBITS) != Z_OK)
		return err_oom(err);
	c->inflate_ready = 1;
	return 0;
}

/* Inflate into exactly `size` bytes, from exactly `len`. */
static int
inflate_exactly(struct codec_ctx *c, const unsigned char *data, size_t len,
    void *to, size_t size, struct err *err)
{
	z_stream *z = &c->inflate;
	int r;

	if ((r = ready_inflate(c, err)) < 0)
		return r;
	z->next_in = data;
	z->avail_in = (uInt)len;
	z->next_out = to;
	z->avail_out = (uInt)size;
	r = inflate(z, Z_FINISH);
	if (r != Z_STREAM_END)
		return err_set(err, E_DECOMPRESS, "gzip: %s",
		    r == Z_DATA_ERROR && z->msg != NULL ? z->msg :
		    z->avail_out == 0 ? "holds more than it states" :
		    "deflate stream is cut off");
	if (z->avail_in != 0)
		return err_set(err, E_DECOMPRESS, "gzip: %u bytes after the "
		    "deflate stream", z->avail_in);
	if (z->avail_out != 0)
		return err_set(err, E_DECOMPRESS, "gzip: states %zu bytes, "
		    "holds %zu", size, size - z->avail_out);
	return 0;
}

static int
unpack_gzip(struct codec_ctx *c, const void *data, size_t len, size_t max,
    struct buf *out, struct err *err)
{
	const unsigned char *p = data, *trailer;
	uint32_t crc;
	size_t size;
	char *to;
	int r;

	if (len < GZIP_HEADER + GZIP_TRAILER || len > UINT32_MAX ||
	    memcmp(p, gzip_header, GZIP_HEADER) != 0)
		return err_set(err, E_DECOMPRESS, "not a gzip member with the "
		    "fixed header");
	trailer = p + len - GZIP_TRAILER;
	size = get_le32(trailer + 4);
	if (size > max)
		return err_set(err, E_LIMIT, "gzip member states %zu bytes; "
		    "at most %zu", size, max);

	if ((to = buf_room(out, size)) == NULL)
		return buf_check(out, err);
	if ((r = inflate_exactly(c, p + GZIP_HEADER,
	    len - GZIP_HEADER - GZIP_TRAILER, to, size, err)) < 0)
		return r;
	crc = (uint32_t)crc32_z(0, (const unsigned char *)to, size);
	if (crc != get_le32(trailer))
		return err_set(err, E_DECOMPRESS, "gzip: CRC-32 is %08x, the "
		    "trailer states %08x", crc, get_le32(trailer));
	out->len += size;
	return 0;
}

int
codec_unpack(struct codec_ctx *c, enum codec codec, const void *data,
    size_t len, size_t max, struct buf *out, struct err *err)
{
	return codec == CODEC_ZSTD ?
	    unpack_zstd(c, data, len, max, out, err) :
	    unpack_gzip(c, data, len, max, out, err);
}
