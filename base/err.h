/* err.h: what went wrong, where, and what to do next.
 *
 * The error struct belongs to the caller, is never NULL, and is set once: a
 * later failure (of a clean-up, say) does not overwrite the first cause.
 * Functions return >= 0 when good and the negative code when not, so a
 * failure is one line:
 *
 *	return err_set(err, E_HASH, "member %s: ...", name);
 */
#ifndef SATCHEL_ERR_H
#define SATCHEL_ERR_H

#include <stddef.h>

/* Every failure has one of these names; each name has one exit code. */
enum err_code {
	E_OK = 0,
	E_INTERNAL,			/* exit 1: a bug, or out of memory */
	E_USAGE, E_CONFIG,		/* exit 2: wrong use */
	E_IO, E_NOSPACE, E_READONLY, E_MEDIA_GONE, E_WRITE_VERIFY, /* 3 */
	E_TRUNCATED, E_HASH, E_DAMAGED,	/* exit 4: the copy is damaged */
	E_FORMAT, E_HEADER, E_TRAILER, E_MANIFEST, E_VERSION,	/* exit 5 */
	E_DECOMPRESS, E_JSON, E_RECORD, E_REF,			/* exit 5 */
	E_LIMIT,			/* exit 6: too big or too many */
	E_SIGNATURE, E_SIGFORMAT, E_UNKNOWN_KEY, E_REVOKED,	/* exit 7 */
	E_WRONG_DEST, E_SCOPE, E_POLICY, E_TRUSTSTORE,		/* exit 7 */
	E_MASS_DELETE,			/* exit 7: too many at once */
	E_GAP, E_FORK, E_ROLLED_BACK,	/* exit 8: the order is wrong */
	E_CLOCK,			/* exit 9: our clock cannot be right */
	E_STALE_SOURCE,			/* exit 9: a peer is silent for long */
	E_NOT_FOR_US, E_DECRYPT, E_PASSPHRASE, E_KEYFILE, E_PERMS, /* 10 */
	I_CONFLICTS,			/* exit 11: applied, with conflicts */
	E_DEST_REJECTED, E_DEST_MISMATCH, /* exit 12: a mirror refused */
	E_DEST_UNAVAILABLE, E_DEST_AUTH, E_DEST_PROTOCOL, /* exit 13 */
	E_LOCKED,			/* exit 14: another run has the lock */
	ERR_CODES
};

#define ERR_TEXT_MAX 1024
#define ERR_NEXT_MAX 512

struct err {
	enum err_code code;		/* E_OK: nothing went wrong */
	int rung;			/* 0..10 of the ladder, -1: none */
	char text[ERR_TEXT_MAX];	/* what happened and where */
	char next[ERR_NEXT_MAX];	/* what to do next; "" if obvious */
};

#define ERR_INIT { .code = E_OK, .rung = -1 }

/* An error kept for later, in as little memory as it needs: of many files a
 * few hundred bytes each.  Zeroes: none. */
struct err_kept {
	enum err_code code;
	int rung;
	char *text;			/* text, NUL, next, NUL; owned */
};

/* Keep `err`, or E_OK, in place of what was kept.  Without memory the code
 * and the rung are kept alone. */
void err_keep(struct err_kept *kept, const struct err *err);
void err_recall(struct err *ret, const struct err_kept *kept);
void err_kept_clear(struct err_kept *kept);

/* The stable name of a code ("E_HASH"), and its exit status. */
const char *err_name(enum err_code code);
int err_exit(enum err_code code);

/* Set the error unless it is set already.  Returns the negative of the code
 * that `err` then holds. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set E_IO, or the nearer name that `errnum` (an errno value) stands for:
 * E_NOSPACE, E_READONLY, E_MEDIA_GONE.  Appends ": " and strerror. */
int err_io(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory. */
int err_oom(struct err *err);

/* Say what to do next, unless a deeper call has said it.  Returns the
 * negative code, so that it can end a return statement. */
int err_next(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What to do next: what was said, or what goes for all errors of this name;
 * "" if there is no such thing. */
const char *err_advice(const struct err *err);

/* Put "<text>: " before the text, on the way up.  Returns the code. */
int err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Name the rung of the ladder (docs/format.md, "Order of checks") on which
 * it failed, unless a deeper call has named it.  Returns the code. */
int err_rung(struct err *err, int rung);

/* Back to ERR_INIT. */
void err_clear(struct err *err);

#endif
