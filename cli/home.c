#include "home.h"

#include <pwd.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/text.h"
#include "../store/guard.h"
#include "../store/log.h"

#define REASON_MAX 1024u
#define DATE_MAX 253402300799		/* 9999-12-31T23:59:59Z */

/* The person's home folder. */
static int
person(const char **ret, struct err *err)
{
	const char *home = getenv("HOME");
	struct passwd *pw;

	if (home == NULL || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw != NULL ? pw->pw_dir : NULL;

		/* Once confined, nobody can look again. */
		if (home != NULL)
			(void)setenv("HOME", home, 1);
	}
	if (home == NULL || home[0] != '/') {
		(void)err_set(err, E_CONFIG, "HOME does not name a folder");
		return err_next(err, "name the site's folder with --home");
	}
	*ret = home;
	return 0;
}

int
home_path(const struct opts *o, struct buf *out, struct err *err)
{
	const char *path = opt_text(o, "home"), *base = NULL;

	if (path == NULL)
		path = getenv("SATCHEL_HOME");
	if (path != NULL && path[0] != '\0') {
		buf_adds(out, path);
	} else {
		if (person(&base, err) < 0)
			return -(int)err->code;
		buf_addf(out, "%s/.local/share/satchel", base);
	}

	/* "dir/" is "dir". */
	while (!out->failed && out->len > 1 && out->at[out->len - 1] == '/')
		out->len--;
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

int
home_state(struct buf *out, struct err *err)
{
	const char *base = getenv("XDG_STATE_HOME");

	if (base != NULL && base[0] == '/') {
		buf_addf(out, "%s/satchel", base);
	} else {
		if (person(&base, err) < 0)
			return -(int)err->code;
		buf_addf(out, "%s/.local/state/satchel", base);
	}
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

int
home_open(struct cmd *c, enum home_use use, struct store **ret,
    struct err *err)
{
	return home_open_wait(c, use, 0, ret, err);
}

int
home_open_wait(struct cmd *c, enum home_use use, unsigned least_s,
    struct store **ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, state = BUF_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	unsigned wait = (unsigned)opt_number(&c->opts, "wait", 0);
	int rc;

	if (wait < least_s)
		wait = least_s;
	if ((rc = home_path(&c->opts, &path, err)) < 0 ||
	    (rc = store_open(&s, path.at, use == HOME_READ ? STORE_READ :
	    STORE_WRITE, wait, err)) < 0)
		return rc;
	if (use == HOME_WRITE && ((rc = home_state(&state, err)) < 0 ||
	    (rc = guard_check(s, state.at, err)) < 0))
		return rc;
	*ret = s;
	s = NULL;
	return 0;
}

int
home_card(struct store *s, struct card *ret, struct err *err)
{
	int64_t now = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	ret->actor = s->self;
	memcpy(ret->name, s->name, sizeof ret->name);
	if ((rc = home_now(&now, err)) < 0)
		return rc;
	text_date(ret->created, now);
	return keys_public(s->home, ret, err);
}

int
home_now(int64_t *ret, struct err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t n;

	if (text == NULL || text[0] == '\0') {
		*ret = (int64_t)time(NULL);
		return 0;
	}
	if (text_number(&n, text, strlen(text), DATE_MAX) < 0)
		return err_set(err, E_USAGE, "SOURCE_DATE_EPOCH: seconds "
		    "since 1970 expected, \"%s\" found", text);
	*ret = (int64_t)n;
	return 0;
}

int
home_log(struct store *s, const char *event, const char *peer,
    const char *detail, struct err *err)
{
	int rc;

	if ((rc = store_begin(s, err)) < 0 ||
	    (rc = log_add(s, event, peer, NULL, detail, err)) < 0)
		return rc;
	return store_commit(s, err);
}

int
home_check_reason(const char *reason, struct err *err)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	size_t len = strlen(reason);

	/* What is safe to print stays as it is when it is made safe. */
	text_safe(&safe, reason, len);
	if (buf_check(&safe, err) < 0)
		return -(int)err->code;
	if (len > REASON_MAX)
		return err_set(err, E_USAGE, "--reason: at most %u bytes, "
		    "%zu found", REASON_MAX, len);
	if (safe.len != len)
		return err_set(err, E_USAGE, "--reason: plain text expected, "
		    "\"%.200s\" found", safe.at);
	return 0;
}

void
home_random(char out[17])
{
	unsigned char bytes[8];

	randombytes_buf(bytes, sizeof bytes);
	text_hex(out, bytes, sizeof bytes);
}
