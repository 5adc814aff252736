/* satchel export, satchel receipt: files for peers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../exporter/export.h"
#include "../format/reader.h"
#include "../importer/import.h"
#include "../store/peer.h"
#include "cmd.h"
#include "home.h"
#include "mirror.h"
#include "progress.h"
#include "sight.h"

#define THREADS_MAX 64u
#define THREADS_DEFAULT 4u

static const struct opt export_opts[] = {
	{ "to", OPT_MANY, "PEER", "for this peer, by name or id; may be "
	    "repeated for one file to several" },
	{ "out", OPT_PLACE, "PATH", "a folder, or the name of the file" },
	{ "full", OPT_FLAG, NULL, "send everything, whatever the receipts "
	    "say" },
	{ "since", OPT_TIME, "DATE", "an excerpt: what was changed from DATE "
	    "on" },
	{ "until", OPT_TIME, "DATE", "an excerpt: what was changed up to "
	    "DATE; a day counts whole" },
	{ "type", OPT_MANY, "TYPE", "an excerpt: objects of this type" },
	{ "max-size", OPT_SIZE, "SIZE", "of one file, such as 512M or 4G "
	    "(default, and on FAT at most: 4 GiB - 1); what is more goes into "
	    "the next file" },
	{ "for", OPT_FILE, "REQUEST", "answer the request in this file" },
	{ "heartbeat", OPT_FLAG, NULL, "write a file though nothing is due" },
	{ "dry-run", OPT_FLAG, NULL, "only count what is due" },
	{ "no-notice", OPT_FLAG, NULL, "of a mirror: send what the store has, "
	    "without looking what was changed" },
	{ "compress", OPT_TEXT, "zstd|gzip", "how (default zstd)" },
	{ "threads", OPT_NUMBER, "N", NULL },
	OPT_END
};

static const struct opt receipt_opts[] = {
	{ "to", OPT_TEXT, "PEER", "for this peer, by name or id" },
	{ "out", OPT_PLACE, "PATH", "a folder, or the name of the file" },
	OPT_END
};

struct job {
	struct export_request r;
	const char **to, **types;	/* owned lists */
	struct import_result request;	/* of --for */
	struct progress shown;
};

static void
job_clear(struct job *j)
{
	free(j->to);
	free(j->types);
	import_result_clear(&j->request);
}

/* --- options ----------------------------------------------------------- */

static int
read_codec(const struct opts *o, enum codec *ret, struct err *err)
{
	const char *name = opt_text(o, "compress");

	*ret = CODEC_ZSTD;
	if (name == NULL || strcmp(name, "zstd") == 0)
		return 0;
	*ret = CODEC_GZIP;
	if (strcmp(name, "gzip") == 0)
		return 0;
	return err_set(err, E_USAGE, "--compress: zstd or gzip expected, "
	    "\"%s\" found", name);
}

/* Threads beside this one: one less than processors, within reason. */
static unsigned
workers_of(const struct opts *o)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t want = n < 1 ? 1 : (uint64_t)n;

	want = want < THREADS_DEFAULT ? want : THREADS_DEFAULT;
	want = opt_number(o, "threads", want);
	want = want < THREADS_MAX ? want : THREADS_MAX;
	return want == 0 ? 0 : (unsigned)want - 1;
}

static int
check_types(const struct job *j, struct err *err)
{
	size_t i;

	for (i = 0; i < j->r.type_count; i++)
		if (!text_is_type(j->types[i], strlen(j->types[i])))
			return err_set(err, E_USAGE, "--type: \"%s\" is no "
			    "type", j->types[i]);
	return 0;
}

/* Which options make sense together? */
static int
check_together(const struct opts *o, const struct job *j, struct err *err)
{
	int excerpt = j->r.since_time >= 0 || j->r.until_time >= 0 ||
	    j->r.type_count > 0;

	if (j->r.to_count == 0 && opt_text(o, "for") == NULL)
		return err_set(err, E_USAGE, "--to PEER is missing");
	if (opt_text(o, "out") == NULL && !j->r.dry_run)
		return err_set(err, E_USAGE, "--out PATH is missing");
	if (excerpt && j->r.full)
		return err_set(err, E_USAGE, "--full cannot go with --since, "
		    "--until or --type");
	if (excerpt && opt_text(o, "for") != NULL)
		return err_set(err, E_USAGE, "--for cannot go with --since, "
		    "--until or --type");
	if (j->r.since_time >= 0 && j->r.until_time >= 0 &&
	    j->r.since_time > j->r.until_time)
		return err_set(err, E_USAGE, "--since is later than --until");
	if (opt_text(o, "max-size") != NULL &&
	    j->r.max_size < EXPORT_MAX_SIZE_MIN)
		return err_set(err, E_USAGE, "--max-size: at least %u bytes "
		    "expected, %" PRIu64 " found", EXPORT_MAX_SIZE_MIN,
		    j->r.max_size);
	return 0;
}

