/* fence.h: what this process can open and reach from here on, kept by the
 * kernel (Landlock, Linux 5.13; Documentation/userspace-api/landlock.rst),
 * through its system calls: neither its headers nor a library are needed.
 *
 * A fence is begun, told what stays open, and closed; then it holds for every
 * thread and cannot be taken away.  Nothing is executed within it, no port is
 * listened at, and nobody outside is sent a signal.  What was open before
 * stays open.  The rights of a folder are those of all below it.
 *
 * A kernel without Landlock, or one that is told not to allow it, is no error:
 * there is no fence then.  Neither is there in a build that watches itself
 * (sanitizers, coverage): that one writes where no command may.
 */
#ifndef SATCHEL_FENCE_H
#define SATCHEL_FENCE_H

#include <stdint.h>

struct fence {
	int fd;				/* of the rules; -1: no fence */
	int version;			/* of the kernel's Landlock */
	uint64_t files;			/* rights that it knows */
	int failed;			/* something could not be left open */
};
#define FENCE_INIT { .fd = -1 }
void fence_clear(struct fence *f);

/* Was the program built to make one? */
int fence_is_built(void);

/* Returns the version, 0 for none. */
int fence_begin(struct fence *f);

/* Leave open: a file or folder to read; a folder to write in, or if it is
 * not there the nearest above it, in which it will be made; a terminal.  What
 * is not there or may not be opened is passed over: it will be missed when it
 * is used. */
void fence_read(struct fence *f, const char *path);
void fence_write(struct fence *f, const char *path);
void fence_terminal(struct fence *f, const char *path);

/* Leave open: a TCP port of any computer.  Before version 4 all are. */
void fence_connect(struct fence *f, unsigned port);

/* Returns the version in force; 0: there is no fence. */
int fence_close(struct fence *f);

#endif
