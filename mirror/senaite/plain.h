/* plain.h: shared inside the plain mode (senaite.h): plain_*.c alone. */
#ifndef SATCHEL_PLAIN_H
#define SATCHEL_PLAIN_H

#include "senaite.h"

#define PLAIN_PAGE 50u			/* objects of one request, at most */
#define PLAIN_LIST_PAGE 500u		/* UIDs of one request */

/* Is this failure one of the object that was asked for, so that others may
 * still be read or written? */
int plain_is_of_object(const struct err *err);

/* Fill s->columns, once. */
int plain_columns(struct senaite *s, struct err *err);

/* The whole item of one object, by its UID, appended.  1, or 0 if the server
 * says that it is not there, and knows us as it says so (else E_DEST_AUTH). */
int plain_item(struct senaite *s, const char *uid, struct buf *ret,
    struct err *err);

/* As plain_item, by its path from the portal ("/clients"). */
int plain_item_at(struct senaite *s, const char *path, struct buf *ret,
    struct err *err);

/* Append the document of an item; asks plone.restapi for what the item leaves
 * open.  Errors: plain_is_of_object, or of the connection. */
int plain_document(struct senaite *s, struct json_span item, struct buf *out,
    struct err *err);

/* Append the document of a user, or of the registry.  1, or 0: none there. */
int plain_user(struct senaite *s, const char *name, struct buf *out,
    struct err *err);
int plain_registry(struct senaite *s, struct buf *out, struct err *err);

#endif
