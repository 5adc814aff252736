#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../base/text.h"

void
place_clear(struct place *p)
{
	free(p->folder);
	medium_clear(&p->medium);
	*p = (struct place)PLACE_INIT;
}

/* 1: a folder is there; 0: nothing, or something else. */
static int
is_folder(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) != 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_io(err, errno, "cannot look at \"%s\"", path);
}

/* The folder, and the name of the file if `out` is one (else NULL). */
static int
split(struct place *p, const char *out, const char **ret_name,
    struct err *err)
{
	const char *slash = strrchr(out, '/');
	int rc;

	*ret_name = NULL;
	if ((rc = is_folder(out, err)) < 0)
		return rc;
	if (rc > 0) {
		p->folder = strdup(out);
	} else {
		*ret_name = slash == NULL ? out : slash + 1;
		p->folder = slash == NULL ? strdup(".") : slash == out ?
		    strdup("/") : strndup(out, (size_t)(slash - out));
	}
	return p->folder == NULL ? err_oom(err) : rc;
}

static int
check_name(const struct place *p, const char *name, struct err *err)
{
	const char *why = medium_bad_name(&p->medium, name);
	CLEANUP(buf_clear) struct buf where = BUF_INIT;

	if (why == NULL)
		return 0;
	medium_name(&where, &p->medium);
	if (buf_str(&where) == NULL)
		return err_oom(err);
	(void)err_set(err, E_USAGE, "%s cannot hold a file \"%s\": the name "
	    "%s", where.at, name, why);
	return err_next(err, "choose another name, or name a folder with "
	    "--out");
}

static int
check_writable(const struct place *p, struct err *err)
{
	CLEANUP(buf_clear) struct buf where = BUF_INIT;

	if (!p->medium.read_only)
		return 0;
	medium_name(&where, &p->medium);
	if (buf_str(&where) == NULL)
		return err_oom(err);
	(void)err_set(err, E_READONLY, "%s can only be read", where.at);
	return err_next(err, "see whether it has a switch against writing, or "
	    "use another");
}

int
place_find(struct place *ret, const char *out, const char *home,
    struct err *err)
{
	const char *name;
	int rc;

	if (out == NULL || out[0] == '\0')
		return err_set(err, E_USAGE, "no place to write to is named");
	if ((rc = split(ret, out, &name, err)) == 0)
		rc = name[0] == '\0' ? 0 : is_folder(ret->folder, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, E_USAGE, "there is no folder \"%s\"",
		    name[0] == '\0' ? out : ret->folder);
	ret->is_file = name != NULL;
	if ((rc = medium_of(&ret->medium, ret->folder, err)) < 0 ||
	    (name != NULL && (rc = check_name(ret, name, err)) < 0) ||
	    (rc = check_writable(ret, err)) < 0 ||
	    (rc = file_same_device(home, ret->folder, err)) < 0)
		return rc;
	ret->is_home = rc;
	return 0;
}

/* Room for `least`; if there is none, `bytes` are what is needed.  A file ends
 * within a unit, and its name may need another one. */
static int
check_room(const struct place *p, uint64_t least, uint64_t bytes,
    size_t files, struct err *err)
{
	CLEANUP(medium_clear) struct medium now = MEDIUM_INIT;
	CLEANUP(buf_clear) struct buf where = BUF_INIT;
	uint64_t more;
	int rc;

	if ((rc = medium_of(&now, p->folder, err)) < 0)
		return rc;
	more = (files + 1) * now.unit;
	if (least + more <= now.free)
		return 0;
	medium_name(&where, &now);
	if (buf_str(&where) == NULL)
		return err_oom(err);
	(void)err_set(err, E_NOSPACE, "%s has %llu bytes free, %s%llu are "
	    "needed; nothing was written to it", where.at,
	    (unsigned long long)now.free, least < bytes ? "about " : "",
	    (unsigned long long)(bytes + more));
	return err_next(err, "remove what is not needed there, or use a "
	    "larger one, then do the same again");
}

int
place_fits(const struct place *p, uint64_t bytes, size_t files,
    struct err *err)
{
	return check_room(p, bytes, bytes, files, err);
}

int
place_may_fit(const struct place *p, uint64_t estimate, struct err *err)
{
	return check_room(p, estimate / 2, estimate, 1, err);
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
	buf_addf(out, "%s:", key);
	if (text == NULL)
		buf_adds(out, "null");
	else
		text_json(out, text, strlen(text));
}

void
place_json(struct buf *out, const struct place *p)
{
	buf_adds(out, "\"medium\":{");
	add_text(out, "\"fs\"", p->medium.fs);
	add_text(out, ",\"label\"", p->medium.label);
	add_text(out, ",\"serial\"", p->medium.serial);
	buf_addc(out, '}');
}

int
place_is_pulled(const struct place *p)
{
	return !p->is_home || p->medium.kind != MEDIUM_FIXED;
}

int
place_failed(const struct place *p, struct err *err)
{
	if (err->code == E_IO && p->folder != NULL &&
	    medium_is_gone(&p->medium)) {
		err->code = E_MEDIA_GONE;
		err->next[0] = '\0';
	}
	return -(int)err->code;
}
