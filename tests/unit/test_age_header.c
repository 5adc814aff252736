/* The textual parts of age: Bech32, armor, and the grammar of the header. */
#include <sodium.h>

#include "base/text.h"
#include "format/age_armor.h"
#include "format/age_header.h"
#include "format/bech32.h"
#include "unit.h"

static struct err e = ERR_INIT;

/* The key of C2SP age.md, "The X25519 recipient type": 32 times "B". */
#define SECRET_TAIL \
    "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define PUBLIC "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

TEST(bech32_of_the_specification)
{
	unsigned char key[BECH32_KEY];
	char text[BECH32_TEXT];

	memset(key, 'B', sizeof key);
	bech32_encode(text, "AGE-SECRET-KEY-", key);
	CHECK_STR(text, "AGE-SECRET-KEY-" SECRET_TAIL);
	memset(key, 0, sizeof key);
	CHECK(bech32_decode(key, "AGE-SECRET-KEY-", text, strlen(text)) == 0);
	CHECK(key[0] == 'B' && key[31] == 'B');
	CHECK(bech32_decode(key, "age", PUBLIC, strlen(PUBLIC)) == 0);
	bech32_encode(text, "age", key);
	CHECK_STR(text, PUBLIC);
}

static int
decode(const char *text)
{
	unsigned char key[BECH32_KEY];

	return bech32_decode(key, "age", text, strlen(text));
}

