#include "../../store/blob.h"
#include "labs.h"

static void
hash_of(const void *data, size_t len, unsigned char out[32])
{
	(void)crypto_generichash(out, 32, data, len, NULL, 0);
}

/* Bytes that no two places share. */
static unsigned char *
bytes(size_t len)
{
	unsigned char *p = malloc(len + 1);
	size_t i;

	CHECK(p != NULL);
	for (i = 0; i < len; i++)
		p[i] = (unsigned char)(i * 7 + i / 251);
	return p;
}

static void
open_lab(struct lab *l)
{
	lab_begin(l, "lab-a");
	CHECK_OK(store_begin(l->s, &l->err), &l->err);
}

/* The blob is whole and says this, read in pieces of `step`. */
static void
check_says(struct lab *l, const void *data, size_t len, size_t step)
{
	unsigned char hash[32];
	struct blob_out out;
	uint64_t size = 0;
	int64_t id = 0, n;
	size_t got = 0;
	char *to = malloc(len + step);

	hash_of(data, len, hash);
	CHECK(to != NULL);
	CHECK_INT(blob_find(l->s, hash, &id, &size, &l->err), 1);
	CHECK_INT(size, len);
	CHECK_OK(blob_open(l->s, &out, id, &l->err), &l->err);
	while ((n = blob_read(l->s, &out, to + got, step, &l->err)) > 0)
		got += (size_t)n;
	CHECK_INT(n, 0);
	CHECK_INT(got, len);
	CHECK_INT(memcmp(to, data, len), 0);
	free(to);
}

TEST(streams)
{
	static const size_t sizes[] = { 0, 1, BLOB_PART - 1, BLOB_PART,
	    BLOB_PART + 1, 2 * BLOB_PART + 5 };
	unsigned char hash[32], got[32];
	size_t i, at, n;
	struct lab l;
	int64_t id;

	open_lab(&l);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CLEANUP(blob_in_clear) struct blob_in in = { .id = 0 };
		unsigned char *p = bytes(sizes[i]);

		CHECK_OK(blob_begin(l.s, &in, &l.err), &l.err);
		for (at = 0; at < sizes[i]; at += n) {
			n = sizes[i] - at < 1234567 ? sizes[i] - at : 1234567;
			CHECK_OK(blob_add(l.s, &in, p + at, n, &l.err),
			    &l.err);
		}
		CHECK_OK(blob_finish(l.s, &in, got, &id, &l.err), &l.err);
		hash_of(p, sizes[i], hash);
		CHECK_INT(memcmp(hash, got, 32), 0);
		check_says(&l, p, sizes[i], 999983);
		check_says(&l, p, sizes[i], BLOB_PART);
		free(p);
	}
	CHECK_INT(lab_number(&l, "SELECT max(length(bytes)) FROM part"),
	    BLOB_PART);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 8);
	lab_end(&l);
}

/* The same content by a stream, again, or at once: one blob. */
TEST(once)
{
	CLEANUP(blob_in_clear) struct blob_in in = { .id = 0 };
	unsigned char hash[32], got[32];
	int64_t first = 0, id = 0;
	struct lab l;

	open_lab(&l);
	hash_of("abc", 3, hash);
	CHECK_INT(blob_find(l.s, hash, &id, &(uint64_t){ 0 }, &l.err), 0);
	CHECK_OK(blob_put(l.s, hash, "abc", 3, &first, &l.err), &l.err);
	CHECK_OK(blob_put(l.s, hash, "abc", 3, &id, &l.err), &l.err);
	CHECK_INT(id, first);
	CHECK_OK(blob_begin(l.s, &in, &l.err), &l.err);
	CHECK_OK(blob_add(l.s, &in, "ab", 2, &l.err), &l.err);
	CHECK_OK(blob_add(l.s, &in, "c", 1, &l.err), &l.err);
	CHECK_OK(blob_finish(l.s, &in, got, &id, &l.err), &l.err);
	CHECK_INT(id, first);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM blob"), 1);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 1);
	hash_of("", 0, hash);
	CHECK_OK(blob_put(l.s, hash, "", 0, &id, &l.err), &l.err);
	check_says(&l, "", 0, 10);
	check_says(&l, "abc", 3, 1);
	lab_end(&l);
}

TEST(parts)
{
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32];
	uint64_t size;
	struct lab l;
	int64_t id;

	open_lab(&l);
	hash_of("abcdef", 6, hash);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	CHECK_INT(blob_part(l.s, &span, hash, 1, "cd", 2, &l.err), 0);
	CHECK_INT(blob_find(l.s, hash, &id, &size, &l.err), 0);
	CHECK_ERR(blob_open(l.s, &(struct blob_out){ .id = 0 }, span.id,
	    &l.err), &l.err, E_DAMAGED);
	CHECK_INT(blob_part(l.s, &span, hash, 2, "ef", 2, &l.err), 1);
	check_says(&l, "abcdef", 6, 100);

	/* A whole one takes no more. */
	CHECK_INT(blob_part(l.s, &span, hash, 0, "xy", 2, &l.err), 1);
	span = (struct blob_span)BLOB_SPAN_INIT;
	CHECK_INT(blob_part(l.s, &span, hash, 7, "xy", 2, &l.err), 1);
	check_says(&l, "abcdef", 6, 100);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 3);
	lab_end(&l);
}

