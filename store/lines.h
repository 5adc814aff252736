/* lines.h: the lab as JSON lines and CSV (design section 11, docs/lab.md).
 *
 * A line in: {"uid","type", any other member, "history":[...],
 * "attachments":[{"name","media_type","file" or "blake2b",...}]}, or
 * {"uid","type","deleted":true,"time"}.  All members but uid, type, deleted,
 * time (of a deletion) and history become F (version.h).  An attachment's
 * "file" is replaced by "size" and "blake2b".  Each history entry becomes
 * [time,rank,entry] with time its member "time" ("" if it has none) and entry
 * the whole object.
 */
#ifndef SATCHEL_LINES_H
#define SATCHEL_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "merge.h"
#include "object.h"
#include "store.h"

#define LINES_MAX 4194304u		/* bytes of a line with its newline */
#define LINES_DEPTH_MAX 64u		/* JSON levels of a line */

struct lines_stats {
	uint64_t lines, created, changed, same, deleted, attachments;
};

/* Called now and then; done and total in bytes of input. */
struct lines_progress {
	void (*at)(void *ctx, uint64_t done, uint64_t total, uint64_t objects);
	void *ctx;
};

/* Load files, all of them in one transaction (its own).  A name ending in
 * ".csv" is CSV; "-" is standard input (JSON lines, attachments relative to
 * the working folder).  Errors name file and line; nothing is changed then.
 * E_JSON, E_RECORD (not a line of the lab), E_REF (attachment missing),
 * E_LIMIT, E_IO. */
int lines_load(struct store *s, const char *const *paths, size_t count,
    const struct lines_progress *progress, struct lines_stats *ret,
    struct err *err);

/* One line of the lab as an edit: for `conflicts resolve --merge`.  `folder`:
 * where attachments' files are.  The spans of ret_edit are in `text`. */
int lines_edit(struct store *s, const char *folder, struct json_span line,
    struct buf *text, struct merge_edit *ret_edit, struct json_span *ret_uid,
    struct err *err);

struct lines_out {
	int (*write)(void *ctx, const void *data, size_t len,
	    struct err *err);
	void *ctx;
};

struct lines_dump {
	const char *type;		/* NULL: all */
	int deleted;			/* tombstones too */
	const char *attachments;	/* folder to write them to, or NULL */
};

/* All objects by uid, canonical JSON, one a line, in one read transaction.
 * With `attachments` each attachment gets "file":"<folder>/<blake2b>", the
 * folder as given, written once per content (file mode 0644, atomically). */
int lines_dump(struct store *s, const struct lines_dump *what,
    const struct lines_out *out, struct err *err);

/* The line of one object appended (no newline): 1, or 0 if there is none.
 * A deleted object gives its tombstone's line. */
int lines_show(struct store *s, const char *uid, struct buf *out,
    struct err *err);

/* The line of one sibling (with its own history), for people. */
int lines_of_version(const char *uid, size_t len, const struct version *v,
    struct buf *out, struct err *err);

/* Delete objects, all or none, in one transaction.  E_REF: no such object.
 * Those deleted already count as same. */
int lines_delete(struct store *s, const char *const *uids, size_t count,
    struct lines_stats *ret, struct err *err);

#endif
