/* reader.h: rungs L1, L2 and L4 of the ladder: the container, its signature,
 * its sums.  Nothing of ours or others' parses a byte of it before that.
 */
#ifndef SATCHEL_READER_H
#define SATCHEL_READER_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "limits.h"
#include "minisign.h"
#include "sums.h"

struct reader_in {
	/* The next bytes, at most `len`; 0 at the end; negative on error. */
	int64_t (*read)(void *ctx, void *to, size_t len, struct err *err);
	void *ctx;
};

struct reader_member {			/* a data member */
	char name[FORMAT_NAME_MAX];
	uint64_t at;			/* offset of its content in the file */
	uint64_t size;			/* bytes as stored */
	unsigned char hash[32];		/* BLAKE2b-256 of them, as read */
	int is_records;			/* else a blob pack */
	int is_gzip;
	int is_age;
};

struct reader {
	struct reader_member *members;	/* owned */
	size_t count;
	uint64_t size;			/* of the whole file */
	struct buf manifest, sums, minisig;	/* as read */
	struct buf rebuilt;		/* SUMS from what was hashed */
	unsigned char id[32];		/* BLAKE2b-256 of SUMS */
	unsigned char key_id[MINISIGN_ID];	/* that the signature names */
};

void reader_clear(struct reader *r);

/* L1: walk the whole file once, hashing; `r` is zeroed, or was walked before.
 * Only canonical headers, the fixed names in their order, the constant
 * README.txt, exactly the end, then EOF.
 * E_TRUNCATED, E_FORMAT (not a bundle at all, or wrong members), E_HEADER,
 * E_TRAILER, E_LIMIT; also E_SIGFORMAT (form of SUMS.minisig). */
int reader_walk(struct reader *r, const struct reader_in *in,
    struct err *err);

/* L2: the signature over the raw SUMS with this key. */
int reader_authentic(const struct reader *r, const struct minisign_pub *key,
    struct err *err);

/* L4: SUMS is, byte for byte, what was hashed.  E_HASH names the member that
 * differs.  ret_kind: what the first line says; E_VERSION if it is a kind of a
 * later format, E_FORMAT if it is none, or a card or receipt with data. */
int reader_valid(const struct reader *r, enum sums_kind *ret_kind,
    struct err *err);

/* Is this the beginning (>= 512 bytes) of a satchel file? */
int reader_is_magic(const void *data, size_t len);

/* The tail of a file alone, to sort a folder without reading all of it:
 * `tail` is its last bytes (up to READER_TAIL).  Fills manifest, sums,
 * minisig, id, key_id; checks the canonical headers and that the manifest has
 * the hash that SUMS states.  reader_authentic may then be asked. */
#define READER_TAIL (FORMAT_SUMS_MAX + FORMAT_MANIFEST_MAX + 8192u)
int reader_tail(struct reader *r, const void *tail, size_t len,
    struct err *err);

#endif
