/* batch.h: some objects read from the instance and taken into the store, what
 * they lie in before them, their attachments with them, what they refer to
 * after them if the policy leaves out types.
 */
#ifndef SATCHEL_BATCH_H
#define SATCHEL_BATCH_H

#include "run.h"

/* By UID there, page by page, each page committed.  What it did is counted in
 * r->n; UIDs that are not there are added to r->absent.  E_DEST_*: what was
 * read before is kept. */
int batch_run(struct run *r, const struct mirror_list *uids, int forced,
    struct err *err);

#endif
