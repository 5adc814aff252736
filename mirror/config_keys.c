#include "config_keys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define USER_MAX 255u
#define PREFIX_MAX 20u
#define TYPE_MAX 64u
#define PORT_MAX 65535u
#define DAYS_MAX 3650u
#define SECONDS_MAX 3600u

#define MIRROR(member) offsetof(struct config, member)
#define PEER(member) offsetof(struct config_policy, member)

static const struct config_key mirror_keys[] = {
	{ "instance", CONFIG_KIND, MIRROR(instance), 0, 0 },
	{ "url", CONFIG_URL, MIRROR(url), 0, 0 },
	{ "user", CONFIG_USER, MIRROR(user), 0, 0 },
	{ "password-file", CONFIG_PATH, MIRROR(password_file), 0, 0 },
	{ "token-file", CONFIG_PATH, MIRROR(token_file), 0, 0 },
	{ "ca-file", CONFIG_PATH, MIRROR(ca_file), 0, 0 },
	{ "proxy", CONFIG_PROXY, MIRROR(proxy), 0, 0 },
	{ "companion", CONFIG_WAY, MIRROR(companion), 0, 0 },
	{ "full-every", CONFIG_NUMBER, MIRROR(full_every_d), 0, DAYS_MAX },
	{ "page", CONFIG_NUMBER, MIRROR(page), 1, 100 },
	{ "timeout", CONFIG_NUMBER, MIRROR(timeout_s), 1, SECONDS_MAX },
	{ "types", CONFIG_TYPES, MIRROR(own.types), 0, 0 },
	{ "skip", CONFIG_TYPES, MIRROR(own.skip), 0, 0 },
	{ "settings", CONFIG_YES_NO, MIRROR(own.settings), 0, 0 },
	{ "registry", CONFIG_YES_NO, MIRROR(own.registry), 0, 0 },
	{ "users", CONFIG_YES_NO, MIRROR(own.users), 0, 0 },
	{ NULL, CONFIG_KIND, 0, 0, 0 }
};

static const struct config_key peer_keys[] = {
	{ "remote-prefix", CONFIG_PREFIX, PEER(remote_prefix), 0, 0 },
	{ "local-prefix", CONFIG_PREFIX, PEER(local_prefix), 0, 0 },
	{ "prefix-types", CONFIG_TYPES, PEER(prefix_types), 0, 0 },
	{ "types", CONFIG_TYPES, PEER(types), 0, 0 },
	{ "skip", CONFIG_TYPES, PEER(skip), 0, 0 },
	{ "read-only", CONFIG_TYPES, PEER(read_only), 0, 0 },
	{ "update-only", CONFIG_TYPES, PEER(update_only), 0, 0 },
	{ "settings", CONFIG_YES_NO, PEER(settings), 0, 0 },
	{ "registry", CONFIG_YES_NO, PEER(registry), 0, 0 },
	{ "users", CONFIG_YES_NO, PEER(users), 0, 0 },
	{ NULL, CONFIG_KIND, 0, 0, 0 }
};

static const char *const ways[] = { "auto", "no", "required" };
static const char *const yes_no[] = { "no", "yes" };

const struct config_key *
config_keys(const char *section)
{
	return strcmp(section, "mirror") == 0 ? mirror_keys : peer_keys;
}

int
config_key_find(const struct config_key *keys, const char *name, size_t len)
{
	int i;

	for (i = 0; keys[i].name != NULL; i++)
		if (strlen(keys[i].name) == len &&
		    memcmp(keys[i].name, name, len) == 0)
			return i;
	return -1;
}

/* --- what values look like --------------------------------------------- */

static int
is_within(const char *text, const char *refused)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' ||
		    strchr(refused, *text) != NULL)
			return 0;
	return 1;
}

/* host[:port], the host a name, an address, or [an address]. */
static int
is_authority(const char *text, size_t len)
{
	const char *end = text + len, *colon = end, *at;
	uint64_t port;

	if (len > 0 && *text == '[') {
		if ((at = memchr(text, ']', len)) == NULL || at == text + 1)
			return 0;
		colon = at + 1;
	} else if ((at = memchr(text, ':', len)) != NULL) {
		colon = at;
	}
	if (colon == text)
		return 0;
	if (colon == end)
		return 1;
	return *colon == ':' && text_number(&port, colon + 1,
	    (size_t)(end - colon) - 1, PORT_MAX) == 0 && port > 0;
}

static int
is_address(const char *text, int with_path)
{
	size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 :
	    strncmp(text, "http://", 7) == 0 ? 7 : 0, len;

	if (scheme == 0 || !is_within(text, "?#@\"<>\\^`{|}%;"))
		return 0;
	text += scheme;
	len = strcspn(text, "/");
	return is_authority(text, len) && (with_path || text[len] == '\0' ||
	    strcmp(text + len, "/") == 0);
}

/* Printed as it is; and no comment begins in it. */
static int
is_plain(const char *text)
{
	return text_is_safe(text, strlen(text)) && strchr(text, ';') == NULL;
}

static int
is_word(const char *text, size_t len, const char *more)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];
		int good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9');

		if (!good && (i == 0 || c == '\0' || strchr(more, c) == NULL))
			return 0;
	}
	return len > 0;
}

/* --- taking them ------------------------------------------------------- */

static int
take_text(char **to, const char *value, struct err *err)
{
	free(*to);
	*to = strdup(value);
	return *to == NULL ? err_oom(err) : 0;
}

/* Index of the value among the names, -1: none of them. */
static int
one_of(const char *value, const char *const *names, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	return -1;
}

static void
types_clear(struct config_types *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		free(t->at[i]);
	free(t->at);
	*t = (struct config_types){ .at = NULL };
}

