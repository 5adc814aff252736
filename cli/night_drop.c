/* A night's work at one drop: what is due is put there, what is not needed any
 * more taken away. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/medium.h"
#include "../base/text.h"
#include "../carry/mark.h"
#include "../store/cadence.h"
#include "../store/stream.h"
#include "night_inside.h"

#define WORKERS_MAX 3u
#define TAKEN_S 1209600		/* 14 days: of who promised nothing */
#define TAKEN_LEAST_S 604800	/* and 7 of who did, at least */

static unsigned
workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 0 : n - 1 < (long)WORKERS_MAX ? (unsigned)n - 1 :
	    WORKERS_MAX;
}

static int
note_file(struct night_drop *d, const struct send_group *g,
    struct export_file *from, struct err *err)
{
	CLEANUP(buf_clear) struct buf to = BUF_INIT;
	struct night_file *more;
	size_t i;

	for (i = 0; i < g->count; i++)
		buf_addf(&to, "%s%s", i > 0 ? " " : "", g->peers[i].name);
	more = realloc(d->files, (d->file_count + 1) * sizeof *more);
	if (buf_str(&to) == NULL || more == NULL) {
		d->files = more != NULL ? more : d->files;
		return err_oom(err);
	}
	d->files = more;
	more += d->file_count++;
	*more = (struct night_file){ from->path, to.at,
	    g->what == SEND_RECEIPT, from->sequence, from->since,
	    from->until, from->records, from->size };
	from->path = NULL;		/* taken over, both */
	to.at = NULL;
	return 0;
}

static int
write_group(struct night *n, struct night_drop *d,
    const struct send_group *g, struct err *why, struct err *err)
{
	CLEANUP(export_result_clear) struct export_result files =
	    EXPORT_RESULT_INIT;
	struct export_request r = { .since_time = -1, .until_time = -1,
	    .created = n->now, .workers = workers() };
	size_t i;
	int rc;

	if ((rc = night_open_store(n, err)) < 0 ||
	    (rc = keys_sign(&n->c->keys, &n->c->opts, n->s->home, err)) < 0)
		return rc;
	r.key = n->c->keys.sign;
	r.heartbeat = g->what == SEND_RECEIPT;
	progress_begin(&n->shown, "exporting", opt_flag(&n->c->opts,
	    "progress"));
	r.progress = progress_ticker(&n->shown);
	rc = send_group(g, d->drop, n->s, &r, &files, why);
	progress_end(&n->shown, rc >= 0);

	/* The lock may be gone already. */
	store_closep(&n->s);
	for (i = 0; i < files.count; i++)
		if (note_file(d, g, &files.files[i], err) < 0)
			return -(int)err->code;
	return 0;
}

/* Where a bundle finds no room, the receipt alone may: it lets the other side
 * take away what it has there. */
static int
publish_group(struct night *n, struct night_drop *d,
    const struct send_group *g, struct err *err)
{
	struct send_group receipt = *g;
	struct err why = ERR_INIT, again = ERR_INIT;
	int rc;

	if ((rc = write_group(n, d, g, &why, err)) < 0)
		return rc;
	if (why.code == E_OK)
		return 0;
	if ((rc = night_about_drop(n, d, &why, err)) < 0 ||
	    why.code != E_NOSPACE || g->what != SEND_BUNDLE || !g->owed)
		return rc;
	receipt.what = SEND_RECEIPT;
	if ((rc = write_group(n, d, &receipt, &again, err)) < 0)
		return rc;
	return again.code == E_OK ? 0 : night_about_drop(n, d, &again, err);
}

static int
put_all(struct night *n, struct night_drop *d, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < d->file_count; i++)
		if ((rc = survey_put(&d->survey, n->s, d->files[i].path,
		    &n->own.sign, err)) < 0)
			return rc;
	return 0;
}

/* A pass of removal; what could not be removed is an alarm once. */
static int
prune(struct night *n, struct night_drop *d, struct err *err)
{
	CLEANUP(buf_clear) struct buf ours = BUF_INIT;
	struct retain_result now;
	struct err why = ERR_INIT;
	int rc;

	buf_addf(&ours, "%s_to_", n->name);
	if (buf_str(&ours) == NULL)
		return err_oom(err);
	file_sweep(d->drop->path, ours.at);
	mark_sweep(d->drop->path);
	rc = retain_prune(&d->survey, n->s, &now, &why);
	d->pruned.removed += now.removed;
	d->pruned.bytes += now.bytes;
	d->pruned.kept = now.kept;
	return rc < 0 ? night_about_drop(n, d, &why, err) : 0;
}

static int
publish(struct night *n, struct night_drop *d, struct err *err)
{
	CLEANUP(send_plan_clear) struct send_plan plan = { NULL, 0 };
	struct err why = ERR_INIT;
	size_t i;
	int rc;

	/* An import may have taken long. */
	if (mark_check(d->drop, &why) < 0)
		return night_about_drop(n, d, &why, err);
	if ((rc = night_open_store(n, err)) < 0 ||
	    (rc = send_plan(&plan, &d->survey, n->s, n->s->clock, err)) < 0)
		return rc;
	for (i = 0; i < plan.count; i++)
		if (plan.at[i].what != SEND_NOTHING &&
		    (rc = publish_group(n, d, &plan.at[i], err)) < 0)
			return rc;
	return 0;
}

