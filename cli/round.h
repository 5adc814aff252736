/* round.h: an import at the mirror of an instance: what was changed there is
 * noticed before, what came in is projected after.  At an embedded lab all of
 * it does nothing.
 */
#ifndef SATCHEL_ROUND_H
#define SATCHEL_ROUND_H

#include "../importer/import.h"
#include "mirror.h"

struct round {
	struct cmd *c;			/* borrowed */
	int is_mirror, has_notice, has_project;
	struct mirror_run run;
	struct notice_report notice;
	struct project_report project;
	struct err err;			/* why not all is projected */
};
#define ROUND_INIT { .run = MIRROR_RUN_INIT, .err = ERR_INIT }
void round_clear(struct round *x);

/* Notice.  That the instance does not answer is in x->err and keeps nothing
 * from being applied here.  Without `wanted`, and at an embedded lab, nothing
 * is asked. */
int round_begin(struct round *x, struct cmd *c, int wanted, struct err *err);

/* Project, unless x->err is set, and count for each report what the mirror has
 * not got (held) and refused.  The store is closed. */
int round_end(struct round *x, struct import_result *result,
    struct err *err);

/* Members "mirror", "notice", "project", "mirror_error", and the words. */
void round_say(struct out *o, const struct round *x);

#endif
