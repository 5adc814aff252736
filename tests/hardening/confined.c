/* What can be reached once a command is confined?
 *
 * Each case is a command line, and attempts that must work (+) or fail (-) in
 * a process that was confined for it as cli/main.c does.  Exit 77: the kernel
 * has no Landlock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../base/file.h"
#include "../../cli/confine.h"
#include "../../cli/fence.h"
#include "../../mirror/http.h"
#include "../unit/unit.h"

#define CREATE_RULESET 444		/* on nearly all machines */
#define ASK_VERSION 1
#define WORDS_MAX 8
#define TRIES_MAX 14

static const struct opt common[] = {
	{ "home", OPT_TEXT, "DIR", NULL },
	OPT_END
};

static char top[256];
static unsigned ports[2];		/* of listeners */
static int version;

/* --- attempts ---------------------------------------------------------- */

static int
try_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY);

	return fd >= 0 && read(fd, &byte, 1) >= 0;
}

static int
try_list(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY) >= 0;
}

/* All that making a file needs: temporary, rename, shorten, remove. */
static int
try_write(const char *path)
{
	char temp[PATH_MAX];
	int fd;

	(void)snprintf(temp, sizeof temp, "%s.part", path);
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) != 0 ||
	    rename(temp, path) != 0)
		return 0;
	fd = open(path, O_WRONLY | O_TRUNC);
	return fd >= 0 && unlink(path) == 0;
}

static int
try_over(const char *path)
{
	return open(path, O_WRONLY) >= 0 || truncate(path, 0) == 0;
}

static int
try_remove(const char *path)
{
	return unlink(path) == 0;
}

static int
try_folder(const char *path)
{
	return mkdir(path, 0700) == 0 && rmdir(path) == 0;
}

/* Out of the home, to a place that may be written. */
static int
try_move(const char *path)
{
	return rename("home/moved", path) == 0 && rename(path,
	    "home/moved") == 0;
}

static int
try_exec(const char *path)
{
	(void)execl(path, path, (char *)NULL);
	return 0;
}

static int
try_connect(const char *which)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons((in_port_t)ports[which[0] - '0']),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)(void *)&to, sizeof to) == 0;
}

static int
try_listen(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)unused;
	return bind(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0;
}

static int
try_signal(const char *unused)
{
	(void)unused;
	return kill(getppid(), 0) == 0;
}

