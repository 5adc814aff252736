/* home.h: which site a command works on: --home, SATCHEL_HOME, or
 * ~/.local/share/satchel; and its state folder $XDG_STATE_HOME/satchel or
 * ~/.local/state/satchel.
 */
#ifndef SATCHEL_HOME_H
#define SATCHEL_HOME_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../format/card.h"
#include "../store/store.h"
#include "cmd.h"

enum home_use {
	HOME_READ,			/* shared lock */
	HOME_WRITE,			/* exclusive lock; refuses a site that
					 * was put back from a backup */
	HOME_RESTORE			/* exclusive lock, without that test */
};

/* Append the path, NUL-terminated. */
int home_path(const struct opts *o, struct buf *out, struct err *err);
int home_state(struct buf *out, struct err *err);

/* Open the site that the options name; the caller closes it. */
int home_open(struct cmd *c, enum home_use use, struct store **ret,
    struct err *err);

/* The same, waiting at least `least_s` seconds for the lock. */
int home_open_wait(struct cmd *c, enum home_use use, unsigned least_s,
    struct store **ret, struct err *err);

/* The card of an open site, with its public keys; `created` is home_now. */
int home_card(struct store *s, struct card *ret, struct err *err);

/* Now, or SOURCE_DATE_EPOCH if that is set (E_USAGE if it is no number). */
int home_now(int64_t *ret, struct err *err);

/* Add a line to the log in a transaction of its own.  detail: a canonical
 * JSON object. */
int home_log(struct store *s, const char *event, const char *peer,
    const char *detail, struct err *err);

/* A reason for the log: up to 1024 bytes of UTF-8 without control
 * characters, else E_USAGE. */
int home_check_reason(const char *reason, struct err *err);

/* 16 random lower-case hex digits. */
void home_random(char out[17]);

#endif
