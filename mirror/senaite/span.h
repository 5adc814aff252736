/* span.h: small steps over canonical JSON that need no error. */
#ifndef SATCHEL_SENAITE_SPAN_H
#define SATCHEL_SENAITE_SPAN_H

#include "../../base/buf.h"
#include "../../base/json_scan.h"

void span_put(struct buf *out, struct json_span s);

/* A member of an object; null if it has none, or is no object. */
struct json_span span_member(struct json_span object, const char *key);

/* What is between the quotes of a string, still escaped; empty of anything
 * else. */
struct json_span span_inner(struct json_span value);

/* span_inner of a member. */
struct json_span span_text(struct json_span object, const char *key);

/* The first item of an array; null if it has none, or is no array. */
struct json_span span_first(struct json_span array);

/* A member of a canonical object by its name as a span (escaped form). */
int span_find(struct json_span object, struct json_span key,
    struct json_span *ret);

/* A string of 32 lower-case hex digits, quotes included. */
int span_is_uid(struct json_span value);

#endif
