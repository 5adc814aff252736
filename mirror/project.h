/* project.h: what the store has and the instance has not, into the instance
 * (design section 6): parents first, references again in a second pass, each
 * write read back.  What the instance does not hold stays in the store, is
 * listed with its reason and tried again next time; it stops nothing else.
 * What the instance by its nature cannot hold (mirror_ops.cannot_hold) is
 * listed, and tried again when it is another one: when its mode has changed.
 *
 * What was refused, or held in part, three times in the same form (the same
 * document for there, the same references still open, the same mode of the
 * instance) is counted and left in peace until one of these changes, or all
 * is asked for.
 *
 * A container is not deleted while something that lives lies in it.
 *
 * A write whose end is not known is looked at first by the next run: if the
 * object is there as it shall be, nothing is written.  If the instance gives
 * its own UIDs, that run reads all of it to find what was created.
 *
 * What is in the way is read first: an object that was changed in the
 * instance since it was last read is noticed, not overwritten.
 */
#ifndef SATCHEL_PROJECT_H
#define SATCHEL_PROJECT_H

#include <stdint.h>

#include "../base/err.h"
#include "../base/ticker.h"
#include "config.h"
#include "mirror.h"
#include "notice.h"

struct project_request {
	int all;			/* every object again */
	int dry_run;			/* count what is due, write nothing */
	const struct config *config;
	struct ticker progress;
};

struct project_report {
	uint64_t due, created, updated, same, deleted, refused, waiting,
	    left;
	uint64_t partly;		/* written, and not all of it held */
	uint64_t lossy;			/* written, and held as far as the
					 * instance by its nature can */
	uint64_t self_us, wait_us;	/* our own time, the instance's */
};

/* E_DEST_*: of the connection; what was written is remembered.  Refused
 * objects are no error here: the report counts them. */
int project_run(struct mirror *m, const struct mirror_home *home,
    const struct project_request *r, struct project_report *ret,
    struct err *err);

#endif
