#include "medium.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/msdos_fs.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "file_inside.h"
#include "medium_inside.h"
#include "text.h"

#define MEDIA_MAX 256u			/* that medium_each tells apart */

/* Linux 6.9, newer than the headers. */
struct uuid_of_fs {
	unsigned char len, bytes[16];
};
#define GET_UUID _IOR(0x15, 0, struct uuid_of_fs)

/* --- texts ------------------------------------------------------------- */

void
medium_clear(struct medium *m)
{
	free(m->fs);
	free(m->device);
	free(m->mount);
	free(m->label);
	free(m->serial);
	*m = (struct medium)MEDIUM_INIT;
}

static int
keep(char **ret, const char *text, struct err *err)
{
	free(*ret);
	return (*ret = strdup(text)) == NULL ? err_oom(err) : 0;
}

/* Foreign text, safe and of a bounded length; nothing, if nothing is left
 * without the blanks that fill it up. */
static int
keep_safe(char **ret, const char *text, size_t len, struct err *err)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;

	len = strnlen(text, len);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len == 0 || len > MEDIUM_TEXT_MAX)
		return 0;
	text_safe(&safe, text, len);
	return buf_str(&safe) == NULL ? err_oom(err) : keep(ret, safe.at, err);
}

/* --- label and serial --------------------------------------------------- */

static int
ask_label(struct medium *m, int fd, struct err *err)
{
	char label[FSLABEL_MAX + 1] = "";

	if (ioctl(fd, FS_IOC_GETFSLABEL, label) != 0)
		return 0;
	return keep_safe(&m->label, label, FSLABEL_MAX, err);
}

static int
ask_serial(struct medium *m, int fd, struct err *err)
{
	struct uuid_of_fs uuid = { 0, { 0 } };
	char text[40], hex[33];
	unsigned id = 0;

	/* All zero: it was given none. */
	if (ioctl(fd, FAT_IOCTL_GET_VOLUME_ID, &id) == 0 && id != 0) {
		(void)snprintf(text, sizeof text, "%04X-%04X", id >> 16,
		    id & 0xffff);
		return keep(&m->serial, text, err);
	}
	if (ioctl(fd, GET_UUID, &uuid) != 0 || uuid.len != 16 ||
	    sodium_is_zero(uuid.bytes, 16))
		return 0;
	text_hex(hex, uuid.bytes, 16);
	(void)snprintf(text, sizeof text, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
	return keep(&m->serial, text, err);
}

/* udev writes what is not plain as \xNN. */
static void
undo_udev(char *text)
{
	const char *from = text;
	unsigned char byte;
	char *to = text;

	while (*from != '\0') {
		if (from[0] == '\\' && from[1] == 'x' &&
		    strnlen(from, 4) == 4 &&
		    text_unhex(&byte, 1, from + 2, 2) == 0 && byte != 0) {
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

int
medium_link(char **ret, const char *folder, dev_t dev, struct err *err)
{
	CLEANUP(buf_clear) struct buf best = BUF_INIT;
	const struct dirent *e;
	struct stat st;
	DIR *d = opendir(folder);

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (fstatat(dirfd(d), e->d_name, &st, 0) != 0 ||
		    !S_ISBLK(st.st_mode) || st.st_rdev != dev ||
		    (best.len > 0 && strcmp(best.at, e->d_name) <= 0))
			continue;
		buf_reset(&best);
		buf_adds(&best, e->d_name);
		if (buf_str(&best) == NULL)
			break;
	}
	(void)closedir(d);
	if (buf_check(&best, err) < 0)
		return -(int)err->code;
	if (best.len == 0)
		return 0;
	undo_udev(best.at);
	return keep_safe(ret, best.at, strlen(best.at), err);
}

static int
has_block(dev_t dev)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(dev),
	    minor(dev));
	return lstat(path, &st) == 0;
}

/* The number of the block device that is mounted; 0: it has none. */
static dev_t
block_of(const struct medium *m)
{
	dev_t dev = m->dev;
	struct stat st;

	if (m->device != NULL && stat(m->device, &st) == 0 &&
	    S_ISBLK(st.st_mode))
		dev = st.st_rdev;
	return has_block(dev) ? dev : 0;
}

static int
find_names(struct medium *m, const char *path, struct err *err)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_NONBLOCK |
	    O_CLOEXEC);
	int rc;

	m->block = block_of(m);
	if (fd >= 0 && ((rc = ask_label(m, fd, err)) < 0 ||
	    (rc = ask_serial(m, fd, err)) < 0))
		return rc;
	if (m->label == NULL && (rc = medium_link(&m->label,
	    "/dev/disk/by-label", m->block, err)) < 0)
		return rc;
	return m->serial != NULL ? 0 : medium_link(&m->serial,
	    "/dev/disk/by-uuid", m->block, err);
}

/* --- a path ------------------------------------------------------------ */

struct search {
	uint64_t id;			/* of the mount */
	struct medium *m;
};

