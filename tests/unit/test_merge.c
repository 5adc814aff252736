#include "../../store/merge.h"

#include <jansson.h>

#include "../../store/history.h"
#include "versions.h"

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Canonical JSON of a value that has no numbers but integers. */
static void
emit(struct buf *out, json_t *j)
{
	const char *keys[64], *key;
	size_t i, count = 0;
	json_t *item;

	if (json_is_object(j)) {
		json_object_foreach(j, key, item) {
			CHECK(count < 64);
			keys[count++] = key;
		}
		qsort(keys, count, sizeof keys[0], compare_keys);
		buf_addc(out, '{');
		for (i = 0; i < count; i++) {
			if (i > 0)
				buf_addc(out, ',');
			text_json(out, keys[i], strlen(keys[i]));
			buf_addc(out, ':');
			emit(out, json_object_get(j, keys[i]));
		}
		buf_addc(out, '}');
	} else if (json_is_array(j)) {
		buf_addc(out, '[');
		for (i = 0; i < json_array_size(j); i++) {
			if (i > 0)
				buf_addc(out, ',');
			emit(out, json_array_get(j, i));
		}
		buf_addc(out, ']');
	} else if (json_is_string(j)) {
		text_json(out, json_string_value(j), json_string_length(j));
	} else if (json_is_integer(j)) {
		buf_addf(out, "%lld", (long long)json_integer_value(j));
	} else {
		CHECK(!json_is_real(j));
		buf_adds(out, json_is_null(j) ? "null" : json_is_true(j) ?
		    "true" : "false");
	}
}

/* The canonical text of a member, valid for some further calls. */
static struct json_span
member(json_t *j, const char *name)
{
	static struct buf ring[8];
	static unsigned at;
	struct buf *b = &ring[at++ % 8];
	json_t *value = json_object_get(j, name);

	CHECK(value != NULL);
	buf_reset(b);
	emit(b, value);
	return span_of(b);
}

static const char *
text(json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	CHECK(s != NULL);
	return s;
}

static struct dot
dot_member(json_t *j, const char *name)
{
	struct dot d;

	CHECK_INT(dot_parse(&d, member(j, name)), 0);
	return d;
}

static void
check_hash(const unsigned char hash[32], json_t *j, const char *name)
{
	char hex[65];

	text_hex(hex, hash, 32);
	CHECK_STR(hex, text(j, name));
}

static void
check_text(const struct buf *got, struct json_span want)
{
	if (!json_same(span_of(got), want))
		FAIL("\"%.*s\", not \"%.*s\"", (int)got->len, got->at,
		    (int)want.len, want.at);
}

static void
load_version(struct version *v, json_t *j)
{
	struct err err = ERR_INIT;
	unsigned char identity[32];

	v->dot = dot_member(j, "dot");
	v->born = dot_member(j, "born");
	v->label = json_integer_value(json_object_get(j, "label"));
	v->context = member(j, "context");
	v->stamps = member(j, "stamps");
	v->content = member(j, "content");
	CHECK_OK(make(v, &err), &err);
	check_hash(v->hash, j, "content_hash");
	version_identity(v, identity);
	check_hash(identity, j, "identity");
}

static void
load_set(struct set *t, json_t *j)
{
	json_t *item;
	size_t i;

	set_clear(t);
	t->s.v = t->list;
	json_array_foreach(j, i, item) {
		CHECK(i < SET_MAX);
		t->own[i] = (struct version)VERSION_INIT;
		t->list[i] = &t->own[i];
		t->s.count++;
		load_version(&t->own[i], item);
	}
}

/* flags[i] = 1 where the dot is in the list. */
static size_t
mark(const struct set *t, json_t *dots, char *flags)
{
	size_t i, k, count = 0;
	struct dot d;
	json_t *item;

	memset(flags, 0, SET_MAX);
	json_array_foreach(dots, k, item) {
		CLEANUP(buf_clear) struct buf b = BUF_INIT;

		emit(&b, item);
		CHECK_INT(dot_parse(&d, span_of(&b)), 0);
		for (i = 0; i < t->s.count; i++)
			if (dot_cmp(&t->own[i].dot, &d) == 0)
				flags[i] = 1;
		count++;
	}
	return count;
}

static json_t *cases;			/* of the file at hand */
static const char *current;		/* the case at hand, for a failure */

static int
same_json(json_t *a, json_t *b)
{
	CLEANUP(buf_clear) struct buf x = BUF_INIT, y = BUF_INIT;

	emit(&x, a);
	emit(&y, b);
	return json_same(span_of(&x), span_of(&y));
}

