/* What is no bundle, or not quite one; signed where that makes it worse. */
#include "container.h"

/* A medium that fails is no short file. */
TEST(read_error)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	unsigned char id[32];
	size_t len;

	write_sample(&file, id);
	for (len = 0; len <= file.len; len += 64) {
		struct source s = { file.at, len, 0, 1 };
		struct reader_in in = { read_source, &s };

		CHECK_ERR(reader_walk(&r, &in, &e), &e, E_MEDIA_GONE);
	}
}

/* C2, C18 */
TEST(foreign_files)
{
	static const struct {
		size_t at;
		const char *bytes, *says;
	} all[] = {
		{ 0, "", "zero bytes" },
		{ 0, "PK\003\004", "zip" }, { 0, "\037\213", "gzip" },
		{ 0, "\050\265\057\375", "zstd" }, { 0, "\375""7zXZ", "xz" },
		{ 0, "BZh9", "bzip2" }, { 0, "7z\274\257\047\034", "7z" },
		{ 0, "Rar!\032\007", "rar" }, { 0, "xar!", "xar" },
		{ 0, "070701", "cpio" }, { 0, "#mtree", "mtree" },
		{ 0, "age-encryption.org/v1\n", "age" },
		{ 0, "untrusted comment: x\n", "minisign" },
		{ 257, "ustar", "tar archive of something else" },
		{ 1, "CD001", "other bytes" },
		{ 0, "<!DOCTYPE html>", "other bytes" },
	};
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	char block[1024];
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		memset(block, 0, sizeof block);
		memcpy(block + all[i].at, all[i].bytes, strlen(all[i].bytes));
		CHECK(!reader_is_magic(block, sizeof block));
		CHECK(walk(&r, block, sizeof block) < 0);
		CHECK_INT(e.code, E_FORMAT);
		CHECK_INT(e.rung, 1);
		if (strstr(e.text, all[i].says) == NULL)
			FAIL("no \"%s\" in: %s", all[i].says, e.text);
		err_clear(&e);
	}

	/* Short ones, too. */
	CHECK_ERR(walk(&r, "PK\003\004", 4), &e, E_FORMAT);
	CHECK_ERR(walk(&r, "README.md", 9), &e, E_FORMAT);
	CHECK_ERR(walk(&r, "README", 6), &e, E_TRUNCATED);
	CHECK(walk(&r, "", 0) < 0);
	CHECK_STR(e.text, "file ends at byte 0, inside README.txt");
	CHECK(e.next[0] != '\0');
	CHECK_ERR(-(int)e.code, &e, E_TRUNCATED);
}

TEST(magic)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	unsigned char id[32];

	write_sample(&file, id);
	CHECK(reader_is_magic(file.at, TAR_BLOCK));
	CHECK(!reader_is_magic(file.at, TAR_BLOCK - 1));
	file.at[100] = '1';
	CHECK(!reader_is_magic(file.at, TAR_BLOCK));
}

/* The constant of the format may not change, not even signed. */
TEST(readme_is_constant)
{
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	buf_adds(&text, format_readme);
	text.at[0] = 'X';
	sums_begin(&h.sums, SUMS_BUNDLE);
	put(&h, "README.txt", buf_str(&text));
	put_manifest(&h);
	finish(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);
}

/* C9, C10: signed, and with SUMS to match. */
TEST(wrong_members)
{
	static const char *const cases[][4] = {
		{ "evil", NULL },
		{ "000002.records.jsonl.zst", NULL },
		{ "000000.records.jsonl.zst", NULL },
		{ "1.records.jsonl.zst", NULL },
		{ "000001.records.jsonl", NULL },
		{ "000001.records.jsonl.xz", NULL },
		{ "000001.records.jsonl.zst.AGE", NULL },
		{ "000001.RECORDS.jsonl.zst", NULL },
		{ "SUMS", NULL }, { "README.txt", NULL },
		{ "000001.records.jsonl.zst", "000001.records.jsonl.zst",
		    NULL },
		{ "000001.records.jsonl.zst", "000003.records.jsonl.zst",
		    NULL },
		{ "000002.records.jsonl.zst", "000001.records.jsonl.zst",
		    NULL },
		{ "000001.records.jsonl.zst", "000002.records.jsonl.gz",
		    NULL },
		{ "000001.records.jsonl.zst", "000002.records.jsonl.zst.age",
		    NULL },
		{ "000001.records.jsonl.gz.age", "000002.blobs.tar.gz", NULL },
		{ "000001.records.jsonl.zst", "README.txt", NULL },
	};
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		make(&h, cases[i]);
		CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);
	}
}

