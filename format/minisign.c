#include "minisign.h"

#include <sodium.h>
#include <string.h>

#include "../base/text.h"

#define COMMENT "untrusted comment: "
#define COMMENT_MAX 1024u		/* stock's line buffer */
#define SECRET_COMMENT COMMENT "minisign encrypted secret key\n"
#define PASS_MAX 1023u			/* what stock can read back */

/* "Signature format", with our fixed comments. */
#define SIG_HEAD COMMENT "satchel\n"
#define SIG_TRUSTED "satchel"
#define SIG_MIDDLE "\ntrusted comment: " SIG_TRUSTED "\n"

/* Scrypt costs: what we write (32 MiB) and the most that we read, which is
 * what stock minisign writes (1 GiB). */
#define OPS_OURS 1048576u
#define MEM_OURS 33554432u
#define OPS_MAX 33554432u
#define MEM_MAX 1073741824u

static const unsigned char alg_key[2] = { 'E', 'd' };
static const unsigned char alg_prehashed[2] = { 'E', 'D' };
static const unsigned char alg_scrypt[2] = { 'S', 'c' };
static const unsigned char alg_none[2] = { 0, 0 };
static const unsigned char alg_blake2b[2] = { 'B', '2' };

/* What the base64 lines hold; bytes only, so without padding. */
struct pub_line {
	unsigned char alg[2];
	unsigned char id[MINISIGN_ID];
	unsigned char key[32];
};

struct sig_line {
	unsigned char alg[2];
	unsigned char id[MINISIGN_ID];
	unsigned char sig[64];		/* of the message's BLAKE2b-512 */
};

struct sig_file {
	struct sig_line line;
	unsigned char global[64];	/* of line.sig and SIG_TRUSTED */
};

struct secret_body {			/* under the passphrase, if any */
	unsigned char id[MINISIGN_ID];
	unsigned char key[64];
	unsigned char sum[32];
};

struct secret_line {
	unsigned char alg[2], kdf[2], chk[2];
	unsigned char salt[32];
	unsigned char ops[8], mem[8];	/* little-endian */
	struct secret_body body;
};

#define PUB_CHARS 56u			/* base64 of 42 bytes */
#define SIG_CHARS 100u			/* of 74 */
#define GLOBAL_CHARS 88u		/* of 64 */
#define SECRET_CHARS 212u		/* of 158 */
#define SIG_FILE_LEN (sizeof SIG_HEAD - 1 + SIG_CHARS +			\
    sizeof SIG_MIDDLE - 1 + GLOBAL_CHARS + 1)

_Static_assert(sizeof(struct pub_line) == 42, "public key line");
_Static_assert(sizeof(struct sig_line) == 74, "signature line");
_Static_assert(sizeof(struct sig_file) == 138, "signature file");
_Static_assert(sizeof(struct secret_line) == 158, "secret key line");

static uint64_t
le64_get(const unsigned char *at)
{
	uint64_t n = 0;
	int i;

	for (i = 7; i >= 0; i--)
		n = n << 8 | at[i];
	return n;
}

static void
le64_put(unsigned char *at, uint64_t n)
{
	int i;

	for (i = 0; i < 8; i++, n >>= 8)
		at[i] = (unsigned char)(n & 0xff);
}

void
minisign_id_hex(const unsigned char id[MINISIGN_ID], char out[MINISIGN_ID_HEX])
{
	static const char digits[] = "0123456789ABCDEF";
	int i;

	for (i = 0; i < MINISIGN_ID; i++) {
		out[2 * i] = digits[id[MINISIGN_ID - 1 - i] >> 4];
		out[2 * i + 1] = digits[id[MINISIGN_ID - 1 - i] & 15];
	}
	out[2 * MINISIGN_ID] = '\0';
}

/* Find the second line of a key file, which must be its last. */
static int
key_line(const char *text, size_t len, const char **ret_line, size_t *ret_len)
{
	const char *line, *end;

	if (len < strlen(COMMENT) || memcmp(text, COMMENT, strlen(COMMENT)) ||
	    (line = memchr(text, '\n', len)) == NULL ||
	    line - text >= (ptrdiff_t)COMMENT_MAX)
		return -1;
	line++;
	if ((end = memchr(line, '\n', len - (size_t)(line - text))) == NULL)
		end = text + len;
	else if (end + 1 != text + len)
		return -1;
	if (end > line && end[-1] == '\r')
		end--;
	*ret_line = line;
	*ret_len = (size_t)(end - line);
	return 0;
}

