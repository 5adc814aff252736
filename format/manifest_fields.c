#include "manifest_fields.h"

#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define KEY_TEXT_MAX 128u		/* a public key as text */

/* Which kinds have a field. */
#define IN(kind) (1u << (kind))
#define IN_BUNDLE IN(MANIFEST_BUNDLE)
#define IN_DATA (IN_BUNDLE | IN(MANIFEST_EXCERPT))
#define IN_REQUEST IN(MANIFEST_REQUEST)
#define IN_FILE (IN_DATA | IN_REQUEST | IN(MANIFEST_RECEIPT))
#define IN_CARD IN(MANIFEST_CARD)
#define IN_ALL (IN_FILE | IN_CARD)

static int
wrong(struct err *err, const char *key, const char *expected)
{
	return err_set(err, E_MANIFEST, "\"%s\" is not %s", key, expected);
}

/* Copy a string that `is` accepts.  0 or -1, also for any other value. */
static int
get_text(char *out, size_t size, const json_t *v,
    int (*is)(const char *text, size_t len))
{
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len >= size || !is(json_string_value(v), len))
		return -1;
	memcpy(out, json_string_value(v), len + 1);
	return 0;
}

/* An integer least..COUNTER_MAX.  0 or -1, also for any other value. */
static int
get_number(uint64_t *ret, const json_t *v, uint64_t least)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (uint64_t)n < least ||
	    (uint64_t)n > COUNTER_MAX)
		return -1;
	*ret = (uint64_t)n;
	return 0;
}

static int
get_hash(unsigned char out[32], const json_t *v)
{
	return json_is_string(v) ? text_unhex(out, 32, json_string_value(v),
	    json_string_length(v)) : -1;
}

/* An array of exactly `count` items. */
static int
is_row(const json_t *v, size_t count)
{
	return json_is_array(v) && json_array_size(v) == count;
}

static int
is_nonce(const char *text, size_t len)
{
	unsigned char bytes[NONCE_LEN / 2];

	return text_unhex(bytes, sizeof bytes, text, len) == 0;
}

static int
is_key_id(const char *text, size_t len)
{
	return len == 16 && strspn(text, "0123456789ABCDEF") == 16;
}

static int
is_date(const char *text, size_t len)
{
	int64_t seconds;

	return text_undate(&seconds, text, len) == 0;
}

/* The characters of base64 and Bech32; what they say is the card's. */
static int
is_key_text(const char *text, size_t len)
{
	return len > 0 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/=") == len;
}

static int
get_actor(struct actor *ret, const json_t *site, const json_t *generation,
    const json_t *nonce)
{
	return get_text(ret->site, sizeof ret->site, site, site_is_id) < 0 ||
	    get_number(&ret->generation, generation, 1) < 0 ||
	    get_text(ret->nonce, sizeof ret->nonce, nonce, is_nonce) < 0 ?
	    -1 : 0;
}

static int
get_actor_row(struct actor *ret, const json_t *v)
{
	return is_row(v, 3) ? get_actor(ret, json_array_get(v, 0),
	    json_array_get(v, 1), json_array_get(v, 2)) : -1;
}

static int
read_key_text(char **ret, const json_t *v, const char *key, struct err *err)
{
	char text[KEY_TEXT_MAX + 1];

	if (get_text(text, sizeof text, v, is_key_text) < 0)
		return wrong(err, key, "a public key");
	if ((*ret = strdup(text)) == NULL)
		return err_oom(err);
	return 0;
}

static int
read_age(struct manifest *m, const json_t *v, struct err *err)
{
	return read_key_text(&m->age, v, "age", err);
}

static int
read_minisign(struct manifest *m, const json_t *v, struct err *err)
{
	return read_key_text(&m->minisign, v, "minisign", err);
}

static int
read_cadence(struct manifest *m, const json_t *v, struct err *err)
{
	return get_number(&m->cadence, v, FORMAT_CADENCE_MIN) < 0 ||
	    m->cadence > FORMAT_CADENCE_MAX ?
	    wrong(err, "cadence", "a number of seconds from an hour to 366 "
	    "days") : 0;
}

/* Which of the words a string is; -1: none, or another value. */
static int
word_index(const json_t *v, const char *const *words, int count)
{
	int i;

	for (i = 0; json_is_string(v) && i < count; i++)
		if (strcmp(json_string_value(v), words[i]) == 0)
			return i;
	return -1;
}

