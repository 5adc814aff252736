/* Rate and end by a given clock; what a line says, on a terminal and not. */
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../base/buf.h"
#include "../../cli/progress.h"
#include "unit.h"

#define MIB 1048576u

/* --- the pace ---------------------------------------------------------- */

/* Bytes that come at `a` a second for a minute, then at `b`: what the rate is
 * `after_s` seconds later. */
static void
check_pace(uint64_t a, uint64_t b, int after_s, double from, double to)
{
	struct pace p = { .count = 0 };
	struct tick t = { .total = UINT64_MAX };
	struct pace_rate r;
	int64_t ms;

	for (ms = 0; ms <= 60000 + after_s * 1000; ms += 100) {
		pace_add(&p, ms, &t);
		r = pace_of(&p, ms, &t);
		if (ms < PACE_LEAST_MS)
			CHECK(r.bytes <= 0 && pace_left_s(&r, &t) == -1);
		else if (ms < 60000)
			CHECK(r.bytes > 0 && r.done > 0);
		t.bytes += (ms < 60000 ? a : b) / 10;
		t.done = t.bytes;
	}
	if (r.bytes < from || r.bytes > to)
		FAIL("%d s after: %.0f a second, not %.0f to %.0f", after_s,
		    r.bytes, from, to);
}

/* It is that of the last seconds: a change shows soon, and after eight it is
 * all that there is. */
TEST(pace)
{
	check_pace(1000, 1000, 0, 990, 1010);
	check_pace(1000, 1000, 9, 990, 1010);
	check_pace(10000, 1000, 2, 5000, 9000);
	check_pace(10000, 1000, 9, 990, 1010);
	check_pace(1000, 10000, 9, 9900, 10100);
	check_pace(1000, 0, 9, 0, 0);
}

TEST(time_left)
{
	static const struct {
		double rate;
		uint64_t done, total;
		int64_t left;
	} all[] = {
		{ 10, 0, 100, 10 },
		{ 10, 75, 100, 3 },
		{ 10, 100, 100, -1 },	/* there is nothing left, */
		{ 10, 120, 100, -1 },
		{ 10, 5, 0, -1 },	/* or nobody knows how much, */
		{ 0, 5, 100, -1 },	/* or it stands still, */
		{ 1e-6, 5, 100, -1 },	/* or is as good as that */
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		const struct pace_rate r = { .done = all[i].rate };
		const struct tick t = { .done = all[i].done,
		    .total = all[i].total };

		CHECK_INT(pace_left_s(&r, &t), all[i].left);
	}
}

/* --- a line ------------------------------------------------------------ */

static int64_t clock_ms;

static int64_t
now_ms(void)
{
	return clock_ms;
}

struct run {
	struct progress p;
	struct ticker to;
	int in, out;			/* what is shown comes out of `out` */
};

