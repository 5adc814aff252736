#include "seeded.h"

#include <sodium.h>
#include <string.h>

static struct {
	uint64_t seed, calls;
} state;

static const char *
name(void)
{
	return "seeded";
}

static void
fill(void *const to, const size_t len)
{
	unsigned char key[randombytes_SEEDBYTES] = { 0 };

	state.calls++;
	memcpy(key, &state, sizeof state);
	randombytes_buf_deterministic(to, len, key);
}

static uint32_t
number(void)
{
	uint32_t n;

	fill(&n, sizeof n);
	return n;
}

void
seeded_random(uint64_t seed)
{
	static struct randombytes_implementation seeded = {
		.implementation_name = name, .random = number, .buf = fill
	};

	state.seed = seed;
	(void)randombytes_set_implementation(&seeded);
}
