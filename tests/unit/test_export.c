/* Exports that must be refused, media that fail, stores that are damaged, and
 * objects of an unusual size. */
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../store/dump.h"
#include "../../store/lines.h"
#include "fds.h"
#include "sites.h"
#include "ticks.h"
#include "unsynced.h"

/* --- a medium ---------------------------------------------------------- */

/* Files below "/stick/" lie on it. */
static struct {
	int elsewhere;			/* it is another device */
	int write_errno, read_errno;
	int flips;			/* what is read has another byte */
} medium;

static int
is_on_medium(int fd)
{
	return fd_is_below(fd, "/stick/");
}

int
stat(const char *restrict path, struct stat *restrict ret)
{
	if (fstatat(AT_FDCWD, path, ret, 0) != 0)
		return -1;
	ret->st_dev += medium.elsewhere && strstr(path, "/stick") != NULL;
	return 0;
}

ssize_t
write(int fd, const void *from, size_t len)
{
	if (medium.write_errno != 0 && is_on_medium(fd)) {
		errno = medium.write_errno;
		return -1;
	}
	return syscall(SYS_write, fd, from, len);
}

ssize_t
pread(int fd, void *to, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pread64, fd, to, len, at);

	if (n <= 0 || (medium.read_errno == 0 && medium.flips == 0) ||
	    !is_on_medium(fd))
		return n;
	if (medium.read_errno != 0) {
		errno = medium.read_errno;
		return -1;
	}
	((char *)to)[0] = (char)(((char *)to)[0] ^ (char)medium.flips);
	return n;
}

/* --- sites ------------------------------------------------------------- */

static const char *
in_sites(const struct sites *t, const char *name)
{
	static char paths[2][160];
	static int turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof paths[0], "%.60s/%s", t->folder, name);
	return path;
}

static void
load(struct sites *t, const char *site, const char *text)
{
	const char *path = in_sites(t, "lab.jsonl");
	struct store *s = sites_open(t, site);
	FILE *f = fopen(path, "w");
	struct lines_stats n;

	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK_INT(fclose(f), 0);
	CHECK_OK(lines_load(s, &path, 1, NULL, &n, &t->err), &t->err);
	store_closep(&s);
}

/* a and b, who know each other; a has an object with an attachment. */
static void
begin(struct sites *t)
{
	memset(&medium, 0, sizeof medium);
	sites_begin(t);
	sites_add(t, "a", "1111111111111111");
	sites_add(t, "b", "2222222222222222");
	sites_pin_all(t);
	sites_shell("mkdir '%s/stick'%s", t->folder, "");
	sites_shell("printf 'some bytes' > '%s/file'%s", t->folder, "");
	load(t, "a", "{\"uid\":\"x\",\"type\":\"T\",\"attachments\":"
	    "[{\"file\":\"file\"}]}");
}

/* a knows `count` more, who are only names. */
static void
know_strangers(struct sites *t, int count)
{
	CLEANUP(buf_clear) struct buf pub = BUF_INIT, age = BUF_INIT;
	struct store *s = sites_open(t, "a");
	struct minisign_secret *key = NULL;
	struct age_recipient r;
	struct minisign_pub k;
	struct peer p;
	int i;

	age_recipient_of(t->at[0].age, &r);
	age_recipient_write(&r, &age);
	CHECK_OK(store_begin(s, &t->err), &t->err);
	for (i = 0; i < count; i++) {
		memset(&p, 0, sizeof p);
		CHECK_OK(minisign_secret_new(&key, &t->err), &t->err);
		minisign_public(key, &k);
		buf_reset(&pub);
		minisign_pub_base64(&k, &pub);
		(void)snprintf(p.site, sizeof p.site, "s%d", i);
		(void)snprintf(p.name, sizeof p.name, "s%d", i);
		(void)snprintf(p.minisign, sizeof p.minisign, "%s",
		    buf_str(&pub));
		(void)snprintf(p.age, sizeof p.age, "%s", buf_str(&age));
		minisign_id_hex(k.id, p.key_id);
		CHECK_OK(peer_add(s, &p, &t->err), &t->err);
		minisign_secret_freep(&key);
	}
	CHECK_OK(store_commit(s, &t->err), &t->err);
	store_closep(&s);
}

static void
sql(struct sites *t, const char *site, const char *text)
{
	struct store *s = sites_open(t, site);

	CHECK_INT(sqlite3_exec(s->db, text, NULL, NULL, NULL), SQLITE_OK);
	store_closep(&s);
}

