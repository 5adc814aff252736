#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "history.h"
#include "json_hash.h"

static const struct json_span nothing = { "", 0 };
static const struct json_span fields_dot = { "fields.", 7 };
static const struct json_span empty_object = { "{}", 2 };

void
version_clear(struct version *v)
{
	if (v == NULL)
		return;
	free(v->vector);
	free(v->except);
	free(v->stamp);
	buf_clear(&v->text);
	*v = (struct version)VERSION_INIT;
}

/* --- content ----------------------------------------------------------- */

static int
read_members(struct version *v, struct err *err)
{
	struct json_walk w = json_walk(v->content);
	struct json_span key, value;
	int deleted = 0;

	while (json_next(&w, &key, &value)) {
		char kind = json_kind(value);

		if (json_is(key, "type") && json_plain(value, &v->type) &&
		    text_is_type(v->type.at, v->type.len))
			continue;
		if (json_is(key, "deleted") && kind == 't')
			deleted = 1;
		else if (json_is(key, "fields") && kind == '{')
			v->fields = value;
		else if (json_is(key, "history") && kind == '[')
			v->history = value;
		else if (json_is(key, "time") && kind == '"')
			v->time = value;
		else
			return err_set(err, E_RECORD, "content: unexpected "
			    "member \"%.*s\", or its value is of another form",
			    key.len < 64 ? (int)key.len : 64, key.at);
	}
	if (v->type.len == 0 || v->history.len == 0)
		return err_set(err, E_RECORD, "content: no \"%s\"",
		    v->type.len == 0 ? "type" : "history");
	if (deleted == (v->fields.len > 0))
		return err_set(err, E_RECORD, "content: expected one of "
		    "\"deleted\" and \"fields\", found %s",
		    deleted ? "both" : "neither");
	if (!deleted && v->time.len > 0)
		return err_set(err, E_RECORD, "content: \"time\" without "
		    "\"deleted\"");
	return 0;
}

static int
check_attachments(struct json_span value, struct err *err)
{
	struct json_span none, item;
	struct json_walk w;
	size_t count = 0;

	if (json_kind(value) != '[')
		return 0;
	for (w = json_walk(value); json_next(&w, &none, &item);)
		count++;
	if (count > VERSION_BLOBS_MAX)
		return err_set(err, E_LIMIT, "content: %zu attachments, at "
		    "most %u are allowed", count, VERSION_BLOBS_MAX);
	return 0;
}

/* Members that the lab's line has beside F, and those that would be taken
 * for a nested field, may not be. */
int
version_check_member(struct json_span key, struct json_span value,
    struct err *err)
{
	if (field_of_name(key).nested || json_is(key, "uid") ||
	    json_is(key, "type") || json_is(key, "deleted") ||
	    (json_is(key, "history") &&
	    (value.len != 2 || json_kind(value) != '[')))
		return err_set(err, E_RECORD, "content: \"%.*s\" is not a "
		    "name for a member of \"fields\"",
		    key.len < 64 ? (int)key.len : 64, key.at);
	if (json_is(key, "fields") && json_kind(value) != '{')
		return err_set(err, E_RECORD, "content: \"fields\" among the "
		    "fields is not an object");
	return json_is(key, "attachments") ? check_attachments(value, err) :
	    0;
}

static int
check_fields(struct json_span fields, struct err *err)
{
	struct json_walk w = json_walk(fields);
	struct json_span key, value;
	int rc;

	while (json_next(&w, &key, &value))
		if ((rc = version_check_member(key, value, err)) < 0)
			return rc;
	return 0;
}

static int
check_size(const struct version *v, struct err *err)
{
	if (v->content.len > VERSION_CONTENT_MAX)
		return err_set(err, E_LIMIT, "content: %zu bytes, at most %u "
		    "are allowed", v->content.len, VERSION_CONTENT_MAX);
	return 0;
}

int
version_check_content(const struct version *v, int checked, struct err *err)
{
	int rc;

	if ((rc = check_size(v, err)) < 0)
		return rc;
	if (v->time.len > 0 && json_kind(v->time) != '"')
		return err_set(err, E_RECORD, "content: \"time\" is no text");
	if (v->fields.len == 0)
		return 0;
	if (json_kind(v->fields) != '{')
		return err_set(err, E_RECORD, "content: \"fields\" is not an "
		    "object");
	return checked ? 0 : check_fields(v->fields, err);
}

