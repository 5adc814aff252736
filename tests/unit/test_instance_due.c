/* What is to be projected, and in which order. */
#include "instances.h"

/* Types that are wanted are named here; their rank is their place. */
static const char *wanted;
static int asked;

static int
wants(void *ctx, const struct object *o, const char *uid, struct err *err)
{
	const struct version *v = o->set.v[merge_winner(o->set)];

	(void)ctx;
	(void)err;
	CHECK(uid[0] != '\0');
	asked++;
	return memchr(wanted, v->type.at[0], strlen(wanted)) != NULL;
}

static unsigned
rank(void *ctx, const char *type, size_t len)
{
	const char *at = strchr(ctx, type[0]);

	CHECK_INT(len, strlen(type));
	return at == NULL ? 99 : (unsigned)(at - (const char *)ctx);
}

static char every[] = "ABCDEFGHIJ";

static uint64_t
fill(struct lab *l, const char *types, int all)
{
	struct instance_choice c = { .rank = rank, .ctx = every, .all = all };
	uint64_t n = 0, count = 0;

	wanted = types;
	if (types != NULL)
		c.wants = wants;
	CHECK_OK(store_begin(l->s, &l->err), &l->err);
	CHECK_OK(instance_due_fill(l->s, &c, &n, &l->err), &l->err);
	CHECK_OK(store_commit(l->s, &l->err), &l->err);
	CHECK_OK(instance_due_count(l->s, 1, &count, &l->err), &l->err);
	CHECK_INT(count, n);
	return n;
}

/* Take all of a pass off the list: "a b|c", a group for each depth. */
static const char *
order(struct lab *l, int pass, size_t limit)
{
	static char out[65536];
	CLEANUP(buf_clear) struct buf uids = BUF_INIT;
	const char *p;
	size_t n;

	out[0] = '\0';
	for (;;) {
		buf_reset(&uids);
		CHECK_OK(instance_due_next(l->s, pass, limit, &uids, &n,
		    &l->err), &l->err);
		if (n == 0)
			return out;
		CHECK(n <= limit);
		(void)strcat(out, out[0] == '\0' ? "" : "|");
		for (p = uids.at; n > 0; n--, p += strlen(p) + 1) {
			(void)strcat(out, p);
			(void)strcat(out, n > 1 ? " " : "");
			CHECK_OK(instance_due_set(l->s, p, strlen(p), 0,
			    &l->err), &l->err);
		}
		CHECK(p == uids.at + uids.len);
	}
}

#define LINE(uid, type, parent, fields) "{\"uid\":\"" uid "\",\"type\":\"" \
	type "\",\"parent\":" parent ",\"fields\":{" fields "}}\n"
#define REF(uid) "\"r\":[{\"uid\":\"" uid "\"}]"
#define GONE(uid) "{\"uid\":\"" uid "\",\"type\":\"A\",\"deleted\":true}\n"

TEST(order_by_depth_rank_and_uid)
{
	struct lab l;

	mirror_begin(&l, "a");
	load(&l, LINE("z", "A", "null", "") LINE("y", "C", "\"z\"", "")
	    LINE("x", "B", "\"z\"", "") LINE("w", "A", "\"x\"", "")
	    LINE("v", "B", "\"nobody\"", "") LINE("u", "A", "7", "")
	    LINE("t", "B", "null", "") LINE("s", "Other", "null", ""),
	    "8 0 0 0");
	CHECK_INT(fill(&l, NULL, 0), 8);
	CHECK_STR(order(&l, 1, 100), "u z t v s|x y|w");
	CHECK_INT(fill(&l, NULL, 0), 8);
	CHECK_STR(order(&l, 1, 2), "u z|t v|s|x y|w");
	lab_end(&l);
}

