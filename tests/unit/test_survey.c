/* A drop as it is now, whatever lies in it and is done to it. */
#include <poll.h>
#include <sqlite3.h>
#include <sys/inotify.h>

#include "carries.h"

/* --- what is opened ----------------------------------------------------- */

static int watch = -1;

/* Count the files that are opened from here on; the last count. */
static int
opened(const struct carries *c)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };
	char events[65536], *at;
	struct inotify_event e;
	ssize_t n;
	int count = 0;

	if (watch < 0) {
		watch = inotify_init1(IN_CLOEXEC);
		CHECK(inotify_add_watch(watch, c->path, IN_OPEN) >= 0);
	}
	while (poll(&p, 1, 0) > 0) {
		n = read(watch, events, sizeof events);
		for (at = events; at < events + n; at += sizeof e + e.len) {
			memcpy(&e, at, sizeof e);
			count += e.len > 0 && at[sizeof e] != '.';
		}
	}
	return count;
}

static void
stop_watching(void)
{
	(void)close(watch);
	watch = -1;
}

/* --- kinds -------------------------------------------------------------- */

/* The drop as b sees it: "a_to_b" and so on. */
static void
fill(struct carries *c)
{
	carries_begin(c, "abc");
	carries_open(c, "a");
	carries_load(c, "{\"uid\":\"a1\",\"type\":\"T\"}\n");
	carries_write(c, "b", "a_to_b", 0);
	carries_write(c, "c", "a_to_c", 0);
	carries_write(c, "b", "read", 1);
	carries_open(c, "b");
	carries_survey(c);
	carries_shell(c, "mv a_to_b a_to_c ..");
	carries_survey(c);
	carries_import(c);
	carries_shell(c, "mv ../a_to_b ../a_to_c .");
	carries_write(c, "a", "own", 1);
	carries_shell(c, "cp own copy; head -c 3000 a_to_b > broken;"
	    "echo x > text; : > empty; mkdir folder; mkfifo fifo;"
	    "ln -s a_to_b link; ln -s nowhere dangling; cp a_to_b .hidden;"
	    "cp a_to_b \"$(printf 'a\\033[2J\\nb\\377')\"");
}

TEST(what_lies_there)
{
	static const struct {
		const char *name;
		enum drop_what what;
	} rows[] = {
		{ "a\033[2J\nb\377", DROP_DUE }, { "a_to_b", DROP_DUE },
		{ "a_to_c", DROP_OTHER }, { "broken", DROP_BROKEN },
		{ "copy", DROP_OWN }, { "empty", DROP_FOREIGN },
		{ "own", DROP_OWN }, { "read", DROP_READ },
		{ "text", DROP_FOREIGN }
	};
	struct carries c;
	uint64_t bytes;
	size_t i;

	fill(&c);
	carries_survey(&c);
	CHECK_INT(c.x.files.count, sizeof rows / sizeof *rows);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct drop_file *f = carries_file(&c, rows[i].name);

		if (f->what != rows[i].what)
			FAIL("%s is %d", rows[i].name, f->what);
		CHECK(f->stale && !f->gone && f->first == c.s->clock);
		CHECK_INT(f->own != NULL, f->what == DROP_OWN);
	}
	CHECK_INT(c.due.count, 2);
	CHECK(survey_count(&c.x, DROP_OWN, &bytes) == 2 && bytes ==
	    2 * carries_file(&c, "own")->size);
	CHECK_INT(c.x.broken_count, 0);
	carries_end(&c);
}

/* What is not good for longer than a copy takes is told of, once it was seen
 * so for that long; of many some. */
TEST(what_stays_broken)
{
	struct carries c;

	fill(&c);
	c.s->clock = 1000;
	carries_survey(&c);
	carries_save(&c);
	c.s->clock += SURVEY_COPY_S - 1;
	carries_survey(&c);
	CHECK_INT(c.x.broken_count, 0);
	carries_shell(&c, "head -c 4000 a_to_b > broken");
	c.s->clock++;
	carries_survey(&c);
	CHECK_INT(c.x.broken_count, 1);
	CHECK_STR(c.x.files.at[c.x.broken[0].file].name, "broken");
	CHECK_INT(c.x.broken[0].why.code, E_TRUNCATED);
	carries_shell(&c, "for i in $(seq 110); do cp broken broken$i; done");
	carries_survey(&c);
	carries_save(&c);
	CHECK_INT(c.x.broken_count, 1);
	c.s->clock += SURVEY_COPY_S;
	carries_survey(&c);
	CHECK_INT(c.x.broken_count, SURVEY_BROKEN_MAX);
	CHECK_INT(c.x.broken_more, 111 - SURVEY_BROKEN_MAX);
	carries_end(&c);
}

