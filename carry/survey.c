#include "survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../importer/look.h"
#include "../store/guard.h"
#include "../store/stream.h"
#include "mark.h"
#include "retain.h"

enum seen { SEEN = 1, SEEN_REGULAR };	/* drop_file.seen */

void
survey_clear(struct survey *x)
{
	size_t i;

	for (i = 0; i < x->broken_count; i++)
		err_kept_clear(&x->broken[i].why);
	free(x->broken);
	drop_files_clear(&x->files);
	file_closep(&x->dir_fd);
	*x = (struct survey)SURVEY_INIT;
}

static int
by_name(const void *a, const void *b)
{
	const struct drop_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* --- one file ---------------------------------------------------------- */

static int
path_of(const struct survey *x, const char *name, struct buf *out,
    struct err *err)
{
	const char *folder = x->drop->path;

	buf_addf(out, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ?
	    "" : "/", name);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static void
forget_own(struct drop_file *f)
{
	if (f->own == NULL)
		return;
	free(f->own->filter);
	free(f->own->addressees);
	free(f->own);
	f->own = NULL;
}

/* What retention will ask, from the manifest.  Some file systems give a file
 * another number each time they are mounted: what may go still may. */
static int
keep_own(struct drop_file *f, const struct manifest *m, struct err *err)
{
	CLEANUP(buf_clear) struct buf names = BUF_INIT;
	struct drop_own *own = calloc(1, sizeof *own);
	size_t i;

	if (own == NULL)
		return err_oom(err);
	if (f->own != NULL && actor_cmp(&f->own->actor, &m->from) == 0 &&
	    f->own->sequence == m->sequence)
		own->freed = f->own->freed;
	forget_own(f);
	f->own = own;
	own->kind = (int)m->kind;
	own->actor = m->from;
	own->sequence = m->sequence;
	own->since = m->since;
	own->until = m->until;
	for (i = 0; i < m->to_count; i++)
		buf_addf(&names, "%s%s", i > 0 ? " " : "", m->to[i].site);
	if (buf_str(&names) == NULL ||
	    (own->addressees = strdup(names.at)) == NULL ||
	    (m->filter != NULL && (own->filter = strdup(m->filter)) == NULL))
		return err_oom(err);
	return 0;
}

/* A number is used up before its file has a name: one that is ahead of ours
 * was written by a later state of this site. */
static int
own_file(struct drop_file *f, struct store *s, const struct manifest *m,
    struct err *err)
{
	guard_heard(s, m->from.generation);
	if (m->from.generation < s->self.generation ||
	    (actor_cmp(&m->from, &s->self) == 0 && m->sequence <= s->sequence))
		return keep_own(f, m, err);
	(void)err_set(err, E_ROLLED_BACK, "\"%s\" is a file that this site "
	    "wrote and does not know: it was put back from a backup, or "
	    "copied", f->name);
	return err_next(err, "run 'satchel site restored --reason \"...\"'");
}

static int
add_broken(struct survey *x, size_t file, const struct err *why,
    int64_t now, struct err *err)
{
	struct survey_broken *more;

	/* That a peer is revoked was decided here: it is no news each night. */
	if (now - x->files.at[file].first < SURVEY_COPY_S ||
	    why->code == E_REVOKED)
		return 0;
	if (x->broken_count == SURVEY_BROKEN_MAX) {
		x->broken_more++;
		return 0;
	}
	more = realloc(x->broken, (x->broken_count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	x->broken = more;
	more += x->broken_count++;
	*more = (struct survey_broken){ .file = file };
	err_keep(&more->why, why);
	return 0;
}

static int
add_due(struct survey *x, const struct drop_file *f, const struct look *look,
    struct folder *due, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	size_t i, copies = 0;
	int rc;

	/* Of copies, which are told by their tails, a few are enough: should
	 * one be damaged, another may be well. */
	for (i = 0; i < due->count; i++)
		copies += memcmp(due->at[i].id, look->id, sizeof
		    look->id) == 0;
	if (copies >= SURVEY_COPIES_MAX)
		return 0;
	if (x->due_count == SURVEY_DUE_MAX) {
		x->due_more++;
		return 0;
	}
	x->due_count++;
	if (path_of(x, f->name, &path, err) < 0)
		return -(int)err->code;
	rc = folder_add(due, path.at, look, err);
	return rc < 0 ? rc : 0;
}

/* For us: was it read?  Then a name that a copy has does not matter. */
static enum drop_what
turn_of(struct store *s, const struct look *look)
{
	struct err why = ERR_INIT;
	uint64_t have;

	return look_turn(s, look, &have, &why) == 0 ? DROP_READ : DROP_DUE;
}

static enum drop_what
what_of(struct store *s, const struct look *look)
{
	switch (look->what) {
	case LOOK_OTHER:
		return DROP_OTHER;
	case LOOK_OWN:
		return DROP_OWN;
	case LOOK_FOR_US:
		return turn_of(s, look);
	case LOOK_BROKEN:
		return DROP_BROKEN;
	default:
		return DROP_FOREIGN;
	}
}

static void
note_what(struct drop_file *f, const struct look *look, enum drop_what what,
    int64_t now)
{
	f->met = f->first == 0 || f->what != what;
	if (f->met || f->first > now)
		f->first = now;
	f->what = (unsigned char)what;
	f->size = look->size;
	f->inode = look->inode;
	f->mtime = look->mtime;
	f->stale = 1;
}

/* due NULL: nothing for us is expected. */
static int
look_again(struct survey *x, struct store *s, const struct minisign_pub *own,
    size_t index, struct folder *due, struct err *err)
{
	CLEANUP(look_clear) struct look look = LOOK_INIT;
	struct drop_file *f = &x->files.at[index];
	int rc;

	look.is_listed = f->seen == SEEN_REGULAR;
	if ((rc = look_at(s, x->dir_fd, f->name, own, &look, err)) < 0)
		return rc;
	note_what(f, &look, what_of(s, &look), s->clock);
	if (f->what == DROP_OWN)
		return own_file(f, s, &look.a.m, err);
	forget_own(f);
	if (f->what == DROP_BROKEN)
		return add_broken(x, index, &look.why, s->clock, err);
	return f->what == DROP_DUE && due != NULL ? add_due(x, f, &look, due,
	    err) : 0;
}

int
survey_is_same(const struct survey *x, const struct drop_file *f)
{
	struct stat st;

	return fstatat(x->dir_fd, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size &&
	    (uint64_t)st.st_ino == f->inode &&
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec ==
	    f->mtime;
}

/* Is what was seen of it enough? */
static int
is_settled(const struct survey *x, const struct drop_file *f)
{
	return f->first != 0 && f->what != DROP_DUE &&
	    f->what != DROP_BROKEN && survey_is_same(x, f);
}

/* --- the folder -------------------------------------------------------- */

static int
meet(struct survey *x, const struct dirent *e, size_t known, size_t *listed,
    struct err *err)
{
	const char *name = e->d_name;
	struct drop_file key = { .name = (char *)(uintptr_t)name }, *f;

	if (name[0] == '.')
		return 0;
	f = known == 0 ? NULL : bsearch(&key, x->files.at, known,
	    sizeof key, by_name);
	if ((*listed)++ == DROP_FILES_MAX) {
		(void)err_set(err, E_LIMIT, "drop \"%s\": more than %u files "
		    "in \"%s\"", x->drop->name, DROP_FILES_MAX,
		    x->drop->path);
		return err_next(err, "clear away what is not of Satchel");
	}
	if (f == NULL && (f = drop_files_add(&x->files, name)) == NULL)
		return err_oom(err);
	f->seen = e->d_type == DT_REG ? SEEN_REGULAR : SEEN;
	return 0;
}

static int
list(struct survey *x, struct err *err)
{
	size_t known = x->files.count, listed = 0;
	struct dirent *e;
	int fd = openat(x->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (d == NULL) {
		rc = err_io(err, errno, "drop \"%s\"", x->drop->name);
		file_closep(&fd);
		return rc;
	}
	while (rc >= 0 && (errno = 0, e = readdir(d)) != NULL)
		if (e->d_type == DT_REG || e->d_type == DT_UNKNOWN)
			rc = meet(x, e, known, &listed, err);
	if (rc >= 0 && errno != 0)
		rc = err_io(err, errno, "drop \"%s\"", x->drop->name);
	(void)closedir(d);
	return rc;
}

int
survey_take(struct survey *x, struct store *s, const struct drop *d,
    const struct minisign_pub *own, struct folder *due, struct err *err)
{
	size_t i;
	int rc;

	x->drop = d;
	if ((rc = mark_check(d, err)) < 0)
		return rc;
	x->dir_fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->dir_fd < 0)
		return err_io(err, errno, "drop \"%s\": \"%s\"", d->name,
		    d->path);
	if ((rc = drop_files_load(s, d->id, &x->files, err)) < 0 ||
	    (rc = list(x, err)) < 0)
		return rc;
	for (i = 0; i < x->files.count; i++) {
		struct drop_file *f = &x->files.at[i];

		if (!f->seen)
			f->gone = 1;
		else if (!is_settled(x, f) &&
		    (rc = look_again(x, s, own, i, due, err)) < 0)
			return rc;
		ticker_files(&x->progress, i + 1, x->files.count);
	}
	return 0;
}

uint64_t
survey_count(const struct survey *x, enum drop_what what,
    uint64_t *ret_bytes)
{
	uint64_t n = 0, bytes = 0;
	size_t i;

	for (i = 0; i < x->files.count; i++)
		if (!x->files.at[i].gone && x->files.at[i].what == what) {
			n++;
			bytes += x->files.at[i].size;
		}
	*ret_bytes = bytes;
	return n;
}

/* The name that a path has in the drop; NULL: it is not in it. */
static const char *
name_in(const struct survey *x, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(x->drop->path);

	while (len > 1 && x->drop->path[len - 1] == '/')
		len--;
	if (slash == NULL || strncmp(path, x->drop->path, len) != 0 ||
	    (size_t)(slash - path) > len || path[len] != '/')
		return NULL;
	return slash + 1;
}

struct drop_file *
survey_find(struct survey *x, const char *path)
{
	const char *name = name_in(x, path);
	size_t i;

	for (i = 0; name != NULL && i < x->files.count; i++)
		if (strcmp(x->files.at[i].name, name) == 0)
			return &x->files.at[i];
	return NULL;
}

int
survey_put(struct survey *x, struct store *s, const char *path,
    const struct minisign_pub *own, struct err *err)
{
	struct drop_file *f = survey_find(x, path);
	const char *name = name_in(x, path);

	if (name == NULL)
		return 0;
	if (f == NULL && (f = drop_files_add(&x->files, name)) == NULL)
		return err_oom(err);
	f->gone = 0;
	if (look_again(x, s, own, (size_t)(f - x->files.at), NULL, err) < 0)
		return -(int)err->code;
	if (f->own != NULL)
		f->own->fresh = 1;
	return 0;
}

/* --- remembering ------------------------------------------------------- */

/* A peer of the drop: was a file for it put there just now? */
static int
note_written(struct survey *x, struct store *s, const struct peer *p,
    struct err *err)
{
	size_t i;

	for (i = 0; i < x->files.count; i++) {
		const struct drop_own *own = x->files.at[i].own;

		if (own != NULL && own->fresh && retain_names(own, p->site))
			return drop_write(s, x->drop->id, p->id, err);
	}
	return 0;
}

static int
note_all_written(struct survey *x, struct store *s, struct err *err)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	size_t count = 0, i;
	int rc = drop_peers(s, x->drop->id, &peers, &count, err);

	for (i = 0; i < count && rc >= 0; i++)
		rc = note_written(x, s, &peers[i], err);
	return rc;
}

int
survey_save(struct survey *x, struct store *s, struct err *err)
{
	size_t i;
	int rc;

	if ((rc = store_begin(s, err)) < 0)
		return rc;
	if ((rc = note_all_written(x, s, err)) < 0 ||
	    (rc = drop_files_save(s, x->drop->id, &x->files, err)) < 0 ||
	    (rc = drop_reach(s, x->drop->id, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0) {
		store_rollback(s);
		return rc;
	}
	for (i = 0; i < x->files.count; i++)
		x->files.at[i].stale = 0;
	return 0;
}
