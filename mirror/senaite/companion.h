/* companion.h: what the files of the companion mode share.  Every request of
 * PROTOCOL.md may be repeated: reads anyway, parts of an upload by their
 * offset, and an import because the UIDs are chosen, so that what came in
 * before is "same" (a deletion: "absent").
 */
#ifndef SATCHEL_COMPANION_H
#define SATCHEL_COMPANION_H

#include "senaite.h"

#define COMPANION_PROTOCOL 1
#define COMPANION_BYTES 4194304u	/* aim of a body and of an answer */
#define COMPANION_TOKEN "sha256:"	/* and 64 hex digits */
#define COMPANION_SHA_LEN 64u

/* senaite_push to a companion that facts found; `ret` is empty before.  That
 * the companion is gone now is E_DEST_REJECTED, and so is a conflict, after
 * some tries if it may be one of two that write at once. */
int companion_call(struct senaite *s, const char *consumer,
    const struct buf *members, struct buf *ret, struct err *err);

/* Was the object with "ok":false that a failed call left in `ret` this
 * error?  0 if there is none. */
int companion_said(const struct buf *ret, const char *error);

/* Does the companion answer at all?  Tells whether a request failed for what
 * was in it. */
int companion_answers(struct senaite *s);

/* A document of PROTOCOL.md as one of mirror.h, appended: attachments get
 * "token" for "sha256", settings objects "settings":true.  -1 (and `out` as
 * it was) if it has no uid or type, or an attachment no sha256. */
int companion_document(struct buf *out, struct json_span item);

/* The member "modified" of a document (len 0: none) as it was read, with its
 * quotes.  0 if it has none, and for site objects, which move by
 * themselves. */
int companion_modified(struct json_span *ret, struct json_span document);

#endif
