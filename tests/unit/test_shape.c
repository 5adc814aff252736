/* Items of senaite.jsonapi as documents. */
#include "mirror/senaite/shape.h"

#include "mirror/senaite/span.h"
#include "unit.h"

#define U1 "11111111111111111111111111111111"
#define U2 "22222222222222222222222222222222"
#define REF(u) "{\"url\":\"http://x/y\",\"uid\":\"" u "\",\"api_url\":\"z\"}"
/* An Archetypes item without its last brace. */
#define AT "{\"uid\":\"" U1 "\",\"portal_type\":\"AnalysisRequest\"," \
	"\"id\":\"W-1\",\"title\":\"W-1\",\"path\":\"/lims/clients/c/W-1\"," \
	"\"parent_uid\":\"" U2 "\",\"created\":\"2026-05-01T12:00:00+02:00\"," \
	"\"modified\":\"2026-05-01T12:30:00+02:00\"," \
	"\"creation_date\":\"2026-05-01T12:00:00+02:00\"," \
	"\"creators\":[\"ann\",\"bob\"],\"author\":\"bob\""
#define DX "{\"uid\":\"" U1 "\",\"portal_type\":\"SampleType\"," \
	"\"id\":\"t-1\",\"title\":\"Dust\",\"path\":\"/lims/setup/t/t-1\"," \
	"\"parent_uid\":\"" U2 "\",\"created\":\"2026-05-01T10:00:00+00:00\"," \
	"\"modified\":\"2026-05-01T10:00:00+00:00\",\"author\":\"bob\""
#define FLOW(entries) ",\"workflow_info\":[{\"workflow\":\"w\"," \
	"\"review_state\":\"active\",\"review_history\":[" entries "]}]"

struct item {
	struct buf item, exact, steps, columns, document;
};

static void
item_clear(struct item *i)
{
	buf_clear(&i->item);
	buf_clear(&i->exact);
	buf_clear(&i->steps);
	buf_clear(&i->columns);
	buf_clear(&i->document);
}

static void
canon(struct buf *out, const char *text)
{
	struct err err = ERR_INIT;

	if (text != NULL)
		CHECK_OK(json_canon(out, text, strlen(text), JSON_DEPTH_MAX,
		    &err), &err);
}

static struct shape
shape_of(struct item *i, const char *item, const char *exact,
    const char *steps)
{
	canon(&i->item, item);
	canon(&i->exact, exact);
	canon(&i->steps, steps);
	buf_adds(&i->columns, "\nprogress\nTitle\n");
	return (struct shape){ json_of(&i->item), json_of(&i->exact),
	    json_of(&i->steps), "lims", &i->columns };
}

/* A member of the document, or of its fields. */
static void
check(const char *item, const char *exact, const char *steps,
    const char *key, const char *want)
{
	CLEANUP(item_clear) struct item i = { .item = BUF_INIT };
	struct shape s = shape_of(&i, item, exact, steps);
	struct json_span all, v;
	struct err err = ERR_INIT;

	CHECK_OK(shape_document(&i.document, &s, &err), &err);
	all = json_of(&i.document);
	CHECK_OK(json_scan(all.at, all.len, JSON_DEPTH_MAX, &err), &err);
	if (!json_member(all, key, &v) &&
	    !json_member(span_member(all, "fields"), key, &v))
		v = (struct json_span){ "none", 4 };
	CHECK_INT(v.len, strlen(want));
	if (memcmp(v.at, want, v.len) != 0)
		FAIL("%s is %.*s, not %s", key, (int)v.len, v.at, want);
}

static unsigned
needs(const char *item)
{
	CLEANUP(item_clear) struct item i = { .item = BUF_INIT };
	struct shape s = shape_of(&i, item, NULL, NULL);

	return shape_needs(&s);
}

TEST(members)
{
	static const char item[] = AT FLOW("") "}";

	check(item, NULL, NULL, "uid", "\"" U1 "\"");
	check(item, NULL, NULL, "type", "\"AnalysisRequest\"");
	check(item, NULL, NULL, "id", "\"W-1\"");
	check(item, NULL, NULL, "path", "\"/clients/c/W-1\"");
	check(item, NULL, NULL, "parent", "\"" U2 "\"");
	check(item, NULL, NULL, "creator", "\"ann\"");
	check(item, NULL, NULL, "created", "\"2026-05-01T10:00:00Z\"");
	check(item, NULL, NULL, "state", "\"active\"");
	check(item, NULL, NULL, "site", "none");
	check(DX "}", NULL, NULL, "creator", "\"bob\"");
	check(DX ",\"review_state\":\"inactive\"}", NULL, NULL, "state",
	    "\"inactive\"");
}