static int
try_privileges(const char *unused)
{
	(void)unused;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static const struct attempt {
	const char *name;
	int since;			/* version that can forbid it */
	int (*run)(const char *what);
} attempts[] = {
	{ "read", 1, try_read }, { "list", 1, try_list },
	{ "write", 1, try_write }, { "over", 3, try_over },
	{ "remove", 1, try_remove }, { "folder", 1, try_folder },
	{ "move", 2, try_move }, { "exec", 1, try_exec },
	{ "connect", 4, try_connect }, { "listen", 4, try_listen },
	{ "signal", 6, try_signal }, { "privileges", 1, try_privileges },
};

/* --- cases ------------------------------------------------------------- */

#define NOTHING								\
	"-read /etc/passwd", "-read aside/file", "-write aside/new",	\
	"-over aside/file", "-remove aside/file", "-exec /bin/true",	\
	"-listen", "-signal", "-privileges"

static const struct reach {
	const struct cmd_spec *spec;
	const char *words[WORDS_MAX];
	const char *tries[TRIES_MAX];
} reaches[] = {
	/* What a hostile file can meet first. */
	{ &cmd_import, { "drop/a.satchel", "--home", "home" }, { NOTHING,
	    "+write home/spool/x", "+read drop/a.satchel", "+write drop/b",
	    "-connect 0" } },
	{ &cmd_import, { "drop", "--home", "home" }, { NOTHING,
	    "+list drop", "+write drop/b", "+write state/satchel/x" } },
	{ &cmd_import, { "drop/a.satchel", "--home", "home", "--requests",
	    "answers" }, { NOTHING,
	    "+read drop/a.satchel", "-write drop/b", "+write answers/b" } },
	{ &cmd_verify, { "drop/a.satchel", "--home", "home" }, { NOTHING,
	    "+read drop/a.satchel", "-write drop/b", "-list drop" } },
	{ &cmd_inspect, { "drop/a.satchel" }, { NOTHING,
	    "+read drop/a.satchel", "-write drop/b", "-read home/file" } },
	{ &cmd_peer_add, { "drop/a.satchel", "--home", "home" }, { NOTHING,
	    "+read drop/a.satchel", "-write drop/b", "+write home/b" } },

	/* A home through links. */
	{ &cmd_status, { "--home", "link" }, { NOTHING,
	    "+write home/b", "+write far/b", "+folder state/satchel/b",
	    "-read drop/a.satchel" } },

	/* Places: a folder, a name in one, one that is made. */
	{ &cmd_export, { "--to", "b", "--out", "drop", "--home", "home" },
	    { NOTHING, "+write drop/b", "+move drop/b", "-connect 0" } },
	{ &cmd_receipt, { "--to", "b", "--out", "drop/b", "--home", "home" },
	    { NOTHING, "+write drop/b" } },
	{ &cmd_lab_dump, { "--attachments", "drop/att", "--home", "home" },
	    { NOTHING, "+folder drop/att", "+read drop/a.satchel" } },

	/* Lines may name any file, and change none. */
	{ &cmd_lab_load, { "drop/a.satchel", "--home", "home" }, {
	    "+read /etc/passwd", "+read aside/file", "-write aside/new",
	    "-over aside/file", "-exec /bin/true", "-connect 0",
	    "-write drop/b", "-listen", "-signal" } },
	{ &cmd_conflicts_resolve, { "--disjoint", "--home", "home" },
	    { NOTHING } },

	/* A mirror has a port, and a file with the password. */
	{ &cmd_notice, { "--home", "mirror" }, { "-read aside/file",
	    "-write aside/new", "-exec /bin/true", "-listen", "-signal",
	    "+read /etc/passwd", "+read secret/password",
	    "-over secret/password", "+connect 0", "-connect 1" } },
	{ &cmd_import, { "drop/a.satchel", "--home", "mirror" }, {
	    "-read aside/file", "+connect 0", "-connect 1",
	    "+write drop/b" } },
	{ &cmd_log, { "--home", "mirror" }, { NOTHING, "-connect 0",
	    "-read secret/password" } },
};
#define REACHES (sizeof reaches / sizeof *reaches)

/* --- running ----------------------------------------------------------- */

static void
confine_for(const struct reach *r)
{
	struct err err = ERR_INIT;
	struct cmd c = { .opts = OPTS_INIT, .keys = KEYS_INIT };
	size_t count = 0;

	while (count < WORDS_MAX && r->words[count] != NULL)
		count++;
	c.opts.tables[0] = common;
	c.opts.tables[1] = r->spec->opts;
	if (opt_parse(&c.opts, r->words, count, &err) < 0)
		_exit(3);
	if (confine(&c, r->spec, &err) != version)
		_exit(4);
}

/* One attempt, in a process of its own: 1 if it worked. */
static int
attempt(const struct reach *r, const char *try)
{
	const char *what = strchr(try, ' ');
	size_t len = what != NULL ? (size_t)(what - try) : strlen(try), i;
	pid_t pid;
	int status;

	for (i = 0; strlen(attempts[i].name) != len - 1 ||
	    strncmp(attempts[i].name, try + 1, len - 1) != 0; i++)
		;
	if (try[0] == '-' && attempts[i].since > version)
		return 0;
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		confine_for(r);
		_exit(attempts[i].run(what != NULL ? what + 1 : "") ? 0 : 9);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 9)
		FAIL("%s: ended with %d", try, WEXITSTATUS(status));
	return WEXITSTATUS(status) == 0;
}

static int
try_all(const struct reach *r)
{
	int i, bad = 0;

	for (i = 0; i < TRIES_MAX && r->tries[i] != NULL; i++)
		if (attempt(r, r->tries[i]) != (r->tries[i][0] == '+')) {
			fprintf(stderr, "case %d: %s\n", (int)(r - reaches),
			    r->tries[i]);
			bad++;
		}
	return bad;
}

/* --- a world ----------------------------------------------------------- */

static void
put(const char *path, const char *text)
{
	struct err err = ERR_INIT;

	CHECK_OK(file_put(path, 0600, text, strlen(text), &err), &err);
}

static unsigned
listen_at(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)(void *)&at, len), 0);
	CHECK_INT(listen(fd, 64), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)(void *)&at, &len), 0);
	return ntohs(at.sin_port);
}

