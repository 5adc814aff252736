/* stream.h: what this site knows of deliveries (design rules 5 to 9): how far
 * it has applied each stream, what its peers have stated, heads, files, gaps.
 * A filter is canonical JSON text; "[\"*\"]" lets all pass.
 */
#ifndef SATCHEL_STREAM_H
#define SATCHEL_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "peer.h"
#include "store.h"

struct stream_mark {			/* one stream and how far it is */
	struct actor actor;
	char *filter;			/* owned by the list */
	uint64_t until;
};

struct stream_marks {
	struct stream_mark *at;
	size_t count;
};
void stream_marks_clear(struct stream_marks *m);

struct stream_head {
	struct actor actor;
	uint64_t n;
	unsigned char head[32];
};

/* The watermark: the peer's newest statement on our stream with this filter;
 * 0 without one. */
int stream_since(struct store *s, int64_t peer, const char *filter,
    uint64_t *ret, struct err *err);

/* The same of any life of ours. */
int stream_acked(struct store *s, int64_t peer, const struct actor *self,
    const char *filter, uint64_t *ret, struct err *err);

/* How far we have applied a stream of a peer; raise it (never lowered).
 * Raising it over a remembered gap forgets the gap. */
int stream_applied(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t *ret, struct err *err);
int stream_apply(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t until, struct err *err);

/* All that we have applied of a peer: what a receipt to it states. */
int stream_statement(struct store *s, int64_t peer, struct stream_marks *ret,
    struct err *err);

/* The peer's statement, numbered (generation, sequence) of its file: the
 * newest replaces the older one whole.  `marks` are of our own lives. */
int stream_take(struct store *s, const struct peer *p, uint64_t generation,
    uint64_t sequence, const struct stream_marks *marks, struct err *err);

/* Our own life's newest head and those we know of all others. `ret` is
 * allocated; free() it. */
int stream_heads(struct store *s, struct stream_head **ret, size_t *ret_count,
    struct err *err);
/* 1 and the head we know for a dot, or 0; remember a stated one. */
int stream_head_of(struct store *s, const struct actor *a, uint64_t n,
    unsigned char ret[32], struct err *err);
int stream_learn(struct store *s, const struct stream_head *h,
    struct err *err);

/* Files written in this life: 1 and the id, or 0; remember one and that the
 * peers in `to` have been written to (no receipt is owed to them then). */
int stream_written(struct store *s, uint64_t sequence, unsigned char ret[32],
    struct err *err);
int stream_write(struct store *s, uint64_t sequence,
    const unsigned char id[32], const int64_t *to, size_t to_count,
    struct err *err);

/* Files read: 1 and the id, or 0; remember one that is applied: 1 if it is the
 * newest that we have of the peer, 0 if an older one came late. */
int stream_was_read(struct store *s, const struct actor *a,
    uint64_t sequence, unsigned char ret[32], struct err *err);
int stream_read(struct store *s, const struct peer *p, const struct actor *a,
    uint64_t sequence, const unsigned char id[32], struct err *err);

/* An authentic file of the peer for us was looked at, applied or refused.  If
 * it is newer than any before it, by generation and sequence, it is a sign of
 * life (peer.last_heard); the same one again, or an older one that comes late,
 * is none. */
int stream_hear(struct store *s, int64_t peer, uint64_t generation,
    uint64_t sequence, struct err *err);

/* The newest life of a peer.  If it is newer than the one we knew: objects
 * lose `via` and what it sent us is no longer taken for granted.  Updates
 * p->life. */
int stream_life(struct store *s, struct peer *p, const struct actor *a,
    struct err *err);

/* What we state to a peer has changed: it is owed a file that says so; or one
 * was written. */
int stream_set_owed(struct store *s, int64_t peer, int owed,
    struct err *err);

/* The peer has read this file of our present life. */
int stream_reads(struct store *s, int64_t peer, uint64_t sequence,
    struct err *err);

int stream_touch(struct store *s, int64_t peer, int is_import,
    struct err *err);		/* last_import or last_export = now */

/* A refused gap, for `status`; the number of gaps of a peer. */
int stream_gap(struct store *s, int64_t peer, const struct actor *a,
    const char *filter, uint64_t since, struct err *err);
int stream_gaps(struct store *s, int64_t peer, uint64_t *ret,
    struct err *err);

struct stream_gap {			/* of one stream of a peer */
	struct actor actor;
	uint64_t have, since;		/* applied up to; refused from */
	int64_t first;			/* met then; 0: not known */
};
/* The gaps of a peer, oldest life first; free() them. */
int stream_gap_list(struct store *s, int64_t peer, struct stream_gap **ret,
    size_t *ret_count, struct err *err);

/* A request of the peer wants these blobs, and no others: its list replaces
 * that of an older request whole.  1; 0: a newer one (by generation and
 * sequence of the file) was taken before.  In a writing transaction. */
int stream_want(struct store *s, int64_t peer, uint64_t generation,
    uint64_t sequence, const unsigned char (*hashes)[32], size_t count,
    struct err *err);

/* Append the wanted blobs that are whole here, 32 bytes each, ascending.
 * Count all, also those that nobody here has. */
int stream_wanted(struct store *s, int64_t peer, struct buf *ret,
    struct err *err);
int stream_wanted_count(struct store *s, int64_t peer, uint64_t *ret,
    struct err *err);

/* Those that are whole here were carried to the peer: wanted no more. */
int stream_want_done(struct store *s, int64_t peer, struct err *err);

/* Blobs that may be left out for a peer: it sent us the blob in its present
 * life, or its receipt covers a bundle of this stream that carried it. */
int stream_blob_known(struct store *s, int64_t peer, const char *filter,
    int64_t blob, uint64_t since, struct err *err);	/* 1 or 0 */
int stream_blob_got(struct store *s, int64_t peer, int64_t blob,
    struct err *err);
/* A chain that starts at `since` is written: forget blobs that an older
 * bundle with until above it carried.  Call before noting those that this
 * chain carries. */
int stream_blobs_begin(struct store *s, int64_t peer, const char *filter,
    uint64_t since, struct err *err);
int stream_blob_sent(struct store *s, int64_t peer, const char *filter,
    int64_t blob, struct err *err);
/* A bundle of the chain that has a range ends at `until`: blobs noted before,
 * and not yet given one, get it. */
int stream_blobs_end(struct store *s, int64_t peer, const char *filter,
    uint64_t until, struct err *err);
/* The peer says that it lacks the blob. */
int stream_blob_lost(struct store *s, int64_t peer, int64_t blob,
    struct err *err);

/* Objects of the stream above `since` that do not come from `via` (0: none
 * is left out). */
int stream_due(struct store *s, uint64_t since, int64_t via, uint64_t *ret,
    struct err *err);

#endif
