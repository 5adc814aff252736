#include "companion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../base/text.h"

#define LIST_STEP 2000u			/* UIDs of one answer */
#define CHANGES_STEP 1000u
#define EPOCH_MAX 64u
#define COLLISIONS_MAX 2u
#define COLLISION_NS 100000000
#define SEQ_MAX ((uint64_t)1 << 53)

/* Did two requests want to write at once?  (A conflict about an upload has
 * the size that is held, and asking again changes nothing.) */
static int
is_collision(const struct buf *ret)
{
	struct json_span size;

	return companion_said(ret, "conflict") &&
	    !json_member((struct json_span){ ret->at, ret->len }, "size",
	    &size);
}

static int
push(struct senaite *s, const char *consumer, const struct buf *members,
    struct buf *ret, struct err *err)
{
	int rc;

	rc = senaite_push(s, consumer, HTTP_SAFE,
	    (struct json_span){ members->at, members->len }, ret, NULL, err);
	if (rc != 0)
		return rc;
	err_set(err, E_DEST_REJECTED, "the server does not know %s",
	    consumer);
	return err_next(err, "satchel.companion was taken out while we "
	    "worked, or is older than this program: see doctor");
}

int
companion_call(struct senaite *s, const char *consumer,
    const struct buf *members, struct buf *ret, struct err *err)
{
	struct timespec wait = { 0, COLLISION_NS };
	unsigned tries = 0;
	int rc;

	if (buf_check(members, err) < 0)
		return -(int)err->code;
	rc = push(s, consumer, members, ret, err);
	while (rc < 0 && is_collision(ret) && tries++ < COLLISIONS_MAX) {
		err_clear(err);
		buf_reset(ret);
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= 2;
		rc = push(s, consumer, members, ret, err);
	}
	return rc;
}

int
companion_said(const struct buf *ret, const char *error)
{
	struct json_span object = { ret->at, ret->len };
	char name[32];

	if (ret->len == 0 || json_kind(object) != '{')
		return 0;
	senaite_text(name, sizeof(name), object, "error");
	return strcmp(name, error) == 0;
}

int
companion_answers(struct senaite *s)
{
	CLEANUP(buf_clear) struct buf none = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct err probe = ERR_INIT;

	return companion_call(s, "satchel.info", &none, &answer, &probe) > 0;
}

/* Facts. */

static int
number_of(uint64_t *ret, struct json_span object, const char *key)
{
	struct json_span value;

	return json_member(object, key, &value) ?
	    json_uint(ret, value, SEQ_MAX) : -1;
}

/* The companion's clock, "2026-11-21T01:36:53.473012Z". */
static void
take_clock(struct senaite *s, struct json_span info, struct mirror_facts *ret)
{
	char text[40];
	int64_t at;

	senaite_text(text, sizeof(text), info, "time");
	if (strlen(text) < 20)
		return;
	text[19] = 'Z';
	text[20] = '\0';
	if (text_undate(&at, text, 20) < 0)
		return;
	s->has_clock = 1;
	s->clock_offset_s = at - (int64_t)time(NULL);
	ret->clock = at;
}

static int
check_protocol(struct senaite *s, struct json_span info, struct err *err)
{
	uint64_t n;

	senaite_text(s->companion_version, sizeof(s->companion_version),
	    info, "version");
	if (number_of(&n, info, "protocol") < 0)
		return err_set(err, E_DEST_PROTOCOL, "satchel.info: no "
		    "number of the protocol");
	if (n == COMPANION_PROTOCOL)
		return 0;
	err_set(err, E_DEST_PROTOCOL, "satchel.companion %s speaks protocol "
	    "%llu, this program %d", s->companion_version,
	    (unsigned long long)n, COMPANION_PROTOCOL);
	return err_next(err, "install the companion that came with this "
	    "program, or the program that came with the companion");
}

