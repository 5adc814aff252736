#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 64
#define RUN_SECONDS 120
#define CANNOT 99			/* exit of a child that is not traced */

/* --- registers --------------------------------------------------------- */

#if defined(__x86_64__)

#define POKE(tid, reg, value) \
	(void)ptrace(PTRACE_POKEUSER, tid, \
	    offsetof(struct user_regs_struct, reg), value)

static void
set_number(pid_t tid, long nr)
{
	POKE(tid, orig_rax, nr);
}

static void
set_result(pid_t tid, long value)
{
	POKE(tid, rax, value);
}

static void
set_length(pid_t tid, long value)
{
	POKE(tid, rdx, value);
}

#elif defined(__aarch64__)

static void
set_number(pid_t tid, long nr)
{
	int value = (int)nr;
	struct iovec io = { &value, sizeof value };

	(void)ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &io);
}

static void
set_register(pid_t tid, int i, long value)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof regs };

	(void)ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io);
	regs.regs[i] = (unsigned long long)value;
	(void)ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &io);
}

static void
set_result(pid_t tid, long value)
{
	set_register(tid, 0, value);
}

static void
set_length(pid_t tid, long value)
{
	set_register(tid, 2, value);
}

#else
#error "trace.c knows x86_64 and aarch64"
#endif

/* --- which calls ------------------------------------------------------- */

static const struct call {
	int nr;
	const char *name;
	int has_fd;			/* its first argument */
	int has_length;			/* its third is that of a write */
} calls[] = {
	{ SYS_write, "write", 1, 1 },
	{ SYS_pwrite64, "pwrite64", 1, 1 },
	{ SYS_writev, "writev", 1, 0 },
	{ SYS_pwritev, "pwritev", 1, 0 },
	{ SYS_ftruncate, "ftruncate", 1, 0 },
	{ SYS_truncate, "truncate", 0, 0 },
	{ SYS_fallocate, "fallocate", 1, 0 },
	{ SYS_fsync, "fsync", 1, 0 },
	{ SYS_fdatasync, "fdatasync", 1, 0 },
	{ SYS_sync_file_range, "sync_file_range", 1, 0 },
	{ SYS_close, "close", 1, 0 },
	{ SYS_renameat, "renameat", 0, 0 },
	{ SYS_renameat2, "renameat2", 0, 0 },
	{ SYS_linkat, "linkat", 0, 0 },
	{ SYS_symlinkat, "symlinkat", 0, 0 },
	{ SYS_unlinkat, "unlinkat", 0, 0 },
	{ SYS_mkdirat, "mkdirat", 0, 0 },
	{ SYS_fchmod, "fchmod", 1, 0 },
	{ SYS_fchmodat, "fchmodat", 0, 0 },
	{ SYS_copy_file_range, "copy_file_range", 0, 0 },
	{ SYS_sendfile, "sendfile", 1, 0 },
#ifdef __x86_64__
	{ SYS_rename, "rename", 0, 0 },
	{ SYS_link, "link", 0, 0 },
	{ SYS_symlink, "symlink", 0, 0 },
	{ SYS_unlink, "unlink", 0, 0 },
	{ SYS_mkdir, "mkdir", 0, 0 },
	{ SYS_rmdir, "rmdir", 0, 0 },
	{ SYS_chmod, "chmod", 0, 0 },
#endif
	{ SYS_openat, "openat", 0, 0 }	/* the last: to write */
};
#define CALLS (sizeof calls / sizeof *calls)

#define TO_WRITE (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | \
    (O_TMPFILE & ~O_DIRECTORY))

static const struct call *
find_call(uint64_t nr)
{
	size_t i;

	for (i = 0; i < CALLS; i++)
		if ((uint64_t)calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

/* From here on the calls of a set stop. */
static int
filter(enum trace_set set)
{
	struct sock_filter code[2 * CALLS + 8];
	struct sock_fprog prog = { 0, code };
	unsigned short n = 0;
	size_t i;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (i = 0; i + 1 < CALLS; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
		    BPF_K, (uint32_t)calls[i].nr, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_TRACE);
	}
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    SYS_openat, 0, 3);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, args[2]));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
	    TO_WRITE, 0, 1);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_TRACE);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_ALLOW);
	if (set == TRACE_ALL) {
		n = 0;
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_TRACE);
	}
	prog.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}

/* --- the run ----------------------------------------------------------- */

struct pending {			/* a call that is being done */
	pid_t tid;			/* 0: free */
	enum trace_act act;
	uint64_t length;		/* to be put back; 0: none */
};

struct trace {
	const struct trace_fault *fault;
	struct trace_end *end;
	pid_t pid;
	struct pending pending[THREADS_MAX];
};

static struct pending *
find_pending(struct trace *t, pid_t tid)
{
	int i;

	for (i = 0; i < THREADS_MAX; i++)
		if (t->pending[i].tid == tid)
			return &t->pending[i];
	return NULL;
}

/* Let the call be done, and stop after it. */
static enum __ptrace_request
stop_after(struct trace *t, pid_t tid, enum trace_act act, uint64_t length)
{
	struct pending *p = find_pending(t, 0);

	if (p == NULL)
		return PTRACE_CONT;
	*p = (struct pending){ tid, act, length };
	if (length > 0)
		set_length(tid, (long)(length / 2));
	return PTRACE_SYSCALL;
}

