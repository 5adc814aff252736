#include <string.h>

#include "../store/patch.h"
#include "../store/refs.h"
#include "give.h"
#include "intent.h"
#include "note.h"
#include "terms.h"

/* Three states of an object meet here: as it was last read (L), as it was
 * meant to be (I), as it is (N).  What N has that neither L nor I has is
 * noted as {"d":F,"l":F,"news":entries,"s":F}: F of L with those changes, F
 * of L, new entries of the history, F of L with those changes that our write
 * did not mean to make at all: these are an edit.  After the next write, read
 * back as H, what the instance makes of our values is known, and is none. */

#define UNCLEAR "unclear"

int
give_unclear(struct store *s, const char *uid, struct buf *out,
    struct err *err)
{
	return note_get(s, UNCLEAR, uid, out, err);
}

int
give_intended(struct store *s, const char *uid, struct err *err)
{
	int rc;

	if ((rc = intent_drop(s, uid, err)) < 0)
		return rc;
	return note_put(s, UNCLEAR, uid, NULL, err);
}

/* --- before the next write --------------------------------------------- */

/* L, I and N taken apart. */
struct states {
	struct doc_line last, meant, now;
	struct buf line;		/* I */
};

static void
states_clear(struct states *t)
{
	doc_line_clear(&t->last);
	doc_line_clear(&t->meant);
	doc_line_clear(&t->now);
	buf_clear(&t->line);
}

static int
states_read(struct store *s, const struct doc *d, struct states *t,
    struct err *err)
{
	struct json_span uid = json_of(&d->uid);
	int rc;

	if ((rc = intent_line(s, d->uid.at, &t->line, err)) < 0 ||
	    (rc = doc_line_read(s, uid, json_of(&d->row.doc), &t->last,
	    err)) < 0 ||
	    (rc = doc_line_read(s, uid, json_of(&t->line), &t->meant,
	    err)) < 0)
		return rc;
	return doc_line_read(s, uid, json_of(&d->line), &t->now, err);
}

static void
add_fields(struct buf *out, struct json_span f)
{
	buf_add(out, f.len > 0 ? f.at : "{}", f.len > 0 ? f.len : 2);
}

/* Has `now` references of `meant` alone, and not all of them?  Then it was
 * written when some of their targets were not there yet. */
static int
lacks_refs(struct json_span meant, struct json_span now)
{
	struct refs_walk all = refs_walk(meant), w = refs_walk(now), x;
	struct json_span a, b;
	size_t wanted = 0, had = 0;
	int found;

	while (refs_next(&all, &a))
		wanted++;
	while (refs_next(&w, &a)) {
		x = refs_walk(meant);
		for (found = 0; !found && refs_next(&x, &b);)
			found = json_same(a, b);
		if (!found)
			return 0;
		had++;
	}
	return had < wanted;
}

/* Append an object of fields, each that lacks references as it was meant. */
static void
add_whole(struct json_span meant, struct json_span now, struct buf *out)
{
	struct json_span key, value, ours, inner = { "{}", 2 };
	struct json_walk w = json_walk(now);
	struct field f = { 0, { "", 0 }, { "", 0 } };
	char c = '{';

	for (; json_next(&w, &key, &value); c = ',') {
		buf_addf(out, "%c\"%.*s\":", c, (int)key.len, key.at);
		f.name = key;
		if (!version_field(meant, &f, &ours))
			ours = value;
		if (key.len == 6 && memcmp(key.at, "fields", 6) == 0 &&
		    json_kind(value) == '{' && meant.len > 0) {
			(void)json_member(meant, "fields", &inner);
			add_whole(inner, value, out);
		} else if (lacks_refs(ours, value)) {
			buf_add(out, ours.at, ours.len);
		} else {
			buf_add(out, value.at, value.len);
		}
	}
	buf_adds(out, c == '{' ? "{}" : "}");
}

