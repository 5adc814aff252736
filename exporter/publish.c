#include "publish.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/text.h"
#include "../format/reader.h"

#define COPY_SIZE 262144u
#define AHEAD 2097152u			/* step of asking for read-ahead */
#define NAMES 5u			/* that are tried in a folder */

/* <from>_to_<to>[+<to>...]_[<generation>-]<sequence>[-<other>]<suffix>.satchel
 */
static void
file_name(struct store *s, const struct plan *p, uint64_t sequence,
    const char *other, const char *suffix, struct buf *out)
{
	size_t i;

	buf_addf(out, "%s_to_", s->name);
	for (i = 0; i < p->to_count && i < 4; i++)
		buf_addf(out, "%s%s", i > 0 ? "+" : "", p->to[i].name);
	if (p->to_count > 4)
		buf_addf(out, "+%zu-more", p->to_count - 4);
	buf_addc(out, '_');
	if (s->self.generation > 1)
		buf_addf(out, "%llu-", (unsigned long long)
		    s->self.generation);
	buf_addf(out, "%06llu%s%s.satchel", (unsigned long long)sequence,
	    other, suffix);
}

/* What dead runs of this site left there. */
static int
sweep(const struct store *s, const char *folder, struct err *err)
{
	CLEANUP(buf_clear) struct buf prefix = BUF_INIT;

	buf_addf(&prefix, "%s_to_", s->name);
	if (buf_str(&prefix) == NULL)
		return err_oom(err);
	file_sweep(folder, prefix.at);
	return 0;
}

/* A link that leads nowhere takes it, too. */
static int
is_taken(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* In the folder: as it is always called, or with other digits each time. */
static int
name_in_folder(struct store *s, const struct plan *p, uint64_t sequence,
    int again, const char *suffix, struct buf *path)
{
	const char *out = p->r->out;
	unsigned char bytes[4];
	char other[10] = "";

	if (again) {
		randombytes_buf(bytes, sizeof bytes);
		other[0] = '-';
		text_hex(other + 1, bytes, sizeof bytes);
	}
	buf_reset(path);
	buf_adds(path, out);
	if (out[strlen(out) - 1] != '/')
		buf_addc(path, '/');
	file_name(s, p, sequence, other, suffix, path);
	return buf_str(path) != NULL && is_taken(path->at);
}

/* What has a name of ours in a folder may be another site's of the same name,
 * or anything: it stays, and stops nobody. */
static int
final_name(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct publish *pub, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	unsigned i;

	if (p->place.is_file)
		buf_adds(&path, p->r->out);
	else
		for (i = 0; i < NAMES; i++)
			if (!name_in_folder(s, p, sequence, i > 0, suffix,
			    &path))
				break;
	if ((pub->path = buf_str(&path)) == NULL)
		return err_oom(err);
	path.at = NULL;			/* taken over */
	return 0;
}

int
publish_open(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct publish *pub, struct err *err)
{
	CLEANUP(buf_clear) struct buf spool = BUF_INIT;
	int rc;

	minisign_public(p->r->key, &pub->key);
	pub->progress = p->r->progress;
	pub->place = &p->place;
	if ((rc = final_name(s, p, sequence, suffix, pub, err)) < 0 ||
	    (rc = sweep(s, p->place.folder, err)) < 0)
		return rc;
	if (p->place.is_home)
		return file_part_open(&pub->part, pub->path, err);
	if (is_taken(pub->path))
		return err_set(err, E_USAGE, "\"%s\" is there already",
		    pub->path);
	buf_addf(&spool, "%s/spool", s->home);
	if (buf_str(&spool) == NULL)
		return err_oom(err);
	rc = file_private(spool.at, err);
	pub->spool_fd = rc;
	return rc < 0 ? rc : 0;
}

static int
write_some(void *ctx, const void *data, size_t len, struct err *err)
{
	struct publish *pub = ctx;

	pub->size += len;
	return file_write(pub->spool_fd >= 0 ? pub->spool_fd : pub->part.fd,
	    data, len, pub->path, err);
}

struct writer_out
publish_out(struct publish *pub)
{
	struct writer_out out = { write_some, pub };

	return out;
}

/* --- read back --------------------------------------------------------- */

struct back {
	const struct publish *pub;
	uint64_t at;
};

static int64_t
read_back(void *ctx, void *to, size_t len, struct err *err)
{
	struct back *b = ctx;
	int64_t n;

	/* The medium works while this is hashed. */
	if (b->at % AHEAD == 0)
		(void)posix_fadvise(b->pub->part.fd, (off_t)b->at, 4 * AHEAD,
		    POSIX_FADV_WILLNEED);
	n = file_pread(b->pub->part.fd, to, len, b->at, b->pub->path, err);
	if (n <= 0)
		return n;
	b->at += (uint64_t)n;
	ticker_bytes(&b->pub->progress, "reading back", b->at, b->pub->size);
	return n;
}

/* Rungs L1, L2 and L4 on what the medium gives back, and that it is what we
 * wrote. */
static int
verify_back(struct publish *pub, struct err *err)
{
	CLEANUP(reader_clear) struct reader r = { .size = 0 };
	struct back b = { pub, 0 };
	struct reader_in in = { read_back, &b };
	struct err why = ERR_INIT;
	enum sums_kind kind;

	if (reader_walk(&r, &in, &why) >= 0 &&
	    reader_authentic(&r, &pub->key, &why) >= 0 &&
	    reader_valid(&r, &kind, &why) >= 0 && r.size == pub->size &&
	    memcmp(r.id, pub->id, 32) == 0)
		return 0;
	if (why.code == E_INTERNAL || why.code == E_MEDIA_GONE ||
	    why.code == E_IO) {
		*err = why;
		return -(int)why.code;
	}
	(void)err_set(err, E_WRITE_VERIFY, "\"%s\" reads back differently "
	    "from what was written (%s)", pub->path, why.code == E_OK ?
	    "another file" : why.text);
	return err_next(err, "this medium cannot be trusted: use another one");
}

int
publish_settle(struct publish *pub, struct err *err)
{
	int rc;

	if (pub->spool_fd >= 0)
		return 0;
	if ((rc = file_part_settle(&pub->part, err)) < 0)
		return rc;
	return verify_back(pub, err);
}

/* --- to the medium ----------------------------------------------------- */

static int
copy_out(struct publish *pub, struct err *err)
{
	CLEANUP(buf_freep) char *block = malloc(COPY_SIZE);
	uint64_t at = 0;
	int64_t n;
	int rc;

	if (block == NULL)
		return err_oom(err);
	if ((rc = file_part_open(&pub->part, pub->path, err)) < 0)
		return rc;
	while ((n = file_pread(pub->spool_fd, block, COPY_SIZE, at,
	    pub->path, err)) > 0) {
		if ((rc = file_write(pub->part.fd, block, (size_t)n,
		    pub->path, err)) < 0)
			return rc;
		at += (uint64_t)n;
		ticker_bytes(&pub->progress, "copying to the medium", at,
		    pub->size);
	}
	if (n < 0)
		return (int)n;
	file_closep(&pub->spool_fd);
	return file_part_settle(&pub->part, err);
}

/* What was written later may have gone over what was written before: so all
 * are there when the first is read back. */
static int
copy_all(struct publish *pubs, size_t count, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < count; i++)
		if ((rc = copy_out(&pubs[i], err)) < 0)
			return rc;
	for (i = 0; i < count; i++)
		if ((rc = verify_back(&pubs[i], err)) < 0)
			return rc;
	return 0;
}

