#include "senaite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../http_json.h"

#define CLOCK_NOTE_S 60
#define CLOCK_BAD_S 3600
#define SLOW_MS 2000u

struct visit {
	struct senaite *s;
	int (*say)(void *ctx, int level, const char *what, const char *next,
	    struct err *err);
	void *ctx;
};

__attribute__((format(printf, 5, 6)))
static int
say(const struct visit *v, int level, const char *next, struct err *err,
    const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return v->say(v->ctx, level, text, next, err);
}

static int
say_address(const struct visit *v, struct err *err)
{
	const struct config *c = v->s->config;

	if (config_is_exposed(c))
		return say(v, 1, "let the server speak https, or reach it "
		    "through a tunnel", err, "%s: the password goes over the "
		    "network in clear text", c->url);
	return say(v, 0, "", err, "%s answers", c->url);
}

/* 2.0 to 2.7 were read, 2.6 was run. */
static int
say_version(const struct visit *v, struct err *err)
{
	unsigned major = 0, minor = 0;
	const char *version = v->s->version;

	if (sscanf(version, "%3u.%3u", &major, &minor) == 2 && major == 2 &&
	    minor == 6)
		return say(v, 0, "", err, "%s (senaite.jsonapi %s), as tested",
		    v->s->product, version);
	if (major == 2 && minor <= 7)
		return say(v, 1, "try it with a copy of the server first", err,
		    "%s (senaite.jsonapi %s): tested is 2.6, and 2.0 to 2.7 "
		    "have the same interfaces", v->s->product, version);
	return say(v, 1, "try it with a copy of the server, and compare what "
	    "arrives", err, "%s (senaite.jsonapi %s) is not known to this "
	    "program: known are 2.0 to 2.7", v->s->product, version);
}

/* items[0] of users/current: the name, and the roles as JSON shows them. */
static int
say_user(const struct visit *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span object, items, key, user, roles;
	struct json_walk w;
	char name[128];

	if (senaite_get(v->s, "users/current", &answer, NULL, err) < 0)
		return -(int)err->code;
	object = (struct json_span){ answer.at, answer.len };
	if (answer.len == 0 || json_kind(object) != '{' ||
	    !json_member(object, "items", &items) || json_kind(items) != '[')
		return err_set(err, E_DEST_PROTOCOL, "users/current: no user");
	w = json_walk(items);
	if (!json_next(&w, &key, &user) || json_kind(user) != '{')
		return err_set(err, E_DEST_PROTOCOL, "users/current: no user");
	senaite_text(name, sizeof(name), user, "username");
	if (!json_member(user, "roles", &roles))
		roles = (struct json_span){ "[]", 2 };
	return say(v, 0, "", err, "user %s, roles %.*s", name,
	    roles.len < 500 ? (int)roles.len : 500, roles.at);
}

static int
say_clock(const struct visit *v, struct err *err)
{
	int64_t ahead = v->s->clock_offset_s;
	long long off = ahead < 0 ? -(long long)ahead : (long long)ahead;
	const char *way = ahead < 0 ? "behind" : "ahead of";

	if (!v->s->has_clock)
		return say(v, 1, "", err, "the server does not tell its time");
	if (off <= CLOCK_NOTE_S)
		return say(v, 0, "", err, "the clocks agree");
	return say(v, off > CLOCK_BAD_S ? 2 : 1, "let both machines take "
	    "their time from one server (NTP)", err, "the server's clock is "
	    "%lld s %s ours", off, way);
}

static int
say_zone(const struct visit *v, struct err *err)
{
	if (v->s->zone[0] != '\0')
		return say(v, 0, "", err, "zone of the server: %s",
		    v->s->zone);
	return say(v, 1, "", err, "zone of the server: not told; times in "
	    "histories may be off by the zone that each was stored with");
}

static int
say_speed(const struct visit *v, struct err *err)
{
	struct http_totals t = http_totals(v->s->http);
	unsigned long long ms;

	ms = t.requests == 0 ? 0 : t.wait_us / t.requests / 1000;
	return say(v, ms > SLOW_MS, ms > SLOW_MS ? "a first reading will take "
	    "long: let it run over night" : "", err, "a small request takes "
	    "%llu ms", ms);
}

