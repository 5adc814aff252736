/* Imports for which the home has no room, whose private copy changes, and of
 * folders. */
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "../../store/lines.h"
#include "fds.h"
#include "sites.h"
#include "ticks.h"
#include "unsynced.h"

/* --- a home ------------------------------------------------------------ */

static struct {
	unsigned long free_blocks;	/* of 4096 bytes; 0: as it is */
	long changes_at;		/* read of the spool that is changed */
	long read;			/* reads of it so far */
	int write_errno;		/* of writes to it */
} home;

/* Files of a spool have no name any more. */
static int
is_spooled(int fd)
{
	return fd_is_below(fd, "/spool/");
}

int
statvfs(const char *restrict path, struct statvfs *restrict ret)
{
	(void)path;
	memset(ret, 0, sizeof *ret);
	ret->f_frsize = 4096;
	ret->f_bavail = home.free_blocks != 0 ? home.free_blocks : 1u << 30;
	return 0;
}

ssize_t
pread(int fd, void *to, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pread64, fd, to, len, at);

	if (n > 0 && is_spooled(fd) && ++home.read == home.changes_at)
		((char *)to)[n / 2] ^= 1;
	return n;
}

ssize_t
write(int fd, const void *from, size_t len)
{
	if (home.write_errno != 0 && is_spooled(fd)) {
		errno = home.write_errno;
		return -1;
	}
	return syscall(SYS_write, fd, from, len);
}

/* --- sites ------------------------------------------------------------- */

