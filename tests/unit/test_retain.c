/* Which files of a drop may go, and who blocks the rest (carry/retain.h). */
#include <errno.h>
#include <sys/syscall.h>

#include "retains.h"

static const char *refused;		/* a name that cannot be unlinked */

int
unlinkat(int fd, const char *name, int flags)
{
	if (refused != NULL && strcmp(name, refused) == 0) {
		errno = EROFS;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, fd, name, flags);
}

#define BIG "abcdefghijklmnopqrstuvwxyz"

struct rule {
	const char *what, *files, *acks, *gaps, *left;
};

static void
check_rules(const struct rule *rows, size_t count)
{
	struct retains t;
	size_t i;

	retains_begin(&t);
	for (i = 0; i < count; i++) {
		retains_reset(&t);
		retains_files(&t, rows[i].files);
		retains_acks(&t, rows[i].acks);
		retains_gaps(&t, rows[i].gaps);
		(void)retains_prune(&t);
		if (strcmp(retains_left(&t), rows[i].left) != 0)
			FAIL("%s: \"%s\" is left, not \"%s\"", rows[i].what,
			    retains_left(&t), rows[i].left);
	}
	retains_end(&t);
}
#define CHECK_RULES(rows) check_rules(rows, sizeof rows / sizeof *rows)

TEST(bundles_that_are_covered)
{
	static const struct rule rows[] = {
		{ "by nobody", "B1:b:0-5", "", "", "1" },
		{ "all of it", "B1:b:0-5", "b5", "", "" },
		{ "and more", "B1:b:0-5", "b9", "", "" },
		{ "not to the end", "B1:b:0-5", "b4", "", "1" },
		{ "one of two", "B1:b+c:0-5", "b5 c4", "", "1" },
		{ "the other of two", "B1:b+c:0-5", "b4 c5", "", "1" },
		{ "both", "B1:b+c:0-5", "b5 c5", "", "" },
		{ "by another", "B1:b:0-5", "c5", "", "1" },
		{ "a revoked peer waits for nothing", "B1:e:0-5", "", "", "" },
		{ "nor a removed one", "B1:f:0-5", "", "", "" },
		{ "nor one never known", "B1:x:0-5", "", "", "" },
		{ "but the one beside it", "B1:b+e+f+x:0-5", "", "", "1" },
		{ "covered beside it", "B1:b+e+f+x:0-5", "b5", "", "" },
		{ "of another life", "B1:b:0-5:1", "b5", "", "1" },
		{ "this life as that one", "B1:b:0-5", "b5:1", "", "1" },
		{ "each of its life", "B1:b:0-5:1 B2:b:0-5", "b5:1 b5", "",
		    "" },
		{ "with another filter", "B1:b:0-5:2:[\"A\"]", "b9", "",
		    "1" },
		{ "excerpts stay", "E1:b:0-0", "b9", "", "1" },
		{ "and hold no place", "B1:b:0-5 E2:b", "", "", "1 2" },
		{ "what others wrote stays", "X1 D2 B3:b:0-5", "b9", "",
		    "1 2" },
		{ "no addressee: nobody can have it", "B1::0-5", "b9", "",
		    "1" },
		{ "a list that is none", "B1:" BIG BIG ":0-5", "", "", "1" },
		{ "ends as none", "B1:b+" BIG BIG ":0-5", "b9", "", "1" }
	};

	CHECK_RULES(rows);
}

