/* spawn.h: another program, run to its end; never through a shell. */
#ifndef SATCHEL_SPAWN_H
#define SATCHEL_SPAWN_H

#include "../base/buf.h"
#include "../base/err.h"

#define SPAWN_OUTPUT_MAX 1048576u

/* Run argv[0], looked for as PATH says (NULL ends argv).  `in` (NULL: nothing)
 * is its standard input; its standard output is appended to `out` (NULL: it is
 * ours), E_LIMIT beyond SPAWN_OUTPUT_MAX; standard error is ours, or with
 * `hush` nobody's.  Returns its exit status, 128 if it was killed; E_CONFIG if
 * it is not there. */
int spawn_run(const char *const *argv, const struct buf *in, struct buf *out,
    int hush, struct err *err);

#endif
