#include "writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sums.h"
#include "tar.h"

#define NUMBER_DIGITS 6
#define SUMS_LINE_MAX (FORMAT_NAME_MAX + 2 * SUMS_HASH + 32u)

const char format_readme[] =
"This file is a Satchel bundle: a signed transfer of a laboratory's data\n"
"between sites that share no network.  Do not unpack it to use it; run\n"
"\n"
"    satchel import FILE\n"
"\n"
"To check it without Satchel, in an empty folder, with stock tools and the\n"
"sender's public key (sender.pub, handed over by the sender in person):\n"
"\n"
"    tar xf FILE\n"
"    minisign -VHm SUMS -p sender.pub\n"
"    b2sum -c --strict SUMS\n"
"    tar tf FILE\n"
"\n"
"minisign and b2sum must succeed, and tar tf must list exactly what SUMS "
"lists,\nand then SUMS and SUMS.minisig.\n"
"\n"
"Specification: docs/format.md of Satchel, or man satchel-bundle(5).\n";

struct writer {
	struct writer_out out;
	struct archive *archive;
	struct archive_entry *entry;
	struct buf lines;		/* of SUMS, but the first */
	uint64_t size;
	unsigned members;		/* data members so far */
	struct err *err;		/* of the call that runs */
	int failed;			/* code of a write that failed */
	int abandoned;
};

/* libarchive's output.  A failure is not told to libarchive, which would
 * leak what it holds: it is kept, and what comes after it is dropped. */
static la_ssize_t
pass_on(struct archive *a, void *ctx, const void *data, size_t len)
{
	struct writer *w = ctx;

	(void)a;
	if (w->failed == 0 && !w->abandoned)
		w->failed = w->out.write(w->out.ctx, data, len, w->err);
	if (w->failed > 0)
		w->failed = 0;
	if (w->failed == 0)
		w->size += len;
	return (la_ssize_t)len;
}

/* How a call of libarchive went: its own failure, or that of our output. */
static int
check(struct writer *w, int went_well, const char *what)
{
	const char *why;

	if (w->failed < 0)
		return err_set(w->err, (enum err_code)-w->failed,
		    "an earlier write failed");
	if (went_well)
		return 0;
	why = archive_error_string(w->archive);
	return err_set(w->err, E_INTERNAL, "libarchive: %s: %s", what,
	    why != NULL ? why : "no reason given");
}

/* Write one member: header, content, padding.  libarchive ends the process
 * if it has no memory for a name.  It keeps the room of an entry that is not
 * cleared, and begins with more than our names need: this can happen with the
 * first member alone. */
static int
put_member(struct writer *w, const char *name, const void *data, size_t len)
{
	la_ssize_t n;
	int r;

	archive_entry_set_pathname(w->entry, name);
	archive_entry_set_size(w->entry, (la_int64_t)len);
	r = archive_write_header(w->archive, w->entry);
	if ((r = check(w, r == ARCHIVE_OK, name)) < 0)
		return r;
	n = len == 0 ? 0 : archive_write_data(w->archive, data, len);
	if ((r = check(w, n >= 0 && (size_t)n == len, name)) < 0)
		return r;
	r = archive_write_finish_entry(w->archive);
	return check(w, r == ARCHIVE_OK, name);
}

/* Write one member that is in memory and note its hash for SUMS. */
static int
put_hashed(struct writer *w, const char *name, const void *data, size_t len)
{
	unsigned char hash[SUMS_HASH];

	(void)crypto_generichash(hash, sizeof hash, data, len, NULL, 0);
	sums_add(&w->lines, name, hash);
	return put_member(w, name, data, len);
}

static int
open_archive(struct writer *w)
{
	int r;

	if ((w->archive = archive_write_new()) == NULL ||
	    (w->entry = archive_entry_new()) == NULL)
		return err_oom(w->err);
	archive_entry_set_filetype(w->entry, AE_IFREG);
	archive_entry_set_perm(w->entry, 0644);
	archive_entry_set_mtime(w->entry, 0, 0);
	r = archive_write_set_format_ustar(w->archive);
	if (r == ARCHIVE_OK)
		r = archive_write_set_bytes_per_block(w->archive, 0);
	if (r == ARCHIVE_OK)
		r = archive_write_open(w->archive, w, NULL, pass_on, NULL);
	if (r != ARCHIVE_OK)		/* nothing else can fail yet */
		return err_oom(w->err);
	return put_hashed(w, "README.txt", format_readme,
	    strlen(format_readme));
}

int
writer_new(struct writer **ret, const struct writer_out *out,
    struct err *err)
{
	CLEANUP(writer_freep) struct writer *w = calloc(1, sizeof *w);
	int r;

