/* What libsodium found good once is good: the same signature over the same
 * bytes by the same key, the same point.  A history has each file verified
 * again and again; two thirds of its time would go there.  (--wrap, as in
 * steps.h; what is bad is asked each time.)
 */
#include <sodium.h>
#include <string.h>

#define SLOTS 65536u

static unsigned char known[SLOTS][32];

int __real_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk);
int __real_crypto_core_ed25519_is_valid_point(const unsigned char *p);
int __wrap_crypto_core_ed25519_is_valid_point(const unsigned char *p);

/* The place of what has this hash. */
static unsigned char *
slot_of(const unsigned char hash[32])
{
	unsigned n;

	memcpy(&n, hash, sizeof n);
	return known[n % SLOTS];
}

int
__wrap_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk)
{
	crypto_generichash_state h;
	unsigned char hash[32];

	(void)crypto_generichash_init(&h, NULL, 0, 32);
	(void)crypto_generichash_update(&h, sig, crypto_sign_BYTES);
	(void)crypto_generichash_update(&h, pk, crypto_sign_PUBLICKEYBYTES);
	(void)crypto_generichash_update(&h, m, len);
	(void)crypto_generichash_final(&h, hash, 32);
	if (memcmp(slot_of(hash), hash, 32) == 0)
		return 0;
	if (__real_crypto_sign_verify_detached(sig, m, len, pk) != 0)
		return -1;
	memcpy(slot_of(hash), hash, 32);
	return 0;
}

int
__wrap_crypto_core_ed25519_is_valid_point(const unsigned char *p)
{
	unsigned char hash[32];

	(void)crypto_generichash(hash, 32, p, crypto_sign_PUBLICKEYBYTES, NULL,
	    0);
	if (memcmp(slot_of(hash), hash, 32) == 0)
		return 1;
	if (!__real_crypto_core_ed25519_is_valid_point(p))
		return 0;
	memcpy(slot_of(hash), hash, 32);
	return 1;
}
