#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/file.h"

#define TERMINAL "/dev/tty"
#define INTERRUPT '\003'		/* Ctrl-C, where signals are off */

static int
open_terminal(void)
{
	return open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int
ask_possible(void)
{
	CLEANUP(file_closep) int fd = open_terminal();

	return fd >= 0;
}

/* One byte at a time: nothing of the next line is swallowed, and no copy of
 * a secret stays in a buffer. */
static int
read_line(int fd, char *ret, struct err *err)
{
	size_t n = 0;
	ssize_t got;
	char c;

	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_io(err, errno, TERMINAL);
		if (got == 0 || c == '\n' || c == '\r')
			break;
		if (c == INTERRUPT)
			return err_set(err, E_USAGE, "given up");
		if (n == ASK_MAX - 1)
			return err_set(err, E_LIMIT, "more than %u characters",
			    ASK_MAX - 1);
		ret[n++] = c;
	}
	ret[n] = '\0';
	return (int)n;
}

static int
ask(int fd, const char *question, char *ret, struct err *err)
{
	int rc = file_write(fd, question, strlen(question), TERMINAL, err);

	return rc < 0 ? rc : read_line(fd, ret, err);
}

int
ask_line(const char *question, char *ret, struct err *err)
{
	CLEANUP(file_closep) int fd = open_terminal();

	if (fd < 0)
		return err_set(err, E_USAGE, "there is no terminal to ask at");
	return ask(fd, question, ret, err);
}

int
ask_secret(const char *question, char *ret, struct err *err)
{
	CLEANUP(file_closep) int fd = open_terminal();
	struct err ignored = ERR_INIT;
	struct termios old, quiet;
	int rc;

	if (fd < 0)
		return err_set(err, E_USAGE, "there is no terminal to ask at");
	if (tcgetattr(fd, &old) != 0)
		return err_io(err, errno, TERMINAL);
	quiet = old;

	/* Without signals nobody is left with a terminal that does not echo. */
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		return err_io(err, errno, TERMINAL);
	rc = ask(fd, question, ret, err);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	(void)file_write(fd, "\n", 1, TERMINAL, &ignored);
	return rc;
}
