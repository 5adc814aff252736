/* doctor.h: what `satchel doctor` looks at, room by room.  Each finding is
 * said as it is found, with what to do about it; nothing is changed.
 */
#ifndef SATCHEL_DOCTOR_H
#define SATCHEL_DOCTOR_H

#include "../store/store.h"
#include "cmd.h"

enum doctor_level {
	DOCTOR_GOOD, DOCTOR_NOTE,
	DOCTOR_ALARM,			/* exit 9: the clock, a silent peer */
	DOCTOR_MEND			/* exit 2 */
};

struct doctor {
	struct cmd *c;
	int64_t now;
	unsigned counts[DOCTOR_MEND + 1];
	struct err alarm;		/* the first one's */
	struct err connection;		/* why the mirror cannot be spoken to */
};

/* next: what to do; NULL or "": nothing. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *next,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* What went wrong in looking is a finding; it is said, and forgotten.  Of an
 * alarm the code is kept for the end. */
void doctor_say_err(struct doctor *d, enum doctor_level level,
    struct err *err);

/* The home: whose its files are, its keys, room on its disk. */
void doctor_home(struct doctor *d, const char *home);

/* The open site: database, guard, what dead runs left, clock. */
void doctor_store(struct doctor *d, struct store *s);

/* Peers that are silent, drops, what is scheduled. */
void doctor_carry(struct doctor *d, struct store *s);

#endif
