/* mutant.h: wrong designs, for tests/sim to catch (tests/sim/mutants.c says
 * what each of them is).
 *
 * They exist in objects built with SATCHEL_MUTANTS alone, and one at a time
 * is switched on.  Everywhere else MUTANT(x) is 0: the program is the same as
 * without them.
 */
#ifndef SATCHEL_MUTANT_H
#define SATCHEL_MUTANT_H

#ifdef SATCHEL_MUTANTS
enum mutant {
	MUTANT_none,

	/* delivery */
	MUTANT_last_export, MUTANT_no_gap, MUTANT_stale_via,
	MUTANT_via_cleared_only, MUTANT_via_of_old_life, MUTANT_joined_acks,
	MUTANT_link_whole_until, MUTANT_link_first_since,
	MUTANT_excerpt_claims, MUTANT_several_highest, MUTANT_several_via,
	MUTANT_winner_only, MUTANT_import_without_sequence,

	/* causality */
	MUTANT_exceptions_of_siblings, MUTANT_context_of_all,
	MUTANT_plain_vector, MUTANT_tombstone_wins, MUTANT_tombstone_swallows,
	MUTANT_tombstones_pruned, MUTANT_last_writer_wins, MUTANT_mint,
	MUTANT_counters_reused, MUTANT_winner_by_arrival,
	MUTANT_label_is_clock, MUTANT_tombstone_without_history,
	MUTANT_no_birth, MUTANT_take_keeps_stamps,
	MUTANT_take_over_tombstone, MUTANT_twins_unseen, MUTANT_digest_adds,

	/* attachments and kills */
	MUTANT_blob_unreceipted, MUTANT_blob_of_old_life,
	MUTANT_blob_unforgotten, MUTANT_blob_unchecked,
	MUTANT_blob_of_parts, MUTANT_blob_from_old_life,
	MUTANT_applied_by_member, MUTANT_guard_late,

	MUTANT_COUNT
};
extern enum mutant mutant_on;
#define MUTANT(x) (mutant_on == MUTANT_##x)
#else
#define MUTANT(x) 0
#endif

#endif
