/* mem.h: an instance in memory, for tests: the twin of a real one, that can be
 * told to be lossy, slow of mind, and to fail.
 */
#ifndef SATCHEL_MEM_H
#define SATCHEL_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "mirror.h"

struct mem {
	/* What it is like; set at will.  Names: NULL none. */
	const char *drop;		/* member of "fields" that it has not */
	const char *round;		/* one of which it keeps one decimal */
	const char *refuse;		/* type that it does not take */
	const char *fail;		/* UID that cannot be read */
	const char *fail_blob;		/* token that cannot be read */
	int changes_ids;		/* ids become "M-..." */
	int own_uids;			/* UIDs become m0001 ... */
	int drops_history, own_history;	/* none is kept; one more a write */
	int own_modified;		/* each write sets it */
	int strict_refs;		/* one to nothing becomes null */
	int no_changes;			/* changes() does not work */
	int restarts;			/* blobs break off once */
	size_t batch, list_page;	/* 0: 10; 0: 7 */
	int cut;			/* connection: 0 holds; 1 cut before
					 * the object, 2 after it, */
	uint64_t cut_after;		/* once so many more are written */
	int mute;			/* writes are not read back */

	/* What was asked of it. */
	uint64_t lists, reads, blobs_read, blobs_written, asked_gone;
	uint64_t created, updated, deleted;

	/* private */
	struct mem_object *all;		/* ascending by UID */
	size_t count;
	struct mem_blob *blobs;
	size_t blob_count;
	struct mem_change *log;
	size_t log_count;
	unsigned epoch, next_uid, ticks;
};

struct mem *mem_new(void);		/* NULL: no memory */
void mem_freep(struct mem **m);
struct mirror mem_mirror(struct mem *m);	/* close leaves `m` as it is */

/* Somebody creates or changes an object: a document, any JSON, whose members
 * replace those it has.  Somebody deletes one with all that is in it. */
int mem_put(struct mem *m, const char *document, struct err *err);
int mem_delete(struct mem *m, const char *uid, struct err *err);

/* The document of a UID, or NULL; valid until the next change. */
const char *mem_get(struct mem *m, const char *uid);

/* The content that a token stands for: put, and get (NULL: none). */
int mem_blob_put(struct mem *m, const char *token, const void *at, size_t len,
    struct err *err);
const char *mem_blob_get(struct mem *m, const char *token, size_t *ret_len);

/* The log of changes begins anew: cursors are worth nothing. */
void mem_lose_log(struct mem *m);

#endif
