/* progress.h: bytes, objects, percent and expected end of a long run, on
 * standard error; only if that is a terminal, or with --progress.
 */
#ifndef SATCHEL_PROGRESS_H
#define SATCHEL_PROGRESS_H

#include <stdint.h>

struct progress {
	const char *what;		/* "importing"; borrowed */
	int on, terminal;
	uint64_t objects, bytes;	/* so far */
	uint64_t done, total;		/* total 0: not known */
	int64_t start_ms, shown_ms;	/* shown_ms 0: nothing shown yet */
};

/* `wanted`: --progress was given. */
void progress_begin(struct progress *p, const char *what, int wanted);

/* Show, if the last time was long enough ago. */
void progress_show(struct progress *p);

/* A last line with --progress; on a terminal the line is wiped.  `done`: it
 * came to its end. */
void progress_end(struct progress *p, int done);

/* The callbacks of exporter, importer and store; ctx is the progress. */
void progress_objects(void *ctx, uint64_t done, uint64_t total,
    uint64_t bytes);
void progress_bytes(void *ctx, uint64_t done, uint64_t total,
    uint64_t objects);

#endif
