#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../exporter/export.h"
#include "home.h"

void
requests_clear(struct requests *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		free(r->at[i].path);
	free(r->at);
	*r = (struct requests){ .err = ERR_INIT };
}

const struct request *
requests_of(const struct requests *r, const struct import_report *report)
{
	size_t i;

	if (report->outcome != IMPORT_GAP)
		return NULL;
	for (i = 0; i < r->count; i++)
		if (strcmp(r->at[i].site, report->from_site) == 0)
			return &r->at[i];
	return NULL;
}

/* --- what is wanted ---------------------------------------------------- */

static int
has_hash(const struct buf *b, const unsigned char hash[32])
{
	size_t i;

	for (i = 0; i < b->len; i += 32)
		if (memcmp(b->at + i, hash, 32) == 0)
			return 1;
	return 0;
}

/* The blobs that all gaps of one sender miss, each once; what is over the
 * limit is asked for the next time. */
static void
collect(const struct import_result *result, const char *site, struct buf *out)
{
	const struct import_report *r;
	size_t i, k;

	for (i = 0; i < result->count; i++) {
		r = &result->at[i];
		if (r->outcome != IMPORT_GAP ||
		    strcmp(r->from_site, site) != 0)
			continue;
		for (k = 0; k < r->wanted_count &&
		    out->len / 32 < FORMAT_WANTED_MAX; k++)
			if (!has_hash(out, r->wanted[k]))
				buf_add(out, r->wanted[k], 32);
	}
}

/* --- writing ----------------------------------------------------------- */

static int
folder_of(const char *path, struct buf *out, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		buf_addc(out, '.');
	else
		buf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
pick_folder(const char *given, const char *bundle, struct buf *out,
    struct err *err)
{
	if (given != NULL) {
		buf_adds(out, given);
		return buf_str(out) == NULL ? err_oom(err) : 0;
	}
	if (folder_of(bundle, out, err) < 0)
		return -(int)err->code;
	if (access(out->at, W_OK) != 0)
		return err_set(err, E_READONLY, "folder \"%s\" cannot be "
		    "written; name another with --requests", out->at);
	return 0;
}

static int
write_one(struct request *ret, const char *dir, struct cmd *c,
    struct store *s, const struct import_report *report,
    const struct buf *wanted)
{
	CLEANUP(export_result_clear) struct export_result files =
	    EXPORT_RESULT_INIT;
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;
	const char *to = report->from_site;
	struct export_request r = { .to = &to, .to_count = 1, .request = 1,
	    .heartbeat = 1, .since_time = -1, .until_time = -1 };
	struct err *err = &ret->err;
	int rc;

	if ((rc = buf_check(wanted, err)) < 0 ||
	    (rc = home_now(&r.created, err)) < 0 ||
	    (rc = pick_folder(dir, report->path, &folder, err)) < 0 ||
	    (rc = keys_sign(&c->keys, &c->opts, s->home, err)) < 0)
		return rc;
	r.out = folder.at;
	r.key = c->keys.sign;
	r.wanted = (const unsigned char (*)[32])(void *)wanted->at;
	r.wanted_count = wanted->len / 32;
	if ((rc = export_receipt(s, &r, &files, err)) < 0)
		return rc;
	if (files.count == 0)
		return 0;

	/* The path is ours from here on. */
	ret->path = files.files[0].path;
	files.files[0].path = NULL;
	return 0;
}

static struct request *
add_request(struct requests *to, const char *site)
{
	struct request *more = realloc(to->at, (to->count + 1) *
	    sizeof *more);

	if (more == NULL) {
		(void)err_oom(&to->err);
		return NULL;
	}
	to->at = more;
	more += to->count++;
	*more = (struct request){ .err = ERR_INIT };
	memcpy(more->site, site, sizeof more->site);
	return more;
}

void
requests_write(struct requests *ret, struct cmd *c, struct store *s,
    const struct import_result *result)
{
	const struct import_report *report;
	size_t i;

	for (i = 0; i < result->count; i++) {
		CLEANUP(buf_clear) struct buf wanted = BUF_INIT;
		struct request *r;

		report = &result->at[i];
		if (report->outcome != IMPORT_GAP ||
		    report->from_site[0] == '\0' ||
		    requests_of(ret, report) != NULL)
			continue;
		if ((r = add_request(ret, report->from_site)) == NULL)
			return;
		collect(result, r->site, &wanted);
		(void)write_one(r, ret->dir, c, s, report, &wanted);
	}
}
