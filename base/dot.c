#include "dot.h"

#include <string.h>

int
site_is_id(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > SITE_LEN)
		return 0;
	for (i = 0; i < len; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
		    (text[i] >= '0' && text[i] <= '9') || text[i] == '-'))
			return 0;
	return 1;
}

static int
is_nonce(struct json_span text)
{
	size_t i;

	if (text.len != NONCE_LEN)
		return 0;
	for (i = 0; i < text.len; i++)
		if (!((text.at[i] >= '0' && text.at[i] <= '9') ||
		    (text.at[i] >= 'a' && text.at[i] <= 'f')))
			return 0;
	return 1;
}

int
actor_cmp(const struct actor *a, const struct actor *b)
{
	int cmp = strcmp(a->site, b->site);

	if (cmp != 0)
		return cmp;
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return strcmp(a->nonce, b->nonce);
}

int
dot_cmp(const struct dot *a, const struct dot *b)
{
	int cmp = actor_cmp(&a->actor, &b->actor);

	return cmp != 0 ? cmp : (a->n > b->n) - (a->n < b->n);
}

/* An actor without its closing bracket. */
static void
actor_open(struct buf *out, const struct actor *a)
{
	buf_addf(out, "[\"%s\",%llu,\"%s\"", a->site,
	    (unsigned long long)a->generation, a->nonce);
}

void
actor_add(struct buf *out, const struct actor *a)
{
	actor_open(out, a);
	buf_addc(out, ']');
}

void
dot_add(struct buf *out, const struct dot *d)
{
	actor_open(out, &d->actor);
	buf_addf(out, ",%llu]", (unsigned long long)d->n);
}

static int
parse_counter(uint64_t *ret, struct json_span value)
{
	if (json_uint(ret, value, COUNTER_MAX) != 0 || *ret == 0)
		return -1;
	return 0;
}

/* The first three items of the array that `w` walks. */
static int
parse_actor(struct actor *ret, struct json_walk *w)
{
	struct json_span key, value, site, nonce;
	struct actor a = { .generation = 0 };

	if (!json_next(w, &key, &value) || !json_plain(value, &site) ||
	    !site_is_id(site.at, site.len))
		return -1;
	if (!json_next(w, &key, &value) ||
	    parse_counter(&a.generation, value) != 0)
		return -1;
	if (!json_next(w, &key, &value) || !json_plain(value, &nonce) ||
	    !is_nonce(nonce))
		return -1;
	memcpy(a.site, site.at, site.len);
	memcpy(a.nonce, nonce.at, nonce.len);
	*ret = a;
	return 0;
}

int
actor_parse(struct actor *ret, struct json_span text)
{
	struct json_walk w = json_walk(text);
	struct json_span key, value;
	struct actor a;

	if (json_kind(text) != '[' || parse_actor(&a, &w) != 0 ||
	    json_next(&w, &key, &value))
		return -1;
	*ret = a;
	return 0;
}

int
dot_parse(struct dot *ret, struct json_span text)
{
	struct json_walk w = json_walk(text);
	struct json_span key, value;
	struct dot d;

	if (json_kind(text) != '[' || parse_actor(&d.actor, &w) != 0 ||
	    !json_next(&w, &key, &value) || parse_counter(&d.n, value) != 0 ||
	    json_next(&w, &key, &value))
		return -1;
	*ret = d;
	return 0;
}
