/* The companion mode, files and writing. */
#include "canned.h"
#include "pieces.h"

#include <sodium.h>

#define U1 "11111111111111111111111111111111"
#define U2 "22222222222222222222222222222222"
#define U3 "33333333333333333333333333333333"
#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223" \
	"b00361a396177a9cb410ff61f20015ad"
#define DOC(uid) "{\"uid\": \"" uid "\", \"type\": \"Client\"}"

/* Files. */

static int
fetch_abc(const struct mirror *m, struct buf *out, struct err *err)
{
	static const char item[] = "{\"field\":\"File\",\"name\":\"n\","
	    "\"token\":\"sha256:" SHA_ABC "\"}";

	buf_reset(out);
	return m->ops->blob(m->self, U1, (struct json_span){ item,
	    sizeof(item) - 1 }, pieces_add, pieces_again, out, err);
}

TEST(a_file)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push("{\"ok\": true, \"size\": 3, \"sha256\": \"" SHA_ABC
	    "\", \"data\": \"YWJj\"}");
	CHECK_OK(fetch_abc(&m, &out, &err), &err);
	CHECK_STR(buf_str(&out), "abc");
	CHECK(canned_asked(0, "\"field\":\"File\",\"length\":4194304,"
	    "\"offset\":0,\"uid\":\"" U1 "\""));
	canned_end(&m);
}

TEST(files_that_are_others)
{
	static const struct {
		const char *answer;
		enum err_code code;
	} cases[] = {
		{ "{\"ok\": true, \"size\": 3, \"sha256\": \"" SHA_ABC
		    "\", \"data\": \"YWJk\"}", E_DEST_MISMATCH },
		{ "{\"ok\": true, \"size\": 3, \"sha256\": \"00\", "
		    "\"data\": \"YWJj\"}", E_DEST_MISMATCH },
		{ "{\"ok\": false, \"error\": \"request\", \"message\": "
		    "\"no such object\"}", E_DEST_MISMATCH },
		{ "{\"ok\": false, \"error\": \"forbidden\", \"message\": "
		    "\"no\"}", E_DEST_AUTH },
		{ "{\"ok\": true, \"size\": 4, \"sha256\": \"" SHA_ABC
		    "\", \"data\": \"YWJj\"}", E_DEST_PROTOCOL },
		{ "{\"ok\": true, \"size\": 3, \"sha256\": \"" SHA_ABC
		    "\", \"data\": \"YW\"}", E_DEST_PROTOCOL },
		{ "{\"ok\": true, \"size\": 3, \"data\": \"YWJj\"}",
		    E_DEST_PROTOCOL },
	};
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canned_push(cases[i].answer);
		CHECK_ERR(fetch_abc(&m, &out, &err), &err, cases[i].code);
	}
	canned_end(&m);
}

TEST(a_file_of_another_mode)
{
	static const char item[] = "{\"field\":\"File\",\"token\":"
	    "\"n 2026\"}";
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	CHECK_ERR(m.ops->blob(m.self, U1, (struct json_span){ item,
	    sizeof(item) - 1 }, pieces_add, pieces_again, &out, &err), &err,
	    E_DEST_MISMATCH);
	canned_end(&m);
}

/* Writing. */

static struct {
	char bytes[3145728];		/* 3 MiB */
	size_t len;
	unsigned char hash[32];
	char hex[65], sha256[65];
	enum err_code fail;
} blob;

static void
make_blob(size_t len)
{
	unsigned char sha[32];
	size_t i;

	for (i = 0; i < len; i++)
		blob.bytes[i] = (char)(i * 7 + i / 251);
	blob.len = len;
	blob.fail = E_OK;
	(void)crypto_generichash(blob.hash, 32,
	    (const unsigned char *)blob.bytes, len, NULL, 0);
	(void)crypto_hash_sha256(sha, (const unsigned char *)blob.bytes, len);
	(void)sodium_bin2hex(blob.hex, sizeof(blob.hex), blob.hash, 32);
	(void)sodium_bin2hex(blob.sha256, sizeof(blob.sha256), sha, 32);
}

