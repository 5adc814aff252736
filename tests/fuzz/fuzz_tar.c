/* fuzz_tar.c: any bytes as a tar archive.  What is taken is what the writer
 * of the one canonical form makes of its names and contents. */
#include "../../base/text.h"
#include "../../format/tar.h"
#include "vessel.h"

#define NAME_ROOM 64u			/* of a header on its own */

struct seen {
	const char *at, *end;		/* the input */
	struct buf again;
};

static void
seen_clear(struct seen *s)
{
	buf_clear(&s->again);
}

static int
entry(void *ctx, const char *name, const void *content, size_t size,
    struct err *err)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK];
	struct seen *s = ctx;
	const char *p = content;

	(void)err;
	ALWAYS(text_is_uid(name, strlen(name)) && strlen(name) < 100);
	ALWAYS(strpbrk(name, "/:@~+") == NULL);
	ALWAYS(p >= s->at && p <= s->end && (size_t)(s->end - p) >= size);
	tar_header(header, name, size);
	buf_add(&s->again, header, TAR_BLOCK);
	buf_add(&s->again, content, size);
	buf_add(&s->again, zeros, tar_padding(size));
	return 0;
}

/* A header alone, for a name of less room. */
static void
check_header(const uint8_t *data)
{
	unsigned char again[TAR_BLOCK];
	struct err err = ERR_INIT;
	char name[NAME_ROOM] = "";
	uint64_t size = 0;
	int rc;

	rc = tar_parse(data, name, sizeof name, &size, &err);
	if (fuzz_took(rc, &err, "E_HEADER") && rc > 0) {
		ALWAYS(strlen(name) < sizeof name);
		tar_header(again, name, size);
		ALWAYS(memcmp(again, data, TAR_BLOCK) == 0);
	}
	ALWAYS(rc > 0 || (name[0] == '\0' && size == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(seen_clear) struct seen s = { .at = (const char *)data,
	    .end = (const char *)data + size };
	static const char zeros[TAR_END];
	struct err err = ERR_INIT;
	int rc;

	if (size >= TAR_BLOCK)
		check_header(data);
	rc = tar_walk(data, size, entry, &s, &err);
	if (fuzz_took(rc, &err, "E_HEADER E_TRAILER E_TRUNCATED")) {
		buf_add(&s.again, zeros, sizeof zeros);
		ALWAYS(fuzz_same(&s.again, data, size));
	}
	return 0;
}

static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(vessel_freep) struct vessel *v = NULL;

	if (vessel_open(&v, in) < 0)
		return -1;
	if (v->count == 0 || dice(d, 2) == 0)
		vessel_shuffle(d, v);
	else
		mutate_bytes(&v->part[dice(d, (unsigned)v->count)].content);
	vessel_close(v, out);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
