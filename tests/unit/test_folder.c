/* A list of files that is imported, and what happens to them meanwhile. */
#include <sys/stat.h>

#include "../../importer/folder.h"
#include "../../store/lines.h"
#include "sites.h"
#include "unsynced.h"

struct listing {
	struct sites t;
	struct store *s;		/* b's */
	char path[128];			/* of the folder */
	struct folder f;
	struct import_result got;
};

/* The next bundle from a to b, into the folder under this name. */
static void
put(struct listing *l, const char *name)
{
	static const char *const b[] = { "b" };
	struct sites *t = &l->t;
	struct export_result files = EXPORT_RESULT_INIT;
	struct export_request r = sites_request(t, "a", b, 1);
	struct store *s = sites_open(t, "a");
	char lab[160], out[192];
	const char *path = lab;
	struct lines_stats n;

	(void)snprintf(lab, sizeof lab, "%s/lab.jsonl", t->folder);
	sites_shell("echo '{\"uid\":\"%s\",\"type\":\"T\"}' > '%s'", name,
	    lab);
	CHECK_OK(lines_load(s, &path, 1, NULL, &n, &t->err), &t->err);
	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	(void)snprintf(out, sizeof out, "%s/%s", l->path, name);
	r.out = out;
	CHECK_OK(export_run(s, &r, &files, &t->err), &t->err);
	CHECK_INT(files.count, 1);
	export_result_clear(&files);
	store_closep(&s);
}

/* Two bundles that b has not read, listed. */
static void
begin(struct listing *l)
{
	memset(l, 0, sizeof *l);
	sites_begin(&l->t);
	sites_add(&l->t, "a", "1111111111111111");
	sites_add(&l->t, "b", "2222222222222222");
	sites_pin_all(&l->t);
	(void)snprintf(l->path, sizeof l->path, "%s/in", l->t.folder);
	CHECK_INT(mkdir(l->path, 0700), 0);
	put(l, "one");
	put(l, "two");
	l->s = sites_open(&l->t, "b");
	CHECK_OK(guard_check(l->s, l->t.state, &l->t.err), &l->t.err);
	CHECK_OK(folder_list(l->s, l->path, NULL, &l->f, &l->t.err),
	    &l->t.err);
	CHECK_INT(l->f.count, 2);
}

static void
import(struct listing *l)
{
	struct import_request r = { .mode = IMPORT_APPLY,
	    .identity = sites_identity,
	    .ctx = sites_find(&l->t, "b")->age };

	CHECK_OK(import_folder(l->s, &l->f, &r, &l->got, &l->t.err),
	    &l->t.err);
}

static void
end(struct listing *l)
{
	import_result_clear(&l->got);
	folder_clear(&l->f);
	store_closep(&l->s);
	sites_end(&l->t);
}

TEST(deleted_meanwhile)
{
	struct listing l;

	begin(&l);
	sites_shell("rm '%s/one'%s", l.path, "");
	import(&l);
	CHECK_INT(l.got.count, 1);
	CHECK_INT(l.got.at[0].outcome, IMPORT_APPLIED);
	CHECK_INT(l.got.at[0].sequence, 2);
	end(&l);
}

/* That is no longer the folder that was listed: its medium is gone. */
TEST(unmounted_meanwhile)
{
	static const char *const how[] = {
		"rm -r '%s'%s", "rm '%s'/*%s"
	};
	struct listing l;
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(&l);
		sites_shell(how[i], l.path, "");
		l.f.at[0].device++;
		l.f.at[1].device++;
		import(&l);
		CHECK_INT(l.got.count, 2);
		CHECK_INT(l.got.at[0].err.code, E_IO);
		CHECK_INT(l.got.at[1].err.code, E_IO);
		end(&l);
	}
}

/* What is copied decides, not what was looked at. */
TEST(replaced_meanwhile)
{
	static const struct {
		const char *how;
		enum import_outcome first, second;
		enum err_code code;
	} rows[] = {
		{ "cd '%s' && mv two one && cp one two%s", IMPORT_APPLIED,
		    IMPORT_ALREADY, E_OK },
		{ "cd '%s' && head -c 2000 two > one%s", IMPORT_REFUSED,
		    IMPORT_APPLIED, E_TRUNCATED },
		{ "cd '%s' && rm one && ln -s two one%s", IMPORT_REFUSED,
		    IMPORT_APPLIED, E_FORMAT },
		{ "cd '%s' && rm one && mkfifo one%s", IMPORT_REFUSED,
		    IMPORT_APPLIED, E_FORMAT },
		{ "cd '%s' && rm one && mkdir one%s", IMPORT_REFUSED,
		    IMPORT_APPLIED, E_FORMAT }
	};
	struct listing l;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&l);
		sites_shell(rows[i].how, l.path, "");
		import(&l);
		CHECK_INT(l.got.count, 2);
		CHECK_INT(l.got.at[0].outcome, rows[i].first);
		CHECK_INT(l.got.at[0].err.code, rows[i].code);
		CHECK_INT(l.got.at[1].outcome, rows[i].second);
		end(&l);
	}
}

/* A copy is not read: what it holds is here. */
TEST(copies_are_not_read)
{
	struct listing l;
	size_t i;

	begin(&l);
	sites_shell("cd '%s' && cp one copy && cp two second%s", l.path, "");
	folder_clear(&l.f);
	CHECK_OK(folder_list(l.s, l.path, NULL, &l.f, &l.t.err), &l.t.err);
	CHECK_INT(l.f.count, 4);
	sites_shell("cd '%s' && : > one && : > two%s", l.path, "");
	import(&l);
	for (i = 0; i < 4; i += 2) {
		CHECK_INT(l.got.at[i].outcome, IMPORT_APPLIED);
		CHECK_INT(l.got.at[i + 1].outcome, IMPORT_ALREADY);
		CHECK_INT(l.got.at[i + 1].sequence, l.got.at[i].sequence);
		CHECK_STR(l.got.at[i + 1].from, "a");
		CHECK_INT(l.got.at[i + 1].err.code, E_OK);
	}
	end(&l);
}

int
main(void)
{
	return unit_run();
}
