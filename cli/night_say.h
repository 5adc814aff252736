/* night_say.h: what a night did: as JSON for monitoring, in words, and as a
 * mail when not all is well. */
#ifndef SATCHEL_NIGHT_SAY_H
#define SATCHEL_NIGHT_SAY_H

#include "night.h"

/* The members of the JSON document but "error". */
void night_json(struct out *o, const struct night *n);

/* What was done, in words. */
void night_words(struct out *o, const struct night *n);

/* The alarms, on standard error. */
void night_errors(const struct night *n);

/* The same document as --json gives, into a file that is replaced. */
int night_report(const struct night *n, const char *path,
    const struct err *what, struct err *err);

/* A mail, from its Subject on, into a file that is replaced; when all is well
 * the file is removed.  `failed`: what kept the night from being done. */
int night_mail(const struct night *n, const char *path,
    const struct err *failed, struct err *err);

#endif
