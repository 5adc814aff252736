/* record.h: the log of a recorded run: a header of fixed size for each call,
 * then its two names, then its data; in the order of the calls.  Files and
 * folders go by device and inode, so that a name that moves does not matter.
 */
#ifndef SATCHEL_POWER_RECORD_H
#define SATCHEL_POWER_RECORD_H

#include <stdint.h>

#define RECORD_LOG "POWER_LOG"		/* environment: path of the log */
#define RECORD_STICK "POWER_STICK"	/* what is below it is said to be on
					 * another device */
#define RECORD_SILENT "POWER_SILENT"	/* no marks: not the program, but who
					 * prepares something for it */

enum record_kind {
	RECORD_CREATE,			/* file, in dir as name */
	RECORD_UNNAMED,			/* file, O_TMPFILE */
	RECORD_MKDIR,			/* file, in dir as name */
	RECORD_WRITE,			/* file: data at off */
	RECORD_TRUNCATE,		/* file: to off bytes */
	RECORD_MOVE,			/* dir/name to dir2/name2 */
	RECORD_LINK,			/* file gets dir/name */
	RECORD_REMOVE,			/* dir/name */
	RECORD_SYNC,			/* file or folder */
	RECORD_SYNC_ALL,		/* of the disk of file, or of all */
	RECORD_HINT,			/* a call that promises nothing */
	RECORD_MARK,			/* the program said that it is done */
	RECORD_BLIND			/* file: changed in a way that is not
					 * recorded; name says how */
};

struct record_id {
	uint64_t dev, ino;
};

struct record {
	uint32_t kind, mode;
	struct record_id file, dir, dir2;
	uint64_t off;
	uint32_t name_len, name2_len;
	uint64_t data_len;
};

#endif
