#include "http_wait.h"

#include <curl/curl.h>
#include <sodium.h>
#include <string.h>

int
http_is_busy(int status)
{
	return status == 408 || status == 429 || status == 502 ||
	    status == 503 || status == 504;
}

int
http_is_refusal(int status)
{
	return status == 408 || status == 429;
}

static uint64_t
at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Seconds, 1..limit, that a number asks for; 0: it is no number. */
static uint64_t
number_asked(const char *text, uint64_t limit)
{
	int minus = *text == '-';
	uint64_t v = 0;

	text += minus;
	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return 0;
	for (; *text != '\0'; text++)
		v = at_most(v * 10 + (uint64_t)(*text - '0'), limit);
	return minus || v == 0 ? 1 : v;
}

/* The same for a date. */
static uint64_t
date_asked(const char *text, int64_t now, uint64_t limit)
{
	int64_t t = (int64_t)curl_getdate(text, NULL);

	if (t < 0)
		return 0;
	return t <= now ? 1 : at_most((uint64_t)(t - now), limit);
}

uint64_t
http_wait(unsigned tries, const char *retry_after, int64_t now,
    uint64_t base_ms, uint64_t max_ms)
{
	uint64_t asked, ms, limit = max_ms / 1000 + 1;
	unsigned i;

	asked = number_asked(retry_after, limit);
	if (asked == 0 && *retry_after != '\0')
		asked = date_asked(retry_after, now, limit);
	if (asked > 0)
		return at_most(asked * 1000, max_ms);
	ms = base_ms;
	for (i = 1; i < tries && ms < max_ms; i++)
		ms *= 2;
	ms = at_most(ms, max_ms);
	return ms - randombytes_uniform((uint32_t)(ms / 2) + 1);
}
