#include "round.h"

#include "home.h"
#include "refused.h"

#define WAIT_S 60u			/* for the store, to count */

void
round_clear(struct round *x)
{
	mirror_run_clear(&x->run);
}

int
round_begin(struct round *x, struct cmd *c, int wanted, struct err *err)
{
	int rc = mirror_is_home(c, err);

	x->c = c;
	x->is_mirror = rc > 0;
	if (rc <= 0 || !wanted)
		return rc < 0 ? rc : 0;
	if ((rc = mirror_run_open(&x->run, c, err)) < 0)
		return rc;
	rc = mirror_run_notice(&x->run, 0, 0, &x->notice, &x->err);
	x->has_notice = x->run.facts.product != NULL;
	if (rc < 0)
		mirror_next(&x->err, "what was imported is in the store, and "
		    "'satchel project' writes it into the SENAITE later");
	return 0;
}

static void
project(struct round *x)
{
	x->has_project = 1;
	if (mirror_run_project(&x->run, 0, 0, &x->project, &x->err) < 0)
		mirror_next(&x->err, "what was imported is in the store; "
		    "'satchel project' goes on");
	else
		(void)mirror_refused(&x->project, &x->err);
}

/* Of what a bundle brought: what the mirror refused, and what it has not
 * got yet; all of it if nothing was projected. */
static int
count_one(struct import_report *r, struct store *s, struct err *err)
{
	struct refused_counts n = { .waiting = r->applied };
	int rc;

	if (s != NULL && (rc = refused_count(s, r->seq_from, r->seq_to, &n,
	    err)) < 0)
		return rc;
	r->refused = n.refused < r->applied ? n.refused : r->applied;
	r->applied -= r->refused;
	r->held = n.waiting < r->applied ? n.waiting : r->applied;
	r->applied -= r->held;
	return 0;
}

int
round_end(struct round *x, struct import_result *result, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int projected = x->run.lock_fd >= 0 && x->err.code == E_OK;
	size_t i;
	int rc;

	if (!x->is_mirror)
		return 0;
	if (projected)
		project(x);
	projected = projected && (x->err.code == E_OK ||
	    x->err.code == E_DEST_REJECTED);
	if (projected && ((rc = home_open_wait(x->c, HOME_READ, WAIT_S, &s,
	    err)) < 0 || (rc = store_begin_read(s, err)) < 0))
		return rc;
	for (i = 0; i < result->count; i++)
		if (result->at[i].outcome == IMPORT_APPLIED &&
		    (rc = count_one(&result->at[i], s, err)) < 0)
			return rc;
	return 0;
}

void
round_say(struct out *o, const struct round *x)
{
	if (!x->is_mirror)
		return;
	mirror_say_facts(o, &x->run);
	mirror_say_notice(o, x->has_notice ? &x->notice : NULL, 0);
	mirror_say_project(o, x->has_project ? &x->project : NULL, 0);
	out_err(o, "mirror_error", &x->err);
}
