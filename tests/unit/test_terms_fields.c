/* What differs, field by field. */
#include "../../mirror/terms.h"
#include "unit.h"

static struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

struct row {
	const char *base, *last, *now, *want;
	int count;
};

static const struct row patches[] = {
	{ "", "", "", "{}", 0 },
	{ "{}", "{}", "{}", "{}", 0 },
	{ "{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "{\"a\":1}", 0 },
	{ "{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":3}", 1 },
	{ "{\"a\":1}", "{}", "{\"b\":3}", "{\"a\":1,\"b\":3}", 1 },
	{ "{\"b\":1}", "{}", "{\"a\":3}", "{\"a\":3,\"b\":1}", 1 },
	{ "{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":1}", "{\"b\":1}",
	    "{\"b\":1}", 1 },
	{ "{\"b\":1}", "{\"a\":1,\"b\":1}", "{\"b\":1}", "{\"b\":1}", 1 },

	/* What it never held stays, a value for a value. */
	{ "{\"a\":0.10,\"z\":[]}", "{\"a\":0.1}", "{\"a\":0.1}",
	    "{\"a\":0.10,\"z\":[]}", 0 },
	{ "{\"a\":0.10,\"z\":[]}", "{\"a\":0.1}", "{\"a\":0.11}",
	    "{\"a\":0.11,\"z\":[]}", 1 },

	/* Base never had it. */
	{ "{}", "{\"a\":1}", "{\"a\":2}", "{\"a\":2}", 1 },
	{ "{}", "{\"a\":1}", "{\"a\":1}", "{}", 0 },
	{ "", "", "{\"a\":1,\"fields\":{\"b\":2}}",
	    "{\"a\":1,\"fields\":{\"b\":2}}", 3 },

	/* Members of "fields" one by one. */
	{ "{\"fields\":{\"a\":1,\"b\":1,\"c\":1,\"h\":1}}",
	    "{\"fields\":{\"a\":1,\"b\":1,\"c\":1}}",
	    "{\"fields\":{\"a\":1,\"b\":2,\"d\":4}}",
	    "{\"fields\":{\"a\":1,\"b\":2,\"d\":4,\"h\":1}}", 3 },
	{ "{\"fields\":{\"modified\":1}}", "{\"fields\":{\"modified\":1}}",
	    "{\"fields\":{\"modified\":2}}", "{\"fields\":{\"modified\":2}}",
	    1 },
	{ "{\"a\":1,\"fields\":{},\"z\":1}", "{\"fields\":{}}",
	    "{\"fields\":{\"fields\":{\"x\":1}}}",
	    "{\"a\":1,\"fields\":{\"fields\":{\"x\":1}},\"z\":1}", 1 },

	/* "fields" itself: it stays as long as something is in it. */
	{ "{\"fields\":{}}", "{\"fields\":{}}", "{}", "{}", 1 },
	{ "{}", "{}", "{\"fields\":{}}", "{\"fields\":{}}", 1 },
	{ "{\"fields\":{\"a\":1}}", "{\"fields\":{\"a\":1}}", "{}", "{}", 2 },
	{ "{\"fields\":{\"a\":1,\"h\":1}}", "{\"fields\":{\"a\":1}}", "{}",
	    "{\"fields\":{\"h\":1}}", 2 },
	{ "{}", "{\"fields\":{\"a\":1}}", "{\"fields\":{\"a\":2}}",
	    "{\"fields\":{\"a\":2}}", 1 },

	/* Not the patch's: the base's stays. */
	{ "{\"history\":[],\"modified\":1}", "{\"modified\":2}",
	    "{\"history\":[],\"modified\":3}",
	    "{\"history\":[],\"modified\":1}", 0 },
	{ "{}", "{}", "{\"history\":[],\"modified\":3}", "{}", 0 },
};

TEST(patch)
{
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof patches / sizeof *patches; i++) {
		const struct row *t = &patches[i];
		CLEANUP(buf_clear) struct buf b = BUF_INIT;

		CHECK_INT(terms_patch(span(t->base), span(t->last),
		    span(t->now), &b, &err), t->count);
		CHECK_STR(buf_str(&b), t->want);
		CHECK_OK(json_scan(b.at, b.len, 8, &err), &err);
	}
}

/* A bound that is met is an error, wherever it is. */
TEST(patch_limit)
{
	static const char f[] = "{\"fields\":{\"a\":\"0123456789\"}}";
	struct err err = ERR_INIT;
	size_t max;

	for (max = 1; max < sizeof f - 1; max++) {
		CLEANUP(buf_clear) struct buf b = { .max = max };

		CHECK_ERR(terms_patch(span(f), span(f), span(f), &b, &err),
		    &err, E_LIMIT);
	}
}

static int
say(void *ctx, const struct field *f, struct json_span held, struct err *err)
{
	struct buf *out = ctx;

	field_name(out, f->nested, f->name);
	buf_addf(out, " %.*s %.*s;", (int)f->value.len, f->value.at,
	    (int)held.len, held.at);
	return buf_check(out, err);
}

static int
stop(void *ctx, const struct field *f, struct json_span held, struct err *err)
{
	(void)ctx;
	(void)f;
	(void)held;
	return err_set(err, E_CONFIG, "stop");
}

TEST(differ)
{
	static const struct {
		const char *wanted, *held, *says;
		int count;
	} t[] = {
		{ "", "", "", 0 },
		{ "{}", "{}", "", 0 },
		{ "{\"a\":1}", "{\"a\":1}", "", 0 },
		{ "{\"a\":1}", "{\"a\":2}", "a 1 2;", 1 },
		{ "{\"a\":1}", "{}", "a 1 ;", 1 },
		{ "{}", "{\"a\":1}", "a  1;", 1 },
		{ "{\"a\":1}", "", "a 1 ;", 1 },
		{ "", "{\"a\":1}", "a  1;", 1 },
		{ "{\"a\":1,\"c\":1}", "{\"b\":1,\"c\":2}",
		    "a 1 ;b  1;c 1 2;", 3 },
		{ "{\"fields\":{\"a\":0.10,\"b\":1},\"z\":1}",
		    "{\"e\":1,\"fields\":{\"a\":0.1,\"b\":1}}",
		    "e  1;fields.a 0.10 0.1;z 1 ;", 3 },
		{ "{\"fields\":{}}", "{}", "fields {} ;", 1 },
		{ "{\"modified\":1}", "{\"modified\":2}", "", 0 },
		{ "{\"history\":[],\"modified\":1}", "{}", "", 0 },
		{ "{}", "{\"history\":[],\"modified\":1}", "", 0 },
		{ "{\"fields\":{\"modified\":1}}",
		    "{\"fields\":{\"modified\":2}}", "fields.modified 1 2;",
		    1 },
	};
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		CLEANUP(buf_clear) struct buf b = BUF_INIT;

		CHECK_INT(terms_differ(span(t[i].wanted), span(t[i].held),
		    say, &b, &err), t[i].count);
		CHECK_STR(buf_str(&b), t[i].says);
	}
	CHECK_ERR(terms_differ(span("{\"a\":1}"), span("{}"), stop, NULL,
	    &err), &err, E_CONFIG);
}

int
main(void)
{
	return unit_run();
}
