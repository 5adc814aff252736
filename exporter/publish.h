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
	struct file_part part;		/* beside the final name */
	char *path;			/* the final name; owned */
	int spool_fd;			/* -1: written directly */
	uint64_t size;
	unsigned char id[32];
	struct minisign_pub key;	/* ours */
	struct ticker progress;
};
#define PUBLISH_INIT { .part = FILE_PART_INIT, .spool_fd = -1 }

/* Decide the final name and open what is written first.  `suffix`: "" ,
 * ".receipt" or ".request".  E_USAGE if the name is taken or out is
 * neither folder nor a name in one. */
int publish_open(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct publish *pub, struct err *err);

/* writer_out of it. */
struct writer_out publish_out(struct publish *pub);

/* Nothing more is written: fsync and read back what is to be renamed.  Of a
 * spooled file this comes later, in publish_finish. */
int publish_settle(struct publish *pub, struct err *err);

/* Copy from the spool if need be (settling it then), give it its name.  A
 * failure after that says that the file is there. */
int publish_finish(struct publish *pub, struct err *err);

void publish_clear(struct publish *pub);

#endif
