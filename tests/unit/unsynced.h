/* unsynced.h: nothing waits for the disk, in a program that includes this:
 * for tests with many small transactions, and none about a cut of power. */
#ifndef SATCHEL_TEST_UNSYNCED_H
#define SATCHEL_TEST_UNSYNCED_H

#include <unistd.h>

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

#endif
