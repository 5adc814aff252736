#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "../store/instance.h"
#include "blobs.h"
#include "page.h"
#include "take.h"

#define DEPTH_MAX 64			/* of objects in each other */

struct batch {
	struct run *r;
	struct page page;
	int forced, depth;
	struct mirror_list parents;	/* not known, not in the page */
	struct blobs_in blobs;
};

static int run_page(struct run *r, const char *const *uids, size_t count,
    int forced, int depth, struct err *err);

static void
batch_clear(struct batch *b)
{
	page_clear(&b->page);
	mirror_list_clear(&b->parents);
	blobs_in_clear(&b->blobs);
}

static struct json_span
document_of(const struct batch *b, size_t item)
{
	return page_document(&b->page, &b->page.all[item]);
}

/* --- what they need ---------------------------------------------------- */

/* What it lies in, if that is not known yet. */
static int
need_parent(struct batch *b, struct store *s, struct json_span document,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT, remote = BUF_INIT;
	struct json_span x;
	const char *old = NULL;
	int rc;

	if (!json_member(document, "parent", &x) || !json_plain(x, &x) ||
	    x.len == 0 || x.len > MIRROR_UID_MAX)
		return 0;
	if ((rc = instance_uid_of(s, x.at, x.len, &uid, err)) != 0)
		return rc < 0 ? rc : 0;
	buf_add(&remote, x.at, x.len);
	if (buf_str(&remote) == NULL)
		return err_oom(err);
	if (page_has(&b->page, remote.at))
		return 0;
	while ((old = mirror_list_next(&b->parents, old)) != NULL)
		if (strcmp(old, remote.at) == 0)
			return 0;
	mirror_list_add(&b->parents, x.at, x.len);
	return buf_check(&b->parents.uids, err);
}

/* An attachment to be fetched. */
struct need {
	size_t item;
	struct line_span attachment;	/* in the batch's text */
	size_t uid;			/* in `names` */
	size_t uid_len;
};

struct needs {
	struct need *all;		/* owned */
	size_t count, cap;
	struct buf names;
};

static void
needs_clear(struct needs *n)
{
	free(n->all);
	buf_clear(&n->names);
}

static int
add_need(struct needs *n, struct batch *b, size_t item,
    struct json_span attachment, const struct buf *uid, struct err *err)
{
	size_t cap = n->cap == 0 ? 16 : n->cap * 2;
	struct need *more;

	if (n->count == n->cap) {
		if ((more = realloc(n->all, cap * sizeof *more)) == NULL)
			return err_oom(err);
		n->all = more;
		n->cap = cap;
	}
	n->all[n->count++] = (struct need){ item, { (size_t)(attachment.at -
	    b->page.text.at), attachment.len }, n->names.len, uid->len };
	buf_add(&n->names, uid->at, uid->len);
	return buf_check(&n->names, err);
}

static int
need_blobs(struct needs *n, struct batch *b, struct store *s, size_t item,
    struct doc *d, struct err *err)
{
	struct json_span array, none, x, token, field;
	unsigned char hash[32];
	struct json_walk w;
	uint64_t size;
	int rc;

	if (!json_member(document_of(b, item), "attachments",
	    &array) || json_kind(array) != '[' || array.len == 2)
		return 0;
	if (d->line.len == 0 &&
	    (rc = doc_in(s, document_of(b, item), d, err)) < 0)
		return rc;
	if (doc_is_same(d))
		return 0;
	for (w = json_walk(array); json_next(&w, &none, &x);) {
		field = (struct json_span){ "", 0 };
		if (json_kind(x) != '{' || !json_member(x, "token", &token))
			continue;
		(void)json_member(x, "field", &field);
		rc = instance_blob(s, d->uid.at, d->uid.len, field, token,
		    hash, &size, err);
		if (rc < 0 || (rc == 0 && (rc = add_need(n, b, item, x,
		    &d->uid, err)) < 0))
			return rc;
	}
	return 0;
}

static int
look_at(struct batch *b, struct store *s, size_t item, struct needs *n,
    struct err *err)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	struct json_span document = document_of(b, item);
	int rc;

	if ((rc = doc_find(s, document, &d, err)) < 0 ||
	    (rc == 0 && (rc = doc_in(s, document, &d, err)) < 0))
		return rc;
	if (take_kind(b->r, document, &d, b->forced) != TAKE_IN ||
	    (d.row.state == INSTANCE_WAITING && b->r->settle == NULL))
		return 0;
	if ((rc = need_parent(b, s, document, err)) < 0)
		return rc;
	return need_blobs(n, b, s, item, &d, err);
}

/* Is any of them a creation whose end was unclear? */
static int
find_lost(struct batch *b, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct err none = ERR_INIT;
	size_t i;
	int rc;

	if (b->r->lost.count == 0)
		return 0;
	if ((rc = run_open(b->r, STORE_WRITE, &s, err)) < 0)
		return rc;
	for (i = 0; i < b->page.count; i++) {
		if (b->page.all[i].kind != PAGE_DOCUMENT)
			continue;
		rc = take_lost(b->r, s, document_of(b, i), &none);
		if (rc < 0 && !run_is_of_object(&none)) {
			*err = none;
			return rc;
		}
		err_clear(&none);
	}
	return store_commit(s, err);
}

