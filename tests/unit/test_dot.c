#include "../../base/dot.h"

#include "unit.h"

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

/* Canonical JSON it must be, so that what is refused is the form. */
static int
parse_actor(struct actor *ret, const char *text)
{
	struct err err = ERR_INIT;

	CHECK_OK(json_scan(text, strlen(text), 8, &err), &err);
	return actor_parse(ret, span(text));
}

static int
parse_dot(struct dot *ret, const char *text)
{
	struct err err = ERR_INIT;

	CHECK_OK(json_scan(text, strlen(text), 8, &err), &err);
	return dot_parse(ret, span(text));
}

#define NONCE "0123456789abcdef"
#define SITE32 "abcdefghijklmnopqrstuvwxyz-01234"

TEST(actor_round_trip)
{
	static const char *const texts[] = { "[\"lab-a\",1,\"" NONCE "\"]",
	    "[\"a\",9007199254740991,\"ffffffffffffffff\"]",
	    "[\"" SITE32 "\",2,\"0000000000000000\"]",
	    "[\"-\",10,\"" NONCE "\"]" };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct actor a;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		buf_reset(&out);
		CHECK_INT(parse_actor(&a, texts[i]), 0);
		actor_add(&out, &a);
		CHECK_STR(buf_str(&out), texts[i]);
	}
	CHECK_INT(parse_actor(&a, texts[0]), 0);
	CHECK_STR(a.site, "lab-a");
	CHECK_STR(a.nonce, NONCE);
	CHECK_INT(a.generation, 1);
}

TEST(dot_round_trip)
{
	static const char *const texts[] = {
	    "[\"lab-a\",3,\"" NONCE "\",7]",
	    "[\"" SITE32 "\",9007199254740991,\"" NONCE
	    "\",9007199254740991]" };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct dot d;
	size_t i;

	for (i = 0; i < 2; i++) {
		buf_reset(&out);
		CHECK_INT(parse_dot(&d, texts[i]), 0);
		dot_add(&out, &d);
		CHECK_STR(buf_str(&out), texts[i]);
	}
	CHECK_INT(d.n, COUNTER_MAX);
	CHECK_STR(d.actor.site, SITE32);
}

/* What is wrong with an actor is wrong with a dot of it. */
TEST(refused)
{
	static const char *const inner[] = { "", "\"a\"", "\"a\",1",
	    "1,1,\"" NONCE "\"", "\"\",1,\"" NONCE "\"",
	    "\"" SITE32 "5\",1,\"" NONCE "\"", "\"A\",1,\"" NONCE "\"",
	    "\"a_b\",1,\"" NONCE "\"", "\"a.b\",1,\"" NONCE "\"",
	    "\"a\\n\",1,\"" NONCE "\"", "\"\xc3\xa9\",1,\"" NONCE "\"",
	    "null,1,\"" NONCE "\"", "\"a\",0,\"" NONCE "\"",
	    "\"a\",-1,\"" NONCE "\"", "\"a\",1.0,\"" NONCE "\"",
	    "\"a\",1e0,\"" NONCE "\"", "\"a\",\"1\",\"" NONCE "\"",
	    "\"a\",9007199254740992,\"" NONCE "\"",
	    "\"a\",1,\"0123456789abcde\"", "\"a\",1,\"" NONCE "0\"",
	    "\"a\",1,\"0123456789ABCDEF\"", "\"a\",1,\"0123456789abcdeg\"",
	    "\"a\",1,\"\"", "\"a\",1,0", "[],1,\"" NONCE "\"" };
	struct actor a = { .site = "kept" };
	struct dot d = { .n = 5 };
	char text[128];
	size_t i;

	for (i = 0; i < sizeof inner / sizeof inner[0]; i++) {
		(void)snprintf(text, sizeof text, "[%s]", inner[i]);
		CHECK_INT(parse_actor(&a, text), -1);
		CHECK_INT(parse_dot(&d, text), -1);
		if (inner[i][0] == '\0')
			continue;
		(void)snprintf(text, sizeof text, "[%s,1]", inner[i]);
		CHECK_INT(parse_dot(&d, text), -1);
	}
	CHECK_STR(a.site, "kept");
	CHECK_INT(d.n, 5);
}

