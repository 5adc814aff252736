/* What a night waits for: the units that mount the way to its drops. */
#include "../../cli/units.h"
#include "unit.h"

/* As systemd-escape(1) --path --suffix=mount says it. */
TEST(names_of_mounts)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "/", "-.mount" },
		{ "//", "-.mount" },
		{ "/srv", "srv.mount" },
		{ "/srv/satchel", "srv-satchel.mount" },
		{ "//srv///satchel//", "srv-satchel.mount" },
		{ "/srv/sat-chel", "srv-sat\\x2dchel.mount" },
		{ "/srv/a b", "srv-a\\x20b.mount" },
		{ "/.hidden/.more", "\\x2ehidden-.more.mount" },
		{ "/a.b:c_D9", "a.b:c_D9.mount" },
		{ "/50%\\x", "50\\x25\\x5cx.mount" },
		{ "/\xc3\xa9t\xc3\xa9", "\\xc3\\xa9t\\xc3\\xa9.mount" },
		{ "/a\"b'c$d@e", "a\\x22b\\x27c\\x24d\\x40e.mount" }
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(buf_clear) struct buf name = BUF_INIT;

		units_mount_name(rows[i].path, strlen(rows[i].path), &name);
		CHECK_STR(buf_str(&name), rows[i].name);
	}
}

/* The lines "After=" of a service, in their order. */
static void
orders(const struct units *u, struct buf *ret)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	const char *at, *end;

	units_service(u, &text);
	CHECK(buf_str(&text) != NULL);
	for (at = text.at; (at = strstr(at, "\nAfter=")) != NULL; at = end) {
		at += sizeof "\nAfter=" - 1;
		end = strchr(at, '\n');
		CHECK(end != NULL);
		buf_add(ret, at, (size_t)(end - at));
		buf_addc(ret, ' ');
	}
	CHECK(buf_str(ret) != NULL);
}

TEST(after_what_is_mounted)
{
	static const char *const drops[] = { "/var/lib/lab", "/srv/sat-chel/a",
	    "/srv/sat-chel/b", "/srv/sat" };
	CLEANUP(buf_clear) struct buf got = BUF_INIT, other = BUF_INIT;
	struct err err = ERR_INIT;
	struct units u = { .site = "lab", .program = "/usr/bin/satchel",
	    .home = "/var/lib/lab", .state = "/var/lib", .again = "",
	    .system = 1, .owner = "lab" };
	char *deep = calloc(1, 301);
	size_t i;

	for (i = 0; i < sizeof drops / sizeof *drops; i++)
		CHECK_OK(units_paths_add(&u.writes, drops[i], &err), &err);

	/* No unit has so long a name. */
	CHECK(deep != NULL);
	memset(deep, 'd', 300);
	memcpy(deep, "/mnt/", 5);
	CHECK_OK(units_paths_add(&u.writes, deep, &err), &err);
	orders(&u, &got);
	CHECK_STR(got.at, "remote-fs.target var.mount var-lib.mount "
	    "var-lib-lab.mount srv.mount srv-sat\\x2dchel.mount "
	    "srv-sat\\x2dchel-a.mount srv-sat\\x2dchel-b.mount "
	    "srv-sat.mount mnt.mount ");

	/* Those of the system are not of a user's systemd. */
	u.system = 0;
	orders(&u, &other);
	CHECK_STR(other.at, "");
	units_paths_clear(&u.writes);
	free(deep);
}

int
main(void)
{
	return unit_run();
}
