#include "gone.h"

#include <string.h>

#include "../base/text.h"
#include "../store/instance.h"
#include "give.h"
#include "intent.h"
#include "terms.h"

#define PAGE 100u			/* rows of one transaction */

struct gone {
	struct run *r;
	struct mirror_list uids;	/* confirmed; of the store */
	uint64_t deletions;		/* those of them that it shows */
};

/* Rows to be asked for, read from the store a page at a time. */
struct page {
	struct mirror_list uids, remotes;
	struct buf after;
};

static void
gone_clear(struct gone *g)
{
	mirror_list_clear(&g->uids);
}

static void
page_clear(struct page *p)
{
	mirror_list_clear(&p->uids);
	mirror_list_clear(&p->remotes);
	buf_clear(&p->after);
}

static void
list_reset(struct mirror_list *l)
{
	buf_reset(&l->uids);
	l->count = 0;
}

/* --- asking ------------------------------------------------------------ */

static int
is_site(const struct buf *uid)
{
	const size_t skip = sizeof TERMS_SITE - 1;

	return uid->len >= skip && memcmp(uid->at, TERMS_SITE, skip) == 0;
}

static int
add_row(void *ctx, const struct instance_row *row, struct err *err)
{
	struct page *p = ctx;

	buf_reset(&p->after);
	buf_add(&p->after, row->uid.at, row->uid.len);
	if (buf_str(&p->after) == NULL)
		return err_oom(err);

	/* What every instance has is not deleted. */
	if (is_site(&row->uid))
		return 0;
	mirror_list_add(&p->uids, row->uid.at, row->uid.len);
	mirror_list_add(&p->remotes, row->remote.at, row->remote.len);
	return buf_check(&p->remotes.uids, err);
}

static int
next_missing(struct gone *g, struct page *p, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_clear) struct buf after = BUF_INIT;
	int rc;

	list_reset(&p->uids);
	list_reset(&p->remotes);
	buf_add(&after, p->after.at, p->after.len);
	if (buf_str(&after) == NULL)
		return err_oom(err);
	if ((rc = run_open(g->r, STORE_READ, &s, err)) < 0)
		return rc;
	return instance_missing_next(s, g->r->seen, after.at, PAGE, add_row,
	    p, err);
}

