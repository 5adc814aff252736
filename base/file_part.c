/* Files in the making: see file.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "file_inside.h"
#include "text.h"

#define STEM_MAX 200u			/* of the name in a temporary */
#define RANDOM_LEN 16u			/* hex digits in its name */
#define PART ".part"

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

/* Does no one write it?  Where a share has no locks that cannot be seen, and
 * who is two at once there loses its file before it had a name. */
static int
is_dead(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK ||
	    errno == EOPNOTSUPP || errno == ENOSYS;
}

/* Unlink it if it is a file that no one writes. */
static void
sweep_one(int dir, const char *name)
{
	CLEANUP(file_closep) int fd = openat(dir, name, O_RDWR | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    is_dead(fd))
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
	size_t folder = file_folder_len(path, strlen(path));
	size_t stem = stem_len(path + folder);
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
	size_t len = file_folder_len(path, strlen(path));
	CLEANUP(buf_freep) char *dir = file_folder_name(path, len, err);
	const char *name = path + len;

	if (dir == NULL)
		return -(int)err->code;
	sweep(dir, name, stem_len(name), 1);
	return 0;
}

static int
part_create(struct file_part *p, const char *path, mode_t mode,
    struct err *err)
{
	CLEANUP(buf_freep) char *temp = NULL;
	int rc;

	if (path[file_folder_len(path, strlen(path))] == '\0')
		return file_refuse(err, E_USAGE, path,
		    "is not the name of a file");
	if ((rc = sweep_same(path, err)) < 0 ||
	    (rc = temp_name(&temp, path, err)) < 0)
		return rc;
	if ((p->path = strdup(path)) == NULL)
		return err_oom(err);
	p->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (p->fd < 0) {
		rc = file_fail(err, errno, "create", path);
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
	    (rc = file_close(&p.fd, path, err)) < 0)
		return rc;
	if (rename(p.temp, path) != 0)
		return file_fail(err, errno, "replace", path);
	free(p.temp);
	p.temp = NULL;
	return file_sync_parent(path, err);
}

static int
refuse_existing(struct err *err, const char *path)
{
	(void)file_refuse(err, E_USAGE, path, "exists already");
	return err_next(err, "choose another name, or remove it");
}

/* 0 if nothing has that name. */
static int
check_absent(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return refuse_existing(err, path);
	return errno == ENOENT ? 0 : file_fail(err, errno, "look at", path);
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
		return file_fail(err, errno, "create", path);

	/* A second name, then without the first. */
	if (link(temp, path) == 0) {
		if (unlink(temp) != 0)
			return file_fail(err, errno, "remove", temp);
		return 0;
	}
	if (errno == EEXIST)
		return refuse_existing(err, path);
	if (!is_unsupported(errno))
		return file_fail(err, errno, "create", path);

	/* FAT through FUSE has neither. */
	if ((rc = check_absent(path, err)) < 0)
		return rc;
	if (rename(temp, path) != 0)
		return file_fail(err, errno, "create", path);
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
	    (rc = file_close(&p->fd, p->path, err)) < 0))
		return rc;
	rc = rename_new(p->temp, p->path, err);
	if (rc < 0 && !has_name(p->temp, p->path))
		return rc;
	(void)unlink(p->temp);
	free(p->temp);
	p->temp = NULL;
	return rc < 0 ? rc : file_sync_parent(p->path, err);
}

int
file_private(const char *dir, struct err *err)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600), rc;

	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return file_fail(err, errno, "create a file in", dir);

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