TEST(bundles_that_newer_ones_replace)
{
	static const struct rule rows[] = {
		{ "one newer", "B1:b:0-5 B2:b:0-9", "", "", "2" },
		{ "the same range", "B1:b:0-5 B2:b:0-5", "", "", "2" },
		{ "starts earlier", "B1:b:3-5 B2:b:2-5", "", "", "2" },
		{ "starts later", "B1:b:0-5 B2:b:1-9", "", "", "1 2" },
		{ "ends earlier", "B1:b:0-5 B2:b:0-4", "", "", "1 2" },
		{ "is older", "B2:b:0-5 B1:b:0-9", "", "", "2 1" },
		{ "listed first", "B2:b:0-9 B1:b:0-5", "", "", "2" },
		{ "for others", "B1:b:0-5 B2:c:0-9", "", "", "1 2" },
		{ "for more", "B1:b:0-5 B2:b+c:0-9", "", "", "1 2" },
		{ "for fewer", "B1:b+c:0-5 B2:b:0-9", "", "", "1 2" },
		{ "with a filter", "B1:b:0-5 B2:b:0-9:2:[\"A\"]", "", "",
		    "1 2" },
		{ "of another life", "B9:b:0-5:1 B2:b:0-9", "", "", "9 2" },
		{ "a receipt", "B1:b:0-5 R2:b", "", "", "1 2" },
		{ "an excerpt", "B1:b:0-5 E2:b:0-9", "", "", "1 2" },
		{ "a chain", "B1:b:0-9 B2:b:0-4 B3:b:4-9", "", "", "2 3" },
		{ "a longer one", "B1:b:2-9 B2:b:0-4 B3:b:4-6 B4:b:6-12", "",
		    "", "2 3 4" },
		{ "in any order", "B4:b:6-12 B1:b:2-9 B3:b:4-6 B2:b:0-4", "",
		    "", "4 3 2" },
		{ "a link is missing", "B1:b:0-9 B2:b:0-4 B4:b:6-12", "", "",
		    "1 2 4" },
		{ "its end is missing", "B1:b:0-9 B2:b:0-4", "", "", "1 2" },
		{ "its begin is missing", "B1:b:0-9 B3:b:4-9", "", "",
		    "1 3" },
		{ "no chain: another number", "B1:b:0-9 B2:b:0-4 B4:b:4-9",
		    "", "", "1 2 4" },
		{ "no chain: its own older links",
		    "B1:b:0-4 B2:b:4-9 B3:b:0-4", "", "", "2 3" },
		{ "a chain by a chain", "B1:b:0-4 B2:b:4-9 B3:b:0-7 B4:b:7-9",
		    "", "", "3 4" },
		{ "all but the newest", "B1:b:0-5 B2:b:0-6 B3:b:0-7 B4:b:0-8",
		    "", "", "4" },
		{ "what replaces it goes first", "B2:b:0-9 B1:b+c:0-5",
		    "b9", "", "1" }
	};

	CHECK_RULES(rows);
}

/* Bundles of parts of a long attachment, and nothing else, end where they
 * begin: they are for those after them. */
TEST(bundles_of_parts)
{
	static const struct rule rows[] = {
		{ "are for their chain", "B1:b:5-5 B2:b:5-5 B3:b:5-9", "", "",
		    "1 2 3" },
		{ "in the middle of it", "B1:b:0-5 B2:b:5-5 B3:b:5-9", "", "",
		    "1 2 3" },
		{ "are not covered by what is before them",
		    "B1:b:5-5 B2:b:5-9", "b5", "", "1 2" },
		{ "nor by less than what is after",
		    "B1:b:5-5 B2:b:5-9", "b8", "", "1 2" },
		{ "nor for one who did not need them",
		    "B1:b+c:0-0 B2:b+c:0-9", "b5 c9", "", "1 2" },
		{ "are by what is after", "B1:b:5-5 B2:b:5-9", "b9", "", "" },
		{ "go with a newer chain",
		    "B1:b:5-5 B2:b:5-9 B3:b:5-5 B4:b:5-12", "", "", "3 4" },
		{ "with one that starts earlier",
		    "B1:b:5-5 B2:b:5-9 B4:b:0-12", "", "", "4" },
		{ "not with one that does not lead beyond them",
		    "B1:b:5-5 B2:b:5-9 B4:b:0-5", "", "", "1 2 4" },
		{ "nor with one that leads less far than theirs",
		    "B1:b:5-5 B2:b:5-9 B4:b:0-7", "", "", "1 2 4" },
		{ "nor with parts alone", "B1:b:5-5 B3:b:5-5", "", "",
		    "1 3" },
		{ "that were killed halfway",
		    "B1:b:0-5 B2:b:5-5 B7:b:0-5 B8:b:5-5 B9:b:5-9", "", "",
		    "7 8 9" }
	};

	CHECK_RULES(rows);
}

