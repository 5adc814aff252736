/* The companion mode, reading: requests, answers, and what may be wrong with
 * them. */
#include "canned.h"

#include "mirror/senaite/companion.h"

#define U1 "11111111111111111111111111111111"
#define U2 "22222222222222222222222222222222"
#define U3 "33333333333333333333333333333333"
#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223" \
	"b00361a396177a9cb410ff61f20015ad"

/* Documents. */

static void
check_document(const char *item, const char *want)
{
	CLEANUP(buf_clear) struct buf canonical = BUF_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	CHECK_OK(json_canon(&canonical, item, strlen(item), JSON_DEPTH_MAX,
	    &err), &err);
	buf_addc(&out, 'x');
	CHECK_INT(companion_document(&out, (struct json_span){ canonical.at,
	    canonical.len }), want == NULL ? -1 : 0);
	CHECK_STR(buf_str(&out) + 1, want == NULL ? "" : want);
	if (want != NULL)
		CHECK_OK(json_scan(out.at + 1, out.len - 1, JSON_DEPTH_MAX,
		    &err), &err);
}

TEST(documents)
{
	check_document("{\"uid\": \"u\", \"type\": \"T\", \"fields\": "
	    "{\"a\": 0.10}}",
	    "{\"fields\":{\"a\":0.10},\"type\":\"T\",\"uid\":\"u\"}");
	check_document("{\"uid\": \"u\", \"type\": \"T\", \"attachments\": "
	    "[{\"sha256\": \"" SHA_ABC "\", \"name\": \"n\", \"zz\": 1, "
	    "\"field\": \"F\"}, {\"sha256\": \"" SHA_ABC "\"}]}",
	    "{\"attachments\":[{\"field\":\"F\",\"name\":\"n\",\"token\":"
	    "\"sha256:" SHA_ABC "\",\"zz\":1},{\"token\":\"sha256:" SHA_ABC
	    "\"}],\"type\":\"T\",\"uid\":\"u\"}");
	check_document("{\"uid\": \"u\", \"type\": \"BikaSetup\", "
	    "\"site\": true, \"senaite\": {}}",
	    "{\"senaite\":{},\"settings\":true,\"site\":true,"
	    "\"type\":\"BikaSetup\",\"uid\":\"u\"}");
	check_document("{\"uid\": \"u\", \"type\": \"ClientFolder\", "
	    "\"site\": true}",
	    "{\"site\":true,\"type\":\"ClientFolder\",\"uid\":\"u\"}");
	check_document("{\"uid\": \"u\", \"type\": \"Setup\"}",
	    "{\"type\":\"Setup\",\"uid\":\"u\"}");
}

TEST(documents_that_are_none)
{
	check_document("{\"type\": \"T\"}", NULL);
	check_document("{\"uid\": \"u\"}", NULL);
	check_document("{\"uid\": \"\", \"type\": \"T\"}", NULL);
	check_document("{\"uid\": 1, \"type\": \"T\"}", NULL);
	check_document("[]", NULL);
	check_document("{\"uid\": \"u\", \"type\": \"T\", \"attachments\": "
	    "[{\"name\": \"n\"}]}", NULL);
	check_document("{\"uid\": \"u\", \"type\": \"T\", \"attachments\": "
	    "[{\"sha256\": \"abc\"}]}", NULL);
	check_document("{\"uid\": \"u\", \"type\": \"T\", \"attachments\": "
	    "{}}", NULL);
}

/* Lists. */

static void
check_list(const struct mirror_list *l, const char *want)
{
	char got[1000] = "";
	const char *p = l->uids.at;
	size_t i;

	for (i = 0; i < l->count; i++, p += strlen(p) + 1)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s ", p);
	CHECK_STR(got, want);
}