TEST(passes)
{
	struct lab l;
	uint64_t n;

	mirror_begin(&l, "a");
	load(&l, LINE("a", "A", "null", "") LINE("b", "A", "\"a\"", "")
	    LINE("c", "A", "null", ""), "3 0 0 0");
	CHECK_INT(fill(&l, NULL, 0), 3);
	CHECK_OK(instance_due_set(l.s, "b", 1, 2, &l.err), &l.err);
	CHECK_OK(instance_due_set(l.s, "a", 1, 2, &l.err), &l.err);
	CHECK_OK(instance_due_set(l.s, "new", 3, 2, &l.err), &l.err);
	CHECK_STR(order(&l, 1, 9), "c");
	CHECK_OK(instance_due_count(l.s, 2, &n, &l.err), &l.err);
	CHECK_INT(n, 3);
	CHECK_STR(order(&l, 2, 9), "a new|b");

	/* What was left of the last list is gone. */
	CHECK_OK(instance_due_set(l.s, "new", 3, 2, &l.err), &l.err);
	CHECK_INT(fill(&l, NULL, 0), 3);
	CHECK_STR(order(&l, 2, 9), "");
	lab_end(&l);
}

TEST(what_is_due)
{
	struct lab l;
	uint64_t n;

	mirror_begin(&l, "a");
	load(&l, LINE("held", "A", "null", "") LINE("left", "A", "null", "")
	    LINE("new", "A", "null", "") LINE("refused", "A", "null", "")
	    LINE("stale", "A", "null", "") LINE("unread", "A", "null", "")
	    LINE("waiting", "A", "null", ""), "7 0 0 0");
	row_put(&l, "held", "r1", INSTANCE_HELD, "");
	row_put(&l, "left", "", INSTANCE_LEFT, "");
	row_put(&l, "refused", "", INSTANCE_REFUSED, "");
	row_put(&l, "stale", "r2", INSTANCE_HELD, "");
	row_put(&l, "unread", "r3", INSTANCE_UNREAD, "");
	row_put(&l, "waiting", "r4", INSTANCE_WAITING, "");
	row_put(&l, "unknown", "r5", INSTANCE_REFUSED, "");
	load(&l, LINE("stale", "A", "null", "\"x\":1"), "0 1 0 0");
	CHECK_INT(fill(&l, NULL, 0), 5);
	CHECK_STR(order(&l, 1, 9), "left new refused stale waiting");
	CHECK_INT(fill(&l, NULL, 1), 7);
	CHECK_STR(order(&l, 1, 9),
	    "held left new refused stale unread waiting");
	asked = 0;
	CHECK_INT(fill(&l, "", 0), 0);
	CHECK_INT(asked, 5);

	/* Two of them have changed since, or are not there: stale, new. */
	CHECK_OK(instance_behind_count(l.s, &n, &l.err), &l.err);
	CHECK_INT(n, 2);
	load(&l, GONE("new") GONE("stale"), "0 0 2 0");
	CHECK_OK(instance_behind_count(l.s, &n, &l.err), &l.err);
	CHECK_INT(n, 1);
	lab_end(&l);
}

/* Only what is there can be deleted: at the end, the inside first. */
TEST(deletions)
{
	struct lab l;

	mirror_begin(&l, "a");
	load(&l, LINE("p", "A", "null", "") LINE("q", "A", "\"p\"", "")
	    LINE("r", "A", "\"q\"", "") LINE("s", "A", "null", "")
	    LINE("t", "A", "\"q\"", "") LINE("u", "A", "\"t\"", ""),
	    "6 0 0 0");
	row_put(&l, "p", "r1", INSTANCE_HELD, "{\"parent\":null}");
	row_put(&l, "q", "r2", INSTANCE_HELD, "{\"parent\":\"p\"}");
	row_put(&l, "r", "r3", INSTANCE_HELD, "{\"parent\":\"q\"}");
	load(&l, GONE("p") GONE("q") GONE("r") GONE("s"), "0 0 4 0");
	CHECK_INT(fill(&l, NULL, 0), 5);
	CHECK_STR(order(&l, 1, 9), "t|u|r|q|p");

	/* A deletion is of nothing that another one refers to. */
	load(&l, LINE("v", "B", "\"p\"", REF("q")), "1 0 0 0");
	CHECK_INT(fill(&l, "B", 0), 1);
	lab_end(&l);
}

