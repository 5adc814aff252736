#include <sodium.h>

#include "format/age.h"
#include "format/age_armor.h"
#include "format/age_header.h"
#include "format/bech32.h"
#include "unit.h"

#define CHUNK 65536u
#define TAG 16u
#define SPEC_SECRET "AGE-SECRET-KEY-" \
    "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define SPEC_PUBLIC \
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

static struct err e = ERR_INIT;
static unsigned char data[5 * CHUNK];	/* random, see main */

/* Points of low order (RFC 7748, section 7; u = 0, 1, p - 1, one of 8). */
static const unsigned char low_order[][32] = {
	{ 0 }, { 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	  0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	  0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
};

static void
new_identities(struct age_identity **ids, struct age_recipient *to,
    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		ids[i] = NULL;
		CHECK_OK(age_identity_new(&ids[i], &e), &e);
		age_recipient_of(ids[i], &to[i]);
	}
}

TEST(recipient_round_trip)
{
	struct age_recipient r;
	struct buf b = BUF_INIT;

	CHECK_OK(age_recipient_parse(&r, SPEC_PUBLIC, AGE_RECIPIENT_LEN, &e),
	    &e);
	age_recipient_write(&r, &b);
	CHECK_STR(buf_str(&b), SPEC_PUBLIC);
	CHECK_INT(b.len, AGE_RECIPIENT_LEN);
	buf_clear(&b);
}

TEST(recipient_refused)
{
	struct age_recipient r;
	char text[BECH32_TEXT];
	size_t i;

	CHECK_ERR(age_recipient_parse(&r, SPEC_PUBLIC, 61, &e), &e,
	    E_TRUSTSTORE);
	for (i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
		bech32_encode(text, "age", low_order[i]);
		CHECK_ERR(age_recipient_parse(&r, text, strlen(text), &e), &e,
		    E_TRUSTSTORE);
	}
}

static void
round_trip(struct age_identity **ids, const struct age_recipient *to,
    size_t count, size_t len)
{
	struct buf sealed = BUF_INIT, plain = BUF_INIT;
	size_t i;

	buf_addc(&sealed, '<');
	CHECK_OK(age_encrypt(to, count, data, len, &sealed, &e), &e);
	CHECK_INT(sealed.len, 1 + len + age_overhead(count, len));
	for (i = 0; i < count; i++) {
		buf_reset(&plain);
		buf_addc(&plain, '>');
		CHECK_OK(age_decrypt(ids[i], sealed.at + 1, sealed.len - 1,
		    &plain, &e), &e);
		CHECK_INT(plain.len, 1 + len);
		CHECK(memcmp(plain.at + 1, data, len) == 0);
	}
	buf_clear(&sealed);
	buf_clear(&plain);
}

TEST(encrypt_round_trip)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, CHUNK - 1, CHUNK,
	    CHUNK + 1, 2 * CHUNK, 300000 };
	struct age_identity *ids[32];
	struct age_recipient to[32];
	size_t i;

	new_identities(ids, to, 32);
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		round_trip(ids, to, 1, sizes[i]);
		round_trip(ids, to, 2, sizes[i]);
	}
	round_trip(ids, to, 32, 100);
	for (i = 0; i < 32; i++)
		age_identity_freep(&ids[i]);
}

TEST(encrypt_refused)
{
	static struct age_recipient to[33];
	struct age_recipient bad;
	struct age_identity *id[1];
	struct buf b = { .max = 300 };
	size_t i;

	new_identities(id, to, 1);
	for (i = 1; i < 33; i++)
		to[i] = to[0];
	CHECK_ERR(age_encrypt(to, 0, "x", 1, &b, &e), &e, E_LIMIT);
	CHECK_ERR(age_encrypt(to, 33, "x", 1, &b, &e), &e, E_LIMIT);
	for (i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
		memcpy(bad.key, low_order[i], 32);
		CHECK_ERR(age_encrypt(&bad, 1, "x", 1, &b, &e), &e,
		    E_TRUSTSTORE);
	}
	CHECK_ERR(age_encrypt(to, 1, data, 200, &b, &e), &e, E_LIMIT);
	CHECK_INT(b.len, 0);
	age_identity_freep(&id[0]);
	buf_clear(&b);
}

