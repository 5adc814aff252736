/* state.h: what the store of a site holds, read with SQLite alone. */
#ifndef SATCHEL_TEST_STATE_H
#define SATCHEL_TEST_STATE_H

#include <stdint.h>

#include "world.h"

#define STATE_HASH 16

struct state {
	int is_there;			/* there is a store.db */
	int is_sound;			/* integrity_check says ok */
	uint64_t sequence;		/* of files written */
	uint64_t generation;
	uint64_t waiting;		/* attachments that were asked for */
	unsigned char all[STATE_HASH];	/* every row of every table, but the
					 * nonce of this life */
	unsigned char lab[STATE_HASH];	/* what is not about files written:
					 * objects, blobs, peers, streams in,
					 * receipts taken */
};

/* Of site `site`; a journal that a killed run left is rolled back, as the
 * next run would do. */
void state_read(const struct world *w, const char *site, struct state *ret);

int state_same(const struct state *a, const struct state *b);

/* Is it the file that the store of `site` remembers for the number in its
 * name? */
int state_knows(const struct world *w, const char *site, uint64_t sequence,
    const unsigned char id[32]);

#endif
