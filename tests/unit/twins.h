/* twins.h: a store with an instance in memory beside it. */
#ifndef SATCHEL_TEST_TWINS_H
#define SATCHEL_TEST_TWINS_H

#include "../../mirror/mem.h"
#include "../../mirror/notice.h"
#include "../../mirror/project.h"
#include "../../store/instance.h"
#include "labs.h"

struct twin {
	struct lab lab;
	struct mem *m;
	const struct mirror_ops *ops;	/* instead of m's; NULL */
	struct config config;
	uint64_t opens, fail_at;	/* the run is killed at that opening */
	int64_t clock;			/* 0: the real one */
	struct notice_report n;		/* of the last runs */
	struct project_report p;
};

static inline int
twin_open(void *ctx, enum store_mode mode, struct store **ret,
    struct err *err)
{
	struct twin *t = ctx;
	int rc;

	if (++t->opens == t->fail_at)
		return err_set(err, E_LOCKED, "killed here");
	if ((rc = store_open(ret, t->lab.home, mode, 0, err)) < 0)
		return rc;
	if (t->clock != 0)
		(*ret)->clock = t->clock;

	/* A kill here is no loss of power. */
	(void)sqlite3_exec((*ret)->db, "PRAGMA synchronous=OFF", NULL, NULL,
	    NULL);
	return 0;
}

static inline void
twin_begin(struct twin *t, const char *site)
{
	memset(t, 0, sizeof *t);
	lab_begin(&t->lab, site);
	CHECK_OK(store_begin(t->lab.s, &t->lab.err), &t->lab.err);
	CHECK_OK(instance_init(t->lab.s, "memory", &t->lab.err),
	    &t->lab.err);
	CHECK_OK(store_commit(t->lab.s, &t->lab.err), &t->lab.err);
	t->config = (struct config)CONFIG_INIT;
	t->config.page = 3;
	t->m = mem_new();
	CHECK(t->m != NULL);
}

static inline void
twin_end(struct twin *t)
{
	config_clear(&t->config);
	mem_freep(&t->m);
	lab_end(&t->lab);
}

/* Settings, as in the file. */
static inline void
twin_config(struct twin *t, const char *text)
{
	config_clear(&t->config);
	t->config = (struct config)CONFIG_INIT;
	CHECK_OK(config_parse(&t->config, text, strlen(text), "test",
	    &t->lab.err), &t->lab.err);
}

static inline void
twin_reopen(struct twin *t)
{
	struct err err = ERR_INIT;

	CHECK_OK(store_open(&t->lab.s, t->lab.home, STORE_WRITE, 0, &err),
	    &err);
}

static inline int
twin_try_notice(struct twin *t, int full, uint64_t accept)
{
	struct mirror m = mem_mirror(t->m);
	const struct mirror_home home = { twin_open, t };
	struct notice_request q = { .full = full, .accept_deletions = accept,
	    .config = &t->config };
	int rc;

	if (t->ops != NULL)
		m.ops = t->ops;
	store_closep(&t->lab.s);
	t->opens = 0;
	rc = notice_run(&m, &home, &q, &t->n, &t->lab.err);
	twin_reopen(t);
	return rc;
}

static inline int
twin_try_project(struct twin *t, int all)
{
	struct mirror m = mem_mirror(t->m);
	const struct mirror_home home = { twin_open, t };
	struct project_request q = { .all = all, .config = &t->config };
	int rc;

	if (t->ops != NULL)
		m.ops = t->ops;

	store_closep(&t->lab.s);
	t->opens = 0;
	rc = project_run(&m, &home, &q, &t->p, &t->lab.err);
	twin_reopen(t);
	return rc;
}

/* The counts are created, changed, same, deleted, unread, left. */
static inline void
notice(struct twin *t, const char *counts)
{
	char got[96];

	CHECK_OK(twin_try_notice(t, 0, 0), &t->lab.err);
	(void)snprintf(got, sizeof got, "%d %d %d %d %d %d",
	    (int)t->n.created, (int)t->n.changed, (int)t->n.same,
	    (int)t->n.deleted, (int)t->n.unread, (int)t->n.left);
	CHECK_STR(got, counts);
}

/* due, created, updated, same, deleted, refused, waiting, partly, left. */
static inline void
project(struct twin *t, const char *counts)
{
	char got[128];

	CHECK_OK(twin_try_project(t, 0), &t->lab.err);
	(void)snprintf(got, sizeof got, "%d %d %d %d %d %d %d %d %d",
	    (int)t->p.due, (int)t->p.created, (int)t->p.updated,
	    (int)t->p.same, (int)t->p.deleted, (int)t->p.refused,
	    (int)t->p.waiting, (int)t->p.partly, (int)t->p.left);
	CHECK_STR(got, counts);
}

static inline void
put(struct twin *t, const char *document)
{
	CHECK_OK(mem_put(t->m, document, &t->lab.err), &t->lab.err);
}

static inline void
take_away(struct twin *t, const char *uid)
{
	CHECK_OK(mem_delete(t->m, uid, &t->lab.err), &t->lab.err);
}

/* What the instance has; "" if nothing. */
static inline const char *
there(struct twin *t, const char *uid)
{
	const char *doc = mem_get(t->m, uid);

	return doc != NULL ? doc : "";
}

static inline void
has_text(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		FAIL("\"%s\" has no \"%s\"", text, part);
}

/* A row of what is remembered: its state's name, or "none". */
static inline const char *
state_of(struct twin *t, const char *uid)
{
	struct instance_row row = INSTANCE_ROW_INIT;
	const char *name = "none";
	int rc;

	CHECK_OK(store_begin_read(t->lab.s, &t->lab.err), &t->lab.err);
	rc = instance_get(t->lab.s, uid, strlen(uid), &row, &t->lab.err);
	store_end_read(t->lab.s);
	CHECK_OK(rc, &t->lab.err);
	if (rc > 0)
		name = instance_state_name(row.state);
	instance_row_clear(&row);
	return name;
}

/* Why it is not held, as JSON; one at a time. */
static inline const char *
why_of(struct twin *t, const char *uid)
{
	struct instance_row row = INSTANCE_ROW_INIT;
	static char why[1024];
	int rc;

	CHECK_OK(store_begin_read(t->lab.s, &t->lab.err), &t->lab.err);
	rc = instance_get(t->lab.s, uid, strlen(uid), &row, &t->lab.err);
	store_end_read(t->lab.s);
	CHECK_INT(rc, 1);
	(void)snprintf(why, sizeof why, "%s", row.why.len > 0 ? row.why.at :
	    "");
	instance_row_clear(&row);
	return why;
}

/* Versions of an object. */
static inline int
siblings_of(struct twin *t, const char *uid)
{
	struct object o = OBJECT_INIT;
	int rc, count;

	CHECK_OK(rc = object_get(t->lab.s, uid, strlen(uid), &o,
	    &t->lab.err), &t->lab.err);
	count = (int)o.set.count;
	object_clear(&o);
	return count;
}

/* The store's own counter: versions made here. */
static inline int
made(struct twin *t)
{
	return (int)t->lab.s->n;
}

#endif
