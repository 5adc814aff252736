#include "content.h"

static void
make_csv(struct buf *b, struct dice *d, size_t size)
{
	double base = 20 + dice_unit(d) * 50, pressure = 1013;
	unsigned row = 0, start = dice_below(d, 60000), second;

	buf_addf(b, "# serial,SN-%06u\r\nindex,time,signal,baseline,"
	    "pressure,flag\r\n", dice_below(d, 1000000));
	while (b->len < size) {
		second = start + row;
		base += dice_unit(d) - 0.5;
		pressure += (dice_unit(d) - 0.5) * 0.2;
		buf_addf(b, "%u,%02u:%02u:%02u,%.4f,%.6f,%.2f,%s\r\n", row++,
		    second / 3600 % 24, second / 60 % 60, second % 60, base,
		    dice_unit(d) * 0.01, pressure,
		    dice_below(d, 60) ? "OK" : "CHECK");
	}
}

static void
add_noise(struct buf *b, struct dice *d, size_t len)
{
	uint64_t r;

	for (; len >= sizeof r; len -= sizeof r) {
		r = dice_roll(d);
		buf_add(b, &r, sizeof r);
	}
}

/* Compressed streams among page objects and a table of offsets. */
static void
make_pdf(struct buf *b, struct dice *d, size_t size)
{
	unsigned object = 1, len, i;

	buf_adds(b, "%PDF-1.7\n");
	while (b->len < size) {
		len = dice_between(d, 4000, 24000) / 8 * 8;
		buf_addf(b, "%u 0 obj\n<< /Filter /FlateDecode /Length %u >>\n"
		    "stream\n", object, len);
		add_noise(b, d, len);
		buf_addf(b, "\nendstream\nendobj\n%u 0 obj\n<< /Type /Page "
		    "/Parent 2 0 R /MediaBox [0 0 595 842] /Contents %u 0 R "
		    "/Resources << /Font << /F1 5 0 R >> >> >>\nendobj\n",
		    object + 1, object);
		object += 2;
		for (i = 0; i < 30; i++)
			buf_addf(b, "%010u 00000 n \n",
			    dice_below(d, 10000000));
	}
}

static void
make_png(struct buf *b, struct dice *d, size_t size)
{
	buf_add(b, "\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\4\0\0\0\3\0\10\6\0\0\0",
	    29);
	while (b->len < size) {
		buf_add(b, "\0\0\40\0IDAT", 8);
		add_noise(b, d, 8192);
	}
}

const struct content_spec contents[] = {
	{ 40, "csv", "text/csv", make_csv },
	{ 70, "pdf", "application/pdf", make_pdf },
	{ 100, "png", "image/png", make_png },
};