TEST(decrypt_not_for_us)
{
	struct age_pass pass = { "p", 1, 1 };
	struct age_identity *ids[2];
	struct age_recipient to[2];
	struct buf b = BUF_INIT, out = BUF_INIT;

	new_identities(ids, to, 2);
	CHECK_OK(age_encrypt(to, 1, "x", 1, &b, &e), &e);
	CHECK_ERR(age_decrypt(ids[1], b.at, b.len, &out, &e), &e,
	    E_NOT_FOR_US);
	CHECK_ERR(age_decrypt_pass(&pass, b.at, b.len, &out, &e), &e,
	    E_NOT_FOR_US);
	buf_reset(&b);
	CHECK_OK(age_encrypt_pass(&pass, "x", 1, &b, &e), &e);
	CHECK_ERR(age_decrypt(ids[0], b.at, b.len, &out, &e), &e,
	    E_NOT_FOR_US);
	CHECK_INT(out.len, 0);
	age_identity_freep(&ids[0]);
	age_identity_freep(&ids[1]);
	buf_clear(&b);
	buf_clear(&out);
}

/* Neither plaintext nor another success from any part or mutant.  On the
 * heap and not one byte longer, so that ASan sees a read beyond. */
static void
check_refused(const struct age_identity *id, const char *from, size_t len)
{
	struct buf out = BUF_INIT;
	char *at = malloc(len + (len == 0));

	CHECK(at != NULL);
	memcpy(at, from, len);
	CHECK(age_decrypt(id, at, len, &out, &e) < 0);
	CHECK(e.code == E_DECRYPT || e.code == E_NOT_FOR_US);
	err_clear(&e);
	CHECK_INT(out.len, 0);
	buf_clear(&out);
	free(at);
}

TEST(mutants_are_refused)
{
	struct age_identity *id[2];
	struct age_recipient to[2];
	struct buf b = BUF_INIT;
	size_t i;

	new_identities(id, to, 2);
	CHECK_OK(age_encrypt(to, 2, "plaintext", 9, &b, &e), &e);
	for (i = 0; i < 8 * b.len; i++) {
		b.at[i / 8] = (char)(b.at[i / 8] ^ 1 << i % 8);
		check_refused(id[0], b.at, b.len);
		b.at[i / 8] = (char)(b.at[i / 8] ^ 1 << i % 8);
	}
	for (i = 0; i < b.len; i++)
		check_refused(id[0], b.at, i);
	buf_addc(&b, '\n');
	check_refused(id[0], b.at, b.len);
	age_identity_freep(&id[0]);
	age_identity_freep(&id[1]);
	buf_clear(&b);
}

TEST(failure_leaves_no_plaintext)
{
	struct age_identity *id[1];
	struct age_recipient to[1];
	struct buf b = BUF_INIT, out = BUF_INIT;

	new_identities(id, to, 1);
	CHECK_OK(age_encrypt(to, 1, data, 2 * CHUNK, &b, &e), &e);
	b.at[b.len - 1] ^= 1;
	CHECK(buf_room(&out, 2 * CHUNK) != NULL);
	CHECK_ERR(age_decrypt(id[0], b.at, b.len, &out, &e), &e, E_DECRYPT);
	CHECK_INT(out.len, 0);
	CHECK(sodium_is_zero((unsigned char *)out.at, 2 * CHUNK));
	b.at[b.len - 1] ^= 1;
	out.max = 2 * CHUNK - 1;
	CHECK_ERR(age_decrypt(id[0], b.at, b.len, &out, &e), &e, E_LIMIT);
	age_identity_freep(&id[0]);
	buf_clear(&b);
	buf_clear(&out);
}

/* HKDF-SHA-256 once more, so that the tests can forge files whose only fault
 * is the one they are about. */
static void
derive(unsigned char key[32], const unsigned char *secret, size_t len,
    const unsigned char *salt, size_t salt_len, const char *info)
{
	crypto_auth_hmacsha256_state s;
	unsigned char prk[32];

	crypto_auth_hmacsha256_init(&s, salt, salt_len);
	crypto_auth_hmacsha256_update(&s, secret, len);
	crypto_auth_hmacsha256_final(&s, prk);
	crypto_auth_hmacsha256_init(&s, prk, 32);
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)info,
	    strlen(info));
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)"\1", 1);
	crypto_auth_hmacsha256_final(&s, key);
}

