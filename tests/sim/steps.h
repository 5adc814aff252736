/* steps.h: the steps by which a run changes anything outside of its memory.
 *
 * The linker puts these functions before those of SQLite and the C library
 * (--wrap, rules.mk), so that the product is driven as it is.  A run that is
 * armed is dead from its nth step on: that step and all later ones do nothing
 * and fail, whatever the way out of the program does; what a kill leaves is
 * left.  Syncs do nothing: there is no power to fail here.
 */
#ifndef SATCHEL_SIM_STEPS_H
#define SATCHEL_SIM_STEPS_H

/* Die at the nth step from now, 1... */
void steps_arm(unsigned n);

/* No longer.  1 if it died, else 0. */
int steps_disarm(void);
int steps_dead(void);

/* Is the folder that a file goes to on another disk than the home? */
extern int steps_far_disk;

#endif
