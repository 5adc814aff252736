#include "mem_inside.h"

#include <stdlib.h>
#include <string.h>

#define DOC_DEPTH 64u

struct mem_blob {
	char *token;
	struct buf content;
};

struct mem_change {
	char *uid;
	int deleted;
};

/* --- objects ----------------------------------------------------------- */

struct mem *
mem_new(void)
{
	struct mem *m = calloc(1, sizeof *m);

	if (m != NULL)
		m->epoch = 1;
	return m;
}

void
mem_lose_log(struct mem *m)
{
	size_t i;

	for (i = 0; i < m->log_count; i++)
		free(m->log[i].uid);
	m->log_count = 0;
	m->epoch++;
}

void
mem_freep(struct mem **m)
{
	struct mem *x = *m;
	size_t i;

	if (x == NULL)
		return;
	mem_lose_log(x);
	for (i = 0; i < x->count; i++) {
		free(x->all[i].uid);
		buf_clear(&x->all[i].doc);
	}
	for (i = 0; i < x->blob_count; i++) {
		free(x->blobs[i].token);
		buf_clear(&x->blobs[i].content);
	}
	free(x->all);
	free(x->blobs);
	free(x->log);
	free(x);
	*m = NULL;
}

/* Where a UID is, or would be. */
static size_t
place(const struct mem *m, const char *uid)
{
	size_t i;

	for (i = 0; i < m->count && strcmp(m->all[i].uid, uid) < 0; i++)
		;
	return i;
}

int
mem_member_is(struct json_span object, const char *key, const char *text)
{
	struct json_span x, plain;

	return json_member(object, key, &x) && json_plain(x, &plain) &&
	    plain.len == strlen(text) && memcmp(plain.at, text,
	    plain.len) == 0;
}

/* By UID, or by path. */
struct mem_object *
mem_find(const struct mem *m, const char *uid)
{
	size_t i = place(m, uid);

	if (i < m->count && strcmp(m->all[i].uid, uid) == 0)
		return &m->all[i];
	for (i = 0; uid[0] == '/' && i < m->count; i++)
		if (mem_member_is(json_of(&m->all[i].doc), "path", uid))
			return &m->all[i];
	return NULL;
}

static int
log_change(struct mem *m, const char *uid, int deleted, struct err *err)
{
	struct mem_change *more = realloc(m->log, (m->log_count + 1) *
	    sizeof *more);

	if (more == NULL)
		return err_oom(err);
	m->log = more;
	more[m->log_count].deleted = deleted;
	if ((more[m->log_count].uid = strdup(uid)) == NULL)
		return err_oom(err);
	m->log_count++;
	return 0;
}

/* Set what an object is. */
int
mem_set(struct mem *m, const char *uid, struct json_span doc,
    struct err *err)
{
	struct mem_object *o = mem_find(m, uid), *more;
	size_t i = place(m, uid);

	if (o == NULL) {
		more = realloc(m->all, (m->count + 1) * sizeof *more);
		if (more == NULL)
			return err_oom(err);
		m->all = more;
		memmove(more + i + 1, more + i, (m->count - i) *
		    sizeof *more);
		o = &more[i];
		*o = (struct mem_object){ .doc = BUF_INIT };
		m->count++;
		if ((o->uid = strdup(uid)) == NULL)
			return err_oom(err);
	}
	buf_reset(&o->doc);
	buf_add(&o->doc, doc.at, doc.len);
	if (buf_str(&o->doc) == NULL)
		return err_oom(err);
	return log_change(m, o->uid, 0, err);
}

/* Append `old` with the members of `new` in place of its own. */
int
mem_join(struct json_span old, struct json_span new, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct json_span key, value, other;
	struct json_walk w;
	char c = '{';

	for (w = json_walk(old); json_next(&w, &key, &value);) {
		CLEANUP(buf_clear) struct buf name = BUF_INIT;

		buf_add(&name, key.at, key.len);
		if (buf_str(&name) == NULL)
			return err_oom(err);
		if (json_member(new, name.at, &other))
			continue;
		buf_addf(&text, "%c\"%s\":%.*s", c, name.at, (int)value.len,
		    value.at);
		c = ',';
	}
	for (w = json_walk(new); json_next(&w, &key, &value); c = ',')
		buf_addf(&text, "%c\"%.*s\":%.*s", c, (int)key.len, key.at,
		    (int)value.len, value.at);
	buf_adds(&text, c == '{' ? "{}" : "}");
	if (buf_check(&text, err) < 0)
		return -(int)err->code;
	return json_canon(out, text.at, text.len, DOC_DEPTH, err);
}

