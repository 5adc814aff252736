#include "card.h"

#include <sodium.h>
#include <string.h>

#include "../base/text.h"
#include "reader.h"
#include "writer.h"

#define DOMAIN "satchel card fingerprint v1"
#define PLAIN_DIGITS 40			/* without the check digits */
#define GROUP 5

/* --- writing ----------------------------------------------------------- */

static int
to_buf(void *ctx, const void *data, size_t len, struct err *err)
{
	struct buf *out = ctx;

	buf_add(out, data, len);
	return buf_check(out, err);
}

static int
fill_manifest(struct manifest *m, const struct card *c, struct buf *sign,
    struct buf *age, struct err *err)
{
	minisign_pub_base64(&c->sign, sign);
	age_recipient_write(&c->age, age);
	if (buf_str(sign) == NULL || buf_str(age) == NULL)
		return err_oom(err);
	m->kind = MANIFEST_CARD;
	m->from = c->actor;
	memcpy(m->from_name, c->name, sizeof m->from_name);
	memcpy(m->created, c->created, sizeof m->created);
	minisign_id_hex(c->sign.id, m->key);

	/* The two texts stay theirs: they are not freed through `m`. */
	m->minisign = sign->at;
	m->age = age->at;
	return 0;
}

int
card_write(const struct card *c, const struct minisign_secret *key,
    struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf file = { .max = CARD_MAX };
	CLEANUP(buf_clear) struct buf sign = BUF_INIT, age = BUF_INIT;
	CLEANUP(writer_freep) struct writer *w = NULL;
	struct writer_out to = { to_buf, &file };
	struct manifest m = { .kind = MANIFEST_CARD };
	unsigned char id[32];
	int rc;

	if ((rc = fill_manifest(&m, c, &sign, &age, err)) < 0 ||
	    (rc = writer_new(&w, &to, err)) < 0 ||
	    (rc = writer_finish(w, &m, key, id, err)) < 0)
		return rc;
	buf_add(out, file.at, file.len);
	return buf_check(out, err);
}

/* --- reading ----------------------------------------------------------- */

struct memory {
	const char *at;
	size_t left;
};

static int64_t
from_memory(void *ctx, void *to, size_t len, struct err *err)
{
	struct memory *in = ctx;
	size_t n = len < in->left ? len : in->left;

	(void)err;
	if (n > 0)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return (int64_t)n;
}

/* Take what the manifest says; keys must be ones that may be trusted. */
static int
fill_card(struct card *c, const struct manifest *m, struct err *err)
{
	char id[MINISIGN_ID_HEX];
	int rc;

	if (m->kind != MANIFEST_CARD)
		return err_set(err, E_MANIFEST, "SUMS says card, the manifest "
		    "does not");
	c->actor = m->from;
	memcpy(c->name, m->from_name, sizeof c->name);
	memcpy(c->created, m->created, sizeof c->created);
	if ((rc = minisign_pub_unbase64(&c->sign, m->minisign,
	    strlen(m->minisign), err)) < 0 ||
	    (rc = age_recipient_parse(&c->age, m->age, strlen(m->age),
	    err)) < 0)
		return rc;
	minisign_id_hex(c->sign.id, id);
	if (strcmp(id, m->key) != 0)
		return err_set(err, E_TRUSTSTORE, "the card names key %s but "
		    "holds key %s", m->key, id);
	return 0;
}

/* L1 and L4: a whole card whose SUMS is right. */
static int
read_container(struct reader *r, const void *data, size_t len,
    struct err *err)
{
	struct memory in = { data, len };
	const struct reader_in from = { from_memory, &in };
	enum sums_kind kind = SUMS_BUNDLE;
	int rc;

	if (len > CARD_MAX)
		return err_set(err, E_LIMIT, "a card has at most %u bytes, "
		    "this file %zu", CARD_MAX, len);
	if ((rc = reader_walk(r, &from, err)) < 0 ||
	    (rc = reader_valid(r, &kind, err)) < 0)
		return rc;
	if (kind != SUMS_CARD)
		return err_set(err, E_FORMAT, "this is a %s, not a card",
		    kind == SUMS_RECEIPT ? "receipt" : "bundle");
	return 0;
}

