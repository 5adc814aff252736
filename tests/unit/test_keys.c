/* The key files of a home. */
#include "cli/keys.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static struct err e = ERR_INIT;
static char home[64];

static const struct opt init_opts[] = {
	{ "ask-passphrase", OPT_FLAG, NULL, "ask" },
	OPT_END
};

static const char *
path(const char *name)
{
	static char full[256];

	(void)snprintf(full, sizeof full, "%s/%s", home, name);
	return full;
}

static void
put(const char *name, const char *text)
{
	CHECK_OK(file_put(path(name), 0600, text, strlen(text), &e), &e);
}

static void
parse(struct opts *o, const char *arg)
{
	*o = (struct opts){ .tables = { keys_opts, init_opts } };
	CHECK_OK(opt_parse(o, &arg, arg != NULL, &e), &e);
}

/* Fresh keys in the home, under a passphrase or not. */
static void
make(const char *pass)
{
	CLEANUP(keys_clear) struct keys k = KEYS_INIT;
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;
	char arg[300] = "--passphrase-file=";

	if (pass != NULL) {
		put("pass", pass);
		(void)strcat(arg, path("pass"));
	}
	parse(&o, pass != NULL ? arg : NULL);
	CHECK_OK(keys_new_pass(&k, &o, &e), &e);
	CHECK_OK(keys_create(&k, path("keys"), &e), &e);
}

/* Load both with the passphrase file `pass`; the result of the worse. */
static int
load(const char *pass)
{
	CLEANUP(keys_clear) struct keys k = KEYS_INIT;
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;
	char arg[300] = "--passphrase-file=";
	int rc;

	if (pass != NULL) {
		put("pass", pass);
		(void)strcat(arg, path("pass"));
	}
	parse(&o, pass != NULL ? arg : NULL);
	if ((rc = keys_sign(&k, &o, home, &e)) < 0 ||
	    (rc = keys_age(&k, &o, home, &e)) < 0)
		return rc;
	return 0;
}

static unsigned
mode_of(const char *name)
{
	struct stat st;

	CHECK(stat(path(name), &st) == 0);
	return st.st_mode & 0777;
}

TEST(made_and_loaded)
{
	struct card card;

	make(NULL);
	CHECK_INT(mode_of("keys/sign.key"), 0600);
	CHECK_INT(mode_of("keys/age.key"), 0600);
	CHECK_OK(load(NULL), &e);
	CHECK_OK(keys_public(home, &card, &e), &e);
}

TEST(under_a_passphrase)
{
	make("a secret\n");
	CHECK_OK(load("a secret"), &e);
	CHECK_OK(load("a secret\r\nand more"), &e);
	CHECK_ERR(load("a secre"), &e, E_PASSPHRASE);
	CHECK_ERR(load(""), &e, E_PASSPHRASE);
	CHECK_ERR(load("\na secret"), &e, E_PASSPHRASE);
}

TEST(long_passphrases)
{
	char pass[KEYS_PASS_MAX + 2];

	memset(pass, 'x', sizeof pass);
	pass[KEYS_PASS_MAX + 1] = '\0';
	CHECK_ERR(load(pass), &e, E_PASSPHRASE);
	pass[KEYS_PASS_MAX] = '\0';
	make(pass);
	CHECK_OK(load(pass), &e);
}

TEST(two_sources_of_a_passphrase)
{
	CLEANUP(keys_clear) struct keys k = KEYS_INIT;
	CLEANUP(opts_clear) struct opts o = { .tables = { keys_opts,
	    init_opts } }, p = { .tables = { keys_opts, init_opts } };
	const char *both[] = { "--passphrase-file=x", "--passphrase-fd=0" };
	const char *asked[] = { "--passphrase-file", path("pass"),
	    "--ask-passphrase" };

	CHECK_OK(opt_parse(&o, both, 2, &e), &e);
	CHECK_ERR(keys_new_pass(&k, &o, &e), &e, E_USAGE);
	put("pass", "x");
	asked[1] = path("pass");
	CHECK_OK(opt_parse(&p, asked, 3, &e), &e);
	CHECK_ERR(keys_new_pass(&k, &p, &e), &e, E_USAGE);
}

TEST(a_passphrase_file_that_is_not_there)
{
	CLEANUP(keys_clear) struct keys k = KEYS_INIT;
	CLEANUP(opts_clear) struct opts o = OPTS_INIT;

	parse(&o, "--passphrase-file=/no/such/file");
	CHECK_ERR(keys_new_pass(&k, &o, &e), &e, E_IO);
}

TEST(files_that_others_can_read)
{
	make(NULL);
	CHECK(chmod(path("keys/sign.key"), 0640) == 0);
	CHECK_ERR(load(NULL), &e, E_PERMS);
	CHECK(chmod(path("keys/sign.key"), 0600) == 0);
	CHECK(chmod(path("keys/age.key"), 0602) == 0);
	CHECK_ERR(load(NULL), &e, E_PERMS);
}

TEST(files_that_are_none)
{
	make(NULL);
	CHECK(unlink(path("keys/age.key")) == 0);
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	CHECK(symlink("sign.key", path("keys/age.key")) == 0);
	CHECK_ERR(load(NULL), &e, E_PERMS);
	CHECK(unlink(path("keys/age.key")) == 0);
	CHECK(mkdir(path("keys/age.key"), 0700) == 0);
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	CHECK(rmdir(path("keys/age.key")) == 0);
}

TEST(damaged_files)
{
	char big[8194];

	make(NULL);
	put("keys/sign.key", "");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	memset(big, '#', sizeof big);
	big[sizeof big - 1] = '\0';
	put("keys/sign.key", big);
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	make(NULL);
	put("keys/age.key", "AGE-SECRET-KEY-1");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	make(NULL);
	put("keys/sign.pub", "RWQ");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	make(NULL);
	put("keys/age.pub", "age1");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	make(NULL);
	CHECK(unlink(path("keys/age.pub")) == 0);
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
}

/* Put a key of another pair in its place. */
static void
exchange(const char *name)
{
	CLEANUP(buf_clear) struct buf old = BUF_INIT;

	make(NULL);
	CHECK_OK(file_read_all(path(name), 4096, &old, &e), &e);
	make(NULL);
	CHECK_OK(file_put(path(name), 0600, old.at, old.len, &e), &e);
}

TEST(halves_that_do_not_belong_together)
{
	exchange("keys/sign.key");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	exchange("keys/sign.pub");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	exchange("keys/age.key");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
	exchange("keys/age.pub");
	CHECK_ERR(load(NULL), &e, E_KEYFILE);
}

static void
remove_home(void)
{
	static const char *const names[] = { "keys/sign.key", "keys/sign.pub",
	    "keys/age.key", "keys/age.pub", "pass" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(path(names[i]));
	(void)rmdir(path("keys"));
	(void)rmdir(home);
}

int
main(void)
{
	int rc;

	(void)strcpy(home, "/tmp/test_keys.XXXXXX");
	if (sodium_init() < 0 || mkdtemp(home) == NULL ||
	    mkdir(path("keys"), 0700) != 0)
		return 1;
	rc = unit_run();
	remove_home();
	return rc;
}
