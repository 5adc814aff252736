/* fuzz_unpack.c: any bytes as a bundle for the golden reader, through all
 * rungs up to L7: admitted, its members decrypted, inflated, taken apart.
 * What is taken is written again as the plain bytes that were inside.
 */
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../format/minisign.h"
#include "../../format/record.h"
#include "../../format/tar.h"
#include "../../importer/admit.h"
#include "../../importer/unpack.h"
#include "agebox.h"
#include "memory.h"
#include "vessel.h"

#define NAMES "E_HASH E_DECRYPT E_NOT_FOR_US E_DECOMPRESS E_LIMIT E_HEADER " \
    "E_TRAILER E_TRUNCATED E_JSON E_RECORD"
#define HASH_NAME 64u			/* hex digits of an entry's name */

/* --- what was unpacked, written again ----------------------------------- */

static void
check_lines(const struct unpacked *u)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	size_t i;

	record_first(&again, u->job->m, u->number);
	for (i = 0; i < u->line_count; i++) {
		const struct unpack_line *l = &u->lines[i];
		const struct version *v = &l->version;
		struct record_version x = { .dot = v->dot, .born = v->born,
		    .label = v->label, .context = v->context,
		    .stamps = v->stamps, .content = v->content };

		if (l->uid.len > 0)
			record_head(&again, l->uid.at, l->uid.len,
			    l->versions);
		if (l->has_version)
			record_version(&again, &x);
	}
	ALWAYS(fuzz_same(&again, u->plain.at, u->plain.len));
}

static void
put_entry(struct buf *out, const struct unpack_entry *e)
{
	static const char zeros[TAR_BLOCK];
	unsigned char header[TAR_BLOCK], hash[32];
	char name[HASH_NAME + 32], hex[HASH_NAME + 1];

	(void)sodium_bin2hex(hex, sizeof hex, e->hash, sizeof e->hash);
	if (e->index < 0) {
		(void)crypto_generichash(hash, sizeof hash, e->data, e->size,
		    NULL, 0);
		ALWAYS(memcmp(hash, e->hash, sizeof hash) == 0);
		(void)snprintf(name, sizeof name, "%s", hex);
	} else {
		(void)snprintf(name, sizeof name, "%s.%06lld", hex,
		    (long long)e->index);
	}
	tar_header(header, name, e->size);
	buf_add(out, header, sizeof header);
	buf_add(out, e->data, e->size);
	buf_add(out, zeros, tar_padding(e->size));
}

static void
check_entries(const struct unpacked *u)
{
	static const char zeros[TAR_END];
	CLEANUP(buf_clear) struct buf again = BUF_INIT;
	size_t i;

	for (i = 0; i < u->entry_count; i++)
		put_entry(&again, &u->entries[i]);
	buf_add(&again, zeros, sizeof zeros);
	ALWAYS(fuzz_same(&again, u->plain.at, u->plain.len));
}

