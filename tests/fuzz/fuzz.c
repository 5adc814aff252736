#include "fuzz.h"

#include <sodium.h>

#include "../../format/codec.h"
#include "../../format/minisign.h"

const char fuzz_age_identity[] = "AGE-SECRET-KEY-"
    "136L5ZDVPRYKGA5NDXAV4LY40ZARAUDXUAGMG7ECQJCRTKY69MCYQK0JN5R";

static const char sign_key[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "K9s29/kRCLulzbzweELqmbMqxkMpYih7+pKTFVY4yEKUCe0OwHq63VKnF9BYQ0ZVJtSmrZbF"
    "jOi1L793EtzgFKm79LQnseTdAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

/* As main of the product does. */
__attribute__((constructor)) static void
begin(void)
{
	ALWAYS(sodium_init() >= 0);
}

int
fuzz_same(const struct buf *b, const void *at, size_t len)
{
	return b->failed == 0 && b->len == len &&
	    (len == 0 || memcmp(b->at, at, len) == 0);
}

int
fuzz_took(int rc, const struct err *err, const char *names)
{
	const char *name = err_name(err->code), *at;
	size_t n = strlen(name);

	if (rc >= 0) {
		ALWAYS(err->code == E_OK);
		return 1;
	}
	ALWAYS(rc == -(int)err->code && err->text[0] != '\0');
	for (at = names; (at = strstr(at, name)) != NULL; at += n)
		if (at[n] == ' ' || at[n] == '\0')
			return 0;
	fprintf(stderr, "%s is none of %s: %s\n", name, names, err->text);
	abort();
}

const struct minisign_secret *
fuzz_key(void)
{
	static struct minisign_secret *key;
	struct err err = ERR_INIT;

	if (key == NULL)
		GOOD(minisign_secret_parse(&key, sign_key, strlen(sign_key),
		    NULL, 0, &err), &err);
	return key;
}

struct codec_ctx *
fuzz_codec(void)
{
	static struct codec_ctx *c;
	struct err err = ERR_INIT;

	if (c == NULL)
		GOOD(codec_new(&c, &err), &err);
	return c;
}