void
minisign_pub_base64(const struct minisign_pub *p, struct buf *out)
{
	struct pub_line line;

	memcpy(line.alg, alg_key, sizeof line.alg);
	memcpy(line.id, p->id, sizeof line.id);
	memcpy(line.key, p->key, sizeof line.key);
	text_base64(out, &line, sizeof line, 1);
}

int
minisign_pub_unbase64(struct minisign_pub *ret, const char *text, size_t len,
    struct err *err)
{
	struct buf raw CLEANUP(buf_clear) = BUF_INIT;
	struct pub_line line;
	int bad;

	if (len != PUB_CHARS)
		return err_set(err, E_TRUSTSTORE, "a public key of %zu "
		    "characters, expected %u", len, PUB_CHARS);
	bad = text_unbase64(&raw, text, len, 1) < 0;
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	if (bad || raw.len != sizeof line)
		return err_set(err, E_TRUSTSTORE, "a public key that is not "
		    "canonical base64");
	memcpy(&line, raw.at, sizeof line);
	if (memcmp(line.alg, alg_key, sizeof line.alg) != 0)
		return err_set(err, E_TRUSTSTORE, "a public key that does not "
		    "begin with \"RW\" (algorithm %02x%02x, expected 4564)",
		    line.alg[0], line.alg[1]);
	if (!crypto_core_ed25519_is_valid_point(line.key))
		return err_set(err, E_TRUSTSTORE, "a public key that is not a "
		    "valid Ed25519 point");
	memcpy(ret->id, line.id, sizeof ret->id);
	memcpy(ret->key, line.key, sizeof ret->key);
	return 0;
}

void
minisign_pub_write(const struct minisign_pub *p, struct buf *out)
{
	char hex[MINISIGN_ID_HEX];

	minisign_id_hex(p->id, hex);
	buf_addf(out, COMMENT "minisign public key %s\n", hex);
	minisign_pub_base64(p, out);
	buf_addc(out, '\n');
}

int
minisign_pub_parse(struct minisign_pub *ret, const char *text, size_t len,
    struct err *err)
{
	const char *line;
	size_t n;

	if (key_line(text, len, &line, &n) < 0)
		return err_set(err, E_TRUSTSTORE, "not a minisign public key "
		    "file: expected \"" COMMENT "...\" and a line with the "
		    "key");
	return minisign_pub_unbase64(ret, line, n, err);
}

void
minisign_secret_freep(struct minisign_secret **s)
{
	sodium_free(*s);
	*s = NULL;
}

static void
secret_line_freep(struct secret_line **line)
{
	sodium_free(*line);
}

static void
secret_body_freep(struct secret_body **body)
{
	sodium_free(*body);
}

int
minisign_secret_new(struct minisign_secret **ret, struct err *err)
{
	unsigned char key[32];
	struct minisign_secret *s = sodium_malloc(sizeof *s);

	if (s == NULL)
		return err_oom(err);
	(void)crypto_sign_keypair(key, s->key);
	randombytes_buf(s->id, sizeof s->id);
	*ret = s;
	return 0;
}

void
minisign_public(const struct minisign_secret *s, struct minisign_pub *ret)
{
	memcpy(ret->id, s->id, sizeof ret->id);
	memcpy(ret->key, s->key + 32, sizeof ret->key);
}

/* Turn the body from clear to locked, or back. */
static int
secret_crypt(struct secret_line *line, const char *pass, size_t pass_len,
    struct err *err)
{
	struct secret_body *stream CLEANUP(secret_body_freep) =
	    sodium_malloc(sizeof *stream);
	unsigned char *to = (unsigned char *)&line->body;
	const unsigned char *from = (const unsigned char *)stream;
	size_t i;

