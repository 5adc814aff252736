/* send.h: what this site has to put into a drop, and putting it there.
 *
 * For each peer of the drop, or for all with one policy at once (together): a
 * bundle if something is due beyond what lies there already, or attachments
 * were asked for; else a receipt alone if one is owed, or if nothing was
 * written to a peer for half of the time within which this site promised to.
 */
#ifndef SATCHEL_SEND_H
#define SATCHEL_SEND_H

#include "../exporter/export.h"
#include "survey.h"

enum send_what { SEND_NOTHING, SEND_RECEIPT, SEND_BUNDLE };

struct send_group {			/* addressees of one file */
	struct peer *peers;		/* owned; ascending by site */
	size_t count;
	enum send_what what;
	int owed;			/* a receipt, whatever else is due */
	uint64_t due;			/* objects */
};

struct send_plan {
	struct send_group *at;		/* owned */
	size_t count;
};
void send_plan_clear(struct send_plan *p);

/* Nothing is written.  `now`: for the promise. */
int send_plan(struct send_plan *p, const struct survey *x, struct store *s,
    int64_t now, struct err *err);

/* Write for one group into the drop; r->to is set here, and so is r->out.  The
 * store may be let go on the way (export_run): it is only to be closed after
 * this.  Errors as export_run; what was finished is in `ret`. */
int send_group(const struct send_group *g, const struct drop *d,
    struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err);

#endif
