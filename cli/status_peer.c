/* Of `satchel status`: the peers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json_scan.h"
#include "../base/text.h"
#include "../exporter/export.h"
#include "../format/manifest.h"
#include "../store/cadence.h"
#include "../store/log.h"
#include "../store/stream.h"
#include "status.h"

struct far {				/* how far a peer is */
	struct peer peer;
	uint64_t acknowledged, due, wanted;
	struct stream_gap *gaps;	/* owned */
	size_t gap_count;
	uint64_t uncovered;		/* bundles above its receipt, */
	int64_t uncovered_since;	/* the oldest written then */
};

struct fars {
	struct store *s;		/* borrowed */
	struct far *at;			/* owned */
	size_t count;
};

static void
fars_clear(struct fars *x)
{
	size_t i;

	for (i = 0; i < x->count; i++)
		free(x->at[i].gaps);
	free(x->at);
}

/* --- reading ----------------------------------------------------------- */

static int
read_far(void *ctx, const struct peer *p, struct err *err)
{
	struct fars *x = ctx;
	struct far *more = realloc(x->at, (x->count + 1) * sizeof *more), *f;
	int rc;

	if (more == NULL)
		return err_oom(err);
	x->at = more;
	f = &more[x->count++];
	*f = (struct far){ .peer = *p };
	if ((rc = stream_since(x->s, p->id, FILTER_ALL, &f->acknowledged,
	    err)) < 0 ||
	    (rc = stream_gap_list(x->s, p->id, &f->gaps, &f->gap_count,
	    err)) < 0 ||
	    (rc = stream_wanted_count(x->s, p->id, &f->wanted, err)) < 0)
		return rc;
	return p->revoked ? 0 : export_due(x->s, p->site, &f->due, err);
}

/* Is it one of the names, which have a space between? */
static int
is_named(const char *names, const char *name)
{
	size_t len = strlen(name), n;

	for (; *names != '\0'; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (n == len && memcmp(names, name, n) == 0)
			return 1;
	}
	return 0;
}

/* A number of a line of the log; 0 if it has none of that name. */
static uint64_t
number_of(const struct log_entry *e, const char *key)
{
	struct json_span detail = { e->detail, strlen(e->detail) }, x;
	uint64_t n = 0;

	if (!json_member(detail, key, &x) ||
	    text_number(&n, x.at, x.len, COUNTER_MAX) < 0)
		return 0;
	return n;
}

/* A bundle of this life that was written: which receipts do not cover it? */
static int
read_written(void *ctx, const struct log_entry *e, struct err *err)
{
	struct fars *x = ctx;
	struct far *f;

	(void)err;
	if (strcmp(e->event, "export") != 0 || e->peer == NULL ||
	    number_of(e, "generation") != x->s->self.generation)
		return 0;
	for (f = x->at; f < x->at + x->count; f++) {
		if (number_of(e, "until") <= f->acknowledged ||
		    !is_named(e->peer, f->peer.name))
			continue;
		if (f->uncovered++ == 0)
			f->uncovered_since = e->time;
	}
	return 0;
}

/* --- saying ------------------------------------------------------------ */

static void
say_date(struct out *o, const char *what, int64_t t)
{
	char date[21];

	text_date(date, t);
	out_text(o, " %s %s", what, t > 0 ? date : "never");
}

static void
say_gap(struct out *o, const struct peer *p, const struct stream_gap *g)
{
	out_text(o, "    missing: what %s wrote after its sequence %" PRIu64
	    " up to %" PRIu64, p->name, g->have, g->since);
	if (g->actor.generation != p->life.generation)
		out_text(o, " in its life number %" PRIu64,
		    g->actor.generation);
	if (g->first > 0)
		say_date(o, "since", g->first);
	out_text(o, "\n");
	out_open(o, NULL, '{');
	out_number(o, "generation", g->actor.generation);
	out_number(o, "after", g->have);
	out_number(o, "until", g->since);
	out_date(o, "since", g->first);
	out_close(o);
}

