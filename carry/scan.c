#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../base/file.h"
#include "../format/card.h"
#include "../importer/look.h"
#include "mark.h"

void
scan_clear(struct scan *x)
{
	size_t i;

	for (i = 0; i < x->place_count; i++) {
		free(x->places[i].path);
		free(x->places[i].drop);
		medium_clear(&x->places[i].medium);
		err_kept_clear(&x->places[i].err);
	}
	for (i = 0; i < x->file_count; i++) {
		free(x->files[i].path);
		free(x->files[i].filter);
		err_kept_clear(&x->files[i].err);
	}
	free(x->places);
	free(x->files);
	*x = (struct scan){ .s = NULL };
}

struct walk {				/* of one place */
	struct scan *x;
	size_t place;
	dev_t device;
	struct buf path;		/* of what is looked at */
	uint64_t names;
	time_t end;
};

static struct scan_place *
place_of(struct walk *w)
{
	return &w->x->places[w->place];
}

static time_t
seconds(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Only the first: more would not say more. */
static void
keep_err(struct scan_place *p, const struct err *why)
{
	if (p->err.code == E_OK)
		err_keep(&p->err, why);
}

/* --- a file ------------------------------------------------------------ */

static struct scan_file *
new_file(struct walk *w, const struct look *look, struct err *err)
{
	struct scan *x = w->x;
	struct scan_file *more, *f;

	more = realloc(x->files, (x->file_count + 1) * sizeof *more);
	if (more == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	x->files = more;
	f = &more[x->file_count];
	memset(f, 0, sizeof *f);
	err_kept_clear(&f->err);
	if ((f->path = strdup(w->path.at)) == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	x->file_count++;
	f->place = w->place;
	memcpy(f->id, look->id, sizeof f->id);
	f->size = look->size;
	f->inode = look->inode;
	f->device = look->device;
	return f;
}

static void
refuse(struct scan_file *f, const struct err *why)
{
	f->state = SCAN_REFUSED;
	err_keep(&f->err, why);
}

/* For us: what an import would do with it, were it alone. */
static int
add_for_us(struct walk *w, const struct look *look, struct err *err)
{
	const struct manifest *m = &look->a.m;
	struct scan_file *f = new_file(w, look, err);
	struct err why = ERR_INIT;
	int rc;

	if (f == NULL)
		return -(int)err->code;
	f->is_known = 1;
	f->kind = m->kind;
	memcpy(f->from, look->a.peer.name, sizeof f->from);
	f->actor = m->from;
	memcpy(f->created, m->created, sizeof f->created);
	f->sequence = m->sequence;
	f->since = m->since;
	f->until = m->until;
	f->records = m->totals.records;
	f->wanted = m->wanted_count;
	if (m->filter != NULL && (f->filter = strdup(m->filter)) == NULL)
		return err_oom(err);
	rc = look_turn(w->x->s, look, &f->have, &why);
	if (why.code == E_INTERNAL) {
		*err = why;
		return -(int)err->code;
	}
	f->state = rc > 0 ? SCAN_NEW : rc == 0 ? SCAN_READ : SCAN_GAP;
	if (rc < 0 && why.code != E_GAP)
		refuse(f, &why);
	return 0;
}

/* 1: a new site's, or of a peer with another key; 0: known, or our own. */
static int
card_is_news(struct walk *w, const struct card *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf key = BUF_INIT;
	struct store *s = w->x->s;
	struct peer p;
	int rc;

	if (strcmp(c->actor.site, s->self.site) == 0)
		return 0;
	if ((rc = peer_by_site(s, c->actor.site, &p, err)) < 0)
		return rc;
	minisign_pub_base64(&c->sign, &key);
	if (buf_str(&key) == NULL)
		return err_oom(err);
	return rc == 0 || !p.trusted || strcmp(p.minisign, key.at) != 0;
}

/* Who it says it is, the card itself states, and signs. */
static int
add_card(struct walk *w, const struct look *look, struct err *err)
{
	CLEANUP(buf_clear) struct buf data = BUF_INIT;
	struct scan_file *f = new_file(w, look, err);
	struct err why = ERR_INIT;
	struct card c;
	int rc;

	if (f == NULL)
		return -(int)err->code;
	f->kind = MANIFEST_CARD;
	if (file_read_all(f->path, CARD_MAX, &data, &why) < 0 ||
	    card_read(&c, data.at, data.len, &why) < 0) {
		if (why.code != E_INTERNAL) {
			refuse(f, &why);
			return 0;
		}
		*err = why;
		return -(int)err->code;
	}
	f->is_known = 1;
	memcpy(f->from, c.name, sizeof f->from);
	memcpy(f->created, c.created, sizeof f->created);
	f->actor = c.actor;
	if ((rc = card_is_news(w, &c, err)) < 0)
		return rc;
	f->state = rc > 0 ? SCAN_NEW : SCAN_READ;
	return 0;
}

static int
add_broken(struct walk *w, const struct look *look, struct err *err)
{
	struct scan_file *f = new_file(w, look, err);

	if (f == NULL)
		return -(int)err->code;
	refuse(f, &look->why);
	return 0;
}

static int
add_file(struct walk *w, int dir_fd, const char *name, struct err *err)
{
	CLEANUP(look_clear) struct look look = LOOK_INIT;
	struct scan_place *p = place_of(w);
	int rc;

	if ((rc = look_at(w->x->s, dir_fd, name, w->x->own, &look, err)) < 0)
		return rc;
	switch (look.what) {
	case LOOK_FOREIGN:
		p->foreign++;
		return 0;
	case LOOK_OTHER:
		p->others++;
		return 0;
	case LOOK_OWN:
		p->own++;
		return 0;
	default:
		break;
	}
	if (w->x->file_count == SCAN_FILES) {
		p->cut = SCAN_MORE;
		return 0;
	}
	return look.what == LOOK_FOR_US ? add_for_us(w, &look, err) :
	    look.what == LOOK_CARD ? add_card(w, &look, err) :
	    add_broken(w, &look, err);
}

/* --- a folder ---------------------------------------------------------- */

static int walk_folder(struct walk *w, int fd, unsigned depth,
    struct err *err);

/* A folder that is not there any more, or is a link now, is none. */
static void
note_folder(struct scan_place *p, int errnum, const char *path)
{
	struct err why = ERR_INIT;

	if (errnum == EACCES || errnum == EPERM)
		p->closed++;
	else if (errnum != ENOENT && errnum != ENOTDIR && errnum != ELOOP) {
		(void)err_io(&why, errnum, "folder \"%s\"", path);
		keep_err(p, &why);
	}
}

static int
enter(struct walk *w, int dir_fd, const char *name, unsigned depth,
    struct err *err)
{
	struct scan_place *p = place_of(w);
	struct stat st;
	int fd;

	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		note_folder(p, errno, w->path.at);
		file_closep(&fd);
		return 0;
	}
	if (st.st_dev == w->device && depth < SCAN_DEPTH)
		return walk_folder(w, fd, depth + 1, err);
	if (st.st_dev == w->device && p->cut == SCAN_WHOLE)
		p->cut = SCAN_DEEPER;
	file_closep(&fd);
	return 0;
}

static int
is_folder(int dir_fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* Below the folder whose path is w->path. */
static int
walk_name(struct walk *w, int dir_fd, const struct dirent *e,
    unsigned depth, struct err *err)
{
	size_t len = w->path.len;
	int rc;

	if (e->d_name[0] == '.' || e->d_name[0] == '$')
		return 0;
	buf_addf(&w->path, "%s%s", len > 0 && w->path.at[len - 1] == '/' ?
	    "" : "/", e->d_name);
	if (buf_str(&w->path) == NULL)
		return err_oom(err);
	rc = is_folder(dir_fd, e) ? enter(w, dir_fd, e->d_name, depth, err) :
	    add_file(w, dir_fd, e->d_name, err);
	w->path.len = len;
	w->path.at[len] = '\0';
	return rc;
}

/* Takes over the descriptor. */
static int
walk_folder(struct walk *w, int fd, unsigned depth, struct err *err)
{
	struct scan_place *p = place_of(w);
	DIR *d = fdopendir(fd);
	struct dirent *e = NULL;
	int rc = 0;

	if (d == NULL) {
		file_closep(&fd);
		return err_oom(err);
	}
	while (rc >= 0 && (errno = 0, e = readdir(d)) != NULL) {
		if (++w->names > SCAN_NAMES || seconds() > w->end) {
			p->cut = SCAN_MORE;
			break;
		}
		rc = walk_name(w, fd, e, depth, err);
		ticker_files(&w->x->progress, w->names, 0);
	}
	if (rc >= 0 && e == NULL && errno != 0)
		note_folder(p, errno, w->path.at);
	(void)closedir(d);
	return rc;
}

/* --- a place ----------------------------------------------------------- */

static struct scan_place *
new_place(struct scan *x, enum scan_kind kind, const char *path,
    struct err *err)
{
	struct scan_place *more, *p;

	more = realloc(x->places, (x->place_count + 1) * sizeof *more);
	if (more == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	x->places = more;
	p = &more[x->place_count];
	memset(p, 0, sizeof *p);
	p->medium = (struct medium)MEDIUM_INIT;
	err_kept_clear(&p->err);
	p->kind = kind;
	if ((p->path = strdup(path)) == NULL) {
		(void)err_oom(err);
		return NULL;
	}
	x->place_count++;
	return p;
}

/* A file that was named, in its folder. */
static int
walk_file(struct walk *w, const char *path, struct err *err)
{
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;
	CLEANUP(file_closep) int fd = -1;
	const char *slash = strrchr(path, '/');

	buf_addf(&folder, "%.*s.", slash != NULL ? (int)(slash + 1 - path) :
	    0, path);
	if (buf_str(&folder) == NULL)
		return err_oom(err);
	/* What else is in it is none of our business. */
	fd = open(folder.at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		note_folder(place_of(w), errno, folder.at);
		return 0;
	}
	return add_file(w, fd, slash != NULL ? slash + 1 : path, err);
}

static int
walk_place(struct scan *x, struct err *err)
{
	struct walk w = { .x = x, .place = x->place_count - 1,
	    .end = seconds() + SCAN_SECONDS };
	struct scan_place *p = place_of(&w);
	struct err why = ERR_INIT;
	struct stat st;
	int fd, rc;

	buf_adds(&w.path, p->path);
	if (buf_str(&w.path) == NULL)
		return err_oom(err);
	fd = open(p->path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR) {
		rc = walk_file(&w, p->path, err);
	} else if (fd < 0 || fstat(fd, &st) != 0) {
		(void)err_io(&why, errno, "\"%s\"", p->path);
		keep_err(p, &why);
		file_closep(&fd);
		rc = 0;
	} else {
		w.device = st.st_dev;
		rc = walk_folder(&w, fd, 0, err);
	}
	buf_clear(&w.path);
	return rc;
}

/* What it lies on is for people to see, and no reason to fail. */
static int
find_medium(struct scan_place *p, struct err *err)
{
	struct err why = ERR_INIT;

	if (medium_of(&p->medium, p->path, &why) >= 0 ||
	    why.code != E_INTERNAL)
		return 0;
	*err = why;
	return -(int)err->code;
}

static int
scan_place(struct scan *x, enum scan_kind kind, const char *path,
    struct err *err)
{
	struct scan_place *p = new_place(x, kind, path, err);

	if (p == NULL || find_medium(p, err) < 0)
		return -(int)err->code;
	return walk_place(x, err);
}

int
scan_path(struct scan *x, const char *path, struct err *err)
{
	return scan_place(x, SCAN_PATH, path, err);
}

int
scan_medium(struct scan *x, const struct medium *m, struct err *err)
{
	return scan_place(x, SCAN_MEDIUM, m->mount, err);
}

int
scan_drop(struct scan *x, const struct drop *d, struct err *err)
{
	struct scan_place *p = new_place(x, SCAN_DROP, d->path, err);
	struct err why = ERR_INIT;

	if (p == NULL)
		return -(int)err->code;
	if ((p->drop = strdup(d->name)) == NULL)
		return err_oom(err);
	if (mark_check(d, &why) >= 0)
		return find_medium(p, err) < 0 ? -(int)err->code :
		    walk_place(x, err);
	if (d->removable && why.code == E_MEDIA_GONE)
		p->absent = 1;
	else
		keep_err(p, &why);
	return 0;
}

/* --- all --------------------------------------------------------------- */

static int
rank(const struct scan_file *f)
{
	return !f->is_known ? 2 : f->kind == MANIFEST_CARD;
}

/* In fewer folders first. */
static int
by_path(const char *x, const char *y)
{
	const char *p;
	int deeper = 0;

	for (p = x; *p != '\0'; p++)
		deeper += *p == '/';
	for (p = y; *p != '\0'; p++)
		deeper -= *p == '/';
	return deeper != 0 ? deeper : strcmp(x, y);
}

static int
order(const void *a, const void *b)
{
	const struct scan_file *x = a, *y = b;
	int c = rank(x) - rank(y);

	if (c == 0 && rank(x) == 1)
		c = strcmp(x->from, y->from);
	if (c == 0 && rank(x) < 2)
		c = actor_cmp(&x->actor, &y->actor);
	if (c == 0 && rank(x) < 2 && x->sequence != y->sequence)
		c = x->sequence < y->sequence ? -1 : 1;
	if (c == 0 && rank(x) < 2)
		c = memcmp(x->id, y->id, sizeof x->id);
	return c != 0 ? c : by_path(x->path, y->path);
}

/* One of each content, and one of each file that was found twice. */
static void
drop_copies(struct scan *x)
{
	struct scan_file *f, *last = NULL;
	size_t i, kept = 0;

	for (i = 0; i < x->file_count; i++) {
		f = &x->files[i];
		if (last == NULL || !(strcmp(f->path, last->path) == 0 ||
		    (rank(f) < 2 && memcmp(f->id, last->id,
		    sizeof f->id) == 0))) {
			last = &x->files[kept++];
			*last = *f;
			continue;
		}
		last->copies += f->inode != last->inode ||
		    f->device != last->device;
		free(f->path);
		free(f->filter);
		err_kept_clear(&f->err);
	}
	x->file_count = kept;
}

/* By stream, and in it by where they begin. */
static int
by_stream(const void *a, const void *b)
{
	const struct scan_file *x = *(struct scan_file *const *)a;
	const struct scan_file *y = *(struct scan_file *const *)b;
	int c = actor_cmp(&x->actor, &y->actor);

	if (c == 0)
		c = strcmp(x->filter, y->filter);
	return c != 0 ? c : (x->since > y->since) - (x->since < y->since);
}

/* What would be here after all before it of its stream were imported. */
static void
follow(struct scan_file **at, size_t count)
{
	uint64_t have = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (i == 0 || actor_cmp(&at[i]->actor, &at[i - 1]->actor) != 0
		    || strcmp(at[i]->filter, at[i - 1]->filter) != 0)
			have = 0;
		have = at[i]->have > have ? at[i]->have : have;
		at[i]->have = have;
		at[i]->state = at[i]->since <= have ? SCAN_NEW : SCAN_GAP;
		if (at[i]->since <= have && at[i]->until > have)
			have = at[i]->until;
	}
}

int
scan_finish(struct scan *x, struct err *err)
{
	struct scan_file **at;
	struct scan_file *f;
	size_t i, count = 0;

	if (x->file_count == 0)
		return 0;
	qsort(x->files, x->file_count, sizeof *x->files, order);
	drop_copies(x);
	at = calloc(x->file_count, sizeof *at);
	if (at == NULL)
		return err_oom(err);
	for (i = 0; i < x->file_count; i++) {
		f = &x->files[i];
		if (f->is_known && f->kind == MANIFEST_BUNDLE &&
		    (f->state == SCAN_NEW || f->state == SCAN_GAP))
			at[count++] = f;
	}
	if (count > 0) {
		qsort(at, count, sizeof *at, by_stream);
		follow(at, count);
	}
	free(at);
	return 0;
}