static void
make_world(void)
{
	static const char *const folders[] = { "home", "home/keys", "mirror",
	    "mirror/keys", "mirror/spool", "drop", "aside", "answers", "far",
	    "secret", "state", "state/satchel" };
	const char *tmp = getenv("TMPDIR");
	char ini[400], state[270];
	size_t i;

	(void)snprintf(top, sizeof top, "%.200s/satchel-confined.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	CHECK(mkdtemp(top) != NULL && chdir(top) == 0);
	(void)snprintf(state, sizeof state, "%s/state", top);
	CHECK_INT(setenv("XDG_STATE_HOME", state, 1), 0);
	for (i = 0; i < sizeof folders / sizeof *folders; i++)
		CHECK_INT(mkdir(folders[i], 0700), 0);
	CHECK_INT(symlink("../far", "home/spool"), 0);
	CHECK_INT(symlink("home", "link"), 0);
	put("home/file", "x");
	put("home/moved", "x");
	put("drop/a.satchel", "x");
	put("aside/file", "x");
	put("secret/password", "x");
	ports[0] = listen_at();
	ports[1] = listen_at();
	(void)snprintf(ini, sizeof ini, "[mirror]\nurl = http://127.0.0.1:%u/x"
	    "\nuser = u\npassword-file = %s/secret/password\n", ports[0], top);
	put("mirror/mirror.ini", ini);
}

TEST(commands_reach_what_they_need)
{
	int bad = 0;
	size_t i;

	CHECK(version > 0);
	make_world();
	for (i = 0; i < REACHES; i++)
		bad += try_all(&reaches[i]);
	CHECK_INT(bad, 0);
}

/* --- a system whose settings are links --------------------------------- */

static int
say_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	return fd >= 0 && write(fd, text, strlen(text)) >= 0 &&
	    close(fd) == 0;
}

/* An /etc of our own, and empty; 0: not allowed here. */
static int
own_etc(void)
{
	char users[40], groups[40];

	(void)snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
	(void)snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	    say_to("/proc/self/setgroups", "deny") &&
	    say_to("/proc/self/uid_map", users) &&
	    say_to("/proc/self/gid_map", groups) &&
	    mount("etc", "/etc", "tmpfs", 0, "mode=0755") == 0;
}

/* How many settings cannot be read that are links to a place that is none of
 * the system's; negative: not tried. */
static int
unread_links(void)
{
	static const struct reach mirror = { &cmd_notice,
	    { "--home", "mirror" }, { NULL } };
	const char *names[] = { "/etc/resolv.conf", "/etc/hosts",
	    "/etc/nsswitch.conf", NULL }, *folder;
	struct err err = ERR_INIT;
	char to[300], above[300];
	size_t i, count = sizeof names / sizeof *names;
	int bad = 0;

	(void)snprintf(to, sizeof to, "%s/aside/linked", top);
	http_trusted(&names[3], &folder);
	if (names[3] == NULL || strncmp(names[3], "/etc/", 5) != 0)
		count = 3;
	if (!own_etc())
		return -1;
	for (i = 0; i < count; i++) {
		(void)snprintf(above, sizeof above, "%s", names[i]);
		*strrchr(above, '/') = '\0';
		if (file_folders(above, 0755, &err) < 0 ||
		    symlink(to, names[i]) != 0)
			return (int)count;
	}
	confine_for(&mirror);
	for (i = 0; i < count; i++)
		bad += !try_read(names[i]);
	return bad + try_read("aside/file");
}

TEST(settings_that_are_links)
{
	int status, bad;
	pid_t pid;

	put("aside/linked", "x");
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		bad = unread_links();
		_exit(bad < 0 ? 77 : bad);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		fprintf(stderr, "no /etc of our own here: links not tried\n");
	else
		CHECK_INT(WEXITSTATUS(status), 0);
}

int
main(void)
{
	CLEANUP(fence_clear) struct fence f = FENCE_INIT;
	char remove[280];
	int rc;

	if (sodium_init() < 0)
		return 1;
	if (syscall(CREATE_RULESET, NULL, 0, ASK_VERSION) < 1) {
		puts("no Landlock in this kernel");
		return 77;
	}
	version = fence_begin(&f);
	rc = unit_run();
	(void)snprintf(remove, sizeof remove, "rm -rf '%s'", top);
	return top[0] == '\0' || system(remove) == 0 ? rc : 1;
}
