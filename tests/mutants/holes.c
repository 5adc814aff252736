#include "holes.h"

#include <stdlib.h>
#include <string.h>

#include "../../format/minisign.h"
#include "../../format/reader.h"
#include "../../format/tar.h"

enum hole hole = HOLE_NONE;

int __real_minisign_verify(const struct minisign_pub *p, const void *message,
    size_t len, const char *sig, size_t siglen, struct err *err);
int __wrap_minisign_verify(const struct minisign_pub *p, const void *message,
    size_t len, const char *sig, size_t siglen, struct err *err);
int __real_reader_valid(const struct reader *r, enum sums_kind *ret_kind,
    struct err *err);
int __wrap_reader_valid(const struct reader *r, enum sums_kind *ret_kind,
    struct err *err);
int __real_tar_parse(const unsigned char block[TAR_BLOCK], char *ret_name,
    size_t name_size, uint64_t *ret_size, struct err *err);
int __wrap_tar_parse(const unsigned char block[TAR_BLOCK], char *ret_name,
    size_t name_size, uint64_t *ret_size, struct err *err);

int
__wrap_minisign_verify(const struct minisign_pub *p, const void *message,
    size_t len, const char *sig, size_t siglen, struct err *err)
{
	return hole == HOLE_SIGNATURE ? 0 :
	    __real_minisign_verify(p, message, len, sig, siglen, err);
}

int
__wrap_reader_valid(const struct reader *r, enum sums_kind *ret_kind,
    struct err *err)
{
	if (hole != HOLE_SUMS)
		return __real_reader_valid(r, ret_kind, err);
	*ret_kind = (enum sums_kind)sums_kind(r->sums.at, r->sums.len);
	return 0;
}

int
__wrap_tar_parse(const unsigned char block[TAR_BLOCK], char *ret_name,
    size_t name_size, uint64_t *ret_size, struct err *err)
{
	unsigned char clean[TAR_BLOCK];
	char name[100];

	if (hole != HOLE_HEADER || block[0] == '\0')
		return __real_tar_parse(block, ret_name, name_size, ret_size,
		    err);
	memcpy(name, block, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	tar_header(clean, name, strtoul((const char *)block + 124, NULL, 8));
	return __real_tar_parse(clean, ret_name, name_size, ret_size, err);
}
