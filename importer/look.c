#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../format/tar.h"

#define FIRST_TAIL 16384u		/* that of most files is shorter */

void
look_clear(struct look *x)
{
	admission_clear(&x->a);
	*x = (struct look)LOOK_INIT;
}

/* A file that cannot be opened.  -1: something else has its name by now, or
 * nothing has. */
static int
unopened(struct look *x, int errnum, struct err *err)
{
	switch (errnum) {
	case ENOENT: case ESTALE: case ELOOP: case ENXIO: case ENOTDIR:
		return -1;
	case EMFILE: case ENFILE: case ENOMEM:
		(void)err_io(err, errnum, "cannot open a file");
		return -1;
	default:
		x->what = LOOK_BROKEN;
		(void)err_io(&x->why, errnum, "cannot open it");
		(void)err_rung(&x->why, 0);
		return -1;
	}
}

/* The descriptor of a regular file, or -1 when all is said.  What is none is
 * not opened: of some devices that alone does something. */
static int
open_regular(struct look *x, int dir_fd, const char *name, struct err *err)
{
	struct stat st;
	int fd;

	if (!x->is_listed) {
		if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return unopened(x, errno, err);
		if (!S_ISREG(st.st_mode))
			return -1;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)unopened(x, errno, err);
		file_closep(&fd);
	} else if (!S_ISREG(st.st_mode))
		file_closep(&fd);
	if (fd < 0)
		return -1;
	x->size = (uint64_t)st.st_size;
	x->inode = st.st_ino;
	x->device = st.st_dev;
	x->mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec;
	return fd;
}

/* --- the tail ---------------------------------------------------------- */

/* The last `len` bytes, or all of a shorter file. */
static int
read_tail(struct reader *r, int fd, uint64_t size, void *tail, size_t len,
    struct err *why)
{
	uint64_t from = size > len ? size - len : 0;
	int64_t n = file_pread(fd, tail, (size_t)(size - from), from, "it",
	    why);

	if (n < 0)
		return err_rung(why, 0);
	return reader_tail(r, tail, (size_t)n, why);
}

/* More is read if the shorter tail ends well, and what is missing lies before
 * it. */
static int
walk_tail(struct reader *r, int fd, uint64_t size, struct err *why)
{
	CLEANUP(buf_freep) char *whole = NULL;
	char tail[FIRST_TAIL];
	int rc = read_tail(r, fd, size, tail, sizeof tail, why);

	if (rc >= 0 || why->code != E_FORMAT || r->minisig.len == 0 ||
	    size <= sizeof tail)
		return rc;
	if ((whole = malloc(READER_TAIL)) == NULL)
		return err_oom(why);
	err_clear(why);
	return read_tail(r, fd, size, whole, READER_TAIL, why);
}

/* --- whose it is ------------------------------------------------------- */

/* Does "to" of the manifest name this site?  It is canonical JSON, in which a
 * quote within a string is escaped: what looks like the key is one; and names
 * and ids of sites have no bracket.  No more than compared: who wrote it is
 * not known yet. */
static int
names_us(const struct store *s, const struct reader *r)
{
	static const char key[] = "\"to\":[";
	const char *end = r->manifest.at + r->manifest.len;
	const char *at = r->manifest.at, *stop;
	char site[SITE_LEN + sizeof "\"site\":\"\""];
	size_t len = (size_t)snprintf(site, sizeof site, "\"site\":\"%s\"",
	    s->self.site);

	while ((at = memmem(at, (size_t)(end - at), key, sizeof key - 1)) !=
	    NULL) {
		stop = memchr(at, ']', (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		if (memmem(at, (size_t)(stop - at), site, len) != NULL)
			return 1;
		at = stop;
	}
	return 0;
}

static int
look_own(const struct reader *r, const struct minisign_pub *own,
    struct look *x)
{
	if (reader_authentic(r, own, &x->why) < 0)
		return err_rung(&x->why, 2);
	if (manifest_parse(&x->a.m, r->manifest.at, r->manifest.len,
	    &x->why) < 0)
		return err_rung(&x->why, 3);
	x->what = LOOK_OWN;
	return 0;
}

static int
look_peer(struct store *s, const struct reader *r, struct look *x)
{
	struct err other = ERR_INIT;

	if (admit_authentic(s, r, NULL, &x->a, &x->why) < 0 ||
	    admit_manifest(r, &x->a, &x->why) < 0)
		return -(int)x->why.code;
	x->what = admit_for_us(s, &x->a, &other) < 0 ? LOOK_OTHER :
	    LOOK_FOR_US;
	return 0;
}

static int
look_inside(struct store *s, int fd, const struct minisign_pub *own,
    struct look *x)
{
	CLEANUP(reader_clear) struct reader r = { .members = NULL };
	int rc;

	if ((rc = walk_tail(&r, fd, x->size, &x->why)) < 0)
		return rc;
	memcpy(x->id, r.id, sizeof x->id);
	if (sums_kind(r.sums.at, r.sums.len) == SUMS_CARD) {
		x->what = LOOK_CARD;
		return 0;
	}
	if (own != NULL && memcmp(r.key_id, own->id, MINISIGN_ID) == 0)
		return look_own(&r, own, x);
	if (names_us(s, &r))
		return look_peer(s, &r, x);
	x->what = LOOK_OTHER;
	return 0;
}

int
look_at(struct store *s, int dir_fd, const char *name,
    const struct minisign_pub *own, struct look *ret, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	int is_listed = ret->is_listed;
	char block[TAR_BLOCK];
	int64_t n;

	look_clear(ret);
	ret->is_listed = is_listed;
	if ((fd = open_regular(ret, dir_fd, name, err)) < 0)
		return -(int)err->code;
	n = file_pread(fd, block, sizeof block, 0, "it", &ret->why);
	if (n < 0)
		(void)err_rung(&ret->why, 0);
	else if (!reader_is_magic(block, (size_t)n) ||
	    look_inside(s, fd, own, ret) >= 0)
		return 0;
	admission_clear(&ret->a);
	ret->what = LOOK_BROKEN;

	if (ret->why.rung == 1)
		(void)err_next(&ret->why, "if it is still being copied, wait "
		    "until that is done; else copy it again");

	/* What is wrong with a file has the rung on which it failed. */
	if (ret->why.rung >= 0 && ret->why.code != E_INTERNAL)
		return 0;
	*err = ret->why;
	return -(int)err->code;
}

int
look_turn(struct store *s, const struct look *x, uint64_t *ret_have,
    struct err *why)
{
	return admit_turn(s, x->id, &x->a, ret_have, why);
}
