/* manifest_fields.h: the fields of a manifest, each with its reader.  For
 * manifest.c alone.
 */
#ifndef SATCHEL_MANIFEST_FIELDS_H
#define SATCHEL_MANIFEST_FIELDS_H

#include <jansson.h>

#include "../base/err.h"
#include "manifest.h"

struct manifest_field {
	const char *key;
	unsigned kinds;			/* bit 1 << kind: it has the field,
					 * or with MANIFEST_MAY may have it */

	/* Strict: type, range, order.  E_MANIFEST, E_VERSION, E_LIMIT. */
	int (*read)(struct manifest *m, const json_t *value, struct err *err);
};

#define MANIFEST_MAY (1u << 31)

/* The first MANIFEST_FIELDS_FIRST are in all kinds and say which of the
 * others there are; the last has no key.  Read in this order. */
#define MANIFEST_FIELDS_FIRST 3u
extern const struct manifest_field manifest_fields[];

#endif
