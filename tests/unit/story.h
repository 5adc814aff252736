/* story.h: two labs and a mirror in steps, each of which may fail and be tried
 * again, for tests that make them fail.  A step is given the store of its
 * site. */
#ifndef SATCHEL_TEST_STORY_H
#define SATCHEL_TEST_STORY_H

#include "../../store/conflict.h"
#include "../../store/digest.h"
#include "../../store/dump.h"
#include "../../store/instance.h"
#include "../../store/lines.h"
#include "../../store/log.h"
#include "../../store/stream.h"
#include "sites.h"

struct world {
	struct sites t;
	struct store *s;		/* that the step is given */
	char path[160];			/* of the file last exported */
	uint64_t records;		/* at most in a file */
	const unsigned char (*wanted)[32];
	size_t wanted_count;
	struct buf out;
};

static const char *
in_world(const struct world *w, const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof path, "%.60s/%s", w->t.folder, name);
	return path;
}

/* --- labs -------------------------------------------------------------- */

static int
put(void *ctx, const void *data, size_t len, struct err *err)
{
	struct world *w = ctx;

	buf_add(&w->out, data, len);
	return buf_check(&w->out, err);
}

static int
load(struct world *w, struct store *s, const char *name, struct err *err)
{
	const char *path = in_world(w, name);
	struct lines_stats n;

	return lines_load(s, &path, 1, NULL, &n, err);
}

static int
load_first(struct world *w, struct store *s, struct err *err)
{
	return load(w, s, "first.jsonl", err);
}

static int
load_second(struct world *w, struct store *s, struct err *err)
{
	return load(w, s, "second.jsonl", err);
}

static int
load_other(struct world *w, struct store *s, struct err *err)
{
	return load(w, s, "other.jsonl", err);
}

static int
delete(struct world *w, struct store *s, struct err *err)
{
	static const char *const uids[] = { "gone", "gone2" };
	struct lines_stats n;

	(void)w;
	return lines_delete(s, uids, 2, &n, err);
}

static int
dump(struct world *w, struct store *s, struct err *err)
{
	struct dump_what what = { .deleted = 1,
	    .attachments = in_world(w, "out") };
	struct dump_out out = { put, w };

	buf_reset(&w->out);
	return dump_all(s, &what, &out, err);
}

static int
no_entry(void *ctx, const struct log_entry *e, struct err *err)
{
	(void)ctx;
	(void)e;
	(void)err;
	return 0;
}

static int
no_peer(void *ctx, const struct peer *p, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)err;
	return 0;
}

static int
look(struct world *w, struct store *s, struct err *err)
{
	unsigned char sum[32];
	struct peer p;
	uint64_t n, m;
	int rc;

	buf_reset(&w->out);
	if ((rc = dump_object(s, "clash", &w->out, err)) < 0 ||
	    (rc = object_count(s, &n, &m, err)) < 0 ||
	    (rc = digest_all(s, sum, err)) < 0 ||
	    (rc = log_each(s, 0, no_entry, NULL, err)) < 0 ||
	    (rc = peer_each(s, no_peer, NULL, err)) < 0 ||
	    (rc = peer_find(s, "b", &p, err)) < 0 ||
	    (rc = stream_gaps(s, p.id, &n, err)) < 0 ||
	    (rc = export_due(s, "b", &n, err)) < 0)
		return rc;
	return 0;
}

static int
policy(struct world *w, struct store *s, struct err *err)
{
	struct peer p;
	int rc;

	(void)w;
	if ((rc = peer_find(s, "b", &p, err)) < 0 ||
	    (rc = peer_set_encrypt(s, p.id, PEER_ENCRYPT, err)) < 0 ||
	    (rc = peer_set_forward(s, p.id, 1, err)) < 0 ||
	    (rc = log_add(s, "peer", "b", NULL, "{}", err)) < 0)
		return rc;
	return 0;
}

static int
come_back(struct world *w, struct store *s, struct err *err)
{
	struct peer p;
	int rc;

	(void)w;
	if ((rc = peer_find(s, "c", &p, err)) < 0 ||
	    (rc = peer_remove(s, p.id, err)) < 0 ||
	    (rc = peer_add(s, &p, err)) < 0 ||
	    (rc = peer_revoke(s, p.id, err)) < 0)
		return rc;
	return 0;
}

static int
export(struct world *w, struct store *s, const char *to,
    int (*run)(struct store *, const struct export_request *,
    struct export_result *, struct err *), struct err *err)
{
	struct export_request r = sites_request(&w->t, s->self.site, &to, 1);
	struct export_result files = EXPORT_RESULT_INIT;
	int rc;

