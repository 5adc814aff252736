#include "mountinfo.h"

#include <string.h>

#include "file.h"
#include "text.h"

#define PATH "/proc/self/mountinfo"
#define DEVICE_MAX 0xffffffffu

/* The next field of a line, or NULL after the last one. */
static char *
next_field(char **at)
{
	return strsep(at, " ");
}

/* Backslash and three octal digits are a byte, but never NUL. */
static int
unescape(char *field)
{
	const char *from = field;
	char *to = field;
	int byte, i;

	for (; *from != '\0'; *to++ = (char)byte) {
		byte = (unsigned char)*from++;
		if (byte != '\\')
			continue;
		for (byte = 0, i = 0; i < 3; i++, from++) {
			if (*from < '0' || *from > '7')
				return -1;
			byte = byte * 8 + (*from - '0');
		}
		if (byte == 0 || byte > 255)
			return -1;
	}
	*to = '\0';
	return 0;
}

static int
read_number(uint64_t *ret, const char *field, uint64_t max)
{
	return field == NULL ? -1 : text_number(ret, field, strlen(field),
	    max);
}

static int
read_device(struct mountinfo *m, char *field)
{
	uint64_t major, minor;

	if (field == NULL ||
	    read_number(&major, strsep(&field, ":"), DEVICE_MAX) < 0 ||
	    read_number(&minor, field, DEVICE_MAX) < 0)
		return -1;
	m->major = (unsigned)major;
	m->minor = (unsigned)minor;
	return 0;
}

static int
read_name(const char **ret, char *field)
{
	*ret = field;
	return field == NULL ? -1 : unescape(field);
}

/* Both names are paths: of the file system that is shown, in a container
 * perhaps one that cannot be reached. */
static int
read_paths(struct mountinfo *m, char **at)
{
	if (read_name(&m->root, next_field(at)) < 0 ||
	    read_name(&m->point, next_field(at)) < 0 || m->point[0] != '/')
		return -1;
	return 0;
}

int
mountinfo_parse(struct mountinfo *ret, char *line)
{
	char *at = line, *field;

	if (read_number(&ret->id, next_field(&at), UINT64_MAX) < 0 ||
	    read_number(&ret->parent, next_field(&at), UINT64_MAX) < 0 ||
	    read_device(ret, next_field(&at)) < 0 ||
	    read_paths(ret, &at) < 0 ||
	    (ret->options = next_field(&at)) == NULL)
		return -1;
	do
		field = next_field(&at);
	while (field != NULL && strcmp(field, "-") != 0);
	if (field == NULL ||
	    read_name(&ret->fs, next_field(&at)) < 0 || ret->fs[0] == '\0' ||
	    read_name(&ret->source, next_field(&at)) < 0 ||
	    (ret->super = next_field(&at)) == NULL)
		return -1;
	return 0;
}

int
mountinfo_each(int (*each)(void *ctx, const struct mountinfo *m,
    struct err *err), void *ctx, struct err *err)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT;
	struct mountinfo m;
	char *at, *line;
	int rc;

	if ((rc = file_read_all(PATH, MOUNTINFO_MAX, &all, err)) < 0)
		return rc;
	if ((at = buf_str(&all)) == NULL)
		return err_oom(err);
	while ((line = strsep(&at, "\n")) != NULL)
		if (mountinfo_parse(&m, line) == 0 &&
		    (rc = each(ctx, &m, err)) != 0)
			return rc;
	return 0;
}
