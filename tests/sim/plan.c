#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "dice.h"

#define LENGTH 90			/* operations of a history */

const char *const focus_names[FOCUS_COUNT] = {
	"general", "conflicts", "restore", "several", "files", "kills"
};

static const char *const op_names[OP_KINDS] = {
	"create", "spread", "edit", "load", "delete", "stale", "resolve",
	"disjoint", "export", "full", "chain", "several", "excerpt",
	"receipt", "request", "deliver", "late", "backup", "restore"
};

static const struct topology {
	const char *name;
	int sites, count;
	struct edge pairs[10];
} topologies[] = {
	{ "pair", 2, 1, { { 0, 1 } } },
	{ "mesh3", 3, 3, { { 0, 1 }, { 0, 2 }, { 1, 2 } } },
	{ "chain4", 4, 3, { { 0, 1 }, { 1, 2 }, { 2, 3 } } },
	{ "star3", 3, 2, { { 0, 1 }, { 0, 2 } } },
	{ "star5", 5, 4, { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 } } },
	{ "mesh4", 4, 6, { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 2 }, { 1, 3 },
	    { 2, 3 } } },
	{ "mesh5", 5, 10, { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 }, { 1, 2 },
	    { 1, 3 }, { 1, 4 }, { 2, 3 }, { 2, 4 }, { 3, 4 } } },
	{ "ring5", 5, 5, { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 0 } } }
};

/* Which topologies (a bit each) and how often each operation. */
static const struct mix {
	unsigned topologies;
	unsigned char weight[OP_KINDS];
} mixes[FOCUS_COUNT] = {
	[FOCUS_GENERAL] = { 0xff, {
	    [OP_EDIT] = 34, [OP_LOAD] = 4, [OP_DELETE] = 5, [OP_STALE] = 4,
	    [OP_RESOLVE] = 5, [OP_DISJOINT] = 5, [OP_EXPORT] = 16,
	    [OP_FULL] = 1, [OP_CHAIN] = 4, [OP_SEVERAL] = 5,
	    [OP_EXCERPT] = 3, [OP_RECEIPT] = 4, [OP_REQUEST] = 1,
	    [OP_DELIVER] = 34, [OP_LATE] = 6, [OP_BACKUP] = 4,
	    [OP_RESTORE] = 4 } },
	[FOCUS_CONFLICTS] = { 0x0f, {		/* up to four sites */
	    [OP_EDIT] = 24, [OP_LOAD] = 6, [OP_DELETE] = 4, [OP_STALE] = 14,
	    [OP_RESOLVE] = 12, [OP_DISJOINT] = 6, [OP_EXPORT] = 22,
	    [OP_DELIVER] = 40, [OP_LATE] = 4 } },
	[FOCUS_RESTORE] = { 0x07, {		/* pair mesh3 chain4 */
	    [OP_EDIT] = 16, [OP_EXPORT] = 20, [OP_DELIVER] = 24,
	    [OP_RECEIPT] = 4, [OP_BACKUP] = 12, [OP_RESTORE] = 9 } },
	[FOCUS_SEVERAL] = { 0x38, {		/* star3 star5 mesh4 */
	    [OP_EDIT] = 20, [OP_EXPORT] = 6, [OP_SEVERAL] = 20,
	    [OP_CHAIN] = 4, [OP_RECEIPT] = 8, [OP_DELIVER] = 50 } },
	[FOCUS_FILES] = { 0x0f, {		/* up to four sites */
	    [OP_EDIT] = 26, [OP_DELETE] = 2, [OP_STALE] = 2,
	    [OP_RESOLVE] = 3, [OP_DISJOINT] = 3, [OP_EXPORT] = 14,
	    [OP_FULL] = 1, [OP_CHAIN] = 8, [OP_SEVERAL] = 6,
	    [OP_EXCERPT] = 4, [OP_RECEIPT] = 4, [OP_REQUEST] = 4,
	    [OP_DELIVER] = 34, [OP_LATE] = 4, [OP_BACKUP] = 4,
	    [OP_RESTORE] = 4 } },
	[FOCUS_KILLS] = { 0x0f, {
	    [OP_EDIT] = 24, [OP_DELETE] = 3, [OP_RESOLVE] = 3,
	    [OP_DISJOINT] = 3, [OP_EXPORT] = 18, [OP_FULL] = 1,
	    [OP_CHAIN] = 6, [OP_SEVERAL] = 4, [OP_EXCERPT] = 2,
	    [OP_RECEIPT] = 4, [OP_REQUEST] = 1, [OP_DELIVER] = 34,
	    [OP_LATE] = 3, [OP_BACKUP] = 3, [OP_RESTORE] = 3 } }
};

