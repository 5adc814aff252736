/* parcel.h: a file on its way, and what it holds: read once, apart from the
 * importer, when it was written. */
#ifndef SATCHEL_SIM_PARCEL_H
#define SATCHEL_SIM_PARCEL_H

#include "../../format/manifest.h"
#include "oracle.h"
#include "place.h"

struct parcel {
	char path[128];
	int from;
	struct actor sender;
	enum manifest_kind kind;
	uint64_t sequence, since, until;
	unsigned to;			/* a bit for each site */
	unsigned carried;		/* objects, a bit each */
	struct bits set[UIDS];		/* the versions of each */
	unsigned blobs;			/* carried whole, a bit each */
	unsigned parts;			/* some parts of them */
	unsigned char id[32];
};

/* Fill all but `from` of `ret`, whose path is set.  NULL, or what is wrong;
 * more of it in `err`. */
const char *parcel_read(struct parcel *ret, const struct yard *y,
    const struct oracle *o, struct err *err);

#endif
