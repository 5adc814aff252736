/* night.h: a night's work on the drops: collect and import what is for this
 * site, put there what is due, take away what is not needed any more, and look
 * who is late.  `satchel sync` does all of it, `satchel drop` a part.
 *
 * Every step is whole or not done, and found and finished by the next night;
 * what goes wrong at one drop, file or peer is noted and keeps nothing from
 * being done at the others.
 */
#ifndef SATCHEL_NIGHT_H
#define SATCHEL_NIGHT_H

#include "../carry/retain.h"
#include "../carry/send.h"
#include "../carry/survey.h"
#include "../importer/import.h"
#include "cmd.h"
#include "progress.h"
#include "report.h"
#include "request.h"
#include "round.h"

enum night_steps {
	NIGHT_COLLECT = 1, NIGHT_PUBLISH = 2, NIGHT_PRUNE = 4,
	NIGHT_WATCH = 8,		/* who is late? */
	NIGHT_ALL = 15
};

struct night_alarm {
	struct err_kept err;
	char *about;			/* "drop nightly", "peer lab-b", a
					 * path; owned */
};

struct night_file {			/* what was put into a drop */
	char *path;			/* owned */
	char *to;			/* names with a space between; owned */
	int is_receipt;
	uint64_t sequence, since, until, records, size;
};

struct night_block {			/* a peer that files wait for */
	char name[33];
	uint64_t files, bytes;
	int64_t since;
};

struct night_drop {
	struct drop *drop;		/* borrowed from night.drops */
	struct survey survey;
	int there;			/* it was listed */
	int alarmed;			/* something is not well there */
	int safe;			/* a medium that is carried, and all of
					 * the night is on it */
	struct retain_result pruned;
	struct night_file *files;	/* owned */
	size_t file_count;
	struct night_block *blocks;	/* owned; those with files */
	size_t block_count;
};

struct night {
	struct cmd *c;			/* borrowed */
	unsigned steps;			/* of enum night_steps */
	const char *const *only;	/* names of drops; NULL: all */
	size_t only_count;

	struct store *s;		/* NULL while it is closed */
	struct card own;
	char name[33];			/* of this site */
	int64_t now, started, ended;
	int lock_fd;
	struct drops drops;
	struct night_drop *at;		/* owned, one for each of drops */
	size_t count;
	struct import_result imported;
	struct requests requests;
	struct round round;
	struct progress shown;
	struct night_alarm *alarms;	/* owned; the first one's exit counts */
	size_t alarm_count;
	uint64_t conflicts;		/* added */
	int rolled_back;		/* so nothing may be written */
	int failed;			/* exit status of what kept it from
					 * being done; 0: nothing did */
};
#define NIGHT_INIT { .lock_fd = -1, .round = ROUND_INIT }
void night_clear(struct night *n);

/* Do it.  Negative for what kept the night from being done: E_LOCKED,
 * E_CONFIG (no drop), E_ROLLED_BACK, ...; the rest is in the alarms. */
int night_run(struct night *n, struct err *err);

/* The exit status: that of what kept it from being done, else the first
 * alarm's, else 11 if a conflict was added, else 0. */
int night_exit(const struct night *n);

/* Note that something is not well. */
int night_alarm(struct night *n, const char *about, const struct err *why,
    struct err *err);

#endif
