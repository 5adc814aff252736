/* writer.h: members out, in one pass (docs/format.md, "Container").
 * The tar is written with libarchive, through the output given. */
#ifndef SATCHEL_WRITER_H
#define SATCHEL_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "manifest.h"
#include "minisign.h"

extern const char format_readme[];	/* README.txt, a constant */

struct writer_out {
	int (*write)(void *ctx, const void *data, size_t len,
	    struct err *err);
	void *ctx;
};

struct writer;

/* Starts the file with README.txt. */
int writer_new(struct writer **ret, const struct writer_out *out,
    struct err *err);
void writer_freep(struct writer **w);	/* the abort path */

/* The name of data member `number` (1..): "000001.records.jsonl.zst.age". */
void writer_name(char out[FORMAT_NAME_MAX], unsigned number, int is_records,
    enum codec codec, int encrypted);

/* The next data member; `hash` is BLAKE2b-256 of the stored bytes. */
int writer_data(struct writer *w, const char *name, const void *stored,
    size_t len, const unsigned char hash[32], struct err *err);

/* Bytes written so far; and what the tail can add for `members` members and
 * a manifest of at most `manifest` bytes. */
uint64_t writer_size(const struct writer *w);
size_t writer_tail_bound(unsigned members, size_t manifest);

/* manifest.json, SUMS, SUMS.minisig and the end.  ret_id: BLAKE2b-256 of
 * SUMS, the id of the file. */
int writer_finish(struct writer *w, const struct manifest *m,
    const struct minisign_secret *key, unsigned char ret_id[32],
    struct err *err);

#endif
