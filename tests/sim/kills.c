/* Runs that are killed between any two of their steps. */
#include "../../store/guard.h"
#include "steps.h"
#include "world.h"

/* Anywhere, or at its commit and what comes after that. */
void
maybe_kill(struct world *w)
{
	int from_commit = (int)dice_below(&w->r, 2);
	unsigned n = from_commit ? dice_below(&w->r, 16) :
	    dice_below(&w->r, 4u << dice_below(&w->r, 8));

	if (w->p->kills > 0 && dice_chance(&w->r, w->p->kills))
		steps_arm(n + 1, from_commit, (int)dice_below(&w->r, 2));
}

/* Did the run die?  Then another one begins, and may work at once. */
int
was_killed(struct world *w, int i)
{
	struct place *p = &w->y->at[i];

	if (!steps_dead()) {
		steps_disarm();
		return 0;
	}
	place_close(p);
	steps_disarm();
	err_clear(&w->err);
	place_open(w->y, p);
	p->s->clock = clock_of(w, i);
	w->counts[COUNT_KILLS]++;
	MUST(w, guard_check(p->s, w->y->state, &w->err));
	return 1;
}
