/* Writing mirror.ini: fresh, and some keys of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../base/text.h"
#include "config.h"
#include "config_keys.h"

#define FILE_MODE 0600u
#define FOLD_AT 70u			/* columns of a list's line */

/* --- the fresh file ---------------------------------------------------- */

static const char head[] =
"# mirror.ini: how Satchel reaches the SENAITE of this site, and what goes\n"
"# in and out of it.\n"
"#\n"
"# A line that begins with '#' is a comment; a key that is commented out has\n"
"# its default.  Lists are names of types with commas between them, such as\n"
"# Client, Contact; '-' is the empty list; a long one goes on in the next\n"
"# line, indented.  No password and no token stands here: they are in files\n"
"# of their own, of mode 0600.\n"
"#\n"
"# After a change: satchel doctor\n"
"\n"
"[mirror]\n";

static const char peers_head[] =
"\n"
"# What is written into SENAITE of the objects that were born at other sites,\n"
"# whichever site brings them.  Nothing here changes the store or what other\n"
"# sites get.\n"
"#\n"
"# [peers] is for all of them.  A section of its own, [peer NAME] with the\n"
"# name that 'satchel peer list' shows, has the same keys and comes before\n"
"# [peers], key by key.  'satchel peer set NAME KEY=VALUE' writes it.\n"
"\n"
"[peers]\n";

struct comment {
	const char *key, *text, *example;	/* or its default */
};

static const struct comment mirror_comments[] = {
	{ "instance", "What is mirrored.  There is one kind: senaite",
	    "senaite" },
	{ "url", "Address of the SENAITE site, with its path.  https, but on\n"
	    "# this computer itself.", "https://lims.example/senaite" },
	{ "user", "The user that Satchel is there.  It needs the role\n"
	    "# Manager.", "satchel" },
	{ "password-file", "File whose first line is the user's password.",
	    "/etc/satchel/lims.password" },
	{ "token-file", "Instead of the two: file whose first line is a token\n"
	    "# (sent as 'Authorization: Bearer').  Default: none",
	    "/etc/satchel/lims.token" },
	{ "ca-file", "Certificate authority that signed the server's\n"
	    "# certificate (PEM).  Default: those this computer knows",
	    "/etc/ssl/certs/lab-ca.pem" },
	{ "proxy", "HTTP proxy on the way.  Default: none, whatever the\n"
	    "# environment says", "http://proxy.example:3128" },
	{ "companion", "Use the add-on in SENAITE?  auto: if it is there;\n"
	    "# no: never; required: stop if it is not there.", "auto" },
	{ "full-every", "Days until everything is read again although the\n"
	    "# log of changes would do; 0: only when asked or needed.", "7" },
	{ "page", "Objects of one request, 1 to 100.  Fewer for a slow\n"
	    "# server.", "50" },
	{ "timeout", "Seconds that one request may take, 1 to 3600.", "300" },
	{ "types", "Types that are taken into the store; all others only as\n"
	    "# what these refer to.  Default: all", "Client, AnalysisRequest" },
	{ "skip", "Types that are taken only as what others refer to.\n"
	    "# Default: none", "Worksheet" },
	{ "settings", "Do the settings (BikaSetup, Setup, Laboratory) travel\n"
	    "# from here?  Default: no", "no" },
	{ "registry", "Take the registry of the site too?  Default: no",
	    "no" },
	{ "users", "Take users too?  (Never their passwords.)  Default: no",
	    "no" },
};

static const struct comment peer_comments[] = {
	{ "remote-prefix", "Put before the id of what was born there, so that\n"
	    "# ids do not collide: up to 20 letters, digits, '.', '_', '-';\n"
	    "# short is good.  Default: none", "B-" },
	{ "local-prefix", "What the other site puts before the ids of ours:\n"
	    "# taken off again.  Default: none", "A-" },
	{ "prefix-types", "Types whose ids have these prefixes.\n"
	    "# Default: none", "Client, AnalysisRequest" },
	{ "types", "Types that are written; all others only as what these\n"
	    "# refer to.  Default: all", "Client, AnalysisRequest" },
	{ "skip", "Types that are written only as what others refer to.\n"
	    "# Default: none", "Worksheet" },
	{ "read-only", "Types that nobody may change in this SENAITE once\n"
	    "# they were written.  Default: none", "Client, Contact" },
	{ "update-only", "Types of which none is made here: what is there is\n"
	    "# brought up to date.  Default: none", "AnalysisService" },
	{ "settings", "Write the other site's setup of the lab?\n"
	    "# Default: no", "no" },
	{ "registry", "Write its registry?  Default: no", "no" },
	{ "users", "Write its users?  Default: no", "no" },
};
#define COUNT(a) (sizeof (a) / sizeof *(a))

