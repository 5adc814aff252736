/* fuzz_minisign.c: any bytes as each of minisign's files: public key, secret
 * key, signature.  A key that is taken says the same when it is written
 * again; of all signature files one alone is that of the message.
 */
#include <endian.h>
#include <sodium.h>

#include "../../base/text.h"
#include "../../format/minisign.h"
#include "mutate.h"

#define MESSAGE "# satchel bundle/1\n"
#define COST_MAX 1048576u		/* scrypt that is worth its time */
#define OPS_AT 38u			/* in the 158 bytes of a secret key */
#define MEM_AT 46u

static void
check_public(struct json_span text)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT, file = BUF_INIT;
	struct minisign_pub p, again;
	struct err err = ERR_INIT;

	if (!fuzz_took(minisign_pub_parse(&p, text.at, text.len, &err), &err,
	    "E_TRUSTSTORE"))
		return;
	ALWAYS(crypto_core_ed25519_is_valid_point(p.key));
	minisign_pub_base64(&p, &line);
	ALWAYS(memmem(text.at, text.len, line.at, line.len) != NULL);
	minisign_pub_write(&p, &file);
	GOOD(minisign_pub_parse(&again, file.at, file.len, &err), &err);
	ALWAYS(memcmp(&p, &again, sizeof p) == 0);
}

/* The one line alone. */
static void
check_base64(struct json_span text)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	struct err err = ERR_INIT;
	struct minisign_pub p;

	if (!fuzz_took(minisign_pub_unbase64(&p, text.at, text.len, &err),
	    &err, "E_TRUSTSTORE"))
		return;
	minisign_pub_base64(&p, &line);
	ALWAYS(fuzz_same(&line, text.at, text.len));
}

/* A passphrase is tried where the file does not make it dear. */
static int
is_cheap(struct json_span text)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	const char *line = memchr(text.at, '\n', text.len);
	uint64_t ops, mem;
	size_t left;

	if (line == NULL)
		return 0;
	line++;
	left = text.len - (size_t)(line - text.at);
	if (left < 212 || text_unbase64(&raw, line, 212, 1) < 0 ||
	    raw.len != 158)
		return 0;
	memcpy(&ops, raw.at + OPS_AT, sizeof ops);
	memcpy(&mem, raw.at + MEM_AT, sizeof mem);
	return le64toh(ops) <= COST_MAX && le64toh(mem) <= COST_MAX;
}

static void
check_secret(struct json_span text)
{
	CLEANUP(minisign_secret_freep) struct minisign_secret *s = NULL;
	CLEANUP(minisign_secret_freep) struct minisign_secret *again = NULL;
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	int locked = minisign_secret_is_locked(text.at, text.len);
	const char *pass = locked && is_cheap(text) ? "p" : NULL;
	struct err err = ERR_INIT;
	int rc = minisign_secret_parse(&s, text.at, text.len, pass, 1, &err);

	ALWAYS((rc >= 0) == (s != NULL));
	if (!fuzz_took(rc, &err, "E_KEYFILE E_PASSPHRASE E_LIMIT"))
		return;
	ALWAYS(!locked || pass != NULL);
	GOOD(minisign_secret_write(s, NULL, 0, &file, &err), &err);
	ALWAYS(!minisign_secret_is_locked(file.at, file.len));
	GOOD(minisign_secret_parse(&again, file.at, file.len, NULL, 0, &err),
	    &err);
	ALWAYS(memcmp(s, again, sizeof *s) == 0);
}

static void
check_signature(struct json_span text)
{
	static struct buf right;
	unsigned char id[MINISIGN_ID];
	struct err err = ERR_INIT;
	struct minisign_pub pub;
	int rc;

	minisign_public(fuzz_key(), &pub);
	if (right.len == 0)
		GOOD(minisign_sign(fuzz_key(), MESSAGE, strlen(MESSAGE),
		    &right, &err), &err);
	rc = minisign_sig_id(text.at, text.len, id, &err);
	if (!fuzz_took(rc, &err, "E_SIGFORMAT"))
		return;
	rc = minisign_verify(&pub, MESSAGE, strlen(MESSAGE), text.at, text.len,
	    &err);
	if (fuzz_took(rc, &err, "E_SIGNATURE"))
		ALWAYS(fuzz_same(&right, text.at, text.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_span text = { (const char *)data, size };

	check_public(text);
	check_base64(text);
	check_secret(text);
	check_signature(text);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_base64_lines, data, size, max, seed);
}
