/* pick.h: numbers that are the same in each run of a test. */
#ifndef SATCHEL_TEST_PICK_H
#define SATCHEL_TEST_PICK_H

#include <stdint.h>

static uint64_t pick_state;		/* set first; never 0 */

static unsigned
pick(unsigned below)
{
	pick_state ^= pick_state << 13;
	pick_state ^= pick_state >> 7;
	pick_state ^= pick_state << 17;
	return (unsigned)((pick_state >> 33) % below);
}

#endif
