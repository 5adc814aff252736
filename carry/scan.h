/* scan.h: what lies for this site on media, in drops, in folders: found by
 * what is in the files, whatever they are called, and changing nothing.
 *
 * A folder is looked into SCAN_DEPTH levels deep; never through a link, nor
 * into what is hidden or was thrown away (names that begin with "." or "$"),
 * nor into another file system that is mounted below.  Where a limit cut it
 * short, the place says so.
 */
#ifndef SATCHEL_SCAN_H
#define SATCHEL_SCAN_H

#include "../base/medium.h"
#include "../base/ticker.h"
#include "../format/manifest.h"
#include "../format/minisign.h"
#include "../store/drop.h"
#include "../store/store.h"

#define SCAN_DEPTH 4u			/* folders below a place */
#define SCAN_NAMES 500000u		/* of a place */
#define SCAN_FILES 20000u		/* to tell of, of all places */
#define SCAN_SECONDS 60u		/* for a place */

enum scan_kind { SCAN_PATH, SCAN_MEDIUM, SCAN_DROP };

enum scan_cut {				/* what was not looked at */
	SCAN_WHOLE,
	SCAN_DEEPER,			/* folders below SCAN_DEPTH */
	SCAN_MORE			/* over one of the other limits */
};

struct scan_place {
	enum scan_kind kind;
	char *path;			/* owned */
	char *drop;			/* its name; owned; NULL: none */
	struct medium medium;		/* what it lies on */
	uint64_t foreign, others, own;	/* files that do not concern us */
	uint64_t closed;		/* folders that we may not read */
	enum scan_cut cut;
	int absent;			/* a drop on a stick that is not in */
	struct err_kept err;		/* why not all of it could be read */
};

enum scan_state {
	SCAN_NEW,			/* an import takes it, a card is new */
	SCAN_READ,			/* it was read; of a card: a peer's */
	SCAN_GAP,			/* what comes before it is missing */
	SCAN_REFUSED			/* err says why */
};

struct scan_file {
	char *path;			/* owned */
	size_t place;
	size_t copies;			/* others of the same content */
	enum scan_state state;
	int is_known;			/* all that follows, but for err */
	enum manifest_kind kind;
	char from[NAME_LEN + 1];	/* our name of it, or the card's own */
	struct actor actor;
	char created[21];
	uint64_t sequence, since, until, records, wanted;
	char *filter;			/* of a bundle; owned */
	uint64_t have;			/* a gap: missing is what comes after,
					 * up to since */
	unsigned char id[32];
	uint64_t size, inode, device;
	struct err_kept err;
};

struct scan {
	struct store *s;		/* open to read, in a transaction */
	const struct minisign_pub *own;
	struct scan_place *places;	/* owned */
	size_t place_count;
	struct scan_file *files;	/* owned */
	size_t file_count;
	struct ticker progress;		/* files of a place */
};
void scan_clear(struct scan *x);

/* Look at a place.  What is wrong with it is in its err; negative only for
 * what is wrong with us. */
int scan_path(struct scan *x, const char *path, struct err *err);
int scan_drop(struct scan *x, const struct drop *d, struct err *err);
int scan_medium(struct scan *x, const struct medium *m, struct err *err);

/* When all was looked at: in order (by sender and sequence, then cards, then
 * what is refused without being known), one of each content; a bundle that
 * only lacks what lies there, too, is no gap. */
int scan_finish(struct scan *x, struct err *err);

#endif
