/* mark.h: the mark of a drop: a hidden file in it, by which its sites know it
 * again.  A share that is not mounted leaves an empty folder, which has none;
 * what is written there would be carried nowhere.
 *
 *	.satchel-drop    "satchel drop 1\n" and 32 hex digits, "\n"
 */
#ifndef SATCHEL_MARK_H
#define SATCHEL_MARK_H

#include "../base/err.h"
#include "../store/drop.h"

#define MARK_NAME ".satchel-drop"

/* Read the mark of a folder, or make one, for all to read, if there is none;
 * 1: made.  What dead runs left of one is removed.  E_IO, E_READONLY, E_CONFIG
 * (it is there and is none). */
int mark_make(const char *path, char ret[DROP_MARK_LEN + 1],
    struct err *err);

/* Remove what dead runs left of a mark in the making. */
void mark_sweep(const char *folder);

/* Is the folder there, and is it that drop?  E_MEDIA_GONE: not there, or
 * without a mark; E_CONFIG: another drop. */
int mark_check(const struct drop *d, struct err *err);

#endif
