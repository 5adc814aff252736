#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../../base/file.h"

int steps_far_disk;
static unsigned left;			/* steps to live; 0: not armed */
static unsigned left_later;		/* to be `left` at the next commit */
static int last_is_done, dead;

void
steps_arm(unsigned n, int from_commit, int after)
{
	left = from_commit ? 0 : n;
	left_later = from_commit ? n : 0;
	last_is_done = after;
	dead = 0;
}

int
steps_dead(void)
{
	return dead;
}

void
steps_disarm(void)
{
	left = left_later = 0;
	dead = 0;
}

enum fate { LIVES, DIES_AFTER, IS_DEAD };

static enum fate
next_step(void)
{
	if (dead || left == 0 || --left > 0)
		return dead ? IS_DEAD : LIVES;
	dead = 1;
	return last_is_done ? DIES_AFTER : IS_DEAD;
}

/* Does this step come too late? */
static int
is_dead(void)
{
	if (next_step() == LIVES)
		return 0;
	errno = EIO;
	return 1;
}

/* The step, unless it comes too late; `failed` also if it is the last. */
#define STEP(type, call, failed) do {						enum fate fate_ = next_step();						type done_ = failed;							if (fate_ != IS_DEAD)								done_ = call;							if (fate_ == LIVES)								return done_;							errno = EIO;								return failed;							} while (0)

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
	STEP(int, __real_sqlite3_step(st), SQLITE_IOERR);
}

int
__wrap_sqlite3_exec(sqlite3 *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *ctx, char **ret_text)
{
	if (left_later > 0 && strcmp(sql, "COMMIT") == 0) {
		left = left_later;
		left_later = 0;
	}
	STEP(int, __real_sqlite3_exec(db, sql, row, ctx, ret_text),
	    SQLITE_IOERR);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	STEP(ssize_t, __real_write(fd, data, len), -1);
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
	STEP(int, __real_rename(from, to), -1);
}

int
__wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	STEP(int, __real_renameat2(from_fd, from, to_fd, to, flags), -1);
}

int
__wrap_link(const char *from, const char *to)
{
	STEP(int, __real_link(from, to), -1);
}

int
__wrap_unlink(const char *path)
{
	STEP(int, __real_unlink(path), -1);
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
