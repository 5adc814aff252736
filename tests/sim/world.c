#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../store/guard.h"
#include "steps.h"

#define HONEST_EVERY 30u		/* operations */

const char *const counted_names[COUNT_KINDS] = {
	"edits", "files", "applied", "gaps", "gaps for a file", "lost",
	"restores", "new lives", "kills", "kills that had finished",
	"clock replays"
};

void
violate(struct world *w, const char *why)
{
	w->why = why;
	longjmp(w->out, 1);
}

struct place *
site(struct world *w, int i)
{
	struct place *p = &w->y->at[i];

	p->s->clock = clock_of(w, i);
	return p;
}

int64_t
clock_of(const struct world *w, int i)
{
	return w->now + w->p->skew[i];
}

void
items_add(struct items *list, int parcel, int to)
{
	struct item *more = realloc(list->at, (list->count + 1) *
	    sizeof *more);

	if (more == NULL)
		abort();
	list->at = more;
	more[list->count++] = (struct item){ parcel, to };
}

struct item
items_take(struct items *list, size_t at)
{
	struct item x = list->at[at];

	list->count--;
	memmove(&list->at[at], &list->at[at + 1],
	    (list->count - at) * sizeof x);
	return x;
}

void
world_begin(struct world *w, const struct plan *p, struct yard *y)
{
	memset(w, 0, sizeof *w);
	w->p = p;
	w->y = y;
	w->now = 1000000000;
	w->rng.state = p->seed + 77;
	w->err = (struct err)ERR_INIT;
	w->missed.parcel = -1;
	oracle_begin(&w->o);
	yard_reset(y, p->sites, p->encrypt);
}

void
world_clear(struct world *w)
{
	int i;

	for (i = 0; i < w->parcel_count; i++) {
		(void)remove(w->parcels[i]->path);
		free(w->parcels[i]);
	}
	free(w->parcels);
	free(w->net.at);
	free(w->old.at);
	free(w->shown.at);
	for (i = 0; i < SITES_MAX; i++)
		(void)sqlite3_close(w->backups[i].db);
	oracle_clear(&w->o);
}

static void
deliver(struct world *w)
{
	struct item x;

	if (w->net.count == 0)
		return;
	x = items_take(&w->net, dice_below(&w->r, (unsigned)w->net.count));
	if (dice_chance(&w->r, 20)) {
		w->counts[COUNT_LOST]++;
		return;
	}
	arrive(w, x, 0);
	items_add(&w->old, x.parcel, x.to);
	if (dice_chance(&w->r, 30))
		arrive(w, x, 1);
}

static void
late(struct world *w)
{
	if (w->old.count > 0)
		arrive(w, w->old.at[dice_below(&w->r,
		    (unsigned)w->old.count)], 0);
}

static void
operate(struct world *w, const struct op *op, int i)
{
	switch (op->kind) {
	case OP_EXPORT:
	case OP_FULL:
	case OP_CHAIN:
	case OP_SEVERAL:
	case OP_EXCERPT:
	case OP_RECEIPT:
	case OP_REQUEST:
		send_op(w, i, op->kind);
		break;
	case OP_DELIVER:
		deliver(w);
		break;
	case OP_LATE:
		late(w);
		break;
	case OP_BACKUP:
		backup(w, i);
		break;
	case OP_RESTORE:
		restore(w, i);
		break;
	case OP_DISJOINT:
		settle_disjoint(w, i);
		break;
	case OP_SPREAD:
		spread(w);
		break;
	default:
		edit_op(w, i, op->kind);
		break;
	}
}

const char *
world_play(struct world *w)
{
	const struct plan *p = w->p;
	size_t k;

	if (setjmp(w->out) != 0) {
		steps_disarm();
		steps_far_disk = 0;
		return w->why;
	}
	for (k = 0; k < p->op_count; k++) {
		w->now += p->ops[k].bits % 5000;
		w->r.state = p->ops[k].bits;
		operate(w, &p->ops[k], (int)dice_below(&w->r,
		    (unsigned)p->sites));
		if (k % HONEST_EVERY == HONEST_EVERY - 1)
			check_honest(w);
	}
	check_honest(w);
	check_algebra(w);
	heal(w);
	return NULL;
}

static void
keep(struct world *w, const char *why, unsigned long counts[COUNT_KINDS],
    struct err *err)
{
	int i;

	for (i = 0; i < COUNT_KINDS; i++)
		counts[i] += w->counts[i];
	if (why != NULL)
		*err = w->err;
}

/* The sets at the end, by the numbers of their versions. */
static int
same_ends(const struct world *a, const struct world *b)
{
	int i, uid;

	for (i = 0; i < a->p->sites; i++)
		for (uid = 0; uid < UIDS; uid++)
			if (!bits_same(&a->o.at[i].live[uid],
			    &b->o.at[i].live[uid]))
				return 0;
	return 1;
}

/* The same people, shown the same, by other clocks. */
static const char *
replay(struct world *first, struct yard *y,
    unsigned long counts[COUNT_KINDS], struct err *err)
{
	struct plan p = *first->p;
	struct world w;
	const char *why;
	int i;

	for (i = 0; i < p.sites; i++)
		p.skew[i] = -p.skew[i] + 400 * DAY * (i % 3 - 1);
	world_begin(&w, &p, y);
	w.forced = 1;
	w.shown = first->shown;
	w.shown.next = 0;
	first->shown = (struct shown){ .count = 0 };
	why = world_play(&w);
	if (why == NULL && !same_ends(first, &w))
		why = "clocks changed a sibling set";
	keep(&w, why, counts, err);
	counts[COUNT_REPLAYS]++;
	world_clear(&w);
	return why;
}

const char *
history(const struct plan *p, struct yard *y,
    unsigned long counts[COUNT_KINDS], struct err *err)
{
	struct world w;
	const char *why;

	world_begin(&w, p, y);
	why = world_play(&w);
	keep(&w, why, counts, err);
	if (why == NULL && p->clocks)
		why = replay(&w, y, counts, err);
	world_clear(&w);
	return why;
}
