/* Where files go and whether they fit: the estimate beside what is then
 * written, the limits of a medium, places that cannot be. */
#include "exporter/room.h"

#include "../../store/lines.h"
#include "exporter/chain.h"
#include "sites.h"

#define OBJECTS 3000

/* Attachments: of noise, or all alike. */
static void
write_noise(const char *path, size_t size, int is_noise)
{
	char *bytes = calloc(size, 1);
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && bytes != NULL);
	if (is_noise)
		randombytes_buf(bytes, size);
	CHECK_INT(fwrite(bytes, 1, size, f), size);
	CHECK_INT(fclose(f), 0);
	free(bytes);
}

static void
hash_zeros(unsigned char ret[32], size_t size)
{
	unsigned char *bytes = calloc(size, 1);

	CHECK(bytes != NULL);
	(void)crypto_generichash(ret, 32, bytes, size, NULL, 0);
	free(bytes);
}

static const char *
in(const struct sites *t, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof path, "%.70s/%.40s", t->folder, name);
	return path;
}

/* a and b; a has objects of two types, one with two attachments. */
static void
begin(struct sites *t)
{
	const char *path;
	struct lines_stats n;
	struct store *s;
	FILE *f;
	int i;

	sites_begin(t);
	sites_add(t, "a", "1111111111111111");
	sites_add(t, "b", "2222222222222222");
	sites_pin_all(t);
	write_noise(in(t, "noise"), 700000, 1);
	write_noise(in(t, "alike"), 5000000, 0);
	path = in(t, "lines.jsonl");
	CHECK((f = fopen(path, "w")) != NULL);
	for (i = 0; i < OBJECTS; i++)
		(void)fprintf(f, "{\"uid\":\"u%d\",\"type\":\"%s\",\"fields\":"
		    "{\"Result\":\"%u\",\"Text\":\"%08x%08x\"}%s}\n", i,
		    i % 3 == 0 ? "Sample" : "Client", (unsigned)(i * i),
		    randombytes_random(), randombytes_random(), i == 1 ?
		    ",\"attachments\":[{\"file\":\"noise\"},"
		    "{\"file\":\"alike\"},{\"file\":\"noise\"}]" : "");
	CHECK_INT(fclose(f), 0);
	s = sites_open(t, "a");
	CHECK_OK(lines_load(s, &path, 1, NULL, &n, &t->err), &t->err);
	store_closep(&s);
}

/* A dry run, then the thing itself; `ret`: what it wrote.  Half of it to
 * twice as much, and 16 KiB for what each file has. */
static void
check_estimate(struct sites *t, struct export_request *r, uint64_t blobs,
    struct export_result *ret)
{
	struct export_result dry = EXPORT_RESULT_INIT;
	struct store *s = sites_open(t, "a");

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	r->dry_run = 1;
	CHECK_OK(export_run(s, r, &dry, &t->err), &t->err);
	r->dry_run = 0;
	CHECK_OK(export_run(s, r, ret, &t->err), &t->err);
	CHECK_INT(dry.files[0].records, ret->files[0].records);
	CHECK_INT(dry.files[0].blobs, blobs);
	CHECK_INT(ret->files[0].blobs, blobs);
	CHECK_INT(dry.files[0].blob_bytes, ret->files[0].blob_bytes);
	if (dry.estimate < ret->files[0].size / 2 ||
	    dry.estimate > ret->files[0].size * 2 + 16384)
		FAIL("estimated %llu, written %llu",
		    (unsigned long long)dry.estimate,
		    (unsigned long long)ret->files[0].size);
	export_result_clear(&dry);
	store_closep(&s);
}

static void
bring(struct sites *t, const char *to, const char *path)
{
	struct import_result got = { NULL, 0 };

	sites_import(t, to, path, IMPORT_APPLY, &got);
	err_recall(&t->err, &got.at[0].err);
	CHECK_OK(-(int)t->err.code, &t->err);
	import_result_clear(&got);
}

static void
send_receipt(struct sites *t)
{
	static const char *const a[] = { "a" };
	struct export_request r = sites_request(t, "b", a, 1);
	struct export_result files = EXPORT_RESULT_INIT;
	struct store *s = sites_open(t, "b");

	CHECK_OK(guard_check(s, t->state, &t->err), &t->err);
	CHECK_OK(export_receipt(s, &r, &files, &t->err), &t->err);
	store_closep(&s);
	bring(t, "a", files.files[0].path);
	export_result_clear(&files);
}

/* Everything, an excerpt, zstd and gzip; then what b has is not counted, but
 * what it asks for is. */
TEST(estimates_are_near)
{
	static const char *const b[] = { "b" }, *const sample[] = { "Sample" };
	struct export_result all = EXPORT_RESULT_INIT;
	struct export_result files = EXPORT_RESULT_INIT;
	unsigned char hash[1][32];
	struct export_request r;
	struct sites t;

	begin(&t);
	r = sites_request(&t, "a", b, 1);
	check_estimate(&t, &r, 2, &all);
	r.codec = CODEC_GZIP;
	check_estimate(&t, &r, 2, &files);
	export_result_clear(&files);
	r.codec = CODEC_ZSTD;
	r.types = sample;
	r.type_count = 1;
	check_estimate(&t, &r, 0, &files);
	export_result_clear(&files);
	bring(&t, "b", all.files[0].path);
	send_receipt(&t);
	export_result_clear(&all);
	r = sites_request(&t, "a", b, 1);
	check_estimate(&t, &r, 0, &files);
	export_result_clear(&files);
	hash_zeros(hash[0], 5000000);
	r.wanted = (const unsigned char (*)[32])hash;
	r.wanted_count = 1;
	check_estimate(&t, &r, 1, &files);
	export_result_clear(&files);
	r = sites_request(&t, "a", b, 1);
	r.full = 1;
	check_estimate(&t, &r, 2, &files);
	export_result_clear(&files);
	sites_end(&t);
}

