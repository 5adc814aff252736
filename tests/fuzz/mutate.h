/* mutate.h: changes that know the structure, so that what they make gets past
 * the first check.
 *
 * All take their dice from the seed that libFuzzer gives, and what bytes
 * become from libFuzzer itself.
 */
#ifndef SATCHEL_FUZZ_MUTATE_H
#define SATCHEL_FUZZ_MUTATE_H

#include "fuzz.h"

struct dice {
	uint64_t state;
};

/* 0 to below - 1. */
unsigned dice(struct dice *d, unsigned below);

/* Change `in` and append it to `out`.  0, or -1 if it has not the structure
 * (what was appended is dropped). */
typedef int mutate_fn(struct dice *d, struct json_span in, struct buf *out);

/* For LLVMFuzzerCustomMutator: by `fn`; now and then, and where that cannot,
 * by libFuzzer alone. */
size_t mutate_by(mutate_fn *fn, uint8_t *data, size_t size, size_t max,
    unsigned seed);

/* Bytes, by libFuzzer. */
void mutate_bytes(struct buf *b);

/* A value of JSON, in any form, becomes another, in canonical form. */
mutate_fn mutate_json;

/* The last word is base64 (with or without padding): the bytes that it says
 * are changed; or the whole, as bytes. */
mutate_fn mutate_base64;

/* Lines: one is changed by `fn`, left out, doubled or put elsewhere. */
int mutate_lines(struct dice *d, struct json_span in, mutate_fn *fn,
    struct buf *out);
mutate_fn mutate_json_lines, mutate_base64_lines;

#endif
