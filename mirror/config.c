#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "config_keys.h"

#define SECRET_READ (CONFIG_SECRET_MAX + 3u)	/* a line end, and more */

void
config_clear(struct config *c)
{
	size_t i;

	free(c->instance);
	free(c->url);
	free(c->user);
	free(c->password_file);
	free(c->token_file);
	free(c->ca_file);
	free(c->proxy);
	config_policy_clear(&c->own);
	for (i = 0; i < c->peer_count; i++) {
		free(c->peers[i].name);
		config_policy_clear(&c->peers[i].policy);
	}
	free(c->peers);
	*c = (struct config)CONFIG_INIT;
}

static int
set_defaults(struct config *c, struct err *err)
{
	config_clear(c);
	c->instance = strdup("senaite");
	return c->instance == NULL ? err_oom(err) : 0;
}

/* --- parsing ----------------------------------------------------------- */

/* inih reads a line at a time, cuts long ones and names silently, and does
 * not see an empty section: so lines and sections are checked as they are
 * given to it. */
struct parse {
	struct config *config;
	const char *path, *at, *end;	/* what was not given yet */
	unsigned line;			/* number of the last given */
	int indented;			/* it begins with a blank */

	const struct config_key *keys;	/* of the section; NULL: before it */
	char section[CONFIG_LINE_MAX + 1];
	void *to;
	uint32_t seen;			/* keys of this section */
	int has_mirror;

	int key;			/* begun, not taken yet; -1: none */
	unsigned key_line;
	struct buf value;

	unsigned wrong_line;
	struct err *err;
};

/* What is wrong and where; the first one counts. */
static int __attribute__((format(printf, 3, 4)))
wrong(struct parse *p, unsigned line, const char *fmt, ...)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	char text[400];
	va_list ap;

	if (p->err->code != E_OK)
		return -(int)p->err->code;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text_safe(&path, p->path, strlen(p->path));
	p->wrong_line = line;
	return err_set(p->err, E_CONFIG, "\"%.500s\", line %u: %s",
	    buf_str(&path) != NULL ? path.at : "?", line, text);
}

/* The key that was begun has its whole value now. */
static int
take(struct parse *p)
{
	const struct config_key *k;
	const char *want;

	if (p->key < 0)
		return 0;
	k = &p->keys[p->key];
	p->key = -1;
	if (buf_str(&p->value) == NULL)
		return err_oom(p->err);
	if (config_key_take(k, p->to, p->value.at, &want, p->err) < 0)
		return wrong(p, p->key_line, "%s: %s expected, \"%.100s\" "
		    "found", k->name, want, p->value.at);
	return 0;
}

static int
begin(struct parse *p, const char *name, const char *value)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	int key;

	text_safe(&safe, name, strlen(name));
	if (buf_str(&safe) == NULL)
		return err_oom(p->err);
	if (p->keys == NULL)
		return wrong(p, p->line, "\"%s\" stands before any section",
		    safe.at);
	if ((key = config_key_find(p->keys, name, strlen(name))) < 0) {
		(void)wrong(p, p->line, "[%s] has no key \"%s\"", p->section,
		    safe.at);
		if (strcmp(name, "password") == 0 || strcmp(name, "token") == 0)
			(void)err_next(p->err, "write it into a file of mode "
			    "0600, and name that with %s-file", name);
		return -(int)p->err->code;
	}
	if (p->seen & (UINT32_C(1) << key))
		return wrong(p, p->line, "\"%s\" is there twice", safe.at);
	p->seen |= UINT32_C(1) << key;
	p->key = key;
	p->key_line = p->line;
	buf_reset(&p->value);
	buf_adds(&p->value, value);
	return 0;
}

static int
handle(void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;

	(void)section;
	if (p->err->code != E_OK)
		return 0;
	if (p->indented && p->key >= 0) {
		buf_addc(&p->value, ' ');
		buf_adds(&p->value, value);
		return 1;
	}
	return take(p) >= 0 && begin(p, name, value) >= 0;
}

/* --- sections ---------------------------------------------------------- */

