/* retain.h: which of our own files in a drop may go, and who blocks the rest.
 *
 * A bundle may go when every addressee's receipt covers it, or when newer ones
 * of the same stream that lie in the same drop start no later and end no
 * earlier.  A receipt may go when a newer file of ours to the same addressees
 * lies there, or they have read it; a request when a newer request does, or a
 * newer file and nothing is missing from them any more.  What is for nobody who
 * is a peer still may go.  An excerpt moves no watermark, so nothing
 * tells that it arrived: it stays until a person takes it away.
 *
 * A file that may go stays for the days that the drop keeps, and what this site
 * did not write is never touched.
 */
#ifndef SATCHEL_RETAIN_H
#define SATCHEL_RETAIN_H

#include "survey.h"

struct retain_result {
	uint64_t removed, bytes;	/* taken away now */
	uint64_t kept;			/* may go, kept for the days */
};

/* Decide for all files of ours, take away what may go.  The caller saves the
 * survey.  A file that cannot be removed: E_IO, E_READONLY, after all others
 * were tried. */
int retain_prune(struct survey *x, struct store *s,
    struct retain_result *ret, struct err *err);

struct retain_block {			/* a peer that files wait for */
	const struct peer *peer;	/* borrowed from the list given */
	uint64_t files, bytes;
	int64_t since;			/* the oldest lies there since then */
};

/* Of the files that may not go: for each of the peers how many wait for its
 * receipt.  `ret` has room for one a peer. */
int retain_blocks(const struct drop_files *files, struct store *s,
    const struct peer *peers, size_t count, struct retain_block *ret,
    struct err *err);

/* Is it addressed to the site? */
int retain_names(const struct drop_own *own, const char *site);

/* Does a file of our present life, newer than `after`, lie there for the peer?
 * Every file carries what we state to it. */
int retain_tells(const struct drop_files *files, const struct actor *self,
    const char *site, uint64_t after);

struct retain_stream {			/* ours, to exactly these: */
	const struct actor *self;
	const char *addressees, *filter;
	uint64_t since;			/* their watermark */
	uint64_t after;			/* files up to this one are not
					 * relied on */
};

/* How far its addressees would come by what lies in the drop. */
int retain_reach(const struct drop_files *files,
    const struct retain_stream *stream, uint64_t *ret, struct err *err);

#endif
