#include "age.h"

#include <sodium.h>
#include <string.h>

#include "age_header.h"
#include "bech32.h"

#define RECIPIENTS_MAX 32u
#define FILE_KEY 16u
#define NONCE 16u			/* before the payload */
#define CHUNK 65536u
#define TAG crypto_aead_chacha20poly1305_ietf_ABYTES
#define WRAP_INFO "age-encryption.org/v1/X25519"
#define SCRYPT_LABEL "age-encryption.org/v1/scrypt"

struct bytes {
	const unsigned char *at;
	size_t len;
};

struct key {
	unsigned char at[32];
};

/* All that is secret while a file is written or read, in guarded memory. */
struct vault {
	struct key file, wrap, payload;
	struct key scalar, shared, mac, extracted;
	crypto_auth_hmacsha256_state state;
};

static void
vault_freep(struct vault **v)
{
	sodium_free(*v);
}

/* HKDF-SHA-256 (RFC 5869) for 32 bytes, that is one block. */
static void
hkdf(struct vault *v, struct key *ret, struct bytes secret,
    struct bytes salt, const char *info)
{
	static const unsigned char block = 1;
	crypto_auth_hmacsha256_state *state = &v->state;

	(void)crypto_auth_hmacsha256_init(state, salt.at, salt.len);
	(void)crypto_auth_hmacsha256_update(state, secret.at, secret.len);
	(void)crypto_auth_hmacsha256_final(state, v->extracted.at);
	(void)crypto_auth_hmacsha256_init(state, v->extracted.at,
	    sizeof v->extracted.at);
	(void)crypto_auth_hmacsha256_update(state,
	    (const unsigned char *)info, strlen(info));
	(void)crypto_auth_hmacsha256_update(state, &block, 1);
	(void)crypto_auth_hmacsha256_final(state, ret->at);
}

static void
header_mac(struct vault *v, const void *header, size_t len,
    unsigned char mac[32])
{
	static const unsigned char none[1];	/* an empty salt */

	hkdf(v, &v->mac, (struct bytes){ v->file.at, FILE_KEY },
	    (struct bytes){ none, 0 }, "header");
	(void)crypto_auth_hmacsha256_init(&v->state, v->mac.at,
	    sizeof v->mac.at);
	(void)crypto_auth_hmacsha256_update(&v->state, header, len);
	(void)crypto_auth_hmacsha256_final(&v->state, mac);
}

/* The file key in a body, under a wrap key: there and back. */
static const unsigned char wrap_nonce[12];

static void
wrap_file_key(const struct vault *v, unsigned char body[AGE_BODY])
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL,
	    v->file.at, FILE_KEY, NULL, 0, NULL, wrap_nonce, v->wrap.at);
}

static int
unwrap_file_key(struct vault *v, const unsigned char body[AGE_BODY])
{
	return crypto_aead_chacha20poly1305_ietf_decrypt(v->file.at, NULL,
	    NULL, body, AGE_BODY, NULL, 0, wrap_nonce, v->wrap.at) == 0;
}

/* The wrap key of an X25519 stanza, for either side.  -1: the point is of
 * low order. */
static int
x25519_key(struct vault *v, const unsigned char scalar[32],
    const unsigned char point[32], const unsigned char share[32],
    const unsigned char recipient[32])
{
	unsigned char salt[64];

	if (crypto_scalarmult(v->shared.at, scalar, point) != 0)
		return -1;
	memcpy(salt, share, 32);
	memcpy(salt + 32, recipient, 32);
	hkdf(v, &v->wrap, (struct bytes){ v->shared.at, sizeof v->shared.at },
	    (struct bytes){ salt, sizeof salt }, WRAP_INFO);
	return 0;
}

