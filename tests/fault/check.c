#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/file.h"
#include "../../format/reader.h"

#define KILLED (256 + SIGKILL)

void
trial_clear(struct trial *t)
{
	said_clear(&t->said);
	buf_clear(&t->list);
	buf_clear(&t->wrong);
}

#define WRONG(t, ...) do {						\
	buf_addf(&(t)->wrong, "  ");					\
	buf_addf(&(t)->wrong, __VA_ARGS__);				\
	buf_addc(&(t)->wrong, '\n');					\
} while (0)

/* libarchive ends a program that has no memory, with these words alone. */
#define ENDED "Fatal Internal Error in libarchive: Out of memory\n"

static int
is_ended(struct trial *t)
{
	return t->fault->set == TRACE_MEMORY &&
	    said_exit(&t->said) == 1 &&
	    strcmp(buf_str(&t->said.err), ENDED) == 0;
}

static int
is_kill(const struct trace_fault *f)
{
	return f->act == TRACE_KILL || f->act == TRACE_KILL_AFTER ||
	    f->act == TRACE_TEAR;
}

/* --- files ------------------------------------------------------------- */

#define LINE_SIZE 512u

/* The next line of a list, without its end.  0 if there is none. */
static int
next_line(const char **at, char ret[LINE_SIZE])
{
	const char *end = strchr(*at, '\n');

	if (end == NULL)
		return 0;
	(void)snprintf(ret, LINE_SIZE, "%.*s", (int)(end - *at), *at);
	*at = end + 1;
	return 1;
}

static int
has_line(const struct buf *list, const char *line)
{
	char other[LINE_SIZE];
	const char *at = list->at;

	while (next_line(&at, other))
		if (strcmp(line, other) == 0)
			return 1;
	return 0;
}

/* Is it a file that the site gave a name? */
static int
is_given(const struct trial *t, const char *line)
{
	char from[64];

	(void)snprintf(from, sizeof from, "/lab-%.40s_to_", t->sc->site);
	return strstr(line, from) != NULL && strstr(line, ".part") == NULL;
}

static int64_t
read_file(void *ctx, void *to, size_t len, struct err *err)
{
	FILE *f = ctx;

	(void)err;
	return (int64_t)fread(to, 1, len, f);
}

/* Whole, signed by the site, and what the site remembers of its number? */
static void
check_file(struct trial *t, const char *path)
{
	CLEANUP(reader_clear) struct reader r = { .size = 0 };
	CLEANUP(buf_clear) struct buf pub = BUF_INIT;
	const char *number = strrchr(path, '_');
	FILE *f = fopen(world_path(t->w, path), "r");
	struct reader_in in = { read_file, f };
	struct err err = ERR_INIT;
	struct minisign_pub key;
	enum sums_kind kind;
	char name[64];

	(void)snprintf(name, sizeof name, "%.40s/keys/sign.pub", t->sc->site);
	if (f == NULL || file_read_all(world_path(t->w, name), 4096, &pub,
	    &err) < 0 ||
	    minisign_pub_parse(&key, pub.at, pub.len, &err) < 0)
		die("%s: %s", path, err.text);
	if (reader_walk(&r, &in, &err) < 0 ||
	    reader_authentic(&r, &key, &err) < 0 ||
	    reader_valid(&r, &kind, &err) < 0)
		WRONG(t, "%s is not whole: %s", path, err.text);
	else if (number != NULL && !state_knows(t->w, t->sc->site,
	    strtoull(number + 1, NULL, 10), r.id))
		WRONG(t, "%s is not what the store remembers of it", path);
	(void)fclose(f);
}

/* Each file of a list that the site gave a name. */
static void
check_files(struct trial *t, const struct buf *list)
{
	const char *at = list->at;
	char line[LINE_SIZE];

	while (next_line(&at, line)) {
		if (!is_given(t, line))
			continue;
		line[strcspn(line, " ")] = '\0';
		check_file(t, line);
	}
}

/* What had a name has it still, with the same bytes; but a night may remove
 * what its site wrote. */
static void
check_kept(struct trial *t, const struct buf *now)
{
	const char *at = t->list.at;
	char line[LINE_SIZE];

	while (next_line(&at, line))
		if (strstr(line, ".satchel ") != NULL &&
		    !((t->sc->flags & NIGHT) && is_given(t, line)) &&
		    !has_line(now, line))
			WRONG(t, "no longer there or another: %s", line);
}