TEST(what_retention_asks_of_our_own)
{
	const struct drop_own *own;
	struct carries c;

	carries_begin(&c, "abc");
	carries_open(&c, "a");
	carries_load(&c, "{\"uid\":\"a1\",\"type\":\"T\"}\n");
	carries_write(&c, "b", "bundle", 0);
	carries_write(&c, "c", "receipt", 1);
	carries_survey(&c);
	own = carries_file(&c, "bundle")->own;
	CHECK(own->kind == MANIFEST_BUNDLE && own->sequence == 1 &&
	    own->since == 0 && own->until == 1 && own->freed == 0);
	CHECK_INT(actor_cmp(&own->actor, &c.s->self), 0);
	CHECK_STR(own->addressees, "b");
	CHECK_STR(own->filter, FILTER_ALL);
	own = carries_file(&c, "receipt")->own;
	CHECK(own->kind == MANIFEST_RECEIPT && own->sequence == 2);
	CHECK_STR(own->addressees, "c");
	CHECK(own->filter == NULL);
	carries_end(&c);
}

/* --- the next night ----------------------------------------------------- */

/* What is settled is not opened again, whatever it is. */
TEST(only_what_is_open_is_looked_at_again)
{
	struct carries c;

	fill(&c);
	CHECK_INT(opened(&c), 0);
	carries_survey(&c);
	carries_save(&c);
	CHECK_INT(opened(&c), 9);
	carries_survey(&c);
	CHECK_INT(opened(&c), 3);	/* two due, one broken */
	CHECK_INT(c.due.count, 2);
	carries_import(&c);
	carries_survey(&c);
	(void)opened(&c);
	carries_save(&c);
	carries_survey(&c);
	CHECK_INT(opened(&c), 1);
	CHECK_INT(c.due.count, 0);
	stop_watching();
	carries_end(&c);
}

/* One thing is done to a file: it is what it then is. */
TEST(what_is_done_to_a_file)
{
	static const struct {
		const char *name, *done;
		enum drop_what before, after;
	} rows[] = {
		{ "broken", "cat a_to_b > broken", DROP_BROKEN, DROP_DUE },
		{ "broken", "head -c 4000 a_to_b > broken", DROP_BROKEN,
		    DROP_BROKEN },
		{ "text", "cat a_to_b > text", DROP_FOREIGN, DROP_DUE },
		{ "text", "touch -d 2020-01-01 t && echo y > t && touch -r "
		    "text t && mv t text", DROP_FOREIGN, DROP_FOREIGN },
		{ "read", "head -c 3000 read > t && mv t read", DROP_READ,
		    DROP_BROKEN },
		{ "read", "cp a_to_c t && touch -r read t && mv t read",
		    DROP_READ, DROP_OTHER },
		{ "own", "truncate -s -1 own", DROP_OWN, DROP_BROKEN },
		{ "own", "truncate -s 0 own", DROP_OWN, DROP_FOREIGN },
		{ "own", "s=$(stat -c %s own); head -c $s /dev/zero > own",
		    DROP_OWN, DROP_FOREIGN },
		{ "own", "s=$(stat -c %s own); head -c $s /dev/zero > t; "
		    "touch -r own t; mv t own", DROP_OWN, DROP_FOREIGN },
		{ "a_to_c", "cp own a_to_c", DROP_OTHER, DROP_OWN },
		{ "a_to_b", "cp own a_to_b", DROP_DUE, DROP_OWN }
	};
	struct carries c;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct drop_file *f;

		fill(&c);
		c.s->clock = 1000;
		carries_survey(&c);
		CHECK_INT(carries_file(&c, rows[i].name)->what,
		    rows[i].before);
		carries_save(&c);
		carries_shell(&c, rows[i].done);
		c.s->clock = 2000;
		carries_survey(&c);
		f = carries_file(&c, rows[i].name);
		if (f->what != rows[i].after)
			FAIL("%s: %d", rows[i].done, f->what);
		CHECK_INT(f->first, rows[i].before == rows[i].after ? 1000 :
		    2000);
		CHECK_INT(f->met, rows[i].before != rows[i].after);
		CHECK_INT(f->own != NULL, f->what == DROP_OWN);
		carries_end(&c);
	}
}

