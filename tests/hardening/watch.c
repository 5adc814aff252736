/* Preloaded into satchel: notes the secrets that it uses, and at its end looks
 * for them in all memory that can be written.
 *
 * Secrets are kept masked, so that this does not find itself.  Others than
 * the keys and passphrases that go into libsodium are named by WATCH: masked,
 * in hexadecimal, each ended by a comma.  It looks, too, into each block that
 * is freed, and when guarded memory is freed, into the stack that was left.
 * What is found, or guarded memory that was not given back, is said on standard
 * error, and the exit is 99.
 * WATCH_COUNT names a file that gets how many secrets were noted.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MASK 0xa7u
#define SECRETS_MAX 4096
#define BYTES_MAX 32			/* of a secret are looked for */
#define BYTES_MIN 6
#define STACK_BELOW 16384u

static struct secret {
	unsigned char at[BYTES_MAX];	/* masked */
	size_t len;
	const char *what;
} secrets[SECRETS_MAX];
static size_t count;
static int guarded;			/* sodium_malloc without sodium_free */
static int found;
static int maps_fd = -1, count_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- noting ------------------------------------------------------------ */

static void
note(const char *what, const unsigned char *at, size_t len)
{
	struct secret s = { .what = what };
	unsigned any = 0;

	for (; s.len < len && s.len < BYTES_MAX; s.len++) {
		any |= at[s.len];
		s.at[s.len] = (unsigned char)(at[s.len] ^ MASK);
	}
	if (s.len < BYTES_MIN || any == 0)
		return;
	(void)pthread_mutex_lock(&lock);
	if (count < SECRETS_MAX && (count == 0 ||
	    memcmp(secrets[count - 1].at, s.at, BYTES_MAX) != 0))
		secrets[count++] = s;
	(void)pthread_mutex_unlock(&lock);
}

/* --- looking ----------------------------------------------------------- */

static int
is_at(const unsigned char *at, const struct secret *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if ((at[i] ^ MASK) != s->at[i])
			return 0;
	return 1;
}

static void
look_for(const struct secret *s, const unsigned char *at, size_t len,
    const char *where)
{
	const unsigned char *end = at + len, *p = at;

	for (; (size_t)(end - p) >= s->len; p++) {
		p = memchr(p, s->at[0] ^ MASK, (size_t)(end - p) - s->len + 1);
		if (p == NULL)
			return;
		if (is_at(p, s)) {
			(void)dprintf(2, "watch: a %s is left in %s\n",
			    s->what, where);
			found = 1;
			return;
		}
	}
}

static void
look_in(const void *at, size_t len, const char *where)
{
	size_t i;

	for (i = 0; i < count; i++)
		look_for(&secrets[i], at, len, where);
}

/* --- what is used, and let go ------------------------------------------ */

#define REAL(name) __extension__ ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int
crypto_sign_keypair(unsigned char *public, unsigned char *key)
{
	int rc = REAL(crypto_sign_keypair)(public, key);

	note("signing key", key, 32);
	return rc;
}

int
crypto_scalarmult_base(unsigned char *q, const unsigned char *n)
{
	note("X25519 scalar", n, 32);
	return REAL(crypto_scalarmult_base)(q, n);
}

/* The line of a minisign key file that no passphrase locks. */
char *
sodium_bin2base64(char *text, size_t max, const unsigned char *at,
    size_t len, int variant)
{
	char *end = REAL(sodium_bin2base64)(text, max, at, len, variant);

	if (len == 158 && at[2] == 0)
		note("key file", (unsigned char *)text + 140, 32);
	return end;
}

int
crypto_sign_detached(unsigned char *sig, unsigned long long *len_p,
    const unsigned char *m, unsigned long long len, const unsigned char *key)
{
	note("signing key", key, 32);
	return REAL(crypto_sign_detached)(sig, len_p, m, len, key);
}

int
crypto_scalarmult(unsigned char *q, const unsigned char *n,
    const unsigned char *p)
{
	int rc = REAL(crypto_scalarmult)(q, n, p);

	note("X25519 scalar", n, 32);
	if (rc == 0)
		note("X25519 secret", q, 32);
	return rc;
}

/* A file key, or the text of an identity. */
static void
note_message(const unsigned char *m, size_t len)
{
	static const char head[] = "# public key: age1";

	if (len == 16)
		note("file key", m, 16);
	if (len > 140 && memcmp(m, head, strlen(head)) == 0)
		note("identity", m + len - 40, 32);
}

