#include "give.h"

#include <stdlib.h>
#include <string.h>

#include "../store/blob.h"
#include "batch.h"
#include "blobs.h"
#include "intent.h"
#include "page.h"
#include "terms.h"

struct batch_out {
	struct give *g;
	struct give_one *all;		/* owned */
	struct mirror_put *puts;	/* owned; one for each of `all` */
	size_t count, bytes;
};

static void
out_clear(struct batch_out *b)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		give_one_clear(&b->all[i]);
		buf_clear(&b->puts[i].remote);
		buf_clear(&b->puts[i].read_back);
		buf_clear(&b->puts[i].reason);
	}
	free(b->all);
	free(b->puts);
}

static void
list_reset(struct mirror_list *l)
{
	buf_reset(&l->uids);
	l->count = 0;
}

/* --- what is there now ------------------------------------------------- */

/* Is it to be read before it is written?  Then its UID there is added. */
static int
need_read(struct give *g, struct store *s, const char *uid,
    struct mirror_list *remotes, struct err *err)
{
	CLEANUP(give_one_clear) struct give_one x = GIVE_ONE_INIT;
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	int rc;

	if ((rc = instance_get(s, uid, strlen(uid), &row, err)) <= 0 ||
	    (rc = give_read(g, s, uid, &x, err)) <= 0)
		return rc;
	g->deletes |= x.deleted;
	if ((rc = give_is_hopeless(g, s, &x, err)) != 0)
		return rc < 0 ? rc : 0;
	if (row.remote.len > 0)
		mirror_list_add(remotes, row.remote.at, row.remote.len);
	else if (row.state == INSTANCE_WAITING && g->r->facts.keeps_uids)
		mirror_list_add(remotes, uid, strlen(uid));
	return buf_check(&remotes->uids, err);
}

static int
find_there(struct give *g, const struct mirror_list *uids,
    struct mirror_list *remotes, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	const char *uid = NULL;
	int rc;

	if ((rc = run_open(g->r, STORE_READ, &s, err)) < 0)
		return rc;
	while ((uid = mirror_list_next(uids, uid)) != NULL)
		if ((rc = need_read(g, s, uid, remotes, err)) < 0)
			return rc;
	return 0;
}

/* What was changed there since is noticed, and not overwritten. */
static int
read_there(struct give *g, const struct mirror_list *uids, struct err *err)
{
	CLEANUP(mirror_list_clear) struct mirror_list remotes = {
	    .count = 0 };
	int rc;

	list_reset(&g->r->absent);
	list_reset(&g->r->unread);
	if ((rc = find_there(g, uids, &remotes, err)) < 0 ||
	    remotes.count == 0)
		return rc;
	return batch_run(g->r, &remotes, 1, err);
}

/* --- what is to be written --------------------------------------------- */

/* It stays as it is. */
static int
drop(struct store *s, const char *uid, struct err *err)
{
	return instance_due_set(s, uid, strlen(uid), 0, err);
}

static int
leave(struct give *g, struct store *s, struct give_one *x, struct err *err)
{
	int rc;

	g->n->left++;
	buf_reset(&x->row.uid);
	buf_add(&x->row.uid, x->uid.at, x->uid.len);
	if (!x->exists)
		x->row.state = INSTANCE_LEFT;
	if ((rc = instance_put(s, &x->row, err)) < 0)
		return rc;
	return drop(s, x->uid.at, err);
}

/* What every instance has comes only if it is wanted by itself; what is only
 * to be updated is not created. */
static int
is_left(struct give *g, struct store *s, const struct give_one *x,
    struct err *err)
{
	const struct version *w = give_winner(x);
	int is_site = strncmp(x->uid.at, TERMS_SITE,
	    sizeof TERMS_SITE - 1) == 0, rc;

	if (is_site) {
		rc = give_wants(g->q->config, s, &x->base.object.set,
		    x->uid.at, err);
		return rc < 0 ? rc : rc == 0;
	}
	return !x->exists && !x->deleted && config_has_type(
	    &x->policy.update_only, w->type.at, w->type.len);
}

/* Are its attachments here, whole? */
static int
has_blobs(struct store *s, const struct give_one *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf missing = BUF_INIT;
	int rc;

	if (x->deleted)
		return 1;
	rc = blob_missing(s, give_winner(x)->fields, &missing, err);
	return rc < 0 ? rc : missing.len == 0;
}

/* What is refused for so long is counted, and left in peace. */
static int
give_up(struct give *g, struct store *s, const struct give_one *x,
    struct err *err)
{
	if (x->exists)
		g->n->partly++;
	else
		g->n->refused++;
	return drop(s, x->uid.at, err);
}

/* It is there, and was not found there. */
static int
is_away(struct give *g, const struct give_one *x)
{
	return x->exists && (give_is_among(&g->r->unread, x->row.remote.at) ||
	    (!x->deleted && give_is_among(&g->r->absent, x->row.remote.at)));
}

/* Is it settled without a write?  1 if so. */
static int
without_write(struct give *g, struct store *s, struct give_one *x,
    struct err *err)
{
	int rc;

