/* progress.h: bytes, objects, rate, percent and expected end of a long run, on
 * standard error.
 *
 * On a terminal it is one line within its width, written again and again, and
 * wiped at the end.  Anywhere else it is nothing, or with --progress a whole
 * line now and then, without control characters.
 *
 *	progress_begin(&p, "importing", opt_flag(&c->opts, "progress"));
 *	request.progress = progress_ticker(&p);
 *	...
 *	progress_end(&p, rc >= 0);
 *
 * What says something else on standard error meanwhile ends it first; a run of
 * several parts begins it for each, with a `what` of its own.
 */
#ifndef SATCHEL_PROGRESS_H
#define SATCHEL_PROGRESS_H

#include <stdint.h>

#include "../base/ticker.h"
#include "pace.h"

struct progress {
	const char *what;		/* "importing"; borrowed */
	const char *step;		/* of it, that is shown now */
	int on, terminal;
	struct tick tick;		/* the last */
	struct pace pace;		/* of this step */
	int64_t start_ms, step_ms, shown_ms;	/* since when; shown last */
	size_t shown;			/* columns of the terminal's line */

	/* For tests, after progress_begin. */
	int fd;
	int64_t (*now_ms)(void);	/* a clock that never goes back */
	int64_t start_s;		/* since 1970, of start_ms */
};

/* `wanted`: --progress was given. */
void progress_begin(struct progress *p, const char *what, int wanted);

/* What the rooms below call; `p` must outlive it. */
struct ticker progress_ticker(struct progress *p);

/* With --progress a last line, on a terminal none.  `done`: it came to its
 * end.  Nothing if it did not begin. */
void progress_end(struct progress *p, int done);

#endif
