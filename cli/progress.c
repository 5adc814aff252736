#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/file.h"
#include "out.h"

#define TERMINAL_MS 200
#define LINES_MS 2000
#define ETA_AFTER_MS 1000

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

	*p = (struct progress){ .what = what, .terminal = terminal,
	    .on = wanted || terminal, .start_ms = now_ms() };
}

/* "about 3 min left", from what the work so far took. */
static void
add_end(const struct progress *p, int64_t now, struct buf *line)
{
	double took = (double)(now - p->start_ms) / 1000, left;
	char clock[16];
	struct tm tm;
	time_t end;

	if (p->done == 0 || p->done >= p->total ||
	    now - p->start_ms < ETA_AFTER_MS)
		return;
	left = took * (double)(p->total - p->done) / (double)p->done;
	if (left > 1e8)
		return;
	end = time(NULL) + (time_t)left;
	if (localtime_r(&end, &tm) == NULL ||
	    strftime(clock, sizeof clock, "%H:%M:%S", &tm) == 0)
		return;
	if (left < 90)
		buf_addf(line, ", about %.0f s left", left);
	else
		buf_addf(line, ", about %.0f min left", left / 60);
	buf_addf(line, " (end %s)", clock);
}

static void
show(struct progress *p, int64_t now)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	struct err ignored = ERR_INIT;
	char size[24];

	out_size(p->bytes, size);
	if (p->terminal)
		buf_adds(&line, "\r\033[K");
	buf_addf(&line, "%s: %" PRIu64 " objects, %s", p->what, p->objects,
	    size);
	if (p->total > 0)
		buf_addf(&line, ", %.0f %%", 100 * (double)(p->done < p->total ?
		    p->done : p->total) / (double)p->total);
	add_end(p, now, &line);
	if (!p->terminal)
		buf_addc(&line, '\n');
	p->shown_ms = now;
	if (buf_check(&line, &ignored) == 0)
		(void)file_write(STDERR_FILENO, line.at, line.len,
		    "standard error", &ignored);
}

void
progress_show(struct progress *p)
{
	int64_t now, since;

	if (!p->on)
		return;
	now = now_ms();
	since = p->shown_ms != 0 ? p->shown_ms : p->start_ms;
	if (now - since >= (p->terminal ? TERMINAL_MS : LINES_MS))
		show(p, now);
}

void
progress_end(struct progress *p, int done)
{
	struct err ignored = ERR_INIT;

	if (!p->on)
		return;
	if (done)
		p->done = p->total;
	if (!p->terminal)
		show(p, now_ms());
	else if (p->shown_ms != 0)
		(void)file_write(STDERR_FILENO, "\r\033[K", 4,
		    "standard error", &ignored);
	p->on = 0;
}

void
progress_objects(void *ctx, uint64_t done, uint64_t total, uint64_t bytes)
{
	struct progress *p = ctx;

	p->objects = p->done = done;
	p->total = total;
	p->bytes = bytes;
	progress_show(p);
}

void
progress_bytes(void *ctx, uint64_t done, uint64_t total, uint64_t objects)
{
	struct progress *p = ctx;

	p->bytes = p->done = done;
	p->total = total;
	p->objects = objects;
	progress_show(p);
}
