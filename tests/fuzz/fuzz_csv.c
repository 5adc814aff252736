/* fuzz_csv.c: any bytes as CSV.  However they come in, the records are the
 * same; written with every cell in quotes they are the same again. */
#include "../../store/csv.h"
#include "fuzz.h"

struct input {
	struct json_span left;
	size_t step;			/* bytes of one read */
};

static int64_t
read_input(void *ctx, void *to, size_t len, struct err *err)
{
	struct input *in = ctx;
	size_t n = len < in->step ? len : in->step;

	(void)err;
	n = n < in->left.len ? n : in->left.len;
	if (n > 0)
		memcpy(to, in->left.at, n);
	in->left.at += n;
	in->left.len -= n;
	return (int64_t)n;
}

static void
put_cell(struct buf *out, struct json_span cell)
{
	size_t i;

	buf_addc(out, '"');
	for (i = 0; i < cell.len; i++) {
		if (cell.at[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, cell.at[i]);
	}
	buf_addc(out, '"');
}

static void
put_record(struct buf *out, const struct csv *c)
{
	size_t i, bytes = 0;

	ALWAYS(c->count >= 1 && c->count <= CSV_CELLS_MAX);
	for (i = 0; i < c->count; i++) {
		struct json_span cell = csv_cell(c, i);

		bytes += cell.len;
		if (i > 0)
			buf_addc(out, ',');
		put_cell(out, cell);
	}
	ALWAYS(bytes <= CSV_RECORD_MAX);
	buf_addc(out, '\n');
}

/* All records, in quotes, and where each begins; what csv_next said last. */
static int
read_all(struct json_span text, size_t step, struct buf *out,
    struct buf *lines)
{
	CLEANUP(csv_clear) struct csv c = CSV_INIT;
	struct input in = { text, step };
	struct err err = ERR_INIT;
	int rc;

	c.read = read_input;
	c.ctx = &in;
	while ((rc = csv_next(&c, &err)) > 0) {
		put_record(out, &c);
		buf_addf(lines, "%llu\n", (unsigned long long)c.line);
	}
	(void)fuzz_took(rc, &err, "E_RECORD E_LIMIT");
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT, lines = BUF_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT, more = BUF_INIT;
	struct json_span text = { (const char *)data, size };
	int rc = read_all(text, SIZE_MAX, &all, &lines);

	ALWAYS(read_all(text, 1, &again, &more) == rc);
	ALWAYS(fuzz_same(&again, all.at, all.len));
	ALWAYS(fuzz_same(&more, lines.at, lines.len));
	if (rc < 0)
		return 0;
	buf_reset(&again);
	ALWAYS(read_all(json_of(&all), SIZE_MAX, &again, &more) == 0);
	ALWAYS(fuzz_same(&again, all.at, all.len));
	return 0;
}
