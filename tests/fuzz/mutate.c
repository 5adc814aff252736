#include "mutate.h"

#include "../../base/text.h"

#define GROWTH 64u			/* bytes that one change may add */
#define PLAIN_IN 8		/* one of so many is libFuzzer's alone */
#define VALUES_MAX 2048u		/* of a JSON text, to choose from */
#define LINES_MAX 512u

unsigned
dice(struct dice *d, unsigned below)
{
	/* splitmix64 (Steele, Lea, Flood 2014). */
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) >> 32) % below;
}

void
mutate_bytes(struct buf *b)
{
	size_t room = b->len + GROWTH;

	ALWAYS(buf_room(b, GROWTH) != NULL);
	b->len = LLVMFuzzerMutate((uint8_t *)b->at, b->len, room);
}

size_t
mutate_by(mutate_fn *fn, uint8_t *data, size_t size, size_t max,
    unsigned seed)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct dice d = { seed };
	struct json_span in = { (const char *)data, size };

	if (dice(&d, PLAIN_IN) == 0 || fn(&d, in, &out) < 0 ||
	    out.len == 0 || out.len > max)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data, out.at, out.len);
	return out.len;
}

/* --- JSON -------------------------------------------------------------- */

struct values {
	struct json_span at[VALUES_MAX];
	size_t count;
};

static void
collect(struct values *all, struct json_span value)
{
	struct json_walk w;
	struct json_span key, item;

	if (all->count == VALUES_MAX)
		return;
	all->at[all->count++] = value;
	if (json_kind(value) != '{' && json_kind(value) != '[')
		return;
	for (w = json_walk(value); json_next(&w, &key, &item);)
		collect(all, item);
}

static void
put_span(struct buf *out, struct json_span s)
{
	buf_add(out, s.at, s.len);
}

static void
put_word(struct dice *d, struct buf *out)
{
	static const char *const words[] = { "0", "1", "-1", "2", "0.10",
	    "1e400", "9007199254740991", "9007199254740992",
	    "253402300799", "253402300800", "18446744073709551616", "\"\"",
	    "\"0\"", "\"..\"", "\"*\"", "\"\\u0000\"", "\"a\\\"b\"", "[]",
	    "[\"*\"]", "{}", "null", "true", "false", "[[]]", "{\"\":0}",
	    "\"2026-01-02T03:04:05Z\"", "\"2024-02-30T00:00:00Z\"",
	    "\"\xc3\xa9\"", "\"\xf0\x9f\x98\x80\"", "\"age\"", "\"gzip\"" };

	buf_adds(out, words[dice(d, sizeof words / sizeof *words)]);
}

/* What a scalar says is changed by libFuzzer; it stays of its kind. */
static void
put_changed(struct json_span value, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	if (json_kind(value) != '"') {
		put_span(&text, value);
		mutate_bytes(&text);
		put_span(out, json_of(&text));
		return;
	}
	json_unescape(&text, value);
	mutate_bytes(&text);
	text_json(out, text.at, text.len);
}

/* The members or items of a container, with one of them left out, twice (in
 * an object under another key) or before another one. */
static void
put_shuffled(struct dice *d, struct json_span value, struct buf *out)
{
	size_t n = json_count(value), i = 0;
	size_t gone = dice(d, (unsigned)n + 1);
	size_t twice = dice(d, (unsigned)n + 1);
	struct json_walk w = json_walk(value);
	int is_object = json_kind(value) == '{';
	struct json_span key, item;
	size_t start;

	buf_addc(out, *value.at);
	for (start = out->len; json_next(&w, &key, &item); i++) {
		if (i == gone && dice(d, 2) == 0)
			continue;
		if (out->len > start)
			buf_addc(out, ',');
		if (is_object)
			buf_addf(out, "\"%.*s\":", (int)key.len, key.at);
		put_span(out, item);
		if (i != twice)
			continue;
		buf_adds(out, is_object ? ",\"x-more\":" : ",");
		put_span(out, item);
	}
	if (i == 0)
		buf_adds(out, is_object ? "\"x-more\":0" : "0");
	buf_addc(out, is_object ? '}' : ']');
}

static void
put_other(struct dice *d, const struct values *all, struct json_span value,
    struct buf *out)
{
	char kind = json_kind(value);