int
crypto_aead_chacha20poly1305_ietf_encrypt(unsigned char *c,
    unsigned long long *clen, const unsigned char *m, unsigned long long len,
    const unsigned char *ad, unsigned long long adlen,
    const unsigned char *nsec, const unsigned char *npub,
    const unsigned char *key)
{
	note_message(m, (size_t)len);
	note("age key", key, 32);
	return REAL(crypto_aead_chacha20poly1305_ietf_encrypt)(c, clen, m, len,
	    ad, adlen, nsec, npub, key);
}

int
crypto_aead_chacha20poly1305_ietf_decrypt(unsigned char *m,
    unsigned long long *mlen, unsigned char *nsec, const unsigned char *c,
    unsigned long long len, const unsigned char *ad,
    unsigned long long adlen, const unsigned char *npub,
    const unsigned char *key)
{
	int rc = REAL(crypto_aead_chacha20poly1305_ietf_decrypt)(m, mlen, nsec,
	    c, len, ad, adlen, npub, key);

	note("age key", key, 32);
	if (rc == 0)
		note_message(m, (size_t)len - 16);
	return rc;
}

int
crypto_pwhash_scryptsalsa208sha256_ll(const uint8_t *pass, size_t len,
    const uint8_t *salt, size_t salt_len, uint64_t n, uint32_t r, uint32_t p,
    uint8_t *out, size_t out_len)
{
	note("passphrase", pass, len);
	return REAL(crypto_pwhash_scryptsalsa208sha256_ll)(pass, len, salt,
	    salt_len, n, r, p, out, out_len);
}

int
crypto_pwhash_scryptsalsa208sha256(unsigned char *out,
    unsigned long long out_len, const char *pass, unsigned long long len,
    const unsigned char *salt, unsigned long long ops, size_t mem)
{
	note("passphrase", (const unsigned char *)pass, (size_t)len);
	return REAL(crypto_pwhash_scryptsalsa208sha256)(out, out_len, pass,
	    len, salt, ops, mem);
}

/* What functions that have ended left of their frames. */
__attribute__((noinline)) static void
look_below(void)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0);

	look_in((const void *)(top - STACK_BELOW), STACK_BELOW, "the stack");
}

void
free(void *at)
{
	static void (*real)(void *);

	if (real == NULL)
		real = REAL(free);
	if (at != NULL)
		look_in(at, malloc_usable_size(at), "memory that is freed");
	real(at);
}

/* Always moves. */
void *
realloc(void *at, size_t size)
{
	size_t had = at != NULL ? malloc_usable_size(at) : 0;
	void *to = malloc(size);

	if (to != NULL && at != NULL) {
		memcpy(to, at, had < size ? had : size);
		free(at);
	}
	return to;
}

void *
sodium_malloc(size_t size)
{
	void *at = REAL(sodium_malloc)(size);

	(void)__atomic_add_fetch(&guarded, at != NULL, __ATOMIC_SEQ_CST);
	return at;
}

void
sodium_free(void *at)
{
	(void)__atomic_sub_fetch(&guarded, at != NULL, __ATOMIC_SEQ_CST);
	REAL(sodium_free)(at);
	look_below();
}

static char maps[1 << 18];

/* A line of /proc/self/maps: look if it can be written. */
static void
look_at_map(const char *line)
{
	unsigned long from, to;
	char rights[5];

	if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 &&
	    strncmp(rights, "rw", 2) == 0)
		look_in((const void *)(uintptr_t)from, to - from, line);
}

static void
look_everywhere(void)
{
	size_t len = 0;
	ssize_t n;
	char *line, *end;

	while ((n = read(maps_fd, maps + len, sizeof maps - 1 - len)) > 0)
		len += (size_t)n;
	if (len == 0)
		found = 1;
	for (line = maps; (end = strchr(line, '\n')) != NULL;
	    line = end + 1) {
		*end = '\0';
		look_at_map(line);
	}
}

/* --- a run ------------------------------------------------------------- */

/* Opened now, since it will not be possible later. */
__attribute__((constructor)) static void
begin(void)
{
	const char *more = getenv("WATCH"), *file = getenv("WATCH_COUNT");
	unsigned char text[512];
	unsigned byte;
	size_t n = 0;

	maps_fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (file != NULL)
		count_fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
	for (; more != NULL && *more != '\0'; more++) {
		if (*more == ',') {
			note("secret of the test", text, n);
			n = 0;
		} else if (n < sizeof text && sscanf(more, "%2x", &byte) ==
		    1) {
			text[n++] = (unsigned char)(byte ^ MASK);
			more++;
		}
	}
	sodium_memzero(text, sizeof text);
}

__attribute__((destructor)) static void
end(void)
{
	look_everywhere();
	if (guarded != 0) {
		(void)dprintf(2, "watch: guarded memory was not freed\n");
		found = 1;
	}
	if (count_fd >= 0)
		(void)dprintf(count_fd, "%zu\n", count);
	if (found)
		_exit(99);
}
