/* unpack.h: rungs L4 to L7 of a data member, beside the caller: hashed again,
 * decrypted, inflated, its lines or entries read and checked.
 */
#ifndef SATCHEL_UNPACK_H
#define SATCHEL_UNPACK_H

#include "../base/ring.h"
#include "../format/age.h"
#include "../format/codec.h"
#include "../format/manifest.h"
#include "../format/reader.h"
#include "../store/version.h"
#include "spool.h"

struct unpack_line {			/* a version in a record chunk */
	struct json_span uid;		/* of the head line before it; len 0:
					 * the object goes on */
	uint64_t versions;		/* that the head states */
	int has_version;		/* 0: a head alone, at the end */
	struct version version;		/* read */
};

struct unpack_entry {			/* of a blob pack */
	unsigned char hash[32];
	int64_t index;			/* of a part; -1: the whole blob, whose
					 * hash was checked */
	const void *data;
	size_t size;
};

struct unpacked {			/* a slot of the ring */
	const struct reader_member *member;
	uint64_t number;		/* 1.. */
	struct buf plain;
	struct unpack_line *lines;
	size_t line_count, line_cap;
	uint64_t due;			/* versions that must follow, as far
					 * as this member tells */
	struct unpack_entry *entries;
	size_t entry_count, entry_cap;
	struct unpack *job;
	struct err err;
};

struct unpack {				/* all members of a file, in order */
	const struct spool *spool;
	const struct manifest *m;
	const struct age_identity *identity;	/* NULL: nothing encrypted */
	struct ring *ring;
	size_t next;			/* member to read next */
};

int unpack_begin(struct unpack *u, struct err *err);
void unpack_clear(struct unpack *u);

/* The next member: 1 and it (valid until the next call), or 0 at the end.
 * E_HASH, E_DECRYPT, E_NOT_FOR_US, E_DECOMPRESS, E_LIMIT, E_HEADER, E_JSON,
 * E_RECORD; the text names the member and the line. */
int unpack_next(struct unpack *u, struct unpacked **ret, struct err *err);

#endif
