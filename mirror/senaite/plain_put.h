/* plain_put.h: one object being written in plain mode: plain_put.c and its
 * parts plain_find.c, plain_body.c, plain_make.c, plain_file.c, plain_step.c.
 *
 * The API's word counts for nothing: a refusal may have kept half of what was
 * sent, and a success may have dropped it.  So every step ends with reading
 * the object again, and what then still differs is what was not done.
 */
#ifndef SATCHEL_PLAIN_PUT_H
#define SATCHEL_PLAIN_PUT_H

#include "plain.h"

#define PLAIN_FILE_MAX 16777216u	/* bytes of a file that can be sent */

struct plain_put {
	struct senaite *s;
	struct mirror_put *put;
	const struct mirror_blobs *blobs;
	struct json_span doc, fields;	/* wanted */
	struct json_span last;		/* its fields; len 0: never read */
	struct json_span type;		/* text */
	int archetype;
	char uid[SENAITE_UID_LEN + 1];	/* there; "" not yet */
	struct buf item, now;		/* as it is: item, document */
	struct buf path;		/* from the portal; NUL behind */
	struct buf known;		/* UIDs that are there, a line feed
					 * around each */
	struct buf dropped;		/* fields that would have it refused, a
					 * line feed around each */
	struct buf said;		/* why the newest request was refused */
	int changed;			/* some request was carried out */
	int unclear;			/* some request has no known end */
	int made;			/* just now, with our name and date */
};

/* Where it goes on: 1 go on, 0 the put has its result, negative an error of
 * the connection. */

/* Read the object again: item, now, path.  0: it is not there. */
int plain_put_read(struct plain_put *p, struct err *err);

/* Set the result to REFUSED, for this reason; returns 0. */
int plain_put_refuse(struct plain_put *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* POST below the API, or a method to an object by plone.restapi: 1 carried
 * out, 0 refused (said), negative: no connection, or no telling. */
int plain_put_post(struct plain_put *p, const char *route,
    const struct buf *body, struct buf *answer, struct err *err);
int plain_put_rest(struct plain_put *p, const char *method, const char *path,
    const char *tail, const struct buf *body, struct buf *answer,
    struct err *err);

/* Path and UID of what is there by a UID or a path, appended with a NUL
 * behind; either may be NULL.  1, or 0: not there. */
int plain_find(struct senaite *s, const char *name, struct buf *ret_path,
    struct buf *ret_uid, struct err *err);

/* Ask which of the objects that `value` refers to are there. */
int plain_find_known(struct plain_put *p, struct json_span value,
    struct err *err);

/* Is the object there already, from an attempt whose end was not clear?  Sets
 * p->uid.  1, or 0: no.  With an id that another object has: REFUSED and 2. */
int plain_find_earlier(struct plain_put *p, const char *parent,
    struct err *err);

/* The newest object of this kind in `parent` with the same title and key
 * fields that still has our name and the date of now.  As above, but 2. */
int plain_find_recent(struct plain_put *p, const char *parent,
    struct err *err);

/* Append the wanted fields that are still to be written as members of an
 * object, a comma before each; returns how many.  `one`: that field alone
 * (len 0: all).  `rest`: in the form of plone.restapi. */
size_t plain_body(struct buf *out, const struct plain_put *p, int rest,
    struct json_span one);

int plain_is_dropped(const struct plain_put *p, struct json_span name);

/* Walk the fields that are still to be written. */
int plain_body_next(const struct plain_put *p, struct json_walk *w,
    struct json_span *ret_name, struct json_span *ret_value);

/* Are two values the same, as far as the API can show? */
int plain_same(struct json_span a, struct json_span b);

int plain_make(struct plain_put *p, struct err *err);

/* Give a new object the creator and date of its origin: last of all, since
 * until then it can be told for an attempt that did not come to its end. */
int plain_set_origin(struct plain_put *p, struct err *err);

int plain_files(struct plain_put *p, struct err *err);
int plain_steps(struct plain_put *p, struct err *err);

/* Append {"data","encoding","filename","content-type"} members or the base64
 * text of a wanted attachment, quotes included. */
int plain_file_data(struct plain_put *p, struct json_span attachment,
    struct buf *out, struct err *err);

#endif