/* Paths of what has no UID come first; they sort before all UIDs. */
TEST(list_of_paths_then_uids)
{
	struct mirror m;
	struct mirror_list l = { .count = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push("{\"ok\": true, \"next\": null, \"uids\": [[\"/registry\", "
	    "\"Registry\", \"/registry\"], [\"/users/ann\", \"User\", "
	    "\"/users/ann\"]]}");
	CHECK_OK(m.ops->list(m.self, "", &l, &err), &err);
	check_list(&l, "/registry /users/ann ");
	CHECK_INT(l.more, 1);
	CHECK(canned_asked(0, "\"after\":\"\",\"limit\":2000,\"types\":"
	    "[\"Registry\",\"User\"]"));
	canned_push("{\"ok\": true, \"next\": null, \"uids\": []}");
	canned_push("{\"ok\": true, \"next\": \"" U2 "\", \"uids\": [[\"" U1
	    "\", \"Client\", \"/clients/client-1\"], [\"" U2 "\", \"T\", "
	    "\"/x\"]]}");
	CHECK_OK(m.ops->list(m.self, "/users/ann", &l, &err), &err);
	check_list(&l, U1 " " U2 " ");
	CHECK_INT(l.more, 1);
	CHECK(canned_asked(1, "\"after\":\"/users/ann\""));
	CHECK(canned_asked(2, "\"after\":\"\",\"limit\":2000}"));
	canned_push("{\"ok\": true, \"next\": null, \"uids\": []}");
	CHECK_OK(m.ops->list(m.self, U2, &l, &err), &err);
	CHECK(l.count == 0 && l.more == 0);
	CHECK(canned_asked(3, "\"after\":\"" U2 "\""));
	mirror_list_clear(&l);
	canned_end(&m);
}

TEST(lists_that_are_none)
{
	static const char *const bad[] = {
		"{\"ok\": true}",
		"{\"ok\": true, \"next\": null, \"uids\": {}}",
		"{\"ok\": true, \"next\": null, \"uids\": [\"" U2 "\"]}",
		"{\"ok\": true, \"next\": null, \"uids\": [[1]]}",
		"{\"ok\": true, \"next\": null, \"uids\": [[\"" U2 "\"], "
		    "[\"" U2 "\"]]}",
		"{\"ok\": true, \"next\": null, \"uids\": [[\"" U3 "\"], "
		    "[\"" U2 "\"]]}",
		"{\"ok\": true, \"next\": null, \"uids\": [[\"" U1 "\"]]}",
		"{\"ok\": true, \"next\": \"" U2 "\", \"uids\": []}",
	};
	struct mirror m;
	struct mirror_list l = { .count = 0 };
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		canned_push(bad[i]);
		CHECK_ERR(m.ops->list(m.self, U1, &l, &err), &err,
		    E_DEST_PROTOCOL);
	}
	mirror_list_clear(&l);
	canned_end(&m);
}

/* Reading. */

struct seen {
	char text[2000];
	int fail;			/* return this from item */
};

static int
see(struct seen *s, const char *what, const char *text, size_t len)
{
	(void)snprintf(s->text + strlen(s->text),
	    sizeof(s->text) - strlen(s->text), "%s %.*s\n", what, (int)len,
	    text);
	return 0;
}

static int
see_item(void *ctx, struct json_span document, struct err *err)
{
	struct seen *s = ctx;
	char uid[40];

	if (s->fail)
		return err_set(err, E_NOSPACE, "full");
	senaite_text(uid, sizeof(uid), document, "uid");
	return see(s, "item", uid, strlen(uid));
}

static int
see_failed(void *ctx, const char *uid, const char *type, const char *reason,
    struct err *err)
{
	char text[600];

	(void)err;
	(void)snprintf(text, sizeof(text), "%s %s %s", uid, type, reason);
	return see(ctx, "failed", text, strlen(text));
}

static int
see_absent(void *ctx, const char *uid, struct err *err)
{
	(void)err;
	return see(ctx, "absent", uid, strlen(uid));
}

#define DOC(uid) "{\"uid\": \"" uid "\", \"type\": \"Client\"}"
#define READ(items, failed, absent, next) "{\"ok\": true, \"items\": [" \
	items "], \"failed\": [" failed "], \"absent\": [" absent \
	"], \"next\": " next "}"

static const char *const three[] = { U1, U2, U3 };

static int
read_three(const struct mirror *m, struct seen *s, struct err *err)
{
	struct mirror_sink sink = { see_item, see_failed, see_absent, s };

	s->text[0] = '\0';
	return m->ops->read(m->self, three, 3, &sink, err);
}

