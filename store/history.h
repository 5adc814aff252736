/* history.h: the review history of versions, [[time,rank,entry],...].
 *
 * An entry is its time and its content; its rank among the entries of one
 * time is given when it is first noticed.  Order: time by what it says, rank,
 * entry by the bytes of its canonical JSON.
 */
#ifndef SATCHEL_HISTORY_H
#define SATCHEL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"

#define HISTORY_RANK_MAX 16777215u

struct history_entry {			/* spans borrow */
	struct json_span time;		/* with quotes */
	struct json_span entry;		/* any value */
	uint64_t rank;
};

/* Is this array of canonical JSON a history: every item of that form, in
 * order, none twice?  E_RECORD. */
int history_check(struct json_span history, struct err *err);

/* The next entry of a json_walk over a checked history; 1, or 0 at the
 * end. */
int history_next(struct json_walk *w, struct history_entry *ret);

/* Append the union of `count` checked histories and of `entries`, a canonical
 * array of [time,entry] (len 0: none).  Of two ranks of an entry the lower
 * one stays.  A new entry is ranked, in the order given, after all that its
 * time then has; after HISTORY_RANK_MAX ranks stay equal.  ret_grew: 1 if
 * there was a new one.  E_RECORD if `entries` is of another form. */
int history_union(const struct json_span *histories, size_t count,
    struct json_span entries, struct buf *out, int *ret_grew,
    struct err *err);

#endif
