#include "reader.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "tar.h"
#include "writer.h"

#define FEED_SIZE 65536u			/* fits in a cache of 256 KiB */
#define MEMBERS_FIRST 16u
#define NAME_README "README.txt"
#define NAME_MANIFEST "manifest.json"
#define NAME_SUMS "SUMS"
#define NAME_MINISIG "SUMS.minisig"

/* The file as it comes in, a block at a time. */
struct feed {
	const struct reader_in *in;
	unsigned char *block;		/* FEED_SIZE bytes */
	size_t from, have;		/* unread: block[from .. have) */
	uint64_t at;			/* bytes taken so far */
};

/* What a content goes to, besides its hash. */
struct sink {
	struct buf *keep;		/* NULL: nothing */
	const char *expect;		/* NULL: anything */
	unsigned char *hash;		/* BLAKE2b-256 */
};

static const unsigned char zeros[TAR_BLOCK];

void
reader_clear(struct reader *r)
{
	free(r->members);
	buf_clear(&r->manifest);
	buf_clear(&r->sums);
	buf_clear(&r->minisig);
	buf_clear(&r->rebuilt);
	*r = (struct reader){ .members = NULL };
}

/* Take up to `max` bytes that lie together.  Returns how many; 0: the end. */
static int64_t
feed_take(struct feed *f, uint64_t max, const unsigned char **ret,
    struct err *err)
{
	size_t n;

	if (f->from == f->have) {
		int64_t got = f->in->read(f->in->ctx, f->block, FEED_SIZE,
		    err);

		if (got <= 0)
			return got;
		f->from = 0;
		f->have = (size_t)got;
	}
	n = f->have - f->from < max ? f->have - f->from : (size_t)max;
	*ret = f->block + f->from;
	f->from += n;
	f->at += n;
	return (int64_t)n;
}

static int
cut_off(const struct feed *f, const char *where, struct err *err)
{
	(void)err_set(err, E_TRUNCATED, "file ends at byte %llu, inside %s",
	    (unsigned long long)f->at, where);
	return err_next(err, "if it is still being copied, run this again when"
	    " that is done; else copy it again, and if it is as short at its "
	    "source, ask the sender for another copy");
}

/* Take exactly one block, or fewer bytes at the end of the file. */
static int64_t
feed_block(struct feed *f, unsigned char block[TAR_BLOCK], struct err *err)
{
	const unsigned char *p = NULL;
	size_t got = 0;

	while (got < TAR_BLOCK) {
		int64_t n = feed_take(f, TAR_BLOCK - got, &p, err);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		memcpy(block + got, p, (size_t)n);
		got += (size_t)n;
	}
	return (int64_t)got;
}

/* Take a content and its padding. */
static int
feed_content(struct feed *f, const char *name, uint64_t size,
    const struct sink *sink, struct err *err)
{
	const unsigned char *p = NULL;
	crypto_generichash_state state;
	uint64_t left = size;
	int64_t n;

	(void)crypto_generichash_init(&state, NULL, 0, SUMS_HASH);
	for (; left > 0; left -= (uint64_t)n) {
		if ((n = feed_take(f, left, &p, err)) < 0)
			return (int)n;
		if (n == 0)
			return cut_off(f, name, err);
		if (sink->expect != NULL &&
		    memcmp(p, sink->expect + (size - left), (size_t)n) != 0)
			return err_set(err, E_FORMAT, "\"%s\" is not the text "
			    "that every Satchel file has", name);
		if (sink->keep != NULL)
			buf_add(sink->keep, p, (size_t)n);
		(void)crypto_generichash_update(&state, p, (size_t)n);
	}
	(void)crypto_generichash_final(&state, sink->hash, SUMS_HASH);
	if (sink->keep != NULL && buf_check(sink->keep, err) < 0)
		return err_prefix(err, "\"%s\"", name);

	for (left = tar_padding(size); left > 0; left -= (uint64_t)n) {
		if ((n = feed_take(f, left, &p, err)) < 0)
			return (int)n;
		if (n == 0)
			return cut_off(f, name, err);
		if (memcmp(p, zeros, (size_t)n) != 0)
			return err_set(err, E_HEADER, "padding after \"%s\", "
			    "before byte %llu, is not zero", name,
			    (unsigned long long)f->at);
	}
	return 0;
}

/* Take a header.  A zero block is E_FORMAT: here a member must come. */
static int
feed_header(struct feed *f, char name[FORMAT_NAME_MAX], uint64_t *ret_size,
    struct err *err)
{
	unsigned char block[TAR_BLOCK];
	uint64_t at = f->at;
	int64_t n = feed_block(f, block, err);
	int r;

