/* container.h: small containers in memory, written and read, for tests.
 *
 *	write_sample(&file, id);              by the writer
 *	begin(&h, kind); put(&h, name, text); put_manifest(&h); finish(&h);
 *	accept_file(&file)                    walk, authentic and valid
 *
 * Marks such as C3 number the hostile inputs of docs/threat-model.md.
 */
#ifndef SATCHEL_TEST_CONTAINER_H
#define SATCHEL_TEST_CONTAINER_H

#include <sodium.h>

#include "base/buf.h"
#include "format/reader.h"
#include "format/sums.h"
#include "format/tar.h"
#include "format/writer.h"
#include "unit.h"

#define CONTAINER_UNUSED __attribute__((unused))

static struct err e = ERR_INIT;
static struct minisign_secret *key;
static struct minisign_pub pub;

/* Bytes in memory as the reader's input, `step` at a time. */
struct source {
	const char *at;
	size_t len, step;
	int fail;			/* an error instead of the end */
};

static CONTAINER_UNUSED int64_t
read_source(void *ctx, void *to, size_t len, struct err *err)
{
	struct source *s = ctx;
	size_t n = len < s->len ? len : s->len;

	if (n == 0 && s->fail)
		return err_set(err, E_MEDIA_GONE, "the stick is gone");
	n = s->step != 0 && n > s->step ? s->step : n;
	memcpy(to, s->at, n);
	s->at += n;
	s->len -= n;
	return (int64_t)n;
}

static CONTAINER_UNUSED int
walk(struct reader *r, const void *data, size_t len)
{
	struct source s = { .at = data, .len = len };
	struct reader_in in = { read_source, &s };

	return reader_walk(r, &in, &e);
}

/* All rungs of this room.  Sets e as the first that fails does. */
static CONTAINER_UNUSED int
accept_file(const struct buf *file)
{
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	enum sums_kind kind;

	if (walk(&r, file->at, file->len) < 0 ||
	    reader_authentic(&r, &pub, &e) < 0 ||
	    reader_valid(&r, &kind, &e) < 0)
		return -(int)e.code;
	return (int)kind;
}

/* A mutant must be refused, with an exit status that says so. */
static CONTAINER_UNUSED void
refuse(const struct buf *file, const char *what, size_t at)
{
	int status;

	if (accept_file(file) >= 0)
		FAIL("%s at %zu is accepted", what, at);
	status = err_exit(e.code);
	if (status < 4 || status > 7)
		FAIL("%s at %zu is %s: %s", what, at, err_name(e.code),
		    e.text);
	err_clear(&e);
}

static CONTAINER_UNUSED int
write_buf(void *ctx, const void *data, size_t len, struct err *err)
{
	buf_add(ctx, data, len);
	return buf_check(ctx, err);
}

static struct manifest_site to_b = { "lab-b", "Berlin" };
static char filter_all[] = FILTER_ALL;

static CONTAINER_UNUSED struct manifest
sample_manifest(enum manifest_kind kind)
{
	struct manifest m = {
		.kind = kind,
		.from = { "lab-a", "0123456789abcdef", 1 },
		.from_name = "Accra", .key = "0123456789ABCDEF",
		.created = "2026-01-02T03:04:05Z",
		.sequence = 7, .to = &to_b, .to_count = 1,
		.filter = filter_all, .until = 9,
		.totals = { .members = 2, .records = 1, .versions = 1 },
	};

	return m;
}

static const struct {
	const char *name, *content;
} data_members[] CONTAINER_UNUSED = {
	{ "000001.blobs.tar.zst", "not really a frame" },
	{ "000002.records.jsonl.zst", "neither is this" },
};

