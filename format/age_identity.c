#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "age.h"
#include "age_armor.h"
#include "bech32.h"

#define IDENTITY_MAX 65536u		/* bytes of an identity file */
#define WORK_OURS 15u			/* 32 MiB */
#define WORK_MAX 20u			/* 1 GiB */
#define PASS_MAX 1023u
#define PREFIX "AGE-SECRET-KEY-"
#define BINARY "age-encryption.org/"	/* how an age file begins */
#define CLEAR_SIZE 256u			/* room for what is written */

static void
secret_text_freep(char **text)
{
	sodium_free(*text);
}

static void
wiped_buf_clear(struct buf *b)
{
	if (b->at != NULL)
		sodium_memzero(b->at, b->cap);
	buf_clear(b);
}

void
age_identity_freep(struct age_identity **i)
{
	sodium_free(*i);
	*i = NULL;
}

int
age_identity_new(struct age_identity **ret, struct err *err)
{
	struct age_identity *i = sodium_malloc(sizeof *i);

	if (i == NULL)
		return err_oom(err);
	randombytes_buf(i->secret, sizeof i->secret);
	(void)crypto_scalarmult_base(i->key, i->secret);
	*ret = i;
	return 0;
}

/* The text of the file without a passphrase, as a C string. */
static void
write_clear(const struct age_identity *i, char text[CLEAR_SIZE])
{
	char public[BECH32_TEXT], secret[BECH32_TEXT];

	bech32_encode(public, "age", i->key);
	bech32_encode(secret, PREFIX, i->secret);
	(void)snprintf(text, CLEAR_SIZE, "# public key: %s\n%s\n", public,
	    secret);
	sodium_memzero(secret, sizeof secret);
}

int
age_identity_write(const struct age_identity *i, const char *pass,
    size_t pass_len, struct buf *out, struct err *err)
{
	char *clear CLEANUP(secret_text_freep) = sodium_malloc(CLEAR_SIZE);
	struct buf sealed CLEANUP(buf_clear) = BUF_INIT;
	struct age_pass p = { pass, pass_len, WORK_OURS };

	if (clear == NULL)
		return err_oom(err);
	if (pass != NULL && (pass_len == 0 || pass_len > PASS_MAX))
		return err_set(err, E_PASSPHRASE, "a passphrase of %zu bytes, "
		    "expected 1 to %u", pass_len, PASS_MAX);
	write_clear(i, clear);
	if (pass == NULL) {
		buf_adds(out, clear);
		return buf_check(out, err);
	}
	if (age_encrypt_pass(&p, clear, strlen(clear), &sealed, err) < 0)
		return -(int)err->code;
	age_armor_write(sealed.at, sealed.len, out);
	return buf_check(out, err);
}

/* The key from one line of a file. */
static int
parse_key(struct age_identity **ret, const char *line, size_t len,
    struct err *err)
{
	struct age_identity *i CLEANUP(age_identity_freep) =
	    sodium_malloc(sizeof *i);

	if (i == NULL)
		return err_oom(err);
	if (*ret != NULL)
		return err_set(err, E_KEYFILE, "identity file: more than one "
		    "key, expected one");
	if (bech32_decode(i->secret, PREFIX, line, len) < 0)
		return err_set(err, E_KEYFILE, "identity file: a line that is "
		    "neither a comment nor \"" PREFIX "1...\" with the right "
		    "checksum");
	(void)crypto_scalarmult_base(i->key, i->secret);
	*ret = i;
	i = NULL;
	return 0;
}

static int
parse_clear(struct age_identity **ret, const char *text, size_t len,
    struct err *err)
{
	struct age_identity *i CLEANUP(age_identity_freep) = NULL;
	const char *line = text, *end = text + len, *next, *eol;
	size_t n;

	for (; line < end; line = next) {
		eol = memchr(line, '\n', (size_t)(end - line));
		next = eol == NULL ? end : eol + 1;
		n = (size_t)((eol == NULL ? end : eol) - line);
		if (n > 0 && line[n - 1] == '\r')
			n--;
		if (n == 0 || *line == '#')
			continue;
		if (parse_key(&i, line, n, err) < 0)
			return -(int)err->code;
	}
	if (i == NULL)
		return err_set(err, E_KEYFILE, "identity file: no line "
		    "\"" PREFIX "1...\" in it");
	*ret = i;
	i = NULL;
	return 0;
}

/* Append the text under the passphrase. */
static int
unlock(const struct age_pass *pass, const char *text, size_t len,
    struct buf *out, struct err *err)
{
	struct buf bytes CLEANUP(buf_clear) = BUF_INIT;
	struct err inner = ERR_INIT;
	int rc = 0;

	if (age_armor_is(text, len))
		rc = age_armor_read(text, len, &bytes, &inner);
	else
		buf_add(&bytes, text, len);
	if (rc == 0 && (rc = buf_check(&bytes, &inner)) == 0)
		rc = age_decrypt_pass(pass, bytes.at, bytes.len, out, &inner);
	if (rc == 0)
		return 0;

	/* To the caller it is a key file, not a message. */
	if (inner.code == E_DECRYPT || inner.code == E_NOT_FOR_US)
		inner.code = E_KEYFILE;
	return err_set(err, inner.code, "identity file: %s", inner.text);
}

int
age_identity_parse(struct age_identity **ret, const char *text, size_t len,
    const char *pass, size_t pass_len, struct err *err)
{
	struct buf clear CLEANUP(wiped_buf_clear) = BUF_INIT;
	struct age_pass p = { pass, pass_len, WORK_MAX };

	if (len > IDENTITY_MAX)
		return err_set(err, E_LIMIT, "identity file: %zu bytes, the "
		    "limit is %u", len, IDENTITY_MAX);
	if (!age_identity_is_locked(text, len))
		return parse_clear(ret, text, len, err);
	if (pass == NULL)
		return err_set(err, E_PASSPHRASE, "the identity file needs "
		    "its passphrase");
	if (unlock(&p, text, len, &clear, err) < 0)
		return -(int)err->code;
	return parse_clear(ret, clear.at, clear.len, err);
}

int
age_identity_is_locked(const char *text, size_t len)
{
	return age_armor_is(text, len) || (len >= strlen(BINARY) &&
	    memcmp(text, BINARY, strlen(BINARY)) == 0);
}
