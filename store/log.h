/* log.h: what was done here, append-only (triggers refuse the rest). */
#ifndef SATCHEL_LOG_H
#define SATCHEL_LOG_H

#include "store.h"

struct log_entry {
	int64_t id, time;		/* seconds since 1970 */
	const char *event;		/* "export", "import", "refused", ... */
	const char *peer, *file;	/* NULL: none */
	const char *detail;		/* a JSON object */
};

/* peer, file: NULL or text; detail: a canonical JSON object.  Inside a
 * writing transaction. */
int log_add(struct store *s, const char *event, const char *peer,
    const char *file, const char *detail, struct err *err);

/* Entries from `since` (seconds, 0: all) on, oldest first. */
int log_each(struct store *s, int64_t since,
    int (*each)(void *ctx, const struct log_entry *e, struct err *err),
    void *ctx, struct err *err);

#endif
