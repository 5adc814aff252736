/* Of `satchel doctor`: what carries files to the peers, and from them. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../carry/mark.h"
#include "../store/cadence.h"
#include "../store/check.h"
#include "../store/drop.h"
#include "doctor.h"

#define ROOM_LEAST (UINT64_C(50) << 20)

/* --- peers ------------------------------------------------------------- */

static int
look_at_peer(void *ctx, const struct peer *p, struct err *err)
{
	struct doctor *d = ctx;
	int64_t late = cadence_late_since(p, d->now);
	struct err why = ERR_INIT;
	char date[21], heard[21];

	(void)err;
	if (late == 0)
		return 0;
	text_date(date, late);
	text_date(heard, p->last_heard);
	(void)err_set(&why, E_STALE_SOURCE, "nothing was heard of \"%s\" since"
	    " %s; its next file was due by %s", p->name, p->last_heard > 0 ?
	    heard : "it was added", date);
	(void)err_next(&why, "ask there whether its nights run and its files "
	    "leave; 'satchel peer set %s silent-after=TIME|never' changes "
	    "when this is an alarm", p->name);
	doctor_say_err(d, DOCTOR_ALARM, &why);
	return 0;
}

/* --- drops ------------------------------------------------------------- */

static int
is_dead_part(int dir, const char *name)
{
	CLEANUP(file_closep) int fd = -1;
	size_t len = strlen(name);

	if (name[0] != '.' || len < 6 || strcmp(name + len - 5, ".part") != 0)
		return 0;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
}

/* Files in the making that nobody is making any more. */
static void
look_for_parts(struct doctor *d, const struct drop *x)
{
	DIR *dir = opendir(x->path);
	struct dirent *e;
	unsigned left = 0, seen = 0;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL && seen++ < DROP_FILES_MAX)
		left += is_dead_part(dirfd(dir), e->d_name) != 0;
	(void)closedir(dir);
	if (left > 0)
		doctor_say(d, DOCTOR_NOTE, "each site clears its own away when"
		    " it writes the same file again; what is a day old may be "
		    "removed", "drop \"%s\" has %u file%s that a dead run "
		    "began", x->name, left, left == 1 ? "" : "s");
}

/* Can only its owner read it?  What is not there any more does not count. */
static int
is_closed(const char *folder, const char *name)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct stat st;

	buf_addf(&path, "%s/%s", folder, name);
	return buf_str(&path) != NULL && lstat(path.at, &st) == 0 &&
	    S_ISREG(st.st_mode) && (st.st_mode & 044) == 0;
}

/* Other sites have other accounts.  Of a stick, who mounts it says who may read
 * it. */
static int
look_at_modes(struct doctor *d, struct store *s, const struct drop *x,
    struct err *err)
{
	CLEANUP(drop_files_clear) struct drop_files files = { NULL, 0, 0 };
	const char *first = is_closed(x->path, MARK_NAME) ? MARK_NAME : NULL;
	unsigned count = first != NULL;
	size_t i;
	int rc;

	if ((rc = drop_files_load(s, x->id, &files, err)) < 0)
		return rc;
	for (i = 0; i < files.count; i++)
		if (files.at[i].what == DROP_OWN &&
		    is_closed(x->path, files.at[i].name)) {
			first = first != NULL ? first : files.at[i].name;
			count++;
		}
	if (count > 0)
		doctor_say(d, DOCTOR_NOTE, "chmod go+r them, or see how the "
		    "share is mounted", "drop \"%s\" has %u file%s that other"
		    " accounts may not read, such as \"%.300s\"", x->name,
		    count, count == 1 ? "" : "s", first);
	return 0;
}

static void
look_at_room(struct doctor *d, const struct drop *x)
{
	struct err err = ERR_INIT;
	char text[24];
	uint64_t room;

	if (file_free_space(x->path, &room, &err) < 0) {
		doctor_say_err(d, DOCTOR_MEND, &err);
		return;
	}
	out_size(room, text);
	if (room < ROOM_LEAST)
		doctor_say(d, DOCTOR_MEND, "'satchel status' says which peers' "
		    "receipts its files wait for; make room on it", "%s are "
		    "free in drop \"%s\"", text, x->name);
	else
		doctor_say(d, DOCTOR_GOOD, NULL, "drop \"%s\" is there, can be"
		    " written and has %s free", x->name, text);
}

