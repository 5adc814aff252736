#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/text.h"
#include "../store/log.h"
#include "../store/stream.h"
#include "admit.h"
#include "apply.h"
#include "folder.h"
#include "spool.h"
#include "unpack.h"

static const char *const outcome_names[] = {
	"applied", "already", "gap", "refused", "receipt", "other"
};

const char *
import_outcome_name(enum import_outcome o)
{
	return outcome_names[o];
}

void
import_result_clear(struct import_result *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->at[i].path);
		free(r->at[i].wanted);
		err_kept_clear(&r->at[i].err);
	}
	free(r->at);
	*r = (struct import_result){ NULL, 0 };
}

int
import_exit(const struct import_result *r, enum import_mode mode)
{
	uint64_t conflicts = 0;
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (r->at[i].err.code != E_OK)
			return err_exit(r->at[i].err.code);
		conflicts += r->at[i].conflicts;
	}
	return conflicts > 0 && mode != IMPORT_VERIFY ?
	    err_exit(I_CONFLICTS) : 0;
}

/* --- one file ---------------------------------------------------------- */

struct job {				/* one file on its way up the ladder */
	struct store *s;
	const struct import_request *r;
	struct import_report *report;
	struct spool spool;
	struct admission a;
	struct unpack unpack;
};

static void
job_clear(struct job *j)
{
	unpack_clear(&j->unpack);
	admission_clear(&j->a);
	spool_clear(&j->spool);
}

/* What a request asks for, also when it is read again. */
static int
copy_wanted(struct job *j, struct err *err)
{
	const struct manifest *m = &j->a.m;
	struct import_report *r = j->report;

	if (m->kind != MANIFEST_REQUEST || m->wanted_count == 0)
		return 0;
	r->wanted = calloc(m->wanted_count, sizeof *r->wanted);
	if (r->wanted == NULL)
		return err_oom(err);
	memcpy(r->wanted, m->wanted, m->wanted_count * sizeof *r->wanted);
	r->wanted_count = m->wanted_count;
	return 0;
}

static int
fill_report(struct job *j, struct err *err)
{
	struct import_report *r = j->report;

	memcpy(r->from, j->a.peer.name, sizeof r->from);
	memcpy(r->from_site, j->a.m.from.site, sizeof r->from_site);
	r->kind = j->a.m.kind;
	r->sequence = j->a.m.sequence;
	r->generation = j->a.m.from.generation;
	r->since = j->a.m.since;
	r->until = j->a.m.until;
	return copy_wanted(j, err);
}

static int
log_job(struct job *j, const char *event, const char *detail,
    struct err *err)
{
	return log_add(j->s, event, j->a.peer.name, j->report->path, detail,
	    err);
}

/* A refused file that is authentic: remember lives of ours that it names,
 * the gap, that it was refused, and that its sender lives.  Nothing of its
 * content. */
static int
note_refusal(struct job *j, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	const struct err_kept *why = &j->report->err;
	int rc;

	buf_addf(&detail, "{\"error\":\"%s\",\"sequence\":%llu}",
	    err_name(why->code), (unsigned long long)j->a.m.sequence);
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	if ((rc = store_begin(j->s, err)) < 0)
		return rc;
	admit_note_lives(j->s, &j->a.m);
	if ((rc = stream_hear(j->s, j->a.peer.id, j->a.m.from.generation,
	    j->a.m.sequence, err)) < 0)
		return rc;
	if (why->code == E_GAP && j->a.m.kind == MANIFEST_BUNDLE &&
	    (rc = stream_gap(j->s, j->a.peer.id, &j->a.m.from, j->a.m.filter,
	    j->a.m.since, err)) < 0)
		return rc;
	if ((rc = log_job(j, "refused", detail.at, err)) < 0)
		return rc;
	return store_commit(j->s, err);
}

static int
start_unpacking(struct job *j, struct err *err)
{
	int rc;

	j->unpack.spool = &j->spool;
	j->unpack.m = &j->a.m;
	if (j->a.m.encrypted && j->spool.reader.count > 0 &&
	    (rc = j->r->identity(j->r->ctx, &j->unpack.identity, err)) < 0)
		return rc;
	return unpack_begin(&j->unpack, err);
}

