#include "../../base/text.h"
#include "../../store/line.h"
#include "twins.h"

#define FOLDER "{\"uid\":\"f0\",\"type\":\"Folder\",\"path\":\"/clients\"," \
	"\"site\":true,\"parent\":null,\"id\":\"clients\"}"
#define C1 "{\"uid\":\"c1\",\"type\":\"Client\",\"path\":\"/clients/c-1\"," \
	"\"parent\":\"f0\",\"id\":\"c-1\",\"title\":\"One\",\"modified\":" \
	"\"2026-01-01T00:00:00Z\",\"fields\":{\"A\":1,\"B\":\"x\"}," \
	"\"history\":[{\"action\":\"create\",\"time\":\"t1\"}]}"

/* --- reading ----------------------------------------------------------- */

TEST(first_and_again)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	put(&t, C1);
	put(&t, FOLDER);
	put(&t, "{\"uid\":\"a1\",\"type\":\"Sample\",\"path\":\"/x\","
	    "\"parent\":\"c1\",\"fields\":{\"Client\":{\"uid\":\"c1\"},"
	    "\"Folder\":{\"uid\":\"f0\"}}}");
	notice(&t, "2 0 1 0 0 0");
	CHECK_INT(t.n.full, 1);
	CHECK_INT(t.n.listed, 3);
	CHECK_STR(lab_all(&t.lab),
	    "{\"fields\":{\"Client\":{\"uid\":\"c1\"},\"Folder\":{\"uid\":"
	    "\"site:/clients\"}},\"parent\":\"c1\",\"type\":\"Sample\","
	    "\"uid\":\"a1\"}\n"
	    "{\"fields\":{\"A\":1,\"B\":\"x\"},\"history\":[{\"action\":"
	    "\"create\",\"time\":\"t1\"}],\"id\":\"c-1\",\"modified\":"
	    "\"2026-01-01T00:00:00Z\",\"parent\":\"site:/clients\","
	    "\"title\":\"One\",\"type\":\"Client\",\"uid\":\"c1\"}\n");

	/* Each object was read once, whatever lies in what. */
	CHECK_INT(t.m->reads, 3);

	/* Nothing has changed: no version, and nothing is due. */
	notice(&t, "0 0 0 0 0 0");
	CHECK_INT(t.n.full, 0);
	CHECK_OK(twin_try_notice(&t, 1, 0), &t.lab.err);
	CHECK_INT(t.n.same, 3);
	CHECK_INT(made(&t), 2);
	project(&t, "0 0 0 0 0 0 0 0 0");
	twin_end(&t);
}

TEST(changes)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	put(&t, C1);
	notice(&t, "1 0 0 0 0 0");

	/* A date alone is no change, and is remembered. */
	put(&t, "{\"uid\":\"c1\",\"modified\":\"2026-01-02T00:00:00Z\"}");
	notice(&t, "0 0 1 0 0 0");
	CHECK_INT(made(&t), 1);
	has_text(lab_show(&t.lab, "c1"), "2026-01-01");

	put(&t, "{\"uid\":\"c1\",\"modified\":\"2026-01-03T00:00:00Z\","
	    "\"fields\":{\"A\":1.50,\"B\":\"x\"}}");
	notice(&t, "0 1 0 0 0 0");
	has_text(lab_show(&t.lab, "c1"), "{\"A\":1.50,\"B\":\"x\"}");
	has_text(lab_show(&t.lab, "c1"), "2026-01-03");

	/* A field that goes, an entry that comes, a type. */
	put(&t, "{\"uid\":\"c1\",\"fields\":{\"B\":\"x\"}}");
	notice(&t, "0 1 0 0 0 0");
	has_text(lab_show(&t.lab, "c1"), "{\"B\":\"x\"}");
	put(&t, "{\"uid\":\"c1\",\"history\":[{\"action\":\"create\","
	    "\"time\":\"t1\"},{\"action\":\"sign\",\"time\":\"t2\"}]}");
	notice(&t, "0 1 0 0 0 0");
	has_text(lab_show(&t.lab, "c1"), "t2");

	/* History never shrinks. */
	put(&t, "{\"uid\":\"c1\",\"history\":[]}");
	notice(&t, "0 0 1 0 0 0");
	has_text(lab_show(&t.lab, "c1"), "t2");
	put(&t, "{\"uid\":\"c1\",\"type\":\"Kunde\"}");
	notice(&t, "0 1 0 0 0 0");
	CHECK_INT(siblings_of(&t, "c1"), 1);
	project(&t, "0 0 0 0 0 0 0 0 0");
	twin_end(&t);
}

