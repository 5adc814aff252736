/* fuzz_answer.c: lines "STATUS BODY", as what SENAITE answers, one a request,
 * to facts, list, changes, read and is_gone, with the companion and without.
 * What comes out keeps the contract of mirror.h; each UID that was asked for
 * is told once.  Nothing is sent: this is http_run (rules.mk).
 */
#include <limits.h>
#include <time.h>

#include "../../base/text.h"
#include "../../mirror/senaite/senaite.h"
#include "lab.h"
#include "mutate.h"

#define NAMES "E_DEST_REJECTED E_DEST_MISMATCH E_DEST_UNAVAILABLE " \
    "E_DEST_AUTH E_DEST_PROTOCOL E_LIMIT"
#define UIDS 3
#define CURSOR "e:7"			/* of the companion */

int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_http_run(struct http *h, const struct http_request *r,
    struct http_answer *ret, struct err *err);

static const char *const uids[UIDS] = { "11111111111111111111111111111111",
    "22222222222222222222222222222222", "/users/labman" };

static struct json_span answers;	/* not given yet */

int
__wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	return 0;
}

/* The next answer; none is left: the server is gone. */
int
__wrap_http_run(struct http *h, const struct http_request *r,
    struct http_answer *ret, struct err *err)
{
	const char *end = answers.len > 0 ?
	    memchr(answers.at, '\n', answers.len) : NULL;
	size_t n = end == NULL ? answers.len : (size_t)(end - answers.at);
	uint64_t status;

	(void)h;
	buf_reset(&ret->body);
	ret->status = 0;
	if (n < 4 || text_number(&status, answers.at, 3, 599) < 0 ||
	    status < 200)
		return err_set(err, E_DEST_UNAVAILABLE, "nobody answers");
	ret->status = (int)status;
	ret->date = 1795000000;
	ret->unclear = 0;
	buf_add(&ret->body, answers.at + 4, n - 4);
	ret->length = ret->body.len;
	(void)snprintf(ret->type, sizeof ret->type, "%s", ret->body.len > 0 &&
	    ret->body.at[0] == '<' ? "text/html" : "application/json");
	n += end != NULL;
	answers.at += n;
	answers.len -= n;
	return r->sink == NULL || ret->body.len == 0 ? 0 :
	    r->sink(r->ctx, ret->body.at, ret->body.len, err);
}

/* --- what is told -------------------------------------------------------- */

struct told {
	int times[UIDS];
};

static void
tell(struct told *t, const char *uid)
{
	size_t i;

	for (i = 0; i < UIDS && strcmp(uids[i], uid) != 0; i++)
		;
	ALWAYS(i < UIDS && t->times[i]++ == 0);
}

static int
on_item(void *ctx, struct json_span document, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct json_span uid;

	(void)ctx;
	GOOD(json_scan(document.at, document.len, JSON_DEPTH_MAX, err), err);
	ALWAYS(json_member(document, "uid", &uid) && json_kind(uid) == '"');
	json_unescape(&text, uid);
	ALWAYS(text.len > 0);
	lab_take(document);
	return 0;
}

static int
on_failed(void *ctx, const char *uid, const char *type, const char *reason,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	ALWAYS(type != NULL && *reason != '\0');
	text_json(&text, reason, strlen(reason));
	GOOD(json_scan(text.at, text.len, 1, err), err);
	tell(ctx, uid);
	return 0;
}

static int
on_absent(void *ctx, const char *uid, struct err *err)
{
	(void)err;
	tell(ctx, uid);
	return 0;
}

/* Above `after`, ascending; NULL: in any order. */
static void
check_list(const struct mirror_list *l, const char *after)
{
	const char *uid = NULL;
	size_t n = 0;

	while ((uid = mirror_list_next(l, uid)) != NULL) {
		ALWAYS(*uid != '\0' && strlen(uid) <= MIRROR_UID_MAX);
		ALWAYS(after == NULL || strcmp(uid, after) > 0);
		after = after == NULL ? NULL : uid;
		n++;
	}
	ALWAYS(n == l->count && (n > 0 || !l->more));
}

/* --- what is asked ------------------------------------------------------- */

static void
ask_facts(struct mirror *m)
{
	struct mirror_facts f = { .product = NULL };
	struct err err = ERR_INIT;

	if (!fuzz_took(m->ops->facts(m->self, &f, &err), &err, NAMES))
		return;
	ALWAYS(f.product != NULL && f.mode != NULL && f.zone != NULL);
	ALWAYS(f.batch >= 1 && f.batch <= MIRROR_WRITE_MAX && f.clock >= -1);
}

static void
ask_list(struct mirror *m)
{
	CLEANUP(mirror_list_clear) struct mirror_list l = { .count = 0 };
	struct err err = ERR_INIT;

	if (fuzz_took(m->ops->list(m->self, "0", &l, &err), &err, NAMES))
		check_list(&l, "0");
}

static void
ask_changes(struct mirror *m)
{
	CLEANUP(mirror_changes_clear) struct mirror_changes c = { .more = 0 };
	struct err err = ERR_INIT;
	int rc = m->ops->changes(m->self, CURSOR, &c, &err);

	if (!fuzz_took(rc, &err, NAMES) || rc == 0)
		return;
	check_list(&c.changed, NULL);
	check_list(&c.deleted, NULL);
}

static void
ask_read(struct mirror *m)
{
	struct told t = { .times = { 0 } };
	struct mirror_sink sink = { on_item, on_failed, on_absent, &t };
	struct err err = ERR_INIT;

	(void)fuzz_took(m->ops->read(m->self, uids, UIDS, &sink, &err), &err,
	    NAMES);
	err_clear(&err);
	(void)fuzz_took(m->ops->is_gone(m->self, uids[0], &err), &err, NAMES);
}

static void
ask_all(struct json_span text, int companion)
{
	static void (*const ask[])(struct mirror *m) = { ask_facts, ask_list,
	    ask_changes, ask_read };
	static char url[] = "http://127.0.0.1/lims", user[] = "satchel";
	struct config c = CONFIG_INIT;
	struct err err = ERR_INIT;
	char secret[PATH_MAX];
	struct mirror m;
	size_t i;

	(void)snprintf(secret, sizeof secret, "%s", lab_secret());
	c.url = url;
	c.user = user;
	c.password_file = secret;
	GOOD(senaite_open(&m, &c, &err), &err);
	for (i = 0; i < sizeof ask / sizeof *ask; i++) {
		((struct senaite *)m.self)->companion = companion;
		answers = text;
		ask[i](&m);
	}
	m.ops->close(m.self);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_span text = { (const char *)data, size };

	ask_all(text, 0);
	ask_all(text, 1);
	return 0;
}

/* The body of a line, or its status. */
static int
change(struct dice *d, struct json_span line, struct buf *out)
{
	static const char *const statuses[] = { "200", "201", "204", "400",
	    "401", "404", "500" };

	if (line.len < 5)
		return -1;
	if (dice(d, 8) == 0)
		buf_adds(out, statuses[dice(d, sizeof statuses /
		    sizeof *statuses)]);
	else
		buf_add(out, line.at, 3);
	buf_addc(out, ' ');
	return mutate_json(d, (struct json_span){ line.at + 4, line.len - 4 },
	    out);
}

static int
reshape(struct dice *d, struct json_span in, struct buf *out)
{
	return mutate_lines(d, in, change, out);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(reshape, data, size, max, seed);
}