	if (n < 0)
		return (int)n;
	if (n < (int64_t)TAR_BLOCK)
		return cut_off(f, "a header", err);
	if ((r = tar_parse(block, name, FORMAT_NAME_MAX, ret_size, err)) < 0)
		return err_prefix(err, "byte %llu", (unsigned long long)at);
	if (r == 0)
		return err_set(err, E_FORMAT, "byte %llu: expected a member, "
		    "found the end of the archive", (unsigned long long)at);
	return 0;
}

static void
magic_header(unsigned char block[TAR_BLOCK])
{
	tar_header(block, NAME_README, strlen(format_readme));
}

int
reader_is_magic(const void *data, size_t len)
{
	unsigned char magic[TAR_BLOCK];

	magic_header(magic);
	return len >= TAR_BLOCK && memcmp(data, magic, TAR_BLOCK) == 0;
}

/* What a foreign file seems to be, for people who took the wrong one. */
static const char *
guess(const unsigned char *p, size_t len)
{
	static const struct {
		size_t at;
		const char *bytes, *name;
	} known[] = {
		{ 0, "PK\003\004", "a zip archive" },
		{ 0, "\037\213", "a gzip file: unpack it first" },
		{ 0, "\050\265\057\375", "a zstd file: unpack it first" },
		{ 0, "\375""7zXZ", "an xz file: unpack it first" },
		{ 0, "BZh", "a bzip2 file: unpack it first" },
		{ 0, "7z\274\257\047\034", "a 7z archive" },
		{ 0, "Rar!", "a rar archive" },
		{ 0, "xar!", "a xar archive" },
		{ 0, "0707", "a cpio archive" },
		{ 0, "#mtree", "an mtree file" },
		{ 0, "age-encryption.org/", "an age file: decrypt it first" },
		{ 0, "untrusted comment:", "a minisign file" },
		{ 257, "ustar", "a tar archive of something else" },
	};
	size_t i, n;

	if (len == TAR_BLOCK && memcmp(p, zeros, TAR_BLOCK) == 0)
		return "zero bytes";
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		n = strlen(known[i].bytes);
		if (len >= known[i].at + n &&
		    memcmp(p + known[i].at, known[i].bytes, n) == 0)
			return known[i].name;
	}
	return "other bytes";
}

/* README.txt: its header is the magic, its text a constant. */
static int
walk_readme(struct feed *f, unsigned char hash[SUMS_HASH], struct err *err)
{
	struct sink sink = { NULL, format_readme, hash };
	unsigned char block[TAR_BLOCK], magic[TAR_BLOCK];
	int64_t n = feed_block(f, block, err);

	if (n < 0)
		return (int)n;
	magic_header(magic);
	if (memcmp(block, magic, (size_t)n) != 0) {
		/* The name is there: damaged, or made by something else. */
		if (n == TAR_BLOCK && memcmp(block, NAME_README,
		    sizeof NAME_README) == 0)
			return err_set(err, E_HEADER, "byte 0: header of "
			    "\"%s\" is not canonical", NAME_README);
		return err_set(err, E_FORMAT, "not a Satchel file: expected "
		    "\"%s\" first, found %s", NAME_README,
		    guess(block, (size_t)n));
	}
	return feed_content(f, NAME_README, strlen(format_readme), &sink, err);
}

/* Is `name` that of data member number count + 1?  In one file all have the
 * codec and the encryption of the first.  Fills what the name says. */
static int
is_data_name(const struct reader *r, const char *name,
    struct reader_member *ret)
{
	char want[FORMAT_NAME_MAX];
	unsigned i;

	for (i = 0; i < 8; i++) {
		int is_records = (i & 1) != 0;
		int is_gzip = (i & 2) != 0;
		int is_age = (i & 4) != 0;

		if (r->count > 0 && (is_gzip != r->members[0].is_gzip ||
		    is_age != r->members[0].is_age))
			continue;
		writer_name(want, (unsigned)r->count + 1, is_records,
		    is_gzip ? CODEC_GZIP : CODEC_ZSTD, is_age);
		if (strcmp(name, want) != 0)
			continue;
		memcpy(ret->name, want, sizeof ret->name);
		ret->is_records = is_records;
		ret->is_gzip = is_gzip;
		ret->is_age = is_age;
		return 1;
	}
	return 0;
}

/* One more place in the array, which `*cap` members fit in. */
static struct reader_member *
add_member(struct reader *r, size_t *cap, struct err *err)
{
	struct reader_member *more;
	size_t n;

	if (r->count == FORMAT_MEMBERS_MAX) {
		(void)err_set(err, E_LIMIT, "more than %u data members",
		    FORMAT_MEMBERS_MAX);
		return NULL;
	}
	if (r->count == *cap) {
		n = *cap == 0 ? MEMBERS_FIRST : *cap * 2;
		more = realloc(r->members, n * sizeof *more);
		if (more == NULL) {
			(void)err_oom(err);
			return NULL;
		}
		r->members = more;
		*cap = n;
	}
	return &r->members[r->count];
}

