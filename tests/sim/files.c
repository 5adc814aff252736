/* Exports of all kinds, and what becomes of their files. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../exporter/export.h"
#include "../../store/guard.h"
#include "../../store/stream.h"
#include "blobs.h"
#include "steps.h"
#include "world.h"

#define WANTED_NONE BLOBS		/* the bit of a blob that is nowhere */

/* --- files that have their names --------------------------------------- */

/* A number is used once; a name is given after the store and the guard know
 * of the file. */
static void
check_parcel(struct world *w, const struct parcel *x)
{
	struct store *s = w->y->at[x->from].s;
	uint64_t now = s->sequence;
	unsigned char id[32];
	int i, ahead;

	for (i = 0; i < w->parcel_count; i++)
		if (w->parcels[i]->sequence == x->sequence &&
		    actor_cmp(&w->parcels[i]->sender, &x->sender) == 0)
			violate(w, "two files with one number");
	if (actor_cmp(&x->sender, &s->self) != 0 ||
	    stream_written(s, x->sequence, id, &w->err) != 1 ||
	    memcmp(id, x->id, 32) != 0)
		violate(w, "a file that its store does not know");
	s->sequence = x->sequence - 1;
	ahead = guard_is_ahead(s, w->y->state, &w->err);
	s->sequence = now;
	if (ahead != 1)
		violate(w, "a file that the guard does not know");
}

static void
keep_file(struct world *w, int from, const char *path)
{
	struct parcel *x = calloc(1, sizeof *x), **more;
	char folder[sizeof w->y->folder];
	const char *why;

	more = realloc(w->parcels, (size_t)(w->parcel_count + 1) *
	    sizeof *more);
	if (x == NULL || more == NULL)
		abort();
	w->parcels = more;
	memcpy(folder, w->y->folder, sizeof folder);
	x->from = from;
	(void)snprintf(x->path, sizeof x->path, "%.60s/%d", folder,
	    w->serial++);
	if (rename(path, x->path) != 0) {
		free(x);
		violate(w, "a file is not where it should be");
	}
	why = parcel_read(x, w->y, &w->o, &w->err);
	if (why != NULL) {
		free(x);
		violate(w, why);
	}
	check_parcel(w, x);
	w->parcels[w->parcel_count++] = x;
	w->counts[COUNT_FILES]++;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All that has its name in the folder; hidden ones are no files yet. */
static void
keep_all(struct world *w, int from)
{
	char *names[4096], path[512];
	int count = 0, i;
	DIR *d = opendir(w->y->out);
	struct dirent *e;

	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL && count < 4096)
		if (e->d_name[0] != '.')
			names[count++] = strdup(e->d_name);
	(void)closedir(d);
	qsort(names, (size_t)count, sizeof *names, by_name);
	for (i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", w->y->out,
		    names[i]);
		free(names[i]);
		keep_file(w, from, path);
	}
}

/* --- running ----------------------------------------------------------- */

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static size_t
list_wanted(unsigned mask, unsigned char list[BLOBS + 1][32])
{
	size_t count = 0;
	int b;

	for (b = 0; b < BLOBS; b++)
		if (mask >> b & 1)
			memcpy(list[count++], blobs_hash(b), 32);
	if (mask >> WANTED_NONE & 1)
		memset(list[count++], 0xee, 32);
	qsort(list, count, 32, by_hash);
	return count;
}

static int
run(struct world *w, int i, const struct sending *x,
    struct export_result *ret)
{
	unsigned char wanted[BLOBS + 1][32];
	struct place *p = site(w, i);
	const char *to[SITES_MAX];
	struct export_request r = {
		.to = to, .to_count = (size_t)x->to_count, .out = w->y->out,
		.full = x->full, .heartbeat = x->heartbeat,
		.since_time = -1, .until_time = -1, .types = &x->type,
		.type_count = x->type != NULL, .max_size = x->max_size,
		.max_records = x->max_records,
		.wanted = (const unsigned char (*)[32])wanted,
		.request = x->request,
		.codec = w->p->gzip ? CODEC_GZIP : CODEC_ZSTD,
		.created = 1700000000, .workers = 0, .key = p->key
	};
	int k;

	for (k = 0; k < x->to_count; k++)
		to[k] = w->y->at[x->to[k]].id;
	r.wanted_count = list_wanted(x->wanted, wanted);
	return x->receipt ? export_receipt(p->s, &r, ret, &w->err) :
	    export_run(p->s, &r, ret, &w->err);
}

/* A run, killed or not. */
static int
run_once(struct world *w, int i, const struct sending *x, int may_die)
{
	struct export_result ret = EXPORT_RESULT_INIT;
	int rc, killed;

	steps_far_disk = may_die && dice_chance(&w->r, 15);
	if (may_die)
		maybe_kill(w);
	rc = run(w, i, x, &ret);
	export_result_clear(&ret);
	killed = was_killed(w, i);
	if (steps_far_disk && !killed) {
		/* Its lock is gone; the program ends. */
		place_close(&w->y->at[i]);
		place_open(w->y, &w->y->at[i]);
	}
	steps_far_disk = 0;
	if (rc < 0 && !killed)
		violate(w, "an export is refused");
	keep_all(w, i);
	return killed;
}