/* A peer that is not late by its promise, but takes nothing from the drop. */
static int
watch_block(struct night *n, struct night_drop *d, const struct peer *p,
    int64_t since, struct err *err)
{
	int64_t patience = cadence_patience(p), now = n->s->clock;
	struct err why = ERR_INIT;
	char date[21];

	if (p->silent_after == 0 || d->drop->removable ||
	    !(n->steps & NIGHT_WATCH) || cadence_late_since(p, now) != 0)
		return 0;
	if (patience == 0)
		patience = TAKEN_S;
	if (patience < TAKEN_LEAST_S)
		patience = TAKEN_LEAST_S;
	if (now - since <= patience)
		return 0;
	text_date(date, since);
	(void)err_set(&why, E_STALE_SOURCE, "drop \"%s\": %s has taken "
	    "nothing of what waits for it since %s", d->drop->name, p->name,
	    date);
	(void)err_next(&why, "call that site: does its sync run, and does it "
	    "reach this drop?");
	return night_about_drop(n, d, &why, err);
}

/* What waits, since when without a step forward. */
static int
watch_peer_of(struct night *n, struct night_drop *d,
    const struct retain_block *b, struct err *err)
{
	struct drop_wait w = { 0, 0 };
	uint64_t acked;
	int rc;

	if ((rc = drop_waits(n->s, d->drop->id, b->peer->id, &w, err)) < 0 ||
	    (rc = stream_since(n->s, b->peer->id, FILTER_ALL, &acked,
	    err)) < 0)
		return rc;
	if (b->files == 0)
		w.since = 0;
	else if (w.since == 0 || w.since > n->s->clock || acked > w.acked)
		w = (struct drop_wait){ n->s->clock, acked };
	if ((rc = drop_wait(n->s, d->drop->id, b->peer->id, &w, err)) < 0)
		return rc;
	return w.since == 0 ? 0 : watch_block(n, d, b->peer, w.since, err);
}

/* Of all that wait: in one transaction. */
static int
watch_peers_of(struct night *n, struct night_drop *d,
    const struct retain_block *blocks, size_t count, struct err *err)
{
	size_t i;
	int rc;

	if ((rc = store_begin(n->s, err)) < 0)
		return rc;
	for (i = 0; i < count && rc >= 0; i++)
		rc = watch_peer_of(n, d, &blocks[i], err);
	if (rc >= 0)
		rc = store_commit(n->s, err);
	store_rollback(n->s);
	return rc;
}

static int
note_blocks(struct night *n, struct night_drop *d, struct err *err)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	CLEANUP(buf_freep) struct retain_block *blocks = NULL;
	size_t count = 0, i;
	int rc;

	if ((rc = drop_peers(n->s, d->drop->id, &peers, &count, err)) < 0)
		return rc;
	blocks = calloc(count + 1, sizeof *blocks);
	d->blocks = calloc(count + 1, sizeof *d->blocks);
	if (blocks == NULL || d->blocks == NULL)
		return err_oom(err);
	if ((rc = retain_blocks(&d->survey.files, n->s, peers, count, blocks,
	    err)) < 0 ||
	    (rc = watch_peers_of(n, d, blocks, count, err)) < 0)
		return rc;
	for (i = 0; i < count; i++) {
		struct night_block *b = &d->blocks[d->block_count];

		if (blocks[i].files == 0)
			continue;
		memcpy(b->name, blocks[i].peer->name, sizeof b->name);
		b->files = blocks[i].files;
		b->bytes = blocks[i].bytes;
		b->since = blocks[i].since;
		d->block_count++;
	}
	return 0;
}

/* A stick will be pulled: what was removed there, too, is to be gone. */
static int
let_go(struct night *n, struct night_drop *d, struct err *err)
{
	CLEANUP(medium_clear) struct medium m = MEDIUM_INIT;
	struct err why = ERR_INIT;

	if (!d->drop->removable || d->alarmed)
		return 0;
	if (medium_of(&m, d->drop->path, &why) < 0 ||
	    file_sync_medium(d->drop->path, &why) < 0)
		return night_about_drop(n, d, &why, err);
	d->safe = m.kind == MEDIUM_CARRIED;
	return 0;
}

int
night_at_drop(struct night *n, struct night_drop *d, struct err *err)
{
	int rc;

	if ((rc = night_open_store(n, err)) < 0 ||
	    (n->steps & NIGHT_PRUNE && (rc = prune(n, d, err)) < 0) ||
	    (n->steps & NIGHT_PUBLISH && (rc = publish(n, d, err)) < 0) ||
	    (rc = night_open_store(n, err)) < 0 ||
	    (rc = put_all(n, d, err)) < 0 ||
	    (n->steps & NIGHT_PRUNE && (rc = prune(n, d, err)) < 0) ||
	    (rc = note_blocks(n, d, err)) < 0 ||
	    (rc = let_go(n, d, err)) < 0)
		return rc;
	rc = survey_save(&d->survey, n->s, err);
	store_closep(&n->s);
	return rc;
}
