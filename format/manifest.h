/* manifest.h: what a bundle, receipt, request or card says of itself
 * (docs/format.md, "Manifest").  Canonical JSON, at most 256 KiB, read with
 * jansson after its signature was verified, and refused unless writing it
 * again gives the same bytes (fields of "x-" names, which are kept out of
 * sight, excepted).
 */
#ifndef SATCHEL_MANIFEST_H
#define SATCHEL_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/dot.h"
#include "../base/err.h"
#include "codec.h"
#include "limits.h"

enum manifest_kind {
	MANIFEST_BUNDLE,		/* a range of a stream */
	MANIFEST_EXCERPT,		/* objects picked by hand: no range */
	MANIFEST_RECEIPT,		/* no data members */
	MANIFEST_REQUEST,		/* a receipt that lists wanted blobs */
	MANIFEST_CARD			/* a site's public keys */
};

#define NAME_LEN 32			/* a site's name, see text_is_name */
#define FILTER_ALL "[\"*\"]"		/* the filter that lets all pass */

struct manifest_site {
	char site[SITE_LEN + 1];
	char name[NAME_LEN + 1];
};

struct manifest_stream {		/* one line of a receipt */
	char addressee[SITE_LEN + 1];	/* whom it is stated to */
	struct actor actor;		/* the addressee's life */
	char *filter;			/* canonical JSON; owned */
	uint64_t until;
};

struct manifest_head {
	struct actor actor;
	uint64_t n;
	unsigned char head[32];
};

struct manifest_heard {			/* newest file of an addressee */
	char addressee[SITE_LEN + 1];
	struct actor actor;
	uint64_t sequence;
	unsigned char id[32];
};

struct manifest_totals {
	uint64_t members, records, versions, deleted, blobs, blob_bytes,
	    unpacked;
};

struct manifest {
	enum manifest_kind kind;
	struct actor from;
	char from_name[NAME_LEN + 1];
	char key[17];			/* minisign key id, as printed */
	char created[21];		/* a date, see text_date */

	/* cards only */
	char *minisign;			/* "RW..."; owned */
	char *age;			/* "age1..."; owned */

	/* all but cards */
	uint64_t cadence;		/* seconds within which the next file
					 * is promised; 0: not there */
	struct manifest_site *to;	/* owned, as all arrays; ascending */
	size_t to_count;		/* 1..FORMAT_TO_MAX */
	uint64_t sequence;		/* 1.. */
	struct manifest_stream *receipts;
	size_t receipt_count;
	struct manifest_head *heads;
	size_t head_count;
	struct manifest_heard *heard;
	size_t heard_count;
	unsigned char (*wanted)[32];	/* requests only */
	size_t wanted_count;

	/* bundles and excerpts */
	char *filter;			/* canonical JSON; owned; FILTER_ALL */
	uint64_t since, until;		/* bundles only; since <= until */
	enum codec codec;
	int encrypted;			/* age */
	struct manifest_totals totals;
};

void manifest_clear(struct manifest *m);

/* Append the canonical text.  E_LIMIT over FORMAT_MANIFEST_MAX. */
int manifest_write(const struct manifest *m, struct buf *out,
    struct err *err);

/* E_VERSION: another format, or a critical field that we do not know.
 * E_MANIFEST: anything else.  E_LIMIT. */
int manifest_parse(struct manifest *ret, const char *text, size_t len,
    struct err *err);

#endif
