/* schedule.h: where units and lines for cron lie, which of them are this
 * site's, and putting them there and away.
 *
 *	systemd   FOLDER/satchel-NAME.service, .timer, -mail.service, and the
 *		  link FOLDER/timers.target.wants/satchel-NAME.timer
 *	cron	  /etc/cron.d/satchel-NAME, or a part of a user's crontab
 *
 * What is there is this site's if its first line says so, see units.h.
 * Everything else is left alone.
 */
#ifndef SATCHEL_SCHEDULE_H
#define SATCHEL_SCHEDULE_H

#include "../base/buf.h"
#include "../base/err.h"
#include "units.h"

struct schedule_at {			/* borrowed */
	int system;			/* of the system, or of this user */
	int cron;
	const char *dir;		/* in place of the usual folders; then
					 * no other program is run; NULL */
	const char *site;		/* its name */
	const char *home;		/* absolute, without links */
};

/* Does systemd run this computer?  And can its manager be spoken to? */
int schedule_systemd(void);
int schedule_reaches(const struct schedule_at *at);

/* Write the texts that install would write, each under its path. */
int schedule_print(const struct schedule_at *at, const struct units *u,
    struct buf *out, struct err *err);

/* Put them there, in place of what was there of this site, and link the
 * timer.  Nothing is changed if something there is not this site's: E_USAGE.
 * Paths are added to `ret`. */
int schedule_put(const struct schedule_at *at, const struct units *u,
    struct units_paths *ret, struct err *err);

/* Take away what is this site's; adds what was removed. */
int schedule_remove(const struct schedule_at *at, struct units_paths *ret,
    struct err *err);

/* 1: it is there: its main text (service, or lines for cron) and its paths;
 * 0: nothing of this site is. */
int schedule_find(const struct schedule_at *at, struct buf *ret_text,
    struct units_paths *ret, struct err *err);

/* Tell systemd: read the units again, and start the timer, or stop it before
 * its unit is removed.  E_CONFIG if it does not do it. */
int schedule_start(const struct schedule_at *at, struct err *err);
int schedule_stop(const struct schedule_at *at, struct err *err);
int schedule_reload(const struct schedule_at *at, struct err *err);

/* When the timer elapses next, in systemd's words; 0: not known. */
int schedule_next(const struct schedule_at *at, struct buf *ret);

#endif
