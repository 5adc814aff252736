#include "mirror.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/file.h"
#include "../base/lock.h"
#include "../base/text.h"
#include "../mirror/senaite/senaite.h"
#include "../store/instance.h"
#include "../store/log.h"
#include "home.h"

#define LOCK_FILE "mirror.lock"
#define STORE_WAIT_S 60u		/* for a short look of another run */

void
mirror_run_clear(struct mirror_run *x)
{
	mirror_close(&x->m);
	config_clear(&x->config);
	file_closep(&x->lock_fd);
}

/* --- what a site is ---------------------------------------------------- */

int
mirror_is(struct store *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf kind = BUF_INIT;
	int rc;

	if ((rc = store_begin_read(s, err)) < 0)
		return rc;
	rc = instance_kind(s, &kind, err);
	store_end_read(s);
	if (rc < 0)
		return rc;
	if (buf_str(&kind) == NULL)
		return err_oom(err);
	if (strcmp(kind.at, "lab") == 0)
		return 0;
	if (strcmp(kind.at, "senaite") == 0)
		return 1;
	return err_set(err, E_VERSION, "\"%s\" is the home of a mirror of a "
	    "kind that this version does not know: \"%.32s\"", s->home,
	    kind.at);
}

int
mirror_is_home(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc = home_open(c, HOME_READ, &s, err);

	return rc < 0 ? rc : mirror_is(s, err);
}

int
mirror_need(struct cmd *c, struct err *err)
{
	int rc = mirror_is_home(c, err);

	if (rc != 0)
		return rc;
	(void)err_set(err, E_USAGE, "this site is an embedded lab, not the "
	    "mirror of a SENAITE");
	return err_next(err, "a mirror is made with 'satchel init --instance "
	    "senaite'");
}

/* --- opening ----------------------------------------------------------- */

static int
take_lock(struct mirror_run *x, const char *home, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/%s", home, LOCK_FILE);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	rc = lock_open(path.at, LOCK_ALONE, (unsigned)opt_number(&x->c->opts,
	    "wait", 0), home, err);
	x->lock_fd = rc < 0 ? -1 : rc;
	return rc < 0 ? rc : 0;
}

static int
open_store(void *ctx, enum store_mode mode, struct store **ret,
    struct err *err)
{
	const struct mirror_run *x = ctx;

	return home_open_wait(x->c, mode == STORE_READ ? HOME_READ :
	    HOME_WRITE, STORE_WAIT_S, ret, err);
}

int
mirror_run_open(struct mirror_run *x, struct cmd *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf home = BUF_INIT;
	int rc;

	x->c = c;
	x->home = (struct mirror_home){ open_store, x };
	if ((rc = home_path(&c->opts, &home, err)) < 0 ||
	    (rc = config_read(&x->config, home.at, err)) < 0)
		return rc;
	if (rc == 0) {
		(void)err_set(err, E_CONFIG, "\"%s/%s\" is missing", home.at,
		    CONFIG_FILE);
		return err_next(err, "put it back from a backup, or take one "
		    "from a new 'satchel init --instance senaite'");
	}
	if ((rc = take_lock(x, home.at, err)) < 0)
		return rc;
	keys_protect();
	return senaite_open(&x->m, &x->config, err);
}

/* --- running ----------------------------------------------------------- */

int
mirror_run_greet(struct mirror_run *x, struct err *err)
{
	int rc;

	if (x->facts.product != NULL)
		return 0;
	if ((rc = x->m.ops->facts(x->m.self, &x->facts, err)) < 0)
		x->facts.product = NULL;
	return rc;
}

/* What a run leaves in the store. */
struct memory {
	const char *note, *note_too;	/* set to now; the second may be NULL */
	const char *event;		/* of the log; NULL: no entry */
	const struct buf *detail;
};