/* "key = value"; a list as "key = A, B," and so on in indented lines. */
static void
add_key(struct buf *out, const char *section, const char *key,
    const char *value)
{
	const struct config_key *k = config_keys(section);
	size_t column = strlen(key) + 3, len;

	buf_addf(out, "%s = ", key);
	k += config_key_find(k, key, strlen(key));
	while (k->kind == CONFIG_TYPES && strchr(value, ',') != NULL) {
		len = strcspn(value, ",") + 1;
		buf_add(out, value, len);
		value += len;
		value += strspn(value, " \t");
		column += len + 1;
		if (column + strcspn(value, ",") < FOLD_AT) {
			buf_addc(out, ' ');
			continue;
		}
		buf_adds(out, "\n\t");
		column = 8;
	}
	buf_addf(out, "%s\n", value);
}

struct fresh {
	const char *section;
	struct buf *out;
	const struct comment *comments;
	size_t count;
};

static int
add_fresh(void *ctx, const char *key, const char *value, struct err *err)
{
	const struct fresh *f = ctx;
	const struct config_key *k = config_keys(f->section);
	size_t i;

	/* These two kinds have a value always. */
	k += config_key_find(k, key, strlen(key));
	for (i = 0; i < f->count; i++) {
		const struct comment *c = &f->comments[i];

		if (strcmp(c->key, key) != 0)
			continue;
		buf_addf(f->out, "\n# %s\n", c->text);
		if (*value == '\0' || ((k->kind == CONFIG_NUMBER ||
		    k->kind == CONFIG_WAY) && strcmp(value, c->example) == 0))
			buf_addf(f->out, "#%s = %s\n", key, c->example);
		else
			add_key(f->out, f->section, key, value);
	}
	return buf_check(f->out, err);
}