/* --to A --to B, or --to A B. */
static int
read_peers(struct job *j, const struct opts *o, struct err *err)
{
	const char **all;
	int rc;

	if ((rc = opt_many(o, "to", &j->to, &j->r.to_count, err)) < 0 ||
	    o->arg_count == 0)
		return rc;
	if (j->r.to_count == 0)
		return err_set(err, E_USAGE, "\"%.200s\" is too much",
		    o->args[0]);
	all = realloc(j->to, (j->r.to_count + o->arg_count) * sizeof *all);
	if (all == NULL)
		return err_oom(err);
	memcpy(all + j->r.to_count, o->args, o->arg_count * sizeof *all);
	j->to = all;
	j->r.to_count += o->arg_count;
	return 0;
}

static int
read_options(struct job *j, const struct opts *o, struct err *err)
{
	int rc;

	if ((rc = read_peers(j, o, err)) < 0 ||
	    (rc = opt_many(o, "type", &j->types, &j->r.type_count,
	    err)) < 0 ||
	    (rc = read_codec(o, &j->r.codec, err)) < 0 ||
	    (rc = check_types(j, err)) < 0)
		return rc;
	j->r.to = j->to;
	j->r.types = j->types;
	j->r.full = opt_flag(o, "full");
	j->r.heartbeat = opt_flag(o, "heartbeat");
	j->r.dry_run = opt_flag(o, "dry-run");
	j->r.since_time = opt_time(o, "since", 0);
	j->r.until_time = opt_time(o, "until", 1);
	j->r.max_size = opt_size(o, "max-size", 0);
	j->r.workers = workers_of(o);
	j->r.out = opt_text(o, "out") != NULL ? opt_text(o, "out") : ".";
	return check_together(o, j, err);
}

/* --- the answer to a request ------------------------------------------- */

/* A bundle given by mistake must not be applied: look before it is read. */
static int
check_request(const char *path, struct err *err)
{
	CLEANUP(sight_clear) struct sight x = SIGHT_INIT;
	int rc;

	if ((rc = sight_read(&x, path, err)) < 0)
		return rc;
	if (sums_kind(x.reader.sums.at, x.reader.sums.len) == SUMS_RECEIPT)
		return 0;
	(void)err_set(err, E_USAGE, "--for: \"%s\" is neither a request nor a "
	    "receipt", path);
	return err_next(err, "'satchel import' reads bundles");
}

/* --to must name the sender; without it the sender is whom it is for. */
static int
address(struct job *j, struct store *s, const struct import_report *from,
    struct err *err)
{
	struct peer p;
	int rc;

	if (j->r.to_count == 0) {
		if ((j->to = calloc(1, sizeof *j->to)) == NULL)
			return err_oom(err);
		j->to[0] = from->from_site;
		j->r.to = j->to;
		j->r.to_count = 1;
		return 0;
	}
	if (j->r.to_count > 1)
		return err_set(err, E_USAGE, "--for answers one peer, --to "
		    "names %zu", j->r.to_count);
	if ((rc = peer_find(s, j->to[0], &p, err)) < 0)
		return rc;
	if (rc == 0 || strcmp(p.site, from->from_site) != 0)
		return err_set(err, E_USAGE, "--for: the request is from "
		    "\"%s\", --to is \"%s\"", from->from, j->to[0]);
	return 0;
}

