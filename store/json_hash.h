/* json_hash.h: BLAKE2b-256 of canonical JSON that is never put together.
 *
 *	json_hash_start(&h); json_hash_text(&h, "["); json_hash_dot(&h, &d);
 *	json_hash_text(&h, "]"); json_hash_end(&h, out);
 */
#ifndef SATCHEL_JSON_HASH_H
#define SATCHEL_JSON_HASH_H

#include <sodium.h>
#include <stddef.h>

#include "../base/dot.h"

void json_hash_start(crypto_generichash_state *h);
void json_hash_bytes(crypto_generichash_state *h, const void *bytes,
    size_t len);
void json_hash_text(crypto_generichash_state *h, const char *text);
void json_hash_dot(crypto_generichash_state *h, const struct dot *d);
void json_hash_hex(crypto_generichash_state *h,
    const unsigned char hash[32]);	/* 64 digits in quotes */
void json_hash_end(crypto_generichash_state *h, unsigned char out[32]);

#endif
