/* liar.c: a stick that lies, as a file system (FUSE 3).
 *
 *	liar MOUNTPOINT		in the foreground, until it is unmounted
 *
 * One folder of files, in memory.  They lie in blocks of a device that claims
 * to have CLAIMED of them; how many there are in truth, and what goes wrong,
 * is said by setting the attribute "user.liar" of the root:
 *
 *	good			nothing goes wrong; counting begins again
 *	fail OP K ERRNO		the K-th call of OP fails, once
 *	fail+ OP K ERRNO	it and all later ones of OP fail
 *	gone K ERRNO		from the K-th call of any kind on all fail
 *	hold BLOCKS		what is written beyond is lost
 *	wrap BLOCKS		what is written beyond goes over the beginning
 *	flip BYTE		a bit of that byte of the device reads wrong
 *	zero BYTE		that byte is written as 0
 *	cut BYTES		files end there when they are read
 *
 * Reading the attribute tells what was called since: a line for each, as
 * "OP FILE", with " failed" where that was made so.  Locks are the kernel's.
 */
#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define BLOCK 4096u
#define CLAIMED 4096u			/* blocks: 16 MiB */
#define FILES 64u
#define TRACE 262144u
#define NAME 256u

struct node {
	char name[NAME];		/* "" : free */
	size_t size, blocks;
	unsigned block[CLAIMED];	/* of the device */
};

static struct {
	char op[16];			/* "" : none, "*": any */
	unsigned k, seen;
	int errnum, keeps;
} fault;

static struct node nodes[FILES];
static unsigned char device[CLAIMED * BLOCK], used[CLAIMED];
static unsigned real_blocks;
static int wraps;
static long flip, zero, cut;		/* -1: none */
static char trace[TRACE];
static size_t traced;

/* --- what goes wrong ---------------------------------------------------- */

static void
be_good(void)
{
	memset(&fault, 0, sizeof fault);
	real_blocks = CLAIMED;
	wraps = 0;
	flip = zero = cut = -1;
	traced = 0;
	trace[0] = '\0';
}

/* Note a call; the errno that it is to fail with, negative, or 0. */
static int
called(const char *op, const char *path)
{
	int any = strcmp(fault.op, "*") == 0, fails = 0, n;

	if (any || strcmp(fault.op, op) == 0) {
		fault.seen++;
		fails = fault.seen == fault.k ||
		    (fault.keeps && fault.seen > fault.k);
	}
	n = snprintf(trace + traced, TRACE - traced, "%s %s%s\n", op,
	    path != NULL ? path + 1 : "(removed)", fails ? " failed" : "");
	if (n > 0 && (size_t)n < TRACE - traced)
		traced += (size_t)n;
	return fails ? -fault.errnum : 0;
}

static int
obey(const char *text)
{
	char op[16], rest;
	unsigned k, blocks;
	int errnum;

	be_good();
	if (strcmp(text, "good") == 0)
		return 0;
	if (sscanf(text, "fail %15s %u %d%c", op, &k, &errnum, &rest) == 3 ||
	    sscanf(text, "fail+ %15s %u %d%c", op, &k, &errnum, &rest) == 3) {
		(void)snprintf(fault.op, sizeof fault.op, "%s", op);
		fault.keeps = text[4] == '+';
	} else if (sscanf(text, "gone %u %d%c", &k, &errnum, &rest) == 2) {
		(void)strcpy(fault.op, "*");
		fault.keeps = 1;
	} else if (sscanf(text, "hold %u%c", &blocks, &rest) == 1 ||
	    sscanf(text, "wrap %u%c", &blocks, &rest) == 1) {
		real_blocks = blocks;
		wraps = text[0] == 'w';
		return 0;
	} else {
		return sscanf(text, "flip %ld%c", &flip, &rest) == 1 ||
		    sscanf(text, "zero %ld%c", &zero, &rest) == 1 ||
		    sscanf(text, "cut %ld%c", &cut, &rest) == 1 ? 0 : -EINVAL;
	}
	fault.k = k;
	fault.errnum = errnum;
	return 0;
}

/* --- the device --------------------------------------------------------- */

/* Where a block really lies; NULL: nowhere. */
static unsigned char *
place(unsigned block)
{
	if (block >= real_blocks && !wraps)
		return NULL;
	return device + (size_t)(block % real_blocks) * BLOCK;
}

