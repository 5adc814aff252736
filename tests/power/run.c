/* run.c: the log of a run, read into files, folders and what was done. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"

/* --- tools -------------------------------------------------------------- */

void
die(const char *what, const char *path)
{
	fprintf(stderr, "power: %s: %s: %s\n", path, what, strerror(errno));
	exit(2);
}

void *
need(void *p)
{
	if (p == NULL)
		die("memory", "power");
	return p;
}

/* Room for one more of `count`. */
void *
grow(void *at, size_t size, size_t count, size_t *room)
{
	if (count < *room)
		return at;
	*room = *room == 0 ? 16 : *room * 2;
	return need(realloc(at, *room * size));
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
remove_tree(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 &&
	    errno != ENOENT)
		die("remove", path);
}

static void *
own(struct run *r, void *p)
{
	r->owned = grow(r->owned, sizeof *r->owned, r->owned_count,
	    &r->owned_room);
	r->owned[r->owned_count++] = need(p);
	return p;
}

static char *
join(struct run *r, const char *folder, const char *name)
{
	size_t len = strlen(folder) + strlen(name) + 2;
	char *path = own(r, malloc(len));

	(void)snprintf(path, len, "%s%s%s", folder, *folder ? "/" : "", name);
	return path;
}

/* --- names -------------------------------------------------------------- */

static struct entry *
find(struct names *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (strcmp(n->at[i].name, name) == 0)
			return &n->at[i];
	return NULL;
}

void
names_put(struct names *n, const char *name, int node)
{
	struct entry *e = find(n, name);

	if (e == NULL) {
		n->at = grow(n->at, sizeof *n->at, n->count, &n->room);
		e = &n->at[n->count++];
	}
	*e = (struct entry){ name, node };
}

int
names_take(struct names *n, const char *name)
{
	struct entry *e = find(n, name);
	int node;

	if (e == NULL)
		return -1;
	node = e->node;
	*e = n->at[--n->count];
	return node;
}

/* --- files and folders -------------------------------------------------- */

static int
add_node(struct run *r, struct record_id id, int is_folder, char *path)
{
	struct node *n;

	r->nodes = grow(r->nodes, sizeof *r->nodes, r->node_count,
	    &r->node_room);
	n = &r->nodes[r->node_count];
	*n = (struct node){ .is_folder = is_folder, .path = path,
		.disk = strncmp(path, "stick", 5) == 0, .mode = 0600 };
	r->known = grow(r->known, sizeof *r->known, r->known_count,
	    &r->known_room);
	r->known[r->known_count++] = (struct known){ id,
	    (int)r->node_count };
	return (int)r->node_count++;
}

/* An inode's number is used again: the newest counts; -1 is not ours. */
static int
node_of(const struct run *r, struct record_id id)
{
	size_t i;

	for (i = r->known_count; i-- > 0;)
		if (r->known[i].id.ino == id.ino &&
		    r->known[i].id.dev == id.dev)
			return r->known[i].node;
	return -1;
}

static void
read_base(struct run *r, int node, int fd, size_t len)
{
	unsigned char *at = own(r, malloc(len + 1));
	size_t got = 0;
	ssize_t n;

	while (got < len && (n = read(fd, at + got, len - got)) > 0)
		got += (size_t)n;
	if (got != len)
		die("read", r->nodes[node].path);
	r->nodes[node].base = at;
	r->nodes[node].base_len = len;
}

static int
scan(struct run *r, int at, const char *name, char *path)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), node;
	const struct dirent *e;
	struct stat st;
	DIR *d;

	if (fd < 0 || fstat(fd, &st) != 0)
		die("open", path);
	node = add_node(r, (struct record_id){ st.st_dev, st.st_ino },
	    S_ISDIR(st.st_mode), path);
	r->nodes[node].mode = st.st_mode & 07777;
	if (S_ISREG(st.st_mode)) {
		read_base(r, node, fd, (size_t)st.st_size);
		(void)close(fd);
		return node;
	}
	if ((d = fdopendir(fd)) == NULL)
		die("read", path);
	while ((e = readdir(d)) != NULL) {
		char *own_name;
		int child;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		own_name = join(r, "", e->d_name);
		child = scan(r, dirfd(d), own_name, join(r, path, own_name));
		names_put(&r->nodes[node].before, own_name, child);
		names_put(&r->nodes[node].now, own_name, child);
	}
	(void)closedir(d);
	return node;
}

void
run_begin(struct run *r, const char *root)
{
	memset(r, 0, sizeof *r);
	r->root = scan(r, AT_FDCWD, root, join(r, "", ""));
}

void
run_clear(struct run *r)
{
	size_t i;

	for (i = 0; i < r->node_count; i++) {
		free(r->nodes[i].before.at);
		free(r->nodes[i].now.at);
		free(r->nodes[i].ops);
	}
	for (i = 0; i < r->owned_count; i++)
		free(r->owned[i]);
	free(r->owned);
	free(r->nodes);
	free(r->ops);
	free(r->known);
	memset(r, 0, sizeof *r);
}

/* --- what was done ------------------------------------------------------ */

int
op_is_name(const struct op *op)
{
	return op->kind == RECORD_LINK || op->kind == RECORD_MOVE ||
	    op->kind == RECORD_REMOVE;
}

static void
touch(struct run *r, int node)
{
	struct node *n;

	if (node < 0)
		return;
	n = &r->nodes[node];
	n->ops = grow(n->ops, sizeof *n->ops, n->op_count, &n->op_room);
	n->ops[n->op_count++] = r->op_count;
}

/* A sync of all reaches what is on the same disk. */
static void
touch_synced(struct run *r, const struct op *op, int node)
{
	if (op->node < 0 || r->nodes[op->node].disk == r->nodes[node].disk)
		touch(r, node);
}

