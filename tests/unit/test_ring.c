#include "../../base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

#include "unit.h"

struct job {
	unsigned number;
	uint64_t result;
	uint64_t *filled;		/* grown by the first job, kept */
};

struct state {
	unsigned jobs;
};

static int cleared_slots, cleared_workers, cleared_jobs;

/* Later jobs are quicker than earlier ones, so that they overtake them. */
static void
work(void *slot, void *worker)
{
	struct job *job = slot;
	struct state *state = worker;
	struct timespec pause = { 0, (long)(job->number % 7) * 20000 };

	if (job->filled == NULL)
		job->filled = calloc(1, sizeof *job->filled);
	(void)nanosleep(&pause, NULL);
	if (job->filled != NULL)
		*job->filled = job->number;
	job->result = (uint64_t)job->number * job->number;
	state->jobs++;
}

static void
slot_clear(void *slot)
{
	free(((struct job *)slot)->filled);
	cleared_slots++;
}

static void
worker_clear(void *worker)
{
	cleared_workers++;
	cleared_jobs += (int)((struct state *)worker)->jobs;
}

static const struct ring_ops ops = {
	.slot_size = sizeof(struct job),
	.worker_size = sizeof(struct state),
	.work = work,
	.slot_clear = slot_clear,
	.worker_clear = worker_clear,
};

static struct ring *
start(unsigned slots, unsigned workers)
{
	struct err err = ERR_INIT;
	struct ring *r = NULL;

	cleared_slots = cleared_workers = cleared_jobs = 0;
	CHECK_OK(ring_new(&r, &ops, slots, workers, &err), &err);
	CHECK(r != NULL);
	return r;
}

/* Take the oldest and check that it is job `number`. */
static void
take(struct ring *r, unsigned number)
{
	struct job *job = ring_oldest(r);

	CHECK(job != NULL);
	CHECK_INT(job->number, number);
	CHECK_INT(job->result, (uint64_t)number * number);
	CHECK(job->filled != NULL && *job->filled == number);
	CHECK(ring_oldest(r) == job);
	ring_release(r);
}

static void
run_jobs(unsigned slots, unsigned workers, unsigned jobs)
{
	struct ring *r = start(slots, workers);
	unsigned given, taken = 0;
	struct job *job;

	for (given = 0; given < jobs; given++) {
		while ((job = ring_free(r)) == NULL)
			take(r, taken++);
		job->number = given;
		ring_submit(r);
	}
	while (ring_busy(r) > 0)
		take(r, taken++);
	CHECK_INT(taken, jobs);
	CHECK(ring_oldest(r) == NULL);
	ring_free_all(&r);
	CHECK(r == NULL);
	CHECK_INT(cleared_slots, slots);
	CHECK_INT(cleared_workers, workers > 0 ? workers : 1);
	CHECK_INT(cleared_jobs, jobs);
}

TEST(order_is_that_of_submission)
{
	static const unsigned slots[] = { 1, 2, 3, 8 };
	static const unsigned workers[] = { 0, 1, 2, 5 };
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++)
			run_jobs(slots[i], workers[k], 200);
}

TEST(no_job_at_all)
{
	run_jobs(4, 3, 0);
	run_jobs(1, 0, 0);
}

TEST(busy_counts_and_full_is_null)
{
	struct ring *r = start(2, 1);
	struct job *first, *second;

	CHECK_INT(ring_busy(r), 0);
	CHECK(ring_oldest(r) == NULL);
	CHECK((first = ring_free(r)) != NULL);
	CHECK(ring_free(r) == first);
	first->number = 3;
	ring_submit(r);
	CHECK_INT(ring_busy(r), 1);
	CHECK((second = ring_free(r)) != NULL && second != first);
	second->number = 4;
	ring_submit(r);
	CHECK_INT(ring_busy(r), 2);
	CHECK(ring_free(r) == NULL);
	take(r, 3);

	/* A released slot comes back as it was. */
	CHECK(ring_free(r) == first);
	CHECK(first->filled != NULL && first->number == 3);
	take(r, 4);
	ring_free_all(&r);
}

TEST(inline_without_workers)
{
	struct ring *r = start(2, 0);
	struct job *job = ring_free(r);

	CHECK(job != NULL && job->result == 0 && job->filled == NULL);
	job->number = 9;
	ring_submit(r);
	CHECK_INT(job->result, 81);
	take(r, 9);
	ring_free_all(&r);
}

/* Freed while jobs run and wait: those that run end first. */
TEST(free_with_jobs_out)
{
	struct ring *r;
	struct job *job;
	unsigned i, round;

	for (round = 0; round < 20; round++) {
		r = start(8, 2);
		for (i = 0; i < 8; i++) {
			CHECK((job = ring_free(r)) != NULL);
			job->number = i;
			ring_submit(r);
		}
		if (round % 2 == 0)
			(void)sched_yield();
		ring_free_all(&r);
		CHECK_INT(cleared_slots, 8);
		CHECK(cleared_jobs <= 8);
	}
	ring_free_all(&r);
}

static void
twice(void *slot, void *worker)
{
	(void)worker;
	*(unsigned char *)slot = (unsigned char)(2 * *(unsigned char *)slot);
}

/* Sizes that are no multiple of an alignment; no clear functions. */
TEST(small_slots_without_clear)
{
	static const struct ring_ops small = { .slot_size = 1, .work = twice };
	struct err err = ERR_INIT;
	struct ring *r = NULL;
	unsigned char *slot;
	int i;

	CHECK_OK(ring_new(&r, &small, 3, 2, &err), &err);
	for (i = 0; i < 100; i++) {
		CHECK((slot = ring_free(r)) != NULL);
		CHECK_INT((uintptr_t)slot % _Alignof(max_align_t), 0);
		*slot = (unsigned char)i;
		ring_submit(r);
		CHECK((slot = ring_oldest(r)) != NULL);
		CHECK_INT(*slot, 2 * i & 255);
		ring_release(r);
	}
	ring_free_all(&r);
}

static void
measure_stack(void *slot, void *worker)
{
	pthread_attr_t attr;

	(void)worker;
	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		(void)pthread_attr_getstacksize(&attr, slot);
		(void)pthread_attr_destroy(&attr);
	}
}

/* Eight of them count less than 8 MiB of a limit on memory. */
TEST(stacks_are_small)
{
	static const struct ring_ops stack = { .slot_size = sizeof(size_t),
		.work = measure_stack };
	struct err err = ERR_INIT;
	struct ring *r = NULL;
	size_t *size;

	CHECK_OK(ring_new(&r, &stack, 1, 1, &err), &err);
	CHECK((size = ring_free(r)) != NULL);
	ring_submit(r);
	CHECK(ring_oldest(r) == size);
	CHECK(*size > 0 && *size <= 1u << 20);
	ring_free_all(&r);
}

TEST(limits)
{
	struct err err = ERR_INIT;
	struct ring *r = NULL;

	CHECK_ERR(ring_new(&r, &ops, 0, 1, &err), &err, E_LIMIT);
	CHECK_ERR(ring_new(&r, &ops, 1025, 1, &err), &err, E_LIMIT);
	CHECK_ERR(ring_new(&r, &ops, 1, 257, &err), &err, E_LIMIT);
	CHECK(r == NULL);
}

int
main(void)
{
	return unit_run();
}