static int
remember_in(const struct mirror_run *x, struct store *s,
    const struct memory *m, struct err *err)
{
	char now[21];
	int rc;

	text_date(now, s->clock);
	if ((rc = instance_note_put(s, MIRROR_NOTE_PRODUCT, x->facts.product,
	    err)) < 0 ||
	    (rc = instance_note_put(s, MIRROR_NOTE_MODE, x->facts.mode,
	    err)) < 0 ||
	    (rc = instance_note_put(s, m->note, now, err)) < 0)
		return rc;
	if (m->note_too != NULL &&
	    (rc = instance_note_put(s, m->note_too, now, err)) < 0)
		return rc;
	return m->event == NULL ? 0 : log_add(s, m->event, NULL, NULL,
	    m->detail->at, err);
}

static int
remember(struct mirror_run *x, const struct memory *m, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = open_store(x, STORE_WRITE, &s, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = remember_in(x, s, m, err)) < 0)
		return rc;
	return store_commit(s, err);
}

int
mirror_run_notice(struct mirror_run *x, int full, uint64_t accept,
    struct notice_report *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	const struct notice_request r = { .full = full,
	    .accept_deletions = accept, .config = &x->config,
	    .progress = progress_ticker(&x->shown) };
	struct memory m = { .note = MIRROR_NOTE_NOTICE, .detail = &detail };
	int rc;

	*ret = (struct notice_report){ 0 };
	if ((rc = mirror_run_greet(x, err)) < 0)
		return rc;
	progress_begin(&x->shown, "noticing", opt_flag(&x->c->opts,
	    "progress"));
	rc = notice_run(&x->m, &x->home, &r, ret, err);
	progress_end(&x->shown, rc >= 0);
	if (rc < 0)
		return rc;
	buf_addf(&detail, "{\"changed\":%" PRIu64 ",\"created\":%" PRIu64
	    ",\"deleted\":%" PRIu64 ",\"full\":%s,\"unread\":%" PRIu64 "}",
	    ret->changed, ret->created, ret->deleted,
	    ret->full ? "true" : "false", ret->unread);
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	if (ret->full)
		m.note_too = MIRROR_NOTE_FULL;
	if (ret->full || ret->changed + ret->created + ret->deleted > 0)
		m.event = "notice";
	return remember(x, &m, err);
}

/* Before the first write: how, and what will be missing. */
static void
say_mode(const struct mirror_run *x)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	const char *at = x->facts.cannot != NULL ? x->facts.cannot : "";
	size_t len;

	text_safe(&line, x->facts.product, strlen(x->facts.product));
	if (buf_str(&line) != NULL)
		out_note("writing into %s, mode %s", line.at, x->facts.mode);
	for (; *at != '\0'; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		buf_reset(&line);
		text_safe(&line, at, len);
		if (len > 0 && buf_str(&line) != NULL)
			out_note("  not carried: %s", line.at);
	}
}

static int
remember_project(struct mirror_run *x, const struct project_report *r,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	struct memory m = { .note = MIRROR_NOTE_PROJECT, .detail = &detail };

	buf_addf(&detail, "{\"created\":%" PRIu64 ",\"deleted\":%" PRIu64
	    ",\"partly\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"updated\":%"
	    PRIu64 ",\"waiting\":%" PRIu64 "}", r->created, r->deleted,
	    r->partly, r->refused, r->updated, r->waiting);
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	if (r->created + r->deleted + r->partly + r->refused + r->updated +
	    r->waiting > 0)
		m.event = "project";
	return remember(x, &m, err);
}

int
mirror_run_project(struct mirror_run *x, int all, int dry_run,
    struct project_report *ret, struct err *err)
{
	const struct project_request r = { .all = all, .dry_run = dry_run,
	    .config = &x->config,
	    .progress = progress_ticker(&x->shown) };
	int rc;