TEST(bech32_refused)
{
	static const char tail[] = "zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869"
	    "xeexvn73e";
	char text[BECH32_TEXT] = PUBLIC;
	size_t i;

	/* All characters count. */
	for (i = 0; i < strlen(PUBLIC); i++) {
		text[i] = text[i] == 'q' ? 'p' : 'q';
		CHECK(decode(text) < 0);
		text[i] = PUBLIC[i];
		CHECK(decode(text) == 0);
	}
	text[10] = (char)(text[10] - 'a' + 'A');
	CHECK(decode(text) < 0);
	CHECK(decode("") < 0);
	CHECK(decode(PUBLIC "q") < 0);
	CHECK(decode("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQ"
	    "UNUJWJ") < 0);

	/* With right checksums: padding, Bech32m, prefix, length. */
	(void)snprintf(text, sizeof text, "age1%spp9g8nq", tail);
	CHECK(decode(text) < 0);
	(void)snprintf(text, sizeof text, "age1%sqf0v7ts", tail);
	CHECK(decode(text) < 0);
	(void)snprintf(text, sizeof text, "ags1%sqs5aw8g", tail);
	CHECK(decode(text) < 0);
	CHECK(decode("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73v"
	    "h5vlv") < 0);
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

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define END "-----END AGE ENCRYPTED FILE-----\n"
#define FULL "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"
#define FULL_BYTES "0123456789abcdef0123456789abcdef0123456789abcdef"

static void
check_armor(const char *text, const char *want)
{
	struct buf out = BUF_INIT;

	CHECK_OK(age_armor_read(text, strlen(text), &out, &e), &e);
	CHECK_STR(buf_str(&out), want);
	buf_clear(&out);
}

static void
check_bad_armor(const char *text)
{
	struct buf out = BUF_INIT;
	char *copy = exact(text, strlen(text));

	if (age_armor_read(copy, strlen(text), &out, &e) == 0)
		FAIL("accepted: %s", text);
	CHECK_INT(e.code, E_DECRYPT);
	err_clear(&e);
	CHECK_INT(out.len, 0);
	buf_clear(&out);
	free(copy);
}

TEST(armor_read)
{
	check_armor(BEGIN "YQ==\n" END, "a");
	check_armor(BEGIN FULL "\n" END, FULL_BYTES);
	check_armor(BEGIN FULL "\nYWI=\n" END, FULL_BYTES "ab");
	check_armor(" \r\n\t\n" BEGIN "YQ==\n" END " \t\r\n", "a");
	check_armor("-----BEGIN AGE ENCRYPTED FILE-----\r\nYQ==\r\n"
	    "-----END AGE ENCRYPTED FILE-----\r\n", "a");
	check_armor(BEGIN "YQ==\n-----END AGE ENCRYPTED FILE-----", "a");
}

TEST(armor_refused)
{
	check_bad_armor("");
	check_bad_armor("x" BEGIN "YQ==\n" END);
	check_bad_armor(" x" BEGIN "YQ==\n" END);
	check_bad_armor("-----BEGIN AGE ENCRYPTED FILE-----x\nYQ==\n" END);
	check_bad_armor("-----BEGIN AGE ENCRYPTED FILE----- \nYQ==\n" END);
	check_bad_armor("-----begin age encrypted file-----\nYQ==\n" END);
	check_bad_armor(BEGIN);
	check_bad_armor(BEGIN "YQ==\n");
	check_bad_armor(BEGIN "YQ==\n-----END AGE ENCRYPTED FILE----");
	check_bad_armor(BEGIN "YQ==\n" END "x");
	check_bad_armor(BEGIN "YQ==\n" END END);
	check_bad_armor(BEGIN "\nYQ==\n" END);
	check_bad_armor(BEGIN "YQ==\n\n" END);
	check_bad_armor(BEGIN FULL "\n\n" END);
	check_bad_armor(BEGIN " YQ==\n" END);
	check_bad_armor(BEGIN "YQ== \n" END);
	check_bad_armor(BEGIN "YQ=\n=\n" END);
	check_bad_armor(BEGIN "YQ\n" END);
	check_bad_armor(BEGIN "YR==\n" END);
	check_bad_armor(BEGIN "YQ==\nYQ==\n" END);
	check_bad_armor(BEGIN FULL "YQ==\n" END);
	check_bad_armor(BEGIN "YWJj\n" FULL "\n" END);
	check_bad_armor(BEGIN "Key: value\n\nYQ==\n" END);
}

TEST(armor_round_trip)
{
	struct buf text = BUF_INIT, again = BUF_INIT;
	unsigned char data[200];
	size_t n;

	randombytes_buf(data, sizeof data);
	for (n = 0; n <= sizeof data; n++) {
		buf_reset(&text);
		buf_reset(&again);
		age_armor_write(data, n, &text);
		CHECK(age_armor_is(text.at, text.len));
		CHECK_OK(age_armor_read(text.at, text.len, &again, &e), &e);
		CHECK_INT(again.len, n);
		CHECK(n == 0 || memcmp(again.at, data, n) == 0);
	}
	CHECK(!age_armor_is(NULL, 0));
	CHECK(!age_armor_is(text.at + 1, text.len - 1));
	buf_clear(&text);
	buf_clear(&again);
}

/* 32 and 16 bytes of nought, and what of base64 is not canonical. */
#define B32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B31 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B33 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define BAD32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"
#define B16 "AAAAAAAAAAAAAAAAAAAAAA"
#define BAD16 "AAAAAAAAAAAAAAAAAAAAAB"
#define B48 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

#define V1 "age-encryption.org/v1\n"
#define X25519 "-> X25519 " B32 "\n" B32 "\n"
#define SCRYPT "-> scrypt " B16 " 10\n" B32 "\n"
#define MAC "--- " B32 "\n"

static struct age_header h;

static void
check_good(const char *text, size_t wraps, size_t stanzas)
{
	CHECK_OK(age_header_parse(&h, text, strlen(text), &e), &e);
	CHECK_INT(h.count, wraps);
	CHECK_INT(h.stanzas, stanzas);
	CHECK_INT(h.len, strlen(text));
	CHECK_INT(h.mac_len, strlen(text) - 45);
}

static void
check_bad(const char *text)
{
	char *copy = exact(text, strlen(text));

	if (age_header_parse(&h, copy, strlen(text), &e) == 0)
		FAIL("accepted: %s", text);
	CHECK_INT(e.code, E_DECRYPT);
	err_clear(&e);
	free(copy);
}

TEST(header_read)
{
	check_good(V1 X25519 MAC, 1, 1);
	check_good(V1 X25519 X25519 "-> a\n\n" MAC, 2, 3);
	check_good(V1 SCRYPT MAC, 1, 1);
	CHECK_INT(h.wraps[0].type, AGE_SCRYPT);
	CHECK_INT(h.wraps[0].work, 10);
	check_good(V1 "-> x25519 z\n" B48 "\nAA\n" MAC, 0, 1);
	check_good(V1 "-> ! \" ~ 4 5 6\n" B48 "\n\n" MAC, 0, 1);
	check_good(V1 "-> scrypt " B16 " 1\n" B32 "\n" MAC, 1, 1);
	check_good(V1 "-> scrypt " B16 " 99999999999999999999\n" B32 "\n" MAC,
	    1, 1);
	CHECK_INT(h.wraps[0].work, 9999);
	CHECK_OK(age_header_parse(&h, V1 X25519 MAC "payload\n", 22 + 98 + 48 +
	    8, &e), &e);
	CHECK_INT(h.len, 22 + 98 + 48);
}

TEST(header_frame_refused)
{
	check_bad("");
	check_bad("age-encryption.org/v1");
	check_bad("age-encryption.org/v2\n" X25519 MAC);
	check_bad("age-encryption.org/v1\r\n" X25519 MAC);
	check_bad(V1);
	check_bad(V1 MAC);
	check_bad(V1 X25519);
	check_bad(V1 X25519 "---\n");
	check_bad(V1 X25519 "---" B32 "\n");
	check_bad(V1 X25519 "---  " B32 "\n");
	check_bad(V1 X25519 "--- " B32);
	check_bad(V1 X25519 "--- " B32 " \n");
	check_bad(V1 X25519 "--- " B32 "\r\n");
	check_bad(V1 X25519 "--- " B31 "\n");
	check_bad(V1 X25519 "--- " B33 "\n");
	check_bad(V1 X25519 "--- " BAD32 "\n");
	check_bad(V1 X25519 "--- " B31 "=\n");
	check_bad(V1 X25519 "\n" MAC);

	/* What libsodium alone would take for a '/'. */
	check_bad(V1 X25519 "--- \xff" B31 "\n");
	check_bad(V1 X25519 "--- \xaf" B31 "\n");
}

TEST(header_stanza_refused)
{
	check_bad(V1 "->\n\n" MAC);
	check_bad(V1 "-> \n\n" MAC);
	check_bad(V1 "->a\n\n" MAC);
	check_bad(V1 "->  a\n\n" MAC);
	check_bad(V1 "-> a \n\n" MAC);
	check_bad(V1 "-> a  b\n\n" MAC);
	check_bad(V1 "-> a\tb\n\n" MAC);
	check_bad(V1 "-> a\x7f\n\n" MAC);
	check_bad(V1 "-> \xc3\xa9\n\n" MAC);
	check_bad(V1 "-> a\r\n\n" MAC);
	check_bad(V1 "-- a\n\n" MAC);
	check_bad(V1 "-> a\n" MAC);
	check_bad(V1 "-> a\n" B48 "\n" MAC);
	check_bad(V1 "-> a\n" B48 "A\n" MAC);
	check_bad(V1 "-> a\n" B48 "AAAA\n" MAC);
	check_bad(V1 "-> a\n" B48 "AAAA\n\n" MAC);
	check_bad(V1 "-> a\nAAA\nAAA\n" MAC);
	check_bad(V1 "-> a\nA\n" MAC);
	check_bad(V1 "-> a\nAB\n" MAC);
	check_bad(V1 "-> a\nAA==\n" MAC);
	check_bad(V1 "-> a\nAA*A\n" MAC);
	check_bad(V1 "-> a\nAAA\r\n" MAC);
	check_bad(V1 "-> a\n" B32);
}

TEST(header_x25519_refused)
{
	check_bad(V1 "-> X25519\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " B32 " x\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " B32 " x y z w v\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " B31 "\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " B33 "\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " BAD32 "\n" B32 "\n" MAC);
	check_bad(V1 "-> X25519 " B32 "\n" B31 "\n" MAC);
	check_bad(V1 "-> X25519 " B32 "\n" B33 "\n" MAC);
	check_bad(V1 "-> X25519 " B32 "\n\n" MAC);
	check_bad(V1 "-> X25519 " B32 "\n" BAD32 "\n" MAC);

	/* Also beside one that is well formed. */
	check_bad(V1 X25519 "-> X25519 " B32 "\n" B31 "\n" MAC);
}

static void
check_bad_work(const char *work)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, V1 "-> scrypt " B16 "%s\n" B32 "\n" MAC, work);
	check_bad(buf_str(&b));
	buf_clear(&b);
}