	switch (dice(d, 4)) {
	case 0:
		put_span(out, all->at[dice(d, (unsigned)all->count)]);
		break;
	case 1:
		put_word(d, out);
		break;
	default:
		if (kind == '{' || kind == '[')
			put_shuffled(d, value, out);
		else
			put_changed(value, out);
	}
}

int
mutate_json(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT, other = BUF_INIT;
	CLEANUP(buf_freep) struct values *all = calloc(1, sizeof *all);
	struct err err = ERR_INIT;
	struct json_span value;

	ALWAYS(all != NULL);
	if (json_canon(&text, in.at, in.len, 128, &err) < 0)
		return -1;
	collect(all, json_of(&text));
	value = all->at[dice(d, (unsigned)all->count)];
	buf_add(&other, text.at, (size_t)(value.at - text.at));
	put_other(d, all, value, &other);
	buf_add(&other, value.at + value.len,
	    (size_t)(text.at + text.len - value.at) - value.len);
	return json_canon(out, other.at, other.len, 128, &err) < 0 ? -1 : 0;
}

/* --- lines ------------------------------------------------------------- */

struct lines {
	struct json_span at[LINES_MAX];	/* each with its newline, if any */
	size_t count;
};

static int
split(struct lines *l, struct json_span in)
{
	const char *p = in.at, *end = in.at + in.len, *q;

	for (l->count = 0; p < end; p = q) {
		if (l->count == LINES_MAX)
			return -1;
		q = memchr(p, '\n', (size_t)(end - p));
		q = q == NULL ? end : q + 1;
		l->at[l->count++] = (struct json_span){ p, (size_t)(q - p) };
	}
	return l->count > 0 ? 0 : -1;
}

/* Change one line, without its newline, by `fn`. */
static int
change_line(struct dice *d, struct json_span line, mutate_fn *fn,
    struct buf *out)
{
	size_t n = line.len;

	n -= n > 0 && line.at[n - 1] == '\n';
	n -= n > 0 && line.at[n - 1] == '\r';
	if (fn(d, (struct json_span){ line.at, n }, out) < 0)
		return -1;
	buf_add(out, line.at + n, line.len - n);
	return 0;
}

int
mutate_lines(struct dice *d, struct json_span in, mutate_fn *fn,
    struct buf *out)
{
	CLEANUP(buf_freep) struct lines *l = calloc(1, sizeof *l);
	unsigned i, which, how = dice(d, 8), other;

	ALWAYS(l != NULL);
	if (split(l, in) < 0)
		return -1;
	which = dice(d, (unsigned)l->count);
	other = dice(d, (unsigned)l->count);
	for (i = 0; i < l->count; i++) {
		if (i != which)
			put_span(out, l->at[i]);
		else if (how > 2 && change_line(d, l->at[i], fn, out) < 0)
			return -1;
		else if (how == 1 || how == 2)
			put_span(out, l->at[other]);
		if (i == which && how == 1)
			put_span(out, l->at[i]);
	}
	return 0;
}

int
mutate_json_lines(struct dice *d, struct json_span in, struct buf *out)
{
	return mutate_lines(d, in, mutate_json, out);
}

int
mutate_base64(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(buf_clear) struct buf raw = BUF_INIT;
	const char *space = in.len > 0 ? memrchr(in.at, ' ', in.len) : NULL;
	size_t head = space == NULL ? 0 : (size_t)(space + 1 - in.at);
	struct json_span word = { in.at + head, in.len - head };
	int padding = word.len % 4 == 0 && dice(d, 8) > 0;

	if (word.len == 0 || dice(d, 8) == 0 ||
	    text_unbase64(&raw, word.at, word.len, padding) < 0) {
		buf_reset(&raw);
		put_span(&raw, in);
		mutate_bytes(&raw);
		put_span(out, json_of(&raw));
		return 0;
	}
	mutate_bytes(&raw);
	buf_add(out, in.at, head);
	text_base64(out, raw.at, raw.len, padding);
	return 0;
}

int
mutate_base64_lines(struct dice *d, struct json_span in, struct buf *out)
{
	return mutate_lines(d, in, mutate_base64, out);
}
