/* card.h: a site's card: its public keys, id, name and incarnation, in the
 * container without data members, signed by its own key; and the fingerprint
 * that is read over the phone.
 *
 * Fingerprint: BLAKE2b-256("satchel card fingerprint v1" | 0x00 | site id |
 * 0x00 | Ed25519 key | X25519 key) as a big-endian number mod 10^40, 40
 * decimal digits, and two check digits so that the 42 digits mod 97 are 1
 * (ISO 7064 MOD 97-10): 8 groups of 5 and one of 2.
 */
#ifndef SATCHEL_CARD_H
#define SATCHEL_CARD_H

#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "age.h"
#include "manifest.h"
#include "minisign.h"

#define CARD_MAX 65536u			/* bytes of a card file */
#define CARD_DIGITS 42u
#define CARD_TEXT_MAX 52u		/* groups with spaces and NUL */

struct card {
	struct actor actor;
	char name[NAME_LEN + 1];
	char created[21];
	struct minisign_pub sign;
	struct age_recipient age;
};

int card_write(const struct card *c, const struct minisign_secret *key,
    struct buf *out, struct err *err);

/* Container, signature by its own key, manifest.  E_FORMAT if it is another
 * kind of file, E_SIGNATURE, E_TRUSTSTORE (bad key) and the reader's. */
int card_read(struct card *ret, const void *data, size_t len,
    struct err *err);

void card_fingerprint(const struct card *c, char out[CARD_TEXT_MAX]);

/* Do the typed digits (spaces and '-' between them do not count) name this
 * card?  1, or 0; E_USAGE if they are not 42 digits or the check digits
 * show a slip. */
int card_matches(const struct card *c, const char *typed, struct err *err);

#endif
