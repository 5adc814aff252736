/* What a path lies on: lines of mountinfo, kinds, links of udev, names. */
#include "base/medium.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/medium_inside.h"
#include "unit.h"

/* --- mountinfo ---------------------------------------------------------- */

/* What a line says; point NULL: it is none. */
static const struct {
	const char *line, *point, *fs, *source;
	unsigned major, minor;
} lines[] = {
	{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw",
	    "/mnt2", "ext3", "/dev/root", 98, 0 },
	{ "36 35 8:17 / /media/A rw - vfat /dev/sdb1 rw", "/media/A", "vfat",
	    "/dev/sdb1", 8, 17 },
	{ "1 1 0:5 / / rw shared:1 master:2 propagate_from:3 unbindable - "
	    "tmpfs tmpfs rw", "/", "tmpfs", "tmpfs", 0, 5 },
	{ "1 1 0:5 / /a\\040b\\011c\\012d\\134e\\043 rw - fuse.x y rw",
	    "/a b\tc\nd\\e#", "fuse.x", "y", 0, 5 },
	{ "1 1 0:5 / /a rw - cifs \\134\\134s\\134x rw", "/a", "cifs",
	    "\\\\s\\x", 0, 5 },
	{ "1 1 0:5 / /a rw - fuse  rw", "/a", "fuse", "", 0, 5 },
	{ "1 1 0:5 / /a rw - - - -", "/a", "-", "-", 0, 5 },
	{ "1 1 0:5 / /- rw - vfat /dev/x rw", "/-", "vfat", "/dev/x", 0, 5 },
	{ "18446744073709551615 1 1048575:4294967295 / /a rw - f s o", "/a",
	    "f", "s", 1048575, 4294967295u },
	{ "", NULL, NULL, NULL, 0, 0 },
	{ "36", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1", NULL, NULL, NULL, 0,
	    0 },
	{ "36 35 98:0 /mnt1 /mnt2 rw -", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0 /mnt1 /mnt2 rw - vfat", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0 /mnt1 /mnt2 rw - vfat /dev/x", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0 /mnt1 /mnt2 rw -  /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0 /mnt1 mnt2 rw - vfat /dev/x rw", NULL, NULL, NULL, 0,
	    0 },
	{ "36 35 98:0 /mnt1  rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "36  35 98:0 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "-1 35 98:0 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "+1 35 98:0 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "18446744073709551616 1 8:0 / /a rw - f s o", NULL, NULL, NULL, 0,
	    0 },
	{ "36 35 98 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98:0:1 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "36 35 98: / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0, 0 },
	{ "36 35 4294967296:0 / /m rw - vfat /dev/x rw", NULL, NULL, NULL, 0,
	    0 },
	{ "1 1 0:5 / /a\\04 rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a\\ rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a\\000 rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a\\400 rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a\\08x rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a\\x41 rw - f s o", NULL, NULL, NULL, 0, 0 },
	{ "1 1 0:5 / /a rw - f s\\9 o", NULL, NULL, NULL, 0, 0 }
};

TEST(lines_of_mountinfo)
{
	struct mountinfo m;
	char line[256];
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		(void)snprintf(line, sizeof line, "%s", lines[i].line);
		if (mountinfo_parse(&m, line) < 0) {
			if (lines[i].point != NULL)
				FAIL("refused: %s", lines[i].line);
			continue;
		}
		if (lines[i].point == NULL)
			FAIL("taken: %s", lines[i].line);
		CHECK_STR(m.point, lines[i].point);
		CHECK_STR(m.fs, lines[i].fs);
		CHECK_STR(m.source, lines[i].source);
		CHECK_INT(m.major, lines[i].major);
		CHECK_INT(m.minor, lines[i].minor);
	}
}

/* Cut anywhere, a line is taken only if it is whole in its fields. */
TEST(lines_that_are_cut)
{
	static const char whole[] =
	    "36 35 98:0 /a\\040b /c\\040d rw master:1 x - ext3 /dev/r\\040t rw";
	const char *last = strrchr(whole, ' ');
	struct mountinfo m;
	char line[sizeof whole];
	size_t n;

	for (n = 0; n < sizeof whole; n++) {
		(void)snprintf(line, n + 1, "%s", whole);
		CHECK_INT(mountinfo_parse(&m, line) == 0, whole + n > last);
	}
}

