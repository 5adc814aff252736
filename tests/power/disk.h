/* disk.h: what can be on a disk after the power was cut.
 *
 * The model, for each cut after some call of a recorded run:
 *
 * - A file's content is sure up to its last fsync or fdatasync.  Of what was
 *   written since, each sector of 512 bytes is as it was at any one moment
 *   from then on, whatever the others are: so any subset of the writes, in any
 *   order, torn anywhere between sectors.  (fsync(2), write(2); the page cache
 *   is written back when and in the order it likes.)
 * - Its size is that of any moment since, too, apart from its data.  Where it
 *   grew and no data arrived there are zeroes or garbage (a file system that
 *   journals only names, such as ext4 with data=writeback).
 * - A name is sure when its folder was synced, never because the file was
 *   ("does not necessarily ensure that the entry in the directory containing
 *   the file has also reached disk", fsync(2)).  Of what was done to names
 *   since, any beginning; either of all folders of the disk together, as a
 *   journal has it (ext4), or of each folder for itself (POSIX promises no
 *   more).  A rename is there in both folders or in neither; but on the
 *   medium, which may have no journal (FAT), the new name can be there beside
 *   the old one, or neither of them.
 * - A sector is old or new, never half.  What was sure stays so.
 *
 * These are the rules that SQLite counts on, too (its "atomic commit" page);
 * that a sector beside a torn one is not harmed is its powersafe overwrite.
 *
 * There are two disks: disk/ is the home's, stick/ the medium.  They can stop
 * at different calls.
 */
#ifndef SATCHEL_POWER_DISK_H
#define SATCHEL_POWER_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define DISKS 2

struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *d);
size_t dice_below(struct dice *d, size_t n);	/* 0 if n is 0 */

struct entry {				/* a name in a folder */
	const char *name;
	int node;
};

struct names {
	struct entry *at;
	size_t count, room;
};

void names_put(struct names *n, const char *name, int node);
int names_take(struct names *n, const char *name);	/* its node, or -1 */

struct node {				/* a file or a folder */
	int is_folder, disk;
	unsigned mode;
	char *path;			/* where it was first, from the root */
	const unsigned char *base;	/* content before the run */
	size_t base_len;
	struct names before, now;	/* of a folder: before and after */
	size_t *ops, op_count, op_room;	/* that touch it, ascending */
};

struct op {
	enum record_kind kind;		/* CREATE, MKDIR and LINK are LINK */
	int is_lost;			/* a sync that did not happen */
	int node, dir, dir2;		/* -1: none */
	const char *name, *name2;
	uint64_t off;
	const unsigned char *data;
	size_t len;
};

/* A recorded run: two folders before it, and what it did. */
struct run {
	struct node *nodes;
	size_t node_count, node_room;
	struct op *ops;
	size_t op_count, op_room;
	struct known {
		struct record_id id;
		int node;
	} *known;			/* the newest last */
	size_t known_count, known_room;
	int root;
	const char *trouble;		/* what was done cannot be followed */
	void **owned;			/* memory of all that is above */
	size_t owned_count, owned_room;
};

/* Read the folder `root` (with disk/ and stick/) as it is before the run. */
void run_begin(struct run *r, const char *root);

/* Read the log of the run; sets `trouble`. */
void run_read(struct run *r, const char *log);
void run_clear(struct run *r);

/* Syncs that did not happen: of files, of folders, of all of a disk (syncfs).
 * Patterns (fnmatch) of the paths that they were called with; NULL: none. */
struct loss {
	const char *file, *folder, *disk;
};

/* Lose these, and no others, also none that were lost before.  1: there was
 * one for each pattern that is given. */
int run_lose(struct run *r, const struct loss *l);

/* Is it a call that changes names? */
int op_is_name(const struct op *op);

struct cut {
	size_t at[DISKS];		/* calls made before it */
	int is_view;			/* nothing is lost: as programs saw it */
	int is_each;			/* each folder for itself */
	uint64_t seed;
};

struct image_file {
	char *path;			/* from the root; owned */
	unsigned mode;
	int is_folder;
	unsigned char *at;		/* owned */
	size_t len;
	unsigned char hash[32];		/* of the content */
};

struct image {				/* a disk; folders before their files */
	struct image_file *files;
	size_t count, room;
};

void image_make(struct image *ret, const struct run *r, const struct cut *c);
void image_clear(struct image *i);
const struct image_file *image_find(const struct image *i, const char *path);
void image_hash(const struct image *i, unsigned char out[32]);

/* Write it to the folder `root`, in place of what is there. */
void image_write(const struct image *i, const char *root);

/* Test tools: memory or the end; a folder and all below it. */
void *need(void *p);
void *grow(void *at, size_t size, size_t count, size_t *room);
void die(const char *what, const char *path);
void remove_tree(const char *path);

#endif