/* Files whose name says that they are finished, and any others. */
static int
files_in(const char *path, const char *ending)
{
	const struct dirent *e;
	DIR *d = opendir(path);
	int n = 0;

	CHECK(d != NULL);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    strlen(e->d_name) > strlen(ending) &&
		    strcmp(e->d_name + strlen(e->d_name) - strlen(ending),
		    ending) == 0;
	(void)closedir(d);
	return n;
}

static int
run(struct sites *t, const struct export_request *r, struct export_result *ret)
{
	struct store *s = sites_open(t, "a");
	int rc;

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	rc = export_run(s, r, ret, &t->err);
	store_closep(&s);
	return rc;
}

/* Refused, and there is no file. */
static void
check_refused(struct sites *t, const struct export_request *r,
    enum err_code code)
{
	struct export_result files = EXPORT_RESULT_INIT;

	CHECK_ERR(run(t, r, &files), &t->err, code);
	CHECK_INT(files.count, 0);
	export_result_clear(&files);
	CHECK_INT(files_in(t->folder, ".satchel"), 0);
	CHECK_INT(files_in(t->folder, ".part"), 0);
	CHECK_INT(files_in(in_sites(t, "stick"), ""), 0);
	CHECK_INT(files_in(in_sites(t, "a/spool"), ""), 0);
}

/* b reads it so. */
static void
check_outcome(struct sites *t, const char *path, enum import_outcome outcome)
{
	struct import_result got = { NULL, 0 };

	sites_import(t, "b", path, IMPORT_APPLY, &got);
	err_recall(&t->err, &got.at[0].err);
	CHECK_OK(-(int)t->err.code, &t->err);
	CHECK_INT(got.at[0].outcome, outcome);
	import_result_clear(&got);
}

/* It is read by b, who then has all that a has. */
static void
check_read(struct sites *t, const char *path)
{
	check_outcome(t, path, IMPORT_APPLIED);
}

/* --- refused ----------------------------------------------------------- */

TEST(refuses)
{
	static const char *const unknown[] = { "b", "nobody" };
	static const char *const b[] = { "b" };
	static const char *const type[] = { "T" };
	const struct {
		const char *const *to;
		size_t to_count;
		const char *out;
		struct export_request more;
		enum err_code code;
	} all[] = {
		{ b, 0, ".", { .key = NULL }, E_USAGE },
		{ unknown, 2, ".", { .key = NULL }, E_USAGE },
		{ b, 1, NULL, { .key = NULL }, E_USAGE },
		{ b, 1, "", { .key = NULL }, E_USAGE },
		{ b, 1, "/nowhere/", { .key = NULL }, E_USAGE },
		{ b, 1, "/nowhere/x", { .key = NULL }, E_USAGE },
		{ b, 1, "/dev/null/x", { .key = NULL }, E_USAGE },
		{ b, 1, ".", { .full = 1, .types = type, .type_count = 1 },
		    E_USAGE },
		{ b, 1, ".", { .max_size = EXPORT_MAX_SIZE_MIN - 1 },
		    E_USAGE },
	};
	struct export_request r;
	struct sites t;
	size_t i;

	begin(&t);
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		r = sites_request(&t, "a", all[i].to, all[i].to_count);
		if (all[i].out == NULL || strcmp(all[i].out, ".") != 0)
			r.out = all[i].out;
		r.full = all[i].more.full;
		r.types = all[i].more.types;
		r.type_count = all[i].more.type_count;
		r.max_size = all[i].more.max_size;
		check_refused(&t, &r, all[i].code);
	}
	sites_end(&t);
}

/* More than four are not named in the name; more than 32 are too many. */
TEST(many_addressees)
{
	static char names[FORMAT_TO_MAX + 1][8];
	const char *to[FORMAT_TO_MAX + 1];
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct sites t;
	size_t i;

	begin(&t);
	know_strangers(&t, FORMAT_TO_MAX + 1);
	for (i = 0; i < FORMAT_TO_MAX + 1; i++) {
		(void)snprintf(names[i], sizeof names[i], "s%u", (unsigned)i);
		to[i] = names[i];
	}
	r = sites_request(&t, "a", to, FORMAT_TO_MAX + 1);
	check_refused(&t, &r, E_LIMIT);
	r.to_count = FORMAT_TO_MAX;
	CHECK_OK(run(&t, &r, &files), &t.err);
	CHECK_STR(strrchr(files.files[0].path, '/'),
	    "/a_to_s0+s1+s10+s11+28-more_000001.satchel");
	export_result_clear(&files);
	sites_end(&t);
}