/* The first version of that dot in any sibling set of the file. */
static void
load_elsewhere(struct version *v, json_t *dot)
{
	json_t *c, *item;
	size_t i, k;

	json_array_foreach(cases, i, c)
		json_array_foreach(json_object_get(c, "siblings"), k, item)
			if (same_json(json_object_get(item, "dot"), dot)) {
				load_version(v, item);
				return;
			}
	FAIL("no version of the dot");
}

static void
replay_context(json_t *c)
{
	static struct set t;
	struct version *shown[SET_MAX];
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	CLEANUP(version_clear) struct version stale = VERSION_INIT;
	struct err err = ERR_INIT;
	char flags[SET_MAX];
	size_t i, count = 0, want;

	load_set(&t, json_object_get(c, "siblings"));
	want = mark(&t, json_object_get(c, "shown"), flags);
	for (i = 0; i < t.s.count; i++)
		if (flags[i])
			shown[count++] = &t.own[i];

	/* What is no longer in the set stands in another case. */
	if (count < want) {
		CHECK_INT(count + 1, want);
		load_elsewhere(&stale, json_array_get(json_object_get(c,
		    "shown"), 0));
		shown[count++] = &stale;
	}
	CHECK_OK(merge_context(t.s, shown, count, &out, &err), &err);
	if (out.len == 0)
		buf_adds(&out, "{\"except\":[],\"vector\":[]}");
	check_text(&out, member(c, "context"));
}

static void
replay_merge(json_t *c)
{
	static struct set a, b;
	char keep_a[SET_MAX], keep_b[SET_MAX], want[SET_MAX];
	size_t i, count = 0;
	int turn;

	load_set(&a, json_object_get(c, "a"));
	load_set(&b, json_object_get(c, "b"));
	for (turn = 0; turn < 2; turn++) {
		if (turn == 0)
			merge_sets(a.s, b.s, keep_a, keep_b);
		else
			merge_sets(b.s, a.s, keep_b, keep_a);
		count = mark(&a, json_object_get(c, "merged"), want);
		for (i = 0; i < a.s.count; i++) {
			count -= (size_t)keep_a[i];
			CHECK(want[i] || !keep_a[i]);
		}
		(void)mark(&b, json_object_get(c, "merged"), want);
		for (i = 0; i < b.s.count; i++) {
			count -= (size_t)keep_b[i];
			CHECK(want[i] || !keep_b[i]);
		}
		CHECK_INT(count, 0);
	}
}

/* The view as the model writes it: without ranks; null for a deletion. */
static void
check_view(const struct set *t, json_t *c)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT, out = BUF_INIT;
	const struct version *w = &t->own[merge_winner(t->s)];
	struct history_entry e;
	struct err err = ERR_INIT;
	struct json_walk walk;
	int grew, first = 1;

	CHECK_OK(merge_history(t->s, span(""), &all, &grew, &err), &err);
	CHECK_INT(grew, 0);
	if (w->fields.len == 0) {
		check_text(&out, json_is_null(json_object_get(c, "view")) ?
		    span("") : span("null"));
		return;
	}
	buf_adds(&out, "{\"fields\":");
	buf_add(&out, w->fields.at, w->fields.len);
	buf_adds(&out, ",\"history\":[");
	walk = json_walk(span_of(&all));
	while (history_next(&walk, &e)) {
		buf_addf(&out, "%s[%.*s,%.*s]", first ? "" : ",",
		    (int)e.time.len, e.time.at, (int)e.entry.len, e.entry.at);
		first = 0;
	}
	buf_addf(&out, "],\"type\":\"%.*s\"}", (int)w->type.len, w->type.at);
	check_text(&out, member(c, "view"));
}

static void
replay_state(json_t *c)
{
	static struct set t;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	json_t *want = json_object_get(c, "classification");
	const char *uid = text(c, "uid");
	struct err err = ERR_INIT;
	unsigned char hash[32];
	enum conflict_kind kind;
	struct dot winner;

	load_set(&t, json_object_get(c, "siblings"));
	winner = dot_member(c, "winner");
	CHECK(dot_cmp(&t.own[merge_winner(t.s)].dot, &winner) == 0);
	CHECK_OK(merge_kind_strict(t.s, &kind, &err), &err);
	CHECK_STR(merge_kind_name(kind), json_is_null(want) ? "none" :
	    json_string_value(want));
	if (kind == CONFLICT_DISJOINT) {
		CHECK_OK(merge_settled(t.s, &out, &err), &err);
		if (out.len == 0)
			buf_adds(&out, "null");
		check_text(&out, member(c, "settled"));
	} else {
		CHECK_ERR(merge_settled(t.s, &out, &err), &err, E_INTERNAL);
	}
	check_view(&t, c);
	merge_object_hash(uid, strlen(uid), t.s, hash);
	check_hash(hash, c, "object_hash");
}

