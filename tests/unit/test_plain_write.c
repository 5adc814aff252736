/* Writing to a SENAITE without an add-on: the emulated one, empty at first,
 * with its faults.  What is held is asked from the emulator itself. */
#include <sodium.h>

#include "base/text.h"
#include "mirror/senaite/span.h"
#include "pieces.h"
#include "senaite_server.h"

#define NOT_THERE "ffffffffffffffffffffffffffffffff"

static struct server lab;

/* --- writing one object ------------------------------------------------- */

struct wrote {
	enum mirror_result result;
	char uid[40], reason[300];
	struct buf held;		/* read back */
};

static void
wrote_clear(struct wrote *w)
{
	buf_clear(&w->held);
}

static const char content[] = "a;b\r\n1;2\r\n";

static int64_t
read_blob(void *ctx, const unsigned char hash[32], uint64_t at, void *to,
    size_t len, struct err *err)
{
	size_t left = sizeof(content) - 1 - (size_t)at;

	(void)ctx;
	(void)hash;
	(void)err;
	if (left > len)
		left = len;
	memcpy(to, content + at, left);
	return (int64_t)left;
}

/* `text`: any JSON, or NULL for a deletion; `uid` "": not there yet. */
static int
put(struct mirror *m, const char *uid, const char *text, int second,
    struct wrote *w, struct err *err)
{
	CLEANUP(buf_clear) struct buf document = BUF_INIT;
	CLEANUP(buf_clear) struct buf last = BUF_INIT;
	struct mirror_blobs blobs = { read_blob, NULL };
	struct mirror_put p = { .uid = uid[0] != '\0' ? uid : NOT_THERE,
	    .exists = uid[0] != '\0', .deleted = text == NULL,
	    .second = second };
	struct err e = ERR_INIT;
	int rc;

	if (text != NULL)
		CHECK_OK(json_canon(&document, text, strlen(text),
		    JSON_DEPTH_MAX, &e), &e);
	if (uid[0] != '\0')
		buf_add(&last, w->held.at, w->held.len);
	p.document = json_of(&document);
	p.last = json_of(&last);
	rc = m->ops->write(m->self, &p, 1, &blobs, err);
	w->result = p.result;
	(void)snprintf(w->uid, sizeof(w->uid), "%s",
	    p.remote.len > 0 ? p.remote.at : "");
	(void)snprintf(w->reason, sizeof(w->reason), "%s",
	    p.reason.len > 0 ? p.reason.at : "");
	buf_clear(&w->held);
	w->held = p.read_back;
	buf_clear(&p.remote);
	buf_clear(&p.reason);
	return rc;
}

static void
put_good(struct mirror *m, const char *uid, const char *text,
    struct wrote *w)
{
	struct err err = ERR_INIT;
	char was[40];

	(void)snprintf(was, sizeof(was), "%s", uid);
	CHECK_OK(put(m, was, text, 0, w, &err), &err);
	if (w->result != MIRROR_DONE)
		FAIL("result %d: %s", (int)w->result, w->reason);
}

static void
put_refused(struct mirror *m, const char *uid, const char *text,
    const char *reason)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct err err = ERR_INIT;

	CHECK_OK(put(m, uid, text, 0, &w, &err), &err);
	CHECK_INT(w.result, MIRROR_REFUSED);
	if (strstr(w.reason, reason) == NULL)
		FAIL("\"%s\", not \"%s\"", w.reason, reason);
}

/* A value that the emulator holds, by its object's UID. */
static void
check_held(const char *uid, const char *key, const char *want)
{
	CLEANUP(buf_clear) struct buf exact = BUF_INIT;
	struct json_span v;

	server_exact(&lab, uid, &exact);
	if (!json_member(json_of(&exact), key, &v))
		v = span_member(span_member(json_of(&exact), "fields"), key);
	if (!json_is(v, want))
		FAIL("%s is %.*s, not %s", key, (int)v.len, v.at, want);
}

