#include "json_hash.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"

#define DOT_TEXT_MAX (SITE_LEN + NONCE_LEN + 64)

void
json_hash_start(crypto_generichash_state *h)
{
	(void)crypto_generichash_init(h, NULL, 0, 32);
}

void
json_hash_bytes(crypto_generichash_state *h, const void *bytes, size_t len)
{
	(void)crypto_generichash_update(h, bytes, len);
}

void
json_hash_text(crypto_generichash_state *h, const char *text)
{
	json_hash_bytes(h, text, strlen(text));
}

void
json_hash_dot(crypto_generichash_state *h, const struct dot *d)
{
	char text[DOT_TEXT_MAX];

	(void)snprintf(text, sizeof text, "[\"%s\",%llu,\"%s\",%llu]",
	    d->actor.site, (unsigned long long)d->actor.generation,
	    d->actor.nonce, (unsigned long long)d->n);
	json_hash_text(h, text);
}

void
json_hash_hex(crypto_generichash_state *h, const unsigned char hash[32])
{
	char hex[65];

	text_hex(hex, hash, 32);
	json_hash_text(h, "\"");
	json_hash_bytes(h, hex, 64);
	json_hash_text(h, "\"");
}

void
json_hash_end(crypto_generichash_state *h, unsigned char out[32])
{
	(void)crypto_generichash_final(h, out, 32);
}
