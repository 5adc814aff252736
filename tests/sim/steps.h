/* steps.h: the steps by which a run changes anything outside of its memory.
 *
 * The linker puts these functions before those of SQLite and the C library
 * (--wrap, rules.mk), so that the product is driven as it is.  A run that is
 * armed is dead from its nth step on: later ones do nothing and fail, and so
 * does that one, unless it is the last that is done; whatever the way out of
 * the program does, what a kill leaves is left.  Syncs do nothing: there is no power to fail here.
 */
#ifndef SATCHEL_SIM_STEPS_H
#define SATCHEL_SIM_STEPS_H

/* Die at the nth step, 1..., from now or from the next commit on, which then is
 * the first: before it, or (`after`) behind it. */
void steps_arm(unsigned n, int from_commit, int after);

/* Did it die?  No longer armed. */
int steps_dead(void);
void steps_disarm(void);

/* Is the folder that a file goes to on another disk than the home? */
extern int steps_far_disk;

#endif