/* How many objects of this type there are. */
static size_t
count(const char *type)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT;
	struct json_walk w;
	struct json_span key, one;
	size_t n = 0;

	server_ask(&lab, "GET", "/_lab?brief=1", NULL, &all);
	w = json_walk(span_member(json_of(&all), "objects"));
	while (json_next(&w, &key, &one))
		n += (size_t)json_is(span_text(one, "type"), type);
	return n;
}

static void
control(const char *text)
{
	server_do(&lab, "/_control", text);
}

#define BORN "\"creator\":\"ann\",\"created\":\"2026-01-02T03:04:05Z\"," \
	"\"modified\":\"2026-01-02T03:04:05Z\""
#define CLIENT(id, more) "{\"type\":\"Client\",\"uid\":\"u\",\"id\":\"" id \
	"\",\"parent\":\"/clients\",\"title\":\"" id "\"," BORN \
	",\"state\":\"active\",\"history\":[],\"fields\":{\"ClientID\":\"" \
	id "\",\"Name\":\"" id "\",\"contributors\":[]" more "}}"

static void
make(struct mirror *m, char uid[40], const char *text)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };

	put_good(m, "", text, &w);
	(void)snprintf(uid, 40, "%s", w.uid);
}

/* --- tests -------------------------------------------------------------- */

TEST(a_client_with_id_date_and_creator)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;

	server_open(&lab, &m);
	put_good(&m, "", CLIENT("north", ",\"BulkDiscount\":true"), &w);
	check_held(w.uid, "id", "\"north\"");
	check_held(w.uid, "creator", "\"ann\"");
	check_held(w.uid, "created", "\"2026-01-02T03:04:05Z\"");
	check_held(w.uid, "BulkDiscount", "true");
	CHECK(json_is(span_text(json_of(&w.held), "uid"), w.uid));
	/* Only what differs from what was read. */
	put_good(&m, w.uid, CLIENT("north", ",\"BulkDiscount\":false,"
	    "\"Phone\":\"7\""), &w);
	check_held(w.uid, "BulkDiscount", "false");
	check_held(w.uid, "Phone", "\"7\"");
	m.ops->close(m.self);
}

/* What somebody changes there meanwhile is not taken back. */
TEST(fields_of_others_stay)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;
	char edit[200];

	server_open(&lab, &m);
	put_good(&m, "", CLIENT("edited", ",\"Fax\":\"1\""), &w);
	(void)snprintf(edit, sizeof(edit), "{\"op\":\"edit\",\"uid\":\"%s\","
	    "\"fields\":{\"Fax\":\"2\"}}", w.uid);
	server_do(&lab, "/_lab", edit);
	put_good(&m, w.uid, CLIENT("edited", ",\"Fax\":\"1\","
	    "\"Phone\":\"3\""), &w);
	check_held(w.uid, "Fax", "\"2\"");
	check_held(w.uid, "Phone", "\"3\"");
	m.ops->close(m.self);
}

TEST(nothing_to_do)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	CLEANUP(buf_clear) struct buf before = BUF_INIT;
	CLEANUP(buf_clear) struct buf after = BUF_INIT;
	struct mirror m;

	server_open(&lab, &m);
	put_good(&m, "", CLIENT("still", ""), &w);
	server_exact(&lab, w.uid, &before);
	put_good(&m, w.uid, CLIENT("still", ",\"Fax\":\"\","
	    "\"DefaultCategories\":[],\"BulkDiscount\":false"), &w);
	server_exact(&lab, w.uid, &after);
	CHECK(json_same(json_of(&before), json_of(&after)));
	m.ops->close(m.self);
}

#define DEPARTMENT(id, more) "{\"type\":\"Department\",\"uid\":\"u\"," \
	"\"id\":\"" id "\",\"parent\":\"/setup/departments\",\"title\":\"" \
	id "\"," BORN ",\"state\":\"active\",\"history\":[],\"fields\":{" \
	more "}}"

