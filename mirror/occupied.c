#include <string.h>

#include "../store/dump.h"
#include "give.h"

/* What was deleted elsewhere, and has something in it here that lives: its
 * deletion would take that along. */

struct looking {
	struct store *s;
	struct mirror_list *found;
	struct buf line;		/* begun, and not ended yet */
	struct buf parent;		/* looked at last */
	int deleted;			/* it is */
};

static void
looking_clear(struct looking *l)
{
	buf_clear(&l->line);
	buf_clear(&l->parent);
}

int
give_is_among(const struct mirror_list *l, const char *uid)
{
	const char *x = NULL;

	while ((x = mirror_list_next(l, x)) != NULL)
		if (strcmp(x, uid) == 0)
			return 1;
	return 0;
}

static int
look_at_parent(struct looking *l, struct json_span parent, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	int rc;

	if (l->parent.len == parent.len &&
	    memcmp(l->parent.at, parent.at, parent.len) == 0)
		return 0;
	buf_reset(&l->parent);
	buf_add(&l->parent, parent.at, parent.len);
	if (buf_str(&l->parent) == NULL)
		return err_oom(err);
	rc = object_get(l->s, parent.at, parent.len, &o, err);
	l->deleted = rc > 0 &&
	    o.set.v[merge_winner(o.set)]->fields.len == 0;
	return rc;
}

/* An object that lives: if it is there, what it lies in is occupied. */
static int
take_line(struct looking *l, struct json_span line, struct err *err)
{
	CLEANUP(buf_clear) struct buf remote = BUF_INIT;
	struct json_span x, uid;
	int rc;

	if (!json_member(line, "parent", &x) || !json_plain(x, &x) ||
	    x.len == 0 || !json_member(line, "uid", &uid) ||
	    !json_plain(uid, &uid))
		return 0;
	if ((rc = look_at_parent(l, x, err)) < 0 || !l->deleted ||
	    give_is_among(l->found, l->parent.at))
		return rc;
	rc = instance_remote_of(l->s, uid.at, uid.len, &remote, err);
	if (rc > 0)
		mirror_list_add(l->found, l->parent.at, l->parent.len);
	return rc < 0 ? rc : buf_check(&l->found->uids, err);
}

static int
take_lines(void *ctx, const void *data, size_t len, struct err *err)
{
	struct looking *l = ctx;
	const char *at = data, *end = at + len, *stop;
	int rc = 0;

	while (rc >= 0 && at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		buf_add(&l->line, at, (size_t)((stop == NULL ? end : stop) -
		    at));
		if (stop == NULL)
			break;
		at = stop + 1;
		if ((rc = buf_check(&l->line, err)) >= 0)
			rc = take_line(l, (struct json_span){ l->line.at,
			    l->line.len }, err);
		buf_reset(&l->line);
	}
	return rc < 0 ? rc : buf_check(&l->line, err);
}

int
give_find_occupied(struct give *g, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(looking_clear) struct looking l = { .found = &g->occupied };
	const struct dump_out out = { take_lines, &l };
	const struct dump_what what = { .type = NULL };
	uint64_t seq;
	int rc;

	if ((rc = g->r->home->open(g->r->home->ctx, STORE_READ, &s, err)) < 0)
		return rc;
	seq = s->seq;
	if (g->looked == seq)
		return 0;
	l.s = s;
	if ((rc = dump_all(s, &what, &out, err)) < 0)
		return rc;
	g->looked = seq;
	return 0;
}

int
give_is_occupied(struct give *g, const struct give_one *x, struct err *err)
{
	struct json_span doc = { x->row.doc.at, x->row.doc.len }, parent;

	if (!x->deleted || !give_is_among(&g->occupied, x->uid.at))
		return 0;

	/* So is, then, what it lies in itself. */
	if (doc.len > 0 && json_member(doc, "parent", &parent) &&
	    json_plain(parent, &parent))
		mirror_list_add(&g->occupied, parent.at, parent.len);
	return buf_check(&g->occupied.uids, err) < 0 ? -(int)err->code : 1;
}
