/* chain.h: data members into one bundle after the other: compressed,
 * encrypted and hashed beside the caller, cut where a file would grow too
 * big, each bundle verified and committed before the next begins (design
 * section 4; rule 5 for where a chain may be cut).
 */
#ifndef SATCHEL_CHAIN_H
#define SATCHEL_CHAIN_H

#include "../base/buf.h"
#include "../base/ring.h"
#include "../format/writer.h"
#include "plan.h"
#include "publish.h"

#define CHAIN_FIRST_ROOM 4096u		/* before the lines of a chunk */

struct chain_member {			/* a slot of the ring */
	struct buf raw;			/* room, then the plain bytes */
	size_t start;			/* where they begin in raw */
	struct buf stored;
	unsigned char hash[32];
	char name[FORMAT_NAME_MAX];
	int is_records;
	const struct plan *plan;
	uint64_t records, versions, deleted, blob_count, blob_bytes;
	struct buf blobs;		/* ids (int64_t) of blobs that end in
					 * here and that a record of the next
					 * chunk needs */
	struct err err;
};

struct chain {
	struct store *s;
	const struct plan *p;
	struct export_result *ret;
	struct ring *ring;
	uint64_t max_size;
	uint64_t done, closed;		/* objects; bytes of whole bundles */
	size_t part;			/* bytes of a blob's part, at most */
	size_t chunk;			/* aim of a member's plain bytes */

	/* the bundle being made */
	int open;
	int is_later;			/* not the first of the chain */
	struct publish pub;
	struct writer *w;
	struct manifest m;
	uint64_t covered;		/* sequence of the last whole object */
	int mid_record;			/* it may not be cut now */
	int is_last;			/* it ends the chain */
	unsigned members;		/* submitted to this bundle */
	uint64_t ahead;			/* bound of what is in the ring */
	size_t tail;			/* bound of manifest.json */

	/* bundles that wait in the spool for their names */
	struct publish *spooled;
	size_t spooled_count;
	uint64_t spooled_size;
	size_t named;			/* of these, published */
};

/* How hard members are compressed. */
int chain_level(enum codec codec, int is_records);

/* Opens the first bundle, in a writing transaction. */
int chain_begin(struct chain *c, struct store *s, const struct plan *p,
    struct export_result *ret, struct err *err);

/* A slot to fill; what it was used for before is reset. */
int chain_slot(struct chain *c, struct chain_member **ret, struct err *err);

/* Submit the slot as the next member: a blob pack, or lines (raw then begins
 * with CHAIN_FIRST_ROOM bytes of room).  Before it the chain may be cut, at
 * c->covered, which the caller keeps, unless c->mid_record. */
int chain_submit(struct chain *c, struct chain_member *m, struct err *err);

/* Cut here, at c->covered; the next member goes into the next bundle. */
int chain_cut(struct chain *c, struct err *err);

/* The last bundle ends at `until`; all get their names. */
int chain_finish(struct chain *c, uint64_t until, struct err *err);

/* The abort path; rolls back.  NULL-safe members. */
void chain_clear(struct chain *c);

#endif
