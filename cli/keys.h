/* keys.h: the key files of a home, made at init and loaded on demand.
 *
 *	keys/sign.key    minisign secret key     keys/sign.pub
 *	keys/age.key     age identity            keys/age.pub   one line age1...
 *
 * The passphrase of a locked key comes from a file, a descriptor or the
 * terminal, and is asked for once.
 */
#ifndef SATCHEL_KEYS_H
#define SATCHEL_KEYS_H

#include <stddef.h>

#include "../base/err.h"
#include "../format/age.h"
#include "../format/card.h"
#include "../format/minisign.h"
#include "opt.h"

#define KEYS_PASS_MAX 1023u		/* bytes of a passphrase */

struct keys {
	struct minisign_secret *sign;	/* owned; NULL: not loaded */
	struct age_identity *age;
	char *pass;			/* sodium memory; NULL: not known */
	size_t pass_len;
};
#define KEYS_INIT { .pass = NULL }
void keys_clear(struct keys *k);	/* wipes */

/* Before the first secret of any kind: no debugger of the same user may look
 * in from here on. */
void keys_protect(void);

/* The options that name a passphrase. */
extern const struct opt keys_opts[];

/* Where init takes a new passphrase from: --passphrase-file, --passphrase-fd
 * or, with --ask-passphrase, twice from the terminal.  None: no passphrase. */
int keys_new_pass(struct keys *k, const struct opts *o, struct err *err);

/* Make new keys, and write the four files into `folder`, the secret ones
 * with mode 0600 and under the passphrase if there is one. */
int keys_create(struct keys *k, const char *folder, struct err *err);

/* Load a secret key of a home, once.  E_PERMS: others could read it, or it
 * is a link; E_KEYFILE: not there, damaged, or not the half of the public
 * one; E_PASSPHRASE. */
int keys_sign(struct keys *k, const struct opts *o, const char *home,
    struct err *err);
int keys_age(struct keys *k, const struct opts *o, const char *home,
    struct err *err);

/* Can the secret keys of a home be read, and are they the halves of the public
 * ones?  1; 0: a passphrase protects one of them, which is not asked for.
 * Errors as above. */
int keys_check(const char *home, struct err *err);

/* The public keys of a home, into a card. */
int keys_public(const char *home, struct card *ret, struct err *err);

#endif
