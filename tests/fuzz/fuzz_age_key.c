/* fuzz_age_key.c: any bytes as an age identity file, as a recipient, and as
 * armor.  A key has one text; armor of the same bytes is read as them.
 */
#include "../../format/age.h"
#include "../../format/age_armor.h"
#include "../../format/age_header.h"
#include "../../format/bech32.h"
#include "mutate.h"

#define SECRET_PREFIX "AGE-SECRET-KEY-"
#define WORK_CHEAP 8u			/* scrypt that is worth its time */
#define PASS "p"

static void
check_recipient(struct json_span text)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct age_recipient r;
	struct err err = ERR_INIT;

	if (!fuzz_took(age_recipient_parse(&r, text.at, text.len, &err), &err,
	    "E_TRUSTSTORE"))
		return;
	ALWAYS(text.len == AGE_RECIPIENT_LEN);
	age_recipient_write(&r, &again);
	ALWAYS(fuzz_same(&again, text.at, text.len));
}

/* A passphrase is tried where the file does not make it dear. */
static int
is_cheap(struct json_span text)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	static struct age_header h;
	struct err err = ERR_INIT;

	if (!age_armor_is(text.at, text.len))
		buf_add(&raw, text.at, text.len);
	else if (age_armor_read(text.at, text.len, &raw, &err) < 0)
		return 0;
	return age_header_parse(&h, raw.at, raw.len, &err) == 0 &&
	    (h.count == 0 || h.wraps[0].work <= WORK_CHEAP);
}

static void
check_identity(struct json_span text)
{
	CLEANUP(age_identity_freep) struct age_identity *id = NULL;
	CLEANUP(age_identity_freep) struct age_identity *again = NULL;
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	int locked = age_identity_is_locked(text.at, text.len);
	const char *pass = locked && is_cheap(text) ? PASS : NULL;
	struct err err = ERR_INIT;
	int rc = age_identity_parse(&id, text.at, text.len, pass,
	    strlen(PASS), &err);

	ALWAYS((rc >= 0) == (id != NULL));
	if (!fuzz_took(rc, &err, "E_KEYFILE E_PASSPHRASE E_LIMIT"))
		return;
	ALWAYS(!locked || pass != NULL);
	GOOD(age_identity_write(id, NULL, 0, &file, &err), &err);
	GOOD(age_identity_parse(&again, file.at, file.len, NULL, 0, &err),
	    &err);
	ALWAYS(memcmp(id, again, sizeof *id) == 0);
}

static void
check_armor(struct json_span text)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT, again = BUF_INIT;
	CLEANUP(buf_clear) struct buf bytes = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	rc = age_armor_read(text.at, text.len, &raw, &err);
	ALWAYS(rc >= 0 || raw.len == 0);
	if (!fuzz_took(rc, &err, "E_DECRYPT"))
		return;
	ALWAYS(age_armor_is(text.at, text.len));
	age_armor_write(raw.at, raw.len, &again);
	ALWAYS(again.len <= text.len + 1);
	GOOD(age_armor_read(again.at, again.len, &bytes, &err), &err);
	ALWAYS(fuzz_same(&bytes, raw.at, raw.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_span text = { (const char *)data, size };

	check_recipient(text);
	check_identity(text);
	check_armor(text);
	return 0;
}

/* A line that is a key becomes another key. */
static int
change(struct dice *d, struct json_span line, struct buf *out)
{
	const char *prefix = line.len == AGE_RECIPIENT_LEN ? "age" :
	    SECRET_PREFIX;
	CLEANUP(buf_clear) struct buf key = BUF_INIT;
	unsigned char raw[BECH32_KEY];
	char text[BECH32_TEXT];

	if (bech32_decode(raw, prefix, line.at, line.len) < 0)
		return mutate_base64(d, line, out);
	buf_add(&key, raw, sizeof raw);
	mutate_bytes(&key);
	memset(raw, 0, sizeof raw);
	memcpy(raw, key.at, key.len < sizeof raw ? key.len : sizeof raw);
	bech32_encode(text, prefix, raw);
	buf_adds(out, text);
	return 0;
}

static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	return mutate_lines(d, in, change, out);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