/* Append F of L, but where we meant no change as it is now. */
static int
add_sure(struct json_span last, struct json_span meant, struct json_span now,
    struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf mixed = BUF_INIT;

	if (last.len == 0)
		return 0;
	if (terms_patch(now, last, meant, &mixed, err) < 0)
		return -(int)err->code;
	return terms_patch(last, meant, json_of(&mixed), out, err);
}

/* What is noted, or is to be. */
struct rest {
	struct buf fields, sure, news;	/* "d", "s", "news" */
	int count;			/* fields that "d" has changed */
};

static void
rest_clear(struct rest *x)
{
	buf_clear(&x->fields);
	buf_clear(&x->sure);
	buf_clear(&x->news);
}

/* Append `now`, but what `old` has changed of `last` as it has. */
static int
keep_old(struct json_span last, struct json_span old, struct buf *now,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf both = BUF_INIT;
	int rc;

	if ((rc = terms_patch(json_of(now), last, old, &both, err)) < 0)
		return rc;
	buf_reset(now);
	buf_add(now, both.at, both.len);
	return buf_check(now, err);
}

/* What was noted before, by a run that did not come to its end either, stays:
 * the write after that may have overwritten it. */
static int
join_old(struct json_span note, const struct states *t, struct rest *x,
    struct err *err)
{
	struct json_span last = doc_fields(&t->last), d, sure, news;
	CLEANUP(buf_clear) struct buf more = BUF_INIT;
	int rc;

	if (note.len == 0 || !json_member(note, "d", &d) ||
	    !json_member(note, "s", &sure) ||
	    !json_member(note, "news", &news))
		return 0;
	if ((rc = keep_old(last, d, &x->fields, err)) < 0 ||
	    (sure.len > 2 &&
	    (rc = keep_old(last, sure, &x->sure, err)) < 0) ||
	    (rc = doc_news(json_of(&x->news), &news, 1, &more, err)) < 0)
		return rc;
	buf_reset(&x->news);
	if (news.len > 2)
		buf_add(&x->news, news.at, news.len - (more.len > 0));
	if (more.len > 0)
		buf_addc(&x->news, news.len > 2 ? ',' : '[');
	if (more.len > 0)
		buf_add(&x->news, more.at + 1, more.len - 1);
	return buf_check(&x->news, err);
}

/* What N has that neither L nor I has. */
static int
find_rest(const struct states *t, struct json_span old, struct rest *x,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf now = BUF_INIT, none = BUF_INIT;
	struct json_span last = doc_fields(&t->last), known[2];
	struct json_span meant = doc_fields(&t->meant);
	int rc;

	known[0] = doc_entries(&t->last);
	known[1] = doc_entries(&t->meant);
	add_whole(meant, doc_fields(&t->now), &now);
	if ((rc = buf_check(&now, err)) < 0 ||
	    (rc = add_sure(last, meant, json_of(&now), &x->sure, err)) < 0 ||
	    (rc = terms_patch(last, meant, json_of(&now), &x->fields,
	    err)) < 0 ||
	    (rc = doc_news(doc_entries(&t->now), known, 2, &x->news,
	    err)) < 0 ||
	    (rc = join_old(old, t, x, err)) < 0)
		return rc;
	x->count = terms_patch(last, last, json_of(&x->fields), &none, err);
	return x->count;
}

/* Note it; nothing if there is nothing. */
static int
note_rest(struct store *s, const struct doc *d, const struct states *t,
    const struct rest *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf note = BUF_INIT;

	if (x->count == 0 && x->news.len == 0)
		return 0;
	buf_adds(&note, "{\"d\":");
	add_fields(&note, json_of(&x->fields));
	buf_adds(&note, ",\"l\":");
	add_fields(&note, doc_fields(&t->last));
	buf_adds(&note, ",\"news\":");
	buf_add(&note, x->news.len > 0 ? x->news.at : "[]",
	    x->news.len > 0 ? x->news.len : 2);
	buf_adds(&note, ",\"s\":");
	add_fields(&note, json_of(&x->sure));
	buf_addc(&note, '}');
	return buf_str(&note) == NULL ? err_oom(err) :
	    note_put(s, UNCLEAR, d->uid.at, note.at, err);
}

