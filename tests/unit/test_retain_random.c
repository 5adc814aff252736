/* Nights at random against a plain model of what a peer can apply: whatever is
 * removed, a peer at its watermark still gets all from what lies in the drop.
 */
#include "retains.h"

#define WORLDS 40
#define NIGHTS 25
#define FILES_MAX 1000

struct made {				/* a file as it was written */
	char to[4];			/* "b", "c" or "b c" */
	uint64_t since, until;
	unsigned sequence;
	unsigned parts;			/* so many files before it are of its
					 * attachments */
};

struct world {
	struct retains t;
	struct made made[FILES_MAX];
	unsigned count;			/* of made; each number is one of it */
	uint64_t top;			/* newest change of the site */
	uint64_t acked[2];		/* of b and c */
	int together;
	unsigned long seed;
	unsigned shape;			/* what may happen, see below */
};

enum shape { PARTS = 1, KILLS = 2, DELETIONS = 4, KEEPING = 8 };

static unsigned
dice(struct world *w, unsigned n)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(w->seed >> 33) % n;
}

static const char peers[] = "bc";

/* --- the model ---------------------------------------------------------- */

/* Files are listed as they were made; that what is gone is gone in the folder,
 * too, see retains_left. */
static int
is_there(const struct world *w, unsigned sequence)
{
	return !w->t.x.files.at[sequence - 1].gone;
}

static int
can_apply(const struct world *w, const struct made *m, char peer,
    uint64_t applied)
{
	unsigned i;

	if (strchr(m->to, peer) == NULL || m->since > applied ||
	    m->until <= applied)
		return 0;
	for (i = 0; i <= m->parts; i++)
		if (!is_there(w, m->sequence - i))
			return 0;
	return 1;
}

/* How far a peer gets that is at its watermark and has read nothing else. */
static uint64_t
reach(const struct world *w, int peer)
{
	uint64_t applied = w->acked[peer];
	unsigned i;

	for (i = 0; i < w->count; i++)
		if (can_apply(w, &w->made[i], peers[peer], applied)) {
			applied = w->made[i].until;
			i = (unsigned)-1;
		}
	return applied;
}

/* --- the site ----------------------------------------------------------- */

static void
put(struct world *w, const char *to, uint64_t since, uint64_t until,
    unsigned parts)
{
	struct made *m = &w->made[w->count++];
	char word[64], *blank;

	CHECK(w->count < FILES_MAX);
	*m = (struct made){ .since = since, .until = until,
	    .sequence = w->count, .parts = parts };
	(void)strcpy(m->to, to);
	(void)snprintf(word, sizeof word, "B%u:%s:%d-%d", m->sequence, to,
	    (int)since, (int)until);
	while ((blank = strchr(word, ' ')) != NULL)
		*blank = '+';
	retains_files(&w->t, word);
}

/* An export as a chain, cut anywhere, with long attachments in it; it may be
 * killed after any file. */
static void
export(struct world *w, const char *to, uint64_t since)
{
	unsigned parts = 0, left = w->shape & KILLS && dice(w, 4) == 0 ?
	    1 + dice(w, 3) : 99;
	uint64_t until;

	while (since < w->top && left-- > 0) {
		if (w->shape & PARTS && parts < 3 && dice(w, 3) == 0) {
			put(w, to, since, since, 0);
			parts++;
			continue;
		}
		until = dice(w, 2) ? w->top : since + 1 +
		    dice(w, (unsigned)(w->top - since));
		put(w, to, since, until, parts);
		since = until;
		parts = 0;
	}
}

static void
send_to(struct world *w, const char *to, uint64_t since)
{
	const struct retain_stream st = { &w->t.l.s->self, to, FILTER_ALL,
	    since, 0 };
	uint64_t led;

	CHECK_OK(retain_reach(&w->t.x.files, &st, &led, &w->t.l.err),
	    &w->t.l.err);
	if (led < w->top)
		export(w, to, since);
}

static void
send_all(struct world *w)
{
	uint64_t low = w->acked[0] < w->acked[1] ? w->acked[0] :
	    w->acked[1];

	if (w->together) {
		send_to(w, "b c", low);
		return;
	}
	send_to(w, "b", w->acked[0]);
	send_to(w, "c", w->acked[1]);
}

