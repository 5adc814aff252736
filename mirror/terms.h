/* terms.h: documents between the instance's terms and the store's: UIDs, site
 * objects, ids with prefixes.  The store is open and in a transaction.
 *
 * A site object's uid in the store is "site:" and its path: "site:/clients",
 * "site:/users/NAME", "site:/registry" (text_is_uid wants a letter first); to
 * the instance it goes by its UID there, or by its path while that is unknown.
 *
 * Prefixes never change a record: an object's id in the instance is
 * remembered with it (instance_row.remote_id), and an id that is read and is
 * that one stands for the record's own.  So does a title that is the id.
 */
#ifndef SATCHEL_TERMS_H
#define SATCHEL_TERMS_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "../store/instance.h"
#include "config.h"

/* The store's name of a UID of the instance, appended, NUL behind it: as the
 * map has it; of a path ("/clients", "/users/labman", an instance's own name
 * for what has no UID) "site:" and the path; else the UID itself.
 *
 * A uid may not have every byte that a path has (text_is_uid): others, and a
 * period after a period, are ~xx in lower-case hex. */
#define TERMS_SITE "site:"
int terms_uid(struct store *s, const char *remote, size_t len,
    struct buf *out, struct err *err);

/* A document of the instance, canonical, as a line of the lab, canonical, in
 * the store's terms, appended: "path" and "site" dropped, uid, parent and
 * every reference (store/refs.h) put into the store's terms, the id as the
 * record has it.  History and attachments stay as they are, with their
 * tokens.  ret_uid, appended: the store's uid, which the caller writes into
 * the row with the document's UID as `remote`.  `row` may be the object's
 * row, or NULL.
 *
 * An unknown UID stays.  So what every instance has from the beginning
 * ("site":true), whose UID is another in each, must be in the map before what
 * refers to it is read: site objects first.
 *
 * E_RECORD: no uid, or one that is none. */
int terms_in(struct store *s, struct json_span document,
    const struct instance_row *row, struct buf *out, struct buf *ret_uid,
    struct err *err);

/* The way back: a line, for the instance.  References to what the instance
 * does not have are given as they are, and counted in ret_open; a site object
 * that is not in the map is given by its path, and not counted.
 * `id` is the id it shall have there (NULL: the record's). */
int terms_out(struct store *s, struct json_span line, const char *id,
    struct buf *out, uint64_t *ret_open, struct err *err);

/* The id that an object shall have in the instance by the policy of where it
 * was born: appended to `out`; 1 if it differs from the record's.  A local
 * prefix is taken off, else a remote prefix put on that is not there yet, both
 * for prefix-types only. */
int terms_id(const struct config_policy *p, const char *type,
    size_t type_len, const char *id, size_t id_len, struct buf *out,
    struct err *err);

/* F of `base` changed by what differs between `last` and `now`, field by
 * field, canonical, appended: where these two are the same the base's value
 * stays, else it is as now, absent if it is absent there.  "history" and
 * "modified" stay the base's: they are the caller's.  Any F may be len 0: no
 * fields.  Returns how many fields differ. */
int terms_patch(struct json_span base_f, struct json_span last_f,
    struct json_span now_f, struct buf *out, struct err *err);

/* The fields of F that differ in `held` from `wanted`, ascending, one call
 * each: f->value is the wanted one, len 0 where there is none.  "history" and
 * "modified" never count.  Returns how many. */
int terms_differ(struct json_span wanted_f, struct json_span held_f,
    int (*each)(void *ctx, const struct field *f, struct json_span held,
    struct err *err), void *ctx, struct err *err);

#endif
