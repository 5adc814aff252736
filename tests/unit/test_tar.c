#include "base/buf.h"
#include "base/text.h"
#include "format/tar.h"
#include "unit.h"

static struct err e = ERR_INIT;

/* Set the checksum so that only the strange byte is strange. */
static void
fix_sum(unsigned char block[TAR_BLOCK])
{
	unsigned sum = 0, i;

	memset(block + 148, ' ', 8);
	for (i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	(void)snprintf((char *)block + 148, 8, "%06o", sum);
	block[155] = ' ';
}

static int
parse(const unsigned char block[TAR_BLOCK])
{
	char name[100];
	uint64_t size;

	return tar_parse(block, name, sizeof name, &size, &e);
}

static void
put_entry(struct buf *out, const char *name, const char *content)
{
	unsigned char header[TAR_BLOCK];
	static const char zeros[TAR_BLOCK];

	tar_header(header, name, strlen(content));
	buf_add(out, header, TAR_BLOCK);
	buf_adds(out, content);
	buf_add(out, zeros, tar_padding(strlen(content)));
}

static void
put_end(struct buf *out)
{
	static const char zeros[TAR_END];

	buf_add(out, zeros, TAR_END);
}

static int
collect(void *ctx, const char *name, const void *content, size_t size,
    struct err *err)
{
	struct buf *seen = ctx;

	if (strcmp(name, "stop") == 0)
		return err_set(err, E_USAGE, "told to stop");
	buf_addf(seen, "%s=%.*s;", name, (int)size, (const char *)content);
	return 0;
}

static int
walk(const struct buf *archive, struct buf *seen)
{
	return tar_walk(archive->at, archive->len, collect, seen, &e);
}

TEST(padding)
{
	CHECK_INT(tar_padding(0), 0);
	CHECK_INT(tar_padding(1), 511);
	CHECK_INT(tar_padding(511), 1);
	CHECK_INT(tar_padding(512), 0);
	CHECK_INT(tar_padding(8589934591u), 1);
}

TEST(header_round_trip)
{
	static const struct {
		const char *name;
		uint64_t size;
	} all[] = {
		{ "a", 0 }, { "README.txt", 1 },
		{ "000001.records.jsonl.zst.age", 4718592 },
		{ "f.000001", 8589934591u },
	};
	unsigned char block[TAR_BLOCK];
	char name[100];
	uint64_t size;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		tar_header(block, all[i].name, all[i].size);
		CHECK_INT(tar_parse(block, name, sizeof name, &size, &e), 1);
		CHECK_STR(name, all[i].name);
		CHECK(size == all[i].size);
	}
}

TEST(zero_block_is_the_end)
{
	unsigned char block[TAR_BLOCK] = { 0 };

	CHECK_INT(parse(block), 0);
	block[511] = 1;
	CHECK_ERR(parse(block), &e, E_HEADER);
}

/* C3 */
TEST(every_bit_counts)
{
	unsigned char block[TAR_BLOCK];
	unsigned bit;

	tar_header(block, "manifest.json", 1234);
	for (bit = 0; bit < TAR_BLOCK * 8; bit++) {
		block[bit / 8] ^= (unsigned char)(1u << bit % 8);
		CHECK_ERR(parse(block), &e, E_HEADER);
		block[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	CHECK_INT(parse(block), 1);
}

/* C11, C13, C19 at the first header, C20 */
TEST(other_entry_types)
{
	static const char types[] = "\0" "12345670gxLKSDMNVZAX";
	unsigned char block[TAR_BLOCK];
	size_t i;

	for (i = 0; i < sizeof types - 1; i++) {
		if (types[i] == '0')
			continue;
		tar_header(block, "x", 1 << 30);
		block[156] = (unsigned char)types[i];
		fix_sum(block);
		CHECK_ERR(parse(block), &e, E_HEADER);
	}
}

/* C14 */
TEST(other_sizes)
{
	static const char *const sizes[] = {
		"\200\0\0\0\0\0\0\0\0\0\0\001",	/* base-256 */
		"\377\377\377\377\377\377\377\377\377\377\377\377",
		"\200\0\0\0\177\377\377\377\377\377\377\377",
		"777777777777",			/* no terminator */
		"       1234 ", "00000001234\0", "-0000001234 ",
		"0x000001234 ", "00000000008 ", "1234\0\0\0\0\0\0\0\0",
	};
	unsigned char block[TAR_BLOCK];
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		tar_header(block, "x", 0);
		memcpy(block + 124, sizes[i], 12);
		fix_sum(block);
		CHECK_ERR(parse(block), &e, E_HEADER);
	}
}

/* C15: well-formed for others, checksum right, not ours. */
TEST(other_fields)
{
	static const struct {
		size_t at;
		const char *text;
	} all[] = {
		{ 100, "0000644" }, { 100, "000755 " }, { 108, "001750 " },
		{ 116, "001750 " }, { 136, "14000000000 " }, { 157, "x" },
		{ 257, "ustar  " }, { 263, "01" }, { 265, "root" },
		{ 297, "root" }, { 329, "000001 " }, { 337, "000001 " },
		{ 345, "prefix" }, { 500, "x" },
	};
	unsigned char block[TAR_BLOCK];
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		tar_header(block, "x", 7);
		memcpy(block + all[i].at, all[i].text, strlen(all[i].text));
		fix_sum(block);
		CHECK_ERR(parse(block), &e, E_HEADER);
	}

	/* The sum in another style. */
	tar_header(block, "x", 7);
	memmove(block + 149, block + 148, 6);
	block[148] = ' ';
	CHECK_ERR(parse(block), &e, E_HEADER);
}

