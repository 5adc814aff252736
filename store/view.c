#include "view.h"

#include <sqlite3.h>

/* Append `text` for use between double quotes in SQL; a type has no quotes
 * (text_is_type), so nothing needs escaping. */
static void
add_name(struct buf *out, struct json_span type)
{
	buf_adds(out, "\"lab_");
	buf_add(out, type.at, type.len);
	buf_addc(out, '"');
}

int
view_make(struct store *s, struct json_span type, struct err *err)
{
	static const char *const columns[] = { "id", "title", "state",
	    "parent", "creator", "created", "modified", "fields",
	    "attachments" };
	CLEANUP(buf_clear) struct buf sql = BUF_INIT;
	size_t i;

	buf_adds(&sql, "CREATE VIEW IF NOT EXISTS ");
	add_name(&sql, type);
	buf_adds(&sql, " AS SELECT o.uid AS uid");
	for (i = 0; i < sizeof columns / sizeof *columns; i++)
		buf_addf(&sql, ",json_extract(v.content,'$.fields.%s') AS "
		    "\"%s\"", columns[i], columns[i]);
	buf_adds(&sql, ",json_extract(v.content,'$.history') AS history,"
	    "o.seq AS seq FROM object o JOIN version v ON v.object=o.id AND "
	    "v.winner=1 WHERE o.deleted=0 AND o.type='");
	buf_add(&sql, type.at, type.len);
	buf_adds(&sql, "'");
	if (buf_str(&sql) == NULL)
		return err_oom(err);
	if (sqlite3_exec(s->db, sql.at, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s, err, "view");
	return 0;
}