/* Parts in several bundles: what came before is hashed again. */
TEST(parts_later)
{
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32], other[32];
	struct lab l;

	open_lab(&l);
	hash_of("abcdef", 6, hash);
	hash_of("z", 1, other);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	span = (struct blob_span)BLOB_SPAN_INIT;
	CHECK_INT(blob_part(l.s, &span, hash, 1, "cd", 2, &l.err), 0);

	/* Another blob in between. */
	CHECK_INT(blob_part(l.s, &span, other, 0, "z", 1, &l.err), 1);
	CHECK_INT(blob_part(l.s, &span, hash, 2, "ef", 2, &l.err), 1);
	check_says(&l, "abcdef", 6, 4);
	lab_end(&l);
}

TEST(parts_missing)
{
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32];
	struct lab l;

	open_lab(&l);
	hash_of("abcdef", 6, hash);
	CHECK_ERR(blob_part(l.s, &span, hash, 1, "cd", 2, &l.err), &l.err,
	    E_GAP);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	CHECK_ERR(blob_part(l.s, &span, hash, 2, "ef", 2, &l.err), &l.err,
	    E_GAP);
	span = (struct blob_span)BLOB_SPAN_INIT;
	CHECK_ERR(blob_part(l.s, &span, hash, 2, "ef", 2, &l.err), &l.err,
	    E_GAP);
	lab_end(&l);
}

/* Part 0 begins it again, also in other parts. */
TEST(parts_again)
{
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32];
	struct lab l;

	open_lab(&l);
	hash_of("abcdef", 6, hash);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	CHECK_INT(blob_part(l.s, &span, hash, 1, "cd", 2, &l.err), 0);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "abc", 3, &l.err), 0);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 1);
	CHECK_INT(blob_part(l.s, &span, hash, 1, "def", 3, &l.err), 1);
	check_says(&l, "abcdef", 6, 2);
	lab_end(&l);
}

/* A whole blob takes the place of parts that wait. */
TEST(whole_over_parts)
{
	CLEANUP(blob_in_clear) struct blob_in in = { .id = 0 };
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32], got[32];
	struct lab l;
	int64_t id;

	open_lab(&l);
	hash_of("abcdef", 6, hash);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	CHECK_OK(blob_put(l.s, hash, "abcdef", 6, &id, &l.err), &l.err);
	check_says(&l, "abcdef", 6, 6);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 1);

	hash_of("xyz", 3, hash);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "x", 1, &l.err), 0);
	CHECK_OK(blob_begin(l.s, &in, &l.err), &l.err);
	CHECK_OK(blob_add(l.s, &in, "xyz", 3, &l.err), &l.err);
	CHECK_OK(blob_finish(l.s, &in, got, &id, &l.err), &l.err);
	check_says(&l, "xyz", 3, 6);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM blob"), 2);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM part"), 2);
	lab_end(&l);
}

static struct json_span
text(const char *at)
{
	return (struct json_span){ at, strlen(at) };
}

/* Of the attachments that are named, those that are not whole here; once. */
TEST(missing)
{
	struct blob_span span = BLOB_SPAN_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	unsigned char hash[3][32];
	char hex[3][65], fields[512];
	struct lab l;
	int64_t id;
	int i;

	open_lab(&l);
	for (i = 0; i < 3; i++) {
		hash_of(i == 0 ? "abc" : i == 1 ? "half" : "none",
		    i == 0 ? 3 : 4, hash[i]);
		(void)sodium_bin2hex(hex[i], 65, hash[i], 32);
	}
	CHECK_OK(blob_put(l.s, hash[0], "abc", 3, &id, &l.err), &l.err);
	CHECK_INT(blob_part(l.s, &span, hash[1], 0, "ha", 2, &l.err), 0);
	(void)snprintf(fields, sizeof fields, "{\"attachments\":["
	    "{\"blake2b\":\"%s\"},{\"blake2b\":\"%s\"},{\"blake2b\":"
	    "\"%s\"},{\"blake2b\":\"%s\"}]}", hex[2], hex[0], hex[1],
	    hex[2]);
	buf_adds(&out, "x");
	CHECK_OK(blob_missing(l.s, text(fields), &out, &l.err), &l.err);
	CHECK_INT(out.len, 65);
	CHECK_INT(memcmp(out.at + 1, hash[2], 32), 0);
	CHECK_INT(memcmp(out.at + 33, hash[1], 32), 0);
	CHECK_OK(blob_missing(l.s, text(""), &out, &l.err), &l.err);
	CHECK_INT(out.len, 65);
	CHECK_ERR(blob_missing(l.s, text("{\"attachments\":[{\"blake2b\":"
	    "\"ab\"}]}"), &out, &l.err), &l.err, E_RECORD);
	lab_end(&l);
}

TEST(damage)
{
	struct blob_span span = BLOB_SPAN_INIT;
	unsigned char hash[32];
	struct blob_out out;
	struct lab l;
	int64_t id;
	char to[8];

	open_lab(&l);
	CHECK_ERR(blob_open(l.s, &out, 77, &l.err), &l.err, E_DAMAGED);
	hash_of("abc", 3, hash);
	CHECK_OK(blob_put(l.s, hash, "abc", 3, &id, &l.err), &l.err);
	lab_sql(&l, "DELETE FROM part");
	CHECK_OK(blob_open(l.s, &out, id, &l.err), &l.err);
	CHECK_ERR((int)blob_read(l.s, &out, to, 8, &l.err), &l.err,
	    E_DAMAGED);
	hash_of("abcdef", 6, hash);
	CHECK_INT(blob_part(l.s, &span, hash, 0, "ab", 2, &l.err), 0);
	lab_sql(&l, "DELETE FROM part");
	span = (struct blob_span)BLOB_SPAN_INIT;
	CHECK_ERR(blob_part(l.s, &span, hash, 1, "cd", 2, &l.err), &l.err,
	    E_DAMAGED);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
