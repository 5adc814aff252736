/* The mark of a drop: made once, by whoever is first. */
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../carry/mark.h"
#include "unit.h"
#include "unsynced.h"

static char folder[64];
static struct err err = ERR_INIT;

static void
begin(void)
{
	(void)strcpy(folder, "/tmp/satchel-mark.XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
}

static void
end(void)
{
	char command[96];

	(void)snprintf(command, sizeof command, "rm -r '%s'", folder);
	CHECK_INT(system(command), 0);
}

/* --- another site is quicker -------------------------------------------- */

#define THEIRS "satchel drop 1\nabcdefabcdefabcdefabcdefabcdefab\n"

static const char *written_first;	/* by another, before we give ours its
					 * name */

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	const char *text = written_first;
	int fd;

	written_first = NULL;
	if (text != NULL) {
		fd = open(to, O_WRONLY | O_CREAT, 0600);
		CHECK_INT(write(fd, text, strlen(text)),
		    (long long)strlen(text));
		(void)close(fd);
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

static void
check(const char *mark, int code)
{
	struct drop d = { .name = "nightly", .path = folder };

	(void)strcpy(d.mark, mark);
	if (code == E_OK)
		CHECK_OK(mark_check(&d, &err), &err);
	else
		CHECK_ERR(mark_check(&d, &err), &err, (enum err_code)code);
}

TEST(made_once_and_read)
{
	char one[DROP_MARK_LEN + 1], two[DROP_MARK_LEN + 1], path[96];
	char want[64], got[64] = "";
	int fd;

	begin();
	CHECK_INT(mark_make(folder, one, &err), 1);
	CHECK_INT(mark_make(folder, two, &err), 0);
	CHECK_STR(one, two);
	check(one, E_OK);
	one[3] = one[3] == '0' ? '1' : '0';
	check(one, E_CONFIG);
	(void)snprintf(want, sizeof want, "satchel drop 1\n%s\n", two);
	(void)snprintf(path, sizeof path, "%s/" MARK_NAME, folder);
	fd = open(path, O_RDONLY);
	CHECK_INT(read(fd, got, sizeof got - 1), (long long)strlen(want));
	CHECK_STR(got, want);
	(void)close(fd);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(mark_make(folder, one, &err), 1);
	CHECK(strcmp(one, two) != 0);
	end();
}

/* Whatever the umask: the other sites have other accounts. */
TEST(all_may_read_it)
{
	mode_t mask = umask(077);
	char mark[DROP_MARK_LEN + 1], path[96];
	struct stat st;

	begin();
	CHECK_INT(mark_make(folder, mark, &err), 1);
	(void)umask(mask);
	(void)snprintf(path, sizeof path, "%s/" MARK_NAME, folder);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0644);
	end();
}

/* A run that was killed is cleared away, with a mark there or without; what is
 * no mark in the making is not touched. */
TEST(dead_runs)
{
	static const char *const names[] = {
		"." MARK_NAME ".0123456789abcdef.part",
		".a_to_b.0123456789abcdef.part", "." MARK_NAME ".part"
	};
	char mark[DROP_MARK_LEN + 1], path[160];
	size_t i;
	int made, fd;

	begin();
	for (made = 1; made >= 0; made--) {
		for (i = 0; i < 3; i++) {
			(void)snprintf(path, sizeof path, "%s/%s", folder,
			    names[i]);
			fd = open(path, O_WRONLY | O_CREAT, 0600);
			CHECK(fd >= 0);
			(void)close(fd);
		}
		CHECK_INT(mark_make(folder, mark, &err), made);
		for (i = 0; i < 3; i++) {
			(void)snprintf(path, sizeof path, "%s/%s", folder,
			    names[i]);
			CHECK_INT(access(path, F_OK), i == 0 ? -1 : 0);
		}
	}
	end();
}

TEST(the_first_one_counts)
{
	char mark[DROP_MARK_LEN + 1];

	begin();
	written_first = THEIRS;
	CHECK_INT(mark_make(folder, mark, &err), 0);
	CHECK_STR(mark, "abcdefabcdefabcdefabcdefabcdefab");
	check(mark, E_OK);
	end();

	/* It is not whole there yet: not for us to judge. */
	begin();
	written_first = "satchel dr";
	CHECK_ERR(mark_make(folder, mark, &err), &err, E_CONFIG);
	end();
}

/* Sites at once agree on one mark. */
TEST(a_race)
{
	char marks[8][DROP_MARK_LEN + 1], path[96];
	int fd, out[8][2], round;
	pid_t pid[8];
	size_t i;

	for (round = 0; round < 10; round++) {
		begin();
		for (i = 0; i < 8; i++) {
			CHECK_INT(pipe(out[i]), 0);
			if ((pid[i] = fork()) != 0)
				continue;
			if (mark_make(folder, marks[i], &err) < 0)
				(void)strcpy(marks[i], "none");
			(void)!write(out[i][1], marks[i], DROP_MARK_LEN);
			_exit(0);
		}
		for (i = 0; i < 8; i++) {
			memset(marks[i], 0, sizeof marks[i]);
			CHECK_INT(read(out[i][0], marks[i], DROP_MARK_LEN),
			    DROP_MARK_LEN);
			CHECK_INT(waitpid(pid[i], NULL, 0), pid[i]);
			(void)close(out[i][0]);
			(void)close(out[i][1]);
			CHECK_STR(marks[i], marks[0]);
		}
		check(marks[0], E_OK);
		(void)snprintf(path, sizeof path, "%s/" MARK_NAME, folder);
		fd = open(path, O_RDONLY);
		CHECK(fd >= 0);
		(void)close(fd);
		end();
	}
}

TEST(a_folder_that_is_none)
{
	char mark[DROP_MARK_LEN + 1];

	CHECK(mark_make("/nowhere/at/all", mark, &err) < 0);
	CHECK(err_advice(&err) != NULL);
	err_clear(&err);
	CHECK(mark_make("/etc/passwd", mark, &err) < 0);
	err_clear(&err);
	(void)strcpy(folder, "/nowhere");
	check("00000000000000000000000000000000", E_MEDIA_GONE);
}

int
main(void)
{
	return unit_run();
}