/* The store has it already: the same is no version; another is beside it. */
TEST(not_overwritten)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	load(&t.lab, "{\"uid\":\"c1\",\"type\":\"Client\",\"title\":\"T\","
	    "\"history\":[{\"time\":\"t1\"},{\"time\":\"t2\"}]}\n"
	    "{\"uid\":\"c2\",\"type\":\"Client\",\"title\":\"T\"}\n",
	    "2 0 0 0");
	put(&t, "{\"uid\":\"c1\",\"type\":\"Client\",\"title\":\"T\","
	    "\"history\":[{\"time\":\"t1\"},{\"time\":\"t2\"}]}");
	put(&t, "{\"uid\":\"c2\",\"type\":\"Client\",\"title\":\"U\"}");
	notice(&t, "0 1 1 0 0 0");
	CHECK_INT(siblings_of(&t, "c1"), 1);
	CHECK_INT(siblings_of(&t, "c2"), 2);
	CHECK_INT(made(&t), 3);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM conflict"), 1);

	/* What is the same is not due; c2 wins here as it is there. */
	project(&t, "1 0 0 1 0 0 0 0 0");
	twin_end(&t);
}

TEST(unread)
{
	struct twin t;
	char *big;

	twin_begin(&t, "lab-a");
	put(&t, C1);
	put(&t, "{\"uid\":\"c2\",\"type\":\"Client\"}");
	put(&t, "{\"uid\":\"c3\",\"type\":\"no type\"}");
	t.m->fail = "c2";
	notice(&t, "1 0 0 0 2 0");
	CHECK_STR(state_of(&t, "c2"), "unread");
	CHECK_STR(why_of(&t, "c2"), "[{\"reason\":\"a broken object\"}]");
	CHECK_STR(state_of(&t, "c3"), "unread");
	has_text(why_of(&t, "c3"), "type");

	/* Neither deleted for it, nor forgotten. */
	CHECK_OK(twin_try_notice(&t, 1, 0), &t.lab.err);
	CHECK_INT(t.n.unread, 2);
	CHECK_INT(t.m->asked_gone, 0);
	t.m->fail = NULL;
	put(&t, "{\"uid\":\"c3\",\"type\":\"Type\"}");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.created, 2);
	CHECK_STR(state_of(&t, "c2"), "held");
	CHECK_STR(why_of(&t, "c2"), "");

	/* It was read before, and is again: no version. */
	t.m->fail = "c1";
	put(&t, "{\"uid\":\"c1\"}");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_STR(state_of(&t, "c1"), "unread");
	t.m->fail = NULL;
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_STR(state_of(&t, "c1"), "held");
	CHECK_INT(made(&t), 3);

	/* Too big for a line. */
	big = malloc(LINE_BYTES_MAX + 100);
	CHECK(big != NULL);
	(void)strcpy(big, "{\"uid\":\"c4\",\"type\":\"T\",\"title\":\"");

	{
		size_t at = strlen(big);

		memset(big + at, 'x', LINE_BYTES_MAX - at);
		(void)strcpy(big + LINE_BYTES_MAX, "\"}");
	}
	put(&t, big);
	free(big);
	notice(&t, "0 0 0 0 1 0");
	has_text(why_of(&t, "c4"), "more bytes");
	twin_end(&t);
}

/* --- deletions --------------------------------------------------------- */

static void
put_many(struct twin *t, int from, int to)
{
	char text[80];
	int i;

	for (i = from; i < to; i++) {
		(void)snprintf(text, sizeof text, "{\"uid\":\"o%03d\","
		    "\"type\":\"T\"}", i);
		put(t, text);
	}
}

