#include "dice.h"

#define SEED 20260302u
#define WARM_UP 4

/* xorshift64*. */
uint64_t
dice_roll(struct dice *d)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return d->state * 0x2545f4914f6cdd1du;
}

struct dice
dice(unsigned object, enum draw what)
{
	struct dice d = { .state = SEED + 0xd6e8feb86659fd93u *
	    ((uint64_t)object * DRAWS + what + 1) };
	int i;

	if (d.state == 0)
		d.state = 1;
	for (i = 0; i < WARM_UP; i++)
		(void)dice_roll(&d);
	return d;
}

unsigned
dice_below(struct dice *d, unsigned n)
{
	return (unsigned)((dice_roll(d) >> 32) * n >> 32);
}

unsigned
dice_between(struct dice *d, unsigned least, unsigned most)
{
	return least + dice_below(d, most - least + 1);
}

double
dice_unit(struct dice *d)
{
	return (double)(dice_roll(d) >> 11) / 9007199254740992.0;
}
