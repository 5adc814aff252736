/* Writer and reader together: what the one writes the other takes, and not
 * one byte else. */
#include "container.h"

TEST(round_trip)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	CLEANUP(manifest_clear) struct manifest m = { .sequence = 0 };
	enum sums_kind kind = SUMS_CARD;
	unsigned char id[32];
	size_t i;

	write_sample(&file, id);
	CHECK_OK(walk(&r, file.at, file.len), &e);
	CHECK_OK(reader_authentic(&r, &pub, &e), &e);
	CHECK_OK(reader_valid(&r, &kind, &e), &e);
	CHECK_INT(kind, SUMS_BUNDLE);
	CHECK_INT(r.size, file.len);
	CHECK(memcmp(r.id, id, 32) == 0);
	CHECK(memcmp(r.key_id, pub.id, MINISIGN_ID) == 0);

	CHECK_INT(r.count, 2);
	for (i = 0; i < 2; i++) {
		CHECK_STR(r.members[i].name, data_members[i].name);
		CHECK_INT(r.members[i].size, strlen(data_members[i].content));
		CHECK(memcmp(file.at + r.members[i].at,
		    data_members[i].content, r.members[i].size) == 0);
		CHECK_INT(r.members[i].is_records, i == 1);
		CHECK(!r.members[i].is_gzip && !r.members[i].is_age);
	}
	CHECK_OK(manifest_parse(&m, r.manifest.at, r.manifest.len, &e), &e);
	CHECK_INT(m.sequence, 7);
}

/* Byte for byte what format.md says, whatever libarchive does. */
TEST(written_as_specified)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	unsigned char id[32];

	write_sample(&file, id);
	begin(&h, SUMS_BUNDLE);
	put(&h, data_members[0].name, data_members[0].content);
	put(&h, data_members[1].name, data_members[1].content);
	put_manifest(&h);
	finish(&h);
	CHECK_INT(file.len, h.file.len);
	CHECK(memcmp(file.at, h.file.at, file.len) == 0);
}

TEST(read_a_byte_at_a_time)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	enum sums_kind kind;
	unsigned char id[32];
	struct source s = { .step = 1 };
	struct reader_in in = { read_source, &s };

	write_sample(&file, id);
	s.at = file.at;
	s.len = file.len;
	CHECK_OK(reader_walk(&r, &in, &e), &e);
	CHECK_OK(reader_authentic(&r, &pub, &e), &e);
	CHECK_OK(reader_valid(&r, &kind, &e), &e);
}

TEST(empty_bundle_and_kinds)
{
	static const enum manifest_kind kinds[] = { MANIFEST_BUNDLE,
	    MANIFEST_EXCERPT, MANIFEST_RECEIPT, MANIFEST_REQUEST,
	    MANIFEST_CARD };
	static const enum sums_kind want[] = { SUMS_BUNDLE, SUMS_BUNDLE,
	    SUMS_RECEIPT, SUMS_RECEIPT, SUMS_CARD };
	static char text[] = "key";
	size_t i;

	for (i = 0; i < 5; i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT;
		CLEANUP(writer_freep) struct writer *w = NULL;
		struct writer_out out = { write_buf, &file };
		struct manifest m = sample_manifest(kinds[i]);
		unsigned char id[32];

		m.age = m.minisign = text;
		CHECK_OK(writer_new(&w, &out, &e), &e);
		CHECK_OK(writer_finish(w, &m, key, id, &e), &e);
		CHECK_INT(accept_file(&file), want[i]);
	}
}

/* C3 */
TEST(every_bit_flipped)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	unsigned char id[32];
	size_t bit;

	write_sample(&file, id);
	for (bit = 0; bit < file.len * 8; bit++) {
		file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
		refuse(&file, "flipped bit", bit);
		file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
	}
	CHECK_INT(accept_file(&file), SUMS_BUNDLE);
}

/* C1, C4, C5 */
TEST(every_truncation)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	unsigned char id[32];
	size_t len;

	write_sample(&file, id);
	len = file.len;
	for (file.len = 0; file.len < len; file.len++)
		CHECK_ERR(accept_file(&file), &e, E_TRUNCATED);
	CHECK_INT(accept_file(&file), SUMS_BUNDLE);
}

/* C7 */
TEST(every_insertion_and_deletion)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT, mutant = BUF_INIT;
	unsigned char id[32];
	size_t at;

	write_sample(&file, id);
	for (at = 0; at < file.len; at++) {
		buf_reset(&mutant);
		buf_add(&mutant, file.at, at);
		buf_add(&mutant, file.at + at + 1, file.len - at - 1);
		refuse(&mutant, "deleted byte", at);
		buf_reset(&mutant);
		buf_add(&mutant, file.at, at);
		buf_addc(&mutant, file.at[at]);
		buf_add(&mutant, file.at + at, file.len - at);
		refuse(&mutant, "doubled byte", at);
		mutant.at[at] = '\0';
		refuse(&mutant, "inserted zero", at);
	}
}

