#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "../base/json_scan.h"
#include "../base/text.h"
#include "manifest_fields.h"

static const char *const kinds[] = {
	[MANIFEST_BUNDLE] = "bundle",
	[MANIFEST_EXCERPT] = "excerpt",
	[MANIFEST_RECEIPT] = "receipt",
	[MANIFEST_REQUEST] = "request",
	[MANIFEST_CARD] = "card",
};

void
manifest_clear(struct manifest *m)
{
	size_t i;

	for (i = 0; m->receipts != NULL && i < m->receipt_count; i++)
		free(m->receipts[i].filter);
	free(m->minisign);
	free(m->age);
	free(m->to);
	free(m->receipts);
	free(m->heads);
	free(m->heard);
	free(m->wanted);
	free(m->filter);
	*m = (struct manifest){ .kind = MANIFEST_BUNDLE };
}

/* The key of the next member of the top object. */
static void
add_key(struct buf *out, const char *key)
{
	if (out->len > 0 && out->at[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"%s\":", key);
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
	add_key(out, key);
	text_json(out, text, strlen(text));
}

static void
add_number(struct buf *out, const char *key, uint64_t n)
{
	add_key(out, key);
	buf_addf(out, "%llu", (unsigned long long)n);
}

static void
add_hash(struct buf *out, const unsigned char hash[32])
{
	char hex[65];

	text_hex(hex, hash, 32);
	buf_addf(out, "\"%s\"", hex);
}

/* A comma before all items but the first. */
static void
add_comma(struct buf *out, size_t item)
{
	if (item > 0)
		buf_addc(out, ',');
}

static void
add_from(struct buf *out, const struct manifest *m)
{
	add_key(out, "from");
	buf_addf(out, "{\"generation\":%llu",
	    (unsigned long long)m->from.generation);
	add_text(out, "key", m->key);
	add_text(out, "name", m->from_name);
	add_text(out, "nonce", m->from.nonce);
	add_text(out, "site", m->from.site);
	buf_addc(out, '}');
}

static void
add_heads(struct buf *out, const struct manifest *m)
{
	size_t i;

	add_key(out, "heads");
	buf_addc(out, '[');
	for (i = 0; i < m->head_count; i++) {
		const struct manifest_head *h = &m->heads[i];

		add_comma(out, i);
		buf_addf(out, "[\"%s\",%llu,\"%s\",%llu,", h->actor.site,
		    (unsigned long long)h->actor.generation, h->actor.nonce,
		    (unsigned long long)h->n);
		add_hash(out, h->head);
		buf_addc(out, ']');
	}
	buf_addc(out, ']');
}

static void
add_heard(struct buf *out, const struct manifest *m)
{
	size_t i;

	add_key(out, "heard");
	buf_addc(out, '[');
	for (i = 0; i < m->heard_count; i++) {
		const struct manifest_heard *h = &m->heard[i];

		add_comma(out, i);
		buf_addf(out, "[\"%s\",", h->addressee);
		actor_add(out, &h->actor);
		buf_addf(out, ",%llu,", (unsigned long long)h->sequence);
		add_hash(out, h->id);
		buf_addc(out, ']');
	}
	buf_addc(out, ']');
}

static void
add_receipts(struct buf *out, const struct manifest *m)
{
	size_t i;

	add_key(out, "receipts");
	buf_addc(out, '[');
	for (i = 0; i < m->receipt_count; i++) {
		const struct manifest_stream *s = &m->receipts[i];

		add_comma(out, i);
		buf_addf(out, "[\"%s\",", s->addressee);
		actor_add(out, &s->actor);
		buf_addf(out, ",%s,%llu]", s->filter,
		    (unsigned long long)s->until);
	}
	buf_addc(out, ']');
}

static void
add_to(struct buf *out, const struct manifest *m)
{
	size_t i;

	add_key(out, "to");
	buf_addc(out, '[');
	for (i = 0; i < m->to_count; i++) {
		add_comma(out, i);
		buf_addc(out, '{');
		add_text(out, "name", m->to[i].name);
		add_text(out, "site", m->to[i].site);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

static void
add_totals(struct buf *out, const struct manifest_totals *t)
{
	add_key(out, "totals");
	buf_addc(out, '{');
	add_number(out, "blob_bytes", t->blob_bytes);
	add_number(out, "blobs", t->blobs);
	add_number(out, "deleted", t->deleted);
	add_number(out, "members", t->members);
	add_number(out, "records", t->records);
	add_number(out, "unpacked", t->unpacked);
	add_number(out, "versions", t->versions);
	buf_addc(out, '}');
}

static void
add_wanted(struct buf *out, const struct manifest *m)
{
	size_t i;

	add_key(out, "wanted");
	buf_addc(out, '[');
	for (i = 0; i < m->wanted_count; i++) {
		add_comma(out, i);
		add_hash(out, m->wanted[i]);
	}
	buf_addc(out, ']');
}

static void
add_card(struct buf *out, const struct manifest *m)
{
	add_text(out, "age", m->age);
	add_text(out, "created", m->created);
	buf_adds(out, ",\"critical\":[]");
	add_number(out, "format", FORMAT_VERSION);
	add_from(out, m);
	add_text(out, "kind", kinds[m->kind]);
	add_text(out, "minisign", m->minisign);
}

/* All kinds but cards, in the order of their keys. */
static void
add_file(struct buf *out, const struct manifest *m)
{
	int has_data = m->kind == MANIFEST_BUNDLE ||
	    m->kind == MANIFEST_EXCERPT;

	if (m->cadence != 0)
		add_number(out, "cadence", m->cadence);
	if (has_data)
		add_text(out, "compression",
		    m->codec == CODEC_ZSTD ? "zstd" : "gzip");
	add_text(out, "created", m->created);
	buf_adds(out, ",\"critical\":[]");
	if (has_data) {
		add_text(out, "encryption", m->encrypted ? "age" : "none");
		add_key(out, "filter");
		buf_adds(out, m->filter);
	}
	add_number(out, "format", FORMAT_VERSION);
	add_from(out, m);
	add_heads(out, m);
	add_heard(out, m);
	add_text(out, "kind", kinds[m->kind]);
	add_receipts(out, m);
	add_number(out, "sequence", m->sequence);
	if (m->kind == MANIFEST_BUNDLE)
		add_number(out, "since", m->since);
	add_to(out, m);
	if (has_data)
		add_totals(out, &m->totals);
	if (m->kind == MANIFEST_BUNDLE)
		add_number(out, "until", m->until);
	if (m->kind == MANIFEST_REQUEST)
		add_wanted(out, m);
}

int
manifest_write(const struct manifest *m, struct buf *out, struct err *err)
{
	size_t start = out->len;
	int r;

	buf_addc(out, '{');
	if (m->kind == MANIFEST_CARD)
		add_card(out, m);
	else
		add_file(out, m);
	buf_addc(out, '}');
	if ((r = buf_check(out, err)) < 0)
		return err_prefix(err, "manifest.json");
	if (out->len - start > FORMAT_MANIFEST_MAX)
		return err_set(err, E_LIMIT, "manifest.json has %zu bytes; at "
		    "most %u", out->len - start, FORMAT_MANIFEST_MAX);
	return r;
}

static void
json_freep(json_t **value)
{
	json_decref(*value);
}

/* Refuse a field that this kind does not have, unless its name is "x-...". */
static int
check_known(const struct manifest *m, json_t *top, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	const struct manifest_field *f;
	const char *key;
	void *at;

	for (at = json_object_iter(top); at != NULL;
	    at = json_object_iter_next(top, at)) {
		key = json_object_iter_key(at);
		if (strncmp(key, "x-", 2) == 0)
			continue;
		for (f = manifest_fields; f->key != NULL; f++)
			if (strcmp(key, f->key) == 0)
				break;
		if (f->key != NULL && (f->kinds & 1u << m->kind))
			continue;
		text_safe(&name, key, strlen(key));
		return err_set(err, E_MANIFEST, "a %s has no field \"%.100s\"",
		    kinds[m->kind], buf_str(&name) != NULL ? name.at : "");
	}
	return 0;
}

static int
read_fields(struct manifest *m, json_t *top, struct err *err)
{
	const struct manifest_field *f = manifest_fields;
	const json_t *v;
	int r;

	for (; f->key != NULL; f++) {
		if (f == manifest_fields + MANIFEST_FIELDS_FIRST &&
		    (r = check_known(m, top, err)) < 0)
			return r;
		if (!(f->kinds & 1u << m->kind))
			continue;
		v = json_object_get(top, f->key);
		if (v == NULL && f->kinds & MANIFEST_MAY)
			continue;
		if (v == NULL)
			return err_set(err, E_MANIFEST, "\"%s\" is missing",
			    f->key);
		if ((r = f->read(m, v, err)) < 0)
			return r;
	}
	return 0;
}

/* Without its "x-" fields the text must be what we would write. */
static int
check_again(const struct manifest *m, struct json_span text, struct err *err)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	CLEANUP(buf_clear) struct buf known = BUF_INIT;
	struct json_walk w = json_walk(text);
	struct json_span key, value;
	int r;

	buf_addc(&known, '{');
	while (json_next(&w, &key, &value)) {
		if (key.len >= 2 && memcmp(key.at, "x-", 2) == 0)
			continue;
		add_comma(&known, known.len - 1);
		buf_addc(&known, '"');
		buf_add(&known, key.at, key.len);
		buf_adds(&known, "\":");
		buf_add(&known, value.at, value.len);
	}
	buf_addc(&known, '}');
	if ((r = manifest_write(m, &again, err)) < 0 ||
	    (r = buf_check(&known, err)) < 0)
		return r;
	if (known.len != again.len ||
	    memcmp(known.at, again.at, known.len) != 0)
		return err_set(err, E_MANIFEST, "not written as format %u "
		    "wants it", FORMAT_VERSION);
	return 0;
}

/* jansson does not tell a lack of memory from a wrong text, and where there is
 * none for a longer string, it goes on with a shorter one. */
static _Thread_local int no_memory;

static void *
take_memory(size_t size)
{
	void *at = malloc(size);

	no_memory |= at == NULL;
	return at;
}

static int
parse(struct manifest *m, struct json_span text, struct err *err)
{
	CLEANUP(json_freep) json_t *top = NULL;
	struct err form = ERR_INIT;
	json_error_t why;
	int r;

	if (text.len > FORMAT_MANIFEST_MAX)
		return err_set(err, E_LIMIT, "%zu bytes; at most %u", text.len,
		    FORMAT_MANIFEST_MAX);
	if (json_scan(text.at, text.len, JSON_DEPTH_MAX, &form) < 0)
		return err_set(err, E_MANIFEST, "%s", form.text);
	json_set_alloc_funcs(take_memory, free);
	no_memory = 0;
	top = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &why);
	if (no_memory)
		return err_oom(err);
	if (top == NULL)
		return err_set(err, E_MANIFEST, "byte %d: %s", why.position,
		    why.text);
	if (!json_is_object(top))
		return err_set(err, E_MANIFEST, "not an object");
	if ((r = read_fields(m, top, err)) < 0)
		return r;
	return check_again(m, text, err);
}

int
manifest_parse(struct manifest *ret, const char *text, size_t len,
    struct err *err)
{
	CLEANUP(manifest_clear) struct manifest m = { .kind = MANIFEST_BUNDLE };
	struct json_span span = { text, len };

	if (parse(&m, span, err) < 0) {
		(void)err_prefix(err, "manifest.json");
		return err_rung(err, 3);
	}
	*ret = m;
	m = (struct manifest){ .kind = MANIFEST_BUNDLE };
	return 0;
}
