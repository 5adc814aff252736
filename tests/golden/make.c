/* make.c: seal members into a container, to make test vectors
 * (docs/format.md, section 17).  No part of the program or its tests.
 *
 *	make KEY FIRST_LINE MEMBER... > FILE
 *
 * KEY is a minisign secret key without a passphrase, FIRST_LINE that of SUMS.
 * The members are files in the present folder.  They are put in as they are,
 * right or wrong; headers, SUMS, signature and end are canonical.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "format/minisign.h"
#include "format/sums.h"
#include "format/tar.h"

#define CONTENT_MAX (16u << 20)

static void
put(struct buf *file, const char *name, const struct buf *content)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK];

	tar_header(header, name, content->len);
	buf_add(file, header, sizeof header);
	buf_add(file, content->at, content->len);
	buf_add(file, zeros, tar_padding(content->len));
}

static int
put_member(struct buf *file, struct buf *sums, const char *name,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT;
	unsigned char hash[SUMS_HASH];
	int rc;

	if ((rc = file_read_all(name, CONTENT_MAX, &content, err)) < 0)
		return rc;
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)content.at, content.len, NULL, 0);
	sums_add(sums, name, hash);
	put(file, name, &content);
	return 0;
}

static int
seal(char **argv, struct buf *file, struct err *err)
{
	CLEANUP(minisign_secret_freep) struct minisign_secret *key = NULL;
	CLEANUP(buf_clear) struct buf text = BUF_INIT, sums = BUF_INIT;
	CLEANUP(buf_clear) struct buf sig = BUF_INIT;
	static const char zeros[TAR_END];
	char **name;
	int rc;

	if ((rc = file_read_all(argv[1], 4096, &text, err)) < 0 ||
	    (rc = minisign_secret_parse(&key, text.at, text.len, NULL, 0,
	    err)) < 0)
		return rc;
	buf_addf(&sums, "%s\n", argv[2]);
	for (name = argv + 3; *name != NULL; name++)
		if ((rc = put_member(file, &sums, *name, err)) < 0)
			return rc;
	if ((rc = minisign_sign(key, sums.at, sums.len, &sig, err)) < 0)
		return rc;
	put(file, "SUMS", &sums);
	put(file, "SUMS.minisig", &sig);
	buf_add(file, zeros, sizeof zeros);
	return buf_check(file, err);
}

int
main(int argc, char **argv)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT;
	struct err err = ERR_INIT;

	if (argc < 4 || sodium_init() < 0) {
		(void)fputs("usage: make KEY FIRST_LINE MEMBER...\n", stderr);
		return 2;
	}
	if (seal(argv, &file, &err) < 0) {
		(void)fprintf(stderr, "make: %s\n", err.text);
		return 1;
	}
	if (fwrite(file.at, 1, file.len, stdout) != file.len ||
	    fflush(stdout) != 0)
		return 3;
	return 0;
}
