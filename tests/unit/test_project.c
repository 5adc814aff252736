#include "../../base/text.h"
#include "twins.h"

#define FOLDER(uid) "{\"uid\":\"" uid "\",\"type\":\"Folder\",\"path\":" \
	"\"/clients\",\"site\":true,\"parent\":null,\"id\":\"clients\"}"

static void
send_all(struct twin *from, struct twin *to)
{
	lab_send_all(&from->lab, &to->lab);
}

static void
pair_begin(struct twin *a, struct twin *b)
{
	twin_begin(a, "lab-a");
	twin_begin(b, "lab-b");
	put(a, FOLDER("fa"));
	put(b, FOLDER("fb"));
	CHECK_OK(twin_try_notice(a, 0, 0), &a->lab.err);
	CHECK_OK(twin_try_notice(b, 0, 0), &b->lab.err);
}

static void
pair_end(struct twin *a, struct twin *b)
{
	twin_end(a);
	twin_end(b);
}

/* A client with two samples in it, that refer to each other. */
static void
put_tree(struct twin *t, const char *folder)
{
	char text[256];

	(void)snprintf(text, sizeof text, "{\"uid\":\"c1\",\"type\":"
	    "\"Client\",\"parent\":\"%s\",\"id\":\"c-1\",\"fields\":{"
	    "\"First\":{\"uid\":\"s1\"}}}", folder);
	put(t, text);
	put(t, "{\"uid\":\"s1\",\"type\":\"Sample\",\"parent\":\"c1\","
	    "\"id\":\"s-1\",\"fields\":{\"Next\":[{\"uid\":\"s2\"}],"
	    "\"V\":\"1.2345\"},\"history\":[{\"time\":\"t1\"}]}");
	put(t, "{\"uid\":\"s2\",\"type\":\"Sample\",\"parent\":\"c1\","
	    "\"id\":\"s-2\",\"fields\":{\"Next\":[]}}");
}

/* A pair, the tree in the first one's instance, and in both stores. */
static void
pair_send_tree(struct twin *a, struct twin *b)
{
	pair_begin(a, b);
	put_tree(a, "fa");
	notice(a, "3 0 0 0 0 0");
	send_all(a, b);
}

/* --- creating ---------------------------------------------------------- */

TEST(create)
{
	struct twin a, b;

	pair_send_tree(&a, &b);

	/* A dry run counts and does nothing. */
	{
		struct mirror m = mem_mirror(b.m);
		const struct mirror_home home = { twin_open, &b };
		struct project_request q = { .dry_run = 1,
		    .config = &b.config };

		store_closep(&b.lab.s);
		CHECK_OK(project_run(&m, &home, &q, &b.p, &b.lab.err),
		    &b.lab.err);
		twin_reopen(&b);
		CHECK_INT(b.p.due, 3);
		CHECK_INT(b.m->created, 0);
	}
	project(&b, "3 3 0 0 0 0 0 0 0");
	CHECK_STR(there(&b, "c1"), "{\"fields\":{\"First\":{\"uid\":\"s1\"}},"
	    "\"id\":\"c-1\",\"parent\":\"fb\",\"type\":\"Client\",\"uid\":"
	    "\"c1\"}");

	/* A reference to what came later was held at once. */
	CHECK_INT(b.m->created, 3);
	CHECK_INT(b.m->updated, 0);

	/* Nothing is due, nothing is new, on either side. */
	project(&b, "0 0 0 0 0 0 0 0 0");
	notice(&b, "0 0 3 0 0 0");
	CHECK_INT(made(&b), 0);
	CHECK_STR(state_of(&b, "s1"), "held");
	CHECK_INT(b.m->created + b.m->updated, 3);
	pair_end(&a, &b);
}

/* References to what is not there yet are lost in the first pass. */
TEST(second_pass)
{
	struct twin a, b;

	pair_begin(&a, &b);
	b.m->strict_refs = 1;
	put_tree(&a, "fa");
	notice(&a, "3 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");
	has_text(there(&b, "c1"), "\"First\":{\"uid\":\"s1\"}");
	has_text(there(&b, "s1"), "\"Next\":[{\"uid\":\"s2\"}]");
	pair_end(&a, &b);
}