static int
ask_page(struct gone *g, const struct page *p, struct err *err)
{
	const char *uid = NULL, *remote = NULL;
	int rc;

	while ((uid = mirror_list_next(&p->uids, uid)) != NULL) {
		remote = mirror_list_next(&p->remotes, remote);
		rc = g->r->m->ops->is_gone(g->r->m->self, remote, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			mirror_list_add(&g->uids, uid, strlen(uid));
	}
	return buf_check(&g->uids.uids, err);
}

static int
ask_missing(struct gone *g, struct err *err)
{
	CLEANUP(page_clear) struct page p = { .uids = { .count = 0 } };
	int rc;

	while ((rc = next_missing(g, &p, err)) > 0)
		if ((rc = ask_page(g, &p, err)) < 0)
			return rc;
	return rc;
}

/* The rows of UIDs there, those that are known. */
static int
find_rows(struct gone *g, const struct mirror_list *remotes, struct page *p,
    struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	const char *remote = NULL;
	int rc;

	if ((rc = run_open(g->r, STORE_READ, &s, err)) < 0)
		return rc;
	while ((remote = mirror_list_next(remotes, remote)) != NULL) {
		rc = instance_by_remote(s, remote, strlen(remote), &row, err);
		if (rc < 0 || (rc > 0 && (rc = add_row(p, &row, err)) < 0))
			return rc;
	}
	return 0;
}

static int
ask_named(struct gone *g, const struct mirror_list *remotes, struct err *err)
{
	CLEANUP(page_clear) struct page p = { .uids = { .count = 0 } };
	int rc;

	if (remotes->count == 0)
		return 0;
	if ((rc = find_rows(g, remotes, &p, err)) < 0)
		return rc;
	return ask_page(g, &p, err);
}

/* --- too many? --------------------------------------------------------- */

/* Is it one that the instance shows, and that lives here? */
static int
is_deletion(struct store *s, const char *uid, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base b =
	    INSTANCE_BASE_INIT;
	const struct siblings *set = &b.object.set;
	int rc = instance_base(s, uid, strlen(uid), &b, err);

	if (rc <= 0 || b.winner == NULL)
		return rc < 0 ? rc : 0;
	return set->v[merge_winner(*set)]->fields.len > 0;
}

static int
check_brake(struct gone *g, uint64_t accept, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	const char *uid = NULL;
	uint64_t held, most;
	int rc;

	if (g->uids.count == 0)
		return 0;
	if ((rc = run_open(g->r, STORE_READ, &s, err)) < 0 ||
	    (rc = instance_missing(s, COUNTER_MAX, &held, err)) < 0)
		return rc;
	while ((uid = mirror_list_next(&g->uids, uid)) != NULL) {
		if ((rc = is_deletion(s, uid, err)) < 0)
			return rc;
		g->deletions += rc > 0;
	}
	most = held * GONE_PERCENT / 100;
	most = most > GONE_FEW ? most : GONE_FEW;
	if (g->deletions <= most || g->deletions <= accept)
		return 0;
	(void)err_set(err, E_MASS_DELETE, "%llu of %llu objects are gone from "
	    "the instance, more than %llu at once: none of them is deleted "
	    "here", (unsigned long long)g->deletions,
	    (unsigned long long)held, (unsigned long long)most);
	return err_next(err, "look whether the instance has lost them; if "
	    "they were deleted on purpose: --accept-deletions %llu",
	    (unsigned long long)g->deletions);
}

/* --- deleting ---------------------------------------------------------- */

/* The deletion, by someone who was shown what the instance shows. */
static int
make_edit(struct gone *g, struct store *s, const char *uid,
    const struct instance_base *b, struct err *err)
{
	struct merge_edit e = { .clock = s->clock };
	char time[24] = "\"";
	int rc;

	text_date(time + 1, s->clock);
	(void)strcpy(time + 21, "\"");
	e.time = (struct json_span){ time, 22 };
	e.type = b->winner->type;
	e.fields = (struct json_span){ "", 0 };
	e.entries = e.fields;
	rc = instance_edit(s, uid, strlen(uid), b, &e, err);
	g->r->n.deleted += rc > 0;
	return rc;
}

/* The row of what is not there any more; due again if the object lives. */
static int
put_row(struct store *s, const char *uid, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	size_t len = strlen(uid);
	int rc;

	if ((rc = instance_get(s, uid, len, &row, err)) <= 0 ||
	    (rc = object_get(s, uid, len, &o, err)) < 0)
		return rc;
	if (rc == 0)
		return instance_forget(s, uid, len, err);
	row.seq = o.set.v[merge_winner(o.set)]->fields.len == 0 ? o.seq : 0;
	row.state = INSTANCE_HELD;
	row.tries = 0;
	buf_reset(&row.remote);
	buf_reset(&row.remote_id);
	buf_reset(&row.doc);
	buf_reset(&row.why);
	return instance_put(s, &row, err);
}

static int
delete_one(struct gone *g, struct store *s, const char *uid, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base b =
	    INSTANCE_BASE_INIT;
	int rc;

	/* Whoever deleted it may not have seen what was to be written. */
	if ((rc = intent_undone(s, uid, err)) < 0 ||
	    (rc = give_intended(s, uid, err)) < 0 ||
	    (rc = instance_base(s, uid, strlen(uid), &b, err)) < 0)
		return rc;
	if (rc == 0 || b.winner == NULL)
		return instance_forget(s, uid, strlen(uid), err);
	if (b.object.set.v[merge_winner(b.object.set)]->fields.len > 0 &&
	    (rc = make_edit(g, s, uid, &b, err)) < 0)
		return rc;
	return put_row(s, uid, err);
}

static int
delete_page(struct gone *g, const char **uid, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	size_t i;
	int rc;

	if ((rc = run_open(g->r, STORE_WRITE, &s, err)) < 0)
		return rc;
	for (i = 0; i < PAGE && *uid != NULL; i++) {
		if ((rc = delete_one(g, s, *uid, err)) < 0)
			return rc;
		*uid = mirror_list_next(&g->uids, *uid);
	}
	return store_commit(s, err);
}

int
gone_run(struct run *r, const struct mirror_list *remotes, uint64_t accept,
    struct err *err)
{
	CLEANUP(gone_clear) struct gone g = { .r = r };
	const char *uid;
	int rc;

	rc = remotes == NULL ? ask_missing(&g, err) :
	    ask_named(&g, remotes, err);
	if (rc < 0 || (rc = check_brake(&g, accept, err)) < 0)
		return rc;
	uid = mirror_list_next(&g.uids, NULL);
	while (uid != NULL)
		if ((rc = delete_page(&g, &uid, err)) < 0)
			return rc;
	return 0;
}
