/* apply.h: rungs L8 and L9: an admitted file into the store, in the
 * transaction that is open. */
#ifndef SATCHEL_APPLY_H
#define SATCHEL_APPLY_H

#include "admit.h"
#include "unpack.h"

/* Merge all records, keep all blobs; then watermark, statement, heads and
 * files (design rule 6).  Counts go into the report; so do blobs that are
 * missing (E_GAP).  E_SCOPE, E_FORK, E_RECORD, E_LIMIT and what unpack_next
 * says. */
int apply_file(struct store *s, struct admission *a, struct unpack *u,
    const struct import_request *r, struct import_report *report,
    struct err *err);

/* Only rungs L4 to L7 of all members. */
int apply_check(struct unpack *u, struct err *err);

#endif
