/* refs.h: where canonical JSON names other objects.  Pure.
 *
 * A reference is the text of a member "uid" of any object at any depth; and
 * that of a member whose name ends in "uid" (container_uid, service_uid: rows
 * of tables have such) if it is 32 lower-case hex digits.  It has 1 to 255
 * bytes and no escapes.
 */
#ifndef SATCHEL_REFS_H
#define SATCHEL_REFS_H

#include "../base/json_scan.h"

struct refs_walk {
	const char *at, *end;
};

/* Walk the references in a canonical value, in the order of its text:
 *
 *	struct refs_walk w = refs_walk(value);
 *	while (refs_next(&w, &uid)) ...
 *
 * `uid` is a part of the value, without the quotes. */
struct refs_walk refs_walk(struct json_span value);
int refs_next(struct refs_walk *w, struct json_span *ret_uid);

#endif
