/* world.h: one history: sites that edit, export, lose, import, go back. */
#ifndef SATCHEL_SIM_WORLD_H
#define SATCHEL_SIM_WORLD_H

#include <setjmp.h>

#include "dice.h"
#include "oracle.h"
#include "parcel.h"
#include "place.h"
#include "plan.h"

struct item {				/* a parcel on its way to a site */
	int parcel, to;
};

struct items {
	struct item *at;
	size_t count;
};

struct shown {				/* what editors were shown, in turn */
	struct bits *at;
	size_t count, next;
};

struct backup {
	sqlite3 *db;			/* NULL: none */
	struct memory memory;
	uint64_t sequence;		/* files written then */
	uint64_t generation;
};

struct world {
	const struct plan *p;
	struct yard *y;
	struct oracle o;
	struct dice rng, r;		/* of the world; of the operation */
	int64_t now;
	int serial;			/* of files that have left */
	struct parcel **parcels;	/* owned */
	int parcel_count;
	struct items net, old;
	struct backup backups[SITES_MAX];
	struct shown shown;		/* recorded, or to be shown again */
	int forced;
	struct { int site; int parcel; unsigned wanted; } missed;
	unsigned long counts[16];	/* see counted */
	jmp_buf out;
	const char *why;		/* what is violated */
	struct err err;			/* more of it */
};

enum counted {
	COUNT_EDITS, COUNT_FILES, COUNT_APPLIED, COUNT_GAPS, COUNT_MISSED,
	COUNT_LOST, COUNT_RESTORES, COUNT_LIVES, COUNT_KILLS, COUNT_KEPT,
	COUNT_REPLAYS, COUNT_KINDS
};
extern const char *const counted_names[COUNT_KINDS];

/* Play a history.  NULL, or what is violated; `err` says more.  With `shown`
 * of an earlier run, editors are shown the same. */
void world_begin(struct world *w, const struct plan *p, struct yard *y);
const char *world_play(struct world *w);
void world_clear(struct world *w);

/* The history, and if it says so once more under other clocks.  `counts` are
 * added to. */
const char *history(const struct plan *p, struct yard *y,
    unsigned long counts[COUNT_KINDS], struct err *err);

/* --- for the files of the world ----------------------------------------- */

_Noreturn void violate(struct world *w, const char *why);

/* The call must succeed. */
#define MUST(w, call) do {						\
	if ((call) < 0)							\
		violate(w, "refused: " #call);				\
} while (0)

struct place *site(struct world *w, int i);
int64_t clock_of(const struct world *w, int i);
void items_add(struct items *list, int parcel, int to);
struct item items_take(struct items *list, size_t at);

/* edits.c */
void edit_op(struct world *w, int i, enum op_kind kind);
void settle_disjoint(struct world *w, int i);

/* files.c: exports, and what is sent. */
struct sending {
	int to[SITES_MAX], to_count;
	int full, heartbeat, receipt;
	uint64_t max_records, max_size;
	const char *type;		/* excerpt; NULL: none */
	unsigned wanted;		/* blobs, a bit each */
	int request;
};
/* Returns the number of the first parcel; they go into no list. */
int export_files(struct world *w, int i, const struct sending *s,
    int *ret_count);
void send_op(struct world *w, int i, enum op_kind kind);
void send_all(struct world *w, int first, int count);

/* arrive.c */
void arrive(struct world *w, struct item item, int again);
void backup(struct world *w, int i);
void restore(struct world *w, int i);

/* whole.c */
void spread(struct world *w);
void check_honest(struct world *w);
void check_algebra(struct world *w);
void heal(struct world *w);

/* fingerprint.c: all that an import may change, of a site. */
void fingerprint(struct world *w, int i, unsigned char ret[32]);

/* kills.c: maybe the next run at the site dies before it ends. */
void maybe_kill(struct world *w);
int was_killed(struct world *w, int i);

#endif
