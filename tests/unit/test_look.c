/* What a file is, whatever it is called and whatever is done to it. */
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../base/file.h"
#include "../../format/card.h"
#include "../../format/writer.h"
#include "../../importer/look.h"
#include "../../store/stream.h"
#include "sites.h"
#include "unsynced.h"

/* --- a folder in which others work ------------------------------------- */

static struct {
	void (*before_open)(const char *name);
	int open_errno;			/* instead of opening it */
	int read_errno;
	long shrinks_at;		/* this read finds the file cut */
	long reads;
	size_t bytes;			/* that were read */
	long opens;
} other;

int
openat(int dir_fd, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	other.opens++;
	if (other.before_open != NULL)
		other.before_open(name);
	if (other.open_errno != 0) {
		errno = other.open_errno;
		return -1;
	}
	return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

ssize_t
pread(int fd, void *to, size_t len, off_t at)
{
	ssize_t n;

	if (other.read_errno != 0) {
		errno = other.read_errno;
		return -1;
	}
	if (++other.reads == other.shrinks_at)
		return 0;
	n = syscall(SYS_pread64, fd, to, len, at);
	other.bytes += n > 0 ? (size_t)n : 0;
	return n;
}

/* --- files ------------------------------------------------------------- */

/* b is looked from; it knows a, c and, revoked, r; x is a stranger. */
struct looking {
	struct sites t;
	struct store *s;
	struct minisign_pub own;
	int dir_fd;
};

static int
to_file(void *ctx, const void *data, size_t len, struct err *err)
{
	(void)err;
	CHECK_INT(fwrite(data, 1, len, ctx), len);
	return 0;
}

static struct manifest_site to_b[] = { { "b", "b" } };
static struct manifest_site to_c[] = { { "c", "c" } };
static struct manifest_site to_bc[] = { { "b", "b" }, { "c", "c" } };
static struct manifest_site to_abx[] = { { "a", "a" }, { "b", "b" },
    { "x", "x" } };
static char all[] = FILTER_ALL;

/* Write and sign a file without data members. */
static void
put(struct looking *l, const char *name, const char *from, struct manifest m)
{
	CLEANUP(writer_freep) struct writer *w = NULL;
	char path[256];
	struct store *s = sites_open(&l->t, from);
	FILE *f;
	struct writer_out out = { to_file, NULL };
	unsigned char id[32];

	(void)snprintf(path, sizeof path, "%s/in/%s", l->t.folder, name);
	CHECK((f = fopen(path, "w")) != NULL);
	out.ctx = f;
	m.from = s->self;
	store_closep(&s);
	(void)snprintf(m.from_name, sizeof m.from_name, "%s", from);
	minisign_id_hex(sites_find(&l->t, from)->key->id, m.key);
	(void)strcpy(m.created, "2026-01-02T03:04:05Z");
	m.sequence = m.sequence != 0 ? m.sequence : 1;
	CHECK_OK(writer_new(&w, &out, &l->t.err), &l->t.err);
	CHECK_OK(writer_finish(w, &m, sites_find(&l->t, from)->key, id,
	    &l->t.err), &l->t.err);
	CHECK_INT(fclose(f), 0);
}

static void
put_card(struct looking *l)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct test_site *x = sites_find(&l->t, "x");
	struct store *s = sites_open(&l->t, "x");
	struct card c = { .actor = s->self, .name = "x",
	    .created = "2026-01-02T03:04:05Z" };
	char path[256];

	store_closep(&s);
	minisign_public(x->key, &c.sign);
	age_recipient_of(x->age, &c.age);
	CHECK_OK(card_write(&c, x->key, &file, &l->t.err), &l->t.err);
	(void)snprintf(path, sizeof path, "%s/in/card", l->t.folder);
	CHECK_OK(file_put(path, 0644, file.at, file.len, &l->t.err),
	    &l->t.err);
}

/* Requests with long and with longest tails; what c is told of b. */
static void
put_long(struct looking *l)
{
	static unsigned char wanted[FORMAT_WANTED_MAX][32];
	struct manifest_head head = { .n = 1 };
	size_t i;

	for (i = 0; i < FORMAT_WANTED_MAX; i++) {
		wanted[i][0] = (unsigned char)(i / 256);
		wanted[i][1] = (unsigned char)(i % 256);
	}
	put(l, "long", "a", (struct manifest){ .kind = MANIFEST_REQUEST,
	    .to = to_b, .to_count = 1, .wanted = wanted,
	    .wanted_count = FORMAT_WANTED_MAX });
	head.actor = l->s->self;
	put(l, "mentions", "a", (struct manifest){ .kind = MANIFEST_RECEIPT,
	    .to = to_c, .to_count = 1, .heads = &head, .head_count = 1 });
}

