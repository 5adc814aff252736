/* mem_inside.h: what the parts of the instance in memory share. */
#ifndef SATCHEL_MEM_INSIDE_H
#define SATCHEL_MEM_INSIDE_H

#include "../base/json_scan.h"
#include "mem.h"

struct mem_object {
	char *uid;
	struct buf doc;			/* canonical; ends with NUL */
};

/* By UID, or by path; NULL. */
struct mem_object *mem_find(const struct mem *m, const char *uid);

/* Set what an object is; it is logged. */
int mem_set(struct mem *m, const char *uid, struct json_span doc,
    struct err *err);

/* Append `old` with the members of `new` in place of its own. */
int mem_join(struct json_span old, struct json_span new, struct buf *out,
    struct err *err);

/* Is the member this text? */
int mem_member_is(struct json_span object, const char *key,
    const char *text);

/* As mirror_ops.write. */
int mem_write(void *self, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err);

#endif