static int
log_applied(struct job *j, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;
	const struct import_report *r = j->report;
	char id[65];

	text_hex(id, j->spool.reader.id, 32);
	buf_addf(&detail, "{\"applied\":%llu,\"conflicts\":%llu,"
	    "\"generation\":%llu,\"id\":\"%s\",\"received\":%llu,"
	    "\"same\":%llu,\"sequence\":%llu}", (unsigned long long)r->applied,
	    (unsigned long long)r->conflicts,
	    (unsigned long long)r->generation, id,
	    (unsigned long long)r->received, (unsigned long long)r->same,
	    (unsigned long long)r->sequence);
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_job(j, "import", detail.at, err);
}

/* In the open transaction; the caller commits or rolls back. */
static int
apply_admitted(struct job *j, struct err *err)
{
	int rc;

	j->report->seq_from = j->s->seq;
	if ((rc = start_unpacking(j, err)) < 0 ||
	    (rc = apply_file(j->s, &j->a, &j->unpack, j->r, j->report,
	    err)) < 0)
		return rc;
	j->report->seq_to = j->s->seq;
	admit_note_lives(j->s, &j->a.m);
	return log_applied(j, err);
}

static int
apply_job(struct job *j, struct err *err)
{
	int rc;

	/* All of a dry run is one transaction, which is rolled back at its
	 * end, so that the links of a chain are seen one after the other. */
	if (j->r->mode != IMPORT_APPLY) {
		if ((rc = store_savepoint(j->s, err)) < 0)
			return rc;
		if ((rc = apply_admitted(j, err)) < 0 ||
		    (rc = store_release(j->s, err)) < 0)
			store_undo(j->s);
		return rc;
	}
	if ((rc = store_begin(j->s, err)) < 0)
		return rc;
	rc = apply_admitted(j, err);
	if (rc >= 0)
		rc = store_commit(j->s, err);
	store_rollback(j->s);
	return rc;
}

static int
turn(struct job *j, struct err *err)
{
	struct import_report *r = j->report;
	int rc;

	if ((rc = admit_for_us(j->s, &j->a, err)) < 0) {
		r->applicable = 0;
		return rc;
	}
	rc = admit_turn(j->s, j->spool.reader.id, &j->a, &r->have, err);
	if (rc < 0)
		r->applicable = 0;
	return rc;
}

/* A verify of a file whose turn it is not: is it sound all the same? */
static void
check_anyway(struct job *j)
{
	struct err why = ERR_INIT;

	if (j->report->err.code == E_WRONG_DEST && j->a.m.encrypted)
		return;
	if (start_unpacking(j, &why) >= 0 &&
	    apply_check(&j->unpack, &why) >= 0)
		j->report->valid = 1;
	else
		j->report->valid = 0;
}

/* Which of the four levels did it fail? */
static void
mark_failure(struct import_report *r, const struct err *why)
{
	int is_content;

	switch (why->code) {
	case E_GAP: case E_FORK: case E_ROLLED_BACK: case E_SCOPE:
	case E_POLICY: case E_WRONG_DEST:
		is_content = 0;
		break;
	default:
		is_content = 1;
		break;
	}
	if (r->complete != 1)
		r->complete = 0;
	else if (r->authentic != 1)
		r->authentic = 0;
	else if (is_content)
		r->valid = 0;
	else
		r->applicable = 0;
}

static int
climb(struct job *j, struct err *err)
{
	struct import_report *r = j->report;
	int rc;

	if ((rc = spool_take(j->s, r->path, &j->spool, &j->r->progress,
	    err)) < 0)
		return rc;
	r->complete = 1;
	if ((rc = admit_authentic(j->s, &j->spool.reader,
	    j->r->own, &j->a, err)) < 0)
		return rc;
	r->authentic = 1;
	memcpy(r->from, j->a.peer.name, sizeof r->from);
	if ((rc = admit_valid(&j->spool.reader, &j->a, err)) < 0)
		return rc;
	if ((rc = fill_report(j, err)) < 0 || (rc = turn(j, err)) < 0)
		return rc;
	if (rc == 0) {
		r->outcome = IMPORT_ALREADY;
		r->valid = r->applicable = 1;
		return 0;
	}
	if ((rc = apply_job(j, err)) < 0)
		return rc;
	r->valid = r->applicable = 1;
	r->outcome = r->kind == MANIFEST_BUNDLE || r->kind ==
	    MANIFEST_EXCERPT ? IMPORT_APPLIED : IMPORT_RECEIPT;
	return 0;
}

/* Is it wrong with us rather than with the file?  Once there is a copy of it,
 * what a disk does is ours. */
