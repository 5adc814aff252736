#include "plain_put.h"

#include <string.h>

#include "span.h"

#define STEPS_MAX 8u

/* Steps that a person may take, by where they lead from and to.  Not among
 * them: those which make new objects (invalidate, retest, retract) and those
 * which SENAITE takes by itself.
 * Source: workflow definitions of senaite.core 2.6. */
static const struct {
	const char *flow, *from, *action, *to;
} steps[] = {
	{ "sample", "sample_due", "receive", "sample_received" },
	{ "sample", "sample_due", "cancel", "cancelled" },
	{ "sample", "sample_due", "reject", "rejected" },
	{ "sample", "sample_received", "cancel", "cancelled" },
	{ "sample", "sample_received", "reject", "rejected" },
	{ "sample", "sample_received", "submit", "to_be_verified" },
	{ "sample", "sample_received", "dispatch", "dispatched" },
	{ "sample", "to_be_verified", "verify", "verified" },
	{ "sample", "to_be_verified", "reject", "rejected" },
	{ "sample", "to_be_verified", "dispatch", "dispatched" },
	{ "sample", "verified", "publish", "published" },
	{ "sample", "verified", "dispatch", "dispatched" },
	{ "sample", "published", "dispatch", "dispatched" },
	{ "sample", "rejected", "dispatch", "dispatched" },
	{ "sample", "cancelled", "reinstate", "sample_due" },
	{ "analysis", "unassigned", "submit", "to_be_verified" },
	{ "analysis", "unassigned", "reject", "rejected" },
	{ "analysis", "assigned", "submit", "to_be_verified" },
	{ "analysis", "assigned", "reject", "rejected" },
	{ "analysis", "to_be_verified", "verify", "verified" },
	{ "analysis", "to_be_verified", "reject", "rejected" },
	{ "analysis", "verified", "publish", "published" },
	{ "worksheet", "open", "submit", "to_be_verified" },
	{ "worksheet", "to_be_verified", "verify", "verified" },
	{ "batch", "open", "close", "closed" },
	{ "batch", "open", "cancel", "cancelled" },
	{ "batch", "closed", "open", "open" },
	{ "batch", "cancelled", "reinstate", "open" },
	{ "", "active", "deactivate", "inactive" },
	{ "", "inactive", "activate", "active" },
	{ "", "active", "cancel", "cancelled" },
	{ "", "cancelled", "reinstate", "active" },
	{ "", "current", "expire", "expired" },
	{ "", "current", "deactivate", "inactive" },
	{ "", "inactive", "activate", "current" },
	{ "", "expired", "dispose", "disposed" }
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static const char *
flow_of(struct json_span type)
{
	if (json_is(type, "AnalysisRequest"))
		return "sample";
	if (json_is(type, "Analysis") || json_is(type, "DuplicateAnalysis") ||
	    json_is(type, "ReferenceAnalysis"))
		return "analysis";
	if (json_is(type, "Worksheet"))
		return "worksheet";
	return json_is(type, "Batch") ? "batch" : "";
}

/* How many steps from a state to the wanted one; STEPS_MAX: no way. */
static unsigned
distance(const char *flow, struct json_span from, struct json_span to,
    unsigned depth)
{
	unsigned best = STEPS_MAX, d;
	size_t i;

	if (json_same(from, to))
		return 0;
	if (depth == 0)
		return STEPS_MAX;
	for (i = 0; i < STEPS; i++) {
		struct json_span next = { steps[i].to, strlen(steps[i].to) };

		if (strcmp(steps[i].flow, flow) != 0 ||
		    !json_is(from, steps[i].from))
			continue;
		d = distance(flow, next, to, depth - 1) + 1;
		if (d < best)
			best = d;
	}
	return best;
}

/* Does the server offer this step to us now? */
static int
is_offered(struct json_span item, const char *action)
{
	struct json_walk w = json_walk(span_member(span_first(span_member(item,
	    "workflow_info")), "transitions"));
	struct json_span key, one;

	while (json_next(&w, &key, &one))
		if (json_is(span_text(one, "value"), action))
			return 1;
	return 0;
}

/* An offered step on the shortest way to the wanted state; NULL: none.  No
 * other way is taken: one leads from received to published by a
 * cancellation. */
static const char *
choose(const struct plain_put *p, struct json_span state,
    struct json_span wanted)
{
	const char *flow = flow_of(p->type);
	unsigned left = distance(flow, state, wanted, STEPS_MAX - 1);
	size_t i;

	for (i = 0; i < STEPS; i++) {
		struct json_span next = { steps[i].to, strlen(steps[i].to) };

		if (strcmp(steps[i].flow, flow) != 0 ||
		    !json_is(state, steps[i].from) ||
		    !is_offered(json_of(&p->item), steps[i].action))
			continue;
		/* Its analyses are still to come into it. */
		if (p->made && strcmp(flow, "sample") == 0 &&
		    strcmp(steps[i].action, "receive") != 0)
			continue;
		if (distance(flow, next, wanted, STEPS_MAX - 1) < left)
			return steps[i].action;
	}
	return NULL;
}

/* The comment that was given with the step at its origin. */
static struct json_span
comment_of(struct json_span doc, const char *action)
{
	struct json_walk w = json_walk(span_member(doc, "history"));
	struct json_span key, entry, ret = { "\"\"", 2 };

	while (json_next(&w, &key, &entry))
		if (json_is(span_text(entry, "action"), action) &&
		    json_kind(span_member(entry, "comments")) == '"')
			ret = span_member(entry, "comments");
	return ret;
}

static int
take_step(struct plain_put *p, const char *action, struct err *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	CLEANUP(buf_clear) struct buf tail = BUF_INIT;

	buf_adds(&body, "{\"comment\":");
	span_put(&body, comment_of(p->doc, action));
	buf_addc(&body, '}');
	buf_addf(&tail, "/@workflow/%s", action);
	if (buf_str(&tail) == NULL)
		return err_oom(err);
	return plain_put_rest(p, "POST", p->path.at, tail.at, &body, NULL,
	    err);
}

int
plain_steps(struct plain_put *p, struct err *err)
{
	struct json_span wanted = span_text(p->doc, "state"), state;
	struct json_span before;
	const char *action;
	unsigned i;
	int rc;

	/* Where it was when it was last read: not ours to change. */
	if (wanted.len == 0 || (p->put->last.len > 0 && json_same(wanted,
	    span_text(p->put->last, "state"))))
		return 1;
	for (i = 0; i < STEPS_MAX; i++) {
		CLEANUP(buf_clear) struct buf was = BUF_INIT;

		state = span_text(json_of(&p->now), "state");
		if (json_same(state, wanted) ||
		    (action = choose(p, state, wanted)) == NULL)
			return 1;
		span_put(&was, state);
		if (take_step(p, action, err) < 0)
			return -(int)err->code;
		if ((rc = plain_put_read(p, err)) <= 0)
			return rc;
		before = json_of(&was);
		if (json_same(before, span_text(json_of(&p->now), "state")))
			return 1;	/* it stays where it is */
	}
	return 1;
}
