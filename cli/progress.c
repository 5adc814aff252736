#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/file.h"
#include "out.h"

#define TERMINAL_MS 200
#define LINES_MS 10000
#define COLUMNS 80u			/* of a terminal that does not say */
#define PIECE_MAX 80u			/* bytes of one, and a NUL */

static int64_t
now_ms(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, const char *what, int wanted)
{
	int terminal = isatty(STDERR_FILENO) == 1;

	*p = (struct progress){ .what = what, .step = what,
	    .terminal = terminal, .on = wanted || terminal,
	    .fd = STDERR_FILENO, .now_ms = now_ms,
	    .start_s = (int64_t)time(NULL) };
	p->start_ms = p->step_ms = p->shown_ms = now_ms();
}

/* --- a line ------------------------------------------------------------ */

/* The line ends before the last column, so that no terminal begins another. */
static size_t
columns(const struct progress *p)
{
	struct winsize w;

	if (!p->terminal)
		return SIZE_MAX;
	if (ioctl(p->fd, TIOCGWINSZ, &w) != 0 || w.ws_col == 0)
		return COLUMNS - 1;
	return w.ws_col - 1u;
}

/* One more piece, if it has room; what matters most comes first. */
static void
add(struct buf *line, size_t room, const char *piece)
{
	size_t comma = line->len > 0 ? 2 : 0;

	if (*piece == '\0' || line->len > room ||
	    strlen(piece) + comma > room - line->len)
		return;
	buf_add(line, ", ", comma);
	buf_adds(line, piece);
}

/* "about 3 min left (end 14:05)" */
static void
left_words(const struct progress *p, int64_t now, int64_t left, char *ret)
{
	time_t end = (time_t)(p->start_s + (now - p->start_ms) / 1000 + left);
	char clock[32];
	struct tm tm;

	*ret = '\0';
	if (left < 0 || localtime_r(&end, &tm) == NULL ||
	    strftime(clock, sizeof clock, left < 90 ? "%H:%M:%S" :
	    left < 72000 ? "%H:%M" : "%Y-%m-%d %H:%M", &tm) == 0)
		return;
	if (left < 90)
		(void)snprintf(ret, PIECE_MAX, "about %" PRId64 " s left (end "
		    "%s)", left, clock);
	else if (left < 5400)
		(void)snprintf(ret, PIECE_MAX, "about %" PRId64 " min left "
		    "(end %s)", (left + 30) / 60, clock);
	else
		(void)snprintf(ret, PIECE_MAX, "about %" PRId64 " h %" PRId64
		    " min left (end %s)", left / 3600, left % 3600 / 60,
		    clock);
}

static const char *
unit_of(const struct tick *t)
{
	return t->unit != NULL ? t->unit : "objects";
}

static void
rate_words(const struct pace_rate *r, const struct tick *t, char *ret)
{
	char size[24];

	*ret = '\0';
	out_size((uint64_t)r->bytes, size);
	if (r->bytes >= 1)
		(void)snprintf(ret, PIECE_MAX, "%s/s", size);
	else if (r->objects > 0)
		(void)snprintf(ret, PIECE_MAX, "%.*f %s/s",
		    r->objects < 10 ? 1 : 0, r->objects, unit_of(t));
}

/* `last`: it is over, and how long it took is said instead of a rate. */
static void
write_line(const struct progress *p, int64_t now, int last, struct buf *line)
{
	struct pace_rate rate = pace_of(&p->pace, now, &p->tick);
	const struct tick *t = &p->tick;
	char text[PIECE_MAX], size[24];
	size_t room = columns(p);

	(void)snprintf(text, sizeof text, "%.40s: %" PRIu64 " %%", p->step,
	    t->total == 0 ? 0 : (uint64_t)(100 * (double)(t->done < t->total ?
	    t->done : t->total) / (double)t->total));
	if (t->total == 0)
		*strrchr(text, ':') = '\0';
	add(line, room, text);
	if (line->len == 0)
		return;
	left_words(p, now, last ? -1 : pace_left_s(&rate, t), text);
	add(line, room, text);
	(void)snprintf(text, sizeof text, "%" PRIu64 " %s", t->objects,
	    unit_of(t));
	add(line, room, t->objects > 0 ? text : "");
	out_size(t->bytes, size);
	add(line, room, t->bytes > 0 ? size : "");
	rate_words(&rate, t, text);
	if (last)
		(void)snprintf(text, sizeof text, "in %" PRId64 " s",
		    (now - p->step_ms) / 1000);
	add(line, room, text);
}

static void
put(struct progress *p, struct buf *line)
{
	struct err ignored = ERR_INIT;

	if (buf_check(line, &ignored) == 0)
		(void)file_write(p->fd, line->at, line->len, "standard error",
		    &ignored);
}

/* How many columns of the last line are to be wiped.  With blanks, which every
 * terminal understands; never beyond its width, which may be another now. */
static int
to_wipe(const struct progress *p)
{
	size_t room = columns(p);

	return p->shown < room ? (int)p->shown : (int)room;
}

static void
show(struct progress *p, int64_t now, int last)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT, text = BUF_INIT;

	write_line(p, now, last, &text);
	p->shown_ms = now;
	if (buf_str(&text) == NULL)
		return;
	if (p->terminal)
		buf_addf(&line, "\r%-*s", to_wipe(p), text.at);
	else
		buf_addf(&line, "%s\n", text.at);
	p->shown = text.len;
	put(p, &line);
}

static void
wipe(struct progress *p)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;

	if (p->shown == 0)
		return;
	buf_addf(&line, "\r%*s\r", to_wipe(p), "");
	p->shown = 0;
	put(p, &line);
}

/* --- how far it is ----------------------------------------------------- */

static void
next_step(struct progress *p, const char *step, int64_t now)
{
	/* In a log what took long is said to be over. */
	if (!p->terminal && now - p->step_ms >= LINES_MS)
		show(p, now, 1);
	p->step = step;
	p->step_ms = now;
	pace_clear(&p->pace);
}

static void
at(void *ctx, const struct tick *t)
{
	struct progress *p = ctx;
	const char *step = t->step != NULL ? t->step : p->what;
	int64_t now;

	if (!p->on)
		return;
	now = p->now_ms();
	if (strcmp(step, p->step) != 0)
		next_step(p, step, now);
	p->tick = *t;
	pace_add(&p->pace, now, t);
	if (now - p->shown_ms >= (p->terminal ? TERMINAL_MS : LINES_MS))
		show(p, now, 0);
}

struct ticker
progress_ticker(struct progress *p)
{
	return (struct ticker){ at, p };
}

void
progress_end(struct progress *p, int done)
{
	if (!p->on)
		return;
	if (done && p->tick.total > 0)
		p->tick.done = p->tick.total;
	if (p->terminal)
		wipe(p);
	else
		show(p, p->now_ms(), 1);
	p->on = 0;
}