/* A clock that was ahead when it was seen first is not believed. */
TEST(seen_in_the_future)
{
	struct carries c;

	fill(&c);
	c.s->clock = 9000;
	carries_survey(&c);
	carries_save(&c);
	c.s->clock = 5000;
	carries_survey(&c);
	CHECK_INT(carries_file(&c, "broken")->first, 5000);
	carries_end(&c);
}

/* What others took away of ours is found gone, and forgotten. */
TEST(what_is_gone)
{
	struct carries c;

	carries_begin(&c, "abcde");
	carries_open(&c, "a");
	carries_write(&c, "b", "one", 1);
	carries_write(&c, "c", "two", 1);
	carries_write(&c, "d", "three", 1);
	carries_write(&c, "e", "older", 1);
	carries_write(&c, "e", "newer", 1);
	carries_write(&c, "d", "moved", 1);
	carries_survey(&c);
	carries_file(&c, "two")->own->freed = 5;
	carries_save(&c);
	carries_shell(&c, "rm one two older; mv moved elsewhere");
	carries_survey(&c);
	CHECK(carries_file(&c, "one")->gone && carries_file(&c, "two")->gone);
	CHECK(!carries_file(&c, "three")->gone);
	carries_save(&c);
	carries_survey(&c);
	CHECK_INT(c.x.files.count, 3);
	carries_end(&c);
}

/* Some file systems number files anew: what may go, may since then. */
TEST(another_number_of_the_same_file)
{
	struct carries c;

	carries_begin(&c, "ab");
	carries_open(&c, "a");
	carries_write(&c, "b", "one", 1);
	carries_write(&c, "b", "two", 1);
	carries_survey(&c);
	carries_file(&c, "one")->own->freed = 5;
	carries_file(&c, "two")->own->freed = 6;
	carries_save(&c);
	carries_shell(&c, "cp one t && mv t one");
	carries_survey(&c);
	CHECK_INT(carries_file(&c, "one")->own->freed, 5);
	carries_save(&c);

	/* Another file of that name begins anew. */
	carries_shell(&c, "cp one t && mv t two");
	carries_survey(&c);
	CHECK_INT(carries_file(&c, "two")->own->freed, 0);
	carries_end(&c);
}

/* --- this site was put back --------------------------------------------- */

TEST(a_file_that_we_have_not_written)
{
	struct carries c;

	carries_begin(&c, "ab");
	carries_open(&c, "a");
	carries_write(&c, "b", "one", 1);
	carries_close(&c);
	sites_shell("cp -r '%s/a' '%s/kept'", c.t.folder, c.t.folder);
	carries_open(&c, "a");
	carries_write(&c, "b", "two", 1);
	carries_survey(&c);
	carries_close(&c);
	sites_shell("rm -r '%s/a' '%s/state'", c.t.folder, c.t.folder);
	sites_shell("mv '%s/kept' '%s/a'", c.t.folder, c.t.folder);
	carries_open(&c, "a");
	CHECK_ERR(carries_try(&c), &c.t.err, E_ROLLED_BACK);
	carries_shell(&c, "rm two");
	carries_survey(&c);
	carries_end(&c);
}

/* --- what was just put there -------------------------------------------- */

