/* fuzz_shape.c: [item,exact,steps,catalogs], any JSON each, as what SENAITE
 * answers without the companion.  The document is canonical, and is refused
 * or taken as a line of the lab; a refusal leaves nothing.
 */
#include "../../mirror/senaite/shape.h"
#include "lab.h"
#include "mutate.h"

#define PARTS 4

/* The parts; those that are missing, or null, have no length. */
static void
take_apart(struct json_span all, struct json_span part[PARTS])
{
	struct json_walk w = json_walk(all);
	struct json_span none, item;
	size_t i;

	if (json_kind(all) != '[')
		return;
	for (i = 0; i < PARTS && json_next(&w, &none, &item); i++)
		if (!json_is(item, "null"))
			part[i] = item;
}

static void
check_path(const struct shape *s)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	int rc = shape_path(&path, s->item, s->site, &err);

	ALWAYS(rc < 0 || (path.len > 0 && path.at[0] == '/'));
	if (!fuzz_took(rc, &err, "E_DEST_PROTOCOL"))
		ALWAYS(path.len == 0);
}

static void
check_dates(struct json_span value)
{
	struct json_walk w = json_walk(value);
	struct json_span key, item;
	int64_t seconds;
	int offset;

	while (json_next(&w, &key, &item))
		if (json_kind(item) == '"' && shape_date(&seconds, &offset,
		    item.at + 1, item.len - 2) == 0)
			ALWAYS(offset > -86400 && offset < 86400);
}

static void
check(const struct shape *s)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT;
	struct json_span document;
	struct err err = ERR_INIT;
	int rc;

	ALWAYS((shape_needs(s) & ~(SHAPE_EXACT | SHAPE_STEPS)) == 0);
	check_path(s);
	check_dates(s->item);
	buf_addc(&out, '>');
	rc = shape_document(&out, s, &err);
	if (!fuzz_took(rc, &err, "E_DEST_PROTOCOL E_JSON")) {
		ALWAYS(fuzz_same(&out, ">", 1));
		return;
	}
	document = (struct json_span){ out.at + 1, out.len - 1 };
	GOOD(json_scan(document.at, document.len, JSON_DEPTH_MAX, &err), &err);
	lab_take(document);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT, columns = BUF_INIT;
	struct json_span part[PARTS] = { { "", 0 } };
	struct err err = ERR_INIT;
	struct shape s = { .site = "lims", .columns = &columns };

	if (json_canon(&all, (const char *)data, size, JSON_DEPTH_MAX,
	    &err) < 0)
		return 0;
	take_apart(json_of(&all), part);
	if (part[0].len == 0 || json_kind(part[0]) != '{')
		return 0;
	s.item = part[0];
	s.exact = part[1];
	s.steps = part[2];
	shape_columns(&columns, part[3].len > 0 ? part[3] :
	    (struct json_span){ "{}", 2 });
	check(&s);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
