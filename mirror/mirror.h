/* mirror.h: an instance (SENAITE, Eden) as Satchel sees it.
 *
 * A mirror is noticed into the store (notice.h) and projected from it
 * (project.h).  Both speak to the instance through `struct mirror_ops` alone;
 * mem.h is the twin in memory for tests.  Nothing here knows of bundles.
 *
 * A *document* is one object as the instance has it: a line of the lab
 * (store/line.h, canonical JSON) in the instance's own terms, that is with
 * its UIDs and ids, and with these members besides or instead:
 *
 *	"path"		where it is, from the instance's root; notice drops it
 *	"parent"	UID, or null at the root
 *	"site":true	an object that every instance has from the beginning
 *			(a folder, the settings); its uid in the store is
 *			"site:" and its path ("site:/clients"; a uid begins
 *			with a letter there), whatever its UID here.  So are
 *			users ("site:/users/NAME") and the registry
 *			("site:/registry")
 *	"settings":true	beside "site": it carries content that is worth to
 *			travel (the setup), not the folder alone; notice drops
 *			it
 *	"attachments"	[{"field","name","media_type","size"?,"token"}]:
 *			`token` is a text that differs when the content does
 *			(a hash, or name and date); `size` may be missing
 *
 * Everything else ("fields", "history", "state", "created", ...) is as in a
 * line.  Values are verbatim.
 */
#ifndef SATCHEL_MIRROR_H
#define SATCHEL_MIRROR_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "../store/field.h"

#define MIRROR_OPS_VERSION 1
#define MIRROR_UID_MAX 128u		/* bytes of an instance's UID */
#define MIRROR_READ_MAX 100u		/* UIDs of one read */
#define MIRROR_WRITE_MAX 100u		/* objects of one write */

/* What an instance is and can.  Texts are owned by the instance. */
struct mirror_facts {
	const char *product;		/* "SENAITE 2.6.0" */
	const char *mode;		/* "companion", "plain", "memory" */
	const char *zone;		/* "UTC", "Europe/Madrid", "" unknown */
	int64_t clock;			/* seconds since 1970; -1 unknown */
	uint64_t objects;		/* 0: not known */
	int has_changes;		/* changes() works now */
	int exact;			/* the documents of a mode lack what
					 * those of one with a greater number
					 * have */
	int keeps_uids;			/* write() keeps the UID asked for */
	size_t batch;			/* objects of one write: 1..MAX */
	const char *cannot;		/* what this mode cannot carry: lines of
					 * text for a person; "" */
};

/* The UIDs of an inventory, ascending. */
struct mirror_list {
	struct buf uids;		/* one after the other, each with NUL */
	size_t count;
	int more;			/* there are UIDs after the last */
};
void mirror_list_clear(struct mirror_list *l);
void mirror_list_add(struct mirror_list *l, const char *uid, size_t len);

/* The next UID: NULL begins, NULL is the end. */
const char *mirror_list_next(const struct mirror_list *l, const char *uid);

/* What a read gives, each UID once, in any order.  A negative return of a
 * function ends the read and is returned.  The spans are valid during the
 * call. */
struct mirror_sink {
	int (*item)(void *ctx, struct json_span document, struct err *err);
	int (*failed)(void *ctx, const char *uid, const char *type,
	    const char *reason, struct err *err);	/* type "" unknown */
	int (*absent)(void *ctx, const char *uid, struct err *err);
	void *ctx;
};

/* Changes since a cursor. */
struct mirror_changes {
	struct mirror_list changed, deleted;
	struct buf cursor;		/* NUL-terminated; where to go on */
	int more;
};
void mirror_changes_clear(struct mirror_changes *c);

/* Content of a blob of the store, any part of it: bytes read (fewer only at
 * the end), or negative. */
struct mirror_blobs {
	int64_t (*read)(void *ctx, const unsigned char hash[32], uint64_t at,
	    void *to, size_t len, struct err *err);
	void *ctx;
};

