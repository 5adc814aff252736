/* age.h: age v1 files (C2SP age.md) in memory: X25519 recipients to write and
 * read; scrypt and armor only to keep our own identity file under a
 * passphrase in the form that stock `age` opens.
 */
#ifndef SATCHEL_AGE_H
#define SATCHEL_AGE_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/err.h"

#define AGE_RECIPIENT_LEN 62		/* "age1..." without NUL */

struct age_recipient {
	unsigned char key[32];		/* X25519 public key */
};

/* Lives in sodium_malloc'ed memory, wiped when freed. */
struct age_identity {
	unsigned char secret[32];
	unsigned char key[32];
};

int age_identity_new(struct age_identity **ret, struct err *err);
void age_identity_freep(struct age_identity **i);
void age_recipient_of(const struct age_identity *i,
    struct age_recipient *ret);

/* "age1..." (Bech32, BIP 173; lower case only).  Anything else, and a key of
 * low order, is E_TRUSTSTORE. */
void age_recipient_write(const struct age_recipient *r, struct buf *out);
int age_recipient_parse(struct age_recipient *ret, const char *text,
    size_t len, struct err *err);

/* The identity file: "# public key: age1...\nAGE-SECRET-KEY-1...\n", or with
 * a passphrase that text as an armored age file with a scrypt recipient (work
 * factor 15, that is 32 MiB; up to 20, and without armor, is read).  Comment
 * and empty lines are skipped; one key, not several.  What is written without
 * a passphrase is secret: the caller wipes `out`.  E_KEYFILE, E_PASSPHRASE
 * (wrong, missing, or not 1 to 1023 bytes to write), E_LIMIT. */
int age_identity_write(const struct age_identity *i, const char *pass,
    size_t pass_len, struct buf *out, struct err *err);
int age_identity_parse(struct age_identity **ret, const char *text,
    size_t len, const char *pass, size_t pass_len, struct err *err);
int age_identity_is_locked(const char *text, size_t len);

/* Append the age file of `data` to all recipients (1..32, else E_LIMIT; a
 * key of low order is E_TRUSTSTORE). */
int age_encrypt(const struct age_recipient *to, size_t count,
    const void *data, size_t len, struct buf *out, struct err *err);

/* Append what an age file holds.  Nothing is appended unless all of it is
 * authentic.  E_NOT_FOR_US: no stanza opens with this identity.  E_LIMIT: a
 * header over 64 KiB or 64 X25519 recipients.  E_DECRYPT: anything else that
 * is not as the specification wants it. */
int age_decrypt(const struct age_identity *i, const void *data, size_t len,
    struct buf *out, struct err *err);

/* A passphrase, and how much work it takes: N of scrypt is 2^work, memory
 * 2^work KiB. */
struct age_pass {
	const char *text;		/* borrowed */
	size_t len;
	unsigned work;			/* to write: this; to read: at most */
};

/* The same under a passphrase.  Reading: E_NOT_FOR_US: no scrypt stanza;
 * E_PASSPHRASE: it does not open; E_LIMIT: more work than pass->work, found
 * before any of it is done.  Otherwise as age_encrypt, age_decrypt. */
int age_encrypt_pass(const struct age_pass *pass, const void *data,
    size_t len, struct buf *out, struct err *err);
int age_decrypt_pass(const struct age_pass *pass, const void *data,
    size_t len, struct buf *out, struct err *err);

/* The most bytes that age_encrypt adds to `len`. */
size_t age_overhead(size_t count, size_t len);

#endif
