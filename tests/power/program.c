/* program.c: starts work.sh (program.h). */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"

#define ROOM 200

static struct {
	char *satchel, *recorder, *script;
	char work[ROOM], live[ROOM + 8], state[ROOM + 8];
} it;

static void
tidy(void)
{
	remove_tree(it.work);
	free(it.satchel);
	free(it.recorder);
	free(it.script);
}

void
program_begin(char *const paths[3])
{
	static const char *const places[] = { "/dev/shm", "/tmp" };
	size_t i;

	it.satchel = need(realpath(paths[0], NULL));
	it.recorder = need(realpath(paths[1], NULL));
	it.script = need(realpath(paths[2], NULL));
	for (i = 0; i < 2; i++) {
		(void)snprintf(it.work, sizeof it.work,
		    "%s/satchel-power.XXXXXX", places[i]);
		if (mkdtemp(it.work) != NULL)
			break;
	}
	if (i == 2 || atexit(tidy) != 0)
		die("make folder", it.work);
	(void)snprintf(it.live, sizeof it.live, "%s/live", it.work);
	(void)snprintf(it.state, sizeof it.state, "%s/state", it.work);
}

const char *
program_path(const char *name)
{
	static char path[ROOM + 64];

	(void)snprintf(path, sizeof path, "%s/%s", it.work, name);
	return path;
}

const char *
program_live(void)
{
	return it.live;
}

const char *
program_state(void)
{
	return it.state;
}

static void
set_out(const char *name, int fd)
{
	int to = open(program_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (to < 0 || dup2(to, fd) < 0)
		_exit(126);
}

static void
child(const char *what, const struct work *w, const char *root,
    int is_recorded)
{
	char stick[ROOM + 64];

	set_out("out", STDOUT_FILENO);
	set_out("err", STDERR_FILENO);
	(void)setenv("WORK", it.work, 1);
	(void)setenv("ROOT", root, 1);
	(void)setenv("SATCHEL", it.satchel, 1);
	(void)setenv("LC_ALL", "C.UTF-8", 1);

	/* The recorder comes before what a sanitizer puts in front. */
	(void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	if (is_recorded) {
		(void)setenv("RECORDER", it.recorder, 1);
		(void)setenv(RECORD_LOG, program_path("log"), 1);
	}
	if (w->is_stick) {
		(void)snprintf(stick, sizeof stick, "%s/stick", root);
		(void)setenv(RECORD_STICK, stick, 1);
	}
	(void)execlp("sh", "sh", it.script, what, w->name, (char *)NULL);
	_exit(127);
}

int
program_run(const char *what, const struct work *w, const char *root,
    int is_recorded)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		die("fork", "sh");
	if (pid == 0)
		child(what, w, root, is_recorded);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("wait", "sh");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void
program_said(const char *name, struct buf *to)
{
	FILE *f = fopen(program_path(name), "r");
	char block[4096];
	size_t n;

	if (f == NULL)
		die("open", name);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(to, block, n);
	(void)fclose(f);
	(void)need(buf_str(to));
}

void
program_must(const char *what, const struct work *w, const char *root,
    int is_recorded)
{
	CLEANUP(buf_clear) struct buf said = BUF_INIT;

	if (program_run(what, w, root, is_recorded) == 0)
		return;
	program_said("err", &said);
	fprintf(stderr, "power: %s %s: %s\n", what, w->name, said.at);
	exit(2);
}
