/* request.h: for every gap that an import met, a request to its sender: a
 * receipt that says what is here and which attachments are missing.
 */
#ifndef SATCHEL_REQUEST_H
#define SATCHEL_REQUEST_H

#include <stddef.h>

#include "../base/err.h"
#include "../importer/import.h"
#include "../store/store.h"
#include "cmd.h"

struct request {			/* one a sender */
	char site[SITE_LEN + 1];
	char *path;			/* owned; NULL: could not be written */
	struct err err;			/* why not */
};

struct requests {
	const char *dir;		/* where to; borrowed; NULL: into the
					 * folder of the bundle */
	struct request *at;		/* owned */
	size_t count;
	struct err err;			/* why no more could be written */
};
void requests_clear(struct requests *r);

/* Write them into ret->dir, or else into the folder of the first bundle with a
 * gap.  What went wrong is kept with each. */
void requests_write(struct requests *ret, struct cmd *c, struct store *s,
    const struct import_result *result);

/* The one that answers a report; NULL if it has no gap. */
const struct request *requests_of(const struct requests *r,
    const struct import_report *report);

#endif
