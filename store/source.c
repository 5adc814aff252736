#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "line.h"

#define READ_SIZE 262144u

static const char *const members[] = { "uid", "type", "id", "title", "state",
	"parent", "creator", "created", "modified" };

void
source_clear(struct source *src)
{
	size_t i;

	if (src->fd != STDIN_FILENO)
		file_closep(&src->fd);
	for (i = 0; i < src->column_count; i++)
		free(src->columns[i].name);
	free(src->columns);
	buf_clear(&src->held);
	csv_clear(&src->csv);
	*src = (struct source)SOURCE_INIT;
}

static int64_t
read_some(void *ctx, void *to, size_t len, struct err *err)
{
	struct source *src = ctx;
	ssize_t n;

	do {
		n = read(src->fd, to, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_io(err, errno, "read \"%s\"", src->path);
	src->done += (uint64_t)n;
	return n;
}

int
source_open(struct source *src, const char *path, struct err *err)
{
	size_t len = strlen(path);
	struct stat st;

	*src = (struct source)SOURCE_INIT;
	src->path = path;
	src->is_csv = len > 4 && strcmp(path + len - 4, ".csv") == 0;
	src->csv.read = read_some;
	src->csv.ctx = src;
	src->fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (src->fd < 0 || fstat(src->fd, &st) != 0)
		return err_io(err, errno, "\"%s\"", path);
	if (S_ISREG(st.st_mode))
		src->size = (uint64_t)st.st_size;
	return 0;
}

/* --- JSON lines -------------------------------------------------------- */

/* Read more behind what is held; 0 at the end. */
static int
hold_more(struct source *src, struct err *err)
{
	int64_t n;
	char *to;

	if (src->pos > 0) {
		src->held.len -= src->pos;
		memmove(src->held.at, src->held.at + src->pos, src->held.len);
		src->pos = 0;
	}
	if ((to = buf_room(&src->held, READ_SIZE)) == NULL)
		return err_oom(err);
	if ((n = read_some(src, to, READ_SIZE, err)) < 0)
		return (int)n;
	src->held.len += (size_t)n;
	return n > 0;
}

/* The next line, with its newline if it has one: 1, or 0 at the end. */
static int
raw_line(struct source *src, struct json_span *ret, struct err *err)
{
	const char *nl = NULL;
	size_t left;
	int rc;

	src->line++;
	src->scanned = 0;
	for (;;) {
		left = src->held.len - src->pos;
		ret->at = left > 0 ? src->held.at + src->pos : "";
		nl = memchr(ret->at + src->scanned, '\n', left - src->scanned);
		ret->len = nl != NULL ? (size_t)(nl - ret->at) + 1 : left;
		if (ret->len > LINE_BYTES_MAX)
			return err_set(err, E_LIMIT, "a line of more than %u "
			    "bytes", LINE_BYTES_MAX);
		if (nl != NULL || src->at_end)
			break;
		src->scanned = left;
		if ((rc = hold_more(src, err)) < 0)
			return rc;
		src->at_end = rc == 0;
	}
	src->pos += ret->len;
	return ret->len > 0;
}

static int
is_blank(struct json_span line)
{
	size_t i;

	for (i = 0; i < line.len; i++)
		if (line.at[i] == '\0' ||
		    strchr(" \t\r\n", line.at[i]) == NULL)
			return 0;
	return 1;
}

static int
next_json(struct source *src, struct buf *out, struct err *err)
{
	struct json_span line;
	int rc;

	do {
		if ((rc = raw_line(src, &line, err)) <= 0)
			return rc;
	} while (is_blank(line));
	buf_add(out, line.at, line.at[line.len - 1] == '\n' ? line.len - 1 :
	    line.len);
	return buf_check(out, err) < 0 ? -(int)err->code : 1;
}

/* --- CSV --------------------------------------------------------------- */

static int
is_member(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof members / sizeof *members; i++)
		if (strcmp(name, members[i]) == 0)
			return 1;
	return 0;
}

static int
has_column(const struct source *src, const char *name)
{
	size_t i;

	for (i = 0; i < src->column_count; i++)
		if (src->columns[i].name != NULL &&
		    strcmp(src->columns[i].name, name) == 0)
			return 1;
	return 0;
}

static int
read_header(struct source *src, struct err *err)
{
	struct json_span x;
	char *name;
	size_t i;

	src->columns = calloc(src->csv.count + 1, sizeof *src->columns);
	if (src->columns == NULL)
		return err_oom(err);
	for (i = 0; i < src->csv.count; i++) {
		x = csv_cell(&src->csv, i);
		if (x.len == 0 || memchr(x.at, '\0', x.len) != NULL)
			return err_set(err, E_RECORD, "column %zu of the "
			    "header has no name", i + 1);
		if ((name = strndup(x.at, x.len)) == NULL)
			return err_oom(err);
		if (has_column(src, name)) {
			free(name);
			return err_set(err, E_RECORD, "two columns are named "
			    "\"%.*s\"", x.len < 64 ? (int)x.len : 64, x.at);
		}
		src->columns[src->column_count].name = name;
		src->columns[src->column_count++].nested = !is_member(name);
	}
	if (!has_column(src, "uid") || !has_column(src, "type"))
		return err_set(err, E_RECORD, "the header has no column "
		    "\"%s\"", has_column(src, "uid") ? "type" : "uid");
	return 0;
}

/* Append the members of one level: those of the line, or those of "fields".
 */
static void
add_cells(const struct source *src, int nested, struct buf *out)
{
	const char *comma = "";
	struct json_span x;
	size_t i;

	for (i = 0; i < src->column_count; i++) {
		const char *name = src->columns[i].name;

		x = csv_cell(&src->csv, i);
		if (src->columns[i].nested != nested ||
		    (!nested && x.len == 0))
			continue;
		buf_adds(out, comma);
		text_json(out, name, strlen(name));
		buf_addc(out, ':');
		text_json(out, x.at, x.len);
		comma = ",";
	}
}

static int
next_csv(struct source *src, struct buf *out, struct err *err)
{
	size_t i, nested = 0, start = out->len;
	int rc;

	rc = csv_next(&src->csv, err);
	src->line = src->csv.line;
	if (rc >= 0 && src->columns == NULL) {
		if ((rc = read_header(src, err)) < 0)
			return rc;
		rc = csv_next(&src->csv, err);
		src->line = src->csv.line;
	}
	if (rc <= 0)
		return rc;
	if (src->csv.count != src->column_count)
		return err_set(err, E_RECORD, "%zu cells, the header has %zu "
		    "columns", src->csv.count, src->column_count);
	for (i = 0; i < src->column_count; i++)
		nested += (size_t)src->columns[i].nested;
	buf_addc(out, '{');
	add_cells(src, 0, out);
	if (nested > 0) {
		buf_adds(out, out->len > start + 1 ? ",\"fields\":{" :
		    "\"fields\":{");
		add_cells(src, 1, out);
		buf_addc(out, '}');
	}
	buf_addc(out, '}');
	if (buf_check(out, err) < 0)
		return -(int)err->code;
	if (out->len - start > LINE_BYTES_MAX)
		return err_set(err, E_LIMIT, "a line of more than %u bytes",
		    LINE_BYTES_MAX);
	return 1;
}

int
source_next(struct source *src, struct buf *out, uint64_t *ret_line,
    struct err *err)
{
	int rc = src->is_csv ? next_csv(src, out, err) :
	    next_json(src, out, err);

	*ret_line = src->line;
	return rc;
}