static unsigned
count_given(const struct trial *t, const struct buf *list)
{
	const char *at = list->at;
	char line[LINE_SIZE];
	unsigned n = 0;

	while (next_line(&at, line))
		n += strncmp(line, "drop/", 5) == 0 && is_given(t, line);
	return n;
}

/* A night leaves no file that an undisturbed one removes. */
static void
check_removed(struct trial *t, const struct buf *now)
{
	unsigned want = count_given(t, &t->ref->list_after);

	if ((t->sc->flags & NIGHT) && count_given(t, now) != want)
		WRONG(t, "%u files of it lie in the drop, not %u",
		    count_given(t, now), want);
}

static void
check_litter(struct trial *t, const char *when)
{
	static const char *const folders[] = {
		"drop", "old", "cards", "state/satchel", "tmp", "medium"
	}, *const inside[] = { "", "/spool", "/keys", "/.init" };
	CLEANUP(buf_clear) struct buf found = BUF_INIT;
	char path[64];
	size_t i;

	for (i = 0; i < sizeof folders / sizeof *folders; i++)
		world_litter(t->w, folders[i], &found);
	for (i = 0; i < sizeof inside / sizeof *inside; i++) {
		(void)snprintf(path, sizeof path, "%.40s%s", t->sc->site,
		    inside[i]);
		world_litter(t->w, path, &found);
	}
	if (found.len > 0)
		WRONG(t, "left %s:%s", when, buf_str(&found));
}

/* --- after the fault --------------------------------------------------- */

static void
look(struct trial *t)
{
	const struct reference *r = t->ref;

	state_read(t->w, t->sc->site, &t->mid);
	scenario_list(t->w, t->sc, &t->list);
	t->outcome = state_same(&t->mid, &r->before) ? BEFORE :
	    state_same(&t->mid, &r->after) ? AFTER : BETWEEN;
	if (t->mid.is_there && !t->mid.is_sound)
		WRONG(t, "integrity_check fails");
	if (t->outcome == BETWEEN && (t->sc->kind == ONE_STEP ||
	    t->sc->kind == ON_THE_WAY) &&
	    !state_same(&t->mid, &r->again))
		WRONG(t, "the store is neither as before nor as after");
	if (t->sc->kind != FILES)
		return;
	if (memcmp(t->mid.lab, r->before.lab, STATE_HASH) != 0 &&
	    memcmp(t->mid.lab, r->after.lab, STATE_HASH) != 0)
		WRONG(t, "the lab is neither as before nor as after");
	if (t->mid.waiting < r->before.waiting &&
	    t->mid.sequence < r->after.sequence)
		WRONG(t, "a request is forgotten, and is not answered");
	check_files(t, &t->list);
}

void
check_look(struct trial *t)
{
	look(t);
}

static void
check_message(struct trial *t, int exit)
{
	const char *text = buf_str(&t->said.err);

	if (t->fault->set == TRACE_MEMORY && exit == 1 &&
	    strstr(text, "emory\n  next: ") != NULL)
		return;
	if (exit == 1 || strstr(text, "E_INTERNAL") != NULL)
		WRONG(t, "it calls this a bug of its own");
	else if (strstr(text, "satchel: E_") == NULL)
		WRONG(t, "exit %d without a message", exit);
	else if (strstr(text, "\n  next: ") == NULL)
		WRONG(t, "exit %d, and not what to do next", exit);
}

/* Each file of `list` is in `all`, with the same bytes, and no other is
 * missing but one that never got its name. */
static int
is_part(const struct buf *list, const struct buf *all)
{
	const char *at = all->at;
	char line[LINE_SIZE];

	while (next_line(&at, line))
		if (strstr(line, ".satchel ") == NULL && !has_line(list, line))
			return 0;
	for (at = list->at; next_line(&at, line);)
		if (!has_line(all, line))
			return 0;
	return 1;
}

static int
is_done(const struct trial *t)
{
	return state_same(&t->mid, &t->ref->after) &&
	    ((t->sc->flags & DIFFERS) ||
	    is_part(&t->list, &t->ref->list_after));
}

