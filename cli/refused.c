#include "refused.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../store/instance.h"
#include "../store/object.h"

#define UIDS_SHOWN 10u
#define GROUPS_MAX 200u			/* reasons of one type */

/* Written, but some fields are not as wanted: the reasons name them. */
static int
is_partly(const struct instance_row *r)
{
	const struct json_span why = { r->why.at, r->why.len };
	struct json_span key, item, x;
	struct json_walk w;

	if (r->state != INSTANCE_REFUSED || why.len == 0)
		return 0;
	w = json_walk(why);
	return json_next(&w, &key, &item) && json_member(item, "field", &x);
}

static const char *
state_of(const struct instance_row *r)
{
	return is_partly(r) ? "partly" : r->state == INSTANCE_HELD ? "lossy" :
	    instance_state_name(r->state);
}

/* --- counting ---------------------------------------------------------- */

struct count {
	struct store *s;
	uint64_t above, until;
	struct refused_counts *n;
};

/* Is its newest change in the range?  1 or 0. */
static int
is_within(const struct count *x, const struct buf *uid, struct err *err)
{
	CLEANUP(object_clear) struct object object = OBJECT_INIT;
	int rc;

	if (x->above == 0 && x->until == UINT64_MAX)
		return 1;
	rc = object_get(x->s, uid->at, uid->len, &object, err);
	return rc <= 0 ? rc : object.seq > x->above && object.seq <= x->until;
}

static int
count_one(void *ctx, const struct instance_row *r, const char *type,
    struct err *err)
{
	const struct count *x = ctx;
	int rc = is_within(x, &r->uid, err);

	(void)type;
	if (rc <= 0)
		return rc;
	if (r->state == INSTANCE_UNREAD)
		x->n->unread++;
	else if (is_partly(r))
		x->n->partly++;
	else if (r->state == INSTANCE_REFUSED)
		x->n->refused++;
	else if (r->state == INSTANCE_HELD)
		x->n->lossy++;
	else
		x->n->waiting++;
	return 0;
}

int
refused_count(struct store *s, uint64_t above, uint64_t until,
    struct refused_counts *ret, struct err *err)
{
	struct count x = { s, above, until, ret };

	*ret = (struct refused_counts){ .unread = 0 };
	return instance_refused_each(s, count_one, &x, err);
}

/* --- by type and reason ------------------------------------------------ */

/* They come by type, so that only one type's reasons are held. */
struct group {
	char *reason;			/* owned; NULL: those over the limit */
	uint64_t count;
	struct buf uids;		/* the first, a blank before each */
};

struct list {
	struct out *o;
	struct buf type;
	struct group groups[GROUPS_MAX + 1];
	size_t count;
};

static void
forget(struct list *l)
{
	for (; l->count > 0; l->count--) {
		free(l->groups[l->count - 1].reason);
		buf_clear(&l->groups[l->count - 1].uids);
	}
}

static void
list_clear(struct list *l)
{
	forget(l);
	buf_clear(&l->type);
}

/* Say what was met of the type that ended. */
static void
flush(struct list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct group *g = &l->groups[i];

		out_safe(l->o, l->type.len > 0 ? l->type.at :
		    "not in the store");
		out_text(l->o, ": %" PRIu64 " ", g->count);
		out_safe(l->o, g->reason != NULL ? g->reason :
		    "for other reasons");
		out_text(l->o, "\n   ");
		out_safe(l->o, g->uids.at);
		out_text(l->o, "%s\n", g->count > UIDS_SHOWN ? " ..." : "");
	}
	forget(l);
}

static struct group *
find_group(struct list *l, const char *reason, struct err *err)
{
	struct group *g;
	size_t i;

	for (i = 0; i < l->count && i < GROUPS_MAX; i++)
		if (strcmp(l->groups[i].reason, reason) == 0)
			return &l->groups[i];
	g = &l->groups[i];
	if (i < l->count)
		return g;
	*g = (struct group){ .reason = NULL };
	if (i < GROUPS_MAX && (g->reason = strdup(reason)) == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	l->count++;
	return g;
}

/* "refused: Title: too long (and 2 more)". */
static int
add_reason(const struct instance_row *r, struct buf *out, struct err *err)
{
	const struct json_span why = { r->why.at, r->why.len };
	struct json_span key, item, x;
	struct json_walk w;
	size_t n = 0;

	buf_adds(out, state_of(r));
	w = json_walk(why);
	while (why.len > 0 && json_next(&w, &key, &item)) {
		if (n++ > 0)
			continue;
		buf_adds(out, ": ");
		if (json_member(item, "field", &x)) {
			json_unescape(out, x);
			buf_adds(out, ": ");
		}
		if (json_member(item, "reason", &x))
			json_unescape(out, x);
	}
	if (n > 1)
		buf_addf(out, " (and %zu more)", n - 1);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
list_text(struct list *l, const struct instance_row *r, const char *type,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf reason = BUF_INIT;
	struct group *g;

	if (l->type.at == NULL || strcmp(l->type.at, type) != 0) {
		flush(l);
		buf_reset(&l->type);
		buf_adds(&l->type, type);
		if (buf_str(&l->type) == NULL)
			return err_oom(err);
	}
	if (add_reason(r, &reason, err) < 0 ||
	    (g = find_group(l, reason.at, err)) == NULL)
		return -(int)err->code;
	if (g->count++ < UIDS_SHOWN) {
		buf_addc(&g->uids, ' ');
		buf_add(&g->uids, r->uid.at, r->uid.len);
	}
	return buf_str(&g->uids) == NULL ? err_oom(err) : 0;
}

static void
list_json(struct out *o, const struct instance_row *r, const char *type)
{
	out_open(o, NULL, '{');
	out_strn(o, "uid", r->uid.at, r->uid.len);
	out_str(o, "type", *type != '\0' ? type : NULL);
	out_str(o, "state", state_of(r));
	if (r->remote.len > 0)
		out_strn(o, "remote", r->remote.at, r->remote.len);
	else
		out_null(o, "remote");
	out_number(o, "tries", (uint64_t)r->tries);
	if (r->why.len > 0)
		out_raw(o, "why", r->why.at, r->why.len);
	else
		out_null(o, "why");
	out_close(o);
}

static int
list_one(void *ctx, const struct instance_row *r, const char *type,
    struct err *err)
{
	struct list *l = ctx;

	list_json(l->o, r, type);
	return l->o->json ? 0 : list_text(l, r, type, err);
}

int
refused_say(struct out *o, struct store *s, struct err *err)
{
	CLEANUP(list_clear) struct list l = { .o = o };
	int rc;

	out_open(o, "refused", '[');
	rc = instance_refused_each(s, list_one, &l, err);
	if (rc >= 0)
		flush(&l);
	out_close(o);
	return rc;
}
