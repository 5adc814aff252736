/* recorder.c: a library for LD_PRELOAD that logs (record.h) every call that
 * changes a file or a folder, or makes a change durable.
 *
 * It knows nothing of what is watched and keeps no state of its own: all is
 * logged, and who reads the log leaves out what is not below his folders.
 * Each call is made by syscall(2), so that nothing here calls what is
 * replaced here.  close(2) makes nothing durable and is not logged.
 *
 * Marks: any write to standard output, "safe ..." on standard error, and the
 * end of a process with 0 or 11; none of a silent one.
 *
 * Where off_t has 64 bits, open64 is open under another name: both are here.
 */
#undef _FILE_OFFSET_BITS		/* it would rename what is defined */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record.h"

#define LOG_FD 700			/* out of the program's way */
#define EXIT_CONFLICTS 11		/* done, and there is a conflict */

/* A function of libc that is replaced, and the names that it also has. */
#define ALSO(function, name)						\
	extern __typeof__(function) name __attribute__((alias(#function)))

static int log_fd = -1;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- the log ------------------------------------------------------------ */

static void
put(struct record *r, const char *name, const char *name2, const void *data)
{
	struct iovec v[4];
	int keep = errno;
	size_t want;

	if (log_fd < 0)
		return;
	r->name_len = name != NULL ? (uint32_t)strlen(name) : 0;
	r->name2_len = name2 != NULL ? (uint32_t)strlen(name2) : 0;
	v[0] = (struct iovec){ r, sizeof *r };
	v[1] = (struct iovec){ (void *)(uintptr_t)name, r->name_len };
	v[2] = (struct iovec){ (void *)(uintptr_t)name2, r->name2_len };
	v[3] = (struct iovec){ (void *)(uintptr_t)data, r->data_len };
	want = sizeof *r + r->name_len + r->name2_len + r->data_len;
	(void)pthread_mutex_lock(&log_lock);
	if (syscall(SYS_writev, log_fd, v, 4) != (long)want)
		_exit(99);
	(void)pthread_mutex_unlock(&log_lock);
	errno = keep;
}

static void
mark(const char *why)
{
	struct record r = { .kind = RECORD_MARK };

	if (getenv(RECORD_SILENT) == NULL)
		put(&r, why, NULL, NULL);
}

static void
at_exit(int status, void *unused)
{
	(void)unused;
	if (status == 0 || status == EXIT_CONFLICTS)
		mark("exit");
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv(RECORD_LOG);
	int fd;

	if (path == NULL)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
	if (log_fd < 0 || on_exit(at_exit, NULL) != 0)
		_exit(99);
	(void)syscall(SYS_close, fd);
}

/* --- who is who --------------------------------------------------------- */

static struct record_id
id_of(const struct stat *st)
{
	return (struct record_id){ st->st_dev, st->st_ino };
}

static int
look(int at, const char *path, struct stat *st)
{
	int keep = errno, rc;

	rc = fstatat(at, path, st, AT_SYMLINK_NOFOLLOW);
	errno = keep;
	return rc;
}

/* The folder that holds `path`, and its name in it. */
static struct record_id
folder_of(int at, const char *path, const char **ret_name)
{
	char folder[4096];
	const char *end = path + strlen(path), *name;
	struct stat st;

	while (end > path + 1 && end[-1] == '/')
		end--;
	for (name = end; name > path && name[-1] != '/';)
		name--;
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(name - path),
	    path);
	*ret_name = name;
	if (look(at, folder[0] == '\0' ? "." : folder, &st) != 0)
		return (struct record_id){ 0, 0 };
	return id_of(&st);
}

static void
put_named(enum record_kind kind, int at, const char *path)
{
	struct record r = { .kind = kind };
	const char *name;
	struct stat st;

	r.dir = folder_of(at, path, &name);
	if (look(at, path, &st) == 0) {
		r.file = id_of(&st);
		r.mode = st.st_mode & 07777;
	}
	put(&r, name, NULL, NULL);
}

/* Something happened to an open file; only regular files and folders. */
static void
put_fd(enum record_kind kind, int fd, uint64_t off, const void *data,
    size_t len)
{
	struct record r = { .kind = kind, .off = off, .data_len = len };
	struct stat st;
	int keep = errno;

	if (fstat(fd, &st) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
		r.file = id_of(&st);
		put(&r, NULL, NULL, data);
	}
	errno = keep;
}

static void
put_blind(int fd, const char *how)
{
	struct record r = { .kind = RECORD_BLIND };
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		r.file = id_of(&st);
		put(&r, how, NULL, NULL);
	}
}

/* --- opening ------------------------------------------------------------ */

static int
opened(int at, const char *path, int flags, mode_t mode)
{
	int fd, was_there = 0;
	struct stat st;

	if (flags & O_CREAT)
		was_there = look(at, path, &st) == 0;
	fd = (int)syscall(SYS_openat, at, path, flags, mode);
	if (fd < 0)
		return fd;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		put_fd(RECORD_UNNAMED, fd, 0, NULL, 0);
	else if ((flags & O_CREAT) && !was_there)
		put_named(RECORD_CREATE, at, path);
	else if (flags & O_TRUNC)
		put_fd(RECORD_TRUNCATE, fd, 0, NULL, 0);
	return fd;
}

/* The mode, if the flags call for one. */
#define OPEN(at, path, flags, ret) do {					\
	va_list ap_;							\
	mode_t mode_ = 0;						\
									\
	va_start(ap_, flags);						\
	if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE)	\
		mode_ = va_arg(ap_, mode_t);				\
	va_end(ap_);							\
	(ret) = opened(at, path, flags, mode_);				\
} while (0)