static void
delete_many(struct twin *t, int from, int to)
{
	char uid[16];
	int i;

	for (i = from; i < to; i++) {
		(void)snprintf(uid, sizeof uid, "o%03d", i);
		take_away(t, uid);
	}
}

static void
check_deletions(int no_changes)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.m->no_changes = no_changes;
	put(&t, FOLDER);
	put(&t, "{\"uid\":\"f9\",\"type\":\"F\",\"path\":\"/batches\","
	    "\"site\":true}");
	put_many(&t, 0, 40);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.created, 40);

	/* Ten are believed, and each was asked for (and one folder, to know the
	 * instance by); that a folder is gone never is. */
	delete_many(&t, 0, 10);
	take_away(&t, "f0");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.deleted, 10);
	CHECK_INT(t.m->asked_gone, 11);
	CHECK_INT(t.n.full, no_changes);
	has_text(lab_all(&t.lab), "{\"deleted\":true,");
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM object WHERE "
	    "deleted=0"), 30);

	/* Eleven are not; all else is done, and none of them. */
	delete_many(&t, 10, 21);
	put(&t, "{\"uid\":\"o025\",\"title\":\"changed\"}");
	CHECK_ERR(twin_try_notice(&t, 0, 0), &t.lab.err, E_MASS_DELETE);
	CHECK_INT(t.n.changed, 1);
	CHECK_INT(t.n.deleted, 0);
	CHECK_ERR(twin_try_notice(&t, 0, 10), &t.lab.err, E_MASS_DELETE);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM object WHERE "
	    "deleted=0"), 30);
	CHECK_OK(twin_try_notice(&t, 0, 11), &t.lab.err);
	CHECK_INT(t.n.deleted, 11);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.deleted, 0);
	project(&t, "0 0 0 0 0 0 0 0 0");

	/* It comes back: an edit of who saw the deletion, no conflict. */
	put_many(&t, 3, 4);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(siblings_of(&t, "o003"), 1);
	CHECK_STR(lab_show(&t.lab, "o003"), "{\"type\":\"T\",\"uid\":"
	    "\"o003\"}");
	twin_end(&t);
}

TEST(deletions_of_an_inventory)
{
	check_deletions(1);
}

TEST(deletions_of_the_log)
{
	check_deletions(0);
}

/* The address of another one: nothing of it is taken. */
TEST(another_instance)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	put(&t, FOLDER);
	put_many(&t, 0, 5);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	mem_freep(&t.m);
	CHECK((t.m = mem_new()) != NULL);
	put(&t, "{\"uid\":\"x0\",\"type\":\"F\",\"path\":\"/clients\","
	    "\"site\":true}");
	put_many(&t, 7, 9);
	CHECK_ERR(twin_try_notice(&t, 1, 100), &t.lab.err, E_DEST_MISMATCH);
	CHECK_ERR(twin_try_project(&t, 1), &t.lab.err, E_DEST_MISMATCH);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM object"), 5);
	twin_end(&t);
}

/* The error says what to do. */
TEST(brake_says_how)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	put_many(&t, 0, 20);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	delete_many(&t, 0, 20);
	CHECK(twin_try_notice(&t, 0, 0) < 0);
	has_text(t.lab.err.next, "--accept-deletions 20");
	err_clear(&t.lab.err);
	twin_end(&t);
}

/* --- attachments ------------------------------------------------------- */

#define FILE1(token) "{\"uid\":\"c1\",\"type\":\"T\",\"attachments\":[{" \
	"\"field\":\"F\",\"media_type\":\"text/plain\",\"name\":\"n\"," \
	"\"size\":3,\"token\":\"" token "\"}]}"

