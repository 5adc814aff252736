/* place.h: the sites of the simulator: real stores over in-memory databases
 * (SQLite's memdb is made its default VFS), real guard files, real keys.
 *
 * Keys and empty stores that know each other are made once a process.
 * A database lives as long as its keeper, a second connection, holds it; a
 * store may be closed and opened again as programs come and go.
 */
#ifndef SATCHEL_SIM_PLACE_H
#define SATCHEL_SIM_PLACE_H

#include <sqlite3.h>

#include "../../format/age.h"
#include "../../format/minisign.h"
#include "../../store/store.h"
#include "plan.h"

struct place {
	char id[4];			/* "s0" ...; also its name */
	char home[96];
	struct minisign_secret *key;
	struct age_identity *age;
	sqlite3 *keeper, *empty;
	struct store *s;
};

struct yard {
	char folder[64], state[80], out[80];
	struct place at[SITES_MAX];
	struct err err;
};

/* Once a process, and at its end.  Any failure ends the process: the yard
 * is the test's own. */
void yard_begin(struct yard *y);
void yard_end(struct yard *y);

/* The first `sites` stores as they were made, with `encrypt` for all peers or
 * for none. */
void yard_reset(struct yard *y, int sites, int encrypt);

/* The program at the site ends, another one starts. */
void place_close(struct place *p);
void place_open(struct yard *y, struct place *p);

/* Copy the database of a site out (NULL: into a new one), and back. */
sqlite3 *place_backup(struct place *p, sqlite3 *into);
void place_put_back(struct yard *y, struct place *p, sqlite3 *from);

#endif
