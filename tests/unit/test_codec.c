#include "base/buf.h"
#include "format/codec.h"
#include "unit.h"

#define MIB 1048576u
#define GZIP_HEADER "\037\213\010\0\0\0\0\0\0\003"

static struct err e = ERR_INIT;
static struct codec_ctx *ctx;
static char sample[3 * MIB];		/* text-like, see main */

static int
unpack(enum codec codec, const struct buf *packed, size_t max,
    struct buf *out)
{
	return codec_unpack(ctx, codec, packed->at, packed->len, max, out, &e);
}

static void
pack(enum codec codec, const void *data, size_t len, struct buf *out)
{
	buf_reset(out);
	CHECK_OK(codec_pack(ctx, codec, 3, data, len, out, &e), &e);
}

/* A refusal must also leave the output as it was. */
static void
refuse(enum codec codec, const struct buf *packed, size_t max,
    enum err_code code)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	CHECK_ERR(unpack(codec, packed, max, &out), &e, code);
	CHECK_INT(out.len, 0);
}

TEST(round_trip)
{
	static const size_t sizes[] = { 0, 1, 100, 255, 256, 65791, 65792,
	    2 * MIB, 3 * MIB };
	size_t i;
	int codec;

	for (codec = CODEC_ZSTD; codec <= CODEC_GZIP; codec++)
		for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			CLEANUP(buf_clear) struct buf a = BUF_INIT;
			CLEANUP(buf_clear) struct buf b = BUF_INIT;

			buf_adds(&b, "before");
			pack((enum codec)codec, sample, sizes[i], &a);
			CHECK(a.len <= codec_bound((enum codec)codec,
			    sizes[i]));
			CHECK_OK(unpack((enum codec)codec, &a, sizes[i], &b),
			    &e);
			CHECK_INT(b.len, 6 + sizes[i]);
			CHECK(memcmp(b.at, "before", 6) == 0);
			CHECK(memcmp(b.at + 6, sample, sizes[i]) == 0);
		}
}

/* The bytes do not depend on what the context did before. */
TEST(deterministic)
{
	struct codec_ctx *other = NULL;
	int codec, level;

	for (codec = CODEC_ZSTD; codec <= CODEC_GZIP; codec++)
		for (level = 1; level <= 9; level += 4) {
			CLEANUP(buf_clear) struct buf a = BUF_INIT;
			CLEANUP(buf_clear) struct buf b = BUF_INIT;

			pack((enum codec)codec, sample + 7, MIB, &a);
			buf_reset(&a);
			CHECK_OK(codec_pack(ctx, (enum codec)codec, level,
			    sample, 300000, &a, &e), &e);
			CHECK_OK(codec_new(&other, &e), &e);
			CHECK_OK(codec_pack(other, (enum codec)codec, level,
			    sample, 300000, &b, &e), &e);
			codec_freep(&other);
			CHECK_INT(a.len, b.len);
			CHECK(memcmp(a.at, b.at, a.len) == 0);
		}
}

TEST(incompressible_fits_the_bound)
{
	static unsigned char noise[MIB];
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	unsigned long x = 12345;
	size_t i;
	int codec;

	for (i = 0; i < sizeof noise; i++)
		noise[i] = (unsigned char)((x = x * 6364136223846793005u +
		    1442695040888963407u) >> 56);
	for (codec = CODEC_ZSTD; codec <= CODEC_GZIP; codec++) {
		pack((enum codec)codec, noise, sizeof noise, &out);
		CHECK(out.len > sizeof noise);
		CHECK(out.len <= codec_bound((enum codec)codec,
		    sizeof noise));
	}
}

