#include "../../store/refs.h"
#include "../../base/buf.h"
#include "unit.h"

/* The references, each with a space behind it. */
static const char *
refs_of(const char *text)
{
	static char out[512];
	struct refs_walk w = refs_walk((struct json_span){ text,
	    strlen(text) });
	struct json_span uid;

	out[0] = '\0';
	while (refs_next(&w, &uid)) {
		CHECK(uid.at > text && uid.at[-1] == '"' &&
		    uid.at[uid.len] == '"');
		(void)snprintf(out + strlen(out), sizeof out - strlen(out),
		    "%.*s ", (int)uid.len, uid.at);
	}
	return out;
}

#define HEX "0123456789abcdef0123456789abcdef"

TEST(forms)
{
	CHECK_STR(refs_of("{\"a\":{\"uid\":\"x\"}}"), "x ");
	CHECK_STR(refs_of("[{\"uid\":\"x\"},{\"hidden\":false,\"uid\":\"y\"},"
	    "{\"uid\":\"z\",\"zone\":[{\"uid\":\"w\"}]}]"), "x y z w ");
	CHECK_STR(refs_of("\"uid\":\"x\""), "x ");
	CHECK_STR(refs_of("{\"uid\":\"/clients\"}"), "/clients ");
	CHECK_STR(refs_of("{\"a_uid\":\"" HEX "\",\"uid\":\"" HEX "\"}"),
	    HEX " " HEX " ");
	CHECK_STR(refs_of("{\"container_uid\":\"" HEX "\"}"), HEX " ");
	CHECK_STR(refs_of("{\"a\":\"\\\\\",\"uid\":\"x\"}"), "x ");
	CHECK_STR(refs_of("{\"a\":\"\\\"\",\"uid\":\"x\"}"), "x ");
}

TEST(no_references)
{
	CHECK_STR(refs_of("{}"), "");
	CHECK_STR(refs_of("[]"), "");
	CHECK_STR(refs_of("1"), "");
	CHECK_STR(refs_of("\"uid\""), "");
	CHECK_STR(refs_of("[\"uid\",\"x\"]"), "");
	CHECK_STR(refs_of("{\"a\":\"uid\",\"b\":\"x\"}"), "");
	CHECK_STR(refs_of("{\"a\":\"\\\"uid\\\":\\\"x\\\"\"}"), "");
	CHECK_STR(refs_of("{\"uid\":\"\"}"), "");
	CHECK_STR(refs_of("{\"uid\":null}"), "");
	CHECK_STR(refs_of("{\"uid\":[\"x\"]}"), "");
	CHECK_STR(refs_of("{\"uid\":\"a\\\\b\"}"), "");
	CHECK_STR(refs_of("{\"UID\":\"x\",\"uids\":\"" HEX "\"}"), "");
	CHECK_STR(refs_of("{\"a_uid\":\"" HEX "0\"}"), "");
	CHECK_STR(refs_of("{\"a_uid\":\"x\"}"), "");
	CHECK_STR(refs_of("{\"a_uid\":\"0123456789ABCDEF0123456789ABCDEF\"}"),
	    "");
}

/* As long as a uid may be, and longer. */
TEST(length)
{
	char text[300], uid[257];
	int i;

	for (i = 254; i <= 256; i++) {
		memset(uid, 'u', sizeof uid);
		uid[i] = '\0';
		(void)snprintf(text, sizeof text, "{\"uid\":\"%s\"}", uid);
		CHECK_INT(strlen(refs_of(text)), i <= 255 ? i + 1 : 0);
	}
}

int
main(void)
{
	return unit_run();
}
