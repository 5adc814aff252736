#undef _FORTIFY_SOURCE
#include "media.h"

#include <sys/socket.h>
#include <sys/un.h>

/*
 * Opening and reading.
 */

TEST(open_regular)
{
	CLEANUP(file_closep) int fd = -1;
	struct err err = ERR_INIT;
	uint64_t size = 0;

	fresh();
	put("f", "12345");
	CHECK_OK(fd = file_open(in_dir("f"), &size, &err), &err);
	CHECK_INT(size, 5);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_INT(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void
check_kind(const char *name, const char *what)
{
	struct err err = ERR_INIT;
	uint64_t size = 7;

	CHECK(file_open(in_dir(name), &size, &err) == -(int)E_FORMAT);
	CHECK(strstr(err.text, what) != NULL);
	CHECK_INT(size, 7);
}

TEST(open_refuses_what_is_no_file)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	CLEANUP(file_closep) int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err err = ERR_INIT;
	uint64_t size;

	fresh();
	put("f", "x");
	CHECK(mkfifo(in_dir("fifo"), 0600) == 0);
	CHECK(symlink("f", in_dir("link")) == 0);
	CHECK(symlink("nothing", in_dir("dangling")) == 0);
	CHECK(mkdir(in_dir("folder"), 0700) == 0);
	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", in_dir("sock"));
	CHECK(bind(sock, (struct sockaddr *)&sun, sizeof sun) == 0);
	check_kind("fifo", "is a FIFO");
	check_kind("link", "is a symbolic link");
	check_kind("dangling", "is a symbolic link");
	check_kind("folder", "is a folder");
	check_kind("sock", "is a socket");
	CHECK_ERR(file_open("/dev/null", &size, &err), &err, E_FORMAT);
	CHECK_ERR(file_open(in_dir("none"), &size, &err), &err, E_IO);
	CHECK_ERR(file_open("", &size, &err), &err, E_IO);
}

TEST(messages_show_paths_safely)
{
	struct err err = ERR_INIT;
	char name[256];
	uint64_t size;

	fresh();
	CHECK(file_open("no\n\033[2Jsuch", &size, &err) < 0);
	CHECK_STR(err.text, "cannot open 'no\\x0a\\x1b[2Jsuch': "
	    "No such file or directory");
	err_clear(&err);

	/* Of a long one the end, and still why. */
	memset(name, '\n', 254);
	name[254] = 'Z';
	name[255] = '\0';
	CHECK(file_open(name, &size, &err) < 0);
	CHECK(strlen(err.text) < 700);
	CHECK(strstr(err.text, "Z': No such file") != NULL);
	CHECK(strstr(err.text, "'\\x0a") == NULL);
}

TEST(messages_cut_between_characters)
{
	struct err err = ERR_INIT;
	char path[1024];
	uint64_t size;
	size_t i;

	/* 300 folders of two bytes; the cut falls within one of them. */
	fresh();
	for (i = 0; i < 900; i += 3)
		memcpy(path + i, "\xc3\xa9/", 3);
	memcpy(path + 900, "zz", 3);
	CHECK(file_open(path, &size, &err) < 0);
	CHECK(strstr(err.text, "'\xa9") == NULL);
	CHECK(strstr(err.text, "'/\xc3\xa9") != NULL);
}

TEST(read_all)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	fresh();
	put("f", "12345");
	put("empty", "");
	buf_adds(&b, "0");
	CHECK_OK(file_read_all(in_dir("f"), 5, &b, &err), &err);
	CHECK_STR(buf_str(&b), "012345");
	CHECK_OK(file_read_all(in_dir("empty"), 0, &b, &err), &err);
	CHECK_INT(b.len, 6);
	CHECK(file_read_all(in_dir("f"), 4, &b, &err) == -(int)E_LIMIT);
	CHECK(strstr(err.text, "has 5 bytes, expected at most 4") != NULL);
	CHECK_INT(b.len, 6);
	err_clear(&err);
	CHECK_ERR(file_read_all(in_dir("none"), 4, &b, &err), &err, E_IO);

	/* The buffer's own bound. */
	b.max = 10;
	CHECK_ERR(file_read_all(in_dir("f"), 5, &b, &err), &err, E_LIMIT);
	b.max = 11;
	CHECK_OK(file_read_all(in_dir("f"), 5, &b, &err), &err);
	CHECK_STR(buf_str(&b), "01234512345");
}

