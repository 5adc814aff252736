/* file_inside.h: what file.c and file_part.c share. */
#ifndef SATCHEL_FILE_INSIDE_H
#define SATCHEL_FILE_INSIDE_H

#include <stddef.h>

#include "err.h"

/* "cannot <verb> '<path>': <errnum>". */
int file_fail(struct err *err, int errnum, const char *verb,
    const char *path);

/* "'<path>' <what>". */
int file_refuse(struct err *err, enum err_code code, const char *path,
    const char *what);

/* close, with what the file system has to say at last (NFS: no space). */
int file_close(int *fd, const char *path, struct err *err);

/* Of a path's first `len` bytes: how many are the folder part, with its last
 * slash. */
size_t file_folder_len(const char *path, size_t len);

/* The folder part of this length as a path, "." of none; free it.  NULL: out
 * of memory. */
char *file_folder_name(const char *path, size_t len, struct err *err);

#endif