TEST(refused_counter_and_count)
{
	static const char *const ends[] = { "", ",0", ",-1", ",1.0", ",\"1\"",
	    ",9007199254740992", ",null", ",1,1", ",1,[]" };
	struct actor a;
	struct dot d;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		(void)snprintf(text, sizeof text, "[\"a\",1,\"" NONCE "\"%s]",
		    ends[i]);
		CHECK_INT(parse_dot(&d, text), -1);
		CHECK_INT(parse_actor(&a, text), i == 0 ? 0 : -1);
	}
}

TEST(refused_when_no_array)
{
	static const char *const texts[] = { "{\"a\":\"a\",\"b\":1,\"c\":\""
	    NONCE "\"}", "{\"a\":\"a\",\"b\":1,\"c\":\"" NONCE "\",\"d\":1}",
	    "{}", "[]", "1", "\"\"", "null" };
	struct actor a;
	struct dot d;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		CHECK_INT(parse_actor(&a, texts[i]), -1);
		CHECK_INT(parse_dot(&d, texts[i]), -1);
	}
	CHECK_INT(actor_parse(&a, (struct json_span){ NULL, 0 }), -1);
	CHECK_INT(dot_parse(&d, (struct json_span){ NULL, 0 }), -1);
}

/* Site, generation, nonce, counter: each decides only when those before it
 * are equal; numbers as numbers. */
TEST(order)
{
	static const struct dot dots[] = {
		{ { "-", "ffffffffffffffff", 99 }, 99 },
		{ { "0", "ffffffffffffffff", 99 }, 99 },
		{ { "a", "0000000000000000", 2 }, 9 },
		{ { "a", "0000000000000000", 2 }, 10 },
		{ { "a", "0000000000000001", 2 }, 1 },
		{ { "a", "000000000000000a", 2 }, 1 },
		{ { "a", "0000000000000000", 10 }, 1 },
		{ { "a", "0000000000000000", COUNTER_MAX }, 1 },
		{ { "a-", "0000000000000000", 1 }, 1 },
		{ { "ab", "0000000000000000", 1 }, 1 },
		{ { "b", "0000000000000000", 1 }, 1 },
		{ { "b", "0000000000000000", 1 }, COUNTER_MAX },
	};
	int n = sizeof dots / sizeof dots[0], i, k, cmp, same;

	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			cmp = dot_cmp(&dots[i], &dots[k]);
			CHECK_INT((cmp > 0) - (cmp < 0), (i > k) - (i < k));
			same = strcmp(dots[i].actor.site,
			    dots[k].actor.site) == 0 &&
			    strcmp(dots[i].actor.nonce,
			    dots[k].actor.nonce) == 0 &&
			    dots[i].actor.generation ==
			    dots[k].actor.generation;
			cmp = actor_cmp(&dots[i].actor, &dots[k].actor);
			CHECK_INT((cmp > 0) - (cmp < 0),
			    same ? 0 : (i > k) - (i < k));
		}
	}
}

TEST(site_id)
{
	int c;
	char one[1];

	CHECK(site_is_id(SITE32, 32));
	CHECK(!site_is_id(SITE32 "5", 33));
	CHECK(!site_is_id("", 0));
	CHECK(site_is_id("ab", 2) && !site_is_id("a\0", 2));
	for (c = 0; c < 256; c++) {
		one[0] = (char)c;
		CHECK_INT(site_is_id(one, 1), c != 0 && strchr(
		    "abcdefghijklmnopqrstuvwxyz0123456789-", c) != NULL);
	}
}

int
main(void)
{
	return unit_run();
}
