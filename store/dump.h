/* dump.h: the lab's lines out (design section 11): the winner with the
 * history of all siblings, canonical JSON, the keys that were loaded.
 */
#ifndef SATCHEL_DUMP_H
#define SATCHEL_DUMP_H

#include <stddef.h>

#include "../base/ticker.h"
#include "object.h"
#include "store.h"
#include "version.h"

struct dump_out {
	int (*write)(void *ctx, const void *data, size_t len,
	    struct err *err);
	void *ctx;
};

struct dump_what {
	const char *type;		/* NULL: all */
	int deleted;			/* tombstones too */
	const char *attachments;	/* folder to write them to, or NULL */
	struct ticker progress;		/* objects, and bytes of their lines */
};

/* All objects by uid, one a line, in one read transaction.  With
 * `attachments` each attachment that is here gets "file":"<folder>/<blake2b>",
 * the folder as given, written once per content (mode 0644 less umask,
 * atomically; a file that is there already must be the same). */
int dump_all(struct store *s, const struct dump_what *what,
    const struct dump_out *out, struct err *err);

/* The line of one object appended (no newline): 1, or 0 if there is none.
 * A deleted object gives its tombstone's line. */
int dump_object(struct store *s, const char *uid, struct buf *out,
    struct err *err);

/* The line of one sibling (with its own history), for people. */
int dump_version(const char *uid, size_t len, const struct version *v,
    struct buf *out, struct err *err);

#endif
