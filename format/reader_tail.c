#include "reader.h"

#include <sodium.h>
#include <string.h>

#include "tar.h"

#define NAME_MANIFEST "manifest.json"

static const unsigned char zeros[TAR_BLOCK];

/* Find the member that ends `*end` bytes into the tail: its header lies so
 * far before that its content and padding fill the gap.  Copies the content
 * and moves `*end` to the header. */
static int
tail_member(const unsigned char *tail, size_t *end, const char *want,
    size_t max, struct buf *keep, struct err *err)
{
	struct err quiet = ERR_INIT;
	char name[FORMAT_NAME_MAX];
	uint64_t size = 0;
	size_t gap, most = max + tar_padding(max);
	const unsigned char *p;

	for (gap = 0; gap <= most && gap + TAR_BLOCK <= *end;
	    gap += TAR_BLOCK) {
		p = tail + *end - gap - TAR_BLOCK;

		/* The name first: the rest of a header costs more. */
		if (memcmp(p, want, strlen(want) + 1) != 0)
			continue;
		err_clear(&quiet);
		if (tar_parse(p, name, sizeof name, &size, &quiet) != 1 ||
		    size > max || size + tar_padding(size) != gap)
			continue;
		p += TAR_BLOCK;
		if (memcmp(p + size, zeros, tar_padding(size)) != 0)
			return err_set(err, E_HEADER, "padding after \"%s\" "
			    "is not zero", want);
		buf_add(keep, p, (size_t)size);
		*end -= gap + TAR_BLOCK;
		return buf_check(keep, err);
	}
	return err_set(err, E_FORMAT, "no \"%s\" where it should be", want);
}

/* The last line of SUMS is that of manifest.json. */
static int
tail_manifest(const struct reader *r, struct err *err)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	unsigned char hash[SUMS_HASH];

	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)r->manifest.at, r->manifest.len, NULL, 0);
	sums_add(&line, NAME_MANIFEST, hash);
	if (buf_check(&line, err) < 0)
		return -(int)err->code;
	if (r->sums.len < line.len || memcmp(r->sums.at + r->sums.len -
	    line.len, line.at, line.len) != 0)
		return err_set(err, E_HASH, "\"%s\" is not what SUMS states",
		    NAME_MANIFEST);
	return 0;
}

static int
walk_tail(struct reader *r, const unsigned char *tail, size_t len,
    struct err *err)
{
	size_t end;
	int e;

	if (len < TAR_END || memcmp(tail + len - TAR_END, zeros,
	    TAR_BLOCK) != 0 || memcmp(tail + len - TAR_BLOCK, zeros,
	    TAR_BLOCK) != 0)
		return err_set(err, E_TRUNCATED, "file does not end with %u "
		    "zero bytes", TAR_END);
	end = len - TAR_END;
	if ((e = tail_member(tail, &end, "SUMS.minisig", FORMAT_MINISIG_MAX,
	    &r->minisig, err)) < 0 ||
	    (e = tail_member(tail, &end, "SUMS", FORMAT_SUMS_MAX, &r->sums,
	    err)) < 0 ||
	    (e = tail_member(tail, &end, NAME_MANIFEST, FORMAT_MANIFEST_MAX,
	    &r->manifest, err)) < 0 ||
	    (e = tail_manifest(r, err)) < 0)
		return e;
	(void)crypto_generichash(r->id, sizeof r->id,
	    (const unsigned char *)r->sums.at, r->sums.len, NULL, 0);
	return minisign_sig_id(r->minisig.at, r->minisig.len, r->key_id, err);
}

int
reader_tail(struct reader *r, const void *tail, size_t len, struct err *err)
{
	reader_clear(r);
	if (walk_tail(r, tail, len, err) < 0)
		return err_rung(err, 1);
	return 0;
}