static int
types_add(struct config_types *t, const char *at, size_t len,
    const char **ret_want, struct err *err)
{
	if (len > TYPE_MAX || !is_word(at, len, "_")) {
		*ret_want = "names of types with commas between them, or '-' "
		    "for none";
		return -1;
	}
	if (config_has_type(t, at, len)) {
		*ret_want = "each type once";
		return -1;
	}
	if (t->count == CONFIG_TYPES_MAX) {
		*ret_want = "at most 256 types";
		return -1;
	}
	if ((t->at[t->count] = strndup(at, len)) == NULL)
		return err_oom(err);
	t->count++;
	return 0;
}

static int
take_types(struct config_types *t, const char *value, const char **ret_want,
    struct err *err)
{
	static const char blank[] = " \t";
	size_t len;
	int rc;

	types_clear(t);
	t->given = 1;
	if ((t->at = calloc(CONFIG_TYPES_MAX, sizeof *t->at)) == NULL)
		return err_oom(err);
	if (strcmp(value, "-") == 0)
		return 0;
	for (;; value++) {
		value += strspn(value, blank);
		len = strcspn(value, " \t,");
		if ((rc = types_add(t, value, len, ret_want, err)) < 0)
			return rc;
		value += len;
		value += strspn(value, blank);
		if (*value == '\0')
			return 0;
		if (*value != ',') {
			*ret_want = "a comma between two types";
			return -1;
		}
	}
}

static int
take_number(const struct config_key *k, unsigned *to, const char *value,
    const char **ret_want)
{
	uint64_t n;

	if (text_number(&n, value, strlen(value), k->max) < 0 || n < k->min) {
		*ret_want = k->max == 100 ? "a number from 1 to 100" :
		    k->max == DAYS_MAX ? "a number of days up to 3650" :
		    "a number of seconds from 1 to 3600";
		return -1;
	}
	*to = (unsigned)n;
	return 0;
}

/* Texts: is it one, and what should it be? */
static int
is_text(enum config_kind kind, const char *value, const char **ret_want)
{
	size_t len = strlen(value);

	switch (kind) {
	case CONFIG_KIND:
		*ret_want = "senaite";
		return strcmp(value, "senaite") == 0;
	case CONFIG_URL:
		*ret_want = "http(s)://host[:port][/path], without user, "
		    "query and fragment,";
		return is_address(value, 1);
	case CONFIG_PROXY:
		*ret_want = "http://host:port";
		return is_address(value, 0);
	case CONFIG_PATH:
		*ret_want = "a whole path, from '/' on, without ';',";
		return value[0] == '/' && is_plain(value);
	case CONFIG_USER:
		*ret_want = "the name of a user, without ':' and ';',";
		return len <= USER_MAX && is_plain(value) &&
		    strchr(value, ':') == NULL;
	default:
		*ret_want = "up to 20 letters, digits, '.', '_' and '-', "
		    "first a letter or digit,";
		return len <= PREFIX_MAX && is_word(value, len, "._-");
	}
}

/* "https://host/" is "https://host". */
static void
cut_slashes(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '/')
		text[--len] = '\0';
}

int
config_key_take(const struct config_key *k, void *to, const char *value,
    const char **ret_want, struct err *err)
{
	void *at = (char *)to + k->at;
	int n;

	*ret_want = "a value";
	if (*value == '\0')
		return -1;
	switch (k->kind) {
	case CONFIG_TYPES:
		return take_types(at, value, ret_want, err);
	case CONFIG_NUMBER:
		return take_number(k, at, value, ret_want);
	case CONFIG_YES_NO:
		*ret_want = "yes or no";
		n = *(int *)at = one_of(value, yes_no, 2);
		return n < 0 ? -1 : 0;
	case CONFIG_WAY:
		*ret_want = "auto, no or required";
		n = one_of(value, ways, 3);
		*(enum config_companion *)at = n < 0 ? CONFIG_AUTO :
		    (enum config_companion)n;
		return n < 0 ? -1 : 0;
	case CONFIG_PREFIX:
		if (strcmp(value, "-") == 0)
			return take_text(at, "", err);
		break;
	default:
		break;
	}
	if (!is_text(k->kind, value, ret_want))
		return -1;
	if (take_text(at, value, err) < 0)
		return -(int)err->code;
	if (k->kind == CONFIG_URL)
		cut_slashes(*(char **)at);
	return 0;
}

/* --- saying them ------------------------------------------------------- */

static void
say_types(const struct config_types *t, struct buf *out)
{
	size_t i;

	if (t->given && t->count == 0)
		buf_addc(out, '-');
	for (i = 0; i < t->count; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "", t->at[i]);
}

void
config_key_say(const struct config_key *k, const void *from, struct buf *out)
{
	const void *at = (const char *)from + k->at;
	const char *text;
	int n;

	switch (k->kind) {
	case CONFIG_TYPES:
		say_types(at, out);
		break;
	case CONFIG_NUMBER:
		buf_addf(out, "%u", *(const unsigned *)at);
		break;
	case CONFIG_YES_NO:
		if ((n = *(const int *)at) >= 0)
			buf_adds(out, yes_no[n]);
		break;
	case CONFIG_WAY:
		buf_adds(out, ways[*(const enum config_companion *)at]);
		break;
	default:
		if ((text = *(char *const *)at) != NULL)
			buf_adds(out, *text == '\0' ? "-" : text);
		break;
	}
}

void
config_policy_clear(struct config_policy *p)
{
	types_clear(&p->types);
	types_clear(&p->skip);
	types_clear(&p->read_only);
	types_clear(&p->update_only);
	types_clear(&p->prefix_types);
	free(p->remote_prefix);
	free(p->local_prefix);
	*p = (struct config_policy)CONFIG_POLICY_INIT;
}