static int
path_of(const char *home, struct buf *out, struct err *err)
{
	buf_addf(out, "%s/%s", home, CONFIG_FILE);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

int
config_write_new(const char *home, const struct config *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, text = BUF_INIT;
	CLEANUP(config_clear) struct config check = CONFIG_INIT;
	struct fresh mirror = { "mirror", &text, mirror_comments,
	    COUNT(mirror_comments) };
	struct fresh peers = { "peers", &text, peer_comments,
	    COUNT(peer_comments) };
	struct stat st;
	int rc;

	if ((rc = path_of(home, &path, err)) < 0)
		return rc;
	if (lstat(path.at, &st) == 0)
		return err_set(err, E_USAGE, "\"%s\" is there already",
		    path.at);
	buf_adds(&text, head);
	if ((rc = config_each(c, "mirror", add_fresh, &mirror, err)) < 0)
		return rc;
	buf_adds(&text, peers_head);
	if ((rc = config_each(c, "peers", add_fresh, &peers, err)) < 0 ||
	    (rc = config_parse(&check, text.at, text.len, path.at,
	    err)) < 0)
		return rc;
	return file_put(path.at, FILE_MODE, text.at, text.len, err);
}

/* --- keys -------------------------------------------------------------- */

int
config_is_peer_key(const char *key)
{
	return config_key_find(config_keys("peers"), key, strlen(key)) >= 0;
}

/* Is it a section that may be? */
static int
is_section(const char *name)
{
	const size_t len = strlen(CONFIG_PEER);

	return strcmp(name, "mirror") == 0 || strcmp(name, "peers") == 0 ||
	    (strncmp(name, CONFIG_PEER, len) == 0 &&
	    text_is_name(name + len, strlen(name + len)));
}

int
config_check(const char *section, const char *key, const char *value,
    struct err *err)
{
	const struct config_key *k = config_keys(section);
	union {
		struct config config;
		struct config_policy policy;
	} to = { .config = CONFIG_INIT };
	const char *want;
	int n, rc;

	if (!is_section(section))
		return err_set(err, E_USAGE, "no section [%.64s]", section);
	if ((n = config_key_find(k, key, strlen(key))) < 0)
		return err_set(err, E_USAGE, "[%s] has no key \"%.64s\"",
		    section, key);
	if (*value == '\0')
		return 0;
	if (strcmp(section, "mirror") != 0)
		to.policy = (struct config_policy)CONFIG_POLICY_INIT;
	rc = config_key_take(&k[n], &to, value, &want, err);
	if (rc == 0 && k[n].kind != CONFIG_TYPES &&
	    strlen(key) + strlen(value) + 4 > CONFIG_LINE_MAX) {
		want = "a shorter value";
		rc = -1;
	}
	if (strcmp(section, "mirror") == 0)
		config_clear(&to.config);
	else
		config_policy_clear(&to.policy);
	return rc < 0 ? err_set(err, E_USAGE, "%s: %s expected, \"%.200s\" "
	    "found", key, want, value) : 0;
}

/* The file as lines, and where a section and a key in it are. */
struct place {
	size_t end;			/* of the section's last key */
	size_t key, key_end;		/* the key's lines; equal: not there */
	size_t hint;			/* after "#key =", 0: not there */
	int found;			/* the section */
};

static size_t
line_end(const struct buf *text, size_t at)
{
	const char *newline = memchr(text->at + at, '\n', text->len - at);

	return newline != NULL ? (size_t)(newline - text->at) + 1 : text->len;
}

static size_t
skip_blanks(const struct buf *text, size_t at, size_t end)
{
	while (at < end && strchr(" \t", text->at[at]) != NULL)
		at++;
	return at;
}

/* Does "key =" stand from `at` on? */
static int
is_key(const struct buf *text, size_t at, size_t end, const char *key)
{
	size_t len = strlen(key);

	if (end - at <= len || memcmp(text->at + at, key, len) != 0)
		return 0;
	at = skip_blanks(text, at + len, end);
	return at < end && (text->at[at] == '=' || text->at[at] == ':');
}

static int
is_header(const struct buf *text, size_t at, size_t end, const char *section)
{
	size_t len = strlen(section);

	return end - at >= len + 2 && text->at[at] == '[' &&
	    memcmp(text->at + at + 1, section, len) == 0 &&
	    text->at[at + 1 + len] == ']';
}

/* A line of the section: its end, a key, what goes on with one. */
static void
look(struct place *p, const struct buf *text, size_t at, const char *key)
{
	size_t end = line_end(text, at), first = skip_blanks(text, at, end);
	int goes_on = first > at && p->end > 0;

	if (first == end || strchr("\r\n", text->at[first]) != NULL)
		return;
	if (strchr("#;", text->at[first]) != NULL) {
		first = skip_blanks(text, first + 1, end);
		if (is_key(text, first, end, key))
			p->hint = end;
		return;
	}
	if (goes_on && p->key_end > p->key && p->key_end == p->end)
		p->key_end = end;
	else if (!goes_on && is_key(text, first, end, key)) {
		p->key = at;
		p->key_end = end;
	}
	p->end = end;
}

static void
find(struct place *p, const struct buf *text, const char *section,
    const char *key)
{
	size_t at, end;
	int inside = 0;

	*p = (struct place){ .end = 0 };
	for (at = 0; at < text->len; at = end) {
		end = line_end(text, at);
		if (text->at[at] == '[') {
			inside = is_header(text, at, end, section);
			p->found |= inside;
			p->end = inside ? end : p->end;
		} else if (inside) {
			look(p, text, at, key);
		}
	}
}

/* The text with the key set, into `out`. */
static void
change(const struct buf *text, const struct place *p, const char *section,
    const char *key, const char *value, struct buf *out)
{
	size_t at = p->key_end > p->key ? p->key : p->hint > 0 ? p->hint :
	    p->found ? p->end : text->len;
	size_t on = p->key_end > p->key ? p->key_end : at;

	buf_add(out, text->at, at);
	if (at > 0 && text->at[at - 1] != '\n')
		buf_addc(out, '\n');
	if (!p->found)
		buf_addf(out, "\n[%s]\n", section);
	if (*value != '\0')
		add_key(out, section, key, value);
	buf_add(out, text->at + on, text->len - on);
}

/* Set one key in the text. */
static int
set_one(struct buf *text, const char *section, const struct config_pair *one,
    struct err *err)
{
	struct buf out = BUF_INIT;
	struct place place;

	find(&place, text, section, one->key);
	if (*one->value == '\0' && place.key_end == place.key)
		return 0;
	change(text, &place, section, one->key, one->value, &out);
	buf_clear(text);
	*text = out;
	return buf_check(text, err);
}

int
config_set(const char *home, const char *section,
    const struct config_pair *pairs, size_t count, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, text = BUF_INIT;
	CLEANUP(config_clear) struct config check = CONFIG_INIT;
	size_t i;
	int rc;

	for (i = 0; i < count; i++)
		if ((rc = config_check(section, pairs[i].key, pairs[i].value,
		    err)) < 0)
			return rc;
	if ((rc = path_of(home, &path, err)) < 0 ||
	    (rc = config_read(&check, home, err)) < 0 ||
	    (rc = file_read_all(path.at, CONFIG_BYTES_MAX, &text, err)) < 0)
		return rc;
	for (i = 0; i < count; i++)
		if ((rc = set_one(&text, section, &pairs[i], err)) < 0)
			return rc;
	config_clear(&check);
	if ((rc = config_parse(&check, text.at, text.len, path.at, err)) < 0)
		return rc;
	return file_put(path.at, FILE_MODE, text.at, text.len, err);
}
