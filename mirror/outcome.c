#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "give.h"
#include "intent.h"
#include "note.h"

/* What the instance shows is now the winner. */
static int
show_winner(struct store *s, const struct give_one *x, struct err *err)
{
	CLEANUP(buf_freep) char *like = NULL;
	CLEANUP(buf_freep) struct version **list = NULL;
	struct siblings set = x->base.object.set;
	size_t i, count = 0;

	like = calloc(set.count + 1, 1);
	list = calloc(set.count + 1, sizeof *list);
	if (like == NULL || list == NULL)
		return err_oom(err);
	merge_shown(set, like);
	for (i = 0; i < set.count; i++)
		if (like[i])
			list[count++] = set.v[i];
	return instance_show(s, x->uid.at, x->uid.len, list, count, err);
}

/* What was tried and is not held, and how often. */
static int
put_tried(struct give *g, struct store *s, struct give_one *x, int failed,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf now = BUF_INIT, before = BUF_INIT;
	int rc;

	if (!failed) {
		x->row.tries = 0;
		return note_put(s, GIVE_TRIED, x->uid.at, NULL, err);
	}
	if ((rc = give_tried(g, x, &now, err)) < 0 ||
	    (rc = note_get(s, GIVE_TRIED, x->uid.at, &before, err)) < 0)
		return rc;
	if (rc == 0 || strcmp(before.at, now.at) != 0)
		x->row.tries = 1;
	return note_put(s, GIVE_TRIED, x->uid.at, now.at, err);
}

/* Written down, and off the list: or there for another pass. */
static int
put_row(struct store *s, struct give_one *x, int pass, struct err *err)
{
	int rc;

	doc_set(&x->row.uid, json_of(&x->uid));
	if ((rc = instance_put(s, &x->row, err)) < 0 ||
	    (rc = give_intended(s, x->uid.at, err)) < 0)
		return rc;
	return instance_due_set(s, x->uid.at, x->uid.len, pass, err);
}

int
give_same(struct give *g, struct store *s, struct give_one *x,
    struct err *err)
{
	int rc;

	x->row.state = INSTANCE_HELD;
	x->row.seq = x->base.object.seq;
	buf_reset(&x->row.why);
	if (g->pass == 1)
		g->n->same++;
	if ((rc = show_winner(s, x, err)) < 0 ||
	    (rc = put_tried(g, s, x, 0, err)) < 0)
		return rc;
	return put_row(s, x, 0, err);
}

int
give_refused(struct give *g, struct store *s, struct give_one *x,
    const char *reason, struct err *err)
{
	int rc;

	g->n->refused++;
	x->row.state = INSTANCE_REFUSED;
	if ((rc = doc_why_only(&x->row.why, reason, err)) < 0 ||
	    (rc = put_tried(g, s, x, 1, err)) < 0)
		return rc;

	if ((rc = intent_undone(s, x->uid.at, err)) < 0)
		return rc;
	return put_row(s, x, 0, err);
}

/* --- written ----------------------------------------------------------- */

/* The attachment of what was wanted that an attachment there is: of the same
 * field and name, and size if that is said. */
static int
is_same_file(struct json_span theirs, struct json_span ours)
{
	static const char *const keys[] = { "field", "name", "size" };
	struct json_span a, b;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (json_member(theirs, keys[i], &a) &&
		    (!json_member(ours, keys[i], &b) || !json_same(a, b)))
			return 0;
	return 1;
}

/* What was given is what is there: its token is known from now on. */
static int
learn_token(struct store *s, const struct give_one *x,
    struct json_span theirs, struct err *err)
{
	struct json_span array, none, ours, token, hex, field = { "", 0 };
	unsigned char hash[32];
	struct json_span size;
	struct json_walk w;
	uint64_t bytes;
	int rc;

