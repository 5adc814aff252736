#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "../../base/file.h"
#include "../../store/digest.h"
#include "../../store/guard.h"
#include "labs.h"

/* Close the store of a lab and open it again. */
static void
reopen(struct lab *l)
{
	store_closep(&l->s);
	CHECK_OK(store_open(&l->s, l->home, STORE_WRITE, 0, &l->err),
	    &l->err);
}

static mode_t
mode_of(const struct lab *l, const char *name)
{
	struct stat st;

	CHECK_INT(stat(lab_path(l, name), &st), 0);
	return st.st_mode & 0777;
}

/* --- the home ---------------------------------------------------------- */

TEST(creates)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_INT(mode_of(&l, "home"), 0700);
	CHECK_INT(mode_of(&l, "home/keys"), 0700);
	CHECK_INT(mode_of(&l, "home/spool"), 0700);
	CHECK_STR(l.s->self.site, "lab-a");
	CHECK_STR(l.s->self.nonce, "1111111111111111");
	CHECK_INT(l.s->self.generation, 1);
	CHECK_STR(l.s->name, "lab-a");
	CHECK_INT(l.s->seq + l.s->n + l.s->sequence, 0);
	CHECK_INT(lab_number(&l, "PRAGMA user_version"), STORE_SCHEMA);
	CHECK_INT(lab_number(&l, "PRAGMA application_id"),
	    STORE_APPLICATION);
	CHECK_INT(lab_number(&l, "PRAGMA synchronous"), 3);
	CHECK_INT(lab_number(&l, "SELECT journal_mode='delete' FROM "
	    "pragma_journal_mode"), 1);
	lab_end(&l);
}

TEST(creates_folders_above)
{
	char home[256];
	struct lab l;

	lab_begin(&l, "lab-a");
	(void)snprintf(home, sizeof home, "%s", lab_path(&l, "x/y/z"));
	CHECK_OK(store_create(home, "n", "s", "1111111111111111", &l.err),
	    &l.err);
	lab_text(&l, "file", "");
	(void)snprintf(home, sizeof home, "%s", lab_path(&l, "file/z"));
	CHECK_ERR(store_create(home, "n", "s", "1111111111111111", &l.err),
	    &l.err, E_IO);
	lab_end(&l);
}

/* A site that is there stays as it is. */
TEST(creates_once)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	store_closep(&l.s);
	CHECK_ERR(store_create(l.home, "other", "lab-x", "2222222222222222",
	    &l.err), &l.err, E_USAGE);
	CHECK_OK(store_open(&l.s, l.home, STORE_WRITE, 0, &l.err), &l.err);
	CHECK_STR(l.s->self.site, "lab-a");
	CHECK_STR(l.s->name, "lab-a");
	lab_end(&l);
}

/* A run that was killed before its commit leaves an empty database. */
TEST(creates_after_a_kill)
{
	char home[80];
	struct lab l;

	lab_begin(&l, "lab-a");
	(void)snprintf(home, sizeof home, "%.40s/new", l.folder);
	CHECK_INT(mkdir(home, 0700), 0);
	lab_text(&l, "new/store.db", "");
	CHECK_OK(store_create(home, "n", "s", "1111111111111111", &l.err),
	    &l.err);
	lab_text(&l, "new/store.db", "some other file of some one else");
	CHECK_ERR(store_create(home, "n", "s", "1111111111111111", &l.err),
	    &l.err, E_DAMAGED);
	lab_end(&l);
}

TEST(opens)
{
	struct store *s = NULL;
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_ERR(store_open(&s, l.folder, STORE_READ, 0, &l.err), &l.err,
	    E_CONFIG);
	CHECK_ERR(store_open(&s, "/none", STORE_READ, 0, &l.err), &l.err,
	    E_CONFIG);
	CHECK(s == NULL);
	lab_end(&l);
}

/* Links may lead to a home, and not to another database. */
TEST(opens_through_links)
{
	char link[256], other[256];
	struct lab l;

	lab_begin(&l, "lab-a");
	store_closep(&l.s);
	(void)snprintf(link, sizeof link, "%s", lab_path(&l, "link"));
	CHECK_INT(symlink("home", link), 0);
	CHECK_OK(store_open(&l.s, link, STORE_WRITE, 0, &l.err), &l.err);
	CHECK_STR(l.s->self.site, "lab-a");
	store_closep(&l.s);
	(void)snprintf(other, sizeof other, "%s", lab_path(&l, "other.db"));
	CHECK_INT(rename(lab_path(&l, "home/store.db"), other), 0);
	CHECK_INT(symlink(other, lab_path(&l, "home/store.db")), 0);
	CHECK(store_open(&l.s, link, STORE_READ, 0, &l.err) < 0);
	lab_end(&l);
}