static int
says_done(const char *text)
{
	return strstr(text, "it is done") != NULL ||
	    strstr(text, "it may be done") != NULL;
}

/* --- files with final names -------------------------------------------- */

/* Of a list, a file that the run gave a name. */
static int
next_given(const struct trial *t, const char **at, char ret[LINE_SIZE])
{
	while (next_line(at, ret)) {
		if (!is_given(t, ret) || has_line(&t->ref->list_before, ret))
			continue;
		if (t->sc->flags & DIFFERS)
			ret[strcspn(ret, " ")] = '\0';
		return 1;
	}
	return 0;
}

struct given {
	unsigned count, all;		/* by this run, an undisturbed one */
	int is_begin;			/* they are the first of all */
	char last[LINE_SIZE];		/* path; "" if count is 0 */
};

static void
look_given(const struct trial *t, struct given *ret)
{
	const char *at = t->list.at, *all = t->ref->list_after.at;
	char line[LINE_SIZE], want[LINE_SIZE];

	*ret = (struct given){ .is_begin = 1 };
	while (next_given(t, &at, line)) {
		ret->count++;
		if (!next_given(t, &all, want) || strcmp(line, want) != 0)
			ret->is_begin = 0;
		(void)strcpy(ret->last, line);
		ret->last[strcspn(line, " ")] = '\0';
	}
	for (all = t->ref->list_after.at; next_given(t, &all, want);)
		ret->all++;
}

/* Does a night say more than that something is missing? */
static int
is_night_failed(const struct trial *t, const char *text)
{
	int n = 0;

	while ((text = strstr(text, "satchel: E_")) != NULL) {
		n++;
		text++;
	}
	return (t->sc->flags & NIGHT) && n > (t->sc->exit != 0);
}

/* A run that failed leaves names of files only where a later file of a chain
 * failed, or its message says of the last that it is there.  A refused import
 * exits as ever, and says that it wrote no request. */
static void
check_given(struct trial *t, int exit)
{
	const char *text = buf_str(&t->said.err);
	int failed = exit != t->sc->exit || is_night_failed(t, text) ||
	    strstr(text, "no request was written: ") != NULL;
	char there[LINE_SIZE + 16];
	struct given g;

	look_given(t, &g);
	(void)snprintf(there, sizeof there, "\"%s\" is there", g.last);
	if (!g.is_begin)
		WRONG(t, "exit %d, and other files than undisturbed", exit);
	else if (!failed && g.count < g.all)
		WRONG(t, "exit %d, and %u of %u files", exit, g.count, g.all);
	else if (!(t->sc->flags & NIGHT) && failed && g.count == g.all &&
	    !says_done(text) &&
	    strstr(text, there) == NULL)
		WRONG(t, "exit %d, and all the same %s is there", exit,
		    g.last);
}

/* Exit 2-10 and 14: nothing was changed, or it says that it may be.  Numbers
 * of files do not count. */
static void
check_honest(struct trial *t, int exit)
{
	if (t->sc->kind == FILES) {
		check_given(t, exit);
		return;
	}
	if (exit == t->sc->exit) {
		if (t->sc->kind != SITE && !is_done(t))
			WRONG(t, "exit %d, and it is not done", exit);
		return;
	}
	if (says_done(buf_str(&t->said.err)))
		return;
	if (t->sc->kind == SITE ? t->mid.is_there : t->outcome == AFTER &&
	    t->sc->kind != ON_THE_WAY && !state_same(&t->ref->before, &t->ref->after))
		WRONG(t, "exit %d, and all the same it is done", exit);
}

/* What it could not remove, or made without being told, the next run
 * removes. */
static int
may_litter(const struct trial *t)
{
	const char *call = t->said.end.call;

	return t->fault->on || strncmp(call, "unlink", 6) == 0 ||
	    strcmp(call, "rmdir") == 0 ||
	    (t->fault->act == TRACE_FAIL_LATE && strcmp(call, "openat") == 0);
}

