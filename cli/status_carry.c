/* Of `satchel status`: what carries files to the peers. */
#include <inttypes.h>
#include <stdlib.h>

#include "../base/text.h"
#include "../carry/retain.h"
#include "../store/drop.h"
#include "../store/media.h"
#include "status.h"

/* --- media ------------------------------------------------------------- */

static int
say_medium(void *ctx, const struct media *m, struct err *err)
{
	struct out *o = ctx;
	char date[21];

	(void)err;
	if (m->back != 0)
		return 0;
	text_date(date, m->left);
	out_text(o, "medium ");
	out_safe(o, m->label != NULL ? m->label : "without a label");
	out_text(o, " (");
	out_safe(o, m->serial);
	out_text(o, ") with files for ");
	out_safe(o, m->peers);
	out_text(o, " left on %s and has not been seen since\n", date);
	out_open(o, NULL, '{');
	out_str(o, "label", m->label);
	out_str(o, "serial", m->serial);
	out_str(o, "fs", m->fs);
	out_str(o, "peers", m->peers);
	out_date(o, "left", m->left);
	out_close(o);
	return 0;
}

int
status_media(struct out *o, struct store *s, struct err *err)
{
	int rc;

	out_open(o, "media", '[');
	rc = media_each(s, say_medium, o, err);
	out_close(o);
	return rc;
}

/* --- drops ------------------------------------------------------------- */

static void
say_files(struct out *o, const struct drop_files *files)
{
	uint64_t count[DROP_BROKEN + 1] = { 0 }, bytes = 0;
	size_t i;

	for (i = 0; i < files->count; i++) {
		count[files->at[i].what]++;
		if (files->at[i].what == DROP_OWN)
			bytes += files->at[i].size;
	}
	out_text(o, "    %" PRIu64 " files of this site (%" PRIu64 " bytes), %"
	    PRIu64 " for it to read", count[DROP_OWN], bytes,
	    count[DROP_DUE]);
	if (count[DROP_BROKEN] > 0)
		out_text(o, ", %" PRIu64 " that cannot be read",
		    count[DROP_BROKEN]);
	out_text(o, "\n");
	out_number(o, "files", count[DROP_OWN]);
	out_number(o, "bytes", bytes);
	out_number(o, "to_read", count[DROP_DUE]);
	out_number(o, "broken", count[DROP_BROKEN]);
}

static void
say_block(struct out *o, const struct retain_block *b)
{
	char date[21];

	if (b->files == 0)
		return;
	text_date(date, b->since);
	out_text(o, "    %" PRIu64 " wait for the receipt of %s, the oldest "
	    "since %s\n", b->files, b->peer->name, date);
	out_open(o, NULL, '{');
	out_str(o, "peer", b->peer->name);
	out_number(o, "files", b->files);
	out_number(o, "bytes", b->bytes);
	out_date(o, "since", b->since);
	out_close(o);
}

static int
say_seen(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	CLEANUP(drop_files_clear) struct drop_files files = { NULL, 0, 0 };
	CLEANUP(buf_freep) struct retain_block *blocks = NULL;
	CLEANUP(buf_freep) struct peer *peers = NULL;
	size_t count = 0, i;
	int rc;

	if ((rc = drop_files_load(s, d->id, &files, err)) < 0 ||
	    (rc = drop_peers(s, d->id, &peers, &count, err)) < 0)
		return rc;
	if ((blocks = calloc(count + 1, sizeof *blocks)) == NULL)
		return err_oom(err);
	if ((rc = retain_blocks(&files, s, peers, count, blocks, err)) < 0)
		return rc;
	say_files(o, &files);
	out_open(o, "waiting_for", '[');
	for (i = 0; i < count; i++)
		say_block(o, &blocks[i]);
	out_close(o);
	return 0;
}

static int
say_drop(struct out *o, struct store *s, const struct drop *d,
    struct err *err)
{
	char date[21];
	int rc;

	text_date(date, d->reached);
	out_text(o, "  %s (", d->name);
	out_safe(o, d->path);
	out_text(o, "): last there %s\n", d->reached > 0 ? date : "never");
	out_open(o, NULL, '{');
	out_str(o, "name", d->name);
	out_str(o, "path", d->path);
	out_date(o, "reached", d->reached);
	rc = say_seen(o, s, d, err);
	out_close(o);
	return rc;
}

int
status_drops(struct out *o, struct store *s, struct err *err)
{
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	size_t i;
	int rc;

	if ((rc = drop_list(s, &drops, err)) < 0)
		return rc;
	if (drops.count > 0)
		out_text(o, "drops, as they were the last time\n");
	out_open(o, "drops", '[');
	for (i = 0; i < drops.count && rc >= 0; i++)
		rc = say_drop(o, s, &drops.at[i], err);
	out_close(o);
	return rc;
}
