#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../format/reader.h"

#define COPY_SIZE 262144u
#define AHEAD 2097152u			/* step of asking for read-ahead */

/* <from>_to_<to>[+<to>...]_[<generation>-]<sequence><suffix>.satchel */
static void
file_name(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct buf *out)
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
	buf_addf(out, "%06llu%s.satchel", (unsigned long long)sequence,
	    suffix);
}

/* The final name, and the folder that it is in. */
static int
final_name(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct buf *path, struct buf *folder,
    struct err *err)
{
	const char *out = p->r->out, *slash;
	struct stat st;

	if (out == NULL || out[0] == '\0')
		return err_set(err, E_USAGE, "no place to write to is named");
	buf_adds(path, out);
	if (stat(out, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_adds(folder, out);
		if (out[strlen(out) - 1] != '/')
			buf_addc(path, '/');
		file_name(s, p, sequence, suffix, path);
	} else if ((slash = strrchr(out, '/')) == NULL) {
		buf_adds(folder, ".");
	} else if (slash[1] == '\0') {
		return err_set(err, E_USAGE, "there is no folder \"%s\"", out);
	} else {
		buf_add(folder, out, slash == out ? 1 : (size_t)(slash - out));
	}
	if (buf_str(path) == NULL || buf_str(folder) == NULL)
		return err_oom(err);
	if (stat(folder->at, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(err, E_USAGE, "there is no folder \"%s\"",
		    folder->at);
	return 0;
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

int
publish_open(struct store *s, const struct plan *p, uint64_t sequence,
    const char *suffix, struct publish *pub, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, folder = BUF_INIT;
	CLEANUP(buf_clear) struct buf spool = BUF_INIT;
	int rc;

	minisign_public(p->r->key, &pub->key);
	pub->progress = p->r->progress;
	if ((rc = final_name(s, p, sequence, suffix, &path, &folder,
	    err)) < 0 ||
	    (rc = sweep(s, folder.at, err)) < 0 ||
	    (rc = file_same_device(s->home, folder.at, err)) < 0)
		return rc;
	if (path.at == NULL || (pub->path = strdup(path.at)) == NULL)
		return err_oom(err);
	if (rc > 0)
		return file_part_open(&pub->part, path.at, err);
	if (access(pub->path, F_OK) == 0)
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
	file_closep(&pub->spool_fd);
	pub->spool_fd = -1;
	return n < 0 ? (int)n : publish_settle(pub, err);
}

int
publish_finish(struct publish *pub, struct err *err)
{
	int is_medium = pub->spool_fd >= 0, rc;

	if (is_medium && (rc = copy_out(pub, err)) < 0)
		return rc;
	rc = file_part_publish(&pub->part, err);

	/* It will be pulled: the folder, too, may be new there. */
	if (rc >= 0 && is_medium)
		rc = file_sync_medium(pub->path, err);
	if (rc < 0 && pub->part.temp == NULL)
		return err_prefix(err, "\"%s\" is there, but may not outlast "
		    "a power cut", pub->path);
	return rc;
}

void
publish_clear(struct publish *pub)
{
	file_part_clear(&pub->part);
	file_closep(&pub->spool_fd);
	free(pub->path);
	*pub = (struct publish)PUBLISH_INIT;
}