/* Both stores say the same. */
static void
check_agree(struct twin *a, struct twin *b)
{
	char *text = strdup(lab_all(&a->lab));

	CHECK(text != NULL);
	CHECK_STR(lab_all(&b->lab), text);
	free(text);
}

/* --- what it does not hold --------------------------------------------- */

static const struct mirror_ops *real_ops;
static const char *mode;

static const char *
natural(void *self, const char *type, size_t len, const struct field *f)
{
	(void)self;
	CHECK(len == 6 && memcmp(type, "Sample", len) == 0);
	return (f->nested && f->name.len == 6) || f->name.len == 7 ?
	    "not in its nature" : NULL;
}

static int
other_mode(void *self, struct mirror_facts *ret, struct err *err)
{
	int rc = real_ops->facts(self, ret, err);

	ret->mode = mode;
	return rc;
}

/* What it never can hold is listed, is no failure, and is tried again when
 * the mode is another one. */
TEST(nature)
{
	struct mirror_ops ops;
	struct twin a, b;

	pair_begin(&a, &b);
	b.m->drop = "Secret";
	b.m->drops_history = 1;
	real_ops = mem_mirror(b.m).ops;
	ops = *real_ops;
	ops.cannot_hold = natural;
	ops.facts = other_mode;
	mode = "plain";
	b.ops = &ops;
	put(&a, "{\"uid\":\"s1\",\"type\":\"Sample\",\"parent\":\"fa\","
	    "\"fields\":{\"Secret\":\"x\"},\"history\":[{\"time\":\"t1\"}]}");
	notice(&a, "1 0 0 0 0 0");
	send_all(&a, &b);
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.lossy, 1);
	CHECK_INT(b.p.partly + b.p.refused, 0);
	CHECK_STR(state_of(&b, "s1"), "held");
	CHECK_STR(why_of(&b, "s1"), "[{\"field\":\"fields.Secret\","
	    "\"reason\":\"not in its nature\"},{\"field\":\"history\","
	    "\"reason\":\"not in its nature\"}]");
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.due, 0);
	notice(&b, "0 0 1 0 0 0");

	mode = "companion";
	ops.cannot_hold = NULL;
	b.m->drop = NULL;
	b.m->drops_history = 0;
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.updated, 1);
	CHECK_STR(why_of(&b, "s1"), "");
	has_text(there(&b, "s1"), "\"Secret\":\"x\"");
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.due, 0);
	pair_end(&a, &b);
}

