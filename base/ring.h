/* ring.h: jobs done by worker threads beside the caller, taken back in order.
 *
 * The caller fills a slot, submits it, and takes finished slots in the order
 * in which they were submitted, so the result does not depend on the number
 * of workers.  Only the caller's thread calls these functions.
 *
 *	slot = ring_free(r);              fill it
 *	ring_submit(r);                   a worker runs work(slot, worker)
 *	while ((slot = ring_oldest(r)) != NULL) { use it; ring_release(r); }
 */
#ifndef SATCHEL_RING_H
#define SATCHEL_RING_H

#include <stddef.h>

#include "err.h"

struct ring;

struct ring_ops {
	size_t slot_size;		/* bytes of a slot; zeroed at start */
	size_t worker_size;		/* bytes of a worker's state; zeroed */
	void (*work)(void *slot, void *worker);	/* keeps errors in the slot */
	void (*slot_clear)(void *slot);
	void (*worker_clear)(void *worker);
};

/* `slots` >= 1; `workers` 0 runs each job inside ring_submit. */
int ring_new(struct ring **ret, const struct ring_ops *ops, unsigned slots,
    unsigned workers, struct err *err);

/* Waits for running jobs, joins, clears and frees.  NULL-safe. */
void ring_free_all(struct ring **r);

/* A free slot, or NULL while all are in use (take the oldest first). */
void *ring_free(struct ring *r);
void ring_submit(struct ring *r);

/* The oldest submitted slot, once its job is done; NULL if none is out. */
void *ring_oldest(struct ring *r);

/* The oldest is used up; its slot is free again (not cleared: its buffers
 * are used again). */
void ring_release(struct ring *r);

/* Slots submitted and not yet released. */
unsigned ring_busy(const struct ring *r);

#endif
