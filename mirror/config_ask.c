#include "config.h"

#include <string.h>

#include "../base/text.h"
#include "config_keys.h"

/* --- policies ---------------------------------------------------------- */

static const struct config_peer *
find_peer(const struct config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->peer_count; i++)
		if ((name == NULL && c->peers[i].name == NULL) ||
		    (name != NULL && c->peers[i].name != NULL &&
		    strcmp(name, c->peers[i].name) == 0))
			return &c->peers[i];
	return NULL;
}

/* What `ret` does not have, from `from`. */
static void
fill(struct config_policy *ret, const struct config_policy *from)
{
	if (!ret->types.given)
		ret->types = from->types;
	if (!ret->skip.given)
		ret->skip = from->skip;
	if (!ret->read_only.given)
		ret->read_only = from->read_only;
	if (!ret->update_only.given)
		ret->update_only = from->update_only;
	if (!ret->prefix_types.given)
		ret->prefix_types = from->prefix_types;
	if (ret->remote_prefix == NULL)
		ret->remote_prefix = from->remote_prefix;
	if (ret->local_prefix == NULL)
		ret->local_prefix = from->local_prefix;
	if (ret->settings < 0)
		ret->settings = from->settings;
	if (ret->registry < 0)
		ret->registry = from->registry;
	if (ret->users < 0)
		ret->users = from->users;
}

void
config_policy_of(const struct config *c, const char *name, const char *site,
    struct config_policy *ret)
{
	const struct config_peer *all = find_peer(c, NULL), *own = NULL;

	*ret = (struct config_policy)CONFIG_POLICY_INIT;
	if (name != NULL)
		own = find_peer(c, name);
	if (own == NULL && site != NULL)
		own = find_peer(c, site);
	if (own != NULL)
		fill(ret, &own->policy);
	if (all != NULL)
		fill(ret, &all->policy);
	if (ret->remote_prefix != NULL && *ret->remote_prefix == '\0')
		ret->remote_prefix = NULL;
	if (ret->local_prefix != NULL && *ret->local_prefix == '\0')
		ret->local_prefix = NULL;
}

int
config_has_type(const struct config_types *t, const char *type, size_t len)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strlen(t->at[i]) == len &&
		    memcmp(t->at[i], type, len) == 0)
			return 1;
	return 0;
}

int
config_each(const struct config *c, const char *section,
    int (*each)(void *ctx, const char *key, const char *value,
    struct err *err), void *ctx, struct err *err)
{
	const struct config_key *k = config_keys(section);
	const struct config_policy none = CONFIG_POLICY_INIT;
	const struct config_peer *peer;
	const void *from = c;
	int rc;

	if (strcmp(section, "mirror") != 0) {
		peer = find_peer(c, strcmp(section, "peers") == 0 ? NULL :
		    section + strlen(CONFIG_PEER));
		from = peer != NULL ? &peer->policy : &none;
	}
	for (; k->name != NULL; k++) {
		CLEANUP(buf_clear) struct buf value = BUF_INIT;

		config_key_say(k, from, &value);
		if (buf_str(&value) == NULL)
			return err_oom(err);
		if ((rc = each(ctx, k->name, value.at, err)) < 0)
			return rc;
	}
	return 0;
}

/* --- addresses --------------------------------------------------------- */

/* A name or number that means this computer. */
static int
is_near(const char *host, size_t len)
{
	static const char *const near[] = { "localhost", "[::1]" };
	size_t i;

	for (i = 0; i < sizeof near / sizeof *near; i++)
		if (strlen(near[i]) == len && memcmp(host, near[i], len) == 0)
			return 1;
	return strncmp(host, "127.", 4) == 0 &&
	    strspn(host, "0123456789.") == len;
}

/* Host and port of an address, and whether its scheme is http. */
struct place {
	const char *host, *port;
	size_t host_len, port_len;	/* port_len 0: none is named */
	int plain;
};

static void
place_of(const char *address, struct place *ret)
{
	const char *host = strstr(address, "://"), *port;
	size_t len;

	host = host == NULL ? address : host + 3;
	len = strcspn(host, "/");
	*ret = (struct place){ .host = host, .host_len = len,
	    .plain = strncmp(address, "http://", 7) == 0 };
	port = memrchr(host, ':', len);
	if (port == NULL ||
	    memchr(port, ']', len - (size_t)(port - host)) != NULL)
		return;
	ret->host_len = (size_t)(port - host);
	ret->port = port + 1;
	ret->port_len = len - ret->host_len - 1;
}

int
config_is_exposed(const struct config *c)
{
	struct place place;

	if (c->url == NULL)
		return 0;
	place_of(c->url, &place);
	return place.plain && !is_near(place.host, place.host_len);
}

/* `plain`: the port of http where none is named. */
static unsigned
port_of(const char *address, unsigned plain)
{
	struct place place;
	uint64_t n;

	place_of(address, &place);
	if (place.port_len > 0)
		return text_number(&n, place.port, place.port_len, 65535) < 0 ?
		    0 : (unsigned)n;
	return place.plain ? plain : 443;
}

unsigned
config_port(const char *address)
{
	return port_of(address, 80);
}

unsigned
config_proxy_port(const char *address)
{
	return port_of(address, 1080);
}