static void
put(unsigned block, size_t at, const char *from, size_t len)
{
	unsigned char *to = place(block);

	if (to == NULL)
		return;
	memcpy(to + at, from, len);
	if (zero >= 0 && zero >= (to + at) - device &&
	    zero < (to + at + len) - device)
		device[zero] = 0;
}

static void
get(unsigned block, size_t at, char *to, size_t len)
{
	const unsigned char *from = place(block);

	if (from == NULL) {
		memset(to, 0, len);
		return;
	}
	memcpy(to, from + at, len);
	if (flip >= 0 && flip >= (from + at) - device &&
	    flip < (from + at + len) - device)
		to[flip - ((from + at) - device)] ^= 0x10;
}

/* --- files -------------------------------------------------------------- */

static struct node *
find(const char *path)
{
	size_t i;

	/* A file that was removed while it is open has no path. */
	for (i = 0; i < FILES && path != NULL; i++)
		if (nodes[i].name[0] != '\0' &&
		    strcmp(nodes[i].name, path + 1) == 0)
			return &nodes[i];
	return NULL;
}

static int
resize(struct node *n, size_t size)
{
	size_t want = (size + BLOCK - 1) / BLOCK;
	unsigned b = 0;

	while (n->blocks > want)
		used[n->block[--n->blocks]] = 0;
	while (n->blocks < want) {
		while (b < CLAIMED && used[b])
			b++;
		if (b == CLAIMED)
			return -ENOSPC;
		used[b] = 1;
		n->block[n->blocks++] = b;
	}
	n->size = size;
	return 0;
}

static void
fill_stat(const struct node *n, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_nlink = 1;
	st->st_mode = n == NULL ? S_IFDIR | 0777 : S_IFREG | 0777;
	if (n == NULL)
		return;
	st->st_size = cut >= 0 && n->size > (size_t)cut ? (off_t)cut :
	    (off_t)n->size;
	st->st_blocks = (blkcnt_t)(n->blocks * BLOCK / 512);
}

static int
l_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	const struct node *n = find(path);
	int rc = called("getattr", path);

	(void)fi;
	if (rc != 0)
		return rc;
	if (n == NULL && (path == NULL || strcmp(path, "/") != 0))
		return -ENOENT;
	fill_stat(n, st);
	return 0;
}

static int
l_readdir(const char *path, void *to, fuse_fill_dir_t add, off_t at,
    struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	int rc = called("readdir", path);
	size_t i;

	(void)at;
	(void)fi;
	(void)flags;
	for (i = 0; i < FILES && rc == 0; i++)
		if (nodes[i].name[0] != '\0')
			(void)add(to, nodes[i].name, NULL, 0, 0);
	return rc;
}

static int
l_open(const char *path, struct fuse_file_info *fi)
{
	int rc = called("open", path);

	(void)fi;
	return rc != 0 ? rc : find(path) == NULL ? -ENOENT : 0;
}

static int
l_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	int rc = called("create", path);
	size_t i;

	(void)mode;
	(void)fi;
	if (rc != 0)
		return rc;
	for (i = 0; i < FILES; i++)
		if (nodes[i].name[0] == '\0') {
			memset(&nodes[i], 0, sizeof nodes[i]);
			(void)snprintf(nodes[i].name, NAME, "%s", path + 1);
			return 0;
		}
	return -ENOSPC;
}

static int
l_write(const char *path, const char *from, size_t len, off_t at,
    struct fuse_file_info *fi)
{
	struct node *n = find(path);
	int rc = called("write", path);
	size_t pos = (size_t)at, done, step;

	(void)fi;
	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	if (pos + len > n->size && (rc = resize(n, pos + len)) != 0)
		return rc;
	for (done = 0; done < len; done += step) {
		step = BLOCK - (pos + done) % BLOCK;
		step = step < len - done ? step : len - done;
		put(n->block[(pos + done) / BLOCK], (pos + done) % BLOCK,
		    from + done, step);
	}
	return (int)len;
}

static int
l_read(const char *path, char *to, size_t len, off_t at,
    struct fuse_file_info *fi)
{
	const struct node *n = find(path);
	int rc = called("read", path);
	size_t pos = (size_t)at, done, step, end;

	(void)fi;
	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	end = cut >= 0 && n->size > (size_t)cut ? (size_t)cut : n->size;
	if (pos >= end)
		return 0;
	len = len < end - pos ? len : end - pos;
	for (done = 0; done < len; done += step) {
		step = BLOCK - (pos + done) % BLOCK;
		step = step < len - done ? step : len - done;
		get(n->block[(pos + done) / BLOCK], (pos + done) % BLOCK,
		    to + done, step);
	}
	return (int)len;
}

