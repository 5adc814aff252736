/* source.h: files of the lab's lines, line by line.  JSON lines as they are;
 * CSV (a name ending in ".csv") as the lines that its records stand for: a
 * header with uid and type, a cell each a text; id, title, state, parent,
 * creator, created and modified are members (an empty cell: no such member),
 * all other columns are fields.
 */
#ifndef SATCHEL_SOURCE_H
#define SATCHEL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "csv.h"

struct source_column {
	char *name;			/* owned */
	int nested;			/* 1: in "fields" */
};

struct source {
	int fd;
	int is_csv;
	uint64_t done, size;		/* bytes; size 0: not known */

	/* private */
	const char *path;		/* borrowed */
	uint64_t line;
	struct buf held;		/* read and not yet used, from `pos` */
	size_t pos, scanned;
	int at_end;
	struct csv csv;
	struct source_column *columns;	/* owned; of CSV */
	size_t column_count;
};
#define SOURCE_INIT { .fd = -1 }

/* Open a file; "-" is standard input.  `path` is borrowed.  E_IO. */
int source_open(struct source *src, const char *path, struct err *err);

/* Append the next line (without its newline) to `out`: 1, or 0 at the end.
 * Lines of nothing but white space are passed over.  ret_line: its number,
 * also on failure.  E_LIMIT; E_RECORD of CSV. */
int source_next(struct source *src, struct buf *out, uint64_t *ret_line,
    struct err *err);

void source_clear(struct source *src);

#endif