/* Take the receipt in the request, and what it asks for. */
static int
take_request(struct cmd *c, struct job *j, struct store *s, struct err *err)
{
	const struct import_request r = { .mode = j->r.dry_run ?
	    IMPORT_DRY_RUN : IMPORT_APPLY };
	const char *path = opt_text(&c->opts, "for");
	const struct import_report *report;
	int rc;

	if (path == NULL)
		return 0;
	if ((rc = check_request(path, err)) < 0 ||
	    (rc = import_run(s, &path, 1, &r, &j->request, err)) < 0)
		return rc;
	if (j->request.count != 1)
		return err_set(err, E_USAGE, "--for: \"%s\" is not one file",
		    path);
	report = &j->request.at[0];
	if (report->err.code != E_OK) {
		err_recall(err, &report->err);
		return -(int)err->code;
	}
	if ((report->kind != MANIFEST_REQUEST &&
	    report->kind != MANIFEST_RECEIPT) || report->from_site[0] == '\0')
		return err_set(err, E_USAGE, "--for: \"%s\" is not a request "
		    "to this site", path);
	j->r.wanted = (const unsigned char (*)[32])report->wanted;
	j->r.wanted_count = report->wanted_count;
	return address(j, s, report, err);
}

/* --- what happened ----------------------------------------------------- */

struct sum {
	uint64_t records, blobs, bytes;
};

static void
say_file(struct out *o, const struct export_file *f)
{
	out_open(o, NULL, '{');
	out_str(o, "file", f->path);
	out_number(o, "sequence", f->sequence);
	out_number(o, "since", f->since);
	out_number(o, "until", f->until);
	out_number(o, "records", f->records);
	out_number(o, "versions", f->versions);
	out_number(o, "deleted", f->deleted);
	out_number(o, "blobs", f->blobs);
	out_number(o, "blob_bytes", f->blob_bytes);
	out_number(o, "size", f->size);
	out_close(o);
}

/* The paths and nothing else on standard output. */
static struct sum
say_files(struct out *o, const struct export_result *r)
{
	struct sum n = { 0, 0, 0 };
	size_t i;

	out_open(o, "files", '[');
	for (i = 0; i < r->count; i++) {
		n.records += r->files[i].records;
		n.blobs += r->files[i].blobs;
		n.bytes += r->files[i].size;
		if (r->files[i].path == NULL)
			continue;
		out_str(o, NULL, r->files[i].path);
		if (o->json)
			continue;
		out_write(o, r->files[i].path, strlen(r->files[i].path));
		out_text(o, "\n");
	}
	out_close(o);
	out_open(o, "bundles", '[');
	for (i = 0; i < r->count; i++)
		say_file(o, &r->files[i]);
	out_close(o);
	return n;
}

static void
say_medium(struct out *o, const struct medium *m)
{
	out_open(o, "medium", '{');
	out_str(o, "fs", m->fs);
	out_str(o, "label", m->label);
	out_str(o, "serial", m->serial);
	out_close(o);
}

/* What may be done now that all of it was synced as far as we can. */
static const char *
safe_words(const struct export_result *r)
{
	if (r->medium.kind == MEDIUM_NETWORK)
		return "safe at the server, by what it says";
	if (r->medium.fs != NULL && (strcmp(r->medium.fs, "tmpfs") == 0 ||
	    strcmp(r->medium.fs, "ramfs") == 0))
		return "in memory only: gone when this computer stops";
	if (r->is_home && r->medium.kind == MEDIUM_FIXED)
		return "safe on this disk";
	return "safe to remove";
}

/* After the paths have arrived, so that "safe" is the last word. */
static void
say_safe(const struct export_result *r, const struct sum *n, int dry_run)
{
	char size[24];

	out_size(dry_run ? r->estimate : n->bytes, size);
	if (dry_run && r->count > 0)
		out_note("%" PRIu64 " objects and %" PRIu64 " attachments "
		    "would be carried, in about %s; nothing was written",
		    n->records, n->blobs, size);
	else if (r->count == 0)
		out_note("nothing to carry: nothing is due and no receipt is "
		    "owed");
	else
		out_note("%zu file%s written and read back: %" PRIu64
		    " objects, %" PRIu64 " attachments, %s", r->count,
		    r->count == 1 ? "" : "s", n->records, n->blobs, size);
	if (r->count > 0 && !dry_run)
		out_note("%s", safe_words(r));
}

static int
say(struct cmd *c, const struct export_result *r, int dry_run, int rc,
    struct err *err)
{
	struct sum n = say_files(&c->out, r);

