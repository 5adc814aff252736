#include "bech32.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define DATA 52				/* five-bit values of a key */
#define SUM 6

static const char lower[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char upper[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/* Feed one five-bit value to the checksum (BIP 173, "Checksum"). */
static uint32_t
polymod(uint32_t sum, unsigned value)
{
	static const uint32_t generator[] = {
		0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
	};
	uint32_t top = sum >> 25;
	int i;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

/* The five-bit value at `i` of a key, padded with zeros.  Nothing of a key is
 * kept but in the key and its text. */
static unsigned
value_at(const unsigned char key[BECH32_KEY], int i)
{
	unsigned value = 0;
	int bit;

	for (bit = 5 * i; bit < 5 * (i + 1); bit++)
		value = value << 1 | (bit < 8 * BECH32_KEY ?
		    (unsigned)key[bit / 8] >> (7 - bit % 8) & 1u : 0u);
	return value;
}

/* The checksum of a prefix, as if in lower case, and a key. */
static uint32_t
checksum(const char *prefix, const unsigned char key[BECH32_KEY])
{
	uint32_t sum = 1;
	const char *p;
	int i;

	for (p = prefix; *p != '\0'; p++)
		sum = polymod(sum, ((unsigned)*p | 0x20) >> 5);
	sum = polymod(sum, 0);
	for (p = prefix; *p != '\0'; p++)
		sum = polymod(sum, *p >= 'A' && *p <= 'Z' ?
		    (unsigned)(*p + 32) & 31 : (unsigned)*p & 31);
	for (i = 0; i < DATA; i++)
		sum = polymod(sum, value_at(key, i));
	for (i = 0; i < SUM; i++)
		sum = polymod(sum, 0);
	return sum ^ 1;
}

static const char *
digits_of(const char *prefix)
{
	return *prefix >= 'A' && *prefix <= 'Z' ? upper : lower;
}

void
bech32_encode(char out[BECH32_TEXT], const char *prefix,
    const unsigned char key[BECH32_KEY])
{
	const char *set = digits_of(prefix);
	uint32_t sum = checksum(prefix, key);
	size_t at = strlen(prefix);
	int i;

	memcpy(out, prefix, at);
	out[at++] = '1';
	for (i = 0; i < DATA; i++)
		out[at++] = set[value_at(key, i)];
	for (i = 0; i < SUM; i++)
		out[at++] = set[sum >> 5 * (SUM - 1 - i) & 31];
	out[at] = '\0';
}

/* Take the key from its digits; -1: one of them is none, or there are bits
 * behind the key. */
static int
take_key(unsigned char key[BECH32_KEY], const char *set, const char *text)
{
	unsigned rest = 0, bits = 0, value;
	size_t at = 0;
	const char *digit;
	int i, bad = 0;

	for (i = 0; i < DATA; i++) {
		digit = memchr(set, text[i], 32);
		bad |= digit == NULL;
		value = digit == NULL ? 0 : (unsigned)(digit - set);
		rest = rest << 5 | value;
		bits += 5;
		if (bits >= 8 && at < BECH32_KEY) {
			bits -= 8;
			key[at++] = (unsigned char)(rest >> bits & 0xff);
			rest &= (1u << bits) - 1;
		}
	}
	return bad || rest != 0 ? -1 : 0;
}

int
bech32_decode(unsigned char ret_key[BECH32_KEY], const char *prefix,
    const char *text, size_t len)
{
	const char *set = digits_of(prefix);
	size_t skip = strlen(prefix) + 1;
	const char *tail;
	uint32_t sum;
	int i, bad;

	if (len != skip - 1 + BECH32_TAIL)
		return -1;
	bad = memcmp(text, prefix, skip - 1) != 0 || text[skip - 1] != '1';
	bad |= take_key(ret_key, set, text + skip) < 0;
	sum = checksum(prefix, ret_key);
	tail = text + skip + DATA;
	for (i = 0; i < SUM; i++)
		bad |= tail[i] != set[sum >> 5 * (SUM - 1 - i) & 31];
	if (bad)
		sodium_memzero(ret_key, BECH32_KEY);
	return bad ? -1 : 0;
}