static int
read_content(struct version *v, struct err *err)
{
	int rc;

	v->type = v->fields = v->history = v->time = nothing;
	if ((rc = check_size(v, err)) < 0)
		return rc;
	if (v->content.len == 0 || json_kind(v->content) != '{')
		return err_set(err, E_RECORD, "content: not an object");
	if ((rc = read_members(v, err)) < 0 ||
	    (rc = history_check(v->history, err)) < 0)
		return rc;
	return v->fields.len > 0 ? check_fields(v->fields, err) : 0;
}

/* --- context, born, stamps --------------------------------------------- */

/* An array of dots, ascending; `apart`: one an actor. */
static int
read_dots(struct json_span array, int apart, struct dot **ret,
    size_t *ret_count, struct err *err)
{
	struct json_walk w = json_walk(array);
	struct json_span none, item;
	struct dot *d;
	size_t i;

	if (json_kind(array) != '[')
		return err_set(err, E_RECORD, "context: not an array of dots");
	if ((*ret_count = json_count(array)) == 0)
		return 0;
	if ((d = *ret = calloc(*ret_count, sizeof *d)) == NULL)
		return err_oom(err);
	for (i = 0; json_next(&w, &none, &item); i++) {
		if (dot_parse(&d[i], item) < 0)
			return err_set(err, E_RECORD, "context: item %zu: "
			    "expected [\"site\",generation,\"nonce\",n]",
			    i + 1);
		if (i > 0 && (apart ? actor_cmp(&d[i - 1].actor, &d[i].actor) :
		    dot_cmp(&d[i - 1], &d[i])) >= 0)
			return err_set(err, E_RECORD, "context: item %zu: "
			    "expected ascending order, each once", i + 1);
	}
	return 0;
}

