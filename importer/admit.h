/* admit.h: rungs L2 to L4 and the rules 6, 8, 9: is it from whom it says,
 * whole, for us, and is it its turn? */
#ifndef SATCHEL_ADMIT_H
#define SATCHEL_ADMIT_H

#include "../format/manifest.h"
#include "../store/peer.h"
#include "import.h"
#include "spool.h"

struct admission {
	struct peer peer;
	struct manifest m;
};
void admission_clear(struct admission *a);

/* L2: a pinned key, not revoked, and its signature over SUMS.  E_WRONG_DEST if
 * `own` (NULL: none) signed it: a file of this site itself. */
int admit_authentic(struct store *s, const struct reader *r,
    const struct minisign_pub *own, struct admission *a, struct err *err);

/* L3, L4: SUMS is what was hashed, the manifest is sound and says what the
 * container shows.  E_UNKNOWN_KEY if it speaks for another site. */
int admit_valid(const struct reader *r, struct admission *a,
    struct err *err);

/* The manifest alone, of a tail, for sorting. */
int admit_manifest(const struct reader *r, struct admission *a,
    struct err *err);

/* For us?  E_WRONG_DEST. */
int admit_for_us(const struct store *s, const struct admission *a,
    struct err *err);

/* Policy, alarms, gap, of the file with this id.  1: admitted; 0: the very
 * file was applied before.  E_POLICY, E_FORK, E_ROLLED_BACK, E_GAP (ret_have:
 * how far we are). */
int admit_turn(struct store *s, const unsigned char id[32],
    const struct admission *a, uint64_t *ret_have, struct err *err);

/* E_ROLLED_BACK: the peer knows `what`, and we do not. */
int admit_rolled_back(struct err *err, const char *peer, const char *what);

/* Remember generations of ours that the file names, refused or not. */
void admit_note_lives(struct store *s, const struct manifest *m);

#endif
