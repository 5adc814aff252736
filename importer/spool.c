#include "spool.h"

#include <unistd.h>

#include "../base/file.h"

#define KEEP_FREE 1048576u		/* bytes left free on the home's disk */

struct tee {
	struct spool *spool;		/* what is written */
	int from;
	uint64_t at, size;
	const char *path;
	const struct ticker *progress;
};

void
spool_clear(struct spool *p)
{
	reader_clear(&p->reader);
	file_closep(&p->fd);
	*p = (struct spool)SPOOL_INIT;
}

/* Read from the medium, write to the copy. */
static int64_t
read_tee(void *ctx, void *to, size_t len, struct err *err)
{
	struct tee *t = ctx;
	int64_t n = file_pread(t->from, to, len, t->at, t->path, err);
	int rc;

	if (n <= 0)
		return n;
	if ((rc = file_write(t->spool->fd, to, (size_t)n, "the spool",
	    err)) < 0) {
		t->spool->home_failed = 1;
		return rc;
	}
	t->at += (uint64_t)n;
	ticker_bytes(t->progress, "reading", t->at, t->size);
	return n;
}

static int
check_space(struct store *s, uint64_t size, struct err *err)
{
	uint64_t free_bytes;
	int rc;

	if ((rc = file_free_space(s->home, &free_bytes, err)) < 0)
		return rc;
	if (free_bytes >= KEEP_FREE && free_bytes - KEEP_FREE >= size)
		return 0;
	(void)err_set(err, E_NOSPACE, "\"%s\": %llu bytes are free, a copy "
	    "takes %llu", s->home, (unsigned long long)free_bytes,
	    (unsigned long long)size);
	return err_next(err, "make room on the disk of the home");
}

int
spool_take(struct store *s, const char *path, struct spool *ret,
    const struct ticker *progress, struct err *err)
{
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;
	CLEANUP(file_closep) int from = -1;
	struct tee t = { .spool = ret, .path = path, .progress = progress };
	struct reader_in in = { read_tee, &t };
	int rc;

	if ((from = file_open(path, &t.size, err)) < 0)
		return err_rung(err, 0);
	buf_addf(&folder, "%s/spool", s->home);
	if (buf_str(&folder) == NULL)
		return err_oom(err);
	if ((rc = check_space(s, t.size, err)) < 0) {
		/* What is too big here says nothing of other files. */
		ret->home_failed = err->code != E_NOSPACE;
		return rc;
	}
	if ((rc = file_private(folder.at, err)) < 0) {
		ret->home_failed = 1;
		return rc;
	}
	ret->fd = rc;
	t.from = from;
	rc = reader_walk(&ret->reader, &in, err);
	return rc < 0 ? err_rung(err, 1) : 0;
}
