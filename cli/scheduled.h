/* scheduled.h: what `schedule` needs to know of a site: whose its home is, what
 * a night reads and writes, and what was asked for.
 */
#ifndef SATCHEL_SCHEDULED_H
#define SATCHEL_SCHEDULED_H

#include <pwd.h>
#include <sys/types.h>

#include "cmd.h"
#include "home.h"
#include "schedule.h"
#include "units.h"

struct scheduled {
	struct cmd *c;
	struct store *s;		/* NULL until scheduled_open */
	struct units units;		/* borrows from the rest */
	struct schedule_at at;
	char *home, *program, *passphrase_file, *mailer;	/* owned */
	struct buf state, again;
	const struct passwd *owner;	/* of the home; of getpwuid */
};
void scheduled_clear(struct scheduled *n);

/* The home that the options name, without links, and its owner. */
int scheduled_home(struct scheduled *n, struct err *err);

/* Where --system, --user and --dir say, or else what root and others want.
 * E_USAGE: this user's, but the home is another's. */
int scheduled_place(struct scheduled *n, struct err *err);

/* Root works on the store as its owner: what SQLite makes there must be the
 * owner's.  scheduled_be_root goes back; both do nothing for other users. */
int scheduled_be_owner(const struct scheduled *n, struct err *err);
void scheduled_be_root(void);
int scheduled_open(struct scheduled *n, enum home_use use, struct err *err);

/* What a night writes and reads, into n->units. */
int scheduled_paths(struct scheduled *n, struct err *err);

/* All that the texts need, from the options of `schedule install`. */
int scheduled_read(struct scheduled *n, struct err *err);

/* The folder of the guard: a service can write in none that is not there when
 * it starts. */
int scheduled_make_state(const struct scheduled *n, struct err *err);

#endif
