/* buf.h: bytes that grow, up to a bound; and the cleanup attribute.
 *
 * A failed append (no memory, or over the bound) is remembered and makes
 * every later append do nothing, so a run of appends is checked once, at its
 * end, with buf_check.
 */
#ifndef SATCHEL_BUF_H
#define SATCHEL_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Release a local variable on every way out of its scope; `fn` takes its
 * address.  gcc and clang. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

struct buf {
	char *at;			/* NULL while nothing was appended */
	size_t len;			/* bytes in use */
	size_t cap;			/* bytes allocated */
	size_t max;			/* bound on len; 0: none */
	int failed;			/* 0, else E_INTERNAL or E_LIMIT */
	int secret;			/* the bytes are in guarded memory,
					 * wiped when they are let go */
};

#define BUF_INIT { .at = NULL }

/* For keys and passphrases.  Not with buf_addf: printf keeps copies. */
#define BUF_SECRET { .secret = 1 }

/* Free the bytes; `b` is then as it began.  NULL-safe. */
void buf_clear(struct buf *b);

/* Empty it and keep the allocation; forgets a failure. */
void buf_reset(struct buf *b);

/* Make room for `more` bytes after len, and for a NUL behind them, for which
 * the bound does not count.  Returns where they go, or NULL (and remembers the
 * failure).  The caller adds to len what it wrote. */
char *buf_room(struct buf *b, size_t more);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *text);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A NUL after the last byte, not counted in len; returns `at`, or NULL. */
char *buf_str(struct buf *b);

/* 0, or E_INTERNAL / E_LIMIT if any append failed. */
int buf_check(const struct buf *b, struct err *err);

/* free() for CLEANUP of a char * or unsigned char *. */
void buf_freep(void *pointer_address);

#endif
