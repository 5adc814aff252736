#include "age_armor.h"

#include <string.h>

#include "../base/text.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"
#define COLUMNS 64u			/* RFC 7468, section 3 */
#define LINE_BYTES 48u

struct text {
	const char *at;
	size_t left;
	unsigned line;			/* number of the line taken last */
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_space(struct text *t)
{
	while (t->left > 0 && is_space(*t->at)) {
		t->line += *t->at == '\n';
		t->at++;
		t->left--;
	}
}

/* Take the next line without its end; the last may go without one. */
static const char *
take_line(struct text *t, size_t *ret_len)
{
	const char *line = t->at;
	const char *end = memchr(line, '\n', t->left);
	size_t n = end == NULL ? t->left : (size_t)(end - line);

	t->at += n + (end != NULL);
	t->left -= n + (end != NULL);
	t->line++;
	if (end != NULL && n > 0 && line[n - 1] == '\r')
		n--;
	*ret_len = n;
	return line;
}

static int
is_line(const char *line, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(line, want, len) == 0;
}

int
age_armor_is(const char *text, size_t len)
{
	struct text t = { text, len, 0 };

	skip_space(&t);
	return t.left >= strlen(BEGIN) &&
	    memcmp(t.at, BEGIN, strlen(BEGIN)) == 0;
}

void
age_armor_write(const void *data, size_t len, struct buf *out)
{
	const unsigned char *p = data;
	size_t n;

	buf_adds(out, BEGIN "\n");
	for (; len > 0; p += n, len -= n) {
		n = len < LINE_BYTES ? len : LINE_BYTES;
		text_base64(out, p, n, 1);
		buf_addc(out, '\n');
	}
	buf_adds(out, END "\n");
}

int
age_armor_read(const char *text, size_t len, struct buf *out, struct err *err)
{
	struct text t = { text, len, 0 };
	struct buf bytes CLEANUP(buf_clear) = BUF_INIT;
	const char *line;
	size_t n, before;
	int last = 0;			/* a line that was not full */

	skip_space(&t);
	if (t.left == 0 || (line = take_line(&t, &n), !is_line(line, n, BEGIN)))
		return err_set(err, E_DECRYPT, "age armor: expected the line "
		    "\"" BEGIN "\"");
	for (;;) {
		if (t.left == 0)
			return err_set(err, E_DECRYPT, "age armor: it ends "
			    "before the line \"" END "\"");
		line = take_line(&t, &n);
		if (is_line(line, n, END))
			break;
		before = bytes.len;
		if (last || n == 0 || n > COLUMNS ||
		    text_unbase64(&bytes, line, n, 1) < 0) {
			if (buf_check(&bytes, err) < 0)
				return -(int)err->code;
			return err_set(err, E_DECRYPT, "age armor, line %u: "
			    "expected canonical base64 in full lines of %u "
			    "and a shorter last one", t.line, COLUMNS);
		}
		last = bytes.len - before != LINE_BYTES;
	}
	skip_space(&t);
	if (t.left > 0)
		return err_set(err, E_DECRYPT, "age armor: %zu bytes after its "
		    "end", t.left);
	buf_add(out, bytes.at, bytes.len);
	return buf_check(out, err);
}
