/* satchel inspect: what a file says of itself.  Needs no site, trusts
 * nothing. */
#include <inttypes.h>
#include <string.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../format/manifest.h"
#include "cmd.h"
#include "sight.h"

static const struct opt opts[] = {
	{ "cover", OPT_FLAG, NULL, "print a cover sheet to go with the file" },
	OPT_END
};

static const char *const kinds[] = {
	[MANIFEST_BUNDLE] = "bundle", [MANIFEST_EXCERPT] = "excerpt",
	[MANIFEST_RECEIPT] = "receipt", [MANIFEST_REQUEST] = "request",
	[MANIFEST_CARD] = "card"
};

struct look {
	const char *path;
	struct sight sight;
	struct manifest m;
	struct err sums;		/* E_OK: SUMS is what was hashed */
	char key[MINISIGN_ID_HEX];
	char id[65], hash[65];		/* of SUMS, of the whole file */
};

static void
look_clear(struct look *x)
{
	sight_clear(&x->sight);
	manifest_clear(&x->m);
}

static int
look(struct look *x, struct err *err)
{
	struct reader *r = &x->sight.reader;
	enum sums_kind kind;
	int rc;

	if ((rc = sight_read(&x->sight, x->path, err)) < 0 ||
	    (rc = manifest_parse(&x->m, r->manifest.at, r->manifest.len,
	    err)) < 0)
		return rc;
	x->sums = (struct err)ERR_INIT;
	(void)reader_valid(r, &kind, &x->sums);
	minisign_id_hex(r->key_id, x->key);
	text_hex(x->id, r->id, 32);
	text_hex(x->hash, x->sight.hash, 32);
	return 0;
}