/* --- where it goes ----------------------------------------------------- */

TEST(name_without_a_folder)
{
	static const char *const b[] = { "b" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct sites t;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	begin(&t);
	r = sites_request(&t, "a", b, 1);
	r.out = "it.satchel";
	CHECK_INT(chdir(in_sites(&t, "stick")), 0);
	CHECK_OK(run(&t, &r, &files), &t.err);
	export_result_clear(&files);
	CHECK_ERR(run(&t, &r, &files), &t.err, E_USAGE);
	CHECK_INT(fchdir(here), 0);
	CHECK_INT(close(here), 0);
	CHECK_INT(files_in(in_sites(&t, "stick"), "it.satchel"), 0);
	CHECK_INT(access(in_sites(&t, "stick/it.satchel"), F_OK), 0);
	check_read(&t, in_sites(&t, "stick/it.satchel"));
	export_result_clear(&files);
	sites_end(&t);
}

/* To another device: written at home, copied when the home is let go. */
TEST(other_device)
{
	static const char *const b[] = { "b" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct store *s, *other = NULL;
	struct sites t;
	char path[160];

	begin(&t);
	medium.elsewhere = 1;
	r = sites_request(&t, "a", b, 1);
	r.out = in_sites(&t, "stick");
	s = sites_open(&t, "a");
	CHECK_OK(guard_check(s, t.state, &t.err), &t.err);
	CHECK_OK(export_run(s, &r, &files, &t.err), &t.err);
	other = sites_open(&t, "a");
	store_closep(&other);
	store_closep(&s);
	CHECK_INT(files_in(in_sites(&t, "a/spool"), ""), 0);
	check_read(&t, files.files[0].path);

	/* What is there stays. */
	(void)snprintf(path, sizeof path, "%s", files.files[0].path);
	export_result_clear(&files);
	r.out = path;
	CHECK_ERR(run(&t, &r, &files), &t.err, E_USAGE);
	export_result_clear(&files);
	CHECK_INT(files_in(in_sites(&t, "stick"), ".satchel"), 1);
	CHECK_INT(files_in(in_sites(&t, "stick"), ".part"), 0);
	sites_end(&t);
}

/* Who may put a file there, puts it under any name: that stops nobody, and
 * stays. */
TEST(name_is_taken_in_a_folder)
{
	static const char *const b[] = { "b" };
	static const struct {
		const char *take, *ending;
		int (*export)(struct store *, const struct export_request *,
		    struct export_result *, struct err *);
		int request, elsewhere;
		enum import_outcome outcome;
	} rows[] = {
		{ "touch", ".satchel", export_run, 0, 0, IMPORT_APPLIED },
		{ "mkdir", ".satchel", export_run, 0, 1, IMPORT_APPLIED },
		{ "ln -s no", ".receipt.satchel", export_receipt, 0, 0,
		    IMPORT_RECEIPT },
		{ "touch", ".request.satchel", export_receipt, 1, 1,
		    IMPORT_RECEIPT }
	};
	char command[64], name[64];
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct export_result files = EXPORT_RESULT_INIT;
		struct export_request r;
		struct store *s;
		struct sites t;
		const char *got;

		begin(&t);
		medium.elsewhere = rows[i].elsewhere;
		r = sites_request(&t, "a", b, 1);
		r.out = in_sites(&t, "stick");
		r.request = rows[i].request;
		(void)snprintf(name, sizeof name, "/a_to_b_000001%s",
		    rows[i].ending);
		(void)snprintf(command, sizeof command, "%s '%%s/stick%%s'",
		    rows[i].take);
		sites_shell(command, t.folder, name);
		s = sites_open(&t, "a");
		CHECK_OK(guard_check(s, t.state, &t.err), &t.err);
		CHECK_OK(rows[i].export(s, &r, &files, &t.err), &t.err);
		store_closep(&s);
		CHECK_INT(files.count, 1);
		got = strrchr(files.files[0].path, '/') + 1;
		CHECK_INT(strspn(got + 14, "0123456789abcdef"), 8);
		CHECK_INT(strncmp(got, "a_to_b_000001-", 14), 0);
		CHECK_STR(got + 22, rows[i].ending);
		CHECK_INT(files_in(in_sites(&t, "stick"), ""), 2);
		check_outcome(&t, files.files[0].path, rows[i].outcome);
		export_result_clear(&files);
		sites_end(&t);
	}
}

TEST(bad_medium)
{
	static const char *const b[] = { "b" };
	static const struct {
		int write_errno, read_errno, flips;
		enum err_code code;
	} all[] = {
		{ ENOSPC, 0, 0, E_NOSPACE },
		{ EIO, 0, 0, E_IO },
		{ 0, EIO, 0, E_IO },
		{ 0, ENODEV, 0, E_MEDIA_GONE },
		{ 0, 0, 1, E_WRITE_VERIFY },
	};
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct sites t;
	size_t i;

	begin(&t);
	r = sites_request(&t, "a", b, 1);
	for (i = 0; i < 2 * (sizeof all / sizeof *all); i++) {
		medium.elsewhere = i % 2 > 0;
		medium.write_errno = all[i / 2].write_errno;
		medium.read_errno = all[i / 2].read_errno;
		medium.flips = all[i / 2].flips;
		r.out = in_sites(&t, "stick");
		check_refused(&t, &r, all[i / 2].code);
	}

	/* Nothing that was not carried counts as carried. */
	memset(&medium, 0, sizeof medium);
	r.out = in_sites(&t, "stick");
	CHECK_OK(run(&t, &r, &files), &t.err);
	CHECK_INT(files.files[0].blobs, 1);
	check_read(&t, files.files[0].path);
	export_result_clear(&files);
	sites_end(&t);
}

/* --- a store that is damaged ------------------------------------------- */

TEST(damage)
{
	static const char *const b[] = { "b" };
	static const char *const all[] = {
		"UPDATE version SET content=replace(content,'T','U')",
		"UPDATE version SET hash=x'00'",
		"DELETE FROM version",
		"UPDATE version SET actor=77",
		"UPDATE version SET born_actor=77,born_n=1",
		"UPDATE part SET bytes=x'00112233445566778899'",
		"UPDATE part SET bytes=x'00'",
		"DELETE FROM part",
		"DELETE FROM blob",
		"UPDATE blob SET whole=0",
		"UPDATE blob SET size=11",
	};
	struct export_request r;
	struct sites t;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		begin(&t);
		r = sites_request(&t, "a", b, 1);
		sql(&t, "a", all[i]);
		check_refused(&t, &r, E_DAMAGED);
		sites_end(&t);
	}
}