static int
read_compression(struct manifest *m, const json_t *v, struct err *err)
{
	static const char *const words[] = { "zstd", "gzip" };
	int i = word_index(v, words, 2);

	if (i < 0)
		return wrong(err, "compression", "\"zstd\" or \"gzip\"");
	m->codec = i == 0 ? CODEC_ZSTD : CODEC_GZIP;
	return 0;
}

static int
read_created(struct manifest *m, const json_t *v, struct err *err)
{
	if (get_text(m->created, sizeof m->created, v, is_date) < 0)
		return wrong(err, "created", "a date YYYY-MM-DDThh:mm:ssZ");
	return 0;
}

/* Format 1 has no critical field: whatever is named, we do not know it. */
static int
read_critical(struct manifest *m, const json_t *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	const json_t *first = json_array_get(v, 0);

	(void)m;
	if (!json_is_array(v) || (first != NULL && !json_is_string(first)))
		return wrong(err, "critical", "a list of names");
	if (first == NULL)
		return 0;
	text_safe(&name, json_string_value(first), json_string_length(first));
	(void)err_set(err, E_VERSION, "critical field \"%.100s\" is not known "
	    "to this Satchel", buf_str(&name) != NULL ? name.at : "");
	return err_next(err, "install a newer Satchel");
}

static int
read_encryption(struct manifest *m, const json_t *v, struct err *err)
{
	static const char *const words[] = { "none", "age" };

	m->encrypted = word_index(v, words, 2);
	if (m->encrypted < 0)
		return wrong(err, "encryption", "\"age\" or \"none\"");
	return 0;
}

/* A filter: ["*"], or types in ascending order.  Returned as its text. */
static int
get_filter(char **ret, const json_t *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	size_t i, len, count = json_array_size(v);
	const char *text, *last = "";

	if (count == 0)
		return wrong(err, "filter", "a list of types or [\"*\"]");
	for (i = 0; i < count; i++) {
		const json_t *item = json_array_get(v, i);

		text = json_string_value(item);
		len = json_string_length(item);
		if (text == NULL || strcmp(text, last) <= 0 ||
		    !(text_is_type(text, len) ||
		    (count == 1 && strcmp(text, "*") == 0)))
			return wrong(err, "filter", "a list of types, "
			    "ascending, or [\"*\"]");
		buf_addc(&out, i == 0 ? '[' : ',');
		text_json(&out, text, len);
		last = text;
	}
	buf_addc(&out, ']');
	if (buf_str(&out) == NULL)
		return buf_check(&out, err);
	*ret = out.at;
	out.at = NULL;
	return 0;
}

static int
read_filter(struct manifest *m, const json_t *v, struct err *err)
{
	return get_filter(&m->filter, v, err);
}

static int
read_format(struct manifest *m, const json_t *v, struct err *err)
{
	uint64_t n;

	(void)m;
	if (get_number(&n, v, 1) < 0)
		return wrong(err, "format", "a number from 1");
	if (n == FORMAT_VERSION)
		return 0;
	(void)err_set(err, E_VERSION, "format %llu; this Satchel reads format "
	    "%u", (unsigned long long)n, FORMAT_VERSION);
	return err_next(err, "install a newer Satchel");
}

static int
read_from(struct manifest *m, const json_t *v, struct err *err)
{
	if (json_object_size(v) != 5 ||
	    get_actor(&m->from, json_object_get(v, "site"),
	    json_object_get(v, "generation"),
	    json_object_get(v, "nonce")) < 0 ||
	    get_text(m->key, sizeof m->key, json_object_get(v, "key"),
	    is_key_id) < 0 ||
	    get_text(m->from_name, sizeof m->from_name,
	    json_object_get(v, "name"), text_is_name) < 0)
		return wrong(err, "from", "a site {generation, key, name, "
		    "nonce, site}");
	return 0;
}

/* Have an array for the items of a list; `*ret_count` of them. */
static void *
new_list(const json_t *v, const char *key, size_t item, size_t *ret_count,
    struct err *err)
{
	size_t count = json_array_size(v);
	void *list;

	if (!json_is_array(v)) {
		(void)wrong(err, key, "a list");
		return NULL;
	}
	if ((list = calloc(count + 1, item)) == NULL)
		(void)err_oom(err);
	*ret_count = list != NULL ? count : 0;
	return list;
}

