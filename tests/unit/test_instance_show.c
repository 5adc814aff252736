/* What an instance shows, and edits made there. */
#include "instances.h"

/* The lab changes one field, having seen what it shows. */
static void
set(struct lab *l, const char *uid, const char *fields)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;

	buf_addf(&line, "{\"uid\":\"%s\",\"type\":\"T\",\"fields\":%s}\n", uid,
	    fields);
	CHECK_OK(lab_load(l, buf_str(&line)), &l->err);
	CHECK_INT(l->n.created + l->n.changed, 1);
}

/* The instance now shows what the lab shows. */
static void
show(struct lab *l, const char *uid)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct version *list[8];
	char shown[8];
	size_t i, n = 0;

	CHECK_INT(object_get(l->s, uid, strlen(uid), &o, &l->err), 1);
	CHECK(o.set.count <= 8);
	merge_shown(o.set, shown);
	for (i = 0; i < o.set.count; i++)
		if (shown[i])
			list[n++] = o.set.v[i];
	CHECK_OK(instance_show(l->s, uid, strlen(uid), list, n, &l->err),
	    &l->err);
}

/* Its user sets all fields; `before`: what he was shown. */
static int
edit(struct lab *l, const char *uid, const char *before, const char *fields)
{
	CLEANUP(instance_base_clear) struct instance_base b =
	    INSTANCE_BASE_INIT;
	CLEANUP(buf_clear) struct buf f = BUF_INIT, shown = BUF_INIT;
	struct merge_edit e = { .type = { "T", 1 }, .clock = 1000 };
	int rc;

	CHECK_OK(store_begin(l->s, &l->err), &l->err);
	CHECK_OK(instance_base(l->s, uid, strlen(uid), &b, &l->err), &l->err);
	if (b.winner == NULL) {
		CHECK_STR("", before);
	} else {
		buf_addf(&shown, "{\"fields\":%s}", before);
		CHECK_INT(b.winner->fields.len, shown.len);
		CHECK(memcmp(b.winner->fields.at, shown.at, shown.len) == 0);
	}
	buf_addf(&f, "{\"fields\":%s}", fields);
	e.fields = (struct json_span){ f.at, f.len };
	rc = instance_edit(l->s, uid, strlen(uid), &b, &e, &l->err);
	CHECK_OK(rc, &l->err);
	CHECK_OK(store_commit(l->s, &l->err), &l->err);
	return rc;
}

static long long
siblings(struct lab *l, const char *uid)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;

	CHECK_INT(object_get(l->s, uid, strlen(uid), &o, &l->err), 1);
	return (long long)o.set.count;
}

static long long
kept(struct lab *l)
{
	return lab_number(l, "SELECT count(*) FROM instance_kept");
}

/* The list of conflicts has one, of this kind. */
static void
check_conflict(struct lab *l, const char *kind)
{
	CLEANUP(buf_clear) struct buf sql = BUF_INIT;

	buf_addf(&sql, "SELECT count(*)=1 AND min(kind)='%s' FROM conflict",
	    kind);
	CHECK_INT(lab_number(l, buf_str(&sql)), 1);
}

/* Both labs hold the same siblings. */
static void
check_agree(struct lab *a, struct lab *b, const char *uid)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	lab_send(a, b, uid);
	buf_adds(&text, lab_all(a));
	CHECK_STR(lab_all(b), buf_str(&text));
	CHECK_INT(siblings(b, uid), siblings(a, uid));
}

/* a is the mirror's; it shows {x:1,y:1}, then b's y:2 comes and replaces
 * that. */
static void
begin_stale(struct lab *a, struct lab *b)
{
	mirror_begin(a, "a");
	lab_begin(b, "b");
	set(a, "o", "{\"x\":\"1\",\"y\":\"1\"}");
	show(a, "o");
	lab_send(a, b, "o");
	set(b, "o", "{\"x\":\"1\",\"y\":\"2\"}");
	CHECK_INT(kept(a), 0);
	lab_send(b, a, "o");
	CHECK_INT(siblings(a, "o"), 1);
	CHECK_INT(kept(a), 1);
}

static void
end_both(struct lab *a, struct lab *b)
{
	lab_end(a);
	lab_end(b);
}

TEST(stale_edit_of_another_field)
{
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"3\",\"y\":\"1\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 2);
	check_conflict(&a, "disjoint");
	CHECK_INT(kept(&a), 0);
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

TEST(stale_edit_of_the_same_field)
{
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"1\",\"y\":\"3\"}"), 1);
	check_conflict(&a, "clash");
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