	if (stream == NULL)
		return err_oom(err);
	if (crypto_pwhash_scryptsalsa208sha256((unsigned char *)stream,
	    sizeof *stream, pass, pass_len, line->salt, le64_get(line->ops),
	    (size_t)le64_get(line->mem)) != 0)
		return err_oom(err);
	for (i = 0; i < sizeof line->body; i++)
		to[i] ^= from[i];
	return 0;
}

static void
secret_sum(const struct secret_line *line, unsigned char sum[32])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, 32);
	(void)crypto_generichash_update(&state, line->alg, sizeof line->alg);
	(void)crypto_generichash_update(&state, line->body.id,
	    sizeof line->body.id);
	(void)crypto_generichash_update(&state, line->body.key,
	    sizeof line->body.key);
	(void)crypto_generichash_final(&state, sum, 32);
	sodium_memzero(&state, sizeof state);
}

int
minisign_secret_write(const struct minisign_secret *s, const char *pass,
    size_t pass_len, struct buf *out, struct err *err)
{
	struct secret_line *line CLEANUP(secret_line_freep) =
	    sodium_malloc(sizeof *line);

	if (line == NULL)
		return err_oom(err);
	if (pass != NULL && (pass_len == 0 || pass_len > PASS_MAX))
		return err_set(err, E_PASSPHRASE, "a passphrase of %zu bytes, "
		    "expected 1 to %u", pass_len, PASS_MAX);
	sodium_memzero(line, sizeof *line);
	memcpy(line->alg, alg_key, sizeof line->alg);
	memcpy(line->chk, alg_blake2b, sizeof line->chk);
	memcpy(line->body.id, s->id, sizeof line->body.id);
	memcpy(line->body.key, s->key, sizeof line->body.key);
	if (pass != NULL) {
		memcpy(line->kdf, alg_scrypt, sizeof line->kdf);
		randombytes_buf(line->salt, sizeof line->salt);
		le64_put(line->ops, OPS_OURS);
		le64_put(line->mem, MEM_OURS);
		secret_sum(line, line->body.sum);
		if (secret_crypt(line, pass, pass_len, err) < 0)
			return -(int)err->code;
	}

	/* All of it or nothing. */
	(void)buf_room(out, sizeof SECRET_COMMENT + SECRET_CHARS + 1);
	buf_adds(out, SECRET_COMMENT);
	text_base64(out, line, sizeof *line, 1);
	buf_addc(out, '\n');
	return buf_check(out, err);
}

/* Read the one line of a secret key file; its costs are then bounded. */
static int
secret_decode(struct secret_line *ret, const char *text, size_t len,
    struct err *err)
{
	struct buf raw CLEANUP(buf_clear) = BUF_SECRET;
	const char *line;
	size_t n;
	int bad;

	if (key_line(text, len, &line, &n) < 0)
		return err_set(err, E_KEYFILE, "not a minisign secret key "
		    "file: expected \"" COMMENT "...\" and a line with the "
		    "key");
	bad = n != SECRET_CHARS || text_unbase64(&raw, line, n, 1) < 0;
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	if (bad || raw.len != sizeof *ret)
		return err_set(err, E_KEYFILE, "secret key file: its second "
		    "line is not canonical base64 of %zu bytes", sizeof *ret);
	memcpy(ret, raw.at, sizeof *ret);
	if (memcmp(ret->alg, alg_key, sizeof ret->alg) != 0 ||
	    memcmp(ret->chk, alg_blake2b, sizeof ret->chk) != 0 ||
	    (memcmp(ret->kdf, alg_scrypt, sizeof ret->kdf) != 0 &&
	    memcmp(ret->kdf, alg_none, sizeof ret->kdf) != 0))
		return err_set(err, E_KEYFILE, "secret key file: an algorithm "
		    "that is not Ed25519, scrypt or BLAKE2b");
	if (memcmp(ret->kdf, alg_scrypt, sizeof ret->kdf) == 0 &&
	    (le64_get(ret->mem) > MEM_MAX || le64_get(ret->ops) > OPS_MAX))
		return err_set(err, E_LIMIT, "secret key file: its passphrase "
		    "costs %llu bytes and %llu operations, the limits are %u "
		    "and %u", (unsigned long long)le64_get(ret->mem),
		    (unsigned long long)le64_get(ret->ops), MEM_MAX, OPS_MAX);
	return 0;
}

