/* line.h: one line of the lab taken apart (design section 11, docs/lab.md).
 * Pure: no database, no files.
 *
 * A line: {"uid","type", any other member, "history":[...],
 * "attachments":[{"file" or "blake2b",...}]}, or
 * {"uid","type","deleted":true,"time","history"}.  All members but uid, type,
 * deleted, time (of a deletion) and history become F (version.h); of an
 * empty history F keeps "history":[], so that it is dumped again.  Each
 * history entry becomes [time,entry] with time its member "time" ("" if that
 * is no string); of entries that are the same the first stays.
 */
#ifndef SATCHEL_LINE_H
#define SATCHEL_LINE_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "merge.h"

#define LINE_BYTES_MAX 4194304u		/* of a line with its newline */
#define LINE_DEPTH_MAX 64u		/* JSON levels of a line */

struct line_span {			/* place in a text that may move */
	size_t at, len;
};

struct line {
	struct line_span uid, type;	/* plain */
	struct line_span fields;	/* F; len 0: a deletion */
	struct line_span time;		/* of a deletion, quotes included */
	struct line_span entries;	/* [[time,entry],...]; len 0: none */
	struct line_span attachments;	/* in F, if there are any */
};

/* Read a line; what it says is appended to `out`.  `scratch` is overwritten.
 * E_JSON; E_RECORD: not a line of the lab. */
int line_read(struct line *ret, struct json_span text, struct buf *scratch,
    struct buf *out, struct err *err);

struct json_span line_text(const struct buf *text, struct line_span span);

/* Fit an edit to the object that it changes: entries which it has are left
 * out, "history":[] stays as the winner has it once the history is not empty,
 * and a deletion without a time keeps the time of a tombstone.  What is new
 * goes to `text` and must outlive the edit. */
int line_onto(struct siblings set, struct merge_edit *edit, struct buf *text,
    struct err *err);

#endif
