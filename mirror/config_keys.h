/* config_keys.h: the keys of mirror.ini as data, for the files of config.h
 * alone.  What a value must look like is said here once: for
 * the file, for config_set and for the command line.
 */
#ifndef SATCHEL_CONFIG_KEYS_H
#define SATCHEL_CONFIG_KEYS_H

#include "config.h"

#define CONFIG_PEER "peer "		/* a section: this, and a name */

enum config_kind {
	CONFIG_KIND,			/* "senaite" */
	CONFIG_URL, CONFIG_USER, CONFIG_PATH, CONFIG_PROXY,
	CONFIG_WAY,			/* auto, no, required */
	CONFIG_NUMBER, CONFIG_YES_NO, CONFIG_TYPES, CONFIG_PREFIX
};

struct config_key {
	const char *name;
	enum config_kind kind;
	size_t at;			/* in struct config, of a peer's key in
					 * struct config_policy */
	unsigned min, max;		/* of a number */
};

/* Of "mirror", else of a peer's section ("peers", or a peer's name); ended by
 * a key without a name. */
const struct config_key *config_keys(const char *section);

/* The index of a key among them, -1: none. */
int config_key_find(const struct config_key *keys, const char *name,
    size_t len);

/* Take a value into the struct `to`, to which the key's place belongs.  0, or
 * -1 and ret_want says what was expected, for "%s expected". */
int config_key_take(const struct config_key *k, void *to, const char *value,
    const char **ret_want, struct err *err);

/* The value of a key as the file says it, appended. */
void config_key_say(const struct config_key *k, const void *from,
    struct buf *out);

void config_policy_clear(struct config_policy *p);

#endif
