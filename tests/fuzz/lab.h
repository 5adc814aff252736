/* lab.h: the store of a mirror, for targets that look things up in one: made
 * once in TMPDIR, never committed, removed at exit.  It knows the UIDs of 32
 * equal digits 1 to 3, as lab-1 to lab-3. */
#ifndef SATCHEL_FUZZ_LAB_H
#define SATCHEL_FUZZ_LAB_H

#include "fuzz.h"

struct store;
struct store *lab_store(void);

/* The name of a file beside it that holds a password. */
const char *lab_secret(void);

/* A document of the instance (canonical) as mirrors take it: into the store's
 * terms, then apart; refused, or a line of the lab. */
void lab_take(struct json_span document);

#endif