TEST(read_goes_on_where_room_ended)
{
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(READ(DOC(U1), "", "", "\"" U2 "\""));
	canned_push(READ("", "{\"uid\": \"" U2 "\", \"type\": \"T\", "
	    "\"path\": \"/p\", \"error\": \"it broke\"}", "\"" U3 "\"",
	    "null"));
	CHECK_OK(read_three(&m, &s, &err), &err);
	CHECK_STR(s.text, "item " U1 "\nfailed " U2 " T it broke\n"
	    "absent " U3 "\n");
	CHECK(canned_asked(0, "\"bytes\":4194304,\"uids\":[\"" U1 "\",\"" U2
	    "\",\"" U3 "\"]"));
	CHECK(canned_asked(1, "\"uids\":[\"" U2 "\",\"" U3 "\"]"));
	canned_end(&m);
}

TEST(read_by_path)
{
	static const char *const paths[] = { "/setup", "/users/ann" };
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct mirror_sink sink = { see_item, see_failed, see_absent, &s };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(READ("{\"uid\": \"" U1 "\", \"path\": \"/setup\", "
	    "\"site\": true, \"type\": \"Setup\"}, {\"uid\": \"/users/ann\", "
	    "\"path\": \"/users/ann\", \"type\": \"User\"}", "", "", "null"));
	CHECK_OK(m.ops->read(m.self, paths, 2, &sink, &err), &err);
	CHECK_STR(s.text, "item " U1 "\nitem /users/ann\n");
	canned_end(&m);
}

TEST(an_item_that_is_no_document_is_failed)
{
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(READ(DOC(U1) ", {\"uid\": \"" U2 "\"}", "{\"uid\": \"" U3
	    "\", \"type\": \"T\", \"error\": \"\"}", "", "null"));
	CHECK_OK(read_three(&m, &s, &err), &err);
	CHECK(strstr(s.text, "item " U1 "\nfailed " U2 "  ") == s.text);
	CHECK(strstr(s.text, "failed " U3 " T no reason given\n") != NULL);
	canned_end(&m);
}

TEST(read_answers_that_are_none)
{
	static const char *const bad[] = {
		READ(DOC(U1) "," DOC(U1), "", "", "null"),
		READ(DOC("4444"), "", "", "null"),
		READ("", "", "\"4444\"", "null"),
		READ("", "{\"uid\": \"4444\", \"error\": \"e\"}", "", "null"),
		READ("", "", "", "null"),
		"{\"ok\": true, \"items\": [], \"failed\": []}",
		("{\"ok\": true, \"items\": {}, \"failed\": [], "
		    "\"absent\": []}"),
	};
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		canned_push(bad[i]);
		CHECK_ERR(read_three(&m, &s, &err), &err, E_DEST_PROTOCOL);
	}
	canned_end(&m);
}

