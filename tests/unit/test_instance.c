#include <zstd.h>

#include "instances.h"

/* --- rows -------------------------------------------------------------- */

static const char *
kind_of(struct lab *l)
{
	static struct buf kind;

	buf_reset(&kind);
	CHECK_OK(instance_kind(l->s, &kind, &l->err), &l->err);
	return buf_str(&kind);
}

TEST(kind)
{
	struct lab l;

	lab_begin(&l, "a");
	CHECK_STR(kind_of(&l), "lab");
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM sqlite_master WHERE "
	    "name LIKE 'instance%'"), 0);
	lab_end(&l);
	mirror_begin(&l, "a");
	CHECK_STR(kind_of(&l), "senaite");
	lab_end(&l);
}

TEST(state_names)
{
	CHECK_STR(instance_state_name(INSTANCE_HELD), "held");
	CHECK_STR(instance_state_name(INSTANCE_UNREAD), "unread");
	CHECK_STR(instance_state_name(INSTANCE_REFUSED), "refused");
	CHECK_STR(instance_state_name(INSTANCE_WAITING), "waiting");
	CHECK_STR(instance_state_name(INSTANCE_LEFT), "left");
}

TEST(row_comes_back)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	CLEANUP(instance_row_clear) struct instance_row q = INSTANCE_ROW_INIT;
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	struct lab l;

	mirror_begin(&l, "a");
	buf_adds(&r.uid, "c1");
	buf_adds(&r.remote, "r1");
	buf_adds(&r.remote_id, "B-c1");
	buf_adds(&r.doc, "{\"id\":\"c1\"}");
	buf_adds(&r.why, "[{\"reason\":\"no\"}]");
	r.seq = 7;
	r.seen = 8;
	r.state = INSTANCE_REFUSED;
	r.tries = 9;
	CHECK_OK(instance_put(l.s, &r, &l.err), &l.err);
	CHECK_INT(instance_get(l.s, "c1", 2, &q, &l.err), 1);
	CHECK_STR(q.uid.at, "c1");
	CHECK_STR(q.remote.at, "r1");
	CHECK_STR(q.remote_id.at, "B-c1");
	CHECK_STR(q.doc.at, "{\"id\":\"c1\"}");
	CHECK_STR(q.why.at, "[{\"reason\":\"no\"}]");
	CHECK_INT(q.seq, 7);
	CHECK_INT(q.seen, 8);
	CHECK_INT(q.state, INSTANCE_REFUSED);
	CHECK_INT(q.tries, 9);
	CHECK_INT(instance_uid_of(l.s, "r1", 2, &name, &l.err), 1);
	CHECK_STR(name.at, "c1");
	CHECK_INT(instance_remote_of(l.s, "c1", 2, &name, &l.err), 1);
	CHECK_STR(name.at, "c1r1");	/* appended */
	CHECK_INT(instance_uid_of(l.s, "c1", 2, &name, &l.err), 0);
	CHECK_INT(instance_remote_of(l.s, "r1", 2, &name, &l.err), 0);

	/* All of it is replaced; what is empty is gone. */
	instance_row_clear(&r);
	buf_adds(&r.uid, "c1");
	CHECK_OK(instance_put(l.s, &r, &l.err), &l.err);
	CHECK_INT(instance_by_remote(l.s, "r1", 2, &q, &l.err), 0);
	CHECK_INT(q.uid.len, 0);
	CHECK_INT(instance_get(l.s, "c1", 2, &q, &l.err), 1);
	CHECK_INT(q.remote.len + q.remote_id.len + q.doc.len + q.why.len, 0);
	CHECK_INT(q.seq + q.seen + (uint64_t)q.tries, 0);
	CHECK_INT(q.state, INSTANCE_HELD);
	CHECK_INT(instance_remote_of(l.s, "c1", 2, &name, &l.err), 0);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM instance_doc"), 0);
	lab_end(&l);
}

TEST(one_remote_is_one_object)
{
	struct lab l;

	mirror_begin(&l, "a");
	row_put(&l, "c1", "r1", INSTANCE_HELD, "");
	row_put(&l, "c1", "r1", INSTANCE_HELD, "");
	row_put(&l, "c2", "", INSTANCE_HELD, "");
	row_put(&l, "c3", "", INSTANCE_HELD, "");
	{
		CLEANUP(instance_row_clear) struct instance_row r =
		    INSTANCE_ROW_INIT;

		buf_adds(&r.uid, "c2");
		buf_adds(&r.remote, "r1");
		CHECK_ERR(instance_put(l.s, &r, &l.err), &l.err,
		    E_DEST_MISMATCH);
		CHECK_INT(instance_get(l.s, "c2", 2, &r, &l.err), 1);
		CHECK_INT(r.remote.len, 0);
	}
	lab_end(&l);
}

