/* What is known of file systems, by their names: see medium.h. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "medium_inside.h"
#include "text.h"

#define FAT_FILE_MAX 4294967295u	/* 4 GiB - 1 */

/* What is known of a file system by its name; of FUSE the name behind
 * "fuse." or "fuseblk.". */
static const struct medium_fact facts[] = {
	{ "vfat", 0x4d44, MEDIUM_CARRIED, FAT_FILE_MAX, 1 },
	{ "msdos", 0, MEDIUM_CARRIED, FAT_FILE_MAX, 1 },
	{ "fusefat", 0, MEDIUM_CARRIED, FAT_FILE_MAX, 1 },
	{ "exfat", 0x2011bab0, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "exfat-fuse", 0, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "ntfs3", 0x7366746e, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "ntfs", 0x5346544e, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "ntfs-3g", 0, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "fuseblk", 0, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 1 },
	{ "udf", 0x15013346, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 0 },
	{ "iso9660", 0x9660, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 0 },
	{ "hfs", 0x4244, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 0 },
	{ "hfsplus", 0x482b, MEDIUM_CARRIED, MEDIUM_UNKNOWN, 0 },
	{ "nfs", 0x6969, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "nfs4", 0, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "cifs", 0xff534d42, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "smb3", 0xfe534d42, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "9p", 0x01021997, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "afs", 0x5346414f, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "ceph", 0x00c36400, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "sshfs", 0, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "davfs", 0, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "glusterfs", 0, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "rclone", 0, MEDIUM_NETWORK, MEDIUM_UNKNOWN, 0 },
	{ "ext4", 0xef53, MEDIUM_FIXED, MEDIUM_UNKNOWN, 0 },
	{ "btrfs", 0x9123683e, MEDIUM_FIXED, MEDIUM_UNKNOWN, 0 },
	{ "xfs", 0x58465342, MEDIUM_FIXED, MEDIUM_UNKNOWN, 0 },
	{ "tmpfs", 0x01021994, MEDIUM_FIXED, MEDIUM_UNKNOWN, 0 },
	{ "overlay", 0x794c7630, MEDIUM_FIXED, MEDIUM_UNKNOWN, 0 }
};
#define FACTS (sizeof facts / sizeof *facts)

static const char *
past(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : text;
}

const struct medium_fact *
medium_fact(const char *fs)
{
	const char *name = past(past(fs, "fuse."), "fuseblk.");
	size_t i;

	for (i = 0; i < FACTS; i++)
		if (strcmp(facts[i].name, name) == 0)
			return &facts[i];
	return NULL;
}

const char *
medium_fs_of_magic(uint32_t magic)
{
	size_t i;

	for (i = 0; i < FACTS && magic != 0; i++)
		if (facts[i].magic == magic)
			return facts[i].name;
	return NULL;
}

static int
is_below(const char *path, const char *folder)
{
	const char *rest = past(path, folder);

	return rest != path && *rest == '/';
}

/* Parts of the system may be on USB, and EFI's is FAT: they stay. */
static int
is_of_system(const char *point)
{
	static const char *const names[] = { "/", "/boot", "/boot/efi",
	    "/boot/firmware", "/efi", "/home", "/usr", "/var" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(point, names[i]) == 0)
			return 1;
	return 0;
}

int
medium_is_plugged(const char *sys, dev_t dev)
{
	char path[PATH_MAX], link[PATH_MAX];
	CLEANUP(file_closep) int fd = -1;
	char flag = '0';
	ssize_t n;
	int i;

	(void)snprintf(path, sizeof path, "%s/%u:%u", sys, major(dev),
	    minor(dev));
	n = readlink(path, link, sizeof link - 1);
	link[n > 0 ? n : 0] = '\0';
	if (strstr(link, "/usb") != NULL)
		return 1;
	for (i = 0; i < 2 && fd < 0; i++) {
		(void)snprintf(path, sizeof path, "%s/%u:%u/%sremovable", sys,
		    major(dev), minor(dev), i == 0 ? "" : "../");
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd >= 0 && read(fd, &flag, 1) == 1 && flag == '1';
}

/* Is it a device, or a program that stands for one? */
static int
has_device(const struct mountinfo *m)
{
	return past(m->source, "/dev/") != m->source ||
	    past(m->fs, "fuse") != m->fs;
}

enum medium_kind
medium_kind_of(const struct mountinfo *m)
{
	const struct medium_fact *fact = medium_fact(m->fs);

	if (fact != NULL && fact->kind == MEDIUM_NETWORK)
		return MEDIUM_NETWORK;
	if (is_of_system(m->point) || !has_device(m))
		return MEDIUM_FIXED;
	if ((fact != NULL && fact->kind == MEDIUM_CARRIED) ||
	    is_below(m->point, "/media") || is_below(m->point, "/mnt") ||
	    is_below(m->point, "/run/media") || strcmp(m->point, "/mnt") == 0)
		return MEDIUM_CARRIED;
	return medium_is_plugged("/sys/dev/block", makedev(m->major,
	    m->minor)) ? MEDIUM_CARRIED : MEDIUM_FIXED;
}

/* Names of devices in DOS, whatever follows a dot. */
static int
is_dos_device(const char *name)
{
	static const char *const names[] = { "CON", "PRN", "AUX", "NUL" };
	size_t len = strcspn(name, "."), i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (len == 3 && strncasecmp(name, names[i], 3) == 0)
			return 1;
	return len == 4 && (strncasecmp(name, "COM", 3) == 0 ||
	    strncasecmp(name, "LPT", 3) == 0) &&
	    name[3] >= '0' && name[3] <= '9';
}

const char *
medium_bad_name(const struct medium *m, const char *name)
{
	const unsigned char *at;
	size_t len = strlen(name);

	if (!m->dos_names || len == 0)
		return NULL;
	for (at = (const unsigned char *)name; *at != '\0'; at++)
		if (*at < 0x20 || *at == 0x7f || strchr("\"*/:<>?\\|", *at))
			return "has one of \" * / : < > ? \\ | or a control "
			    "character";
	if (name[len - 1] == ' ' || name[len - 1] == '.')
		return "ends with a blank or a dot";
	return is_dos_device(name) ? "is the name of a device" : NULL;
}

void
medium_name(struct buf *out, const struct medium *m)
{
	const char *what[2] = { m->fs, m->serial };
	const char *before = " (";
	size_t i;

	if (m->label != NULL)
		buf_adds(out, m->label);
	else if (m->mount != NULL)
		text_safe(out, m->mount, strlen(m->mount));
	else
		buf_adds(out, "the medium");
	for (i = 0; i < 2; i++)
		if (what[i] != NULL) {
			buf_addf(out, "%s%s", before, what[i]);
			before = ", ";
		}
	if (before[0] == ',')
		buf_addc(out, ')');
}
