/* survey.h: a drop as it is now: what lies in it, and of what was seen the
 * last time only what is new or open looked at again.
 *
 * Nothing in a drop is believed that is not signed: not a name, not a date,
 * not that a file stays as it was.  What is foreign is passed over.
 */
#ifndef SATCHEL_SURVEY_H
#define SATCHEL_SURVEY_H

#include "../base/ticker.h"
#include "../format/minisign.h"
#include "../importer/folder.h"
#include "../store/drop.h"

#define SURVEY_COPY_S 86400		/* within a day a copy is done */
#define SURVEY_BROKEN_MAX 100u
#define SURVEY_COPIES_MAX 4u		/* of one file for us */
#define SURVEY_DUE_MAX 5000u		/* different files for us at once */

struct survey_broken {			/* begins like ours, and was not good
					 * for longer than a copy takes */
	size_t file;			/* index in files */
	struct err_kept why;
};

struct survey {
	const struct drop *drop;	/* borrowed */
	int dir_fd;
	struct drop_files files;	/* by name; gone ones still in it */
	struct survey_broken *broken;	/* owned */
	size_t broken_count;
	uint64_t broken_more;		/* over SURVEY_BROKEN_MAX */
	size_t due_count;		/* what was added of this drop */
	uint64_t due_more;		/* over SURVEY_DUE_MAX */
	struct ticker progress;		/* of survey_take: files */
};
#define SURVEY_INIT { .dir_fd = -1 }
void survey_clear(struct survey *x);

/* Open the drop (mark_check), list it and look; what is for us and was not
 * read yet is added to `due`, not sorted.  The store is not written.
 * E_MEDIA_GONE, E_CONFIG, E_IO; E_LIMIT over DROP_FILES_MAX; E_ROLLED_BACK: a
 * file of ours lies there that we have not written. */
int survey_take(struct survey *x, struct store *s, const struct drop *d,
    const struct minisign_pub *own, struct folder *due, struct err *err);

/* The file in it that a path names; NULL: none. */
struct drop_file *survey_find(struct survey *x, const char *path);

/* Is it still the file that was looked at? */
int survey_is_same(const struct survey *x, const struct drop_file *f);

/* A file of ours was just put there (a path in the drop). */
int survey_put(struct survey *x, struct store *s, const char *path,
    const struct minisign_pub *own, struct err *err);

/* How many files of a kind are there now, and their bytes. */
uint64_t survey_count(const struct survey *x, enum drop_what what,
    uint64_t *ret_bytes);

/* Remember it, and to whom something was written, in a transaction of its
 * own. */
int survey_save(struct survey *x, struct store *s, struct err *err);

#endif
