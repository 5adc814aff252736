#include "give.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "../store/dump.h"
#include "../store/patch.h"
#include "../store/peer.h"
#include "note.h"
#include "terms.h"

void
give_one_clear(struct give_one *x)
{
	buf_clear(&x->uid);
	instance_row_clear(&x->row);
	instance_base_clear(&x->base);
	buf_clear(&x->line);
	doc_line_clear(&x->wanted);
	doc_line_clear(&x->held);
	buf_clear(&x->id);
	buf_clear(&x->document);
	buf_clear(&x->last);
	buf_clear(&x->remote);
	buf_clear(&x->unclear);
}

const struct version *
give_winner(const struct give_one *x)
{
	return x->base.object.set.v[merge_winner(x->base.object.set)];
}

/* --- policies ---------------------------------------------------------- */

/* The policy of where a version was born: 1, or 0 if it was here (no policy:
 * all is wanted). */
static int
find_policy(const struct config *c, struct store *s,
    const struct version *v, struct config_policy *ret, struct err *err)
{
	const char *site = v->born.actor.site;
	struct peer p;
	int rc;

	*ret = (struct config_policy)CONFIG_POLICY_INIT;
	if (strcmp(site, s->self.site) == 0)
		return 0;
	if ((rc = peer_by_site(s, site, &p, err)) < 0)
		return rc;
	config_policy_of(c, rc > 0 ? p.name : NULL, site, ret);
	return 1;
}

int
give_wants(const struct config *c, struct store *s,
    const struct siblings *set, const char *uid, struct err *err)
{
	const struct version *v = set->v[merge_winner(*set)];
	int is_site = strncmp(uid, TERMS_SITE, sizeof TERMS_SITE - 1) == 0;
	struct config_policy p;
	int rc;

	/* What every instance has is never deleted, all else always. */
	if (v->fields.len == 0)
		return !is_site;
	if ((rc = find_policy(c, s, v, &p, err)) <= 0)
		return rc < 0 ? rc : 1;
	return doc_is_wanted(&p, v->type.at, v->type.len, uid);
}

/* --- what it shall be -------------------------------------------------- */

/* The id there: what is there keeps its own while the record's is what it
 * was, whatever prefix has been set since; else by the policy. */
