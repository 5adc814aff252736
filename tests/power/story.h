/* story.h: what a recorded run makes legal after a cut, and whether a state
 * of the disks is that.
 *
 * Until the program first said that it is done, all may be as before; after
 * that, nothing of what was said may be missing.  In between:
 *
 * - the store opens, without a word of a person; what was half done is rolled
 *   back; PRAGMA integrity_check finds nothing; all its rows are those of one
 *   moment at which a transaction was complete;
 * - every other file is one that was there under its name, whole; a home that
 *   has a store has all that the store was made with;
 * - a bundle under its final name is whole, and the store knows it: no number
 *   that the world has seen is free to be given again, were the file itself
 *   lost since;
 * - the guard is not ahead of the store (a cut is no restored backup), and
 *   not behind a bundle.
 */
#ifndef SATCHEL_POWER_STORY_H
#define SATCHEL_POWER_STORY_H

#include "../../base/err.h"
#include "disk.h"

#define HOME_PATH "disk/labs/one"
#define STATE_PATH "disk/var/state"
#define SAID_MAX 400

struct moment {				/* a state of the store */
	size_t from;			/* calls before it */
	int is_there;
	unsigned char rows[32];		/* hash of all tables */
};

struct version {			/* a state of a file */
	char *path;			/* owned */
	size_t from;
	int is_there;
	unsigned char hash[32];
};

struct bundle {				/* that this site wrote */
	char *path;			/* owned */
	size_t from;			/* calls before it had that name */
	uint64_t sequence;
	unsigned char id[32];
};

struct story {
	struct run run;
	struct moment *moments;
	size_t moment_count, moment_room;
	struct version *versions;
	size_t version_count, version_room;
	struct bundle *bundles;
	size_t bundle_count, bundle_room;
	size_t first_mark;		/* calls before it; all if none */
};

/* What is legal, from a run that was read; `folder` is room for states. */
void story_tell(struct story *s, const char *folder);
void story_clear(struct story *s);

/* Of the image and all that the check of it depends on. */
uint64_t story_key(const struct story *s, const struct image *i,
    const struct cut *c);

/* Is the image legal after this cut?  0, or 1 with what is wrong in `said`.
 * It is in the folder then, and its store was opened.  `acked` 0: nothing of
 * what was said need be there (disks that lie). */
int story_check(const struct story *s, const struct image *i,
    const struct cut *c, int acked, const char *folder,
    char said[SAID_MAX]);

/* After another run on that state, in the folder: is a number used twice? */
int story_check_numbers(const struct story *s, const struct cut *c,
    const char *folder, char said[SAID_MAX]);

/* A bundle that a reader would take, but which is none that was written: 1. */
int story_is_forged(const struct story *s, const struct image *i);

#endif
