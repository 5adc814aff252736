/* disk.c: the states that a disk can be in (disk.h). */
#include "disk.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t
dice_next(struct dice *d)
{
	uint64_t x = d->state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

size_t
dice_below(struct dice *d, size_t n)
{
	return n == 0 ? 0 : (size_t)(dice_next(d) % n);
}

/* --- content ------------------------------------------------------------ */

enum arrival { NOTHING, ALL, BEGINNING, SOME, SECTORS, ARRIVALS };

struct file {				/* one file under construction */
	const struct run *r;
	const struct node *n;
	unsigned char *live, *out;	/* as written; as on the disk */
	size_t len, room, sure_len;
	struct dice *d;
	int is_garbage;
};

/* How long can it have been at most? */
static size_t
room_of(const struct run *r, const struct node *n)
{
	size_t room = n->base_len, i;

	for (i = 0; i < n->op_count; i++) {
		const struct op *op = &r->ops[n->ops[i]];
		size_t end = (size_t)op->off + op->len;

		if (op->kind != RECORD_SYNC && end > room)
			room = end;
	}
	return (room + SECTOR) / SECTOR * SECTOR;
}

static void
write_live(struct file *f, const struct op *op)
{
	size_t off = (size_t)op->off;

	if (op->kind == RECORD_TRUNCATE) {
		if (off < f->len)
			memset(f->live + off, 0, f->len - off);
		f->len = off;
	} else if (op->kind == RECORD_WRITE) {
		memcpy(f->live + off, op->data, op->len);
		if (off + op->len > f->len)
			f->len = off + op->len;
	}
}

/* The sectors of a write reach the disk as they are now. */
static void
write_out(struct file *f, const struct op *op, enum arrival how)
{
	size_t at = (size_t)op->off / SECTOR * SECTOR;
	size_t end = (size_t)op->off + op->len;

	for (; at < end; at += SECTOR)
		if (how == ALL || (dice_next(f->d) & 1))
			memcpy(f->out + at, f->live + at, SECTOR);
}

/* What is there where nothing arrived. */
static void
fill(struct file *f)
{
	size_t i;
	uint64_t x;

	memcpy(f->out, f->live, f->room);
	if (!f->is_garbage)
		return;
	for (i = (f->len + 7) / 8 * 8; i + 8 <= f->room; i += 8) {
		x = dice_next(f->d);
		memcpy(f->out + i, &x, 8);
	}
}

/* Calls `first` to `end` of the file's own are not sure. */
static void
not_sure(struct file *f, size_t first, size_t end)
{
	enum arrival how = (enum arrival)dice_below(f->d, ARRIVALS);
	size_t until = first + dice_below(f->d, end - first), i;
	size_t size_at = first + dice_below(f->d, end - first + 1);
	size_t size = f->len;
	int apart = dice_below(f->d, 3) == 0;

	if (!apart)
		size_at = how == NOTHING ? first : how == ALL ? end :
		    how == BEGINNING ? until + 1 : size_at;
	for (i = first; i < end; i++) {
		const struct op *op = &f->r->ops[f->n->ops[i]];

		write_live(f, op);
		if (i + 1 == size_at)
			size = f->len;
		if (op->kind != RECORD_WRITE || how == NOTHING)
			continue;
		if (how == ALL || (how == BEGINNING && i < until) ||
		    (how == SOME && (dice_next(f->d) & 1)))
			write_out(f, op, ALL);
		else if (how == SECTORS || (how == BEGINNING && i == until))
			write_out(f, op, SECTORS);
	}
	f->len = size;
}

static void
make_content(struct image_file *to, const struct run *r, int node,
    const struct cut *c, struct dice *d)
{
	const struct node *n = &r->nodes[node];
	struct file f = { .r = r, .n = n, .d = d };
	size_t sure = 0, end, i;

	for (end = 0; end < n->op_count && n->ops[end] < c->at[n->disk];
	    end++) {
		const struct op *op = &r->ops[n->ops[end]];

		if (c->is_view || ((op->kind == RECORD_SYNC ||
		    op->kind == RECORD_SYNC_ALL) && !op->is_lost))
			sure = end + 1;
	}
	f.room = room_of(r, n);
	f.live = need(calloc(1, f.room));
	f.out = need(malloc(f.room));
	if (n->base_len > 0)
		memcpy(f.live, n->base, n->base_len);
	f.len = n->base_len;
	for (i = 0; i < sure; i++)
		write_live(&f, &r->ops[n->ops[i]]);
	if (sure < end) {
		f.is_garbage = dice_below(d, 3) == 0;
		fill(&f);
		not_sure(&f, sure, end);
		free(f.live);
		to->at = f.out;
	} else {
		free(f.out);
		to->at = f.live;
	}
	to->len = f.len;
	(void)crypto_generichash(to->hash, 32, to->at, to->len, NULL, 0);
}

/* --- names -------------------------------------------------------------- */

/* Of each folder: up to which call is what was done to it sure? */
static void
find_sure(const struct run *r, const struct cut *c, size_t *limit)
{
	size_t i, k;

	for (i = 0; i < r->node_count; i++) {
		const struct node *n = &r->nodes[i];

		for (k = 0; k < n->op_count && n->is_folder &&
		    n->ops[k] < c->at[n->disk]; k++) {
			const struct op *op = &r->ops[n->ops[k]];

			if ((op->kind == RECORD_SYNC ||
			    op->kind == RECORD_SYNC_ALL) && !op->is_lost)
				limit[i] = n->ops[k];
		}
	}
}

/* Up to which call is it on the disk?  At least what is sure. */
static void
pick_limits(const struct run *r, const struct cut *c, struct dice *d,
    size_t *limit)
{
	size_t sure[DISKS] = { 0, 0 }, all[DISKS], i, k;

	for (i = 0; i < r->node_count; i++)
		if (limit[i] > sure[r->nodes[i].disk])
			sure[r->nodes[i].disk] = limit[i];
	for (k = 0; k < DISKS; k++)
		all[k] = sure[k] + (c->at[k] > sure[k] ?
		    dice_below(d, c->at[k] - sure[k] + 1) : 0);
	for (i = 0; i < r->node_count; i++) {
		size_t end = c->at[r->nodes[i].disk];

		if (c->is_view)
			limit[i] = end;
		else if (!c->is_each)
			limit[i] = all[r->nodes[i].disk];
		else if (end > limit[i] && (dice_next(d) & 1))
			limit[i] += dice_below(d, end - limit[i] + 1);
	}
}

/* A rename from folder to folder is in both: then so is what was done to
 * either before it. */
static void
close_limits(const struct run *r, size_t *limit)
{
	int changed = 1;
	size_t i;

	while (changed) {
		changed = 0;
		for (i = 0; i < r->op_count; i++) {
			const struct op *op = &r->ops[i];
			size_t *a, *b;

			if (op->kind != RECORD_MOVE || op->dir == op->dir2)
				continue;
			a = &limit[op->dir];
			b = &limit[op->dir2];
			if ((i < *a) == (i < *b))
				continue;
			*(i < *a ? b : a) = i + 1;
			changed = 1;
		}
	}
}

static void
apply_name(struct names *all, const struct op *op, int is_half, struct dice *d)
{
	int no_old = 1, no_new = 0;

	if (is_half) {
		no_old = (int)dice_below(d, 2);
		no_new = (int)dice_below(d, 2);
	}
	if (op->kind != RECORD_LINK && no_old)
		(void)names_take(&all[op->dir], op->name);
	if (op->kind == RECORD_LINK)
		names_put(&all[op->dir], op->name, op->node);
	else if (op->kind == RECORD_MOVE && !no_new)
		names_put(&all[op->dir2], op->name2, op->node);
}

/* The names in each folder. */
static struct names *
make_names(const struct run *r, const struct cut *c, struct dice *d)
{
	struct names *all = need(calloc(r->node_count, sizeof *all));
	size_t *sure = need(calloc(r->node_count, sizeof *sure));
	size_t *limit = need(calloc(r->node_count, sizeof *limit)), i, k;

	find_sure(r, c, sure);
	memcpy(limit, sure, r->node_count * sizeof *limit);
	pick_limits(r, c, d, limit);
	close_limits(r, limit);
	for (i = 0; i < r->node_count; i++)
		for (k = 0; k < r->nodes[i].before.count; k++)
			names_put(&all[i], r->nodes[i].before.at[k].name,
			    r->nodes[i].before.at[k].node);
	for (i = 0; i < r->op_count; i++) {
		const struct op *op = &r->ops[i];

		if (op_is_name(op) && i < limit[op->dir])
			apply_name(all, op, op->kind == RECORD_MOVE &&
			    c->is_each && r->nodes[op->dir].disk == 1 &&
			    i >= sure[op->dir2], d);
	}
	free(sure);
	free(limit);
	return all;
}

/* --- images ------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
	    ((const struct entry *)b)->name);
}

struct making {
	struct image *to;
	const struct run *r;
	const struct cut *c;
	struct names *all;
	struct dice d;
};

static void
add_folder(struct making *m, int node, const char *path)
{
	struct names *n = &m->all[node];
	struct image_file *f;
	size_t i;

	if (n->count > 0)
		qsort(n->at, n->count, sizeof *n->at, by_name);
	for (i = 0; i < n->count; i++) {
		size_t len = strlen(path) + strlen(n->at[i].name) + 2;
		int child = n->at[i].node;
		char *full = need(malloc(len));

		(void)snprintf(full, len, "%s%s%s", path, *path ? "/" : "",
		    n->at[i].name);
		m->to->files = grow(m->to->files, sizeof *f, m->to->count,
		    &m->to->room);
		f = &m->to->files[m->to->count++];
		*f = (struct image_file){ .path = full,
			.mode = m->r->nodes[child].mode,
			.is_folder = m->r->nodes[child].is_folder };
		if (f->is_folder)
			add_folder(m, child, full);
		else
			make_content(f, m->r, child, m->c, &m->d);
	}
}

void
image_make(struct image *ret, const struct run *r, const struct cut *c)
{
	struct making m = { .to = ret, .r = r, .c = c, .d = { c->seed } };
	size_t i;

	memset(ret, 0, sizeof *ret);
	m.all = make_names(r, c, &m.d);
	add_folder(&m, r->root, "");
	for (i = 0; i < r->node_count; i++)
		free(m.all[i].at);
	free(m.all);
}

void
image_clear(struct image *i)
{
	size_t k;

	for (k = 0; k < i->count; k++) {
		free(i->files[k].path);
		free(i->files[k].at);
	}
	free(i->files);
	memset(i, 0, sizeof *i);
}

const struct image_file *
image_find(const struct image *i, const char *path)
{
	size_t k;

	for (k = 0; k < i->count; k++)
		if (strcmp(i->files[k].path, path) == 0)
			return &i->files[k];
	return NULL;
}

void
image_hash(const struct image *i, unsigned char out[32])
{
	crypto_generichash_state st;
	size_t k;

	(void)crypto_generichash_init(&st, NULL, 0, 32);
	for (k = 0; k < i->count; k++) {
		(void)crypto_generichash_update(&st,
		    (const unsigned char *)i->files[k].path,
		    strlen(i->files[k].path) + 1);
		(void)crypto_generichash_update(&st, i->files[k].hash, 32);
	}
	(void)crypto_generichash_final(&st, out, 32);
}

static void
write_file(const struct image_file *f, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, f->mode);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		die("create", path);
	for (; done < f->len; done += (size_t)n)
		if ((n = write(fd, f->at + done, f->len - done)) <= 0)
			die("write", path);
	if (close(fd) != 0)
		die("close", path);
}

void
image_write(const struct image *i, const char *root)
{
	char path[4096];
	size_t k;

	remove_tree(root);
	if (mkdir(root, 0700) != 0)
		die("make folder", root);
	for (k = 0; k < i->count; k++) {
		(void)snprintf(path, sizeof path, "%s/%s", root,
		    i->files[k].path);
		if (!i->files[k].is_folder)
			write_file(&i->files[k], path);
		else if (mkdir(path, i->files[k].mode) != 0)
			die("make folder", path);
	}
}