static void
add_op(struct run *r, const struct op *op)
{
	size_t i;

	r->ops = grow(r->ops, sizeof *r->ops, r->op_count, &r->op_room);
	r->ops[r->op_count] = *op;
	if (op->kind == RECORD_SYNC_ALL)
		for (i = 0; i < r->node_count; i++)
			touch_synced(r, op, (int)i);
	else if (!op_is_name(op))
		touch(r, op->node);
	touch(r, op->dir);
	if (op->dir2 != op->dir)
		touch(r, op->dir2);
	r->op_count++;
}

/* A file or folder that is new, or has one more name. */
static void
add_new(struct run *r, const struct record *h, struct op *op)
{
	int is_new = op->kind != RECORD_LINK;
	char *path;

	if (op->kind == RECORD_UNNAMED || op->dir < 0) {
		/* It may have the inode of one that is gone. */
		r->known = grow(r->known, sizeof *r->known, r->known_count,
		    &r->known_room);
		if (op->dir < 0 && op->kind != RECORD_UNNAMED) {
			r->known[r->known_count++] = (struct known){ h->file,
			    -1 };
			return;
		}
		(void)add_node(r, h->file, 0, join(r, "", "unnamed"));
		return;
	}
	if (is_new) {
		path = join(r, r->nodes[op->dir].path, op->name);
		op->node = add_node(r, h->file, op->kind == RECORD_MKDIR,
		    path);
		r->nodes[op->node].mode = h->mode;
	}
	op->kind = RECORD_LINK;
	if (op->node < 0) {
		r->trouble = "a link to a file that is not watched";
		return;
	}
	names_put(&r->nodes[op->dir].now, op->name, op->node);
	add_op(r, op);
}

static void
add_move(struct run *r, struct op *op)
{
	if (op->dir < 0 && op->dir2 < 0)
		return;
	if (op->dir < 0 || op->dir2 < 0) {
		r->trouble = "a file moves into or out of what is watched";
		return;
	}
	op->node = names_take(&r->nodes[op->dir].now, op->name);
	if (op->node < 0) {
		r->trouble = "a name moves that was not there";
		return;
	}
	names_put(&r->nodes[op->dir2].now, op->name2, op->node);
	add_op(r, op);
}

static void
add_record(struct run *r, const struct record *h, struct op *op)
{
	switch (op->kind) {
	case RECORD_CREATE:
	case RECORD_MKDIR:
	case RECORD_UNNAMED:
	case RECORD_LINK:
		add_new(r, h, op);
		break;
	case RECORD_MOVE:
		add_move(r, op);
		break;
	case RECORD_REMOVE:
		if (op->dir < 0)
			break;
		op->node = names_take(&r->nodes[op->dir].now, op->name);
		add_op(r, op);
		break;
	case RECORD_BLIND:
		if (op->node >= 0 || op->dir >= 0)
			r->trouble = op->name;
		break;
	case RECORD_MARK:
		add_op(r, op);
		break;
	case RECORD_HINT:
		break;
	case RECORD_SYNC_ALL:
		if (op->node >= 0 || h->file.ino == 0)
			add_op(r, op);
		break;
	default:
		if (op->node >= 0)
			add_op(r, op);
	}
}

static char *
text(struct run *r, const unsigned char *at, size_t len)
{
	char *p = own(r, malloc(len + 1));

	memcpy(p, at, len);
	p[len] = '\0';
	return p;
}

static unsigned char *
read_log(struct run *r, const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "r");
	unsigned char *all;
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		die("open", path);
	all = own(r, malloc((size_t)st.st_size + 1));
	*ret_len = fread(all, 1, (size_t)st.st_size, f);
	(void)fclose(f);
	return all;
}

void
run_read(struct run *r, const char *log)
{
	size_t len = 0, at = 0;
	unsigned char *all = read_log(r, log, &len);
	struct record h;

	while (at + sizeof h <= len) {
		struct op op = { .node = -1, .dir = -1, .dir2 = -1 };

		memcpy(&h, all + at, sizeof h);
		at += sizeof h;
		op.kind = (enum record_kind)h.kind;
		op.node = node_of(r, h.file);
		op.dir = node_of(r, h.dir);
		op.dir2 = node_of(r, h.dir2);
		op.name = text(r, all + at, h.name_len);
		at += h.name_len;
		op.name2 = text(r, all + at, h.name2_len);
		at += h.name2_len;
		op.off = h.off;
		op.len = h.data_len;
		op.data = all + at;
		at += h.data_len;
		add_record(r, &h, &op);
	}
	if (at != len)
		r->trouble = "the log is cut";
}

/* The pattern of `l` that is for a sync of this kind; NULL: none. */
static const char *const *
pattern_of(const struct run *r, const struct op *op, const struct loss *l)
{
	if (op->node < 0)
		return NULL;
	if (op->kind == RECORD_SYNC_ALL)
		return &l->disk;
	if (op->kind != RECORD_SYNC)
		return NULL;
	return r->nodes[op->node].is_folder ? &l->folder : &l->file;
}

int
run_lose(struct run *r, const struct loss *l)
{
	struct loss left = *l;
	size_t i;

	for (i = 0; i < r->op_count; i++) {
		struct op *op = &r->ops[i];
		const char *const *p = pattern_of(r, op, l);

		op->is_lost = p != NULL && *p != NULL &&
		    fnmatch(*p, r->nodes[op->node].path, 0) == 0;
		if (!op->is_lost)
			continue;
		if (p == &l->file)
			left.file = NULL;
		else if (p == &l->folder)
			left.folder = NULL;
		else
			left.disk = NULL;
	}
	return left.file == NULL && left.folder == NULL && left.disk == NULL;
}
