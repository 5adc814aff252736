/* seeded.h: libsodium's random bytes from a seed, so that keys, encrypted
 * members and with them every mutant are the same in every run. */
#ifndef SATCHEL_TEST_SEEDED_H
#define SATCHEL_TEST_SEEDED_H

#include <stdint.h>

/* Before sodium_init; one thread. */
void seeded_random(uint64_t seed);

#endif
