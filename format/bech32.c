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

/* The checksum of a prefix, as if in lower case, and the data. */
static uint32_t
checksum(const char *prefix, const unsigned char data[DATA])
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
		sum = polymod(sum, data[i]);
	for (i = 0; i < SUM; i++)
		sum = polymod(sum, 0);
	return sum ^ 1;
}

void
bech32_encode(char out[BECH32_TEXT], const char *prefix,
    const unsigned char key[BECH32_KEY])
{
	const char *set = *prefix >= 'A' && *prefix <= 'Z' ? upper : lower;
	unsigned char data[DATA] = { 0 };
	size_t at = strlen(prefix);
	uint32_t sum;
	int i;

	/* Eight-bit values to five-bit ones, the last padded with zeros. */
	for (i = 0; i < 8 * BECH32_KEY; i++)
		if (key[i / 8] >> (7 - i % 8) & 1)
			data[i / 5] = (unsigned char)(data[i / 5] |
			    16 >> i % 5);
	sum = checksum(prefix, data);

	memcpy(out, prefix, at);
	out[at++] = '1';
	for (i = 0; i < DATA; i++)
		out[at++] = set[data[i]];
	for (i = 0; i < SUM; i++)
		out[at++] = set[sum >> 5 * (SUM - 1 - i) & 31];
	out[at] = '\0';
	sodium_memzero(data, sizeof data);
}

int
bech32_decode(unsigned char ret_key[BECH32_KEY], const char *prefix,
    const char *text, size_t len)
{
	const char *set = *prefix >= 'A' && *prefix <= 'Z' ? upper : lower;
	unsigned char data[DATA] = { 0 };
	size_t skip = strlen(prefix) + 1;
	char again[BECH32_TEXT];
	const char *digit;
	int i, bad = 0;

	if (len != skip - 1 + BECH32_TAIL)
		return -1;
	for (i = 0; i < DATA; i++) {
		digit = memchr(set, text[skip + (size_t)i], 32);
		bad |= digit == NULL;
		data[i] = (unsigned char)(digit == NULL ? 0 : digit - set);
	}
	memset(ret_key, 0, BECH32_KEY);
	for (i = 0; i < 8 * BECH32_KEY; i++)
		if (data[i / 5] >> (4 - i % 5) & 1)
			ret_key[i / 8] = (unsigned char)(ret_key[i / 8] |
			    128 >> i % 8);

	/* Prefix, padding and checksum are right if it is written again. */
	bech32_encode(again, prefix, ret_key);
	bad |= sodium_memcmp(again, text, len) != 0;
	sodium_memzero(again, sizeof again);
	sodium_memzero(data, sizeof data);
	if (bad)
		sodium_memzero(ret_key, BECH32_KEY);
	return bad ? -1 : 0;
}