int
mem_put(struct mem *m, const char *document, struct err *err)
{
	CLEANUP(buf_clear) struct buf new = BUF_INIT, doc = BUF_INIT;
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	const struct json_span none = { "{}", 2 };
	struct mem_object *o;
	struct json_span x;
	int rc;

	if ((rc = json_canon(&new, document, strlen(document), DOC_DEPTH,
	    err)) < 0)
		return rc;
	if (!json_member(json_of(&new), "uid", &x))
		return err_set(err, E_RECORD, "no uid");
	json_unescape(&uid, x);
	if (buf_str(&uid) == NULL)
		return err_oom(err);
	o = mem_find(m, uid.at);
	if ((rc = mem_join(o == NULL ? none : json_of(&o->doc), json_of(&new),
	    &doc, err)) < 0)
		return rc;
	return mem_set(m, uid.at, json_of(&doc), err);
}

int
mem_delete(struct mem *m, const char *name, struct err *err)
{
	CLEANUP(buf_freep) char *uid = NULL;
	struct mem_object *o = mem_find(m, name);
	size_t i;
	int rc;

	if (o == NULL)
		return 0;
	uid = o->uid;
	if ((rc = log_change(m, uid, 1, err)) < 0) {
		uid = NULL;
		return rc;
	}
	i = (size_t)(o - m->all);
	buf_clear(&o->doc);
	m->count--;
	memmove(o, o + 1, (m->count - i) * sizeof *o);
	for (i = 0; i < m->count;) {
		if (!mem_member_is(json_of(&m->all[i].doc), "parent", uid)) {
			i++;
			continue;
		}
		if ((rc = mem_delete(m, m->all[i].uid, err)) < 0)
			return rc;
		i = 0;
	}
	return 0;
}

const char *
mem_get(struct mem *m, const char *uid)
{
	struct mem_object *o = mem_find(m, uid);

	return o == NULL ? NULL : o->doc.at;
}

/* --- contents ---------------------------------------------------------- */

const char *
mem_blob_get(struct mem *m, const char *token, size_t *ret_len)
{
	size_t i;

	for (i = 0; i < m->blob_count; i++)
		if (strcmp(m->blobs[i].token, token) == 0) {
			*ret_len = m->blobs[i].content.len;
			return m->blobs[i].content.at != NULL ?
			    m->blobs[i].content.at : "";
		}
	return NULL;
}

int
mem_blob_put(struct mem *m, const char *token, const void *at, size_t len,
    struct err *err)
{
	struct mem_blob *more, *b;
	size_t have;

	if (mem_blob_get(m, token, &have) != NULL)
		return 0;
	more = realloc(m->blobs, (m->blob_count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	m->blobs = more;
	b = &more[m->blob_count];
	*b = (struct mem_blob){ strdup(token), BUF_INIT };
	if (b->token == NULL)
		return err_oom(err);
	buf_add(&b->content, at, len);
	m->blob_count++;
	return buf_check(&b->content, err);
}

/* --- reading ----------------------------------------------------------- */

static int
op_facts(void *self, struct mirror_facts *ret, struct err *err)
{
	const struct mem *m = self;

	(void)err;
	*ret = (struct mirror_facts){ .product = "memory", .mode = "memory",
	    .zone = "UTC", .clock = -1, .objects = m->count,
	    .has_changes = !m->no_changes, .keeps_uids = !m->own_uids,
	    .batch = m->batch > 0 ? m->batch : 10, .cannot = "" };
	return 0;
}

static int
op_list(void *self, const char *after, struct mirror_list *ret,
    struct err *err)
{
	struct mem *m = self;
	size_t max = m->list_page > 0 ? m->list_page : 7, i;

	m->lists++;
	for (i = 0; i < m->count; i++) {
		if (strcmp(m->all[i].uid, after) <= 0)
			continue;
		if (ret->count == max) {
			ret->more = 1;
			break;
		}
		mirror_list_add(ret, m->all[i].uid, strlen(m->all[i].uid));
	}
	return buf_check(&ret->uids, err);
}

static int
op_read(void *self, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err)
{
	struct mem *m = self;
	struct mem_object *o;
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc >= 0; i++) {
		m->reads++;
		o = mem_find(m, uids[i]);
		if (o == NULL)
			rc = sink->absent(sink->ctx, uids[i], err);
		else if (m->fail != NULL && strcmp(m->fail, uids[i]) == 0)
			rc = sink->failed(sink->ctx, uids[i], "",
			    "a broken object", err);
		else
			rc = sink->item(sink->ctx, json_of(&o->doc), err);
	}
	return rc;
}

static int
op_is_gone(void *self, const char *uid, struct err *err)
{
	struct mem *m = self;

	(void)err;
	m->asked_gone++;
	return mem_find(m, uid) == NULL;
}

static int
op_changes(void *self, const char *cursor, struct mirror_changes *ret,
    struct err *err)
{
	struct mem *m = self;
	unsigned long at = 0;
	unsigned epoch = 0;
	size_t i, count = 0, k;
	char *end;

