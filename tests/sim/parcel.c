#include "parcel.h"

#include <string.h>

#include "../../base/file.h"
#include "../../base/text.h"
#include "../../format/reader.h"
#include "../../format/record.h"
#include "../../format/tar.h"
#include "blobs.h"

struct reading {
	struct parcel *p;
	const struct yard *y;
	const struct oracle *o;
	const char *why;
	int uid;			/* of the record being read */
	int fd;
	uint64_t at;
};

static int64_t
read_on(void *ctx, void *to, size_t len, struct err *err)
{
	struct reading *x = ctx;
	int64_t n = file_pread(x->fd, to, len, x->at, x->p->path, err);

	if (n > 0)
		x->at += (uint64_t)n;
	return n;
}

static int
note_version(struct reading *x, const struct record_version *r,
    struct err *err)
{
	CLEANUP(version_clear) struct version v = VERSION_INIT;
	int n, rc;

	v.dot = r->dot;
	v.born = r->born;
	v.label = r->label;
	v.context = r->context;
	v.stamps = r->stamps;
	v.content = r->content;
	memcpy(v.hash, r->hash, 32);
	if ((rc = version_read(&v, err)) < 0)
		return rc;
	if ((n = oracle_find(x->o, &v)) < 0) {
		x->why = "a file carries a version that nobody made";
		return 0;
	}
	bits_put(&x->p->set[x->uid], n);
	return 0;
}

static int
read_line(struct reading *x, struct json_span line, struct err *err)
{
	struct record_line r;
	int rc;

	if ((rc = record_parse(&r, line, err)) < 0)
		return rc;
	if (r.kind == RECORD_VERSION)
		return note_version(x, &r.version, err);
	x->uid = uid_number(r.uid);
	if (x->uid < 0 || (x->p->carried >> x->uid & 1)) {
		x->uid = 0;
		x->why = "a file carries an object twice, or none of ours";
		return 0;
	}
	x->p->carried |= 1u << x->uid;
	return 0;
}

static int
read_chunk(struct reading *x, const struct buf *plain, struct err *err)
{
	const char *at = plain->at, *end = at + plain->len, *q;
	int first = 1, rc;

	for (; at < end; at = q + 1, first = 0) {
		if ((q = memchr(at, '\n', (size_t)(end - at))) == NULL)
			return err_set(err, E_RECORD, "a line has no end");
		if (!first && (rc = read_line(x, (struct json_span){ at,
		    (size_t)(q - at) }, err)) < 0)
			return rc;
	}
	return 0;
}

static int
note_entry(void *ctx, const char *name, const void *content, size_t size,
    struct err *err)
{
	struct reading *x = ctx;
	unsigned char hash[32];
	int blob;

	(void)content;
	(void)size;
	(void)err;
	if (text_unhex(hash, 32, name, 64) < 0 ||
	    (blob = blobs_number(hash)) < 0)
		x->why = "a file carries an attachment that nobody made";
	else if (name[64] == '\0')
		x->p->blobs |= 1u << blob;
	else
		x->p->parts |= 1u << blob;
	return 0;
}

static int
read_member(struct reading *x, const struct reader_member *m,
    struct codec_ctx *codec, struct err *err)
{
	CLEANUP(buf_clear) struct buf stored = BUF_INIT, packed = BUF_INIT;
	CLEANUP(buf_clear) struct buf plain = BUF_INIT;
	struct buf *from = &stored;
	char *to = buf_room(&stored, m->size);
	int64_t n;
	int rc, reader = 0;

	if (to == NULL)
		return err_oom(err);
	if ((n = file_pread(x->fd, to, m->size, m->at, x->p->path, err)) < 0)
		return (int)n;
	stored.len = (size_t)n;
	if (m->is_age) {
		while (!(x->p->to >> reader & 1))
			reader++;
		if ((rc = age_decrypt(x->y->at[reader].age, stored.at,
		    stored.len, &packed, err)) < 0)
			return rc;
		from = &packed;
	}
	if ((rc = codec_unpack(codec, m->is_gzip ? CODEC_GZIP : CODEC_ZSTD,
	    from->at, from->len, FORMAT_PLAIN_MAX, &plain, err)) < 0)
		return rc;
	return m->is_records ? read_chunk(x, &plain, err) :
	    tar_walk(plain.at, plain.len, note_entry, x, err);
}

static void
note_manifest(struct parcel *p, const struct yard *y,
    const struct manifest *m)
{
	size_t i;
	int k;

	p->sender = m->from;
	p->kind = m->kind;
	p->sequence = m->sequence;
	p->since = m->since;
	p->until = m->until;
	for (i = 0; i < m->to_count; i++)
		for (k = 0; k < SITES_MAX; k++)
			if (strcmp(m->to[i].site, y->at[k].id) == 0)
				p->to |= 1u << k;
}

static int
read_all(struct reading *x, struct reader *r, struct err *err)
{
	CLEANUP(codec_freep) struct codec_ctx *codec = NULL;
	CLEANUP(manifest_clear) struct manifest m = { .since = 0 };
	struct reader_in in = { read_on, x };
	size_t i;
	int rc;

	if ((rc = reader_walk(r, &in, err)) < 0 ||
	    (rc = manifest_parse(&m, r->manifest.at, r->manifest.len,
	    err)) < 0 ||
	    (rc = codec_new(&codec, err)) < 0)
		return rc;
	memcpy(x->p->id, r->id, 32);
	note_manifest(x->p, x->y, &m);
	for (i = 0; i < r->count; i++)
		if ((rc = read_member(x, &r->members[i], codec, err)) < 0)
			return rc;
	return 0;
}

const char *
parcel_read(struct parcel *ret, const struct yard *y, const struct oracle *o,
    struct err *err)
{
	CLEANUP(reader_clear) struct reader r = { .size = 0 };
	struct reading x = { .p = ret, .y = y, .o = o };
	uint64_t size;
	int rc;

	if ((x.fd = file_open(ret->path, &size, err)) < 0)
		return "a file cannot be opened";
	rc = read_all(&x, &r, err);
	file_closep(&x.fd);
	return rc < 0 ? "a file cannot be read" : x.why;
}
