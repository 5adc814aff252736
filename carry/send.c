#include "send.h"

#include <stdlib.h>
#include <string.h>

#include "../format/manifest.h"
#include "../store/cadence.h"
#include "../store/stream.h"
#include "retain.h"

void
send_plan_clear(struct send_plan *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		free(p->at[i].peers);
	free(p->at);
	*p = (struct send_plan){ NULL, 0 };
}

/* --- who gets one file ------------------------------------------------- */

static int
by_site(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;

	return strcmp(x->site, y->site);
}

/* May they share a file?  As the exporter's plan sees it. */
static int
fits(const struct send_group *g, const struct peer *p)
{
	return g->count < FORMAT_TO_MAX &&
	    (g->peers[0].encrypt != PEER_PLAIN) ==
	    (p->encrypt != PEER_PLAIN);
}

static int
add_group(struct send_plan *plan, size_t room, struct err *err)
{
	struct send_group *more = realloc(plan->at, (plan->count + 1) *
	    sizeof *more);

	if (more == NULL)
		return err_oom(err);
	plan->at = more;
	more += plan->count;
	*more = (struct send_group){ .count = 0 };
	if ((more->peers = calloc(room, sizeof *more->peers)) == NULL)
		return err_oom(err);
	plan->count++;
	return 0;
}

static int
group_peers(struct send_plan *plan, const struct drop *d,
    const struct peer *peers, size_t count, struct err *err)
{
	struct send_group *g;
	size_t i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < plan->count; k++)
			if (d->together && fits(&plan->at[k], &peers[i]))
				break;
		if (k == plan->count && add_group(plan, d->together ? count :
		    1, err) < 0)
			return -(int)err->code;
		g = &plan->at[k];
		g->peers[g->count++] = peers[i];
	}
	for (k = 0; k < plan->count; k++)
		qsort(plan->at[k].peers, plan->at[k].count,
		    sizeof *peers, by_site);
	return 0;
}

/* --- what it gets ------------------------------------------------------ */

/* As a manifest names them, see survey.c. */
static int
addressees(const struct send_group *g, struct buf *out, struct err *err)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		buf_addf(out, "%s%s", i > 0 ? " " : "", g->peers[i].site);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

/* The lowest watermark of the group. */
static int
lowest(const struct send_group *g, struct store *s, uint64_t *ret,
    struct err *err)
{
	uint64_t acked;
	size_t i;
	int rc;

	*ret = UINT64_MAX;
	for (i = 0; i < g->count; i++) {
		if ((rc = stream_since(s, g->peers[i].id, FILTER_ALL, &acked,
		    err)) < 0)
			return rc;
		*ret = acked < *ret ? acked : *ret;
	}
	return 0;
}

/* Something that is here, and can be carried. */
static int
is_wanted(const struct send_group *g, struct store *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf wanted = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < g->count && wanted.len == 0; i++)
		if ((rc = stream_wanted(s, g->peers[i].id, &wanted,
		    err)) < 0)
			return rc;
	return wanted.len > 0;
}

/* Is there a peer that has not read what we state to it, and will not find it
 * in this drop either?  Or to which by our promise a sign of life is due
 * here? */
static int
is_owed(const struct send_group *g, const struct survey *x, struct store *s,
    int64_t now, struct err *err)
{
	int64_t cadence, written;
	size_t i;
	int rc;

	if ((rc = cadence_get(s, &cadence, err)) < 0)
		return rc;
	for (i = 0; i < g->count; i++) {
		const struct peer *p = &g->peers[i];

		if (p->stated >= 0 && p->reads <= (uint64_t)p->stated &&
		    !retain_tells(&x->files, &s->self, p->site,
		    (uint64_t)p->stated))
			return 1;
		if ((rc = drop_written(s, x->drop->id, p->id, &written,
		    err)) < 0)
			return rc;
		if (cadence > 0 && (written > now || now - written >=
		    cadence / 2))
			return 1;
	}
	return 0;
}

/* Our newest file when one of them asked the last time. */
static uint64_t
asked_after(const struct send_group *g)
{
	uint64_t after = 0;
	size_t i;

	for (i = 0; i < g->count; i++)
		if (g->peers[i].asked > after)
			after = g->peers[i].asked;
	return after;
}

static int
decide(struct send_group *g, const struct survey *x, struct store *s,
    int64_t now, struct err *err)
{
	CLEANUP(buf_clear) struct buf to = BUF_INIT;
	struct retain_stream t = { &s->self, NULL, FILTER_ALL, 0,
	    asked_after(g) };
	uint64_t reach;
	int wanted, rc;

	if ((rc = addressees(g, &to, err)) < 0 ||
	    (rc = lowest(g, s, &t.since, err)) < 0)
		return rc;
	t.addressees = to.at;
	if ((rc = retain_reach(&x->files, &t, &reach, err)) < 0 ||
	    (rc = stream_due(s, reach, g->count == 1 ? g->peers[0].id : 0,
	    &g->due, err)) < 0 ||
	    (wanted = rc = is_wanted(g, s, err)) < 0 ||
	    (g->owed = rc = is_owed(g, x, s, now, err)) < 0)
		return rc;
	g->what = wanted || g->due > 0 ? SEND_BUNDLE : g->owed ?
	    SEND_RECEIPT : SEND_NOTHING;
	return 0;
}

int
send_plan(struct send_plan *p, const struct survey *x, struct store *s,
    int64_t now, struct err *err)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	size_t count = 0, i;
	int rc;

	if ((rc = drop_peers(s, x->drop->id, &peers, &count, err)) < 0 ||
	    (rc = group_peers(p, x->drop, peers, count, err)) < 0)
		return rc;
	for (i = 0; i < p->count; i++)
		if ((rc = decide(&p->at[i], x, s, now, err)) < 0)
			return rc;
	return 0;
}

/* --- writing ----------------------------------------------------------- */

int
send_group(const struct send_group *g, const struct drop *d,
    struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err)
{
	const char *to[FORMAT_TO_MAX];
	struct export_request mine = *r;
	size_t i;

	for (i = 0; i < g->count && i < FORMAT_TO_MAX; i++)
		to[i] = g->peers[i].site;
	mine.to = to;
	mine.to_count = i;
	mine.out = d->path;
	if (g->what == SEND_RECEIPT)
		return export_receipt(s, &mine, ret, err);
	return export_run(s, &mine, ret, err);
}
