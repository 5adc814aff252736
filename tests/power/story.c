/* story.c: what is legal after a cut (story.h). */
#include "story.h"

#include <dirent.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/file.h"
#include "../../format/reader.h"
#include "../../store/guard.h"
#include "../../store/store.h"
#include "rows.h"

#define STORE_PATH HOME_PATH "/store.db"
#define SUFFIX ".satchel"
#define BUNDLE_MAX (1u << 26)

static int
say(char said[SAID_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
say(char said[SAID_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(said, SAID_MAX, format, ap);
	va_end(ap);
	return 1;
}

static int
ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

/* Files that are in the making, and the database: its rows are looked at. */
static int
has_own_rule(const char *path)
{
	return ends_with(path, ".part") || ends_with(path, "/store.db") ||
	    ends_with(path, "/store.db-journal") || ends_with(path, "lock");
}

/* --- the store ---------------------------------------------------------- */

static const char *
path_in(const char *folder, const char *path)
{
	static char full[2][4096];
	static int turn;

	turn = !turn;
	(void)snprintf(full[turn], sizeof full[turn], "%s/%s", folder, path);
	return full[turn];
}

/* As every command of the program opens it. */
static int
open_store(const char *folder, struct store **ret, char said[SAID_MAX])
{
	struct err err = ERR_INIT;

	if (store_open(ret, path_in(folder, HOME_PATH), STORE_WRITE, 0,
	    &err) < 0 ||
	    guard_check(*ret, path_in(folder, STATE_PATH "/satchel"),
	    &err) < 0)
		return say(said, "store: %s: %s", err_name(err.code),
		    err.text);
	return 0;
}

/* The first and the last moment of the store that may be seen. */
static void
span(const struct story *s, size_t acked, size_t at, size_t *ret_first,
    size_t *ret_last)
{
	size_t i;

	*ret_first = *ret_last = 0;
	for (i = 0; i < s->moment_count; i++) {
		if (s->moments[i].from <= acked)
			*ret_first = i;
		if (s->moments[i].from <= at)
			*ret_last = i;
	}
}

/* Which moment has these rows (NULL: no store)? */
static int
find_moment(const struct story *s, const unsigned char *rows, size_t acked,
    size_t at, size_t *ret, char said[SAID_MAX])
{
	size_t first, last, i, other = s->moment_count;

	span(s, acked, at, &first, &last);
	for (i = 0; i < s->moment_count; i++) {
		if (s->moments[i].is_there != (rows != NULL) ||
		    (rows != NULL &&
		    memcmp(rows, s->moments[i].rows, 32) != 0))
			continue;
		other = *ret = i;
		if (i >= first && i <= last)
			return 0;
	}
	if (other == s->moment_count)
		return say(said, "store: neither before nor after");
	return say(said, "store: as at moment %zu, expected %zu to %zu",
	    other, first, last);
}

/* --- files -------------------------------------------------------------- */

static int
same_version(const struct version *v, const struct image_file *f)
{
	return v->is_there == (f != NULL) &&
	    (f == NULL || memcmp(v->hash, f->hash, 32) == 0);
}

/* The versions of a path stand together, in order.  One of those that were
 * there between the two calls? */
static int
is_legal(const struct story *s, size_t first, size_t end,
    const struct image_file *f, size_t acked, size_t at)
{
	size_t i;

	for (i = first; i < end && s->versions[i].from <= at; i++) {
		int is_over = i + 1 < end && s->versions[i + 1].from <= acked;

		if (!is_over && same_version(&s->versions[i], f))
			return 1;
	}
	return 0;
}

/* Each file; what is on the home's disk is as new as the store is. */
static int
check_files(const struct story *s, const struct image *image,
    const struct cut *c, size_t acked, size_t store_at, char said[SAID_MAX])
{
	size_t i, end;

	for (i = 0; i < s->version_count; i = end) {
		const char *path = s->versions[i].path;
		int disk = strncmp(path, "stick", 5) == 0;
		size_t from = disk == 0 && store_at > acked ? store_at : acked;
		const struct image_file *f = image_find(image, path);

		for (end = i + 1; end < s->version_count &&
		    strcmp(s->versions[end].path, path) == 0; end++)
			;
		if (!is_legal(s, i, end, f, from, c->at[disk]))
			return say(said, "%s %s", path, f == NULL ?
			    "is lost" : "is not what was written, or too old");
	}
	return 0;
}

/* --- bundles ------------------------------------------------------------ */

struct bytes {
	const unsigned char *at;
	size_t len, done;
};

static int64_t
read_bytes(void *ctx, void *to, size_t len, struct err *err)
{
	struct bytes *b = ctx;

	(void)err;
	if (len > b->len - b->done)
		len = b->len - b->done;
	if (len > 0)
		memcpy(to, b->at + b->done, len);
	b->done += len;
	return (int64_t)len;
}

static int
own_key(const struct image *i, struct minisign_pub *ret)
{
	const struct image_file *f = image_find(i, HOME_PATH
	    "/keys/sign.pub");
	struct err err = ERR_INIT;

	return f == NULL ? -1 : minisign_pub_parse(ret, (const char *)f->at,
	    f->len, &err);
}

/* Would an importer take it as this site's?  Its number and id. */
static int
read_bundle(const unsigned char *at, size_t len,
    const struct minisign_pub *key, struct bundle *ret)
{
	CLEANUP(reader_clear) struct reader r = { .size = 0 };
	struct bytes b = { at, len, 0 };
	struct reader_in in = { read_bytes, &b };
	struct err err = ERR_INIT;
	struct json_span all, x;
	enum sums_kind kind;

	if (reader_walk(&r, &in, &err) < 0 ||
	    reader_authentic(&r, key, &err) < 0 ||
	    reader_valid(&r, &kind, &err) < 0)
		return 0;
	all = (struct json_span){ r.manifest.at, r.manifest.len };
	if (!json_member(all, "sequence", &x) ||
	    json_uint(&ret->sequence, x, INT64_MAX) < 0)
		return 0;
	memcpy(ret->id, r.id, 32);
	return 1;
}

static const struct bundle *
bundle_of(const struct story *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->bundle_count; i++)
		if (strcmp(s->bundles[i].path, path) == 0)
			return &s->bundles[i];
	return NULL;
}

int
story_is_forged(const struct story *s, const struct image *image)
{
	const struct bundle *b;
	struct minisign_pub key;
	struct bundle got;
	size_t i;

	for (i = 0; i < image->count; i++) {
		const struct image_file *f = &image->files[i];

		if ((b = bundle_of(s, f->path)) == NULL ||
		    own_key(image, &key) < 0 ||
		    !read_bundle(f->at, f->len, &key, &got))
			continue;
		if (memcmp(got.id, b->id, 32) != 0)
			return 1;
	}
	return 0;
}

/* --- numbers ------------------------------------------------------------ */

static uint64_t
guard_sequence(const struct image *image)
{
	struct json_span all, x;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < image->count; i++) {
		const struct image_file *f = &image->files[i];

		if (!ends_with(f->path, ".guard"))
			continue;
		all = (struct json_span){ (const char *)f->at, f->len - 1 };
		if (!json_member(all, "sequence", &x) ||
		    json_uint(&n, x, INT64_MAX) < 0)
			return 0;
	}
	return n;
}

/* All that had its name before the cut, even if it is lost: someone may have
 * a copy. */
static int
check_numbers(const struct story *s, const struct image *image,
    const struct cut *c, struct store *store, char said[SAID_MAX])
{
	uint64_t guard = guard_sequence(image);
	size_t i;

	for (i = 0; i < s->bundle_count; i++) {
		const struct bundle *b = &s->bundles[i];

		if (b->from > c->at[1])
			continue;
		if (store->sequence < b->sequence ||
		    !rows_know_file(store->db, b->sequence, b->id))
			return say(said, "the store does not know %s",
			    b->path);
		if (guard < b->sequence)
			return say(said, "the guard does not know %s",
			    b->path);
	}
	return 0;
}

static int
is_twice(const struct story *s, const struct cut *c, const struct bundle *got)
{
	size_t i;

	for (i = 0; i < s->bundle_count; i++)
		if (s->bundles[i].from <= c->at[1] &&
		    s->bundles[i].sequence == got->sequence &&
		    memcmp(s->bundles[i].id, got->id, 32) != 0)
			return 1;
	return 0;
}

static int
check_folder(const struct story *s, const struct cut *c, const char *folder,
    const struct minisign_pub *key, char said[SAID_MAX])
{
	DIR *d = opendir(folder);
	struct err err = ERR_INIT;
	const struct dirent *e;
	char path[4096];
	int bad = 0;

	while (d != NULL && !bad && (e = readdir(d)) != NULL) {
		CLEANUP(buf_clear) struct buf all = BUF_INIT;
		struct bundle got;

		if (e->d_name[0] == '.' || !ends_with(e->d_name, SUFFIX))
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (file_read_all(path, BUNDLE_MAX, &all, &err) < 0)
			die("read", path);
		if (read_bundle((const unsigned char *)all.at, all.len, key,
		    &got) && is_twice(s, c, &got))
			bad = say(said, "%s: a number twice", e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
	return bad;
}

int
story_check_numbers(const struct story *s, const struct cut *c,
    const char *folder, char said[SAID_MAX])
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct minisign_pub key;

	if (file_read_all(path_in(folder, HOME_PATH "/keys/sign.pub"), 4096,
	    &text, &err) < 0 ||
	    minisign_pub_parse(&key, text.at, text.len, &err) < 0)
		return say(said, "no key after another run");
	return check_folder(s, c, path_in(folder, "stick"), &key, said) ||
	    check_folder(s, c, path_in(folder, "stick/new"), &key, said);
}

/* --- the check ---------------------------------------------------------- */

/* The newest mark before both disks stopped. */
static size_t
acked_at(const struct story *s, const struct cut *c)
{
	size_t at = c->at[0] < c->at[1] ? c->at[0] : c->at[1], i, acked = 0;

	for (i = 0; i < at; i++)
		if (s->run.ops[i].kind == RECORD_MARK)
			acked = i + 1;

	/* It ended well. */
	return at == s->run.op_count ? at : acked;
}

static int
check_store(const struct story *s, const struct image *image,
    const struct cut *c, size_t acked, const char *folder, size_t *ret_moment,
    char said[SAID_MAX])
{
	CLEANUP(store_closep) struct store *store = NULL;
	unsigned char rows[32];

	if (image_find(image, STORE_PATH) == NULL)
		return find_moment(s, NULL, acked, c->at[0], ret_moment,
		    said);
	if (open_store(folder, &store, said) != 0 ||
	    !rows_are_sound(store->db, said, SAID_MAX))
		return 1;
	if (rows_hash(store->db, rows) < 0)
		return say(said, "store: cannot be read");
	if (find_moment(s, rows, acked, c->at[0], ret_moment, said) != 0)
		return 1;
	return check_numbers(s, image, c, store, said);
}

uint64_t
story_key(const struct story *s, const struct image *image,
    const struct cut *c)
{
	size_t when[DISKS + 1] = { 0, 0, acked_at(s, c) }, i, k;
	crypto_generichash_state to;
	unsigned char hash[32];
	uint64_t key;

	for (k = 0; k < DISKS; k++)
		for (i = 0; i < c->at[k]; i++)
			when[k] += (size_t)op_is_name(&s->run.ops[i]);
	image_hash(image, hash);
	(void)crypto_generichash_init(&to, NULL, 0, 32);
	(void)crypto_generichash_update(&to, hash, 32);
	(void)crypto_generichash_update(&to, (unsigned char *)when,
	    sizeof when);
	(void)crypto_generichash_final(&to, hash, 32);
	memcpy(&key, hash, sizeof key);
	return key;
}

int
story_check(const struct story *s, const struct image *image,
    const struct cut *c, int is_acked, const char *folder,
    char said[SAID_MAX])
{
	size_t acked = is_acked ? acked_at(s, c) : 0, moment = 0;

	image_write(image, folder);
	if (check_store(s, image, c, acked, folder, &moment, said) != 0)
		return 1;
	return check_files(s, image, c, acked, s->moments[moment].from, said);
}

/* --- telling ------------------------------------------------------------ */

static int
by_path(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	int rc = strcmp(x->path, y->path);

	return rc != 0 ? rc : x->from < y->from ? -1 : x->from > y->from;
}

/* Its last version so far. */
static const struct version *
newest(const struct story *s, const char *path)
{
	size_t i;

	for (i = s->version_count; i-- > 0;)
		if (strcmp(s->versions[i].path, path) == 0)
			return &s->versions[i];
	return NULL;
}

static void
add_version(struct story *s, const char *path, size_t from,
    const struct image_file *f)
{
	const struct version *old = newest(s, path);
	struct version v = { .from = from, .is_there = f != NULL };

	if (f != NULL)
		memcpy(v.hash, f->hash, 32);
	if (old != NULL && same_version(old, f))
		return;

	/* It was not there before it was. */
	if (old == NULL && from > 0)
		add_version(s, path, 0, NULL);
	v.path = need(strdup(path));
	s->versions = grow(s->versions, sizeof v, s->version_count,
	    &s->version_room);
	s->versions[s->version_count++] = v;
}

static void
tell_files(struct story *s, const struct image *view, size_t at)
{
	size_t i, count = s->version_count;

	for (i = 0; i < view->count; i++)
		if (!view->files[i].is_folder &&
		    !has_own_rule(view->files[i].path))
			add_version(s, view->files[i].path, at,
			    &view->files[i]);
	for (i = 0; i < count; i++)
		if (image_find(view, s->versions[i].path) == NULL)
			add_version(s, s->versions[i].path, at, NULL);
}

static void
tell_bundles(struct story *s, const struct image *view, size_t at)
{
	struct minisign_pub key;
	size_t i;

	if (own_key(view, &key) < 0)
		return;
	for (i = 0; i < view->count; i++) {
		const struct image_file *f = &view->files[i];
		struct bundle b = { .from = at };

		if (!ends_with(f->path, SUFFIX) ||
		    bundle_of(s, f->path) != NULL ||
		    !read_bundle(f->at, f->len, &key, &b))
			continue;
		b.path = need(strdup(f->path));
		s->bundles = grow(s->bundles, sizeof b, s->bundle_count,
		    &s->bundle_room);
		s->bundles[s->bundle_count++] = b;
	}
}

static void
tell_store(struct story *s, const struct image *view, size_t at,
    const char *folder)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct moment m = { .from = at,
	    .is_there = image_find(view, STORE_PATH) != NULL };
	const struct moment *old;
	char said[SAID_MAX];

	/* Only where the power was cut before is one left to begin with. */
	if (at > 0 && image_find(view, STORE_PATH "-journal") != NULL)
		return;
	if (m.is_there) {
		image_write(view, folder);
		if (open_store(folder, &store, said) != 0 ||
		    rows_hash(store->db, m.rows) < 0) {
			fprintf(stderr, "power: without a cut: %s\n", said);
			exit(2);
		}
	}
	old = s->moment_count > 0 ? &s->moments[s->moment_count - 1] : NULL;
	if (old != NULL && old->is_there == m.is_there &&
	    memcmp(old->rows, m.rows, 32) == 0)
		return;
	s->moments = grow(s->moments, sizeof m, s->moment_count,
	    &s->moment_room);
	s->moments[s->moment_count++] = m;
}

void
story_tell(struct story *s, const char *folder)
{
	size_t at;

	s->first_mark = s->run.op_count;
	for (at = 0; at <= s->run.op_count; at++) {
		const struct op *op = at > 0 ? &s->run.ops[at - 1] : NULL;
		struct cut c = { .at = { at, at }, .is_view = 1 };
		struct image view;

		if (op != NULL && op->kind == RECORD_MARK &&
		    at < s->first_mark)
			s->first_mark = at;
		if (op != NULL && !op_is_name(op) && at < s->run.op_count)
			continue;
		image_make(&view, &s->run, &c);
		tell_files(s, &view, at);
		tell_bundles(s, &view, at);
		if (op == NULL || strstr(op->name, "store.db") != NULL)
			tell_store(s, &view, at, folder);
		image_clear(&view);
	}
	if (s->version_count > 0)
		qsort(s->versions, s->version_count, sizeof *s->versions,
		    by_path);
}

void
story_clear(struct story *s)
{
	size_t i;

	for (i = 0; i < s->version_count; i++)
		free(s->versions[i].path);
	for (i = 0; i < s->bundle_count; i++)
		free(s->bundles[i].path);
	free(s->versions);
	free(s->bundles);
	free(s->moments);
	run_clear(&s->run);
	memset(s, 0, sizeof *s);
}