	if (is_away(g, x)) {
		g->n->waiting++;
		rc = drop(s, x->uid.at, err);
	} else if ((rc = is_left(g, s, x, err)) > 0) {
		rc = leave(g, s, x, err);
	} else if (rc == 0 && (rc = give_is_same(g, x, err)) > 0) {
		rc = give_same(g, s, x, err);
	} else if (rc == 0 && (rc = give_is_hopeless(g, s, x, err)) > 0) {
		rc = give_up(g, s, x, err);
	} else if (rc == 0 && (rc = give_is_occupied(g, x, err)) > 0) {
		rc = give_refused(g, s, x, "objects that are not deleted lie "
		    "in it", err);
	} else if (rc == 0 && (rc = has_blobs(s, x, err)) == 0) {
		rc = give_refused(g, s, x, "an attachment is not in the store",
		    err);
	} else {
		return rc < 0 ? rc : 0;
	}
	return rc < 0 ? rc : 1;
}

/* The intent: if the end of the write is not known, the next run looks. */
static int
intend(struct give *g, struct store *s, struct give_one *x, struct err *err)
{
	int rc;

	buf_reset(&x->row.uid);
	buf_add(&x->row.uid, x->uid.at, x->uid.len);
	x->row.state = INSTANCE_WAITING;
	x->row.tries += g->pass == 1;
	if (!x->exists) {
		x->row.seen = g->r->seen;
		buf_reset(&x->row.remote_id);
		buf_add(&x->row.remote_id, x->id.at, x->id.len);
	}
	if ((rc = instance_put(s, &x->row, err)) < 0 || x->deleted)
		return rc;
	return intent_put(s, x->uid.at, &x->base, &x->wanted, !x->exists,
	    err);
}

static void
make_put(struct give *g, const struct give_one *x, struct mirror_put *put)
{
	const struct config_policy *p = &x->policy;
	struct json_span type = give_winner(x)->type;

	put->uid = x->remote.at;
	put->exists = x->exists;
	put->deleted = x->deleted;
	put->read_only = config_has_type(&p->read_only, type.at, type.len);
	put->update_only = config_has_type(&p->update_only, type.at,
	    type.len);
	put->second = g->pass == 2;
	put->document = json_of(&x->document);
	put->last = json_of(&x->last);
}

static int
build_one(struct batch_out *b, struct store *s, const char *uid,
    struct err *err)
{
	CLEANUP(give_one_clear) struct give_one x = GIVE_ONE_INIT;
	int rc;

	if ((rc = give_read(b->g, s, uid, &x, err)) < 0)
		return rc;
	if (rc == 0)
		return drop(s, uid, err);
	if ((rc = without_write(b->g, s, &x, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = intend(b->g, s, &x, err)) < 0)
		return rc;
	b->all[b->count] = x;
	x = (struct give_one)GIVE_ONE_INIT;
	make_put(b->g, &b->all[b->count], &b->puts[b->count]);
	b->bytes += b->all[b->count].document.len;
	b->count++;
	return 0;
}

/* Those that are to be written, with their intents; what would be too much at
 * once stays on the list. */
static int
build(struct batch_out *b, const struct mirror_list *uids, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(mirror_list_clear) struct mirror_list due = { .count = 0 };
	const char *uid = NULL;
	int rc;

	b->all = calloc(uids->count, sizeof *b->all);
	b->puts = calloc(uids->count, sizeof *b->puts);
	if (b->all == NULL || b->puts == NULL)
		return err_oom(err);
	if ((rc = run_open(b->g->r, STORE_WRITE, &s, err)) < 0)
		return rc;

	/* Without those that were settled when they were read. */
	if ((rc = instance_due_next(s, b->g->pass, uids->count, &due.uids,
	    &due.count, err)) < 0)
		return rc;
	while ((uid = mirror_list_next(uids, uid)) != NULL &&
	    b->bytes < PAGE_BYTES)
		if (give_is_among(&due, uid) &&
		    (rc = build_one(b, s, uid, err)) < 0)
			return rc;
	return store_commit(s, err);
}

/* --- writing ----------------------------------------------------------- */

static int
end_text(struct buf *b, struct err *err)
{
	return buf_str(b) == NULL ? err_oom(err) : buf_check(b, err);
}

static int
put_outcomes(struct batch_out *b, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	size_t i;
	int rc;

	if ((rc = run_open(b->g->r, STORE_WRITE, &s, err)) < 0)
		return rc;
	for (i = 0; i < b->count; i++)
		if ((rc = end_text(&b->puts[i].reason, err)) < 0 ||
		    (rc = end_text(&b->puts[i].remote, err)) < 0 ||
		    (rc = give_outcome(b->g, s, &b->all[i], &b->puts[i],
		    err)) < 0)
			return rc;
	return store_commit(s, err);
}

int
give_batch(struct give *g, const struct mirror_list *uids, struct err *err)
{
	CLEANUP(out_clear) struct batch_out b = { .g = g };
	CLEANUP(blobs_out_clear) struct blobs_out out = { .run = g->r,
	    .fd = -1 };
	const struct mirror_blobs blobs = { blobs_out_read, &out };
	struct err after = ERR_INIT;
	int rc;

	if ((rc = read_there(g, uids, err)) < 0 ||
	    (g->deletes && (rc = give_find_occupied(g, err)) < 0) ||
	    (rc = build(&b, uids, err)) < 0)
		return rc;
	if (b.count == 0)
		return 0;
	rc = g->r->m->ops->write(g->r->m->self, b.puts, b.count, &blobs, err);

	/* What is known of it is remembered, whatever went wrong. */
	if (put_outcomes(&b, &after) < 0 && rc >= 0) {
		*err = after;
		return -(int)err->code;
	}
	return rc < 0 ? rc : 0;
}