TEST(refuses_other_databases)
{
	static const struct {
		const char *sql;
		enum err_code code;
	} all[] = {
		{ "PRAGMA user_version=3", E_VERSION },
		{ "PRAGMA application_id=7", E_DAMAGED },
		{ "DELETE FROM site WHERE key='id'", E_DAMAGED },
		{ "DELETE FROM site WHERE key='n'", E_DAMAGED },
		{ "UPDATE site SET value='-1' WHERE key='seq'", E_DAMAGED },
		{ "UPDATE site SET value='x' WHERE key='head'", E_DAMAGED },
		{ "UPDATE site SET value=value||value||value WHERE "
		    "key='nonce'", E_DAMAGED },
	};
	struct lab l;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		lab_begin(&l, "lab-a");
		lab_sql(&l, all[i].sql);
		store_closep(&l.s);
		CHECK_ERR(store_open(&l.s, l.home, STORE_READ, 0, &l.err),
		    &l.err, all[i].code);
		lab_end(&l);
	}
	lab_begin(&l, "lab-a");
	store_closep(&l.s);
	lab_text(&l, "home/store.db", "This is no database, whatever else it "
	    "may be; it has more bytes than a header of one.");
	CHECK_ERR(store_open(&l.s, l.home, STORE_READ, 0, &l.err), &l.err,
	    E_DAMAGED);
	lab_end(&l);
}

/* --- the lock ---------------------------------------------------------- */

TEST(locks)
{
	struct store *other = NULL, *third = NULL;
	struct lab l;
	time_t start;

	lab_begin(&l, "lab-a");
	CHECK_ERR(store_open(&other, l.home, STORE_READ, 0, &l.err), &l.err,
	    E_LOCKED);
	start = time(NULL);
	CHECK_ERR(store_open(&other, l.home, STORE_WRITE, 1, &l.err), &l.err,
	    E_LOCKED);
	CHECK(time(NULL) > start);

	/* Readers go together; a writer waits for them. */
	store_closep(&l.s);
	CHECK_OK(store_open(&other, l.home, STORE_READ, 0, &l.err), &l.err);
	CHECK_OK(store_open(&third, l.home, STORE_READ, 0, &l.err), &l.err);
	CHECK_ERR(store_open(&l.s, l.home, STORE_WRITE, 0, &l.err), &l.err,
	    E_LOCKED);
	store_closep(&third);
	store_unlock(other);
	CHECK_OK(store_open(&l.s, l.home, STORE_WRITE, 0, &l.err), &l.err);
	store_closep(&other);
	lab_end(&l);
}

/* The lock of a process that is killed is free again. */
TEST(lock_of_the_dead)
{
	struct store *s = NULL;
	struct lab l;
	int status;
	pid_t pid;

	lab_begin(&l, "lab-a");
	store_closep(&l.s);
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		if (store_open(&s, l.home, STORE_WRITE, 0, &l.err) < 0)
			_exit(1);
		(void)raise(SIGKILL);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_OK(store_open(&l.s, l.home, STORE_WRITE, 0, &l.err), &l.err);
	lab_end(&l);
}

/* --- transactions ------------------------------------------------------ */

TEST(rolls_back)
{
	static const struct json_span type = { "T", 1 };
	unsigned char before[32], after[32], head[32];
	int64_t id, again;
	struct actor other = { "lab-z", "3333333333333333", 4 };
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(lab_load(&l, "{\"uid\":\"a\",\"type\":\"T\"}"), &l.err);
	CHECK_OK(digest_of(l.s, type, before, &l.err), &l.err);
	memcpy(head, l.s->head, 32);
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(digest_add(l.s, type, before, 1, &l.err), &l.err);
	CHECK_OK(store_actor_id(l.s, &other, &id, &l.err), &l.err);
	l.s->seq = l.s->n = 77;
	memset(l.s->head, 1, 32);
	l.s->state_dirty = 1;
	store_rollback(l.s);
	store_rollback(l.s);
	CHECK_INT(l.s->seq, 1);
	CHECK_INT(l.s->n, 1);
	CHECK_INT(memcmp(head, l.s->head, 32), 0);
	CHECK_OK(digest_of(l.s, type, after, &l.err), &l.err);
	CHECK_INT(memcmp(before, after, 32), 0);
	CHECK(store_actor(l.s, id, &l.err) == NULL);
	CHECK_INT(l.err.code, E_DAMAGED);
	err_clear(&l.err);

	/* What is committed is there after the next open, once. */
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(store_actor_id(l.s, &other, &id, &l.err), &l.err);
	CHECK_OK(store_actor_id(l.s, &other, &again, &l.err), &l.err);
	CHECK_INT(id, again);
	l.s->sequence = 5;
	l.s->state_dirty = 1;
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	reopen(&l);
	CHECK_INT(l.s->sequence, 5);
	CHECK_INT(actor_cmp(store_actor(l.s, id, &l.err), &other), 0);
	CHECK_OK(store_actor_id(l.s, &other, &again, &l.err), &l.err);
	CHECK_INT(id, again);
	CHECK_OK(digest_all(l.s, after, &l.err), &l.err);
	CHECK_INT(memcmp(before, after, 32), 0);
	lab_end(&l);
}

