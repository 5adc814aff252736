#include "notice.h"

#include <string.h>

#include "../store/instance.h"
#include "batch.h"
#include "give.h"
#include "gone.h"
#include "run.h"

#define DAY_S 86400
#define RESUME_S DAY_S			/* an inventory begun longer ago is
					 * begun anew */

/* Notes (instance_note):
 *
 *	inventory	number of the last inventory
 *	after		it is not finished: the UID it has come to
 *	begun		when, in seconds since 1970
 *	braked		it is, but for the deletions, which are too many
 *	cursor		where changes() goes on
 *	cursor-next	the same, once the inventory is finished
 *	full		when the last whole one was
 *	exact		facts.exact when the last one was begun
 */
struct plan {
	int full;
	int resume;			/* of an inventory that was begun */
	struct buf after, cursor;
};

static void
plan_clear(struct plan *p)
{
	buf_clear(&p->after);
	buf_clear(&p->cursor);
}

/* --- which way --------------------------------------------------------- */

static int
may_resume(struct store *s, const struct notice_request *q, struct err *err)
{
	CLEANUP(buf_clear) struct buf braked = BUF_INIT;
	uint64_t begun;
	int rc;

	if ((rc = run_number(s, "begun", &begun, err)) < 0 ||
	    (rc = instance_note(s, "braked", &braked, err)) < 0)
		return rc;
	if (rc > 0 && q->accept_deletions == 0)
		return 0;
	return s->clock >= 0 && (uint64_t)s->clock >= begun &&
	    (uint64_t)s->clock - begun <= RESUME_S;
}

static int
is_full_due(struct store *s, const struct config *c, struct err *err)
{
	uint64_t full, days = c->full_every_d;
	int rc;

	if (days == 0)
		return 0;
	if ((rc = run_number(s, "full", &full, err)) < 0)
		return rc;
	return s->clock < 0 || (uint64_t)s->clock >= full + days * DAY_S;
}

static int
make_plan(struct run *r, const struct notice_request *q, struct plan *p,
    struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc, begun, cursor, due;

	if ((rc = run_open(r, STORE_READ, &s, err)) < 0 ||
	    (rc = begun = instance_note(s, "after", &p->after, err)) < 0 ||
	    (rc = cursor = instance_note(s, "cursor", &p->cursor, err)) < 0 ||
	    (rc = due = is_full_due(s, q->config, err)) < 0)
		return rc;
	p->full = q->full || begun || due || cursor == 0 ||
	    p->cursor.len == 0 || !r->facts.has_changes ||
	    r->exact != (uint64_t)r->facts.exact;
	if (begun && (p->resume = may_resume(s, q, err)) < 0)
		return p->resume;
	return 0;
}

/* --- a whole inventory ------------------------------------------------- */

