/* carries.h: a drop that sites share, for tests of carry/ with real files. */
#ifndef SATCHEL_TEST_CARRIES_H
#define SATCHEL_TEST_CARRIES_H

#include <fcntl.h>
#include <sys/stat.h>

#include "../../base/file.h"
#include "../../carry/mark.h"
#include "../../carry/survey.h"
#include "../../store/lines.h"
#include "../../store/stream.h"
#include "sites.h"
#include "unsynced.h"

struct carries {
	struct sites t;
	char path[128];			/* of the drop */
	char mark[DROP_MARK_LEN + 1];

	/* The site that works at it now, see carries_open. */
	struct store *s;
	struct minisign_pub own;
	struct drop drop;
	struct survey x;
	struct folder due;
};

/* Sites, of one letter each, that know each other. */
static inline void
carries_begin(struct carries *c, const char *sites)
{
	char id[2] = "", nonce[17];

	memset(c, 0, sizeof *c);
	c->x = (struct survey)SURVEY_INIT;
	sites_begin(&c->t);
	for (; *sites != '\0'; sites++) {
		id[0] = *sites;
		(void)snprintf(nonce, sizeof nonce, "%016x",
		    (unsigned)*sites);
		sites_add(&c->t, id, nonce);
	}
	sites_pin_all(&c->t);
	(void)snprintf(c->path, sizeof c->path, "%.60s/drop", c->t.folder);
	CHECK_INT(mkdir(c->path, 0700), 0);
	CHECK_INT(mark_make(c->path, c->mark, &c->t.err), 1);
}

/* Let go of what was surveyed. */
static inline void
carries_drop_survey(struct carries *c)
{
	survey_clear(&c->x);
	folder_clear(&c->due);
}

static inline void
carries_close(struct carries *c)
{
	carries_drop_survey(c);
	drop_clear(&c->drop);
	store_closep(&c->s);
}

static inline void
carries_end(struct carries *c)
{
	carries_close(c);
	sites_end(&c->t);
}

static inline void
carries_add_drop(struct carries *c)
{
	struct drop d = { .name = "nightly", .path = c->path };

	(void)strcpy(d.mark, c->mark);
	CHECK_OK(store_begin(c->s, &c->t.err), &c->t.err);
	CHECK_OK(drop_add(c->s, &d, &c->t.err), &c->t.err);
	CHECK_OK(store_commit(c->s, &c->t.err), &c->t.err);
}

/* Be this site; it has the drop. */
static inline void
carries_open(struct carries *c, const char *id)
{
	int rc;

	carries_close(c);
	c->s = sites_open(&c->t, id);
	CHECK_OK(guard_check(c->s, c->t.state, &c->t.err), &c->t.err);
	minisign_public(sites_find(&c->t, id)->key, &c->own);
	rc = drop_find(c->s, "nightly", &c->drop, &c->t.err);
	CHECK_OK(rc, &c->t.err);
	if (rc == 0) {
		carries_add_drop(c);
		CHECK_INT(drop_find(c->s, "nightly", &c->drop, &c->t.err),
		    1);
	}
}

/* Something new here. */
static inline void
carries_load(struct carries *c, const char *lines)
{
	char path[128];
	const char *list = path;
	struct lines_stats n;

	(void)snprintf(path, sizeof path, "%.60s/lines", c->t.folder);
	CHECK_OK(file_put(path, 0600, lines, strlen(lines), &c->t.err),
	    &c->t.err);
	CHECK_OK(lines_load(c->s, &list, 1, NULL, &n, &c->t.err),
	    &c->t.err);
}

/* Write for one peer into the drop, under a name of the test's ("": its
 * own). */
static inline void
carries_write(struct carries *c, const char *to, const char *name,
    int is_receipt)
{
	struct export_request r = sites_request(&c->t, c->s->self.site, &to,
	    1);
	struct export_result files = EXPORT_RESULT_INIT;
	char out[256];

	(void)snprintf(out, sizeof out, "%s/%s", c->path, name);
	r.out = out;
	CHECK_OK((is_receipt ? export_receipt : export_run)(c->s, &r, &files,
	    &c->t.err), &c->t.err);
	CHECK_INT(files.count, 1);
	export_result_clear(&files);
}

/* A shell in the drop. */
static inline void
carries_shell(const struct carries *c, const char *command)
{
	CHECK_INT(setenv("DO_IT", command, 1), 0);
	sites_shell("cd '%s' && eval \"$DO_IT\"%s", c->path, "");
}

static inline int
carries_try(struct carries *c)
{
	carries_drop_survey(c);
	return survey_take(&c->x, c->s, &c->drop, &c->own, &c->due,
	    &c->t.err);
}

static inline void
carries_survey(struct carries *c)
{
	CHECK_OK(carries_try(c), &c->t.err);
}

static inline void
carries_save(struct carries *c)
{
	CHECK_OK(survey_save(&c->x, c->s, &c->t.err), &c->t.err);
}

/* A file of the survey; it is in it. */
static inline struct drop_file *
carries_file(struct carries *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->x.files.count; i++)
		if (strcmp(c->x.files.at[i].name, name) == 0)
			return &c->x.files.at[i];
	FAIL("\"%s\" is not in the survey", name);
}

/* Import what is due. */
static inline void
carries_import(struct carries *c)
{
	struct import_request r = { .mode = IMPORT_APPLY,
	    .identity = sites_identity,
	    .ctx = sites_find(&c->t, c->s->self.site)->age, .own = &c->own };
	struct import_result files = { NULL, 0 };

	folder_sort(&c->due);
	CHECK_OK(import_folder(c->s, &c->due, &r, &files, &c->t.err),
	    &c->t.err);
	import_result_clear(&files);
}

#endif