static int
read_heads(struct manifest *m, const json_t *v, struct err *err)
{
	size_t i;

	m->heads = new_list(v, "heads", sizeof *m->heads, &m->head_count, err);
	if (m->heads == NULL)
		return -(int)err->code;
	for (i = 0; i < m->head_count; i++) {
		const json_t *row = json_array_get(v, i);
		struct manifest_head *h = &m->heads[i];

		if (!is_row(row, 5) ||
		    get_actor(&h->actor, json_array_get(row, 0),
		    json_array_get(row, 1), json_array_get(row, 2)) < 0 ||
		    get_number(&h->n, json_array_get(row, 3), 1) < 0 ||
		    get_hash(h->head, json_array_get(row, 4)) < 0)
			return wrong(err, "heads", "a list of [site, "
			    "generation, nonce, n, head]");
		if (i > 0 && actor_cmp(&h[-1].actor, &h->actor) >= 0)
			return wrong(err, "heads", "in ascending order");
	}
	return 0;
}

static int
read_heard(struct manifest *m, const json_t *v, struct err *err)
{
	size_t i;
	int c;

	m->heard = new_list(v, "heard", sizeof *m->heard, &m->heard_count,
	    err);
	if (m->heard == NULL)
		return -(int)err->code;
	for (i = 0; i < m->heard_count; i++) {
		const json_t *row = json_array_get(v, i);
		struct manifest_heard *h = &m->heard[i];

		if (!is_row(row, 4) ||
		    get_text(h->addressee, sizeof h->addressee,
		    json_array_get(row, 0), site_is_id) < 0 ||
		    get_actor_row(&h->actor, json_array_get(row, 1)) < 0 ||
		    get_number(&h->sequence, json_array_get(row, 2), 1) < 0 ||
		    get_hash(h->id, json_array_get(row, 3)) < 0)
			return wrong(err, "heard", "a list of [addressee, "
			    "actor, sequence, id]");
		c = i > 0 ? strcmp(h[-1].addressee, h->addressee) : -1;
		if (c > 0 || (c == 0 && actor_cmp(&h[-1].actor,
		    &h->actor) >= 0))
			return wrong(err, "heard", "in ascending order");
	}
	return 0;
}

static int
read_kind(struct manifest *m, const json_t *v, struct err *err)
{
	static const char *const words[] = {
		"bundle", "excerpt", "receipt", "request", "card"
	};
	int i = word_index(v, words, 5);

	if (i < 0)
		return wrong(err, "kind", "bundle, excerpt, receipt, request "
		    "or card");
	m->kind = (enum manifest_kind)i;
	return 0;
}

/* Order of receipts: addressee, actor, filter. */
static int
stream_cmp(const struct manifest_stream *a, const struct manifest_stream *b)
{
	int c = strcmp(a->addressee, b->addressee);

	if (c == 0)
		c = actor_cmp(&a->actor, &b->actor);
	return c != 0 ? c : strcmp(a->filter, b->filter);
}

static int
read_receipts(struct manifest *m, const json_t *v, struct err *err)
{
	size_t i;

	m->receipts = new_list(v, "receipts", sizeof *m->receipts,
	    &m->receipt_count, err);
	if (m->receipts == NULL)
		return -(int)err->code;
	for (i = 0; i < m->receipt_count; i++) {
		const json_t *row = json_array_get(v, i);
		struct manifest_stream *s = &m->receipts[i];

		if (!is_row(row, 4) ||
		    get_text(s->addressee, sizeof s->addressee,
		    json_array_get(row, 0), site_is_id) < 0 ||
		    get_actor_row(&s->actor, json_array_get(row, 1)) < 0 ||
		    get_number(&s->until, json_array_get(row, 3), 0) < 0)
			return wrong(err, "receipts", "a list of [addressee, "
			    "actor, filter, until]");
		if (get_filter(&s->filter, json_array_get(row, 2), err) < 0)
			return err_prefix(err, "receipts");
		if (i > 0 && stream_cmp(s - 1, s) >= 0)
			return wrong(err, "receipts", "in ascending order");
	}
	return 0;
}

static int
read_sequence(struct manifest *m, const json_t *v, struct err *err)
{
	return get_number(&m->sequence, v, 1) < 0 ?
	    wrong(err, "sequence", "a number from 1 to 2^53 - 1") : 0;
}

static int
read_since(struct manifest *m, const json_t *v, struct err *err)
{
	return get_number(&m->since, v, 0) < 0 ?
	    wrong(err, "since", "a number from 0 to 2^53 - 1") : 0;
}

/* Read after "since", which sorts before it. */
static int
read_until(struct manifest *m, const json_t *v, struct err *err)
{
	return get_number(&m->until, v, m->since) < 0 ?
	    wrong(err, "until", "a number from since to 2^53 - 1") : 0;
}

