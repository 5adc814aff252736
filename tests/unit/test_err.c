#include "../../base/buf.h"
#include "../../base/err.h"

#include <errno.h>

#include "unit.h"

/*
 * err
 */

/* The names and exit codes that scripts depend on. */
TEST(names_and_exits)
{
	static const struct {
		enum err_code code;
		const char *name;
		int exit;
	} want[] = {
		{ E_OK, "OK", 0 },
#define CODE(name_, exit_) { name_, #name_, exit_ }
		CODE(E_INTERNAL, 1), CODE(E_USAGE, 2), CODE(E_CONFIG, 2),
		CODE(E_IO, 3), CODE(E_NOSPACE, 3), CODE(E_READONLY, 3),
		CODE(E_MEDIA_GONE, 3), CODE(E_WRITE_VERIFY, 3),
		CODE(E_TRUNCATED, 4), CODE(E_HASH, 4), CODE(E_DAMAGED, 4),
		CODE(E_FORMAT, 5), CODE(E_HEADER, 5), CODE(E_TRAILER, 5),
		CODE(E_MANIFEST, 5), CODE(E_VERSION, 5),
		CODE(E_DECOMPRESS, 5), CODE(E_JSON, 5), CODE(E_RECORD, 5),
		CODE(E_REF, 5), CODE(E_LIMIT, 6),
		CODE(E_SIGNATURE, 7), CODE(E_SIGFORMAT, 7),
		CODE(E_UNKNOWN_KEY, 7), CODE(E_REVOKED, 7),
		CODE(E_WRONG_DEST, 7), CODE(E_SCOPE, 7), CODE(E_POLICY, 7),
		CODE(E_TRUSTSTORE, 7), CODE(E_MASS_DELETE, 7),
		CODE(E_GAP, 8), CODE(E_FORK, 8), CODE(E_ROLLED_BACK, 8),
		CODE(E_CLOCK, 9), CODE(E_NOT_FOR_US, 10),
		CODE(E_DECRYPT, 10), CODE(E_PASSPHRASE, 10),
		CODE(E_KEYFILE, 10), CODE(E_PERMS, 10),
		CODE(I_CONFLICTS, 11), CODE(E_DEST_REJECTED, 12),
		CODE(E_DEST_MISMATCH, 12), CODE(E_DEST_UNAVAILABLE, 13),
		CODE(E_DEST_AUTH, 13), CODE(E_DEST_PROTOCOL, 13),
		CODE(E_LOCKED, 14),
	};
	size_t i;

	for (i = 0; i < sizeof want / sizeof want[0]; i++) {
		CHECK_STR(err_name(want[i].code), want[i].name);
		CHECK_INT(err_exit(want[i].code), want[i].exit);
	}

	/* None without a name. */
	for (i = 0; i < ERR_CODES; i++)
		CHECK(err_name((enum err_code)i) != NULL);
}

TEST(set_once)
{
	struct err err = ERR_INIT;

	CHECK_INT(err_set(&err, E_HASH, "member %d", 3), -(int)E_HASH);
	CHECK_INT(err_set(&err, E_IO, "later"), -(int)E_HASH);
	CHECK_INT(err_io(&err, ENOSPC, "later"), -(int)E_HASH);
	CHECK_INT(err_oom(&err), -(int)E_HASH);
	CHECK_STR(err.text, "member 3");
	CHECK_INT(err.rung, -1);
	err_clear(&err);
	CHECK_INT(err.code, E_OK);
	CHECK_STR(err.text, "");
	CHECK_INT(err.rung, -1);
	CHECK_INT(err_oom(&err), -(int)E_INTERNAL);
	CHECK_STR(err.text, "out of memory");
}

TEST(io_names)
{
	static const struct {
		int errnum;
		enum err_code code;
	} want[] = { { ENOSPC, E_NOSPACE }, { EDQUOT, E_NOSPACE },
	    { EFBIG, E_NOSPACE }, { EROFS, E_READONLY },
	    { ENODEV, E_MEDIA_GONE }, { ENXIO, E_MEDIA_GONE },
	    { ENOTCONN, E_MEDIA_GONE }, { ESTALE, E_MEDIA_GONE },
	    { ENOMEM, E_INTERNAL }, { EIO, E_IO }, { ENOENT, E_IO },
	    { EACCES, E_IO } };
	struct err err = ERR_INIT;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof want / sizeof want[0]; i++) {
		CHECK_INT(err_io(&err, want[i].errnum, "write '%s'", "f"),
		    -(int)want[i].code);
		(void)snprintf(text, sizeof text, "write 'f': %s",
		    strerror(want[i].errnum));
		CHECK_STR(err.text, text);
		err_clear(&err);
	}
}

TEST(next_prefix_and_rung)
{
	struct err err = ERR_INIT;

	CHECK_INT(err_set(&err, E_JSON, "byte 3"), -(int)E_JSON);
	CHECK_INT(err_next(&err, "ask %s", "them"), -(int)E_JSON);
	CHECK_INT(err_next(&err, "not this"), -(int)E_JSON);
	CHECK_STR(err.next, "ask them");
	CHECK_INT(err_prefix(&err, "line %d", 7), -(int)E_JSON);
	CHECK_INT(err_prefix(&err, "'f'"), -(int)E_JSON);
	CHECK_STR(err.text, "'f': line 7: byte 3");
	CHECK_INT(err_rung(&err, 4), -(int)E_JSON);
	CHECK_INT(err_rung(&err, 2), -(int)E_JSON);
	CHECK_INT(err.rung, 4);

	/* No rung without a failure. */
	err_clear(&err);
	CHECK_INT(err_rung(&err, 4), 0);
	CHECK_INT(err.rung, -1);
}

