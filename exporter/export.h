/* export.h: store -> bundle (docs/format.md; design section 4, rules 5, 11).
 * Reads the store, writes files; of the store it changes only what it must
 * remember of them.  The store is open for writing, no transaction.
 */
#ifndef SATCHEL_EXPORT_H
#define SATCHEL_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../base/medium.h"
#include "../base/ticker.h"
#include "../format/codec.h"
#include "../format/minisign.h"
#include "../store/store.h"

#define EXPORT_MAX_SIZE_MIN 262144u	/* least --max-size */

struct export_request {
	const char *const *to;		/* names or ids of peers */
	size_t to_count;
	const char *out;		/* an existing folder, or a file name */
	int full;			/* whatever the receipts say */
	int heartbeat;			/* write one though nothing is due */
	int dry_run;			/* only count */
	int64_t since_time, until_time;	/* excerpt by date; -1: open */
	const char *const *types;	/* excerpt by type; 0: all */
	size_t type_count;
	uint64_t max_size;		/* of a file; 0: 4 GiB - 1; never more
					 * than the medium can hold */
	uint64_t max_records;		/* of a file; 0: any number */
	const unsigned char (*wanted)[32];	/* blobs to carry anyway; of a
					 * request: those it asks for */
	size_t wanted_count;
	int request;			/* export_receipt: ask for what is
					 * missing */
	enum codec codec;
	int64_t created;		/* seconds since 1970 */
	unsigned workers;		/* threads beside this one */
	const struct minisign_secret *key;
	struct ticker progress;		/* objects done and due, and bytes;
					 * "copying to the medium" and "reading
					 * back": bytes of the file */
};

struct export_file {
	char *path;			/* final name; owned */
	uint64_t sequence, since, until, records, versions, deleted, blobs,
	    blob_bytes, size;
};

struct export_result {
	struct export_file *files;	/* in order; a dry run has one, with
					 * path NULL, and totals */
	size_t count;
	uint64_t estimate;		/* bytes, of a dry run */
	struct medium medium;		/* what they lie on; of a dry run
					 * nothing */
	int is_home;			/* that is the home's disk */
};
#define EXPORT_RESULT_INIT { .files = NULL }
void export_result_clear(struct export_result *r);

/* Export.  No file if nothing is due or wanted, no receipt is owed and no
 * heartbeat is asked.  What the addressees asked for (stream_want) is carried
 * too, and with the last file of the chain wanted no more.
 * E_USAGE (unknown peer, bad out), E_REVOKED, E_POLICY (addressees that differ
 * in policy), E_LIMIT, E_WRITE_VERIFY, E_NOSPACE, E_READONLY, E_MEDIA_GONE,
 * E_IO, ... : then no file has its final name but those finished before (in
 * `ret`).  E_NOSPACE is said before the first byte on the medium if the files
 * are made elsewhere. */
int export_run(struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err);

/* A receipt alone (...receipt.satchel), or a request (...request.satchel) that
 * lists `wanted`. */
int export_receipt(struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err);

/* How much is due for a peer: objects that the next export would carry. */
int export_due(struct store *s, const char *peer, uint64_t *ret,
    struct err *err);

#endif