TEST(receipts_and_requests)
{
	static const struct rule rows[] = {
		{ "the newest stays", "R1:b", "b9", "", "1" },
		{ "an older one goes", "R1:b R2:b", "", "", "2" },
		{ "an excerpt need not come", "R1:b E2:b", "", "", "1 2" },
		{ "a bundle carries one", "R1:b B2:b:0-5", "", "", "2" },
		{ "a request is one", "R1:b Q2:b", "", "b", "2" },
		{ "an older bundle does not say it", "B1:b:0-5 R2:b", "", "",
		    "1 2" },
		{ "of a later life", "R9:b:0-0:1 R1:b", "", "", "1" },
		{ "for another", "R1:b R2:c", "", "", "1 2" },
		{ "for all of two", "R1:b+c R2:b R3:c", "", "", "2 3" },
		{ "for one of two", "R1:b+c R2:b", "", "", "1 2" },
		{ "for more", "R1:b R2:b+c", "", "", "2" },
		{ "a site's name within another's", "R1:b R2:bb", "", "",
		    "1" },
		{ "a request to no peer", "Q1:b Q2:e Q3:f Q4:x", "", "b",
		    "1" },
		{ "taken from the drop now", "R1:b B2:b:0-5", "b5", "", "" },
		{ "an open request", "Q1:b R2:b B3:b:0-5", "", "b", "1 3" },
		{ "of which nothing is missing", "Q1:b R2:b", "", "", "2" },
		{ "nothing of b, of c", "Q1:b Q2:c R3:b R4:c", "", "c",
		    "2 3 4" },
		{ "nothing, and nothing newer", "Q1:b", "", "", "1" },
		{ "a newer request", "Q1:b Q2:b", "", "b", "2" },
		{ "for another", "Q1:b Q2:c", "", "bc", "1 2" },
		{ "without an addressee", "R1: R2:b Q3: Q4:b", "", "",
		    "1 3 4" }
	};

	CHECK_RULES(rows);
}

/* --- when --------------------------------------------------------------- */

static void
at(struct retains *t, int64_t day, const char *left, unsigned kept)
{
	t->l.s->clock = 1000000 + day * 86400;
	CHECK_INT(retains_prune(t).kept, kept);
	CHECK_STR(retains_left(t), left);
}

TEST(kept_for_days)
{
	struct retains t;

	retains_begin(&t);
	t.drop.keep = 3;
	retains_files(&t, "B1:b:0-5 B2:b:5-9");
	at(&t, 0, "1 2", 0);
	retains_acks(&t, "b5");
	at(&t, 10, "1 2", 1);
	at(&t, 12, "1 2", 1);
	retains_acks(&t, "b9");
	at(&t, 13, "2", 1);
	at(&t, 15, "2", 1);
	at(&t, 16, "", 0);
	retains_end(&t);
}

/* What may not go any more begins anew: a peer was put back. */
TEST(kept_from_when_it_may_go_again)
{
	struct retains t;

	retains_begin(&t);
	t.drop.keep = 3;
	retains_files(&t, "B1:b:0-5");
	retains_acks(&t, "b5");
	at(&t, 0, "1", 1);
	retains_acks(&t, "b4");
	at(&t, 5, "1", 0);
	retains_acks(&t, "b5");
	at(&t, 6, "1", 1);
	at(&t, 8, "1", 1);
	at(&t, 9, "", 0);
	retains_end(&t);
}

/* A clock that was ahead once does not keep a file for years, and one that is
 * set back does not let it go early. */
TEST(kept_whatever_the_clock_did)
{
	struct retains t;

	retains_begin(&t);
	t.drop.keep = 3;
	retains_files(&t, "B1:b:0-5");
	retains_acks(&t, "b5");
	at(&t, 20000, "1", 1);
	at(&t, 10, "1", 1);
	at(&t, 12, "1", 1);
	at(&t, 13, "", 0);
	retains_end(&t);
}

/* --- removing ----------------------------------------------------------- */

/* What has the name by now is not what was looked at. */
TEST(another_file_of_that_name_stays)
{
	struct retains t;
	int fd;

	retains_begin(&t);
	retains_files(&t, "B1:b:0-5 B2:b:0-5");
	retains_acks(&t, "b5");
	CHECK_INT(unlinkat(t.x.dir_fd, "2", 0), 0);
	fd = openat(t.x.dir_fd, "2", O_WRONLY | O_CREAT, 0600);
	CHECK_INT(write(fd, "theirs", 6), 6);
	(void)close(fd);
	CHECK_INT(retains_prune(&t).removed, 1);
	CHECK_STR(retains_left(&t), "2");
	retains_end(&t);
}

