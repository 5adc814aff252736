/* satchel peer: whom this site trusts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../store/cadence.h"
#include "../store/log.h"
#include "../store/peer.h"
#include "cmd.h"
#include "cmd_peer_inside.h"
#include "home.h"
#include "mirror.h"
#include "pairs.h"

#define SECTION_MAX (sizeof "peer " + NAME_LEN)

/* A peer that must be known. */
static int
need_peer(struct store *s, const char *name, struct peer *ret,
    struct err *err)
{
	int rc = peer_find(s, name, ret, err);

	if (rc != 0)
		return rc;
	(void)err_set(err, E_USAGE, "there is no peer \"%.64s\"", name);
	return err_next(err, "'satchel peer list' names them");
}

int
cmd_peer_log(struct store *s, const char *event, const struct peer *p,
    const char *key, const char *value, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;

	buf_addc(&detail, '{');
	text_json(&detail, key, strlen(key));
	buf_addc(&detail, ':');
	text_json(&detail, value, strlen(value));
	buf_addc(&detail, '}');
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_add(s, event, p->name, NULL, detail.at, err);
}

/* --- list and show ----------------------------------------------------- */

/* The fingerprint of the keys that are pinned. */
static int
digits_of(const struct peer *p, char out[CARD_TEXT_MAX], struct err *err)
{
	struct card card;
	int rc;

	memset(&card, 0, sizeof card);
	memcpy(card.actor.site, p->site, sizeof card.actor.site);
	if ((rc = minisign_pub_unbase64(&card.sign, p->minisign,
	    strlen(p->minisign), err)) < 0 ||
	    (rc = age_recipient_parse(&card.age, p->age, strlen(p->age),
	    err)) < 0)
		return rc;
	card_fingerprint(&card, out);
	return 0;
}

/* When silence of it is an alarm, as `peer set` takes it; "auto", by what it
 * promises. */
static int
silence_of(const struct peer *p, struct buf *ret, struct err *err)
{
	if (p->silent_after > 0)
		text_add_duration(ret, p->silent_after);
	else
		buf_adds(ret, p->silent_after == 0 ? "never" : "auto");
	return buf_str(ret) == NULL ? err_oom(err) : 0;
}

static void
say_json(struct out *o, const struct peer *p, const char *digits)
{
	out_str(o, "name", p->name);
	out_str(o, "id", p->site);
	out_bool(o, "revoked", p->revoked);
	out_str(o, "encrypt", peer_encrypt_name(p->encrypt));
	out_bool(o, "forward", p->forward);
	out_str(o, "key", p->key_id);
	out_str(o, "minisign", p->minisign);
	out_str(o, "age", p->age);
	out_str(o, "fingerprint", digits);
	out_date(o, "added", p->added);
	out_date(o, "last_import", p->last_import);
	out_date(o, "last_export", p->last_export);
	out_date(o, "heard", p->last_heard);
	if (p->cadence > 0)
		out_number(o, "cadence", (uint64_t)p->cadence);
	else
		out_null(o, "cadence");
	if (p->silent_after >= 0)
		out_number(o, "silent_after", (uint64_t)p->silent_after);
	else
		out_null(o, "silent_after");
}

static int
list_one(void *ctx, const struct peer *p, struct err *err)
{
	char digits[CARD_TEXT_MAX];
	struct out *o = ctx;

	if (digits_of(p, digits, err) < 0)
		return -(int)err->code;
	out_text(o, "%-20s %-16s encrypt=%s forward=%s%s\n", p->name, p->site,
	    peer_encrypt_name(p->encrypt), p->forward ? "yes" : "no",
	    p->revoked ? " revoked" : "");
	out_open(o, NULL, '{');
	say_json(o, p, digits);
	out_close(o);
	return 0;
}

static int
list(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0)
		return rc;
	out_open(&c->out, "peers", '[');
	rc = peer_each(s, list_one, &c->out, err);
	out_close(&c->out);
	return rc;
}

const struct cmd_spec cmd_peer_list = {
	.args = "",
	.needs = CMD_STORE,
	.run = list
};

static void
say_date(struct out *o, const char *what, int64_t t)
{
	char date[21];

	text_date(date, t);
	out_text(o, "%-13s%s\n", what, t > 0 ? date : "never");
}

/* The section of mirror.ini that a peer has. */
static void
section_of(const struct peer *p, char ret[SECTION_MAX])
{
	(void)snprintf(ret, SECTION_MAX, "peer %s", p->name);
}

static int
say_setting(void *ctx, const char *key, const char *value, struct err *err)
{
	struct out *o = ctx;

	(void)err;
	if (*value != '\0')
		out_text(o, "%-14s %s\n", key, value);
	out_str(o, key, *value != '\0' ? value : NULL);
	return 0;
}

/* Of a mirror: what its settings say for this peer alone. */
static int
say_settings(struct cmd *c, struct store *s, const struct peer *p,
    struct err *err)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	char section[SECTION_MAX];
	int rc = mirror_is(s, err);

	if (rc <= 0 || (rc = config_read(&config, s->home, err)) < 0)
		return rc;
	section_of(p, section);
	out_open(&c->out, "mirror", '{');
	rc = config_each(&config, section, say_setting, &c->out, err);
	out_close(&c->out);
	return rc;
}

