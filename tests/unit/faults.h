/* faults.h: the server of tests/mirror/faults.py, for tests of mirror/.
 *
 *	int main(void) { return faults_start() ? unit_run() : 1; }
 *
 *	faults_url(url, "main", "/lims");	"http://127.0.0.1:PORT/lims"
 *	n = faults_seen("/ok/1", &entry);	how often; the last one
 *
 * It ends with the test program: its standard input is a pipe from here.
 */
#ifndef SATCHEL_TEST_FAULTS_H
#define SATCHEL_TEST_FAULTS_H

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json_scan.h"
#include "mirror/http.h"
#include "unit.h"

#define FAULTS_URL_MAX 128
#define FAULTS_UNUSED __attribute__((unused))

static struct {
	pid_t pid;
	int to;				/* its standard input */
	struct {
		char name[16], value[128];
	} say[16];
	size_t count;
	char folder[128];		/* of its files; removed with them */
} faults;

static void
faults_stop(void)
{
	(void)close(faults.to);
	(void)waitpid(faults.pid, NULL, 0);
}

/* What it printed: a port, or "ca". */
static const char *
faults_value(const char *name)
{
	size_t i;

	for (i = 0; i < faults.count; i++)
		if (strcmp(faults.say[i].name, name) == 0)
			return faults.say[i].value;
	return "";
}

static void
faults_exec(int in[2], int out[2])
{
	(void)dup2(in[0], 0);
	(void)dup2(out[1], 1);
	(void)execlp("python3", "python3", "-W", "ignore",
	    "tests/mirror/faults.py", (char *)NULL);
	_exit(127);
}

/* 1 when it is ready; 0 if it cannot be started. */
static int
faults_start(void)
{
	int in[2], out[2];
	FILE *f;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    (faults.pid = fork()) < 0)
		return 0;
	if (faults.pid == 0)
		faults_exec(in, out);
	(void)close(in[0]);
	(void)close(out[1]);
	faults.to = in[1];
	if (atexit(faults_stop) != 0 || (f = fdopen(out[0], "r")) == NULL)
		return 0;
	while (faults.count < 16 && fscanf(f, "%15s %127s",
	    faults.say[faults.count].name,
	    faults.say[faults.count].value) == 2)
		if (strcmp(faults.say[faults.count++].name, "ready") == 0)
			break;
	(void)fclose(f);
	if (faults_value("ready")[0] == '\0') {
		fprintf(stderr, "cannot start tests/mirror/faults.py\n");
		return 0;
	}
	(void)snprintf(faults.folder, sizeof faults.folder, "%.*s",
	    (int)(strrchr(faults_value("ca"), '/') - faults_value("ca")),
	    faults_value("ca"));
	return 1;
}

static FAULTS_UNUSED void
faults_url(char ret[FAULTS_URL_MAX], const char *port, const char *path)
{
	int plain = strcmp(port, "main") == 0 || strcmp(port, "other") == 0;

	(void)snprintf(ret, FAULTS_URL_MAX, "%s://127.0.0.1:%.8s%.80s",
	    plain ? "http" : "https", faults_value(port), path);
}

/* All that the server has got, as canonical JSON. */
static FAULTS_UNUSED void
faults_log(struct buf *ret)
{
	char url[FAULTS_URL_MAX];
	struct http_config c = { .base = url };
	struct http_request r = { .method = "GET", .path = "/_log" };
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(http_freep) struct http *h = NULL;
	struct err err = ERR_INIT;

	faults_url(url, "main", "");
	CHECK_OK(http_new(&h, &c, &err), &err);
	CHECK_OK(http_run(h, &r, &a, &err), &err);
	buf_reset(ret);
	CHECK_OK(json_canon(ret, a.body.at, a.body.len, JSON_DEPTH_MAX, &err),
	    &err);
}

static FAULTS_UNUSED int
faults_says(struct json_span object, const char *key, const char *value)
{
	struct json_span v, text;

	return json_member(object, key, &v) && json_plain(v, &text) &&
	    text.len == strlen(value) && memcmp(text.at, value, text.len) == 0;
}

/* How often a target was asked for, at a port or at any (NULL); `ret` has
 * the last such entry of the log. */
static FAULTS_UNUSED int
faults_seen(const char *port, const char *target, struct buf *ret)
{
	CLEANUP(buf_clear) struct buf log = BUF_INIT;
	struct json_span key, entry;
	struct json_walk w;
	int n = 0;

	faults_log(&log);
	w = json_walk((struct json_span){ log.at, log.len });
	buf_reset(ret);
	while (json_next(&w, &key, &entry))
		if ((target == NULL || faults_says(entry, "target", target)) &&
		    (port == NULL || faults_says(entry, "at", port))) {
			n++;
			buf_reset(ret);
			buf_add(ret, entry.at, entry.len);
		}
	return n;
}

/* A header of such an entry; "" if there is none. */
static FAULTS_UNUSED const char *
faults_header(const struct buf *entry, const char *name)
{
	static char value[256];
	struct json_span all, v, text;

	value[0] = '\0';
	if (json_member((struct json_span){ entry->at, entry->len },
	    "headers", &all) && json_member(all, name, &v) &&
	    json_plain(v, &text) && text.len < sizeof value) {
		memcpy(value, text.at, text.len);
		value[text.len] = '\0';
	}
	return value;
}

#endif