/* Wanted are B; what they need comes along, whatever it is. */
TEST(dependencies)
{
	struct lab l;

	mirror_begin(&l, "a");
	load(&l, LINE("a1", "A", "null", REF("a2")) LINE("a2", "A", "\"a3\"",
	    "") LINE("a3", "A", "null", "\"x\":{\"deep\":[[{\"service_uid\":"
	    "\"0123456789abcdef0123456789abcdef\"}]]}") LINE("a4", "A",
	    "null", "") LINE("a5", "A", "null", REF("b1"))
	    LINE("0123456789abcdef0123456789abcdef", "A", "null", REF("a1"))
	    LINE("b1", "B", "null", REF("a1")) LINE("b2", "B", "null",
	    REF("b1")) LINE("b3", "B", "null", REF("nobody")), "9 0 0 0");
	CHECK_INT(fill(&l, "B", 0), 7);
	CHECK_STR(order(&l, 1, 9), "0123456789abcdef0123456789abcdef a1 a3 b1 "
	    "b2 b3|a2");

	/* What the instance shows already needs not come. */
	row_put(&l, "a2", "r2", INSTANCE_HELD, "");
	CHECK_INT(fill(&l, "B", 0), 4);
	CHECK_STR(order(&l, 1, 9), "a1 b1 b2 b3");
	CHECK_INT(fill(&l, "B", 1), 7);
	CHECK_INT(fill(&l, "C", 0), 0);
	lab_end(&l);
}

TEST(cycles)
{
	struct lab l;

	mirror_begin(&l, "a");
	load(&l, LINE("a", "A", "\"b\"", REF("e")) LINE("b", "A", "\"a\"",
	    REF("a")) LINE("c", "A", "\"c\"", "") LINE("d", "A", "\"a\"", "")
	    LINE("e", "B", "null", REF("a")) LINE("f", "A", "\"e\"", "")
	    LINE("g", "A", "\"f\"", ""), "7 0 0 0");
	CHECK_INT(fill(&l, NULL, 0), 7);
	CHECK_STR(order(&l, 1, 9), "e|f|g|a b c d");
	CHECK_INT(fill(&l, "B", 0), 3);
	CHECK_STR(order(&l, 1, 9), "e|a b");
	lab_end(&l);
}

/* Each in the one before it, named so that no order helps. */
TEST(long_chain)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT, want = BUF_INIT;
	struct lab l;
	int i, uid, last = 0;

	mirror_begin(&l, "a");
	for (i = 1; i <= 1000; i++) {
		uid = i * 377 % 1009;
		buf_addf(&text, "{\"uid\":\"%d\",\"type\":\"A\",\"parent\":"
		    "\"%d\"}\n", uid, last);
		buf_addf(&want, i > 1 ? "|%d" : "%d", uid);
		last = uid;
	}
	load(&l, buf_str(&text), "1000 0 0 0");
	CHECK_INT(fill(&l, NULL, 0), 1000);
	CHECK_STR(order(&l, 1, 9), buf_str(&want));
	lab_end(&l);
}

/* The winner decides where it is. */
TEST(winner_of_a_conflict)
{
	struct lab l, m;

	mirror_begin(&l, "a");
	lab_begin(&m, "b");
	load(&l, LINE("o", "A", "\"p\"", "") LINE("p", "A", "null", ""),
	    "2 0 0 0");
	m.s->clock += 100;
	load(&m, LINE("o", "A", "null", ""), "1 0 0 0");
	lab_send(&m, &l, "o");
	CHECK_INT(fill(&l, NULL, 0), 2);
	CHECK_STR(order(&l, 1, 9), "o p");
	lab_end(&l);
	lab_end(&m);
}

static int
fails(void *ctx, const struct object *o, const char *uid, struct err *err)
{
	(void)ctx;
	(void)o;
	return err_set(err, E_CONFIG, "%s", uid);
}

TEST(error_ends_it)
{
	struct instance_choice c = { .wants = fails };
	struct lab l;
	uint64_t n;

	mirror_begin(&l, "a");
	load(&l, LINE("o", "A", "null", ""), "1 0 0 0");
	CHECK_ERR(instance_due_fill(l.s, &c, &n, &l.err), &l.err, E_CONFIG);
	c.wants = NULL;
	CHECK_OK(instance_due_fill(l.s, &c, &n, &l.err), &l.err);
	CHECK_INT(n, 1);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
