/* fuzz_age.c: any bytes as an age file for the golden reader.  It is opened
 * just where agebox.c opens it, and holds the same; what is refused leaves
 * nothing. */
#include <sodium.h>

#include "../../format/age.h"
#include "agebox.h"

#define NAMES "E_DECRYPT E_NOT_FOR_US E_LIMIT"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_span in = { (const char *)data, size };
	CLEANUP(agebox_clear) struct agebox box = { .mac_fits = 0 };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	const struct age_identity *id = agebox_identity();
	struct err err = ERR_INIT;
	int rc, opens;

	buf_addc(&out, '>');
	rc = age_decrypt(id, data, size, &out, &err);
	opens = agebox_open(&box, in) == 0 && box.mac_fits;
	ALWAYS(opens == fuzz_took(rc, &err, NAMES));
	ALWAYS(out.at[0] == '>' && (rc >= 0 || out.len == 1));
	if (rc >= 0)
		ALWAYS(box.plain.len == out.len - 1 && memcmp(out.at + 1,
		    box.plain.len > 0 ? box.plain.at : "", out.len - 1) == 0);
	return 0;
}

/* Lines of the header, or the payload; then the MAC and the chunks anew. */
static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(agebox_clear) struct agebox box = { .mac_fits = 0 };
	CLEANUP(buf_clear) struct buf header = BUF_INIT;

	if (agebox_open(&box, in) < 0)
		return -1;
	if (dice(d, 3) == 0) {
		mutate_bytes(&box.plain);
	} else if (mutate_base64_lines(d, json_of(&box.header),
	    &header) == 0) {
		buf_reset(&box.header);
		buf_add(&box.header, header.at, header.len);
	}
	agebox_seal(&box, out);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
