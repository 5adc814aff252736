/* lock.h: one at a time: a flock on a file that says who holds it.
 *
 * A holder that works alone writes its process id and the time into the file,
 * for those who are turned away; the kernel lets the lock go when it ends,
 * however it ends.
 */
#ifndef SATCHEL_LOCK_H
#define SATCHEL_LOCK_H

#include "err.h"

enum lock_kind { LOCK_SHARED, LOCK_ALONE };

/* Open the file (made if need be, mode 0600) and take the lock, trying for
 * `wait_s` seconds.  Returns the descriptor; to close it is to let go.
 * E_LOCKED: another has it, `what` it is working on and, where that is known,
 * its process id and for how long.  E_IO. */
int lock_open(const char *path, enum lock_kind kind, unsigned wait_s,
    const char *what, struct err *err);

/* The same for an open one that is to be held in another way; in between it
 * may be let go. */
int lock_take(int fd, enum lock_kind kind, unsigned wait_s,
    const char *what, struct err *err);

#endif