	r.max_records = w->records;
	r.wanted = w->wanted;
	r.wanted_count = w->wanted_count;
	if ((rc = guard_check(s, w->t.state, err)) < 0)
		return rc;
	rc = run(s, &r, &files, err);
	if (rc >= 0)
		(void)snprintf(w->path, sizeof w->path, "%s",
		    files.files[files.count - 1].path);
	export_result_clear(&files);
	return rc;
}

static int
export_to_a(struct world *w, struct store *s, struct err *err)
{
	return export(w, s, "a", export_run, err);
}

static int
export_to_b(struct world *w, struct store *s, struct err *err)
{
	return export(w, s, "b", export_run, err);
}

/* The last file of a chain, which is not its turn yet. */
static int
chain_to_b(struct world *w, struct store *s, struct err *err)
{
	int rc;

	w->records = 1;
	rc = export(w, s, "b", export_run, err);
	w->records = 0;
	return rc;
}

/* An attachment that the peer asks for. */
static int
wanted_to_b(struct world *w, struct store *s, struct err *err)
{
	unsigned char hash[1][32];
	int rc;

	(void)crypto_generichash(hash[0], 32, (const unsigned char *)"abc", 3,
	    NULL, 0);
	w->wanted = (const unsigned char (*)[32])hash;
	w->wanted_count = 1;
	rc = export(w, s, "b", export_run, err);
	w->wanted = NULL;
	w->wanted_count = 0;
	return rc;
}

static int
receipt_to_b(struct world *w, struct store *s, struct err *err)
{
	return export(w, s, "b", export_receipt, err);
}

/* What is wrong with a file is in its report. */
static int
read_file(struct world *w, struct store *s, enum import_mode mode,
    struct err *err)
{
	struct import_request r = { .mode = mode, .identity = sites_identity,
	    .ctx = sites_find(&w->t, s->self.site)->age };
	struct import_result ret = { NULL, 0 };
	const char *path = w->path;
	int rc;

	if ((rc = guard_check(s, w->t.state, err)) < 0)
		return rc;
	rc = import_run(s, &path, 1, &r, &ret, err);
	if (rc >= 0 && ret.at[0].err.code != E_OK &&
	    ret.at[0].err.code != E_GAP) {
		err_recall(err, &ret.at[0].err);
		rc = -(int)err->code;
	}
	import_result_clear(&ret);
	return rc;
}

static int
verify(struct world *w, struct store *s, struct err *err)
{
	return read_file(w, s, IMPORT_VERIFY, err);
}

static int
import(struct world *w, struct store *s, struct err *err)
{
	return read_file(w, s, IMPORT_APPLY, err);
}

static int
name_sites(void *ctx, const struct conflict_item *c, struct err *err)
{
	struct world *w = ctx;
	size_t i;
	int rc;

	for (i = 0; i < c->object->set.count; i++)
		if ((rc = conflict_site(w->s, c->object->set.v[i], &w->out,
		    err)) < 0)
			return rc;
	return 0;
}

static int
list(struct world *w, struct store *s, struct err *err)
{
	return conflict_each(s, name_sites, w, err);
}

static int
take(struct world *w, struct store *s, struct err *err)
{
	(void)w;
	return conflict_take(s, "clash", "b", "better", err);
}

static int
merge(struct world *w, struct store *s, struct err *err)
{
	return conflict_merge(s, "clash2", in_world(w, "merged.jsonl"),
	    "both", err);
}

static int
no_uid(void *ctx, const char *uid, struct err *err)
{
	(void)ctx;
	(void)uid;
	(void)err;
	return 0;
}

static int
settle(struct world *w, struct store *s, struct err *err)
{
	uint64_t n;

	(void)w;
	return conflict_disjoint(s, NULL, no_uid, NULL, &n, err);
}

static int
restored(struct world *w, struct store *s, struct err *err)
{
	return guard_restored(s, w->t.state, "abcdefabcdefabcd", 1, "", err);
}

/* --- a mirror ---------------------------------------------------------- */

static int
mirror_init(struct world *w, struct store *s, struct err *err)
{
	(void)w;
	return instance_init(s, "senaite", err);
}

static int
mirror_rows(struct world *w, struct store *s, struct err *err)
{
	static const char *const uids[] = { "clash", "clash2", "apart", "x" };
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	size_t i;
	int rc;

	(void)w;
	for (i = 0; i < 4; i++) {
		instance_row_clear(&r);
		buf_adds(&r.uid, uids[i]);
		buf_addf(&r.remote, "r-%s", uids[i]);
		buf_adds(&r.doc, "{}");
		r.state = i % 2 == 0 ? INSTANCE_HELD : INSTANCE_REFUSED;
		if ((rc = instance_put(s, &r, err)) < 0)
			return rc;
	}
	return 0;
}