/* Number it, and note where the changes begin that it may miss. */
static int
begin_inventory(struct run *r, struct plan *p, struct err *err)
{
	CLEANUP(mirror_changes_clear) struct mirror_changes c = { .more = 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if (r->facts.has_changes &&
	    (rc = r->m->ops->changes(r->m->self, "", &c, err)) < 0)
		return rc;
	buf_reset(&p->after);
	if (buf_str(&p->after) == NULL || buf_str(&c.cursor) == NULL)
		return err_oom(err);
	r->seen++;
	if ((rc = run_open(r, STORE_WRITE, &s, err)) < 0 ||
	    (rc = run_put_number(s, "inventory", r->seen, err)) < 0 ||
	    (rc = run_put_number(s, "begun", s->clock > 0 ?
	    (uint64_t)s->clock : 0, err)) < 0 ||
	    (rc = run_put_number(s, "exact", (uint64_t)r->facts.exact,
	    err)) < 0 ||
	    (rc = instance_note_put(s, "after", "", err)) < 0 ||
	    (rc = instance_note_put(s, "braked", NULL, err)) < 0 ||
	    (rc = instance_note_put(s, "cursor-next", c.cursor.at, err)) < 0)
		return rc;
	return store_commit(s, err);
}

/* What is written down with the page that ends with this UID. */
static int
note_after(struct run *r, struct plan *p, const char *uid, struct err *err)
{
	size_t len = strlen(uid);

	buf_reset(&p->after);
	buf_add(&p->after, uid, len);
	buf_reset(&r->note_value);
	buf_add(&r->note_value, uid, len);
	r->note = "after";
	return buf_str(&p->after) == NULL ? err_oom(err) : 0;
}

/* The UIDs of one list, page by page. */
static int
take_list(struct run *r, struct plan *p, const struct mirror_list *all,
    struct err *err)
{
	size_t max = r->config->page > 0 && r->config->page <
	    MIRROR_READ_MAX ? r->config->page : MIRROR_READ_MAX;
	const char *uid = mirror_list_next(all, NULL), *last = uid;
	int rc;

	while (uid != NULL) {
		CLEANUP(mirror_list_clear) struct mirror_list page = {
		    .count = 0 };

		for (; uid != NULL && page.count < max;
		    uid = mirror_list_next(all, uid)) {
			mirror_list_add(&page, uid, strlen(uid));
			last = uid;
		}
		r->n.listed += page.count;
		if ((rc = buf_check(&page.uids, err)) < 0 ||
		    (rc = note_after(r, p, last, err)) < 0 ||
		    (rc = batch_run(r, &page, 0, err)) < 0)
			return rc;
	}
	return 0;
}

static int
take_inventory(struct run *r, struct plan *p, struct err *err)
{
	int rc, more = 1;

	while (more) {
		CLEANUP(mirror_list_clear) struct mirror_list all = {
		    .count = 0 };

		if ((rc = r->m->ops->list(r->m->self, p->after.at, &all,
		    err)) < 0 || (rc = take_list(r, p, &all, err)) < 0)
			return rc;
		more = all.more && all.count > 0;
	}
	return run_flush_note(r, err);
}

/* Creations that the whole instance has not: they were never made. */
static int
forget_lost(struct run *r, struct store *s, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	const char *uid = NULL;
	int rc;

	while ((uid = mirror_list_next(&r->lost, uid)) != NULL) {
		rc = instance_get(s, uid, strlen(uid), &row, err);
		if (rc < 0)
			return rc;
		if (rc > 0 && row.remote.len == 0 &&
		    ((rc = give_intended(s, uid, err)) < 0 ||
		    (rc = instance_forget(s, uid, strlen(uid), err)) < 0))
			return rc;
	}
	return 0;
}

static int
end_inventory(struct run *r, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_clear) struct buf cursor = BUF_INIT;
	int rc;

	if ((rc = run_open(r, STORE_WRITE, &s, err)) < 0 ||
	    (rc = instance_note(s, "cursor-next", &cursor, err)) < 0 ||
	    (rc = instance_note_put(s, "cursor", cursor.len > 0 ? cursor.at :
	    NULL, err)) < 0 ||
	    (rc = instance_note_put(s, "cursor-next", NULL, err)) < 0 ||
	    (rc = instance_note_put(s, "after", NULL, err)) < 0 ||
	    (rc = instance_note_put(s, "braked", NULL, err)) < 0 ||
	    (rc = run_put_number(s, "full", s->clock > 0 ?
	    (uint64_t)s->clock : 0, err)) < 0 ||
	    (rc = forget_lost(r, s, err)) < 0)
		return rc;
	return store_commit(s, err);
}

/* The deletions are too many: accepted, they need no second inventory. */
static int
note_braked(struct run *r)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct err err = ERR_INIT;

	if (run_open(r, STORE_WRITE, &s, &err) < 0 ||
	    instance_note_put(s, "braked", "1", &err) < 0)
		return -(int)err.code;
	return store_commit(s, &err);
}

static int
run_full(struct run *r, const struct notice_request *q, struct plan *p,
    struct err *err)
{
	int rc;

	r->n.full = 1;
	if (!p->resume && (rc = begin_inventory(r, p, err)) < 0)
		return rc;
	r->is_listing = 1;
	r->total = r->facts.objects;
	if ((rc = take_inventory(r, p, err)) < 0)
		return rc;
	if ((rc = gone_run(r, NULL, q->accept_deletions, err)) < 0) {
		if (err->code == E_MASS_DELETE)
			(void)note_braked(r);
		return rc;
	}
	return end_inventory(r, err);
}

