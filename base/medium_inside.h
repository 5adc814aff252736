/* medium_inside.h: what medium.c, medium_kinds.c and their tests share. */
#ifndef SATCHEL_MEDIUM_INSIDE_H
#define SATCHEL_MEDIUM_INSIDE_H

#include "medium.h"
#include "mountinfo.h"

struct medium_fact {
	const char *name;		/* of FUSE, the part behind "fuse." */
	uint32_t magic;			/* of statfs(2); 0: not its own */
	enum medium_kind kind;
	uint64_t largest;
	int dos_names;
};

/* NULL: nothing is known of this type. */
const struct medium_fact *medium_fact(const char *fs);
const char *medium_fs_of_magic(uint32_t magic);

/* By what the line says, without asking the file system, which may hang. */
enum medium_kind medium_kind_of(const struct mountinfo *m);

/* Is the block device on USB, or marked as removable?  `sys`: the folder
 * /sys/dev/block. */
int medium_is_plugged(const char *sys, dev_t dev);

/* The name in a folder of /dev/disk that leads to the block device; the first
 * by bytes, if several do.  Allocated; NULL is left if there is none. */
int medium_link(char **ret, const char *folder, dev_t dev, struct err *err);

#endif
