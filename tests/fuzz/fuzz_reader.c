/* fuzz_reader.c: any bytes as a bundle, receipt, request or card, through the
 * rungs L1 to L4.  However it is read, the verdict is the same; what is taken
 * is the one file that its members make.
 */
#include <sodium.h>

#include "../../format/minisign.h"
#include "../../format/writer.h"
#include "../../importer/admit.h"
#include "memory.h"
#include "vessel.h"

#define WALK_NAMES "E_TRUNCATED E_FORMAT E_HEADER E_TRAILER E_LIMIT E_SIGFORMAT"
#define VALID_NAMES "E_HASH E_VERSION E_FORMAT"
#define ADMIT_NAMES "E_HASH E_VERSION E_FORMAT E_MANIFEST E_LIMIT " \
    "E_UNKNOWN_KEY E_SIGNATURE"

static void
put(struct vessel *v, const char *name, const void *data, size_t len)
{
	struct vessel_part *p = &v->part[v->count++];

	(void)snprintf(p->name, sizeof p->name, "%s", name);
	buf_add(&p->content, data, len);
}

/* Its members in a file that is made anew, signed anew: the same bytes. */
static void
check_again(const struct reader *r, struct json_span file)
{
	CLEANUP(vessel_freep) struct vessel *v = calloc(1, sizeof *v);
	CLEANUP(buf_clear) struct buf sig = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;
	size_t i;

	ALWAYS(v != NULL);
	if (r->count > VESSEL_PARTS - 4)
		return;
	put(v, "README.txt", format_readme, strlen(format_readme));
	for (i = 0; i < r->count; i++)
		put(v, r->members[i].name, file.at + r->members[i].at,
		    (size_t)r->members[i].size);
	put(v, "manifest.json", r->manifest.at, r->manifest.len);
	put(v, "SUMS", r->rebuilt.at, r->rebuilt.len);
	GOOD(minisign_sign(fuzz_key(), r->rebuilt.at, r->rebuilt.len, &sig,
	    &err), &err);
	put(v, "SUMS.minisig", sig.at, sig.len);
	vessel_close(v, &again);
	ALWAYS(fuzz_same(&again, file.at, file.len));
	ALWAYS(reader_is_magic(file.at, file.len) && r->size == file.len);
}

/* From the last bytes alone the same is read. */
static void
check_tail(const struct reader *r, struct json_span file)
{
	CLEANUP(reader_clear) struct reader t = { .members = NULL };
	struct err err = ERR_INIT;

	GOOD(reader_tail(&t, file.at, file.len, &err), &err);
	ALWAYS(memcmp(t.id, r->id, sizeof r->id) == 0);
	ALWAYS(memcmp(t.key_id, r->key_id, sizeof r->key_id) == 0);
	ALWAYS(fuzz_same(&t.manifest, r->manifest.at, r->manifest.len));
}

/* Rungs L3 and L4, of a file that says it is from the golden sender. */
static void
check_admission(const struct reader *r)
{
	CLEANUP(admission_clear) struct admission a = { .peer = { .id = 1 } };
	struct err err = ERR_INIT;

	(void)snprintf(a.peer.site, sizeof a.peer.site, "%s",
	    FUZZ_SENDER);
	minisign_id_hex(r->key_id, a.peer.key_id);
	if (!fuzz_took(admit_valid(r, &a, &err), &err, ADMIT_NAMES))
		return;
	ALWAYS(strcmp(a.m.from.site, FUZZ_SENDER) == 0);
	ALWAYS(a.m.totals.members == r->count);
}

/* In small steps: the same verdict, the same members. */
static void
check_steps(const struct reader *r, int rc, struct json_span file)
{
	CLEANUP(reader_clear) struct reader again = { .members = NULL };
	struct err err = ERR_INIT;

	ALWAYS(memory_walk(&again, file, 511, &err) == rc);
	ALWAYS(again.count == r->count && again.size == r->size);
	ALWAYS(rc < 0 || memcmp(again.id, r->id, sizeof r->id) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(reader_clear) struct reader r = { .members = NULL };
	struct json_span file = { (const char *)data, size };
	enum sums_kind kind = SUMS_BUNDLE;
	struct err err = ERR_INIT;
	struct minisign_pub pub;
	int rc;

	minisign_public(fuzz_key(), &pub);
	rc = memory_walk(&r, file, 0, &err);
	check_steps(&r, rc, file);
	if (!fuzz_took(rc, &err, WALK_NAMES) ||
	    !fuzz_took(reader_authentic(&r, &pub, &err), &err, "E_SIGNATURE"))
		return 0;
	rc = reader_valid(&r, &kind, &err);
	if (!fuzz_took(rc, &err, VALID_NAMES))
		return 0;
	check_again(&r, file);
	check_tail(&r, file);
	check_admission(&r);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(vessel_reshape, data, size, max, seed);
}
