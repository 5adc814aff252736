/* note.h: notes about one object (store/instance.h has those of a mirror):
 * "intent:" and the uid, "unclear:", "tried:".  The store is open and in a
 * transaction, a writing one for note_put.
 */
#ifndef SATCHEL_NOTE_H
#define SATCHEL_NOTE_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../store/instance.h"

/* `kind` is without the colon.  The note, appended: 1, or 0 if there is
 * none. */
int note_get(struct store *s, const char *kind, const char *uid,
    struct buf *out, struct err *err);

/* `value` NULL: forget it. */
int note_put(struct store *s, const char *kind, const char *uid,
    const char *value, struct err *err);

#endif