/* --- kinds -------------------------------------------------------------- */

TEST(which_media_are_carried)
{
	static const struct {
		const char *fs, *source, *point;
		enum medium_kind kind;
	} rows[] = {
		{ "vfat", "/dev/sdb1", "/stick", MEDIUM_CARRIED },
		{ "vfat", "/dev/sda1", "/boot/efi", MEDIUM_FIXED },
		{ "vfat", "/dev/sda1", "/boot/efi2", MEDIUM_CARRIED },
		{ "exfat", "/dev/sdb1", "/x", MEDIUM_CARRIED },
		{ "fuseblk", "/dev/loop0", "/x", MEDIUM_CARRIED },
		{ "fuseblk.exfat", "/dev/loop0", "/x", MEDIUM_CARRIED },
		{ "fuse.fusefat", "fusefat", "/x", MEDIUM_CARRIED },
		{ "fuse.gvfsd-fuse", "gvfsd-fuse", "/run/user/1/gvfs",
		    MEDIUM_FIXED },
		{ "fuse.sshfs", "h:/", "/media/h", MEDIUM_NETWORK },
		{ "nfs4", "h:/x", "/mnt/x", MEDIUM_NETWORK },
		{ "cifs", "//h/x", "/mnt/x", MEDIUM_NETWORK },
		{ "udf", "/dev/sr0", "/x", MEDIUM_CARRIED },
		{ "ext4", "/dev/none", "/media/u/DISK", MEDIUM_CARRIED },
		{ "ext4", "/dev/none", "/run/media/u/D", MEDIUM_CARRIED },
		{ "ext4", "/dev/none", "/mnt", MEDIUM_CARRIED },
		{ "ext4", "/dev/none", "/mnt/d", MEDIUM_CARRIED },
		{ "ext4", "/dev/none", "/mntd", MEDIUM_FIXED },
		{ "ext4", "/dev/none", "/mediation/d", MEDIUM_FIXED },
		{ "tmpfs", "tmpfs", "/mnt/d", MEDIUM_FIXED },
		{ "overlay", "overlay", "/mnt", MEDIUM_FIXED },
		{ "ext4", "/dev/none", "/", MEDIUM_FIXED },
		{ "unheard-of", "/dev/none", "/srv", MEDIUM_FIXED }
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct mountinfo m = { .fs = rows[i].fs,
		    .source = rows[i].source, .point = rows[i].point };

		if (medium_kind_of(&m) != rows[i].kind)
			FAIL("%s %s %s: not %d", rows[i].fs, rows[i].source,
			    rows[i].point, (int)rows[i].kind);
	}
}

/* --- what the system says of devices ------------------------------------ */

static char dir[64];

static void
fresh(void)
{
	(void)strcpy(dir, "/tmp/satchel-medium-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void
stale(void)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	CHECK_INT(system(command), 0);
}

static const char *
in(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof path, "%s/%.60s", dir, name);
	return path;
}

static void
make(const char *folder, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "mkdir -p '%s/%s'", dir, folder);
	CHECK_INT(system(path), 0);
	if (name == NULL)
		return;
	(void)snprintf(path, sizeof path, "%s/%s/%s", dir, folder, name);
	CHECK((f = fopen(path, "w")) != NULL);
	(void)fputs(text, f);
	CHECK_INT(fclose(f), 0);
}

/* A disk, its part, a part of a fixed disk, a disk on USB that says it is
 * not removable, and one that says nothing. */
