/* fuzz_sums.c: any bytes as the SUMS of a small file that is right in all
 * else, and well signed.  Only the one right text is taken. */
#include <sodium.h>

#include "../../format/minisign.h"
#include "../../format/writer.h"
#include "memory.h"
#include "vessel.h"

#define MANIFEST "{}"

static void
add(struct vessel *v, const char *name, const void *text, size_t len)
{
	struct vessel_part *p = &v->part[v->count++];

	(void)snprintf(p->name, sizeof p->name, "%s", name);
	buf_add(&p->content, text, len);
}

/* The file with these SUMS, signed as they are. */
static void
make(struct buf *file, const uint8_t *sums, size_t len)
{
	CLEANUP(vessel_freep) struct vessel *v = calloc(1, sizeof *v);
	CLEANUP(buf_clear) struct buf sig = BUF_INIT;
	struct err err = ERR_INIT;

	ALWAYS(v != NULL);
	GOOD(minisign_sign(fuzz_key(), sums, len, &sig, &err), &err);
	add(v, "README.txt", format_readme, strlen(format_readme));
	add(v, "manifest.json", MANIFEST, strlen(MANIFEST));
	add(v, "SUMS", sums, len);
	add(v, "SUMS.minisig", sig.at, sig.len);
	vessel_close(v, file);
}

static void
right(struct buf *out, enum sums_kind kind)
{
	unsigned char hash[SUMS_HASH];

	sums_begin(out, kind);
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)format_readme, strlen(format_readme), NULL,
	    0);
	sums_add(out, "README.txt", hash);
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)MANIFEST, strlen(MANIFEST), NULL, 0);
	sums_add(out, "manifest.json", hash);
}

/* The end of the file alone: sound wherever the whole is. */
static void
check_tail(const struct buf *file, int is_valid, const struct reader *whole)
{
	CLEANUP(reader_clear) struct reader r = { .members = NULL };
	size_t n = file->len < READER_TAIL ? file->len : READER_TAIL;
	struct err err = ERR_INIT;
	int rc = reader_tail(&r, file->at + file->len - n, n, &err);

	ALWAYS(rc >= 0 || (err.code != E_OK && err.text[0] != '\0'));
	ALWAYS(rc >= 0 || !is_valid);
	if (rc < 0)
		return;
	ALWAYS(memcmp(r.id, whole->id, sizeof r.id) == 0);
	ALWAYS(fuzz_same(&r.manifest, MANIFEST, strlen(MANIFEST)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(reader_clear) struct reader r = { .members = NULL };
	CLEANUP(buf_clear) struct buf file = BUF_INIT, want = BUF_INIT;
	enum sums_kind kind = SUMS_BUNDLE;
	struct err err = ERR_INIT;
	struct minisign_pub pub;
	int rc;

	minisign_public(fuzz_key(), &pub);
	make(&file, data, size);
	GOOD(memory_walk(&r, json_of(&file), 0, &err), &err);
	GOOD(reader_authentic(&r, &pub, &err), &err);
	rc = reader_valid(&r, &kind, &err);
	if (fuzz_took(rc, &err, "E_HASH E_VERSION E_FORMAT")) {
		right(&want, kind);
		ALWAYS(fuzz_same(&want, data, size));
		ALWAYS(sums_kind((const char *)data, size) == (int)kind);
	}
	check_tail(&file, rc >= 0, &r);
	return 0;
}