/* References, and those whose target is not there. */
TEST(references)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;
	struct err err = ERR_INIT;
	char person[40], text[600], want[80];

	server_open(&lab, &m);
	make(&m, person, "{\"type\":\"LabContact\",\"id\":\"p-1\","
	    "\"parent\":\"/bika_setup/bika_labcontacts\",\"title\":\"A B\","
	    BORN ",\"fields\":{\"Firstname\":\"A\",\"Surname\":\"B\","
	    "\"Departments\":[{\"uid\":\"" NOT_THERE "\"}],"
	    "\"contributors\":[]}}");
	check_held(person, "Departments", "[]");
	(void)snprintf(text, sizeof(text), DEPARTMENT("chem",
	    "\"manager\":[{\"uid\":\"%s\"}],\"department_id\":\"C\""),
	    person);
	(void)snprintf(want, sizeof(want), "[{\"uid\":\"%s\"}]", person);
	put_good(&m, "", text, &w);
	check_held(w.uid, "manager", want);
	(void)snprintf(want, sizeof(want), "[{\"uid\":\"%s\"}]", w.uid);
	/* Again, now that it is there: references alone. */
	(void)snprintf(text, sizeof(text), "{\"type\":\"LabContact\","
	    "\"id\":\"p-1\",\"parent\":\"/bika_setup/bika_labcontacts\","
	    "\"title\":\"A B\"," BORN ",\"fields\":{\"Firstname\":\"Z\","
	    "\"Departments\":[{\"uid\":\"%s\"},{\"uid\":\"" NOT_THERE
	    "\"}],\"contributors\":[]}}", w.uid);
	CHECK_OK(put(&m, person, text, 1, &w, &err), &err);
	check_held(person, "Departments", want);
	check_held(person, "Firstname", "\"A\"");
	m.ops->close(m.self);
}

/* A field of the wrong kind keeps the rest out no more. */
TEST(one_bad_field)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;

	server_open(&lab, &m);
	put_good(&m, "", "{\"type\":\"LabProduct\",\"id\":\"lp-1\","
	    "\"parent\":\"/setup/labproducts\",\"title\":\"Oxide\"," BORN
	    ",\"fields\":{\"labproduct_volume\":[1],"
	    "\"labproduct_unit\":\"Gram\"}}", &w);
	check_held(w.uid, "labproduct_unit", "\"Gram\"");
	m.ops->close(m.self);
}

/* Types that answer with an error, and are written all the same. */
TEST(written_in_spite_of_an_error)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;
	size_t before = count("AnalysisService");
	static const char service[] = "{\"type\":\"AnalysisService\","
	    "\"id\":\"s-1\",\"parent\":\"/bika_setup/bika_analysisservices\","
	    "\"title\":\"Iron\"," BORN ",\"fields\":{\"Keyword\":\"Fe\","
	    "\"Unit\":\"mg/l\",\"contributors\":[]}}";

	server_open(&lab, &m);
	put_good(&m, "", service, &w);
	CHECK_INT(count("AnalysisService"), before + 1);
	check_held(w.uid, "Keyword", "\"Fe\"");
	check_held(w.uid, "Unit", "\"mg/l\"");
	m.ops->close(m.self);
}

/* SENAITE numbers these itself: the id of one may be another's there. */
TEST(a_number_of_another)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	CLEANUP(wrote_clear) struct wrote v = { .held = BUF_INIT };
	char text[400], id[40] = "";
	struct json_span x;
	struct mirror m;

#define SERVICE "{\"type\":\"AnalysisService\",\"id\":\"%s\",\"parent\":" \
	"\"/bika_setup/bika_analysisservices\",\"title\":\"%s\"," BORN \
	",\"fields\":{\"Keyword\":\"%s\",\"contributors\":[]}}"

	server_open(&lab, &m);
	(void)snprintf(text, sizeof(text), SERVICE, "s-ag", "Silver", "Ag");
	put_good(&m, "", text, &w);
	CHECK(json_member((struct json_span){ w.held.at, w.held.len }, "id",
	    &x) && json_plain(x, &x) && x.len < sizeof(id));
	memcpy(id, x.at, x.len);
	(void)snprintf(text, sizeof(text), SERVICE, id, "Gold", "Au");
	put_good(&m, "", text, &v);
	CHECK(strcmp(v.uid, w.uid) != 0);
	check_held(v.uid, "Keyword", "\"Au\"");
	m.ops->close(m.self);
}