/* Is it as it shall be?  Then that is what came of the write: unless an edit
 * was noted, which the write may have undone. */
static int
settle_same(struct give *g, struct store *s, const struct doc *d,
    const struct states *t, struct err *err)
{
	CLEANUP(give_one_clear) struct give_one x = GIVE_ONE_INIT;
	CLEANUP(buf_clear) struct buf why = BUF_INIT;
	struct give_tally tally;
	struct json_span ref;
	struct refs_walk w;
	int rc;

	if ((rc = give_read(g, s, d->uid.at, &x, err)) <= 0 || x.deleted ||
	    x.unclear.len > 0)
		return rc < 0 ? rc : 0;
	if (t->now.unknown > 0 || (rc = give_differences(g->r->m, &x.wanted,
	    &t->now, &why, &tally, err)) != 0)
		return rc < 0 ? rc : 0;
	buf_reset(&x.row.doc);
	buf_add(&x.row.doc, d->line.at, d->line.len);
	buf_reset(&x.row.remote);
	buf_add(&x.row.remote, d->remote.at, d->remote.len);
	x.row.seen = g->r->seen;
	if ((rc = give_same(g, s, &x, err)) < 0)
		return rc;

	/* A name of ours that it does not know looks right, too. */
	w = refs_walk(json_of(&x.line));
	if (!g->r->facts.keeps_uids && refs_next(&w, &ref) &&
	    refs_next(&w, &ref) && (rc = instance_due_set(s, x.uid.at,
	    x.uid.len, 2, err)) < 0)
		return rc;
	return 1;
}

struct arrival {
	struct json_span now;		/* F of N */
	int count;
};

static int
each_change(void *ctx, const struct field *f, struct json_span last,
    struct err *err)
{
	struct arrival *a = ctx;
	struct json_span x;
	int there = version_field(a->now, f, &x);

	(void)last;
	(void)err;
	a->count += f->value.len == 0 ? !there :
	    there && json_same(x, f->value);
	return 0;
}

/* Was it written?  Then something is as it was meant and not as it was; or it
 * was not there at all. */
static int
was_written(const struct states *t, struct err *err)
{
	struct arrival a = { doc_fields(&t->now), 0 };
	int rc;

	if (doc_fields(&t->last).len == 0)
		return 1;
	rc = terms_differ(doc_fields(&t->meant), doc_fields(&t->last),
	    each_change, &a, err);
	return rc < 0 ? rc : a.count > 0;
}

/* It is neither as it was nor as it shall be.  Whoever made an edit that was
 * noted before has seen what was there before that. */
static int
settle_unclear(struct store *s, const struct doc *d, const struct states *t,
    struct err *err)
{
	CLEANUP(rest_clear) struct rest x = { .count = 0 };
	CLEANUP(buf_clear) struct buf old = BUF_INIT, none = BUF_INIT;
	struct json_span fields, last = doc_fields(&t->last);
	int rc, edited = 0;

	if ((rc = give_unclear(s, d->uid.at, &old, err)) < 0)
		return rc;
	if (rc > 0 && json_member(json_of(&old), "d", &fields) &&
	    (edited = terms_patch(last, last, fields, &none, err)) < 0)
		return edited;
	if ((rc = edited ? 0 : was_written(t, err)) < 0)
		return rc;
	rc = rc > 0 ? intent_done(s, d->uid.at, err) :
	    intent_undone(s, d->uid.at, err);
	if (rc < 0 || (rc = find_rest(t, json_of(&old), &x, err)) < 0)
		return rc;
	return note_rest(s, d, t, &x, err);
}

