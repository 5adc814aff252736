/* dice.h: numbers that a seed decides (splitmix64, public domain, Vigna). */
#ifndef SATCHEL_SIM_DICE_H
#define SATCHEL_SIM_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t
dice_next(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. below - 1; below > 0. */
static inline unsigned
dice_below(struct dice *d, unsigned below)
{
	return (unsigned)((dice_next(d) >> 33) % below);
}

/* 1 in so many of a hundred times. */
static inline int
dice_chance(struct dice *d, unsigned percent)
{
	return dice_below(d, 100) < percent;
}

#endif
