#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../base/text.h"

#define HEAD "satchel drop 1\n"
#define HEAD_LEN (sizeof HEAD - 1)
#define MARK_LEN (HEAD_LEN + DROP_MARK_LEN + 1)

#define TRIES 8u			/* to make one among many */

static int
mark_path(const char *folder, struct buf *out, struct err *err)
{
	buf_addf(out, "%s/%s", folder, MARK_NAME);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

/* 1 and the digits; 0: there is no such file. */
static int
mark_read(const char *path, char ret[DROP_MARK_LEN + 1], struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	unsigned char bytes[DROP_MARK_LEN / 2];
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT)
		return 0;
	if (file_read_all(path, MARK_LEN, &text, err) < 0 &&
	    err->code != E_FORMAT && err->code != E_LIMIT)
		return -(int)err->code;
	if (text.len != MARK_LEN || memcmp(text.at, HEAD, HEAD_LEN) != 0 ||
	    text.at[MARK_LEN - 1] != '\n' ||
	    text_unhex(bytes, sizeof bytes, text.at + HEAD_LEN,
	    DROP_MARK_LEN) < 0) {
		err_clear(err);
		(void)err_set(err, E_CONFIG, "\"%s\" is not the mark of a "
		    "drop", path);
		return err_next(err, "ask who else uses this folder; without "
		    "that file 'satchel drop set' makes a new one");
	}
	text_hex(ret, bytes, sizeof bytes);
	return 1;
}

static int
mark_fill(struct file_part *part, const char *path, struct err *err)
{
	unsigned char bytes[DROP_MARK_LEN / 2];
	char text[MARK_LEN + 1] = HEAD;
	int rc;

	randombytes_buf(bytes, sizeof bytes);
	text_hex(text + HEAD_LEN, bytes, sizeof bytes);
	text[MARK_LEN - 1] = '\n';
	if ((rc = file_part_open(part, path, err)) < 0)
		return rc;

	/* It says nothing that is private, and all sites must read it.  A
	 * file system without modes has its own. */
	(void)fchmod(part->fd, 0644);
	if ((rc = file_write(part->fd, text, MARK_LEN, path, err)) < 0)
		return rc;
	return file_part_settle(part, err);
}

/* 1: made; 0: another site was quicker, or took ours for what a dead run
 * left.  Until it has its name it stays open, and so locked. */
static int
mark_write(const char *path, struct err *err)
{
	CLEANUP(file_part_clear) struct file_part part = FILE_PART_INIT;
	CLEANUP(file_closep) int held = -1;
	struct stat st;

	if (mark_fill(&part, path, err) >= 0) {
		held = fcntl(part.fd, F_DUPFD_CLOEXEC, 0);
		if (file_part_publish(&part, err) >= 0)
			return 1;
	}
	if (err->code != E_USAGE &&
	    (held < 0 || fstat(held, &st) != 0 || st.st_nlink > 0))
		return -(int)err->code;
	err_clear(err);
	return 0;
}

void
mark_sweep(const char *folder)
{
	file_sweep(folder, MARK_NAME);
}

int
mark_make(const char *folder, char ret[DROP_MARK_LEN + 1], struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc, made = 0;
	unsigned i;

	if ((rc = mark_path(folder, &path, err)) < 0)
		return rc;
	for (i = 0; i < TRIES; i++) {
		if ((rc = mark_read(path.at, ret, err)) < 0)
			return rc;
		mark_sweep(folder);
		if (rc > 0)
			return made;
		if ((rc = made = mark_write(path.at, err)) < 0)
			return rc;
	}
	return err_set(err, E_IO, "\"%s\" does not stay there", path.at);
}

int
mark_check(const struct drop *d, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	char mark[DROP_MARK_LEN + 1];
	struct stat st;
	int rc;

	if (stat(d->path, &st) != 0) {
		(void)err_io(err, errno == ENOENT ? ENODEV : errno,
		    "drop \"%s\": \"%s\"", d->name, d->path);
		return err_next(err, "mount it, or plug it in");
	}
	if ((rc = mark_path(d->path, &path, err)) < 0)
		return rc;
	if ((rc = mark_read(path.at, mark, err)) < 0)
		return err_prefix(err, "drop \"%s\"", d->name);
	if (rc == 0) {
		(void)err_set(err, E_MEDIA_GONE, "drop \"%s\": there is no %s "
		    "in \"%s\"", d->name, MARK_NAME, d->path);
		return err_next(err, "is the share mounted?  If this is the "
		    "drop all the same: satchel drop set %s path='%s'",
		    d->name, d->path);
	}
	if (strcmp(mark, d->mark) != 0) {
		(void)err_set(err, E_CONFIG, "drop \"%s\": \"%s\" is another "
		    "drop now", d->name, d->path);
		return err_next(err, "mount the right one; or if this is it: "
		    "satchel drop set %s path='%s'", d->name, d->path);
	}
	return 0;
}