/* "lab-b, lab-c". */
static int
addressees(const struct manifest *m, struct buf *out, struct err *err)
{
	size_t i;

	for (i = 0; i < m->to_count; i++)
		buf_addf(out, "%s%s (%s)", i > 0 ? ", " : "", m->to[i].name,
		    m->to[i].site);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
has_data(const struct manifest *m)
{
	return m->kind == MANIFEST_BUNDLE || m->kind == MANIFEST_EXCERPT;
}

/* --- JSON -------------------------------------------------------------- */

static void
json_totals(struct out *o, const struct manifest_totals *t)
{
	out_open(o, "totals", '{');
	out_number(o, "members", t->members);
	out_number(o, "records", t->records);
	out_number(o, "versions", t->versions);
	out_number(o, "deleted", t->deleted);
	out_number(o, "blobs", t->blobs);
	out_number(o, "blob_bytes", t->blob_bytes);
	out_number(o, "unpacked", t->unpacked);
	out_close(o);
}

static void
json_members(struct out *o, const struct reader *r)
{
	size_t i;

	out_open(o, "members", '[');
	for (i = 0; i < r->count; i++) {
		out_open(o, NULL, '{');
		out_str(o, "name", r->members[i].name);
		out_number(o, "size", r->members[i].size);
		out_hash(o, "blake2b", r->members[i].hash);
		out_close(o);
	}
	out_close(o);
}

static void
json_to(struct out *o, const struct manifest *m)
{
	size_t i;

	out_open(o, "to", '[');
	for (i = 0; i < m->to_count; i++) {
		out_open(o, NULL, '{');
		out_str(o, "id", m->to[i].site);
		out_str(o, "name", m->to[i].name);
		out_close(o);
	}
	out_close(o);
}

static void
say_json(struct out *o, const struct look *x)
{
	const struct manifest *m = &x->m;

	out_str(o, "file", x->path);
	out_bool(o, "verified", 0);
	out_str(o, "kind", kinds[m->kind]);
	out_str(o, "from", m->from_name);
	out_str(o, "from_id", m->from.site);
	out_number(o, "generation", m->from.generation);
	json_to(o, m);
	out_str(o, "created", m->created);
	out_str(o, "key", x->key);
	out_number(o, "size", x->sight.reader.size);
	out_str(o, "blake2b", x->hash);
	out_str(o, "sums_blake2b", x->id);
	out_bool(o, "sums_match", x->sums.code == E_OK);
	if (m->kind != MANIFEST_CARD) {
		out_number(o, "sequence", m->sequence);
		out_number(o, "receipts", m->receipt_count);
		out_number(o, "wanted", m->wanted_count);
	}
	if (!has_data(m))
		return;
	out_number(o, "since", m->since);
	out_number(o, "until", m->until);
	out_str(o, "compression", m->codec == CODEC_ZSTD ? "zstd" : "gzip");
	out_bool(o, "encrypted", m->encrypted);
	json_totals(o, &m->totals);
	json_members(o, &x->sight.reader);
}

/* --- text -------------------------------------------------------------- */

static void
say_routing(struct out *o, const struct look *x, const char *to)
{
	const struct manifest *m = &x->m;
	char size[24];

	out_size(x->sight.reader.size, size);
	out_text(o, "  from        %s (%s)\n", m->from_name, m->from.site);
	if (m->kind != MANIFEST_CARD)
		out_text(o, "  to          %s\n  sequence    %" PRIu64 "\n", to,
		    m->sequence);
	out_text(o, "  created     %s\n  size        %s (%" PRIu64
	    " bytes)\n", m->created, size, x->sight.reader.size);
	out_text(o, "  key id      %s\n", x->key);
}

static void
say_totals(struct out *o, const struct manifest *m)
{
	const struct manifest_totals *t = &m->totals;
	char size[24];

	if (!has_data(m))
		return;
	out_size(t->blob_bytes, size);
	out_text(o, "  holds       %" PRIu64 " objects, %" PRIu64
	    " versions (%" PRIu64 " deleted), %" PRIu64 " attachments (%s)\n",
	    t->records, t->versions, t->deleted, t->blobs, size);
}

static void
say_text(struct out *o, const struct look *x, const char *to)
{
	const struct reader *r = &x->sight.reader;
	const struct manifest *m = &x->m;
	size_t i;

	out_text(o, "NOT VERIFIED: this is what the file says of itself; "
	    "anyone could have\nwritten it.  'satchel verify' checks it.\n\n");
	out_safe(o, x->path);
	out_text(o, "\n  kind        %s\n", kinds[m->kind]);
	say_routing(o, x, to);
	if (m->kind == MANIFEST_BUNDLE)
		out_text(o, "  range       after %" PRIu64 " up to %" PRIu64
		    "\n", m->since, m->until);
	say_totals(o, m);
	if (has_data(m))
		out_text(o, "  packed      %s%s\n", m->codec == CODEC_ZSTD ?
		    "zstd" : "gzip", m->encrypted ? ", encrypted (age)" : "");
	if (m->kind != MANIFEST_CARD)
		out_text(o, "  receipts    %zu\n", m->receipt_count);
	if (m->kind == MANIFEST_REQUEST)
		out_text(o, "  wanted      %zu attachments\n",
		    m->wanted_count);
	out_text(o, "  sums        %s\n", x->sums.code == E_OK ?
	    "match the bytes" : "DO NOT MATCH the bytes");
	for (i = 0; i < r->count; i++)
		out_text(o, "  member      %s, %" PRIu64 " bytes\n",
		    r->members[i].name, r->members[i].size);
}

/* --- the cover sheet --------------------------------------------------- */

static void
say_cover(struct out *o, const struct look *x, const char *to)
{
	const char *name = strrchr(x->path, '/');

	name = name != NULL ? name + 1 : x->path;
	out_text(o, "COVER SHEET OF A SATCHEL %s\n\n  file        ",
	    x->m.kind == MANIFEST_BUNDLE ? "BUNDLE" :
	    x->m.kind == MANIFEST_CARD ? "CARD" : "FILE");
	out_safe(o, name);
	out_text(o, "\n");
	say_routing(o, x, to);
	say_totals(o, &x->m);
	out_text(o, "\n  BLAKE2b-256 of SUMS (the id of the file)\n"
	    "    %.32s\n    %s\n", x->id, x->id + 32);
	out_text(o, "  BLAKE2b-256 of the whole file\n    %.32s\n    %s\n",
	    x->hash, x->hash + 32);
	out_text(o, "\n  handed over on   ______________________________\n\n"
	    "  by               ______________________________\n\n"
	    "  courier          ______________________________\n\n"
	    "  received on      ______________________________\n\n"
	    "  signature        ______________________________\n");
	out_text(o, "\nTo check that the file is the one of this sheet:\n\n"
	    "    b2sum -l 256 FILE\n\nTo check who signed it, at a site that "
	    "has the sender as a peer:\n\n    satchel verify FILE\n\n"
	    "or with stock tools, in an empty folder, with the sender's "
	    "public key:\n\n    tar xf FILE\n    minisign -VHm SUMS -p "
	    "sender.pub\n    b2sum -c --strict SUMS\n    tar tf FILE        "
	    "(SUMS lists all of it)\n\n"
	    "This sheet was not verified: it repeats what the file says.\n");
}

/* --- the command ------------------------------------------------------- */

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(look_clear) struct look x = { .path = c->opts.args[0],
	    .m = { .to = NULL } };
	CLEANUP(buf_clear) struct buf to = BUF_INIT;
	int rc;

	if ((rc = look(&x, err)) < 0 ||
	    (rc = addressees(&x.m, &to, err)) < 0)
		return rc;
	say_json(&c->out, &x);
	if (opt_flag(&c->opts, "cover"))
		say_cover(&c->out, &x, to.at);
	else
		say_text(&c->out, &x, to.at);
	if (x.sums.code == E_OK)
		return 0;
	*err = x.sums;
	return err_prefix(err, "\"%s\"", x.path);
}

const struct cmd_spec cmd_inspect = {
	.args = "BUNDLE [--cover]",
	.min = 1, .max = 1,
	.needs = CMD_FILES,
	.opts = opts,
	.more = "Shows what the file says of itself, without a site and "
	    "without trust in it.  'satchel verify' is the check.",
	.run = run
};
