/* attachment.h: the attachments of a line: files into the store, and out of
 * it again (design section 11).
 */
#ifndef SATCHEL_ATTACHMENT_H
#define SATCHEL_ATTACHMENT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "store.h"

/* Files in: read beside the store, then taken into it, in the same order. */
struct attachment_file {
	unsigned char hash[32];
	uint64_t size;
	size_t at;			/* of its content in `bytes`, */
	int held;			/* if that is held */
};

struct attachment_in {
	const char *folder;		/* borrowed; `file` is relative to it */

	/* private */
	struct buf bytes;
	struct attachment_file *files;	/* owned */
	size_t count, cap;
	size_t next;			/* the first that is not yet taken */
};
#define ATTACHMENT_IN_INIT { .folder = NULL }

/* Read the files that an array of attachments names (checked by line_read).
 * Small ones are held, as far as there is room; of others the hash is kept.
 * No database.  E_REF: no such file; E_FORMAT: no regular file; E_IO. */
int attachment_read(struct attachment_in *in, struct json_span array,
    struct err *err);

/* Append F with the array of its attachments, a span inside it that was read
 * next, each "file" now in the store and replaced by "blake2b" and "size".
 * Inside a writing transaction.  E_REF: blake2b alone, and not in the store;
 * E_HASH: not the blake2b or size that the line gives. */
int attachment_take(struct store *s, struct attachment_in *in,
    struct json_span fields, struct json_span array, struct buf *out,
    struct err *err);

void attachment_in_reset(struct attachment_in *in);	/* keeps its room */
void attachment_in_clear(struct attachment_in *in);

/* Files out, each content once. */
struct attachment_out {
	const char *folder;		/* borrowed */
	struct buf done;		/* a bit for each blob written */
	struct buf bytes;
};
#define ATTACHMENT_OUT_INIT { .folder = NULL }

/* Make the folder if it is missing.  E_USAGE: its name is not UTF-8. */
int attachment_out_open(struct attachment_out *a, const char *folder,
    struct err *err);

/* Append the array of attachments of an object, each that is whole in the
 * store with "file", after writing that.  E_USAGE: there is another file of
 * that name. */
int attachment_give(struct store *s, struct attachment_out *a,
    struct json_span array, struct buf *out, struct err *err);

void attachment_out_clear(struct attachment_out *a);

#endif