struct chunk {
	size_t len;
	unsigned char number, final;
};

static const unsigned char forged_key[16] = "YELLOW SUBMARIN";

/* A file under the passphrase "p" with work 1 and a right MAC. */
static void
forge(struct buf *out, const struct chunk *chunks, size_t count)
{
	static const unsigned char zeros[32];
	struct age_wrap w = { .type = AGE_SCRYPT, .work = 1 };
	unsigned char salt[44] = "age-encryption.org/v1/scrypt";
	unsigned char key[32], mac[32], nonce[12] = { 0 };
	size_t i;

	CHECK(crypto_pwhash_scryptsalsa208sha256_ll(
	    (const unsigned char *)"p", 1, salt, 44, 2, 8, 1, key, 32) == 0);
	crypto_aead_chacha20poly1305_ietf_encrypt(w.body, NULL, forged_key,
	    16, NULL, 0, NULL, nonce, key);
	buf_reset(out);
	age_header_write(&w, 1, out);
	derive(key, forged_key, 16, zeros, 0, "header");
	crypto_auth_hmacsha256(mac, (unsigned char *)out->at, out->len, key);
	age_header_end(mac, out);
	buf_add(out, zeros, 16);
	derive(key, forged_key, 16, zeros, 16, "payload");
	for (i = 0; i < count; i++) {
		nonce[10] = chunks[i].number;
		nonce[11] = chunks[i].final;
		crypto_aead_chacha20poly1305_ietf_encrypt((unsigned char *)
		    buf_room(out, chunks[i].len + TAG), NULL, data,
		    chunks[i].len, NULL, 0, NULL, nonce, key);
		out->len += chunks[i].len + TAG;
	}
}

static int
open_forged(const struct chunk *chunks, size_t count, size_t *ret_len)
{
	struct age_pass pass = { "p", 1, 1 };
	struct buf b = BUF_INIT, out = BUF_INIT;
	int rc;

	forge(&b, chunks, count);
	rc = age_decrypt_pass(&pass, b.at, b.len, &out, &e);
	*ret_len = out.len;
	buf_clear(&b);
	buf_clear(&out);
	return rc;
}

#define CHECK_STREAM(want_len, ...) do {				\
	const struct chunk chunks_[] = { __VA_ARGS__ };			\
	size_t len_ = 0;						\
	CHECK_OK(open_forged(chunks_, sizeof chunks_ / sizeof *chunks_,	\
	    &len_), &e);						\
	CHECK_INT(len_, want_len);					\
} while (0)

#define CHECK_BAD_STREAM(...) do {					\
	const struct chunk chunks_[] = { __VA_ARGS__ };			\
	size_t len_ = 0;						\
	CHECK_ERR(open_forged(chunks_, sizeof chunks_ /			\
	    sizeof *chunks_, &len_), &e, E_DECRYPT);			\
	CHECK_INT(len_, 0);						\
} while (0)

TEST(stream_good)
{
	CHECK_STREAM(0, { 0, 0, 1 });
	CHECK_STREAM(5, { 5, 0, 1 });
	CHECK_STREAM(CHUNK, { CHUNK, 0, 1 });
	CHECK_STREAM(CHUNK + 1, { CHUNK, 0, 0 }, { 1, 1, 1 });
	CHECK_STREAM(2 * CHUNK, { CHUNK, 0, 0 }, { CHUNK, 1, 1 });
}

TEST(stream_refused)
{
	size_t len = 0;

	/* No chunk, none final, two final, an empty last one. */
	CHECK_ERR(open_forged(NULL, 0, &len), &e, E_DECRYPT);
	CHECK_BAD_STREAM({ 5, 0, 0 });
	CHECK_BAD_STREAM({ CHUNK, 0, 0 });
	CHECK_BAD_STREAM({ CHUNK, 0, 1 }, { 5, 1, 1 });
	CHECK_BAD_STREAM({ CHUNK, 0, 0 }, { 0, 1, 1 });

	/* Short in the middle, out of order, a wrong number, trailing. */
	CHECK_BAD_STREAM({ 5, 0, 0 }, { 5, 1, 1 });
	CHECK_BAD_STREAM({ CHUNK, 1, 0 }, { CHUNK, 0, 0 }, { 5, 2, 1 });
	CHECK_BAD_STREAM({ CHUNK, 0, 0 }, { 5, 2, 1 });
	CHECK_BAD_STREAM({ CHUNK, 0, 0 }, { CHUNK, 1, 1 }, { 5, 2, 1 });
}

