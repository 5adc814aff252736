#undef _FORTIFY_SOURCE
#include "media.h"

TEST(part_is_hidden_until_published)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;
	char to[8];

	fresh();
	part(&p, "b");
	CHECK(!exists("b"));
	CHECK_INT(entries(), 1);
	CHECK(strncmp(p.temp + strlen(dir), "/.b.", 4) == 0);
	CHECK_STR(p.temp + strlen(p.temp) - 5, ".part");
	CHECK_OK(file_part_settle(&p, &err), &err);
	CHECK_INT(inject.dropped, 1);
	CHECK_INT(file_pread(p.fd, to, 8, 0, p.path, &err), 4);
	CHECK_OK(file_part_publish(&p, &err), &err);
	CHECK(p.temp == NULL && p.fd == -1);
	file_part_clear(&p);
	CHECK(holds("b", "data"));
	CHECK_INT(entries(), 1);
}

TEST(part_cleared_leaves_nothing)
{
	struct file_part p = FILE_PART_INIT;

	fresh();
	part(&p, "b");
	file_part_clear(&p);
	CHECK_INT(entries(), 0);
	CHECK(p.fd == -1 && p.path == NULL && p.temp == NULL);
	file_part_clear(&p);
}

TEST(part_refuses_what_exists)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	put("f", "old");
	CHECK(symlink("nothing", in_dir("dangling")) == 0);
	CHECK(file_part_open(&p, in_dir("f"), &err) == -(int)E_USAGE);
	CHECK(strstr(err.text, "/f' exists already") != NULL);
	CHECK(err.next[0] != '\0');
	err_clear(&err);
	CHECK_ERR(file_part_open(&p, in_dir("dangling"), &err), &err, E_USAGE);
	CHECK_ERR(file_part_open(&p, in_dir("none/"), &err), &err, E_USAGE);
	CHECK_ERR(file_part_open(&p, in_dir("none/b"), &err), &err, E_IO);
	CHECK_ERR(file_part_open(&p, in_dir("f/b"), &err), &err, E_IO);
	CHECK_INT(entries(), 2);
}

/* Somebody takes the name while the part is in the making. */
static void
check_no_replace(int renameat2_errno, int link_errno)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	part(&p, "b");
	put("b", "theirs");
	inject.renameat2_errno = renameat2_errno;
	inject.link_errno = link_errno;
	CHECK_ERR(file_part_publish(&p, &err), &err, E_USAGE);
	CHECK(holds("b", "theirs"));
	file_part_clear(&p);
	CHECK_INT(entries(), 1);
}

static void
check_publishes(int renameat2_errno, int link_errno)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	part(&p, "b");
	inject.renameat2_errno = renameat2_errno;
	inject.link_errno = link_errno;
	CHECK_OK(file_part_publish(&p, &err), &err);
	CHECK(p.temp == NULL);
	CHECK(holds("b", "data"));
	CHECK_INT(entries(), 1);
}

TEST(publish_on_any_medium)
{
	static const int cannot[] = { EINVAL, ENOSYS, EPERM, EOPNOTSUPP };
	size_t i;

	check_publishes(0, 0);
	check_no_replace(0, 0);
	for (i = 0; i < 4; i++) {
		check_publishes(cannot[i], 0);
		check_no_replace(cannot[i], 0);
		check_publishes(cannot[i], cannot[3 - i]);
		check_no_replace(cannot[i], cannot[3 - i]);
	}
}

static void
check_publish_fails(int *errno_of, int errnum, enum err_code code)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	part(&p, "b");
	if (errno_of == &inject.link_errno)
		inject.renameat2_errno = EINVAL;
	*errno_of = errnum;
	CHECK_ERR(file_part_publish(&p, &err), &err, code);
	*errno_of = 0;
	CHECK(!exists("b"));
	file_part_clear(&p);
	CHECK_INT(entries(), 0);
}

TEST(publish_fails_clean)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	check_publish_fails(&inject.renameat2_errno, EIO, E_IO);
	check_publish_fails(&inject.renameat2_errno, EROFS, E_READONLY);
	check_publish_fails(&inject.link_errno, ENOSPC, E_NOSPACE);
	check_publish_fails(&inject.fsync_errno, EIO, E_IO);
	check_publish_fails(&inject.close_errno, EIO, E_IO);

	/* The folder does not say that it keeps the name. */
	fresh();
	part(&p, "b");
	inject.fsync_folder_errno = EIO;
	CHECK_ERR(file_part_publish(&p, &err), &err, E_IO);
	CHECK(p.temp == NULL);

	/* A rename that is done, and said to have failed. */
	file_part_clear(&p);
	fresh();
	part(&p, "b");
	inject.renamed_errno = EIO;
	err_clear(&err);
	CHECK_ERR(file_part_publish(&p, &err), &err, E_IO);
	CHECK(p.temp == NULL);
	CHECK_INT(entries(), 1);
}

TEST(settle_fails)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	part(&p, "b");
	inject.fsync_errno = EIO;
	CHECK(file_part_settle(&p, &err) == -(int)E_IO);
	CHECK(strstr(err.text, "/b': ") != NULL);
}

TEST(nothing_is_left)
{
	fresh();
	CHECK(remove_all(dir) == 0);
	dir[0] = '\0';
}

int
main(void)
{
	return unit_run();
}