static int64_t
read_blob(void *ctx, const unsigned char hash[32], uint64_t at, void *to,
    size_t len, struct err *err)
{
	size_t n;

	(void)ctx;
	if (blob.fail != E_OK)
		return err_set(err, blob.fail, "it has not come");
	CHECK(memcmp(hash, blob.hash, 32) == 0);
	n = at > blob.len ? 0 : blob.len - at < len ? blob.len - at : len;
	memcpy(to, blob.bytes + at, n);
	return (int64_t)n;
}

static const struct mirror_blobs blobs = { read_blob, NULL };

static void
clear_put(struct mirror_put *p)
{
	buf_clear(&p->remote);
	buf_clear(&p->read_back);
	buf_clear(&p->reason);
}

static struct mirror_put
put_of(const char *uid, const char *document)
{
	return (struct mirror_put){ .uid = uid,
	    .document = { document, strlen(document) } };
}

#define RESULT(uid, result, more) "{\"uid\": \"" uid "\", \"result\": \"" \
	result "\"" more "}"
#define RESULTS(all) "{\"ok\": true, \"results\": [" all "]}"

TEST(a_document_as_it_is_sent)
{
	struct mirror_put p = put_of(U1, "{\"fields\":{\"A\":0.10},"
	    "\"settings\":true,\"site\":true,\"type\":\"Setup\","
	    "\"uid\":\"other\",\"update_only\":1}");
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	p.read_only = 1;
	canned_push(RESULTS(RESULT(U1, "created", ", \"item\": " DOC(U1))));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	CHECK_STR(canned_body(0), "{\"consumer\":\"satchel.import\","
	    "\"atomic\":false,\"counters\":true,\"objects\":[{\"uid\":\"" U1
	    "\",\"read_only\":true,\"update_only\":false,\"fields\":"
	    "{\"A\":0.10},\"site\":true,\"type\":\"Setup\"}],"
	    "\"read\":true}");
	CHECK_INT(p.result, MIRROR_DONE);
	CHECK_STR(p.remote.at, U1);
	CHECK_STR(buf_str(&p.read_back), "{\"type\":\"Client\",\"uid\":\"" U1
	    "\"}");
	CHECK_STR(p.reason.at, "");
	clear_put(&p);
	canned_end(&m);
}

/* What it was when it was read last goes along, where that can be said. */
TEST(what_is_expected)
{
	static const struct {
		const char *uid, *last;
		int exists, deleted;
		const char *sent;
	} cases[] = {
		{ U1, "{\"modified\":\"2026-10-03T09:02:00.5Z\"}", 1, 0,
		    "{\"uid\":\"" U1 "\",\"expect\":"
		    "\"2026-10-03T09:02:00.5Z\",\"read_only\"" },
		{ U1, "{\"modified\":\"2026-10-03T09:02:00Z\"}", 1, 1,
		    "{\"uid\":\"" U1 "\",\"expect\":"
		    "\"2026-10-03T09:02:00Z\",\"deleted\":true}" },
		{ U1, "{\"modified\":\"2026-10-03T09:02:00Z\"}", 0, 0,
		    NULL },
		{ U1, "{\"modified\":5}", 1, 0, NULL },
		{ U1, "{\"type\":\"T\"}", 1, 1, NULL },
		{ U1, "", 1, 0, NULL },
		{ U1, "{\"modified\":\"2026-10-03T09:02:00Z\","
		    "\"site\":true}", 1, 0, NULL },
		{ "/users/anna", "{\"modified\":\"2026-10-03T09:02:00Z\"}",
		    1, 0, NULL },
	};
	struct mirror m;
	struct err err = ERR_INIT;
	char answer[200];
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mirror_put p = put_of(cases[i].uid,
		    "{\"expect\":\"x\",\"type\":\"T\"}");

		p.last = (struct json_span){ cases[i].last,
		    strlen(cases[i].last) };
		p.exists = cases[i].exists;
		p.deleted = cases[i].deleted;
		(void)snprintf(answer, sizeof(answer), RESULTS(RESULT("%s",
		    "%s", "")), p.uid, p.deleted ? "deleted" : "same");
		canned_push(answer);
		CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
		CHECK(cases[i].sent == NULL ?
		    !canned_asked((int)i, "expect") :
		    canned_asked((int)i, cases[i].sent));
		CHECK(!canned_asked((int)i, "\"expect\":\"x\""));
		clear_put(&p);
	}
	canned_end(&m);
}