static int
is_ours(const struct job *j, enum err_code code)
{
	if (j->spool.home_failed ||
	    (j->report->complete == 1 && err_exit(code) == err_exit(E_IO)))
		return 1;
	return code == E_INTERNAL || code == E_READONLY ||
	    code == E_DAMAGED || code == E_LOCKED ||
	    code == E_PASSPHRASE || code == E_KEYFILE || code == E_PERMS;
}

/* What to do about a file, where nothing nearer to the fault has said it: by
 * how far up the ladder the file came. */
static void
advise(const struct import_report *r, struct err *why)
{
	if (why->code == E_VERSION)
		(void)err_next(why, "install a newer Satchel");
	else if (why->code == E_IO || why->code == E_MEDIA_GONE)
		(void)err_next(why, "is the medium there, and the name right? "
		    "then try again, or copy the file first");
	else if (r->complete != 1)
		(void)err_next(why, "if it is still being copied, run this "
		    "again when that is done; else copy it again, and if it "
		    "is the same at its source, it is no bundle or was "
		    "damaged before: ask the sender for another copy");
	else if (r->authentic != 1)
		(void)err_next(why, "do not use it: tell your security "
		    "officer, and ask the sender whether it wrote this file");
	else
		(void)err_next(why, "\"%s\" signed it as it is: show this "
		    "message there, and ask for a new export", r->from);
}

/* What is wrong with the file goes into its report.  A failed try counts
 * nothing. */
static int
import_file(struct store *s, const struct import_request *r,
    struct import_report *report, struct err *err)
{
	CLEANUP(job_clear) struct job j = { .s = s, .r = r, .report = report,
		.spool = SPOOL_INIT };
	struct err why = ERR_INIT;

	report->complete = report->authentic = report->valid =
	    report->applicable = -1;
	report->received = report->applied = report->same =
	    report->conflicts = 0;
	err_kept_clear(&report->err);
	free(report->wanted);
	report->wanted = NULL;
	report->wanted_count = 0;
	if (climb(&j, &why) >= 0)
		return 0;
	report->received = report->applied = report->same =
	    report->conflicts = 0;
	report->outcome = why.code == E_GAP ? IMPORT_GAP : IMPORT_REFUSED;
	mark_failure(report, &why);
	if (is_ours(&j, why.code)) {
		err_keep(&report->err, &why);
		*err = why;
		return -(int)why.code;
	}
	advise(report, &why);
	err_keep(&report->err, &why);
	if (r->mode == IMPORT_VERIFY && report->authentic == 1 &&
	    report->valid == -1 && report->applicable == 0)
		check_anyway(&j);
	if (r->mode == IMPORT_APPLY && report->authentic == 1 &&
	    j.a.m.sequence != 0 && why.code != E_WRONG_DEST)
		return note_refusal(&j, err);
	return 0;
}

/* --- many -------------------------------------------------------------- */