/* On a terminal of so many columns; 0: in a log. */
static void
begin(struct run *x, int columns)
{
	struct winsize w = { .ws_row = 24, .ws_col = (unsigned short)columns };
	int ends[2];

	clock_ms = 5000;
	progress_begin(&x->p, "exporting", 1);
	if (columns > 0) {
		CHECK_INT(openpty(&ends[0], &ends[1], NULL, NULL, &w), 0);
	} else {
		CHECK_INT(pipe(ends), 0);
	}
	CHECK_INT(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	x->out = ends[0];
	x->in = ends[1];
	x->p.terminal = columns > 0;
	x->p.fd = x->in;
	x->p.now_ms = now_ms;
	x->p.start_ms = x->p.step_ms = x->p.shown_ms = clock_ms;
	x->p.start_s = 1700000000;	/* 22:13:20 */
	x->to = progress_ticker(&x->p);
}

/* What was shown since the last time. */
static const char *
shown(struct run *x)
{
	static char text[4096];
	size_t len = 0;
	ssize_t n;

	while ((n = read(x->out, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static void
end(struct run *x)
{
	(void)close(x->in);
	(void)close(x->out);
}

/* Objects at 100 a second, of 1 MiB each, for `seconds` from `from` on. */
static void
go(struct run *x, unsigned from, unsigned seconds)
{
	struct tick t = { .total = 10000 };
	unsigned i;

	for (i = 0; i < seconds * 10; i++) {
		clock_ms += 100;
		t.done = t.objects = from * 100u + (i + 1) * 10;
		t.bytes = t.objects * MIB;
		ticker_tell(&x->to, &t);
	}
}

/* Now and then a whole line; of a step that took long, and at the end, how
 * long it took. */
TEST(log)
{
	const struct tick back = { .step = "reading back", .bytes = MIB,
	    .done = MIB, .total = 2 * MIB };
	struct run x;

	begin(&x, 0);
	go(&x, 0, 9);
	CHECK_STR(shown(&x), "");
	go(&x, 9, 1);
	CHECK_STR(shown(&x), "exporting: 10 %, about 2 min left (end 22:15), "
	    "1000 objects, 1000.0 MiB, 100.0 MiB/s\n");
	go(&x, 10, 9);
	CHECK_STR(shown(&x), "");
	ticker_tell(&x.to, &back);
	CHECK_STR(shown(&x), "exporting: 19 %, 1900 objects, 1.9 GiB, in 19 s"
	    "\n");
	clock_ms += 1000;
	progress_end(&x.p, 1);
	CHECK_STR(shown(&x), "reading back: 100 %, 1.0 MiB, in 1 s\n");
	go(&x, 0, 30);
	progress_end(&x.p, 1);
	CHECK_STR(shown(&x), "");
	end(&x);
}

/* Nothing was told, or not how much there is. */
TEST(log_of_little)
{
	const struct tick some = { .objects = 7 };
	struct run x;

	begin(&x, 0);
	progress_end(&x.p, 1);
	CHECK_STR(shown(&x), "exporting, in 0 s\n");
	end(&x);
	begin(&x, 0);
	ticker_tell(&x.to, &some);
	progress_end(&x.p, 0);
	CHECK_STR(shown(&x), "exporting, 7 objects, in 0 s\n");
	end(&x);
}

/* Put on a screen of one line what a terminal is sent; what goes over its
 * last column but one, or is no blank, letter or return, is a mistake. */
static void
draw(const char *sent, size_t columns, char *screen)
{
	size_t at = 0;

	for (; *sent != '\0'; sent++) {
		if (*sent == '\r') {
			at = 0;
			continue;
		}
		CHECK(*sent >= ' ' && *sent <= '~');
		CHECK(at + 1 < columns);
		screen[at++] = *sent;
	}
}

static const char *
trimmed(char *screen, size_t columns)
{
	while (columns > 0 && screen[columns - 1] == ' ')
		columns--;
	screen[columns] = '\0';
	return screen;
}

/* What matters most is there while it has room; nothing is left of a longer
 * line, nor at the end of any. */
TEST(terminal)
{
	static const struct {
		int columns;
		const char *line;
	} all[] = {
		{ 132, "exporting: 5 %, about 2 min left (end 22:15), 500 "
		    "objects, 500.0 MiB, 100.0 MiB/s" },
		{ 80, "exporting: 5 %, about 2 min left (end 22:15), 500 "
		    "objects, 500.0 MiB" },
		{ 50, "exporting: 5 %, about 2 min left (end 22:15)" },
		{ 30, "exporting: 5 %, 500 objects" },
		{ 16, "exporting: 5 %" },
		{ 15, "exporting: 5 %" },
		{ 14, "" },
		{ 1, "" },
	};
	char screen[256];
	struct run x;
	size_t i, n;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		n = (size_t)all[i].columns;
		memset(screen, ' ', sizeof screen);
		begin(&x, all[i].columns);
		go(&x, 0, 5);
		draw(shown(&x), n, screen);
		CHECK_STR(trimmed(screen, n), all[i].line);
		memset(screen + strlen(screen), ' ', 1);
		go(&x, 99, 1);
		draw(shown(&x), n, screen);
		CHECK(strstr(trimmed(screen, n), "left") == NULL);
		memset(screen + strlen(screen), ' ', 1);
		progress_end(&x.p, 1);
		draw(shown(&x), n, screen);
		CHECK_STR(trimmed(screen, n), "");
		end(&x);
	}
}

/* A terminal that is made narrower meanwhile is not written over its end. */
TEST(narrower)
{
	const struct winsize w = { .ws_row = 24, .ws_col = 20 };
	char screen[256];
	struct run x;

	begin(&x, 80);
	go(&x, 0, 5);
	CHECK(strlen(shown(&x)) > 40);
	CHECK_INT(ioctl(x.in, TIOCSWINSZ, &w), 0);
	memset(screen, ' ', sizeof screen);
	go(&x, 5, 5);
	draw(shown(&x), 20, screen);
	progress_end(&x.p, 0);
	draw(shown(&x), 20, screen);
	CHECK_STR(trimmed(screen, 20), "");
	end(&x);
}

/* Five lines a second at most, however often it is told. */
TEST(not_too_often)
{
	const char *p;
	struct run x;
	int n = 0;

	begin(&x, 80);
	go(&x, 0, 4);
	for (p = shown(&x); (p = strchr(p, '\r')) != NULL; p++)
		n++;
	CHECK_INT(n, 20);
	end(&x);
}

int
main(void)
{
	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	return unit_run();
}
