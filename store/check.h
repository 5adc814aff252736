/* check.h: is the database of a site sound, and does its memory of time fit
 * the clock?
 */
#ifndef SATCHEL_CHECK_H
#define SATCHEL_CHECK_H

#include "store.h"

/* SQLite's own look at every page and row; `full`: at indexes too.  1: sound;
 * 0: not done within `seconds` (0: any time).  E_DAMAGED: what it found. */
int check_database(struct store *s, int full, unsigned seconds,
    struct err *err);

/* When this site last did something, by its own clock: the last line of its
 * log or the last file it wrote, whichever is later; 0: it never did. */
int check_clock(struct store *s, int64_t *ret, struct err *err);

/* The newest label of a version (a site's clock when it was made), and that
 * site's id.  1; 0: there is none, or it was not found within `seconds`. */
int check_label(struct store *s, unsigned seconds, int64_t *ret,
    char ret_site[SITE_LEN + 1], struct err *err);

/* When an event was last logged: 1, or 0 if it never was. */
int check_event(struct store *s, const char *event, int64_t *ret,
    struct err *err);

#endif