/* The second time: the fields that refer to others, and no file. */
TEST(only_references_the_second_time)
{
	struct mirror_put p = put_of(U1, "{\"attachments\":[{\"name\":\"n\"}],"
	    "\"fields\":{\"A\":\"\\\"uid\\\":\\\"x\",\"B\":{\"uid\":\"x\"},"
	    "\"C\":[{\"hidden\":true,\"uid\":\"y\"}],"
	    "\"D\":{\"a\\\"uid\":\"z\"},\"uid\":\"x\"},"
	    "\"type\":\"T\"}");
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	p.second = 1;
	canned_push(RESULTS(RESULT(U1, "same", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	CHECK(canned_asked(0, "\"fields_only\":[\"B\",\"C\"]"));
	CHECK(!canned_asked(0, "attachments"));
	CHECK_INT(p.result, MIRROR_DONE);
	CHECK_INT(p.read_back.len, 0);
	clear_put(&p);
	canned_end(&m);
}

TEST(results)
{
	static const struct {
		const char *answer;
		int deleted;
		enum mirror_result result;
		const char *reason;
	} cases[] = {
		{ RESULT(U1, "updated", ""), 0, MIRROR_DONE, "" },
		{ RESULT(U1, "updated", ", \"missing\": [\"a\", \"b\"]"), 0,
		    MIRROR_DONE, "not there: a, b" },
		{ RESULT(U1, "refused", ", \"message\": \"id is taken\", "
		    "\"missing\": [\"a\"]"), 0, MIRROR_REFUSED,
		    "id is taken; not there: a" },
		{ RESULT(U1, "absent", ""), 0, MIRROR_REFUSED,
		    "it is not there (update-only)" },
		{ RESULT(U1, "absent", ""), 1, MIRROR_GONE, "" },
		{ RESULT(U1, "deleted", ""), 1, MIRROR_GONE, "" },
		{ RESULT(U1, "refused", ", \"message\": \"locked\""), 1,
		    MIRROR_REFUSED, "locked" },
		{ RESULT(U1, "same", ", \"missing\": [\"1\", \"2\", \"3\", "
		    "\"4\", \"5\", \"6\", \"7\", \"8\", \"9\", \"10\", "
		    "\"11\", \"12\"]"), 0, MIRROR_DONE, "not there: 1, 2, 3, "
		    "4, 5, 6, 7, 8, 9, 10 and 2 more" },
	};
	struct mirror m;
	struct err err = ERR_INIT;
	char answer[500];
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mirror_put p = put_of(U1, "{\"type\":\"T\"}");

		p.deleted = cases[i].deleted;
		p.update_only = !p.deleted;
		(void)snprintf(answer, sizeof(answer), RESULTS("%s"),
		    cases[i].answer);
		canned_push(answer);
		CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
		CHECK(canned_asked((int)i, p.deleted ? "{\"uid\":\"" U1
		    "\",\"deleted\":true}" : "\"update_only\":true"));
		CHECK_INT(p.result, cases[i].result);
		CHECK_STR(p.reason.at, cases[i].reason);
		clear_put(&p);
	}
	canned_end(&m);
}

TEST(results_that_are_none)
{
	static const char *const bad[] = {
		RESULTS(""), RESULTS("7"), RESULTS(RESULT(U1, "maybe", "")),
		RESULTS(RESULT(U2, "created", "")), "{\"ok\": true}",
	};
	struct mirror m;
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mirror_put p = put_of(U1, "{\"type\":\"T\"}");

		canned_push(bad[i]);
		CHECK_ERR(m.ops->write(m.self, &p, 1, &blobs, &err), &err,
		    E_DEST_PROTOCOL);
		CHECK_INT(p.result, MIRROR_UNKNOWN);
		clear_put(&p);
	}
	canned_end(&m);
}

/* One that the companion cannot take is found by halves, and refused. */
TEST(one_object_spoils_an_import)
{
	struct mirror_put p[3] = { put_of(U1, "{\"type\":\"T\"}"),
	    put_of(U2, "{\"type\":\"T\"}"), put_of(U3, "{\"type\":\"T\"}") };
	const char *bad = "{\"ok\": false, \"error\": \"internal\", "
	    "\"message\": \"KeyError: 1\"}";
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	(void)canned_companion(&m);
	canned_push(bad);				/* 1 2 3 */
	canned_push(RESULTS(RESULT(U1, "created", "")));
	canned_push(bad);				/* 2 3 */
	canned_push(bad);				/* 2 */
	canned_push("{\"ok\": true}");			/* info */
	canned_push(RESULTS(RESULT(U3, "created", "")));
	CHECK_OK(m.ops->write(m.self, p, 3, &blobs, &err), &err);
	CHECK_INT(p[0].result, MIRROR_DONE);
	CHECK_INT(p[1].result, MIRROR_REFUSED);
	CHECK(strstr(p[1].reason.at, "KeyError: 1") != NULL);
	CHECK_INT(p[2].result, MIRROR_DONE);
	CHECK(canned_asked(1, "\"objects\":[{\"uid\":\"" U1
	    "\",\"read_only\":false,\"update_only\":false,\"type\":\"T\"}],"));
	for (i = 0; i < 3; i++)
		clear_put(&p[i]);
	canned_end(&m);
}

/* If nothing else works either, none is refused. */
TEST(an_import_that_is_an_outage)
{
	struct mirror_put p = put_of(U1, "{\"type\":\"T\"}");
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push("{\"ok\": false, \"error\": \"internal\"}");
	canned_push("{\"ok\": false, \"error\": \"internal\"}");
	CHECK_ERR(m.ops->write(m.self, &p, 1, &blobs, &err), &err,
	    E_DEST_PROTOCOL);
	CHECK_INT(p.result, MIRROR_UNKNOWN);
	clear_put(&p);
	canned_end(&m);
}

/* Others write there all the time: that is no fault of an object. */
TEST(an_import_among_writers)
{
	struct mirror_put p[2] = { put_of(U1, "{\"type\":\"T\"}"),
	    put_of(U2, "{\"type\":\"T\"}") };
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	(void)canned_companion(&m);
	for (i = 0; i < 3; i++)
		canned_push("{\"ok\": false, \"error\": \"conflict\"}");
	CHECK_ERR(m.ops->write(m.self, p, 2, &blobs, &err), &err,
	    E_DEST_REJECTED);
	for (i = 0; i < 2; i++) {
		CHECK_INT(p[i].result, MIRROR_UNKNOWN);
		clear_put(&p[i]);
	}
	canned_end(&m);
}

/* A document with the blob, and members that are not the companion's. */
static const char *
document_with_file(const char *token)
{
	static char text[500];

	(void)snprintf(text, sizeof(text), "{\"attachments\":[{\"blake2b\":"
	    "\"%s\",\"field\":\"F\",\"name\":\"n\",\"size\":%zu%s}],"
	    "\"type\":\"T\"}", blob.hex, blob.len, token);
	return text;
}

TEST(a_small_file_goes_with_its_object)
{
	char want[300];
	struct mirror_put p;
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	make_blob(3);
	p = put_of(U1, document_with_file(""));
	canned_push(RESULTS(RESULT(U1, "created", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	(void)snprintf(want, sizeof(want), "\"attachments\":[{\"sha256\":"
	    "\"%s\",\"data\":\"AAcO\",\"field\":\"F\",\"name\":\"n\","
	    "\"size\":3}]", blob.sha256);
	CHECK(canned_asked(0, want));
	clear_put(&p);
	make_blob(0);
	p = put_of(U1, document_with_file(""));
	canned_push(RESULTS(RESULT(U1, "created", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	CHECK(canned_asked(1, "\"data\":\"\""));
	clear_put(&p);
	canned_end(&m);
}

TEST(a_file_that_is_there_is_kept)
{
	struct mirror_put p;
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	make_blob(3);
	p = put_of(U1, document_with_file(",\"token\":\"sha256:" SHA_ABC
	    "\""));
	p.exists = 1;
	canned_push(RESULTS(RESULT(U1, "same", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	CHECK(canned_asked(0, "[{\"sha256\":\"" SHA_ABC "\",\"field\":"));
	CHECK(!canned_asked(0, "\"data\""));
	clear_put(&p);
	p.exists = 0;			/* a token of something else */
	canned_push(RESULTS(RESULT(U1, "created", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	CHECK(canned_asked(1, "\"data\":\"AAcO\""));
	clear_put(&p);
	canned_end(&m);
}

/* The member "upload" of a request. */
static void
name_of_upload(char name[65], int i)
{
	const char *at = strstr(canned_body(i), "\"upload\":\"");

	CHECK(at != NULL && strspn(at + 10, "0123456789abcdef") == 64);
	(void)snprintf(name, 65, "%s", at + 10);
}

/* An import takes its upload away: two objects with one content need two, and
 * each has the same name the next time. */
TEST(uploads_are_of_one_object)
{
	char name[3][65];
	struct mirror_put p[2];
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	(void)canned_companion(&m);
	make_blob(2000000);
	p[0] = put_of(U1, document_with_file(""));
	p[1] = put_of(U2, p[0].document.at);
	canned_push("{\"ok\": true, \"size\": 2000000}");
	canned_push("{\"ok\": true, \"size\": 2000000}");
	canned_push(RESULTS(RESULT(U1, "created", "") ", "
	    RESULT(U2, "created", "")));
	CHECK_OK(m.ops->write(m.self, p, 2, &blobs, &err), &err);
	canned_push("{\"ok\": true, \"size\": 2000000}");
	canned_push(RESULTS(RESULT(U2, "same", "")));
	CHECK_OK(m.ops->write(m.self, p + 1, 1, &blobs, &err), &err);
	name_of_upload(name[0], 0);
	name_of_upload(name[1], 1);
	name_of_upload(name[2], 3);
	CHECK(strcmp(name[0], name[1]) != 0);
	CHECK_STR(name[2], name[1]);
	for (i = 0; i < 2; i++)
		clear_put(&p[i]);
	canned_end(&m);
}

/* What is held of an upload that was cut is not sent again. */
TEST(a_large_file_goes_ahead_in_parts)
{
	char want[300], name[65];
	struct mirror_put p;
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	make_blob(3145728);
	p = put_of(U1, document_with_file(""));
	canned_push("{\"ok\": true, \"size\": 100}");
	canned_push("{\"ok\": false, \"error\": \"conflict\", \"size\": "
	    "200}");
	canned_push("{\"ok\": true, \"size\": 2097352}");
	canned_push("{\"ok\": true, \"size\": 3145728}");
	canned_push(RESULTS(RESULT(U1, "created", "")));
	CHECK_OK(m.ops->write(m.self, &p, 1, &blobs, &err), &err);
	name_of_upload(name, 0);
	(void)snprintf(want, sizeof(want), "{\"consumer\":\"satchel.upload\","
	    "\"data\":\"\",\"offset\":0,\"upload\":\"%s\"}", name);
	CHECK_STR(canned_body(0), want);
	CHECK(canned_asked(1, "\"offset\":100,"));
	CHECK(canned_asked(2, "\"offset\":200,"));
	CHECK(canned_asked(3, "\"offset\":2097352,"));
	(void)snprintf(want, sizeof(want), "{\"sha256\":\"%s\",\"upload\":"
	    "\"%s\",\"field\"", blob.sha256, name);
	CHECK(canned_asked(4, want));
	CHECK_INT(p.result, MIRROR_DONE);
	clear_put(&p);
	canned_end(&m);
}

TEST(an_upload_that_cannot_be_ours)
{
	struct mirror_put p;
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	(void)canned_companion(&m);
	make_blob(2000000);
	p = put_of(U1, document_with_file(""));
	canned_push("{\"ok\": true, \"size\": 2000001}");
	canned_push("{\"ok\": true}");			/* drop */
	canned_push("{\"ok\": true, \"size\": 2000001}");
	CHECK_ERR(m.ops->write(m.self, &p, 1, &blobs, &err), &err,
	    E_DEST_PROTOCOL);
	CHECK(canned_asked(1, "\"drop\":true"));
	canned_push("{\"ok\": true, \"size\": 0}");
	for (i = 0; i < 9; i++)				/* for ever */
		canned_push("{\"ok\": true, \"size\": 0}");
	CHECK_ERR(m.ops->write(m.self, &p, 1, &blobs, &err), &err,
	    E_DEST_PROTOCOL);
	clear_put(&p);
	canned_end(&m);
}

TEST(files_that_cannot_be_sent)
{
	struct mirror_put p[2] = { put_of(U1, "{\"attachments\":[{\"name\":"
	    "\"n\"}],\"type\":\"T\"}"), put_of(U2, "{\"type\":\"T\"}") };
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(RESULTS(RESULT(U2, "created", "")));
	CHECK_OK(m.ops->write(m.self, p, 2, &blobs, &err), &err);
	CHECK_INT(p[0].result, MIRROR_REFUSED);
	CHECK(strstr(p[0].reason.at, "not in the store") != NULL);
	CHECK_INT(p[1].result, MIRROR_DONE);
	clear_put(&p[0]);
	clear_put(&p[1]);
	make_blob(10);
	p[0] = put_of(U1, document_with_file(""));
	blob.len = 9;			/* shorter than its record says */
	CHECK_OK(m.ops->write(m.self, p, 1, &blobs, &err), &err);
	CHECK_INT(p[0].result, MIRROR_REFUSED);
	blob.fail = E_GAP;
	CHECK_OK(m.ops->write(m.self, p, 1, &blobs, &err), &err);
	CHECK_INT(p[0].result, MIRROR_REFUSED);
	CHECK_STR(p[0].reason.at, "it has not come");
	CHECK_INT(err.code, E_OK);
	blob.fail = E_IO;
	CHECK_ERR(m.ops->write(m.self, p, 1, &blobs, &err), &err, E_IO);
	clear_put(&p[0]);
	canned_end(&m);
}

/* Requests stay near 4 MiB of documents and 1 MiB of files. */
TEST(large_writes_are_cut)
{
	static char text[3000000];
	struct mirror_put p[3];
	struct mirror m;
	struct err err = ERR_INIT;
	int i;

	(void)canned_companion(&m);
	(void)snprintf(text, sizeof(text), "{\"type\":\"%*d\"}",
	    (int)sizeof(text) - 20, 1);
	p[0] = put_of(U1, text);
	p[1] = put_of(U2, text);
	p[2] = put_of(U3, "{\"type\":\"T\"}");
	canned_push(RESULTS(RESULT(U1, "created", "")));
	canned_push(RESULTS(RESULT(U2, "created", "") ", "
	    RESULT(U3, "created", "")));
	CHECK_OK(m.ops->write(m.self, p, 3, &blobs, &err), &err);
	for (i = 0; i < 3; i++) {
		CHECK_INT(p[i].result, MIRROR_DONE);
		clear_put(&p[i]);
	}
	make_blob(600000);
	p[0] = put_of(U1, document_with_file(""));
	p[1] = put_of(U2, p[0].document.at);
	canned_push(RESULTS(RESULT(U1, "created", "")));
	canned_push(RESULTS(RESULT(U2, "created", "")));
	CHECK_OK(m.ops->write(m.self, p, 2, &blobs, &err), &err);
	for (i = 0; i < 2; i++) {
		CHECK_INT(p[i].result, MIRROR_DONE);
		clear_put(&p[i]);
	}
	canned_end(&m);
}

int
main(void)
{
	return canned_start() ? unit_run() : 1;
}