/* What it promises, and when its silence is an alarm. */
static int
say_silence(struct out *o, const struct peer *p, struct err *err)
{
	CLEANUP(buf_clear) struct buf silent = BUF_INIT, every = BUF_INIT;

	if (p->cadence > 0)
		text_add_duration(&every, p->cadence);
	if (silence_of(p, &silent, err) < 0)
		return -(int)err->code;
	if (buf_str(&every) == NULL)
		return err_oom(err);
	say_date(o, "last heard", p->last_heard);
	out_text(o, "promises     %s%s\nsilent-after %s\n", p->cadence > 0 ?
	    "a file every " : "nothing", every.at, silent.at);
	return 0;
}

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	char digits[CARD_TEXT_MAX];
	struct peer p;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = need_peer(s, c->opts.args[0], &p, err)) < 0 ||
	    (rc = digits_of(&p, digits, err)) < 0)
		return rc;
	out_text(&c->out, "peer         %s%s\nid           %s\n", p.name,
	    p.revoked ? "  (revoked)" : "", p.site);
	out_text(&c->out, "fingerprint  %s\nkey id       %s\n", digits,
	    p.key_id);
	out_text(&c->out, "minisign     %s\nage          %s\n", p.minisign,
	    p.age);
	out_text(&c->out, "encrypt      %s\nforward      %s\n",
	    peer_encrypt_name(p.encrypt), p.forward ? "yes" : "no");
	say_date(&c->out, "added", p.added);
	say_date(&c->out, "last import", p.last_import);
	say_date(&c->out, "last export", p.last_export);
	if ((rc = say_silence(&c->out, &p, err)) < 0)
		return rc;
	say_json(&c->out, &p, digits);
	return say_settings(c, s, &p, err);
}

const struct cmd_spec cmd_peer_show = {
	.args = "NAME",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.run = show
};

/* --- set, revoke, remove ----------------------------------------------- */

static const char *const yes_no[] = { "no", "yes" };
static const char *const encrypt_values[] = { "no", "yes", "required" };

/* Index of a value in a list of names. */
static int
one_of(const char *key, const char *value, const char *const *names,
    size_t count, struct err *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(value, names[i]) == 0)
			return (int)i;
	(void)err_set(err, E_USAGE, "%s=\"%.64s\" is not a value of it", key,
	    value);
	return err_next(err, count == 2 ? "%s takes yes or no" :
	    "%s takes no, yes or required", key);
}

static int
set_silent(struct store *s, const struct peer *p, const char *value,
    struct err *err)
{
	int64_t after = -1;

	if (strcmp(value, "never") == 0)
		after = 0;
	else if (strcmp(value, "auto") != 0 &&
	    text_duration(&after, value, strlen(value), INT32_MAX) < 0) {
		(void)err_set(err, E_USAGE, "silent-after=\"%.64s\" is not a "
		    "value of it", value);
		return err_next(err, "silent-after takes a time such as 12h or"
		    " 3d, never, or auto");
	}
	return peer_set_silent(s, p->id, after, err);
}

static int
set_one(struct store *s, const struct peer *p, const char *pair,
    struct err *err)
{
	const char *value = strchr(pair, '=');
	size_t len = value != NULL ? (size_t)(value - pair) : 0;
	int n, rc;

	if (len == 7 && memcmp(pair, "encrypt", 7) == 0) {
		n = one_of("encrypt", value + 1, encrypt_values, 3, err);
		rc = n < 0 ? n : peer_set_encrypt(s, p->id,
		    (enum peer_encrypt)n, err);
	} else if (len == 7 && memcmp(pair, "forward", 7) == 0) {
		n = one_of("forward", value + 1, yes_no, 2, err);
		rc = n < 0 ? n : peer_set_forward(s, p->id, n, err);
	} else if (len == 12 && memcmp(pair, "silent-after", 12) == 0) {
		rc = set_silent(s, p, value + 1, err);
	} else {
		(void)err_set(err, E_USAGE, "\"%.64s\" is not a setting of a "
		    "peer", pair);
		return err_next(err, "'satchel peer set --help' names the "
		    "settings");
	}
	return rc < 0 ? rc : cmd_peer_log(s, "peer-set", p, "set", pair, err);
}

static int
say_peer(struct cmd *c, struct store *s, const char *name, struct err *err)
{
	CLEANUP(buf_clear) struct buf silent = BUF_INIT;
	char digits[CARD_TEXT_MAX];
	struct peer p;
	int rc;

	if ((rc = need_peer(s, name, &p, err)) < 0 ||
	    (rc = digits_of(&p, digits, err)) < 0 ||
	    (rc = silence_of(&p, &silent, err)) < 0)
		return rc;
	out_text(&c->out, "%s: encrypt=%s forward=%s silent-after=%s%s\n",
	    p.name, peer_encrypt_name(p.encrypt), p.forward ? "yes" : "no",
	    silent.at, p.revoked ? " revoked" : "");
	say_json(&c->out, &p, digits);
	return 0;
}

