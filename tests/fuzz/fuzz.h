/* fuzz.h: what the fuzz targets share: libFuzzer's functions, and the check
 * that ends the program.
 *
 * A target is fuzz_NAME.c, its corpus corpus/NAME.  Built with clang it is
 * searched with by run.sh; built as any program, with standalone.c, it
 * replays files.  All keys here are those of tests/golden/keys: public, for
 * tests alone.
 */
#ifndef SATCHEL_FUZZ_H
#define SATCHEL_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/buf.h"
#include "../../base/err.h"
#include "../../base/json_scan.h"

/* A target defines the first, may define the second, and calls the third
 * (libFuzzer's own changes; in standalone.c they change nothing). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define ALWAYS(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
		    __LINE__, #cond);					\
		abort();						\
	}								\
} while (0)

/* The call succeeds, or its error is shown. */
#define GOOD(call, err) do {						\
	if ((call) < 0) {						\
		fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__,	\
		    __LINE__, #call, err_name((err)->code),		\
		    (err)->text);					\
		abort();						\
	}								\
} while (0)

/* Are the bytes of `b` these? */
int fuzz_same(const struct buf *b, const void *at, size_t len);

/* The call that set `err` returned `rc`.  If it is a refusal: the code is
 * what was returned, there is a text, and the name is one of `names`
 * ("E_JSON E_LIMIT").  Returns 1 if it is none. */
int fuzz_took(int rc, const struct err *err, const char *names);

/* The golden sender: its site id, and its signing key, made once; and the
 * golden reader's age identity (as text). */
#define FUZZ_SENDER "0992a172715bc18d"
struct minisign_secret;
const struct minisign_secret *fuzz_key(void);
extern const char fuzz_age_identity[];

/* A context for format/codec.h, made once. */
struct codec_ctx;
struct codec_ctx *fuzz_codec(void);

#endif
