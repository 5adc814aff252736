/* cadence.h: how often a site promises to write, and which peers are late by
 * what they promised.
 */
#ifndef SATCHEL_CADENCE_H
#define SATCHEL_CADENCE_H

#include "peer.h"

#define CADENCE_MIN 3600		/* seconds: an hour */
#define CADENCE_MAX 31622400		/* 366 days */

/* What this site promises in every file: its next one within so many seconds;
 * 0: nothing. */
int cadence_get(struct store *s, int64_t *ret_s, struct err *err);

/* In a writing transaction.  E_USAGE: neither 0 nor within the limits. */
int cadence_set(struct store *s, int64_t seconds, struct err *err);

/* The newest file of a peer that was applied says so (0: it promises nothing
 * any more).  In a writing transaction. */
int cadence_heard(struct store *s, int64_t peer, int64_t seconds,
    struct err *err);

/* After how many seconds a peer's silence is an alarm: as set for it, or else
 * twice what it promised; 0: never. */
int64_t cadence_patience(const struct peer *p);

/* In a writing transaction.  -1: by its promise; 0: never; else within the
 * limits, or E_USAGE. */
int peer_set_silent(struct store *s, int64_t peer, int64_t silent_after,
    struct err *err);

/* What was heard, or who was added, on a day that has not come yet was noted by
 * a clock that was wrong: take it for today.  In a writing transaction. */
int cadence_mend(struct store *s, struct err *err);

/* Since when (seconds since 1970) the peer should have been heard of: 0 if it
 * is not late, or is revoked.  Counted from its last sign of life
 * (stream_hear), or from the day it was added where that is later. */
int64_t cadence_late_since(const struct peer *p, int64_t now);

#endif