int
open(const char *path, int flags, ...)
{
	int fd;

	OPEN(AT_FDCWD, path, flags, fd);
	return fd;
}
ALSO(open, open64);
ALSO(open, __open_2);
ALSO(open, __open64_2);

int
openat(int at, const char *path, int flags, ...)
{
	int fd;

	OPEN(at, path, flags, fd);
	return fd;
}
ALSO(openat, openat64);
ALSO(openat, __openat_2);
ALSO(openat, __openat64_2);

int
creat(const char *path, mode_t mode)
{
	return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
ALSO(creat, creat64);

/* --- writing ------------------------------------------------------------ */

static int
says_safe(const void *data, ssize_t n)
{
	static const char words[] = "safe ";

	return n > 0 && memmem(data, (size_t)n, words, sizeof words - 1) !=
	    NULL;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t n = syscall(SYS_write, fd, data, len);
	off_t end;

	if (n > 0 && (fd == STDOUT_FILENO ||
	    (fd == STDERR_FILENO && says_safe(data, n))))
		mark("said");
	else if (n > 0 && (end = lseek(fd, 0, SEEK_CUR)) >= n)
		put_fd(RECORD_WRITE, fd, (uint64_t)(end - n), data, (size_t)n);
	return n;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, data, len, at);

	if (n > 0)
		put_fd(RECORD_WRITE, fd, (uint64_t)at, data, (size_t)n);
	return n;
}
ALSO(pwrite, pwrite64);

/* Several pieces are as good as one after the other. */
ssize_t
writev(int fd, const struct iovec *v, int count)
{
	ssize_t n, all = 0;
	int i;

	for (i = 0; i < count; i++) {
		if (v[i].iov_len == 0)
			continue;
		n = write(fd, v[i].iov_base, v[i].iov_len);
		if (n < 0)
			return all > 0 ? all : n;
		all += n;
		if ((size_t)n < v[i].iov_len)
			break;
	}
	return all;
}

ssize_t
pwritev(int fd, const struct iovec *v, int count, off_t at)
{
	ssize_t n, all = 0;
	int i;

	for (i = 0; i < count; i++) {
		n = pwrite(fd, v[i].iov_base, v[i].iov_len, at + all);
		if (n < 0)
			return all > 0 ? all : n;
		all += n;
		if ((size_t)n < v[i].iov_len)
			break;
	}
	return all;
}
ALSO(pwritev, pwritev64);

int
ftruncate(int fd, off_t len)
{
	int rc = (int)syscall(SYS_ftruncate, fd, len);

	if (rc == 0)
		put_fd(RECORD_TRUNCATE, fd, (uint64_t)len, NULL, 0);
	return rc;
}
ALSO(ftruncate, ftruncate64);

/* What nobody here is known to call on a watched file is not followed: the
 * log says so, and the reader stops there. */
int
truncate(const char *path, off_t len)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY), rc;

	if (fd < 0)
		return -1;
	rc = ftruncate(fd, len);
	(void)syscall(SYS_close, fd);
	return rc;
}
ALSO(truncate, truncate64);

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	put_blind(fd, "fallocate");
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}
ALSO(fallocate, fallocate64);