TEST(titles_that_are_none)
{
	check("{\"uid\":\"" U1 "\",\"portal_type\":\"T\",\"id\":\"f-1\","
	    "\"path\":\"/lims/a/b\",\"title\":4566}", NULL, NULL, "title",
	    "\"4566\"");
	check("{\"uid\":\"" U1 "\",\"portal_type\":\"T\",\"id\":\"f-1\","
	    "\"path\":\"/lims/a/b\",\"title\":\"\"}", NULL, NULL, "title",
	    "\"f-1\"");
}

#define AT_PATH(type, path) "{\"uid\":\"" U1 "\",\"portal_type\":\"" type \
	"\",\"id\":\"x\",\"parent_uid\":\"" U2 "\",\"path\":\"" path "\"}"

TEST(site_objects)
{
	check(AT_PATH("ClientFolder", "/lims/clients"), NULL, NULL, "site",
	    "true");
	check(AT_PATH("ClientFolder", "/lims/clients"), NULL, NULL, "parent",
	    "null");
	check(AT_PATH("SampleTypes", "/lims/setup/sampletypes"), NULL, NULL,
	    "site", "true");
	check(AT_PATH("Laboratory", "/lims/bika_setup/laboratory"), NULL,
	    NULL, "settings", "true");
	check(AT_PATH("BikaSetup", "/lims/bika_setup"), NULL, NULL,
	    "settings", "true");
	check(AT_PATH("ClientFolder", "/lims/clients"), NULL, NULL,
	    "settings", "none");
	check(AT_PATH("SampleType", "/lims/setup/sampletypes/t"), NULL, NULL,
	    "site", "none");
	check(AT_PATH("T", "/lims/setups/x"), NULL, NULL, "site", "none");
}

TEST(no_documents)
{
	static const char *const bad[] = {
		"{}", "{\"uid\":\"short\",\"portal_type\":\"T\"}",
		"{\"uid\":\"" U1 "\",\"path\":\"/lims/a\"}",
		AT_PATH("T", "/other/a"), AT_PATH("T", "/lims"),
		AT_PATH("T", "/limsx/a"),
		"{\"uid\":\"" U1 "\",\"portal_type\":\"T\",\"path\":7}",
		/* "state" twice in one entry */
		AT ",\"workflow_info\":[{\"review_history\":[{\"state\":1,"
		    "\"review_state\":2}]}]}",
	};
	struct err err = ERR_INIT;
	size_t n;

	for (n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		CLEANUP(item_clear) struct item i = { .item = BUF_INIT };
		struct shape s = shape_of(&i, bad[n], NULL, NULL);

		CHECK_ERR(shape_document(&i.document, &s, &err), &err,
		    n == 7 ? E_JSON : E_DEST_PROTOCOL);
		CHECK_INT(i.document.len, 0);
	}
}

TEST(noise_is_left_out)
{
	static const char item[] = AT ",\"progress\":40,\"getDueDate\":null,"
	    "\"_runtime\":0.1,\"Analyses\":[" REF(U2) "],\"tags\":[],"
	    "\"SampleTypeTitle\":\"Dust\",\"location\":\"here\","
	    "\"Priority\":\"3\"}";

	check(item, NULL, NULL, "fields",
	    "{\"Priority\":\"3\",\"location\":\"here\"}");
	/* Computed for some types only. */
	check("{\"uid\":\"" U1 "\",\"portal_type\":\"Batch\",\"id\":\"b\","
	    "\"path\":\"/lims/batches/b\",\"creation_date\":\"\","
	    "\"BatchID\":\"b\",\"description\":\"d\",\"title\":\"t\"}", NULL,
	    NULL, "fields", "{\"BatchID\":\"b\",\"description\":\"d\"}");
	check(AT ",\"description\":\"W-1 Someone\"}", NULL, NULL,
	    "description", "\"\"");
}

TEST(empty_values)
{
	static const char item[] = AT ",\"Composite\":null,"
	    "\"ClientReference\":null,\"Batch\":{},\"Attachment\":{},"
	    "\"DateReceived\":null,\"RetentionPeriod\":null,"
	    "\"Remarks\":null,\"ResultsRange\":null}";

	check(item, NULL, NULL, "fields", "{\"Attachment\":[],\"Batch\":\"\","
	    "\"ClientReference\":\"\",\"Composite\":false,"
	    "\"DateReceived\":null,\"Remarks\":[],\"ResultsRange\":[],"
	    "\"RetentionPeriod\":{}}");
	CHECK_INT(needs(item), 0);
	check("{\"uid\":\"" U1 "\",\"portal_type\":\"Analysis\",\"id\":\"b\","
	    "\"path\":\"/lims/c/w/b\",\"creation_date\":\"\",\"Remarks\":null,"
	    "\"ResultsRange\":null,\"Calculation\":{}}", NULL, NULL, "fields",
	    "{\"Calculation\":null,\"Remarks\":\"\",\"ResultsRange\":{}}");
}

