/* medium.h: what a path lies on: a stick, a disk, a network folder; and all
 * media that look as if they were carried.
 *
 * All of it is what the system can tell a program without rights of its own:
 * what cannot be known is NULL (numbers: MEDIUM_UNKNOWN), and is no error.
 * Sources: proc_pid_mountinfo(5), statx(2), statfs(2), sysfs(5), the links of
 * udev(7) in /dev/disk, <linux/fs.h> and <linux/msdos_fs.h>.
 */
#ifndef SATCHEL_MEDIUM_H
#define SATCHEL_MEDIUM_H

#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "err.h"

#define MEDIUM_UNKNOWN UINT64_MAX
#define MEDIUM_TEXT_MAX 256u		/* bytes of a label, a serial, a type */

enum medium_kind {
	MEDIUM_FIXED,			/* of this computer, or not known */
	MEDIUM_CARRIED,			/* a stick, a disc, a plugged-in disk */
	MEDIUM_NETWORK			/* NFS, SMB, ...: of another computer */
};

struct medium {
	char *fs;			/* "vfat", "exfat", "ext4", "fuseblk",
					 * "fuse.NAME", "nfs4", ... */
	char *device;			/* "/dev/sdb1", "server:/path", ... */
	char *mount;			/* where it is mounted */
	char *label, *serial;		/* its own; text safe to print */
	dev_t dev;			/* st_dev of what lies on it */
	dev_t block;			/* of its device; 0: not known */
	enum medium_kind kind;
	int read_only;
	uint64_t size, free;		/* bytes; free for us */
	uint64_t unit;			/* bytes in which room is given; 0 */
	uint64_t largest;		/* bytes of a file it can hold */
	int dos_names;			/* names as FAT and exFAT allow them */
};
#define MEDIUM_INIT { .size = MEDIUM_UNKNOWN, .free = MEDIUM_UNKNOWN,	\
    .largest = MEDIUM_UNKNOWN }
void medium_clear(struct medium *m);

/* What `path`, a file or a folder, lies on.  `ret` is MEDIUM_INIT before.  Only
 * for lack of memory, or where nothing is at `path` or the medium is gone, it
 * fails: E_INTERNAL, E_IO, E_MEDIA_GONE. */
int medium_of(struct medium *ret, const char *path, struct err *err);

/* Was it pulled since medium_of?  Only where that can be seen. */
int medium_is_gone(const struct medium *m);

/* Each mounted medium that looks carried, once, in the order of mounting; one
 * that does not answer (ENOTCONN of a stick that was pulled) is passed over.
 * `each` may stop it with a negative code.  Without /proc there are none. */
int medium_each(int (*each)(void *ctx, const struct medium *m,
    struct err *err), void *ctx, struct err *err);

/* May a file on it have this name (without folders)?  FAT, exFAT and NTFS
 * forbid " * / : < > ? \ |, control characters, a blank or a dot at the end,
 * and names of devices such as NUL and COM1.txt (Microsoft, "Naming Files,
 * Paths, and Namespaces").  NULL, or what is wrong with it. */
const char *medium_bad_name(const struct medium *m, const char *name);

/* For a person: "CARRY (vfat, ABCD-1234)", or what is known of that. */
void medium_name(struct buf *out, const struct medium *m);

#endif