/* The context: all of what was shown, nothing of what was not. */
TEST(context_is_what_was_shown)
{
	CLEANUP(object_clear) struct object before = OBJECT_INIT;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	const struct version *new;
	struct dot first;
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(object_get(a.s, "o", 1, &before, &a.err), 1);
	first = (struct dot){ a.s->self, 1 };
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"3\",\"y\":\"1\"}"), 1);
	CHECK_INT(object_get(a.s, "o", 1, &o, &a.err), 1);
	CHECK_INT(o.set.count, 2);
	new = o.set.v[0];		/* site a is before site b */
	CHECK_INT(new->dot.n, a.s->n);
	CHECK(version_saw(new, &first));
	CHECK(!version_saw(new, &before.set.v[0]->dot));
	CHECK(dot_cmp(&o.set.v[1]->dot, &before.set.v[0]->dot) == 0);
	CHECK(dot_cmp(&new->born, &first) == 0);
	end_both(&a, &b);
}

TEST(edits_go_on_from_each_other)
{
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"3\",\"y\":\"1\"}"), 1);
	CHECK_INT(edit(&a, "o", "{\"x\":\"3\",\"y\":\"1\"}",
	    "{\"x\":\"4\",\"y\":\"1\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 2);
	CHECK_INT(kept(&a), 0);
	CHECK_INT(edit(&a, "o", "{\"x\":\"4\",\"y\":\"1\"}",
	    "{\"x\":\"4\",\"y\":\"1\"}"), 0);
	CHECK_INT(siblings(&a, "o"), 2);
	check_conflict(&a, "disjoint");
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

TEST(kept_until_something_else_is_shown)
{
	struct lab a, b;

	begin_stale(&a, &b);
	show(&a, "o");
	CHECK_INT(kept(&a), 0);
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"2\"}",
	    "{\"x\":\"3\",\"y\":\"2\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 1);
	CHECK_INT(lab_number(&a, "SELECT count(*) FROM conflict"), 0);
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

/* Shown again as it was: still kept. */
TEST(kept_if_shown_again)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(instance_base(a.s, "o", 1, &base, &a.err), 1);
	CHECK_INT(base.all.count, 2);
	CHECK_INT(base.kept_count, 1);
	CHECK_OK(instance_show(a.s, "o", 1, &base.winner, 1, &a.err), &a.err);
	CHECK_INT(kept(&a), 1);
	CHECK_OK(instance_show(a.s, "o", 1, base.object.set.v, 1, &a.err),
	    &a.err);
	CHECK_INT(kept(&a), 0);
	end_both(&a, &b);
}

/* Read, merged away by another run, then shown. */
TEST(shown_after_it_was_replaced)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct lab a, b;

	mirror_begin(&a, "a");
	lab_begin(&b, "b");
	set(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}");
	CHECK_INT(object_get(a.s, "o", 1, &o, &a.err), 1);
	lab_send(&a, &b, "o");
	set(&b, "o", "{\"x\":\"1\",\"y\":\"2\"}");
	lab_send(&b, &a, "o");
	CHECK_OK(instance_show(a.s, "o", 1, o.set.v, o.set.count, &a.err),
	    &a.err);
	CHECK_INT(kept(&a), 1);
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"1\",\"y\":\"3\"}"), 1);
	check_conflict(&a, "clash");
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

/* Two labs set x apart; b's is the winner. */
static void
begin_conflict(struct lab *a, struct lab *b, const char *theirs)
{
	mirror_begin(a, "a");
	lab_begin(b, "b");
	set(a, "o", "{\"x\":\"1\",\"y\":\"1\"}");
	lab_send(a, b, "o");
	set(a, "o", "{\"x\":\"2\",\"y\":\"1\"}");
	b->s->clock += 100;
	set(b, "o", theirs);
	lab_send(b, a, "o");
	CHECK_INT(siblings(a, "o"), 2);
	show(a, "o");
}

