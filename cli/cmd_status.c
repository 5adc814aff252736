/* satchel status: how far each peer is. */
#include <inttypes.h>

#include "../base/text.h"
#include "../store/digest.h"
#include "../store/guard.h"
#include "../store/instance.h"
#include "../store/object.h"
#include "cmd.h"
#include "home.h"
#include "mirror.h"
#include "refused.h"
#include "status.h"

static const struct opt opts[] = {
	{ "refused", OPT_FLAG, NULL, "of a mirror: what it does not hold, by "
	    "type and reason" },
	OPT_END
};

struct status {
	struct out *out;
	struct store *s;
};

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

/* --- the mirror -------------------------------------------------------- */

/* A note of an earlier run; "never", or null, without one. */
static int
say_note(struct status *x, const char *key, const char *name,
    const char *label, struct err *err)
{
	CLEANUP(buf_clear) struct buf value = BUF_INIT;
	int rc = instance_note(x->s, key, &value, err);

	if (rc < 0)
		return rc;
	if (buf_str(&value) == NULL)
		return err_oom(err);
	out_text(x->out, "  %-13s", label);
	out_safe(x->out, rc > 0 ? value.at : "never");
	out_text(x->out, "\n");
	out_str(x->out, name, rc > 0 ? value.at : NULL);
	return 0;
}

static int
say_notes(struct status *x, struct err *err)
{
	static const struct {
		const char *key, *name, *label;
	} notes[] = {
		{ MIRROR_NOTE_PRODUCT, "product", "last seen" },
		{ MIRROR_NOTE_MODE, "mode", "mode" },
		{ MIRROR_NOTE_NOTICE, "last_notice", "last notice" },
		{ MIRROR_NOTE_FULL, "last_full", "a full one" },
		{ MIRROR_NOTE_PROJECT, "last_project", "last project" }
	};
	size_t i;
	int rc;

	for (i = 0; i < sizeof notes / sizeof *notes; i++)
		if ((rc = say_note(x, notes[i].key, notes[i].name,
		    notes[i].label, err)) < 0)
			return rc;
	return 0;
}

static int
say_counts(struct status *x, struct err *err)
{
	struct refused_counts n;
	uint64_t due = 0;
	int rc;

	if ((rc = instance_behind_count(x->s, &due, err)) < 0 ||
	    (rc = refused_count(x->s, 0, UINT64_MAX, &n, err)) < 0)
		return rc;
	out_text(x->out, "  to project   %" PRIu64 "\n  refused      %" PRIu64
	    "\n  held in part %" PRIu64 "\n  lossy        %" PRIu64
	    "\n  waiting      %" PRIu64 "\n  unread       %" PRIu64 "\n",
	    due, n.refused, n.partly, n.lossy, n.waiting, n.unread);
	out_number(x->out, "due", due);
	out_number(x->out, "refused", n.refused);
	out_number(x->out, "partly", n.partly);
	out_number(x->out, "lossy", n.lossy);
	out_number(x->out, "waiting", n.waiting);
	out_number(x->out, "unread", n.unread);
	return 0;
}

static int
say_mirror(struct status *x, int wanted, struct err *err)
{
	int rc = mirror_is(x->s, err);

	if (rc == 0 && wanted)
		return err_set(err, E_USAGE, "--refused is for mirrors, and %s "
		    "is an embedded lab", x->s->name);
	if (rc == 0)
		out_null(x->out, "mirror");
	if (rc <= 0 || (rc = store_begin_read(x->s, err)) < 0)
		return rc;
	out_text(x->out, "mirror of a SENAITE\n");
	out_open(x->out, "mirror", '{');
	if ((rc = say_notes(x, err)) >= 0)
		rc = say_counts(x, err);
	out_close(x->out);
	if (rc >= 0 && wanted)
		rc = refused_say(x->out, x->s, err);
	store_end_read(x->s);
	return rc;
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
	if ((rc = say_site(&x, err)) < 0 ||
	    (rc = say_mirror(&x, opt_flag(&c->opts, "refused"), err)) < 0)
		return rc;
	if ((rc = status_peers(&c->out, s, err)) < 0 ||
	    (rc = status_media(&c->out, s, err)) < 0)
		return rc;
	return status_drops(&c->out, s, err);
}

const struct cmd_spec cmd_status = {
	.args = "[--refused]",
	.needs = CMD_STORE,
	.opts = opts,
	.more = "The digest is equal at two sites exactly when they hold the "
	    "same versions of everything.",
	.run = run
};
