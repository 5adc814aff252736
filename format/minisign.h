/* minisign.h: minisign's keys and signatures (jedisct1.github.io/minisign,
 * "Public key format", "Signature format"; prehashed "ED" only).
 *
 * A signature file is rebuilt byte for byte from key id, the two signatures
 * and our fixed comments before it counts, so that no byte of it is free.
 */
#ifndef SATCHEL_MINISIGN_H
#define SATCHEL_MINISIGN_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"

#define MINISIGN_ID 8			/* bytes of a key id */
#define MINISIGN_ID_HEX 17		/* as stock minisign prints it: the id
					 * as a little-endian number, 16
					 * upper-case hex digits, NUL */

struct minisign_pub {
	unsigned char id[MINISIGN_ID];
	unsigned char key[32];
};

/* The secret key.  Lives in sodium_malloc'ed memory, wiped when freed. */
struct minisign_secret {
	unsigned char id[MINISIGN_ID];
	unsigned char key[64];		/* seed and public half */
};

int minisign_secret_new(struct minisign_secret **ret, struct err *err);
void minisign_secret_freep(struct minisign_secret **s);
void minisign_public(const struct minisign_secret *s,
    struct minisign_pub *ret);
void minisign_id_hex(const unsigned char id[MINISIGN_ID],
    char out[MINISIGN_ID_HEX]);

/* Key files, the text of them.  The public file's and the one-line base64
 * form ("RW..."): only canonical base64 counts; any other form, and a key that
 * is not a valid point of the main subgroup, or of small order, is
 * E_TRUSTSTORE. */
void minisign_pub_write(const struct minisign_pub *p, struct buf *out);
int minisign_pub_parse(struct minisign_pub *ret, const char *text, size_t len,
    struct err *err);
void minisign_pub_base64(const struct minisign_pub *p, struct buf *out);
int minisign_pub_unbase64(struct minisign_pub *ret, const char *text,
    size_t len, struct err *err);

/* The secret file.  With pass NULL it is unencrypted, as `minisign -W`
 * writes it (KDF bytes 00 00); else scrypt with 32 MiB.  Reading takes
 * stock minisign's files too; the limits in the file are checked before
 * anything is allocated (E_LIMIT above 1 GiB).  The public half is rebuilt
 * from the seed and compared.  Without a passphrase `out` is secret: the
 * caller wipes it.  E_KEYFILE, E_PASSPHRASE (wrong, or one is needed and pass
 * is NULL, or not 1 to 1023 bytes to write). */
int minisign_secret_write(const struct minisign_secret *s, const char *pass,
    size_t pass_len, struct buf *out, struct err *err);
int minisign_secret_parse(struct minisign_secret **ret, const char *text,
    size_t len, const char *pass, size_t pass_len, struct err *err);
int minisign_secret_is_locked(const char *text, size_t len); /* 1: has KDF */

/* Append the signature file of `message`; verified before it is returned. */
int minisign_sign(const struct minisign_secret *s, const void *message,
    size_t len, struct buf *out, struct err *err);

/* The key id that a signature file names, after the form was compared.
 * E_SIGFORMAT. */
int minisign_sig_id(const char *sig, size_t siglen,
    unsigned char ret_id[MINISIGN_ID], struct err *err);

/* E_SIGFORMAT: not the file that minisign_sign would write.  E_SIGNATURE. */
int minisign_verify(const struct minisign_pub *p, const void *message,
    size_t len, const char *sig, size_t siglen, struct err *err);

#endif