static int
take_mount(void *ctx, const struct mountinfo *line, struct err *err)
{
	struct search *x = ctx;
	int rc;

	if (line->id != x->id)
		return 0;
	x->m->kind = medium_kind_of(line);
	if ((rc = keep_safe(&x->m->fs, line->fs, strlen(line->fs), err)) < 0 ||
	    (rc = keep(&x->m->device, line->source, err)) < 0 ||
	    (rc = keep(&x->m->mount, line->point, err)) < 0)
		return rc;
	return 1;
}

/* Of how it is mounted; without /proc what statfs alone says. */
static int
find_mount(struct medium *m, const struct statx *st, uint32_t magic,
    struct err *err)
{
	struct search x = { st->stx_mnt_id, m };
	struct err why = ERR_INIT;
	const struct medium_fact *fact;
	int rc = 0;

	if (st->stx_mask & STATX_MNT_ID)
		rc = mountinfo_each(take_mount, &x, &why);
	if (rc == -(int)E_INTERNAL)
		return err_oom(err);
	if (m->fs == NULL && medium_fs_of_magic(magic) != NULL &&
	    (rc = keep(&m->fs, medium_fs_of_magic(magic), err)) < 0)
		return rc;
	fact = m->fs != NULL ? medium_fact(m->fs) : NULL;
	if (fact == NULL)
		return 0;
	if (m->mount == NULL)
		m->kind = fact->kind;
	m->largest = fact->largest;
	m->dos_names = fact->dos_names;
	return 0;
}

/* A file system that does not count has no blocks at all. */
static void
measure(struct medium *m, const struct statvfs *fs)
{
	uint64_t unit = fs->f_frsize;

	m->read_only = (fs->f_flag & ST_RDONLY) != 0;
	if (fs->f_blocks == 0 || unit == 0 ||
	    fs->f_blocks > MEDIUM_UNKNOWN / unit ||
	    fs->f_bavail > fs->f_blocks)
		return;
	m->size = fs->f_blocks * unit;
	m->free = fs->f_bavail * unit;
	m->unit = unit;
}

int
medium_of(struct medium *ret, const char *path, struct err *err)
{
	struct statvfs space;
	struct statfs fs;
	struct statx st;
	int rc;

	if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_MNT_ID, &st) != 0 ||
	    statfs(path, &fs) != 0 || statvfs(path, &space) != 0)
		return file_fail(err, errno, "look at", path);
	ret->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	measure(ret, &space);
	if ((rc = find_mount(ret, &st, (uint32_t)fs.f_type, err)) < 0 ||
	    (!S_ISREG(st.stx_mode) && !S_ISDIR(st.stx_mode)))
		return rc;
	return find_names(ret, path, err);
}

int
medium_is_gone(const struct medium *m)
{
	struct statvfs fs;

	if (m->mount != NULL && statvfs(m->mount, &fs) != 0 &&
	    (errno == ENOTCONN || errno == ENODEV || errno == ENXIO))
		return 1;
	return m->block != 0 && !has_block(m->block);
}

/* --- all of them -------------------------------------------------------- */

struct each {
	int (*each)(void *ctx, const struct medium *m, struct err *err);
	void *ctx;
	struct err *err;		/* what `each` has to say */
	dev_t done[MEDIA_MAX];
	size_t count;
};

/* Once a device, at its first mount that nothing hides. */
static int
is_news(struct each *x, const struct mountinfo *line)
{
	struct statx st;
	dev_t dev;
	size_t i;

	if (x->count == MEDIA_MAX ||
	    statx(AT_FDCWD, line->point, 0, STATX_TYPE | STATX_MNT_ID,
	    &st) != 0 || !S_ISDIR(st.stx_mode) || st.stx_mnt_id != line->id)
		return 0;
	dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	for (i = 0; i < x->count; i++)
		if (x->done[i] == dev)
			return 0;
	x->done[x->count++] = dev;
	return 1;
}

/* Network folders, which may hang, are left out before they are asked. */
static int
tell(void *ctx, const struct mountinfo *line, struct err *err)
{
	CLEANUP(medium_clear) struct medium m = MEDIUM_INIT;
	struct each *x = ctx;
	int rc;

	if (medium_kind_of(line) != MEDIUM_CARRIED || !is_news(x, line))
		return 0;
	if (medium_of(&m, line->point, err) < 0) {
		if (err->code == E_INTERNAL)
			return err_oom(x->err);
		err_clear(err);
		return 0;
	}
	rc = x->each(x->ctx, &m, x->err);
	return rc < 0 ? rc : 0;
}

int
medium_each(int (*each)(void *ctx, const struct medium *m, struct err *err),
    void *ctx, struct err *err)
{
	struct each x = { .each = each, .ctx = ctx, .err = err };
	struct err why = ERR_INIT;

	if (mountinfo_each(tell, &x, &why) == -(int)E_INTERNAL)
		return err_oom(err);
	return -(int)err->code;
}