	buf_reset(&ret->cursor);
	if (cursor[0] != '\0') {
		epoch = (unsigned)strtoul(cursor, &end, 10);
		at = strtoul(end + 1, NULL, 10);
	}
	for (i = at; epoch == m->epoch && i < m->log_count && count < 7;
	    i++, count++) {
		/* The newest entry of each object alone. */
		for (k = i + 1; k < m->log_count; k++)
			if (strcmp(m->log[k].uid, m->log[i].uid) == 0)
				break;
		if (k < m->log_count)
			continue;
		mirror_list_add(m->log[i].deleted ? &ret->deleted :
		    &ret->changed, m->log[i].uid, strlen(m->log[i].uid));
	}
	ret->more = epoch == m->epoch && i < m->log_count;
	buf_addf(&ret->cursor, "%u:%zu", m->epoch, epoch == m->epoch ? i :
	    m->log_count);
	if (buf_str(&ret->cursor) == NULL)
		return err_oom(err);
	return cursor[0] == '\0' || epoch == m->epoch;
}

static int
op_blob(void *self, const char *uid, struct json_span attachment,
    int (*sink)(void *ctx, const char *at, size_t len, struct err *err),
    int (*restart)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	CLEANUP(buf_clear) struct buf token = BUF_INIT;
	struct mem *m = self;
	struct json_span x;
	const char *at;
	size_t len = 0;
	int rc;

	m->blobs_read++;
	if (!json_member(attachment, "token", &x))
		return err_set(err, E_DEST_PROTOCOL, "no token");
	json_unescape(&token, x);
	if (buf_str(&token) == NULL)
		return err_oom(err);
	at = mem_blob_get(m, token.at, &len);
	if (mem_find(m, uid) == NULL || at == NULL || (m->fail_blob != NULL &&
	    strcmp(m->fail_blob, token.at) == 0))
		return err_set(err, E_DEST_REJECTED, "no such content");
	if (m->restarts && ((rc = sink(ctx, at, len / 2, err)) < 0 ||
	    (rc = restart(ctx, err)) < 0))
		return rc;
	if ((rc = sink(ctx, at, len / 3, err)) < 0)
		return rc;
	return sink(ctx, at + len / 3, len - len / 3, err);
}

/* --- the rest ---------------------------------------------------------- */

static unsigned
op_rank(void *self, const char *type, size_t len)
{
	(void)self;
	return len > 0 ? (unsigned char)type[0] : 0;
}

static int
op_doctor(void *self, int (*say)(void *ctx, int level, const char *what,
    const char *next, struct err *err), void *ctx, struct err *err)
{
	(void)self;
	return say(ctx, 0, "memory", "", err);
}

static void
op_totals(void *self, uint64_t ret[3])
{
	const struct mem *m = self;

	ret[0] = m->lists + m->reads;
	ret[1] = ret[2] = 0;
}

static void
op_close(void *self)
{
	(void)self;
}

struct mirror
mem_mirror(struct mem *m)
{
	static const struct mirror_ops ops = {
		.version = MIRROR_OPS_VERSION, .facts = op_facts,
		.list = op_list, .read = op_read, .is_gone = op_is_gone,
		.changes = op_changes, .blob = op_blob, .write = mem_write,
		.rank = op_rank, .doctor = op_doctor, .totals = op_totals,
		.close = op_close
	};

	return (struct mirror){ &ops, m };
}
