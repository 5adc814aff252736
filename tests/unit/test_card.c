/* Cards and their fingerprints. */
#include "format/card.h"

#include "container.h"

/* Computed with Python's hashlib and integers, not with this code. */
static const struct {
	const char *site;
	int sign_from, age_from;	/* keys: these bytes, counted up */
	int step;
	const char *digits;
} known[] = {
	{ "0123456789abcdef", 0, 32, 1,
	    "49536 27286 37092 49849 81569 60856 68880 58380 82" },
	{ "a", 0, 255, 0,
	    "32781 38314 28714 10129 68109 85790 71154 62796 46" },
	{ "s34", 0, 0, 0,		/* begins with zeros */
	    "00758 55565 93027 90799 65471 60334 74833 07828 65" },
	{ "s75", 0, 0, 0,		/* check digits begin with one */
	    "09296 87184 24507 72185 83029 40651 51362 44149 03" },
};

static struct card
known_card(size_t i)
{
	struct card c;
	int k;

	memset(&c, 0, sizeof c);
	(void)strcpy(c.actor.site, known[i].site);
	for (k = 0; k < 32; k++) {
		c.sign.key[k] = (unsigned char)(known[i].sign_from +
		    k * known[i].step);
		c.age.key[k] = (unsigned char)(known[i].age_from +
		    k * known[i].step);
	}
	return c;
}

/* A card of the key that container.h made. */
static struct card
sample_card(void)
{
	struct card c = { .actor = { "lab-a", "0123456789abcdef", 1 },
	    .name = "Accra", .created = "2026-01-02T03:04:05Z" };
	struct age_identity *i = NULL;

	CHECK_OK(age_identity_new(&i, &e), &e);
	age_recipient_of(i, &c.age);
	age_identity_freep(&i);
	c.sign = pub;
	return c;
}

static int
read_card(const struct buf *file, struct card *ret)
{
	return card_read(ret, file->at, file->len, &e);
}

/* A card by hand: what its manifest says, and under which kind. */
static void
write_odd(struct hand *h, enum sums_kind kind, const struct manifest *m)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	CHECK_OK(manifest_write(m, &text, &e), &e);
	begin(h, kind);
	put(h, "manifest.json", buf_str(&text));
	finish(h);
}

/* The manifest of a card, its texts in `sign` and `age`. */
static struct manifest
card_manifest(const struct card *c, struct buf *sign, struct buf *age)
{
	struct manifest m = sample_manifest(MANIFEST_CARD);

	minisign_pub_base64(&c->sign, sign);
	age_recipient_write(&c->age, age);
	minisign_id_hex(c->sign.id, m.key);
	m.minisign = buf_str(sign);
	m.age = buf_str(age);
	CHECK(m.minisign != NULL && m.age != NULL);
	return m;
}

TEST(fingerprints_are_those_of_another_program)
{
	char digits[CARD_TEXT_MAX];
	struct card c;
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++) {
		c = known_card(i);
		card_fingerprint(&c, digits);
		CHECK_STR(digits, known[i].digits);
		CHECK_INT(card_matches(&c, digits, &e), 1);
	}
}

TEST(every_part_counts)
{
	char digits[CARD_TEXT_MAX], other[CARD_TEXT_MAX];
	struct card c = known_card(0), d;

	card_fingerprint(&c, digits);
	d = c;
	(void)strcpy(d.actor.site, "0123456789abcdee");
	card_fingerprint(&d, other);
	CHECK(strcmp(digits, other) != 0);
	d = c;
	d.sign.key[31] ^= 1;
	card_fingerprint(&d, other);
	CHECK(strcmp(digits, other) != 0);
	d = c;
	d.age.key[0] ^= 128;
	card_fingerprint(&d, other);
	CHECK(strcmp(digits, other) != 0);

	/* The rest is not what the keys are for. */
	d = c;
	(void)strcpy(d.name, "Other");
	d.actor.generation = 9;
	card_fingerprint(&d, other);
	CHECK_STR(digits, other);
}

TEST(typed_digits)
{
	struct card c = known_card(0);

	CHECK_INT(card_matches(&c,
	    "495362728637092498498156960856688805838082", &e), 1);
	CHECK_INT(card_matches(&c, " 49536-27286-37092-49849 81569 60856 "
	    "68880 58380 - 82 ", &e), 1);

	/* Right in themselves, of another card. */
	CHECK_INT(card_matches(&c, known[1].digits, &e), 0);
}

TEST(slips_are_seen)
{
	struct card c = known_card(0);
	char typed[CARD_TEXT_MAX];
	size_t i;
	char was;

	for (i = 0; known[0].digits[i] != '\0'; i++) {
		(void)strcpy(typed, known[0].digits);
		if (typed[i] == ' ')
			continue;
		typed[i] = typed[i] == '9' ? '0' : (char)(typed[i] + 1);
		CHECK_ERR(card_matches(&c, typed, &e), &e, E_USAGE);
	}
	for (i = 0; i + 1 < strlen(known[0].digits); i++) {
		(void)strcpy(typed, known[0].digits);
		was = typed[i];
		typed[i] = typed[i + 1];
		typed[i + 1] = was;
		if (was == typed[i] || was == ' ' || typed[i] == ' ')
			continue;
		CHECK_ERR(card_matches(&c, typed, &e), &e, E_USAGE);
	}
}