TEST(header_scrypt_refused)
{
	check_bad(V1 SCRYPT SCRYPT MAC);
	check_bad(V1 SCRYPT X25519 MAC);
	check_bad(V1 X25519 SCRYPT MAC);
	check_bad(V1 SCRYPT "-> a\n\n" MAC);
	check_bad(V1 "-> scrypt 10\n" B32 "\n" MAC);
	check_bad(V1 "-> scrypt AAAAAAAAAAAAAAAAAAAA 10\n" B32 "\n" MAC);
	check_bad(V1 "-> scrypt " B32 " 10\n" B32 "\n" MAC);
	check_bad(V1 "-> scrypt " BAD16 " 10\n" B32 "\n" MAC);
	check_bad(V1 "-> scrypt " B16 " 10\n" B31 "\n" MAC);
	check_bad(V1 "-> scrypt " B16 " 10\n" B48 "\n\n" MAC);
	check_bad_work("");
	check_bad_work(" 10 10");
	check_bad_work(" 0");
	check_bad_work(" 010");
	check_bad_work(" 0x0a");
	check_bad_work(" +10");
	check_bad_work(" -1");
	check_bad_work(" 10x");
	check_bad_work(" 99999x");
	check_bad_work(" 99999+");
}

TEST(header_limits)
{
	struct buf b = BUF_INIT;
	unsigned i;

	buf_adds(&b, V1);
	for (i = 0; i < AGE_WRAPS_MAX; i++)
		buf_adds(&b, X25519);
	buf_adds(&b, MAC);
	check_good(buf_str(&b), AGE_WRAPS_MAX, AGE_WRAPS_MAX);
	b.len -= strlen(MAC);
	buf_adds(&b, X25519 MAC);
	CHECK_ERR(age_header_parse(&h, b.at, b.len, &e), &e, E_LIMIT);

	/* A header of 65536 bytes, and one of 65537. */
	b.len = strlen(V1);
	buf_adds(&b, "-> ");
	while (b.len < AGE_HEADER_MAX - strlen("\n\n" MAC))
		buf_addc(&b, 'a');
	buf_adds(&b, "\n\n" MAC);
	check_good(buf_str(&b), 0, 1);
	b.len -= strlen("\n\n" MAC);
	buf_adds(&b, "a\n\n" MAC);
	CHECK_ERR(age_header_parse(&h, b.at, b.len, &e), &e, E_LIMIT);
	buf_clear(&b);
}

