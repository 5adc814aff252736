/* blobs.h: attachments between the instance and the store, by way of unnamed
 * files in the home's spool; never in memory as a whole.
 */
#ifndef SATCHEL_BLOBS_H
#define SATCHEL_BLOBS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "mirror.h"
#include "run.h"

/* Contents read, waiting for the store. */
struct blobs_in {
	int fd;				/* -1: no file yet */
	uint64_t size;			/* bytes in it */
	struct blobs_one *all;		/* owned */
	size_t count, cap;
	struct buf names;		/* uids, fields, tokens */
};
#define BLOBS_IN_INIT { .fd = -1 }
void blobs_in_clear(struct blobs_in *b);

/* Read the content of an attachment, an item of a document's array with a
 * token; `remote` is the object there, `uid` in the store.  Goes to the store
 * at once, in a transaction of its own, what the spool would be too big with.
 * E_DEST_MISMATCH: not the size that the document says. */
int blobs_fetch(struct run *r, struct blobs_in *b, const char *remote,
    struct json_span uid, struct json_span attachment, struct err *err);

/* What was read into the store, in a writing transaction. */
int blobs_put(struct store *s, struct blobs_in *b, struct err *err);

/* The way out, for mirror_ops.write: a copy of the blob asked for last. */
struct blobs_out {
	struct run *run;
	int fd;				/* -1: none */
	unsigned char hash[32];
};
void blobs_out_clear(struct blobs_out *b);
int64_t blobs_out_read(void *blobs_out, const unsigned char hash[32],
    uint64_t at, void *to, size_t len, struct err *err);

#endif
