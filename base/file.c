#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "text.h"

#define READ_STEP 65536u		/* a read beyond the known size */
#define SHOWN_MAX 600u			/* bytes of a path in a message */
#define STEM_MAX 200u			/* of the name in a temporary */
#define RANDOM_LEN 16u			/* hex digits in its name */
#define PART ".part"

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

/* "<verb> '<path>': <errnum>". */
static int
fail(struct err *err, int errnum, const char *verb, const char *path)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;

	return err_io(err, errnum, "cannot %s '%s'", verb, shown(&name, path));
}

/* "'<path>' <what>". */
static int
refuse(struct err *err, enum err_code code, const char *path, const char *what)
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
	return refuse(err, E_FORMAT, path,
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
		return fail(err, keep, "open", path);
	}
	if (fstat(fd, &st) != 0)
		return fail(err, errno, "look at", path);
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
			return fail(err, errno, "read", path);
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
			return refuse(err, E_LIMIT, path, "is too large");
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
			return fail(err, n < 0 ? errno : EIO, "write", path);
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
	return rc != 0 ? fail(err, errno, "sync", path) : 0;
}

/* close, with what the file system has to say at last (NFS: no space). */
static int
close_checked(int *fd, const char *path, struct err *err)
{
	int rc = close(*fd);

	*fd = -1;
	return rc != 0 && errno != EINTR ? fail(err, errno, "close", path) : 0;
}

/* The length of the folder part of a path, with its last slash. */
static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
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
	while (len > 0 && path[len - 1] != '/')
		len--;
	if ((dir = len > 0 ? strndup(path, len) : strdup(".")) == NULL)
		return err_oom(err);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, errno, "open", dir);

	/* Some file systems keep a folder without being asked, and say so. */
	do
		rc = fsync(fd);
	while (rc != 0 && errno == EINTR);
	if (rc != 0 && errno != EINVAL)
		return fail(err, errno, "sync", dir);
	return 0;
}

int
file_sync_medium(const char *path, struct err *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(err, errno, "open", path);
	return syncfs(fd) != 0 ? fail(err, errno, "sync", path) : 0;
}

int
file_folder(const char *path, unsigned mode, struct err *err)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return file_sync_parent(path, err);
	return errno == EEXIST ? 0 : fail(err, errno, "make folder", path);
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
 * Temporaries of dead runs.
 */

/* Of a name that temp_name makes: how long the final name in it is; else 0. */
static size_t
stem_of_temp(const char *name)
{
	size_t len = strlen(name), tail = RANDOM_LEN + sizeof PART - 1, i;
	const char *random;

	if (name[0] != '.' || len < tail + 3 ||
	    strcmp(name + len - (sizeof PART - 1), PART) != 0)
		return 0;
	random = name + len - tail;
	for (i = 0; i < RANDOM_LEN; i++)
		if (strchr("0123456789abcdef", random[i]) == NULL)
			return 0;
	return random[-1] == '.' ? len - tail - 2 : 0;
}

/* Unlink it if it is a file that no one writes. */
static void
sweep_one(int dir, const char *name)
{
	CLEANUP(file_closep) int fd = openat(dir, name, O_RDWR | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dir, name, 0);
}

/* Those of final names that begin with `len` bytes, or that are them. */
static void
sweep(const char *dir, const char *name, size_t len, int whole)
{
	const struct dirent *e;
	DIR *d = opendir(dir);
	size_t stem;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		stem = stem_of_temp(e->d_name);
		if (stem > 0 && (whole ? stem == len : stem >= len) &&
		    memcmp(e->d_name + 1, name, len) == 0)
			sweep_one(dirfd(d), e->d_name);
	}
	(void)closedir(d);
}

void
file_sweep(const char *dir, const char *prefix)
{
	sweep(dir, prefix, strlen(prefix), 0);
}

/*
 * Files in the making.
 */

/* Bytes of a final name in that of its temporary: a long one is cut, not
 * within a character. */
static size_t
stem_len(const char *name)
{
	size_t len = strlen(name);

	if (len > STEM_MAX)
		for (len = STEM_MAX; len > 0 && (name[len] & 0xc0) == 0x80;
		    len--)
			;
	return len;
}

/* "<folder>/.<name>.<random>.part" for a path, allocated. */
static int
temp_name(char **ret, const char *path, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	size_t folder = folder_len(path), stem = stem_len(path + folder);
	unsigned char bytes[RANDOM_LEN / 2];
	char random[RANDOM_LEN + 1];

	randombytes_buf(bytes, sizeof bytes);
	text_hex(random, bytes, sizeof bytes);
	buf_add(&name, path, folder);
	buf_addc(&name, '.');
	buf_add(&name, path + folder, stem);
	buf_addf(&name, ".%s" PART, random);
	if ((*ret = buf_str(&name)) == NULL)
		return err_oom(err);
	name.at = NULL;			/* taken over */
	return 0;
}

/* What dead runs left of this very name. */
static int
sweep_same(const char *path, struct err *err)
{
	CLEANUP(buf_freep) char *dir = NULL;
	size_t len = folder_len(path);
	const char *name = path + len;

	if ((dir = len > 0 ? strndup(path, len) : strdup(".")) == NULL)
		return err_oom(err);
	sweep(dir, name, stem_len(name), 1);
	return 0;
}

static int
part_create(struct file_part *p, const char *path, mode_t mode,
    struct err *err)
{
	CLEANUP(buf_freep) char *temp = NULL;
	int rc;

