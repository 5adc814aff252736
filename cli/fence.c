#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/file.h"

/* include/uapi/linux/landlock.h and asm-generic/unistd.h of Linux. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define ASK_VERSION 1u
#define RULE_PATH 1
#define RULE_PORT 2

enum right {
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8,
	ALL_1 = (1 << 13) - 1,		/* version 1, to execute included */
	REFER = 1 << 13,		/* 2: move between folders */
	TRUNCATE = 1 << 14,		/* 3 */
	IOCTL_DEV = 1 << 15		/* 5 */
};
#define OF_FILES (WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)
#define TO_READ (READ_FILE | READ_DIR)
#define TO_WRITE (TO_READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | \
    REMOVE_FILE | REMOVE_DIR | REFER)

#define NET_ALL 3u			/* 4: bind, connect */
#define NET_CONNECT 2u
#define SCOPED 3u			/* 6: abstract sockets, signals */

struct rules {
	uint64_t files, net, scoped;
};

struct rule_path {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

struct rule_port {
	uint64_t rights, port;
};

void
fence_clear(struct fence *f)
{
	file_closep(&f->fd);
}

int
fence_is_built(void)
{
#ifdef SATCHEL_FENCE
	return 1;
#else
	return 0;
#endif
}

static int
kernel_version(void)
{
	long n = fence_is_built() ? syscall(SYS_landlock_create_ruleset, NULL,
	    0, ASK_VERSION) : 0;

	return n > 0 ? (int)n : 0;
}

int
fence_begin(struct fence *f)
{
	struct rules all = { ALL_1, 0, 0 };

	*f = (struct fence)FENCE_INIT;
	f->version = kernel_version();
	if (f->version >= 2)
		all.files |= REFER;
	if (f->version >= 3)
		all.files |= TRUNCATE;
	if (f->version >= 4)
		all.net = NET_ALL;
	if (f->version >= 5)
		all.files |= IOCTL_DEV;
	if (f->version >= 6)
		all.scoped = SCOPED;
	f->files = all.files;

	/* An older kernel takes the longer structure as long as what it does
	 * not know is zero. */
	if (f->version > 0)
		f->fd = (int)syscall(SYS_landlock_create_ruleset, &all,
		    sizeof all, 0);
	return f->fd >= 0 ? f->version : 0;
}

/* A pipe, and what else has no place in a file system, is never fenced in:
 * EBADFD. */
static void
leave_open(struct fence *f, int fd, unsigned rights)
{
	struct rule_path rule = { f->files & rights, fd };
	struct stat st;

	if (f->fd < 0 || fd < 0 || fstat(fd, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode))
		rule.rights &= OF_FILES;
	if (syscall(SYS_landlock_add_rule, f->fd, RULE_PATH, &rule, 0) != 0 &&
	    errno != EBADFD)
		f->failed = 1;
}

void
fence_read(struct fence *f, const char *path)
{
	CLEANUP(file_closep) int fd = open(path, O_PATH | O_CLOEXEC);

	leave_open(f, fd, TO_READ);
}

void
fence_terminal(struct fence *f, const char *path)
{
	CLEANUP(file_closep) int fd = open(path, O_PATH | O_CLOEXEC);

	leave_open(f, fd, READ_FILE | WRITE_FILE | IOCTL_DEV);
}

/* Cut the last name off a path; 0: that was the last. */
static int
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL) {
		if (strcmp(path, ".") == 0)
			return 0;
		path[0] = '.';
		path[1] = '\0';
		return 1;
	}
	if (slash == path)
		slash++;
	if (*slash == '\0')
		return 0;
	*slash = '\0';
	return 1;
}

void
fence_write(struct fence *f, const char *path)
{
	CLEANUP(buf_freep) char *at = strdup(path);
	CLEANUP(file_closep) int fd = -1;

	if (at == NULL || *at == '\0')
		return;
	do
		fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && go_up(at));
	leave_open(f, fd, TO_WRITE);
}

void
fence_connect(struct fence *f, unsigned port)
{
	const struct rule_port rule = { NET_CONNECT, port };

	if (f->fd >= 0 && f->version >= 4 &&
	    syscall(SYS_landlock_add_rule, f->fd, RULE_PORT, &rule, 0) != 0)
		f->failed = 1;
}

int
fence_close(struct fence *f)
{
	/* Without a fence, too. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	/* Half a fence would keep us from our own work. */
	if (f->fd < 0 || f->failed ||
	    syscall(SYS_landlock_restrict_self, f->fd, 0) != 0)
		return 0;
	return f->version;
}