/* A small bundle, by the writer. */
static CONTAINER_UNUSED void
write_sample(struct buf *file, unsigned char id[32])
{
	struct writer_out out = { write_buf, file };
	CLEANUP(writer_freep) struct writer *w = NULL;
	struct manifest m = sample_manifest(MANIFEST_BUNDLE);
	unsigned char hash[32];
	size_t i, len;

	CHECK_OK(writer_new(&w, &out, &e), &e);
	for (i = 0; i < 2; i++) {
		len = strlen(data_members[i].content);
		(void)crypto_generichash(hash, sizeof hash,
		    (const unsigned char *)data_members[i].content, len, NULL,
		    0);
		CHECK_OK(writer_data(w, data_members[i].name,
		    data_members[i].content, len, hash, &e), &e);
	}
	CHECK_INT(writer_size(w), file->len);
	len = file->len;
	CHECK_OK(writer_finish(w, &m, key, id, &e), &e);
	CHECK_INT(writer_size(w), file->len);
	CHECK(file->len - len <= writer_tail_bound(2, 1024));
}

/* A container by hand, for signed mutants. */
struct hand {
	struct buf file, sums;
};

static CONTAINER_UNUSED void
hand_clear(struct hand *h)
{
	buf_clear(&h->file);
	buf_clear(&h->sums);
}

static CONTAINER_UNUSED void
put_plain(struct hand *h, const char *name, const void *data, size_t len)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK];

	tar_header(header, name, len);
	buf_add(&h->file, header, TAR_BLOCK);
	buf_add(&h->file, data, len);
	buf_add(&h->file, zeros, tar_padding(len));
}

static CONTAINER_UNUSED void
put(struct hand *h, const char *name, const char *text)
{
	unsigned char hash[32];

	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)text, strlen(text), NULL, 0);
	sums_add(&h->sums, name, hash);
	put_plain(h, name, text, strlen(text));
}

static CONTAINER_UNUSED void
begin(struct hand *h, enum sums_kind kind)
{
	buf_reset(&h->file);
	buf_reset(&h->sums);
	sums_begin(&h->sums, kind);
	put(h, "README.txt", format_readme);
}

static CONTAINER_UNUSED void
put_signature(struct hand *h)
{
	CLEANUP(buf_clear) struct buf sig = BUF_INIT;

	CHECK_OK(minisign_sign(key, h->sums.at, h->sums.len, &sig, &e), &e);
	put_plain(h, "SUMS.minisig", sig.at, sig.len);
}

static CONTAINER_UNUSED void
put_zeros(struct hand *h)
{
	static const char zeros[TAR_END];

	buf_add(&h->file, zeros, sizeof zeros);
}

static CONTAINER_UNUSED void
finish(struct hand *h)
{
	put_plain(h, "SUMS", h->sums.at, h->sums.len);
	put_signature(h);
	put_zeros(h);
}

static CONTAINER_UNUSED void
put_manifest(struct hand *h)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct manifest m = sample_manifest(MANIFEST_BUNDLE);

	CHECK_OK(manifest_write(&m, &text, &e), &e);
	put(h, "manifest.json", buf_str(&text));
}

/* A signed container with these data members, NULL-terminated. */
static CONTAINER_UNUSED void
make(struct hand *h, const char *const *names)
{
	begin(h, SUMS_BUNDLE);
	for (; *names != NULL; names++)
		put(h, *names, "x");
	put_manifest(h);
	finish(h);
}

/* The header of the first data member, to be spoiled. */
static CONTAINER_UNUSED unsigned char *
second_header(struct buf *file)
{
	size_t len = strlen(format_readme);

	return (unsigned char *)file->at + TAR_BLOCK + len + tar_padding(len);
}

static CONTAINER_UNUSED void
fix_sum(unsigned char *header)
{
	unsigned sum = 0, i;

	memset(header + 148, ' ', 8);
	for (i = 0; i < TAR_BLOCK; i++)
		sum += header[i];
	(void)snprintf((char *)header + 148, 8, "%06o", sum);
	header[155] = ' ';
}

/* main: a fresh key, then all tests. */
static int
container_run(void)
{
	int r;

	if (sodium_init() < 0 || minisign_secret_new(&key, &e) < 0)
		return 1;
	minisign_public(key, &pub);
	r = unit_run();
	minisign_secret_freep(&key);
	return r;
}

#endif