TEST(levels)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	CHECK_ERR(codec_pack(ctx, CODEC_ZSTD, 0, "", 0, &out, &e), &e,
	    E_USAGE);
	CHECK_ERR(codec_pack(ctx, CODEC_ZSTD, 20, "", 0, &out, &e), &e,
	    E_USAGE);
	CHECK_ERR(codec_pack(ctx, CODEC_GZIP, 0, "", 0, &out, &e), &e,
	    E_USAGE);
	CHECK_ERR(codec_pack(ctx, CODEC_GZIP, 10, "", 0, &out, &e), &e,
	    E_USAGE);
	CHECK_OK(codec_pack(ctx, CODEC_ZSTD, 19, "x", 1, &out, &e), &e);
	CHECK_OK(codec_pack(ctx, CODEC_GZIP, 9, "x", 1, &out, &e), &e);
}

/* A bound of the output buffer is a failure too, not an overflow. */
TEST(bounded_output)
{
	struct buf small = { .max = 10 };
	CLEANUP(buf_clear) struct buf a = BUF_INIT;
	int codec;

	for (codec = CODEC_ZSTD; codec <= CODEC_GZIP; codec++) {
		CHECK_ERR(codec_pack(ctx, (enum codec)codec, 3, sample, 1000,
		    &small, &e), &e, E_LIMIT);
		buf_reset(&small);
		pack((enum codec)codec, sample, 1000, &a);
		CHECK_ERR(unpack((enum codec)codec, &a, MIB, &small), &e,
		    E_LIMIT);
		buf_reset(&small);
	}
	buf_clear(&small);
}

/* Sizes that zlib cannot count; nothing is read. */
TEST(gzip_too_long)
{
	struct buf out = BUF_INIT;

	CHECK_ERR(codec_pack(ctx, CODEC_GZIP, 3, sample, (size_t)1 << 31,
	    &out, &e), &e, E_LIMIT);
	CHECK_ERR(codec_unpack(ctx, CODEC_GZIP, sample, (size_t)1 << 32, MIB,
	    &out, &e), &e, E_DECOMPRESS);
	CHECK(out.at == NULL);
}

/* Z1: an honest bomb, refused by what it states. */
TEST(states_more_than_allowed)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;
	int codec;

	for (codec = CODEC_ZSTD; codec <= CODEC_GZIP; codec++) {
		pack((enum codec)codec, sample, 1000, &a);
		refuse((enum codec)codec, &a, 999, E_LIMIT);
	}
}

/* Every byte of a gzip member, and each cut, is noticed. */
TEST(gzip_mutants)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;
	size_t i, len;

	pack(CODEC_GZIP, "hello, hello, hello", 19, &a);
	for (i = 0; i < a.len * 8; i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT;

		a.at[i / 8] = (char)(a.at[i / 8] ^ (1 << i % 8));

		/* Unused bits of the last deflate byte may be set. */
		if (unpack(CODEC_GZIP, &a, 100, &out) == 0) {
			CHECK_INT(i / 8, a.len - 9);
			CHECK(out.len == 19);
		}
		err_clear(&e);
		a.at[i / 8] = (char)(a.at[i / 8] ^ (1 << i % 8));
	}
	len = a.len;
	for (a.len = 0; a.len < len; a.len++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT;

		CHECK(unpack(CODEC_GZIP, &a, 100, &out) < 0);
		err_clear(&e);
	}
}

/* Z2, Z3, Z5: ISIZE and CRC-32 */
TEST(gzip_lies)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, out = BUF_INIT;

	pack(CODEC_GZIP, sample, 1000, &a);
	a.at[a.len - 4]--;
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);	/* holds more */
	a.at[a.len - 4] = (char)(a.at[a.len - 4] + 2);
	CHECK(unpack(CODEC_GZIP, &a, MIB, &out) < 0);
	CHECK_STR(e.text, "gzip: states 1001 bytes, holds 1000");
	CHECK_ERR(-(int)e.code, &e, E_DECOMPRESS);
	a.at[a.len - 4]--;
	a.at[a.len - 8]++;
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);	/* CRC-32 */
}

