/* The tail of a file alone. */
#include "container.h"

TEST(tail)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	CLEANUP(reader_clear) struct reader whole = { .count = 0 };
	unsigned char id[32];
	size_t from = 0;

	write_sample(&file, id);
	CHECK_OK(walk(&whole, file.at, file.len), &e);
	for (from = 0; from < 3 * TAR_BLOCK; from += TAR_BLOCK / 2) {
		CHECK_OK(reader_tail(&r, file.at + from, file.len - from, &e),
		    &e);
		CHECK_OK(reader_authentic(&r, &pub, &e), &e);
		CHECK(memcmp(r.id, id, 32) == 0);
		CHECK(memcmp(r.key_id, pub.id, MINISIGN_ID) == 0);
		CHECK_INT(r.manifest.len, whole.manifest.len);
		CHECK(memcmp(r.manifest.at, whole.manifest.at,
		    r.manifest.len) == 0);
		CHECK_INT(r.sums.len, whole.sums.len);
	}
}

/* Nothing in the tail is free, except what lies before the manifest. */
TEST(tail_mutants)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	unsigned char id[32];
	size_t bit, len, start;

	write_sample(&file, id);
	CHECK_OK(walk(&r, file.at, file.len), &e);
	start = r.members[1].at + TAR_BLOCK;	/* the manifest's header */
	for (bit = start * 8; bit < file.len * 8; bit += 3) {
		file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
		if (reader_tail(&r, file.at, file.len, &e) >= 0 &&
		    reader_authentic(&r, &pub, &e) >= 0)
			FAIL("flipped bit %zu is accepted", bit);
		err_clear(&e);
		file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
	}
	for (len = 0; len < file.len; len++) {
		CHECK(reader_tail(&r, file.at, len, &e) < 0);
		err_clear(&e);
		if (len >= file.len - start)
			continue;
		CHECK(reader_tail(&r, file.at + file.len - len, len, &e) < 0);
		CHECK_INT(e.rung, 1);
		err_clear(&e);
	}
}

TEST(tail_refused)
{
	static const char nothing[TAR_END];
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	char *last;

	CHECK_ERR(reader_tail(&r, "", 0, &e), &e, E_TRUNCATED);
	CHECK_ERR(reader_tail(&r, nothing, TAR_END, &e), &e, E_FORMAT);

	/* A manifest that SUMS, signed, does not state. */
	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	h.sums.at[h.sums.len - 2] =
	    h.sums.at[h.sums.len - 2] == '0' ? '1' : '0';
	finish(&h);
	CHECK_ERR(reader_tail(&r, h.file.at, h.file.len, &e), &e, E_HASH);

	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	finish(&h);
	last = h.file.at + h.file.len - TAR_END - 1;
	*last = 1;
	CHECK_ERR(reader_tail(&r, h.file.at, h.file.len, &e), &e, E_HEADER);
	*last = 0;
	last[TAR_END] = 1;
	CHECK_ERR(reader_tail(&r, h.file.at, h.file.len, &e), &e,
	    E_TRUNCATED);

	/* No signature. */
	begin(&h, SUMS_BUNDLE);
	put_manifest(&h);
	put_plain(&h, "SUMS", h.sums.at, h.sums.len);
	put_plain(&h, "SUMS.minisig", "", 0);
	put_zeros(&h);
	CHECK_ERR(reader_tail(&r, h.file.at, h.file.len, &e), &e,
	    E_SIGFORMAT);
}

/* The longest SUMS and manifest there can be lie within READER_TAIL. */
TEST(tail_longest)
{
	static char text[FORMAT_MANIFEST_MAX + 1];
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	size_t n;

	memset(text, 'm', FORMAT_MANIFEST_MAX);
	begin(&h, SUMS_BUNDLE);
	put_plain(&h, "000001.blobs.tar.zst", text, FORMAT_MANIFEST_MAX);
	buf_reset(&h.sums);
	put(&h, "manifest.json", text);
	buf_add(&line, h.sums.at, h.sums.len);
	for (n = FORMAT_SUMS_MAX - line.len; n > 0; n--)
		buf_addc(&h.sums, 's');
	memmove(h.sums.at + h.sums.len - line.len, line.at, line.len);
	finish(&h);
	CHECK(h.file.len > READER_TAIL);
	CHECK_OK(reader_tail(&r, h.file.at + h.file.len - READER_TAIL,
	    READER_TAIL, &e), &e);
	CHECK_OK(reader_authentic(&r, &pub, &e), &e);
	CHECK_INT(r.sums.len, FORMAT_SUMS_MAX);
	CHECK_INT(r.manifest.len, FORMAT_MANIFEST_MAX);
}

int
main(void)
{
	return container_run();
}
