#include "ring.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "buf.h"

#define SLOTS_MAX 1024u
#define WORKERS_MAX 256u
#define STACK_SIZE 524288u		/* of a worker; buffers are on the
					 * heap */

/* The counters only grow; slot number i is i modulo `slots`.  Those from
 * `released` to `taken` are running or done, from there to `submitted` they
 * wait. */
struct ring {
	struct ring_ops ops;
	unsigned slots, workers, started;
	size_t slot_step, worker_step;	/* sizes, rounded up to align */
	unsigned char *slot, *worker;	/* their bytes */
	pthread_t *thread;
	uint64_t released;		/* the caller's alone */

	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t work, done;
	uint64_t submitted, taken;	/* `submitted`: written by the caller */
	unsigned char *is_done;
	int stop;
};

struct worker_start {
	struct ring *ring;
	unsigned number;
};

static void *
slot_at(const struct ring *r, uint64_t number)
{
	return r->slot + (number % r->slots) * r->slot_step;
}

static void
lock(struct ring *r)
{
	(void)pthread_mutex_lock(&r->lock);
}

static void
unlock(struct ring *r)
{
	(void)pthread_mutex_unlock(&r->lock);
}

/* A worker: the oldest waiting job, again and again. */
static void *
run(void *arg)
{
	struct worker_start *start = arg;
	struct ring *r = start->ring;
	void *state = r->worker + start->number * r->worker_step;
	uint64_t job;

	free(start);
	lock(r);
	for (;;) {
		while (!r->stop && r->taken == r->submitted)
			(void)pthread_cond_wait(&r->work, &r->lock);
		if (r->stop)
			break;
		job = r->taken++;
		unlock(r);
		r->ops.work(slot_at(r, job), state);
		lock(r);
		r->is_done[job % r->slots] = 1;
		(void)pthread_cond_signal(&r->done);
	}
	unlock(r);
	return NULL;
}

/* A thread with a small stack, so that a limit on memory holds however many
 * there are.  Signals are for the caller's thread.  Returns an errno. */
static int
create_thread(pthread_t *thread, struct worker_start *start)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int rc;

	if ((rc = pthread_attr_init(&attr)) != 0)
		return rc;
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(thread, &attr, run, start);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return rc;
}

static int
start_worker(struct ring *r, struct err *err)
{
	struct worker_start *start = malloc(sizeof *start);
	int rc;

	if (start == NULL)
		return err_oom(err);
	*start = (struct worker_start){ r, r->started };
	if ((rc = create_thread(&r->thread[r->started], start)) != 0) {
		free(start);
		return err_io(err, rc, "cannot start worker %u of %u",
		    r->started + 1, r->workers);
	}
	r->started++;
	return 0;
}

/* The bytes of an array's element: never 0, and each is aligned. */
static size_t
step_of(size_t size)
{
	const size_t align = _Alignof(max_align_t);

	return size == 0 ? align : (size + align - 1) / align * align;
}

/* One worker's state also where there are none: for the caller's thread. */
static int
ring_allocate(struct ring *r)
{
	unsigned states = r->workers > 0 ? r->workers : 1;

	r->slot_step = step_of(r->ops.slot_size);
	r->worker_step = step_of(r->ops.worker_size);
	r->slot = calloc(r->slots, r->slot_step);
	r->worker = calloc(states, r->worker_step);
	r->is_done = calloc(r->slots, 1);
	r->thread = calloc(states, sizeof *r->thread);
	return r->slot != NULL && r->worker != NULL && r->is_done != NULL &&
	    r->thread != NULL ? 0 : -1;
}

int
ring_new(struct ring **ret, const struct ring_ops *ops, unsigned slots,
    unsigned workers, struct err *err)
{
	CLEANUP(ring_free_all) struct ring *r = NULL;
	int rc;

	if (slots == 0 || slots > SLOTS_MAX || workers > WORKERS_MAX)
		return err_set(err, E_LIMIT, "%u slots and %u workers, "
		    "expected 1 to %u and at most %u", slots, workers,
		    SLOTS_MAX, WORKERS_MAX);
	if ((r = calloc(1, sizeof *r)) == NULL)
		return err_oom(err);
	r->ops = *ops;
	r->slots = slots;
	r->workers = workers;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->work, NULL);
	(void)pthread_cond_init(&r->done, NULL);
	if (ring_allocate(r) != 0)
		return err_oom(err);
	while (r->started < workers)
		if ((rc = start_worker(r, err)) < 0)
			return rc;
	*ret = r;
	r = NULL;
	return 0;
}

static void
clear_all(unsigned char *at, size_t step, unsigned count,
    void (*clear)(void *))
{
	unsigned i;

	if (at == NULL || clear == NULL)
		return;
	for (i = 0; i < count; i++)
		clear(at + i * step);
}

void
ring_free_all(struct ring **ring)
{
	struct ring *r = *ring;
	unsigned i;

	if (r == NULL)
		return;
	lock(r);
	r->stop = 1;
	(void)pthread_cond_broadcast(&r->work);
	unlock(r);
	for (i = 0; i < r->started; i++)
		(void)pthread_join(r->thread[i], NULL);
	clear_all(r->slot, r->slot_step, r->slots, r->ops.slot_clear);
	clear_all(r->worker, r->worker_step, r->workers > 0 ? r->workers : 1,
	    r->ops.worker_clear);
	(void)pthread_cond_destroy(&r->work);
	(void)pthread_cond_destroy(&r->done);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->slot);
	free(r->worker);
	free(r->is_done);
	free(r->thread);
	free(r);
	*ring = NULL;
}

void *
ring_free(struct ring *r)
{
	return ring_busy(r) == r->slots ? NULL : slot_at(r, r->submitted);
}

void
ring_submit(struct ring *r)
{
	if (r->workers == 0)
		r->ops.work(slot_at(r, r->submitted), r->worker);
	lock(r);
	r->is_done[r->submitted % r->slots] = r->workers == 0;
	r->submitted++;
	(void)pthread_cond_signal(&r->work);
	unlock(r);
}

void *
ring_oldest(struct ring *r)
{
	if (ring_busy(r) == 0)
		return NULL;
	lock(r);
	while (!r->is_done[r->released % r->slots])
		(void)pthread_cond_wait(&r->done, &r->lock);
	unlock(r);
	return slot_at(r, r->released);
}

void
ring_release(struct ring *r)
{
	r->released++;
}

unsigned
ring_busy(const struct ring *r)
{
	return (unsigned)(r->submitted - r->released);
}