/* Z4 */
TEST(gzip_corrupt)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	buf_add(&a, GZIP_HEADER, 10);
	buf_add(&a, "\007\0\0\0\0\0\0\0\0", 9);	/* block type 3 */
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
}

/* Z6 */
TEST(gzip_after_the_end)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, two = BUF_INIT;

	pack(CODEC_GZIP, "abc", 3, &a);
	buf_add(&two, a.at, a.len);
	buf_add(&two, a.at, a.len);
	refuse(CODEC_GZIP, &two, MIB, E_DECOMPRESS);
	two.len = a.len;
	buf_addc(&two, '\0');
	refuse(CODEC_GZIP, &two, MIB, E_DECOMPRESS);

	/* A byte between the stream and a good trailer. */
	two.len = 0;
	buf_add(&two, a.at, a.len - 8);
	buf_addc(&two, '\0');
	buf_add(&two, a.at + a.len - 8, 8);
	refuse(CODEC_GZIP, &two, MIB, E_DECOMPRESS);
}

/* Z7: a zlib stream with a preset dictionary is no gzip member. */
TEST(gzip_dictionary)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	buf_add(&a, "\170\273\0\0\0\1\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
}

/* Z7: as many empty blocks as a stored member can have. */
TEST(gzip_empty_blocks)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, out = BUF_INIT;
	unsigned i;

	buf_add(&a, GZIP_HEADER, 10);
	for (i = 0; i < 900000; i++)
		buf_add(&a, "\0\0\0\377\377", 5);
	buf_add(&a, "\1\0\0\377\377\0\0\0\0\0\0\0\0", 13);
	CHECK_OK(unpack(CODEC_GZIP, &a, MIB, &out), &e);
	CHECK_INT(out.len, 0);
}

/* Z9: flags, name, extra field, time, other XFL and OS */
TEST(gzip_foreign_headers)
{
	static const struct {
		size_t at;
		char value;
	} all[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 7 }, { 3, 1 }, { 3, 2 }, { 3, 4 },
		{ 3, 8 }, { 3, 16 }, { 3, -128 }, { 4, 1 }, { 8, 2 },
		{ 8, 4 }, { 9, -1 }, { 9, 0 },
	};
	CLEANUP(buf_clear) struct buf a = BUF_INIT;
	size_t i;
	char old;

	pack(CODEC_GZIP, "abc", 3, &a);
	CHECK(memcmp(a.at, GZIP_HEADER, 10) == 0);
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		old = a.at[all[i].at];
		a.at[all[i].at] = all[i].value;
		refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
		a.at[all[i].at] = old;
	}
	a.len = 17;
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
}

/* A frame of raw blocks, with the descriptor and the fields given. */
static void
raw_frame(struct buf *out, const void *head, size_t head_len,
    const char *content)
{
	size_t n = strlen(content);
	unsigned block = (unsigned)n << 3 | 1;

	buf_reset(out);
	buf_add(out, "\050\265\057\375", 4);
	buf_add(out, head, head_len);
	buf_addc(out, (char)(block & 0xff));
	buf_addc(out, (char)(block >> 8 & 0xff));
	buf_addc(out, (char)(block >> 16 & 0xff));
	buf_adds(out, content);
}

/* The hand-made frame itself is good: only what is changed is refused. */
TEST(zstd_raw_frame)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, out = BUF_INIT;

	raw_frame(&a, "\x20\x03", 2, "abc");
	CHECK_OK(unpack(CODEC_ZSTD, &a, 3, &out), &e);
	CHECK_STR(buf_str(&out), "abc");
}

/* A run as long as a block may be, and one byte longer. */
TEST(zstd_long_run)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, out = BUF_INIT;

	buf_add(&a, "\050\265\057\375\xa0\0\0\2\0\3\0\x10x", 13);
	CHECK_OK(unpack(CODEC_ZSTD, &a, MIB, &out), &e);
	CHECK_INT(out.len, 131072);
	buf_reset(&a);
	buf_add(&a, "\050\265\057\375\xa0\1\0\2\0\x0b\0\x10x", 13);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* Z2, Z3 */
