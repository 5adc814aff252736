/* bech32.h: 32-byte keys as Bech32 text (BIP 173), in one case only. */
#ifndef SATCHEL_BECH32_H
#define SATCHEL_BECH32_H

#include <stddef.h>

#define BECH32_KEY 32			/* bytes */
#define BECH32_PREFIX_MAX 16		/* characters */
#define BECH32_TAIL 59			/* "1", 52 of data, 6 of checksum */
#define BECH32_TEXT (BECH32_PREFIX_MAX + BECH32_TAIL + 1)

/* The prefix, "1", the key and its checksum, and a NUL.  A prefix in upper
 * case makes the whole text upper case. */
void bech32_encode(char out[BECH32_TEXT], const char *prefix,
    const unsigned char key[BECH32_KEY]);

/* From exactly the text that bech32_encode writes.  0 or -1. */
int bech32_decode(unsigned char ret_key[BECH32_KEY], const char *prefix,
    const char *text, size_t len);

#endif
