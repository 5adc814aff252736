#include "night.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/lock.h"
#include "../base/medium.h"
#include "../base/text.h"
#include "../store/cadence.h"
#include "../store/media.h"
#include "home.h"
#include "night_inside.h"

#define LOCK_FILE "sync.lock"
#define WAIT_S 60u			/* for the store between steps */
#define ASK_AGAIN_S 172800		/* the answer may have been lost */

void
night_clear(struct night *n)
{
	size_t i, k;

	for (i = 0; i < n->count; i++) {
		survey_clear(&n->at[i].survey);
		for (k = 0; k < n->at[i].file_count; k++) {
			free(n->at[i].files[k].path);
			free(n->at[i].files[k].to);
		}
		free(n->at[i].files);
		free(n->at[i].blocks);
	}
	free(n->at);
	for (i = 0; i < n->alarm_count; i++) {
		err_kept_clear(&n->alarms[i].err);
		free(n->alarms[i].about);
	}
	free(n->alarms);
	drops_clear(&n->drops);
	requests_clear(&n->requests);
	import_result_clear(&n->imported);
	round_clear(&n->round);
	store_closep(&n->s);
	file_closep(&n->lock_fd);
}

/* --- alarms ------------------------------------------------------------ */

int
night_alarm(struct night *n, const char *about, const struct err *why,
    struct err *err)
{
	struct night_alarm *more = realloc(n->alarms, (n->alarm_count + 1) *
	    sizeof *more);

	if (more == NULL)
		return err_oom(err);
	n->alarms = more;
	more += n->alarm_count;
	*more = (struct night_alarm){ .about = strdup(about) };
	if (more->about == NULL)
		return err_oom(err);
	err_keep(&more->err, why);
	n->alarm_count++;
	n->rolled_back |= why->code == E_ROLLED_BACK;
	return 0;
}

int
night_about_drop(struct night *n, struct night_drop *d,
    const struct err *why, struct err *err)
{
	char about[sizeof "drop " + DROP_NAME_MAX];

	d->alarmed = 1;

	/* Without memory nothing goes on. */
	if (why->code == E_INTERNAL) {
		*err = *why;
		return -(int)err->code;
	}
	(void)strcpy(about, "drop ");
	(void)strcat(about, d->drop->name);
	return night_alarm(n, about, why, err);
}

int
night_exit(const struct night *n)
{
	if (n->failed != 0)
		return n->failed;
	if (n->alarm_count > 0)
		return err_exit(n->alarms[0].err.code);
	return n->conflicts > 0 ? err_exit(I_CONFLICTS) : 0;
}

/* --- begin ------------------------------------------------------------- */

int
night_open_store(struct night *n, struct err *err)
{
	if (n->s != NULL)
		return 0;
	return home_open_wait(n->c, HOME_WRITE, WAIT_S, &n->s, err);
}

static int
take_lock(struct night *n, struct err *err)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT, path = BUF_INIT;
	int rc;

	if ((rc = home_path(&n->c->opts, &home, err)) < 0)
		return rc;
	buf_addf(&path, "%s/%s", home.at, LOCK_FILE);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	rc = lock_open(path.at, LOCK_ALONE, (unsigned)opt_number(&n->c->opts,
	    "wait", 0), home.at, err);
	n->lock_fd = rc < 0 ? -1 : rc;
	return rc < 0 ? rc : 0;
}

static int
is_meant(const struct night *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->only_count; i++)
		if (strcmp(n->only[i], name) == 0)
			return 1;
	return n->only_count == 0;
}

static int
check_names(const struct night *n, struct err *err)
{
	size_t i, k;

	for (i = 0; i < n->only_count; i++) {
		for (k = 0; k < n->drops.count; k++)
			if (strcmp(n->drops.at[k].name, n->only[i]) == 0)
				break;
		if (k < n->drops.count)
			continue;
		(void)err_set(err, E_USAGE, "there is no drop \"%.64s\"",
		    n->only[i]);
		return err_next(err, "'satchel drop list' names them");
	}
	if (n->drops.count > 0)
		return 0;
	(void)err_set(err, E_CONFIG, "%s has no drop", n->name);
	return err_next(err, "make one with 'satchel drop add NAME PATH "
	    "--peers PEER...'");
}

