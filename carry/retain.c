#include "retain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../format/manifest.h"
#include "../store/stream.h"

#define DAY 86400

/* Our own files of a drop, by life and sequence.  Who writes in the drop can
 * put back whatever we ever wrote, and copies of it: of these the first stands
 * for all. */
struct ours {
	struct drop_file **at;		/* owned list of borrowed files */
	size_t *rank;			/* owned: of each its place in: */
	const struct drop_own **one;	/* owned: each once */
	size_t *last;			/* owned: of each of these the place
					 * of the last of its chain */
	size_t count, ones;
};

static void
ours_clear(struct ours *o)
{
	free(o->at);
	free(o->rank);
	free(o->one);
	free(o->last);
}

static int
by_age(const void *a, const void *b)
{
	const struct drop_file *const *x = a, *const *y = b;
	const struct drop_own *p = (*x)->own, *q = (*y)->own;
	int cmp = actor_cmp(&p->actor, &q->actor);

	if (cmp == 0)
		cmp = (p->sequence > q->sequence) - (p->sequence <
		    q->sequence);
	return cmp != 0 ? cmp : strcmp((*x)->name, (*y)->name);
}

/* --- two files of ours ------------------------------------------------- */

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
same_stream(const struct drop_own *a, const struct drop_own *b)
{
	return b->kind == MANIFEST_BUNDLE && actor_cmp(&a->actor,
	    &b->actor) == 0 && same(a->filter, b->filter) &&
	    same(a->addressees, b->addressees);
}

/* --- the list ---------------------------------------------------------- */

static int
is_copy(const struct drop_own *a, const struct drop_own *b)
{
	return actor_cmp(&a->actor, &b->actor) == 0 &&
	    a->sequence == b->sequence;
}

/* Does b go on where a ends, as the next of one export? */
static int
goes_on(const struct drop_own *a, const struct drop_own *b)
{
	return same_stream(a, b) && b->since == a->until &&
	    b->sequence == a->sequence + 1;
}

static void
rank_all(struct ours *o)
{
	size_t i;

	for (i = 0; i < o->count; i++) {
		const struct drop_own *own = o->at[i]->own;

		if (o->ones == 0 || !is_copy(o->one[o->ones - 1], own))
			o->one[o->ones++] = own;
		o->rank[i] = o->ones - 1;
	}
	for (i = o->ones; i-- > 0;)
		o->last[i] = i + 1 < o->ones && goes_on(o->one[i],
		    o->one[i + 1]) ? o->last[i + 1] : i;
}

static int
is_listed(const struct drop_file *f)
{
	return f->own != NULL && !f->gone;
}

static int
ours_list(struct ours *o, const struct drop_files *files, struct err *err)
{
	size_t i, n = 0;

	for (i = 0; i < files->count; i++)
		n += is_listed(&files->at[i]) ? 1 : 0;
	o->at = calloc(n + 1, sizeof *o->at);
	o->rank = calloc(n + 1, sizeof *o->rank);
	o->one = calloc(n + 1, sizeof *o->one);
	o->last = calloc(n + 1, sizeof *o->last);
	if (o->at == NULL || o->rank == NULL || o->one == NULL ||
	    o->last == NULL)
		return err_oom(err);
	for (i = 0; i < files->count; i++)
		if (is_listed(&files->at[i]))
			o->at[o->count++] = &files->at[i];
	qsort(o->at, o->count, sizeof *o->at, by_age);
	rank_all(o);
	return 0;
}

/* --- may it go? -------------------------------------------------------- */

/* Up to where a receipt, or a newer chain, must come for it.  Parts of an
 * attachment alone have no range: they are for what comes after them in their
 * chain. */
static uint64_t
end_of(const struct ours *o, size_t rank)
{
	uint64_t until = o->one[rank]->until,
	    last = o->one[o->last[rank]]->until;

	if (until > o->one[rank]->since)
		return until;
	return last > until ? last : until + 1;
}

static int
is_peer(const struct peer *p)
{
	return p->trusted && !p->revoked;
}

static int
covered_by(struct store *s, const struct drop_own *own, uint64_t end,
    const char *site, struct err *err)
{
	uint64_t acked;
	struct peer p;
	int rc;

	if ((rc = peer_by_site(s, site, &p, err)) < 0)
		return rc;
	if (rc == 0 || !is_peer(&p))
		return 1;		/* nobody waits for it */
	if ((rc = stream_acked(s, p.id, &own->actor, own->filter, &acked,
	    err)) < 0)
		return rc;
	return acked >= end;
}

/* Take the next site id off a list of addressees; 0 at its end. */
static int
next_site(const char **list, char site[SITE_LEN + 1])
{
	size_t n;

	*list += strspn(*list, " ");
	n = strcspn(*list, " ");
	if (n == 0 || n > SITE_LEN)
		return 0;
	memcpy(site, *list, n);
	site[n] = '\0';
	*list += n;
	return 1;
}

