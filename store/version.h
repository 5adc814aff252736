/* version.h: one state of an object, and what it says (docs/format.md,
 * "Versions"; design rule 1).  Pure: no database, no clock.
 *
 * Content is canonical JSON and is what the hash covers:
 *
 *	{"fields":F,"history":[[time,rank,entry],...],"type":T}
 *	{"deleted":true,"history":[...],"time":"...","type":T}   a tombstone
 *
 * "time" of a tombstone is optional.  F is an object: every member of the
 * lab's line but uid, type, deleted and history (id, parent, title, state,
 * creator, created, modified, attachments, fields, ...).  Only an empty
 * "history":[] that was loaded stays in F, so that the line keeps its keys.
 * History: see history.h.
 *
 * The unit of change is a *field*: a member of F by its name, or, as
 * "fields.<name>", a member of F's own member "fields" (which must be an
 * object; its presence is the field "fields" with the value {}).  So no
 * member of F has a name that begins with "fields.".
 *
 * Context: {"except":[DOT,...],"vector":[[site,generation,nonce,n],...]}, both
 * ascending, one vector entry an actor.  Stamps: {"<field>":DOT,...}.
 */
#ifndef SATCHEL_VERSION_H
#define SATCHEL_VERSION_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/dot.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "field.h"

#define VERSION_CONTENT_MAX 3145728u	/* bytes of content */
#define VERSION_META_MAX 500000u	/* bytes of context; and of stamps */
#define VERSION_BLOBS_MAX 4096u		/* attachments of one version */
#define VERSION_LABEL_MAX 253402300799	/* the end of the year 9999 */
#define CONTENT_DEPTH_MAX 68u		/* JSON levels of content */

struct stamp {
	int nested;
	struct json_span name;
	struct dot dot;
};

struct version {
	struct dot dot, born;
	int64_t label;			/* seconds since 1970 */
	struct json_span context;	/* canonical text; len 0: empty */
	struct json_span stamps;	/* canonical text; len 0: empty */
	struct json_span content;
	unsigned char hash[32];		/* BLAKE2b-256 of content */

	/* filled by version_read; spans borrow from content and stamps */
	struct json_span type;		/* plain text, no quotes */
	struct json_span fields;	/* F; len 0: a tombstone */
	struct json_span history;	/* the array */
	struct json_span time;		/* of a tombstone, with quotes; len 0 */
	struct dot *vector, *except;	/* owned */
	size_t vector_count, except_count;
	struct stamp *stamp;		/* owned; ascending by field */
	size_t stamp_count;

	struct buf text;		/* owner of the spans, if any */
};

#define VERSION_INIT { .label = 0 }

void version_clear(struct version *v);

/* Fill the second half from the first; checks the whole meaning: the forms
 * above, limits, order of the history, and that dots are plausible: of its own
 * actor the context knows earlier versions only; exceptions are in the
 * vector; birth and stamps are the own dot, an earlier one of its actor, or
 * in the vector, and not excepted; a deletion is its own birth and has no
 * stamps.  The JSON must have passed json_scan; the hash is not compared.
 * E_RECORD, E_LIMIT; version_clear may always follow. */
int version_read(struct version *v, struct err *err);

/* May F have this member (one of its keys; a value of canonical JSON)?
 * E_RECORD, E_LIMIT. */
int version_check_member(struct json_span key, struct json_span value,
    struct err *err);

/* The checks of version_read, of content alone that is put together here:
 * type, fields, history and time are set, the type has passed text_is_type,
 * the history is what history_union gave, and if `checked` the members of F
 * have passed version_check_member. */
int version_check_content(const struct version *v, int checked,
    struct err *err);

/* Copy the spans of `v` into its own buf (v->text), so that it outlives the
 * memory it was read from; the second half is read again. */
int version_own(struct version *v, struct err *err);

/* What a limit on the size of an object counts: bytes of content, and twice
 * those of context and stamps, which take more room once they are read. */
size_t version_size(const struct version *v);

/* Has its author seen this dot?  (Own dot included.) */
int version_saw(const struct version *v, const struct dot *d);

/* The newest counter of an actor that it names: in its dot or its context.
 * 0: none. */
uint64_t version_newest(const struct version *v, const struct actor *a);

/* The dot that set a field in this version. */
struct dot version_stamp(const struct version *v, const struct field *f);

/* All of it: two versions with one dot and two identities are a fork. */
void version_identity(const struct version *v, unsigned char out[32]);

/* head = H([previous head, dot, uid, content hash]), hashes as hex.  The uid
 * has passed text_is_uid. */
void version_head(unsigned char head[32], const struct dot *d,
    const char *uid, size_t uid_len, const unsigned char hash[32]);

/* Walk the fields of F in ascending order of their full names. */
struct field_walk {
	struct json_walk top, nested;
	struct field held;		/* the next member of F */
	int state;
};
struct field_walk version_fields(struct json_span fields);
int version_next_field(struct field_walk *w, struct field *ret);

/* Value of a field of F; 1, or 0 if absent (value.len 0). */
int version_field(struct json_span fields, const struct field *name,
    struct json_span *ret_value);

/* Append the 32-byte hashes of the blobs that F's "attachments" name (member
 * "blake2b", 64 hex digits), in order, with repeats left out.  E_RECORD if a
 * given blake2b is not 64 hex digits. */
int version_blobs(struct json_span fields, struct buf *out,
    struct err *err);

#endif
