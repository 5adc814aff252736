/* pieces.h: a blob of an instance into a buffer (struct buf), for the two
 * calls that mirror_ops.blob makes back. */
#ifndef SATCHEL_TEST_PIECES_H
#define SATCHEL_TEST_PIECES_H

#include "base/buf.h"

static int
pieces_add(void *ctx, const char *at, size_t len, struct err *err)
{
	buf_add(ctx, at, len);
	return buf_check(ctx, err);
}

/* It begins again: what came so far is nothing. */
static int
pieces_again(void *ctx, struct err *err)
{
	(void)err;
	buf_reset(ctx);
	return 0;
}

#endif