int
companion_facts(struct senaite *s, struct mirror_facts *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span info;
	char site[64], version[64];
	int rc;

	/* Once: of an unknown consumer the server says status 500, which is
	 * tried again after a wait if it may be. */
	rc = senaite_push(s, "satchel.info", HTTP_ONCE,
	    (struct json_span){ NULL, 0 }, &answer, NULL, err);
	if (rc <= 0)
		return rc;
	info = (struct json_span){ answer.at, answer.len };
	if (check_protocol(s, info, err) < 0)
		return -(int)err->code;
	senaite_text(site, sizeof(site), info, "site");
	if (site[0] != '\0' && strcmp(site, s->site) != 0) {
		free(s->site);
		if ((s->site = strdup(site)) == NULL)
			return err_oom(err);
	}
	senaite_text(version, sizeof(version), info, "senaite");
	if (version[0] != '\0')
		(void)snprintf(s->product, sizeof(s->product), "SENAITE %.60s",
		    version);
	senaite_text(s->zone, sizeof(s->zone), info, "zone");
	take_clock(s, info, ret);
	if (number_of(&s->objects, info, "objects") < 0)
		s->objects = 0;
	ret->mode = "companion";
	ret->objects = s->objects;
	ret->has_changes = 1;
	ret->exact = 2;
	ret->keeps_uids = 1;
	ret->batch = 50;		/* 5 to 10 s of a server's work */
	ret->cannot = "passwords: a user who is new there asks for one\n"
	    "snapshots of SENAITE's own audit log\n"
	    "what add-ons keep outside of an object's fields\n";
	return 1;
}

/* Lists. */

static int
is_uid(struct json_span value, struct json_span *ret)
{
	return json_plain(value, ret) && ret->len > 0 &&
	    ret->len <= MIRROR_UID_MAX;
}

static int
text_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ascending, each once. */
static int
list_sort(struct mirror_list *l, struct err *err)
{
	struct mirror_list sorted = { .more = l->more };
	const char **at, *p;
	size_t i, n = l->count;

	if (buf_check(&l->uids, err) < 0)
		return -(int)err->code;
	if (n == 0)
		return 0;
	if ((at = calloc(n, sizeof(*at))) == NULL)
		return err_oom(err);
	for (i = 0, p = NULL; i < n; i++)
		at[i] = p = mirror_list_next(l, p);
	qsort(at, n, sizeof(*at), text_cmp);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(at[i], at[i - 1]) != 0)
			mirror_list_add(&sorted, at[i], strlen(at[i]));
	free(at);
	buf_clear(&l->uids);
	*l = sorted;
	return buf_check(&l->uids, err);
}

/* [[UID, TYPE, PATH], ...], ascending. */
static int
take_uids(struct json_span uids, const char *after, struct mirror_list *ret,
    struct err *err)
{
	struct json_walk w = json_walk(uids), item;
	struct json_span key, value, uid;
	char last[MIRROR_UID_MAX + 1];

	(void)snprintf(last, sizeof(last), "%s", after);
	while (json_next(&w, &key, &value)) {
		item = json_walk(value);
		if (json_kind(value) != '[' ||
		    !json_next(&item, &key, &value) || !is_uid(value, &uid))
			return err_set(err, E_DEST_PROTOCOL,
			    "satchel.list: an item without a UID");
		if (strncmp(uid.at, last, uid.len) < 0 ||
		    (strncmp(uid.at, last, uid.len) == 0 &&
		    uid.len <= strlen(last)))
			return err_set(err, E_DEST_PROTOCOL,
			    "satchel.list: %.*s after %s", (int)uid.len,
			    uid.at, last);
		mirror_list_add(ret, uid.at, uid.len);
		memcpy(last, uid.at, uid.len);
		last[uid.len] = '\0';
	}
	return buf_check(&ret->uids, err);
}

/* One step of satchel.list, behind what `ret` has.  `types`: ,"types":[...],
 * or "". */
static int
list_step(struct senaite *s, const char *after, const char *types,
    struct mirror_list *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span object, uids, next;
	size_t before = ret->count;

	buf_adds(&members, "\"after\":");
	text_json(&members, after, strlen(after));
	buf_addf(&members, ",\"limit\":%u%s", LIST_STEP, types);
	if (companion_call(s, "satchel.list", &members, &answer, err) < 0)
		return -(int)err->code;
	object = (struct json_span){ answer.at, answer.len };
	if (!json_member(object, "uids", &uids) || json_kind(uids) != '[' ||
	    !json_member(object, "next", &next))
		return err_set(err, E_DEST_PROTOCOL, "satchel.list: no list");
	if (take_uids(uids, after, ret, err) < 0)
		return -(int)err->code;
	ret->more = json_kind(next) != 'n';
	if (ret->more && ret->count == before)
		return err_set(err, E_DEST_PROTOCOL, "satchel.list: nothing, "
		    "and more to come");
	return 0;
}

