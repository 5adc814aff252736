/* instance.h: what a store remembers of its instance (design section 6): for
 * each object its name there, the document last read, the versions that the
 * instance shows, what it refused; what is still to be projected; the cursor.
 * The documents are canonical JSON; what they mean is the mirror's.
 *
 * The tables are made by instance_init, at the birth of a home; the embedded
 * lab has none and pays nothing.  A trigger keeps a version that the instance
 * still shows when the merge lets it go, so that a change noticed later is
 * put onto what its author saw, and on nothing newer.
 *
 * Inside a transaction, writing where it says so.
 */
#ifndef SATCHEL_INSTANCE_H
#define SATCHEL_INSTANCE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "object.h"
#include "store.h"

enum instance_state {
	INSTANCE_HELD,			/* there, as `doc` says */
	INSTANCE_UNREAD,		/* there, but could not be read */
	INSTANCE_REFUSED,		/* refused, or not all of it held */
	INSTANCE_WAITING,		/* not tried, or the end is unclear */
	INSTANCE_LEFT			/* left out by policy */
};
const char *instance_state_name(enum instance_state st);

struct instance_row {
	struct buf uid;			/* the store's */
	struct buf remote;		/* UID there; empty: is not there */
	struct buf remote_id;		/* id there if projection changed it */
	struct buf doc;			/* last read, in the store's terms but
					 * with its tokens; empty: never */
	uint64_t seq;			/* of the object when it was shown */
	uint64_t seen;			/* number of the last inventory that
					 * had it */
	enum instance_state state;
	struct buf why;			/* canonical JSON array of
					 * {"field"?,"reason"} */
	int tries;
};					/* texts that are read end with NUL */
#define INSTANCE_ROW_INIT { .tries = 0 }
void instance_row_clear(struct instance_row *r);

/* Make the tables (writing); kind: "senaite", "eden".  The kind of a store,
 * "lab" if there are no tables. */
int instance_init(struct store *s, const char *kind, struct err *err);
int instance_kind(struct store *s, struct buf *ret, struct err *err);

/* By the store's uid, or by the UID there: 1 or 0.  `ret` is reset first. */
int instance_get(struct store *s, const char *uid, size_t len,
    struct instance_row *ret, struct err *err);
int instance_by_remote(struct store *s, const char *remote, size_t len,
    struct instance_row *ret, struct err *err);

/* The other name alone, appended, NUL behind it: 1, or 0 if none is known.
 * (Quick: for references.) */
int instance_uid_of(struct store *s, const char *remote, size_t len,
    struct buf *ret, struct err *err);
int instance_remote_of(struct store *s, const char *uid, size_t len,
    struct buf *ret, struct err *err);

/* Write a row, new or not, all of it; a doc is kept compressed, at most
 * INSTANCE_DOC_MAX: E_LIMIT.  E_DEST_MISMATCH: another object has this UID
 * there.  instance_forget drops all that is known of a uid. */
#define INSTANCE_DOC_MAX 4194304u
int instance_put(struct store *s, const struct instance_row *r,
    struct err *err);
int instance_forget(struct store *s, const char *uid, size_t len,
    struct err *err);

/* Only `seen`: quick.  1, or 0 if there is no such row. */
int instance_see(struct store *s, const char *remote, size_t len,
    uint64_t seen, struct err *err);

/* The versions that the instance shows: exactly these, replacing what was
 * (count 0: none).  They may have been read in an earlier transaction: one
 * that was merged away since then is kept. */
int instance_show(struct store *s, const char *uid, size_t len,
    struct version *const *shown, size_t count, struct err *err);

/* An edit by someone who was shown what instance_show said last; nothing was
 * shown if it never did.  instance_base reads what a difference is put onto:
 * 1, or 0 if there is no such object, which may be edited all the same.  Then
 * call instance_edit, in the same transaction. */
struct instance_base {
	struct object object;		/* id 0: no such object */
	struct version *kept;		/* owned: shown and superseded */
	size_t kept_count;
	struct siblings all;		/* owned list: siblings and kept,
					 * ascending by dot */
	char *shown;			/* owned: one for each of `all` */
	struct version *winner;		/* of those shown; NULL: none */
};
#define INSTANCE_BASE_INIT { .object = OBJECT_INIT }
void instance_base_clear(struct instance_base *b);
int instance_base(struct store *s, const char *uid, size_t len,
    struct instance_base *ret, struct err *err);

