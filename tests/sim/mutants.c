/* Wrong designs, and the search for what they break.  With none of them on the
 * same program must pass: histories of each focus, and every one that catches
 * a design.
 *
 *	sim-mutants N              every one, N histories at most, until caught
 *	sim-mutants --jobs J ...   by so many processes
 *	sim-mutants --only NAME N
 *
 * The last line is "N passed, N failed": caught, and not; or of a focus, passed
 * with none on.
 */
#ifndef SATCHEL_MUTANTS
#define SATCHEL_MUTANTS
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../base/mutant.h"
#include "blobs.h"
#include "world.h"

#define CONTROLS 20ul	/* histories of each focus with none on */

enum mutant mutant_on;

#define M(name, focus, about)						\
	[MUTANT_##name] = { #name, FOCUS_##focus, about }

static const struct {
	const char *name;
	enum focus focus;
	const char *about;
} mutants[MUTANT_COUNT] = {
	M(last_export, GENERAL, "the watermark is our last export, not the "
	    "peer's receipt"),
	M(no_gap, GENERAL, "no gap rule"),
	M(stale_via, RESTORE, "via outlives a peer's restore"),
	M(via_cleared_only, RESTORE, "via is cleared, but the object keeps "
	    "its sequence"),
	M(via_of_old_life, RESTORE, "a late bundle of the peer's earlier life "
	    "still sets via"),
	M(joined_acks, RESTORE, "acknowledgements are joined, not replaced"),
	M(link_whole_until, GENERAL, "every link of a chain claims the until "
	    "of the whole chain"),
	M(link_first_since, GENERAL, "every link of a chain has the since of "
	    "the first"),
	M(excerpt_claims, GENERAL, "an excerpt claims a range"),
	M(several_highest, SEVERAL, "several addressees, from the highest "
	    "watermark"),
	M(several_via, SEVERAL, "several addressees: what came from one of "
	    "them is left out"),
	M(winner_only, GENERAL, "only the winner travels"),
	M(import_without_sequence, GENERAL, "a change that was imported gets "
	    "no new sequence"),
	M(exceptions_of_siblings, CONFLICTS, "exceptions name the siblings, not "
	    "the stamps of their fields"),
	M(context_of_all, GENERAL, "the context of an edit is the join of all "
	    "siblings"),
	M(plain_vector, CONFLICTS, "a context without exceptions"),
	M(tombstone_wins, GENERAL, "a deletion wins over a live sibling"),
	M(tombstone_swallows, GENERAL, "a deletion swallows concurrent "
	    "versions"),
	M(tombstones_pruned, GENERAL, "tombstones are pruned once exported"),
	M(last_writer_wins, GENERAL, "wall clock, last writer wins"),
	M(mint, GENERAL, "the receiver mints a merge of every conflict"),
	M(counters_reused, RESTORE, "counters and sequences are used again "
	    "after a restore"),
	M(winner_by_arrival, GENERAL, "the winner is what arrived last"),
	M(label_is_clock, CONFLICTS, "the label is the site's clock"),
	M(tombstone_without_history, GENERAL, "a tombstone drops the "
	    "history"),
	M(no_birth, GENERAL, "a field without a stamp counts as unchanged"),
	M(take_keeps_stamps, CONFLICTS, "a decision for one side keeps that "
	    "side's stamps"),
	M(take_over_tombstone, CONFLICTS, "a decision over a deletion is no "
	    "creation"),
	M(twins_unseen, CONFLICTS, "siblings that look the same were not "
	    "shown"),
	M(digest_adds, GENERAL, "the digest forgets to take the old set out"),
	M(blob_unreceipted, FILES, "an attachment is taken for known when it "
	    "was sent"),
	M(blob_of_old_life, FILES, "what a peer sent in an earlier life is "
	    "taken for known"),
	M(blob_from_old_life, FILES, "an attachment in a late bundle of the "
	    "peer's earlier life is taken for known"),
	M(blob_unforgotten, FILES, "a receipt covers an attachment of a "
	    "bundle that was lost"),
	M(blob_unchecked, FILES, "a missing attachment is no gap"),
	M(blob_of_parts, FILES, "a bundle of parts alone counts as received "
	    "with the one before"),
	M(applied_by_member, KILLS, "a bundle is applied member by member"),
	M(guard_late, KILLS, "the guard is written after a file has its "
	    "name")
};

static struct yard yard;

/* What is violated with this design on, or NULL. */
static const char *
play(enum mutant m, enum focus focus, unsigned long seed, struct err *err)
{
	unsigned long counts[COUNT_KINDS] = { 0 };
	const char *why;
	struct plan p;

	err_clear(err);
	plan_roll(&p, seed, focus);
	mutant_on = m;
	why = history(&p, &yard, counts, err);
	mutant_on = MUTANT_none;
	return why;
}

/* With the design on the oracle sees a wrong state; a call that is refused is
 * none, and leaves its error.  With none on the history passes. */
static const char *
caught(enum mutant m, unsigned long seed)
{
	struct err err = ERR_INIT;
	const char *why = play(m, mutants[m].focus, seed, &err);

	if (why == NULL || err.code != E_OK ||
	    play(MUTANT_none, mutants[m].focus, seed, &err) != NULL)
		return NULL;
	return why;
}

static int
search(enum mutant m, unsigned long histories)
{
	const char *why = NULL;
	unsigned long i;

	for (i = 0; i < histories && why == NULL; i++)
		why = caught(m, i);
	if (why != NULL)
		(void)printf("%-26s caught by %lu: %s\n", mutants[m].name, i,
		    why);
	else
		(void)printf("%-26s NOT CAUGHT in %lu (%s)\n",
		    mutants[m].name, histories, mutants[m].about);
	return why != NULL;
}

static int
control(enum focus focus, unsigned long histories)
{
	struct err err = ERR_INIT;
	const char *why = NULL;
	unsigned long i;

	for (i = 0; i < histories && i < CONTROLS && why == NULL; i++)
		why = play(MUTANT_none, focus, i, &err);
	if (why != NULL)
		(void)printf("none, %-20s FAILED by %lu: %s%s%s\n",
		    focus_names[focus], i, why, err.code != E_OK ? ": " : "",
		    err.code != E_OK ? err.text : "");
	else
		(void)printf("none, %-20s passed %lu\n", focus_names[focus], i);
	return why == NULL;
}

/* In a process of its own: the control of a focus, or a search. */
_Noreturn static void
work(int m, unsigned long histories)
{
	int passed;

	yard_begin(&yard);
	blobs_begin();
	passed = m <= 0 ? control((enum focus)-m, histories) :
	    search((enum mutant)m, histories);
	yard_end(&yard);
	blobs_end();
	(void)fflush(stdout);
	_exit(passed ? 0 : 1);
}

/* Wait for one process to end: 1 if it passed. */
static int
wait_one(void)
{
	int status;

	if (wait(&status) < 0)
		return 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0;
	(void)printf("a process was ended by signal %d\n", WTERMSIG(status));
	return 0;
}

static int
run(unsigned long histories, unsigned jobs, const char *only)
{
	unsigned running = 0, passed = 0, started = 0;
	int m;

	for (m = 1 - FOCUS_COUNT; m < MUTANT_COUNT; m++) {
		if (only != NULL && m > MUTANT_none &&
		    strcmp(only, mutants[m].name) != 0)
			continue;
		for (; running >= jobs; running--)
			passed += (unsigned)wait_one();
		(void)fflush(stdout);
		started++;
		running++;
		if (fork() == 0)
			work(m, histories);
	}
	for (; running > 0; running--)
		passed += (unsigned)wait_one();
	(void)printf("%u passed, %u failed\n", passed, started - passed);
	return passed == started && started > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	unsigned long histories = 0, jobs = 1;
	const char *only = NULL;
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
			jobs = strtoul(argv[++i], NULL, 10);
		else
			histories = strtoul(argv[i], NULL, 10);
	if (histories == 0 || jobs == 0 || jobs > 16) {
		(void)fprintf(stderr, "usage: sim-mutants [--jobs J] "
		    "[--only NAME] HISTORIES\n");
		return 2;
	}
	return run(histories, (unsigned)jobs, only);
}