/* Half of a write of one byte is none, and of another call nothing: these
 * are left as they are. */
static enum __ptrace_request
halve(struct trace *t, pid_t tid, const struct call *call, uint64_t length)
{
	if (call == NULL || !call->has_length || length < 2)
		return t->fault->act == TRACE_TEAR ?
		    stop_after(t, tid, TRACE_KILL_AFTER, 0) : PTRACE_CONT;
	return stop_after(t, tid, t->fault->act, length);
}

static void
note(struct trace *t, const struct call *call, uint64_t nr)
{
	if (t->end->fired++ > 0)
		return;
	if (call != NULL)
		(void)snprintf(t->end->call, sizeof t->end->call, "%s",
		    call->name);
	else
		(void)snprintf(t->end->call, sizeof t->end->call, "call %u",
		    (unsigned)nr);
}

/* Before a call: how does the thread go on? */
static enum __ptrace_request
on_call(struct trace *t, pid_t tid)
{
	const struct trace_fault *f = t->fault;
	struct __ptrace_syscall_info info;
	const struct call *call;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0)
		return PTRACE_CONT;
	call = find_call(info.seccomp.nr);
	if (f->set == TRACE_WRITES && call != NULL && call->has_fd &&
	    (info.seccomp.args[0] == 1 || info.seccomp.args[0] == 2))
		return PTRACE_CONT;
	t->end->calls++;
	if (f->at == 0 || t->end->calls < f->at ||
	    (t->end->calls > f->at && !f->on))
		return PTRACE_CONT;
	note(t, call, info.seccomp.nr);
	switch (f->act) {
	case TRACE_KILL:
		(void)kill(t->pid, SIGKILL);
		return PTRACE_CONT;
	case TRACE_TEAR:
	case TRACE_SHORT:
		return halve(t, tid, call, info.seccomp.args[2]);
	case TRACE_FAIL:
		if (info.seccomp.nr == SYS_close)
			break;
		set_number(tid, -1);
		set_result(tid, -f->errnum);
		return PTRACE_CONT;
	case TRACE_KILL_AFTER:
	case TRACE_FAIL_LATE:
		break;
	}
	return stop_after(t, tid, f->act, 0);
}

/* After a call that stop_after was asked for. */
static void
after_call(struct trace *t, pid_t tid)
{
	struct pending *p = find_pending(t, tid);

	if (p == NULL)
		return;
	if (p->length > 0)
		set_length(tid, (long)p->length);
	if (p->act == TRACE_FAIL || p->act == TRACE_FAIL_LATE)
		set_result(tid, -t->fault->errnum);
	else if (p->act != TRACE_SHORT)
		(void)kill(t->pid, SIGKILL);
	p->tid = 0;
}

static void
on_stop(struct trace *t, pid_t tid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	enum __ptrace_request how = PTRACE_CONT;

	if (event == PTRACE_EVENT_SECCOMP) {
		how = on_call(t, tid);
		sig = 0;
	} else if (sig == (SIGTRAP | 0x80)) {
		after_call(t, tid);
		sig = 0;
	} else if (event != 0 || sig == SIGSTOP) {
		sig = 0;		/* a new thread */
	}
	(void)ptrace(how, tid, 0, sig);
}

static void
child(int (*run)(void *ctx), void *ctx, const struct trace_fault *fault)
{
	(void)alarm(RUN_SECONDS);
	if (fault == NULL)
		_exit(run(ctx));
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
		_exit(CANNOT);
	(void)raise(SIGSTOP);
	if (filter(fault->set) != 0)
		_exit(CANNOT);
	_exit(run(ctx));
}

static int
follow(struct trace *t)
{
	int status;
	pid_t tid;

	if (waitpid(t->pid, &status, __WALL) != t->pid ||
	    !WIFSTOPPED(status)) {
		errno = EPERM;
		return -1;
	}
	if (ptrace(PTRACE_SETOPTIONS, t->pid, 0, PTRACE_O_EXITKILL |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD) != 0)
		return -1;
	(void)ptrace(PTRACE_CONT, t->pid, 0, 0);
	while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (tid > 0 && WIFSTOPPED(status))
			on_stop(t, tid, status);
		else if (tid == t->pid)
			t->end->status = status;
	}
	return 0;
}

int
trace_run(int (*run)(void *ctx), void *ctx, const struct trace_fault *fault,
    struct trace_end *ret)
{
	struct trace t = { .fault = fault, .end = ret };

	*ret = (struct trace_end){ .status = 0 };
	if ((t.pid = fork()) < 0)
		return -1;
	if (t.pid == 0)
		child(run, ctx, fault);
	if (fault == NULL)
		return waitpid(t.pid, &ret->status, 0) == t.pid ? 0 : -1;
	if (follow(&t) != 0)
		return -1;
	if (WIFEXITED(ret->status) && WEXITSTATUS(ret->status) == CANNOT) {
		errno = EPERM;
		return -1;
	}
	return 0;
}