static int
mirror_shows(struct world *w, struct store *s, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	int rc;

	(void)w;
	if ((rc = object_get(s, "clash", 5, &o, err)) < 0)
		return rc;
	return instance_show(s, "clash", 5, o.set.v, o.set.count, err);
}

static int
mirror_edits(struct world *w, struct store *s, struct err *err)
{
	CLEANUP(instance_base_clear) struct instance_base b =
	    INSTANCE_BASE_INIT;
	struct merge_edit e = { .type = { "T", 1 }, .fields = { "{}", 2 },
	    .clock = 1700000000 };
	int rc;

	(void)w;
	if ((rc = instance_base(s, "clash", 5, &b, err)) < 0)
		return rc;
	return instance_edit(s, "clash", 5, &b, &e, err);
}

static int
no_row(void *ctx, const struct instance_row *r, const char *type,
    struct err *err)
{
	(void)ctx;
	(void)r;
	(void)type;
	(void)err;
	return 0;
}

static int
no_missing(void *ctx, const struct instance_row *r, struct err *err)
{
	return no_row(ctx, r, "", err);
}

static int
mirror_looks(struct world *w, struct store *s, struct err *err)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	uint64_t n;
	int rc;

	buf_reset(&w->out);
	if ((rc = instance_get(s, "clash", 5, &r, err)) < 0 ||
	    (rc = instance_by_remote(s, "r-apart", 7, &r, err)) < 0 ||
	    (rc = instance_uid_of(s, "r-apart", 7, &w->out, err)) < 0 ||
	    (rc = instance_remote_of(s, "apart", 5, &w->out, err)) < 0 ||
	    (rc = instance_kind(s, &w->out, err)) < 0 ||
	    (rc = instance_sites(s, 9, &w->out, err)) < 0 ||
	    (rc = instance_missing(s, 7, &n, err)) < 0 ||
	    (rc = instance_missing_next(s, 7, "", 9, no_missing, NULL,
	    err)) < 0 ||
	    (rc = instance_behind_count(s, &n, err)) < 0 ||
	    (rc = instance_refused_each(s, no_row, NULL, err)) < 0)
		return rc;
	return 0;
}

static int
mirror_notes(struct world *w, struct store *s, struct err *err)
{
	const struct json_span f = { "F", 1 }, t = { "\"t\"", 3 };
	unsigned char hash[32] = { 7 };
	uint64_t size;
	int rc;

	if ((rc = instance_note_put(s, "cursor", "5", err)) < 0 ||
	    (rc = instance_note(s, "cursor", &w->out, err)) < 0 ||
	    (rc = instance_note_put(s, "cursor", NULL, err)) < 0 ||
	    (rc = instance_blob_put(s, "apart", 5, f, t, hash, 4, err)) < 0 ||
	    (rc = instance_blob(s, "apart", 5, f, t, hash, &size,
	    err)) < 0 ||
	    (rc = instance_see(s, "r-apart", 7, 6, err)) < 0 ||
	    (rc = instance_forget(s, "x", 1, err)) < 0 ||
	    (rc = instance_retry(s, err)) < 0)
		return rc;
	return 0;
}

static int
wants_first(void *ctx, const struct object *o, const char *uid,
    struct err *err)
{
	(void)ctx;
	(void)o;
	(void)err;
	return uid[0] == 'p';
}

static int
mirror_due(struct world *w, struct store *s, struct err *err)
{
	const struct instance_choice c = { .all = 1, .wants = wants_first };
	uint64_t n;
	size_t count;
	int rc;

	buf_reset(&w->out);
	if ((rc = instance_due_fill(s, &c, &n, err)) < 0 ||
	    (rc = instance_due_next(s, 1, 9, &w->out, &count, err)) < 0 ||
	    (rc = instance_due_count(s, 1, &n, err)) < 0 ||
	    (rc = instance_due_set(s, "part", 4, 2, err)) < 0 ||
	    (rc = instance_due_set(s, "part", 4, 0, err)) < 0)
		return rc;
	return 0;
}

/* --- the story --------------------------------------------------------- */

enum inside { ALONE, READS, WRITES };	/* a transaction of the step's own,
					 * or one around it */

