/* check.h: what must hold after a fault, and after the run that follows. */
#ifndef SATCHEL_TEST_CHECK_H
#define SATCHEL_TEST_CHECK_H

#include "scenario.h"

enum outcome {				/* what the store is after the fault */
	BEFORE, AFTER, BETWEEN
};

struct trial {
	struct world *w;
	const struct scenario *sc;
	const struct reference *ref;
	const struct trace_fault *fault;
	struct said said;		/* by the run with the fault */
	struct state mid;
	struct buf list;		/* files after the fault */
	enum outcome outcome;
	int is_ended;			/* by libarchive, without memory */
	struct buf wrong;		/* what does not hold; empty: all well */
};
void trial_clear(struct trial *t);

/* The run with the fault is over. */
void check_fault(struct trial *t);

/* Run it again without a fault: it is then as an undisturbed run makes it.
 * Counts from the state that check_fault or check_look saw. */
void check_next(struct trial *t);

/* See what is there, and judge nothing of the run. */
void check_look(struct trial *t);

#endif
