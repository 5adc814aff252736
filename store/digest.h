/* digest.h: the digest of the agreed state (design rule 13): per type, the
 * sum mod 2^256 of the object hashes, kept with every change.
 */
#ifndef SATCHEL_DIGEST_H
#define SATCHEL_DIGEST_H

#include "store.h"

/* Add the hash to the sum of a type, or take it away for sign < 0.  Written
 * at the next commit. */
int digest_add(struct store *s, struct json_span type,
    const unsigned char hash[32], int sign, struct err *err);

/* The sum over all types, as `status` shows it; and of one type (zero if
 * there is none). */
int digest_all(struct store *s, unsigned char out[32], struct err *err);
int digest_of(struct store *s, struct json_span type, unsigned char out[32],
    struct err *err);

/* Write what changed; store_commit calls it. */
int digest_save(struct store *s, struct err *err);

#endif