TEST(data_names)
{
	static const char *const cases[][4] = {
		{ "000001.blobs.tar.zst", "000002.records.jsonl.zst", NULL },
		{ "000001.records.jsonl.gz", "000002.blobs.tar.gz", NULL },
		{ "000001.blobs.tar.zst.age", "000002.records.jsonl.zst.age",
		    NULL },
		{ "000001.blobs.tar.gz.age", "000002.blobs.tar.gz.age",
		    "000003.records.jsonl.gz.age", NULL },
	};
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	size_t i, k;

	for (i = 0; i < 4; i++) {
		make(&h, cases[i]);
		CHECK_INT(accept_file(&h.file), SUMS_BUNDLE);
		CHECK_OK(walk(&r, h.file.at, h.file.len), &e);
		for (k = 0; k < r.count; k++) {
			const struct reader_member *m = &r.members[k];
			char name[FORMAT_NAME_MAX];

			writer_name(name, (unsigned)k + 1, m->is_records,
			    m->is_gzip ? CODEC_GZIP : CODEC_ZSTD, m->is_age);
			CHECK_STR(name, cases[i][k]);
			CHECK_INT(m->is_gzip, i % 2);
			CHECK_INT(m->is_age, i > 1);
		}
	}
}

/* The tail in another order, short of a member, or with one too many. */
TEST(wrong_tail)
{
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };

	begin(&h, SUMS_BUNDLE);
	finish(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);

	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	put_signature(&h);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	put_zeros(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);

	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	put_zeros(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);

	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	put_signature(&h);
	put_plain(&h, "evil", "x", 1);
	put_zeros(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);
}

/* C11 to C17, C19, C20, P1 behind the first member. */
TEST(wrong_headers)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t len;
	} all[] = {
		{ 156, "x", 1 }, { 156, "g", 1 }, { 156, "L", 1 },
		{ 156, "K", 1 }, { 156, "S", 1 }, { 156, "1", 1 },
		{ 156, "2", 1 }, { 156, "3", 1 }, { 156, "4", 1 },
		{ 156, "5", 1 }, { 156, "6", 1 }, { 156, "Z", 1 },
		{ 156, "\0", 1 }, { 100, "0000644", 8 },
		{ 108, "001750 ", 8 }, { 136, "14000000000 ", 12 },
		{ 265, "root", 4 }, { 257, "ustar  ", 8 },
		{ 124, "\200\0\0\0\0\0\0\0\0\0\0\1", 12 },
		{ 124, "\377\377\377\377\377\377\377\377\377\377\377\377", 12 },
		{ 0, "manifest.json\0evil", 18 }, { 0, "../x\0", 5 },
		{ 0, "/x\0", 3 }, { 0, "C:\\x\0", 5 }, { 0, "\0", 1 },
		{ 0, "\303\251\0", 3 }, { 30, "evil", 4 }, { 345, "evil", 4 },
	};
	static const char *const names[] = { "000001.blobs.tar.zst", NULL };
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		unsigned char *header;

		make(&h, names);
		header = second_header(&h.file);
		memcpy(header + all[i].at, all[i].bytes, all[i].len);
		fix_sum(header);
		CHECK_ERR(accept_file(&h.file), &e, E_HEADER);

		/* After the last member. */
		make(&h, names);
		header = (unsigned char *)h.file.at + h.file.len - TAR_END;
		tar_header(header, "another", 0);
		memcpy(header + all[i].at, all[i].bytes, all[i].len);
		fix_sum(header);
		CHECK_ERR(accept_file(&h.file), &e, E_HEADER);
	}

	/* In the very first: the name is ours, the header is not. */
	make(&h, names);
	memcpy(h.file.at + 108, "001750 ", 8);
	fix_sum((unsigned char *)h.file.at);
	CHECK_ERR(accept_file(&h.file), &e, E_HEADER);
}

/* C16 */
TEST(wrong_padding)
{
	static const char *const names[] = { "000001.blobs.tar.zst", NULL };
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };

	make(&h, names);
	second_header(&h.file)[-1] = 1;		/* after README.txt */
	CHECK_ERR(accept_file(&h.file), &e, E_HEADER);
	make(&h, names);
	second_header(&h.file)[TAR_BLOCK + 1] = 1;
	CHECK_ERR(accept_file(&h.file), &e, E_HEADER);
	make(&h, names);
	h.file.at[h.file.len - TAR_END - 1] = 1;	/* SUMS.minisig */
	CHECK_ERR(accept_file(&h.file), &e, E_HEADER);
}

/* A size above its cap is refused from the header: no content follows. */
TEST(caps)
{
	static const struct {
		const char *name;
		uint64_t max;
	} all[] = {
		{ "000001.blobs.tar.zst", FORMAT_STORED_MAX },
		{ "manifest.json", FORMAT_MANIFEST_MAX },
		{ "SUMS", FORMAT_SUMS_MAX },
		{ "SUMS.minisig", FORMAT_MINISIG_MAX },
	};
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	unsigned char header[TAR_BLOCK];
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(&h, SUMS_BUNDLE);
		if (i > 1)
			put_manifest(&h);
		if (i > 2)
			put_plain(&h, "SUMS", h.sums.at, h.sums.len);
		tar_header(header, all[i].name, all[i].max + 1);
		buf_add(&h.file, header, TAR_BLOCK);
		CHECK_ERR(accept_file(&h.file), &e, E_LIMIT);
		tar_header((unsigned char *)h.file.at + h.file.len -
		    TAR_BLOCK, all[i].name, all[i].max);
		CHECK_ERR(accept_file(&h.file), &e, E_TRUNCATED);
	}
}

