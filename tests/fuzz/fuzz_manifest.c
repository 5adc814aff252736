/* fuzz_manifest.c: any text as a manifest of any kind.  What is taken is
 * written again as the very bytes, fields of "x-" names left out. */
#include "../../base/text.h"
#include "../../format/card.h"
#include "../../format/manifest.h"
#include "mutate.h"

static void
check_ids(const struct manifest *m)
{
	size_t i;

	ALWAYS(site_is_id(m->from.site, strlen(m->from.site)));
	ALWAYS(m->from.generation >= 1 && m->from.generation <= COUNTER_MAX);
	ALWAYS(text_is_name(m->from_name, strlen(m->from_name)));
	for (i = 0; i < m->to_count; i++) {
		ALWAYS(text_is_name(m->to[i].name, strlen(m->to[i].name)));
		ALWAYS(site_is_id(m->to[i].site, strlen(m->to[i].site)));
		ALWAYS(i == 0 ||
		    strcmp(m->to[i - 1].site, m->to[i].site) < 0);
	}
	for (i = 1; i < m->head_count; i++)
		ALWAYS(actor_cmp(&m->heads[i - 1].actor,
		    &m->heads[i].actor) < 0);
	for (i = 1; i < m->wanted_count; i++)
		ALWAYS(memcmp(m->wanted[i - 1], m->wanted[i], 32) < 0);
}

static void
check_ranges(const struct manifest *m)
{
	int64_t seconds;

	ALWAYS(text_undate(&seconds, m->created, strlen(m->created)) == 0);
	ALWAYS(m->since <= m->until && m->until <= COUNTER_MAX);
	ALWAYS(m->cadence == 0 || (m->kind != MANIFEST_CARD &&
	    m->cadence >= 3600 && m->cadence <= 31622400));
	if (m->kind == MANIFEST_CARD) {
		ALWAYS(m->minisign != NULL && m->age != NULL);
		return;
	}
	ALWAYS(m->to_count >= 1 && m->to_count <= FORMAT_TO_MAX);
	ALWAYS(m->sequence >= 1 && m->wanted_count <= FORMAT_WANTED_MAX);
	ALWAYS(m->totals.members <= FORMAT_MEMBERS_MAX);
	ALWAYS(m->totals.unpacked <= m->totals.members * FORMAT_PLAIN_MAX);
}

/* The text without its "x-" fields. */
static void
known(struct buf *out, struct json_span text)
{
	struct json_walk w = json_walk(text);
	struct json_span key, value;

	buf_addc(out, '{');
	while (json_next(&w, &key, &value)) {
		if (key.len >= 2 && memcmp(key.at, "x-", 2) == 0)
			continue;
		buf_addf(out, "%s\"%.*s\":", out->len > 1 ? "," : "",
		    (int)key.len, key.at);
		buf_add(out, value.at, value.len);
	}
	buf_addc(out, '}');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(manifest_clear) struct manifest m = { .kind = MANIFEST_BUNDLE };
	CLEANUP(buf_clear) struct buf again = BUF_INIT, want = BUF_INIT;
	const char *text = (const char *)data;
	struct err err = ERR_INIT;
	int rc = manifest_parse(&m, text, size, &err);

	if (!fuzz_took(rc, &err, "E_MANIFEST E_VERSION E_LIMIT")) {
		ALWAYS(m.to == NULL && m.filter == NULL && m.from.site[0] == 0);
		return 0;
	}
	ALWAYS(size <= FORMAT_MANIFEST_MAX);
	ALWAYS(json_scan(text, size, JSON_DEPTH_MAX, &err) == 0);
	known(&want, (struct json_span){ text, size });
	GOOD(manifest_write(&m, &again, &err), &err);
	ALWAYS(fuzz_same(&again, want.at, want.len));
	check_ids(&m);
	check_ranges(&m);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
