#include <sodium.h>

#include "format/age.h"
#include "format/age_armor.h"
#include "format/age_header.h"
#include "unit.h"

#define SECRET "AGE-SECRET-KEY-" \
    "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define PUBLIC "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define FILE_TEXT "# public key: " PUBLIC "\n" SECRET "\n"

static struct err e = ERR_INIT;

static int
parse(const char *text, size_t len, const char *pass)
{
	struct age_identity *i = NULL;
	int rc = age_identity_parse(&i, text, len, pass,
	    pass == NULL ? 0 : strlen(pass), &e);

	CHECK((rc == 0) == (i != NULL));
	if (rc == 0)
		CHECK(i->secret[0] == 'B' && i->secret[31] == 'B');
	age_identity_freep(&i);
	return rc;
}

static void
check_good(const char *text)
{
	CHECK_OK(parse(text, strlen(text), NULL), &e);
}

static void
check_bad(const char *text)
{
	CHECK_ERR(parse(text, strlen(text), NULL), &e, E_KEYFILE);
}

TEST(clear_file)
{
	struct age_identity *i = NULL;
	struct age_recipient r;
	struct buf b = BUF_INIT;

	CHECK_OK(age_identity_parse(&i, SECRET, strlen(SECRET), NULL, 0, &e),
	    &e);
	age_recipient_of(i, &r);
	age_recipient_write(&r, &b);
	CHECK_STR(buf_str(&b), PUBLIC);
	buf_reset(&b);
	CHECK_OK(age_identity_write(i, NULL, 0, &b, &e), &e);
	CHECK_STR(buf_str(&b), FILE_TEXT);
	CHECK(!age_identity_is_locked(b.at, b.len));
	CHECK_OK(parse(b.at, b.len, "not needed"), &e);
	age_identity_freep(&i);
	buf_clear(&b);
}

TEST(clear_file_forms)
{
	check_good(FILE_TEXT);
	check_good("\n# a\n\n" SECRET);
	check_good(SECRET "\r\n\r\n# after\r\n");
	check_bad("");
	check_bad("\n");
	check_bad("# public key: " PUBLIC "\n");
	check_bad(SECRET "\n" SECRET "\n");
	check_bad(PUBLIC "\n");
	check_bad(" " SECRET "\n");
	check_bad(SECRET " \n");
	check_bad("age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgf"
	    "pyysjzgfpq4egaex\n");
	check_bad("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGF"
	    "PYYSJZGFPQ4EGAEY\n");
	check_bad("AGE-PLUGIN-X-1QQQQ\n");
	check_bad(SECRET "\n-----BEGIN AGE ENCRYPTED FILE-----\n");
}

TEST(error_does_not_tell_the_secret)
{
	CHECK(parse(SECRET "Q", strlen(SECRET) + 1, NULL) < 0);
	CHECK(strstr(e.text, "1GFP") == NULL);
	err_clear(&e);
}

TEST(file_has_a_bound)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, SECRET "\n#");
	while (b.len < 65536)
		buf_addc(&b, 'x');
	CHECK_OK(parse(b.at, b.len, NULL), &e);
	buf_addc(&b, 'x');
	CHECK_ERR(parse(b.at, b.len, NULL), &e, E_LIMIT);
	buf_clear(&b);
}

TEST(locked_file)
{
	struct age_identity *i = NULL;
	struct buf b = BUF_INIT, raw = BUF_INIT;

	CHECK_OK(age_identity_parse(&i, SECRET, strlen(SECRET), NULL, 0, &e),
	    &e);
	CHECK_OK(age_identity_write(i, "sesame", 6, &b, &e), &e);
	age_identity_freep(&i);
	CHECK(age_identity_is_locked(b.at, b.len));
	CHECK_OK(parse(b.at, b.len, "sesame"), &e);
	CHECK_ERR(parse(b.at, b.len, "other"), &e, E_PASSPHRASE);
	CHECK_ERR(parse(b.at, b.len, NULL), &e, E_PASSPHRASE);
	CHECK_ERR(parse(b.at, b.len - 1 - 33, "sesame"), &e, E_KEYFILE);

	/* The same without armor, and with one bit of it changed. */
	CHECK_OK(age_armor_read(b.at, b.len, &raw, &e), &e);
	CHECK(memmem(raw.at, raw.len, " 15\n", 4) != NULL);
	CHECK(age_identity_is_locked(raw.at, raw.len));
	CHECK_OK(parse(raw.at, raw.len, "sesame"), &e);
	raw.at[raw.len - 1] ^= 1;
	CHECK_ERR(parse(raw.at, raw.len, "sesame"), &e, E_KEYFILE);
	buf_clear(&b);
	buf_clear(&raw);
}

TEST(passphrase_length)
{
	struct age_identity *i = NULL;
	struct buf b = BUF_INIT;
	char longest[1024];

	memset(longest, 'x', sizeof longest);
	CHECK_OK(age_identity_new(&i, &e), &e);
	CHECK_ERR(age_identity_write(i, "", 0, &b, &e), &e, E_PASSPHRASE);
	CHECK_ERR(age_identity_write(i, longest, 1024, &b, &e), &e,
	    E_PASSPHRASE);
	CHECK_INT(b.len, 0);
	CHECK_OK(age_identity_write(i, longest, 1023, &b, &e), &e);
	b.max = 100;
	CHECK_ERR(age_identity_write(i, NULL, 0, &b, &e), &e, E_LIMIT);
	age_identity_freep(&i);
	buf_clear(&b);
}

/* What is under the passphrase must be an identity file. */
TEST(locked_file_holds_something_else)
{
	struct age_pass pass = { "p", 1, 1 };
	struct buf b = BUF_INIT;

	CHECK_OK(age_encrypt_pass(&pass, "no key\n", 7, &b, &e), &e);
	CHECK_ERR(parse(b.at, b.len, "p"), &e, E_KEYFILE);
	buf_reset(&b);
	CHECK_OK(age_encrypt_pass(&pass, NULL, 0, &b, &e), &e);
	CHECK_ERR(parse(b.at, b.len, "p"), &e, E_KEYFILE);
	buf_clear(&b);
}

TEST(file_for_an_identity_is_no_identity_file)
{
	struct age_identity *i = NULL;
	struct age_recipient to;
	struct buf b = BUF_INIT;

	CHECK_OK(age_identity_new(&i, &e), &e);
	age_recipient_of(i, &to);
	CHECK_OK(age_encrypt(&to, 1, FILE_TEXT, strlen(FILE_TEXT), &b, &e),
	    &e);
	CHECK_ERR(parse(b.at, b.len, "p"), &e, E_KEYFILE);
	age_identity_freep(&i);
	buf_clear(&b);
}

TEST(work_is_bounded_first)
{
	struct age_wrap w = { .type = AGE_SCRYPT };
	static const unsigned char mac[32];
	static const unsigned works[] = { 21, 30, 63, 64, 9999 };
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof works / sizeof works[0]; i++) {
		w.work = works[i];
		buf_reset(&b);
		age_header_write(&w, 1, &b);
		age_header_end(mac, &b);
		CHECK_ERR(parse(b.at, b.len, "p"), &e, E_LIMIT);
	}
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
