/* dice.h: chance that is a function of what is drawn for which object. */
#ifndef BENCH_DICE_H
#define BENCH_DICE_H

#include <stdint.h>

enum draw {
	D_UID, D_PLACE, D_FIELDS, D_DAY1, D_DAY2, D_HISTORY, D_FATE, D_SOURCE,
	D_CONTENT, DRAWS
};

struct dice {
	uint64_t state;			/* never 0 */
};

/* The dice of one draw for one object. */
struct dice dice(unsigned object, enum draw what);

/* The next: 64 bits; 0 to n - 1; least to most; from 0 to below 1. */
uint64_t dice_roll(struct dice *d);
unsigned dice_below(struct dice *d, unsigned n);
unsigned dice_between(struct dice *d, unsigned least, unsigned most);
double dice_unit(struct dice *d);

#endif
