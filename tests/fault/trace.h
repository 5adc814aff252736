/* trace.h: a run with a fault at its N-th system call (Linux, ptrace and
 * seccomp; x86_64 and aarch64).
 *
 * The run is a forked child that calls a function.  Counted are the calls of
 * all its threads, as they come, from the first of that function on.  The
 * set of those that write is stopped at by a seccomp filter, so that all
 * others cost nothing.
 */
#ifndef SATCHEL_TEST_TRACE_H
#define SATCHEL_TEST_TRACE_H

enum trace_set {
	TRACE_WRITES,			/* what changes files or may fail in
					 * changing them; not standard output
					 * and error */
	TRACE_ALL,
	TRACE_MEMORY			/* allocations: of world_run alone */
};

enum trace_act {
	TRACE_KILL,			/* SIGKILL instead of the call */
	TRACE_KILL_AFTER,
	TRACE_TEAR,			/* half of a write, then SIGKILL */
	TRACE_FAIL,			/* errnum instead of the call; a close
					 * closes all the same */
	TRACE_FAIL_LATE,		/* the call is done, and errnum said */
	TRACE_SHORT			/* half of a write */
};

struct trace_fault {
	enum trace_set set;
	enum trace_act act;
	int errnum;
	unsigned at;			/* the call, from 1; 0: only count */
	int on;				/* and at all calls after it */
};

struct trace_end {
	int status;			/* of waitpid */
	unsigned calls;			/* counted */
	unsigned fired;			/* faults made */
	char call[32];			/* the first of them: its name */
};

/* Run `run(ctx)` in a child; its value is the exit status.  `fault` NULL: no
 * tracing.  0, or -1 if this system does not let us trace (errno). */
int trace_run(int (*run)(void *ctx), void *ctx,
    const struct trace_fault *fault, struct trace_end *ret);

#endif
