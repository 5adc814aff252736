#include "csv.h"

#include <stdlib.h>
#include <string.h>

#define READ_SIZE 262144u
#define END (-1)			/* of the input */
#define FAILED (-2)

void
csv_clear(struct csv *c)
{
	buf_clear(&c->held);
	buf_clear(&c->text);
	free(c->end);
	*c = (struct csv)CSV_INIT;
}

struct json_span
csv_cell(const struct csv *c, size_t index)
{
	size_t start = index == 0 ? 0 : c->end[index - 1];
	struct json_span x = { "", c->end[index] - start };

	if (x.len > 0)
		x.at = c->text.at + start;
	return x;
}

/* Read on, behind what is held.  1, 0 at the end, or FAILED. */
static int
read_more(struct csv *c, struct err *err)
{
	int64_t n;
	char *to;

	if ((to = buf_room(&c->held, READ_SIZE)) == NULL) {
		(void)err_oom(err);
		return FAILED;
	}
	if ((n = c->read(c->ctx, to, READ_SIZE, err)) < 0)
		return FAILED;
	c->held.len += (size_t)n;
	return n > 0;
}

/* The next byte without taking it, END or FAILED. */
static int
peek(struct csv *c, struct err *err)
{
	if (c->pos == c->held.len) {
		int rc;

		buf_reset(&c->held);
		c->pos = 0;
		if ((rc = read_more(c, err)) <= 0)
			return rc < 0 ? FAILED : END;
	}
	return (unsigned char)c->held.at[c->pos];
}

/* Take the byte that was peeked. */
static void
take(struct csv *c)
{
	if (c->held.at[c->pos] == '\n')
		c->next_line++;
	c->pos++;
}

static int
is_end_of_line(int ch)
{
	return ch == '\n' || ch == '\r' || ch == END;
}

/* Take LF, CRLF or nothing at the end of the input. */
static int
take_end_of_line(struct csv *c, struct err *err)
{
	int ch = peek(c, err);

	if (ch == '\r') {
		take(c);
		if ((ch = peek(c, err)) != FAILED && ch != '\n')
			return err_set(err, E_RECORD, "CR without LF outside "
			    "of quotes");
	}
	if (ch == FAILED)
		return -(int)err->code;
	if (ch != END)
		take(c);
	return 0;
}

/* Append the bytes up to the next one that means something. */
static void
add_run(struct csv *c, const char *stop)
{
	size_t i = c->pos;

	for (; i < c->held.len && (c->held.at[i] == '\0' ||
	    strchr(stop, c->held.at[i]) == NULL); i++)
		if (c->held.at[i] == '\n')
			c->next_line++;
	buf_add(&c->text, c->held.at + c->pos, i - c->pos);
	c->pos = i;
}

static int
read_plain(struct csv *c, struct err *err)
{
	int ch;

	while ((ch = peek(c, err)) != ',' && !is_end_of_line(ch)) {
		if (ch == FAILED)
			return -(int)err->code;
		if (ch == '"')
			return err_set(err, E_RECORD, "a quote inside a cell "
			    "that has none around it");
		add_run(c, ",\"\r\n");
		if (buf_check(&c->text, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
read_quoted(struct csv *c, struct err *err)
{
	int ch;

	take(c);
	for (;;) {
		add_run(c, "\"");
		if (buf_check(&c->text, err) < 0 ||
		    (ch = peek(c, err)) == FAILED)
			return -(int)err->code;
		if (ch == END)
			return err_set(err, E_RECORD, "a quote is not closed");
		if (ch != '"')
			continue;
		take(c);
		if ((ch = peek(c, err)) == FAILED)
			return -(int)err->code;
		if (ch != '"')
			break;
		take(c);
		buf_addc(&c->text, '"');
	}
	if (ch != ',' && !is_end_of_line(ch))
		return err_set(err, E_RECORD, "text after a closing quote");
	return 0;
}

static int
end_cell(struct csv *c, struct err *err)
{
	size_t *more, cap;

	if (c->count == CSV_CELLS_MAX)
		return err_set(err, E_LIMIT, "a record of more than %u cells",
		    CSV_CELLS_MAX);
	if (c->count == c->cap) {
		cap = c->cap == 0 ? 64 : c->cap * 2;
		if ((more = realloc(c->end, cap * sizeof *more)) == NULL)
			return err_oom(err);
		c->end = more;
		c->cap = cap;
	}
	c->end[c->count++] = c->text.len;
	return 0;
}

/* Pass over a byte order mark, which can only be at the start and may come
 * in pieces. */
static int
start(struct csv *c, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t len = sizeof mark - 1;
	int rc = 1;

	c->started = 1;
	c->next_line = 1;
	c->text.max = CSV_RECORD_MAX;
	while (c->held.len < len && rc > 0)
		rc = read_more(c, err);
	if (rc < 0)
		return -(int)err->code;
	if (c->held.len >= len && memcmp(c->held.at, mark, len) == 0)
		c->pos = len;
	return 0;
}

static int
skip_empty_lines(struct csv *c, struct err *err)
{
	int ch;

	while ((ch = peek(c, err)) == '\n' || ch == '\r')
		if (take_end_of_line(c, err) < 0)
			return FAILED;
	return ch;
}

int
csv_next(struct csv *c, struct err *err)
{
	int ch, rc;

	buf_reset(&c->text);
	c->count = 0;
	if (!c->started && (rc = start(c, err)) < 0)
		return rc;
	ch = skip_empty_lines(c, err);
	c->line = c->next_line;
	if (ch == FAILED)
		return -(int)err->code;
	if (ch == END)
		return 0;
	for (;;) {
		if ((ch = peek(c, err)) == FAILED)
			return -(int)err->code;
		rc = ch == '"' ? read_quoted(c, err) : read_plain(c, err);
		if (rc < 0 || (rc = end_cell(c, err)) < 0)
			return rc;
		if ((ch = peek(c, err)) != ',')
			break;
		take(c);
	}
	if (ch == FAILED || take_end_of_line(c, err) < 0)
		return -(int)err->code;
	return 1;
}
