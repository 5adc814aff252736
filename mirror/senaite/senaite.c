#include "senaite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Facts. */

static int
ask_version(struct senaite *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span object;
	int rc;

	rc = senaite_get(s, "version", &answer, NULL, err);
	if (rc == 0) {
		object = (struct json_span){ answer.at, answer.len };
		if (answer.len > 0 && json_kind(object) == '{')
			senaite_text(s->version, sizeof(s->version), object,
			    "version");
		if (s->version[0] == '\0')
			rc = err_set(err, E_DEST_PROTOCOL, "%s: no SENAITE "
			    "answers there: no version", s->config->url);
	}
	if (rc < 0)
		return err_next(err, "url in %s must be the address of the "
		    "SENAITE site, as a browser shows it on the front page",
		    CONFIG_FILE);
	(void)snprintf(s->product, sizeof(s->product), "SENAITE %.60s",
	    s->version);
	return 0;
}

static int
has_text(struct json_span array, const char *text)
{
	struct json_walk w;
	struct json_span key, value, plain;

	if (json_kind(array) != '[')
		return 0;
	w = json_walk(array);
	while (json_next(&w, &key, &value))
		if (json_plain(value, &plain) && plain.len == strlen(text) &&
		    memcmp(plain.at, text, plain.len) == 0)
			return 1;
	return 0;
}

/* items[0] of an answer. */
static int
first_item(const struct buf *answer, struct json_span *ret)
{
	struct json_span all = { answer->at, answer->len }, items, key;
	struct json_walk w;

	if (answer->len == 0 || json_kind(all) != '{' ||
	    !json_member(all, "items", &items) || json_kind(items) != '[')
		return 0;
	w = json_walk(items);
	return json_next(&w, &key, ret) && json_kind(*ret) == '{';
}

/* A wrong password is no error to the server: the request then runs as an
 * anonymous one, with status 200.  Sets whether we are Manager. */
static int
ask_user(struct senaite *s, int *ret_manager, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span item, value;

	if (senaite_get(s, "users/current", &answer, NULL, err) < 0)
		return -(int)err->code;
	if (!first_item(&answer, &item))
		return err_set(err, E_DEST_PROTOCOL, "users/current: the "
		    "answer has no user");
	if (!json_member(item, "authenticated", &value) ||
	    json_kind(value) != 't') {
		err_set(err, E_DEST_AUTH, "%s: SENAITE takes us for anonymous",
		    s->config->url);
		return err_next(err, "check user and password-file in %s",
		    CONFIG_FILE);
	}
	*ret_manager = json_member(item, "roles", &value) &&
	    has_text(value, "Manager");
	return 0;
}

/* Who sees less than a Manager sees objects vanish that are there. */
static int
need_manager(int manager, struct err *err)
{
	if (manager)
		return 0;
	err_set(err, E_DEST_AUTH, "the user has not the role Manager, and "
	    "would see only a part of the objects and fields");
	return err_next(err, "give the user the role Manager in SENAITE "
	    "(site setup, users), or name another in %s", CONFIG_FILE);
}

static int
need_companion(const struct senaite *s, struct err *err)
{
	if (s->config->companion != CONFIG_COMPANION)
		return 0;
	err_set(err, E_CONFIG, "%s: satchel.companion is not installed there, "
	    "and %s says companion = required", s->config->url, CONFIG_FILE);
	return err_next(err, "install it (docs/senaite.md), or set "
	    "companion = auto");
}

int
senaite_facts(void *self, struct mirror_facts *ret, struct err *err)
{
	struct senaite *s = self;
	int rc, manager = 0;

	s->companion = 0;
	if (ask_version(s, err) < 0 || ask_user(s, &manager, err) < 0)
		return -(int)err->code;
	*ret = (struct mirror_facts){ .product = s->product, .mode = "plain",
	    .zone = s->zone, .clock = -1, .batch = 1, .cannot = "" };
	if (s->has_clock)
		ret->clock = (int64_t)time(NULL) + s->clock_offset_s;
	if (s->config->companion != CONFIG_PLAIN) {
		if ((rc = companion_facts(s, ret, err)) < 0)
			return rc;
		s->companion = rc;
	}
	if (s->companion)
		return 0;
	if (need_companion(s, err) < 0 || need_manager(manager, err) < 0)
		return -(int)err->code;
	return plain_facts(s, ret, err);
}

/* Each call to the one of its mode. */

static int
give_list(void *self, const char *after, struct mirror_list *ret,
    struct err *err)
{
	struct senaite *s = self;

	return s->companion ? companion_list(s, after, ret, err) :
	    plain_list(s, after, ret, err);
}

static int
give_read(void *self, const char *const *uids, size_t count,
    const struct mirror_sink *sink, struct err *err)
{
	struct senaite *s = self;

	return s->companion ? companion_read(s, uids, count, sink, err) :
	    plain_read(s, uids, count, sink, err);
}

static int
give_is_gone(void *self, const char *uid, struct err *err)
{
	struct senaite *s = self;

	return s->companion ? companion_is_gone(s, uid, err) :
	    plain_is_gone(s, uid, err);
}

static int
give_changes(void *self, const char *cursor, struct mirror_changes *ret,
    struct err *err)
{
	struct senaite *s = self;

	return s->companion ? companion_changes(s, cursor, ret, err) :
	    plain_changes(s, cursor, ret, err);
}

static int
give_blob(void *self, const char *uid, struct json_span attachment,
    int (*sink)(void *ctx, const char *at, size_t len, struct err *err),
    int (*restart)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	struct senaite *s = self;

	return s->companion ?
	    companion_blob(s, uid, attachment, sink, restart, ctx, err) :
	    plain_blob(s, uid, attachment, sink, restart, ctx, err);
}

