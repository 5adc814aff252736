/* scenario.h: what is run with faults, and what must hold then. */
#ifndef SATCHEL_TEST_SCENARIO_H
#define SATCHEL_TEST_SCENARIO_H

#include "state.h"
#include "world.h"

enum kind {
	ONE_STEP,			/* one transaction: before or after */
	ON_THE_WAY,			/* one, before what the command is for:
					 * that may fail after it */
	STEPS,				/* some transactions, each complete */
	FILES,				/* writes files; numbers may be lost */
	SITE				/* makes a site or there is none */
};

enum flag {
	DIFFERS = 1,			/* its bytes differ by chance */
	MEDIUM = 2,			/* needs another disk */
	MUCH = 4,			/* much of it is in the sample */
	SMALL = 8,			/* and a kill at each call that writes */
	NIGHT = 16			/* a night: writes files and removes
					 * them, and does what it can */
};

struct scenario {
	const char *name;
	enum kind kind;
	const char *site;		/* whose store it is about */
	const char *setup;		/* lines of world_run; NULL: none */
	const char *run;
	int exit;			/* of an undisturbed run */
	unsigned flags;			/* enum flag */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* The world that they all begin with: sites a, b, c in <top>/base. */
void scenario_base(struct world *w);

/* What it is without a fault. */
struct reference {
	struct state before, after, again;	/* again: run twice */
	int exit_again;
	long blocks;			/* allocated and never freed */
	struct buf list_before, list_after, list_again;	/* all files */
	struct buf dump;		/* FILES: b, when it has imported */
};
#define REFERENCE_INIT { .exit_again = 0 }
void reference_clear(struct reference *r);

/* Set it up; <top>/before is then what each run begins with. */
void scenario_begin(struct world *w, const struct scenario *sc,
    struct reference *ret);

/* The files of all folders that a run may touch. */
void scenario_list(const struct world *w, const struct scenario *sc,
    struct buf *out);

/* The dump of b after it imported all files that are there. */
void scenario_deliver(struct world *w, struct buf *out);

#endif