TEST(put_and_found)
{
	static const char *const none[] = {
		"%s", "%s/", "%s/none", "%s/in/one", "%sx/one", "/one", "one",
		"", "%s/../drop/one"
	};
	char path[256];
	struct carries c;
	size_t i;

	carries_begin(&c, "ab");
	carries_open(&c, "a");
	carries_survey(&c);
	carries_write(&c, "b", "one", 1);
	(void)snprintf(path, sizeof path, "%s/one", c.path);
	CHECK(survey_find(&c.x, path) == NULL);
	CHECK_OK(survey_put(&c.x, c.s, path, &c.own, &c.t.err), &c.t.err);
	CHECK(survey_find(&c.x, path) == carries_file(&c, "one"));
	CHECK_INT(carries_file(&c, "one")->what, DROP_OWN);
	carries_save(&c);
	carries_survey(&c);
	CHECK_INT(carries_file(&c, "one")->what, DROP_OWN);
	for (i = 0; i < sizeof none / sizeof *none; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(path, sizeof path, none[i], c.path);
#pragma GCC diagnostic pop
		if (survey_find(&c.x, path) != NULL)
			FAIL("%s is found", path);
	}
	carries_end(&c);
}

/* --- limits ------------------------------------------------------------- */

/* As many rows as there may be files: what is gone of them counts no more. */
TEST(more_files_than_there_may_be)
{
	struct carries c;
	char sql[512];

	carries_begin(&c, "ab");
	carries_open(&c, "a");
	(void)snprintf(sql, sizeof sql, "WITH RECURSIVE n(i) AS (SELECT 1 "
	    "UNION ALL SELECT i+1 FROM n WHERE i<%u) INSERT INTO drop_file("
	    "depot,name,size,inode,mtime,what,first) SELECT 1,CAST(i AS "
	    "BLOB),0,0,0,0,1 FROM n", DROP_FILES_MAX);
	CHECK_INT(sqlite3_exec(c.s->db, sql, NULL, NULL, NULL), SQLITE_OK);
	carries_shell(&c, "echo > new");
	carries_survey(&c);
	CHECK(!carries_file(&c, "new")->gone);
	carries_save(&c);
	carries_survey(&c);
	CHECK_INT(c.x.files.count, 1);
	carries_end(&c);
}

/* --- not the drop ------------------------------------------------------- */

TEST(drops_that_are_not_there)
{
	static const struct {
		const char *done;
		enum err_code code;
	} rows[] = {
		{ "rm .satchel-drop", E_MEDIA_GONE },
		{ "rm -r ../drop", E_MEDIA_GONE },
		{ "rm -r ../drop && echo > ../drop", E_IO },
		{ "rm -r ../drop && ln -s nowhere ../drop", E_MEDIA_GONE },
		{ "echo x > .satchel-drop", E_CONFIG },
		{ ": > .satchel-drop", E_CONFIG },
		{ "echo >> .satchel-drop", E_CONFIG },
		{ "truncate -s -1 .satchel-drop", E_CONFIG },
		{ "sed -i 's/drop 1/drop 2/' .satchel-drop", E_CONFIG },
		{ "tr a-f A-F < .satchel-drop > m && mv m .satchel-drop",
		    E_CONFIG },
		{ "sed -i '2s/./g/' .satchel-drop", E_CONFIG },
		{ "truncate -s 100G .satchel-drop", E_CONFIG },
		{ "mv .satchel-drop m && ln -s m .satchel-drop", E_CONFIG },
		{ "rm .satchel-drop && ln -s /etc/passwd .satchel-drop",
		    E_CONFIG },
		{ "rm .satchel-drop && mkfifo .satchel-drop", E_CONFIG },
		{ "rm .satchel-drop && mkdir .satchel-drop", E_CONFIG },
		{ "printf 'satchel drop 1\\n"
		    "00000000000000000000000000000000\\n' > .satchel-drop",
		    E_CONFIG }
	};
	char mark[DROP_MARK_LEN + 1];
	struct carries c;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		carries_begin(&c, "ab");
		carries_open(&c, "a");
		carries_shell(&c, rows[i].done);
		if (carries_try(&c) >= 0 || c.t.err.code != rows[i].code)
			FAIL("%s: %s %s", rows[i].done,
			    err_name(c.t.err.code), c.t.err.text);
		CHECK(err_advice(&c.t.err)[0] != '\0' ||
		    rows[i].code == E_IO);
		err_clear(&c.t.err);

		/* Nor is one made over what is there. */
		if (rows[i].code == E_CONFIG && i + 1 < sizeof rows /
		    sizeof *rows)
			CHECK_ERR(mark_make(c.path, mark, &c.t.err),
			    &c.t.err, E_CONFIG);
		carries_end(&c);
	}
}

int
main(void)
{
	return unit_run();
}
