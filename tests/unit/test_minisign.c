#include <sodium.h>

#include "base/text.h"
#include "format/minisign.h"
#include "unit.h"

#define SECRET_HEAD "untrusted comment: minisign encrypted secret key\n"
#define SECRET_BYTES 158		/* what its second line holds */
#define SIG_LEN 242

/* Offsets in those bytes. */
enum { AT_ALG = 0, AT_KDF = 2, AT_CHK = 4, AT_OPS = 38, AT_MEM = 46,
    AT_ID = 54, AT_SEED = 62, AT_PUBLIC = 94, AT_SUM = 126 };

static struct err e = ERR_INIT;

static struct minisign_secret *
new_secret(void)
{
	struct minisign_secret *s = NULL;

	CHECK_OK(minisign_secret_new(&s, &e), &e);
	return s;
}

static void
new_pair(struct minisign_secret **ret_s, struct minisign_pub *ret_p)
{
	*ret_s = new_secret();
	minisign_public(*ret_s, ret_p);
}

static int
pub_of(const unsigned char point[32], struct minisign_pub *ret)
{
	struct minisign_pub p = { .id = { 1 } };
	struct buf b = BUF_INIT;
	int rc;

	memcpy(p.key, point, 32);
	minisign_pub_base64(&p, &b);
	rc = minisign_pub_unbase64(ret, b.at, b.len, &e);
	buf_clear(&b);
	return rc;
}

static int
pub_parse(const char *text)
{
	struct minisign_pub p;

	return minisign_pub_parse(&p, text, strlen(text), &e);
}

static void
check_bad_line(const char *text)
{
	struct minisign_pub p;

	CHECK_ERR(minisign_pub_unbase64(&p, text, strlen(text), &e), &e,
	    E_TRUSTSTORE);
}

#define STOCK_KEY "RWRtTiVbKEbJ9tr8R8upvsrArxVwDAjIITgUCT8p1EsUF/ogg8BDovdI"

TEST(id_is_printed_as_stock_prints_it)
{
	struct minisign_pub p;
	char hex[MINISIGN_ID_HEX];

	CHECK_OK(minisign_pub_unbase64(&p, STOCK_KEY, 56, &e), &e);
	minisign_id_hex(p.id, hex);
	CHECK_STR(hex, "F6C946285B254E6D");
}

TEST(public_file_is_stocks)
{
	static const char file[] = "untrusted comment: minisign public key "
	    "F6C946285B254E6D\n" STOCK_KEY "\n";
	struct buf b = BUF_INIT;
	struct minisign_pub p;

	CHECK_OK(minisign_pub_parse(&p, file, strlen(file), &e), &e);
	minisign_pub_write(&p, &b);
	CHECK_STR(buf_str(&b), file);
	buf_clear(&b);
}

TEST(public_file_line_ends)
{
	CHECK_OK(pub_parse("untrusted comment: \n" STOCK_KEY), &e);
	CHECK_OK(pub_parse("untrusted comment: x\r\n" STOCK_KEY "\r\n"), &e);
}

/* On the heap and not one byte longer, so that ASan sees a read beyond. */
static char *
exact(const char *from, size_t len)
{
	char *to = malloc(len + (len == 0));

	CHECK(to != NULL);
	memcpy(to, from, len);
	return to;
}

static void
check_bad_file(const char *text)
{
	char *copy = exact(text, strlen(text));
	struct minisign_pub p;

	CHECK_ERR(minisign_pub_parse(&p, copy, strlen(text), &e), &e,
	    E_TRUSTSTORE);
	free(copy);
}

TEST(public_file_refused)
{
	struct buf b = BUF_INIT;

	check_bad_file("");
	check_bad_file(STOCK_KEY "\n");
	check_bad_file("trusted comment: x\n" STOCK_KEY "\n");
	check_bad_file("untrusted comment: x");
	check_bad_file("untrusted comment: x\n");
	check_bad_file("untrusted comment: x\n" STOCK_KEY "\n\n");
	check_bad_file("untrusted comment: x\n" STOCK_KEY "\nmore\n");

	/* A comment that stock's buffer does not hold. */
	buf_addf(&b, "untrusted comment: %01010d\n" STOCK_KEY "\n", 0);
	check_bad_file(buf_str(&b));
	buf_clear(&b);
}

#define STOCK_PART "tTiVbKEbJ9tr8R8upvsrArxVwDAjIITgUCT8p1EsUF"

TEST(public_line_refused)
{
	/* One character less, one more, none of base64, another algorithm. */
	check_bad_line("RWR" STOCK_PART "/ogg8BDovd");
	check_bad_line("RWR" STOCK_PART "/ogg8BDovdI=");
	check_bad_line("RWR" STOCK_PART "_ogg8BDovdI");
	check_bad_line("RWR" STOCK_PART "/ogg8BDovd=");
	check_bad_line("RUR" STOCK_PART "/ogg8BDovdI");
}

