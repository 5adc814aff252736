/* room.h: how large an export will be, about, before it is begun. */
#ifndef SATCHEL_ROOM_H
#define SATCHEL_ROOM_H

#include <stdint.h>

#include "plan.h"

struct room_need {
	uint64_t bytes;			/* of all files together, about */
	uint64_t blobs, blob_bytes;	/* attachments, as they are */
};

/* What is due and the attachments that go with it, as much smaller as a sample
 * of them is when it is compressed.  Reads what is due once. */
int room_estimate(struct store *s, const struct plan *p,
    struct room_need *ret, struct err *err);

/* Is there any hope?  E_NOSPACE if half of the estimate does not fit where the
 * files are made (the home's disk) or where they go.  Nothing is counted where
 * there is room for all of the store. */
int room_check(struct store *s, const struct plan *p, struct err *err);

#endif
