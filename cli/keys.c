#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "ask.h"

#define KEY_FILE_MAX 8192u
#define AGE_PUB_MAX 128u

const struct opt keys_opts[] = {
	{ "passphrase-file", OPT_FILE, "FILE",
	    "read the passphrase of the keys from the first line of FILE" },
	{ "passphrase-fd", OPT_NUMBER, "N",
	    "read it from file descriptor N" },
	OPT_END
};

/* Not earlier: it also closes /dev/stdin and /dev/fd to us. */
void
keys_protect(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
secret_freep(char **s)
{
	sodium_free(*s);
	*s = NULL;
}

void
keys_clear(struct keys *k)
{
	minisign_secret_freep(&k->sign);
	age_identity_freep(&k->age);
	secret_freep(&k->pass);
	k->pass_len = 0;
}

/* --- passphrase -------------------------------------------------------- */

/* The first line of what is read, without its newline. */
static int
read_pass(struct keys *k, int fd, const char *name, struct err *err)
{
	size_t n = 0, line;
	ssize_t got;
	char *end;

	keys_protect();

	/* One byte more, to notice a line that is too long. */
	if ((k->pass = sodium_malloc(KEYS_PASS_MAX + 2)) == NULL)
		return err_oom(err);
	while (n < KEYS_PASS_MAX + 2) {
		got = read(fd, k->pass + n, KEYS_PASS_MAX + 2 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_io(err, errno, "read \"%s\"", name);
		if (got == 0)
			break;
		n += (size_t)got;
		if (memchr(k->pass, '\n', n) != NULL)
			break;
	}
	end = memchr(k->pass, '\n', n);
	line = end != NULL ? (size_t)(end - k->pass) : n;
	if (line > 0 && k->pass[line - 1] == '\r')
		line--;
	if (line == 0 || line > KEYS_PASS_MAX)
		return err_set(err, E_PASSPHRASE, "\"%s\": a passphrase of 1 "
		    "to %u bytes expected in the first line", name,
		    KEYS_PASS_MAX);
	k->pass_len = line;
	return 0;
}

static int
ask_pass(struct keys *k, const char *question, struct err *err)
{
	int n;

	keys_protect();
	if ((k->pass = sodium_malloc(ASK_MAX)) == NULL)
		return err_oom(err);
	if ((n = ask_secret(question, k->pass, err)) < 0)
		return n;
	if (n == 0)
		return err_set(err, E_PASSPHRASE, "the passphrase is empty");
	k->pass_len = (size_t)n;
	return 0;
}

/* From --passphrase-file or --passphrase-fd: 1, or 0 if neither is given. */
static int
given_pass(struct keys *k, const struct opts *o, struct err *err)
{
	CLEANUP(file_closep) int own = -1;
	const char *file = opt_text(o, "passphrase-file");
	int fd, rc;

	if (file != NULL && opt_text(o, "passphrase-fd") != NULL)
		return err_set(err, E_USAGE, "--passphrase-file and "
		    "--passphrase-fd cannot go together");
	if (file != NULL) {
		own = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (own < 0)
			return err_io(err, errno, "passphrase file \"%s\"",
			    file);
		fd = own;
	} else if (opt_text(o, "passphrase-fd") != NULL) {
		fd = (int)opt_number(o, "passphrase-fd", 0);
		file = "--passphrase-fd";
	} else {
		return 0;
	}
	rc = read_pass(k, fd, file, err);
	return rc < 0 ? rc : 1;
}

/* The passphrase of a locked key. */
static int
need_pass(struct keys *k, const struct opts *o, struct err *err)
{
	int rc;

	if (k->pass_len > 0)
		return 0;
	secret_freep(&k->pass);
	if ((rc = given_pass(k, o, err)) != 0)
		return rc;
	if (!ask_possible()) {
		(void)err_set(err, E_PASSPHRASE, "the keys of this site are "
		    "under a passphrase, and there is no terminal to ask for "
		    "it");
		return err_next(err, "name it with --passphrase-file or "
		    "--passphrase-fd");
	}
	return ask_pass(k, "Passphrase of this site's keys: ", err);
}

int
keys_new_pass(struct keys *k, const struct opts *o, struct err *err)
{
	CLEANUP(keys_clear) struct keys again = KEYS_INIT;
	int rc;

	if ((rc = given_pass(k, o, err)) < 0)
		return rc;
	if (!opt_flag(o, "ask-passphrase"))
		return 0;
	if (rc > 0)
		return err_set(err, E_USAGE, "--ask-passphrase cannot go with "
		    "another source of the passphrase");
	if ((rc = ask_pass(k, "New passphrase: ", err)) < 0 ||
	    (rc = ask_pass(&again, "The same again: ", err)) < 0)
		return rc;
	if (k->pass_len != again.pass_len ||
	    sodium_memcmp(k->pass, again.pass, k->pass_len) != 0)
		return err_set(err, E_PASSPHRASE, "the two passphrases "
		    "differ");
	return 0;
}

/* --- making ------------------------------------------------------------ */

static int
key_path(struct buf *out, const char *folder, const char *name,
    struct err *err)
{
	buf_addf(out, "%s/%s", folder, name);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
put(const char *folder, const char *name, unsigned mode,
    const struct buf *text, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	if (buf_check(text, err) < 0 ||
	    key_path(&path, folder, name, err) < 0)
		return -(int)err->code;
	return file_put(path.at, mode, text->at, text->len, err);
}

static int
put_sign(struct keys *k, const char *folder, struct err *err)
{
	CLEANUP(buf_clear) struct buf secret = BUF_SECRET;
	CLEANUP(buf_clear) struct buf public = BUF_INIT;
	struct minisign_pub pub;
	int rc;

	if ((rc = minisign_secret_new(&k->sign, err)) < 0 ||
	    (rc = minisign_secret_write(k->sign, k->pass, k->pass_len,
	    &secret, err)) < 0)
		return rc;
	minisign_public(k->sign, &pub);
	minisign_pub_write(&pub, &public);
	if ((rc = put(folder, "sign.key", 0600, &secret, err)) < 0)
		return rc;
	return put(folder, "sign.pub", 0644, &public, err);
}

static int
put_age(struct keys *k, const char *folder, struct err *err)
{
	CLEANUP(buf_clear) struct buf secret = BUF_SECRET;
	CLEANUP(buf_clear) struct buf public = BUF_INIT;
	struct age_recipient pub;
	int rc;

	if ((rc = age_identity_new(&k->age, err)) < 0 ||
	    (rc = age_identity_write(k->age, k->pass, k->pass_len, &secret,
	    err)) < 0)
		return rc;
	age_recipient_of(k->age, &pub);
	age_recipient_write(&pub, &public);
	buf_addc(&public, '\n');
	if ((rc = put(folder, "age.key", 0600, &secret, err)) < 0)
		return rc;
	return put(folder, "age.pub", 0644, &public, err);
}

int
keys_create(struct keys *k, const char *folder, struct err *err)
{
	int rc;

	keys_protect();
	rc = put_sign(k, folder, err);
	return rc < 0 ? rc : put_age(k, folder, err);
}

/* --- loading ----------------------------------------------------------- */

/* Ours, a plain file, and closed to others? */
static int
check_perms(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_io(err, errno, "\"%s\"", path);
	if (st.st_uid != geteuid())
		return err_set(err, E_PERMS, "\"%s\" belongs to user %u, not "
		    "to us (%u)", path, (unsigned)st.st_uid,
		    (unsigned)geteuid());
	if ((st.st_mode & 077) != 0) {
		(void)err_set(err, E_PERMS, "\"%s\" is open to others (mode "
		    "%04o)", path, (unsigned)st.st_mode & 07777);
		return err_next(err, "if nobody can have read it: chmod 600 "
		    "'%s'", path);
	}
	return 0;
}

static int
read_secret(const char *path, struct buf *out, struct err *err)
{
	CLEANUP(file_closep) int fd = -1;
	uint64_t size = 0;
	struct stat st;
	int64_t n;
	char *to;

	keys_protect();
	if (lstat(path, &st) != 0) {
		(void)err_set(err, E_KEYFILE, "key file \"%s\": %s", path,
		    strerror(errno));
		return err_next(err, "put it back from a backup of this home");
	}
	if (S_ISLNK(st.st_mode))
		return err_set(err, E_PERMS, "key file \"%s\" is a link, not "
		    "a file", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, E_KEYFILE, "key file \"%s\" is not a "
		    "file", path);
	if ((fd = file_open(path, &size, err)) < 0)
		return err_prefix(err, "key file");
	if (check_perms(fd, path, err) < 0)
		return -(int)err->code;
	if (size > KEY_FILE_MAX)
		return err_set(err, E_KEYFILE, "\"%s\" is too long for a key",
		    path);
	if ((to = buf_room(out, KEY_FILE_MAX)) == NULL)
		return err_oom(err);
	if ((n = file_pread(fd, to, (size_t)size, 0, path, err)) < 0)
		return (int)n;
	out->len += (size_t)n;
	return 0;
}

/* Whatever is wrong with the text of our own key: the key file is. */
static int
bad_key(struct err *err, const char *path)
{
	return err_prefix(err, "\"%s\"", path);
}

int
keys_sign(struct keys *k, const struct opts *o, const char *home,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_SECRET;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct minisign_pub pub;
	struct card public;
	int rc;

	if (k->sign != NULL)
		return 0;
	if ((rc = keys_public(home, &public, err)) < 0 ||
	    (rc = key_path(&path, home, "keys/sign.key", err)) < 0 ||
	    (rc = read_secret(path.at, &text, err)) < 0)
		return rc;
	if (minisign_secret_is_locked(text.at, text.len) &&
	    (rc = need_pass(k, o, err)) < 0)
		return rc;
	if (minisign_secret_parse(&k->sign, text.at, text.len, k->pass,
	    k->pass_len, err) < 0)
		return bad_key(err, path.at);

	/* A signature under a foreign public half would give the key away. */
	minisign_public(k->sign, &pub);
	if (memcmp(&pub, &public.sign, sizeof pub) != 0) {
		minisign_secret_freep(&k->sign);
		return err_set(err, E_KEYFILE, "\"%s\" and sign.pub do not "
		    "belong together", path.at);
	}
	return 0;
}

int
keys_age(struct keys *k, const struct opts *o, const char *home,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_SECRET;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct age_recipient pub;
	struct card public;
	int rc;

	if (k->age != NULL)
		return 0;
	if ((rc = keys_public(home, &public, err)) < 0 ||
	    (rc = key_path(&path, home, "keys/age.key", err)) < 0 ||
	    (rc = read_secret(path.at, &text, err)) < 0)
		return rc;
	if (age_identity_is_locked(text.at, text.len) &&
	    (rc = need_pass(k, o, err)) < 0)
		return rc;
	if (age_identity_parse(&k->age, text.at, text.len, k->pass,
	    k->pass_len, err) < 0)
		return bad_key(err, path.at);
	age_recipient_of(k->age, &pub);
	if (memcmp(pub.key, public.age.key, sizeof pub.key) != 0) {
		age_identity_freep(&k->age);
		return err_set(err, E_KEYFILE, "\"%s\" and age.pub do not "
		    "belong together", path.at);
	}
	return 0;
}

/* 1: it needs a passphrase. */
static int
is_locked(const char *home, const char *name,
    int (*is)(const char *text, size_t len), struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_SECRET;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	if ((rc = key_path(&path, home, name, err)) < 0 ||
	    (rc = read_secret(path.at, &text, err)) < 0)
		return rc;
	return is(text.at, text.len);
}

int
keys_check(const char *home, struct err *err)
{
	CLEANUP(keys_clear) struct keys k = KEYS_INIT;
	struct card public;
	int sign, age, rc;

	if ((rc = keys_public(home, &public, err)) < 0 ||
	    (rc = sign = is_locked(home, "keys/sign.key",
	    minisign_secret_is_locked, err)) < 0 ||
	    (rc = age = is_locked(home, "keys/age.key",
	    age_identity_is_locked, err)) < 0 ||
	    (!sign && (rc = keys_sign(&k, NULL, home, err)) < 0) ||
	    (!age && (rc = keys_age(&k, NULL, home, err)) < 0))
		return rc;
	return !sign && !age;
}

/* A public key file of ours is a key file: what is wrong with it has that
 * name, not the trust store's. */
static int
bad_public(struct err *err, const char *path)
{
	char why[ERR_TEXT_MAX];

	if (err->code == E_INTERNAL)	/* no memory: it may be good */
		return -(int)err->code;
	memcpy(why, err->text, sizeof why);
	err_clear(err);
	(void)err_set(err, E_KEYFILE, "\"%.400s\": %.600s", path, why);
	return err_next(err, "is the medium with the keys there?  Else put "
	    "them back from a backup of this home");
}

int
keys_public(const char *home, struct card *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf sign = BUF_INIT, age = BUF_INIT;
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	if (key_path(&path, home, "keys/sign.pub", err) < 0)
		return -(int)err->code;
	if (file_read_all(path.at, KEY_FILE_MAX, &sign, err) < 0 ||
	    minisign_pub_parse(&ret->sign, sign.at, sign.len, err) < 0)
		return bad_public(err, path.at);
	buf_reset(&path);
	if (key_path(&path, home, "keys/age.pub", err) < 0)
		return -(int)err->code;
	if (file_read_all(path.at, AGE_PUB_MAX, &age, err) < 0)
		return bad_public(err, path.at);
	if (age.len > 0 && age.at[age.len - 1] == '\n')
		age.len--;
	if (age_recipient_parse(&ret->age, age.at, age.len, err) < 0)
		return bad_public(err, path.at);
	return 0;
}
