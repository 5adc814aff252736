/* config.h: how a mirror is reached and what goes in and out of it: the file
 * mirror.ini in the home, read with inih, with comments for the person who
 * edits it.  docs/senaite.md has every key.
 *
 *	[mirror]
 *	url = https://lims.example/senaite
 *	user = satchel
 *	password-file = /etc/satchel/lims.password
 *	ca-file, proxy, token-file, companion = auto|no|required
 *	types, skip, settings, registry, users, full-every, page
 *
 *	[peer lab-b]		what was born at lab-b, whoever brings it
 *	remote-prefix = B-
 *	prefix-types = Client, AnalysisRequest
 *
 *	[peers]			for all that have no section, and for keys that
 *				a section does not have
 */
#ifndef SATCHEL_CONFIG_H
#define SATCHEL_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/json_scan.h"

#define CONFIG_FILE "mirror.ini"
#define CONFIG_BYTES_MAX 1048576u
#define CONFIG_PEERS_MAX 1024u
#define CONFIG_TYPES_MAX 256u		/* of one list */
#define CONFIG_LINE_MAX 190u		/* bytes of a line; a list goes on in
					 * the next one, indented */
#define CONFIG_SECRET_MAX 4096u

struct config_types {			/* a list of type names */
	char **at;			/* owned */
	size_t count;
	int given;			/* 0: the key is not there */
};

struct config_policy {			/* of a mirror or of a peer's objects */
	struct config_types types;	/* full-sync; not given: all */
	struct config_types skip;	/* never by themselves: only as what
					 * others refer to */
	struct config_types read_only, update_only, prefix_types;
	char *remote_prefix, *local_prefix;	/* owned; NULL: none; "" in a
					 * peer's section: none, whatever
					 * [peers] says ("-" in the file) */
	int settings, registry, users;	/* 0, 1; -1 not given: 0 */
};

struct config_peer {
	char *name;			/* of the peer, or a site id; owned;
					 * NULL: [peers] */
	struct config_policy policy;
};

enum config_companion { CONFIG_AUTO, CONFIG_PLAIN, CONFIG_COMPANION };

struct config {
	char *instance;			/* "senaite" */
	char *url, *user, *password_file, *token_file, *ca_file, *proxy;
	enum config_companion companion;
	unsigned full_every_d;		/* days between full notices; 0: only
					 * when asked or needed; default 7 */
	unsigned page;			/* objects of one read: 1..100; 50 */
	unsigned timeout_s;		/* of one request; 300 */
	struct config_policy own;	/* what the mirror puts in the store:
					 * its first two lists and the three
					 * last members alone */
	struct config_peer *peers;	/* owned */
	size_t peer_count;
};
#define CONFIG_POLICY_INIT { .settings = -1, .registry = -1, .users = -1 }
#define CONFIG_INIT { .companion = CONFIG_AUTO, .full_every_d = 7,	\
    .page = 50, .timeout_s = 300, .own = CONFIG_POLICY_INIT }
void config_clear(struct config *c);

/* Read HOME/mirror.ini into `ret`, which is CONFIG_INIT or cleared.  1; 0 if
 * there is no such file (`ret` has the defaults); E_CONFIG with file and line:
 * unknown section or key, one of them twice, a value that is none; E_PERMS:
 * not ours or writable by others. */
int config_read(struct config *ret, const char *home, struct err *err);

/* The same for text in memory, named `path` in errors. */
int config_parse(struct config *ret, const char *text, size_t len,
    const char *path, struct err *err);

/* The first line of a file that holds a secret (password, token), at most
 * CONFIG_SECRET_MAX bytes, appended to `out` (BUF_SECRET).  E_PERMS: readable
 * or writable by others, or not ours; E_CONFIG: empty, a control character. */
int config_secret(const char *path, struct buf *out, struct err *err);

/* Write a fresh, commented file.  E_USAGE if there is one. */
int config_write_new(const char *home, const struct config *c,
    struct err *err);

/* Would config_set take it?  E_USAGE: unknown section, key or value. */
int config_check(const char *section, const char *key, const char *value,
    struct err *err);

/* Set keys in a section ("mirror", "peers" or "peer NAME"), keeping every
 * other line and comment; the whole file is checked before it is replaced at
 * once.  An empty value takes the key out.  E_USAGE: unknown key or value. */
struct config_pair {
	const char *key, *value;	/* borrowed */
};
int config_set(const char *home, const char *section,
    const struct config_pair *pairs, size_t count, struct err *err);

/* Is `key` one that config_set knows for a peer? */
int config_is_peer_key(const char *key);

/* Each key of a section (as in config_set) with its value as the file says
 * it; "" if it has none.  For showing: no secret is among them. */
int config_each(const struct config *c, const char *section,
    int (*each)(void *ctx, const char *key, const char *value,
    struct err *err), void *ctx, struct err *err);

/* Does the address carry a password over a network in clear text? */
int config_is_exposed(const struct config *c);

/* The TCP port that an address means, of a server and of a proxy; 0: none that
 * can be.  A proxy's is what libcurl takes (CURLOPT_PROXYPORT(3)). */
unsigned config_port(const char *address);
unsigned config_proxy_port(const char *address);

/* What holds for objects of a peer, by its name or site id (either may be
 * NULL): its section, then [peers], then nothing.  Spans of lists borrow. */
void config_policy_of(const struct config *c, const char *name,
    const char *site, struct config_policy *ret);	/* shallow: no clear */

int config_has_type(const struct config_types *t, const char *type,
    size_t len);

#endif
