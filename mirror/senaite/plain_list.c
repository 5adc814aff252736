#include "plain.h"

#include <stdio.h>
#include <string.h>

#include "../../base/text.h"
#include "span.h"

/* What no instance without our add-on can carry, for a person. */
static const char cannot[] =
    "read: times of objects to the second only; an empty value is told from "
    "false, 0 and an empty list by what is known of SENAITE's schemas, where "
    "plone.restapi cannot read the type (samples, analyses, services, "
    "attachments, reports, instruments)\n"
    "read: a reference whose target is missing, who owns an object, and "
    "objects that senaite.jsonapi cannot show (Setup)\n"
    "written: new objects get new UIDs, samples, services and instruments new "
    "ids too\n"
    "written: no history, no date of modification, and of set-up objects no "
    "date of creation; a step of a workflow is taken anew, now, by our user, "
    "and only where SENAITE allows it: results that somebody else must verify "
    "wait for that person\n"
    "written: no worksheets, duplicates, reference analyses, reports, repeated "
    "analyses, retractions or invalidations; partitions and retests become "
    "samples of their own; analyses come only into samples that still take "
    "some\n"
    "written: no attachments of analyses, and none over 16 MiB\n"
    "written: nothing is deleted but attachments\n"
    "written: no settings, registry, users, read-only marks, local roles\n";

int
plain_facts(struct senaite *s, struct mirror_facts *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	uint64_t count;

	if (senaite_get(s, "search?catalog=uid_catalog&UID.query:record=0&"
	    "UID.range:record=min&sort_on=UID&limit=1", &answer, NULL,
	    err) < 0)
		return -(int)err->code;
	if (json_uint(&count, span_member(json_of(&answer), "count"),
	    UINT32_MAX) < 0)
		return err_set(err, E_DEST_PROTOCOL,
		    "search: the answer has no count");
	s->objects = count;
	ret->mode = "plain";
	ret->objects = count;
	ret->has_changes = 0;
	ret->exact = 1;
	ret->keeps_uids = 0;
	ret->batch = 1;
	ret->cannot = cannot;
	return 0;
}

/* Append the UIDs of a page.  They must rise: a page that comes again, or
 * goes back, would never end. */
static int
take_page(struct mirror_list *ret, struct json_span items, const char *after,
    struct err *err)
{
	struct json_walk w = json_walk(items);
	struct json_span key, item, uid;
	char last[SENAITE_UID_LEN + 1];

	(void)snprintf(last, sizeof(last), "%s", after);
	while (json_next(&w, &key, &item)) {
		uid = span_member(item, "uid");
		if (!span_is_uid(uid))
			continue;	/* {}: a leftover of the catalog */
		uid = span_inner(uid);
		if (json_is(uid, after))
			continue;	/* the last one comes again */
		if (memcmp(uid.at, last, uid.len) <= 0)
			return err_set(err, E_DEST_PROTOCOL,
			    "search: UID %.*s comes after %s: the list of "
			    "objects does not rise", (int)uid.len, uid.at,
			    last);
		memcpy(last, uid.at, uid.len);
		last[uid.len] = '\0';
		span_put(&ret->uids, uid);
		buf_addc(&ret->uids, '\0');
		ret->count++;
	}
	return buf_check(&ret->uids, err);
}

int
plain_list(struct senaite *s, const char *after, struct mirror_list *ret,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span items;
	char path[256];

	ret->more = 0;
	(void)snprintf(path, sizeof(path), "search?catalog=uid_catalog&"
	    "UID.query:record=%.32s&UID.range:record=min&sort_on=UID&"
	    "limit=%u", after[0] == '\0' ? "0" : after, PLAIN_LIST_PAGE);
	if (senaite_get(s, path, &answer, NULL, err) < 0)
		return -(int)err->code;
	items = span_member(json_of(&answer), "items");
	if (json_kind(items) != '[')
		return err_set(err, E_DEST_PROTOCOL,
		    "search: the answer has no items");
	if (take_page(ret, items, after, err) < 0)
		return -(int)err->code;
	ret->more = json_kind(span_member(json_of(&answer), "next")) == '"';
	if (ret->more && ret->count == 0)
		return err_set(err, E_DEST_PROTOCOL,
		    "search: there is more after %s, but it does not come",
		    after[0] == '\0' ? "the first object" : after);
	return 0;
}

int
plain_is_gone(struct senaite *s, const char *uid, struct err *err)
{
	CLEANUP(buf_clear) struct buf item = BUF_INIT;
	struct err e = ERR_INIT;
	int rc;

	if (uid[0] == '/')
		return 0;		/* in every instance */
	rc = plain_item(s, uid, &item, &e);
	if (rc == 0)
		return 1;
	if (rc < 0 && !plain_is_of_object(&e)) {
		*err = e;
		return -(int)err->code;
	}
	return 0;
}

int
plain_changes(struct senaite *s, const char *cursor,
    struct mirror_changes *ret, struct err *err)
{
	/* Only samples can be asked for by date, and no deletion is told. */
	(void)s;
	(void)cursor;
	ret->more = 0;
	buf_reset(&ret->cursor);
	return buf_str(&ret->cursor) == NULL ? err_oom(err) : 0;
}
