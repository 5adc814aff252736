/* canned.h: a server that gives answers prepared by the test, in order, and
 * keeps what it was asked; and a mirror of SENAITE that speaks to it.
 *
 *	canned_start();
 *	canned_open(&m, CONFIG_AUTO);
 *	canned_push("{\"ok\":true}");		what a consumer returns
 *	canned_answer(500, "{...}");		or any answer
 *	...
 *	CHECK(canned_asked(0, "\"after\":7"));	the body of the first request
 *	canned_end(&m);				checks that all were asked for
 *
 * One thread, one request at a time.
 */
#ifndef SATCHEL_TEST_CANNED_H
#define SATCHEL_TEST_CANNED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mirror/senaite/senaite.h"
#include "unit.h"

#define CANNED_MAX 200
#define CANNED_UNUSED __attribute__((unused))

static struct {
	int fd;
	char url[64], user[16], password[64];	/* password: a file's name */
	pthread_t thread;
	pthread_mutex_t lock;
	struct {
		int status;
		char *body;		/* owned */
	} answers[CANNED_MAX];
	struct {
		char *line, *body;	/* owned; "GET /path HTTP/1.1" */
	} asked[CANNED_MAX];
	int prepared, served, extra;	/* extra: asked for, not prepared */
	const char *date;		/* header Date; NULL: none */
	struct config config;
} canned = { .lock = PTHREAD_MUTEX_INITIALIZER, .user = "satchel" };

/* One request, to the end of its body.  0 at the end of the connection. */
static int
canned_request(int fd, char **ret_line, char **ret_body)
{
	struct buf text = BUF_INIT;
	size_t length = 0, head = 0;
	char *at, *end;
	ssize_t n = 1;

	while (n > 0 && (head == 0 || text.len < head + length)) {
		at = buf_room(&text, 65536);
		n = recv(fd, at, 65536, 0);
		if (n <= 0)
			break;
		text.len += (size_t)n;
		end = buf_str(&text);
		if (head == 0 && (end = strstr(end, "\r\n\r\n")) != NULL) {
			head = (size_t)(end - text.at) + 4;
			at = strcasestr(text.at, "content-length:");
			if (at != NULL && at < end)
				length = strtoul(at + 15, NULL, 10);
		}
	}
	if (n > 0) {
		*ret_line = strndup(text.at, strcspn(text.at, "\r"));
		*ret_body = strndup(text.at + head, length);
	}
	buf_clear(&text);
	return n > 0;
}

static void
canned_reply(int fd, int status, const char *body)
{
	struct buf out = BUF_INIT;
	size_t at;
	ssize_t n;

	buf_addf(&out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\n", status,
	    body[0] == '<' ? "text/html" : "application/json", strlen(body));
	if (canned.date != NULL)
		buf_addf(&out, "Date: %s\r\n", canned.date);
	buf_adds(&out, "\r\n");
	buf_adds(&out, body);
	for (at = 0; at < out.len; at += (size_t)n)
		if ((n = send(fd, out.at + at, out.len - at,
		    MSG_NOSIGNAL)) <= 0)
			break;
	buf_clear(&out);
}

static void
canned_connection(int fd)
{
	char *line, *body, *answer;
	int i, status;

	while (canned_request(fd, &line, &body)) {
		(void)pthread_mutex_lock(&canned.lock);
		i = canned.served;
		answer = NULL;
		status = 0;
		if (i < canned.prepared) {
			canned.served++;
			answer = canned.answers[i].body;
			status = canned.answers[i].status;
			canned.asked[i].line = line;
			canned.asked[i].body = body;
		} else {
			canned.extra++;
			free(line);
			free(body);
		}
		(void)pthread_mutex_unlock(&canned.lock);
		if (answer != NULL)
			canned_reply(fd, status, answer);
		else
			canned_reply(fd, 401, "{}");
	}
	(void)close(fd);
}

static void *
canned_serve(void *unused)
{
	int fd;

	(void)unused;
	while ((fd = accept(canned.fd, NULL, NULL)) >= 0)
		canned_connection(fd);
	return NULL;
}

static void
canned_stop(void)
{
	(void)unlink(canned.password);
}

/* 1 when it listens. */
static int
canned_start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd;

	canned.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (canned.fd < 0 || sodium_init() < 0 || bind(canned.fd, (struct sockaddr *)&a,
	    sizeof(a)) != 0 || listen(canned.fd, 8) != 0 ||
	    getsockname(canned.fd, (struct sockaddr *)&a, &len) != 0)
		return 0;
	(void)snprintf(canned.url, sizeof(canned.url),
	    "http://127.0.0.1:%u/lims", (unsigned)ntohs(a.sin_port));
	(void)snprintf(canned.password, sizeof(canned.password),
	    "/tmp/satchel-canned-XXXXXX");
	if ((fd = mkstemp(canned.password)) < 0 ||
	    write(fd, "secret\n", 7) != 7 || close(fd) != 0)
		return 0;
	return atexit(canned_stop) == 0 &&
	    pthread_create(&canned.thread, NULL, canned_serve, NULL) == 0;
}

static CANNED_UNUSED void
canned_answer(int status, const char *body)
{
	CHECK(canned.prepared < CANNED_MAX);
	(void)pthread_mutex_lock(&canned.lock);
	canned.answers[canned.prepared].status = status;
	canned.answers[canned.prepared].body = strdup(body);
	canned.prepared++;
	(void)pthread_mutex_unlock(&canned.lock);
}

static CANNED_UNUSED void
canned_push(const char *object)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;

	buf_addf(&body, "{\"url\": \"http://x.example/push\", \"_runtime\": "
	    "0.5, \"success\": %s}", object);
	canned_answer(200, buf_str(&body));
}

/* The body of request `i`, or its first line if it has none. */
static CANNED_UNUSED const char *
canned_body(int i)
{
	CHECK(i < canned.served);
	return canned.asked[i].body[0] != '\0' ? canned.asked[i].body :
	    canned.asked[i].line;
}

static CANNED_UNUSED int
canned_asked(int i, const char *part)
{
	return strstr(canned_body(i), part) != NULL;
}

/* All that was prepared is gone. */
static CANNED_UNUSED void
canned_forget(void)
{
	int i;

	(void)pthread_mutex_lock(&canned.lock);
	for (i = 0; i < canned.prepared; i++) {
		free(canned.answers[i].body);
		if (i < canned.served) {
			free(canned.asked[i].line);
			free(canned.asked[i].body);
		}
	}
	canned.prepared = canned.served = canned.extra = 0;
	(void)pthread_mutex_unlock(&canned.lock);
}

static CANNED_UNUSED void
canned_open(struct mirror *m, enum config_companion mode)
{
	struct err err = ERR_INIT;

	canned_forget();
	canned.date = NULL;
	canned.config = (struct config)CONFIG_INIT;
	canned.config.url = canned.url;
	canned.config.user = canned.user;
	canned.config.password_file = canned.password;
	canned.config.companion = mode;
	CHECK_OK(senaite_open(m, &canned.config, &err), &err);
}

/* The same with the companion found there already. */
static CANNED_UNUSED struct senaite *
canned_companion(struct mirror *m)
{
	struct senaite *s;

	canned_open(m, CONFIG_AUTO);
	s = m->self;
	s->companion = 1;
	return s;
}

static CANNED_UNUSED void
canned_end(struct mirror *m)
{
	CHECK_INT(canned.served, canned.prepared);
	CHECK_INT(canned.extra, 0);
	m->ops->close(m->self);
	canned_forget();
}

#endif