/* What is wrong with one document is found out when it is taken. */
static int
look(struct batch *b, struct needs *n, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct err none = ERR_INIT;
	size_t i;
	int rc;

	if ((rc = run_open(b->r, STORE_READ, &s, err)) < 0)
		return rc;
	for (i = 0; i < b->page.count; i++) {
		if (b->page.all[i].kind != PAGE_DOCUMENT)
			continue;
		if ((rc = look_at(b, s, i, n, &none)) < 0 &&
		    !run_is_of_object(&none)) {
			*err = none;
			return rc;
		}
		err_clear(&none);
	}
	return 0;
}

/* One whose attachment cannot be read is not read. */
static int
fetch(struct batch *b, const struct needs *n, struct err *err)
{
	struct err why = ERR_INIT;
	const struct need *x;
	struct page_item *item;
	size_t i;
	int rc;

	for (i = 0; i < n->count; i++) {
		x = &n->all[i];
		item = &b->page.all[x->item];
		if (item->kind != PAGE_DOCUMENT)
			continue;
		rc = blobs_fetch(b->r, &b->blobs,
		    page_text(&b->page, item->uid),
		    (struct json_span){ n->names.at + x->uid, x->uid_len },
		    (struct json_span){ page_text(&b->page, x->attachment),
		    x->attachment.len }, &why);
		if (rc >= 0) {
			b->r->n.blobs++;
			continue;
		}
		if (!run_is_of_object(&why)) {
			*err = why;
			return rc;
		}
		if ((rc = page_fail(&b->page, item, why.text, err)) < 0)
			return rc;
		err_clear(&why);
	}
	return 0;
}

static int
run_parents(struct batch *b, struct err *err)
{
	CLEANUP(buf_freep) const char **uids = NULL;
	const char *uid = NULL;
	size_t count = 0, at, n, page = b->r->config->page;
	int rc;

	if (b->parents.count == 0 || b->depth == DEPTH_MAX)
		return 0;
	if ((uids = calloc(b->parents.count, sizeof *uids)) == NULL)
		return err_oom(err);
	while ((uid = mirror_list_next(&b->parents, uid)) != NULL)
		uids[count++] = uid;
	for (at = 0; at < count; at += n) {
		n = count - at < page ? count - at : page;
		if ((rc = run_page(b->r, uids + at, n, 1, b->depth + 1,
		    err)) < 0)
			return rc;
	}
	return 0;
}

/* --- into the store ---------------------------------------------------- */

static int
is_site(const struct batch *b, const struct page_item *x)
{
	struct json_span value;

	return x->kind == PAGE_DOCUMENT &&
	    json_member(page_document(&b->page, x), "site", &value) &&
	    json_kind(value) == 't';
}

static int
take_item(struct batch *b, struct store *s, const struct page_item *x,
    struct err *err)
{
	const char *uid = page_text(&b->page, x->uid);

	switch (x->kind) {
	case PAGE_DOCUMENT:
		b->r->n.read++;
		return take_document(b->r, s, page_document(&b->page, x),
		    b->forced, err);
	case PAGE_FAILED:
		return take_unread(b->r, s, uid, page_text(&b->page, x->type),
		    page_text(&b->page, x->content), err);
	case PAGE_ABSENT:
		if (b->depth == 0)
			mirror_list_add(&b->r->absent, uid, strlen(uid));
		return buf_check(&b->r->absent.uids, err);
	case PAGE_AGAIN:
		break;
	}
	return 0;
}

static int
is_whole(const struct batch *b)
{
	size_t i;

	for (i = 0; i < b->page.count; i++)
		if (b->page.all[i].kind == PAGE_AGAIN)
			return 0;
	return 1;
}

/* All of them, site objects first: the others refer to these. */
static int
take_all(struct batch *b, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc, sites;
	size_t i;

	if ((rc = run_open(b->r, STORE_WRITE, &s, err)) < 0 ||
	    (rc = blobs_put(s, &b->blobs, err)) < 0)
		return rc;
	for (sites = 1; sites >= 0; sites--)
		for (i = 0; i < b->page.count; i++)
			if (is_site(b, &b->page.all[i]) == sites &&
			    (rc = take_item(b, s, &b->page.all[i], err)) < 0)
				return rc;
	if (b->depth == 0 && is_whole(b) &&
	    (rc = run_put_note(b->r, s, err)) < 0)
		return rc;
	return store_commit(s, err);
}

/* Append the UIDs of what was too much at once; returns for how many others
 * there was room. */
