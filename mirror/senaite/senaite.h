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
	struct http *http;		/* base: the site's address */
	char *site;			/* last segment of its path: "senaite" */
	int companion;			/* 1: that mode */
	char version[64];		/* of SENAITE: "2.6.0" */
	char product[80], zone[64];
	char mark[80];			/* companion: epoch of its log */
	unsigned page;			/* objects of one read */
	int64_t clock_offset_s;		/* server's clock minus ours */
	uint64_t objects;
	int has_log;
	struct buf columns;		/* plain: names that are no fields */
	struct buf scratch;
};

/* Make a mirror for the settings; nothing is sent yet.  `c` is borrowed until
 * it is closed.  E_CONFIG, E_PERMS: url, password file, CA file. */
int senaite_open(struct mirror *ret, const struct config *c,
    struct err *err);

/* GET or POST below SENAITE_API, the answer as canonical JSON in `ret`
 * (appended).  `path` is what follows, encoded.  The server says failure as
 * 200 with "success":false: E_DEST_REJECTED with its message then, as for a
 * status of 400 and up; 401 is E_DEST_AUTH.  ret_status may be NULL. */
int senaite_get(struct senaite *s, const char *path, struct buf *ret,
    int *ret_status, struct err *err);
int senaite_post(struct senaite *s, const char *path, enum http_kind kind,
    struct json_span body, struct buf *ret, int *ret_status, int *ret_unclear,
    struct err *err);

/* One push to a consumer of the companion: `members` is what follows
 * "consumer", as `"after":"","limit":50` (may be empty).  ret: the canonical
 * object that it returned, whose "ok" was true.  {"ok":false} is an error:
 * forbidden E_DEST_AUTH, request and internal E_DEST_PROTOCOL, limit E_LIMIT,
 * conflict E_DEST_REJECTED. */
int senaite_push(struct senaite *s, const char *consumer,
    enum http_kind kind, struct json_span members, struct buf *ret,
    int *ret_unclear, struct err *err);

/* As in mirror_ops, one set a mode. */
int companion_facts(struct senaite *s, struct mirror_facts *ret,
    struct err *err);			/* E_DEST_REJECTED: none there */
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

#endif
