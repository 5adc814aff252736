/* program.h: work.sh, and through it the program that is tested. */
#ifndef SATCHEL_POWER_PROGRAM_H
#define SATCHEL_POWER_PROGRAM_H

#include "../../base/buf.h"

struct work {				/* a run of work.sh */
	const char *name;
	int is_stick;			/* to a device that is not the home's */
};

/* Paths of the program, the recorder and work.sh.  Makes a folder for all that
 * is made here, in memory if the machine has that; it goes when the test
 * ends, in whatever way. */
void program_begin(char *const paths[3]);

/* A file in that folder; the path lasts until the next call. */
const char *program_path(const char *name);

/* Where runs are recorded, and where states are looked at. */
const char *program_live(void);
const char *program_state(void);

/* work.sh WHAT NAME with this ROOT, recorded to "log" if asked to: its exit
 * status.  What it printed is in "out" and "err". */
int program_run(const char *what, const struct work *w, const char *root,
    int is_recorded);
void program_must(const char *what, const struct work *w, const char *root,
    int is_recorded);			/* exit 0, or the test ends */

/* Append a file of the folder. */
void program_said(const char *name, struct buf *to);

#endif
