/* What a site remembers of the media it sent away. */
#include "store/media.h"

#include "labs.h"

static struct buf said;

static int
say(void *ctx, const struct media *m, struct err *err)
{
	(void)ctx;
	(void)err;
	buf_addf(&said, "%s %s %s %lld %lld [%s]\n", m->serial,
	    m->label != NULL ? m->label : "-", m->fs != NULL ? m->fs : "-",
	    (long long)m->left, (long long)m->back, m->peers);
	return 0;
}

/* What happens, one after the other, a second apart; and what is remembered
 * at the end. */
TEST(media_go_and_come_back)
{
	static const struct {
		const char *serial, *label, *peer;	/* peer NULL: seen */
		int was_out;
	} steps[] = {
		{ "AAAA-0001", NULL, NULL, 0 },
		{ "AAAA-0001", "RED", "lab-b", 0 },
		{ "AAAA-0001", "RED", "lab-c", 0 },
		{ "AAAA-0001", "BLUE", "lab-b", 0 },
		{ "AAAA-0002", "GREEN", "lab-b", 0 },
		{ "AAAA-0002", NULL, NULL, 1 },
		{ "AAAA-0002", NULL, NULL, 0 },
		{ "AAAA-0003", "GREY", "lab-bb", 0 },
		{ "AAAA-0003", NULL, NULL, 1 },
		{ "AAAA-0003", NULL, "lab-b", 0 },
		{ NULL, "NO NUMBER", "lab-b", 0 },
		{ NULL, NULL, NULL, 0 }
	};
	struct lab l;
	size_t i;

	lab_begin(&l, "site-a");
	CHECK_OK(store_begin(l.s, &l.err), &l.err);
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct media m = { steps[i].serial, steps[i].label, "vfat",
		    0, 0, NULL };

		l.s->clock = 1000 + (int64_t)i;
		if (steps[i].peer != NULL)
			CHECK_OK(media_left(l.s, &m, steps[i].peer, &l.err),
			    &l.err);
		else
			CHECK_INT(media_seen(l.s, m.serial, &l.err),
			    steps[i].was_out);
	}
	CHECK_OK(store_commit(l.s, &l.err), &l.err);
	CHECK_OK(media_each(l.s, say, NULL, &l.err), &l.err);
	CHECK_STR(buf_str(&said),
	    "AAAA-0001 BLUE vfat 1003 0 [lab-b lab-c]\n"
	    "AAAA-0003 - vfat 1009 0 [lab-b]\n"
	    "AAAA-0002 GREEN vfat 1004 1005 [lab-b]\n");
	buf_clear(&said);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
