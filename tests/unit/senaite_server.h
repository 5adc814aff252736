/* senaite_server.h: the emulated SENAITE of tests/senaite/server.py.
 *
 *	server_start(&a, "--empty");	starts one; ends with the test program
 *	server_open(&a, &m);		a mirror in plain mode, facts asked
 *	server_do(&a, "/_control", "{...}");	a fault, or what a person does
 *	server_exact(&a, uid, &buf);	the object as it really is, canonical
 */
#ifndef SATCHEL_TEST_SENAITE_SERVER_H
#define SATCHEL_TEST_SENAITE_SERVER_H

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mirror/senaite/senaite.h"
#include "unit.h"

#define SERVERS_MAX 4
#define SERVER_UNUSED __attribute__((unused))

struct server {
	pid_t pid;
	int to;				/* its standard input */
	char url[64];
	struct config config;
};
static struct server *servers[SERVERS_MAX];
static char server_password[64] = "/tmp/satchel-server-XXXXXX";
static char server_user[] = "admin";

static void
servers_stop(void)
{
	int i;

	for (i = 0; i < SERVERS_MAX && servers[i] != NULL; i++) {
		(void)close(servers[i]->to);
		(void)waitpid(servers[i]->pid, NULL, 0);
	}
	(void)unlink(server_password);
}

static int
server_secret(void)
{
	int fd = mkstemp(server_password);

	return fd >= 0 && write(fd, "admin\n", 6) == 6 && close(fd) == 0 &&
	    atexit(servers_stop) == 0;
}

static int
server_start(struct server *s, const char *option)
{
	int in[2], out[2], i = 0;
	unsigned port = 0;
	FILE *f;

	while (i < SERVERS_MAX && servers[i] != NULL)
		i++;
	if (i == SERVERS_MAX || (i == 0 && !server_secret()) ||
	    pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    (s->pid = fork()) < 0)
		return 0;
	if (s->pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)execlp("python3", "python3", "tests/senaite/server.py",
		    option, (char *)NULL);
		_exit(127);
	}
	servers[i] = s;
	(void)close(in[0]);
	(void)close(out[1]);
	s->to = in[1];
	if ((f = fdopen(out[0], "r")) == NULL ||
	    fscanf(f, "listening %u", &port) != 1) {
		fprintf(stderr, "cannot start tests/senaite/server.py\n");
		return 0;
	}
	(void)fclose(f);
	(void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/senaite",
	    port);
	return 1;
}

static SERVER_UNUSED void
server_open(struct server *s, struct mirror *m)
{
	struct mirror_facts facts;
	struct err err = ERR_INIT;

	s->config = (struct config)CONFIG_INIT;
	s->config.url = s->url;
	s->config.user = server_user;
	s->config.password_file = server_password;
	s->config.companion = CONFIG_PLAIN;
	CHECK_OK(senaite_open(m, &s->config, &err), &err);
	CHECK_OK(m->ops->facts(m->self, &facts, &err), &err);
	CHECK_STR(facts.mode, "plain");
}

/* Any request beside the API: what came, canonical, replaces `ret`. */
static SERVER_UNUSED void
server_ask(const struct server *s, const char *method, const char *path,
    const char *body, struct buf *ret)
{
	char base[64];
	struct http_config c = { .base = base };
	struct http_request r = { .method = method, .path = path,
	    .kind = HTTP_SAFE, .body = body,
	    .body_len = body == NULL ? 0 : strlen(body) };
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	struct err err = ERR_INIT;

	(void)snprintf(base, sizeof(base), "%.*s",
	    (int)(strstr(s->url, "/senaite") - s->url), s->url);
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	CHECK_INT(a.status, 200);
	buf_reset(ret);
	CHECK_OK(json_canon(ret, a.body.at, a.body.len, JSON_DEPTH_MAX, &err),
	    &err);
}

static SERVER_UNUSED void
server_do(const struct server *s, const char *path, const char *body)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	server_ask(s, "POST", path, body, &answer);
}

static SERVER_UNUSED void
server_exact(const struct server *s, const char *uid, struct buf *ret)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/_lab?uid=%s", uid);
	server_ask(s, "GET", path, NULL, ret);
}

#endif
