#include <sodium.h>

#include "base/buf.h"
#include "format/sums.h"
#include "unit.h"

/* The hash of "abc", as `printf abc | b2sum -l 256` prints it. */
#define ABC "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"

TEST(lines)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	unsigned char hash[SUMS_HASH];

	CHECK_INT(crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)"abc", 3, NULL, 0), 0);
	sums_begin(&out, SUMS_BUNDLE);
	sums_add(&out, "README.txt", hash);
	CHECK_STR(buf_str(&out), "# satchel bundle/1\n"
	    "BLAKE2b-256 (README.txt) = " ABC "\n");
}

TEST(kinds)
{
	static const char *const lines[] = {
		[SUMS_BUNDLE] = "# satchel bundle/1\n",
		[SUMS_RECEIPT] = "# satchel receipt/1\n",
		[SUMS_CARD] = "# satchel card/1\n",
	};
	int i;

	for (i = 0; i < 3; i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT;

		sums_begin(&out, (enum sums_kind)i);
		CHECK_STR(buf_str(&out), lines[i]);
		CHECK_INT(sums_kind(out.at, out.len), i);
		buf_adds(&out, "more");
		CHECK_INT(sums_kind(out.at, out.len), i);
	}
}

TEST(other_kinds)
{
	static const char *const lines[] = {
		"", "#", "# satchel bundle/1", "# satchel bundle/2\n",
		"# satchel bundle/10\n", "# Satchel bundle/1\n",
		" # satchel bundle/1\n", "# satchel bundle/1\r\n",
		"BLAKE2b-256 (README.txt) = " ABC "\n",
	};
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++)
		CHECK_INT(sums_kind(lines[i], strlen(lines[i])), -1);
	CHECK_INT(sums_kind(NULL, 0), -1);
}

int
main(void)
{
	return unit_run();
}