/* Does a request that was read still wait for its answer? */
static int
is_waiting(struct world *w, int i)
{
	struct store *s = w->y->at[i].s;
	sqlite3_stmt *st = store_sql(s, "SELECT 1 FROM wanted", &w->err);
	int rc;

	if (st == NULL || (rc = store_step(s, st, &w->err)) < 0)
		violate(w, "a store cannot be read");
	(void)sqlite3_reset(st);
	return rc;
}

int
export_files(struct world *w, int i, const struct sending *x, int *ret_count)
{
	int first = w->parcel_count, may_die = w->p->kills > 0;
	int watched = x->wanted == 0 && (may_die || dice_chance(&w->r, 20)) &&
	    !is_waiting(w, i);
	unsigned char before[32], after[32];

	/* What is wanted is no longer taken for known. */
	if (watched)
		fingerprint(w, i, before);
	if (run_once(w, i, x, may_die))
		(void)run_once(w, i, x, 0);
	if (watched) {
		fingerprint(w, i, after);
		if (memcmp(before, after, 32) != 0)
			violate(w, "an export changed what is held");
	}
	*ret_count = w->parcel_count - first;
	return first;
}

void
send_all(struct world *w, int first, int count)
{
	int k, j;

	for (k = first; k < first + count; k++)
		for (j = 0; j < SITES_MAX; j++)
			if (w->parcels[k]->to >> j & 1)
				items_add(&w->net, k, j);
}

static void
send_it(struct world *w, int i, const struct sending *x)
{
	int count, first = export_files(w, i, x, &count);

	send_all(w, first, count);
}

/* --- operations -------------------------------------------------------- */

static int
peers_of(const struct world *w, int i, int list[SITES_MAX])
{
	int k, count = 0;

	for (k = 0; k < w->p->edge_count; k++)
		if (w->p->edges[k].from == i)
			list[count++] = w->p->edges[k].to;
	return count;
}

/* In parts; the first ones may arrive at once. */
static void
send_chain(struct world *w, int i, struct sending *x)
{
	size_t before = w->net.count, at_once;

	if (w->p->files > 0 && dice_chance(&w->r, 50))
		x->max_size = EXPORT_MAX_SIZE_MIN;
	else
		x->max_records = 1 + dice_below(&w->r, 2);
	send_it(w, i, x);
	if (dice_chance(&w->r, 50))
		return;
	at_once = dice_below(&w->r, (unsigned)(w->net.count - before + 1));
	for (; at_once > 0 && before < w->net.count; at_once--)
		arrive(w, items_take(&w->net, before), 0);
}

static void
send_several(struct world *w, int i, const int *peers, int count)
{
	struct sending x = { .heartbeat = 1 };
	int skip = dice_below(&w->r, 2) && count > 2 ?
	    (int)dice_below(&w->r, (unsigned)count) : -1, k;

	if (count < 2)
		return;
	for (k = 0; k < count; k++)
		if (k != skip)
			x.to[x.to_count++] = peers[k];
	if (dice_chance(&w->r, 33))
		x.max_records = 2;
	send_it(w, i, &x);
}

/* What was missed, or anything. */
static void
send_request(struct world *w, int i, int peer)
{
	struct sending x = { .to = { peer }, .to_count = 1, .receipt = 1,
	    .request = 1, .wanted = 1u << dice_below(&w->r, BLOBS + 1) };

	if (w->missed.parcel >= 0 && dice_chance(&w->r, 70)) {
		i = w->missed.site;
		x.to[0] = w->parcels[w->missed.parcel]->from;
		x.wanted = w->missed.wanted;
		w->missed.parcel = -1;
	}
	send_it(w, i, &x);
}

void
send_op(struct world *w, int i, enum op_kind kind)
{
	int peers[SITES_MAX], count = peers_of(w, i, peers);
	struct sending x = { .to_count = 1, .heartbeat = 1 };

	x.to[0] = peers[dice_below(&w->r, (unsigned)count)];
	if (kind == OP_SEVERAL) {
		send_several(w, i, peers, count);
		return;
	}
	if (kind == OP_REQUEST) {
		send_request(w, i, x.to[0]);
		return;
	}
	if (kind == OP_CHAIN) {
		send_chain(w, i, &x);
		return;
	}
	x.full = kind == OP_FULL;
	x.receipt = kind == OP_RECEIPT;
	if (kind == OP_EXCERPT)
		x.type = type_name((int)dice_below(&w->r, TYPES));
	send_it(w, i, &x);
}