TEST(header_error_is_safe_to_print)
{
	static const char text[] = V1 "\033[2Jx\n";

	CHECK(age_header_parse(&h, text, strlen(text), &e) < 0);
	CHECK(strchr(e.text, '\033') == NULL);
	CHECK(strstr(e.text, "byte 22") != NULL);
	CHECK(strstr(e.text, "\\x1b[2Jx") != NULL);
	err_clear(&e);
}

TEST(header_round_trip)
{
	struct age_wrap wraps[2] = { { .type = AGE_X25519 },
	    { .type = AGE_X25519 } };
	unsigned char mac[32];
	struct buf b = BUF_INIT;

	randombytes_buf(wraps[0].share, 32);
	randombytes_buf(wraps[1].body, 32);
	randombytes_buf(mac, 32);
	age_header_write(wraps, 2, &b);
	age_header_end(mac, &b);
	check_good(buf_str(&b), 2, 2);
	CHECK(memcmp(h.wraps, wraps, sizeof wraps) == 0);
	CHECK(memcmp(h.mac, mac, sizeof mac) == 0);

	wraps[0].type = AGE_SCRYPT;
	wraps[0].work = 15;
	memset(wraps[0].share + 16, 0, 16);
	buf_reset(&b);
	age_header_write(wraps, 1, &b);
	age_header_end(mac, &b);
	check_good(buf_str(&b), 1, 1);
	CHECK(memcmp(h.wraps, wraps, sizeof wraps[0]) == 0);
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
