/* satchel status: how far each peer is. */
#include <inttypes.h>

#include "../base/text.h"
#include "../exporter/export.h"
#include "../format/manifest.h"
#include "../store/digest.h"
#include "../store/guard.h"
#include "../store/object.h"
#include "../store/peer.h"
#include "../store/stream.h"
#include "cmd.h"
#include "home.h"

struct status {
	struct out *out;
	struct store *s;
	uint64_t peers;
};

struct far {				/* how far a peer is */
	uint64_t acknowledged, due, gaps;
};

static int
read_far(struct store *s, const struct peer *p, struct far *ret,
    struct err *err)
{
	int rc;

	*ret = (struct far){ 0, 0, 0 };
	if ((rc = stream_since(s, p->id, FILTER_ALL, &ret->acknowledged,
	    err)) < 0 ||
	    (rc = stream_gaps(s, p->id, &ret->gaps, err)) < 0)
		return rc;
	return p->revoked ? 0 : export_due(s, p->site, &ret->due, err);
}

static void
say_date(struct out *o, const char *what, int64_t t)
{
	char date[21];

	text_date(date, t);
	out_text(o, " %s %s", what, t > 0 ? date : "never");
}

static int
each_peer(void *ctx, const struct peer *p, struct err *err)
{
	struct status *x = ctx;
	struct out *o = x->out;
	struct far far;

	if (read_far(x->s, p, &far, err) < 0)
		return -(int)err->code;
	if (x->peers++ == 0)
		out_text(o, "peers\n");
	out_text(o, "  %s%s:", p->name, p->revoked ? " (revoked)" : "");
	out_text(o, " %" PRIu64 " due, acknowledged up to %" PRIu64
	    "%s%s\n   ", far.due, far.acknowledged, p->owed ?
	    ", a receipt is owed" : "", far.gaps > 0 ? ", GAPS" : "");
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
	out_number(o, "acknowledged", far.acknowledged);
	out_number(o, "due", far.due);
	out_number(o, "gaps", far.gaps);
	out_bool(o, "receipt_owed", p->owed);
	out_close(o);
	return 0;
}

/* Status answers also where the state folder cannot be read. */
static int
is_rolled_back(struct store *s)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	struct err ignored = ERR_INIT;

	return home_state(&state, &ignored) == 0 &&
	    guard_is_ahead(s, state.at, &ignored) == 1;
}

static int
say_site(struct status *x, struct err *err)
{
	uint64_t objects = 0, conflicts = 0;
	unsigned char digest[32];
	struct store *s = x->s;
	struct out *o = x->out;
	int rolled_back, rc;
	char hex[65];

	if ((rc = object_count(s, &objects, &conflicts, err)) < 0 ||
	    (rc = digest_all(s, digest, err)) < 0)
		return rc;
	rolled_back = is_rolled_back(s);
	text_hex(hex, digest, 32);
	out_text(o, "site       %s (%s)\nobjects    %" PRIu64 "\nconflicts  %"
	    PRIu64 "\ndigest     %s\n", s->name, s->self.site, objects,
	    conflicts, hex);
	if (rolled_back)
		out_text(o, "ROLLED BACK: this home is older than its guard "
		    "file; 'satchel site restored' says what to do\n");
	out_str(o, "site", s->name);
	out_str(o, "id", s->self.site);
	out_number(o, "generation", s->self.generation);
	out_number(o, "sequence", s->sequence);
	out_number(o, "objects", objects);
	out_str(o, "digest", hex);
	out_number(o, "conflicts", conflicts);
	out_bool(o, "rolled_back", rolled_back);
	return 0;
}

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct status x = { .out = &c->out };
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0)
		return rc;
	x.s = s;
	if ((rc = say_site(&x, err)) < 0)
		return rc;
	out_open(&c->out, "peers", '[');
	rc = peer_each(s, each_peer, &x, err);
	out_close(&c->out);
	if (rc >= 0 && x.peers == 0)
		out_text(&c->out, "no peers yet\n");
	return rc;
}

const struct cmd_spec cmd_status = {
	.args = "",
	.needs = CMD_STORE,
	.more = "The digest is equal at two sites exactly when they hold the "
	    "same versions of everything.",
	.run = run
};
