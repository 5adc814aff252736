#include "intent.h"

#include <stdlib.h>
#include <string.h>

#include "note.h"

#define INTENT "intent"

/* --- beginning --------------------------------------------------------- */

/* What is shown (1) and what is to be (2), for each of base->all. */
static int
mark(const struct instance_base *base, int not_there, char *marks,
    struct err *err)
{
	CLEANUP(buf_freep) char *like = NULL;
	struct siblings set = base->object.set;
	size_t i, k;

	if ((like = calloc(set.count + 1, 1)) == NULL)
		return err_oom(err);
	merge_shown(set, like);
	for (i = 0; i < base->all.count; i++) {
		marks[i] = base->shown[i] && !not_there ? 1 : 0;
		for (k = 0; k < set.count; k++)
			if (like[k] && set.v[k] == base->all.v[i])
				marks[i] = (char)(marks[i] | 2);
	}
	return 0;
}

static void
add_dots(const struct instance_base *base, const char *marks, char which,
    struct buf *out)
{
	char c = '[';
	size_t i;

	for (i = 0; i < base->all.count; i++) {
		if ((marks[i] & which) == 0)
			continue;
		buf_addc(out, c);
		dot_add(out, &base->all.v[i]->dot);
		c = ',';
	}
	buf_adds(out, c == '[' ? "[]" : "]");
}

static int
put_note(struct store *s, const char *uid, const struct instance_base *base,
    const char *marks, const struct doc_line *wanted, struct err *err)
{
	CLEANUP(buf_clear) struct buf note = BUF_INIT;

	buf_adds(&note, "{\"dots\":");
	add_dots(base, marks, 2, &note);
	buf_adds(&note, ",\"line\":");
	buf_add(&note, wanted->plain.at, wanted->plain.len);
	buf_adds(&note, ",\"was\":");
	add_dots(base, marks, 1, &note);
	buf_addc(&note, '}');
	if (buf_str(&note) == NULL)
		return err_oom(err);
	return note_put(s, INTENT, uid, note.at, err);
}

int
intent_put(struct store *s, const char *uid,
    const struct instance_base *base, const struct doc_line *wanted,
    int not_there, struct err *err)
{
	CLEANUP(buf_freep) char *marks = NULL;
	CLEANUP(buf_freep) struct version **list = NULL;
	size_t i, count = 0;
	int rc;

	marks = calloc(base->all.count + 1, 1);
	list = calloc(base->all.count + 1, sizeof *list);
	if (marks == NULL || list == NULL)
		return err_oom(err);
	if ((rc = mark(base, not_there, marks, err)) < 0 ||
	    (rc = put_note(s, uid, base, marks, wanted, err)) < 0)
		return rc;
	for (i = 0; i < base->all.count; i++)
		if (marks[i] != 0)
			list[count++] = base->all.v[i];
	return instance_show(s, uid, strlen(uid), list, count, err);
}

/* --- ending ------------------------------------------------------------ */

int
intent_line(struct store *s, const char *uid, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf note = BUF_INIT;
	struct json_span line;
	int rc;

	if ((rc = note_get(s, INTENT, uid, &note, err)) <= 0 || !json_member(
	    (struct json_span){ note.at, note.len }, "line", &line))
		return rc < 0 ? rc : 0;
	buf_add(out, line.at, line.len);
	return buf_check(out, err) < 0 ? -(int)err->code : 1;
}

static int
has_dot(struct json_span dots, const struct dot *d)
{
	struct json_walk w = json_walk(dots);
	struct json_span none, item;
	struct dot x;

	while (json_next(&w, &none, &item))
		if (dot_parse(&x, item) == 0 && dot_cmp(&x, d) == 0)
			return 1;
	return 0;
}

/* Only those of a list of the note are shown. */
static int
show(struct store *s, const char *uid, const char *which, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	CLEANUP(buf_freep) struct version **list = NULL;
	CLEANUP(buf_clear) struct buf note = BUF_INIT;
	struct json_span dots;
	size_t i, count = 0, len = strlen(uid);
	int rc;

	if ((rc = note_get(s, INTENT, uid, &note, err)) <= 0 || !json_member(
	    (struct json_span){ note.at, note.len }, which, &dots))
		return rc < 0 ? rc : 0;
	if ((rc = instance_base(s, uid, len, &base, err)) <= 0)
		return rc;
	if ((list = calloc(base.all.count + 1, sizeof *list)) == NULL)
		return err_oom(err);
	for (i = 0; i < base.all.count; i++)
		if (has_dot(dots, &base.all.v[i]->dot))
			list[count++] = base.all.v[i];
	rc = instance_show(s, uid, len, list, count, err);
	return rc < 0 ? rc : 1;
}

int
intent_done(struct store *s, const char *uid, struct err *err)
{
	return show(s, uid, "dots", err);
}

int
intent_undone(struct store *s, const char *uid, struct err *err)
{
	return show(s, uid, "was", err);
}

int
intent_drop(struct store *s, const char *uid, struct err *err)
{
	return note_put(s, INTENT, uid, NULL, err);
}
