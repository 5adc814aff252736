/* lines.h: the lab's lines in (design section 11, docs/lab.md): load and
 * delete.  What a line means is in line.h; the way out is dump.h.
 */
#ifndef SATCHEL_LINES_H
#define SATCHEL_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "../base/ticker.h"
#include "line.h"
#include "merge.h"
#include "object.h"
#include "store.h"

struct lines_stats {
	uint64_t lines, created, changed, same, deleted, attachments;
};

/* Load files, all of them in one transaction (its own).  A name ending in
 * ".csv" is CSV; "-" is standard input (JSON lines, attachments relative to
 * the working folder).  `progress`, or NULL, hears of bytes of input and of
 * lines.  Errors name file and line; nothing is changed then.
 * E_JSON, E_RECORD (not a line of the lab), E_REF (attachment missing),
 * E_HASH (an attachment is not what its line says), E_LIMIT, E_IO. */
int lines_load(struct store *s, const char *const *paths, size_t count,
    const struct ticker *progress, struct lines_stats *ret,
    struct err *err);

/* One line of the lab as an edit, its attachments taken from `folder`: for
 * `conflicts resolve --merge`.  Inside a writing transaction.  The spans of
 * ret_edit and ret_uid are in `text`; line_onto fits it to an object. */
int lines_edit(struct store *s, const char *folder, struct json_span line,
    struct buf *text, struct merge_edit *ret_edit, struct json_span *ret_uid,
    struct err *err);

/* The folder that holds a file, as attachments are relative to it. */
int lines_folder(const char *path, struct buf *out, struct err *err);

/* Delete objects, all or none, in one transaction.  E_REF: no such object.
 * Those deleted already count as same. */
int lines_delete(struct store *s, const char *const *uids, size_t count,
    struct lines_stats *ret, struct err *err);

#endif