static int
look_at_its_peers(struct doctor *d, struct store *s, const struct drop *x,
    struct err *err)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	size_t count = 0;
	int rc = drop_peers(s, x->id, &peers, &count, err);

	if (rc >= 0 && count == 0)
		doctor_say(d, DOCTOR_NOTE, "'satchel drop set' names others, "
		    "'satchel drop remove' forgets it", "drop \"%s\" serves no "
		    "peer that is trusted", x->name);
	return rc;
}

static int
look_at_drop(struct doctor *d, struct store *s, const struct drop *x,
    struct err *err)
{
	struct err why = ERR_INIT;
	int rc = look_at_its_peers(d, s, x, err);

	if (rc < 0)
		return rc;
	if (mark_check(x, &why) < 0) {
		doctor_say_err(d, x->removable && why.code == E_MEDIA_GONE ?
		    DOCTOR_NOTE : DOCTOR_MEND, &why);
		return 0;
	}
	if (access(x->path, W_OK | X_OK) != 0) {
		doctor_say(d, DOCTOR_MEND, "mount it for writing, or give this"
		    " user the right to write there", "drop \"%s\", "
		    "\"%.300s\", cannot be written", x->name, x->path);
		return 0;
	}
	look_at_room(d, x);
	look_for_parts(d, x);
	return x->removable ? 0 : look_at_modes(d, s, x, err);
}

/* --- nights ------------------------------------------------------------ */

/* A service reaches the drops that there were when it was made. */
static int
look_at_schedule(struct doctor *d, struct store *s, int *ret_is,
    struct err *err)
{
	int64_t on, off, added;
	int rc;

	if ((rc = check_event(s, "scheduled", &on, err)) < 0 ||
	    (rc = check_event(s, "unscheduled", &off, err)) < 0 ||
	    (rc = check_event(s, "drop add", &added, err)) < 0)
		return rc;
	*ret_is = on > 0 && off <= on;
	if (*ret_is && added > on)
		doctor_say(d, DOCTOR_NOTE, "'satchel schedule show' has the "
		    "command", "a drop was added after 'schedule install': "
		    "the nights of a systemd service do not reach it until "
		    "that is run again");
	return 0;
}

/* Who promises must be seen to: by a schedule, and by its nights. */
static int
look_at_promise(struct doctor *d, struct store *s, const struct drops *drops,
    struct err *err)
{
	int64_t cadence, last = 0;
	int rc, scheduled = 0;
	char date[21];
	size_t i;

	if ((rc = look_at_schedule(d, s, &scheduled, err)) < 0 ||
	    (rc = cadence_get(s, &cadence, err)) < 0 || cadence == 0)
		return rc;
	if (!scheduled)
		doctor_say(d, DOCTOR_NOTE, "'satchel schedule install' does "
		    "it; or take the promise back with 'satchel site set "
		    "cadence=none'", "this site promises its peers files, and "
		    "nothing is scheduled that writes them");
	for (i = 0; i < drops->count; i++)
		if (drops->at[i].reached > last)
			last = drops->at[i].reached;
	if (drops->count == 0 || d->now - last <= 2 * cadence)
		return 0;
	text_date(date, last);
	doctor_say(d, DOCTOR_NOTE, "run 'satchel sync', and look why it did "
	    "not run: 'satchel schedule show'", "no night's work was done on "
	    "any drop %s%s", last > 0 ? "since " : "yet", last > 0 ? date :
	    "");
	return 0;
}

void
doctor_carry(struct doctor *d, struct store *s)
{
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	unsigned before = d->counts[DOCTOR_ALARM];
	struct err err = ERR_INIT;
	size_t i;
	int rc;

	if ((rc = peer_each(s, look_at_peer, d, &err)) >= 0 &&
	    d->counts[DOCTOR_ALARM] == before)
		doctor_say(d, DOCTOR_GOOD, NULL, "no peer is silent for "
		    "longer than it promised");
	if (rc >= 0)
		rc = drop_list(s, &drops, &err);
	for (i = 0; i < drops.count && rc >= 0; i++)
		rc = look_at_drop(d, s, &drops.at[i], &err);
	if (rc >= 0)
		rc = look_at_promise(d, s, &drops, &err);
	if (rc < 0)
		doctor_say_err(d, DOCTOR_MEND, &err);
}