	if (json_kind(theirs) != '{' ||
	    !json_member(theirs, "token", &token) ||
	    !json_member(json_of(&x->wanted.plain), "attachments", &array) ||
	    json_kind(array) != '[')
		return 0;
	(void)json_member(theirs, "field", &field);
	if ((rc = instance_blob(s, x->uid.at, x->uid.len, field, token, hash,
	    &bytes, err)) != 0)
		return rc < 0 ? rc : 0;
	for (w = json_walk(array); json_next(&w, &none, &ours);) {
		if (!is_same_file(theirs, ours) ||
		    !json_member(ours, "blake2b", &hex) ||
		    !json_plain(hex, &hex) ||
		    text_unhex(hash, 32, hex.at, hex.len) < 0 ||
		    !json_member(ours, "size", &size) ||
		    json_uint(&bytes, size, COUNTER_MAX) < 0)
			continue;
		return instance_blob_put(s, x->uid.at, x->uid.len, field,
		    token, hash, bytes, err);
	}
	return 0;
}

static int
learn_tokens(struct store *s, const struct give_one *x,
    struct json_span line, struct err *err)
{
	struct json_span array, none, item;
	struct json_walk w;
	int rc;

	if (!json_member(line, "attachments", &array) ||
	    json_kind(array) != '[')
		return 0;
	for (w = json_walk(array); json_next(&w, &none, &item);)
		if ((rc = learn_token(s, x, item, err)) < 0)
			return rc;
	return 0;
}

/* Its name there, and its id there if that is not the record's: as it was
 * intended, if it could not be read back. */
static int
take_names(struct store *s, struct give_one *x, const struct mirror_put *put,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf id = BUF_INIT, record = BUF_INIT;

	if (put->remote.len > 0)
		doc_set(&x->row.remote, json_of(&put->remote));
	else
		doc_set(&x->row.remote, json_of(&x->remote));
	doc_set(&x->row.uid, json_of(&x->uid));
	if (put->read_back.len == 0)
		return instance_put(s, &x->row, err);
	(void)json_member_text(json_of(&put->read_back), "id", &id);
	(void)json_member_text(json_of(&x->line), "id", &record);
	buf_reset(&x->row.remote_id);
	if (record.len > 0 && !json_same(json_of(&id), json_of(&record)))
		doc_set(&x->row.remote_id, json_of(&id));
	return instance_put(s, &x->row, err);
}

/* What is there now, in our terms: what comes back of a line by its own
 * names is that line's. */
static int
read_held(struct store *s, struct give_one *x, const struct mirror_put *put,
    struct doc_line *held, struct err *err)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	struct instance_row as = x->row;	/* borrows */
	int rc;

	as.doc = x->line;
	if ((rc = doc_as(s, json_of(&put->read_back), &as, &d, err)) < 0)
		return rc;
	if (!json_same(json_of(&d.uid), json_of(&x->uid)))
		return err_set(err, E_DEST_MISMATCH, "another object was read "
		    "back");
	if ((rc = learn_tokens(s, x, json_of(&d.line), err)) < 0 ||
	    (rc = doc_line_read(s, json_of(&x->uid), json_of(&d.line), held,
	    err)) < 0)
		return rc;
	doc_set(&x->row.doc, json_of(&d.line));
	return buf_check(&x->row.doc, err);
}

/* It is there; what of it is not held is listed. */
static int
put_held(struct give *g, struct store *s, struct give_one *x,
    const struct doc_line *held, struct err *err)
{
	struct give_tally tally;
	int rc, failed, again;

	buf_reset(&x->row.why);
	buf_addc(&x->row.why, '[');
	if ((rc = give_differences(g->r->m, &x->wanted, held, &x->row.why,
	    &tally, err)) < 0)
		return rc;
	failed = tally.count - tally.natural;
	again = g->pass == 1 && (x->open > 0 || tally.late > 0);
	if (x->open > 0 && !g->r->facts.keeps_uids) {
		failed++;
		if (tally.count++ > 0)
			buf_addc(&x->row.why, ',');
		if ((rc = doc_why(&x->row.why, NULL, "it refers to what is "
		    "not there", err)) < 0)
			return rc;
	}
	buf_addc(&x->row.why, ']');
	if (tally.count == 0)
		buf_reset(&x->row.why);
	g->n->partly += failed > 0 && !again;
	g->n->lossy += failed == 0 && tally.natural > 0 && !again;
	x->row.state = failed > 0 ? INSTANCE_REFUSED : INSTANCE_HELD;
	x->row.seq = x->base.object.seq;
	if ((rc = buf_check(&x->row.why, err)) < 0 ||
	    (rc = show_winner(s, x, err)) < 0 ||
	    (rc = put_tried(g, s, x, failed > 0, err)) < 0)
		return rc;
	return put_row(s, x, again ? 2 : 0, err);
}