TEST(public_key_must_be_a_good_point)
{
	unsigned char order1[32] = { 1 }, order4[32] = { 0 }, order2[32];
	unsigned char mixed[32], good[32], none[32] = { 2 };
	struct minisign_secret *s = new_secret();
	struct minisign_pub p;

	memset(order2, 0xff, 32);
	order2[0] = 0xec;
	order2[31] = 0x7f;
	minisign_public(s, &p);
	memcpy(good, p.key, 32);
	CHECK(crypto_core_ed25519_add(mixed, good, order2) == 0);
	CHECK_OK(pub_of(good, &p), &e);
	CHECK_ERR(pub_of(order1, &p), &e, E_TRUSTSTORE);
	CHECK_ERR(pub_of(order2, &p), &e, E_TRUSTSTORE);
	CHECK_ERR(pub_of(order4, &p), &e, E_TRUSTSTORE);
	CHECK_ERR(pub_of(mixed, &p), &e, E_TRUSTSTORE);
	CHECK_ERR(pub_of(none, &p), &e, E_TRUSTSTORE);
	minisign_secret_freep(&s);
}

/* A secret file's bytes, changed by a test, as text again. */
static void
secret_bytes(const char *text, unsigned char bytes[SECRET_BYTES])
{
	struct buf raw = BUF_INIT;

	CHECK(memcmp(text, SECRET_HEAD, strlen(SECRET_HEAD)) == 0);
	CHECK(text_unbase64(&raw, text + strlen(SECRET_HEAD), 212, 1) == 0);
	CHECK_INT(raw.len, SECRET_BYTES);
	memcpy(bytes, raw.at, SECRET_BYTES);
	buf_clear(&raw);
}

static int
parse_bytes(const unsigned char bytes[SECRET_BYTES], const char *pass)
{
	struct minisign_secret *s = NULL;
	struct buf text = BUF_INIT;
	int rc;

	buf_adds(&text, SECRET_HEAD);
	text_base64(&text, bytes, SECRET_BYTES, 1);
	rc = minisign_secret_parse(&s, text.at, text.len, pass,
	    pass == NULL ? 0 : strlen(pass), &e);
	buf_clear(&text);
	if (rc == 0)
		minisign_secret_freep(&s);
	CHECK(s == NULL);
	return rc;
}

static int
parse_flipped(const unsigned char bytes[SECRET_BYTES], int at)
{
	unsigned char copy[SECRET_BYTES];

	memcpy(copy, bytes, sizeof copy);
	copy[at] ^= 1;
	return parse_bytes(copy, NULL);
}

static void
same_secret(struct buf *text, const char *pass, const struct minisign_secret *s)
{
	struct minisign_secret *again = NULL;

	CHECK_OK(minisign_secret_parse(&again, text->at, text->len, pass,
	    pass == NULL ? 0 : strlen(pass), &e), &e);
	CHECK(memcmp(again, s, sizeof *s) == 0);
	minisign_secret_freep(&again);
}