/* C8 */
TEST(every_swap_of_blocks)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT, mutant = BUF_INIT;
	unsigned char id[32];
	size_t i, j;

	write_sample(&file, id);
	for (i = 0; i < file.len; i += TAR_BLOCK)
		for (j = i + TAR_BLOCK; j < file.len; j += TAR_BLOCK) {
			if (memcmp(file.at + i, file.at + j, TAR_BLOCK) == 0)
				continue;
			buf_reset(&mutant);
			buf_add(&mutant, file.at, file.len);
			memcpy(mutant.at + i, file.at + j, TAR_BLOCK);
			memcpy(mutant.at + j, file.at + i, TAR_BLOCK);
			refuse(&mutant, "swapped block", i);
		}
}

/* C6 */
TEST(bytes_after_the_end)
{
	static const size_t more[] = { 1, 512, 1024, 10240 };
	CLEANUP(buf_clear) struct buf file = BUF_INIT, mutant = BUF_INIT;
	unsigned char id[32];
	size_t i, k;

	write_sample(&file, id);
	for (i = 0; i < sizeof more / sizeof *more; i++) {
		buf_reset(&mutant);
		buf_add(&mutant, file.at, file.len);
		for (k = 0; k < more[i]; k++)
			buf_addc(&mutant, '\0');
		CHECK_ERR(accept_file(&mutant), &e, E_TRAILER);
	}
	buf_reset(&mutant);
	buf_add(&mutant, file.at, file.len);
	buf_add(&mutant, file.at, file.len);
	CHECK_ERR(accept_file(&mutant), &e, E_TRAILER);

	/* Only one of the two last blocks is zero. */
	file.at[file.len - 1] = 'x';
	CHECK_ERR(accept_file(&file), &e, E_TRAILER);
}

/* An output that fails at its n-th write. */
struct faulty {
	unsigned left, after;
};

static int
write_faulty(void *ctx, const void *data, size_t len, struct err *err)
{
	struct faulty *f = ctx;

	(void)data;
	(void)len;
	if (f->left == 0) {
		f->after++;
		return err_set(err, E_NOSPACE, "disk full");
	}
	f->left--;
	return 0;
}

static int
write_all(struct faulty *f)
{
	static const unsigned char hash[32];
	CLEANUP(writer_freep) struct writer *w = NULL;
	struct writer_out out = { write_faulty, f };
	struct manifest m = sample_manifest(MANIFEST_BUNDLE);
	unsigned char id[32];

	if (writer_new(&w, &out, &e) < 0 ||
	    writer_data(w, "000001.blobs.tar.zst", "x", 1, hash, &e) < 0 ||
	    writer_finish(w, &m, key, id, &e) < 0)
		return -(int)e.code;
	return 0;
}

/* Every write fails once; its cause comes out, and nothing is written on. */
TEST(output_that_fails)
{
	struct faulty f = { 0, 0 };
	unsigned n;

	for (n = 0; n < 1000; n++) {
		f = (struct faulty){ .left = n };
		if (write_all(&f) == 0)
			break;
		CHECK_INT(f.after, 1);
		CHECK_ERR(-(int)e.code, &e, E_NOSPACE);
	}
	CHECK(n > 10 && n < 1000);
	CHECK_INT(f.after, 0);
}

TEST(abandoned_writer_adds_nothing)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct writer_out out = { write_buf, &file };
	struct writer *w = NULL;
	size_t len;

	CHECK_OK(writer_new(&w, &out, &e), &e);
	len = file.len;
	writer_freep(&w);
	CHECK(w == NULL);
	CHECK_INT(file.len, len);
	writer_freep(&w);
}

TEST(writer_limits)
{
	static const unsigned char hash[32];
	static char much[FORMAT_STORED_MAX + 1];
	CLEANUP(writer_freep) struct writer *w = NULL;
	struct faulty all = { .left = 1u << 30 };
	struct writer_out out = { write_faulty, &all };
	struct manifest m = sample_manifest(MANIFEST_BUNDLE);
	char name[FORMAT_NAME_MAX], longest[FORMAT_NAME_MAX + 1];
	unsigned char id[32];
	unsigned i;

	CHECK_OK(writer_new(&w, &out, &e), &e);
	CHECK_ERR(writer_data(w, "000001.blobs.tar.zst", much, sizeof much,
	    hash, &e), &e, E_LIMIT);
	CHECK_ERR(writer_data(w, "000002.blobs.tar.zst", "x", 1, hash, &e),
	    &e, E_INTERNAL);
	(void)snprintf(longest, sizeof longest, "000001.%057d", 0);
	CHECK_ERR(writer_data(w, longest, "x", 1, hash, &e), &e, E_INTERNAL);

	/* SUMS with longer names than ours would grow over its bound. */
	for (i = 1; i <= FORMAT_MEMBERS_MAX; i++) {
		(void)snprintf(name, sizeof name, "%06u.%056d", i, 0);
		CHECK_OK(writer_data(w, name, "", 0, hash, &e), &e);
	}
	CHECK_ERR(writer_data(w, "004097.blobs.tar.zst", "x", 1, hash, &e),
	    &e, E_LIMIT);
	CHECK_ERR(writer_finish(w, &m, key, id, &e), &e, E_LIMIT);
}

TEST(names)
{
	char name[FORMAT_NAME_MAX];

	writer_name(name, 1, 1, CODEC_ZSTD, 1);
	CHECK_STR(name, "000001.records.jsonl.zst.age");
	writer_name(name, 4096, 0, CODEC_GZIP, 0);
	CHECK_STR(name, "004096.blobs.tar.gz");
}

int
main(void)
{
	return container_run();
}