TEST(what_the_other_api_knows)
{
	static const char item[] = DX ",\"hazardous\":null,"
	    "\"retention_period\":null,\"container_type\":null,"
	    "\"sample_matrix\":" REF(U2) ",\"prefix\":\"D\",\"note\":null}";
	static const char exact[] = "{\"UID\":\"" U1 "\",\"@id\":\"http://x\","
	    "\"hazardous\":false,\"retention_period\":86400.0,"
	    "\"container_type\":[\"" U2 "\"],\"sample_matrix\":[\"" U1 "\"],"
	    "\"prefix\":\"E\",\"note\":{\"content-type\":\"text/plain\","
	    "\"data\":\"n\"},\"phone\":\"0\",\"layout\":\"view\"}";

	CHECK_INT(needs(item), SHAPE_EXACT);
	check(item, exact, NULL, "fields", "{\"container_type\":[{\"uid\":\""
	    U2 "\"}],\"hazardous\":false,\"note\":\"n\",\"phone\":\"0\","
	    "\"prefix\":\"D\",\"retention_period\":{\"seconds\":86400},"
	    "\"sample_matrix\":[{\"uid\":\"" U2 "\"}]}");
	/* Of Archetypes only what is not known is asked. */
	CHECK_INT(needs(AT ",\"Unheard\":null}"), SHAPE_EXACT);
	CHECK_INT(needs(AT ",\"Unheard\":0}"), 0);
	check(AT ",\"Unheard\":null}", "{\"Unheard\":[],\"More\":1}", NULL,
	    "fields", "{\"Unheard\":[]}");
	check(AT ",\"Unheard\":null}", NULL, NULL, "fields",
	    "{\"Unheard\":null}");
}

TEST(references)
{
	check(AT ",\"Client\":" REF(U2) ",\"Profiles\":[" REF(U1) "," REF(U2)
	    "],\"Layout\":[{\"uid\":\"" U1 "\",\"hidden\":false}],"
	    "\"CommercialID\":\"" U2 "\"}", NULL, NULL, "fields",
	    "{\"Client\":{\"uid\":\"" U2 "\"},\"CommercialID\":\"" U2 "\","
	    "\"Layout\":[{\"hidden\":false,\"uid\":\"" U1 "\"}],"
	    "\"Profiles\":[{\"uid\":\"" U1 "\"},{\"uid\":\"" U2 "\"}]}");
	check(DX ",\"services\":[\"" U1 "\",\"" U2 "\"],\"texts\":[\"a\"]}",
	    NULL, NULL, "fields", "{\"services\":[{\"uid\":\"" U1
	    "\"},{\"uid\":\"" U2 "\"}],\"texts\":[\"a\"]}");
}

TEST(values_are_verbatim)
{
	check(AT ",\"A\":0.10,\"B\":1e5,\"C\":\"0.10\",\"D\":[],\"E\":\"\"}",
	    NULL, NULL, "fields",
	    "{\"A\":0.10,\"B\":1e5,\"C\":\"0.10\",\"D\":[],\"E\":\"\"}");
}

TEST(files)
{
	static const char item[] = AT ",\"Pdf\":{\"download\":\"http://x/y\","
	    "\"content_type\":\"text/csv; charset=utf-8\","
	    "\"filename\":\"r\\u00fcn \\\"1\\\".csv\"},\"Photo\":null}";

	check(item, NULL, NULL, "fields", "{}");
	check(item, NULL, NULL, "attachments", "[{\"field\":\"Pdf\","
	    "\"media_type\":\"text/csv\",\"name\":\"rün \\\"1\\\".csv\","
	    "\"token\":\"2026-05-01T12:30:00+02:00|rün \\\"1\\\".csv|"
	    "text/csv\"}]");
}

#define STEP(time) "{\"action\":null,\"actor\":\"ann\",\"comments\":\"\"," \
	"\"review_state\":\"active\",\"time\":\"" time "\"}"
#define GOT(time) "{\"action\":null,\"actor\":\"ann\",\"comments\":\"\"," \
	"\"state\":\"active\",\"time\":\"" time "\"}"

TEST(times_of_steps_in_the_zone_of_the_object)
{
	static const char item[] = AT FLOW(STEP("2026-05-01 12:00:01") ","
	    STEP("2026-05-01 12:29:00")) "}";

	CHECK_INT(needs(item), 0);
	check(item, NULL, NULL, "history", "[" GOT("2026-05-01T10:00:01Z")
	    "," GOT("2026-05-01T10:29:00Z") "]");
}

