/* Our keys and signatures with stock minisign, both ways. */
#include <sodium.h>

#include "format/minisign.h"
#include "stock.h"
#include "unit.h"

static struct err e = ERR_INIT;

static void
new_pair(struct minisign_secret **ret_s, struct minisign_pub *ret_p)
{
	*ret_s = NULL;
	CHECK_OK(minisign_secret_new(ret_s, &e), &e);
	minisign_public(*ret_s, ret_p);
}

TEST(stock_verifies_ours)
{
	struct minisign_secret *s;
	struct minisign_pub p;
	struct buf b = BUF_INIT;

	new_pair(&s, &p);
	stock_put("m", "message", 7);
	CHECK_OK(minisign_sign(s, "message", 7, &b, &e), &e);
	stock_put("m.minisig", b.at, b.len);
	buf_reset(&b);
	minisign_pub_write(&p, &b);
	stock_put("our.pub", b.at, b.len);
	buf_reset(&b);
	minisign_pub_base64(&p, &b);
	stock_put("our.line", b.at, b.len);
	stock_sh("minisign -V -p our.pub -m m");
	stock_sh("minisign -VHm m -P $(cat our.line)");
	stock_sh("printf x >>m");
	CHECK(stock_status("minisign -V -p our.pub -m m") == 1);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

/* Ed25519 is deterministic: one key, one message, one file. */
TEST(stock_signs_as_we_do)
{
	struct minisign_secret *s = NULL;
	struct minisign_pub p, q;
	struct buf b = BUF_INIT, again = BUF_INIT;

	stock_put("m", "message", 7);
	stock_sh("minisign -G -W -f -p stock.pub -s stock.key");
	stock_sh("minisign -S -s stock.key -m m -c satchel -t satchel");
	stock_get(&b, "stock.key");
	CHECK_OK(minisign_secret_parse(&s, b.at, b.len, NULL, 0, &e), &e);
	CHECK_OK(minisign_secret_write(s, NULL, 0, &again, &e), &e);
	CHECK_STR(buf_str(&again), b.at);
	minisign_public(s, &p);
	stock_get(&b, "stock.pub");
	CHECK_OK(minisign_pub_parse(&q, b.at, b.len, &e), &e);
	CHECK(memcmp(&p, &q, sizeof p) == 0);

	stock_get(&b, "m.minisig");
	CHECK_OK(minisign_verify(&p, "message", 7, b.at, b.len, &e), &e);
	buf_reset(&again);
	CHECK_OK(minisign_sign(s, "message", 7, &again, &e), &e);
	CHECK_STR(buf_str(&again), b.at);
	minisign_secret_freep(&s);
	buf_clear(&b);
	buf_clear(&again);
}

static void
check_other_form(const struct minisign_pub *p)
{
	struct buf b = BUF_INIT;

	stock_get(&b, "m.minisig");
	CHECK_ERR(minisign_verify(p, "message", 7, b.at, b.len, &e), &e,
	    E_SIGFORMAT);
	buf_clear(&b);
}

TEST(stock_signatures_of_other_forms_are_refused)
{
	struct minisign_pub p;
	struct buf b = BUF_INIT;

	stock_put("m", "message", 7);
	stock_sh("minisign -G -W -f -p stock.pub -s stock.key");
	stock_get(&b, "stock.pub");
	CHECK_OK(minisign_pub_parse(&p, b.at, b.len, &e), &e);

	/* Legacy, that is not prehashed; another comment, of equal length. */
	stock_sh("minisign -S -l -s stock.key -m m -c satchel -t satchel");
	check_other_form(&p);
	stock_sh("minisign -S -s stock.key -m m -c satchel -t SATCHEL");
	check_other_form(&p);
	stock_sh("minisign -S -s stock.key -m m -c Satchel -t satchel");
	check_other_form(&p);
	stock_sh("minisign -S -s stock.key -m m");
	check_other_form(&p);
	buf_clear(&b);
}

TEST(stock_uses_our_secret_files)
{
	struct minisign_secret *s;
	struct minisign_pub p;
	struct buf b = BUF_INIT;

	new_pair(&s, &p);
	stock_put("m", "message", 7);
	CHECK_OK(minisign_secret_write(s, NULL, 0, &b, &e), &e);
	stock_put("clear.key", b.at, b.len);
	buf_reset(&b);
	CHECK_OK(minisign_secret_write(s, "sesame", 6, &b, &e), &e);
	stock_put("locked.key", b.at, b.len);

	stock_sh("minisign -S -s clear.key -m m -c satchel -t satchel");
	stock_get(&b, "m.minisig");
	CHECK_OK(minisign_verify(&p, "message", 7, b.at, b.len, &e), &e);
	stock_sh("rm m.minisig; echo sesame | "
	    "minisign -S -s locked.key -m m -c satchel -t satchel");
	stock_get(&b, "m.minisig");
	CHECK_OK(minisign_verify(&p, "message", 7, b.at, b.len, &e), &e);
	CHECK(stock_status("echo other | minisign -S -s locked.key -m m") !=
	    0);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

/* The one slow case: stock's scrypt takes 1 GiB.  UNIT_QUICK leaves it out,
 * for valgrind. */
TEST(we_read_stocks_locked_secret)
{
	struct minisign_secret *s = NULL;
	struct minisign_pub p, q;
	struct buf b = BUF_INIT;

	if (getenv("UNIT_QUICK") != NULL)
		return;
	stock_sh("printf 'sesame\\nsesame\\n' | "
	    "minisign -G -f -p stock.pub -s stock.key");
	stock_get(&b, "stock.key");
	CHECK_INT(minisign_secret_is_locked(b.at, b.len), 1);
	CHECK_OK(minisign_secret_parse(&s, b.at, b.len, "sesame", 6, &e), &e);
	minisign_public(s, &p);
	stock_get(&b, "stock.pub");
	CHECK_OK(minisign_pub_parse(&q, b.at, b.len, &e), &e);
	CHECK(memcmp(&p, &q, sizeof p) == 0);
	minisign_secret_freep(&s);
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