static int
l_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	struct node *n = find(path);
	int rc = called("truncate", path);

	(void)fi;
	return rc != 0 ? rc : n == NULL ? -ENOENT : resize(n, (size_t)size);
}

static int
l_unlink(const char *path)
{
	struct node *n = find(path);
	int rc = called("unlink", path);

	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	(void)resize(n, 0);
	n->name[0] = '\0';
	return 0;
}

/* Without flags, as FAT through FUSE has it. */
static int
l_rename(const char *from, const char *to, unsigned flags)
{
	struct node *n = find(from), *old = find(to);
	int rc = called("rename", from);

	if (rc != 0 || n == NULL)
		return rc != 0 ? rc : -ENOENT;
	if (flags != 0)
		return -EINVAL;
	if (old != NULL) {
		(void)resize(old, 0);
		old->name[0] = '\0';
	}
	(void)snprintf(n->name, NAME, "%s", to + 1);
	return 0;
}

static int
l_link(const char *from, const char *to)
{
	(void)to;
	(void)called("link", from);
	return -EPERM;
}

static int
l_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
	(void)data_only;
	(void)fi;
	return called("fsync", path);
}

static int
l_fsyncdir(const char *path, int data_only, struct fuse_file_info *fi)
{
	(void)data_only;
	(void)fi;
	return called("fsyncdir", path);
}

static int
l_flush(const char *path, struct fuse_file_info *fi)
{
	(void)fi;
	return called("flush", path);
}

static int
l_statfs(const char *path, struct statvfs *fs)
{
	int rc = called("statfs", path);
	unsigned b;

	memset(fs, 0, sizeof *fs);
	fs->f_bsize = fs->f_frsize = BLOCK;
	fs->f_blocks = CLAIMED;
	fs->f_namemax = NAME - 1;
	for (b = 0; b < CLAIMED; b++)
		fs->f_bfree += !used[b];
	fs->f_bavail = fs->f_bfree;
	return rc;
}

/* --- being told --------------------------------------------------------- */

static int
l_setxattr(const char *path, const char *name, const char *value, size_t len,
    int flags)
{
	char text[64];

	(void)flags;
	if (strcmp(path, "/") != 0 || strcmp(name, "user.liar") != 0)
		return -EOPNOTSUPP;
	(void)snprintf(text, sizeof text, "%.*s", (int)(len < 63 ? len : 63),
	    value);
	return obey(text);
}

static int
l_getxattr(const char *path, const char *name, char *to, size_t len)
{
	size_t n = traced < 60000 ? traced : 60000;	/* XATTR_SIZE_MAX */

	if (strcmp(path, "/") != 0 || strcmp(name, "user.liar") != 0)
		return -ENODATA;
	if (len > 0 && len < n)
		return -ERANGE;
	if (len > 0)
		memcpy(to, trace, n);
	return (int)n;
}

static void *
l_init(struct fuse_conn_info *conn, struct fuse_config *cfg)
{
	(void)conn;
	cfg->hard_remove = 1;
	cfg->entry_timeout = cfg->attr_timeout = cfg->negative_timeout = 0;
	return NULL;
}

static const struct fuse_operations ops = {
	.init = l_init,
	.getattr = l_getattr,
	.readdir = l_readdir,
	.open = l_open,
	.create = l_create,
	.read = l_read,
	.write = l_write,
	.truncate = l_truncate,
	.unlink = l_unlink,
	.rename = l_rename,
	.link = l_link,
	.fsync = l_fsync,
	.fsyncdir = l_fsyncdir,
	.flush = l_flush,
	.statfs = l_statfs,
	.setxattr = l_setxattr,
	.getxattr = l_getxattr
};

int
main(int argc, char **argv)
{
	char name[] = "liar", front[] = "-f", alone[] = "-s", o[] = "-o";
	char as[] = "fsname=/dev/liar,subtype=liar";
	char *args[] = { name, argc > 1 ? argv[1] : NULL, front, alone, o,
	    as, NULL };

	if (argc != 2) {
		fprintf(stderr, "usage: liar MOUNTPOINT\n");
		return 2;
	}
	be_good();
	return fuse_main(6, args, &ops, NULL);
}
