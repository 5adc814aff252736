/* media.h: the media that files were carried away on, so that one that does
 * not come back is missed.  A medium is known by its serial number; one
 * without is not remembered.
 */
#ifndef SATCHEL_MEDIA_H
#define SATCHEL_MEDIA_H

#include "store.h"

struct media {
	const char *serial;		/* never NULL */
	const char *label, *fs;		/* NULL: unknown */
	int64_t left;			/* files for others were last written
					 * then; seconds since 1970 */
	int64_t back;			/* seen again after that; 0: it is out,
					 * not returned */
	const char *peers;		/* names, by blanks, of those it was
					 * written for since it was back */
};

/* A file for this peer (its name) is on it now: it goes.  Of m the serial,
 * label and fs are read; a serial of NULL is no error, and not remembered.  In
 * a writing transaction. */
int media_left(struct store *s, const struct media *m, const char *peer,
    struct err *err);

/* It is here again.  One that nothing was written to, or whose serial is NULL,
 * is not remembered.  Returns 1 if it was out.  In a writing transaction. */
int media_seen(struct store *s, const char *serial, struct err *err);

/* The same of what `path` lies on, in a transaction of its own, if it looks
 * carried.  That nothing is at `path` is no error here. */
int media_here(struct store *s, const char *path, struct err *err);

/* All that are remembered, those out longest first; strings are valid during
 * the call. */
int media_each(struct store *s,
    int (*each)(void *ctx, const struct media *m, struct err *err), void *ctx,
    struct err *err);

#endif
