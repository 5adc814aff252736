/* birth.h: what a new site mirrors: the options of init, checked before
 * anything is made, and put into the home that is being built.
 */
#ifndef SATCHEL_BIRTH_H
#define SATCHEL_BIRTH_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../mirror/config.h"
#include "../store/store.h"
#include "opt.h"

struct birth {
	const char *kind;		/* "senaite"; NULL: an embedded lab */
	struct config config;
	struct buf text;		/* of --config; empty: none given */
	int recover;
};
#define BIRTH_INIT { .config = CONFIG_INIT }
void birth_clear(struct birth *b);

extern const struct opt birth_opts[];	/* all of init's */

/* E_USAGE: options that do not go together, or a value; E_CONFIG: the file of
 * --config; E_PERMS, E_IO: the files that hold secrets. */
int birth_read(struct birth *ret, const struct opts *o, struct err *err);

/* Write mirror.ini into `folder`, and the tables into its store, which is in
 * a writing transaction.  Nothing for a lab. */
int birth_put(const struct birth *b, const char *folder, struct store *s,
    struct err *err);

#endif