enum mirror_result {
	MIRROR_UNKNOWN,			/* not tried, or its end is unclear */
	MIRROR_DONE,			/* written; see read_back */
	MIRROR_REFUSED,			/* nothing of it was written */
	MIRROR_GONE			/* deleted, or was not there */
};

/* One object to be written. */
struct mirror_put {
	const char *uid;		/* its UID there, or the one that it
					 * should get */
	int exists;			/* it is there (by what is known) */
	int deleted;			/* it should not be there */
	int read_only, update_only;
	int second;			/* references again, now that what they
					 * refer to has come */
	struct json_span document;	/* wanted; canonical; attachments with
					 * "blake2b" and "size", and "token"
					 * where what is there has that one;
					 * len 0 with `deleted` */
	struct json_span last;		/* as last read there; len 0: never */

	enum mirror_result result;	/* out */
	struct buf remote;		/* out: its UID there */
	struct buf read_back;		/* out: document as it is now; empty if
					 * it could not be read */
	struct buf reason;		/* out, of REFUSED: text for a person */
};

struct mirror_ops {
	unsigned version;		/* MIRROR_OPS_VERSION */

	/* Ask who is there.  First call of all.  E_DEST_*. */
	int (*facts)(void *self, struct mirror_facts *ret, struct err *err);

	/* Up to some thousand UIDs above `after` ("": from the first). */
	int (*list)(void *self, const char *after, struct mirror_list *ret,
	    struct err *err);

	/* Objects by UID, at most MIRROR_READ_MAX.  An error is of the
	 * connection; an object that cannot be read is `failed`. */
	int (*read)(void *self, const char *const *uids, size_t count,
	    const struct mirror_sink *sink, struct err *err);

	/* Is it gone?  1: the instance says so of this very object; 0: it is
	 * there, or that cannot be said. */
	int (*is_gone)(void *self, const char *uid, struct err *err);

	/* What changed after `cursor` ("": give the present end alone).
	 * Returns 1, or 0 if only a full inventory can tell; ret->cursor is
	 * then where to go on after that inventory, empty if never. */
	int (*changes)(void *self, const char *cursor,
	    struct mirror_changes *ret, struct err *err);

	/* Stream the content of an attachment, an item of a document's
	 * array.  `restart`: begin again from the first byte. */
	int (*blob)(void *self, const char *uid, struct json_span attachment,
	    int (*sink)(void *ctx, const char *at, size_t len,
	    struct err *err), int (*restart)(void *ctx, struct err *err),
	    void *ctx, struct err *err);

	/* Write objects, parents before children.  Sets `result` of each; an
	 * error is of the connection, and leaves UNKNOWN what is not clear. */
	int (*write)(void *self, struct mirror_put *puts, size_t count,
	    const struct mirror_blobs *blobs, struct err *err);

	/* Why this instance by its nature, whatever is tried, cannot hold what
	 * is wanted of a field; NULL if that is no matter of nature.  NULL
	 * for an instance that can hold everything.  The text is constant. */
	const char *(*cannot_hold)(void *self, const char *type, size_t len,
	    const struct field *f);

	/* Order of creation among objects of one depth: small first. */
	unsigned (*rank)(void *self, const char *type, size_t len);

	/* Add what doctor should say: one call of `say` a finding.  level
	 * 0 good, 1 note, 2 must be mended. */
	int (*doctor)(void *self, int (*say)(void *ctx, int level,
	    const char *what, const char *next, struct err *err), void *ctx,
	    struct err *err);

	/* Requests sent, bytes received, microseconds spent waiting. */
	void (*totals)(void *self, uint64_t ret[3]);

	void (*close)(void *self);	/* takes NULL */
};

struct mirror {
	const struct mirror_ops *ops;
	void *self;
};
void mirror_close(struct mirror *m);

#endif