/* Data members until the header of manifest.json, whose size is returned. */
static int
walk_data(struct reader *r, struct feed *f, uint64_t *ret_size,
    struct err *err)
{
	struct reader_member *m, found = { .name = "" };
	char name[FORMAT_NAME_MAX];
	struct sink sink = { NULL, NULL, NULL };
	size_t cap = 0;
	uint64_t size = 0;
	int e;

	for (;;) {
		if ((e = feed_header(f, name, &size, err)) < 0)
			return e;
		if (strcmp(name, NAME_MANIFEST) == 0)
			break;
		if (!is_data_name(r, name, &found))
			return err_set(err, E_FORMAT, "expected data member "
			    "%zu or \"%s\", found \"%s\"", r->count + 1,
			    NAME_MANIFEST, name);
		if (size > FORMAT_STORED_MAX)
			return err_set(err, E_LIMIT, "data member \"%s\" has "
			    "%llu bytes; at most %u", name,
			    (unsigned long long)size, FORMAT_STORED_MAX);
		if ((m = add_member(r, &cap, err)) == NULL)
			return -(int)err->code;
		*m = found;
		m->at = f->at;
		m->size = size;
		sink.hash = m->hash;
		if ((e = feed_content(f, name, size, &sink, err)) < 0)
			return e;
		r->count++;
	}
	*ret_size = size;
	return 0;
}

static int
check_cap(const char *name, uint64_t size, size_t max, struct err *err)
{
	if (size > max)
		return err_set(err, E_LIMIT, "\"%s\" has %llu bytes; at most "
		    "%zu", name, (unsigned long long)size, max);
	return 0;
}

/* A member of this very name, kept in memory. */
static int
walk_kept(struct feed *f, const char *want, size_t max, struct buf *keep,
    unsigned char hash[SUMS_HASH], struct err *err)
{
	struct sink sink = { keep, NULL, hash };
	char name[FORMAT_NAME_MAX];
	uint64_t size = 0;
	int e;

	if ((e = feed_header(f, name, &size, err)) < 0)
		return e;
	if (strcmp(name, want) != 0)
		return err_set(err, E_FORMAT, "expected \"%s\", found \"%s\"",
		    want, name);
	if ((e = check_cap(name, size, max, err)) < 0)
		return e;
	return feed_content(f, name, size, &sink, err);
}

/* Exactly the zero bytes of the end, then the end of the file. */
static int
walk_end(struct feed *f, struct err *err)
{
	const unsigned char *p = NULL;
	unsigned char block[TAR_BLOCK];
	char name[FORMAT_NAME_MAX];
	uint64_t size;
	int64_t n;
	int i, e;

	for (i = 0; i < 2; i++) {
		if ((n = feed_block(f, block, err)) < 0)
			return (int)n;
		if (n < (int64_t)TAR_BLOCK)
			return cut_off(f, "the end of the archive", err);
		if (memcmp(block, zeros, TAR_BLOCK) == 0)
			continue;
		if (i > 0)
			return err_set(err, E_TRAILER, "archive does not end "
			    "with %u zero bytes", TAR_END);
		e = tar_parse(block, name, sizeof name, &size, err);
		return e < 0 ? err_prefix(err, "after \"%s\"", NAME_MINISIG) :
		    err_set(err, E_FORMAT, "member \"%s\" after \"%s\"", name,
		    NAME_MINISIG);
	}
	if ((n = feed_take(f, 1, &p, err)) < 0)
		return (int)n;
	if (n > 0)
		return err_set(err, E_TRAILER, "bytes after the end of the "
		    "archive at %llu", (unsigned long long)f->at - 1);
	return 0;
}

/* SUMS as it must be for what was hashed, under the first line that it has.
 * One without a line of ours is refused later, by reader_valid. */
static int
rebuild_sums(struct reader *r, const unsigned char readme[SUMS_HASH],
    const unsigned char manifest[SUMS_HASH], struct err *err)
{
	int kind = sums_kind(r->sums.at, r->sums.len);
	size_t i;

	sums_begin(&r->rebuilt, kind < 0 ? SUMS_BUNDLE : (enum sums_kind)kind);
	sums_add(&r->rebuilt, NAME_README, readme);
	for (i = 0; i < r->count; i++)
		sums_add(&r->rebuilt, r->members[i].name, r->members[i].hash);
	sums_add(&r->rebuilt, NAME_MANIFEST, manifest);
	return buf_check(&r->rebuilt, err);
}

