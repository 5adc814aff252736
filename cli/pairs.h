/* pairs.h: KEY=VALUE arguments for mirror.ini. */
#ifndef SATCHEL_PAIRS_H
#define SATCHEL_PAIRS_H

#include <stddef.h>

#include "../base/err.h"
#include "../mirror/config.h"

struct pairs {
	struct config_pair *at;		/* owned; values are borrowed */
	char **keys;			/* owned */
	size_t count;
};
#define PAIRS_INIT { NULL, NULL, 0 }
void pairs_clear(struct pairs *p);

/* Take one apart, borrowing its value.  E_USAGE: no '='. */
int pairs_add(struct pairs *p, const char *text, struct err *err);
void pairs_drop(struct pairs *p);	/* the last one again */

#endif
