/* tar.h: the one canonical header (POSIX.1-1988 ustar), and a strict walk.
 *
 * A header is rebuilt from name and size and all 512 bytes are compared:
 * type '0', mode 0644, owner, group and time 0, no owner names, no prefix,
 * zero padding.  An archive ends with exactly 1,024 zero bytes.
 */
#ifndef SATCHEL_TAR_H
#define SATCHEL_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

#define TAR_BLOCK 512u
#define TAR_END 1024u

/* Bytes of padding after `size` bytes of content: 0..511. */
size_t tar_padding(uint64_t size);

/* Write the header.  name: 1..99 bytes; size < 8 GiB. */
void tar_header(unsigned char out[TAR_BLOCK], const char *name,
    uint64_t size);

/* Read a canonical header.  1: name (NUL-terminated, of A-Z a-z 0-9 . _ -,
 * never a path) and size are set; 0: a zero block (the end begins); E_HEADER
 * otherwise, also for a name that does not fit in name_size. */
int tar_parse(const unsigned char block[TAR_BLOCK], char *ret_name,
    size_t name_size, uint64_t *ret_size, struct err *err);

/* Walk a whole archive in memory (a blob pack), calling entry for each.
 * E_HEADER, E_TRAILER, E_TRUNCATED, or what entry returned (negative). */
int tar_walk(const void *data, size_t len,
    int (*entry)(void *ctx, const char *name, const void *content,
    size_t size, struct err *err), void *ctx, struct err *err);

#endif