TEST(too_many_members)
{
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	char name[FORMAT_NAME_MAX];
	unsigned i;

	begin(&h, SUMS_BUNDLE);
	for (i = 1; i <= FORMAT_MEMBERS_MAX; i++) {
		writer_name(name, i, 1, CODEC_ZSTD, 1);
		put(&h, name, "");
	}
	put_manifest(&h);
	finish(&h);
	CHECK_INT(accept_file(&h.file), SUMS_BUNDLE);
	CHECK(h.sums.len <= FORMAT_SUMS_MAX);

	begin(&h, SUMS_BUNDLE);
	for (i = 1; i <= FORMAT_MEMBERS_MAX + 1; i++) {
		writer_name(name, i, 1, CODEC_ZSTD, 1);
		put(&h, name, "");
	}
	put_manifest(&h);
	finish(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_LIMIT);
}

/* SUMS signed, but not of these members. */
TEST(sums_that_differ)
{
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(&h, SUMS_BUNDLE);
		put(&h, "000001.blobs.tar.zst", "x");
		put_manifest(&h);
		if (i == 0)			/* a digit */
			h.sums.at[h.sums.len - 2] =
			    h.sums.at[h.sums.len - 2] == '0' ? '1' : '0';
		if (i == 1)			/* a line too many */
			buf_adds(&h.sums, "BLAKE2b-256 (evil) = 00\n");
		if (i == 2)			/* a newline too few */
			h.sums.len--;
		if (i == 3)			/* only the first line */
			h.sums.len = strlen("# satchel bundle/1\n");
		finish(&h);
		CHECK(accept_file(&h.file) < 0);
		CHECK_INT(e.rung, 4);
		CHECK_ERR(-(int)e.code, &e, E_HASH);
	}

	/* The member is named. */
	begin(&h, SUMS_BUNDLE);
	put(&h, "000001.blobs.tar.zst", "x");
	put_manifest(&h);
	finish(&h);
	second_header(&h.file)[TAR_BLOCK] = 'y';
	CHECK(accept_file(&h.file) < 0);
	CHECK(strstr(e.text, "line 3 of SUMS") != NULL);
	CHECK(strstr(e.text, "(000001.blobs.tar.zst)") != NULL);
	CHECK_ERR(-(int)e.code, &e, E_HASH);
}

/* M14: what is signed says what it is. */
TEST(sums_of_another_kind)
{
	static const char *const lines[] = {
		"# satchel bundle/2\n", "# satchel letter/1\n", "# hello\n", ""
	};
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(&h, SUMS_BUNDLE);
		put_manifest(&h);
		buf_reset(&h.sums);
		buf_adds(&h.sums, lines[i]);
		finish(&h);
		CHECK_ERR(accept_file(&h.file), &e,
		    i < 2 ? E_VERSION : E_FORMAT);
	}

	/* A card and a receipt have no data. */
	for (i = SUMS_RECEIPT; i <= SUMS_CARD; i++) {
		begin(&h, (enum sums_kind)i);
		put(&h, "000001.blobs.tar.zst", "x");
		put_manifest(&h);
		finish(&h);
		CHECK_ERR(accept_file(&h.file), &e, E_FORMAT);
	}
}

TEST(other_signatures)
{
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	CLEANUP(hand_clear) struct hand other = { .file = BUF_INIT };
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	CLEANUP(minisign_secret_freep) struct minisign_secret *s = NULL;
	struct minisign_pub p;

	/* Of another file. */
	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	begin(&other, SUMS_CARD);
	put_manifest(&other);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	buf_reset(&h.sums);
	buf_add(&h.sums, other.sums.at, other.sums.len);
	put_signature(&h);
	put_zeros(&h);
	CHECK_OK(walk(&r, h.file.at, h.file.len), &e);
	CHECK(reader_authentic(&r, &pub, &e) < 0);
	CHECK_INT(e.rung, 2);
	CHECK_ERR(-(int)e.code, &e, E_SIGNATURE);

	/* By another key of the same id. */
	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	finish(&h);
	CHECK_OK(minisign_secret_new(&s, &e), &e);
	minisign_public(s, &p);
	memcpy(p.id, pub.id, sizeof p.id);
	CHECK_OK(walk(&r, h.file.at, h.file.len), &e);
	CHECK_ERR(reader_authentic(&r, &p, &e), &e, E_SIGNATURE);

	/* No signature at all. */
	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	put_plain(&h, "SUMS.minisig", "", 0);
	put_zeros(&h);
	CHECK_ERR(accept_file(&h.file), &e, E_SIGFORMAT);
}

int
main(void)
{
	return container_run();
}
