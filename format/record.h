/* record.h: the lines of a record chunk (docs/format.md, "Records").
 *
 *	{"from":"<site>","key":"<key id>","member":2,"satchel":"records/1",
 *	 "sequence":7,"to":["<site>",...]}
 *	{"uid":"c1","versions":2}
 *	{"born":DOT,"content":{...},"context":{...},"dot":DOT,"label":N,
 *	 "stamps":{...}}
 *	{...}
 *
 * One head line, then one line a sibling, ascending by dot.  born is left out
 * where it is the dot, context and stamps where they are empty.  A record may
 * go on in the next record chunk.  Every line is canonical JSON.
 */
#ifndef SATCHEL_RECORD_H
#define SATCHEL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/dot.h"
#include "../base/err.h"
#include "../base/json_scan.h"
#include "manifest.h"

struct record_version {			/* spans borrow from the line */
	struct dot dot, born;
	int64_t label;			/* seconds since 1970, 0.. */
	struct json_span context;	/* len 0: empty */
	struct json_span stamps;	/* len 0: empty */
	struct json_span content;
	unsigned char hash[32];		/* BLAKE2b-256 of content */
};

struct record_line {
	enum { RECORD_HEAD, RECORD_VERSION } kind;
	struct json_span uid;		/* head: plain text, without quotes */
	uint64_t versions;		/* head: 1..FORMAT_VERSIONS_MAX */
	struct record_version version;	/* version */
};

/* Append lines, newline included. */
void record_first(struct buf *out, const struct manifest *m,
    uint64_t member);
void record_head(struct buf *out, const char *uid, size_t uid_len,
    uint64_t versions);
void record_version(struct buf *out, const struct record_version *v);

/* The first line must be, byte for byte, what the manifest makes. */
int record_check_first(struct json_span line, const struct manifest *m,
    uint64_t member, struct err *err);

/* Read one line (without its newline): canonical JSON (E_JSON), one of the
 * two forms (E_RECORD), hash computed.  The meaning of context, stamps and
 * content is the store's to check. */
int record_parse(struct record_line *ret, struct json_span line,
    struct err *err);

#endif
