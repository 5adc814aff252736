/* The scripts of the model's vectors, replayed with real stores and real
 * bundles.  Those with a filter wait for filters. */
#include <jansson.h>
#include <sqlite3.h>

#include "../../base/text.h"
#include "../../store/digest.h"
#include "../../store/stream.h"
#include "sites.h"

#define FILES_MAX 16

struct script {
	struct sites sites;
	struct export_result exported;	/* of the export being replayed */
	size_t taken;			/* of its files */
	struct {
		const char *name;
		char path[256];
		struct actor from;
	} files[FILES_MAX];
	size_t file_count;
	int64_t clock;
};

static const char *
text_of(json_t *step, const char *key)
{
	const char *x = json_string_value(json_object_get(step, key));

	CHECK(x != NULL);
	return x;
}

static long long
number_of(json_t *step, const char *key)
{
	json_t *x = json_object_get(step, key);

	CHECK(json_is_integer(x));
	return json_integer_value(x);
}

/* A value of the vectors as canonical JSON. */
static void
canonical(json_t *x, struct buf *out, struct err *err)
{
	char *text = json_dumps(x, JSON_COMPACT | JSON_ENCODE_ANY);

	CHECK(text != NULL);
	CHECK_OK(json_canon(out, text, strlen(text), 32, err), err);
	free(text);
	CHECK(buf_str(out) != NULL);
}

static void
check_dot(const struct dot *d, json_t *want, struct err *err)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, b = BUF_INIT;

	dot_add(&a, d);
	canonical(want, &b, err);
	CHECK_STR(buf_str(&a), b.at);
}

static const struct version *
newest_of(const struct object *o, const struct store *s)
{
	size_t i;

	for (i = 0; i < o->set.count; i++)
		if (actor_cmp(&o->all[i].dot.actor, &s->self) == 0 &&
		    o->all[i].dot.n == s->n)
			return &o->all[i];
	FAIL("no new version");
}

static void
check_edit(struct store *s, const struct object *o, json_t *step,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf want = BUF_INIT;
	const struct version *v = newest_of(o, s);
	char head[65];

	check_dot(&v->dot, json_object_get(step, "dot"), err);
	CHECK_INT(o->seq, number_of(step, "seq"));
	text_hex(head, s->head, 32);
	CHECK_STR(head, text_of(step, "head"));
	canonical(json_object_get(step, "context"), &want, err);
	if (v->context.len == 0) {
		CHECK_STR(want.at, "{\"except\":[],\"vector\":[]}");
	} else {
		CHECK_INT(v->context.len, want.len);
		CHECK(memcmp(v->context.at, want.at, want.len) == 0);
	}
}

static void
step_edit(struct script *t, json_t *step)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	const char *uid = text_of(step, "uid"), *type = text_of(step, "type");
	struct err *err = &t->sites.err;
	struct store *s = sites_open(&t->sites, text_of(step, "site"));
	struct merge_edit e = { .clock = t->clock += 10 };

	canonical(json_object_get(step, "fields"), &fields, err);
	e.fields = (struct json_span){ fields.at, fields.len };
	e.type = (struct json_span){ type, strlen(type) };
	CHECK_OK(store_begin(s, err), err);
	CHECK_OK(object_get(s, uid, strlen(uid), &o, err), err);
	CHECK_INT(object_edit(s, uid, strlen(uid), &o, NULL, &e, err), 1);
	object_clear(&o);
	CHECK_INT(object_get(s, uid, strlen(uid), &o, err), 1);
	CHECK_OK(store_commit(s, err), err);
	check_edit(s, &o, step, err);
	store_closep(&s);
}

static void
keep_file(struct script *t, json_t *step, const char *path,
    const struct actor *from)
{
	char folder[sizeof t->sites.folder];

	CHECK(t->file_count < FILES_MAX);
	memcpy(folder, t->sites.folder, sizeof folder);
	t->files[t->file_count].name = text_of(step, "file");
	(void)snprintf(t->files[t->file_count].path,
	    sizeof t->files[0].path, "%.60s/%.7s-%.100s", folder,
	    text_of(step, "site"), text_of(step, "file"));
	sites_shell("mv '%s' '%s'", path, t->files[t->file_count].path);
	t->files[t->file_count++].from = *from;
}

static void
step_export(struct script *t, json_t *step)
{
	json_t *to = json_object_get(step, "to"), *links;
	const char *site = text_of(step, "site"), *names[SITES_MAX];
	struct store *s = sites_open(&t->sites, site);
	struct err *err = &t->sites.err;
	struct export_request r;
	struct export_file *f;
	size_t i;

	for (i = 0; i < json_array_size(to); i++)
		names[i] = json_string_value(json_array_get(to, i));
	if (t->taken == t->exported.count) {
		export_result_clear(&t->exported);
		t->taken = 0;
		r = sites_request(&t->sites, site, names, i);
		links = json_object_get(step, "links");
		if (json_is_integer(links))
			r.max_records = (uint64_t)json_integer_value(links);
		r.full = json_is_true(json_object_get(step, "full"));
		if (strcmp(text_of(step, "op"), "excerpt") == 0)
			r.since_time = t->clock;	/* the last edit */
		CHECK_OK(guard_check(s, t->sites.state, err), err);
		CHECK_OK(export_run(s, &r, &t->exported, err), err);
	}
	CHECK(t->taken < t->exported.count);
	f = &t->exported.files[t->taken++];
	CHECK_INT(f->sequence, number_of(step, "sequence"));
	CHECK_INT(f->records, json_array_size(json_object_get(step, "uids")));
	if (json_object_get(step, "since") != NULL) {
		CHECK_INT(f->since, number_of(step, "since"));
		CHECK_INT(f->until, number_of(step, "until"));
	}
	keep_file(t, step, f->path, &s->self);
	store_closep(&s);
}

