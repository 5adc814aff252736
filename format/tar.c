#include "tar.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"

/* Offsets and texts of POSIX.1-1988, "Extended tar Format", in the very
 * spelling that libarchive gives them. */
#define NAME_MAX_BYTES 99u
#define SIZE_AT 124u
#define SIZE_DIGITS 11u
#define SUM_AT 148u

static const unsigned char zeros[TAR_BLOCK];

size_t
tar_padding(uint64_t size)
{
	return (size_t)(-size & (TAR_BLOCK - 1));
}

/* Write `digits` octal digits of `value`. */
static void
put_octal(unsigned char *to, unsigned digits, uint64_t value)
{
	while (digits-- > 0) {
		to[digits] = (unsigned char)('0' + (value & 7));
		value >>= 3;
	}
}

void
tar_header(unsigned char out[TAR_BLOCK], const char *name, uint64_t size)
{
	size_t len = strnlen(name, NAME_MAX_BYTES), i;
	uint64_t sum = 0;

	memset(out, 0, TAR_BLOCK);
	memcpy(out, name, len);
	memcpy(out + 100, "000644 ", 8);
	memcpy(out + 108, "000000 ", 8);
	memcpy(out + 116, "000000 ", 8);
	put_octal(out + SIZE_AT, SIZE_DIGITS, size);
	out[SIZE_AT + SIZE_DIGITS] = ' ';
	memcpy(out + 136, "00000000000 ", 12);
	memset(out + SUM_AT, ' ', 8);
	out[156] = '0';
	memcpy(out + 257, "ustar\00000", 8);
	memcpy(out + 329, "000000 ", 8);
	memcpy(out + 337, "000000 ", 8);

	/* The sum counts its own field as blanks; the last blank stays. */
	for (i = 0; i < TAR_BLOCK; i++)
		sum += out[i];
	put_octal(out + SUM_AT, 6, sum);
	out[SUM_AT + 6] = '\0';
}

/* A name is letters, digits and inner ".", "_", "-": never a path. */
static int
is_member_name(const char *name, size_t len)
{
	return text_is_uid(name, len) && strpbrk(name, "/:@~+") == NULL;
}

int
tar_parse(const unsigned char block[TAR_BLOCK], char *ret_name,
    size_t name_size, uint64_t *ret_size, struct err *err)
{
	unsigned char again[TAR_BLOCK];
	char name[NAME_MAX_BYTES + 1];
	uint64_t size = 0;
	size_t len, i;

	if (memcmp(block, zeros, TAR_BLOCK) == 0)
		return 0;

	memcpy(name, block, sizeof name);
	len = strnlen(name, sizeof name);
	if (len == sizeof name || len >= name_size ||
	    !is_member_name(name, len))
		return err_set(err, E_HEADER, "header without a proper name: "
		    "expected 1 to %zu of A-Z a-z 0-9 . _ -",
		    name_size - 1 < NAME_MAX_BYTES ? name_size - 1 :
		    NAME_MAX_BYTES);
	for (i = 0; i < SIZE_DIGITS; i++)
		size = size << 3 | (block[SIZE_AT + i] & 7u);

	/* Whatever the header says, digits too: it must say what we would. */
	tar_header(again, name, size);
	for (i = 0; i < TAR_BLOCK; i++)
		if (block[i] != again[i])
			return err_set(err, E_HEADER, "header of \"%s\" is "
			    "not canonical at byte %zu: expected %02x, found "
			    "%02x", name, i, again[i], block[i]);
	memcpy(ret_name, name, len + 1);
	*ret_size = size;
	return 1;
}

/* After the first zero block: one more, then nothing. */
static int
check_end(const unsigned char *p, size_t left, struct err *err)
{
	if (left < TAR_END)
		return err_set(err, E_TRUNCATED, "archive ends after %zu of "
		    "its last %u bytes", left, TAR_END);
	if (memcmp(p + TAR_BLOCK, zeros, TAR_BLOCK) != 0)
		return err_set(err, E_TRAILER, "archive does not end with %u "
		    "zero bytes", TAR_END);
	if (left > TAR_END)
		return err_set(err, E_TRAILER, "%zu bytes after the end of "
		    "the archive", left - TAR_END);
	return 0;
}

int
tar_walk(const void *data, size_t len,
    int (*entry)(void *ctx, const char *name, const void *content,
    size_t size, struct err *err), void *ctx, struct err *err)
{
	const unsigned char *p = data;
	char name[NAME_MAX_BYTES + 1];
	size_t left = len, padding;
	uint64_t size = 0;
	int r;

	for (;;) {
		if (left < TAR_BLOCK)
			return err_set(err, E_TRUNCATED, "archive ends inside "
			    "a header at byte %zu", len - left);
		r = tar_parse(p, name, sizeof name, &size, err);
		if (r < 0)
			return err_prefix(err, "byte %zu", len - left);
		if (r == 0)
			return check_end(p, left, err);
		p += TAR_BLOCK;
		left -= TAR_BLOCK;

		/* The size is below 8 GiB, so the sum cannot overflow. */
		padding = tar_padding(size);
		if (size + padding > left)
			return err_set(err, E_TRUNCATED, "archive ends inside "
			    "\"%s\": expected %llu bytes, found %zu", name,
			    (unsigned long long)size, left);
		if (memcmp(p + size, zeros, padding) != 0)
			return err_set(err, E_HEADER, "padding after \"%s\" "
			    "is not zero", name);
		if ((r = entry(ctx, name, p, (size_t)size, err)) < 0)
			return r;
		p += size + padding;
		left -= (size_t)size + padding;
	}
}
