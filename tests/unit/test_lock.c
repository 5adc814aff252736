/* One at a time: who is turned away is told by whom, and since when. */
#include "base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char folder[64], path[96];

static void
begin(void)
{
	(void)strcpy(folder, "/tmp/satchel-lock.XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/lock", folder);
}

static void
end(void)
{
	(void)unlink(path);
	CHECK_INT(rmdir(folder), 0);
}

/* The holder, who left this note. */
static int
hold(const char *note, size_t len, int kind)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, note, len), (long long)len);
	CHECK_INT(flock(fd, kind), 0);
	return fd;
}

/* What a lock says that is held by another. */
static void
try(enum lock_kind kind, unsigned wait_s, struct err *ret)
{
	*ret = (struct err)ERR_INIT;
	CHECK_INT(lock_open(path, kind, wait_s, "/some/home", ret),
	    -(int)E_LOCKED);
	CHECK(strstr(err_advice(ret), "--wait") != NULL);
}

TEST(holder_is_named_by_what_it_wrote)
{
	char want[128];
	struct err err = ERR_INIT;
	int fd;

	begin();
	fd = lock_open(path, LOCK_ALONE, 0, "/some/home", &err);
	CHECK_OK(fd, &err);
	try(LOCK_ALONE, 0, &err);
	(void)snprintf(want, sizeof want, "(process %ld, for ",
	    (long)getpid());
	CHECK(strstr(err.text, want) != NULL);
	CHECK(strstr(err.text, "working on \"/some/home\"") != NULL);
	file_closep(&fd);
	err_clear(&err);
	fd = lock_open(path, LOCK_ALONE, 0, "/some/home", &err);
	CHECK_OK(fd, &err);
	file_closep(&fd);
	end();
}

TEST(ages_in_words)
{
	static const struct {
		long ago;		/* with 30 s of slack */
		const char *want;
	} rows[] = {
		{ 90 * 60 + 30, "(process 77, for 90 min)" },
		{ 3 * 3600 + 5 * 60 + 20, "(process 77, for 3 h 5 min)" },
		{ 50 * 3600, "(process 77, for 2 days)" },
		{ -5000, "(process 77, for 0 s)" }
	};
	struct err err;
	char note[64];
	size_t i;
	int fd;

	begin();
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(note, sizeof note, "77 %ld\n",
		    (long)time(NULL) - rows[i].ago);
		fd = hold(note, strlen(note), LOCK_EX);
		try(LOCK_ALONE, 0, &err);
		if (strstr(err.text, rows[i].want) == NULL)
			FAIL("%s: %s", rows[i].want, err.text);
		file_closep(&fd);
	}
	end();
}

/* What makes no sense is not repeated, and what is in it is not shown. */
TEST(notes_that_make_no_sense)
{
	static const struct {
		const char *note;
		size_t len;		/* 0: all */
	} rows[] = {
		{ "", 0 }, { "77", 0 }, { "77 ", 0 }, { "77 1000", 0 },
		{ "77\n1000 ", 0 }, { "x 1000\n", 0 }, { "-1 1000\n", 0 },
		{ "77 -5\n", 0 }, { "077 1000\n", 0 }, { " 77 1000\n", 0 },
		{ "77 1e9\n", 0 }, { "99999999999 1000\n", 0 },
		{ "77 99999999999999999999999\n", 0 },
		{ "77 1000 \n", 0 }, { "77 10\0" "00\n", 9 },
		{ "\033[31m 1000\n", 0 }, { "%s%n %s\n", 0 },
		{ "77777777777777777777777777777777777777777777777777777777"
		    "77777777777777777777777777777777 1000\n", 0 }
	};
	struct err err;
	size_t i;
	int fd;

	begin();
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		fd = hold(rows[i].note, rows[i].len > 0 ? rows[i].len :
		    strlen(rows[i].note), LOCK_EX);
		try(LOCK_ALONE, 0, &err);
		CHECK_STR(err.text, "another satchel is working on "
		    "\"/some/home\"");
		file_closep(&fd);
	}
	end();
}

/* Those who share it left no note, and an older one is not of them. */
TEST(shared_holders_have_no_note)
{
	struct err err = ERR_INIT;
	int one, two;

	begin();
	one = hold("77 1000\n", 8, LOCK_UN);
	file_closep(&one);
	one = lock_open(path, LOCK_SHARED, 0, "/some/home", &err);
	CHECK_OK(one, &err);
	two = lock_open(path, LOCK_SHARED, 0, "/some/home", &err);
	CHECK_OK(two, &err);
	try(LOCK_ALONE, 0, &err);
	CHECK_STR(err.text, "another satchel is working on \"/some/home\"");
	file_closep(&one);
	try(LOCK_ALONE, 0, &err);
	file_closep(&two);
	end();
}

/* An end of the holder, however it comes, lets go. */
TEST(lock_of_a_killed_holder_is_free)
{
	struct err err = ERR_INIT;
	int ready[2], fd;
	char byte;
	pid_t pid;

	begin();
	CHECK_INT(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		fd = lock_open(path, LOCK_ALONE, 0, "/some/home", &err);
		(void)!write(ready[1], "x", fd >= 0);
		(void)pause();
		_exit(0);
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	try(LOCK_ALONE, 0, &err);
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	err_clear(&err);
	fd = lock_open(path, LOCK_ALONE, 0, "/some/home", &err);
	CHECK_OK(fd, &err);
	file_closep(&fd);
	(void)close(ready[0]);
	(void)close(ready[1]);
	end();
}

TEST(waits_until_it_is_free)
{
	struct err err = ERR_INIT;
	int fd, held;
	pid_t pid;

	begin();
	held = hold("", 0, LOCK_EX);
	if ((pid = fork()) == 0) {
		(void)usleep(300000);
		(void)flock(held, LOCK_UN);
		_exit(0);
	}
	file_closep(&held);
	fd = lock_open(path, LOCK_ALONE, 60, "/some/home", &err);
	CHECK_OK(fd, &err);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	file_closep(&fd);
	end();
}

TEST(lock_files_that_are_none)
{
	struct err err = ERR_INIT;
	struct stat st;
	int fd;

	begin();
	CHECK_INT(symlink("/etc/passwd", path), 0);
	CHECK_ERR(lock_open(path, LOCK_ALONE, 0, "it", &err), &err, E_IO);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK(lock_open(path, LOCK_ALONE, 0, "it", &err) < 0);
	err_clear(&err);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(mkfifo(path, 0600), 0);
	fd = lock_open(path, LOCK_ALONE, 0, "it", &err);
	CHECK_OK(fd, &err);
	try(LOCK_ALONE, 0, &err);
	file_closep(&fd);
	CHECK_INT(unlink(path), 0);
	err_clear(&err);
	fd = lock_open(path, LOCK_ALONE, 0, "it", &err);
	CHECK_OK(fd, &err);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	file_closep(&fd);
	end();
}

int
main(void)
{
	return unit_run();
}