/* --- changes alone ----------------------------------------------------- */

static int
add_all(struct mirror_list *to, const struct mirror_list *from,
    struct err *err)
{
	const char *uid = NULL;

	while ((uid = mirror_list_next(from, uid)) != NULL)
		mirror_list_add(to, uid, strlen(uid));
	return buf_check(&to->uids, err);
}

/* Objects that are gone stay in the log until they are dealt with: the cursor
 * is written down only as long as there are none. */
static int
take_changes(struct run *r, const struct mirror_changes *c, struct err *err)
{
	int rc;

	r->n.listed += c->changed.count + c->deleted.count;
	if ((rc = batch_run(r, &c->changed, 0, err)) < 0 ||
	    (rc = add_all(&r->absent, &c->deleted, err)) < 0 ||
	    r->absent.count > 0)
		return rc;
	buf_reset(&r->note_value);
	buf_add(&r->note_value, c->cursor.at, c->cursor.len);
	r->note = "cursor";
	return run_flush_note(r, err);
}

/* 1, or 0 if only an inventory can tell. */
static int
run_changes(struct run *r, const struct notice_request *q, struct plan *p,
    struct err *err)
{
	int rc, more = 1;

	while (more) {
		CLEANUP(mirror_changes_clear) struct mirror_changes c = {
		    .more = 0 };

		rc = r->m->ops->changes(r->m->self, p->cursor.at, &c, err);
		if (rc <= 0)
			return rc;
		if ((rc = take_changes(r, &c, err)) < 0)
			return rc;
		more = c.more;
		buf_reset(&p->cursor);
		buf_add(&p->cursor, c.cursor.at, c.cursor.len);
		if (buf_str(&p->cursor) == NULL)
			return err_oom(err);
	}
	if (r->absent.count == 0)
		return 1;
	if ((rc = gone_run(r, &r->absent, q->accept_deletions, err)) < 0)
		return rc;
	buf_reset(&r->note_value);
	buf_add(&r->note_value, p->cursor.at, p->cursor.len);
	r->note = "cursor";
	rc = run_flush_note(r, err);
	return rc < 0 ? rc : 1;
}

/* Those that could not be read are tried again. */
static int
add_unread(void *ctx, const struct instance_row *row, const char *type,
    struct err *err)
{
	struct mirror_list *l = ctx;

	(void)type;
	if (row->state == INSTANCE_UNREAD && row->remote.len > 0)
		mirror_list_add(l, row->remote.at, row->remote.len);
	return buf_check(&l->uids, err);
}

static int
run_unread(struct run *r, struct err *err)
{
	CLEANUP(mirror_list_clear) struct mirror_list all = { .count = 0 };
	struct store *s = NULL;
	int rc;

	if ((rc = run_open(r, STORE_READ, &s, err)) >= 0)
		rc = instance_refused_each(s, add_unread, &all, err);
	store_closep(&s);
	return rc < 0 ? rc : batch_run(r, &all, 0, err);
}

/* --- all of it --------------------------------------------------------- */

static int
notice(struct run *r, const struct notice_request *q, struct err *err)
{
	CLEANUP(plan_clear) struct plan p = { .full = 0 };
	int rc;

	if ((rc = run_begin(r, err)) < 0 ||
	    (rc = make_plan(r, q, &p, err)) < 0)
		return rc;
	if (!p.full && r->lost.count == 0) {
		if ((rc = run_unread(r, err)) < 0 ||
		    (rc = run_changes(r, q, &p, err)) != 0)
			return rc < 0 ? rc : 0;
	}
	return run_full(r, q, &p, err);
}

int
notice_run(struct mirror *m, const struct mirror_home *home,
    const struct notice_request *q, struct notice_report *ret,
    struct err *err)
{
	CLEANUP(run_clear) struct run r = { .m = m, .home = home,
	    .config = q->config, .progress = q->progress };
	int rc = notice(&r, q, err);

	*ret = r.n;
	return rc;
}
