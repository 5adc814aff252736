/* plan.h: a whole history before it runs, made of a seed, so that it can be
 * shrunk, and run again under other clocks. */
#ifndef SATCHEL_SIM_PLAN_H
#define SATCHEL_SIM_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define SITES_MAX 5
#define OPS_MAX 128
#define DAY 86400

enum op_kind {
	OP_CREATE, OP_SPREAD,		/* the lab before the sites part */
	OP_EDIT, OP_LOAD, OP_DELETE, OP_STALE, OP_RESOLVE, OP_DISJOINT,
	OP_EXPORT, OP_FULL, OP_CHAIN, OP_SEVERAL, OP_EXCERPT, OP_RECEIPT,
	OP_REQUEST, OP_DELIVER, OP_LATE, OP_BACKUP, OP_RESTORE, OP_KINDS
};

struct op {
	enum op_kind kind;
	uint32_t bits;			/* its own dice */
};

enum focus {
	FOCUS_GENERAL, FOCUS_CONFLICTS, FOCUS_RESTORE, FOCUS_SEVERAL,
	FOCUS_FILES, FOCUS_KILLS, FOCUS_COUNT
};
extern const char *const focus_names[FOCUS_COUNT];

struct edge {
	int from, to;
};

struct plan {
	uint64_t seed;
	enum focus focus;
	const char *topology;
	int sites;
	struct edge edges[SITES_MAX * SITES_MAX];	/* each way */
	int edge_count;
	int64_t skew[SITES_MAX];	/* of the clocks, seconds */
	int hub;			/* site 0 settles what is disjoint */
	int clocks;			/* run again under other clocks */
	int several;			/* healing: one bundle for all peers */
	int encrypt, gzip;
	unsigned objects;		/* how many are edited */
	unsigned files;			/* percent of edits that attach */
	int large;			/* attachments of several parts too */
	unsigned kills;			/* percent of runs that are killed */
	struct op ops[OPS_MAX];
	size_t op_count;
};

void plan_roll(struct plan *ret, uint64_t seed, enum focus focus);

/* On standard output: what it takes to understand a failure. */
void plan_print(const struct plan *p);

/* How many steps the longest of all shortest ways has. */
int plan_far(const struct plan *p);

#endif
