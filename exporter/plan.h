/* plan.h: what a stream needs: addressees, range, policy (design rules 5,
 * 11), and the manifest that says so. */
#ifndef SATCHEL_PLAN_H
#define SATCHEL_PLAN_H

#include "../format/age.h"
#include "../format/manifest.h"
#include "../store/peer.h"
#include "export.h"
#include "place.h"

struct plan {
	const struct export_request *r;
	struct peer to[FORMAT_TO_MAX];
	size_t to_count;
	int64_t ids[FORMAT_TO_MAX];
	uint64_t acked[FORMAT_TO_MAX];	/* their watermarks */
	struct age_recipient recipients[FORMAT_TO_MAX];
	int encrypted;
	int excerpt;			/* moves no watermark */
	uint64_t since, until;
	int64_t via;			/* its own objects are left out; 0 */
	uint64_t due;			/* objects, before an excerpt's pick */
	int owed;			/* a receipt is owed to one of them */
	struct buf wanted;		/* blobs to carry anyway, 32 bytes
					 * each, ascending; plan_wanted */
	struct place place;		/* unless nothing is written */
};
void plan_clear(struct plan *p);

/* E_USAGE, E_REVOKED, E_POLICY. */
int plan_make(struct store *s, const struct export_request *r,
    struct plan *ret, struct err *err);

/* What is to be carried anyway: what the request names, and what requests of
 * the addressees that were imported wait for and is here.  Of an excerpt
 * nothing more than the request names. */
int plan_wanted(struct store *s, struct plan *p, struct err *err);

/* Has each addressee got the attachment already?  1 or 0. */
int plan_blob_known(struct store *s, const struct plan *p, int64_t blob,
    struct err *err);

/* Files for these addressees go onto the medium (media_left).  In a writing
 * transaction. */
int plan_leaves(struct store *s, const struct plan *p, struct err *err);

/* Fill a manifest of this kind but for codec, range and totals.  sequence is
 * the next one. */
int plan_manifest(struct store *s, const struct plan *p,
    enum manifest_kind kind, struct manifest *ret, struct err *err);

#endif