static void
revoke_r(struct looking *l)
{
	struct peer p;

	CHECK_INT(peer_find(l->s, "r", &p, &l->t.err), 1);
	CHECK_OK(store_begin(l->s, &l->t.err), &l->t.err);
	CHECK_OK(peer_revoke(l->s, p.id, &l->t.err), &l->t.err);
	CHECK_OK(store_commit(l->s, &l->t.err), &l->t.err);
}

static void
begin(struct looking *l)
{
	static const char *const peers[] = { "a", "c", "r" };
	struct manifest receipt = { .kind = MANIFEST_RECEIPT, .to = to_b,
	    .to_count = 1 };
	size_t i;

	memset(&other, 0, sizeof other);
	sites_begin(&l->t);
	sites_add(&l->t, "a", "1111111111111111");
	sites_add(&l->t, "b", "2222222222222222");
	sites_add(&l->t, "c", "3333333333333333");
	sites_add(&l->t, "r", "4444444444444444");
	sites_add(&l->t, "x", "5555555555555555");
	for (i = 0; i < 3; i++)
		sites_pin(&l->t, sites_find(&l->t, "b"),
		    sites_find(&l->t, peers[i]));
	sites_shell("mkdir '%s/in'%s", l->t.folder, "");
	minisign_public(sites_find(&l->t, "b")->key, &l->own);
	put(l, "receipt", "a", receipt);
	put(l, "stranger", "x", receipt);
	put(l, "revoked", "r", receipt);
	receipt.to = to_bc;
	receipt.to_count = 2;
	put(l, "several", "a", receipt);
	receipt.to = to_abx;
	receipt.to_count = 3;
	put(l, "own", "b", receipt);
	receipt.to = to_c;
	receipt.to_count = 1;
	put(l, "other", "a", receipt);
	put(l, "strangers", "x", receipt);
	put(l, "bundle", "a", (struct manifest){ .kind = MANIFEST_BUNDLE,
	    .to = to_b, .to_count = 1, .filter = all, .since = 5, .until = 9,
	    .sequence = 7 });
	put_card(l);
	l->s = sites_open(&l->t, "b");
	put_long(l);
	revoke_r(l);
}

static void
end(struct looking *l)
{
	if (l->dir_fd > 0)
		CHECK_INT(close(l->dir_fd), 0);
	store_closep(&l->s);
	sites_end(&l->t);
}

static const struct {
	const char *name;
	const char *make;		/* in the folder; NULL: it is there */
	enum look_what what;
	enum err_code code;
} files[] = {
	{ "receipt", NULL, LOOK_FOR_US, E_OK },
	{ "bundle", NULL, LOOK_FOR_US, E_OK },
	{ "several", NULL, LOOK_FOR_US, E_OK },
	{ "long", NULL, LOOK_FOR_US, E_OK },
	{ "notes.txt", "cp receipt notes.txt", LOOK_FOR_US, E_OK },
	{ ".hidden", "cp receipt .hidden", LOOK_FOR_US, E_OK },
	{ "a\033[2J\nb", "cp receipt \"$(printf 'a\\033[2J\\nb')\"",
	    LOOK_FOR_US, E_OK },
	{ "other", NULL, LOOK_OTHER, E_OK },
	{ "mentions", NULL, LOOK_OTHER, E_OK },
	{ "strangers", NULL, LOOK_OTHER, E_OK },
	{ "own", NULL, LOOK_OWN, E_OK },
	{ "card", NULL, LOOK_CARD, E_OK },

	/* What is no file of ours. */
	{ "text", "echo text > text", LOOK_FOREIGN, E_OK },
	{ "empty", ": > empty", LOOK_FOREIGN, E_OK },
	{ "start", "head -c 511 receipt > start", LOOK_FOREIGN, E_OK },
	{ "late", "{ echo x; cat receipt; } > late", LOOK_FOREIGN, E_OK },
	{ "hole", "truncate -s 1T hole", LOOK_FOREIGN, E_OK },
	{ "folder", "mkdir folder", LOOK_FOREIGN, E_OK },
	{ "link", "ln -s receipt link", LOOK_FOREIGN, E_OK },
	{ "nowhere", "ln -s nothing nowhere", LOOK_FOREIGN, E_OK },
	{ "fifo", "mkfifo fifo", LOOK_FOREIGN, E_OK },
	{ "gone", "rm -f gone", LOOK_FOREIGN, E_OK },

	/* What is being copied, was cut, or was changed. */
	{ "head", "head -c 512 receipt > head", LOOK_BROKEN, E_TRUNCATED },
	{ "cut", "head -c 3000 receipt > cut", LOOK_BROKEN, E_TRUNCATED },
	{ "end", "head -c -1 receipt > end", LOOK_BROKEN, E_FORMAT },
	{ "more", "{ cat receipt; echo; } > more", LOOK_BROKEN,
	    E_TRUNCATED },
	{ "room", "cp cut room && truncate -s 99999 room", LOOK_BROKEN,
	    E_FORMAT },
	{ "huge", "cp head huge && truncate -s 1T huge", LOOK_BROKEN,
	    E_FORMAT },
	{ "short", "{ cat head; tail -c 2560 receipt; } > short", LOOK_BROKEN,
	    E_FORMAT },
	{ "changed", "sed 's/\"receipts\"/\"receiptz\"/' receipt > changed",
	    LOOK_BROKEN, E_HASH },
	{ "unsigned", "sed 's/# satchel receipt/# satchel bundlet/' receipt >"
	    " unsigned", LOOK_BROKEN, E_SIGNATURE },
	{ "fake", "sed 's/# satchel receipt/# satchel bundlet/' own > fake",
	    LOOK_BROKEN, E_SIGNATURE },
	{ "stranger", NULL, LOOK_BROKEN, E_UNKNOWN_KEY },
	{ "revoked", NULL, LOOK_BROKEN, E_REVOKED },

	/* Only the tail is looked at. */
	{ "joined", "{ cat head; tail -c +1025 receipt; } > joined",
	    LOOK_FOR_US, E_OK },
};