static void
unpack_all(const struct spool *spool, const struct manifest *m)
{
	CLEANUP(unpack_clear) struct unpack u = { .spool = spool, .m = m,
	    .identity = agebox_identity() };
	struct unpacked *x = NULL;
	struct err err = ERR_INIT;
	size_t n;
	int rc;

	GOOD(unpack_begin(&u, &err), &err);
	for (n = 0; (rc = unpack_next(&u, &x, &err)) > 0; n++) {
		ALWAYS(x->number == n + 1 && x->plain.len <= FORMAT_PLAIN_MAX);
		if (x->member->is_records)
			check_lines(x);
		else
			check_entries(x);
	}
	if (fuzz_took(rc, &err, NAMES))
		ALWAYS(n == spool->reader.count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(admission_clear) struct admission a = { .peer = { .id = 1 } };
	CLEANUP(spool_clear) struct spool spool = SPOOL_INIT;
	struct minisign_pub pub;
	struct err err = ERR_INIT;

	minisign_public(fuzz_key(), &pub);
	(void)snprintf(a.peer.site, sizeof a.peer.site, "%s",
	    FUZZ_SENDER);
	minisign_id_hex(pub.id, a.peer.key_id);
	if (memory_walk(&spool.reader, (struct json_span){ (const char *)data,
	    size }, 0, &err) < 0 ||
	    reader_authentic(&spool.reader, &pub, &err) < 0 ||
	    admit_valid(&spool.reader, &a, &err) < 0)
		return 0;
	spool.fd = memfd_create("bundle", MFD_CLOEXEC);
	ALWAYS(spool.fd >= 0);
	ALWAYS(write(spool.fd, data, size) == (ssize_t)size);
	unpack_all(&spool, &a.m);
	return 0;
}

/* --- changes below the layers ------------------------------------------- */

/* A name for a part, right or nearly so. */
static void
rename_part(struct dice *d, struct vessel_part *p)
{
	static const char *const tails[] = { "", ".000000", ".000001",
	    ".000002", ".0000001", ".1000000", ".99999999", ".100000000",
	    ".00001", ".", ".00000a" };

	if (strlen(p->name) >= HASH_NAME)
		(void)snprintf(p->name + HASH_NAME, sizeof p->name - HASH_NAME,
		    "%s", tails[dice(d, sizeof tails / sizeof *tails)]);
}

/* An entry's content, its name then fitting it; or the entries' order, or a
 * name. */
static int
change_pack(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(vessel_freep) struct vessel *v = NULL;
	struct vessel_part *p;
	unsigned char hash[32];

	if (vessel_open(&v, in) < 0)
		return -1;
	if (v->count == 0 || dice(d, 3) == 0) {
		vessel_shuffle(d, v);
	} else if (dice(d, 3) == 0) {
		rename_part(d, &v->part[dice(d, (unsigned)v->count)]);
	} else {
		p = &v->part[dice(d, (unsigned)v->count)];
		mutate_bytes(&p->content);
		(void)crypto_generichash(hash, sizeof hash,
		    (unsigned char *)p->content.at, p->content.len, NULL, 0);
		if (strlen(p->name) == HASH_NAME)
			(void)sodium_bin2hex(p->name, sizeof p->name, hash,
			    sizeof hash);
	}
	vessel_close(v, out);
	return 0;
}

static int
change_packed(struct dice *d, const char *name, struct json_span in,
    struct buf *out)
{
	enum codec codec = strstr(name, ".gz") != NULL ? CODEC_GZIP :
	    CODEC_ZSTD;
	CLEANUP(buf_clear) struct buf plain = BUF_INIT, other = BUF_INIT;
	struct err err = ERR_INIT;

	if (codec_unpack(fuzz_codec(), codec, in.at, in.len, FORMAT_PLAIN_MAX,
	    &plain, &err) < 0 ||
	    (strstr(name, ".blobs.") != NULL ? change_pack :
	    mutate_json_lines)(d, json_of(&plain), &other) < 0)
		return -1;
	return codec_pack(fuzz_codec(), codec, 1, other.at, other.len, out,
	    &err);
}

static int
change_member(struct dice *d, struct vessel_part *p)
{
	CLEANUP(agebox_clear) struct agebox box = { .mac_fits = 0 };
	CLEANUP(buf_clear) struct buf packed = BUF_INIT, sealed = BUF_INIT;
	struct json_span in = json_of(&p->content);
	int is_age = strstr(p->name, ".age") != NULL;

	if (is_age && agebox_open(&box, in) < 0)
		return -1;
	if (change_packed(d, p->name, is_age ? json_of(&box.plain) : in,
	    &packed) < 0)
		return -1;
	if (!is_age) {
		vessel_fill(p, &packed);
		return 0;
	}
	buf_reset(&box.plain);
	buf_add(&box.plain, packed.at, packed.len);
	agebox_seal(&box, &sealed);
	vessel_fill(p, &sealed);
	return 0;
}

static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	CLEANUP(vessel_freep) struct vessel *v = NULL;
	struct vessel_part *p;

	if (vessel_open(&v, in) < 0 || v->count < 5)
		return -1;
	p = &v->part[1 + dice(d, (unsigned)v->count - 4)];
	if (dice(d, 16) == 0)
		mutate_bytes(&p->content);
	else if (change_member(d, p) < 0)
		return -1;
	if (vessel_sign(v) < 0)
		return -1;
	vessel_close(v, out);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
