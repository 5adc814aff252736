/* sight.h: what a file says of itself, read without trusting it: nothing of
 * this has been verified, and nothing of it may be used but to show it.
 */
#ifndef SATCHEL_SIGHT_H
#define SATCHEL_SIGHT_H

#include <stdint.h>

#include "../base/err.h"
#include "../format/reader.h"

struct sight {
	struct reader reader;
	unsigned char hash[32];		/* BLAKE2b-256 of the whole file */
};
#define SIGHT_INIT { .hash = { 0 } }
void sight_clear(struct sight *x);

/* Walk the file once (rungs L0 and L1). */
int sight_read(struct sight *x, const char *path, struct err *err);

#endif