static int
begin(struct night *n, struct err *err)
{
	size_t i;
	int rc;

	if ((rc = home_now(&n->now, err)) < 0 ||
	    (rc = home_open(n->c, HOME_WRITE, &n->s, err)) < 0)
		return rc;
	n->started = n->s->clock;
	memcpy(n->name, n->s->name, sizeof n->name);
	if ((rc = keys_public(n->s->home, &n->own, err)) < 0 ||
	    (rc = drop_list(n->s, &n->drops, err)) < 0 ||
	    (rc = check_names(n, err)) < 0)
		return rc;
	n->at = calloc(n->drops.count, sizeof *n->at);
	if (n->at == NULL)
		return err_oom(err);
	for (i = 0; i < n->drops.count; i++) {
		if (!is_meant(n, n->drops.at[i].name))
			continue;
		n->at[n->count].drop = &n->drops.at[i];
		n->at[n->count].survey = (struct survey)SURVEY_INIT;
		n->count++;
	}
	return 0;
}

/* --- collect ----------------------------------------------------------- */

static int
watch_broken(struct night *n, struct night_drop *d, struct err *err)
{
	struct survey *x = &d->survey;
	struct err more = ERR_INIT;
	size_t i;

	for (i = 0; i < x->broken_count; i++) {
		const struct drop_file *f = &x->files.at[x->broken[i].file];
		char date[21];
		struct err why;

		err_recall(&why, &x->broken[i].why);
		text_date(date, f->first);
		(void)err_prefix(&why, "drop \"%s\": \"%s\", there since %s",
		    d->drop->name, f->name, date);
		(void)err_next(&why, "ask its sender; if nobody needs it, "
		    "remove it");
		if (night_about_drop(n, d, &why, err) < 0)
			return -(int)err->code;
	}
	if (x->broken_more == 0)
		return 0;
	(void)err_set(&more, E_LIMIT, "drop \"%s\": %llu more files that "
	    "begin like ours and are not good", d->drop->name,
	    (unsigned long long)x->broken_more);
	return night_about_drop(n, d, &more, err);
}

/* A removable drop that is not there is none of our business, unless the medium
 * is: then it was formatted, or is another one. */
static int
is_away(const struct drop *d, const struct err *why)
{
	CLEANUP(medium_clear) struct medium m = MEDIUM_INIT;
	CLEANUP(buf_freep) char *path = strdup(d->path);
	struct err ignored = ERR_INIT;
	char *slash;

	if (!d->removable || why->code != E_MEDIA_GONE || path == NULL)
		return 0;
	while (access(path, F_OK) != 0 && (slash = strrchr(path, '/')) !=
	    NULL && slash > path)
		*slash = '\0';
	return medium_of(&m, path, &ignored) < 0 ||
	    m.kind != MEDIUM_CARRIED;
}

static int
watch_due(struct night *n, struct night_drop *d, struct err *err)
{
	struct err why = ERR_INIT;

	if (d->survey.due_more == 0)
		return 0;
	(void)err_set(&why, E_LIMIT, "drop \"%s\": %llu more files for this "
	    "site", d->drop->name, (unsigned long long)d->survey.due_more);
	(void)err_next(&why, "the next night takes them");
	return night_about_drop(n, d, &why, err);
}

static int
take_surveys(struct night *n, struct folder *due, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < n->count; i++) {
		struct night_drop *d = &n->at[i];
		struct err why = ERR_INIT;

		d->survey.progress = progress_ticker(&n->shown);
		rc = survey_take(&d->survey, n->s, d->drop, &n->own.sign,
		    due, &why);
		d->there = rc >= 0;
		if (rc < 0 && !is_away(d->drop, &why) &&
		    night_about_drop(n, d, &why, err) < 0)
			return -(int)err->code;
		if (rc >= 0 && (media_here(n->s, d->drop->path, err) < 0 ||
		    watch_broken(n, d, err) < 0 ||
		    watch_due(n, d, err) < 0))
			return -(int)err->code;
	}
	folder_sort(due);
	return 0;
}

