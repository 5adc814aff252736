/* place.h: where files are to go, and what lies there: asked before the first
 * byte is written. */
#ifndef SATCHEL_PLACE_H
#define SATCHEL_PLACE_H

#include <stddef.h>

#include "../base/medium.h"

struct place {
	char *folder;			/* NULL: not looked for yet; owned */
	int is_file;			/* it is to have a name of the user's */
	int is_home;			/* on the file system of the home */
	struct medium medium;
};
#define PLACE_INIT { .medium = MEDIUM_INIT }
void place_clear(struct place *p);

/* `out`: an existing folder, or the name of a file in one.  E_USAGE: neither,
 * or a name that such a medium cannot hold; E_READONLY; E_MEDIA_GONE. */
int place_find(struct place *ret, const char *out, const char *home,
    struct err *err);

/* Is there room now for so many files of so many bytes in all?  E_NOSPACE.
 * What does not say how much is free has room. */
int place_fits(const struct place *p, uint64_t bytes, size_t files,
    struct err *err);

/* The same of one file whose size was estimated: only what is less than half of
 * it is refused, since an estimate may be twice too high. */
int place_may_fit(const struct place *p, uint64_t estimate, struct err *err);

/* Append "medium":{"fs":...,"label":...,"serial":...}, null where unknown. */
void place_json(struct buf *out, const struct place *p);

/* Must all of the file system be synced, since it may be pulled? */
int place_is_pulled(const struct place *p);

/* A write has failed: E_IO of a medium that was pulled is E_MEDIA_GONE.
 * Returns the code. */
int place_failed(const struct place *p, struct err *err);

#endif