static size_t
left_over(const struct batch *b, struct mirror_list *ret)
{
	const char *uid;
	size_t i;

	for (i = 0; i < b->page.count; i++)
		if (b->page.all[i].kind == PAGE_AGAIN) {
			uid = page_text(&b->page, b->page.all[i].uid);
			mirror_list_add(ret, uid, strlen(uid));
		}
	return b->page.count - ret->count;
}

/* What was too much at once, in pages for which there is room, once this one
 * is let go.  The note goes with the last of them: it says that all that was
 * asked for is taken. */
static int
run_again(struct batch *b, struct err *err)
{
	CLEANUP(mirror_list_clear) struct mirror_list left = { .count = 0 };
	const char *uids[MIRROR_READ_MAX], *uid, *note = b->r->note;
	size_t count, max = left_over(b, &left);
	struct run *r = b->r;
	int rc = 0;

	batch_clear(b);
	if ((rc = buf_check(&left.uids, err)) < 0)
		return rc;
	max = max < 1 ? 1 : max > MIRROR_READ_MAX ? MIRROR_READ_MAX : max;
	r->note = NULL;
	for (uid = mirror_list_next(&left, NULL); rc >= 0 && uid != NULL;) {
		for (count = 0; uid != NULL && count < max;
		    uid = mirror_list_next(&left, uid))
			uids[count++] = uid;
		if (uid == NULL)
			r->note = note;
		rc = run_page(r, uids, count, b->forced, b->depth, err);
	}
	return rc;
}

static int
run_page(struct run *r, const char *const *uids, size_t count, int forced,
    int depth, struct err *err)
{
	CLEANUP(batch_clear) struct batch b = { .r = r, .forced = forced,
	    .depth = depth, .page = PAGE_INIT, .blobs = BLOBS_IN_INIT };
	CLEANUP(needs_clear) struct needs n = { .count = 0 };
	int rc;

	if ((rc = page_read(&b.page, r->m, uids, count, err)) < 0 ||
	    (rc = find_lost(&b, err)) < 0 ||
	    (rc = look(&b, &n, err)) < 0 ||
	    (rc = run_parents(&b, err)) < 0 ||
	    (rc = fetch(&b, &n, err)) < 0 ||
	    (rc = take_all(&b, err)) < 0)
		return rc;
	run_tell(r, b.page.count);
	return is_whole(&b) ? 0 : run_again(&b, err);
}

/* --- pages ------------------------------------------------------------- */

/* Was it read in this inventory already, out of turn? */
static int
was_seen(struct run *r, struct store *s, const char *uid, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	int rc = instance_by_remote(s, uid, strlen(uid), &row, err);

	return rc <= 0 ? rc : row.seen == r->seen;
}

static int
is_among(const char *uid, const char *const *uids, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(uid, uids[i]) == 0)
			return 1;
	return 0;
}

/* Those of a page that are to be read, each once. */
static int
choose(struct run *r, const char **uids, size_t *count, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	size_t i, kept;
	int rc;

	if ((rc = run_open(r, STORE_READ, &s, err)) < 0)
		return rc;
	for (i = kept = 0; i < *count; i++) {
		if ((rc = was_seen(r, s, uids[i], err)) < 0)
			return rc;
		if (rc == 0 && !is_among(uids[i], uids, kept))
			uids[kept++] = uids[i];
	}
	*count = kept;
	return 0;
}

static int
run_list(struct run *r, const struct mirror_list *uids, int forced,
    struct err *err)
{
	const char *page[MIRROR_READ_MAX], *uid = NULL;
	size_t max = r->config->page < 1 || r->config->page > MIRROR_READ_MAX ?
	    MIRROR_READ_MAX : r->config->page, count, asked;
	int rc;

	uid = mirror_list_next(uids, uid);
	while (uid != NULL) {
		for (count = 0; uid != NULL && count < max;
		    uid = mirror_list_next(uids, uid))
			page[count++] = uid;
		asked = count;
		if (r->is_listing && (rc = choose(r, page, &count, err)) < 0)
			return rc;
		run_tell(r, asked - count);
		if (count > 0 && (rc = run_page(r, page, count, forced, 0,
		    err)) < 0)
			return rc;
	}
	return 0;
}

/* What was referred to, and what that refers to. */
static int
run_queue(struct run *r, struct err *err)
{
	int rc = 0;

	while (rc >= 0 && r->queue.count > 0) {
		CLEANUP(mirror_list_clear) struct mirror_list next = r->queue;

		r->queue = (struct mirror_list){ .count = 0 };
		rc = run_list(r, &next, 1, err);
	}
	return rc;
}

int
batch_run(struct run *r, const struct mirror_list *uids, int forced,
    struct err *err)
{
	const char *note;
	int rc, listing = r->is_listing;

	if ((rc = run_list(r, uids, forced, err)) < 0 || r->queue.count == 0)
		return rc;
	note = r->note;
	r->note = NULL;
	r->is_listing = 1;
	rc = run_queue(r, err);
	r->is_listing = listing;
	r->note = note;
	return rc;
}