TEST(devices_that_are_plugged_in)
{
	static const char *const links[5][2] = {
		{ "8:16", "../dev/pci/block/sdb" },
		{ "8:17", "../dev/pci/block/sdb/sdb1" },
		{ "8:1", "../dev/pci/block/sda/sda1" },
		{ "8:33", "../dev/pci/usb1/1-1/block/sdc/sdc1" },
		{ "8:65", "../dev/pci/block/sde/sde1" }
	};
	static const int plugged[5] = { 1, 1, 0, 1, 0 };
	unsigned major_nr, minor_nr;
	char sys[80], name[32];
	size_t i;

	fresh();
	make("dev/pci/block/sdb", "removable", "1\n");
	make("dev/pci/block/sda", "removable", "0\n");
	make("dev/pci/usb1/1-1/block/sdc", "removable", "0\n");
	make("dev/pci/block/sdb/sdb1", NULL, NULL);
	make("dev/pci/block/sda/sda1", NULL, NULL);
	make("dev/pci/block/sde/sde1", NULL, NULL);
	make("dev/pci/usb1/1-1/block/sdc/sdc1", NULL, NULL);
	make("block", NULL, NULL);
	for (i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof name, "block/%s", links[i][0]);
		CHECK_INT(symlink(links[i][1], in(name)), 0);
	}
	(void)snprintf(sys, sizeof sys, "%s/block", dir);
	for (i = 0; i < 5; i++) {
		CHECK_INT(sscanf(links[i][0], "%u:%u", &major_nr, &minor_nr),
		    2);
		CHECK_INT(medium_is_plugged(sys, makedev(major_nr, minor_nr)),
		    plugged[i]);
	}
	CHECK_INT(medium_is_plugged("/nonexistent", makedev(8, 16)), 0);
	stale();
}

/* Any block device of this computer; 0 without one. */
static int
block_device(char *ret, size_t size, dev_t *ret_dev)
{
	const struct dirent *e;
	struct stat st;
	DIR *d = opendir("/dev");
	int found = 0;

	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		(void)snprintf(ret, size, "/dev/%.200s", e->d_name);
		found = stat(ret, &st) == 0 && S_ISBLK(st.st_mode);
		if (found)
			*ret_dev = st.st_rdev;
	}
	if (d != NULL)
		(void)closedir(d);
	return found;
}

TEST(links_of_devices)
{
	static const struct {
		const char *link, *name;	/* NULL: none is found */
	} rows[] = {
		{ "CARRY", "CARRY" },
		{ "LAB\\x20STICK", "LAB STICK" },
		{ "A\\x2fB\\x5cC", "A/B\\C" },
		{ "A\\x1b[31m", "A\\x1b[31m" },	/* safe to print */
		{ "A\\xzz", "A\\xzz" },
		{ "A\\x4", "A\\x4" },
		{ "A\\x00B", "A\\x00B" },
		{ "\\x20\\x20", NULL }
	};
	char device[256], path[256], *name;
	struct err err = ERR_INIT;
	dev_t dev = 0;
	size_t i;

	if (!block_device(device, sizeof device, &dev)) {
		printf("links_of_devices: skipped: no block device here\n");
		return;
	}
	fresh();
	(void)snprintf(path, sizeof path, "%s", dir);
	make(".", "a file", "x");
	CHECK_INT(symlink("/dev/null", in("A-not-this")), 0);
	CHECK_INT(symlink("nowhere", in("A-dangles")), 0);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_INT(symlink(device, in(rows[i].link)), 0);
		name = NULL;
		CHECK_OK(medium_link(&name, path, dev, &err), &err);
		CHECK((name == NULL) == (rows[i].name == NULL));
		if (name != NULL)
			CHECK_STR(name, rows[i].name);
		free(name);
		CHECK_INT(unlink(in(rows[i].link)), 0);
	}

	/* Of several the first; none of another device, or without a folder. */
	CHECK_INT(symlink(device, in("second")), 0);
	CHECK_INT(symlink(device, in("first")), 0);
	name = NULL;
	CHECK_OK(medium_link(&name, path, dev, &err), &err);
	CHECK_STR(name, "first");
	free(name);
	name = NULL;
	CHECK_OK(medium_link(&name, path, makedev(4095, 1), &err), &err);
	CHECK_OK(medium_link(&name, "/nonexistent", dev, &err), &err);
	CHECK(name == NULL);
	stale();
}