	out_bool(&c->out, "dry_run", dry_run);
	if (dry_run)
		out_number(&c->out, "estimate", r->estimate);
	else
		out_null(&c->out, "estimate");
	say_medium(&c->out, &r->medium);
	out_flush(&c->out);
	if (rc < 0)
		return rc;
	if ((rc = out_check(&c->out, err)) < 0)
		return rc;
	say_safe(r, &n, dry_run);
	return 0;
}

/* --- the commands ------------------------------------------------------ */

/* A mirror: what was changed there is to be sent too. */
static int
notice_first(struct cmd *c, struct err *err)
{
	CLEANUP(mirror_run_clear) struct mirror_run x = MIRROR_RUN_INIT;
	struct notice_report n;
	int rc;

	if ((rc = mirror_run_open(&x, c, err)) < 0)
		return rc;
	rc = mirror_run_notice(&x, 0, 0, &n, err);
	mirror_say_facts(&c->out, &x);
	mirror_say_notice(&c->out, x.facts.product != NULL ? &n : NULL, 1);
	if (rc < 0)
		mirror_next(err, "'satchel export --no-notice' sends what the "
		    "store has without it");
	return rc;
}

/* The site, open for writing, after its mirror was looked at.  A dry run
 * changes nothing, and so does not look. */
static int
open_site(struct cmd *c, int dry_run, struct store **ret, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = mirror_is(s, err)) < 0)
		return rc;
	if (rc > 0 && !dry_run && !opt_flag(&c->opts, "no-notice")) {
		store_closep(&s);
		if ((rc = notice_first(c, err)) < 0 ||
		    (rc = home_open(c, HOME_WRITE, &s, err)) < 0)
			return rc;
	}
	*ret = s;
	s = NULL;
	return 0;
}

static int
export(struct cmd *c, struct err *err)
{
	CLEANUP(export_result_clear) struct export_result result =
	    EXPORT_RESULT_INIT;
	CLEANUP(job_clear) struct job j = { .to = NULL };
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = read_options(&j, &c->opts, err)) < 0 ||
	    (rc = home_now(&j.r.created, err)) < 0 ||
	    (rc = open_site(c, j.r.dry_run, &s, err)) < 0 ||
	    (!j.r.dry_run &&
	    (rc = keys_sign(&c->keys, &c->opts, s->home, err)) < 0) ||
	    (rc = take_request(c, &j, s, err)) < 0)
		return rc;
	j.r.key = c->keys.sign;
	progress_begin(&j.shown, "exporting", opt_flag(&c->opts, "progress"));
	j.r.progress = progress_ticker(&j.shown);
	rc = export_run(s, &j.r, &result, err);
	progress_end(&j.shown, rc >= 0);
	return say(c, &result, j.r.dry_run, rc, err);
}

const struct cmd_spec cmd_export = {
	.args = "--to PEER... --out PATH [options]",
	.max = FORMAT_TO_MAX,
	.needs = CMD_STORE | CMD_KEYS | CMD_MIRROR | CMD_MOUNTS,
	.opts = export_opts,
	.more = "Writes what the peer does not have by its receipts, and the "
	    "receipt for it.  Standard output gets the path of each finished "
	    "file, one a line; nothing if nothing is due.  The mirror of a "
	    "SENAITE is noticed before.",
	.run = export
};

static int
receipt(struct cmd *c, struct err *err)
{
	CLEANUP(export_result_clear) struct export_result result =
	    EXPORT_RESULT_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	const char *to = opt_text(&c->opts, "to");
	struct export_request r = { .to = &to, .to_count = 1, .heartbeat = 1,
	    .since_time = -1, .until_time = -1,
	    .out = opt_text(&c->opts, "out") };
	int rc;

	if (to == NULL || r.out == NULL)
		return err_set(err, E_USAGE, "--%s is missing", to == NULL ?
		    "to PEER" : "out PATH");
	if ((rc = home_now(&r.created, err)) < 0 ||
	    (rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = keys_sign(&c->keys, &c->opts, s->home, err)) < 0)
		return rc;
	r.key = c->keys.sign;
	rc = export_receipt(s, &r, &result, err);
	return say(c, &result, 0, rc, err);
}

const struct cmd_spec cmd_receipt = {
	.args = "--to PEER --out PATH",
	.needs = CMD_STORE | CMD_KEYS | CMD_MOUNTS,
	.opts = receipt_opts,
	.more = "A receipt says what of the peer is durably here.  It rides in "
	    "every bundle too; alone it is for a peer that gets none.",
	.run = receipt
};