/* `len` bytes of text that repeats now and then. */
static void
fill_doc(struct buf *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf_addc(out, (char)('a' + (i * 7 + i / 97) % 26));
}

/* The document of every row becomes this. */
static void
put_frame(struct lab *l, const struct buf *doc)
{
	size_t bound = ZSTD_compressBound(doc->len), n;
	char *frame = malloc(bound);
	sqlite3_stmt *st = NULL;

	CHECK(frame != NULL);
	n = ZSTD_compress(frame, bound, doc->at, doc->len, 1);
	CHECK(!ZSTD_isError(n));
	CHECK_INT(sqlite3_prepare_v2(l->s->db, "UPDATE instance_doc SET "
	    "doc=?", -1, &st, NULL), 0);
	(void)sqlite3_bind_blob64(st, 1, frame, n, SQLITE_STATIC);
	CHECK_INT(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
	free(frame);
}

TEST(documents_are_compressed)
{
	static const size_t sizes[] = { 1, 2, 100, 8192, 300000,
	    INSTANCE_DOC_MAX };
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	CLEANUP(instance_row_clear) struct instance_row q = INSTANCE_ROW_INIT;
	struct lab l;
	size_t i;

	mirror_begin(&l, "a");
	buf_adds(&r.uid, "c1");
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		buf_reset(&r.doc);
		fill_doc(&r.doc, sizes[i]);
		CHECK_OK(instance_put(l.s, &r, &l.err), &l.err);
		CHECK_INT(instance_get(l.s, "c1", 2, &q, &l.err), 1);
		CHECK_INT(q.doc.len, sizes[i]);
		CHECK(memcmp(q.doc.at, r.doc.at, sizes[i]) == 0);
	}
	CHECK(lab_number(&l, "SELECT length(doc) FROM instance_doc") <
	    INSTANCE_DOC_MAX / 4);
	buf_addc(&r.doc, 'x');
	CHECK_ERR(instance_put(l.s, &r, &l.err), &l.err, E_LIMIT);

	lab_sql(&l, "UPDATE instance_doc SET doc=substr(doc,1,99)");
	CHECK_ERR(instance_get(l.s, "c1", 2, &q, &l.err), &l.err, E_DAMAGED);
	lab_sql(&l, "UPDATE instance_doc SET doc=x'00'");
	CHECK_ERR(instance_get(l.s, "c1", 2, &q, &l.err), &l.err, E_DAMAGED);
	put_frame(&l, &r.doc);		/* a good one, of too much */
	CHECK_ERR(instance_get(l.s, "c1", 2, &q, &l.err), &l.err, E_DAMAGED);
	lab_sql(&l, "DELETE FROM instance_doc; UPDATE instance_object SET "
	    "state=5");
	CHECK_ERR(instance_get(l.s, "c1", 2, &q, &l.err), &l.err, E_DAMAGED);
	lab_end(&l);
}

TEST(notes_and_blobs)
{
	static const unsigned char hash[32] = { 1, 2, 3 };
	const struct json_span f = { "File", 4 }, t = { "t1", 2 };
	const struct json_span u = { "t2", 2 };
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	unsigned char got[32];
	uint64_t size = 0;
	struct lab l;

	mirror_begin(&l, "a");
	CHECK_INT(instance_note(l.s, "cursor", &b, &l.err), 0);
	CHECK_OK(instance_note_put(l.s, "cursor", "1", &l.err), &l.err);
	CHECK_OK(instance_note_put(l.s, "cursor", "22", &l.err), &l.err);
	CHECK_INT(instance_note(l.s, "cursor", &b, &l.err), 1);
	CHECK_STR(b.at, "22");
	CHECK_OK(instance_note_put(l.s, "cursor", NULL, &l.err), &l.err);
	CHECK_INT(instance_note(l.s, "cursor", &b, &l.err), 0);

	CHECK_INT(instance_blob(l.s, "c1", 2, f, t, got, &size, &l.err), 0);
	CHECK_OK(instance_blob_put(l.s, "c1", 2, f, t, hash, 77, &l.err),
	    &l.err);
	CHECK_INT(instance_blob(l.s, "c1", 2, f, u, got, &size, &l.err), 0);
	CHECK_INT(instance_blob(l.s, "c1", 2, f, t, got, &size, &l.err), 1);
	CHECK_INT(size, 77);
	CHECK(memcmp(got, hash, 32) == 0);
	CHECK_OK(instance_blob_put(l.s, "c1", 2, f, t, hash, 78, &l.err),
	    &l.err);
	CHECK_INT(instance_blob(l.s, "c1", 2, f, t, got, &size, &l.err), 1);
	CHECK_INT(size, 78);
	CHECK_OK(instance_forget(l.s, "c1", 2, &l.err), &l.err);
	CHECK_INT(instance_blob(l.s, "c1", 2, f, t, got, &size, &l.err), 0);
	lab_end(&l);
}