static int
give_write(void *self, struct mirror_put *puts, size_t count,
    const struct mirror_blobs *blobs, struct err *err)
{
	struct senaite *s = self;

	return s->companion ? companion_write(s, puts, count, blobs, err) :
	    plain_write(s, puts, count, blobs, err);
}

/* What others need at their creation comes before them: a department wants
 * its manager, a category its department, a service its category.  What we do
 * not know is of an add-on, most likely set-up. */
static const char *const order[] = {
	"User", "Registry", "Laboratory", "LabContact", "Department",
	"AnalysisCategory", "SampleMatrix", "ContainerType",
	"SampleContainer", "Container", "SamplePreservation", "Preservation",
	"SampleType", "SamplePoint", "SampleCondition", "SamplingDeviation",
	"StorageLocation", "SubGroup", "BatchLabel", "Label",
	"AttachmentType", "LabProduct", "Manufacturer", "Supplier",
	"SupplierContact", "InstrumentType", "InstrumentLocation", "Method",
	"Instrument", "Calculation", "AnalysisService", "AnalysisProfile",
	"DynamicAnalysisSpec", "AnalysisSpec", "ReferenceDefinition",
	"SampleTemplate", "ARTemplate", "WorksheetTemplate",
	"InterpretationTemplate", "", "Client", "Contact", "Batch",
	"ReferenceSample", "AnalysisRequest", "Analysis", "Worksheet",
	"ReferenceAnalysis", "DuplicateAnalysis", "RejectAnalysis",
	"Attachment", "ARReport"
};

static unsigned
give_rank(void *self, const char *type, size_t len)
{
	size_t i, n = sizeof(order) / sizeof(order[0]);
	unsigned other = 0;

	(void)self;
	for (i = 0; i < n; i++) {
		if (order[i][0] == '\0')
			other = (unsigned)i;
		else if (strlen(order[i]) == len &&
		    memcmp(order[i], type, len) == 0)
			return (unsigned)i;
	}
	return other;
}

static const char *
give_cannot_hold(void *self, const char *type, size_t len,
    const struct field *f)
{
	const struct senaite *s = self;

	return s->companion ? NULL : plain_cannot_hold(type, len, f);
}

static void
give_totals(void *self, uint64_t ret[3])
{
	const struct senaite *s = self;
	struct http_totals t = http_totals(s->http);

	ret[0] = t.requests;
	ret[1] = t.bytes;
	ret[2] = t.wait_us;
}

static void
give_close(void *self)
{
	struct senaite *s = self;

	if (s == NULL)
		return;
	http_freep(&s->http);
	free(s->site);
	buf_clear(&s->columns);
	buf_clear(&s->unreadable);
	free(s);
}

static const struct mirror_ops senaite_ops = {
	.version = MIRROR_OPS_VERSION,
	.facts = senaite_facts,
	.list = give_list,
	.read = give_read,
	.is_gone = give_is_gone,
	.changes = give_changes,
	.blob = give_blob,
	.write = give_write,
	.rank = give_rank,
	.cannot_hold = give_cannot_hold,
	.doctor = senaite_doctor,
	.totals = give_totals,
	.close = give_close
};

/* Opening. */

/* The last segment of the address; "senaite", as SENAITE itself names it,
 * where a proxy shows the site at the root. */
static char *
site_of(const char *url)
{
	const char *host = strstr(url, "://");
	size_t end = strlen(url), at;

	host = host == NULL ? url : host + 3;
	while (end > 0 && url[end - 1] == '/')
		end--;
	for (at = end; at > 0 && url[at - 1] != '/'; at--)
		;
	if (url + at <= host)
		return strdup("senaite");
	return strndup(url + at, end - at);
}

static int
need(const char *value, const char *key, struct err *err)
{
	if (value != NULL && value[0] != '\0')
		return 0;
	err_set(err, E_CONFIG, "%s says no %s", CONFIG_FILE, key);
	return err_next(err, "add it below [mirror] (docs/senaite.md)");
}

static int
connect_to(struct senaite *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf secret = BUF_SECRET;
	const struct config *c = s->config;
	struct http_config h = { .base = c->url, .ca_file = c->ca_file,
	    .proxy = c->proxy, .request_s = c->timeout_s,
	    .stall_s = c->timeout_s };	/* silent while it works */
	int token = c->token_file != NULL;

	if (need(c->url, "url", err) < 0)
		return -(int)err->code;
	if (!token && (need(c->user, "user", err) < 0 ||
	    need(c->password_file, "password-file", err) < 0))
		return -(int)err->code;
	if (config_secret(token ? c->token_file : c->password_file, &secret,
	    err) < 0)
		return -(int)err->code;
	if (buf_str(&secret) == NULL)
		return err_oom(err);
	h.user = token ? NULL : c->user;
	h.password = token ? NULL : secret.at;
	h.bearer = token ? secret.at : NULL;
	return http_new(&s->http, &h, err);
}

int
senaite_open(struct mirror *ret, const struct config *c, struct err *err)
{
	struct senaite *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return err_oom(err);
	s->config = c;
	s->page = c->page;
	rc = connect_to(s, err);
	if (rc >= 0 && (s->site = site_of(c->url)) == NULL)
		rc = err_oom(err);
	if (rc < 0) {
		give_close(s);
		return rc;
	}
	*ret = (struct mirror){ &senaite_ops, s };
	return 0;
}