static int
add_peer(struct parse *p, const char *name)
{
	struct config *c = p->config;
	struct config_peer *all, *peer;
	size_t i;

	for (i = 0; i < c->peer_count; i++)
		if ((name == NULL) == (c->peers[i].name == NULL) &&
		    (name == NULL || strcmp(name, c->peers[i].name) == 0))
			return wrong(p, p->line, "section [%s] is there "
			    "twice", p->section);
	if (c->peer_count == CONFIG_PEERS_MAX)
		return wrong(p, p->line, "more than %u peers",
		    CONFIG_PEERS_MAX);
	all = realloc(c->peers, (c->peer_count + 1) * sizeof *all);
	if (all == NULL)
		return err_oom(p->err);
	c->peers = all;
	peer = &all[c->peer_count];
	memset(peer, 0, sizeof *peer);
	config_policy_clear(&peer->policy);
	if (name != NULL && (peer->name = strdup(name)) == NULL)
		return err_oom(p->err);
	c->peer_count++;
	p->to = &peer->policy;
	return 0;
}

static int
open_section(struct parse *p)
{
	const char *name = p->section;
	const size_t head = strlen(CONFIG_PEER);

	p->seen = 0;
	if (strcmp(name, "mirror") == 0) {
		if (p->has_mirror)
			return wrong(p, p->line, "section [mirror] is there "
			    "twice");
		p->has_mirror = 1;
		p->to = p->config;
	} else if (strcmp(name, "peers") == 0) {
		if (add_peer(p, NULL) < 0)
			return -1;
	} else if (strncmp(name, CONFIG_PEER, head) == 0 &&
	    text_is_name(name + head, strlen(name + head))) {
		if (add_peer(p, name + head) < 0)
			return -1;
	} else {
		return wrong(p, p->line, "no section [%s]; sections are "
		    "[mirror], [peers] and [peer NAME]", name);
	}
	p->keys = config_keys(name);
	return 0;
}

/* Is it one of these?  Unlike for strchr, a NUL is none. */
static int
is_one_of(char c, const char *these)
{
	return c != '\0' && strchr(these, c) != NULL;
}

/* A line that begins with '['. */
static int
read_section(struct parse *p, const char *line, size_t len)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	const char *close = memchr(line, ']', len), *rest;

	if (take(p) < 0)
		return -1;
	if (close == NULL)
		return wrong(p, p->line, "']' is missing");
	for (rest = close + 1; rest < line + len; rest++)
		if (!is_one_of(*rest, " \t\r\n"))
			return wrong(p, p->line, "']' ends the line");
	text_safe(&safe, line + 1, (size_t)(close - line) - 1);
	if (buf_str(&safe) == NULL)
		return err_oom(p->err);
	(void)snprintf(p->section, sizeof p->section, "%s", safe.at);
	return open_section(p);
}

/* --- lines ------------------------------------------------------------- */

static int
check_line(struct parse *p, const char *line, size_t len)
{
	size_t i, blank = 0;

	if (len > CONFIG_LINE_MAX)
		return wrong(p, p->line, "more than %u bytes; a list goes on "
		    "in the next line, indented", CONFIG_LINE_MAX);
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' &&
		    !is_one_of(line[i], "\t\r\n"))
			return wrong(p, p->line, "a control character");
	while (blank < len && is_one_of(line[blank], " \t"))
		blank++;
	p->indented = blank > 0;
	if (blank == len || line[blank] != '[')
		return 0;
	if (p->indented)
		return wrong(p, p->line, "a section stands at the beginning "
		    "of its line");
	return read_section(p, line, len);
}

/* For inih: the next line, as fgets would give it. */
static char *
next_line(char *to, int size, void *stream)
{
	struct parse *p = stream;
	const char *newline;
	size_t len;

	if (p->at == p->end || p->err->code != E_OK)
		return NULL;
	newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
	len = (size_t)((newline != NULL ? newline + 1 : p->end) - p->at);
	p->line++;
	if (check_line(p, p->at, len) < 0)
		return NULL;
	if (len >= (size_t)size) {
		(void)wrong(p, p->line, "more than %d bytes", size - 1);
		return NULL;
	}
	memcpy(to, p->at, len);
	to[len] = '\0';
	p->at += len;
	return to;
}

/* --- the whole file ---------------------------------------------------- */

/* What a mirror cannot be without. */
static int
check_whole(struct parse *p)
{
	const struct config *c = p->config;
	const char *missing = c->url == NULL ? "url" :
	    c->password_file == NULL && c->token_file == NULL ?
	    "password-file" :
	    c->user == NULL && c->token_file == NULL ? "user" : NULL;

	if (missing == NULL)
		return 0;
	return wrong(p, p->line, "the file ends, and [mirror] has no \"%s\"",
	    missing);
}

