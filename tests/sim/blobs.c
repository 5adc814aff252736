#include "blobs.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/text.h"
#include "../../store/blob.h"
#include "dice.h"
#include "oracle.h"

static const size_t sizes[BLOBS] = {
	1, 700, 5000, 70000, 300000, 2 * BLOB_PART + 5000
};

static struct {
	unsigned char *at, hash[32];
	char hex[65];
} blobs[BLOBS];

void
blobs_begin(void)
{
	struct dice d = { 1 };
	size_t i;
	int b;

	for (b = 0; b < BLOBS; b++) {
		if ((blobs[b].at = malloc(sizes[b])) == NULL)
			abort();
		/* The large one compresses well, so that it costs little. */
		for (i = 0; i < sizes[b]; i++)
			blobs[b].at[i] = b == BLOB_LARGE ?
			    (unsigned char)(i / 4096) :
			    (unsigned char)dice_next(&d);
		(void)crypto_generichash(blobs[b].hash, 32, blobs[b].at,
		    sizes[b], NULL, 0);
		text_hex(blobs[b].hex, blobs[b].hash, 32);
	}
}

void
blobs_end(void)
{
	int b;

	for (b = 0; b < BLOBS; b++)
		free(blobs[b].at);
}

const unsigned char *
blobs_hash(int blob)
{
	return blobs[blob].hash;
}

const char *
blobs_hex(int blob)
{
	return blobs[blob].hex;
}

int
blobs_number(const unsigned char hash[32])
{
	int b;

	for (b = 0; b < BLOBS; b++)
		if (memcmp(blobs[b].hash, hash, 32) == 0)
			return b;
	return -1;
}

int
blobs_put(struct store *s, int blob, struct err *err)
{
	CLEANUP(blob_in_clear) struct blob_in in = { .id = 0 };
	unsigned char hash[32];
	uint64_t size;
	int64_t id;
	int rc;

	if ((rc = blob_find(s, blobs[blob].hash, &id, &size, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = blob_begin(s, &in, err)) < 0 ||
	    (rc = blob_add(s, &in, blobs[blob].at, sizes[blob], err)) < 0)
		return rc;
	return blob_finish(s, &in, hash, &id, err);
}

/* Are these the bytes? */
static int
is_same(struct store *s, int64_t id, int blob, struct err *err)
{
	CLEANUP(buf_freep) unsigned char *got = malloc(sizes[blob] + 1);
	struct blob_out out;
	int64_t n;
	int rc;

	if (got == NULL)
		return err_oom(err);
	if ((rc = blob_open(s, &out, id, err)) < 0)
		return rc;
	n = blob_read(s, &out, got, sizes[blob] + 1, err);
	if (n < 0)
		return (int)n;
	return (size_t)n == sizes[blob] &&
	    memcmp(got, blobs[blob].at, sizes[blob]) == 0;
}

int
blobs_is_there(struct store *s, int blob, int read, struct err *err)
{
	uint64_t size;
	int64_t id;
	int rc = blob_find(s, blobs[blob].hash, &id, &size, err);

	if (rc <= 0 || !read)
		return rc;
	return size == sizes[blob] ? is_same(s, id, blob, err) : 0;
}