/* --- objects of an unusual size ---------------------------------------- */

/* An object with three siblings of `size` bytes each, made by people who did
 * not see each other's; its text does not compress to less than half. */
static void
make_large(struct sites *t, size_t size)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct merge_edit e = { .type = { "T", 1 }, .clock = 1700000000 };
	struct store *s = sites_open(t, "a");
	unsigned char seed[randombytes_SEEDBYTES] = { 0 };
	char *text = malloc(size + 8), none[4] = { 0 };
	size_t i, k;

	CHECK(text != NULL);
	CHECK_OK(store_begin(s, &t->err), &t->err);
	for (i = 0; i < 3; i++) {
		memcpy(text, "{\"a\":\"", 6);
		seed[0]++;
		randombytes_buf_deterministic(text + 6, size - 8, seed);
		for (k = 6; k < size - 2; k++)
			text[k] = "0123456789abcdef"[text[k] & 15];
		memcpy(text + size - 2, "\"}", 2);
		e.fields = (struct json_span){ text, size };
		object_clear(&o);
		CHECK_OK(object_get(s, "large", 5, &o, &t->err), &t->err);
		CHECK_INT(object_edit(s, "large", 5, &o, none, &e, &t->err),
		    1);
	}
	CHECK_OK(store_commit(s, &t->err), &t->err);
	store_closep(&s);
	free(text);
}

static int
keep(void *ctx, const void *data, size_t len, struct err *err)
{
	buf_add(ctx, data, len);
	return buf_check(ctx, err);
}

static void
dump(struct sites *t, const char *site, struct buf *ret)
{
	struct dump_what what = { .deleted = 1 };
	struct dump_out out = { keep, ret };
	struct store *s = sites_open(t, site);

	CHECK_OK(dump_all(s, &what, &out, &t->err), &t->err);
	store_closep(&s);
}

