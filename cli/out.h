/* out.h: what a command says: text, or with --json one JSON document.
 *
 * A command says both and only one is heard: out_text does nothing in JSON,
 * the out_json_* functions do nothing in text.  JSON is written as it comes,
 * so a document may be of any length; a failure in the middle closes what is
 * open and still ends the document with its "error".
 *
 *	out_open(o, "files", '[');
 *	out_str(o, NULL, path);		an item has no key, a member has one
 *	out_close(o);
 */
#ifndef SATCHEL_OUT_H
#define SATCHEL_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"

#define OUT_DEPTH 16u			/* open objects and arrays */

struct out {
	int json;
	int fd;
	struct buf buf;
	char open[OUT_DEPTH];		/* '{' or '[' */
	char some[OUT_DEPTH];		/* has a member already */
	size_t depth;
	struct err failed;		/* of writing; first one */
};

/* For standard output.  JSON begins its object. */
void out_init(struct out *o, int json);

/* JSON ends with "error" (null if err->code is E_OK).  Writes all that is
 * held.  E_IO, E_NOSPACE if anything could not be written. */
int out_finish(struct out *o, const struct err *what, struct err *err);
void out_clear(struct out *o);

/* Text.  out_safe writes foreign text, see text_safe.  out_write is for bytes
 * that must arrive as they are, whatever the mode. */
void out_text(struct out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void out_safe(struct out *o, const char *text);
void out_write(struct out *o, const void *data, size_t len);

/* Write what is held. */
void out_flush(struct out *o);

/* 0, or the error if something could not be written so far. */
int out_check(const struct out *o, struct err *err);

/* JSON. key NULL: an item of an array. */
void out_open(struct out *o, const char *key, char kind);
void out_close(struct out *o);
void out_str(struct out *o, const char *key, const char *text);	/* NULL: null */
void out_strn(struct out *o, const char *key, const char *text, size_t len);
void out_number(struct out *o, const char *key, uint64_t n);
void out_bool(struct out *o, const char *key, int value);	/* <0: null */
void out_null(struct out *o, const char *key);
void out_date(struct out *o, const char *key, int64_t t);	/* <=0: null */
void out_hash(struct out *o, const char *key, const unsigned char hash[32]);
void out_raw(struct out *o, const char *key, const char *json, size_t len);
void out_err(struct out *o, const char *key, const struct err *err);

/* Standard error: a line, and an error as scripts look for it:
 *
 *	satchel: E_HASH: ...
 *	  next: ...
 */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_error(const struct err *err);

/* A size for people: "512 bytes", "3.4 MiB". */
void out_size(uint64_t bytes, char ret[24]);

#endif
