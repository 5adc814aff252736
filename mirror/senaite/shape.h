/* shape.h: an item of senaite.jsonapi as a document (mirror.h).
 *
 * An item (complete=yes&workflow=yes) mixes the fields of an object with
 * columns of its catalog and computed values, shows false, 0, "" and [] as
 * null, an empty reference as {}, and gives the times of workflow steps
 * without zone.  What is known of SENAITE's schemas decides most of that; the
 * rest is asked from plone.restapi (shape_needs).
 * Facts: measured on SENAITE 2.6.0, docs/senaite.md, "What the server does".
 */
#ifndef SATCHEL_SHAPE_H
#define SATCHEL_SHAPE_H

#include "../../base/buf.h"
#include "../../base/err.h"
#include "../../base/json_scan.h"

#define SHAPE_EXACT 1u			/* values that null may stand for */
#define SHAPE_STEPS 2u			/* times of the workflow's steps */

/* All spans are canonical JSON and borrowed. */
struct shape {
	struct json_span item;
	struct json_span exact;		/* plone.restapi's; len 0: none */
	struct json_span steps;		/* its @workflow; len 0: none */
	const char *site;		/* first segment of every path */
	const struct buf *columns;	/* shape_columns */
};

/* The names of all columns, each between two line feeds, from the answer of
 * the route "catalogs" (canonical).  Appends. */
void shape_columns(struct buf *out, struct json_span catalogs);

/* Which of SHAPE_EXACT and SHAPE_STEPS the document would be better for. */
unsigned shape_needs(const struct shape *s);

/* Append the document, canonical.  E_DEST_PROTOCOL: the item has no uid, type
 * or path, or its path is not below the site; E_JSON: the document would have
 * a key twice, or be too deep.  `out` is untouched then. */
int shape_document(struct buf *out, const struct shape *s, struct err *err);

/* Append the item's path from the portal ("/clients/client-1"), as text, not
 * encoded.  E_DEST_PROTOCOL as above. */
int shape_path(struct buf *out, struct json_span item, const char *site,
    struct err *err);

/* A date of the API ("2026-05-01T10:20:00+02:00", with or without fraction
 * and colon, or Z): 0, with seconds since 1970 in UTC and the offset in
 * seconds; -1 for any other text.  The fraction is dropped. */
int shape_date(int64_t *ret, int *ret_offset, const char *text, size_t len);

#endif
