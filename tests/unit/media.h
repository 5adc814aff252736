/* media.h: a medium that refuses, interrupts and fills up when a test says so,
 * and a folder for each test.  The system calls below are ours in a program
 * that includes this; so that none is inlined, it does so after
 *
 *	#undef _FORTIFY_SOURCE
 */
#ifndef SATCHEL_MEDIA_H
#define SATCHEL_MEDIA_H

#include "../../base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"

static struct {
	int renameat2_errno, link_errno;	/* fail with it; 0: work */
	int renamed_errno;		/* renameat2 works, and says this */
	int fsync_errno, fsync_folder_errno, close_errno;
	int write_errno, pread_errno, tmpfile_errno;
	int interrupts;			/* EINTR first, this many times */
	int write_nothing;		/* write returns 0 */
	int dropped;			/* counts POSIX_FADV_DONTNEED */
	size_t most;			/* bytes moved in one call; 0: all */
} inject;

/* One of the interrupts that are left? */
static inline int
interrupted(void)
{
	if (inject.interrupts == 0)
		return 0;
	inject.interrupts--;
	errno = EINTR;
	return 1;
}

static inline int
failing(int errnum)
{
	if (errnum != 0)
		errno = errnum;
	return errnum != 0;
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	long rc;

	if (failing(inject.renameat2_errno))
		return -1;
	rc = syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	return failing(inject.renamed_errno) ? -1 : (int)rc;
}

int
link(const char *from, const char *to)
{
	if (failing(inject.link_errno))
		return -1;
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
fsync(int fd)
{
	struct stat st;

	if (interrupted())
		return -1;
	if (fstat(fd, &st) == 0 && failing(S_ISDIR(st.st_mode) ?
	    inject.fsync_folder_errno : inject.fsync_errno))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
close(int fd)
{
	int rc = (int)syscall(SYS_close, fd);

	return failing(inject.close_errno) ? -1 : rc;
}

ssize_t
write(int fd, const void *from, size_t len)
{
	if (interrupted() || failing(inject.write_errno))
		return -1;
	if (inject.write_nothing)
		return 0;
	if (inject.most > 0 && len > inject.most)
		len = inject.most;
	return syscall(SYS_write, fd, from, len);
}

int
posix_fadvise(int fd, off_t at, off_t len, int advice)
{
	(void)fd;
	inject.dropped += at == 0 && len == 0 && advice == POSIX_FADV_DONTNEED;
	return 0;
}

ssize_t
pread(int fd, void *to, size_t len, off_t at)
{
	if (interrupted() || failing(inject.pread_errno))
		return -1;
	if (inject.most > 0 && len > inject.most)
		len = inject.most;
	return syscall(SYS_pread64, fd, to, len, at);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (mode_t)va_arg(ap, unsigned);
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE && failing(inject.tmpfile_errno))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/*
 * A folder for each test.
 */
static char dir[64];

static inline int
remove_all(const char *path)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", path);
	return system(command);
}

static inline void
fresh(void)
{
	memset(&inject, 0, sizeof inject);
	if (dir[0] != '\0')
		(void)remove_all(dir);
	(void)snprintf(dir, sizeof dir, "/tmp/satchel-file-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

/* A path in the folder; good until three more are asked for. */
static inline const char *
in_dir(const char *name)
{
	static char paths[4][512];
	static int turn;

	turn = (turn + 1) % 4;
	(void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", dir, name);
	return paths[turn];
}

static inline int
entries(void)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	CHECK(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	(void)closedir(d);
	return n;
}

static inline void
put(const char *name, const char *text)
{
	struct err err = ERR_INIT;

	CHECK_OK(file_put(in_dir(name), 0644, text, strlen(text), &err), &err);
}

/* The file holds exactly this text. */
static inline int
holds(const char *name, const char *text)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	return file_read_all(in_dir(name), 4096, &b, &err) == 0 &&
	    b.len == strlen(text) && memcmp(b.at, text, b.len) == 0;
}

static inline int
exists(const char *name)
{
	struct stat st;

	return lstat(in_dir(name), &st) == 0;
}

/* A part with some data in it. */
static inline void
part(struct file_part *p, const char *name)
{
	struct err err = ERR_INIT;

	CHECK_OK(file_part_open(p, in_dir(name), &err), &err);
	CHECK_OK(file_write(p->fd, "data", 4, p->path, &err), &err);
}

#endif