/* --- paths -------------------------------------------------------------- */

TEST(a_path)
{
	struct medium m = MEDIUM_INIT;
	struct err err = ERR_INIT;
	struct stat st;

	fresh();
	CHECK_OK(medium_of(&m, dir, &err), &err);
	CHECK_INT(stat(dir, &st), 0);
	CHECK(m.dev == st.st_dev);
	CHECK(m.fs == NULL || m.fs[0] != '\0');
	CHECK(m.free <= m.size);
	CHECK(!m.read_only);
	medium_clear(&m);
	CHECK_ERR(medium_of(&m, in("nothing"), &err), &err, E_IO);
	medium_clear(&m);
	CHECK_OK(medium_of(&m, "/dev/null", &err), &err);
	medium_clear(&m);
	stale();
}

static int
check_each(void *ctx, const struct medium *m, struct err *err)
{
	(void)err;
	CHECK_INT(m->kind, MEDIUM_CARRIED);
	CHECK(m->mount != NULL && m->mount[0] == '/');
	++*(int *)ctx;
	return 0;
}

static int
refuse(void *ctx, const struct medium *m, struct err *err)
{
	(void)ctx;
	return err_set(err, E_IO, "%s", m->mount);
}

/* Whatever is plugged in here. */
TEST(every_medium)
{
	struct err err = ERR_INIT;
	int count = 0;

	CHECK_OK(medium_each(check_each, &count, &err), &err);
	if (count > 0)
		CHECK_ERR(medium_each(refuse, NULL, &err), &err, E_IO);
}

/* --- names -------------------------------------------------------------- */

TEST(names_that_fat_forbids)
{
	static const struct {
		const char *name;
		int bad;
	} rows[] = {
		{ "lab-a_to_lab-b_000001.satchel", 0 },
		{ "lab-a_to_lab-b+lab-c_2-000001.request.satchel", 0 },
		{ ".lab-a_to_lab-b_000001.satchel.0123456789abcdef.part", 0 },
		{ "B\xc3\xbc" "ndel 1.satchel", 0 }, { "a,b;c=d[e]", 0 },
		{ "console", 0 }, { "com", 0 }, { "COMA", 0 }, { "com10", 0 },
		{ "a:b", 1 }, { "a?", 1 }, { "a*b", 1 }, { "a\"b", 1 },
		{ "<a", 1 }, { ">", 1 }, { "a|b", 1 }, { "a\\b", 1 },
		{ "a\nb", 1 }, { "a\x7f", 1 }, { "a.", 1 }, { "a ", 1 },
		{ "nul", 1 }, { "Aux.satchel", 1 }, { "COM1.satchel", 1 },
		{ "lpt0", 1 }, { "con.a.b", 1 }
	};
	struct medium m = MEDIUM_INIT;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		m.dos_names = 1;
		if ((medium_bad_name(&m, rows[i].name) != NULL) !=
		    rows[i].bad)
			FAIL("\"%s\": not so", rows[i].name);
		m.dos_names = 0;
		CHECK(medium_bad_name(&m, rows[i].name) == NULL);
	}
}

TEST(a_medium_for_people)
{
	static char fs[] = "vfat", serial[] = "ABCD-1234", label[] = "CARRY";
	static char mount[] = "/media/a\nb";
	static const struct {
		const char *said;
		struct medium m;
	} rows[] = {
		{ "CARRY (vfat, ABCD-1234)", { .fs = fs, .label = label,
		    .serial = serial, .mount = mount } },
		{ "/media/a\\x0ab (ABCD-1234)", { .serial = serial,
		    .mount = mount } },
		{ "CARRY", { .label = label } },
		{ "the medium (vfat)", { .fs = fs } },
		{ "the medium", { .fs = NULL } }
	};
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&out);
		medium_name(&out, &rows[i].m);
		CHECK_STR(buf_str(&out), rows[i].said);
	}
	buf_clear(&out);
}

int
main(void)
{
	return unit_run();
}