static int
identity(void *ctx, const struct age_identity **ret, struct err *err)
{
	struct night *n = ctx;
	int rc = keys_age(&n->c->keys, &n->c->opts, n->s->home, err);

	*ret = n->c->keys.age;
	return rc;
}

static struct night_drop *
drop_of(struct night *n, const char *path, struct drop_file **ret)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (n->at[i].there && (*ret = survey_find(&n->at[i].survey,
		    path)) != NULL)
			return &n->at[i];
	*ret = NULL;
	return NULL;
}

static int
note_report(struct night *n, const struct import_report *r, struct err *err)
{
	struct drop_file *f;
	struct err why;

	n->conflicts += r->conflicts;
	if (r->err.code != E_OK) {
		report_err(r, &why);
		return night_alarm(n, r->path, &why, err);
	}
	if (drop_of(n, r->path, &f) != NULL && r->outcome != IMPORT_OTHER) {
		f->what = DROP_READ;
		f->stale = 1;
	}
	return 0;
}

/* A request that lies there, and tells of nothing new, is enough for some
 * nights. */
static int
is_asked(struct night *n, const struct import_report *r)
{
	struct drop_file *f;
	struct night_drop *d = drop_of(n, r->path, &f);
	size_t i;

	if (d == NULL || f->met)
		return 0;
	for (i = 0; i < d->survey.files.count; i++) {
		const struct drop_file *o = &d->survey.files.at[i];

		if (!o->gone && o->own != NULL &&
		    n->started - o->first < ASK_AGAIN_S &&
		    o->own->kind == MANIFEST_REQUEST &&
		    strcmp(o->own->addressees, r->from_site) == 0)
			return 1;
	}
	return 0;
}

/* It lies in a drop, if it could be written. */
static int
note_request(struct night *n, const struct request *r, struct err *err)
{
	size_t i;
	int rc = 0;

	if (r->err.code != E_OK)
		return night_alarm(n, r->site, &r->err, err);
	for (i = 0; i < n->count && rc >= 0; i++)
		if (n->at[i].there)
			rc = survey_put(&n->at[i].survey, n->s, r->path,
			    &n->own.sign, err);
	return rc;
}

/* Is something missing that its sender can write again?  What was damaged on
 * its way, too: the sender believes that it lies there well. */
static int
is_missing(const struct import_report *r)
{
	if (r->outcome == IMPORT_GAP)
		return 1;
	return r->outcome == IMPORT_REFUSED && r->from_site[0] != '\0' &&
	    r->err.code != E_VERSION && (err_exit(r->err.code) ==
	    err_exit(E_HASH) || err_exit(r->err.code) == err_exit(E_FORMAT));
}

/* Ask for what is missing, each peer once. */
static int
ask(struct night *n, struct err *err)
{
	CLEANUP(buf_freep) struct import_report *gaps = NULL;
	struct import_result open = { NULL, 0 };
	size_t i;

	if (n->rolled_back)
		return 0;
	gaps = calloc(n->imported.count + 1, sizeof *gaps);
	if (gaps == NULL)
		return err_oom(err);
	open.at = gaps;
	for (i = 0; i < n->imported.count; i++)
		if (is_missing(&n->imported.at[i]) &&
		    !is_asked(n, &n->imported.at[i])) {
			gaps[open.count] = n->imported.at[i];
			gaps[open.count++].outcome = IMPORT_GAP;
		}
	requests_write(&n->requests, n->c, n->s, &open);
	for (i = 0; i < n->requests.count; i++)
		if (note_request(n, &n->requests.at[i], err) < 0)
			return -(int)err->code;
	return 0;
}

