#include "terms.h"

#include <string.h>

#include "../base/text.h"
#include "../store/refs.h"
#include "mirror.h"

/* --- names ------------------------------------------------------------- */

/* Append "site:" and the path, with what a uid may not have as ~xx. */
static void
add_site(struct buf *out, struct json_span path)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+-";
	size_t i;
	char c;

	buf_adds(out, TERMS_SITE);
	for (i = 0; i < path.len; i++) {
		c = path.at[i];
		if (memchr(fine, c, sizeof fine - 1) == NULL ||
		    (c == '.' && i > 0 && path.at[i - 1] == '.'))
			buf_addf(out, "~%02x", (unsigned)(unsigned char)c);
		else
			buf_addc(out, c);
	}
}

/* Append the path of "site:/...": 1; 0 and nothing if the uid is none that
 * add_site makes of a text. */
static int
add_path(struct buf *out, struct json_span uid)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, json = BUF_INIT;
	const size_t skip = sizeof TERMS_SITE - 1;
	struct err err = ERR_INIT;
	unsigned char byte;
	size_t i;

	if (uid.len <= skip || memcmp(uid.at, TERMS_SITE, skip) != 0 ||
	    uid.at[skip] != '/')
		return 0;
	for (i = skip; i < uid.len; i++) {
		byte = (unsigned char)uid.at[i];
		if (byte == '~') {
			if (uid.len - i < 3 ||
			    text_unhex(&byte, 1, uid.at + i + 1, 2) < 0 ||
			    byte < 0x20)
				return 0;
			i += 2;
		}
		buf_addc(&path, (char)byte);
	}
	text_json(&json, path.at, path.len);
	if (json.failed || json_scan(json.at, json.len, 1, &err) < 0)
		return 0;
	buf_add(out, path.at, path.len);
	return 1;
}

int
terms_uid(struct store *s, const char *remote, size_t len, struct buf *out,
    struct err *err)
{
	struct json_span text = { remote, len };
	int rc = instance_uid_of(s, remote, len, out, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (len > 0 && remote[0] == '/')
		add_site(out, text);
	else
		buf_add(out, remote, len);
	(void)buf_str(out);
	return buf_check(out, err);
}

/* The instance's name of a uid of the store, appended: 1, or 0 if it is not
 * known and given as it is. */
static int
remote_name(struct store *s, struct json_span uid, struct buf *out,
    struct err *err)
{
	int rc = instance_remote_of(s, uid.at, uid.len, out, err);

	if (rc != 0)
		return rc;
	rc = add_path(out, uid);
	if (rc == 0)
		buf_add(out, uid.at, uid.len);
	return buf_check(out, err) < 0 ? -(int)err->code : rc;
}

/* --- documents --------------------------------------------------------- */

/* One translation. */
struct terms {
	struct store *s;
	int out;			/* 1: for the instance */
	uint64_t open;			/* references to what is not there */
	struct buf uid, id;		/* what they shall be, with quotes;
					 * id empty: as it is */
	struct json_span was;		/* the id in the text, with quotes */
	struct buf name;
};

static void
terms_clear(struct terms *t)
{
	buf_clear(&t->uid);
	buf_clear(&t->id);
	buf_clear(&t->name);
}

/* Append the other name of what is referred to, with quotes. */
static int
add_name(struct terms *t, struct json_span uid, struct buf *out,
    struct err *err)
{
	int rc;

	buf_reset(&t->name);
	if (t->out)
		rc = remote_name(t->s, uid, &t->name, err);
	else
		rc = terms_uid(t->s, uid.at, uid.len, &t->name, err);
	if (rc < 0)
		return rc;
	t->open += t->out && rc == 0;
	text_json(out, t->name.at, t->name.len);
	return 0;
}

/* Append text with its references in other terms, all else as it is. */
static int
add_text(struct terms *t, struct json_span text, struct buf *out,
    struct err *err)
{
	struct refs_walk w = refs_walk(text);
	const char *from = text.at;
	struct json_span uid;
	int rc;

	while (refs_next(&w, &uid)) {
		buf_add(out, from, (size_t)(uid.at - 1 - from));
		if ((rc = add_name(t, uid, out, err)) < 0)
			return rc;
		from = uid.at + uid.len + 1;
	}
	buf_add(out, from, (size_t)(text.at + text.len - from));
	return 0;
}

static int
add_member(struct terms *t, struct json_span key, struct json_span value,
    struct buf *out, struct err *err)
{
	struct json_span all = { key.at - 1,
	    (size_t)(value.at + value.len - key.at) + 1 }, uid;
	size_t head = (size_t)(value.at - all.at);

	if (json_is(key, "uid")) {
		buf_add(out, all.at, head);
		buf_add(out, t->uid.at, t->uid.len);
	} else if (t->id.len > 0 && (json_is(key, "id") ||
	    (json_is(key, "title") && json_same(value, t->was)))) {
		buf_add(out, all.at, head);
		buf_add(out, t->id.at, t->id.len);
	} else if (json_is(key, "parent") && json_plain(value, &uid)) {
		buf_add(out, all.at, head);
		return add_name(t, uid, out, err);
	} else if (json_is(key, "history") || json_is(key, "attachments")) {
		buf_add(out, all.at, all.len);
	} else {
		return add_text(t, all, out, err);
	}
	return 0;
}

/* A title that is the id goes with it: so SENAITE calls what has none. */
static int
add_members(struct terms *t, struct json_span object, struct buf *out,
    struct err *err)
{
	struct json_walk w = json_walk(object);
	struct json_span key, value;
	char c = '{';
	int rc;

