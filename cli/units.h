/* units.h: the text of what starts `satchel sync` by itself: a systemd service
 * with its timer, and one that mails; or a line for cron.
 *
 * Each text begins with a line that says who wrote it, for which site.  What
 * systemd and cron make of a line is in systemd.syntax(7), systemd.unit(5),
 * systemd.exec(5), systemd.time(7) of version 252, and crontab(5) of Debian's
 * cron.
 */
#ifndef SATCHEL_UNITS_H
#define SATCHEL_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "../base/err.h"

#define UNITS_MARK "# Written by \"satchel schedule install\" for the site in "
#define UNITS_PATHS_MAX 2048u

/* When a night is.  One of: at a time of the day; every so many minutes; as
 * systemd.time(7) says. */
struct when {
	unsigned hour, minute;
	unsigned every;			/* minutes; 0: daily */
	const char *calendar;		/* borrowed; NULL: not so */
};

/* "02:30"; "15m", "6h", "1d", "7d": what divides an hour, a day or a week.
 * E_USAGE. */
int when_daily(struct when *ret, const char *text, struct err *err);
int when_every(struct when *ret, const char *text, struct err *err);

/* Seconds between two nights; 0: not known, as with `calendar`. */
int64_t when_seconds(const struct when *w);

struct units_paths {
	char **at;			/* owned */
	size_t count;
};
void units_paths_clear(struct units_paths *p);
int units_paths_add(struct units_paths *p, const char *path,
    struct err *err);

struct units {				/* all is borrowed but the paths */
	const char *site;		/* its name */
	const char *program;		/* all paths are absolute */
	const char *home, *state;	/* state: XDG_STATE_HOME */
	const char *again;		/* the command that wrote this */
	int system;			/* of the system, or of a user */
	const char *owner;		/* of the home: its user */
	int root;			/* and that is root */
	int network;			/* a mirror: needs it */
	struct when when;
	unsigned wait_s;		/* for the home's lock */
	const char *passphrase_file;	/* or NULL */
	const char *mail_to;		/* or NULL */
	const char *mailer;		/* sendmail(8) */
	struct units_paths writes;	/* home, folder of the guard, drops */
	struct units_paths reads;	/* files elsewhere */
};

/* What cannot be written into a unit without being misread: E_CONFIG. */
int units_check(const struct units *u, struct err *err);

void units_service(const struct units *u, struct buf *out);
void units_timer(const struct units *u, struct buf *out);

/* Mails the summary of the last night, if there is one. */
void units_mail(const struct units *u, struct buf *out);

/* For /etc/cron.d, or with !system for a user's crontab.  E_USAGE: a time
 * that cron cannot say; E_CONFIG: a path. */
int units_cron(const struct units *u, struct buf *out, struct err *err);

/* The line of the service that opens a path for writing. */
void units_write_line(const char *path, struct buf *out);

/* Append the name of the unit that mounts the absolute path of `len` bytes:
 * systemd.unit(5), "string escaping for inclusion in unit names". */
void units_mount_name(const char *path, size_t len, struct buf *out);

/* "satchel-NAME"; for cron, which passes over names with dots, without. */
void units_name(const char *site, int cron, struct buf *out);

/* Append a word as a shell reads it. */
void units_shell_word(struct buf *out, const char *word);

#endif
