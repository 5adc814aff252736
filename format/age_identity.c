#include <sodium.h>
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

static void
add_key(struct buf *out, const char *prefix, const unsigned char key[32])
{
	char *to = buf_room(out, BECH32_TEXT);

	if (to == NULL)
		return;
	bech32_encode(to, prefix, key);
	out->len += strlen(to);
	buf_addc(out, '\n');
}

/* The text of the file without a passphrase. */
static void
write_clear(const struct age_identity *i, struct buf *out)
{
	buf_adds(out, "# public key: ");
	add_key(out, "age", i->key);
	add_key(out, PREFIX, i->secret);
}

int
age_identity_write(const struct age_identity *i, const char *pass,
    size_t pass_len, struct buf *out, struct err *err)
{
	struct buf clear CLEANUP(buf_clear) = BUF_SECRET;
	struct buf sealed CLEANUP(buf_clear) = BUF_INIT;
	struct age_pass p = { pass, pass_len, WORK_OURS };

	if (pass != NULL && (pass_len == 0 || pass_len > PASS_MAX))
		return err_set(err, E_PASSPHRASE, "a passphrase of %zu bytes, "
		    "expected 1 to %u", pass_len, PASS_MAX);
	if (pass == NULL) {
		write_clear(i, out);
		return buf_check(out, err);
	}
	write_clear(i, &clear);
	if (buf_check(&clear, err) < 0 ||
	    age_encrypt_pass(&p, clear.at, clear.len, &sealed, err) < 0)
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
	struct buf clear CLEANUP(buf_clear) = BUF_SECRET;
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