#define SAMPLE(more) "{\"type\":\"AnalysisRequest\",\"uid\":\"u\"," \
	"\"id\":\"X-1\",\"parent\":\"%s\",\"title\":\"X-1\"," BORN \
	",\"history\":[{\"action\":\"receive\",\"comments\":\"cold\"}]," \
	"\"fields\":{\"SampleType\":{\"uid\":\"%s\"}," \
	"\"Contact\":{\"uid\":\"%s\"}," \
	"\"ClientSampleID\":\"cs-1\",\"ClientReference\":\"r\"," \
	"\"contributors\":[]},\"state\":\"" more "\"}"

/* A client, a sample type, a service; a sample of them with one analysis. */
struct sample {
	char client[40], type[40], service[40], contact[40], text[800];
};

static void
make_type(struct mirror *m, struct sample *s, const char *name)
{
	char text[400];

	(void)snprintf(text, sizeof(text), "{\"type\":\"SampleType\","
	    "\"id\":\"%s\",\"parent\":\"/setup/sampletypes\",\"title\":\"%s\""
	    "," BORN ",\"fields\":{\"prefix\":\"%s\",\"min_volume\":\"1 ml\","
	    "\"retention_period\":{\"seconds\":3600}}}", name, name, name);
	make(m, s->type, text);
	(void)snprintf(text, sizeof(text), "{\"type\":\"AnalysisService\","
	    "\"parent\":\"/bika_setup/bika_analysisservices\","
	    "\"title\":\"%s\"," BORN ",\"fields\":{\"Keyword\":\"K%s\","
	    "\"contributors\":[]}}", name, name);
	make(m, s->service, text);
	(void)snprintf(text, sizeof(text), CLIENT("%s", ""), name, name, name,
	    name);
	make(m, s->client, text);
	(void)snprintf(text, sizeof(text), "{\"type\":\"Contact\","
	    "\"id\":\"c-%s\",\"parent\":\"%s\",\"title\":\"A %s\"," BORN
	    ",\"fields\":{\"Firstname\":\"A\",\"Surname\":\"%s\","
	    "\"contributors\":[]}}", name, s->client, name, name);
	make(m, s->contact, text);
}

TEST(a_sample_and_its_analysis)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	CLEANUP(wrote_clear) struct wrote v = { .held = BUF_INIT };
	struct sample s;
	struct mirror m;
	char text[900];

	server_open(&lab, &m);
	make_type(&m, &s, "AA");
	check_held(s.type, "retention_period", "{\"seconds\":3600}");
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("to_be_verified"),
	    s.client, s.type, s.contact);
	put_good(&m, "", s.text, &w);
	check_held(w.uid, "creator", "\"ann\"");
	check_held(w.uid, "created", "\"2026-01-02T03:04:05Z\"");
	check_held(w.uid, "ClientSampleID", "\"cs-1\"");
	check_held(w.uid, "state", "\"sample_received\"");
	CHECK(strstr(buf_str(&w.held), "\"comments\":\"cold\"") != NULL);
	(void)snprintf(text, sizeof(text), "{\"type\":\"Analysis\","
	    "\"id\":\"KAA\",\"parent\":\"%s\",\"title\":\"AA\"," BORN
	    ",\"state\":\"verified\",\"fields\":{\"Keyword\":\"KAA\","
	    "\"AnalysisService\":{\"uid\":\"%s\"},\"Result\":\"0.10\","
	    "\"contributors\":[]}}", w.uid, s.service);
	put_good(&m, "", text, &v);
	check_held(v.uid, "Result", "\"0.10\"");
	/* Somebody else must verify it. */
	check_held(v.uid, "state", "\"to_be_verified\"");
	check_held(w.uid, "state", "\"to_be_verified\"");
	m.ops->close(m.self);
}

