#include "buf.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_clear(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->secret)
		sodium_free(b->at);
	else
		free(b->at);
	*b = (struct buf){ .max = b->max, .secret = b->secret };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
}

/* Another allocation for what is held. */
static char *
grow(const struct buf *b, size_t cap)
{
	char *at;

	if (!b->secret)
		return realloc(b->at, cap);
	if ((at = sodium_malloc(cap)) == NULL)
		return NULL;
	if (b->at != NULL)
		memcpy(at, b->at, b->len);
	sodium_free(b->at);
	return at;
}

char *
buf_room(struct buf *b, size_t more)
{
	size_t need, cap;
	char *at;

	if (b->failed)
		return NULL;
	if (more > SIZE_MAX / 2 - b->len || (b->max != 0 &&
	    b->len + more > b->max)) {
		b->failed = E_LIMIT;
		return NULL;
	}
	need = b->len + more + 1;
	if (need > b->cap || b->at == NULL) {
		cap = b->cap * 2 > need ? b->cap * 2 : need;
		if (cap < 64)
			cap = 64;
		if ((at = grow(b, cap)) == NULL) {
			b->failed = E_INTERNAL;
			return NULL;
		}
		b->at = at;
		b->cap = cap;
	}
	return b->at + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = buf_room(b, len);

	if (to == NULL || len == 0)
		return;
	memcpy(to, data, len);
	b->len += len;
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_adds(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (to = buf_room(b, (size_t)n)) == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

char *
buf_str(struct buf *b)
{
	char *to = buf_room(b, 0);

	if (to == NULL)
		return NULL;
	*to = '\0';
	return b->at;
}

int
buf_check(const struct buf *b, struct err *err)
{
	if (b->failed == E_LIMIT)
		return err_set(err, E_LIMIT, "more than %zu bytes", b->max);
	return b->failed ? err_oom(err) : 0;
}

void
buf_freep(void *pointer_address)
{
	free(*(void **)pointer_address);
}