	if (path[folder_len(path)] == '\0')
		return refuse(err, E_USAGE, path, "is not the name of a file");
	if ((rc = sweep_same(path, err)) < 0 ||
	    (rc = temp_name(&temp, path, err)) < 0)
		return rc;
	if ((p->path = strdup(path)) == NULL)
		return err_oom(err);
	p->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (p->fd < 0) {
		rc = fail(err, errno, "create", path);
		file_part_clear(p);
		return rc;
	}
	p->temp = temp;
	temp = NULL;

	/* A medium that has no locks does without. */
	(void)flock(p->fd, LOCK_EX | LOCK_NB);
	return 0;
}

void
file_part_clear(struct file_part *p)
{
	file_closep(&p->fd);
	if (p->temp != NULL)
		(void)unlink(p->temp);
	free(p->temp);
	free(p->path);
	*p = (struct file_part)FILE_PART_INIT;
}

int
file_put(const char *path, unsigned mode, const void *data, size_t len,
    struct err *err)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	int rc;

	if ((rc = part_create(&p, path, (mode_t)mode, err)) < 0 ||
	    (rc = file_write(p.fd, data, len, path, err)) < 0 ||
	    (rc = file_sync(p.fd, path, err)) < 0 ||
	    (rc = close_checked(&p.fd, path, err)) < 0)
		return rc;
	if (rename(p.temp, path) != 0)
		return fail(err, errno, "replace", path);
	free(p.temp);
	p.temp = NULL;
	return file_sync_parent(path, err);
}

static int
refuse_existing(struct err *err, const char *path)
{
	(void)refuse(err, E_USAGE, path, "exists already");
	return err_next(err, "choose another name, or remove it");
}

/* 0 if nothing has that name. */
static int
check_absent(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return refuse_existing(err, path);
	return errno == ENOENT ? 0 : fail(err, errno, "look at", path);
}

int
file_part_open(struct file_part *p, const char *path, struct err *err)
{
	int rc = check_absent(path, err);

	return rc < 0 ? rc : part_create(p, path, 0644, err);
}

int
file_part_settle(struct file_part *p, struct err *err)
{
	int rc = file_sync(p->fd, p->path, err);

	if (rc < 0)
		return rc;

	/* Advice that is not taken leaves the read-back weaker, not wrong. */
	(void)posix_fadvise(p->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* Does it say that the file system cannot, not that it may not? */
static int
is_unsupported(int errnum)
{
	return errnum == EINVAL || errnum == ENOSYS || errnum == EPERM ||
	    errnum == EOPNOTSUPP || errnum == EMLINK;
}

/* Give `temp` the name `path`, which nothing may have. */
static int
rename_new(const char *temp, const char *path, struct err *err)
{
	int rc;

	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST)
		return refuse_existing(err, path);
	if (!is_unsupported(errno))
		return fail(err, errno, "create", path);

	/* A second name, then without the first. */
	if (link(temp, path) == 0) {
		if (unlink(temp) != 0)
			return fail(err, errno, "remove", temp);
		return 0;
	}
	if (errno == EEXIST)
		return refuse_existing(err, path);
	if (!is_unsupported(errno))
		return fail(err, errno, "create", path);

	/* FAT through FUSE has neither. */
	if ((rc = check_absent(path, err)) < 0)
		return rc;
	if (rename(temp, path) != 0)
		return fail(err, errno, "create", path);
	return 0;
}

/* Whatever a call said: is it what `path` names now? */
static int
has_name(const char *temp, const char *path)
{
	struct stat a, b;

	return stat(path, &b) == 0 && (stat(temp, &a) != 0 ||
	    (a.st_dev == b.st_dev && a.st_ino == b.st_ino));
}

int
file_part_publish(struct file_part *p, struct err *err)
{
	int rc;

	if (p->fd >= 0 && ((rc = file_sync(p->fd, p->path, err)) < 0 ||
	    (rc = close_checked(&p->fd, p->path, err)) < 0))
		return rc;
	rc = rename_new(p->temp, p->path, err);
	if (rc < 0 && !has_name(p->temp, p->path))
		return rc;
	(void)unlink(p->temp);
	free(p->temp);
	p->temp = NULL;
	return rc < 0 ? rc : file_sync_parent(p->path, err);
}

/*
 * Folders and media.
 */

int
file_private(const char *dir, struct err *err)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600), rc;

	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return fail(err, errno, "create a file in", dir);

	/* Without O_TMPFILE: create it, and let file_part_clear unlink it. */
	buf_addf(&path, "%s/private", dir);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if ((rc = part_create(&p, path.at, 0600, err)) < 0)
		return rc;
	fd = p.fd;
	p.fd = -1;
	return fd;
}

int
file_same_device(const char *a, const char *b, struct err *err)
{
	struct stat st_a, st_b;

	if (stat(a, &st_a) != 0)
		return fail(err, errno, "look at", a);
	if (stat(b, &st_b) != 0)
		return fail(err, errno, "look at", b);
	return st_a.st_dev == st_b.st_dev;
}

int
file_free_space(const char *path, uint64_t *ret_bytes, struct err *err)
{
	struct statvfs fs;
	uint64_t blocks, size;

	if (statvfs(path, &fs) != 0)
		return fail(err, errno, "ask for free space at", path);
	blocks = fs.f_bavail;
	size = fs.f_frsize;
	*ret_bytes = size != 0 && blocks > UINT64_MAX / size ? UINT64_MAX :
	    blocks * size;
	return 0;
}

