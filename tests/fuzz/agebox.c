#include "agebox.h"

#include <sodium.h>

#include "../../format/age.h"
#include "../../format/age_header.h"

#define CHUNK 65536u
#define TAG 16u
#define KEY 32u

void
agebox_clear(struct agebox *b)
{
	buf_clear(&b->header);
	buf_clear(&b->plain);
}

const struct age_identity *
agebox_identity(void)
{
	static struct age_identity *id;
	struct err err = ERR_INIT;

	if (id == NULL)
		GOOD(age_identity_parse(&id, fuzz_age_identity,
		    strlen(fuzz_age_identity), NULL, 0, &err), &err);
	return id;
}

static void
hmac(unsigned char out[KEY], struct json_span key, struct json_span text)
{
	crypto_auth_hmacsha256_state h;

	(void)crypto_auth_hmacsha256_init(&h, (const unsigned char *)key.at,
	    key.len);
	(void)crypto_auth_hmacsha256_update(&h, (const unsigned char *)text.at,
	    text.len);
	(void)crypto_auth_hmacsha256_final(&h, out);
}

/* HKDF-SHA-256 of one block. */
static void
derive(unsigned char out[KEY], struct json_span secret, struct json_span salt,
    const char *info)
{
	unsigned char extracted[KEY];
	char text[64];
	int n = snprintf(text, sizeof text, "%s\x01", info);

	hmac(extracted, salt, secret);
	hmac(out, (struct json_span){ (char *)extracted, KEY },
	    (struct json_span){ text, (size_t)n });
}

/* Try a stanza: 1 if it opens. */
static int
unwrap(struct agebox *b, const struct age_wrap *w)
{
	static const unsigned char nonce[12];
	const struct age_identity *id = agebox_identity();
	unsigned char shared[KEY], wrap[KEY];
	char salt[2 * KEY];

	if (w->type != AGE_X25519 ||
	    crypto_scalarmult(shared, id->secret, w->share) != 0)
		return 0;
	memcpy(salt, w->share, KEY);
	memcpy(salt + KEY, id->key, KEY);
	derive(wrap, (struct json_span){ (char *)shared, KEY },
	    (struct json_span){ salt, sizeof salt },
	    "age-encryption.org/v1/X25519");
	return crypto_aead_chacha20poly1305_ietf_decrypt(b->key, NULL, NULL,
	    w->body, AGE_BODY, NULL, 0, nonce, wrap) == 0;
}

static void
mac_of(const struct agebox *b, unsigned char mac[KEY])
{
	unsigned char key[KEY];

	derive(key, (struct json_span){ (const char *)b->key, sizeof b->key },
	    (struct json_span){ "", 0 }, "header");
	hmac(mac, (struct json_span){ (char *)key, KEY }, json_of(&b->header));
}

static void
payload_key(const struct agebox *b, unsigned char key[KEY])
{
	derive(key, (struct json_span){ (const char *)b->key, sizeof b->key },
	    (struct json_span){ (const char *)b->nonce, sizeof b->nonce },
	    "payload");
}

/* Nonce of a chunk: an 11-byte number, and 1 for the last one. */
static void
count(unsigned char nonce[12], size_t number, int last)
{
	memset(nonce, 0, 12);
	nonce[11] = (unsigned char)last;
	nonce[10] = (unsigned char)number;
	nonce[9] = (unsigned char)(number >> 8);
}

static int
open_payload(struct agebox *b, struct json_span in)
{
	unsigned char key[KEY], nonce[12];
	size_t number, n;
	char *to;

	if (in.len < sizeof b->nonce + TAG)
		return -1;
	memcpy(b->nonce, in.at, sizeof b->nonce);
	in.at += sizeof b->nonce;
	in.len -= sizeof b->nonce;
	payload_key(b, key);
	for (number = 0; in.len > 0; number++, in.at += n, in.len -= n) {
		n = in.len < CHUNK + TAG ? in.len : CHUNK + TAG;
		if (n < TAG || (n == TAG && number > 0))
			return -1;
		count(nonce, number, n == in.len);
		ALWAYS((to = buf_room(&b->plain, n)) != NULL);
		if (crypto_aead_chacha20poly1305_ietf_decrypt(
		    (unsigned char *)to, NULL, NULL,
		    (const unsigned char *)in.at, n, NULL, 0, nonce,
		    key) != 0)
			return -1;
		b->plain.len += n - TAG;
	}
	return 0;
}

int
agebox_open(struct agebox *ret, struct json_span in)
{
	struct age_header h;
	struct err err = ERR_INIT;
	unsigned char mac[KEY];
	size_t i;

	if (age_header_parse(&h, in.at, in.len, &err) < 0)
		return -1;
	for (i = 0; i < h.count && !unwrap(ret, &h.wraps[i]); i++)
		;
	if (i == h.count)
		return -1;
	buf_add(&ret->header, in.at, h.mac_len);
	mac_of(ret, mac);
	ret->mac_fits = memcmp(mac, h.mac, KEY) == 0;
	return open_payload(ret, (struct json_span){ in.at + h.len,
	    in.len - h.len });
}

void
agebox_seal(const struct agebox *b, struct buf *out)
{
	unsigned char mac[KEY], key[KEY], nonce[12];
	const unsigned char *p = (const unsigned char *)b->plain.at;
	size_t left = b->plain.len, number = 0, n;
	char *to;

	mac_of(b, mac);
	buf_add(out, b->header.at, b->header.len);
	age_header_end(mac, out);
	buf_add(out, b->nonce, sizeof b->nonce);
	payload_key(b, key);
	do {
		n = left < CHUNK ? left : CHUNK;
		left -= n;
		count(nonce, number++, left == 0);
		ALWAYS((to = buf_room(out, n + TAG)) != NULL);
		(void)crypto_aead_chacha20poly1305_ietf_encrypt(
		    (unsigned char *)to, NULL, p, n, NULL, 0, NULL, nonce,
		    key);
		out->len += n + TAG;
		p = p == NULL ? NULL : p + n;
	} while (left > 0);
}