/* Append "uid " or "type:uid "; forget the row, to see that it may. */
struct listing {
	struct lab *l;
	struct buf out;
	int forget;
};

static int
list_row(void *ctx, const struct instance_row *r, struct err *err)
{
	struct listing *x = ctx;

	buf_addf(&x->out, "%s ", r->uid.at);
	return x->forget ? instance_forget(x->l->s, r->uid.at, r->uid.len,
	    err) : 0;
}

static int
list_refused(void *ctx, const struct instance_row *r, const char *type,
    struct err *err)
{
	buf_addf(&((struct listing *)ctx)->out, "%s:", type);
	return list_row(ctx, r, err);
}

TEST(missing)
{
	struct listing x = { .forget = 0 };
	struct lab l;
	uint64_t n;

	mirror_begin(&l, "a");
	x.l = &l;
	row_put(&l, "c1", "r1", INSTANCE_HELD, "");
	row_put(&l, "c2", "r2", INSTANCE_HELD, "");
	row_put(&l, "c3", "", INSTANCE_REFUSED, "");
	row_put(&l, "c4", "r4", INSTANCE_LEFT, "");
	row_put(&l, "c5", "r5", INSTANCE_UNREAD, "");
	CHECK_INT(instance_see(l.s, "r2", 2, 5, &l.err), 1);
	CHECK_INT(instance_see(l.s, "r5", 2, 6, &l.err), 1);
	CHECK_INT(instance_see(l.s, "c1", 2, 5, &l.err), 0);
	CHECK_OK(instance_missing(l.s, 5, &n, &l.err), &l.err);
	CHECK_INT(n, 2);
	CHECK_INT(instance_missing_next(l.s, 5, "", 1, list_row, &x, &l.err),
	    1);
	CHECK_STR(buf_str(&x.out), "c1 ");
	x.forget = 1;
	CHECK_INT(instance_missing_next(l.s, 5, "c1", 9, list_row, &x,
	    &l.err), 1);
	CHECK_STR(buf_str(&x.out), "c1 c4 ");
	CHECK_INT(instance_missing_next(l.s, 7, "", 9, list_row, &x, &l.err),
	    3);
	CHECK_STR(buf_str(&x.out), "c1 c4 c1 c2 c5 ");
	CHECK_OK(instance_missing(l.s, 7, &n, &l.err), &l.err);
	CHECK_INT(n, 0);
	buf_clear(&x.out);
	lab_end(&l);
}

TEST(refused)
{
	struct listing x = { .forget = 1 };
	struct lab l;

	mirror_begin(&l, "a");
	x.l = &l;
	load(&l, "{\"uid\":\"a\",\"type\":\"Z\"}\n"
	    "{\"uid\":\"c\",\"type\":\"B\"}\n{\"uid\":\"b\",\"type\":\"B\"}\n"
	    "{\"uid\":\"d\",\"type\":\"B\"}\n{\"uid\":\"e\",\"type\":\"B\"}\n",
	    "5 0 0 0");
	row_put(&l, "a", "", INSTANCE_REFUSED, "");
	row_put(&l, "b", "rb", INSTANCE_WAITING, "");
	row_put(&l, "c", "rc", INSTANCE_REFUSED, "");
	row_put(&l, "d", "rd", INSTANCE_HELD, "");
	row_put(&l, "e", "re", INSTANCE_LEFT, "");
	row_put(&l, "f", "rf", INSTANCE_UNREAD, "");
	CHECK_OK(instance_refused_each(l.s, list_refused, &x, &l.err),
	    &l.err);
	CHECK_STR(buf_str(&x.out), ":f B:b B:c Z:a ");
	buf_reset(&x.out);
	CHECK_OK(instance_refused_each(l.s, list_refused, &x, &l.err),
	    &l.err);
	CHECK_STR(buf_str(&x.out), "");
	buf_clear(&x.out);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
