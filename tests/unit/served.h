/* served.h: the server of tests/senaite, for tests of mirror/senaite.
 *
 *	static struct served a;
 *	char *const options[] = { "--companion", NULL };
 *	served_start(&a, options);		1, or 0 if it cannot be
 *	served_open(&a, &m, CONFIG_AUTO);	a mirror of it, as admin
 *	served_post(&a, "/_lab", "{...}", &out); its screen and its faults
 *	served_stop(&a);
 *
 * It ends with the test program: its standard input is a pipe from here.
 */
#ifndef SATCHEL_TEST_SERVED_H
#define SATCHEL_TEST_SERVED_H

#include <fcntl.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mirror/senaite/senaite.h"
#include "unit.h"

#define SERVED_UNUSED __attribute__((unused))
#define SERVED_OPTIONS_MAX 12

struct served {
	pid_t pid;
	int to;				/* its standard input */
	char url[64], root[64];		/* root: without the site */
	char user[16], password[64];	/* password: a file's name */
	struct config config;
};

static void
served_exec(int in, int out, char *const *options)
{
	char *args[SERVED_OPTIONS_MAX + 3];
	char python[] = "python3", script[] = "tests/senaite/server.py";
	size_t i;

	args[0] = python;
	args[1] = script;
	for (i = 0; i < SERVED_OPTIONS_MAX && options[i] != NULL; i++)
		args[i + 2] = options[i];
	args[i + 2] = NULL;
	(void)dup2(in, 0);
	(void)dup2(out, 1);
	(void)execvp("python3", args);
	_exit(127);
}

static SERVED_UNUSED int
served_start(struct served *s, char *const *options)
{
	int in[2], out[2], fd, port = 0;
	FILE *f;

	if (sodium_init() < 0 ||
	    pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    (s->pid = fork()) < 0)
		return 0;
	if (s->pid == 0)
		served_exec(in[0], out[1], options);
	(void)close(in[0]);
	(void)close(out[1]);
	s->to = in[1];
	if ((f = fdopen(out[0], "r")) == NULL)
		return 0;
	if (fscanf(f, "listening %d", &port) != 1)
		fprintf(stderr, "cannot start tests/senaite/server.py\n");
	(void)fclose(f);
	(void)snprintf(s->root, sizeof(s->root), "http://127.0.0.1:%d", port);
	(void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/senaite",
	    port);
	(void)snprintf(s->user, sizeof(s->user), "admin");
	(void)snprintf(s->password, sizeof(s->password),
	    "/tmp/satchel-served-XXXXXX");
	fd = mkstemp(s->password);
	return port != 0 && fd >= 0 && write(fd, "admin\n", 6) == 6 &&
	    close(fd) == 0;
}

static SERVED_UNUSED void
served_stop(struct served *s)
{
	(void)close(s->to);
	(void)waitpid(s->pid, NULL, 0);
	(void)unlink(s->password);
}

static SERVED_UNUSED void
served_open(struct served *s, struct mirror *m, enum config_companion mode)
{
	struct err err = ERR_INIT;

	s->config = (struct config)CONFIG_INIT;
	s->config.url = s->url;
	s->config.user = s->user;
	s->config.password_file = s->password;
	s->config.companion = mode;
	CHECK_OK(senaite_open(m, &s->config, &err), &err);
}

/* POST to an address outside of the site; the answer as canonical JSON. */
static SERVED_UNUSED void
served_post(struct served *s, const char *path, const char *body,
    struct buf *ret)
{
	struct http_config c = { .base = s->root };
	struct http_request r = { .method = "POST", .path = path,
	    .body = body, .body_len = strlen(body) };
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	struct err err = ERR_INIT;

	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(a.status, 200);
	buf_reset(ret);
	CHECK_OK(json_canon(ret, a.body.at, a.body.len, JSON_DEPTH_MAX, &err),
	    &err);
}

#endif
