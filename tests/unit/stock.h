/* stock.h: stock minisign and age on files of a scratch folder, for tests.
 *
 *	stock_put("file", bytes, len);
 *	stock_sh("minisign -V -p key.pub -m file");     must succeed
 *	stock_tty("age -d -o out in", "passphrase");    must succeed
 *	stock_get(&buf, "out");
 *
 * Commands run with the folder as their working folder.  A tool that is
 * missing is a failed test.
 */
#ifndef SATCHEL_TEST_STOCK_H
#define SATCHEL_TEST_STOCK_H

#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

#define STOCK_SECONDS 60		/* a tool that is slower hangs */
#define STOCK_UNUSED __attribute__((unused))

static char stock_dir[64];

static void
stock_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", stock_dir);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", stock_dir);
}

/* The path of a file in the scratch folder, which is made at first use. */
static const char *
stock_path(const char *name)
{
	static char path[128];

	if (stock_dir[0] == '\0') {
		strcpy(stock_dir, "/tmp/satchel-stock.XXXXXX");
		CHECK(mkdtemp(stock_dir) != NULL);
		CHECK(atexit(stock_remove) == 0);
	}
	(void)snprintf(path, sizeof path, "%s/%s", stock_dir, name);
	return path;
}

static STOCK_UNUSED void
stock_put(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(stock_path(name), "wb");

	CHECK(f != NULL);
	CHECK(len == 0 || fwrite(bytes, 1, len, f) == len);
	CHECK(fclose(f) == 0);
	CHECK(chmod(stock_path(name), 0600) == 0);
}

static STOCK_UNUSED void
stock_get(struct buf *out, const char *name)
{
	FILE *f = fopen(stock_path(name), "rb");
	char part[4096];
	size_t n;

	if (f == NULL)
		FAIL("no file %s", name);
	buf_reset(out);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	CHECK(fclose(f) == 0);
	CHECK(buf_str(out) != NULL);
}

/* The exit status of a shell command; what it says is in the file "log". */
static STOCK_UNUSED int
stock_status(const char *command)
{
	char line[1024];
	int status, n;

	(void)stock_path("log");
	n = snprintf(line, sizeof line, "cd '%s' && ( %s ) >log 2>&1",
	    stock_dir, command);
	CHECK(n > 0 && (size_t)n < sizeof line);
	status = system(line);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static STOCK_UNUSED void
stock_sh(const char *command)
{
	struct buf log = BUF_INIT;
	int status = stock_status(command);

	if (status == 0)
		return;
	stock_get(&log, "log");
	FAIL("exit %d of: %s\n%s", status, command, buf_str(&log));
}

/* Give `answer` to every prompt ("...: ") until the terminal is closed. */
static STOCK_UNUSED void
stock_talk(int tty, const char *answer, struct buf *said)
{
	struct pollfd p = { .fd = tty, .events = POLLIN };
	char part[512];
	ssize_t n;

	while (poll(&p, 1, STOCK_SECONDS * 1000) > 0) {
		if ((n = read(tty, part, sizeof part)) <= 0)
			return;
		buf_add(said, part, (size_t)n);
		if (n < 2 || memcmp(part + n - 2, ": ", 2) != 0)
			continue;
		CHECK(write(tty, answer, strlen(answer)) > 0);
		CHECK(write(tty, "\n", 1) == 1);
	}
}

/* Run a command that asks for a passphrase on its terminal. */
static STOCK_UNUSED int
stock_tty_status(const char *command, const char *answer, struct buf *said)
{
	int tty = -1, status;
	pid_t pid;

	(void)stock_path("log");
	CHECK((pid = forkpty(&tty, NULL, NULL, NULL)) >= 0);
	if (pid == 0) {
		if (chdir(stock_dir) == 0)
			(void)execl("/bin/sh", "sh", "-c", command,
			    (char *)NULL);
		_exit(127);
	}
	stock_talk(tty, answer, said);
	(void)close(tty);
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static STOCK_UNUSED void
stock_tty(const char *command, const char *answer)
{
	struct buf said = BUF_INIT;
	int status = stock_tty_status(command, answer, &said);

	if (status != 0)
		FAIL("exit %d of: %s\n%s", status, command, buf_str(&said));
	buf_clear(&said);
}

#endif