static void
look(struct looking *l, const char *name, struct look *ret)
{
	CHECK_OK(look_at(l->s, l->dir_fd, name, &l->own, ret, &l->t.err),
	    &l->t.err);
}

static void
make(struct looking *l)
{
	char path[128];
	size_t i;

	for (i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i].make != NULL) {
			CHECK_INT(setenv("MAKE_IT", files[i].make, 1), 0);
			sites_shell("cd '%s/in' && eval \"$MAKE_IT\"%s",
			    l->t.folder, "");
		}
	(void)snprintf(path, sizeof path, "%s/in", l->t.folder);
	l->dir_fd = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(l->dir_fd >= 0);
}

TEST(kinds_of_files)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct looking l;
	struct stat st;
	size_t i;

	begin(&l);
	make(&l);
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		look(&l, files[i].name, &x);
		if (x.what != files[i].what || x.why.code != files[i].code)
			FAIL("%s: is %d, %s (%s)", files[i].name, x.what,
			    err_name(x.why.code), x.why.text);
		if (x.what == LOOK_FOREIGN)
			continue;
		CHECK_INT(fstatat(l.dir_fd, files[i].name, &st, 0), 0);
		CHECK_INT(x.size, st.st_size);
		CHECK_INT(x.inode, st.st_ino);
		CHECK_INT(x.device, st.st_dev);
		CHECK_INT(x.mtime / 1000000000, st.st_mtim.tv_sec);
	}
	end(&l);
}

/* What is stated of a file is stated of the one looked at last. */
TEST(manifest_and_peer)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	unsigned char id[32];
	struct looking l;

	begin(&l);
	make(&l);
	look(&l, "bundle", &x);
	CHECK_STR(x.a.peer.name, "a");
	CHECK_STR(x.a.m.from.site, "a");
	CHECK_INT(x.a.m.sequence, 7);
	CHECK_INT(x.a.m.until, 9);
	memcpy(id, x.id, sizeof id);
	look(&l, "own", &x);
	CHECK_STR(x.a.m.from.site, "b");
	CHECK_INT(x.a.m.to_count, 3);
	CHECK(memcmp(id, x.id, sizeof id) != 0);
	look(&l, "cut", &x);
	CHECK_INT(x.a.m.to_count, 0);
	look(&l, "text", &x);
	CHECK_INT(x.why.code, E_OK);
	end(&l);
}

/* Of many files little is read; what is no file is not even opened. */
TEST(little_is_read)
{
	static const struct {
		const char *name;
		size_t most;
		long opens;
	} rows[] = {
		{ "hole", 512, 1 }, { "other", 512 + 16384, 1 },
		{ "huge", 512 + 16384, 1 }, { "room", 512 + 16384, 1 },
		{ "long", 512 + 16384 + READER_TAIL, 1 }, { "fifo", 0, 0 },
		{ "link", 0, 0 }, { "folder", 0, 0 }
	};
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct looking l;
	size_t i;

	begin(&l);
	make(&l);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		other.bytes = 0;
		other.opens = 0;
		look(&l, rows[i].name, &x);
		CHECK_INT(other.opens, rows[i].opens);
		if (other.bytes > rows[i].most)
			FAIL("%s: %zu bytes are read", rows[i].name,
			    other.bytes);
	}
	end(&l);
}