/* -1: no memory. */
static int
scrypt_key(struct vault *v, const struct age_pass *pass,
    const struct age_wrap *w)
{
	unsigned char salt[sizeof SCRYPT_LABEL - 1 + AGE_SALT];

	memcpy(salt, SCRYPT_LABEL, sizeof SCRYPT_LABEL - 1);
	memcpy(salt + sizeof SCRYPT_LABEL - 1, w->share, AGE_SALT);
	return crypto_pwhash_scryptsalsa208sha256_ll(
	    (const unsigned char *)pass->text, pass->len, salt, sizeof salt,
	    (uint64_t)1 << w->work, 8, 1, v->wrap.at, sizeof v->wrap.at);
}

void
age_recipient_of(const struct age_identity *i, struct age_recipient *ret)
{
	memcpy(ret->key, i->key, sizeof ret->key);
}

void
age_recipient_write(const struct age_recipient *r, struct buf *out)
{
	char text[BECH32_TEXT];

	bech32_encode(text, "age", r->key);
	buf_adds(out, text);
}

int
age_recipient_parse(struct age_recipient *ret, const char *text, size_t len,
    struct err *err)
{
	static const unsigned char scalar[32];	/* clamped: a multiple of 8 */
	unsigned char key[32], product[32];

	if (bech32_decode(key, "age", text, len) < 0)
		return err_set(err, E_TRUSTSTORE, "not an age recipient: "
		    "expected \"age1\" and 58 more characters, in lower case, "
		    "with the right checksum");
	if (crypto_scalarmult(product, scalar, key) != 0)
		return err_set(err, E_TRUSTSTORE, "an age recipient whose key "
		    "is of low order");
	memcpy(ret->key, key, sizeof ret->key);
	return 0;
}

static size_t
chunks(size_t len)
{
	return len == 0 ? 1 : len / CHUNK + (len % CHUNK != 0);
}

size_t
age_overhead(size_t count, size_t len)
{
	/* Version line, stanzas, MAC line; nonce, tags. */
	return 22 + count * 98 + 48 + NONCE + chunks(len) * TAG;
}

/* "the first 11 bytes are a big endian chunk counter [...]; the last byte is
 * 0x01 for the final chunk" */
static void
chunk_nonce(unsigned char nonce[12], uint64_t number, int final)
{
	int i;

	memset(nonce, 0, 12);
	nonce[11] = (unsigned char)final;
	for (i = 10; i >= 3; i--, number >>= 8)
		nonce[i] = (unsigned char)(number & 0xff);
}

static void
stream_key(struct vault *v, const unsigned char nonce[NONCE])
{
	hkdf(v, &v->payload, (struct bytes){ v->file.at, FILE_KEY },
	    (struct bytes){ nonce, NONCE }, "payload");
}

/* Append nonce and chunks; a failure is remembered in `out`. */
static void
stream_write(struct vault *v, struct bytes plain, struct buf *out)
{
	size_t left = chunks(plain.len), n;
	unsigned char nonce[12];
	unsigned char *to;
	uint64_t number;

	to = (unsigned char *)buf_room(out, NONCE + plain.len + left * TAG);
	if (to == NULL)
		return;
	out->len += NONCE + plain.len + left * TAG;
	randombytes_buf(to, NONCE);
	stream_key(v, to);
	to += NONCE;
	for (number = 0; left > 0; number++, left--) {
		n = plain.len < CHUNK ? plain.len : CHUNK;
		chunk_nonce(nonce, number, left == 1);
		(void)crypto_aead_chacha20poly1305_ietf_encrypt(to, NULL,
		    plain.at, n, NULL, 0, NULL, nonce, v->payload.at);
		to += n + TAG;
		plain.at = plain.at == NULL ? NULL : plain.at + n;
		plain.len -= n;
	}
}

/* How many chunks a payload has, none of them out of place; 0: it is none. */
static size_t
stream_chunks(size_t len)
{
	size_t full = len / (CHUNK + TAG), rest = len % (CHUNK + TAG);

	if (rest == 0)
		return full;
	if (rest < TAG || (rest == TAG && full > 0))
		return 0;
	return full + 1;
}