/* The way to published leads by no cancellation. */
TEST(states_by_the_shortest_way)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct sample s;
	struct mirror m;
	char uid[40];

	server_open(&lab, &m);
	make_type(&m, &s, "BB");
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("published"), s.client,
	    s.type, s.contact);
	put_good(&m, "", s.text, &w);
	(void)snprintf(uid, sizeof(uid), "%s", w.uid);
	put_good(&m, uid, s.text, &w);
	check_held(uid, "state", "\"sample_received\"");
	/* Not invalidated, though it was at its origin. */
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("invalid"), s.client,
	    s.type, s.contact);
	put_good(&m, uid, s.text, &w);
	check_held(uid, "state", "\"sample_received\"");
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("cancelled"), s.client,
	    s.type, s.contact);
	put_good(&m, uid, s.text, &w);
	check_held(uid, "state", "\"cancelled\"");
	m.ops->close(m.self);
}

TEST(what_is_refused)
{
	struct sample s;
	struct mirror m;
	char client[40];

	server_open(&lab, &m);
	put_refused(&m, "", "{\"type\":\"Worksheet\",\"parent\":"
	    "\"/worksheets\",\"fields\":{}}", "worksheets");
	put_refused(&m, "", "{\"type\":\"Analysis\",\"parent\":"
	    "\"/clients\",\"fields\":{\"RetestOf\":{\"uid\":\"x\"}}}",
	    "retests");
	put_refused(&m, "", "{\"type\":\"Client\",\"parent\":\"" NOT_THERE
	    "\",\"fields\":{}}", "parent is not there");
	put_refused(&m, "", "{\"type\":\"Client\",\"parent\":null,"
	    "\"fields\":{}}", "at the root");
	put_refused(&m, NOT_THERE, CLIENT("x", ""), "not there any more");
	put_refused(&m, "/users/ann", "{\"type\":\"User\",\"fields\":{}}",
	    "users");
	put_refused(&m, "/bika_setup", "{\"type\":\"BikaSetup\",\"site\":"
	    "true,\"fields\":{\"MinimumResults\":17}}", "settings");
	put_refused(&m, "", DEPARTMENT("bare", ""), "manager");
	make(&m, client, CLIENT("full", ""));
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("sample_due"), client,
	    NOT_THERE, NOT_THERE);
	put_refused(&m, "", s.text, "sample type is not there");
	put_refused(&m, client, NULL, "deletes no objects");
	m.ops->close(m.self);
}

/* Names that mean something else in a request are no fields. */
TEST(names_that_are_orders)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	struct mirror m;

	server_open(&lab, &m);
	put_good(&m, "", CLIENT("orders", ""), &w);
	put_good(&m, w.uid, CLIENT("orders", ",\"transition\":\"deactivate\","
	    "\"uid\":\"" NOT_THERE "\",\"@type\":\"X\""), &w);
	check_held(w.uid, "state", "\"active\"");
	m.ops->close(m.self);
}

TEST(an_id_of_another)
{
	struct mirror m;
	char uid[40];

	server_open(&lab, &m);
	make(&m, uid, CLIENT("taken", ",\"Phone\":\"1\""));
	put_refused(&m, "", "{\"type\":\"Client\",\"id\":\"taken\",\"parent\":"
	    "\"/clients\",\"title\":\"Other\"," BORN ",\"fields\":{"
	    "\"ClientID\":\"O\",\"Name\":\"Other\",\"contributors\":[]}}",
	    "another object has the place");
	m.ops->close(m.self);
}

/* An attempt whose end was not clear is found again, whatever way it went. */
static void
try_twice(struct mirror *m, const char *text, const char *type,
    const char *fault)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	size_t before = count(type);
	struct err err = ERR_INIT;

	control(fault);
	(void)put(m, "", text, 0, &w, &err);
	control("{\"do\":\"clear\"}");
	CHECK_INT(w.result, MIRROR_UNKNOWN);
	buf_clear(&w.held);
	put_good(m, "", text, &w);
	CHECK_INT(count(type), before + 1);
}

