#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../base/text.h"
#include "memory.h"
#include "satchel.h"

#define WORDS_MAX 32
#define PATH_SIZE 1024
#define NOW 1767225600			/* 2026-01-01T00:00:00Z */

/* The same instant in all runs, so that what they write is the same. */
time_t
time(time_t *t)
{
	if (t != NULL)
		*t = NOW;
	return NOW;
}

void
die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("fault: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

void
said_clear(struct said *s)
{
	buf_clear(&s->out);
	buf_clear(&s->err);
}

/* --- folders ----------------------------------------------------------- */

/* Two slots, so that a call may name two paths. */
static char *
slot(void)
{
	static char paths[2][PATH_SIZE];
	static int turn;

	turn = !turn;
	return paths[turn];
}

static const char *
top_path(const struct world *w, const char *name)
{
	char *path = slot();

	(void)snprintf(path, PATH_SIZE, "%s/%s", w->top, name);
	return path;
}

const char *
world_path(const struct world *w, const char *name)
{
	char *path = slot();

	(void)snprintf(path, PATH_SIZE, "%s/w/%s", w->top, name);
	return path;
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	if (ftw->level > 0 && remove(path) != 0)
		die("remove %s: %s", path, strerror(errno));
	return 0;
}

/* All that is in a folder, if there is one. */
static void
empty(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
copy_file(int from, int to, const char *name, const struct stat *st)
{
	int in = openat(from, name, O_RDONLY | O_CLOEXEC);
	int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    st->st_mode & 07777);

	if (in < 0 || out < 0 || (st->st_size > 0 &&
	    sendfile(out, in, NULL, (size_t)st->st_size) != st->st_size))
		die("copy %s: %s", name, strerror(errno));
	(void)close(in);
	(void)close(out);
}

static void copy_tree(int from, int to);

static void
copy_entry(int from, int to, const char *name)
{
	char target[512];
	struct stat st;
	ssize_t n;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		die("look at %s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		if (mkdirat(to, name, st.st_mode & 07777) != 0)
			die("make %s: %s", name, strerror(errno));
		copy_tree(openat(from, name, O_RDONLY | O_DIRECTORY),
		    openat(to, name, O_RDONLY | O_DIRECTORY));
	} else if (S_ISLNK(st.st_mode)) {
		n = readlinkat(from, name, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		if (symlinkat(target, to, name) != 0)
			die("link %s: %s", name, strerror(errno));
	} else {
		copy_file(from, to, name, &st);
	}
}

/* Closes both. */
static void
copy_tree(int from, int to)
{
	DIR *d = fdopendir(from);
	const struct dirent *e;

	if (d == NULL || to < 0)
		die("copy: %s", strerror(errno));
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			copy_entry(from, to, e->d_name);
	(void)closedir(d);
	(void)close(to);
}

static void
copy(const char *from, const char *to)
{
	empty(to);
	(void)mkdir(to, 0700);
	copy_tree(open(from, O_RDONLY | O_DIRECTORY),
	    open(to, O_RDONLY | O_DIRECTORY));
}

void
world_keep(const struct world *w, const char *name)
{
	copy(top_path(w, "w"), top_path(w, name));
}

void
world_reset(const struct world *w, const char *name)
{
	copy(top_path(w, name), top_path(w, "w"));
	if (w->medium[0] != '\0')
		empty(w->medium);
}

void
world_forget(const struct world *w, const char *name)
{
	empty(top_path(w, name));
	(void)rmdir(top_path(w, name));
}

static void
make(char *path, const char *where)
{
	(void)snprintf(path, 128, "%.80s/satchel-fault.XXXXXX", where);
	if (mkdtemp(path) == NULL)
		die("make %s: %s", path, strerror(errno));
}

static struct world *to_end;

static void
end(void)
{
	empty(to_end->top);
	(void)rmdir(to_end->top);
	if (to_end->medium[0] == '\0')
		return;
	empty(to_end->medium);
	(void)rmdir(to_end->medium);
}

void
world_begin(struct world *w)
{
	const char *tmp = getenv("TMPDIR");
	struct stat a, b;

	memset(w, 0, sizeof *w);
	tmp = tmp != NULL ? tmp : "/tmp";
	to_end = w;
	if (atexit(end) != 0)
		die("atexit");
	make(w->top, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : tmp);
	make(w->medium, tmp);
	if (stat(w->top, &a) != 0 || stat(w->medium, &b) != 0)
		die("%s: %s", w->top, strerror(errno));
	if (a.st_dev == b.st_dev) {
		(void)rmdir(w->medium);
		w->medium[0] = '\0';
	}
	w->out = memfd_create("out", MFD_CLOEXEC);
	w->err = memfd_create("err", MFD_CLOEXEC);
	if (w->out < 0 || w->err < 0 || mkdir(top_path(w, "w"), 0700) != 0 ||
	    mkdir(world_path(w, "tmp"), 0700) != 0 ||
	    mkdir(world_path(w, "drop"), 0700) != 0 ||
	    mkdir(world_path(w, "cards"), 0700) != 0)
		die("make a world: %s", strerror(errno));
	if (w->medium[0] != '\0' &&
	    symlink(w->medium, world_path(w, "medium")) != 0)
		die("make a medium: %s", strerror(errno));
}

void
world_text(const struct world *w, const char *name, const char *text)
{
	FILE *f = fopen(world_path(w, name), "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		die("write %s: %s", name, strerror(errno));
}

void
world_bytes(const struct world *w, const char *name, size_t len)
{
	unsigned char seed[randombytes_SEEDBYTES] = { 0 }, *bytes;
	FILE *f = fopen(world_path(w, name), "w");

	seed[0] = (unsigned char)name[0];
	if (f == NULL || (bytes = malloc(len)) == NULL)
		die("write %s: %s", name, strerror(errno));
	randombytes_buf_deterministic(bytes, len, seed);
	if (fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		die("write %s: %s", name, strerror(errno));
	free(bytes);
}

/* --- what is there ----------------------------------------------------- */

static void
list_file(const char *path, const struct stat *st, struct buf *out)
{
	CLEANUP(buf_freep) char *bytes = malloc((size_t)st->st_size + 1);
	unsigned char hash[16];
	char hex[33];
	FILE *f = fopen(path, "r");
	size_t n;

	if (bytes == NULL || f == NULL)
		die("read %s: %s", path, strerror(errno));
	n = fread(bytes, 1, (size_t)st->st_size, f);
	(void)fclose(f);
	(void)crypto_generichash(hash, sizeof hash, (unsigned char *)bytes, n,
	    NULL, 0);
	text_hex(hex, hash, sizeof hash);
	buf_addf(out, "%zu %s", n, hex);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_listed(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
	    strcmp(e->d_name, "store.db") != 0;
}

static int
is_lock(const char *path)
{
	size_t len = strlen(path);

	return (len > 5 && strcmp(path + len - 5, "/lock") == 0) ||
	    (len > 10 && strcmp(path + len - 10, "/sync.lock") == 0);
}

void
world_list(const struct world *w, const char *folder, struct buf *out)
{
	struct dirent **names = NULL;
	char path[512];
	struct stat st;
	int n, i;

	(void)snprintf(path, sizeof path, "%s", world_path(w, folder));
	if ((n = scandir(path, &names, is_listed, by_name)) < 0)
		return;
	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "%.200s/%.255s", folder,
		    names[i]->d_name);
		free(names[i]);
		if (stat(world_path(w, path), &st) != 0)
			die("look at %s: %s", path, strerror(errno));
		buf_addf(out, "%s ", path);

		/* What a lock says is of who held it. */
		if (S_ISREG(st.st_mode) && !is_lock(path))
			list_file(world_path(w, path), &st, out);
		buf_addc(out, '\n');
		if (S_ISDIR(st.st_mode))
			world_list(w, path, out);
	}
	free(names);
}

void
world_litter(const struct world *w, const char *folder, struct buf *out)
{
	DIR *d = opendir(world_path(w, folder));
	const struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    strcmp(e->d_name, ".satchel-drop") != 0)
			buf_addf(out, " %s/%s", folder, e->d_name);
	(void)closedir(d);
}

/* --- runs -------------------------------------------------------------- */

struct command {
	struct world *w;
	const struct trace_fault *fault;
	char text[512];			/* its words, each with a NUL */
	char *argv[WORDS_MAX + 3];
	int argc;
	char digits[128];		/* of "@x" */
};

static int
run(void *ctx)
{
	struct command *c = ctx;
	int null = open("/dev/null", O_RDONLY), exit;

	if (chdir(world_path(c->w, "")) != 0 || dup2(null, 0) != 0 ||
	    dup2(c->w->out, 1) != 1 || dup2(c->w->err, 2) != 2)
		return 98;
	(void)close(null);
	(void)setenv("HOME", world_path(c->w, ""), 1);
	(void)setenv("XDG_STATE_HOME", world_path(c->w, "state"), 1);
	(void)setenv("TMPDIR", world_path(c->w, "tmp"), 1);
	(void)setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
	if (c->fault == NULL || c->fault->set != TRACE_MEMORY)
		return satchel_main(c->argc, c->argv);
	memory_arm(c->fault->at, c->fault->on);
	exit = satchel_main(c->argc, c->argv);
	memory_disarm();
	return exit;
}

static void
split(struct command *c, const char *words)
{
	static char program[] = "satchel", home[] = "--home";
	char *word, *rest = NULL;

	(void)snprintf(c->text, sizeof c->text, "%s", words);
	c->argv[c->argc++] = program;
	c->argv[c->argc++] = home;
	for (word = strtok_r(c->text, " ", &rest); word != NULL;
	    word = strtok_r(NULL, " ", &rest)) {
		if (c->argc == WORDS_MAX)
			die("too many words: %s", words);
		c->argv[c->argc++] = word;
	}
	c->argv[c->argc] = NULL;
}

/* "@x" becomes the digits of site x. */
static void
fill(struct command *c)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;
	char words[64];
	int i;

	for (i = 3; i < c->argc; i++) {
		if (c->argv[i][0] != '@')
			continue;
		(void)snprintf(words, sizeof words, "%s site fingerprint",
		    c->argv[i] + 1);
		if (world_run(c->w, words, NULL, &s) != 0 ||
		    said_exit(&s) != 0)
			die("%s: %s", words, buf_str(&s.err));
		(void)snprintf(c->digits, sizeof c->digits, "%.*s",
		    (int)strcspn(s.out.at, "\n"), s.out.at);
		c->argv[i] = c->digits;
	}
}

static void
take(int fd, struct buf *out)
{
	char block[4096];
	ssize_t n;

	buf_reset(out);
	(void)lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, block, sizeof block)) > 0)
		buf_add(out, block, (size_t)n);
	(void)lseek(fd, 0, SEEK_SET);
	if (ftruncate(fd, 0) != 0 || buf_str(out) == NULL)
		die("out of memory");
}

int
world_run(struct world *w, const char *words,
    const struct trace_fault *fault, struct said *ret)
{
	struct command c = { .w = w, .fault = fault };
	int memory = fault != NULL && fault->set == TRACE_MEMORY, rc;

	split(&c, words);
	fill(&c);
	rc = trace_run(run, &c, memory ? NULL : fault, &ret->end);
	if (memory) {
		ret->end.calls = memory_shared()->calls;
		ret->end.fired = memory_shared()->fired;
		ret->blocks = memory_shared()->blocks;
		(void)strcpy(ret->end.call, "malloc");
	}
	take(w->out, &ret->out);
	take(w->err, &ret->err);
	return rc;
}

int
said_exit(const struct said *s)
{
	return WIFEXITED(s->end.status) ? WEXITSTATUS(s->end.status) :
	    256 + WTERMSIG(s->end.status);
}

void
world_need(struct world *w, const char *words, int want)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;

	if (world_run(w, words, NULL, &s) != 0 || said_exit(&s) != want)
		die("%s: exit %d, not %d: %s", words, said_exit(&s), want,
		    buf_str(&s.err));
}
