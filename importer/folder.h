/* folder.h: files for this site, in the order in which they are to be
 * imported. */
#ifndef SATCHEL_FOLDER_H
#define SATCHEL_FOLDER_H

#include <stddef.h>

#include "look.h"

#define FOLDER_MAX 100000u		/* files of ours in a folder */

struct folder_file {
	char *path;			/* owned */
	enum look_what what;
	uint64_t device;		/* that it lay on */

	/* LOOK_FOR_US: by its manifest, which is authentic. */
	char name[NAME_LEN + 1];	/* the sender's, here */
	struct actor from;
	uint64_t sequence;
	enum manifest_kind kind;
	unsigned char id[32];
};

struct folder {
	struct folder_file *at;
	size_t count;
};
void folder_clear(struct folder *f);

/* Add a file that was looked at.  1, or 0 for what an import says nothing of:
 * foreign files, and cards.  E_LIMIT: these are FOLDER_MAX already. */
int folder_add(struct folder *f, const char *path, const struct look *x,
    struct err *err);

/* Files for us by sender, life and sequence; then the rest by name. */
void folder_sort(struct folder *f);

/* Add every file in a folder that is not hidden, and sort. */
int folder_list(struct store *s, const char *path,
    const struct minisign_pub *own, struct folder *ret, struct err *err);

#endif
