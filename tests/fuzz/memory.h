/* memory.h: bytes in memory as the input of the reader. */
#ifndef SATCHEL_FUZZ_MEMORY_H
#define SATCHEL_FUZZ_MEMORY_H

#include "../../format/reader.h"
#include "fuzz.h"

struct memory {
	struct json_span left;
	size_t step;			/* most bytes of one read; 0: any */
};

/* reader_in.read; `ctx` is a struct memory. */
int64_t memory_read(void *ctx, void *to, size_t len, struct err *err);

/* reader_walk over these bytes. */
int memory_walk(struct reader *r, struct json_span file, size_t step,
    struct err *err);

#endif