TEST(zstd_lies)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	raw_frame(&a, "\x20\x02", 2, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	raw_frame(&a, "\x20\x04", 2, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);

	/* 2^64 - 1 bytes. */
	raw_frame(&a, "\xe0\xff\xff\xff\xff\xff\xff\xff\xff", 9, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	raw_frame(&a, "\xe0\xfd\xff\xff\xff\xff\xff\xff\xff", 9, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_LIMIT);
}

TEST(zstd_size_not_stated)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	raw_frame(&a, "\x00\x00", 2, "abc");	/* window 1 KiB, no size */
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

TEST(zstd_window)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, out = BUF_INIT;

	buf_add(&a, "\050\265\057\375\x80\x68\x03\0\0\0\x19\0\0abc", 16);
	CHECK_OK(unpack(CODEC_ZSTD, &a, MIB, &out), &e);	/* 8 MiB */
	CHECK_STR(buf_str(&out), "abc");
	a.at[5] = 0x69;
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);	/* 9 MiB */
	a.at[5] = 0x70;
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);	/* 16 MiB */
	a.at[5] = (char)0xff;
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* Z7: checksum, reserved bit, unused bit, dictionary id */
TEST(zstd_descriptor)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	raw_frame(&a, "\x24\x03", 2, "abc");
	buf_add(&a, "\0\0\0\0", 4);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	raw_frame(&a, "\x28\x03", 2, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	raw_frame(&a, "\x30\x03", 2, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	raw_frame(&a, "\x21\x00\x03", 3, "abc");
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* Z6: a second frame, a skippable one before and after, a byte */
TEST(zstd_more_than_one)
{
	static const char skip[] = "\x50\x2a\x4d\x18\x01\0\0\0x";
	CLEANUP(buf_clear) struct buf one = BUF_INIT, a = BUF_INIT;

	raw_frame(&one, "\x20\x03", 2, "abc");
	buf_add(&a, one.at, one.len);
	buf_add(&a, one.at, one.len);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	a.len = one.len;
	buf_add(&a, skip, 9);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	a.len = 0;
	buf_add(&a, skip, 9);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	buf_add(&a, one.at, one.len);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	a.len = 0;
	buf_add(&a, one.at, one.len);
	buf_addc(&a, '\0');
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* A skippable frame whose length looks like a descriptor is no empty frame. */
TEST(zstd_skippable_alone)
{
	static const char skip[8 + 32] = "\x50\x2a\x4d\x18\x20";
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	buf_add(&a, skip, sizeof skip);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* Z4 and each cut */
TEST(zstd_corrupt)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;
	size_t len;

	raw_frame(&a, "\x20\x03", 2, "abc");
	a.at[6] = (char)(a.at[6] | 6);		/* block type 3 */
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	a.at[6] = (char)((a.at[6] & ~6) | 4);	/* not really compressed */
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	pack(CODEC_ZSTD, sample, 5000, &a);
	len = a.len;
	for (a.len = 0; a.len < len; a.len++)
		refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
}

/* The codecs do not read each other's frames, nor nothing. */
TEST(wrong_codec)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT;

	pack(CODEC_ZSTD, "abc", 3, &a);
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
	pack(CODEC_GZIP, "abc", 3, &a);
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	a.len = 0;
	refuse(CODEC_ZSTD, &a, MIB, E_DECOMPRESS);
	refuse(CODEC_GZIP, &a, MIB, E_DECOMPRESS);
}

int
main(void)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof sample; i++)
		sample[i] = "{\"analysis\":17}\n"[(i * i / 97 + i) % 16];
	if (codec_new(&ctx, &e) < 0)
		return 1;
	r = unit_run();
	codec_freep(&ctx);
	return r;
}
