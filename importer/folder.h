/* folder.h: what a folder holds for this site, in order. */
#ifndef SATCHEL_FOLDER_H
#define SATCHEL_FOLDER_H

#include <stddef.h>

#include "admit.h"

#define FOLDER_MAX 100000u		/* files of ours in a folder */

struct folder_file {
	char *path;			/* owned */
	int is_known;			/* its manifest is authentic: */
	int is_other;			/* ... and names others than us */
	char name[NAME_LEN + 1];	/* the sender's */
	struct actor from;
	uint64_t sequence;
};

struct folder {
	struct folder_file *at;
	size_t count;
};
void folder_clear(struct folder *f);

/* Every regular file, not hidden, that begins like ours: those with an
 * authentic manifest by sender, life and sequence, then the rest by name
 * (their reports will say what is wrong).  Cards are left out. */
int folder_list(struct store *s, const char *path,
    const struct minisign_pub *own, struct folder *ret, struct err *err);

#endif