static struct import_report *
new_report(struct import_result *ret, const char *path, struct err *err)
{
	struct import_report *more, *r;

	more = realloc(ret->at, (ret->count + 1) * sizeof *more);
	if (more == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	ret->at = more;
	r = &more[ret->count];
	memset(r, 0, sizeof *r);
	err_kept_clear(&r->err);
	if ((r->path = strdup(path)) == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	ret->count++;
	return r;
}

/* Files refused for a gap get another turn while others make progress. */
static int
retry_gaps(struct store *s, const struct import_request *r,
    struct import_result *ret, size_t from, struct err *err)
{
	int progress = 1, rc;
	size_t i;

	while (progress) {
		progress = 0;
		for (i = from; i < ret->count; i++) {
			if (ret->at[i].outcome != IMPORT_GAP)
				continue;
			if ((rc = import_file(s, r, &ret->at[i], err)) < 0)
				return rc;
			progress |= ret->at[i].outcome == IMPORT_APPLIED;
		}
	}
	return 0;
}

static int
is_to_read(const struct folder_file *x)
{
	return x->what == LOOK_FOR_US || x->what == LOOK_BROKEN;
}

/* Was it deleted since it was looked at?  Then it has no name any more in a
 * folder that is still of its medium. */
static int
was_deleted(const struct folder_file *x)
{
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;
	const char *slash = strrchr(x->path, '/');
	struct stat st;

	if (lstat(x->path, &st) == 0 || errno != ENOENT)
		return 0;
	buf_addf(&folder, "%.*s.", slash != NULL ?
	    (int)(slash + 1 - x->path) : 0, x->path);
	return buf_str(&folder) != NULL && stat(folder.at, &st) == 0 &&
	    st.st_dev == x->device;
}

/* Another copy of it, or itself in an earlier run: what was applied is not
 * read again. */
static int
was_read(struct store *s, const struct folder_file *x, struct err *err)
{
	unsigned char id[32];
	int rc;

	if (x->what != LOOK_FOR_US ||
	    (rc = stream_was_read(s, &x->from, x->sequence, id, err)) == 0)
		return 0;
	return rc < 0 ? rc : memcmp(id, x->id, sizeof id) == 0;
}

/* What is known of it without reading all of it. */
static void
report_seen(struct import_report *report, const struct folder_file *x,
    enum import_outcome outcome)
{
	memcpy(report->from, x->name, sizeof report->from);
	memcpy(report->from_site, x->from.site, sizeof report->from_site);
	report->generation = x->from.generation;
	report->sequence = x->sequence;
	report->kind = x->kind;
	report->outcome = outcome;
	report->complete = report->authentic = report->valid =
	    report->applicable = -1;
}

static int
import_listed(struct store *s, const struct folder_file *x,
    const struct import_request *r, struct import_report *report,
    struct err *err)
{
	int rc = 0;

	if (!is_to_read(x)) {
		report_seen(report, x, IMPORT_OTHER);
		return 0;
	}
	if (r->mode != IMPORT_VERIFY && (rc = was_read(s, x, err)) < 0)
		return rc;
	if (rc == 0)
		return import_file(s, r, report, err);
	report_seen(report, x, IMPORT_ALREADY);
	return 0;
}

/* Whose it is, also if it turns out to be damaged. */
static void
fill_listed(struct import_report *r, const struct folder_file *f)
{
	if (f->what != LOOK_FOR_US)
		return;
	memcpy(r->from, f->name, sizeof r->from);
	memcpy(r->from_site, f->from.site, sizeof r->from_site);
	r->kind = f->kind;
	r->sequence = f->sequence;
	r->generation = f->from.generation;
}

int
import_folder(struct store *s, const struct folder *f,
    const struct import_request *r, struct import_result *ret,
    struct err *err)
{
	struct import_report *report;
	size_t i, from = ret->count;
	int rc, progress = 0;

	for (i = 0; i < f->count; i++) {
		if (is_to_read(&f->at[i]) && was_deleted(&f->at[i]))
			continue;
		report = new_report(ret, f->at[i].path, err);
		if (report == NULL)
			return -(int)err->code;
		fill_listed(report, &f->at[i]);
		if ((rc = import_listed(s, &f->at[i], r, report, err)) < 0)
			return rc;
		progress |= report->outcome == IMPORT_APPLIED;
	}
	return !progress ? 0 : retry_gaps(s, r, ret, from, err);
}

static int
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
import_named_file(struct store *s, const char *path,
    const struct import_request *r, struct import_result *ret,
    struct err *err)
{
	struct import_report *report = new_report(ret, path, err);

	return report == NULL ? -(int)err->code :
	    import_file(s, r, report, err);
}

/* Folders named one after the other are one list: what one lacks, another may
 * hold. */
static int
import_paths(struct store *s, const char *const *paths, size_t count,
    const struct import_request *r, struct import_result *ret,
    struct err *err)
{
	CLEANUP(folder_clear) struct folder f = { NULL, 0 };
	size_t i;
	int rc;

	for (i = 0; i < count; i++) {
		if (is_folder(paths[i])) {
			if ((rc = folder_list(s, paths[i], r->own, &f,
			    err)) < 0)
				return rc;
			continue;
		}
		if ((rc = import_folder(s, &f, r, ret, err)) < 0 ||
		    (rc = import_named_file(s, paths[i], r, ret, err)) < 0)
			return rc;
		folder_clear(&f);
	}
	return import_folder(s, &f, r, ret, err);
}

int
import_run(struct store *s, const char *const *paths, size_t count,
    const struct import_request *r, struct import_result *ret,
    struct err *err)
{
	int rc;

	*ret = (struct import_result){ NULL, 0 };
	if (r->mode == IMPORT_APPLY)
		return import_paths(s, paths, count, r, ret, err);
	if ((rc = store_begin(s, err)) < 0)
		return rc;
	rc = import_paths(s, paths, count, r, ret, err);
	store_rollback(s);
	return rc;
}
