/* content.h: what attachments look like to a compressor. */
#ifndef BENCH_CONTENT_H
#define BENCH_CONTENT_H

#include "../../base/buf.h"
#include "dice.h"

struct content_spec {
	unsigned upto;			/* of 100: it or one before */
	const char *suffix, *media_type;
	/* Append at least `size` bytes. */
	void (*make)(struct buf *b, struct dice *d, size_t size);
};
extern const struct content_spec contents[];

#endif