TEST(an_error_of_the_sink_ends_the_read)
{
	struct mirror m;
	struct seen s = { .fail = 1 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(READ(DOC(U1), "", "", "null"));
	CHECK_ERR(read_three(&m, &s, &err), &err, E_NOSPACE);
	canned_end(&m);
}

/* U2 makes the answer no JSON (Python writes NaN): the others are read. */
TEST(one_object_spoils_the_answer)
{
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_answer(200, "{\"success\": NaN}");	/* U1 U2 U3 */
	canned_answer(200, "{\"success\": NaN}");	/* U1 U2 */
	canned_push(READ(DOC(U1), "", "", "null"));	/* U1 */
	canned_answer(200, "{\"success\": NaN}");	/* U2 U3 */
	canned_answer(200, "{\"success\": NaN}");	/* U2 */
	canned_push("{\"ok\": true}");			/* info */
	canned_push(READ(DOC(U3), "", "", "null"));	/* U3 */
	CHECK_OK(read_three(&m, &s, &err), &err);
	CHECK(strstr(s.text, "item " U1 "\nfailed " U2 "  satchel.read") ==
	    s.text);
	CHECK(strstr(s.text, "item " U3 "\n") != NULL);
	CHECK(canned_asked(5, "satchel.info"));
	CHECK_INT(err.code, E_OK);
	canned_end(&m);
}

/* If nothing else works either, no object is to blame. */
TEST(all_answers_are_spoilt)
{
	static const char *const one[] = { U1 };
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct mirror_sink sink = { see_item, see_failed, see_absent, &s };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_answer(200, "{\"success\": NaN}");
	canned_answer(200, "{\"success\": NaN}");	/* info */
	CHECK_ERR(m.ops->read(m.self, one, 1, &sink, &err), &err,
	    E_DEST_PROTOCOL);
	CHECK_STR(s.text, "");
	canned_end(&m);
}

TEST(is_gone)
{
	struct mirror m;
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(READ("", "", "\"" U1 "\"", "null"));
	CHECK_INT(m.ops->is_gone(m.self, U1, &err), 1);
	canned_push(READ(DOC(U1), "", "", "null"));
	CHECK_INT(m.ops->is_gone(m.self, U1, &err), 0);
	canned_push(READ("", "{\"uid\": \"" U1 "\"}", "", "null"));
	CHECK_INT(m.ops->is_gone(m.self, U1, &err), 0);
	canned_push(READ("", "", "\"" U2 "\"", "null"));
	CHECK_INT(m.ops->is_gone(m.self, U1, &err), 0);
	canned_push("{\"ok\": true}");
	CHECK_ERR(m.ops->is_gone(m.self, U1, &err), &err, E_DEST_PROTOCOL);
	canned_end(&m);
}

/* Changes. */

#define LOG(on, epoch, last) "{\"ok\": true, \"protocol\": 1, \"log\": " \
	"{\"enabled\": " on ", \"epoch\": \"" epoch "\", \"first\": 1, " \
	"\"last\": " last "}}"
#define CHANGES(entries, last, next) "{\"ok\": true, \"epoch\": \"e1\", " \
	"\"first\": 1, \"last\": " last ", \"entries\": [" entries \
	"], \"next\": " next "}"
#define CONFLICT "{\"ok\": false, \"error\": \"conflict\", " \
	"\"message\": \"another epoch\"}"

/* A conflict may be one of two that write at once: it is tried again. */
static void
canned_conflict(void)
{
	canned_push(CONFLICT);
	canned_push(CONFLICT);
	canned_push(CONFLICT);
}

TEST(end_of_the_log)
{
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(LOG("true", "e1", "17"));
	CHECK_INT(m.ops->changes(m.self, "", &c, &err), 1);
	CHECK_STR(c.cursor.at, "e1:17");
	CHECK(c.changed.count == 0 && c.deleted.count == 0 && !c.more);
	mirror_changes_clear(&c);
	canned_end(&m);
}

TEST(the_log_is_begun)
{
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(LOG("false", "", "0"));
	canned_conflict();
	canned_push(LOG("true", "e2", "0"));
	CHECK_INT(m.ops->changes(m.self, "", &c, &err), 1);
	CHECK_STR(c.cursor.at, "e2:0");
	CHECK(canned_asked(1, "\"enable\":true"));
	canned_push(LOG("false", "", "0"));
	canned_push(CHANGES("", "0", "0"));
	canned_push(LOG("false", "", "0"));
	CHECK_ERR(m.ops->changes(m.self, "", &c, &err), &err,
	    E_DEST_PROTOCOL);
	mirror_changes_clear(&c);
	canned_end(&m);
}

TEST(changes_in_order)
{
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(CHANGES("{\"seq\": 8, \"uid\": \"" U3 "\", \"action\": "
	    "\"changed\"}, {\"uid\": \"" U3 "\", \"action\": "
	    "\"changed\"}, {\"seq\": 9, \"uid\": \"" U2 "\", \"action\": "
	    "\"deleted\"}, {\"seq\": 10, \"uid\": \"" U1 "\", \"action\": "
	    "\"changed\"}", "12", "10"));
	CHECK_INT(m.ops->changes(m.self, "e1:7", &c, &err), 1);
	check_list(&c.changed, U1 " " U3 " ");
	check_list(&c.deleted, U2 " ");
	CHECK_STR(c.cursor.at, "e1:10");
	CHECK_INT(c.more, 1);
	CHECK(canned_asked(0, "\"after\":7,\"epoch\":\"e1\",\"limit\":"));
	canned_push(CHANGES("", "12", "12"));
	CHECK_INT(m.ops->changes(m.self, "e1:12", &c, &err), 1);
	CHECK(c.changed.count == 0 && c.deleted.count == 0 && !c.more);
	CHECK_STR(c.cursor.at, "e1:12");
	mirror_changes_clear(&c);
	canned_end(&m);
}

TEST(a_collision_of_writers_passes)
{
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_push(CONFLICT);
	canned_push(CONFLICT);
	canned_push(CHANGES("", "7", "7"));
	CHECK_INT(m.ops->changes(m.self, "e1:7", &c, &err), 1);
	CHECK_STR(c.cursor.at, "e1:7");
	mirror_changes_clear(&c);
	canned_end(&m);
}

/* The log has no users and no registry: they are read again if wanted. */
TEST(changes_with_users)
{
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned.config.own.users = canned.config.own.registry = 1;
	canned_push(CHANGES("{\"uid\": \"" U1 "\", \"action\": \"changed\"}",
	    "8", "8"));
	canned_push("{\"ok\": true, \"next\": \"/users/ann\", \"uids\": "
	    "[[\"/users/ann\"]]}");
	canned_push("{\"ok\": true, \"next\": null, \"uids\": "
	    "[[\"/users/zoe\"]]}");
	CHECK_INT(m.ops->changes(m.self, "e1:7", &c, &err), 1);
	check_list(&c.changed, "/registry /users/ann /users/zoe " U1 " ");
	CHECK(canned_asked(2, "\"after\":\"/users/ann\""));
	mirror_changes_clear(&c);
	canned_end(&m);
}

/* A cursor of another log, or of another mode, is none. */
TEST(cursors_of_another_life)
{
	static const char *const bad[] = { "17", "e1:", ":7", "e1:x",
	    "e1:-1", "e%1:7", "2026-11-21T01:36:53 a" };
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	canned_conflict();
	canned_push(LOG("true", "e2", "30"));
	CHECK_INT(m.ops->changes(m.self, "e1:7", &c, &err), 0);
	CHECK_STR(c.cursor.at, "e2:30");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		canned_push(LOG("true", "e2", "31"));
		CHECK_INT(m.ops->changes(m.self, bad[i], &c, &err), 0);
		CHECK_STR(c.cursor.at, "e2:31");
	}
	CHECK_INT(err.code, E_OK);
	mirror_changes_clear(&c);
	canned_end(&m);
}