int
posix_fallocate(int fd, off_t at, off_t len)
{
	int keep = errno, rc;

	rc = fallocate(fd, 0, at, len) == 0 ? 0 : errno;
	errno = keep;
	return rc;
}
ALSO(posix_fallocate, posix_fallocate64);

ssize_t
copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len,
    unsigned flags)
{
	put_blind(to, "copy_file_range");
	return syscall(SYS_copy_file_range, from, from_at, to, to_at, len,
	    flags);
}

void *
mmap(void *at, size_t len, int how, int flags, int fd, off_t from)
{
	if ((flags & MAP_SHARED) && (how & PROT_WRITE) && fd >= 0)
		put_blind(fd, "mmap");
	return (void *)syscall(SYS_mmap, at, len, how, flags, fd, from);
}
ALSO(mmap, mmap64);

/* --- names -------------------------------------------------------------- */

int
mkdirat(int at, const char *path, mode_t mode)
{
	int rc = (int)syscall(SYS_mkdirat, at, path, mode);

	if (rc == 0)
		put_named(RECORD_MKDIR, at, path);
	return rc;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
renameat2(int at, const char *from, int at2, const char *to, unsigned flags)
{
	int rc = (int)syscall(SYS_renameat2, at, from, at2, to, flags);
	struct record r = { .kind = RECORD_MOVE };
	const char *name, *name2;

	if (rc != 0)
		return rc;
	r.dir = folder_of(at, from, &name);
	r.dir2 = folder_of(at2, to, &name2);
	if (flags & RENAME_EXCHANGE)
		r.kind = RECORD_BLIND;
	put(&r, name, name2, NULL);
	return 0;
}

int
renameat(int at, const char *from, int at2, const char *to)
{
	return renameat2(at, from, at2, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int at, const char *from, int at2, const char *to, int flags)
{
	int rc = (int)syscall(SYS_linkat, at, from, at2, to, flags);

	if (rc == 0)
		put_named(RECORD_LINK, at2, to);
	return rc;
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int at, const char *path, int flags)
{
	struct record r = { .kind = RECORD_REMOVE };
	int rc = (int)syscall(SYS_unlinkat, at, path, flags);
	const char *name;

	if (rc != 0)
		return rc;
	r.dir = folder_of(at, path, &name);
	put(&r, name, NULL, NULL);
	return 0;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
remove(const char *path)
{
	int rc = unlink(path);

	return rc != 0 && errno == EISDIR ? rmdir(path) : rc;
}

/* --- syncing ------------------------------------------------------------ */

static int
synced(long rc, enum record_kind kind, int fd)
{
	if (rc == 0)
		put_fd(kind, fd, 0, NULL, 0);
	return (int)rc;
}

int
fsync(int fd)
{
	return synced(syscall(SYS_fsync, fd), RECORD_SYNC, fd);
}

/* Of a file that has grown it keeps the size, too. */
int
fdatasync(int fd)
{
	return synced(syscall(SYS_fdatasync, fd), RECORD_SYNC, fd);
}

int
sync_file_range(int fd, off_t at, off_t len, unsigned flags)
{
	put_fd(RECORD_HINT, fd, 0, NULL, 0);
	return (int)syscall(SYS_sync_file_range, fd, at, len, flags);
}

int
syncfs(int fd)
{
	return synced(syscall(SYS_syncfs, fd), RECORD_SYNC_ALL, fd);
}

void
sync(void)
{
	struct record r = { .kind = RECORD_SYNC_ALL };

	(void)syscall(SYS_sync);
	put(&r, NULL, NULL, NULL);
}

/* --- the stick ---------------------------------------------------------- */

/* What is below this folder says that it is on a device of its own. */
int
stat(const char *restrict path, struct stat *restrict st)
{
	const char *stick = getenv(RECORD_STICK);

	if (fstatat(AT_FDCWD, path, st, 0) != 0)
		return -1;
	if (stick != NULL && strncmp(path, stick, strlen(stick)) == 0)
		st->st_dev ^= 0x100;
	return 0;
}

int
stat64(const char *restrict path, struct stat64 *restrict st)
{
	struct stat same;
	int rc = stat(path, &same);

	_Static_assert(sizeof same == sizeof *st, "off_t has 64 bits");
	if (rc == 0)
		memcpy(st, &same, sizeof same);
	return rc;
}
