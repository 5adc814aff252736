#include "lab.h"

#include <limits.h>

#include "../../base/file.h"
#include "../../base/text.h"
#include "../../mirror/doc.h"
#include "../../store/instance.h"

static char folder[PATH_MAX], secret[PATH_MAX + 8];
static struct store *store;

static void
finish(void)
{
	char command[PATH_MAX + 16];

	store_closep(&store);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", folder);
}

static void
know(char digit)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	struct err err = ERR_INIT;

	buf_addf(&r.uid, "lab-%c", digit);
	while (r.remote.len < 32)
		buf_addc(&r.remote, digit);
	ALWAYS(buf_str(&r.uid) != NULL && buf_str(&r.remote) != NULL);
	GOOD(instance_put(store, &r, &err), &err);
}

struct store *
lab_store(void)
{
	const char *tmp = getenv("TMPDIR");
	char home[PATH_MAX + 8];
	struct err err = ERR_INIT;
	char digit;

	if (store != NULL)
		return store;
	(void)snprintf(folder, sizeof folder, "%s/satchel-fuzz.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ALWAYS(mkdtemp(folder) != NULL);
	(void)snprintf(home, sizeof home, "%s/home", folder);
	GOOD(store_create(home, "lab", "lab", "1111111111111111", &err), &err);
	GOOD(store_open(&store, home, STORE_WRITE, 0, &err), &err);
	ALWAYS(atexit(finish) == 0);
	GOOD(store_begin(store, &err), &err);
	GOOD(instance_init(store, "senaite", &err), &err);
	for (digit = '1'; digit <= '3'; digit++)
		know(digit);
	return store;
}

const char *
lab_secret(void)
{
	struct err err = ERR_INIT;

	(void)lab_store();
	if (secret[0] != '\0')
		return secret;
	(void)snprintf(secret, sizeof secret, "%s/secret", folder);
	GOOD(file_put(secret, 0600, "secret\n", 7, &err), &err);
	return secret;
}

static void
check_line(struct json_span uid, struct json_span line)
{
	CLEANUP(doc_line_clear) struct doc_line l = DOC_LINE_INIT;
	struct json_span fields;
	struct err err = ERR_INIT;

	GOOD(json_scan(line.at, line.len, LINE_DEPTH_MAX, &err), &err);
	if (!fuzz_took(doc_line_read(lab_store(), uid, line, &l, &err), &err,
	    "E_RECORD E_JSON E_LIMIT"))
		return;
	fields = doc_fields(&l);
	ALWAYS(fields.len == 0 || json_scan(fields.at, fields.len,
	    LINE_DEPTH_MAX, &err) == 0);
}

void
lab_take(struct json_span document)
{
	CLEANUP(doc_clear) struct doc d = DOC_INIT;
	struct err err = ERR_INIT;

	if (!fuzz_took(doc_in(lab_store(), document, &d, &err), &err,
	    "E_RECORD E_JSON E_LIMIT"))
		return;
	ALWAYS(text_is_uid(d.uid.at, d.uid.len));
	check_line(json_of(&d.uid), json_of(&d.line));
}
