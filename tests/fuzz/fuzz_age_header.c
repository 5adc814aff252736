/* fuzz_age_header.c: any bytes as the header of an age file.  One of known
 * stanzas alone is written again as the very bytes; what follows a header
 * changes nothing of it. */
#include "../../format/age_header.h"
#include "mutate.h"

static void
check_written(const struct age_header *h, const char *text)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;

	age_header_write(h->wraps, h->count, &again);
	ALWAYS(fuzz_same(&again, text, h->mac_len));
	age_header_end(h->mac, &again);
	ALWAYS(fuzz_same(&again, text, h->len));
}

/* The work factor that is kept says all digits only up to 4 of them. */
static int
is_exact(const struct age_header *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		if (h->wraps[i].work >= 9999)
			return 0;
	return h->count == h->stanzas;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct age_header h, alone;
	const char *text = (const char *)data;
	struct err err = ERR_INIT;
	int rc = age_header_parse(&h, text, size, &err);
	size_t i;

	if (!fuzz_took(rc, &err, "E_DECRYPT E_LIMIT"))
		return 0;
	ALWAYS(h.len <= size && h.len <= AGE_HEADER_MAX && h.mac_len < h.len);
	ALWAYS(h.count <= AGE_WRAPS_MAX && h.count <= h.stanzas);
	for (i = 0; i < h.count; i++)
		ALWAYS(h.wraps[i].type == AGE_X25519 || h.stanzas == 1);
	GOOD(age_header_parse(&alone, text, h.len, &err), &err);
	ALWAYS(memcmp(&alone, &h, sizeof h) == 0);
	if (is_exact(&h))
		check_written(&h, text);
	return 0;
}

/* A line that begins with "-> " or "--- " is base64 behind its last space. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_base64_lines, data, size, max, seed);
}