/* What says that it is empty and is not, as in /proc. */
TEST(read_all_without_a_size)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	size_t whole;

	fresh();
	CHECK_OK(file_read_all("/proc/self/status", 1 << 20, &b, &err), &err);
	CHECK((whole = b.len) > 100);
	buf_reset(&b);
	buf_adds(&b, "x");
	CHECK_ERR(file_read_all("/proc/self/status", 50, &b, &err), &err,
	    E_LIMIT);
	CHECK_INT(b.len, 1);
	CHECK_ERR(file_read_all("/proc/self/status", 0, &b, &err), &err,
	    E_LIMIT);
	inject.most = 7;
	buf_reset(&b);
	CHECK_OK(file_read_all("/proc/self/status", 1 << 20, &b, &err), &err);
	CHECK(b.len > 100);
}

TEST(read_in_pieces_and_over_interrupts)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	CLEANUP(file_closep) int fd = -1;
	struct err err = ERR_INIT;
	uint64_t size;
	char to[16];

	fresh();
	put("f", "0123456789");
	CHECK_OK(fd = file_open(in_dir("f"), &size, &err), &err);
	inject.most = 3;
	inject.interrupts = 4;
	CHECK_INT(file_pread(fd, to, 8, 1, "f", &err), 8);
	CHECK(memcmp(to, "12345678", 8) == 0);
	CHECK_INT(inject.interrupts, 0);
	CHECK_INT(file_pread(fd, to, 16, 4, "f", &err), 6);
	CHECK_INT(file_pread(fd, to, 16, 10, "f", &err), 0);
	CHECK_INT(file_pread(fd, to, 0, 0, "f", &err), 0);
	inject.pread_errno = EIO;
	CHECK_ERR(file_pread(fd, to, 8, 1, "f", &err), &err, E_IO);
	CHECK_ERR(file_read_all(in_dir("f"), 16, &b, &err), &err, E_IO);
}

/*
 * Writing.
 */