/* Is the checksum right?  An unlocked file may go without: 32 zeros. */
static int
secret_sum_ok(const struct secret_line *line, int locked)
{
	unsigned char sum[32];
	int same;

	secret_sum(line, sum);
	same = sodium_memcmp(sum, line->body.sum, sizeof sum) == 0;
	sodium_memzero(sum, sizeof sum);
	return same || (!locked &&
	    sodium_is_zero(line->body.sum, sizeof line->body.sum));
}

/* Take the key out of a clear line, the public half rebuilt from the seed. */
static int
secret_take(struct minisign_secret **ret, const struct secret_line *line,
    struct err *err)
{
	struct minisign_secret *s CLEANUP(minisign_secret_freep) =
	    sodium_malloc(sizeof *s);
	unsigned char key[32];

	if (s == NULL)
		return err_oom(err);
	(void)crypto_sign_seed_keypair(key, s->key, line->body.key);
	if (sodium_memcmp(s->key, line->body.key, sizeof s->key) != 0)
		return err_set(err, E_KEYFILE, "secret key file: its two "
		    "halves do not belong together");
	memcpy(s->id, line->body.id, sizeof s->id);
	*ret = s;
	s = NULL;
	return 0;
}

int
minisign_secret_parse(struct minisign_secret **ret, const char *text,
    size_t len, const char *pass, size_t pass_len, struct err *err)
{
	struct secret_line *line CLEANUP(secret_line_freep) =
	    sodium_malloc(sizeof *line);
	int locked;

	if (line == NULL)
		return err_oom(err);
	if (secret_decode(line, text, len, err) < 0)
		return -(int)err->code;
	locked = memcmp(line->kdf, alg_scrypt, sizeof line->kdf) == 0;
	if (locked && pass == NULL)
		return err_set(err, E_PASSPHRASE, "the secret key file needs "
		    "its passphrase");
	if (locked && secret_crypt(line, pass, pass_len, err) < 0)
		return -(int)err->code;
	if (!secret_sum_ok(line, locked)) {
		if (locked)
			return err_set(err, E_PASSPHRASE, "wrong passphrase "
			    "for the secret key file");
		return err_set(err, E_KEYFILE, "secret key file: its checksum "
		    "is wrong");
	}
	return secret_take(ret, line, err);
}

int
minisign_secret_is_locked(const char *text, size_t len)
{
	struct buf head CLEANUP(buf_clear) = BUF_INIT;
	const char *line;
	size_t n;

	/* The first 8 characters are the algorithms, nothing secret. */
	if (key_line(text, len, &line, &n) < 0 || n != SECRET_CHARS ||
	    text_unbase64(&head, line, 8, 1) < 0 || head.len != 6)
		return 0;
	return memcmp(head.at + 2, alg_none, sizeof alg_none) != 0;
}

static void
sig_write(const struct sig_file *f, struct buf *out)
{
	buf_adds(out, SIG_HEAD);
	text_base64(out, &f->line, sizeof f->line, 1);
	buf_adds(out, SIG_MIDDLE);
	text_base64(out, f->global, sizeof f->global, 1);
	buf_addc(out, '\n');
}

/* Take the three values out, write the file again, and compare. */
static int
sig_parse(struct sig_file *ret, const char *sig, size_t siglen,
    struct err *err)
{
	struct buf raw CLEANUP(buf_clear) = BUF_INIT;
	struct buf again CLEANUP(buf_clear) = BUF_INIT;
	const char *line, *global;
	int bad;