TEST(only_the_winner_was_shown)
{
	struct lab a, b;

	begin_conflict(&a, &b, "{\"x\":\"3\",\"y\":\"1\"}");
	CHECK_INT(lab_number(&a, "SELECT count(*) FROM instance_show"), 1);
	CHECK_INT(edit(&a, "o", "{\"x\":\"3\",\"y\":\"1\"}",
	    "{\"x\":\"3\",\"y\":\"4\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 2);
	check_conflict(&a, "clash");
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

TEST(siblings_of_one_look_were_shown)
{
	struct lab a, b;

	begin_conflict(&a, &b, "{\"x\":\"2\",\"y\":\"1\"}");
	CHECK_INT(lab_number(&a, "SELECT count(*) FROM instance_show"), 2);
	CHECK_INT(edit(&a, "o", "{\"x\":\"2\",\"y\":\"1\"}",
	    "{\"x\":\"2\",\"y\":\"4\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 1);
	CHECK_INT(lab_number(&a, "SELECT count(*) FROM instance_show"), 1);
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

TEST(nothing_was_shown)
{
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_OK(instance_show(a.s, "o", 1, NULL, 0, &a.err), &a.err);
	CHECK_INT(kept(&a), 0);
	CHECK_INT(edit(&a, "o", "", "{\"x\":\"1\",\"y\":\"2\"}"), 1);
	CHECK_INT(siblings(&a, "o"), 2);

	/* What is not shown is not kept. */
	set(&a, "p", "{}");
	set(&a, "p", "{\"x\":1}");
	CHECK_INT(kept(&a), 0);

	/* An object that the store had not. */
	CHECK_INT(edit(&a, "new", "", "{}"), 1);
	CHECK_INT(edit(&a, "new", "{}", "{}"), 0);
	CHECK_INT(edit(&a, "new", "{}", "{\"x\":1}"), 1);
	CHECK_INT(siblings(&a, "new"), 1);
	end_both(&a, &b);
}

/* Deleted elsewhere, edited here. */
TEST(shown_and_deleted)
{
	struct lab a, b;

	begin_stale(&a, &b);
	load(&b, "{\"uid\":\"o\",\"type\":\"T\",\"deleted\":true}\n",
	    "0 0 1 0");
	lab_send(&b, &a, "o");
	CHECK_INT(edit(&a, "o", "{\"x\":\"1\",\"y\":\"1\"}",
	    "{\"x\":\"3\",\"y\":\"1\"}"), 1);
	check_conflict(&a, "edit-delete");
	check_agree(&a, &b, "o");
	end_both(&a, &b);
}

/* What was kept may be a sibling again: it is there once. */
TEST(kept_and_a_sibling)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	struct lab a, b;

	mirror_begin(&a, "a");
	lab_begin(&b, "b");
	set(&a, "o", "{\"x\":\"1\"}");
	show(&a, "o");
	lab_sql(&a, "INSERT INTO instance_kept(object,actor,n,label,winner,"
	    "hash,content) SELECT object,actor,n,label,0,hash,content FROM "
	    "version");
	CHECK_INT(instance_base(a.s, "o", 1, &base, &a.err), 1);
	CHECK_INT(base.all.count, 1);
	CHECK_INT(base.kept_count, 0);
	CHECK(base.winner == base.object.set.v[0]);
	end_both(&a, &b);
}

/* Nothing changes: no dot is used up, and the same is shown. */
TEST(attachment_that_is_not_here)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	static const char f[] = "{\"attachments\":[{\"blake2b\":\""
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "\"}]}";
	struct merge_edit e = { .type = { "T", 1 },
		.fields = { f, sizeof f - 1 } };
	struct lab a, b;
	uint64_t n;

	begin_stale(&a, &b);
	n = a.s->n;
	CHECK_INT(instance_base(a.s, "o", 1, &base, &a.err), 1);
	CHECK_ERR(instance_edit(a.s, "o", 1, &base, &e, &a.err), &a.err,
	    E_REF);
	CHECK_INT(a.s->n, n);
	CHECK_INT(siblings(&a, "o"), 1);
	CHECK_INT(kept(&a), 1);
	end_both(&a, &b);
}

TEST(limits_and_misuse)
{
	CLEANUP(instance_base_clear) struct instance_base base =
	    INSTANCE_BASE_INIT;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct lab a, b;

	begin_stale(&a, &b);
	CHECK_INT(object_get(a.s, "o", 1, &o, &a.err), 1);
	CHECK_ERR(instance_show(a.s, "p", 1, o.set.v, 1, &a.err), &a.err,
	    E_INTERNAL);
	CHECK_INT(instance_base(a.s, "p", 1, &base, &a.err), 0);
	CHECK(base.winner == NULL && base.all.count == 0);
	instance_base_clear(&base);

	/* 1024 versions, kept ones and siblings together. */
	lab_sql(&a, "WITH RECURSIVE c(i) AS (SELECT 2 UNION ALL SELECT i+1 "
	    "FROM c WHERE i<1023) INSERT INTO instance_kept(object,actor,n,"
	    "label,winner,hash,content) SELECT object,actor,i,label,0,hash,"
	    "content FROM c,instance_kept");
	CHECK_INT(instance_base(a.s, "o", 1, &base, &a.err), 1);
	CHECK_INT(base.all.count, MERGE_MAX);
	instance_base_clear(&base);
	lab_sql(&a, "INSERT INTO instance_kept(object,actor,n,label,winner,"
	    "hash,content) SELECT object,actor,9999,label,0,hash,content FROM "
	    "instance_kept LIMIT 1");
	CHECK_ERR(instance_base(a.s, "o", 1, &base, &a.err), &a.err, E_LIMIT);
	CHECK(base.all.v == NULL);
	end_both(&a, &b);
}

int
main(void)
{
	return unit_run();
}
