/* memory.h: the allocator of the program and all its libraries, which fails
 * when a test says so, and counts the blocks that are in use. */
#ifndef SATCHEL_TEST_MEMORY_H
#define SATCHEL_TEST_MEMORY_H

struct memory {
	unsigned at;			/* this allocation fails; 0: none */
	int on;				/* and all after it */
	unsigned calls, fired;
	long blocks;			/* allocated less freed, while armed */
};

/* Shared with children; NULL where the allocator cannot be replaced (a
 * sanitizer has its own). */
struct memory *memory_shared(void);

/* From here on; until then. */
void memory_arm(unsigned at, int on);
void memory_disarm(void);

#endif