static int
name_all(struct publish *pubs, size_t count, size_t *ret_named,
    struct err *err)
{
	struct publish *pub;
	int rc;

	for (; *ret_named < count; ++*ret_named) {
		pub = &pubs[*ret_named];
		if ((rc = file_part_publish(&pub->part, err)) >= 0)
			continue;
		return pub->part.temp != NULL ? rc : err_prefix(err, "\"%s\" "
		    "is there, but may not outlast a power cut", pub->path);
	}
	return 0;
}

int
publish_finish(struct publish *pubs, size_t count, size_t *ret_named,
    struct err *err)
{
	const struct place *place = count > 0 ? pubs->place : NULL;
	int rc;

	*ret_named = 0;
	if (count == 0 || (pubs->spool_fd >= 0 &&
	    (rc = copy_all(pubs, count, err)) < 0) ||
	    ((rc = name_all(pubs, count, ret_named, err)) < 0 &&
	    *ret_named == 0))
		return -(int)err->code;

	/* It will be pulled: the folder, too, may be new there. */
	if (place_is_pulled(place) &&
	    (rc = file_sync_medium(place->folder, err)) < 0) {
		*ret_named = 0;
		(void)err_prefix(err, "what was written to \"%s\" may not "
		    "outlast a power cut", place->folder);
	}
	return -(int)err->code;
}

void
publish_clear(struct publish *pub)
{
	file_part_clear(&pub->part);
	file_closep(&pub->spool_fd);
	free(pub->path);
	*pub = (struct publish)PUBLISH_INIT;
}