	*ret = (struct project_report){ 0 };
	if ((rc = mirror_run_greet(x, err)) < 0)
		return rc;
	if (!dry_run)
		say_mode(x);
	progress_begin(&x->shown, "projecting", opt_flag(&x->c->opts,
	    "progress"));
	rc = project_run(&x->m, &x->home, &r, ret, err);
	progress_end(&x->shown, rc >= 0);
	return rc < 0 || dry_run ? rc : remember_project(x, ret, err);
}

/* --- saying it --------------------------------------------------------- */

int
mirror_refused(const struct project_report *r, struct err *err)
{
	if (r->refused + r->partly + r->waiting == 0)
		return 0;
	(void)err_set(err, E_DEST_REJECTED, "not all is in the SENAITE: %"
	    PRIu64 " refused, %" PRIu64 " held in part, %" PRIu64 " waiting",
	    r->refused, r->partly, r->waiting);
	return err_next(err, "'satchel status --refused' says what and why; "
	    "the store has all of it, and each 'satchel project' tries again");
}

void
mirror_next(struct err *err, const char *what)
{
	size_t len = strlen(err->next);

	(void)snprintf(err->next + len, sizeof err->next - len, "%s%s",
	    len > 0 ? "; " : "", what);
}

void
mirror_say_facts(struct out *o, const struct mirror_run *x)
{
	const struct mirror_facts *f = &x->facts;

	if (f->product == NULL) {
		out_null(o, "mirror");
		return;
	}
	out_open(o, "mirror", '{');
	out_str(o, "product", f->product);
	out_str(o, "mode", f->mode);
	out_str(o, "zone", f->zone);
	out_str(o, "cannot", f->cannot);
	out_close(o);
}

void
mirror_say_notice(struct out *o, const struct notice_report *r, int aside)
{
	char words[400];

	if (r == NULL) {
		out_null(o, "notice");
		return;
	}
	(void)snprintf(words, sizeof words, "noticed: %" PRIu64 " read, %"
	    PRIu64 " created, %" PRIu64 " changed, %" PRIu64 " deleted, %"
	    PRIu64 " as before, %" PRIu64 " unreadable", r->read, r->created,
	    r->changed, r->deleted, r->same, r->unread);
	if (!aside)
		out_text(o, "%s\n", words);
	else if (!o->json)
		out_note("%s", words);
	out_open(o, "notice", '{');
	out_bool(o, "full", r->full);
	out_number(o, "listed", r->listed);
	out_number(o, "read", r->read);
	out_number(o, "created", r->created);
	out_number(o, "changed", r->changed);
	out_number(o, "same", r->same);
	out_number(o, "deleted", r->deleted);
	out_number(o, "unread", r->unread);
	out_number(o, "left", r->left);
	out_number(o, "attachments", r->blobs);
	out_close(o);
}

void
mirror_say_project(struct out *o, const struct project_report *r,
    int dry_run)
{
	if (r == NULL) {
		out_null(o, "project");
		return;
	}
	if (dry_run)
		out_text(o, "%" PRIu64 " objects are to be projected; nothing "
		    "was written\n", r->due);
	else
		out_text(o, "projected: %" PRIu64 " created, %" PRIu64
		    " updated, %" PRIu64 " deleted, %" PRIu64 " as before, %"
		    PRIu64 " left out\n", r->created, r->updated, r->deleted,
		    r->same, r->left);
	out_open(o, "project", '{');
	out_number(o, "due", r->due);
	out_number(o, "created", r->created);
	out_number(o, "updated", r->updated);
	out_number(o, "same", r->same);
	out_number(o, "deleted", r->deleted);
	out_number(o, "refused", r->refused);
	out_number(o, "partly", r->partly);
	out_number(o, "lossy", r->lossy);
	out_number(o, "waiting", r->waiting);
	out_number(o, "left", r->left);
	out_number(o, "self_us", r->self_us);
	out_number(o, "wait_us", r->wait_us);
	out_bool(o, "dry_run", dry_run);
	out_close(o);
}
