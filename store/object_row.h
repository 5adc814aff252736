/* object_row.h: versions as rows, of the siblings (table version) and of what
 * an instance still shows (instance_kept).  For the files of this room.
 */
#ifndef SATCHEL_OBJECT_ROW_H
#define SATCHEL_OBJECT_ROW_H

#include <stdint.h>

#include "store.h"
#include "version.h"

/* What a statement for object_row_all selects, in this order. */
#define OBJECT_ROW_READ "actor,n,label,born_actor,born_n,hash,context," \
	"stamps,content"

/* The version of each row of `st`, in no order: `all` grows, and whatever is
 * returned, `count` of it are for version_clear.  E_DAMAGED, and what
 * version_read says. */
int object_row_all(struct store *s, struct sqlite3_stmt *st,
    struct version **all, size_t *count, struct err *err);

/* Write one; `insert` is a literal, "INSERT INTO <table>" followed by: */
#define OBJECT_ROW_COLUMNS "(object,actor,n,label,winner,hash,content," \
	"born_actor,born_n,context,stamps,blobs) " \
	"VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"
int object_row_put(struct store *s, const char *insert, int64_t object,
    const struct version *v, int winner, struct err *err);

#endif