static void
replay_head(json_t *c)
{
	unsigned char head[32], hash[32];
	struct dot d;
	json_t *s;
	size_t i;

	memset(head, 0, sizeof head);
	json_array_foreach(json_object_get(c, "steps"), i, s) {
		check_hash(head, s, "previous");
		CHECK_INT(text_unhex(hash, 32, text(s, "content_hash"), 64), 0);
		d = dot_member(s, "dot");
		version_head(head, &d, text(s, "uid"), strlen(text(s, "uid")),
		    hash);
		check_hash(head, s, "head");
	}
}

static void
replay_canonical(json_t *c)
{
	CLEANUP(buf_clear) struct buf in = BUF_INIT, out = BUF_INIT;
	const char *hex = text(c, "utf8_hex");
	size_t len = strlen(hex) / 2;
	struct err err = ERR_INIT;
	unsigned char hash[32];
	char *to = buf_room(&in, len + 1);

	CHECK(to != NULL);
	CHECK_INT(text_unhex((unsigned char *)to, len, hex, 2 * len), 0);
	in.len = len;
	CHECK_OK(json_scan(in.at, in.len, JSON_DEPTH_MAX, &err), &err);
	CHECK_OK(json_canon(&out, in.at, in.len, JSON_DEPTH_MAX, &err), &err);
	check_text(&out, span_of(&in));
	(void)crypto_generichash(hash, 32, (unsigned char *)in.at, in.len,
	    NULL, 0);
	check_hash(hash, c, "blake2b");
}

/* An edit: the whole new version, or none. */
static void
replay_edit(json_t *c)
{
	static struct set t;
	CLEANUP(version_clear) struct version v = VERSION_INIT, w =
	    VERSION_INIT;
	json_t *result = json_object_get(c, "result");
	struct merge_edit edit = { .clock = 0 };
	struct err err = ERR_INIT;
	unsigned char a[32], b[32];
	char flags[SET_MAX];
	int rc;

	load_set(&t, json_object_get(c, "siblings"));
	(void)mark(&t, json_object_get(c, "shown"), flags);
	edit.type = span(text(c, "type"));
	if (!json_is_null(json_object_get(c, "fields")))
		edit.fields = member(c, "fields");
	edit.entries = member(c, "entries");
	edit.clock = json_integer_value(json_object_get(c, "clock"));
	v.dot = dot_member(c, "dot");
	CHECK_OK(rc = merge_new(t.s, flags, &edit, &v, &err), &err);
	CHECK_INT(rc, !json_is_null(result));
	if (rc == 0)
		return;
	load_version(&w, result);
	CHECK(json_same(v.content, w.content));
	version_identity(&v, a);
	version_identity(&w, b);
	CHECK(memcmp(a, b, 32) == 0);
}

static const struct {
	const char *kind;
	void (*replay)(json_t *c);
} kinds[] = {
	{ "context", replay_context },
	{ "merge", replay_merge },
	{ "state", replay_state },
	{ "head", replay_head },
	{ "canonical", replay_canonical },
	{ "edit", replay_edit },
};

/* Replay the cases of a file; `script` is another test's.  Their number. */
static int
replay_file(const char *name)
{
	const char *dir = getenv("SATCHEL_TESTS");
	char path[4096];
	json_error_t why;
	int count = 0;
	size_t i, k;
	json_t *c;

	(void)snprintf(path, sizeof path, "%s/golden/%s",
	    dir != NULL ? dir : "tests", name);
	cases = json_load_file(path, JSON_ALLOW_NUL, &why);
	if (cases == NULL)
		FAIL("%s: %s", path, why.text);
	json_array_foreach(cases, i, c) {
		for (k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
			if (strcmp(text(c, "kind"), kinds[k].kind) != 0)
				continue;
			current = text(c, "name");
			kinds[k].replay(c);
			count++;
		}
	}
	current = NULL;
	json_decref(cases);
	return count;
}

TEST(model_vectors)
{
	CHECK_INT(replay_file("model-vectors.json"), 51);
}

TEST(model_edits)
{
	CHECK_INT(replay_file("model-edits.json"), 120);
}

int
main(void)
{
	int rc = unit_run();

	if (current != NULL)
		fprintf(stderr, "in the case \"%s\"\n", current);
	return rc;
}