/* What the mode cannot carry, line by line. */
static int
say_limits(const struct visit *v, const char *cannot, struct err *err)
{
	size_t len;
	int rc;

	for (; *cannot != '\0'; cannot += len + (cannot[len] == '\n')) {
		len = strcspn(cannot, "\n");
		if (len > 0 && (rc = say(v, 1, "", err,
		    "does not travel: %.*s", (int)len, cannot)) < 0)
			return rc;
	}
	return 0;
}

static int
say_log(const struct visit *v, struct err *err)
{
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct json_span log, on;

	if (senaite_push(v->s, "satchel.info", HTTP_SAFE,
	    (struct json_span){ NULL, 0 }, &answer, NULL, err) < 0)
		return -(int)err->code;
	if (answer.len > 0 && json_member((struct json_span){ answer.at,
	    answer.len }, "log", &log) && json_kind(log) == '{' &&
	    json_member(log, "enabled", &on) && json_kind(on) == 't')
		return say(v, 0, "", err, "the log of changes is on");
	return say(v, 1, "the first notice begins it", err, "the log of "
	    "changes is off");
}

static int
say_companion(const struct visit *v, struct err *err)
{
	int rc;

	rc = say(v, 0, "", err, "mode companion: satchel.companion %s, "
	    "protocol 1; %llu objects, exact and with history",
	    v->s->companion_version, (unsigned long long)v->s->objects);
	return rc < 0 ? rc : say_log(v, err);
}

/* plone.restapi shows some types exactly, and writes what senaite.jsonapi
 * does not; it is part of SENAITE 2.6, perhaps not of older ones. */
static int
say_restapi(const struct visit *v, struct err *err)
{
	CLEANUP(http_answer_clear) struct http_answer a = HTTP_ANSWER_INIT;
	CLEANUP(buf_clear) struct buf answer = BUF_INIT;
	struct http_request r = { .method = "GET", .kind = HTTP_SAFE,
	    .path = "/clients/@workflow", .see_denied = 1 };
	struct err none = ERR_INIT;

	if (http_json(v->s->http, &r, &a, &answer, &none) >= 0 &&
	    a.status == 200)
		return say(v, 0, "", err, "plone.restapi is there");
	if (none.code == E_DEST_UNAVAILABLE) {
		*err = none;
		return -(int)err->code;
	}
	return say(v, 1, "add plone.restapi to the server, or better "
	    "satchel.companion", err, "plone.restapi does not answer: ids, "
	    "creation dates and references of many types cannot be written");
}

static int
say_plain(const struct visit *v, struct err *err)
{
	const char *why = v->s->config->companion == CONFIG_PLAIN ?
	    "as mirror.ini says (companion = no)" :
	    "satchel.companion is not installed there";
	int rc;

	rc = say(v, 1, "install satchel.companion if you may "
	    "(docs/senaite.md)", err, "mode plain, %s: values as the API "
	    "shows them; every notice reads all objects", why);
	return rc < 0 ? rc : say_restapi(v, err);
}

static int
say_all(const struct visit *v, const struct mirror_facts *facts,
    struct err *err)
{
	int rc;

	if ((rc = say_address(v, err)) < 0 ||
	    (rc = say_version(v, err)) < 0 ||
	    (rc = say_user(v, err)) < 0 ||
	    (rc = v->s->companion ? say_companion(v, err) :
	    say_plain(v, err)) < 0 ||
	    (rc = say_limits(v, facts->cannot, err)) < 0 ||
	    (rc = say_clock(v, err)) < 0 || (rc = say_zone(v, err)) < 0)
		return rc;
	return say_speed(v, err);
}

/* That facts fails is a finding. */
int
senaite_doctor(void *self, int (*say_it)(void *ctx, int level,
    const char *what, const char *next, struct err *err), void *ctx,
    struct err *err)
{
	struct visit v = { self, say_it, ctx };
	struct mirror_facts facts;
	struct err found = ERR_INIT;

	if (senaite_facts(v.s, &facts, &found) >= 0)
		return say_all(&v, &facts, err);
	return say(&v, 2, found.next, err, "%s: %s", err_name(found.code),
	    found.text);
}
