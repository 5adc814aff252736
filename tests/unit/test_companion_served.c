/* The companion mode before a whole lab: everything is read, carried to
 * another server and read again. */
#include "pieces.h"
#include "served.h"

#include <sodium.h>

#include "mirror/senaite/companion.h"

#define DOCS_MAX 2000
#define BLOBS_MAX 100

static struct served a, b, c;	/* full, empty, without it */

struct doc {
	char uid[MIRROR_UID_MAX + 1], path[300];
	struct buf text;
	unsigned depth;			/* of its path */
	int site;
};

struct docs {
	struct doc at[DOCS_MAX];
	size_t count, failed, absent;
};

static struct {
	unsigned char hash[32];
	struct buf bytes;
} blobs[BLOBS_MAX];
static size_t blob_count;

static void
docs_clear(struct docs *d)
{
	while (d->count > 0)
		buf_clear(&d->at[--d->count].text);
	d->failed = d->absent = 0;
}

static int
keep(void *ctx, struct json_span document, struct err *err)
{
	struct docs *all = ctx;
	struct doc *d = &all->at[all->count];
	struct json_span value;
	const char *p;

	CHECK(all->count < DOCS_MAX);
	CHECK_OK(json_scan(document.at, document.len, JSON_DEPTH_MAX, err),
	    err);
	memset(d, 0, sizeof(*d));
	senaite_text(d->uid, sizeof(d->uid), document, "uid");
	senaite_text(d->path, sizeof(d->path), document, "path");
	for (p = d->path; *p != '\0'; p++)
		d->depth += *p == '/';
	d->site = (json_member(document, "site", &value) &&
	    json_kind(value) == 't') || d->uid[0] == '/';
	buf_add(&d->text, document.at, document.len);
	all->count++;
	return buf_check(&d->text, err);
}

static int
keep_failed(void *ctx, const char *uid, const char *type, const char *reason,
    struct err *err)
{
	(void)uid;
	(void)err;
	CHECK(type[0] != '\0' && reason[0] != '\0');
	((struct docs *)ctx)->failed++;
	return 0;
}

static int
keep_absent(void *ctx, const char *uid, struct err *err)
{
	(void)uid;
	(void)err;
	((struct docs *)ctx)->absent++;
	return 0;
}

static int
path_cmp(const void *x, const void *y)
{
	const struct doc *p = x, *q = y;

	if (p->depth != q->depth)
		return p->depth < q->depth ? -1 : 1;
	return strcmp(p->path, q->path);
}

static void
read_list(const struct mirror *m, const struct mirror_list *l,
    struct docs *docs)
{
	struct mirror_sink sink = { keep, keep_failed, keep_absent, docs };
	const char *uids[MIRROR_READ_MAX], *p = l->uids.at;
	struct err err = ERR_INIT;
	size_t i, n = 0;

	for (i = 0; i < l->count; i++, p += strlen(p) + 1) {
		uids[n++] = p;
		if (n < MIRROR_READ_MAX && i + 1 < l->count)
			continue;
		CHECK_OK(m->ops->read(m->self, uids, n, &sink, &err), &err);
		n = 0;
	}
}

/* The whole instance, by depth. */
static void
read_all(const struct mirror *m, struct docs *docs)
{
	struct mirror_list l = { .count = 0 };
	struct err err = ERR_INIT;
	char after[MIRROR_UID_MAX + 1] = "";
	const char *p;
	size_t i;

	docs_clear(docs);
	do {
		CHECK_OK(m->ops->list(m->self, after, &l, &err), &err);
		read_list(m, &l, docs);
		for (i = 0, p = l.uids.at; i < l.count; i++) {
			CHECK(strcmp(after, p) < 0);
			(void)snprintf(after, sizeof(after), "%s", p);
			p += strlen(p) + 1;
		}
	} while (l.more);
	mirror_list_clear(&l);
	qsort(docs->at, docs->count, sizeof(docs->at[0]), path_cmp);
}