	if (!json_member(object, "id", &t->was))
		t->was = (struct json_span){ "", 0 };
	while (json_next(&w, &key, &value)) {
		if (!t->out && (json_is(key, "path") || json_is(key, "site")))
			continue;
		buf_addc(out, c);
		if ((rc = add_member(t, key, value, out, err)) < 0)
			return rc;
		c = ',';
	}
	buf_addc(out, '}');
	return buf_check(out, err);
}

/* The uid that a document has in the store, appended. */
static int
uid_in(struct store *s, struct json_span document, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf remote = BUF_INIT, path = BUF_INIT;
	size_t start = out->len;
	struct json_span x;
	int rc;

	if (!json_member_text(document, "uid", &remote) || remote.len == 0 ||
	    remote.len > MIRROR_UID_MAX)
		return err_set(err, E_RECORD, "a document without \"uid\" of "
		    "1 to %u bytes", MIRROR_UID_MAX);
	rc = instance_uid_of(s, remote.at, remote.len, out, err);
	if (rc == 0 && json_member(document, "site", &x) &&
	    json_kind(x) == 't' && json_member_text(document, "path", &path) &&
	    path.len > 0)
		add_site(out, json_of(&path));
	else if (rc == 0)
		rc = terms_uid(s, remote.at, remote.len, out, err);
	(void)buf_str(out);
	if (rc < 0 || (rc = buf_check(out, err)) < 0)
		return rc;
	if (!text_is_uid(out->at + start, out->len - start))
		return err_set(err, E_RECORD, "\"%s\" cannot be a uid",
		    out->at + start);
	return 0;
}

/* The id of a record whose id there was changed by a prefix, with quotes;
 * nothing if the document has another id than that. */
static int
id_in(struct store *s, struct json_span document,
    const struct instance_row *row, struct buf *out, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	CLEANUP(buf_clear) struct buf id = BUF_INIT;
	struct json_span x;
	int rc;

	if (row == NULL || row->remote_id.len == 0 ||
	    !json_member_text(document, "id", &id) ||
	    id.len != row->remote_id.len ||
	    memcmp(id.at, row->remote_id.at, id.len) != 0)
		return 0;
	if (row->doc.len > 0) {
		if (json_member(json_of(&row->doc), "id", &x))
			buf_add(out, x.at, x.len);
		return 0;
	}
	if ((rc = object_get(s, row->uid.at, row->uid.len, &o, err)) <= 0)
		return rc;
	x = o.set.v[merge_winner(o.set)]->fields;
	if (x.len > 0 && json_member(x, "id", &x))
		buf_add(out, x.at, x.len);
	return 0;
}

int
terms_in(struct store *s, struct json_span document,
    const struct instance_row *row, struct buf *out, struct buf *ret_uid,
    struct err *err)
{
	CLEANUP(terms_clear) struct terms t = { .s = s };
	size_t start = ret_uid->len;
	int rc;

	if ((rc = uid_in(s, document, ret_uid, err)) < 0 ||
	    (rc = id_in(s, document, row, &t.id, err)) < 0)
		return rc;
	text_json(&t.uid, ret_uid->at + start, ret_uid->len - start);
	return add_members(&t, document, out, err);
}

int
terms_out(struct store *s, struct json_span line, const char *id,
    struct buf *out, uint64_t *ret_open, struct err *err)
{
	CLEANUP(terms_clear) struct terms t = { .s = s, .out = 1 };
	struct json_span uid;
	int rc;

	*ret_open = 0;
	if (!json_member(line, "uid", &uid) || !json_plain(uid, &uid))
		return err_set(err, E_RECORD, "a line without \"uid\"");
	if ((rc = add_name(&t, uid, &t.uid, err)) < 0)
		return rc;
	t.open = 0;
	if (id != NULL)
		text_json(&t.id, id, strlen(id));
	if ((rc = add_members(&t, line, out, err)) < 0)
		return rc;
	*ret_open = t.open;
	return 0;
}

/* --- prefixes ---------------------------------------------------------- */

static int
begins_with(const char *text, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return n > 0 && len > n && memcmp(text, prefix, n) == 0;
}

int
terms_id(const struct config_policy *p, const char *type, size_t type_len,
    const char *id, size_t id_len, struct buf *out, struct err *err)
{
	size_t skip = 0;
	int differs = 0;

	if (config_has_type(&p->prefix_types, type, type_len)) {
		if (p->local_prefix != NULL &&
		    begins_with(id, id_len, p->local_prefix)) {
			skip = strlen(p->local_prefix);
			differs = 1;
		} else if (p->remote_prefix != NULL && id_len > 0 &&
		    p->remote_prefix[0] != '\0' &&
		    !begins_with(id, id_len, p->remote_prefix)) {
			buf_adds(out, p->remote_prefix);
			differs = 1;
		}
	}
	buf_add(out, id + skip, id_len - skip);
	(void)buf_str(out);
	return buf_check(out, err) < 0 ? -(int)err->code : differs;
}