/* a, b, and a bundle from a to b. */
static void
begin(struct sites *t, char path[160])
{
	static const char *const b[] = { "b" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct lines_stats n;
	struct store *s;
	const char *lab = path;

	memset(&home, 0, sizeof home);
	sites_begin(t);
	sites_add(t, "a", "1111111111111111");
	sites_add(t, "b", "2222222222222222");
	sites_pin_all(t);
	sites_shell("printf 'some bytes' > '%s/file'%s", t->folder, "");
	sites_shell("echo '{\"uid\":\"x\",\"type\":\"T\",\"attachments\":["
	    "{\"file\":\"file\"}]}' > '%s/lab.jsonl'%s", t->folder, "");
	(void)snprintf(path, 160, "%.60s/lab.jsonl", t->folder);
	s = sites_open(t, "a");
	CHECK_OK(lines_load(s, &lab, 1, NULL, &n, &t->err), &t->err);
	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	r = sites_request(t, "a", b, 1);
	CHECK_OK(export_run(s, &r, &files, &t->err), &t->err);
	store_closep(&s);
	(void)snprintf(path, 160, "%s", files.files[0].path);
	export_result_clear(&files);
}

static int
run(struct sites *t, const char *path, struct import_result *ret)
{
	struct import_request r = { .mode = IMPORT_APPLY,
	    .identity = sites_identity, .ctx = t->at[1].age };
	struct store *s = sites_open(t, "b");
	int rc;

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	rc = import_run(s, &path, 1, &r, ret, &t->err);
	store_closep(&s);
	return rc;
}

/* It is not the file's fault; nothing is imported, and later it can be. */
static void
check_later(struct sites *t, const char *path, enum err_code code)
{
	struct import_result got = { NULL, 0 };

	CHECK_ERR(run(t, path, &got), &t->err, code);
	import_result_clear(&got);
	memset(&home, 0, sizeof home);
	CHECK_OK(run(t, path, &got), &t->err);
	CHECK_INT(got.at[0].outcome, IMPORT_APPLIED);
	CHECK_INT(got.at[0].applied, 1);
	import_result_clear(&got);
}

/* For one file there may be no room where there is for another. */
TEST(home_is_full)
{
	struct import_result got = { NULL, 0 };
	char path[160];
	struct sites t;

	begin(&t, path);
	sites_shell("mkdir '%s/in' && cd '%s' && mv *.satchel in", t.folder,
	    t.folder);
	sites_shell("cd '%s/in' && head -c 1000 a_* > 0 && truncate -s 1T "
	    "0 && tail -c 6144 a_* >> 0%s", t.folder, "");
	(void)snprintf(path, sizeof path, "%.60s/in", t.folder);
	home.free_blocks = 1;
	CHECK_OK(run(&t, path, &got), &t.err);
	CHECK_INT(got.count, 2);
	CHECK_INT(got.at[0].err.code, E_NOSPACE);
	CHECK_INT(got.at[1].err.code, E_NOSPACE);
	CHECK_INT(import_exit(&got, IMPORT_APPLY), err_exit(E_NOSPACE));
	import_result_clear(&got);
	home.free_blocks = 4096;
	CHECK_OK(run(&t, path, &got), &t.err);
	CHECK_INT(got.count, 2);
	CHECK_INT(got.at[0].outcome + got.at[1].outcome,
	    IMPORT_APPLIED + IMPORT_REFUSED);
	CHECK_INT(import_exit(&got, IMPORT_APPLY), err_exit(E_NOSPACE));
	import_result_clear(&got);
	sites_end(&t);
}

TEST(spool_fails)
{
	char path[160];
	struct sites t;

	begin(&t, path);
	home.write_errno = EIO;
	check_later(&t, path, E_IO);
	sites_end(&t);
}

/* What was verified is what is used: each later read of the private copy,
 * changed, is noticed. */
TEST(copy_changes)
{
	struct import_result got = { NULL, 0 };
	char path[160];
	struct sites t;
	long n;

	begin(&t, path);
	for (n = 1;; n++) {
		home.read = 0;
		home.changes_at = n;
		CHECK_OK(run(&t, path, &got), &t.err);
		if (home.read < n)
			break;
		CHECK_INT(got.at[0].outcome, IMPORT_REFUSED);
		CHECK_INT(got.at[0].err.code, E_HASH);
		CHECK_INT(got.at[0].err.rung, 4);
		import_result_clear(&got);
	}
	CHECK(n > 1);
	CHECK_INT(got.at[0].outcome, IMPORT_APPLIED);
	import_result_clear(&got);
	sites_end(&t);
}

/* First the copy that is made, then what is taken from it. */
TEST(tells_how_far)
{
	struct import_result got = { NULL, 0 };
	struct ticks seen = { .count = 0 };
	const struct import_request r = { .mode = IMPORT_APPLY,
	    .progress = { ticks_take, &seen } };
	char path[160];
	const char *paths[] = { path };
	struct sites t;
	struct store *s;

	begin(&t, path);
	s = sites_open(&t, "b");
	CHECK_OK(import_run(s, paths, 1, &r, &got, &t.err), &t.err);
	CHECK_INT(got.at[0].outcome, IMPORT_APPLIED);
	CHECK_INT(seen.count, 2);
	ticks_check(&seen, 0, "reading", 1);
	CHECK_STR(seen.at[1].step, "");
	CHECK_INT(seen.at[1].last.objects, 1);
	CHECK_INT(seen.at[1].last.total, seen.at[0].last.total);
	CHECK(seen.at[1].last.bytes > 0);
	store_closep(&s);
	import_result_clear(&got);
	sites_end(&t);
}

/* A store that is damaged is not the file's fault. */
TEST(store_is_damaged)
{
	struct import_result got = { NULL, 0 };
	char path[160];
	struct store *s;
	struct sites t;

	begin(&t, path);
	s = sites_open(&t, "b");
	CHECK_INT(sqlite3_exec(s->db, "UPDATE peer SET life=77", NULL,
	    NULL, NULL), 0);
	store_closep(&s);
	CHECK_ERR(run(&t, path, &got), &t.err, E_DAMAGED);
	import_result_clear(&got);
	sites_end(&t);
}

/* Of a folder, what begins like a file of ours. */
TEST(folders)
{
	struct import_result got = { NULL, 0 };
	char path[160];
	struct sites t;

	begin(&t, path);
	sites_shell("mkdir '%s/in' && mkdir '%s/in/deeper.satchel'",
	    t.folder, t.folder);
	sites_shell("cd '%s' && cp *.satchel in && cp *.satchel in/.hidden &&"
	    " head -c 700 a_to_b_* > in/cut.satchel && echo x > in/text &&"
	    " : > in/empty && cp a_to_b_* in/deeper.satchel/x.satchel%s",
	    t.folder, "");
	(void)snprintf(path, sizeof path, "%.60s/in/", t.folder);
	CHECK_OK(run(&t, path, &got), &t.err);
	CHECK_INT(got.count, 2);
	CHECK_INT(got.at[0].outcome + got.at[1].outcome,
	    IMPORT_APPLIED + IMPORT_REFUSED);
	CHECK(strstr(got.at[0].path, "in//") == NULL);
	import_result_clear(&got);
	sites_end(&t);
}

/* Load a line at a site. */
static void
load(struct sites *t, const char *site, const char *line)
{
	struct store *s = sites_open(t, site);
	struct lines_stats n;
	char path[160];
	const char *lab = path;
	FILE *f;

	(void)snprintf(path, sizeof path, "%.60s/lab.jsonl", t->folder);
	CHECK((f = fopen(path, "w")) != NULL);
	CHECK(fputs(line, f) >= 0);
	CHECK_INT(fclose(f), 0);
	CHECK_OK(lines_load(s, &lab, 1, NULL, &n, &t->err), &t->err);
	store_closep(&s);
}

/* From one site to another, by way of the folder `out`. */
static void
carry(struct sites *t, const char *from, const char *to, const char *out)
{
	struct export_result files = EXPORT_RESULT_INIT;
	struct import_result got = { NULL, 0 };
	struct export_request r = sites_request(t, from, &to, 1);
	struct store *s = sites_open(t, from);

	r.out = out;
	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(export_run(s, &r, &files, &t->err), &t->err);
	store_closep(&s);
	if (strcmp(out, t->folder) == 0)
		sites_import(t, to, files.files[0].path, IMPORT_APPLY, &got);
	export_result_clear(&files);
	import_result_clear(&got);
}

/* What one file lacks, a later one of another sender brings. */
TEST(gap_that_another_fills)
{
	struct import_result got = { NULL, 0 };
	char path[160];
	struct store *s;
	struct sites t;
	int i;

	begin(&t, path);
	sites_add(&t, "c", "3333333333333333");
	for (i = 0; i < 2; i++) {
		sites_pin(&t, &t.at[i], &t.at[2]);
		sites_pin(&t, &t.at[2], &t.at[i]);
	}
	carry(&t, "a", "b", t.folder);
	carry(&t, "a", "c", t.folder);
	carry(&t, "b", "a", t.folder);

	/* b has it, and a knows; a's next file is without it. */
	load(&t, "a", "{\"uid\":\"x\",\"type\":\"T\",\"title\":\"new\","
	    "\"attachments\":[{\"file\":\"file\"}]}");
	sites_shell("mkdir '%s/in'%s", t.folder, "");
	(void)snprintf(path, sizeof path, "%.60s/in", t.folder);
	carry(&t, "a", "b", path);
	carry(&t, "c", "b", path);
	s = sites_open(&t, "b");
	CHECK_INT(sqlite3_exec(s->db, "DELETE FROM blob; DELETE FROM part",
	    NULL, NULL, NULL), 0);
	store_closep(&s);
	CHECK_OK(run(&t, path, &got), &t.err);
	CHECK_INT(got.count, 2);
	CHECK_STR(got.at[0].from, "a");
	CHECK_INT(got.at[0].outcome, IMPORT_APPLIED);
	CHECK_INT(got.at[0].applied, 1);
	CHECK_INT(got.at[1].outcome, IMPORT_APPLIED);
	import_result_clear(&got);
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
