/* ticker.h: how long work tells how far it is, in whatever room: whoever asks
 * gives a ticker, and is called now and then, from the thread that he called
 * from, with nothing locked that he could wait for.
 */
#ifndef SATCHEL_TICKER_H
#define SATCHEL_TICKER_H

#include <stddef.h>
#include <stdint.h>

struct tick {
	const char *step;		/* "reading back", a constant; NULL:
					 * the work itself */
	const char *unit;		/* what `objects` are, a constant text;
					 * NULL: "objects" */
	uint64_t objects, bytes;	/* so far; 0 where it counts none */
	uint64_t done, total;		/* one of the two, and how many there
					 * will be; total 0: not known */
};

struct ticker {
	void (*at)(void *ctx, const struct tick *t);	/* NULL: nobody asks */
	void *ctx;
};

static inline void
ticker_tell(const struct ticker *to, const struct tick *t)
{
	if (to->at != NULL)
		to->at(to->ctx, t);
}

/* Of `total` bytes: for what moves bytes alone. */
static inline void
ticker_bytes(const struct ticker *to, const char *step, uint64_t done,
    uint64_t total)
{
	const struct tick t = { .step = step, .bytes = done, .done = done,
	    .total = total };

	ticker_tell(to, &t);
}

/* Of `total` files that are looked at; total 0: not known. */
static inline void
ticker_files(const struct ticker *to, uint64_t done, uint64_t total)
{
	const struct tick t = { .unit = "files", .objects = done,
	    .done = done, .total = total };

	ticker_tell(to, &t);
}

#endif
