#include "out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/json_scan.h"
#include "../base/text.h"

#define FLUSH_AT 65536u
#define LINE_MAX_TEXT 4096u

/* A program gets the bytes as they are; a terminal none that would move its
 * cursor or turn its direction, whoever they came from. */
static int
put_out(const struct out *o, struct err *err)
{
	CLEANUP(buf_clear) struct buf safe = BUF_INIT;
	const char *line = o->buf.at, *end = line + o->buf.len, *next;

	if (isatty(o->fd) != 1)
		return file_write(o->fd, o->buf.at, o->buf.len,
		    "standard output", err);
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL) {
			text_safe(&safe, line, (size_t)(end - line));
			break;
		}
		text_safe(&safe, line, (size_t)(next - line));
		buf_addc(&safe, '\n');
	}
	if (buf_check(&safe, err) < 0)
		return -(int)err->code;
	return file_write(o->fd, safe.at, safe.len, "standard output", err);
}

void
out_flush(struct out *o)
{
	struct err err = ERR_INIT;

	if (o->failed.code == E_OK && o->buf.len > 0 &&
	    buf_check(&o->buf, &err) == 0)
		(void)put_out(o, &err);
	if (o->failed.code == E_OK)
		o->failed = err;
	buf_reset(&o->buf);
}

static void
flush_if_long(struct out *o)
{
	if (o->buf.failed || o->buf.len >= FLUSH_AT)
		out_flush(o);
}

void
out_init(struct out *o, int json)
{
	*o = (struct out){ .json = json, .fd = STDOUT_FILENO,
	    .failed = ERR_INIT };
	out_open(o, NULL, '{');
}

int
out_finish(struct out *o, const struct err *what, struct err *err)
{
	while (o->depth > 1)
		out_close(o);
	out_err(o, "error", what);
	out_close(o);
	if (o->json)
		buf_addc(&o->buf, '\n');
	out_flush(o);
	return out_check(o, err);
}

void
out_clear(struct out *o)
{
	buf_clear(&o->buf);
}

int
out_check(const struct out *o, struct err *err)
{
	if (o->failed.code == E_OK)
		return 0;
	return err_set(err, o->failed.code, "%s", o->failed.text);
}

/* --- text -------------------------------------------------------------- */

void
out_text(struct out *o, const char *fmt, ...)
{
	char text[LINE_MAX_TEXT];
	va_list ap;
	int n;

	if (o->json)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n > 0)
		out_write(o, text, (size_t)n < sizeof text ? (size_t)n :
		    sizeof text - 1);
}

void
out_safe(struct out *o, const char *text)
{
	if (o->json)
		return;
	text_safe(&o->buf, text, strlen(text));
	flush_if_long(o);
}

void
out_write(struct out *o, const void *data, size_t len)
{
	buf_add(&o->buf, data, len);
	flush_if_long(o);
}

/* --- JSON -------------------------------------------------------------- */

/* The comma and the key before a value; 0 in text. */
static int
begin_value(struct out *o, const char *key)
{
	if (!o->json)
		return 0;
	flush_if_long(o);
	if (o->depth > 0) {
		if (o->some[o->depth - 1])
			buf_addc(&o->buf, ',');
		o->some[o->depth - 1] = 1;
	}
	if (key != NULL) {
		text_json(&o->buf, key, strlen(key));
		buf_addc(&o->buf, ':');
	}
	return 1;
}

void
out_open(struct out *o, const char *key, char kind)
{
	if (o->depth == OUT_DEPTH || !begin_value(o, key))
		return;
	buf_addc(&o->buf, kind);
	o->open[o->depth] = kind;
	o->some[o->depth++] = 0;
}

void
out_close(struct out *o)
{
	if (!o->json || o->depth == 0)
		return;
	o->depth--;
	buf_addc(&o->buf, o->open[o->depth] == '{' ? '}' : ']');
}

/* File names may be any bytes; JSON may not. */
static void
add_string(struct buf *out, const char *text, size_t len)
{
	CLEANUP(buf_clear) struct buf json = BUF_INIT, safe = BUF_INIT;
	struct err err = ERR_INIT;

	text_json(&json, text, len);
	if (buf_check(&json, &err) == 0 &&
	    json_scan(json.at, json.len, 1, &err) == 0) {
		buf_add(out, json.at, json.len);
		return;
	}
	text_safe(&safe, text, len);
	text_json(out, safe.at, safe.len);
}