/* Registry and users are in no catalog and go by their paths, which sort
 * before all UIDs; they are listed where they are asked for. */
int
companion_list(struct senaite *s, const char *after, struct mirror_list *ret,
    struct err *err)
{
	buf_reset(&ret->uids);
	ret->count = 0;
	if (after[0] != '\0' && after[0] != '/')
		return list_step(s, after, "", ret, err);
	if (list_step(s, after, ",\"types\":[\"Registry\",\"User\"]", ret,
	    err) < 0)
		return -(int)err->code;
	if (ret->count == 0)
		return list_step(s, "", "", ret, err);
	ret->more = 1;
	return 0;
}

/* Changes. */

/* Where the log ends now, "EPOCH:LAST"; appended to `cursor`, empty while it
 * is off. */
static int
ask_end(struct senaite *s, struct buf *cursor, struct err *err)
{
	CLEANUP(buf_clear) struct buf none = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span object, log, on;
	char epoch[EPOCH_MAX + 2];
	uint64_t last;

	buf_reset(cursor);
	if (companion_call(s, "satchel.info", &none, &answer, err) < 0)
		return -(int)err->code;
	object = (struct json_span){ answer.at, answer.len };
	if (!json_member(object, "log", &log) || json_kind(log) != '{' ||
	    !json_member(log, "enabled", &on))
		return err_set(err, E_DEST_PROTOCOL, "satchel.info: no log");
	if (json_kind(on) != 't')
		return 0;
	senaite_text(epoch, sizeof(epoch), log, "epoch");
	if (number_of(&last, log, "last") < 0 ||
	    !text_is_uid(epoch, strlen(epoch)) || strlen(epoch) > EPOCH_MAX)
		return err_set(err, E_DEST_PROTOCOL, "satchel.info: no end "
		    "of the log");
	buf_addf(cursor, "%s:%llu", epoch, (unsigned long long)last);
	return buf_str(cursor) == NULL ? err_oom(err) : 0;
}

/* The end of the log, which is begun if there is none: who configures a
 * mirror as Manager agrees to that (docs/senaite.md). */
static int
find_end(struct senaite *s, struct buf *cursor, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	if (ask_end(s, cursor, err) < 0)
		return -(int)err->code;
	if (cursor->len > 0)
		return 0;
	buf_adds(&members,
	    "\"after\":0,\"enable\":true,\"epoch\":\"\",\"limit\":1");
	if (companion_call(s, "satchel.changes", &members, &answer, err) < 0) {
		if (!companion_said(&answer, "conflict"))
			return -(int)err->code;
		err_clear(err);		/* a new epoch is not "" */
	}
	if (ask_end(s, cursor, err) < 0)
		return -(int)err->code;
	return cursor->len > 0 ? 0 : err_set(err, E_DEST_PROTOCOL,
	    "satchel.changes: the log stays off");
}

static int
take_entries(struct json_span entries, struct mirror_changes *ret,
    struct err *err)
{
	struct json_walk w = json_walk(entries);
	struct json_span key, entry, value, uid;
	char action[16];

	while (json_next(&w, &key, &entry)) {
		if (json_kind(entry) != '{' ||
		    !json_member(entry, "uid", &value) || !is_uid(value, &uid))
			return err_set(err, E_DEST_PROTOCOL,
			    "satchel.changes: an entry without a UID");
		senaite_text(action, sizeof(action), entry, "action");
		if (strcmp(action, "deleted") == 0)
			mirror_list_add(&ret->deleted, uid.at, uid.len);
		else
			mirror_list_add(&ret->changed, uid.at, uid.len);
	}
	return 0;
}