/* Decrypt `left` chunks to `to`.  -1: one is not authentic. */
static int
stream_open(const struct key *key, struct bytes sealed, size_t left,
    unsigned char *to)
{
	unsigned char nonce[12];
	uint64_t number;
	size_t n;

	for (number = 0; left > 0; number++, left--) {
		n = left == 1 ? sealed.len : CHUNK + TAG;
		chunk_nonce(nonce, number, left == 1);
		if (crypto_aead_chacha20poly1305_ietf_decrypt(to, NULL, NULL,
		    sealed.at, n, NULL, 0, nonce, key->at) != 0)
			return -1;
		to += n - TAG;
		sealed.at += n;
		sealed.len -= n;
	}
	return 0;
}

/* Append what nonce and chunks hold. */
static int
stream_read(struct vault *v, struct bytes payload, struct buf *out,
    struct err *err)
{
	struct bytes sealed;
	size_t count, plain;
	unsigned char *to;

	if (payload.len < NONCE)
		return err_set(err, E_DECRYPT, "age payload: %zu bytes, "
		    "expected a nonce of %u", payload.len, NONCE);
	sealed = (struct bytes){ payload.at + NONCE, payload.len - NONCE };
	if ((count = stream_chunks(sealed.len)) == 0)
		return err_set(err, E_DECRYPT, "age payload: %zu bytes are "
		    "not a whole number of chunks", sealed.len);
	plain = sealed.len - count * TAG;
	if ((to = (unsigned char *)buf_room(out, plain)) == NULL)
		return buf_check(out, err);
	stream_key(v, payload.at);

	/* Nothing is released before the last chunk has been authentic. */
	if (stream_open(&v->payload, sealed, count, to) < 0) {
		sodium_memzero(to, plain);
		return err_set(err, E_DECRYPT, "age payload: damaged, cut "
		    "short or changed");
	}
	out->len += plain;
	return 0;
}

/* Append the file, its wraps being made. */
static int
write_file(struct vault *v, const struct age_wrap *wraps, size_t count,
    struct bytes plain, struct buf *out, struct err *err)
{
	struct buf header CLEANUP(buf_clear) = BUF_INIT;
	unsigned char mac[32];
	size_t before = out->len;

	age_header_write(wraps, count, &header);
	if (buf_check(&header, err) < 0)
		return -(int)err->code;
	header_mac(v, header.at, header.len, mac);
	age_header_end(mac, &header);
	if (buf_check(&header, err) < 0)
		return -(int)err->code;
	buf_add(out, header.at, header.len);
	stream_write(v, plain, out);
	if (buf_check(out, err) < 0) {
		out->len = before;
		return -(int)err->code;
	}
	return 0;
}

/* Append what the file holds, its file key being found. */
static int
read_file(struct vault *v, const struct age_header *h,
    struct bytes data, struct buf *out, struct err *err)
{
	unsigned char mac[32];

	header_mac(v, data.at, h->mac_len, mac);
	if (sodium_memcmp(mac, h->mac, sizeof mac) != 0)
		return err_set(err, E_DECRYPT, "age header: its MAC is wrong");
	return stream_read(v, (struct bytes){ data.at + h->len,
	    data.len - h->len }, out, err);
}

/* Wrap the file key for one recipient.  -1: a key of low order. */
static int
wrap_x25519(struct vault *v, struct age_wrap *ret,
    const struct age_recipient *to)
{
	*ret = (struct age_wrap){ .type = AGE_X25519 };
	randombytes_buf(v->scalar.at, sizeof v->scalar.at);
	(void)crypto_scalarmult_base(ret->share, v->scalar.at);
	if (x25519_key(v, v->scalar.at, to->key, ret->share, to->key) < 0)
		return -1;
	wrap_file_key(v, ret->body);
	return 0;
}