void
out_strn(struct out *o, const char *key, const char *text, size_t len)
{
	if (begin_value(o, key))
		add_string(&o->buf, text, len);
}

void
out_str(struct out *o, const char *key, const char *text)
{
	if (text == NULL)
		out_null(o, key);
	else
		out_strn(o, key, text, strlen(text));
}

void
out_number(struct out *o, const char *key, uint64_t n)
{
	if (begin_value(o, key))
		buf_addf(&o->buf, "%" PRIu64, n);
}

void
out_bool(struct out *o, const char *key, int value)
{
	if (begin_value(o, key))
		buf_adds(&o->buf, value < 0 ? "null" : value ? "true" :
		    "false");
}

void
out_null(struct out *o, const char *key)
{
	out_bool(o, key, -1);
}

void
out_date(struct out *o, const char *key, int64_t t)
{
	char date[21];

	text_date(date, t);
	out_str(o, key, t > 0 ? date : NULL);
}

void
out_hash(struct out *o, const char *key, const unsigned char hash[32])
{
	char hex[65];

	text_hex(hex, hash, 32);
	out_str(o, key, hex);
}

void
out_raw(struct out *o, const char *key, const char *json, size_t len)
{
	if (begin_value(o, key))
		buf_add(&o->buf, json, len);
}

void
out_err(struct out *o, const char *key, const struct err *err)
{
	if (err->code == E_OK || err->code == I_CONFLICTS) {
		out_null(o, key);
		return;
	}
	out_open(o, key, '{');
	out_str(o, "name", err_name(err->code));
	out_number(o, "exit", (uint64_t)err_exit(err->code));
	out_str(o, "message", err->text);
	out_str(o, "next", err_advice(err));
	out_close(o);
}

/* --- standard error ---------------------------------------------------- */

/* In one call, so that lines of several programs do not mix. */
static void
say(const struct buf *line)
{
	struct err ignored = ERR_INIT;

	if (buf_check(line, &ignored) == 0 && line->len > 0)
		(void)file_write(STDERR_FILENO, line->at, line->len,
		    "standard error", &ignored);
}

/* A line without asking for memory; what is not plain is shown as '?'. */
static void
say_plain(const char *head, const char *text)
{
	char line[ERR_TEXT_MAX + 64];
	struct err ignored = ERR_INIT;
	size_t i;

	(void)snprintf(line, sizeof line - 1, "%s%s", head, text);
	for (i = 0; line[i] != '\0'; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[i++] = '\n';
	(void)file_write(STDERR_FILENO, line, i, "standard error", &ignored);
}

void
out_note(const char *fmt, ...)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	char text[LINE_MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text_safe(&line, text, strlen(text));
	buf_addc(&line, '\n');
	if (line.failed)
		say_plain("", text);
	else
		say(&line);
}

/* An error without memory is said all the same. */
static void
say_error_plain(const struct err *err, const char *next)
{
	char head[48];

	(void)snprintf(head, sizeof head, "satchel: %s: ",
	    err_name(err->code));
	say_plain(head, err->text);
	if (next[0] != '\0')
		say_plain("  next: ", next);
}

void
out_error(const struct err *err)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT;
	const char *next = err_advice(err);

	buf_addf(&line, "satchel: %s: ", err_name(err->code));
	text_safe(&line, err->text, strlen(err->text));
	buf_addc(&line, '\n');
	if (next[0] != '\0') {
		buf_adds(&line, "  next: ");
		text_safe(&line, next, strlen(next));
		buf_addc(&line, '\n');
	}
	if (line.failed)
		say_error_plain(err, next);
	else
		say(&line);
}

void
out_size(uint64_t bytes, char ret[24])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		(void)snprintf(ret, 24, "%" PRIu64 " byte%s", bytes,
		    bytes == 1 ? "" : "s");
		return;
	}
	while (n >= 1024 && i < 3) {
		n /= 1024;
		i++;
	}
	(void)snprintf(ret, 24, "%.1f %s", n, units[i]);
}
