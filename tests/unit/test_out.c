/* What commands say: one JSON document, whatever happens. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/out.h"

#include "base/file.h"
#include "unit.h"

static struct err e = ERR_INIT;
static char text[65536];

/* Begin saying it into a file. */
static void
begin(struct out *o, int json)
{
	out_init(o, json);
	o->fd = file_private("/tmp", &e);
	CHECK(o->fd >= 0);
}

/* End it, and read what was said. */
static const char *
end(struct out *o, const struct err *what)
{
	int64_t n;

	CHECK_OK(out_finish(o, what, &e), &e);
	n = file_pread(o->fd, text, sizeof text - 1, 0, "test", &e);
	CHECK(n >= 0);
	text[n] = '\0';
	file_closep(&o->fd);
	out_clear(o);
	return text;
}

TEST(an_empty_document)
{
	struct err none = ERR_INIT;
	struct out o;

	begin(&o, 1);
	CHECK_STR(end(&o, &none), "{\"error\":null}\n");
}

TEST(all_kinds_of_values)
{
	struct err none = ERR_INIT;
	struct out o;

	begin(&o, 1);
	out_text(&o, "not heard");
	out_safe(&o, "nor this");
	out_str(&o, "s", "a\"b\n");
	out_str(&o, "z", NULL);
	out_number(&o, "n", UINT64_MAX);
	out_open(&o, "a", '[');
	out_bool(&o, NULL, 1);
	out_bool(&o, NULL, 0);
	out_bool(&o, NULL, -1);
	out_open(&o, NULL, '{');
	out_close(&o);
	out_close(&o);
	out_date(&o, "d", 1767323045);
	out_date(&o, "never", 0);
	out_raw(&o, "r", "[1.0]", 5);
	CHECK_STR(end(&o, &none), "{\"s\":\"a\\\"b\\n\",\"z\":null,"
	    "\"n\":18446744073709551615,\"a\":[true,false,null,{}],"
	    "\"d\":\"2026-01-02T03:04:05Z\",\"never\":null,\"r\":[1.0],"
	    "\"error\":null}\n");
}

TEST(a_failure_in_the_middle_closes_what_is_open)
{
	struct err what = ERR_INIT;
	struct out o;

	begin(&o, 1);
	out_open(&o, "files", '[');
	out_open(&o, NULL, '{');
	out_str(&o, "file", "x");
	(void)err_set(&what, E_HASH, "member \"y\"");
	(void)err_next(&what, "ask again");
	CHECK_STR(end(&o, &what), "{\"files\":[{\"file\":\"x\"}],\"error\":"
	    "{\"name\":\"E_HASH\",\"exit\":4,\"message\":\"member \\\"y\\\"\","
	    "\"next\":\"ask again\"}}\n");
}

TEST(conflicts_are_no_error)
{
	struct err what = ERR_INIT;
	struct out o;

	begin(&o, 1);
	(void)err_set(&what, I_CONFLICTS, "two");
	CHECK_STR(end(&o, &what), "{\"error\":null}\n");
}

TEST(file_names_of_any_bytes)
{
	struct err none = ERR_INIT;
	struct out o;

	begin(&o, 1);
	out_str(&o, "file", "a\xff\x01z");
	CHECK_STR(end(&o, &none),
	    "{\"file\":\"a\\\\xff\\\\x01z\",\"error\":null}\n");

	/* Good UTF-8 stays as it is, also where a terminal would not like it. */
	begin(&o, 1);
	out_str(&o, "file", "\xe2\x80\xae\x1b");
	CHECK_STR(end(&o, &none),
	    "{\"file\":\"\xe2\x80\xae\\u001b\",\"error\":null}\n");
}

TEST(a_long_document_goes_out_in_pieces)
{
	struct err none = ERR_INIT;
	struct out o;
	int i;

	begin(&o, 1);
	out_open(&o, "list", '[');
	for (i = 0; i < 5000; i++) {
		out_str(&o, NULL, "0123456");
		CHECK(o.buf.len <= 70000);
	}
	(void)end(&o, &none);
	CHECK_INT(strlen(text), 5000 * 10 + strlen("{\"list\":[") +
	    strlen("],\"error\":null}\n") - 1);
}

TEST(text_alone)
{
	struct err none = ERR_INIT;
	struct out o;

	begin(&o, 0);
	out_open(&o, "list", '[');
	out_str(&o, NULL, "not heard");
	out_text(&o, "%d of ", 3);
	out_safe(&o, "a\x1b[1m");
	out_write(&o, "\x1b\n", 2);
	out_close(&o);
	CHECK_STR(end(&o, &none), "3 of a\\x1b[1m\x1b\n");
}

TEST(a_terminal_is_not_misled)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct out o;
	ssize_t n;

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	out_init(&o, 0);
	o.fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(o.fd >= 0);
	out_write(&o, "a\x7f\xc2\x9b" "2J\xe2\x80\xae\nb", 11);
	out_flush(&o);
	CHECK_INT(o.failed.code, E_OK);
	n = read(master, text, sizeof text - 1);
	CHECK(n > 0);
	text[n > 0 ? n : 0] = '\0';
	CHECK_STR(text, "a\\x7f\\xc2\\x9b2J\\xe2\\x80\\xae\r\nb");
	(void)close(o.fd);
	(void)close(master);
	out_clear(&o);
}

TEST(what_cannot_be_written_is_an_error)
{
	struct err none = ERR_INIT;
	struct out o;

	out_init(&o, 0);
	o.fd = -1;
	out_text(&o, "x");
	CHECK_ERR(out_finish(&o, &none, &e), &e, E_IO);
	CHECK_ERR(out_check(&o, &e), &e, E_IO);
	out_clear(&o);
}

TEST(sizes_for_people)
{
	char size[24];

	out_size(0, size);
	CHECK_STR(size, "0 bytes");
	out_size(1, size);
	CHECK_STR(size, "1 byte");
	out_size(1023, size);
	CHECK_STR(size, "1023 bytes");
	out_size(1536, size);
	CHECK_STR(size, "1.5 KiB");
	out_size(5ULL << 30, size);
	CHECK_STR(size, "5.0 GiB");
	out_size(UINT64_MAX, size);
	CHECK_STR(size, "16777216.0 TiB");
}

int
main(void)
{
	return unit_run();
}