int
age_encrypt(const struct age_recipient *to, size_t count, const void *data,
    size_t len, struct buf *out, struct err *err)
{
	struct vault *v CLEANUP(vault_freep) = sodium_malloc(sizeof *v);
	struct age_wrap wraps[RECIPIENTS_MAX];
	size_t i;

	if (v == NULL)
		return err_oom(err);

	if (count == 0 || count > RECIPIENTS_MAX)
		return err_set(err, E_LIMIT, "%zu recipients, expected 1 to "
		    "%u", count, RECIPIENTS_MAX);
	randombytes_buf(v->file.at, FILE_KEY);
	for (i = 0; i < count; i++)
		if (wrap_x25519(v, &wraps[i], &to[i]) < 0)
			return err_set(err, E_TRUSTSTORE, "the key of "
			    "recipient %zu is of low order", i + 1);
	return write_file(v, wraps, count, (struct bytes){ data, len },
	    out, err);
}

/* Find the file key among the stanzas. */
static int
find_file_key(struct vault *v, const struct age_header *h,
    const struct age_identity *id, struct err *err)
{
	const struct age_wrap *w;
	size_t i;

	for (i = 0; i < h->count; i++) {
		w = &h->wraps[i];
		if (w->type != AGE_X25519)
			continue;
		if (x25519_key(v, id->secret, w->share, w->share,
		    id->key) < 0)
			return err_set(err, E_DECRYPT, "age header: an X25519 "
			    "share of low order");
		if (unwrap_file_key(v, w->body))
			return 0;
	}
	return err_set(err, E_NOT_FOR_US, "none of the %zu stanzas opens with "
	    "this identity", h->stanzas);
}

int
age_decrypt(const struct age_identity *i, const void *data, size_t len,
    struct buf *out, struct err *err)
{
	struct vault *v CLEANUP(vault_freep) = sodium_malloc(sizeof *v);
	struct age_header h;

	if (v == NULL)
		return err_oom(err);
	if (age_header_parse(&h, data, len, err) < 0 ||
	    find_file_key(v, &h, i, err) < 0)
		return -(int)err->code;
	return read_file(v, &h, (struct bytes){ data, len }, out, err);
}

int
age_encrypt_pass(const struct age_pass *pass, const void *data, size_t len,
    struct buf *out, struct err *err)
{
	struct vault *v CLEANUP(vault_freep) = sodium_malloc(sizeof *v);
	struct age_wrap w = { .type = AGE_SCRYPT, .work = pass->work };

	if (v == NULL)
		return err_oom(err);
	randombytes_buf(v->file.at, FILE_KEY);
	randombytes_buf(w.share, AGE_SALT);
	if (scrypt_key(v, pass, &w) < 0)
		return err_oom(err);
	wrap_file_key(v, w.body);
	return write_file(v, &w, 1, (struct bytes){ data, len }, out, err);
}

int
age_decrypt_pass(const struct age_pass *pass, const void *data, size_t len,
    struct buf *out, struct err *err)
{
	struct vault *v CLEANUP(vault_freep) = sodium_malloc(sizeof *v);
	struct age_header h;

	if (v == NULL)
		return err_oom(err);
	if (age_header_parse(&h, data, len, err) < 0)
		return -(int)err->code;
	if (h.count == 0 || h.wraps[0].type != AGE_SCRYPT)
		return err_set(err, E_NOT_FOR_US, "an age file that no "
		    "passphrase opens: it has no scrypt stanza");
	if (h.wraps[0].work > pass->work)
		return err_set(err, E_LIMIT, "age header: an scrypt work "
		    "factor of %u, the limit is %u", h.wraps[0].work,
		    pass->work);
	if (scrypt_key(v, pass, &h.wraps[0]) < 0)
		return err_oom(err);
	if (!unwrap_file_key(v, h.wraps[0].body))
		return err_set(err, E_PASSPHRASE, "wrong passphrase");
	return read_file(v, &h, (struct bytes){ data, len }, out, err);
}
