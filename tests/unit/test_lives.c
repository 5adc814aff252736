/* A late file of a peer's earlier life, real stores and real bundles. */
#include "../../store/blob.h"
#include "../../store/lines.h"
#include "../../store/stream.h"
#include "sites.h"

static const char content[] = "measured\n";

/* x loads an object with an attachment. */
static void
load(struct sites *t)
{
	char path[256], text[256];
	const char *list = path;
	struct lines_stats n;
	struct store *s = sites_open(t, "x");
	FILE *f;

	(void)snprintf(path, sizeof path, "%.100s/run.csv", t->folder);
	CHECK((f = fopen(path, "w")) != NULL);
	CHECK(fputs(content, f) >= 0 && fclose(f) == 0);
	(void)snprintf(text, sizeof text, "{\"uid\":\"c1\",\"type\":\"T\","
	    "\"attachments\":[{\"name\":\"run.csv\",\"file\":\"run.csv\"}]}\n");
	(void)snprintf(path, sizeof path, "%.100s/lab.jsonl", t->folder);
	CHECK((f = fopen(path, "w")) != NULL);
	CHECK(fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK_OK(lines_load(s, &list, 1, NULL, &n, &t->err), &t->err);
	store_closep(&s);
}

/* The path of the one file that x writes to all. */
static void
export(struct sites *t, struct export_result *ret)
{
	const char *to[] = { "y", "z" };
	struct export_request r = sites_request(t, "x", to, 2);
	struct store *s = sites_open(t, "x");

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(export_run(s, &r, ret, &t->err), &t->err);
	CHECK_INT(ret->count, 1);
	store_closep(&s);
}

static void
begin_again(struct sites *t)
{
	const char *home = sites_find(t, "x")->home;
	struct store *s;

	sites_shell("rm -rf '%s'%s", home, "");
	sites_shell("mv '%s.backup' '%s'", home, home);
	s = sites_open(t, "x");
	CHECK_INT(guard_restored(s, t->state, "4444444444444444", 0, "test",
	    &t->err), 1);
	store_closep(&s);
}

static void
import(struct sites *t, const char *site, const struct export_result *from)
{
	struct import_result r;

	sites_import(t, site, from->files[0].path, IMPORT_APPLY, &r);
	CHECK_INT(r.at[0].err.code, E_OK);
	import_result_clear(&r);
}

/* Would the site leave the attachment out for x? */
static int
is_known(struct sites *t, const char *site)
{
	struct store *s = sites_open(t, site);
	unsigned char hash[32];
	uint64_t size;
	struct peer p;
	int64_t id;
	int rc;

	(void)crypto_generichash(hash, 32, (const unsigned char *)content,
	    sizeof content - 1, NULL, 0);
	CHECK_INT(peer_find(s, "x", &p, &t->err), 1);
	CHECK_INT(blob_find(s, hash, &id, &size, &t->err), 1);
	CHECK_OK(rc = stream_blob_known(s, p.id, FILTER_ALL, id, 0, &t->err),
	    &t->err);
	store_closep(&s);
	return rc;
}

TEST(attachment_of_an_earlier_life)
{
	struct export_result old, new;
	struct sites t;

	sites_begin(&t);
	sites_add(&t, "x", "1111111111111111");
	sites_add(&t, "y", "2222222222222222");
	sites_add(&t, "z", "3333333333333333");
	sites_pin_all(&t);
	sites_shell("cp -a '%s' '%s.backup'", sites_find(&t, "x")->home,
	    sites_find(&t, "x")->home);
	load(&t);
	export(&t, &old);
	begin_again(&t);
	export(&t, &new);

	/* y hears of the new life first: x may have lost what it sent. */
	import(&t, "z", &old);
	CHECK_INT(is_known(&t, "z"), 1);
	import(&t, "z", &new);
	CHECK_INT(is_known(&t, "z"), 0);
	import(&t, "y", &new);
	import(&t, "y", &old);
	CHECK_INT(is_known(&t, "y"), 0);
	export_result_clear(&old);
	export_result_clear(&new);
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