	if (w == NULL)
		return err_oom(err);
	w->out = *out;
	w->err = err;
	w->lines.max = FORMAT_SUMS_MAX;
	if ((r = open_archive(w)) < 0)
		return r;
	*ret = w;
	w = NULL;
	return 0;
}

void
writer_freep(struct writer **w)
{
	if (*w == NULL)
		return;

	/* libarchive writes the end even now: to nowhere. */
	(*w)->abandoned = 1;
	(void)archive_write_free((*w)->archive);
	archive_entry_free((*w)->entry);
	buf_clear(&(*w)->lines);
	free(*w);
	*w = NULL;
}

void
writer_name(char out[FORMAT_NAME_MAX], unsigned number, int is_records,
    enum codec codec, int encrypted)
{
	(void)snprintf(out, FORMAT_NAME_MAX, "%0*u.%s.%s%s", NUMBER_DIGITS,
	    number, is_records ? "records.jsonl" : "blobs.tar",
	    codec == CODEC_ZSTD ? "zst" : "gz", encrypted ? ".age" : "");
}

int
writer_data(struct writer *w, const char *name, const void *stored,
    size_t len, const unsigned char hash[32], struct err *err)
{
	char number[FORMAT_NAME_MAX];
	int n;

	w->err = err;
	if (w->members == FORMAT_MEMBERS_MAX)
		return err_set(err, E_LIMIT, "more than %u data members",
		    FORMAT_MEMBERS_MAX);
	if (len > FORMAT_STORED_MAX)
		return err_set(err, E_LIMIT, "data member \"%s\" has %zu "
		    "bytes; at most %u", name, len, FORMAT_STORED_MAX);
	n = snprintf(number, sizeof number, "%0*u.", NUMBER_DIGITS,
	    w->members + 1);
	if (n < 0 || strncmp(name, number, (size_t)n) != 0 ||
	    strlen(name) >= FORMAT_NAME_MAX)
		return err_set(err, E_INTERNAL, "data member \"%s\" is not "
		    "number %u", name, w->members + 1);
	w->members++;
	sums_add(&w->lines, name, hash);
	return put_member(w, name, stored, len);
}

uint64_t
writer_size(const struct writer *w)
{
	return w->size;
}

/* What a member of `len` bytes takes in the archive. */
static size_t
member_size(size_t len)
{
	return TAR_BLOCK + len + tar_padding(len);
}

size_t
writer_tail_bound(unsigned members, size_t manifest)
{
	/* The first line, README.txt and manifest.json count as three more. */
	return member_size(manifest) +
	    member_size((members + 3u) * SUMS_LINE_MAX) +
	    member_size(FORMAT_MINISIG_MAX) + TAR_END;
}

static enum sums_kind
sums_kind_of(enum manifest_kind kind)
{
	switch (kind) {
	case MANIFEST_CARD:
		return SUMS_CARD;
	case MANIFEST_RECEIPT:
	case MANIFEST_REQUEST:
		return SUMS_RECEIPT;
	case MANIFEST_BUNDLE:
	case MANIFEST_EXCERPT:
		break;
	}
	return SUMS_BUNDLE;
}

int
writer_finish(struct writer *w, const struct manifest *m,
    const struct minisign_secret *key, unsigned char ret_id[32],
    struct err *err)
{
	CLEANUP(buf_clear) struct buf manifest = BUF_INIT;
	CLEANUP(buf_clear) struct buf sums = { .max = FORMAT_SUMS_MAX };
	CLEANUP(buf_clear) struct buf sig = { .max = FORMAT_MINISIG_MAX };
	int r;

	w->err = err;
	if ((r = manifest_write(m, &manifest, err)) < 0 ||
	    (r = put_hashed(w, "manifest.json", manifest.at,
	    manifest.len)) < 0)
		return r;

	/* SUMS says first what it is; a card cannot pass for a bundle. */
	sums_begin(&sums, sums_kind_of(m->kind));
	buf_add(&sums, w->lines.at, w->lines.len);
	if (buf_check(&w->lines, err) < 0 || buf_check(&sums, err) < 0)
		return err_prefix(err, "SUMS");
	if ((r = minisign_sign(key, sums.at, sums.len, &sig, err)) < 0 ||
	    (r = put_member(w, "SUMS", sums.at, sums.len)) < 0 ||
	    (r = put_member(w, "SUMS.minisig", sig.at, sig.len)) < 0)
		return r;
	r = archive_write_close(w->archive);
	if ((r = check(w, r == ARCHIVE_OK, "close")) < 0)
		return r;
	(void)crypto_generichash(ret_id, SUMS_HASH,
	    (const unsigned char *)sums.at, sums.len, NULL, 0);
	return 0;
}
