/* look.h: what a file is, by its content alone, whatever it is called: quickly
 * of many.  Nothing is kept and nothing is changed.
 */
#ifndef SATCHEL_LOOK_H
#define SATCHEL_LOOK_H

#include "admit.h"

enum look_what {
	LOOK_FOREIGN,			/* no file of Satchel, or there no
					 * more */
	LOOK_CARD,			/* says that it is a card */
	LOOK_OTHER,			/* between other sites; not verified */
	LOOK_OWN,			/* this site signed it */
	LOOK_FOR_US,			/* of a pinned peer, for this site */
	LOOK_BROKEN			/* begins like ours; `why` */
};

struct look {
	int is_listed;			/* set by the caller: a listing of the
					 * folder just said that it is a
					 * regular file */
	enum look_what what;
	struct admission a;		/* manifest: LOOK_OWN, LOOK_FOR_US;
					 * peer: LOOK_FOR_US */
	unsigned char id[32];		/* as these two */
	uint64_t size, inode, device;	/* of every regular file */
	int64_t mtime;			/* nanoseconds since 1970 */
	struct err why;			/* LOOK_BROKEN: what is wrong */
};
#define LOOK_INIT { .why = ERR_INIT }
void look_clear(struct look *x);

/* Look at a file of an open folder.  Never blocks on what is no regular file
 * and never follows a link (both LOOK_FOREIGN, as is what was taken away
 * meanwhile), reads 512 bytes of what is not ours and 16 KiB of the tail of
 * what is, more only if the tail is longer.  The bytes of the data members are
 * not looked at: what is LOOK_FOR_US may yet be damaged.  What cannot be read
 * is LOOK_BROKEN.  `own` (NULL: none) is the key of this site.  Negative for
 * what is wrong with us (E_INTERNAL, no more descriptors, the store). */
int look_at(struct store *s, int dir_fd, const char *name,
    const struct minisign_pub *own, struct look *ret, struct err *err);

/* Of LOOK_FOR_US: what an import would do with it now, by manifest and store
 * alone: 1 it has its turn; 0 it was read before; E_GAP, E_FORK, E_POLICY,
 * E_ROLLED_BACK, ...: refused, in `why`.  ret_have as admit_turn. */
int look_turn(struct store *s, const struct look *x, uint64_t *ret_have,
    struct err *why);

#endif