TEST(what_is_no_fingerprint)
{
	static const char *const bad[] = {
		"", "-", "49536",
		"49536 27286 37092 49849 81569 60856 68880 58380 8",
		"49536 27286 37092 49849 81569 60856 68880 58380 820",
		"49536 27286 37092 49849 81569 60856 68880 58380 8x",
		"49536\t27286 37092 49849 81569 60856 68880 58380 82",
		"49536 27286 37092 49849 81569 60856 68880 58380 82\n",
	};
	struct card c = known_card(0);
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_ERR(card_matches(&c, bad[i], &e), &e, E_USAGE);
}

TEST(there_and_back)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct card c = sample_card(), back;

	CHECK_OK(card_write(&c, key, &file, &e), &e);
	CHECK(file.len <= CARD_MAX && file.len % 512 == 0);
	CHECK_OK(read_card(&file, &back), &e);
	CHECK_STR(back.name, c.name);
	CHECK_STR(back.created, c.created);
	CHECK_INT(actor_cmp(&back.actor, &c.actor), 0);
	CHECK(memcmp(&back.sign, &c.sign, sizeof c.sign) == 0);
	CHECK(memcmp(&back.age, &c.age, sizeof c.age) == 0);
}

TEST(mutants_are_refused)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct card c = sample_card(), back;
	size_t i;

	CHECK_OK(card_write(&c, key, &file, &e), &e);
	for (i = 0; i < file.len; i++) {
		file.at[i] ^= (char)(1 << i % 8);
		if (read_card(&file, &back) >= 0)
			FAIL("a flipped bit at %zu is accepted", i);
		err_clear(&e);
		file.at[i] ^= (char)(1 << i % 8);
	}
	for (i = 0; i < file.len; i += 61) {
		if (card_read(&back, file.at, i, &e) >= 0)
			FAIL("cut off at %zu it is accepted", i);
		err_clear(&e);
	}
	buf_addc(&file, '\n');
	CHECK_ERR(read_card(&file, &back), &e, E_TRAILER);
}

TEST(a_long_file)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct card back;

	CHECK(buf_room(&file, CARD_MAX + 1) != NULL);
	memset(file.at, 0, CARD_MAX + 1);
	CHECK_ERR(card_read(&back, file.at, CARD_MAX + 1, &e), &e, E_LIMIT);
}

TEST(other_kinds_of_file)
{
	CLEANUP(buf_clear) struct buf bundle = BUF_INIT;
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	struct manifest m = sample_manifest(MANIFEST_RECEIPT);
	unsigned char id[32];
	struct card back;

	write_sample(&bundle, id);
	CHECK_ERR(read_card(&bundle, &back), &e, E_FORMAT);
	write_odd(&h, SUMS_RECEIPT, &m);
	CHECK_ERR(read_card(&h.file, &back), &e, E_FORMAT);

	/* SUMS says card, the manifest does not. */
	write_odd(&h, SUMS_CARD, &m);
	CHECK_ERR(read_card(&h.file, &back), &e, E_MANIFEST);
}

TEST(keys_that_cannot_be_trusted)
{
	CLEANUP(buf_clear) struct buf sign = BUF_INIT, age = BUF_INIT;
	CLEANUP(hand_clear) struct hand h = { .file = BUF_INIT };
	struct card c = sample_card(), back;
	struct manifest m = card_manifest(&c, &sign, &age);
	static char bad_sign[] = "RWQ", bad_age[] = "age1xyz";
	char *good = m.minisign;

	write_odd(&h, SUMS_CARD, &m);
	CHECK_OK(read_card(&h.file, &back), &e);
	m.minisign = bad_sign;
	write_odd(&h, SUMS_CARD, &m);
	CHECK_ERR(read_card(&h.file, &back), &e, E_TRUSTSTORE);
	m.minisign = good;
	m.age = bad_age;
	write_odd(&h, SUMS_CARD, &m);
	CHECK_ERR(read_card(&h.file, &back), &e, E_TRUSTSTORE);

	/* The key id in the manifest is another one. */
	m.age = age.at;
	m.key[0] = m.key[0] == 'A' ? 'B' : 'A';
	write_odd(&h, SUMS_CARD, &m);
	CHECK_ERR(read_card(&h.file, &back), &e, E_TRUSTSTORE);
}

TEST(signed_by_another)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct minisign_secret *other = NULL;
	struct card c = sample_card(), back;

	/* Another key altogether, and one with the same id. */
	CHECK_OK(minisign_secret_new(&other, &e), &e);
	CHECK_OK(card_write(&c, other, &file, &e), &e);
	CHECK(read_card(&file, &back) < 0);
	CHECK_INT(err_exit(e.code), 7);
	err_clear(&e);
	memcpy(other->id, c.sign.id, sizeof other->id);
	buf_reset(&file);
	CHECK_OK(card_write(&c, other, &file, &e), &e);
	CHECK_ERR(read_card(&file, &back), &e, E_SIGNATURE);
	minisign_secret_freep(&other);
}

int
main(void)
{
	return container_run();
}