/* C17, P1 */
TEST(other_names)
{
	static const char *const names[] = {
		"../x", "/x", "a/../../x", "a/b", "C:\\x", "C:x", "a//b", "",
		".", "..", ".x", "-x", "a..b", "x y", "x\n", "\303\251",
		"\377", "x~", "x+y", "x@y", "x*",
	};
	unsigned char block[TAR_BLOCK];
	char name[100], longest[101];
	uint64_t size;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		tar_header(block, names[i], 0);
		CHECK_ERR(parse(block), &e, E_HEADER);
	}
	tar_header(block, "manifest", 0);
	memcpy(block + 9, "evil", 4);
	fix_sum(block);
	CHECK_ERR(parse(block), &e, E_HEADER);

	/* 99 bytes are a name, 100 fill the field. */
	memset(longest, 'n', 100);
	longest[100] = '\0';
	tar_header(block, longest, 0);
	CHECK_INT(parse(block), 1);
	block[99] = 'n';
	fix_sum(block);
	CHECK_ERR(parse(block), &e, E_HEADER);

	/* The caller's room. */
	tar_header(block, "sixsix", 0);
	CHECK_ERR(tar_parse(block, name, 6, &size, &e), &e, E_HEADER);
	CHECK_INT(tar_parse(block, name, 7, &size, &e), 1);
}

TEST(walk_good)
{
	CLEANUP(buf_clear) struct buf archive = BUF_INIT, seen = BUF_INIT;

	put_end(&archive);
	CHECK_OK(walk(&archive, &seen), &e);
	CHECK_INT(seen.len, 0);

	buf_reset(&archive);
	put_entry(&archive, "a", "one");
	put_entry(&archive, "empty", "");
	put_entry(&archive, "b.000001", "two");
	put_end(&archive);
	CHECK_OK(walk(&archive, &seen), &e);
	CHECK_STR(buf_str(&seen), "a=one;empty=;b.000001=two;");
}

TEST(walk_stops_when_told)
{
	CLEANUP(buf_clear) struct buf archive = BUF_INIT, seen = BUF_INIT;

	put_entry(&archive, "stop", "");
	put_end(&archive);
	CHECK_ERR(walk(&archive, &seen), &e, E_USAGE);
}

/* C4, C5 */
TEST(walk_truncated)
{
	CLEANUP(buf_clear) struct buf archive = BUF_INIT, seen = BUF_INIT;
	size_t len;

	put_entry(&archive, "a", "one");
	put_end(&archive);
	len = archive.len;
	for (archive.len = 0; archive.len < len; archive.len++)
		CHECK_ERR(walk(&archive, &seen), &e, E_TRUNCATED);
}

/* C6, C16 */
TEST(walk_trailer)
{
	CLEANUP(buf_clear) struct buf archive = BUF_INIT, seen = BUF_INIT;
	size_t end;

	put_entry(&archive, "a", "one");
	archive.at[archive.len - 1] = 1;
	put_end(&archive);
	CHECK_ERR(walk(&archive, &seen), &e, E_HEADER);
	archive.at[archive.len - TAR_END - 1] = 0;
	archive.at[TAR_BLOCK + 3] = ' ';
	CHECK_ERR(walk(&archive, &seen), &e, E_HEADER);
	archive.at[TAR_BLOCK + 3] = 0;

	end = archive.len;
	archive.at[end - 1] = 1;
	CHECK_ERR(walk(&archive, &seen), &e, E_TRAILER);
	archive.at[end - 1] = 0;
	buf_addc(&archive, '\0');
	CHECK_ERR(walk(&archive, &seen), &e, E_TRAILER);
	archive.len = end;
	put_entry(&archive, "b", "two");
	CHECK_ERR(walk(&archive, &seen), &e, E_TRAILER);
	archive.len = end;
	CHECK_OK(walk(&archive, &seen), &e);
}

int
main(void)
{
	return unit_run();
}
