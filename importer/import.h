/* import.h: bundle -> store: spool, admit, apply, report (design section 4,
 * rule 6; the ladder of docs/format.md, "Order of checks").
 * The store is open for writing, no transaction.
 */
#ifndef SATCHEL_IMPORT_H
#define SATCHEL_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../base/ticker.h"
#include "../format/age.h"
#include "../format/limits.h"
#include "../format/manifest.h"
#include "../format/minisign.h"
#include "../store/store.h"

enum import_mode {
	IMPORT_APPLY,
	IMPORT_DRY_RUN,			/* all of it, then rolled back */
	IMPORT_VERIFY			/* the same; for the four levels */
};

enum import_outcome {
	IMPORT_APPLIED, IMPORT_ALREADY, IMPORT_GAP, IMPORT_REFUSED,
	IMPORT_RECEIPT, IMPORT_OTHER	/* not for this site */
};
const char *import_outcome_name(enum import_outcome o);

struct import_request {
	enum import_mode mode;
	/* Our age identity, asked for only when something is encrypted. */
	int (*identity)(void *ctx, const struct age_identity **ret,
	    struct err *err);
	void *ctx;
	const struct minisign_pub *own;	/* our key: what it signed was written
					 * here; NULL: it is a key like any */
	struct ticker progress;		/* bytes of the file, objects so far;
					 * "reading": bytes of the copy that is
					 * made of it */
};

struct import_report {			/* of one file */
	char *path;			/* owned */
	char from[NAME_LEN + 1];	/* the pinned name, or "" */
	char from_site[SITE_LEN + 1];
	enum manifest_kind kind;
	uint64_t sequence, generation, since, until;
	enum import_outcome outcome;
	uint64_t received, applied, same, held, refused, conflicts;
					/* held, refused: of a mirror, which
					 * the caller counts by the two: */
	uint64_t seq_from, seq_to;	/* what was applied: above, up to */
	int complete, authentic, valid, applicable;	/* 1, 0; -1 unknown */
	struct err_kept err;		/* why not; E_OK otherwise */
	uint64_t have;			/* gap: applied so far */
	unsigned char (*wanted)[32];	/* gap: blobs that are missing, or a
					 * request's; owned */
	size_t wanted_count;
};

struct import_result {
	struct import_report *at;
	size_t count;
};
void import_result_clear(struct import_result *r);

/* Import files and folders.  Of a folder: every file that begins like ours,
 * not hidden, in the order of sender, life and sequence; see import_folder.
 * Folders named one after the other are one list.
 * What is wrong with a file is in its report; the return is negative only for
 * what is wrong with us (E_IO, E_ROLLED_BACK, ...) or with a path given by
 * name that cannot be opened. */
int import_run(struct store *s, const char *const *paths, size_t count,
    const struct import_request *r, struct import_result *ret,
    struct err *err);

/* Import a list in its order (importer/folder.h), adding to `ret`; in a
 * transaction of the caller, which is then rolled back, unless the mode is
 * IMPORT_APPLY.  Files between other sites, and our own, are IMPORT_OTHER;
 * what was read before, or is another copy of it, IMPORT_ALREADY without being
 * read again; what was deleted since it was listed has no report.  Files
 * refused for a gap are tried again after others were applied. */
struct folder;
int import_folder(struct store *s, const struct folder *f,
    const struct import_request *r, struct import_result *ret,
    struct err *err);

/* The exit code of a run: the first failure's, else 11 if a conflict was
 * added (never for IMPORT_VERIFY), else 0. */
int import_exit(const struct import_result *r, enum import_mode mode);

#endif
