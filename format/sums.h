/* sums.h: SUMS, one line a member as `b2sum --tag -l 256` writes it.
 *
 *	# satchel bundle/1
 *	BLAKE2b-256 (README.txt) = 64 hex digits
 *	...
 *
 * The first line says what is signed: the separation of domains.
 */
#ifndef SATCHEL_SUMS_H
#define SATCHEL_SUMS_H

#include "../base/buf.h"

#define SUMS_HASH 32			/* bytes of BLAKE2b-256 */

enum sums_kind { SUMS_BUNDLE, SUMS_RECEIPT, SUMS_CARD };

void sums_begin(struct buf *out, enum sums_kind kind);
void sums_add(struct buf *out, const char *name,
    const unsigned char hash[SUMS_HASH]);

/* Which kind the first line states; -1 if none of them (the bytes are not
 * authenticated yet: only compared). */
int sums_kind(const char *sums, size_t len);

#endif
