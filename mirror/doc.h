/* doc.h: documents of the instance in the store's terms, and taken apart.
 * The store is open and in a transaction.
 */
#ifndef SATCHEL_DOC_H
#define SATCHEL_DOC_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "../store/instance.h"
#include "../store/line.h"
#include "config.h"

/* A document that was read, and what is known of it. */
struct doc {
	struct json_span remote;	/* its UID, as text; borrowed */
	struct instance_row row;	/* uid empty: there is none */
	struct buf uid;			/* the store's; ends with NUL */
	struct buf line;		/* in the store's terms, with its
					 * tokens: what row.doc will be */
};
#define DOC_INIT { .remote = { NULL, 0 } }
void doc_clear(struct doc *d);

/* The text becomes that of the span. */
void doc_set(struct buf *to, struct json_span x);

/* The row of a document, by its UID there: 1 or 0. */
int doc_find(struct store *s, struct json_span document, struct doc *ret,
    struct err *err);

/* Everything of it, `document` in the instance's terms.  E_RECORD: it can be
 * no object of the store. */
int doc_in(struct store *s, struct json_span document, struct doc *ret,
    struct err *err);

/* uid and line alone, as of an object with this row (NULL: none). */
int doc_as(struct store *s, struct json_span document,
    const struct instance_row *row, struct doc *ret, struct err *err);

/* Is it what is remembered, byte for byte? */
int doc_is_same(const struct doc *d);

/* What a policy says of an object, by its type and its uid in the store. */
int doc_is_wanted(const struct config_policy *p, const char *type, size_t len,
    const char *uid);

/* A line with its tokens, taken apart (store/line.h): each attachment that is
 * known by its token has "blake2b" and "size" instead. */
struct doc_line {
	struct buf plain, scratch, text;
	struct line parts;
	size_t unknown;			/* attachments not known: they stand
					 * there with a hash of zeros */
};
#define DOC_LINE_INIT { .unknown = 0 }
void doc_line_clear(struct doc_line *l);

/* `line` len 0: nothing, no fields.  E_RECORD, E_JSON: not a line; E_LIMIT. */
int doc_line_read(struct store *s, struct json_span uid,
    struct json_span line, struct doc_line *ret, struct err *err);

struct json_span doc_fields(const struct doc_line *l);
struct json_span doc_entries(const struct doc_line *l);	/* [[time,entry],..] */

/* Append those of [[time,entry],...] that are in none of `count` others of
 * that form; nothing if there are none.  Returns how many. */
int doc_news(struct json_span entries, const struct json_span *others,
    size_t count, struct buf *out, struct err *err);

/* Take out of `news` (as doc_news makes it) what is one of `last` told with
 * another precision of its times: an entry of `last` that `now` has no more,
 * and that is the same but for fractions of a second.  So an instance that is
 * read more exactly than before has no new history.  Returns how many stay. */
int doc_told_anew(struct buf *news, struct json_span last,
    struct json_span now, struct err *err);

/* Append {"field":...,"reason":...} for instance_row.why; field: escaped, or
 * NULL.  doc_why_only: [{"reason":...}] and nothing else. */
int doc_why(struct buf *out, const char *field, const char *reason,
    struct err *err);
int doc_why_only(struct buf *out, const char *reason, struct err *err);

#endif
