#include "page.h"

#include <stdlib.h>
#include <string.h>

void
page_clear(struct page *p)
{
	buf_clear(&p->text);
	free(p->all);
	*p = (struct page)PAGE_INIT;
}

const char *
page_text(const struct page *p, struct line_span x)
{
	return p->text.at + x.at;
}

struct json_span
page_document(const struct page *p, const struct page_item *x)
{
	return (struct json_span){ p->text.at + x->content.at,
	    x->content.len };
}

static struct page_item *
new_item(struct page *p, enum page_kind kind, struct err *err)
{
	size_t cap = p->cap == 0 ? MIRROR_READ_MAX : p->cap * 2;
	struct page_item *more;

	if (p->count == p->cap) {
		if ((more = realloc(p->all, cap * sizeof *more)) == NULL) {
			(void)err_oom(err);
			return NULL;
		}
		p->all = more;
		p->cap = cap;
	}
	p->all[p->count] = (struct page_item){ .kind = kind };
	return &p->all[p->count++];
}

static struct line_span
add_text(struct page *p, const char *at, size_t len)
{
	struct line_span x = { p->text.len, len };

	buf_add(&p->text, at, len);
	buf_addc(&p->text, '\0');
	return x;
}

static int
add_failed(void *ctx, const char *uid, const char *type, const char *reason,
    struct err *err)
{
	struct page *p = ctx;
	struct page_item *x = new_item(p, PAGE_FAILED, err);

	if (x == NULL)
		return -(int)err->code;
	x->uid = add_text(p, uid, strlen(uid));
	x->type = add_text(p, type, strlen(type));
	x->content = add_text(p, reason, strlen(reason));
	return buf_check(&p->text, err);
}

static int
add_absent(void *ctx, const char *uid, struct err *err)
{
	struct page *p = ctx;
	struct page_item *x = new_item(p, PAGE_ABSENT, err);

	if (x == NULL)
		return -(int)err->code;
	x->uid = add_text(p, uid, strlen(uid));
	return buf_check(&p->text, err);
}

/* A document; too big a one is unread, and one too many is read later. */
static int
add_document(void *ctx, struct json_span document, struct err *err)
{
	struct page *p = ctx;
	struct json_span uid;
	struct page_item *x;

	if (!json_member(document, "uid", &uid) || !json_plain(uid, &uid))
		return err_set(err, E_DEST_PROTOCOL, "the instance gives an "
		    "object without a UID");
	if ((x = new_item(p, PAGE_DOCUMENT, err)) == NULL)
		return -(int)err->code;
	x->uid = add_text(p, uid.at, uid.len);
	if (document.len >= LINE_BYTES_MAX) {
		return page_fail(p, x, "it has more bytes than a line may "
		    "have", err);
	} else if (p->bytes > PAGE_BYTES) {
		x->kind = PAGE_AGAIN;
	} else {
		x->content = add_text(p, document.at, document.len);
		p->bytes += document.len;
	}
	return buf_check(&p->text, err);
}

int
page_has(const struct page *p, const char *uid)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (strcmp(page_text(p, p->all[i].uid), uid) == 0)
			return 1;
	return 0;
}

int
page_read(struct page *p, struct mirror *m, const char *const *uids,
    size_t count, struct err *err)
{
	const struct mirror_sink sink = { add_document, add_failed,
	    add_absent, p };
	size_t i;
	int rc;

	if ((rc = m->ops->read(m->self, uids, count, &sink, err)) < 0)
		return rc;

	/* A path may be answered by its object's UID. */
	for (i = 0; i < count; i++)
		if (uids[i][0] != '/' && !page_has(p, uids[i]) &&
		    (rc = add_failed(p, uids[i], "", "the instance gave no "
		    "answer for it", err)) < 0)
			return rc;
	return 0;
}

int
page_fail(struct page *p, struct page_item *x, const char *reason,
    struct err *err)
{
	x->kind = PAGE_FAILED;
	x->type = add_text(p, "", 0);
	x->content = add_text(p, reason, strlen(reason));
	return buf_check(&p->text, err);
}
