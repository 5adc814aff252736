/* terms.h: documents between the instance's terms and the store's: UIDs, site
 * objects, ids with prefixes.  The store is open and in a transaction.
 *
 * Prefixes never change a record: an object's id in the instance is
 * remembered with it (instance_row.remote_id), and an id that is read and is
 * that one stands for the record's own.
 */
#ifndef SATCHEL_TERMS_H
#define SATCHEL_TERMS_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "../store/instance.h"
#include "config.h"

/* A document of the instance as a line of the lab, canonical, in the store's
 * terms, appended: "path" and "site" dropped, uid, parent and every
 * {"uid":...} put into the store's terms (an unknown UID stays), the id as the
 * record has it.  Attachments keep their tokens.  ret_uid: the store's uid.
 * `row` may be the object's row, or NULL. */
int terms_in(struct store *s, struct json_span document,
    const struct instance_row *row, struct buf *out, struct buf *ret_uid,
    struct err *err);

/* The way back: a line, for the instance.  References to what the instance
 * does not have are given as they are, and counted in ret_open.
 * `id` is the id it shall have there (NULL: the record's). */
int terms_out(struct store *s, struct json_span line, const char *id,
    struct buf *out, uint64_t *ret_open, struct err *err);

/* The id that an object shall have in the instance by the policy of where it
 * was born: appended to `out`; 1 if it differs from the record's.  A local
 * prefix is taken off, else a remote prefix put on, both for prefix-types
 * only. */
int terms_id(const struct config_policy *p, const char *type,
    size_t type_len, const char *id, size_t id_len, struct buf *out,
    struct err *err);

/* New line: that of `base` (F and all) changed by what differs between
 * `last` and `now`, field by field, as an edit on the base: F of it,
 * canonical, appended.  history and modified are left to the caller.
 * Returns how many fields differ. */
int terms_patch(struct json_span base_f, struct json_span last_f,
    struct json_span now_f, struct buf *out, struct err *err);

/* The fields of F that differ in `held` from `wanted`: "field" names, one
 * call each.  `modified` never counts. */
int terms_differ(struct json_span wanted_f, struct json_span held_f,
    int (*each)(void *ctx, const struct field *f, struct json_span held,
    struct err *err), void *ctx, struct err *err);

#endif