static int
walk(struct reader *r, struct feed *f, struct err *err)
{
	unsigned char readme[SUMS_HASH], manifest[SUMS_HASH], sig[SUMS_HASH];
	struct sink sink = { &r->manifest, NULL, manifest };
	uint64_t size = 0;
	int e;

	if ((e = walk_readme(f, readme, err)) < 0 ||
	    (e = walk_data(r, f, &size, err)) < 0 ||
	    (e = check_cap(NAME_MANIFEST, size, FORMAT_MANIFEST_MAX,
	    err)) < 0 ||
	    (e = feed_content(f, NAME_MANIFEST, size, &sink, err)) < 0 ||
	    (e = walk_kept(f, NAME_SUMS, FORMAT_SUMS_MAX, &r->sums, r->id,
	    err)) < 0 ||
	    (e = walk_kept(f, NAME_MINISIG, FORMAT_MINISIG_MAX, &r->minisig,
	    sig, err)) < 0 ||
	    (e = walk_end(f, err)) < 0 ||
	    (e = rebuild_sums(r, readme, manifest, err)) < 0)
		return e;
	r->size = f->at;
	return minisign_sig_id(r->minisig.at, r->minisig.len, r->key_id, err);
}

int
reader_walk(struct reader *r, const struct reader_in *in, struct err *err)
{
	CLEANUP(buf_freep) unsigned char *block = malloc(FEED_SIZE);
	struct feed f = { .in = in, .block = block };
	int e;

	if (block == NULL)
		return err_oom(err);
	reader_clear(r);
	if ((e = walk(r, &f, err)) < 0)
		return err_rung(err, 1);
	return e;
}

int
reader_authentic(const struct reader *r, const struct minisign_pub *key,
    struct err *err)
{
	if (minisign_verify(key, r->sums.at, r->sums.len, r->minisig.at,
	    r->minisig.len, err) < 0)
		return err_rung(err, 2);
	return 0;
}

/* Length of the line at `at`, its newline included. */
static size_t
line_len(const struct buf *b, size_t at)
{
	const char *end = at < b->len ?
	    memchr(b->at + at, '\n', b->len - at) : NULL;

	return end == NULL ? b->len - at : (size_t)(end - b->at) - at + 1;
}

/* Append a line for a message: without newline, not longer than ours are. */
static const char *
show_line(struct buf *out, const struct buf *b, size_t at, size_t len)
{
	const char *text;

	if (len > 0 && b->at[at + len - 1] == '\n')
		len--;
	text_safe(out, len > 0 ? b->at + at : "", len < 200 ? len : 200);
	text = buf_str(out);
	return text != NULL ? text : "";
}

/* Name the first line in which SUMS and what was hashed differ. */
static int
sums_differ(const struct reader *r, struct err *err)
{
	CLEANUP(buf_clear) struct buf stated = BUF_INIT;
	CLEANUP(buf_clear) struct buf found = BUF_INIT;
	const struct buf *a = &r->sums, *b = &r->rebuilt;
	size_t at = 0, na = 0, nb = 0;
	unsigned line;

	for (line = 1; at < a->len && at < b->len; line++) {
		na = line_len(a, at);
		nb = line_len(b, at);
		if (na != nb || memcmp(a->at + at, b->at + at, na) != 0)
			break;
		at += na;
	}
	na = line_len(a, at);
	nb = line_len(b, at);
	(void)err_set(err, E_HASH, "line %u of SUMS states \"%s\", found "
	    "\"%s\"", line, show_line(&stated, a, at, na),
	    show_line(&found, b, at, nb));
	return err_next(err, "the copy is damaged: copy the file again, or "
	    "ask the sender for another copy");
}

static int
valid(const struct reader *r, enum sums_kind *ret_kind, struct err *err)
{
	static const char ours[] = "# satchel ";
	int kind = sums_kind(r->sums.at, r->sums.len);

	if (kind < 0 && r->sums.len >= strlen(ours) &&
	    memcmp(r->sums.at, ours, strlen(ours)) == 0)
		return err_set(err, E_VERSION, "SUMS is of a kind that this "
		    "Satchel does not know");
	if (kind < 0)
		return err_set(err, E_FORMAT, "SUMS does not begin with \"%s\"",
		    ours);
	if (r->sums.len != r->rebuilt.len ||
	    memcmp(r->sums.at, r->rebuilt.at, r->sums.len) != 0)
		return sums_differ(r, err);
	if (kind != SUMS_BUNDLE && r->count > 0)
		return err_set(err, E_FORMAT, "a card or receipt with %zu "
		    "data members; expected none", r->count);
	*ret_kind = (enum sums_kind)kind;
	return 0;
}

int
reader_valid(const struct reader *r, enum sums_kind *ret_kind,
    struct err *err)
{
	if (valid(r, ret_kind, err) < 0)
		return err_rung(err, 4);
	return 0;
}
