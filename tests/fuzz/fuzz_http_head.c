/* fuzz_http_head.c: lines as the head of an HTTP answer.  A refusal says that
 * it is the server's fault; what is kept is in bounds, and a whole head stays
 * as it is. */
#include "../../mirror/http_head.h"
#include "fuzz.h"

static void
check(const struct http_head *h)
{
	ALWAYS(h->status == 0 || (h->status >= 100 && h->status <= 599));
	ALWAYS(h->status != 101 && (!h->whole || h->status >= 200));
	ALWAYS(!h->whole || !(h->has_length && h->chunked));
	ALWAYS(h->length <= INT64_MAX && (h->has_length || h->length == 0));
	ALWAYS(strnlen(h->type, sizeof h->type) < sizeof h->type);
	ALWAYS(strnlen(h->location, sizeof h->location) < HTTP_VALUE_MAX);
	ALWAYS(strnlen(h->retry_after, sizeof h->retry_after) < 64);
	ALWAYS(h->date >= -1);
	ALWAYS(!http_head_redirects(h) || h->status / 100 == 3);
	(void)http_head_to_login(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *q;
	struct http_head h = HTTP_HEAD_INIT, before;
	struct err err = ERR_INIT;

	for (; p < end; p = q) {
		q = memchr(p, '\n', (size_t)(end - p));
		q = q == NULL ? end : q + 1;
		memcpy(&before, &h, sizeof h);
		if (!fuzz_took(http_head_line(&h, p, (size_t)(q - p), &err),
		    &err, "E_DEST_PROTOCOL"))
			break;
		ALWAYS(!before.whole || memcmp(&before, &h, sizeof h) == 0);
		check(&h);
	}
	return 0;
}
