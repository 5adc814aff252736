#include "project.h"

#include <string.h>
#include <time.h>

#include "../store/instance.h"
#include "give.h"

static uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- what is due ------------------------------------------------------- */

struct choosing {
	struct run *r;
	struct store *s;
	uint64_t wanted, others;
};

static int
wants(void *ctx, const struct object *o, const char *uid, struct err *err)
{
	struct choosing *c = ctx;
	int rc = give_wants(c->r->config, c->s, &o->set, uid, err);

	if (rc > 0)
		c->wanted++;
	else if (rc == 0)
		c->others++;
	return rc;
}

static unsigned
rank(void *ctx, const char *type, size_t len)
{
	const struct choosing *c = ctx;

	return c->r->m->ops->rank(c->r->m->self, type, len);
}

/* In another mode it may hold what it could not. */
static int
see_mode(struct run *r, struct store *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf last = BUF_INIT;
	int rc;

	if ((rc = instance_note(s, "projected-mode", &last, err)) < 0)
		return rc;
	if (rc > 0 && strcmp(last.at, r->facts.mode) == 0)
		return 0;
	if (rc > 0 && (rc = instance_retry(s, err)) < 0)
		return rc;
	return instance_note_put(s, "projected-mode", r->facts.mode, err);
}

/* The list, and how many are left out: not those that come because others
 * refer to them.  A dry run forgets the list. */
static int
fill(struct run *r, const struct project_request *q,
    struct project_report *n, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct choosing c = { .r = r };
	struct instance_choice choice = { wants, rank, &c, q->all };
	int rc;

	if ((rc = run_open(r, STORE_WRITE, &s, err)) < 0)
		return rc;
	c.s = s;
	if ((rc = see_mode(r, s, err)) < 0 ||
	    (rc = instance_due_fill(s, &choice, &n->due, err)) < 0)
		return rc;
	n->left = c.others - (n->due - c.wanted);
	r->total = n->due;
	return q->dry_run ? 0 : store_commit(s, err);
}

/* --- the passes -------------------------------------------------------- */

static int
next_uids(struct give *g, struct mirror_list *ret, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	size_t limit = g->r->facts.batch;
	int rc;

	limit = limit < 1 ? 1 : limit > MIRROR_WRITE_MAX ? MIRROR_WRITE_MAX :
	    limit;
	if ((rc = run_open(g->r, STORE_READ, &s, err)) < 0)
		return rc;
	return instance_due_next(s, g->pass, limit, &ret->uids, &ret->count,
	    err);
}

/* Each round takes some off the list of this pass. */
static int
run_pass(struct give *g, struct err *err)
{
	uint64_t before;
	int rc;

	for (;;) {
		CLEANUP(mirror_list_clear) struct mirror_list uids = {
		    .count = 0 };

		if ((rc = next_uids(g, &uids, err)) < 0 || uids.count == 0)
			return rc;
		before = g->r->done;
		if ((rc = give_batch(g, &uids, err)) < 0)
			return rc;

		/* Objects given count, not those read before. */
		g->r->done = before;
		run_tell(g->r, g->pass == 1 ? uids.count : 0);
	}
}

/* What an error left on the list. */
static int
count_waiting(struct run *r, struct project_report *n)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct err err = ERR_INIT;
	uint64_t first = 0, second = 0;

	if (run_open(r, STORE_READ, &s, &err) < 0 ||
	    instance_due_count(s, 1, &first, &err) < 0 ||
	    instance_due_count(s, 2, &second, &err) < 0)
		return -(int)err.code;
	n->waiting += first + second;
	return 0;
}

/* An instance that gives its own UIDs may have what an interrupted write
 * created: only a look at all of it tells. */
static int
find_lost(struct mirror *m, const struct mirror_home *home,
    const struct project_request *q, struct run *r, struct err *err)
{
	struct notice_request look = { .config = q->config };
	struct notice_report n;

	if (r->lost.count == 0)
		return 0;
	return notice_run(m, home, &look, &n, err);
}

static int
project(struct give *g, struct err *err)
{
	struct run *r = g->r;
	int rc;

	if ((rc = run_begin(r, err)) < 0)
		return rc;
	if (!g->q->dry_run && (rc = find_lost(r->m, r->home, g->q, r,
	    err)) < 0)
		return rc;
	if ((rc = fill(r, g->q, g->n, err)) < 0 || g->q->dry_run)
		return rc;
	mirror_list_clear(&r->lost);
	r->settle = give_settle;
	r->settle_ctx = g;
	for (g->pass = 1; g->pass <= 2; g->pass++)
		if ((rc = run_pass(g, err)) < 0) {
			(void)count_waiting(r, g->n);
			return rc;
		}
	return 0;
}

int
project_run(struct mirror *m, const struct mirror_home *home,
    const struct project_request *q, struct project_report *ret,
    struct err *err)
{
	CLEANUP(run_clear) struct run r = { .m = m, .home = home,
	    .config = q->config, .progress = q->progress };
	struct give g = { .r = &r, .q = q, .n = ret };
	uint64_t totals[3] = { 0, 0, 0 }, waited, from = now_us(), all;
	int rc;

	*ret = (struct project_report){ .due = 0 };
	m->ops->totals(m->self, totals);
	waited = totals[2];
	rc = project(&g, err);
	mirror_list_clear(&g.occupied);
	m->ops->totals(m->self, totals);
	all = now_us() - from;
	ret->wait_us = totals[2] - waited;
	ret->self_us = all > ret->wait_us ? all - ret->wait_us : 0;
	return rc;
}