void
check_fault(struct trial *t)
{
	const struct trace_fault *f = t->fault;
	int exit = said_exit(&t->said);

	look(t);
	if (is_kill(f)) {
		if (exit != KILLED && t->said.end.fired > 0)
			WRONG(t, "exit %d, not killed", exit);
		return;
	}
	if ((t->is_ended = is_ended(t)))
		return;
	if (exit >= 256 || exit == 98)
		WRONG(t, "ended by signal %d", exit - 256);
	else if (exit != t->sc->exit)
		check_message(t, exit);
	if (f->act == TRACE_SHORT && exit != t->sc->exit)
		WRONG(t, "exit %d for a short write", exit);
	if (t->fault->set == TRACE_MEMORY && t->said.blocks > t->ref->blocks)
		WRONG(t, "%ld blocks were not freed", t->said.blocks -
		    t->ref->blocks);
	check_honest(t, exit);
	if (!may_litter(t))
		check_litter(t, "by a run that failed");
}

/* --- after the next run ------------------------------------------------ */

/* As one undisturbed run leaves it, or two.  Where it was begun more often, or
 * encryption makes other bytes, what is delivered tells. */
static int
is_as_undisturbed(struct trial *t, const struct state *now,
    const struct buf *list)
{
	const struct reference *r = t->ref;

	if ((t->sc->flags & DIFFERS) ||
	    (t->sc->kind != STEPS && t->outcome == BETWEEN))
		return 1;
	if (state_same(now, &r->after) && is_part(list, &r->list_after))
		return 1;
	return state_same(now, &r->again) && is_part(list, &r->list_again);
}

static void
check_numbers(struct trial *t, const struct state *now)
{
	uint64_t step = t->ref->after.sequence - t->ref->before.sequence;

	if (now->sequence < t->ref->after.sequence ||
	    now->sequence > t->mid.sequence + step)
		WRONG(t, "%u files were written, then %u",
		    (unsigned)t->mid.sequence, (unsigned)now->sequence);
	if (memcmp(now->lab, t->ref->after.lab, STATE_HASH) != 0)
		WRONG(t, "the lab is not as after an undisturbed run");
}

static void
check_delivery(struct trial *t)
{
	CLEANUP(buf_clear) struct buf dump = BUF_INIT;

	scenario_deliver(t->w, &dump);
	if (strcmp(dump.at, t->ref->dump.at) != 0)
		WRONG(t, "b does not get what it gets of an undisturbed run");
}

static void
check_site(struct trial *t)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;
	char words[64];

	(void)snprintf(words, sizeof words, "%s doctor", t->sc->site);
	if (world_run(t->w, words, NULL, &s) != 0 || said_exit(&s) != 0)
		WRONG(t, "doctor: exit %d: %s", said_exit(&s),
		    buf_str(&s.err));
}

/* That of a first run, or of a second where the first was done. */
static int
is_expected_exit(const struct trial *t, int exit)
{
	int again = exit == t->ref->exit_again;

	if (t->sc->kind == SITE)
		return t->mid.is_there ? again : exit == t->sc->exit;
	if (t->sc->kind == FILES || t->outcome == BETWEEN)
		return exit == t->sc->exit;
	if (state_same(&t->ref->before, &t->ref->after))
		return again || exit == t->sc->exit;
	return t->outcome == AFTER ? again : exit == t->sc->exit;
}

void
check_next(struct trial *t)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;
	CLEANUP(buf_clear) struct buf list = BUF_INIT;
	struct state now;

	if (t->sc->kind == SITE && t->mid.is_there)
		check_site(t);
	if (world_run(t->w, t->sc->run, NULL, &s) != 0)
		die("cannot run");
	if (!is_expected_exit(t, said_exit(&s)))
		WRONG(t, "the next run: exit %d: %s", said_exit(&s),
		    buf_str(&s.err));
	state_read(t->w, t->sc->site, &now);
	scenario_list(t->w, t->sc, &list);
	if (!now.is_there || !now.is_sound)
		WRONG(t, "integrity_check fails after the next run");
	if (t->sc->kind == SITE)
		check_site(t);
	else if (!is_as_undisturbed(t, &now, &list))
		WRONG(t, "the next run does not end as an undisturbed one");
	check_litter(t, "after the next run");
	if (t->sc->kind != FILES)
		return;
	check_numbers(t, &now);
	check_files(t, &list);
	check_kept(t, &list);
	check_removed(t, &list);
	if (t->ref->dump.len > 0 && ((t->sc->flags & DIFFERS) ||
	    t->outcome == BETWEEN))
		check_delivery(t);
}