static const struct doc *
find(const struct docs *docs, const char *path)
{
	size_t i;

	for (i = 0; i < docs->count; i++)
		if (strcmp(docs->at[i].path, path) == 0)
			return &docs->at[i];
	FAIL("nothing at %s", path);
}

/* The text of a document with site objects called by their paths. */
static void
neutral(struct buf *out, const struct docs *docs, const struct doc *d)
{
	const char *p = d->text.at, *end = p + d->text.len;
	size_t i;

	buf_reset(out);
	while (p < end) {
		for (i = 0; i < docs->count; i++)
			if (docs->at[i].site && (size_t)(end - p) > 33 &&
			    memcmp(p, docs->at[i].uid, 32) == 0)
				break;
		if (i < docs->count && docs->at[i].uid[0] != '/') {
			buf_adds(out, docs->at[i].path);
			p += 32;
		} else {
			buf_addc(out, *p++);
		}
	}
	CHECK(buf_str(out) != NULL);
}

/* Files. */

static int64_t
read_blob(void *ctx, const unsigned char hash[32], uint64_t at, void *to,
    size_t len, struct err *err)
{
	size_t i, n;

	(void)ctx;
	for (i = 0; i < blob_count; i++)
		if (memcmp(blobs[i].hash, hash, 32) == 0)
			break;
	if (i == blob_count)
		return err_set(err, E_GAP, "no such blob");
	if (at >= blobs[i].bytes.len)
		return 0;
	n = blobs[i].bytes.len - (size_t)at < len ?
	    blobs[i].bytes.len - (size_t)at : len;
	memcpy(to, blobs[i].bytes.at + at, n);
	return (int64_t)n;
}

/* Append the item with the name of its content, as the store has it. */
static void
store_file(const struct mirror *m, const char *uid, struct json_span item,
    struct buf *out)
{
	struct err err = ERR_INIT;
	char hex[65];

	CHECK(blob_count < BLOBS_MAX);
	CHECK_OK(m->ops->blob(m->self, uid, item, pieces_add, pieces_again,
	    &blobs[blob_count].bytes, &err), &err);
	(void)crypto_generichash(blobs[blob_count].hash, 32,
	    (unsigned char *)blobs[blob_count].bytes.at,
	    blobs[blob_count].bytes.len, NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), blobs[blob_count++].hash, 32);
	buf_addf(out, "{\"blake2b\":\"%s\",%.*s", hex, (int)item.len - 1,
	    item.at + 1);
}

/* The document as it is to be written: files by the store's names. */
static void
prepare(const struct mirror *from, const struct docs *docs,
    const struct doc *d, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct json_span whole, files, key, item;
	struct json_walk w;

	neutral(&text, docs, d);
	whole = (struct json_span){ text.at, text.len };
	buf_reset(out);
	CHECK(json_member(whole, "attachments", &files) ||
	    d->uid[0] == '/');
	if (d->uid[0] == '/' || files.len == 2) {
		buf_add(out, text.at, text.len);
		return;
	}
	buf_add(out, text.at, (size_t)(files.at - text.at));
	w = json_walk(files);
	buf_addc(out, '[');
	while (json_next(&w, &key, &item)) {
		if (out->at[out->len - 1] == '}')
			buf_addc(out, ',');
		store_file(from, d->uid, item, out);
	}
	buf_addc(out, ']');
	buf_adds(out, files.at + files.len);
	CHECK(buf_str(out) != NULL);
}

/* Carrying. */

static const struct mirror_blobs store = { read_blob, NULL };

struct load {
	struct mirror_put puts[MIRROR_WRITE_MAX];
	struct buf texts[MIRROR_WRITE_MAX];
	size_t count;
};