/* It was written, and what came of it is not known: as one whose end is
 * unclear, so that an edit made after it is told from it. */
static int
put_unread(struct give *g, struct store *s, struct give_one *x,
    const char *reason, struct err *err)
{
	int rc;

	g->n->waiting++;
	if ((rc = doc_why_only(&x->row.why, reason, err)) < 0 ||
	    (rc = instance_put(s, &x->row, err)) < 0)
		return rc;
	return instance_due_set(s, x->uid.at, x->uid.len, 0, err);
}

/* We wrote over an edit, which is a version now: it is to be given back. */
static int
put_edited(struct store *s, struct give_one *x, struct err *err)
{
	int rc;

	x->row.state = INSTANCE_REFUSED;
	x->row.tries = 0;
	if ((rc = doc_why_only(&x->row.why, "it was edited while a write was "
	    "interrupted", err)) < 0)
		return rc;
	return put_row(s, x, 1, err);
}

static int
is_taken_name(struct store *s, const struct give_one *x,
    const struct mirror_put *put, struct err *err)
{
	CLEANUP(buf_clear) struct buf uid = BUF_INIT;
	int rc;

	if (put->remote.len == 0)
		return 0;
	rc = instance_uid_of(s, put->remote.at, put->remote.len, &uid, err);
	return rc <= 0 ? rc : !json_same(json_of(&uid), json_of(&x->uid));
}

static int
put_done(struct give *g, struct store *s, struct give_one *x,
    const struct mirror_put *put, struct err *err)
{
	CLEANUP(doc_line_clear) struct doc_line held = DOC_LINE_INIT;
	struct err why = ERR_INIT;
	int rc;

	if ((rc = is_taken_name(s, x, put, err)) != 0)
		return rc < 0 ? rc : give_refused(g, s, x, "the instance gave "
		    "it the UID of another object", err);
	if (g->pass == 1 && x->exists)
		g->n->updated++;
	else if (g->pass == 1)
		g->n->created++;
	if ((rc = take_names(s, x, put, err)) < 0)
		return rc;
	if (put->read_back.len == 0)
		return put_unread(g, s, x, "it could not be read back", err);
	if ((rc = read_held(s, x, put, &held, &why)) < 0) {
		if (run_is_of_object(&why))
			return put_unread(g, s, x, why.text, err);
		*err = why;
		return rc;
	}
	if (x->unclear.len > 0) {
		if ((rc = give_unclear_edit(s, x, &held, err)) < 0)
			return rc;
		if (rc > 0)
			return put_edited(s, x, err);
	}
	return put_held(g, s, x, &held, err);
}

static int
put_gone(struct give *g, struct store *s, struct give_one *x,
    struct err *err)
{
	int rc;

	x->row.state = INSTANCE_HELD;
	if (!x->deleted) {
		/* The next notice tells whether it was deleted. */
		g->n->waiting++;
		if ((rc = intent_undone(s, x->uid.at, err)) < 0)
			return rc;
		return put_row(s, x, 0, err);
	}
	g->n->deleted++;
	x->row.seq = x->base.object.seq;
	buf_reset(&x->row.remote);
	buf_reset(&x->row.remote_id);
	buf_reset(&x->row.doc);
	buf_reset(&x->row.why);
	if ((rc = show_winner(s, x, err)) < 0 ||
	    (rc = put_tried(g, s, x, 0, err)) < 0)
		return rc;
	return put_row(s, x, 0, err);
}

int
give_outcome(struct give *g, struct store *s, struct give_one *x,
    const struct mirror_put *put, struct err *err)
{
	switch (put->result) {
	case MIRROR_DONE:
		return x->deleted ? put_gone(g, s, x, err) :
		    put_done(g, s, x, put, err);
	case MIRROR_GONE:
		return put_gone(g, s, x, err);
	case MIRROR_REFUSED:
		return give_refused(g, s, x, put->reason.len > 0 ?
		    put->reason.at : "the instance refused it", err);
	case MIRROR_UNKNOWN:
		break;
	}
	g->n->waiting++;
	return instance_due_set(s, x->uid.at, x->uid.len, 0, err);
}