/* --- what others do meanwhile ------------------------------------------ */

static const char *in_folder;		/* for what is done to a name */

static void
do_it(const char *command, const char *name)
{
	other.before_open = NULL;
	CHECK_INT(setenv("IT", name, 1), 0);
	sites_shell("cd '%s' && %s", in_folder, command);
}

static void
remove_it(const char *name)
{
	do_it("rm \"$IT\"", name);
}

static void
replace_it(const char *name)
{
	do_it("rm \"$IT\" && mkfifo \"$IT\"", name);
}

static void
link_it(const char *name)
{
	do_it("rm \"$IT\" && ln -s several \"$IT\"", name);
}

TEST(taken_away_meanwhile)
{
	static void (*const what[])(const char *) = {
		remove_it, replace_it, link_it
	};
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct looking l;
	char path[128];
	size_t i;

	begin(&l);
	make(&l);
	(void)snprintf(path, sizeof path, "%s/in", l.t.folder);
	in_folder = path;
	for (i = 0; i < sizeof what / sizeof *what; i++) {
		do_it("rm -f \"$IT\" && cp receipt \"$IT\"", "short-lived");
		other.before_open = what[i];
		look(&l, "short-lived", &x);
		CHECK_INT(x.what, LOOK_FOREIGN);
		CHECK_INT(x.why.code, E_OK);
	}
	end(&l);
}

TEST(shorter_meanwhile)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct looking l;

	begin(&l);
	make(&l);
	other.reads = 0;
	other.shrinks_at = 1;
	look(&l, "receipt", &x);
	CHECK_INT(x.what, LOOK_FOREIGN);
	other.reads = 0;
	other.shrinks_at = 2;
	look(&l, "receipt", &x);
	CHECK_INT(x.what, LOOK_BROKEN);
	CHECK_INT(x.why.code, E_TRUNCATED);
	other.reads = 0;
	other.shrinks_at = 3;
	look(&l, "long", &x);
	CHECK_INT(x.what, LOOK_BROKEN);
	CHECK_INT(x.why.code, E_TRUNCATED);
	end(&l);
}

TEST(cannot_be_read)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct looking l;

	begin(&l);
	make(&l);
	other.open_errno = EACCES;
	look(&l, "receipt", &x);
	CHECK_INT(x.what, LOOK_BROKEN);
	CHECK_INT(x.why.code, E_IO);
	other.open_errno = EMFILE;
	CHECK_ERR(look_at(l.s, l.dir_fd, "receipt", &l.own, &x, &l.t.err),
	    &l.t.err, E_IO);
	other.open_errno = 0;
	other.read_errno = EIO;
	look(&l, "receipt", &x);
	CHECK_INT(x.what, LOOK_BROKEN);
	CHECK_INT(x.why.code, E_IO);
	end(&l);
}

/* --- its turn ---------------------------------------------------------- */

static void
check_turn(struct looking *l, const char *name, int want, enum err_code code)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct err why = ERR_INIT;
	uint64_t have;
	int rc;

	look(l, name, &x);
	CHECK_INT(x.what, LOOK_FOR_US);
	rc = look_turn(l->s, &x, &have, &why);
	CHECK_INT(why.code, code);
	if (code == E_OK)
		CHECK_INT(rc, want);
	else
		CHECK(rc < 0);
}

/* The file is remembered as read, with this id or with its own. */
static void
was_read(struct looking *l, const char *name, const unsigned char *id)
{
	CLEANUP(look_clear) struct look x = LOOK_INIT;

	look(l, name, &x);
	CHECK_OK(store_begin(l->s, &l->t.err), &l->t.err);
	CHECK_OK(stream_read(l->s, &x.a.peer, &x.a.m.from, x.a.m.sequence,
	    id != NULL ? id : x.id, &l->t.err), &l->t.err);
	CHECK_OK(store_commit(l->s, &l->t.err), &l->t.err);
}

TEST(turn)
{
	static const unsigned char another[32] = { 1 };
	struct looking l;

	begin(&l);
	make(&l);
	check_turn(&l, "receipt", 1, E_OK);
	check_turn(&l, "bundle", 0, E_GAP);
	was_read(&l, "receipt", NULL);
	check_turn(&l, "receipt", 0, E_OK);
	check_turn(&l, "several", 0, E_FORK);
	was_read(&l, "bundle", another);
	check_turn(&l, "bundle", 0, E_FORK);
	end(&l);
}

int
main(void)
{
	return unit_run();
}