static int
parse(struct parse *p)
{
	int rc = ini_parse_stream(next_line, p, handle, p);

	if (p->err->code == E_OK)
		(void)take(p);

	/* inih goes on after a line that is none, and tells the first. */
	if (rc > 0 && (p->err->code == E_OK ||
	    (unsigned)rc < p->wrong_line)) {
		err_clear(p->err);
		return wrong(p, (unsigned)rc, "neither a [section] nor "
		    "\"key = value\"");
	}
	return p->err->code != E_OK ? -(int)p->err->code : check_whole(p);
}

int
config_parse(struct config *ret, const char *text, size_t len,
    const char *path, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct parse p = { .config = ret, .path = path, .at = text,
	    .end = text + len, .key = -1, .err = err };
	int rc;

	if ((rc = set_defaults(ret, err)) < 0)
		return rc;
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		p.at += 3;
	rc = parse(&p);
	buf_clear(&p.value);
	if (rc < 0)
		config_clear(ret);
	return rc;
}

/* Ours (or the administrator's), and no one else may do what `mode` says. */
static int
check_mode(const char *path, const struct stat *st, mode_t mode,
    const char *what, struct err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		(void)err_set(err, E_PERMS, "\"%s\" belongs to another user",
		    path);
		return err_next(err, "make it your own, or root's");
	}
	if ((st->st_mode & mode) == 0)
		return 0;
	(void)err_set(err, E_PERMS, "\"%s\" can be %s by others (mode %04o)",
	    path, what, (unsigned)st->st_mode & 07777u);
	return err_next(err, "chmod 0600 \"%s\"", path);
}

static int
path_of(const char *home, struct buf *out, struct err *err)
{
	buf_addf(out, "%s/%s", home, CONFIG_FILE);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

int
config_read(struct config *ret, const char *home, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, text = BUF_INIT;
	struct stat st;
	int rc;

	if ((rc = set_defaults(ret, err)) < 0 ||
	    (rc = path_of(home, &path, err)) < 0)
		return rc;
	if (lstat(path.at, &st) != 0)
		return errno == ENOENT ? 0 : err_io(err, errno, "\"%s\"",
		    path.at);
	if ((rc = file_read_all(path.at, CONFIG_BYTES_MAX, &text, err)) < 0 ||
	    (rc = check_mode(path.at, &st, S_IWGRP | S_IWOTH, "written",
	    err)) < 0 ||
	    (rc = config_parse(ret, text.at, text.len, path.at, err)) < 0)
		return rc;
	return 1;
}

/* --- secrets ----------------------------------------------------------- */

static int
take_secret(const char *path, const struct buf *text, struct buf *out,
    struct err *err)
{
	size_t len = 0, i;

	while (len < text->len && text->at[len] != '\n')
		len++;
	if (len > 0 && text->at[len - 1] == '\r')
		len--;
	if (len == 0)
		return err_set(err, E_CONFIG, "\"%s\": its first line is "
		    "empty, a password or token expected", path);
	if (len > CONFIG_SECRET_MAX)
		return err_set(err, E_CONFIG, "\"%s\": its first line has more "
		    "than %u bytes", path, CONFIG_SECRET_MAX);
	for (i = 0; i < len; i++)
		if ((unsigned char)text->at[i] < ' ' || text->at[i] == 0x7f)
			return err_set(err, E_CONFIG, "\"%s\": a control "
			    "character at byte %zu", path, i);
	buf_add(out, text->at, len);
	return buf_check(out, err);
}

int
config_secret(const char *path, struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_SECRET;
	CLEANUP(file_closep) int fd = -1;
	struct stat st;
	uint64_t size;
	int64_t n;
	char *to;

	if ((fd = file_open(path, &size, err)) < 0)
		return fd;
	if (fstat(fd, &st) != 0)
		return err_io(err, errno, "\"%s\"", path);
	if ((to = buf_room(&text, SECRET_READ)) == NULL)
		return err_oom(err);
	if (check_mode(path, &st, S_IRWXG | S_IRWXO, "read or written",
	    err) < 0 ||
	    (n = file_pread(fd, to, SECRET_READ, 0, path, err)) < 0)
		return -(int)err->code;
	text.len = (size_t)n;
	return take_secret(path, &text, out, err);
}