int
retain_names(const struct drop_own *own, const char *site)
{
	const char *list = own->addressees;
	char other[SITE_LEN + 1];

	while (next_site(&list, other))
		if (strcmp(other, site) == 0)
			return 1;
	return 0;
}

/* A list that makes no sense to its end keeps the file. */
static int
is_covered(const struct ours *o, struct store *s, size_t rank,
    struct err *err)
{
	const struct drop_own *own = o->one[rank];
	const char *list = own->addressees;
	char site[SITE_LEN + 1];
	int rc = *list != '\0';

	while (rc > 0 && next_site(&list, site))
		rc = covered_by(s, own, end_of(o, rank), site, err);
	return rc > 0 ? *list == '\0' : rc;
}

static int
is_superseded(const struct ours *o, size_t rank)
{
	const struct drop_own *own = o->one[rank], *b;
	uint64_t end = end_of(o, rank);
	size_t i;

	/* Not by its own chain. */
	i = own->until > own->since ? rank : o->last[rank];
	for (i++; i < o->ones; i++) {
		b = o->one[i];
		if (same_stream(own, b) && b->since <= own->since &&
		    o->one[o->last[i]]->until >= end)
			return 1;
	}
	return 0;
}

/* Is there a newer file of that kind (-1: any that carries a receipt) for the
 * site? */
static int
has_newer_for(const struct ours *o, size_t rank, const char *site, int kind)
{
	const struct drop_own *b;
	size_t i;

	for (i = o->ones - 1; i > rank; i--) {
		b = o->one[i];
		if (b->kind != MANIFEST_EXCERPT &&
		    (kind < 0 || b->kind == kind) && retain_names(b, site))
			return 1;
	}
	return 0;
}

static int
has_newer(const struct ours *o, size_t rank, int kind)
{
	const char *list = o->one[rank]->addressees;
	char site[SITE_LEN + 1];
	int found = *list != '\0';

	while (found && next_site(&list, site))
		found = has_newer_for(o, rank, site, kind);
	return found && *list == '\0';
}

static int
any_gaps(struct store *s, const struct drop_own *own, struct err *err)
{
	const char *list = own->addressees;
	char site[SITE_LEN + 1];
	uint64_t gaps = 0;
	struct peer p;
	int rc;

	while (gaps == 0 && next_site(&list, site)) {
		if ((rc = peer_by_site(s, site, &p, err)) < 0 ||
		    (rc > 0 && (rc = stream_gaps(s, p.id, &gaps, err)) < 0))
			return rc;
	}
	return gaps > 0;
}

/* Of a file that carries no range: is each addressee no peer any more, or has
 * it, where `read` counts, read it?  It says so of files of our present
 * life. */
static int
is_useless(struct store *s, const struct drop_own *own, int read,
    struct err *err)
{
	const char *list = own->addressees;
	int rc, ours = actor_cmp(&own->actor, &s->self) == 0;
	char site[SITE_LEN + 1];
	struct peer p;

	if (*list == '\0')
		return 0;
	while (next_site(&list, site)) {
		if ((rc = peer_by_site(s, site, &p, err)) < 0)
			return rc;
		if (rc > 0 && is_peer(&p) && !(read && ours &&
		    p.reads >= own->sequence))
			return 0;
	}
	return *list == '\0';
}

static int
may_go(const struct ours *o, struct store *s, size_t rank, struct err *err)
{
	const struct drop_own *own = o->one[rank];
	int rc;

	switch (own->kind) {
	case MANIFEST_BUNDLE:
		if ((rc = is_covered(o, s, rank, err)) != 0)
			return rc;
		return is_superseded(o, rank);
	case MANIFEST_RECEIPT:
		return has_newer(o, rank, -1) ? 1 : is_useless(s, own, 1,
		    err);
	case MANIFEST_REQUEST:
		if (has_newer(o, rank, MANIFEST_REQUEST))
			return 1;
		if ((rc = is_useless(s, own, 0, err)) != 0 ||
		    !has_newer(o, rank, -1))
			return rc;
		rc = any_gaps(s, own, err);
		return rc < 0 ? rc : !rc;
	default:
		return 0;
	}
}

/* --- taking away ------------------------------------------------------- */

/* Has it been free for long enough? */
static int
is_over(struct drop_file *f, int may, unsigned keep, int64_t now)
{
	int64_t freed = f->own->freed;

	if (!may)
		f->own->freed = 0;
	else if (freed == 0 || freed > now)
		f->own->freed = now;
	if (f->own->freed != freed)
		f->stale = 1;
	return may && now - f->own->freed >= (int64_t)keep * DAY;
}

