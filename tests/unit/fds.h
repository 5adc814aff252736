/* fds.h: which file a descriptor is of, for tests that stand in for system
 * calls: only some files are to fail. */
#ifndef SATCHEL_TEST_FDS_H
#define SATCHEL_TEST_FDS_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Has its path (that it was opened by, if it has none any more) this folder,
 * such as "/spool/", in it? */
static int
fd_is_below(int fd, const char *folder)
{
	char link[64], path[256];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, folder) != NULL;
}

#endif
