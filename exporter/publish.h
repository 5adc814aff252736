/* publish.h: a file that people carry away: hidden temporary, fsync, drop
 * cache, read back and verify as an importer would, rename, fsync folder.
 *
 * Where the medium is not the home's disk the file is made in the home's
 * spool first, so that the home is locked for seconds only.
 */
#ifndef SATCHEL_PUBLISH_H
#define SATCHEL_PUBLISH_H

#include "../base/file.h"
#include "../format/minisign.h"
#include "../format/writer.h"
#include "plan.h"

struct publish {
	const struct place *place;	/* where to; borrowed of the plan */
	struct file_part part;		/* beside the final name */
	char *path;			/* the final name; owned */
	int spool_fd;			/* -1: written directly */
	uint64_t size;
	unsigned char id[32];
	struct minisign_pub key;	/* ours */
	struct ticker progress;
};
#define PUBLISH_INIT { .part = FILE_PART_INIT, .spool_fd = -1 }

/* Decide the final name and open what is written first; p->place is known.
 * `suffix`: "" , ".receipt" or ".request".  What has that name already stays:
 * in a folder another name is taken, a name of the user's is E_USAGE. */
int publish_open(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct publish *pub, struct err *err);

/* writer_out of it. */
struct writer_out publish_out(struct publish *pub);

/* Nothing more is written: fsync and read back what is to be renamed.  Of a
 * spooled file this comes later, in publish_finish. */
int publish_settle(struct publish *pub, struct err *err);

/* Files for one place, all of them spooled or none.  Spooled ones are all
 * written to the medium and synced, then all read back, since a medium that
 * holds less than it says may put a later one over an earlier.  Then all get
 * their names, and what may be pulled is synced whole.  A failure after a file
 * has its name says so.  ret_named: how many are there for good. */
int publish_finish(struct publish *pubs, size_t count, size_t *ret_named,
    struct err *err);

void publish_clear(struct publish *pub);

#endif