TEST(no_duplicates)
{
	struct sample s;
	struct mirror m;

	server_open(&lab, &m);
	try_twice(&m, CLIENT("twice", ""), "Client", "{\"do\":\"cut-after\","
	    "\"method\":\"POST\",\"path\":\"/clients$\"}");
	try_twice(&m, CLIENT("thrice", ""), "Client", "{\"do\":\"cut-before\","
	    "\"method\":\"POST\",\"path\":\"/clients$\"}");
	make_type(&m, &s, "CC");
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("sample_due"), s.client,
	    s.type, s.contact);
	try_twice(&m, s.text, "AnalysisRequest", "{\"do\":\"cut-after\","
	    "\"method\":\"POST\",\"path\":\"/create\"}");
	/* It had its origin's date already. */
	make_type(&m, &s, "DD");
	(void)snprintf(s.text, sizeof(s.text), SAMPLE("sample_due"), s.client,
	    s.type, s.contact);
	try_twice(&m, s.text, "AnalysisRequest", "{\"do\":\"cut-after\","
	    "\"method\":\"PATCH\"}");
	m.ops->close(m.self);
}

/* Samples that look the same are not the same for that. */
TEST(samples_that_are_alike)
{
	static const char *const more[] = { "\"ClientReference\":\"r\"",
	    "\"ClientSampleID\":\"cs\",\"Invalidated\":{\"uid\":\"" NOT_THERE
	    "\"}" };
	struct sample s;
	struct mirror m;
	char one[40], other[40];
	size_t i;

	server_open(&lab, &m);
	make_type(&m, &s, "EE");
	for (i = 0; i < 2; i++) {
		(void)snprintf(s.text, sizeof(s.text), "{\"type\":"
		    "\"AnalysisRequest\",\"parent\":\"%s\",\"title\":\"X\","
		    BORN ",\"fields\":{\"SampleType\":{\"uid\":\"%s\"},"
		    "\"Contact\":{\"uid\":\"%s\"},%s,"
		    "\"contributors\":[]}}", s.client, s.type, s.contact,
		    more[i]);
		make(&m, one, s.text);
		make(&m, other, s.text);
		CHECK(strcmp(one, other) != 0);
	}
	m.ops->close(m.self);
}

/* --- attachments -------------------------------------------------------- */

#define FILE_OF(size) "\"attachments\":[{\"field\":\"AttachmentFile\"," \
	"\"name\":\"run.csv\",\"media_type\":\"text/comma-separated-values\"," \
	"\"size\":" size ",\"blake2b\":" \
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}]"
#define ATTACHMENT(id, size) "{\"type\":\"Attachment\",\"id\":\"" id "\"," \
	"\"parent\":\"%s\",\"title\":\"" id "\"," BORN "," FILE_OF(size) \
	",\"fields\":{\"AttachmentKeys\":\"k\",\"contributors\":[]}}"

TEST(attachments)
{
	CLEANUP(wrote_clear) struct wrote w = { .held = BUF_INIT };
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct mirror m;
	char client[40], text[700];

	server_open(&lab, &m);
	make(&m, client, CLIENT("files", ""));
	(void)snprintf(text, sizeof(text), ATTACHMENT("a-1", "10"), client);
	put_good(&m, "", text, &w);
	CHECK_OK(m.ops->blob(m.self, w.uid, span_first(span_member(json_of(
	    &w.held), "attachments")), pieces_add, pieces_again, &out, &err),
	    &err);
	CHECK_STR(buf_str(&out), content);
	CHECK_OK(put(&m, w.uid, NULL, 0, &w, &err), &err);
	CHECK_INT(w.result, MIRROR_GONE);
	CHECK_INT(count("Attachment"), 0);
	/* Too big: its object comes, it does not. */
	(void)snprintf(text, sizeof(text), ATTACHMENT("a-2", "16777217"),
	    client);
	put_good(&m, "", text, &w);
	CHECK(json_is(span_member(json_of(&w.held), "attachments"), "[]"));
	m.ops->close(m.self);
}

int
main(void)
{
	return sodium_init() >= 0 && server_start(&lab, "--empty") ?
	    unit_run() : 1;
}
