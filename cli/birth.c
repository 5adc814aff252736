#include "birth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../store/instance.h"
#include "keys.h"

#define FILE_MODE 0600u

const struct opt birth_opts[] = {
	{ "name", OPT_TEXT, "NAME", "what people call this site, such as "
	    "lab-a" },
	{ "instance", OPT_TEXT, "KIND", "lab: the embedded lab (default); "
	    "senaite: the mirror of a SENAITE" },
	{ "url", OPT_TEXT, "ADDRESS", "of the SENAITE, such as "
	    "https://lims.example/senaite" },
	{ "user", OPT_TEXT, "NAME", "Satchel's user there" },
	{ "password-file", OPT_FILE, "FILE", "its password: the first line of "
	    "a file of mode 0600" },
	{ "token-file", OPT_FILE, "FILE", "or a token instead, in such a "
	    "file" },
	{ "ca", OPT_FILE, "FILE", "certificate authority of the server" },
	{ "proxy", OPT_TEXT, "ADDRESS", "HTTP proxy on the way to it" },
	{ "config", OPT_NAMING, "FILE", "or take all settings from this "
	    "mirror.ini" },
	{ "recover", OPT_FLAG, NULL, "the home of this SENAITE was lost: "
	    "write that into the log, and say what to do" },
	{ "ask-passphrase", OPT_FLAG, NULL, "protect the keys with a "
	    "passphrase asked for at the terminal" },
	OPT_END
};

/* Options that a mirror alone has, and the settings that they are. */
static const struct {
	const char *option, *key;
	int is_path;
} settings[] = {
	{ "url", "url", 0 }, { "user", "user", 0 },
	{ "password-file", "password-file", 1 },
	{ "token-file", "token-file", 1 }, { "ca", "ca-file", 1 },
	{ "proxy", "proxy", 0 }
};
#define SETTINGS (sizeof settings / sizeof *settings)

void
birth_clear(struct birth *b)
{
	config_clear(&b->config);
	buf_clear(&b->text);
}

static char **
place_of(struct config *c, size_t i)
{
	char **const places[SETTINGS] = { &c->url, &c->user,
	    &c->password_file, &c->token_file, &c->ca_file, &c->proxy };

	return places[i];
}

/* A setting from its option; paths are made whole, since runs may begin in
 * any folder. */
static int
take(struct birth *b, const struct opts *o, size_t i, struct err *err)
{
	const char *value = opt_text(o, settings[i].option);
	char **place = place_of(&b->config, i);

	if (value == NULL)
		return 0;
	if (settings[i].is_path) {
		if ((*place = realpath(value, NULL)) == NULL)
			return err_io(err, errno, "--%s \"%s\"",
			    settings[i].option, value);
	} else if ((*place = strdup(value)) == NULL) {
		return err_oom(err);
	}
	return config_check("mirror", settings[i].key, *place, err);
}

static int
check_missing(const struct config *c, struct err *err)
{
	const char *what = c->url == NULL ? "url ADDRESS" :
	    c->token_file != NULL ? NULL : c->user == NULL ? "user NAME" :
	    c->password_file == NULL ? "password-file FILE" : NULL;

	if (what == NULL)
		return 0;
	(void)err_set(err, E_USAGE, "--instance senaite: --%s is missing",
	    what);
	return err_next(err, "or take the settings of another home with "
	    "--config FILE");
}

static int
check_secret(const char *path, struct err *err)
{
	CLEANUP(buf_clear) struct buf secret = BUF_SECRET;

	if (path == NULL)
		return 0;
	keys_protect();
	return config_secret(path, &secret, err);
}

static int
read_settings(struct birth *b, const struct opts *o, struct err *err)
{
	const char *config = opt_text(o, "config");
	size_t i;
	int rc;

	for (i = 0; i < SETTINGS; i++) {
		if (config != NULL && opt_text(o, settings[i].option) != NULL)
			return err_set(err, E_USAGE, "--config cannot go with "
			    "--%s", settings[i].option);
		if ((rc = take(b, o, i, err)) < 0)
			return rc;
	}
	if (config == NULL)
		return check_missing(&b->config, err);
	if ((rc = file_read_all(config, CONFIG_BYTES_MAX, &b->text,
	    err)) < 0)
		return rc;
	return config_parse(&b->config, b->text.at, b->text.len, config, err);
}

/* Nothing of a mirror may be said to a lab. */
static int
check_lab(const struct opts *o, struct err *err)
{
	const char *given = opt_flag(o, "recover") ? "recover" :
	    opt_text(o, "config") != NULL ? "config" : NULL;
	size_t i;

	for (i = 0; i < SETTINGS && given == NULL; i++)
		if (opt_text(o, settings[i].option) != NULL)
			given = settings[i].option;
	return given == NULL ? 0 : err_set(err, E_USAGE, "--%s belongs to "
	    "--instance senaite", given);
}

int
birth_read(struct birth *ret, const struct opts *o, struct err *err)
{
	const char *kind = opt_text(o, "instance");
	int rc;

	if (kind == NULL || strcmp(kind, "lab") == 0)
		return check_lab(o, err);
	if (strcmp(kind, "eden") == 0)
		return err_set(err, E_USAGE, "--instance eden: not in this "
		    "version");
	if (strcmp(kind, "senaite") != 0)
		return err_set(err, E_USAGE, "--instance: lab or senaite "
		    "expected, \"%s\" found", kind);
	ret->kind = kind;
	ret->recover = opt_flag(o, "recover");
	if ((rc = read_settings(ret, o, err)) < 0 ||
	    (rc = check_secret(ret->config.password_file, err)) < 0)
		return rc;
	return check_secret(ret->config.token_file, err);
}

static int
put_text(const struct birth *b, const char *folder, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/%s", folder, CONFIG_FILE);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	return file_put(path.at, FILE_MODE, b->text.at, b->text.len, err);
}

int
birth_put(const struct birth *b, const char *folder, struct store *s,
    struct err *err)
{
	int rc;

	if (b->kind == NULL)
		return 0;
	rc = b->text.len > 0 ? put_text(b, folder, err) :
	    config_write_new(folder, &b->config, err);
	return rc < 0 ? rc : instance_init(s, b->kind, err);
}
