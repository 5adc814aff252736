#include "export.h"

#include <stdlib.h>
#include <string.h>

#include "../store/guard.h"
#include "../store/log.h"
#include "../store/media.h"
#include "../store/stream.h"
#include "chain.h"
#include "plan.h"
#include "publish.h"
#include "room.h"
#include "write.h"

void
export_result_clear(struct export_result *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->files[i].path);
	free(r->files);
	medium_clear(&r->medium);
	*r = (struct export_result)EXPORT_RESULT_INIT;
}

/* What an export would carry, without writing it. */
static int
dry_run(struct store *s, const struct plan *p, struct export_result *ret,
    struct err *err)
{
	struct room_need need;
	int rc;

	if ((rc = room_estimate(s, p, &need, err)) < 0)
		return rc;
	if ((ret->files = calloc(1, sizeof *ret->files)) == NULL)
		return err_oom(err);
	ret->count = 1;
	ret->estimate = need.bytes;
	ret->files[0].since = p->since;
	ret->files[0].until = p->until;
	ret->files[0].records = p->due;
	ret->files[0].blobs = need.blobs;
	ret->files[0].blob_bytes = need.blob_bytes;
	return 0;
}

/* What the medium is goes to the caller, whatever came of it. */
static int
finish(struct plan *p, struct export_result *ret, int rc, struct err *err)
{
	if (rc < 0)
		rc = place_failed(&p->place, err);
	ret->medium = p->place.medium;
	ret->is_home = p->place.is_home;
	p->place.medium = (struct medium)MEDIUM_INIT;
	return rc;
}

static int
write_chain(struct store *s, struct plan *p, struct export_result *ret,
    struct err *err)
{
	CLEANUP(chain_clear) struct chain c = { .pub = PUBLISH_INIT };
	int rc;

	if ((rc = place_find(&p->place, p->r->out, s->home, err)) < 0 ||
	    (rc = room_check(s, p, err)) < 0 ||
	    (rc = chain_begin(&c, s, p, ret, err)) < 0 ||
	    (rc = write_objects(&c, err)) < 0)
		return rc;
	return chain_finish(&c, p->until, err);
}

int
export_run(struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err)
{
	CLEANUP(plan_clear) struct plan p = { .wanted = BUF_INIT };
	int rc;

	*ret = (struct export_result)EXPORT_RESULT_INIT;
	if ((rc = plan_make(s, r, &p, err)) < 0 ||
	    (rc = plan_wanted(s, &p, err)) < 0)
		return rc;
	if (p.excerpt && (rc = write_count(s, &p, &p.due, err)) < 0)
		return rc;
	if (p.due == 0 && p.wanted.len == 0 && !r->heartbeat &&
	    !r->full && (p.excerpt || !p.owed))
		return r->dry_run ? 0 : media_here(s, r->out, err);
	if (r->dry_run)
		return dry_run(s, &p, ret, err);
	return finish(&p, ret, write_chain(s, &p, ret, err), err);
}

int
export_due(struct store *s, const char *peer, uint64_t *ret, struct err *err)
{
	struct peer p;
	uint64_t since;
	int rc;

	*ret = 0;
	if ((rc = peer_find(s, peer, &p, err)) <= 0)
		return rc;
	if ((rc = stream_since(s, p.id, FILTER_ALL, &since, err)) < 0)
		return rc;
	return stream_due(s, since, p.id, ret, err);
}

/* --- a receipt alone --------------------------------------------------- */

struct single {
	struct publish pub;
	struct manifest m;
	struct writer *w;
};

static void
single_clear(struct single *x)
{
	writer_freep(&x->w);
	manifest_clear(&x->m);
	publish_clear(&x->pub);
}

static int
remember(struct store *s, const struct plan *p, struct single *x,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	int rc;

	buf_addc(&detail, '{');
	place_json(&detail, &p->place);
	buf_addc(&detail, '}');
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	s->sequence = x->m.sequence;
	s->state_dirty = 1;
	if ((rc = stream_write(s, x->m.sequence, x->pub.id, p->ids,
	    p->to_count, err)) < 0 ||
	    (rc = log_add(s, x->m.kind == MANIFEST_REQUEST ? "request" :
	    "receipt", p->to[0].name, x->pub.path, detail.at, err)) < 0 ||
	    (rc = plan_leaves(s, p, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	return guard_write(s, err);
}

static int
write_single(struct store *s, const struct plan *p, struct single *x,
    struct export_result *ret, struct err *err)
{
	const char *suffix = x->m.kind == MANIFEST_REQUEST ? ".request" :
	    ".receipt";
	struct writer_out out;
	size_t named = 0;
	int rc;

	if ((ret->files = calloc(1, sizeof *ret->files)) == NULL)
		return err_oom(err);
	if ((rc = publish_open(s, p, x->m.sequence, suffix, &x->pub,
	    err)) < 0)
		return rc;
	out = publish_out(&x->pub);
	if ((rc = writer_new(&x->w, &out, err)) < 0 ||
	    (rc = writer_finish(x->w, &x->m, p->r->key, x->pub.id, err)) < 0 ||
	    (rc = publish_settle(&x->pub, err)) < 0 ||
	    (!p->place.is_home &&
	    (rc = place_fits(&p->place, x->pub.size, 1, err)) < 0) ||
	    (rc = remember(s, p, x, err)) < 0 ||
	    (rc = publish_finish(&x->pub, 1, &named, err)) < 0)
		return rc;
	ret->count = 1;
	ret->files[0].path = x->pub.path;
	x->pub.path = NULL;
	ret->files[0].sequence = x->m.sequence;
	ret->files[0].size = x->pub.size;
	return 0;
}

/* In a transaction, which it ends. */
static int
export_single(struct store *s, const struct plan *p,
    struct export_result *ret, struct err *err)
{
	CLEANUP(single_clear) struct single x = { .pub = PUBLISH_INIT };
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	if ((rc = plan_manifest(s, p, p->r->request ?
	    MANIFEST_REQUEST : MANIFEST_RECEIPT, &x.m, err)) < 0 ||
	    (rc = write_single(s, p, &x, ret, err)) < 0) {
		store_rollback(s);
		return rc;
	}
	return 0;
}

int
export_receipt(struct store *s, const struct export_request *r,
    struct export_result *ret, struct err *err)
{
	CLEANUP(plan_clear) struct plan p = { .wanted = BUF_INIT };
	int rc;

	*ret = (struct export_result)EXPORT_RESULT_INIT;
	if ((rc = plan_make(s, r, &p, err)) < 0 ||
	    (rc = place_find(&p.place, r->out, s->home, err)) < 0)
		return rc;
	return finish(&p, ret, export_single(s, &p, ret, err), err);
}
