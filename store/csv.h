/* csv.h: comma-separated values (RFC 4180), record by record.
 *
 * Lines end with LF or CRLF; a byte order mark at the start and empty lines
 * are passed over.  Nothing more than a record is held.
 */
#ifndef SATCHEL_CSV_H
#define SATCHEL_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"

#define CSV_RECORD_MAX 4194304u		/* bytes of the cells of a record */
#define CSV_CELLS_MAX 4096u		/* cells of a record */

struct csv {
	/* Up to `len` bytes; 0 at the end. */
	int64_t (*read)(void *ctx, void *to, size_t len, struct err *err);
	void *ctx;

	uint64_t line;			/* where the record begins, from 1 */
	size_t count;			/* cells of the record */

	/* private */
	uint64_t next_line;
	struct buf held;		/* read and not yet used, from `pos` */
	size_t pos;
	int started;
	struct buf text;		/* the cells, one after the other */
	size_t *end;			/* where each ends; owned */
	size_t cap;
};
#define CSV_INIT { .line = 0 }

/* Set `read` and `ctx` of a CSV_INIT, then call this for each record: 1, or 0
 * at the end.  E_RECORD: not RFC 4180; E_LIMIT. */
int csv_next(struct csv *c, struct err *err);

/* A cell of the record, without its quotes; valid until the next call. */
struct json_span csv_cell(const struct csv *c, size_t index);

void csv_clear(struct csv *c);

#endif
