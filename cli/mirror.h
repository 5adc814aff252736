/* mirror.h: a run with the mirror of this site: its settings, the lock that
 * one run at a time holds (HOME/mirror.lock), the connection; notice and
 * project with their progress and their words.
 */
#ifndef SATCHEL_CLI_MIRROR_H
#define SATCHEL_CLI_MIRROR_H

#include "../base/err.h"
#include "../mirror/config.h"
#include "../mirror/mirror.h"
#include "../mirror/notice.h"
#include "../mirror/project.h"
#include "../store/store.h"
#include "cmd.h"
#include "progress.h"

/* What the store remembers of runs, for `status` (instance_note). */
#define MIRROR_NOTE_PRODUCT "cli.product"
#define MIRROR_NOTE_MODE "cli.mode"
#define MIRROR_NOTE_NOTICE "cli.notice"		/* dates */
#define MIRROR_NOTE_FULL "cli.full"
#define MIRROR_NOTE_PROJECT "cli.project"

struct mirror_run {
	struct cmd *c;
	struct config config;
	struct mirror m;
	struct mirror_home home;
	struct mirror_facts facts;	/* product NULL: not asked yet */
	struct progress shown;
	int lock_fd;
};
#define MIRROR_RUN_INIT { .config = CONFIG_INIT, .lock_fd = -1 }
void mirror_run_clear(struct mirror_run *x);

/* Is an open site the mirror of an instance?  1; 0: an embedded lab.
 * E_VERSION: of a kind that this program does not know. */
int mirror_is(struct store *s, struct err *err);

/* The same for the site that the options name. */
int mirror_is_home(struct cmd *c, struct err *err);

/* For a command that is for mirrors alone: E_USAGE at an embedded lab. */
int mirror_need(struct cmd *c, struct err *err);

/* Settings and lock (E_LOCKED, waiting as --wait says); nothing is sent. */
int mirror_run_open(struct mirror_run *x, struct cmd *c, struct err *err);

/* Ask who is there, once. */
int mirror_run_greet(struct mirror_run *x, struct err *err);

/* The instance into the store, and back.  project first says on standard
 * error how it goes, and what cannot be carried. */
int mirror_run_notice(struct mirror_run *x, int full, uint64_t accept,
    struct notice_report *ret, struct err *err);
int mirror_run_project(struct mirror_run *x, int all, int dry_run,
    struct project_report *ret, struct err *err);

/* Something was not taken: E_DEST_REJECTED with the counts, else 0. */
int mirror_refused(const struct project_report *r, struct err *err);

/* Add to what an error says is to be done next. */
void mirror_next(struct err *err, const char *what);

/* Members "mirror", "notice", "project" of a document; null for what was not
 * done.  The words on standard output, or with `aside` on standard error. */
void mirror_say_facts(struct out *o, const struct mirror_run *x);
void mirror_say_notice(struct out *o, const struct notice_report *r,
    int aside);
void mirror_say_project(struct out *o, const struct project_report *r,
    int dry_run);

#endif