TEST(attachments)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.m->restarts = 1;
	CHECK_OK(mem_blob_put(t.m, "k1", "abc", 3, &t.lab.err), &t.lab.err);
	CHECK_OK(mem_blob_put(t.m, "k2", "abd", 3, &t.lab.err), &t.lab.err);
	CHECK_OK(mem_blob_put(t.m, "k3", "abcd", 4, &t.lab.err),
	    &t.lab.err);
	put(&t, FILE1("k1"));
	notice(&t, "1 0 0 0 0 0");
	CHECK_INT(t.n.blobs, 1);
	CHECK_STR(lab_show(&t.lab, "c1"), "{\"attachments\":[{\"blake2b\":"
	    "\"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d523"
	    "19\",\"field\":\"F\",\"media_type\":\"text/plain\",\"name\":"
	    "\"n\",\"size\":3}],\"type\":\"T\",\"uid\":\"c1\"}");

	/* The token is the same: it is not read again. */
	put(&t, "{\"uid\":\"c1\",\"title\":\"T\"}");
	notice(&t, "0 1 0 0 0 0");
	CHECK_INT(t.m->blobs_read, 1);
	put(&t, FILE1("k2"));
	notice(&t, "0 1 0 0 0 0");
	CHECK_INT(t.m->blobs_read, 2);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM blob WHERE whole"),
	    2);

	/* One that cannot be read, or is not what is said: unread. */
	t.m->fail_blob = "k4";
	put(&t, FILE1("k4"));
	notice(&t, "0 0 0 0 1 0");
	CHECK_STR(state_of(&t, "c1"), "unread");
	put(&t, FILE1("k3"));
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	has_text(why_of(&t, "c1"), "4 bytes");
	put(&t, FILE1("k2"));
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_STR(state_of(&t, "c1"), "held");
	CHECK_INT(made(&t), 3);
	twin_end(&t);
}

/* Of several parts, and empty. */
TEST(sizes_of_attachments)
{
	size_t len = 5 * 1024 * 1024 + 7, i;
	char *data = malloc(len);
	struct twin t;

	CHECK(data != NULL);
	for (i = 0; i < len; i++)
		data[i] = (char)(i * i / 1001);
	twin_begin(&t, "lab-a");
	CHECK_OK(mem_blob_put(t.m, "k1", data, len, &t.lab.err), &t.lab.err);
	CHECK_OK(mem_blob_put(t.m, "k2", "", 0, &t.lab.err), &t.lab.err);
	free(data);
	put(&t, "{\"uid\":\"c1\",\"type\":\"T\",\"attachments\":[{\"field\":"
	    "\"F\",\"token\":\"k1\"},{\"field\":\"G\",\"token\":\"k2\"}]}");
	notice(&t, "1 0 0 0 0 0");
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM blob WHERE whole"),
	    2);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM part"), 3);
	twin_end(&t);
}

/* --- policy ------------------------------------------------------------ */

