/* dot.h: actors and dots, the names of versions (docs/format.md, "Versions").
 *
 * An actor is one life of a site.  A dot is an actor and a counter.
 * As JSON: ["site",generation,"nonce",n]; an actor without the n.
 */
#ifndef SATCHEL_DOT_H
#define SATCHEL_DOT_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "json_scan.h"

#define SITE_LEN 32			/* a site id: 1 to 32 of [a-z0-9-] */
#define NONCE_LEN 16			/* 16 lower-case hex digits */
#define COUNTER_MAX 9007199254740991u	/* 2^53 - 1, safe in any JSON */

struct actor {
	char site[SITE_LEN + 1];
	char nonce[NONCE_LEN + 1];
	uint64_t generation;		/* 1.. */
};

struct dot {
	struct actor actor;
	uint64_t n;			/* 1.. */
};

/* Order: site by bytes, generation, nonce by bytes, counter. */
int actor_cmp(const struct actor *a, const struct actor *b);
int dot_cmp(const struct dot *a, const struct dot *b);

void actor_add(struct buf *out, const struct actor *a);	/* appends JSON */
void dot_add(struct buf *out, const struct dot *d);

/* From canonical JSON of exactly that form.  0 or -1. */
int actor_parse(struct actor *ret, struct json_span text);
int dot_parse(struct dot *ret, struct json_span text);

/* 1 if it may be a site id. */
int site_is_id(const char *text, size_t len);

#endif