static const struct topology *
choose_topology(const struct mix *m, uint64_t seed)
{
	const struct topology *t, *some[8];
	unsigned i, count = 0;

	for (i = 0; i < sizeof topologies / sizeof *topologies; i++)
		if (m->topologies >> i & 1)
			some[count++] = &topologies[i];
	t = some[seed % count];
	return t;
}

static void
choose_ops(struct plan *p, const struct mix *m, struct dice *d)
{
	unsigned total = 0, at, kind, restores;
	size_t i;

	restores = p->focus != FOCUS_GENERAL || dice_chance(d, 60);
	for (kind = 0; kind < OP_KINDS; kind++)
		total += m->weight[kind];
	if (dice_chance(d, 60)) {
		p->ops[p->op_count++] = (struct op){ OP_CREATE,
		    (uint32_t)dice_next(d) };
		p->ops[p->op_count++] = (struct op){ OP_SPREAD, 0 };
	}
	for (i = 0; i < LENGTH; i++) {
		at = dice_below(d, total);
		for (kind = 0; at >= m->weight[kind]; kind++)
			at -= m->weight[kind];
		if (kind == OP_RESTORE && !restores)
			continue;
		p->ops[p->op_count++] = (struct op){ (enum op_kind)kind,
		    (uint32_t)dice_next(d) };
	}
}

void
plan_roll(struct plan *ret, uint64_t seed, enum focus focus)
{
	static const int64_t skews[] = { 0, 0, -400 * DAY, 400 * DAY, 3600,
	    -60 };
	const struct mix *m = &mixes[focus];
	const struct topology *t = choose_topology(m, seed);
	struct dice d = { seed * 16 + (uint64_t)focus };
	int i;

	*ret = (struct plan){ .seed = seed, .focus = focus,
	    .topology = t->name, .sites = t->sites };
	for (i = 0; i < t->count; i++) {
		ret->edges[ret->edge_count++] = t->pairs[i];
		ret->edges[ret->edge_count++] = (struct edge){
		    t->pairs[i].to, t->pairs[i].from };
	}
	for (i = 0; i < ret->sites; i++)
		ret->skew[i] = skews[dice_below(&d, 6)];
	ret->hub = ret->sites > 2 && dice_chance(&d, 20);
	ret->several = dice_chance(&d, 20);
	ret->encrypt = dice_chance(&d, 8);
	ret->gzip = dice_chance(&d, 8);
	ret->objects = focus == FOCUS_CONFLICTS ? 2 : 6;
	ret->files = focus == FOCUS_FILES ? 60 : dice_chance(&d, 30) ? 20 : 0;
	ret->large = focus == FOCUS_FILES && dice_chance(&d, 30);
	ret->kills = focus == FOCUS_KILLS ? 60 : dice_chance(&d, 10) ? 15 : 0;
	ret->clocks = !ret->hub && ret->kills == 0 && dice_chance(&d, 20);
	choose_ops(ret, m, &d);
}

void
plan_print(const struct plan *p)
{
	size_t i;
	int k;

	(void)printf("seed %llu, focus %s, %s%s%s%s%s%s, clocks",
	    (unsigned long long)p->seed, focus_names[p->focus], p->topology,
	    p->hub ? ", hub" : "", p->several ? ", several" : "",
	    p->encrypt ? ", encrypted" : "", p->gzip ? ", gzip" : "",
	    p->large ? ", large files" : "");
	for (k = 0; k < p->sites; k++)
		(void)printf(" %+lld", (long long)p->skew[k]);
	(void)printf(", files %u %%, kills %u %%\n", p->files, p->kills);
	for (i = 0; i < p->op_count; i++)
		(void)printf("  %s %08x\n", op_names[p->ops[i].kind],
		    (unsigned)p->ops[i].bits);
}

int
plan_far(const struct plan *p)
{
	int way[SITES_MAX][SITES_MAX], i, a, b, via, far = 0;

	for (a = 0; a < p->sites; a++)
		for (b = 0; b < p->sites; b++)
			way[a][b] = a == b ? 0 : SITES_MAX;
	for (i = 0; i < p->edge_count; i++)
		way[p->edges[i].from][p->edges[i].to] = 1;
	for (via = 0; via < p->sites; via++)
		for (a = 0; a < p->sites; a++)
			for (b = 0; b < p->sites; b++)
				if (way[a][via] + way[via][b] < way[a][b])
					way[a][b] = way[a][via] + way[via][b];
	for (a = 0; a < p->sites; a++)
		for (b = 0; b < p->sites; b++)
			far = way[a][b] > far ? way[a][b] : far;
	return far;
}