static void
fail(struct world *w, const char *what, int peer, uint64_t got, uint64_t want)
{
	unsigned i;

	for (i = 0; i < w->count; i++)
		if (is_there(w, w->made[i].sequence))
			fprintf(stderr, "  %u for %s: %d-%d\n",
			    w->made[i].sequence, w->made[i].to,
			    (int)w->made[i].since, (int)w->made[i].until);
	FAIL("%s: %c at %d gets to %d, not %d", what, peers[peer],
	    (int)w->acked[peer], (int)got, (int)want);
}

/* Nothing is removed that brings a peer on, and nothing stays that all have;
 * parts may stay for what is after them. */
static void
prune(struct world *w)
{
	uint64_t before[2];
	unsigned i;
	int p;

	for (p = 0; p < 2; p++)
		before[p] = reach(w, p);
	(void)retains_prune(&w->t);
	(void)retains_left(&w->t);
	for (p = 0; p < 2; p++)
		if (reach(w, p) < before[p])
			fail(w, "after pruning", p, reach(w, p), before[p]);
	for (i = 0; i < w->count && !(w->shape & KEEPING); i++) {
		const struct made *m = &w->made[i];
		uint64_t end = m->until > m->since ? m->until :
		    m->until < w->top ? w->top : m->until + 1;

		CHECK(!is_there(w, m->sequence) ||
		    (strchr(m->to, 'b') != NULL && w->acked[0] < end) ||
		    (strchr(m->to, 'c') != NULL && w->acked[1] < end));
	}
}

/* --- what happens ------------------------------------------------------- */

/* A peer reads what it can, says so, or is put back; someone deletes files. */
static void
day(struct world *w)
{
	int p = (int)dice(w, 2);
	char ack[16];
	unsigned i;

	w->top += dice(w, 5);
	w->together = dice(w, 12) == 0 ? !w->together : w->together;
	if (dice(w, 3) == 0)
		w->acked[p] = reach(w, p);
	if (dice(w, 15) == 0)
		w->acked[p] = dice(w, (unsigned)w->acked[p] + 1);
	(void)snprintf(ack, sizeof ack, "%c%d", peers[p], (int)w->acked[p]);
	retains_acks(&w->t, ack);
	if (!(w->shape & DELETIONS))
		return;
	for (i = 0; i < w->t.x.files.count; i++)
		if (dice(w, 8) == 0) {
			(void)unlinkat(w->t.x.dir_fd,
			    w->t.x.files.at[i].name, 0);
			w->t.x.files.at[i].gone = 1;
		}
}

static void
night(struct world *w)
{
	int p;

	w->t.l.s->clock += 86400;
	prune(w);
	send_all(w);
	prune(w);
	for (p = 0; p < 2 && !(w->shape & KILLS); p++)
		if (reach(w, p) != w->top)
			fail(w, "after a night", p, reach(w, p), w->top);
}

static void
play(unsigned shape)
{
	static struct world w;
	unsigned i, n;

	memset(&w, 0, sizeof w);
	retains_begin(&w.t);
	w.shape = shape;
	w.t.drop.keep = shape & KEEPING ? 3 : 0;
	for (i = 0; i < WORLDS; i++) {
		w.seed = i * 16u + shape;
		w.count = 0;
		w.top = w.acked[0] = w.acked[1] = 0;
		retains_reset(&w.t);
		for (n = 0; n < NIGHTS; n++) {
			day(&w);
			night(&w);
		}
	}
	retains_end(&w.t);
}

TEST(nights) { play(0); }
TEST(nights_with_parts) { play(PARTS); }
TEST(nights_with_kills) { play(PARTS | KILLS); }
TEST(nights_with_deletions) { play(DELETIONS); }
TEST(nights_of_a_drop_that_keeps) { play(PARTS | KEEPING); }
TEST(nights_with_all_but_parts) { play(KILLS | DELETIONS | KEEPING); }

int
main(void)
{
	return unit_run();
}
