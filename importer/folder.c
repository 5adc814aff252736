#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../format/sums.h"

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
	int c;

	if (x->is_known != y->is_known)
		return x->is_known ? -1 : 1;
	if (x->is_known) {
		if ((c = actor_cmp(&x->from, &y->from)) != 0)
			return c;
		if (x->sequence != y->sequence)
			return x->sequence < y->sequence ? -1 : 1;
	}
	return strcmp(x->path, y->path);
}

/* What its tail says, if that is authentic. */
static void
look(struct store *s, struct spool *p, const struct minisign_pub *own,
    struct folder_file *f, struct err *why)
{
	CLEANUP(admission_clear) struct admission a = { .m = { .to = NULL } };

	if (admit_authentic(s, &p->reader, own, &a, why) < 0) {
		f->is_other = why->code == E_WRONG_DEST;
		return;
	}
	if (admit_manifest(&p->reader, &a, why) < 0)
		return;
	f->is_known = 1;
	f->is_other = admit_for_us(s, &a, why) < 0;
	memcpy(f->name, a.peer.name, sizeof f->name);
	f->from = a.m.from;
	f->sequence = a.m.sequence;
}

/* 1: it is one of ours; 0: it is something else, or a card.  What is wrong
 * with it is found again when its turn comes; a lack of memory is not. */
static int
peek(struct store *s, const struct minisign_pub *own, struct folder_file *f,
    struct err *err)
{
	CLEANUP(spool_clear) struct spool p = SPOOL_INIT;
	struct err why = ERR_INIT;
	int rc = spool_peek(f->path, &p, &why);

	if (rc == 0 || why.code == E_FORMAT)
		return 0;
	if (rc > 0 && p.reader.sums.len > 0) {
		if (sums_kind(p.reader.sums.at, p.reader.sums.len) ==
		    SUMS_CARD)
			return 0;
		look(s, &p, own, f, &why);
	}
	if (why.code != E_INTERNAL)
		return 1;
	*err = why;
	return -(int)err->code;
}

static int
add(struct folder *f, const char *folder, const char *name,
    struct store *s, const struct minisign_pub *own, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct folder_file *more, x = { .path = NULL };
	int rc;

	buf_addf(&path, "%s%s%s", folder,
	    folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	x.path = path.at;
	if ((rc = peek(s, own, &x, err)) <= 0)
		return rc;
	if (f->count == FOLDER_MAX)
		return err_set(err, E_LIMIT, "\"%s\" holds more than %u "
		    "bundles", folder, FOLDER_MAX);
	more = realloc(f->at, (f->count + 1) * sizeof *more);
	if (more == NULL)
		return err_oom(err);
	f->at = more;
	more[f->count++] = x;
	path.at = NULL;			/* taken over */
	return 0;
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
			rc = add(ret, path, e->d_name, s, own, err);
	if (rc >= 0 && errno != 0)
		rc = err_io(err, errno, "folder \"%s\"", path);
	(void)closedir(d);
	if (rc < 0)
		return rc;
	if (ret->count > 1)
		qsort(ret->at, ret->count, sizeof *ret->at, order);
	return 0;
}
