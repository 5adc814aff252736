#include "memory.h"

int64_t
memory_read(void *ctx, void *to, size_t len, struct err *err)
{
	struct memory *m = ctx;
	size_t n = len < m->left.len ? len : m->left.len;

	(void)err;
	n = m->step != 0 && n > m->step ? m->step : n;
	if (n > 0)
		memcpy(to, m->left.at, n);
	m->left.at += n;
	m->left.len -= n;
	return (int64_t)n;
}

int
memory_walk(struct reader *r, struct json_span file, size_t step,
    struct err *err)
{
	struct memory m = { file, step };
	struct reader_in in = { memory_read, &m };

	return reader_walk(r, &in, err);
}
