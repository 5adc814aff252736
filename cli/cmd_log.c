/* satchel log: what was done here. */
#include <string.h>

#include "../base/text.h"
#include "../store/log.h"
#include "cmd.h"
#include "home.h"

static const struct opt opts[] = {
	{ "since", OPT_TIME, "DATE", "from DATE on" },
	OPT_END
};

static int
each(void *ctx, const struct log_entry *e, struct err *err)
{
	struct out *o = ctx;
	char date[21];

	text_date(date, e->time);
	out_text(o, "%s %-12s %s ", date, e->event, e->peer != NULL ?
	    e->peer : "-");
	if (e->file != NULL) {
		out_safe(o, e->file);
		out_text(o, " ");
	}
	out_safe(o, e->detail);
	out_text(o, "\n");
	out_open(o, NULL, '{');
	out_number(o, "id", (uint64_t)e->id);
	out_str(o, "time", date);
	out_str(o, "event", e->event);
	out_str(o, "peer", e->peer);
	out_str(o, "file", e->file);
	out_raw(o, "detail", e->detail, strlen(e->detail));
	out_close(o);
	return out_check(o, err);
}

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int64_t since = opt_time(&c->opts, "since", 0);
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0)
		return rc;
	out_open(&c->out, "entries", '[');
	rc = log_each(s, since < 0 ? 0 : since, each, &c->out, err);
	out_close(&c->out);
	return rc;
}

const struct cmd_spec cmd_log = {
	.args = "[--since DATE]",
	.needs = CMD_STORE,
	.opts = opts,
	.more = "Oldest first.  Nothing is ever taken out of it.",
	.run = run
};
