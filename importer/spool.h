/* spool.h: rungs L0 and L1: a private copy, read once.  The medium is not
 * touched again. */
#ifndef SATCHEL_SPOOL_H
#define SATCHEL_SPOOL_H

#include "../format/reader.h"
#include "../store/store.h"
#include "import.h"

struct spool {
	int fd;				/* the private copy; -1: none */
	struct reader reader;		/* what the walk found */
	int home_failed;		/* not the file, nor its medium */
};
#define SPOOL_INIT { .fd = -1 }

/* Copy the file while walking it.  E_FORMAT (not a regular file), E_NOSPACE
 * (before anything is copied), and what reader_walk says. */
int spool_take(struct store *s, const char *path, struct spool *ret,
    const struct ticker *progress, struct err *err);

void spool_clear(struct spool *p);

#endif