/* Take an answer; `after` is the sequence asked for. */
static int
take_changes(struct json_span object, const char *epoch, uint64_t after,
    struct mirror_changes *ret, struct err *err)
{
	struct json_span entries;
	uint64_t next, last;

	if (!json_member(object, "entries", &entries) ||
	    json_kind(entries) != '[' || number_of(&next, object, "next") < 0 ||
	    number_of(&last, object, "last") < 0)
		return err_set(err, E_DEST_PROTOCOL, "satchel.changes: no "
		    "entries");
	if (take_entries(entries, ret, err) < 0)
		return -(int)err->code;
	ret->more = next < last;
	if (next < after || (ret->more && next == after))
		return err_set(err, E_DEST_PROTOCOL, "satchel.changes: on "
		    "from %llu to %llu", (unsigned long long)after,
		    (unsigned long long)next);
	buf_addf(&ret->cursor, "%s:%llu", epoch, (unsigned long long)next);
	return buf_str(&ret->cursor) == NULL ? err_oom(err) : 0;
}

/* "EPOCH:SEQ" taken apart.  0, or -1: another mode's. */
static int
read_cursor(const char *cursor, char epoch[EPOCH_MAX + 1], uint64_t *ret_seq)
{
	const char *colon = strrchr(cursor, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - cursor);

	if (len == 0 || len > EPOCH_MAX || !text_is_uid(cursor, len) ||
	    text_number(ret_seq, colon + 1, strlen(colon + 1), SEQ_MAX) < 0)
		return -1;
	memcpy(epoch, cursor, len);
	epoch[len] = '\0';
	return 0;
}

/* The log has only what SENAITE indexes: registry and users, if they are to
 * go along, are taken for changed. */
static int
add_unlogged(struct senaite *s, struct mirror_list *changed, struct err *err)
{
	CLEANUP(mirror_list_clear) struct mirror_list l = { .more = 1 };
	char last[MIRROR_UID_MAX + 1] = "";
	const char *p;

	if (s->config->own.registry == 1)
		mirror_list_add(changed, "/registry", strlen("/registry"));
	while (s->config->own.users == 1 && l.more) {
		buf_reset(&l.uids);
		l.count = 0;
		if (list_step(s, last, ",\"types\":[\"User\"]", &l, err) < 0)
			return -(int)err->code;
		for (p = mirror_list_next(&l, NULL); p != NULL;
		    p = mirror_list_next(&l, p)) {
			mirror_list_add(changed, p, strlen(p));
			(void)snprintf(last, sizeof(last), "%s", p);
		}
	}
	return 0;
}

static int
changes_since(struct senaite *s, const char *epoch, uint64_t after,
    struct mirror_changes *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf members = BUF_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;

	buf_addf(&members, "\"after\":%llu,\"epoch\":\"%s\",\"limit\":%u",
	    (unsigned long long)after, epoch, CHANGES_STEP);
	if (companion_call(s, "satchel.changes", &members, &answer, err) < 0) {
		if (!companion_said(&answer, "conflict"))
			return -(int)err->code;
		err_clear(err);		/* another life of the log */
		return find_end(s, &ret->cursor, err);
	}
	if (take_changes((struct json_span){ answer.at, answer.len }, epoch,
	    after, ret, err) < 0)
		return -(int)err->code;
	if (!ret->more && add_unlogged(s, &ret->changed, err) < 0)
		return -(int)err->code;
	if (list_sort(&ret->changed, err) < 0 ||
	    list_sort(&ret->deleted, err) < 0)
		return -(int)err->code;
	return 1;
}

int
companion_changes(struct senaite *s, const char *cursor,
    struct mirror_changes *ret, struct err *err)
{
	char epoch[EPOCH_MAX + 1];
	uint64_t after;
	int rc;

	buf_reset(&ret->changed.uids);
	buf_reset(&ret->deleted.uids);
	buf_reset(&ret->cursor);
	ret->changed.count = ret->deleted.count = 0;
	ret->more = 0;
	if (cursor[0] != '\0' && read_cursor(cursor, epoch, &after) == 0)
		return changes_since(s, epoch, after, ret, err);
	if ((rc = find_end(s, &ret->cursor, err)) < 0)
		return rc;
	return cursor[0] == '\0';
}