/* A card is signed by the key it holds, so its manifest is read before its
 * signature is known to be good.  Whether the key may be trusted is what the
 * fingerprint tells. */
int
card_read(struct card *ret, const void *data, size_t len, struct err *err)
{
	CLEANUP(reader_clear) struct reader r = { .count = 0 };
	CLEANUP(manifest_clear) struct manifest m = { .kind = MANIFEST_CARD };
	struct card c = { .created = "" };
	int rc;

	if ((rc = read_container(&r, data, len, err)) < 0 ||
	    (rc = manifest_parse(&m, r.manifest.at, r.manifest.len,
	    err)) < 0 ||
	    (rc = fill_card(&c, &m, err)) < 0 ||
	    (rc = reader_authentic(&r, &c.sign, err)) < 0)
		return rc;
	*ret = c;
	return 0;
}

/* --- fingerprint ------------------------------------------------------- */

/* n = n / 10 as a big-endian number; returns the remainder. */
static unsigned
divide(unsigned char n[32])
{
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < 32; i++) {
		rest = rest << 8 | n[i];
		n[i] = (unsigned char)(rest / 10);
		rest %= 10;
	}
	return rest;
}

static unsigned
mod_97(const char *digits, size_t len)
{
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < len; i++)
		rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
	return rest;
}

/* The 42 digits, without spaces and NUL. */
static void
digits_of(const struct card *c, char out[CARD_DIGITS])
{
	crypto_generichash_state state;
	unsigned char hash[32];
	unsigned check;
	size_t i;

	/* The terminating NUL of both texts is part of what is hashed. */
	(void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)DOMAIN, sizeof DOMAIN);
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)c->actor.site, strlen(c->actor.site) + 1);
	(void)crypto_generichash_update(&state, c->sign.key,
	    sizeof c->sign.key);
	(void)crypto_generichash_update(&state, c->age.key,
	    sizeof c->age.key);
	(void)crypto_generichash_final(&state, hash, sizeof hash);

	/* The last 40 decimal digits of it, and ISO 7064 MOD 97-10. */
	for (i = PLAIN_DIGITS; i > 0; i--)
		out[i - 1] = (char)('0' + divide(hash));
	check = 98 - mod_97(out, PLAIN_DIGITS) * 100 % 97;
	out[PLAIN_DIGITS] = (char)('0' + check / 10);
	out[PLAIN_DIGITS + 1] = (char)('0' + check % 10);
}

void
card_fingerprint(const struct card *c, char out[CARD_TEXT_MAX])
{
	char digits[CARD_DIGITS];
	size_t i, n = 0;

	digits_of(c, digits);
	for (i = 0; i < CARD_DIGITS; i++) {
		if (i > 0 && i % GROUP == 0)
			out[n++] = ' ';
		out[n++] = digits[i];
	}
	out[n] = '\0';
}

int
card_matches(const struct card *c, const char *typed, struct err *err)
{
	char want[CARD_DIGITS], got[CARD_DIGITS];
	size_t n = 0;

	for (; *typed != '\0'; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (*typed < '0' || *typed > '9')
			return err_set(err, E_USAGE, "a fingerprint is %u "
			    "digits, nothing else", CARD_DIGITS);
		if (n == CARD_DIGITS)
			return err_set(err, E_USAGE, "a fingerprint has %u "
			    "digits, there are more", CARD_DIGITS);
		got[n++] = *typed;
	}
	if (n != CARD_DIGITS)
		return err_set(err, E_USAGE, "a fingerprint has %u digits, "
		    "not %zu", CARD_DIGITS, n);
	if (mod_97(got, CARD_DIGITS) != 1) {
		(void)err_set(err, E_USAGE, "there is a slip in these digits: "
		    "the check digits do not fit");
		return err_next(err, "have the digits read out again");
	}
	digits_of(c, want);
	return sodium_memcmp(want, got, CARD_DIGITS) == 0;
}
