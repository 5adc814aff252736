/* Our age files and identities with stock age, both ways. */
#include <sodium.h>

#include "format/age.h"
#include "stock.h"
#include "unit.h"

static struct err e = ERR_INIT;
static unsigned char data[300000];	/* random, see main */
static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
#define SIZES (sizeof sizes / sizeof sizes[0])

static void
put_identity(const struct age_identity *i, const char *pass, const char *name)
{
	struct buf b = BUF_INIT;

	CHECK_OK(age_identity_write(i, pass, pass == NULL ? 0 : strlen(pass),
	    &b, &e), &e);
	stock_put(name, b.at, b.len);
	buf_clear(&b);
}

static void
new_identities(struct age_identity *ids[2], struct age_recipient to[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		ids[i] = NULL;
		CHECK_OK(age_identity_new(&ids[i], &e), &e);
		age_recipient_of(ids[i], &to[i]);
	}
	put_identity(ids[0], NULL, "0.key");
	put_identity(ids[1], NULL, "1.key");
}

static void
put_recipients(const struct age_recipient *to, size_t count)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < count; i++) {
		age_recipient_write(&to[i], &b);
		buf_addc(&b, '\n');
	}
	stock_put("to", b.at, b.len);
	buf_clear(&b);
}

static void
check_stock_opens(const char *key, size_t len)
{
	struct buf out = BUF_INIT;
	char command[64];

	(void)snprintf(command, sizeof command,
	    "age -d -i %s sealed.age >out", key);
	stock_sh(command);
	stock_get(&out, "out");
	CHECK_INT(out.len, len);
	CHECK(memcmp(out.at, data, len) == 0);
	buf_clear(&out);
}

TEST(stock_opens_ours)
{
	struct age_identity *ids[2];
	struct age_recipient to[2];
	struct buf b = BUF_INIT;
	size_t i, count;

	new_identities(ids, to);
	for (i = 0; i < 2 * SIZES; i++) {
		count = i < SIZES ? 1 : 2;
		buf_reset(&b);
		CHECK_OK(age_encrypt(to, count, data, sizes[i % SIZES], &b,
		    &e), &e);
		stock_put("sealed.age", b.at, b.len);
		check_stock_opens("0.key", sizes[i % SIZES]);
		if (count == 2)
			check_stock_opens("1.key", sizes[i % SIZES]);
	}
	age_identity_freep(&ids[0]);
	age_identity_freep(&ids[1]);
	buf_clear(&b);
}

TEST(we_open_stocks)
{
	struct age_identity *ids[2];
	struct age_recipient to[2];
	struct buf b = BUF_INIT, out = BUF_INIT;
	size_t i, k, count;

	new_identities(ids, to);
	for (i = 0; i < 2 * SIZES; i++) {
		count = i < SIZES ? 1 : 2;
		put_recipients(to, count);
		stock_put("in", data, sizes[i % SIZES]);
		stock_sh("age -R to -o sealed.age in");
		stock_get(&b, "sealed.age");
		for (k = 0; k < count; k++) {
			buf_reset(&out);
			CHECK_OK(age_decrypt(ids[k], b.at, b.len, &out, &e),
			    &e);
			CHECK_INT(out.len, sizes[i % SIZES]);
			CHECK(memcmp(out.at, data, out.len) == 0);
		}
	}
	age_identity_freep(&ids[0]);
	age_identity_freep(&ids[1]);
	buf_clear(&b);
	buf_clear(&out);
}

TEST(we_read_stocks_identity)
{
	struct age_identity *i = NULL;
	struct age_recipient to;
	struct buf b = BUF_INIT, want = BUF_INIT;

	stock_sh("rm -f stock.key; age-keygen -o stock.key");
	stock_sh("age-keygen -y stock.key >stock.pub");
	stock_get(&b, "stock.key");
	CHECK_OK(age_identity_parse(&i, b.at, b.len, NULL, 0, &e), &e);
	buf_reset(&b);
	age_recipient_of(i, &to);
	age_recipient_write(&to, &b);
	buf_addc(&b, '\n');
	stock_get(&want, "stock.pub");
	CHECK_STR(buf_str(&b), want.at);
	age_identity_freep(&i);
	buf_clear(&b);
	buf_clear(&want);
}

TEST(stock_uses_our_locked_identity)
{
	struct age_identity *ids[2];
	struct age_recipient to[2];
	struct buf b = BUF_INIT;

	new_identities(ids, to);
	put_identity(ids[0], "open sesame", "locked.key");
	CHECK_OK(age_encrypt(to, 1, data, 100, &b, &e), &e);
	stock_put("sealed.age", b.at, b.len);
	stock_tty("age -d -i locked.key -o out sealed.age", "open sesame");
	stock_get(&b, "out");
	CHECK_INT(b.len, 100);
	CHECK(memcmp(b.at, data, 100) == 0);
	buf_reset(&b);
	CHECK(stock_tty_status("age -d -i locked.key -o no sealed.age",
	    "wrong", &b) != 0);
	age_identity_freep(&ids[0]);
	age_identity_freep(&ids[1]);
	buf_clear(&b);
}

/* As `age -p` locks it: work factor 18, that is 256 MiB. */
static void
check_locked_by(const char *command, const struct age_identity *want)
{
	struct age_identity *i = NULL;
	struct buf b = BUF_INIT;

	stock_sh("rm -f locked.key");
	stock_tty(command, "open sesame");
	stock_get(&b, "locked.key");
	CHECK(age_identity_is_locked(b.at, b.len));
	CHECK_OK(age_identity_parse(&i, b.at, b.len, "open sesame", 11, &e),
	    &e);
	CHECK(memcmp(i, want, sizeof *want) == 0);
	age_identity_freep(&i);
	buf_clear(&b);
}

TEST(we_read_stocks_locked_identity)
{
	struct age_identity *ids[2];
	struct age_recipient to[2];

	if (getenv("UNIT_QUICK") != NULL)
		return;
	new_identities(ids, to);
	check_locked_by("age -p -o locked.key 0.key", ids[0]);
	check_locked_by("age -p -a -o locked.key 1.key", ids[1]);
	age_identity_freep(&ids[0]);
	age_identity_freep(&ids[1]);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	randombytes_buf(data, sizeof data);
	return unit_run();
}