TEST(policy)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	twin_config(&t, "[mirror]\nurl = http://x.example/s\nuser = u\n"
	    "password-file = /p\n"
	    "types = Sample, Setup\npage = 2\nsettings = yes\n");
	put(&t, FOLDER);
	put(&t, "{\"uid\":\"s1\",\"type\":\"Sample\",\"parent\":\"c1\","
	    "\"fields\":{\"A\":{\"uid\":\"x1\"},\"B\":{\"uid\":\"gone\"}}}");
	put(&t, "{\"uid\":\"c1\",\"type\":\"Client\",\"parent\":\"f0\"}");
	put(&t, "{\"uid\":\"c2\",\"type\":\"Client\",\"parent\":\"f0\"}");
	put(&t, "{\"uid\":\"x1\",\"type\":\"X\",\"fields\":{\"A\":{\"uid\":"
	    "\"y1\"}}}");
	put(&t, "{\"uid\":\"a1\",\"type\":\"X\"}");
	put(&t, "{\"uid\":\"y1\",\"type\":\"Y\"}");
	put(&t, "{\"uid\":\"z1\",\"type\":\"Setup\",\"path\":\"/setup\","
	    "\"site\":true,\"settings\":true,\"fields\":{\"S\":1}}");
	put(&t, "{\"uid\":\"/registry\",\"type\":\"Registry\",\"path\":"
	    "\"/registry\"}");
	put(&t, "{\"uid\":\"/users/u\",\"type\":\"User\",\"path\":"
	    "\"/users/u\"}");

	/* s1, what it lies in and refers to, and the settings. */
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.created, 5);
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM object WHERE uid "
	    "IN ('s1','c1','x1','y1','site:/setup')"), 5);
	CHECK_STR(lab_show(&t.lab, "site:/setup"), "{\"fields\":{\"S\":1},"
	    "\"type\":\"Setup\",\"uid\":\"site:/setup\"}");

	/* What is in stays in; what is not is no deletion either. */
	put(&t, "{\"uid\":\"x1\",\"title\":\"T\"}");
	take_away(&t, "c2");
	CHECK_OK(twin_try_notice(&t, 1, 0), &t.lab.err);
	CHECK_INT(t.n.changed, 1);
	CHECK_INT(t.n.deleted, 0);
	CHECK_INT(t.n.left, 3);

	/* All of it. */
	twin_config(&t, "[mirror]\nurl = http://x.example/s\nuser = u\n"
	    "password-file = /p\n"
	    "users = yes\nregistry = yes\nskip = X\npage = 100\n"
	    "settings = yes\n");
	CHECK_OK(twin_try_notice(&t, 1, 0), &t.lab.err);
	CHECK_INT(t.n.created, 2);
	CHECK_INT(t.n.left, 1);
	has_text(lab_show(&t.lab, "site:/users/u"), "User");
	has_text(lab_show(&t.lab, "site:/registry"), "Registry");
	twin_end(&t);
}

TEST(without_settings)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.config.own.settings = 0;
	put(&t, "{\"uid\":\"z1\",\"type\":\"Setup\",\"path\":\"/setup\","
	    "\"site\":true,\"settings\":true,\"fields\":{\"S\":1}}");
	put(&t, "{\"uid\":\"a1\",\"type\":\"T\",\"parent\":\"z1\"}");
	notice(&t, "1 0 1 0 0 0");
	has_text(lab_show(&t.lab, "a1"), "\"site:/setup\"");
	CHECK_INT(lab_number(&t.lab, "SELECT count(*) FROM object"), 1);
	twin_end(&t);
}

/* --- which way --------------------------------------------------------- */

TEST(full_when_due)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.clock = 1800000000;
	put_many(&t, 0, 5);
	notice(&t, "5 0 0 0 0 0");
	CHECK_INT(t.n.full, 1);
	t.clock += 7 * 86400 - 1;
	notice(&t, "0 0 0 0 0 0");
	CHECK_INT(t.n.full, 0);
	t.clock++;
	notice(&t, "0 0 5 0 0 0");
	CHECK_INT(t.n.full, 1);

	/* The log begins anew: only an inventory can tell. */
	mem_lose_log(t.m);
	put(&t, "{\"uid\":\"o001\",\"title\":\"T\"}");
	notice(&t, "0 1 4 0 0 0");
	CHECK_INT(t.n.full, 1);
	put(&t, "{\"uid\":\"o002\",\"title\":\"T\"}");
	notice(&t, "0 1 0 0 0 0");
	CHECK_INT(t.n.full, 0);
	t.config.full_every_d = 0;
	t.clock += 1000 * 86400;
	notice(&t, "0 0 0 0 0 0");
	CHECK_INT(t.n.full, 0);
	twin_end(&t);
}

/* --- a mode that shows more -------------------------------------------- */

static const struct mirror_ops *real_ops;
static int exact;

static int
exact_facts(void *self, struct mirror_facts *ret, struct err *err)
{
	int rc = real_ops->facts(self, ret, err);

	ret->exact = exact;
	return rc;
}

#define TOLD(time) "{\"uid\":\"s1\",\"type\":\"Sample\",\"history\":[{" \
	"\"action\":\"a\",\"time\":\"2026-01-01T00:00:" time "Z\"}"

/* What was known to the second is no new history when it is told better; what
 * is told worse is not taken at all. */