/* What a file may be: the user's size, or ours, and never more than the medium
 * can hold. */
TEST(files_fit_the_medium)
{
	static const struct {
		uint64_t asked, largest, is;
	} rows[] = {
		{ 0, MEDIUM_UNKNOWN, 4294967295u },
		{ 0, 4294967295u, 4294967295u },
		{ 0, 1000000, 1000000 },
		{ 700000, 1000000, 700000 },
		{ 700000, MEDIUM_UNKNOWN, 700000 },
		{ UINT64_C(8) << 30, 4294967295u, 4294967295u },
		{ UINT64_C(8) << 30, MEDIUM_UNKNOWN, UINT64_C(8) << 30 }
	};
	static const char *const b[] = { "b" };
	struct export_request r;
	struct sites t;
	struct store *s;
	size_t i;

	begin(&t);
	r = sites_request(&t, "a", b, 1);
	s = sites_open(&t, "a");
	CHECK_OK(guard_check(s, t.state, &t.err), &t.err);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(plan_clear) struct plan p = { .wanted = BUF_INIT };
		CLEANUP(chain_clear) struct chain c = { .pub = PUBLISH_INIT };
		struct export_result files = EXPORT_RESULT_INIT;

		r.max_size = rows[i].asked;
		CHECK_OK(plan_make(s, &r, &p, &t.err), &t.err);
		CHECK_OK(place_find(&p.place, r.out, s->home, &t.err),
		    &t.err);
		p.place.medium.largest = rows[i].largest;
		CHECK_OK(chain_begin(&c, s, &p, &files, &t.err), &t.err);
		CHECK(c.max_size == rows[i].is);
	}
	store_closep(&s);
	sites_end(&t);
}

TEST(places)
{
	static const struct {
		const char *out, *folder;	/* NULL: it is none */
		int is_file;
	} rows[] = {
		{ "%s", "%s", 0 }, { "%s/", "%s/", 0 },
		{ "%s/file", "%s", 1 }, { "%s/noise", "%s", 1 },
		{ "/file", "/", 1 }, { "file", ".", 1 },
		{ "", NULL, 0 }, { "%s/none/", NULL, 0 },
		{ "%s/none/file", NULL, 0 }, { "%s/noise/file", NULL, 0 },
		{ "%s/noise/", NULL, 0 }
	};
	char out[128], folder[128];
	struct sites t;
	size_t i;

	begin(&t);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(place_clear) struct place p = PLACE_INIT;
		const char *rest = strstr(rows[i].out, "%s");

		(void)snprintf(out, sizeof out, "%s%s", rest != NULL ?
		    t.folder : "", rest != NULL ? rest + 2 : rows[i].out);
		if (rows[i].folder == NULL) {
			CHECK_ERR(place_find(&p, out, t.at[0].home, &t.err),
			    &t.err, E_USAGE);
			continue;
		}
		rest = strstr(rows[i].folder, "%s");
		(void)snprintf(folder, sizeof folder, "%s%s", rest != NULL ?
		    t.folder : "", rest != NULL ? rest + 2 : rows[i].folder);
		CHECK_OK(place_find(&p, out, t.at[0].home, &t.err), &t.err);
		CHECK_STR(p.folder, folder);
		CHECK_INT(p.is_file, rows[i].is_file);
	}
	sites_end(&t);
}

/* A place that cannot say how much is free has room; else to the byte, and a
 * unit for each file. */
TEST(room_to_the_byte)
{
	CLEANUP(place_clear) struct place p = PLACE_INIT;
	struct sites t;

	begin(&t);
	CHECK_OK(place_find(&p, t.folder, t.at[0].home, &t.err), &t.err);
	CHECK_OK(place_fits(&p, 1, 1, &t.err), &t.err);
	CHECK_ERR(place_fits(&p, UINT64_MAX / 2, 1, &t.err), &t.err,
	    E_NOSPACE);
	free(p.folder);
	CHECK((p.folder = strdup("/proc")) != NULL);
	CHECK_OK(place_fits(&p, UINT64_MAX / 2, 1, &t.err), &t.err);
	sites_end(&t);
}

/* Half of an estimate is enough to begin; if even that is not free, the whole
 * of it is what a person is told to make room for. */
TEST(room_about)
{
	CLEANUP(place_clear) struct place p = PLACE_INIT;
	const char *about;
	struct sites t;

	begin(&t);
	CHECK_OK(place_find(&p, t.folder, t.at[0].home, &t.err), &t.err);
	CHECK(p.medium.free < UINT64_MAX / 4);
	CHECK_OK(place_may_fit(&p, p.medium.free + p.medium.free / 2,
	    &t.err), &t.err);
	CHECK(place_may_fit(&p, 4 * p.medium.free, &t.err) < 0);
	about = strstr(t.err.text, "about ");
	CHECK(about != NULL && strtoull(about + 6, NULL, 10) >=
	    4 * p.medium.free);
	CHECK_ERR(-(int)t.err.code, &t.err, E_NOSPACE);
	sites_end(&t);
}

int
main(void)
{
	return unit_run();
}
