#include "run.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../store/instance.h"

#define LOST_MAX 1000u
#define SITES_ASKED 3u

void
run_clear(struct run *r)
{
	buf_clear(&r->spool);
	buf_clear(&r->note_value);
	mirror_list_clear(&r->queue);
	mirror_list_clear(&r->absent);
	mirror_list_clear(&r->unread);
	mirror_list_clear(&r->lost);
}

int
run_open(struct run *r, enum store_mode mode, struct store **ret,
    struct err *err)
{
	int rc;

	if ((rc = r->home->open(r->home->ctx, mode, ret, err)) < 0)
		return rc;
	if (r->spool.len == 0) {
		buf_addf(&r->spool, "%s/spool", (*ret)->home);
		if (buf_str(&r->spool) == NULL)
			return err_oom(err);
	}
	return mode == STORE_WRITE ? store_begin(*ret, err) :
	    store_begin_read(*ret, err);
}

static int
add_lost(void *ctx, const struct instance_row *row, const char *type,
    struct err *err)
{
	struct run *r = ctx;

	(void)type;
	if (row->state == INSTANCE_WAITING && row->remote.len == 0 &&
	    r->lost.count < LOST_MAX)
		mirror_list_add(&r->lost, row->uid.at, row->uid.len);
	return buf_check(&r->lost.uids, err);
}

static int
check_exact(const struct run *r, struct err *err)
{
	if (r->exact <= (uint64_t)r->facts.exact)
		return 0;
	(void)err_set(err, E_CONFIG, "this store was filled in a mode that "
	    "shows more than mode %s does: what is not shown would be taken "
	    "for edits", r->facts.mode);
	return err_next(err, "set the mirror up as it was (the companion), or "
	    "make a new site for this mode");
}

/* What every instance has from the beginning has other UIDs in another one:
 * is this the one that the store was filled from? */
static int
check_same(struct run *r, const struct mirror_list *sites, struct err *err)
{
	const char *uid = NULL;
	size_t gone = 0;
	int rc;

	while ((uid = mirror_list_next(sites, uid)) != NULL) {
		if ((rc = r->m->ops->is_gone(r->m->self, uid, err)) < 0)
			return rc;
		if (rc == 0)
			return 0;
		gone++;
	}
	if (gone == 0)
		return 0;
	(void)err_set(err, E_DEST_MISMATCH, "this is another %s than the one "
	    "that this site is the mirror of: the folders that it had from "
	    "the beginning are not there", r->facts.product);
	return err_next(err, "put the address right; another instance needs "
	    "a site of its own ('satchel init' in another home)");
}

int
run_begin(struct run *r, struct err *err)
{
	CLEANUP(mirror_list_clear) struct mirror_list sites = { .count = 0 };
	struct store *s = NULL;
	int rc;

	if ((rc = r->m->ops->facts(r->m->self, &r->facts, err)) < 0 ||
	    (rc = run_open(r, STORE_READ, &s, err)) < 0)
		return rc;
	if ((rc = run_number(s, "inventory", &r->seen, err)) >= 0 &&
	    (rc = run_number(s, "exact", &r->exact, err)) >= 0 &&
	    (rc = check_exact(r, err)) >= 0 &&
	    (rc = instance_sites(s, SITES_ASKED, &sites.uids, err)) >= 0) {
		sites.count = (size_t)rc;
		rc = r->facts.keeps_uids ? 0 :
		    instance_refused_each(s, add_lost, r, err);
	}
	store_closep(&s);
	return rc < 0 ? rc : check_same(r, &sites, err);
}

int
run_put_note(struct run *r, struct store *s, struct err *err)
{
	int rc;

	if (r->note == NULL || r->queue.count > 0)
		return 0;
	if (buf_str(&r->note_value) == NULL)
		return err_oom(err);
	if ((rc = instance_note_put(s, r->note, r->note_value.at, err)) < 0)
		return rc;
	r->note = NULL;
	return 0;
}

int
run_flush_note(struct run *r, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if (r->note == NULL)
		return 0;
	if ((rc = run_open(r, STORE_WRITE, &s, err)) < 0 ||
	    (rc = run_put_note(r, s, err)) < 0)
		return rc;
	return store_commit(s, err);
}

void
run_tell(struct run *r, uint64_t more)
{
	uint64_t totals[3] = { 0, 0, 0 };
	struct tick t = { .total = r->total };

	r->done += more;
	if (r->progress.at == NULL)
		return;
	r->m->ops->totals(r->m->self, totals);
	t.objects = t.done = r->done;
	t.bytes = totals[1];
	ticker_tell(&r->progress, &t);
}

int
run_number(struct store *s, const char *key, uint64_t *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int rc;

	*ret = 0;
	if ((rc = instance_note(s, key, &text, err)) <= 0)
		return rc;
	if (text_number(ret, text.at, text.len, COUNTER_MAX) < 0)
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad note "
		    "\"%s\"", s->home, key);
	return 0;
}

int
run_put_number(struct store *s, const char *key, uint64_t value,
    struct err *err)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	return instance_note_put(s, key, text, err);
}

int
run_is_of_object(const struct err *err)
{
	switch (err->code) {
	case E_LIMIT:
	case E_RECORD:
	case E_JSON:
	case E_REF:
	case E_HASH:
	case E_DEST_REJECTED:
	case E_DEST_MISMATCH:
		return 1;
	default:
		return 0;
	}
}
