/* senaite.h: SENAITE LIMS 2.x as an instance (mirror.h).
 *
 * Two modes with one kind of document, that of companion/PROTOCOL.md, "The
 * document":
 *
 *	companion	the add-on in companion/ is there: exact and quick
 *	plain		senaite.jsonapi, with plone.restapi where that helps:
 *			nothing is installed there, and not all can be carried
 *
 * senaite.c opens, tells the mode and gives each call to one of them.
 * Measured behaviour of the server: docs/senaite.md, "What the server does".
 */
#ifndef SATCHEL_SENAITE_H
#define SATCHEL_SENAITE_H

#include "../config.h"
#include "../http.h"
#include "../mirror.h"

#define SENAITE_UID_LEN 32u
#define SENAITE_API "/@@API/senaite/v1/"

struct senaite {
	const struct config *config;	/* borrowed */
	struct http *http;		/* base: the site's address */
	char *site;			/* last segment of its path, or what
					 * the companion says: "senaite" */
	int companion;			/* 1: that mode */
	char version[64];		/* of senaite.jsonapi: "2.6.0" */
	char companion_version[64];	/* "" in plain mode */
	char product[80], zone[64];
	unsigned page;			/* objects of one read */
	int has_clock;			/* clock_offset_s is known */
	int64_t clock_offset_s;		/* server's clock minus ours */
	uint64_t objects;
	struct buf columns;		/* plain: names that are no fields */
	struct buf unreadable;		/* plain: types that plone.restapi
					 * cannot read, a line feed around
					 * each */
};

/* Make a mirror for the settings; nothing is sent yet.  `c` is borrowed until
 * it is closed.  E_CONFIG, E_PERMS: url, password file, CA file. */
int senaite_open(struct mirror *ret, const struct config *c,
    struct err *err);

/* GET or POST below SENAITE_API, the answer as canonical JSON in `ret`
 * (appended).  `path` is what follows, encoded.  The server says failure as
 * 200 with "success":false: E_DEST_REJECTED with its message then, as for a
 * status of 400 and up; 401 is E_DEST_AUTH (there is nothing to log in again
 * with; of a write it may mean "this user may not").  On any error `ret` is
 * as it was.  ret_status (0: no answer) and ret_unclear may be NULL. */
int senaite_get(struct senaite *s, const char *path, struct buf *ret,
    int *ret_status, struct err *err);
int senaite_post(struct senaite *s, const char *path, enum http_kind kind,
    struct json_span body, struct buf *ret, int *ret_status, int *ret_unclear,
    struct err *err);

/* One push to a consumer of the companion, named in full ("satchel.list"):
 * `members` is what follows "consumer", as `"after":"","limit":50` (may be
 * empty).  Returns 1, or 0 if the server has no such consumer.  ret
 * (appended): the canonical object that it returned.  {"ok":false} is an
 * error: forbidden E_DEST_AUTH, request and internal E_DEST_PROTOCOL, limit
 * E_LIMIT, conflict E_DEST_REJECTED; the object is in `ret` then too, and on
 * any other error nothing is.  ret_unclear may be NULL. */
int senaite_push(struct senaite *s, const char *consumer,
    enum http_kind kind, struct json_span members, struct buf *ret,
    int *ret_unclear, struct err *err);

/* As in mirror_ops, one set a mode.  The two _facts are called after version
 * and user are known, with product, mode, zone "", clock, and batch 1 set in
 * `ret`; companion_facts returns 1, or 0 if there is no companion. */
int companion_facts(struct senaite *s, struct mirror_facts *ret,
    struct err *err);
int companion_list(struct senaite *s, const char *after,
    struct mirror_list *ret, struct err *err);
int companion_read(struct senaite *s, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err);
int companion_is_gone(struct senaite *s, const char *uid, struct err *err);
int companion_changes(struct senaite *s, const char *cursor,
    struct mirror_changes *ret, struct err *err);
int companion_blob(struct senaite *s, const char *uid,
    struct json_span attachment, int (*sink)(void *ctx, const char *at,
    size_t len, struct err *err), int (*restart)(void *ctx,
    struct err *err), void *ctx, struct err *err);
int companion_write(struct senaite *s, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err);

/* doctor of mirror_ops. */
int senaite_doctor(void *self, int (*say)(void *ctx, int level,
    const char *what, const char *next, struct err *err), void *ctx,
    struct err *err);

/* facts of mirror_ops: tells the mode. */
int senaite_facts(void *self, struct mirror_facts *ret, struct err *err);

/* The text of member `key` of an object, unescaped, cut to fit `cap` with its
 * NUL; "" if it is not there or no string. */
void senaite_text(char *out, size_t cap, struct json_span object,
    const char *key);

int plain_facts(struct senaite *s, struct mirror_facts *ret,
    struct err *err);
int plain_list(struct senaite *s, const char *after,
    struct mirror_list *ret, struct err *err);
int plain_read(struct senaite *s, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err);
int plain_is_gone(struct senaite *s, const char *uid, struct err *err);
int plain_changes(struct senaite *s, const char *cursor,
    struct mirror_changes *ret, struct err *err);
int plain_blob(struct senaite *s, const char *uid,
    struct json_span attachment, int (*sink)(void *ctx, const char *at,
    size_t len, struct err *err), int (*restart)(void *ctx,
    struct err *err), void *ctx, struct err *err);
int plain_write(struct senaite *s, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err);

/* Why plain mode never can hold a field of a type as wanted; NULL: it can, or
 * that is known only when it was tried. */
const char *plain_cannot_hold(const char *type, size_t len,
    const struct field *f);

#endif