static int
choose_id(struct give_one *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf id = BUF_INIT, last = BUF_INIT;
	const struct version *w = give_winner(x);
	int rc;

	if (!json_member_text(json_of(&x->line), "id", &id))
		return 0;
	(void)json_member_text(json_of(&x->row.doc), "id", &last);
	if ((rc = buf_check(&id, err)) < 0 || (rc = buf_check(&last, err)) < 0)
		return rc;
	if (x->exists && json_same(json_of(&id), json_of(&last))) {
		buf_add(&x->id, x->row.remote_id.at, x->row.remote_id.len);
	} else {
		rc = terms_id(&x->policy, w->type.at, w->type.len,
		    id.len > 0 ? id.at : "", id.len, &x->id, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			buf_reset(&x->id);
	}
	return buf_str(&x->id) == NULL ? err_oom(err) : 0;
}

/* The token of what is there with this content. */
static int
find_token(struct store *s, const struct give_one *x, struct json_span item,
    struct json_span *ret, struct err *err)
{
	struct json_span array, none, old, field, theirs, hex;
	unsigned char want[32], hash[32];
	struct json_walk w;
	uint64_t size;
	int rc;

	if (x->row.doc.len == 0 || !json_member(json_of(&x->row.doc),
	    "attachments", &array) || json_kind(array) != '[' ||
	    !json_member(item, "field", &field) ||
	    !json_member(item, "blake2b", &hex) || !json_plain(hex, &hex) ||
	    text_unhex(want, 32, hex.at, hex.len) < 0)
		return 0;
	for (w = json_walk(array); json_next(&w, &none, &old);) {
		if (json_kind(old) != '{' ||
		    !json_member(old, "field", &theirs) ||
		    !json_same(field, theirs) ||
		    !json_member(old, "token", ret))
			continue;
		rc = instance_blob(s, x->uid.at, x->uid.len, field, *ret,
		    hash, &size, err);
		if (rc < 0 || (rc > 0 && memcmp(hash, want, 32) == 0))
			return rc;
	}
	return 0;
}

/* Append the array of attachments with the tokens of those that are there. */
static int
add_tokens(struct store *s, const struct give_one *x, struct json_span array,
    struct buf *out, struct err *err)
{
	struct json_walk w = json_walk(array);
	struct json_span none, item;
	struct patch p = { "token", { "", 0 } };
	char c = '[';
	int rc;

	for (; json_next(&w, &none, &item); c = ',') {
		rc = find_token(s, x, item, &p.value, err);
		if (rc < 0)
			return rc;
		buf_addc(out, c);
		if (rc > 0)
			patch_object(out, item, &p, 1);
		else
			buf_add(out, item.at, item.len);
	}
	buf_addc(out, ']');
	return buf_check(out, err);
}

static int
make_document(struct store *s, struct give_one *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT, array = BUF_INIT;
	struct patch p = { "attachments", { "", 0 } };
	const char *id = x->id.len > 0 ? x->id.at : NULL;
	struct json_span old;
	int rc;

	buf_reset(&x->document);
	if (!json_member(json_of(&x->line), p.key, &old) || old.len == 2 ||
	    json_kind(old) != '[')
		return terms_out(s, json_of(&x->line), id, &x->document,
		    &x->open, err);
	if ((rc = add_tokens(s, x, old, &array, err)) < 0)
		return rc;
	p.value = json_of(&array);
	patch_object(&line, json_of(&x->line), &p, 1);
	if ((rc = buf_check(&line, err)) < 0)
		return rc;
	return terms_out(s, json_of(&line), id, &x->document, &x->open, err);
}

/* Of the document without tokens: it is another once a reference in it can be
 * given. */
static int
hash_document(struct store *s, struct give_one *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf plain = BUF_INIT;
	unsigned char hash[32];
	uint64_t open;
	int rc;

	if ((rc = terms_out(s, json_of(&x->line), x->id.len > 0 ? x->id.at :
	    NULL, &plain, &open, err)) < 0)
		return rc;
	(void)crypto_generichash(hash, 32, (const unsigned char *)plain.at,
	    plain.len, NULL, 0);
	text_hex(x->hash, hash, 32);
	return 0;
}

/* What was last read there, in the instance's terms. */
static int
make_last(struct store *s, struct give_one *x, struct err *err)
{
	uint64_t open;

	if (x->row.doc.len == 0)
		return 0;
	return terms_out(s, json_of(&x->row.doc), x->row.remote_id.len > 0 ?
	    x->row.remote_id.at : NULL, &x->last, &open, err);
}

static int
take_remote(struct give_one *x, struct err *err)
{
	if (x->exists)
		buf_add(&x->remote, x->row.remote.at, x->row.remote.len);
	else
		(void)json_member_text(json_of(&x->document), "uid",
		    &x->remote);
	return buf_str(&x->remote) == NULL ? err_oom(err) : 0;
}

int
give_read(struct give *g, struct store *s, const char *uid,
    struct give_one *ret, struct err *err)
{
	size_t len = strlen(uid);
	int rc, found;

	buf_add(&ret->uid, uid, len);
	if (buf_str(&ret->uid) == NULL)
		return err_oom(err);
	if ((found = instance_base(s, uid, len, &ret->base, err)) <= 0 ||
	    (rc = instance_get(s, uid, len, &ret->row, err)) < 0 ||
	    (rc = find_policy(g->q->config, s, give_winner(ret),
	    &ret->policy, err)) < 0 ||
	    (rc = dump_object(s, uid, &ret->line, err)) < 0 ||
	    (rc = give_unclear(s, uid, &ret->unclear, err)) < 0)
		return found <= 0 ? found : rc;
	ret->exists = ret->row.remote.len > 0;
	ret->deleted = give_winner(ret)->fields.len == 0;
	if (ret->deleted)
		return (rc = take_remote(ret, err)) < 0 ? rc : 1;
	if ((rc = doc_line_read(s, json_of(&ret->uid), json_of(&ret->line),
	    &ret->wanted, err)) < 0 ||
	    (rc = doc_line_read(s, json_of(&ret->uid), json_of(&ret->row.doc),
	    &ret->held, err)) < 0 ||
	    (rc = choose_id(ret, err)) < 0 ||
	    (rc = make_document(s, ret, err)) < 0 ||
	    (rc = hash_document(s, ret, err)) < 0 ||
	    (rc = make_last(s, ret, err)) < 0 ||
	    (rc = take_remote(ret, err)) < 0)
		return rc;
	return 1;
}

/* --- what is not so ---------------------------------------------------- */

struct differing {
	const struct mirror *m;
	struct json_span type;
	struct buf *why;
	struct give_tally n;
};

/* These are as they are, whatever else comes. */
static int
is_final(const struct field *f)
{
	static const char *const names[] = { "created", "creator" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (!f->nested && f->name.len == strlen(names[i]) &&
		    memcmp(f->name.at, names[i], f->name.len) == 0)
			return 1;
	return 0;
}

static int
add_difference(struct differing *d, const char *name, const char *reason,
    struct err *err)
{
	if (d->n.count++ > 0)
		buf_addc(d->why, ',');
	return doc_why(d->why, name, reason, err);
}

/* Why the instance never can hold it, or NULL. */
static const char *
nature(struct differing *d, const struct field *f)
{
	const struct mirror_ops *ops = d->m->ops;
	const char *reason = ops->cannot_hold == NULL ? NULL :
	    ops->cannot_hold(d->m->self, d->type.at, d->type.len, f);

	d->n.natural += reason != NULL;
	return reason;
}

/* A field that the instance has besides is no failure to hold. */
static int
each_difference(void *ctx, const struct field *f, struct json_span held,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct differing *d = ctx;
	const char *reason;

	if (f->value.len == 0)
		return 0;
	reason = nature(d, f);
	d->n.late += reason == NULL && !is_final(f);
	field_name(&name, f->nested, f->name);
	if (buf_str(&name) == NULL)
		return err_oom(err);
	return add_difference(d, name.at, reason != NULL ? reason :
	    held.len == 0 ? "the instance does not hold it" :
	    "the instance holds another value", err);
}

int
give_differences(const struct mirror *m, const struct doc_line *wanted,
    const struct doc_line *held, struct buf *why, struct give_tally *ret,
    struct err *err)
{
	const struct field history = { 0, { "history", 7 }, { "", 0 } };
	CLEANUP(buf_clear) struct buf news = BUF_INIT;
	struct json_span theirs = doc_entries(held);
	struct differing d = { .m = m, .why = why };
	const char *reason;
	int rc;

	d.type = line_text(&wanted->text, wanted->parts.type);

	if ((rc = terms_differ(doc_fields(wanted), doc_fields(held),
	    each_difference, &d, err)) < 0 ||
	    (rc = doc_news(doc_entries(wanted), &theirs, 1, &news, err)) < 0)
		return rc;
	if (rc > 0) {
		reason = nature(&d, &history);
		if ((rc = add_difference(&d, "history", reason != NULL ?
		    reason : "the instance does not hold all of it", err)) < 0)
			return rc;
	}
	*ret = d.n;
	return d.n.count;
}

/* Does it show what looks like the winner, with all of the history? */
static int
is_shown(struct give_one *x, struct err *err)
{
	CLEANUP(buf_freep) char *like = NULL;
	CLEANUP(buf_freep) struct version **list = NULL;
	CLEANUP(buf_clear) struct buf history = BUF_INIT;
	const struct siblings *all = &x->base.all;
	struct siblings shown = { NULL, 0 }, set = x->base.object.set;
	size_t i, k;
	int rc, grew, found = 0;

	like = calloc(set.count + 1, 1);
	list = calloc(all->count + 1, sizeof *list);
	if (like == NULL || list == NULL)
		return err_oom(err);
	merge_shown(set, like);
	for (i = 0; i < all->count; i++) {
		if (!x->base.shown[i])
			continue;
		list[shown.count++] = all->v[i];
		for (k = 0; k < set.count; k++)
			found |= like[k] && set.v[k] == all->v[i];
	}
	shown.v = list;
	if (!found)
		return 0;
	if ((rc = merge_history(shown, (struct json_span){ "", 0 }, &history,
	    &grew, err)) < 0)
		return rc;
	return json_count(json_of(&history)) ==
	    json_count(doc_entries(&x->wanted));
}

int
give_is_same(struct give *g, struct give_one *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf why = BUF_INIT;
	struct give_tally tally;
	int rc;

	if (!x->exists || x->deleted || x->row.doc.len == 0 ||
	    x->row.state == INSTANCE_WAITING)
		return 0;

	/* A name of ours that it does not know looks as it shall be, too. */
	if (!g->r->facts.keeps_uids && (g->pass == 2 ||
	    x->row.state == INSTANCE_REFUSED))
		return 0;
	rc = give_differences(g->r->m, &x->wanted, &x->held, &why, &tally,
	    err);
	if (rc <= 0)
		return rc < 0 ? rc : 1;
	if (x->row.state != INSTANCE_HELD || g->q->all || g->pass == 2)
		return 0;
	return is_shown(x, err);
}

int
give_tried(const struct give *g, const struct give_one *x, struct buf *note,
    struct err *err)
{
	buf_addf(note, "%s %llu %s", x->hash, (unsigned long long)x->open,
	    g->r->facts.mode);
	return buf_str(note) == NULL ? err_oom(err) : 0;
}

int
give_is_hopeless(struct give *g, struct store *s, const struct give_one *x,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf now = BUF_INIT, tried = BUF_INIT;
	int rc;

	if (g->q->all || x->row.state != INSTANCE_REFUSED ||
	    x->row.tries < GIVE_TRIES || x->deleted)
		return 0;
	if ((rc = give_tried(g, x, &now, err)) < 0 ||
	    (rc = note_get(s, GIVE_TRIED, x->uid.at, &tried, err)) <= 0)
		return rc;
	return strcmp(tried.at, now.at) == 0;
}
