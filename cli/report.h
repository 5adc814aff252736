/* report.h: what became of a file that was imported, in words and as JSON. */
#ifndef SATCHEL_REPORT_H
#define SATCHEL_REPORT_H

#include "../importer/import.h"
#include "out.h"

/* Whom it is from: a pinned name, or else a site id; NULL: not known. */
const char *report_sender(const struct import_report *r);

/* Its error as it is said: with the path, and the rung by name. */
void report_err(const struct import_report *r, struct err *ret);

/* The same on standard error, behind what was said so far. */
void report_error(struct out *o, const struct import_report *r);

/* "PATH: lab-a 12: applied; ..." */
void report_say(struct out *o, const struct import_report *r, int dry_run);

/* An item of "bundles"; request: the path of the answer to its gap, or NULL.
 * report_why says "rung" and "error" alone. */
void report_json(struct out *o, const struct import_report *r,
    const char *request);
void report_why(struct out *o, const struct err_kept *why);

#endif
