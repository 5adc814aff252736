#include "note.h"

static int
key_of(const char *kind, const char *uid, struct buf *key, struct err *err)
{
	buf_addf(key, "%s:%s", kind, uid);
	return buf_str(key) == NULL ? err_oom(err) : 0;
}

int
note_get(struct store *s, const char *kind, const char *uid, struct buf *out,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf key = BUF_INIT;
	int rc;

	if ((rc = key_of(kind, uid, &key, err)) < 0)
		return rc;
	return instance_note(s, key.at, out, err);
}

int
note_put(struct store *s, const char *kind, const char *uid,
    const char *value, struct err *err)
{
	CLEANUP(buf_clear) struct buf key = BUF_INIT;
	int rc;

	if ((rc = key_of(kind, uid, &key, err)) < 0)
		return rc;
	return instance_note_put(s, key.at, value, err);
}