/* The edit (E_REF: an attachment that is not in the store), and its version is
 * now what is shown, with all that it saw.  1 with a new version; 0 if nothing
 * would change, and what is shown stays. */
int instance_edit(struct store *s, const char *uid, size_t len,
    const struct instance_base *b, const struct merge_edit *e,
    struct err *err);

/* Blobs read there: the hash by (uid, field, token): 1 or 0. */
int instance_blob(struct store *s, const char *uid, size_t len,
    struct json_span field, struct json_span token, unsigned char ret[32],
    uint64_t *ret_size, struct err *err);
int instance_blob_put(struct store *s, const char *uid, size_t len,
    struct json_span field, struct json_span token,
    const unsigned char hash[32], uint64_t size, struct err *err);

/* Texts to remember: cursor, inventory, dates.  1 or 0. */
int instance_note(struct store *s, const char *key, struct buf *ret,
    struct err *err);
int instance_note_put(struct store *s, const char *key, const char *value,
    struct err *err);			/* NULL: forget */

/* UIDs there of objects that every instance has ("site:/..."), up to `limit`,
 * each with a NUL behind, appended.  How many. */
int instance_sites(struct store *s, size_t limit, struct buf *ret,
    struct err *err);

/* Rows that an inventory `seen` should have had and had not (there is a UID
 * there, and it was seen last by an earlier one): count; and up to `limit` of
 * them above the store uid `after`, ascending: how many.  `each` may write. */
int instance_missing(struct store *s, uint64_t seen, uint64_t *ret,
    struct err *err);
int instance_missing_next(struct store *s, uint64_t seen, const char *after,
    size_t limit, int (*each)(void *ctx, const struct instance_row *r,
    struct err *err), void *ctx, struct err *err);

/* --- what is to be projected ------------------------------------------- */

/* Fill the list anew: every object whose sequence is above the one shown
 * (`all`: every object; refused, waiting and left ones always), with its depth
 * below parents that are in the list too, and the rank that `rank` gives its
 * type.  A deletion only if it is there.  Objects that `wants` says no to (0)
 * are left out, unless one that is in refers to them (refs.h) or lies in
 * them.  Writing; nothing is held in memory.  ret: how many.
 *
 * Parents that contain each other get the greatest depth.  Deletions come
 * after all others, what is inside before what it is in. */
struct instance_choice {
	int (*wants)(void *ctx, const struct object *o, const char *uid,
	    struct err *err);		/* 1, 0; NULL: all; only reads */
	unsigned (*rank)(void *ctx, const char *type, size_t len);
					/* NULL: all the same */
	void *ctx;
	int all;
};
int instance_due_fill(struct store *s, const struct instance_choice *c,
    uint64_t *ret, struct err *err);

/* The next ones of a pass (1, 2), by depth, rank and uid: uids as in
 * mirror_list, NUL-terminated, at most `limit` and of one depth.  Count. */
int instance_due_next(struct store *s, int pass, size_t limit,
    struct buf *ret_uids, size_t *ret_count, struct err *err);

/* Take it off the list (pass 0), or put it there for another pass. */
int instance_due_set(struct store *s, const char *uid, size_t len, int pass,
    struct err *err);
int instance_due_count(struct store *s, int pass, uint64_t *ret,
    struct err *err);

/* How many objects changed here since the instance showed them, or are not
 * there, and were not tried yet: neither refused, waiting nor left.  Only
 * reads. */
int instance_behind_count(struct store *s, uint64_t *ret, struct err *err);

/* Objects that are held but for some of it (state HELD, and `why`) are
 * refused from now on, so that they are due.  Writing. */
int instance_retry(struct store *s, struct err *err);

/* Each of what is not held (unread, refused, waiting), and of what is held but
 * for some of it, by type and uid; type "" for what the store has not.  `each`
 * may write. */
int instance_refused_each(struct store *s,
    int (*each)(void *ctx, const struct instance_row *r, const char *type,
    struct err *err), void *ctx, struct err *err);

#endif
