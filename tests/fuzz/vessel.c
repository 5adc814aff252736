#include "vessel.h"

#include <sodium.h>

#include "../../format/minisign.h"
#include "../../format/sums.h"
#include "../../format/tar.h"

void
vessel_freep(struct vessel **v)
{
	size_t i;

	for (i = 0; *v != NULL && i < VESSEL_PARTS; i++)
		buf_clear(&(*v)->part[i].content);
	free(*v);
	*v = NULL;
}

static int
take(void *ctx, const char *name, const void *content, size_t size,
    struct err *err)
{
	struct vessel *v = ctx;

	if (v->count == VESSEL_PARTS)
		return err_set(err, E_LIMIT, "more parts than a vessel has");
	(void)snprintf(v->part[v->count].name, sizeof v->part[0].name, "%s",
	    name);
	buf_add(&v->part[v->count++].content, content, size);
	return 0;
}

int
vessel_open(struct vessel **ret, struct json_span in)
{
	CLEANUP(vessel_freep) struct vessel *v = calloc(1, sizeof *v);
	struct err err = ERR_INIT;

	ALWAYS(v != NULL);
	if (tar_walk(in.at, in.len, take, v, &err) < 0)
		return -1;
	*ret = v;
	v = NULL;
	return 0;
}

void
vessel_close(const struct vessel *v, struct buf *out)
{
	static const char zeros[TAR_END];
	unsigned char header[TAR_BLOCK];
	size_t i;

	for (i = 0; i < v->count; i++) {
		const struct buf *content = &v->part[i].content;

		tar_header(header, v->part[i].name, content->len);
		buf_add(out, header, sizeof header);
		buf_add(out, content->at, content->len);
		buf_add(out, zeros, tar_padding(content->len));
	}
	buf_add(out, zeros, sizeof zeros);
}

struct vessel_part *
vessel_find(struct vessel *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		if (strcmp(v->part[i].name, name) == 0)
			return &v->part[i];
	return NULL;
}

void
vessel_fill(struct vessel_part *p, const struct buf *text)
{
	buf_reset(&p->content);
	buf_add(&p->content, text->at, text->len);
}

static void
swap(struct vessel *v, size_t a, size_t b)
{
	struct vessel_part held = v->part[a];

	v->part[a] = v->part[b];
	v->part[b] = held;
}

/* The last part becomes a copy of part `i`. */
static void
copy_part(struct vessel *v, size_t i)
{
	struct vessel_part *p = &v->part[v->count++];

	memcpy(p->name, v->part[i].name, sizeof p->name);
	vessel_fill(p, &v->part[i].content);
}

static void
rename_part(struct dice *d, struct vessel *v, size_t i)
{
	static const char *const names[] = { "README.txt", "SUMS",
	    "SUMS.minisig", "manifest.json", "000001.blobs.tar.zst",
	    "000001.records.jsonl.gz", "000002.records.jsonl.zst",
	    "000002.records.jsonl.zst.age", "a", "0" };
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	size_t len;

	if (dice(d, 2) == 0)
		buf_adds(&name, names[dice(d, sizeof names / sizeof *names)]);
	else
		buf_adds(&name, v->part[i].name);
	if (dice(d, 2) == 0)
		mutate_bytes(&name);
	len = name.len < sizeof v->part[i].name ? name.len :
	    sizeof v->part[i].name - 1;
	memset(v->part[i].name, 0, sizeof v->part[i].name);
	if (len > 0)
		memcpy(v->part[i].name, name.at, len);
}

void
vessel_shuffle(struct dice *d, struct vessel *v)
{
	unsigned n = (unsigned)v->count, i, k;

	if (n == 0)
		return;
	i = dice(d, n);
	k = dice(d, n);
	switch (dice(d, 4)) {
	case 0:
		swap(v, i, k);
		break;
	case 1:
		rename_part(d, v, i);
		break;
	case 2:
		swap(v, i, v->count - 1);
		v->count--;
		buf_reset(&v->part[v->count].content);
		break;
	default:
		if (v->count == VESSEL_PARTS)
			return;
		copy_part(v, i);
		swap(v, k, v->count - 1);
	}
}

int
vessel_sign(struct vessel *v)
{
	CLEANUP(buf_clear) struct buf sums = BUF_INIT, sig = BUF_INIT;
	struct vessel_part *end = &v->part[v->count];
	unsigned char hash[SUMS_HASH];
	struct err err = ERR_INIT;
	const char *line;
	size_t i;

	if (v->count < 2 || strcmp(end[-2].name, "SUMS") != 0 ||
	    strcmp(end[-1].name, "SUMS.minisig") != 0 ||
	    end[-2].content.len == 0)
		return -1;
	line = memchr(end[-2].content.at, '\n', end[-2].content.len);
	if (line != NULL)
		buf_add(&sums, end[-2].content.at,
		    (size_t)(line + 1 - end[-2].content.at));
	for (i = 0; i + 2 < v->count; i++) {
		const struct buf *b = &v->part[i].content;

		(void)crypto_generichash(hash, sizeof hash,
		    (const unsigned char *)b->at, b->len, NULL, 0);
		sums_add(&sums, v->part[i].name, hash);
	}
	GOOD(minisign_sign(fuzz_key(), sums.at, sums.len, &sig, &err), &err);
	vessel_fill(&end[-2], &sums);
	vessel_fill(&end[-1], &sig);
	return 0;
}

int
vessel_reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(vessel_freep) struct vessel *v = NULL;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct vessel_part *p;

	if (vessel_open(&v, in) < 0 || v->count == 0)
		return -1;
	p = &v->part[dice(d, (unsigned)v->count)];
	if (dice(d, 2) == 0)
		p = vessel_find(v, "manifest.json");
	if (dice(d, 4) == 0 || p == NULL) {
		vessel_shuffle(d, v);
	} else if (mutate_json(d, json_of(&p->content), &text) == 0) {
		vessel_fill(p, &text);
	} else {
		mutate_bytes(&p->content);
	}
	if (dice(d, 8) > 0 && vessel_sign(v) < 0)
		return -1;
	vessel_close(v, out);
	return 0;
}
