/* age_vectors DIR: run the C2SP age vectors that lie in a folder.
 *
 * One file a vector: header lines "key: value", an empty line, an age file
 * (github.com/C2SP/CCTV, age/README.md).  Prints each vector that does not
 * behave as its `expect` says, then "N passed, N failed"; the exit status is
 * 1 if any failed or there was none.
 */
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/text.h"
#include "format/age.h"
#include "format/age_armor.h"

#define FILE_MAX 67108864u		/* a vector, unpacked */
#define KEYS_MAX 4			/* credentials of a vector */
#define WORK_MAX 20u

struct vector {
	char expect[32];
	char payload[2 * crypto_hash_sha256_BYTES + 1];
	char identity[KEYS_MAX][128];
	char pass[KEYS_MAX][128];
	size_t identities, passes;
	int armored, zlib;
	struct buf raw, age;		/* as stored; unpacked, armor removed */
};

/* "AGE-SECRET-KEY-PQ-1...": a type of key that we do not have. */
static int
is_foreign(const char *identity)
{
	return strncmp(identity, "AGE-SECRET-KEY-1", 16) != 0;
}

static int
read_all(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	if (f == NULL)
		return -1;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	return fclose(f) == 0 && !out->failed ? 0 : -1;
}

/* Keep one line of the header.  -1: a key or value that is not known. */
static int
take_field(struct vector *v, const char *key, const char *value)
{
	char *to = NULL;
	size_t size = 128;

	if (strcmp(key, "expect") == 0) {
		to = v->expect;
		size = sizeof v->expect;
	} else if (strcmp(key, "payload") == 0) {
		to = v->payload;
		size = sizeof v->payload;
	} else if (strcmp(key, "identity") == 0 && v->identities < KEYS_MAX) {
		to = v->identity[v->identities++];
	} else if (strcmp(key, "passphrase") == 0 && v->passes < KEYS_MAX) {
		to = v->pass[v->passes++];
	} else if (strcmp(key, "armored") == 0) {
		v->armored = strcmp(value, "yes") == 0;
		return v->armored ? 0 : -1;
	} else if (strcmp(key, "compressed") == 0) {
		v->zlib = strcmp(value, "zlib") == 0;
		return v->zlib ? 0 : -1;
	} else if (strcmp(key, "comment") == 0 ||
	    strcmp(key, "file key") == 0) {
		return 0;
	}
	if (to == NULL || strlen(value) >= size)
		return -1;
	strcpy(to, value);
	return 0;
}

static int
inflate_all(const char *from, size_t len, struct buf *out)
{
	uLongf got = FILE_MAX;
	char *to = buf_room(out, FILE_MAX);

	if (to == NULL || uncompress((Bytef *)to, &got, (const Bytef *)from,
	    (uLong)len) != Z_OK)
		return -1;
	out->len = got;
	return 0;
}

/* Split header from file, unpack the file. */
static int
load(struct vector *v, const char *path)
{
	char *line, *end, *value;

	if (read_all(path, &v->raw) < 0 || buf_str(&v->raw) == NULL)
		return -1;
	for (line = v->raw.at; *line != '\n'; line = end + 1) {
		if ((end = strchr(line, '\n')) == NULL)
			return -1;
		*end = '\0';
		if ((value = strstr(line, ": ")) == NULL)
			return -1;
		*value = '\0';
		if (take_field(v, line, value + 2) < 0)
			return -1;
	}
	line++;
	end = v->raw.at + v->raw.len;
	if (v->zlib)
		return inflate_all(line, (size_t)(end - line), &v->age);
	buf_add(&v->age, line, (size_t)(end - line));
	return v->age.failed ? -1 : 0;
}

/* Try one credential: an identity, or a passphrase. */
static enum err_code
try_one(const struct vector *v, const char *identity, const char *pass,
    struct buf *out)
{
	struct age_identity *id CLEANUP(age_identity_freep) = NULL;
	struct buf bytes CLEANUP(buf_clear) = BUF_INIT;
	struct err err = ERR_INIT;
	const struct buf *age = &v->age;

	if (v->armored) {
		if (age_armor_read(v->age.at, v->age.len, &bytes, &err) < 0)
			return err.code;
		age = &bytes;
	}
	if (pass != NULL) {
		const struct age_pass p = { pass, strlen(pass), WORK_MAX };

		(void)age_decrypt_pass(&p, age->at, age->len, out, &err);
		return err.code;
	}
	if (identity == NULL || is_foreign(identity)) {
		if (age_identity_new(&id, &err) < 0)
			return err.code;
	} else if (age_identity_parse(&id, identity, strlen(identity), NULL,
	    0, &err) < 0) {
		return E_INTERNAL;
	}
	(void)age_decrypt(id, age->at, age->len, out, &err);
	return err.code;
}

/* All credentials: the first that does not just fail to match decides. */
static enum err_code
try_all(const struct vector *v, struct buf *out)
{
	enum err_code code = E_NOT_FOR_US;
	size_t i;

	if (v->identities + v->passes == 0)
		return try_one(v, NULL, NULL, out);
	for (i = 0; i < v->identities && code == E_NOT_FOR_US; i++)
		code = try_one(v, v->identity[i], NULL, out);
	for (i = 0; i < v->passes && code == E_NOT_FOR_US; i++) {
		code = try_one(v, NULL, v->pass[i], out);
		if (code == E_PASSPHRASE)
			code = E_NOT_FOR_US;
	}
	return code;
}

static int
payload_is(const struct vector *v, const struct buf *out)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof hash + 1];

	(void)crypto_hash_sha256(hash, (const unsigned char *)out->at,
	    out->len);
	text_hex(hex, hash, sizeof hash);
	return strcmp(hex, v->payload) == 0;
}

/* Is that what the vector wants? */
static int
judge(const struct vector *v, enum err_code code, const struct buf *out)
{
	int foreign = v->passes == 0 && v->identities == 1 &&
	    is_foreign(v->identity[0]);
	int success = strcmp(v->expect, "success") == 0;
	int no_match = strcmp(v->expect, "no match") == 0;

	if (success && !foreign)
		return code == E_OK && payload_is(v, out);
	if (out->len != 0)
		return 0;
	if (success || no_match)
		return code == E_NOT_FOR_US;

	/* The stanzas of a foreign key are not ours to judge. */
	return code == E_DECRYPT || (foreign && code == E_NOT_FOR_US) ||
	    (code == E_LIMIT && v->passes > 0);
}

static int
run(const char *dir, const char *name)
{
	struct vector v = { .raw = BUF_INIT, .age = BUF_INIT };
	struct buf out = BUF_INIT;
	enum err_code code = E_OK;
	char path[4096];
	int good;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	good = load(&v, path) == 0;
	if (!good) {
		printf("%s: not a vector\n", name);
	} else {
		code = try_all(&v, &out);
		good = judge(&v, code, &out);
		if (!good)
			printf("%s: %s, expected %s\n", name, err_name(code),
			    v.expect);
	}
	buf_clear(&v.raw);
	buf_clear(&v.age);
	buf_clear(&out);
	return good;
}

int
main(int argc, char **argv)
{
	const struct dirent *entry;
	int passed = 0, failed = 0;
	DIR *dir;

	if (argc != 2 || (dir = opendir(argv[1])) == NULL ||
	    sodium_init() < 0) {
		fprintf(stderr, "usage: age_vectors DIR\n");
		return 2;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (run(argv[1], entry->d_name))
			passed++;
		else
			failed++;
	}
	(void)closedir(dir);
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