int
give_settle(void *give, struct store *s, const struct doc *d,
    struct err *err)
{
	CLEANUP(states_clear) struct states t = { .line = BUF_INIT };
	CLEANUP(instance_row_clear) struct instance_row row =
	    INSTANCE_ROW_INIT;
	struct give *g = give;
	int rc;

	if (doc_is_same(d)) {
		rc = intent_undone(s, d->uid.at, err);
	} else if ((rc = states_read(s, d, &t, err)) >= 0) {
		if ((rc = settle_same(g, s, d, &t, err)) != 0)
			return rc < 0 ? rc : 0;
		rc = settle_unclear(s, d, &t, err);
	}
	if (rc < 0 || (rc = instance_get(s, d->uid.at, d->uid.len, &row,
	    err)) <= 0)
		return rc;
	buf_reset(&row.remote);
	buf_add(&row.remote, d->remote.at, d->remote.len);
	row.seen = g->r->seen;
	return instance_put(s, &row, err);
}

/* --- after it ---------------------------------------------------------- */

/* The id there, if it is what the record has been given there, stands for the
 * record's own. */
static void
add_own_id(const struct give_one *x, struct json_span rest,
    struct json_span held, struct buf *out)
{
	CLEANUP(buf_clear) struct buf id = BUF_INIT;
	struct patch p = { "id", { "", 0 } };

	(void)json_member_text(rest, "id", &id);
	if (id.len > 0 && json_same(json_of(&id), json_of(&x->row.remote_id)) &&
	    json_member(held, "id", &p.value))
		patch_object(out, rest, &p, 1);
	else
		buf_add(out, rest.at, rest.len);
}

/* Append F of what is shown with the edit on it; how many fields differ. */
static int
add_edit(struct give_one *x, struct json_span before,
    const struct doc_line *held, struct buf *out, struct err *err)
{
	CLEANUP(buf_clear) struct buf own = BUF_INIT, rest = BUF_INIT;
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;
	struct json_span note = json_of(&x->unclear), d, l, sure;
	int rc, count, more;

	if (!json_member(note, "d", &d) || !json_member(note, "l", &l) ||
	    !json_member(note, "s", &sure))
		return err_set(err, E_DAMAGED, "a bad note of \"%s\"",
		    x->uid.at);
	add_own_id(x, d, doc_fields(held), &own);
	if ((rc = buf_check(&own, err)) < 0 ||
	    (rc = terms_patch(l, doc_fields(held), json_of(&own), &rest,
	    err)) < 0 ||
	    (rc = count = terms_patch(before, l, json_of(&rest), &fields,
	    err)) < 0 ||
	    (rc = more = terms_patch(json_of(&fields), l, sure, out,
	    err)) < 0)
		return rc;
	return count + more;
}

int
give_unclear_edit(struct store *s, struct give_one *x,
    const struct doc_line *held, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	CLEANUP(buf_clear) struct buf fields = BUF_INIT, news = BUF_INIT;
	struct json_span entries, known = doc_entries(held);
	struct merge_edit e = { .clock = s->clock };
	int count, more, rc;

	if ((rc = intent_undone(s, x->uid.at, err)) < 0 ||
	    (rc = instance_base(s, x->uid.at, x->uid.len, &base, err)) < 0 ||
	    base.winner == NULL || base.winner->fields.len == 0)
		return rc < 0 ? rc : 0;
	if ((count = add_edit(x, base.winner->fields, held, &fields,
	    err)) < 0)
		return count;
	if (!json_member(json_of(&x->unclear), "news", &entries))
		entries = known;
	if ((more = doc_news(entries, &known, 1, &news, err)) < 0)
		return more;
	if (count == 0 && more == 0)
		return 0;
	e.type = base.winner->type;
	e.fields = json_of(&fields);
	e.entries = json_of(&news);
	return instance_edit(s, x->uid.at, x->uid.len, &base, &e, err);
}
