/* merge.h: pure functions of sibling sets (design rules 2, 3, 4, 13;
 * model/sync.py is the executable form).  Versions must have been read.
 * Sets are arrays of pointers, ascending by dot, at most MERGE_MAX, with at
 * most MERGE_SIZE_MAX bytes: all of an object is in memory at once.
 */
#ifndef SATCHEL_MERGE_H
#define SATCHEL_MERGE_H

#include <stddef.h>

#include "version.h"

#define MERGE_MAX 1024u
#define MERGE_SIZE_MAX 8388608u		/* bytes of them, as version_size */

struct siblings {
	struct version **v;		/* borrowed */
	size_t count;
};

enum conflict_kind {
	CONFLICT_NONE, CONFLICT_CLASH, CONFLICT_DISJOINT,
	CONFLICT_EDIT_DELETE
};

/* Put a version in its place.  There is room for it. */
void merge_insert(struct siblings *s, struct version *v);

/* Keep a version unless the other side lacks it and has a version whose
 * context covers it.  keep_a[i], keep_b[i] are set to 0 or 1; a dot in both
 * sets is kept in `a` and 0 in keep_b. */
void merge_sets(struct siblings a, struct siblings b, char *keep_a,
    char *keep_b);

/* Index of the winner (rule 4).  count >= 1. */
size_t merge_winner(struct siblings s);

/* shown[i] = 1 for the winner and every sibling that looks the same: of equal
 * type and equal F but for `modified`; for a deleted winner every tombstone.
 * count >= 1. */
void merge_shown(struct siblings s, char *shown);

/* The kind of conflict.  All of one look (merge_shown): NONE, for the list of
 * conflicts; merge_kind_strict is the model's classify(), which calls these
 * DISJOINT.  For both, `modified` never clashes. */
int merge_kind(struct siblings s, enum conflict_kind *ret, struct err *err);
int merge_kind_strict(struct siblings s, enum conflict_kind *ret,
    struct err *err);
const char *merge_kind_name(enum conflict_kind kind); /* "clash", ... */

/* Call for every field of any live sibling, ascending: is it a clash (two
 * open settings of different value, or none)?  `modified` never is one.
 * f->value is not set.  A negative return of `each` ends the walk and is
 * returned. */
int merge_fields(struct siblings s,
    int (*each)(void *ctx, const struct field *f, int clash,
    struct err *err), void *ctx, struct err *err);

/* Append F that settles a disjoint conflict (merge_kind_strict): of each field
 * the open setting; of `modified` the latest text, or where one is no text
 * the one of the smallest stamp.  Fields absent in the setting are left out;
 * nothing is appended if all siblings are deletions.  E_INTERNAL if not
 * disjoint. */
int merge_settled(struct siblings s, struct buf *out, struct err *err);

/* Append the history array [[time,rank,entry],...]: the union over the set
 * (of two ranks the lower one stays), plus `entries`: a canonical array of
 * [time,entry] pairs newly noticed, each ranked after all of its time then
 * known.  ret_grew: 1 if longer than the union alone.  `entries` len 0: none.
 * E_RECORD if `entries` is of another form. */
int merge_history(struct siblings s, struct json_span entries,
    struct buf *out, int *ret_grew, struct err *err);

/* Append the context of an edit over `s` by someone who was shown these
 * versions (context.h), which may be no longer in `s`.  Nothing if empty. */
int merge_context(struct siblings s, struct version *const *shown,
    size_t count, struct buf *out, struct err *err);

/* What a new version made over `s` by someone shown shown[i] says; a version
 * that was shown but is no longer a sibling is to be in `s` all the same.
 * `fields` len 0 deletes (`time` with quotes, or len 0).  F and entries are
 * at most JSON_DEPTH_MAX deep.  Makes all of `ret`, read and owning its text,
 * from ret->dot, which the caller has set (the rest as after VERSION_INIT);
 * label is max(clock, newest label shown + 1), at most VERSION_LABEL_MAX.
 * Returns 1, or 0 if nothing would change: something was shown, all of it
 * has this type and F, and the history does not grow; of tombstones `time`
 * does not count.  Unless it returns 1, `ret` is as before.  E_LIMIT if a
 * limit of version.h would break; E_RECORD if the type is none, or F has a
 * member that it must not have.  Over no siblings the dot is in ret->dot and
 * ret->born alone, so that it may be set there afterwards. */
struct merge_edit {
	struct json_span type;		/* plain */
	struct json_span fields;	/* F, canonical; len 0: delete */
	struct json_span time;		/* of a deletion */
	struct json_span entries;	/* new history, see merge_history */
	int64_t clock;			/* seconds since 1970 */
	int checked;			/* F is an object whose members have
					 * passed version_check_member */
};
int merge_new(struct siblings s, const char *shown,
    const struct merge_edit *edit, struct version *ret, struct err *err);

/* H([uid,[[dot,hash],...]]), the object's share of the digest.  The uid has
 * passed text_is_uid. */
void merge_object_hash(const char *uid, size_t uid_len, struct siblings s,
    unsigned char out[32]);

#endif