static void
check_object(struct store *s, const char *uid, json_t *want, struct err *err)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	json_t *dots = json_object_get(want, "dots");
	const char *via = json_string_value(json_object_get(want, "via"));
	struct peer p;
	size_t i;

	CHECK_INT(object_get(s, uid, strlen(uid), &o, err), 1);
	CHECK_INT(o.seq, number_of(want, "seq"));
	if (via == NULL) {
		CHECK_INT(o.via, 0);
	} else {
		CHECK_INT(peer_find(s, via, &p, err), 1);
		CHECK_INT(o.via, p.id);
	}
	CHECK_INT(o.set.count, json_array_size(dots));
	for (i = 0; i < o.set.count; i++)
		check_dot(&o.all[i].dot, json_array_get(dots, i), err);
}

static void
check_facts(struct script *t, struct store *s, json_t *step,
    const struct actor *from)
{
	struct err *err = &t->sites.err;
	const char *key;
	struct peer p;
	uint64_t applied;
	json_t *x;

	CHECK_INT(peer_by_site(s, from->site, &p, err), 1);
	CHECK_OK(stream_applied(s, p.id, from, FILTER_ALL, &applied, err),
	    err);
	CHECK_INT(applied, number_of(step, "applied"));
	CHECK_INT(s->seq, number_of(step, "seq"));
	json_object_foreach(json_object_get(step, "objects"), key, x)
		check_object(s, key, x, err);
	json_object_foreach(json_object_get(step, "digest"), key, x) {
		struct json_span type = { key, strlen(key) };
		unsigned char sum[32];
		char hex[65];

		CHECK_OK(digest_of(s, type, sum, err), err);
		text_hex(hex, sum, 32);
		CHECK_STR(hex, json_string_value(x));
	}
}

static void
step_admit(struct script *t, json_t *step)
{
	const char *name = text_of(step, "file"), *want;
	struct import_result r;
	struct store *s;
	size_t i;

	for (i = 0; i < t->file_count; i++)
		if (strcmp(t->files[i].name, name) == 0)
			break;
	CHECK(i < t->file_count);
	sites_import(&t->sites, text_of(step, "site"), t->files[i].path,
	    IMPORT_APPLY, &r);
	CHECK_INT(r.count, 1);
	want = text_of(step, "result");
	CHECK_STR(r.at[0].err.code == E_OK ? "ok" :
	    err_name(r.at[0].err.code), want);
	import_result_clear(&r);
	s = sites_open(&t->sites, text_of(step, "site"));
	check_facts(t, s, step, &t->files[i].from);
	store_closep(&s);
}

static void
step_backup(struct script *t, json_t *step, int restore)
{
	struct test_site *x = sites_find(&t->sites, text_of(step, "site"));
	struct err *err = &t->sites.err;
	struct store *s;

	if (!restore) {
		sites_shell("cp -a '%s' '%s.backup'", x->home, x->home);
		return;
	}
	sites_shell("rm -rf '%s'%s", x->home, "");
	sites_shell("mv '%s.backup' '%s'", x->home, x->home);
	s = sites_open(&t->sites, x->id);
	CHECK_ERR(guard_check(s, t->sites.state, err), err, E_ROLLED_BACK);
	CHECK_INT(guard_restored(s, t->sites.state, text_of(step, "nonce"), 0, "",
	    err), 1);
	CHECK_INT(s->self.generation, number_of(step, "generation"));
	CHECK_STR(s->self.nonce, text_of(step, "nonce"));
	store_closep(&s);
}

static void
run_script(json_t *steps)
{
	static struct script t;
	const char *op;
	json_t *step;
	size_t i;

	memset(&t, 0, sizeof t);
	t.clock = 100;
	sites_begin(&t.sites);
	sites_add(&t.sites, "x", "1111111111111111");
	sites_add(&t.sites, "y", "2222222222222222");
	sites_add(&t.sites, "z", "3333333333333333");
	sites_pin_all(&t.sites);
	json_array_foreach(steps, i, step) {
		op = text_of(step, "op");
		if (strcmp(op, "edit") == 0)
			step_edit(&t, step);
		else if (strcmp(op, "admit") == 0)
			step_admit(&t, step);
		else if (strcmp(op, "backup") == 0)
			step_backup(&t, step, 0);
		else if (strcmp(op, "restored") == 0)
			step_backup(&t, step, 1);
		else
			step_export(&t, step);
	}
	export_result_clear(&t.exported);
	sites_end(&t.sites);
}

static int
has_filter(json_t *steps)
{
	json_t *step, *filter;
	size_t i;

	json_array_foreach(steps, i, step) {
		filter = json_object_get(step, "filter");
		if (filter != NULL && strcmp(json_string_value(
		    json_array_get(filter, 0)), "*") != 0)
			return 1;
	}
	return 0;
}

TEST(scripts_of_the_model)
{
	json_error_t why;
	json_t *all = json_load_file("tests/golden/model-vectors.json", 0,
	    &why), *one;
	int replayed = 0, waiting = 0;
	size_t i;

	CHECK(all != NULL);
	json_array_foreach(all, i, one) {
		json_t *steps = json_object_get(one, "steps");

		if (strcmp(text_of(one, "kind"), "script") != 0)
			continue;
		if (has_filter(steps)) {
			waiting++;
			continue;
		}
		run_script(steps);
		replayed++;
	}
	json_decref(all);
	CHECK_INT(replayed, 6);
	CHECK_INT(waiting, 2);
}

int
main(void)
{
	return unit_run();
}
