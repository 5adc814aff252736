/* What a merge refuses, whatever the siblings say: an object twice in one
 * file, and versions of our own life that we have not made. */
#include "labs.h"

static const char line[] =
    "{\"uid\":\"x\",\"type\":\"T\",\"title\":\"1\"}\n";

static int
merge(struct lab *to, struct siblings set, struct object_merge *m)
{
	return object_merge(to->s, "x", 1, set, m, &to->err);
}

/* New to the store, and known to it: both come once with one `m`. */
TEST(an_object_comes_once)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct object_merge m = { .floor = 0 };
	struct lab a, b;
	int known;

	lab_begin(&a, "lab-a");
	lab_begin(&b, "lab-b");
	CHECK_OK(lab_load(&a, line), &a.err);
	CHECK_INT(object_get(a.s, "x", 1, &o, &a.err), 1);
	CHECK_OK(store_begin(b.s, &b.err), &b.err);
	for (known = 0; known < 2; known++) {
		m.floor = b.s->seq;
		CHECK_OK(merge(&b, o.set, &m), &b.err);
		CHECK_INT(m.result, known ? OBJECT_SAME : OBJECT_CHANGED);
		CHECK_ERR(merge(&b, o.set, &m), &b.err, E_RECORD);
		object_merge_clear(&m);
	}
	lab_end(&b);
	lab_end(&a);
}

/* Of an object that is not here; another life of ours may have had it. */
TEST(nothing_is_ours_that_we_never_had)
{
	CLEANUP(object_clear) struct object o = OBJECT_INIT;
	struct object_merge m = { .floor = 0 };
	struct lab a, b;

	lab_begin(&a, "lab-a");
	lab_begin(&b, "lab-b");
	CHECK_OK(lab_load(&a, line), &a.err);
	CHECK_INT(object_get(a.s, "x", 1, &o, &a.err), 1);
	CHECK_OK(store_begin(b.s, &b.err), &b.err);
	o.all->dot.actor = o.all->born.actor = b.s->self;
	CHECK_ERR(merge(&b, o.set, &m), &b.err, E_FORK);
	o.all->dot.actor.generation = o.all->born.actor.generation = 9;
	CHECK_OK(merge(&b, o.set, &m), &b.err);
	lab_end(&b);
	lab_end(&a);
}

int
main(void)
{
	return unit_run();
}