/* Write what is waiting; `want` of every result. */
static void
unload(const struct mirror *to, struct load *l, enum mirror_result want)
{
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < l->count; i++)
		l->puts[i].document = (struct json_span){ l->texts[i].at,
		    l->texts[i].len };
	CHECK_OK(to->ops->write(to->self, l->puts, l->count, &store, &err),
	    &err);
	for (i = 0; i < l->count; i++) {
		if (l->puts[i].result != want)
			FAIL("%s is %d: %s", l->puts[i].uid,
			    l->puts[i].result, l->puts[i].reason.at);
		buf_clear(&l->puts[i].remote);
		buf_clear(&l->puts[i].read_back);
		buf_clear(&l->puts[i].reason);
		buf_clear(&l->texts[i]);
	}
	l->count = 0;
}

static void
carry(const struct mirror *from, const struct docs *docs,
    const struct mirror *to)
{
	static struct load l;
	size_t i;

	for (i = 0; i < docs->count; i++) {
		if (docs->at[i].site)
			continue;
		l.puts[l.count] = (struct mirror_put){
		    .uid = docs->at[i].uid };
		prepare(from, docs, &docs->at[i], &l.texts[l.count++]);
		if (l.count == MIRROR_WRITE_MAX)
			unload(to, &l, MIRROR_DONE);
	}
	unload(to, &l, MIRROR_DONE);
	while (blob_count > 0)
		buf_clear(&blobs[--blob_count].bytes);
}

static void
compare(const struct docs *x, const struct docs *y)
{
	CLEANUP(buf_clear) struct buf s = BUF_INIT;
	CLEANUP(buf_clear) struct buf t = BUF_INIT;
	size_t i, n = 0;

	for (i = 0; i < x->count; i++) {
		if (x->at[i].site)
			continue;
		neutral(&s, x, &x->at[i]);
		neutral(&t, y, find(y, x->at[i].path));
		CHECK_STR(t.at, s.at);
		n++;
	}
	CHECK(n > 50);
}

/* A file of 5 MiB and a bit in the first attachment: parts both ways. */
static void
make_large(const struct docs *docs)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < docs->count; i++)
		if (memmem(docs->at[i].text.at, docs->at[i].text.len,
		    "\"type\":\"Attachment\"", 19) != NULL)
			break;
	CHECK(i < docs->count);
	buf_addf(&body, "{\"op\": \"attach\", \"uid\": \"%s\", \"field\": "
	    "\"AttachmentFile\", \"name\": \"scan.pdf\", \"media\": "
	    "\"application/pdf\", \"data\": \"", docs->at[i].uid);
	for (i = 0; i < 5300000 / 3; i++)
		buf_addf(&body, "%c%c%cA", 'A' + (char)(i % 26),
		    'a' + (char)(i % 25), '0' + (char)(i / 999 % 10));
	buf_adds(&body, "\"}");
	served_post(&a, "/_lab", buf_str(&body), &out);
}

static void
meet(struct served *s, struct mirror *m)
{
	struct mirror_facts f;
	struct err err = ERR_INIT;

	served_open(s, m, CONFIG_COMPANION);
	CHECK_OK(m->ops->facts(m->self, &f, &err), &err);
	CHECK_STR(f.mode, "companion");
}

TEST(a_lab_is_carried_whole)
{
	static struct docs x, y;
	struct mirror m, n;

	meet(&a, &m);
	meet(&b, &n);
	read_all(&m, &x);
	CHECK(x.count > 150 && x.failed == 0 && x.absent == 0);
	CHECK(find(&x, "/registry") != NULL);
	CHECK(find(&x, "/users/labman") != NULL);
	make_large(&x);
	read_all(&m, &x);
	carry(&m, &x, &n);
	read_all(&n, &y);
	compare(&x, &y);
	carry(&m, &x, &n);			/* again: no harm */
	read_all(&n, &y);
	compare(&x, &y);
	docs_clear(&x);
	docs_clear(&y);
	m.ops->close(m.self);
	n.ops->close(n.self);
}

