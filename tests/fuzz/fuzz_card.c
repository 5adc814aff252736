/* fuzz_card.c: any bytes as a card.  What is taken, and signed with the golden
 * sender's key, is what card_write makes of it ("x-" fields are passed over);
 * its fingerprint names it. */
#include "../../format/card.h"
#include "vessel.h"

#define NAMES "E_TRUNCATED E_FORMAT E_HEADER E_TRAILER E_LIMIT E_SIGFORMAT " \
    "E_SIGNATURE E_HASH E_VERSION E_MANIFEST E_TRUSTSTORE"

static void
check_fingerprint(const struct card *c)
{
	char text[CARD_TEXT_MAX], slip[CARD_TEXT_MAX];
	struct err err = ERR_INIT;

	card_fingerprint(c, text);
	ALWAYS(strlen(text) == CARD_TEXT_MAX - 1 - 1 ||
	    strlen(text) == CARD_TEXT_MAX - 1);
	ALWAYS(card_matches(c, text, &err) == 1);
	memcpy(slip, text, sizeof slip);
	slip[0] = slip[0] == '9' ? '0' : (char)(slip[0] + 1);
	ALWAYS(card_matches(c, slip, &err) == -(int)E_USAGE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	struct card c = { .name = "" };
	struct minisign_pub ours;
	struct err err = ERR_INIT;

	minisign_public(fuzz_key(), &ours);
	if (!fuzz_took(card_read(&c, data, size, &err), &err, NAMES))
		return 0;
	ALWAYS(size <= CARD_MAX);
	check_fingerprint(&c);
	if (memcmp(&ours, &c.sign, sizeof ours) != 0 ||
	    memmem(data, size, "\"x-", 3) != NULL)
		return 0;
	GOOD(card_write(&c, fuzz_key(), &again, &err), &err);
	ALWAYS(fuzz_same(&again, data, size));
	return 0;
}

static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(vessel_freep) struct vessel *v = NULL;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct vessel_part *p;

	if (vessel_open(&v, in) < 0 ||
	    (p = vessel_find(v, "manifest.json")) == NULL)
		return -1;
	if (dice(d, 8) == 0)
		vessel_shuffle(d, v);
	else if (mutate_json(d, json_of(&p->content), &text) == 0)
		vessel_fill(p, &text);
	if (vessel_sign(v) < 0)
		return -1;
	vessel_close(v, out);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