/* Those of the arguments that are for mirror.ini, all of them checked. */
static int
take_settings(struct pairs *ret, struct cmd *c, struct store *s,
    const char *section, struct err *err)
{
	const char *arg;
	size_t i;
	int rc;

	for (i = 1; i < c->opts.arg_count; i++) {
		arg = c->opts.args[i];
		if ((rc = pairs_add(ret, arg, err)) < 0)
			return rc;
		if (!config_is_peer_key(ret->at[ret->count - 1].key))
			pairs_drop(ret);
		else if ((rc = config_check(section,
		    ret->at[ret->count - 1].key,
		    ret->at[ret->count - 1].value, err)) < 0)
			return rc;
	}
	if (ret->count == 0 || (rc = mirror_is(s, err)) > 0)
		return 0;
	if (rc < 0)
		return rc;
	(void)err_set(err, E_USAGE, "%s= is for the mirror of a SENAITE, and "
	    "%s is an embedded lab", ret->at[0].key, s->name);
	return err_next(err, "a lab holds every object as it came");
}

/* In a transaction: the settings in the store, then the file at once. */
static int
set_all(struct cmd *c, struct store *s, const struct peer *p,
    const char *section, const struct pairs *settings, struct err *err)
{
	const char *arg;
	size_t i, k = 0;
	int rc;

	for (i = 1; i < c->opts.arg_count; i++) {
		arg = c->opts.args[i];
		if (k < settings->count && strchr(arg, '=') + 1 ==
		    settings->at[k].value) {
			k++;
			rc = cmd_peer_log(s, "peer-set", p, "set", arg, err);
		} else {
			rc = set_one(s, p, arg, err);
		}
		if (rc < 0)
			return rc;
	}
	return settings->count == 0 ? 0 : config_set(s->home, section,
	    settings->at, settings->count, err);
}

static int
set(struct cmd *c, struct err *err)
{
	CLEANUP(pairs_clear) struct pairs settings = PAIRS_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	const char *name = c->opts.args[0];
	char section[SECTION_MAX];
	struct peer p;
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = need_peer(s, name, &p, err)) < 0)
		return rc;
	section_of(&p, section);
	if ((rc = take_settings(&settings, c, s, section, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = set_all(c, s, &p, section, &settings, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	if (say_peer(c, s, name, err) < 0 ||
	    say_settings(c, s, &p, err) < 0)
		return err_prefix(err, PEER_DONE);
	return 0;
}

const struct cmd_spec cmd_peer_set = {
	.args = "NAME KEY=VALUE...",
	.min = 2, .max = CMD_ARGS_MAX,
	.needs = CMD_STORE,
	.more = "encrypt=no|yes|required: encrypt what is for this peer; with "
	    "'required' also refuse what comes from it in plain.  "
	    "forward=yes|no: may it send what others made?  "
	    "silent-after=TIME|auto|never: after how long without a file of "
	    "it an alarm is due (such as 36h or 3d; auto: twice what it "
	    "promises).  "
	    "At the mirror of a SENAITE also, into mirror.ini, for objects "
	    "that were born at the peer: remote-prefix=, local-prefix=, "
	    "prefix-types=, types=, skip=, read-only=, update-only= (names "
	    "with commas between them), settings=, registry=, users= (yes or "
	    "no); an empty value takes one out.",
	.run = set
};

static int
revoke(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	const char *name = c->opts.args[0];
	struct peer p;
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = need_peer(s, name, &p, err)) < 0)
		return rc;
	if (!p.revoked && ((rc = store_begin(s, err)) < 0 ||
	    (rc = peer_revoke(s, p.id, err)) < 0 ||
	    (rc = cmd_peer_log(s, "peer-revoke", &p, "key", p.key_id,
	    err)) < 0 ||
	    (rc = store_commit(s, err)) < 0))
		return rc;
	return say_peer(c, s, name, err) < 0 ? err_prefix(err, PEER_DONE) : 0;
}

const struct cmd_spec cmd_peer_revoke = {
	.args = "NAME",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "Nothing signed with its key is accepted from now on, and "
	    "nothing is exported to it.",
	.run = revoke
};

static int
forget(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct peer p;
	int rc;

	if ((rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = need_peer(s, c->opts.args[0], &p, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = peer_remove(s, p.id, err)) < 0 ||
	    (rc = cmd_peer_log(s, "peer-remove", &p, "key", p.key_id,
	    err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	out_text(&c->out, "%s (%s) is no peer any more\n", p.name, p.site);
	out_str(&c->out, "removed", p.name);
	out_str(&c->out, "id", p.site);
	return 0;
}

const struct cmd_spec cmd_peer_remove = {
	.args = "NAME",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "Its key is forgotten; what was exchanged is remembered, for "
	    "the day it comes back.",
	.run = forget
};
