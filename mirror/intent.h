/* intent.h: a write that is about to be made, so that a later run can tell
 * what came of one whose end is not known.  Inside a writing transaction.
 *
 * While it is open the instance may show what it showed or what was to be
 * written: instance.h is told of both.  The note ("intent:" and the uid):
 *
 *	{"dots":[DOT,...],"line":{...},"was":[DOT,...]}
 *
 * the versions that look like what is written, its line with hashes instead
 * of tokens, the versions shown before.
 */
#ifndef SATCHEL_INTENT_H
#define SATCHEL_INTENT_H

#include "../store/instance.h"
#include "doc.h"

/* `base` is the object with what is shown; not_there: then nothing is. */
int intent_put(struct store *s, const char *uid,
    const struct instance_base *base, const struct doc_line *wanted,
    int not_there, struct err *err);

/* The line, appended: 1, or 0 if there is no intent. */
int intent_line(struct store *s, const char *uid, struct buf *out,
    struct err *err);

/* It was carried out, or it was not: this alone is shown.  1, or 0 if there
 * is no intent. */
int intent_done(struct store *s, const char *uid, struct err *err);
int intent_undone(struct store *s, const char *uid, struct err *err);

/* The end is known, and what is shown was told to instance.h. */
int intent_drop(struct store *s, const char *uid, struct err *err);

#endif
