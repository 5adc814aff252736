/* take.h: one document of the instance into the store (design section 6), in
 * a writing transaction.
 *
 * What it says that the document last read did not say is put onto the
 * version that the instance shows; the rest of that version stays.
 */
#ifndef SATCHEL_TAKE_H
#define SATCHEL_TAKE_H

#include "doc.h"
#include "run.h"

enum take_kind {
	TAKE_OUT,			/* not wanted: no trace of it is kept */
	TAKE_NAME,			/* a site object: its name alone */
	TAKE_IN
};

/* By the policy; what is in already stays in.  `d` is what doc_find gave.
 * forced: something that is in refers to it. */
enum take_kind take_kind(const struct run *r, struct json_span document,
    const struct doc *d, int forced);

/* Take it: counted in r->n.  Its attachments are in the store.  An object
 * that cannot be taken is put down as unread with the reason, and no error. */
int take_document(struct run *r, struct store *s, struct json_span document,
    int forced, struct err *err);

/* It is there and could not be read.  `type` "": not known. */
int take_unread(struct run *r, struct store *s, const char *remote,
    const char *type, const char *reason, struct err *err);

/* Is a creation whose end is unclear (r->lost) this object, whose UID is new
 * to us?  Then it is put down as the one, and 1 returned. */
int take_lost(struct run *r, struct store *s, struct json_span document,
    struct err *err);

#endif