/* The entry of the vector for this actor, or NULL. */
static const struct dot *
known(const struct version *v, const struct actor *a)
{
	size_t low = 0, high = v->vector_count, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		if ((c = actor_cmp(&v->vector[mid].actor, a)) == 0)
			return &v->vector[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int
is_excepted(const struct version *v, const struct dot *d)
{
	size_t low = 0, high = v->except_count, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		if ((c = dot_cmp(&v->except[mid], d)) == 0)
			return 1;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

static int
read_context(struct version *v, struct err *err)
{
	struct json_walk w = json_walk(v->context);
	struct json_span key, except, vector, more;
	const struct dot *d;
	size_t i;
	int rc;

	if (v->context.len == 0)
		return 0;
	if (v->context.len > VERSION_META_MAX)
		return err_set(err, E_LIMIT, "context: %zu bytes, at most %u "
		    "are allowed", v->context.len, VERSION_META_MAX);
	if (json_kind(v->context) != '{' ||
	    !json_next(&w, &key, &except) || !json_is(key, "except") ||
	    !json_next(&w, &key, &vector) || !json_is(key, "vector") ||
	    json_next(&w, &key, &more))
		return err_set(err, E_RECORD, "context: expected "
		    "{\"except\":[...],\"vector\":[...]}");
	if ((rc = read_dots(vector, 1, &v->vector, &v->vector_count, err)) < 0
	    || (rc = read_dots(except, 0, &v->except, &v->except_count, err))
	    < 0)
		return rc;
	if ((d = known(v, &v->dot.actor)) != NULL && d->n >= v->dot.n)
		return err_set(err, E_RECORD, "context: names version %llu "
		    "of its author in version %llu",
		    (unsigned long long)d->n, (unsigned long long)v->dot.n);
	for (i = 0; i < v->except_count; i++) {
		d = known(v, &v->except[i].actor);
		if (d == NULL || d->n < v->except[i].n)
			return err_set(err, E_RECORD, "context: exception "
			    "%zu is not in the vector", i + 1);
	}
	return 0;
}

/* May the author have set or created what this dot names? */
static int
is_plausible(const struct version *v, const struct dot *d)
{
	const struct dot *last = &v->dot;

	if (is_excepted(v, d))
		return 0;
	if (actor_cmp(&d->actor, &v->dot.actor) != 0 &&
	    (last = known(v, &d->actor)) == NULL)
		return 0;
	return d->n <= last->n;
}

static int
read_stamps(struct version *v, struct err *err)
{
	struct json_walk w = json_walk(v->stamps);
	struct json_span key, value;
	struct stamp *s;
	struct field f;
	size_t count;

	if (v->stamps.len == 0)
		return 0;
	if (v->stamps.len > VERSION_META_MAX)
		return err_set(err, E_LIMIT, "stamps: %zu bytes, at most %u "
		    "are allowed", v->stamps.len, VERSION_META_MAX);
	if (json_kind(v->stamps) != '{')
		return err_set(err, E_RECORD, "stamps: not an object");
	if ((count = json_count(v->stamps)) == 0)
		return 0;
	if ((v->stamp = calloc(count, sizeof *v->stamp)) == NULL)
		return err_oom(err);
	while (json_next(&w, &key, &value)) {
		s = &v->stamp[v->stamp_count++];
		f = field_of_name(key);
		s->nested = f.nested;
		s->name = f.name;
		if (dot_parse(&s->dot, value) < 0)
			return err_set(err, E_RECORD, "stamps: item %zu: "
			    "expected [\"site\",generation,\"nonce\",n]",
			    v->stamp_count);
		if (!is_plausible(v, &s->dot))
			return err_set(err, E_RECORD, "stamps: item %zu "
			    "names a version that the context does not have",
			    v->stamp_count);
	}
	return 0;
}

static int
check_birth(const struct version *v, struct err *err)
{
	if (!is_plausible(v, &v->born))
		return err_set(err, E_RECORD, "birth: names a version that "
		    "the context does not have");
	if (v->fields.len == 0 && (dot_cmp(&v->born, &v->dot) != 0 ||
	    v->stamp_count > 0))
		return err_set(err, E_RECORD, "a deletion with the birth or "
		    "the stamps of another version");
	return 0;
}

int
version_read(struct version *v, struct err *err)
{
	int rc;

	free(v->vector);
	free(v->except);
	free(v->stamp);
	v->vector = v->except = NULL;
	v->stamp = NULL;
	v->vector_count = v->except_count = v->stamp_count = 0;
	if (v->label < 0 || v->label > VERSION_LABEL_MAX)
		return err_set(err, E_RECORD, "label: expected 0 to %lld, "
		    "found %lld", (long long)VERSION_LABEL_MAX,
		    (long long)v->label);
	if ((rc = read_content(v, err)) < 0 ||
	    (rc = read_context(v, err)) < 0 ||
	    (rc = read_stamps(v, err)) < 0)
		return rc;
	return check_birth(v, err);
}

int
version_own(struct version *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	int rc;

	if (buf_room(&text, v->context.len + v->stamps.len +
	    v->content.len + 1) == NULL)
		return err_oom(err);
	buf_add(&text, v->context.at, v->context.len);
	buf_add(&text, v->stamps.at, v->stamps.len);
	buf_add(&text, v->content.at, v->content.len);
	if ((rc = buf_check(&text, err)) < 0)
		return rc;
	v->context.at = text.at;
	v->stamps.at = text.at + v->context.len;
	v->content.at = text.at + v->context.len + v->stamps.len;
	buf_clear(&v->text);
	v->text = text;
	text = (struct buf)BUF_INIT;
	return version_read(v, err);
}

/* --- dots and hashes --------------------------------------------------- */

size_t
version_size(const struct version *v)
{
	return v->content.len + 2 * (v->context.len + v->stamps.len);
}

int
version_saw(const struct version *v, const struct dot *d)
{
	const struct dot *last;

	if (actor_cmp(&d->actor, &v->dot.actor) == 0 && d->n == v->dot.n)
		return 1;
	last = known(v, &d->actor);
	return last != NULL && d->n <= last->n && !is_excepted(v, d);
}

uint64_t
version_newest(const struct version *v, const struct actor *a)
{
	const struct dot *last = known(v, a);

	/* Its own dot is above what it has seen of its author. */
	if (actor_cmp(&v->dot.actor, a) == 0)
		return v->dot.n;
	return last != NULL ? last->n : 0;
}

struct dot
version_stamp(const struct version *v, const struct field *f)
{
	size_t low = 0, high = v->stamp_count, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = field_cmp(v->stamp[mid].nested, v->stamp[mid].name,
		    f->nested, f->name);
		if (c == 0)
			return v->stamp[mid].dot;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return v->born;
}

static void
hash_or(crypto_generichash_state *h, struct json_span text,
    const char *otherwise)
{
	if (text.len > 0)
		json_hash_bytes(h, text.at, text.len);
	else
		json_hash_text(h, otherwise);
}

void
version_identity(const struct version *v, unsigned char out[32])
{
	crypto_generichash_state h;
	char label[32];

	json_hash_start(&h);
	json_hash_text(&h, "[");
	json_hash_dot(&h, &v->dot);
	json_hash_text(&h, ",");
	hash_or(&h, v->context, "{\"except\":[],\"vector\":[]}");
	(void)snprintf(label, sizeof label, ",%lld,", (long long)v->label);
	json_hash_text(&h, label);
	json_hash_dot(&h, &v->born);
	json_hash_text(&h, ",");
	hash_or(&h, v->stamps, "{}");
	json_hash_text(&h, ",");
	json_hash_hex(&h, v->hash);
	json_hash_text(&h, "]");
	json_hash_end(&h, out);
}

void
version_head(unsigned char head[32], const struct dot *d, const char *uid,
    size_t uid_len, const unsigned char hash[32])
{
	crypto_generichash_state h;

	json_hash_start(&h);
	json_hash_text(&h, "[");
	json_hash_hex(&h, head);
	json_hash_text(&h, ",");
	json_hash_dot(&h, d);
	json_hash_text(&h, ",\"");
	json_hash_bytes(&h, uid, uid_len);
	json_hash_text(&h, "\",");
	json_hash_hex(&h, hash);
	json_hash_text(&h, "]");
	json_hash_end(&h, head);
}

/* --- fields ------------------------------------------------------------ */

enum { WALK_END = 1, WALK_HELD = 2, WALK_NESTED = 4 };

struct field_walk
version_fields(struct json_span fields)
{
	struct field_walk w = { .state = WALK_END };

	if (fields.len > 0) {
		w.top = json_walk(fields);
		w.state = 0;
	}
	return w;
}

/* Hold the next member of F, if there is one more. */
static void
hold(struct field_walk *w)
{
	if (w->state & (WALK_HELD | WALK_END))
		return;
	w->held.nested = 0;
	w->state |= json_next(&w->top, &w->held.name, &w->held.value) ?
	    WALK_HELD : WALK_END;
}

int
version_next_field(struct field_walk *w, struct field *ret)
{
	hold(w);

	/* The nested ones have their place among the members of F. */
	if ((w->state & WALK_NESTED) && (!(w->state & WALK_HELD) ||
	    json_key_cmp(w->held.name, fields_dot) > 0)) {
		ret->nested = 1;
		if (json_next(&w->nested, &ret->name, &ret->value))
			return 1;
		w->state &= ~WALK_NESTED;
	}
	if (!(w->state & WALK_HELD))
		return 0;
	*ret = w->held;
	w->state &= ~WALK_HELD;
	if (json_is(ret->name, "fields")) {
		w->nested = json_walk(ret->value);
		w->state |= WALK_NESTED;
		ret->value = empty_object;
	}
	return 1;
}

static int
find_member(struct json_span object, struct json_span name,
    struct json_span *ret_value)
{
	struct json_walk w = json_walk(object);
	struct json_span key;

	while (json_next(&w, &key, ret_value))
		if (json_same(key, name))
			return 1;
	*ret_value = nothing;
	return 0;
}

int
version_field(struct json_span fields, const struct field *name,
    struct json_span *ret_value)
{
	struct json_span inner;

	*ret_value = nothing;
	if (fields.len == 0)
		return 0;
	if (name->nested)
		return json_member(fields, "fields", &inner) &&
		    find_member(inner, name->name, ret_value);
	if (!find_member(fields, name->name, ret_value))
		return 0;
	if (json_is(name->name, "fields"))
		*ret_value = empty_object;
	return 1;
}

/* --- blobs ------------------------------------------------------------- */

/* Append the hash unless it is among those from `start` on. */
static void
add_once(struct buf *out, size_t start, const unsigned char hash[32])
{
	size_t i;

	for (i = start; i < out->len; i += 32)
		if (memcmp(out->at + i, hash, 32) == 0)
			return;
	buf_add(out, hash, 32);
}

int
version_blobs(struct json_span fields, struct buf *out, struct err *err)
{
	struct json_span list, none, item, value, hex;
	size_t start = out->len, count = 0;
	unsigned char hash[32];
	struct json_walk w;

	if (fields.len == 0 || !json_member(fields, "attachments", &list) ||
	    json_kind(list) != '[')
		return 0;
	for (w = json_walk(list); json_next(&w, &none, &item);) {
		count++;
		if (json_kind(item) != '{' ||
		    !json_member(item, "blake2b", &value))
			continue;
		if (!json_plain(value, &hex) ||
		    text_unhex(hash, 32, hex.at, hex.len) < 0)
			return err_set(err, E_RECORD, "attachment %zu: "
			    "\"blake2b\": expected 64 hex digits", count);
		add_once(out, start, hash);
	}
	return buf_check(out, err);
}