TEST(lossy)
{
	struct twin a, b;

	pair_begin(&a, &b);
	b.m->drop = "Secret";
	b.m->round = "V";
	b.m->drops_history = 1;
	b.m->own_history = 1;
	b.m->own_modified = 1;
	put(&a, "{\"uid\":\"s1\",\"type\":\"Sample\",\"parent\":\"fa\","
	    "\"id\":\"s-1\",\"modified\":\"m\",\"fields\":{\"Secret\":\"x\","
	    "\"V\":1.2345,\"W\":0.10},\"history\":[{\"time\":\"t1\"}]}");
	notice(&a, "1 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "1 1 0 0 0 0 0 1 0");
	CHECK_STR(state_of(&b, "s1"), "refused");
	CHECK_STR(why_of(&b, "s1"), "[{\"field\":\"fields.Secret\","
	    "\"reason\":\"the instance does not hold it\"},{\"field\":"
	    "\"fields.V\",\"reason\":\"the instance holds another value\"},"
	    "{\"field\":\"history\",\"reason\":\"the instance does not hold "
	    "all of it\"}]");
	has_text(there(&b, "s1"), "\"V\":1.2,");

	/* What it made of it is no change. */
	notice(&b, "0 0 1 0 0 0");
	CHECK_INT(made(&b), 0);
	CHECK_STR(state_of(&b, "s1"), "refused");

	/* A change of its users is put onto the whole. */
	put(&b, "{\"uid\":\"s1\",\"fields\":{\"V\":1.2,\"W\":7},"
	    "\"modified\":\"n\"}");
	notice(&b, "0 1 0 0 0 0");
	CHECK_STR(lab_show(&b.lab, "s1"), "{\"fields\":{\"Secret\":\"x\","
	    "\"V\":1.2345,\"W\":7},\"history\":[{\"time\":\"t1\"}],\"id\":"
	    "\"s-1\",\"modified\":\"n\",\"parent\":\"site:/clients\","
	    "\"type\":\"Sample\",\"uid\":\"s1\"}");
	put(&b, "{\"uid\":\"s1\",\"fields\":{\"V\":1.3,\"W\":7}}");
	notice(&b, "0 1 0 0 0 0");
	has_text(lab_show(&b.lab, "s1"), "\"V\":1.3,");
	has_text(lab_show(&b.lab, "s1"), "\"Secret\":\"x\"");

	/* And goes back to where all of it is held. */
	send_all(&b, &a);
	project(&a, "1 0 1 0 0 0 0 0 0");
	has_text(there(&a, "s1"), "\"Secret\":\"x\",\"V\":1.3,\"W\":7");
	notice(&a, "0 0 1 0 0 0");
	check_agree(&a, &b);
	pair_end(&a, &b);
}

/* What is refused the same way three times is left in peace, until it, or the
 * wish, changes. */
TEST(tries)
{
	struct twin a, b;
	uint64_t reads;
	int i;

	pair_begin(&a, &b);
	b.m->refuse = "Sample";
	put_tree(&a, "fa");
	notice(&a, "3 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "3 1 0 0 0 2 0 0 0");
	CHECK_STR(why_of(&b, "s1"), "[{\"reason\":\"no such type here\"}]");
	for (i = 0; i < 2; i++)
		project(&b, "2 0 0 0 0 2 0 0 0");
	reads = b.m->reads;
	b.m->refuse = NULL;
	project(&b, "2 0 0 0 0 2 0 0 0");
	CHECK_INT(b.m->created, 1);
	CHECK_INT(b.m->reads, reads);

	/* One changes, and is tried. */
	put(&a, "{\"uid\":\"s1\",\"title\":\"T\"}");
	notice(&a, "0 1 0 0 0 0");
	send_all(&a, &b);
	project(&b, "2 1 0 0 0 1 0 0 0");
	CHECK_OK(twin_try_project(&b, 1), &b.lab.err);
	CHECK_INT(b.p.created, 1);
	CHECK_INT(b.p.refused, 0);
	CHECK_INT(b.m->created, 3);
	project(&b, "0 0 0 0 0 0 0 0 0");
	check_agree(&a, &b);
	pair_end(&a, &b);
}

/* --- its own names ----------------------------------------------------- */

TEST(own_names)
{
	struct twin a, b;
	char *text;

	pair_begin(&a, &b);
	b.m->own_uids = b.m->changes_ids = b.m->strict_refs = 1;
	put_tree(&a, "fa");
	notice(&a, "3 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");
	CHECK_STR(there(&b, "m0001"), "{\"fields\":{\"First\":{\"uid\":"
	    "\"m0002\"}},\"id\":\"M-c-1\",\"parent\":\"fb\",\"type\":"
	    "\"Client\",\"uid\":\"m0001\"}");
	has_text(there(&b, "m0002"), "\"Next\":[{\"uid\":\"m0003\"}]");
	CHECK_STR(state_of(&b, "c1"), "held");
	CHECK_STR(state_of(&b, "s1"), "held");

	/* Its names are nobody's change. */
	notice(&b, "0 0 3 0 0 0");
	CHECK_INT(made(&b), 0);
	project(&b, "0 0 0 0 0 0 0 0 0");
	CHECK_INT(b.m->created, 3);

	/* A change there, a change here. */
	put(&b, "{\"uid\":\"m0002\",\"fields\":{\"Next\":[{\"uid\":\"m0001\"}]"
	    "}}");
	notice(&b, "0 1 0 0 0 0");
	has_text(lab_show(&b.lab, "s1"), "[{\"uid\":\"c1\"}]");
	has_text(lab_show(&b.lab, "s1"), "\"id\":\"s-1\"");
	put(&a, "{\"uid\":\"c1\",\"title\":\"T\"}");
	notice(&a, "0 1 0 0 0 0");
	send_all(&a, &b);
	project(&b, "1 0 1 0 0 0 0 0 0");
	text = strdup(there(&b, "m0001"));
	has_text(text, "\"title\":\"T\"");
	has_text(text, "\"id\":\"M-c-1\"");
	free(text);

	/* Somebody gives it another id. */
	put(&b, "{\"uid\":\"m0001\",\"id\":\"neu\"}");
	CHECK_OK(twin_try_notice(&b, 0, 0), &b.lab.err);
	has_text(lab_show(&b.lab, "c1"), "\"id\":\"neu\"");
	send_all(&b, &a);
	project(&a, "2 0 2 0 0 0 0 0 0");
	has_text(there(&a, "c1"), "\"id\":\"neu\"");
	check_agree(&a, &b);
	pair_end(&a, &b);
}

/* What an object refers to comes later, in another run. */
TEST(reference_later)
{
	struct twin a, b;
	int own;

	for (own = 0; own < 2; own++) {
		pair_begin(&a, &b);
		b.m->own_uids = own;
		b.m->strict_refs = 1;
		put(&a, "{\"uid\":\"s1\",\"type\":\"S\",\"fields\":{\"R\":{"
		    "\"uid\":\"s2\"}}}");
		notice(&a, "1 0 0 0 0 0");
		send_all(&a, &b);
		project(&b, "1 1 0 0 0 0 0 1 0");
		CHECK_STR(state_of(&b, "s1"), "refused");
		put(&a, "{\"uid\":\"s2\",\"type\":\"S\",\"fields\":{}}");
		notice(&a, "1 0 0 0 0 0");
		send_all(&a, &b);
		CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
		CHECK_STR(state_of(&b, "s1"), "held");
		CHECK_INT(b.p.partly, 0);
		has_text(there(&b, own ? "m0001" : "s1"), own ?
		    "\"R\":{\"uid\":\"m0002\"}" : "\"R\":{\"uid\":\"s2\"}");
		pair_end(&a, &b);
	}
}

/* --- policies ---------------------------------------------------------- */

#define MIRROR "[mirror]\nurl = http://x.example/s\nuser = u\n" \
	"password-file = /p\n"

TEST(prefixes)
{
	struct twin a, b;

	pair_begin(&a, &b);
	twin_config(&b, MIRROR "[peer lab-a]\nremote-prefix = A-\n"
	    "prefix-types = Client\n");
	put_tree(&a, "fa");
	notice(&a, "3 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");
	has_text(there(&b, "c1"), "\"id\":\"A-c-1\"");
	has_text(there(&b, "s1"), "\"id\":\"s-1\"");
	notice(&b, "0 0 3 0 0 0");
	CHECK_INT(made(&b), 0);
	put(&b, "{\"uid\":\"c1\",\"title\":\"T\"}");
	notice(&b, "0 1 0 0 0 0");
	has_text(lab_show(&b.lab, "c1"), "\"id\":\"c-1\"");
	pair_end(&a, &b);
}

/* A prefix that comes later is for what comes later; a title that is the id
 * is called as the object is. */
TEST(later_prefix)
{
	struct twin a, b;

	pair_send_tree(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");
	twin_config(&b, MIRROR "[peer lab-a]\nremote-prefix = A-\n"
	    "prefix-types = Client\n");
	put(&a, "{\"uid\":\"c1\",\"fields\":{\"N\":1}}");
	put(&a, "{\"uid\":\"c2\",\"type\":\"Client\",\"id\":\"c-2\","
	    "\"title\":\"c-2\",\"parent\":\"fa\"}");
	notice(&a, "1 1 0 0 0 0");
	send_all(&a, &b);
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.refused + b.p.partly, 0);
	has_text(there(&b, "c1"), "\"id\":\"c-1\"");
	has_text(there(&b, "c2"), "\"id\":\"A-c-2\"");
	has_text(there(&b, "c2"), "\"title\":\"A-c-2\"");
	has_text(lab_show(&b.lab, "c2"), "\"title\":\"c-2\"");
	pair_end(&a, &b);
}

TEST(left)
{
	struct twin a, b;

	pair_begin(&a, &b);
	put_tree(&a, "fa");
	put(&a, "{\"uid\":\"x1\",\"type\":\"X\"}");
	put(&a, "{\"uid\":\"u1\",\"type\":\"Up\"}");
	put(&a, "{\"uid\":\"r1\",\"type\":\"Read\",\"fields\":{\"R\":{"
	    "\"uid\":\"fs\"}}}");
	put(&a, "{\"uid\":\"fs\",\"type\":\"Setup\",\"path\":\"/setup\","
	    "\"site\":true,\"settings\":true,\"fields\":{\"T\":\"A\"}}");
	put(&b, "{\"uid\":\"bs\",\"type\":\"Setup\",\"path\":\"/setup\","
	    "\"site\":true,\"settings\":true,\"fields\":{\"T\":\"B\"}}");
	a.config.own.settings = 1;
	b.config.own.settings = 0;
	CHECK_OK(twin_try_notice(&a, 1, 0), &a.lab.err);
	CHECK_OK(twin_try_notice(&b, 1, 0), &b.lab.err);
	twin_config(&b, MIRROR "settings = no\n[peers]\n"
	    "types = Sample, Up, Read\nupdate-only = Up\n"
	    "read-only = Read\n");
	send_all(&a, &b);

	/* c1 comes with what is in it; neither x1, nor u1, nor settings. */
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.created, 4);
	CHECK_INT(b.p.left, 3);
	CHECK_STR(there(&b, "x1"), "");
	CHECK_STR(there(&b, "u1"), "");
	has_text(there(&b, "c1"), "Client");
	has_text(there(&b, "bs"), "\"T\":\"B\"");
	has_text(there(&b, "r1"), "{\"uid\":\"bs\"}");
	CHECK_STR(state_of(&b, "u1"), "left");

	/* It is there by other means: it is brought up to date. */
	put(&b, "{\"uid\":\"u1\",\"type\":\"Up\"}");
	CHECK_OK(twin_try_notice(&b, 0, 0), &b.lab.err);
	put(&a, "{\"uid\":\"u1\",\"title\":\"T\"}");
	CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
	send_all(&a, &b);
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	has_text(there(&b, "u1"), "\"title\":\"T\"");

	/* All is wanted. */
	twin_config(&b, MIRROR "settings = no\n[peers]\nsettings = yes\n");
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(b.p.left, 0);
	has_text(there(&b, "x1"), "X");
	has_text(there(&b, "bs"), "\"T\":\"A\"");
	pair_end(&a, &b);
}

/* --- changes on both sides --------------------------------------------- */

TEST(not_overwritten)
{
	struct twin a, b;

	pair_send_tree(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");

	/* b's users change it, nobody has noticed, when a's change comes. */
	put(&a, "{\"uid\":\"s2\",\"title\":\"from a\"}");
	notice(&a, "0 1 0 0 0 0");
	send_all(&a, &b);
	put(&b, "{\"uid\":\"s2\",\"id\":\"from b\"}");
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(siblings_of(&b, "s2"), 2);
	has_text(there(&b, "s2"), "\"from b\"");

	/* Decided at a, both have both. */
	send_all(&b, &a);
	CHECK_INT(siblings_of(&a, "s2"), 2);
	CHECK_OK(twin_try_project(&a, 0), &a.lab.err);
	notice(&a, "0 0 1 0 0 0");
	send_all(&a, &b);
	check_agree(&a, &b);
	pair_end(&a, &b);
}

static void
check_deletions(size_t batch)
{
	struct twin a, b;

	pair_begin(&a, &b);
	b.m->batch = batch;
	put_tree(&a, "fa");
	notice(&a, "3 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "3 3 0 0 0 0 0 0 0");
	take_away(&a, "c1");
	notice(&a, "0 0 0 3 0 0");
	put(&b, "{\"uid\":\"s2\",\"title\":\"kept\"}");
	send_all(&a, &b);

	/* s2 was changed there and lives: what it lies in stays, too. */
	project(&b, "3 0 0 1 1 1 0 0 0");
	CHECK_STR(there(&b, "s1"), "");
	has_text(there(&b, "s2"), "kept");
	CHECK_INT(siblings_of(&b, "s2"), 2);
	CHECK_STR(why_of(&b, "c1"), "[{\"reason\":\"objects that are not "
	    "deleted lie in it\"}]");
	notice(&b, "0 0 2 0 0 0");

	/* That goes, too, and all can. */
	take_away(&b, "s2");
	notice(&b, "0 0 0 1 0 0");
	project(&b, "1 0 0 0 1 0 0 0 0");
	CHECK_STR(there(&b, "c1"), "");
	notice(&b, "0 0 0 0 0 0");
	project(&b, "0 0 0 0 0 0 0 0 0");
	pair_end(&a, &b);
}

TEST(deletions)
{
	check_deletions(0);
}

/* That s2 lives is known only once s1 is deleted. */
TEST(deletions_one_by_one)
{
	check_deletions(1);
}

/* --- attachments ------------------------------------------------------- */

TEST(attachments)
{
	size_t len = 3 * 1024 * 1024 + 5, got, i;
	char *data = malloc(len);
	struct twin a, b;
	const char *at;

	CHECK(data != NULL);
	for (i = 0; i < len; i++)
		data[i] = (char)(i * i / 1001);
	pair_begin(&a, &b);
	CHECK_OK(mem_blob_put(a.m, "k1", data, len, &a.lab.err),
	    &a.lab.err);
	CHECK_OK(mem_blob_put(a.m, "k2", "abc", 3, &a.lab.err), &a.lab.err);
	put(&a, "{\"uid\":\"s1\",\"type\":\"S\",\"attachments\":[{\"field\":"
	    "\"F\",\"name\":\"a\",\"token\":\"k1\"},{\"field\":\"F\","
	    "\"name\":\"b\",\"token\":\"k2\"}]}");
	notice(&a, "1 0 0 0 0 0");
	send_all(&a, &b);
	project(&b, "1 0 0 0 0 1 0 0 0");
	CHECK_STR(why_of(&b, "s1"), "[{\"reason\":\"an attachment is not in "
	    "the store\"}]");
	lab_write(&b.lab, "big", data, len);
	lab_text(&b.lab, "small", "abc");
	load(&b.lab, "{\"uid\":\"other\",\"type\":\"Other\",\"attachments\":"
	    "[{\"file\":\"big\"},{\"file\":\"small\"}]}", "1 0 0 0");
	b.m->refuse = "Other";
	project(&b, "2 1 0 0 0 1 0 0 0");
	CHECK_INT(b.m->blobs_written, 2);
	has_text(there(&b, "s1"), "\"token\":\"t");
	at = strstr(there(&b, "s1"), "\"token\":\"t");
	{
		char token[32];

		(void)snprintf(token, sizeof token, "%.17s", at + 9);
		at = mem_blob_get(b.m, token, &got);
		CHECK(at != NULL);
		CHECK_INT(got, len);
		CHECK(memcmp(at, data, len) == 0);
	}

	/* What was given is known there: not read, and not given again. */
	put(&b, "{\"uid\":\"s1\",\"title\":\"T\"}");
	CHECK_OK(twin_try_notice(&b, 0, 0), &b.lab.err);
	CHECK_INT(b.m->blobs_read, 0);
	send_all(&b, &a);
	a.m->refuse = "Other";
	CHECK_OK(twin_try_project(&a, 0), &a.lab.err);
	CHECK_INT(a.m->blobs_written, 0);
	has_text(there(&a, "s1"), "\"title\":\"T\"");
	free(data);
	pair_end(&a, &b);
}

/* --- interrupted ------------------------------------------------------- */

static int
rows_of(struct twin *t, const char *type)
{
	char sql[128];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM object WHERE "
	    "type='%s' AND deleted=0", type);
	return (int)lab_number(&t->lab, sql);
}

static void
put_samples(struct twin *t, int count)
{
	char text[200];
	int i;

	for (i = 0; i < count; i++) {
		(void)snprintf(text, sizeof text, "{\"uid\":\"s%02d\","
		    "\"type\":\"Sample\",\"parent\":\"c1\",\"id\":\"s-%d\","
		    "\"fields\":{\"N\":%d,\"V\":\"%d.555\"}}", i, i, i, i);
		put(t, text);
	}
}

static void
lossy(struct twin *t)
{
	t->m->round = "V";
	t->m->drops_history = t->m->own_history = t->m->own_modified = 1;
}

/* The connection is cut at each object in turn, before or after it is
 * written: nothing is there twice, and nothing is anybody's change. */
static void
check_cuts(int own_uids, int is_lossy)
{
	struct twin a, b;
	uint64_t k;
	int how;

	for (how = 1; how <= 2; how++) {
		for (k = 0; k <= 8; k++) {
			pair_begin(&a, &b);
			b.m->batch = own_uids ? 1 : 3;
			b.m->own_uids = own_uids;
			if (is_lossy)
				lossy(&b);
			put_tree(&a, "fa");
			put_samples(&a, 6);
			CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
			send_all(&a, &b);
			b.m->cut = how;
			b.m->cut_after = k;
			CHECK_ERR(twin_try_project(&b, 0), &b.lab.err,
			    E_DEST_UNAVAILABLE);
			CHECK_INT(b.m->created, how == 1 ? k : k + 1);
			CHECK(b.p.waiting > 0);

			/* A notice between leaves it alone. */
			if (k % 2 == 0)
				CHECK_OK(twin_try_notice(&b, 0, 0),
				    &b.lab.err);
			CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
			CHECK_INT(b.m->created, 9);
			CHECK_INT(b.p.waiting, 0);
			CHECK_OK(twin_try_notice(&b, 1, 0), &b.lab.err);
			CHECK_INT(made(&b), 0);
			CHECK_INT(rows_of(&b, "Sample"), 8);
			check_agree(&a, &b);
			if (!is_lossy && !own_uids)
				CHECK_INT(b.m->updated, 0);
			CHECK_INT(lab_number(&b.lab, "SELECT count(*) FROM "
			    "instance_note WHERE key LIKE 'intent:%' OR key "
			    "LIKE 'unclear:%'"), 0);
			pair_end(&a, &b);
		}
	}
}

TEST(cut)
{
	check_cuts(0, 0);
}

TEST(cut_lossy)
{
	check_cuts(0, 1);
}

TEST(cut_own_uids)
{
	check_cuts(1, 0);
}

TEST(cut_own_uids_lossy)
{
	check_cuts(1, 1);
}

/* Killed at every opening of the store in turn. */
static void
check_kills(int is_lossy)
{
	struct twin a, b;
	uint64_t k, opens = 1000;
	int rc;

	for (k = 0; k <= opens; k++) {
		pair_begin(&a, &b);
		b.m->batch = 3;
		b.m->strict_refs = 1;
		if (is_lossy)
			lossy(&b);
		put_tree(&a, "fa");
		put_samples(&a, 3);
		CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
		send_all(&a, &b);
		b.fail_at = k;
		rc = twin_try_project(&b, 0);
		if (k == 0) {
			CHECK_OK(rc, &b.lab.err);
			opens = b.opens;
		} else {
			CHECK_ERR(rc, &b.lab.err, E_LOCKED);
		}
		b.fail_at = 0;
		CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
		CHECK_INT(b.m->created, 6);
		has_text(there(&b, "c1"), "\"First\":{\"uid\":\"s1\"}");
		CHECK_OK(twin_try_notice(&b, 1, 0), &b.lab.err);
		CHECK_INT(made(&b), 0);
		check_agree(&a, &b);
		pair_end(&a, &b);
	}
	CHECK(opens > 10);
}

TEST(killed_anywhere)
{
	check_kills(0);
}

TEST(killed_anywhere_lossy)
{
	check_kills(1);
}

/* Between a cut and the next run somebody edits what may have been written. */
TEST(edit_behind_a_cut)
{
	struct twin a, b;
	int is_new, again;

	for (is_new = 0; is_new < 2; is_new++) {
	for (again = 0; again < 2; again++) {
		pair_begin(&a, &b);
		lossy(&b);
		put_tree(&a, "fa");
		CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
		if (!is_new) {
			send_all(&a, &b);
			CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
			put(&a, "{\"uid\":\"s1\",\"title\":\"new\","
			    "\"fields\":{\"Next\":[],\"V\":\"7.654\"}}");
			CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
		}
		send_all(&a, &b);
		b.m->cut = 2;
		b.m->cut_after = (uint64_t)is_new;
		CHECK_ERR(twin_try_project(&b, 0), &b.lab.err,
		    E_DEST_UNAVAILABLE);
		has_text(there(&b, "s1"), "Sample");
		put(&b, "{\"uid\":\"s1\",\"id\":\"edited\"}");
		if (again) {
			/* Killed behind the second write. */
			b.m->cut = 2;
			b.m->cut_after = 0;
			CHECK_ERR(twin_try_project(&b, 0), &b.lab.err,
			    E_DEST_UNAVAILABLE);
		}
		CHECK_OK(twin_try_project(&b, 0), &b.lab.err);

		/* The edit is a version, and not more than the edit. */
		CHECK_INT(made(&b), 1);
		has_text(lab_show(&b.lab, "s1"), "\"id\":\"edited\"");
		has_text(there(&b, "s1"), "\"id\":\"edited\"");
		CHECK_INT(siblings_of(&b, "s1"), 1);
		has_text(lab_show(&b.lab, "s1"), is_new ? "1.2345" :
		    "\"V\":\"7.654\"");
		CHECK_OK(twin_try_notice(&b, 1, 0), &b.lab.err);
		CHECK_INT(made(&b), 1);
		pair_end(&a, &b);
	}
	}
}

/* Written, and not read back: what is read first is what came of it. */
TEST(mute)
{
	struct twin a, b;

	pair_begin(&a, &b);
	lossy(&b);
	b.m->mute = 1;
	put_tree(&a, "fa");
	CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
	send_all(&a, &b);
	project(&b, "3 3 0 0 0 0 3 0 0");
	CHECK_STR(why_of(&b, "s1"), "[{\"reason\":\"it could not be read "
	    "back\"}]");
	CHECK_STR(state_of(&b, "s1"), "waiting");
	b.m->mute = 0;
	CHECK_OK(twin_try_notice(&b, 0, 0), &b.lab.err);
	CHECK_INT(made(&b), 0);
	project(&b, "3 0 1 2 0 0 0 1 0");
	check_agree(&a, &b);
	CHECK_INT(made(&b), 0);
	CHECK_INT(b.m->created, 3);
	pair_end(&a, &b);
}

/* Somebody edits what was written and could not be read back. */
static void
check_mute_edit(int is_new, int is_lossy, int times)
{
	struct twin a, b;
	int i;

	pair_begin(&a, &b);
	if (is_lossy)
		lossy(&b);
	twin_config(&b, MIRROR "[peer lab-a]\nremote-prefix = A-\n"
	    "prefix-types = Sample\n");
	put_tree(&a, "fa");
	put(&a, "{\"uid\":\"s1\",\"title\":\"T\"}");
	CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
	if (!is_new) {
		send_all(&a, &b);
		CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
		put(&a, "{\"uid\":\"s1\",\"fields\":{\"Next\":[],\"V\":"
		    "\"7.654\"}}");
		CHECK_OK(twin_try_notice(&a, 0, 0), &a.lab.err);
	}
	send_all(&a, &b);
	b.m->mute = 1;
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_STR(state_of(&b, "s1"), "waiting");
	put(&b, "{\"uid\":\"s1\",\"title\":\"edited\"}");
	CHECK_OK(twin_try_notice(&b, 0, 0), &b.lab.err);
	for (i = 1; i < times; i++)
		CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	b.m->mute = 0;
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);

	/* The edit is a version, and not more than the edit. */
	CHECK_INT(made(&b), 1);
	CHECK_INT(siblings_of(&b, "s1"), 1);
	has_text(lab_show(&b.lab, "s1"), "\"title\":\"edited\"");
	has_text(lab_show(&b.lab, "s1"), "\"id\":\"s-1\"");
	has_text(lab_show(&b.lab, "s1"), is_new ? "1.2345" : "7.654");
	has_text(there(&b, "s1"), "\"title\":\"edited\"");
	has_text(there(&b, "s1"), "\"id\":\"A-s-1\"");
	CHECK_OK(twin_try_notice(&b, 1, 0), &b.lab.err);
	CHECK_OK(twin_try_project(&b, 0), &b.lab.err);
	CHECK_INT(made(&b), 1);
	CHECK_INT(lab_number(&b.lab, "SELECT count(*) FROM instance_note "
	    "WHERE key LIKE 'intent:%' OR key LIKE 'unclear:%'"), 0);
	pair_end(&a, &b);
}

TEST(mute_edit)
{
	int i;

	for (i = 0; i < 8; i++)
		check_mute_edit(i & 1, (i & 2) != 0, 1 + (i & 4) / 4);
}

int
main(void)
{
	return unit_run();
}