static const struct step {
	const char *name, *site;
	int (*run)(struct world *w, struct store *s, struct err *err);
	enum inside inside;
	int partly;			/* what was finished before stays */
} story[] = {
	{ "load", "a", load_first, ALONE, 0 },
	{ "delete", "a", delete, ALONE, 0 },
	{ "dump", "a", dump, ALONE, 0 },
	{ "policy", "a", policy, WRITES, 0 },
	{ "export", "a", export_to_b, ALONE, 0 },
	{ "verify", "b", verify, ALONE, 0 },
	{ "import", "b", import, ALONE, 0 },
	{ "load", "a", load_second, ALONE, 0 },
	{ "load", "b", load_other, ALONE, 0 },
	{ "export", "b", export_to_a, ALONE, 0 },
	{ "import", "a", import, ALONE, 0 },
	{ "list", "a", list, READS, 0 },
	{ "look", "a", look, READS, 0 },
	{ "init", "a", mirror_init, WRITES, 0 },
	{ "rows", "a", mirror_rows, WRITES, 0 },
	{ "show", "a", mirror_shows, WRITES, 0 },
	{ "take", "a", take, ALONE, 0 },
	{ "edit", "a", mirror_edits, WRITES, 0 },
	{ "read rows", "a", mirror_looks, READS, 0 },
	{ "notes", "a", mirror_notes, WRITES, 0 },
	{ "due", "a", mirror_due, WRITES, 0 },
	{ "merge", "a", merge, ALONE, 0 },
	{ "settle", "a", settle, ALONE, 0 },
	{ "receipt", "a", receipt_to_b, ALONE, 0 },
	{ "read receipt", "b", import, ALONE, 0 },
	{ "export a chain", "a", chain_to_b, ALONE, 1 },
	{ "gap", "b", import, ALONE, 0 },
	{ "export what is wanted", "a", wanted_to_b, ALONE, 0 },
	{ "import", "b", import, ALONE, 0 },
	{ "come back", "a", come_back, WRITES, 0 },
	{ "restored", "a", restored, ALONE, 0 },
	{ "export", "a", export_to_b, ALONE, 0 },
	{ "new life", "b", import, ALONE, 0 },
};

static void
write_text(struct world *w, const char *name, const char *text)
{
	FILE *f = fopen(in_world(w, name), "w");

	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK_INT(fclose(f), 0);
}

static void
story_begin(struct world *w)
{
	memset(w, 0, sizeof *w);
	sites_begin(&w->t);
	sites_add(&w->t, "a", "1111111111111111");
	sites_add(&w->t, "b", "2222222222222222");
	sites_add(&w->t, "c", "3333333333333333");
	sites_pin_all(&w->t);
	sites_shell("mkdir '%s'/out%s", w->t.folder, "");
	write_text(w, "file", "abc");
	write_text(w, "first.jsonl",
	    "{\"uid\":\"clash\",\"type\":\"T\",\"title\":\"0\"}\n"
	    "{\"uid\":\"clash2\",\"type\":\"T\",\"title\":\"0\"}\n"
	    "{\"uid\":\"apart\",\"type\":\"T\",\"title\":\"0\",\"id\":\"0\","
	    "\"attachments\":[{\"file\":\"file\"}]}\n"
	    "{\"uid\":\"part\",\"type\":\"U\",\"parent\":\"apart\","
	    "\"fields\":{\"X\":{\"uid\":\"clash\"}}}\n"
	    "{\"uid\":\"gone\",\"type\":\"U\"}\n"
	    "{\"uid\":\"gone2\",\"type\":\"U\"}\n");
	write_text(w, "second.jsonl",
	    "{\"uid\":\"clash\",\"type\":\"T\",\"title\":\"1\"}\n"
	    "{\"uid\":\"clash2\",\"type\":\"T\",\"title\":\"1\"}\n"
	    "{\"uid\":\"apart\",\"type\":\"T\",\"title\":\"1\",\"id\":\"0\","
	    "\"attachments\":[{\"file\":\"file\"}]}\n"
	    "{\"uid\":\"part\",\"type\":\"U\",\"parent\":\"apart\","
	    "\"fields\":{\"X\":{\"uid\":\"clash\"}}}\n");
	write_text(w, "other.jsonl",
	    "{\"uid\":\"clash\",\"type\":\"T\",\"title\":\"2\"}\n"
	    "{\"uid\":\"clash2\",\"type\":\"T\",\"title\":\"2\"}\n"
	    "{\"uid\":\"apart\",\"type\":\"T\",\"title\":\"0\",\"id\":\"2\","
	    "\"attachments\":[{\"file\":\"file\"}]}\n");
	write_text(w, "merged.jsonl",
	    "{\"uid\":\"clash2\",\"type\":\"T\",\"title\":\"12\"}\n");
}

#endif
