#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#include "../../base/file.h"

int steps_far_disk;
static unsigned left;			/* steps to live; 0: not armed */
static int dead;

void
steps_arm(unsigned n)
{
	left = n;
	dead = 0;
}

int
steps_disarm(void)
{
	int was = dead;

	left = 0;
	dead = 0;
	return was;
}

/* Does this step come too late? */
static int
is_dead(void)
{
	if (left > 0 && --left == 0)
		dead = 1;
	if (dead)
		errno = EIO;
	return dead;
}

#define WRAP(type, name, ...)						\
	type __real_##name(__VA_ARGS__);				\
	type __wrap_##name(__VA_ARGS__)

WRAP(int, sqlite3_step, sqlite3_stmt *st);
WRAP(int, sqlite3_exec, sqlite3 *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *ctx, char **ret_text);
WRAP(ssize_t, write, int fd, const void *data, size_t len);
WRAP(int, fsync, int fd);
WRAP(int, rename, const char *from, const char *to);
WRAP(int, renameat2, int from_fd, const char *from, int to_fd,
    const char *to, unsigned flags);
WRAP(int, link, const char *from, const char *to);
WRAP(int, unlink, const char *path);
WRAP(int, open64, const char *path, int flags, ...);
WRAP(int, file_same_device, const char *a, const char *b, struct err *err);

int
__wrap_sqlite3_step(sqlite3_stmt *st)
{
	return is_dead() ? SQLITE_IOERR : __real_sqlite3_step(st);
}

int
__wrap_sqlite3_exec(sqlite3 *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *ctx, char **ret_text)
{
	return is_dead() ? SQLITE_IOERR :
	    __real_sqlite3_exec(db, sql, row, ctx, ret_text);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	return is_dead() ? -1 : __real_write(fd, data, len);
}

int
__wrap_fsync(int fd)
{
	(void)fd;
	return is_dead() ? -1 : 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	return is_dead() ? -1 : __real_rename(from, to);
}

int
__wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	return is_dead() ? -1 :
	    __real_renameat2(from_fd, from, to_fd, to, flags);
}

int
__wrap_link(const char *from, const char *to)
{
	return is_dead() ? -1 : __real_link(from, to);
}

int
__wrap_unlink(const char *path)
{
	return is_dead() ? -1 : __real_unlink(path);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return is_dead() ? -1 : __real_open64(path, flags, mode);
}

int
__wrap_file_same_device(const char *a, const char *b, struct err *err)
{
	return steps_far_disk ? 0 : __real_file_same_device(a, b, err);
}

int
steps_dead(void)
{
	return dead;
}