TEST(removed_by_others_meanwhile)
{
	struct retains t;
	struct retain_result n;

	retains_begin(&t);
	retains_files(&t, "B1:b:0-5");
	t.x.files.at[0].size = 0;
	retains_acks(&t, "b5");
	CHECK_INT(unlinkat(t.x.dir_fd, "1", 0), 0);
	n = retains_prune(&t);
	CHECK(n.removed == 0 && n.bytes == 0);
	retains_end(&t);
}

/* One that cannot be removed keeps no other; and it is said. */
TEST(one_that_cannot_be_removed)
{
	struct retain_result n;
	struct retains t;

	retains_begin(&t);
	retains_files(&t, "B1:b:0-5 B2:b:0-5 B3:b:0-5");
	retains_acks(&t, "b5");
	refused = "2";
	CHECK_ERR(retain_prune(&t.x, t.l.s, &n, &t.l.err), &t.l.err,
	    E_READONLY);
	CHECK_INT(n.removed, 2);
	CHECK_STR(retains_left(&t), "2");
	refused = NULL;
	CHECK_INT(retains_prune(&t).removed, 1);
	retains_end(&t);
}

/* --- who blocks --------------------------------------------------------- */

TEST(who_blocks)
{
	struct retain_block b[RETAINS_PEERS];
	struct retains t;
	size_t i;

	retains_begin(&t);
	retains_files(&t, "B1:b:0-5 B2:b+c:0-6 B3:b:0-8 R4:c E5:c B6:d:0-8 "
	    "B7:bb:0-9 X8");
	for (i = 0; i < t.x.files.count; i++) {
		t.x.files.at[i].size = 1u << i;
		t.x.files.at[i].first = 1000 - (int64_t)i;
	}
	retains_acks(&t, "b6 d8");
	CHECK_OK(retain_blocks(&t.x.files, t.l.s, t.peers, RETAINS_PEERS, b,
	    &t.l.err), &t.l.err);
	CHECK_STR(b[0].peer->name, "b");
	CHECK(b[0].files == 1 && b[0].bytes == 4 && b[0].since == 998);
	CHECK(b[1].files == 1 && b[1].bytes == 2 && b[1].since == 999);
	CHECK(b[2].files == 0 && b[3].files == 0 && b[4].files == 0);
	retains_end(&t);
}

/* --- how far it leads --------------------------------------------------- */

TEST(how_far_it_leads)
{
	static const struct {
		const char *files;
		uint64_t since, reach;
	} rows[] = {
		{ "", 3, 3 },
		{ "B1:b:0-5", 0, 5 }, { "B1:b:0-5", 3, 5 },
		{ "B1:b:0-5", 7, 7 }, { "B1:b:4-5", 3, 3 },
		{ "B1:b:0-5 B2:b:5-9", 0, 9 },
		{ "B2:b:5-9 B1:b:0-5", 0, 9 },
		{ "B1:b:0-5 B2:b:6-9", 0, 5 },
		{ "B1:b:0-5 B2:b:5-5 B3:b:3-4", 0, 5 },
		{ "B1:b+c:0-5 B2:c:0-5 R3:b E4:b:0-9 X5", 0, 0 },
		{ "B1:b:0-5:1 B2:b:0-5:2:[\"A\"]", 0, 0 }
	};
	struct retain_stream st;
	struct retains t;
	uint64_t reach;
	size_t i;

	retains_begin(&t);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		retains_reset(&t);
		retains_files(&t, rows[i].files);
		st = (struct retain_stream){ &t.l.s->self, "b", FILTER_ALL,
		    rows[i].since, 0 };
		CHECK_OK(retain_reach(&t.x.files, &st, &reach, &t.l.err),
		    &t.l.err);
		if (reach != rows[i].reach)
			FAIL("\"%s\" from %d leads to %d, not %d",
			    rows[i].files, (int)rows[i].since, (int)reach,
			    (int)rows[i].reach);
	}
	retains_end(&t);
}

int
main(void)
{
	return unit_run();
}