TEST(exacter)
{
	struct mirror_ops ops;
	struct twin t;

	twin_begin(&t, "lab-a");
	real_ops = mem_mirror(t.m).ops;
	ops = *real_ops;
	ops.facts = exact_facts;
	t.ops = &ops;
	exact = 1;
	put(&t, TOLD("05") ",{\"action\":\"b\",\"time\":"
	    "\"2026-01-01T00:00:06Z\"}]}");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	exact = 2;
	put(&t, TOLD("05.25") ",{\"action\":\"b\",\"time\":"
	    "\"2026-01-01T00:00:06.5Z\"},{\"action\":\"b\",\"time\":"
	    "\"2026-01-01T00:00:06.75Z\"}]}");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.full, 1);
	CHECK_STR(lab_show(&t.lab, "s1"), "{\"history\":[{\"action\":\"a\","
	    "\"time\":\"2026-01-01T00:00:05Z\"},{\"action\":\"b\",\"time\":"
	    "\"2026-01-01T00:00:06.75Z\"},{\"action\":\"b\",\"time\":"
	    "\"2026-01-01T00:00:06Z\"}],\"type\":\"Sample\",\"uid\":\"s1\"}");
	exact = 1;
	CHECK_INT(twin_try_notice(&t, 0, 0), -E_CONFIG);
	twin_end(&t);
}

/* Killed at every opening of the store in turn, an inventory goes on where it
 * was, and comes to the same end. */
TEST(killed_anywhere)
{
	char *want = NULL;
	struct twin t;
	uint64_t k, opens = 1000;
	int rc;

	for (k = 0; k <= opens; k++) {
		twin_begin(&t, "lab-a");
		t.clock = 1800000000;
		put(&t, FOLDER);
		put_many(&t, 0, 10);
		put(&t, "{\"uid\":\"o003\",\"parent\":\"p1\"}");
		put(&t, "{\"uid\":\"p1\",\"type\":\"T\",\"parent\":\"f0\"}");
		CHECK_OK(mem_blob_put(t.m, "k1", "abc", 3, &t.lab.err),
		    &t.lab.err);
		put(&t, FILE1("k1"));
		t.fail_at = k;
		rc = twin_try_notice(&t, 0, 0);
		if (k == 0) {
			CHECK_OK(rc, &t.lab.err);
			opens = t.opens;
			want = strdup(lab_all(&t.lab));
			CHECK(want != NULL);
		} else {
			CHECK_ERR(rc, &t.lab.err, E_LOCKED);
		}
		t.fail_at = 0;
		CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
		CHECK_STR(lab_all(&t.lab), want);
		CHECK_INT(made(&t), 12);
		CHECK_INT(t.n.deleted, 0);
		twin_end(&t);
	}
	CHECK(opens > 10);
	free(want);
}

/* An inventory goes on behind what it has read; one that is old does not. */
TEST(goes_on)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.clock = 1800000000;
	put_many(&t, 0, 20);
	t.fail_at = 15;
	CHECK_ERR(twin_try_notice(&t, 0, 0), &t.lab.err, E_LOCKED);
	t.fail_at = 0;
	CHECK(made(&t) >= 6);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK(t.n.listed < 20);
	CHECK_INT(made(&t), 20);
	t.fail_at = 15;
	CHECK_ERR(twin_try_notice(&t, 1, 0), &t.lab.err, E_LOCKED);
	t.fail_at = 0;
	t.clock += 2 * 86400;
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.listed, 20);
	twin_end(&t);
}

/* What changes in the first part while the rest is read is in the log. */
TEST(cursor_is_from_before)
{
	struct twin t;

	twin_begin(&t, "lab-a");
	t.clock = 1800000000;
	put_many(&t, 0, 20);
	t.fail_at = 15;
	CHECK_ERR(twin_try_notice(&t, 0, 0), &t.lab.err, E_LOCKED);
	t.fail_at = 0;
	put(&t, "{\"uid\":\"o000\",\"title\":\"late\"}");
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
	CHECK_INT(t.n.full, 0);
	CHECK_INT(t.n.changed, 1);
	twin_end(&t);
}

int
main(void)
{
	return unit_run();
}
