/* peer.h: whom this site trusts, and the policy for each (design section 7).
 * Keys are text here; what they mean is the format's.
 */
#ifndef SATCHEL_PEER_H
#define SATCHEL_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

enum peer_encrypt { PEER_PLAIN, PEER_ENCRYPT, PEER_REQUIRE };

struct peer {
	int64_t id;
	char site[SITE_LEN + 1];
	char name[33];
	int trusted;			/* 0: removed */
	int revoked;
	char key_id[17];		/* minisign key id, as printed */
	char minisign[65];		/* "RW..." */
	char age[65];			/* "age1..." */
	enum peer_encrypt encrypt;
	int forward;			/* may send what others made */
	int64_t added, last_import, last_export;	/* 0: never */
	int64_t last_heard;		/* of: see stream_hear; 0: never */
	int64_t cadence;		/* seconds within which it promised
					 * its next file; 0: it did not */
	int64_t silent_after;		/* seconds; 0: never; -1: by cadence */
	struct actor life;		/* newest known; generation 0: none */
	uint64_t acked_generation, acked_sequence;	/* newest statement */
	int owed;			/* we owe it a receipt */
	int64_t stated;			/* what we state to it changed after
					 * our file of this sequence; -1: there
					 * is nothing to state */
	uint64_t reads;			/* newest file of our present life
					 * that it has read; 0: none */
	uint64_t asked;			/* our newest file when it asked the
					 * last time: up to it none is relied
					 * on */
	struct actor heard_actor;	/* newest file we have of it; */
	uint64_t heard_sequence;	/* 0: none */
	unsigned char heard_id[32];
};

/* 1 found, 0 not.  peer_find takes a name, or else a site id, of a trusted
 * or revoked peer (not of a removed one). */
int peer_find(struct store *s, const char *name, struct peer *ret,
    struct err *err);
int peer_by_site(struct store *s, const char *site, struct peer *ret,
    struct err *err);		/* removed ones too */
int peer_by_key(struct store *s, const char *key_id, struct peer *ret,
    struct err *err);		/* not removed ones */
int peer_by_id(struct store *s, int64_t id, struct peer *ret,
    struct err *err);

/* Trusted and revoked ones, by name. */
int peer_each(struct store *s,
    int (*each)(void *ctx, const struct peer *p, struct err *err), void *ctx,
    struct err *err);

/* Pin a peer: site, name, key_id, minisign, age are read.  Returns 1 if it is
 * new (or comes back after a removal), 0 if it is pinned so already.
 * E_TRUSTSTORE: this site with another key, this key for another site, or
 * ourselves.  E_USAGE: the name is taken.  A transaction of its own is the
 * caller's. */
int peer_add(struct store *s, const struct peer *p, struct err *err);

int peer_set_encrypt(struct store *s, int64_t id, enum peer_encrypt value,
    struct err *err);
int peer_set_forward(struct store *s, int64_t id, int value,
    struct err *err);
int peer_revoke(struct store *s, int64_t id, struct err *err);
/* Trust is forgotten; what was exchanged is remembered for its return. */
int peer_remove(struct store *s, int64_t id, struct err *err);

const char *peer_encrypt_name(enum peer_encrypt value);	/* no yes required */

#endif