static int
collect(struct night *n, struct err *err)
{
	CLEANUP(folder_clear) struct folder due = { NULL, 0 };
	struct import_request r = { .mode = IMPORT_APPLY,
	    .identity = identity, .ctx = n, .own = &n->own.sign };
	size_t i;
	int rc;

	progress_begin(&n->shown, "looking", opt_flag(&n->c->opts,
	    "progress"));
	rc = take_surveys(n, &due, err);
	progress_end(&n->shown, rc >= 0);
	if (rc < 0)
		return rc;
	if (n->steps & NIGHT_COLLECT && due.count > 0 && !n->rolled_back) {
		progress_begin(&n->shown, "importing", opt_flag(&n->c->opts,
		    "progress"));
		r.progress = progress_ticker(&n->shown);
		rc = import_folder(n->s, &due, &r, &n->imported, err);
		progress_end(&n->shown, rc >= 0);
	}
	for (i = 0; i < n->imported.count && rc >= 0; i++)
		rc = note_report(n, &n->imported.at[i], err);
	if (rc >= 0)
		rc = ask(n, err);
	for (i = 0; i < n->count && rc >= 0; i++)
		if (n->at[i].there)
			rc = survey_save(&n->at[i].survey, n->s, err);
	store_closep(&n->s);
	return rc;
}

/* --- who is late ------------------------------------------------------- */

static int
watch_peer(void *ctx, const struct peer *p, struct err *err)
{
	struct night *n = ctx;
	int64_t since = cadence_late_since(p, n->s->clock);
	char about[sizeof "peer " + sizeof p->name], date[21];
	struct err why = ERR_INIT;

	if (since == 0)
		return 0;
	text_date(date, since);
	(void)strcpy(about, "peer ");
	(void)strcat(about, p->name);
	(void)err_set(&why, E_STALE_SOURCE, "nothing has come from %s, though "
	    "it was due on %s", p->name, date);
	(void)err_next(&why, "call that site: does its sync run, and is its "
	    "drop or its courier there?");
	return night_alarm(n, about, &why, err);
}

static int
watch(struct night *n, struct err *err)
{
	int rc;

	if ((rc = store_begin(n->s, err)) < 0)
		return rc;
	if ((rc = cadence_mend(n->s, err)) < 0 ||
	    (rc = store_commit(n->s, err)) < 0) {
		store_rollback(n->s);
		return rc;
	}
	return peer_each(n->s, watch_peer, n, err);
}

/* --- the night --------------------------------------------------------- */

/* A site that was put back uses numbers again that are used up: until it is
 * said to be restored it writes nothing. */
static int
at_drops(struct night *n, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n->count && rc >= 0 && !n->rolled_back; i++)
		if (n->at[i].there)
			rc = night_at_drop(n, &n->at[i], err);
	return rc;
}

static int
run(struct night *n, struct err *err)
{
	int rc;

	if (n->c->busy.code != E_OK) {
		*err = n->c->busy;
		return -(int)err->code;
	}
	if ((rc = take_lock(n, err)) < 0 || (rc = begin(n, err)) < 0)
		return rc;
	store_closep(&n->s);
	if ((rc = round_begin(&n->round, n->c, n->steps & NIGHT_COLLECT,
	    err)) < 0 ||
	    (rc = night_open_store(n, err)) < 0 ||
	    (rc = collect(n, err)) < 0 ||
	    (n->steps & NIGHT_COLLECT &&
	    (rc = round_end(&n->round, &n->imported, err)) < 0))
		return rc;
	if (n->round.err.code != E_OK &&
	    (rc = night_alarm(n, "mirror", &n->round.err, err)) < 0)
		return rc;
	if ((rc = at_drops(n, err)) < 0 || (rc = night_open_store(n, err)) < 0)
		return rc;
	if (n->steps & NIGHT_WATCH && (rc = watch(n, err)) < 0)
		return rc;
	n->ended = n->s->clock;
	store_closep(&n->s);
	return 0;
}

int
night_run(struct night *n, struct err *err)
{
	int rc = run(n, err);

	if (rc < 0)
		n->failed = err_exit(err->code);
	return rc;
}