/* All that a disk or medium does is followed by what to do. */
TEST(advice)
{
	static const enum err_code all[] = { E_IO, E_NOSPACE, E_READONLY,
	    E_MEDIA_GONE };
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		(void)err_set(&err, all[i], "x");
		CHECK(strstr(err_advice(&err), "do the same again") != NULL);
		err_clear(&err);
	}
	(void)err_set(&err, E_NOSPACE, "x");
	(void)err_next(&err, "buy a disk");
	CHECK_STR(err_advice(&err), "buy a disk");
	err_clear(&err);
	(void)err_oom(&err);
	CHECK(strstr(err_advice(&err), "memory") != NULL);
	err_clear(&err);
	(void)err_set(&err, E_USAGE, "x");
	CHECK_STR(err_advice(&err), "");
}

TEST(long_texts_are_cut)
{
	struct err err = ERR_INIT;
	char text[3000];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	CHECK_INT(err_set(&err, E_JSON, "%s", text), -(int)E_JSON);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_next(&err, "%s", text);
	CHECK_INT(strlen(err.next), ERR_NEXT_MAX - 1);
	(void)err_prefix(&err, "p%s", text);
	CHECK(err.text[0] == 'p');
	CHECK(strlen(err.text) < ERR_TEXT_MAX);
	err_clear(&err);
	CHECK_INT(err_io(&err, EIO, "%s", text), -(int)E_IO);
	CHECK_INT(strlen(err.text), ERR_TEXT_MAX - 1);
}

/*
 * buf
 */

/* What is kept comes back whole, over what was kept before. */
TEST(kept)
{
	struct err_kept kept = { .text = NULL };
	struct err e = ERR_INIT, back = ERR_INIT;

	err_recall(&back, &kept);
	CHECK_INT(back.code, E_OK);
	(void)err_set(&e, E_HASH, "member %d", 7);
	(void)err_next(&e, "ask again");
	(void)err_rung(&e, 4);
	err_keep(&kept, &e);
	err_recall(&back, &kept);
	CHECK_INT(back.code, E_HASH);
	CHECK_INT(back.rung, 4);
	CHECK_STR(back.text, "member 7");
	CHECK_STR(back.next, "ask again");
	err_clear(&e);
	err_keep(&kept, &e);
	CHECK(kept.text == NULL);
	err_recall(&back, &kept);
	CHECK_INT(back.code, E_OK);
	CHECK_STR(back.text, "");

	/* Without memory for the text the name is kept. */
	kept = (struct err_kept){ .code = E_HASH, .rung = 4 };
	err_recall(&back, &kept);
	CHECK_INT(back.code, E_HASH);
	CHECK_INT(back.rung, 4);
	CHECK_STR(back.text, "out of memory");
	CHECK(back.next[0] != '\0');
	err_kept_clear(&kept);
}

TEST(buf_appends)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	buf_add(&b, "ab\0c", 4);
	buf_addc(&b, 'd');
	buf_adds(&b, "ef");
	buf_addf(&b, "%d-%s", 12, "g");
	buf_adds(&b, "");
	buf_add(&b, NULL, 0);
	CHECK_INT(b.len, 11);
	CHECK(memcmp(b.at, "ab\0cdef12-g", 11) == 0);
	CHECK(buf_str(&b) == b.at && b.at[11] == '\0');
	CHECK_INT(b.len, 11);
	CHECK_OK(buf_check(&b, &err), &err);
	buf_clear(&b);
	CHECK(b.at == NULL && b.len == 0 && b.cap == 0);
	CHECK_STR(buf_str(&b), "");
	buf_clear(NULL);
}

TEST(buf_grows)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	int i;

	for (i = 0; i < 100000; i++)
		buf_addc(&b, (char)i);
	CHECK_OK(buf_check(&b, &err), &err);
	CHECK_INT(b.len, 100000);
	for (i = 0; i < 100000; i++)
		CHECK(b.at[i] == (char)i);
	buf_reset(&b);
	CHECK(b.len == 0 && b.cap >= 100000);
	CHECK(buf_room(&b, 90000) == b.at);
	CHECK_INT(b.len, 0);
}

/* Over the bound nothing is added, then or later; the failure is kept until
 * it is forgotten. */
TEST(buf_bound)
{
	CLEANUP(buf_clear) struct buf b = { .max = 4 };
	struct err err = ERR_INIT;

	buf_adds(&b, "abcd");
	CHECK_STR(buf_str(&b), "abcd");
	CHECK_OK(buf_check(&b, &err), &err);
	buf_addc(&b, 'e');
	CHECK_INT(buf_check(&b, &err), -(int)E_LIMIT);
	CHECK_STR(err.text, "more than 4 bytes");
	err_clear(&err);
	b.len = 2;
	buf_addc(&b, 'x');
	CHECK_INT(b.len, 2);
	CHECK(buf_room(&b, 0) == NULL && buf_str(&b) == NULL);
	buf_reset(&b);
	buf_addf(&b, "%s", "wxyz");
	CHECK_OK(buf_check(&b, &err), &err);
	CHECK_STR(buf_str(&b), "wxyz");
	buf_clear(&b);
	CHECK_INT(b.max, 4);
}

/* A size that no memory has, and one that would wrap around. */
TEST(buf_too_much)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	buf_adds(&b, "abc");
	CHECK(buf_room(&b, SIZE_MAX) == NULL);
	CHECK_ERR(buf_check(&b, &err), &err, E_LIMIT);
	CHECK_INT(b.len, 3);
	CHECK(memcmp(b.at, "abc", 3) == 0);
}

TEST(freep)
{
	CLEANUP(buf_freep) char *p = malloc(3);
	CLEANUP(buf_freep) char *none = NULL;

	CHECK(p != NULL && none == NULL);
}

int
main(void)
{
	return unit_run();
}
