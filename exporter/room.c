#include "room.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../store/blob.h"
#include "../store/stream.h"
#include "blobset.h"
#include "chain.h"
#include "write.h"

#define FIXED 16384u			/* README.txt, manifest, sums */
#define LINE 160u			/* of a version, beside its texts */
#define RECORDS 512u			/* that are looked at, about */
#define RECORDS_SAMPLE 1048576u		/* bytes of them, at most */
#define BLOBS 128u			/* attachments that are looked at */
#define BLOB_PIECE 65536u		/* bytes of one, at most */

struct sample {				/* of what is alike */
	uint64_t all;			/* bytes of all of it */
	double packed, raw;		/* of what was looked at */
};

struct room {
	struct store *s;
	const struct plan *p;
	struct codec_ctx *codec;
	struct buf text, packed;	/* records of the sample */
	struct sample records, blobs;
	uint64_t blob_count;
	uint64_t rows, every;		/* one in so many is looked at */
	struct blobset seen;
};

static void
room_clear(struct room *x)
{
	codec_freep(&x->codec);
	buf_clear(&x->text);
	buf_clear(&x->packed);
	blobset_clear(&x->seen);
}

/* A sample stands for `weight` bytes of the whole. */
static int
pack(struct room *x, const struct buf *sample, int is_records,
    uint64_t weight, struct err *err)
{
	struct sample *to = is_records ? &x->records : &x->blobs;
	int rc;

	if (sample->len == 0)
		return 0;
	buf_reset(&x->packed);
	if ((rc = codec_pack(x->codec, x->p->r->codec,
	    chain_level(x->p->r->codec, is_records), sample->at, sample->len,
	    &x->packed, err)) < 0)
		return rc;
	to->raw += (double)weight;
	to->packed += (double)weight * (double)x->packed.len /
	    (double)sample->len;
	return 0;
}

/* The whole, as small as its sample is in proportion. */
static uint64_t
scaled(const struct sample *x)
{
	if (x->raw <= 0)
		return x->all;
	return (uint64_t)((double)x->all * x->packed / x->raw);
}

/* --- attachments ------------------------------------------------------- */

/* Its beginning stands for all of it. */
static int
sample_blob(struct room *x, int64_t id, uint64_t size, struct err *err)
{
	CLEANUP(buf_clear) struct buf piece = BUF_INIT;
	struct blob_out in;
	int64_t n;
	int rc;

	if (buf_room(&piece, BLOB_PIECE) == NULL)
		return err_oom(err);
	if ((rc = blob_open(x->s, &in, id, err)) < 0)
		return rc;
	n = blob_read(x->s, &in, piece.at, BLOB_PIECE, err);
	(void)sqlite3_reset(in.st);
	if (n < 0)
		return (int)n;
	piece.len = (size_t)n;
	return pack(x, &piece, 0, size, err);
}

/* Once, if it is here and the peers do not have it; `anyway`: whatever they
 * have. */
static int
count_blob(struct room *x, const char *hash, int anyway, struct err *err)
{
	uint64_t size;
	int64_t id;
	int rc;

	if ((rc = blob_find(x->s, (const unsigned char *)hash, &id, &size,
	    err)) <= 0 || blobset_has(&x->seen, id))
		return rc < 0 ? rc : 0;
	if (!anyway && (rc = plan_blob_known(x->s, x->p, id, err)) != 0)
		return rc < 0 ? rc : 0;
	blobset_add(&x->seen, id);
	x->blobs.all += size;
	return x->blob_count++ < BLOBS ? sample_blob(x, id, size, err) : 0;
}

static int
count_blobs(struct room *x, struct json_span hashes, int anyway,
    struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i + 32 <= hashes.len; i += 32)
		if ((rc = count_blob(x, hashes.at + i, anyway, err)) < 0)
			return rc;
	return 0;
}

/* --- records ----------------------------------------------------------- */

/* A version, and what goes with it. */
static int
count_row(struct room *x, sqlite3_stmt *st, struct err *err)
{
	struct json_span text;
	int i, is_sample = x->rows++ % x->every == 0 &&
	    x->text.len < RECORDS_SAMPLE;

	if (x->p->excerpt && !write_is_picked(x->p, store_column(st, 0),
	    sqlite3_column_int64(st, 4)))
		return 0;
	x->records.all += LINE;
	for (i = 0; i < 3; i++) {
		text = store_column(st, i);
		x->records.all += text.len;
		if (is_sample)
			buf_add(&x->text, text.at, text.len);
	}
	return count_blobs(x, store_column(st, 3), 0, err);
}

static int
count_all(struct room *x, struct err *err)
{
	sqlite3_stmt *st = store_sql(x->s, "SELECT v.content,v.context,"
	    "v.stamps,v.blobs,v.label FROM object o JOIN version v ON "
	    "v.object=o.id WHERE o.seq>? AND o.via IS NOT ?", err);
	int rc;

	if (st == NULL)
		return -(int)err->code;
	store_bind(st, "ii", (int64_t)x->p->since, x->p->via);
	while ((rc = store_step(x->s, st, err)) > 0)
		if ((rc = count_row(x, st, err)) < 0)
			break;
	(void)sqlite3_reset(st);
	return rc;
}

int
room_estimate(struct store *s, const struct plan *p, struct room_need *ret,
    struct err *err)
{
	CLEANUP(room_clear) struct room x = { .s = s, .p = p,
	    .every = p->due / RECORDS + 1 };
	int rc;

	if ((rc = codec_new(&x.codec, err)) < 0 ||
	    (rc = blobset_begin(&x.seen, s, err)) < 0 ||
	    (rc = count_blobs(&x, (struct json_span){ p->wanted.at,
	    p->wanted.len }, 1, err)) < 0 ||
	    (p->due > 0 && (rc = count_all(&x, err)) < 0) ||
	    (rc = buf_check(&x.text, err)) < 0 ||
	    (rc = pack(&x, &x.text, 1, x.text.len, err)) < 0)
		return rc;
	ret->bytes = FIXED + scaled(&x.records) + scaled(&x.blobs);
	ret->blobs = x.blob_count;
	ret->blob_bytes = x.blobs.all;
	return 0;
}

/* --- is there room? ---------------------------------------------------- */

/* No export is larger than what it is made of. */
static int
is_plenty(struct store *s, const struct plan *p, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	uint64_t home = 0;
	struct stat st;
	int rc;

	buf_addf(&path, "%s/store.db", s->home);
	if (buf_str(&path) == NULL)
		return err_oom(err);
	if ((rc = file_free_space(s->home, &home, err)) < 0)
		return rc;
	return stat(path.at, &st) == 0 &&
	    home / 2 > (uint64_t)st.st_size + FIXED &&
	    p->place.medium.free / 2 > (uint64_t)st.st_size + FIXED;
}

int
room_check(struct store *s, const struct plan *p, struct err *err)
{
	CLEANUP(place_clear) struct place home = PLACE_INIT;
	struct room_need need;
	int rc;

	if ((rc = is_plenty(s, p, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = room_estimate(s, p, &need, err)) < 0)
		return rc;
	if (!p->place.is_home &&
	    ((rc = place_find(&home, s->home, s->home, err)) < 0 ||
	    (rc = place_may_fit(&home, need.bytes, err)) < 0))
		return rc;
	return place_may_fit(&p->place, need.bytes, err);
}
