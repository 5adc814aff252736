#include "sums.h"

#include <string.h>

#include "../base/text.h"

static const char *const first_lines[] = {
	[SUMS_BUNDLE] = "# satchel bundle/1\n",
	[SUMS_RECEIPT] = "# satchel receipt/1\n",
	[SUMS_CARD] = "# satchel card/1\n",
};

void
sums_begin(struct buf *out, enum sums_kind kind)
{
	buf_adds(out, first_lines[kind]);
}

void
sums_add(struct buf *out, const char *name,
    const unsigned char hash[SUMS_HASH])
{
	char hex[2 * SUMS_HASH + 1];

	text_hex(hex, hash, SUMS_HASH);
	buf_adds(out, "BLAKE2b-256 (");
	buf_adds(out, name);
	buf_adds(out, ") = ");
	buf_adds(out, hex);
	buf_addc(out, '\n');
}

int
sums_kind(const char *sums, size_t len)
{
	size_t i, n;

	for (i = 0; i < sizeof first_lines / sizeof *first_lines; i++) {
		n = strlen(first_lines[i]);
		if (len >= n && memcmp(sums, first_lines[i], n) == 0)
			return (int)i;
	}
	return -1;
}
