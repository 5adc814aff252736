#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file_inside.h"
#include "text.h"

#define READ_STEP 65536u		/* a read beyond the known size */
#define SHOWN_MAX 600u			/* bytes of a path in a message */

/*
 * Messages.
 */

/* The path made safe to print; of a long one the end, which says more. */
static const char *
shown(struct buf *to, const char *path)
{
	const char *at;

	text_safe(to, path, strlen(path));
	if ((at = buf_str(to)) == NULL)
		return "?";
	if (to->len <= SHOWN_MAX)
		return at;
	at += to->len - SHOWN_MAX;
	while ((*at & 0xc0) == 0x80)
		at++;
	return at;
}

int
file_fail(struct err *err, int errnum, const char *verb, const char *path)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;

	return err_io(err, errnum, "cannot %s '%s'", verb, shown(&name, path));
}

int
file_refuse(struct err *err, enum err_code code, const char *path,
    const char *what)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;

	return err_set(err, code, "'%s' %s", shown(&name, path), what);
}

/*
 * Opening and reading.
 */

void
file_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int
refuse_kind(struct err *err, const char *path, mode_t mode)
{
	return file_refuse(err, E_FORMAT, path,
	    S_ISLNK(mode) ? "is a symbolic link, expected a file" :
	    S_ISDIR(mode) ? "is a folder, expected a file" :
	    S_ISFIFO(mode) ? "is a FIFO, expected a file" :
	    S_ISSOCK(mode) ? "is a socket, expected a file" :
	    "is a device, expected a file");
}

/* Take a descriptor from a variable that would close it. */
static int
take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int
file_open(const char *path, uint64_t *ret_size, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	struct stat st;
	int keep;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		keep = errno;

		/* A link and a socket cannot be opened: say that. */
		if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
			return refuse_kind(err, path, st.st_mode);
		return file_fail(err, keep, "open", path);
	}
	if (fstat(fd, &st) != 0)
		return file_fail(err, errno, "look at", path);
	if (!S_ISREG(st.st_mode))
		return refuse_kind(err, path, st.st_mode);
	*ret_size = (uint64_t)st.st_size;
	return take(&fd);
}

int64_t
file_pread(int fd, void *to, size_t len, uint64_t at, const char *path,
    struct err *err)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = pread(fd, (char *)to + got, len - got, (off_t)(at + got));
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return file_fail(err, errno, "read", path);
		if (n > 0)
			got += (size_t)n;
	}
	return (int64_t)got;
}

/* Read to the end of the file; a byte more than `max`, for which there is
 * room where a NUL would go, is one too many. */
static int
read_all(int fd, const char *path, size_t size, size_t max, struct buf *out,
    struct err *err)
{
	size_t got = 0, want = size + 1;
	int64_t n;
	char *to;

	for (;; want = READ_STEP) {
		if (want > max - got)
			want = max - got + 1;
		if ((to = buf_room(out, want - 1)) == NULL)
			return buf_check(out, err);
		if ((n = file_pread(fd, to, want, got, path, err)) < 0)
			return (int)n;
		got += (size_t)n;
		if (got > max)
			return file_refuse(err, E_LIMIT, path, "is too large");
		out->len += (size_t)n;
		if ((size_t)n < want)
			return 0;
	}
}

int
file_read_all(const char *path, size_t max, struct buf *out, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	size_t before = out->len;
	uint64_t size = 0;
	int rc;

	if ((fd = file_open(path, &size, err)) < 0)
		return fd;
	if (out->max != 0 && max > out->max - out->len)
		max = out->max - out->len;
	if (size > max)
		return err_set(err, E_LIMIT, "'%s' has %llu bytes, expected "
		    "at most %zu", shown(&name, path),
		    (unsigned long long)size, max);
	if ((rc = read_all(fd, path, (size_t)size, max, out, err)) < 0)
		out->len = before;
	return rc;
}

/*
 * Writing.
 */

int
file_write(int fd, const void *from, size_t len, const char *path,
    struct err *err)
{
	const char *p = from;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return file_fail(err, n < 0 ? errno : EIO, "write",
			    path);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
file_sync(int fd, const char *path, struct err *err)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	return rc != 0 ? file_fail(err, errno, "sync", path) : 0;
}

int
file_close(int *fd, const char *path, struct err *err)
{
	int rc = close(*fd);

	*fd = -1;
	return rc != 0 && errno != EINTR ? file_fail(err, errno, "close",
	    path) : 0;
}

size_t
file_folder_len(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

char *
file_folder_name(const char *path, size_t len, struct err *err)
{
	char *name = len > 0 ? strndup(path, len) : strdup(".");

	if (name == NULL)
		(void)err_oom(err);
	return name;
}

int
file_sync_parent(const char *path, struct err *err)
{
	CLEANUP(buf_freep) char *dir = NULL;
	CLEANUP(file_closep) int fd = -1;
	size_t len = strlen(path);
	int rc;

	/* A folder may be named with a slash at its end. */
	while (len > 1 && path[len - 1] == '/')
		len--;
	dir = file_folder_name(path, file_folder_len(path, len), err);
	if (dir == NULL)
		return -(int)err->code;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return file_fail(err, errno, "open", dir);

	/* Some file systems keep a folder without being asked, and say so. */
	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	if (rc != 0 && errno != EINVAL)
		return file_fail(err, errno, "sync", dir);
	return 0;
}

int
file_sync_medium(const char *path, struct err *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return file_fail(err, errno, "open", path);
	return syncfs(fd) != 0 ? file_fail(err, errno, "sync", path) : 0;
}

int
file_folder(const char *path, unsigned mode, struct err *err)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return file_sync_parent(path, err);
	return errno == EEXIST ? 0 : file_fail(err, errno, "make folder",
	    path);
}

int
file_folders(const char *path, unsigned mode, struct err *err)
{
	CLEANUP(buf_freep) char *part = strdup(path);
	char *slash, *rest;
	int rc;

	if (part == NULL)
		return err_oom(err);
	for (rest = part + strspn(part, "/");
	    (slash = strchr(rest, '/')) != NULL; *slash = '/') {
		rest = slash + strspn(slash, "/");
		if (*rest == '\0')
			break;
		*slash = '\0';
		if ((rc = file_folder(part, mode, err)) < 0)
			return rc;
	}
	return file_folder(part, mode, err);
}

/*
 * Media.
 */

int
file_same_device(const char *a, const char *b, struct err *err)
{
	struct stat st_a, st_b;

	if (stat(a, &st_a) != 0)
		return file_fail(err, errno, "look at", a);
	if (stat(b, &st_b) != 0)
		return file_fail(err, errno, "look at", b);
	return st_a.st_dev == st_b.st_dev;
}

int
file_free_space(const char *path, uint64_t *ret_bytes, struct err *err)
{
	struct statvfs fs;
	uint64_t blocks, size;

	if (statvfs(path, &fs) != 0)
		return file_fail(err, errno, "ask for free space at", path);
	blocks = fs.f_bavail;
	size = fs.f_frsize;
	*ret_bytes = size != 0 && blocks > UINT64_MAX / size ? UINT64_MAX :
	    blocks * size;
	return 0;
}
