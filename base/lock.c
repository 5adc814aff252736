#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

#define NOTE_MAX 64u			/* "<process id> <seconds>\n" */

/* Who has it and since when: a courtesy, so errors are none.  Who shares it
 * only takes away what an earlier holder left. */
static void
leave_note(int fd, enum lock_kind kind)
{
	char note[NOTE_MAX];
	int n = snprintf(note, sizeof note, "%ld %lld\n", (long)getpid(),
	    (long long)time(NULL));

	/* Half a note is none. */
	if (ftruncate(fd, 0) != 0 || kind == LOCK_SHARED ||
	    pwrite(fd, note, (size_t)n, 0) != n)
		return;
}

/* "2 h 5 min" */
static void
say_age(char *out, size_t size, uint64_t s)
{
	if (s < 120)
		(void)snprintf(out, size, "%" PRIu64 " s", s);
	else if (s < 7200)
		(void)snprintf(out, size, "%" PRIu64 " min", s / 60);
	else if (s < 172800)
		(void)snprintf(out, size, "%" PRIu64 " h %" PRIu64 " min",
		    s / 3600, s % 3600 / 60);
	else
		(void)snprintf(out, size, "%" PRIu64 " days", s / 86400);
}

/* The note of the holder: "" if there is none that makes sense. */
static void
read_note(int fd, char *out, size_t size)
{
	char note[NOTE_MAX], age[40], *space, *end;
	ssize_t n = pread(fd, note, sizeof note - 1, 0);
	int64_t now = (int64_t)time(NULL);
	uint64_t pid, since;

	out[0] = '\0';
	note[n > 0 ? n : 0] = '\0';
	space = strchr(note, ' ');
	end = strchr(note, '\n');
	if (space == NULL || end == NULL || space > end ||
	    text_number(&pid, note, (size_t)(space - note), INT32_MAX) < 0 ||
	    text_number(&since, space + 1, (size_t)(end - space - 1),
	    INT64_MAX) < 0)
		return;
	say_age(age, sizeof age, now > (int64_t)since ? (uint64_t)now -
	    since : 0);
	(void)snprintf(out, size, " (process %" PRIu64 ", for %s)", pid, age);
}

static int
turned_away(int fd, const char *what, struct err *err)
{
	char who[NOTE_MAX + 40];

	read_note(fd, who, sizeof who);
	(void)err_set(err, E_LOCKED, "another satchel%s is working on \"%s\"",
	    who, what);
	return err_next(err, "try again, or wait with --wait SECONDS");
}

int
lock_take(int fd, enum lock_kind kind, unsigned wait_s, const char *what,
    struct err *err)
{
	const struct timespec nap = { 0, 50000000 };
	struct timespec now = { 0, 0 }, end = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)wait_s;
	while (flock(fd, (kind == LOCK_ALONE ? LOCK_EX : LOCK_SH) |
	    LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_io(err, errno, "lock of \"%s\"", what);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec &&
		    now.tv_nsec >= end.tv_nsec))
			return turned_away(fd, what, err);
		(void)nanosleep(&nap, NULL);
	}
	leave_note(fd, kind);
	return 0;
}

int
lock_open(const char *path, enum lock_kind kind, unsigned wait_s,
    const char *what, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_io(err, errno, "\"%s\"", path);
	if (lock_take(fd, kind, wait_s, what, err) < 0) {
		file_closep(&fd);
		return -(int)err->code;
	}
	return fd;
}
