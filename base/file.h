/* file.h: files that are there whole or not at all.
 *
 * Everything is opened with O_CLOEXEC; nothing follows a symbolic link where
 * a bundle, a card or a key is expected.
 */
#ifndef SATCHEL_FILE_H
#define SATCHEL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

void file_closep(int *fd);		/* CLEANUP: close if >= 0 */

/* Rung L0: a regular file for reading, never blocking, never through a link
 * in its last component.  Returns the descriptor; ret_size its bytes.
 * E_FORMAT if it is a FIFO, device, folder, socket or link; E_IO. */
int file_open(const char *path, uint64_t *ret_size, struct err *err);

/* The whole file, at most `max` bytes (E_LIMIT).  Appends to `out`. */
int file_read_all(const char *path, size_t max, struct buf *out,
    struct err *err);

/* Read up to `len` bytes at the offset, over EINTR and short reads; fewer
 * only at the end of the file.  Returns the number read. */
int64_t file_pread(int fd, void *to, size_t len, uint64_t at, const char *path,
    struct err *err);
int file_write(int fd, const void *from, size_t len, const char *path,
    struct err *err);
int file_sync(int fd, const char *path, struct err *err);

/* fsync the folder that holds `path`. */
int file_sync_parent(const char *path, struct err *err);

/* Sync all of the file system that `path` is on: also the folders above it,
 * whoever made them. */
int file_sync_medium(const char *path, struct err *err);

/* Make a folder of this mode less the umask, for good: the one that holds it is
 * synced.  What is there stays as it is.
 * file_folders makes those above it, too, with the same mode (0700: so asks the
 * XDG Base Directory Specification): not for a path that may lie on a medium,
 * which then was not there. */
int file_folder(const char *path, unsigned mode, struct err *err);
int file_folders(const char *path, unsigned mode, struct err *err);

/* Write `path` atomically: hidden temporary beside it, fsync, rename, fsync
 * of the folder.  Replaces what was there. */
int file_put(const char *path, unsigned mode, const void *data, size_t len,
    struct err *err);

/* A file in the making: ".<name>.<random>.part" beside its final name, under
 * a flock while it is written.  What a dead run left of the same name is
 * removed when the next is begun. */
struct file_part {
	char *path;			/* the final name; owned */
	char *temp;			/* NULL once it is gone; owned */
	int fd;				/* -1: closed */
};
#define FILE_PART_INIT { .fd = -1 }

/* Create it (mode 0644 less umask).  E_USAGE if `path` exists already. */
int file_part_open(struct file_part *p, const char *path, struct err *err);

/* fsync, then drop the file from the page cache, so that what is read next
 * through p->fd comes from the medium. */
int file_part_settle(struct file_part *p, struct err *err);

/* Give it its final name without replacing anything, fsync the folder.  On
 * media without RENAME_NOREPLACE or links: checks, then renames.  A failure
 * after it has its name leaves p->temp NULL. */
int file_part_publish(struct file_part *p, struct err *err);

/* Unlink what was not published.  Errors are not news here. */
void file_part_clear(struct file_part *p);

/* An unnamed private file (0600) in folder `dir`; O_TMPFILE, or created and
 * unlinked at once.  Returns the descriptor. */
int file_private(const char *dir, struct err *err);

/* Are both on one file system? 1, 0, or negative. */
int file_same_device(const char *a, const char *b, struct err *err);

/* Bytes free for us where `path` is. */
int file_free_space(const char *path, uint64_t *ret_bytes, struct err *err);

/* Remove the temporaries that dead runs left in a folder, of final names that
 * begin with `prefix` ("": of all).  Dead: no one holds the flock. */
void file_sweep(const char *dir, const char *prefix);

#endif