TEST(changes_that_are_none)
{
	static const char *const bad[] = {
		CHANGES("", "12", "7"),		/* for ever */
		CHANGES("", "12", "6"),		/* backwards */
		CHANGES("{\"action\": \"changed\"}", "8", "8"),
		CHANGES("7", "8", "8"),
		"{\"ok\": true, \"entries\": []}",
		"{\"ok\": true, \"last\": 8, \"next\": 8}",
	};
	struct mirror m;
	struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;
	size_t i;

	(void)canned_companion(&m);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		canned_push(bad[i]);
		CHECK_ERR(m.ops->changes(m.self, "e1:7", &c, &err), &err,
		    E_DEST_PROTOCOL);
	}
	canned_push(LOG("true", "e 1", "7"));
	CHECK_ERR(m.ops->changes(m.self, "", &c, &err), &err,
	    E_DEST_PROTOCOL);
	mirror_changes_clear(&c);
	canned_end(&m);
}

TEST(a_companion_that_is_taken_out)
{
	static const char *const one[] = { U1 };
	struct mirror m;
	struct seen s = { .fail = 0 };
	struct mirror_sink sink = { see_item, see_failed, see_absent, &s };
	struct err err = ERR_INIT;

	(void)canned_companion(&m);
	canned_answer(404, "{\"success\": false, \"message\": \"no\"}");
	CHECK_ERR(m.ops->read(m.self, one, 1, &sink, &err), &err,
	    E_DEST_REJECTED);
	canned_end(&m);
}

int
main(void)
{
	return canned_start() ? unit_run() : 1;
}
