/* fuzz_codec.c: any bytes as a compressed member, zstd and gzip.  What comes
 * out is what was stated, never more than allowed, and is packed and unpacked
 * again as the same; what is refused leaves nothing. */
#include <endian.h>
#include <zlib.h>
#include <zstd.h>

#include "../../format/codec.h"
#include "mutate.h"

#define PLAIN_MAX 262144u

/* One frame of the form that is allowed, and of this size. */
static void
check_zstd(struct json_span plain, const uint8_t *data, size_t size)
{
	ALWAYS(ZSTD_getFrameContentSize(data, size) == plain.len);
	ALWAYS(ZSTD_findFrameCompressedSize(data, size) == size);
	ALWAYS((data[4] & 0x1f) == 0);
}

/* The header that all have; sum and size of what it holds. */
static void
check_gzip(struct json_span plain, const uint8_t *data, size_t size)
{
	uint32_t tail[2];

	memcpy(tail, data + size - sizeof tail, sizeof tail);
	ALWAYS(memcmp(data, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) == 0);
	ALWAYS(le32toh(tail[1]) == plain.len);
	ALWAYS(le32toh(tail[0]) == crc32_z(0,
	    (const unsigned char *)plain.at, plain.len));
}

static void
check_again(enum codec codec, struct json_span plain)
{
	CLEANUP(buf_clear) struct buf packed = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;

	GOOD(codec_pack(fuzz_codec(), codec, 1, plain.at, plain.len, &packed,
	    &err), &err);
	ALWAYS(packed.len <= codec_bound(codec, plain.len));
	GOOD(codec_unpack(fuzz_codec(), codec, packed.at, packed.len, plain.len,
	    &again, &err), &err);
	ALWAYS(fuzz_same(&again, plain.at, plain.len));
}

static void
check(enum codec codec, const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT, less = BUF_INIT;
	struct err err = ERR_INIT;
	struct json_span plain;
	int rc;

	buf_addc(&out, '>');
	rc = codec_unpack(fuzz_codec(), codec, data, size, PLAIN_MAX, &out,
	    &err);
	ALWAYS(out.at[0] == '>' && (rc >= 0 || out.len == 1));
	if (!fuzz_took(rc, &err, "E_DECOMPRESS E_LIMIT"))
		return;
	plain = (struct json_span){ out.at + 1, out.len - 1 };
	ALWAYS(plain.len <= PLAIN_MAX);
	(codec == CODEC_ZSTD ? check_zstd : check_gzip)(plain, data, size);
	check_again(codec, plain);
	if (plain.len == 0)
		return;
	rc = codec_unpack(fuzz_codec(), codec, data, size, plain.len - 1, &less,
	    &err);
	ALWAYS(rc == -(int)E_LIMIT && less.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(CODEC_ZSTD, data, size);
	check(CODEC_GZIP, data, size);
	return 0;
}

/* Inside of a gzip member a change is hidden by its CRC: make that fit. */
static int
fit_gzip(struct json_span in, struct buf *out)
{
	CLEANUP(buf_clear) struct buf plain = BUF_INIT;
	unsigned char *room = (unsigned char *)buf_room(&plain, PLAIN_MAX);
	z_stream z = { .next_in = NULL };
	uint32_t sum[2];

	ALWAYS(room != NULL);
	if (in.len < 18 || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return -1;
	buf_add(out, in.at, in.len - 8);
	z.next_in = (unsigned char *)out->at + 10;
	z.avail_in = (unsigned)(in.len - 18);
	z.next_out = room;
	z.avail_out = PLAIN_MAX;
	(void)inflate(&z, Z_FINISH);
	sum[0] = htole32((uint32_t)crc32_z(0, room, z.total_out));
	sum[1] = htole32((uint32_t)z.total_out);
	(void)inflateEnd(&z);
	buf_add(out, sum, sizeof sum);
	return 0;
}

/* What it holds, changed and packed again; or the frame, changed. */
static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(buf_clear) struct buf part = BUF_INIT;
	enum codec codec = in.len > 0 && *in.at == 0x1f ? CODEC_GZIP :
	    CODEC_ZSTD;
	struct err err = ERR_INIT;

	if (dice(d, 2) == 0) {
		buf_add(&part, in.at, in.len);
		mutate_bytes(&part);
		if (codec == CODEC_GZIP)
			return fit_gzip(json_of(&part), out);
		buf_add(out, part.at, part.len);
		return 0;
	}
	if (codec_unpack(fuzz_codec(), codec, in.at, in.len, PLAIN_MAX, &part,
	    &err) < 0)
		return -1;
	mutate_bytes(&part);
	return codec_pack(fuzz_codec(), dice(d, 16) == 0 ? CODEC_GZIP : codec,
	    1 + (int)dice(d, 9), part.at, part.len, out, &err);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