/* A record of several members: it is one object again. */
TEST(record_over_members)
{
	static const char *const b[] = { "b" };
	CLEANUP(buf_clear) struct buf mine = BUF_INIT, theirs = BUF_INIT;
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct sites t;

	begin(&t);
	make_large(&t, 2500000);
	load(&t, "a", "{\"uid\":\"y\",\"type\":\"T\",\"parent\":\"large\"}");
	r = sites_request(&t, "a", b, 1);
	CHECK_OK(run(&t, &r, &files), &t.err);
	CHECK_INT(files.count, 1);
	CHECK_INT(files.files[0].versions, 5);
	check_read(&t, files.files[0].path);
	dump(&t, "a", &mine);
	dump(&t, "b", &theirs);
	CHECK_INT(mine.len, theirs.len);
	CHECK_INT(memcmp(mine.at, theirs.at, mine.len), 0);
	export_result_clear(&files);
	sites_end(&t);
}

/* It is in one file or in none. */
TEST(record_too_large_for_a_file)
{
	static const char *const b[] = { "b" };
	struct export_request r;
	struct sites t;

	begin(&t);
	sql(&t, "a", "DELETE FROM object WHERE uid='x'");
	make_large(&t, 2500000);
	r = sites_request(&t, "a", b, 1);
	r.max_size = EXPORT_MAX_SIZE_MIN;
	check_refused(&t, &r, E_LIMIT);
	sites_end(&t);
}

/* A peer asks for what is here, and for what never was. */
TEST(wanted)
{
	static const char *const b[] = { "b" };
	struct export_result files = EXPORT_RESULT_INIT;
	unsigned char hash[2][32] = { { 7 } };
	struct export_request r;
	struct sites t;

	begin(&t);
	(void)crypto_generichash(hash[1], 32,
	    (const unsigned char *)"some bytes", 10, NULL, 0);
	r = sites_request(&t, "a", b, 1);
	r.wanted = (const unsigned char (*)[32])hash;
	r.wanted_count = 2;
	CHECK_OK(run(&t, &r, &files), &t.err);
	CHECK_INT(files.files[0].blobs, 1);
	check_read(&t, files.files[0].path);
	export_result_clear(&files);
	sites_end(&t);
}

/* A name that was given is the name of one file. */
TEST(chain_under_one_name)
{
	static const char *const b[] = { "b" };
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct sites t;

	begin(&t);
	load(&t, "a", "{\"uid\":\"y\",\"type\":\"T\"}");
	r = sites_request(&t, "a", b, 1);
	r.max_records = 1;
	r.out = in_sites(&t, "one.satchel");
	CHECK_ERR(run(&t, &r, &files), &t.err, E_USAGE);
	CHECK_INT(files_in(t.folder, ".satchel"), 0);
	export_result_clear(&files);
	r.out = t.folder;
	CHECK_OK(run(&t, &r, &files), &t.err);
	CHECK_INT(files.count, 2);
	export_result_clear(&files);
	sites_end(&t);
}

/* Of what is written, and read back; and copied, where it lies elsewhere.  A
 * tick comes with each member, of which the attachments make several. */
TEST(tells_how_far)
{
	static const char *const b[] = { "b" };
	CLEANUP(buf_clear) struct buf lines = BUF_INIT;
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r;
	struct ticks seen = { .count = 0 };
	struct sites t;
	size_t n;
	int i;

	begin(&t);
	for (i = 0; i < 2500; i++)
		buf_addf(&lines, "{\"uid\":\"u%d\",\"type\":\"T\"}\n", i);
	load(&t, "a", buf_str(&lines));
	sites_shell("head -c 7000000 /dev/urandom > '%s/big'%s", t.folder, "");
	load(&t, "a", "{\"uid\":\"y\",\"type\":\"T\",\"attachments\":"
	    "[{\"file\":\"big\"}]}");
	r = sites_request(&t, "a", b, 1);
	r.full = 1;
	r.progress = (struct ticker){ ticks_take, &seen };
	for (i = 0; i < 2; i++) {
		seen = (struct ticks){ .count = 0 };
		medium.elsewhere = i;
		r.out = in_sites(&t, "stick");
		CHECK_OK(run(&t, &r, &files), &t.err);
		n = 0;
		ticks_check(&seen, n, "", 5);
		CHECK_INT(seen.at[n++].last.objects, 2502);
		if (i > 0)
			ticks_check(&seen, n++, "copying to the medium", 20);
		ticks_check(&seen, n, "reading back", 20);
		CHECK_INT(seen.at[n++].last.bytes, files.files[0].size);
		CHECK_INT(seen.count, n);
		export_result_clear(&files);
	}
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
