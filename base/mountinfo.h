/* mountinfo.h: /proc/self/mountinfo, a line for each mount
 * (proc_pid_mountinfo(5)):
 *
 *	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
 *
 * Fields are parted by one blank each.  Between the sixth and the one that is
 * "-" there may be any number of optional ones.  Blank, tab, newline, backslash
 * and '#' in a name are a backslash and three octal digits.
 */
#ifndef SATCHEL_MOUNTINFO_H
#define SATCHEL_MOUNTINFO_H

#include <stdint.h>

#include "err.h"

#define MOUNTINFO_MAX 16777216u		/* bytes of the whole file, at most */

struct mountinfo {
	uint64_t id, parent;
	unsigned major, minor;		/* st_dev of what lies there */
	const char *root, *point;	/* of the file system; of the mount */
	const char *options;
	const char *fs, *source;	/* type; device, or "" */
	const char *super;		/* options of the file system */
};

/* Take a line (without its newline) apart, in place: what is returned points
 * into it.  0, or -1 if it is none. */
int mountinfo_parse(struct mountinfo *ret, char *line);

/* Each mount of this process's name space, in the kernel's order (a later one
 * may hide an earlier).  A line that is none is passed over.  `each` ends it
 * by returning anything but 0, which is then returned.  E_IO: there is no
 * /proc, or it may not be read. */
int mountinfo_each(int (*each)(void *ctx, const struct mountinfo *m,
    struct err *err), void *ctx, struct err *err);

#endif