	if (siglen != SIG_FILE_LEN) {
		(void)err_set(err, E_SIGFORMAT, "a signature file of %zu "
		    "bytes, expected the %zu of one with the comments of "
		    "satchel", siglen, SIG_FILE_LEN);
		return err_next(err, "sign it with satchel, or with minisign "
		    "-S -c satchel -t satchel");
	}
	line = sig + sizeof SIG_HEAD - 1;
	global = line + SIG_CHARS + sizeof SIG_MIDDLE - 1;
	bad = text_unbase64(&raw, line, SIG_CHARS, 1) < 0 ||
	    text_unbase64(&raw, global, GLOBAL_CHARS, 1) < 0;
	if (buf_check(&raw, err) < 0)
		return -(int)err->code;
	if (bad || raw.len != sizeof *ret)
		return err_set(err, E_SIGFORMAT, "a signature file whose "
		    "signatures are not canonical base64");
	memcpy(ret, raw.at, sizeof *ret);
	if (memcmp(ret->line.alg, alg_prehashed, 2) != 0)
		return err_set(err, E_SIGFORMAT, "a signature of algorithm "
		    "%02x%02x, expected 4544, prehashed Ed25519",
		    ret->line.alg[0], ret->line.alg[1]);
	sig_write(ret, &again);
	if (buf_check(&again, err) < 0)
		return -(int)err->code;
	if (again.len != siglen || memcmp(again.at, sig, siglen) != 0)
		return err_set(err, E_SIGFORMAT, "a signature file whose "
		    "comments or line ends are not those of satchel");
	return 0;
}

/* The bytes that the second signature covers. */
static void
global_message(unsigned char out[64 + sizeof SIG_TRUSTED - 1],
    const struct sig_line *line)
{
	memcpy(out, line->sig, sizeof line->sig);
	memcpy(out + 64, SIG_TRUSTED, sizeof SIG_TRUSTED - 1);
}

int
minisign_sign(const struct minisign_secret *s, const void *message,
    size_t len, struct buf *out, struct err *err)
{
	struct buf text CLEANUP(buf_clear) = BUF_INIT;
	unsigned char hash[64], global[64 + sizeof SIG_TRUSTED - 1];
	struct minisign_pub pub;
	struct sig_file f;

	memcpy(f.line.alg, alg_prehashed, sizeof f.line.alg);
	memcpy(f.line.id, s->id, sizeof f.line.id);
	(void)crypto_generichash(hash, sizeof hash, message, len, NULL, 0);
	(void)crypto_sign_detached(f.line.sig, NULL, hash, sizeof hash,
	    s->key);
	global_message(global, &f.line);
	(void)crypto_sign_detached(f.global, NULL, global, sizeof global,
	    s->key);
	sig_write(&f, &text);
	if (buf_check(&text, err) < 0)
		return -(int)err->code;

	/* A key or a machine that computes wrongly must not publish. */
	minisign_public(s, &pub);
	if (minisign_verify(&pub, message, len, text.at, text.len, err) < 0)
		return err_prefix(err, "the signature just made");
	buf_add(out, text.at, text.len);
	return buf_check(out, err);
}

int
minisign_sig_id(const char *sig, size_t siglen,
    unsigned char ret_id[MINISIGN_ID], struct err *err)
{
	struct sig_file f;

	if (sig_parse(&f, sig, siglen, err) < 0)
		return -(int)err->code;
	memcpy(ret_id, f.line.id, sizeof f.line.id);
	return 0;
}

int
minisign_verify(const struct minisign_pub *p, const void *message, size_t len,
    const char *sig, size_t siglen, struct err *err)
{
	unsigned char hash[64], global[64 + sizeof SIG_TRUSTED - 1];
	char ours[MINISIGN_ID_HEX], theirs[MINISIGN_ID_HEX];
	struct sig_file f;

	if (sig_parse(&f, sig, siglen, err) < 0)
		return -(int)err->code;
	minisign_id_hex(p->id, ours);
	minisign_id_hex(f.line.id, theirs);
	if (memcmp(f.line.id, p->id, sizeof p->id) != 0)
		return err_set(err, E_SIGNATURE, "a signature by key %s, "
		    "expected key %s", theirs, ours);
	(void)crypto_generichash(hash, sizeof hash, message, len, NULL, 0);
	if (crypto_sign_verify_detached(f.line.sig, hash, sizeof hash,
	    p->key) != 0)
		return err_set(err, E_SIGNATURE, "the signature by key %s "
		    "does not fit the signed bytes", ours);
	global_message(global, &f.line);
	if (crypto_sign_verify_detached(f.global, global, sizeof global,
	    p->key) != 0)
		return err_set(err, E_SIGNATURE, "the second signature by key "
		    "%s does not fit the first and the trusted comment", ours);
	return 0;
}