static int
read_to(struct manifest *m, const json_t *v, struct err *err)
{
	size_t i;

	if (json_array_size(v) > FORMAT_TO_MAX)
		return err_set(err, E_LIMIT, "%zu addressees; at most %u",
		    json_array_size(v), FORMAT_TO_MAX);
	m->to = new_list(v, "to", sizeof *m->to, &m->to_count, err);
	if (m->to == NULL)
		return -(int)err->code;
	if (m->to_count == 0)
		return wrong(err, "to", "a list of at least one site");
	for (i = 0; i < m->to_count; i++) {
		const json_t *row = json_array_get(v, i);
		struct manifest_site *s = &m->to[i];

		if (json_object_size(row) != 2 ||
		    get_text(s->name, sizeof s->name,
		    json_object_get(row, "name"), text_is_name) < 0 ||
		    get_text(s->site, sizeof s->site,
		    json_object_get(row, "site"), site_is_id) < 0)
			return wrong(err, "to", "a list of {name, site}");
		if (i > 0 && strcmp(s[-1].site, s->site) >= 0)
			return wrong(err, "to", "in ascending order");
	}
	return 0;
}

static int
read_totals(struct manifest *m, const json_t *v, struct err *err)
{
	struct manifest_totals *t = &m->totals;
	const struct {
		const char *key;
		uint64_t *to;
	} all[] = {
		{ "blob_bytes", &t->blob_bytes }, { "blobs", &t->blobs },
		{ "deleted", &t->deleted }, { "members", &t->members },
		{ "records", &t->records }, { "unpacked", &t->unpacked },
		{ "versions", &t->versions },
	};
	size_t i, count = sizeof all / sizeof *all;

	if (json_object_size(v) != count)
		return wrong(err, "totals", "an object of seven numbers");
	for (i = 0; i < count; i++)
		if (get_number(all[i].to, json_object_get(v, all[i].key),
		    0) < 0)
			return wrong(err, all[i].key, "a number from 0 to "
			    "2^53 - 1");
	if (t->members > FORMAT_MEMBERS_MAX)
		return err_set(err, E_LIMIT, "%llu data members; at most %u",
		    (unsigned long long)t->members, FORMAT_MEMBERS_MAX);
	if (t->unpacked > t->members * FORMAT_PLAIN_MAX)
		return err_set(err, E_LIMIT, "%llu bytes unpacked; at most %u "
		    "in each of %llu members", (unsigned long long)t->unpacked,
		    FORMAT_PLAIN_MAX, (unsigned long long)t->members);
	return 0;
}

static int
read_wanted(struct manifest *m, const json_t *v, struct err *err)
{
	size_t i;

	if (json_array_size(v) > FORMAT_WANTED_MAX)
		return err_set(err, E_LIMIT, "%zu wanted blobs; at most %u",
		    json_array_size(v), FORMAT_WANTED_MAX);
	m->wanted = new_list(v, "wanted", sizeof *m->wanted, &m->wanted_count,
	    err);
	if (m->wanted == NULL)
		return -(int)err->code;
	for (i = 0; i < m->wanted_count; i++) {
		if (get_hash(m->wanted[i], json_array_get(v, i)) < 0)
			return wrong(err, "wanted", "a list of BLAKE2b-256 in "
			    "lower-case hex");
		if (i > 0 && memcmp(m->wanted[i - 1], m->wanted[i], 32) >= 0)
			return wrong(err, "wanted", "in ascending order");
	}
	return 0;
}

const struct manifest_field manifest_fields[] = {
	{ "format", IN_ALL, read_format },
	{ "critical", IN_ALL, read_critical },
	{ "kind", IN_ALL, read_kind },
	{ "age", IN_CARD, read_age },
	{ "cadence", IN_FILE | MANIFEST_MAY, read_cadence },
	{ "compression", IN_DATA, read_compression },
	{ "created", IN_ALL, read_created },
	{ "encryption", IN_DATA, read_encryption },
	{ "filter", IN_DATA, read_filter },
	{ "from", IN_ALL, read_from },
	{ "heads", IN_FILE, read_heads },
	{ "heard", IN_FILE, read_heard },
	{ "minisign", IN_CARD, read_minisign },
	{ "receipts", IN_FILE, read_receipts },
	{ "sequence", IN_FILE, read_sequence },
	{ "since", IN_BUNDLE, read_since },
	{ "to", IN_FILE, read_to },
	{ "totals", IN_DATA, read_totals },
	{ "until", IN_BUNDLE, read_until },
	{ "wanted", IN_REQUEST, read_wanted },
	{ NULL, 0, NULL },
};