/* The log tells what was edited and deleted, and nothing else. */
TEST(changes_of_a_day)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	CLEANUP(buf_clear) struct buf cursor = BUF_INIT;
	struct mirror_changes log = { .more = 0 };
	struct mirror m;
	struct err err = ERR_INIT;
	struct json_span first, key;
	struct json_walk w;
	char uid[40];

	meet(&a, &m);
	CHECK_INT(m.ops->changes(m.self, "", &log, &err), 1);
	buf_adds(&cursor, log.cursor.at);
	CHECK_INT(m.ops->changes(m.self, buf_str(&cursor), &log, &err), 1);
	CHECK(log.changed.count == 0 && log.deleted.count == 0 && !log.more);
	served_post(&a, "/_lab", "[{\"op\": \"edit\", \"path\": "
	    "\"/clients/client-1\", \"fields\": {\"Name\": \"New\"}}]", &out);
	w = json_walk((struct json_span){ out.at, out.len });
	CHECK(json_next(&w, &key, &first));
	if (json_kind(first) == '[') {
		w = json_walk(first);
		CHECK(json_next(&w, &key, &first));
	}
	senaite_text(uid, sizeof(uid), first, "uid");
	CHECK_INT(m.ops->changes(m.self, cursor.at, &log, &err), 1);
	CHECK_INT(log.changed.count, 1);
	CHECK_STR(log.changed.uids.at, uid);
	CHECK_INT(m.ops->is_gone(m.self, uid, &err), 0);
	served_post(&a, "/_lab", "{\"op\": \"delete\", \"path\": "
	    "\"/clients/client-1\"}", &out);
	CHECK_INT(m.ops->changes(m.self, cursor.at, &log, &err), 1);
	CHECK(log.deleted.count > 1);		/* with what is inside */
	CHECK_INT(m.ops->is_gone(m.self, uid, &err), 1);
	served_post(&a, "/_lab", "{\"op\": \"log\", \"on\": true}", &out);
	CHECK_INT(m.ops->changes(m.self, cursor.at, &log, &err), 0);
	mirror_changes_clear(&log);
	m.ops->close(m.self);
}

static int
note(void *ctx, int level, const char *what, const char *next,
    struct err *err)
{
	(void)err;
	buf_addf(ctx, "%d %s | %s\n", level, what, next);
	return 0;
}

/* Nothing is installed there: plain mode, and doctor says so. */
TEST(no_companion)
{
	CLEANUP(buf_clear) struct buf found = BUF_INIT;
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	served_open(&c, &m, CONFIG_AUTO);
	CHECK_OK(m.ops->facts(m.self, &f, &err), &err);
	CHECK_STR(f.mode, "plain");
	CHECK_OK(m.ops->doctor(m.self, note, &found, &err), &err);
	CHECK(strstr(buf_str(&found), "1 mode plain, satchel.companion is "
	    "not installed there") != NULL);
	CHECK(strstr(found.at, "0 plone.restapi is there") != NULL);
	CHECK(strstr(found.at, "1 does not travel: ") != NULL);
	m.ops->close(m.self);
	served_open(&c, &m, CONFIG_COMPANION);
	CHECK_ERR(m.ops->facts(m.self, &f, &err), &err, E_CONFIG);
	m.ops->close(m.self);
}

TEST(not_every_user_will_do)
{
	struct served other = a;
	struct mirror m;
	struct mirror_facts f;
	struct err err = ERR_INIT;

	(void)snprintf(other.user, sizeof(other.user), "nobody");
	served_open(&other, &m, CONFIG_AUTO);
	CHECK_ERR(m.ops->facts(m.self, &f, &err), &err, E_DEST_AUTH);
	m.ops->close(m.self);
}

int
main(void)
{
	char *const full[] = { (char[]){ "--companion" },
	    (char[]){ "--objects" }, (char[]){ "300" }, NULL };
	char *const empty[] = { (char[]){ "--companion" },
	    (char[]){ "--empty" }, (char[]){ "--seed" }, (char[]){ "2" },
	    NULL };
	char *const plain[] = { (char[]){ "--empty" }, NULL };
	int rc = 1;

	if (served_start(&a, full) && served_start(&b, empty) &&
	    served_start(&c, plain))
		rc = unit_run();
	served_stop(&a);
	served_stop(&b);
	served_stop(&c);
	return rc;
}