TEST(secret_clear_round_trip)
{
	struct minisign_secret *s = new_secret();
	struct buf b = BUF_INIT;

	CHECK_OK(minisign_secret_write(s, NULL, 0, &b, &e), &e);
	CHECK_INT(minisign_secret_is_locked(b.at, b.len), 0);
	same_secret(&b, NULL, s);
	same_secret(&b, "not needed", s);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_locked_round_trip)
{
	struct minisign_secret *s = new_secret(), *again = NULL;
	struct buf b = BUF_INIT;

	CHECK_OK(minisign_secret_write(s, "open sesame", 11, &b, &e), &e);
	CHECK_INT(minisign_secret_is_locked(b.at, b.len), 1);
	same_secret(&b, "open sesame", s);
	CHECK_ERR(minisign_secret_parse(&again, b.at, b.len, "open sesam", 10,
	    &e), &e, E_PASSPHRASE);
	CHECK(minisign_secret_parse(&again, b.at, b.len, NULL, 0, &e) ==
	    -E_PASSPHRASE);
	CHECK(strstr(e.text, "needs") != NULL);
	err_clear(&e);
	CHECK(again == NULL);

	/* What is not such a file is not locked either. */
	CHECK_INT(minisign_secret_is_locked(b.at, b.len - 2), 0);
	CHECK_INT(minisign_secret_is_locked(b.at + 1, b.len - 1), 0);
	b.at[strlen(SECRET_HEAD) + 5] = '*';
	CHECK_INT(minisign_secret_is_locked(b.at, b.len), 0);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_passphrase_length)
{
	struct minisign_secret *s = new_secret();
	struct buf b = BUF_INIT;
	char longest[1024];

	memset(longest, 'x', sizeof longest);
	CHECK_ERR(minisign_secret_write(s, "", 0, &b, &e), &e, E_PASSPHRASE);
	CHECK_ERR(minisign_secret_write(s, longest, 1024, &b, &e), &e,
	    E_PASSPHRASE);
	CHECK_INT(b.len, 0);
	CHECK_OK(minisign_secret_write(s, longest, 1023, &b, &e), &e);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_write_reports_a_full_buffer)
{
	struct minisign_secret *s = new_secret();
	struct buf b = { .max = 100 };

	CHECK_ERR(minisign_secret_write(s, NULL, 0, &b, &e), &e, E_LIMIT);
	CHECK_INT(b.len, 0);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_costs_are_bounded_first)
{
	struct minisign_secret *s = new_secret();
	unsigned char bytes[SECRET_BYTES];
	struct buf b = BUF_INIT;

	/* A limit counts before the passphrase is asked for or used. */
	CHECK_OK(minisign_secret_write(s, "p", 1, &b, &e), &e);
	secret_bytes(buf_str(&b), bytes);
	memset(bytes + AT_OPS, 0, 16);
	bytes[AT_MEM + 3] = 0x40;
	bytes[AT_OPS + 3] = 0x02;
	CHECK_ERR(parse_bytes(bytes, NULL), &e, E_PASSPHRASE);
	bytes[AT_MEM] = 1;
	CHECK_ERR(parse_bytes(bytes, "p"), &e, E_LIMIT);
	bytes[AT_MEM] = 0;
	bytes[AT_OPS] = 1;
	CHECK_ERR(parse_bytes(bytes, "p"), &e, E_LIMIT);
	bytes[AT_OPS] = 0;
	bytes[AT_MEM + 7] = 0xff;
	CHECK_ERR(parse_bytes(bytes, NULL), &e, E_LIMIT);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_bytes_refused)
{
	struct minisign_secret *s = new_secret();
	unsigned char bytes[SECRET_BYTES];
	struct buf b = BUF_INIT;

	CHECK_OK(minisign_secret_write(s, NULL, 0, &b, &e), &e);
	secret_bytes(buf_str(&b), bytes);
	CHECK_OK(parse_bytes(bytes, NULL), &e);
	CHECK_ERR(parse_flipped(bytes, AT_ALG), &e, E_KEYFILE);
	CHECK_ERR(parse_flipped(bytes, AT_KDF), &e, E_KEYFILE);
	CHECK_ERR(parse_flipped(bytes, AT_CHK), &e, E_KEYFILE);
	CHECK_ERR(parse_flipped(bytes, AT_SEED), &e, E_KEYFILE);
	CHECK_ERR(parse_flipped(bytes, AT_PUBLIC), &e, E_KEYFILE);
	CHECK_ERR(parse_flipped(bytes, AT_SUM), &e, E_KEYFILE);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

/* What `minisign -C -W` leaves: no KDF, but a checksum. */
TEST(secret_clear_with_checksum)
{
	struct minisign_secret *s = new_secret();
	unsigned char bytes[SECRET_BYTES];
	crypto_generichash_state h;
	struct buf b = BUF_INIT;

	CHECK_OK(minisign_secret_write(s, NULL, 0, &b, &e), &e);
	secret_bytes(buf_str(&b), bytes);
	CHECK(crypto_generichash_init(&h, NULL, 0, 32) == 0);
	CHECK(crypto_generichash_update(&h, bytes, 2) == 0);
	CHECK(crypto_generichash_update(&h, bytes + AT_ID, 72) == 0);
	CHECK(crypto_generichash_final(&h, bytes + AT_SUM, 32) == 0);
	CHECK_OK(parse_bytes(bytes, NULL), &e);
	CHECK_ERR(parse_flipped(bytes, AT_ID), &e, E_KEYFILE);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(secret_text_refused)
{
	struct minisign_secret *s = new_secret(), *again = NULL;
	struct buf b = BUF_INIT;
	char *at;

	CHECK_OK(minisign_secret_write(s, NULL, 0, &b, &e), &e);
	CHECK_ERR(minisign_secret_parse(&again, b.at + 1, b.len - 1, NULL, 0,
	    &e), &e, E_KEYFILE);
	CHECK_ERR(minisign_secret_parse(&again, b.at, b.len - 2, NULL, 0, &e),
	    &e, E_KEYFILE);
	at = b.at + strlen(SECRET_HEAD) + 20;
	*at = '*';
	CHECK_ERR(minisign_secret_parse(&again, b.at, b.len, NULL, 0, &e), &e,
	    E_KEYFILE);
	CHECK(again == NULL);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

TEST(signature_has_the_form)
{
	struct minisign_secret *s;
	struct minisign_pub p;
	struct buf sig = BUF_INIT;
	unsigned char id[MINISIGN_ID];

	new_pair(&s, &p);
	buf_addc(&sig, '>');
	CHECK_OK(minisign_sign(s, "message", 7, &sig, &e), &e);
	CHECK_INT(sig.len, 1 + SIG_LEN);
	CHECK(strncmp(buf_str(&sig), ">untrusted comment: satchel\nRU", 30)
	    == 0);
	CHECK(strstr(sig.at, "\ntrusted comment: satchel\n") != NULL);
	CHECK_OK(minisign_sig_id(sig.at + 1, SIG_LEN, id, &e), &e);
	CHECK(memcmp(id, p.id, sizeof id) == 0);
	CHECK_OK(minisign_verify(&p, "message", 7, sig.at + 1, SIG_LEN, &e),
	    &e);
	minisign_secret_freep(&s);
	buf_clear(&sig);
}

TEST(signature_is_of_one_message_and_key)
{
	struct minisign_secret *s;
	struct minisign_pub p, other;
	struct buf sig = BUF_INIT;

	new_pair(&s, &p);
	CHECK_OK(minisign_sign(s, NULL, 0, &sig, &e), &e);
	CHECK_OK(minisign_verify(&p, NULL, 0, sig.at, sig.len, &e), &e);
	CHECK_ERR(minisign_verify(&p, "m", 1, sig.at, sig.len, &e), &e,
	    E_SIGNATURE);
	other = p;
	other.id[0] ^= 1;
	CHECK_ERR(minisign_verify(&other, NULL, 0, sig.at, sig.len, &e), &e,
	    E_SIGNATURE);
	other = p;
	other.key[0] ^= 1;
	CHECK_ERR(minisign_verify(&other, NULL, 0, sig.at, sig.len, &e), &e,
	    E_SIGNATURE);
	minisign_secret_freep(&s);
	buf_clear(&sig);
}

static void
check_refused(const struct minisign_pub *p, const char *from, size_t len)
{
	char *sig = exact(from, len);
	unsigned char id[MINISIGN_ID] = { 0 };
	enum err_code form;

	CHECK(minisign_verify(p, "message", 7, sig, len, &e) < 0);
	CHECK(e.code == E_SIGFORMAT || e.code == E_SIGNATURE);
	form = e.code;
	err_clear(&e);

	/* Only the form counts for the id. */
	CHECK((minisign_sig_id(sig, len, id, &e) < 0) ==
	    (form == E_SIGFORMAT));
	err_clear(&e);
	free(sig);
}

TEST(signature_mutants_are_refused)
{
	struct minisign_secret *s;
	struct minisign_pub p;
	struct buf sig = BUF_INIT;
	size_t i;

	new_pair(&s, &p);
	CHECK_OK(minisign_sign(s, "message", 7, &sig, &e), &e);
	for (i = 0; i < 8 * sig.len; i++) {
		sig.at[i / 8] = (char)(sig.at[i / 8] ^ 1 << i % 8);
		check_refused(&p, sig.at, sig.len);
		sig.at[i / 8] = (char)(sig.at[i / 8] ^ 1 << i % 8);
	}
	for (i = 0; i < sig.len; i++)
		check_refused(&p, sig.at, i);
	buf_addc(&sig, '\n');
	check_refused(&p, sig.at, sig.len);
	minisign_secret_freep(&s);
	buf_clear(&sig);
}

/* The first signature of one file, the second of another. */
TEST(signature_halves_belong_together)
{
	struct minisign_secret *s;
	struct minisign_pub p;
	struct buf a = BUF_INIT, b = BUF_INIT;

	new_pair(&s, &p);
	CHECK_OK(minisign_sign(s, "a", 1, &a, &e), &e);
	CHECK_OK(minisign_sign(s, "b", 1, &b, &e), &e);
	memcpy(a.at + SIG_LEN - 89, b.at + SIG_LEN - 89, 89);
	CHECK_ERR(minisign_verify(&p, "a", 1, a.at, a.len, &e), &e,
	    E_SIGNATURE);
	minisign_secret_freep(&s);
	buf_clear(&a);
	buf_clear(&b);
}

TEST(signature_is_checked_before_it_leaves)
{
	struct minisign_secret *s = new_secret();
	struct buf sig = BUF_INIT;

	s->key[40] ^= 1;
	CHECK_ERR(minisign_sign(s, "m", 1, &sig, &e), &e, E_SIGNATURE);
	CHECK_INT(sig.len, 0);
	minisign_secret_freep(&s);

	s = new_secret();
	sig.max = SIG_LEN - 1;
	CHECK_ERR(minisign_sign(s, "m", 1, &sig, &e), &e, E_LIMIT);
	minisign_secret_freep(&s);
	buf_clear(&sig);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
