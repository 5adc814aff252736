/* Pages of objects that are more at once than there is room for. */
#include <stdlib.h>

#include "../../mirror/page.h"
#include "twins.h"

#define BIG 3000000u			/* bytes of one object, about */
#define COUNT (PAGE_BYTES / BIG + 4)	/* some more than a page holds */

static const struct mirror_ops *real;
static uint64_t calls, fail_at, asked;

static int
read_some(void *self, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err)
{
	if (++calls == fail_at)
		return err_set(err, E_DEST_UNAVAILABLE, "killed here");
	asked += count;
	return real->read(self, uids, count, sink, err);
}

static void
begin(struct twin *t, struct mirror_ops *ops)
{
	char *text = malloc(BIG + 200);
	unsigned i;
	int n;

	twin_begin(t, "lab-a");
	t->config.page = 100;
	t->m->list_page = 100;
	CHECK(text != NULL);
	for (i = 0; i < COUNT; i++) {
		n = snprintf(text, 200, "{\"uid\":\"u%03u\",\"type\":\"Note\","
		    "\"path\":\"/n%u\",\"parent\":null,\"fields\":{\"T\":\"",
		    i, i);
		memset(text + n, 'x', BIG);
		(void)strcpy(text + n + BIG, "\"}}");
		put(t, text);
	}
	free(text);
	real = mem_mirror(t->m).ops;
	*ops = *real;
	ops->read = read_some;
	t->ops = ops;
	calls = asked = fail_at = 0;
}

TEST(all_of_them)
{
	struct mirror_ops ops;
	struct twin t;

	begin(&t, &ops);
	CHECK_OK(twin_try_notice(&t, 1, 0), &t.lab.err);
	CHECK_INT(t.n.created, COUNT);
	CHECK_INT(t.n.unread, 0);

	/* What does not fit is read again once, not over and over. */
	CHECK(asked <= (uint64_t)2 * COUNT);
	twin_end(&t);
}

/* Killed between two parts of a page, the next run takes the rest of it. */
TEST(killed_between)
{
	struct mirror_ops ops;
	struct twin t;
	uint64_t created;
	unsigned at;

	for (at = 2; at <= 4; at++) {
		begin(&t, &ops);
		fail_at = at;
		(void)twin_try_notice(&t, 1, 0);
		created = t.n.created;
		err_clear(&t.lab.err);
		CHECK_OK(twin_try_notice(&t, 0, 0), &t.lab.err);
		CHECK_INT(created + t.n.created, COUNT);
		CHECK_INT(t.n.deleted, 0);
		twin_end(&t);
	}
}

int
main(void)
{
	return unit_run();
}