/* When it wrote, and when it should have. */
static int
say_silence(struct out *o, const struct peer *p, int64_t now, struct err *err)
{
	CLEANUP(buf_clear) struct buf every = BUF_INIT;
	int64_t late = cadence_late_since(p, now);

	say_date(o, "   last heard", p->last_heard);
	if (p->cadence > 0) {
		text_add_duration(&every, p->cadence);
		if (buf_str(&every) == NULL)
			return err_oom(err);
		out_text(o, ", promises a file every %s", every.at);
	}
	out_text(o, "\n");
	if (late > 0) {
		say_date(o, "   SILENT since", late);
		out_text(o, "\n");
	}
	out_date(o, "heard", p->last_heard);
	if (p->cadence > 0)
		out_number(o, "cadence", (uint64_t)p->cadence);
	else
		out_null(o, "cadence");
	out_bool(o, "silent", late > 0);
	out_date(o, "silent_since", late);
	return 0;
}

static void
say_open(struct out *o, const struct far *f)
{
	size_t i;

	out_open(o, "gap_ranges", '[');
	for (i = 0; i < f->gap_count; i++)
		say_gap(o, &f->peer, &f->gaps[i]);
	out_close(o);
	if (f->wanted > 0)
		out_text(o, "    it asked for %" PRIu64 " attachment%s that no"
		    " export carried since\n", f->wanted, f->wanted == 1 ?
		    "" : "s");
	if (f->uncovered > 0) {
		out_text(o, "    %" PRIu64 " bundle%s for it that no receipt "
		    "covers, the oldest", f->uncovered, f->uncovered == 1 ?
		    "" : "s");
		say_date(o, "of", f->uncovered_since);
		out_text(o, "\n");
	}
	out_number(o, "wanted", f->wanted);
	out_number(o, "uncovered", f->uncovered);
	out_date(o, "uncovered_since", f->uncovered_since);
}

static int
say_peer(struct out *o, const struct far *f, int64_t now, struct err *err)
{
	const struct peer *p = &f->peer;
	int rc;

	out_text(o, "  %s%s:", p->name, p->revoked ? " (revoked)" : "");
	out_text(o, " %" PRIu64 " due, acknowledged up to %" PRIu64
	    "%s%s\n   ", f->due, f->acknowledged, p->owed ?
	    ", a receipt is owed" : "", f->gap_count > 0 ? ", GAPS" : "");
	say_date(o, "last import", p->last_import);
	out_text(o, ",");
	say_date(o, "last export", p->last_export);
	out_text(o, "\n");
	out_open(o, NULL, '{');
	out_str(o, "name", p->name);
	out_str(o, "id", p->site);
	out_bool(o, "revoked", p->revoked);
	out_date(o, "last_import", p->last_import);
	out_date(o, "last_export", p->last_export);
	out_number(o, "acknowledged", f->acknowledged);
	out_number(o, "due", f->due);
	out_number(o, "gaps", f->gap_count);
	out_bool(o, "receipt_owed", p->owed);
	if ((rc = say_silence(o, p, now, err)) >= 0)
		say_open(o, f);
	out_close(o);
	return rc;
}

int
status_peers(struct out *o, struct store *s, struct err *err)
{
	CLEANUP(fars_clear) struct fars x = { .s = s };
	size_t i;
	int rc;

	if ((rc = peer_each(s, read_far, &x, err)) < 0 ||
	    (rc = log_each(s, 0, read_written, &x, err)) < 0)
		return rc;
	out_text(o, x.count > 0 ? "peers\n" : "no peers yet\n");
	out_open(o, "peers", '[');
	for (i = 0; i < x.count && rc >= 0; i++)
		rc = say_peer(o, &x.at[i], s->clock, err);
	out_close(o);
	return rc;
}
