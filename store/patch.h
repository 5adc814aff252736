/* patch.h: members put into, replaced in or left out of a canonical object.
 */
#ifndef SATCHEL_PATCH_H
#define SATCHEL_PATCH_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/json_scan.h"

struct patch {
	const char *key;		/* escaped form */
	struct json_span value;		/* canonical; len 0: left out */
};

/* Append the canonical object with these members; `p` ascending by key. */
void patch_object(struct buf *out, struct json_span object,
    const struct patch *p, size_t count);

#endif
