/* rows.h: the rows of a store, below all that the program knows of it. */
#ifndef SATCHEL_POWER_ROWS_H
#define SATCHEL_POWER_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct sqlite3;

/* Over all rows of all tables; -1 if they cannot be read. */
int rows_hash(struct sqlite3 *db, unsigned char out[32]);

/* Does PRAGMA integrity_check find nothing?  Else what it found is in `said`. */
int rows_are_sound(struct sqlite3 *db, char *said, size_t size);

/* Was this number given to this file? */
int rows_know_file(struct sqlite3 *db, uint64_t sequence,
    const unsigned char id[32]);

#endif
