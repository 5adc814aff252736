#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
folder_clear(struct folder *f)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		free(f->at[i].path);
	free(f->at);
	*f = (struct folder){ NULL, 0 };
}

static int
order(const void *a, const void *b)
{
	const struct folder_file *x = a, *y = b;
	int c, for_us = x->what == LOOK_FOR_US;

	if (for_us != (y->what == LOOK_FOR_US))
		return for_us ? -1 : 1;
	if (for_us) {
		if ((c = actor_cmp(&x->from, &y->from)) != 0)
			return c;
		if (x->sequence != y->sequence)
			return x->sequence < y->sequence ? -1 : 1;
	}
	return strcmp(x->path, y->path);
}

void
folder_sort(struct folder *f)
{
	if (f->count > 1)
		qsort(f->at, f->count, sizeof *f->at, order);
}

int
folder_add(struct folder *f, const char *path, const struct look *x,
    struct err *err)
{
	struct folder_file *more, *y;

	if (x->what == LOOK_FOREIGN || x->what == LOOK_CARD)
		return 0;
	if (f->count == FOLDER_MAX)
		return err_set(err, E_LIMIT, "\"%s\" is one too many: no more "
		    "than %u files are imported at once", path, FOLDER_MAX);
	more = realloc(f->at, (f->count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	f->at = more;
	y = &more[f->count];
	memset(y, 0, sizeof *y);
	if ((y->path = strdup(path)) == NULL)
		return err_oom(err);
	f->count++;
	y->what = x->what;
	y->device = x->device;
	if (x->what != LOOK_FOR_US)
		return 1;
	memcpy(y->name, x->a.peer.name, sizeof y->name);
	y->from = x->a.m.from;
	y->sequence = x->a.m.sequence;
	y->kind = x->a.m.kind;
	memcpy(y->id, x->id, sizeof y->id);
	return 1;
}

static int
add(struct store *s, DIR *d, const char *folder, const char *name,
    const struct minisign_pub *own, struct folder *f, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	int rc;

	if ((rc = look_at(s, dirfd(d), name, own, &x, err)) < 0)
		return rc;
	buf_addf(&path, "%s%s%s", folder,
	    folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	return folder_add(f, path.at, &x, err);
}

int
folder_list(struct store *s, const char *path, const struct minisign_pub *own,
    struct folder *ret, struct err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return err_io(err, errno, "folder \"%s\"", path);
	while (rc >= 0 && (errno = 0, e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = add(s, d, path, e->d_name, own, ret, err);
	if (rc >= 0 && errno != 0)
		rc = err_io(err, errno, "folder \"%s\"", path);
	(void)closedir(d);
	if (rc < 0)
		return rc;
	folder_sort(ret);
	return 0;
}
