#include "sight.h"

#include <sodium.h>

#include "../base/file.h"

struct source {
	crypto_generichash_state state;
	const char *path;
	uint64_t at;
	int fd;
};

void
sight_clear(struct sight *x)
{
	reader_clear(&x->reader);
}

static int64_t
read_more(void *ctx, void *to, size_t len, struct err *err)
{
	struct source *in = ctx;
	int64_t n = file_pread(in->fd, to, len, in->at, in->path, err);

	if (n <= 0)
		return n;
	in->at += (uint64_t)n;
	(void)crypto_generichash_update(&in->state, to,
	    (unsigned long long)n);
	return n;
}

int
sight_read(struct sight *x, const char *path, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	struct source in = { .path = path, .at = 0 };
	const struct reader_in from = { read_more, &in };
	uint64_t size = 0;

	if ((fd = file_open(path, &size, err)) < 0)
		return fd;
	in.fd = fd;
	(void)crypto_generichash_init(&in.state, NULL, 0, sizeof x->hash);
	if (reader_walk(&x->reader, &from, err) < 0)
		return err_prefix(err, "\"%s\"", path);
	(void)crypto_generichash_final(&in.state, x->hash, sizeof x->hash);
	return 0;
}
