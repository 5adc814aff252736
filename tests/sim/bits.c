#include <string.h>

#include "oracle.h"

int
bits_has(const struct bits *b, int i)
{
	return (int)(b->w[i / 64] >> (i % 64) & 1);
}

void
bits_put(struct bits *b, int i)
{
	b->w[i / 64] |= (uint64_t)1 << (i % 64);
}

void
bits_unite(struct bits *b, const struct bits *more)
{
	int i;

	for (i = 0; i < BITS_WORDS; i++)
		b->w[i] |= more->w[i];
}

int
bits_within(const struct bits *a, const struct bits *b)
{
	int i;

	for (i = 0; i < BITS_WORDS; i++)
		if (a->w[i] & ~b->w[i])
			return 0;
	return 1;
}

int
bits_same(const struct bits *a, const struct bits *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

int
bits_count(const struct bits *b)
{
	int i, count = 0;

	for (i = 0; i < BITS_WORDS; i++)
		count += __builtin_popcountll(b->w[i]);
	return count;
}

int
bits_next(const struct bits *b, int after)
{
	int i = after + 1, word = i / 64;
	uint64_t rest;

	if (word >= BITS_WORDS)
		return -1;
	rest = b->w[word] >> (i % 64) << (i % 64);
	while (rest == 0) {
		if (++word == BITS_WORDS)
			return -1;
		rest = b->w[word];
	}
	return word * 64 + __builtin_ctzll(rest);
}