#define SPAN(created, modified, time) "{\"uid\":\"" U1 "\"," \
	"\"portal_type\":\"T\",\"id\":\"x\",\"path\":\"/lims/a/x\"," \
	"\"creation_date\":\"\",\"created\":\"" created "\",\"modified\":\"" \
	modified "\"" FLOW(STEP(time)) "}"

TEST(times_of_steps_in_doubt)
{
	/* Summer time may have come and gone in between. */
	CHECK_INT(needs(SPAN("2026-01-01T00:00:00+00:00",
	    "2026-12-01T00:00:00+00:00", "2026-07-01 00:00:00")), SHAPE_STEPS);
	CHECK_INT(needs(SPAN("2026-01-01T00:00:00+00:00",
	    "2026-01-20T00:00:00+00:00", "2026-01-10 00:00:00")), 0);
	CHECK_INT(needs(SPAN("2026-01-01T00:00:00+00:00",
	    "2026-01-20T00:00:00+01:00", "2026-01-10 00:00:00")), SHAPE_STEPS);
	/* Right at its creation, and before it, as after an import. */
	CHECK_INT(needs(SPAN("2026-01-01T00:00:00+00:00",
	    "2026-12-01T00:00:00+01:00", "2026-01-01 00:00:05")), 0);
	CHECK_INT(needs(SPAN("2026-01-10T00:00:00+00:00",
	    "2026-01-20T00:00:00+00:00", "2026-01-01 00:00:00")), SHAPE_STEPS);
	CHECK_INT(needs(SPAN("2026-01-01", "x", "2026-01-01 00:00:05")),
	    SHAPE_STEPS);
}

TEST(times_of_steps_asked_for)
{
	static const char item[] = SPAN("2026-01-01T00:00:00+00:00",
	    "2026-12-01T00:00:00+00:00", "2026-07-01 02:00:00");

	check(item, NULL, "{\"history\":[{\"actor\":\"ann\",\"review_state\":"
	    "\"active\",\"time\":\"2026-07-01T01:00:00+00:00\"}]}", "history",
	    "[" GOT("2026-07-01T01:00:00Z") "]");
	/* Another history: not believed. */
	check(item, NULL, "{\"history\":[{\"actor\":\"bob\",\"review_state\":"
	    "\"active\",\"time\":\"2026-07-01T01:00:00+00:00\"}]}", "history",
	    "[" GOT("2026-07-01T02:00:00Z") "]");
	check(item, NULL, "{\"history\":[]}", "history",
	    "[" GOT("2026-07-01T02:00:00Z") "]");
}

TEST(steps_of_another_workflow)
{
	check(AT ",\"workflow_info\":[{\"workflow\":\"w\",\"review_history\":"
	    "[]},{\"workflow\":\"v\",\"review_history\":[{\"action\":\"a\"}]}]"
	    "}", NULL, NULL, "history", "[{\"action\":\"a\",\"workflow\":"
	    "\"v\"}]");
}

static void
check_date(const char *text, int good, int64_t want, int want_offset)
{
	int64_t at = 0;
	int offset = 0;

	CHECK_INT(shape_date(&at, &offset, text, strlen(text)),
	    good ? 0 : -1);
	if (good) {
		CHECK_INT(at, want);
		CHECK_INT(offset, want_offset);
	}
}

TEST(dates)
{
	check_date("1970-01-02T00:00:00Z", 1, 86400, 0);
	check_date("1970-01-02T02:00:00+02:00", 1, 86400, 7200);
	check_date("1970-01-01T22:30:00.123456-0130", 1, 86400, -5400);
	check_date("1970-01-02 00:00:00+00:00", 1, 86400, 0);
	check_date("1970-01-02T00:00:00", 0, 0, 0);
	check_date("1970-01-02T00:00:00+2", 0, 0, 0);
	check_date("1970-01-02T00:00:00+02:60", 0, 0, 0);
	check_date("1970-01-02T00:00:00+0x:00", 0, 0, 0);
	check_date("1970-01-02T00:00:00+02-00", 0, 0, 0);
	check_date("1970-02-30T00:00:00Z", 0, 0, 0);
	check_date("1970-01-02", 0, 0, 0);
	check_date("", 0, 0, 0);
}

TEST(columns_of_catalogs)
{
	CLEANUP(buf_clear) struct buf json = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;

	canon(&json, "{\"items\":[{\"schema\":[\"a\",\"b\"]},{},"
	    "{\"schema\":[\"c\",1]}]}");
	shape_columns(&out, json_of(&json));
	CHECK_STR(buf_str(&out), "\na\nb\nc\n\n");
}

int
main(void)
{
	return unit_run();
}
