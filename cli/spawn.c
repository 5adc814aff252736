#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/file.h"

extern char **environ;

static void
actions_clear(posix_spawn_file_actions_t *a)
{
	(void)posix_spawn_file_actions_destroy(a);
}

/* A file of the memory alone, in place of a pipe: neither side waits. */
static int
private_file(const struct buf *content, int *ret_fd, struct err *err)
{
	int rc = 0;

	*ret_fd = memfd_create("satchel", MFD_CLOEXEC);
	if (*ret_fd < 0)
		return err_io(err, errno, "a file in memory");
	if (content != NULL && content->len > 0)
		rc = file_write(*ret_fd, content->at, content->len,
		    "a file in memory", err);
	if (rc >= 0 && lseek(*ret_fd, 0, SEEK_SET) < 0)
		rc = err_io(err, errno, "a file in memory");
	return rc;
}

static int
take_output(int fd, const char *program, struct buf *out, struct err *err)
{
	char *to = buf_room(out, SPAWN_OUTPUT_MAX + 1);
	int64_t n;

	if (to == NULL)
		return buf_check(out, err);
	n = file_pread(fd, to, SPAWN_OUTPUT_MAX + 1, 0, program, err);
	if (n < 0)
		return (int)n;
	if (n > SPAWN_OUTPUT_MAX)
		return err_set(err, E_LIMIT, "%s says more than %u bytes",
		    program, SPAWN_OUTPUT_MAX);
	out->len += (size_t)n;
	return buf_str(out) == NULL ? buf_check(out, err) : 0;
}

static int
await(pid_t pid, const char *program, struct err *err)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_io(err, errno, "%s", program);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
spawn_run(const char *const *argv, const struct buf *in, struct buf *out,
    int hush, struct err *err)
{
	CLEANUP(actions_clear) posix_spawn_file_actions_t actions;
	CLEANUP(file_closep) int from = -1, to = -1;
	pid_t pid;
	int rc, bad;

	if ((bad = posix_spawn_file_actions_init(&actions)) != 0)
		return err_oom(err);
	if ((rc = private_file(in, &from, err)) < 0 ||
	    (rc = private_file(NULL, &to, err)) < 0)
		return rc;
	bad = posix_spawn_file_actions_adddup2(&actions, from, 0);
	if (bad == 0 && out != NULL)
		bad = posix_spawn_file_actions_adddup2(&actions, to, 1);
	if (bad == 0 && hush)
		bad = posix_spawn_file_actions_addopen(&actions, 2,
		    "/dev/null", O_WRONLY, 0);
	if (bad == 0)
		bad = posix_spawnp(&pid, argv[0], &actions, NULL,
		    (char *const *)(uintptr_t)argv, environ);
	if (bad == ENOENT)
		return err_set(err, E_CONFIG, "there is no %s here", argv[0]);
	if (bad != 0)
		return err_io(err, bad, "%s", argv[0]);
	if ((rc = await(pid, argv[0], err)) < 0 || out == NULL)
		return rc;
	return (bad = take_output(to, argv[0], out, err)) < 0 ? bad : rc;
}
