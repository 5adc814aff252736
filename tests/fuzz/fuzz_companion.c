/* fuzz_companion.c: any JSON as a document of the companion.  What becomes a
 * document of a mirror is canonical, keeps all that is not an attachment, and
 * is refused or taken as a line of the lab. */
#include "../../mirror/senaite/companion.h"
#include "lab.h"
#include "mutate.h"

/* All members but those that are told in another way stay as they are. */
static void
check_members(struct json_span item, struct json_span document)
{
	struct json_walk w = json_walk(item);
	struct json_span key, value, x;
	CLEANUP(buf_clear) struct buf name = BUF_INIT;

	while (json_next(&w, &key, &value)) {
		buf_reset(&name);
		buf_add(&name, key.at, key.len);
		ALWAYS(json_member(document, buf_str(&name), &x));
		ALWAYS(json_same(value, x) || json_is(key, "attachments") ||
		    json_is(key, "settings"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf item = BUF_INIT, out = BUF_INIT;
	struct json_span document, modified;
	struct err err = ERR_INIT;

	if (json_canon(&item, (const char *)data, size, JSON_DEPTH_MAX,
	    &err) < 0)
		return 0;
	buf_addc(&out, '>');
	if (companion_document(&out, json_of(&item)) < 0) {
		ALWAYS(fuzz_same(&out, ">", 1));
		return 0;
	}
	document = (struct json_span){ out.at + 1, out.len - 1 };
	GOOD(json_scan(document.at, document.len, JSON_DEPTH_MAX, &err), &err);
	check_members(json_of(&item), document);
	ALWAYS(!companion_modified(&modified, document) ||
	    json_kind(modified) == '"');
	lab_take(document);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
