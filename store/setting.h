/* setting.h: field by field over live versions: who set it to what, and which
 * of these settings are open (design rule 4; model/sync.py, candidates).
 * Versions must have been read; all memory is taken by setting_init.
 */
#ifndef SATCHEL_SETTING_H
#define SATCHEL_SETTING_H

#include <stddef.h>

#include "version.h"

struct setting {
	const struct dot *dot;		/* borrowed from a version */
	struct json_span value;		/* len 0: set to absent */
	size_t from;			/* index of a version that has it */
	int open;			/* no version that has another saw it */
};

struct setting_list {			/* of one field */
	struct field field;		/* its name; value unused */
	const struct setting *all;	/* one a dot, ascending by dot */
	size_t count, open;
	int present;			/* some version has a value */
};

struct setting_walk {
	struct version *const *v;	/* borrowed */
	size_t count;
	struct setting_cursor *cursor;	/* owned, one a version */
	struct setting *all;		/* owned, one a version */
};

#define SETTING_INIT { .count = 0 }

/* Begin; tombstones in `v` are passed over. */
int setting_init(struct setting_walk *w, struct version *const *v,
    size_t count, struct err *err);
void setting_clear(struct setting_walk *w);

/* The next field, ascending by full name, that any version has or has set to
 * absent.  1, or 0 at the end; `ret` is valid until the next call. */
int setting_next(struct setting_walk *w, struct setting_list *ret);

/* The first open setting, or NULL. */
const struct setting *setting_first(const struct setting_list *l);

/* Have all open settings the same value? */
int setting_agree(const struct setting_list *l);

/* Is it the member `modified` of F? */
int setting_is_modified(int nested, struct json_span name);

/* Do they clash: values and none open, or two open ones that differ?
 * `modified` never does. */
int setting_clash(const struct setting_list *l);

/* What settles it: the first open setting; of `modified` the latest text, of
 * all settings if none is open.  NULL: absent. */
const struct setting *setting_settle(const struct setting_list *l);

#endif