/* Closing without a commit is no commit. */
/* SQLite gives up a whole transaction when the disk is full: what would
 * follow in it must not be done outside of it. */
TEST(given_up)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	l.s->seq = 5;
	CHECK_OK(store_savepoint(l.s, &l.err), &l.err);
	l.s->seq = l.s->n = 77;
	lab_sql(&l, "PRAGMA max_page_count=1");
	CHECK_ERR(store_run(l.s, &l.err, "INSERT INTO part(bytes) "
	    "VALUES(zeroblob(1000000))", ""), &l.err, E_NOSPACE);
	store_undo(l.s);
	CHECK_INT(l.s->seq, 5);
	CHECK_INT(l.s->n, 0);
	CHECK_ERR(store_savepoint(l.s, &l.err), &l.err, E_IO);
	store_rollback(l.s);
	CHECK_INT(l.s->seq, 0);
	reopen(&l);
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(store_savepoint(l.s, &l.err), &l.err);
	lab_end(&l);
}

TEST(closes_without_commit)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(store_set_text(l.s, "x", "y", &l.err), &l.err);
	reopen(&l);
	CHECK_INT(store_get_text(l.s, "x", &l.out, &l.err), 0);
	CHECK_OK(store_begin_read(l.s, &l.err), &l.err);
	reopen(&l);
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	CHECK_OK(store_set_text(l.s, "x", "y", &l.err), &l.err);
	CHECK_OK(store_set_text(l.s, "x", "z", &l.err), &l.err);
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	reopen(&l);
	CHECK_INT(store_get_text(l.s, "x", &l.out, &l.err), 1);
	CHECK_STR(buf_str(&l.out), "z");
	lab_end(&l);
}

/* --- the digest -------------------------------------------------------- */

TEST(digest_is_a_sum)
{
	static const struct json_span t = { "T", 1 }, u = { "U", 1 };
	unsigned char one[32] = { 0 }, big[32], got[32];
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	one[31] = 1;
	memset(big, 0xff, 32);
	CHECK_OK(digest_add(l.s, t, big, 1, &l.err), &l.err);
	CHECK_OK(digest_add(l.s, t, one, 1, &l.err), &l.err);
	CHECK_OK(digest_of(l.s, t, got, &l.err), &l.err);
	CHECK(got[0] == 0 && got[31] == 0);
	CHECK_OK(digest_add(l.s, t, one, -1, &l.err), &l.err);
	CHECK_OK(digest_of(l.s, t, got, &l.err), &l.err);
	CHECK_INT(memcmp(got, big, 32), 0);
	CHECK_OK(digest_add(l.s, u, one, 1, &l.err), &l.err);
	CHECK_OK(digest_add(l.s, u, one, 1, &l.err), &l.err);
	CHECK_OK(digest_all(l.s, got, &l.err), &l.err);
	CHECK_INT(memcmp(got, one, 32), 0);
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	lab_sql(&l, "UPDATE digest SET sum=x'00' WHERE type='U'");
	reopen(&l);
	CHECK_ERR(digest_of(l.s, u, got, &l.err), &l.err, E_DAMAGED);
	CHECK_ERR(digest_all(l.s, got, &l.err), &l.err, E_DAMAGED);
	lab_end(&l);
}

/* --- the guard --------------------------------------------------------- */

static const char *
state_of(const struct lab *l)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/state/satchel", l->folder);
	return path;
}

static void
set_sequence(struct lab *l, uint64_t sequence)
{
	CHECK_OK(store_begin(l->s, &l->err), &l->err);
	l->s->sequence = sequence;
	l->s->state_dirty = 1;
	CHECK_OK(store_commit(l->s, &l->err), &l->err);
}

TEST(guards)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	set_sequence(&l, 7);
	CHECK_OK(guard_write(l.s, &l.err), &l.err);
	CHECK_OK(file_read_all(lab_path(&l, "state/satchel/lab-a.guard"),
	    1000, &text, &l.err), &l.err);
	CHECK_STR(buf_str(&text), "{\"generation\":1,\"nonce\":"
	    "\"1111111111111111\",\"sequence\":7,\"site\":\"lab-a\"}\n");
	CHECK_INT(mode_of(&l, "state/satchel/lab-a.guard"), 0600);

	/* As far, or behind: no alarm.  Ahead: the store was put back. */
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	set_sequence(&l, 8);
	CHECK_INT(guard_is_ahead(l.s, state_of(&l), &l.err), 0);
	set_sequence(&l, 6);
	CHECK_INT(guard_is_ahead(l.s, state_of(&l), &l.err), 1);
	CHECK_ERR(guard_check(l.s, state_of(&l), &l.err), &l.err,
	    E_ROLLED_BACK);
	lab_end(&l);
}