TEST(put_replaces_whole)
{
	struct err err = ERR_INIT;
	struct stat st;

	fresh();
	put("f", "old");
	put("f", "new text");
	CHECK(holds("f", "new text"));
	CHECK_INT(entries(), 1);
	CHECK_OK(file_put(in_dir("key"), 0600, "k", 1, &err), &err);
	CHECK(stat(in_dir("key"), &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);

	/* A link is replaced, not followed. */
	CHECK(symlink("f", in_dir("link")) == 0);
	put("link", "mine");
	CHECK(holds("f", "new text"));
	CHECK(holds("link", "mine"));
}

TEST(put_in_pieces_and_over_interrupts)
{
	fresh();
	inject.most = 3;
	inject.interrupts = 5;
	put("f", "0123456789");
	CHECK_INT(inject.interrupts, 0);
	CHECK(holds("f", "0123456789"));
}

/* After a failure the old text is there and nothing else. */
static void
check_put_fails(int *errno_of, int errnum, enum err_code code)
{
	struct err err = ERR_INIT;

	*errno_of = errnum;
	CHECK_ERR(file_put(in_dir("f"), 0644, "new", 3, &err), &err, code);
	*errno_of = 0;
	CHECK(holds("f", "old"));
	CHECK_INT(entries(), 1);
}

TEST(put_fails_clean)
{
	struct err err = ERR_INIT;

	fresh();
	put("f", "old");
	check_put_fails(&inject.write_errno, ENOSPC, E_NOSPACE);
	check_put_fails(&inject.write_errno, EIO, E_IO);
	check_put_fails(&inject.write_nothing, 1, E_IO);
	check_put_fails(&inject.fsync_errno, EIO, E_IO);
	check_put_fails(&inject.close_errno, ENOSPC, E_NOSPACE);
	CHECK_ERR(file_put(in_dir("none/f"), 0644, "x", 1, &err), &err, E_IO);
	CHECK_ERR(file_put(in_dir(""), 0644, "x", 1, &err), &err, E_USAGE);
	CHECK(mkdir(in_dir("folder"), 0700) == 0);
	CHECK_ERR(file_put(in_dir("folder"), 0644, "x", 1, &err), &err, E_IO);
	CHECK_INT(entries(), 2);
}

TEST(folder_sync)
{
	struct err err = ERR_INIT;

	/* EINVAL says that there is nothing to do; others are news. */
	fresh();
	inject.fsync_folder_errno = EINVAL;
	put("f", "x");
	inject.interrupts = 3;
	CHECK_OK(file_sync_parent(in_dir("f"), &err), &err);
	CHECK_INT(inject.interrupts, 0);
	inject.fsync_folder_errno = EIO;
	CHECK_ERR(file_put(in_dir("f"), 0644, "y", 1, &err), &err, E_IO);
	CHECK_ERR(file_sync_parent(in_dir("f"), &err), &err, E_IO);
	inject.fsync_folder_errno = 0;
	CHECK_OK(file_sync_parent("no-folder-named", &err), &err);
	CHECK_OK(file_sync_parent("/x", &err), &err);
	CHECK_ERR(file_sync_parent(in_dir("none/f"), &err), &err, E_IO);
}

TEST(put_where_we_are)
{
	char before[512];
	struct err err = ERR_INIT;

	fresh();
	CHECK(getcwd(before, sizeof before) != NULL);
	CHECK(chdir(dir) == 0);
	CHECK_INT(file_put("plain", 0644, "x", 1, &err), 0);
	CHECK(chdir(before) == 0);
	CHECK(holds("plain", "x"));
}

/* A name as long as names can be, cut within a character in the temporary. */
TEST(long_name)
{
	CLEANUP(file_part_clear) struct file_part p = FILE_PART_INIT;
	char name[256];

	fresh();
	memset(name, 'a', 199);
	memcpy(name + 199, "\xc3\xa9", 2);
	memset(name + 201, 'b', 54);
	name[255] = '\0';
	put(name, "x");
	CHECK(holds(name, "x"));
	CHECK_INT(entries(), 1);
	name[254] = '\0';
	part(&p, name);
	CHECK_INT(strcspn(p.temp + strlen(dir) + 2, "."), 199);
}

/*
 * Folders and media.
 */

static void
check_private(int tmpfile_errno)
{
	CLEANUP(file_closep) int fd = -1;
	struct err err = ERR_INIT;
	struct stat st;
	char to[4];

	fresh();
	inject.tmpfile_errno = tmpfile_errno;
	CHECK_OK(fd = file_private(dir, &err), &err);
	CHECK_INT(entries(), 0);
	CHECK(fstat(fd, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_OK(file_write(fd, "abc", 3, "spool", &err), &err);
	CHECK_INT(file_pread(fd, to, 4, 0, "spool", &err), 3);
}

TEST(private_file)
{
	struct err err = ERR_INIT;

	check_private(0);
	check_private(EOPNOTSUPP);
	check_private(EISDIR);
	CHECK_ERR(file_private(in_dir("none"), &err), &err, E_IO);
	inject.tmpfile_errno = EOPNOTSUPP;
	CHECK_ERR(file_private(in_dir("none"), &err), &err, E_IO);
	inject.tmpfile_errno = ENOSPC;
	CHECK_ERR(file_private(dir, &err), &err, E_NOSPACE);
}

TEST(devices_and_space)
{
	struct err err = ERR_INIT;
	uint64_t bytes = 0;

	fresh();
	put("f", "x");
	CHECK_INT(file_same_device(dir, in_dir("f"), &err), 1);
	CHECK_INT(file_same_device(dir, "/proc", &err), 0);
	CHECK_ERR(file_same_device(in_dir("none"), dir, &err), &err, E_IO);
	CHECK_ERR(file_same_device(dir, in_dir("none"), &err), &err, E_IO);
	CHECK_OK(file_free_space(dir, &bytes, &err), &err);
	CHECK(bytes > 4096);
	CHECK_ERR(file_free_space(in_dir("none"), &bytes, &err), &err, E_IO);
}

static void
check_mode(const char *name, mode_t mode)
{
	struct stat st;

	CHECK_INT(stat(in_dir(name), &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_INT(st.st_mode & 07777, mode);
}

TEST(folder_with_those_above)
{
	mode_t mask = umask(022);
	struct err err = ERR_INIT;

	fresh();
	CHECK_ERR(file_folder(in_dir("a/b"), 0700, &err), &err, E_IO);
	CHECK(!exists("a"));
	CHECK_OK(file_folders(in_dir("a/b//c/"), 0700, &err), &err);
	check_mode("a", 0700);
	check_mode("a/b", 0700);
	check_mode("a/b/c", 0700);
	CHECK_OK(file_folders(in_dir("a/b"), 0755, &err), &err);
	check_mode("a/b", 0700);
	put("f", "x");
	CHECK_ERR(file_folders(in_dir("f/d"), 0700, &err), &err, E_IO);
	CHECK_ERR(file_folders(in_dir("f/d/e"), 0700, &err), &err, E_IO);
	CHECK_ERR(file_folders("", 0700, &err), &err, E_IO);
	CHECK_OK(file_folders("/", 0700, &err), &err);

	/* The folder that holds it, whether it is there or not. */
	CHECK_OK(file_sync_parent(in_dir("none/"), &err), &err);
	CHECK_ERR(file_sync_parent(in_dir("none/x"), &err), &err, E_IO);
	CHECK_OK(file_sync_medium(in_dir("a/b"), &err), &err);
	CHECK_OK(file_sync_medium(in_dir("f"), &err), &err);
	CHECK_ERR(file_sync_medium(in_dir("none"), &err), &err, E_IO);
	(void)umask(mask);
}

TEST(sweep_takes_only_temporaries)
{
	static const char *const stay[] = { "a.satchel", ".hidden", ".part",
	    ".x.part", ".x.0123456789abcde.part", ".x.0123456789abcdeg.part",
	    "x.0123456789abcdef.part", ".x-0123456789abcdef.part",
	    ".0123456789abcdef.part", "..0123456789abcdef.part",
	    ".x.0123456789abcdef.parts" };
	struct file_part p = FILE_PART_INIT;
	size_t i, n = sizeof stay / sizeof stay[0];

	fresh();
	for (i = 0; i < n; i++)
		put(stay[i], "x");
	part(&p, "live");
	put(".a_1.0123456789abcdef.part", "x");
	put(".b.0123456789abcdef.part", "x");
	CHECK(mkdir(in_dir(".d.0123456789abcdef.part"), 0700) == 0);
	CHECK(symlink("x", in_dir(".l.0123456789abcdef.part")) == 0);
	file_sweep(dir, "a_");
	CHECK(!exists(".a_1.0123456789abcdef.part"));
	CHECK_INT(entries(), n + 4);

	/* One that is being written stays, whatever its name. */
	file_sweep(dir, "");
	CHECK(!exists(".b.0123456789abcdef.part"));
	CHECK_INT(entries(), n + 3);
	for (i = 0; i < n; i++)
		CHECK(exists(stay[i]));
	file_part_clear(&p);
	file_sweep(in_dir("none"), "");
}

/* A file of a name takes away what a dead run left of it. */
TEST(begin_sweeps_the_same_name)
{
	struct file_part p = FILE_PART_INIT;
	struct err err = ERR_INIT;

	fresh();
	put(".f.0123456789abcdef.part", "x");
	put(".f2.0123456789abcdef.part", "x");
	CHECK_OK(file_put(in_dir("f"), 0600, "1", 1, &err), &err);
	CHECK(!exists(".f.0123456789abcdef.part"));
	CHECK(exists(".f2.0123456789abcdef.part"));
	part(&p, "f2");
	CHECK(!exists(".f2.0123456789abcdef.part"));
	file_part_clear(&p);
	CHECK_INT(entries(), 1);
}

TEST(close_of_nothing)
{
	int fd = -1;

	fresh();
	file_closep(&fd);
	CHECK_INT(fd, -1);
	CHECK(remove_all(dir) == 0);
	dir[0] = '\0';
}

int
main(void)
{
	return unit_run();
}
