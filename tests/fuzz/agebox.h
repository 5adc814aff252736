/* agebox.h: an age file opened with the golden reader's identity, and sealed
 * again under the same file key: what libage would do, apart from age.c.
 * The header is read by age_header.c.
 */
#ifndef SATCHEL_FUZZ_AGEBOX_H
#define SATCHEL_FUZZ_AGEBOX_H

#include "mutate.h"

struct agebox {
	unsigned char key[16];		/* of the file */
	unsigned char nonce[16];	/* of the payload */
	int mac_fits;
	struct buf header;		/* up to the "---" that ends it */
	struct buf plain;
};

void agebox_clear(struct agebox *b);

/* -1: the header is none, no stanza opens, or the payload does not. */
int agebox_open(struct agebox *ret, struct json_span in);

/* Append the file, with a MAC that fits whatever the header is. */
void agebox_seal(const struct agebox *b, struct buf *out);

/* The identity of the golden reader, made once. */
struct age_identity;
const struct age_identity *agebox_identity(void);

#endif