/* Homes may share the folder: what another is about to write stays. */
TEST(guard_sweeps_its_own)
{
	static const char own[] =
	    "state/satchel/.lab-a.guard.0123456789abcdef.part";
	static const char other[] =
	    "state/satchel/.lab-b.guard.0123456789abcdef.part";
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	lab_text(&l, own, "x");
	lab_text(&l, other, "x");
	CHECK_OK(guard_write(l.s, &l.err), &l.err);
	CHECK(access(lab_path(&l, own), F_OK) != 0);
	CHECK_INT(access(lab_path(&l, other), F_OK), 0);
	lab_end(&l);
}

TEST(guard_of_another_life)
{
	static const char *const lives[] = {
	    "\"generation\":2,\"nonce\":\"1111111111111111\"",
	    "\"generation\":1,\"nonce\":\"2222222222222222\"" };
	char text[160];
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	for (i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof text, "{%s,\"sequence\":0,"
		    "\"site\":\"lab-a\"}", lives[i]);
		lab_text(&l, "state/satchel/lab-a.guard", text);
		CHECK_ERR(guard_check(l.s, state_of(&l), &l.err), &l.err,
		    E_ROLLED_BACK);
	}

	/* This life began, and the guard was not told any more. */
	lab_text(&l, "state/satchel/lab-a.guard", "{\"generation\":0,"
	    "\"nonce\":\"2222222222222222\",\"sequence\":9,"
	    "\"site\":\"lab-a\"}");
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	lab_end(&l);
}

TEST(guard_damaged)
{
	static const struct {
		const char *text;
		enum err_code code;
	} all[] = {
		{ "", E_JSON },
		{ "{\"generation\":1", E_JSON },
		{ "{\"generation\":1,\"sequence\":7}", E_DAMAGED },
		{ "{\"generation\":1,\"nonce\":\"1\",\"sequence\":7}",
		    E_DAMAGED },
		{ "{\"generation\":-1,\"nonce\":\"1111111111111111\","
		    "\"sequence\":7}", E_DAMAGED },
		{ "{\"generation\":1,\"nonce\":\"1111111111111111\","
		    "\"sequence\":\"7\"}", E_DAMAGED },
	};
	struct lab l;
	size_t i;

	lab_begin(&l, "lab-a");
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		lab_text(&l, "state/satchel/lab-a.guard", all[i].text);
		CHECK_ERR(guard_check(l.s, state_of(&l), &l.err), &l.err,
		    all[i].code);
	}
	lab_text(&l, "file", "");
	CHECK_ERR(guard_check(l.s, lab_path(&l, "file/x"), &l.err), &l.err,
	    E_IO);
	lab_end(&l);
}

TEST(guard_begins_a_life)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_OK(lab_load(&l, "{\"uid\":\"a\",\"type\":\"T\"}"), &l.err);
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	set_sequence(&l, 7);

	/* Not ahead, or no guard at all: nothing is done. */
	CHECK_INT(guard_restored(l.s, state_of(&l), "4444444444444444", 0, "",
	    &l.err), 0);
	CHECK_OK(guard_write(l.s, &l.err), &l.err);
	CHECK_INT(guard_restored(l.s, state_of(&l), "4444444444444444", 0, "",
	    &l.err), 0);
	CHECK_INT(l.s->self.generation, 1);

	/* What peers took of the old life says nothing of the new one. */
	CHECK_OK(store_run(l.s, &l.err, "INSERT INTO drop_peer(depot,peer,"
	    "waits,acked) VALUES(1,1,2,3)", ""), &l.err);
	set_sequence(&l, 6);
	CHECK_INT(guard_restored(l.s, state_of(&l), "4444444444444444", 0, "",
	    &l.err), 1);
	reopen(&l);
	CHECK_INT(l.s->self.generation, 2);
	CHECK_STR(l.s->self.nonce, "4444444444444444");
	CHECK_INT(l.s->n, 0);
	CHECK_INT(l.s->sequence, 0);
	CHECK_INT(l.s->head[0] | l.s->head[31], 0);
	CHECK_INT(l.s->seq, 1);
	CHECK_INT(lab_number(&l, "SELECT waits+acked FROM drop_peer"), 0);
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);

	/* Above every one of ours that a file named. */
	guard_heard(l.s, 9);
	guard_heard(l.s, 3);
	CHECK_INT(guard_restored(l.s, state_of(&l), "5555555555555555", 1, "",
	    &l.err), 1);
	CHECK_INT(l.s->self.generation, 10);
	CHECK_OK(guard_check(l.s, state_of(&l), &l.err), &l.err);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