/* What has its name by now may be another's, and is looked at the next time. */
static void
take_away(struct survey *x, struct drop_file *f, struct retain_result *ret,
    struct err *failed)
{
	if (!survey_is_same(x, f))
		return;
	if (unlinkat(x->dir_fd, f->name, 0) == 0) {
		ret->removed++;
		ret->bytes += f->size;
	} else if (errno != ENOENT) {
		(void)err_io(failed, errno, "drop \"%s\": \"%s\" cannot be "
		    "removed", x->drop->name, f->name);
		return;
	}
	f->gone = 1;
}

/* From the oldest on: what frees a file is newer, and so still listed. */
static int
prune_all(struct survey *x, const struct ours *o, struct store *s,
    struct retain_result *ret, struct err *failed, struct err *err)
{
	int may = 0;
	size_t i;

	for (i = 0; i < o->count; i++) {
		struct drop_file *f = o->at[i];

		if ((i == 0 || o->rank[i] != o->rank[i - 1]) &&
		    (may = may_go(o, s, o->rank[i], err)) < 0)
			return may;
		if (is_over(f, may, x->drop->keep, s->clock))
			take_away(x, f, ret, failed);
		else
			ret->kept += f->own->freed != 0;
	}
	return 0;
}

int
retain_prune(struct survey *x, struct store *s, struct retain_result *ret,
    struct err *err)
{
	CLEANUP(ours_clear) struct ours ours = { .count = 0 };
	struct err failed = ERR_INIT;
	int rc;

	*ret = (struct retain_result){ 0, 0, 0 };
	if ((rc = ours_list(&ours, &x->files, err)) < 0 ||
	    (rc = prune_all(x, &ours, s, ret, &failed, err)) < 0)
		return rc;
	if (ret->removed > 0 && fsync(x->dir_fd) != 0)
		(void)err_io(&failed, errno, "drop \"%s\": folder \"%s\"",
		    x->drop->name, x->drop->path);
	if (failed.code == E_OK)
		return 0;
	*err = failed;
	return -(int)err->code;
}

/* --- who blocks -------------------------------------------------------- */

static int
add_block(const struct drop_file *f, uint64_t end, struct store *s,
    struct retain_block *b, struct err *err)
{
	int rc;

	if (!retain_names(f->own, b->peer->site))
		return 0;
	if ((rc = covered_by(s, f->own, end, b->peer->site, err)) != 0)
		return rc < 0 ? rc : 0;
	b->files++;
	b->bytes += f->size;
	if (b->since == 0 || f->first < b->since)
		b->since = f->first;
	return 0;
}

int
retain_blocks(const struct drop_files *files, struct store *s,
    const struct peer *peers, size_t count, struct retain_block *ret,
    struct err *err)
{
	CLEANUP(ours_clear) struct ours ours = { .count = 0 };
	size_t i, k;
	int rc;

	for (k = 0; k < count; k++)
		ret[k] = (struct retain_block){ .peer = &peers[k] };
	if ((rc = ours_list(&ours, files, err)) < 0)
		return rc;
	for (i = 0; i < ours.count; i++) {
		if (ours.at[i]->own->kind != MANIFEST_BUNDLE ||
		    (i > 0 && ours.rank[i] == ours.rank[i - 1]) ||
		    is_superseded(&ours, ours.rank[i]))
			continue;
		for (k = 0; k < count; k++)
			if ((rc = add_block(ours.at[i], end_of(&ours,
			    ours.rank[i]), s, &ret[k], err)) < 0)
				return rc;
	}
	return 0;
}

/* --- how far it leads -------------------------------------------------- */

static int
leads_on(const struct drop_own *own, const struct retain_stream *t,
    uint64_t from)
{
	return own->kind == MANIFEST_BUNDLE && own->sequence > t->after &&
	    actor_cmp(&own->actor, t->self) == 0 &&
	    same(own->addressees, t->addressees) &&
	    same(own->filter, t->filter) && own->since <= from &&
	    own->until > from;
}

int
retain_reach(const struct drop_files *files,
    const struct retain_stream *stream, uint64_t *ret, struct err *err)
{
	CLEANUP(ours_clear) struct ours ours = { .count = 0 };
	int moved = 1;
	size_t i;

	*ret = stream->since;
	if (ours_list(&ours, files, err) < 0)
		return -(int)err->code;
	while (moved) {
		moved = 0;
		for (i = 0; i < ours.ones; i++) {
			if (!leads_on(ours.one[i], stream, *ret))
				continue;
			*ret = ours.one[i]->until;
			moved = 1;
		}
	}
	return 0;
}

int
retain_tells(const struct drop_files *files, const struct actor *self,
    const char *site, uint64_t after)
{
	size_t i;

	for (i = 0; i < files->count; i++) {
		const struct drop_file *f = &files->at[i];

		if (is_listed(f) && f->own->sequence > after &&
		    actor_cmp(&f->own->actor, self) == 0 &&
		    retain_names(f->own, site))
			return 1;
	}
	return 0;
}