TEST(stream_cut_anywhere_is_refused)
{
	static const struct chunk chunks[] = { { CHUNK, 0, 0 }, { 20, 1, 1 } };
	struct age_pass pass = { "p", 1, 1 };
	struct buf b = BUF_INIT, out = BUF_INIT;
	size_t full, n;

	forge(&b, chunks, 2);
	full = b.len;
	for (n = full - 1; n > full - 60; n--)
		CHECK_ERR(age_decrypt_pass(&pass, b.at, n, &out, &e), &e,
		    E_DECRYPT);
	for (n = full - CHUNK - TAG - 60; n < full - CHUNK - TAG; n++)
		CHECK_ERR(age_decrypt_pass(&pass, b.at, n, &out, &e), &e,
		    E_DECRYPT);
	buf_clear(&b);
	buf_clear(&out);
}

/* The salt, all zeros here, must not be taken for a share of low order. */
TEST(scrypt_stanza_is_no_share)
{
	static const struct chunk chunks[] = { { 5, 0, 1 } };
	struct age_identity *id[1];
	struct age_recipient to[1];
	struct buf b = BUF_INIT, out = BUF_INIT;

	new_identities(id, to, 1);
	forge(&b, chunks, 1);
	CHECK_ERR(age_decrypt(id[0], b.at, b.len, &out, &e), &e,
	    E_NOT_FOR_US);
	age_identity_freep(&id[0]);
	buf_clear(&b);
	buf_clear(&out);
}

TEST(header_mac_counts)
{
	static const struct chunk chunks[] = { { 5, 0, 1 } };
	struct age_pass pass = { "p", 1, 1 };
	struct buf b = BUF_INIT, out = BUF_INIT;
	char *at;

	forge(&b, chunks, 1);
	CHECK((at = memmem(b.at, b.len, "--- ", 4)) != NULL);
	at[4] = at[4] == 'A' ? 'B' : 'A';
	CHECK_ERR(age_decrypt_pass(&pass, b.at, b.len, &out, &e), &e,
	    E_DECRYPT);
	buf_clear(&b);
	buf_clear(&out);
}

TEST(low_order_share_is_refused)
{
	struct age_wrap w = { .type = AGE_X25519 };
	static const unsigned char mac[32];
	struct age_identity *id[1];
	struct age_recipient to[1];
	struct buf b = BUF_INIT, out = BUF_INIT;
	size_t i;

	new_identities(id, to, 1);
	for (i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
		memcpy(w.share, low_order[i], 32);
		buf_reset(&b);
		age_header_write(&w, 1, &b);
		age_header_end(mac, &b);
		CHECK_ERR(age_decrypt(id[0], b.at, b.len, &out, &e), &e,
		    E_DECRYPT);
	}
	age_identity_freep(&id[0]);
	buf_clear(&b);
	buf_clear(&out);
}

TEST(pass_round_trip)
{
	struct age_pass pass = { "open sesame", 11, 10 };
	struct age_pass wrong = { "open sesamE", 11, 10 };
	struct buf b = BUF_INIT, out = BUF_INIT;

	CHECK_OK(age_encrypt_pass(&pass, data, 1000, &b, &e), &e);
	CHECK_OK(age_decrypt_pass(&pass, b.at, b.len, &out, &e), &e);
	CHECK(out.len == 1000 && memcmp(out.at, data, 1000) == 0);
	CHECK_ERR(age_decrypt_pass(&wrong, b.at, b.len, &out, &e), &e,
	    E_PASSPHRASE);
	CHECK_INT(out.len, 1000);
	pass.work = 9;
	CHECK_ERR(age_decrypt_pass(&pass, b.at, b.len, &out, &e), &e,
	    E_LIMIT);
	buf_clear(&b);
	buf_clear(&out);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	randombytes_buf(data, sizeof data);
	return unit_run();
}
